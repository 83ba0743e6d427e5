//! `weighbridge serve`, in this process.

use std::time::Duration;

use weighbridge::serve::{Options, Records, Role, Serving};
use weighbridge_http::GateConfig;

use super::{Running, Runtime, Setup, Starting};
use crate::tools;

/// The native gate.
pub(super) struct Native;

impl Runtime for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn start<'a>(&'a self, setup: &'a Setup<'a>) -> Starting<'a> {
        Box::pin(async move {
            let folder = tools::scratch(self.name())?;
            let (blob, records) = (folder.join("weighbridge.blob"), folder.join("records.jsonl"));
            std::fs::write(&blob, setup.blob)?;
            let config = GateConfig::from_vars(|name| setup.value(name).map(str::to_owned))?;
            let free = ([127, 0, 0, 1], 0).into();
            let options = Options {
                blob,
                config,
                role: Role::Proxy { listen: free, admin: free, timeout: Duration::from_secs(60) },
                records: Records::file(&records)?,
                highest: None,
                poll: Duration::from_secs(2),
                grace: Duration::from_secs(1),
            };
            let serving = Serving::start(options).await?;
            let lines = move || std::fs::read_to_string(&records).unwrap_or_default().lines().map(str::to_owned).collect();
            Ok(Running::new(serving.address, lines, serving))
        })
    }
}
