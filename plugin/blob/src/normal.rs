//! Normal forms: the one code that turns a name, number, host or address into the key that is stored and asked for.
//!
//! Builder and gate call the same functions with the same tables (which travel in the blob), so a list and a query cannot
//! drift apart. Names are read by [`crate::name`].

pub use crate::decompose::Decompositions;
use crate::lower::lower;
use crate::name::NameForm;
pub use crate::name::{MAX_NAME_BYTES, MAX_TOKENS, WordTable};
use crate::words::{IdKind, Kind};

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

/// The key of a name of a party of `kind`: [`NameForm::key`] for callers that keep no buffer.
///
/// Empty `key` if nothing but punctuation is left.
pub fn name_key(kind: Kind, name: &str, words: &WordTable<'_>) -> NameKey {
    let mut form = NameForm::default();
    form.read(kind, name, words);
    let (mut key, mut ordered) = (String::new(), String::new());
    form.key(&mut key);
    form.ordered(&mut ordered);
    NameKey { key, ordered, distinctive: form.distinctive(), truncated: form.truncated() }
}

/// The key of a hard identifier: type, then the number in lower case without punctuation.
///
/// `None` if nothing is left of the number, or it is too short to identify anyone (fewer than four characters).
pub fn identifier_key(kind: IdKind, number: &str, unicode: &Decompositions<'_>) -> Option<String> {
    let mut key = format!("{kind}:");
    let start = key.len();
    match kind {
        IdKind::Email => {
            let (user, host) = number.trim().rsplit_once('@')?;
            let host = host_key(host)?;
            if user.is_empty() {
                return None;
            }
            key.push_str(&lower_case(user));
            key.push('@');
            key.push_str(&host);
            return Some(key);
        }
        IdKind::ListEntry => key.extend(crate::entries::folded(number)),
        IdKind::Imo | IdKind::Mmsi | IdKind::Phone => key.extend(plain(number, unicode).chars().filter(char::is_ascii_digit)),
        _ => key.extend(plain(number, unicode).chars().filter(|c| c.is_alphanumeric())),
    }
    let number = key.get(start..)?;
    if kind == IdKind::Swift && number.len() == 11 && number.ends_with("xxx") {
        // ISO 9362: XXX is the primary office, the same as the code of eight characters.
        key.truncate(key.len() - 3);
    }
    (key.get(start..)?.chars().count() >= 4).then_some(key)
}

/// A text in lower case, character by character. The library's own also looks where a Greek word ends, for which it keeps two tables;
/// a key need only be the same on both sides.
pub fn lower_case(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| out.extend(lower(c)));
    out
}

/// Compatibility forms and marks folded, invisible characters dropped, in lower case; letters stay in their script.
fn plain(text: &str, unicode: &Decompositions<'_>) -> String {
    let mut out = String::with_capacity(text.len());
    unicode.nfkd(text, &mut Vec::new(), |c, mark| {
        if mark == 0 {
            out.extend(lower(c).filter(|c| unicode.class(*c) == 0));
        }
    });
    out
}

/// A host name in lower case without `www.`, port, path, scheme or final dot. `None` if it has no dot, or is an address.
pub fn host_key(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.split(['/', '?', '#']).next()?;
    let text = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let text = lower_case(text.split(':').next()?.trim_end_matches('.'));
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
    let mut form = NameForm::default();
    form.read(Kind::Organization, &format!("{street} {city}"), words);
    if form.truncated() || form.tokens().len() < 2 {
        return None;
    }
    let mut out: Vec<&str> = form.tokens().iter().map(|t| form.text_of(t)).collect();
    crate::order::sort(&mut out, |a, b| a < b);
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
            Err(_) => format!("{}:{}", lower_case(kind.trim()), lower_case(name.trim())),
        },
        None => lower_case(party),
    }
}

#[cfg(all(test, feature = "write"))]
mod tests {
    use super::*;
    use crate::name::build;
    use proptest::prelude::*;

    fn check(name: &str, expected: &str) {
        let section = build::encode(&build::FILES).unwrap();
        let words = WordTable::open(&section).unwrap();
        let key = name_key(Kind::Organization, name, &words);
        assert_eq!(key.key.strip_prefix('o').unwrap_or(""), expected, "{name}");
    }

    #[test]
    fn names_meet() {
        check("CIMEX, S.A.", "cimex sa");
        check("Cimex SA", "cimex sa");
        check("ANGLO-CARIBBEAN CO., LTD.", "anglo caribbean ltd");
        check("Anglo Caribbean Company Limited", "anglo caribbean ltd");
        check("Ｃｉｍｅｘ\u{200b} S.A", "cimex sa");
        check("Mu\u{308}ller & So\u{301}hne", "and muller sohne");
        check("Łódź Ørsted Straße", "lodz orsted strasse");
        check("O'Neill d’Arc", "darc oneill");
        check("John F.Kennedy", "f john kennedy");
        check("İstanbul", "istanbul");
        check("ООО Ромашка", "llc romashka");
        check("... --- !!!", "");
        check("", "");
    }

    #[test]
    fn generic_names_are_not_distinctive() {
        let section = build::encode(&build::FILES).unwrap();
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
        let section = build::encode(&build::FILES).unwrap();
        let words = WordTable::open(&section).unwrap();
        assert!(name_key(Kind::Person, &"a".repeat(1_000_000), &words).truncated);
        assert!(name_key(Kind::Person, &"é".repeat(5_000), &words).truncated);
        assert!(name_key(Kind::Person, &"ab ".repeat(129), &words).truncated);
        assert!(!name_key(Kind::Person, &"ab ".repeat(128), &words).truncated);
    }

    #[test]
    fn identifiers() {
        let key = |k, n| identifier_key(k, n, &Decompositions::shipped());
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
            let section = build::encode(&build::FILES).unwrap();
            let words = WordTable::open(&section).unwrap();
            let once = name_key(Kind::Person, &name, &words);
            let twice = name_key(Kind::Person, &once.ordered, &words);
            prop_assert_eq!(&once.ordered, &twice.ordered);
            prop_assert_eq!(once.key, twice.key);
        }

        // Words that no table knows: phrases, articles and cut words do have an order.
        #[test]
        fn word_order_does_not_matter(mut parts in prop::collection::vec("[bdgkz]{5,9}", 1..6)) {
            let section = build::encode(&build::FILES).unwrap();
            let words = WordTable::open(&section).unwrap();
            let forward = name_key(Kind::Person, &parts.join(" "), &words).key;
            parts.reverse();
            prop_assert_eq!(forward, name_key(Kind::Person, &parts.join(" "), &words).key);
        }
    }
}
