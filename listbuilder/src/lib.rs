//! The `weighbridge` command as a library: sources, build files, and the verbs.
//!
//! [`source`] reads published lists into the blob's model, [`geo`] reads address databases, [`buildfile`] reads the
//! build file that names them, and [`build`] puts all of it into one blob; [`merge`] makes one entry of a party that
//! several lists name, and [`guard`] refuses lists that lost what they had. [`calibrate`] gives scores their meaning,
//! [`screen`] asks a blob for the names of a file, [`eval`] measures how well names are screened,
//! [`package`] makes folders for a host's own tool, [`web`] is what ships to JavaScript hosts, and [`serve`] is the native gate.

pub mod answers;
pub mod build;
pub mod buildfile;
pub mod calibrate;
pub mod eval;
pub mod geo;
pub mod guard;
pub mod merge;
pub mod network;
#[cfg(feature = "package")]
pub mod package;
pub mod screen;
#[cfg(feature = "serve")]
pub mod serve;
pub mod source;
pub mod web;
