//! Candidates: what each listed name shares with the query, added up.

use weighbridge_blob::lexicon::{Lexicon, ListedName};
use weighbridge_blob::order::{least, sort};

use super::ask::Ask;
use super::{CANDIDATES, MAX_POSTINGS, Params};

/// What a letter that a word of the listed name begins with adds, in sixteenths of a bit.
const LETTER: u32 = 24;

#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What each listed name has gathered, and the token of the query that added last.
    gathered: Vec<(u16, u8)>,
    /// The names that have gathered anything.
    touched: Vec<u32>,
    /// What a name gathered, the more the less, and its number: one key each, so that sorting is little code.
    ranked: Vec<u64>,
    /// The best: number, what it gathered.
    pub best: Vec<(u32, u16)>,
}

/// Fills `found.best`. `true` if a bound was hit.
pub(crate) fn find(lexicon: &Lexicon<'_>, ask: &Ask, found: &mut Found, params: &Params) -> bool {
    let names = lexicon.name_count() as usize;
    if found.gathered.len() < names {
        found.gathered.resize(names, (0, u8::MAX));
    }
    found.best.clear();
    let mut total = 0_u32;
    let mut visited = 0_usize;
    let mut truncated = false;
    // Rarest first, so that a bound costs what matters least.
    let mut order: [u8; super::MAX_ASKED] = std::array::from_fn(|n| n as u8);
    let weight = |n: u8| ask.tokens.get(usize::from(n)).map_or(0, |t| t.weight);
    sort(&mut order, |a, b| (std::cmp::Reverse(weight(*a)), *a) < (std::cmp::Reverse(weight(*b)), *b));
    for n in order {
        let Some(asked) = ask.tokens.get(usize::from(n)).filter(|_| ask.seeking >> n & 1 == 1) else { continue };
        total += u32::from(asked.weight);
        let mut add = |token: u32, share: u32, visited: &mut usize| {
            let gain = (u32::from(asked.weight) * share / 1_000).max(1) as u16;
            for name in lexicon.postings(token) {
                *visited += 1;
                let Some((sum, last)) = found.gathered.get_mut(name as usize) else { continue };
                if *last == n {
                    continue;
                }
                if *sum == 0 {
                    found.touched.push(name);
                }
                *sum = sum.saturating_add(gain);
                *last = n;
            }
        };
        // A name is credited once for each token of the query, so the likest variants come first.
        let mut done = u16::MAX;
        loop {
            let below = ask.variants.iter().filter(|v| v.asked >> n & 1 == 1 && v.sim < done).map(|v| v.sim).max();
            let Some(sim) = below else { break };
            done = sim;
            for variant in ask.variants.iter().filter(|v| v.asked >> n & 1 == 1 && v.sim == sim) {
                if visited >= MAX_POSTINGS {
                    truncated = true;
                    break;
                }
                add(variant.token, u32::from(sim), &mut visited);
            }
        }
        for split in ask.splits.iter().filter(|s| s.asked >> n & 1 == 1) {
            let parts = split.parts.get(..split.len).unwrap_or_default();
            // The part that fewest names have leads to the others.
            if let Some(rarest) = parts.iter().min_by_key(|t| lexicon.postings_len(**t)) {
                if visited >= MAX_POSTINGS {
                    truncated = true;
                    break;
                }
                visited += lexicon.postings_len(*rarest);
                let gain = (u32::from(asked.weight) * u32::from(split.sim) / 1_000).max(1) as u16;
                for name in lexicon.postings(*rarest) {
                    let all = lexicon.name(name).is_some_and(|l| parts.iter().all(|p| l.tokens().any(|t| t == *p)));
                    let Some((sum, last)) = found.gathered.get_mut(name as usize).filter(|_| all) else { continue };
                    if *last != n {
                        if *sum == 0 {
                            found.touched.push(name);
                        }
                        *sum = sum.saturating_add(gain);
                        *last = n;
                    }
                }
            }
        }
    }
    let most = found.touched.iter().filter_map(|n| found.gathered.get(*n as usize)).map(|(sum, _)| u32::from(*sum)).max().unwrap_or(0);
    let floor = (total * u32::from(params.least_share)).max(most * u32::from(params.least_of_best)) / 1_000;
    let asked = ask.tokens.len() as u32;
    // Lone letters of the query, one bit each: of many names that share its surname, those that begin so come first.
    let bit = |letter: Option<&u8>| letter.filter(|b| b.is_ascii_lowercase()).map_or(0_u32, |b| 1 << (b - b'a'));
    let letters = ask.tokens.iter().filter(|t| t.text.as_bytes().len() == 1).fold(0, |set, t| set | bit(t.text.as_bytes().first()));
    found.ranked.clear();
    for name in found.touched.drain(..) {
        let Some(slot) = found.gathered.get_mut(name as usize) else { continue };
        let (sum, _) = std::mem::replace(slot, (0, u8::MAX));
        if u32::from(sum) >= floor.max(1) {
            // Of equals, those of about the same length.
            let length = lexicon.name_len(name);
            let begins = |l: ListedName<'_>| l.tokens().any(|t| letters & bit(lexicon.text(t).first()) != 0);
            let sum = u32::from(sum) + u32::from(letters != 0 && lexicon.name(name).is_some_and(begins)) * LETTER;
            let rank = sum << 6 | (63 - length.abs_diff(asked).min(63));
            found.ranked.push(u64::from(!rank) << 32 | u64::from(name));
        }
    }
    least(&mut found.ranked, CANDIDATES);
    found.best.extend(found.ranked.iter().map(|key| (*key as u32, (!((*key >> 32) as u32) >> 6) as u16)));
    truncated
}
