//! The gate before an origin: decides on the head, and hands the bodies on as they flow.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Either, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use weighbridge_http::{Answer, CHECK_PATH, Pass, Verdict, no_upstream};

use super::ServeError;
use super::answer::{Response, asked, header_map, respond};
use super::gate::Gate;
use super::progress::{Progress, Watched};

/// How long a connection to the origin may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The largest body that the test-only check route takes. Everything else has no limit, because it is never read.
const CHECK_LIMIT: usize = 16 << 20;

pub(super) struct Proxy {
    gate: Arc<Gate>,
    client: Client<HttpConnector, Watched>,
    timeout: Duration,
}

impl Proxy {
    pub(super) fn new(gate: Arc<Gate>, timeout: Duration) -> Result<Self, ServeError> {
        if !gate.config.upstream().starts_with("http://") {
            return Err(ServeError::Upstream(gate.config.upstream().to_owned()));
        }
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        connector.set_nodelay(true);
        Ok(Self { gate, client: Client::builder(TokioExecutor::new()).build(connector), timeout })
    }

    pub(super) async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response {
        if request.method() == Method::CONNECT {
            return respond(Answer {
                status: 405,
                headers: vec![("Allow".to_owned(), "GET, HEAD, POST".to_owned())],
                body: Vec::new(),
                record: None,
            });
        }
        if self.gate.config.test_routes() && request.method() == Method::POST && request.uri() == CHECK_PATH {
            let body = Limited::new(request.into_body(), CHECK_LIMIT).collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            return respond(self.gate.check(&body));
        }
        match self.gate.decide(&asked(&request), Some(&peer.to_string())) {
            Verdict::Answer(refusal) => respond(refusal),
            Verdict::Pass(pass) => self.forward(request, pass).await.unwrap_or_else(|(slow, reason)| {
                self.gate.metrics.no_upstream(slow);
                eprintln!("weighbridge: the upstream did not answer: {reason}");
                respond(no_upstream(slow))
            }),
        }
    }

    /// Sends the request on and gives back the response. On failure: whether the origin was too slow, and the reason.
    async fn forward(&self, request: Request<Incoming>, mut pass: Pass) -> Result<Response, (bool, String)> {
        let (head, body) = request.into_parts();
        let (progress, body) = Progress::watch(body);
        let mut onward = Request::new(body);
        *onward.method_mut() = head.method;
        *onward.uri_mut() = pass.upstream.parse().map_err(|error| (false, format!("`{}`: {error}", pass.upstream)))?;
        *onward.headers_mut() = header_map(std::mem::take(&mut pass.request_headers));
        let response = tokio::select! {
            response = self.client.request(onward) => response.map_err(|error| (false, chain(&error)))?,
            () = progress.stalled(self.timeout) => return Err((true, format!("nothing for {} s", self.timeout.as_secs_f32()))),
        };
        let (mut head, body) = response.into_parts();
        let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect();
        head.headers = header_map(pass.response_headers(headers));
        head.version = hyper::Version::HTTP_11;
        Ok(Response::from_parts(head, Either::Left(body)))
    }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
