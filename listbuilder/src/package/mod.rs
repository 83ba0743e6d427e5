//! Folders for a host's own tool: the plugin, the blob, the host's configuration, and what the host limits.
//!
//! The functions here write nothing: they give the files with their bytes, the same for the same input.

pub mod envoy;
pub mod fastly;

use weighbridge_blob::Blob;
use weighbridge_embed::{InjectError, inject_tested};
use weighbridge_engine::selftest::self_test_from;

/// A file of a package: its name below the folder, and its bytes.
pub type File = (String, Vec<u8>);

/// Why a package is not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// The plugin does not take the blob.
    #[error("cannot put the blob into the plugin: {0}")]
    Inject(#[from] InjectError),
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

/// The plugin with `blob` in it, which the caller has verified. Where its policy, as its author has set it, passes the self-test at
/// every time from the blob's creation on, the plugin is told, and its instances do not ask again.
///
/// # Errors
/// [`InjectError`].
pub fn embedded(plugin: &[u8], blob: &[u8]) -> Result<Vec<u8>, InjectError> {
    let passes = |blob: Blob<'_>| self_test_from(blob.policy(), blob.header().created).is_ok();
    inject_tested(plugin, blob, Blob::open_vouched(blob).is_ok_and(passes))
}

/// Refuses what is larger than a host takes.
fn limit(what: &'static str, host: &'static str, bytes: usize, limit: usize) -> Result<(), PackageError> {
    if bytes > limit { Err(PackageError::TooLarge { what, host, bytes, limit }) } else { Ok(()) }
}
