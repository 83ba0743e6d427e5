//! The decision record: one JSON line for each decision, allow included.
//!
//! `facts` has the form of the shared cases, so that a decision can be made again from its record. Personal
//! data stands in it as keyed hashes only, and not at all without a key. The record is for the operator's
//! compliance officer: unlike a refusal it names the entries that matched.

use weighbridge_blob::SectionKind;
use weighbridge_blob::date::format_unix;
use weighbridge_blob::normal::lower_case;
use weighbridge_blob::order::sort;
use weighbridge_blob::words::{Flag, List, NetworkClass, NetworkSet};
use weighbridge_engine::json::{Writer, write_facts};

use crate::address::{Missing, Via};
use crate::config::{GateConfig, GeoOrder, Mode};
use crate::decide::{Case, Judged, lifted};
use crate::evidence::{Ignored, Platform};
use crate::identity::{Claims, hex};

/// Version of the record's form.
pub(crate) const VERSION: u32 = 1;
/// Longer paths are cut in the record; the decision was on the whole path.
const PATH_BYTES_MAX: usize = 512;

/// Room for a record, so that it is not moved while it grows.
const RECORD_BYTES: usize = 3_072;

/// The record of a decision.
pub(crate) fn line(case: &Case<'_, '_>, passed: bool) -> String {
    let (policy, blob, decision) = (case.blob.policy(), case.blob, case.decision);
    let header = blob.header();
    let claims = case.identity.claims.as_ref();
    let out = &mut Writer::with_room(RECORD_BYTES);
    out.object();
    out.count_at("v", u64::from(VERSION));
    out.text_at("id", case.id);
    out.text_at("at", &format_unix(case.setting.at));
    out.text_at("mode", case.config.mode.as_str());
    out.text_at("outcome", decision.outcome.as_str());
    out.count_at("status", if case.path_error.is_some() { 400 } else { u64::from(decision.status) });
    // Whether the request went on to the origin. In shadow mode it always does.
    out.flag_at("passed", passed);
    out.some_text_at("path_error", case.path_error.map(|error| error.as_str()));
    out.text_at("decided_by", decision.decided_by.as_str());
    out.text_at("reason_code", &decision.reason_code(policy));
    out.texts_at("rules", decision.rule_ids(policy));
    out.key("reasons");
    out.list();
    for reason in decision.reasons(policy) {
        out.object();
        out.text_at("rule", reason.id);
        out.text_at("outcome", reason.outcome.as_str());
        out.some_text_at("since", Some(policy.rule_since(&reason.rule)).filter(|since| !since.is_empty()));
        out.texts_at("cite", policy.rule_cites(&reason.rule));
        out.end_object();
    }
    out.end_list();
    out.key("lifted");
    out.list();
    for (rule, authorisation) in lifted(blob, case.setting, decision, case.requester, case.principal) {
        out.list();
        out.text(rule);
        out.text(authorisation);
        out.end_list();
    }
    out.end_list();
    out.texts_at("exceptions", decision.exceptions(policy));
    out.key("item");
    match case.access.item {
        None => out.null(),
        Some(item) => {
            out.object();
            out.text_at("id", item.id);
            out.some_text_at("eccn", Some(item.eccn).filter(|eccn| !eccn.is_empty()));
            out.end_object();
        }
    }
    out.text_at("action", case.access.action.as_str());
    out.text_at("protocol", case.access.protocol.as_str());
    out.text_at("method", case.request.method);
    // RFC 1035: a name has 255 bytes at most.
    out.text_at("host", cut(case.request.authority, 255));
    out.text_at("path", cut(case.request.path_and_query.split('?').next().unwrap_or_default(), PATH_BYTES_MAX));
    party(out, case, case.requester, claims, case.evidence.client.address);
    if let Some(judged) = case.principal {
        principal(out, case, judged, claims.and_then(|claims| claims.on_behalf_of.as_deref()));
    }
    out.some_text_at("identity_rejected", case.identity.rejected.map(|rejected| rejected.as_str()));
    out.some_texts_at("ignored_headers", case.ignored_headers.iter().copied());
    evidence(out, case);
    out.text_at("freshness", decision.freshness.as_str());
    // When each list was last confirmed current, Unix seconds.
    out.key("lists");
    out.object();
    for list in blob.provided().iter() {
        if let Some(checked) = blob.checked_at(list) {
            out.key(list.as_str());
            out.whole(checked);
        }
    }
    out.end_object();
    out.texts_at("not_screened", decision.not_screened.iter().map(List::as_str));
    out.text_at("ownership", ownership(case));
    out.key("policy");
    out.object();
    out.text_at("id", policy.id());
    out.text_at("version", policy.version());
    out.text_at("digest", &hex(&policy.digest()));
    switches(out, case);
    out.end_object();
    out.key("blob");
    out.object();
    out.text_at("digest", &hex(&header.digest));
    out.count_at("sequence", header.sequence);
    out.text_at("created", &format_unix(header.created));
    out.end_object();
    out.text_at("engine", env!("CARGO_PKG_VERSION"));
    out.end_object();
    std::mem::take(out).finish()
}

/// The record of a request on which nothing could be decided.
#[inline(never)]
pub(crate) fn undecided(config: &GateConfig, now: i64, id: &str, why: &str) -> String {
    let mut out = Writer::default();
    out.object();
    out.text_at("at", &format_unix(now));
    out.text_at("error", why);
    out.text_at("id", id);
    out.text_at("mode", config.mode.as_str());
    out.text_at("outcome", "cannot_decide");
    out.flag_at("passed", config.mode == Mode::Shadow);
    out.count_at("status", 503);
    out.count_at("v", u64::from(VERSION));
    out.end_object();
    out.finish()
}

/// Facts, screening and keyed hashes of one party.
fn party(out: &mut Writer, case: &Case<'_, '_>, judged: &Judged<'_>, claims: Option<&Claims>, client: Option<std::net::IpAddr>) {
    let party = &judged.party;
    out.key("facts");
    write_facts(out, &party.facts(case.blob, case.setting), case.blob.policy());
    // What screening says; never "clear".
    out.text_at("screening", screening(case, judged, claims));
    out.key("matches");
    out.list();
    for found in &party.matches {
        out.object();
        out.text_at("entry", found.entry.id());
        out.texts_at("lists", found.entry.lists.iter().map(List::as_str));
        out.text_at("band", found.band.as_str());
        out.key("score");
        out.float(f64::from(found.score) / 10.0);
        out.text_at("reason", found.reason.as_str());
        out.end_object();
    }
    out.end_list();
    if !party.cleared.is_empty() {
        out.key("cleared");
        out.list();
        for (found, clearance) in &party.cleared {
            out.object();
            out.text_at("entry", found.entry.id());
            out.text_at("band", found.band.as_str());
            out.text_at("reason", clearance.reason);
            out.text_at("by", clearance.by);
            out.text_at("expires", &clearance.expires.to_string());
            out.end_object();
        }
        out.end_list();
    }
    // A name was too long to be screened in full; it counts as a possible match.
    if party.truncated {
        out.flag_at("screening_truncated", true);
    }
    personal(out, case.config, claims, client);
}

/// The party that the requester acts for, with the decision on it alone. The record's outcome is the more severe of the two, its
/// rules are both parties'.
fn principal(out: &mut Writer, case: &Case<'_, '_>, judged: &Judged<'_>, claims: Option<&Claims>) {
    out.key("on_behalf_of");
    out.object();
    out.text_at("outcome", judged.decision.outcome.as_str());
    out.count_at("status", u64::from(judged.decision.status));
    out.texts_at("rules", judged.decision.rule_ids(case.blob.policy()));
    party(out, case, judged, claims, None);
    out.end_object();
}

/// The policy's switches as they are set, by name.
fn switches(out: &mut Writer, case: &Case<'_, '_>) {
    let (policy, set) = (case.blob.policy(), &case.setting.settings.switches);
    let switch = |n| policy.switch(n).map(|(name, value)| (name, set.get(n).copied().flatten().unwrap_or(value).as_str()));
    let mut switches: Vec<(&str, &str)> = (0..policy.switch_count()).filter_map(switch).collect();
    sort(&mut switches, |a, b| a.0 < b.0);
    out.key("switches");
    out.object();
    switches.into_iter().for_each(|(name, value)| out.text_at(name, value));
    out.end_object();
}

/// What is known of the client's address, apart by who says so. `facts` has what of it counts.
fn evidence(out: &mut Writer, case: &Case<'_, '_>) {
    let known = case.evidence;
    out.key("evidence");
    out.object();
    out.key("client");
    out.object();
    // The configured origin of the address, and who saw it.
    out.text_at("from", case.config.client_address.as_str());
    out.text_at(
        "via",
        match known.client.via {
            Via::Nobody => "nobody",
            Via::Direct => "direct",
            Via::Hop(_) => "hop",
        },
    );
    out.some_text_at("missing", known.client.missing.map(Missing::as_str));
    out.end_object();
    if let Some(table) = known.table {
        out.text_at("table", table.text(&mut [0; 6]));
    }
    // By the address itself and by the blob's tables.
    networks(out, known.networks);
    let mut checked = NetworkClass::ALL.iter().filter_map(|class| Some((class, case.blob.network_checked_at(*class)?))).peekable();
    if checked.peek().is_some() {
        // When the files behind the blob's network classes were last confirmed current, Unix seconds.
        out.key("networks_checked");
        out.object();
        for (class, at) in checked {
            out.key(class.as_str());
            out.whole(at);
        }
        out.end_object();
    }
    if let Some(Platform { by, place, asn, networks: kinds, ignored }) = &known.platform {
        out.key("platform");
        out.object();
        out.text_at("by", by);
        if let Some(place) = place {
            out.text_at("place", place.text(&mut [0; 6]));
        }
        if let Some(asn) = asn {
            out.count_at("asn", u64::from(*asn));
        }
        networks(out, *kinds);
        out.some_text_at("ignored", ignored.map(Ignored::as_str));
        out.end_object();
    }
    // Only if it is not the default: which of the two counted first.
    out.some_text_at("order", (known.order != GeoOrder::All).then_some(known.order.as_str()));
    // Table and platform name different places.
    if known.conflict(case.blob.policy()) {
        out.flag_at("conflict", true);
    }
    // A country of which the policy tells regions apart, and no region.
    if case.requester.decision.has_flag(Flag::RegionUnknown) {
        out.flag_at("region_unknown", true);
    }
    out.end_object();
}

fn networks(out: &mut Writer, set: NetworkSet) {
    out.some_texts_at("networks", set.iter().map(NetworkClass::as_str));
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

/// Keyed hashes of personal data, if there is a key.
#[inline(never)]
fn personal(out: &mut Writer, config: &GateConfig, claims: Option<&Claims>, client: Option<std::net::IpAddr>) {
    let account = claims.and_then(|claims| claims.account.as_deref());
    let email = claims.and_then(|claims| claims.email.as_deref());
    let Some(key) = config.audit_key.as_ref().filter(|_| account.is_some() || email.is_some() || client.is_some()) else { return };
    let hash = |what: &str, value: &str| {
        let mut hasher = blake3::Hasher::new_keyed(key);
        // The kind of datum is part of the input, so that equal texts of two kinds have two hashes.
        hasher.update(what.as_bytes()).update(b"\0").update(value.as_bytes());
        hex(hasher.finalize().as_bytes().first_chunk::<16>().unwrap_or(&[0; 16]))
    };
    out.key("personal");
    out.object();
    out.some_text_at("account", account.map(|account| hash("account", account)).as_deref());
    out.some_text_at("email", email.map(|email| hash("email", &lower_case(email))).as_deref());
    out.some_text_at("address", client.map(|client| hash("address", &client.to_string())).as_deref());
    out.end_object();
}

/// At most so many bytes, whole characters.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
