//! Processor time of a server, request by request: what a clock on the wall cannot tell apart from waiting. It counts what all
//! threads of the server's process ran, in the kernel too, and the pages it faulted for.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::Context as _;

/// What a server spends on a request.
#[derive(Clone, Copy)]
pub(super) struct Spent {
    /// The least of the rounds, microseconds: what else the machine does, a neighbour in the same core above all, only adds.
    pub(super) best: f64,
    /// The median of the rounds.
    pub(super) median: f64,
    /// Page faults, of all rounds.
    pub(super) faults: f64,
}

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} ({:.0})", self.best, self.median)
    }
}

/// Looks at a process before and after each round.
pub(super) struct Meter {
    id: u32,
    rounds: Vec<f64>,
    faults: u64,
    requests: usize,
}

impl Meter {
    /// For the process `id`.
    pub(super) fn new(id: u32) -> Self {
        Self { id, rounds: Vec::new(), faults: 0, requests: 0 }
    }

    /// Counts what the process spends on a round of so many requests.
    ///
    /// # Errors
    ///
    /// When the round fails, or the process cannot be looked at: `/proc` is Linux's.
    pub(super) fn around(&mut self, requests: usize, round: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
        let before = State::of(self.id)?;
        round()?;
        let after = State::of(self.id)?;
        self.rounds.push(after.nanoseconds_since(&before) as f64 / 1e3 / requests as f64);
        self.faults += after.faults.saturating_sub(before.faults);
        self.requests += requests;
        Ok(())
    }

    /// What it spent on a request.
    pub(super) fn spent(mut self) -> Spent {
        self.rounds.sort_by(f64::total_cmp);
        let at = |n: usize| self.rounds.get(n).copied().unwrap_or(f64::NAN);
        Spent { best: at(0), median: at(self.rounds.len() / 2), faults: self.faults as f64 / self.requests as f64 }
    }
}

/// A process at one moment.
struct State {
    /// Nanoseconds that each thread has run.
    threads: BTreeMap<String, u64>,
    faults: u64,
}

impl State {
    fn of(id: u32) -> anyhow::Result<Self> {
        let folder = Path::new("/proc").join(id.to_string());
        let mut threads = BTreeMap::new();
        for thread in std::fs::read_dir(folder.join("task")).with_context(|| format!("process {id}"))? {
            let thread = thread?;
            // One that has just ended is gone.
            let Ok(text) = std::fs::read_to_string(thread.path().join("schedstat")) else { continue };
            let ran = text.split(' ').next().and_then(|ran| ran.parse().ok()).with_context(|| format!("schedstat: `{text}`"))?;
            threads.insert(thread.file_name().to_string_lossy().into_owned(), ran);
        }
        let stat = std::fs::read_to_string(folder.join("stat"))?;
        // proc(5): the name is in parentheses and may hold any; `minflt` is the tenth field, the eighth behind it.
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        let faults = fields.split(' ').nth(7).and_then(|faults| faults.parse().ok()).with_context(|| format!("stat: `{stat}`"))?;
        Ok(Self { threads, faults })
    }

    /// What its threads ran in between. What those ran that have ended since is lost: a few idle ones.
    fn nanoseconds_since(&self, before: &Self) -> u64 {
        let ran = |(thread, now): (&String, &u64)| now.saturating_sub(before.threads.get(thread).copied().unwrap_or(0));
        self.threads.iter().map(ran).sum()
    }
}
