//! Counters, in the text form that Prometheus reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use weighbridge_blob::words::List;

use super::gate::{InForce, now};

/// Upper bounds of the histogram, microseconds.
const BOUNDS: [u64; 10] = [10, 20, 50, 100, 200, 500, 1_000, 5_000, 50_000, 1_000_000];

#[derive(Default)]
pub(super) struct Metrics {
    /// By status; 0 stands for what was passed on.
    decisions: Mutex<BTreeMap<u16, u64>>,
    buckets: [AtomicU64; BOUNDS.len()],
    nanoseconds: AtomicU64,
    count: AtomicU64,
    panics: AtomicU64,
    swaps: AtomicU64,
    rejected: AtomicU64,
    unreachable: AtomicU64,
    slow: AtomicU64,
}

impl Metrics {
    /// A decision: passed on, or answered with a status.
    pub(super) fn decided(&self, status: Option<u16>, took: Duration) {
        *self.decisions.lock().unwrap_or_else(PoisonError::into_inner).entry(status.unwrap_or(0)).or_default() += 1;
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = BOUNDS.iter().position(|bound| micros <= *bound).and_then(|at| self.buckets.get(at)) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.nanoseconds.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn panicked(&self) {
        self.panics.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn swapped(&self) {
        self.swaps.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn rejected(&self) {
        self.rejected.fetch_add(1, Ordering::Relaxed);
    }

    /// The origin did not answer, or not in time.
    pub(super) fn no_upstream(&self, slow: bool) {
        if slow { &self.slow } else { &self.unreachable }.fetch_add(1, Ordering::Relaxed);
    }

    /// All of them, and what the blob in force says of itself.
    pub(super) fn text(&self, in_force: &InForce) -> String {
        let mut out = String::with_capacity(4096);
        let mut family = |name: &str, kind: &str, help: &str, rows: Vec<(String, String)>| {
            let _ = writeln!(out, "# HELP weighbridge_{name} {help}\n# TYPE weighbridge_{name} {kind}");
            for (labels, value) in rows {
                let _ = writeln!(out, "weighbridge_{name}{labels} {value}");
            }
        };
        let plain = |value: u64| vec![(String::new(), value.to_string())];
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);

        let decisions = self.decisions.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let rows = decisions.iter().map(|(status, count)| match status {
            0 => ("{passed=\"true\",status=\"\"}".to_owned(), count.to_string()),
            status => (format!("{{passed=\"false\",status=\"{status}\"}}"), count.to_string()),
        });
        family(
            "decisions_total",
            "counter",
            "Decisions, by whether the request was passed on and the status it was refused with.",
            rows.collect(),
        );
        let mut below = 0;
        let mut rows = Vec::new();
        for (bound, bucket) in BOUNDS.iter().zip(&self.buckets) {
            below += load(bucket);
            rows.push((format!("_bucket{{le=\"{}\"}}", *bound as f64 / 1e6), below.to_string()));
        }
        rows.push(("_bucket{le=\"+Inf\"}".to_owned(), load(&self.count).to_string()));
        rows.push(("_sum".to_owned(), format!("{:.9}", load(&self.nanoseconds) as f64 / 1e9)));
        rows.push(("_count".to_owned(), load(&self.count).to_string()));
        family("decision_seconds", "histogram", "Time to decide and record.", rows);
        family("panics_total", "counter", "Requests refused because deciding on them panicked.", plain(load(&self.panics)));
        family(
            "upstream_failures_total",
            "counter",
            "Requests that passed and that the origin did not answer.",
            vec![
                ("{kind=\"unreachable\"}".to_owned(), load(&self.unreachable).to_string()),
                ("{kind=\"slow\"}".to_owned(), load(&self.slow).to_string()),
            ],
        );
        family("blob_swaps_total", "counter", "Blobs that came into force while the gate ran.", plain(load(&self.swaps)));
        family("blob_rejected_total", "counter", "Blobs that were found in the file and not used.", plain(load(&self.rejected)));
        let header = in_force.loaded.blob().header();
        let info = vec![(format!("{{digest=\"{}\",sequence=\"{}\"}}", in_force.digest(), header.sequence), "1".to_owned())];
        family("blob_info", "gauge", "The blob in force.", info);
        family(
            "blob_in_force_seconds",
            "gauge",
            "How long it has been in force.",
            vec![(String::new(), (now() - in_force.since).to_string())],
        );
        let ages = List::ALL.iter().filter_map(|list| {
            let checked = in_force.loaded.blob().checked_at(*list)?;
            Some((format!("{{list=\"{}\"}}", list.as_str()), (now() - checked).to_string()))
        });
        family("list_age_seconds", "gauge", "Since each list was last confirmed current.", ages.collect());
        out
    }
}
