//! The listed words that the candidates of a question are made of.
//!
//! Candidates have much in common: whoever shares a surname with the query shares it with the others too. So what a listed word
//! may stand for in the query is found out once for all of them, and most candidates are told to fall short from it alone.

use weighbridge_blob::lexicon::scan::{letters, one_edit};
use weighbridge_blob::lexicon::{Lexicon, Short, skeleton};
use weighbridge_blob::name::Class;

use super::acronym::may_be;
use super::ask::{Ask, Asked, READINGS, Variant, WITHOUT_WAW};
use super::forms::OF_FORMS;
use super::{How, Like, MAX_LISTED, Params};

/// Whether the second look compares tokens of this class.
pub(super) const fn usable(class: Class) -> bool {
    matches!(class, Class::Name | Class::Generic | Class::Title)
}

/// A listed word, and what of the query it may be. 64 bytes: WebAssembly copies no more than that without a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    token: u32,
    /// Where its text begins.
    pub at: u32,
    pub len: u8,
    pub class: Class,
    /// Sixteenths of a bit.
    pub weight: u16,
    /// What a pair with it is worth at the most.
    pub worth: u16,
    /// What it counts where it has no partner, in thousandths of its weight.
    pub left: u32,
    /// The set of its letters.
    pub letters: u32,
    /// Tokens of the query that are the same word, one bit each.
    pub same: u32,
    /// Those that it is a variant of, alone.
    pub linked: u32,
    /// Legal forms of its family, and words for bodies.
    pub kin: [u32; 2],
    /// Those that it is put beside at first: all of these, and what it is a part or the whole of.
    pub first: u32,
    /// Those that it may be like at a second look, by their letters.
    pub second: u32,
    /// Those of `second` that were compared with it, and those of them that it is like.
    compared: u32,
    pub near: u32,
    /// Tokens of the query that it may be at once, at the most.
    pub takes: u8,
    /// It may be short for words of the query, by its letters.
    pub short: bool,
    /// Its variants, in [`Ask::variants`]: the first, and how many.
    variants: u32,
    variant_count: u16,
    /// Where in [`Words::loose`] the last of its likenesses is; 0 = nowhere.
    loose: u16,
}

/// How a token of the query and a listed word are alike at a second look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loose {
    asked: u8,
    /// As [`Word::loose`], of the one before.
    before: u16,
    pub like: Like,
    pub sim: u16,
}

/// Words that one place each is kept for.
const SLOTS: usize = 128;

/// What is known of the words that were met. Nothing of it is read for another question.
#[derive(Debug)]
pub(super) struct Words {
    /// Where in `known` a word may stand.
    slots: [u16; SLOTS],
    known: Vec<Word>,
    loose: Vec<Loose>,
    /// Words that were compared letter by letter; see [`super::Work::compared`].
    pub compared: u32,
}

impl Default for Words {
    fn default() -> Self {
        Self { slots: [0; SLOTS], known: Vec::new(), loose: Vec::new(), compared: 0 }
    }
}

impl Words {
    /// Forgets all words. `compared` is what was compared before.
    pub(super) fn clear(&mut self, compared: u32) {
        // A slot that leads to another word, or nowhere, is none.
        self.known.clear();
        self.loose.clear();
        self.compared = compared;
    }

    /// Before a name is read: forgets all words if there are more than numbers may soon be left for.
    pub(super) fn make_room(&mut self) {
        if self.known.len() > usize::from(u16::MAX) - MAX_LISTED {
            self.clear(self.compared);
        }
    }

    /// The number of a word, for [`Words::get`].
    pub(super) fn number_of(&mut self, token: u32, lexicon: &Lexicon<'_>, ask: &Ask, params: &Params) -> u16 {
        let slot = (token ^ token >> 7) as usize % SLOTS;
        let number = self.slots.get(slot).copied().unwrap_or(0);
        if self.get(number).is_some_and(|word| word.token == token) {
            return number;
        }
        let number = self.known.len() as u16;
        let word = self.read(token, lexicon, ask, params);
        self.known.push(word);
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = number;
        }
        number
    }

    pub(super) fn get(&self, number: u16) -> Option<&Word> {
        self.known.get(usize::from(number))
    }

    /// How a word is like a token of the query at a second look.
    pub(super) fn loose(&self, word: &Word, asked: usize) -> Option<&Loose> {
        let mut at = word.loose;
        loop {
            let loose = self.loose.get(usize::from(at).checked_sub(1)?)?;
            if usize::from(loose.asked) == asked {
                return Some(loose);
            }
            at = loose.before;
        }
    }

    /// Compares a word with these tokens of the query more loosely, unless that was done.
    pub(super) fn look(&mut self, number: u16, tokens: u32, lexicon: &Lexicon<'_>, ask: &Ask, params: &Params) {
        let new = self.get(number).map_or(0, |word| word.second & tokens & !word.compared);
        if new != 0 {
            self.look_now(number, new, lexicon, ask, params);
        }
    }

    #[inline(never)]
    fn look_now(&mut self, number: u16, new: u32, lexicon: &Lexicon<'_>, ask: &Ask, params: &Params) {
        let Some(word) = self.known.get_mut(usize::from(number)) else { return };
        word.compared |= new;
        let text = lexicon.text_at(word.at as usize, usize::from(word.len));
        let mut bones = None;
        for (a, here) in bits(new).filter_map(|a| Some((a, ask.tokens.get(a)?))) {
            let own = here.text.as_bytes().len();
            let like = match ask.readings_of(a) {
                Some(readings) if text.len() > 1 && own > 1 => {
                    let bones = bones.get_or_insert_with(|| [skeleton(text, false), skeleton(text, true)]);
                    by_consonants(readings, bones).then(|| Like { how: How::Consonants, edits: here.apart(text) })
                }
                _ => loosely(here, text),
            };
            let Some(like) = like else { continue };
            // How far apart two words sound takes as long as telling several that are far apart.
            self.compared += if matches!(like.how, How::Loose | How::Consonants) { 4 } else { 0 };
            let sim = params.similarity(like, if like.how == How::Initial { 1 } else { own.max(text.len()) });
            let apart = match like.how {
                // All end alike, so what tells them apart weighs more: `Egorovich` is not `Yurievich`.
                How::Loose if params.patronymic > 0 && patronymic(text) && patronymic(here.text.as_bytes()) => params.patronymic,
                // Both are known, and not as spellings of one word.
                How::Loose if word.class == Class::Generic && here.class == Class::Generic => params.known,
                _ => 0,
            };
            let sim = sim.saturating_sub(apart);
            self.loose.push(Loose { asked: a as u8, before: word.loose, like, sim });
            word.loose = self.loose.len() as u16;
            word.near |= 1 << a;
        }
    }

    #[inline(never)]
    fn read(&mut self, token: u32, lexicon: &Lexicon<'_>, ask: &Ask, params: &Params) -> Word {
        let (class, weight, frequency) = lexicon.meta(token);
        let (at, len) = lexicon.place(token);
        let text = lexicon.text_at(at, len);
        let weight = params.weight(class, weight, frequency);
        let (variants, end) = ask.range_of(token);
        let letters = letters(text);
        let mut word = Word {
            token,
            at: at as u32,
            len: len as u8,
            class,
            weight,
            // A letter of the query may say more than so common a word.
            worth: if letters & ask.alone == 0 { weight } else { weight.max(params.initial) },
            left: u32::from(weight.min(params.left_most)) * params.left_share(len == 1, class, &params.listed_left) as u32,
            letters,
            same: 0,
            linked: 0,
            kin: [0; 2],
            first: 0,
            second: 0,
            compared: 0,
            near: 0,
            takes: 1,
            short: false,
            variants,
            variant_count: (end - variants).min(u32::from(u16::MAX)) as u16,
            loose: 0,
        };
        word.short = word.letters & !ask.begins == 0 && frequency == 0 && may_be(len, class);
        if ask.listed.may_hold(token) {
            for (n, head) in ask.heads.iter().enumerate().filter(|(_, head)| head.listed == Some(token)) {
                word.same |= 1 << n;
                // A pair of equals is worth what lies between the two.
                word.worth = word.worth.max(head.weight);
            }
        }
        for variant in word.variants(ask) {
            let count = variant.asked.count_ones();
            word.first |= variant.asked;
            word.takes = word.takes.max(count as u8);
            word.linked |= if count == 1 { variant.asked } else { 0 };
        }
        word.linked |= word.same & ask.idle;
        for split in ask.splits.iter().filter(|split| split.parts.get(..split.len).is_some_and(|parts| parts.contains(&token))) {
            word.first |= split.asked;
        }
        let [forms, bodies] = &mut word.kin;
        if class == Class::Form && params.kin > 0 {
            *forms = ask.of_family(ask.forms, text, OF_FORMS) | word.same & ask.forms;
        }
        if matches!(class, Class::Generic | Class::Form) && params.bodies > 0 {
            *bodies = ask.of_family(ask.bodies, text, !OF_FORMS);
        }
        word.first |= word.linked | *forms | *bodies;
        if usable(class) {
            // What it is a variant of is not left over beside it.
            let tokens = ask.usable & !word.linked;
            self.compared += tokens.count_ones();
            word.second = ask.may_be_like(tokens, text, word.letters);
        }
        word
    }
}

impl Word {
    /// The parts of the query that it is a variant of, likest first.
    pub(super) fn variants<'a>(&self, ask: &'a Ask) -> &'a [Variant] {
        ask.variants.get(self.variants as usize..).and_then(|rest| rest.get(..usize::from(self.variant_count))).unwrap_or_default()
    }
}

/// The places of the bits of a mask, ascending.
pub(super) fn bits(mut mask: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = (mask != 0).then(|| mask.trailing_zeros() as usize);
        mask &= mask.wrapping_sub(1);
        at
    })
}

/// Whether a word that came without vowels, as one of the languages reads it, has the consonants of a listed one: whole, and without waw.
fn by_consonants(readings: &[Short; READINGS], [whole, fewer]: &[Short; 2]) -> bool {
    let apart = |own: &Short, bones: &Short| {
        let limit = if own.as_bytes().len() >= 4 { 1 } else { 0 };
        one_edit(own.as_bytes(), bones.as_bytes()).is_some_and(|e| e <= limit)
    };
    readings.iter().enumerate().any(|(n, own)| apart(own, if n == WITHOUT_WAW { fewer } else { whole }))
}

/// How a token of the query and a listed word are alike, if they are and [`Ask::may_be_like`].
fn loosely(here: &Asked, there: &[u8]) -> Option<Like> {
    let text = here.text.as_bytes();
    let (short, long) = if text.len() <= there.len() { (text, there) } else { (there, text) };
    if short.len() == 1 {
        // A letter in the query stands for a name; a letter in the list is most often the middle one of a full name.
        let edits = if text.len() == 1 { 0 } else { 16 };
        return (short.first() == long.first()).then_some(Like { how: How::Initial, edits });
    }
    if here.pattern.edits(there, long.len().div_ceil(2) as u32).is_some() {
        let apart = here.apart(there);
        if usize::from(apart) <= 6 * long.len() {
            return Some(Like { how: How::Loose, edits: apart });
        }
    }
    is_prefix(short, long).then_some(Like { how: How::Prefix, edits: 0 })
}

/// Whether a word ends like the name of one's father in a Slavic language, as English, Czech, Swedish or German spell it.
fn patronymic(word: &[u8]) -> bool {
    [b"vich".as_slice(), b"vna", b"vic", b"vitj", b"witsch"].iter().any(|end| word.ends_with(end))
}

/// Whether a word of three letters or more is the beginning of a longer one.
pub(super) fn is_prefix(short: &[u8], long: &[u8]) -> bool {
    // Most are told apart without a call.
    short.len() >= 3 && short.first() == long.first() && long.starts_with(short)
}
