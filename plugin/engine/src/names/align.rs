//! Alignment: the tokens of two names paired one to one.

use std::cmp::Reverse;

use weighbridge_blob::lexicon::scan::letters;
use weighbridge_blob::lexicon::{Lexicon, ListedWords, Short};
use weighbridge_blob::name::Class;
use weighbridge_blob::order::sort;

use super::acronym::{self, Part};
use super::ask::{Ask, Asked};
use super::words::{Word, Words, bits, usable};
use super::{How, Like, MAX_ASKED, MAX_LISTED, Params};

/// Tokens that stand for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Tokens of the query, one bit each.
    pub asked: u32,
    /// Tokens of the listed name, one bit each.
    pub listed: u32,
    /// How they are alike.
    pub like: Like,
    /// Thousandths.
    pub sim: u16,
    /// Sixteenths of a bit that the pair is worth.
    pub weight: u16,
    /// The least name-like class of the two.
    pub class: Class,
}

/// A token that found no partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Its place.
    pub at: u8,
    /// Sixteenths of a bit.
    pub weight: u16,
    /// What it is.
    pub class: Class,
    /// One letter alone.
    pub letter: bool,
}

/// Two names side by side.
#[derive(Debug, Clone)]
pub struct Aligned {
    pairs: [Pair; MAX_ASKED],
    pair_count: u8,
    asked_left: [Left; MAX_ASKED],
    asked_left_count: u8,
    listed_left: [Left; MAX_LISTED],
    listed_left_count: u8,
    /// Tokens of the query, and of the listed name.
    pub lengths: (u8, u8),
    /// A listed token was past the most that are compared.
    pub cut: bool,
    /// Every token of both has an equal partner: one normal form.
    pub equal: bool,
    /// The pairs stand in the same order on both sides.
    pub in_order: bool,
    /// They do but for one turn: `Doe John` and `John Doe`.
    pub turned: bool,
    /// How the first and the last token of the listed name agree with the query's.
    pub ends: Ends,
}

/// How the first and the last token of a listed name agree with those of the query, whose last name may come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// One of them does not.
    Apart,
    /// Both have a partner.
    Alike,
    /// One is the same word, and of the other the query has the first letter.
    Letter,
    /// Both are the same words or spellings of them.
    Equal,
}

impl Aligned {
    /// The pairs.
    pub fn pairs(&self) -> &[Pair] {
        self.pairs.get(..usize::from(self.pair_count)).unwrap_or_default()
    }

    /// Tokens of the query without a partner.
    pub fn asked_left(&self) -> &[Left] {
        self.asked_left.get(..usize::from(self.asked_left_count)).unwrap_or_default()
    }

    /// Tokens of the listed name without a partner.
    pub fn listed_left(&self) -> &[Left] {
        self.listed_left.get(..usize::from(self.listed_left_count)).unwrap_or_default()
    }
}

impl Aligned {
    const NOTHING: Self = Self {
        pairs: [NO_PAIR; MAX_ASKED],
        pair_count: 0,
        asked_left: [NOTHING_LEFT; MAX_ASKED],
        asked_left_count: 0,
        listed_left: [NOTHING_LEFT; MAX_LISTED],
        listed_left_count: 0,
        lengths: (0, 0),
        cut: false,
        equal: false,
        in_order: true,
        turned: false,
        ends: Ends::Apart,
    };
}

/// What an alignment is made in. It holds nothing that a later one reads, and is large: clearing it would take longer than most alignments.
#[derive(Debug)]
pub(crate) struct Table {
    listed: Vec<Listed>,
    edges: Vec<Pair>,
    /// Acronyms of either name.
    short: Vec<Pair>,
    out: Aligned,
    /// The listed words that the question met so far.
    pub(super) words: Words,
}

impl Default for Table {
    fn default() -> Self {
        Self { listed: Vec::new(), edges: Vec::new(), short: Vec::new(), out: Aligned::NOTHING, words: Words::default() }
    }
}

const NO_PAIR: Pair = Pair { asked: 0, listed: 0, like: Like { how: How::Exact, edits: 0 }, sim: 0, weight: 0, class: Class::Name };
const NOTHING_LEFT: Left = Left { at: 0, weight: 0, class: Class::Name, letter: false };

#[derive(Debug, Clone, Copy)]
struct Listed {
    token: u32,
    /// Its number among [`Words`].
    word: u16,
    weight: u16,
    class: Class,
    len: u8,
}

/// Tokens of a listed name by what they are, one bit each.
#[derive(Clone, Copy, Default)]
struct Classes {
    all: u32,
    forms: u32,
    /// What may be a word for a body.
    bodies: u32,
    usable: u32,
}

impl Classes {
    fn of(listed: &[Listed]) -> Self {
        let mut classes = Self::default();
        for (n, token) in listed.iter().enumerate() {
            classes.all |= 1 << n;
            classes.forms |= u32::from(token.class == Class::Form) << n;
            classes.bodies |= u32::from(matches!(token.class, Class::Generic | Class::Form)) << n;
            classes.usable |= u32::from(usable(token.class)) << n;
        }
        classes
    }
}

/// Edges that are weighed against each other.
const MAX_EDGES: usize = 96;

/// Weight of all tokens of a mask, and the most name-like of their classes.
fn sum(mut mask: u32, of: impl Fn(usize) -> Option<(u16, Class)>) -> (u16, Class) {
    let (mut weight, mut class) = (0_u16, Class::Number);
    while mask != 0 {
        if let Some((w, c)) = of(mask.trailing_zeros() as usize) {
            weight = weight.saturating_add(w);
            class = class.min(c);
        }
        mask &= mask - 1;
    }
    (weight, class)
}

struct Pairing<'p> {
    pairs: &'p mut [Pair; MAX_ASKED],
    count: usize,
    asked: u32,
    listed: u32,
}

impl Pairing<'_> {
    fn take(&mut self, pair: Pair) {
        if self.asked & pair.asked != 0 || self.listed & pair.listed != 0 {
            return;
        }
        if let Some(slot) = self.pairs.get_mut(self.count) {
            *slot = pair;
            self.count += 1;
            self.asked |= pair.asked;
            self.listed |= pair.listed;
        }
    }
}

/// `None` if the raw score is below `least`, told before the dearer part of the comparison.
pub(crate) fn align<'t>(
    lexicon: &Lexicon<'_>,
    ask: &Ask,
    number: u32,
    name: &ListedWords<'_>,
    least: u16,
    params: &Params,
    table: &'t mut Table,
) -> Option<&'t Aligned> {
    let Table { listed, edges, short, out, words } = table;
    listed.clear();
    let (asked, heads) = (ask.tokens.as_slice(), ask.heads.as_slice());
    words.make_room();
    let (mut same, mut may_be_short) = (true, false);
    for token in name.tokens().take(MAX_LISTED) {
        let number = words.number_of(token, lexicon, ask, params);
        if let Some(word) = words.get(number) {
            same &= word.same != 0;
            may_be_short |= word.short;
            listed.push(Listed { token, word: number, weight: word.weight, class: word.class, len: word.len });
        }
    }
    let listed = listed.as_slice();
    // Names of one normal form have the full score, however little their words say.
    let least = if same && ask.whole && asked.len() == name.len() { 0 } else { u64::from(least) };
    let pair = |a: u32, l: u32, like: Like, sim: u16| {
        let (wa, class_a) = sum(a, |n| heads.get(n).map(|t| (t.weight, t.class)));
        let (wl, class_l) = sum(l, |n| listed.get(n).map(|t| (t.weight, t.class)));
        let class = class_a.max(class_l);
        // A misspelt token is worth what the listed one is worth.
        let weight = match like.how {
            How::Exact => wa.midpoint(wl),
            // A letter says as much of every word that begins with it: which one it stands for, rare or common, is not known.
            How::Initial if like.edits == 0 => params.initial,
            _ => wl.min(wa),
        };
        // Two consonants are soon met again, and so are three initials.
        let bones = |token: &Asked| (token.bones.as_bytes().len() as u16).saturating_mul(params.bone);
        let most = match like.how {
            How::Consonants => asked.get(a.trailing_zeros() as usize).map_or(u16::MAX, bones),
            How::Acronym => u16::from(like.edits).saturating_mul(params.acronym),
            _ => u16::MAX,
        };
        Pair { asked: a, listed: l, like, sim, weight: weight.min(most), class }
    };
    edges.clear();
    short.clear();
    if may_be_short || ask.acronyms != 0 || ask.shortened > 0 || !ask.short.is_empty() {
        shortened(words, lexicon, ask, number, listed, |a, l, like| short.push(pair(a, l, like, params.similarity(like, 1))));
    }
    if least > 0 && short.is_empty() && !may_reach(words, lexicon, ask, listed, least, params) {
        return None;
    }
    let classes = Classes::of(listed);
    let mut put = |edge: Pair| {
        if edges.len() < MAX_EDGES {
            edges.push(edge);
        }
    };
    for (l, word) in listed.iter().enumerate().filter_map(|(l, there)| Some((l, words.get(there.word)?))) {
        for variant in word.variants(ask).iter().filter(|variant| variant.like.how != How::Acronym) {
            put(pair(variant.asked, 1 << l, variant.like, variant.sim));
        }
        // Forms, and tokens beyond those that look for candidates: the same or nothing.
        for a in bits(ask.idle & word.same) {
            put(pair(1 << a, 1 << l, Like { how: How::Exact, edits: 0 }, 1_000));
        }
    }
    for split in &ask.splits {
        let parts = split.parts.get(..split.len).unwrap_or_default();
        let mut mask = 0_u32;
        let whole = parts.iter().all(|part| {
            let at = listed.iter().enumerate().position(|(l, t)| mask >> l & 1 == 0 && t.token == *part);
            at.inspect(|l| mask |= 1 << l).is_some()
        });
        if whole {
            put(pair(split.asked, mask, Like { how: How::Joined, edits: 0 }, split.sim));
        }
    }
    // What agrees best and says most comes first; of equals, what keeps the order.
    let distance = |p: &Pair| p.asked.trailing_zeros().abs_diff(p.listed.trailing_zeros());
    let worth = |p: &Pair| u32::from(p.sim) * u32::from(p.sim) / 1_000 * (u32::from(p.weight) + 16);
    let rank = |p: &Pair| (Reverse(worth(p)), distance(p), p.asked, p.listed);
    sort(edges, |a, b| rank(a) < rank(b));
    let mut pairing = Pairing { pairs: &mut out.pairs, count: 0, asked: 0, listed: 0 };
    for edge in edges.iter() {
        pairing.take(*edge);
    }

    if pairing.count > 0 {
        kin(words, ask, listed, classes, &mut pairing, params, &pair);
    }

    if pairing.count == 0 {
        if least > 0 && short.is_empty() {
            return None;
        }
    } else if !second_look(
        lexicon,
        words,
        ask,
        listed,
        classes,
        &mut pairing,
        if short.is_empty() { least } else { 0 },
        params,
        &pair,
        edges,
    ) {
        return None;
    }
    for edge in short.iter() {
        // A word of the long name may stand there in full as well; most of what the acronym stands for may not.
        let (a, l) = (edge.asked & !pairing.asked, edge.listed & !pairing.listed);
        if a != 0 && l != 0 && 2 * (a.count_ones().max(l.count_ones())) >= edge.asked.count_ones().max(edge.listed.count_ones()) {
            pairing.take(pair(a, l, edge.like, edge.sim));
        }
    }

    let Pairing { count, asked: asked_taken, listed: listed_taken, .. } = pairing;
    out.pair_count = count as u8;
    (out.asked_left_count, out.listed_left_count) = (0, 0);
    out.lengths = (asked.len() as u8, name.len().min(255) as u8);
    out.cut = name.len() > listed.len();
    for (n, token) in heads.iter().enumerate().filter(|(n, _)| asked_taken >> n & 1 == 0) {
        if let Some(slot) = out.asked_left.get_mut(usize::from(out.asked_left_count)) {
            *slot = Left { at: n as u8, weight: token.weight, class: token.class, letter: token.len == 1 && token.class != Class::Number };
            out.asked_left_count += 1;
        }
    }
    for (n, token) in listed.iter().enumerate().filter(|(n, _)| listed_taken >> n & 1 == 0) {
        if let Some(slot) = out.listed_left.get_mut(usize::from(out.listed_left_count)) {
            *slot = Left { at: n as u8, weight: token.weight, class: token.class, letter: token.len == 1 && token.class != Class::Number };
            out.listed_left_count += 1;
        }
    }
    let pairs = out.pairs.get_mut(..count).unwrap_or_default();
    sort(pairs, |a, b| a.asked.trailing_zeros() < b.asked.trailing_zeros());
    out.in_order = pairs.is_sorted_by_key(|p| p.listed.trailing_zeros());
    let at = |p: &Pair| p.listed.trailing_zeros();
    let falls = pairs.windows(2).filter(|w| matches!(w, [a, b] if at(a) > at(b))).count();
    out.turned = falls == 1 && pairs.last().map(at) < pairs.first().map(at);
    out.ends = if out.cut { Ends::Apart } else { ends(pairs, asked.len(), listed.len()) };
    out.equal = !out.cut && out.asked_left_count == 0 && out.listed_left_count == 0 && out.pairs().iter().all(|p| p.like.how == How::Exact);
    Some(out)
}

/// Calls `each` with what one name has as an acronym of words of the other: as the lexicon tells, and, beside words that agree, as the
/// words of the normal forms begin.
fn shortened(words: &Words, lexicon: &Lexicon<'_>, ask: &Ask, number: u32, listed: &[Listed], mut each: impl FnMut(u32, u32, Like)) {
    for short in ask.short_for(number) {
        let letters = ask.heads.get(usize::from(short.asked)).map_or(0, |head| usize::from(head.len));
        if listed.len() >= 32 - short.listed.leading_zeros() as usize {
            each(1 << short.asked, short.listed, acronym::like(letters));
        }
    }
    let word = |there: &Listed| words.get(there.word);
    if ask.shortened > 0 {
        for (l, word) in listed.iter().enumerate().filter_map(|(l, there)| Some((l, word(there)?))) {
            let acronyms = word.variants(ask).iter().filter(|variant| variant.like.how == How::Acronym);
            acronyms.for_each(|variant| each(variant.asked, 1 << l, variant.like));
        }
    }
    let (mut same, mut linked, mut firsts) = (0, 0, 0);
    for word in listed.iter().filter_map(word) {
        (same, linked) = (same | word.same, linked | word.linked);
        if ask.acronyms != 0 {
            firsts |= letters(lexicon.text_at(word.at as usize, 1));
        }
    }
    // Beside a word of both that agrees.
    if linked & ask.says == 0 {
        return;
    }
    let of_asked = ask.acronyms & !same;
    let of_asked =
        bits(of_asked).filter(|a| ask.heads.get(*a).is_some_and(|head| head.letters & !firsts == 0)).fold(0, |mask, a| mask | 1_u32 << a);
    let may = |there: &&Listed| word(there).is_some_and(|word| word.short && word.same == 0);
    if of_asked == 0 && !listed.iter().any(|there| may(&there)) {
        return;
    }
    const NOTHING: Part<'static> = Part { text: &[], class: Class::Form, same: true };
    let (mut here, mut there) = ([NOTHING; MAX_ASKED], [NOTHING; MAX_LISTED]);
    for (n, (slot, token)) in here.iter_mut().zip(&ask.tokens).enumerate() {
        *slot = Part { text: token.text.as_bytes(), class: token.class, same: same >> n & 1 == 1 };
    }
    for (slot, listed) in there.iter_mut().zip(listed) {
        if let Some(word) = word(listed) {
            let text = lexicon.text_at(word.at as usize, usize::from(word.len));
            *slot = Part { text, class: listed.class, same: word.same != 0 };
        }
    }
    let here = here.get(..ask.tokens.len()).unwrap_or_default();
    let there = there.get(..listed.len()).unwrap_or_default();
    for (a, part) in bits(of_asked).filter_map(|a| Some((a, here.get(a)?))) {
        if let Some(mask) = acronym::initials_of(part.text, there) {
            each(1 << a, mask, acronym::like(part.text.len()));
        }
    }
    for (l, part) in listed.iter().enumerate().filter(|(_, there)| may(there)).filter_map(|(l, _)| Some((l, there.get(l)?))) {
        if let Some(mask) = acronym::initials_of(part.text, here) {
            each(mask, 1 << l, acronym::like(part.text.len()));
        }
    }
}

/// Looks at the partners of the first and the last of `listed` tokens: they are the first and the last of the query, or, where it has
/// the family name first, stand next to each other.
fn ends(pairs: &[Pair], asked: usize, listed: usize) -> Ends {
    let of = |l: usize| pairs.iter().find(|p| p.listed >> l & 1 == 1);
    let (Some(first), Some(last)) = (of(0), of(listed.saturating_sub(1))) else { return Ends::Apart };
    let behind = 32 - last.asked.leading_zeros() as usize;
    if asked < 2 || behind % asked != first.asked.trailing_zeros() as usize {
        return Ends::Apart;
    }
    let equal = |p: &Pair| p.like.how == How::Exact;
    let letter = |p: &Pair| p.like.how == How::Initial && p.like.edits == 0;
    match (equal(first), equal(last)) {
        (true, true) => Ends::Equal,
        (true, false) if letter(last) => Ends::Letter,
        (false, true) if letter(first) => Ends::Letter,
        _ => Ends::Alike,
    }
}

/// Whether a mask of `listed` tokens has the first and the last of them.
const fn both_ends(mask: u32, listed: usize) -> bool {
    mask & 1 == 1 && listed > 0 && mask >> (listed - 1) & 1 == 1
}

/// Pairs legal forms of one family, then words for bodies.
fn kin(
    words: &Words,
    ask: &Ask,
    listed: &[Listed],
    classes: Classes,
    pairing: &mut Pairing<'_>,
    params: &Params,
    pair: &impl Fn(u32, u32, Like, u16) -> Pair,
) {
    for (n, (of_asked, of_listed, sim)) in
        [(ask.forms, classes.forms, params.kin), (ask.bodies, classes.bodies, params.bodies)].into_iter().enumerate()
    {
        if of_asked & !pairing.asked == 0 {
            continue;
        }
        for l in bits(of_listed & !pairing.listed) {
            let word = listed.get(l).and_then(|there| words.get(there.word));
            for a in bits(word.and_then(|word| word.kin.get(n)).map_or(0, |kin| kin & !pairing.asked)) {
                pairing.take(pair(1 << a, 1 << l, Like { how: How::Equivalent, edits: 0 }, sim));
            }
        }
    }
}

/// Whether the raw score may reach `least`, told from the words alone: what may have a partner finds one that is just like it, what
/// may not is left over.
fn may_reach(words: &mut Words, lexicon: &Lexicon<'_>, ask: &Ask, listed: &[Listed], least: u64, params: &Params) -> bool {
    // Tokens of the query that may find a partner.
    let mut asked = listed.iter().filter_map(|there| words.get(there.word)).fold(0, |mask, word| mask | word.first);
    // Whoever has none at first needs one at the second look.
    let others = ask.usable & !asked;
    if others != 0 {
        listed.iter().for_each(|there| words.look(there.word, others, lexicon, ask, params));
    }
    let words = &*words;
    let mut open = 0_u32;
    let mut before: Option<&Word> = None;
    for (l, word) in listed.iter().enumerate().filter_map(|(l, there)| Some((l, words.get(there.word)?))) {
        asked |= word.near;
        open |= u32::from(word.first | word.near | (word.second & !others) != 0) << l;
        let glued = before.map_or(0, |before| ask.may_be_both(before, word));
        if glued != 0 {
            asked |= glued;
            open |= 0b11 << (l - 1);
        }
        before = Some(word);
    }
    let (mut worth, mut worth_there, mut left, mut left_there, mut takes) = (0, 0, 0, 0, 0);
    for (l, word) in listed.iter().enumerate().filter_map(|(l, there)| Some((l, words.get(there.word)?))) {
        if open >> l & 1 == 1 {
            worth_there += u64::from(word.worth);
            takes += u32::from(word.takes);
        } else {
            left_there += u64::from(word.left);
        }
    }
    for (n, head) in ask.heads.iter().enumerate() {
        if asked >> n & 1 == 1 {
            worth += u64::from(head.worth);
        } else {
            left += u64::from(head.left);
        }
    }
    let stays = ask.says & !asked != 0 || (ask.says & asked).count_ones() > takes;
    let agree = worth.min(worth_there) * 1_000;
    left += if left == 0 && params.within_ends < 1_000 && both_ends(open, listed.len()) { 0 } else { left_there };
    Params::may_reach(least, agree, agree + left, if stays { params.half } else { params.least_half() })
}

/// What the raw score can still become, at the most: everything that is open on the side with less of it finds a partner as like it as
/// any is. What is neither paired nor open is left over.
#[derive(Default)]
struct Hope {
    /// Tokens without a partner that one was found for, one bit each.
    asked: u32,
    listed: u32,
    /// The most that two of them are alike.
    sim: u16,
}

impl Hope {
    fn reaches(&self, least: u64, ask: &Ask, words: &Words, listed: &[Listed], pairing: &Pairing<'_>, params: &Params) -> bool {
        let (mut open, mut open_there, mut left, mut left_there) = (0, 0, 0, 0);
        for (n, head) in ask.heads.iter().enumerate().filter(|(n, _)| pairing.asked >> n & 1 == 0) {
            if self.asked >> n & 1 == 1 {
                open += u64::from(head.worth);
            } else {
                left += u64::from(head.left);
            }
        }
        for (n, there) in listed.iter().enumerate().filter(|(n, _)| pairing.listed >> n & 1 == 0) {
            if self.listed >> n & 1 == 1 {
                open_there += words.get(there.word).map_or(0, |word| u64::from(word.worth));
            } else {
                left_there += words.get(there.word).map_or(0, |word| u64::from(word.left));
            }
        }
        let taken = pairing.listed | self.listed;
        left += if left == 0 && params.within_ends < 1_000 && both_ends(taken, listed.len()) { 0 } else { left_there };
        let more = open.min(open_there) * u64::from(self.sim);
        let (mut agree, mut all) = (more, more + left);
        for pair in pairing.pairs.iter().take(pairing.count) {
            agree += u64::from(pair.weight) * u64::from(pair.sim);
            all += u64::from(pair.weight) * 1_000;
        }
        // A word of the query stays over if more of them are open than listed tokens are: each finds one partner at least.
        let over = ask.says & !pairing.asked;
        let stays = over & !self.asked != 0 || (over & self.asked).count_ones() > self.listed.count_ones();
        Params::may_reach(least, agree, all, if stays { params.half } else { params.least_half() })
    }
}

/// Tokens that are left on both sides, now that others agree, are compared more loosely. `false` if the raw score cannot reach `least`.
#[allow(clippy::too_many_arguments, reason = "one step of `align`, with what it has")]
fn second_look(
    lexicon: &Lexicon<'_>,
    words: &mut Words,
    ask: &Ask,
    listed: &[Listed],
    classes: Classes,
    pairing: &mut Pairing<'_>,
    least: u64,
    params: &Params,
    pair: &impl Fn(u32, u32, Like, u16) -> Pair,
    edges: &mut Vec<Pair>,
) -> bool {
    edges.clear();
    let mut hope = Hope::default();
    let mut put = |edge: Pair, hope: &mut Hope| {
        hope.asked |= edge.asked;
        hope.listed |= edge.listed;
        hope.sim = hope.sim.max(edge.sim);
        if edges.len() < MAX_EDGES {
            edges.push(edge);
        }
    };
    let free = ask.usable & !pairing.asked;
    for there in bits(classes.usable & !pairing.listed).filter_map(|l| listed.get(l)) {
        words.look(there.word, free, lexicon, ask, params);
    }
    let words = &*words;
    let word = |l: usize| listed.get(l).filter(|_| pairing.listed >> l & 1 == 0).and_then(|there| words.get(there.word));
    for (l, there) in bits(classes.usable & !pairing.listed).filter_map(|l| Some((l, word(l)?))) {
        // Two of the list written together in the query.
        let next = word(l + 1);
        let both = next.map_or(0, |next| ask.may_be_both(there, next) & free);
        let mut glued = Short::EMPTY;
        for a in bits(there.near & free | both) {
            if let Some(loose) = words.loose(there, a) {
                put(pair(1 << a, 1 << l, loose.like, loose.sim), &mut hope);
            }
            let (Some(next), Some(here)) = (next.filter(|_| both >> a & 1 == 1), ask.tokens.get(a)) else { continue };
            if glued.as_bytes().is_empty() {
                let text = |word: &Word| lexicon.text_at(word.at as usize, usize::from(word.len));
                text(there).iter().chain(text(next)).for_each(|b| glued.push(*b));
            }
            let len = glued.as_bytes().len();
            if let Some(edits) = here.pattern.edits(glued.as_bytes(), glued_limit(len)) {
                let like = Like { how: How::Joined, edits: edits as u8 * 16 };
                put(pair(1 << a, 0b11 << l, like, params.similarity(like, len)), &mut hope);
            }
        }
    }
    if !hope.reaches(least, ask, words, listed, pairing, params) {
        return false;
    }
    let rank = |p: &Pair| (Reverse(p.sim), p.asked, p.listed);
    sort(edges, |a, b| rank(a) < rank(b));
    for edge in edges.iter() {
        pairing.take(*edge);
    }
    true
}

/// Edits that two listed words written together may be apart from a token of the query of about `len` letters.
pub(super) const fn glued_limit(len: usize) -> u32 {
    if len >= 8 { 2 } else { 1 }
}
