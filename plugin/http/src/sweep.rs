//! What every place gets, all else being equal: for maps.

use serde::Serialize;
use weighbridge_blob::Blob;
use weighbridge_blob::date::parse_unix;
use weighbridge_blob::place::Place;
use weighbridge_blob::words::Outcome;
use weighbridge_engine::evaluate;
use weighbridge_engine::json::{DecisionJson, FactsJson, Word};

use crate::Ambient;
use crate::check::{CheckCase, RequestJson};
use crate::config::GateConfig;
use crate::decide::decide_at;

/// What one place gets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Swept {
    /// The code.
    pub place: Word<Place>,
    /// The outcome.
    pub outcome: Word<Outcome>,
    /// The HTTP status.
    pub status: u16,
    /// The word for the reason that decided.
    pub reason: String,
    /// All matched rules, sorted.
    pub rules: Vec<String>,
}

/// Decides a shared case (JSON as [`crate::check`] takes it) as if its address were in each of the places in turn. Whatever the
/// address itself is known for, such as being a Tor exit, stays.
///
/// # Errors
/// What is wrong with the case, or why a gate would decide nothing.
pub fn sweep(
    blob: &Blob<'_>,
    config: &GateConfig,
    case: serde_json::Value,
    places: impl Iterator<Item = Place>,
) -> Result<Vec<Swept>, String> {
    let case = CheckCase::read(serde_json::from_value(case).map_err(|error| error.to_string())?)?;
    let at = parse_unix(&case.at).map_err(|error| format!("`at`: {error}"))?;
    match (case.facts, &case.request) {
        (Some(facts), None) => by_facts(blob, facts, at, places),
        (None, Some(request)) => by_request(blob, config, request, at, places),
        _ => Err("a case has either `facts` or `request`".to_owned()),
    }
}

fn by_facts(blob: &Blob<'_>, mut facts: FactsJson, at: i64, places: impl Iterator<Item = Place>) -> Result<Vec<Swept>, String> {
    let policy = blob.policy();
    places
        .map(|place| {
            facts.place.ip = Some(Word(place));
            let buffer = facts.to_facts(policy, at).map_err(|error| error.to_string())?;
            let facts = buffer.facts();
            Ok(swept(place, evaluate(policy, &facts).describe(policy, &facts)))
        })
        .collect()
}

fn by_request(
    blob: &Blob<'_>,
    config: &GateConfig,
    request: &RequestJson,
    at: i64,
    places: impl Iterator<Item = Place>,
) -> Result<Vec<Swept>, String> {
    let access = request.access(blob)?;
    request.ask(config, |config, asked| {
        let config = GateConfig { test_headers: true, ..config.clone() };
        let ambient = Ambient { now: at, nonce: [0; 16], ..Ambient::default() };
        places
            .map(|place| {
                let code = place.to_string();
                let mut asked = asked.clone();
                asked.headers.push(("x-test-place-ip", code.as_bytes()));
                let decided = decide_at(blob, &config, &asked, &ambient, i64::MAX, access.clone());
                let grounds = decided.grounds.ok_or("nothing could be decided; see the record of a request for the reason")?;
                Ok(swept(place, grounds.describe(blob)))
            })
            .collect()
    })
}

fn swept(place: Place, decision: DecisionJson) -> Swept {
    let DecisionJson { outcome, status, reason_code, rules, .. } = decision;
    Swept { place: Word(place), outcome, status, reason: reason_code, rules }
}
