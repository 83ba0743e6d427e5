//! One party on several lists becomes one entry, and no list's word is lost.
//!
//! Two entries of different sources are one party if they share an identifier that one party has alone (IMO, LEI, or a
//! document number of one issuer) and a word of their names, or if one cites the other's id. A wrong merger would put a
//! party on a list it is not on, so names alone never merge.
//!
//! The entry that stays is in force from the earlier of the two first days, so a listing of either is never late; entries
//! with different last days, or with a first day after the build, stay apart.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use weighbridge_blob::date::Day;
use weighbridge_blob::model::{Entry, Identifier, Ownership};
use weighbridge_blob::normal::{Decompositions, identifier_key};
use weighbridge_blob::words::{IdKind, Kind};

/// A merger that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Merged {
    /// The id that stays.
    pub kept: String,
    /// The id that now leads to it.
    pub merged: String,
    /// What they have in common: an identifier key, or `cites`.
    pub by: String,
}

/// The field of an entry's details that tells which source said what: `us_ofac_sdn:36 on SDN; programmes CUBA`.
pub const LISTED_BY: &str = "listed by";

/// Identifiers that one party has alone, if the issuer is the same.
const HARD: [IdKind; 6] = [IdKind::Imo, IdKind::Lei, IdKind::Passport, IdKind::NationalId, IdKind::TaxId, IdKind::Registration];

/// Merges entries of different sources that are one party, in place. Ownership edges follow. `today` is the day of the
/// build: a listing that begins later stays apart.
///
/// The earlier entry stays. It carries the lists, names, identifiers, addresses, countries, dates and programmes of both;
/// the other's id becomes an identifier of it, and a detail [`LISTED_BY`] tells which source said what.
pub fn same_party(entries: &mut Vec<Entry>, ownership: &mut [Ownership], today: Day) -> Vec<Merged> {
    let mut by_key: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let ids: BTreeMap<String, usize> = entries.iter().enumerate().map(|(i, e)| (e.id.to_lowercase(), i)).collect();
    let mut pairs: Vec<(usize, usize, String)> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        for identifier in &entry.identifiers {
            if identifier.kind == IdKind::ListEntry {
                if let Some(other) = ids.get(&identifier.number.to_lowercase()).filter(|o| **o != index) {
                    pairs.push((index.min(*other), index.max(*other), "cites".to_owned()));
                }
            } else if let Some(key) = hard_key(identifier) {
                by_key.entry(key).or_default().push(index);
            }
        }
    }
    for (key, holders) in by_key {
        for (n, first) in holders.iter().enumerate() {
            for second in holders.iter().skip(n + 1) {
                pairs.push((*first.min(second), *first.max(second), key.clone()));
            }
        }
    }
    pairs.sort();
    let mut root: Vec<usize> = (0..entries.len()).collect();
    // No two entries of one source become one, not even by way of a third: the source tells them apart.
    let mut members: Vec<BTreeSet<String>> = entries.iter().map(|entry| BTreeSet::from([source_of(&entry.id).to_owned()])).collect();
    let mut merged = Vec::new();
    for (first, second, by) in pairs {
        let (first, second) = (find(&root, first), find(&root, second));
        if first == second || !members[first].is_disjoint(&members[second]) || !mergeable(&entries[first], &entries[second], &by, today) {
            continue;
        }
        let (keep, other) = (first.min(second), first.max(second));
        root[other] = keep;
        let joined = std::mem::take(&mut members[other]);
        members[keep].extend(joined);
        let gone = entries[other].clone();
        absorb(&mut entries[keep], gone);
        merged.push(Merged { kept: entries[keep].id.clone(), merged: entries[other].id.clone(), by });
    }
    let names: BTreeMap<String, String> =
        (0..root.len()).filter(|i| find(&root, *i) != *i).map(|i| (entries[i].id.clone(), entries[find(&root, i)].id.clone())).collect();
    // What an entry was merged into may itself have been merged later.
    for one in &mut merged {
        if let Some(kept) = names.get(&one.kept) {
            one.kept.clone_from(kept);
        }
    }
    for edge in ownership {
        for id in [&mut edge.owner, &mut edge.owned] {
            if let Some(kept) = names.get(id) {
                id.clone_from(kept);
            }
        }
    }
    let mut index = 0;
    entries.retain(|_| {
        index += 1;
        find(&root, index - 1) == index - 1
    });
    merged
}

fn find(root: &[usize], mut index: usize) -> usize {
    while root[index] != index {
        index = root[index];
    }
    index
}

/// The source of an entry id: `us_ofac_sdn` of `us_ofac_sdn:36`.
pub(crate) fn source_of(id: &str) -> &str {
    id.split_once(':').map_or(id, |(source, _)| source)
}

/// The key of an identifier that one party has alone; a document without its issuer is not one.
fn hard_key(identifier: &Identifier) -> Option<String> {
    if !HARD.contains(&identifier.kind) {
        return None;
    }
    let key = identifier_key(identifier.kind, &identifier.number, &Decompositions::shipped())?;
    match (identifier.kind, identifier.country) {
        (IdKind::Imo | IdKind::Lei, _) => Some(key),
        // Short numbers repeat between the registers of one country.
        (_, Some(country)) if key.len() >= identifier.kind.as_str().len() + 7 => Some(format!("{key}@{}", country.country_code())),
        _ => None,
    }
}

fn mergeable(first: &Entry, second: &Entry, by: &str, today: Day) -> bool {
    let group = |e: &Entry| e.kind.key_byte();
    let person_or_organization = |e: &Entry| matches!(e.kind, Kind::Person | Kind::Organization | Kind::Government);
    let guessed = (first.kind_uncertain || second.kind_uncertain) && person_or_organization(first) && person_or_organization(second);
    let begun = |e: &Entry| e.from.is_none_or(|day| day <= today);
    !first.address_only
        && !second.address_only
        && (group(first) == group(second) || guessed)
        // One validity stands in one record: an order that ends cannot share it with one that does not.
        && first.to == second.to
        && (first.from == second.from || (begun(first) && begun(second)))
        && (by == "cites" || words(first).intersection(&words(second)).next().is_some())
}

/// Words of four letters and more in any name.
fn words(entry: &Entry) -> BTreeSet<String> {
    let letters = |c: char| c.is_alphanumeric();
    let names = entry.names.iter().map(|n| n.text.to_lowercase());
    names.flat_map(|n| n.split(|c| !letters(c)).filter(|w| w.chars().count() >= 4).map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn absorb(kept: &mut Entry, other: Entry) {
    let told = |e: &Entry| {
        let lists: Vec<&str> = e.lists.iter().map(|l| l.as_str()).collect();
        let programmes = if e.programmes.is_empty() { String::new() } else { format!("; programmes {}", e.programmes.join(", ")) };
        (LISTED_BY.to_owned(), format!("{} on {}{programmes}", e.id, lists.join(", ")))
    };
    let already = |e: &Entry| e.details.iter().any(|(field, _)| field == LISTED_BY);
    if !already(kept) {
        let first = told(kept);
        kept.details.push(first);
    }
    // One that has absorbed others brings what was told of all of them among its details.
    if !already(&other) {
        kept.details.push(told(&other));
    }
    if kept.kind_uncertain && !other.kind_uncertain {
        kept.kind = other.kind;
    }
    kept.from = kept.from.zip(other.from).map(|(a, b)| a.min(b));
    kept.lists = kept.lists.union(other.lists);
    kept.kind_uncertain &= other.kind_uncertain;
    for name in other.names {
        if !kept.names.contains(&name) {
            kept.names.push(name);
        }
    }
    extend(&mut kept.identifiers, other.identifiers);
    kept.identifiers.push(Identifier { kind: IdKind::ListEntry, number: other.id, country: None });
    extend(&mut kept.websites, other.websites);
    extend(&mut kept.addresses, other.addresses);
    extend(&mut kept.countries, other.countries);
    extend(&mut kept.birth_dates, other.birth_dates);
    extend(&mut kept.programmes, other.programmes);
    kept.details.extend(other.details);
}

fn extend<T: PartialEq>(kept: &mut Vec<T>, other: Vec<T>) {
    for value in other {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weighbridge_blob::model::{Name, NameRole};
    use weighbridge_blob::words::{List, ListSet};

    fn entry(id: &str, list: List, name: &str, ids: &[(IdKind, &str, Option<&str>)]) -> Entry {
        let mut entry = Entry::new(id, Some(list), Kind::Organization);
        entry.names.push(Name { text: name.into(), role: NameRole::Primary });
        entry.identifiers = ids
            .iter()
            .map(|(kind, number, country)| Identifier {
                kind: *kind,
                number: (*number).into(),
                country: country.map(|c| c.parse().unwrap()),
            })
            .collect();
        entry
    }

    fn today() -> Day {
        "2026-11-22".parse().unwrap()
    }

    fn check(mut entries: Vec<Entry>, left: &[&str]) -> Vec<Entry> {
        same_party(&mut entries, &mut [], today());
        assert_eq!(entries.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), left);
        entries
    }

    #[test]
    fn a_shared_hard_identifier_and_a_shared_word_merge() {
        let lei = (IdKind::Lei, "EXAMPLE00LEI00000001", None);
        let merged = check(
            vec![entry("us:1", List::Sdn, "Example Bank", &[lei]), entry("eu:9", List::EuFsf, "EXAMPLE bank JSC", &[lei])],
            &["us:1"],
        );
        assert_eq!(merged[0].lists, [List::Sdn, List::EuFsf].into_iter().collect::<ListSet>());
        assert_eq!(merged[0].names.len(), 2);
        assert!(merged[0].identifiers.iter().any(|i| i.kind == IdKind::ListEntry && i.number == "eu:9"));
        let told: Vec<&str> = merged[0].details.iter().filter(|(f, _)| f == LISTED_BY).map(|(_, t)| t.as_str()).collect();
        assert_eq!(told, ["us:1 on SDN", "eu:9 on EU-FSF"]);
    }

    #[test]
    fn what_is_not_certain_stays_apart() {
        let lei = (IdKind::Lei, "EXAMPLE00LEI00000001", None);
        // Names alone; another source is needed; another name altogether; another issuer; a short number; no issuer.
        check(vec![entry("us:1", List::Sdn, "Example Bank", &[]), entry("eu:9", List::EuFsf, "Example Bank", &[])], &["us:1", "eu:9"]);
        check(vec![entry("us:1", List::Sdn, "Example Bank", &[lei]), entry("us:2", List::Sdn, "Example Bank", &[lei])], &["us:1", "us:2"]);
        check(
            vec![entry("us:1", List::Sdn, "Example Bank", &[lei]), entry("eu:9", List::EuFsf, "Another Firm", &[lei])],
            &["us:1", "eu:9"],
        );
        let pair = |number: &str, first: Option<&str>, second: Option<&str>| {
            vec![
                entry("us:1", List::Sdn, "Example Bank", &[(IdKind::TaxId, number, first)]),
                entry("eu:9", List::EuFsf, "Example Bank", &[(IdKind::TaxId, number, second)]),
            ]
        };
        check(pair("7707083893", Some("RU"), Some("BY")), &["us:1", "eu:9"]);
        check(pair("12345", Some("RU"), Some("RU")), &["us:1", "eu:9"]);
        check(pair("7707083893", None, None), &["us:1", "eu:9"]);
        check(pair("7707083893", Some("RU"), Some("RU")), &["us:1"]);
    }

    #[test]
    fn an_order_that_ends_does_not_lend_its_end() {
        let lei = (IdKind::Lei, "EXAMPLE00LEI00000001", None);
        let mut ending = entry("dpl:1", List::Dpl, "Example Bank", &[lei]);
        ending.to = Some("2026-01-01".parse().unwrap());
        check(vec![entry("us:1", List::Sdn, "Example Bank", &[lei]), ending], &["us:1", "dpl:1"]);
    }

    #[test]
    fn a_citation_merges_and_ownership_follows() {
        let mut entries = vec![
            entry("un:QDe.1", List::UnSc, "Alpha", &[]),
            entry("gb:7", List::UkUksl, "Completely Different", &[(IdKind::ListEntry, "UN:qde.1", None)]),
        ];
        let mut edges = vec![Ownership { owner: "gb:7".into(), owned: "x:1".into(), share_ppm: None }];
        let merged = same_party(&mut entries, &mut edges, today());
        assert_eq!(merged, [Merged { kept: "un:QDe.1".into(), merged: "gb:7".into(), by: "cites".into() }]);
        assert_eq!(edges[0].owner, "un:QDe.1");
    }

    #[test]
    fn a_listing_is_never_late_and_never_early() {
        let lei = (IdKind::Lei, "EXAMPLE00LEI00000001", None);
        let pair = |first: Option<&str>, second: Option<&str>| {
            let mut entries = vec![entry("us:1", List::Sdn, "Example Bank", &[lei]), entry("gb:7", List::UkUksl, "Example Bank", &[lei])];
            entries[0].from = first.map(|d| d.parse().unwrap());
            entries[1].from = second.map(|d| d.parse().unwrap());
            entries
        };
        assert_eq!(check(pair(Some("2020-01-01"), Some("2019-01-01")), &["us:1"])[0].from, Some("2019-01-01".parse().unwrap()));
        assert_eq!(check(pair(Some("2020-01-01"), None), &["us:1"])[0].from, None);
        check(pair(Some("2027-01-01"), None), &["us:1", "gb:7"]);
    }

    #[test]
    fn kinds_agree_or_one_is_a_guess_between_person_and_organization() {
        let imo = (IdKind::Imo, "9187629", None);
        let pair = |kind: Kind, uncertain: bool, other: Kind| {
            let mut entries = vec![entry("us:1", List::Sdn, "Example", &[imo]), entry("gb:7", List::UkUksl, "Example", &[imo])];
            (entries[0].kind, entries[0].kind_uncertain, entries[1].kind) = (kind, uncertain, other);
            entries
        };
        check(pair(Kind::Person, false, Kind::Organization), &["us:1", "gb:7"]);
        check(pair(Kind::Person, true, Kind::Vessel), &["us:1", "gb:7"]);
        let merged = check(pair(Kind::Person, true, Kind::Organization), &["us:1"]);
        assert_eq!((merged[0].kind, merged[0].kind_uncertain), (Kind::Organization, false));
    }

    #[test]
    fn one_source_keeps_its_entries_apart_even_by_way_of_another() {
        let lei = (IdKind::Lei, "EXAMPLE00LEI00000001", None);
        let entries = vec![
            entry("us:1", List::Sdn, "Example", &[lei]),
            entry("us:2", List::Sdn, "Example", &[lei]),
            entry("eu:9", List::EuFsf, "Example", &[lei]),
        ];
        check(entries, &["us:1", "us:2"]);
    }

    #[test]
    fn late_chains_name_the_entry_that_stays() {
        let (a, b, c) =
            ((IdKind::Imo, "9187629", None), (IdKind::Lei, "EXAMPLE00LEI00000001", None), (IdKind::Lei, "EXAMPLE00LEI00000002", None));
        let mut entries = vec![
            entry("a:1", List::Sdn, "Example", &[a]),
            entry("b:1", List::EuFsf, "Example", &[b]),
            entry("c:1", List::UkUksl, "Example", &[b, c]),
            entry("d:1", List::UnSc, "Example", &[a, c]),
        ];
        let merged = same_party(&mut entries, &mut [], today());
        assert!(merged.iter().all(|one| one.kept == "a:1"), "{merged:?}");
        assert_eq!(merged.len(), 3);
        let told: Vec<&str> = entries[0].details.iter().filter(|(f, _)| f == LISTED_BY).map(|(_, t)| t.as_str()).collect();
        assert_eq!(told, ["a:1 on SDN", "d:1 on UN-SC", "b:1 on EU-FSF", "c:1 on UK-UKSL"]);
    }

    #[test]
    fn chains_end_in_one_entry() {
        let (a, b) = ((IdKind::Imo, "9187629", None), (IdKind::Lei, "EXAMPLE00LEI00000001", None));
        let merged = check(
            vec![
                entry("a:1", List::Sdn, "Example", &[a]),
                entry("b:1", List::EuFsf, "Example", &[b]),
                entry("c:1", List::UkUksl, "Example", &[a, b]),
            ],
            &["a:1"],
        );
        assert_eq!(merged[0].lists, [List::Sdn, List::EuFsf, List::UkUksl].into_iter().collect::<ListSet>());
    }
}
