//! Nothing that a client sends moves its place or identity: every header of `FORGED`, once and twice and in odd case, to the gate
//! on every runtime, set as its package sets it. The facts that the gate decided on must be those of the plain request.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use serde_json::Value;
use weighbridge_host_test::client::{Answer, ask_from};
use weighbridge_host_test::components::workspace;
use weighbridge_host_test::origin::Origin;
use weighbridge_host_test::runtime::{Running, Setup, all, chosen};
use weighbridge_host_test::sample;
use weighbridge_host_test::trust::{FORGED, platform, table};

const OPEN: &str = "/acme/open-7b/resolve/main/config.json";
const CLOSED: &str = "/acme/closed-13b/resolve/main/config.json";

#[tokio::test(flavor = "multi_thread")]
async fn forged_headers_change_nothing_on_any_runtime() {
    let (runtimes, skipped) = chosen().unwrap();
    runtimes.iter().for_each(|runtime| runtime.prepare());
    let mut wrong = Vec::new();
    for runtime in &runtimes {
        let platform = platform(runtime.name()).unwrap();
        let origin = Origin::start().await.unwrap();
        let mut setup = Setup { blob: sample::blob().unwrap(), settings: sample::settings(origin.server.address).environment };
        for (name, value) in platform.settings {
            setup = setup.with(name, *value);
        }
        let running = runtime.start(&setup).await.unwrap_or_else(|error| panic!("{}: {error:#}", runtime.name()));
        let mut sent = 0;
        for (path, status) in [(OPEN, 200), (CLOSED, 401)] {
            let (plain, facts) = ask(&running, path, &[], platform.adds).await;
            let plain = plain.unwrap();
            assert_eq!(plain.status, status, "{}: {}", runtime.name(), plain.text());
            assert!(facts.is_object(), "{}", runtime.name());
            for (name, value) in FORGED {
                let odd: String =
                    name.char_indices().map(|(at, c)| if at % 2 == 0 { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() }).collect();
                for forged in [vec![(name, value)], vec![(name, value), (name, "DE")], vec![(odd.as_str(), value)]] {
                    let (answer, now) = ask(&running, path, &forged, platform.adds).await;
                    sent += 1;
                    // A server may refuse what is no HTTP, and Envoy what only its own mesh may say.
                    let folded = value.contains("\r\n") && answer.as_ref().is_none_or(|answer| answer.status == 400);
                    let Some(answer) = answer.filter(|_| !folded) else {
                        assert!(folded, "{}: no answer to {forged:?}", runtime.name());
                        continue;
                    };
                    let seen = answer.text();
                    // What the origin is told of the client comes from the platform.
                    let told: Vec<_> = seen
                        .lines()
                        .filter(|line| line.contains("192.0.2.") || line.ends_with(": IR") || line.contains("frontier"))
                        .collect();
                    if answer.status != status || now != facts || (path == OPEN && !told.is_empty()) {
                        wrong.push(format!(
                            "{}: {path} {forged:?}: {} {told:?}\n  plain {facts}\n  here  {now}",
                            runtime.name(),
                            answer.status
                        ));
                    }
                }
            }
        }
        say(&format!("{:<20} {sent} requests with forged headers", runtime.name()));
        if sent < 2 * 3 * FORGED.len() {
            wrong.push(format!("{}: only {sent} requests", runtime.name()));
        }
    }
    say(&format!("skipped: {}", if skipped.is_empty() { "nothing".to_owned() } else { skipped.join(", ") }));
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

/// A line that is seen of a test that passes, too: only what `print!` writes is held back.
fn say(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}

/// The answer, and what the gate has decided on: facts, rules, and what the platform said.
async fn ask(running: &Running, path: &str, forged: &[(&str, &str)], adds: &[(&str, &str)]) -> (Option<Answer>, Value) {
    // What the platform adds stands behind what came from outside.
    let headers: Vec<_> = forged.iter().chain(adds).copied().collect();
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let Some(answer) = ask_from(here, running.address, "GET", path, &headers, b"").await.unwrap() else { return (None, Value::Null) };
    let id = answer.header("x-weighbridge-decision");
    if id.len() != 26 {
        return (Some(answer), Value::Null);
    }
    for _ in 0..400 {
        if let Some(line) = running.lines().iter().rev().find(|line| line.contains(id)) {
            let record: Value = serde_json::from_str(line[line.find('{').unwrap()..].trim_end()).unwrap();
            let mut facts = record["facts"].clone();
            // The lists grow older while the test runs.
            facts.as_object_mut().unwrap().remove("list_age_days");
            let decided = serde_json::json!({ "facts": facts, "rules": record["rules"], "platform": record["evidence"]["platform"] });
            return (Some(answer), decided);
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("no record of {id}, but:\n{}", running.lines().join("\n"));
}

#[test]
fn every_runtime_has_its_row_and_the_docs_have_the_table() {
    for runtime in all() {
        assert!(platform(runtime.name()).is_some(), "{} has no row in `host-test/src/trust.rs`", runtime.name());
    }
    let readme = std::fs::read_to_string(workspace().join("plugin/http/README.md")).unwrap();
    assert!(readme.contains(&table()), "plugin/http/README.md lacks this table:\n{}", table());
}
