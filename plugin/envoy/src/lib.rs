//! The gate as an Envoy HTTP filter (proxy-wasm, ABI 0.2.1).
//!
//! The blob is the plugin's configuration (`google.protobuf.BytesValue`), so that new lists are a configuration update
//! and no new Wasm; the settings are environment variables of the VM. A configuration that is not a good blob is
//! refused: Envoy then does not start, or keeps the one before. Bodies pass beside the filter and are never read.

// The SDK's macro makes an export without a word.
#![allow(missing_docs)]

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proxy_wasm::hostcalls::{log, send_http_response};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};
use weighbridge_http::{Ambient, Answer, CHECK_PATH, GateConfig, Loaded, Pass, Request, Terms, Verdict};

/// The origin is Envoy's to name, in its routes. The gate wants a URL and makes no use of it here.
const ROUTED: &str = "http://routed-by-envoy.invalid";

/// The largest body that the test-only check route takes.
const CHECK_LIMIT: usize = 16 << 20;

proxy_wasm::main! {{
    // With the level comes the SDK's panic hook, which writes a panic's message to Envoy's log.
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Root::default()));
}}

/// One per configuration and VM. Envoy makes a new one for a new configuration and lets the old one finish its streams.
#[derive(Default)]
struct Root {
    gate: Option<Rc<Gate>>,
}

struct Gate {
    loaded: Loaded,
    config: GateConfig,
    nonces: Nonces,
}

/// Random bytes for many requests at a time: each call of the host takes as long as a part of a decision.
#[derive(Default)]
struct Nonces(RefCell<Vec<[u8; 16]>>);

impl Nonces {
    /// How many are asked for at a time.
    const BATCH: usize = 32;

    /// One that nobody has had.
    fn next(&self) -> [u8; 16] {
        let mut left = self.0.borrow_mut();
        if left.is_empty() {
            let mut bytes = [0; Self::BATCH * 16];
            // Without random bytes ids of equal requests in one second are equal; decisions are not touched.
            let _ = getrandom::fill(&mut bytes);
            left.extend(bytes.as_chunks::<16>().0);
        }
        left.pop().unwrap_or_default()
    }
}

impl Gate {
    fn open(configuration: Option<Vec<u8>>) -> Result<Self, String> {
        let names: Vec<_> = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
        GateConfig::check_names(names.iter().map(String::as_str)).map_err(|error| error.to_string())?;
        let variable = |name: &str| match name {
            "WEIGHBRIDGE_UPSTREAM" => Some(ROUTED.to_owned()),
            name => std::env::var(name).ok(),
        };
        if std::env::var_os("WEIGHBRIDGE_UPSTREAM").is_some() {
            return Err("`WEIGHBRIDGE_UPSTREAM` is set; in Envoy a route and a cluster name the origin, so leave it out".into());
        }
        let config = GateConfig::from_vars(variable).map_err(|error| error.to_string())?;
        let bytes = configuration.filter(|bytes| !bytes.is_empty());
        let bytes = bytes.ok_or("no blob; put it into the plugin's `configuration` as a `google.protobuf.BytesValue`")?;
        let loaded = Loaded::open(bytes, &Terms::of(&config, now(), None)).map_err(|error| error.to_string())?;
        Ok(Self { loaded, config, nonces: Nonces::default() })
    }
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        match Gate::open(self.get_plugin_configuration()) {
            Ok(gate) => {
                let header = gate.loaded.blob().header();
                let digest: String = header.digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
                say(LogLevel::Info, &format!("weighbridge: blob {digest}, sequence {}, in force", header.sequence));
                self.gate = Some(Rc::new(gate));
                true
            }
            Err(why) => {
                say(LogLevel::Critical, &format!("weighbridge: this configuration is refused: {why}"));
                false
            }
        }
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        // Envoy makes no streams for a root that refused its configuration.
        self.gate.clone().map(|gate| Box::new(Stream { gate, state: State::Undecided }) as Box<dyn HttpContext>)
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

/// One request.
struct Stream {
    gate: Rc<Gate>,
    state: State,
}

enum State {
    Undecided,
    /// Sent on; how its response is to leave.
    Passed(Pass),
    /// Answered by the gate itself, with this `Content-Type`.
    Answered(Option<String>),
    /// The test-only check route, whose body is still coming.
    Check,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
        let all = self.get_http_request_headers_bytes();
        let text = |name: &str| all.iter().find(|(known, _)| known == name).and_then(|(_, value)| std::str::from_utf8(value).ok());
        let request = Request {
            method: text(":method").unwrap_or_default(),
            authority: text(":authority").unwrap_or_default(),
            path_and_query: text(":path").unwrap_or_default(),
            headers: all.iter().map(|(name, value)| (name.as_str(), value.as_slice())).filter(|(name, _)| !name.starts_with(':')).collect(),
        };
        if self.gate.config.test_routes() && request.method == "POST" && request.path_and_query == CHECK_PATH && !end_of_stream {
            self.state = State::Check;
            return Action::Pause;
        }
        let Gate { loaded, config, .. } = &*self.gate;
        match self.with_ambient(|ambient| weighbridge_http::gate(loaded.blob(), config, &request, ambient)) {
            Verdict::Answer(refusal) => self.answer(refusal),
            Verdict::Pass(pass) => {
                say(LogLevel::Info, &pass.record);
                self.send_on(&all, &pass.request_headers);
                self.state = State::Passed(pass);
                Action::Continue
            }
        }
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        match &self.state {
            State::Check if size <= CHECK_LIMIT && !end_of_stream => Action::Pause,
            State::Check => {
                let body = self.get_http_request_body(0, size.min(CHECK_LIMIT)).unwrap_or_default();
                let Gate { loaded, config, .. } = &*self.gate;
                self.answer(self.with_ambient(|ambient| weighbridge_http::check(loaded.blob(), config, &body, ambient)))
            }
            _ => Action::Continue,
        }
    }

    fn on_http_response_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        // Envoy drops it from an answer without a body, which HEAD gets.
        if let State::Answered(Some(kind)) = &self.state {
            self.set_http_response_header("content-type", Some(kind));
        }
        if let State::Passed(pass) = &self.state {
            let added = |name: &str| pass.response_add.iter().any(|(added, _)| added.eq_ignore_ascii_case(name));
            // Only where caches are told something there is more to look at than to take out: the names that are there, in one call
            // of the host, and whether the answer is Envoy's own, because the origin is down. That says itself that nobody may keep it.
            let sent = added("cache-control").then(|| self.get_http_response_headers_bytes());
            let failed = sent.iter().flatten().any(|(name, value)| name == ":status" && value.first() == Some(&b'5'));
            let details = Some(()).filter(|()| failed).and_then(|()| self.get_property(vec!["response", "code_details"]));
            let local = details.is_some_and(|details| !details.is_empty() && details != b"via_upstream");
            let there = |name: &str| !local && sent.as_ref().is_none_or(|sent| sent.iter().any(|(sent, _)| sent == name));
            let gone = pass.response_remove.iter().filter(|name| !added(name) && there(name));
            gone.for_each(|name| self.set_http_response_header(name, None));
            // In place of all that the origin sent under the name.
            for (name, value) in pass.response_add.iter().filter(|(name, _)| !local || !name.eq_ignore_ascii_case("cache-control")) {
                self.set_http_response_header(&name.to_ascii_lowercase(), Some(value));
            }
        }
        Action::Continue
    }
}

impl Stream {
    /// Makes the request's headers `wanted`, which begins with those of `all` that stay. A call of the host for each that goes or
    /// comes takes half as long as handing over all of them; pseudo-headers are Envoy's, and so is its word on the scheme, without
    /// which its router finds no route.
    fn send_on(&self, all: &[(String, Vec<u8>)], wanted: &[(String, Vec<u8>)]) {
        let own = |name: &str| name.starts_with(':') || name == "x-forwarded-proto";
        let mut rest = wanted;
        let mut gone: Vec<&str> = Vec::new();
        for header in all.iter().filter(|(name, _)| !own(name)) {
            match rest.split_first() {
                Some((next, more)) if next == header => rest = more,
                _ if !gone.contains(&header.0.as_str()) => gone.push(&header.0),
                _ => {}
            }
        }
        // Each call is about all headers of a name, as the verdict is.
        gone.iter().filter(|name| rest.iter().all(|(new, _)| new != *name)).for_each(|name| self.set_http_request_header(name, None));
        rest.iter().for_each(|(name, value)| self.set_http_request_header_bytes(name, Some(value)));
    }

    /// Answers the request here. Nothing goes on to the origin.
    fn answer(&mut self, answer: Answer) -> Action {
        answer.record.iter().for_each(|record| say(LogLevel::Info, record));
        let headers: Vec<_> = answer.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.as_str())).collect();
        let kind = headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| (*value).to_owned());
        self.state = State::Answered(kind);
        let headers = headers.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        if send_http_response(u32::from(answer.status), headers, Some(&answer.body)).is_err() {
            // The stream stays paused and never reaches the origin.
            say(LogLevel::Error, "weighbridge: Envoy did not take the refusal; the request is held back");
        }
        Action::Pause
    }

    /// Lends what Envoy vouches for: its clock, and the address of the connection.
    fn with_ambient<T>(&self, with: impl FnOnce(&Ambient<'_>) -> T) -> T {
        // Each property is a call of the host and a copy.
        let address = Some(()).filter(|()| self.gate.config.asks_platform_address());
        let address = address.and_then(|()| self.get_property(vec!["source", "address"]));
        let platform_address = address.as_deref().and_then(|address| std::str::from_utf8(address).ok());
        let nonce = self.gate.nonces.next();
        let clock = || u64::try_from(since_1970().as_nanos()).unwrap_or(u64::MAX);
        with(&Ambient { now: now(), nonce, platform_address, clock_ns: Some(&clock), ..Ambient::default() })
    }
}

fn since_1970() -> Duration {
    // A clock before 1970 reads as 1970: every list is then from the future, and freshness refuses.
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn now() -> i64 {
    i64::try_from(since_1970().as_secs()).unwrap_or(0)
}

/// One line in Envoy's log, component `wasm`.
fn say(level: LogLevel, line: &str) {
    // A host that cannot log leaves nobody to tell.
    let _ = log(level, line);
}
