//! The Worker under `workerd`, the runtime that Cloudflare itself runs.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Process, Running, Runtime, Setup, Starting, free_port, ready};
use crate::{tools, web};

/// Its name for the header that carries `request.cf` in tests.
pub const CF_HEADER: &str = "x-test-cf";

/// `workerd` with a raw configuration.
pub(super) struct Workerd;

impl Runtime for Workerd {
    fn name(&self) -> &'static str {
        "cloudflare"
    }

    fn start<'a>(&'a self, setup: &'a Setup<'a>) -> Starting<'a> {
        Box::pin(async move { workerd(&web::worker(setup.blob, false)?, &setup.settings).await })
    }
}

/// The modules of the gate's bundle.
const GATE: &str = r#"
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "weighbridge.wasm", wasm = embed "weighbridge.wasm"),
    (name = "weighbridge.blob", data = embed "weighbridge.blob")"#;

/// Starts `workerd` on a Worker's folder ([`web::worker`]).
///
/// # Errors
///
/// When it cannot be installed or does not start.
pub async fn workerd(folder: &Path, settings: &[(String, String)]) -> anyhow::Result<Running> {
    serve(&web::bundle(folder)?, GATE, settings).await
}

/// Starts `workerd` on a script alone, in a fresh folder, with text bindings.
///
/// # Errors
///
/// As [`workerd`].
pub async fn workerd_script(script: &Path, bindings: &[(String, String)]) -> anyhow::Result<Running> {
    let folder = tools::scratch("script-worker")?;
    fs::copy(script, folder.join("worker.js"))?;
    serve(&folder, r#"(name = "worker.js", esModule = embed "worker.js")"#, bindings).await
}

/// Starts `workerd` on a Worker that answers 200 to everything: what the gate is measured against.
///
/// # Errors
///
/// As [`workerd`].
pub async fn empty_workerd() -> anyhow::Result<Running> {
    let folder = tools::scratch("empty-worker")?;
    fs::write(folder.join("worker.js"), "export default { fetch() { return new Response(null) } };\n")?;
    serve(&folder, r#"(name = "worker.js", esModule = embed "worker.js")"#, &[]).await
}

/// A configuration in the form that `workerd` itself writes, with all files in it. What is started from it parses no text: of the
/// text form with a large file in it that is the longest part.
pub struct Compiled(PathBuf);

impl Compiled {
    /// The gate, of a Worker's folder ([`web::worker`]).
    ///
    /// # Errors
    ///
    /// As [`workerd`].
    pub fn gate(folder: &Path, settings: &[(String, String)]) -> anyhow::Result<Self> {
        Self::of(&web::bundle(folder)?, GATE, settings)
    }

    /// A script of its own in place of the gate's, with the folder's module (`wasm` or `data`), its blob and `core.js` beside it.
    ///
    /// # Errors
    ///
    /// As [`workerd`].
    pub fn part(folder: &Path, script: &str, module: &str, settings: &[(String, String)]) -> anyhow::Result<Self> {
        let part = tools::scratch("part-worker")?;
        for name in ["weighbridge.wasm", "weighbridge.blob", "core.js"] {
            fs::copy(folder.join("src").join(name), part.join(name))?;
        }
        fs::write(part.join("worker.js"), script)?;
        let core = r#"(name = "core.js", esModule = embed "core.js")"#;
        let modules = GATE.replace("wasm = embed", &format!("{module} = embed"));
        Self::of(&part, &format!("{modules}, {core}"), settings)
    }

    /// A script and nothing else.
    ///
    /// # Errors
    ///
    /// As [`workerd`].
    pub fn script(script: &str) -> anyhow::Result<Self> {
        let folder = tools::scratch("script-worker")?;
        fs::write(folder.join("worker.js"), script)?;
        Self::of(&folder, r#"(name = "worker.js", esModule = embed "worker.js")"#, &[])
    }

    fn of(folder: &Path, modules: &str, settings: &[(String, String)]) -> anyhow::Result<Self> {
        fs::write(folder.join("config.capnp"), configuration(free_port()?, modules, settings)?)?;
        let compiled = folder.join("config.bin");
        let mut command = Command::new(binary()?);
        command.args(["compile", "--config-only", "config.capnp"]).current_dir(folder).stdout(fs::File::create(&compiled)?);
        anyhow::ensure!(command.status()?.success(), "workerd does not compile its configuration");
        Ok(Self(compiled))
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// As [`workerd`].
    pub async fn start(&self) -> anyhow::Result<Running> {
        let address = free_port()?;
        let mut command = Command::new(binary()?);
        command.args(["serve", "--binary", "--socket-addr", &format!("http={address}")]).arg(&self.0);
        Ok(Running::process(address, ready(&mut command, address).await?))
    }
}

async fn serve(folder: &Path, modules: &str, settings: &[(String, String)]) -> anyhow::Result<Running> {
    let address = free_port()?;
    fs::write(folder.join("config.capnp"), configuration(address, modules, settings)?)?;
    let mut command = Command::new(binary()?);
    let process = ready(command.args(["serve", "config.capnp"]).current_dir(folder), address).await?;
    Ok(Running::process(address, process))
}

fn configuration(address: SocketAddr, modules: &str, settings: &[(String, String)]) -> anyhow::Result<String> {
    let mut bindings = String::new();
    for (name, value) in settings {
        write!(bindings, "(name = {name:?}, text = {value:?}), ")?;
    }
    Ok(format!(
        r#"using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "gate", worker = .gate), (name = "internet", network = (allow = ["public", "private"]))],
  sockets = [(name = "http", address = "{address}", http = (cfBlobHeader = "{CF_HEADER}"), service = "gate")]
);
const gate :Workerd.Worker = (
  compatibilityDate = "2026-04-01",
  bindings = [{bindings}],
  modules = [{modules}
  ]
);
"#
    ))
}

/// The native program; npm's own is a script around it that would have to be killed as well.
fn binary() -> anyhow::Result<PathBuf> {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "64" };
    Ok(tools::node()?.join(format!("node_modules/@cloudflare/workerd-linux-{architecture}/bin/workerd")))
}

/// The Worker under miniflare, with the blob in a store.
pub(super) struct Miniflare;

impl Runtime for Miniflare {
    fn name(&self) -> &'static str {
        "miniflare"
    }

    fn start<'a>(&'a self, setup: &'a Setup<'a>) -> Starting<'a> {
        Box::pin(async move {
            let folder = web::worker(&[], false)?;
            let blob = folder.join("store.blob");
            fs::write(&blob, setup.blob)?;
            miniflare(&folder, &setup.settings, "r2", &blob).await
        })
    }
}

/// Starts miniflare on a Worker's folder, with `blob` (a file that may change) in a `kv` namespace or an `r2` bucket.
/// `POST /.store` makes it read the file again.
///
/// # Errors
///
/// When it cannot be installed or does not start.
pub async fn miniflare(folder: &Path, settings: &[(String, String)], store: &str, blob: &Path) -> anyhow::Result<Running> {
    let bundle = web::bundle(folder)?;
    let script = web::script("miniflare.mjs")?;
    let settings: serde_json::Map<_, _> = settings.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let mut command = Command::new("node");
    command.arg(script).arg(&bundle).arg(serde_json::to_string(&settings)?).arg(store).arg(blob);
    let mut process = Process::start_held(&mut command)?;
    let port = process.says(|line| line.strip_prefix("listening ")?.parse::<u16>().ok()).await?;
    Ok(Running::process(([127, 0, 0, 1], port).into(), process))
}
