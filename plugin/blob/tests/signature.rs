//! Signed blobs: who signed, what is refused, and that no bit of one can change.

#[allow(dead_code)]
mod common;

use common::sample;
use ed25519_dalek::SigningKey;
use weighbridge_blob::format::{HEADER_LEN, SIGNED_AT, rehash};
use weighbridge_blob::signature::{PublicKey, Release, SignatureError, SignedError, sign, strip};
use weighbridge_blob::write::write;
use weighbridge_blob::{Blob, BlobError};

fn key(seed: u8) -> (SigningKey, PublicKey) {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let public = PublicKey::from(&key);
    (key, public)
}

fn refused(bytes: &[u8], trusted: &[PublicKey]) -> SignedError {
    Blob::open_signed(bytes, trusted).map(|_| ()).unwrap_err()
}

#[test]
fn a_signature_is_that_of_the_digest_and_leaves_the_digest_alone() {
    let plain = write(&sample()).unwrap();
    let (mut signed, (key, public)) = (plain.clone(), key(1));
    sign(&mut signed, &key, Release::default()).unwrap();
    let (before, after) = (*Blob::open(&plain).unwrap().header(), *Blob::open(&signed).unwrap().header());
    assert_eq!((before.digest, before.signed, after.signed.unwrap().by), (after.digest, None, public));
    assert!(Blob::open_signed(&signed, &[public]).is_ok());
    let again = {
        let mut again = plain.clone();
        sign(&mut again, &key, Release::default()).unwrap();
        again
    };
    assert_eq!(again, signed, "the same blob and key give the same bytes");
    strip(&mut signed);
    assert_eq!(signed, plain);
    // A release names its number and its last day; nothing else moves.
    sign(&mut signed, &key, Release { sequence: Some(99), not_after: Some(1_900_000_000) }).unwrap();
    let header = *Blob::open_signed(&signed, &[public]).unwrap().header();
    assert_eq!((header.sequence, header.not_after, header.created), (99, Some(1_900_000_000), before.created));
    assert_ne!(header.digest, before.digest);
    assert_eq!(signed[HEADER_LEN + 64 * 4..], plain[HEADER_LEN + 64 * 4..]);
}

#[test]
fn only_what_a_trusted_key_signed_is_opened() {
    let plain = write(&sample()).unwrap();
    let ((old, old_public), (new, new_public), (_, other)) = (key(1), key(2), key(3));
    let signed = |key: &SigningKey| {
        let mut bytes = plain.clone();
        sign(&mut bytes, key, Release::default()).unwrap();
        bytes
    };
    assert_eq!(refused(&plain, &[old_public]), SignatureError::Unsigned.into());
    assert_eq!(refused(&signed(&old), &[other]), SignatureError::Untrusted(old_public).into());
    assert_eq!(refused(&signed(&old), &[]), SignatureError::Untrusted(old_public).into());
    // Rotation: both are taken for a while, then the new one alone.
    for key in [&old, &new] {
        assert!(Blob::open_signed(&signed(key), &[old_public, new_public]).is_ok());
    }
    assert!(Blob::open_signed(&signed(&new), &[new_public]).is_ok());
    assert_eq!(refused(&signed(&old), &[new_public]), SignatureError::Untrusted(old_public).into());
    // A trusted name over another's signature; a signature moved from another blob; fields changed with every hash made right.
    let mut forged = signed(&new);
    forged[SIGNED_AT..SIGNED_AT + 32].copy_from_slice(&old_public.0);
    assert_eq!(refused(&forged, &[old_public, new_public]), SignatureError::Forged(old_public).into());
    let mut newer = sample();
    newer.sequence += 1;
    let mut moved = write(&newer).unwrap();
    moved[SIGNED_AT..HEADER_LEN].copy_from_slice(&signed(&old)[SIGNED_AT..HEADER_LEN]);
    assert!(Blob::open(&moved).is_ok());
    assert_eq!(refused(&moved, &[old_public]), SignatureError::Forged(old_public).into());
    let mut changed = signed(&old);
    changed[32] ^= 1;
    rehash(&mut changed);
    assert!(Blob::open(&changed).is_ok());
    assert_eq!(refused(&changed, &[old_public]), SignatureError::Forged(old_public).into());
    let end = changed.len() - 1;
    let mut changed = signed(&old);
    changed[end] ^= 1;
    assert!(matches!(refused(&changed, &[old_public]), SignedError::Blob(BlobError::Hash(_))));
    rehash(&mut changed);
    assert_eq!(refused(&changed, &[old_public]), SignatureError::Forged(old_public).into());
}

/// Every bit of header and table, as it is and with all hashes made right; of the sections every bit near their ends and a bit
/// in each 256 bytes between.
#[test]
fn no_bit_of_a_signed_blob_can_change() {
    let (mut bytes, (key, public)) = (write(&sample()).unwrap(), key(7));
    sign(&mut bytes, &key, Release::default()).unwrap();
    assert!(Blob::open_signed(&bytes, &[public]).is_ok());
    let good = bytes.clone();
    let head = HEADER_LEN + 64 * Blob::open(&bytes).unwrap().sections().count();
    let sections: Vec<_> = Blob::open(&bytes).unwrap().sections().map(|s| s.offset..s.offset + s.data.len()).collect();
    let near = |at: usize| sections.iter().any(|s| at < s.start + 2 && at + 2 >= s.start || at < s.end + 2 && at + 2 >= s.end);
    for at in (0..bytes.len()).filter(|at| *at < head || at % 256 == 0 || near(*at)) {
        for bit in if at < head || near(at) { 0..8 } else { at / 256 % 8..at / 256 % 8 + 1 } {
            bytes[at] ^= 1 << bit;
            assert!(Blob::open_signed(&bytes, &[public]).is_err(), "bit {bit} of byte {at}");
            let mut right = if at < head { bytes.clone() } else { Vec::new() };
            rehash(&mut right);
            // Where the bit was one of a hash, making it right takes the change back.
            if at < head && right != good {
                assert!(Blob::open_signed(&right, &[public]).is_err(), "bit {bit} of byte {at}, with hashes made right");
            }
            bytes[at] ^= 1 << bit;
        }
    }
    assert!(Blob::open_signed(&bytes, &[public]).is_ok());
}
