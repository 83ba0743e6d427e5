//! The builder's side: entries into their section.

use std::collections::{BTreeMap, BTreeSet};

use super::{BLOCK, NO_OFFSET, ORDER, folded};
use crate::bytes::put_planes;
use crate::model::Entry;
use crate::normal::{Decompositions, identifier_key};
use crate::place::Place;
use crate::write::WriteError;

/// Places by the numbers that entries and identifiers name them by: from 1 on, ascending; 0 is none.
#[derive(Debug, Default)]
pub(crate) struct PlaceNumbers(BTreeMap<Place, u16>);

impl PlaceNumbers {
    fn of(entries: &[Entry]) -> Result<Self, WriteError> {
        let issuers = |entry: &Entry| entry.identifiers.iter().filter_map(|i| i.country).collect::<Vec<_>>();
        let places: BTreeSet<Place> = entries.iter().flat_map(|e| issuers(e).into_iter().chain(e.countries.iter().copied())).collect();
        let mut numbers = BTreeMap::new();
        for (place, number) in places.into_iter().zip(1_u32..) {
            numbers.insert(place, u16::try_from(number).map_err(|_| WriteError::Limit("places of entries"))?);
        }
        Ok(Self(numbers))
    }

    /// The number of a place.
    pub(crate) fn of_place(&self, place: Option<Place>) -> u16 {
        place.and_then(|place| self.0.get(&place).copied()).unwrap_or(0)
    }
}

/// The section, and the numbers of the places in it. `ownership_at`: where the owners of an entry stand.
pub(crate) fn section(entries: &[Entry], ownership_at: &BTreeMap<u32, u32>) -> Result<(Vec<u8>, PlaceNumbers), WriteError> {
    let limit = |n: usize| u32::try_from(n).map_err(|_| WriteError::Limit("entries"));
    if entries.len() >= 1 << (ORDER * 8) {
        return Err(WriteError::Limit("entries"));
    }
    let places = PlaceNumbers::of(entries)?;
    let (mut columns, mut blocks) = (Vec::new(), Vec::new());
    let (mut births, mut countries, mut held, mut ids) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (number, entry) in (0_u32..).zip(entries) {
        if (number as usize).is_multiple_of(BLOCK) {
            for before in [births.len(), countries.len(), held.len(), ids.len()] {
                blocks.extend(limit(before)?.to_le_bytes());
            }
        }
        let small = |got: usize, what| u8::try_from(got).map_err(|_| WriteError::TooMany { entry: entry.id.clone(), what, got });
        let dates: BTreeSet<_> = entry.birth_dates.iter().copied().collect();
        let at: BTreeSet<_> = entry.countries.iter().map(|place| places.of_place(Some(*place))).collect();
        // A number that is no key cannot be asked for, so it says nothing of another number either.
        let keyed = entry.identifiers.iter().filter(|i| identifier_key(i.kind, &i.number, &Decompositions::shipped()).is_some());
        let kinds: BTreeSet<_> = keyed.map(|i| (i.kind.code(), places.of_place(i.country))).collect();
        let mut record = [0_u8; super::column::ALL];
        let fields = [
            entry.lists.0.to_le_bytes().as_slice(),
            &[entry.kind.code(), u8::from(entry.address_only)],
            &entry.from.map_or(i32::MIN, |d| d.0).to_le_bytes(),
            &entry.to.map_or(i32::MAX, |d| d.0).to_le_bytes(),
            &ownership_at.get(&number).copied().unwrap_or(NO_OFFSET).to_le_bytes(),
            &[
                small(dates.len(), "birth dates")?,
                small(at.len(), "countries")?,
                small(kinds.len(), "types of identifiers")?,
                small(entry.id.len(), "bytes in its id")?,
            ],
        ]
        .concat();
        record.iter_mut().zip(fields).for_each(|(slot, byte)| *slot = byte);
        columns.push(record);
        births.extend(dates.iter().map(|date| {
            let [low, high] = date.year.to_le_bytes();
            [low, high, date.month.unwrap_or(0), date.day.unwrap_or(0)]
        }));
        countries.extend(at.iter().map(|place| place.to_le_bytes()));
        held.extend(kinds.iter().map(|(kind, place)| {
            let [low, high] = place.to_le_bytes();
            [*kind, low, high]
        }));
        ids.extend_from_slice(entry.id.as_bytes());
    }
    let mut order: Vec<u32> = (0_u32..).zip(entries).map(|(number, _)| number).collect();
    let keys: Vec<String> = entries.iter().map(|entry| folded(&entry.id).collect()).collect();
    order.sort_by_key(|number| keys.get(*number as usize));
    let ordered = order.is_sorted();

    let mut out = Vec::new();
    for count in [entries.len(), places.0.len(), births.len(), countries.len(), held.len(), ids.len(), usize::from(!ordered)] {
        out.extend(limit(count)?.to_le_bytes());
    }
    places.0.keys().for_each(|place| out.extend(place.to_u64().to_le_bytes()));
    put_planes(&mut out, &columns);
    out.extend(blocks);
    put_planes(&mut out, &births);
    put_planes(&mut out, &countries);
    put_planes(&mut out, &held);
    out.extend(ids);
    if !ordered {
        let numbers: Vec<[u8; ORDER]> = order.iter().map(|n| n.to_le_bytes()).map(|[a, b, c, _]| [a, b, c]).collect();
        put_planes(&mut out, &numbers);
    }
    Ok((out, places))
}
