//! The decision record: one JSON line for each decision, allow included.
//!
//! `facts` has the form of the shared cases, so that a decision can be made again from its record. Personal
//! data stands in it as keyed hashes only, and not at all without a key. The record is for the operator's
//! compliance officer: unlike a refusal it names the entries that matched.

use std::collections::BTreeMap;

use serde::Serialize;
use weighbridge_blob::SectionKind;
use weighbridge_blob::date::format_unix;
use weighbridge_blob::place::Place;
use weighbridge_blob::words::{Flag, List, NetworkClass, NetworkSet};
use weighbridge_engine::json::{DecisionJson, FactsJson, Word};

use crate::address::{Missing, Via};
use crate::config::{GateConfig, GeoOrder, Mode};
use crate::decide::{Case, Judged};
use crate::evidence::Ignored;
use crate::identity::{Claims, hex};
use crate::screening::Found;

/// Version of the record's form.
pub(crate) const VERSION: u32 = 1;
/// Longer paths are cut in the record; the decision was on the whole path.
const PATH_BYTES_MAX: usize = 512;

#[derive(Serialize)]
struct Record<'a> {
    v: u32,
    id: &'a str,
    at: String,
    mode: &'static str,
    outcome: &'a str,
    status: u16,
    /// Whether the request went on to the origin. In shadow mode it always does.
    passed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_error: Option<String>,
    decided_by: &'a str,
    reason_code: &'a str,
    rules: &'a [String],
    reasons: Vec<ReasonLine<'a>>,
    lifted: Vec<[&'a str; 2]>,
    exceptions: &'a [String],
    item: Option<ItemLine<'a>>,
    action: &'static str,
    protocol: &'static str,
    method: &'a str,
    host: &'a str,
    path: &'a str,
    facts: FactsJson,
    /// What screening says; never "clear".
    screening: &'static str,
    matches: Vec<MatchLine<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cleared: Vec<ClearedLine<'a>>,
    /// A name was too long to be screened in full; it counts as a possible match.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    screening_truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    personal: Option<Personal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_behalf_of: Option<Principal<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_rejected: Option<&'static str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    ignored_headers: &'a [&'a str],
    evidence: EvidenceLine<'a>,
    freshness: &'a str,
    /// When each list was last confirmed current, Unix seconds.
    lists: BTreeMap<Word<List>, i64>,
    not_screened: &'a [Word<List>],
    ownership: &'static str,
    policy: PolicyLine<'a>,
    blob: BlobLine,
    engine: &'static str,
}

#[derive(Serialize)]
struct ReasonLine<'a> {
    rule: &'a str,
    outcome: Word<weighbridge_blob::words::Outcome>,
    #[serde(skip_serializing_if = "str::is_empty")]
    since: &'a str,
    cite: &'a [String],
}

#[derive(Serialize)]
struct ItemLine<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    eccn: &'a str,
}

#[derive(Serialize)]
struct MatchLine<'a> {
    entry: &'a str,
    lists: Vec<Word<List>>,
    band: &'static str,
    score: f64,
    reason: &'static str,
}

#[derive(Serialize)]
struct ClearedLine<'a> {
    entry: &'a str,
    band: &'static str,
    reason: &'a str,
    by: &'a str,
    expires: String,
}

/// Keyed hashes.
#[derive(Serialize)]
struct Personal {
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

/// The party that the requester acts for, with the decision on it alone. The record's outcome is the more
/// severe of the two, its rules are both parties'.
#[derive(Serialize)]
struct Principal<'a> {
    outcome: &'static str,
    status: u16,
    rules: Vec<&'a str>,
    facts: FactsJson,
    screening: &'static str,
    matches: Vec<MatchLine<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cleared: Vec<ClearedLine<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    screening_truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    personal: Option<Personal>,
}

/// What is known of the client's address, apart by who says so. `facts` has what of it counts.
#[derive(Serialize)]
struct EvidenceLine<'a> {
    client: ClientLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<Word<Place>>,
    /// By the address itself and by the blob's tables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    networks: Vec<Word<NetworkClass>>,
    /// When the files behind the blob's network classes were last confirmed current, Unix seconds.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    networks_checked: BTreeMap<Word<NetworkClass>, i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<PlatformLine<'a>>,
    /// Only if it is not the default: which of the two counted first.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<&'static str>,
    /// Table and platform name different places.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    conflict: bool,
    /// A country of which the policy tells regions apart, and no region.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    region_unknown: bool,
}

#[derive(Serialize)]
struct ClientLine {
    /// The configured origin of the address.
    from: &'static str,
    /// Who saw it.
    via: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<&'static str>,
}

#[derive(Serialize)]
struct PlatformLine<'a> {
    by: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Word<Place>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asn: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    networks: Vec<Word<NetworkClass>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ignored: Option<&'static str>,
}

#[derive(Serialize)]
struct PolicyLine<'a> {
    id: &'a str,
    version: &'a str,
    digest: String,
    switches: BTreeMap<&'a str, &'static str>,
}

#[derive(Serialize)]
struct BlobLine {
    digest: String,
    sequence: u64,
    created: String,
}

/// The record of a decision; `described` is the decision in words.
pub(crate) fn line(case: &Case<'_, '_>, described: &DecisionJson, passed: bool) -> String {
    let (policy, blob) = (case.blob.policy(), case.blob);
    let header = blob.header();
    let path = case.request.path_and_query.split('?').next().unwrap_or_default();
    let settings = &case.setting.settings;
    let claims = case.identity.claims.as_ref();
    let principal_claims = claims.and_then(|c| c.on_behalf_of.as_deref());
    let switches = (0..policy.switch_count()).filter_map(|n| {
        let (name, value) = policy.switch(n)?;
        Some((name, settings.switches.get(n).copied().flatten().unwrap_or(value).as_str()))
    });
    let record = Record {
        v: VERSION,
        id: case.id,
        at: format_unix(case.setting.at),
        mode: case.config.mode.as_str(),
        outcome: described.outcome.0.as_str(),
        status: if case.path_error.is_some() { 400 } else { described.status },
        passed,
        path_error: case.path_error.map(|error| error.to_string()),
        decided_by: &described.decided_by,
        reason_code: &described.reason_code,
        rules: &described.rules,
        reasons: described
            .reasons
            .iter()
            .map(|r| ReasonLine { rule: &r.rule, outcome: r.outcome, since: &r.since, cite: &r.cite })
            .collect(),
        lifted: described.lifted.iter().map(|l| [l.rule.as_str(), l.authorisation.as_str()]).collect(),
        exceptions: &described.exceptions,
        item: case.access.item.map(|item| ItemLine { id: item.id, eccn: item.eccn }),
        action: case.access.action.as_str(),
        protocol: case.access.protocol.as_str(),
        method: case.request.method,
        // RFC 1035: a name has 255 bytes at most.
        host: cut(case.request.authority, 255),
        path: cut(path, PATH_BYTES_MAX),
        facts: facts(case, case.requester),
        screening: screening(case, case.requester, claims),
        matches: matches(case.requester),
        cleared: cleared(case.requester),
        screening_truncated: case.requester.party.truncated,
        personal: personal(case.config, claims, case.evidence.client.address),
        on_behalf_of: case.principal.map(|judged| Principal {
            outcome: judged.decision.outcome.as_str(),
            status: judged.decision.status,
            rules: judged.decision.rule_ids(policy),
            facts: facts(case, judged),
            screening: screening(case, judged, principal_claims),
            matches: matches(judged),
            cleared: cleared(judged),
            screening_truncated: judged.party.truncated,
            personal: personal(case.config, principal_claims, None),
        }),
        identity_rejected: case.identity.rejected.map(|r| r.as_str()),
        ignored_headers: case.ignored_headers,
        evidence: evidence(case),
        freshness: &described.freshness,
        lists: blob.provided().iter().filter_map(|list| Some((Word(list), blob.checked_at(list)?))).collect(),
        not_screened: &described.not_screened,
        ownership: ownership(case),
        policy: PolicyLine { id: policy.id(), version: policy.version(), digest: hex(&policy.digest()), switches: switches.collect() },
        blob: BlobLine { digest: hex(&header.digest), sequence: header.sequence, created: format_unix(header.created) },
        engine: env!("CARGO_PKG_VERSION"),
    };
    let mut line = Vec::with_capacity(3_072);
    let written = serde_json::to_writer(&mut line, &record).map_err(|error| error.to_string());
    written.and_then(|()| String::from_utf8(line).map_err(|error| error.to_string())).unwrap_or_else(|why| broken(case.id, &why))
}

/// The record of a request on which nothing could be decided.
pub(crate) fn undecided(config: &GateConfig, now: i64, id: &str, why: &str) -> String {
    let passed = config.mode == Mode::Shadow;
    let mode = config.mode.as_str();
    serde_json::json!({ "v": VERSION, "id": id, "at": format_unix(now), "mode": mode, "outcome": "cannot_decide", "status": 503, "passed": passed, "error": why }).to_string()
}

fn broken(id: &str, why: &str) -> String {
    serde_json::json!({ "v": VERSION, "id": id, "error": why }).to_string()
}

fn facts(case: &Case<'_, '_>, judged: &Judged<'_>) -> FactsJson {
    FactsJson::from_facts(&judged.party.facts(case.blob, case.setting), case.blob.policy())
}

fn evidence<'r>(case: &Case<'r, '_>) -> EvidenceLine<'r> {
    let known = case.evidence;
    let words = |set: NetworkSet| set.iter().map(Word).collect::<Vec<_>>();
    let client = ClientLine {
        from: case.config.client_address.as_str(),
        via: match known.client.via {
            Via::Nobody => "nobody",
            Via::Direct => "direct",
            Via::Hop(_) => "hop",
        },
        missing: known.client.missing.map(Missing::as_str),
    };
    let platform = known.platform.as_ref().map(|platform| PlatformLine {
        by: platform.by,
        place: platform.place.map(Word),
        asn: platform.asn,
        networks: words(platform.networks),
        ignored: platform.ignored.map(Ignored::as_str),
    });
    EvidenceLine {
        client,
        table: known.table.map(Word),
        networks: words(known.networks),
        networks_checked: NetworkClass::ALL
            .iter()
            .filter_map(|class| Some((Word(*class), case.blob.network_checked_at(*class)?)))
            .collect(),
        platform,
        order: (known.order != GeoOrder::All).then_some(known.order.as_str()),
        conflict: known.conflict(case.blob.policy()),
        region_unknown: case.requester.decision.has_flag(Flag::RegionUnknown),
    }
}

/// The words of screening results: there is none for "clear".
fn screening(case: &Case<'_, '_>, judged: &Judged<'_>, claims: Option<&Claims>) -> &'static str {
    let nothing_to_ask = !claims.is_some_and(Claims::can_be_screened) || case.blob.provided().is_empty();
    match (&judged.party.hits, nothing_to_ask) {
        (hits, _) if !hits.is_empty() => "potential_match",
        (_, true) => "not_screened",
        (_, false) => "no_list_match",
    }
}

/// How far owners were looked at: no published list carries ownership.
fn ownership(case: &Case<'_, '_>) -> &'static str {
    let claims = case.identity.claims.as_ref();
    let known = |judged: &Judged<'_>| !judged.party.owners.is_empty();
    let has_edges = case.blob.sections().any(|section| section.kind == SectionKind::Ownership && !section.data.is_empty());
    if known(case.requester) || case.principal.is_some_and(known) {
        "listed_owners"
    } else if has_edges && claims.is_some_and(|c| !c.names.is_empty() || !c.identifiers.is_empty()) {
        "no_listed_owner_known"
    } else {
        "not_checked"
    }
}

fn matches<'a>(judged: &Judged<'a>) -> Vec<MatchLine<'a>> {
    let line = |found: &Found<'a>| MatchLine {
        entry: found.entry.id(),
        lists: found.entry.lists.iter().map(Word).collect(),
        band: found.band.as_str(),
        score: f64::from(found.score) / 10.0,
        reason: found.reason.as_str(),
    };
    judged.party.matches.iter().map(line).collect()
}

fn cleared<'a>(judged: &Judged<'a>) -> Vec<ClearedLine<'a>> {
    let lines = judged.party.cleared.iter();
    lines
        .map(|(found, clearance)| ClearedLine {
            entry: found.entry.id(),
            band: found.band.as_str(),
            reason: clearance.reason,
            by: clearance.by,
            expires: clearance.expires.to_string(),
        })
        .collect()
}

fn personal(config: &GateConfig, claims: Option<&Claims>, client: Option<std::net::IpAddr>) -> Option<Personal> {
    let key = config.audit_key.as_ref()?;
    let hash = |what: &str, value: &str| {
        let mut hasher = blake3::Hasher::new_keyed(key);
        // The kind of datum is part of the input, so that equal texts of two kinds have two hashes.
        hasher.update(what.as_bytes()).update(b"\0").update(value.as_bytes());
        hex(hasher.finalize().as_bytes().first_chunk::<16>().unwrap_or(&[0; 16]))
    };
    let personal = Personal {
        account: claims.and_then(|c| c.account.as_deref()).map(|a| hash("account", a)),
        email: claims.and_then(|c| c.email.as_deref()).map(|e| hash("email", &e.to_lowercase())),
        address: client.map(|a| hash("address", &a.to_string())),
    };
    (personal.account.is_some() || personal.email.is_some() || personal.address.is_some()).then_some(personal)
}

/// At most so many bytes, whole characters.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
