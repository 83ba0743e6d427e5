//! Tokens within one or two edits: a lossless filter over bit columns, then the exact test.
//!
//! Every 64 tokens of one length have 64 columns of 64 bits: 32 for letters, 32 for pairs of letters by hash. An edit takes
//! at most one letter and two pairs away from the asked word, a transposition three pairs, so whoever lacks more is out, and
//! whoever has more letters beside them ([`Lack`]). Tokens of one length ascend, so most blocks have none that begins like the asked word:
//! an edit is at the beginning then, and the rest may lack the less. That leaves a handful of thousands to compare letter by letter.

use super::skeleton::MAX_TOKEN;
use crate::bytes::u64_at;

/// Columns of a block of 64 tokens.
pub const COLUMNS: usize = 64;

/// Bytes of a block.
pub const BLOCK: usize = COLUMNS * 8;

/// The columns in which a token has its bit: a mask of 64.
pub fn signature(token: &[u8]) -> u64 {
    let mut mask = 0;
    let mut before: Option<u8> = None;
    for byte in token {
        mask |= 1 << letter(*byte);
        if let Some(first) = before {
            mask |= 1 << (32 + pair(first, *byte));
        }
        before = Some(*byte);
    }
    mask
}

const fn letter(byte: u8) -> u32 {
    match byte {
        b'a'..=b'z' => (byte - b'a') as u32,
        _ => 26 + (byte % 6) as u32,
    }
}

const fn pair(a: u8, b: u8) -> u32 {
    ((a as u32).wrapping_mul(0x9e5) ^ (b as u32).wrapping_mul(0x3d)).wrapping_mul(0x9e37_79b1) >> 27
}

/// What a word within some edits may lack of the asked one, and have beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lack {
    /// Letters of the asked word that it may lack, at most 2.
    letters: u32,
    /// Pairs of letters that it may lack, at most 6.
    pairs: u32,
    /// Letters that it may have and the asked word has not.
    others: u32,
}

impl Lack {
    /// Of a word of `there` letters within `edits` (1 or 2) of one of `here`. `None` if no such word is that near.
    ///
    /// An insertion takes no letter and one pair away, a deletion one and two, a substitution the same, a transposition no letter
    /// and three pairs; and as many letters as one word is longer, so many of the edits are known.
    pub fn of(here: usize, there: usize, edits: u32) -> Option<Self> {
        let inserted = there.saturating_sub(here) as u32;
        let deleted = here.saturating_sub(there) as u32;
        let free = edits.checked_sub(inserted + deleted)?;
        Some(Self { letters: free + deleted, pairs: inserted + 2 * deleted + 3 * free, others: free + inserted })
    }

    /// The same of one that begins with another letter, and of the asked word without its first one. An edit is at the beginning then: that
    /// letter is too many, one is missing before it, it is another one, or it is behind the next one; of the others as many are left.
    pub fn behind_first(here: usize, there: usize, edits: u32) -> Option<Self> {
        let left = edits.checked_sub(1)?;
        let rest = |here: Option<usize>, there: Option<usize>, pairs: u32| {
            let lack = Self::of(here?, there?, left)?;
            Some(Self { pairs: lack.pairs + pairs, ..lack })
        };
        let (one, two) = ((here.checked_sub(1), there.checked_sub(1)), (here.checked_sub(2), there.checked_sub(2)));
        // Where two are swapped the second one stays, and its pair with the third may not.
        let ways = [rest(one.0, Some(there), 0), rest(Some(here), one.1, 0), rest(one.0, one.1, 0), rest(two.0, two.1, 1)];
        ways.into_iter().flatten().reduce(|a, b| Self {
            letters: a.letters.max(b.letters),
            pairs: a.pairs.max(b.pairs),
            others: a.others.max(b.others),
        })
    }

    /// Whether a word may be near, by the letters of both as [`letters`] tells them.
    pub fn allows(&self, here: u32, there: u32) -> bool {
        (there & !here).count_ones() <= self.others
    }
}

/// The set of a word's letters, a bit by the lower part of each byte: some letters and digits share one. Who has all letters of a word, or
/// all but some, has their bits likewise.
pub fn letters(word: &[u8]) -> u32 {
    word.iter().fold(0, |mask, byte| mask | 1_u32.wrapping_shl(u32::from(*byte)))
}

/// The tokens of a block (bit `n` = its `n`-th) that may be as near to a word with this signature as `lack` was made for. Where `few` or
/// fewer are by their letters, their pairs of letters are not looked at: it is as dear as comparing so many.
pub fn may_be_near(block: &[u8], signature: u64, lack: Lack, few: u32) -> u64 {
    // Of a known length no column lies behind the end.
    let Some(block) = block.first_chunk::<BLOCK>() else { return 0 };
    let (letters, pairs) = (signature as u32, (signature >> 32) as u32);
    let near = match lack.letters {
        0 => lacking_few::<0>(block, 0, letters),
        1 => lacking_few::<1>(block, 0, letters),
        _ => lacking_few::<2>(block, 0, letters),
    };
    if is_few(near, few) {
        return near;
    }
    near & match lack.pairs {
        0 => lacking_few::<0>(block, 32, pairs),
        1 => lacking_few::<1>(block, 32, pairs),
        2 => lacking_few::<2>(block, 32, pairs),
        3 => lacking_few::<3>(block, 32, pairs),
        4 => lacking_few::<4>(block, 32, pairs),
        5 => lacking_few::<5>(block, 32, pairs),
        _ => lacking_few::<6>(block, 32, pairs),
    }
}

/// Whether at most so many bits are set.
#[inline(always)]
fn is_few(mut bits: u64, few: u32) -> bool {
    for _ in 0..few {
        bits &= bits.wrapping_sub(1);
    }
    bits == 0
}

/// The tokens of a block that lack at most `MOST` of some columns, which are bits, the lowest of them the column `from`.
#[inline(always)]
fn lacking_few<const MOST: usize>(block: &[u8; BLOCK], from: usize, mut columns: u32) -> u64 {
    // Who lacks one or more, two or more, and so on.
    let (mut lacks, mut too_many) = ([0_u64; MOST], 0_u64);
    while columns != 0 {
        let column = columns.trailing_zeros() as usize;
        columns &= columns - 1;
        let mut missing = !u64_at(block, (from | column & 31) * 8).unwrap_or(0);
        for count in &mut lacks {
            let before = *count;
            *count |= missing;
            missing &= before;
        }
        too_many |= missing;
    }
    !too_many
}

/// A word made ready to be compared with many: for each symbol, at which places it stands.
#[derive(Debug, Clone, Copy)]
pub struct Pattern {
    places: [u64; SYMBOLS],
    len: u32,
}

/// Letters, digits, and everything else.
const SYMBOLS: usize = 37;

const fn symbol(byte: u8) -> usize {
    match byte {
        b'a'..=b'z' => (byte - b'a') as usize,
        b'0'..=b'9' => 26 + (byte - b'0') as usize,
        _ => 36,
    }
}

impl Pattern {
    /// The pattern of a word of lower-case letters and digits, of which at most 63 bytes count.
    pub fn new(word: &[u8]) -> Self {
        let mut places = [0; SYMBOLS];
        let word = word.get(..word.len().min(MAX_TOKEN)).unwrap_or_default();
        for (n, byte) in word.iter().enumerate() {
            if let Some(mask) = places.get_mut(symbol(*byte)) {
                *mask |= 1 << n;
            }
        }
        Self { places, len: word.len() as u32 }
    }

    /// Edits to another word: insertion, deletion, substitution, transposition of neighbours (optimal string alignment).
    /// `None` if more than `limit`.
    ///
    /// Bit-parallel: H. Hyyrö, "A bit-vector algorithm for computing Levenshtein and Damerau edit distances", 2003.
    pub fn edits(&self, other: &[u8], limit: u32) -> Option<u32> {
        let other = other.get(..other.len().min(MAX_TOKEN)).unwrap_or_default();
        let mut left = other.len() as u32;
        if self.len.abs_diff(left) > limit {
            return None;
        }
        if self.len == 0 {
            return Some(left);
        }
        let last = 1_u64 << (self.len - 1);
        let (mut up, mut down) = (u64::MAX, 0_u64);
        let (mut diagonal, mut before) = (0_u64, 0_u64);
        let mut edits = self.len;
        for byte in other {
            let here = self.places.get(symbol(*byte)).copied().unwrap_or(0);
            let swapped = ((!diagonal & here) << 1) & before;
            diagonal = ((here & up).wrapping_add(up) ^ up) | here | down | swapped;
            let rise = down | !(diagonal | up);
            let fall = diagonal & up;
            edits += u32::from(rise & last != 0);
            edits -= u32::from(fall & last != 0);
            left -= 1;
            // Each letter that is left can take one away at most.
            if edits > limit + left {
                return None;
            }
            let rise = rise << 1 | 1;
            up = (fall << 1) | !(diagonal | rise);
            down = rise & diagonal;
            before = here;
        }
        (edits <= limit).then_some(edits)
    }
}

/// Edits between two words of letters and digits as [`Pattern::edits`] counts them, if that is one at most.
pub fn one_edit(a: &[u8], b: &[u8]) -> Option<u32> {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (a.get(same..)?, b.get(same..)?);
    let near = match (a, b) {
        ([], []) => return Some(0),
        ([x, y, a @ ..], [p, q, b @ ..]) if x == q && y == p && a == b => true,
        _ => match a.len().cmp(&b.len()) {
            std::cmp::Ordering::Equal => a.get(1..) == b.get(1..),
            std::cmp::Ordering::Greater => a.get(1..) == Some(b),
            std::cmp::Ordering::Less => b.get(1..) == Some(a),
        },
    };
    near.then_some(1)
}

/// A word of up to eight letters as a number, the first letter lowest.
pub(super) fn eight(word: &[u8]) -> u64 {
    word.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte))
}

/// Whether two words of up to eight letters, as numbers, the second one `longer` by as many letters, are one edit apart, which
/// [`one_edit`] tells of any words.
#[inline(always)]
pub(super) fn one_edit_of_eight(a: u64, b: u64, longer: i32) -> bool {
    let apart = a ^ b;
    if apart == 0 {
        return false;
    }
    // From the first letter that differs on.
    let same = apart.trailing_zeros() & !7;
    let (a, b) = (a >> same, b >> same);
    match longer {
        0 => a >> 8 == b >> 8 || (a >> 16 == b >> 16 && (a as u16).swap_bytes() == b as u16),
        1 => a == b >> 8,
        -1 => a >> 8 == b,
        _ => false,
    }
}

/// [`Pattern::edits`] between two words.
pub fn edits_within(a: &[u8], b: &[u8], limit: u32) -> Option<u32> {
    if a.len().abs_diff(b.len()) > limit as usize {
        return None;
    }
    Pattern::new(a).edits(b, limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The textbook matrix.
    fn slow(a: &[u8], b: &[u8]) -> u32 {
        let mut d = vec![vec![0_usize; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            d[i][0] = i;
        }
        for j in 0..=b.len() {
            d[0][j] = j;
        }
        for i in 1..=a.len() {
            for j in 1..=b.len() {
                d[i][j] = (d[i - 1][j] + 1).min(d[i][j - 1] + 1).min(d[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]));
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    d[i][j] = d[i][j].min(d[i - 2][j - 2] + 1);
                }
            }
        }
        d[a.len()][b.len()] as u32
    }

    fn block_of(tokens: &[String]) -> Vec<u8> {
        let mut columns = [0_u64; COLUMNS];
        for (n, token) in tokens.iter().enumerate() {
            for (c, column) in columns.iter_mut().enumerate() {
                *column |= (signature(token.as_bytes()) >> c & 1) << n;
            }
        }
        columns.iter().flat_map(|c| c.to_le_bytes()).collect()
    }

    proptest! {
        #[test]
        fn edits_are_those_of_the_matrix(a in "[abc]{0,9}", b in "[abc]{0,9}", limit in 1_u32..4) {
            let expected = slow(a.as_bytes(), b.as_bytes());
            prop_assert_eq!(edits_within(a.as_bytes(), b.as_bytes(), limit), (expected <= limit).then_some(expected));
            prop_assert_eq!(one_edit(a.as_bytes(), b.as_bytes()), (expected <= 1).then_some(expected));
        }

        #[test]
        fn one_edit_of_short_words_is_one_edit(a in "[abc]{0,8}", b in "[abc]{0,8}") {
            let (here, there) = (a.as_bytes(), b.as_bytes());
            let longer = there.len() as i32 - here.len() as i32;
            prop_assert_eq!(one_edit_of_eight(eight(here), eight(there), longer), one_edit(here, there) == Some(1));
        }

        #[test]
        fn the_filter_loses_nothing(tokens in prop::collection::vec("[a-e]{3,9}", 1..64), word in "[a-e]{3,9}", edits in 1_u32..3) {
            let block = block_of(&tokens);
            for (n, token) in tokens.iter().enumerate() {
                if slow(token.as_bytes(), word.as_bytes()) <= edits {
                    let lack = Lack::of(word.len(), token.len(), edits).unwrap();
                    for few in 0..3 {
                        let near = may_be_near(&block, signature(word.as_bytes()), lack, few);
                        prop_assert!(near >> n & 1 == 1, "{} {}", token, word);
                    }
                    prop_assert!(lack.allows(letters(word.as_bytes()), letters(token.as_bytes())), "{} {}", token, word);
                    if token.as_bytes()[0] != word.as_bytes()[0] {
                        let lack = Lack::behind_first(word.len(), token.len(), edits);
                        let near = lack.map_or(0, |lack| may_be_near(&block, signature(&word.as_bytes()[1..]), lack, 0));
                        prop_assert!(near >> n & 1 == 1, "{} {}", token, word);
                    }
                }
            }
        }

        #[test]
        fn what_edits_took_away_the_filter_allows(word in "[a-z]{2,12}", edits in prop::collection::vec((0_u8..4, any::<prop::sample::Index>(), b'a'..=b'z'), 1..3)) {
            let mut other = word.clone().into_bytes();
            for (what, at, letter) in &edits {
                let at = at.index(other.len());
                match what {
                    0 => other.insert(at, *letter),
                    1 if other.len() > 1 => drop(other.remove(at)),
                    2 if at > 0 => other.swap(at - 1, at),
                    _ => other[at] = *letter,
                }
            }
            let (word, count) = (word.into_bytes(), edits.len() as u32);
            if slow(&word, &other) <= count {
                let lack = Lack::of(word.len(), other.len(), count).unwrap();
                let block = block_of(&[String::from_utf8(other.clone()).unwrap()]);
                prop_assert_eq!(may_be_near(&block, signature(&word), lack, 0) & 1, 1);
                prop_assert!(lack.allows(letters(&word), letters(&other)));
            }
        }
    }
}
