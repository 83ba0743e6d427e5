//! What the two Spin components share: they differ only in the WASI version they speak.

use std::cell::OnceCell;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasi::cli::{environment, stdout};
use weighbridge_blob::Blob;
use weighbridge_http::{Ambient, Answer, CHECK_PATH, GateConfig, Request, Terms, Verdict, cannot_decide, no_upstream};

/// Settings that are secrets: with the feature `spin` they come from Spin variables of these names (the
/// environment's name without its prefix, in lower case), and a set variable goes before the environment.
#[cfg(feature = "spin")]
pub(crate) const SECRETS: [(&str, &str); 2] = [("identity_keys", "WEIGHBRIDGE_IDENTITY_KEYS"), ("audit_key", "WEIGHBRIDGE_AUDIT_KEY")];

/// The setting that names a file with the blob, to take it from there instead of from the component. It must be signed.
const BLOB_FILE: &str = "WEIGHBRIDGE_BLOB_FILE";

/// The setting that names a key of Spin's default store, to take the blob from there. It must be signed.
#[cfg(feature = "spin")]
const BLOB_KEY: &str = "WEIGHBRIDGE_BLOB_KEY";

/// The key of the blob in Spin's store, if it is to come from there.
#[cfg(feature = "spin")]
pub(crate) fn blob_key(environment: &Environment) -> Option<String> {
    environment.value(BLOB_KEY).filter(|key| !key.is_empty())
}

/// The component's own variables, of the host itself: the standard library would keep copies of all of them.
pub(crate) struct Environment(Vec<(String, String)>);

impl Environment {
    /// All at once: a look at each of thirty variables by its name takes as long as a decision.
    pub(crate) fn read() -> Self {
        let mut variables = environment::get_environment();
        variables.retain(|(name, _)| name.starts_with("WEIGHBRIDGE_"));
        Self(variables)
    }

    fn value(&self, name: &str) -> Option<String> {
        // From behind, where they differ.
        let is = |known: &str| known.len() == name.len() && known.bytes().rev().eq(name.bytes().rev());
        self.0.iter().find(|(known, _)| is(known)).map(|(_, value)| value.clone())
    }
}

/// What Spin keeps for this component.
#[derive(Default)]
pub(crate) struct Kept {
    /// Values of settings that are secrets.
    pub(crate) secrets: Vec<(&'static str, String)>,
    /// The blob and its key, if it is to come from the store.
    pub(crate) blob: Option<(String, Vec<u8>)>,
}

/// The largest body that the test-only check route takes. Everything else has no limit, because it is never read.
pub(crate) const CHECK_LIMIT: usize = 16 << 20;

/// The blob and the settings, opened once per instance, or why the gate cannot decide.
pub(crate) struct Gate(Result<(Blob<'static>, GateConfig), String>);

/// A request's parts as they came from the host.
pub(crate) struct Parts {
    pub(crate) method: String,
    pub(crate) authority: String,
    pub(crate) path_and_query: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
}

impl Parts {
    /// Fills in the authority from the `Host` header where the host of the component leaves it there.
    pub(crate) fn with_host(mut self) -> Self {
        if self.authority.is_empty()
            && let Some((_, host)) = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"))
        {
            self.authority = String::from_utf8_lossy(host).into_owned();
        }
        self
    }
}

#[cfg(feature = "spin")]
fn is_blob_key(name: &str) -> bool {
    name == BLOB_KEY
}

/// Without Spin there is no store, and the setting is one that nobody reads.
#[cfg(not(feature = "spin"))]
const fn is_blob_key(_: &str) -> bool {
    false
}

impl Gate {
    /// Opens the embedded blob, or the one that the settings name. Fails closed: what cannot be opened answers 503 to everything.
    pub(crate) fn open(environment: &Environment, kept: Result<Kept, String>) -> Self {
        let open = || {
            let Kept { secrets, blob: stored } = kept?;
            let own = |name: &str| name == BLOB_FILE || is_blob_key(name);
            let names = environment.0.iter().map(|(name, _)| name.as_str()).filter(|name| !own(name));
            GateConfig::check_names(names).map_err(|error| error.to_string())?;
            let variable = |name: &str| environment.value(name);
            let secret = |name: &str| secrets.iter().find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value.clone());
            let config = GateConfig::from_vars(|name| secret(name).or_else(|| variable(name))).map_err(|error| error.to_string())?;
            let terms = Terms::of(&config, now(), None);
            let outside = match (stored, variable(BLOB_FILE).filter(|path| !path.is_empty())) {
                (Some(_), Some(_)) => return Err(format!("the blob is to come from `{BLOB_FILE}` and from the store; name one of them")),
                (Some((key, bytes)), None) => Some((key, bytes)),
                (None, Some(path)) => {
                    let bytes = std::fs::read(&path).map_err(|error| format!("the blob `{path}`: {error}"))?;
                    Some((path, bytes))
                }
                (None, None) => None,
            };
            let blob = match outside {
                None => {
                    let bytes = weighbridge_embed::blob().ok_or("the component carries no blob; run `weighbridge package`")?;
                    let blob = terms.vouched(bytes).map_err(|error| format!("the embedded blob: {error}"))?;
                    blob.with_self_test(weighbridge_embed::self_tested())
                }
                // Once per instance, for as long as it lives.
                Some((name, bytes)) => terms.open_signed(bytes.leak()).map_err(|error| format!("the blob `{name}`: {error}"))?,
            };
            Ok((blob, config))
        };
        Self(open())
    }

    /// Whether this request is for the test-only route, and that is switched on.
    pub(crate) fn is_check(&self, parts: &Parts) -> bool {
        parts.path_and_query == CHECK_PATH && parts.method == "POST" && self.0.as_ref().is_ok_and(|(_, config)| config.test_routes())
    }

    /// Decides. The record is the caller's to write ([`write_record`]).
    pub(crate) fn decide(&self, parts: &Parts, nonce: [u8; 16]) -> Verdict {
        match &self.0 {
            Err(reason) => Verdict::Answer(cannot_decide(reason, nonce)),
            Ok((blob, config)) => {
                let request = Request {
                    method: &parts.method,
                    authority: &parts.authority,
                    path_and_query: &parts.path_and_query,
                    headers: parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect(),
                };
                ambient(nonce, |ambient| weighbridge_http::gate(blob, config, &request, ambient))
            }
        }
    }

    /// How long the upstream may take for the head of its response, where that is set.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.0.as_ref().ok().and_then(|(_, config)| config.upstream_timeout())
    }

    /// Answers the check route.
    pub(crate) fn check(&self, body: &[u8], nonce: [u8; 16]) -> Answer {
        match &self.0 {
            Err(reason) => cannot_decide(reason, nonce),
            Ok((blob, config)) => ambient(nonce, |ambient| weighbridge_http::check(blob, config, body, ambient)),
        }
    }
}

/// The most bytes that one call may write (`wasi:io/streams`, `blocking-write-and-flush`).
const AT_ONCE: usize = 4096;

/// Writes a decision record to standard output, where Spin keeps a component's log. Without it nothing goes to the client: an
/// instance that cannot write ends here, and its host answers 500.
///
/// The host waits until it is written, so an origin is asked first, and works meanwhile. By the host's own stream: the standard
/// library asks it four things more for each text.
pub(crate) fn write_record(record: &str) {
    let line = [record, "\n"].concat();
    let stream = stdout::get_stdout();
    for part in line.as_bytes().chunks(AT_ONCE) {
        if let Err(error) = stream.blocking_write_and_flush(part) {
            eprintln!("weighbridge: the decision could not be recorded: {error}");
            std::process::abort();
        }
    }
}

/// Lends what the platform vouches for. Spin passes the client's address as a header and its clock through WASI.
fn ambient<T>(nonce: [u8; 16], with: impl FnOnce(&Ambient<'_>) -> T) -> T {
    // Each look at a clock is a call of the host, so nobody looks before somebody asks.
    let start = OnceCell::new();
    let clock = || u64::try_from(start.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX);
    with(&Ambient { now: now(), nonce, clock_ns: Some(&clock), ..Ambient::default() })
}

/// Unix time. A clock before 1970 reads as 1970: every list is then from the future, and freshness refuses.
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0))
}

/// What the caller is told when the upstream does not answer. The decision stands in the record already.
pub(crate) fn bad_gateway(reason: &str, slow: bool) -> Answer {
    eprintln!("weighbridge: the upstream did not answer: {reason}");
    no_upstream(slow)
}

/// Scheme, authority and path of the absolute URL that the verdict names.
pub(crate) fn split_url(url: &str) -> Option<(bool, &str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let path = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(path);
    matches!(scheme, "http" | "https").then_some((scheme == "https", authority, if path.is_empty() { "/" } else { path }))
}
