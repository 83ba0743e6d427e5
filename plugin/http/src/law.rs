//! Legal sources in plain words, for people who do not read citations.

/// What a citation is of, longest beginnings first. The words say which law it is and never what follows from it.
const SOURCES: [(&str, &str); 28] = [
    ("Russia (Sanctions) (EU Exit)", "UK sanctions regulations on Russia"),
    ("Commission FAQ", "answers of the European Commission on EU sanctions"),
    ("operator policy", "a rule of the operator of this site, not of a law"),
    ("31 CFR 501", "US sanctions regulations: reports and procedures"),
    ("31 CFR 510", "US sanctions regulations on North Korea"),
    ("31 CFR 515", "US sanctions regulations on Cuba"),
    ("31 CFR 560", "US sanctions regulations on Iran"),
    ("31 CFR 561", "US sanctions regulations on finance and Iran"),
    ("31 CFR 589", "US sanctions regulations on Ukraine and Russia"),
    ("15 CFR 732", "US export control regulations: how to use them"),
    ("15 CFR 734", "US export control regulations: what they apply to"),
    ("15 CFR 736", "US export control regulations: general prohibitions"),
    ("15 CFR 738", "US export control regulations: items and countries"),
    ("15 CFR 740", "US export control regulations: licence exceptions"),
    ("15 CFR 742", "US export control regulations: licences by item"),
    ("15 CFR 744", "US export control regulations: controls by end user and end use"),
    ("15 CFR 746", "US export control regulations: embargoes and special controls"),
    ("15 CFR", "US export control regulations"),
    ("22 CFR", "US regulations on the international traffic in arms"),
    ("31 CFR", "US sanctions regulations"),
    ("SAMLA", "UK Sanctions and Anti-Money Laundering Act"),
    ("Reg. (E", "a regulation of the European Union"),
    ("OFAC", "guidance of the US Office of Foreign Assets Control"),
    ("E.O.", "an order of the President of the United States"),
    ("FIN-", "an alert of the US Financial Crimes Enforcement Network"),
    ("BIS", "guidance of the US Bureau of Industry and Security"),
    ("GAO", "a decision of the US Government Accountability Office"),
    ("90 FR", "a notice in the US Federal Register"),
];

/// What a citation is of, in plain words; `None` for one that this table does not know.
pub(crate) fn plain(citation: &str) -> Option<&'static str> {
    if citation.split(' ').nth(1) == Some("USC") {
        return Some("an act of the United States Congress");
    }
    let digit = |c: char| c.is_ascii_digit();
    // Part 515 is not the beginning of a part 5150.
    let begins = |start: &str| citation.strip_prefix(start).is_some_and(|rest| !(start.ends_with(digit) && rest.starts_with(digit)));
    SOURCES.iter().find(|(start, _)| begins(start)).map(|(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use super::plain;
    use weighbridge_blob::policy::PolicyTable;

    #[test]
    fn every_source_of_the_default_policy_has_plain_words() {
        let compiled = weighbridge_policy::compile(weighbridge_policy::DEFAULT, &Default::default()).unwrap();
        let policy = PolicyTable::open(&compiled.bytes).unwrap();
        let mut cited = 0;
        for rule in policy.rules() {
            for citation in policy.rule_cites(&rule) {
                assert!(plain(citation).is_some(), "`{citation}` of {}", policy.rule_id(&rule));
                cited += 1;
            }
        }
        assert!(cited > 60, "{cited}");
    }

    #[test]
    fn a_part_is_not_the_beginning_of_another() {
        assert_eq!(plain("31 CFR 515.201"), Some("US sanctions regulations on Cuba"));
        assert_eq!(plain("31 CFR 5150.1"), Some("US sanctions regulations"));
        assert_eq!(plain("31 CFR chapter V"), Some("US sanctions regulations"));
        assert_eq!(plain("the law of the sea"), None);
    }
}
