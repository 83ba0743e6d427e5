//! A server that is a process of its own: started, waited for, and stopped by its process id.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::tools;

/// How long a server may take until it answers. Machines under load are slow; a server that ends is noticed at once.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a process that has children of its own may take to end them.
const FAREWELL: Duration = Duration::from_secs(10);

/// A child process whose output is kept. Dropping it ends it.
pub struct Process {
    child: Child,
    log: Log,
    held: Option<ChildStdin>,
}

/// What a process has written to standard output and standard error, in the order of arrival. It writes into a file: at the other
/// end of a pipe a reader would wake up for each line, on one of the cores that a measurement needs.
#[derive(Clone)]
pub struct Log(Arc<PathBuf>);

impl Log {
    fn new() -> anyhow::Result<Self> {
        Ok(Self(Arc::new(tools::scratch("log")?.join("log"))))
    }

    fn end(&self) -> anyhow::Result<File> {
        File::options().append(true).create(true).open(&*self.0).with_context(|| format!("`{}`", self.0.display()))
    }

    /// Empties the file. Whoever writes goes on at its beginning.
    pub fn forget(&self) {
        drop(File::options().write(true).truncate(true).open(&*self.0));
    }

    /// All whole lines so far.
    pub fn lines(&self) -> Vec<String> {
        let written = std::fs::read(&*self.0).unwrap_or_default();
        let whole = written.iter().rposition(|byte| *byte == b'\n').map_or(&[][..], |end| written.get(..end).unwrap_or_default());
        let lines = whole.split(|byte| *byte == b'\n').filter(|_| !whole.is_empty());
        lines.map(|line| String::from_utf8_lossy(line).trim_end().to_owned()).collect()
    }
}

impl Process {
    /// Starts `command` with its output kept. Dropping it kills it.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        Self::spawn(command, Stdio::null())
    }

    /// Starts a `command` that ends itself and its own children when its standard input ends. Dropping it ends that.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start_held(command: &mut Command) -> anyhow::Result<Self> {
        Self::spawn(command, Stdio::piped())
    }

    fn spawn(command: &mut Command, input: Stdio) -> anyhow::Result<Self> {
        let shown = command.get_program().to_string_lossy().into_owned();
        // A server that was told to would look for the way to each of its errors, of which an ordinary request makes some.
        command.env("RUST_BACKTRACE", "0");
        let log = Log::new()?;
        let (out, error) = (log.end()?, log.end()?);
        let mut child =
            command.stdin(input).stdout(out).stderr(error).spawn().with_context(|| format!("`{shown}` could not be started"))?;
        let held = child.stdin.take();
        Ok(Self { child, log, held })
    }

    /// Its output.
    pub fn log(&self) -> Log {
        self.log.clone()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until something listens at `address`.
    ///
    /// # Errors
    ///
    /// When the process ends before that, or nothing listens within a minute; with what it wrote.
    pub async fn listens(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        self.until("it does not listen", || TcpStream::connect(address).is_ok()).await
    }

    /// Waits until it has written a line for which `wanted` gives something, and gives that back.
    ///
    /// # Errors
    ///
    /// As [`Process::listens`].
    pub async fn says<T>(&mut self, wanted: impl Fn(&str) -> Option<T>) -> anyhow::Result<T> {
        let log = self.log();
        let find = || log.lines().iter().find_map(|line| wanted(line));
        self.until("it has not said that it is ready", || find().is_some()).await?;
        find().context("a line that was there is gone")
    }

    async fn until(&mut self, what: &str, done: impl Fn() -> bool) -> anyhow::Result<()> {
        let start = Instant::now();
        loop {
            if done() {
                return Ok(());
            }
            let ended = self.child.try_wait()?;
            if ended.is_some() || start.elapsed() > PATIENCE {
                let why = ended.map_or_else(|| what.to_owned(), |status| format!("it ended with {status}"));
                bail!("{why}; it wrote:\n{}", self.log.lines().join("\n"));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.held.take().is_some() {
            let start = Instant::now();
            while start.elapsed() < FAREWELL && matches!(self.child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A port of 127.0.0.1 that nobody listened on a moment ago.
///
/// # Errors
///
/// When there is none.
pub fn free_port() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

/// Starts `command` and waits until it listens at `address`.
///
/// # Errors
///
/// When it cannot be started, ends early or does not listen; with what it wrote.
pub async fn ready(command: &mut Command, address: SocketAddr) -> anyhow::Result<Process> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let mut process = Process::start(command)?;
    process.listens(address).await.with_context(|| format!("`{shown}`"))?;
    Ok(process)
}
