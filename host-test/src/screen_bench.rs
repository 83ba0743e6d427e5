//! `cargo measure screen [ROWS]`: `weighbridge screen` over a file of 5,000,000 rows, or as many as are named.
//!
//! The blob holds every list of the US, the UN and the UK in the folder that `WEIGHBRIDGE_DATA` names, without it the sample. Rows
//! are listed names as they are, listed names with a slip, and words of listed names put together anew, a third each, for people
//! and organisations. The command is built with cargo's profile `release` and runs under GNU time, which tells its processor time
//! and the most memory that it held; the rate is rows a second of processor time, so it is one core's.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use weighbridge_blob::Blob;

use crate::build_bench::{SOURCES, command};
use crate::components::{target, workspace};
use crate::gnu_time::Run;

/// Rows, unless others are named.
const ROWS: usize = 5_000_000;

/// Runs the bench and prints its figures.
///
/// # Errors
/// What could not be built, written or run.
pub fn run(rows: Option<&str>) -> anyhow::Result<()> {
    let rows = rows.map_or(Ok(ROWS), str::parse).context("the number of rows")?;
    let program = command("release")?;
    let folder = target().join("measure-screen");
    std::fs::create_dir_all(&folder)?;
    let blob = blob(&program, &folder)?;
    let (input, output) = (folder.join("rows.csv"), folder.join("answers.jsonl"));
    let bytes = write_rows(&blob, &input, rows)?;
    let run = Run::of(&program, |command| {
        command.args(["screen", "--day", "2026-11-22", "--blob"]).arg(&blob).arg("--input").arg(&input).arg("--output").arg(&output)
    })?;
    let written = std::fs::metadata(&output)?.len();
    println!("{}", String::from_utf8_lossy(&run.output.stderr).trim());
    println!(
        "{rows} rows ({} MB in, {} MB out): {:.1} s wall, {:.1} s of CPU: {:.0} names a second and core (aim: 20,000); {:.0} MiB at most",
        bytes / 1_000_000,
        written / 1_000_000,
        run.wall,
        run.cpu,
        rows as f64 / run.cpu,
        run.mebibytes
    );
    // Large, and of no use once it is measured.
    std::fs::remove_file(&input)?;
    std::fs::remove_file(&output)?;
    Ok(())
}

fn blob(program: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let blob = folder.join("screen.blob");
    let _ = std::fs::remove_file(&blob);
    let file = match std::env::var_os("WEIGHBRIDGE_DATA").map(PathBuf::from) {
        Some(data) => {
            let mut text = String::from("output = \"screen.blob\"\n");
            for (id, format, path) in SOURCES {
                text.push_str(&format!("[[source]]\nid = \"{id}\"\nformat = \"{format}\"\npath = {:?}\n", data.join(path)));
            }
            let file = folder.join("screen.toml");
            std::fs::write(&file, text)?;
            file
        }
        None => {
            println!("SKIPPED full lists: WEIGHBRIDGE_DATA is not set; the sample instead");
            workspace().join("tests/lists/weighbridge.toml")
        }
    };
    let built = Command::new(program).arg("build").arg(&file).args(["--checked-at", "2026-11-22", "--output"]).arg(&blob).output()?;
    anyhow::ensure!(built.status.success(), "the blob does not build:\n{}", String::from_utf8_lossy(&built.stderr));
    Ok(blob)
}

/// Writes the rows and tells how many bytes they are.
fn write_rows(blob: &Path, file: &Path, rows: usize) -> anyhow::Result<u64> {
    let (bytes, details) = (std::fs::read(blob)?, std::fs::read(blob.with_extension("blob.details"))?);
    let mut blob = Blob::open(&bytes)?;
    blob.attach(&details)?;
    let listed: Vec<(&str, &str)> = (0..blob.entry_count())
        .filter_map(|number| blob.entry(number))
        .filter_map(|entry| Some((entry.kind.as_str(), blob.details(&entry)?.names)))
        .flat_map(|(kind, names)| names.into_iter().map(move |(_, name)| (kind, name)))
        .collect();
    let mut state = 0x5eed_u64;
    let mut below = |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % end.max(1)
    };
    let mut out = BufWriter::new(std::fs::File::create(file)?);
    writeln!(out, "id,name,schema")?;
    for row in 0..rows {
        let (kind, name) = listed.get(below(listed.len())).copied().unwrap_or(("person", "nobody"));
        let asked = match row % 3 {
            0 => name.to_owned(),
            1 => {
                let mut letters: Vec<char> = name.chars().collect();
                let at = below(letters.len().saturating_sub(1));
                if at + 1 < letters.len() {
                    letters.swap(at, at + 1);
                }
                letters.into_iter().collect()
            }
            _ => {
                let (_, other) = listed.get(below(listed.len())).copied().unwrap_or(("person", "nobody"));
                let half = |name: &str, last: bool| {
                    let words: Vec<&str> = name.split_whitespace().collect();
                    let (head, tail) = words.split_at(words.len() / 2);
                    if last { tail.join(" ") } else { head.join(" ") }
                };
                format!("{} {}", half(name, true), half(other, false))
            }
        };
        writeln!(out, "{row},\"{}\",{kind}", asked.replace('"', "\"\""))?;
    }
    out.flush()?;
    Ok(std::fs::metadata(file)?.len())
}
