//! The native gate with the sample blob, as `weighbridge serve` runs it, in this process.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;
use weighbridge::serve::{Asker, Options, Records, Role, Serving};
use weighbridge_http::GateConfig;

use crate::{sample, tools};

/// A gate that runs. Dropping it stops it, a moment later; see [`Native::stop`].
pub struct Native {
    /// Where clients come, or a proxy asks.
    pub address: SocketAddr,
    records: PathBuf,
    serving: Serving,
}

/// Settings of a gate whose clients come through a proxy on this machine, which says from where.
pub const BEHIND_AN_EDGE: [(&str, &str); 2] = [("WEIGHBRIDGE_CLIENT_ADDRESS", "forwarded"), ("WEIGHBRIDGE_TRUSTED_PROXIES", "127.0.0.1")];

impl Native {
    /// Starts a gate before `origin`.
    ///
    /// # Errors
    ///
    /// When the blob does not build, a setting is wrong, or nothing can be listened on.
    pub async fn before(origin: SocketAddr, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::start(&format!("http://{origin}"), Role::Proxy { listen: any, admin: any, timeout: Duration::from_secs(60) }, settings).await
    }

    /// Starts a gate that a proxy on this machine asks, and that counts what this proxy says of the client's address.
    ///
    /// # Errors
    ///
    /// As [`Native::before`].
    pub async fn asked_by(asker: Asker) -> anyhow::Result<Self> {
        let callers = "127.0.0.0/8".parse().map_err(|()| anyhow::anyhow!("a network that is none"))?;
        let role = Role::Check { listen: SocketAddr::from(([127, 0, 0, 1], 0)), asker, callers: vec![callers] };
        Self::start("http://routed-by-the-proxy.invalid", role, &[("WEIGHBRIDGE_CLIENT_ADDRESS", "platform")]).await
    }

    async fn start(upstream: &str, role: Role, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let folder = tools::scratch("native")?;
        let (blob, records) = (folder.join("weighbridge.blob"), folder.join("records.jsonl"));
        std::fs::write(&blob, sample::blob()?)?;
        let mut variables: BTreeMap<&str, &str> = [
            ("WEIGHBRIDGE_UPSTREAM", upstream),
            ("WEIGHBRIDGE_BLOCKED_BY", "https://gate.example.com/"),
            ("WEIGHBRIDGE_APPEAL", "https://gate.example.com/appeal"),
        ]
        .into();
        variables.extend(settings.iter().copied());
        let config = GateConfig::from_vars(|name| variables.get(name).map(|value| (*value).to_owned()))?;
        let options = Options {
            blob,
            config,
            role,
            records: Records::file(&records)?,
            highest: None,
            poll: Duration::from_secs(3600),
            grace: Duration::from_secs(1),
        };
        let serving = Serving::start(options).await?;
        Ok(Self { address: serving.address, records, serving })
    }

    /// Stops it. When this returns nobody is answered any more.
    pub async fn stop(self) {
        self.serving.stop().await;
    }

    /// All decision records so far.
    ///
    /// # Errors
    ///
    /// When their file cannot be read or holds something else.
    pub fn records(&self) -> anyhow::Result<Vec<Value>> {
        let text = std::fs::read_to_string(&self.records).context("the records")?;
        text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }

    /// The ids of all refusals so far, the last one last.
    ///
    /// # Errors
    ///
    /// As [`Native::records`].
    pub fn refusals(&self) -> anyhow::Result<Vec<String>> {
        let records = self.records()?;
        let refused = records.iter().filter(|record| record["passed"] == false);
        Ok(refused.filter_map(|record| record["id"].as_str().map(str::to_owned)).collect())
    }
}
