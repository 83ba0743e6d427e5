//! A blob that comes from outside: a plugin's configuration, a store, a file that is replaced while the gate runs.
//!
//! Where keys are trusted (`WEIGHBRIDGE_TRUSTED_KEYS`), one of them must have signed the bytes and vouches for what they say;
//! where none are, nobody vouches, and all that stands in them is walked. Either way every byte is checked before a request
//! is decided by it, and whoever loads keeps the last good one. A blob that a packager embedded after it checked all of it
//! comes through [`Terms::vouched`].

use self_cell::self_cell;
use weighbridge_blob::date::format_unix;
use weighbridge_blob::format::BlobError;
use weighbridge_blob::signature::{PublicKey, SignatureError, SignedError, verify};
use weighbridge_blob::{Blob, Header};

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
pub struct Terms<'k> {
    /// Unix time, seconds: a blob past its `not_after` is refused.
    pub now: i64,
    /// The lowest sequence number that may be used: the configured one, or the highest that was ever accepted.
    pub min_sequence: u64,
    /// Who may sign it. None: it need not be signed.
    pub trusted: &'k [PublicKey],
}

impl<'k> Terms<'k> {
    /// What the configuration asks for. `accepted` is the sequence number in use, where the host keeps one.
    pub fn of(config: &'k GateConfig, now: i64, accepted: Option<u64>) -> Self {
        Self { now, min_sequence: config.min_sequence.max(accepted.unwrap_or(0)), trusted: &config.trusted_keys }
    }

    /// Opens bytes from anywhere, if they meet the terms. Unsigned, all that stands in them is walked ([`Blob::open`]); signed,
    /// they are hashed ([`Blob::open_signed`]), which takes a tenth of the time.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn open<'a>(&self, bytes: &'a [u8]) -> Result<Blob<'a>, LoadError> {
        if !self.trusted.is_empty() {
            return self.open_signed(bytes);
        }
        let blob = Blob::open(bytes)?;
        self.in_time(blob.header())?;
        Ok(blob)
    }

    /// The same, but nothing unsigned at all. A plugin that uses this alone does not carry the code that walks a blob.
    ///
    /// # Errors
    /// [`LoadError`], [`LoadError::NoKeys`] among them.
    pub fn open_signed<'a>(&self, bytes: &'a [u8]) -> Result<Blob<'a>, LoadError> {
        if self.trusted.is_empty() {
            return Err(LoadError::NoKeys);
        }
        let blob = Blob::open_signed(bytes, self.trusted)?;
        self.in_time(blob.header())?;
        Ok(blob)
    }

    /// Opens bytes that a packager has checked and that came with the code. Where keys are trusted, the signature is verified
    /// here as well, and the digest that it covers; last day and sequence number are asked for with each request.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn vouched<'a>(&self, bytes: &'a [u8]) -> Result<Blob<'a>, LoadError> {
        if self.trusted.is_empty() {
            return Ok(Blob::open_embedded(bytes)?);
        }
        let blob = Blob::open_vouched(bytes)?;
        self.signed(blob.header())?;
        Ok(blob)
    }

    /// Whether a blob with this header meets the terms. Says nothing of its content.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn check(&self, header: &Header) -> Result<(), LoadError> {
        self.signed(header)?;
        self.in_time(header)
    }

    fn signed(&self, header: &Header) -> Result<(), LoadError> {
        if !self.trusted.is_empty() {
            verify(header, self.trusted)?;
        }
        Ok(())
    }

    fn in_time(&self, header: &Header) -> Result<(), LoadError> {
        if let Some(end) = header.not_after.filter(|end| self.now > *end) {
            return Err(LoadError::Expired(end));
        }
        if header.sequence < self.min_sequence {
            return Err(LoadError::Sequence { got: header.sequence, min: self.min_sequence });
        }
        Ok(())
    }
}

/// Why a blob from outside is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It is not a blob, or not a whole one.
    #[error("{0}")]
    Blob(#[from] BlobError),
    /// Nobody who is trusted has signed it.
    #[error("{0}")]
    Signature(#[from] SignatureError),
    /// It must be signed, and nobody is trusted to sign.
    #[error("a blob from there must be signed; name the keys that may sign it in `WEIGHBRIDGE_TRUSTED_KEYS`")]
    NoKeys,
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

impl From<SignedError> for LoadError {
    fn from(error: SignedError) -> Self {
        match error {
            SignedError::Signature(error) => Self::Signature(error),
            SignedError::Blob(error) => Self::Blob(error),
        }
    }
}

impl Loaded {
    /// Checks all of `bytes` ([`Terms::open`]).
    ///
    /// # Errors
    /// [`LoadError`]; whatever was in use before stays in use.
    pub fn open(bytes: Vec<u8>, terms: &Terms<'_>) -> Result<Self, LoadError> {
        Ok(Self(Held::try_new(bytes, |bytes| terms.open(bytes))?))
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
        let terms = Terms { now: 0, min_sequence: 0, trusted: &[] };
        for bytes in [&b""[..], b"not a blob", &[0; 4096]] {
            let error = Loaded::open(bytes.to_vec(), &terms).err().map(|error| error.to_string());
            assert!(error.is_some_and(|error| !error.is_empty()));
        }
    }

    #[test]
    fn the_higher_of_configured_and_accepted_number_counts() {
        let config = crate::config::tests::config(&[("WEIGHBRIDGE_MIN_SEQUENCE", "5")]).unwrap();
        assert_eq!(Terms::of(&config, 9, None), Terms { now: 9, min_sequence: 5, trusted: &[] });
        assert_eq!(Terms::of(&config, 9, Some(4)).min_sequence, 5);
        assert_eq!(Terms::of(&config, 9, Some(6)).min_sequence, 6);
    }
}
