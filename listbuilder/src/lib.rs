//! The `weighbridge` command as a library: sources, build files, and the verbs.
//!
//! [`source`] reads published lists into the blob's model, [`geo`] reads address databases, [`buildfile`] reads the
//! build file that names them, and [`build`] puts all of it into one blob; [`merge`] makes one entry of a party that
//! several lists name, and [`guard`] refuses lists that lost what they had. [`eval`] measures how well names are screened.
//! [`web`] is what ships to JavaScript hosts.

pub mod build;
pub mod buildfile;
pub mod eval;
pub mod geo;
pub mod guard;
pub mod merge;
pub mod source;
pub mod web;
