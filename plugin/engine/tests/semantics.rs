//! How a policy is read, on small policies: what the shipped one has no rule for.

use weighbridge_blob::policy::PolicyTable;
use weighbridge_engine::json::Case;
use weighbridge_policy::{CompileOptions, compile};

const HEAD: &str = r#"
[policy]
schema = 1
id = "small"
version = "1"
regimes = ["us-ear"]
bound_as = ["US"]
on_unknown = "review"
[screening]
possible_from = 80
[freshness]
warn_after = "1d"
review_after = "7d"
refuse_after = "14d"
[switch]
s = "enforce"
[set]
one = ["DE", "FR"]
two = ["FR", "CH"]
"#;

/// Decides facts under a small policy: "outcome status rules reason".
fn check(rules: &str, facts: &str, expected: &str) {
    let text = format!("{HEAD}{rules}");
    let compiled = compile(&text, &CompileOptions::default()).unwrap_or_else(|e| panic!("{rules}: {e:?}"));
    let policy = PolicyTable::open(&compiled.bytes).unwrap();
    let case = format!(r#"{{"case":"","at":"2026-11-22","facts":{facts},"expect":{{"outcome":"allow","status":200,"rules":[]}}}}"#);
    let got = serde_json::from_str::<Case>(&case).unwrap().decide(&policy).unwrap();
    assert_eq!(format!("{} {} {} {}", got.outcome.0, got.status, got.rules.join(","), got.reason_code), expected, "{rules}\n{facts}");
}

fn rule(id: &str, rest: &str) -> String {
    format!("[[rule]]\nid = \"{id}\"\n{rest}\n")
}

const CLOSED: &str = r#"{"action":"download","item":{"class":"closed"},"identity":{}}"#;

#[test]
fn the_status_of_a_denial() {
    let when = "when = { item_in = [\"closed\"] }\noutcome = \"deny\"";
    check(&rule("LAW", when), CLOSED, "deny 451 LAW LAW");
    check(&rule("OWN", &format!("{when}\nhttp = 403")), CLOSED, "deny 403 OWN OWN");
    check(&rule("OWN", &format!("{when}\nsure = \"O\"")), CLOSED, "deny 403 OWN OWN");
    check(&rule("LAW", &format!("{when}\nsure = \"O\"\nhttp = 451")), CLOSED, "deny 451 LAW LAW");
    let both = [rule("OWN", &format!("{when}\nhttp = 403")), rule("LAW", when)].concat();
    check(&both, CLOSED, "deny 451 LAW,OWN OWN");
}

#[test]
fn the_status_of_a_denial_that_a_switch_made() {
    let written = "when = { item_in = [\"closed\"], switch = \"s\" }\noutcome = \"review\"\nhttp = 403";
    check(&rule("LAW", written), CLOSED, "deny 451 LAW LAW");
    check(&rule("OWN", &format!("{written}\nsure = \"O\"")), CLOSED, "deny 403 OWN OWN");
    let switched = "when = { item_in = [\"closed\"] }\noutcome = \"switch:s\"\nhttp = 403";
    check(&rule("LAW", switched), CLOSED, "deny 451 LAW LAW");
    check(&rule("OWN", &format!("{switched}\nsure = \"O\"")), CLOSED, "deny 403 OWN OWN");
    // `enforce` turns a review into a denial, and leaves every other outcome alone.
    check(&rule("ID", "when = { item_in = [\"closed\"], switch = \"s\" }\noutcome = \"identify\""), CLOSED, "identify 401 ID ID");
}

#[test]
fn a_default_after_an_allow_rule_can_only_be_stricter() {
    let allow = rule("FINE", "when = { item_in = [\"closed\"] }\noutcome = \"allow\"");
    check(&allow, CLOSED, "allow 200 FINE FINE");
    check(&format!("{allow}[[default]]\nidentity = \"present\"\noutcome = \"identify\"\n"), CLOSED, "identify 401 FINE default-1");
    check(&format!("{allow}[[default]]\nidentity = \"absent\"\noutcome = \"deny\"\n"), CLOSED, "allow 200 FINE FINE");
    check(&format!("{allow}[[default]]\noutcome = \"allow\"\n[[default]]\noutcome = \"deny\"\n"), CLOSED, "allow 200 FINE FINE");
    check("[[default]]\noutcome = \"deny\"\n", CLOSED, "deny 451  default-1");
    check("", CLOSED, "review 403  on-unknown");
}

#[test]
fn an_allow_needs_all_evidence_and_a_refusal_any() {
    let facts = |ip: &str, declared: &str| {
        format!(r#"{{"action":"download","item":{{"class":"ccl"}},"identity":{{}},"place":{{"ip":"{ip}","declared":"{declared}"}}}}"#)
    };
    let with = |when: &str, outcome: &str| rule("R", &format!("when = {{ {when} }}\noutcome = \"{outcome}\""));
    let (hit, miss) = ("R", "on-unknown");
    let cases: [(&str, &str, &str, &str, &str); 12] = [
        ("loc_in = [\"one\"]", "DE", "CH", hit, miss),
        ("loc_in = [\"one\"]", "DE", "FR", hit, hit),
        ("loc_in = [\"one\", \"two\"]", "DE", "CH", hit, hit),
        ("loc_in = [\"one\"]", "CH", "CH", miss, miss),
        ("loc_in = [\"one\"]", "XX", "XX", miss, miss),
        ("loc_not_in = [\"one\"]", "DE", "CH", hit, miss),
        ("loc_not_in = [\"one\"]", "DE", "FR", miss, miss),
        ("loc_not_in = [\"one\"]", "CH", "CH", hit, hit),
        ("loc_not_in = [\"one\"]", "XX", "XX", hit, miss),
        ("any_of = [\"loc_in:one\", \"hq_in:one\"]", "DE", "CH", hit, miss),
        ("any_of = [\"loc_in:one\", \"hq_in:one\"]", "DE", "FR", hit, hit),
        ("loc_in = [\"DE\"]", "DE", "DE", hit, hit),
    ];
    for (when, ip, declared, refusal, allow) in cases {
        let expected = |by: &str, outcome: &str| if by == hit { format!("{outcome} R R") } else { "review 403  on-unknown".to_owned() };
        check(&with(when, "deny"), &facts(ip, declared), &expected(refusal, "deny 451"));
        check(&with(when, "allow"), &facts(ip, declared), &expected(allow, "allow 200"));
    }
}

#[test]
fn dates_are_inclusive_days() {
    let dated =
        |from: &str, to: &str| rule("R", &format!("from = {from}\nto = {to}\nwhen = {{ item_in = [\"closed\"] }}\noutcome = \"deny\""));
    check(&dated("2026-11-22", "2026-11-22"), CLOSED, "deny 451 R R");
    check(&dated("2026-11-23", "2026-11-30"), CLOSED, "review 403  on-unknown");
    check(&dated("2026-11-01", "2026-11-21"), CLOSED, "review 403  on-unknown");
}

#[test]
fn identity_that_states_nothing_is_foreign() {
    let foreign = |value: bool| rule("R", &format!("when = {{ foreign_person = {value} }}\noutcome = \"deny\""));
    let who = |identity: &str| format!(r#"{{"action":"download","item":{{"class":"closed"}},"identity":{identity}}}"#);
    for (identity, is_foreign, is_not) in [("{}", true, false), (r#"{"foreign_person":false}"#, false, true), ("null", false, false)] {
        let expected = |hit: bool| if hit { "deny 451 R R" } else { "review 403  on-unknown" };
        check(&foreign(true), &who(identity), expected(is_foreign));
        check(&foreign(false), &who(identity), expected(is_not));
    }
}

#[test]
fn facts_that_make_no_sense_are_refused() {
    let compiled = compile(HEAD, &CompileOptions::default()).unwrap();
    let policy = PolicyTable::open(&compiled.bytes).unwrap();
    for (facts, expected) in [
        (
            r#"{"action":"download","flags":["ip_declared_mismatch"]}"#,
            "flag `ip_declared_mismatch` is derived from `place` and may not be given; give the places",
        ),
        (r#"{"action":"download","party":[{"band":"strong"}]}"#, "`party[0]` names no list; give `list`"),
        (
            r#"{"action":"download","owners":[{"list":"SDN","share":25}]}"#,
            "`owners[0].share` is 25; write a part of one, such as 0.25, or null if it is not known",
        ),
        (r#"{"action":"download","list_age_days":{"SDN":-1}}"#, "`list_age_days.SDN` is -1; write a number of days, 0 or more"),
        (
            r#"{"action":"download","authorisations":[{"kind":"x","rules":["R"]}]}"#,
            "`authorisations[0]` names `R`, which is no rule of policy `small`",
        ),
        (r#"{"action":"download","policy":{"switch":{"t":"off"}}}"#, "`policy`: unknown switch `t`; the policy has s"),
        (
            r#"{"action":"download","policy":{"switch":{"s":"export"}}}"#,
            "`policy`: switch `s` cannot be `export`; write off, review or enforce",
        ),
        (r#"{"action":"download","policy":{"bound_as":["CH"]}}"#, "`policy`: unknown jurisdiction `CH`; known are US, EU, UK"),
    ] {
        let case = format!(r#"{{"case":"","at":"2026-11-22","facts":{facts},"expect":{{"outcome":"allow","status":200,"rules":[]}}}}"#);
        let case: Case = serde_json::from_str(&case).unwrap_or_else(|e| panic!("{facts}: {e}"));
        assert_eq!(case.decide(&policy).unwrap_err().to_string(), expected, "{facts}");
    }
    for (facts, expected) in [
        (r#"{"action":"download","plaice":{}}"#, "unknown field `plaice`"),
        (r#"{"action":"fetch"}"#, "unknown action `fetch`; known are browse, download, key, infer, train"),
        (r#"{"item":{"class":"closed"}}"#, "missing field `action`"),
        (r#"{"action":"download","place":{"ip":"Germany"}}"#, "`Germany` is not a place"),
        (r#"{"action":"download","network":["tour"]}"#, "unknown network class `tour`; known are vpn, proxy, tor, hosting, relay"),
        (r#"{"action":"download","authorisations":[7]}"#, "a kind of authorisation, or an object with `kind`, `rules` and `id`"),
    ] {
        let error = serde_json::from_str::<weighbridge_engine::json::FactsJson>(facts).unwrap_err().to_string();
        assert!(error.contains(expected), "{facts}: {error}");
    }
}
