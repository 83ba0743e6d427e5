//! `weighbridge keygen FILE`: a key to sign blobs with.

use super::{Failure, print};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{EncodePrivateKey, KeypairBytes};
use serde_json::json;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use weighbridge_blob::PublicKey;

/// Make a key to sign blobs with: the private one in FILE, the public one in FILE.pub
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file of the private key; it must not be there
    file: PathBuf,
    /// Print the account as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| Failure::CouldNotRun(format!("the system gives no random bytes: {error}")))?;
    let key = SigningKey::from_bytes(&secret);
    // Without the public key in it, as OpenSSL writes it: older versions of OpenSSL do not read the other form.
    let pem = KeypairBytes { secret_key: secret, public_key: None }
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|error| Failure::CouldNotRun(format!("the key cannot be written: {error}")))?;
    let public = PublicKey::from(&key);
    let mut beside = args.file.clone().into_os_string();
    beside.push(".pub");
    let beside = PathBuf::from(beside);
    if beside.exists() {
        return Err(Failure::Refused(format!("`{}` is there already; a key is never written over another", beside.display())));
    }
    write_new(&args.file, pem.as_bytes(), 0o600)?;
    write_new(&beside, format!("{public}\n").as_bytes(), 0o644)?;
    let (file, beside) = (args.file.display(), beside.display());
    if args.json {
        let account = json!({ "private": args.file, "public": beside.to_string(), "key": public.to_string() });
        print(&format!("{account:#}\n"));
    } else {
        print(&format!(
            "private key: {file}\npublic key: {beside}\n\n{public}\n\nkeep the private key where blobs are signed and nowhere else; give gates the \
             public one:\nWEIGHBRIDGE_TRUSTED_KEYS={public}\n"
        ));
    }
    Ok(())
}

/// Writes a file that was not there, with these permissions from the first byte on.
fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let written = options.open(path).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::Refused(format!("`{}` is there already; a key is never written over another", path.display()))
        }
        _ => Failure::CouldNotRun(format!("cannot write `{}`: {error}", path.display())),
    })
}
