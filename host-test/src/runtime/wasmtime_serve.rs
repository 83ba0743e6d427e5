//! The components under `wasmtime serve`, a `wasi:http` host that knows nothing of Spin.

use std::path::Path;
use std::process::Command;

use super::{Running, Runtime, Setup, Starting, free_port, ready};
use crate::components::Plugin;
use crate::tools;

/// A component, built without Spin's variables, under `wasmtime serve`.
pub(super) struct WasmtimeServe(Plugin);

/// WASI 0.3.
pub(super) const P3: WasmtimeServe = WasmtimeServe(Plugin::Spin);
/// WASI 0.2.
pub(super) const P2: WasmtimeServe = WasmtimeServe(Plugin::SpinP2);

impl Runtime for WasmtimeServe {
    fn name(&self) -> &'static str {
        match self.0 {
            Plugin::Spin => "wasmtime-serve",
            Plugin::SpinP2 => "wasmtime-serve-p2",
        }
    }

    fn start<'a>(&'a self, setup: &'a Setup<'a>) -> Starting<'a> {
        Box::pin(async move {
            let file = tools::scratch(self.name())?.join("weighbridge.wasm");
            std::fs::write(&file, weighbridge::package::embedded(&self.0.plain()?, setup.blob)?)?;
            wasmtime_serve(&file, &setup.settings).await
        })
    }
}

/// A slot of the pool keeps its pages, and the next instance finds restored what the last one wrote: `plugin/spin-p2/README.md`.
const RESIDENT: [&str; 4] = [
    "pooling-pagemap-scan=auto",
    "pooling-memory-keep-resident=4194304",
    "pooling-table-keep-resident=1048576",
    "pooling-async-stack-keep-resident=1048576",
];

/// Starts `wasmtime serve` on a component's `file`, with an environment.
///
/// # Errors
///
/// When it cannot be installed or does not start.
pub async fn wasmtime_serve(file: &Path, environment: &[(String, String)]) -> anyhow::Result<Running> {
    let address = free_port()?;
    let mut command = Command::new(tools::wasmtime()?);
    // Without prefixes a record is a line of JSON, and the host need not look for the ends of lines in it.
    command.args(["serve", "-S", "cli", "--no-logging-prefix", "--addr", &address.to_string()]);
    command.args(RESIDENT.iter().flat_map(|option| ["-O", option]));
    for (name, value) in environment {
        command.arg("--env").arg(format!("{name}={value}"));
    }
    Ok(Running::process(address, ready(command.arg(file), address).await?))
}
