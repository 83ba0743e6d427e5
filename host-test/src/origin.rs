//! An origin for tests: says what reached it, or is slow, or large.
//!
//! The query tells: `wait=MS` waits so many milliseconds, `large=MB` sends so many megabytes. Every answer carries headers that
//! a gate must replace or remove.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::{Request, Response};

use crate::host::{Server, serve};

/// An origin that runs.
pub struct Origin {
    /// Where.
    pub server: Server,
    asked: Arc<AtomicU64>,
}

impl Origin {
    /// Starts one on loopback.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub async fn start() -> anyhow::Result<Self> {
        let asked = Arc::<AtomicU64>::default();
        let count = Arc::clone(&asked);
        let server = serve(0, move |request| {
            count.fetch_add(1, Ordering::SeqCst);
            answer(request)
        })
        .await?;
        Ok(Self { server, asked })
    }

    /// How many requests have reached it.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn answer(request: Request<Incoming>) -> Response<Repeated> {
    let (head, mut body) = request.into_parts();
    let mut length = 0;
    while let Some(Ok(frame)) = body.frame().await {
        length += frame.data_ref().map_or(0, Bytes::len);
    }
    let mut told = format!("{} {} {:?}\n", head.method, head.uri, head.version);
    for (name, value) in &head.headers {
        told.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    }
    told.push_str(&format!("{length} bytes of body\n"));
    let asked = |name: &str| head.uri.query().unwrap_or_default().split('&').find_map(|part| part.strip_prefix(name)?.parse::<u64>().ok());
    if let Some(wait) = asked("wait=") {
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
    let body = match asked("large=") {
        Some(megabytes) => Repeated { part: Bytes::from(vec![b'w'; 1 << 20]), left: megabytes },
        None => Repeated { part: told.into(), left: 1 },
    };
    let mut response = Response::new(body);
    for (name, value) in [
        ("cache-control", "public, max-age=60"),
        ("surrogate-control", "max-age=60"),
        ("x-weighbridge-decision", "forged"),
        ("x-upstream", "yes"),
    ] {
        response.headers_mut().insert(name, hyper::header::HeaderValue::from_static(value));
    }
    response
}

/// A body that is the same part again and again.
struct Repeated {
    part: Bytes,
    left: u64,
}

impl Body for Repeated {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        Poll::Ready(Some(Ok(Frame::data(self.part.clone()))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left * self.part.len() as u64)
    }
}
