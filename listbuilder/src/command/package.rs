//! `weighbridge package`: puts a blob into a built plugin and writes a folder that the host's own tool deploys.

use super::package_web::{self, Host};
use super::{Failure, print, read_file, table, thousands};
use serde_json::json;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};
use weighbridge_blob::Blob;
use weighbridge_blob::date::format_unix;

/// Why the details file does not travel.
const LEFT_OUT: &str = "no decision needs the details; keep the file with the blob for `inspect` and `explain`";

/// Put a blob into a built plugin, ready to deploy
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder with the built plugins (`weighbridge_spin.wasm`, `weighbridge_spin_p2.wasm`, `weighbridge_core.wasm`)
    #[arg(long, value_name = "DIR")]
    plugins: PathBuf,
    /// The blob
    #[arg(long, value_name = "FILE")]
    blob: PathBuf,
    /// The runtime to package for
    #[arg(long)]
    target: Target,
    /// The folder to write; made if it is not there
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// Print the account as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Target {
    /// Spin 4.1 and later, any wasi:http 0.3 host
    Spin,
    /// Spin 2 to 4, any wasi:http 0.2 host
    SpinP2,
    /// Cloudflare Workers
    Cloudflare,
    /// An npm package for pages and Node
    Browser,
}

impl Target {
    /// The plugin's file, and what goes beside it; or the JavaScript host, whose blob does not go into the plugin.
    const fn files(self) -> Result<(&'static str, &'static str, &'static str), Host> {
        Ok(match self {
            Self::Cloudflare => return Err(Host::Cloudflare),
            Self::Browser => return Err(Host::Browser),
            Self::Spin => {
                ("weighbridge_spin.wasm", include_str!("../../../plugin/spin/spin.toml"), include_str!("../../../plugin/spin/README.md"))
            }
            Self::SpinP2 => (
                "weighbridge_spin_p2.wasm",
                include_str!("../../../plugin/spin-p2/spin.toml"),
                include_str!("../../../plugin/spin-p2/README.md"),
            ),
        })
    }
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let blob_bytes = read_file(&args.blob)?;
    let shown = args.blob.display();
    // The gate takes the packager's word for the content, so all of it is checked here.
    let blob = Blob::open(&blob_bytes).map_err(|error| Failure::Refused(format!("`{shown}` is not packaged: {error}")))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|d| i64::try_from(d.as_secs()).ok()).unwrap_or(0);
    if let Some(end) = blob.header().not_after.filter(|end| *end < now) {
        return Err(Failure::Refused(format!("`{shown}` is not packaged: no gate may use it after {}; build it anew", format_unix(end))));
    }
    let (plugin, manifest, readme) = match args.target.files() {
        Ok(files) => files,
        Err(host) => {
            let core = read_file(&args.plugins.join(weighbridge::web::CORE))?;
            return package_web::run(host, &core, &blob_bytes, &args.output, args.json);
        }
    };
    let plugin_path = args.plugins.join(plugin);
    let wasm = read_file(&plugin_path)?;
    let packaged = weighbridge_embed::inject(&wasm, &blob_bytes)
        .map_err(|error| Failure::CouldNotRun(format!("cannot put the blob into `{}`: {error}", plugin_path.display())))?;
    let write = |name: &str, bytes: &[u8]| {
        let path = args.output.join(name);
        super::build::save(&path, bytes)
    };
    std::fs::create_dir_all(&args.output)
        .map_err(|error| Failure::CouldNotRun(format!("cannot make the folder `{}`: {error}", args.output.display())))?;
    write("weighbridge.wasm", &packaged)?;
    write("spin.toml", manifest.as_bytes())?;
    write("README.md", readme.as_bytes())?;
    let beside = super::details::path_beside(&args.blob);
    let left_out = blob.details_reference().map(|details| json!({ "file": beside, "bytes": details.len, "why": LEFT_OUT }));
    let sizes = [("plugin", wasm.len()), ("blob", blob_bytes.len()), ("weighbridge.wasm", packaged.len())];
    let digest = blake3::hash(&packaged).to_hex().to_string();
    if args.json {
        let sizes: serde_json::Map<String, serde_json::Value> =
            sizes.iter().map(|(name, bytes)| ((*name).to_owned(), (*bytes).into())).collect();
        let account = json!({ "output": args.output, "digest": digest, "bytes": sizes, "left_out": left_out });
        print(&format!("{account:#}\n"));
    } else {
        let mut rows = vec![vec!["part".to_owned(), "bytes".to_owned()]];
        rows.extend(sizes.iter().map(|(name, bytes)| vec![(*name).to_owned(), thousands(*bytes as u64)]));
        print(&table(&rows, 1));
        if let Some(details) = blob.details_reference() {
            print(&format!("left out: `{}`, {} bytes: {LEFT_OUT}\n", beside.display(), thousands(details.len)));
        }
        print(&format!("\nwrote `{}`; BLAKE3 of weighbridge.wasm {digest}\nstart it there: spin up\n", args.output.display()));
    }
    Ok(())
}
