//! Every fuzz target, built for coverage and run for a bounded number of inputs. `tests/fuzz/README.md` says how to run
//! one for longer.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use weighbridge::source::FORMATS;
use weighbridge_host_test::components::{target, workspace};

/// Inputs per target, and seconds after which a slow machine may stop.
const RUNS: &str = "-runs=4000";
const SECONDS: &str = "-max_total_time=60";

/// How often each reader must have been asked by the target `lists`, and how often it must have read something.
const REACHED: u64 = 32;
const READ: u64 = 8;

const HOST: &str = "x86_64-unknown-linux-gnu";

#[test]
fn no_target_finds_anything() {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        println!("SKIPPED fuzz: the instrumentation is set up for {HOST}");
        return;
    }
    let folder = workspace().join("tests/fuzz");
    let flags = std::fs::read_to_string(folder.join("flags")).unwrap();
    let out = target().join("fuzz");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .current_dir(&folder)
        .args(["build", "--release", "--quiet", "--target", HOST])
        .env("RUSTFLAGS", flags.trim())
        .env("CARGO_TARGET_DIR", &out)
        .status()
        .unwrap();
    assert!(built.success(), "the fuzz targets do not build; is there a C++ compiler?");
    let mut ran = Vec::new();
    for source in std::fs::read_dir(folder.join("targets")).unwrap() {
        let name = source.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        let log = run(&out.join(HOST).join("release").join(&name), &name);
        if name == "lists" {
            every_reader_is_reached(&log);
        }
        ran.push(name);
    }
    ran.sort();
    println!("fuzz targets run: {}", ran.join(", "));
    assert!(ran.len() >= 5, "{ran:?}");
}

/// The target `lists` tells how often it asked each reader, and how often that one read something.
fn every_reader_is_reached(log: &str) {
    let mut told: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for line in log.lines().filter_map(|line| line.strip_prefix("reached ")) {
        let (reader, counts) = line.split_once(": ").unwrap();
        let mut numbers = counts.split(' ').filter_map(|word| word.parse().ok());
        told.insert(reader, (numbers.next().unwrap(), numbers.next().unwrap()));
    }
    for reader in FORMATS.iter().map(|format| format.name).chain(["geo-csv", "geo-mmdb"]) {
        let (reached, read) = told.get(reader).copied().unwrap_or_default();
        println!("lists: {reader} reached at least {reached} times, read something at least {read} times");
        assert!(reached >= REACHED && read >= READ, "{reader}: reached {reached} times, read something {read} times\n{log}");
    }
}

/// Runs a target; what it printed.
fn run(program: &Path, name: &str) -> String {
    let found = target().join("fuzz/found").join(name);
    std::fs::create_dir_all(&found).unwrap();
    // Each first byte once, so that a target that picks by it picks everything.
    let seeds = target().join("fuzz/seeds").join(name);
    std::fs::create_dir_all(&seeds).unwrap();
    for byte in 0..=31_u8 {
        std::fs::write(seeds.join(format!("{byte:02}")), [byte]).unwrap();
    }
    let scratch = target().join("fuzz/scratch").join(name);
    let _ = std::fs::remove_dir_all(&scratch);
    std::fs::create_dir_all(&scratch).unwrap();
    let output = Command::new(program)
        .args([RUNS, SECONDS, "-max_len=600", "-seed=7", "-rss_limit_mb=1024"])
        .arg(format!("-artifact_prefix={}/", found.display()))
        // New inputs go to the first folder and are of this run alone; the seeds are only read.
        .args([scratch.as_path(), seeds.as_path()])
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "fuzz target `{name}` found something; the input is in {}\n{log}", found.display());
    // The last line tells the number of inputs; without it the target did not run.
    let done = log.lines().rev().find(|line| line.starts_with("Done ")).unwrap_or_else(|| panic!("`{name}` did not finish:\n{log}"));
    println!("{name}: {done}");
    log.into_owned()
}
