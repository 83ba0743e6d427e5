//! wasmtime for the benches that run one library in several engines.

use std::path::Path;
use std::process::Command;

const WASMTIME: &str = "48.0.0";

/// Python with wasmtime as PyPI has it, in the build folder, about to run the bench's `run.py`. `None` where it cannot be installed.
pub(crate) fn wasmtime(root: &Path, target: &Path) -> Option<Command> {
    let library = target.join(format!("wasmtime-{WASMTIME}"));
    if !library.is_dir() {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"]).arg(&library).arg(format!("wasmtime=={WASMTIME}"));
        if !pip.status().is_ok_and(|status| status.success()) {
            return None;
        }
    }
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", library).arg(root.join("run.py"));
    Some(python)
}
