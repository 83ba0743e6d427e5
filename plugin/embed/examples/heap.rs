//! A module that checks the blob which it carries: hash it, fill much more memory than the module started with, and
//! hash it again. `tests/embed.rs` builds it, puts a blob in and calls it.
#![allow(unsafe_code, reason = "an export needs a name of its own")]

/// The blob's hash, or 0 if there is none or if it changed while `megabytes` of memory were taken and filled.
#[unsafe(no_mangle)]
pub extern "C" fn hash_around(megabytes: u32) -> u64 {
    let Some(blob) = weighbridge_embed::blob() else { return 0 };
    let before = hash(blob);
    let mut taken = Vec::new();
    for round in 0..megabytes {
        // Many small ones, which fill what the linker left free, and a large one, for which the memory must grow.
        taken.extend((0..64).map(|_| vec![0xaa_u8; 1 << 12]));
        taken.push(vec![round as u8; (1 << 20) - (1 << 18)]);
    }
    let filled: u64 = std::hint::black_box(&taken).iter().map(|part| part.len() as u64).sum();
    if hash(blob) == before && filled == u64::from(megabytes) << 20 { before } else { 0 }
}

/// FNV-1a, 64 bits.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
