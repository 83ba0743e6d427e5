//! The filter in a real Envoy, with what `weighbridge package` writes, edited as an operator would.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use weighbridge::package;

use super::{Process, Running, Runtime, Setup, Starting, free_port, ready};
use crate::components::built;
use crate::tools;

/// proxy-wasm under V8.
pub(super) struct Proxy;

impl Runtime for Proxy {
    fn name(&self) -> &'static str {
        "envoy"
    }

    fn upstream(&self) -> Option<&'static str> {
        Some("http://routed-by-envoy.invalid")
    }

    fn start<'a>(&'a self, setup: &'a Setup<'a>) -> Starting<'a> {
        Box::pin(async move {
            // All cases of a file are one body for the test-only route, which the filter must hold.
            let limit = ("per_connection_buffer_limit_bytes: 1048576", "per_connection_buffer_limit_bytes: 16777216");
            let envoy = Envoy::start(&filter(false)?, setup, &[limit], ENVOY_YAML).await?;
            Ok(envoy.running())
        })
    }
}

/// Everything for `envoy -c`.
pub const ENVOY_YAML: &str = "envoy.yaml";
/// The same with a listener that is watched: [`LISTENER_YAML`].
pub const BOOTSTRAP_YAML: &str = "bootstrap.yaml";
/// The listener, with the blob in it.
pub const LISTENER_YAML: &str = "live/listener.yaml";

/// The filter as it ships; `fault` takes the one that panics when a request says so.
///
/// # Errors
///
/// When it does not build.
pub fn filter(fault: bool) -> anyhow::Result<Vec<u8>> {
    let features: &[&str] = if fault { &["--features", "fault"] } else { &[] };
    built(&["weighbridge-envoy"], "wasm32-wasip1", features, "weighbridge-envoy")
}

/// A line of Envoy's log without what Envoy puts before it.
fn said(line: &str) -> String {
    line.split_once("wasm log weighbridge: ").map_or(line, |(_, said)| said).to_owned()
}

/// An Envoy that runs. Dropping it kills it.
pub struct Envoy {
    /// Where clients come.
    pub address: SocketAddr,
    /// Envoy's own administration: `/stats`, `/listeners`.
    pub admin: SocketAddr,
    /// The packaged folder.
    pub folder: PathBuf,
    /// The process.
    pub process: Process,
}

impl Envoy {
    /// Packages `filter` with the blob of `setup`, edits what was packaged, and starts Envoy on its `file`.
    ///
    /// # Errors
    ///
    /// When Envoy cannot be installed or does not start, with what it wrote.
    pub async fn start(filter: &[u8], setup: &Setup<'_>, edits: &[(&str, &str)], file: &str) -> anyhow::Result<Self> {
        Self::start_with(filter, setup, edits, file, 1).await
    }

    /// The same with so many worker threads.
    ///
    /// # Errors
    ///
    /// As [`Envoy::start`].
    pub async fn start_with(filter: &[u8], setup: &Setup<'_>, edits: &[(&str, &str)], file: &str, workers: usize) -> anyhow::Result<Self> {
        let ports = Ports { clients: free_port()?, admin: free_port()? };
        let folder = packaged(filter, setup, edits, &ports)?;
        let process = ready(&mut command_with(&folder, file, workers)?, ports.admin).await?;
        let mut envoy = Self { address: ports.clients, admin: ports.admin, folder, process };
        envoy.process.listens(envoy.address).await?;
        Ok(envoy)
    }

    /// The same as every other gate that runs.
    pub fn running(self) -> Running {
        let (log, address, id) = (self.process.log(), self.address, self.process.id());
        let kept = Some(log.clone());
        let lines = move || log.lines().iter().map(|line| said(line)).collect();
        Running { id: Some(id), log: kept, ..Running::new(address, lines, self) }
    }

    /// The packaged files anew for another blob, for the same ports: what an operator renames into the folder.
    ///
    /// # Errors
    ///
    /// As [`packaged`].
    pub fn repackaged(&self, filter: &[u8], setup: &Setup<'_>) -> anyhow::Result<PathBuf> {
        packaged(filter, setup, &[], &Ports { clients: self.address, admin: self.admin })
    }
}

/// Where an Envoy is to listen.
pub struct Ports {
    /// For clients.
    pub clients: SocketAddr,
    /// For its own administration.
    pub admin: SocketAddr,
}

/// A fresh folder as `weighbridge package --target envoy` writes it, with origin, settings and ports of the test in it, and then
/// further `edits` of its files.
///
/// # Errors
///
/// When it cannot be packaged or written, or the settings name no origin.
pub fn packaged(filter: &[u8], setup: &Setup<'_>, edits: &[(&str, &str)], ports: &Ports) -> anyhow::Result<PathBuf> {
    let folder = tools::scratch("envoy")?;
    for (name, bytes) in package::envoy::files(filter, setup.blob)? {
        let path = folder.join(&name);
        std::fs::create_dir_all(path.parent().context("a file without a folder")?)?;
        if name.ends_with(".yaml") {
            let mut text = edited(String::from_utf8(bytes)?, setup, ports)?;
            edits.iter().for_each(|(from, to)| text = text.replace(from, to));
            if name != LISTENER_YAML {
                text.push_str(&format!(
                    "admin: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {} }} }} }}\n",
                    ports.admin.port()
                ));
            }
            std::fs::write(path, text)?;
        } else {
            std::fs::write(path, bytes)?;
        }
    }
    Ok(folder)
}

/// A packaged file with a port, an origin and settings, as an operator would write them in.
fn edited(text: String, setup: &Setup<'_>, ports: &Ports) -> anyhow::Result<String> {
    let origin = setup.value("WEIGHBRIDGE_UPSTREAM").context("no origin")?;
    let origin = origin.trim_start_matches("http://");
    let (_, port) = origin.rsplit_once(':').context("the origin has no port")?;
    let mut lines = String::with_capacity(text.len());
    for line in text.lines() {
        let name = line.trim().split(':').next().unwrap_or_default();
        if !name.starts_with("WEIGHBRIDGE_") || setup.value(name).is_none() {
            lines.push_str(line);
            lines.push('\n');
        }
        if line.trim() == "key_values:" {
            let indent = line.len() - line.trim_start().len() + 2;
            // Envoy is told its origin in a route and a cluster. Of several values the last counts.
            let mut settings: std::collections::BTreeMap<_, _> = setup.settings.iter().map(|(name, value)| (name, value)).collect();
            settings.retain(|name, _| *name != "WEIGHBRIDGE_UPSTREAM");
            for (name, value) in settings {
                // What JSON quotes, YAML reads.
                lines.push_str(&format!("{:indent$}{name}: {}\n", "", serde_json::to_string(value)?));
            }
        }
    }
    let lines = lines.replace("port_value: 10000", &format!("port_value: {}", ports.clients.port()));
    Ok(lines.replace("port_value: 8080", &format!("port_value: {port}")).replace("\"127.0.0.1:8080\"", &format!("\"{origin}\"")))
}

/// Envoy on a file of a packaged folder.
///
/// # Errors
///
/// When it cannot be installed.
pub fn command(folder: &Path, file: &str) -> anyhow::Result<Command> {
    command_with(folder, file, 1)
}

fn command_with(folder: &Path, file: &str, workers: usize) -> anyhow::Result<Command> {
    let mut command = Command::new(tools::envoy()?);
    // Hot restart would share memory between the Envoys of a machine.
    command.current_dir(folder).args(["-c", file, "--concurrency", &workers.to_string(), "--disable-hot-restart"]);
    command.args(["--log-level", "warning", "--component-log-level", "wasm:info,config:info", "--log-format", "%v"]);
    Ok(command)
}
