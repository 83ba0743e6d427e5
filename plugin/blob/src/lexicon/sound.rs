//! How far apart two spellings sound: edits between sounds, where a vowel for a vowel, a doubled letter or `w` for `v` is cheap
//! and one consonant for another is not.
//!
//! Spellings of one name by different hands (`Yurievich`, `Jurjevič`, `Iourievitch`) differ in just those places; other names
//! differ in others.

use super::{MAX_TOKEN, Short};

/// What one full edit costs.
pub const EDIT: u16 = 16;

/// A token as sounds: digraphs are one capital letter (`sh` S, `ch` C, `zh` Z, `kh` H, `ts` T, `th` D ...).
pub fn sounds(token: &[u8]) -> Short {
    let mut out = Short::EMPTY;
    let mut rest = token;
    while let Some(&c) = rest.first() {
        let next = rest.get(1).copied().unwrap_or(0);
        let (len, sound) = match (c, next) {
            _ if rest.starts_with(b"tsch") => (4, b'C'),
            _ if rest.starts_with(b"sch") => (3, b'S'),
            _ if rest.starts_with(b"tch") => (3, b'C'),
            _ if rest.starts_with(b"dzh") => (3, b'j'),
            (b'd', b'j') => (2, b'j'),
            (b's', b'h') => (2, b'S'),
            (b'c', b'h') => (2, b'C'),
            (b'z', b'h') => (2, b'Z'),
            (b'k', b'h') => (2, b'H'),
            (b'g', b'h') => (2, b'G'),
            (b't', b's' | b'z') => (2, b'T'),
            (b't', b'h') => (2, b'D'),
            (b'd', b'h') => (2, b'E'),
            (b'p', b'h') => (2, b'f'),
            (b'c', b'k') => (2, b'k'),
            (b'o', b'u') | (b'o', b'o') => (2, b'u'),
            (b'e', b'e') => (2, b'i'),
            (b'c', b'e' | b'i' | b'y') => (1, b's'),
            (b'c' | b'q', _) => (1, b'k'),
            (b'w', _) => (1, b'v'),
            (b'x', _) => {
                out.push(b'k');
                (1, b's')
            }
            _ => (1, c),
        };
        out.push(sound);
        rest = rest.get(len..).unwrap_or_default();
    }
    out
}

const fn vowel(sound: u8) -> bool {
    matches!(sound, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

/// One sound for another, in sixteenths of an edit.
const fn swap(a: u8, b: u8) -> u16 {
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    match (a, b) {
        _ if a == b => 0,
        (b'i', b'y') => 2,
        (b'a', b'e') | (b'e', b'i') | (b'o', b'u') | (b'e', b'y') => 4,
        (b'a', b'o') => 5,
        _ if vowel(a) && vowel(b) => 8,
        // Capitals come before small letters.
        (b'i' | b'j', b'j' | b'y') | (b'Z', b'j') | (b'C', b'k' | b's') | (b'C', b'T') | (b'T', b's') | (b'T', b'k') => 4,
        (b'G', b'g') | (b'H', b'h') | (b'H', b'k') | (b'D', b't') | (b'E', b'd') | (b's', b'z') | (b'E', b'z') => 4,
        (b'S', b's') | (b'Z', b'z') | (b'T', b'z') | (b'C', b'S') | (b'Z', b'y') | (b'f', b'v') | (b'g', b'j') => 6,
        (b'D', b's') | (b'k', b's') | (b'S', b'Z') | (b'g', b'h') | (b'u', b'v') | (b'o', b'v') => 7,
        (b'd', b't') | (b'b', b'p') | (b'g', b'k') | (b'b', b'v') | (b'C', b'j') | (b'G', b'k') | (b'G', b'h') | (b'H', b'g') => 9,
        (b'm', b'n') | (b'l', b'r') | (b'h', b'k') | (b'C', b'Z') | (b'T', b't') | (b'd', b'z') | (b'j', b'z') => 12,
        _ => EDIT,
    }
}

/// A sound that is there in one of the two alone: `at` among `of`.
fn gap(of: &[u8], at: usize) -> u16 {
    let Some(&sound) = of.get(at) else { return EDIT };
    let before = at.checked_sub(1).and_then(|n| of.get(n)).copied();
    if before == Some(sound) {
        return 2;
    }
    match sound {
        b'y' | b'j' | b'i' if at > 0 && before.is_some_and(vowel) => 4,
        b'j' | b'y' => 5,
        b'h' => 5,
        _ if vowel(sound) => 7,
        _ => EDIT,
    }
}

/// Distance of two tokens in [`sounds`], in sixteenths of an edit; two neighbours swapped cost 12.
pub fn distance(a: &[u8], b: &[u8]) -> u16 {
    const WIDTH: usize = MAX_TOKEN + 1;
    let (mut head, limit) = (0, a.len().min(b.len()));
    // What is alike at the front costs nothing; the last of it stays, so that doubled letters are seen.
    while head + 1 < limit && a.get(head) == b.get(head) && a.get(head + 1) == b.get(head + 1) {
        head += 1;
    }
    let (a, b) = (a.get(head..).unwrap_or_default(), b.get(head..).unwrap_or_default());
    let mut before = [0_u16; WIDTH];
    let mut above = [0_u16; WIDTH];
    let mut row = [0_u16; WIDTH];
    let at = |cells: &[u16; WIDTH], n: usize| cells.get(n).copied().unwrap_or(u16::MAX / 2);
    for n in 0..b.len() {
        let cost = at(&above, n).saturating_add(gap(b, n));
        if let Some(cell) = above.get_mut(n + 1) {
            *cell = cost;
        }
    }
    for (i, x) in a.iter().enumerate() {
        let out = gap(a, i);
        if let Some(first) = row.first_mut() {
            *first = at(&above, 0).saturating_add(out);
        }
        for (j, y) in b.iter().enumerate() {
            let mut cost = at(&above, j).saturating_add(swap(*x, *y));
            cost = cost.min(at(&above, j + 1).saturating_add(out)).min(at(&row, j).saturating_add(gap(b, j)));
            if i > 0 && j > 0 && x != y && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x) {
                cost = cost.min(at(&before, j - 1).saturating_add(12));
            }
            if let Some(cell) = row.get_mut(j + 1) {
                *cell = cost;
            }
        }
        (before, above) = (above, row);
    }
    at(&above, b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(a: &str, b: &str) -> u16 {
        let (x, y) = (sounds(a.as_bytes()), sounds(b.as_bytes()));
        assert_eq!(distance(x.as_bytes(), y.as_bytes()), distance(y.as_bytes(), x.as_bytes()), "{a} {b}");
        distance(x.as_bytes(), y.as_bytes())
    }

    #[test]
    fn spellings_of_one_name_are_near_and_other_names_far() {
        for (a, b) in [("mohammed", "muhammad"), ("yurievich", "jurjevic"), ("kovalchuk", "kovalcuk"), ("nazira", "nadhira")] {
            assert!(of(a, b) <= 14, "{a} {b} {}", of(a, b));
        }
        for (a, b) in [("ivanov", "ivanin"), ("vladimir", "vadim"), ("nasif", "nasir")] {
            assert!(of(a, b) >= 16, "{a} {b} {}", of(a, b));
        }
        assert_eq!(of("hassan", "hasan"), 2);
        assert_eq!(of("ali", "ali"), 0);
        assert_eq!(of("", "b"), EDIT);
        assert_eq!(of("abcd", "abdc"), 12);
    }
}
