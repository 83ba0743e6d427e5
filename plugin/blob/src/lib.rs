//! The list blob of Weighbridge: one immutable file, read in place by every gate.
//!
//! - [`Blob`] opens the bytes and answers look-ups; it allocates next to nothing and cannot be made to panic.
//! - [`normal`] is the one code that turns names, numbers, hosts and addresses into keys, for builder and gate.
//! - [`write()`](write::write) makes a blob of what the builder read (feature `write`).
//! - [`signature`] tells who released a blob, and refuses what nobody trusted has signed.
//! - [`trie`] is the table of addresses: any ranges of IPv4 or IPv6 to 16-bit labels.
//! - [`order`] sorts in little code.
//! - [`words`], [`place`], [`date`] are the vocabulary that builder, policy and gate share.
//!
//! `BLOB.md` beside this crate specifies the format.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::todo))]

pub mod address;
mod bytes;
pub mod date;
mod decompose;
pub mod details;
pub mod dict;
mod entries;
pub mod format;
pub mod lexicon;
mod lower;
pub mod model;
pub mod name;
pub mod network;
mod networks;
pub mod normal;
pub mod order;
#[cfg(feature = "write")]
mod ownership;
pub mod place;
pub mod places;
pub mod policy;
pub mod read;
pub mod region;
pub mod signature;
pub mod trie;
pub mod words;
#[cfg(feature = "write")]
pub mod write;

pub use details::DetailsError;
pub use format::{BlobError, Header, SectionKind};
pub use read::Blob;
pub use signature::{PublicKey, SignatureError};
