//! Parties as Commerce and State print them: aliases, acronyms and clauses inside the name.

use super::country::{self, Country};
use weighbridge_blob::model::NameRole;

/// The names in a listed name, the primary one first. With `bare`, an acronym in brackets is taken out as well:
/// `Academy of Aerospace Solid Propulsion Technology (AASPT)` is asked for without it, and the acronym is a weak alias.
///
/// What is taken apart: `X and any successor, sub-unit, or subsidiary thereof`, `X (a.k.a. Y; Z)`, `X, f.k.a., Y`,
/// `X [aka Y, Z]`, `X. Subordinate Institution - Y`, `X; and Y`, footnote digits (`X (ABC)5`).
pub(crate) fn names(listed: &str, bare: bool) -> Vec<(String, NameRole)> {
    let mut names = Vec::new();
    let text = without_footnote(without_clause(listed));
    for (i, part) in parts(text).into_iter().enumerate() {
        let part = part.strip_prefix("and ").unwrap_or(part);
        aliases(part, if i == 0 { NameRole::Primary } else { NameRole::Strong }, &mut names);
    }
    if bare {
        for (text, role) in names.clone() {
            acronym(&text, role, &mut names);
        }
    }
    if let Some((_, unit)) = text.split_once("Subordinate Institution - ") {
        names.push((unit.trim().to_owned(), NameRole::Strong));
    }
    names.retain(|(text, _)| text.chars().any(char::is_alphanumeric));
    names
}

/// The parts between `; ` that does not stand inside brackets.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            ';' if depth == 0 && text.get(at + 1..).is_some_and(|rest| rest.starts_with(' ')) => {
                parts.extend(text.get(start..at));
                start = at + 2;
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..));
    parts
}

/// Clauses that widen a listing to others, in lower case.
const CLAUSES: &[&str] = &[" and any successor", " and its sub-units and successors", " and any sub-unit", " and any subsidiary"];

fn without_clause(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    let end = CLAUSES.iter().filter_map(|clause| lower.find(clause)).min();
    end.and_then(|end| text.get(..end)).unwrap_or(text).trim_end_matches([';', ',', ' '])
}

/// Without the digits behind a closing bracket, and without raised ones.
fn without_footnote(text: &str) -> &str {
    let text = text.trim_end_matches(['\u{b9}', '\u{b2}', '\u{b3}', '\u{2074}', '\u{2075}']).trim_end();
    let rest = text.trim_end_matches(|c: char| c.is_ascii_digit());
    if rest.ends_with(')') && text.len() - rest.len() <= 2 { rest } else { text }
}

/// What stands before an alias, in lower case; longer ones first where one begins another.
const MARKERS: &[(&str, NameRole)] = &[
    ("a.k.a.", NameRole::Strong),
    ("a/k/a", NameRole::Strong),
    ("aka ", NameRole::Strong),
    ("also known as", NameRole::Strong),
    ("d/b/a", NameRole::Strong),
    ("n.k.a.", NameRole::Strong),
    ("f.k.a.", NameRole::Former),
    ("f/k/a", NameRole::Former),
    ("formerly known as", NameRole::Former),
];

/// Position, length and role of the first marker that stands as a word of its own.
fn marker(text: &str) -> Option<(usize, usize, NameRole)> {
    let lower = text.to_ascii_lowercase();
    let found = MARKERS.iter().flat_map(|(word, role)| lower.match_indices(word).map(move |(at, _)| (at, word.len(), *role)));
    found
        .filter(|(at, _, _)| lower.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '(', '[', ','])))
        .min_by_key(|(at, _, _)| *at)
}

fn aliases(text: &str, role: NameRole, names: &mut Vec<(String, NameRole)>) {
    let Some((at, length, alias_role)) = marker(text) else {
        names.push((text.trim().to_owned(), role));
        return;
    };
    let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + length..).unwrap_or_default());
    let bracket = before.trim_end().ends_with(['(', '[']);
    let (inner, tail) = if bracket { up_to_bracket(after) } else { (after, "") };
    let before = before.trim_end_matches(['(', '[', ',', ';', ' ']);
    let tail = if tail.chars().any(char::is_alphanumeric) { tail.trim() } else { "" };
    if !before.is_empty() {
        names.push((format!("{before} {tail}").trim_end().to_owned(), role));
    }
    let inner = inner.trim_start_matches(['.', ',', ':', ' ']);
    for alias in inner.split("; ") {
        let alias = alias.strip_prefix("and ").unwrap_or(alias).trim_end_matches(',');
        aliases(alias, alias_role, names);
        if !tail.is_empty() {
            // `PEARL (A.K.A. NEI-CHIEN CHU) LI`: the alias stands for the given names.
            names.push((format!("{alias} {tail}"), alias_role));
        }
    }
    // `[aka Y, Z]`: a comma parts names only where it cannot be part of one.
    let parts: Vec<&str> = inner.split(", ").collect();
    if parts.len() > 1 && parts.iter().all(|part| part.split(' ').count() > 1) {
        names.extend(parts.iter().map(|part| ((*part).to_owned(), alias_role)));
    }
}

/// The text up to the bracket that closes it, and what follows.
fn up_to_bracket(text: &str) -> (&str, &str) {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' if depth == 0 => return (text.get(..at).unwrap_or(text), text.get(at + 1..).unwrap_or_default()),
            ')' | ']' => depth -= 1,
            _ => {}
        }
    }
    (text, "")
}

fn acronym(text: &str, role: NameRole, names: &mut Vec<(String, NameRole)>) {
    let Some((before, rest)) = text.split_once(" (") else { return };
    let Some((inner, after)) = rest.split_once(')') else { return };
    let letters = inner.chars().filter(char::is_ascii_uppercase).count();
    let all = inner.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '&' | '-' | ' '));
    // `Broad Engineering (Pakistan)` is another party than `Broad Engineering`; so may `(HK)` be.
    if letters < 2 || !all || inner.len() > 12 || country::place(inner) != Country::Unknown {
        return;
    }
    let role = if role == NameRole::Former { role } else { NameRole::Strong };
    names.push((format!("{before}{after}"), role));
    if after.trim_matches(['.', ' ']).is_empty() && role != NameRole::Former {
        names.push((inner.to_owned(), NameRole::Weak));
    }
}

/// A name with `?` where the publisher lost a character, as it must have been: an apostrophe before a small letter
/// (`People?s`), a dash before a capital or digit (`Multi?Scale`), a quotation mark at the edge of a word. Whether there was one.
pub(crate) fn repair(text: &str) -> (String, bool) {
    if !text.contains('?') {
        return (text.to_owned(), false);
    }
    let chars: Vec<char> = text.chars().collect();
    let is_word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric() || *c == ')');
    let repaired = chars.iter().enumerate().filter_map(|(at, c)| {
        let (before, after) = (at.checked_sub(1).and_then(|at| chars.get(at)), chars.get(at + 1));
        match c {
            '?' if is_word(before) && after.is_some_and(|c| c.is_lowercase()) => Some('\''),
            '?' if is_word(before) && is_word(after) => Some('-'),
            '?' => None,
            c => Some(*c),
        }
    });
    (repaired.collect(), true)
}

/// Whether an address without a country ends in a United States state and postal code: `CHILTON, WI, 53014`.
pub(crate) fn in_united_states(text: &str) -> bool {
    let mut parts = text.rsplit(", ").map(str::trim);
    let (Some(last), Some(before)) = (parts.next(), parts.next()) else { return false };
    united_states(before, last) || united_states(last, before)
}

/// Whether these are a state of the United States and a postal code of it. A leading zero is often gone: `NJ`, `8640`.
pub(crate) fn united_states(state: &str, postal_code: &str) -> bool {
    let code = postal_code.split('-').next().unwrap_or_default();
    let digits = code.bytes().all(|b| b.is_ascii_digit());
    // Codes with a leading zero belong to the north-east, Puerto Rico and the Virgin Islands.
    let north_east = ["CT", "MA", "ME", "NH", "NJ", "NY", "PR", "RI", "VI", "VT"].contains(&state);
    STATES.contains(&state) && digits && (code.len() == 5 || (code.len() == 4 && north_east))
}

/// States, the district and the territories, as the postal service writes them.
const STATES: &[&str] = &[
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA", "ME", "MD", "MA",
    "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "PR", "RI", "SC", "SD", "TN",
    "TX", "UT", "VT", "VA", "VI", "WA", "WV", "WI", "WY", "GU",
];

#[cfg(test)]
mod tests {
    use super::*;
    use NameRole::{Former, Primary, Strong, Weak};

    #[track_caller]
    fn check(listed: &str, expected: &[(&str, NameRole)]) {
        let found = names(listed, true);
        let found: Vec<(&str, NameRole)> = found.iter().map(|(text, role)| (text.as_str(), *role)).collect();
        assert_eq!(found, expected, "{listed}");
    }

    #[test]
    fn clauses_are_no_part_of_the_name() {
        for listed in [
            "Ardis Group and any successor, sub-unit, or subsidiary thereof",
            "Ardis Group; and any successor, sub-unit, or subsidiary thereof",
            "Ardis Group, and its sub-units and successors",
            "Ardis Group and any successor, subunit, or subsidiary thereof",
        ] {
            check(listed, &[("Ardis Group", Primary)]);
        }
        check(
            "Asa'ib Ahl al-Haq (AAH) and any successor, sub-unit, or subsidiary thereof",
            &[("Asa'ib Ahl al-Haq (AAH)", Primary), ("Asa'ib Ahl al-Haq", Strong), ("AAH", Weak)],
        );
    }

    #[test]
    fn aliases_in_a_name() {
        check(
            "Mexpar International, Inc. (a.k.a. Pasadena Aerospace; Aviation Logistics and Supply)",
            &[("Mexpar International, Inc.", Primary), ("Pasadena Aerospace", Strong), ("Aviation Logistics and Supply", Strong)],
        );
        check(
            "Far East Trading Company, Inc. (a.k.a. FETCO, Inc.)",
            &[("Far East Trading Company, Inc.", Primary), ("FETCO, Inc.", Strong)],
        );
        check(
            "Gazprom Telekom, OOO (f.k.a., Zakrytoe Aktsionernoe Obshchestvo Gaztelekom)",
            &[("Gazprom Telekom, OOO", Primary), ("Zakrytoe Aktsionernoe Obshchestvo Gaztelekom", Former)],
        );
        check(
            "Chitron Electronics Company Ltd., a.k.a. Chi-Chung Electronics Company Ltd. (Chitron-Shenzhen)",
            &[("Chitron Electronics Company Ltd.", Primary), ("Chi-Chung Electronics Company Ltd. (Chitron-Shenzhen)", Strong)],
        );
        check(
            "Research Institute [aka Systems Research Center, Aerospace Research Institute]",
            &[
                ("Research Institute", Primary),
                ("Systems Research Center, Aerospace Research Institute", Strong),
                ("Systems Research Center", Strong),
                ("Aerospace Research Institute", Strong),
            ],
        );
        check("PEARL (A.K.A. NEI-CHIEN CHU) LI", &[("PEARL LI", Primary), ("NEI-CHIEN CHU", Strong), ("NEI-CHIEN CHU LI", Strong)]);
        check(
            "Southwest Institute (a.k.a., China Academy (CAEP)'s 902 Institute)",
            &[
                ("Southwest Institute", Primary),
                ("China Academy (CAEP)'s 902 Institute", Strong),
                ("China Academy's 902 Institute", Strong),
            ],
        );
        for name in ["Hironobu Takahashi", "BARAKAT, Nasif", "Akanonu Fabian Mgbobila"] {
            check(name, &[(name, Primary)]);
        }
    }

    #[test]
    fn several_parties_in_one_name() {
        check("Alpha Trading Ltd.; and Beta Trading Ltd.", &[("Alpha Trading Ltd.", Primary), ("Beta Trading Ltd.", Strong)]);
        check(
            "CETC 13th Research Institute (CETC 13). Subordinate Institution - Bowei Integrated Circuits",
            &[
                ("CETC 13th Research Institute (CETC 13). Subordinate Institution - Bowei Integrated Circuits", Primary),
                ("CETC 13th Research Institute. Subordinate Institution - Bowei Integrated Circuits", Strong),
                ("Bowei Integrated Circuits", Strong),
            ],
        );
    }

    #[test]
    fn acronyms_but_not_places() {
        check(
            "Atomic Energy Organization of Iran (AEOI)",
            &[("Atomic Energy Organization of Iran (AEOI)", Primary), ("Atomic Energy Organization of Iran", Strong), ("AEOI", Weak)],
        );
        for name in ["Broad Engineering (Pakistan)", "Voyage Technology (HK) Co. Ltd.", "SOCCER ZONE (MNC GROUP INTERNATIONAL, INC.)"] {
            check(name, &[(name, Primary)]);
        }
        assert_eq!(names("VTB BANK (VTB)", false), [("VTB BANK (VTB)".to_owned(), Primary)]);
    }

    #[test]
    fn footnote_digits() {
        check("Example Institute (Xi'an)5", &[("Example Institute (Xi'an)", Primary)]);
        check("Example Institute\u{b9}", &[("Example Institute", Primary)]);
        check("Block 428", &[("Block 428", Primary)]);
    }

    #[test]
    fn lost_characters() {
        for (text, repaired) in [
            ("Luhansk People?s Republic", "Luhansk People's Republic"),
            ("Peak Multi?Scale Institute", "Peak Multi-Scale Institute"),
            ("OAO ?Daltransgaz?", "OAO Daltransgaz"),
            ("3rd Academy (CASIC)?s 159 Factory", "3rd Academy (CASIC)'s 159 Factory"),
            ("AO ?Giprostroymost?Saint-Petersburg?", "AO Giprostroymost-Saint-Petersburg"),
        ] {
            assert_eq!(repair(text), (repaired.to_owned(), true));
        }
        assert_eq!(repair("plain"), ("plain".to_owned(), false));
    }

    #[test]
    fn states_and_postal_codes() {
        for text in
            ["605 TRAIL LAKE DRIVE, RICHARDSON, TX, 75081", "PORTSMOUTH, NH, 3801", "LA TUNA, ANTHONY, 88021, NM", "MIAMI, FL, 33143-1234"]
        {
            assert!(in_united_states(text), "{text}");
        }
        for text in ["LINDENSTRASSE 1, BERLIN, 10115", "TX", "", "STAVROPOL REGION, RS, 357020", "AUSTIN, TX, 7501"] {
            assert!(!in_united_states(text), "{text}");
        }
    }
}
