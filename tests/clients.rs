//! Real clients before the native gate, allowed and refused: whoever runs one must see why, and the decision id; and the gate
//! beside real proxies, which serve the bytes themselves.
//!
//! Each client must be there: from npm and PyPI into the build folder, from Debian as the README tells.
//! `WEIGHBRIDGE_SKIP=skopeo,nginx` leaves some out by name, and says so.

#[path = "clients/embedded.rs"]
mod embedded;
#[path = "clients/git.rs"]
mod git;
#[path = "clients/huggingface.rs"]
mod huggingface;
#[path = "clients/page.rs"]
mod page;
#[path = "clients/programs.rs"]
mod programs;
#[path = "clients/proxies.rs"]
mod proxies;
#[path = "clients/registry.rs"]
mod registry;
#[path = "clients/routes.rs"]
mod routes;

use std::process::{Command, Output};

use weighbridge_host_test::edge::Edge;
use weighbridge_host_test::host::Server;
use weighbridge_host_test::hub::Hub;
use weighbridge_host_test::native::{BEHIND_AN_EDGE, Native};

/// Addresses that the sample puts in Germany and in Iran.
const GERMANY: &str = "192.0.2.1";
const IRAN: &str = "192.0.2.50";

/// The sentence of a refusal by law, and of one to somebody unknown.
const LAW: &str = "this request cannot be served for legal reasons";
const IDENTIFY: &str = "this item is served to identified requesters only";

/// A hub, the gate before it, and a proxy before that for clients of each country.
struct Place {
    gate: Native,
    germany: Edge,
    iran: Edge,
    _hub: Server,
}

impl Place {
    async fn new(hub: Hub) -> Self {
        let hub = hub.serve(0).await.unwrap();
        let gate = Native::before(hub.address, &BEHIND_AN_EDGE).await.unwrap();
        let germany = Edge::start(gate.address, GERMANY.parse().unwrap()).await.unwrap();
        let iran = Edge::start(gate.address, IRAN.parse().unwrap()).await.unwrap();
        Self { gate, germany, iran, _hub: hub }
    }

    /// What a person was shown must hold the reason and the id of the last refusal, and nothing of what was matched.
    fn shows(&self, shown: &str, reason: &str) {
        let refusals = self.gate.refusals().unwrap();
        let last = refusals.last().unwrap_or_else(|| panic!("nothing was refused:\n{shown}"));
        // A client may ask for several things at once; the person sees one of the refusals.
        assert!(refusals.iter().rev().take(8).any(|id| shown.contains(id)), "no decision id {last} in\n{shown}");
        // Terminals and tracebacks may break lines.
        let plain = shown.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        assert!(plain.contains(reason), "no reason in\n{shown}");
    }
}

/// Runs a client to its end, for two minutes at most, in no surroundings but its own.
fn run(command: &mut Command) -> Output {
    let mut bounded = Command::new("timeout");
    bounded.arg("120").arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => bounded.env(name, value),
            None => bounded.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        bounded.current_dir(folder);
    }
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HF_TOKEN", "OPENAI_API_KEY"] {
        bounded.env_remove(name);
    }
    let output = tokio::task::block_in_place(|| bounded.stdin(std::process::Stdio::null()).output()).unwrap();
    assert_ne!(output.status.code(), Some(124), "{command:?} does not end: {}", told(&output));
    output
}

/// What a client wrote.
fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs a client that must succeed; what it wrote to standard output.
fn succeeds(command: &mut Command) -> String {
    let output = run(command);
    assert!(output.status.success(), "{command:?}: {}", told(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs a client that must fail; all that it wrote.
fn fails(command: &mut Command) -> String {
    let output = run(command);
    assert!(!output.status.success(), "{command:?} was not refused: {}", told(&output));
    told(&output)
}
