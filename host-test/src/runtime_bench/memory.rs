//! Memory of the gate under Envoy: one VM per worker thread and one on the main thread, each with its copy of the blob.

use anyhow::Context as _;

use super::report::Report;
use super::servers::{empty_envoy, setup};
use crate::client::fetch;
use crate::origin::Origin;
use crate::runtime::{ENVOY_YAML, Envoy, Running, filter};

/// VMs of an Envoy with one worker.
const VMS: u64 = 2;

/// Prints what the gate adds to an Envoy with a filter that decides nothing.
pub(super) async fn print(report: &mut Report, blob: &[u8]) -> anyhow::Result<()> {
    let origin = Origin::start().await?;
    let empty = resident(&empty_envoy(origin.server.address).await?).await?;
    let gate = Envoy::start(&filter(false)?, &setup(blob, origin.server.address), &[], ENVOY_YAML).await?.running();
    let with = resident(&gate).await?;
    let added = with.saturating_sub(empty);
    let aim = VMS * (3 * blob.len() as u64 / 1024 + 6 * 1024);
    report.line(&format!(
        "\nEnvoy, resident: {empty} kB with an empty filter, {with} kB with the gate and a blob of {} kB: {added} kB more, {} kB per VM of \
         {VMS} (3 × blob + 6 MB would be {})",
        blob.len() / 1024,
        added / VMS,
        aim / VMS
    ));
    Ok(())
}

/// Resident memory in kB, after some requests.
async fn resident(running: &Running) -> anyhow::Result<u64> {
    for _ in 0..200 {
        fetch(running.address, "GET", super::OPEN, &[], "").await?;
    }
    let id = running.id().context("no process")?;
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).context("VmRSS is no number")
}
