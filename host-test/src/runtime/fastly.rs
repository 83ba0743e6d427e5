//! The plugin under Viceroy, Fastly's own local runtime, with what `weighbridge package` writes.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::Context as _;
use weighbridge::package;

use super::{Running, Runtime, Setup, Starting, free_port, ready};
use crate::components::{built, workspace};
use crate::tools;

/// Fastly Compute.
pub(super) struct Compute;

impl Runtime for Compute {
    fn name(&self) -> &'static str {
        "fastly"
    }

    fn prepare(&self) {
        // What goes wrong is told by whoever asks again.
        std::thread::spawn(tools::viceroy);
    }

    fn start<'a>(&'a self, setup: &'a Setup<'a>) -> Starting<'a> {
        Box::pin(async move { viceroy(&module(false)?, setup, |manifest| manifest, &[]).await })
    }
}

/// The module as it ships, without a blob; `fault` takes the one that panics when a request says so.
///
/// # Errors
///
/// When it does not build.
pub fn module(fault: bool) -> anyhow::Result<Vec<u8>> {
    let features: &[&str] = if fault { &["--features", "fault"] } else { &[] };
    built(&["weighbridge-fastly"], "wasm32-wasip1", features, "weighbridge-fastly")
}

/// Packages `module` with the blob of `setup` (an empty one: leaves it without), edits what was packaged, and starts Viceroy on
/// it. `edit` makes more of `fastly.toml`, and `beside` are files that it may then name.
///
/// # Errors
///
/// When Viceroy cannot be had or does not start, with what it wrote.
pub async fn viceroy(
    module: &[u8],
    setup: &Setup<'_>,
    edit: impl Fn(String) -> String,
    beside: &[(&str, &[u8])],
) -> anyhow::Result<Running> {
    let folder = tools::scratch("fastly")?;
    let files = if setup.blob.is_empty() {
        // Nobody packages without a blob.
        let manifest = std::fs::read(workspace().join("plugin/fastly/fastly.toml"))?;
        vec![("bin/main.wasm".to_owned(), module.to_vec()), ("fastly.toml".to_owned(), manifest)]
    } else {
        package::fastly::files(module, setup.blob)?
    };
    for (name, bytes) in files {
        let path = folder.join(&name);
        std::fs::create_dir_all(path.parent().context("a file without a folder")?)?;
        match name.as_str() {
            "fastly.toml" => {
                std::fs::write(path, edit(edited(&String::from_utf8(bytes)?, setup)?))?;
            }
            _ => std::fs::write(path, bytes)?,
        }
    }
    for (name, bytes) in beside {
        std::fs::write(folder.join(name), bytes)?;
    }
    let address = free_port()?;
    let mut command = Command::new(tools::viceroy()?);
    command.current_dir(&folder).args(["serve", "-C", "fastly.toml", "--addr", &address.to_string(), "bin/main.wasm"]);
    Ok(Running::process(address, ready(&mut command, address).await?))
}

/// The packaged `fastly.toml` with an origin and settings for Viceroy, as an operator would write them in.
fn edited(text: &str, setup: &Setup<'_>) -> anyhow::Result<String> {
    const SETTINGS: &str = "[local_server.config_stores.weighbridge.contents]\n";
    const TOGETHER: &str = "WEIGHBRIDGE_SETTINGS = \"\"\"\n";
    let origin = setup.value("WEIGHBRIDGE_UPSTREAM").context("no origin")?;
    let (before, after) = text.split_once(SETTINGS).context("the packaged `fastly.toml` has no settings")?;
    let (comment, lines) = after.split_once(TOGETHER).context("the packaged `fastly.toml` has no settings in one entry")?;
    let mut out = before.replace("http://127.0.0.1:8080", origin) + SETTINGS + comment + TOGETHER;
    let settings: std::collections::BTreeMap<_, _> = setup.settings.iter().map(|(name, value)| (name, value)).collect();
    for (name, value) in settings {
        // In TOML's own escapes, which are JSON's.
        let value = serde_json::to_string(value)?;
        writeln!(out, "{name} = {}", value.trim_start_matches('"').strip_suffix('"').unwrap_or_default())?;
    }
    for line in lines.lines().filter(|line| setup.value(line.split(' ').next().unwrap_or_default()).is_none()) {
        writeln!(out, "{line}")?;
    }
    Ok(out)
}

/// What Viceroy is told of an address: `[local_server.geolocation]` for `fastly.toml`. The SDK takes none of it unless all
/// eighteen fields are there.
pub fn geo(address: &str, country: &str, region: &str, proxy_type: &str, proxy_description: &str) -> String {
    format!(
        "[local_server.geolocation.addresses.\"{address}\"]\nas_name = \"Example\"\nas_number = 64500\narea_code = 0\ncity = \"Example\"\n\
         conn_speed = \"broadband\"\nconn_type = \"wired\"\ncontinent = \"EU\"\ncountry_code = \"{country}\"\ncountry_code3 = \"XXX\"\n\
         country_name = \"Example\"\nlatitude = 0.0\nlongitude = 0.0\nmetro_code = 0\npostal_code = \"0\"\n\
         proxy_description = \"{proxy_description}\"\nproxy_type = \"{proxy_type}\"\nregion = \"{region}\"\nutc_offset = 0\n"
    )
}
