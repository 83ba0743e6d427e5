//! A hub in Rust with the gate inside it, as axum middleware: one layer around all routes.
//!
//!     weighbridge build tests/lists/weighbridge.toml --checked-at now --output weighbridge.blob
//!     cargo run -p weighbridge-host-test --example axum_hub -- weighbridge.blob 127.0.0.1:8080
//!     curl -i http://127.0.0.1:8080/acme/open-7b/resolve/main/config.json      # 200
//!     curl -i http://127.0.0.1:8080/acme/closed-13b/resolve/main/config.json   # 401, and why
//!
//! The hub knows who connects, so the gate's `WEIGHBRIDGE_CLIENT_ADDRESS` is `platform`. Behind a load balancer set it to
//! `forwarded`, with that balancer's network in `WEIGHBRIDGE_TRUSTED_PROXIES`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use weighbridge_http::{Ambient, Answer, GateConfig, Loaded, Terms, Verdict};

/// What every request is decided by.
pub(crate) struct Gate {
    loaded: Loaded,
    config: GateConfig,
    /// Where decision records go: one JSON line each.
    records: Box<dyn Fn(&str) + Send + Sync>,
}

impl Gate {
    /// Checks the blob whole. `setting` gives `WEIGHBRIDGE_*` settings by name.
    pub(crate) fn open(
        blob: Vec<u8>,
        setting: impl Fn(&str) -> Option<String>,
        records: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        // A gate inside its hub passes nothing on over the network.
        let inside = |name: &str| if name == "WEIGHBRIDGE_UPSTREAM" { Some("http://inside.invalid".to_owned()) } else { setting(name) };
        let config = GateConfig::from_vars(inside)?;
        let loaded = Loaded::open(blob, &Terms::of(&config, now(), None))?;
        Ok(Self { loaded, config, records: Box::new(records) })
    }
}

/// The hub: its routes, all behind the gate. An `.layer` added after this one runs before it, and undecided.
pub(crate) fn hub(gate: Gate) -> Router {
    Router::new().route("/{organisation}/{model}/resolve/{revision}/{*file}", get(file)).layer(from_fn_with_state(Arc::new(gate), decide))
}

/// The middleware.
async fn decide(State(gate): State<Arc<Gate>>, ConnectInfo(peer): ConnectInfo<SocketAddr>, mut request: Request, next: Next) -> Response {
    let verdict = {
        let text = |value: Option<&HeaderValue>| value.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let authority = request.uri().authority().map_or_else(|| text(request.headers().get("host")), ToString::to_string);
        let asked = weighbridge_http::Request {
            method: request.method().as_str(),
            authority: &authority,
            path_and_query: request.uri().path_and_query().map_or("", |path| path.as_str()),
            headers: request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect(),
        };
        let peer = peer.to_string();
        let ambient = Ambient { now: now(), nonce: nonce(), platform_address: Some(&peer), ..Ambient::default() };
        weighbridge_http::gate(gate.loaded.blob(), &gate.config, &asked, &ambient)
    };
    match verdict {
        Verdict::Answer(refusal) => {
            refusal.record.as_deref().inspect(|record| (gate.records)(record));
            refuse(refusal)
        }
        Verdict::Pass(pass) => {
            (gate.records)(&pass.record);
            // What only the gate may say is gone from the request, and shared caches are told not to keep closed items.
            let headers = pass.request_headers.iter().filter_map(|(name, value)| header(name, value)).collect();
            let host = request.headers().get("host").cloned();
            *request.headers_mut() = headers;
            host.map(|host| request.headers_mut().insert("host", host));
            let mut response = next.run(request).await;
            let origin = response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect();
            *response.headers_mut() = pass.response_headers(origin).iter().filter_map(|(name, value)| header(name, value)).collect();
            response
        }
    }
}

fn refuse(refusal: Answer) -> Response {
    let mut response = Response::new(Body::from(refusal.body));
    // A status that is none must not become the default, 200.
    *response.status_mut() = refusal.status.try_into().unwrap_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = refusal.headers.iter().filter_map(|(name, value)| header(name, value.as_bytes())).collect();
    response
}

fn header(name: &str, value: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    Some((HeaderName::try_from(name).ok()?, HeaderValue::from_bytes(value).ok()?))
}

/// What the hub serves: here, a few words.
async fn file(Path((organisation, model, _, file)): Path<(String, String, String, String)>) -> String {
    format!("{file} of {organisation}/{model}\n")
}

/// Unix time. A clock before 1970 reads as 1970: every list is then from the future, and freshness refuses.
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0))
}

/// Differs with every request, so that two decisions never share an id.
fn nonce() -> [u8; 16] {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    let half = || RandomState::new().build_hasher().finish();
    ((u128::from(half()) << 64) | u128::from(half())).to_be_bytes()
}

#[allow(dead_code)] // A test calls `hub` instead.
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(blob), Some(address)) = (arguments.next(), arguments.next()) else {
        return Err("usage: axum_hub BLOB ADDRESS, such as weighbridge.blob 127.0.0.1:8080".into());
    };
    let setting = |name: &str| match name {
        "WEIGHBRIDGE_CLIENT_ADDRESS" => Some(std::env::var(name).unwrap_or_else(|_| "platform".to_owned())),
        name => std::env::var(name).ok(),
    };
    let gate = Gate::open(std::fs::read(&blob)?, setting, |record| println!("{record}"))?;
    let listener = tokio::net::TcpListener::bind(&address).await?;
    axum::serve(listener, hub(gate).into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}
