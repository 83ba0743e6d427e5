//! What the United Kingdom's lists have in common: one row a name, and numbers inside prose.

use super::fill;
use super::table::{Row, Table};
use std::collections::HashMap;
use weighbridge_blob::model::Entry;
use weighbridge_blob::place::Place;
use weighbridge_blob::words::{IdKind, Kind};

/// Rows that become one entry, in the order in which their entries first occur.
#[derive(Default)]
pub(crate) struct Groups {
    groups: Vec<(Entry, Vec<u64>)>,
    index: HashMap<String, usize>,
}

impl Groups {
    /// Adds what one row says about a party; rows with the same id are one party.
    pub(crate) fn add(&mut self, entry: Entry, line: u64) {
        match self.index.get(&entry.id).and_then(|position| self.groups.get_mut(*position)) {
            Some((known, lines)) => {
                fill::join(known, entry);
                lines.push(line);
            }
            None => {
                self.index.insert(entry.id.clone(), self.groups.len());
                self.groups.push((entry, vec![line]));
            }
        }
    }

    /// The entries, with their rows accounted for. A party without any name cannot be screened for; its rows are lost.
    pub(crate) fn finish(self, table: &mut Table) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(self.groups.len());
        let mut nameless = Vec::new();
        for (mut entry, lines) in self.groups {
            if entry.names.is_empty() {
                nameless.extend(lines.into_iter().map(|line| (line, entry.id.clone())));
                continue;
            }
            fill::primary_first(&mut entry);
            table.account.kept();
            lines.iter().skip(1).for_each(|_| table.account.merged());
            entries.push(entry);
        }
        nameless.sort();
        for (line, id) in nameless {
            table.account.lost(line, true, format!("the publication leaves the name of {id} empty: it cannot be screened for"));
        }
        entries
    }
}

/// The name in `Name 1` to `Name 6`: the sixth is the family name, or the whole name of a body or ship.
pub(crate) fn full_name(row: &Row, kind: Kind) -> String {
    const GIVEN: [&str; 5] = ["Name 1", "Name 2", "Name 3", "Name 4", "Name 5"];
    let given = GIVEN.into_iter().map(|column| row.get(column));
    let family = row.get("Name 6");
    let parts: Vec<&str> = if kind == Kind::Person { given.chain([family]).collect() } else { [family].into_iter().chain(given).collect() };
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The kind in a type column.
pub(crate) fn kind(text: &str) -> Option<Kind> {
    Some(match text.to_ascii_lowercase().as_str() {
        "individual" => Kind::Person,
        "entity" => Kind::Organization,
        "ship" => Kind::Vessel,
        _ => return None,
    })
}

/// The items of an enumeration: `(1) A (2) B`, `a) A, b) B`, `A|B`. A text without marks is one item.
pub(crate) fn items(text: &str) -> Vec<&str> {
    let mut cuts: Vec<(usize, usize)> = vec![(0, 0)];
    for (at, c) in text.char_indices() {
        match c {
            '|' => cuts.push((at, at + 1)),
            ')' => cuts.extend(mark(text, at).map(|start| (start, at + 1))),
            _ => {}
        }
    }
    let ends = cuts.iter().skip(1).map(|(start, _)| *start).chain([text.len()]);
    let items = cuts.iter().zip(ends).filter_map(|((_, from), to)| text.get(*from..to));
    items.map(|item| item.trim().trim_end_matches([',', ';']).trim_end()).filter(|item| item.chars().any(char::is_alphanumeric)).collect()
}

/// Where the mark begins that ends in the bracket at `at`: `(12)`, `(a)`, `3)`, `b)`.
fn mark(text: &str, at: usize) -> Option<usize> {
    let before = text.get(..at)?;
    let rest = before.trim_end_matches(|c: char| c.is_ascii_digit());
    let rest = if rest.len() == before.len() { before.strip_suffix(|c: char| c.is_ascii_lowercase())? } else { rest };
    if before.len() - rest.len() > 2 {
        return None;
    }
    match rest.strip_suffix('(') {
        Some(open) => Some(open.len()),
        None => (rest.is_empty() || rest.ends_with(' ')).then_some(rest.len()),
    }
}

/// The number in `Libyan passport no. A 542858 (Libyan). Issued in 2001`, and the country in the brackets behind it.
///
/// A number begins with the first word of four characters or more that holds a digit, with the capitals before it
/// (`BN 4196361`), and goes on over words without small letters.
pub(crate) fn number(item: &str) -> Option<(String, Option<Place>)> {
    let words: Vec<&str> = item.split(' ').collect();
    let bare = |word: &str| {
        // `no.C389664`, `number:1027508157`
        let word = word.trim_end_matches(['.', ',', ';', ':', ')']);
        let label = word.find(['.', ':']).filter(|at| {
            let label = word.get(..*at).unwrap_or_default().to_ascii_lowercase();
            label.ends_with("no") || label.ends_with("number")
        });
        let word = label.and_then(|at| word.get(at + 1..)).unwrap_or(word);
        word.split('(').next().unwrap_or_default().to_owned()
    };
    let is_number = |word: &str| {
        let bare = bare(word);
        bare.chars().any(|c| c.is_ascii_digit())
            && bare.chars().filter(|c| c.is_alphanumeric()).count() >= 4
            && !bare.chars().any(char::is_lowercase)
    };
    let is_part = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "/-.".contains(c));
    let spread = |at: usize| {
        words.get(at..at + 2).is_some_and(|pair| pair.iter().all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())))
    };
    let first = (0..words.len()).find(|at| words.get(*at).is_some_and(|word| is_number(word)) || spread(*at))?;
    let start =
        (0..first).rev().take_while(|at| words.get(*at).is_some_and(|word| is_part(word) && word.len() <= 4)).last().unwrap_or(first);
    let mut number = Vec::new();
    for (at, word) in words.iter().enumerate().skip(start) {
        if at > first && !(is_part(word.trim_end_matches(['.', ',', ';'])) && *word != "-") {
            break;
        }
        number.push(bare(word));
        if word.ends_with(['.', ',', ';']) || word.contains('(') {
            break;
        }
    }
    let country = item.split('(').skip(1).filter_map(|group| group.split(')').next()).find_map(fill::demonym);
    let number = number.join(" ");
    (!number.is_empty()).then_some((number, country))
}

/// Adds the numbers of an enumeration; items without a number are returned.
pub(crate) fn numbers<'a>(entry: &mut Entry, text: &'a str, kind: impl Fn(&str) -> IdKind) -> Vec<&'a str> {
    let mut rest = Vec::new();
    for item in items(text) {
        match number(item) {
            Some((number, country)) => {
                fill::identifier(entry, kind(item), &number, country);
            }
            None => rest.push(item),
        }
    }
    rest
}

/// What kind of number a national one is, by the words around it.
pub(crate) fn national_number(item: &str) -> IdKind {
    let lower = item.to_ascii_lowercase();
    if lower.contains("fiscal") || lower.contains("tax") {
        IdKind::TaxId
    } else if ["ration", "driver", "driving", "military", "residential card", "birth certificate"].iter().any(|word| lower.contains(word)) {
        IdKind::Other
    } else {
        IdKind::NationalId
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enumerations() {
        for (text, expected) in [
            (
                "(1) 101423404 (2) 2541451 (Kuwaiti). Expires on 16 Feb 2017",
                &["101423404", "2541451 (Kuwaiti). Expires on 16 Feb 2017"][..],
            ),
            ("1) Uzbek 2) Afghan", &["Uzbek", "Afghan"]),
            ("a) Palaro Village, b) Odek, Omoro", &["Palaro Village", "Odek, Omoro"]),
            (
                "Passport No: (a) 472320665 (Date: 26.9.2017), (b) 563120356.",
                &["Passport No:", "472320665 (Date: 26.9.2017)", "563120356."],
            ),
            ("(1) Tunis (2)-(6) -", &["Tunis"]),
            ("Asset freeze|Travel Ban", &["Asset freeze", "Travel Ban"]),
            ("57388 (Afghan)(tazkira)", &["57388 (Afghan)(tazkira)"]),
            ("Tunisian", &["Tunisian"]),
            ("", &[]),
            (")", &[]),
        ] {
            assert_eq!(items(text), expected, "{text}");
        }
    }

    #[track_caller]
    fn check(item: &str, expected: Option<&str>, country: Option<&str>) {
        let found = number(item);
        assert_eq!(found.as_ref().map(|(number, _)| number.as_str()), expected, "{item}");
        assert_eq!(found.and_then(|(_, place)| place).map(|place| place.to_string()).as_deref(), country, "{item}");
    }

    #[test]
    fn numbers_inside_prose() {
        check("G827238 (Tunisian). Issued on 1 June 1996. Expired on 31 May 2001", Some("G827238"), Some("TN"));
        check("A 11263265", Some("A 11263265"), None);
        check("BN 4196361 (Pakistani). Issued 28 Oct 2008", Some("BN 4196361"), Some("PK"));
        check("Libyan passport number 542858", Some("542858"), None);
        check("Saudi Arabian passport no.C389664. Issued:15.9.2000", Some("C389664"), None);
        check("Reference 62. Passport no. 9632078. issued 17/08/2006", Some("9632078"), None);
        check("CAR diplomatic passport No D00000898, issued on 11 April 2013", Some("D00000898"), None);
        check("Saudi Arabian national identification number:1027508157", Some("1027508157"), None);
        check("Italian Fiscal Code JMM MDI 68A25 Z352D", Some("JMM MDI 68A25 Z352D"), None);
        check("842 781", Some("842 781"), None);
        check("96/184442 (Libyan)", Some("96/184442"), Some("LY"));
        check("D 000763 (Afghan). Issued on 9 Jan 1997", Some("D 000763"), Some("AF"));
        check("A-374184 (Pakistani)", Some("A-374184"), Some("PK"));
        check("Certificate of Nationality", None, None);
        check("", None, None);
    }
}
