//! Any bytes as a blob, and the sample blob with any bytes changed and every hash made right: opening, verifying and
//! asking must return, whatever somebody crafted.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use weighbridge_blob::format::rehash;
use weighbridge_blob::write::write;

#[path = "../../../plugin/blob/tests/common/mod.rs"]
mod common;

static SAMPLE: OnceLock<Vec<u8>> = OnceLock::new();

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
});
