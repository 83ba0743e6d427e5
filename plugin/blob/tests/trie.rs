//! The run trie against a plain sorted list, and against bytes that nobody should trust.

use std::net::Ipv6Addr;

use proptest::prelude::*;
use weighbridge_blob::trie::build::{BuildError, Range, build, build_small};
use weighbridge_blob::trie::{Family, Trie, TrieError};

/// What the sorted list says.
fn naive(ranges: &[Range], address: u128) -> u16 {
    ranges.iter().find(|range| (range.first..=range.last).contains(&address)).map_or(0, |range| range.label)
}

/// Ranges between `cuts`, with the labels in turn; the label of a piece may repeat.
fn ranges(cuts: &[u128], labels: &[u16]) -> Vec<Range> {
    let mut cuts = cuts.to_vec();
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2).zip(labels.iter().cycle()).map(|(pair, label)| Range { first: pair[0], last: pair[1] - 1, label: *label }).collect()
}

/// Both kinds of tries: mostly of direct nodes, and mostly of shaped ones.
fn both(family: Family, ranges: &[Range]) -> [Vec<u8>; 2] {
    [build(family, ranges.iter().copied()).unwrap(), build_small(family, ranges.iter().copied()).unwrap()]
}

fn check(family: Family, ranges: &[Range], more: &[u128]) {
    let tries = both(family, ranges);
    assert_eq!(tries, both(family, ranges), "one input gives the same bytes");
    for bytes in &tries {
        check_bytes(family, bytes, ranges, more);
    }
}

fn check_bytes(family: Family, bytes: &[u8], ranges: &[Range], more: &[u128]) {
    let trie = Trie::open(family, bytes).unwrap();
    trie.verify().unwrap();
    let edges =
        ranges.iter().flat_map(|r| [r.first.wrapping_sub(1), r.first, r.first + 1, r.last.wrapping_sub(1), r.last, r.last.wrapping_add(1)]);
    for address in edges.chain(more.iter().copied()).chain([0, family.last()]).filter(|a| *a <= family.last()) {
        assert_eq!(trie.number(address), naive(ranges, address), "{family:?} {address:#x} of {ranges:x?}");
    }
    let said: std::collections::BTreeSet<u16> = trie.labels().collect();
    assert!(ranges.iter().all(|r| said.contains(&r.label)));
}

/// Addresses whose starts look like real ones: aligned to some length, near each other.
fn address(bits: u8) -> impl Strategy<Value = u128> {
    let near = prop::sample::select(vec![0x0a01_u128, 0x2001, 0x2a00, 0, 0xffff]);
    (near, any::<u128>(), 0..=bits, any::<bool>()).prop_map(move |(top, low, prefix, anywhere)| {
        let top = if anywhere { low >> 112 } else { top };
        let whole = top << 112 | low >> 16;
        let kept = if prefix == 0 { 0 } else { whole & (u128::MAX << (128 - u32::from(prefix))) };
        kept >> (128 - u32::from(bits))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn v4_says_what_the_list_says(
        cuts in prop::collection::vec(address(32), 2..80),
        labels in prop::collection::vec(prop_oneof![0_u16..4, 0_u16..30, any::<u16>()], 1..60),
        more in prop::collection::vec(address(32), 60),
    ) {
        check(Family::V4, &ranges(&cuts, &labels), &more);
    }

    #[test]
    fn v6_says_what_the_list_says(
        cuts in prop::collection::vec(address(128), 2..80),
        labels in prop::collection::vec(prop_oneof![0_u16..4, 0_u16..30, any::<u16>()], 1..60),
        more in prop::collection::vec(address(128), 60),
    ) {
        check(Family::V6, &ranges(&cuts, &labels), &more);
    }

    /// Dense nodes: every form of starts and labels occurs.
    #[test]
    fn full_nodes_say_what_the_list_says(
        step in prop::sample::select(vec![1_u128, 2, 4, 8, 16, 32]),
        labels in prop::collection::vec(0_u16..200, 1..300),
        few in 1_u16..40,
        holes in prop::collection::vec(0_u128..256, 0..200),
        deep in any::<bool>(),
    ) {
        let labels: Vec<u16> = labels.iter().map(|l| l % few).collect();
        let base = if deep { 0x2001_0db8_u128 << 96 } else { 0x0a00_0000 };
        let cuts: Vec<u128> = (0..=256 / step).map(|n| n * step).filter(|n| !holes.contains(n)).map(|n| base + n).collect();
        check(if deep { Family::V6 } else { Family::V4 }, &ranges(&cuts, &labels), &[]);
    }

    /// Crafted bytes: any look-up returns, and what a check lets pass answers with a label that the trie has.
    #[test]
    fn crafted_bytes_never_panic(
        cuts in prop::collection::vec(address(32), 2..40),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in prop::option::of(any::<prop::sample::Index>()),
        small in any::<bool>(),
        at in prop::collection::vec(any::<u32>(), 40),
    ) {
        let ranges = ranges(&cuts, &[1, 2, 3, 500, 0, 7]);
        let [fast, short] = both(Family::V4, &ranges);
        let mut bytes = if small { short } else { fast };
        for (index, byte) in &changes {
            let index = index.index(bytes.len());
            bytes[index] = *byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(trie) = Trie::open(Family::V4, &bytes) {
            let sound = trie.verify().is_ok();
            let known: Vec<u16> = trie.labels().collect();
            for address in at.iter().map(|a| u128::from(*a)).chain(cuts.iter().copied()) {
                let label = trie.number(address);
                prop_assert!(!sound || known.contains(&label));
            }
        }
    }
}

#[test]
fn every_changed_byte_is_noticed_or_alters_an_answer() {
    // Every byte matters: after a change either the check fails or some answer differs.
    let ranges: Vec<Range> = (0..300_u32).map(|n| Range::v4(0x0a00_0000 + n * 7, 0x0a00_0000 + n * 7 + n % 5, (n % 11) as u16)).collect();
    for bytes in both(Family::V4, &ranges) {
        every_byte_matters(&bytes);
    }
}

fn every_byte_matters(bytes: &[u8]) {
    let answers = |bytes: &[u8]| -> Option<Vec<u16>> {
        let trie = Trie::open(Family::V4, bytes).ok()?;
        trie.verify().ok()?;
        Some((0x0900_0000..0x0900_0100).chain(0x0a00_0000..0x0a00_2000).chain([0, u128::from(u32::MAX)]).map(|a| trie.number(a)).collect())
    };
    let good = answers(bytes).unwrap();
    let mut silent = Vec::new();
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 0x15;
        if answers(&changed).as_ref() == Some(&good) {
            silent.push(at);
        }
    }
    assert!(silent.is_empty(), "{silent:?} of {}", bytes.len());
}

#[test]
fn loops_and_wrong_families_are_refused() {
    let bytes = build(Family::V6, [Range { first: 0x2001_0db8 << 96, last: 0x2001_0db8 << 96 | 0xffff, label: 9 }]).unwrap();
    let trie = Trie::open(Family::V6, &bytes).unwrap();
    trie.verify().unwrap();
    assert_eq!(trie.v6("2001:db8::ffff".parse().unwrap()), 9);
    assert_eq!(trie.v6("2001:db8::1:0".parse().unwrap()), 0);
    assert_eq!(trie.v6(Ipv6Addr::UNSPECIFIED), 0);
    assert_eq!(trie.v4("10.0.0.1".parse().unwrap()), 0);
    assert_eq!(Trie::open(Family::V4, &bytes).unwrap_err(), TrieError::Family { expected: 32, got: 128 });
    // Each node leads to the one before it; turned to itself, the way down has no end.
    let nodes = bytes.len() - 32;
    for at in nodes.saturating_sub(200)..nodes {
        let mut changed = bytes.clone();
        for value in [0_u8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70] {
            changed[at] = value;
            if let Ok(trie) = Trie::open(Family::V6, &changed) {
                let _ = trie.v6("2001:db8::1".parse().unwrap());
                let _ = trie.verify();
            }
        }
    }
}

#[test]
fn bad_ranges_are_refused() {
    let build = |ranges: &[Range]| build(Family::V4, ranges.iter().copied()).map(|_| ());
    assert_eq!(build(&[]), Ok(()));
    assert_eq!(build(&[Range::v4(0, u32::MAX, 3)]), Ok(()));
    assert_eq!(build(&[Range::v4(5, 9, 3), Range::v4(9, 10, 3)]), Err(BuildError::Order(9)));
    assert_eq!(build(&[Range::v4(5, 4, 3)]), Err(BuildError::Order(5)));
    assert_eq!(build(&[Range { first: 5, last: 1 << 32, label: 1 }]), Err(BuildError::Order(5)));
    assert_eq!(build(&[Range::v4(5, u32::MAX, 3), Range::v4(0, 1, 3)]), Err(BuildError::Order(0)));
}

#[test]
fn an_empty_trie_says_nothing() {
    for family in [Family::V4, Family::V6] {
        let bytes = build(family, []).unwrap();
        let trie = Trie::open(family, &bytes).unwrap();
        trie.verify().unwrap();
        assert!(trie.is_empty());
        assert_eq!((trie.number(0), trie.number(family.last())), (0, 0));
        assert!(bytes.len() < 100);
    }
}
