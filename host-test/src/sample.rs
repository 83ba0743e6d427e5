//! The sample blob: the lists that the project ships, compiled as of now, and a gate with it.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;

use weighbridge_blob::PublicKey;
use weighbridge_blob::signature::{Release, SigningKey, sign};

use crate::components::{Plugin, workspace};
use crate::host::{Gate, Settings};

/// `tests/lists/weighbridge.toml`, built with every source confirmed current as of now; once per process.
///
/// # Errors
///
/// When the lists do not build, or the result does not open.
pub fn blob() -> anyhow::Result<&'static [u8]> {
    static BLOB: OnceLock<Result<Vec<u8>, String>> = OnceLock::new();
    let now = || Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?);
    kept(&BLOB, now)
}

/// The same lists as the shared cases have them: confirmed current on 2026-11-22, whenever the tests run.
///
/// # Errors
///
/// As [`blob`].
pub fn shared_blob() -> anyhow::Result<&'static [u8]> {
    static BLOB: OnceLock<Result<Vec<u8>, String>> = OnceLock::new();
    kept(&BLOB, || Ok(weighbridge_blob::date::parse_unix("2026-11-22")?))
}

/// The sample blob under a number and a last day, signed by the key of this seed.
///
/// # Errors
///
/// As [`blob`].
pub fn signed(seed: u8, release: Release) -> anyhow::Result<Vec<u8>> {
    let mut bytes = blob()?.to_vec();
    sign(&mut bytes, &SigningKey::from_bytes(&[seed; 32]), release)?;
    Ok(bytes)
}

/// The public key of a seed.
pub fn public(seed: u8) -> PublicKey {
    PublicKey::from(&SigningKey::from_bytes(&[seed; 32]))
}

fn kept(
    slot: &'static OnceLock<Result<Vec<u8>, String>>,
    checked_at: impl FnOnce() -> anyhow::Result<i64>,
) -> anyhow::Result<&'static [u8]> {
    let built = slot.get_or_init(|| checked_at().and_then(build).map_err(|error| format!("{error:#}")));
    built.as_deref().map_err(|error| anyhow::anyhow!("{error}"))
}

fn build(checked_at: i64) -> anyhow::Result<Vec<u8>> {
    let built =
        weighbridge::build::build_file(&workspace().join("tests/lists/weighbridge.toml"), Some(checked_at)).context("the sample lists")?;
    // The gate takes the packager's word for the content, so the packager looks at all of it.
    weighbridge_blob::Blob::open(&built.bytes)?;
    Ok(built.bytes)
}

/// The settings of a gate before `upstream`, as an operator would begin: nothing plain is trusted.
pub fn settings(upstream: SocketAddr) -> Settings {
    Settings::default()
        .env("WEIGHBRIDGE_UPSTREAM", format!("http://{upstream}"))
        .env("WEIGHBRIDGE_BLOCKED_BY", "https://gate.example.com/")
        .env("WEIGHBRIDGE_APPEAL", "https://gate.example.com/appeal")
}

/// A gate with the sample blob.
///
/// # Errors
///
/// When the component or the lists do not build.
pub fn gate(plugin: Plugin, settings: Settings) -> anyhow::Result<Gate> {
    Gate::new(&plugin.packaged(blob()?)?, settings)
}
