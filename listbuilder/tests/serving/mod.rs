//! `weighbridge serve` as a process, an origin for it, and a client: all on loopback, nothing imitated.
#![allow(dead_code)] // Each of the tests that share this uses a part of it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use weighbridge::build::{Quiet, build};
use weighbridge::buildfile;

/// A published item: anybody may have it who is not refused for what they are or where.
pub(crate) const OPEN: &str = "/acme/open-7b/resolve/main/config.json";
/// A closed one: nobody may who is unknown.
pub(crate) const CLOSED: &str = "/acme/closed-13b/resolve/main/config.json";

/// An address that the sample puts in Iran, and one in Germany.
pub(crate) const IRAN: &str = "192.0.2.50";
pub(crate) const GERMANY: &str = "192.0.2.1";

/// The sample lists as of now.
pub(crate) fn blob(sequence: u64, not_after: Option<i64>) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let mut file = buildfile::read(&root.join("tests/lists/weighbridge.toml"), Some(now)).unwrap();
    (file.sequence, file.not_after) = (sequence, not_after);
    build(&file, &Quiet).unwrap().bytes
}

/// A folder that goes with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let path =
            std::env::temp_dir().join(format!("weighbridge-serve-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file as a tool should: beside its place, then renamed.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let (path, beside) = (self.path(name), self.path(&format!("{name}.new")));
        std::fs::write(&beside, bytes).unwrap();
        std::fs::rename(beside, &path).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A gate that runs, with what it has said.
pub(crate) struct Gate {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
    said: Arc<Mutex<Vec<String>>>,
    pub(crate) records: Arc<Mutex<Vec<String>>>,
    pub(crate) folder: Folder,
}

/// The command, with settings and arguments; `{blob}` in an argument is the blob's file.
pub(crate) fn command(blob: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weighbridge"));
    command.args(["serve", "--blob", blob.to_str().unwrap(), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--poll", "0.05"]);
    // Settings of the tests themselves are none of the gate's.
    std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WEIGHBRIDGE_")).for_each(|(name, _)| {
        command.env_remove(name);
    });
    command.args(arguments).envs(settings.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn follow(stream: impl std::io::Read + Send + 'static) -> Arc<Mutex<Vec<String>>> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    std::thread::spawn(move || BufReader::new(stream).lines().map_while(Result::ok).for_each(|line| kept.lock().unwrap().push(line)));
    lines
}

impl Gate {
    pub(crate) fn start(blob: &[u8], arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let path = folder.put("weighbridge.blob", blob);
        let mut child = command(&path, arguments, settings).spawn().unwrap();
        let (said, records) = (follow(child.stderr.take().unwrap()), follow(child.stdout.take().unwrap()));
        let address =
            |line: &str, before: &str| line.split_once(before).map(|(_, rest)| rest.split([',', ' ']).next().unwrap().parse().unwrap());
        let found =
            wait(|| said.lock().unwrap().iter().find_map(|line| Some((address(line, "gate on ")?, address(line, "/metrics on ")?))));
        let Some((address, admin)) = found else { panic!("it did not start: {:?}", said.lock().unwrap()) };
        Self { child, address, admin, said, records, folder }
    }

    /// Waits for a line on standard error.
    pub(crate) fn says(&self, text: &str) {
        assert!(wait(|| self.said().iter().any(|line| line.contains(text)).then_some(())).is_some(), "no `{text}` in {:?}", self.said());
    }

    pub(crate) fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    /// The record of the decision that an answer names. It is written before the answer; the thread that reads it may be behind.
    pub(crate) fn record_of(&self, answer: &Response) -> serde_json::Value {
        let id = answer.header("x-weighbridge-decision");
        let read = |line: &String| serde_json::from_str::<serde_json::Value>(line).ok();
        let found = || self.records.lock().unwrap().iter().rev().filter_map(read).find(|record| record["id"] == id.as_str());
        wait(found).unwrap_or_else(|| panic!("no record of `{id}`: {}", answer.head))
    }

    pub(crate) fn terminate(&self) {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
    }

    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        let child = &mut self.child;
        wait(|| child.try_wait().unwrap())
    }

    /// Resident memory, kB.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub(crate) async fn metrics(&self) -> String {
        get(self.admin, "/metrics", &[]).await.body
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Looks again and again for at most a minute: machines under load are slow.
pub(crate) fn wait<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(60) {
        if let Some(found) = look() {
            return Some(found);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}

/// A response, read to the end of its connection.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Response {
    /// All values of a header, with commas between.
    pub(crate) fn header(&self, name: &str) -> String {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect::<Vec<_>>().join(", ")
    }
}

pub(crate) async fn get(server: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Response {
    ask(server, "127.0.0.1", "GET", path, headers, b"").await.unwrap()
}

/// Sends a request from a loopback address of choice. `None` if the server closes without an answer.
pub(crate) async fn ask(
    server: SocketAddr,
    from: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Option<Response> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: weights.test\r\nconnection: close\r\n");
    if !body.is_empty() {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from.parse().unwrap(), 0)).unwrap();
    let mut stream = socket.connect(server).await.unwrap();
    // A server that refuses early may not read all of it.
    drop(stream.write_all(format!("{head}\r\n").as_bytes()).await);
    drop(stream.write_all(body).await);
    let mut read = Vec::new();
    drop(tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut read)).await.expect("no answer in a minute"));
    let text = String::from_utf8_lossy(&read).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some(Response { status: head.split(' ').nth(1)?.parse().ok()?, head: head.to_owned(), body: body.to_owned() })
}

/// An origin: says what it was asked, or is slow, or large.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    pub(crate) asked: Arc<AtomicU64>,
}

impl Origin {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = Self { address: listener.local_addr().unwrap(), asked: Arc::default() };
        let asked = Arc::clone(&origin.asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&asked)));
            }
        });
        origin
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// One request per connection.
async fn converse(mut stream: TcpStream, asked: Arc<AtomicU64>) {
    let mut read = Vec::new();
    let mut chunk = vec![0; 64 << 10];
    let end = loop {
        match stream.read(&mut chunk).await {
            Ok(n) if n > 0 => read.extend_from_slice(&chunk[..n]),
            _ => return,
        }
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    asked.fetch_add(1, Ordering::SeqCst);
    let head = String::from_utf8_lossy(&read[..end]).into_owned();
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok()).unwrap_or(0);
    let mut left = length.saturating_sub(read.len() - end);
    while left > 0 {
        match stream.read(&mut chunk).await {
            Ok(n) if n > 0 => left -= n.min(left),
            _ => return,
        }
    }
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let wait = target.split_once("wait=").and_then(|(_, ms)| ms.parse().ok()).unwrap_or(0);
    tokio::time::sleep(Duration::from_millis(wait)).await;
    let large = target.split_once("large=").and_then(|(_, mb)| mb.parse::<usize>().ok());
    let body = if large.is_some() { String::new() } else { format!("{head}{length} bytes of body") };
    let size = large.map_or(body.len(), |mb| mb << 20);
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {size}\r\ncache-control: public, max-age=60\r\nsurrogate-control: max-age=60\r\n\
         x-weighbridge-decision: forged\r\nx-upstream: yes\r\nconnection: close\r\n\r\n{body}"
    );
    drop(stream.write_all(answer.as_bytes()).await);
    for _ in 0..large.unwrap_or(0) {
        if stream.write_all(&vec![b'w'; 1 << 20]).await.is_err() {
            return;
        }
    }
}
