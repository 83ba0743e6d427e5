//! A check of everything that look-ups can reach.

use super::node::{COARSEST, DIRECT_LIST, Direct, Entry, LIST, LONGEST_DIRECT, LONGEST_LIST, Node, PADDING, RANKS};
use super::read::{ROOT_SLOTS, Trie, TrieError, WORD_LEN};
use super::shaped::{IN_ORDER, ISLANDS, OWN_SHAPE, SPARSE, SPARSE_HALVES, Shape, Shaped};
use crate::bytes::u16_at;

const fn damaged(what: &'static str, at: usize) -> TrieError {
    TrieError::Damaged { what, at }
}

impl Trie<'_> {
    /// Checks the root and every node, whether something leads to it or not: shapes, order of starts, numbers of runs and
    /// of what they say, codes that have a label, and that a node's own nodes stand before it and the way down is not
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
        let shapes = self.shapes.get(..self.shapes_len).ok_or(damaged("table of shapes", 0))?;
        if self.shapes_len / Shape::LEN > usize::from(OWN_SHAPE) || usize::from(self.widths.common) >= self.labels.len() / 2 {
            return Err(damaged("table of shapes", 0));
        }
        if let Some(number) = shapes.chunks_exact(Shape::LEN).position(|bytes| !sound(bytes)) {
            return Err(damaged("shape", number * Shape::LEN));
        }
        let mut at = 0_usize;
        while at < end {
            let start = at.next_multiple_of(1 << self.widths.shift);
            if self.nodes.get(at..start).is_none_or(|gap| gap.iter().any(|b| *b != 0)) {
                return Err(damaged("gap before a node", at));
            }
            let (len, level) = self.verify_node(start, &levels).ok_or(damaged("node", start))?;
            if end.checked_sub(start).is_none_or(|left| len > left) {
                return Err(damaged("node", start));
            }
            if let Some(slot) = levels.get_mut(start) {
                *slot = level;
            }
            at = start + len;
        }
        self.verify_root(&levels)
    }

    /// Length of the node and number of levels from it down; `None` if it is damaged.
    fn verify_node(&self, at: usize, levels: &[u8]) -> Option<(usize, u8)> {
        match self.node(u32::try_from(at).ok()?)? {
            Node::Direct(node) => self.verify_direct(&node, at, levels),
            Node::Shaped(node) => self.verify_shaped(&node, at, levels),
        }
    }

    fn verify_direct(&self, node: &Direct<'_>, at: usize, levels: &[u8]) -> Option<(usize, u8)> {
        // Any slot tells how long the starts are.
        let (_, len) = node.run(0)?;
        let starts = node.body.get(..len)?;
        let runs = match node.form {
            DIRECT_LIST => listed(starts.get(1..)?, LONGEST_DIRECT)?,
            form => {
                let (ranks, bits) = starts.split_at_checked(if form < 2 { RANKS } else { 0 })?;
                let mut before = 0;
                for (number, rank) in ranks.iter().enumerate() {
                    let word = bits.get(number * 8..number * 8 + 8);
                    // Of words that are not there, nothing.
                    if u32::from(*rank) != if word.is_some() { before } else { 0 } {
                        return None;
                    }
                    before += word.map_or(0, ones);
                }
                (form <= COARSEST && bits.first()? & 1 == 1).then_some(ones(bits) as usize)?
            }
        };
        let mut level = 1;
        for run in 0..runs {
            let reference = node.reference(run, len)?;
            if !node.leads_on && matches!(self.widths.entry(reference), Entry::Node(_)) {
                return None;
            }
            level = level.max(self.verify_entry(reference, at, levels)?);
        }
        let width = if node.leads_on { self.widths.reference } else { self.widths.code };
        Some((1 + len + runs * width, level))
    }

    /// How many levels stand from the node down that says this; `None` if that leads nowhere.
    fn verify_entry(&self, reference: u32, at: usize, levels: &[u8]) -> Option<u8> {
        match self.widths.entry(reference) {
            Entry::Code(code) => (usize::from(code) < self.labels.len() / 2).then_some(1),
            Entry::Node(below) => {
                let below = levels.get(below as usize).filter(|_| (below as usize) < at)?;
                below.checked_add(1).filter(|_| *below > 0)
            }
        }
    }

    fn verify_shaped(&self, node: &Shaped<'_>, at: usize, levels: &[u8]) -> Option<(usize, u8)> {
        let shape = node.shape;
        let (head, behind) = self.nodes.get(at..)?.split_first()?;
        if *head == OWN_SHAPE && !sound(behind.get(..Shape::LEN)?) {
            return None;
        }
        let (_, starts) = node.run(0)?;
        let starts = node.body.get(node.palette..node.palette + starts)?;
        let runs = runs(shape, starts)?;
        let (codes, places) = (usize::from(shape.codes), usize::from(shape.nodes));
        // In the palette the one that every second run says, and what the others do.
        let first = usize::from(shape.turns > 0);
        let (indexed, others) = (shape.indexed(runs), (codes + places).checked_sub(first)?);
        let indexes_at = node.palette + starts.len();
        let packed = match shape.bits {
            IN_ORDER => 0,
            bits => (indexed * usize::from(bits)).div_ceil(8),
        };
        let fits = match shape.bits {
            IN_ORDER => others == indexed,
            bits => others > 0 && others.next_power_of_two().trailing_zeros() == u32::from(bits),
        };
        if !fits
            || shape.turns > 2
            || (codes == 0 && (shape.turns > 0 || shape.common))
            || (shape.turns > 0 && runs < 2)
            || others > indexed
        {
            return None;
        }
        if shape.bits != IN_ORDER && shape.bits > 0 {
            let mut largest = 0;
            for number in 0..indexed {
                largest = largest.max(node.index(number, indexes_at)?);
            }
            let used = indexed * usize::from(shape.bits) % 8;
            let last = node.body.get((indexes_at + packed).checked_sub(1)?)?;
            if usize::from(largest) + 1 != others || (used > 0 && last >> used != 0) {
                return None;
            }
        }
        let mut level = 1;
        for place in 0..codes + places {
            let reference = node.content(place)?;
            if matches!(self.widths.entry(reference), Entry::Code(_)) != (place < codes) {
                return None;
            }
            level = level.max(self.verify_entry(reference, at, levels)?);
        }
        let head = self.nodes.len().checked_sub(at)?.checked_sub(node.body.len())?;
        Some((head + indexes_at + packed, level))
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
        if self.entries_len / self.widths.reference != before as usize + 1 || before >= ROOT_SLOTS {
            return Err(damaged("number of entries of the root", 0));
        }
        for at in (0..self.entries_len).step_by(self.widths.reference) {
            let good = match self.widths.reference(self.entries, at).map(|reference| self.widths.entry(reference)) {
                Some(Entry::Code(code)) => u16_at(self.labels, usize::from(code) * 2).is_some(),
                Some(Entry::Node(offset)) => levels.get(offset as usize).is_some_and(|below| (1..=self.family.steps()).contains(below)),
                None => false,
            };
            if !good {
                return Err(damaged("entry of the root", at));
            }
        }
        Ok(())
    }
}

/// How many runs start; `None` if the starts are not as the builder writes them.
fn runs(shape: Shape, starts: &[u8]) -> Option<usize> {
    if shape.starts == LIST {
        return listed(starts, LONGEST_LIST);
    }
    if shape.starts == ISLANDS {
        let apart = starts.windows(2).all(|pair| matches!(pair, [a, b] if a.checked_add(1).is_some_and(|next| next < *b)));
        let last = usize::from(starts.last().is_some_and(|last| *last < u8::MAX));
        let sound = apart && *starts.first()? > 0 && starts.len() <= LONGEST_LIST;
        return sound.then_some(2 * starts.len() + last);
    }
    let (begins, bits, full) = match shape.starts {
        SPARSE => {
            let bits = starts.get(4..)?;
            (starts.first()? & 1 == 1, bits, bits.iter().all(|byte| *byte != 0))
        }
        SPARSE_HALVES => {
            let (there, bits) = starts.split_first_chunk::<8>()?;
            let there = u64::from_le_bytes(*there);
            let odd = usize::from(there.count_ones() % 2 == 1);
            // Behind the last half there is nothing.
            let full = bits.iter().rev().enumerate().all(|(n, byte)| byte & 15 != 0 && (byte >> 4 == 0) == (n == 0 && odd == 1));
            (there & 1 == 1, bits, full)
        }
        form => (form <= COARSEST, starts, true),
    };
    (begins && full && shape.list == 0 && bits.first()? & 1 == 1).then_some(ones(bits) as usize)
}

/// How many runs a list of starts makes.
fn listed(starts: &[u8], longest: usize) -> Option<usize> {
    let ascending = starts.is_sorted_by(|a, b| a < b) && starts.first().is_none_or(|first| *first > 0);
    (ascending && starts.len() <= longest).then_some(starts.len() + 1)
}

fn ones(bits: &[u8]) -> u32 {
    bits.iter().map(|byte| byte.count_ones()).sum()
}

/// Whether a shape has no bits that a reader would not see.
fn sound(bytes: &[u8]) -> bool {
    bytes.first_chunk().is_some_and(|&[a, b, c, d, e]| Shape::read([a, b, c, d, e, 0, 0, 0]).write() == [a, b, c, d, e])
}
