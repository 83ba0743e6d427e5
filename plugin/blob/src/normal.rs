//! Normal forms: the one code that turns a name, number, host or address into the key that is stored and asked for.
//!
//! Builder and gate call the same functions with the same word table (which travels in the blob), so a list and a
//! query cannot drift apart. This version folds compatibility forms, marks, case, punctuation, dotted abbreviations,
//! the Latin letters that Unicode does not decompose, and the spellings of legal forms in the word table.

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;

use crate::bytes::{Cursor, u32_at};
use crate::dict::{Dict, DictError};
use crate::words::{IdKind, Kind};

/// Names longer than this many bytes are refused by the builder, and make a query `truncated` in the gate.
pub const MAX_NAME_BYTES: usize = 2_048;

/// Most tokens that a name may have; same consequences.
pub const MAX_TOKENS: usize = 128;

/// Equivalent words: `limited` is `ltd`. Generic words say nothing about who it is: a name made only of them never matches.
#[derive(Debug, Clone, Copy)]
pub struct WordTable<'a> {
    dict: Dict<'a>,
    texts: &'a [u8],
}

impl<'a> WordTable<'a> {
    /// Opens the `normalisation` section.
    ///
    /// # Errors
    /// [`DictError`] if the dictionary in it cannot be read.
    pub fn open(section: &'a [u8]) -> Result<Self, DictError> {
        let short = DictError::Short { got: section.len() };
        let len = u32_at(section, 0).and_then(|l| usize::try_from(l).ok()).ok_or_else(|| short.clone())?;
        let rest = section.get(4..).ok_or_else(|| short.clone())?;
        let dict = rest.get(..len).ok_or_else(|| short.clone())?;
        let texts = rest.get(len..).ok_or(short)?;
        Ok(Self { dict: Dict::open(dict)?, texts })
    }

    pub(crate) fn dict(&self) -> &Dict<'a> {
        &self.dict
    }

    /// The word that stands for `token`, and whether it is generic.
    fn look_up<'t>(&self, token: &'t str) -> (&'t str, bool)
    where
        'a: 't,
    {
        match self.dict.get(token.as_bytes()) {
            None => (token, false),
            Some(value) => {
                let generic = value & 1 == 1;
                let replacement = (value >> 1)
                    .checked_sub(1)
                    .and_then(|offset| usize::try_from(offset).ok())
                    .and_then(|offset| Cursor::at(self.texts, offset))
                    .and_then(|mut c| c.text());
                (replacement.unwrap_or(token), generic)
            }
        }
    }
}

/// The key of a name, with what was learnt on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameKey {
    /// Kind byte, then the words in sorted order with a blank between: the same for every word order.
    pub key: String,
    /// The words in the order in which they came.
    pub ordered: String,
    /// At least one word says who it is: not a legal form, not a generic word, not a lone letter or digit.
    pub distinctive: bool,
    /// The name was longer than [`MAX_NAME_BYTES`] or had more than [`MAX_TOKENS`] words. Such a key must not be trusted.
    pub truncated: bool,
}

/// The key of a name of a party of `kind`.
///
/// Empty `key` if nothing but punctuation is left.
pub fn name_key(kind: Kind, name: &str, words: &WordTable<'_>) -> NameKey {
    let (text, truncated) = cut(name);
    let folded = fold(text);
    let all = tokens(&folded);
    let too_many = all.len() > MAX_TOKENS;
    let mut distinctive = false;
    let mut out: Vec<&str> = Vec::with_capacity(all.len().min(MAX_TOKENS));
    for token in all.iter().take(MAX_TOKENS) {
        let (word, generic) = words.look_up(token);
        distinctive |= !generic && word.chars().nth(1).is_some();
        out.push(word);
    }
    let ordered = out.join(" ");
    out.sort_unstable();
    let mut key = String::with_capacity(ordered.len() + 1);
    if !out.is_empty() {
        key.push(char::from(kind.key_byte()));
        key.push_str(&out.join(" "));
    }
    NameKey { key, ordered, distinctive, truncated: truncated || too_many }
}

fn cut(text: &str) -> (&str, bool) {
    if text.len() <= MAX_NAME_BYTES {
        return (text, false);
    }
    let mut end = MAX_NAME_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (text.get(..end).unwrap_or_default(), true)
}

/// What a folded character does to the token it stands in.
const BREAK: char = ' ';
/// A full stop: it joins single letters (`S.A.` is `sa`) and breaks everything else.
const STOP: char = '.';

/// Compatibility decomposition, marks and invisible characters dropped, lower case, punctuation to blanks.
fn fold(text: &str) -> String {
    let normaliser = DecomposingNormalizerBorrowed::new_nfkd();
    let classes = CanonicalCombiningClassMapBorrowed::new();
    let mut out = String::with_capacity(text.len() + 8);
    // NFKD puts marks behind their base letter, so a mark is dropped by its combining class alone.
    for c in normaliser.normalize_iter(text.chars()) {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if invisible(c) || (!c.is_ascii() && classes.get_u8(c) != 0) || apostrophe(c) {
        } else if c == '&' {
            out.push_str(" and ");
        } else if c == STOP {
            out.push(STOP);
        } else if c.is_alphanumeric() {
            for lower in c.to_lowercase() {
                // Lower case may bring a mark back: U+0130 is `i` with a dot above.
                if classes.get_u8(lower) == 0 {
                    match latin(lower) {
                        Some(plain) => out.push_str(plain),
                        None => out.push(lower),
                    }
                }
            }
        } else {
            out.push(BREAK);
        }
    }
    out
}

/// Splits a folded text into tokens; runs of single letters joined by full stops alone become one.
fn tokens(folded: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for piece in folded.split(BREAK) {
        let mut run = String::new();
        for part in piece.split(STOP) {
            if part.chars().nth(1).is_none() && !part.is_empty() {
                run.push_str(part);
            } else {
                if !run.is_empty() {
                    out.push(std::mem::take(&mut run));
                }
                if !part.is_empty() {
                    out.push(part.to_owned());
                }
            }
        }
        if !run.is_empty() {
            out.push(run);
        }
    }
    out
}

/// Characters that a reader does not see: format characters, variation selectors, tags, controls that lists contain.
fn invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn apostrophe(c: char) -> bool {
    matches!(c, '\'' | '`' | '\u{b4}' | '\u{2b9}'..='\u{2bf}' | '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{ff07}' | '\u{640}')
}

/// Latin letters without a decomposition in Unicode.
fn latin(c: char) -> Option<&'static str> {
    Some(match c {
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ı' => "i",
        'ħ' => "h",
        'ŧ' => "t",
        'ŋ' => "n",
        'ə' => "a",
        _ => return None,
    })
}

/// The key of a hard identifier: type, then the number in lower case without punctuation.
///
/// `None` if nothing is left of the number, or it is too short to identify anyone (fewer than four characters).
pub fn identifier_key(kind: IdKind, number: &str) -> Option<String> {
    let mut key = format!("{kind}:");
    let start = key.len();
    match kind {
        IdKind::Email => {
            let (user, host) = number.trim().rsplit_once('@')?;
            let host = host_key(host)?;
            if user.is_empty() {
                return None;
            }
            key.push_str(&user.to_lowercase());
            key.push('@');
            key.push_str(&host);
            return Some(key);
        }
        IdKind::ListEntry => key.push_str(&number.trim().to_lowercase()),
        IdKind::Imo | IdKind::Mmsi | IdKind::Phone => key.extend(fold(number).chars().filter(char::is_ascii_digit)),
        _ => key.extend(fold(number).chars().filter(|c| c.is_alphanumeric())),
    }
    let number = key.get(start..)?;
    if kind == IdKind::Swift && number.len() == 11 && number.ends_with("xxx") {
        // ISO 9362: XXX is the primary office, the same as the code of eight characters.
        key.truncate(key.len() - 3);
    }
    (key.get(start..)?.chars().count() >= 4).then_some(key)
}

/// A host name in lower case without `www.`, port, path, scheme or final dot. `None` if it has no dot, or is an address.
pub fn host_key(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.split(['/', '?', '#']).next()?;
    let text = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let text = text.split(':').next()?.trim_end_matches('.').to_lowercase();
    let text = text.strip_prefix("www.").unwrap_or(&text);
    let good = text.contains('.')
        && text.split('.').all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_'))
        && text.parse::<std::net::Ipv4Addr>().is_err();
    good.then(|| text.to_owned())
}

/// A host with its labels in reverse: `mail.example.org` is `org.example.mail`.
pub fn reversed_host(host: &str) -> String {
    host.rsplit('.').collect::<Vec<_>>().join(".")
}

/// The key of an address: the words of street and city in sorted order, then the country.
///
/// `None` if fewer than two words are left: `Dubai` alone is no address.
pub fn address_key(street: &str, city: &str, country: &str, words: &WordTable<'_>) -> Option<String> {
    let text = format!("{street} {city}");
    let (text, truncated) = cut(&text);
    let folded = fold(text);
    let all = tokens(&folded);
    if truncated || all.len() < 2 || all.len() > MAX_TOKENS {
        return None;
    }
    let mut out: Vec<&str> = all.iter().map(|t| words.look_up(t).0).collect();
    out.sort_unstable();
    out.dedup();
    Some(format!("{}|{}", out.join(" "), country.to_ascii_lowercase()))
}

/// The key under which a party's authorisations and clearances stand.
///
/// `organization:Acme Ltd` and `person:…` are folded like names, so that spelling does not matter; everything else
/// (`account:42`, `*`) is only put in lower case.
pub fn party_key(party: &str, words: &WordTable<'_>) -> String {
    let party = party.trim();
    match party.split_once(':') {
        Some((kind, name)) => match kind.trim().parse::<Kind>() {
            Ok(kind) => format!("{kind}:{}", name_key(kind, name, words).key),
            Err(_) => format!("{}:{}", kind.trim().to_lowercase(), name.trim().to_lowercase()),
        },
        None => party.to_lowercase(),
    }
}

#[cfg(feature = "write")]
pub(crate) mod build {
    //! The builder's side: the word table from its text form.

    use std::collections::BTreeMap;

    use crate::bytes::put_text;

    /// The table that ships: one line a word, `canonical [*] = spelling spelling …`; `*` marks generic words.
    pub(crate) const WORDS: &str = include_str!("../data/words.txt");

    /// Encodes the `normalisation` section.
    pub(crate) fn encode(text: &str) -> Result<Vec<u8>, String> {
        let mut texts = Vec::new();
        let mut map: BTreeMap<String, u64> = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let (head, spellings) = line.split_once('=').ok_or_else(|| format!("line {}: no `=`", number + 1))?;
            let head = head.trim();
            let (canonical, generic) = match head.strip_suffix('*') {
                Some(word) => (word.trim(), 1),
                None => (head, 0),
            };
            let offset = texts.len() as u64;
            put_text(&mut texts, canonical);
            let mut put = |word: &str, value: u64| match map.insert(word.to_owned(), value) {
                Some(_) => Err(format!("line {}: `{word}` stands twice", number + 1)),
                None => Ok(()),
            };
            put(canonical, generic)?;
            for spelling in spellings.split_whitespace() {
                put(spelling, (offset + 1) << 1 | generic)?;
            }
        }
        let mut builder = fst::MapBuilder::memory();
        for (word, value) in map {
            builder.insert(word, value).map_err(|e| e.to_string())?;
        }
        let dict = builder.into_inner().map_err(|e| e.to_string())?;
        let len = u32::try_from(dict.len()).map_err(|e| e.to_string())?;
        let mut out = len.to_le_bytes().to_vec();
        out.extend(dict);
        out.extend(texts);
        Ok(out)
    }
}

#[cfg(all(test, feature = "write"))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(name: &str, expected: &str) {
        let section = build::encode(build::WORDS).unwrap();
        let words = WordTable::open(&section).unwrap();
        let key = name_key(Kind::Organization, name, &words);
        assert_eq!(key.key.strip_prefix('o').unwrap_or(""), expected, "{name}");
    }

    #[test]
    fn names_meet() {
        check("CIMEX, S.A.", "cimex sa");
        check("Cimex SA", "cimex sa");
        check("ANGLO-CARIBBEAN CO., LTD.", "anglo caribbean co ltd");
        check("Anglo Caribbean Company Limited", "anglo caribbean co ltd");
        check("Ｃｉｍｅｘ\u{200b} S.A", "cimex sa");
        check("Mu\u{308}ller & So\u{301}hne", "and muller sohne");
        check("Łódź Ørsted Straße", "lodz orsted strasse");
        check("O'Neill d’Arc", "darc oneill");
        check("John F.Kennedy", "f john kennedy");
        check("İstanbul", "istanbul");
        check("ООО Ромашка", "ооо ромашка");
        check("... --- !!!", "");
        check("", "");
    }

    #[test]
    fn generic_names_are_not_distinctive() {
        let section = build::encode(build::WORDS).unwrap();
        let words = WordTable::open(&section).unwrap();
        let d = |n: &str| name_key(Kind::Organization, n, &words).distinctive;
        assert!(!d("LLC"));
        assert!(!d("Co., Ltd."));
        assert!(!d("A B"));
        assert!(!d("Trading Company"));
        assert!(d("Cimex"));
    }

    #[test]
    fn long_names_are_told() {
        let section = build::encode(build::WORDS).unwrap();
        let words = WordTable::open(&section).unwrap();
        assert!(name_key(Kind::Person, &"a".repeat(1_000_000), &words).truncated);
        assert!(name_key(Kind::Person, &"é".repeat(5_000), &words).truncated);
        assert!(name_key(Kind::Person, &"ab ".repeat(129), &words).truncated);
        assert!(!name_key(Kind::Person, &"ab ".repeat(128), &words).truncated);
    }

    #[test]
    fn identifiers() {
        let key = |k, n| identifier_key(k, n);
        assert_eq!(key(IdKind::Passport, "A-123 456").as_deref(), Some("passport:a123456"));
        assert_eq!(key(IdKind::Swift, "HAVIGB2LXXX"), key(IdKind::Swift, "havigb2l"));
        assert_eq!(key(IdKind::Imo, "IMO 9187629").as_deref(), Some("imo:9187629"));
        assert_eq!(key(IdKind::Email, " A.B@Example.ORG ").as_deref(), Some("email:a.b@example.org"));
        assert_eq!(key(IdKind::Email, "nobody"), None);
        assert_eq!(key(IdKind::Passport, "12"), None);
        assert_eq!(host_key("https://www.Example.org:8080/x?y").as_deref(), Some("example.org"));
        assert_eq!(host_key("10.0.0.1"), None);
        assert_eq!(host_key("localhost"), None);
        assert_eq!(reversed_host("mail.example.org"), "org.example.mail");
    }

    proptest! {
        #[test]
        fn keys_are_stable_under_their_own_fold(name in "\\PC{0,60}") {
            let section = build::encode(build::WORDS).unwrap();
            let words = WordTable::open(&section).unwrap();
            let once = name_key(Kind::Person, &name, &words);
            let twice = name_key(Kind::Person, &once.ordered, &words);
            prop_assert_eq!(&once.ordered, &twice.ordered);
            prop_assert_eq!(once.key, twice.key);
        }

        #[test]
        fn word_order_does_not_matter(mut parts in prop::collection::vec("[a-z]{2,8}", 1..6)) {
            let section = build::encode(build::WORDS).unwrap();
            let words = WordTable::open(&section).unwrap();
            let forward = name_key(Kind::Person, &parts.join(" "), &words).key;
            parts.reverse();
            prop_assert_eq!(forward, name_key(Kind::Person, &parts.join(" "), &words).key);
        }
    }
}
