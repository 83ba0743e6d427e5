//! The measurement: against figures of another implementation, by hand, and through the command.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use weighbridge::eval::{Block, Interpolated, Measured, measure, questions, run, wilson};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/eval").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(file(name)).unwrap()
}

fn measured() -> Measured {
    measure(&questions(&text("queries.jsonl")).unwrap(), &run(&text("run.jsonl")).unwrap())
}

/// `expected.json` is what the acceptance scorer, an implementation of the same definitions in Python, says of the same
/// questions (all made up) and the same run.
#[test]
fn figures_are_those_of_the_acceptance_scorer() {
    let (ours, theirs): (_, Value) = (measured(), serde_json::from_str(&text("expected.json")).unwrap());
    let same = |what: &str, ours: f64, theirs: &Value| {
        let theirs = theirs.as_f64().unwrap_or_else(|| panic!("{what}: {theirs}"));
        assert!((ours - theirs).abs() < 1e-9, "{what}: {ours}, not {theirs}");
    };
    let count = |what: &str, ours: usize| same(what, ours as f64, &theirs[what]);
    count("queries", ours.questions);
    count("positives", ours.positives);
    count("negatives", ours.negatives);
    count("missing", ours.missing);
    same("top1", ours.top1.share, &theirs["top1"]);
    same("top1_strict", ours.top1_strict.share, &theirs["top1_strict"]);
    let each = |what: &str, ours: Vec<(String, f64)>, theirs: &Value| {
        assert_eq!(ours.len(), theirs.as_object().unwrap().len(), "{what}");
        ours.iter().for_each(|(key, value)| same(&format!("{what} {key}"), *value, &theirs[key]));
    };
    let roc = |what: &str, ours: &Interpolated| {
        let theirs = &theirs[what];
        same(what, ours.between.0, &theirs["between"][0]);
        same(what, ours.between.1.unwrap(), &theirs["between"][1]);
        each(what, ours.recall.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect(), &theirs["recall"]);
        each(what, ours.by_category.iter().map(|(k, v)| (k.clone(), *v)).collect(), &theirs["recall_by_category"]);
        same(what, ours.macro_mean.unwrap(), &theirs["recall_macro"]);
    };
    roc("roc_1pct", &ours.roc_1);
    roc("roc_0.1pct", &ours.roc_01);
    let block = |what: &str, ours: &Block| {
        let theirs = &theirs[what];
        same(what, ours.threshold, &theirs["threshold"]);
        same(what, ours.fpr.share, &theirs["fpr"]);
        same(what, ours.fpr_hard.share, &theirs["fpr_hard"]);
        each(what, ours.fpr_by_category.iter().map(|(k, v)| (k.clone(), v.share)).collect(), &theirs["fpr_by_category"]);
        each(what, ours.recall.iter().map(|(k, v)| ((*k).to_owned(), v.share)).collect(), &theirs["recall"]);
        each(what, ours.by_category.iter().map(|(k, v)| (k.clone(), v.share)).collect(), &theirs["recall_by_category"]);
        same(what, ours.macro_mean.unwrap(), &theirs["recall_macro"]);
        same(what, ours.precision.unwrap(), &theirs["precision"]);
        same(what, ours.f1, &theirs["f1"]);
        same(what, ours.entry_precision.unwrap(), &theirs["entry_precision"]);
    };
    block("at_fpr_1pct", &ours.at_1);
    block("at_fpr_0.1pct", &ours.at_01);
    block("best_f1", &ours.best_f1);
    assert_eq!(ours.curve.len(), theirs["curve"].as_array().unwrap().len());
    for (ours, theirs) in ours.curve.iter().zip(theirs["curve"].as_array().unwrap()) {
        same("curve", ours.threshold, &theirs["t"]);
        same("curve", ours.recall, &theirs["recall"]);
        same("curve", ours.fpr, &theirs["fpr"]);
        same("curve", ours.f1, &theirs["f1"]);
    }
    let times = ours.times.unwrap();
    same("n", times.count as f64, &theirs["ns"]["n"]);
    for (key, ours) in [("p50", times.p50), ("p90", times.p90), ("p99", times.p99), ("p999", times.p999), ("max", times.max)] {
        same(key, ours as f64, &theirs["ns"][key]);
    }
}

#[test]
fn shares_carry_their_interval_and_regions_their_own_rate() {
    // Wilson's interval for 5 of 100, as in his tables.
    let (low, high) = wilson(0.05, 100);
    assert!((low - 0.021_543).abs() < 1e-5 && (high - 0.111_751).abs() < 1e-5, "{low} {high}");
    assert_eq!(wilson(0.0, 0), (0.0, 1.0));
    let block = measured().at_1;
    assert_eq!(block.fpr_by_region.keys().collect::<Vec<_>>(), ["arabic", "chinese", "companies", "composed", "persian", "slavic", "us"]);
    assert_eq!(block.fpr_by_region.values().map(|s| s.of).sum::<usize>(), block.fpr.of);
    assert_eq!(block.fpr_by_region.values().map(|s| s.count).sum::<usize>(), block.fpr.count);
}

#[test]
fn a_threshold_lets_no_more_negatives_alert_than_asked() {
    let line = |id: usize, truth: &str| {
        format!(
            r#"{{"id":"{id}","query":"x","schema":"person","truth":[{truth}],"category":"{}"}}"#,
            if truth.is_empty() { "neg" } else { "typo1" }
        )
    };
    let asked: Vec<String> = (0..200).map(|id| line(id, if id < 100 { "" } else { "\"7\"" })).collect();
    // Two of a hundred negatives tie at 90: at 1 % none of them may alert, and half of what lies between counts.
    let score = |id: usize| {
        if id < 2 {
            90
        } else if id < 100 {
            50
        } else if id < 160 {
            95
        } else {
            90
        }
    };
    let answers: Vec<String> =
        (0..200).map(|id| format!(r#"{{"id":"{id}","matches":[{{"entry_id":7,"score":{}}}]}}"#, score(id))).collect();
    let m = measure(&questions(&asked.join("\n")).unwrap(), &run(&answers.join("\n")).unwrap());
    assert_eq!((m.at_1.threshold, m.at_1.fpr.count, m.at_1.recall["all"].count), (95.0, 0, 60));
    assert!((m.roc_1.recall["all"] - 0.8).abs() < 1e-9, "{}", m.roc_1.recall["all"]);
}

#[test]
fn bad_files_are_refused_with_line_and_reason() {
    let good = r#"{"id":"a","query":"x","schema":"person","truth":[],"category":"n"}"#;
    let hit = r#"{"id":"b","query":"x","schema":"person","truth":["1"],"category":"p"}"#;
    let of = |lines: &[&str]| questions(&lines.join("\n")).unwrap_err().to_string();
    assert!(of(&[good, hit, r#"{"id":"c"}"#]).starts_with("line 3: missing field `query`"), "{}", of(&[good, hit, r#"{"id":"c"}"#]));
    assert_eq!(of(&[good, hit, good]), "line 3: the id `a` is used twice");
    assert_eq!(
        of(&[good, &hit.replace("person", "planet")]),
        "line 2: `schema` is `planet`: write `person`, `organization`, `vessel` or `aircraft`"
    );
    assert_eq!(of(&[good]), "holds 0 names that must be found and 1 that must not; a measurement needs both");
    let of = |line: &str| run(line).unwrap_err().to_string();
    assert_eq!(of(r#"{"id":"a","matches":[{"entry_id":1,"score":101}]}"#), "line 1: `score` is 101: it must be from 0 to 100");
    assert_eq!(of("{\"id\":\"a\"}\n\n{\"id\":\"a\"}"), "line 3: the id `a` is answered twice");
}

/// The sample lists, built, asked for listed names, one misspelt, and people whom nobody lists.
#[test]
fn the_command_measures_a_blob_and_its_peers() {
    let out = std::env::temp_dir().join(format!("weighbridge-eval-{}", std::process::id()));
    std::fs::create_dir_all(&out).unwrap();
    let (blob, asked, saved) = (out.join("sample.blob"), out.join("asked.jsonl"), out.join("run.jsonl"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let command = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_weighbridge")).args(args).current_dir(root).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    command(&["build", "tests/lists/weighbridge.toml", "--checked-at", "2026-11-22T10:00:00Z", "--output", blob.to_str().unwrap()]);
    let bytes = std::fs::read(&blob).unwrap();
    let details = std::fs::read(out.join("sample.blob.details")).unwrap();
    let mut opened = weighbridge_blob::Blob::open(&bytes).unwrap();
    opened.attach(&details).unwrap();
    let mut lines = String::new();
    let listed = (0..opened.entry_count()).filter_map(|n| {
        let entry = opened.entry(n)?;
        let (_, name) = *opened.details(&entry)?.names.first()?;
        let day = weighbridge_blob::date::Day::of_unix(opened.header().created);
        (entry.kind.as_str() == "person" && entry.in_force(day))
            .then(|| (entry.id().split_once(':').unwrap().1.to_owned(), name.to_owned()))
    });
    for (n, (id, name)) in listed.enumerate() {
        let row = |kind: &str, name: &str| serde_json::json!({"id": format!("{kind}{n}"), "query": name, "schema": "person", "truth": [id], "category": kind});
        lines.push_str(&format!("{}\n{}\n", row("exact", &name), row("case", &name.to_uppercase())));
    }
    for (n, name) in ["Anna Beispiel", "John Q. Sample", "Zoe Nobody"].into_iter().enumerate() {
        let row = serde_json::json!({"id": format!("n{n}"), "query": name, "schema": "person", "truth": [], "category": "neg_person_us", "region": "us"});
        lines.push_str(&format!("{row}\n"));
    }
    std::fs::write(&asked, lines).unwrap();
    let (asked, blob, saved) = (asked.to_str().unwrap(), blob.to_str().unwrap(), saved.to_str().unwrap());
    let json: Value = serde_json::from_str(&command(&[
        "eval",
        "--queries",
        asked,
        "--blob",
        blob,
        "--peer",
        "jaro-winkler",
        "--peer",
        "ofac",
        "--save",
        saved,
        "--json",
    ]))
    .unwrap();
    let systems: Vec<&str> = json.as_array().unwrap().iter().map(|s| s["system"].as_str().unwrap()).collect();
    assert_eq!(systems, ["weighbridge", "jaro-winkler", "ofac"]);
    for system in json.as_array().unwrap() {
        let m = &system["measured"];
        assert!(m["positives"].as_u64().unwrap() >= 4, "{m}");
        assert_eq!((&m["negatives"], &m["missing"]), (&3.into(), &0.into()));
        assert_eq!(m["at_1"]["recall"]["all"]["share"], 1.0, "{}: {}", system["system"], m["at_1"]["recall"]);
    }
    let text = command(&["eval", "--queries", asked, "--blob", blob, "--run", &format!("again={saved}")]);
    let line =
        |label: &str| text.lines().find(|l| l.trim_start().starts_with(label)).unwrap_or_else(|| panic!("{label}: {text}")).to_owned();
    assert_eq!(line("exact").split_whitespace().filter(|w| *w == "100.0").count(), 2, "{text}");
    assert!(line("again").contains("1.00"), "{text}");
    std::fs::remove_dir_all(out).unwrap();
}
