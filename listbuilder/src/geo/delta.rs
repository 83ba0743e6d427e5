//! Deltas of facts: the spans of addresses whose place changed between two databases, compact and compressed.
//!
//! A delta of the finished table would be many times the size, since everything behind a change moves in it. So facts travel,
//! and the builder makes the table anew.
//!
//! The file: `WBGEO\x00\x01\n`, BLAKE3 of the old and of the new facts (32 bytes each), then a raw DEFLATE stream of: number of
//! places, each a u64; number of spans; then four columns, one value for each span: unchanged addresses before it, addresses
//! less one, and its place (0 = none, else the number of the place). Numbers are LEB128; addresses are written as the number of
//! zero bits at the end, then the rest, because networks are powers of two.

use super::joined;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use weighbridge_blob::model::PlaceRange;
use weighbridge_blob::place::Place;

const MAGIC: &[u8; 8] = b"WBGEO\x00\x01\n";
/// More than a delta of whole databases has.
const MAX_BYTES: u64 = 256 << 20;

/// Why a delta cannot be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeltaError {
    /// It is none.
    #[error("not a delta of places, or of another version; make one with `weighbridge geo delta`")]
    Magic,
    /// It is damaged.
    #[error("the delta is damaged; fetch it again")]
    Damaged,
    /// It was made from other facts.
    #[error("the delta starts from other facts than these; apply the deltas in their order, each to the result of the one before")]
    Base,
    /// What came out is not what the delta was made for.
    #[error("what the delta makes of these facts is not what it was made for; fetch it again")]
    Result,
}

/// A span of addresses whose place changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    first: u128,
    last: u128,
    place: Option<Place>,
}

/// BLAKE3 of facts, however they are cut into ranges.
pub fn digest(ranges: &[PlaceRange]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for range in joined(ranges.to_vec()) {
        hasher.update(&range.first.to_le_bytes());
        hasher.update(&range.last.to_le_bytes());
        hasher.update(&range.place.to_u64().to_le_bytes());
    }
    *hasher.finalize().as_bytes()
}

/// The delta from one set of facts to another. Both are sorted and without overlap. Also tells the number of spans.
pub fn make(old: &[PlaceRange], new: &[PlaceRange]) -> (Vec<u8>, usize) {
    let spans = changed(old, new);
    let mut places: BTreeMap<u64, u64> = BTreeMap::new();
    for span in &spans {
        if let Some(place) = span.place {
            places.insert(place.to_u64(), 0);
        }
    }
    places.values_mut().zip(1..).for_each(|(number, n)| *number = n);
    let mut body = Vec::new();
    put(&mut body, places.len() as u128);
    places.keys().for_each(|code| body.extend(code.to_le_bytes()));
    put(&mut body, spans.len() as u128);
    // Columns compress better than rows: like stands beside like.
    let (mut gap_bits, mut gaps, mut lengths, mut codes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut next = 0_u128;
    for span in &spans {
        let gap = span.first.wrapping_sub(next);
        let zeros = gap.trailing_zeros().min(127);
        gap_bits.push(zeros as u8);
        put(&mut gaps, gap >> zeros);
        let length = span.last - span.first;
        let ones = length.trailing_ones().min(127);
        lengths.push(ones as u8);
        put(&mut lengths, length >> ones);
        put(&mut codes, span.place.map_or(0, |place| places.get(&place.to_u64()).copied().unwrap_or(0)).into());
        next = span.last.wrapping_add(1);
    }
    for column in [gap_bits, gaps, lengths, codes] {
        put(&mut body, column.len() as u128);
        body.extend(column);
    }
    let mut out = MAGIC.to_vec();
    out.extend(digest(old));
    out.extend(digest(new));
    let mut encoder = DeflateEncoder::new(out, Compression::best());
    // Writing to memory does not fail.
    let _infallible = encoder.write_all(&body);
    (encoder.finish().unwrap_or_default(), spans.len())
}

/// The facts that a delta makes of others.
///
/// # Errors
/// [`DeltaError`]; nothing is applied in part.
pub fn apply(old: &[PlaceRange], delta: &[u8]) -> Result<Vec<PlaceRange>, DeltaError> {
    let rest = delta.strip_prefix(MAGIC).ok_or(DeltaError::Magic)?;
    let (from, rest) = rest.split_first_chunk::<32>().ok_or(DeltaError::Damaged)?;
    let (to, rest) = rest.split_first_chunk::<32>().ok_or(DeltaError::Damaged)?;
    if digest(old) != *from {
        return Err(DeltaError::Base);
    }
    let mut body = Vec::new();
    DeflateDecoder::new(rest).take(MAX_BYTES).read_to_end(&mut body).map_err(|_| DeltaError::Damaged)?;
    let spans = spans(&body).ok_or(DeltaError::Damaged)?;
    let new = replaced(old, &spans);
    if digest(&new) == *to { Ok(new) } else { Err(DeltaError::Result) }
}

fn spans(body: &[u8]) -> Option<Vec<Span>> {
    let mut rest = body;
    let mut places = Vec::new();
    for _ in 0..get(&mut rest)? {
        let (code, behind) = rest.split_first_chunk::<8>()?;
        places.push(Place::from_u64(u64::from_le_bytes(*code))?);
        rest = behind;
    }
    let count = get(&mut rest)?;
    let mut column = || {
        let len = usize::try_from(get(&mut rest)?).ok()?;
        let (column, behind) = rest.split_at_checked(len)?;
        rest = behind;
        Some(column)
    };
    let (mut gap_bits, mut gaps, mut lengths, mut codes) = (column()?, column()?, column()?, column()?);
    let mut out = Vec::new();
    let mut next = Some(0_u128);
    for _ in 0..count {
        let zeros = byte(&mut gap_bits)?;
        let gap = get(&mut gaps)?.checked_mul(1_u128.checked_shl(zeros.into())?)?;
        let ones = byte(&mut lengths)?;
        let below = 1_u128.checked_shl(ones.into())?;
        let length = get(&mut lengths)?.checked_mul(below)?.checked_add(below - 1)?;
        let place = match usize::try_from(get(&mut codes)?).ok()? {
            0 => None,
            number => Some(*places.get(number - 1)?),
        };
        let first = next?.checked_add(gap)?;
        let last = first.checked_add(length)?;
        next = last.checked_add(1);
        out.push(Span { first, last, place });
    }
    (rest.is_empty() && [gap_bits, gaps, lengths, codes].iter().all(|column| column.is_empty())).then_some(out)
}

/// The spans on which two sets of facts differ, neighbours with one new place joined.
fn changed(old: &[PlaceRange], new: &[PlaceRange]) -> Vec<Span> {
    let (mut out, mut at, mut to): (Vec<Span>, _, _) = (Vec::new(), 0, 0);
    let mut from = Some(0_u128);
    while let Some(first) = from {
        while old.get(at).is_some_and(|range| range.last < first) {
            at += 1;
        }
        while new.get(to).is_some_and(|range| range.last < first) {
            to += 1;
        }
        // Each says one thing from here up to its next edge.
        let piece = |range: Option<&PlaceRange>| match range {
            Some(range) if range.first <= first => (Some(range.place), range.last),
            Some(range) => (None, range.first - 1),
            None => (None, u128::MAX),
        };
        let ((before, a), (after, b)) = (piece(old.get(at)), piece(new.get(to)));
        let last = a.min(b);
        if before != after {
            match out.last_mut() {
                Some(span) if span.place == after && span.last.checked_add(1) == Some(first) => span.last = last,
                _ => out.push(Span { first, last, place: after }),
            }
        }
        from = last.checked_add(1);
    }
    out
}

fn replaced(old: &[PlaceRange], spans: &[Span]) -> Vec<PlaceRange> {
    let corrections: Vec<_> = spans.iter().map(|s| super::overlay::Correction { first: s.first, last: s.last, place: s.place }).collect();
    super::overlay::lay_sorted(old, &corrections)
}

fn put(out: &mut Vec<u8>, mut value: u128) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn get(from: &mut &[u8]) -> Option<u128> {
    let mut value = 0_u128;
    for shift in (0..128).step_by(7) {
        let next = byte(from)?;
        let bits = u128::from(next & 0x7f);
        if bits << shift >> shift != bits {
            return None;
        }
        value |= bits << shift;
        if next & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn byte(from: &mut &[u8]) -> Option<u8> {
    let (first, rest) = from.split_first()?;
    *from = rest;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn facts() -> impl Strategy<Value = Vec<PlaceRange>> {
        let cut =
            prop_oneof![any::<u128>(), (0_u128..5_000).prop_map(|n| 0xffff_0000_0000 + (n << 8)), (0_u128..300).prop_map(|n| n << 100)];
        (prop::collection::btree_set(cut, 0..60), prop::collection::vec(0_usize..5, 60)).prop_map(|(cuts, codes)| {
            let names = ["", "DE", "FR", "UA-43", "IR"];
            let cuts: Vec<u128> = cuts.into_iter().collect();
            let pairs = cuts.windows(2).zip(codes);
            let ranges =
                pairs.filter_map(|(pair, code)| Some(PlaceRange { first: pair[0], last: pair[1] - 1, place: names[code].parse().ok()? }));
            joined(ranges.collect())
        })
    }

    proptest! {
        #[test]
        fn a_delta_makes_the_new_facts_of_the_old(old in facts(), new in facts()) {
            let (delta, _) = make(&old, &new);
            prop_assert_eq!(apply(&old, &delta), Ok(new.clone()));
            prop_assert_eq!(&make(&old, &new).0, &delta);
            if old != new {
                prop_assert_eq!(apply(&new, &delta), Err(DeltaError::Base));
            } else {
                prop_assert_eq!(make(&old, &new).1, 0);
            }
        }

        #[test]
        fn damaged_deltas_are_refused(old in facts(), new in facts(), at in any::<prop::sample::Index>(), bit in 0_u8..8, cut in any::<bool>()) {
            let (mut delta, _) = make(&old, &new);
            let at = at.index(delta.len());
            if cut { delta.truncate(at) } else { delta[at] ^= 1 << bit }
            // A bit that the stream does not need.
            if let Ok(facts) = apply(&old, &delta) {
                prop_assert_eq!(facts, new);
            }
        }
    }
}
