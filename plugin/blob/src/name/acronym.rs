//! Acronyms: what the first letters of a body's words make. They are taken from the words as they are written, in Latin letters but
//! before any is translated: `UMZ` is short for `Ulyanovskiy Mekhanicheskiy Zavod`, not for `mechanical plant`.

use super::{Class, Line, NameForm, Token};

/// Letters of the shortest acronym that is told, and of the longest: two letters are short for everything.
const SHORTEST: usize = 3;
const LONGEST: usize = 6;

/// Words of a name that are told apart; those behind them make no acronym.
const WORDS: usize = 29;

/// Words that a name may have of which any neighbours are looked at.
const MOST: usize = 12;

/// Words that acronyms leave out, in the languages that lists are written in; and forms that stand in full behind a name.
const fn is_small(word: &[u8]) -> bool {
    matches!(
        word,
        b"a" | b"e"
            | b"i"
            | b"y"
            | b"al"
            | b"da"
            | b"de"
            | b"di"
            | b"do"
            | b"du"
            | b"el"
            | b"et"
            | b"im"
            | b"in"
            | b"la"
            | b"le"
            | b"na"
            | b"of"
            | b"on"
            | b"po"
            | b"and"
            | b"del"
            | b"der"
            | b"des"
            | b"for"
            | b"the"
            | b"und"
            | b"von"
            | b"limited"
            | b"incorporated"
    )
}

/// Letters that stand for one letter of another script, the longest first: `KhK` is a `Kholdingovaya Kompaniya`.
const TOGETHER: [&[u8]; 10] = [b"shch", b"kh", b"zh", b"ch", b"sh", b"ts", b"ya", b"yu", b"yo", b"ye"];

/// What words may be shortened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acronym {
    /// Its letters; see [`packed`].
    pub packed: u32,
    /// The tokens of the normal form that its words became, one bit each.
    pub tokens: u32,
}

/// A word of three to six letters as a number that stands for no other word: five bits for each letter, `a` being 1.
pub fn packed(word: &[u8]) -> Option<u32> {
    let letter = |b: &u8| b.is_ascii_lowercase().then(|| u32::from(b - b'a' + 1));
    if !(SHORTEST..=LONGEST).contains(&word.len()) {
        return None;
    }
    word.iter().try_fold(0, |packed, b| Some(packed << 5 | letter(b)?))
}

/// The letters of a [`packed`] word, and how many there are; `None` for a number that is none.
pub fn unpacked(packed: u32) -> Option<([u8; 6], usize)> {
    let mut letters = [0; 6];
    let len = (1..=6).find(|len| packed >> (5 * len) == 0)?;
    if len < SHORTEST {
        return None;
    }
    for (n, slot) in letters.iter_mut().take(len).enumerate() {
        let digit = (packed >> (5 * (len - 1 - n)) & 31) as u8;
        *slot = digit.checked_sub(1).filter(|n| *n < 26)? + b'a';
    }
    Some((letters, len))
}

/// How the words of a name begin, before any was replaced.
#[derive(Debug, Clone, Default)]
pub(super) struct Heads {
    heads: [[u8; 4]; WORDS],
    len: usize,
    /// Words that acronyms leave out, one bit each.
    small: u32,
    /// Words of at most four letters.
    short: u32,
}

impl Heads {
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// Reads the words of a line, and marks its tokens as each being one of them.
    pub(super) fn read(&mut self, line: &mut Line) {
        (self.small, self.short) = (0, 0);
        self.len = line.tokens.len().min(WORDS);
        let text = line.text.as_bytes();
        for ((n, token), head) in line.tokens.iter_mut().enumerate().zip(&mut self.heads) {
            token.flags |= 1 << (n as u32 + Token::FIRST_WORD);
            let start = usize::from(token.start);
            let word = text.get(start..start + usize::from(token.len)).unwrap_or_default();
            *head = [0; 4];
            word.iter().zip(head.iter_mut()).for_each(|(b, slot)| *slot = *b);
            self.short |= u32::from(word.len() <= 4) << n;
            let small = is_small(word) || !word.first().is_some_and(u8::is_ascii_lowercase);
            self.small |= u32::from(small) << n;
        }
    }
}

impl NameForm {
    /// Calls `each` with what a body of this name may be shortened to, and the words it is the first letters of, for
    /// [`NameForm::tokens_of`]: all its words, all but the last and all but the first one (`every`: any neighbours), without legal forms
    /// and small words; each also with those letters together that stand for one letter of another script, and with the `o` of an `of`
    /// behind the first word (`MODAFL`, `MOIS`). There are none of persons' names.
    pub fn acronyms(&self, every: bool, mut each: impl FnMut(&[u8], u32)) {
        let heads = &self.heads;
        if heads.len < 2 {
            return;
        }
        // A form of several words, or as an abbreviation; `obshchestvo` alone is a word like others.
        let is_form = |token: &&Token| token.class == Class::Form && (token.words().count_ones() > 1 || token.words() & heads.short != 0);
        let skipped = self.tokens().iter().filter(is_form).fold(heads.small, |mask, token| mask | token.words());
        let mut kept = [0_u8; WORDS];
        let mut count = 0;
        for (n, slot) in (0..heads.len).filter(|n| skipped >> n & 1 == 0).zip(&mut kept) {
            *slot = n as u8;
            count += 1;
        }
        let all = kept.get(..count).unwrap_or_default();
        if !(2..=if every { MOST } else { LONGEST + 1 }).contains(&count) {
            return;
        }
        let head = |n: &u8| heads.heads.get(usize::from(*n)).copied().unwrap_or_default();
        let together = |head: &[u8; 4]| TOGETHER.iter().find(|letters| head.starts_with(letters)).map_or(1, |letters| letters.len());
        let may = |from: usize, to: usize| every || (from, to) == (0, count) || (from, to + 1) == (0, count) || (from, to) == (1, count);
        let of =
            all.first().is_some_and(|n| heads.heads.get(usize::from(*n) + 1..heads.len).and_then(|rest| rest.first()) == Some(b"of\0\0"));
        let several = all.iter().any(|n| together(&head(n)) > 1);
        for (pairs, of) in
            [(false, false), (true, false), (false, true)].into_iter().filter(|(pairs, with)| (several || !pairs) && (of || !with))
        {
            for (from, rest) in (0..count).filter_map(|from| Some((from, all.get(from..)?))).take(if of { 1 } else { count }) {
                let (mut text, mut len, mut words) = ([0_u8; LONGEST + 5], 0, 0_u32);
                for (to, word) in (from + 1..).zip(rest) {
                    let head = head(word);
                    let letters = head.iter().take(if pairs { together(&head) } else { 1 });
                    for (letter, slot) in letters.chain((of && to == 1).then_some(&b'o')).zip(text.iter_mut().skip(len)) {
                        *slot = *letter;
                        len += 1;
                    }
                    words |= 1 << word;
                    if len > LONGEST {
                        break;
                    }
                    if len >= SHORTEST && to > from + 1 && may(from, to) {
                        each(text.get(..len).unwrap_or_default(), words);
                    }
                }
            }
        }
    }

    /// The tokens that some of the words became, one bit each of the first 32.
    pub fn tokens_of(&self, words: u32) -> u32 {
        (0..32).zip(self.tokens()).fold(0, |mask, (n, token)| mask | u32::from(token.words() & words != 0) << n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_packed_and_unpacked() {
        for word in ["umz", "vaso", "sktb", "aestc", "modafl", "zzz"] {
            let (letters, len) = unpacked(packed(word.as_bytes()).unwrap()).unwrap();
            assert_eq!(&letters[..len], word.as_bytes());
        }
        for word in ["uk", "abcdefg", "a1b", "ab c", ""] {
            assert_eq!(packed(word.as_bytes()), None, "{word}");
        }
        for number in [0, 1, 33, 1 << 10, (1 << 10) + 31, 1 << 31, u32::MAX] {
            assert_eq!(unpacked(number), None, "{number}");
        }
    }
}
