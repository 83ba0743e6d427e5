//! The details file of a blob, found beside it: names as written, programmes, addresses, remarks.

use super::{Failure, read_file, warn};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use weighbridge_blob::Blob;

/// Where the details of a blob lie: `weighbridge.blob.details` beside `weighbridge.blob`.
pub(crate) fn path_beside(blob: &Path) -> PathBuf {
    let mut name = blob.as_os_str().to_owned();
    name.push(".details");
    PathBuf::from(name)
}

/// What was found where the details of a blob should lie.
pub(crate) struct DetailsFile {
    path: PathBuf,
    /// `None` if there is no such file.
    bytes: Option<Vec<u8>>,
    /// Somebody named the file, so it must be there and fit.
    named: bool,
}

impl DetailsFile {
    /// Reads the file that was named, or the one beside the blob, which may be missing.
    pub(crate) fn read(blob: &Path, named: Option<&Path>) -> Result<Self, Failure> {
        if let Some(path) = named {
            return Ok(Self { path: path.to_owned(), bytes: Some(read_file(path)?), named: true });
        }
        let path = path_beside(blob);
        let bytes = if path.try_exists().unwrap_or(true) { Some(read_file(&path)?) } else { None };
        Ok(Self { path, bytes, named: false })
    }

    /// Gives the blob its details. A file that nobody named and that does not fit is told, and the blob stays without.
    pub(crate) fn attach<'a>(&'a self, blob: &mut Blob<'a>) -> Result<Held, Failure> {
        let shown = self.path.display();
        let Some(bytes) = &self.bytes else {
            let why = format!("`{shown}` is not there; put the file that was built with the blob beside it, or name it with `--details`");
            warn(&format!("names, programmes and remarks are not shown: {why}"));
            return Ok(Held { path: self.path.clone(), without: Some(("absent", why)) });
        };
        match blob.attach(bytes) {
            Ok(()) => Ok(Held { path: self.path.clone(), without: None }),
            Err(error) if self.named => Err(Failure::CouldNotRun(format!("`{shown}`: {error}"))),
            Err(error) => {
                let why = format!("`{shown}`: {error}");
                warn(&format!("names, programmes and remarks are not shown: {why}"));
                Ok(Held { path: self.path.clone(), without: Some(("refused", why)) })
            }
        }
    }
}

/// Whether a blob has its details, and if not, why.
pub(crate) struct Held {
    path: PathBuf,
    without: Option<(&'static str, String)>,
}

impl Held {
    /// Why the details are not there, as one word and in full; `None` if they are.
    pub(crate) fn without(&self) -> Option<&'static str> {
        self.without.as_ref().map(|(word, _)| *word)
    }

    /// For `--json`.
    pub(crate) fn json(&self) -> Value {
        let (state, why) = match &self.without {
            None => ("held", None),
            Some((word, why)) => (*word, Some(why)),
        };
        json!({ "file": self.path, "state": state, "why": why })
    }
}
