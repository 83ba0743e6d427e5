//! The score: what agrees, weighed against what is missing and what contradicts.

use weighbridge_blob::lexicon::Scale;
use weighbridge_blob::name::Class;
use weighbridge_blob::words::Kind;

use super::align::{Aligned, Ends, Left, Pair};
use super::{How, Like};

/// Weights of the score, in thousandths unless they say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Params {
    /// Least share of the query's weight that a candidate must have gathered.
    pub least_share: u16,
    /// Least share of what the best candidate has gathered.
    pub least_of_best: u16,
    /// Ceiling of a token's weight, by class, in sixteenths of a bit.
    pub ceiling: [u16; 6],
    /// Least weight of a token, in sixteenths of a bit.
    pub floor: u16,
    /// Ceiling of the weight of one letter alone while candidates are sought, in sixteenths of a bit.
    pub letter: u16,
    /// Weight of one letter alone that stands for a word, in sixteenths of a bit, whatever the word.
    pub initial: u16,
    /// What each class of ordinary frequency takes from the weight, in sixteenths of a bit.
    pub ordinary: u16,
    /// Likeness by [`How`], before edits.
    pub like: [u16; 11],
    /// What a full edit takes, times the length.
    pub edit: [u16; 11],
    /// What a token of the query without a partner counts, by class.
    pub asked_left: [u16; 6],
    /// What a token of the listed name without a partner counts, by class.
    pub listed_left: [u16; 6],
    /// Ceiling of the weight of a listed token without a partner, in sixteenths of a bit: how rare a word is that a name was asked
    /// without tells little.
    pub left_most: u16,
    /// How much of that a listed token counts where nothing of the query is left over, and the first and the last token of the listed name
    /// are the same words there, or one is and of the other the query has the letter: the names between them are not known, so whoever
    /// has none fits no better than whoever has two.
    pub within_ends: u16,
    /// What a lone letter without a partner counts.
    pub letter_left: u16,
    /// What is taken for each pair of leftovers that contradict each other.
    pub conflict: u16,
    /// What is taken for numbers that contradict.
    pub number: u16,
    /// What is taken for legal forms that contradict.
    pub form: u16,
    /// What is taken when the order differs.
    pub disorder: u16,
    /// The same where it differs by one turn.
    pub turned: u16,
    /// Sixteenths of a bit at which distinctiveness is one half.
    pub half: u16,
    /// The same where nothing but legal forms, titles and particles is left over on either side.
    pub half_whole: u16,
    /// The same where nothing else is left over of the query: the listed name holds it.
    pub half_within: u16,
    /// How much of its weight a company word adds to distinctiveness.
    pub generic_bits: u16,
    /// The same where the first and the last token of the query are those of the listed name, and nothing is left over of it.
    pub half_ends: u16,
    /// The same where they are the same words or spellings of them.
    pub half_same_ends: u16,
    /// The same where one is, and of the other the query has the first letter.
    pub half_letter_ends: u16,
    /// How much of its weight a number adds to distinctiveness, where a word agrees or none of the query is left over.
    pub number_bits: u16,
    /// How much of its weight a title adds to distinctiveness.
    pub title_bits: u16,
    /// What is taken if the first word of the query has no partner and the listed name begins with a later one.
    pub first_left: u16,
    /// What is taken if one token alone agrees and more are asked.
    pub lone: u16,
    /// The same where a name word of the query is left over.
    pub lone_left: u16,
    /// How much of its likeness a letter keeps that stands for a word, where a word of the side with the letter is left over: that one
    /// speaks against it (`Georgy Sereda`, `Georgy S. Poltavchenko`).
    pub letter_against: u16,
    /// What name words that are left over on both sides count, on top of what each counts.
    pub against: u16,
    /// What company words that are left over on both sides count, on top of what each counts.
    pub against_generic: u16,
    /// Likeness of legal forms of one family.
    pub kin: u16,
    /// Likeness of words for bodies that translators put for each other.
    pub bodies: u16,
    /// Sixteenths of a bit that an equal consonant says at most where there are no vowels.
    pub bone: u16,
    /// What is taken from the likeness of words of three letters and fewer that are not the same.
    pub short: u16,
    /// Likeness of words of the same consonants that sound the same.
    pub same_sound: u16,
    /// What is taken from the likeness of two company words that are only loosely alike: `education` is no spelling of `innovation`.
    pub known: u16,
    /// What is taken from the likeness of two patronymics that are only loosely alike.
    pub patronymic: u16,
    /// Sixteenths of a bit that a letter of an acronym says at most.
    pub acronym: u16,
}

/// For people. Found by coordinate search on development sets (`SCREENING.md`).
const PERSON: Params = Params {
    least_share: 165,
    least_of_best: 500,
    ceiling: [205, 64, 16, 65, 70, 96],
    floor: 10,
    letter: 40,
    initial: 60,
    ordinary: 13,
    like: [1_000, 908, 850, 911, 900, 999, 999, 999, 511, 923, 0],
    edit: [0, 0, 0, 506, 158, 445, 443, 10, 0, 1_000, 0],
    asked_left: [86, 700, 200, 52, 75, 1_000],
    listed_left: [14, 200, 50, 36, 41, 300],
    left_most: 63,
    within_ends: 0,
    letter_left: 169,
    conflict: 81,
    number: 200,
    form: 20,
    disorder: 60,
    turned: 60,
    half: 96,
    half_whole: 81,
    half_within: 120,
    generic_bits: 300,
    half_ends: 96,
    half_same_ends: 52,
    half_letter_ends: 38,
    number_bits: 0,
    title_bits: 1_000,
    first_left: 67,
    lone: 52,
    lone_left: 39,
    letter_against: 385,
    against: 40,
    against_generic: 0,
    kin: 900,
    bodies: 0,
    bone: 110,
    short: 248,
    same_sound: 911,
    known: 0,
    patronymic: 200,
    acronym: 0,
};

/// For organisations, ships and aircraft.
const OTHER: Params = Params {
    least_share: 184,
    least_of_best: 500,
    ceiling: [222, 192, 109, 91, 37, 200],
    floor: 10,
    letter: 255,
    initial: 110,
    ordinary: 6,
    like: [1_000, 947, 850, 796, 999, 909, 999, 571, 801, 798, 900],
    edit: [0, 0, 0, 49, 300, 238, 233, 0, 0, 439, 0],
    asked_left: [140, 275, 343, 18, 200, 900],
    listed_left: [140, 176, 166, 47, 100, 600],
    left_most: 140,
    within_ends: 1_000,
    letter_left: 139,
    conflict: 1,
    number: 200,
    form: 24,
    disorder: 16,
    turned: 13,
    half: 37,
    half_whole: 40,
    half_within: 60,
    generic_bits: 783,
    half_ends: 60,
    half_same_ends: 60,
    half_letter_ends: 60,
    number_bits: 916,
    title_bits: 0,
    first_left: 0,
    lone: 26,
    lone_left: 15,
    letter_against: 610,
    against: 49,
    against_generic: 27,
    kin: 720,
    bodies: 770,
    bone: 56,
    short: 100,
    same_sound: 860,
    known: 150,
    patronymic: 0,
    acronym: 24,
};

impl Params {
    /// The weights for a kind of party.
    pub const fn of(kind: Kind) -> &'static Self {
        match kind {
            Kind::Person => &PERSON,
            _ => &OTHER,
        }
    }

    /// Weight of a token: rare on the list and among ordinary names.
    pub(crate) fn weight(&self, class: Class, on_list: u8, ordinary: u8) -> u16 {
        let ceiling = self.ceiling.get(class as usize).copied().unwrap_or(0);
        let weight = u16::from(on_list).min(240u16.saturating_sub(u16::from(ordinary) * self.ordinary));
        weight.min(ceiling).max(self.floor.min(ceiling))
    }

    /// Likeness in thousandths of two tokens, the longer of `len` letters.
    pub(crate) fn similarity(&self, like: Like, len: usize) -> u16 {
        let at = like.how as usize;
        let base = match like {
            Like { how: How::Skeleton, edits: 0 } => self.same_sound,
            _ => self.like.get(at).copied().unwrap_or(0),
        };
        let edit = self.edit.get(at).copied().unwrap_or(0);
        let short = if len <= 3 && matches!(like.how, How::Edit | How::Loose) { self.short } else { 0 };
        base.saturating_sub(short).saturating_sub((u32::from(edit) * u32::from(like.edits) / (len as u32 * 16).max(1)).min(1_000) as u16)
    }
}

impl Params {
    /// The most that a raw score below 1,000 can be where `share` thousandths of the weight agree and `bits` sixteenths of a bit do.
    pub(crate) fn most(&self, share: u64, bits: u32) -> u64 {
        share * u64::from(bits) / u64::from(bits + u32::from(self.least_half())).max(1)
    }

    /// Whether a raw score of `least` may be reached where `agree` of `all` thousandths of the weight agree at the most, and
    /// distinctiveness is one half at `half` bits. Told without dividing, so it may be just missed.
    pub(crate) fn may_reach(least: u64, agree: u64, all: u64, half: u16) -> bool {
        // Both sides of `least <= 1_000 * agree / all * bits / (bits + half)`, times what is divided by; they stay below 2^50.
        let bits = agree.div_ceil(1_000);
        agree * 1_000 * bits >= least * (bits + u64::from(half)) * all.max(1)
    }

    /// The fewest bits at which distinctiveness may be one half.
    pub(crate) fn least_half(&self) -> u16 {
        self.half.min(self.half_whole).min(self.half_within).min(self.half_ends).min(self.half_same_ends).min(self.half_letter_ends)
    }

    /// What a token without a partner counts, in thousandths of its weight.
    pub(crate) fn left_share(&self, letter: bool, class: Class, by_class: &[u16; 6]) -> u64 {
        u64::from(if letter && class != Class::Number { self.letter_left } else { by_class.get(class as usize).copied().unwrap_or(0) })
    }
}

/// The least raw score that a calibrated one of `score` tenths of a point needs.
pub fn least_raw(scale: &Scale<'_>, score: u16) -> u16 {
    let (mut low, mut high) = (0, 1_000);
    while low < high {
        let middle = (low + high) / 2;
        if scale.of(middle).min(999) < score { low = middle + 1 } else { high = middle }
    }
    low
}

/// How alike two names are, 0-1,000, before calibration. 1,000 only for one normal form.
pub fn raw_score(aligned: &Aligned, params: &Params) -> u16 {
    if aligned.equal {
        return 1_000;
    }
    let (mut agree, mut all, mut bits) = (0_u64, 0_u64, 0_u64);
    let mut names = 0_u32;
    let word_left = |tokens: &[Left]| tokens.iter().any(|t| t.class == Class::Name && !t.letter);
    let (asked_word, listed_word) = (word_left(aligned.asked_left()), word_left(aligned.listed_left()));
    // `Anna Example 77` is not `Group 77`: beside a word that is left over, a number alone tells nothing.
    let word_agrees = |p: &Pair| p.class == Class::Name && matches!(p.like.how, How::Exact | How::Equivalent);
    let number_bits = if !asked_word || aligned.pairs().iter().any(word_agrees) { params.number_bits } else { 0 };
    for pair in aligned.pairs() {
        let weight = u64::from(pair.weight);
        let against = pair.like.how == How::Initial && if pair.like.edits == 0 { asked_word } else { listed_word };
        let sim = u64::from(pair.sim) * if against { u64::from(params.letter_against) } else { 1_000 } / 1_000;
        agree += weight * sim;
        all += weight * 1_000;
        let share = match pair.class {
            Class::Name => 1_000,
            // `H. Khan` may be Hafiz or Haji Khan as well as Hasan Khan.
            Class::Title if pair.like.how == How::Initial && pair.like.edits == 0 => 1_000,
            Class::Generic => params.generic_bits,
            Class::Number => number_bits,
            Class::Title => params.title_bits,
            Class::Form | Class::Particle => 0,
        };
        bits += weight * sim * u64::from(share) / 1_000_000;
        names += u32::from(pair.class == Class::Name && pair.like.how != How::Initial);
    }
    let left = |tokens: &[Left], by_class: &[u16; 6], most: u16| -> u64 {
        let one = |t: &Left| u64::from(t.weight.min(most)) * params.left_share(t.letter, t.class, by_class);
        tokens.iter().map(one).sum()
    };
    let asked_left = left(aligned.asked_left(), &params.asked_left, u16::MAX);
    let within = asked_left == 0 && matches!(aligned.ends, Ends::Letter | Ends::Equal);
    let listed_share = if within { u64::from(params.within_ends) } else { 1_000 };
    all += asked_left + left(aligned.listed_left(), &params.listed_left, params.left_most) * listed_share / 1_000;
    let against = |class: Class| {
        let sum = |tokens: &[Left]| tokens.iter().filter(|t| t.class == class && !t.letter).map(|t| u64::from(t.weight)).sum::<u64>();
        sum(aligned.asked_left()).min(sum(aligned.listed_left()))
    };
    all += against(Class::Name) * u64::from(params.against) + against(Class::Generic) * u64::from(params.against_generic);
    if all == 0 {
        return 0;
    }
    let mut score = agree * 1_000 / all;
    let says = |t: &Left| matches!(t.class, Class::Name | Class::Generic | Class::Number);
    let half = match (aligned.asked_left().iter().any(says), aligned.listed_left().iter().any(says)) {
        (false, false) if aligned.ends == Ends::Letter => params.half_whole.min(params.half_letter_ends),
        (false, false) if aligned.ends == Ends::Equal => params.half_whole.min(params.half_same_ends),
        (false, false) => params.half_whole,
        (false, true) if aligned.ends == Ends::Equal => params.half_same_ends,
        (false, true) if aligned.ends == Ends::Letter => params.half_letter_ends,
        (false, true) if aligned.ends == Ends::Alike => params.half_ends,
        (false, true) => params.half_within,
        (true, _) => params.half,
    };
    score = score * bits / (bits + u64::from(half)).max(1);
    let count = |tokens: &[Left], class: Class| tokens.iter().filter(|t| t.class == class && !t.letter).count();
    let both = |class: Class| count(aligned.asked_left(), class).min(count(aligned.listed_left(), class));
    let mut take = |thousandths: u16| score = score * u64::from(1_000_u16.saturating_sub(thousandths)) / 1_000;
    for _ in 0..both(Class::Name).min(4) {
        take(params.conflict);
    }
    if both(Class::Number) > 0 {
        take(params.number);
    }
    if both(Class::Form) > 0 {
        take(params.form);
    }
    if !aligned.in_order {
        take(if aligned.turned { params.turned } else { params.disorder });
    }
    // `Amir Hossein Rahimi` is not `Hossein Rahimi` who has no name before that.
    let begins = |p: &Pair| p.listed & 1 == 1;
    if aligned.asked_left().first().is_some_and(|t| t.at == 0 && t.class == Class::Name && !t.letter) && aligned.pairs().iter().any(begins)
    {
        take(params.first_left);
    }
    if names <= 1 && aligned.lengths.0 > 1 {
        take(if asked_word { params.lone_left } else { params.lone });
    }
    score.min(999) as u16
}

/// The calibrated score in tenths of a point, 0-1,000; see [`Scale`].
pub fn score(aligned: &Aligned, params: &Params, scale: &Scale<'_>) -> u16 {
    scaled(raw_score(aligned, params), scale)
}

/// A raw score on the calibrated scale.
pub(crate) fn scaled(raw: u16, scale: &Scale<'_>) -> u16 {
    if raw >= 1_000 { 1_000 } else { scale.of(raw).min(999) }
}
