//! The run trie: every address of a family to a 16-bit label, in a fraction of the bytes of a table of ranges.
//!
//! What a label means is its user's affair: a place, or a set of network classes. Every address has one; where nothing
//! was said it is 0. Networks of any length are exact, in IPv6 down to `/128`.
//!
//! An address is read from its most significant end: 16 bits choose a slot of the root, then eight bits at a time
//! choose a slot of a node. Slots next to each other that say the same thing are one *run*, and a run says either a label
//! or a node further down. Nodes that much is found by way of are *direct*: a bitmap or a short list of where runs start, and what
//! each says, read in a few dozen instructions. The others are *shaped*: written as short as it gets. Equal nodes are stored once.
//! The bytes are specified in `BLOB.md`.
//!
//! - [`Trie`] reads: no allocation, no recursion, at most one step for each eight bits of the address.
//! - [`build()`](build::build) writes (feature `write`).

#[cfg(any(test, feature = "write"))]
pub mod build;
#[cfg(any(test, feature = "write"))]
mod layout;
mod node;
mod read;
mod run;
mod shaped;
mod verify;

pub use read::{Family, Trie, TrieError};
