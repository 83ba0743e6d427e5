//! `cargo places DATABASE.mmdb [--callgrind]`: the address table against `maxminddb`, an FST of range ends and a sorted array.
//!
//! One process, all tables in turn, each round a fresh chunk of addresses; medians, and ratios to `maxminddb` of the same run.
//! The same library is built as WebAssembly and run by node (V8). The database is a flat country file of ip-location-db.
#![allow(missing_docs)]

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use maxminddb::{Reader, WithinOptions};
use serde::Deserialize;
use weighbridge_blob::trie::Family;
use weighbridge_blob::trie::build::{Range, build};
use weighbridge_places_bench::{Buffer, NAMES, hand_over, open, run};

const CHUNK: u32 = 16_384;
const ROUNDS: u32 = 31;
/// The jurisdictions that the policy form tells apart; everything else is "rest".
const TOLD_APART: [&str; 30] = [
    "AF", "AM", "AZ", "BY", "CD", "CF", "CN", "CU", "ER", "GE", "HK", "HT", "IQ", "IR", "KG", "KH", "KP", "KZ", "LB", "LY", "MM", "MO",
    "RU", "SD", "SO", "SS", "SY", "UA", "VE", "YE",
];

#[derive(Deserialize)]
struct Flat<'a> {
    country_code: Option<&'a str>,
}

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
    let mode = arguments.next();
    let bytes = std::fs::read(&path).expect("the database can be read");
    let (v4, v6) = ranges(&bytes);
    let policy = |ranges: &[Range]| -> Vec<Range> {
        let told: Vec<u16> = TOLD_APART.iter().map(|c| u16::from_be_bytes([c.as_bytes()[0], c.as_bytes()[1]])).collect();
        ranges.iter().map(|r| if told.contains(&r.label) || r.label == 0 { *r } else { Range { label: 1, ..*r } }).collect()
    };
    let buffers: Vec<(Buffer, Vec<u8>)> = vec![
        (Buffer::Fst4, fst_of(&v4, 4)),
        (Buffer::Fst6, fst_of(&v6, 16)),
        (Buffer::Sorted4, sorted(&v4, 4)),
        (Buffer::Sorted6, sorted(&v6, 16)),
        (Buffer::All4, build(Family::V4, v4.iter().copied()).unwrap()),
        (Buffer::All6, build(Family::V6, v6.iter().copied()).unwrap()),
        (Buffer::Policy4, build(Family::V4, policy(&v4)).unwrap()),
        (Buffer::Policy6, build(Family::V6, policy(&v6)).unwrap()),
        (Buffer::Queries4, queries(&v4, 4)),
        (Buffer::Queries6, queries(&v6, 16)),
        (Buffer::Mmdb, bytes),
    ];
    if let Some(mode) = mode {
        // For callgrind: one table, one family, n look-ups.
        let [table, family, count] = <[u32; 3]>::try_from(mode.split(',').map(|n| n.parse().unwrap()).collect::<Vec<u32>>()).unwrap();
        buffers.iter().for_each(|(number, bytes)| hand_over(*number, bytes));
        open();
        println!("{}", run(table, family, 0, count));
        return;
    }
    sizes(&buffers);
    buffers.iter().for_each(|(number, bytes)| hand_over(*number, bytes));
    open();
    report("native", &mut |table, kind, round| {
        let (v6, from) = place(kind, round);
        let start = Instant::now();
        let sum = run(table, v6, from, CHUNK);
        (start.elapsed().as_nanos() as f64 / f64::from(CHUNK), sum)
    });
    node(&buffers);
    println!("instructions a look-up: {}", callgrind(&path).unwrap_or_else(|| "SKIPPED, valgrind is not there".to_owned()));
}

/// Kinds of queries, and where they stand: real IPv4, random IPv4, IPv6.
const KINDS: [&str; 3] = ["IPv4 real", "IPv4 random", "IPv6"];

fn place(kind: usize, round: u32) -> (u32, u32) {
    match kind {
        0 => (0, round * CHUNK),
        1 => (0, (ROUNDS + round) * CHUNK),
        _ => (1, round * CHUNK),
    }
}

fn report(name: &str, one: &mut dyn FnMut(u32, usize, u32) -> (f64, u32)) {
    println!("\n{name}: ns a look-up, median of {ROUNDS} interleaved rounds (times faster than maxminddb)");
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
        let median = |times: &mut Vec<f64>| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        };
        let medians: Vec<f64> = times.iter_mut().map(median).collect();
        for (name, ns) in NAMES.iter().zip(&medians) {
            println!("  {title:<12} {name:<24} {ns:>8.1}  ({:.1} x)", medians[0] / ns);
        }
    }
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
fn starts(ranges: &[Range]) -> Vec<(u128, u16)> {
    let mut out: BTreeMap<u128, u16> = BTreeMap::from([(0, 0)]);
    for range in ranges {
        out.insert(range.first, range.label);
        if let Some(next) = range.last.checked_add(1) {
            out.entry(next).or_insert(0);
        }
    }
    out.into_iter().collect()
}

fn sorted(ranges: &[Range], width: usize) -> Vec<u8> {
    let starts: Vec<_> = starts(ranges).into_iter().filter(|(s, _)| width == 16 || *s <= u128::from(u32::MAX)).collect();
    let mut out: Vec<u8> = starts.iter().flat_map(|(s, _)| s.to_le_bytes().into_iter().take(width)).collect();
    out.extend(starts.iter().flat_map(|(_, c)| c.to_le_bytes()));
    out
}

/// Ends of all runs to their codes.
fn fst_of(ranges: &[Range], width: usize) -> Vec<u8> {
    let last = if width == 4 { u128::from(u32::MAX) } else { u128::MAX };
    let starts: Vec<_> = starts(ranges).into_iter().filter(|(s, _)| *s <= last).collect();
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
    for _ in 0..ROUNDS * CHUNK {
        // Popularity falls as one over the rank.
        let unit = (numbers.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let rank = (pool.len() as f64).powf(unit) as usize;
        out.extend(pool[rank.min(pool.len() - 1)].to_le_bytes().into_iter().take(width));
    }
    if width == 4 {
        for _ in 0..ROUNDS * CHUNK {
            let address = 0x0100_0000 + (numbers.next() % 0xdf00_0000) as u32;
            out.extend(address.to_le_bytes());
        }
    }
    out
}

fn brotli(bytes: &[u8]) -> usize {
    let mut out = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 24, ..Default::default() };
    brotli::BrotliCompress(&mut &*bytes, &mut out, &parameters).unwrap();
    out.len()
}

fn sizes(buffers: &[(Buffer, Vec<u8>)]) {
    let of = |parts: &[Buffer]| -> Vec<u8> {
        parts.iter().flat_map(|p| buffers.iter().find(|(b, _)| *b as u32 == *p as u32).unwrap().1.clone()).collect()
    };
    println!("bytes, IPv4 and IPv6 together          raw     brotli 11");
    for (name, parts) in NAMES.iter().zip([
        &[Buffer::Mmdb][..],
        &[Buffer::Fst4, Buffer::Fst6],
        &[Buffer::Sorted4, Buffer::Sorted6],
        &[Buffer::All4, Buffer::All6],
        &[Buffer::Policy4, Buffer::Policy6],
    ]) {
        let bytes = of(parts);
        println!("  {name:<28} {:>12} {:>12}", bytes.len(), brotli(&bytes));
    }
}

/// The same in V8, where node and the WebAssembly target are there.
fn node(buffers: &[(Buffer, Vec<u8>)]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target: PathBuf = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--release", "--lib", "--target", "wasm32-unknown-unknown", "--manifest-path"])
        .arg(root.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .status();
    if !built.is_ok_and(|status| status.success()) {
        println!("\nV8: SKIPPED, the library does not build for wasm32-unknown-unknown");
        return;
    }
    let folder = target.join("places");
    std::fs::create_dir_all(&folder).unwrap();
    for (number, bytes) in buffers {
        std::fs::write(folder.join(format!("{}.bin", *number as u32)), bytes).unwrap();
    }
    let wasm = target.join("wasm32-unknown-unknown/release/weighbridge_places_bench.wasm");
    let output =
        Command::new("node").arg(root.join("run.mjs")).arg(wasm).arg(&folder).args([CHUNK, ROUNDS].map(|n| n.to_string())).output();
    let Ok(output) = output else {
        println!("\nV8: SKIPPED, node is not there");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // kind table round ns sum
    let mut rows: BTreeMap<(usize, u32, u32), (f64, u32)> = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let f: Vec<&str> = line.split(' ').collect();
        rows.insert((f[0].parse().unwrap(), f[1].parse().unwrap(), f[2].parse().unwrap()), (f[3].parse().unwrap(), f[4].parse().unwrap()));
    }
    report("WebAssembly in V8 (node)", &mut |table, kind, round| rows[&(kind, table, round)]);
}

/// Instructions of a look-up: a run with many less a run with none.
fn callgrind(path: &str) -> Option<String> {
    Command::new("valgrind").arg("--version").output().ok()?;
    let count = |mode: &str| -> Option<u64> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe().ok()?)
            .args([path, mode])
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        text.lines().find_map(|line| line.split("Collected : ").nth(1)?.trim().parse().ok())
    };
    let mut out = Vec::new();
    for table in [0, 3, 4] {
        for family in [0, 1] {
            let cost = count(&format!("{table},{family},{CHUNK}"))?.checked_sub(count(&format!("{table},{family},0"))?)?;
            out.push(format!("{} {} {}", NAMES[table as usize], ["v4", "v6"][family as usize], cost / u64::from(CHUNK)));
        }
    }
    Some(out.join("; "))
}
