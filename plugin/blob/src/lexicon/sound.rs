//! How far apart two spellings sound: edits between sounds, where a vowel for a vowel, a doubled letter or `w` for `v` is cheap
//! and one consonant for another is not.
//!
//! Spellings of one name by different hands (`Yurievich`, `Jurjevič`, `Iourievitch`) differ in just those places; other names
//! differ in others.

use super::{MAX_TOKEN, Short};

/// What one full edit costs.
pub const EDIT: u16 = 16;

/// How far two words are apart at least that do not sound the same: a doubled sound, or `y` for `i`. A vowel that a script leaves out
/// is half of that.
pub const LEAST_APART: u8 = 2;

/// A token as sounds: digraphs are one capital letter (`sh` S, `ch` C, `zh` Z, `kh` H, `ts` T, `th` D ...). Swedish `tj`, `sj`, `zj` are
/// Q, X, W: in other languages they are soft t, s, z.
pub fn sounds(token: &[u8]) -> Short {
    let mut out = Short::EMPTY;
    let mut rest = token;
    while let Some(&c) = rest.first() {
        let next = rest.get(1).copied().unwrap_or(0);
        let (len, sound) = match (c, next) {
            (b't', b's') if rest.starts_with(b"tsch") => (4, b'C'),
            (b't', b's') if rest.starts_with(b"tsj") => (3, b'C'),
            (b's', b'c') if rest.starts_with(b"sch") => (3, b'S'),
            (b't', b'c') if rest.starts_with(b"tch") => (3, b'C'),
            (b'd', b'z') if rest.starts_with(b"dzh") => (3, b'j'),
            (b'd', b'j') => (2, b'j'),
            (b's', b'h') => (2, b'S'),
            (b'c', b'h' | b'z' | b's') => (2, b'C'),
            (b'z', b'h' | b's') => (2, b'Z'),
            (b't', b'j') => (2, b'Q'),
            (b's', b'j') => (2, b'X'),
            (b'z', b'j') => (2, b'W'),
            (b'k', b'h') => (2, b'H'),
            (b'g', b'h') => (2, b'G'),
            (b't', b's' | b'z') => (2, b'T'),
            (b't', b'h') => (2, b'D'),
            (b'd', b'h' | b'z') => (2, b'E'),
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
        (b'C', b'Q') | (b'S', b'X') | (b'W', b'Z') => 2,
        (b'Q', b't') | (b'X', b's') | (b'W', b'z') | (b'W', b'j') => 4,
        (b'Q', b'k' | b's') | (b'C', b'H') => 5,
        (b'C', b'h') | (b'E', b'j') => 6,
        (b'T', b't') => 7,
        (b'd', b't') | (b'b', b'p') | (b'g', b'k') | (b'b', b'v') | (b'C', b'j') | (b'G', b'k') | (b'G', b'h') | (b'H', b'g') => 9,
        (b'm', b'n') | (b'l', b'r') | (b'h', b'k') | (b'C', b'Z') | (b'd', b'z') | (b'j', b'z') => 12,
        _ => EDIT,
    }
}

/// A sound that is there in one of the two alone, behind another one; 0 = at the beginning.
const fn gap(before: u8, sound: u8) -> u16 {
    match sound {
        _ if before == sound => 2,
        b'y' | b'j' | b'i' if vowel(before) => 4,
        b'j' | b'y' | b'h' => 5,
        b'a' | b'e' | b'i' | b'o' | b'u' => 7,
        _ => EDIT,
    }
}

/// Whether it costs nothing that both of two end in this sound, behind these others.
///
/// It does if in the place of any pair that one of the two ends makes with an earlier sound both ends can be put together: leaving that
/// sound out then must not cost more than the pair and the other end did. A full edit does; a doubled sound is cheap to leave out, and so
/// are `h`, `j`, `y`, and `o` or `u` beside `v`.
const fn ends_alike(sound: u8, before: [u8; 2], unvowelled: bool) -> bool {
    let [a, b] = before;
    match sound {
        _ if a == sound || b == sound => false,
        b'h' | b'j' | b'y' | b'o' | b'u' => false,
        b'i' => !unvowelled && !vowel(a) && !vowel(b),
        b'a' | b'e' => !unvowelled,
        _ => true,
    }
}

/// Sounds that [`swap`] tells apart; every other byte is the last of them.
const SOUNDS: usize = 38;

/// The number of a sound.
const fn number(sound: u8) -> u8 {
    match sound {
        b'a'..=b'z' => sound - b'a',
        b'C' => 26,
        b'D' => 27,
        b'E' => 28,
        b'G' => 29,
        b'H' => 30,
        b'S' => 31,
        b'T' => 32,
        b'Z' => 33,
        b'Q' => 34,
        b'W' => 35,
        b'X' => 36,
        _ => 37,
    }
}

/// [`swap`] by the numbers of two sounds. Two that have no number of their own are other sounds: whoever asks knows if they are equal.
const SWAPS: [[u8; SOUNDS]; SOUNDS] = {
    let mut table = [[EDIT as u8; SOUNDS]; SOUNDS];
    let mut rest: &[u8] = b"abcdefghijklmnopqrstuvwxyzCDEGHSTZQWX";
    while let [a, others @ ..] = rest {
        let mut with: &[u8] = b"abcdefghijklmnopqrstuvwxyzCDEGHSTZQWX";
        while let [b, more @ ..] = with {
            #[allow(clippy::indexing_slicing, reason = "at compile time")]
            {
                table[number(*a) as usize][number(*b) as usize] = swap(*a, *b) as u8;
            }
            with = more;
        }
        rest = others;
    }
    table
};

/// Distance of two tokens in [`sounds`], in sixteenths of an edit; two neighbours swapped cost 12. At most [`MAX_TOKEN`] sounds count.
pub fn distance(a: &[u8], b: &[u8]) -> u16 {
    apart(a, b, false)
}

/// As [`distance`], where `a` came from a script that leaves short vowels out: one that `b` alone has costs next to nothing.
pub fn distance_unvowelled(a: &[u8], b: &[u8]) -> u16 {
    apart(a, b, true)
}

fn apart(a: &[u8], b: &[u8], unvowelled: bool) -> u16 {
    let cut = |sounds: &[u8]| sounds.len().min(MAX_TOKEN);
    let (a, b) = (a.get(..cut(a)).unwrap_or_default(), b.get(..cut(b)).unwrap_or_default());
    let (mut head, limit) = (0, a.len().min(b.len()));
    // What is alike at the front costs nothing; the last of it stays, so that doubled letters are seen.
    while head + 1 < limit && a.get(head) == b.get(head) && a.get(head + 1) == b.get(head + 1) {
        head += 1;
    }
    let (mut a, mut b) = (a.get(head..).unwrap_or_default(), b.get(head..).unwrap_or_default());
    while let ([x @ .., last], [y @ .., end]) = (a, b) {
        let before = [x, y].map(|sounds| sounds.last().copied().unwrap_or(0));
        if last != end || !ends_alike(*last, before, unvowelled) {
            break;
        }
        (a, b) = (x, y);
    }
    // Most of what differs is short, and a short table is made ready in a few instructions.
    if b.len() <= SHORT { table::<SHORT>(a, b, unvowelled) } else { table::<MAX_TOKEN>(a, b, unvowelled) }
}

/// Sounds for which the small table does. Its parts have 64 bytes: WebAssembly fills no more than that without a call.
const SHORT: usize = 16;

/// What a row of the table of distances needs of a sound of `b`.
#[derive(Clone, Copy)]
struct Column {
    /// The sound before it, and in the upper byte the sound.
    pair: u16,
    number: u8,
    gap: u8,
}

/// What the table has of a column, one row and two rows ago.
#[derive(Clone, Copy)]
struct Cell {
    above: u16,
    before: u16,
}

/// The table of distances, two rows of it; `b` has at most `WIDTH` sounds.
fn table<const WIDTH: usize>(a: &[u8], b: &[u8], unvowelled: bool) -> u16 {
    let (mut columns, mut cells) = ([Column { pair: 0, number: 0, gap: 0 }; WIDTH], [Cell { above: 0, before: 0 }; WIDTH]);
    // No sound is zero.
    let (mut sum, mut last) = (0, 0);
    for ((column, cell), sound) in columns.iter_mut().zip(&mut cells).zip(b) {
        let gap = if unvowelled && vowel(*sound) { 1 } else { gap(last, *sound) };
        *column = Column { pair: u16::from_le_bytes([last, *sound]), number: number(*sound), gap: gap as u8 };
        last = *sound;
        sum += gap;
        cell.above = sum;
    }
    let (Some(columns), Some(cells)) = (columns.get(..b.len()), cells.get_mut(..b.len())) else { return u16::MAX };
    last = 0;
    // The column before the first, in this row and in the one before.
    let (mut first, mut first_before) = (0_u32, 0_u32);
    for x in a {
        let out = u32::from(gap(last, *x));
        let swaps = SWAPS.get(usize::from(number(*x))).unwrap_or(&[EDIT as u8; SOUNDS]);
        // The two sounds of `a` that end here, turned; no pair ends in zero.
        let turned = if *x == last { 0 } else { u16::from_le_bytes([*x, last]) };
        // Whole numbers of the machine: WebAssembly cuts smaller ones off after each step.
        let (mut diagonal, mut left) = (first, first + out);
        // What the table had two rows ago, two columns back and one.
        let (mut corner, mut next_corner) = (0, first_before);
        (first_before, first) = (first, left);
        for (column, cell) in columns.iter().zip(cells.iter_mut()) {
            let up = u32::from(cell.above);
            let same = column.pair >> 8 == u16::from(*x);
            let swapped = if same { 0 } else { u32::from(swaps.get(usize::from(column.number)).copied().unwrap_or(EDIT as u8)) };
            let mut cost = (diagonal + swapped).min(up + out).min(left + u32::from(column.gap));
            if column.pair == turned {
                cost = cost.min(corner + 12);
            }
            (corner, next_corner) = (next_corner, u32::from(cell.before));
            *cell = Cell { above: cost as u16, before: up as u16 };
            (diagonal, left) = (up, cost);
        }
        last = *x;
    }
    cells.last().map_or(first as u16, |cell| cell.above)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gap_at(of: &[u8], at: usize) -> u16 {
        gap(if at > 0 { of[at - 1] } else { 0 }, of[at])
    }

    /// The table as the comment describes it, cell by cell.
    fn slow(a: &[u8], b: &[u8], unvowelled: bool) -> u16 {
        let gap_b = |b: &[u8], j: usize| if unvowelled && vowel(b[j]) { 1 } else { gap_at(b, j) };
        let mut head = 0;
        while head + 1 < a.len().min(b.len()) && a[head..head + 2] == b[head..head + 2] {
            head += 1;
        }
        let (a, b) = (&a[head..], &b[head..]);
        let mut d = vec![vec![0_u16; b.len() + 1]; a.len() + 1];
        for j in 0..b.len() {
            d[0][j + 1] = d[0][j] + gap_b(b, j);
        }
        for i in 0..a.len() {
            d[i + 1][0] = d[i][0] + gap_at(a, i);
            for j in 0..b.len() {
                let mut cost = (d[i][j] + swap(a[i], b[j])).min(d[i][j + 1] + gap_at(a, i)).min(d[i + 1][j] + gap_b(b, j));
                if i > 0 && j > 0 && a[i] != b[j] && a[i - 1] == b[j] && b[j - 1] == a[i] {
                    cost = cost.min(d[i - 1][j - 1] + 12);
                }
                d[i + 1][j + 1] = cost;
            }
        }
        d[a.len()][b.len()]
    }

    proptest! {
        #[test]
        fn distances_are_those_of_the_table(a in "[a-eh-kostuyzCDEGHQSTWXZ0-9]{0,20}", b in "[a-eh-kostuyzCDEGHQSTWXZ0-9]{0,20}", c in "[abhs]{0,63}", d in "[abhs]{0,63}", e in "[aehijostuvyzGHQXZ]{0,9}") {
            let both = |x: &str, y: &str| format!("{x}{y}").chars().take(MAX_TOKEN).collect::<String>();
            let pairs = [(both(&a, &e), both(&b, &e)), (both(&c, &a), both(&d, &a)), (both(&a, &e), e.clone())];
            for (a, b) in [(&a, &b), (&c, &d), (&a, &d)].into_iter().chain(pairs.iter().map(|(a, b)| (a, b))) {
                let (a, b) = (a.as_bytes(), b.as_bytes());
                prop_assert_eq!(distance(a, b), slow(a, b, false), "{:?} {:?}", a, b);
                prop_assert_eq!(distance_unvowelled(a, b), slow(a, b, true), "{:?} {:?}", a, b);
            }
        }
    }

    fn of(a: &str, b: &str) -> u16 {
        let (x, y) = (sounds(a.as_bytes()), sounds(b.as_bytes()));
        assert_eq!(distance(x.as_bytes(), y.as_bytes()), distance(y.as_bytes(), x.as_bytes()), "{a} {b}");
        distance(x.as_bytes(), y.as_bytes())
    }

    #[test]
    fn spellings_of_one_name_are_near_and_other_names_far() {
        for (a, b) in [
            ("mohammed", "muhammad"),
            ("yurievich", "jurjevic"),
            ("kovalchuk", "kovalcuk"),
            ("nazira", "nadhira"),
            ("santjik", "sanchik"),
            ("mozjilovskij", "mozhilovsky"),
        ] {
            assert!(of(a, b) <= 14, "{a} {b} {}", of(a, b));
        }
        for (a, b) in [("ivanov", "ivanin"), ("vladimir", "vadim"), ("nasif", "nasir")] {
            assert!(of(a, b) >= 16, "{a} {b} {}", of(a, b));
        }
        assert_eq!(of("hassan", "hasan"), 2);
        assert_eq!(of("ali", "ali"), 0);
        assert_eq!(of("", "b"), EDIT);
        assert_eq!(of("abcd", "abdc"), 12);
        let unvowelled = |a: &str, b: &str| distance_unvowelled(sounds(a.as_bytes()).as_bytes(), sounds(b.as_bytes()).as_bytes());
        assert!(unvowelled("shfahi", "shafahi") <= 2 && unvowelled("brmhani", "barmahani") <= 3);
        assert!(unvowelled("zaui", "sa") >= 12);
    }
}
