//! The lexicon: every listed name of one kind of party as tokens, made to be searched with spelling mistakes.
//!
//! A finite state transducer is the right form for a dictionary that is asked exactly, and the wrong one for search within
//! edits (tens to hundreds of microseconds a token). So names are packed token numbers, and beside the tokens in groups of
//! equal length stand postings, bit columns ([`scan`]), consonant skeletons ([`skeleton`]) and groups of equivalent
//! spellings. Everything is read in place. `BLOB.md` has the layout.

#[cfg(feature = "write")]
pub mod build;
mod read;
pub(crate) mod scale;
pub mod scan;
pub mod skeleton;
pub mod slavic;
pub mod sound;

pub use read::{Initials, Lexicon, LexiconError, ListedName, ListedWords};
pub use scale::{Calibration, Knot, LEAST, Region, Scale};
pub use skeleton::{MAX_TOKEN, Short, skeleton};

/// Bytes of the head of a lexicon section: [`FIELDS`] numbers, then for each length from 0 the first token, and where the
/// texts and the blocks of that length begin.
pub(crate) const HEAD: usize = FIELDS * 4 + (MAX_TOKEN + 2) * LENGTH_ROW;

/// Bytes of a row of the table of lengths.
pub(crate) const LENGTH_ROW: usize = 12;

/// Numbers (u32) before the table of lengths.
pub(crate) const FIELDS: usize = 15;

/// Planes of a name: entry (3 bytes), role, number of tokens.
pub(crate) const NAME_LEN: usize = 5;

/// Planes of the length of a token's postings.
pub(crate) const SPAN_LEN: usize = 3;

/// Planes of an acronym behind its letters: a name (3 bytes), the tokens that it stands for.
pub(crate) const ACRONYM_LEN: usize = 4;

/// Parties of one acronym, at the most: what more are called by says nothing.
pub const MAX_NAMESAKES: usize = 24;

/// Bytes of a pair of group and token.
pub(crate) const GROUP_LEN: usize = 6;

pub use crate::name::Class;

/// 32 bits of FNV-1a.
pub(crate) fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |h, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193))
}
