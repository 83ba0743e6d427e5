//! Entries: who is listed, where, since when, and what a list says of a party beside its names.
//!
//! Fields stand in columns, byte by byte, so that the section packs to less than half of what records would. One read of a
//! byte for each byte of a field finds it; what an entry has several of (birth dates, countries, types of identifiers, letters
//! of its id) stands behind what the entries before it have, told for each 64th entry and added up from there.

#[cfg(feature = "write")]
pub(crate) mod write;

use std::cmp::Ordering;
use std::ops::Range;

use crate::bytes::{Planes, u32_at, u64_at};
use crate::date::{Day, PartialDate};
use crate::place::Place;
use crate::words::{IdKind, Kind, List, ListSet};

/// "Unowned", in the column of ownership.
pub(crate) const NO_OFFSET: u32 = u32::MAX;

/// Numbers (u32) at the head of the section.
const FIELDS: usize = 7;

/// Entries in a block, before each of which is told how much stands before it.
const BLOCK: usize = 64;

/// The columns, by the plane of their first byte.
mod column {
    pub(super) const LISTS: usize = 0;
    pub(super) const KIND: usize = 4;
    pub(super) const FLAGS: usize = 5;
    pub(super) const FROM: usize = 6;
    pub(super) const TO: usize = 10;
    pub(super) const OWNERSHIP: usize = 14;
    /// How many birth dates, countries, types of identifiers, bytes of the id: one byte each.
    pub(super) const COUNTS: usize = 18;
    pub(super) const ALL: usize = 22;
}

/// What an entry may have several of, in the order of their columns.
#[derive(Debug, Clone, Copy)]
enum Part {
    Births,
    Countries,
    Held,
    Id,
}

const PARTS: usize = 4;

/// Planes of a birth date (year, month, day), of a country, of a held identifier (type, country), and of the order.
const BIRTH: usize = 4;
const COUNTRY: usize = 2;
const HELD: usize = 3;
const ORDER: usize = 3;

/// The section, with its parts found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entries<'a> {
    count: u32,
    places: &'a [u8],
    columns: Planes<'a>,
    blocks: &'a [u8],
    births: Planes<'a>,
    countries: Planes<'a>,
    held: Planes<'a>,
    ids: &'a [u8],
    /// Entry numbers in ascending order of their keys; without any record the entries themselves are in that order.
    order: Planes<'a>,
    ordered: bool,
}

impl<'a> Entries<'a> {
    /// Finds the parts of a section, and checks their lengths.
    pub(crate) fn open(section: &'a [u8]) -> Result<Self, &'static str> {
        let field = |n: usize| u32_at(section, n * 4).and_then(|n| usize::try_from(n).ok()).ok_or("its head is cut");
        let (count, places, births, countries, held, ids) = (field(0)?, field(1)?, field(2)?, field(3)?, field(4)?, field(5)?);
        let ordered = match field(6)? {
            0 => true,
            1 => false,
            _ => return Err("nobody knows its order"),
        };
        let mut rest = section.get(FIELDS * 4..).unwrap_or_default();
        let mut part = |records: usize, width: usize| -> Result<&'a [u8], &'static str> {
            let split = records.checked_mul(width).and_then(|len| rest.split_at_checked(len));
            let (part, after) = split.ok_or("it ends before its parts do")?;
            rest = after;
            Ok(part)
        };
        let planes = |data: &'a [u8], records, width| Planes::new(data, records, width).ok_or("it ends before its parts do");
        let in_order = if ordered { 0 } else { count };
        let entries = Self {
            count: u32::try_from(count).unwrap_or(0),
            places: part(places, 8)?,
            columns: planes(part(count, column::ALL)?, count, column::ALL)?,
            blocks: part(count.div_ceil(BLOCK), PARTS * 4)?,
            births: planes(part(births, BIRTH)?, births, BIRTH)?,
            countries: planes(part(countries, COUNTRY)?, countries, COUNTRY)?,
            held: planes(part(held, HELD)?, held, HELD)?,
            ids: part(ids, 1)?,
            order: planes(part(in_order, ORDER)?, in_order, ORDER)?,
            ordered,
        };
        if rest.is_empty() { Ok(entries) } else { Err("something follows its parts") }
    }

    pub(crate) fn len(&self) -> u32 {
        self.count
    }

    /// An entry by its number, `None` past the last or if it is damaged.
    pub(crate) fn get(&self, number: u32) -> Option<EntryView<'a>> {
        let at = usize::try_from(number).ok()?;
        let field = |plane, width| self.columns.uint(at, plane, width);
        Some(EntryView {
            number,
            lists: ListSet(field(column::LISTS, 4)?),
            kind: Kind::from_code(u8::try_from(field(column::KIND, 1)?).ok()?)?,
            address_only: field(column::FLAGS, 1)? & 1 != 0,
            from: Day(field(column::FROM, 4)? as i32),
            to: Day(field(column::TO, 4)? as i32),
            ownership: field(column::OWNERSHIP, 4)?,
            entries: *self,
        })
    }

    /// A place by its number: `Some(None)` for 0, "none"; `None` for a number that is not there.
    pub(crate) fn place(&self, number: u64) -> Option<Option<Place>> {
        let Some(at) = number.checked_sub(1) else { return Some(None) };
        let at = usize::try_from(at).ok()?.checked_mul(8)?;
        Place::from_u64(u64_at(self.places, at)?).map(Some)
    }

    /// Where what an entry has of a part stands among what all have.
    fn range(&self, number: u32, part: Part) -> Option<Range<usize>> {
        let (at, part) = (usize::try_from(number).ok()?, part as usize);
        let counts = self.columns.plane(column::COUNTS + part);
        let first = at - at % BLOCK;
        let before: usize = counts.get(first..at)?.iter().map(|count| usize::from(*count)).sum();
        let told = usize::try_from(u32_at(self.blocks, (at / BLOCK * PARTS + part) * 4)?).ok()?;
        let from = told.checked_add(before)?;
        Some(from..from.checked_add(usize::from(*counts.get(at)?))?)
    }

    fn id(&self, number: u32) -> Option<&'a str> {
        std::str::from_utf8(self.ids.get(self.range(number, Part::Id)?)?).ok()
    }

    /// The entry at a place of the ascending order of keys.
    fn in_order(&self, at: u32) -> Option<u32> {
        if self.ordered { (at < self.count).then_some(at) } else { self.order.uint(usize::try_from(at).ok()?, 0, ORDER) }
    }

    /// The entries whose id, trimmed and in lower case, is this.
    pub(crate) fn with_key(&self, key: &str) -> impl Iterator<Item = u32> + use<'a> {
        let first_not = |below: &dyn Fn(Ordering) -> bool| {
            let (mut low, mut high) = (0, self.count);
            while low < high {
                let middle = low + (high - low) / 2;
                let id = self.in_order(middle).and_then(|number| self.id(number)).unwrap_or_default();
                if below(folded(id).cmp(key.chars())) { low = middle + 1 } else { high = middle }
            }
            low
        };
        let this = *self;
        (first_not(&|order| order == Ordering::Less)..first_not(&|order| order != Ordering::Greater))
            .filter_map(move |at| this.in_order(at))
    }

    /// Checks that every entry is whole, that the blocks tell what stands before them, and that the order is one.
    pub(crate) fn verify(&self) -> Result<(), String> {
        if self.places.chunks_exact(8).any(|place| u64_at(place, 0).and_then(Place::from_u64).is_none()) {
            return Err("a place of it is none".to_owned());
        }
        let all_lists = (1_u32 << List::ALL.len()) - 1;
        let mut ends = [0_usize; PARTS];
        for number in 0..self.count {
            let damaged = || format!("entry {number} is damaged");
            let entry = self.get(number).ok_or_else(damaged)?;
            for (part, end) in [Part::Births, Part::Countries, Part::Held, Part::Id].into_iter().zip(&mut ends) {
                let range = self.range(number, part).filter(|range| range.start == *end).ok_or_else(damaged)?;
                *end = range.end;
            }
            let count = |part| self.range(number, part).map_or(0, |range| range.len());
            let complete = !entry.id().is_empty()
                && entry.lists.0 & !all_lists == 0
                && self.columns.uint(number as usize, column::FLAGS, 1).is_some_and(|flags| flags <= 1)
                && entry.birth_dates().count() == count(Part::Births)
                && entry.countries().count() == count(Part::Countries)
                && entry.held_identifiers().count() == count(Part::Held);
            if !complete {
                return Err(damaged());
            }
        }
        if ends != [self.births.plane(0).len(), self.countries.plane(0).len(), self.held.plane(0).len(), self.ids.len()] {
            return Err("its parts hold more than its entries have".to_owned());
        }
        let mut seen = vec![false; self.count as usize];
        let mut before = "";
        for at in 0..self.count {
            let number = self.in_order(at).unwrap_or(self.count);
            let new = seen.get_mut(number as usize).is_some_and(|seen| !std::mem::replace(seen, true));
            let id = self.id(number).unwrap_or_default();
            if !new || folded(before).cmp(folded(id)) == Ordering::Greater {
                return Err(format!("its order is none at place {at}"));
            }
            before = id;
        }
        Ok(())
    }
}

/// An id as it is looked for: trimmed, in lower case. As [`identifier_key`](crate::normal::identifier_key) has it.
pub(crate) fn folded(id: &str) -> impl Iterator<Item = char> {
    id.trim().chars().flat_map(crate::lower::lower)
}

/// One entry, read in place.
#[derive(Debug, Clone, Copy)]
pub struct EntryView<'a> {
    /// Its number in this blob.
    pub number: u32,
    /// Legal categories; empty for a party that is here only because listed parties own it.
    pub lists: ListSet,
    /// What it is.
    pub kind: Kind,
    /// It lists an address and no party.
    pub address_only: bool,
    from: Day,
    to: Day,
    pub(crate) ownership: u32,
    entries: Entries<'a>,
}

impl<'a> EntryView<'a> {
    /// Source id and the list's own id: `us_ofac_sdn:36`. Empty if it is damaged.
    pub fn id(&self) -> &'a str {
        self.entries.id(self.number).unwrap_or_default()
    }

    /// The source id alone.
    pub fn source(&self) -> &'a str {
        let id = self.id();
        id.split_once(':').map_or(id, |(source, _)| source)
    }

    /// Whether the listing has effect on a day.
    pub fn in_force(&self, day: Day) -> bool {
        self.from <= day && day <= self.to
    }

    /// First and last day of effect; `None` where the source tells none.
    pub fn validity(&self) -> (Option<Day>, Option<Day>) {
        (Some(self.from).filter(|day| day.0 != i32::MIN), Some(self.to).filter(|day| day.0 != i32::MAX))
    }

    /// Birth dates, or dates of formation.
    pub fn birth_dates(&self) -> impl Iterator<Item = PartialDate> + use<'a> {
        let births = self.entries.births;
        self.range(Part::Births).filter_map(move |at| {
            let (year, month, day) = (births.uint(at, 0, 2)?, births.uint(at, 2, 1)?, births.uint(at, 3, 1)?);
            // A month or day past two digits must not become another date.
            PartialDate::from_code(year * 10_000 + month * 100 + day).filter(|_| month <= 12 && day <= 31)
        })
    }

    /// Types of the identifiers that the entry holds, and who issued them. Whether it holds a certain number is asked of
    /// [`Blob::by_identifier`](crate::Blob::by_identifier); with both, that a requester's own number is another one can be told.
    pub fn held_identifiers(&self) -> impl Iterator<Item = HeldIdentifier> + use<'a> {
        let entries = self.entries;
        self.range(Part::Held).filter_map(move |at| {
            let kind = IdKind::from_code(u8::try_from(entries.held.uint(at, 0, 1)?).ok()?)?;
            Some(HeldIdentifier { kind, country: entries.place(entries.held.uint(at, 1, 2)?.into())? })
        })
    }

    /// Places that speak for identity: nationality, residence, flag.
    pub fn countries(&self) -> impl Iterator<Item = Place> + use<'a> {
        let entries = self.entries;
        self.range(Part::Countries).filter_map(move |at| entries.place(entries.countries.uint(at, 0, COUNTRY)?.into()).flatten())
    }

    fn range(&self, part: Part) -> Range<usize> {
        self.entries.range(self.number, part).unwrap_or(0..0)
    }
}

/// A type of identifier that an entry holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldIdentifier {
    /// The type.
    pub kind: IdKind,
    /// Who issued it, if the list says so.
    pub country: Option<Place>,
}
