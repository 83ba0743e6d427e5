//! `weighbridge package` for JavaScript hosts: the blob travels beside the code, and the host counts compressed bytes.

use super::{Failure, note, print, table, thousands};
use std::io::Write as _;
use std::path::Path;
use weighbridge::web;

/// Compressed bytes of a Worker in the free plan, and in the paid one.
/// Source: developers.cloudflare.com/workers/platform/limits, "Worker size", as of 2026-11.
const WORKER_FREE: u64 = 3 << 20;
const WORKER_PAID: u64 = 10 << 20;

/// The JavaScript hosts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Host {
    Cloudflare,
    Browser,
}

/// Writes the folder for `host` and tells what it is made of, and what it was before it was made smaller. The caller has verified
/// the blob.
pub(super) fn run(
    host: Host,
    before: Option<(&str, &[u8])>,
    core: &[u8],
    blob: &[u8],
    output: &Path,
    as_json: bool,
) -> Result<(), Failure> {
    // A page embeds its module whole as well: what is not Wasm is a mistake of the caller's, better found here.
    if !core.starts_with(b"\0asm\x01\0\0\0") {
        return Err(Failure::CouldNotRun(format!("`{}` is not a WebAssembly module; give the plugin as it was built", web::CORE)));
    }
    let files = match host {
        Host::Cloudflare => web::worker(core, blob),
        Host::Browser => web::page(core, blob),
    };
    let sizes: Vec<(&str, u64, u64)> = files.iter().map(|(name, bytes)| (*name, bytes.len() as u64, gzip(bytes))).collect();
    // What is deployed is the folder `src`.
    let deployed = sizes.iter().filter(|(name, ..)| host == Host::Browser || name.starts_with("src/"));
    let (raw, packed) = deployed.fold((0, 0), |(raw, packed), (_, bytes, gzip)| (raw + bytes, packed + gzip));
    if host == Host::Cloudflare && packed > WORKER_PAID {
        return Err(Failure::Refused(format!(
            "the Worker has {} bytes compressed, and Cloudflare takes {} at most; keep the blob in R2 (plugin/cloudflare/README.md)",
            thousands(packed),
            thousands(WORKER_PAID)
        )));
    }
    let paths: Vec<_> = files.iter().map(|(name, bytes)| (output.join(name), bytes)).collect();
    super::build::save_all(&paths.iter().map(|(path, bytes)| (path.as_path(), bytes.as_slice())).collect::<Vec<_>>())?;
    let mut hasher = blake3::Hasher::new();
    for (name, bytes) in &files {
        hasher.update(name.as_bytes()).update(&[0]).update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    }
    let digest = hasher.finalize().to_hex().to_string();
    let before = before.map(|(name, bytes)| (name, bytes.len() as u64, gzip(bytes)));
    let sizes: Vec<_> = before.into_iter().chain(sizes).collect();
    if as_json {
        let parts: serde_json::Map<String, serde_json::Value> =
            sizes.iter().map(|(name, raw, gzip)| ((*name).to_owned(), serde_json::json!({ "raw": raw, "gzip": gzip }))).collect();
        let account = serde_json::json!({ "output": output, "digest": digest, "parts": parts, "deployed": { "raw": raw, "gzip": packed } });
        print(&format!("{account:#}\n"));
    } else {
        let mut rows = vec![["part", "bytes", "gzip"].map(str::to_owned).to_vec()];
        rows.extend(sizes.iter().map(|(name, raw, gzip)| vec![(*name).to_owned(), thousands(*raw), thousands(*gzip)]));
        rows.push(vec!["deployed".to_owned(), thousands(raw), thousands(packed)]);
        print(&table(&rows, 1));
        let next = match host {
            Host::Cloudflare => "wrangler deploy",
            Host::Browser => "npm publish",
        };
        print(&format!("\nwrote `{}`; BLAKE3 of its files {digest}\ndeploy it there: {next}\n", output.display()));
    }
    if host == Host::Cloudflare && packed > WORKER_FREE {
        note(&format!("more than {} bytes compressed: Cloudflare's free plan does not take it", thousands(WORKER_FREE)));
    }
    Ok(())
}

/// Bytes after gzip at its best.
pub(super) fn gzip(bytes: &[u8]) -> u64 {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    // Writing to memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().map_or(u64::MAX, |packed| packed.len() as u64)
}
