//! `cargo measure runtimes`: what the gate costs on each runtime, against a handler on the same runtime that decides nothing, in
//! the same run; sizes of what ships; memory under Envoy. Prints the tables of the README.
//!
//! Each round asks every handler in turn over its own kept connection on loopback, so that what slows the machine slows all of
//! them. The best median of the rounds is what the machine allows, and differences are between those; the median of the rounds
//! stands beside. A server's two states (its thread on the client's core, or on another) differ by more than the gate costs, so
//! nothing here compares runtimes with each other.

mod load;
mod memory;
mod report;
mod servers;
mod sizes;

use anyhow::Context as _;
use serde_json::Value;

use crate::origin::Origin;
use crate::runtime::Running;
use crate::sample;
use load::{Kind, Measured};
use report::Report;

/// Rounds, and requests of each kind in a round.
const ROUNDS: usize = 7;
const REQUESTS: usize = 600;

/// The published item that everybody may have, and the closed one that an identified US person may.
const OPEN: &str = "/acme/open-7b/resolve/main/config.json";
const CLOSED: &str = "/acme/closed-13b/resolve/main/config.json";
const GERMANY: &str = "x-test-address: 192.0.2.1\r\n";
const IRAN: &str = "x-test-address: 192.0.2.50\r\n";
const IDENTIFIED: &str = "x-test-address: 192.0.2.20\r\nx-test-identity: {\"account\":\"ada\",\"kind\":\"person\",\"names\":[\"Ada Example\"],\
                          \"foreign_person\":false,\"declared\":\"US\"}\r\n";

/// What is compared: a name, the request to the handler that decides nothing, and the one to the gate with its status.
const PATHS: [(&str, [&str; 2], [&str; 2], u16); 3] = [
    ("deny (451)", ["/empty", IRAN], [OPEN, IRAN], 451),
    ("allow", [OPEN, GERMANY], [OPEN, GERMANY], 200),
    ("allow, party screened", [CLOSED, IDENTIFIED], [CLOSED, IDENTIFIED], 200),
];

/// Runs it. `names` are the runtimes to measure; none means all. `--readme` among them writes what is printed into the README.
///
/// # Errors
///
/// When a runtime cannot be installed, does not start, or answers otherwise than it must.
pub async fn run(names: &[String]) -> anyhow::Result<()> {
    let blob = sample::blob()?;
    let all = servers::all();
    let (flags, names): (Vec<_>, Vec<_>) = names.iter().partition(|name| *name == "--readme");
    let mut report = Report::default();
    for name in &names {
        let known: Vec<_> = all.iter().map(|server| server.name).collect();
        let known: Vec<_> = known.into_iter().chain(["node", "sizes", "memory"]).collect();
        anyhow::ensure!(known.contains(&name.as_str()), "`{name}` is none of {}", known.join(", "));
    }
    let wanted = |name: &str| names.is_empty() || names.iter().any(|known| *known == name);
    if wanted("sizes") {
        sizes::print(&mut report, blob)?;
    }
    report.line(
        "| runtime | path | empty handler: p50 best (median), p99 | gate | added at p50 | ratio | requests/s |\n| --- | --- | --- | --- | --- | --- | --- |",
    );
    for server in all.iter().filter(|server| wanted(server.name)) {
        let origin = Origin::start().await?;
        let running = (server.start)(blob, origin.server.address).await.with_context(|| server.name.to_owned())?;
        for (path, empty, gate, status) in PATHS {
            let mut kinds = [Kind::new(running.empty.address, empty, 200)?, Kind::new(running.gate.address, gate, status)?];
            // A spell writes megabytes of records.
            let forget = || [&running.empty, &running.gate].into_iter().for_each(Running::forget);
            let [empty, gate] = tokio::task::block_in_place(|| load::rounds(&mut kinds, ROUNDS, REQUESTS, forget))
                .with_context(|| format!("{}: {path}; it wrote {:#?}", server.name, running.gate.lines().last()))?;
            row(&mut report, server.name, path, &empty, &gate);
        }
    }
    for page in ["node"].into_iter().filter(|name| wanted(name)) {
        calls(&mut report, page, blob)?;
    }
    if wanted("memory") {
        memory::print(&mut report, blob).await?;
    }
    if flags.is_empty() { Ok(()) } else { report.write() }
}

fn row(report: &mut Report, name: &str, path: &str, empty: &Measured, gate: &Measured) {
    let (added, ratio) = (gate.best - empty.best, gate.best / empty.best);
    let per_second = format!("{:.0} → {:.0}", empty.per_second, gate.per_second);
    report.line(&format!("| {name} | {path} | {empty} | {gate} | {added:+.0} µs | {ratio:.2} × | {per_second} |"));
}

/// Calls inside a JavaScript host, without HTTP.
fn calls(report: &mut Report, name: &str, blob: &[u8]) -> anyhow::Result<()> {
    let folder = crate::web::page(blob)?;
    let script = crate::web::script("calls.mjs")?;
    let settings = serde_json::json!({ "WEIGHBRIDGE_UPSTREAM": "http://127.0.0.1:9", "WEIGHBRIDGE_TEST_HEADERS": "on" });
    let done = std::process::Command::new("node").arg(script).arg(folder).arg(settings.to_string()).output()?;
    anyhow::ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let told: Vec<Value> = serde_json::from_slice(&done.stdout)?;
    for call in told {
        let figure = |field: &str| call[field].as_f64().unwrap_or_default();
        report.line(&format!(
            "| {name}, a call | {} | {:.2} ({:.2}), {:.1} µs | {:.2} ({:.2}), {:.1} µs | {:+.1} µs | | |",
            call["path"].as_str().unwrap_or_default(),
            figure("emptyBest"),
            figure("emptyMedian"),
            figure("emptyP99"),
            figure("best"),
            figure("median"),
            figure("p99"),
            figure("best") - figure("emptyBest"),
        ));
    }
    Ok(())
}
