//! `cargo places DATABASE.mmdb`: the address table against `maxminddb`, an FST of range ends and a sorted array.
//!
//! One process, all tables in turn, so that each begins with its data partly evicted; each round a fresh chunk of 16,384 addresses
//! after 4,096 others, and each look-up waits for the answer to the one before. CPU time, not wall time: of the thread natively and
//! in wasmtime, of the process in node. Medians, and ratios to `maxminddb` of the same run. The same library, with the same flags
//! for all tables (`flags.toml`), is built as WebAssembly and run by wasmtime (through Python) and by node (V8); callgrind counts
//! instructions where valgrind is there. The database is a flat country file of ip-location-db.
//!
//! *Real* addresses: 50,000 out of ranges drawn evenly, so that fragmented space counts more, asked for by Zipf's law. *Random*: any
//! of 1.0.0.0 to 223.255.255.255.
#![allow(missing_docs)]

#[path = "../../wasmtime_of_pypi.rs"]
mod wasmtime_of_pypi;

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use maxminddb::{Reader, WithinOptions};
use serde::Deserialize;
use weighbridge_blob::trie::Family;
use weighbridge_blob::trie::build::{Range, build, build_small};
use weighbridge_places_bench::{BUFFERS_LEN, Buffer, NAMES, fill, hand_over, open, run};

const CHUNK: u32 = 16_384;
/// Look-ups before those of a chunk that are timed.
const WARM_UP: u32 = CHUNK / 4;
const ROUNDS: u32 = 31;
/// Look-ups whose instructions are counted.
const COUNTED: u32 = 4_096;
/// The jurisdictions that the policy form tells apart; everything else is "rest", Hong Kong too: what its networks add when it is
/// China's (15 CFR 738.3(b)), `listbuilder/tests/geo_equality.rs` prints.
const TOLD_APART: [&str; 30] = [
    "AF", "AM", "BY", "CD", "CF", "CN", "CU", "ER", "GE", "HT", "IQ", "IR", "KG", "KH", "KP", "KZ", "LB", "LY", "MM", "MO", "NI", "RU",
    "SD", "SO", "SS", "SY", "UA", "VE", "YE", "ZW",
];

#[derive(Deserialize)]
struct Flat<'a> {
    country_code: Option<&'a str>,
}

/// Counts what is allocated: a look-up should allocate nothing.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: all is left to the system's allocator, with the arguments that came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as the caller says.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        eprintln!(
            "usage: cargo places DATABASE.mmdb   (a country database of ip-location-db: npm pack @ip-location-db/geo-whois-asn-country-mmdb)"
        );
        std::process::exit(2);
    };
    if path == "--count" {
        // For callgrind: buffers that are there already, one table, one family, n look-ups.
        let folder = PathBuf::from(arguments.next().unwrap());
        let [table, family, count] = [(); 3].map(|()| arguments.next().unwrap().parse::<u32>().unwrap());
        for number in 0..BUFFERS_LEN {
            fill(number, &std::fs::read(folder.join(format!("{number}.bin"))).unwrap());
        }
        open();
        println!("{}", run(table, family, 0, count));
        return;
    }
    let bytes = std::fs::read(&path).expect("the database can be read");
    let (v4, v6) = ranges(&bytes);
    let code = |c: &str| u16::from_be_bytes([c.as_bytes()[0], c.as_bytes()[1]]);
    let told: Vec<u16> = TOLD_APART.iter().map(|c| code(c)).collect();
    let policy = |label: u16| if told.contains(&label) { label } else { 1 };
    let trie = |family: Family, runs: &[(u128, u16)], of: Option<&dyn Fn(u16) -> u16>| {
        let ends = runs.iter().skip(1).map(|(start, _)| start - 1).chain([family.last()]);
        let ranges =
            runs.iter().zip(ends).map(|((first, label), last)| Range { first: *first, last, label: of.map_or(*label, |of| of(*label)) });
        // As the builder of blobs does it.
        if of.is_some() { build_small(family, ranges).unwrap() } else { build(family, ranges).unwrap() }
    };
    let (runs4, runs6) = (starts(&v4, Family::V4), starts(&v6, Family::V6));
    let known = |label: u16| if label == 0 { 0 } else { policy(label) };
    let buffers: Vec<(Buffer, Vec<u8>)> = vec![
        (Buffer::Mmdb, bytes),
        (Buffer::Fst4, fst_of(&runs4, 4)),
        (Buffer::Fst6, fst_of(&runs6, 16)),
        (Buffer::Sorted4, sorted(&runs4, 4)),
        (Buffer::Sorted6, sorted(&runs6, 16)),
        (Buffer::All4, trie(Family::V4, &runs4, None)),
        (Buffer::All6, trie(Family::V6, &runs6, None)),
        (Buffer::Policy4, trie(Family::V4, &runs4, Some(&policy))),
        (Buffer::Policy6, trie(Family::V6, &runs6, Some(&policy))),
        (Buffer::Known4, trie(Family::V4, &runs4, Some(&known))),
        (Buffer::Known6, trie(Family::V6, &runs6, Some(&known))),
        (Buffer::Queries4, queries(&v4, 4)),
        (Buffer::Queries6, queries(&v6, 16)),
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target: PathBuf = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let folder = target.join("places");
    std::fs::create_dir_all(&folder).unwrap();
    for (number, bytes) in &buffers {
        std::fs::write(folder.join(format!("{}.bin", *number as u32)), bytes).unwrap();
        hand_over(*number, bytes);
    }
    open();
    let mut allocated = [0_u64; NAMES.len()];
    let native = medians(&mut |table, kind, round| {
        let (family, from) = place(kind, round);
        run(table, family, from, WARM_UP);
        let (start, before) = (thread_ns(), ALLOCATIONS.load(Ordering::Relaxed));
        let sum = run(table, family, from + WARM_UP, CHUNK);
        let ns = (thread_ns() - start) as f64 / f64::from(CHUNK);
        allocated[table as usize] += ALLOCATIONS.load(Ordering::Relaxed) - before;
        (ns, sum)
    });
    let mut columns = vec![("native", native)];
    match module(root, &target) {
        None => eprintln!("WebAssembly: SKIPPED, the library does not build for wasm32-unknown-unknown"),
        Some(wasm) => {
            let mut engine = |name: &'static str, command: Option<Command>| match command.and_then(|c| rows(c, &wasm, &folder)) {
                Some(rows) => columns.push((name, medians(&mut |table, kind, round| rows[&(kind, table, round)]))),
                None => eprintln!("{name}: SKIPPED, it is not there"),
            };
            engine("wasmtime", wasmtime_of_pypi::wasmtime(root, &target));
            let mut node = Command::new("node");
            node.arg(root.join("run.mjs"));
            engine("V8", Some(node));
        }
    }
    print(&buffers, &columns, callgrind(&folder), &allocated);
}

/// CPU time of this thread: the machine may be busy with other work.
fn thread_ns() -> i64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes to the place that it is given, and to nothing else.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) }, 0);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Kinds of queries, and where they stand: real IPv4, random IPv4, IPv6.
const KINDS: [&str; 3] = ["IPv4 real", "IPv4 random", "IPv6"];

/// Family, and where the warm-up of a round begins; its chunk is behind that.
fn place(kind: usize, round: u32) -> (u32, u32) {
    match kind {
        0 => (0, round * (WARM_UP + CHUNK)),
        1 => (0, (ROUNDS + round) * (WARM_UP + CHUNK)),
        _ => (1, round * (WARM_UP + CHUNK)),
    }
}

/// Median ns of each table for each kind of query; all tables in turn.
fn medians(one: &mut dyn FnMut(u32, usize, u32) -> (f64, u32)) -> Vec<[f64; 3]> {
    let mut out = vec![[0.0; 3]; NAMES.len()];
    for (kind, title) in KINDS.iter().enumerate() {
        let mut times = vec![Vec::new(); NAMES.len()];
        for round in 0..ROUNDS {
            let mut sums = Vec::new();
            for (table, times) in (0_u32..).zip(&mut times) {
                let (ns, sum) = one(table, kind, round);
                times.push(ns);
                sums.push(sum);
            }
            assert!(sums[..4].iter().all(|sum| *sum == sums[0]), "{title}: the tables do not agree: {sums:?}");
        }
        for (out, times) in out.iter_mut().zip(&mut times) {
            times.sort_by(f64::total_cmp);
            out[kind] = times[times.len() / 2];
        }
    }
    out
}

fn ranges(bytes: &[u8]) -> (Vec<Range>, Vec<Range>) {
    let reader = Reader::from_source(bytes).expect("an MMDB file");
    let (mut v4, mut v6): (Vec<Range>, Vec<Range>) = (Vec::new(), Vec::new());
    for network in reader.networks(WithinOptions::default()).unwrap() {
        let network = network.unwrap();
        let label = network
            .decode::<Flat<'_>>()
            .unwrap()
            .and_then(|f| f.country_code)
            .map_or(0, |c| u16::from_be_bytes([c.as_bytes()[0], c.as_bytes()[1]]));
        let bounds = network.network().unwrap();
        let (out, first, free) = match bounds.network() {
            IpAddr::V4(a) => (&mut v4, u128::from(a.to_bits()), 32 - u32::from(bounds.prefix())),
            IpAddr::V6(a) => (&mut v6, a.to_bits(), 128 - u32::from(bounds.prefix())),
        };
        let last = first | 1_u128.checked_shl(free).map_or(u128::MAX, |s| s - 1);
        match out.last_mut() {
            Some(before) if before.label == label && before.last + 1 == first => before.last = last,
            _ => out.push(Range { first, last, label }),
        }
    }
    (v4, v6)
}

/// Starts of all runs, gaps too.
fn starts(ranges: &[Range], family: Family) -> Vec<(u128, u16)> {
    let mut out: BTreeMap<u128, u16> = BTreeMap::from([(0, 0)]);
    for range in ranges {
        out.insert(range.first, range.label);
        if let Some(next) = range.last.checked_add(1).filter(|next| *next <= family.last()) {
            out.entry(next).or_insert(0);
        }
    }
    out.into_iter().collect()
}

fn sorted(starts: &[(u128, u16)], width: usize) -> Vec<u8> {
    let mut out: Vec<u8> = starts.iter().flat_map(|(s, _)| s.to_le_bytes().into_iter().take(width)).collect();
    out.extend(starts.iter().flat_map(|(_, c)| c.to_le_bytes()));
    out
}

/// Ends of all runs to their codes.
fn fst_of(starts: &[(u128, u16)], width: usize) -> Vec<u8> {
    let last = if width == 4 { u128::from(u32::MAX) } else { u128::MAX };
    let mut builder = fst::MapBuilder::memory();
    for (at, (_, code)) in starts.iter().enumerate() {
        let end = starts.get(at + 1).map_or(last, |(next, _)| next - 1);
        builder.insert(&end.to_be_bytes()[16 - width..], u64::from(*code)).unwrap();
    }
    builder.into_inner().unwrap()
}

/// Addresses out of ranges drawn evenly, so that fragmented space counts more; for IPv4 then as many random ones.
fn queries(ranges: &[Range], width: usize) -> Vec<u8> {
    let mut numbers = Numbers(0x5eed);
    let pool: Vec<u128> = (0..50_000)
        .map(|_| {
            let range = ranges[(numbers.next() % ranges.len() as u64) as usize];
            let any = u128::from(numbers.next()) << 64 | u128::from(numbers.next());
            range.first + any % (range.last - range.first).saturating_add(1).max(1)
        })
        .collect();
    let mut out = Vec::new();
    for _ in 0..ROUNDS * (WARM_UP + CHUNK) {
        // Popularity falls as one over the rank.
        let unit = (numbers.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let rank = (pool.len() as f64).powf(unit) as usize;
        out.extend(pool[rank.min(pool.len() - 1)].to_le_bytes().into_iter().take(width));
    }
    if width == 4 {
        for _ in 0..ROUNDS * (WARM_UP + CHUNK) {
            let address = 0x0100_0000 + (numbers.next() % 0xdf00_0000) as u32;
            out.extend(address.to_le_bytes());
        }
    }
    out
}

fn brotli(bytes: &[u8]) -> usize {
    let mut out = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 9, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &*bytes, &mut out, &parameters).unwrap();
    out.len()
}

/// The table: bytes, then ns a look-up and how many times faster than maxminddb, then instructions of one and allocations of all.
fn print(buffers: &[(Buffer, Vec<u8>)], columns: &[(&str, Vec<[f64; 3]>)], instructions: Option<Vec<[u64; 2]>>, allocated: &[u64]) {
    println!(
        "CPU ns a look-up, median of {ROUNDS} interleaved rounds of {CHUNK} after {WARM_UP}; in brackets how many times faster than maxminddb"
    );
    print!("| table | bytes | brotli 9 |");
    for (engine, _) in columns {
        KINDS.iter().for_each(|kind| print!(" {engine} {kind} |"));
    }
    println!(" instructions IPv4, IPv6 | allocations |");
    println!("| --- |{}", " --- |".repeat(4 + columns.len() * KINDS.len()));
    for (table, name) in NAMES.iter().enumerate() {
        let parts = match table {
            0 => 0..1,
            table => table * 2 - 1..table * 2 + 1,
        };
        let bytes: Vec<u8> = buffers[parts].iter().flat_map(|(_, bytes)| bytes.clone()).collect();
        print!("| {name} | {} | {} |", bytes.len(), brotli(&bytes));
        for (_, medians) in columns {
            for (ns, first) in medians[table].iter().zip(medians[0]) {
                print!(" {ns:.1} ({:.1}) |", first / ns);
            }
        }
        match &instructions {
            Some(all) => print!(" {}, {} |", all[table][0], all[table][1]),
            None => print!(" – |"),
        }
        println!(" {} |", allocated[table]);
    }
}

/// The library as WebAssembly.
fn module(root: &Path, target: &Path) -> Option<PathBuf> {
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--release", "--lib", "--target", "wasm32-unknown-unknown", "--config"])
        .arg(root.join("flags.toml"))
        .arg("--manifest-path")
        .arg(root.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .status();
    built.is_ok_and(|status| status.success()).then(|| target.join("wasm32-unknown-unknown/release/weighbridge_places_bench.wasm"))
}

/// What an engine printed: kind, table, round, ns, sum.
fn rows(mut engine: Command, wasm: &Path, folder: &Path) -> Option<BTreeMap<(usize, u32, u32), (f64, u32)>> {
    let output = engine.arg(wasm).arg(folder).args([WARM_UP, CHUNK, ROUNDS].map(|n| n.to_string())).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let rows = text.lines().map(|line| {
        let f: Vec<&str> = line.split(' ').collect();
        let key = (f[0].parse().unwrap(), f[1].parse().unwrap(), f[2].parse().unwrap());
        (key, (f[3].parse().unwrap(), f[4].parse().unwrap()))
    });
    Some(rows.collect())
}

/// Instructions of a look-up, real mix of IPv4 and IPv6: a run with some, less a run with none.
fn callgrind(folder: &Path) -> Option<Vec<[u64; 2]>> {
    let count = |table: usize, family: usize, count: u32| -> Option<u64> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe().ok()?)
            .arg("--count")
            .arg(folder)
            .args([table.to_string(), family.to_string(), count.to_string()])
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        text.lines().find_map(|line| line.split("Collected : ").nth(1)?.trim().parse().ok())
    };
    let none = count(0, 0, 0)?;
    let cost = |table, family| Some(count(table, family, COUNTED)?.saturating_sub(none) / u64::from(COUNTED));
    (0..NAMES.len()).map(|table| Some([cost(table, 0)?, cost(table, 1)?])).collect()
}
