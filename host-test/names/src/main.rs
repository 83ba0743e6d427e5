//! `cargo names [--blob BLOB] [--queries QUERIES.jsonl]`: the search for names alone, natively, in wasmtime and in V8.
//!
//! The blob is built from OFAC's SDN list in the folder that `WEIGHBRIDGE_DATA` names, without it from the sample lists; the
//! questions are made from it ([`mix`]), or come from a file as `weighbridge eval` reads it. Each is timed alone in several
//! rounds and counts with the median of them: what it costs, not what the machine did meanwhile. The same library runs
//! natively, in wasmtime (through Python) and in node (V8); all must give the same answers. Beside it, on some of the questions, Jaro-Winkler
//! over all listed names. Callgrind counts native instructions where valgrind is there, wasmtime's fuel those of WebAssembly.
//!
//! `--dump FILE` writes every answer in words, for comparing two states of the search; `--native` leaves WebAssembly out.
#![allow(missing_docs)]

mod mix;
#[path = "../../wasmtime_of_pypi.rs"]
mod wasmtime_of_pypi;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

use serde_json::Value;
use weighbridge_blob::Blob;
use weighbridge_blob::words::Kind;
use weighbridge_names_bench as bench;

const ROUNDS: usize = 9;
/// Questions that the peer is asked.
const PEERS: usize = 200;
/// Questions whose instructions are counted natively.
const COUNTED: usize = 2_000;

#[derive(Default)]
struct Arguments {
    blob: Option<PathBuf>,
    queries: Option<PathBuf>,
    dump: Option<PathBuf>,
    native: bool,
}

fn main() {
    let mut arguments = Arguments::default();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut file = || words.next().map(PathBuf::from);
        match word.as_str() {
            "--blob" => arguments.blob = file(),
            "--queries" => arguments.queries = file(),
            "--dump" => arguments.dump = file(),
            "--native" => arguments.native = true,
            "--count" => return count(&file().unwrap_or_default(), words.next().and_then(|n| n.parse().ok()).unwrap_or(0)),
            _ => {
                eprintln!("usage: cargo names [--blob BLOB] [--queries QUERIES.jsonl] [--dump FILE] [--native]");
                exit(2);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target: PathBuf = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let folder = target.join("names");
    std::fs::create_dir_all(&folder).unwrap();
    let path = arguments.blob.clone().unwrap_or_else(|| built(root, &folder));
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let details = std::fs::read(path.with_extension("blob.details")).unwrap_or_default();
    let mut blob = Blob::open(&bytes).expect("a blob of this version");
    if !details.is_empty() {
        blob.attach(&details).expect("the details of this blob");
    }
    sections(&path, &blob);

    let mixed = match &arguments.queries {
        Some(file) => labelled(file),
        None => mix::questions(&blob),
    };
    let hard = mix::adversaries();
    let mut queries = Vec::new();
    mixed.iter().for_each(|(kind, name)| bench::put_query(&mut queries, *kind, name));
    for (_, name) in &hard {
        [Some(Kind::Person), Some(Kind::Organization), None].into_iter().for_each(|kind| bench::put_query(&mut queries, kind, name));
    }
    for (number, bytes) in [&bytes, &queries].into_iter().enumerate() {
        std::fs::write(folder.join(format!("{number}.bin")), bytes).unwrap();
        bench::hand_over(number as u32, bytes);
    }
    let total = bench::open();
    if let Some(file) = &arguments.dump {
        let mut text = String::new();
        (0..total).for_each(|n| writeln!(text, "{n}{}", bench::answer(n)).unwrap());
        std::fs::write(file, text).unwrap();
    }
    let mut runs = vec![("native", native(total))];
    if !arguments.native {
        match module(root, &target) {
            None => eprintln!("WebAssembly: SKIPPED, the library does not build for wasm32-unknown-unknown"),
            Some(wasm) => {
                let mut engine = |name: &'static str, command: Option<Command>| match command.and_then(|c| told(c, &wasm, &folder)) {
                    Some(run) => runs.push((name, run)),
                    None => eprintln!("{name}: SKIPPED, it is not there"),
                };
                engine("wasmtime", wasmtime_of_pypi::wasmtime(root, &target));
                let mut node = Command::new("node");
                node.arg(root.join("run.mjs"));
                engine("V8", Some(node));
            }
        }
    }
    for (name, run) in &runs {
        assert!(run.sums == runs[0].1.sums, "{name} does not answer as the native search does");
    }
    print(&runs, mixed.len(), &hard, callgrind(&folder, mixed.len().min(COUNTED)));
}

/// What one runtime told.
struct Run {
    sums: Vec<u64>,
    /// Median of the rounds, less an empty call, for each question.
    ns: Vec<f64>,
    /// The fastest of the rounds, likewise: what else the machine does can only add to a time.
    fastest: Vec<f64>,
    peer: Vec<f64>,
    /// Bytes of memory (0 natively) and allocated bytes, when the blob was open, and after every question once.
    opened: [u64; 2],
    searched: [u64; 2],
    /// Allocations of a question.
    each: f64,
    fuel: Vec<u64>,
}

fn native(total: u32) -> Run {
    let take = |what, count| {
        bench::time(what, 0, count);
        bench::times()
    };
    let opened = [0, u64::from(bench::allocated())];
    let sums = (0..total).map(|n| u64::from(bench::ask(n))).collect();
    let searched = [0, u64::from(bench::allocated())];
    take(2, total);
    let before = bench::allocations();
    bench::time(0, 0, total);
    let each = f64::from(bench::allocations() - before) / f64::from(total);
    let all: Vec<_> = (0..ROUNDS).map(|_| take(0, total)).collect();
    let empty = median(take(2, total));
    let peer: Vec<_> = (0..3).map(|_| take(1, PEERS as u32)).collect();
    Run {
        sums,
        ns: medians(&all, empty),
        fastest: fastest(&all, empty),
        peer: medians(&peer, empty),
        opened,
        searched,
        each,
        fuel: Vec::new(),
    }
}

fn told(mut engine: Command, wasm: &Path, folder: &Path) -> Option<Run> {
    let output = engine.arg(wasm).arg(folder).args([ROUNDS, PEERS].map(|n| n.to_string())).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).expect("a line of JSON");
    let list = |value: &Value| -> Vec<u64> { value.as_array().into_iter().flatten().filter_map(Value::as_u64).collect() };
    let lists = |value: &Value| -> Vec<Vec<u64>> { value.as_array().into_iter().flatten().map(list).collect() };
    let pair = |value: &Value| [value[0].as_u64().unwrap_or(0), value[1].as_u64().unwrap_or(0)];
    let empty = median(list(&told["empty"]));
    let sums = list(&told["sums"]);
    let [opened, mut searched] = [&told["opened"], &told["searched"]].map(pair);
    // The times themselves.
    searched[1] = searched[1].saturating_sub(sums.len() as u64 * 8);
    let all = lists(&told["all"]);
    Some(Run {
        ns: medians(&all, empty),
        fastest: fastest(&all, empty),
        peer: medians(&lists(&told["peer"]), empty),
        opened,
        searched,
        each: told["each"].as_f64().unwrap_or(0.0),
        fuel: list(&told["fuel"]),
        sums,
    })
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

fn medians(rounds: &[Vec<u64>], empty: u64) -> Vec<f64> {
    let len = rounds.first().map_or(0, Vec::len);
    (0..len).map(|n| median(rounds.iter().map(|round| round[n]).collect()).saturating_sub(empty) as f64).collect()
}

fn fastest(rounds: &[Vec<u64>], empty: u64) -> Vec<f64> {
    let len = rounds.first().map_or(0, Vec::len);
    (0..len).map(|n| rounds.iter().map(|round| round[n]).min().unwrap_or(0).saturating_sub(empty) as f64).collect()
}

/// p50, p99, the most and the mean.
fn quantiles(values: &[f64]) -> [f64; 4] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |q: f64| sorted.get(((sorted.len().max(1) - 1) as f64 * q) as usize).copied().unwrap_or(0.0);
    [at(0.5), at(0.99), at(1.0), sorted.iter().sum::<f64>() / sorted.len().max(1) as f64]
}

fn print(runs: &[(&str, Run)], mixed: usize, hard: &[(String, String)], instructions: Option<u64>) {
    println!("{mixed} questions, {ROUNDS} rounds: the median of each, and in brackets the fastest; all runtimes answer alike\n");
    println!("| µs | p50 | p99 | max | mean | Jaro-Winkler over all names, mean | times slower |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (name, run) in runs {
        let [p50, p99, max, mean] = quantiles(&run.ns[..mixed]).map(|ns| ns / 1e3);
        let [f50, f99, fmax, fmean] = quantiles(&run.fastest[..mixed]).map(|ns| ns / 1e3);
        let peer = quantiles(&run.peer)[3] / 1e3;
        // Against the same questions.
        let ours = quantiles(&run.ns[..PEERS.min(mixed)])[3] / 1e3;
        println!(
            "| {name} | {p50:.1} ({f50:.1}) | {p99:.1} ({f99:.1}) | {max:.0} ({fmax:.0}) | {mean:.1} ({fmean:.1}) | {peer:.0} | {:.0} |",
            peer / ours
        );
    }
    if let Some(count) = instructions {
        println!("\nnative instructions (callgrind): {count} a question on average of the first {}", mixed.min(COUNTED));
    }
    for (name, run) in runs {
        if !run.fuel.is_empty() {
            let fuel: Vec<f64> = run.fuel.iter().map(|n| *n as f64).collect();
            let [p50, p99, max, mean] = quantiles(&fuel[..mixed]);
            println!("{name}, fuel (WebAssembly instructions): p50 {p50:.0}, p99 {p99:.0}, max {max:.0}, mean {mean:.0}");
        }
        let grown = (run.searched[0] - run.opened[0]) / 65_536;
        let pages = if run.opened[0] > 0 { format!(", {grown} pages of memory more than when the blob was open") } else { String::new() };
        let workspace = run.searched[1].saturating_sub(run.opened[1]);
        println!("{name}, memory: {workspace} bytes of buffers after all questions{pages}; {:.2} allocations a question", run.each);
    }
    println!(
        "\n| adversary, µs as person, organisation, anything |{}",
        runs.iter().map(|(name, _)| format!(" {name} |")).collect::<String>()
    );
    println!("| --- |{}", " --- |".repeat(runs.len()));
    for (n, (what, _)) in hard.iter().enumerate() {
        print!("| {what} |");
        for (_, run) in runs {
            let times: Vec<String> = run.fastest[mixed + n * 3..mixed + n * 3 + 3].iter().map(|ns| format!("{:.0}", ns / 1e3)).collect();
            print!(" {} |", times.join(", "));
        }
        println!();
    }
}

fn sections(path: &Path, blob: &Blob<'_>) {
    let names = |kind| blob.lexicon(kind).name_count();
    println!(
        "{}: {} names of people, {} of organisations, {} of ships, {} of aircraft",
        path.file_name().unwrap_or_default().to_string_lossy(),
        names(Kind::Person),
        names(Kind::Organization),
        names(Kind::Vessel),
        names(Kind::Aircraft)
    );
}

/// The questions of a file as `weighbridge eval` reads it.
fn labelled(file: &Path) -> Vec<(Option<Kind>, String)> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let read = |line: &str| {
        let value: Value = serde_json::from_str(line).expect("a JSON object in each line");
        (value["schema"].as_str().and_then(|s| s.parse().ok()), value["query"].as_str().expect("a `query`").to_owned())
    };
    text.lines().filter(|line| !line.is_empty()).map(read).collect()
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A blob of the real list, or of the sample.
fn built(root: &Path, folder: &Path) -> PathBuf {
    let workspace = root.join("../..");
    let out = folder.join("names.blob");
    let file = match std::env::var_os("WEIGHBRIDGE_DATA").map(PathBuf::from) {
        Some(data) => {
            let list = data.join("ofac-sdn-2023-12-28");
            let text = format!("output = \"names.blob\"\n[[source]]\nid = \"us_ofac_sdn\"\nformat = \"ofac-csv\"\npath = {list:?}\n");
            let file = folder.join("names.toml");
            std::fs::write(&file, text).unwrap();
            file
        }
        None => {
            println!("SKIPPED full SDN: WEIGHBRIDGE_DATA is not set; the sample lists instead");
            workspace.join("tests/lists/weighbridge.toml")
        }
    };
    let _ = std::fs::remove_file(&out);
    let mut build = cargo();
    build.current_dir(&workspace).args(["run", "--quiet", "-p", "weighbridge", "--", "build"]).arg(&file);
    build.args(["--checked-at", "2026-11-22", "--output"]).arg(&out);
    let output = build.output().expect("cargo runs");
    assert!(output.status.success(), "the blob does not build:\n{}", String::from_utf8_lossy(&output.stderr));
    out
}

/// The library as WebAssembly.
fn module(root: &Path, target: &Path) -> Option<PathBuf> {
    let built = cargo()
        .args(["build", "--quiet", "--release", "--lib", "--target", "wasm32-unknown-unknown", "--manifest-path"])
        .arg(root.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .status();
    built.is_ok_and(|status| status.success()).then(|| target.join("wasm32-unknown-unknown/release/weighbridge_names_bench.wasm"))
}

/// For callgrind: the buffers that are there already, so many questions.
fn count(folder: &Path, questions: u32) {
    for number in 0..2 {
        bench::hand_over(number, &std::fs::read(folder.join(format!("{number}.bin"))).unwrap());
    }
    bench::open();
    println!("{}", (0..questions).fold(0_u32, |sum, n| sum ^ bench::ask(n)));
}

/// Instructions of a question: a run with some, less a run with none.
fn callgrind(folder: &Path, questions: usize) -> Option<u64> {
    let count = |questions: usize| -> Option<u64> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe().ok()?)
            .arg("--count")
            .arg(folder)
            .arg(questions.to_string())
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        text.lines().find_map(|line| line.split("Collected : ").nth(1)?.trim().parse().ok())
    };
    Some(count(questions)?.saturating_sub(count(0)?) / questions.max(1) as u64)
}
