//! The reader of a lexicon section: bounds checked, nothing copied.

use super::scan::{BLOCK, Lack, Pattern, eight, letters, may_be_near, one_edit, one_edit_of_eight, signature};
use super::slavic::slavic;
use super::{ACRONYM_LEN, Class, GROUP_LEN, HEAD, LENGTH_ROW, MAX_TOKEN, NAME_LEN, SPAN_LEN, Short, hash, skeleton};
use crate::bytes::{Planes, SUMMED, sum_in_block, u8_at, u16_at, u32_at, uint_at};
use crate::model::NameRole;
use crate::name::unpacked;

/// Why a lexicon cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LexiconError(pub &'static str);

/// The names of one kind of party.
#[derive(Debug, Clone, Copy)]
pub struct Lexicon<'a> {
    width: usize,
    tokens: u32,
    names: u32,
    bits: u32,
    /// For each length the first token, and where the texts and blocks begin.
    lengths: &'a [[u8; LENGTH_ROW]; MAX_TOKEN + 2],
    columns: &'a [u8],
    texts: &'a [u8],
    meta: &'a [u8],
    /// Where the postings of every eighth token begin.
    offsets: &'a [u8],
    /// Bytes of each token's postings.
    spans: Planes<'a>,
    postings: &'a [u8],
    /// Where the tokens of every eighth name begin.
    firsts: &'a [u8],
    rows: Planes<'a>,
    ids: &'a [u8],
    starts: &'a [u8],
    members: Planes<'a>,
    member_count: usize,
    pairs: &'a [u8],
    /// Letters of acronyms, and what they lead to.
    acronyms: &'a [u8],
    shortened: Planes<'a>,
}

/// What a listed name may be shortened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Initials {
    /// Its number.
    pub name: u32,
    /// The tokens that the acronym stands for, one bit each.
    pub tokens: u32,
}

/// A listed name, read in place.
#[derive(Debug, Clone, Copy)]
pub struct ListedName<'a> {
    /// Entry number.
    pub entry: u32,
    /// Standing.
    pub role: NameRole,
    /// Its tokens.
    pub words: ListedWords<'a>,
}

impl<'a> ListedName<'a> {
    /// How many tokens it has.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Its token numbers in reading order.
    pub fn tokens(&self) -> impl Iterator<Item = u32> + use<'a> {
        self.words.tokens()
    }
}

/// The tokens of a listed name, read in place.
#[derive(Debug, Clone, Copy)]
pub struct ListedWords<'a> {
    count: usize,
    ids: &'a [u8],
    width: usize,
}

impl<'a> ListedWords<'a> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Their numbers in reading order.
    pub fn tokens(&self) -> impl Iterator<Item = u32> + use<'a> {
        ids_of(self.ids, self.width)
    }
}

/// Numbers of `width` bytes each.
#[inline(always)]
fn ids_of(ids: &[u8], width: usize) -> impl Iterator<Item = u32> {
    let mut rest = ids;
    std::iter::from_fn(move || {
        let (id, tail) = rest.split_at_checked(width)?;
        rest = tail;
        Some(id_of(id))
    })
}

/// A number of two or three bytes.
#[inline(always)]
fn id_of(bytes: &[u8]) -> u32 {
    match bytes {
        [a, b] => u32::from_le_bytes([*a, *b, 0, 0]),
        [a, b, c] => u32::from_le_bytes([*a, *b, *c, 0]),
        _ => 0,
    }
}

/// The first eight letters at a place as a number that is the greater, the later the word, behind a mask: of a shorter word it cuts off
/// what stands behind it.
#[inline(always)]
fn front(texts: &[u8], at: usize, mask: u64) -> Option<u64> {
    match texts.get(at..)?.first_chunk() {
        Some(word) => Some(u64::from_be_bytes(*word) & mask),
        None => Some(front_at_end(texts, at) & mask),
    }
}

/// The same where fewer than eight bytes are left.
#[inline(never)]
fn front_at_end(texts: &[u8], at: usize) -> u64 {
    texts.get(at..).unwrap_or_default().iter().zip((0..8).rev()).fold(0, |all, (byte, place)| all | u64::from(*byte) << (place * 8))
}

/// The length that most tokens have.
const COMMON: usize = 6;

/// A byte that parts most skeletons of one bucket without looking at their tokens.
pub(super) fn tag(skeleton: &[u8]) -> u8 {
    hash(skeleton) as u8
}

/// Upper `bits` of a hash.
pub(super) fn bucket(hash: u32, bits: u32) -> usize {
    if bits == 0 { 0 } else { (hash.wrapping_mul(0x9e37_79b1) >> (32 - bits.min(31))) as usize }
}

impl<'a> Lexicon<'a> {
    /// Opens a section. Checks its frame, not its content.
    ///
    /// # Errors
    /// [`LexiconError`] if the parts do not fit the section.
    pub fn open(section: &'a [u8]) -> Result<Self, LexiconError> {
        let cut = LexiconError("its head is cut");
        let field = |n: usize| u32_at(section, n * 4).ok_or(cut);
        let (width, tokens, names, bits) = (field(0)? as usize, field(1)?, field(2)?, field(3)?);
        if !(2..=3).contains(&width) || tokens >= 1 << 24 || names >= 1 << 24 || bits > 24 {
            return Err(LexiconError("its counts are out of range"));
        }
        let part = |n: usize| -> Result<&'a [u8], LexiconError> {
            let from = field(4 + n)? as usize;
            let to = if n == 10 { section.len() } else { field(5 + n)? as usize };
            section.get(from..to).filter(|_| from >= HEAD).ok_or(LexiconError("a part of it ends behind it"))
        };
        let lengths = section.get(super::FIELDS * 4..HEAD).and_then(|rows| rows.as_chunks().0.first_chunk()).ok_or(cut)?;
        let (t, n) = (tokens as usize, names as usize);
        let lie = LexiconError("its parts do not have the lengths that its counts tell");
        let marked = |part: &'a [u8], count: usize| part.split_at_checked(count.div_ceil(SUMMED) * 4).ok_or(lie);
        let (offsets, spans) = marked(part(3)?, t)?;
        let (firsts, rows) = marked(part(5)?, n)?;
        let member_count = part(8)?.len() / (width + 1);
        let acronym_count = part(10)?.len() / (4 + ACRONYM_LEN);
        let (acronyms, shortened) = part(10)?.split_at_checked(acronym_count * 4).ok_or(lie)?;
        let lexicon = Self {
            width,
            tokens,
            names,
            bits,
            lengths,
            columns: part(0)?,
            texts: part(1)?,
            meta: part(2)?,
            offsets,
            spans: Planes::new(spans, t, SPAN_LEN).ok_or(lie)?,
            postings: part(4)?,
            firsts,
            rows: Planes::new(rows, n, NAME_LEN).ok_or(lie)?,
            ids: part(6)?,
            starts: part(7)?,
            members: Planes::new(part(8)?, member_count, width + 1).ok_or(lie)?,
            member_count,
            pairs: part(9)?,
            acronyms,
            shortened: Planes::new(shortened, acronym_count, ACRONYM_LEN).ok_or(lie)?,
        };
        let fits = lexicon.meta.len() == t * 2
            && lexicon.ids.len().is_multiple_of(width)
            && lexicon.starts.len() == ((1 << bits) + 1) * 4
            && lexicon.pairs.len().is_multiple_of(GROUP_LEN)
            && lexicon.columns.len().is_multiple_of(BLOCK);
        if fits { Ok(lexicon) } else { Err(lie) }
    }

    /// How many tokens there are.
    pub fn token_count(&self) -> u32 {
        self.tokens
    }

    /// How many names there are.
    pub fn name_count(&self) -> u32 {
        self.names
    }

    /// First token of a length; the number of tokens past the longest.
    #[inline(always)]
    fn first_of(&self, len: usize) -> u32 {
        self.lengths.get(len).map_or(self.tokens, |[a, b, c, d, ..]| u32::from_le_bytes([*a, *b, *c, *d]).min(self.tokens))
    }

    /// The tokens of a length: first, end, offset of their texts, offset of their blocks.
    fn group(&self, len: usize) -> (u32, u32, usize, usize) {
        let row = self.lengths.get(len);
        let at = |part: usize| row.and_then(|row| u32_at(row, part * 4)).map_or(usize::MAX, |n| n as usize);
        (self.first_of(len), self.first_of(len + 1), at(1), at(2))
    }

    /// The token with this text.
    pub fn find(&self, token: &[u8]) -> Option<u32> {
        let len = token.len().min(MAX_TOKEN);
        let token = token.get(..len)?;
        let (first, end, text, _) = self.group(len);
        let texts = self.texts.get(text..)?;
        let mask = u64::MAX.checked_shl(64 - len.min(8) as u32 * 8)?;
        let wanted = front(token, 0, mask)?;
        // The last word that is not behind it, halving what is left without asking whether it was met.
        let (mut at, mut left) = (0_usize, end.checked_sub(first)? as usize);
        while left > 1 {
            let middle = at + left / 2;
            // Eight letters at once tell most words apart, and sort as the words do.
            let there = front(texts, middle * len, mask)?;
            let behind = there > wanted || (there == wanted && len > 8 && texts.get(middle * len..(middle + 1) * len)? > token);
            at = if behind { at } else { middle };
            left -= left / 2;
        }
        let found = left > 0 && front(texts, at * len, mask) == Some(wanted) && (len <= 8 || texts.get(at * len..(at + 1) * len)? == token);
        found.then_some(first + at as u32)
    }

    /// The text of a token; empty for a number that is not there.
    pub fn text(&self, token: u32) -> &'a [u8] {
        let (at, len) = self.place(token);
        self.text_at(at, len)
    }

    /// Where the text of a token begins, and its length; of a number that is not there, nothing.
    pub fn place(&self, token: u32) -> (usize, usize) {
        if token >= self.tokens {
            return (0, 0);
        }
        let start = |row: &[u8; LENGTH_ROW]| row.first_chunk().map_or(0, |first| u32::from_le_bytes(*first));
        let begins = |len: usize| self.lengths.get(len).map_or(u32::MAX, start);
        // From the most common length on to the last one whose first token is not above.
        let mut len = COMMON;
        while len < MAX_TOKEN && begins(len + 1) <= token {
            len += 1;
        }
        while len > 0 && begins(len) > token {
            len -= 1;
        }
        let Some(row) = self.lengths.get(len) else { return (0, 0) };
        let text = u32_at(row, 4).map_or(usize::MAX, |text| text as usize);
        (text.saturating_add(token.saturating_sub(start(row)) as usize * len), len)
    }

    /// The text at a [`Lexicon::place`].
    pub fn text_at(&self, at: usize, len: usize) -> &'a [u8] {
        self.texts.get(at..at.saturating_add(len)).unwrap_or_default()
    }

    /// Whether a token is one letter or digit.
    pub fn is_letter(&self, token: u32) -> bool {
        (self.first_of(1)..self.first_of(2)).contains(&token)
    }

    /// Sixteenths of a bit of information in meeting it: the rarer on this list, the more.
    pub fn weight(&self, token: u32) -> u8 {
        u8_at(self.meta, token as usize * 2).unwrap_or(0)
    }

    /// What it is.
    pub fn class(&self, token: u32) -> Class {
        Class::from_code(u8_at(self.meta, token as usize * 2 + 1).unwrap_or(0) & 7)
    }

    /// Class of its frequency among ordinary names, 0-15.
    pub fn frequency(&self, token: u32) -> u8 {
        u8_at(self.meta, token as usize * 2 + 1).unwrap_or(0) >> 4
    }

    /// What it is, its weight and the class of its frequency, read at once.
    pub fn meta(&self, token: u32) -> (Class, u8, u8) {
        let [weight, what] = u16_at(self.meta, token as usize * 2).unwrap_or(0).to_le_bytes();
        (Class::from_code(what & 7), weight, what >> 4)
    }

    /// Bytes of the postings of a token: an upper bound of the number of names with it.
    pub fn postings_len(&self, token: u32) -> usize {
        self.spans.uint(token as usize, 0, SPAN_LEN).unwrap_or(0) as usize
    }

    fn range_of(&self, token: u32) -> Option<&'a [u8]> {
        let at = token as usize;
        let before = (0..SPAN_LEN).rev().fold(0, |sum, plane| (sum << 8) + sum_in_block(self.spans.plane(plane), at) as usize);
        let from = (u32_at(self.offsets, at / SUMMED * 4)? as usize).checked_add(before)?;
        self.postings.get(from..from.checked_add(self.spans.uint(at, 0, SPAN_LEN)? as usize)?)
    }

    /// Calls `each` with the numbers of the names with a token, ascending: [`Lexicon::postings`] in one go.
    #[inline(always)]
    pub fn each_posting(&self, token: u32, mut each: impl FnMut(u32)) {
        let mut bytes = self.range_of(token).unwrap_or_default().iter();
        let mut name = 0_u32;
        while let Some(byte) = bytes.next() {
            let mut delta = u32::from(*byte);
            // Most names with a token stand near each other.
            if delta & 0x80 != 0 {
                delta &= 0x7f;
                let mut shift = 7;
                loop {
                    let Some(byte) = bytes.next().filter(|_| shift <= 21) else { return };
                    delta |= u32::from(byte & 0x7f) << shift;
                    if byte & 0x80 == 0 {
                        break;
                    }
                    shift += 7;
                }
            }
            // Both are below 2^28.
            name = name.wrapping_add(delta);
            if name >= self.names {
                return;
            }
            each(name);
        }
    }

    /// The numbers of the names with a token, ascending.
    pub fn postings(&self, token: u32) -> impl Iterator<Item = u32> + use<'a> {
        let mut rest = self.range_of(token).unwrap_or_default();
        let mut name = 0_u32;
        let names = self.names;
        std::iter::from_fn(move || {
            let (first, tail) = rest.split_first()?;
            if first & 0x80 == 0 {
                // Most names with a token stand near each other.
                rest = tail;
                name = name.checked_add(u32::from(*first)).filter(|n| *n < names)?;
                return Some(name);
            }
            let mut delta = 0_u32;
            for shift in [0, 7, 14, 21] {
                let (byte, tail) = rest.split_first()?;
                rest = tail;
                delta |= u32::from(byte & 0x7f) << shift;
                if byte & 0x80 == 0 {
                    name = name.checked_add(delta).filter(|n| *n < names)?;
                    return Some(name);
                }
            }
            None
        })
    }

    /// A name by its number.
    pub fn name(&self, number: u32) -> Option<ListedName<'a>> {
        let at = number as usize;
        let words = self.words_of(number)?;
        let role = NameRole::from_code(u8::try_from(self.rows.uint(at, 3, 1)?).ok()?)?;
        Some(ListedName { entry: self.rows.uint(at, 0, 3)?, role, words })
    }

    /// The tokens of a name: what a search reads of most names.
    #[inline(always)]
    pub fn words_of(&self, number: u32) -> Option<ListedWords<'a>> {
        let (at, lens) = (number as usize, self.rows.plane(4));
        let count = usize::from(*lens.get(at)?);
        let first = (u32_at(self.firsts, at / SUMMED * 4)?.checked_add(sum_in_block(lens, at))? as usize).checked_mul(self.width)?;
        let ids = self.ids.get(first..first.checked_add(count * self.width)?)?;
        Some(ListedWords { count, ids, width: self.width })
    }

    /// The token numbers of a name in reading order; none of a name that is not there.
    pub fn tokens_of(&self, number: u32) -> impl Iterator<Item = u32> + use<'a> {
        ids_of(self.words_of(number).map_or(&[], |words| words.ids), self.width)
    }

    /// How many tokens each name has, by its number.
    pub fn name_lens(&self) -> &'a [u8] {
        self.rows.plane(4)
    }

    /// The place of a name among the names of its entry.
    pub fn index_in_entry(&self, number: u32) -> u32 {
        let entry_of = |n: u32| self.rows.uint(n as usize, 0, 3);
        let entry = entry_of(number);
        (0..number).rev().take_while(|n| entry_of(*n) == entry).count() as u32
    }

    /// The tokens that have a skeleton, and their texts. `known`: one that has it, if one is known.
    pub fn with_skeleton<'s>(&'s self, wanted: &Short, known: Option<u32>) -> impl Iterator<Item = (u32, &'a [u8])> + use<'a, 's> {
        let (from, to) = self.filed(wanted, known, |text| skeleton(text, false) == *wanted);
        (from..to).filter_map(|at| self.member(at)).map(|token| (token, self.text(token)))
    }

    /// The tokens that have a [`slavic`] key, and their texts. Only those of persons' names are filed under it.
    pub fn with_slavic<'s>(&'s self, wanted: &Short) -> impl Iterator<Item = (u32, &'a [u8])> + use<'a, 's> {
        let (from, to) = self.filed(wanted, None, |text| slavic(text).is_some_and(|key| key == *wanted));
        (from..to).filter_map(|at| self.member(at)).map(|token| (token, self.text(token)))
    }

    /// Where the tokens that are filed under a key begin and end among the members: those of which `has` is true have it, and `known` has.
    fn filed(&self, wanted: &Short, known: Option<u32>, has: impl Fn(&[u8]) -> bool) -> (usize, usize) {
        let key = hash(wanted.as_bytes());
        let (start, end) = self.bucket(bucket(key, self.bits));
        let tags = self.members.plane(0).get(start..end).unwrap_or_default();
        let mut from = start + tags.iter().take_while(|told| **told < key as u8).count();
        let mut to = start + tags.iter().take_while(|told| **told <= key as u8).count();
        let has = |at: usize| self.member(at).is_some_and(|token| Some(token) == known || has(self.text(token)));
        // They stand in the order of their keys, so that what lies between two that have it has it.
        while from < to && !has(from) {
            from += 1;
        }
        while to > from + 1 && !has(to - 1) {
            to -= 1;
        }
        (from, to)
    }

    /// The key of a token under which it is filed besides its skeleton: in persons' names alone, where there are more keys than tokens.
    fn slavic_of(&self, token: u32) -> Option<Short> {
        let has = self.member_count > self.tokens as usize && self.class(token) == Class::Name;
        if has { slavic(self.text(token)) } else { None }
    }

    /// Where a bucket of skeletons begins and ends among the members.
    fn bucket(&self, number: usize) -> (usize, usize) {
        let at = |n: usize| u32_at(self.starts, n * 4).unwrap_or(0) as usize;
        (at(number), at(number + 1))
    }

    fn member(&self, at: usize) -> Option<u32> {
        self.members.uint(at, 1, self.width)
    }

    /// The tokens of a group of equivalent spellings; `true` = it stands there as a nickname.
    pub fn in_group(&self, group: u16) -> impl Iterator<Item = (u32, bool)> + use<'a> {
        let pairs = self.pairs;
        let count = pairs.len() / GROUP_LEN;
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            if u16_at(pairs, middle * GROUP_LEN).is_some_and(|g| g < group) { low = middle + 1 } else { high = middle }
        }
        (low..count).map_while(move |n| {
            let row = pairs.get(n * GROUP_LEN..(n + 1) * GROUP_LEN)?;
            (u16_at(row, 0)? == group).then_some((id_of(row.get(3..)?), row.get(2).copied() != Some(0)))
        })
    }

    /// The names that a word may be short for, by its [`packed`](crate::name::packed) letters.
    pub fn shortened_to(&self, packed: u32) -> impl Iterator<Item = Initials> + use<'a> {
        let this = *self;
        let of = move |at: usize| u32_at(this.acronyms, at * 4);
        let count = this.acronyms.len() / 4;
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            if of(middle).is_some_and(|told| told < packed) { low = middle + 1 } else { high = middle }
        }
        (low..count).take_while(move |at| of(*at) == Some(packed)).filter_map(move |at| this.initials(at))
    }

    fn initials(&self, at: usize) -> Option<Initials> {
        let span = self.shortened.uint(at, 3, 1)?;
        Some(Initials { name: self.shortened.uint(at, 0, 3)?, tokens: ((2 << (span & 15)) - 1) << (span >> 4) })
    }

    /// The names that have just these tokens, in any order: the same normal form.
    pub fn equal<'t>(&self, tokens: &'t [u32]) -> impl Iterator<Item = u32> + use<'a, 't> {
        let this = *self;
        let rarest = tokens.iter().copied().min_by_key(|t| this.postings_len(*t));
        rarest.into_iter().flat_map(move |t| this.postings(t)).filter(move |number| {
            this.words_of(*number).is_some_and(|name| {
                // Names have few tokens: counting each beats sorting.
                let count = |id: u32| name.tokens().filter(|t| *t == id).count();
                name.len() == tokens.len() && tokens.iter().all(|id| count(*id) == tokens.iter().filter(|t| *t == id).count())
            })
        })
    }

    /// Whether a name says who it is: at least one word is no legal form, company word, title, particle or lone letter.
    pub fn is_distinctive(&self, name: &ListedName<'_>) -> bool {
        name.tokens().any(|t| self.class(t) == Class::Name && self.text(t).len() > 1)
    }

    /// Calls `found` with every token within `limit` (1 or 2) edits of a word that is not itself it: token, edits, its text.
    pub fn near(&self, word: &[u8], limit: u32, mut found: impl FnMut(u32, u32, &'a [u8])) {
        let word = word.get(..word.len().min(MAX_TOKEN)).unwrap_or_default();
        let len = word.len();
        let Some((initial, rest)) = word.split_first() else { return };
        let (whole, rest, own) = (signature(word), signature(rest), letters(word));
        let pattern = if limit > 1 { Some(Pattern::new(word)) } else { None };
        let (low, high) = (len.saturating_sub(limit as usize).max(1), (len + limit as usize).min(MAX_TOKEN));
        // Words of so many letters are compared as numbers.
        let short = limit == 1 && high <= 8;
        let number = if short { eight(word) } else { 0 };
        for l in low..=high {
            let Some(lack) = Lack::of(len, l, limit) else { continue };
            let (first, end, text, block) = self.group(l);
            let count = end.saturating_sub(first) as usize;
            let longer = l as i32 - len as i32;
            // Words ascend, so most blocks have none that begins with the same letter: of the others less may be missing.
            let blocks = count.div_ceil(64);
            let begins = |block: usize| self.texts.get(text.saturating_add(block * 64 * l)).copied().unwrap_or(u8::MAX);
            let first_from = |letter: u8| {
                let (mut low, mut high) = (1, blocks);
                while low < high {
                    let middle = low + (high - low) / 2;
                    if begins(middle) < letter { low = middle + 1 } else { high = middle }
                }
                low
            };
            let same = first_from(*initial) - 1..first_from(initial.saturating_add(1));
            let others = Lack::behind_first(len, l, limit);
            for (b, columns) in self.columns.get(block..).unwrap_or_default().chunks_exact(BLOCK).take(blocks).enumerate() {
                let few = if short { 2 } else { 1 };
                let mut near = match others {
                    _ if same.contains(&b) => may_be_near(columns, whole, lack, few),
                    Some(lack) => may_be_near(columns, rest, lack, few),
                    None => 0,
                };
                while near != 0 {
                    let n = b * 64 + near.trailing_zeros() as usize;
                    near &= near - 1;
                    let at = text.saturating_add(n * l);
                    if short {
                        let there = uint_at(self.texts, at, l).unwrap_or(0);
                        if !one_edit_of_eight(number, there, longer) {
                            continue;
                        }
                    }
                    let Some(there) = self.texts.get(at..at.saturating_add(l)).filter(|_| n < count) else { break };
                    let edits = match &pattern {
                        None if short => Some(1),
                        // Of one edit a look at both ends tells.
                        None => one_edit(word, there),
                        Some(pattern) if lack.allows(own, letters(there)) => pattern.edits(there, limit),
                        Some(_) => None,
                    };
                    match edits {
                        Some(edits) if edits > 0 => found(first + n as u32, edits, there),
                        _ => {}
                    }
                }
            }
        }
    }

    /// Checks every record: nothing leads outside, everything that search relies on is in its order.
    ///
    /// # Errors
    /// [`LexiconError`] with the first thing that is wrong.
    pub fn verify(&self, entries: u32) -> Result<(), LexiconError> {
        let err = |why| Err(LexiconError(why));
        let mut text = 0_usize;
        let mut blocks = 0_usize;
        for len in 0..=MAX_TOKEN {
            let (first, end) = (self.first_of(len), self.first_of(len + 1));
            let (_, _, at_text, at_block) = self.group(len);
            if first > end || (len <= 1 && first != 0) || (first < end && (at_text, at_block) != (text, blocks)) {
                return err("its lengths are out of order");
            }
            let count = (end - first) as usize;
            let texts = self.texts.get(text..text + count * len).unwrap_or_default();
            if texts.len() != count * len || !texts.chunks_exact(len.max(1)).is_sorted_by(|a, b| a < b) {
                return err("its tokens are out of order");
            }
            for (chunk, texts) in texts.chunks(len.max(1) * 64).enumerate() {
                for (n, token) in texts.chunks_exact(len.max(1)).enumerate() {
                    let block = self.columns.get(blocks + chunk * BLOCK..).unwrap_or_default();
                    let bits = (0..64).fold(0_u64, |m, c| m | (crate::bytes::u64_at(block, c * 8).unwrap_or(0) >> n & 1) << c);
                    if bits != signature(token) {
                        return err("its bit columns are not those of its tokens");
                    }
                }
            }
            text += count * len;
            blocks += count.div_ceil(64) * BLOCK;
        }
        if text != self.texts.len() || blocks != self.columns.len() || self.first_of(MAX_TOKEN + 1) != self.tokens {
            return err("its tokens do not fill their part");
        }
        let (mut seen, mut spans, mut firsts) = (0_u32, 0_usize, 0_usize);
        let mut starts = self.starts.chunks_exact(4).map(|s| u32_at(s, 0).unwrap_or(u32::MAX));
        if !starts.clone().is_sorted() || starts.clone().next() != Some(0) || starts.next_back() != u32::try_from(self.member_count).ok() {
            return err("its skeleton buckets are out of order");
        }
        let (tokens, mut others) = (self.tokens as usize, 0);
        for number in 0..1 << self.bits {
            let (start, end) = self.bucket(number);
            let mut before = None;
            for at in start..end {
                let token = self.member(at).filter(|token| *token < self.tokens).ok_or(LexiconError("a skeleton leads to no token"))?;
                let told = self.members.plane(0).get(at).copied();
                let is_filed = |key: &Short| told == Some(tag(key.as_bytes())) && bucket(hash(key.as_bytes()), self.bits) == number;
                // As many as there are keys, and none twice: so every key is there.
                let follows = |key: &Short| {
                    let less =
                        |(tag, other, last): &(Option<u8>, Short, u32)| (*tag, other.as_bytes(), *last) < (told, key.as_bytes(), token);
                    before.as_ref().is_none_or(less)
                };
                // Where a token stands in one bucket under both keys, the one with the mark comes first.
                let other = self.slavic_of(token).filter(|key| is_filed(key) && follows(key));
                others += usize::from(other.is_some());
                let key = other.unwrap_or_else(|| skeleton(self.text(token), false));
                if !is_filed(&key) {
                    return err("a token is not among those of its skeleton");
                }
                if !follows(&key) {
                    return err("the tokens of a skeleton are out of order");
                }
                before = Some((told, key, token));
            }
        }
        if others != (0..self.tokens).filter(|token| self.slavic_of(*token).is_some()).count() || self.member_count - others != tokens {
            return err("a token is not among those of its skeleton");
        }
        for token in 0..self.tokens {
            if !self.text(token).iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
                return err("a token is not lower-case ASCII");
            }
            let range = self.range_of(token).ok_or(LexiconError("postings lead outside"))?;
            if (token as usize).is_multiple_of(SUMMED) && u32_at(self.offsets, token as usize / SUMMED * 4) != Some(spans as u32) {
                return err("postings do not begin where those before them end");
            }
            spans += range.len();
            let told = range.iter().filter(|b| **b & 0x80 == 0).count();
            let mut count = 0_usize;
            let mut last = None;
            for name in self.postings(token) {
                let has = self.name(name).is_some_and(|n| n.tokens().any(|t| t == token));
                if !has || last.is_some_and(|l| l >= name) {
                    return err("a posting leads to a name without its token");
                }
                last = Some(name);
                count += 1;
            }
            if count != told {
                return err("postings are damaged");
            }
            seen = seen.saturating_add(count as u32);
        }
        let mut listed = 0_u32;
        let mut before = 0;
        for number in 0..self.names {
            let name = self.name(number).ok_or(LexiconError("a name is damaged"))?;
            if (number as usize).is_multiple_of(SUMMED) && u32_at(self.firsts, number as usize / SUMMED * 4) != Some(firsts as u32) {
                return err("a name does not begin where the one before it ends");
            }
            firsts += name.len();
            if name.entry >= entries || name.entry < before {
                return err("a name leads to an entry that is not there, or out of order");
            }
            before = name.entry;
            let mut ids: Vec<u32> = name.tokens().collect();
            if ids.is_empty() || ids.iter().any(|t| *t >= self.tokens) {
                return err("a name has no tokens, or one that is not there");
            }
            crate::order::sort(&mut ids, |a, b| a < b);
            ids.dedup();
            listed = listed.saturating_add(ids.len() as u32);
        }
        if spans != self.postings.len() || firsts * self.width != self.ids.len() {
            return err("its postings or names do not fill their part");
        }
        if seen != listed {
            return err("a name is not among the postings of its tokens");
        }
        let pairs = self.pairs.chunks_exact(GROUP_LEN).map(|p| (u16_at(p, 0).unwrap_or(0), id_of(p.get(3..).unwrap_or_default())));
        if !pairs.clone().is_sorted() || pairs.clone().any(|(_, token)| token >= self.tokens) {
            return err("its groups are out of order");
        }
        let mut before = None;
        for at in 0..self.acronyms.len() / 4 {
            let told = u32_at(self.acronyms, at * 4).zip(self.initials(at)).filter(|(packed, _)| unpacked(*packed).is_some());
            let Some((packed, Initials { name, tokens })) = told else { return err("an acronym has other letters than there are") };
            if name >= self.names || 32 - tokens.leading_zeros() > self.name_lens().get(name as usize).map_or(0, |len| u32::from(*len)) {
                return err("an acronym leads to no name, or to words that it does not have");
            }
            if before.is_some_and(|before| before >= (packed, name)) {
                return err("its acronyms are out of order");
            }
            before = Some((packed, name));
        }
        Ok(())
    }
}
