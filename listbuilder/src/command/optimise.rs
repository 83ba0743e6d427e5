//! `wasm-opt` over a plugin before it is packaged. Binaryen reads core modules alone, so of a component the module is taken
//! out, optimised and put back; everything around it stays as it was built.

use std::path::Path;
use std::process::Command;
use weighbridge_embed::{InjectError, change_module};

/// What a module of Rust's `wasm32` targets may use; a component's module has lost its own list.
const FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Speed first, for decisions are what it is there for; but functions stay apart, as LLVM has left them. V8 compiles them one by
/// one as they are called: put into each other they are no smaller, and take two milliseconds more to the first answer and a tenth
/// more for each search.
const PASSES: [&str; 3] = ["-O3", "--one-caller-inline-max-function-size=10", "--flexible-inline-max-function-size=5"];

/// Why a plugin is not made smaller.
#[derive(Debug, thiserror::Error)]
pub(super) enum OptimiseError {
    #[error("{0}")]
    Plugin(#[from] InjectError),
    #[error("cannot run `{tool}`: {error}; `npm install binaryen` brings a `wasm-opt`")]
    Start { tool: String, error: std::io::Error },
    #[error("`{tool}` failed: {said}")]
    Tool { tool: String, said: String },
}

/// The plugin after `wasm-opt` with [`PASSES`]. Names of functions go.
pub(super) fn with(tool: &Path, plugin: &[u8]) -> Result<Vec<u8>, OptimiseError> {
    let name = || tool.display().to_string();
    change_module(plugin, |module| {
        let folder = std::env::temp_dir().join(format!("weighbridge-wasm-opt-{}", std::process::id()));
        let (from, to) = (folder.join("in.wasm"), folder.join("out.wasm"));
        let run = || {
            std::fs::create_dir_all(&folder)?;
            std::fs::write(&from, module)?;
            let done = Command::new(tool).args(PASSES).args(FEATURES).arg(&from).arg("-o").arg(&to).output()?;
            let optimised = if done.status.success() { std::fs::read(&to)? } else { Vec::new() };
            Ok((done, optimised))
        };
        let ran = run();
        // What is left of it is in the system's folder for such things.
        drop(std::fs::remove_dir_all(&folder));
        let (done, optimised) = ran.map_err(|error| OptimiseError::Start { tool: name(), error })?;
        if optimised.is_empty() {
            return Err(OptimiseError::Tool { tool: name(), said: String::from_utf8_lossy(&done.stderr).trim().to_owned() });
        }
        Ok(optimised)
    })
}
