//! Candidates: what each listed name shares with the query, added up.

use std::iter::Peekable;

use weighbridge_blob::lexicon::{Lexicon, ListedWords};
use weighbridge_blob::order::{least, sort};

use super::ask::{Ask, MAX_PARTS, Sieve, Variant};
use super::{CANDIDATES, How, Params};

/// Looking into a listed name takes as long as visiting this many postings.
const OF_POSTINGS: usize = 12;

/// What a letter that a word of the listed name begins with adds, in sixteenths of a bit.
const LETTER: u32 = 24;

/// The same of its first word, on top of that: as much as three words more or fewer.
const AHEAD: u32 = 3;

#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What each listed name has gathered, 16 bits, and below it the token of the query that added last, 8 bits.
    gathered: Vec<u32>,
    /// The names that have gathered anything.
    touched: Vec<u32>,
    /// What a name gathered, the more the less, and its number: one key each, so that sorting is little code.
    ranked: Vec<u64>,
    /// Keys that are sorted in between.
    keys: Vec<u64>,
    /// Postings that were visited.
    pub visited: u32,
    /// The best: number, what it gathered.
    pub best: Vec<(u32, u16)>,
}

/// Nothing gathered, by no token.
const NOTHING: u32 = u8::MAX as u32;

/// Adds to what a name has gathered, unless this token of the query has: its place as it then is. Names that have nothing stay out if they
/// come too `late`. `gain` is what is added and, in the lowest byte, the token.
#[inline(always)]
fn credit(gathered: &mut [u32], touched: &mut Vec<u32>, name: u32, gain: u32, late: bool) -> u32 {
    let Some(slot) = gathered.get_mut(name as usize).filter(|slot| **slot as u8 != gain as u8) else { return 0 };
    if *slot <= NOTHING {
        if late {
            return 0;
        }
        touched.push(name);
    }
    // Tokens weigh less than a byte holds, and there are few: the sum of all stays within 16 bits.
    *slot = (*slot & !NOTHING).wrapping_add(gain);
    *slot
}

/// A name as a number that is the less, the better its rank; of equals, the less its number.
fn key(rank: u32, name: u32) -> u64 {
    u64::from(!rank) << 32 | u64::from(name)
}

/// What a listed name gains in rank by a word that begins with one of the lone `letters` of the query. A word of the query is not what its
/// letter stands for (`A. Ali`), unless the name has it once more (`S. Said`).
fn letter_gain(lexicon: &Lexicon<'_>, ask: &Ask, listed: &ListedWords<'_>, letters: u32) -> u32 {
    let (mut own, mut gain) = (0_u32, 0);
    for (n, token) in listed.tokens().enumerate() {
        if letters & letter_bit(lexicon.text(token).first()) == 0 {
            continue;
        }
        let asked = ask.heads.iter().enumerate().position(|(a, head)| own >> a & 1 == 0 && head.len > 1 && head.listed == Some(token));
        match asked {
            Some(a) => own |= 1 << a,
            None => gain = gain.max((LETTER << 6) + if n == 0 { AHEAD } else { 0 }),
        }
    }
    gain
}

fn letter_bit(letter: Option<&u8>) -> u32 {
    letter.filter(|b| b.is_ascii_lowercase()).map_or(0, |b| 1 << (b - b'a'))
}

/// The rank of a [`key`].
fn rank(key: u64) -> u32 {
    !((key >> 32) as u32)
}

/// Fills `found.best`, and visits at most `most_postings`. `true` if a bound was hit.
pub(crate) fn find(lexicon: &Lexicon<'_>, ask: &Ask, found: &mut Found, params: &Params, most_postings: usize) -> bool {
    let names = lexicon.name_count() as usize;
    if found.gathered.len() < names {
        found.gathered.resize(names, NOTHING);
    }
    found.best.clear();
    let seeking = |n: u8| ask.tokens.get(usize::from(n)).filter(|_| ask.seeking >> n & 1 == 1);
    let mut order: [u8; super::MAX_ASKED] = std::array::from_fn(|n| n as u8);
    let order = order.get_mut(..ask.tokens.len()).unwrap_or_default();
    // The weight of all tokens that look for candidates, and at most what those that have not yet can still add.
    let total: u32 = order.iter().filter_map(|n| seeking(*n)).map(|t| u32::from(t.seeks)).sum();
    let mut rest: u32 = order.iter().filter_map(|n| seeking(*n)).map(|t| u32::from(t.seeks.max(1))).sum();
    let least_of = |most: u32| (total * u32::from(params.least_share)).max(most * u32::from(params.least_of_best)) / 1_000;
    let mut visited = 0_usize;
    let mut truncated = false;
    // What the best one has gathered.
    let mut most = 0;
    // Rarest first, so that a bound costs what matters least.
    let weight = |n: u8| ask.tokens.get(usize::from(n)).map_or(0, |t| t.seeks);
    sort(order, |a, b| (std::cmp::Reverse(weight(*a)), *a) < (std::cmp::Reverse(weight(*b)), *b));
    for n in order.iter().copied() {
        let Some(asked) = seeking(n).filter(|_| !ask.is_repeated(n)) else { continue };
        // A word that stands there several times counts as often, and is looked for once.
        let times = ask.times(n);
        // The best one can only gather more, so what cannot reach the least share of it now never does.
        let open = rest;
        let late = open < least_of(most);
        rest -= u32::from(asked.seeks.max(1)) * times;
        let gain = |sim: u16| ((u32::from(asked.seeks) * u32::from(sim) / 1_000).max(1) * times) << 8 | u32::from(n);
        // A name is credited once for each token of the query, so the likest variants come first.
        found.keys.clear();
        let of_token = |v: &Variant| v.asked >> n & 1 == 1 && v.like.how != How::Acronym;
        found.keys.extend((0_u64..).zip(&ask.variants).filter(|(_, v)| of_token(v)).map(|(at, v)| u64::from(!v.sim) << 32 | at));
        sort(&mut found.keys, |a, b| a < b);
        // Where no more names come in, it may be quicker to look into the few that are there than into all that have the word.
        let tokens = || found.keys.iter().filter_map(|at| ask.variants.get(*at as u32 as usize)).map(|v| v.token);
        if late && found.touched.len() * OF_POSTINGS < tokens().map(|token| lexicon.postings_len(token)).sum() {
            visited += found.touched.len();
            let mut sieve = Sieve::default();
            tokens().for_each(|token| sieve.put(token));
            let least = least_of(most);
            for at in 0..found.touched.len() {
                let Some(name) = found.touched.get(at).copied() else { continue };
                // What cannot gather the least share any more is not told in the end.
                if found.gathered.get(name as usize).is_none_or(|slot| (*slot >> 8) + open < least) {
                    continue;
                }
                let variants =
                    lexicon.tokens_of(name).filter(|token| sieve.may_hold(*token)).flat_map(|token| ask.variants_of_token(token));
                let likest = variants.filter(|v| of_token(v)).map(|v| v.sim);
                if let Some(sim) = likest.max() {
                    most = most.max(credit(&mut found.gathered, &mut found.touched, name, gain(sim), late) >> 8);
                }
            }
            found.keys.clear();
        }
        for at in &found.keys {
            let Some(variant) = ask.variants.get(*at as u32 as usize) else { continue };
            if visited >= most_postings {
                truncated = true;
                break;
            }
            let gain = gain(variant.sim);
            let (gathered, touched) = (found.gathered.as_mut_slice(), &mut found.touched);
            // Two loops, as most postings are of those that come in time.
            let mut count = 0;
            let mut best = 0;
            if late {
                lexicon.each_posting(variant.token, |name| {
                    count += 1;
                    best = best.max(credit(gathered, touched, name, gain, true));
                });
            } else {
                lexicon.each_posting(variant.token, |name| {
                    count += 1;
                    best = best.max(credit(gathered, touched, name, gain, false));
                });
            }
            visited += count;
            most = most.max(best >> 8);
        }
        for split in ask.splits.iter().filter(|s| s.asked >> n & 1 == 1) {
            let parts = split.parts.get(..split.len).unwrap_or_default();
            // The part that fewest names have leads to the others.
            if let Some(rarest) = parts.iter().min_by_key(|t| lexicon.postings_len(**t)) {
                if visited >= most_postings {
                    truncated = true;
                    break;
                }
                visited += lexicon.postings_len(*rarest);
                let gain = gain(split.sim);
                // Postings ascend, so the names that have the other parts too are found in one go through all.
                let mut others: [_; MAX_PARTS] =
                    std::array::from_fn(|at| parts.get(at).filter(|part| *part != rarest).map(|part| lexicon.postings(*part).peekable()));
                for name in lexicon.postings(*rarest) {
                    let has = |other: &mut Peekable<_>| {
                        while other.next_if(|n| *n < name).is_some() {}
                        other.peek() == Some(&name)
                    };
                    if others.iter_mut().flatten().all(has) {
                        most = most.max(credit(&mut found.gathered, &mut found.touched, name, gain, late) >> 8);
                    }
                }
            }
        }
    }
    // Initials say so little that those who have them drive out nobody.
    let mut add = |name: u32, gain: u32| {
        let Some(slot) = found.gathered.get_mut(name as usize) else { return };
        if *slot >> 8 == 0 {
            found.touched.push(name);
        }
        *slot = (*slot >> 8).saturating_add(gain.max(1)).min(u32::from(u16::MAX)) << 8 | *slot & NOTHING;
    };
    for short in &ask.short {
        visited += 1;
        add(short.name, seeking(short.asked).map_or(0, |t| u32::from(t.seeks)));
    }
    let enough = (total * u32::from(params.least_share)).div_ceil(1_000);
    for variant in ask.variants.iter().filter(|v| ask.shortened > 0 && v.like.how == How::Acronym) {
        if visited >= most_postings {
            truncated = true;
            break;
        }
        for name in lexicon.postings(variant.token) {
            visited += 1;
            add(name, enough);
        }
    }
    found.visited = visited as u32;
    let floor = least_of(most);
    let asked = ask.tokens.len() as u32;
    // Lone letters of the query, one bit each: of many names that share its surname, those that begin so come first.
    let letters = ask.tokens.iter().filter(|t| t.text.as_bytes().len() == 1).fold(0, |set, t| set | letter_bit(t.text.as_bytes().first()));
    found.ranked.clear();
    let lens = lexicon.name_lens();
    for name in found.touched.drain(..) {
        let Some(slot) = found.gathered.get_mut(name as usize) else { continue };
        let sum = std::mem::replace(slot, NOTHING) >> 8;
        if sum >= floor.max(1) {
            // Of equals, those of about the same length.
            let length = lens.get(name as usize).map_or(0, |len| u32::from(*len));
            found.ranked.push(key(sum << 6 | (63 - length.abs_diff(asked).min(63)), name));
        }
    }
    if letters != 0 {
        // Whoever is behind the last of the best even with a letter need not be looked at.
        found.keys.clear();
        found.keys.extend_from_slice(&found.ranked);
        least(&mut found.keys, CANDIDATES);
        let last = found.keys.get(CANDIDATES - 1).map_or(0, |key| rank(*key));
        found.ranked.retain(|key| rank(*key) + (LETTER << 6) + AHEAD >= last);
        for slot in &mut found.ranked {
            let (before, name) = (rank(*slot), *slot as u32);
            *slot = key(before + lexicon.words_of(name).map_or(0, |listed| letter_gain(lexicon, ask, &listed, letters)), name);
        }
    }
    least(&mut found.ranked, CANDIDATES);
    found.best.extend(found.ranked.iter().map(|key| (*key as u32, (rank(*key) >> 6) as u16)));
    truncated
}
