//! The reader.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::node::{Entry, Node, PADDING, Shape, Widths};
use crate::bytes::{u8_at, u16_at, u32_at};

/// Bytes before the root.
pub(super) const HEADER_LEN: usize = 32;
/// Bytes of a word of the root: the number of starts before it, then one bit for each of 64 slots.
pub(super) const WORD_LEN: usize = 10;
/// Slots of a whole root.
pub(super) const ROOT_SLOTS: u32 = 1 << 16;
/// The largest step between places where a node may start, as a power of two.
pub(super) const COARSEST_SHIFT: u32 = 2;
/// Version of the layout.
pub(super) const VERSION: u8 = 1;

/// The addresses that a trie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// 32 bits.
    V4,
    /// 128 bits.
    V6,
}

impl Family {
    /// Bits of an address.
    pub const fn bits(self) -> u8 {
        match self {
            Self::V4 => 32,
            Self::V6 => 128,
        }
    }

    /// The last address, as a number.
    pub const fn last(self) -> u128 {
        match self {
            Self::V4 => u32::MAX as u128,
            Self::V6 => u128::MAX,
        }
    }
}

/// Bytes that are no run trie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrieError {
    /// A part does not fit into the bytes, or they do not begin as a trie.
    #[error("its {0} is cut or not usable")]
    Frame(&'static str),
    /// It is for the other family.
    #[error("its addresses have {got} bits, not {expected}")]
    Family {
        /// Bits of an address of the family that is asked for.
        expected: u8,
        /// Bits of an address of this trie.
        got: u8,
    },
    /// Something that a look-up can reach is not as the builder writes it.
    #[error("{what} at byte {at} is damaged")]
    Damaged {
        /// What.
        what: &'static str,
        /// Where, from the start of the part.
        at: usize,
    },
}

/// A run trie, read in place.
#[derive(Debug, Clone, Copy)]
pub struct Trie<'a> {
    pub(super) family: Family,
    pub(super) widths: Widths,
    /// The first slot of the first word.
    pub(super) base: u32,
    pub(super) words: &'a [u8],
    pub(super) entries: &'a [u8],
    pub(super) labels: &'a [u8],
    pub(super) shapes: &'a [u8],
    pub(super) nodes: &'a [u8],
}

impl<'a> Trie<'a> {
    /// Opens a trie: checks that its parts lie within the bytes, and nothing that costs a pass over them. Whatever the
    /// parts hold, no look-up can panic or run for longer than an address has bytes; see [`Trie::verify`].
    ///
    /// # Errors
    /// [`TrieError`].
    pub fn open(family: Family, data: &'a [u8]) -> Result<Self, TrieError> {
        let head = TrieError::Frame("header");
        if u8_at(data, 0) != Some(VERSION) {
            return Err(head);
        }
        let got = u8_at(data, 1).ok_or(head)?;
        if got != family.bits() {
            return Err(TrieError::Family { expected: family.bits(), got });
        }
        let number = |at| u32_at(data, at).ok_or(head);
        let widths = u8_at(data, 2).zip(u8_at(data, 3)).ok_or(head)?;
        let widths = Widths {
            code: usize::from(widths.0 & 15),
            reference: usize::from(widths.0 >> 4),
            shift: u32::from(widths.1),
            labels: number(16)?,
            common: u16_at(data, 28).ok_or(head)?,
        };
        if !matches!((widths.code, widths.reference), (1 | 2, 2 | 3)) || widths.shift > COARSEST_SHIFT {
            return Err(head);
        }
        let base = number(4)?;
        let mut rest = data.get(HEADER_LEN..).ok_or(head)?;
        let mut part = |at: usize, width: usize, name: &'static str| {
            let fail = TrieError::Frame(name);
            let len = usize::try_from(number(at)?).ok().and_then(|count| count.checked_mul(width)).ok_or(fail)?;
            let (part, behind) = rest.split_at_checked(len).ok_or(fail)?;
            rest = behind;
            Ok(part)
        };
        let words = part(8, WORD_LEN, "root")?;
        let entries = part(12, widths.reference, "table of entries")?;
        let labels = part(16, 2, "table of labels")?;
        let shapes = part(24, Shape::LEN, "table of shapes")?;
        let nodes = part(20, 1, "run of nodes")?;
        let slots = (words.len() / WORD_LEN).checked_mul(64).and_then(|slots| u32::try_from(slots).ok()).ok_or(head)?;
        let sound = rest.is_empty() && nodes.len() >= PADDING && base.checked_add(slots).is_some_and(|end| end <= ROOT_SLOTS);
        if !sound || data.get(30..HEADER_LEN).is_none_or(|reserved| reserved.iter().any(|b| *b != 0)) {
            return Err(head);
        }
        Ok(Self { family, widths, base, words, entries, labels, shapes, nodes })
    }

    /// The family of its addresses.
    pub const fn family(&self) -> Family {
        self.family
    }

    /// The label of an IPv4 address; 0 of a trie that is for IPv6 or damaged.
    #[inline]
    pub fn v4(&self, address: Ipv4Addr) -> u16 {
        let [a, b, rest @ ..] = address.octets();
        if self.family == Family::V4 { self.find([a, b], &rest).unwrap_or(0) } else { 0 }
    }

    /// The label of an IPv6 address, which is taken as it is; 0 of a trie that is for IPv4 or damaged.
    #[inline]
    pub fn v6(&self, address: Ipv6Addr) -> u16 {
        let [a, b, rest @ ..] = address.octets();
        if self.family == Family::V6 { self.find([a, b], &rest).unwrap_or(0) } else { 0 }
    }

    /// The label of an address as a number, in the trie's own family.
    pub fn number(&self, address: u128) -> u16 {
        match self.family {
            Family::V4 => u32::try_from(address).map_or(0, |bits| self.v4(Ipv4Addr::from_bits(bits))),
            Family::V6 => self.v6(Ipv6Addr::from_bits(address)),
        }
    }

    /// All labels that it can give, in no order that means anything; 0 is among them if some address has none.
    pub fn labels(&self) -> impl Iterator<Item = u16> + use<'a> {
        self.labels.chunks_exact(2).filter_map(|label| u16_at(label, 0))
    }

    /// Whether every address has label 0: nothing was put in.
    pub fn is_empty(&self) -> bool {
        self.labels().all(|label| label == 0)
    }

    #[inline(always)]
    fn find(&self, slot: [u8; 2], rest: &[u8]) -> Option<u16> {
        let mut entry = self.root(u32::from(u16::from_be_bytes(slot)))?;
        let mut rest = rest.iter();
        loop {
            match entry {
                Entry::Code(code) => return u16_at(self.labels, usize::from(code) * 2),
                Entry::Node(offset) => {
                    let node = self.node(offset)?;
                    entry = node.entry(node.run(*rest.next()?)?)?;
                }
            }
        }
    }

    #[inline(always)]
    pub(super) fn root(&self, slot: u32) -> Option<Entry> {
        let index = match slot.checked_sub(self.base) {
            // Before the first start.
            None => 0,
            Some(slot) => match self.words.get((slot / 64) as usize * WORD_LEN..).and_then(<[u8]>::first_chunk::<WORD_LEN>) {
                Some(&[r0, r1, bits @ ..]) => {
                    // The slot's own bit counts, so that a run starts with it.
                    let upto = u64::from_le_bytes(bits) & (u64::MAX >> (63 - slot % 64));
                    u32::from(u16::from_le_bytes([r0, r1])) + upto.count_ones()
                }
                // Behind the last start.
                None => u32::try_from(self.entries.len() / self.widths.reference).ok()?.checked_sub(1)?,
            },
        };
        self.widths.entry(self.entries.get(index as usize * self.widths.reference..)?)
    }

    #[inline(always)]
    pub(super) fn node(&self, offset: u32) -> Option<Node<'a>> {
        Node::at(self.shapes, self.nodes, offset, self.widths)
    }
}
