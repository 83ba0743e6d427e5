//! The native gate: the engine in a process of its own, before an origin or beside a proxy that asks.
//!
//! The engine runs natively and not in a Wasm instance: the gate's crates hold no `unsafe`, cannot panic by their lints,
//! and a panic that happens all the same ends one request alone; a fresh instance would cost more than the decision.
//!
//! ```text
//! client ── proxy ── origin             `Role::Proxy`: every request is decided, then passed on or answered
//! client ── nginx, Traefik, Envoy ── origin
//!              └─ check                 `Role::Check`: the proxy asks, and does what the answer says
//! ```

mod answer;
mod check;
mod gate;
mod highest;
mod metrics;
mod progress;
mod proxy;
mod records;
mod site;
mod watch;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::watch::{Receiver, Sender};
use tokio::task::JoinSet;
use weighbridge_http::{GateConfig, LoadError, Network};

pub use check::{Asker, CheckHeaders};
pub use records::Records;

use gate::Gate;

/// How long a client may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How a gate is to run.
pub struct Options {
    /// The blob's file. It is watched, and replaced while the gate runs when a good and newer one stands there.
    pub blob: PathBuf,
    /// What the operator set.
    pub config: GateConfig,
    /// What it does.
    pub role: Role,
    /// Where decision records go.
    pub records: Records,
    /// The file with the highest sequence number that was ever in force. None: a restart forgets it.
    pub highest: Option<PathBuf>,
    /// How often the blob's file is looked at.
    pub poll: Duration,
    /// How long the requests in hand may take once the gate is told to stop.
    pub grace: Duration,
}

/// What a gate does, and where it listens.
pub enum Role {
    /// Stands before the origin.
    Proxy {
        /// Where clients come.
        listen: SocketAddr,
        /// Where `/healthz` and `/metrics` are: not for clients.
        admin: SocketAddr,
        /// How long the origin may take for the head of its response, once it has the request.
        timeout: Duration,
    },
    /// Answers a proxy that asks; `/healthz` and `/metrics` are in the same place.
    Check {
        /// Where the proxy asks.
        listen: SocketAddr,
        /// Which proxy, and where it says what.
        asker: Asker,
        /// Who may ask: whoever may, says which address a client has.
        callers: Vec<Network>,
    },
}

/// Why a gate does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The blob's file cannot be read.
    #[error("cannot read the blob `{}`: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The blob is not one that a gate may use.
    #[error("`{}` is not used: {error}", path.display())]
    Blob {
        /// The file.
        path: PathBuf,
        /// Why.
        error: LoadError,
    },
    /// The file with the highest sequence number cannot be read or written.
    #[error("cannot keep the highest sequence number in `{}`: {error}", path.display())]
    Sequence {
        /// The file.
        path: PathBuf,
        /// Why.
        error: String,
    },
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {address}: {error}; choose another with `--{option}`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The option that sets it.
        option: &'static str,
        /// Why.
        error: std::io::Error,
    },
    /// The origin's URL is one that this gate cannot call.
    #[error("the upstream `{0}` is not an `http://` URL; this gate speaks plain HTTP to its origin, so put a TLS proxy between them")]
    Upstream(String),
}

/// A gate that runs. It stops when it is told to, or dropped.
pub struct Serving {
    /// Where clients come, or the proxy asks.
    pub address: SocketAddr,
    /// Where `/healthz` and `/metrics` are.
    pub admin: SocketAddr,
    gate: Arc<Gate>,
    stop: Sender<bool>,
    grace: Duration,
    tasks: JoinSet<()>,
}

impl Serving {
    /// Opens the blob, listens, and serves.
    ///
    /// # Errors
    /// [`ServeError`]: nothing is served then.
    pub async fn start(options: Options) -> Result<Self, ServeError> {
        Self::start_with_page(options, None).await
    }

    /// As [`Serving::start`]; `page` is a folder with the demonstration page, served beside `/healthz` with this gate's blob in it.
    ///
    /// # Errors
    /// As [`Serving::start`].
    pub async fn start_with_page(options: Options, page: Option<PathBuf>) -> Result<Self, ServeError> {
        let Options { blob, config, role, records, highest, poll, grace } = options;
        let (mut gate, seen) = watch::open(blob.clone(), config, records, highest)?;
        gate.site = page.map(|folder| site::Site { folder, blob: blob.clone() });
        let gate = Arc::new(gate);
        let (stop, stopping) = tokio::sync::watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(watch::watch(Arc::clone(&gate), blob, seen, poll));
        let (address, admin) = match role {
            Role::Proxy { listen, admin, timeout } => {
                let proxy = Arc::new(proxy::Proxy::new(Arc::clone(&gate), timeout)?);
                let (clients, address) = bind(listen, "listen").await?;
                let (operators, admin) = bind(admin, "admin").await?;
                tasks.spawn(accept(clients, stopping.clone(), grace, move |request, peer| {
                    let proxy = Arc::clone(&proxy);
                    async move { proxy.answer(request, peer).await }
                }));
                let gate = Arc::clone(&gate);
                tasks.spawn(accept(operators, stopping, grace, move |request, _| {
                    let gate = Arc::clone(&gate);
                    async move { answer::admin(&gate, request.uri().path()) }
                }));
                (address, admin)
            }
            Role::Check { listen, asker, callers } => {
                let (listener, address) = bind(listen, "listen").await?;
                let check = Arc::new(check::Check { gate: Arc::clone(&gate), asker, callers });
                tasks.spawn(accept(listener, stopping, grace, move |request, peer| {
                    let check = Arc::clone(&check);
                    async move { check.answer(request, peer).await }
                }));
                (address, address)
            }
        };
        Ok(Self { address, admin, gate, stop, grace, tasks })
    }

    /// The digest and sequence number of the blob in force, for a line in the log.
    pub fn blob(&self) -> String {
        self.gate.current().describe()
    }

    /// Takes no new connections, lets the requests in hand finish within the grace period, and ends.
    pub async fn stop(mut self) {
        self.gate.drain();
        // Without a receiver there is nobody left to stop.
        let _ = self.stop.send(true);
        let finished = async {
            // The watcher of the file never ends by itself.
            while self.tasks.len() > 1 {
                self.tasks.join_next().await;
            }
        };
        if tokio::time::timeout(self.grace + Duration::from_secs(1), finished).await.is_err() {
            eprintln!("weighbridge: some requests were cut off after {} s", self.grace.as_secs());
        }
        self.tasks.abort_all();
    }
}

async fn bind(address: SocketAddr, option: &'static str) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |error| ServeError::Listen { address, option, error };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Serves HTTP/1.1 until it is told to stop.
async fn accept<H, F>(listener: TcpListener, mut stopping: Receiver<bool>, grace: Duration, handler: H)
where
    H: Fn(hyper::Request<hyper::body::Incoming>, SocketAddr) -> F + Clone + Send + 'static,
    F: Future<Output = answer::Response> + Send + 'static,
{
    let connections = GracefulShutdown::new();
    // They end with this task, however that ends: a gate that was dropped answers nobody.
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = async { drop(stopping.wait_for(|stop| *stop).await) } => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: wait for some to be given back.
                eprintln!("weighbridge: a connection could not be taken: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let handler = handler.clone();
        let service = service_fn(move |request| {
            let response = handler(request, peer);
            async move { Ok::<_, Infallible>(response.await) }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        while open.try_join_next().is_some() {}
        open.spawn(async move {
            // A client that hangs up, or sends what is no HTTP, is no event.
            let _ = connection.await;
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(grace, connections.shutdown()).await;
}
