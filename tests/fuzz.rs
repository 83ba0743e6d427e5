//! Every fuzz target, built for coverage and run for a bounded number of inputs. `tests/fuzz/README.md` says how to run
//! one for longer.

use std::path::Path;
use std::process::Command;

use weighbridge_host_test::components::{target, workspace};

/// Inputs per target, and seconds after which a slow machine may stop.
const RUNS: &str = "-runs=4000";
const SECONDS: &str = "-max_total_time=60";

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
        run(&out.join(HOST).join("release").join(&name), &name);
        ran.push(name);
    }
    ran.sort();
    println!("fuzz targets run: {}", ran.join(", "));
    assert!(ran.len() >= 3, "{ran:?}");
}

fn run(program: &Path, name: &str) {
    let found = target().join("fuzz/found").join(name);
    std::fs::create_dir_all(&found).unwrap();
    let output = Command::new(program)
        .args([RUNS, SECONDS, "-max_len=600", "-seed=7", "-rss_limit_mb=1024"])
        .arg(format!("-artifact_prefix={}/", found.display()))
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "fuzz target `{name}` found something; the input is in {}\n{log}", found.display());
    // The last line tells the number of inputs; without it the target did not run.
    let done = log.lines().rev().find(|line| line.starts_with("Done ")).unwrap_or_else(|| panic!("`{name}` did not finish:\n{log}"));
    println!("{name}: {done}");
}
