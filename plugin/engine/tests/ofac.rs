//! OFAC's method: pairs of names that we wrote, with the scores of nomenklatura's `ofac` matcher.

use proptest::prelude::*;
use weighbridge_engine::ofac::{Asked, ofac_score};

#[test]
fn scores_are_those_of_the_reference_within_three_points() {
    let mut far = Vec::new();
    let mut equal = 0;
    let pairs: Vec<&str> = include_str!("ofac.tsv").lines().filter(|line| !line.starts_with('#')).collect();
    for line in &pairs {
        let [query, listed, expected] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("three columns: {line}") };
        let (score, expected) = (ofac_score(query, listed), expected.parse::<u8>().unwrap());
        equal += usize::from(score == expected);
        if score.abs_diff(expected) > 3 {
            far.push(format!("{query} / {listed}: {score}, not {expected}"));
        }
    }
    assert_eq!(far, [""; 0]);
    assert!(pairs.len() >= 70 && equal * 100 >= pairs.len() * 95, "{equal} of {} equal", pairs.len());
}

#[test]
fn long_names_are_compared_by_their_first_256_letters() {
    let long = "muhammad ".repeat(100_000);
    assert_eq!(ofac_score(&long, "Muhammad"), 100);
    assert_eq!(ofac_score(&"a".repeat(256), &"a".repeat(300)), 100);
    assert_eq!(ofac_score("", ""), 0);
    assert_eq!(ofac_score(&"\u{301}".repeat(256), "ACME"), 0);
}

proptest! {
    #[test]
    fn any_two_strings_have_a_score_and_a_name_has_100_against_itself(a in ".{0,40}", b in "\\PC{0,300}") {
        prop_assert!(ofac_score(&a, &b) <= 100);
        prop_assert_eq!(Asked::new(&a).score(&b), ofac_score(&a, &b));
        let own = ofac_score(&b, &b);
        prop_assert!(own == 100 || own == 0, "{}", own);
    }

    #[test]
    fn case_and_apostrophes_change_nothing(a in "[a-z]{1,12}( [a-z]{1,12}){0,4}", b in "[a-z]{1,12}( [a-z]{1,12}){0,4}", at in 0usize..60) {
        let mut marked = a.clone();
        marked.insert(at.min(a.len()), '\'');
        prop_assert_eq!(ofac_score(&marked.to_uppercase(), &b), ofac_score(&a, &b));
    }
}
