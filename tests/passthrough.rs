//! What passes the gate passes unread: 256 MB go through a component that may have 32 MB, and arrive whole; and the head
//! of a response is the upstream's, but for what the gate adds and removes.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_body::{Pattern, drain};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response};
use weighbridge_host_test::client::{fetch, request, send};
use weighbridge_host_test::components::Plugin;
use weighbridge_host_test::host::{Gate, Server, Settings, serve, serve_gate};
use weighbridge_host_test::hub::Hub;
use weighbridge_host_test::sample;

const SIZE: u64 = 256 << 20;
const MEMORY: usize = 32 << 20;
/// A file and a service of published items: anybody may have them, so every request here passes.
const FILE: &str = "/acme/open-7b/resolve/main/model.safetensors";
const CHAT: &str = "/serve/open-chat/v1/chat/completions";

/// Bodies that are made and checked as they flow, so that nobody in this test holds 256 MB either.
mod futures_body {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use http_body_util::BodyExt as _;
    use hyper::body::{Body, Bytes, Frame, SizeHint};
    use sha2::{Digest as _, Sha256};

    /// `length` reproducible bytes in chunks of changing size.
    pub(crate) struct Pattern {
        pub(crate) length: u64,
        pub(crate) sent: u64,
        pub(crate) sized: bool,
    }

    impl Body for Pattern {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            if self.sent == self.length {
                return Poll::Ready(None);
            }
            let chunk = (1 + self.sent % 300_007).min(self.length - self.sent);
            let start = self.sent;
            self.sent += chunk;
            let bytes: Vec<u8> = (start..start + chunk).map(|at| (at.wrapping_mul(0x9e37_79b9) >> 13) as u8).collect();
            Poll::Ready(Some(Ok(Frame::data(bytes.into()))))
        }

        fn size_hint(&self) -> SizeHint {
            if self.sized { SizeHint::with_exact(self.length - self.sent) } else { SizeHint::default() }
        }
    }

    impl Pattern {
        pub(crate) fn new(length: u64, sized: bool) -> Self {
            Self { length, sent: 0, sized }
        }
    }

    /// Length and hash of a body.
    pub(crate) async fn drain<B: Body<Data = Bytes> + Unpin>(mut body: B) -> Result<(u64, String), B::Error> {
        let (mut length, mut hash) = (0, Sha256::new());
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame?.into_data() {
                length += data.len() as u64;
                hash.update(&data);
            }
        }
        Ok((length, hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
    }
}

type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, Infallible>;

/// An upstream that sends and takes large bodies, and counts its requests.
async fn upstream(asked: Arc<AtomicU64>) -> Server {
    let full = |text: String| Full::new(Bytes::from(text)).boxed_unsync();
    serve(0, move |request: Request<Incoming>| {
        asked.fetch_add(1, Ordering::Relaxed);
        async move {
            let seen: Vec<_> = request.headers().iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or("?"))).collect();
            let query = request.uri().query().unwrap_or_default().to_owned();
            let response = Response::builder().header("surrogate-control", "max-age=60").header("x-upstream", "yes");
            let response: Result<Response<Body>, _> = match (request.method(), query.as_str()) {
                (&Method::GET, "headers") => response.body(full(seen.join("\n"))),
                (&Method::GET, "chunked") => response.body(Pattern::new(SIZE, false).boxed_unsync()),
                // Promises more than it sends.
                (&Method::GET, "cut") => response.header("content-length", SIZE).body(Pattern::new(1 << 20, false).boxed_unsync()),
                (&Method::GET, _) => response.body(Pattern::new(SIZE, true).boxed_unsync()),
                // Answers before it has read anything, and then reads nothing.
                (&Method::POST, "early") => response.status(413).body(full("too large".into())),
                (&Method::POST, _) => match drain(request.into_body()).await {
                    Ok((length, hash)) => response.body(full(format!("{length} {hash}"))),
                    Err(_) => response.status(400).body(full("broken".into())),
                },
                _ => response.status(405).body(full(String::new())),
            };
            response.unwrap()
        }
    })
    .await
    .unwrap()
}

struct Bench {
    plugin: Plugin,
    gate: Gate,
    server: Server,
    upstream: Server,
    asked: Arc<AtomicU64>,
}

async fn bench(plugin: Plugin) -> Bench {
    let asked = Arc::new(AtomicU64::new(0));
    let upstream = upstream(Arc::clone(&asked)).await;
    let settings = Settings { memory_limit: MEMORY, ..sample::settings(upstream.address) };
    let gate = sample::gate(plugin, settings).unwrap();
    let server = serve_gate(0, &gate).await.unwrap();
    Bench { plugin, gate, server, upstream, asked }
}

impl Bench {
    fn address(&self) -> SocketAddr {
        self.server.address
    }

    fn memory_stayed_small(&self) {
        let peak = self.gate.peak_memory();
        println!("{:?}: at most {} KB of memory", self.plugin, peak >> 10);
        assert!(peak > 0 && peak < MEMORY / 2, "{:?}: {peak} bytes", self.plugin);
    }
}

async fn expected() -> (u64, String) {
    drain(Pattern::new(SIZE, true)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn large_downloads_pass_unread() {
    let expected = expected().await;
    for plugin in Plugin::ALL {
        let bench = bench(plugin).await;
        for query in ["", "?chunked"] {
            let path = format!("{FILE}{query}");
            let response =
                send(bench.address(), request(bench.address(), "GET", &path, &[], Full::<Bytes>::default()).unwrap()).await.unwrap();
            assert_eq!(response.status(), 200, "{plugin:?} {query}");
            assert_eq!(response.headers()["x-upstream"], "yes");
            let length = response.headers().get("content-length").map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(length, query.is_empty().then(|| SIZE.to_string()), "{plugin:?} {query}");
            assert_eq!(drain(response.into_body()).await.unwrap(), expected, "{plugin:?} {query}");
        }
        bench.memory_stayed_small();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_uploads_pass_unread() {
    let (length, hash) = expected().await;
    for plugin in Plugin::ALL {
        let bench = bench(plugin).await;
        for sized in [true, false] {
            let upload = request(bench.address(), "POST", CHAT, &[], Pattern::new(SIZE, sized)).unwrap();
            let response = send(bench.address(), upload).await.unwrap();
            assert_eq!(response.status(), 200, "{plugin:?} {sized}");
            let said = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(said, format!("{length} {hash}"), "{plugin:?} {sized}");
        }
        bench.memory_stayed_small();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_breaks_off_is_seen_to_break_off() {
    for plugin in Plugin::ALL {
        let bench = bench(plugin).await;
        let get = request(bench.address(), "GET", &format!("{FILE}?cut"), &[], Full::<Bytes>::default()).unwrap();
        let response = send(bench.address(), get).await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(drain(response.into_body()).await.is_err(), "{plugin:?}: a short body must not look whole");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_answers_early_is_heard() {
    for plugin in Plugin::ALL {
        let bench = bench(plugin).await;
        let upload = request(bench.address(), "POST", &format!("{CHAT}?early"), &[], Pattern::new(SIZE, true)).unwrap();
        // Either the answer arrives, or the connection closes under an upload that nobody reads; it never hangs.
        let heard = tokio::time::timeout(Duration::from_secs(20), send(bench.address(), upload)).await.expect("it hangs");
        if let Ok(response) = heard {
            assert!([413, 502].contains(&response.status().as_u16()), "{plugin:?} {}", response.status());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_never_reaches_the_upstream() {
    for plugin in Plugin::ALL {
        let bench = bench(plugin).await;
        let answer = fetch(bench.address(), "GET", "/acme/closed-13b/resolve/main/config.json", &[], "").await.unwrap();
        assert_eq!(answer.status, 401, "{plugin:?} {}", answer.text());
        assert_eq!(answer.header("cache-control"), "private, no-store");
        assert_eq!(bench.asked.load(Ordering::Relaxed), 0);
        let record: serde_json::Value = serde_json::from_str(&bench.gate.lines().pop().unwrap()).unwrap();
        assert_eq!(record["id"], answer.header("x-weighbridge-decision"));
        assert_eq!(record["passed"], false);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_the_gate_stays_with_the_gate() {
    let headers = [
        ("x-weighbridge-identity", "{}"),
        ("x-weighbridge-signature", "00"),
        ("x-weighbridge-decision", "forged"),
        ("spin-client-addr", "192.0.2.1:1"),
        ("connection", "close"),
        ("te", "trailers"),
        ("x-kept", "yes"),
        ("range", "bytes=0-9"),
    ];
    for plugin in Plugin::ALL {
        let bench = bench(plugin).await;
        let answer = fetch(bench.address(), "GET", &format!("{FILE}?headers"), &headers, "").await.unwrap();
        assert_eq!(answer.status, 200, "{plugin:?} {}", answer.text());
        let seen = answer.text();
        for gone in ["x-weighbridge-identity", "x-weighbridge-signature", "forged", "spin-client-addr", "te:"] {
            assert!(!seen.lines().any(|line| line.starts_with(gone) || line.ends_with(gone)), "{plugin:?}: `{gone}` in\n{seen}");
        }
        for kept in ["x-kept: yes", "range: bytes=0-9", &format!("host: {}", bench.upstream.address)] {
            assert!(seen.lines().any(|line| line == kept), "{plugin:?}: no `{kept}` in\n{seen}");
        }
        let record: serde_json::Value = serde_json::from_str(&bench.gate.lines().pop().unwrap()).unwrap();
        let decision = format!("x-weighbridge-decision: {}", record["id"].as_str().unwrap());
        assert!(seen.lines().any(|line| line == decision), "{plugin:?}: no `{decision}` in\n{seen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_looks_the_same_through_the_gate() {
    let hub = Hub::start(0).await.unwrap();
    let etag = fetch(hub.address, "HEAD", FILE, &[], "").await.unwrap().header("etag").to_owned();
    let (range, not_modified) = ([("range", "bytes=100-299")], [("if-none-match", etag.as_str())]);
    let asks: [(&str, &str, &[(&str, &str)], &str); 9] = [
        ("GET", FILE, &[], ""),
        ("HEAD", FILE, &[], ""),
        ("GET", FILE, &range, ""),
        ("HEAD", FILE, &range, ""),
        ("GET", FILE, &[("range", "bytes=99999999-")], ""),
        ("GET", FILE, &not_modified, ""),
        ("GET", "/acme/open-7b/resolve/main/none.bin", &[], ""),
        ("GET", "/api/models/acme/open-7b", &[], ""),
        ("POST", CHAT, &[("content-type", "application/json")], r#"{"messages":[{"role":"user","content":"hello"}]}"#),
    ];
    for plugin in Plugin::ALL {
        let gate = sample::gate(plugin, sample::settings(hub.address)).unwrap();
        let server = serve_gate(0, &gate).await.unwrap();
        for (method, path, headers, body) in asks {
            let direct = fetch(hub.address, method, path, headers, body).await.unwrap();
            let through = fetch(server.address, method, path, headers, body).await.unwrap();
            let what = format!("{plugin:?} {method} {path} {headers:?}");
            assert_eq!(through.status, direct.status, "{what}: {}", through.text());
            assert_eq!(through.body, direct.body, "{what}");
            for (name, value) in &direct.headers {
                // The date is the server's; the 304 of a WASI 0.2 component says no length.
                if name != "date" && !(direct.status == 304 && name == "content-length") {
                    assert_eq!(through.headers.get(name), Some(value), "{what}: {name}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_upstream_is_a_bad_gateway() {
    // A port that was free a moment ago.
    let nobody = Hub::start(0).await.unwrap().address;
    for plugin in Plugin::ALL {
        let gate = sample::gate(plugin, sample::settings(nobody)).unwrap();
        let server = serve_gate(0, &gate).await.unwrap();
        let answer = fetch(server.address, "GET", FILE, &[], "").await.unwrap();
        assert_eq!((answer.status, answer.header("content-type")), (502, "application/problem+json"), "{plugin:?} {}", answer.text());
        assert_eq!(answer.header("cache-control"), "private, no-store");
        assert!(gate.lines().iter().any(|line| line.contains("upstream did not answer")), "{:?}", gate.lines());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_blob_or_with_bad_settings_everything_is_refused() {
    let hub = Hub::start(0).await.unwrap();
    for plugin in Plugin::ALL {
        let good = sample::settings(hub.address);
        let (built, packaged) = (plugin.wasm().unwrap(), plugin.packaged(sample::blob().unwrap()).unwrap());
        let damaged = plugin.packaged(&sample::blob().unwrap()[..100]).unwrap();
        for (what, wasm, settings, said) in [
            ("no blob", &built, good.clone(), "no blob"),
            ("half a blob", &damaged, good.clone(), "blob"),
            ("a wrong value", &packaged, good.clone().env("WEIGHBRIDGE_MODE", "off"), "WEIGHBRIDGE_MODE"),
            ("an unknown setting", &packaged, good.clone().env("WEIGHBRIDGE_MOOD", "enforce"), "WEIGHBRIDGE_MOOD"),
            ("no upstream", &packaged, Settings::default(), "WEIGHBRIDGE_UPSTREAM"),
        ] {
            let gate = Gate::new(wasm, settings).unwrap();
            let server = serve_gate(0, &gate).await.unwrap();
            for path in [FILE, "/", "/api/models/acme/open-7b"] {
                let answer = fetch(server.address, "GET", path, &[], "").await.unwrap();
                assert_eq!((answer.status, answer.header("content-type")), (503, "application/problem+json"), "{plugin:?} {what} {path}");
                let line = gate.lines().pop().unwrap();
                assert!(line.contains(said), "{plugin:?} {what}: {line}");
                assert!(!answer.text().contains("WEIGHBRIDGE_"), "what is wrong is for the operator: {}", answer.text());
            }
        }
    }
}
