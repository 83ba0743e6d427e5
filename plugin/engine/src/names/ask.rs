//! The query: its tokens, and the listed tokens that each may stand for.

use std::collections::HashMap;

use weighbridge_blob::lexicon::scan::{Pattern, edits_within, letters, one_edit};
use weighbridge_blob::lexicon::slavic::{slavic, without_ending};
use weighbridge_blob::lexicon::sound::{LEAST_APART, distance, distance_unvowelled, sounds};
use weighbridge_blob::lexicon::{Lexicon, MAX_TOKEN, Short, skeleton};
use weighbridge_blob::name::{Class, NameForm, Token, WordTable, servant_of};

use weighbridge_blob::words::Kind;

use super::acronym::Short as ShortFor;
use super::align::glued_limit;
use super::forms::{OF_FORMS, belongs, families};
use super::words::{Word, bits, is_prefix, usable};
use super::{How, Like, MAX_ASKED, MAX_PIECES, MAX_SCANS, MAX_SEEKING, Params};

/// A token of the query.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Its text.
    pub text: Short,
    /// Its consonants.
    pub bones: Short,
    /// Its sounds.
    pub sounds: Short,
    /// Its text, ready to be compared.
    pub pattern: Pattern,
    /// What it is.
    pub class: Class,
    /// From a script without vowels.
    pub abjad: bool,
    /// Its number on the list.
    pub listed: Option<u32>,
    /// Sixteenths of a bit of information.
    pub weight: u16,
    /// The same while candidates are sought: a letter alone must not lead there, however few names have it.
    pub seeks: u16,
}

impl Asked {
    /// Whether another one is the same word.
    fn is(&self, other: &Self) -> bool {
        self.text.as_bytes() == other.text.as_bytes() && self.class == other.class && self.abjad == other.abjad
    }

    /// How far apart it and a listed token sound, in sixteenths of an edit.
    pub(crate) fn apart(&self, there: &[u8]) -> u8 {
        self.apart_from(&sounds(there))
    }

    /// The same of a token's sounds.
    fn apart_from(&self, there: &Short) -> u8 {
        let (here, there) = (self.sounds.as_bytes(), there.as_bytes());
        let apart = if self.abjad { distance_unvowelled(here, there) } else { distance(here, there) };
        apart.min(255) as u8
    }
}

/// Listed tokens that a part of the query may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variant {
    pub token: u32,
    /// Tokens of the query that it takes, one bit each.
    pub asked: u32,
    pub like: Like,
    pub sim: u16,
}

/// One token of the query that is several on the list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Split {
    pub asked: u32,
    pub parts: [u32; MAX_PARTS],
    pub len: usize,
    pub sim: u16,
}

/// Tokens by the lowest byte of their number: most that are not among them are told apart by it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sieve([u64; 4]);

impl Sieve {
    pub(super) fn put(&mut self, token: u32) {
        if let Some(word) = self.0.get_mut((token >> 6 & 3) as usize) {
            *word |= 1 << (token & 63);
        }
    }

    #[inline(always)]
    pub(super) fn may_hold(&self, token: u32) -> bool {
        self.0.get((token >> 6 & 3) as usize).is_some_and(|word| word >> (token & 63) & 1 == 1)
    }
}

/// Most tokens that a glued one is split into.
pub(crate) const MAX_PARTS: usize = 4;

/// Ways to read a word of Arabic or Hebrew script.
pub(crate) const READINGS: usize = 9;
/// The one of them that leaves waw out.
pub(crate) const WITHOUT_WAW: usize = 1;

/// The consonants of a word that came without vowels: as Arabic reads it; waw as the vowel that it also is; as Persian reads it
/// (dhal and dad are z, tha is s); the same with waw as the consonant v; both with qaf as gh (`Ghasemi`); as French spells it (shin is
/// ch); as Hebrew reads it (behind a vowel bet is v and pe f); without the vowel that the normal form puts between two letters that
/// together are read as one (`Ishaq`, `asehaq`).
pub(crate) fn readings(text: &[u8]) -> [Short; READINGS] {
    let spelt = |pairs: &[(&[u8], &[u8])]| {
        let mut out = Short::EMPTY;
        let mut rest = text;
        while let Some(first) = rest.first() {
            let pair = pairs.iter().find(|(from, _)| rest.starts_with(from));
            let (taken, put) = pair.map_or((1, std::slice::from_ref(first)), |(from, to)| (from.len(), *to));
            put.iter().for_each(|b| out.push(*b));
            rest = rest.get(taken..).unwrap_or_default();
        }
        skeleton(out.as_bytes(), false)
    };
    let mut hebrew = Short::EMPTY;
    for (n, byte) in text.iter().enumerate() {
        hebrew.push(match byte {
            b'b' if n > 0 => b'v',
            b'p' if n > 0 => b'f',
            _ => *byte,
        });
    }
    let hebrew = skeleton(hebrew.as_bytes(), false);
    [
        skeleton(text, false),
        skeleton(text, true),
        spelt(&[(b"dh", b"z"), (b"th", b"s")]),
        spelt(&[(b"dh", b"z"), (b"th", b"s"), (b"u", b"v"), (b"w", b"v")]),
        spelt(&[(b"dh", b"z"), (b"th", b"s"), (b"q", b"gh")]),
        spelt(&[(b"dh", b"z"), (b"th", b"s"), (b"u", b"v"), (b"w", b"v"), (b"q", b"gh")]),
        spelt(&[(b"sh", b"ch")]),
        hebrew,
        spelt(&[
            (b"teh", b"th"),
            (b"deh", b"dh"),
            (b"seh", b"sh"),
            (b"keh", b"kh"),
            (b"geh", b"gh"),
            (b"zeh", b"zh"),
            (b"peh", b"ph"),
            (b"tes", b"ts"),
            (b"tez", b"tz"),
        ]),
    ]
}

/// A word in Latin letters with the sound that English writes `sh` and French `ch` as the other does (`Allush`, `Allouch`), if it has it.
fn as_french(text: &[u8]) -> Option<Short> {
    let turned = |pair: &[u8]| match pair {
        b"sh" => Some(b'c'),
        b"ch" => Some(b's'),
        _ => None,
    };
    text.windows(2).any(|pair| turned(pair).is_some()).then(|| {
        let mut out = Short::EMPTY;
        for (n, byte) in text.iter().enumerate() {
            out.push(text.get(n..n + 2).and_then(turned).unwrap_or(*byte));
        }
        out
    })
}

/// How far apart two words of one Slavic key may sound, in sixteenths of an edit for each letter.
const SLAVIC: usize = 4;

/// What the ending of a woman's name counts that one of two has, in sixteenths of an edit.
const ENDING: u8 = 8;

/// A word in Latin letters with the letter qaf as the other spells it, `q` or `gh` (`Qalibaf`, `Ghalibaf`), if it has it.
fn with_qaf(text: &[u8]) -> Option<Short> {
    let has = |pair: &[u8]| pair.first() == Some(&b'q') || pair == b"gh";
    (text.windows(2).any(has) || text.last() == Some(&b'q')).then(|| {
        let mut out = Short::EMPTY;
        let mut rest = text;
        while let Some(first) = rest.first() {
            let taken = if rest.starts_with(b"gh") { 2 } else { 1 };
            match first {
                b'q' => b"gh".iter().for_each(|byte| out.push(*byte)),
                _ => out.push(if taken == 2 { b'q' } else { *first }),
            }
            rest = rest.get(taken..).unwrap_or_default();
        }
        out
    })
}

/// Most ways of splitting that are followed.
const MAX_SPLITS: usize = 8;

/// What a query is held against.
struct Held<'h, 'a> {
    kind: Kind,
    lexicon: &'h Lexicon<'a>,
    words: &'h WordTable<'a>,
}

impl Held<'_, '_> {
    /// The listed token of a piece of a word, in canonical spelling.
    fn find(&self, piece: &[u8]) -> Option<u32> {
        self.lexicon.find(piece).or_else(|| {
            let (word, _) = self.words.canonical(self.kind, std::str::from_utf8(piece).ok()?)?;
            self.lexicon.find(word.as_bytes())
        })
    }
}

/// What was found out about words, by text, class and script. For one lexicon.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    known: HashMap<Vec<u8>, Known>,
    key: Vec<u8>,
}

/// Words that are remembered at most: some 16 MB.
const MAX_KNOWN: usize = 8_192;

#[derive(Debug)]
struct Known {
    asked: Asked,
    /// Once it has looked for candidates: its variants and splits, and whether that took a scan.
    variants: Option<(Vec<Variant>, Vec<Split>, bool)>,
}

impl Memory {
    fn at(&mut self, text: &[u8], class: Class, abjad: bool) -> Option<&mut Known> {
        self.key.clear();
        self.key.extend_from_slice(text);
        self.key.extend([class as u8, u8::from(abjad)]);
        self.known.get_mut(self.key.as_slice())
    }

    fn keep(&mut self, asked: Asked) {
        if self.known.len() < MAX_KNOWN {
            let key = [asked.text.as_bytes(), &[asked.class as u8, u8::from(asked.abjad)]].concat();
            self.known.insert(key, Known { asked, variants: None });
        }
    }
}

/// What is asked of a token most often, side by side: an [`Asked`] is large.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub listed: Option<u32>,
    pub weight: u16,
    /// What a pair with it is worth at the most.
    pub worth: u16,
    pub class: Class,
    pub len: u8,
    /// Its first letter.
    pub first: u8,
    /// What it counts where it has no partner, in thousandths of its weight.
    pub left: u32,
    /// The set of its letters.
    pub letters: u32,
    /// Families of legal forms and of words for bodies.
    pub families: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Ask {
    pub tokens: Vec<Asked>,
    pub heads: Vec<Head>,
    /// Tokens that the second look compares, as bits.
    pub usable: u32,
    /// Their lengths, one bit each.
    lengths: u64,
    /// Legal forms.
    pub forms: u32,
    /// Words for bodies of which there are families.
    pub bodies: u32,
    /// Tokens that tell who it is: words and numbers.
    pub says: u32,
    /// Tokens on the list that do not look for candidates.
    pub idle: u32,
    /// What the tokens from a script without vowels may read: place of the token, [`readings`].
    readings: Vec<(usize, [Short; READINGS])>,
    /// The tokens that are among the variants, and the listed ones of the query.
    sieve: Sieve,
    pub listed: Sieve,
    /// Tokens of more than one letter from a script without vowels, as bits.
    consonants: u32,
    /// Where the variants of the part that is looked at begin, and the tokens among them.
    from: usize,
    among: Sieve,
    /// Sorted by token, then best first.
    pub variants: Vec<Variant>,
    pub splits: Vec<Split>,
    /// Listed names that a token is short for, by name; and the tokens that may be short for something, one bit each.
    pub short: Vec<ShortFor>,
    pub acronyms: u32,
    /// The set of the letters that stand alone.
    pub alone: u32,
    /// The set of the first letters of the tokens, if some may be neighbours that a listed word is short for.
    pub begins: u32,
    /// Variants that are short for tokens.
    pub shortened: usize,
    /// Tokens that look for candidates, as bits.
    pub seeking: u32,
    pub truncated: bool,
    /// Scans of the lexicon.
    pub scans: u32,
    /// The first token that is the same word.
    firsts: [u8; MAX_ASKED],
    /// Tokens that are parts of glued ones, as bits.
    glued: u32,
    /// Scans for glued ones, and pieces that were looked up to split others.
    glued_scans: usize,
    pieces: usize,
    /// Every token is on the list: it may be a listed name.
    pub whole: bool,
    /// Sixteenths of a bit that all tokens together are worth at most.
    pub most: u32,
}

impl Ask {
    pub(crate) fn prepare(
        &mut self,
        kind: Kind,
        form: &NameForm,
        lexicon: &Lexicon<'_>,
        words: &WordTable<'_>,
        params: &Params,
        mut memory: Option<&mut Memory>,
    ) {
        let held = Held { kind, lexicon, words };
        self.tokens.clear();
        self.readings.clear();
        self.variants.clear();
        self.splits.clear();
        (self.scans, self.glued_scans, self.pieces) = (0, 0, 0);
        self.truncated = form.tokens().len() > MAX_ASKED;
        for token in form.tokens().iter().take(MAX_ASKED) {
            let text = form.text_of(token).as_bytes();
            let abjad = token.flags & Token::ABJAD != 0;
            if abjad {
                self.readings.push((self.tokens.len(), readings(Short::of(text).as_bytes())));
            }
            if let Some(known) = memory.as_deref_mut().and_then(|memory| memory.at(text, token.class, abjad)) {
                self.tokens.push(known.asked);
                continue;
            }
            let listed = lexicon.find(text);
            let weight = match listed {
                Some(id) => params.weight(token.class, lexicon.weight(id), lexicon.frequency(id)),
                None => params.weight(token.class, u8::MAX, words.frequency(form.text_of(token))),
            };
            let seeks = if text.len() == 1 { weight.min(params.letter) } else { weight };
            let asked = Asked {
                text: Short::of(text),
                bones: skeleton(text, false),
                sounds: sounds(text),
                pattern: Pattern::new(text),
                class: token.class,
                abjad,
                listed,
                weight,
                seeks,
            };
            self.tokens.push(asked);
            // A token that was cut would be taken for another one.
            if let Some(memory) = memory.as_deref_mut().filter(|_| asked.text.as_bytes() == text) {
                memory.keep(asked);
            }
        }
        self.whole = self.tokens.iter().all(|token| token.listed.is_some());
        self.choose_seeking();
        let mut scans = 0;
        // Taken out while the rest is filled: a token is too large to be copied for each look at it.
        let tokens = std::mem::take(&mut self.tokens);
        for ((n, asked), first) in tokens.iter().enumerate().zip(&mut self.firsts) {
            *first = tokens.iter().take(n).position(|other| other.is(asked)).unwrap_or(n) as u8;
        }
        for (n, asked) in tokens.iter().enumerate() {
            if self.seeking >> n & 1 == 1 {
                match (memory.as_deref_mut(), self.first_of(n)) {
                    // An equal word is as rare, so the first of them looks for candidates too.
                    (_, first) if first < n => self.copy(1 << first, 1 << n),
                    (Some(memory), _) => self.remembered((n, asked), &held, params, &mut scans, memory),
                    (None, _) => self.variants_of((n, asked), &held, params, &mut scans),
                }
            }
        }
        let parts = self.variants.len();
        for (n, pair) in tokens.windows(2).enumerate() {
            let words = |n: usize| (self.first_of(n), self.first_of(n + 1));
            match (pair, (0..n).find(|before| words(*before) == words(n))) {
                (_, Some(before)) => self.copy(0b11 << before, 0b11 << n),
                ([a, b], None) => self.glued(n, [a, b], &held, params),
                _ => {}
            }
        }
        if kind == Kind::Person {
            for (n, rest) in tokens.windows(2).enumerate().filter(|(_, pair)| pair.first().is_some_and(|a| a.text.as_bytes() == b"a")) {
                self.servant(n, rest.get(1), tokens.get(n + 2), &held, params);
            }
        } else {
            for (n, three) in tokens.windows(3).enumerate() {
                self.three_glued(n, three, &held, params);
            }
        }
        self.glued = self.variants.iter().skip(parts).fold(0, |mask, variant| mask | variant.asked);
        self.tokens = tokens;
        if kind == Kind::Person {
            self.short.clear();
            (self.acronyms, self.begins, self.shortened) = (0, 0, 0);
        } else {
            self.shorten(form, lexicon, words, params);
        }
        self.heads.clear();
        // Of a token on the list the listed one may be worth more: its class is the most name-like that any name gives it.
        let listed = |token: u32| {
            let (class, weight, frequency) = lexicon.meta(token);
            params.weight(class, weight, frequency)
        };
        let head = |t: &Asked| {
            let text = t.text.as_bytes();
            let families = if matches!(t.class, Class::Generic | Class::Form) { families(text) } else { 0 };
            let worth = t.listed.map_or(0, listed).max(t.weight).max(if text.len() == 1 { params.initial } else { 0 });
            let left = u32::from(t.weight) * params.left_share(text.len() == 1, t.class, &params.asked_left) as u32;
            Head {
                listed: t.listed,
                weight: t.weight,
                worth,
                class: t.class,
                len: text.len() as u8,
                first: text.first().copied().unwrap_or(0),
                left,
                letters: letters(text),
                families,
            }
        };
        self.heads.extend(self.tokens.iter().map(head));
        self.most = self.heads.iter().map(|head| u32::from(head.worth)).sum();
        let heads = &self.heads;
        let mask = |of: &dyn Fn(&Head) -> bool| heads.iter().enumerate().fold(0, |mask, (n, head)| mask | u32::from(of(head)) << n);
        self.usable = mask(&|t| usable(t.class));
        self.alone = heads.iter().filter(|t| t.len == 1).fold(0, |set, t| set | t.letters);
        self.lengths = heads.iter().filter(|t| usable(t.class)).fold(0, |mask, t| mask | 1 << (t.len & 63));
        self.forms = mask(&|t| t.class == Class::Form);
        self.bodies = mask(&|t| t.families & !OF_FORMS != 0);
        self.says = mask(&|t| matches!(t.class, Class::Name | Class::Generic | Class::Number));
        self.idle = mask(&|t| t.listed.is_some()) & !self.seeking;
        self.consonants =
            self.tokens.iter().enumerate().fold(0, |mask, (n, t)| mask | u32::from(t.abjad && t.text.as_bytes().len() > 1) << n);
        (self.sieve, self.listed) = (Sieve::default(), Sieve::default());
        self.heads.iter().filter_map(|head| head.listed).for_each(|token| self.listed.put(token));
        for variant in &self.variants {
            self.sieve.put(variant.token);
        }
        let rank = |v: &Variant| (v.token, std::cmp::Reverse(v.sim), v.asked);
        weighbridge_blob::order::sort(&mut self.variants, |a, b| rank(a) < rank(b));
    }

    fn first_of(&self, n: usize) -> usize {
        self.firsts.get(n).map_or(n, |first| usize::from(*first))
    }

    /// What was found for some tokens holds for others.
    fn copy(&mut self, from: u32, to: u32) {
        for at in 0..self.variants.len() {
            if let Some(variant) = self.variants.get(at).filter(|variant| variant.asked == from) {
                self.variants.push(Variant { asked: to, ..*variant });
            }
        }
        for at in 0..self.splits.len() {
            if let Some(split) = self.splits.get(at).filter(|split| split.asked == from) {
                self.splits.push(Split { asked: to, ..*split });
            }
        }
    }

    /// Whether the same word comes before, and finds all that this one would.
    pub(crate) fn is_repeated(&self, n: u8) -> bool {
        let first = self.first_of(usize::from(n));
        first < usize::from(n) && self.glued & (1 << n | 1 << first) == 0
    }

    /// How often a token counts that looks for candidates: with all that repeat it.
    pub(crate) fn times(&self, n: u8) -> u32 {
        let repeats = |m: u8| self.seeking >> m & 1 == 1 && self.is_repeated(m) && self.first_of(usize::from(m)) == usize::from(n);
        1 + (n + 1..self.tokens.len() as u8).filter(|m| repeats(*m)).count() as u32
    }

    /// Where the variants are that are a listed token, likest first.
    pub(super) fn range_of(&self, token: u32) -> (u32, u32) {
        if !self.sieve.may_hold(token) {
            return (0, 0);
        }
        let from = self.variants.partition_point(|v| v.token < token);
        let count = self.variants.iter().skip(from).take_while(|v| v.token == token).count();
        (from as u32, (from + count) as u32)
    }

    /// The variants that are a listed token, likest first.
    pub(super) fn variants_of_token(&self, token: u32) -> &[Variant] {
        let (from, to) = self.range_of(token);
        self.variants.get(from as usize..to as usize).unwrap_or_default()
    }

    /// Those of some tokens that belong to one of these families with a listed word.
    pub(super) fn of_family(&self, tokens: u32, text: &[u8], of: u32) -> u32 {
        let families = |a: usize| self.heads.get(a).map_or(0, |head| head.families & of);
        let all = bits(tokens).fold(0, |all, a| all | families(a));
        if all == 0 || !belongs(text, all) {
            return 0;
        }
        bits(tokens).filter(|a| belongs(text, families(*a))).fold(0, |mask, a| mask | 1 << a)
    }

    /// Those of some tokens that a listed word with these letters may be like at a second look, by their letters. Cheap before dear: few
    /// of the pairs that are left over are alike at all.
    pub(super) fn may_be_like(&self, tokens: u32, there: &[u8], letters: u32) -> u32 {
        // Consonants alone tell little.
        let consonants = if there.len() > 1 { self.consonants & tokens } else { 0 };
        let first = there.first().copied().unwrap_or(0);
        bits(tokens & !consonants).fold(consonants, |mask, a| {
            let like = self.heads.get(a).is_some_and(|head| {
                if head.len == 1 || there.len() == 1 {
                    return head.first == first;
                }
                // A letter that the other one has not takes an edit.
                let apart = (head.letters & !letters).count_ones().max((letters & !head.letters).count_ones());
                apart <= usize::from(head.len).max(there.len()).div_ceil(2) as u32 || (head.first == first && self.is_beginning(a, there))
            });
            mask | u32::from(like) << a
        })
    }

    /// Whether one of a token and a listed word is the beginning of the other.
    fn is_beginning(&self, a: usize, there: &[u8]) -> bool {
        let here = self.tokens.get(a).map_or(&[][..], |asked| asked.text.as_bytes());
        if here.len() <= there.len() { is_prefix(here, there) } else { is_prefix(there, here) }
    }

    /// Tokens that may be two neighbours of a listed name written together, by their lengths and letters.
    pub(super) fn may_be_both(&self, first: &Word, second: &Word) -> u32 {
        let whole = usize::from(first.len) + usize::from(second.len);
        let len = whole.min(MAX_TOKEN);
        let limit = glued_limit(len);
        if len < 4 || !usable(first.class) || second.class == Class::Form {
            return 0;
        }
        if self.lengths >> (len - limit as usize) & ((1 << (2 * limit + 1)) - 1) == 0 {
            return 0;
        }
        self.both(whole, first.letters | second.letters)
    }

    /// Tokens that may be two words of `whole` letters in all.
    #[inline(never)]
    fn both(&self, whole: usize, letters: u32) -> u32 {
        let len = whole.min(MAX_TOKEN);
        let limit = glued_limit(len);
        // Of two that are too long together the last letters are cut.
        let (most, least) = (letters, if whole > len { 0 } else { letters });
        let may = |a: &usize| {
            let lacks = |head: &Head| (head.letters & !most).count_ones().max((least & !head.letters).count_ones());
            self.heads.get(*a).is_some_and(|head| usize::from(head.len).abs_diff(len) <= limit as usize && lacks(head) <= limit)
        };
        bits(self.usable).filter(may).fold(0, |mask, a| mask | 1 << a)
    }

    /// What the token at a place may read, if it came without vowels.
    pub(crate) fn readings_of(&self, n: usize) -> Option<&[Short; READINGS]> {
        self.readings.iter().find(|(at, _)| *at == n).map(|(_, readings)| readings)
    }

    /// The rarest tokens look for candidates; legal forms never do.
    fn choose_seeking(&mut self) {
        self.seeking = 0;
        for _ in 0..MAX_SEEKING {
            let free = self.tokens.iter().enumerate().filter(|(n, t)| self.seeking >> n & 1 == 0 && t.class != Class::Form);
            let Some((n, _)) = free.max_by_key(|(n, t)| (t.weight, std::cmp::Reverse(*n))) else { return };
            self.seeking |= 1 << n;
        }
    }

    /// Begins with the variants of another part.
    pub(super) fn begin(&mut self) {
        (self.from, self.among) = (self.variants.len(), Sieve::default());
    }

    pub(super) fn push(&mut self, token: u32, asked: u32, like: Like, len: usize, params: &Params) {
        let sim = params.similarity(like, len);
        match self.pushed(token, asked) {
            Some(old) if sim > old.sim => (old.sim, old.like) = (sim, like),
            Some(_) => {}
            None => self.variants.push(Variant { token, asked, like, sim }),
        }
        self.among.put(token);
    }

    /// A token that sounds like a part of the query. How far apart they sound is dear to find out: not where it is known already that
    /// they are more alike than this way can tell.
    fn push_by_sound(&mut self, (token, there): (u32, &[u8]), mask: u32, how: How, asked: &Asked, params: &Params) {
        let len = asked.text.as_bytes().len();
        let heard = sounds(there);
        if let Some(old) = self.pushed(token, mask) {
            // Sounds that differ are so far apart at least.
            let least = if heard == asked.sounds { 0 } else { LEAST_APART >> u8::from(asked.abjad) };
            if params.similarity(Like { how, edits: least }, len) <= old.sim {
                return;
            }
        }
        self.push(token, mask, Like { how, edits: asked.apart_from(&heard) }, len, params);
    }

    /// Words of one Slavic key with a part of the query that has it.
    #[inline(never)]
    fn by_slavic_key(&mut self, key: &Short, mask: u32, asked: &Asked, lexicon: &Lexicon<'_>, params: &Params) {
        let text = asked.text.as_bytes();
        // The key of two sounds is its mark and they.
        let limit = if key.as_bytes().len() > 3 { SLAVIC } else { SLAVIC / 2 };
        for (token, there) in lexicon.with_slavic(key) {
            // Most have the same skeleton too.
            if self.pushed(token, mask).is_some() {
                continue;
            }
            let (here, other) = (without_ending(text, there), without_ending(there, text));
            let apart = if here.len() == text.len() && other.len() == there.len() {
                asked.apart(there)
            } else {
                // What a woman's name has in one language is no other sound.
                ENDING + distance(sounds(here).as_bytes(), sounds(other).as_bytes()).min(127) as u8
            };
            if usize::from(apart) <= limit * text.len().max(there.len()) {
                self.push(token, mask, Like { how: How::Skeleton, edits: apart }, text.len(), params);
            }
        }
    }

    /// A token that is among the variants of the part already.
    #[inline(always)]
    fn pushed(&mut self, token: u32, asked: u32) -> Option<&mut Variant> {
        if !self.among.may_hold(token) {
            return None;
        }
        self.variants.get_mut(self.from..)?.iter_mut().find(|v| v.token == token && v.asked == asked)
    }

    /// As [`Ask::variants_of`], from memory where that has them.
    fn remembered(&mut self, (n, asked): (usize, &Asked), held: &Held<'_, '_>, params: &Params, scans: &mut usize, memory: &mut Memory) {
        let known = memory.at(asked.text.as_bytes(), asked.class, asked.abjad);
        if let Some((variants, splits, scanned)) = known.as_ref().and_then(|known| known.variants.as_ref())
            && !(*scanned && *scans >= MAX_SCANS)
        {
            self.variants.extend(variants.iter().map(|variant| Variant { asked: 1 << n, ..*variant }));
            self.splits.extend(splits.iter().map(|split| Split { asked: 1 << n, ..*split }));
            *scans += usize::from(*scanned);
            return;
        }
        let before = (self.variants.len(), self.splits.len(), *scans);
        self.variants_of((n, asked), held, params, scans);
        // At the last scan it may have been refused one, so that what it has is not all.
        if let Some(known) = known.filter(|_| before.2 < MAX_SCANS) {
            let variants = self.variants.get(before.0..).unwrap_or_default().to_vec();
            let splits = self.splits.get(before.1..).unwrap_or_default().to_vec();
            known.variants = Some((variants, splits, *scans > before.2));
        }
    }

    fn variants_of(&mut self, (n, asked): (usize, &Asked), held: &Held<'_, '_>, params: &Params, scans: &mut usize) {
        let (lexicon, words) = (held.lexicon, held.words);
        self.begin();
        let (mask, text) = (1 << n, asked.text.as_bytes());
        if let Some(token) = asked.listed {
            self.push(token, mask, Like { how: How::Exact, edits: 0 }, text.len(), params);
        }
        let as_text = std::str::from_utf8(text).unwrap_or_default();
        for group in words.groups(as_text) {
            for (token, nick) in lexicon.in_group(group.id) {
                let how = if nick || group.nick { How::Nick } else { How::Equivalent };
                self.push(token, mask, Like { how, edits: 0 }, text.len(), params);
            }
        }
        if !matches!(asked.class, Class::Name | Class::Generic) || text.len() < 2 {
            return;
        }
        if asked.abjad {
            let readings = self.readings_of(n).copied().unwrap_or([Short::EMPTY; READINGS]);
            for (n, bones) in readings.iter().enumerate() {
                if bones.as_bytes().len() >= 2 && !readings.get(..n).unwrap_or_default().contains(bones) {
                    for (token, there) in lexicon.with_skeleton(bones, None) {
                        self.push_by_sound((token, there), mask, How::Consonants, asked, params);
                    }
                }
            }
            return;
        }
        // Of a word that was cut it is not known.
        let known = asked.listed.filter(|_| text.len() < MAX_TOKEN);
        for (token, there) in lexicon.with_skeleton(&asked.bones, known) {
            let solid = asked.bones.as_bytes().len().min(text.len()).min(there.len());
            if Some(token) != asked.listed
                && (solid >= 3
                    || (solid == 2
                        && asked
                            .pattern
                            .edits(there, 3)
                            .is_some_and(|edits| edits <= 1 || sounds(there).as_bytes() == asked.sounds.as_bytes())))
            {
                self.push_by_sound((token, there), mask, How::Skeleton, asked, params);
            }
        }
        if held.kind == Kind::Person
            && let Some(key) = slavic(text)
        {
            self.by_slavic_key(&key, mask, asked, lexicon, params);
        }
        for other in [as_french(text), with_qaf(text)].into_iter().flatten() {
            let other = other.as_bytes();
            for (token, there) in lexicon.with_skeleton(&skeleton(other, false), None) {
                if Some(token) != asked.listed && (asked.bones.as_bytes().len() >= 3 || one_edit(other, there).is_some()) {
                    self.push_by_sound((token, there), mask, How::Skeleton, asked, params);
                }
            }
        }
        let limit = if text.len() >= 8 { 2 } else { 1 };
        if asked.listed.is_none() && text.len() >= 4 && asked.class == Class::Name {
            if *scans >= MAX_SCANS {
                self.truncated = true;
                return;
            }
            *scans += 1;
            self.scans += 1;
            lexicon.near(text, limit, |token, _, there| {
                self.push_by_sound((token, there), mask, How::Edit, asked, params);
            });
            self.split(mask, text, held, params);
            if held.kind != Kind::Person && text.len() >= 5 {
                words.near(as_text, |word| {
                    if let Some(token) = lexicon.find(word.as_bytes()) {
                        self.push(token, mask, Like { how: How::Edit, edits: 16 }, text.len(), params);
                    }
                });
            }
        }
    }

    /// Token `n` and the next one glued.
    fn glued(&mut self, n: usize, [a, b]: [&Asked; 2], held: &Held<'_, '_>, params: &Params) {
        let lexicon = held.lexicon;
        self.begin();
        if [a, b].iter().any(|t| matches!(t.class, Class::Form | Class::Number)) {
            return;
        }
        let mut text = a.text;
        b.text.as_bytes().iter().for_each(|byte| text.push(*byte));
        let glued = text.as_bytes();
        if glued.len() < 3 {
            return;
        }
        let mask = 0b11 << n;
        if let Some(token) = held.find(glued) {
            self.push(token, mask, Like { how: How::Joined, edits: 0 }, glued.len(), params);
            return;
        }
        // `M. Ahmad` is not Mahmud: a letter alone is an initial more often than a part of a misspelt word.
        if glued.len() < 4 || held.kind == Kind::Person && [a, b].iter().any(|t| t.text.as_bytes().len() == 1) {
            return;
        }
        // Two that are listed each are seldom a third one.
        let limit = if a.listed.is_some() && b.listed.is_some() { 1 } else { 2 };
        let near = |there: &[u8]| if limit == 1 { one_edit(glued, there) } else { edits_within(glued, there, limit) };
        for (token, there) in lexicon.with_skeleton(&skeleton(glued, false), None) {
            if let Some(edits) = near(there) {
                self.push(token, mask, Like { how: How::Joined, edits: edits as u8 * 16 }, glued.len(), params);
            }
        }
        if glued.len() >= 8 && a.listed.is_none() && b.listed.is_none() {
            if self.glued_scans >= MAX_SCANS {
                self.truncated = true;
                return;
            }
            self.glued_scans += 1;
            self.scans += 1;
            lexicon.near(glued, 1, |token, edits, _| {
                self.push(token, mask, Like { how: How::Joined, edits: edits as u8 * 16 }, glued.len(), params);
            });
        }
    }

    /// Token `n` is the letter `A` before one of the names that servants of God are named by, with or without the article: `A. Rahman` may be
    /// `Abdul Rahman`.
    fn servant(&mut self, n: usize, next: Option<&Asked>, second: Option<&Asked>, held: &Held<'_, '_>, params: &Params) {
        let (name, mask) = match (next, second) {
            (Some(article), Some(name)) if article.text.as_bytes() == b"al" => (name, 0b111 << n),
            (Some(name), _) => (name, 0b11 << n),
            _ => return,
        };
        let Some(divine) = std::str::from_utf8(name.text.as_bytes()).ok().and_then(servant_of) else { return };
        let mut text = Short::of(b"abdul");
        divine.bytes().for_each(|byte| text.push(byte));
        if let Some(token) = held.lexicon.find(text.as_bytes()) {
            self.begin();
            self.push(token, mask, Like { how: How::Joined, edits: 16 }, text.as_bytes().len(), params);
        }
    }

    /// Token `n` and the next two written together: `Chong Chon Gang`. The same word or nothing.
    fn three_glued(&mut self, n: usize, three: &[Asked], held: &Held<'_, '_>, params: &Params) {
        if three.iter().any(|t| t.class != Class::Name || !(2..=6).contains(&t.text.as_bytes().len())) {
            return;
        }
        let mut text = Short::EMPTY;
        three.iter().for_each(|t| t.text.as_bytes().iter().for_each(|byte| text.push(*byte)));
        if let Some(token) = held.lexicon.find(text.as_bytes()) {
            self.begin();
            self.push(token, 0b111 << n, Like { how: How::Joined, edits: 0 }, text.as_bytes().len(), params);
        }
    }

    /// A token as several listed ones, written together.
    fn split(&mut self, mask: u32, text: &[u8], held: &Held<'_, '_>, params: &Params) {
        let before = self.splits.len();
        let mut parts = [0; MAX_PARTS];
        self.split_rest(mask, text, &mut parts, 0, before, held, params);
    }

    #[allow(clippy::too_many_arguments, reason = "one recursion, bounded by MAX_PARTS")]
    fn split_rest(
        &mut self,
        mask: u32,
        rest: &[u8],
        parts: &mut [u32; MAX_PARTS],
        len: usize,
        before: usize,
        held: &Held<'_, '_>,
        params: &Params,
    ) {
        if self.splits.len() - before >= MAX_SPLITS || len >= MAX_PARTS {
            return;
        }
        // Most pieces are no words of the dictionary: all beginnings are told at once.
        let known = held.words.beginnings(held.kind, rest);
        let find = |piece: &[u8]| if known >> piece.len() & 1 == 1 { held.find(piece) } else { held.lexicon.find(piece) };
        if len > 0
            && rest.len() >= 2
            && let (Some(token), Some(slot)) = (find(rest), parts.get_mut(len))
        {
            *slot = token;
            let sim = params.similarity(Like { how: How::Joined, edits: (len - 1) as u8 * 16 }, 12);
            self.splits.push(Split { asked: mask, parts: *parts, len: len + 1, sim });
        }
        for cut in (2..rest.len().saturating_sub(1)).rev() {
            if self.pieces >= MAX_PIECES {
                self.truncated = true;
                return;
            }
            self.pieces += 1;
            let (head, tail) = rest.split_at(cut);
            // Long pieces first: they say most, and there are few of them.
            if let (Some(token), Some(slot)) = (find(head), parts.get_mut(len)) {
                *slot = token;
                self.split_rest(mask, tail, parts, len + 1, before, held, params);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arabic_script_is_read_as_each_language_spells_it() {
        let meets = |there: &str, here: &str| readings(here.as_bytes()).contains(&skeleton(there.as_bytes(), false));
        // `fydh`, `safui`, `akasha`: Faiz, Safavi, Akacha.
        assert!(meets("faiz", "fidh") && meets("dhakir", "dhakr") && meets("zakir", "dhakr"));
        assert!(meets("safavi", "sfui") && meets("akacha", "akasha") && meets("osman", "athmn"));
        assert!(meets("ghahramani", "qhrmani") && meets("qahramani", "qhrmani") && meets("aviv", "abib"));
        assert!(meets("tahami", "tehami") && meets("ishaq", "asehaq"));
        assert!(!meets("sadat", "sfui"));
    }

    #[test]
    fn qaf_is_read_as_both_spellings_write_it() {
        let read = |text: &str| with_qaf(text.as_bytes()).map(|t| String::from_utf8_lossy(t.as_bytes()).into_owned());
        assert_eq!(read("qalibaf").as_deref(), Some("ghalibaf"));
        assert_eq!(read("ghalibaf").as_deref(), Some("qalibaf"));
        assert_eq!(read("sadegh").as_deref(), Some("sadeq"));
        assert_eq!(read("sadeq").as_deref(), Some("sadegh"));
        assert_eq!(read("garcia"), None);
    }

    #[test]
    fn the_sound_sh_is_read_as_french_writes_it_too() {
        let read = |text: &str| as_french(text.as_bytes()).map(|t| String::from_utf8_lossy(t.as_bytes()).into_owned());
        assert_eq!(read("allush").as_deref(), Some("alluch"));
        assert_eq!(read("chamsish").as_deref(), Some("shamsich"));
        assert_eq!(read("abbas"), None);
    }
}
