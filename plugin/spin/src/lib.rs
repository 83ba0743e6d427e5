//! The gate as a Spin component, for Spin 4.1 and later and every other host of `wasi:http` 0.3.
//!
//! The adapter translates and nothing else: the host's request into the gate's, the gate's verdict into the host's
//! response. Body bytes stay with the host. A request that passes is sent on with the host's own body stream, and the
//! upstream's body stream is handed back the same way; the component holds the ends and never reads.

mod shared;

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::OnceLock;
use std::task::Poll;
use std::time::Duration;

use shared::{CHECK_LIMIT, Environment, Gate, Kept, Parts, bad_gateway, split_url, write_record};
use spin_sdk::wasip3::exports::http::handler::Guest;
use spin_sdk::wasip3::http::client;
use spin_sdk::wasip3::http::types::{ErrorCode, Fields, Method, Request, RequestOptions, Response, Scheme};
use spin_sdk::wasip3::http_compat::BodyWriter;
use spin_sdk::wasip3::random::random::get_random_bytes;
use spin_sdk::wasip3::wit_future;
use spin_sdk::wit_bindgen::{self, StreamResult};
use weighbridge_http::{Answer, Pass, Verdict};

/// One per instance: Spin may use an instance for one request or for many.
static GATE: OnceLock<Gate> = OnceLock::new();

struct Component;
spin_sdk::wasip3::http::service::export!(Component);

// The SDK's `#[http_service]` would first copy the request into the `http` crate's types, and answer a request that it
// cannot copy without asking the gate.
impl Guest for Component {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let gate = gate().await;
        let parts = parts(&request);
        if gate.is_check(&parts) {
            let body = read(request).await.unwrap_or_default();
            return answer(gate.check(&body, nonce()));
        }
        match gate.decide(&parts, nonce()) {
            Verdict::Answer(refusal) => {
                refusal.record.iter().for_each(|record| write_record(record));
                answer(refusal)
            }
            Verdict::Pass(pass) => match forward(request, pass, gate.timeout()).await {
                Ok(response) => Ok(response),
                Err(error) => answer(bad_gateway(&format!("{error:?}"), is_slow(&error))),
            },
        }
    }
}

async fn gate() -> &'static Gate {
    if let Some(gate) = GATE.get() {
        return gate;
    }
    // Two requests at once may both get here; they read the same settings, and the first one's stay.
    let environment = Environment::read();
    let kept = kept(&environment).await;
    GATE.get_or_init(|| Gate::open(&environment, kept))
}

#[cfg(feature = "spin")]
async fn kept(environment: &Environment) -> Result<Kept, String> {
    use spin_sdk::key_value::Store;
    use spin_sdk::variables::{self, Error};
    let mut kept = Kept::default();
    for (variable, name) in shared::SECRETS {
        match variables::get(variable).await {
            Ok(value) => kept.secrets.push((name, value)),
            Err(Error::Undefined(_)) => {}
            // A provider that is down must not read as "no keys".
            Err(error) => return Err(format!("the variable `{variable}`: {error}")),
        }
    }
    if let Some(key) = shared::blob_key(environment) {
        let failed = |error| format!("the blob `{key}` of the key-value store: {error}");
        let store = Store::open_default().await.map_err(|error| failed(error.to_string()))?;
        let found = store.get(&key).await.map_err(|error| failed(error.to_string()))?;
        let bytes = found.ok_or_else(|| failed("there is none".to_owned()))?;
        kept.blob = Some((key, bytes));
    }
    Ok(kept)
}

#[cfg(not(feature = "spin"))]
async fn kept(_: &Environment) -> Result<Kept, String> {
    Ok(Kept::default())
}

fn parts(request: &Request) -> Parts {
    let method = match request.get_method() {
        Method::Get => "GET".into(),
        Method::Head => "HEAD".into(),
        Method::Post => "POST".into(),
        Method::Put => "PUT".into(),
        Method::Delete => "DELETE".into(),
        Method::Connect => "CONNECT".into(),
        Method::Options => "OPTIONS".into(),
        Method::Trace => "TRACE".into(),
        Method::Patch => "PATCH".into(),
        Method::Other(method) => method,
    };
    let authority = request.get_authority().unwrap_or_default();
    let path_and_query = request.get_path_with_query().unwrap_or_else(|| "/".into());
    Parts { method, authority, path_and_query, headers: request.get_headers().copy_all() }.with_host()
}

/// Random, so that two decisions never share an id.
fn nonce() -> [u8; 16] {
    get_random_bytes(16).try_into().unwrap_or_default()
}

/// Sends the request on to the upstream and gives back its response, both bodies unread.
async fn forward(request: Request, pass: Pass, timeout: Option<Duration>) -> Result<Response, ErrorCode> {
    let mut sending = pin!(async { client::send(onward(request, &pass, timeout)?).await });
    // Asked once, the host begins.
    let begun = poll_fn(|context| Poll::Ready(sending.as_mut().poll(context))).await;
    write_record(&pass.record);
    let response = match begun {
        Poll::Ready(response) => response?,
        Poll::Pending => sending.await?,
    };
    let status = response.get_status_code();
    let headers = pass.response_headers(response.get_headers().copy_all());
    let (_, received) = wit_future::new(|| Ok(()));
    let (body, trailers) = Response::consume_body(response, received);
    let (back, _) = Response::new(fields(&headers)?, Some(body), trailers);
    back.set_status_code(status).map_err(|()| ErrorCode::HttpProtocolError)?;
    Ok(back)
}

/// The request as the upstream gets it.
fn onward(request: Request, pass: &Pass, timeout: Option<Duration>) -> Result<Request, ErrorCode> {
    let (https, authority, path) = split_url(&pass.upstream).ok_or(ErrorCode::HttpRequestUriInvalid)?;
    let method = request.get_method();
    let options = match timeout.map(|timeout| u64::try_from(timeout.as_nanos())) {
        Some(Ok(nanoseconds)) => {
            let options = RequestOptions::new();
            // A host that cannot give up on an origin must not wait for it unsaid.
            options.set_first_byte_timeout(Some(nanoseconds)).map_err(|error| ErrorCode::InternalError(Some(format!("{error:?}"))))?;
            Some(options)
        }
        _ => request.get_options(),
    };
    let (_, received) = wit_future::new(|| Ok(()));
    let (body, trailers) = Request::consume_body(request, received);
    let (onward, _) = Request::new(fields(&pass.request_headers)?, Some(body), trailers, options);
    let invalid = |()| ErrorCode::HttpRequestUriInvalid;
    onward.set_method(&method).map_err(invalid)?;
    onward.set_scheme(Some(&if https { Scheme::Https } else { Scheme::Http })).map_err(invalid)?;
    onward.set_authority(Some(authority)).map_err(invalid)?;
    onward.set_path_with_query(Some(path)).map_err(invalid)?;
    Ok(onward)
}

/// Whether the upstream took too long.
const fn is_slow(error: &ErrorCode) -> bool {
    matches!(error, ErrorCode::ConnectionTimeout | ErrorCode::ConnectionReadTimeout | ErrorCode::HttpResponseTimeout)
}

/// A response of our own.
fn answer(answer: Answer) -> Result<Response, ErrorCode> {
    let headers: Vec<_> = answer.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
    let (mut writer, body, trailers) = BodyWriter::new();
    let (response, _) = Response::new(fields(&headers)?, Some(body), trailers);
    response.set_status_code(answer.status).map_err(|()| ErrorCode::HttpProtocolError)?;
    wit_bindgen::spawn(async move {
        // A caller that has gone does not need the rest.
        drop(writer.stream_writer.write_all(answer.body).await);
        drop(writer.stream_writer);
        drop(writer.result_writer.write(Ok(None)).await);
    });
    Ok(response)
}

fn fields(headers: &[(String, Vec<u8>)]) -> Result<Fields, ErrorCode> {
    Fields::from_list(headers).map_err(|error| ErrorCode::InternalError(Some(format!("headers: {error:?}"))))
}

/// The whole body of a test-only request, or `None` if it is larger than such a request may be.
async fn read(request: Request) -> Option<Vec<u8>> {
    let (_, received) = wit_future::new(|| Ok(()));
    let (mut stream, _trailers) = Request::consume_body(request, received);
    let mut body = Vec::new();
    loop {
        let (result, chunk) = stream.read(Vec::with_capacity(64 << 10)).await;
        body.extend_from_slice(&chunk);
        if body.len() > CHECK_LIMIT {
            return None;
        }
        if !matches!(result, StreamResult::Complete(_)) {
            return Some(body);
        }
    }
}
