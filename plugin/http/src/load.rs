//! A blob that comes from outside: a plugin's configuration, a store, a file that is replaced while the gate runs.
//!
//! Nobody vouches for such bytes, so all of them are checked before a request is decided by them, and whoever loads
//! keeps the last good one. A packager's embedded blob does not come through here.

use self_cell::self_cell;
use weighbridge_blob::Blob;
use weighbridge_blob::date::format_unix;
use weighbridge_blob::format::BlobError;

use crate::GateConfig;

self_cell!(
    struct Held {
        owner: Vec<u8>,
        #[covariant]
        dependent: Blob,
    }
);

/// An open blob with the bytes that it reads.
pub struct Loaded(Held);

/// What a blob from outside must satisfy beside being whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Unix time, seconds: a blob past its `not_after` is refused.
    pub now: i64,
    /// The lowest sequence number that may be used: the configured one, or the highest that was ever accepted.
    pub min_sequence: u64,
}

impl Terms {
    /// What the configuration asks for. `accepted` is the sequence number in use, where the host keeps one.
    pub fn of(config: &GateConfig, now: i64, accepted: Option<u64>) -> Self {
        Self { now, min_sequence: config.min_sequence.max(accepted.unwrap_or(0)) }
    }
}

/// Why a blob from outside is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It is not a blob, or not a whole one.
    #[error("{0}")]
    Blob(#[from] BlobError),
    /// Its last day of use has passed.
    #[error("no gate may use this blob after {}; build it anew", format_unix(*.0))]
    Expired(i64),
    /// It is older than what was used before, or than what the configuration allows.
    #[error("this blob has sequence number {got}, and {min} is the lowest allowed; older lists must not replace newer ones")]
    Sequence {
        /// Its number.
        got: u64,
        /// The lowest allowed.
        min: u64,
    },
}

impl Loaded {
    /// Checks all of `bytes` ([`Blob::open`]; about 1 ms per MB natively), then the terms.
    ///
    /// # Errors
    /// [`LoadError`]; whatever was in use before stays in use.
    pub fn open(bytes: Vec<u8>, terms: &Terms) -> Result<Self, LoadError> {
        let held = Held::try_new(bytes, |bytes| Blob::open(bytes))?;
        let header = held.borrow_dependent().header();
        if let Some(end) = header.not_after.filter(|end| terms.now > *end) {
            return Err(LoadError::Expired(end));
        }
        if header.sequence < terms.min_sequence {
            return Err(LoadError::Sequence { got: header.sequence, min: terms.min_sequence });
        }
        Ok(Self(held))
    }

    /// The blob.
    pub fn blob(&self) -> &Blob<'_> {
        self.0.borrow_dependent()
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        self.0.borrow_owner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_blob_is_refused_with_a_reason() {
        let terms = Terms { now: 0, min_sequence: 0 };
        for bytes in [&b""[..], b"not a blob", &[0; 4096]] {
            let error = Loaded::open(bytes.to_vec(), &terms).err().map(|error| error.to_string());
            assert!(error.is_some_and(|error| !error.is_empty()));
        }
    }

    #[test]
    fn the_higher_of_configured_and_accepted_number_counts() {
        let config = crate::config::tests::config(&[("WEIGHBRIDGE_MIN_SEQUENCE", "5")]).unwrap();
        assert_eq!(Terms::of(&config, 9, None), Terms { now: 9, min_sequence: 5 });
        assert_eq!(Terms::of(&config, 9, Some(4)).min_sequence, 5);
        assert_eq!(Terms::of(&config, 9, Some(6)).min_sequence, 6);
    }
}
