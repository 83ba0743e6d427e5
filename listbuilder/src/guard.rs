//! Guards: a list that came out too small, or without what is known to be in it, must not go into a blob unseen.
//!
//! Two kinds. What a build file asks of a source ([`Guard`]) is checked against the source as it was read, before copies are
//! replaced and parties merged. What a source had in the blob before this one is checked against what it has now; each
//! blob records what was measured of its sources ([`measure`]), so that both numbers mean the same.

use crate::merge::LISTED_BY;
use std::collections::{BTreeMap, BTreeSet};
use weighbridge_blob::model::{AcceptedFinding, Entry, Measured, Source};
use weighbridge_blob::words::{IdKind, List, ListSet};

/// A source may lose this many of a hundred entries from one blob to the next; more is refused.
const SHRINK_PERCENT: u64 = 10;

/// The share of entries that have a field may fall by this many points of a hundred; more is refused.
const FILL_POINTS: u64 = 10;

/// The format whose rows a list's own file may replace.
const COPIES: &str = "csl-csv";

/// Facts of which a list has many, so that few of them say that a column was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Birth dates, or dates of formation.
    BirthDates,
    /// Nationality, citizenship, residence, flag state.
    Countries,
    /// Addresses.
    Addresses,
    /// Hard identifiers; the ids of other lists do not count.
    Identifiers,
}

impl Field {
    /// All of them, in the order of [`Measured::with`].
    pub const ALL: [Self; 4] = [Self::BirthDates, Self::Countries, Self::Addresses, Self::Identifiers];

    /// Its name in build files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BirthDates => "birth_dates",
            Self::Countries => "countries",
            Self::Addresses => "addresses",
            Self::Identifiers => "identifiers",
        }
    }

    fn of(self, entry: &Entry) -> bool {
        match self {
            Self::BirthDates => !entry.birth_dates.is_empty(),
            Self::Countries => !entry.countries.is_empty(),
            Self::Addresses => !entry.addresses.is_empty(),
            Self::Identifiers => entry.identifiers.iter().any(|identifier| identifier.kind != IdKind::ListEntry),
        }
    }
}

/// What a build file asks of a source.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Guard {
    /// The least number of entries.
    pub minimum_entries: Option<u64>,
    /// Names, or ids (`36`, or `us_ofac_sdn:36`), one entry each, that the source is known to have. Case does not matter.
    pub known: Vec<String>,
    /// The least share, 0 to 1, of entries that have a field.
    pub fill: Vec<(Field, f64)>,
}

/// What an official file of a format is known to have, whatever its date. It holds only where the build file says that a
/// source is `official`, so samples pass. A number lies well below the smallest file of recent years, and a known party has
/// been on its list for so long, or so firmly, that its absence means a damaged file.
fn built_in(format: &str, lists: ListSet) -> (u64, &'static [&'static str]) {
    match format {
        // 8,976 entries in July 2021, and more in every year since. 36 is AEROCARIBBEAN AIRLINES.
        "ofac-csv" | "ofac-xml" | "ofac-enhanced-xml" if lists.contains(List::Sdn) => (7_500, &["36"]),
        // 442 parties in December 2025; it loses those who become blocked.
        "ofac-csv" | "ofac-xml" | "ofac-enhanced-xml" => (200, &[]),
        // 14,160 rows in May 2022.
        "csl-csv" => (10_000, &["AEROCARIBBEAN AIRLINES"]),
        // 460 persons in 581 rows in September 2022.
        "bis-dpl" => (250, &[]),
        // 1,011 in August 2026; QDe.004 is Al-Qaida.
        "un-xml" => (600, &["QDe.004"]),
        // 5,302 rows in August 2025.
        "uk-sanctions-csv" => (3_000, &[]),
        // 1,924 groups in March 2016.
        "uk-conlist" => (1_500, &[]),
        _ => (0, &[]),
    }
}

/// Something that a guard found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Source id.
    pub source: String,
    /// What, in words and numbers.
    pub text: String,
    /// How many entries the source should have had; 0 if that is not known.
    pub before: u64,
    /// How many entries it has.
    pub after: u64,
}

impl Finding {
    /// The finding as the blob records it.
    pub fn accepted(&self, reason: &str) -> AcceptedFinding {
        AcceptedFinding {
            source: self.source.clone(),
            finding: self.text.clone(),
            reason: reason.to_owned(),
            before: self.before,
            after: self.after,
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "source `{}`: {}", self.source, self.text)
    }
}

/// Checks a source, as it was read, against what the build file asks of it and, if it is `official`, against what files of
/// its format are known to have.
pub fn check(id: &str, format: &str, official: bool, guard: &Guard, lists: ListSet, entries: &[Entry]) -> Vec<Finding> {
    let after = entries.len() as u64;
    let (least, facts) = if official { built_in(format, lists) } else { (0, [].as_slice()) };
    // What the build file says stands above what is built in.
    let least = guard.minimum_entries.unwrap_or(least);
    let found = |text: String| Finding { source: id.to_owned(), text, before: least, after };
    let mut findings = Vec::new();
    if after < least {
        findings.push(found(format!("{after} entries, where at least {least} are expected")));
    }
    for known in facts.iter().copied().chain(guard.known.iter().map(String::as_str)) {
        if !entries.iter().any(|entry| is_known(entry, known)) {
            findings.push(found(format!("no entry has the name or id `{known}`, which is known to be on the list")));
        }
    }
    for (field, share) in &guard.fill {
        let with = entries.iter().filter(|entry| field.of(entry)).count() as u64;
        // Counts of entries are far below the 2^53 that a float holds exactly.
        if (with as f64) < share * after as f64 {
            let (has, name) = (percent(with, after), field.as_str());
            findings.push(found(format!("{has} of the entries have {name}, where at least {:.1} % are expected", share * 100.0)));
        }
    }
    findings
}

fn is_known(entry: &Entry, known: &str) -> bool {
    let same = |text: &str| text.to_lowercase() == known.to_lowercase();
    same(&entry.id) || entry.id.split_once(':').is_some_and(|(_, own)| same(own)) || entry.names.iter().any(|name| same(&name.text))
}

fn percent(part: u64, of: u64) -> String {
    if of == 0 { "none".to_owned() } else { format!("{:.1} %", part as f64 * 100.0 / of as f64) }
}

/// Measures what the blob will have of each source, for the build after it to compare with. Parties are merged by now.
pub fn measure(entries: &[Entry], sources: &mut [Source]) {
    let mut all: BTreeMap<&str, Measured> = BTreeMap::new();
    for entry in entries {
        let own = entry.id.split_once(':').map_or("", |(source, _)| source);
        let told = entry.details.iter().filter(|(field, _)| field == LISTED_BY);
        let speaks: BTreeSet<&str> = told.filter_map(|(_, text)| Some(text.split_once(':')?.0)).chain([own]).collect();
        for source in speaks {
            let measured = all.entry(source).or_default();
            measured.entries += 1;
            measured.shown += 1;
            measured.with.iter_mut().zip(Field::ALL).for_each(|(with, field)| *with += u64::from(field.of(entry)));
        }
    }
    for source in sources {
        source.measured = all.get(source.id.as_str()).copied().unwrap_or_default();
        if source.format == COPIES {
            source.measured.entries = source.files.iter().map(|file| file.kept + file.merged).sum();
        }
    }
}

/// What the sources have lost since the blob before.
pub fn compare(previous: &[Source], now: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for was in previous {
        let is = now.iter().find(|source| source.id == was.id);
        let (before, after) = (was.measured, is.map(|source| source.measured).unwrap_or_default());
        let found = |text: String| Finding { source: was.id.clone(), text, before: before.entries, after: after.entries };
        if after.entries * 100 < before.entries * (100 - SHRINK_PERCENT) {
            let fewer = percent(before.entries - after.entries, before.entries);
            let (a, b) = (after.entries, before.entries);
            findings
                .push(found(format!("{a} entries, where the previous blob has {b}: {fewer} fewer, and {SHRINK_PERCENT} % are allowed")));
        }
        // With nothing left there are no shares, and the loss is told above. Where own files have replaced other lists of
        // the copy than before, other parties are left.
        if after.shown == 0 || before.shown == 0 || (was.format == COPIES && is.is_none_or(|is| is.lists != was.lists)) {
            continue;
        }
        for ((field, had), has) in Field::ALL.iter().zip(before.with).zip(after.with) {
            // had/before - has/after > points/100, without fractions.
            let (had_all, has_all) = (u128::from(before.shown), u128::from(after.shown));
            let lost = (u128::from(had) * has_all).saturating_sub(u128::from(has) * had_all);
            if lost * 100 > u128::from(FILL_POINTS) * had_all * has_all {
                let (has, had) = (percent(has, after.shown), percent(had, before.shown));
                let name = field.as_str();
                findings.push(found(format!(
                    "{has} of the entries have {name}, where in the previous blob {had} had: {FILL_POINTS} points less are allowed"
                )));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use weighbridge_blob::model::{Identifier, Name, NameRole};
    use weighbridge_blob::words::Kind;

    fn entries(count: usize, with_dates: usize) -> Vec<Entry> {
        let entry = |n: usize| {
            let mut entry = Entry::new(format!("s:{n}"), Some(List::Sdn), Kind::Person);
            entry.names.push(Name { text: format!("Example Person {n}"), role: NameRole::Primary });
            if n < with_dates {
                entry.birth_dates.push("1970-01-01".parse().unwrap());
            }
            entry
        };
        (0..count).map(entry).collect()
    }

    #[track_caller]
    fn check_guard(guard: &Guard, entries: &[Entry], parts: &[&str]) {
        let found = check("s", "house-csv", false, guard, ListSet::of(List::Sdn), entries);
        assert_eq!(found.len(), parts.len(), "{found:?}");
        for (finding, part) in found.iter().zip(parts) {
            assert!(finding.to_string().contains(part), "{finding}");
        }
    }

    #[test]
    fn what_is_asked_of_a_source() {
        let asked = Guard {
            minimum_entries: Some(10),
            known: vec!["EXAMPLE PERSON 3".to_owned(), "4".to_owned(), "S:5".to_owned()],
            fill: vec![(Field::BirthDates, 0.5)],
        };
        check_guard(&asked, &entries(10, 5), &[]);
        check_guard(&asked, &entries(9, 5), &["9 entries, where at least 10"]);
        check_guard(&asked, &entries(10, 4), &["40.0 % of the entries have birth_dates, where at least 50.0 %"]);
        let mut lacking = entries(14, 14);
        lacking.drain(3..6);
        check_guard(&asked, &lacking, &["`EXAMPLE PERSON 3`", "`4`", "`S:5`"]);
        // The id of another list is no fact about the party.
        let mut cited = entries(1, 0);
        cited[0].identifiers.push(Identifier { kind: IdKind::ListEntry, number: "x:1".to_owned(), country: None });
        check_guard(
            &Guard { fill: vec![(Field::Identifiers, 0.1)], ..Guard::default() },
            &cited,
            &["0.0 % of the entries have identifiers"],
        );
    }

    #[test]
    fn official_files_have_what_is_known_of_them_and_samples_need_not() {
        let sample = entries(3, 3);
        let on = ListSet::of(List::Sdn);
        assert_eq!(check("s", "ofac-csv", false, &Guard::default(), on, &sample), []);
        let found = check("s", "ofac-csv", true, &Guard::default(), on, &sample);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(check("s", "ofac-csv", true, &Guard::default(), on, &entries(8_000, 0)), []);
        // The build file may ask for less.
        let guard = Guard { minimum_entries: Some(1), ..Guard::default() };
        assert_eq!(check("s", "ofac-csv", true, &guard, on, &entries(40, 0)), []);
    }

    #[track_caller]
    fn check_compare(before: Source, after: Option<Source>, parts: &[&str]) {
        let found = compare(&[before], after.as_slice());
        assert_eq!(found.len(), parts.len(), "{found:?}");
        for (finding, part) in found.iter().zip(parts) {
            assert!(finding.text.contains(part), "{finding}");
        }
    }

    #[test]
    fn ten_of_a_hundred_may_go() {
        let of = |entries, shown, dates, lists, format: &str| Source {
            id: "s".to_owned(),
            format: format.to_owned(),
            lists,
            measured: Measured { entries, shown, with: [dates, 0, 0, 0] },
            ..Source::default()
        };
        let stats = |entries: u64, dates: u64| of(entries, entries, dates, ListSet::of(List::Sdn), "ofac-csv");
        check_compare(stats(100, 0), Some(stats(90, 0)), &[]);
        check_compare(stats(100, 0), Some(stats(89, 0)), &["89 entries, where the previous blob has 100: 11.0 % fewer"]);
        check_compare(stats(100, 50), Some(stats(100, 40)), &[]);
        check_compare(stats(100, 50), Some(stats(200, 80)), &[]);
        check_compare(stats(100, 50), Some(stats(200, 78)), &["39.0 % of the entries have birth_dates, where in the previous blob 50.0 %"]);
        check_compare(stats(100, 50), None, &["0 entries, where the previous blob has 100"]);
        check_compare(stats(0, 0), Some(stats(0, 0)), &[]);
        // Other lists of a copy were replaced by their own files: the rows count, the shares are of others.
        let copy = |lists, dates| of(100, 10, dates, lists, COPIES);
        check_compare(copy(ListSet::of(List::Sdn), 10), Some(copy(ListSet::of(List::El), 0)), &[]);
        check_compare(copy(ListSet::of(List::El), 10), Some(copy(ListSet::of(List::El), 0)), &["birth_dates"]);
    }

    #[test]
    fn a_source_is_measured_with_what_merged_into_others() {
        let mut all = entries(3, 1);
        all[0].details.push((LISTED_BY.to_owned(), "s:0 on SDN".to_owned()));
        all[0].details.push((LISTED_BY.to_owned(), "eu:9 on EU-FSF; programmes X".to_owned()));
        let source = |id: &str, format: &str| Source { id: id.to_owned(), format: format.to_owned(), ..Source::default() };
        let mut sources = [source("s", "ofac-csv"), source("eu", "eu-fsf-xml"), source("csl", COPIES), source("none", "ofac-csv")];
        sources[2].files.push(weighbridge_blob::model::FileAccount { kept: 5, merged: 7, ..Default::default() });
        measure(&all, &mut sources);
        let measured = |entries, shown, dates| Measured { entries, shown, with: [dates, 0, 0, 0] };
        let found = sources.map(|source| source.measured);
        assert_eq!(found, [measured(3, 3, 1), measured(1, 1, 1), measured(12, 0, 0), measured(0, 0, 0)]);
    }
}
