//! The `weighbridge` command as a library: sources, build files, and the verbs.
//!
//! [`source`] reads published lists into the blob's model, [`geo`] reads address databases, [`buildfile`] reads the
//! build file that names them, and [`build`] puts all of it into one blob.

pub mod build;
pub mod buildfile;
pub mod geo;
pub mod source;
