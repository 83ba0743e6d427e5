//! Third stage: words. Phrases and words are replaced by canonical ones with their class, until nothing changes.

use super::table::Scope;
use super::{Class, Folds, Line, Token, WordTable};
use crate::words::Kind;

/// Rounds of replacement. The tables need two or three; the bound is for tables that are damaged.
const ROUNDS: usize = 6;

/// Replaces words and phrases by canonical ones.
pub(super) fn canonicalise(kind: Kind, words: &WordTable<'_>, line: &mut Line, spare: &mut Line, folds: &mut Folds) {
    repair_digits(kind, words, line, spare, folds);
    join_letters(if kind == Kind::Person { 4 } else { 2 }, line, spare, folds);
    if kind != Kind::Person {
        repair_long_words(words, line, spare, folds);
        repair_cuts(words, line, spare, folds);
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
        } else if kind != Kind::Aircraft && is_leet(text) {
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

/// Whether digits stand for letters: single ones between letters, or at the end of a long word. Not `1st`, `mi8`, `t72`.
fn is_leet(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let letters = word.len() - digits;
    if digits == 0 || letters < 3 || digits * 2 > letters || !word.is_ascii() {
        return false;
    }
    let bytes = word.as_bytes();
    let ordinal = matches!(word.trim_start_matches(|c: char| c.is_ascii_digit()), "st" | "nd" | "rd" | "th");
    let ok = |i: usize, b: u8| {
        let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
        let last = i + 1 == bytes.len();
        !matches!(b, b'2' | b'6') && !digit(i.checked_sub(1)) && !digit(Some(i + 1)) && (!last || letters >= 5)
    };
    !ordinal && bytes.iter().enumerate().filter(|(_, b)| b.is_ascii_digit()).all(|(i, b)| ok(i, *b))
}

fn unleet(word: &str, words: &WordTable<'_>, out: &mut String, start: usize) {
    let spell = |out: &mut String, one: char| {
        for c in word.chars() {
            out.push(match c {
                '0' => 'o',
                '1' => one,
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

/// Misspelt long words of the dictionary: one edit in words of six letters or more that are neither known nor ordinary.
fn repair_long_words(words: &WordTable<'_>, line: &mut Line, spare: &mut Line, folds: &mut Folds) {
    spare.clear();
    let mut repaired = false;
    for (token, text) in (0..).map_while(|i| line.get(i)) {
        match misspelt(words, text) {
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
}

/// The long word that `text` is one edit away from.
fn misspelt<'a>(words: &WordTable<'a>, text: &str) -> Option<&'a str> {
    if !(6..=24).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_lowercase()) || known(words, text) || words.frequency(text) > 0 {
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

/// Words cut in two (`li ability`) and legal forms written on to a name (`paintcompany`), as typing and line breaks leave them.
fn repair_cuts(words: &WordTable<'_>, line: &mut Line, spare: &mut Line, folds: &mut Folds) {
    let odd = |text: &str| !known(words, text) && words.frequency(text) == 0;
    spare.clear();
    let mut repaired = false;
    let mut at = 0;
    while let Some((token, text)) = line.get(at) {
        let next = line.get(at + 1).map_or("", |(_, next)| next);
        let (len, cut) = (text.len() + next.len(), spare.text.len());
        if (6..=24).contains(&len) && text.len() >= 2 && next.len() >= 2 && (odd(text) || odd(next)) {
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
        if text.len() >= 8 && odd(text) {
            let form =
                |part: &str| part.len() >= 5 && words.canonical(Kind::Organization, part).is_some_and(|(_, class)| class == Class::Form);
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
}

/// Whether a word begins an entry of the dictionary by itself.
fn known(words: &WordTable<'_>, text: &str) -> bool {
    let mut walk = words.walk(Scope::Company);
    walk.as_mut().is_some_and(|walk| text.bytes().all(|b| walk.step(b)) && walk.value().is_some())
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
        if (next > at && !walk.step(b' ')) || !text.bytes().all(|b| walk.step(b)) {
            break;
        }
        next += 1;
        if let Some(value) = walk.value() {
            best = Some((next, value));
        }
    }
    best
}
