//! Acronyms: words that stand for the first letters of others.
//!
//! Those of a listed name as it is written are in the lexicon, and lead to it by themselves. Beside words that agree, a word may also be
//! the first letters of any neighbours of the other name (`CEC Belarus`), as the normal form has them.

use weighbridge_blob::lexicon::Lexicon;
use weighbridge_blob::lexicon::scan::letters;
use weighbridge_blob::name::{Class, NameForm, WordTable, packed};

use super::ask::{Ask, Asked};
use super::{How, Like, MAX_ASKED, Params};

/// A listed name that a word of the query is short for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Short {
    pub name: u32,
    /// The place of the word in the query.
    pub asked: u8,
    /// Tokens of the listed name that it stands for, one bit each.
    pub listed: u32,
}

/// Listed names that an acronym leads to at the most, all words together.
const MAX_SHORT: usize = 96;

/// An acronym of so many letters.
pub(super) fn like(letters: usize) -> Like {
    Like { how: How::Acronym, edits: letters.min(6) as u8 }
}

/// Whether a word may be short for any neighbours, unless it is an ordinary one: a name of two to four letters. Longer ones are most often
/// words, and the lexicon tells what they are short for.
pub(super) fn may_be(letters: usize, class: Class) -> bool {
    class == Class::Name && (2..=4).contains(&letters)
}

impl Ask {
    /// Finds out which tokens may be acronyms and which listed names they lead to; and whether the query may be shortened to a listed word.
    pub(super) fn shorten(&mut self, form: &NameForm, lexicon: &Lexicon<'_>, words: &WordTable<'_>, params: &Params) {
        self.short.clear();
        self.acronyms = 0;
        for n in 0..self.tokens.len() {
            let Some(asked) = self.tokens.get(n) else { break };
            let text = asked.text.as_bytes();
            let frequency = || match asked.listed {
                Some(token) => lexicon.frequency(token),
                None => words.frequency(std::str::from_utf8(text).unwrap_or_default()),
            };
            let may_be = may_be(text.len(), asked.class);
            let longer = || asked.class == Class::Name && asked.listed.is_none() && text.len() <= 6;
            if asked.abjad || !(may_be || longer()) || frequency() > 0 {
                continue;
            }
            self.acronyms |= u32::from(may_be) << n;
            let Some(packed) = packed(text).filter(|_| self.seeking >> n & 1 == 1) else { continue };
            let free = MAX_SHORT.saturating_sub(self.short.len());
            let names = lexicon.shortened_to(packed).take(free);
            self.short.extend(names.map(|i| Short { name: i.name, asked: n as u8, listed: i.tokens }));
        }
        let rank = |s: &Short| (s.name, s.asked);
        weighbridge_blob::order::sort(&mut self.short, |a, b| rank(a) < rank(b));
        let first = |t: &Asked| t.text.as_bytes().get(..1).map_or(0, letters);
        self.begins = if self.tokens.len() < 3 { 0 } else { self.tokens.iter().fold(0, |set, t| set | first(t)) };
        self.shortened = self.variants.len();
        self.begin();
        form.acronyms(true, |text, of| {
            let Some(token) = lexicon.find(text) else { return };
            let (class, _, frequency) = lexicon.meta(token);
            let itself = self.tokens.iter().any(|asked| asked.listed == Some(token));
            let tokens = form.tokens_of(of);
            if class == Class::Name && frequency == 0 && !itself && tokens >> MAX_ASKED == 0 {
                self.push(token, tokens, like(text.len()), text.len(), params);
            }
        });
        self.shortened = self.variants.len() - self.shortened;
    }

    /// What the words of the query are short for in a listed name, as the lexicon tells.
    pub(super) fn short_for(&self, name: u32) -> &[Short] {
        let from = self.short.partition_point(|short| short.name < name);
        let rest = self.short.get(from..).unwrap_or_default();
        rest.get(..rest.iter().take_while(|short| short.name == name).count()).unwrap_or_default()
    }
}

/// A word of either name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'t> {
    pub text: &'t [u8],
    pub class: Class,
    /// It has a partner that is the same.
    pub same: bool,
}

/// The first neighbours that begin with the letters of a word, one bit each: two or more, none of which has a partner. Particles between
/// them are passed over.
pub(super) fn initials_of(acronym: &[u8], parts: &[Part<'_>]) -> Option<u32> {
    (0..parts.len()).find_map(|from| {
        let mut rest = acronym.iter().peekable();
        let (mut mask, mut count) = (0_u32, 0);
        for (n, part) in parts.iter().enumerate().skip(from) {
            let Some(letter) = rest.peek() else { break };
            // A legal form at the end is none of the words; `management company Example` is an MC Example.
            let at_end = part.class == Class::Form && n + 1 == parts.len();
            if !part.same && !at_end && part.text.first() == Some(*letter) {
                rest.next();
                mask |= 1 << n;
                count += 1;
            } else if (part.class == Class::Particle || part.text.len() == 1) && mask != 0 {
                mask |= 1 << n;
            } else {
                return None;
            }
        }
        (rest.peek().is_none() && count >= 2).then_some(mask)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(words: &str) -> Vec<Part<'_>> {
        let class = |word: &str| if matches!(word, "of" | "and") { Class::Particle } else { Class::Name };
        words.split(' ').map(|w| Part { text: w.trim_end_matches('=').as_bytes(), class: class(w), same: w.ends_with('=') }).collect()
    }

    #[test]
    fn an_acronym_is_the_first_letters_of_neighbours() {
        let of = |acronym: &str, words: &str| initials_of(acronym.as_bytes(), &parts(words));
        assert_eq!(of("cec", "central election commission of republic belarus="), Some(0b111));
        assert_eq!(of("ca", "akkerman= cement= central asia"), Some(0b1100));
        assert_eq!(of("mis", "ministry of industry and security"), Some(0b11111));
        assert_eq!(of("cec", "central election office"), None);
        assert_eq!(of("cec", "central election= commission"), None);
        assert_eq!(of("c", "central"), None);
        assert_eq!(of("cecb", "central election commission"), None);
    }
}
