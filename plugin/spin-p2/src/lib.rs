//! The gate as a Spin component of WASI 0.2, for Spin 2 to 4 and every other host of `wasi:http` 0.2.
//!
//! The adapter translates and nothing else, as its WASI 0.3 sister does. Body bytes stay with the host: they move from
//! the one side's stream to the other's with `splice`, which the host carries out; the component holds the ends and
//! never reads. WASI 0.2 leaves the moving to the component, so it stays until the last byte has gone. Trailers are not
//! passed on.

#[path = "../../spin/src/shared.rs"]
mod shared;

mod moving;

use std::sync::OnceLock;
use std::time::Duration;

use moving::{Move, wait};
use shared::{CHECK_LIMIT, Environment, Gate, Kept, Parts, bad_gateway, split_url, write_record};
use spin_sdk::http::{
    ErrorCode, Fields, IncomingRequest, IncomingResponse, OutgoingBody, OutgoingRequest, OutgoingResponse, ResponseOutparam, Scheme,
};
use spin_sdk::wit::wasi::http0_2_0::outgoing_handler;
use spin_sdk::wit::wasi::http0_2_0::types::{FutureIncomingResponse, RequestOptions};
use weighbridge_http::{Answer, Pass, Verdict};

/// One per instance. Every host makes a fresh instance per request for WASI 0.2.
static GATE: OnceLock<Gate> = OnceLock::new();

/// The export, alone in a module because the SDK's macro writes `unsafe` in the caller's name.
mod export {
    #![allow(unsafe_code)]
    use spin_sdk::http::{IncomingRequest, ResponseOutparam};

    #[spin_sdk::http_component]
    async fn handle(request: IncomingRequest, out: ResponseOutparam) {
        super::handle(&request, out);
    }
}

fn handle(request: &IncomingRequest, out: ResponseOutparam) {
    let gate = GATE.get_or_init(|| {
        let environment = Environment::read();
        Gate::open(&environment, kept(&environment))
    });
    let parts = parts(request);
    if gate.is_check(&parts) {
        let body = read(request).unwrap_or_default();
        return answer(out, gate.check(&body, nonce()));
    }
    match gate.decide(&parts, nonce()) {
        Verdict::Answer(refusal) => {
            refusal.record.iter().for_each(|record| write_record(record));
            answer(out, refusal);
        }
        Verdict::Pass(pass) => match send(request, &parts, &pass, gate.timeout()) {
            Ok((response, upload)) => hand_back(out, &response, upload, &parts, pass),
            Err(failed) => answer(out, bad_gateway(&failed.reason, failed.slow)),
        },
    }
}

#[cfg(feature = "spin")]
fn kept(environment: &Environment) -> Result<Kept, String> {
    use spin_sdk::key_value::Store;
    use spin_sdk::variables::{self, Error};
    let mut kept = Kept::default();
    for (variable, name) in shared::SECRETS {
        match variables::get(variable) {
            Ok(value) => kept.secrets.push((name, value)),
            Err(Error::Undefined(_)) => {}
            // A provider that is down must not read as "no keys".
            Err(error) => return Err(format!("the variable `{variable}`: {error}")),
        }
    }
    if let Some(key) = shared::blob_key(environment) {
        let failed = |error| format!("the blob `{key}` of the key-value store: {error}");
        let store = Store::open_default().map_err(|error| failed(error.to_string()))?;
        let found = store.get(&key).map_err(|error| failed(error.to_string()))?;
        let bytes = found.ok_or_else(|| failed("there is none".to_owned()))?;
        kept.blob = Some((key, bytes));
    }
    Ok(kept)
}

#[cfg(not(feature = "spin"))]
fn kept(_: &Environment) -> Result<Kept, String> {
    Ok(Kept::default())
}

fn parts(request: &IncomingRequest) -> Parts {
    let (method, authority) = (request.method().to_string(), request.authority().unwrap_or_default());
    let path_and_query = request.path_with_query().unwrap_or_else(|| "/".into());
    Parts { method, authority, path_and_query, headers: request.headers().entries() }.with_host()
}

/// Random, so that two decisions never share an id.
fn nonce() -> [u8; 16] {
    wasi::random::random::get_random_bytes(16).try_into().unwrap_or_default()
}

/// Why there is no response from the upstream.
struct Failed {
    reason: String,
    /// Whether it took too long.
    slow: bool,
}

impl From<String> for Failed {
    fn from(reason: String) -> Self {
        Self { reason, slow: false }
    }
}

impl From<&str> for Failed {
    fn from(reason: &str) -> Self {
        reason.to_owned().into()
    }
}

impl From<ErrorCode> for Failed {
    fn from(error: ErrorCode) -> Self {
        let slow = matches!(error, ErrorCode::ConnectionTimeout | ErrorCode::ConnectionReadTimeout | ErrorCode::HttpResponseTimeout);
        Self { reason: error.to_string(), slow }
    }
}

/// Sends the request on and waits for the head of the response, moving the request's body meanwhile. An upstream may
/// answer before it has the whole body; what is left of it is given back.
fn send(
    request: &IncomingRequest,
    parts: &Parts,
    pass: &Pass,
    timeout: Option<Duration>,
) -> Result<(IncomingResponse, Option<Move>), Failed> {
    let begun = begin(request, parts, pass, timeout);
    write_record(&pass.record);
    let (waiting, mut upload) = begun?;
    loop {
        if let Some(response) = waiting.get() {
            let response: Result<IncomingResponse, ErrorCode> = response.map_err(|()| "no response")?;
            return Ok((response?, upload));
        }
        wait(vec![waiting.subscribe()], [&mut upload]);
    }
}

/// Has the host send the request on.
fn begin(
    request: &IncomingRequest,
    parts: &Parts,
    pass: &Pass,
    timeout: Option<Duration>,
) -> Result<(FutureIncomingResponse, Option<Move>), Failed> {
    let (https, authority, path) = split_url(&pass.upstream).ok_or("the upstream is not an http or https URL")?;
    let onward = OutgoingRequest::new(fields(&pass.request_headers)?);
    let invalid = |()| format!("`{}` is not a URL that the host can call", pass.upstream);
    onward.set_method(&request.method()).map_err(invalid)?;
    onward.set_scheme(Some(&if https { Scheme::Https } else { Scheme::Http })).map_err(invalid)?;
    onward.set_authority(Some(authority)).map_err(invalid)?;
    onward.set_path_with_query(Some(path)).map_err(invalid)?;
    let upload = match has_body(parts) {
        true => Some((request.consume().map_err(|()| "no body")?, onward.body().map_err(|()| "no body")?)),
        false => None,
    };
    let options = match timeout.map(|timeout| u64::try_from(timeout.as_nanos())) {
        Some(Ok(nanoseconds)) => {
            let options = RequestOptions::new();
            // A host that cannot give up on an origin must not wait for it unsaid.
            options.set_first_byte_timeout(Some(nanoseconds)).map_err(|()| "the host knows no timeout")?;
            Some(options)
        }
        _ => None,
    };
    let waiting = outgoing_handler::handle(onward, options)?;
    Ok((waiting, upload.and_then(|(from, to)| Move::new(from, to))))
}

/// Whether there is a body to send on. The host keeps `Transfer-Encoding` to itself, so the method has to tell.
fn has_body(parts: &Parts) -> bool {
    match parts.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        Some((_, length)) => length.as_slice() != b"0",
        None => !matches!(parts.method.as_str(), "GET" | "HEAD" | "DELETE" | "OPTIONS" | "TRACE"),
    }
}

/// Hands the upstream's response back to the caller, and stays until its body has moved.
fn hand_back(out: ResponseOutparam, response: &IncomingResponse, mut upload: Option<Move>, parts: &Parts, pass: Pass) {
    let status = response.status();
    let bodiless = parts.method == "HEAD" || matches!(status, 100..=199 | 204 | 304);
    let mut headers = pass.response_headers(response.headers().entries());
    if bodiless && parts.method != "HEAD" {
        // Some hosts hold a body of none against the length that a 304 repeats.
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
    }
    let back = match fields(&headers) {
        Ok(headers) => OutgoingResponse::new(headers),
        Err(reason) => return answer(out, bad_gateway(&reason, false)),
    };
    let body = if bodiless { None } else { response.consume().ok().zip(back.body().ok()) };
    if back.set_status_code(status).is_err() || (body.is_none() && !bodiless) {
        drop(body);
        return answer(out, bad_gateway("the response could not be taken over", false));
    }
    out.set(back);
    let mut download = body.and_then(|(from, to)| Move::new(from, to));
    while download.is_some() {
        wait(Vec::new(), [&mut download, &mut upload]);
    }
}

/// A response of our own.
fn answer(out: ResponseOutparam, answer: Answer) {
    let headers: Vec<_> = answer.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
    let response = OutgoingResponse::new(fields(&headers).unwrap_or_else(|_| Fields::new()));
    // A status that the host does not take must not become its default, 200.
    if response.set_status_code(answer.status).or_else(|()| response.set_status_code(500)).is_err() {
        return;
    }
    let body = response.body().ok();
    out.set(response);
    let Some(body) = body else { return };
    if let Ok(stream) = body.write() {
        // A caller that has gone does not need the rest.
        let _gone = answer.body.chunks(4096).try_for_each(|chunk| stream.blocking_write_and_flush(chunk));
    }
    drop(OutgoingBody::finish(body, None));
}

fn fields(headers: &[(String, Vec<u8>)]) -> Result<Fields, String> {
    Fields::from_list(headers).map_err(|error| format!("headers: {error}"))
}

/// The whole body of a test-only request, or `None` if it is larger than such a request may be.
fn read(request: &IncomingRequest) -> Option<Vec<u8>> {
    let incoming = request.consume().ok()?;
    let stream = incoming.stream().ok()?;
    let mut body = Vec::new();
    while let Ok(chunk) = stream.blocking_read(64 << 10) {
        body.extend_from_slice(&chunk);
        if body.len() > CHECK_LIMIT {
            return None;
        }
    }
    Some(body)
}
