//! Second stage: every word becomes Latin, by the tables of the blob and the rules of its script.

use super::fold::Raw;
use super::table::Scope;
use super::{Class, Folds, Line, Token, WordTable};
use crate::words::Kind;

/// The script of a character, as far as reading it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    Latin,
    Digit,
    Cyrillic,
    Greek,
    Armenian,
    Georgian,
    Hebrew,
    Arabic,
    Indic,
    SouthEast,
    Hangul,
    Kana,
    Han,
    Other,
}

/// The script of a character.
pub(super) fn script_of(c: char) -> Script {
    match u32::from(c) {
        0x30..=0x39 => Script::Digit,
        0x41..=0x5a
        | 0x61..=0x7a
        | 0xc0..=0x2af
        | 0x1d00..=0x1dbf
        | 0x1e00..=0x1eff
        | 0x2c60..=0x2c7f
        | 0xa720..=0xa7ff
        | 0xab30..=0xab6f => Script::Latin,
        0x370..=0x3ff | 0x1f00..=0x1fff => Script::Greek,
        0x400..=0x52f | 0x1c80..=0x1c8f | 0x2de0..=0x2dff | 0xa640..=0xa69f => Script::Cyrillic,
        0x531..=0x58f => Script::Armenian,
        0x590..=0x5ff => Script::Hebrew,
        0x600..=0x6ff | 0x750..=0x77f | 0x8a0..=0x8ff => Script::Arabic,
        0x900..=0xd7f => Script::Indic,
        0xe00..=0xeff | 0x1000..=0x109f | 0x1780..=0x17ff => Script::SouthEast,
        0x10a0..=0x10ff | 0x1c90..=0x1cbf | 0x2d00..=0x2d2f => Script::Georgian,
        0x1100..=0x11ff => Script::Hangul,
        0x3041..=0x30ff => Script::Kana,
        0x3005 | 0x3007 | 0x3400..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x323af => Script::Han,
        _ => Script::Other,
    }
}

/// What the whole name tells about its words.
#[derive(Debug, Clone, Copy, Default)]
struct Around {
    /// Letters of words that are wholly Latin.
    latin: usize,
    /// Letters of other words.
    other: usize,
    /// The number of words.
    words: usize,
    /// Language of the Cyrillic letters: 0 Russian and the rest, else a code of the script table.
    cyrillic: u8,
}

/// Ukrainian and Belarusian: `г` is h, `и` is y.
const UKRAINIAN: u8 = b'u';
/// Serbian and Macedonian: `х` is h, `ж` is z.
const SERBIAN: u8 = b's';

/// Makes Latin words of the raw text.
pub(super) fn latinise(kind: Kind, raw: &Raw, words: &WordTable<'_>, line: &mut Line, folds: &mut Folds) {
    let text = raw.text.as_str();
    if text.is_ascii() {
        for word in text.split([' ', '.']).filter(|w| !w.is_empty()) {
            latin_word(word, line);
        }
        return;
    }
    let around = look_around(text);
    let scope = if kind == Kind::Person { Scope::NativePerson } else { Scope::NativeCompany };
    let mut reader = Reader { scope, around, words, line, folds };
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(c) = rest.chars().next() else { break };
        if c == ' ' || c == '.' {
            at += 1;
            continue;
        }
        at += reader.word(rest);
    }
}

fn look_around(text: &str) -> Around {
    let mut around = Around::default();
    for word in text.split([' ', '.']).filter(|w| !w.is_empty()) {
        around.words += 1;
        if word.is_ascii() {
            around.latin += word.len();
        } else if !word.chars().any(|c| c.is_ascii_alphabetic()) {
            around.other += word.chars().count();
        }
    }
    for c in text.chars() {
        match c {
            'і' | 'І' | 'ї' | 'Ї' | 'є' | 'Є' | 'ґ' | 'Ґ' | 'ў' | 'Ў' => around.cyrillic = UKRAINIAN,
            'ј' | 'Ј' | 'љ' | 'Љ' | 'њ' | 'Њ' | 'ћ' | 'Ћ' | 'ђ' | 'Ђ' | 'џ' | 'Џ' | 'ѓ' | 'Ѓ' | 'ќ' | 'Ќ' | 'ѕ' | 'Ѕ' => {
                around.cyrillic = SERBIAN
            }
            _ => {}
        }
    }
    // Kazakh, Kyrgyz, Tatar and Tajik letters: these languages have `і` too, and read `г` as g.
    if text.chars().any(|c| "әғқңөұүһҷҳӣӯӘҒҚҢӨҰҮҺҶҲ".contains(c)) {
        around.cyrillic = 0;
    }
    around
}

/// A word that is Latin already.
fn latin_word(word: &str, line: &mut Line) {
    line.push(word, Class::Name, 0);
}

struct Reader<'r, 'a> {
    scope: Scope,
    around: Around,
    words: &'r WordTable<'a>,
    line: &'r mut Line,
    folds: &'r mut Folds,
}

impl Reader<'_, '_> {
    /// Reads the word that `rest` begins with, and the words that a phrase takes with it. Answers the bytes read.
    fn word(&mut self, rest: &str) -> usize {
        let end = rest.find([' ', '.']).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        if word.is_ascii() {
            latin_word(word, self.line);
            return end;
        }
        if self.look_alikes(word) {
            return end;
        }
        let mut at = 0;
        let mut start = self.line.text.len();
        while at < end {
            let Some(run) = rest.get(at..end) else { break };
            let Some(first) = run.chars().next() else { break };
            let script = script_of(first);
            // A phrase may reach beyond this word.
            if let Some(len) = rest.get(at..).and_then(|r| self.phrase(script, r)) {
                at += len;
                start = self.line.text.len();
                continue;
            }
            let same = |c: char| script_of(c) == script || (script == Script::Kana && c == '\u{30fc}');
            let mut len = run.find(|c| !same(c)).unwrap_or(run.len());
            if script == Script::Han {
                len = self.until_phrase(run, len);
            }
            let part = run.get(..len).unwrap_or_default();
            self.run(script, part, start);
            start = self.line.text.len();
            at += len;
        }
        let _ = start;
        at.max(end)
    }

    /// Repairs a word that mixes Latin letters with look-alikes, or is wholly made of them among Latin words.
    fn look_alikes(&mut self, word: &str) -> bool {
        let has_twin = |c: char| self.words.look_alike(c).is_some();
        let european = |c: char| matches!(script_of(c), Script::Cyrillic | Script::Greek | Script::Armenian) || has_twin(c);
        let latin = word.chars().filter(char::is_ascii_alphabetic).count();
        let others = word.chars().filter(|c| !c.is_ascii()).count();
        if !word.chars().all(|c| c.is_ascii_alphanumeric() || european(c)) {
            return false;
        }
        let all_twins = word.chars().filter(|c| !c.is_ascii()).all(has_twin);
        let start = self.line.text.len();
        if latin == 0 {
            // `ООО` beside a Latin name is Cyrillic as likely as not, and reads the same both ways.
            if !all_twins || self.around.latin < 3 || self.around.latin <= self.around.other || others < 3 {
                return false;
            }
        } else if !all_twins && others > latin {
            // A Cyrillic word with a few Latin letters in it.
            for c in word.chars() {
                let read = match c {
                    'b' => "v",
                    'c' => "s",
                    'h' => "n",
                    'p' => "r",
                    'x' => "kh",
                    'y' => "u",
                    _ if c.is_ascii() => {
                        self.line.text.push(c);
                        continue;
                    }
                    _ => letter(self.words, self.around.cyrillic, c).unwrap_or_default(),
                };
                self.line.text.push_str(read);
            }
            *self.folds |= Folds::HOMOGLYPH;
            self.line.close(start, Class::Name, Token::FOLDED);
            return true;
        }
        for c in word.chars() {
            match self.words.look_alike(c) {
                Some(twin) => self.line.text.push_str(twin),
                None if c.is_ascii() => self.line.text.push(c),
                None => self.line.text.push_str(letter(self.words, self.around.cyrillic, c).unwrap_or_default()),
            }
        }
        *self.folds |= Folds::HOMOGLYPH;
        self.line.close(start, Class::Name, Token::FOLDED);
        true
    }

    /// The longest dictionary entry that `rest` begins with. Answers the bytes it takes.
    fn phrase(&mut self, script: Script, rest: &str) -> Option<usize> {
        if matches!(script, Script::Latin | Script::Digit | Script::Other) {
            return None;
        }
        let (len, value) = self.longest(script, rest)?;
        let flags = if script == Script::Han { Token::HAN } else { 0 };
        *self.folds |= fold_of(script);
        for (_, text) in self.words.record(value) {
            for word in text.split(' ') {
                self.line.push(word, Class::Name, flags);
            }
        }
        Some(len)
    }

    fn longest(&self, script: Script, rest: &str) -> Option<(usize, u64)> {
        // Chinese and Japanese have no blanks: an entry may end anywhere.
        let open = matches!(script, Script::Han | Script::Kana | Script::Hangul);
        let mut walk = self.words.walk(self.scope)?;
        let mut best = None;
        let mut buffer = [0_u8; 4];
        for (at, c) in rest.char_indices() {
            for lower in c.to_lowercase() {
                if !lower.encode_utf8(&mut buffer).bytes().all(|b| walk.step(b)) {
                    return best;
                }
            }
            let end = at + c.len_utf8();
            if let Some(value) = walk.value()
                && (open || rest.get(end..).is_none_or(|r| r.is_empty() || r.starts_with([' ', '.'])))
            {
                best = Some((end, value));
            }
        }
        best
    }

    /// The length of the part of a run of Han characters that stands before the next phrase.
    fn until_phrase(&self, run: &str, len: usize) -> usize {
        let mut chars = run.char_indices();
        chars.next();
        for (at, c) in chars {
            if at >= len {
                break;
            }
            if script_of(c) == Script::Han && run.get(at..).is_some_and(|r| self.longest(Script::Han, r).is_some()) {
                return at;
            }
        }
        len
    }

    /// Reads a run of one script as one word, or several.
    fn run(&mut self, script: Script, run: &str, start: usize) {
        *self.folds |= fold_of(script);
        match script {
            Script::Latin | Script::Other => {
                // Letters that no table has: by code point, in letters alone, so that equal names stay equal.
                let mut known = true;
                for c in run.chars() {
                    if c.is_ascii() {
                        self.line.text.push(c);
                    } else if let Some(text) = letter(self.words, 0, c) {
                        self.line.text.push_str(text);
                    } else {
                        known = false;
                        unknown(c, &mut self.line.text);
                    }
                }
                if !known {
                    *self.folds |= Folds::UNKNOWN_SCRIPT;
                }
                self.line.close(start, Class::Name, 0);
            }
            Script::Digit => {
                self.line.text.push_str(run);
                self.line.close(start, Class::Number, 0);
            }
            _ => {
                for c in run.chars() {
                    match letter(self.words, self.around.cyrillic, c) {
                        Some(text) => self.line.text.push_str(text),
                        None => unknown(c, &mut self.line.text),
                    }
                }
                self.line.close(start, Class::Name, 0);
            }
        }
    }
}

/// The Latin letters of a character in either case.
fn letter<'a>(words: &WordTable<'a>, language: u8, c: char) -> Option<&'a str> {
    let mut lower = c.to_lowercase();
    let first = lower.next()?;
    words.letter(language, first)
}

/// A code point in letters: `x`, then its hexadecimal digits as `a` to `p`.
fn unknown(c: char, out: &mut String) {
    out.push('x');
    for shift in [16, 12, 8, 4, 0] {
        let digit = (u32::from(c) >> shift & 0xf) as u8;
        if shift < 16 || digit > 0 {
            out.push(char::from(b'a' + digit));
        }
    }
}

fn fold_of(script: Script) -> Folds {
    match script {
        Script::Cyrillic => Folds::CYRILLIC,
        Script::Greek => Folds::GREEK,
        Script::Armenian => Folds::ARMENIAN,
        Script::Georgian => Folds::GEORGIAN,
        Script::Hebrew => Folds::HEBREW,
        Script::Arabic => Folds::ARABIC,
        Script::Indic => Folds::INDIC,
        Script::SouthEast => Folds::SOUTH_EAST_ASIAN,
        Script::Hangul => Folds::HANGUL,
        Script::Kana => Folds::KANA,
        Script::Han => Folds::HAN,
        Script::Latin | Script::Digit | Script::Other => Folds::default(),
    }
}
