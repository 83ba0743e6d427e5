//! The section of entries: what went in comes out in any order of ids, and no crafted byte is believed. Needs the feature `write`.
#![allow(missing_docs)]

mod common;

use std::collections::BTreeSet;

use common::{exercise, named, sample};
use proptest::prelude::*;
use weighbridge_blob::date::{Day, PartialDate};
use weighbridge_blob::format::rehash;
use weighbridge_blob::model::*;
use weighbridge_blob::normal::identifier_key;
use weighbridge_blob::place::Place;
use weighbridge_blob::words::*;
use weighbridge_blob::write::{BlobInput, write};
use weighbridge_blob::{Blob, SectionKind};

/// As many as fill more than one block.
fn parties() -> impl Strategy<Value = Vec<Entry>> {
    let date = (1_u16..=9999, 0_u8..=12, 0_u8..=28).prop_map(|(year, month, day)| PartialDate {
        year,
        month: (month > 0).then_some(month),
        day: (month > 0 && day > 0).then_some(day),
    });
    let country = prop::sample::select(vec!["CU", "DE", "IR", "UA-43", "US", "ZZ"]).prop_map(|code| code.parse::<Place>().unwrap());
    let identifier =
        (prop::sample::select(vec![IdKind::Passport, IdKind::Imo, IdKind::TaxId]), "[0-9]{3,8}", prop::option::of(country.clone()))
            .prop_map(|(kind, number, country)| Identifier { kind, number, country });
    let party = (
        prop::collection::vec(date, 0..4),
        prop::collection::vec(country, 0..4),
        prop::collection::vec(identifier, 0..4),
        prop::option::of(-40_000_i32..40_000),
        prop::option::of(-40_000_i32..40_000),
        1_u32..1 << List::ALL.len(),
    );
    prop::collection::btree_map("[a-zA-Z0-9]{4,9}", party, 1..150).prop_map(|parties| {
        let entry = |(id, (births, countries, identifiers, from, to, lists)): (String, _)| {
            let mut entry = named(&format!("s:{id}"), List::Sdn, Kind::Person, &[("Vela Example", NameRole::Primary)]);
            (entry.birth_dates, entry.countries, entry.identifiers) = (births, countries, identifiers);
            (entry.from, entry.to, entry.lists) = (Option::map(from, Day), Option::map(to, Day), ListSet(lists));
            entry
        };
        parties.into_iter().map(entry).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_went_in_comes_out_in_any_order(mut entries in parties(), shuffled in any::<bool>()) {
        if shuffled {
            entries.sort_by_key(|entry| entry.id.bytes().rev().collect::<Vec<_>>());
        } else {
            entries.sort_by_key(|entry| entry.id.to_lowercase());
        }
        let input = BlobInput { entries, ownership: Vec::new(), ..sample() };
        let bytes = write(&input).unwrap();
        let blob = Blob::open(&bytes).unwrap();
        for (number, entry) in (0_u32..).zip(&input.entries) {
            let view = blob.entry(number).unwrap();
            prop_assert_eq!((view.id(), view.lists, view.validity()), (entry.id.as_str(), entry.lists, (entry.from, entry.to)));
            prop_assert_eq!(view.birth_dates().collect::<Vec<_>>(), Vec::from_iter(entry.birth_dates.iter().copied().collect::<BTreeSet<_>>()));
            prop_assert_eq!(view.countries().collect::<BTreeSet<_>>(), entry.countries.iter().copied().collect::<BTreeSet<_>>());
            let key = |i: &Identifier| identifier_key(i.kind, &i.number, blob.words().decompositions());
            let held: BTreeSet<_> = entry.identifiers.iter().filter(|i| key(i).is_some()).map(|i| (i.kind.code(), i.country)).collect();
            prop_assert_eq!(view.held_identifiers().map(|h| (h.kind.code(), h.country)).collect::<BTreeSet<_>>(), held);
            for identifier in &entry.identifiers {
                let Some(key) = key(identifier) else { continue };
                prop_assert!(blob.by_identifier(&key).any(|hit| (hit.entry, hit.country) == (number, identifier.country)));
            }
            // By its own id, and in any spelling of it; ids that differ by case alone lead to each other too.
            prop_assert_eq!(blob.entry_by_id(&entry.id).map(|e| e.number), Some(number));
            let own = identifier_key(IdKind::ListEntry, &format!(" {} ", entry.id.to_uppercase()), blob.words().decompositions()).unwrap();
            let alike: BTreeSet<u32> =
                (0_u32..).zip(&input.entries).filter(|(_, e)| e.id.to_lowercase() == entry.id.to_lowercase()).map(|(n, _)| n).collect();
            prop_assert_eq!(blob.by_identifier(&own).map(|hit| hit.entry).collect::<BTreeSet<_>>(), alike);
        }
        prop_assert!(blob.entry_by_id("s:").is_none() && blob.entry_by_id("t:none").is_none() && blob.entry_by_id("").is_none());
        prop_assert!(blob.entry(input.entries.len() as u32).is_none());
    }
}

/// Every byte of the section, changed: the full check refuses it, or what is read is still within bounds and in order.
#[test]
fn every_changed_byte_is_noticed_or_harmless() {
    let mut input = sample();
    input.entries.swap(0, 2);
    let good = write(&input).unwrap();
    let blob = Blob::open(&good).unwrap();
    let section = blob.sections().find(|s| s.kind == SectionKind::Entries).unwrap();
    let mut refused = 0;
    for at in section.offset..section.offset + section.data.len() {
        for value in [0x00, 0x01, 0x7f, 0x80, 0xff] {
            let mut bytes = good.clone();
            bytes[at] = value;
            rehash(&mut bytes);
            refused += usize::from(Blob::open(&bytes).is_err());
            exercise(&bytes);
        }
    }
    // Counts, numbers of places, offsets, the order and the ids of this small section are most of it.
    assert!(refused > section.data.len(), "{refused} of {} bytes", section.data.len());
    for cut in 0..section.data.len() {
        let mut bytes = good.clone();
        bytes.drain(section.offset + cut..section.offset + section.data.len());
        rehash(&mut bytes);
        exercise(&bytes);
    }
}

#[test]
fn an_id_longer_than_its_column_tells_is_refused() {
    let mut input = sample();
    input.entries[0].id = format!("us:{}", "9".repeat(253));
    let error = write(&BlobInput { ownership: Vec::new(), ..input }).unwrap_err().to_string();
    assert!(error.contains("256 bytes in its id"), "{error}");
}
