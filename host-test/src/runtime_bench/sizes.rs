//! Sizes of what ships, code and blob apart.

use crate::components::Plugin;
use crate::{runtime, web};

/// Prints the table.
pub(super) fn print(blob: &[u8]) -> anyhow::Result<()> {
    println!("| what | bytes | gzip | brotli |\n| --- | --- | --- | --- |");
    for plugin in Plugin::ALL {
        row(&format!("`{}`", plugin.package()), &plugin.wasm()?);
    }
    row("`weighbridge-core` (Workers, pages, Node)", &web::core()?);
    row("`weighbridge-envoy`", &runtime::filter(false)?);
    row("`weighbridge-fastly`", &runtime::module(false)?);
    row("the sample blob", blob);
    println!();
    Ok(())
}

fn row(name: &str, bytes: &[u8]) {
    let (gzip, brotli) = crate::build_bench::compressed(bytes);
    println!("| {name} | {} | {gzip} | {brotli} |", bytes.len());
}
