//! One node: its head, where each part of it stands, and how a slot's run and a run's answer are found.
//!
//! ```text
//! head      2 bytes: forms, number of runs less one
//!           bits 0-2 of the forms: how starts are written, bits 3-5: how labels are, bit 6: some runs are nodes
//! children  1 byte, only if some runs are nodes: number of them less one
//! starts    list (form 7): first slots of all runs but the first, ascending
//!           bitmap (forms 0-5): one bit for each 2^form slots, set where a run starts; least significant bit first
//! marks     only if some runs are nodes: one bit for each run, set if it is a node
//! offsets   u24 for each of these runs, in their order: where its node starts
//! labels    of the other runs, in their order; see `Labels`
//! ```

/// Bytes behind the last node, so that a node's words can be loaded whole.
pub(super) const PADDING: usize = 32;
/// Form of starts that are a list.
pub(super) const LIST: u8 = 7;
/// Coarsest bitmap of starts: one bit for 32 slots, one byte.
pub(super) const COARSEST: u8 = 5;
/// Set in the forms if some runs are nodes.
pub(super) const HAS_CHILDREN: u8 = 1 << 6;
/// Longest list of starts.
pub(super) const LONGEST_LIST: usize = 16;

/// How the labels of a node's runs are written. A code is a number of the table of labels, of one or two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Labels {
    /// One code: all runs that are no nodes say the same.
    One = 0,
    /// Two codes that alternate.
    Alternating = 1,
    /// One bit a run, then two codes.
    Bits1 = 2,
    /// Two bits a run, then up to four codes.
    Bits2 = 3,
    /// Four bits a run, then up to sixteen codes.
    Bits4 = 4,
    /// A code for each run.
    Codes = 5,
}

impl Labels {
    pub(super) const fn of(forms: u8) -> Option<Self> {
        Some(match forms >> 3 & 7 {
            0 => Self::One,
            1 => Self::Alternating,
            2 => Self::Bits1,
            3 => Self::Bits2,
            4 => Self::Bits4,
            5 => Self::Codes,
            _ => return None,
        })
    }

    /// Bits that each run has of its own, before the palette.
    pub(super) const fn bits(self) -> usize {
        match self {
            Self::One | Self::Alternating | Self::Codes => 0,
            Self::Bits1 => 1,
            Self::Bits2 => 2,
            Self::Bits4 => 4,
        }
    }
}

/// What a run, or a slot of the root, says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    /// A number of the table of labels.
    Code(u16),
    /// Where a node starts.
    Node(u32),
}

/// A node's bytes up to the end of the section; what is read of them lies within it if the node is sound.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) forms: u8,
    /// Number of runs less one.
    pub(super) last: u8,
    /// Number of runs that are nodes.
    pub(super) children: usize,
    /// From the starts on.
    pub(super) body: &'a [u8],
}

impl<'a> Node<'a> {
    #[inline(always)]
    pub(super) fn at(nodes: &'a [u8], offset: u32) -> Option<Self> {
        let (head, body) = nodes.get(offset as usize..)?.split_first_chunk::<2>()?;
        let &[forms, last] = head;
        if forms & HAS_CHILDREN == 0 {
            return Some(Self { forms, last, children: 0, body });
        }
        let (children, body) = body.split_first()?;
        Some(Self { forms, last, children: usize::from(*children) + 1, body })
    }

    /// Bytes of the starts.
    #[inline(always)]
    pub(super) fn starts_len(&self) -> usize {
        let form = self.forms & 7;
        if form == LIST { usize::from(self.last) } else { 32 >> form }
    }

    /// Bytes of the marks.
    #[inline(always)]
    pub(super) fn marks_len(&self) -> usize {
        if self.forms & HAS_CHILDREN == 0 { 0 } else { usize::from(self.last) / 8 + 1 }
    }

    /// The run that a slot lies in.
    #[inline(always)]
    pub(super) fn run(&self, slot: u8) -> Option<usize> {
        let form = self.forms & 7;
        if form == LIST {
            let word = not_above(word(self.body, 0)?, slot, usize::from(self.last));
            return Some(match usize::from(self.last) {
                0..=8 => word,
                more => word + not_above(self::word(self.body, 8)?, slot, more - 8),
            });
        }
        // Starts up to and with the slot, less the one of the first run.
        let bit = usize::from(slot >> form);
        (rank(self.body, bit)? + usize::from(is_set(self.body, bit)?)).checked_sub(1)
    }

    /// What a run says. `wide`: codes have two bytes.
    #[inline(always)]
    pub(super) fn entry(&self, run: usize, wide: bool) -> Option<Entry> {
        let mut labels = self.starts_len();
        let mut run = run;
        if self.forms & HAS_CHILDREN != 0 {
            let marks = self.body.get(labels..)?;
            let before = rank(marks, run)?;
            labels += self.marks_len();
            if is_set(marks, run)? {
                let offset = self.body.get(labels + before * 3..)?.first_chunk::<3>()?;
                return Some(Entry::Node(u32::from(offset[0]) | u32::from(offset[1]) << 8 | u32::from(offset[2]) << 16));
            }
            labels += self.children * 3;
            run -= before;
        }
        let labels = self.body.get(labels..)?;
        // Where the palette begins, and the place in it.
        let (palette, index) = match Labels::of(self.forms)? {
            Labels::One => (0, 0),
            Labels::Alternating => (0, run & 1),
            Labels::Codes => (0, run),
            form => {
                let bits = form.bits();
                let runs = (usize::from(self.last) + 1).saturating_sub(self.children);
                let at = run * bits;
                let index = labels.get(at / 8)? >> (at % 8) & ((1 << bits) - 1);
                ((runs * bits).div_ceil(8), usize::from(index))
            }
        };
        let code = if wide {
            u16::from_le_bytes(*labels.get(palette + index * 2..)?.first_chunk()?)
        } else {
            u16::from(*labels.get(palette + index)?)
        };
        Some(Entry::Code(code))
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

/// How many of the first `bit` bits are set; at most 256 bits.
#[inline(always)]
fn rank(bits: &[u8], bit: usize) -> Option<usize> {
    let last = word(bits, bit / 64 * 8)? & ((1 << (bit % 64)) - 1);
    let mut count = last.count_ones();
    for before in 0..bit / 64 {
        count += word(bits, before * 8)?.count_ones();
    }
    Some(count as usize)
}

#[inline(always)]
fn is_set(bits: &[u8], bit: usize) -> Option<bool> {
    Some(bits.get(bit / 8)? >> (bit % 8) & 1 != 0)
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
        fn ranks_count_bits(bytes in prop::collection::vec(any::<u8>(), 40..=40), bit in 0_usize..=255) {
            let expected = (0..bit).filter(|b| bytes[b / 8] >> (b % 8) & 1 == 1).count();
            prop_assert_eq!(rank(&bytes, bit), Some(expected));
        }
    }
}
