//! A body that notes when it last moved, so that a slow upload is not mistaken for a slow origin.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

/// When a body last moved.
#[derive(Clone)]
pub(super) struct Progress {
    start: Instant,
    last: Arc<AtomicU64>,
}

impl Progress {
    /// The body, watched.
    pub(super) fn watch(body: Incoming) -> (Self, Watched) {
        let progress = Self { start: Instant::now(), last: Arc::default() };
        (progress.clone(), Watched { body, progress })
    }

    fn moved(&self) {
        self.last.store(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Ends once nothing has moved for `timeout`.
    pub(super) async fn stalled(&self, timeout: Duration) {
        loop {
            let last = self.start + Duration::from_millis(self.last.load(Ordering::Relaxed));
            let Some(left) = timeout.checked_sub(last.elapsed()).filter(|left| !left.is_zero()) else { return };
            tokio::time::sleep(left).await;
        }
    }
}

/// A request's body on its way to the origin.
pub(super) struct Watched {
    body: Incoming,
    progress: Progress,
}

impl Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if polled.is_ready() {
            self.progress.moved();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
