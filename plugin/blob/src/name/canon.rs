//! Third stage: words. Phrases and words are replaced by canonical ones with their class, until nothing changes.

use super::table::{STEM, Scope};
use super::{Class, Folds, Line, Token, WordTable};
use crate::lexicon::scan::{Pattern, edits_within};
use crate::lexicon::skeleton::Short;
use crate::words::Kind;

/// Letters of the shortest stem in Latin letters, and of the longest ending behind one.
const MIN_STEM: usize = 6;
const MAX_ENDING: usize = 5;

/// Rounds of replacement. The tables need two or three; the bound is for tables that are damaged.
const ROUNDS: usize = 6;

/// Replaces words and phrases by canonical ones.
pub(super) fn canonicalise(kind: Kind, words: &WordTable<'_>, line: &mut Line, spare: &mut Line, folds: &mut Folds) {
    repair_digits(kind, words, line, spare, folds);
    join_letters(if kind == Kind::Person { 4 } else { 2 }, line, spare, folds);
    if kind != Kind::Person {
        // What every repair asks first, and dear to find out: most names have no such word.
        let mut odd = odd_ones(words, line);
        for repair in [drop_articles, repair_long_words, repair_cuts, repair_phrases] {
            if odd == 0 {
                break;
            }
            if repair(words, line, spare, odd, folds) {
                odd = odd_ones(words, line);
            }
        }
    }
    for _ in 0..ROUNDS {
        spare.clear();
        let mut changed = replace(kind, words, line, spare);
        if kind == Kind::Person {
            std::mem::swap(line, spare);
            spare.clear();
            changed |= super::arabic::units(line, spare);
        }
        let truncated = line.truncated | spare.truncated;
        std::mem::swap(line, spare);
        line.truncated = truncated;
        if !changed {
            break;
        }
        *folds |= Folds::CANONICAL;
    }
}

/// Gives numbers their class, and words their letters where digits stand for them.
fn repair_digits(kind: Kind, words: &WordTable<'_>, line: &mut Line, spare: &mut Line, folds: &mut Folds) {
    if !line.text.bytes().any(|b| b.is_ascii_digit()) {
        return;
    }
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

/// The words that are neither known nor ordinary, one bit each.
fn odd_ones(words: &WordTable<'_>, line: &Line) -> u64 {
    let odd = |(n, token): (usize, &Token)| u64::from(is_odd(words, line.slice(token))) << n;
    line.tokens.iter().take(REPAIRED).enumerate().map(odd).fold(0, |all, one| all | one)
}

fn is_odd(words: &WordTable<'_>, text: &str) -> bool {
    !known(words, text) && words.frequency(text) == 0
}

/// French and Italian articles and prepositions that an apostrophe joins to their word.
const ELIDED: [&str; 7] = ["dell", "dall", "nell", "sull", "all", "l", "d"];

/// Words of the dictionary with one of them before it: `lindustrie` (`de l'industrie`), `detat` (`d'Etat`). The first stage takes out
/// apostrophes, because names have them anywhere. Whether there was one.
fn drop_articles(words: &WordTable<'_>, line: &mut Line, spare: &mut Line, odd: u64, folds: &mut Folds) -> bool {
    let bare =
        |text: &str| ELIDED.iter().find_map(|article| text.strip_prefix(article).filter(|r| r.len() >= 4 && known(words, r)).map(str::len));
    spare.clear();
    let mut found = false;
    for (n, (token, text)) in (0..).map_while(|i| line.get(i)).enumerate() {
        let rest = Some(text).filter(|_| n < REPAIRED && odd >> n & 1 == 1).and_then(bare);
        let from = rest.map_or(0, |rest| text.len() - rest);
        found |= from > 0;
        spare.push(text.get(from..).unwrap_or(text), token.class, token.flags);
    }
    if found {
        spare.truncated |= line.truncated;
        std::mem::swap(line, spare);
        *folds |= Folds::CANONICAL;
    }
    found
}

/// Misspelt long words of the dictionary: one edit in words of six letters or more that are neither known nor ordinary. Whether there
/// was one.
fn repair_long_words(words: &WordTable<'_>, line: &mut Line, spare: &mut Line, odd: u64, folds: &mut Folds) -> bool {
    spare.clear();
    let mut repaired = false;
    for (n, (token, text)) in (0..).map_while(|i| line.get(i)).enumerate() {
        match Some(text).filter(|_| n < REPAIRED && odd >> n & 1 == 1).and_then(|text| misspelt(words, text)) {
            Some(word) => {
                repaired = true;
                spare.push(word, token.class, token.flags);
            }
            None => spare.push(text, token.class, token.flags),
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
    let mask = letter_mask(text);
    let mut near = None;
    // One edit changes at most one letter on either side.
    let first = text.bytes().next()?;
    for word in words.long_words(first, mask, 1) {
        // A word of a phrase is no misspelling of another.
        if word == text {
            return None;
        }
        if near.is_none() && word.len() >= 7 && one_edit(word.as_bytes(), text.as_bytes()) {
            near = Some(word);
        }
    }
    near
}

/// Letters of the longest legal form that is looked for at the ends of a word: a word of two thousand has as many cuts.
const MAX_FORM: usize = 63;

/// Words cut in two (`li ability`) and legal forms written on to a name (`paintcompany`), as typing and line breaks leave them. Whether
/// there were any.
fn repair_cuts(words: &WordTable<'_>, line: &mut Line, spare: &mut Line, odd: u64, folds: &mut Folds) -> bool {
    let odd = |n: usize| n < REPAIRED && odd >> n & 1 == 1;
    spare.clear();
    let mut repaired = false;
    let mut at = 0;
    while let Some((token, text)) = line.get(at) {
        let next = line.get(at + 1).map_or("", |(_, next)| next);
        let (len, cut) = (text.len() + next.len(), spare.text.len());
        if (6..=24).contains(&len) && text.len() >= 2 && next.len() >= 2 && (odd(at) || odd(at + 1)) {
            spare.text.push_str(text);
            spare.text.push_str(next);
            let glued = spare.text.get(cut..).unwrap_or_default();
            let is_word = known(words, glued)
                || (len >= 9
                    && text.bytes().next().is_some_and(|first| words.long_words(first, letter_mask(glued), 0).any(|w| w == glued)));
            if is_word {
                spare.close(cut, Class::Name, token.flags);
                repaired = true;
                at += 2;
                continue;
            }
            spare.text.truncate(cut);
        }
        at += 1;
        if text.len() >= 8 && odd(at - 1) {
            let form = |part: &str| {
                (5..=MAX_FORM).contains(&part.len())
                    && words.canonical(Kind::Organization, part).is_some_and(|(_, class)| class == Class::Form)
            };
            let split = (3..=text.len() - 3).filter_map(|at| text.split_at_checked(at)).find(|(head, tail)| form(head) || form(tail));
            if let Some((head, tail)) = split {
                spare.push(head, Class::Name, token.flags);
                spare.push(tail, Class::Name, token.flags);
                repaired = true;
                continue;
            }
        }
        spare.push(text, token.class, token.flags);
    }
    if repaired {
        spare.truncated |= line.truncated;
        std::mem::swap(line, spare);
        *folds |= Folds::JOINED;
    }
    repaired
}

/// Most tokens that are read as one legal form.
const MAX_PHRASE: usize = 7;

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
        odd = odd_ones(words, line);
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
    let mut best: Option<(u32, usize, usize, &str)> = None;
    let tokens = line.tokens.len();
    let mut first_odd = (0..tokens).find(|i| odd(*i))?;
    for at in 0..tokens {
        // What ends before the first odd word from here on is no misspelling.
        if first_odd < at {
            let Some(next) = (at..tokens).find(|i| odd(*i)) else { break };
            first_odd = next;
        }
        let mut glued = Short::EMPTY;
        for end in at + 1..=(at + MAX_PHRASE).min(tokens) {
            let (first, last) = (line.tokens.get(at).map_or(0, |t| usize::from(t.len)), line.get(end - 1).map_or("", |(_, text)| text));
            last.bytes().for_each(|b| glued.push(b));
            let (bytes, len) = (glued.as_bytes(), glued.as_bytes().len());
            if len > 60 {
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
            let mask = letter_mask(std::str::from_utf8(bytes).unwrap_or_default());
            let mut pattern = None;
            for phrase in words.phrases(len - limit..=len + limit, mask, limit as u32) {
                let mut other = Short::EMPTY;
                phrase.bytes().filter(|b| *b != b' ').for_each(|b| other.push(b));
                let pattern = pattern.get_or_insert_with(|| Pattern::new(bytes));
                let Some(edits) = pattern.edits(other.as_bytes(), limit as u32) else { continue };
                // A word at either end that the form is nearer to without is part of the name: `limited liability company adm`.
                let shorter = [bytes.get(first..), bytes.get(..len - last.len())];
                let nearer = |part: &[u8]| edits > 0 && edits_within(part, other.as_bytes(), edits - 1).is_some();
                let as_it_stands = edits == 0 && longest(words, Scope::Company, line, at).is_some_and(|(known, _)| known == end);
                if !as_it_stands && !shorter.into_iter().flatten().any(nearer) && best.is_none_or(|(least, ..)| edits < least) {
                    best = Some((edits, at, end, phrase));
                }
            }
        }
    }
    best.map(|(_, at, end, phrase)| (at, end, phrase))
}

/// Whether a word begins an entry of the dictionary by itself.
fn known(words: &WordTable<'_>, text: &str) -> bool {
    let mut walk = words.walk(Scope::Company);
    walk.as_mut().is_some_and(|walk| walk.follow(text.as_bytes()) == text.len() && walk.value().is_some())
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

/// One round over the line. Whether a word changed.
fn replace(kind: Kind, words: &WordTable<'_>, line: &Line, out: &mut Line) -> bool {
    let scope = if kind == Kind::Person { Scope::Person } else { Scope::Company };
    let mut changed = false;
    let mut at = 0;
    while let Some((token, text)) = line.get(at) {
        let Some((end, value)) = longest(words, scope, line, at) else {
            out.push(text, token.class, token.flags);
            at += 1;
            continue;
        };
        let flags = (at..end).filter_map(|i| line.get(i)).fold(0, |flags, (t, _)| flags | t.flags);
        let from = out.tokens.len();
        for (class, text) in words.record(value) {
            out.push(text, class, flags);
        }
        let same = out.tokens.len() - from == end - at
            && (at..end).zip(from..).all(|(a, b)| line.get(a).map(|(_, text)| text) == out.get(b).map(|(_, text)| text));
        let classes = (at..end).zip(from..).all(|(a, b)| line.get(a).map(|(t, _)| t.class) == out.get(b).map(|(t, _)| t.class));
        changed |= !same || !classes;
        at = end;
    }
    changed
}

/// The longest dictionary entry that begins at a token: the token after its end, and its value.
fn longest(words: &WordTable<'_>, scope: Scope, line: &Line, at: usize) -> Option<(usize, u64)> {
    let mut walk = words.walk(scope)?;
    let mut best = None;
    let mut next = at;
    while let Some((_, text)) = line.get(next) {
        if next > at && !walk.step(b' ') {
            break;
        }
        let mut stem = None;
        let bytes = text.as_bytes();
        // Behind this many letters a stem may end.
        let from = bytes.len().saturating_sub(MAX_ENDING).max(MIN_STEM) - 1;
        let whole = match bytes.split_at_checked(from).filter(|_| next == at && scope == Scope::Company) {
            None => walk.follow(bytes) == bytes.len(),
            Some((head, tail)) => {
                walk.follow(head) == head.len()
                    && tail.iter().all(|b| {
                        let goes_on = walk.step(*b);
                        if goes_on {
                            let mut walk = walk;
                            stem = if walk.step(STEM) { walk.value().or(stem) } else { stem };
                        }
                        goes_on
                    })
            }
        };
        if next == at {
            best = stem.map(|value| (at + 1, value));
        }
        if !whole {
            break;
        }
        next += 1;
        if let Some(value) = walk.value() {
            best = Some((next, value));
        }
    }
    best
}
