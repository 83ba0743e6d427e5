//! An explanation says of every rule what the evaluation says, and its conditions are the reason.

use std::path::Path;

use weighbridge_blob::date::parse_unix;
use weighbridge_blob::policy::PolicyTable;
use weighbridge_engine::evaluate;
use weighbridge_engine::explain::explain;
use weighbridge_engine::json::{Case, Word};
use weighbridge_policy::{CompileOptions, DEFAULT, compile};

#[test]
fn a_rule_matches_if_and_only_if_all_its_conditions_hold() {
    let compiled = compile(DEFAULT, &CompileOptions::default()).unwrap();
    let policy = PolicyTable::open(&compiled.bytes).unwrap();
    let (mut cases, mut matched, mut lifted, mut missed_by_one) = (0, 0, 0, 0);
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/decisions")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for case in serde_json::from_str::<Vec<Case>>(&text).unwrap() {
            let Some(facts) = &case.facts else { continue };
            let buffer = facts.to_facts(&policy, parse_unix(&case.at).unwrap()).unwrap();
            let facts = buffer.facts();
            let decision = evaluate(&policy, &facts);
            let asked = explain(&policy, &facts);
            cases += 1;
            assert_eq!(asked.rules.len(), policy.rule_count());
            for (index, rule) in asked.rules.iter().enumerate() {
                let (counts, is_lifted) = (decision.matched >> index & 1 == 1, decision.lifted >> index & 1 == 1);
                let at = format!("{}: {}: {:?}", case.case, rule.rule, rule.conditions);
                assert_eq!(rule.conditions.iter().all(|c| c.holds), counts || is_lifted, "{at}");
                assert_eq!((rule.matched(), rule.lifted_by.is_some()), (counts, is_lifted), "{at}");
                assert!(rule.conditions.iter().all(|c| !c.wants.is_empty() && c.wants != "none" && !c.has.is_empty()), "{at}");
                matched += usize::from(counts);
                lifted += usize::from(is_lifted);
                missed_by_one += usize::from(rule.conditions.iter().filter(|c| !c.holds).count() == 1);
            }
            // What the rules say here is what the decision lists under each outcome.
            for reason in decision.describe(&policy, &facts).reasons {
                let rule = asked.rules.iter().find(|rule| rule.rule == reason.rule).unwrap();
                assert_eq!((rule.outcome, &rule.cite, &rule.title), (Some(reason.outcome), &reason.cite, &reason.title));
            }
            if let weighbridge_engine::DecidedBy::Default(index) = decision.decided_by {
                let holds: Vec<bool> = asked.defaults.iter().map(|d| d.conditions.iter().all(|c| c.holds)).collect();
                assert_eq!(holds.iter().position(|holds| *holds), Some(usize::from(index)), "{}", case.case);
            }
        }
    }
    assert!(cases >= 300 && matched >= 200 && lifted >= 5 && missed_by_one >= 300, "{cases} {matched} {lifted} {missed_by_one}");
}

#[test]
fn a_condition_tells_what_was_asked_and_what_was_there() {
    let compiled = compile(DEFAULT, &CompileOptions::default()).unwrap();
    let policy = PolicyTable::open(&compiled.bytes).unwrap();
    let json = r#"{"action": "download", "item": {"class": "published"}, "place": {"ip": "DE", "declared": "IR"}}"#;
    let facts: weighbridge_engine::json::FactsJson = serde_json::from_str(json).unwrap();
    let buffer = facts.to_facts(&policy, parse_unix("2026-11-22").unwrap()).unwrap();
    let asked = explain(&policy, &buffer.facts());
    let rule = |id: &str| asked.rules.iter().find(|rule| rule.rule == id).unwrap();
    let embargo = rule("OFAC-EMBARGO");
    assert_eq!(embargo.outcome, Some(Word(weighbridge_blob::words::Outcome::Deny)));
    let place = embargo.conditions.iter().find(|c| c.has.contains("declared IR")).unwrap();
    assert!(place.holds && place.wants.contains("embargo") && place.has.contains("ip DE"), "{place:?}");
    let crimea = rule("OFAC-CRIMEA");
    assert!(crimea.outcome.is_none() && crimea.conditions.iter().any(|c| !c.holds && c.has.contains("ip DE")), "{crimea:?}");
}
