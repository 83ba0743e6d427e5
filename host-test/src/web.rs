//! The plugins for JavaScript hosts, as the packager leaves them: a Worker's folder, and an npm package.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::components::{built, workspace};
use crate::tools;

/// The core module as it ships.
///
/// # Errors
///
/// When it does not build.
pub fn core() -> anyhow::Result<Vec<u8>> {
    built(&["weighbridge-core"], "wasm32-unknown-unknown", &[], "weighbridge-core")
}

/// The core module that panics when a request says so.
///
/// # Errors
///
/// When it does not build.
pub fn faulty_core() -> anyhow::Result<Vec<u8>> {
    built(&["weighbridge-core"], "wasm32-unknown-unknown", &["--features", "fault"], "weighbridge-core")
}

/// A Worker's folder with `blob` in it (an empty one means none), as the packager writes it. `faulty` takes the core that
/// panics when a request says so.
///
/// # Errors
///
/// When the core does not build or the folder cannot be written.
pub fn worker(blob: &[u8], faulty: bool) -> anyhow::Result<PathBuf> {
    let folder = tools::scratch("worker")?;
    let wasm = if faulty { faulty_core()? } else { core()? };
    write(&folder, weighbridge::web::worker(&wasm, blob))
}

/// The npm package with `blob` in it, as the packager writes it.
///
/// # Errors
///
/// As [`worker`].
pub fn page(blob: &[u8]) -> anyhow::Result<PathBuf> {
    write(&tools::scratch("page")?, weighbridge::web::page(&core()?, blob))
}

fn write(folder: &Path, files: Vec<(&str, Vec<u8>)>) -> anyhow::Result<PathBuf> {
    for (name, bytes) in files {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().context("a file without a folder")?)?;
        fs::write(&file, bytes).with_context(|| format!("`{}`", file.display()))?;
    }
    Ok(folder.to_owned())
}

/// A Worker's folder in one script with its modules beside it: what `wrangler` makes before it deploys.
///
/// # Errors
///
/// When esbuild cannot be installed or refuses the code.
pub fn bundle(folder: &Path) -> anyhow::Result<PathBuf> {
    let out = folder.join("bundle");
    fs::create_dir_all(&out)?;
    let mut esbuild = Command::new(tools::node()?.join("node_modules/.bin/esbuild"));
    esbuild.current_dir(folder).args(["src/worker.ts", "--bundle", "--format=esm", "--log-level=warning"]);
    esbuild.args(["--external:*.wasm", "--external:*.blob", "--external:cloudflare:*", "--outfile=bundle/worker.js"]);
    tools::run(&mut esbuild, "esbuild")?;
    for name in ["weighbridge.wasm", "weighbridge.blob"] {
        fs::copy(folder.join("src").join(name), out.join(name))?;
    }
    Ok(out)
}

/// A script of `host-test/tools`, beside the packages that it imports.
///
/// # Errors
///
/// When they cannot be installed.
pub fn script(name: &str) -> anyhow::Result<PathBuf> {
    let file = tools::node()?.join(name);
    fs::copy(workspace().join("host-test/tools").join(name), &file)?;
    Ok(file)
}
