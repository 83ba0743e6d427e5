//! The builder: sorted ranges to the bytes of a trie. One input gives the same bytes on every machine.
#![allow(clippy::indexing_slicing, reason = "runs in the builder alone, on vectors that it made itself")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::node::{COARSEST, Entry, HAS_CHILDREN, LIST, LONGEST_LIST, Labels, PADDING};
use super::read::{Family, HEADER_LEN, LEAF, VERSION, WORD_LEN};

/// A run of addresses with one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// First address, as a number.
    pub first: u128,
    /// Last address, inclusive.
    pub last: u128,
    /// What it says.
    pub label: u16,
}

impl Range {
    /// A run of IPv4 addresses.
    pub fn v4(first: u32, last: u32, label: u16) -> Self {
        Self { first: first.into(), last: last.into(), label }
    }
}

/// Why no trie can be made of ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Ranges must ascend, without overlap, within the family.
    #[error("the ranges overlap, are out of order or leave the family at address number {0:#x}")]
    Order(u128),
    /// The nodes take more than the 8 MiB that an offset can reach.
    #[error("the ranges need more than 8 MiB of nodes; fewer distinctions are needed")]
    TooLarge,
}

/// Makes a trie of ranges in ascending order; addresses between them get label 0, and so do ranges with that label.
///
/// # Errors
/// [`BuildError`].
pub fn build(family: Family, ranges: impl IntoIterator<Item = Range>) -> Result<Vec<u8>, BuildError> {
    let starts = starts(family, ranges)?;
    let labels: BTreeSet<u16> = starts.iter().map(|(_, label)| *label).collect();
    let codes: BTreeMap<u16, u16> = labels.iter().copied().zip(0..=u16::MAX).collect();
    let starts: Vec<(u128, u16)> = starts.iter().map(|(start, label)| (start << (128 - family.bits()), codes[label])).collect();
    let mut builder = Builder { wide: labels.len() > 256, nodes: Vec::new(), known: HashMap::new() };
    let slots = builder.slots(&starts, 0, 16)?;

    let (first, rest) = slots.split_first().ok_or(BuildError::TooLarge)?;
    // Words stand from the first start on, of which there is none before slot 1: slot 0 is in the first entry.
    let base = rest.first().map_or(0, |(slot, _)| slot / 64 * 64);
    let count = rest.last().map_or(0, |(slot, _)| (slot - base) / 64 + 1);
    let mut words = vec![0_u64; count as usize];
    for (slot, _) in rest {
        words[((slot - base) / 64) as usize] |= 1 << (slot % 64);
    }
    let mut entries = Vec::new();
    for (_, entry) in std::iter::once(first).chain(rest) {
        let value = match entry {
            Entry::Code(code) => LEAF | u32::from(*code),
            Entry::Node(offset) => *offset,
        };
        entries.extend_from_slice(&value.to_le_bytes()[..3]);
    }
    builder.nodes.resize(builder.nodes.len() + PADDING, 0);

    let mut out = vec![VERSION, family.bits(), if builder.wide { 2 } else { 1 }, 0];
    for number in [base as usize, words.len(), entries.len() / 3, labels.len(), builder.nodes.len()] {
        out.extend(u32::try_from(number).map_err(|_| BuildError::TooLarge)?.to_le_bytes());
    }
    out.resize(HEADER_LEN, 0);
    let mut before = 0;
    for word in words {
        out.extend(u16::try_from(before).map_err(|_| BuildError::TooLarge)?.to_le_bytes());
        out.extend(word.to_le_bytes());
        before += word.count_ones();
    }
    debug_assert_eq!((out.len() - HEADER_LEN) % WORD_LEN, 0);
    out.extend(entries);
    labels.iter().for_each(|label| out.extend(label.to_le_bytes()));
    out.extend(builder.nodes);
    Ok(out)
}

/// Where each run starts and what it says; neighbours differ, and the first starts at 0.
fn starts(family: Family, ranges: impl IntoIterator<Item = Range>) -> Result<Vec<(u128, u16)>, BuildError> {
    let mut starts: Vec<(u128, u16)> = Vec::new();
    let mut put = |start: u128, label: u16| match starts.last() {
        Some((_, before)) if *before == label => {}
        _ => starts.push((start, label)),
    };
    let mut next = Some(0_u128);
    for range in ranges {
        let free = next.is_some_and(|next| next <= range.first);
        if !free || range.last < range.first || range.last > family.last() {
            return Err(BuildError::Order(range.first));
        }
        if next != Some(range.first) {
            put(next.unwrap_or(0), 0);
        }
        put(range.first, range.label);
        next = if range.last == family.last() { None } else { range.last.checked_add(1) };
    }
    if let Some(rest) = next {
        put(rest, 0);
    }
    Ok(starts)
}

struct Builder {
    wide: bool,
    nodes: Vec<u8>,
    /// Equal nodes stand once.
    known: HashMap<Vec<u8>, u32>,
}

impl Builder {
    /// The runs of slots below a prefix of `depth` bits, each slot `width` bits more. `starts` holds the runs of addresses
    /// that touch the prefix, left-aligned; the first may start before it.
    fn slots(&mut self, starts: &[(u128, u16)], depth: u32, width: u32) -> Result<Vec<(u32, Entry)>, BuildError> {
        let slot_bits = 128 - depth - width;
        let slot_of = |start: u128| (start >> slot_bits) as u32 & ((1 << width) - 1);
        let within = |start: u128| slot_bits > 0 && start & ((1 << slot_bits) - 1) != 0;
        let mut runs: Vec<(u32, Entry)> = Vec::new();
        let mut put = |slot: u32, entry: Entry| {
            // What was said of the slot was true of its beginning only.
            runs.pop_if(|(before, _)| *before == slot);
            if runs.last().is_none_or(|(_, before)| *before != entry) {
                runs.push((slot, entry));
            }
        };
        let Some(((_, first), rest)) = starts.split_first() else { return Ok(Vec::new()) };
        put(0, Entry::Code(*first));
        let mut at = 0;
        while let Some((start, code)) = rest.get(at) {
            let slot = slot_of(*start);
            let same = rest[at..].iter().take_while(|(start, _)| slot_of(*start) == slot).count();
            if same == 1 && !within(*start) {
                put(slot, Entry::Code(*code));
            } else {
                // What the slot begins with: this run if it starts there, or the one before.
                let from = if within(*start) { at } else { at + 1 };
                let node = self.node(&starts[from..=at + same], depth + width)?;
                put(slot, node);
                let (_, last) = rest[at + same - 1];
                if slot + 1 < 1 << width {
                    put(slot + 1, Entry::Code(last));
                }
            }
            at += same;
        }
        Ok(runs)
    }

    fn node(&mut self, starts: &[(u128, u16)], depth: u32) -> Result<Entry, BuildError> {
        let runs = self.slots(starts, depth, 8)?;
        let bytes = encode(&runs, self.wide);
        if let Some(offset) = self.known.get(&bytes) {
            return Ok(Entry::Node(*offset));
        }
        let offset = u32::try_from(self.nodes.len()).ok().filter(|offset| *offset < LEAF).ok_or(BuildError::TooLarge)?;
        self.nodes.extend_from_slice(&bytes);
        self.known.insert(bytes, offset);
        Ok(Entry::Node(offset))
    }
}

fn encode(runs: &[(u32, Entry)], wide: bool) -> Vec<u8> {
    let last = u8::try_from(runs.len() - 1).unwrap_or(u8::MAX);
    let mut forms = 0;
    // The coarsest bitmap whose bits every start falls on; a list where that is smaller.
    let all = runs.iter().fold(0, |all, (slot, _)| all | slot);
    let coarsest = (0..=COARSEST).rev().find(|form| all & ((1 << form) - 1) == 0).unwrap_or(0);
    let mut starts = vec![0_u8; 32 >> coarsest];
    for (slot, _) in runs {
        let bit = slot >> coarsest;
        starts[bit as usize / 8] |= 1 << (bit % 8);
    }
    if usize::from(last) < starts.len() && usize::from(last) <= LONGEST_LIST {
        forms |= LIST;
        starts = runs.iter().skip(1).map(|(slot, _)| *slot as u8).collect();
    } else {
        forms |= coarsest;
    }
    let (mut marks, mut offsets, mut codes) = (vec![0_u8; runs.len().div_ceil(8)], Vec::new(), Vec::new());
    for (run, (_, entry)) in runs.iter().enumerate() {
        match entry {
            Entry::Code(code) => codes.push(*code),
            Entry::Node(offset) => {
                marks[run / 8] |= 1 << (run % 8);
                offsets.extend_from_slice(&offset.to_le_bytes()[..3]);
            }
        }
    }
    let (form, labels) = labels(&codes, wide);
    forms |= (form as u8) << 3;
    let mut out = vec![forms, last];
    if !offsets.is_empty() {
        out[0] |= HAS_CHILDREN;
        out.push(u8::try_from(offsets.len() / 3 - 1).unwrap_or(u8::MAX));
    }
    out.extend(starts);
    if !offsets.is_empty() {
        out.extend(marks);
        out.extend(offsets);
    }
    out.extend(labels);
    out
}

/// The shortest form for these codes, one of each run that is no node.
fn labels(codes: &[u16], wide: bool) -> (Labels, Vec<u8>) {
    let put = |out: &mut Vec<u8>, code: u16| out.extend_from_slice(&code.to_le_bytes()[..if wide { 2 } else { 1 }]);
    let mut palette: Vec<u16> = Vec::new();
    for code in codes {
        if !palette.contains(code) {
            palette.push(*code);
        }
    }
    let alternating = palette.len() == 2 && codes.windows(2).all(|pair| pair[0] != pair[1]);
    let form = match palette.len() {
        0 | 1 => Labels::One,
        2 if alternating => Labels::Alternating,
        2 => Labels::Bits1,
        3 | 4 => Labels::Bits2,
        5..=16 => Labels::Bits4,
        _ => Labels::Codes,
    };
    let mut out = vec![0_u8; (codes.len() * form.bits()).div_ceil(8)];
    for (run, code) in codes.iter().enumerate().filter(|_| form.bits() > 0) {
        let index = palette.iter().position(|c| c == code).unwrap_or(0) as u8;
        out[run * form.bits() / 8] |= index << (run * form.bits() % 8);
    }
    palette.iter().for_each(|code| put(&mut out, *code));
    let mut plain = Vec::new();
    codes.iter().for_each(|code| put(&mut plain, *code));
    // As bytes they are found without a second step, so they stand so where that costs nothing.
    if form == Labels::Codes || (form.bits() > 0 && plain.len() <= out.len()) { (Labels::Codes, plain) } else { (form, out) }
}
