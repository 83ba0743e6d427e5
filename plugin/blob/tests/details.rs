//! The companion of a blob: it answers for its own blob only, and whatever somebody crafted, reading it returns.
//! Needs the feature `write`.
#![allow(missing_docs)]

#[allow(dead_code)]
mod common;

use common::sample;
use proptest::prelude::*;
use weighbridge_blob::format::rehash;
use weighbridge_blob::model::NameRole;
use weighbridge_blob::write::{BlobInput, Written, write, write_with_details};
use weighbridge_blob::{Blob, DetailsError, SectionKind};

fn written() -> Written {
    write_with_details(&sample()).unwrap()
}

fn attach(blob: &[u8], details: &[u8]) -> Result<usize, DetailsError> {
    let mut blob = Blob::open(blob).unwrap();
    blob.attach(details)?;
    Ok((0..blob.entry_count()).filter_map(|number| blob.details(&blob.entry(number).unwrap())).count())
}

/// The blob as somebody would write it who wants this companion to be believed.
fn vouching(blob: &[u8], details: &[u8]) -> Vec<u8> {
    let mut out = blob.to_vec();
    let at = Blob::open(blob).unwrap().sections().find(|s| s.kind == SectionKind::Details).unwrap().offset;
    out[at..at + 8].copy_from_slice(&(details.len() as u64).to_le_bytes());
    out[at + 8..at + 40].copy_from_slice(blake3::hash(details).as_bytes());
    rehash(&mut out);
    out
}

#[test]
fn what_went_in_comes_out_of_the_companion() {
    let Written { blob, details } = written();
    assert_eq!(write(&sample()).unwrap(), blob, "the blob is the same whether anyone asks for the companion or not");
    let mut open = Blob::open(&blob).unwrap();
    assert!(open.details(&open.entry(0).unwrap()).is_none(), "the blob alone holds no details");
    open.attach(&details).unwrap();
    let told = open.details(&open.entry(0).unwrap()).unwrap();
    assert_eq!(told.names, [(NameRole::Primary, "Example Bank, S.A."), (NameRole::Weak, "EB")]);
    assert_eq!(told.programmes, ["CUBA"]);
    for field in [("swift", "EXMPGB2LXXX"), ("registration", "0107-4897 (GB)"), ("remarks", "made up")] {
        assert!(told.fields.contains(&field), "{:?}", told.fields);
    }
    assert_eq!(open.details(&open.entry(2).unwrap()).unwrap().fields, [("address", "Room 1701, 17/F, Kowloon, HK")]);
    let reference = open.details_reference().unwrap();
    assert_eq!((reference.len, reference.hash), (details.len() as u64, *blake3::hash(&details).as_bytes()));
    // What is written there and only there is in no section of the blob.
    assert!(!blob.windows(7).any(|w| w == b"made up") && details.windows(7).any(|w| w == b"made up"));
}

#[test]
fn the_blob_opens_the_same_way_without_it() {
    let Written { blob, .. } = written();
    assert_eq!(attach(&blob, b""), Err(DetailsError::Magic));
    let open = Blob::open(&blob).unwrap();
    assert_eq!(open.entry_count(), 4);
    assert!(open.details(&open.entry(0).unwrap()).is_none());
}

#[test]
fn another_companion_is_refused_and_told_apart() {
    let Written { blob, details } = written();
    assert_eq!(attach(&blob, &details), Ok(4));
    let other = |change: &dyn Fn(&mut BlobInput)| {
        let mut input = sample();
        change(&mut input);
        write_with_details(&input).unwrap()
    };
    // Other entries: another blob. Other words about the same entries: another build.
    let renamed = other(&|i| i.entries[1].id = "us:38".into());
    assert_eq!(attach(&blob, &renamed.details), Err(DetailsError::OtherBlob));
    assert_eq!(attach(&renamed.blob, &details), Err(DetailsError::OtherBlob));
    let reworded = other(&|i| i.entries[0].details[0].1 = "made-up".into());
    assert_eq!(attach(&blob, &reworded.details), Err(DetailsError::Hash));
    assert_ne!(reworded.blob, blob, "the blob's digest covers its companion");
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = details.clone();
        change(&mut bytes);
        attach(&blob, &bytes).unwrap_err()
    };
    let len = details.len() as u64;
    assert_eq!(with(&|b| b[0] = b'x'), DetailsError::Magic);
    assert_eq!(with(&|b| b.clear()), DetailsError::Magic);
    assert_eq!(with(&|b| *b = blob.clone()), DetailsError::Magic);
    assert_eq!(with(&|b| b[8] = 2), DetailsError::Version { got: 2 });
    assert_eq!(with(&|b| b.truncate(b.len() - 1)), DetailsError::Length { told: len, got: len - 1 });
    assert_eq!(with(&|b| b.push(0)), DetailsError::Length { told: len, got: len + 1 });
    assert_eq!(with(&|b| b[12] = 3), DetailsError::OtherBlob);
    for at in 0..details.len() {
        let error = with(&|b| b[at] ^= 0x04);
        assert!(!matches!(error, DetailsError::Malformed { .. }), "byte {at}: {error}");
    }
}

#[test]
fn a_crafted_companion_with_good_hashes_is_refused() {
    let Written { blob, details } = written();
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = details.clone();
        change(&mut bytes);
        let len = (bytes.len() as u64).to_le_bytes();
        bytes[16..24].copy_from_slice(&len);
        attach(&vouching(&blob, &bytes), &bytes)
    };
    let offset = |b: &mut Vec<u8>, entry: usize, to: u32| b[64 + entry * 4..68 + entry * 4].copy_from_slice(&to.to_le_bytes());
    assert_eq!(with(&|_| {}), Ok(4));
    // An offset outside, into the header, back to the record before; bytes that no record has; a role that is none.
    assert_eq!(with(&|b| offset(b, 0, u32::MAX)), Err(DetailsError::Malformed { entry: 0 }));
    assert_eq!(with(&|b| offset(b, 1, 0)), Err(DetailsError::Malformed { entry: 1 }));
    assert_eq!(with(&|b| b.copy_within(64..68, 68)), Err(DetailsError::Malformed { entry: 1 }));
    assert_eq!(with(&|b| b.push(0)), Err(DetailsError::Malformed { entry: 4 }));
    assert_eq!(with(&|b| b.truncate(70)), Err(DetailsError::Malformed { entry: 0 }));
    assert_eq!(with(&|b| b[64 + 16 + 1] = 9), Err(DetailsError::Malformed { entry: 0 }));
    // A count of 2^63 names in a record of a few bytes.
    assert_eq!(
        with(&|b| b[80..89].copy_from_slice(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80])),
        Err(DetailsError::Malformed { entry: 0 })
    );
    // A blob that names another.
    let mut none = blob.clone();
    let at = Blob::open(&blob).unwrap().sections().find(|s| s.kind == SectionKind::Details).unwrap().offset;
    none[at..at + 40].fill(0);
    rehash(&mut none);
    assert_eq!(attach(&none, &details), Err(DetailsError::Hash));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn no_mutation_with_good_hashes_panics(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let Written { blob, mut details } = written();
        for (index, value) in changes {
            let at = 24 + index.index(details.len() - 24);
            details[at] = value;
        }
        let blob = vouching(&blob, &details);
        // Either all of it is good, or none of it is used.
        match attach(&blob, &details) {
            Ok(read) => prop_assert_eq!(read, 4),
            Err(error) => prop_assert!(matches!(error, DetailsError::Malformed { .. } | DetailsError::OtherBlob), "{}", error),
        }
    }

    #[test]
    fn no_random_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let Written { blob, details } = written();
        let framed = [&details[..64], &bytes].concat();
        let _ = (attach(&blob, &bytes), attach(&vouching(&blob, &bytes), &bytes), attach(&vouching(&blob, &framed), &framed));
    }
}
