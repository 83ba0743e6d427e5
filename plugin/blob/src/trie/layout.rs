//! Nodes to bytes: the shortest form for each, places for all of them, and the table of their shapes.
#![allow(clippy::indexing_slicing, reason = "runs in the builder alone, on vectors that it made itself")]

use std::collections::BTreeMap;

use super::build::BuildError;
use super::node::{COARSEST, DIRECT_LIST, Entry, FIRST_DIRECT, LIST, LONGEST_DIRECT, LONGEST_LIST, RANKS, Widths};
use super::read::COARSEST_SHIFT;
use super::shaped::{IN_ORDER, ISLANDS, OWN_SHAPE, SPARSE, SPARSE_HALVES, Shape};

/// What makes a node of the trie.
#[derive(Debug, Clone)]
pub(super) struct Content {
    /// Where each run starts, and what it says. Nodes are numbers of the list that holds them all.
    pub(super) runs: Vec<(u32, Entry)>,
    /// Ranges of addresses that are found by way of it.
    pub(super) ranges: u64,
}

/// Where each node stands, with the widths that make the whole smallest.
pub(super) struct Layout {
    pub(super) widths: Widths,
    /// Offset of each node, in steps of the widths.
    places: Vec<u32>,
    /// Number of each shape that has one in the table.
    shapes: BTreeMap<Shape, u8>,
    /// The shapes of the table, in their order.
    table: Vec<Shape>,
    forms: Vec<Form>,
}

impl Layout {
    /// The layout of the fewest bytes. `entries`: references of the root.
    pub(super) fn smallest(nodes: &[Content], labels: u32, entries: usize, pace: u64) -> Result<Self, BuildError> {
        let code = if labels > 256 { 2 } else { 1 };
        let common = common(nodes);
        let mut best: Option<(usize, Self)> = None;
        for (reference, shifts) in [(2, 0..=COARSEST_SHIFT), (3, 0..=0)] {
            let widths = |shift| Widths { code, reference, shift, labels, common };
            let forms: Vec<Form> = nodes.iter().map(|node| Form::best(node, widths(0), pace)).collect();
            // The first step that reaches all of them leaves the fewest gaps.
            let Some((len, layout)) = shifts.into_iter().find_map(|shift| Self::of(&forms, widths(shift))) else { continue };
            let len = len + entries * reference;
            if best.as_ref().is_none_or(|(smallest, _)| len < *smallest) {
                best = Some((len, Self { forms, ..layout }));
            }
        }
        best.map(|(_, layout)| layout).ok_or(BuildError::TooLarge)
    }

    /// The layout with these widths and the bytes of its nodes; `None` if a reference cannot reach them all.
    fn of(forms: &[Form], widths: Widths) -> Option<(usize, Self)> {
        let mut uses: BTreeMap<Shape, usize> = BTreeMap::new();
        forms.iter().filter_map(|form| form.head.shape()).for_each(|shape| *uses.entry(shape).or_insert(0) += 1);
        // The table pays for a shape from its second use on.
        let mut often: Vec<(Shape, usize)> = uses.into_iter().filter(|(_, uses)| *uses > 1).collect();
        often.sort_by_key(|(shape, uses)| (std::cmp::Reverse(*uses), *shape));
        let table: Vec<Shape> = often.into_iter().map(|(shape, _)| shape).take(OWN_SHAPE.into()).collect();
        let shapes: BTreeMap<Shape, u8> = table.iter().copied().zip(0..OWN_SHAPE).collect();
        let (mut places, mut at) = (Vec::with_capacity(forms.len()), 0_usize);
        let most = (1_u32 << (8 * widths.reference)) - widths.labels;
        for form in forms {
            at = at.next_multiple_of(1 << widths.shift);
            places.push(u32::try_from(at >> widths.shift).ok().filter(|place| *place < most)?);
            let own = form.head.shape().is_some_and(|shape| !shapes.contains_key(&shape));
            at += 1 + if own { Shape::LEN } else { 0 } + form.len(widths);
        }
        Some((at + table.len() * Shape::LEN, Self { widths, places, shapes, table, forms: Vec::new() }))
    }

    /// Writes a reference. A node is given by its number.
    pub(super) fn put(&self, out: &mut Vec<u8>, entry: Entry) {
        let value = match entry {
            Entry::Code(code) => u32::from(code),
            Entry::Node(number) => self.widths.labels + self.places[number as usize],
        };
        out.extend_from_slice(&value.to_le_bytes()[..self.widths.reference]);
    }

    /// Writes what a run of a node says, as a reference or as a code alone.
    fn content(&self, out: &mut Vec<u8>, entry: Entry, reference: bool) {
        match entry {
            Entry::Code(code) if !reference => out.extend_from_slice(&code.to_le_bytes()[..self.widths.code]),
            entry => self.put(out, entry),
        }
    }

    /// The table of shapes, and all nodes.
    pub(super) fn nodes(&self) -> (Vec<u8>, Vec<u8>) {
        let mut out = Vec::new();
        for (form, place) in self.forms.iter().zip(&self.places) {
            out.resize((*place as usize) << self.widths.shift, 0);
            let shape = match form.head {
                Head::Direct { form: starts, leads_on } => {
                    out.push(FIRST_DIRECT + 2 * starts + u8::from(leads_on));
                    out.extend(&form.starts);
                    form.contents.iter().for_each(|entry| self.content(&mut out, *entry, leads_on));
                    continue;
                }
                Head::Shaped(shape) => shape,
            };
            match self.shapes.get(&shape) {
                Some(number) => out.push(*number),
                None => {
                    out.push(OWN_SHAPE);
                    out.extend(shape.write());
                }
            }
            for entry in form.contents.iter().skip(usize::from(shape.common)) {
                self.content(&mut out, *entry, matches!(entry, Entry::Node(_)));
            }
            out.extend(&form.starts);
            out.extend(&form.indexes);
        }
        (self.table.iter().flat_map(|shape| shape.write()).collect(), out)
    }
}

/// How a node is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    Direct { form: u8, leads_on: bool },
    Shaped(Shape),
}

impl Head {
    const fn shape(self) -> Option<Shape> {
        match self {
            Self::Direct { .. } => None,
            Self::Shaped(shape) => Some(shape),
        }
    }
}

/// A node, written but for the places of the nodes below it.
struct Form {
    head: Head,
    starts: Vec<u8>,
    /// Of a direct node what each run says; of a shaped one the palette.
    contents: Vec<Entry>,
    indexes: Vec<u8>,
}

impl Form {
    /// Bytes behind the head and a shape of its own.
    fn len(&self, widths: Widths) -> usize {
        let contents = match self.head {
            Head::Direct { leads_on, .. } => self.contents.len() * if leads_on { widths.reference } else { widths.code },
            Head::Shaped(shape) => shape.written_codes() * widths.code + usize::from(shape.nodes) * widths.reference,
        };
        contents + self.starts.len() + self.indexes.len()
    }

    /// The direct form if the ranges below make it worth its bytes, or the shortest.
    fn best(node: &Content, widths: Widths, pace: u64) -> Self {
        let (short, direct) = (Self::shortest(&node.runs, widths), Self::direct(&node.runs));
        let bytes = |form: &Self| 16 * form.len(widths) as u64;
        if bytes(&direct) <= bytes(&short) + pace * node.ranges { direct } else { short }
    }

    fn direct(runs: &[(u32, Entry)]) -> Self {
        let (mut form, mut starts) = coarsest(runs);
        if form < 2 {
            // At most 192 before the last word.
            let before = |word: usize| starts.iter().take(word * 8).map(|byte| byte.count_ones() as u8).sum();
            let ranks: [u8; RANKS] = std::array::from_fn(|word| if word < 4 >> form { before(word) } else { 0 });
            starts.splice(0..0, ranks);
        }
        let list = runs.len() - 1;
        if list <= LONGEST_DIRECT && list + 1 < starts.len() {
            form = DIRECT_LIST;
            starts = std::iter::once(list as u8).chain(runs.iter().skip(1).map(|(slot, _)| *slot as u8)).collect();
        }
        let contents: Vec<Entry> = runs.iter().map(|(_, entry)| *entry).collect();
        let leads_on = contents.iter().any(|entry| matches!(entry, Entry::Node(_)));
        Self { head: Head::Direct { form, leads_on }, starts, contents, indexes: Vec::new() }
    }

    /// The shortest form; of two the one that is read in fewer steps.
    fn shortest(runs: &[(u32, Entry)], widths: Widths) -> Self {
        let (starts_form, starts) = starts(runs);
        let contents: Vec<Entry> = runs.iter().map(|(_, entry)| *entry).collect();
        let mut best: Option<(usize, Self)> = None;
        for turns in 0..=2_u8 {
            for in_order in [true, false] {
                let Some((palette, bits, indexes)) = labels(&contents, turns, in_order, widths.common) else { continue };
                let nodes = palette.iter().filter(|entry| matches!(entry, Entry::Node(_))).count();
                let list = if matches!(starts_form, LIST | ISLANDS) { starts.len() as u8 } else { 0 };
                let common = palette.first() == Some(&Entry::Code(widths.common));
                let (codes, nodes) = ((palette.len() - nodes) as u16, nodes as u16);
                let shape = Shape { starts: starts_form, turns, common, bits, list, codes, nodes };
                let form = Self { head: Head::Shaped(shape), contents: palette, starts: starts.clone(), indexes };
                let len = form.len(widths);
                if best.as_ref().is_none_or(|(shortest, _)| len < *shortest) {
                    best = Some((len, form));
                }
            }
        }
        // INVARIANT: a palette with an index for every run can always be written.
        best.map_or_else(|| unreachable!("some form fits every node"), |(_, form)| form)
    }
}

/// The coarsest bitmap whose bits every start falls on.
fn coarsest(runs: &[(u32, Entry)]) -> (u8, Vec<u8>) {
    let all = runs.iter().fold(0, |all, (slot, _)| all | slot);
    let form = (0..=COARSEST).rev().find(|form| all & ((1 << form) - 1) == 0).unwrap_or(0);
    (form, bitmap(runs, form))
}

fn bitmap(runs: &[(u32, Entry)], form: u8) -> Vec<u8> {
    let mut bits = vec![0_u8; 32 >> form];
    for (slot, _) in runs {
        let bit = slot >> form;
        bits[bit as usize / 8] |= 1 << (bit % 8);
    }
    bits
}

/// The shortest form of where runs start.
fn starts(runs: &[(u32, Entry)]) -> (u8, Vec<u8>) {
    let mut forms = vec![coarsest(runs)];
    if runs.len() - 1 <= LONGEST_LIST {
        forms.insert(usize::from(runs.len() > 9), (LIST, runs.iter().skip(1).map(|(slot, _)| *slot as u8).collect()));
    }
    // Every second run is one slot.
    let islands: Option<Vec<u8>> = runs[1..]
        .chunks(2)
        .map(|pair| match pair {
            [(slot, _), (next, _)] if *next == slot + 1 => Some(*slot as u8),
            [(255, _)] => Some(255),
            _ => None,
        })
        .collect();
    forms.extend(islands.filter(|list| (1..=LONGEST_LIST).contains(&list.len())).map(|list| (ISLANDS, list)));
    let fine = bitmap(runs, 0);
    let there = fine.iter().enumerate().fold(0_u32, |there, (byte, bits)| there | u32::from(*bits != 0) << byte);
    let mut sparse = there.to_le_bytes().to_vec();
    sparse.extend(fine.iter().filter(|bits| **bits != 0));
    forms.push((SPARSE, sparse));
    let halves = || fine.iter().flat_map(|byte| [byte & 15, byte >> 4]);
    let there = halves().enumerate().fold(0_u64, |there, (half, bits)| there | u64::from(bits != 0) << half);
    let full: Vec<u8> = halves().filter(|bits| *bits != 0).collect();
    let mut sparse = there.to_le_bytes().to_vec();
    sparse.extend(full.chunks(2).map(|pair| pair[0] | pair.get(1).map_or(0, |high| high << 4)));
    forms.push((SPARSE_HALVES, sparse));
    // The first of the shortest.
    forms.into_iter().min_by_key(|(_, bytes)| bytes.len()).unwrap_or_default()
}

/// The palette, the bits of an index and the indexes, if what the runs say can be written so.
fn labels(contents: &[Entry], turns: u8, in_order: bool, common: u16) -> Option<(Vec<Entry>, u8, Vec<u8>)> {
    let every_second = |run: usize| turns > 0 && run % 2 == usize::from(turns) - 1;
    let mut palette = Vec::new();
    if turns > 0 {
        let repeated = *contents.get(usize::from(turns) - 1)?;
        // Only a code is worth it: it has to stand first, and nodes stand last.
        let all = contents.iter().enumerate().all(|(run, entry)| !every_second(run) || *entry == repeated);
        if !all || matches!(repeated, Entry::Node(_)) || contents.len() < 2 {
            return None;
        }
        palette.push(repeated);
    }
    let rest: Vec<Entry> = contents.iter().enumerate().filter(|(run, _)| !every_second(*run)).map(|(_, entry)| *entry).collect();
    if in_order {
        let sorted = rest.is_sorted_by_key(|entry| matches!(entry, Entry::Node(_)));
        palette.extend(rest);
        return sorted.then_some((palette, IN_ORDER, Vec::new()));
    }
    let mut distinct: Vec<Entry> = Vec::new();
    for entry in &rest {
        if !distinct.contains(entry) {
            distinct.push(*entry);
        }
    }
    // Stable: but for the common code, codes and nodes each keep their order.
    distinct.sort_by_key(|entry| (matches!(entry, Entry::Node(_)), *entry != Entry::Code(common)));
    let bits = distinct.len().next_power_of_two().trailing_zeros() as usize;
    let mut indexes = vec![0_u8; (rest.len() * bits).div_ceil(8)];
    for (number, entry) in rest.iter().enumerate() {
        let index = distinct.iter().position(|other| other == entry)?;
        for bit in (0..bits).filter(|bit| index >> bit & 1 == 1) {
            let at = number * bits + bit;
            indexes[at / 8] |= 1 << (at % 8);
        }
    }
    palette.extend(distinct);
    Some((palette, bits as u8, indexes))
}

/// The code that most nodes have.
fn common(nodes: &[Content]) -> u16 {
    let mut uses: BTreeMap<u16, (usize, usize)> = BTreeMap::new();
    for (number, node) in nodes.iter().enumerate() {
        for (_, entry) in &node.runs {
            if let Entry::Code(code) = entry {
                let (count, last) = uses.entry(*code).or_insert((0, usize::MAX));
                if *last != number {
                    (*count, *last) = (*count + 1, number);
                }
            }
        }
    }
    uses.into_iter().max_by_key(|(code, (count, _))| (*count, std::cmp::Reverse(*code))).map_or(0, |(code, _)| code)
}
