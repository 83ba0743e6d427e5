//! Dictionaries: finite state transducers in the format of the `fst` crate, version 3, read with checked bounds.
//!
//! The builder writes them with `fst::MapBuilder`. That crate's own reader trusts its bytes: crafted data can panic it,
//! and its CRC-32 is no defence, because whoever crafts the data computes that too. A gate must never panic on a list,
//! so it reads the same format here: every access is checked, and a damaged node means "no such key" in [`Dict::get`]
//! and an error in [`Dict::verify`]. A look-up visits one node per key byte and allocates nothing.

use crate::bytes::{u8_at, u64_at, uint_at};

/// The most frequent bytes by their code less one, from the `fst` crate's table (its `COMMON_INPUTS_INV`). A node with
/// one transition keeps such a byte in six bits, so only the first 63 can occur.
const COMMON: &[u8; 63] = b"te/oasripcnw.hlm-du012g=:bf3y5&_4v9678k%?xCDASFIBEjPTzRNM+LOqHG";

/// Nodes with more transitions than this carry a 256-byte index of them.
const INDEX_THRESHOLD: usize = 32;

/// The version of the `fst` crate's format that this reader knows.
const FORMAT: u64 = 3;

/// Bytes before the first node: format version and type.
const HEADER: usize = 16;

/// Bytes after the last node: number of keys, root address, CRC-32.
const FOOTER: usize = 20;

/// State bytes from here on are those of nodes with one transition.
const ONE: u8 = 0x80;

/// From here on its target is the node right before it, and it adds nothing to the value.
const NEXT: u8 = 0xc0;

/// The bit in the state of a node with any other number of transitions that says that a key ends there.
const FINAL: u8 = 0x40;

/// Why a dictionary cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DictError {
    /// Too short to hold header and footer.
    #[error("dictionary of {got} bytes is shorter than the 36 of an empty one")]
    Short {
        /// Bytes found.
        got: usize,
    },
    /// Written by another version of the format, of this dictionary or of the tables that hold it.
    #[error("it has format version {got}, this gate reads {known}; build the blob with the gate's own release")]
    Version {
        /// Version found.
        got: u64,
        /// Version that this reader knows.
        known: u64,
    },
    /// A node lies outside the dictionary, has its transitions out of order, or leads back into itself.
    #[error("dictionary node at byte {offset} is damaged")]
    Node {
        /// Where.
        offset: usize,
    },
    /// The table of decompositions beside it says something of a character that it does not hold.
    #[error("the decompositions of block {block} are damaged")]
    Decompositions {
        /// The block of 64 characters.
        block: u32,
    },
    /// The number of keys is not the one that the footer tells.
    #[error("dictionary tells {told} keys and holds {found}")]
    Keys {
        /// As the footer says.
        told: u64,
        /// Found by walking.
        found: u64,
    },
}

/// A map from byte strings to numbers, read in place.
#[derive(Debug, Clone, Copy)]
pub struct Dict<'a> {
    nodes: Nodes<'a>,
    root: usize,
    len: u64,
}

/// The bytes of all nodes.
#[derive(Debug, Clone, Copy)]
struct Nodes<'a> {
    data: &'a [u8],
}

/// One node. `start` is its first byte; its address is its last.
#[derive(Debug, Clone, Copy)]
struct Node {
    start: usize,
    shape: Shape,
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    /// No transition, final, no output: has no bytes of its own.
    Empty,
    /// One transition.
    One { input: u8, output: u64, target: usize },
    /// Any number of transitions.
    Many { is_final: bool, final_output: u64, transitions: usize, inputs: usize, target_size: usize, output_size: usize },
}

impl<'a> Dict<'a> {
    /// Opens a dictionary. Costs a few reads whatever its size; the nodes are checked as they are visited.
    ///
    /// # Errors
    /// [`DictError::Short`], [`DictError::Version`], or [`DictError::Node`] when the root lies outside.
    pub fn open(data: &'a [u8]) -> Result<Self, DictError> {
        if data.len() < HEADER + FOOTER {
            return Err(DictError::Short { got: data.len() });
        }
        let short = DictError::Short { got: data.len() };
        let version = u64_at(data, 0).ok_or_else(|| short.clone())?;
        if version != FORMAT {
            return Err(DictError::Version { got: version, known: FORMAT });
        }
        let footer = data.len() - FOOTER;
        let len = u64_at(data, footer).ok_or_else(|| short.clone())?;
        let root = u64_at(data, footer + 8).ok_or(short)?;
        let nodes = data.get(..footer).unwrap_or_default();
        let root = usize::try_from(root).ok().filter(|r| *r == 0 || (HEADER..footer).contains(r));
        let root = root.ok_or(DictError::Node { offset: footer + 8 })?;
        Ok(Self { nodes: Nodes { data: nodes }, root, len })
    }

    /// The number of keys, as the footer tells.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the footer tells of no keys.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value of a key, or `None` if it is not there or the way to it is damaged.
    pub fn get(&self, key: &[u8]) -> Option<u64> {
        let mut walk = self.walk()?;
        if walk.follow(key) < key.len() {
            return None;
        }
        walk.value()
    }

    /// A walk from the root, byte by byte: for longest matches. `None` if the dictionary is empty or its root damaged.
    pub(crate) fn walk(&self) -> Option<Walk<'a>> {
        if self.len == 0 {
            return None;
        }
        Some(Walk { nodes: self.nodes, at: self.root, value: 0 })
    }

    /// Walks every node once: each lies strictly before its parent (so there is no cycle), its transitions are in
    /// ascending order, and the number of keys is the footer's.
    ///
    /// # Errors
    /// [`DictError::Node`] with the first damaged node, or [`DictError::Keys`]. Memory: 4 bytes per byte of dictionary, and what
    /// waits to be looked at; where memory never shrinks again, that is what is left of it.
    pub fn verify(&self) -> Result<(), DictError> {
        /// A node that is reached and not counted yet.
        const REACHED: u32 = u32::MAX;
        if self.len == 0 && self.root == 0 {
            return Ok(());
        }
        // How many keys each node leads to, by its address.
        let mut keys = vec![0_u32; self.nodes.data.len()];
        let mut pending = vec![self.root];
        while let Some(address) = pending.pop() {
            let damaged = DictError::Node { offset: address };
            match keys.get_mut(address) {
                Some(seen) if *seen == 0 => *seen = REACHED,
                Some(_) => continue,
                None => return Err(damaged),
            }
            let node = self.nodes.node(address).ok_or_else(|| damaged.clone())?;
            let mut last = None;
            for i in 0..node.transitions() {
                let (input, _, target) = self.nodes.transition(&node, i).ok_or_else(|| damaged.clone())?;
                if last.is_some_and(|l| input <= l) || (target != 0 && (target < HEADER || target >= node.start)) {
                    return Err(damaged);
                }
                // The index must lead where the list does, or `get` and the walk would disagree.
                if self.nodes.step(address, input).map(|(_, t)| t) != Some(target) {
                    return Err(damaged);
                }
                last = Some(input);
                if target != 0 {
                    pending.push(target);
                }
            }
        }
        // Children lie before their parents, so one pass from the front counts every key.
        for address in 0..self.nodes.data.len() {
            if keys.get(address) != Some(&REACHED) {
                continue;
            }
            let damaged = DictError::Node { offset: address };
            let node = self.nodes.node(address).ok_or_else(|| damaged.clone())?;
            let mut below = u32::from(matches!(node.shape, Shape::Empty | Shape::Many { is_final: true, .. }));
            for i in 0..node.transitions() {
                let (_, _, target) = self.nodes.transition(&node, i).ok_or_else(|| damaged.clone())?;
                let of_target = if target == 0 { 1 } else { keys.get(target).copied().unwrap_or(0) };
                below = below.checked_add(of_target).filter(|below| *below < REACHED).ok_or_else(|| damaged.clone())?;
            }
            if let Some(slot) = keys.get_mut(address) {
                *slot = below;
            }
        }
        let found = u64::from(if self.root == 0 { 1 } else { keys.get(self.root).copied().unwrap_or(0) });
        if found == self.len { Ok(()) } else { Err(DictError::Keys { told: self.len, found }) }
    }

    /// Calls `visit` with every key and value in ascending order, until it returns `false`. Damaged parts are skipped:
    /// run [`Dict::verify`] first where that matters. Keys longer than 4,096 bytes are not visited.
    pub fn for_each(&self, mut visit: impl FnMut(&[u8], u64) -> bool) {
        if self.len == 0 {
            return;
        }
        let mut key = Vec::new();
        // (node, value so far, next transition)
        let Some(root) = self.nodes.node(self.root) else { return };
        let mut stack = vec![(root, 0_u64, 0_usize)];
        while let Some((node, value, next)) = stack.pop() {
            if next == 0 {
                let output = match node.shape {
                    Shape::Empty => Some(0),
                    Shape::Many { is_final: true, final_output, .. } => Some(final_output),
                    _ => None,
                };
                if let Some(output) = output
                    && !visit(&key, value.saturating_add(output))
                {
                    return;
                }
            }
            if next < node.transitions() && key.len() < 4_096 {
                let step = self.nodes.transition(&node, next);
                stack.push((node, value, next + 1));
                if let Some((input, output, target)) = step
                    && (target == 0 || target < node.start)
                    && let Some(child) = self.nodes.node(target)
                {
                    key.push(input);
                    stack.push((child, value.saturating_add(output), 0));
                }
            } else {
                key.pop();
            }
        }
    }
}

impl Nodes<'_> {
    fn node(&self, address: usize) -> Option<Node> {
        if address == 0 {
            return Some(Node { start: 0, shape: Shape::Empty });
        }
        let state = u8_at(self.data, address)?;
        let code = state & 0x3f;
        match state >> 6 {
            0b11 | 0b10 => {
                let (input, at) = match code.checked_sub(1) {
                    Some(i) => (u8_at(COMMON, usize::from(i))?, address),
                    None => (u8_at(self.data, address.checked_sub(1)?)?, address.checked_sub(1)?),
                };
                if state >> 6 == 0b11 {
                    let target = at.checked_sub(1)?;
                    return Some(Node { start: at, shape: Shape::One { input, output: 0, target } });
                }
                let sizes_at = at.checked_sub(1)?;
                let (target_size, output_size) = self.sizes(sizes_at)?;
                let target_at = sizes_at.checked_sub(target_size)?;
                let start = target_at.checked_sub(output_size)?;
                let output = uint_at(self.data, start, output_size)?;
                let target = self.target(target_at, target_size, start)?;
                Some(Node { start, shape: Shape::One { input, output, target } })
            }
            _ => {
                let is_final = state & FINAL != 0;
                let (transitions, at) = if code == 0 { self.many(address)? } else { (usize::from(code), address) };
                let sizes_at = at.checked_sub(1)?;
                let (target_size, output_size) = self.sizes(sizes_at)?;
                let index = if transitions > INDEX_THRESHOLD { 256 } else { 0 };
                let inputs = sizes_at.checked_sub(index + transitions)?;
                // At most 256 transitions of two times eight bytes.
                let outputs = inputs.checked_sub(transitions * (target_size + output_size))?;
                let start = if is_final { outputs.checked_sub(output_size)? } else { outputs };
                let final_output = if is_final { uint_at(self.data, start, output_size)? } else { 0 };
                let shape = Shape::Many { is_final, final_output, transitions, inputs, target_size, output_size };
                (start >= HEADER).then_some(Node { start, shape })
            }
        }
    }

    /// Bytes of a target and of an output.
    #[inline(always)]
    fn sizes(&self, at: usize) -> Option<(usize, usize)> {
        let packed = usize::from(u8_at(self.data, at)?);
        let (target, output) = (packed >> 4, packed & 0x0f);
        (target <= 8 && output <= 8).then_some((target, output))
    }

    /// A target address: the distance back from the node's first byte, zero for the empty node.
    #[inline(always)]
    fn target(&self, at: usize, size: usize, start: usize) -> Option<usize> {
        let delta = usize::try_from(uint_at(self.data, at, size)?).ok()?;
        if delta == 0 { Some(0) } else { start.checked_sub(delta).filter(|t| *t >= HEADER) }
    }

    /// Output and target of the transition of a node for `byte`. It reads what this takes and no more: a walk mostly ends where it
    /// finds nothing. In a damaged node a place may wrap round; what is read there is checked as any other.
    #[inline(always)]
    fn step(&self, address: usize, byte: u8) -> Option<(u64, usize)> {
        if address == 0 {
            return None;
        }
        let data = self.data;
        let state = *data.get(address)?;
        let code = usize::from(state & 0x3f);
        if state >= ONE {
            let (input, at) = match code.checked_sub(1) {
                Some(i) => (*COMMON.get(i)?, address),
                None => (*data.get(address - 1)?, address - 1),
            };
            if input != byte {
                return None;
            }
            let at = at.wrapping_sub(1);
            if state >= NEXT {
                return Some((0, at));
            }
            let (target_size, output_size) = self.sizes(at)?;
            let targets = at.wrapping_sub(target_size);
            let start = targets.wrapping_sub(output_size);
            return Some((uint_at(data, start, output_size)?, self.target(targets, target_size, start)?));
        }
        let (transitions, at) = if code > 0 { (code, address) } else { self.many(address)? };
        let at = at.wrapping_sub(1);
        let (target_size, output_size) = self.sizes(at)?;
        // Everything in a node is stored last transition first.
        let (inputs, back) = if transitions > INDEX_THRESHOLD {
            let index = at.wrapping_sub(256);
            let inputs = index.wrapping_sub(transitions);
            let back = transitions.checked_sub(usize::from(*data.get(index.wrapping_add(usize::from(byte)))?) + 1)?;
            (inputs, (*data.get(inputs.wrapping_add(back))? == byte).then_some(back)?)
        } else {
            let inputs = at.wrapping_sub(transitions);
            (inputs, place_of(byte, data.get(inputs..)?, transitions)?)
        };
        let targets = inputs.wrapping_sub(transitions * target_size);
        let outputs = targets.wrapping_sub(transitions * output_size);
        let start = if state & FINAL != 0 { outputs.wrapping_sub(output_size) } else { outputs };
        let target = self.target(targets.wrapping_add(back * target_size), target_size, start)?;
        Some((uint_at(data, outputs.wrapping_add(back * output_size), output_size)?, target))
    }

    /// What the key adds to its value that ends at a node; `None` if none does.
    #[inline(always)]
    fn output(&self, address: usize) -> Option<u64> {
        if address == 0 {
            return Some(0);
        }
        let state = u8_at(self.data, address)?;
        if state >= ONE || state & FINAL == 0 {
            return None;
        }
        let code = usize::from(state & 0x3f);
        let (transitions, at) = if code > 0 { (code, address) } else { self.many(address)? };
        let (target_size, output_size) = self.sizes(at.wrapping_sub(1))?;
        let index = if transitions > INDEX_THRESHOLD { 256 } else { 0 };
        let before = 1 + index + transitions * (1 + target_size + output_size) + output_size;
        uint_at(self.data, at.wrapping_sub(before), output_size)
    }

    /// The number of transitions of a node with more than 63, and the place of that number.
    #[cold]
    fn many(&self, address: usize) -> Option<(usize, usize)> {
        let at = address.checked_sub(1)?;
        // One transition is always encoded in the state byte, so 1 stands for 256 here.
        let number = usize::from(u8_at(self.data, at)?);
        Some((if number == 1 { 256 } else { number }, at))
    }

    /// Input, output and target of transition `i`, in ascending order of inputs.
    fn transition(&self, node: &Node, i: usize) -> Option<(u8, u64, usize)> {
        match node.shape {
            Shape::Empty => None,
            Shape::One { input, output, target } => (i == 0).then_some((input, output, target)),
            Shape::Many { transitions, inputs, target_size, output_size, .. } => {
                // Everything in a node is stored last transition first.
                let back = transitions.checked_sub(i + 1)?;
                let targets = inputs.checked_sub(transitions * target_size)?;
                let outputs = targets.checked_sub(transitions * output_size)?;
                let input = u8_at(self.data, inputs + back)?;
                let target = self.target(targets + back * target_size, target_size, node.start)?;
                let output = uint_at(self.data, outputs + back * output_size, output_size)?;
                Some((input, output, target))
            }
        }
    }
}

/// Where a byte stands first among the first `count` of a list, eight places at a time.
#[inline(always)]
fn place_of(byte: u8, list: &[u8], count: usize) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (mut at, mut rest) = (0, list);
    while at < count {
        let Some((eight, tail)) = rest.split_first_chunk() else {
            return rest.iter().take(count - at).position(|b| *b == byte).map(|n| at + n);
        };
        let apart = u64::from_le_bytes(*eight) ^ (ONES * u64::from(byte));
        // The lowest bit that is set is that of the first zero byte.
        let zero = apart.wrapping_sub(ONES) & !apart & (ONES << 7);
        if zero != 0 {
            let place = at + zero.trailing_zeros() as usize / 8;
            return (place < count).then_some(place);
        }
        (at, rest) = (at + 8, tail);
    }
    None
}

/// A position in a dictionary, reached by the bytes stepped so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk<'a> {
    nodes: Nodes<'a>,
    /// Address of the node.
    at: usize,
    value: u64,
}

impl Walk<'_> {
    /// Goes on by one byte. `false` if no key goes on so, or the way is damaged; the walk is then over.
    pub(crate) fn step(&mut self, byte: u8) -> bool {
        self.follow(&[byte]) == 1
    }

    /// Goes on as long as a key goes on by these bytes. Answers by how many; if not by all, the walk is over.
    #[inline(never)]
    pub(crate) fn follow(&mut self, bytes: &[u8]) -> usize {
        let (mut at, mut value) = (self.at, self.value);
        for (taken, byte) in bytes.iter().enumerate() {
            let next = self.nodes.step(at, *byte);
            let Some((output, target)) = next else { return taken };
            (at, value) = (target, value.wrapping_add(output));
        }
        (self.at, self.value) = (at, value);
        bytes.len()
    }

    /// The walks that go on by one more byte of which `wanted` is true, in the order of the bytes.
    pub(crate) fn children(&self, wanted: impl Fn(&u8) -> bool) -> impl Iterator<Item = Self> {
        let node = self.nodes.node(self.at);
        (0..node.map_or(0, |node| node.transitions())).filter_map(move |i| {
            let (byte, output, target) = self.nodes.transition(&node?, i)?;
            if !wanted(&byte) || (target != 0 && target >= node?.start) {
                return None;
            }
            Some(Self { nodes: self.nodes, at: target, value: self.value.checked_add(output)? })
        })
    }

    /// The value of the key that ends here.
    #[inline(never)]
    pub(crate) fn value(&self) -> Option<u64> {
        self.value.checked_add(self.nodes.output(self.at)?)
    }
}

impl Node {
    fn transitions(&self) -> usize {
        match self.shape {
            Shape::Empty => 0,
            Shape::One { .. } => 1,
            Shape::Many { transitions, .. } => transitions,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn build(map: &BTreeMap<Vec<u8>, u64>) -> Vec<u8> {
        let mut builder = fst::MapBuilder::memory();
        for (key, value) in map {
            builder.insert(key, *value).unwrap();
        }
        builder.into_inner().unwrap()
    }

    /// Everything that the public face can do with the bytes; must return.
    fn exercise(data: &[u8], keys: &[Vec<u8>]) {
        if let Ok(dict) = Dict::open(data) {
            for key in keys {
                dict.get(key);
            }
            let _ = dict.verify();
            let mut visited = 0;
            dict.for_each(|_, _| {
                visited += 1;
                visited < 10_000
            });
        }
    }

    proptest! {
        #[test]
        fn what_went_in_comes_out_and_nothing_else(
            map in btree_map(vec(any::<u8>(), 0..12), any::<u64>().prop_map(|v| v >> 8), 0..200),
            others in vec(vec(any::<u8>(), 0..12), 0..50),
        ) {
            let data = build(&map);
            let dict = Dict::open(&data).unwrap();
            prop_assert_eq!(dict.verify(), Ok(()));
            for (key, value) in &map {
                prop_assert_eq!(dict.get(key), Some(*value));
            }
            for key in &others {
                prop_assert_eq!(dict.get(key), map.get(key).copied());
            }
            let mut seen = BTreeMap::new();
            dict.for_each(|key, value| { seen.insert(key.to_vec(), value); true });
            prop_assert_eq!(seen, map);
        }

        #[test]
        fn no_bytes_panic(
            map in btree_map(vec(any::<u8>(), 0..6), any::<u64>(), 0..60),
            flips in vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        ) {
            let mut data = build(&map);
            for (index, byte) in flips {
                let at = index.index(data.len());
                data[at] = byte;
            }
            exercise(&data, &map.keys().cloned().collect::<Vec<_>>());
        }

        #[test]
        fn no_random_bytes_panic(mut data in vec(any::<u8>(), 0..400), root in 16_u64..400) {
            exercise(&data, &[b"abc".to_vec()]);
            if data.len() > 60 {
                let at = data.len() - 12;
                data[..8].copy_from_slice(&3_u64.to_le_bytes());
                data[at..at + 8].copy_from_slice(&root.to_le_bytes());
                exercise(&data, &[b"abc".to_vec(), b"".to_vec()]);
            }
        }
    }

    #[test]
    fn wide_nodes_use_their_index() {
        let map: BTreeMap<Vec<u8>, u64> = (0..=255_u8).map(|b| (vec![b, b'x'], u64::from(b) * 1_000)).collect();
        let data = build(&map);
        let dict = Dict::open(&data).unwrap();
        assert_eq!(dict.verify(), Ok(()));
        for (key, value) in &map {
            assert_eq!(dict.get(key), Some(*value));
        }
        assert_eq!(dict.get(&[7]), None);
    }

    #[test]
    fn a_cycle_is_an_error_and_never_a_loop() {
        // One node that leads to itself: state "one transition", byte `t`, distance 0 is the empty node, so use a node
        // whose target lies behind it.
        let map: BTreeMap<Vec<u8>, u64> = [(b"abab".to_vec(), 1), (b"cd".to_vec(), 2)].into();
        let good = build(&map);
        for at in 16..good.len() - 20 {
            for byte in 0..=255 {
                let mut data = good.clone();
                data[at] = byte;
                exercise(&data, &[b"abab".to_vec(), b"cd".to_vec()]);
            }
        }
    }

    #[test]
    fn errors_are_typed() {
        assert_eq!(Dict::open(&[0; 10]).unwrap_err(), DictError::Short { got: 10 });
        let mut data = build(&BTreeMap::new());
        assert!(Dict::open(&data).unwrap().is_empty());
        data[0] = 9;
        assert_eq!(Dict::open(&data).unwrap_err(), DictError::Version { got: 9, known: 3 });
        let mut data = build(&[(b"a".to_vec(), 1)].into());
        let at = data.len() - 20;
        data[at] = 7;
        assert_eq!(Dict::open(&data).unwrap().verify(), Err(DictError::Keys { told: 7, found: 1 }));
    }
}
