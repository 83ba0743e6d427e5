//! The compiler against the shipped policy, and against files with one mistake each.

use proptest::prelude::*;
use weighbridge_blob::place::Place;
use weighbridge_blob::policy::{Evidence, PolicyTable, ShareTest};
use weighbridge_blob::words::{List, ListSet, Outcome};
use weighbridge_policy::{CompileOptions, Compiled, DEFAULT, compile, compile_without};

fn compiled(toml: &str) -> Compiled {
    compile(toml, &CompileOptions::default()).unwrap_or_else(|errors| panic!("{}", lines(&errors)))
}

fn lines(diagnostics: &[weighbridge_policy::Diagnostic]) -> String {
    diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The sets that a place lies in.
fn sets_of(table: &PolicyTable<'_>, code: &str) -> Vec<String> {
    let place: Place = code.parse().unwrap();
    let Evidence::Known(mask) = table.evidence(place) else { panic!("{code} is not recognised") };
    table.sets().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, name)| name.to_owned()).collect()
}

#[test]
fn the_shipped_policy_compiles_without_warnings() {
    let compiled = compiled(DEFAULT);
    assert_eq!(lines(&compiled.warnings), "");
    assert_eq!(compiled.rule_ids.len(), 51);
    let every: ListSet = List::ALL.iter().copied().collect();
    assert_eq!(compiled.lists_named, every, "the shipped policy names all sixteen lists");
    let table = PolicyTable::open(&compiled.bytes).unwrap();
    assert!(table.digest_holds());
    assert_eq!((table.id(), table.version()), ("weighbridge-default", "2026.11.22"));
    assert_eq!((table.freshness().warn, table.freshness().review, table.freshness().refuse), (36 * 3600, 7 * 86_400, 14 * 86_400));
    assert_eq!((table.on_unknown(), table.defaults().len(), table.possible_from()), (Outcome::Review, 5, 800));
    assert_eq!(compile(DEFAULT, &CompileOptions::default()).unwrap().bytes, compiled.bytes, "same text, same bytes");
}

#[test]
fn aliases_are_asked_by_the_sets_of_the_ear_alone() {
    let compiled = compiled(DEFAULT);
    let table = PolicyTable::open(&compiled.bytes).unwrap();
    assert_eq!(sets_of(&table, "HK"), sets_of(&table, "CN").into_iter().filter(|s| s != "transship").collect::<Vec<_>>());
    assert_eq!(sets_of(&table, "LI"), ["a1", "a5"]);
    assert_eq!(sets_of(&table, "PR"), ["a1", "home"]);
    assert_eq!(sets_of(&table, "GL"), ["a1", "a5", "aia"]);
    assert_eq!(sets_of(&table, "MO"), ["d1", "d4", "d5_macau"]);
    assert_eq!(sets_of(&table, "UA-43"), ["embargo_region", "UA", "self-test.must-refuse"]);
    assert_eq!(sets_of(&table, "UA"), ["UA"]);
    assert_eq!(sets_of(&table, "IR"), ["d4", "d5", "d5_macau", "e1", "embargo", "milint", "IR", "self-test.must-refuse"]);
    assert_eq!(sets_of(&table, "SX"), Vec::<String>::new());
}

#[test]
fn a_file_without_alias_sets_means_the_same() {
    let mut kept = true;
    let plain: String = DEFAULT
        .lines()
        .filter(|line| {
            // Leave out the territories and `[alias_sets]`: what remains is HK and LI.
            if line.starts_with("# Dependent territories") {
                kept = false;
            } else if line.starts_with("[set]") {
                kept = true;
            }
            kept
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    assert!(plain.len() < DEFAULT.len() - 300);
    let (plain, shipped) = (compiled(&plain), compiled(DEFAULT));
    assert_eq!(plain.bytes, shipped.bytes);
}

#[test]
fn a_rule_can_be_left_out() {
    let less = compile_without(DEFAULT, "RF-FREE-MAIL", &CompileOptions::default()).unwrap();
    assert_eq!(less.rule_ids.len(), 50);
    assert!(!less.rule_ids.iter().any(|id| id == "RF-FREE-MAIL"));
    assert!(compile_without(DEFAULT, "RF-NO-SUCH", &CompileOptions::default()).is_err());
}

#[test]
fn a_policy_past_its_review_warns() {
    let options = CompileOptions { today: Some("2027-02-01".parse().unwrap()) };
    let warned = compile(DEFAULT, &options).unwrap();
    assert_eq!(
        lines(&warned.warnings),
        "line 35, column 17: the policy was to be reviewed by 2027-01-31; check the law, then move `as_of` and `review_by`"
    );
}

#[test]
fn rules_that_are_never_asked_warn() {
    let edited = DEFAULT.replace(r#"eu_ai_services  = "enforce""#, r#"eu_ai_services  = "off""#).replace(r#", "uk", "un"]"#, r#", "un"]"#);
    let warnings = lines(&compiled(&edited).warnings);
    assert!(warnings.contains("rule `EU-RU-AI-SERVICES` is never asked: switch `eu_ai_services` is off"), "{warnings}");
    assert!(warnings.contains("rule `PARTY-BLOCKED-UK50` is never asked: [policy] `regimes` does not name its regime"), "{warnings}");
    assert_eq!(warnings.lines().count(), 2, "{warnings}");
}

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
warn_after = "36h"
review_after = "7d"
refuse_after = "14d"
[switch]
s = "review"
[set]
embargo = ["CU", "UA-43"]
"#;

#[test]
fn conditions_become_masks() {
    let text = format!(
        "{HEAD}[[rule]]\nid = \"R\"\nsure = \"A\"\nwhen = {{ loc_in = [\"embargo\", \"RU\"], owned_by = [\"EL\"], share_gt = 0.333333, switch = \"s\" }}\noutcome = \"deny\"\ncite = [\"15 CFR 744\"]\n"
    );
    let compiled = compiled(&text);
    let table = PolicyTable::open(&compiled.bytes).unwrap();
    let rule = table.rule(0).unwrap();
    assert_eq!(rule.when.loc_in, 0b11);
    assert_eq!(table.sets().collect::<Vec<_>>(), ["embargo", "RU"]);
    assert_eq!((rule.when.share, rule.when.owned_by), (ShareTest::MoreThan(333_333), ListSet::of(List::El)));
    assert_eq!((rule.when.switch, rule.ear, rule.deny_status), (Some(0), true, 451));
}

/// Compiles a small policy with `rest` behind its head, and compares the errors.
fn check_errors(rest: &str, expected: &[&str]) {
    let text = format!("{HEAD}{rest}");
    let errors = compile(&text, &CompileOptions::default()).expect_err(rest);
    let got: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(got, expected, "{rest}");
}

fn rule(body: &str) -> String {
    format!("[[rule]]\nid = \"R\"\n{body}\n")
}

#[test]
fn mistakes_are_reported_with_place_and_remedy() {
    let when = |when: &str| rule(&format!("outcome = \"review\"\nwhen = {{ {when} }}"));
    check_errors("[[rule]\n", &[r#"line 19, column 8: not TOML: unclosed array table, expected `]`"#]);
    check_errors(
        "[polity]\nid = \"x\"\n",
        &[
            r#"line 19, column 2: unknown key `polity` in the policy; known are aggregate, alias, alias_sets, default, freshness, item, note, policy, records, rule, screening, self_test, set, switch"#,
        ],
    );
    check_errors(
        &when("loc_in = [\"embargoes\"]"),
        &[r#"line 22, column 20: rule `R`, `when`: unknown set `embargoes`; known are embargo; a single place is an ISO code in capitals"#],
    );
    check_errors(
        &when("loc_in = [\"QQ\"]"),
        &[
            r#"line 22, column 20: rule `R`, `when`: `QQ` is no place; write ISO 3166-1 in capitals, with a subdivision if needed: `UA`, `UA-43`"#,
        ],
    );
    check_errors(
        &when("loc_inn = [\"embargo\"]"),
        &[
            r#"line 22, column 10: unknown key `loc_inn` in rule `R`, `when`; known are action_in, any_of, authorisation, band_in, flag_any, foreign_person, hq, hq_in, hq_not_in, identity, item_in, item_notice, list_in, loc, loc_in, loc_not_in, owned_by, regime, requester_kind, share_ge, share_gt, switch, unless_authorisation"#,
        ],
    );
    check_errors(
        &when("loc_in = []"),
        &[r#"line 22, column 19: rule `R`, `when`: `loc_in` is empty; name something, or leave the key out"#],
    );
    check_errors(
        &when("loc_in = \"embargo\""),
        &[r#"line 22, column 19: rule `R`, `when`: `loc_in` is a text; write a list of texts: ["…", "…"]"#],
    );
    check_errors(
        &when(""),
        &[
            r#"line 22, column 8: rule `R`: `when` is empty, so every request would match; say when it applies; `[[default]]` may be without condition"#,
        ],
    );
    check_errors(
        &when("any_of = [\"embargo\"]"),
        &[r#"line 22, column 20: rule `R`, `when`: `any_of` has `embargo`; write `loc_in:<set>` or `hq_in:<set>`"#],
    );
    check_errors(
        &when("identity = \"absent\", foreign_person = true"),
        &[
            r#"line 22, column 8: rule `R`, `when`: can never hold: two of its conditions exclude each other, or one names nothing; correct the conditions, or take the rule out"#,
        ],
    );
    check_errors(
        &when("identity = \"absent\", requester_kind = \"person\""),
        &[
            r#"line 22, column 8: rule `R`, `when`: can never hold: two of its conditions exclude each other, or one names nothing; correct the conditions, or take the rule out"#,
        ],
    );
    check_errors(
        &when("loc = \"unknown\", loc_in = [\"embargo\"]"),
        &[
            r#"line 22, column 8: rule `R`, `when`: can never hold: it asks for an unknown location that lies in a set; correct the conditions, or take the rule out"#,
        ],
    );
    check_errors(
        &when("authorisation = \"AIA\", unless_authorisation = \"AIA\""),
        &[
            r#"line 22, column 8: rule `R`, `when`: can never hold: it asks for an authorisation that is in force and is not; correct the conditions, or take the rule out"#,
        ],
    );
    check_errors(
        &when("list_in = [\"SDN\"]"),
        &[r#"line 22, column 8: rule `R`, `when`: `list_in` and `band_in` go together; a hit is a list and a band; give both"#],
    );
    check_errors(
        &when("list_in = [\"sdn\"], band_in = [\"strong\"]"),
        &[
            r#"line 22, column 21: rule `R`, `when`: unknown list `sdn`; known are SDN, SSI, FSE, PLC, CAP, CMIC, NS-MBS, EL, DPL, UVL, MEU, ISN, DTC, EU-FSF, UK-UKSL, UN-SC"#,
        ],
    );
    check_errors(
        &when("owned_by = [\"SDN\"], share_ge = 1.5"),
        &[r#"line 22, column 41: rule `R`, `when`: a share cannot be 1.5; write a part of one with at most six decimals: 0.5"#],
    );
    check_errors(
        &when("owned_by = [\"SDN\"], share_ge = 0.5, share_gt = 0.5"),
        &[r#"line 22, column 57: rule `R`, `when`: `share_ge` and `share_gt` are both there; keep one"#],
    );
    check_errors(
        &when("flag_any = [\"tur\"]"),
        &[
            r#"line 22, column 22: rule `R`, `when`: unknown flag `tur`; known are ip_declared_mismatch, vpn, proxy, tor, org_with_free_mail, embargo_trace, new_org, forwarder, aggregate_over_limit, listed_owner_share_unknown, use_nuclear, use_missile, use_chem_bio, use_military, use_military_intelligence, training_run_ge_1e26, hosting, relay, satellite, mobile, private, tunnel, geo_conflict, region_unknown"#,
        ],
    );
    check_errors(
        &when("item_in = [\"open\"]"),
        &[
            r#"line 22, column 21: rule `R`, `when`: unknown item class or group `open`; known are published, closed, closed_unknown, eccn_4e091, ccl, itar"#,
        ],
    );
    check_errors(
        &when("action_in = [\"fetch\"]"),
        &[r#"line 22, column 23: rule `R`, `when`: unknown action `fetch`; known are browse, download, key, infer, train"#],
    );
    check_errors(
        &when("switch = \"t\", notice = true"),
        &[
            r#"line 22, column 19: rule `R`, `when`: unknown switch `t`; known are s; [switch] defines them"#,
            r#"line 22, column 24: unknown key `notice` in rule `R`, `when`; known are action_in, any_of, authorisation, band_in, flag_any, foreign_person, hq, hq_in, hq_not_in, identity, item_in, item_notice, list_in, loc, loc_in, loc_not_in, owned_by, regime, requester_kind, share_ge, share_gt, switch, unless_authorisation"#,
        ],
    );
    check_errors(
        &when("regime = \"us\", item_notice = \"yes\""),
        &[
            r#"line 22, column 19: rule `R`, `when`: unknown regime `us`; known are us-ofac, us-ear, eu, uk, un"#,
            r#"line 22, column 39: rule `R`, `when`: `item_notice` is a text; write true or false"#,
        ],
    );
    check_errors(
        &rule("outcome = \"refuse\"\nwhen = { item_notice = true }"),
        &[r#"line 21, column 11: rule `R`: unknown outcome `refuse`; known are allow, review, identify, deny"#],
    );
    check_errors(
        &rule("outcome = \"switch:t\"\nwhen = { item_notice = true }"),
        &[r#"line 21, column 11: rule `R`: unknown switch `t`; known are s; [switch] defines them"#],
    );
    check_errors(
        &rule("outcome = \"review\"\nhttp = 451\nwhen = { item_notice = true }"),
        &[r#"line 22, column 8: rule `R`: `http` is 451, which is not the status of this outcome; write 403"#],
    );
    check_errors(
        &rule("outcome = \"review\"\nfrom = 2026-11-10\nto = 2026-11-09\nwhen = { item_notice = true }"),
        &[r#"line 19, column 1: rule `R`: ends before it begins; put `from` before `to`"#],
    );
    check_errors(
        &rule("outcome = \"review\"\nfrom = \"2026-11-10\"\nwhen = { item_notice = true }"),
        &[r#"line 22, column 8: rule `R`: `from` is a text; write a date: 2026-11-10"#],
    );
    check_errors(
        &rule("outcome = \"review\"\nrecord = [\"SPP\"]\nwhen = { item_notice = true }"),
        &[r#"line 19, column 1: rule `R`: `record` is for rules that allow; take it out"#],
    );
    check_errors(
        &rule("sure = \"Z\"\nlaw = \"ear\"\nwhen = { item_notice = true }"),
        &[
            r#"line 19, column 1: rule `R`: `outcome` is missing; write deny, identify, review or allow"#,
            r#"line 21, column 8: rule `R`: `sure` is `Z`; write A, B, C, U or O"#,
            r#"line 22, column 7: rule `R`: unknown regime `ear`; known are us-ofac, us-ear, eu, uk, un"#,
        ],
    );
    check_errors(
        "[[rule]]\nid = \"a b\"\noutcome = \"deny\"\n",
        &[
            r#"line 19, column 1: rule `a b`: `when` is missing; write the conditions: when = { loc_in = ["embargo"] }"#,
            r#"line 20, column 6: rule `a b`: an id goes into HTTP headers; write letters, digits, `-`, `_` and `.`"#,
        ],
    );
    check_errors(
        &[when("item_notice = true"), when("item_notice = true")].concat(),
        &[r#"line 23, column 1: two rules are called `R`; rename one"#],
    );
    check_errors(
        "[[default]]\nitem_in = [\"open\"]\noutcome = \"switch:s\"\n",
        &[
            r#"line 20, column 12: [[default]] 1: unknown item class or group `open`; known are published, closed, closed_unknown, eccn_4e091, ccl, itar"#,
            r#"line 21, column 11: [[default]] 1: a default has no switch; write deny, identify, review or allow"#,
        ],
    );
    check_errors(
        "[alias.us-ear]\nHK = \"QQ\"\n",
        &[r#"line 20, column 6: [alias.us-ear]: `QQ` is no country; write an ISO 3166-1 code of two capital letters"#],
    );
    check_errors(
        "[alias.us-ear]\nHK = \"CN\"\nCN = \"RU\"\n",
        &[r#"line 20, column 6: [alias.us-ear]: `HK` stands for `CN`, which has an alias of its own; name the last one"#],
    );
    check_errors(
        "[alias.eu]\nAX = \"FI\"\n",
        &[r#"line 19, column 8: [alias.eu]: no set is asked through alias `eu`; say which in [alias_sets]: eu = ["…"]"#],
    );
    check_errors("[alias_sets]\nus-ear = [\"a1\"]\n", &[r#"line 20, column 11: [alias_sets]: unknown set `a1`; known are embargo"#]);
    check_errors(
        "[alias_sets]\nus-ear = [\"embargo\"]\n[alias.us-ear]\nCU = \"US\"\n",
        &[r#"line 18, column 12: set `embargo` names `CU`, which is asked as `US` there; take it out, or take the code out of the alias"#],
    );
    check_errors(
        "[item.class]\nclosed_kinds = [\"closd\"]\nthreshold_ops = \"many\"\n",
        &[
            r#"line 20, column 17: [item.class]: unknown item class `closd`; known are published, closed, closed_unknown, eccn_4e091, ccl, itar"#,
            r#"line 21, column 17: [item.class]: `threshold_ops` is no threshold; write a number above 0"#,
        ],
    );
    check_errors(
        "[records]\nkeep_ofac_years = 0\n[aggregate]\nwindow = \"7w\"\n",
        &[
            r#"line 20, column 19: [records]: `keep_ofac_years` is 0; write a whole number above 0"#,
            r#"line 22, column 10: [aggregate]: `window` is `7w`; write hours or days: "36h", "7d""#,
        ],
    );
    check_errors("[note.x]\ntxt = \"\"\n", &[r#"line 20, column 1: unknown key `txt` in [note.x]; known are text"#]);
}

#[test]
fn the_head_is_checked() {
    let edit = |from: &str, to: &str| {
        let text = HEAD.replace(from, to);
        assert_ne!(text, HEAD);
        lines(&compile(&text, &CompileOptions::default()).expect_err(from))
    };
    assert_eq!(edit("schema = 1", "schema = 2"), r#"line 3, column 10: [policy]: schema 2 is not known here; write schema = 1"#);
    assert_eq!(
        edit("on_unknown = \"review\"", "on_unknown = \"allow\""),
        r#"line 8, column 14: [policy]: `on_unknown` is allow: whatever nobody thought of would pass; write review, identify or deny"#
    );
    assert_eq!(
        edit("refuse_after = \"14d\"", "refuse_after = \"1d\""),
        r#"line 11, column 1: [freshness]: the times are out of order; warn_after, then review_after, then refuse_after"#
    );
    assert_eq!(
        edit("review_after = \"7d\"", "review_after = \"1 week\""),
        r#"line 13, column 16: [freshness]: `review_after` is `1 week`; write hours or days: "36h", "7d""#
    );
    assert_eq!(
        edit("s = \"review\"", "s = \"export\""),
        r#"line 16, column 5: [switch]: switch `s` cannot be `export`; write off, review or enforce"#
    );
    assert_eq!(
        edit("[screening]\npossible_from = 80", "[screening]\npossible_from = 101\nweak_alias_max = \"strong\""),
        r#"line 10, column 17: [screening]: `possible_from` is 101; write a score, 0 to 100
line 11, column 18: [screening]: `weak_alias_max` has another text than the matcher understands; the matcher does "possible", whatever stands here; write that, or leave the key out"#
    );
    assert_eq!(
        edit("bound_as = [\"US\"]\n", ""),
        r#"line 2, column 1: [policy]: `bound_as` is missing; write the law that binds the operator: bound_as = ["US"]"#
    );
    assert_eq!(
        edit("\"UA-43\"", "\"ua-43\""),
        r#"line 18, column 18: set `embargo`: `ua-43` is no place; write ISO 3166-1 in capitals, with a subdivision if needed: `UA`, `UA-43`"#
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is cut out of or put into the shipped policy: an answer with places in the text, or a sound section.
    #[test]
    fn no_edit_panics(at in any::<prop::sample::Index>(), len in 0_usize..40, with in prop::sample::select(&["", "\"", "[", "}", "\n[[rule]]\n", "= 5", "é", "UA-43", "[[default]]\n"][..])) {
        let mut start = at.index(DEFAULT.len());
        while !DEFAULT.is_char_boundary(start) {
            start -= 1;
        }
        let mut end = (start + len).min(DEFAULT.len());
        while !DEFAULT.is_char_boundary(end) {
            end += 1;
        }
        let edited = [&DEFAULT[..start], with, &DEFAULT[end..]].concat();
        match compile(&edited, &CompileOptions::default()) {
            Ok(compiled) => prop_assert!(PolicyTable::open(&compiled.bytes).is_ok()),
            Err(errors) => {
                let last = edited.lines().count() + 1;
                prop_assert!(!errors.is_empty());
                prop_assert!(errors.iter().all(|e| e.line.is_some_and(|line| line <= last)), "{errors:?}");
            }
        }
    }
}
