//! The request's target, byte for byte. The SDK's `Url` resolves dot segments; the gate must see what the client sent, and
//! the origin must get what was decided on.
#![allow(unsafe_code)]

use fastly::handle::RequestHandle;
use fastly_sys::fastly_http_req::{uri_get, uri_set};

/// The longest target that is read. Fastly itself takes less.
const LONGEST: usize = 128 << 10;

/// Room for an ordinary one: a fresh instance pays for each page that it touches.
const ORDINARY: usize = 2 << 10;

/// The whole URI as the host holds it: scheme, authority, path, query.
pub(crate) fn read(request: &RequestHandle) -> Option<String> {
    [ORDINARY, LONGEST].into_iter().find_map(|room| {
        let mut bytes = vec![0_u8; room];
        let mut length = 0;
        // SAFETY: `bytes` is live and has the length that is given, and `length` is live; the host writes no more than that.
        let status = unsafe { uri_get(request.as_u32(), bytes.as_mut_ptr(), bytes.len(), &mut length) };
        bytes.truncate(length);
        status.is_ok().then(|| String::from_utf8(bytes).ok()).flatten()
    })
}

/// Sets the URI. `None` if the host does not take it.
pub(crate) fn write(request: &mut RequestHandle, uri: &str) -> Option<()> {
    // SAFETY: the pointer and the length are those of a live `str`, which the host only reads.
    unsafe { uri_set(request.as_u32(), uri.as_ptr(), uri.len()) }.is_ok().then_some(())
}
