//! `cargo measure runtimes`: what the gate costs on each runtime, against a handler on the same runtime that decides nothing, in
//! the same run; sizes of what ships; memory under Envoy. Prints the tables of the README.
//!
//! Each round asks every handler in turn over its own kept connection on loopback, so that what slows the machine slows all of
//! them. A server that is a process of its own has a core for itself, and client and origin another ([`cores`]); the processor time
//! that it spends on a request stands beside. Where a server runs in this process, as our own host does, all share all cores, so
//! nothing here compares runtimes with each other.

mod cores;
mod load;
mod memory;
mod processor;
mod report;
mod servers;
mod sizes;

use anyhow::Context as _;
use serde_json::Value;

use crate::origin::Origin;
use crate::runtime::Running;
use crate::sample;
use cores::Cores;
use load::{Kind, Measured};
use report::Report;

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
        "| runtime | path | empty handler: p50, p99 | gate | added at p50 | ratio | requests/s | processor, µs a request: best (median) | page \
         faults |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    );
    for server in all.iter().filter(|server| wanted(server.name)) {
        let origin = Origin::start().await?;
        let running = (server.start)(blob, origin.server.address).await.with_context(|| server.name.to_owned())?;
        let ids = running.empty.id().zip(running.gate.id());
        let cores = Cores::awake()?;
        for (path, empty, gate, status) in PATHS {
            let kinds = [
                Kind::new(running.empty.address, running.empty.id(), empty, 200)?,
                Kind::new(running.gate.address, running.gate.id(), gate, status)?,
            ];
            // Some thousand requests write megabytes of records.
            let forget = || [&running.empty, &running.gate].into_iter().for_each(Running::forget);
            let measured = tokio::task::block_in_place(|| load::rounds(kinds, ids.map(<[u32; 2]>::from), &cores, forget))
                .with_context(|| format!("{}: {path}; it wrote {:#?}", server.name, running.gate.lines().last()))?;
            row(&mut report, server.name, path, &measured);
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

fn row(report: &mut Report, name: &str, path: &str, [empty, gate]: &[Measured; 2]) {
    let (added, ratio) = (gate.p50 - empty.p50, gate.p50 / empty.p50);
    let per_second = format!("{:.0} → {:.0}", empty.per_second, gate.per_second);
    let (processor, faults) = empty.spent.zip(gate.spent).map_or_else(Default::default, |(empty, gate)| {
        (format!("{empty} → {gate}: {:+.0} µs", gate.median - empty.median), format!("{:.1} → {:.1}", empty.faults, gate.faults))
    });
    report.line(&format!("| {name} | {path} | {empty} | {gate} | {added:+.0} µs | {ratio:.2} × | {per_second} | {processor} | {faults} |"));
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
            "| {name}, a call | {} | {:.2}, {:.1} µs | {:.2}, {:.1} µs | {:+.1} µs | | | | |",
            call["path"].as_str().unwrap_or_default(),
            figure("emptyMedian"),
            figure("emptyP99"),
            figure("median"),
            figure("p99"),
            figure("median") - figure("emptyMedian"),
        ));
    }
    Ok(())
}
