//! The shared cases of `tests/decisions/`, run natively, and what they must have in common: every rule
//! matches and just misses, no rule can be taken out unnoticed, and one day changes one thing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use weighbridge_blob::policy::PolicyTable;
use weighbridge_engine::json::{Case, DecisionJson};
use weighbridge_policy::{CompileOptions, Compiled, DEFAULT, compile, compile_without};

struct Loaded {
    file: String,
    case: Case,
    /// The facts and the time, one entry per leaf.
    leaves: BTreeMap<String, String>,
}

fn load() -> Vec<Loaded> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/decisions");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "json")).collect();
    files.sort();
    let mut out = Vec::new();
    for path in files {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let raw: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{file}: {e}"));
        for value in raw {
            let case: Case = serde_json::from_value(value.clone()).unwrap_or_else(|e| panic!("{file}: {e}: {value}"));
            if case.facts.is_none() {
                continue;
            }
            let mut leaves = BTreeMap::from([("at".to_owned(), case.at.clone())]);
            flatten("", &value["facts"], &mut leaves);
            out.push(Loaded { file: file.clone(), case, leaves });
        }
    }
    assert!(out.len() >= 300, "only {} cases were found", out.len());
    out
}

/// Leaves by path. Empty lists, empty objects and nulls are absent fields.
fn flatten(path: &str, value: &Value, leaves: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| flatten(&format!("{path}.{key}"), value, leaves)),
        Value::Array(list) => list.iter().enumerate().for_each(|(index, value)| flatten(&format!("{path}[{index}]"), value, leaves)),
        Value::Null if !path.ends_with(".share") => {}
        leaf => {
            leaves.insert(path.to_owned(), leaf.to_string());
        }
    }
}

fn distance(a: &BTreeMap<String, String>, b: &BTreeMap<String, String>) -> usize {
    let keys: BTreeSet<_> = a.keys().chain(b.keys()).collect();
    keys.into_iter().filter(|key| a.get(*key) != b.get(*key)).count()
}

fn compiled(toml: &str) -> Compiled {
    compile(toml, &CompileOptions::default()).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// Decides all cases; a case that does not fit the policy (it names a rule that was taken out) is `None`.
fn decide(bytes: &[u8], cases: &[Loaded]) -> Vec<Option<DecisionJson>> {
    let policy = PolicyTable::open(bytes).unwrap();
    cases.iter().map(|c| c.case.decide(&policy).ok()).collect()
}

fn failures(bytes: &[u8], cases: &[Loaded]) -> Vec<String> {
    let policy = PolicyTable::open(bytes).unwrap();
    let mut out = Vec::new();
    for Loaded { file, case, .. } in cases {
        match case.decide(&policy) {
            Err(e) => out.push(format!("{file}: {}: {e}", case.case)),
            Ok(got) => out.extend(case.expect.differences(&got).into_iter().map(|d| format!("{file}: {}: {d}", case.case))),
        }
    }
    out
}

#[test]
fn every_case_decides_as_expected() {
    let cases = load();
    let failed = failures(&compiled(DEFAULT).bytes, &cases);
    assert!(failed.is_empty(), "{} differences\n{}", failed.len(), failed.join("\n"));
    println!("{} cases", cases.len());
}

#[test]
fn case_names_are_unique_and_rules_are_sorted() {
    let mut seen = BTreeSet::new();
    for Loaded { file, case, .. } in load() {
        assert!(seen.insert((file.clone(), case.case.clone())), "{file}: `{}` stands twice", case.case);
        let mut sorted = case.expect.rules.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted, case.expect.rules, "{file}: {}", case.case);
    }
}

#[test]
fn every_rule_matches_and_just_misses() {
    let (compiled, cases) = (compiled(DEFAULT), load());
    let mut missing = Vec::new();
    for id in &compiled.rule_ids {
        let (matching, others): (Vec<_>, Vec<_>) = cases.iter().partition(|c| c.case.expect.rules.contains(id));
        assert!(!matching.is_empty(), "{id} matches in no case");
        if !matching.iter().any(|a| others.iter().any(|b| distance(&a.leaves, &b.leaves) == 1)) {
            missing.push(id.clone());
        }
    }
    assert!(missing.is_empty(), "no case just misses: {missing:?}");
}

#[test]
fn no_rule_can_be_taken_out_unnoticed() {
    let cases = load();
    for id in compiled(DEFAULT).rule_ids {
        let less = compile_without(DEFAULT, &id, &CompileOptions::default()).unwrap();
        let noticed = decide(&less.bytes, &cases).iter().zip(&cases).any(|(got, c)| {
            // By its decision, not by the loss of its id alone: the expectation names all matched rules.
            got.as_ref().is_some_and(|got| !c.case.expect.differences(got).is_empty())
        });
        assert!(noticed, "no case fails without {id}");
    }
}

#[test]
fn the_end_of_the_stay_changes_the_affiliates_alone() {
    let (compiled, mut cases) = (compiled(DEFAULT), load());
    let mut on = |day: &str| {
        cases.iter_mut().for_each(|c| day.clone_into(&mut c.case.at));
        decide(&compiled.bytes, &cases)
    };
    let (before, after) = (on("2026-11-09"), on("2026-11-10"));
    let mut changed = 0;
    for ((before, after), c) in before.iter().zip(&after).zip(&cases) {
        let (before, after) = (before.as_ref().unwrap(), after.as_ref().unwrap());
        if before == after {
            continue;
        }
        changed += 1;
        let rules = |d: &DecisionJson| d.rules.iter().cloned().collect::<BTreeSet<_>>();
        let more: Vec<_> = rules(after).symmetric_difference(&rules(before)).cloned().collect();
        assert_eq!(more, ["PARTY-AFFILIATE-50"], "{}: {}", c.file, c.case.case);
    }
    assert!(changed >= 2, "the date changed only {changed} cases");
}

#[test]
fn the_original_policy_decides_alike() {
    let original = std::env::var_os("WEIGHBRIDGE_DATA").map(|data| Path::new(&data).join("../policy/default-policy.toml"));
    let Some(text) = original.and_then(|path| fs::read_to_string(path).ok()) else {
        println!("SKIPPED the_original_policy_decides_alike: WEIGHBRIDGE_DATA is not set, or has no policy beside it");
        return;
    };
    // What later rules decide, and the appeal that `EU-OCCUPIED` came to hear, the first policy cannot know.
    let original = compiled(&text);
    let later = |case: &Loaded| {
        let rules = &case.case.expect.rules;
        rules.iter().any(|rule| !original.rule_ids.contains(rule))
            || case.case.case == "Zaporizhzhia oblast, appeal about the address heard"
    };
    let cases = load();
    let (known, unknown): (Vec<Loaded>, Vec<Loaded>) = cases.into_iter().partition(|case| !later(case));
    let failed = failures(&original.bytes, &known);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(unknown.len() * 10 < known.len(), "{} of {} cases are not asked", unknown.len(), known.len());
}

#[test]
fn facts_on_record_decide_alike() {
    use weighbridge_blob::date::parse_unix;
    use weighbridge_engine::{evaluate, json::FactsJson};
    let compiled = compiled(DEFAULT);
    let policy = PolicyTable::open(&compiled.bytes).unwrap();
    for Loaded { file, case, .. } in load() {
        let at = parse_unix(&case.at).unwrap();
        let buf = case.facts.as_ref().unwrap().to_facts(&policy, at).unwrap();
        let facts = buf.facts();
        let decided = evaluate(&policy, &facts).describe(&policy, &facts);
        let record = serde_json::to_string(&FactsJson::from_facts(&facts, &policy)).unwrap();
        let read: FactsJson = serde_json::from_str(&record).unwrap_or_else(|e| panic!("{e}: {record}"));
        let buf = read.to_facts(&policy, at).unwrap();
        let again = buf.facts();
        assert_eq!(evaluate(&policy, &again).describe(&policy, &again), decided, "{file}: {}: {record}", case.case);
    }
}

/// Not a check: prints what one evaluation costs, over all cases. Run with `--release -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, which says nothing in a debug build"]
fn time_of_one_evaluation() {
    use std::hint::black_box;
    use std::time::Instant;
    use weighbridge_blob::date::parse_unix;
    let (compiled, cases) = (compiled(DEFAULT), load());
    let policy = PolicyTable::open(&compiled.bytes).unwrap();
    let bufs: Vec<_> =
        cases.iter().map(|c| c.case.facts.as_ref().unwrap().to_facts(&policy, parse_unix(&c.case.at).unwrap()).unwrap()).collect();
    let facts: Vec<_> = bufs.iter().map(weighbridge_engine::json::FactsBuf::facts).collect();
    // The quickest of many short runs: other work on the machine makes a run longer, never shorter.
    let quickest = |work: &dyn Fn()| {
        let run = || {
            let start = Instant::now();
            (0..64).for_each(|_| work());
            start.elapsed().as_nanos() / 64
        };
        (0..200).map(|_| run()).min().unwrap()
    };
    let evaluate = |facts| quickest(&|| _ = black_box(weighbridge_engine::evaluate(&policy, black_box(facts))));
    let mut per_case: Vec<u128> = facts.iter().map(evaluate).collect();
    per_case.sort_unstable();
    println!(
        "evaluate: {} cases, median {} ns, p99 {} ns; open: {} ns; section: {} bytes",
        per_case.len(),
        per_case[per_case.len() / 2],
        per_case[per_case.len() * 99 / 100],
        quickest(&|| _ = black_box(PolicyTable::open(black_box(&compiled.bytes)))),
        compiled.bytes.len()
    );
}
