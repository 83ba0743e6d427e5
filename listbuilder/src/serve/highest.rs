//! The highest sequence number that was ever in force, in a file: an older blob must not come back with a restart.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::ServeError;

/// The file, and what stands in it.
pub(super) struct Highest {
    path: PathBuf,
    number: u64,
}

impl Highest {
    /// Reads the file; one that is not there yet stands for 0.
    ///
    /// # Errors
    /// The file cannot be read, or holds anything but a number: it must not read as "no blob yet".
    pub(super) fn read(path: PathBuf) -> Result<Self, ServeError> {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self { path, number: 0 }),
            Err(error) => return Err(ServeError::Sequence { path, error: error.to_string() }),
        };
        match text.trim().parse() {
            Ok(number) => Ok(Self { path, number }),
            Err(_) => Err(ServeError::Sequence { path, error: "it does not hold one whole number".to_owned() }),
        }
    }

    /// The highest number so far.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Writes down that a blob of this number is about to be in force. Numbers only rise.
    ///
    /// # Errors
    /// The file cannot be written; the blob must not be used then.
    pub(super) fn raise(&mut self, number: u64) -> Result<(), ServeError> {
        if number > self.number {
            write(&self.path, number).map_err(|error| ServeError::Sequence { path: self.path.clone(), error: error.to_string() })?;
            self.number = number;
        }
        Ok(())
    }
}

/// Another file is put in the place of the old one, so that a crash leaves the one or the other.
fn write(path: &Path, number: u64) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = std::fs::File::create(&beside)?;
    writeln!(file, "{number}")?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}
