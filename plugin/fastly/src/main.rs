//! The gate on Fastly Compute: a fresh instance for each request, with the blob mapped into it.
//!
//! The adapter translates and nothing else. Bodies go from handle to handle inside the host and never enter this memory.

mod settings;
mod target;

use std::cell::OnceCell;
use std::io::Write as _;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use fastly::geo::{ConnType, Geo, ProxyDescription, ProxyType, geo_lookup};
use fastly::handle::{BodyHandle, CacheOverride, PendingRequestHandle, RequestHandle, client_request_and_body};
use fastly::http::request::SendErrorCause;
use fastly::http::{HeaderName, HeaderValue, Method};
use fastly::{Request, Response};
use settings::Gate;
use weighbridge_http::{
    Ambient, Answer, CHECK_PATH, Pass, PlatformGeo, Verdict, cannot_decide, check, fastly_networks, gate as decide, no_upstream,
};

/// The backend that stands for the origin, in `fastly.toml` and in the service.
const BACKEND: &str = "origin";

/// The log endpoint for decision records. A service without one of this name loses them; see the README.
const LOG: &str = "weighbridge";

fn main() {
    fastly::init();
    let (handle, body) = client_request_and_body();
    let target = target::read(&handle);
    let address = handle.client_ip_addr();
    let request = Request::from_handles(handle, None);
    let (nonce, now) = (nonce(), now());
    let gate = match Gate::open(now) {
        Ok(gate) => gate,
        Err(reason) => return answer(cannot_decide(&reason, nonce)),
    };
    let Some((authority, path)) = target.as_deref().and_then(split) else {
        return answer(cannot_decide("the request's target cannot be read", nonce));
    };
    let headers: Vec<_> = request.get_headers().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    // `Host` is what the client asked for; the host's own URI repeats it.
    let host = request.get_header("host").and_then(|host| host.to_str().ok()).unwrap_or(authority);
    let asked = weighbridge_http::Request { method: request.get_method_str(), authority: host, path_and_query: path, headers };
    let address_text = address.map(|address| address.to_string());
    let geo = address.filter(|_| gate.config.asks_platform_geo()).and_then(geo_lookup);
    // Each look at a clock is a call of the host, so nobody looks before somebody asks.
    let start = OnceCell::new();
    let clock = || u64::try_from(start.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX);
    let ambient = Ambient {
        now,
        nonce,
        platform_address: address_text.as_deref(),
        platform_geo: geo.as_ref().map(platform_geo),
        clock_ns: Some(&clock),
        ..Ambient::default()
    };
    if gate.config.test_routes() && asked.method == "POST" && path == CHECK_PATH {
        let body = fastly::Body::from(body).into_bytes();
        return answer(check(gate.blob(), &gate.config, &body, &ambient));
    }
    match decide(gate.blob(), &gate.config, &asked, &ambient) {
        Verdict::Answer(refusal) => answer(refusal),
        Verdict::Pass(pass) => forward(asked.method, body, &pass),
    }
}

/// What Fastly vouches for: its own word on the address that connected to it.
fn platform_geo(geo: &Geo) -> PlatformGeo<'_> {
    let (proxy_type, description) = (geo.proxy_type(), geo.proxy_description());
    let proxy_type = match &proxy_type {
        ProxyType::Anonymous => "anonymous",
        ProxyType::Aol => "aol",
        ProxyType::Blackberry => "blackberry",
        ProxyType::Corporate => "corporate",
        ProxyType::Edu => "edu",
        ProxyType::Hosting => "hosting",
        ProxyType::Public => "public",
        ProxyType::Transparent => "transparent",
        ProxyType::Other(other) => other,
        _ => "?",
    };
    let description = match &description {
        ProxyDescription::Cloud => "cloud",
        ProxyDescription::CloudSecurity => "cloud-security",
        ProxyDescription::Dns => "dns",
        ProxyDescription::TorExit => "tor-exit",
        ProxyDescription::TorRelay => "tor-relay",
        ProxyDescription::Vpn => "vpn",
        ProxyDescription::WebBrowser => "web-browser",
        ProxyDescription::Other(other) => other,
        _ => "?",
    };
    let connection = match geo.conn_type() {
        ConnType::Mobile => "mobile",
        ConnType::Satellite => "satellite",
        _ => "?",
    };
    PlatformGeo {
        country: Some(geo.country_code()).filter(|code| !code.is_empty()),
        region: geo.region().filter(|region| !region.is_empty()),
        asn: Some(geo.as_number()).filter(|number| *number != 0),
        networks: fastly_networks(proxy_type, description, connection),
    }
}

/// Authority, and path with query, of an absolute URI.
fn split(uri: &str) -> Option<(&str, &str)> {
    let (_, rest) = uri.split_once("://")?;
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(at);
    Some((authority, if path.is_empty() { "/" } else { path }))
}

/// Sends the request on to the backend and its response back, both bodies unread. The record is written while the backend works,
/// and before anything of its response goes on.
fn forward(method: &str, body: BodyHandle, pass: &Pass) {
    let begun = send(method, body, pass);
    log(&pass.record);
    let (mut response, body) = match begun.and_then(PendingRequestHandle::wait) {
        Ok(response) => response,
        Err(error) => {
            eprintln!("weighbridge: the upstream did not answer: {error}");
            let slow = matches!(error, SendErrorCause::ConnectionTimeout | SendErrorCause::HttpResponseTimeout);
            return answer(no_upstream(slow));
        }
    };
    for name in &pass.response_remove {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            response.remove_header(&name);
        }
    }
    for (name, value) in &pass.response_add {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            response.insert_header(&name, &value);
        }
    }
    response.send_to_client(body);
}

fn send(method: &str, body: BodyHandle, pass: &Pass) -> Result<PendingRequestHandle, SendErrorCause> {
    let (authority, _) = split(&pass.upstream).ok_or(SendErrorCause::HttpRequestUriInvalid)?;
    let mut onward = RequestHandle::new();
    onward.set_method(&Method::from_bytes(method.as_bytes()).map_err(|_| SendErrorCause::HttpRequestUriInvalid)?);
    let host = ("host", authority.as_bytes());
    for (name, value) in pass.request_headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).chain([host]) {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value)) {
            onward.append_header(&name, &value);
        }
    }
    target::write(&mut onward, &pass.upstream).ok_or(SendErrorCause::HttpRequestUriInvalid)?;
    // Fastly's own cache lies behind the gate, so each request for what it holds is decided. Only published items go in.
    if pass.response_remove.iter().any(|name| name == "cache-control") {
        onward.set_cache_override(&CacheOverride::pass());
    }
    onward.send_async(body, BACKEND)
}

/// A response of our own.
fn answer(answer: Answer) {
    answer.record.iter().for_each(|record| log(record));
    let mut response = Response::from_status(answer.status).with_body(answer.body);
    for (name, value) in answer.headers {
        response.set_header(name, value);
    }
    response.send_to_client();
}

fn log(record: &str) {
    match fastly::log::Endpoint::try_from_name(LOG) {
        // A broken endpoint shows in Fastly's own statistics.
        Ok(mut endpoint) => drop(writeln!(endpoint, "{record}")),
        Err(error) => eprintln!("weighbridge: no log endpoint `{LOG}` ({error}): {record}"),
    }
}

/// Random, so that two decisions never share an id.
fn nonce() -> [u8; 16] {
    let mut nonce = [0; 16];
    // Without random bytes ids of equal requests in one second are equal; decisions are not touched.
    let _ = getrandom::fill(&mut nonce);
    nonce
}

/// Unix time. A clock before 1970 reads as 1970: every list is then from the future, and freshness refuses.
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0))
}
