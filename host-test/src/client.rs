//! Clients for loopback, without redirects and without a pool: one connection per request.

use std::io::Read as _;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

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

    /// That a closed item passed: with one decision, the gate's and not the origin's, and for no shared cache to keep.
    ///
    /// # Panics
    /// If it did not.
    pub fn assert_passed_privately(&self) {
        let count = |name| self.headers.get_all(name).iter().count();
        assert_eq!((self.status, self.header("cache-control"), count("cache-control")), (200, "private", 1), "{}", self.text());
        assert_eq!(self.header("surrogate-control"), "");
        let decision = "x-weighbridge-decision";
        assert_eq!((self.header(decision).len(), count(decision)), (26, 1), "the origin's own word is replaced");
    }

    /// The body as text, unpacked where a server packed it because the request allowed gzip (Cloudflare's edge does).
    pub fn text(&self) -> String {
        let mut text = Vec::new();
        let packed = self.header("content-encoding").eq_ignore_ascii_case("gzip");
        if packed && flate2::read::GzDecoder::new(self.body.as_ref()).read_to_end(&mut text).is_ok() {
            return String::from_utf8_lossy(&text).into_owned();
        }
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

/// Sends a request byte for byte as it is written here, from a loopback address of choice, and reads the response:
/// for what a well-behaved client does not send. Each header is a name and a value, in the case that is given. `None` if
/// the server closes without an answer.
///
/// # Errors
///
/// When there is no connection from `from`, or nothing comes for a minute.
pub async fn ask_from(
    from: IpAddr,
    server: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> anyhow::Result<Option<Answer>> {
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: weights.test\r\nConnection: close\r\n");
    if !body.is_empty() {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    head.push_str("\r\n");
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(from, 0)).with_context(|| format!("from {from}"))?;
    let stream = socket.connect(server).await.with_context(|| format!("connect to {server}"))?;
    stream.set_nodelay(true)?;
    let (mut read, mut write) = stream.into_split();
    let sent = body.to_vec();
    // Beside the reading: a server that refuses early may not read all of it.
    let writing = tokio::spawn(async move {
        if write.write_all(head.as_bytes()).await.is_ok() {
            drop(write.write_all(&sent).await);
        }
        write
    });
    let mut answer = Vec::with_capacity(4 << 10);
    let whole = async {
        // What was read before a connection breaks off is an answer, too; and not every server closes when it is asked to.
        while !is_whole(method, &answer) && read.read_buf(&mut answer).await.is_ok_and(|n| n > 0) {}
    };
    tokio::time::timeout(Duration::from_secs(60), whole).await.context("no answer in a minute")?;
    writing.abort();
    Ok(parse(&answer))
}

/// Whether nothing more belongs to a response (RFC 9112, section 6.3). Without a length its end is that of the connection.
fn is_whole(method: &str, answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(answer.get(..end).unwrap_or_default()).to_ascii_lowercase();
    let body = answer.get(end + 4..).unwrap_or_default();
    let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    match (value("content-length").and_then(|length| length.parse::<usize>().ok()), value("transfer-encoding")) {
        _ if head.starts_with("http/1.1 100") => is_whole(method, body),
        _ if method == "HEAD" => true,
        (Some(length), _) => body.len() >= length,
        (None, Some("chunked")) => body.ends_with(b"0\r\n\r\n"),
        _ => false,
    }
}

/// A response as it stands on the wire, its body whole.
fn parse(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, mut body) = (std::str::from_utf8(answer.get(..end)?).ok()?, answer.get(end + 4..)?);
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        headers.append(HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value.trim()).ok()?);
    }
    // An interim response stands before the final one (RFC 9110, section 15.2).
    if status == 100 {
        return parse(body);
    }
    if headers.get("transfer-encoding").is_none_or(|coding| coding != "chunked") {
        return Some(Answer { status, headers, body: Bytes::copy_from_slice(body) });
    }
    let mut whole = Vec::new();
    // RFC 9112, section 7.1, without trailers; a body that breaks off is as short as it came.
    while let Some(line) = body.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(body.get(..line)?).ok()?.split(';').next()?.trim(), 16).ok()?;
        let chunk = body.get(line + 2..)?;
        if size == 0 || chunk.len() < size + 2 {
            break;
        }
        whole.extend_from_slice(chunk.get(..size)?);
        body = chunk.get(size + 2..)?;
    }
    Some(Answer { status, headers, body: whole.into() })
}
