//! Where decision records go: one JSON line each.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// A place for records. A line is written before its request goes on: what cannot be recorded is refused.
pub struct Records(Place);

enum Place {
    Stdout,
    File(Mutex<File>),
}

impl Records {
    /// Standard output.
    pub const fn stdout() -> Self {
        Self(Place::Stdout)
    }

    /// The end of a file, which is made if it is not there.
    ///
    /// # Errors
    /// When it cannot be opened for writing.
    pub fn file(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Self(Place::File(Mutex::new(file))))
    }

    pub(super) fn write(&self, record: &str) -> io::Result<()> {
        // One write for the whole line, so that lines of two gates on one file do not mix.
        let line = format!("{record}\n");
        match &self.0 {
            Place::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(line.as_bytes())?;
                out.flush()
            }
            Place::File(file) => file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes()),
        }
    }
}
