//! What the host calls. Addresses and lengths are 32-bit numbers; a call that gives an address gives that of an output
//! ([`crate::frame::Frame`]), which holds until the next call.

// An export by name is an unsafe attribute; nothing in here is an unsafe block.
#![allow(unsafe_code, unreachable_pub)]

use std::sync::PoisonError;

use crate::{FAILURE, instance};

/// An address or a length as the host has it.
fn number(address: *const u8) -> u32 {
    u32::try_from(address as usize).unwrap_or(0)
}

/// Room for the blob. The host writes it there and calls [`open`]; it stays for the life of the instance.
#[unsafe(no_mangle)]
pub extern "C" fn reserve_blob(length: usize) -> u32 {
    number(instance().reserve_blob(length))
}

/// Room for an input. It stays where it is until a larger one is asked for.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(length: usize) -> u32 {
    number(instance().reserve(length))
}

/// Opens the blob: time, the highest sequence number that the host has taken (or nothing), then settings: name, value, and so on.
/// `vouched` is not 0 where somebody has checked the blob already; its signature is verified all the same if keys are trusted.
///
/// 0: the gate cannot decide, and answers 503 to everything; why stands in [`output`]. 1: it decides. 3: it also serves the
/// test-only check route.
#[unsafe(no_mangle)]
pub extern "C" fn open(length: usize, count: usize, vouched: u32) -> u32 {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.to_string().into_bytes();
        let mut failure = FAILURE.lock().unwrap_or_else(PoisonError::into_inner);
        *failure = u32::try_from(text.len()).unwrap_or(0).to_le_bytes().into_iter().chain(text).collect();
    }));
    let mut instance = instance();
    match instance.open(length, count, vouched != 0) {
        Err(reason) => {
            instance.output.fields([reason.as_bytes()]);
            0
        }
        Ok(()) => instance.gate.as_ref().map_or(0, |gate| if gate.config.test_routes() { 3 } else { 1 }),
    }
}

/// Decides on a request.
#[unsafe(no_mangle)]
pub extern "C" fn gate(length: usize, count: usize) -> u32 {
    let mut instance = instance();
    instance.gate(length, count);
    number(instance.output.address())
}

/// Decides shared cases.
#[unsafe(no_mangle)]
pub extern "C" fn check(length: usize, count: usize) -> u32 {
    let mut instance = instance();
    instance.check(length, count);
    number(instance.output.address())
}

/// Answers for a host that could not ask.
#[unsafe(no_mangle)]
pub extern "C" fn refuse(length: usize, count: usize) -> u32 {
    let mut instance = instance();
    instance.refuse(length, count);
    number(instance.output.address())
}

/// Looks something up: what, and its arguments.
#[unsafe(no_mangle)]
pub extern "C" fn ask(length: usize, count: usize) -> u32 {
    let mut instance = instance();
    instance.ask(length, count);
    number(instance.output.address())
}

/// The output of the last call.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> u32 {
    number(instance().output.address())
}

/// What the last panic said, as an output; 0 without one. Works in an instance that has trapped.
#[unsafe(no_mangle)]
pub extern "C" fn failure() -> u32 {
    let failure = FAILURE.lock().unwrap_or_else(PoisonError::into_inner);
    if failure.is_empty() { 0 } else { number(failure.as_ptr()) }
}
