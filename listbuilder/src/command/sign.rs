//! `weighbridge sign BLOB`: who releases a blob, under which number, and until when it may be used.

use super::{Failure, key, note, open_blob, print, read_file};
use ed25519_dalek::SigningKey;
use serde_json::json;
use std::path::{Path, PathBuf};
use weighbridge_blob::Blob;
use weighbridge_blob::date::{format_unix, parse_unix};
use weighbridge_blob::signature::{Release, sign};

/// Sign a blob, in place of any signature that it has
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The blob
    blob: PathBuf,
    /// The file of the private key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Its sequence number; left out: what the build file says
    #[arg(long, value_name = "NUMBER")]
    sequence: Option<u64>,
    /// No gate may use it after: RFC 3339 in UTC; left out: what the build file says
    #[arg(long, value_name = "TIME", value_parser = time)]
    not_after: Option<i64>,
    /// Write the signed blob here instead of over the other
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Print the account as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn time(text: &str) -> Result<i64, String> {
    parse_unix(text).map_err(|_| "write a time in UTC as `2026-11-22T10:00:00Z` or `2026-11-22`".to_owned())
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let bytes = read_file(&args.blob)?;
    // Whoever signs vouches for the content: gates walk no section of a signed blob.
    let created = open_blob(&args.blob, &bytes)?.header().created;
    if let Some(end) = args.not_after.filter(|end| *end < created) {
        let (end, created) = (format_unix(end), format_unix(created));
        return Err(Failure::Refused(format!("--not-after {end} lies before the blob was built, {created}: no gate would ever take it")));
    }
    let bytes = signed(bytes, &key::private(&args.key)?, Release { sequence: args.sequence, not_after: args.not_after })?;
    let output = args.output.as_deref().unwrap_or(&args.blob);
    super::build::save(output, &bytes)?;
    if output != args.blob.as_path() && super::details::path_beside(&args.blob).exists() {
        note("the details file still fits; copy it beside the signed blob for `inspect` and `explain`");
    }
    tell(output, &bytes, args.json)
}

/// The blob with a signature.
pub(super) fn signed(mut bytes: Vec<u8>, key: &SigningKey, release: Release) -> Result<Vec<u8>, Failure> {
    sign(&mut bytes, key, release).map_err(|error| Failure::CouldNotRun(error.to_string()))?;
    Ok(bytes)
}

/// Who signed it, and what it says of itself.
pub(super) fn tell(path: &Path, bytes: &[u8], as_json: bool) -> Result<(), Failure> {
    let blob = Blob::open_vouched(bytes).map_err(|error| Failure::CouldNotRun(error.to_string()))?;
    let header = blob.header();
    let digest: String = header.digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let by = header.signed.map(|signed| signed.by.to_string());
    let not_after = header.not_after.map(format_unix);
    if as_json {
        let account = json!({
            "blob": path, "digest": digest, "signed_by": by, "sequence": header.sequence, "created": format_unix(header.created),
            "not_after": not_after,
        });
        print(&format!("{account:#}\n"));
    } else {
        let (by, not_after) = (by.unwrap_or_else(|| "nobody".into()), not_after.unwrap_or_else(|| "(no limit)".into()));
        let path = path.display();
        print(&format!("{path}: signed by {by}\ndigest {digest}\nsequence {}, not after {not_after}\n", header.sequence));
    }
    Ok(())
}
