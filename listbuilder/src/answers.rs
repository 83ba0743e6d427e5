//! What a policy answers to every place, before anybody asks: the codes of ISO 3166-1, `XK`, the regions that the policy
//! names, and the codes that platforms give where they know no country. A code that nobody thought of shows here.

use serde::Serialize;
use weighbridge_blob::Blob;
use weighbridge_blob::place::Place;
use weighbridge_blob::policy::{Evidence, PolicyTable};
use weighbridge_blob::words::{Action, ItemClass, Kind, Outcome};
use weighbridge_engine::facts::{IdentityFacts, Settings};
use weighbridge_engine::selftest::{Depth, self_test};
use weighbridge_engine::{DecidedBy, Facts, evaluate};

/// What one code gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceAnswer {
    /// The code.
    pub code: String,
    /// `place`, `no_place` (says nothing about a country), the network class that it names, or `unrecognised`.
    pub meaning: String,
    /// Download of published weights, by nobody in particular.
    pub published: Answer,
    /// Download of closed weights, by a known person who is a foreign person.
    pub closed: Answer,
}

/// A decision in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Outcome.
    pub outcome: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What gave it: a rule, `default-1`, or `on-unknown`, which means that the policy has no answer of its own.
    pub reason: String,
}

/// Asks the policy for each code, at this time (Unix seconds).
pub fn of(policy: &PolicyTable<'_>, at: i64) -> Vec<PlaceAnswer> {
    codes(policy).map(|place| answer(policy, at, place)).collect()
}

/// What of that a builder should look at: codes without an answer, and places that a gate's self-test would stumble over.
pub fn warnings(blob: &Blob<'_>, at: i64) -> Vec<String> {
    let mut out = Vec::new();
    let open: Vec<String> = of(blob.policy(), at)
        .into_iter()
        .filter(|one| [&one.published, &one.closed].iter().any(|answer| answer.reason == "on-unknown"))
        .map(|one| one.code)
        .collect();
    if !open.is_empty() {
        out.push(format!("the policy has no answer of its own for {}; `on_unknown` gives it", open.join(" ")));
    }
    if let Err(error) = self_test(blob.policy(), &Settings::default(), at, Depth::Full) {
        out.push(format!("with this blob a gate answers everything with 503: {error}"));
    }
    out
}

fn codes(policy: &PolicyTable<'_>) -> impl Iterator<Item = Place> {
    let special = weighbridge_policy::NO_COUNTRY.iter().filter_map(|code| code.parse().ok());
    let regions: Vec<Place> = policy.places().map(|(place, _)| place).filter(|place| place.has_region()).collect();
    weighbridge_policy::countries().chain(regions).chain(special)
}

fn answer(policy: &PolicyTable<'_>, at: i64, place: Place) -> PlaceAnswer {
    let meaning = match policy.evidence(place) {
        Evidence::Known(_) => "place".to_owned(),
        Evidence::Nothing => "no_place".to_owned(),
        Evidence::Network(class) => class.to_string(),
        Evidence::Unrecognised => "unrecognised".to_owned(),
    };
    let ask = |class, identity| {
        let mut facts = Facts::new(at, Action::Download, class);
        facts.place.ip = Some(place);
        facts.identity = identity;
        let decision = evaluate(policy, &facts);
        // A denial of last resort is one as well: nobody has thought of the code.
        let unknown = decision.decided_by == DecidedBy::OnUnknown;
        let reason = if unknown { "on-unknown".to_owned() } else { decision.reason_code(policy) };
        Answer { outcome: decision.outcome.as_str(), status: decision.status, reason }
    };
    let person = IdentityFacts { kind: Kind::Person, foreign_person: Some(true) };
    PlaceAnswer {
        code: place.to_string(),
        meaning,
        published: ask(ItemClass::Published, None),
        closed: ask(ItemClass::Closed, Some(person)),
    }
}

/// How many codes there are and how many of them are refused, for a line of a report.
pub fn summary(answers: &[PlaceAnswer]) -> String {
    let refused = |outcome: fn(&PlaceAnswer) -> &Answer| {
        answers
            .iter()
            .filter(|one| outcome(one).outcome != Outcome::Allow.as_str())
            .map(|one| one.code.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    };
    format!("{} codes have an answer; open weights are not served to {}", answers.len(), refused(|one| &one.published))
}

#[cfg(test)]
mod tests {
    use super::*;
    use weighbridge_policy::{CompileOptions, DEFAULT, compile};

    #[test]
    fn every_code_has_an_answer() {
        let compiled = compile(DEFAULT, &CompileOptions::default()).unwrap();
        let policy = PolicyTable::open(&compiled.bytes).unwrap();
        let answers = of(&policy, 1_795_305_600);
        assert_eq!(answers.len(), 250 + 6 + 8, "ISO 3166-1 and XK, six regions of Ukraine, eight codes of no country");
        let of = |code: &str| answers.iter().find(|one| one.code == code).unwrap_or_else(|| panic!("{code}"));
        for one in &answers {
            assert_ne!(one.meaning, "unrecognised", "{}", one.code);
            assert!(one.published.reason != "on-unknown" && one.closed.reason != "on-unknown", "{one:?}");
        }
        let short = |code: &str| (of(code).published.status, of(code).closed.status, of(code).closed.reason.clone());
        let expect = |published, closed, reason: &str| (published, closed, reason.to_owned());
        assert_eq!(short("DE"), expect(200, 200, "default-4"));
        assert_eq!(short("IR"), expect(451, 451, "OFAC-EMBARGO"));
        assert_eq!(short("UA-43"), expect(451, 451, "OFAC-CRIMEA"));
        assert_eq!(short("UA-40"), expect(451, 451, "OFAC-CRIMEA"));
        assert_eq!(short("UA-14"), expect(451, 451, "OFAC-DNR-LNR"));
        assert_eq!(short("UA-23"), expect(403, 403, "EU-OCCUPIED"));
        assert_eq!(short("UA"), expect(200, 403, "UA-REGION-UNKNOWN"));
        assert_eq!(short("RU"), expect(200, 403, "RU-BY-SERVICES"));
        for code in ["XK", "XX", "AP", "EU", "T1", "A1", "A2", "O1", "ZZ"] {
            assert_eq!(of(code).published.status, 200, "{code}");
        }
        assert_eq!((of("T1").meaning.as_str(), of("EU").meaning.as_str(), of("XK").meaning.as_str()), ("tor", "no_place", "place"));
        assert!(
            summary(&answers).ends_with("open weights are not served to CU IR KP UA-09 UA-14 UA-23 UA-40 UA-43 UA-65"),
            "{}",
            summary(&answers)
        );
    }
}
