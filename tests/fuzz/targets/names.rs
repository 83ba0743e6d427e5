//! Any name, of any kind: its normal form is its own, screening returns, answers are bounded, and what is cut says so.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use weighbridge_blob::Blob;
use weighbridge_blob::name::{MAX_NAME_BYTES, MAX_TOKENS, NameForm};
use weighbridge_blob::words::Kind;
use weighbridge_blob::write::write;
use weighbridge_engine::names::{CANDIDATES, Params, Remembering, Sought, Workspace, raw_score, search};

#[path = "../../../plugin/blob/tests/common/mod.rs"]
#[allow(dead_code)]
mod common;

static BLOB: OnceLock<Vec<u8>> = OnceLock::new();

fuzz_target!(|data: &[u8]| {
    let Some((kind, text)) = data.split_first() else { return };
    let kind = [Kind::Person, Kind::Organization, Kind::Vessel, Kind::Aircraft][usize::from(*kind) % 4];
    let name = String::from_utf8_lossy(text);
    let blob = Blob::open_vouched(BLOB.get_or_init(|| write(&common::sample()).expect("the sample is good"))).expect("the sample opens");

    let (mut form, mut again) = (NameForm::default(), NameForm::default());
    form.read(kind, &name, blob.words());
    assert!(form.tokens().len() <= MAX_TOKENS);
    assert!(name.len() <= MAX_NAME_BYTES || form.truncated());
    let (mut once, mut twice) = (String::new(), String::new());
    form.ordered(&mut once);
    assert!(once.bytes().all(|b| b == b' ' || b.is_ascii_lowercase() || b.is_ascii_digit()), "{name:?}: {once:?}");
    if !form.truncated() {
        again.read(kind, &once, blob.words());
        again.ordered(&mut twice);
        assert_eq!(once, twice, "{name:?}");
    }

    let (params, mut workspace) = (Params::of(kind), Workspace::default());
    let sought = Sought { lexicon: blob.lexicon(kind), words: blob.words(), kind, least: 0 };
    let mut seen = Vec::new();
    let found = search(&sought, &name, &mut workspace, |number, aligned| {
        let score = raw_score(aligned, params);
        assert!(score <= 1_000 && (score == 1_000) == aligned.equal, "{name:?}: {score}");
        seen.push((number, score));
    });
    assert!(found.truncated || !form.truncated());
    // Beside the candidates only names of the very same form are added.
    assert!(seen.iter().filter(|(_, score)| *score < 1_000).count() <= CANDIDATES);
    // The same again, in the same buffers and with a memory: nothing of the first search is left over.
    let mut second = Vec::new();
    search(&sought, &name, &mut workspace, |number, aligned| second.push((number, raw_score(aligned, params))));
    assert_eq!(seen, second, "{name:?}");
    // A least score leaves out nothing that reaches it.
    let mut remembering = Remembering::new(Sought { least: 600, ..sought });
    for _ in 0..2 {
        let mut high = Vec::new();
        remembering.search(&name, |number, aligned| high.push((number, raw_score(aligned, params))));
        high.retain(|(_, score)| *score >= 600);
        assert_eq!(high, seen.iter().copied().filter(|(_, score)| *score >= 600).collect::<Vec<_>>(), "{name:?}");
    }
});
