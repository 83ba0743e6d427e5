//! The runtimes that the gate is tested on, one file each, behind one small trait.
//!
//! To add one: a file beside this one with a type that implements [`Runtime`], and a line in [`all`]. What it must be able
//! to do is start with a blob and settings and then answer HTTP on loopback, the test-only check route among it.

mod browser;
mod cloudflare;
mod envoy;
mod fastly;
mod native;
mod own_host;
mod process;
mod wasmtime_serve;

use std::any::Any;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

pub use browser::chromium;
pub use cloudflare::{CF_HEADER, Compiled, empty_workerd, miniflare, workerd, workerd_script};
pub use envoy::{BOOTSTRAP_YAML, ENVOY_YAML, Envoy, LISTENER_YAML, Ports, command as envoy_command, filter, packaged as envoy_package};
pub use fastly::{geo, module, viceroy};
use process::Log;
pub use process::{Process, free_port, ready};
pub use wasmtime_serve::wasmtime_serve;

/// A future that an object-safe trait can give back.
pub type Starting<'a> = Pin<Box<dyn Future<Output = anyhow::Result<Running>> + Send + 'a>>;

/// What a gate starts with.
#[derive(Clone)]
pub struct Setup<'a> {
    /// The blob.
    pub blob: &'a [u8],
    /// `WEIGHBRIDGE_*` settings, the origin among them.
    pub settings: Vec<(String, String)>,
}

impl Setup<'_> {
    /// The same with one more setting.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.settings.push((name.to_owned(), value.into()));
        self
    }

    /// The value of a setting; of several the last.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.settings.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A runtime that a gate runs on.
pub trait Runtime: Send + Sync {
    /// Its name: in the table, in the ledger, and in `WEIGHBRIDGE_SKIP`.
    fn name(&self) -> &'static str;

    /// Begins in the background what takes minutes. [`Runtime::start`] waits for it.
    fn prepare(&self) {}

    /// The origin as the gate itself knows it, where another part of the host names the real one.
    fn upstream(&self) -> Option<&'static str> {
        None
    }

    /// Installs what it needs into the build folder and starts a gate. Fails when either cannot be done.
    fn start<'a>(&'a self, setup: &'a Setup<'a>) -> Starting<'a>;
}

/// A gate that runs. Dropping it stops it.
pub struct Running {
    /// Where it answers HTTP.
    pub address: SocketAddr,
    id: Option<u32>,
    lines: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
    log: Option<Log>,
    _held: Box<dyn Any + Send + Sync>,
}

impl Running {
    /// A gate at `address`. `lines` gives what it has written so far; `held` is dropped with it, and that must stop it.
    pub fn new(address: SocketAddr, lines: impl Fn() -> Vec<String> + Send + Sync + 'static, held: impl Any + Send + Sync) -> Self {
        Self { address, id: None, lines: Arc::new(lines), log: None, _held: Box::new(held) }
    }

    /// A gate that is a process.
    pub fn process(address: SocketAddr, process: Process) -> Self {
        let (log, id) = (process.log(), process.id());
        Self { id: Some(id), log: Some(log.clone()), ..Self::new(address, move || log.lines(), process) }
    }

    /// The id of its process, if it is one.
    pub fn id(&self) -> Option<u32> {
        self.id
    }

    /// What the gate has written so far, line by line: decision records, and errors.
    pub fn lines(&self) -> Vec<String> {
        (self.lines)()
    }

    /// Forgets what a process has written so far.
    pub fn forget(&self) {
        self.log.iter().for_each(Log::forget);
    }
}

/// All runtimes, in the order of the table.
pub fn all() -> Vec<Box<dyn Runtime>> {
    // One to a line: this is where a new one goes.
    #[rustfmt::skip]
    let all: Vec<Box<dyn Runtime>> = vec![
        Box::new(own_host::SPIN),
        Box::new(own_host::SPIN_P2),
        Box::new(wasmtime_serve::P3),
        Box::new(wasmtime_serve::P2),
        Box::new(cloudflare::Workerd),
        Box::new(cloudflare::Miniflare),
        Box::new(browser::Page::Node),
        Box::new(browser::Page::Chromium),
        Box::new(native::Native),
        Box::new(envoy::Proxy),
        // Last: its runtime may still be compiling.
        Box::new(fastly::Compute),
    ];
    all
}

/// Whether `WEIGHBRIDGE_SKIP` leaves out a runtime; says so if it does. For tests of one runtime.
pub fn skipped(name: &str) -> bool {
    let skip = std::env::var("WEIGHBRIDGE_SKIP").unwrap_or_default().split(',').any(|known| known.trim() == name);
    if skip {
        println!("SKIPPED {name}: WEIGHBRIDGE_SKIP names it");
    }
    skip
}

/// The runtimes to run, and the names of those that `WEIGHBRIDGE_SKIP` leaves out (with commas between).
///
/// # Errors
///
/// When it names a runtime that there is not: a misspelt name must not run what was to be skipped, or look as if it did.
pub fn chosen() -> anyhow::Result<(Vec<Box<dyn Runtime>>, Vec<String>)> {
    let skip = std::env::var("WEIGHBRIDGE_SKIP").unwrap_or_default();
    let skip: Vec<String> = skip.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    let all = all();
    let known: Vec<_> = all.iter().map(|runtime| runtime.name()).chain(crate::tools::CLIENTS).collect();
    for name in &skip {
        anyhow::ensure!(known.contains(&name.as_str()), "WEIGHBRIDGE_SKIP names `{name}`; known are {}", known.join(", "));
    }
    let run = all.into_iter().filter(|runtime| !skip.iter().any(|name| name == runtime.name())).collect();
    Ok((run, skip))
}
