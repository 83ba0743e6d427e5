//! `cargo measure start`: what a start costs. An instance with the blob as a data segment against one without and against an
//! empty component, in wasmtime's pool with copy-on-write; and the processor time of `workerd` from its start to its first
//! answer, part by part from an empty Worker to the gate. All in turn, in one run.

use std::time::Instant;

use anyhow::Context as _;

use crate::client::fetch;
use crate::components::{Plugin, empty};
use crate::host::{Gate, Settings};
use crate::runtime::{Compiled, Running};
use crate::{sample, web};

/// Instances of each kind.
const INSTANCES: usize = 5_000;
/// Processes of each kind.
const PROCESSES: usize = 15;

/// Measures and prints.
///
/// # Errors
///
/// When something does not build or start.
pub async fn run(blob: &[u8]) -> anyhow::Result<()> {
    instances(blob).await?;
    let sample = sample::blob()?;
    workers("the sample blob", sample).await?;
    if blob != sample {
        workers("a blob", blob).await?;
    }
    Ok(())
}

async fn instances(blob: &[u8]) -> anyhow::Result<()> {
    println!("starting an instance (store, instance, drop) in wasmtime's pool, in turn; the blob has {} bytes:", blob.len());
    let empty = Gate::new(&empty()?, Settings::default())?;
    for plugin in Plugin::ALL {
        let (bare, with) = (Gate::new(&plugin.wasm()?, Settings::default())?, Gate::new(&plugin.packaged(blob)?, Settings::default())?);
        let mut kinds = [("empty component", &empty), ("gate without a blob", &bare), ("gate with the blob", &with)]
            .map(|(name, gate)| (name, gate, Vec::with_capacity(INSTANCES)));
        for round in 0..INSTANCES + 200 {
            for (_, gate, ns) in &mut kinds {
                let start = Instant::now();
                gate.start().await?;
                // The first rounds fill the pool.
                if round >= 200 {
                    ns.push(u64::try_from(start.elapsed().as_nanos())?);
                }
            }
        }
        let p50 = kinds.map(|(name, _, mut ns)| (name, median(&mut ns) as f64 / 1e3));
        for (name, us) in p50 {
            println!("{:<20} {name:<20} p50 {us:6.1} µs", plugin.package());
        }
        let [(_, empty), (_, bare), (_, with)] = p50;
        println!("{:<20} the blob adds {:+.1} µs, blob and code {:+.1} µs", plugin.package(), with - bare, with - empty);
    }
    println!();
    Ok(())
}

/// What a Worker spends, part by part: each kind does what the one before it does, and one thing more.
async fn workers(what: &str, blob: &[u8]) -> anyhow::Result<()> {
    const EMPTY: &str = "export default { fetch() { return new Response(null) } };\n";
    const OPENED: &str = r#"import { Core } from "./core.js";
import module from "./weighbridge.wasm";
import blob from "./weighbridge.blob";
import { env } from "cloudflare:workers";
const core = new Core(module, blob, Object.entries(env), true);
export default { fetch() { return new Response(core.reason, { status: core.reason ? 503 : 200 }) } };
"#;
    const INSTANCE: &str = r#"import module from "./weighbridge.wasm";
const instance = new WebAssembly.Instance(module, {});
export default { fetch() { return new Response(null, { status: instance ? 200 : 503 }) } };
"#;
    let hub = crate::hub::Hub::start(0).await?;
    let settings = sample::settings(hub.address).environment;
    let folder = web::worker(blob, false)?;
    let kinds = [
        ("an empty Worker", Compiled::script(EMPTY)?, 200),
        ("… with the gate's files beside it, unused", Compiled::part(&folder, EMPTY, "data", &settings)?, 200),
        ("… with the module compiled and an instance made", Compiled::part(&folder, INSTANCE, "wasm", &settings)?, 200),
        ("… with the blob handed over and opened", Compiled::part(&folder, OPENED, "wasm", &settings)?, 200),
        ("the gate, to its first decision", Compiled::gate(&folder, &settings)?, 401),
    ];
    let mut spends = kinds.map(|(name, worker, status)| (name, worker, status, Vec::new()));
    for _ in 0..PROCESSES {
        for (_, worker, status, ns) in &mut spends {
            ns.push(spent(&worker.start().await?, *status).await?);
        }
    }
    let module = std::fs::metadata(folder.join("src/weighbridge.wasm"))?.len();
    println!(
        "workerd, processor time from its start to the first answer, median of {PROCESSES}; module of {module} bytes, {what} of {}:",
        blob.len()
    );
    let (mut empty, mut last) = (0.0, 0.0);
    for (name, _, _, mut ns) in spends {
        let ms = median(&mut ns) as f64 / 1e6;
        if empty == 0.0 {
            (empty, last) = (ms, ms);
        }
        println!("{name:<50} {ms:5.1} ms  {:+5.1} more  {:+5.1} over the empty one", ms - last, ms - empty);
        last = ms;
    }
    println!();
    Ok(())
}

/// The processor time of a process after it has answered once, nanoseconds, over all of its threads.
async fn spent(running: &Running, status: u16) -> anyhow::Result<u64> {
    let answer = fetch(running.address, "GET", "/acme/closed-13b/resolve/main/config.json", &[], "").await?;
    anyhow::ensure!(answer.status == status, "{} {}", answer.status, answer.text());
    let id = running.id().context("not a process")?;
    let mut sum = 0;
    for task in std::fs::read_dir(format!("/proc/{id}/task"))? {
        // The first number is the time on a processor. A thread may have ended meanwhile.
        let spent = std::fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
        sum += spent.split(' ').next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(sum)
}

fn median(values: &mut [u64]) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}
