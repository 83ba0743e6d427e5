//! `weighbridge serve`: the gate as a process of its own, before an origin or beside a proxy that asks.

use super::{Failure, note};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use weighbridge::serve::{Asker, CheckHeaders, Options, Records, Role, ServeError, Serving};
use weighbridge_http::{GateConfig, Network};

/// How long an origin may take where nobody says.
const UPSTREAM_TIMEOUT: Duration = Duration::from_secs(60);

/// Stands for an origin that the asking proxy knows and the gate does not need to.
const ROUTED: &str = "http://routed-by-the-proxy.invalid";

/// Run the gate natively: before an origin (`--upstream`), or beside a proxy that asks (`--check`)
///
/// Settings are `WEIGHBRIDGE_*` environment variables, as on every other runtime.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The blob; watched, and swapped when a good and newer one stands there
    #[arg(long, value_name = "FILE")]
    blob: PathBuf,
    /// Where clients come, or the proxy asks
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Stand before this origin (or WEIGHBRIDGE_UPSTREAM)
    #[arg(long, value_name = "URL", conflicts_with = "check")]
    upstream: Option<String>,
    /// Where /healthz and /metrics are, with `--upstream`; with `--check` they are at `--listen`
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8788")]
    admin: SocketAddr,
    /// Seconds that the origin may take for the head of its response (or WEIGHBRIDGE_UPSTREAM_TIMEOUT) [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    upstream_timeout: Option<f64>,
    /// Answer a proxy that asks at /check
    #[arg(long)]
    check: Option<Kind>,
    /// Networks from which a proxy may ask
    #[arg(long, value_name = "NETWORKS", value_delimiter = ',', default_value = "127.0.0.0/8,::1/128", value_parser = network)]
    callers: Vec<Network>,
    /// The header in which the proxy says the client's address; the proxy must set it itself
    #[arg(long, value_name = "NAME", requires = "check")]
    address_header: Option<String>,
    /// The header with the original method [default: X-Original-Method for nginx, X-Forwarded-Method for forward-auth]
    #[arg(long, value_name = "NAME", requires = "check")]
    method_header: Option<String>,
    /// The header with the original path and query [default: X-Original-URI, X-Forwarded-Uri]
    #[arg(long, value_name = "NAME", requires = "check")]
    uri_header: Option<String>,
    /// The header with the original host [default: X-Original-Host, X-Forwarded-Host]
    #[arg(long, value_name = "NAME", requires = "check")]
    host_header: Option<String>,
    /// Append decision records to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    records: Option<PathBuf>,
    /// Keep the highest sequence number that was in force in this file, so that no older blob comes back with a restart
    #[arg(long, value_name = "FILE")]
    sequence_file: Option<PathBuf>,
    /// Serve the demonstration page (`www`, built) in this folder beside /healthz, with this gate's blob
    #[arg(long, value_name = "DIR")]
    page: Option<PathBuf>,
    /// Seconds between looks at the blob's file
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = seconds)]
    poll: f64,
    /// Seconds that requests in hand may take after SIGTERM or SIGINT
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = seconds)]
    grace: f64,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Kind {
    /// nginx `auth_request`
    Nginx,
    /// Traefik, Caddy and others that hand the answer on
    ForwardAuth,
    /// Envoy `ext_authz` over HTTP
    ExtAuthz,
}

fn network(text: &str) -> Result<Network, String> {
    text.trim().parse().map_err(|()| "write a network as `10.0.0.0/8`, without host bits".to_owned())
}

fn seconds(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|s: &f64| (0.01..=86_400.0).contains(s)).ok_or_else(|| "write seconds from 0.01 to 86400".to_owned())
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let could_not = |error: &dyn std::fmt::Display| Failure::CouldNotRun(error.to_string());
    let names: Vec<_> = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    GateConfig::check_names(names.iter().map(String::as_str)).map_err(|error| could_not(&error))?;
    if args.check.is_none() && args.upstream.is_none() && std::env::var_os("WEIGHBRIDGE_UPSTREAM").is_none() {
        return Err(Failure::CouldNotRun("say what to stand before with `--upstream URL`, or which proxy asks with `--check KIND`".into()));
    }
    let config = GateConfig::from_vars(|name| match name {
        "WEIGHBRIDGE_UPSTREAM" if args.check.is_some() => Some(ROUTED.to_owned()),
        "WEIGHBRIDGE_UPSTREAM" if args.upstream.is_some() => args.upstream.clone(),
        name => std::env::var(name).ok(),
    });
    let config = config.map_err(|error| could_not(&error))?;
    let records = match &args.records {
        None => Records::stdout(),
        Some(path) => {
            Records::file(path).map_err(|error| Failure::CouldNotRun(format!("cannot write records to `{}`: {error}", path.display())))?
        }
    };
    let timeout = args.upstream_timeout.map(Duration::from_secs_f64).or(config.upstream_timeout()).unwrap_or(UPSTREAM_TIMEOUT);
    let options = Options {
        blob: args.blob.clone(),
        config,
        role: role(&args, timeout),
        records,
        highest: args.sequence_file.clone(),
        poll: Duration::from_secs_f64(args.poll),
        grace: Duration::from_secs_f64(args.grace),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| could_not(&error))?;
    runtime.block_on(async {
        let stop = stop_signal().map_err(|error| could_not(&error))?;
        let serving = Serving::start_with_page(options, args.page.clone()).await.map_err(|error| match error {
            ServeError::Blob { .. } => Failure::Refused(error.to_string()),
            other => Failure::CouldNotRun(other.to_string()),
        })?;
        note(&format!("blob {}; gate on {}, /healthz and /metrics on {}", serving.blob(), serving.address, serving.admin));
        stop.await;
        note("stopping; requests in hand are finished first");
        serving.stop().await;
        Ok(())
    })
}

fn role(args: &Args, timeout: Duration) -> Role {
    let named = |name: &Option<String>, default: &str| name.clone().unwrap_or_else(|| default.to_owned());
    let headers = |method: &str, uri: &str, host: &str| CheckHeaders {
        method: named(&args.method_header, method),
        uri: named(&args.uri_header, uri),
        host: named(&args.host_header, host),
        address: args.address_header.clone(),
    };
    let asker = match args.check {
        None => {
            return Role::Proxy { listen: args.listen, admin: args.admin, timeout };
        }
        Some(Kind::Nginx) => Asker::Nginx(headers("X-Original-Method", "X-Original-URI", "X-Original-Host")),
        Some(Kind::ForwardAuth) => Asker::ForwardAuth(headers("X-Forwarded-Method", "X-Forwarded-Uri", "X-Forwarded-Host")),
        Some(Kind::ExtAuthz) => Asker::ExtAuthz(args.address_header.clone()),
    };
    Role::Check { listen: args.listen, asker, callers: args.callers.clone() }
}

/// Ends with the first SIGTERM or SIGINT.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
