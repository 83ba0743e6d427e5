//! Names that are made to be hard: each gets a bounded, sensible answer. What a search did is counted, not timed;
//! `cargo names` times the same names natively and in WebAssembly, `tests/components.rs` asks them of the built components.
#![allow(missing_docs)]

use weighbridge_blob::Blob;
use weighbridge_blob::date::Day;
use weighbridge_blob::model::{Entry, Name, NameRole};
use weighbridge_blob::words::{Kind, List};
use weighbridge_blob::write::{BlobInput, write};
use weighbridge_engine::names::{
    self, CANDIDATES, MAX_ASKED, MAX_COMPARED, MAX_LISTED, MAX_POSTINGS, MAX_SCANS, Sought, Summary, Workspace,
};
use weighbridge_engine::screen::{Query, screen};

const TODAY: Day = Day(20_779); // 2026-11-22

/// Names on the list of each kind. Every second one has `muhammad` in it: ten times what any published list has.
const LISTED: usize = 12_000;

/// Words by number, four consonants and vowels each.
fn word(mut number: usize) -> String {
    let mut out = String::new();
    for _ in 0..4 {
        out.push(char::from(b"bdfghjklmnprstvz"[number % 16]));
        out.push(char::from(b"aeiou"[number / 16 % 5]));
        number = number / 80 + number * 7 % 31;
    }
    out
}

fn bytes() -> Vec<u8> {
    let mut entries = Vec::new();
    for (kind, more) in [(Kind::Person, ""), (Kind::Organization, " Trading LLC")] {
        for n in 0..LISTED {
            let first = if n % 2 == 0 { "Muhammad" } else { "Abdullah" };
            let mut entry = Entry::new(format!("{}:{n}", kind.as_str()), Some(List::Sdn), kind);
            let text = format!("{first} {} {}{more}", word(n), word(n * 13 + 5));
            entry.names = vec![Name { text, role: NameRole::Primary }];
            entries.push(entry);
        }
    }
    let policy = weighbridge_policy::compile(weighbridge_policy::DEFAULT, &Default::default()).unwrap().bytes;
    write(&BlobInput { entries, policy, ..Default::default() }).unwrap()
}

fn random(words: usize) -> String {
    let mut state = 0x5eed_u64;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + (state >> 33) as u8 % 26)
    };
    (0..words).map(|_| (0..12).map(|_| letter()).collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// The most that one search may do; see [`names::Work`].
fn assert_bounded(what: &str, kind: Kind, found: &Summary) {
    let work = found.work;
    assert!(work.scans as usize <= 2 * MAX_SCANS, "{what}, {kind}: {work:?}");
    assert!(work.postings as usize <= MAX_POSTINGS + LISTED, "{what}, {kind}: {work:?}");
    assert!(work.aligned as usize <= CANDIDATES + LISTED / 100, "{what}, {kind}: {work:?}");
    assert!(work.compared as usize <= MAX_COMPARED as usize + MAX_ASKED * MAX_LISTED * 5, "{what}, {kind}: {work:?}");
}

#[test]
fn each_adversary_gets_a_bounded_and_sensible_answer() {
    let bytes = bytes();
    let blob = Blob::open(&bytes).unwrap();
    let mut workspace = Workspace::default();
    let mut ask = |what: &str, name: &str| -> (Vec<Summary>, usize) {
        let mut told = Vec::new();
        let (mut postings, mut compared) = (0, 0);
        for (n, kind) in [Kind::Person, Kind::Organization, Kind::Vessel, Kind::Aircraft].into_iter().enumerate() {
            let sought = Sought { lexicon: blob.lexicon(kind), words: blob.words(), kind, least: 1 };
            let mut heard = 0;
            // As the gate asks a name whose kind it does not know: what was done for it counts for all kinds together.
            if n == 0 {
                workspace.read(kind, name, blob.words())
            } else {
                workspace.read_again(kind, name, blob.words())
            }
            let found = names::search_read(&sought, &mut workspace, |_, _| heard += 1);
            assert_bounded(what, kind, &found);
            assert!(heard <= found.work.aligned, "{what}");
            (postings, compared) = (postings + found.work.postings as usize, compared + found.work.compared);
            told.push(found);
        }
        assert!(postings <= MAX_POSTINGS + 2 * LISTED, "{what}: {told:?}");
        assert!(compared as usize <= MAX_COMPARED as usize + 4 * MAX_ASKED * MAX_LISTED * 5, "{what}: {told:?}");
        // The gate's own way, of any kind and twice: nothing of a search is left in its buffers.
        let query = Query { names: vec![name], ..Query::default() };
        let first = screen(&blob, &query, TODAY);
        assert_eq!(first, screen(&blob, &query, TODAY), "{what}");
        assert_eq!(first.truncated, told.iter().any(|found| found.truncated), "{what}");
        (told, first.matches.len())
    };

    // A name of one word, however often, is nobody in particular, and costs what the word costs once.
    let (once, _) = ask("muhammad", "muhammad");
    let (told, matches) = ask("fourteen muhammads", &["muhammad"; 14].join(" "));
    assert!(told[0].work.postings > 0 && told[0].work.postings <= once[0].work.postings && matches == 0, "{told:?} {matches}");
    assert!(told.iter().all(|found| !found.truncated), "{told:?}");
    // Also where it is not on the list: one scan, and one for two of them written together.
    let (told, matches) = ask("fourteen words that are not listed", &["wolfgangus"; 14].join(" "));
    assert!(told.iter().all(|found| !found.truncated && found.work.scans <= 2) && matches == 0, "{told:?} {matches}");
    // Eight words may be looked for with slips; the others are told to have been left out.
    let (told, matches) = ask("fourteen random words", &random(14));
    assert_eq!((told[0].truncated, matches), (true, 0), "{told:?}");
    assert!(told[0].work.scans as usize >= MAX_SCANS, "{told:?}");
    let (told, _) = ask("a hundred random words", &random(100));
    assert!(told[0].truncated);
    // Every syllable of it may begin a listed word; the ways to cut it are not all followed.
    let (told, _) =
        ask("listed words written together", &(0..8).map(|n| [word(n), word(n + 1), word(n + 2)].concat()).collect::<Vec<_>>().join(" "));
    assert!(told[0].work.scans as usize <= 2 * MAX_SCANS, "{told:?}");
    // Words of which each is like the others: what is compared adds up for all kinds.
    let (told, _) = ask(
        "a crowd of Muhammads",
        "muhamad mohamed muhammed mohammad mohamad muhamed mahmoud mahmud mehmed muhamet ahmad ahmed hamid hamad",
    );
    assert!(told[0].work.aligned > 0, "{told:?}");

    for (what, name) in [
        ("256 bytes of combining marks", "\u{301}".repeat(128)),
        ("nothing", String::new()),
        ("blanks", " \t\u{a0}\u{3000}".into()),
        ("one digit", "7".into()),
        ("a legal form", "LLC".into()),
        ("a legal form in Cyrillic", "ООО".into()),
        ("legal forms", "LLC ООО GmbH Ltd S.A.".into()),
        ("stop words", "the and of for al bin de von".into()),
        ("emoji", "🙂🙃🧨🏴\u{200d}☠\u{fe0f}".into()),
        ("direction marks", "\u{202e}\u{202c}\u{200f}\u{2066}\u{2069}".into()),
        ("NUL", "\0\0".into()),
        ("replaced surrogates", "\u{fffd}\u{fffd}".into()),
        ("private use and the last code point", "\u{e000}\u{10ffff}".into()),
    ] {
        let (told, matches) = ask(what, &name);
        assert_eq!((told.iter().any(|found| found.truncated), matches), (false, 0), "{what}: {told:?}");
    }

    // What is hidden in a listed name is dropped or folded, and the name is found.
    let listed = format!("Muhammad {} {}", word(4), word(4 * 13 + 5));
    let reversed = format!("\u{202e}{listed}\u{202c}");
    let nul = listed.replace(' ', "\0 \0");
    let marks: String = listed.chars().flat_map(|c| [c, '\u{301}', '\u{200b}']).collect();
    for (what, name) in
        [("as it is", &listed), ("between direction marks", &reversed), ("under marks", &marks), ("with NUL between the words", &nul)]
    {
        assert!(ask(what, name).1 >= 1, "{what}");
    }

    // What is too long is cut, says so, and costs no more than what is short.
    for (what, name) in [
        ("a megabyte of words", "Muhammad Al Random ".repeat(55_000)),
        ("a megabyte without a blank", "muhammad".repeat(131_072)),
        ("a megabyte of marks", "\u{301}".repeat(524_288)),
        ("a listed name a thousand times", format!("{listed} ").repeat(1_000)),
    ] {
        assert!(ask(what, &name).0.iter().all(|found| found.truncated), "{what}");
    }
}
