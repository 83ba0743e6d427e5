//! The gate's self-test: it finds every way in which Crimea or Sevastopol could come to pass, and an operator whom US law
//! does not bind can say so.

use weighbridge_blob::date::parse_unix;
use weighbridge_blob::policy::PolicyTable;
use weighbridge_blob::words::{Action, ItemClass};
use weighbridge_engine::facts::Settings;
use weighbridge_engine::selftest::{Depth, SelfTestError, self_test, self_test_from};
use weighbridge_policy::{CompileOptions, DEFAULT, compile, compile_without};

const AT: i64 = 1_795_305_600;

fn run_at(toml: &str, at: i64) -> Result<(), SelfTestError> {
    let compiled = compile(toml, &CompileOptions::default()).unwrap_or_else(|errors| panic!("{errors:#?}"));
    self_test(&PolicyTable::open(&compiled.bytes).unwrap(), &Settings::default(), at, Depth::Full)
}

fn run(toml: &str, settings: &Settings, depth: Depth) -> Result<(), SelfTestError> {
    let compiled = compile(toml, &CompileOptions::default()).unwrap_or_else(|errors| panic!("{errors:#?}"));
    self_test(&PolicyTable::open(&compiled.bytes).unwrap(), settings, AT, depth)
}

fn bound_as(words: &[&str]) -> Settings {
    let mut settings = Settings::default();
    settings.set_bound_as(words.iter().copied()).unwrap();
    settings
}

fn place_of(result: Result<(), SelfTestError>) -> String {
    result.unwrap_err().place.to_string()
}

#[test]
fn the_shipped_policy_passes_however_it_is_bound() {
    for settings in [Settings::default(), bound_as(&["EU"]), bound_as(&["UK"]), bound_as(&[])] {
        for depth in [Depth::Quick, Depth::Full] {
            assert_eq!(run(DEFAULT, &settings, depth), Ok(()));
        }
    }
}

#[test]
fn what_passes_from_a_day_on_passes_on_every_later_one() {
    let from = |toml: &str, from: i64| {
        let compiled = compile(toml, &CompileOptions::default()).unwrap_or_else(|errors| panic!("{errors:#?}"));
        self_test_from(&PolicyTable::open(&compiled.bytes).unwrap(), from)
    };
    assert_eq!(from(DEFAULT, AT), Ok(()));
    // A rule that ends, and one that begins late, on a day long after.
    let rule = "id = \"OFAC-CRIMEA\"\n";
    for line in ["to = 2030-01-01\n", "from = 2030-01-01\n"] {
        let edited = DEFAULT.replace(rule, &format!("{rule}{line}"));
        assert_ne!(edited, DEFAULT);
        let day = |at: &str| parse_unix(at).unwrap();
        let passes = |at: &str| run_at(&edited, day(at)).is_ok();
        assert_eq!([passes("2029-12-31"), passes("2030-01-02")], [line.starts_with("to"), line.starts_with("from")], "{line}");
        assert_eq!(place_of(from(&edited, day("2029-12-31"))), "UA-43", "{line}");
        assert_eq!(from(&edited, day("2030-01-02")).is_ok(), line.starts_with("from"), "{line}");
    }
}

#[test]
fn a_policy_that_lost_a_rule_or_a_code_is_found() {
    let quick = |toml: &str| run(toml, &Settings::default(), Depth::Quick);
    assert_eq!(place_of(quick(&DEFAULT.replace(r#"["UA-43","UA-40"]  "#, r#"["UA-43"]  "#))), "UA-40", "Interactive Brokers");
    assert_eq!(place_of(quick(&DEFAULT.replace(r#"["UA-43","UA-40"]  "#, r#"["UA-40"]  "#))), "UA-43");
    assert_eq!(
        place_of(quick(&DEFAULT.replace(r#"embargo_region_coarse = ["UA-14","UA-09"]"#, r#"embargo_region_coarse = ["UA-14"]"#))),
        "UA-09"
    );
    assert_eq!(place_of(quick(&DEFAULT.replace(r#"embargo = ["CU","IR","KP"]"#, r#"embargo = ["CU","KP"]"#))), "IR");
    for (rule, place) in [("OFAC-CRIMEA", "UA-43"), ("OFAC-DNR-LNR", "UA-09"), ("OFAC-EMBARGO", "CU")] {
        let less = compile_without(DEFAULT, rule, &CompileOptions::default()).unwrap();
        let table = PolicyTable::open(&less.bytes).unwrap();
        assert_eq!(place_of(self_test(&table, &Settings::default(), AT, Depth::Quick)), place, "{rule}");
    }
    // The part that names the places may be lost with the rule: Crimea and Sevastopol are asked all the same.
    let silent = DEFAULT.replace("[self_test]\nmust_refuse = [\"UA-43\",\"UA-40\",\"UA-14\",\"UA-09\",\"CU\",\"IR\",\"KP\"]\n", "");
    assert_ne!(silent, DEFAULT);
    assert_eq!(quick(&silent), Ok(()));
    assert_eq!(place_of(quick(&silent.replace(r#"["UA-43","UA-40"]  "#, r#"["UA-43"]  "#))), "UA-40");
}

#[test]
fn an_action_or_a_class_that_a_rule_forgets_is_found() {
    let rule = r#"when = { loc_in = ["embargo_region"], action_in = ["download","key","infer","train"] }"#;
    let asked = |when: &str| {
        let edited = DEFAULT.replace(rule, when);
        assert_ne!(edited, DEFAULT);
        let error = run(&edited, &Settings::default(), Depth::Quick).unwrap_err();
        assert!(error.to_string().contains("self-test") && error.to_string().contains("UA-43"), "{error}");
        (error.action, error.class)
    };
    assert_eq!(
        asked(r#"when = { loc_in = ["embargo_region"], action_in = ["download","key","train"] }"#),
        (Action::Infer, ItemClass::Published)
    );
    assert_eq!(asked(r#"when = { loc_in = ["embargo_region"], item_in = ["published"] }"#).1, ItemClass::Closed);
    assert_eq!(asked(r#"when = { loc_in = ["embargo_region"], identity = "absent" }"#), (Action::Download, ItemClass::Published));
    // A rule that has run out is no rule.
    let ended = DEFAULT.replace("id = \"OFAC-CRIMEA\"", "id = \"OFAC-CRIMEA\"\nto = 2026-11-20");
    assert_eq!(place_of(run(&ended, &Settings::default(), Depth::Quick)), "UA-43");
}

/// The default policy as an operator elsewhere might cut it: no rule for the region, and its reason.
fn without_crimea(reason: Option<&str>, policy_bound_as: &str) -> String {
    let start = DEFAULT.find("[[rule]]\nid = \"OFAC-CRIMEA\"").unwrap();
    let end = start + DEFAULT[start + 8..].find("[[rule]]").unwrap() + 8;
    let cut = format!("{}{}", &DEFAULT[..start], &DEFAULT[end..])
        .replace(r#"bound_as      = ["US"]"#, &format!("bound_as      = {policy_bound_as}"));
    let exempt =
        reason.map(|reason| format!("[self_test.exempt]\nplaces = [\"UA-43\",\"UA-40\"]\nreason = \"{reason}\"\n")).unwrap_or_default();
    cut.replace("# ---------------------------------------------------------------- items\n", &exempt)
}

#[test]
fn an_exemption_is_explicit_and_holds_for_operators_outside_us_law_alone() {
    let reason = Some("established in Switzerland, no items subject to the EAR");
    // Bound by EU law alone, but the policy says nothing: an oversight.
    assert_eq!(place_of(run(&without_crimea(None, r#"["EU"]"#), &Settings::default(), Depth::Full)), "UA-43");
    // The policy says so, and the operator is not bound by US law.
    assert_eq!(run(&without_crimea(reason, r#"["EU"]"#), &Settings::default(), Depth::Full), Ok(()));
    assert_eq!(run(&without_crimea(reason, r#"["US"]"#), &bound_as(&["EU"]), Depth::Full), Ok(()));
    // The gate's configuration says that US law binds it after all.
    assert_eq!(place_of(run(&without_crimea(reason, r#"["EU"]"#), &bound_as(&["EU", "US"]), Depth::Quick)), "UA-43");
    assert_eq!(place_of(run(&without_crimea(reason, r#"["US"]"#), &Settings::default(), Depth::Quick)), "UA-43");
    // An exemption without a reason does not compile, and one without effect is told.
    let errors = compile(&without_crimea(Some(" "), r#"["EU"]"#), &CompileOptions::default()).unwrap_err();
    assert!(errors[0].to_string().contains("`reason` is empty"), "{errors:?}");
    let compiled = compile(&without_crimea(reason, r#"["US"]"#), &CompileOptions::default()).unwrap();
    assert!(compiled.warnings.iter().any(|w| w.to_string().contains("no effect while `bound_as` names US")), "{:?}", compiled.warnings);
}
