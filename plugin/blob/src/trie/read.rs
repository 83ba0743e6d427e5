//! The reader.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::node::{Direct, Node, PADDING, Widths};
use super::shaped::{Shape, Shaped};
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

    /// The most nodes on the way to a label.
    pub(super) const fn steps(self) -> u8 {
        match self {
            Self::V4 => 2,
            Self::V6 => 14,
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
    /// Bytes of the table of references.
    pub(super) entries_len: usize,
    /// The references of the root, with the labels behind them: each is read with a byte more than it may have.
    pub(super) entries: &'a [u8],
    pub(super) labels: &'a [u8],
    /// Bytes of the table of shapes.
    pub(super) shapes_len: usize,
    /// The table of shapes, with the nodes behind it: a shape is read as a whole word.
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
        let entries_len = part(12, widths.reference, "table of entries")?.len();
        let labels = part(16, 2, "table of labels")?;
        let shapes_len = part(24, Shape::LEN, "table of shapes")?.len();
        let nodes = part(20, 1, "run of nodes")?;
        let entries = data.get(HEADER_LEN + words.len()..).ok_or(head)?;
        let shapes = data.get(data.len() - nodes.len() - shapes_len..).ok_or(head)?;
        let slots = (words.len() / WORD_LEN).checked_mul(64).and_then(|slots| u32::try_from(slots).ok()).ok_or(head)?;
        let sound = rest.is_empty() && nodes.len() >= PADDING && base.checked_add(slots).is_some_and(|end| end <= ROOT_SLOTS);
        if !sound || data.get(30..HEADER_LEN).is_none_or(|reserved| reserved.iter().any(|b| *b != 0)) {
            return Err(head);
        }
        Ok(Self { family, widths, base, words, entries_len, entries, labels, shapes_len, shapes, nodes })
    }

    /// The family of its addresses.
    pub const fn family(&self) -> Family {
        self.family
    }

    /// The label of an IPv4 address; 0 of a trie that is for IPv6 or damaged.
    #[inline]
    pub fn v4(&self, address: Ipv4Addr) -> u16 {
        if self.family == Family::V4 { self.find(u64::from(address.to_bits()) << 32, 0).unwrap_or(0) } else { 0 }
    }

    /// The label of an IPv6 address, which is taken as it is; 0 of a trie that is for IPv4 or damaged.
    #[inline]
    pub fn v6(&self, address: Ipv6Addr) -> u16 {
        let bits = address.to_bits();
        if self.family == Family::V6 { self.find((bits >> 64) as u64, bits as u64).unwrap_or(0) } else { 0 }
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

    /// The label of the address whose bits these are, from the most significant on.
    #[inline(always)]
    fn find(&self, mut high: u64, mut low: u64) -> Option<u16> {
        let mut reference = self.root((high >> 48) as u32)?;
        high = high << 16 | low >> 48;
        low <<= 16;
        // Each step takes a byte of the address, so that it ends whatever the bytes say.
        for _ in 0..self.family.steps() {
            let Some(offset) = reference.checked_sub(self.widths.labels) else { break };
            reference = self.below(offset << self.widths.shift, (high >> 56) as u8)?;
            high = high << 8 | low >> 56;
            low <<= 8;
        }
        // A reference of a node is past the end of the table.
        u16_at(self.labels, (reference as usize).checked_mul(2)?)
    }

    /// What a slot of a node says, as a reference.
    #[inline(always)]
    fn below(&self, offset: u32, slot: u8) -> Option<u32> {
        match Direct::at(self.nodes, offset, self.widths) {
            Some(node) => {
                let (run, starts) = node.run(slot)?;
                node.reference(run, starts)
            }
            None => Some(self.shaped(offset, slot)),
        }
    }

    /// The same of a node that is not direct; a reference of no node if there is none. A function of its own, so that it takes no
    /// registers from the rest, and a plain number, which WebAssembly returns without memory.
    #[inline(never)]
    fn shaped(&self, offset: u32, slot: u8) -> u32 {
        let node = self.nodes.get(offset as usize..).and_then(|bytes| Shaped::at(bytes, self.shapes, self.widths));
        let said = node.and_then(|node| {
            let (run, starts) = node.run(slot)?;
            node.reference(run, starts)
        });
        said.unwrap_or(u32::MAX)
    }

    /// What a slot of the root says, as a reference.
    #[inline(always)]
    pub(super) fn root(&self, slot: u32) -> Option<u32> {
        let index = match slot.checked_sub(self.base) {
            // Before the first start.
            None => 0,
            Some(slot) => match self.words.get((slot / 64) as usize * WORD_LEN..).and_then(<[u8]>::first_chunk::<WORD_LEN>) {
                Some(&[r0, r1, bits @ ..]) => {
                    // The slot's own bit counts, so that a run starts with it.
                    let upto = u64::from_le_bytes(bits) << (63 - slot % 64);
                    u32::from(u16::from_le_bytes([r0, r1])) + upto.count_ones()
                }
                // Behind the last start.
                None => u32::try_from(self.entries_len / self.widths.reference).ok()?.checked_sub(1)?,
            },
        };
        self.widths.reference(self.entries, index as usize * self.widths.reference)
    }

    pub(super) fn node(&self, offset: u32) -> Option<Node<'a>> {
        match Direct::at(self.nodes, offset, self.widths) {
            Some(node) => Some(Node::Direct(node)),
            None => Some(Node::Shaped(Shaped::at(self.nodes.get(offset as usize..)?, self.shapes, self.widths)?)),
        }
    }
}
