//! What stands before a gate in production: a proxy that knows where clients come from, and says so. Here it says what a
//! test wants, and can break a transfer off.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};

use crate::client::send;
use crate::host::{Server, serve};

/// A proxy on loopback. Dropping it stops it.
pub struct Edge {
    /// Where clients come.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    _server: Server,
}

struct Shared {
    client: Mutex<IpAddr>,
    cut: AtomicUsize,
    seen: Mutex<Vec<String>>,
}

impl Edge {
    /// Starts one before `gate` that says of everybody that they come from `client`.
    ///
    /// # Errors
    ///
    /// When there is no port.
    pub async fn start(gate: SocketAddr, client: IpAddr) -> anyhow::Result<Self> {
        let shared = Arc::new(Shared { client: Mutex::new(client), cut: AtomicUsize::new(0), seen: Mutex::default() });
        let through = Arc::clone(&shared);
        let server = serve(0, move |request| {
            let shared = Arc::clone(&through);
            async move { shared.pass(gate, request).await }
        })
        .await?;
        Ok(Self { address: server.address, shared, _server: server })
    }

    /// From now on everybody comes from `client`.
    pub fn moves(&self, client: IpAddr) {
        *self.shared.client.lock().unwrap_or_else(PoisonError::into_inner) = client;
    }

    /// Breaks the next body off that is longer than `bytes`, after as many.
    pub fn cuts_after(&self, bytes: usize) {
        self.shared.cut.store(bytes, Ordering::SeqCst);
    }

    /// The requests so far: method, target and `Range`, and the status that came back.
    pub fn seen(&self) -> Vec<String> {
        self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Shared {
    async fn pass(&self, gate: SocketAddr, mut request: Request<Incoming>) -> Response<Cut> {
        let client = *self.client.lock().unwrap_or_else(PoisonError::into_inner);
        let range = request.headers().get("range").and_then(|value| value.to_str().ok()).unwrap_or("-");
        let line = format!("{} {} {range}", request.method(), request.uri());
        // Over whatever the client sent.
        request.headers_mut().insert(
            HeaderName::from_static("x-forwarded-for"),
            HeaderValue::from_str(&client.to_string()).unwrap_or(HeaderValue::from_static("unknown")),
        );
        let response = send(gate, request).await;
        let status = response.as_ref().map_or(502, |response| response.status().as_u16());
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{line} {status}"));
        match response {
            Ok(response) => {
                let long = |length: u64| length > self.cut.load(Ordering::SeqCst) as u64;
                let left = match response.body().size_hint().exact() {
                    Some(length) if self.cut.load(Ordering::SeqCst) > 0 && long(length) => self.cut.swap(0, Ordering::SeqCst),
                    _ => usize::MAX,
                };
                response.map(|body| Cut { body: Some(body), left })
            }
            Err(_) => {
                let mut response = Response::new(Cut { body: None, left: 0 });
                *response.status_mut() = StatusCode::BAD_GATEWAY;
                response
            }
        }
    }
}

/// A body that breaks off after so many bytes.
pub struct Cut {
    body: Option<Incoming>,
    left: usize,
}

impl Body for Cut {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let left = self.left;
        let Some(body) = self.body.as_mut() else { return Poll::Ready(None) };
        if left == 0 {
            return Poll::Ready(Some(Err("cut off".into())));
        }
        let polled = Pin::new(body).poll_frame(context);
        polled.map(|frame| {
            frame.map(|frame| {
                let frame = frame?;
                let Ok(data) = frame.into_data() else { return Err("trailers".into()) };
                let data = data.slice(..data.len().min(left));
                if left != usize::MAX {
                    self.left -= data.len();
                }
                Ok(Frame::data(data))
            })
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.as_ref().map_or_else(|| hyper::body::SizeHint::with_exact(0), Body::size_hint)
    }
}
