//! Any name, of any kind: its normal form is its own, screening returns, answers are bounded, and what is cut says so.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use weighbridge_blob::Blob;
use weighbridge_blob::name::{MAX_NAME_BYTES, MAX_TOKENS, NameForm};
use weighbridge_blob::words::Kind;
use weighbridge_blob::write::write;
use weighbridge_engine::names::{CANDIDATES, Params, Workspace, raw_score, search};

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

    let (lexicon, params, mut workspace) = (blob.lexicon(kind), Params::of(kind), Workspace::default());
    let mut seen = Vec::new();
    let found = search(lexicon, blob.words(), kind, &name, params, &mut workspace, |number, aligned| {
        let score = raw_score(aligned, params);
        assert!(score <= 1_000 && (score == 1_000) == aligned.equal, "{name:?}: {score}");
        seen.push((number, score));
    });
    assert!(found.truncated || !form.truncated());
    // Beside the candidates only names of the very same form are added.
    assert!(seen.iter().filter(|(_, score)| *score < 1_000).count() <= CANDIDATES);
    // The same again: nothing of the first search is left in the buffers.
    let mut second = Vec::new();
    search(lexicon, blob.words(), kind, &name, params, &mut workspace, |number, aligned| second.push((number, raw_score(aligned, params))));
    assert_eq!(seen, second, "{name:?}");
});
