//! Letters of spellings in their own script as bytes of the dictionary's keys.
//!
//! In UTF-8 a Cyrillic, Greek, Arabic or Hebrew letter is two bytes that the format of the dictionary keeps in two bytes each. Behind a
//! byte that tells the alphabet, each letter is one of the bytes that it keeps in six bits.

/// What the format keeps in six bits where a node leads to one other, but for what stands behind stems and parts of compounds.
const SYMBOLS: &[u8; 62] = b"te/oasripcnw.hlm-du012g=:bf3y5&_4v9678k%?xCDASFIBEjPTzRNMLOqHG";

/// Before a character that is no letter of the alphabet and stands as UTF-8.
const FOREIGN: u8 = 5;

/// The alphabet of a key: that of its first letter. Any other script stands as UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    Cyrillic = 1,
    Greek = 2,
    Arabic = 3,
    Hebrew = 4,
    Other = 0,
}

impl Alphabet {
    /// The alphabet of keys that begin with this letter, in lower case.
    pub(super) fn of(first: char) -> Self {
        let all = [Self::Cyrillic, Self::Greek, Self::Arabic, Self::Hebrew];
        all.into_iter().find(|alphabet| alphabet.place(first).is_some()).unwrap_or(Self::Other)
    }

    /// The byte that a key in it begins with.
    pub(super) fn tag(self) -> Option<u8> {
        (self != Self::Other).then_some(self as u8)
    }

    /// The place of a letter in the alphabet: first those whose code points stand in a row, then the others.
    fn place(self, c: char) -> Option<usize> {
        let (from, to, more) = match self {
            Self::Cyrillic => ('а', 'џ', "ґғқңүұһәө"),
            Self::Greek => ('α', 'ω', ""),
            Self::Arabic => ('ء', 'ي', "پچژکگیہھےں"),
            Self::Hebrew => ('א', 'ת', ""),
            Self::Other => return None,
        };
        let row = (to as usize + 1).checked_sub(from as usize)?;
        (c as usize).checked_sub(from as usize).filter(|n| *n < row).or_else(|| Some(row + more.chars().position(|m| m == c)?))
    }

    /// The bytes of a character in a key; `buffer` holds what is not a letter of the alphabet.
    pub(super) fn bytes(self, c: char, buffer: &mut [u8; 5]) -> &[u8] {
        if let Some(symbol) = self.place(c).and_then(|n| SYMBOLS.get(n..=n)) {
            return symbol;
        }
        let [head, rest @ ..] = buffer;
        *head = FOREIGN;
        let mut four = [0; 4];
        let len = c.encode_utf8(&mut four).len();
        *rest = four;
        let from = usize::from(self == Self::Other);
        buffer.get(from..=len).unwrap_or_default()
    }

    /// A spelling, in lower case and with one blank between words, as a key.
    #[cfg(feature = "write")]
    pub(super) fn key(spelling: &str) -> Vec<u8> {
        let alphabet = spelling.chars().next().map_or(Self::Other, Self::of);
        let mut key: Vec<u8> = alphabet.tag().into_iter().collect();
        for c in spelling.chars() {
            match c {
                ' ' => key.push(b' '),
                c => key.extend(alphabet.bytes(c, &mut [0; 5])),
            }
        }
        key
    }
}

#[cfg(all(test, feature = "write"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_one_byte_of_its_own() {
        for (alphabet, letters) in [
            (Alphabet::Cyrillic, "абвгдежзийклмнопрстуфхцчшщъыьэюяѐёђѓєѕіїјљњћќѝўџґғқңүұһәө"),
            (Alphabet::Greek, "αβγδεζηθικλμνξοπρςστυφχψω"),
            (Alphabet::Arabic, "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژکگیہھےں"),
            (Alphabet::Hebrew, "אבגדהוזחטיךכלםמןנסעףפץצקרשת"),
        ] {
            let mut seen: Vec<u8> = letters
                .chars()
                .map(|c| {
                    assert_eq!(Alphabet::of(c), alphabet, "{c}");
                    let mut buffer = [0; 5];
                    let bytes = alphabet.bytes(c, &mut buffer);
                    assert_eq!(bytes.len(), 1, "{c}");
                    bytes[0]
                })
                .collect();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), letters.chars().count());
        }
    }

    #[test]
    fn what_is_no_letter_of_the_alphabet_stands_as_it_is() {
        assert_eq!(Alphabet::key("банк 1"), [1, SYMBOLS[1], SYMBOLS[0], SYMBOLS[13], SYMBOLS[10], b' ', FOREIGN, b'1']);
        assert_eq!(Alphabet::key("銀行 x"), "銀行 x".as_bytes());
        assert_eq!(Alphabet::key("аж銀"), [&[1, SYMBOLS[0], SYMBOLS[6], FOREIGN][..], "銀".as_bytes()].concat());
        assert_eq!(Alphabet::key(""), Vec::<u8>::new());
    }
}
