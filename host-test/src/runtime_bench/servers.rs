//! The gate and a handler that decides nothing, each on the same runtime.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::process::Command;

use crate::components::{built, target};
use crate::host::{Gate, Settings, serve_gate};
use crate::runtime::{self, Process, Running, Setup};
use crate::{sample, tools, web};

/// A gate and a handler that decides nothing.
pub(super) struct Pair {
    pub(super) empty: Running,
    pub(super) gate: Running,
}

type Started = Pin<Box<dyn Future<Output = anyhow::Result<Pair>>>>;

/// One runtime.
pub(super) struct Server {
    pub(super) name: &'static str,
    pub(super) start: fn(&'static [u8], SocketAddr) -> Started,
}

/// All of them, in the order of the table.
pub(super) fn all() -> Vec<Server> {
    vec![
        Server { name: "wasmtime-serve", start: |blob, origin| Box::pin(wasmtime("wasmtime-serve", blob, origin)) },
        Server { name: "wasmtime-serve-p2", start: |blob, origin| Box::pin(wasmtime("wasmtime-serve-p2", blob, origin)) },
        Server { name: "spin", start: |blob, origin| Box::pin(own_host("spin", blob, origin)) },
        Server { name: "spin-p2", start: |blob, origin| Box::pin(own_host("spin-p2", blob, origin)) },
        Server { name: "cloudflare", start: |blob, origin| Box::pin(cloudflare(blob, origin)) },
        Server { name: "envoy", start: |blob, origin| Box::pin(envoy(blob, origin)) },
        Server { name: "native", start: |blob, origin| Box::pin(native(blob, origin)) },
        Server { name: "fastly", start: |blob, origin| Box::pin(fastly(blob, origin)) },
    ]
}

/// A gate before `origin` that believes the address and the identity that a test says.
pub(super) fn setup(blob: &[u8], origin: SocketAddr) -> Setup<'_> {
    let setup = Setup { blob, settings: sample::settings(origin).environment }.with("WEIGHBRIDGE_TEST_HEADERS", "on");
    setup.with("WEIGHBRIDGE_CLIENT_ADDRESS", "none").with("WEIGHBRIDGE_PLATFORM_GEO", "none")
}

/// The gate on a runtime of the matrix.
async fn gate(name: &str, blob: &[u8], origin: SocketAddr) -> anyhow::Result<Running> {
    let setup = setup(blob, origin);
    let all = runtime::all();
    let runtime = all.iter().find(|runtime| runtime.name() == name);
    runtime.ok_or_else(|| anyhow::anyhow!("no runtime `{name}`"))?.start(&setup).await
}

/// The component that decides nothing.
fn component(name: &str) -> anyhow::Result<Vec<u8>> {
    if name.ends_with("-p2") {
        built(&["weighbridge-empty-p2"], "wasm32-wasip2", &[], "weighbridge-empty-p2")
    } else {
        crate::components::empty()
    }
}

async fn wasmtime(name: &'static str, blob: &[u8], origin: SocketAddr) -> anyhow::Result<Pair> {
    let file = tools::scratch("empty")?.join("empty.wasm");
    std::fs::write(&file, component(name)?)?;
    let empty = runtime::wasmtime_serve(&file, &[("UPSTREAM".to_owned(), origin.to_string())]).await?;
    Ok(Pair { empty, gate: gate(name, blob, origin).await? })
}

async fn own_host(name: &'static str, blob: &[u8], origin: SocketAddr) -> anyhow::Result<Pair> {
    let empty = Gate::new(&component(name)?, Settings::default().env("UPSTREAM", origin.to_string()))?;
    let server = serve_gate(0, &empty).await?;
    Ok(Pair { empty: Running::new(server.address, Vec::new, server), gate: gate(name, blob, origin).await? })
}

async fn cloudflare(blob: &[u8], origin: SocketAddr) -> anyhow::Result<Pair> {
    let empty = runtime::workerd_script(&web::script("empty.mjs")?, &[("UPSTREAM".to_owned(), format!("http://{origin}"))]).await?;
    Ok(Pair { empty, gate: gate("cloudflare", blob, origin).await? })
}

/// The filter that decides nothing, in the gate's own configuration.
pub(super) async fn empty_envoy(origin: SocketAddr, workers: usize) -> anyhow::Result<runtime::Envoy> {
    let filter = built(&["weighbridge-empty-envoy"], "wasm32-wasip1", &[], "weighbridge-empty-envoy")?;
    runtime::Envoy::start_with(&filter, &setup(b"", origin), &[], runtime::ENVOY_YAML, workers).await
}

async fn envoy(blob: &[u8], origin: SocketAddr) -> anyhow::Result<Pair> {
    Ok(Pair { empty: empty_envoy(origin, 1).await?.running(), gate: gate("envoy", blob, origin).await? })
}

async fn fastly(blob: &[u8], origin: SocketAddr) -> anyhow::Result<Pair> {
    let module = built(&["weighbridge-empty-fastly"], "wasm32-wasip1", &[], "weighbridge-empty-fastly")?;
    let empty = runtime::viceroy(&module, &setup(b"", origin), |manifest| manifest, &[]).await?;
    Ok(Pair { empty, gate: gate("fastly", blob, origin).await? })
}

/// `weighbridge serve` and a proxy of the same parts, both as released.
async fn native(blob: &[u8], origin: SocketAddr) -> anyhow::Result<Pair> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.current_dir(crate::components::workspace()).args([
        "build",
        "--quiet",
        "--release",
        "-p",
        "weighbridge",
        "-p",
        "weighbridge-empty-native",
    ]);
    tools::run(&mut build, "the native gate")?;
    let folder = target().join("release");
    let mut empty = Process::start(Command::new(folder.join("weighbridge-empty-native")).arg(origin.to_string()))?;
    let port: u16 = empty.says(|line| line.strip_prefix("listening ")?.parse().ok()).await?;
    let file = tools::scratch("native")?.join("weighbridge.blob");
    std::fs::write(&file, blob)?;
    let mut command = Command::new(folder.join("weighbridge"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--blob"]).arg(file);
    std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WEIGHBRIDGE_")).for_each(|(name, _)| {
        command.env_remove(name);
    });
    let mut gate = Process::start(command.envs(setup(b"", origin).settings))?;
    let address = gate.says(|line| line.split_once("gate on ")?.1.split([',', ' ']).next()?.parse::<SocketAddr>().ok()).await?;
    Ok(Pair { empty: Running::process(([127, 0, 0, 1], port).into(), empty), gate: Running::process(address, gate) })
}
