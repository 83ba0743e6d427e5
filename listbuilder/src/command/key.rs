//! Keys in files: a private one as PEM (PKCS #8, RFC 8410), which `openssl genpkey -algorithm ed25519` writes as well; a
//! public one as the line that gates are given.

use super::{Failure, warn};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey};
use std::path::Path;
use weighbridge_blob::PublicKey;

/// The private key in a file. Warns if others can read it.
pub(super) fn private(path: &Path) -> Result<SigningKey, Failure> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| Failure::CouldNotRun(format!("cannot read the key `{shown}`: {error}")))?;
    let key = SigningKey::from_pkcs8_pem(&text).map_err(|_| {
        Failure::CouldNotRun(format!("`{shown}` holds no private Ed25519 key in PEM (PKCS #8); `weighbridge keygen` writes one"))
    })?;
    #[cfg(unix)]
    if let Ok(metadata) = std::fs::metadata(path)
        && std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0
    {
        warn(&format!("others than its owner may read the private key `{shown}`; `chmod 600` it"));
    }
    Ok(key)
}

/// A public key: itself, or the file that holds it, as a line of `weighbridge keygen` or in PEM.
pub(super) fn public(text: &str) -> Result<PublicKey, String> {
    if let Ok(key) = text.parse() {
        return Ok(key);
    }
    if text.starts_with("ed25519:") {
        return text.parse::<PublicKey>().map_err(|error| error.to_string());
    }
    let held = std::fs::read_to_string(text).map_err(|error| format!("neither a public key nor a file that can be read: {error}"))?;
    let pem =
        || ed25519_dalek::VerifyingKey::from_public_key_pem(&held).ok().and_then(|key| PublicKey(key.to_bytes()).to_string().parse().ok());
    held.trim().parse().ok().or_else(pem).ok_or_else(|| "the file holds no public Ed25519 key".to_owned())
}
