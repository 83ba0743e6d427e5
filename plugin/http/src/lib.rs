//! The HTTP side of the gate, without I/O: a request's parts in, "pass it on" or "answer this" out.
//!
//! An adapter reads the configuration once ([`GateConfig::from_vars`]), opens the blob once, and calls
//! [`gate`] for each request. It never hands over a body: decisions need none.
//!
//! ```text
//! path ── access ──┐
//! headers ─ identity, address ── gather ── engine ── forward │ refusal ── record
//! ```
//!
//! What few requests need stands in functions that are not put into others (`inline(never)`): JavaScript hosts compile a function when
//! it is first called, and a Worker's first answer waits for that.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::todo))]

pub mod access;
pub mod address;
mod check;
mod config;
mod decide;
mod evidence;
mod expect;
mod explain;
pub mod form;
mod forward;
mod gather;
pub mod identity;
mod law;
mod load;
mod oci;
mod page;
pub mod path;
mod record;
pub mod refusal;
mod screening;
mod sweep;

pub use check::{CHECK_PATH, check};
pub use config::{ClientAddress, ConfigError, GateConfig, GeoOrder, Mode, Network, Peer};
pub use decide::{gate, self_test};
pub use evidence::{PlatformGeo, fastly_networks};
pub use explain::{AccessExplained, Explained, MatchExplained, PartyExplained, explain};
pub use load::{LoadError, Loaded, Terms};
pub use refusal::{cannot_decide, no_upstream};
pub use sweep::{Swept, sweep};

/// The digits of Crockford's base 32: no I, L, O, U.
pub(crate) const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The parts of a request that a decision needs.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// `GET`, as it came.
    pub method: &'a str,
    /// Host and port that the client asked for: the `Host` header or `:authority`.
    pub authority: &'a str,
    /// Path and query, byte for byte, as they came.
    pub path_and_query: &'a str,
    /// All headers in their order, names in any case, repeated ones repeated.
    pub headers: Vec<(&'a str, &'a [u8])>,
}

impl<'a> Request<'a> {
    /// All values of a header, in their order. `name` in any case.
    pub fn header_values<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a [u8]> + use<'s, 'a> {
        self.headers.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

/// What the platform vouches for. What a platform does not have, `..Ambient::default()` leaves out.
#[derive(Default)]
pub struct Ambient<'a> {
    /// Unix time, seconds.
    pub now: i64,
    /// Random bytes: two equal requests in one second get two decision ids.
    pub nonce: [u8; 16],
    /// The address that connected, by the platform's own call, with or without port. Used only if the
    /// configuration says `platform`, or to check the first hop under `forwarded`.
    pub platform_address: Option<&'a str>,
    /// The PROXY protocol line, version 1, that stood before the request, if the platform hands it over. Used only if the
    /// configuration says `WEIGHBRIDGE_PROXY_PROTOCOL=on`, and the address that connected is trusted.
    pub proxy_line: Option<&'a str>,
    /// What the platform's own call says of the address that connected. Used only if the configuration says
    /// `WEIGHBRIDGE_PLATFORM_GEO=call`.
    pub platform_geo: Option<PlatformGeo<'a>>,
    /// A monotonic clock in nanoseconds, for timings; decisions do not depend on it.
    pub clock_ns: Option<&'a dyn Fn() -> u64>,
}

/// What to do with a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Send it to the origin.
    Pass(Pass),
    /// Answer without asking the origin.
    Answer(Answer),
}

/// How to pass a request on.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// Absolute URL.
    pub upstream: String,
    /// All headers of the request to the origin.
    pub request_headers: Vec<(String, Vec<u8>)>,
    /// Headers to put into the response, after `response_remove`.
    pub response_add: Vec<(String, String)>,
    /// Headers to take out of the origin's response, lower case.
    pub response_remove: Vec<String>,
    /// The decision record: one JSON line for the platform's log, without a line feed.
    pub record: String,
}

/// An answer of the gate itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// All headers but those that the host sets (`Content-Length`, `Date`).
    pub headers: Vec<(String, String)>,
    /// The body; empty for HEAD.
    pub body: Vec<u8>,
    /// The decision record, if a decision was made: one JSON line for the platform's log, without a line feed.
    pub record: Option<String>,
}
