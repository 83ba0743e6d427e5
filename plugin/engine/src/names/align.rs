//! Alignment: the tokens of two names paired one to one.

use std::cmp::Reverse;

use weighbridge_blob::lexicon::scan::one_edit;
use weighbridge_blob::lexicon::{Lexicon, ListedName, Short, skeleton};
use weighbridge_blob::name::Class;
use weighbridge_blob::order::sort;

use super::ask::{Ask, Asked, READINGS};
use super::{How, Like, MAX_ASKED, MAX_LISTED, Params, forms};

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
    out: Aligned,
}

impl Default for Table {
    fn default() -> Self {
        Self { listed: Vec::new(), edges: Vec::new(), out: Aligned::NOTHING }
    }
}

const NO_PAIR: Pair = Pair { asked: 0, listed: 0, like: Like { how: How::Exact, edits: 0 }, sim: 0, weight: 0, class: Class::Name };
const NOTHING_LEFT: Left = Left { at: 0, weight: 0, class: Class::Name, letter: false };

#[derive(Debug, Clone, Copy)]
struct Listed {
    token: u32,
    weight: u16,
    class: Class,
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
    name: &ListedName<'_>,
    least: u16,
    params: &Params,
    table: &'t mut Table,
) -> Option<&'t Aligned> {
    let Table { listed, edges, out } = table;
    listed.clear();
    listed.extend(name.tokens().take(MAX_LISTED).map(|token| {
        let class = lexicon.class(token);
        Listed { token, class, weight: params.weight(class, lexicon.weight(token), lexicon.frequency(token)) }
    }));
    let listed = listed.as_slice();
    let asked = ask.tokens.as_slice();
    // Names of one normal form have the full score, however little their words say.
    let least = if ask.whole && asked.len() == name.len() { 0 } else { u64::from(least) };
    // No pair is worth more than what the list's tokens are worth, on either side.
    let worth = |l: &Listed| asked.iter().filter(|a| a.listed == Some(l.token)).map(|a| a.weight).fold(l.weight, u16::max);
    if least > 0 && params.most(1_000, ask.most.min(listed.iter().map(|l| u32::from(worth(l))).sum())) < least {
        return None;
    }
    let pair = |a: u32, l: u32, like: Like, sim: u16| {
        let (wa, class_a) = sum(a, |n| asked.get(n).map(|t| (t.weight, t.class)));
        let (wl, class_l) = sum(l, |n| listed.get(n).map(|t| (t.weight, t.class)));
        let class = class_a.max(class_l);
        // A misspelt token is worth what the listed one is worth.
        let weight = if like.how == How::Exact { wa.midpoint(wl) } else { wl.min(wa) };
        // Two consonants are soon met again.
        let bones = |token: &Asked| (token.bones.as_bytes().len() as u16).saturating_mul(params.bone);
        let most = asked.get(a.trailing_zeros() as usize).filter(|_| like.how == How::Consonants).map_or(u16::MAX, bones);
        let weight = weight.min(most);
        Pair { asked: a, listed: l, like, sim, weight, class }
    };

    edges.clear();
    let mut put = |edge: Pair| {
        if edges.len() < MAX_EDGES {
            edges.push(edge);
        }
    };
    for (l, there) in listed.iter().enumerate() {
        for variant in ask.variants_of_token(there.token) {
            put(pair(variant.asked, 1 << l, variant.like, variant.sim));
        }
        // Forms, and tokens beyond those that look for candidates: the same or nothing.
        for (a, here) in asked.iter().enumerate() {
            if ask.seeking >> a & 1 == 0 && here.listed == Some(there.token) {
                put(pair(1 << a, 1 << l, Like { how: How::Exact, edits: 0 }, 1_000));
            }
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
        kin(lexicon, asked, listed, &mut pairing, params, &pair);
    }

    let mut open = Open::of(asked, listed, &pairing);
    if least > 0 && best_case(lexicon, asked, listed, &pairing, open, params) < least {
        return None;
    }
    if pairing.count > 0 && !second_look(lexicon, ask, listed, &mut pairing, &mut open, least, params, &pair, edges) {
        return None;
    }

    let Pairing { count, asked: asked_taken, listed: listed_taken, .. } = pairing;
    out.pair_count = count as u8;
    (out.asked_left_count, out.listed_left_count) = (0, 0);
    out.lengths = (asked.len() as u8, name.len().min(255) as u8);
    out.cut = name.len() > listed.len();
    for (n, token) in asked.iter().enumerate().filter(|(n, _)| asked_taken >> n & 1 == 0) {
        if let Some(slot) = out.asked_left.get_mut(usize::from(out.asked_left_count)) {
            *slot = Left { at: n as u8, weight: token.weight, class: token.class, letter: token.text.as_bytes().len() == 1 };
            out.asked_left_count += 1;
        }
    }
    for (n, token) in listed.iter().enumerate().filter(|(n, _)| listed_taken >> n & 1 == 0) {
        if let Some(slot) = out.listed_left.get_mut(usize::from(out.listed_left_count)) {
            let letter = lexicon.is_letter(token.token);
            *slot = Left { at: n as u8, weight: token.weight, class: token.class, letter };
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

/// Pairs legal forms of one family, then words for bodies.
fn kin(
    lexicon: &Lexicon<'_>,
    asked: &[Asked],
    listed: &[Listed],
    pairing: &mut Pairing<'_>,
    params: &Params,
    pair: &dyn Fn(u32, u32, Like, u16) -> Pair,
) {
    for (l, there) in listed.iter().enumerate().filter(|(_, t)| t.class == Class::Form) {
        for (a, here) in asked.iter().enumerate().filter(|(_, t)| t.class == Class::Form) {
            let free = pairing.listed >> l & 1 == 0 && pairing.asked >> a & 1 == 0;
            if free && forms::kin(here.text.as_bytes(), lexicon.text(there.token)) {
                pairing.take(pair(1 << a, 1 << l, Like { how: How::Equivalent, edits: 0 }, params.kin));
            }
        }
    }
    if params.bodies == 0 {
        return;
    }
    for (l, there) in listed.iter().enumerate().filter(|(_, t)| matches!(t.class, Class::Generic | Class::Form)) {
        for (a, here) in asked.iter().enumerate().filter(|(_, t)| matches!(t.class, Class::Generic | Class::Form)) {
            let free = pairing.listed >> l & 1 == 0 && pairing.asked >> a & 1 == 0;
            if free && forms::alike(here.text.as_bytes(), lexicon.text(there.token)) {
                pairing.take(pair(1 << a, 1 << l, Like { how: How::Equivalent, edits: 0 }, params.bodies));
            }
        }
    }
}

/// Tokens without a partner that the second look may still find one for, as bits.
#[derive(Clone, Copy)]
struct Open {
    asked: u32,
    listed: u32,
}

/// Whether the second look compares tokens of this class.
const fn usable(class: Class) -> bool {
    matches!(class, Class::Name | Class::Generic | Class::Title)
}

impl Open {
    fn of(asked: &[Asked], listed: &[Listed], pairing: &Pairing<'_>) -> Self {
        let mask = |usable: bool, n: usize| u32::from(usable) << n;
        let free_asked = asked.iter().enumerate().fold(0, |m, (n, t)| m | mask(usable(t.class), n)) & !pairing.asked;
        let free = listed.iter().enumerate().fold(0, |m, (n, t)| m | mask(usable(t.class), n)) & !pairing.listed;
        // The second of two that are glued may be of any class but one.
        let glued = listed.iter().enumerate().fold(0, |m, (n, t)| m | mask(t.class != Class::Form, n)) & !pairing.listed;
        Self { asked: free_asked, listed: free | (free << 1 & glued) }
    }
}

/// The most that the raw score can become if everything that is open on the side with less of it finds a partner that is just like
/// it. What is neither paired nor open is left over.
fn best_case(lexicon: &Lexicon<'_>, asked: &[Asked], listed: &[Listed], pairing: &Pairing<'_>, open: Open, params: &Params) -> u64 {
    if pairing.count == 0 {
        return 0;
    }
    let share = |letter: bool, class: Class, by_class: &[u16; 6]| {
        u64::from(if letter { params.letter_left } else { by_class.get(class as usize).copied().unwrap_or(0) })
    };
    let (mut open_asked, mut open_listed, mut left) = (0_u64, 0_u64, 0_u64);
    for (n, token) in asked.iter().enumerate().filter(|(n, _)| pairing.asked >> n & 1 == 0) {
        let weight = u64::from(token.weight);
        if open.asked >> n & 1 == 1 {
            open_asked += weight;
        } else {
            left += weight * share(token.text.as_bytes().len() == 1, token.class, &params.asked_left);
        }
    }
    for (n, token) in listed.iter().enumerate().filter(|(n, _)| pairing.listed >> n & 1 == 0) {
        let weight = u64::from(token.weight);
        if open.listed >> n & 1 == 1 {
            open_listed += weight;
        } else {
            left += weight * share(lexicon.is_letter(token.token), token.class, &params.listed_left);
        }
    }
    let more = open_asked.min(open_listed);
    let (mut agree, mut all) = (more * 1_000, more * 1_000 + left);
    for pair in pairing.pairs.iter().take(pairing.count) {
        agree += u64::from(pair.weight) * u64::from(pair.sim);
        all += u64::from(pair.weight) * 1_000;
    }
    params.most(agree * 1_000 / all.max(1), u32::try_from(agree.div_ceil(1_000)).unwrap_or(u32::MAX))
}

/// Tokens that are left on both sides, now that others agree, are compared more loosely. `false` as soon as the raw score cannot
/// reach `least`.
#[allow(clippy::too_many_arguments, reason = "one step of `align`, with what it has")]
fn second_look(
    lexicon: &Lexicon<'_>,
    ask: &Ask,
    listed: &[Listed],
    pairing: &mut Pairing<'_>,
    open: &mut Open,
    least: u64,
    params: &Params,
    pair: &dyn Fn(u32, u32, Like, u16) -> Pair,
    edges: &mut Vec<Pair>,
) -> bool {
    let asked = ask.tokens.as_slice();
    edges.clear();
    // Listed tokens that something was found for.
    let mut covered = 0_u32;
    let mut put = |edge: Pair, covered: &mut u32| {
        *covered |= edge.listed;
        if edges.len() < MAX_EDGES {
            edges.push(edge);
        }
    };
    for (l, there) in listed.iter().enumerate().filter(|(l, t)| pairing.listed >> l & 1 == 0 && usable(t.class)) {
        let text = lexicon.text(there.token);
        let mut bones = None;
        // Two of the list written together in the query.
        let next = listed.get(l + 1).filter(|t| pairing.listed >> (l + 1) & 1 == 0 && t.class != Class::Form);
        let glued = next.map(|next| {
            let mut glued = Short::of(text);
            lexicon.text(next.token).iter().for_each(|b| glued.push(*b));
            glued
        });
        for (a, here) in asked.iter().enumerate().filter(|(a, t)| pairing.asked >> a & 1 == 0 && usable(t.class)) {
            let like = match ask.readings_of(a) {
                Some(readings) if text.len() > 1 && here.text.as_bytes().len() > 1 => {
                    let bones = bones.get_or_insert_with(|| [skeleton(text, false), skeleton(text, true)]);
                    by_consonants(readings, bones).then(|| Like { how: How::Consonants, edits: here.apart(text) })
                }
                _ => loosely(here, text),
            };
            if let Some(like) = like {
                let len = if like.how == How::Initial { 1 } else { here.text.as_bytes().len().max(text.len()) };
                put(pair(1 << a, 1 << l, like, params.similarity(like, len)), &mut covered);
            }
            if let Some(glued) = glued.as_ref().map(Short::as_bytes).filter(|glued| glued.len() >= 4) {
                let limit = if glued.len() >= 8 { 2 } else { 1 };
                if let Some(edits) = here.pattern.edits(glued, limit) {
                    let like = Like { how: How::Joined, edits: edits as u8 * 16 };
                    put(pair(1 << a, 0b11 << l, like, params.similarity(like, glued.len())), &mut covered);
                }
            }
        }
        // What comes later covers later tokens alone.
        let past = (2_u32 << l).wrapping_sub(1);
        if least > 0 && open.listed & past & !covered != 0 {
            open.listed &= covered | !past;
            if best_case(lexicon, asked, listed, pairing, *open, params) < least {
                return false;
            }
        }
    }
    let rank = |p: &Pair| (Reverse(p.sim), p.asked, p.listed);
    sort(edges, |a, b| rank(a) < rank(b));
    for edge in edges.iter() {
        pairing.take(*edge);
    }
    true
}

/// Whether a word that came without vowels, as one of the languages reads it, has the consonants of a listed one: whole, and without waw.
fn by_consonants([arabic, vowel, persian, farther, french]: &[Short; READINGS], [whole, fewer]: &[Short; 2]) -> bool {
    let apart = |own: &Short, bones: &Short| {
        let limit = if own.as_bytes().len() >= 4 { 1 } else { 0 };
        one_edit(own.as_bytes(), bones.as_bytes()).is_some_and(|e| e <= limit)
    };
    [(vowel, fewer), (arabic, whole), (persian, whole), (farther, whole), (french, whole)].into_iter().any(|(own, bones)| apart(own, bones))
}

fn loosely(here: &Asked, there: &[u8]) -> Option<Like> {
    let text = here.text.as_bytes();
    let (short, long) = if text.len() <= there.len() { (text, there) } else { (there, text) };
    if short.len() == 1 {
        // A letter in the query stands for a name; a letter in the list is most often the middle one of a full name.
        let edits = if text.len() == 1 { 0 } else { 16 };
        return (short.first() == long.first()).then_some(Like { how: How::Initial, edits });
    }
    // Cheap before dear: few of the pairs that are left are alike at all.
    if here.pattern.edits(there, long.len().div_ceil(2) as u32).is_none() {
        return (short.len() >= 3 && long.starts_with(short)).then_some(Like { how: How::Prefix, edits: 0 });
    }
    let apart = here.apart(there);
    if usize::from(apart) <= 6 * long.len() {
        return Some(Like { how: How::Loose, edits: apart });
    }
    (short.len() >= 3 && long.starts_with(short)).then_some(Like { how: How::Prefix, edits: 0 })
}
