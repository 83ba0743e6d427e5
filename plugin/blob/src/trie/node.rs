//! One node: its shape, where each part of it stands, and how a slot's run and a run's answer are found.
//!
//! ```text
//! head      1 byte: number of the node's shape in the table of shapes; 255: the shape follows
//! codes     of the palette, one or two bytes each; without the first if that is the trie's common code
//! nodes     of the palette: references, two or three bytes each
//! starts    bitmap (forms 0-5): one bit for each 2^form slots, set where a run starts; least significant bit first
//!           sparse bitmap (form 6): which of the 32 bytes of form 0 are not zero (u32), then those
//!           the same of half bytes (form 9, u64)
//!           list (form 7): first slots of all runs but the first, ascending
//!           islands (form 8): the slots that every second run consists of, ascending
//! indexes   of the runs into the palette, as many bits each as the shape says
//! ```

/// Bytes behind the last node, so that a node's words can be loaded whole.
pub(super) const PADDING: usize = 48;
/// Form of starts that are a list.
pub(super) const LIST: u8 = 7;
/// Form of starts where the second, fourth, … run is one slot each: a list of those.
pub(super) const ISLANDS: u8 = 8;
/// Form of starts that are a bitmap without its zero bytes.
pub(super) const SPARSE: u8 = 6;
/// Form of starts that are a bitmap without its zero half bytes.
pub(super) const SPARSE_HALVES: u8 = 9;
/// Coarsest bitmap of starts: one bit for 32 slots, one byte.
pub(super) const COARSEST: u8 = 5;
/// Longest list of starts.
pub(super) const LONGEST_LIST: usize = 24;
/// Head of a node whose shape follows.
pub(super) const OWN_SHAPE: u8 = 255;
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

    #[inline(always)]
    pub(super) fn read(bytes: &[u8; Self::LEN]) -> Self {
        let &[forms, widths, list, codes, nodes] = bytes;
        let high = u16::from(widths);
        Self {
            starts: forms & 15,
            turns: forms >> 4 & 3,
            common: forms & 0x40 != 0,
            bits: widths & 15,
            list,
            codes: u16::from(codes) | (high & 0x10) << 4,
            nodes: u16::from(nodes) | (high & 0x20) << 3,
        }
    }

    pub(super) fn write(self) -> [u8; Self::LEN] {
        let high = (self.codes >> 4 & 0x10) as u8 | (self.nodes >> 3 & 0x20) as u8;
        [self.starts | self.turns << 4 | u8::from(self.common) << 6, self.bits | high, self.list, self.codes as u8, self.nodes as u8]
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

/// What a run, or a slot of the root, says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Entry {
    /// A number of the table of labels.
    Code(u16),
    /// Where a node starts.
    Node(u32),
}

/// How a trie writes codes and references.
#[derive(Debug, Clone, Copy)]
pub(super) struct Widths {
    /// Bytes of a code in a node.
    pub(super) code: usize,
    /// Bytes of a reference.
    pub(super) reference: usize,
    /// Nodes start at multiples of 2 to this.
    pub(super) shift: u32,
    /// Number of labels: smaller references are codes.
    pub(super) labels: u32,
    /// The code that most nodes have.
    pub(super) common: u16,
}

impl Widths {
    /// Reads the reference at the start of some bytes.
    #[inline(always)]
    pub(super) fn entry(self, bytes: &[u8]) -> Option<Entry> {
        let low = u32::from(u16::from_le_bytes(*bytes.first_chunk::<2>()?));
        let value = if self.reference == 2 { low } else { low | u32::from(*bytes.get(2)?) << 16 };
        Some(match value.checked_sub(self.labels) {
            None => Entry::Code(value as u16),
            Some(offset) => Entry::Node(offset << self.shift),
        })
    }
}

/// A node's bytes up to the end of the section; what is read of them lies within it if the node is sound.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) shape: Shape,
    /// From the palette on.
    pub(super) body: &'a [u8],
    /// Bytes of the palette.
    pub(super) palette: usize,
    widths: Widths,
}

impl<'a> Node<'a> {
    #[inline(always)]
    pub(super) fn at(shapes: &[u8], nodes: &'a [u8], offset: u32, widths: Widths) -> Option<Self> {
        let (head, body) = nodes.get(offset as usize..)?.split_first()?;
        let (shape, body) = if *head == OWN_SHAPE {
            let (shape, body) = body.split_first_chunk::<{ Shape::LEN }>()?;
            (Shape::read(shape), body)
        } else {
            (Shape::read(shapes.get(usize::from(*head) * Shape::LEN..)?.first_chunk()?), body)
        };
        let palette = shape.written_codes() * widths.code + usize::from(shape.nodes) * widths.reference;
        Some(Self { shape, body, palette, widths })
    }

    /// The run that a slot lies in.
    #[inline(always)]
    pub(super) fn run(&self, slot: u8) -> Option<usize> {
        let starts = self.body.get(self.palette..)?;
        match self.shape.starts {
            LIST => self.listed(starts, slot),
            ISLANDS => Some(self.listed(starts, slot)? + self.listed(starts, slot.saturating_sub(1))?),
            SPARSE => {
                let (there, bytes) = starts.split_first_chunk::<4>()?;
                let there = u32::from_le_bytes(*there);
                let byte = u32::from(slot / 8);
                let before = (there & ((1 << byte) - 1)).count_ones() as usize * 8;
                let own = if there >> byte & 1 == 1 { usize::from(slot % 8) + 1 } else { 0 };
                rank(bytes, before + own)?.checked_sub(1)
            }
            SPARSE_HALVES => {
                let (there, halves) = starts.split_first_chunk::<8>()?;
                let there = u64::from_le_bytes(*there);
                let half = u32::from(slot / 4);
                let before = (there & ((1 << half) - 1)).count_ones() as usize * 4;
                let own = if there >> half & 1 == 1 { usize::from(slot % 4) + 1 } else { 0 };
                rank(halves, before + own)?.checked_sub(1)
            }
            // Starts up to and with the slot, less the one of the first run.
            form => rank(starts, usize::from(slot.checked_shr(form.into())?) + 1)?.checked_sub(1),
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

    /// What a run says.
    #[inline(always)]
    pub(super) fn entry(&self, run: usize) -> Option<Entry> {
        let turns = usize::from(self.shape.turns);
        if turns > 0 && run % 2 == turns - 1 {
            return self.content(0);
        }
        let first = usize::from(turns > 0);
        let indexed = run >> first;
        let index = match self.shape.bits {
            0 => 0,
            IN_ORDER => indexed,
            _ => usize::from(self.index(indexed, self.palette + self.starts_len()?)?),
        };
        self.content(first + index)
    }

    /// The index of the n-th run that has one; they stand at `at`.
    #[inline(always)]
    pub(super) fn index(&self, number: usize, at: usize) -> Option<u8> {
        let bit = number * usize::from(self.shape.bits);
        let pair = u16::from_le_bytes(*self.body.get(at + bit / 8..)?.first_chunk()?);
        Some((pair >> (bit % 8) & (1_u16.checked_shl(self.shape.bits.into())?.wrapping_sub(1))) as u8)
    }

    /// What stands in the palette at a place.
    #[inline(always)]
    pub(super) fn content(&self, index: usize) -> Option<Entry> {
        let Some(index) = index.checked_sub(usize::from(self.shape.common)) else { return Some(Entry::Code(self.widths.common)) };
        let codes = self.shape.written_codes();
        match index.checked_sub(codes) {
            None if self.widths.code == 1 => Some(Entry::Code(u16::from(*self.body.get(index)?))),
            None => Some(Entry::Code(u16::from_le_bytes(*self.body.get(index * 2..)?.first_chunk()?))),
            Some(node) => self.widths.entry(self.body.get(codes * self.widths.code + node * self.widths.reference..)?),
        }
    }

    /// Bytes of the starts.
    #[inline(always)]
    pub(super) fn starts_len(&self) -> Option<usize> {
        Some(match self.shape.starts {
            LIST | ISLANDS => usize::from(self.shape.list),
            SPARSE => 4 + u32::from_le_bytes(*self.body.get(self.palette..)?.first_chunk()?).count_ones() as usize,
            SPARSE_HALVES => 8 + (u64::from_le_bytes(*self.body.get(self.palette..)?.first_chunk()?).count_ones() as usize).div_ceil(2),
            form => 32_usize.checked_shr(form.into())?,
        })
    }
}

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// How many of the first `count` bytes of a word are not above `slot`; all eight bytes at once.
#[inline(always)]
fn not_above(word: u64, slot: u8, count: usize) -> usize {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let slots = u64::from(slot) * 0x0101_0101_0101_0101;
    // In each byte the high bit of `low` says whether the low seven bits are not above; the rest is the eighth.
    let low = (slots | HIGH) - (word & !HIGH);
    let fits = ((slots & !word) | (!(slots ^ word) & low)) & HIGH;
    let valid = if count >= 8 { u64::MAX } else { (1 << (count * 8)) - 1 };
    (fits & valid).count_ones() as usize
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
        fn eight_bytes_at_once_compare_as_bytes(bytes in any::<[u8; 8]>(), slot in any::<u8>(), count in 0_usize..=8) {
            let expected = bytes.iter().take(count).filter(|b| **b <= slot).count();
            prop_assert_eq!(not_above(u64::from_le_bytes(bytes), slot, count), expected);
        }

        #[test]
        fn ranks_count_bits(bytes in prop::collection::vec(any::<u8>(), 40..=40), bits in 0_usize..=256) {
            let expected = (0..bits).filter(|b| bytes[b / 8] >> (b % 8) & 1 == 1).count();
            prop_assert_eq!(rank(&bytes, bits), Some(expected));
        }

        #[test]
        fn shapes_are_read_as_they_were_written(starts in 0_u8..10, turns in 0_u8..3, common in any::<bool>(), bits in 0_u8..=9, list in any::<u8>(), codes in 0_u16..=256, nodes in 0_u16..=256) {
            let shape = Shape { starts, turns, common, bits, list, codes, nodes };
            prop_assert_eq!(Shape::read(&shape.write()), shape);
        }
    }
}
