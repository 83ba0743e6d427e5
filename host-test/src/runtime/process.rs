//! A server that is a process of its own: started, waited for, and stopped by its process id.

use std::io::{BufRead as _, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

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

/// What a process has written to standard output and standard error, in the order of arrival.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// All lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn follow(&self, stream: Option<impl Read + Send + 'static>) {
        let Some(stream) = stream else { return };
        let log = self.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                log.0.lock().unwrap_or_else(PoisonError::into_inner).push(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
        });
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
        let mut child = command
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("`{shown}` could not be started"))?;
        let log = Log::default();
        log.follow(child.stdout.take());
        log.follow(child.stderr.take());
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
                // The reader threads may be a moment behind.
                tokio::time::sleep(Duration::from_millis(50)).await;
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
