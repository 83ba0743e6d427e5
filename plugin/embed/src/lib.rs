//! The slot that carries the blob inside the Wasm.
//!
//! A plugin that calls [`blob`] has a marker of 32 bytes in its data, and beside it an address, a length and a word. As built,
//! all are empty and [`blob`] answers `None`. The packager appends the blob to the module as a data segment and
//! writes down where it lies (`inject`, behind the feature of that name), so that an instance starts with the blob
//! mapped into its memory: no copy, no host call, nothing to do on start.
//!
//! The bytes are the packager's word: it verifies the blob before it embeds it.

#[cfg(feature = "inject")]
mod inject;
#[cfg(feature = "inject")]
pub use inject::{InjectError, change_module, inject, inject_tested};

/// What an empty slot holds. Not zero: tools that squeeze runs of zeros out of data must not tear the slot apart.
#[cfg(any(feature = "inject", target_family = "wasm"))]
const EMPTY: u32 = u32::MAX;

/// The packager's word that the blob's policy passes the self-test, from the blob's creation on.
#[cfg(any(feature = "inject", target_family = "wasm"))]
const TESTED: u32 = 1;

/// 32 bytes that occur once in a module: a name and 19 random bytes. The packager finds the slot by them.
#[cfg(any(feature = "inject", target_family = "wasm"))]
const MARKER: [u8; 32] = *b"\x9bWB-BLOB-SLOT\xf1\x0d\x7a\xc4\x5e\xb2\x88\x13\xe6\x4d\x90\x2f\xd7\x6a\xbc\x05\x71\xee\x39";

/// The slot as it lies in memory: the marker, then the address and the length of the blob, and what the packager says of it;
/// little-endian as all of Wasm.
#[cfg(target_family = "wasm")]
#[repr(C, align(8))]
struct Slot {
    marker: [u8; 32],
    address: u32,
    length: u32,
    tested: u32,
}

#[cfg(target_family = "wasm")]
#[used]
static SLOT: Slot = Slot { marker: MARKER, address: EMPTY, length: EMPTY, tested: EMPTY };

/// The blob that the packager put into this module, or `None` in a module as it was built.
///
/// The slice lies in the module's own memory, behind everything that the linker laid out, and lives as long as the
/// instance. Costs two loads.
#[cfg(target_family = "wasm")]
#[allow(unsafe_code)]
pub fn blob() -> Option<&'static [u8]> {
    // SAFETY: `SLOT` is a live static. The read is volatile because the packager changes the bytes after the compiler
    // has seen them.
    let slot = unsafe { core::ptr::read_volatile(&raw const SLOT) };
    if slot.address == EMPTY || slot.address == 0 || slot.length == EMPTY {
        return None;
    }
    let length = usize::try_from(slot.length).ok()?;
    let address = core::ptr::with_exposed_provenance::<u8>(usize::try_from(slot.address).ok()?);
    // SAFETY: only the packager fills the slot, with the place of a data segment that it appended to this memory:
    // `address .. address + length` lies inside the memory's initial size, is initialised before any code runs, and
    // nothing else is there. The linker fixed stack, data and the first heap region below the memory's former end, and
    // the allocator takes whatever more it needs with `memory.grow`, beyond the new one. Nobody writes to it, so a
    // shared slice for the life of the instance holds.
    Some(unsafe { core::slice::from_raw_parts(address, length) })
}

/// Whether the packager says that the blob's policy, as its author has set it, passes the self-test at every time from the blob's
/// creation on.
#[cfg(target_family = "wasm")]
#[allow(unsafe_code)]
pub fn self_tested() -> bool {
    // SAFETY: as in [`blob`].
    unsafe { core::ptr::read_volatile(&raw const SLOT) }.tested == TESTED
}

/// Outside WebAssembly there is no packager and no word of it.
#[cfg(not(target_family = "wasm"))]
pub fn self_tested() -> bool {
    false
}

/// Outside WebAssembly there is no packager and no blob.
#[cfg(not(target_family = "wasm"))]
pub fn blob() -> Option<&'static [u8]> {
    None
}
