//! A client that costs less than the servers it measures: one kept connection, one request at a time, on plain sockets.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use super::cores::Cores;
use super::processor::{Meter, Spent};

/// Rounds, and requests of each kind in a round: short ones, so that what slows the machine slows both kinds.
const ROUNDS: usize = 20;
const REQUESTS: usize = 200;

/// Connections that ask at once where requests per second are counted, how often, and for how long they do.
const CONNECTIONS: usize = 4;
const SPELLS: usize = 3;
const SPELL: Duration = Duration::from_millis(300);

/// How long a server is asked before anything counts: V8 compiles functions better for thousands of requests.
const WARM_UP: Duration = Duration::from_millis(1_500);

/// One kind of request to one server.
pub(super) struct Kind {
    server: SocketAddr,
    request: Vec<u8>,
    status: u16,
    connection: Connection,
    meter: Option<Meter>,
    all: Vec<f64>,
    per_second: f64,
}

/// What a kind of request took, in microseconds.
pub(super) struct Measured {
    /// The median of all requests.
    pub(super) p50: f64,
    /// Of all requests.
    pub(super) p99: f64,
    /// The most requests per second, with several connections.
    pub(super) per_second: f64,
    /// What a server that is a process of its own spent.
    pub(super) spent: Option<Spent>,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0}, {:.0} µs", self.p50, self.p99)
    }
}

impl Kind {
    /// `asked` is the target and further header lines; `id` that of the server's process.
    pub(super) fn new(server: SocketAddr, id: Option<u32>, [target, headers]: [&str; 2], status: u16) -> anyhow::Result<Self> {
        let request =
            format!("GET {target} HTTP/1.1\r\nhost: weights.test\r\nuser-agent: measure\r\naccept: */*\r\n{headers}\r\n").into_bytes();
        let connection = Connection::open(server)?;
        Ok(Self { server, request, status, connection, meter: id.map(Meter::new), all: Vec::new(), per_second: 0.0 })
    }

    fn round(&mut self) -> anyhow::Result<()> {
        // A server closes a connection on which nobody asks for long.
        self.connection = Connection::open(self.server)?;
        self.connection.ask(self.server, &self.request, self.status)?;
        let mut ask = || {
            for _ in 0..REQUESTS {
                let start = Instant::now();
                self.connection.ask(self.server, &self.request, self.status)?;
                self.all.push(start.elapsed().as_nanos() as f64 / 1e3);
            }
            Ok(())
        };
        match &mut self.meter {
            Some(meter) => meter.around(REQUESTS, ask),
            None => ask(),
        }
    }

    /// How many requests several connections get answered in a second.
    fn spell(&mut self, time: Duration) -> anyhow::Result<f64> {
        let (server, request, status) = (self.server, &self.request, self.status);
        let start = Instant::now();
        let counts = std::thread::scope(|scope| {
            let ask = || -> anyhow::Result<u32> {
                let (mut connection, mut count) = (Connection::open(server)?, 0);
                while start.elapsed() < time {
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
        Ok(f64::from(counts.into_iter().sum::<u32>()) / start.elapsed().as_secs_f64())
    }

    fn measured(self) -> Measured {
        let mut all = self.all;
        all.sort_by(f64::total_cmp);
        let at = |part: f64| all.get(((all.len().saturating_sub(1)) as f64 * part) as usize).copied().unwrap_or(f64::NAN);
        Measured { p50: at(0.5), p99: at(0.99), per_second: self.per_second, spent: self.meter.map(Meter::spent) }
    }
}

/// Asks both in turn, round by round: over one connection each, servers of their own apart from client and origin, and then over
/// several, with all cores for everybody. `between` is called after each.
pub(super) fn rounds(mut kinds: [Kind; 2], servers: Option<[u32; 2]>, cores: &Cores, between: impl Fn()) -> anyhow::Result<[Measured; 2]> {
    let apart = servers.map(|servers| cores.apart(servers)).transpose()?;
    for kind in &mut kinds {
        kind.spell(WARM_UP)?;
    }
    between();
    for _ in 0..ROUNDS {
        for kind in &mut kinds {
            kind.round()?;
        }
        between();
    }
    drop(apart);
    for _ in 0..SPELLS {
        for kind in &mut kinds {
            kind.per_second = kind.spell(SPELL)?.max(kind.per_second);
        }
        between();
    }
    Ok(kinds.map(Kind::measured))
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
