//! The tables of the normal form, read in place from the `normalisation` section. Opening them allocates nothing.

use std::ops::RangeInclusive;

use crate::bytes::{Cursor, u8_at, u16_at, u32_at, u64_at};
use crate::decompose::Decompositions;
use crate::dict::{Dict, DictError, Walk};

use super::Class;
use crate::words::Kind;

/// The version of the tables that this reader knows.
pub(crate) const VERSION: u32 = 5;

/// The tables in the order of their rows.
#[cfg(feature = "write")]
pub(crate) const TABLES: usize = 10;

/// Behind the stem of a word in its own script: any ending may follow.
pub(crate) const STEM: u8 = b'*';

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
    long_words: &'a [u8],
    groups: Dict<'a>,
    frequency: Dict<'a>,
    phrases: &'a [u8],
    decompositions: Decompositions<'a>,
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
            long_words: table(5)?,
            groups: Dict::open(table(6)?)?,
            frequency: Dict::open(table(7)?)?,
            phrases: table(8)?,
            decompositions: Decompositions::open(table(9)?).ok_or(short)?,
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

    /// Equivalent spellings of a given name or word: `muhammad`, `mohamed` and `mehmet` share a group.
    pub fn groups(&self, token: &str) -> impl Iterator<Item = Group> + use<'a> {
        let at = self.groups.get(token.as_bytes()).and_then(|v| usize::try_from(v).ok());
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
        loop {
            // At this place: one letter too many, two changed, one too few, another one.
            if let [_, after @ ..] = rest {
                found(walk, after);
            }
            if let [a, b, after @ ..] = rest {
                let mut swapped = walk;
                if a != b && swapped.step(*b) && swapped.step(*a) {
                    found(swapped, after);
                }
            }
            for other in walk.children(u8::is_ascii_lowercase) {
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

    /// The long words that begin with a letter and have at most `apart` letters more or less than `mask`: words of legal forms
    /// and companies, for the recognition of misspelt ones.
    pub(crate) fn long_words(&self, first: u8, mask: u32, apart: u32) -> impl Iterator<Item = &'a str> + use<'a> {
        let head = u32::from(first.wrapping_sub(b'a') & 0x1f);
        self.rows(self.long_words, head..=head, mask, apart)
    }

    /// The legal forms of several words that are `lens` letters long without their blanks, in the order of their lengths, and have at
    /// most `apart` letters more or less than `mask`.
    pub(crate) fn phrases(&self, lens: RangeInclusive<usize>, mask: u32, apart: u32) -> impl Iterator<Item = &'a str> + use<'a> {
        let head = |len: &usize| (*len).min(63) as u32;
        self.rows(self.phrases, head(lens.start())..=head(lens.end()), mask, apart)
    }

    /// The texts of the rows with these heads. A row is its head and a set of letters in one number, then where its text stands.
    fn rows(&self, rows: &'a [u8], heads: RangeInclusive<u32>, mask: u32, apart: u32) -> impl Iterator<Item = &'a str> + use<'a> {
        let texts = self.texts;
        let (first, last) = heads.into_inner();
        // The rows stand in order, so those of the heads stand together.
        let before = |head: u32| {
            let (mut low, mut high) = (0, rows.len() / 8);
            while low < high {
                let middle = low + (high - low) / 2;
                if u32_at(rows, middle * 8).is_some_and(|mask| mask >> 26 < head) { low = middle + 1 } else { high = middle }
            }
            low * 8
        };
        let of_heads = rows.get(before(first)..before(last + 1)).unwrap_or_default();
        of_heads.chunks_exact(8).filter_map(move |row| {
            let row = u64_at(row, 0)?;
            let other = row as u32 & 0x03ff_ffff;
            // Most are told apart by one count.
            if (other ^ mask).count_ones() > 2 * apart || (other & !mask).count_ones() > apart || (mask & !other).count_ones() > apart {
                return None;
            }
            Cursor::at(texts, (row >> 32) as usize)?.text()
        })
    }

    /// The canonical word of a single word of a company's (or a person's) name, and its class. `None` if the dictionary does
    /// not hold it, or replaces it by several.
    pub fn canonical(&self, kind: Kind, word: &str) -> Option<(&'a str, Class)> {
        let scope = if kind == Kind::Person { Scope::Person } else { Scope::Company };
        let mut walk = self.walk(scope)?;
        if walk.follow(word.as_bytes()) < word.len() {
            return None;
        }
        let mut record = self.record(walk.value()?);
        let (class, text) = record.next()?;
        record.next().is_none().then_some((text, class))
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
