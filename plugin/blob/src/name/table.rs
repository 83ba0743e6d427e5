//! The tables of the normal form, read in place from the `normalisation` section. Opening them allocates nothing.

use std::ops::RangeInclusive;

use crate::bytes::{Cursor, u8_at, u16_at, u32_at};
use crate::decompose::Decompositions;
use crate::dict::{Dict, DictError, Walk};

use super::{Class, patronymic};
use crate::words::Kind;

/// The version of the tables that this reader knows.
pub(crate) const VERSION: u32 = 8;

/// The tables in the order of their rows.
#[cfg(feature = "write")]
pub(crate) const TABLES: usize = 11;

/// Behind the stem of a word in its own script: any ending may follow.
pub(crate) const STEM: u8 = b'*';

/// Behind a word that may be a part of a compound; an s may join it to the next.
pub(crate) const PIECE: u8 = b'+';

/// Equivalent spellings that a token belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// Tokens with one group id in common may stand for each other.
    pub id: u16,
    /// The token is a nickname or short form in this group (`sasha`), which says less than a spelling (`aleksander`).
    pub nick: bool,
}

/// The tables of the normal form: scripts, phrases, words, equivalents and how ordinary a word is.
#[derive(Debug, Clone, Copy)]
pub struct WordTable<'a> {
    texts: &'a [u8],
    dict: Dict<'a>,
    /// Where the keys of each scope begin.
    heads: [Option<Walk<'a>>; 5],
    scripts: &'a [u8],
    confusables: &'a [u8],
    han: &'a [u8],
    long_words: &'a [[u8; 8]],
    groups: Dict<'a>,
    frequency: Dict<'a>,
    phrases: &'a [[u8; 8]],
    decompositions: Decompositions<'a>,
    grams: Grams<'a>,
}

/// Which entries of the dictionary are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Latin words of persons' names.
    Person,
    /// Latin words of everything else.
    Company,
    /// Words in their own script, persons.
    NativePerson,
    /// Words in their own script, everything else.
    NativeCompany,
    /// Surnames in their own script, at the head of a person's name that has no blanks.
    Surname,
}

impl Scope {
    pub(crate) const fn byte(self) -> u8 {
        match self {
            Self::Person => b'p',
            Self::Company => b'o',
            Self::NativePerson => b'P',
            Self::NativeCompany => b'O',
            Self::Surname => b'S',
        }
    }
}

impl<'a> WordTable<'a> {
    /// Opens the `normalisation` section.
    ///
    /// # Errors
    /// [`DictError`] if the section is too short, of another version, or a dictionary in it cannot be read.
    pub fn open(section: &'a [u8]) -> Result<Self, DictError> {
        let short = DictError::Short { got: section.len() };
        let version = u32_at(section, 0).ok_or_else(|| short.clone())?;
        if version != VERSION {
            return Err(DictError::Version { got: u64::from(version), known: u64::from(VERSION) });
        }
        let table = |number: usize| {
            let at = 4 + number * 8;
            let start = usize::try_from(u32_at(section, at)?).ok()?;
            let len = usize::try_from(u32_at(section, at + 4)?).ok()?;
            section.get(start..start.checked_add(len)?)
        };
        let table = |number| table(number).ok_or_else(|| short.clone());
        let dict = Dict::open(table(1)?)?;
        let head = |scope: Scope| dict.walk().and_then(|mut walk| walk.step(scope.byte()).then_some(walk));
        Ok(Self {
            texts: table(0)?,
            dict,
            heads: [Scope::Person, Scope::Company, Scope::NativePerson, Scope::NativeCompany, Scope::Surname].map(head),
            scripts: table(2)?,
            confusables: table(3)?,
            han: table(4)?,
            long_words: rows(table(5)?),
            groups: Dict::open(table(6)?)?,
            frequency: Dict::open(table(7)?)?,
            phrases: rows(table(8)?),
            decompositions: Decompositions::open(table(9)?).ok_or_else(|| short.clone())?,
            grams: Grams::open(table(10)?).ok_or(short)?,
        })
    }

    /// Checks every node of the dictionaries; see [`Dict::verify`].
    pub(crate) fn verify(&self) -> Result<(), DictError> {
        self.dict.verify()?;
        self.groups.verify()?;
        self.frequency.verify()?;
        self.decompositions.verify().map_err(|block| DictError::Decompositions { block })
    }

    /// What Unicode says of characters that come apart.
    pub fn decompositions(&self) -> &Decompositions<'a> {
        &self.decompositions
    }

    /// Equivalent spellings of a given name or word: `muhammad`, `mohamed` and `mehmet` share a group; `Mykolayovych` and `Mikalaevich`
    /// share one, being made of spellings of one name.
    pub fn groups(&self, token: &str) -> impl Iterator<Item = Group> + use<'a> {
        let token = token.as_bytes();
        let own = self.groups.get(token);
        let at = own.or_else(|| self.groups.get(patronymic::key(token)?.as_bytes())).and_then(|v| usize::try_from(v).ok());
        let mut cursor = at.and_then(|at| Cursor::at(self.texts, at));
        let mut left = cursor.as_mut().and_then(Cursor::varint).unwrap_or(0);
        std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let value = cursor.as_mut()?.varint()?;
            Some(Group { id: u16::try_from(value >> 1).ok()?, nick: value & 1 == 1 })
        })
    }

    /// The canonical words of the dictionary's company words that are one slip of the finger away from `text`: a letter more, less or
    /// other, or two neighbours changed. Only those that are one word.
    pub fn near(&self, text: &str, mut each: impl FnMut(&'a str)) {
        let Some(mut walk) = self.walk(Scope::Company) else { return };
        let mut found = |walk: Walk<'a>, rest: &[u8]| {
            let mut walk = walk;
            if walk.follow(rest) == rest.len()
                && let Some(value) = walk.value()
            {
                let mut record = self.record(value);
                if let (Some((Class::Generic | Class::Name, word)), None) = (record.next(), record.next()) {
                    each(word);
                }
            }
        };
        let mut rest = text.as_bytes();
        // Where no word ends with the same four letters, the slip is in them, or it is two neighbours of which one is.
        let ends = rest.last_chunk().is_some_and(|gram| Grams::has(self.grams.words, gram));
        while let Some((first, after)) = rest.split_first().filter(|_| !ends && rest.len() > GRAM + 1) {
            if !walk.step(*first) {
                return;
            }
            rest = after;
        }
        loop {
            // At this place: one letter too many, two changed, one too few, another one.
            let any = ends || rest.len() <= GRAM;
            if let [_, after @ ..] = rest
                && any
            {
                found(walk, after);
            }
            if let [a, b, after @ ..] = rest {
                let mut swapped = walk;
                if a != b && swapped.step(*b) && swapped.step(*a) {
                    found(swapped, after);
                }
            }
            for other in any.then(|| walk.children(u8::is_ascii_lowercase)).into_iter().flatten() {
                found(other, rest);
                if let [_, after @ ..] = rest {
                    found(other, after);
                }
            }
            let [first, after @ ..] = rest else { break };
            if !walk.step(*first) {
                break;
            }
            rest = after;
        }
    }

    /// How ordinary a word is: 0 = not among ordinary names, 1 to 15 = logarithmic, 15 the most common. From packages of
    /// ordinary given and family names and company words of many regions.
    pub fn frequency(&self, token: &str) -> u8 {
        self.frequency.get(token.as_bytes()).map_or(0, |v| v.min(15) as u8)
    }

    /// A walk over the dictionary for a longest match.
    pub(crate) fn walk(&self, scope: Scope) -> Option<Walk<'a>> {
        self.heads.get(scope as usize).copied().flatten()
    }

    /// The words that a dictionary value stands for.
    pub(crate) fn record(&self, value: u64) -> Record<'a> {
        let mut cursor = usize::try_from(value).ok().and_then(|at| Cursor::at(self.texts, at)).unwrap_or_else(|| Cursor::new(&[]));
        let left = cursor.u8().unwrap_or(0);
        Record { cursor, left }
    }

    /// The Latin letters of a character, with the mark of its behaviour before them where the script has one. `language`
    /// 0 = the script's usual reading.
    pub(crate) fn letter(&self, language: u8, c: char) -> Option<&'a str> {
        if language > 0
            && let Some(text) = row(self.scripts, u32::from(language) << 24 | u32::from(c))
        {
            return Some(text);
        }
        row(self.scripts, u32::from(c))
    }

    /// The Latin letters that a character of another script looks like.
    pub(crate) fn look_alike(&self, c: char) -> Option<&'a str> {
        row(self.confusables, u32::from(c))
    }

    /// The most frequent reading of a Han character in pinyin without tone.
    pub(crate) fn pinyin(&self, c: char) -> Option<&'a str> {
        let first = u32_at(self.han, 0)?;
        let count = u32_at(self.han, 4)?;
        let index = u32::from(c).checked_sub(first).filter(|i| *i < count)?;
        let syllable = u16_at(self.han, 8 + usize::try_from(index).ok()? * 2)?;
        let at = 8 + usize::try_from(count).ok()? * 2 + usize::from(syllable.checked_sub(1)?) * 6;
        text_of(self.han.get(at..at + 6)?)
    }

    /// The long words that begin with a letter, are of one of these lengths and have at most `apart` letters more or less than `mask`:
    /// words of legal forms and companies, for the recognition of misspelt ones.
    pub(crate) fn long_words(
        &self,
        first: u8,
        lens: RangeInclusive<usize>,
        mask: u32,
        apart: u32,
    ) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let head = u32::from(first.wrapping_sub(b'a') & 0x1f);
        self.rows(self.long_words, head, lens, mask, apart)
    }

    /// The legal forms of several words that are `lens` letters long without their blanks, in the order of their lengths, and have at
    /// most `apart` letters more or less than `mask`.
    pub(crate) fn phrases(&self, lens: RangeInclusive<usize>, mask: u32, apart: u32) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.rows(self.phrases, 0, lens, mask, apart)
    }

    /// The texts of the rows with a head and these lengths. They stand together.
    fn rows(
        &self,
        rows: &'a [[u8; 8]],
        head: u32,
        lens: RangeInclusive<usize>,
        mask: u32,
        apart: u32,
    ) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let texts = self.texts;
        let place = |len: usize| head << 6 | len.min(63) as u32;
        let (first, last) = (place(*lens.start()), place(*lens.end()));
        let from = rows.partition_point(|row| Row::of(row).place() < first);
        rows.get(from..).unwrap_or_default().iter().map(Row::of).take_while(move |row| row.place() <= last).filter_map(move |row| {
            let other = row.letters();
            // Most are told apart by one count.
            if (other ^ mask).count_ones() > 2 * apart || (other & !mask).count_ones() > apart || (mask & !other).count_ones() > apart {
                return None;
            }
            let (len, text) = texts.get(row.text()..)?.split_first()?;
            text.get(..usize::from(*len))
        })
    }

    /// Whether a dictionary value stands for a legal form of one word.
    pub(crate) fn is_form(&self, value: u64) -> bool {
        let mut record = self.record(value);
        record.next().is_some_and(|(class, _)| class == Class::Form) && record.next().is_none()
    }

    /// Whether the first letters are those of a legal form that is one word of five letters or more. All that are say yes.
    pub(crate) fn may_be_form(&self, text: &[u8]) -> bool {
        text.first_chunk().is_some_and(|gram| Grams::has(self.grams.forms, gram))
    }

    /// The places of a text where no four letters stand that are in a legal form of several words.
    pub(crate) fn strange(&self, text: &[u8]) -> Strange {
        let mut out = Strange::default();
        let mut grams = text.windows(GRAM);
        for word in &mut out.places {
            for (n, gram) in grams.by_ref().take(64).enumerate() {
                *word |= u64::from(gram.first_chunk().is_some_and(|gram| !Grams::has(self.grams.inside, gram))) << n;
            }
        }
        out
    }

    /// Whether letters may be within some edits of a legal form of several words. All that are say yes. `strange`: as [`Strange::from`]
    /// has it of the first of them.
    ///
    /// An edit changes two letters at most (a transposition), so it takes at most five groups of four letters. Where the first four
    /// letters begin no such form, one edit is there, and none of the groups that begin behind the fifth letter is changed by it; the
    /// same at the end.
    pub(crate) fn may_be_phrase(&self, letters: &[u8], strange: u64, edits: u32) -> bool {
        let (mut left, mut from, mut to) = (Some(edits), 0, letters.len());
        if !letters.first_chunk().is_some_and(|gram| Grams::has(self.grams.heads, gram)) {
            (left, from) = (left.and_then(|left| left.checked_sub(1)), GRAM + 1);
        }
        if !letters.last_chunk().is_some_and(|gram| Grams::has(self.grams.tails, gram)) {
            (left, to) = (left.and_then(|left| left.checked_sub(1)), to.saturating_sub(GRAM + 1));
        }
        let Some(left) = left else { return false };
        let grams = to.saturating_sub(from + GRAM - 1) as u32;
        let strange = strange >> from & 1_u64.checked_shl(grams).map_or(u64::MAX, |bit| bit - 1);
        strange.count_ones() <= left * (GRAM as u32 + 1)
    }

    /// What the dictionary says of one word, for [`Self::record`] and [`Self::is_form`]. `None` if it does not hold it.
    pub(crate) fn value(&self, scope: Scope, word: &[u8]) -> Option<u64> {
        let mut walk = self.walk(scope)?;
        if walk.follow(word) < word.len() {
            return None;
        }
        walk.value()
    }

    /// How many letters of a text are a word of the dictionary, one bit each, of at most 63.
    pub fn beginnings(&self, kind: Kind, text: &[u8]) -> u64 {
        let scope = if kind == Kind::Person { Scope::Person } else { Scope::Company };
        let Some(mut walk) = self.walk(scope) else { return 0 };
        let mut ends = 0;
        for (n, byte) in (1..64).zip(text) {
            if !walk.step(*byte) {
                break;
            }
            ends |= u64::from(walk.value().is_some()) << n;
        }
        ends
    }

    /// The canonical word of a single word of a company's (or a person's) name, and its class. `None` if the dictionary does
    /// not hold it, or replaces it by several.
    pub fn canonical(&self, kind: Kind, word: &str) -> Option<(&'a str, Class)> {
        let scope = if kind == Kind::Person { Scope::Person } else { Scope::Company };
        let mut record = self.record(self.value(scope, word.as_bytes())?);
        let (class, text) = record.next()?;
        record.next().is_none().then_some((text, class))
    }
}

/// A word or phrase by its letters: the set of them (26 bits), how many they are without blanks (6 bits), a head (8 bits), and where its
/// text stands (24 bits). Rows ascend by head and length.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row(pub(super) u64);

impl Row {
    fn of(bytes: &[u8; 8]) -> Self {
        Self(u64::from_le_bytes(*bytes))
    }

    const fn letters(self) -> u32 {
        self.0 as u32 & 0x03ff_ffff
    }

    /// Head and length.
    const fn place(self) -> u32 {
        (self.0 >> 26) as u32 & 0x3fff
    }

    const fn text(self) -> usize {
        (self.0 >> 40) as usize
    }
}

/// The rows of a table.
fn rows(table: &[u8]) -> &[[u8; 8]] {
    table.as_chunks().0
}

/// Letters that are looked at together.
pub(super) const GRAM: usize = 4;

/// Sets of groups of four letters, one bit for each by its hash: of another group a bit may be set as well.
#[derive(Debug, Clone, Copy)]
struct Grams<'a> {
    /// Groups in legal forms of several words, without their blanks.
    inside: &'a [u8; INSIDE],
    /// Those that such a form begins with.
    heads: &'a [u8; ENDS],
    /// Those that such a form ends with.
    tails: &'a [u8; ENDS],
    /// Those that a legal form of one word and five letters or more begins with.
    forms: &'a [u8; ENDS],
    /// Those that a company word of the dictionary ends with, one word for one word.
    words: &'a [u8; INSIDE],
}

/// Bytes of the sets.
pub(super) const INSIDE: usize = 4_096;
pub(super) const ENDS: usize = 256;

impl<'a> Grams<'a> {
    fn open(table: &'a [u8]) -> Option<Self> {
        let (inside, rest) = table.split_first_chunk()?;
        let (heads, rest) = rest.split_first_chunk()?;
        let (tails, rest) = rest.split_first_chunk()?;
        let (forms, rest) = rest.split_first_chunk()?;
        Some(Self { inside, heads, tails, forms, words: rest.first_chunk()? })
    }

    #[inline(always)]
    fn has<const N: usize>(set: &[u8; N], gram: &[u8; GRAM]) -> bool {
        let bit = slot(gram, N);
        set.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
    }
}

/// The bit of a group of four letters in a set of so many bytes, a power of two.
#[inline(always)]
pub(super) const fn slot(gram: &[u8; GRAM], bytes: usize) -> usize {
    (u32::from_le_bytes(*gram).wrapping_mul(0x9e37_79b1) >> (32 - 3 - bytes.trailing_zeros())) as usize
}

/// Places of a text, one bit each. Only the first 320 are looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Strange {
    places: [u64; 5],
}

impl Strange {
    /// The places from one on.
    pub(crate) fn from(&self, start: usize) -> u64 {
        let word = |n: usize| self.places.get(n).copied().unwrap_or(0);
        let (n, bit) = (start / 64, start as u32 % 64);
        // In two steps, as a shift by 64 is none.
        word(n) >> bit | word(n + 1) << 1 << (63 - bit)
    }
}

/// The words of one dictionary entry.
#[derive(Debug, Clone)]
pub(crate) struct Record<'a> {
    cursor: Cursor<'a>,
    left: u8,
}

impl<'a> Iterator for Record<'a> {
    type Item = (Class, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let class = Class::from_code(self.cursor.u8()?);
        Some((class, self.cursor.text()?))
    }
}

/// A row of a table of 8-byte rows, code (u32) and up to four letters, in ascending order of the codes.
fn row(table: &[u8], code: u32) -> Option<&str> {
    let (mut low, mut high) = (0, table.len() / 8);
    while low < high {
        let middle = low + (high - low) / 2;
        let found = u32_at(table, middle * 8)?;
        match found.cmp(&code) {
            std::cmp::Ordering::Equal => return text_of(table.get(middle * 8 + 4..middle * 8 + 8)?),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}

/// Letters up to the first zero byte.
fn text_of(bytes: &[u8]) -> Option<&str> {
    let len = (0..bytes.len()).find(|i| u8_at(bytes, *i) == Some(0)).unwrap_or(bytes.len());
    std::str::from_utf8(bytes.get(..len)?).ok()
}

#[cfg(all(test, feature = "write"))]
mod tests {
    use super::*;
    use crate::name::build;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static SECTION: LazyLock<Vec<u8>> = LazyLock::new(|| build::encode(&build::FILES).unwrap());

    fn words() -> WordTable<'static> {
        WordTable::open(&SECTION).unwrap()
    }

    proptest! {
        /// What the sets of letters leave out is no misspelt legal form, whatever stands before it in the name.
        #[test]
        fn no_form_that_is_near_is_left_out(
            number in any::<prop::sample::Index>(),
            edits in vec((0..4_u8, any::<prop::sample::Index>(), b'a'..=b'z'), 0..=3),
            before in "[a-z]{0,90}",
        ) {
            let words = words();
            let phrases: Vec<&[u8]> = words.phrases(0..=63, 0, 26).collect();
            prop_assert!(phrases.len() > 500 && phrases.len() == words.phrases.len());
            let mut letters: Vec<u8> = number.get(&phrases).iter().copied().filter(|b| *b != b' ').collect();
            for (kind, at, letter) in &edits {
                let at = at.index(letters.len() - 1);
                match kind {
                    0 => letters.insert(at, *letter),
                    1 => letters[at] = *letter,
                    2 => letters.swap(at, at + 1),
                    _ => drop(letters.remove(at)),
                }
            }
            let text = [before.as_bytes(), &letters].concat();
            let strange = words.strange(&text).from(before.len());
            prop_assert!(words.may_be_phrase(&letters, strange, edits.len() as u32));
            // What has neither the beginning nor the end of one is.
            let other = vec![b'q'; letters.len()];
            prop_assert!(!words.may_be_phrase(&other, words.strange(&other).from(0), 1));
        }
    }

    /// The company words that stand for one word, with that word.
    fn singles(words: &WordTable<'static>) -> Vec<(String, &'static str)> {
        let mut singles = Vec::new();
        words.dict.for_each(|key, value| {
            let word = key.strip_prefix(&[Scope::Company.byte()]).filter(|word| word.iter().all(u8::is_ascii_lowercase));
            let mut record = words.record(value);
            if let (Some(word), Some((Class::Generic | Class::Name, one)), None) = (word, record.next(), record.next()) {
                singles.push((String::from_utf8_lossy(word).into_owned(), one));
            }
            true
        });
        singles
    }

    static SINGLES: LazyLock<Vec<(String, &'static str)>> = LazyLock::new(|| singles(&words()));

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Wherever the slip is, the word is found that is meant.
        #[test]
        fn every_slip_leads_to_its_word(number in any::<prop::sample::Index>(), kind in 0..4_u8, at in any::<prop::sample::Index>(), letter in b'a'..=b'z') {
            let words = words();
            prop_assert!(SINGLES.len() > 2_000);
            let (word, canonical) = number.get(SINGLES.as_slice());
            let mut letters = word.clone().into_bytes();
            let at = at.index(letters.len());
            match kind {
                0 => letters.insert(at, letter),
                1 => letters[at] = letter,
                2 if at + 1 < letters.len() => letters.swap(at, at + 1),
                _ => drop(letters.remove(at)),
            }
            let text = String::from_utf8(letters).unwrap();
            if text.len() >= 5 && text != *word {
                let mut found = Vec::new();
                words.near(&text, |word| found.push(word));
                prop_assert!(found.contains(canonical), "{} {}", word, text);
            }
        }
    }

    #[test]
    fn every_legal_form_of_one_word_may_be_one() {
        let words = words();
        let mut forms = 0;
        words.dict.for_each(|key, value| {
            let spelling = key.strip_prefix(&[Scope::Company.byte()]).filter(|word| word.len() > 4 && !word.contains(&b' '));
            if let Some(word) = spelling.filter(|_| words.is_form(value)) {
                forms += 1;
                assert!(words.may_be_form(word), "{}", String::from_utf8_lossy(word));
            }
            true
        });
        assert!(forms > 200, "{forms}");
        assert!(!words.may_be_form(b"novastream"));
    }

    #[test]
    fn long_words_are_found_by_letter_length_and_letters() {
        let words = words();
        let mask = crate::name::canon::letter_mask;
        let found = |text: &str, lens, apart| words.long_words(text.as_bytes()[0], lens, mask(text), apart).any(|w| w == b"liability");
        assert!(found("liability", 9..=9, 0) && found("liabilty", 7..=9, 0) && found("liabilitx", 8..=10, 1));
        assert!(!found("liabilty", 7..=8, 0) && !found("liabilitx", 8..=10, 0) && !found("kiability", 8..=10, 1));
        assert_eq!(words.long_words(b'l', 0..=63, 0, 26).filter(|word| word[0] != b'l').count(), 0);
    }
}
