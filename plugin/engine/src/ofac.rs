//! A second figure beside the screener's own: what OFAC's Sanctions List Search would say of two names.
//!
//! OFAC's tool gives each hit a score from 0 to 100, which "indicates the similarity" of two names (OFAC FAQ 247). FAQ 249 says how:
//! Jaro-Winkler over the whole strings, and Jaro-Winkler and Soundex over their parts, and the higher of the two is shown. It says
//! no more than that. This is the reading of the `ofac` matcher of nomenklatura 4.17 (MIT), which was fitted to answers of the tool
//! and gets along without Soundex. It is an emulation. The figure serves whoever knows that tool; it is shown beside a hit and
//! decides nothing here (what to do about a hit: FAQ 5).
//!
//! 1. *Normal form.* Upper case; apostrophes, full stops, combining marks, modifier letters, currency signs, superscript numbers and
//!    invisible format characters are dropped, every other sign parts words. Nothing is transliterated and no legal form is taken
//!    away, for OFAC's tool does neither. A name counts up to 256 letters.
//! 2. *Whole.* If both begin with the same letter: Jaro-Winkler with the prefix bonus whatever the Jaro score is.
//! 3. *Parts.* For each word of the query over two letters (all words, if none is), the best Jaro-Winkler among the listed
//!    name's words, bonus only above 0.7; below 0.5 it counts as nothing. Their mean. Words of the listed name may serve more than
//!    once and left-over ones cost nothing: hence its many false alerts.
//!
//! Everything is integer arithmetic on fixed buffers.

/// Letters of a name that count.
const LONGEST: usize = 256;
/// One, in fixed point.
const ONE: u64 = 1_000_000_000;
/// A part scores nothing below this.
const FLOOR: u64 = ONE / 2;
/// Parts earn the prefix bonus above this (Winkler 1990).
const BONUS_ABOVE: u64 = ONE / 10 * 7;
/// A prefix counts up to this many letters, a tenth of the missing score each.
const PREFIX: usize = 4;
/// Words of the query up to this length are left out, unless there are no others.
const SHORT: usize = 2;

/// How alike two names are by OFAC's published method, 0 to 100. The order matters: `query` is what was typed in, `listed` one
/// name of a listed party.
///
/// ```
/// use weighbridge_engine::ofac::ofac_score;
///
/// assert_eq!(ofac_score("Saddam Hussein", "HUSSEIN, Saddam"), 100);
/// assert_eq!(ofac_score("George Bush", "HASWANI, George"), 50);
/// ```
pub fn ofac_score(query: &str, listed: &str) -> u8 {
    Asked::new(query).score(listed)
}

/// A name made ready to be compared with many.
#[derive(Debug, Clone)]
pub struct Asked(Normal);

impl Asked {
    /// Makes a query ready.
    pub fn new(query: &str) -> Self {
        Self(Normal::of(query))
    }

    /// [`ofac_score`] against one listed name.
    pub fn score(&self, listed: &str) -> u8 {
        self.against(&Self::new(listed))
    }

    /// The same against a name that was made ready before.
    pub fn against(&self, listed: &Self) -> u8 {
        let best = whole(self.0.text(), listed.0.text()).max(parts(&self.0, &listed.0));
        u8::try_from((best * 100 + ONE / 2) / ONE).unwrap_or(100)
    }
}

/// A name in normal form: words of upper-case letters, a blank between them.
#[derive(Debug, Clone)]
struct Normal {
    letters: [char; LONGEST],
    length: usize,
}

impl Normal {
    fn of(name: &str) -> Self {
        let mut out = Self { letters: ['\0'; LONGEST], length: 0 };
        let mut gap = false;
        for c in name.chars() {
            match class(c) {
                Class::Dropped => {}
                Class::Parts => gap = true,
                Class::Letter => {
                    if gap && out.length > 0 && !out.push(' ') {
                        break;
                    }
                    gap = false;
                    if !c.to_uppercase().all(|upper| out.push(upper)) {
                        break;
                    }
                }
            }
        }
        out
    }

    fn push(&mut self, c: char) -> bool {
        match self.letters.get_mut(self.length) {
            Some(place) => {
                *place = c;
                self.length += 1;
                true
            }
            None => false,
        }
    }

    fn text(&self) -> &[char] {
        self.letters.get(..self.length).unwrap_or_default()
    }

    fn words(&self) -> impl Iterator<Item = &[char]> {
        self.text().split(|c| *c == ' ').filter(|word| !word.is_empty())
    }
}

fn whole(query: &[char], listed: &[char]) -> u64 {
    match (query.first(), listed.first()) {
        (Some(a), Some(b)) if a == b => with_bonus(jaro(query, listed), query, listed),
        _ => 0,
    }
}

fn parts(query: &Normal, listed: &Normal) -> u64 {
    let long = query.words().filter(|word| word.len() > SHORT).count();
    let (mut sum, mut count) = (0, 0);
    for word in query.words().filter(|word| long == 0 || word.len() > SHORT) {
        let best = listed.words().map(|other| jaro_winkler(word, other)).max().unwrap_or(0);
        if best >= FLOOR {
            sum += best;
        }
        count += 1;
    }
    (sum + count / 2).checked_div(count).unwrap_or(0)
}

fn jaro_winkler(a: &[char], b: &[char]) -> u64 {
    let jaro = jaro(a, b);
    if jaro > BONUS_ABOVE { with_bonus(jaro, a, b) } else { jaro }
}

fn with_bonus(jaro: u64, a: &[char], b: &[char]) -> u64 {
    if jaro == 0 {
        return 0;
    }
    let same = a.iter().zip(b).take(PREFIX).take_while(|(x, y)| x == y).count() as u64;
    jaro + same * (ONE - jaro) / 10
}

/// Jaro's similarity (1989): the mean of three shares, of each string's letters that the other has nearby, and of those in the same order.
fn jaro(a: &[char], b: &[char]) -> u64 {
    let near = (a.len().max(b.len()) / 2).saturating_sub(1);
    let mut used = [false; LONGEST];
    let mut common = ['\0'; LONGEST];
    let mut found = 0usize;
    for (at, c) in a.iter().enumerate() {
        let from = at.saturating_sub(near);
        let twin = b.iter().zip(used.iter_mut()).take(at + near + 1).skip(from).find(|(other, taken)| !**taken && *other == c);
        if let (Some((_, taken)), Some(place)) = (twin, common.get_mut(found)) {
            *taken = true;
            *place = *c;
            found += 1;
        }
    }
    if found == 0 {
        return 0;
    }
    let of_b = b.iter().zip(&used).filter(|(_, taken)| **taken).map(|(c, _)| c);
    let moved = common.iter().zip(of_b).filter(|(x, y)| x != y).count() / 2;
    let (m, a, b, moved) = (found as u64, a.len() as u64, b.len() as u64, moved as u64);
    // One fraction, so that exact halves and sevenths stay exact: at most 3 * 256^3 * ONE, far below 2^64.
    let (above, below) = (m * m * (a + b) + (m - moved) * a * b, 3 * a * b * m);
    (above * ONE + below / 2) / below
}

enum Class {
    Letter,
    Dropped,
    Parts,
}

/// What a character is to a tokeniser that goes by Unicode's general categories, as far as names need it: letters, numbers and vowel signs
/// are kept, marks, modifiers and format characters dropped, the rest parts words.
fn class(c: char) -> Class {
    match c {
        '0'..='9' | 'A'..='Z' | 'a'..='z' => Class::Letter,
        '\'' | '.' | '\u{2018}' | '\u{2019}' | '^' | '`' | '$' | '¢'..='¥' | '¨' | '\u{ad}' | '¯' | '²'..='´' | '¸' | '¹' | '¼'..='¾' => {
            Class::Dropped
        }
        // The three modifier letters that belong to words: iteration mark and prolonged sound marks.
        '\u{3005}' | '\u{30fc}' | '\u{ff70}' => Class::Letter,
        _ if MARKS.iter().any(|(from, to)| (*from..=*to).contains(&c)) => Class::Dropped,
        // Letters and numbers in circles and brackets are symbols.
        '\u{249c}'..='\u{24e9}' | '\u{1f100}'..='\u{1f1ff}' => Class::Parts,
        _ if c.is_alphanumeric() => Class::Letter,
        // Vowel signs that take room (category Mc) and are not alphabetic.
        '\u{0900}'..='\u{0dff}' => Class::Letter,
        _ => Class::Parts,
    }
}

/// Marks, modifier letters and symbols, format characters, and numbers that are no digits.
const MARKS: [(char, char); 75] = [
    ('\u{2b0}', '\u{36f}'),
    ('\u{374}', '\u{375}'),
    ('\u{37a}', '\u{37a}'),
    ('\u{483}', '\u{489}'),
    ('\u{559}', '\u{559}'),
    ('\u{591}', '\u{5bd}'),
    ('\u{5bf}', '\u{5bf}'),
    ('\u{5c1}', '\u{5c2}'),
    ('\u{5c4}', '\u{5c5}'),
    ('\u{5c7}', '\u{5c7}'),
    ('\u{600}', '\u{605}'),
    ('\u{610}', '\u{61a}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{640}', '\u{640}'),
    ('\u{64b}', '\u{65f}'),
    ('\u{670}', '\u{670}'),
    ('\u{6d6}', '\u{6dd}'),
    ('\u{6df}', '\u{6e8}'),
    ('\u{6ea}', '\u{6ed}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{711}', '\u{711}'),
    ('\u{730}', '\u{74a}'),
    ('\u{900}', '\u{902}'),
    ('\u{93a}', '\u{93a}'),
    ('\u{93c}', '\u{93c}'),
    ('\u{941}', '\u{948}'),
    ('\u{94d}', '\u{94d}'),
    ('\u{951}', '\u{957}'),
    ('\u{962}', '\u{963}'),
    ('\u{971}', '\u{971}'),
    ('\u{981}', '\u{981}'),
    ('\u{9bc}', '\u{9bc}'),
    ('\u{9c1}', '\u{9c4}'),
    ('\u{9cd}', '\u{9cd}'),
    ('\u{9e2}', '\u{9e3}'),
    ('\u{a01}', '\u{a02}'),
    ('\u{a3c}', '\u{a3c}'),
    ('\u{a41}', '\u{a51}'),
    ('\u{a70}', '\u{a71}'),
    ('\u{a81}', '\u{a82}'),
    ('\u{abc}', '\u{abc}'),
    ('\u{ac1}', '\u{ac8}'),
    ('\u{acd}', '\u{acd}'),
    ('\u{b82}', '\u{b82}'),
    ('\u{bc0}', '\u{bc0}'),
    ('\u{bcd}', '\u{bcd}'),
    ('\u{c3e}', '\u{c40}'),
    ('\u{c46}', '\u{c56}'),
    ('\u{cbc}', '\u{cbc}'),
    ('\u{ccc}', '\u{ccd}'),
    ('\u{d41}', '\u{d44}'),
    ('\u{d4d}', '\u{d4d}'),
    ('\u{e31}', '\u{e31}'),
    ('\u{e34}', '\u{e3a}'),
    ('\u{e46}', '\u{e4e}'),
    ('\u{10fc}', '\u{10fc}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{1ab0}', '\u{1aff}'),
    ('\u{1d2c}', '\u{1d6a}'),
    ('\u{1dc0}', '\u{1dff}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{209c}'),
    ('\u{20a0}', '\u{20f0}'),
    ('\u{2150}', '\u{215f}'),
    ('\u{2460}', '\u{249b}'),
    ('\u{24ea}', '\u{24ff}'),
    ('\u{2776}', '\u{2793}'),
    ('\u{302a}', '\u{302d}'),
    ('\u{3031}', '\u{3035}'),
    ('\u{3099}', '\u{309a}'),
    ('\u{fe00}', '\u{fe2f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{e0000}', '\u{e01ef}'),
];
