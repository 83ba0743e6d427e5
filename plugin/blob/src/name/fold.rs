//! First stage: characters. Compatibility forms, marks, invisible characters, punctuation; what is left are words of
//! letters in their own script (Latin ones already plain and in lower case) and ASCII digits.

use super::script::{Script, script_of};
use super::{Class, Folds, Line, WordTable};
use crate::lower::lower;

/// Where a word ends.
const BREAK: char = ' ';

/// The words of a name in their own scripts.
#[derive(Debug, Clone, Default)]
pub(super) struct Raw {
    /// Words with blanks and full stops between.
    pub(super) text: String,
    /// Marks on their way to their places.
    marks: Vec<(u8, char)>,
}

/// Reads the words of a name that is wholly ASCII and has no sign that may stand for a letter: in one go what [`Raw::read`] and the
/// second stage do. `false` if it is not such a name; then what is written is worth nothing.
pub(super) fn plain(name: &str, line: &mut Line, folds: &mut Folds) -> bool {
    let mut start = 0;
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' => line.text.push(char::from(byte)),
            b'A'..=b'Z' => line.text.push(char::from(byte | 0x20)),
            b'$' | b'@' | b'!' | b'|' | 0x80.. => return false,
            b'\'' | b'`' => {}
            _ if control(char::from(byte)) => *folds |= Folds::INVISIBLE,
            _ => {
                line.close(start, Class::Name, 0);
                if byte == b'&' {
                    line.push("and", Class::Name, 0);
                }
                start = line.text.len();
            }
        }
    }
    line.close(start, Class::Name, 0);
    true
}

impl Raw {
    /// Reads a name of at most [`super::MAX_NAME_BYTES`].
    pub(super) fn read(&mut self, name: &str, words: &WordTable<'_>, folds: &mut Folds) {
        self.text.clear();
        if name.is_ascii() {
            self.fold_ascii(name, folds)
        } else {
            self.fold(name, words, folds)
        }
        signs(&mut self.text, folds);
    }

    fn fold_ascii(&mut self, name: &str, folds: &mut Folds) {
        for byte in name.bytes() {
            match byte {
                _ if control(char::from(byte)) => *folds |= Folds::INVISIBLE,
                b'\'' | b'`' => {}
                b'&' => self.text.push_str(" and "),
                b'.' | b'$' | b'@' | b'!' | b'|' => self.text.push(char::from(byte)),
                _ if byte.is_ascii_alphanumeric() => self.text.push(char::from(byte.to_ascii_lowercase())),
                _ => self.text.push(BREAK),
            }
        }
    }

    fn fold(&mut self, name: &str, words: &WordTable<'_>, folds: &mut Folds) {
        for c in name.chars().filter(|c| !c.is_ascii()) {
            if compatibility(c) {
                *folds |= Folds::COMPATIBILITY;
            }
        }
        // NFKD puts marks behind their base letter, so a mark is told by its combining class alone.
        words.decompositions().nfkd(name, &mut self.marks, |c, class| character(c, class, words, &mut self.text, folds));
    }
}

/// A character of the form NFKD with its combining class.
fn character(c: char, class: u8, words: &WordTable<'_>, out: &mut String, folds: &mut Folds) {
    if c.is_ascii() {
        match c {
            _ if control(c) => *folds |= Folds::INVISIBLE,
            '\'' | '`' => {}
            '&' => out.push_str(" and "),
            '.' | '$' | '@' | '!' | '|' => out.push(c),
            _ if c.is_ascii_alphanumeric() => out.push(c.to_ascii_lowercase()),
            _ => out.push(BREAK),
        }
    } else if bidi(c) {
        *folds |= Folds::BIDI;
    } else if invisible(c) {
        *folds |= Folds::INVISIBLE;
    } else if apostrophe(c) {
    } else if let Some(plain) = letter_sign(c) {
        *folds |= Folds::COMPATIBILITY;
        out.push(plain);
    } else if let Some(digit) = digit(c) {
        out.push(digit);
    } else {
        match class {
            0 => letter(c, words, out, folds),
            // A virama is no ornament: it says that the consonant has no vowel.
            9 => out.push(c),
            _ => {
                if let Some(base) = out.pop() {
                    match compose(base, c) {
                        Some(whole) => out.push(whole),
                        None => {
                            out.push(base);
                            if base != BREAK {
                                *folds |= Folds::MARKS;
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A letter or an unknown character: Latin ones leave plain and in lower case, others as they are.
fn letter(c: char, words: &WordTable<'_>, out: &mut String, folds: &mut Folds) {
    match script_of(c) {
        Script::Latin => {
            for lower in lower(c) {
                match words.letter(0, lower) {
                    Some(plain) => {
                        *folds |= Folds::MARKS;
                        out.push_str(plain);
                    }
                    // Lower case may bring a mark back, and phonetic letters have no plain form.
                    None if lower.is_alphanumeric() => out.push(lower),
                    None => {}
                }
            }
        }
        Script::Arabic => {
            if let Some(same) = arabic(c) {
                out.push(same);
            }
        }
        Script::Other if !c.is_alphanumeric() => out.push(BREAK),
        // In capitals a sigma at the end is one like any other: `ΤΗΣ`, `της`.
        _ => out.push(if c == 'ς' { 'σ' } else { c }),
    }
}

/// Signs that stand for letters inside a word (`B@nk`, `$ber`), and breaks elsewhere.
fn signs(text: &mut String, folds: &mut Folds) {
    if !text.bytes().any(|b| matches!(b, b'$' | b'@' | b'!' | b'|')) {
        return;
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let before = out.chars().next_back().is_some_and(char::is_alphabetic);
        let after = chars.peek().is_some_and(|n| n.is_alphabetic());
        let meant = match c {
            '$' if before || after => 's',
            '@' if before && after => 'a',
            '!' if before && after => 'i',
            '|' if before && after => 'l',
            '$' | '@' | '!' | '|' => BREAK,
            _ => c,
        };
        if meant != c && meant != BREAK {
            *folds |= Folds::LEET;
        }
        out.push(meant);
    }
    *text = out;
}

/// Arabic letters that languages write in more than one way; `None` for what only fills a line.
fn arabic(c: char) -> Option<char> {
    Some(match c {
        '\u{640}' => return None,
        'ی' | 'ى' | 'ۍ' | 'ې' => 'ي',
        'ک' | 'ڪ' => 'ك',
        'ہ' | 'ھ' | 'ە' | 'ۀ' => 'ه',
        'ۃ' => 'ة',
        'ٱ' => 'ا',
        _ if !c.is_alphanumeric() => BREAK,
        _ => c,
    })
}

/// Base letter and mark that make another letter in their script. Latin marks are dropped instead.
fn compose(base: char, mark: char) -> Option<char> {
    Some(match (base, mark) {
        ('и', '\u{306}') => 'й',
        ('И', '\u{306}') => 'Й',
        ('у', '\u{306}') => 'ў',
        ('У', '\u{306}') => 'Ў',
        ('е', '\u{308}') => 'ё',
        ('Е', '\u{308}') => 'Ё',
        ('і', '\u{308}') => 'ї',
        ('І', '\u{308}') => 'Ї',
        ('г', '\u{301}') => 'ѓ',
        ('Г', '\u{301}') => 'Ѓ',
        ('к', '\u{301}') => 'ќ',
        ('К', '\u{301}') => 'Ќ',
        // Hebrew shin with its dot on the left is sin.
        ('ש', '\u{5c2}') => 'ס',
        ('\u{91c}', '\u{93c}') => '\u{95b}',
        ('\u{921}', '\u{93c}') => '\u{95c}',
        ('\u{922}', '\u{93c}') => '\u{95d}',
        ('\u{915}', '\u{93c}') => '\u{958}',
        ('\u{916}', '\u{93c}') => '\u{959}',
        ('\u{917}', '\u{93c}') => '\u{95a}',
        ('\u{92b}', '\u{93c}') => '\u{95e}',
        // Voiced and half-voiced kana stand one and two behind their base.
        ('\u{3046}' | '\u{30a6}', '\u{3099}') => char::from_u32(u32::from(base) + 0x4e)?,
        (_, '\u{3099}') if voiced(base) => char::from_u32(u32::from(base) + 1)?,
        (_, '\u{309a}') if voiced(base) => char::from_u32(u32::from(base) + 2)?,
        _ => return None,
    })
}

fn voiced(c: char) -> bool {
    matches!(c, '\u{304b}'..='\u{307b}' | '\u{30ab}'..='\u{30db}')
}

/// Ranges of characters that are another form of a plain letter or digit.
fn compatibility(c: char) -> bool {
    matches!(c,
        '\u{2070}'..='\u{209f}' | '\u{2100}'..='\u{218f}' | '\u{2460}'..='\u{24ff}' | '\u{3200}'..='\u{33ff}' | '\u{fb00}'..='\u{fb4f}'
        | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}' | '\u{ff00}'..='\u{ffef}' | '\u{1d400}'..='\u{1d7ff}' | '\u{1f100}'..='\u{1f1e5}')
}

/// Letters in negative circles and squares, which Unicode does not decompose.
fn letter_sign(c: char) -> Option<char> {
    let first = match c {
        '\u{1f150}'..='\u{1f169}' => 0x1f150,
        '\u{1f170}'..='\u{1f189}' => 0x1f170,
        _ => return None,
    };
    char::from_u32(u32::from(c) - first + u32::from('a'))
}

/// Decimal digits of other scripts.
fn digit(c: char) -> Option<char> {
    const ZEROS: [u32; 18] =
        [0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x17e0];
    let code = u32::from(c);
    let zero = ZEROS.into_iter().find(|zero| (*zero..*zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

/// Control characters that are no white space: NUL and the like are not seen, and part no words.
fn control(c: char) -> bool {
    c.is_ascii_control() && !c.is_ascii_whitespace() && c != '\u{b}'
}

/// Characters that turn the writing direction.
fn bidi(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters that a reader does not see: format characters, variation selectors, tags, fillers.
fn invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn apostrophe(c: char) -> bool {
    matches!(c, '\u{b4}' | '\u{2b9}'..='\u{2bf}' | '\u{2c8}' | '\u{2ca}' | '\u{2cb}' | '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{5f3}' | '\u{5f4}' | '\u{a78c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_make_letters() {
        assert_eq!(compose('и', '\u{306}'), Some('й'));
        assert_eq!(compose('\u{304b}', '\u{3099}'), Some('が'));
        assert_eq!(compose('\u{306f}', '\u{309a}'), Some('ぱ'));
        assert_eq!(compose('\u{91c}', '\u{93c}'), Some('\u{95b}'));
        assert_eq!(compose('\u{921}', '\u{93c}'), Some('\u{95c}'));
        assert_eq!(compose('e', '\u{301}'), None);
    }
}
