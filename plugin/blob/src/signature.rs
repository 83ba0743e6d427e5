//! Who released a blob: an Ed25519 signature in its header, and the keys that a gate trusts.
//!
//! What is signed is [`CONTEXT`] and then the blob's digest. The digest is BLAKE3 over header and section table, the table
//! holds a hash of every section, so no bit of a blob can change without the signature failing. The signature itself and
//! the key beside it are not part of the digest: a blob has the same name before and after it is signed.
//!
//! One blob has one signature. With several, a bit of one that nobody trusts could change unseen. Keys are rotated on the
//! other side: a gate trusts the old and the new one until the first blob of the new one is everywhere.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, VerifyingKey};

use crate::format::{BlobError, Header};

/// Stands before the digest in what is signed, so that the signature can be taken for nothing else.
pub const CONTEXT: &[u8] = b"weighbridge blob v1\n";

/// Length of a key in bytes (RFC 8032, section 5.1.5).
const KEY_LEN: usize = 32;
/// Length of a signature in bytes (RFC 8032, section 5.1.6).
const SIGNATURE_LEN: usize = 64;
/// What a key begins with as a text.
const PREFIX: &str = "ed25519:";

/// A key that signatures are verified with. As a text `ed25519:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(pub [u8; KEY_LEN]);

/// A text that is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a public key; write it as `weighbridge keygen` does: `ed25519:` and 64 hexadecimal digits")]
pub struct PublicKeyError;

impl FromStr for PublicKey {
    type Err = PublicKeyError;

    fn from_str(text: &str) -> Result<Self, PublicKeyError> {
        let digits = text.strip_prefix(PREFIX).filter(|digits| digits.len() == 2 * KEY_LEN && digits.is_ascii()).ok_or(PublicKeyError)?;
        let mut key = [0; KEY_LEN];
        for (byte, pair) in key.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit())).ok_or(PublicKeyError)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| PublicKeyError)?;
        }
        // A point of small order would let a signature fit many texts; nobody's key is one.
        match VerifyingKey::from_bytes(&key) {
            Ok(point) if !point.is_weak() => Ok(Self(key)),
            _ => Err(PublicKeyError),
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The signature of a blob, not yet verified, and the key that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed {
    /// Who says to have signed.
    pub by: PublicKey,
    /// The signature.
    pub signature: [u8; SIGNATURE_LEN],
}

impl Signed {
    /// What the header holds: key and signature. All zero is none.
    pub(crate) fn read(field: &[u8]) -> Option<Self> {
        let (by, signature) = field.split_first_chunk()?;
        let signature = signature.try_into().ok()?;
        field.iter().any(|byte| *byte != 0).then_some(Self { by: PublicKey(*by), signature })
    }
}

/// Why a signature is not one to go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// There is none.
    #[error("this blob is not signed, and only signed ones are used where keys are trusted; sign it with `weighbridge sign`")]
    Unsigned,
    /// A key has signed it that nobody trusts.
    #[error("this blob is signed by {0}, which is not among the trusted keys")]
    Untrusted(PublicKey),
    /// It names a trusted key, and that key has not signed this.
    #[error("this blob says to be signed by {0}, and the signature does not fit; it was changed after it was signed")]
    Forged(PublicKey),
}

/// Why a blob from anywhere is not opened where it must be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignedError {
    /// Nobody trusted has signed it.
    #[error("{0}")]
    Signature(#[from] SignatureError),
    /// It is damaged.
    #[error("{0}")]
    Blob(#[from] BlobError),
}

/// Whether one of the trusted keys has signed the blob with this header; which one. About 0.1 ms natively.
///
/// # Errors
/// [`SignatureError`].
pub fn verify(header: &Header, trusted: &[PublicKey]) -> Result<PublicKey, SignatureError> {
    let signed = header.signed.ok_or(SignatureError::Unsigned)?;
    if !trusted.contains(&signed.by) {
        return Err(SignatureError::Untrusted(signed.by));
    }
    let forged = SignatureError::Forged(signed.by);
    let key = VerifyingKey::from_bytes(&signed.by.0).map_err(|_| forged)?;
    // Strict: one signature fits one text, and no second form of it is taken.
    key.verify_strict(&message(&header.digest), &Signature::from_bytes(&signed.signature)).map_err(|_| forged)?;
    Ok(signed.by)
}

/// What is signed.
fn message(digest: &[u8; 32]) -> Vec<u8> {
    [CONTEXT, digest].concat()
}

#[cfg(feature = "write")]
mod signing {
    use ed25519_dalek::Signer;
    pub use ed25519_dalek::SigningKey;

    use super::{PublicKey, message};
    use crate::format::{BlobError, DIGEST_AT, HEADER_LEN, ROW_LEN, SIGNED_AT, digest_of, parse};

    impl From<&SigningKey> for PublicKey {
        fn from(key: &SigningKey) -> Self {
            Self(key.verifying_key().to_bytes())
        }
    }

    /// What a release says of itself, where that is to be other than the build said.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Release {
        /// Its sequence number.
        pub sequence: Option<u64>,
        /// Unix seconds after which no gate may use it.
        pub not_after: Option<i64>,
    }

    /// Signs a blob, in place of any signature that it has. A `release` that changes something gives it another digest.
    ///
    /// # Errors
    /// What is no blob, or is damaged in header or table, is not signed. Whoever signs has looked at the rest
    /// ([`crate::Blob::open`]).
    pub fn sign(bytes: &mut [u8], key: &SigningKey, release: Release) -> Result<(), BlobError> {
        let (header, sections) = parse(bytes)?;
        let rows = sections.iter().flatten().count();
        let set = |bytes: &mut [u8], at: usize, value: &[u8]| {
            if let Some(place) = bytes.get_mut(at..at + value.len()) {
                place.copy_from_slice(value);
            }
        };
        set(bytes, 32, &release.sequence.unwrap_or(header.sequence).to_le_bytes());
        set(bytes, 40, &release.not_after.or(header.not_after).unwrap_or(0).to_le_bytes());
        let digest = bytes.get(..HEADER_LEN + rows * ROW_LEN).and_then(digest_of).ok_or(BlobError::Digest)?;
        set(bytes, DIGEST_AT, &digest);
        set(bytes, SIGNED_AT, &PublicKey::from(key).0);
        set(bytes, SIGNED_AT + 32, &key.sign(&message(&digest)).to_bytes());
        Ok(())
    }

    /// Takes a blob's signature away. For tests of what refuses such a blob.
    pub fn strip(bytes: &mut [u8]) {
        if let Some(field) = bytes.get_mut(SIGNED_AT..HEADER_LEN) {
            field.fill(0);
        }
    }
}

#[cfg(feature = "write")]
pub use signing::{Release, SigningKey, sign, strip};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_written_and_nothing_else_is() {
        // The public key of RFC 8032, section 7.1, test 1.
        let text = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert_eq!(text.parse::<PublicKey>().unwrap().to_string(), text);
        let zeros = format!("ed25519:{}", "0".repeat(64));
        let (signs, cut) = (text.replace("d75a", "+75a"), &text[..71]);
        for wrong in
            ["", "ed25519:", cut, &text[8..], &signs, &format!("{text}0"), &format!(" {text}"), &zeros, &text.replace("d75a", "é5a")]
        {
            assert_eq!(wrong.parse::<PublicKey>(), Err(PublicKeyError), "{wrong}");
        }
    }
}
