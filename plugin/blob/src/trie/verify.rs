//! A check of everything that look-ups can reach.

use super::node::{COARSEST, Entry, HAS_CHILDREN, LIST, LONGEST_LIST, Labels, Node, PADDING};
use super::read::{Family, ROOT_SLOTS, Trie, TrieError, WORD_LEN, root_entry};
use crate::bytes::u16_at;

const fn damaged(what: &'static str, at: usize) -> TrieError {
    TrieError::Damaged { what, at }
}

impl Trie<'_> {
    /// Checks the root and every node, whether something leads to it or not: forms, order of starts, numbers of runs and of
    /// nodes below, codes that have a label, and that a node's own nodes stand before it and the way down is not
    /// longer than an address. One pass, and as many bytes of memory as the nodes have.
    ///
    /// # Errors
    /// [`TrieError::Damaged`] for the first part that the builder could not have written.
    pub fn verify(&self) -> Result<(), TrieError> {
        // How many levels stand from each node down; 0 = no node starts there.
        let mut levels = vec![0_u8; self.nodes.len()];
        let end = self.nodes.len() - PADDING;
        if self.nodes.get(end..).is_none_or(|padding| padding.iter().any(|b| *b != 0)) {
            return Err(damaged("padding", end));
        }
        let mut at = 0;
        while at < end {
            let (len, level) = self.verify_node(at, &levels).ok_or(damaged("node", at))?;
            if len > end - at {
                return Err(damaged("node", at));
            }
            if let Some(slot) = levels.get_mut(at) {
                *slot = level;
            }
            at += len;
        }
        self.verify_root(&levels)
    }

    /// Length of the node and number of levels from it down; `None` if it is damaged.
    fn verify_node(&self, at: usize, levels: &[u8]) -> Option<(usize, u8)> {
        let node = Node::at(self.nodes, u32::try_from(at).ok()?)?;
        let (form, runs) = (node.forms & 7, usize::from(node.last) + 1);
        if node.forms & 0x80 != 0 || (form != LIST && form > COARSEST) {
            return None;
        }
        let starts = node.body.get(..node.starts_len())?;
        if form == LIST {
            let ascending = starts.is_sorted_by(|a, b| a < b) && starts.first().is_none_or(|first| *first > 0);
            if !ascending || starts.len() > LONGEST_LIST {
                return None;
            }
        } else {
            let set: u32 = starts.iter().map(|b| b.count_ones()).sum();
            if set as usize != runs || starts.first()? & 1 == 0 {
                return None;
            }
        }
        let mut len = 2 + starts.len();
        let (mut level, mut leaves) = (1, runs);
        if node.forms & HAS_CHILDREN != 0 {
            let marks = node.body.get(starts.len()..starts.len() + node.marks_len())?;
            let set: u32 = marks.iter().map(|b| b.count_ones()).sum();
            let beyond = marks.last()?.checked_shr(u32::try_from((runs - 1) % 8 + 1).ok()?).unwrap_or(0);
            if set as usize != node.children || beyond != 0 {
                return None;
            }
            len += 1 + marks.len() + node.children * 3;
            leaves -= node.children;
            for run in (0..runs).filter(|run| marks.get(run / 8).is_some_and(|b| b >> (run % 8) & 1 == 1)) {
                let Entry::Node(child) = node.entry(run, self.wide)? else { return None };
                let below = levels.get(child as usize).filter(|_| (child as usize) < at)?;
                level = level.max(below.checked_add(1).filter(|_| *below > 0)?);
            }
        }
        let form = Labels::of(node.forms)?;
        let width = if self.wide { 2 } else { 1 };
        let before = len;
        len += (leaves * form.bits()).div_ceil(8);
        let unused = match (leaves * form.bits()) % 8 {
            0 => 0,
            used => self.nodes.get(at + len - 1)? >> used,
        };
        if unused != 0 {
            return None;
        }
        let palette = match form {
            // Without a run of its own, a node has no code either.
            Labels::One => usize::from(leaves > 0),
            Labels::Alternating | Labels::Bits1 => 2,
            Labels::Codes => leaves,
            // As long as the largest index asks.
            Labels::Bits2 | Labels::Bits4 => {
                let packed = self.nodes.get(at + before..at + len)?;
                let index =
                    |leaf: usize| packed.get(leaf * form.bits() / 8).map(|b| b >> (leaf * form.bits() % 8) & ((1 << form.bits()) - 1));
                usize::from((0..leaves).filter_map(index).max()?) + 1
            }
        };
        let codes = self.nodes.get(at + len..at + len + palette * width)?;
        let known = self.labels.len() / 2;
        let good = |code: &[u8]| {
            usize::from(if self.wide { u16_at(code, 0) } else { code.first().map(|c| u16::from(*c)) }.unwrap_or(u16::MAX)) < known
        };
        if !codes.chunks_exact(width).all(good) || (form == Labels::Alternating && leaves < 2) {
            return None;
        }
        Some((len + codes.len(), level))
    }

    fn verify_root(&self, levels: &[u8]) -> Result<(), TrieError> {
        let mut before = 0_u32;
        for (number, word) in self.words.chunks_exact(WORD_LEN).enumerate() {
            let fail = damaged("word of the root", number * WORD_LEN);
            let (rank, bits) = word.split_first_chunk::<2>().ok_or(fail)?;
            if u32::from(u16::from_le_bytes(*rank)) != before {
                return Err(fail);
            }
            before += bits.iter().map(|b| b.count_ones()).sum::<u32>();
        }
        // The first entry is that of the slots before the first start.
        if self.entries.len() / 3 != before as usize + 1 || before >= ROOT_SLOTS {
            return Err(damaged("number of entries of the root", 0));
        }
        // Bits that the root has already used up.
        let most = match self.family {
            Family::V4 => 2,
            Family::V6 => 14,
        };
        for (number, entry) in self.entries.chunks_exact(3).enumerate() {
            let value = entry.iter().rev().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
            let good = match root_entry(value) {
                Entry::Code(code) => usize::from(code) < self.labels.len() / 2 && value & 0x7f_0000 == 0,
                Entry::Node(offset) => levels.get(offset as usize).is_some_and(|levels| (1..=most).contains(levels)),
            };
            if !good {
                return Err(damaged("entry of the root", number * 3));
            }
        }
        Ok(())
    }
}
