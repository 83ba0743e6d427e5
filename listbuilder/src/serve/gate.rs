//! The blob in force, and a decision by it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use weighbridge_http::{Ambient, Answer, GateConfig, Loaded, Request, Verdict, cannot_decide};

use super::metrics::Metrics;
use super::records::Records;
use super::site::Site;

/// What all connections share.
pub(super) struct Gate {
    pub(super) config: GateConfig,
    pub(super) metrics: Metrics,
    current: RwLock<Arc<InForce>>,
    records: Records,
    draining: AtomicBool,
    /// The demonstration page, where the operator wants one.
    pub(super) site: Option<Site>,
}

/// A blob in force.
pub(super) struct InForce {
    pub(super) loaded: Loaded,
    /// Unix time since which.
    pub(super) since: i64,
}

impl InForce {
    pub(super) fn describe(&self) -> String {
        let header = self.loaded.blob().header();
        format!("{}, sequence {}", self.digest(), header.sequence)
    }

    /// The first 16 hexadecimal digits of the blob's digest.
    pub(super) fn digest(&self) -> String {
        self.loaded.blob().header().digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Gate {
    pub(super) fn new(loaded: Loaded, config: GateConfig, records: Records) -> Self {
        let current = RwLock::new(Arc::new(InForce { loaded, since: now() }));
        Self { config, metrics: Metrics::default(), current, records, draining: AtomicBool::new(false), site: None }
    }

    /// The blob in force. A request keeps the one that it began with.
    pub(super) fn current(&self) -> Arc<InForce> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another blob in force for the requests that come.
    pub(super) fn replace(&self, loaded: Loaded) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(InForce { loaded, since: now() });
    }

    /// From now on `/healthz` says that the gate is about to stop.
    pub(super) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Why a proxy should not send requests here, if it should not.
    pub(super) fn unhealthy(&self) -> Option<&'static str> {
        if self.draining.load(Ordering::Relaxed) {
            return Some("stopping");
        }
        self.current().loaded.blob().header().not_after.is_some_and(|end| now() > end).then_some("the blob has expired")
    }

    /// Decides, counts and records. What cannot be recorded is refused.
    ///
    /// `platform_address`: who is connected, or whom the asking proxy names.
    pub(super) fn decide(&self, request: &Request<'_>, platform_address: Option<&str>) -> Verdict {
        let (started, in_force) = (Instant::now(), self.current());
        let decided = catch_unwind(AssertUnwindSafe(|| {
            self.with_ambient(platform_address, |ambient| weighbridge_http::gate(in_force.loaded.blob(), &self.config, request, ambient))
        }));
        let verdict = decided.unwrap_or_else(|_| {
            // The panic's message is on standard error already.
            self.metrics.panicked();
            eprintln!("weighbridge: a request was refused because deciding on it panicked; the gate goes on");
            Verdict::Answer(cannot_decide("the engine panicked", nonce()))
        });
        let recorded = match &verdict {
            Verdict::Pass(pass) => self.records.write(&pass.record),
            Verdict::Answer(answer) => answer.record.as_deref().map_or(Ok(()), |record| self.records.write(record)),
        };
        let verdict = recorded.map_or_else(
            |error| {
                eprintln!("weighbridge: a request was refused because its decision could not be recorded: {error}");
                Verdict::Answer(cannot_decide("the decision could not be recorded", nonce()))
            },
            |()| verdict,
        );
        let status = match &verdict {
            Verdict::Pass(_) => None,
            Verdict::Answer(answer) => Some(answer.status),
        };
        self.metrics.decided(status, started.elapsed());
        verdict
    }

    /// Answers the test-only check route.
    pub(super) fn check(&self, body: &[u8]) -> Answer {
        let in_force = self.current();
        self.with_ambient(None, |ambient| weighbridge_http::check(in_force.loaded.blob(), &self.config, body, ambient))
    }

    fn with_ambient<T>(&self, platform_address: Option<&str>, with: impl FnOnce(&Ambient<'_>) -> T) -> T {
        let start = Instant::now();
        let clock = || u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        with(&Ambient { now: now(), nonce: nonce(), platform_address, clock_ns: Some(&clock), ..Ambient::default() })
    }
}

/// Unix time. A clock before 1970 reads as 1970: every list is then from the future, and freshness refuses.
pub(super) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0))
}

/// Never the same, so that two decisions never share an id: random at the start of the process, and counted from there. An id is
/// a hash of it, so that none tells of the next.
fn nonce() -> [u8; 16] {
    static START: OnceLock<u128> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let start = START.get_or_init(|| {
        let mut bytes = [0; 16];
        // Without random bytes ids of equal requests to two gates in one second may be equal; decisions are not touched.
        let _ = getrandom::fill(&mut bytes);
        u128::from_le_bytes(bytes)
    });
    start.wrapping_add(u128::from(COUNT.fetch_add(1, Ordering::Relaxed))).to_le_bytes()
}
