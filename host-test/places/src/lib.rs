//! The tables that are compared, behind one face that a native program and a WebAssembly host both call: buffers are
//! handed over by number, then each table answers the same chunk of addresses.
#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::{Mutex, OnceLock};

use maxminddb::Reader;
use serde::Deserialize;
use weighbridge_blob::trie::{Family, Trie};

/// Buffers, in the order of [`Buffer`].
static BUFFERS: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
static TABLES: OnceLock<Tables> = OnceLock::new();

/// What is handed over.
#[derive(Clone, Copy)]
pub enum Buffer {
    Mmdb = 0,
    Fst4,
    Fst6,
    Sorted4,
    Sorted6,
    All4,
    All6,
    Policy4,
    Policy6,
    Known4,
    Known6,
    /// Addresses: four bytes each, little-endian.
    Queries4,
    /// Addresses: sixteen bytes each, little-endian.
    Queries6,
}

/// How many buffers there are.
pub const BUFFERS_LEN: u32 = 13;
/// The tables, in the order of their numbers.
pub const NAMES: [&str; 6] =
    ["maxminddb", "fst of range ends", "sorted array", "run trie, all countries", "run trie, policy", "run trie, policy, unknown told"];

#[derive(Deserialize)]
struct Flat<'a> {
    country_code: Option<&'a str>,
}

struct Tables {
    mmdb: Reader<Vec<u8>>,
    fst4: fst::Map<Vec<u8>>,
    fst6: fst::Map<Vec<u8>>,
    sorted4: (Vec<u32>, Vec<u16>),
    sorted6: (Vec<u128>, Vec<u16>),
    tries: [Vec<u8>; 6],
    queries4: Vec<u32>,
    queries6: Vec<u128>,
}

/// Makes room for a buffer and tells where it is; the host fills it.
#[unsafe(no_mangle)]
pub extern "C" fn buffer(number: u32, len: u32) -> *mut u8 {
    let mut buffers = BUFFERS.lock().unwrap();
    buffers.resize(BUFFERS_LEN as usize, Vec::new());
    buffers[number as usize] = vec![0; len as usize];
    buffers[number as usize].as_mut_ptr()
}

/// The same for a caller that has the bytes.
pub fn hand_over(number: Buffer, bytes: &[u8]) {
    fill(number as u32, bytes);
}

/// The same by number.
pub fn fill(number: u32, bytes: &[u8]) {
    let mut buffers = BUFFERS.lock().unwrap();
    buffers.resize(BUFFERS_LEN as usize, Vec::new());
    buffers[number as usize] = bytes.to_vec();
}

/// Opens all tables. Once, after the buffers.
#[unsafe(no_mangle)]
pub extern "C" fn open() {
    let mut buffers = BUFFERS.lock().unwrap();
    let mut take = |b: Buffer| std::mem::take(&mut buffers[b as usize]);
    fn split<const N: usize, T>(bytes: &[u8], of: impl Fn([u8; N]) -> T) -> (Vec<T>, Vec<u16>) {
        let count = bytes.len() / (N + 2);
        let (starts, codes) = bytes.split_at(count * N);
        let starts = starts.chunks_exact(N).map(|c| of(c.try_into().unwrap())).collect();
        (starts, codes.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect())
    }
    let tables = Tables {
        mmdb: Reader::from_source(take(Buffer::Mmdb)).unwrap(),
        fst4: fst::Map::new(take(Buffer::Fst4)).unwrap(),
        fst6: fst::Map::new(take(Buffer::Fst6)).unwrap(),
        sorted4: split(&take(Buffer::Sorted4), u32::from_le_bytes),
        sorted6: split(&take(Buffer::Sorted6), u128::from_le_bytes),
        tries: [Buffer::All4, Buffer::All6, Buffer::Policy4, Buffer::Policy6, Buffer::Known4, Buffer::Known6].map(&mut take),
        queries4: take(Buffer::Queries4).chunks_exact(4).map(|c| u32::from_le_bytes(c.try_into().unwrap())).collect(),
        queries6: take(Buffer::Queries6).chunks_exact(16).map(|c| u128::from_le_bytes(c.try_into().unwrap())).collect(),
    };
    assert!(TABLES.set(tables).is_ok());
}

/// Looks `count` addresses up from number `from` on, each after the answer to the one before is known, and returns a sum of the
/// answers: of the first four tables the same.
#[unsafe(no_mangle)]
pub extern "C" fn run(table: u32, v6: u32, from: u32, count: u32) -> u32 {
    let t = TABLES.get().unwrap();
    let (from, count) = (from as usize, count as usize);
    let code = |text: Option<&str>| text.map_or(0, |c| u16::from_be_bytes([c.as_bytes()[0], c.as_bytes()[1]]));
    let mmdb = |address: std::net::IpAddr| {
        let found = t.mmdb.lookup(address).unwrap();
        code(found.decode::<Flat<'_>>().unwrap().and_then(|flat| flat.country_code))
    };
    if v6 == 0 {
        let queries = &t.queries4[from..from + count];
        let trie = |n: usize| Trie::open(Family::V4, &t.tries[n]).unwrap();
        match table {
            0 => each(queries, |q| mmdb(std::net::Ipv4Addr::from_bits(q).into())),
            1 => each(queries, |q| ceiling(&t.fst4, &q.to_be_bytes())),
            2 => each(queries, |q| t.sorted4.1[t.sorted4.0.partition_point(|s| *s <= q) - 1]),
            n => {
                let trie = trie((n as usize - 3) * 2);
                each(queries, |q| trie.v4(q.into()))
            }
        }
    } else {
        let queries = &t.queries6[from..from + count];
        let trie = |n: usize| Trie::open(Family::V6, &t.tries[n]).unwrap();
        match table {
            0 => each(queries, |q| mmdb(std::net::Ipv6Addr::from_bits(q).into())),
            1 => each(queries, |q| ceiling(&t.fst6, &q.to_be_bytes())),
            2 => each(queries, |q| t.sorted6.1[t.sorted6.0.partition_point(|s| *s <= q) - 1]),
            n => {
                let trie = trie((n as usize - 3) * 2 + 1);
                each(queries, |q| trie.v6(q.into()))
            }
        }
    }
}

/// The value of the first range end that is not below a key.
fn ceiling(map: &fst::Map<Vec<u8>>, key: &[u8]) -> u16 {
    use fst::{IntoStreamer, Streamer};
    map.range().ge(key).into_stream().next().map_or(0, |(_, value)| value as u16)
}

#[inline(always)]
fn each<Q: Copy + std::ops::BitXor<Output = Q> + From<u16>>(queries: &[Q], find: impl Fn(Q) -> u16) -> u32 {
    // A zero that the compiler does not know, so that the next query waits for the last answer.
    let zero: u16 = black_box(0);
    let (mut sum, mut last) = (0_u32, 0_u16);
    for query in queries {
        last = find(*query ^ Q::from(last & zero));
        sum = sum.rotate_left(1) ^ u32::from(last);
    }
    sum
}
