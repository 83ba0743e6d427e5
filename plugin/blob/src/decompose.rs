//! Unicode's form NFKD (UAX #15): characters come apart into letters and marks, and compatibility forms into plain ones.
//!
//! The table stands in the blob (`BLOB.md`, section 14). It is made from ICU4X by this crate's build script; the tests hold the two
//! against each other on every character.

use crate::bytes::{u16_at, u64_at};

/// A length from here on is no length but stands for a combining class. As in `build.rs`.
const CLASS: u8 = 64;
/// Characters of a block.
const BLOCK: u32 = 64;

/// What Unicode says of characters that come apart or combine, read in place. Without a table no character does but Hangul.
#[derive(Debug, Clone, Copy, Default)]
pub struct Decompositions<'a> {
    /// For each 64 code points the number of their block and one, or 0 (u16).
    pages: &'a [u8],
    /// For each block the set of characters that something is said of (u64).
    masks: &'a [u8],
    /// For each block where its lengths begin (u16).
    firsts: &'a [u8],
    /// For each block where its decompositions begin (u16).
    starts: &'a [u8],
    /// For each character the bytes of its decomposition, or [`CLASS`] plus the number of its combining class.
    lengths: &'a [u8],
    classes: &'a [u8],
    text: &'a [u8],
}

impl<'a> Decompositions<'a> {
    /// Opens the table. `None` if it is shorter than it says.
    pub(crate) fn open(table: &'a [u8]) -> Option<Self> {
        let count = |at: usize| u16_at(table, at).map(usize::from);
        let (pages, blocks, lengths, classes) = (count(0)?, count(2)?, count(4)?, count(6)?);
        let mut rest = table.get(8..)?;
        let mut take = |len: usize| {
            let (part, behind) = rest.split_at_checked(len)?;
            rest = behind;
            Some(part)
        };
        let (pages, masks, firsts, starts) = (take(pages * 2)?, take(blocks * 8)?, take(blocks * 2)?, take(blocks * 2)?);
        let (lengths, classes) = (take(lengths)?, take(classes)?);
        Some(Self { pages, masks, firsts, starts, lengths, classes, text: rest })
    }

    /// The table that this release writes.
    #[cfg(feature = "write")]
    pub fn shipped() -> Self {
        Self::open(SHIPPED).unwrap_or_default()
    }

    /// Checks that there is something to be read wherever the table says so. Answers the block of 64 code points at fault.
    pub(crate) fn verify(&self) -> Result<(), u32> {
        for (page, number) in (0..).zip(self.pages.chunks_exact(2).map(|number| u16_at(number, 0).unwrap_or(0))) {
            let Some(block) = number.checked_sub(1) else { continue };
            let mask = u64_at(self.masks, usize::from(block) * 8).ok_or(page)?;
            let mut codes = (0..BLOCK).filter(|bit| mask >> bit & 1 == 1).map(|bit| page * BLOCK + bit);
            if !codes.all(|code| char::from_u32(code).is_some_and(|c| self.of(c).is_some())) {
                return Err(page);
            }
        }
        Ok(())
    }

    /// Calls `each` with every character of the form and its canonical combining class. `marks` is a buffer.
    pub(crate) fn nfkd(&self, text: &str, marks: &mut Vec<(u8, char)>, mut each: impl FnMut(char, u8)) {
        marks.clear();
        let mut one = |c: char, marks: &mut Vec<(u8, char)>| match self.class(c) {
            0 => {
                in_order(marks, &mut each);
                each(c, 0);
            }
            class => marks.push((class, c)),
        };
        for c in text.chars() {
            match self.of(c) {
                Some(Said::Apart(text)) => text.chars().for_each(|c| one(c, marks)),
                _ => match hangul(c) {
                    Some(letters) => letters.into_iter().flatten().for_each(|c| one(c, marks)),
                    None => one(c, marks),
                },
            }
        }
        in_order(marks, &mut each);
    }

    /// The canonical combining class of a character that does not decompose.
    pub(crate) fn class(&self, c: char) -> u8 {
        match self.of(c) {
            Some(Said::Class(class)) => class,
            _ => 0,
        }
    }

    fn of(&self, c: char) -> Option<Said<'a>> {
        let code = u32::from(c);
        let block = usize::from(u16_at(self.pages, (code / BLOCK) as usize * 2)?.checked_sub(1)?);
        let (mask, bit) = (u64_at(self.masks, block * 8)?, 1_u64 << (code % BLOCK));
        if mask & bit == 0 {
            return None;
        }
        let before = (mask & (bit - 1)).count_ones() as usize;
        let (before, rest) = self.lengths.get(usize::from(u16_at(self.firsts, block * 2)?)..)?.split_at_checked(before)?;
        let length = *rest.first()?;
        if let Some(number) = length.checked_sub(CLASS) {
            return self.classes.get(usize::from(number)).copied().map(Said::Class);
        }
        let skip: usize = before.iter().filter(|length| **length < CLASS).map(|length| usize::from(*length)).sum();
        let start = usize::from(u16_at(self.starts, block * 2)?) + skip;
        std::str::from_utf8(self.text.get(start..start + usize::from(length))?).ok().map(Said::Apart)
    }
}

/// The table that a blob carries.
#[cfg(feature = "write")]
pub(crate) static SHIPPED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/decompositions.bin"));

/// What the table says of a character.
enum Said<'a> {
    Apart(&'a str),
    Class(u8),
}

/// Marks of one letter in the order of their classes, those of one class as they came. There are 55 classes, so no run of
/// marks takes long.
fn in_order(marks: &mut Vec<(u8, char)>, each: &mut impl FnMut(char, u8)) {
    let mut last = 0;
    while let Some(next) = marks.iter().map(|(class, _)| *class).filter(|class| *class > last).min() {
        marks.iter().filter(|(class, _)| *class == next).for_each(|(class, c)| each(*c, *class));
        last = next;
    }
    marks.clear();
}

/// The letters of a syllable (The Unicode Standard, section 3.12): consonant, vowel, and a final one if it has any.
fn hangul(c: char) -> Option<[Option<char>; 3]> {
    let syllable = u32::from(c).checked_sub(0xac00).filter(|syllable| *syllable < 11_172)?;
    let last = (syllable % 28 != 0).then(|| char::from_u32(0x11a7 + syllable % 28)).flatten();
    Some([char::from_u32(0x1100 + syllable / 588), char::from_u32(0x1161 + syllable % 588 / 28), last])
}

#[cfg(all(test, feature = "write"))]
mod tests {
    use super::*;
    use icu_normalizer::DecomposingNormalizerBorrowed;
    use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;
    use proptest::prelude::*;

    fn ours(text: &str) -> Vec<(char, u8)> {
        let mut out = Vec::new();
        Decompositions::shipped().nfkd(text, &mut Vec::new(), |c, class| out.push((c, class)));
        out
    }

    fn icu(text: &str) -> Vec<(char, u8)> {
        let classes = CanonicalCombiningClassMapBorrowed::new();
        DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(text.chars()).map(|c| (c, classes.get_u8(c))).collect()
    }

    /// Alone, and between a letter and marks that must go round it: above, below, and one that stands before both.
    #[test]
    fn every_character_as_icu_has_it() {
        let mut text = String::new();
        for c in '\0'..=char::MAX {
            for (before, after) in [("", ""), ("e", "\u{301}\u{323}\u{93c}"), ("и\u{306}", "\u{327}")] {
                text.clear();
                text.push_str(before);
                text.push(c);
                text.push_str(after);
                assert_eq!(ours(&text), icu(&text), "{c:?} {text:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn texts_as_icu_has_them(text in "(\\PC|\\p{M}|[a-e\u{300}-\u{345}\u{591}-\u{5c7}\u{64b}-\u{65f}\u{1100}-\u{11ff}\u{ac00}-\u{ad00}]){0,40}") {
            prop_assert_eq!(ours(&text), icu(&text));
        }
    }

    #[test]
    fn damage_is_found() {
        assert_eq!(Decompositions::shipped().verify(), Ok(()));
        assert!((0..8).all(|len| Decompositions::open(&SHIPPED[..len]).is_none()));
        for len in (8..SHIPPED.len()).step_by(499) {
            // The text stands last.
            assert!(Decompositions::open(&SHIPPED[..len]).is_none_or(|table| table.verify().is_err()), "{len}");
        }
        let mut bytes = SHIPPED.to_vec();
        let last = bytes.len() - 1;
        bytes[last] = 0xff;
        assert!(Decompositions::open(&bytes).unwrap().verify().is_err(), "no UTF-8");
        let mut bytes = SHIPPED.to_vec();
        bytes[8..10].copy_from_slice(&u16::MAX.to_le_bytes());
        assert_eq!(Decompositions::open(&bytes).unwrap().verify(), Err(0), "no such block");
    }
}
