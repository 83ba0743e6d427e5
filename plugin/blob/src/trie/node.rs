//! One node: where its runs start and what they say.
//!
//! A node is *direct*, which costs a look-up some forty instructions and no branch but on its kind, or [*shaped*](super::shaped), which
//! takes the fewest bytes. The builder writes those direct that many ranges of addresses lie below. A direct node:
//!
//! ```text
//! head      1 byte: 242 + 2 × form, + 1 if its runs say references and not codes
//! ranks     forms 0 and 1: one byte for each of four words of 64 bits: how many bits are set in the words before it
//! starts    bitmap (forms 0-5): one bit for each 2^form slots, set where a run starts; least significant bit first
//!           list (form 6): their number (at most 8), then the first slots of all runs but the first, ascending
//! contents  of each run a code (one or two bytes) or a reference (two or three)
//! ```

use super::shaped::{OWN_SHAPE, Shaped};

/// Bytes behind the last node, so that a node's words can be loaded whole.
pub(super) const PADDING: usize = 48;
/// Coarsest bitmap of starts: one bit for 32 slots, one byte.
pub(super) const COARSEST: u8 = 5;
/// Form of starts of a shaped node that are a list.
pub(super) const LIST: u8 = 7;
/// Longest list of starts of a shaped node.
pub(super) const LONGEST_LIST: usize = 24;
/// Head of the first kind of direct nodes.
pub(super) const FIRST_DIRECT: u8 = OWN_SHAPE + 1;
/// Form of starts of a direct node that are a list.
pub(super) const DIRECT_LIST: u8 = 6;
/// Longest list of a direct node.
pub(super) const LONGEST_DIRECT: usize = 8;
/// Bytes before the bitmaps of a direct node that have more than one word.
pub(super) const RANKS: usize = 4;

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
    /// Reads the reference at a place. Behind a reference there is always another byte.
    #[inline(always)]
    pub(super) fn reference(self, bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = bytes.get(at..)?.first_chunk::<3>()?;
        let mask = if self.reference == 2 { 0xffff } else { 0x00ff_ffff };
        Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]) & mask)
    }

    /// What a reference leads to.
    #[inline(always)]
    pub(super) fn entry(self, reference: u32) -> Entry {
        match reference.checked_sub(self.labels) {
            None => Entry::Code(reference as u16),
            Some(offset) => Entry::Node(offset << self.shift),
        }
    }
}

/// A node's bytes up to the end of the section; what is read of them lies within it if the node is sound.
#[derive(Debug, Clone, Copy)]
pub(super) enum Node<'a> {
    Direct(Direct<'a>),
    Shaped(Shaped<'a>),
}

impl Node<'_> {
    /// The run that a slot lies in, and the bytes of the starts.
    pub(super) fn run(&self, slot: u8) -> Option<(usize, usize)> {
        match self {
            Self::Direct(node) => node.run(slot),
            Self::Shaped(node) => node.run(slot),
        }
    }

    /// What a run says, as a reference. `starts`: bytes of the starts.
    pub(super) fn reference(&self, run: usize, starts: usize) -> Option<u32> {
        match self {
            Self::Direct(node) => node.reference(run, starts),
            Self::Shaped(node) => node.reference(run, starts),
        }
    }
}

/// A node that can be read without branches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Direct<'a> {
    pub(super) form: u8,
    /// Runs say references, and not codes.
    pub(super) leads_on: bool,
    /// From the starts on.
    pub(super) body: &'a [u8],
    widths: Widths,
}

impl<'a> Direct<'a> {
    /// `None` if the node is a shaped one.
    #[inline(always)]
    pub(super) fn at(nodes: &'a [u8], offset: u32, widths: Widths) -> Option<Self> {
        let (head, body) = nodes.get(offset as usize..)?.split_first()?;
        let kind = head.checked_sub(FIRST_DIRECT)?;
        Some(Self { form: kind / 2, leads_on: kind % 2 == 1, body, widths })
    }

    /// The run that a slot lies in, and the bytes of the starts with what is before them.
    #[inline(always)]
    pub(super) fn run(&self, slot: u8) -> Option<(usize, usize)> {
        let head = self.body.first_chunk::<{ RANKS + 32 }>()?;
        if self.form < DIRECT_LIST {
            let bit = u32::from(slot) >> self.form;
            let number = (bit / 64) as usize;
            let ranks = if self.form < 2 { RANKS } else { 0 };
            let before = if self.form < 2 { *head.get(number)? } else { 0 };
            // Starts up to and with the slot, less the one of the first run.
            let upto = word(head, ranks + number * 8)? << (63 - bit % 64);
            Some(((usize::from(before) + upto.count_ones() as usize).checked_sub(1)?, ranks + (32 >> self.form)))
        } else {
            let [list, slots @ ..] = head;
            let list = usize::from(*list);
            Some((not_above(word(slots, 0)?, slot, list), 1 + list))
        }
    }

    /// What a run says, as a reference. `starts`: as [`Direct::run`] has it.
    #[inline(always)]
    pub(super) fn reference(&self, run: usize, starts: usize) -> Option<u32> {
        if self.leads_on {
            self.widths.reference(self.body, starts + run * self.widths.reference)
        } else if self.widths.code == 1 {
            Some(u32::from(*self.body.get(starts + run)?))
        } else {
            Some(u32::from(u16::from_le_bytes(*self.body.get(starts + run * 2..)?.first_chunk()?)))
        }
    }
}

#[inline(always)]
pub(super) fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// How many of the first `count` bytes of a word are not above `slot`; all eight bytes at once.
#[inline(always)]
pub(super) fn not_above(word: u64, slot: u8, count: usize) -> usize {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let slots = u64::from(slot) * 0x0101_0101_0101_0101;
    // In each byte the high bit of `low` says whether the low seven bits are not above; the rest is the eighth.
    let low = (slots | HIGH) - (word & !HIGH);
    let fits = ((slots & !word) | (!(slots ^ word) & low)) & HIGH;
    let valid = if count >= 8 { u64::MAX } else { (1 << (count * 8)) - 1 };
    (fits & valid).count_ones() as usize
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
    }
}
