//! The builder: sorted ranges to the bytes of a trie. One input gives the same bytes on every machine.
#![allow(clippy::indexing_slicing, reason = "runs in the builder alone, on vectors that it made itself")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::layout::{Content, Layout};
use super::node::{Entry, PADDING, Widths};
use super::read::{Family, HEADER_LEN, VERSION, WORD_LEN};
use super::shaped::Shape;

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
    /// The nodes take more than the 16 MiB that a reference can reach.
    #[error("the ranges need more than 16 MiB of nodes; fewer distinctions are needed")]
    TooLarge,
}

/// What a range of addresses below a node is worth, in 1/16 of a byte, if that makes the node a direct one. All countries of a whois
/// database: a fifth more bytes than none direct, and half the instructions.
const FAST: u64 = 16;
/// The same for a table that is to be small: the few nodes that most addresses are found by way of are direct.
const SMALL: u64 = 6;

/// Makes a trie of ranges in ascending order; addresses between them get label 0, and so do ranges with that label.
///
/// # Errors
/// [`BuildError`].
pub fn build(family: Family, ranges: impl IntoIterator<Item = Range>) -> Result<Vec<u8>, BuildError> {
    trie(family, ranges, FAST)
}

/// The same in fewer bytes, which takes longer to look an address up.
///
/// # Errors
/// [`BuildError`].
pub fn build_small(family: Family, ranges: impl IntoIterator<Item = Range>) -> Result<Vec<u8>, BuildError> {
    trie(family, ranges, SMALL)
}

fn trie(family: Family, ranges: impl IntoIterator<Item = Range>, pace: u64) -> Result<Vec<u8>, BuildError> {
    let starts = starts(family, ranges)?;
    let labels: BTreeSet<u16> = starts.iter().map(|(_, label)| *label).collect();
    let codes: BTreeMap<u16, u16> = labels.iter().copied().zip(0..=u16::MAX).collect();
    let starts: Vec<(u128, u16)> = starts.iter().map(|(start, label)| (start << (128 - family.bits()), codes[label])).collect();
    let mut builder = Builder { nodes: Vec::new(), known: HashMap::new() };
    let slots = builder.slots(&starts, 0, 16)?;
    let count = u32::try_from(labels.len()).map_err(|_| BuildError::TooLarge)?;
    let layout = Layout::smallest(&builder.nodes, count, slots.len(), pace)?;

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
        layout.put(&mut entries, *entry);
    }
    let (shapes, mut nodes) = layout.nodes();
    nodes.resize(nodes.len() + PADDING, 0);

    let Widths { code, reference, shift, common, .. } = layout.widths;
    let mut out = vec![VERSION, family.bits(), (code | reference << 4) as u8, shift as u8];
    for number in [base as usize, words.len(), entries.len() / reference, labels.len(), nodes.len(), shapes.len() / Shape::LEN] {
        out.extend(u32::try_from(number).map_err(|_| BuildError::TooLarge)?.to_le_bytes());
    }
    out.extend(common.to_le_bytes());
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
    out.extend(shapes);
    out.extend(nodes);
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

/// Runs of a node: where each starts, and what it says. Nodes are numbers of the list that holds them all.
type Runs = Vec<(u32, Entry)>;

struct Builder {
    /// Each stands behind the nodes that it leads to.
    nodes: Vec<Content>,
    /// Equal nodes stand once.
    known: HashMap<Runs, u32>,
}

impl Builder {
    /// The runs of slots below a prefix of `depth` bits, each slot `width` bits more. `starts` holds the runs of addresses
    /// that touch the prefix, left-aligned; the first may start before it.
    fn slots(&mut self, starts: &[(u128, u16)], depth: u32, width: u32) -> Result<Runs, BuildError> {
        let slot_bits = 128 - depth - width;
        let slot_of = |start: u128| (start >> slot_bits) as u32 & ((1 << width) - 1);
        let within = |start: u128| slot_bits > 0 && start & ((1 << slot_bits) - 1) != 0;
        let mut runs: Runs = Vec::new();
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
        let ranges = starts.len() as u64;
        if let Some(number) = self.known.get(&runs) {
            self.nodes[*number as usize].ranges += ranges;
            return Ok(Entry::Node(*number));
        }
        let number = u32::try_from(self.nodes.len()).map_err(|_| BuildError::TooLarge)?;
        self.nodes.push(Content { runs: runs.clone(), ranges });
        self.known.insert(runs, number);
        Ok(Entry::Node(number))
    }
}
