//! `cargo measure`: sizes and times of the gate, against an empty component on the same host in the same run.
//!
//! Times inside the component are taken by the component's own monotonic clock around each decision; the two clock
//! reads are part of them. Whole requests go through the host without a socket, a fresh instance each, gate and empty
//! component in turn. With `WEIGHBRIDGE_DATA` the lists are OFAC's real ones, without it the sample.
//!
//! `cargo measure start` measures starts alone ([`weighbridge_host_test::start_bench`]), `cargo measure build` measures the builder
//! instead ([`weighbridge_host_test::build_bench`]), `cargo measure screen` names in bulk
//! ([`weighbridge_host_test::screen_bench`]), `cargo measure runtimes` the gate on every runtime
//! ([`weighbridge_host_test::runtime_bench`]).

use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use serde_json::{Value, json};
use weighbridge_blob::Blob;
use weighbridge_host_test::build_bench::{self, row};
use weighbridge_host_test::components::{Plugin, empty, workspace};
use weighbridge_host_test::host::{Gate, Settings};
use weighbridge_host_test::hub::Hub;
use weighbridge_host_test::{runtime_bench, sample, screen_bench, start_bench};

/// Decisions to time inside the component, at least.
const DECISIONS: usize = 20_000;
/// Whole requests of each kind.
const REQUESTS: usize = 3_000;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(3)
        }
    }
}

async fn run() -> anyhow::Result<()> {
    match std::env::args().nth(1).as_deref() {
        None => {}
        Some("start") => {
            let blob = match std::env::var_os("WEIGHBRIDGE_DATA") {
                Some(data) => full(Path::new(&data))?,
                None => sample::blob()?.to_vec(),
            };
            return start_bench::run(&blob).await;
        }
        Some("build") => return build_bench::run(std::env::args().nth(2).as_deref().unwrap_or("release")),
        Some("screen") => return screen_bench::run(std::env::args().nth(2).as_deref()),
        Some("runtimes") => return runtime_bench::run(&std::env::args().skip(2).collect::<Vec<_>>()).await,
        Some(other) => {
            anyhow::bail!("`{other}` is nothing to measure; write `build`, `runtimes`, `screen`, `start`, or nothing for the gate")
        }
    }
    let sample = sample::blob()?.to_vec();
    let full = std::env::var_os("WEIGHBRIDGE_DATA").map(|data| full(Path::new(&data))).transpose()?;
    sizes(&sample, full.as_deref())?;
    opening("sample", &sample)?;
    match &full {
        Some(full) => opening("full SDN", full)?,
        None => println!("SKIPPED full SDN: WEIGHBRIDGE_DATA is not set\n"),
    }
    for plugin in Plugin::ALL {
        decisions(plugin, "sample", &sample).await?;
        if let Some(full) = &full {
            decisions(plugin, "full SDN", full).await?;
        }
    }
    requests(&sample).await?;
    start_bench::run(full.as_deref().unwrap_or(&sample)).await
}

/// OFAC's SDN list of the data folder, with the catalogue and places of the sample.
fn full(data: &Path) -> anyhow::Result<Vec<u8>> {
    let lists = workspace().join("tests/lists");
    let sample = std::fs::read_to_string(lists.join("weighbridge.toml"))?;
    let catalogue = sample.split_once("[[geo]]").context("the sample build file has no `[[geo]]`")?.1;
    // The sample's clearance names an entry that is not here.
    let catalogue = catalogue.split_once("[[clearance]]").map_or(catalogue, |(before, _)| before);
    let folder = tempfile()?;
    std::fs::copy(lists.join("geo.csv"), folder.join("geo.csv"))?;
    let file = folder.join("full.toml");
    let source = format!(
        "output = \"full.blob\"\n[[source]]\nid = \"us_ofac_sdn\"\nformat = \"ofac-csv\"\npath = {:?}\nchecked_at = \"2026-11-22\"\n[[geo]]{catalogue}",
        data.join("ofac-sdn-2023-12-28")
    );
    std::fs::write(&file, source)?;
    let built = weighbridge::build::build_file(&file, None).context("the full list")?;
    std::fs::remove_dir_all(&folder)?;
    Ok(built.bytes)
}

fn tempfile() -> anyhow::Result<std::path::PathBuf> {
    let folder = std::env::temp_dir().join(format!("weighbridge-measure-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn sizes(sample: &[u8], full: Option<&[u8]>) -> anyhow::Result<()> {
    println!("sizes in bytes             raw       gzip -9    brotli 11");
    for plugin in Plugin::ALL {
        row(&format!("{} (code)", plugin.package()), &plugin.wasm()?);
    }
    row("sample blob", sample);
    if let Some(full) = full {
        row("full SDN blob", full);
        for section in Blob::open(full)?.sections() {
            row(&format!("  {}", section.kind.name()), section.data);
        }
    }
    println!();
    Ok(())
}

fn opening(name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let vouched = times(2_000, || {
        black_box(Blob::open_vouched(black_box(bytes)).is_ok());
    });
    let whole = times(20, || {
        black_box(Blob::open(black_box(bytes)).is_ok());
    });
    println!(
        "opening the {name} blob ({} bytes), native: {:.1} µs vouched for, {:.2} ms with every hash, node and record checked\n",
        bytes.len(),
        vouched[vouched.len() / 2] as f64 / 1e3,
        whole[whole.len() / 2] as f64 / 1e6
    );
    Ok(())
}

/// Sorted nanoseconds of `n` calls.
fn times(n: usize, mut call: impl FnMut()) -> Vec<u64> {
    let mut out: Vec<u64> = (0..n)
        .map(|_| {
            let start = Instant::now();
            call();
            u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
        })
        .collect();
    out.sort_unstable();
    out
}

fn quantiles(sorted: &[u64]) -> String {
    let at = |q: f64| sorted.get(((sorted.len() - 1) as f64 * q) as usize).copied().unwrap_or(0) as f64 / 1e3;
    format!("p50 {:.2} µs, p99 {:.2} µs, max {:.1} µs ({} timed)", at(0.5), at(0.99), at(1.0), sorted.len())
}

async fn decisions(plugin: Plugin, lists: &str, blob: &[u8]) -> anyhow::Result<()> {
    let settings = Settings::default().env("WEIGHBRIDGE_UPSTREAM", "http://127.0.0.1:9").env("WEIGHBRIDGE_TEST_ROUTES", "on");
    let gate = Gate::new(&plugin.packaged(blob)?, settings)?;
    let folder = workspace().join("tests/decisions");
    let mut facts = Vec::new();
    let mut requests = Vec::new();
    for file in std::fs::read_dir(folder)? {
        let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(file?.path())?)?;
        for case in cases {
            if case.get("facts").is_some() { facts.push(case) } else { requests.push(case) }
        }
    }
    for (what, cases) in [("facts → decision", facts), ("request → screening → decision → record", requests)] {
        let mut ns = Vec::new();
        while ns.len() < DECISIONS {
            let many: Vec<&Value> = cases.iter().cycle().take(cases.len() * 20).collect();
            let answer = post(&gate, "/.weighbridge/check", serde_json::to_vec(&json!(many))?).await?;
            let answers: Vec<Value> = serde_json::from_slice(&answer)?;
            ns.extend(answers.iter().filter_map(|a| a["ns"].as_u64()));
        }
        ns.sort_unstable();
        println!("{} in wasmtime, {lists}: {what}: {}", plugin.package(), quantiles(&ns));
    }
    println!();
    Ok(())
}

async fn post(gate: &Gate, path: &str, body: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    let request = Request::post(path).header("host", "127.0.0.1").body(Full::new(Bytes::from(body)))?;
    let response = gate.handle(request).await;
    let body = response.into_body().collect().await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
    Ok(body.to_bytes().to_vec())
}

async fn requests(sample: &[u8]) -> anyhow::Result<()> {
    let hub = Hub::start(0).await?;
    let settings = || sample::settings(hub.address).env("WEIGHBRIDGE_TEST_HEADERS", "on");
    let gate = Gate::new(&Plugin::Spin.packaged(sample)?, settings())?;
    let p2 = Gate::new(&Plugin::SpinP2.packaged(sample)?, settings())?;
    // Without settings a gate answers 503, with a record and a body: what is there beside the decision.
    let closed = Gate::new(&Plugin::Spin.packaged(sample)?, Settings::default())?;
    let empty = Gate::new(&empty()?, Settings::default())?;
    let path = "/acme/open-7b/resolve/main/config.json";
    let mut kinds = [
        ("empty component", &empty, ""),
        ("gate, WASI 0.3, denies", &gate, "192.0.2.50"),
        ("gate, WASI 0.2, denies", &p2, "192.0.2.50"),
        ("WASI 0.3, without settings", &closed, ""),
    ]
    .map(|(name, gate, address)| (name, gate, address, Vec::with_capacity(REQUESTS)));
    for round in 0..REQUESTS + 100 {
        for (_, gate, address, ns) in &mut kinds {
            let request =
                Request::get(path).header("host", "127.0.0.1").header("x-test-address", *address).body(Full::new(Bytes::new()))?;
            let start = Instant::now();
            let response = gate.handle(request).await;
            black_box(response.into_body().collect().await.is_ok());
            // The first rounds touch pages for the first time.
            if round >= 100 {
                ns.push(u64::try_from(start.elapsed().as_nanos())?);
            }
        }
    }
    println!("whole requests through the host, a fresh instance each, in turn:");
    let mut floor = 0.0;
    for (name, _, _, ns) in &mut kinds {
        ns.sort_unstable();
        let p50 = ns[ns.len() / 2] as f64 / 1e3;
        if floor == 0.0 {
            floor = p50;
        }
        println!("{name:<24} {}; {:+.1} µs and {:.2} × the empty component at p50", quantiles(ns), p50 - floor, p50 / floor);
    }
    Ok(())
}
