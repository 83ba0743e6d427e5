//! The components in the harness's own wasmtime host, with Spin's variables.

use super::{Running, Runtime, Setup, Starting};
use crate::components::Plugin;
use crate::host::{Gate, Settings, serve_gate};

/// A component in the own host.
pub(super) struct OwnHost(Plugin);

/// WASI 0.3.
pub(super) const SPIN: OwnHost = OwnHost(Plugin::Spin);
/// WASI 0.2.
pub(super) const SPIN_P2: OwnHost = OwnHost(Plugin::SpinP2);

impl Runtime for OwnHost {
    fn name(&self) -> &'static str {
        match self.0 {
            Plugin::Spin => "spin",
            Plugin::SpinP2 => "spin-p2",
        }
    }

    fn start<'a>(&'a self, setup: &'a Setup<'a>) -> Starting<'a> {
        Box::pin(async move {
            let settings = Settings { environment: setup.settings.clone(), ..Settings::default() };
            let gate = Gate::new(&self.0.packaged(setup.blob)?, settings)?;
            let server = serve_gate(0, &gate).await?;
            Ok(Running::new(server.address, move || gate.lines(), server))
        })
    }
}
