//! The server on one core, client and origin on another, and none of the two asleep.
//!
//! Left to itself the kernel moves client and server together and apart again, and a virtual machine's idle core goes back to its
//! host: to get it again, with its caches filled by somebody else, takes as long as a request. Medians then have two modes that
//! are further apart than an empty handler and the gate. A server at work does not sleep between two requests either.

use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};

/// Where servers run, and where client and origin do.
const SERVERS: &str = "0";
const CLIENTS: &str = "1";

/// Runs for as long as the process that it is told, whenever nobody else wants its core.
const BUSY: &str = "while [ -d /proc/$1 ]; do n=0; while [ $n -lt 100000 ]; do n=$((n+1)); done; done";

/// Cores that stay awake. Dropping it lets them sleep.
pub(super) struct Cores {
    awake: Vec<Child>,
    all: usize,
}

impl Cores {
    /// Keeps two cores awake.
    ///
    /// # Errors
    ///
    /// When there are not two, or the programs of `util-linux` are missing.
    pub(super) fn awake() -> anyhow::Result<Self> {
        let all = std::thread::available_parallelism()?.get();
        ensure!(all > 1, "one core for the server, and one for client and origin: there is one in all");
        let mut cores = Self { awake: Vec::new(), all };
        let own = std::process::id().to_string();
        for core in [SERVERS, CLIENTS] {
            let mut busy = Command::new("taskset");
            busy.args(["-c", core, "chrt", "--idle", "0", "sh", "-c", BUSY, "sh", &own]).stdin(Stdio::null());
            cores.awake.push(busy.spawn().context("`taskset`, of util-linux")?);
        }
        Ok(cores)
    }

    /// Moves `servers` to their core and this process to the other one, until what it gives is dropped.
    ///
    /// # Errors
    ///
    /// When a process cannot be moved.
    pub(super) fn apart(&self, servers: [u32; 2]) -> anyhow::Result<Apart<'_>> {
        let apart = Apart { cores: self, servers };
        servers.iter().try_for_each(|server| moved(*server, SERVERS))?;
        moved(std::process::id(), CLIENTS)?;
        Ok(apart)
    }
}

impl Drop for Cores {
    fn drop(&mut self) {
        for busy in &mut self.awake {
            drop(busy.kill());
            drop(busy.wait());
        }
    }
}

/// Servers on their core.
pub(super) struct Apart<'a> {
    cores: &'a Cores,
    servers: [u32; 2],
}

impl Drop for Apart<'_> {
    fn drop(&mut self) {
        let all = format!("0-{}", self.cores.all - 1);
        // A server that has ended has no core to go to.
        self.servers.iter().chain([&std::process::id()]).for_each(|id| drop(moved(*id, &all)));
    }
}

/// Moves all threads of a process; those that it starts later stay with them.
fn moved(id: u32, cores: &str) -> anyhow::Result<()> {
    let mut taskset = Command::new("taskset");
    taskset.args(["--all-tasks", "--cpu-list", "--pid", cores, &id.to_string()]).stdout(Stdio::null());
    ensure!(taskset.status().context("`taskset`, of util-linux")?.success(), "process {id} cannot be moved to core {cores}");
    Ok(())
}
