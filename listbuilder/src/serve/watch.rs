//! Hot swap: another blob in the file comes into force once it has been checked whole; a bad one changes nothing.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use weighbridge_http::{GateConfig, LoadError, Loaded, Terms};

use super::ServeError;
use super::gate::{Gate, now};
use super::highest::Highest;
use super::records::Records;

/// What the file looked like when it was last read, its content's hash, and the highest number that was in force.
pub(super) struct Seen {
    stamp: Option<Stamp>,
    hash: blake3::Hash,
    highest: Option<Highest>,
}

/// A file is read again when any of these differs: a copy may keep the time, a rename the size.
#[derive(PartialEq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Self { modified: metadata.modified().ok(), length: metadata.len(), inode }
    }
}

/// Opens the first blob. Without a good one no gate starts.
pub(super) fn open(path: PathBuf, config: GateConfig, records: Records, highest: Option<PathBuf>) -> Result<(Gate, Seen), ServeError> {
    let mut highest = highest.map(Highest::read).transpose()?;
    let stamp = std::fs::metadata(&path).ok().map(|metadata| Stamp::of(&metadata));
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => return Err(ServeError::Read { path, error }),
    };
    let hash = blake3::hash(&bytes);
    let loaded = match Loaded::open(bytes, &Terms::of(&config, now(), highest.as_ref().map(Highest::number))) {
        Ok(loaded) => loaded,
        Err(error) => return Err(ServeError::Blob { path, error }),
    };
    if let Some(highest) = &mut highest {
        highest.raise(loaded.blob().header().sequence)?;
    }
    Ok((Gate::new(loaded, config, records), Seen { stamp, hash, highest }))
}

/// Looks at the file again and again.
pub(super) async fn watch(gate: Arc<Gate>, path: PathBuf, mut seen: Seen, poll: Duration) {
    loop {
        tokio::time::sleep(poll).await;
        let (at, with) = (path.clone(), Arc::clone(&gate));
        // Checking a large blob takes a fifth of a second: not on a thread that answers requests.
        match tokio::task::spawn_blocking(move || look(&with, &at, seen)).await {
            Ok(now) => seen = now,
            Err(error) => {
                eprintln!("weighbridge: `{}` is no longer watched: {error}", path.display());
                return;
            }
        }
    }
}

/// What the file looks like now. If it has changed for the better, it is in force.
fn look(gate: &Gate, path: &Path, mut seen: Seen) -> Seen {
    let stamp = std::fs::metadata(path).ok().map(|metadata| Stamp::of(&metadata));
    if stamp == seen.stamp {
        return seen;
    }
    seen.stamp = stamp;
    let kept = |why: String| {
        gate.metrics.rejected();
        eprintln!(
            "weighbridge: `{}` has changed and is not used: {why}; blob {} stays in force",
            path.display(),
            gate.current().describe()
        );
    };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            kept(error.to_string());
            return seen;
        }
    };
    let hash = blake3::hash(&bytes);
    if hash != seen.hash {
        let stored = |loaded: Loaded| match &mut seen.highest {
            Some(highest) => highest.raise(loaded.blob().header().sequence).map(|()| loaded).map_err(|error| error.to_string()),
            None => Ok(loaded),
        };
        match load(gate, bytes).map_err(|error| error.to_string()).and_then(stored) {
            Ok(loaded) => {
                gate.replace(loaded);
                gate.metrics.swapped();
                eprintln!("weighbridge: blob {} from `{}` is in force", gate.current().describe(), path.display());
            }
            Err(why) => kept(why),
        }
        seen.hash = hash;
    }
    seen
}

fn load(gate: &Gate, bytes: Vec<u8>) -> Result<Loaded, LoadError> {
    let accepted = gate.current().loaded.blob().header().sequence;
    Loaded::open(bytes, &Terms::of(&gate.config, now(), Some(accepted)))
}
