//! An embedded wasmtime that runs the built components as Spin would: real `wasi:http` in both versions, Spin's
//! variables and key-value store, a fresh instance for every request. Outbound requests reach loopback and nothing else.

mod spin;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint};
use hyper::header::HOST;
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::error::Context as _;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, ResourceLimiter, Result, Store, bail, format_err,
};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::{Error as HttpError, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView, p2, p3};

pub use spin::KeyValues;

/// Bytes that a guest may write to standard output in one request.
const LOG_LIMIT: usize = 64 << 20;

/// What a host may be told about a component.
#[derive(Clone)]
pub struct Settings {
    /// The component's environment variables, as `spin.toml` would set them.
    pub environment: Vec<(String, String)>,
    /// Spin's variables for this component.
    pub variables: BTreeMap<String, String>,
    /// Spin's default key-value store.
    pub key_values: KeyValues,
    /// Folders that it may read: where each is, and by what name the component knows it.
    pub folders: Vec<(PathBuf, String)>,
    /// The most bytes that a memory of the guest may have. A guest that wants more gets none and ends.
    pub memory_limit: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            environment: Vec::new(),
            variables: BTreeMap::new(),
            key_values: KeyValues::default(),
            folders: Vec::new(),
            memory_limit: 256 << 20,
        }
    }
}

impl Settings {
    /// The same with one more environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }
}

/// A component, compiled and linked, that answers requests.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    pre: Pre,
    settings: Settings,
    lines: Mutex<Vec<String>>,
    peak: Arc<AtomicUsize>,
}

enum Pre {
    P3(p3::bindings::ServicePre<State>),
    P2(p2::bindings::ProxyPre<State>),
}

impl Gate {
    /// Compiles `wasm` and links it. Which `wasi:http` it speaks is read from its exports.
    ///
    /// # Errors
    ///
    /// When it is not a component, exports no handler, or imports what a Spin host does not have.
    pub fn new(wasm: &[u8], settings: Settings) -> anyhow::Result<Self> {
        Self::link(wasm, settings).map_err(|error| anyhow::anyhow!("{error:#}"))
    }

    fn link(wasm: &[u8], settings: Settings) -> Result<Self> {
        let engine = engine()?;
        let component = Component::new(engine, wasm)?;
        let linker = linker(engine)?;
        let exports: Vec<_> = component.component_type().exports(engine).map(|(name, _)| name.to_owned()).collect();
        let pre = if exports.iter().any(|name| name.starts_with("wasi:http/handler@0.3.")) {
            Pre::P3(p3::bindings::ServicePre::new(linker.instantiate_pre(&component)?)?)
        } else if exports.iter().any(|name| name.starts_with("wasi:http/incoming-handler@0.2.")) {
            Pre::P2(p2::bindings::ProxyPre::new(linker.instantiate_pre(&component)?)?)
        } else {
            bail!("the component exports no HTTP handler, only {exports:?}");
        };
        Ok(Self(Arc::new(Inner { pre, settings, lines: Mutex::default(), peak: Arc::default() })))
    }

    /// What the guest has written so far, line by line: decision records, and errors.
    pub fn lines(&self) -> Vec<String> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The largest memory that any instance has had, in bytes.
    pub fn peak_memory(&self) -> usize {
        self.0.peak.load(Ordering::Relaxed)
    }

    /// Makes an instance as for a request, and drops it: what a start costs before the guest runs.
    ///
    /// # Errors
    ///
    /// When the component cannot be instantiated.
    pub async fn start(&self) -> anyhow::Result<()> {
        let started = async {
            let (mut store, _log) = self.0.store()?;
            match &self.0.pre {
                Pre::P3(pre) => drop(pre.instantiate_async(&mut store).await?),
                Pre::P2(pre) => drop(pre.instantiate_async(&mut store).await?),
            }
            Ok(())
        };
        started.await.map_err(|error: wasmtime::Error| anyhow::anyhow!("{error:#}"))
    }

    /// Answers one request with a fresh instance. A guest that fails is answered with 500 and a line in the log.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<WasiBody>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<HttpError>,
    {
        self.answer(request.map(|body| body.map_err(Into::into).boxed_unsync())).await
    }

    async fn answer(&self, request: Request<WasiBody>) -> Response<WasiBody> {
        let response = match absolute(request) {
            Ok(request) => match &self.0.pre {
                Pre::P3(_) => self.handle_p3(request).await,
                Pre::P2(_) => self.handle_p2(request).await,
            },
            Err(error) => Err(error),
        };
        response.unwrap_or_else(|error| {
            self.0.write(format!("host: {error:#}"));
            let mut response =
                Response::new(Full::new(Bytes::from_static(b"the component failed")).map_err(|never| match never {}).boxed_unsync());
            *response.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
    }

    async fn handle_p3(&self, request: Request<WasiBody>) -> Result<Response<WasiBody>> {
        let (head_tx, head_rx) = oneshot::channel();
        let inner = Arc::clone(&self.0);
        let task = tokio::spawn(async move {
            let Pre::P3(pre) = &inner.pre else { unreachable!("the caller has looked") };
            let (mut store, log) = inner.store()?;
            let service = pre.instantiate_async(&mut store).await?;
            let (request, io) = p3::Request::from_http(store.data_mut().http().hooks, request);
            let result = store
                .run_concurrent(async |accessor| -> Result<()> {
                    let response = service.handle(accessor, request).await??;
                    let response = accessor.with(|mut store| response.into_http(&mut store, io))?;
                    log.drain(&inner);
                    let (body_done, done) = oneshot::channel();
                    let response = response.map(|body| Watched { body, _done: body_done }.boxed_unsync());
                    // A caller that has gone away ends the body, and that ends the wait.
                    drop(head_tx.send(response));
                    drop(done.await);
                    Ok(())
                })
                .await;
            log.drain(&inner);
            result?
        });
        match head_rx.await {
            Ok(response) => Ok(response),
            Err(_) => Err(task.await?.err().unwrap_or_else(|| format_err!("the component gave no response"))),
        }
    }

    async fn handle_p2(&self, request: Request<WasiBody>) -> Result<Response<WasiBody>> {
        let (head_tx, head_rx) = oneshot::channel();
        let inner = Arc::clone(&self.0);
        let (mut store, log) = inner.store()?;
        let request = store.data_mut().http().new_incoming_request(Scheme::Http, request)?;
        let (for_head, at_head) = (Arc::clone(&inner), log.clone());
        let out = store.data_mut().http().new_response_outparam_from_callback(move |response| {
            at_head.drain(&for_head);
            drop(head_tx.send(response));
        })?;
        let task = tokio::spawn(async move {
            let Pre::P2(pre) = &inner.pre else { unreachable!("the caller has looked") };
            let proxy = pre.instantiate_async(&mut store).await?;
            let result = proxy.wasi_http_incoming_handler().call_handle(&mut store, request, out).await;
            log.drain(&inner);
            if let Err(error) = &result {
                inner.write(format!("host: {error:#}"));
            }
            result
        });
        match head_rx.await {
            Ok(response) => Ok(response.map_err(|code| format_err!("{code:?}"))?),
            Err(_) => Err(task.await?.err().unwrap_or_else(|| format_err!("the component gave no response"))),
        }
    }
}

impl Inner {
    fn write(&self, line: String) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn store(&self) -> Result<(Store<State>, Log)> {
        let pipe = MemoryOutputPipe::new(LOG_LIMIT);
        let mut wasi = WasiCtx::builder();
        wasi.stdout(pipe.clone()).stderr(pipe.clone());
        for (name, value) in &self.settings.environment {
            wasi.env(name, value);
        }
        for (folder, name) in &self.settings.folders {
            wasi.preopened_dir(folder, name, FsPerms::ReadOnly)?;
        }
        let state = State {
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            table: ResourceTable::new(),
            hooks: LoopbackOnly,
            variables: self.settings.variables.clone(),
            key_values: Arc::clone(&self.settings.key_values),
            limits: Limits { most: self.settings.memory_limit, peak: Arc::clone(&self.peak) },
        };
        let mut store = Store::new(engine()?, state);
        store.limiter(|state| &mut state.limits);
        Ok((store, Log { pipe, seen: Arc::default() }))
    }
}

/// A guest's standard output and error, and how far it has been read.
#[derive(Clone)]
struct Log {
    pipe: MemoryOutputPipe,
    seen: Arc<AtomicUsize>,
}

impl Log {
    fn drain(&self, inner: &Inner) {
        let contents = self.pipe.contents();
        let seen = self.seen.load(Ordering::Relaxed);
        let fresh = contents.get(seen..).unwrap_or_default();
        let whole = fresh.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        for line in fresh.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            inner.write(String::from_utf8_lossy(line).into_owned());
        }
        self.seen.store(seen + whole, Ordering::Relaxed);
    }
}

/// Bytes that a slot of the pool keeps of a memory, a table or a stack between two instances.
const KEPT: usize = 4 << 20;

/// One engine for the process: the pool reserves address space once.
fn engine() -> Result<&'static Engine> {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    if let Some(engine) = ENGINE.get() {
        return Ok(engine);
    }
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(64).total_core_instances(512).total_memories(64).total_tables(512).total_stacks(128);
    pool.max_memory_size(1 << 30).table_elements(20_000).max_core_instance_size(4 << 20).max_component_instance_size(4 << 20);
    // A slot keeps its pages: the next instance finds those that the last one wrote to restored, where the kernel tells which
    // they are, and does not fault for each of them.
    pool.pagemap_scan(Enabled::Auto).linear_memory_keep_resident(KEPT).table_keep_resident(KEPT).async_stack_keep_resident(KEPT);
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    let engine = Engine::new(&config)?;
    Ok(ENGINE.get_or_init(|| engine))
}

fn linker(engine: &Engine) -> Result<Linker<State>> {
    let mut linker: Linker<State> = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    p2::add_only_http_to_linker_async(&mut linker)?;
    p3::add_to_linker(&mut linker)?;
    spin::add_to_linker(&mut linker)?;
    Ok(linker)
}

struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    hooks: LoopbackOnly,
    variables: BTreeMap<String, String>,
    key_values: KeyValues,
    limits: Limits,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.hooks, table: &mut self.table, ctx: &mut self.http }
    }
}

/// Holds a guest's memory to a limit, and notes how large it got.
struct Limits {
    most: usize,
    peak: Arc<AtomicUsize>,
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        let granted = desired <= self.most;
        if granted {
            self.peak.fetch_max(desired, Ordering::Relaxed);
        }
        Ok(granted)
    }

    fn table_growing(&mut self, _current: usize, _desired: usize, _maximum: Option<usize>) -> Result<bool> {
        Ok(true)
    }
}

/// Outbound requests: plain HTTP to loopback.
struct LoopbackOnly;

type Sent = Result<(Response<WasiBody>, Box<dyn Future<Output = Result<(), HttpError>> + Send>), HttpError>;

impl WasiHttpHooks for LoopbackOnly {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), HttpError>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        // As wasmtime itself has it.
        let patience = options.and_then(|options| options.first_byte_timeout).unwrap_or(Duration::from_secs(600));
        Box::new(send(request, patience))
    }
}

async fn send(mut request: Request<WasiBody>, patience: Duration) -> Sent {
    let address =
        request.uri().authority().and_then(|authority| authority.as_str().replace("localhost", "127.0.0.1").parse::<SocketAddr>().ok());
    let address = address
        .filter(|address| address.ip().is_loopback() && request.uri().scheme_str() == Some("http"))
        .ok_or(HttpError::HttpRequestDenied)?;
    let stream = TcpStream::connect(address).await.map_err(HttpError::Connect)?;
    drop(stream.set_nodelay(true));
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // On its own task, so that it carries the bodies too; it ends with them.
    tokio::spawn(connection);
    // An origin server wants the path alone in the request line; the authority stands in `Host`.
    *request.uri_mut() = request.uri().path_and_query().map_or_else(|| Uri::from_static("/"), |path| Uri::from(path.clone()));
    let head = tokio::time::timeout(patience, sender.send_request(request)).await;
    let response = head.map_err(|_| HttpError::ConnectionReadTimeout)??;
    Ok((response.map(|body| body.map_err(HttpError::from).boxed_unsync()), Box::new(async { Ok(()) })))
}

/// A request with its authority in the URI, where `wasi:http` wants it.
fn absolute<B>(mut request: Request<B>) -> Result<Request<B>> {
    let host = request.headers().get(HOST).context("the request names no host")?.to_str()?;
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = Uri::builder().scheme("http").authority(host).path_and_query(path).build()?;
    Ok(request)
}

/// A body that tells when it is over: read to its end, or dropped.
struct Watched {
    body: WasiBody,
    _done: oneshot::Sender<()>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A server on loopback. Dropping it stops it.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves HTTP/1.1 on loopback; port 0 takes a free one.
///
/// # Errors
///
/// When the port is taken.
pub async fn serve<H, F, B>(port: u16, handler: H) -> anyhow::Result<Server>
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| anyhow::anyhow!("port {port} of 127.0.0.1: {error}; choose another"))?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream.set_nodelay(true));
            let handler = handler.clone();
            let service = hyper::service::service_fn(move |request| {
                let response = handler(request);
                async move { Ok::<_, Infallible>(response.await) }
            });
            tokio::spawn(async move {
                // A client that hangs up is no event.
                drop(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
            });
        }
    });
    Ok(Server { address, task })
}

/// Serves a gate on loopback.
///
/// # Errors
///
/// When the port is taken.
pub async fn serve_gate(port: u16, gate: &Gate) -> anyhow::Result<Server> {
    let gate = gate.clone();
    serve(port, move |request| {
        let gate = gate.clone();
        async move { gate.handle(request).await }
    })
    .await
}
