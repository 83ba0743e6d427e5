//! Alignment: the tokens of two names paired one to one.

use std::cmp::Reverse;

use weighbridge_blob::lexicon::scan::{letters, one_edit};
use weighbridge_blob::lexicon::{Lexicon, ListedName, MAX_TOKEN, Short, skeleton};
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
    /// Words that were compared letter by letter; see [`super::Work::compared`].
    pub(super) compared: u32,
}

impl Default for Table {
    fn default() -> Self {
        Self { listed: Vec::new(), edges: Vec::new(), out: Aligned::NOTHING, compared: 0 }
    }
}

const NO_PAIR: Pair = Pair { asked: 0, listed: 0, like: Like { how: How::Exact, edits: 0 }, sim: 0, weight: 0, class: Class::Name };
const NOTHING_LEFT: Left = Left { at: 0, weight: 0, class: Class::Name, letter: false };

#[derive(Debug, Clone, Copy)]
struct Listed {
    token: u32,
    /// Where its text begins.
    at: usize,
    len: u8,
    weight: u16,
    class: Class,
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

/// The places of the bits of a mask, ascending.
fn bits(mut mask: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = (mask != 0).then(|| mask.trailing_zeros() as usize);
        mask &= mask.wrapping_sub(1);
        at
    })
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
    let Table { listed, edges, out, compared } = table;
    listed.clear();
    listed.extend(name.tokens().take(MAX_LISTED).map(|token| {
        let (class, weight, frequency) = lexicon.meta(token);
        let (at, len) = lexicon.place(token);
        Listed { token, class, at, len: len as u8, weight: params.weight(class, weight, frequency) }
    }));
    let listed = listed.as_slice();
    let (asked, heads) = (ask.tokens.as_slice(), ask.heads.as_slice());
    // Names of one normal form have the full score, however little their words say.
    let least = if ask.whole && asked.len() == name.len() { 0 } else { u64::from(least) };
    // No pair is worth more than what the list's tokens are worth, on either side.
    let worth = |l: &Listed| heads.iter().filter(|a| a.listed == Some(l.token)).map(|a| a.weight).fold(l.weight, u16::max);
    let falls_short = |weight: u32| params.most(1_000, ask.most.min(weight)) < least;
    if falls_short(listed.iter().map(|l| u32::from(l.weight)).sum()) && falls_short(listed.iter().map(|l| u32::from(worth(l))).sum()) {
        return None;
    }
    let classes = Classes::of(listed);
    let pair = |a: u32, l: u32, like: Like, sim: u16| {
        let (wa, class_a) = sum(a, |n| heads.get(n).map(|t| (t.weight, t.class)));
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
        for a in bits(ask.idle) {
            if heads.get(a).is_some_and(|here| here.listed == Some(there.token)) {
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
        kin(lexicon, ask, listed, classes, &mut pairing, params, &pair);
    }

    if pairing.count == 0 {
        if least > 0 {
            return None;
        }
    } else {
        let mut hope = Hope::of(ask, listed, classes, &pairing, params);
        if !hope.reaches(least, ask, params)
            || !second_look(lexicon, ask, listed, classes, &mut pairing, &mut hope, least, params, &pair, edges, compared)
        {
            return None;
        }
    }

    let Pairing { count, asked: asked_taken, listed: listed_taken, .. } = pairing;
    out.pair_count = count as u8;
    (out.asked_left_count, out.listed_left_count) = (0, 0);
    out.lengths = (asked.len() as u8, name.len().min(255) as u8);
    out.cut = name.len() > listed.len();
    for (n, token) in heads.iter().enumerate().filter(|(n, _)| asked_taken >> n & 1 == 0) {
        if let Some(slot) = out.asked_left.get_mut(usize::from(out.asked_left_count)) {
            *slot = Left { at: n as u8, weight: token.weight, class: token.class, letter: token.len == 1 };
            out.asked_left_count += 1;
        }
    }
    for (n, token) in listed.iter().enumerate().filter(|(n, _)| listed_taken >> n & 1 == 0) {
        if let Some(slot) = out.listed_left.get_mut(usize::from(out.listed_left_count)) {
            *slot = Left { at: n as u8, weight: token.weight, class: token.class, letter: token.len == 1 };
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
    ask: &Ask,
    listed: &[Listed],
    classes: Classes,
    pairing: &mut Pairing<'_>,
    params: &Params,
    pair: &dyn Fn(u32, u32, Like, u16) -> Pair,
) {
    let forms = (ask.forms, classes.forms, forms::OF_FORMS, true, params.kin);
    let bodies = (ask.bodies, classes.bodies, !forms::OF_FORMS, false, params.bodies);
    for (of_asked, of_listed, families, same, sim) in [forms, bodies] {
        if of_asked & !pairing.asked == 0 || sim == 0 {
            continue;
        }
        for (l, there) in bits(of_listed & !pairing.listed).filter_map(|l| Some((l, listed.get(l)?))) {
            let text = lexicon.text_at(there.at, usize::from(there.len));
            for (a, here) in bits(of_asked).filter_map(|a| Some((a, ask.heads.get(a)?))) {
                let free = pairing.listed >> l & 1 == 0 && pairing.asked >> a & 1 == 0;
                let families = here.families & families;
                if free && ((same && here.listed == Some(there.token)) || (families != 0 && forms::belongs(text, families))) {
                    pairing.take(pair(1 << a, 1 << l, Like { how: How::Equivalent, edits: 0 }, sim));
                }
            }
        }
    }
}

/// Whether the second look compares tokens of this class.
pub(super) const fn usable(class: Class) -> bool {
    matches!(class, Class::Name | Class::Generic | Class::Title)
}

/// What the raw score can still become, at the most: everything that is open on the side with less of it finds a partner that is just like
/// it. What is neither paired nor open is left over.
struct Hope {
    /// Tokens without a partner that the second look may still find one for, one bit each.
    asked: u32,
    listed: u32,
    /// Tokens of the query that are left over for sure, one bit each.
    lost: u32,
    /// What the open ones are worth.
    open_asked: u64,
    open_listed: u64,
    /// Thousandths of what agrees, of all that is paired, and of what is left over for sure.
    agree: u64,
    paired: u64,
    left: u64,
}

impl Hope {
    fn of(ask: &Ask, listed: &[Listed], classes: Classes, pairing: &Pairing<'_>, params: &Params) -> Self {
        let free = classes.usable & !pairing.listed;
        // The second of two that are glued may be of any class but one.
        let glued = classes.all & !classes.forms & !pairing.listed;
        let asked_open = ask.usable & !pairing.asked;
        let mut hope = Self {
            asked: asked_open,
            listed: free | (free << 1 & glued),
            lost: 0,
            open_asked: 0,
            open_listed: 0,
            agree: 0,
            paired: 0,
            left: 0,
        };
        for (n, token) in ask.heads.iter().enumerate().filter(|(n, _)| pairing.asked >> n & 1 == 0) {
            let weight = u64::from(token.weight);
            if hope.asked >> n & 1 == 1 {
                hope.open_asked += weight;
            } else {
                hope.lost |= 1 << n;
                hope.left += weight * params.left_share(token.len == 1, token.class, &params.asked_left);
            }
        }
        for (n, token) in listed.iter().enumerate().filter(|(n, _)| pairing.listed >> n & 1 == 0) {
            if hope.listed >> n & 1 == 1 {
                hope.open_listed += u64::from(token.weight);
            } else {
                hope.left += token.left(params);
            }
        }
        for pair in pairing.pairs.iter().take(pairing.count) {
            hope.agree += u64::from(pair.weight) * u64::from(pair.sim);
            hope.paired += u64::from(pair.weight) * 1_000;
        }
        hope
    }

    /// Nothing was found for these listed tokens, and nothing will be.
    fn close(&mut self, tokens: u32, listed: &[Listed], params: &Params) {
        self.listed &= !tokens;
        for token in bits(tokens).filter_map(|n| listed.get(n)) {
            self.open_listed -= u64::from(token.weight);
            self.left += token.left(params);
        }
    }

    fn reaches(&self, least: u64, ask: &Ask, params: &Params) -> bool {
        let more = self.open_asked.min(self.open_listed) * 1_000;
        // A word of the query stays over if more of them are open than listed tokens are: each finds one partner at least.
        let stays = ask.says & self.lost != 0 || (ask.says & self.asked).count_ones() > self.listed.count_ones();
        let half = if stays { params.half } else { params.least_half() };
        Params::may_reach(least, self.agree + more, self.paired + more + self.left, half)
    }
}

impl Listed {
    /// What it counts where it has no partner, thousandths.
    fn left(&self, params: &Params) -> u64 {
        u64::from(self.weight) * params.left_share(self.len == 1, self.class, &params.listed_left)
    }
}

/// Tokens that are left on both sides, now that others agree, are compared more loosely. `false` as soon as the raw score cannot
/// reach `least`.
#[allow(clippy::too_many_arguments, reason = "one step of `align`, with what it has")]
fn second_look(
    lexicon: &Lexicon<'_>,
    ask: &Ask,
    listed: &[Listed],
    classes: Classes,
    pairing: &mut Pairing<'_>,
    hope: &mut Hope,
    least: u64,
    params: &Params,
    pair: &dyn Fn(u32, u32, Like, u16) -> Pair,
    edges: &mut Vec<Pair>,
    compared: &mut u32,
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
    for (l, there) in bits(classes.usable & !pairing.listed).filter_map(|l| Some((l, listed.get(l)?))) {
        let text = lexicon.text_at(there.at, usize::from(there.len));
        let (mut bones, set) = (None, letters(text));
        // Two of the list written together in the query.
        let next = listed.get(l + 1).filter(|t| pairing.listed >> (l + 1) & 1 == 0 && t.class != Class::Form);
        let glued_len = next.map_or(0, |next| usize::from(there.len + next.len).min(MAX_TOKEN));
        let mut glued = Short::EMPTY;
        for (a, here) in bits(ask.usable & !pairing.asked).filter_map(|a| Some((a, asked.get(a)?))) {
            let len = here.text.as_bytes().len();
            *compared += 1;
            let like = match ask.readings_of(a) {
                Some(readings) if text.len() > 1 && len > 1 => {
                    let bones = bones.get_or_insert_with(|| [skeleton(text, false), skeleton(text, true)]);
                    by_consonants(readings, bones).then(|| Like { how: How::Consonants, edits: here.apart(text) })
                }
                _ => loosely(here, ask.heads.get(a).map_or(0, |head| head.letters), text, set),
            };
            if let Some(like) = like {
                // How far apart two words sound takes as long as telling several that are far apart.
                *compared += if matches!(like.how, How::Loose | How::Consonants) { 4 } else { 0 };
                let len = if like.how == How::Initial { 1 } else { len.max(text.len()) };
                put(pair(1 << a, 1 << l, like, params.similarity(like, len)), &mut covered);
            }
            let limit = if glued_len >= 8 { 2 } else { 1 };
            if let Some(next) = next.filter(|_| glued_len >= 4 && len.abs_diff(glued_len) <= limit) {
                if glued.as_bytes().is_empty() {
                    text.iter().chain(lexicon.text_at(next.at, usize::from(next.len))).for_each(|b| glued.push(*b));
                }
                if let Some(edits) = here.pattern.edits(glued.as_bytes(), limit as u32) {
                    let like = Like { how: How::Joined, edits: edits as u8 * 16 };
                    put(pair(1 << a, 0b11 << l, like, params.similarity(like, glued_len)), &mut covered);
                }
            }
        }
        // What comes later covers later tokens alone.
        let past = (2_u32 << l).wrapping_sub(1);
        let closed = hope.listed & past & !covered;
        if closed != 0 {
            hope.close(closed, listed, params);
            if !hope.reaches(least, ask, params) {
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

/// How a token of the query with these letters and a listed one with those are alike, if they are.
fn loosely(here: &Asked, own: u32, there: &[u8], others: u32) -> Option<Like> {
    let text = here.text.as_bytes();
    let (short, long) = if text.len() <= there.len() { (text, there) } else { (there, text) };
    if short.len() == 1 {
        // A letter in the query stands for a name; a letter in the list is most often the middle one of a full name.
        let edits = if text.len() == 1 { 0 } else { 16 };
        return (short.first() == long.first()).then_some(Like { how: How::Initial, edits });
    }
    // Cheap before dear: few of the pairs that are left are alike at all.
    let limit = long.len().div_ceil(2) as u32;
    // A letter that the other one has not takes an edit.
    let apart = (own & !others).count_ones().max((others & !own).count_ones());
    if apart > limit || here.pattern.edits(there, limit).is_none() {
        return (short.len() >= 3 && long.starts_with(short)).then_some(Like { how: How::Prefix, edits: 0 });
    }
    let apart = here.apart(there);
    if usize::from(apart) <= 6 * long.len() {
        return Some(Like { how: How::Loose, edits: apart });
    }
    (short.len() >= 3 && long.starts_with(short)).then_some(Like { how: How::Prefix, edits: 0 })
}
