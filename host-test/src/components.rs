//! The components under test: built as they ship, once per process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

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
        static BUILT: OnceLock<Result<(), String>> = OnceLock::new();
        BUILT.get_or_init(|| build().map_err(|error| format!("{error:#}"))).clone().map_err(anyhow::Error::msg)?;
        let file = target().join("wasm32-wasip2/edge").join(format!("{}.wasm", self.package().replace('-', "_")));
        std::fs::read(&file).with_context(|| format!("`{}`", file.display()))
    }

    /// The component with `blob` in it, as the packager leaves it.
    ///
    /// # Errors
    ///
    /// When it does not build or cannot take the blob.
    pub fn packaged(self, blob: &[u8]) -> anyhow::Result<Vec<u8>> {
        Ok(weighbridge_embed::inject(&self.wasm()?, blob)?)
    }
}

/// A component that answers 200 to everything: what the gate is measured against.
///
/// # Errors
///
/// When it does not build.
pub fn empty() -> anyhow::Result<Vec<u8>> {
    cargo_build(&["weighbridge-empty"])?;
    let file = target().join("wasm32-wasip2/edge/weighbridge_empty.wasm");
    std::fs::read(&file).with_context(|| format!("`{}`", file.display()))
}

/// The workspace's folder.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// The folder that builds go into.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

fn build() -> anyhow::Result<()> {
    cargo_build(&Plugin::ALL.map(Plugin::package))
}

fn cargo_build(packages: &[&str]) -> anyhow::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(workspace()).args(["build", "--quiet", "--profile", "edge", "--target", "wasm32-wasip2"]);
    for package in packages {
        command.args(["-p", package]);
    }
    let status = command.status().context("cargo could not be started")?;
    ensure!(status.success(), "the components do not build; is the target wasm32-wasip2 installed? (`rustup target add wasm32-wasip2`)");
    Ok(())
}
