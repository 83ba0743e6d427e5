//! The demonstration page, built as its README tells, in the build folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::components::{built, workspace};
use crate::tools;

/// What of `www` a build reads.
const SOURCES: [&str; 7] = ["package.json", "package-lock.json", "tsconfig.json", "vite.config.js", "index.html", "map", "src"];

/// The engine as the page has it.
///
/// # Errors
///
/// When it does not build.
pub fn engine() -> anyhow::Result<Vec<u8>> {
    built(&["weighbridge-core"], "wasm32-unknown-unknown", &["--features", "page"], "weighbridge-core")
}

/// The folder in the build folder that holds a copy of `www` with its packages, and `plugin/core/js` where `www` looks for it.
///
/// # Errors
///
/// When a file or a package is not to be had.
pub fn sources() -> anyhow::Result<PathBuf> {
    let root = tools::folder().join("page");
    let www = root.join("www");
    fs::create_dir_all(&www)?;
    for name in SOURCES {
        mirror(&workspace().join("www").join(name), &www.join(name))?;
    }
    mirror(&workspace().join("plugin/core/js"), &root.join("plugin/core/js"))?;
    tools::npm_ci(&www)?;
    Ok(www)
}

/// The site with `blob` and its details, in a folder of its own.
///
/// # Errors
///
/// When the page does not pass its type check, or does not build.
pub fn site(blob: &[u8], details: &[u8]) -> anyhow::Result<PathBuf> {
    let folder = tools::scratch("site")?;
    let (wasm, file) = (folder.join("engine.wasm"), folder.join("sample.blob"));
    fs::write(&wasm, engine()?)?;
    fs::write(&file, blob)?;
    fs::write(folder.join("sample.blob.details"), details)?;
    let www = sources()?;
    let tool = |name: &str| Command::new(www.join("node_modules/.bin").join(name));
    tools::run(tool("tsc").arg("--noEmit").current_dir(&www), "the types of `www`")?;
    let out = folder.join("site");
    let mut vite = tool("vite");
    vite.args(["build", "--logLevel", "warn"]).current_dir(&www);
    vite.env("WEIGHBRIDGE_WASM", &wasm).env("WEIGHBRIDGE_BLOB", &file).env("WEIGHBRIDGE_SITE", &out);
    tools::run(&mut vite, "vite")?;
    Ok(out)
}

/// Makes `to` what `from` is: what is no longer in it goes.
fn mirror(from: &Path, to: &Path) -> anyhow::Result<()> {
    if from.is_dir() {
        drop(fs::remove_dir_all(to));
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from).with_context(|| format!("`{}`", from.display()))? {
            let entry = entry?;
            mirror(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else {
        fs::copy(from, to).with_context(|| format!("`{}`", from.display()))?;
    }
    Ok(())
}
