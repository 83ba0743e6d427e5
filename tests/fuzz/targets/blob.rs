//! Any bytes as a blob, and the sample blob with any bytes changed and every hash made right: opening, verifying and
//! asking must return, whatever somebody crafted. And the signed sample with any bytes changed: one that differs from what was
//! signed is never opened as signed.
#![no_main]

use std::sync::OnceLock;

use ed25519_dalek::SigningKey;
use libfuzzer_sys::fuzz_target;
use weighbridge_blob::format::rehash;
use weighbridge_blob::signature::{PublicKey, Release, sign};
use weighbridge_blob::{Blob, signature};
use weighbridge_blob::write::write;

#[path = "../../../plugin/blob/tests/common/mod.rs"]
mod common;

static SAMPLE: OnceLock<Vec<u8>> = OnceLock::new();
static SIGNED: OnceLock<(Vec<u8>, PublicKey)> = OnceLock::new();

fuzz_target!(|data: &[u8]| {
    common::exercise(data);
    // Each four bytes: where (24 bits), what.
    let mut bytes = SAMPLE.get_or_init(|| write(&common::sample()).expect("the sample is good")).clone();
    for change in data.chunks_exact(4) {
        let at = u32::from_le_bytes([change[0], change[1], change[2], 0]) as usize % bytes.len();
        bytes[at] = change[3];
    }
    rehash(&mut bytes);
    common::exercise(&bytes);

    let (good, trusted) = SIGNED.get_or_init(|| {
        let (mut bytes, key) = (write(&common::sample()).expect("the sample is good"), SigningKey::from_bytes(&[7; 32]));
        sign(&mut bytes, &key, Release::default()).expect("the sample is good");
        (bytes, PublicKey::from(&key))
    });
    let mut bytes = good.clone();
    // Most of the changes in header and table, where the signature is.
    let head = 192 + 64 * 24;
    for change in data.chunks_exact(4) {
        let at = u32::from_le_bytes([change[0], change[1], change[2], 0]) as usize % if change[2] < 0xf0 { head } else { bytes.len() };
        bytes[at] = change[3];
    }
    let right = { let mut bytes = bytes.clone(); rehash(&mut bytes); bytes };
    for bytes in [bytes, right] {
        if let Ok(blob) = Blob::open_signed(&bytes, &[*trusted]) {
            assert!(bytes == *good, "changed and taken: {:?}", signature::verify(blob.header(), &[*trusted]));
        }
    }
});
