//! The harness: every plugin on its real runtime, the local gate, and a demo hub behind it.

pub mod components;
pub mod host;
