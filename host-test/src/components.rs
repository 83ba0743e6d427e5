//! The plugins under test: built as they ship, once per process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, ensure};

/// A plugin that is a component.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Plugin {
    /// `plugin/spin`: WASI 0.3.
    Spin,
    /// `plugin/spin-p2`: WASI 0.2.
    SpinP2,
}

impl Plugin {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Spin, Self::SpinP2];

    /// The name of its package.
    pub fn package(self) -> &'static str {
        match self {
            Self::Spin => "weighbridge-spin",
            Self::SpinP2 => "weighbridge-spin-p2",
        }
    }

    /// The component as it ships, without a blob.
    ///
    /// # Errors
    ///
    /// When it does not build, with what the compiler said on standard error.
    pub fn wasm(self) -> anyhow::Result<Vec<u8>> {
        built(&Self::ALL.map(Self::package), "wasm32-wasip2", &[], self.package())
    }

    /// The component without anything of Spin's own, for every other host of `wasi:http`; without a blob.
    ///
    /// # Errors
    ///
    /// As [`Plugin::wasm`].
    pub fn plain(self) -> anyhow::Result<Vec<u8>> {
        built(&Self::ALL.map(Self::package), "wasm32-wasip2", &["--no-default-features"], self.package())
    }

    /// The component that panics when a request says so, with `blob` in it.
    ///
    /// # Errors
    ///
    /// As [`Plugin::packaged`].
    pub fn faulty(self, blob: &[u8]) -> anyhow::Result<Vec<u8>> {
        let features = "weighbridge-spin/fault,weighbridge-spin-p2/fault";
        let wasm = built(&Self::ALL.map(Self::package), "wasm32-wasip2", &["--features", features], self.package())?;
        Ok(weighbridge::package::embedded(&wasm, blob)?)
    }

    /// The component with `blob` in it, as the packager leaves it.
    ///
    /// # Errors
    ///
    /// When it does not build or cannot take the blob.
    pub fn packaged(self, blob: &[u8]) -> anyhow::Result<Vec<u8>> {
        Ok(weighbridge::package::embedded(&self.wasm()?, blob)?)
    }
}

/// A component that answers 200 to everything: what the gate is measured against.
///
/// # Errors
///
/// When it does not build.
pub fn empty() -> anyhow::Result<Vec<u8>> {
    built(&["weighbridge-empty"], "wasm32-wasip2", &[], "weighbridge-empty")
}

/// The workspace's folder.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// The folder that builds go into.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

/// The Wasm file of `package`, built as it ships together with the other `packages`, for `target` and with cargo's further
/// arguments `args`; once per process.
///
/// # Errors
///
/// When they do not build, with what the compiler said on standard error.
pub fn built(packages: &[&str], triple: &str, args: &[&str], package: &str) -> anyhow::Result<Vec<u8>> {
    type Built = BTreeMap<(String, String, String), Vec<u8>>;
    static BUILT: Mutex<Built> = Mutex::new(Built::new());
    let key = |package: &str| (package.to_owned(), triple.to_owned(), args.join(" "));
    // Held while it builds: builds with other features leave their files in the same place, so each is read at once.
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if !built.contains_key(&key(package)) {
        cargo_build(packages, triple, args)?;
        for package in packages {
            // A library's file has the name of its crate, a program's that of its package.
            let folder = target().join(triple).join("edge");
            let [library, program] = [package.replace('-', "_"), (*package).to_owned()].map(|name| folder.join(format!("{name}.wasm")));
            let file = if library.exists() { library } else { program };
            built.insert(key(package), std::fs::read(&file).with_context(|| format!("`{}`", file.display()))?);
        }
    }
    built.get(&key(package)).cloned().with_context(|| format!("`{package}` is not among {packages:?}"))
}

fn cargo_build(packages: &[&str], triple: &str, args: &[&str]) -> anyhow::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(workspace()).args(["build", "--quiet", "--profile", "edge", "--target", triple]).args(args);
    for package in packages {
        command.args(["-p", package]);
    }
    let status = command.status().context("cargo could not be started")?;
    ensure!(status.success(), "{} do not build; is the target {triple} installed? (`rustup target add {triple}`)", packages.join(", "));
    Ok(())
}
