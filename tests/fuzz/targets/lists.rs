//! Any file as a list or an address database, and our samples with any bytes changed. Whatever stands in it, reading returns;
//! and what was read is accounted for: read = kept + merged + lost in every file, an entry for each row that was kept, a name
//! for each entry that is no mere address, the same again from the same bytes. Ranges of addresses come out sorted, apart, and
//! joined where they can be.
//!
//! The first byte says which reader and how: below 128 the rest are changes of a sample, from 128 on the rest is the file. How
//! often each reader was reached, and how often it read something, is printed at every power of two: `tests/fuzz.rs` asks for it.
#![no_main]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use libfuzzer_sys::fuzz_target;
use weighbridge::geo::{self, GeoFormat};
use weighbridge::source::{Context, FORMATS, Format, Input, Silent};

#[path = "../samples.rs"]
mod samples;

use samples::{Sample, samples};

/// Between the files of a set. No list has this control character.
const SEPARATOR: u8 = 0x1d;

const NEW: AtomicU64 = AtomicU64::new(0);
static REACHED: [AtomicU64; 32] = [NEW; 32];
static READ: [AtomicU64; 32] = [NEW; 32];

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let samples = samples();
    let number = usize::from(first & 0x7f) % samples.len();
    let sample = &samples[number];
    let joined = if *first < 0x80 { changed(&sample.joined(SEPARATOR), rest) } else { rest.to_vec() };
    let parts = joined.splitn(sample.files.len(), |byte| *byte == SEPARATOR);
    let files: Vec<(String, Vec<u8>)> =
        sample.files.iter().zip(parts).map(|((name, _), bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
    let input = Input::of_bytes("fuzzed", files);
    let read = match sample.reader.strip_prefix("geo-") {
        Some(format) => places(&input, if format == "csv" { GeoFormat::Csv } else { GeoFormat::Mmdb }),
        None => lists(&input, FORMATS.iter().find(|format| format.name == sample.reader).expect("a sample of each format")),
    };
    count(number, sample, read);
});

/// Each change: where (two bytes), how many bytes go, how many come, those bytes.
fn changed(sample: &[u8], mut changes: &[u8]) -> Vec<u8> {
    let mut out = sample.to_vec();
    while let [high, low, gone, come, rest @ ..] = changes {
        let at = usize::from(u16::from_be_bytes([*high, *low])) % (out.len() + 1);
        let end = (at + usize::from(*gone) % 64).min(out.len());
        let (new, after) = rest.split_at((usize::from(*come) % 32).min(rest.len()));
        out.splice(at..end, new.iter().copied());
        changes = after;
    }
    out
}

fn lists(input: &Input, format: &Format) -> bool {
    let read = || {
        let mut context = Context::new("fuzz", &Silent);
        (format.read)(input, &mut context)
    };
    let parsed = match read() {
        Ok(parsed) => parsed,
        Err(error) => {
            assert!(error.to_string().contains("fuzzed"), "an error that names no file: {error}");
            return false;
        }
    };
    for file in &parsed.files {
        assert_eq!(file.read, file.kept + file.merged + file.lost.len() as u64, "{}: {file:?}", format.name);
        assert!(file.lost.iter().all(|row| row.line > 0 && !row.reason.is_empty()), "{}: {file:?}", format.name);
    }
    let kept: u64 = parsed.files.iter().map(|file| file.kept).sum();
    assert_eq!(kept, parsed.entries.len() as u64, "{}: rows kept, and entries", format.name);
    let mut ids = BTreeSet::new();
    for entry in &parsed.entries {
        assert!(entry.id.starts_with("fuzz:") && entry.id.len() > 5, "{entry:?}");
        assert!(ids.insert(&entry.id), "{}: two entries have the id {}", format.name, entry.id);
        assert!(entry.address_only || !entry.names.is_empty(), "{}: no name: {entry:?}", format.name);
        assert!(entry.names.iter().all(|name| !name.text.trim().is_empty()), "{}: a blank name: {entry:?}", format.name);
        assert!(entry.from.zip(entry.to).is_none_or(|(from, to)| from <= to), "{}: ends before it begins: {entry:?}", format.name);
    }
    assert!(read().is_ok_and(|again| again == parsed), "{}: read twice, read differently", format.name);
    true
}

fn places(input: &Input, format: GeoFormat) -> bool {
    let regions = ["UA".parse().expect("a place")];
    let geo = match geo::read(input, format, &regions) {
        Ok(geo) => geo,
        Err(error) => {
            assert!(error.to_string().contains("fuzzed"), "an error that names no file: {error}");
            return false;
        }
    };
    assert!(!geo.ranges.is_empty());
    assert!(geo.ranges.iter().all(|range| range.first <= range.last));
    for pair in geo.ranges.windows(2) {
        assert!(pair[0].last < pair[1].first, "{pair:?}");
        assert!(pair[0].place != pair[1].place || pair[0].last + 1 < pair[1].first, "could be joined: {pair:?}");
    }
    assert!(geo.account.without_country <= geo.account.networks_v4 + geo.account.networks_v6);
    true
}

fn count(number: usize, sample: &Sample, read: bool) {
    let reached = REACHED[number].fetch_add(1, Ordering::Relaxed) + 1;
    let good = READ[number].fetch_add(u64::from(read), Ordering::Relaxed) + u64::from(read);
    if reached.is_power_of_two() || (read && good.is_power_of_two()) {
        eprintln!("reached {}: {reached} inputs, {good} read", sample.reader);
    }
}
