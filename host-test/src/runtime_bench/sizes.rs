//! Sizes of what ships, code and blob apart.

use super::report::Report;
use crate::components::Plugin;
use crate::{runtime, web};

/// Prints the table.
pub(super) fn print(report: &mut Report, blob: &[u8]) -> anyhow::Result<()> {
    report.line("| what | bytes | gzip | brotli |\n| --- | --- | --- | --- |");
    let mut row = |name: &str, bytes: &[u8]| {
        let (gzip, brotli) = crate::build_bench::compressed(bytes);
        report.line(&format!("| {name} | {} | {gzip} | {brotli} |", bytes.len()));
    };
    for plugin in Plugin::ALL {
        row(&format!("`{}`", plugin.package()), &plugin.wasm()?);
    }
    row("`weighbridge-core` (Workers, pages, Node)", &web::core()?);
    row("`weighbridge-envoy`", &runtime::filter(false)?);
    row("`weighbridge-fastly`", &runtime::module(false)?);
    row("the sample blob", blob);
    report.line("");
    Ok(())
}
