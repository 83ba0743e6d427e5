//! A client for loopback, without redirects and without a pool: one connection per request.

use std::net::SocketAddr;

use anyhow::Context as _;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{HOST, HeaderMap};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A response that has been read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Answer {
    /// A header as text; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends a request and gives back the response as its head arrives.
///
/// # Errors
///
/// When the server cannot be reached or does not speak HTTP.
pub async fn send<B>(server: SocketAddr, request: Request<B>) -> anyhow::Result<Response<Incoming>>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let stream = TcpStream::connect(server).await.with_context(|| format!("connect to {server}"))?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // It carries the bodies and ends with them; what goes wrong shows in the bodies.
    tokio::spawn(connection);
    Ok(sender.send_request(request).await?)
}

/// A request with `Host` set.
///
/// # Errors
///
/// When a part is not one that HTTP allows.
pub fn request<B>(server: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: B) -> anyhow::Result<Request<B>> {
    let mut builder = Request::builder().method(method).uri(path).header(HOST, server.to_string());
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    Ok(builder.body(body)?)
}

/// Sends a small request and reads the whole response.
///
/// # Errors
///
/// When the request cannot be sent or the response breaks off.
pub async fn fetch(
    server: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> anyhow::Result<Answer> {
    let response = send(server, request(server, method, path, headers, Full::new(body.into()))?).await?;
    let (head, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
}
