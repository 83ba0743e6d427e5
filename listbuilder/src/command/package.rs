//! `weighbridge package`: puts a blob into a built plugin and writes a folder that the host's own tool deploys.

use super::package_web::{self, Host, gzip};
use super::{Failure, key, optimise, print, read_file, table, thousands, warn};
use serde_json::json;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};
use weighbridge::package::{File, PackageError, embedded, envoy, fastly};
use weighbridge_blob::{Blob, PublicKey};
use weighbridge_engine::facts::Settings;
use weighbridge_engine::selftest::{Depth, self_test};
use weighbridge_http::Terms;

/// What Akamai Functions takes as an application. A value in its key-value store has 1 MB at most, so a blob is no such value.
const AKAMAI_LIMIT: usize = 50_000_000;

/// Why the details file does not travel.
const LEFT_OUT: &str = "no decision needs the details; keep the file with the blob for `inspect` and `explain`";

/// Put a blob into a built plugin, ready to deploy
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder with the built plugins (`weighbridge_spin.wasm`, `weighbridge_core.wasm`, `weighbridge_envoy.wasm`, …)
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
    /// Package only a blob that one of these keys has signed: `ed25519:…`, or a file with a public key
    #[arg(long, value_name = "KEY", value_parser = key::public)]
    trusted_key: Vec<PublicKey>,
    /// Package only a blob with this sequence number or a higher one
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    min_sequence: u64,
    /// Make the plugin smaller first, with this `wasm-opt` (Binaryen; npm's `binaryen` has one)
    #[arg(long, value_name = "PATH")]
    wasm_opt: Option<PathBuf>,
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
    /// Envoy 1.34 and later (proxy-wasm)
    Envoy,
    /// Fastly Compute
    Fastly,
}

impl Target {
    /// The JavaScript host, whose blob does not go into the plugin.
    const fn web(self) -> Option<Host> {
        match self {
            Self::Cloudflare => Some(Host::Cloudflare),
            Self::Browser => Some(Host::Browser),
            _ => None,
        }
    }

    /// The plugin's file, among the built ones.
    const fn plugin(self) -> &'static str {
        match self {
            Self::Spin => "weighbridge_spin.wasm",
            Self::SpinP2 => "weighbridge_spin_p2.wasm",
            Self::Envoy => "weighbridge_envoy.wasm",
            Self::Fastly => "weighbridge-fastly.wasm",
            Self::Cloudflare | Self::Browser => weighbridge::web::CORE,
        }
    }

    /// How to start what was packaged.
    const fn start(self) -> &'static str {
        match self {
            Self::Spin | Self::SpinP2 => "spin up",
            Self::Envoy => "envoy -c envoy.yaml",
            // Those say it themselves.
            Self::Cloudflare | Self::Browser => "see its README",
            Self::Fastly => "viceroy -C fastly.toml bin/main.wasm, or deploy it: fastly compute deploy",
        }
    }

    /// What is larger than some host of this target takes, though not every one.
    fn warns(self, bytes: usize) -> Option<String> {
        (matches!(self, Self::Spin | Self::SpinP2) && bytes > AKAMAI_LIMIT).then(|| {
            let (bytes, limit) = (thousands(bytes as u64), thousands(AKAMAI_LIMIT as u64));
            format!("the component has {bytes} bytes, and Akamai Functions takes applications of {limit}; other Spin hosts take more")
        })
    }

    /// The files of the package; the first is the one that runs.
    fn files(self, plugin: &[u8], blob: &[u8]) -> Result<Vec<File>, PackageError> {
        let spin = |manifest: &str, readme: &str| -> Result<Vec<File>, PackageError> {
            Ok(vec![
                ("weighbridge.wasm".to_owned(), embedded(plugin, blob)?),
                ("spin.toml".to_owned(), manifest.as_bytes().to_vec()),
                ("README.md".to_owned(), readme.as_bytes().to_vec()),
            ])
        };
        match self {
            Self::Spin => spin(include_str!("../../../plugin/spin/spin.toml"), include_str!("../../../plugin/spin/README.md")),
            Self::SpinP2 => spin(include_str!("../../../plugin/spin-p2/spin.toml"), include_str!("../../../plugin/spin-p2/README.md")),
            Self::Envoy => envoy::files(plugin, blob),
            Self::Cloudflare | Self::Browser => Ok(Vec::new()),
            Self::Fastly => fastly::files(plugin, blob),
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let blob_bytes = read_file(&args.blob)?;
    let shown = args.blob.display();
    // The gate takes the packager's word for the content, so all of it is checked here.
    let blob = Blob::open(&blob_bytes).map_err(|error| Failure::Refused(format!("`{shown}` is not packaged: {error}")))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|d| i64::try_from(d.as_secs()).ok()).unwrap_or(0);
    if let Err(error) = self_test(blob.policy(), &Settings::default(), now, Depth::Full) {
        // Not refused: the gate's own configuration may say that US law does not bind it. The gate will ask again.
        warn(&format!("with this blob a gate answers everything with 503: {error}"));
    }
    let terms = Terms { now, min_sequence: args.min_sequence, trusted: &args.trusted_key };
    terms.check(blob.header()).map_err(|error| Failure::Refused(format!("`{shown}` is not packaged: {error}")))?;
    let plugin_path = args.plugins.join(args.target.plugin());
    let built = read_file(&plugin_path)?;
    let wasm = match &args.wasm_opt {
        None => built.clone(),
        Some(tool) => optimise::with(tool, &built).map_err(|why| Failure::CouldNotRun(format!("`{}`: {why}", plugin_path.display())))?,
    };
    let smaller = args.wasm_opt.as_ref().map(|_| ("plugin as built", built.as_slice()));
    if let Some(host) = args.target.web() {
        return package_web::run(host, smaller, &wasm, &blob_bytes, &args.output, args.json);
    }
    let files = args.target.files(&wasm, &blob_bytes).map_err(|error| match error {
        PackageError::TooLarge { .. } => Failure::Refused(format!("`{shown}` is not packaged: {error}")),
        error => Failure::CouldNotRun(format!("`{}`: {error}", plugin_path.display())),
    })?;
    std::fs::create_dir_all(&args.output)
        .map_err(|error| Failure::CouldNotRun(format!("cannot make the folder `{}`: {error}", args.output.display())))?;
    for (name, bytes) in &files {
        super::build::save(&args.output.join(name), bytes)?;
    }
    let written = files.iter().filter(|(name, _)| name != "README.md").map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    let parts = smaller.into_iter().chain([("plugin", wasm.as_slice()), ("blob", blob_bytes.as_slice())]).chain(written);
    let sizes: Vec<_> = parts.map(|(name, bytes)| (name, bytes.len() as u64, gzip(bytes))).collect();
    let (first, digest) =
        files.first().map_or(("", String::new()), |(name, bytes)| (name.as_str(), blake3::hash(bytes).to_hex().to_string()));
    let beside = super::details::path_beside(&args.blob);
    let left_out = blob.details_reference().map(|details| json!({ "file": beside, "bytes": details.len, "why": LEFT_OUT }));
    if args.json {
        let column = |of: fn(&(&str, u64, u64)) -> u64| -> serde_json::Map<String, serde_json::Value> {
            sizes.iter().map(|part| (part.0.to_owned(), of(part).into())).collect()
        };
        let (bytes, packed) = (column(|part| part.1), column(|part| part.2));
        let account = json!({ "output": args.output, "digest": digest, "bytes": bytes, "gzip": packed, "left_out": left_out });
        print(&format!("{account:#}\n"));
    } else {
        let mut rows = vec![["part", "bytes", "gzip"].map(str::to_owned).to_vec()];
        rows.extend(sizes.iter().map(|(name, raw, packed)| vec![(*name).to_owned(), thousands(*raw), thousands(*packed)]));
        print(&table(&rows, 1));
        if let Some(details) = blob.details_reference() {
            print(&format!("left out: `{}`, {} bytes: {LEFT_OUT}\n", beside.display(), thousands(details.len)));
        }
        let (folder, start) = (args.output.display(), args.target.start());
        print(&format!("\nwrote `{folder}`; BLAKE3 of {first} {digest}\nstart it there: {start}\n"));
    }
    if let Some(limit) = files.first().and_then(|(_, bytes)| args.target.warns(bytes.len())) {
        warn(&limit);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_akamai_does_not_take_is_told() {
        assert_eq!(Target::Spin.warns(AKAMAI_LIMIT), None);
        for target in [Target::Spin, Target::SpinP2] {
            assert!(target.warns(AKAMAI_LIMIT + 1).unwrap().contains("Akamai Functions takes applications of 50,000,000"));
        }
        assert_eq!(Target::Fastly.warns(AKAMAI_LIMIT + 1), None);
    }
}
