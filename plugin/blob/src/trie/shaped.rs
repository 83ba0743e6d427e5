//! A node written as short as it gets: its shape, where each part of it stands, and how a slot's run and a run's answer are found.
//!
//! ```text
//! head      1 byte: number of the node's shape in the table of shapes; 241: the shape follows
//! palette   codes, one or two bytes each, without the first if that is the trie's common code; then references of nodes, two or
//!           three bytes each
//! starts    bitmap (forms 0-5): one bit for each 2^form slots, set where a run starts; least significant bit first
//!           sparse bitmap (form 6): which of the 32 bytes of form 0 are not zero (u32), then those
//!           list (form 7): first slots of all runs but the first, ascending
//!           islands (form 8): the slots that every second run consists of, ascending
//!           the bitmap without its zero half bytes (form 9, u64)
//! indexes   of the runs into the palette, as many bits each as the shape says
//! ```

use super::node::{COARSEST, LIST, Widths, not_above, word};

/// Form of starts where the second, fourth, … run is one slot each: a list of those.
pub(super) const ISLANDS: u8 = 8;
/// Form of starts that are a bitmap without its zero bytes.
pub(super) const SPARSE: u8 = 6;
/// Form of starts that are a bitmap without its zero half bytes.
pub(super) const SPARSE_HALVES: u8 = 9;
/// Head of a node whose shape follows.
pub(super) const OWN_SHAPE: u8 = 241;
/// Instead of a number of bits: there are no indexes, each run has a place of its own in the palette, in their order.
pub(super) const IN_ORDER: u8 = 9;

/// What nodes of one shape have in common: all but the numbers in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    /// How starts are written.
    pub(super) starts: u8,
    /// 0: every run has an index. 1: the first, third, … run says what is first in the palette, the others have an index into
    /// the rest of it. 2: the second, fourth, … run does.
    pub(super) turns: u8,
    /// Whether the first of the palette is the trie's common code, and not written.
    pub(super) common: bool,
    /// Bits of an index, 0 to 8, or [`IN_ORDER`].
    pub(super) bits: u8,
    /// Length of a list of starts or islands; 0 in other forms.
    pub(super) list: u8,
    /// Codes in the palette, at most 256, a common one with them; they stand first.
    pub(super) codes: u16,
    /// Nodes in the palette, at most 256.
    pub(super) nodes: u16,
}

impl Shape {
    /// Bytes of a shape.
    pub(super) const LEN: usize = 5;

    /// Of bytes whose first [`Shape::LEN`] are the shape.
    #[inline(always)]
    pub(super) fn read(bytes: [u8; 8]) -> Self {
        let bits = u64::from_le_bytes(bytes);
        let field = |at: u32, width: u32| (bits >> at) as u16 & ((1 << width) - 1);
        Self {
            starts: field(0, 4) as u8,
            turns: field(4, 2) as u8,
            common: field(6, 1) != 0,
            bits: field(8, 4) as u8,
            list: field(12, 8) as u8,
            codes: field(20, 9),
            nodes: field(30, 9),
        }
    }

    pub(super) fn write(self) -> [u8; Self::LEN] {
        let bits = u64::from(self.starts)
            | u64::from(self.turns) << 4
            | u64::from(self.common) << 6
            | u64::from(self.bits) << 8
            | u64::from(self.list) << 12
            | u64::from(self.codes) << 20
            | u64::from(self.nodes) << 30;
        let [a, b, c, d, e, ..] = bits.to_le_bytes();
        [a, b, c, d, e]
    }

    /// Codes of the palette that are written.
    #[inline(always)]
    pub(super) const fn written_codes(self) -> usize {
        (self.codes as usize).saturating_sub(self.common as usize)
    }

    /// How many of so many runs have an index.
    pub(super) const fn indexed(self, runs: usize) -> usize {
        match self.turns {
            0 => runs,
            1 => runs / 2,
            _ => runs.div_ceil(2),
        }
    }
}

/// A node's bytes up to the end of the section; what is read of them lies within it if the node is sound.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shaped<'a> {
    pub(super) shape: Shape,
    /// From the palette on.
    pub(super) body: &'a [u8],
    /// Bytes of the palette.
    pub(super) palette: usize,
    widths: Widths,
}

impl<'a> Shaped<'a> {
    /// The node at the start of some bytes. `shapes` holds the table of shapes and eight bytes more.
    #[inline(always)]
    pub(super) fn at(node: &'a [u8], shapes: &[u8], widths: Widths) -> Option<Self> {
        let (head, body) = node.split_first()?;
        let (shape, body) = if *head == OWN_SHAPE {
            (body.first_chunk()?, body.get(Shape::LEN..)?)
        } else {
            (shapes.get(usize::from(*head) * Shape::LEN..)?.first_chunk()?, body)
        };
        let shape = Shape::read(*shape);
        let palette = shape.written_codes() * widths.code + usize::from(shape.nodes) * widths.reference;
        Some(Self { shape, body, palette, widths })
    }

    /// The run that a slot lies in, and the bytes of the starts.
    #[inline(always)]
    pub(super) fn run(&self, slot: u8) -> Option<(usize, usize)> {
        let starts = self.body.get(self.palette..)?;
        let slot = u32::from(slot);
        match self.shape.starts {
            // Starts up to and with the slot, less the one of the first run.
            form @ 0..=COARSEST => Some((rank(starts, (slot >> form) as usize + 1)?.checked_sub(1)?, 32 >> form)),
            LIST => Some((self.listed(starts, slot as u8)?, self.shape.list.into())),
            ISLANDS => {
                Some((self.listed(starts, slot as u8)? + self.listed(starts, (slot as u8).saturating_sub(1))?, self.shape.list.into()))
            }
            SPARSE => {
                let (there, bytes) = starts.split_first_chunk::<4>()?;
                let there = u32::from_le_bytes(*there);
                let byte = (slot / 8) & 31;
                let before = (there & ((1 << byte) - 1)).count_ones() * 8;
                let own = (there >> byte & 1) * (slot % 8 + 1);
                Some((rank(bytes, (before + own) as usize)?.checked_sub(1)?, 4 + there.count_ones() as usize))
            }
            SPARSE_HALVES => {
                let (there, halves) = starts.split_first_chunk::<8>()?;
                let there = u64::from_le_bytes(*there);
                let half = (slot / 4) & 63;
                let before = (there & ((1 << half) - 1)).count_ones() * 4;
                let own = (there >> half & 1) as u32 * (slot % 4 + 1);
                Some((rank(halves, (before + own) as usize)?.checked_sub(1)?, 8 + (there.count_ones() as usize).div_ceil(2)))
            }
            _ => None,
        }
    }

    /// How many slots of a list are not above this one.
    #[inline(always)]
    fn listed(&self, list: &[u8], slot: u8) -> Option<usize> {
        let mut left = usize::from(self.shape.list);
        let mut count = not_above(word(list, 0)?, slot, left);
        let mut at = 8;
        while left > 8 {
            left -= 8;
            count += not_above(word(list, at)?, slot, left);
            at += 8;
        }
        Some(count)
    }

    /// What a run says, as a reference. `starts`: bytes of the starts.
    #[inline(always)]
    pub(super) fn reference(&self, run: usize, starts: usize) -> Option<u32> {
        let turns = usize::from(self.shape.turns);
        let first = usize::from(turns > 0);
        // 0 for a run that says what is first in the palette.
        let other = 1 - (first & !(run ^ turns ^ 1) & 1);
        let number = run >> first;
        let index = if self.shape.bits == IN_ORDER { number } else { usize::from(self.index(number, self.palette + starts)?) };
        self.content((first + index) * other)
    }

    /// The index of the n-th run that has one; they stand at `at`.
    #[inline(always)]
    pub(super) fn index(&self, number: usize, at: usize) -> Option<u8> {
        let bit = number * usize::from(self.shape.bits);
        let pair = u16::from_le_bytes(*self.body.get(at + bit / 8..)?.first_chunk()?);
        Some((pair >> (bit % 8) & ((1_u16 << (self.shape.bits & 15)) - 1)) as u8)
    }

    /// The reference that stands in the palette at a place.
    #[inline(always)]
    pub(super) fn content(&self, index: usize) -> Option<u32> {
        let common = usize::from(self.shape.common);
        match index.checked_sub(usize::from(self.shape.codes)) {
            None => {
                // A common code is not written; what is read instead of it does not matter.
                let at = index.saturating_sub(common);
                let code = if self.widths.code == 1 {
                    u16::from(*self.body.get(at)?)
                } else {
                    u16::from_le_bytes(*self.body.get(at * 2..)?.first_chunk()?)
                };
                Some(u32::from(if index < common { self.widths.common } else { code }))
            }
            Some(node) => self.widths.reference(self.body, self.shape.written_codes() * self.widths.code + node * self.widths.reference),
        }
    }
}

/// How many of the first `bits` bits are set; at most 256.
#[inline(always)]
fn rank(bytes: &[u8], bits: usize) -> Option<usize> {
    let last = word(bytes, bits / 64 * 8)? & ((1 << (bits % 64)) - 1);
    let mut count = last.count_ones();
    for before in 0..bits / 64 {
        count += word(bytes, before * 8)?.count_ones();
    }
    Some(count as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranks_count_bits(bytes in prop::collection::vec(any::<u8>(), 40..=40), bits in 0_usize..=256) {
            let expected = (0..bits).filter(|b| bytes[b / 8] >> (b % 8) & 1 == 1).count();
            prop_assert_eq!(rank(&bytes, bits), Some(expected));
        }

        #[test]
        fn shapes_are_read_as_they_were_written(starts in 0_u8..10, turns in 0_u8..3, common in any::<bool>(), bits in 0_u8..=9, list in any::<u8>(), codes in 0_u16..=256, nodes in 0_u16..=256) {
            let shape = Shape { starts, turns, common, bits, list, codes, nodes };
            let mut bytes = [0xff; 8];
            bytes[..Shape::LEN].copy_from_slice(&shape.write());
            prop_assert_eq!(Shape::read(bytes), shape);
        }
    }
}
