//! The run that an address lies in, for reports; look-ups need its label alone.

use super::node::Entry;
use super::read::{ROOT_SLOTS, Trie};

impl Trie<'_> {
    /// First and last address (as numbers) of the run of one node, or of the root, that holds the address: all of them
    /// have its label. Neighbours in other nodes may have it as well. `None` of a damaged trie.
    pub fn run(&self, address: u128) -> Option<(u128, u128)> {
        let bits = u32::from(self.family().bits());
        // The bits of the address that are below what has been read.
        let mut below = bits.checked_sub(16)?;
        let range = |low: u128, high: u128, below: u32| {
            let first = low.checked_shl(below)?;
            Some((first, high.checked_shl(below)? | 1_u128.checked_shl(below)?.wrapping_sub(1)))
        };
        let slot = u32::try_from(address >> below).ok().filter(|slot| *slot < ROOT_SLOTS)?;
        let mut reference = self.root(slot)?;
        if let Entry::Code(_) = self.widths.entry(reference) {
            let same = |slot: &u32| self.root(*slot) == Some(reference);
            let low = (0..slot).rev().take_while(same).last().unwrap_or(slot);
            let high = (slot + 1..ROOT_SLOTS).take_while(same).last().unwrap_or(slot);
            return range(low.into(), high.into(), below);
        }
        loop {
            let Entry::Node(offset) = self.widths.entry(reference) else { return None };
            let node = self.node(offset)?;
            below = below.checked_sub(8)?;
            let path = address >> below;
            let slot = (path & 0xff) as u8;
            let (run, starts) = node.run(slot)?;
            reference = node.reference(run, starts)?;
            if let Entry::Code(_) = self.widths.entry(reference) {
                let same = |slot: &u8| node.run(*slot).is_some_and(|(other, _)| other == run);
                let low = (0..slot).rev().take_while(same).last().unwrap_or(slot);
                let high = (slot..=u8::MAX).skip(1).take_while(same).last().unwrap_or(slot);
                let base = path & !0xff;
                return range(base | u128::from(low), base | u128::from(high), below);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::trie::build::{Range, build};
    use crate::trie::{Family, Trie};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_run_holds_its_address_and_one_label(cuts in prop::collection::btree_set(any::<u32>(), 1..40), labels in prop::collection::vec(0_u16..4, 40), asked in prop::collection::vec(any::<u32>(), 20)) {
            let cuts: Vec<u32> = cuts.into_iter().collect();
            let ranges: Vec<Range> = cuts.windows(2).zip(&labels).map(|(pair, label)| Range::v4(pair[0], pair[1] - 1, *label)).collect();
            let bytes = build(Family::V4, ranges).unwrap();
            let trie = Trie::open(Family::V4, &bytes).unwrap();
            for address in asked.into_iter().chain(cuts.iter().copied()).chain([0, u32::MAX]).map(u128::from) {
                let (first, last) = trie.run(address).unwrap();
                prop_assert!((first..=last).contains(&address) && last <= u128::from(u32::MAX));
                for other in [first, last, u128::midpoint(first, last)] {
                    prop_assert_eq!(trie.number(other), trie.number(address));
                }
                for cut in cuts.iter().map(|cut| u128::from(*cut)).filter(|cut| (first + 1..=last).contains(cut)) {
                    prop_assert_eq!(trie.number(cut), trie.number(cut - 1));
                }
            }
        }
    }
}
