//! The npm package in Node and in a real browser, behind a small bridge that gives both an address.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;

use super::{Process, Running, Runtime, Setup, Starting};
use crate::web;

/// The browsers to look for.
const CHROMIUM: [&str; 4] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/snap/bin/chromium"];

/// The package in Node or in a browser.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    Node,
    Chromium,
}

impl Runtime for Page {
    fn name(&self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Chromium => "browser",
        }
    }

    fn start<'a>(&'a self, setup: &'a Setup<'a>) -> Starting<'a> {
        Box::pin(async move {
            let folder = web::page(setup.blob)?;
            let settings: serde_json::Map<_, _> =
                setup.settings.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
            let mut command = Command::new("node");
            command.arg(web::script("bridge.mjs")?);
            match self {
                Self::Node => command.arg("node").arg(folder).arg(serde_json::to_string(&settings)?),
                Self::Chromium => command.arg("chromium").arg(folder).arg(serde_json::to_string(&settings)?).arg(chromium()?),
            };
            let mut process = Process::start_held(&mut command)?;
            let port = process.says(|line| line.strip_prefix("listening ")?.parse::<u16>().ok()).await?;
            Ok(Running::process(([127, 0, 0, 1], port).into(), process))
        })
    }
}

/// The browser.
///
/// # Errors
///
/// When there is none.
pub fn chromium() -> anyhow::Result<PathBuf> {
    let found = CHROMIUM.iter().map(PathBuf::from).find(|path| path.exists());
    found.context("no browser; install the Debian package `chromium`, as the README tells")
}
