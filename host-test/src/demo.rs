//! `cargo demo`: the gate as a component on loopback, a hub behind it, and requests with their decisions.

use std::fmt::Write as _;
use std::net::SocketAddr;

use anyhow::Context as _;
use serde_json::Value;

use crate::client::fetch;
use crate::components::Plugin;
use crate::host::{Gate, Server, serve_gate};
use crate::hub::Hub;
use crate::sample;

/// A request of the demo: who asks, from where, for what.
struct Ask {
    who: &'static str,
    /// An address of the sample's address table.
    address: &'static str,
    /// Claims of the requester, or nothing for an anonymous one.
    identity: Option<&'static str>,
    method: &'static str,
    path: &'static str,
}

const CHAT: &str = "/serve/chat/v1/chat/completions";
const RESEARCHER: &str = r#"{"account":"ada","kind":"person","names":["Ada Example"],"foreign_person":false,"declared":"US"}"#;

const ASKS: [Ask; 14] = [
    Ask { who: "anonymous, Germany", address: "192.0.2.1", identity: None, method: "GET", path: "/acme/open-7b/resolve/main/config.json" },
    Ask { who: "anonymous, Iran", address: "192.0.2.50", identity: None, method: "GET", path: "/acme/open-7b/resolve/main/config.json" },
    Ask { who: "anonymous, Crimea", address: "192.0.2.81", identity: None, method: "GET", path: "/api/models/acme/open-7b" },
    Ask {
        who: "anonymous, Germany",
        address: "192.0.2.1",
        identity: None,
        method: "HEAD",
        path: "/acme/closed-13b/resolve/main/model.safetensors",
    },
    Ask {
        who: "a US person, US",
        address: "192.0.2.17",
        identity: Some(RESEARCHER),
        method: "GET",
        path: "/acme/closed-13b/resolve/main/model.safetensors",
    },
    Ask {
        who: "says Iran, from Germany",
        address: "192.0.2.1",
        identity: Some(r#"{"account":"b1","kind":"person","names":["Bea Example"],"declared":"IR"}"#),
        method: "GET",
        path: "/acme/open-7b/resolve/main/config.json",
    },
    Ask {
        who: "an Entity List firm, Germany",
        address: "192.0.2.1",
        identity: Some(
            r#"{"account":"h1","kind":"organization","names":["Hangzhou Hikvision Digital Technology Co., Ltd."],"registered":"CN"}"#,
        ),
        method: "GET",
        path: "/acme/closed-13b/resolve/main/config.json",
    },
    Ask {
        who: "a clinic with a licence, Cuba",
        address: "192.0.2.225",
        identity: Some(r#"{"account":"licensed-clinic","kind":"organization","names":["Example Clinic"],"declared":"CU"}"#),
        method: "GET",
        path: "/acme/licensed-30b/resolve/main/config.json",
    },
    Ask {
        who: "a US person, US",
        address: "192.0.2.17",
        identity: Some(RESEARCHER),
        method: "GET",
        path: "/acme/frontier-1t/resolve/main/config.json",
    },
    Ask {
        who: "a firm of France, France",
        address: "198.51.100.41",
        identity: Some(
            r#"{"account":"f1","kind":"organization","names":["Exemple SA"],"foreign_person":true,"declared":"FR","registered":"FR","headquarters":"FR"}"#,
        ),
        method: "GET",
        path: "/acme/frontier-1t/resolve/main/config.json",
    },
    Ask {
        who: "a US person, US",
        address: "192.0.2.17",
        identity: Some(RESEARCHER),
        method: "GET",
        path: "/acme/noticed-70b/resolve/main/config.json",
    },
    Ask { who: "a US person, US", address: "192.0.2.17", identity: Some(RESEARCHER), method: "POST", path: CHAT },
    Ask { who: "anonymous, Cuba", address: "192.0.2.225", identity: None, method: "POST", path: CHAT },
    Ask {
        who: "a US person, US",
        address: "192.0.2.17",
        identity: Some(RESEARCHER),
        method: "GET",
        path: "/acme/closed-13b/resolve/..%2f/main/config.json",
    },
];

/// The demo's gate and hub. Dropping it stops both.
pub struct Demo {
    gate: Gate,
    server: Server,
    _hub: Server,
}

impl Demo {
    /// Builds the component and the sample lists, and starts gate and hub on loopback.
    ///
    /// # Errors
    ///
    /// When something does not build, or the port is taken.
    pub async fn start(port: u16) -> anyhow::Result<Self> {
        let hub = Hub::start(0).await?;
        // For the demo only: whoever may set these headers may be anybody.
        let settings = sample::settings(hub.address).env("WEIGHBRIDGE_TEST_HEADERS", "on").env("WEIGHBRIDGE_TIMING", "on");
        let gate = tokio::task::spawn_blocking(move || sample::gate(Plugin::Spin, settings)).await??;
        let server = serve_gate(port, &gate).await?;
        Ok(Self { gate, server, _hub: hub })
    }

    /// Where the gate listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Sends the demo's requests and tells what was decided, as a table.
    ///
    /// # Errors
    ///
    /// When a request cannot be sent, or the gate wrote no record of it.
    pub async fn table(&self) -> anyhow::Result<String> {
        let mut rows = vec![["who", "request", "outcome", "status", "rules", "µs"].map(str::to_owned)];
        // The first request of all also pays for pages that nobody has touched yet.
        fetch(self.address(), "GET", "/acme/open-7b/resolve/main/config.json", &[], "").await?;
        for ask in &ASKS {
            let mut headers = vec![("x-test-address", ask.address)];
            headers.extend(ask.identity.map(|claims| ("x-test-identity", claims)));
            let body = if ask.method == "POST" { r#"{"model":"acme/chat","messages":[{"role":"user","content":"hello"}]}"# } else { "" };
            let answer = fetch(self.address(), ask.method, ask.path, &headers, body).await?;
            let record: Value = serde_json::from_str(&self.gate.lines().pop().context("the gate wrote no record")?)?;
            let rules: Vec<_> = record["rules"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let outcome = if record["path_error"].is_string() { "ambiguous path" } else { record["outcome"].as_str().unwrap_or("?") };
            let micros = answer.header("server-timing").split_once("dur=").and_then(|(_, dur)| dur.parse::<f64>().ok());
            rows.push([
                ask.who.to_owned(),
                format!("{} {}", ask.method, ask.path),
                outcome.to_owned(),
                answer.status.to_string(),
                rules.join(" "),
                micros.map_or_else(|| "?".to_owned(), |ms| format!("{:.0}", ms * 1000.0)),
            ]);
        }
        Ok(table(&rows))
    }

    /// Lines to paste into a shell.
    pub fn curl(&self) -> String {
        let at = self.address();
        let mut out = String::new();
        for (what, line) in [
            ("allowed", format!("curl -sD- http://{at}/acme/open-7b/resolve/main/config.json -H 'x-test-address: 192.0.2.1'")),
            (
                "refused, with the rule and where to appeal",
                format!("curl -si http://{at}/acme/open-7b/resolve/main/config.json -H 'x-test-address: 192.0.2.50'"),
            ),
            (
                "a firm on the Entity List",
                format!(
                    "curl -si http://{at}/acme/closed-13b/resolve/main/config.json -H 'x-test-identity: {{\"kind\":\"organization\",\"names\":[\"Hangzhou Hikvision Digital Technology\"]}}'"
                ),
            ),
            (
                "inference",
                format!(
                    "curl -s http://{at}{CHAT} -H 'x-test-identity: {RESEARCHER}' -d '{{\"messages\":[{{\"role\":\"user\",\"content\":\"hello\"}}]}}'"
                ),
            ),
            ("with Python", format!("HF_ENDPOINT=http://{at} HF_HUB_DISABLE_XET=1 hf download acme/open-7b --local-dir /tmp/open-7b")),
        ] {
            let _infallible = write!(out, "# {what}\n{line}\n\n");
        }
        out
    }
}

fn table(rows: &[[String; 6]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; 6] = std::array::from_fn(width);
    let mut out = String::new();
    for row in rows {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}
