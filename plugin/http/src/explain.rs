//! Why a shared case is decided as it is: facts, matches, and every rule with each of its conditions.

use serde::Serialize;
use std::collections::BTreeMap;
use weighbridge_blob::Blob;
use weighbridge_blob::date::{format_unix, parse_unix};
use weighbridge_blob::words::{Band, List, ListSet};
use weighbridge_engine::evaluate;
use weighbridge_engine::explain::{Explanation, explain as explain_facts};
use weighbridge_engine::facts::Facts;
use weighbridge_engine::json::{DecisionJson, FactsJson, PartyJson, Word};
use weighbridge_engine::screen::Reason;
use weighbridge_engine::why::{NameWhy, best};

use crate::check::{CheckCase, RequestJson};
use crate::config::GateConfig;
use crate::decide::{Grounds, Judged, decide_at};
use crate::identity::Claims;
use crate::screening::Found;
use crate::{Ambient, Verdict};

/// One case, explained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explained {
    /// What the case is about, in its own words.
    pub case: String,
    /// When, RFC 3339.
    pub at: String,
    /// The access point of a case with `request`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessExplained>,
    /// The decision.
    pub decision: DecisionJson,
    /// The requester first; then, if there is one, the party that it acts for. Both must pass.
    pub parties: Vec<PartyExplained>,
    /// What differs from the case's `expect`; `None` if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differences: Option<Vec<String>>,
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessExplained {
    /// Method and path as asked.
    pub request: String,
    /// Item id; `None` if the path leads to none, which counts as `closed_unknown`.
    pub item: Option<String>,
    /// The item's ECCN; may be empty.
    pub eccn: String,
    /// The protocol, which is the form of a refusal.
    pub protocol: &'static str,
    /// Why the path cannot be read; such a request is answered with 400.
    pub path_error: Option<String>,
    /// Why the identity was not believed.
    pub identity_rejected: Option<&'static str>,
}

/// One party of a case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartyExplained {
    /// `requester` or `on_behalf_of`.
    pub role: &'static str,
    /// The facts as used.
    pub facts: FactsJson,
    /// Entries that the party may be.
    pub matches: Vec<MatchExplained>,
    /// A bound cut screening short; that counts as a possible match on every list.
    pub screening_truncated: bool,
    /// The decision on this party alone.
    pub decision: DecisionJson,
    /// Every rule and default asked.
    #[serde(flatten)]
    pub asked: Explanation,
}

/// An entry that a party may be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MatchExplained {
    /// Entry id; `None` if the case names a list alone.
    pub entry: Option<String>,
    /// The lists that it is on.
    pub lists: Vec<Word<List>>,
    /// How well it fits.
    pub band: Word<Band>,
    /// 0-100; `None` if the case does not say.
    pub score: Option<f64>,
    /// Why it was found, in words.
    pub reason: String,
    /// The listed name that matched; of other matches the entry's main name. `None` without the blob's details file.
    pub name: Option<String>,
    /// Of a name that is alike: the tokens side by side, with reasons and weights.
    pub compared: Option<NameWhy>,
    /// When each of its lists was last confirmed current, RFC 3339.
    pub checked_at: BTreeMap<&'static str, String>,
    /// The clearance that takes it away, in words.
    pub cleared: Option<String>,
}

/// Explains a shared case: JSON as [`crate::check`] takes it. Header identity is verified by `config`; the case's own
/// `address` and `identity` are believed. As there, the case may lie before the lists were checked.
///
/// # Errors
/// What is wrong with the case, or why a gate would decide nothing.
pub fn explain(blob: &Blob<'_>, config: &GateConfig, case: serde_json::Value) -> Result<Explained, String> {
    let case = CheckCase::read(serde_json::from_value(case).map_err(|error| error.to_string())?)?;
    let at = parse_unix(&case.at).map_err(|error| format!("`at`: {error}"))?;
    let (decision, access, parties) = match (&case.facts, &case.request) {
        (Some(facts), None) => by_facts(blob, facts, at)?,
        (None, Some(request)) => by_request(blob, config, request, at)?,
        _ => return Err("a case has either `facts` or `request`".to_owned()),
    };
    let differences = case.expect.map(|expect| expect.differences(&decision));
    Ok(Explained { case: case.case, at: format_unix(at), access, decision, parties, differences })
}

type Parts = (DecisionJson, Option<AccessExplained>, Vec<PartyExplained>);

fn by_facts(blob: &Blob<'_>, facts: &FactsJson, at: i64) -> Result<Parts, String> {
    let policy = blob.policy();
    let buffer = facts.to_facts(policy, at).map_err(|error| error.to_string())?;
    let matches = facts.party.iter().map(|party| told(blob, party, &facts.clearances)).collect();
    let mut party = judged(blob, "requester", &buffer.facts(), matches, false);
    // As the case writes them: with the entries that clearances go by.
    party.facts = facts.clone();
    Ok((party.decision.clone(), None, vec![party]))
}

fn by_request(blob: &Blob<'_>, config: &GateConfig, request: &RequestJson, at: i64) -> Result<Parts, String> {
    let access = request.access(blob)?;
    request.ask(config, |config, asked| {
        let ambient = Ambient { now: at, nonce: [0; 16], ..Ambient::default() };
        let decided = decide_at(blob, config, asked, &ambient, i64::MAX, access.clone());
        let Some(grounds) = decided.grounds else { return Err(undecided(&decided.verdict)) };
        let decision = grounds.describe(blob);
        let item = grounds.setting.item;
        let access = AccessExplained {
            request: format!("{} {}", asked.method, asked.path_and_query),
            item: item.map(|item| item.id.to_owned()),
            eccn: item.map(|item| item.eccn.to_owned()).unwrap_or_default(),
            protocol: grounds.protocol.as_str(),
            path_error: grounds.path_error.map(|error| error.to_string()),
            identity_rejected: grounds.identity_rejected,
        };
        let names = |claims: Option<&Claims>| claims.map(|claims| claims.names.clone()).unwrap_or_default();
        let claims = grounds.claims.as_ref();
        let mut parties = vec![party(blob, "requester", &grounds, &grounds.requester, &names(claims))];
        let behind = names(claims.and_then(|claims| claims.on_behalf_of.as_deref()));
        parties.extend(grounds.principal.as_ref().map(|principal| party(blob, "on_behalf_of", &grounds, principal, &behind)));
        Ok((decision, Some(access), parties))
    })
}

/// The reason that the record gives.
fn undecided(verdict: &Verdict) -> String {
    let record = match verdict {
        Verdict::Pass(pass) => Some(&pass.record),
        Verdict::Answer(answer) => answer.record.as_ref(),
    };
    let record = record.and_then(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let why = record.as_ref().and_then(|record| record.get("error")).and_then(|why| why.as_str());
    format!("nothing can be decided: {}", why.unwrap_or("the record gives no reason"))
}

fn party(blob: &Blob<'_>, role: &'static str, grounds: &Grounds<'_>, of: &Judged<'_>, names: &[String]) -> PartyExplained {
    let found = of.party.matches.iter().map(|found| (found, None));
    let cleared = of
        .party
        .cleared
        .iter()
        .map(|(found, clearance)| (found, Some(format!("{}, by {}, until {}", clearance.reason, clearance.by, clearance.expires))));
    let matches = found.chain(cleared).map(|(found, cleared)| seen(blob, found, cleared, names)).collect();
    judged(blob, role, &of.party.facts(blob, &grounds.setting), matches, of.party.truncated)
}

fn judged(blob: &Blob<'_>, role: &'static str, facts: &Facts<'_>, matches: Vec<MatchExplained>, truncated: bool) -> PartyExplained {
    let policy = blob.policy();
    PartyExplained {
        role,
        facts: FactsJson::from_facts(facts, policy),
        matches,
        screening_truncated: truncated,
        decision: evaluate(policy, facts).describe(policy, facts),
        asked: explain_facts(policy, facts),
    }
}

/// A match that screening found.
fn seen(blob: &Blob<'_>, found: &Found<'_>, cleared: Option<String>, names: &[String]) -> MatchExplained {
    let details = blob.details(&found.entry).unwrap_or_default();
    let (index, reason) = match found.reason {
        Reason::Name { role, kind, number, equal, qualified, conflict } => {
            let how = if equal { "is the same, in normal form, as" } else { "is like" };
            let mut reason = format!("the name {how} a {}", name_word(role));
            if qualified {
                reason.push_str("; a birth date, country or document agrees too");
            }
            if conflict {
                reason.push_str("; a birth date, country or document speaks against it");
            }
            (blob.lexicon(kind).index_in_entry(number), reason)
        }
        Reason::Identifier(kind) => (0, format!("the identifier `{kind}` agrees")),
        Reason::Domain => (0, "the host of the e-mail address or web site is the entry's own".to_owned()),
        Reason::Address => (0, "the address is a listed one".to_owned()),
    };
    let name = usize::try_from(index).ok().and_then(|index| details.names.get(index));
    MatchExplained {
        entry: Some(found.entry.id().to_owned()),
        lists: found.entry.lists.iter().map(Word).collect(),
        band: Word(found.band),
        score: Some(f64::from(found.score) / 10.0),
        reason,
        name: name.map(|(_, name)| (*name).to_owned()),
        compared: match found.reason {
            Reason::Name { kind, number, .. } => best(blob, kind, number, names.iter().map(String::as_str)),
            _ => None,
        },
        checked_at: dates(blob, found.entry.lists),
        cleared,
    }
}

fn dates(blob: &Blob<'_>, lists: ListSet) -> BTreeMap<&'static str, String> {
    lists.iter().filter_map(|list| Some((list.as_str(), format_unix(blob.checked_at(list)?)))).collect()
}

const fn name_word(role: weighbridge_blob::model::NameRole) -> &'static str {
    match role {
        weighbridge_blob::model::NameRole::Primary => "primary name",
        other => other.as_str(),
    }
}

/// A match that the case itself tells of.
fn told(blob: &Blob<'_>, party: &PartyJson, clearances: &[String]) -> MatchExplained {
    let lists: Vec<Word<List>> = party.list.iter().chain(&party.lists).copied().collect();
    let entry = party.entry.as_deref().and_then(|id| blob.entry_by_id(id));
    // As the facts are read: an identifier that agrees is not cleared, and a hit without an entry is cleared by its list.
    let by_entry = party.entry.as_ref().is_some_and(|id| clearances.contains(id));
    let by_list = party.entry.is_none() && lists.iter().all(|list| clearances.iter().any(|c| c == list.0.as_str()));
    let cleared = party.band.0 != Band::Identifier && (by_entry || by_list);
    MatchExplained {
        entry: party.entry.clone(),
        checked_at: dates(blob, lists.iter().map(|list| list.0).collect()),
        lists,
        band: party.band,
        score: party.score,
        compared: None,
        reason: "told by the case".to_owned(),
        name: entry.and_then(|entry| Some(blob.details(&entry)?.names.first()?.1.to_owned())),
        cleared: cleared.then(|| "by the case".to_owned()),
    }
}
