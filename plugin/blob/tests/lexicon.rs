//! The lexicon: what went in is found, within edits and by skeleton, and crafted bytes are harmless. Needs the feature `write`.
#![allow(missing_docs)]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;
use weighbridge_blob::lexicon::build::{Known, NameIn, encode};
use weighbridge_blob::lexicon::scan::edits_within;
use weighbridge_blob::lexicon::{Lexicon, MAX_NAMESAKES, skeleton};
use weighbridge_blob::model::NameRole;
use weighbridge_blob::name::{Acronym, Class, packed};

fn name(entry: u32, text: &str) -> NameIn {
    let tokens = text.split(' ').map(|t| (t.to_owned(), Class::Name)).collect();
    NameIn { entry, role: NameRole::Primary, tokens, acronyms: acronym(text).into_iter().collect() }
}

/// The first letters of all words, if they are three or more.
fn acronym(text: &str) -> Option<Acronym> {
    let letters: Vec<u8> = text.split(' ').map(|word| word.as_bytes()[0]).collect();
    Some(Acronym { packed: packed(&letters)?, tokens: (1 << letters.len()) - 1 })
}

fn names() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(prop::collection::vec("[a-d]{1,9}", 1..4).prop_map(|t| t.join(" ")), 1..60)
}

fn each_posting(lexicon: &Lexicon<'_>, token: u32) -> Vec<u32> {
    let mut names = Vec::new();
    lexicon.each_posting(token, |name| names.push(name));
    names
}

proptest! {
    #[test]
    fn what_went_in_is_found(list in names(), word in "[a-d]{4,9}") {
        let input: Vec<NameIn> = (0..).zip(&list).map(|(n, text)| name(n, text)).collect();
        let known = |t: &str| Known { frequency: (t.len() % 16) as u8, groups: vec![(t.len() as u16, t.len().is_multiple_of(2))], word: t == "aaa" };
        let bytes = encode(&input, true, known).unwrap();
        let lexicon = Lexicon::open(&bytes).unwrap();
        lexicon.verify(list.len() as u32).unwrap();
        let tokens: BTreeSet<&str> = list.iter().flat_map(|l| l.split(' ')).collect();
        prop_assert_eq!(lexicon.token_count() as usize, tokens.len());
        for token in &tokens {
            let id = lexicon.find(token.as_bytes()).unwrap();
            prop_assert_eq!(lexicon.text(id), token.as_bytes());
            prop_assert_eq!(lexicon.frequency(id) as usize, token.len() % 16);
            let with: Vec<u32> = (0..).zip(&list).filter(|(_, l)| l.split(' ').any(|t| t == *token)).map(|(n, _)| n).collect();
            prop_assert_eq!(&lexicon.postings(id).collect::<Vec<_>>(), &with);
            prop_assert_eq!(each_posting(&lexicon, id), with);
            prop_assert!(lexicon.with_skeleton(&skeleton(token.as_bytes(), false), None).any(|(t, text)| t == id && text == token.as_bytes()));
            prop_assert!(lexicon.in_group(token.len() as u16).any(|(t, nick)| t == id && nick == (token.len() % 2 == 0)));
        }
        for (n, text) in (0..).zip(&list) {
            let listed = lexicon.name(n).unwrap();
            let back: Vec<String> = listed.tokens().map(|t| String::from_utf8(lexicon.text(t).to_vec()).unwrap()).collect();
            prop_assert_eq!(&back.join(" "), text);
            prop_assert!(lexicon.tokens_of(n).eq(listed.tokens()) && listed.tokens().count() == listed.len());
            let mut ids: Vec<u32> = listed.tokens().collect();
            ids.reverse();
            prop_assert!(lexicon.equal(&ids).any(|m| m == n));
        }
        for limit in [1, 2] {
            let mut near = BTreeSet::new();
            lexicon.near(word.as_bytes(), limit, |token, edits, text| {
                assert_eq!((lexicon.text(token), lexicon.is_letter(token)), (text, text.len() == 1));
                near.insert((text.to_vec(), edits));
            });
            let slow: BTreeSet<_> = tokens.iter()
                .filter_map(|t| Some((t.as_bytes().to_vec(), edits_within(word.as_bytes(), t.as_bytes(), limit)?)))
                .filter(|(_, edits)| *edits > 0)
                .collect();
            prop_assert_eq!(near, slow);
        }
        prop_assert_eq!(encode(&input, true, known).unwrap(), bytes);
    }

    /// Among many words of one length, of which most begin with another letter.
    #[test]
    fn what_is_near_is_found_among_many(word in "[a-d]{3,10}", more in "[a-d]{4}") {
        static MANY: LazyLock<(Vec<String>, Vec<u8>)> = LazyLock::new(|| {
            let words = |len: u32| (0..4_usize.pow(len)).map(move |n| (0..len).map(|at| char::from(b'a' + (n >> (2 * at) & 3) as u8)).collect::<String>());
            let long = words(4).flat_map(|text| [format!("{text}dcba"), format!("abab{text}b")]);
            let list: Vec<String> = words(3).chain(words(4)).chain(long).collect();
            let input: Vec<NameIn> = (0..).zip(&list).map(|(n, text)| name(n, text)).collect();
            let bytes = encode(&input, true, |_| Known::default()).unwrap();
            (list, bytes)
        });
        let (list, bytes) = &*MANY;
        let lexicon = Lexicon::open(bytes).unwrap();
        for word in [word, format!("{more}dcba"), format!("aba{more}"), format!("abab{more}bb")] {
            for limit in [1, 2] {
                let mut near = BTreeSet::new();
                lexicon.near(word.as_bytes(), limit, |_, edits, text| assert!(near.insert((text, edits))));
                let apart = |text: &String| edits_within(word.as_bytes(), text.as_bytes(), limit).filter(|edits| *edits > 0);
                let slow: BTreeSet<_> = list.iter().filter_map(|text| Some((text.as_bytes(), apart(text)?))).collect();
                prop_assert_eq!(&near, &slow, "{} {}", word, limit);
            }
        }
    }

    /// An acronym leads to all whose words it is the first letters of, unless they have it themselves, or it is a word, or too many do.
    #[test]
    fn acronyms_lead_to_names(list in prop::collection::vec(prop::collection::vec("[ab][a-b]{0,2}", 3..5).prop_map(|t| t.join(" ")), 1..90)) {
        let input: Vec<NameIn> = (0..).zip(&list).map(|(n, text)| name(n, text)).collect();
        let known = |t: &str| Known { frequency: u8::from(t == "aba"), word: t == "bab", ..Known::default() };
        let bytes = encode(&input, false, known).unwrap();
        let lexicon = Lexicon::open(&bytes).unwrap();
        lexicon.verify(list.len() as u32).unwrap();
        for text in &list {
            let of = acronym(text).unwrap();
            let letters: String = text.split(' ').map(|word| &word[..1]).collect();
            let may = |(_, l): &(u32, &String)| acronym(l) == Some(of) && l.split(' ').all(|t| t != letters);
            let mut with: Vec<u32> = (0..).zip(&list).filter(may).map(|(n, _)| n).collect();
            if letters == "aba" || letters == "bab" || with.len() > MAX_NAMESAKES {
                with.clear();
            }
            let found: Vec<u32> = lexicon.shortened_to(of.packed).filter(|i| i.tokens == of.tokens).map(|i| i.name).collect();
            prop_assert_eq!(found, with);
        }
        prop_assert_eq!(lexicon.shortened_to(packed(b"zzz").unwrap()).count(), 0);
    }

    #[test]
    fn crafted_bytes_are_harmless(list in names(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let input: Vec<NameIn> = (0..).zip(&list).map(|(n, text)| name(n, text)).collect();
        let mut bytes = encode(&input, true, |_| Known::default()).unwrap();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let Ok(lexicon) = Lexicon::open(&bytes) else { return Ok(()) };
        let _ = lexicon.verify(list.len() as u32);
        for token in 0..lexicon.token_count().min(300) {
            let _ = lexicon.text(token);
            prop_assert_eq!(each_posting(&lexicon, token), lexicon.postings(token).collect::<Vec<_>>());
        }
        for number in 0..lexicon.name_count().min(300) {
            let _ = (lexicon.name(number).map(|n| n.tokens().count()), lexicon.tokens_of(number).count());
        }
        lexicon.near(b"abcdabcd", 2, |_, _, _| {});
        let _ = (lexicon.find(b"abc"), lexicon.with_skeleton(&skeleton(b"abc", false), None).take(1_000).count());
        let _ = lexicon.in_group(3).take(1_000).count();
        let _ = lexicon.shortened_to(packed(b"abc").unwrap()).take(1_000).count();
    }
}

#[test]
fn damaged_acronyms_are_refused() {
    let input = [name(0, "alpha beta gamma"), name(1, "alpha beta delta"), name(2, "zeta eta theta")];
    let bytes = encode(&input, true, |_| Known::default()).unwrap();
    Lexicon::open(&bytes).unwrap().verify(3).unwrap();
    // Three records at the end: the letters of all, then name and tokens in planes.
    let from = bytes.len() - 24;
    let refused = |change: &[(usize, u8)]| {
        let mut bytes = bytes.clone();
        change.iter().for_each(|(at, value)| bytes[from + at] = *value);
        Lexicon::open(&bytes).unwrap().verify(3).is_err()
    };
    assert!(!refused(&[]));
    // Letters that are none, letters out of order, a name that is not there, tokens that it does not have.
    assert!(refused(&[(3, 0xff)]) && refused(&[(0, 0xff)]) && refused(&[(18, 1)]) && refused(&[(21, 0x13)]) && refused(&[(22, 3)]));
}

#[test]
fn an_empty_lexicon_opens() {
    let bytes = encode(&[], true, |_| Known::default()).unwrap();
    let lexicon = Lexicon::open(&bytes).unwrap();
    lexicon.verify(0).unwrap();
    assert_eq!((lexicon.token_count(), lexicon.find(b"a")), (0, None));
    for cut in 0..bytes.len() {
        assert!(Lexicon::open(&bytes[..cut]).is_err() || cut >= bytes.len() - 6, "{cut}");
    }
}
