//! Folders for a host's own tool: the plugin, the blob, the host's configuration, and what the host limits.
//!
//! The functions here write nothing: they give the files with their bytes, the same for the same input.

pub mod envoy;
pub mod fastly;

/// A file of a package: its name below the folder, and its bytes.
pub type File = (String, Vec<u8>);

/// Why a package is not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// The plugin does not take the blob.
    #[error("cannot put the blob into the plugin: {0}")]
    Inject(#[from] weighbridge_embed::InjectError),
    /// The host does not take so much.
    #[error("{what} has {bytes} bytes, and {host} takes {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The host.
        host: &'static str,
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
    /// The archive could not be written.
    #[error("cannot write the archive: {0}")]
    Archive(#[from] std::io::Error),
}

/// Refuses what is larger than a host takes.
fn limit(what: &'static str, host: &'static str, bytes: usize, limit: usize) -> Result<(), PackageError> {
    if bytes > limit { Err(PackageError::TooLarge { what, host, bytes, limit }) } else { Ok(()) }
}
