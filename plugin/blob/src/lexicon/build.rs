//! The builder's side: names into a lexicon section.

use std::collections::{BTreeMap, BTreeSet};

use super::scan::{BLOCK, COLUMNS, signature};
use super::slavic::slavic;
use super::{ACRONYM_LEN, Class, FIELDS, HEAD, MAX_NAMESAKES, MAX_TOKEN, hash, skeleton};
use crate::bytes::{SUMMED, put_planes, put_varint};
use crate::model::NameRole;
use crate::name::{Acronym, unpacked};

/// A listed name in tokens.
#[derive(Debug, Clone)]
pub struct NameIn {
    /// Entry number.
    pub entry: u32,
    /// Standing.
    pub role: NameRole,
    /// Tokens in reading order, as the normal form has them.
    pub tokens: Vec<(String, Class)>,
    /// What it may be shortened to. Of each the tokens must be there.
    pub acronyms: Vec<Acronym>,
}

/// What the word table knows of a token.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Class of frequency among ordinary names, 0-15.
    pub frequency: u8,
    /// Groups of equivalent spellings; `true` = a nickname.
    pub groups: Vec<(u16, bool)>,
    /// It says what a body does, or is an article: as an acronym it is none.
    pub word: bool,
}

/// Parties that a list counts as having at least: a rare word on a short list tells as much as on a long one.
const LEAST_PARTIES: usize = 8_192;

/// Why a lexicon cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many {0} for a lexicon")]
pub struct TooMany(pub &'static str);

/// Encodes names of one kind, in the order of entries and of their names. `known` tells of each token what the word table has. Only the
/// names of `persons` are found by their [`slavic`] keys too.
///
/// # Errors
/// [`TooMany`] for more than 2^24 names or tokens, or a name of more than 255 tokens.
pub fn encode(names: &[NameIn], persons: bool, known: impl Fn(&str) -> Known) -> Result<Vec<u8>, TooMany> {
    // Token texts in the order of length, then alphabet: the groups that the scan walks.
    let cut = |text: &str| text.as_bytes().get(..text.len().min(MAX_TOKEN)).unwrap_or_default().to_vec();
    let mut by_text: BTreeMap<(usize, Vec<u8>), Token> = BTreeMap::new();
    let mut entries = BTreeSet::new();
    for (number, name) in (0_u32..).zip(names) {
        entries.insert(name.entry);
        for (text, class) in &name.tokens {
            let text = cut(text);
            let token = by_text.entry((text.len(), text)).or_insert_with(|| Token {
                class: *class,
                names: BTreeSet::new(),
                entries: BTreeSet::new(),
            });
            token.class = token.class.min(*class);
            token.names.insert(number);
            token.entries.insert(name.entry);
        }
    }
    if by_text.len() >= 1 << 24 || names.len() >= 1 << 24 {
        return Err(TooMany("names"));
    }
    let numbers: BTreeMap<&[u8], u32> = by_text.keys().map(|(_, text)| text.as_slice()).zip(0..).collect();
    let width = if by_text.len() <= 1 << 16 { 2 } else { 3 };
    let put_id = |out: &mut Vec<u8>, id: u32, width: usize| out.extend(id.to_le_bytes().iter().take(width));

    let (mut texts, mut meta, mut offsets, mut postings) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut spans = Vec::new();
    let mut groups: BTreeSet<(u16, u32, bool)> = BTreeSet::new();
    let spellings = if persons { Spellings::of(&by_text, &known) } else { Spellings::default() };
    for (id, ((_, text), token)) in (0_u32..).zip(&by_text) {
        texts.extend_from_slice(text);
        let about = known(std::str::from_utf8(text).unwrap_or_default());
        let (own, any) = (weight(entries.len(), token.entries.len()), weight(entries.len(), spellings.parties(text, token, &about)));
        meta.push(((u16::from(own) * (4 - OF_ANY_SPELLING) + u16::from(any) * OF_ANY_SPELLING) / 4) as u8);
        meta.push(token.class as u8 | about.frequency.min(15) << 4);
        groups.extend(about.groups.iter().map(|(group, nick)| (*group, id, *nick)));
        let from = u32::try_from(postings.len()).map_err(|_| TooMany("postings"))?;
        if (id as usize).is_multiple_of(SUMMED) {
            offsets.extend(from.to_le_bytes());
        }
        let mut before = 0;
        for name in &token.names {
            put_varint(&mut postings, u64::from(name - before));
            before = *name;
        }
        let span = u32::try_from(postings.len()).ok().and_then(|end| end.checked_sub(from)).filter(|span| *span < 1 << 24);
        let [a, b, c, _] = span.ok_or(TooMany("postings"))?.to_le_bytes();
        spans.push([a, b, c]);
    }
    put_planes(&mut offsets, &spans);

    let (mut rows, mut columns_of_rows, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for (number, name) in names.iter().enumerate() {
        if number % SUMMED == 0 {
            rows.extend(u32::try_from(ids.len() / width).map_err(|_| TooMany("tokens"))?.to_le_bytes());
        }
        let [a, b, c, _] = name.entry.to_le_bytes();
        let len = u8::try_from(name.tokens.len()).map_err(|_| TooMany("words in a name"))?;
        columns_of_rows.push([a, b, c, name.role as u8, len]);
        for (text, _) in &name.tokens {
            let id = numbers.get(cut(text).as_slice()).copied().unwrap_or_default();
            put_id(&mut ids, id, width);
        }
    }
    put_planes(&mut rows, &columns_of_rows);

    // First token of each length, and the bit columns of each group in blocks of 64.
    let mut lengths = Vec::new();
    let mut columns = Vec::new();
    let keys: Vec<&(usize, Vec<u8>)> = by_text.keys().collect();
    for len in 0..=MAX_TOKEN + 1 {
        let first = keys.partition_point(|(l, _)| *l < len);
        let end = keys.partition_point(|(l, _)| *l <= len);
        lengths.extend((first as u32).to_le_bytes());
        lengths.extend((keys.iter().take(first).map(|(l, _)| l).sum::<usize>() as u32).to_le_bytes());
        lengths.extend((columns.len() as u32).to_le_bytes());
        for block in keys.get(first..end).unwrap_or_default().chunks(64) {
            let mut words = [0_u64; COLUMNS];
            for (n, (_, text)) in block.iter().enumerate() {
                let mask = signature(text);
                for (c, word) in words.iter_mut().enumerate() {
                    *word |= (mask >> c & 1) << n;
                }
            }
            words.iter().for_each(|w| columns.extend(w.to_le_bytes()));
        }
    }
    debug_assert_eq!(columns.len() % BLOCK, 0);

    // Skeletons: buckets by hash, about four tokens each; then, among them, the keys of Slavic names.
    let bits = (by_text.len() / 4).max(1).ilog2();
    let mut buckets: Vec<Vec<(u8, Vec<u8>, u32)>> = vec![Vec::new(); 1 << bits];
    for (id, ((_, text), token)) in (0_u32..).zip(&by_text) {
        let other = if persons && token.class == Class::Name { slavic(text) } else { None };
        for key in std::iter::once(skeleton(text, false)).chain(other) {
            let key = key.as_bytes();
            if let Some(bucket) = buckets.get_mut(bucket(key, bits)) {
                bucket.push((super::read::tag(key), key.to_vec(), id));
            }
        }
    }
    let (mut starts, mut members) = (Vec::new(), Vec::new());
    for mut bucket in buckets {
        starts.extend((members.len() as u32).to_le_bytes());
        // Those of one key together: whoever looks for it tells from the first and the last.
        bucket.sort_unstable();
        for (tag, _, id) in bucket {
            let [a, b, c, _] = id.to_le_bytes();
            members.push([tag, a, b, c]);
        }
    }
    starts.extend((members.len() as u32).to_le_bytes());
    let members: Vec<u8> = {
        let mut planes = Vec::new();
        put_planes(&mut planes, &members);
        // The highest byte of a number is left out where no number has one.
        planes.truncate(members.len() * (width + 1));
        planes
    };

    let mut pairs = Vec::new();
    for (group, id, nick) in &groups {
        pairs.extend(group.to_le_bytes());
        pairs.push(u8::from(*nick));
        put_id(&mut pairs, *id, 3);
    }

    let acronyms = acronyms(names, &known);
    let mut out = Vec::new();
    let parts = [&columns, &texts, &meta, &offsets, &postings, &rows, &ids, &starts, &members, &pairs, &acronyms];
    let mut fields = vec![width as u32, by_text.len() as u32, names.len() as u32, bits];
    let mut at = HEAD.next_multiple_of(8);
    for part in parts {
        fields.push(u32::try_from(at).map_err(|_| TooMany("bytes"))?);
        at += part.len();
    }
    debug_assert_eq!(fields.len(), FIELDS);
    fields.iter().for_each(|f| out.extend(f.to_le_bytes()));
    out.extend(lengths);
    out.resize(HEAD.next_multiple_of(8), 0);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    Ok(out)
}

/// The acronyms of names by which no more than [`MAX_NAMESAKES`] parties go: in the order of their letters and names, once for each party.
/// Left out is what the party lists by itself, what is a word by itself, and what stands for tokens behind the sixteenth.
fn acronyms(names: &[NameIn], known: &impl Fn(&str) -> Known) -> Vec<u8> {
    let mut own: BTreeSet<(u32, &str)> = BTreeSet::new();
    for name in names {
        own.extend(name.tokens.iter().map(|(text, _)| (name.entry, text.as_str())));
    }
    let mut found: BTreeMap<u32, BTreeMap<u32, (u32, u8)>> = BTreeMap::new();
    for (number, name) in (0_u32..).zip(names) {
        for acronym in &name.acronyms {
            let Some((letters, len)) = unpacked(acronym.packed) else { continue };
            let text = letters.get(..len).and_then(|letters| std::str::from_utf8(letters).ok()).unwrap_or_default();
            let about = known(text);
            let (first, last) = (acronym.tokens.trailing_zeros(), 31 - acronym.tokens.leading_zeros().min(31));
            if acronym.tokens == 0 || last >= 16 || about.word || about.frequency > 0 || own.contains(&(name.entry, text)) {
                continue;
            }
            let span = (first << 4 | (last - first)) as u8;
            found.entry(acronym.packed).or_default().entry(name.entry).or_insert((number, span));
        }
    }
    let mut out = Vec::new();
    let mut rows: Vec<[u8; ACRONYM_LEN]> = Vec::new();
    for (packed, parties) in found.iter().filter(|(_, parties)| parties.len() <= MAX_NAMESAKES) {
        // Names stand in the order of their parties.
        for (number, span) in parties.values() {
            let [x, y, z, _] = number.to_le_bytes();
            out.extend(packed.to_le_bytes());
            rows.push([x, y, z, *span]);
        }
    }
    put_planes(&mut out, &rows);
    out
}

struct Token {
    class: Class,
    names: BTreeSet<u32>,
    entries: BTreeSet<u32>,
}

/// Quarters of what a word of a person's name says that are told from all spellings of the name together: who meets `Viktorovych` has
/// met a Viktorovich, of whom there are many, however few of them are spelt so.
const OF_ANY_SPELLING: u16 = 1;

/// Who carries a name in any spelling.
#[derive(Default)]
struct Spellings {
    /// Parties, by group of equivalents.
    groups: BTreeMap<u16, BTreeSet<u32>>,
    /// Parties, by the consonants of words of three letters or more.
    bones: BTreeMap<Vec<u8>, BTreeSet<u32>>,
}

impl Spellings {
    fn of(tokens: &BTreeMap<(usize, Vec<u8>), Token>, known: &impl Fn(&str) -> Known) -> Self {
        let mut spellings = Self::default();
        for ((len, text), token) in tokens {
            for (group, _) in known(std::str::from_utf8(text).unwrap_or_default()).groups.iter().filter(|(_, nick)| !nick) {
                spellings.groups.entry(*group).or_default().extend(&token.entries);
            }
            if *len > 2 {
                spellings.bones.entry(skeleton(text, false).as_bytes().to_vec()).or_default().extend(&token.entries);
            }
        }
        spellings
    }

    /// How many parties carry a word in this spelling, in one that the tables know, or in one of the same consonants.
    fn parties(&self, text: &[u8], token: &Token, about: &Known) -> usize {
        let mut all: BTreeSet<&u32> = token.entries.iter().collect();
        let groups = about.groups.iter().filter(|(_, nick)| !nick).filter_map(|(group, _)| self.groups.get(group));
        groups.for_each(|parties| all.extend(parties));
        if text.len() > 2 {
            all.extend(self.bones.get(skeleton(text, false).as_bytes()).into_iter().flatten());
        }
        all.len()
    }
}

/// The bucket of a skeleton among `1 << bits`.
pub(super) fn bucket(skeleton: &[u8], bits: u32) -> usize {
    super::read::bucket(hash(skeleton), bits)
}

/// Sixteenths of a bit of information in meeting a token that `df` of `all` parties carry, at most 255.
///
/// One party tells nothing of how common its words are, so the first one counts as one of [`LEAST_PARTIES`]; the others count
/// as what they are. On a long list this is `16 log2(all / df)`. In integers, so that every machine builds the same bytes.
fn weight(all: usize, df: usize) -> u8 {
    let (all, most) = (all.max(1) as u128, all.max(LEAST_PARTIES) as u128);
    let ratio = ((all * most) << 32) / (df.max(1) as u128 - 1).saturating_mul(most).saturating_add(all);
    // log2 by squaring: 1.0 <= x < 2.0 in 32.32 fixed point.
    let whole = ratio.ilog2().saturating_sub(32);
    let mut x = (ratio >> whole) as u64;
    let mut fraction = 0;
    for _ in 0..4 {
        let square = (u128::from(x) * u128::from(x)) >> 32;
        fraction <<= 1;
        if square >> 33 != 0 {
            fraction |= 1;
            x = (square >> 1) as u64;
        } else {
            x = square as u64;
        }
    }
    u8::try_from(whole * 16 + fraction).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_sixteenths_of_bits() {
        assert_eq!(weight(8_192, 1), 208); // 13 bits
        assert_eq!(weight(8_192, 8_192), 0);
        assert_eq!(weight(16_384, 4), 192); // 12 bits
        assert_eq!(weight(24_576, 8_192), 25); // 16 * 1.585
        assert_eq!(weight(5, 1), 208);
        assert_eq!(weight(5, 3), 21); // 16 log2(5 / 2), less a little
        assert_eq!(weight(1 << 40, 1), 255);
    }
}
