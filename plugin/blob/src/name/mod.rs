//! The normal form of names: tokens in canonical lower-case ASCII, each with what it is.
//!
//! One code for list and query. It folds what Unicode, keyboards and evasion do to letters ([`fold`](self)), brings every
//! script to Latin by the tables of the blob, and replaces words and phrases by canonical ones (legal forms, company
//! words, titles, particles). `BLOB.md`, "Normal form", specifies it; `tests/names.golden` shows it.

mod acronym;
mod alphabet;
mod arabic;
mod canon;
mod fold;
mod patronymic;
mod script;
mod table;

#[cfg(feature = "write")]
pub(crate) mod build;

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

pub use acronym::{Acronym, packed, unpacked};
pub use arabic::servant_of;
pub use table::{Group, WordTable};

use crate::words::Kind;

/// Names longer than this many bytes are refused by the builder, and make a query `truncated` in the gate.
pub const MAX_NAME_BYTES: usize = 2_048;

/// Most tokens that a name may have; same consequences.
pub const MAX_TOKENS: usize = 128;

/// What a token says about the party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// Says who it is.
    Name = 0,
    /// A company word (trading, plant, bank, group) in canonical English.
    Generic = 1,
    /// A legal form as one canonical symbol (`ltd`, `llc`, `jsc`, `gmbh`).
    Form = 2,
    /// `al`, `bin`, `ould`, `de`, `von`: weak.
    Particle = 3,
    /// `mr`, `sheikh`, `mullah`, `colonel`, `haji`.
    Title = 4,
    /// All digits.
    Number = 5,
}

impl Class {
    pub(crate) const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Generic,
            2 => Self::Form,
            3 => Self::Particle,
            4 => Self::Title,
            5 => Self::Number,
            _ => Self::Name,
        }
    }
}

/// One word of a normal form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// First byte in the form's text.
    pub start: u16,
    /// Length in bytes.
    pub len: u16,
    /// What it says about the party.
    pub class: Class,
    /// [`Token::ABJAD`], [`Token::HAN`], [`Token::FOLDED`], and from [`Token::FIRST_WORD`] on one bit for each of the words that were
    /// written, of those that it came from. There are none in persons' names.
    pub flags: u32,
}

impl Token {
    /// Came from Arabic or Hebrew script without vowels: only its consonants can be compared.
    pub const ABJAD: u32 = 1;
    /// Came from Han characters: one of several possible readings.
    pub const HAN: u32 = 2;
    /// Look-alike letters or digits for letters were repaired.
    pub const FOLDED: u32 = 4;
    /// The bit of the first word that was written.
    pub const FIRST_WORD: u32 = 3;
    /// All but the bits of words.
    pub(crate) const SIGNS: u32 = (1 << Self::FIRST_WORD) - 1;

    /// The words as they were written that it came from, one bit each.
    pub(crate) const fn words(&self) -> u32 {
        self.flags >> Self::FIRST_WORD
    }
}

/// Which folds fired on the way to a normal form: part of the explanation, and a sign of disguise by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Folds(pub u32);

macro_rules! folds {
    ($($(#[$meta:meta])* $name:ident = $bit:literal, $text:literal;)+) => {
        impl Folds {
            $($(#[$meta])* pub const $name: Self = Self(1 << $bit);)+

            /// Every fold with its word, in the order of the bits.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$name, $text)),+];
        }
    };
}

folds! {
    /// A compatibility form: full-width, mathematical, circled, ligature.
    COMPATIBILITY = 0, "compatibility";
    /// A diacritic or other combining mark was dropped.
    MARKS = 1, "marks";
    /// A zero-width or other invisible character was dropped.
    INVISIBLE = 2, "invisible";
    /// A character that turns the writing direction was dropped.
    BIDI = 3, "bidi";
    /// A look-alike letter of another script stood in a word.
    HOMOGLYPH = 4, "homoglyph";
    /// A digit or sign stood for a letter.
    LEET = 5, "leet";
    /// Single letters were joined to a word.
    JOINED = 6, "joined";
    /// A misspelt legal form or company word was recognised.
    MISSPELT = 7, "misspelt";
    /// Words were replaced by canonical ones.
    CANONICAL = 8, "canonical";
    /// Letters of a script that the tables do not hold; compared by code point only.
    UNKNOWN_SCRIPT = 9, "unknown-script";
    /// From Cyrillic.
    CYRILLIC = 10, "cyrillic";
    /// From Greek.
    GREEK = 11, "greek";
    /// From Arabic script.
    ARABIC = 12, "arabic";
    /// From Hebrew.
    HEBREW = 13, "hebrew";
    /// From Armenian.
    ARMENIAN = 14, "armenian";
    /// From Georgian.
    GEORGIAN = 15, "georgian";
    /// From an Indic script.
    INDIC = 16, "indic";
    /// From Thai, Lao, Khmer or Myanmar script.
    SOUTH_EAST_ASIAN = 17, "south-east-asian";
    /// From Hangul.
    HANGUL = 18, "hangul";
    /// From Kana.
    KANA = 19, "kana";
    /// From Han characters.
    HAN = 20, "han";
}

impl Folds {
    /// Whether all of `other` fired.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The words of the folds that fired.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().filter(move |(fold, _)| self.contains(*fold)).map(|(_, word)| *word)
    }
}

impl BitOr for Folds {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Folds {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// A text cut into tokens: what the stages hand on to each other.
#[derive(Debug, Clone, Default)]
struct Line {
    text: String,
    tokens: Vec<Token>,
    /// Tokens did not fit.
    truncated: bool,
}

impl Line {
    fn clear(&mut self) {
        self.text.clear();
        self.tokens.clear();
        self.truncated = false;
    }

    fn get(&self, index: usize) -> Option<(&Token, &str)> {
        let token = self.tokens.get(index)?;
        Some((token, self.slice(token)))
    }

    fn slice(&self, token: &Token) -> &str {
        let start = usize::from(token.start);
        self.text.get(start..start + usize::from(token.len)).unwrap_or_default()
    }

    /// Ends the token that began at `start` of the text. Nothing happens if it is empty.
    fn close(&mut self, start: usize, class: Class, flags: u32) {
        let len = self.text.len().saturating_sub(start);
        if len == 0 {
            return;
        }
        let (Ok(start_at), Ok(len)) = (u16::try_from(start), u16::try_from(len)) else {
            self.text.truncate(start);
            self.truncated = true;
            return;
        };
        if self.tokens.len() >= MAX_TOKENS {
            self.text.truncate(start);
            self.truncated = true;
            return;
        }
        self.tokens.push(Token { start: start_at, len, class, flags });
    }

    /// Begins as another line does, up to a token. Of `barren`, one bit for each of the first tokens, it answers those that it takes over.
    fn begin(&mut self, other: &Self, tokens: usize, barren: u64) -> u64 {
        self.clear();
        let taken = other.tokens.get(..tokens).unwrap_or_default();
        let end = taken.last().map_or(0, |t| usize::from(t.start + t.len));
        self.text.push_str(other.text.get(..end).unwrap_or_default());
        self.tokens.extend_from_slice(taken);
        barren & 1_u64.checked_shl(tokens as u32).map_or(u64::MAX, |bit| bit - 1)
    }

    fn push(&mut self, text: &str, class: Class, flags: u32) {
        let start = self.text.len();
        self.text.push_str(text);
        self.close(start, class, flags);
    }
}

/// The normal form of a name, and the buffers to make it in: after the first uses nothing is allocated.
#[derive(Debug, Clone, Default)]
pub struct NameForm {
    line: Line,
    spare: Line,
    raw: fold::Raw,
    folds: Folds,
    kind: Option<Kind>,
    truncated: bool,
    /// There were digits before any of them were read as letters.
    digits: bool,
    order: Vec<u16>,
    heads: acronym::Heads,
}

impl NameForm {
    /// Reads a name of a party of `kind`. What the form held before is gone.
    pub fn read(&mut self, kind: Kind, name: &str, words: &WordTable<'_>) {
        let (text, cut) = cut(name);
        self.kind = Some(kind);
        self.folds = Folds::default();
        self.line.clear();
        if !fold::plain(text, &mut self.line, &mut self.folds) {
            self.line.clear();
            self.folds = Folds::default();
            self.raw.read(text, words, &mut self.folds);
            script::latinise(kind, &self.raw, words, &mut self.line, &mut self.folds);
        }
        self.truncated = cut || self.line.truncated;
        match kind {
            Kind::Person => self.heads.clear(),
            _ => self.heads.read(&mut self.line),
        }
        self.digits = self.line.text.bytes().any(|b| b.is_ascii_digit());
        canon::canonicalise(kind, words, self.digits, &mut self.line, &mut self.spare, &mut self.folds);
        self.truncated |= self.line.truncated;
    }

    /// Makes it the form that a party of another kind with this name has, where both kinds read names alike. `false` if they do not:
    /// then it must be read anew.
    pub fn turn(&mut self, kind: Kind) -> bool {
        let organised = |kind: Kind| matches!(kind, Kind::Organization | Kind::Government | Kind::Vessel);
        // An aircraft's digits are no letters.
        let alike = |held: Kind| {
            let company = |kind: Kind| organised(kind) || (kind == Kind::Aircraft && !self.digits);
            held == kind || (company(held) && company(kind))
        };
        let turned = self.kind.is_some_and(alike);
        if turned {
            self.kind = Some(kind);
        }
        turned
    }

    /// The tokens in reading order.
    pub fn tokens(&self) -> &[Token] {
        &self.line.tokens
    }

    /// The text of a token of this form: lower-case ASCII letters and digits.
    pub fn text_of(&self, token: &Token) -> &str {
        self.line.slice(token)
    }

    /// Which folds fired.
    pub fn folds(&self) -> Folds {
        self.folds
    }

    /// The name was longer than [`MAX_NAME_BYTES`] or had more than [`MAX_TOKENS`] tokens: not all of it was read.
    pub fn truncated(&self) -> bool {
        self.truncated
    }

    /// At least one word says who it is: a name of two letters or more, or a number of two digits or more.
    pub fn distinctive(&self) -> bool {
        self.tokens().iter().any(|t| matches!(t.class, Class::Name | Class::Number) && t.len > 1)
    }

    /// Writes the words in reading order with a blank between.
    pub fn ordered(&self, out: &mut String) {
        out.clear();
        for token in self.tokens() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(self.text_of(token));
        }
    }

    /// Writes the exact full-name key: kind letter, then the canonical words sorted. Titles are left out where two other
    /// words remain. Empty if nothing is left of the name.
    pub fn key(&mut self, out: &mut String) {
        out.clear();
        let Some(kind) = self.kind.filter(|_| !self.line.tokens.is_empty()) else { return };
        let others = self.line.tokens.iter().filter(|t| t.class != Class::Title).count();
        self.order.clear();
        self.order.extend((0_u16..).zip(&self.line.tokens).filter(|(_, t)| others < 2 || t.class != Class::Title).map(|(i, _)| i));
        let line = &self.line;
        let text = |i: &u16| line.get(usize::from(*i)).map(|(_, text)| text).unwrap_or_default();
        crate::order::sort(&mut self.order, |a, b| text(a) < text(b));
        out.push(char::from(kind.key_byte()));
        for (n, index) in self.order.iter().enumerate() {
            if n > 0 {
                out.push(' ');
            }
            out.push_str(line.get(usize::from(*index)).map(|(_, text)| text).unwrap_or_default());
        }
    }
}

/// Tokens with a letter for class (unless a name) and signs for flags, then the folds: `al/p zwahiry~ ltd/f | arabic`.
impl fmt::Display for NameForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, token) in self.tokens().iter().enumerate() {
            let class = match token.class {
                Class::Name => "",
                Class::Generic => "/g",
                Class::Form => "/f",
                Class::Particle => "/p",
                Class::Title => "/t",
                Class::Number => "/n",
            };
            write!(f, "{}{}{class}", if n > 0 { " " } else { "" }, self.text_of(token))?;
            for (flag, sign) in [(Token::ABJAD, '~'), (Token::HAN, '^'), (Token::FOLDED, '!')] {
                if token.flags & flag != 0 {
                    write!(f, "{sign}")?;
                }
            }
        }
        let mut folds = self.folds.words().peekable();
        if folds.peek().is_some() {
            write!(f, " |")?;
        }
        folds.try_for_each(|word| write!(f, " {word}"))
    }
}

/// The text, cut at [`MAX_NAME_BYTES`], and whether it was.
pub(crate) fn cut(text: &str) -> (&str, bool) {
    if text.len() <= MAX_NAME_BYTES {
        return (text, false);
    }
    let mut end = MAX_NAME_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (text.get(..end).unwrap_or_default(), true)
}
