//! The gate's search behind one face that a native program and a WebAssembly host both call: blob and queries are handed over
//! as bytes, then the module asks them one by one and times each by its own clock.
#![allow(missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::RefCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use rapidfuzz::distance::jaro_winkler;
use weighbridge_blob::Blob;
use weighbridge_blob::date::Day;
use weighbridge_blob::words::Kind;
use weighbridge_engine::screen::{Query, Screening, screen};

/// A question: the kind of party (place in [`Kind::ALL`]; anything else = any kind), and the name.
pub struct Asked {
    pub kind: Option<Kind>,
    pub name: &'static str,
}

struct Bench {
    blob: Blob<'static>,
    day: Day,
    queries: Vec<Asked>,
    /// Every listed name, for the peer: kind, letters.
    names: Vec<(Kind, Vec<u8>)>,
}

// SAFETY: a module has one thread, and the native program asks from one; nothing in it is written after `open`.
struct Shared(Bench);
unsafe impl Sync for Shared {}
unsafe impl Send for Shared {}

static BENCH: OnceLock<Shared> = OnceLock::new();

thread_local! {
    static BUFFERS: RefCell<[Vec<u8>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
    static TIMES: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// Bytes that are allocated, and how often something was.
struct Counting;
static BYTES: AtomicUsize = AtomicUsize::new(0);
static CALLS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it came; the counters are beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size(), Relaxed);
        CALLS.fetch_add(1, Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes that are allocated now.
#[unsafe(no_mangle)]
pub extern "C" fn allocated() -> u32 {
    BYTES.load(Relaxed) as u32
}

/// How often something was allocated so far.
#[unsafe(no_mangle)]
pub extern "C" fn allocations() -> u32 {
    CALLS.load(Relaxed) as u32
}

/// Makes room for the blob (0) or the queries (1) and tells where it is; the host fills it.
#[unsafe(no_mangle)]
pub extern "C" fn buffer(number: u32, len: u32) -> *mut u8 {
    BUFFERS.with_borrow_mut(|buffers| {
        let buffer = &mut buffers[number as usize];
        buffer.resize(len as usize, 0);
        buffer.as_mut_ptr()
    })
}

/// The same for a caller that has the bytes.
pub fn hand_over(number: u32, bytes: &[u8]) {
    BUFFERS.with_borrow_mut(|buffers| buffers[number as usize] = bytes.to_vec());
}

/// Opens the blob and reads the queries. Tells how many there are.
#[unsafe(no_mangle)]
pub extern "C" fn open() -> u32 {
    let [blob, queries] = BUFFERS.with_borrow_mut(std::mem::take);
    let blob = Blob::open(blob.leak()).expect("a blob of this version");
    let mut rest: &'static [u8] = queries.leak();
    let mut read = Vec::new();
    while let [kind, a, b, c, d, tail @ ..] = rest {
        let (name, tail) = tail.split_at(u32::from_le_bytes([*a, *b, *c, *d]) as usize);
        read.push(Asked { kind: Kind::ALL.get(usize::from(*kind)).copied(), name: std::str::from_utf8(name).unwrap() });
        rest = tail;
    }
    let mut names = Vec::new();
    for kind in [Kind::Person, Kind::Organization, Kind::Vessel, Kind::Aircraft] {
        let lexicon = blob.lexicon(kind);
        for name in (0..lexicon.name_count()).filter_map(|number| lexicon.name(number)) {
            names.push((kind, name.tokens().map(|t| lexicon.text(t)).collect::<Vec<_>>().join(&b' ')));
        }
    }
    let day = Day::of_unix(blob.header().created);
    let count = read.len() as u32;
    assert!(BENCH.set(Shared(Bench { blob, day, queries: read, names })).is_ok());
    count
}

/// Writes queries as [`open`] reads them.
pub fn put_query(out: &mut Vec<u8>, kind: Option<Kind>, name: &str) {
    out.push(kind.and_then(|kind| Kind::ALL.iter().position(|k| *k == kind)).map_or(255, |at| at as u8));
    out.extend((name.len() as u32).to_le_bytes());
    out.extend(name.as_bytes());
}

fn bench() -> &'static Bench {
    &BENCH.get().expect("it is open").0
}

fn found(number: u32) -> Screening {
    let bench = bench();
    let asked = &bench.queries[number as usize];
    screen(&bench.blob, &Query { kind: asked.kind, names: vec![asked.name], ..Query::default() }, bench.day)
}

/// Asks a query of the gate's search, and tells a sum of the answer: entries, scores, bands, whether it was cut short.
#[unsafe(no_mangle)]
pub extern "C" fn ask(number: u32) -> u32 {
    let screening = found(number);
    let mut sum = 0x811c_9dc5_u32 ^ u32::from(screening.truncated);
    for m in &screening.matches {
        for part in [m.entry, u32::from(m.score), m.band as u32] {
            sum = (sum ^ part).wrapping_mul(0x0100_0193).rotate_left(5);
        }
    }
    sum
}

/// Nothing: what a call costs by itself.
#[unsafe(no_mangle)]
pub extern "C" fn nothing(number: u32) -> u32 {
    number
}

/// The answer in words, to be compared with that of another state of the search.
pub fn answer(number: u32) -> String {
    let screening = found(number);
    let bench = bench();
    let mut out = if screening.truncated { "truncated".to_owned() } else { String::new() };
    for m in &screening.matches {
        let id = bench.blob.entry(m.entry).map_or("", |entry| entry.id());
        out.push_str(&format!(" {id} {} {} {:?}", m.score, m.band.as_str(), m.reason));
    }
    out
}

/// Compares a query with every listed name of its kind by Jaro-Winkler, and tells the best, in thousandths.
#[unsafe(no_mangle)]
pub extern "C" fn peer(number: u32) -> u32 {
    let bench = bench();
    let asked = &bench.queries[number as usize];
    let folded = |kind| if kind == Kind::Government { Kind::Organization } else { kind };
    let kind = asked.kind.map(folded);
    let query = jaro_winkler::BatchComparator::new(asked.name.to_lowercase().into_bytes());
    let args = jaro_winkler::Args::default().score_cutoff(0.85);
    let names = bench.names.iter().filter(|(of, _)| kind.is_none_or(|kind| kind == *of));
    names.filter_map(|(_, name)| query.similarity_with_args(name.iter().copied(), &args)).fold(0.0, f64::max).mul_add(1e3, 0.5) as u32
}

/// Times the queries from number `from` on, each alone: the search (0), the peer (1) or nothing (2). Tells where the times are,
/// nanoseconds in 64 bits each.
#[unsafe(no_mangle)]
pub extern "C" fn time(what: u32, from: u32, count: u32) -> *const u64 {
    let call = [ask, peer, nothing][what as usize];
    TIMES.with_borrow_mut(|times| {
        times.clear();
        for number in from..from + count {
            let start = now();
            std::hint::black_box(call(number));
            times.push(now() - start);
        }
        times.as_ptr()
    })
}

/// The times of the last call of [`time`].
pub fn times() -> Vec<u64> {
    TIMES.with_borrow(Clone::clone)
}

/// A steady clock, nanoseconds: the host's own, called without a detour.
#[cfg(target_family = "wasm")]
fn now() -> u64 {
    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        fn clock_time_get(id: u32, precision: u64, time: *mut u64) -> u32;
    }
    let mut time = 0;
    // SAFETY: the host writes eight bytes to the place that it is given, and to nothing else. 1 is the steady clock.
    unsafe { clock_time_get(1, 1, &raw mut time) };
    time
}

#[cfg(not(target_family = "wasm"))]
fn now() -> u64 {
    static START: OnceLock<std::time::Instant> = OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed().as_nanos() as u64
}
