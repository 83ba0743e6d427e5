//! `weighbridge verify BLOB`: whether a gate with these keys would take a blob.

use super::{Failure, key, read_file, sign};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};
use weighbridge_blob::{Blob, PublicKey};
use weighbridge_http::Terms;

/// Check a blob as a gate does that trusts these keys: signature, every hash, last day, sequence number
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The blob
    blob: PathBuf,
    /// Who may have signed it: `ed25519:…`, or a file with a public key; may be given several times
    #[arg(long, value_name = "KEY", required = true, value_parser = key::public)]
    trusted_key: Vec<PublicKey>,
    /// The lowest sequence number to take
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    min_sequence: u64,
    /// When: RFC 3339 in UTC; left out: now
    #[arg(long, value_name = "TIME", value_parser = sign::time)]
    at: Option<i64>,
    /// Print the account as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let bytes = read_file(&args.blob)?;
    let terms = Terms { now: args.at.unwrap_or_else(now), min_sequence: args.min_sequence, trusted: &args.trusted_key };
    let refused = |error: &dyn std::fmt::Display| Failure::Refused(format!("`{}`: {error}", args.blob.display()));
    terms.open(&bytes).map_err(|error| refused(&error))?;
    // A gate takes the signer's word for the content. Here there is time to look.
    Blob::open(&bytes).map_err(|error| refused(&error))?;
    sign::tell(&args.blob, &bytes, args.json)
}

/// Unix time. A clock before 1970 reads as 1970.
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0))
}
