//! A client that costs less than the servers it measures: one kept connection, one request at a time, on plain sockets.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

/// Connections that ask at once where requests per second are counted, and for how long they do.
const CONNECTIONS: usize = 4;
const SPELL: Duration = Duration::from_millis(300);

/// One kind of request to one server.
pub(super) struct Kind {
    server: SocketAddr,
    request: Vec<u8>,
    status: u16,
    connection: Connection,
    medians: Vec<f64>,
    all: Vec<f64>,
    per_second: Vec<f64>,
}

/// What a kind of request took, in microseconds.
pub(super) struct Measured {
    /// The best median of a round.
    pub(super) best: f64,
    /// The median of the rounds' medians.
    pub(super) median: f64,
    /// Of all requests.
    pub(super) p99: f64,
    /// The most requests per second, with several connections.
    pub(super) per_second: f64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} ({:.0}), {:.0} µs", self.best, self.median, self.p99)
    }
}

impl Kind {
    /// `asked` is the target and further header lines.
    pub(super) fn new(server: SocketAddr, [target, headers]: [&str; 2], status: u16) -> anyhow::Result<Self> {
        let request =
            format!("GET {target} HTTP/1.1\r\nhost: weights.test\r\nuser-agent: measure\r\naccept: */*\r\n{headers}\r\n").into_bytes();
        let connection = Connection::open(server)?;
        Ok(Self { server, request, status, connection, medians: Vec::new(), all: Vec::new(), per_second: Vec::new() })
    }

    fn round(&mut self, requests: usize) -> anyhow::Result<()> {
        let mut times = Vec::with_capacity(requests);
        for _ in 0..requests {
            let start = Instant::now();
            self.connection.ask(self.server, &self.request, self.status)?;
            times.push(start.elapsed().as_nanos() as f64 / 1e3);
        }
        times.sort_by(f64::total_cmp);
        self.medians.push(times[times.len() / 2]);
        self.all.extend(times);
        Ok(())
    }

    /// How many requests several connections get answered in a second.
    fn spell(&mut self) -> anyhow::Result<()> {
        let (server, request, status) = (self.server, &self.request, self.status);
        let start = Instant::now();
        let counts = std::thread::scope(|scope| {
            let ask = || -> anyhow::Result<u32> {
                let (mut connection, mut count) = (Connection::open(server)?, 0);
                while start.elapsed() < SPELL {
                    connection.ask(server, request, status)?;
                    count += 1;
                }
                Ok(count)
            };
            let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(ask)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|_| bail!("a client panicked")))
                .collect::<anyhow::Result<Vec<_>>>()
        })?;
        self.per_second.push(f64::from(counts.into_iter().sum::<u32>()) / start.elapsed().as_secs_f64());
        Ok(())
    }

    fn measured(&mut self) -> Measured {
        self.medians.sort_by(f64::total_cmp);
        self.all.sort_by(f64::total_cmp);
        let at =
            |sorted: &[f64], part: f64| sorted.get(((sorted.len().saturating_sub(1)) as f64 * part) as usize).copied().unwrap_or(f64::NAN);
        Measured {
            best: at(&self.medians, 0.0),
            median: at(&self.medians, 0.5),
            p99: at(&self.all, 0.99),
            per_second: self.per_second.iter().copied().fold(0.0, f64::max),
        }
    }
}

/// Asks both in turn, round by round; `between` is called after each.
pub(super) fn rounds(kinds: &mut [Kind; 2], rounds: usize, requests: usize, between: impl Fn()) -> anyhow::Result<[Measured; 2]> {
    for kind in kinds.iter_mut() {
        // Threads, pages and caches warm up.
        kind.round(requests / 4)?;
        (kind.medians, kind.all) = (Vec::new(), Vec::new());
    }
    for _ in 0..rounds {
        for kind in kinds.iter_mut() {
            kind.round(requests)?;
        }
        for kind in kinds.iter_mut() {
            kind.spell()?;
        }
        between();
    }
    let [one, two] = kinds;
    Ok([one.measured(), two.measured()])
}

struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    fn open(server: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(server).with_context(|| format!("connect to {server}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { stream, read: Vec::with_capacity(64 << 10) })
    }

    /// Sends a request and reads the whole response. A server that closes is asked over a new connection from then on.
    fn ask(&mut self, server: SocketAddr, request: &[u8], status: u16) -> anyhow::Result<()> {
        self.stream.write_all(request)?;
        self.read.clear();
        let mut chunk = [0; 16 << 10];
        let closes = loop {
            let n = self.stream.read(&mut chunk).context("no response")?;
            self.read.extend_from_slice(chunk.get(..n).unwrap_or_default());
            if let Some(closes) = whole(&self.read) {
                break closes;
            }
            ensure!(n > 0, "the response breaks off: {}", String::from_utf8_lossy(&self.read));
        };
        let text = || String::from_utf8_lossy(&self.read).into_owned();
        let got: u16 = self.read.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok()).with_context(text)?;
        ensure!(got == status, "{got} instead of {status}: {}", text());
        if closes {
            *self = Self::open(server)?;
        }
        Ok(())
    }
}

/// Whether a response is whole, and if so whether its connection closes.
fn whole(read: &[u8]) -> Option<bool> {
    let end = read.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(read.get(..end)?).ok()?;
    let value = |name: &str| {
        head.lines().find_map(|line| line.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()))
    };
    let closes = value("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    let body = read.get(end..)?;
    let done = match (value("content-length"), value("transfer-encoding")) {
        (Some(length), _) => body.len() >= length.parse().ok()?,
        (None, Some(_)) => body.ends_with(b"0\r\n\r\n"),
        (None, None) => !closes,
    };
    done.then_some(closes)
}
