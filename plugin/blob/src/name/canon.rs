//! Third stage: words. Phrases and words are replaced by canonical ones with their class, until nothing changes.

use super::table::{PIECE, STEM, Scope};
use super::{Class, Folds, Line, Token, WordTable};
use crate::dict::Walk;
use crate::lexicon::scan::{Pattern, edits_within};
use crate::lexicon::skeleton::Short;
use crate::words::Kind;

/// Letters of the shortest stem in Latin letters, and of the longest ending behind one.
const MIN_STEM: usize = 6;
const MAX_ENDING: usize = 5;

/// Rounds of replacement. The tables need two or three; the bound is for tables that are damaged.
const ROUNDS: usize = 6;

/// Replaces words and phrases by canonical ones. `digits`: there may be some.
pub(super) fn canonicalise(kind: Kind, words: &WordTable<'_>, digits: bool, line: &mut Line, spare: &mut Line, folds: &mut Folds) {
    if digits {
        repair_digits(kind, words, line, spare, folds);
    }
    join_letters(if kind == Kind::Person { 4 } else { 2 }, line, spare, folds);
    let mut barren = 0;
    if kind != Kind::Person {
        // What every repair asks first, and dear to find out: most names have no such word.
        let mut seen = Seen::of(words, line);
        if seen.odd != 0 && matches!(kind, Kind::Organization | Kind::Government) && split_compounds(words, line, spare, seen.odd, folds) {
            seen = Seen::of(words, line);
        }
        for repair in [drop_articles, repair_long_words, repair_cuts, repair_phrases] {
            if seen.odd == 0 {
                break;
            }
            if repair(words, line, spare, seen.odd, folds) {
                seen = Seen::of(words, line);
            }
        }
        barren = seen.barren;
    }
    for _ in 0..ROUNDS {
        let mut changed = replace(kind, words, line, spare, &mut barren);
        if kind == Kind::Person {
            changed |= super::arabic::units(line, spare, &mut barren);
        }
        if !changed {
            break;
        }
        *folds |= Folds::CANONICAL;
    }
}

/// Gives numbers their class, and words their letters where digits stand for them.
fn repair_digits(kind: Kind, words: &WordTable<'_>, line: &mut Line, spare: &mut Line, folds: &mut Folds) {
    spare.clear();
    for (token, text) in (0..).map_while(|i| line.get(i)) {
        if text.bytes().all(|b| b.is_ascii_digit()) {
            spare.push(text, Class::Number, token.flags);
        } else if kind != Kind::Aircraft && is_leet(kind, text) {
            let start = spare.text.len();
            unleet(text, words, &mut spare.text, start);
            *folds |= Folds::LEET;
            spare.close(start, Class::Name, token.flags | Token::FOLDED);
        } else {
            spare.push(text, token.class, token.flags);
        }
    }
    spare.truncated |= line.truncated;
    std::mem::swap(line, spare);
}

/// Whether digits stand for letters: beside as many letters, and not only behind them. Not `1st`, `mi8`, `t72`, `5g`. In a
/// person's name every digit among letters does.
fn is_leet(kind: Kind, word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let letters = word.len() - digits;
    if digits == 0 || letters < 2 || !word.is_ascii() || word.bytes().any(|b| b == b'6') {
        return false;
    }
    let ordinal = matches!(word.trim_start_matches(|c: char| c.is_ascii_digit()), "st" | "nd" | "rd" | "th");
    if kind == Kind::Person {
        return !ordinal && digits <= letters + 1;
    }
    let (behind, before) =
        (word.trim_start_matches(|c: char| c.is_ascii_lowercase()), word.trim_end_matches(|c: char| c.is_ascii_lowercase()));
    let apart = [behind, before].iter().any(|part| part.bytes().all(|b| b.is_ascii_digit()));
    !ordinal
        && letters >= 3
        && digits <= letters
        && if apart { digits == 1 && letters >= 5 && !word.ends_with('2') } else { digits < 3 || letters > 3 }
}

fn unleet(word: &str, words: &WordTable<'_>, out: &mut String, start: usize) {
    let spell = |out: &mut String, one: char| {
        for c in word.chars() {
            out.push(match c {
                '0' => 'o',
                '1' => one,
                '2' => 'z',
                '3' => 'e',
                '4' => 'a',
                '5' => 's',
                '7' => 't',
                '8' => 'b',
                '9' => 'g',
                _ => c,
            });
        }
    };
    if word.contains('1') {
        // `1` is i, unless only l makes an ordinary word.
        spell(out, 'l');
        if out.get(start..).is_some_and(|w| words.frequency(w) > 0) {
            return;
        }
        out.truncate(start);
    }
    spell(out, 'i');
}

/// Runs of at least `least` single letters become one word: `C. I. M. E. X.`, `s a`. The initials of a person stay apart.
fn join_letters(least: usize, line: &mut Line, spare: &mut Line, folds: &mut Folds) {
    if line.tokens.iter().filter(|t| t.len == 1).count() < least {
        return;
    }
    let single = |line: &Line, i: usize| line.get(i).is_some_and(|(t, text)| t.len == 1 && text.bytes().all(|b| b.is_ascii_lowercase()));
    let run = |line: &Line, from: usize| (from..line.tokens.len()).take_while(|i| single(line, *i)).count();
    if !(0..line.tokens.len()).any(|i| run(line, i) >= least) {
        return;
    }
    spare.clear();
    let mut at = 0;
    while let Some((token, text)) = line.get(at) {
        let letters = run(line, at);
        if letters >= least {
            let start = spare.text.len();
            let mut flags = 0;
            for i in at..at + letters {
                if let Some((token, text)) = line.get(i) {
                    spare.text.push_str(text);
                    flags |= token.flags;
                }
            }
            spare.close(start, Class::Name, flags);
            at += letters;
        } else {
            spare.push(text, token.class, token.flags);
            at += 1;
        }
    }
    spare.truncated |= line.truncated;
    std::mem::swap(line, spare);
    *folds |= Folds::JOINED;
}

/// Words of a name, from its first, among which misspelt and cut ones are looked for. A search compares fewer.
const REPAIRED: usize = 64;

/// What the dictionary of companies says about the first [`REPAIRED`] words of a line, one bit each.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// Neither known nor ordinary.
    odd: u64,
    /// No entry begins with it, or none but itself.
    barren: u64,
}

impl Seen {
    fn of(words: &WordTable<'_>, line: &Line) -> Self {
        let mut seen = Self { odd: 0, barren: 0 };
        for (n, token) in line.tokens.iter().take(REPAIRED).enumerate() {
            let text = line.slice(token);
            let (whole, stem) = first_word(words, Scope::Company, text);
            seen.odd |= u64::from(entry(whole, stem).is_none() && words.frequency(text) == 0) << n;
            seen.barren |= u64::from(whole.is_none() && stem.is_none()) << n;
        }
        seen
    }
}

/// French and Italian articles and prepositions that an apostrophe joins to their word.
const ELIDED: [&str; 7] = ["dell", "dall", "nell", "sull", "all", "l", "d"];

/// Words of the dictionary with one of them before it: `lindustrie` (`de l'industrie`), `detat` (`d'Etat`). The first stage takes out
/// apostrophes, because names have them anywhere. Whether there was one.
fn drop_articles(words: &WordTable<'_>, line: &mut Line, spare: &mut Line, odd: u64, folds: &mut Folds) -> bool {
    let known = |word: &str| {
        let (whole, stem) = first_word(words, Scope::Company, word);
        entry(whole, stem).is_some()
    };
    let bare = |text: &str| ELIDED.iter().find_map(|article| text.strip_prefix(article).filter(|r| r.len() >= 4 && known(r)).map(str::len));
    let rest = |n: usize, text: &str| Some(text).filter(|_| bit(odd, n)).and_then(bare);
    if !line.tokens.iter().enumerate().any(|(n, token)| rest(n, line.slice(token)).is_some()) {
        return false;
    }
    spare.clear();
    for (n, (token, text)) in (0..).map_while(|i| line.get(i)).enumerate() {
        let from = rest(n, text).map_or(0, |rest| text.len() - rest);
        spare.push(text.get(from..).unwrap_or(text), token.class, token.flags);
    }
    spare.truncated |= line.truncated;
    std::mem::swap(line, spare);
    *folds |= Folds::CANONICAL;
    true
}

/// Letters of the shortest and the longest word that is taken for a compound, the most parts of one, and letters of the shortest last part
/// that need not be marked as one.
const COMPOUND: std::ops::RangeInclusive<usize> = 8..=48;
const MAX_PARTS: usize = 4;
const MIN_LAST: usize = 4;

/// Compounds, as Germanic, Finnic and Hungarian names of bodies are full of them, where every letter belongs to a part that the
/// dictionary has as one: `Kernforschungszentrum` is `nuclear research center`. Whether there was one.
fn split_compounds(words: &WordTable<'_>, line: &mut Line, spare: &mut Line, odd: u64, folds: &mut Folds) -> bool {
    let mut found = false;
    for at in 0..line.tokens.len() {
        let Some((token, text)) = line.get(at) else { break };
        let mut parts = [0; MAX_PARTS];
        let may_be = bit(odd, at) && COMPOUND.contains(&text.len());
        let parts = if may_be { parts_of(words, text, &mut parts).and_then(|count| parts.get(..count)) } else { None };
        if parts.is_some() && !std::mem::replace(&mut found, true) {
            spare.begin(line, at, 0);
        }
        match parts {
            Some(parts) => {
                parts.iter().flat_map(|value| words.record(*value)).for_each(|(class, word)| spare.push(word, class, token.flags));
            }
            None if found => spare.push(text, token.class, token.flags),
            None => {}
        }
    }
    if found {
        spare.truncated |= line.truncated;
        std::mem::swap(line, spare);
        *folds |= Folds::CANONICAL;
    }
    found
}

/// Writes the values of the parts that a compound wholly consists of, two or more, the longest ones first: how many.
fn parts_of(words: &WordTable<'_>, text: &str, out: &mut [u64]) -> Option<usize> {
    let (slot, later) = out.split_first_mut()?;
    let mut walk = words.walk(Scope::Company)?;
    // Parts that begin alike: there are seldom more than two.
    let mut ends = [(0, 0); 8];
    let mut count = 0;
    for (n, b) in (1..text.len()).zip(text.bytes()) {
        if !walk.step(b) {
            break;
        }
        let mut ended = walk;
        if ended.step(PIECE)
            && let Some((value, end)) = ended.value().zip(ends.get_mut(count))
        {
            *end = (n, value);
            count += 1;
        }
    }
    for (end, value) in ends.iter().take(count).rev() {
        *slot = *value;
        let rest = text.get(*end..)?;
        // German, Dutch and Scandinavian join with an s.
        for rest in [Some(rest), rest.strip_prefix('s')].into_iter().flatten() {
            if let (Some(value), Some(last)) = (last_part(words, rest), later.first_mut()) {
                *last = value;
                return Some(2);
            }
            if let Some(count) = parts_of(words, rest, later) {
                return Some(count + 1);
            }
        }
    }
    None
}

/// The value of the last part of a compound: one that is marked as a part, or any company word.
fn last_part(words: &WordTable<'_>, text: &str) -> Option<u64> {
    let (whole, stem) = first_word(words, Scope::Company, text);
    let marked = whole.and_then(|mut walk| if walk.step(PIECE) { walk.value() } else { None });
    marked.or_else(|| entry(whole, stem).filter(|_| text.len() >= MIN_LAST))
}

/// Misspelt long words of the dictionary: one edit in words of six letters or more that are neither known nor ordinary. Whether there
/// was one.
fn repair_long_words(words: &WordTable<'_>, line: &mut Line, spare: &mut Line, odd: u64, folds: &mut Folds) -> bool {
    let mut repaired = false;
    for at in 0..line.tokens.len() {
        let Some((token, text)) = line.get(at) else { break };
        let word = Some(text).filter(|_| bit(odd, at)).and_then(|text| misspelt(words, text));
        if word.is_some() && !repaired {
            repaired = true;
            spare.begin(line, at, 0);
        }
        if repaired {
            spare.push(word.unwrap_or(text), token.class, token.flags);
        }
    }
    if repaired {
        spare.truncated |= line.truncated;
        std::mem::swap(line, spare);
        *folds |= Folds::MISSPELT;
    }
    repaired
}

/// The long word that an odd one is one edit away from.
fn misspelt<'a>(words: &WordTable<'a>, text: &str) -> Option<&'a str> {
    if !(6..=24).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_lowercase()) {
        return None;
    }
    let (first, len) = (text.bytes().next()?, text.len());
    let mut near: Option<&[u8]> = None;
    // One edit changes at most one letter on either side.
    for word in words.long_words(first, len - 1..=len + 1, letter_mask(text), 1) {
        // A word of a phrase is no misspelling of another.
        if word == text.as_bytes() {
            return None;
        }
        // The first of them in the alphabet.
        if word.len() >= 7 && near.is_none_or(|near| word < near) && one_edit(word, text.as_bytes()) {
            near = Some(word);
        }
    }
    near.and_then(|near| std::str::from_utf8(near).ok())
}

/// Letters of the longest legal form that is looked for at the ends of a word: a word of two thousand has as many cuts.
const MAX_FORM: usize = 63;
/// And of the shortest.
const MIN_FORM: usize = 5;

/// Words cut in two (`li ability`) and legal forms written on to a name (`paintcompany`), as typing and line breaks leave them. Whether
/// there were any.
fn repair_cuts(words: &WordTable<'_>, line: &mut Line, spare: &mut Line, odd: u64, folds: &mut Folds) -> bool {
    let odd = |n: usize| bit(odd, n);
    let mut repaired = false;
    let mut at = 0;
    while let Some((token, text)) = line.get(at) {
        let next = line.get(at + 1).map_or("", |(_, next)| next);
        let len = text.len() + next.len();
        if (6..=24).contains(&len) && text.len() >= 2 && next.len() >= 2 && (odd(at) || odd(at + 1)) && is_cut(words, text, next) {
            if !std::mem::replace(&mut repaired, true) {
                spare.begin(line, at, 0);
            }
            let start = spare.text.len();
            spare.text.push_str(text);
            spare.text.push_str(next);
            spare.close(start, Class::Name, token.flags);
            at += 2;
            continue;
        }
        at += 1;
        if text.len() >= 8
            && odd(at - 1)
            && let Some((head, tail)) = form_apart(words, text)
        {
            if !std::mem::replace(&mut repaired, true) {
                spare.begin(line, at - 1, 0);
            }
            spare.push(head, Class::Name, token.flags);
            spare.push(tail, Class::Name, token.flags);
            continue;
        }
        if repaired {
            spare.push(text, token.class, token.flags);
        }
    }
    if repaired {
        spare.truncated |= line.truncated;
        std::mem::swap(line, spare);
        *folds |= Folds::JOINED;
    }
    repaired
}

/// Whether two words written together are one of the dictionary.
fn is_cut(words: &WordTable<'_>, text: &str, next: &str) -> bool {
    let Some(mut walk) = words.walk(Scope::Company) else { return false };
    let goes_on = |walk: &mut Walk<'_>, text: &str| walk.follow(text.as_bytes()) == text.len();
    if goes_on(&mut walk, text) && goes_on(&mut walk, next) && walk.value().is_some() {
        return true;
    }
    let len = text.len() + next.len();
    let Some(first) = text.bytes().next().filter(|_| len >= 9) else { return false };
    let mut alike = words.long_words(first, len..=len, letter_mask(text) | letter_mask(next), 0);
    alike.any(|word| word.strip_prefix(text.as_bytes()) == Some(next.as_bytes()))
}

/// Takes a word apart where a legal form begins or ends that is written on to it, in the first such place.
fn form_apart<'t>(words: &WordTable<'_>, text: &'t str) -> Option<(&'t str, &'t str)> {
    let last = text.len().checked_sub(3)?;
    let bytes = text.as_bytes();
    let mut walk = words.walk(Scope::Company)?;
    let mut is_form = |n: usize, b: &u8| walk.step(*b).then(|| n >= MIN_FORM && walk.value().is_some_and(|value| words.is_form(value)));
    let heads = (1..=last.min(MAX_FORM)).zip(bytes);
    let head = heads.map_while(|(n, b)| Some((n, is_form(n, b)?))).find(|(_, form)| *form).map(|(n, _)| n);
    let tails = (3..=last.min(text.len() - MIN_FORM)).take_while(|at| head.is_none_or(|head| *at < head));
    let tail = tails.filter(|at| text.len() - at <= MAX_FORM).find(|at| {
        let part = bytes.get(*at..).unwrap_or_default();
        words.may_be_form(part) && words.value(Scope::Company, part).is_some_and(|value| words.is_form(value))
    });
    text.split_at_checked(tail.or(head)?)
}

/// Most tokens that are read as one legal form.
const MAX_PHRASE: usize = 7;

/// Most letters of them.
const MAX_GLUED: usize = 60;

/// Misspelt legal forms of several words, blanks and all: `joint stcok company`, `openjoint stock company`, `limited liabiliti co mpany`.
///
/// One edit in 10 letters, two in 16, three in 24; only where a word is neither known nor ordinary. Whether there were any.
fn repair_phrases(words: &WordTable<'_>, line: &mut Line, spare: &mut Line, mut odd: u64, folds: &mut Folds) -> bool {
    // Two forms in one name, at the most.
    for n in 0..2 {
        let Some((at, end, phrase)) = misspelt_phrase(words, line, odd) else { return n > 0 };
        let flags = (at..end).filter_map(|i| line.get(i)).fold(0, |flags, (t, _)| flags | t.flags);
        spare.clear();
        for (n, (token, text)) in (0..).map_while(|i| line.get(i)).enumerate() {
            if n == at {
                phrase.split(' ').for_each(|word| spare.push(word, Class::Name, flags));
            }
            if !(at..end).contains(&n) {
                spare.push(text, token.class, token.flags);
            }
        }
        spare.truncated |= line.truncated;
        std::mem::swap(line, spare);
        odd = Seen::of(words, line).odd;
        *folds |= Folds::MISSPELT;
    }
    true
}

/// The tokens that are nearest to a legal form, and the form.
fn misspelt_phrase<'a>(words: &WordTable<'a>, line: &Line, odd: u64) -> Option<(usize, usize, &'a str)> {
    let odd = |i: usize| {
        let text = line.get(i).map_or("", |(_, text)| text);
        i < REPAIRED && odd >> i & 1 == 1 && text.len() >= 3 && text.bytes().all(|b| b.is_ascii_lowercase())
    };
    let mut best: Option<(u32, usize, usize, &[u8])> = None;
    let tokens = line.tokens.len();
    let mut first_odd = (0..tokens).find(|i| odd(*i))?;
    let strange = words.strange(line.text.as_bytes());
    for (at, first) in line.tokens.iter().enumerate() {
        // What ends before the first odd word from here on is no misspelling.
        if first_odd < at {
            let Some(next) = (at..tokens).find(|i| odd(*i)) else { break };
            first_odd = next;
        }
        for (end, last) in (at + 1..).zip(line.tokens.iter().skip(at).take(MAX_PHRASE)) {
            // Words stand in the text without blanks.
            let (start, len) = (usize::from(first.start), usize::from(last.start + last.len - first.start));
            if len > MAX_GLUED {
                break;
            }
            if end <= first_odd || len < 9 {
                continue;
            }
            let limit = match len {
                ..16 => 1,
                16..24 => 2,
                _ => 3_usize,
            };
            let limit = limit.min(best.map_or(limit, |(edits, ..)| edits.saturating_sub(1) as usize));
            let bytes = line.text.as_bytes().get(start..start + len)?;
            if !words.may_be_phrase(bytes, strange.from(start), limit as u32) {
                continue;
            }
            let mask = bytes.iter().filter(|b| b.is_ascii_lowercase()).fold(0, |mask, b| mask | 1 << (b - b'a'));
            let mut pattern = None;
            for phrase in words.phrases(len - limit..=len + limit, mask, limit as u32) {
                let mut other = Short::EMPTY;
                phrase.iter().filter(|b| **b != b' ').for_each(|b| other.push(*b));
                let pattern = pattern.get_or_insert_with(|| Pattern::new(bytes));
                let Some(edits) = pattern.edits(other.as_bytes(), limit as u32) else { continue };
                // A word at either end that the form is nearer to without is part of the name: `limited liability company adm`.
                let shorter = [bytes.get(usize::from(first.len)..), bytes.get(..len - usize::from(last.len))];
                let nearer = |part: &[u8]| edits > 0 && edits_within(part, other.as_bytes(), edits - 1).is_some();
                let as_it_stands = edits == 0 && longest(words, Scope::Company, line, at, &mut 0).is_some_and(|(known, _)| known == end);
                if !as_it_stands && !shorter.into_iter().flatten().any(nearer) && best.is_none_or(|(least, ..)| edits < least) {
                    best = Some((edits, at, end, phrase));
                }
            }
        }
    }
    best.and_then(|(_, at, end, phrase)| Some((at, end, std::str::from_utf8(phrase).ok()?)))
}

/// The set of the letters of a word.
pub(super) fn letter_mask(word: &str) -> u32 {
    word.bytes().filter(u8::is_ascii_lowercase).fold(0, |mask, b| mask | 1 << (b - b'a'))
}

/// Whether one letter more, less or other, or two neighbours changed, makes one word of the other.
fn one_edit(a: &[u8], b: &[u8]) -> bool {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (Some(a), Some(b)) = (a.get(same..), b.get(same..)) else { return false };
    match (a, b) {
        ([], []) => false,
        ([x, y, a @ ..], [p, q, b @ ..]) if x == q && y == p && a == b => true,
        _ => match a.len().cmp(&b.len()) {
            std::cmp::Ordering::Equal => a.get(1..) == b.get(1..),
            std::cmp::Ordering::Greater => a.get(1..) == Some(b),
            std::cmp::Ordering::Less => b.get(1..) == Some(a),
        },
    }
}

/// One round over the line, in which nothing moves before the first difference. Whether a word changed. `barren`: words that no entry
/// changes and no longer one begins with, one bit each of the first ones.
fn replace(kind: Kind, words: &WordTable<'_>, line: &mut Line, out: &mut Line, barren: &mut u64) -> bool {
    let scope = if kind == Kind::Person { Scope::Person } else { Scope::Company };
    let (mut changed, mut moved) = (false, false);
    let mut left = 0;
    let mut at = 0;
    while let Some((token, text)) = line.get(at) {
        let found = if bit(*barren, at) { None } else { longest(words, scope, line, at, barren) };
        let Some((end, value)) = found else {
            if moved {
                left |= kept(*barren, at, out.tokens.len());
                out.push(text, token.class, token.flags);
            }
            at += 1;
            continue;
        };
        let taken = line.tokens.get(at..end).unwrap_or_default();
        let flags = taken.iter().fold(0, |flags, t| flags | t.flags);
        let stands = stands(words, value, line, taken);
        if !moved && (!stands || taken.iter().any(|t| (t.flags ^ flags) & Token::SIGNS != 0)) {
            moved = true;
            left = out.begin(line, at, *barren);
        }
        if moved {
            left |= kept(*barren, at, out.tokens.len());
            // Words that stay as they are came from what they came from; of others all that were replaced are the origin.
            let own = |n: usize| taken.get(n).filter(|_| stands).map_or(flags, |t| t.flags & !Token::SIGNS | flags & Token::SIGNS);
            words.record(value).enumerate().for_each(|(n, (class, text))| out.push(text, class, own(n)));
        }
        changed |= !stands;
        at = end;
    }
    if moved {
        out.truncated |= line.truncated;
        std::mem::swap(line, out);
        *barren = left;
    }
    changed
}

/// Whether tokens are the words of an entry already.
fn stands(words: &WordTable<'_>, value: u64, line: &Line, taken: &[Token]) -> bool {
    let mut taken = taken.iter();
    let same = words.record(value).all(|(class, text)| taken.next().is_some_and(|t| t.class == class && line.slice(t) == text));
    same && taken.next().is_none()
}

/// The longest dictionary entry that begins at a token: the token after its end, and its value. Where none begins with that word, or the
/// word stands for itself and no longer one begins with it, it tells so in `barren`.
fn longest(words: &WordTable<'_>, scope: Scope, line: &Line, at: usize, barren: &mut u64) -> Option<(usize, u64)> {
    let (token, text) = line.get(at)?;
    let (whole, stem) = first_word(words, scope, text);
    let mut best = stem.map(|value| (at + 1, value));
    let mut alone = true;
    if let Some(mut walk) = whole {
        for next in at + 1.. {
            if let Some(value) = walk.value() {
                best = Some((next, value));
            }
            let Some((_, text)) = line.get(next) else { break };
            if !walk.step(b' ') {
                break;
            }
            alone = false;
            if walk.follow(text.as_bytes()) < text.len() {
                break;
            }
        }
    }
    // Whatever becomes of the words behind it: only one that has none behind it gets none.
    if alone && best.is_none_or(|(_, value)| stands(words, value, line, std::slice::from_ref(token))) {
        *barren |= kept(u64::MAX, at, at);
    }
    best
}

/// The walk to the end of a word, if an entry begins with it, and the value of the longest stem that it has, if it has one.
fn first_word<'a>(words: &WordTable<'a>, scope: Scope, text: &str) -> (Option<Walk<'a>>, Option<u64>) {
    let Some(mut walk) = words.walk(scope) else { return (None, None) };
    let bytes = text.as_bytes();
    // Behind this many letters a stem may end.
    let from = bytes.len().saturating_sub(MAX_ENDING).max(MIN_STEM) - 1;
    let Some((head, tail)) = bytes.split_at_checked(from).filter(|_| scope == Scope::Company) else {
        return ((walk.follow(bytes) == bytes.len()).then_some(walk), None);
    };
    if walk.follow(head) < head.len() {
        return (None, None);
    }
    let mut stem = None;
    for b in tail {
        if !walk.step(*b) {
            return (None, stem);
        }
        let mut ended = walk;
        if ended.step(STEM) {
            stem = ended.value().or(stem);
        }
    }
    (Some(walk), stem)
}

/// The value of a word that stands alone, of what [`first_word`] tells of it: that of its own entry, else of its stem.
fn entry(whole: Option<Walk<'_>>, stem: Option<u64>) -> Option<u64> {
    whole.and_then(|walk| walk.value()).or(stem)
}

/// Whether a bit of the first [`REPAIRED`] is set.
fn bit(bits: u64, at: usize) -> bool {
    at < REPAIRED && bits >> at & 1 == 1
}

/// The bit of a token at the place that it moves to, if that is among the first [`REPAIRED`].
pub(super) fn kept(bits: u64, from: usize, to: usize) -> u64 {
    if bit(bits, from) && to < REPAIRED { 1 << to } else { 0 }
}
