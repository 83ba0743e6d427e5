//! Unicode's form NFKD (UAX #15): characters come apart into letters and marks, and compatibility forms into plain ones.
//!
//! The table is made from ICU4X by this crate's build script; the tests hold the two against each other on every character.

include!(concat!(env!("OUT_DIR"), "/decompositions.rs"));

/// A length from here on is no length but stands for a combining class. As in `build.rs`.
const CLASS: u8 = 64;

/// Calls `each` with every character of the form and its canonical combining class. `marks` is a buffer.
pub(crate) fn nfkd(text: &str, marks: &mut Vec<(u8, char)>, mut each: impl FnMut(char, u8)) {
    marks.clear();
    let mut one = |c: char, marks: &mut Vec<(u8, char)>| match class(c) {
        0 => {
            in_order(marks, &mut each);
            each(c, 0);
        }
        class => marks.push((class, c)),
    };
    for c in text.chars() {
        match of(c) {
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
pub(crate) fn class(c: char) -> u8 {
    match of(c) {
        Some(Said::Class(class)) => class,
        _ => 0,
    }
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

/// What the table says of a character.
enum Said {
    Apart(&'static str),
    Class(u8),
}

fn of(c: char) -> Option<Said> {
    let code = u32::from(c);
    let block = usize::from(PAGES.get((code / 64) as usize)?.checked_sub(1)?);
    let (mask, bit) = (MASKS.get(block)?, 1_u64 << (code % 64));
    if mask & bit == 0 {
        return None;
    }
    let before = (mask & (bit - 1)).count_ones() as usize;
    let (before, rest) = LENGTHS.get(usize::from(*FIRSTS.get(block)?)..)?.split_at_checked(before)?;
    let length = *rest.first()?;
    if let Some(number) = length.checked_sub(CLASS) {
        return CLASSES.get(usize::from(number)).copied().map(Said::Class);
    }
    let skip: usize = before.iter().filter(|length| **length < CLASS).map(|length| usize::from(*length)).sum();
    let start = usize::from(*TEXTS.get(block)?) + skip;
    TEXT.get(start..start + usize::from(length)).map(Said::Apart)
}

/// The letters of a syllable (The Unicode Standard, section 3.12): consonant, vowel, and a final one if it has any.
fn hangul(c: char) -> Option<[Option<char>; 3]> {
    let syllable = u32::from(c).checked_sub(0xac00).filter(|syllable| *syllable < 11_172)?;
    let last = (syllable % 28 != 0).then(|| char::from_u32(0x11a7 + syllable % 28)).flatten();
    Some([char::from_u32(0x1100 + syllable / 588), char::from_u32(0x1161 + syllable % 588 / 28), last])
}

#[cfg(test)]
mod tests {
    use super::*;
    use icu_normalizer::DecomposingNormalizerBorrowed;
    use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;
    use proptest::prelude::*;

    fn ours(text: &str) -> Vec<(char, u8)> {
        let mut out = Vec::new();
        nfkd(text, &mut Vec::new(), |c, class| out.push((c, class)));
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
}
