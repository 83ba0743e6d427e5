//! Memory of the gate under Envoy: one VM per worker thread and one on the main thread, each with its copy of the blob; and what
//! all VMs of a process share, the compiled module above all.
//!
//! Envoys with more and more workers tell the two apart: what each worker more adds is a VM's.

use anyhow::Context as _;

use super::report::Report;
use super::servers::{empty_envoy, setup};
use crate::client::fetch;
use crate::origin::Origin;
use crate::runtime::{ENVOY_YAML, Envoy, filter};

/// Worker threads. Many, because what the allocator keeps from compiling the module differs by megabytes from start to start.
const WORKERS: [usize; 4] = [1, 4, 16, 32];

/// Requests, each over a connection of its own: the kernel deals them out to all workers.
const REQUESTS: usize = 1_000;

/// Prints what the gate adds to an Envoy with a filter that decides nothing.
pub(super) async fn print(report: &mut Report, blob: &[u8]) -> anyhow::Result<()> {
    let (mut empty, mut gate) = (Vec::new(), Vec::new());
    report.line("\n| Envoy, resident kB | empty filter | gate | added |\n| --- | --- | --- | --- |");
    for workers in WORKERS {
        let origin = Origin::start().await?;
        let one = resident(&empty_envoy(origin.server.address, workers).await?).await?;
        let other = Envoy::start_with(&filter(false)?, &setup(blob, origin.server.address), &[], ENVOY_YAML, workers).await?;
        let other = resident(&other).await?;
        report.line(&format!("| {workers} worker(s) | {one} | {other} | {} |", other - one));
        empty.push(one);
        gate.push(other);
    }
    let per_vm = slope(&gate) - slope(&empty);
    // The main thread has a VM, too.
    let shared = gate[0] - empty[0] - per_vm * (WORKERS[0] as f64 + 1.0);
    let blob = blob.len() as f64 / 1024.0;
    report.line(&format!(
        "\nEnvoy, a VM more with a blob of {blob:.0} kB: {per_vm:.0} kB more than one with the empty filter ({:.0} and {:.0} kB; the aim, 3 × \
         blob + 6 MB, is {:.0} kB). What all VMs share is {shared:.0} kB more, once for the process.",
        slope(&gate),
        slope(&empty),
        3.0 * blob + 6.0 * 1024.0,
    ));
    Ok(())
}

/// What each worker more adds, from the fewest to the most.
fn slope(resident: &[f64]) -> f64 {
    let at = |values: &[f64]| values.last().copied().unwrap_or_default() - values.first().copied().unwrap_or_default();
    at(resident) / at(&WORKERS.map(|workers| workers as f64))
}

/// Resident memory in kB, after some requests.
async fn resident(envoy: &Envoy) -> anyhow::Result<f64> {
    for _ in 0..REQUESTS {
        fetch(envoy.address, "GET", super::OPEN, &[], "").await?;
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", envoy.process.id()))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).context("VmRSS is no number")
}
