//! `weighbridge build FILE`: lists, address databases and policy into one blob.

use super::{Failure, calibration, details, key, note, print, sign, table, thousands, warn};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use weighbridge::build::{BuildError, Report, SourceReport, Watch, build};
use weighbridge::buildfile;
use weighbridge::source::Progress;
use weighbridge_blob::date::parse_unix;
use weighbridge_blob::signature::Release;

/// Build a blob from lists, address databases and a policy
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The build file (TOML)
    file: PathBuf,
    /// Print the account of the build as JSON
    #[arg(long)]
    json: bool,
    /// Print errors and warnings only
    #[arg(long, short)]
    quiet: bool,
    /// When sources without `checked_at` were last confirmed current: RFC 3339 in UTC, or `now`
    #[arg(long, value_name = "TIME", value_parser = time)]
    checked_at: Option<i64>,
    /// The blob before this one: lists that shrank since are refused. Left out: the one that is replaced
    #[arg(long, value_name = "BLOB")]
    previous: Option<PathBuf>,
    /// Build although a list shrank or lacks what it should have; the blob records why
    #[arg(long, requires = "reason")]
    accept_shrink: bool,
    /// Why that is right
    #[arg(long, value_name = "TEXT", requires = "accept_shrink", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: Option<String>,
    /// Sign the blob with the private key in this file
    #[arg(long, value_name = "FILE")]
    sign_key: Option<PathBuf>,
    /// Write the blob here instead of to the build file's `output`
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
}

fn time(text: &str) -> Result<i64, String> {
    if text == "now" {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| "the system's clock is before 1970".to_owned())?;
        return i64::try_from(now.as_secs()).map_err(|error| error.to_string());
    }
    parse_unix(text).map_err(|_| "write a time in UTC as `2026-11-22T10:00:00Z` or `2026-11-22`, or `now`".to_owned())
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let started = Instant::now();
    let mut file = buildfile::read(&args.file, args.checked_at).map_err(|error| Failure::CouldNotRun(error.to_string()))?;
    if let Some(output) = &args.output {
        file.output.clone_from(output);
    }
    if let Some(previous) = &args.previous {
        file.previous = Some(previous.clone());
    }
    file.accept_shrink.clone_from(&args.reason);
    let sign_key = args.sign_key.as_deref().map(key::private).transpose()?;
    let bar = Bar::new(args.quiet || args.json);
    let built = build(&file, &bar).map_err(|error| match error {
        BuildError::Losses(_) | BuildError::Guard(_) => Failure::Refused(error.to_string()),
        other => Failure::CouldNotRun(other.to_string()),
    });
    bar.finish();
    let mut built = built?;
    if let Some(key) = &sign_key {
        built.bytes = sign::signed(built.bytes, key, Release::default())?;
        built.report.digest = blake3::hash(&built.bytes).to_hex().to_string();
    }
    save_all(&[(&details::path_beside(&file.output), &built.details), (&file.output, &built.bytes)])?;
    for warning in &built.report.warnings {
        if !args.json {
            warn(warning);
        }
    }
    if args.json {
        let json = serde_json::to_string_pretty(&built.report).map_err(|error| Failure::CouldNotRun(error.to_string()))?;
        print(&format!("{json}\n"));
    } else if !args.quiet {
        summary(&built.report, &file.output, started.elapsed());
    }
    Ok(())
}

/// Whether a file may be put here: there is nothing yet, or one.
pub(crate) fn is_file_to_be(path: &Path) -> bool {
    std::fs::metadata(path).map_or(true, |found| found.is_file())
}

/// Writes all of it or nothing: into a temporary file beside the place, then renamed.
pub(crate) fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    save_all(&[(path, bytes)])
}

/// Writes all files or none: each into a temporary file beside its place, and only when all are there are they renamed, the
/// last of them last.
pub(crate) fn save_all(files: &[(&Path, &[u8])]) -> Result<(), Failure> {
    let mut ready: Vec<(PathBuf, &Path)> = Vec::new();
    let written = files.iter().try_for_each(|(path, bytes)| {
        // A rename would put a file in the place of a folder, a pipe or a device.
        let name = path.file_name().filter(|_| is_file_to_be(path));
        let name = name.ok_or_else(|| format!("output `{}` is no file name, or that of a folder or device", path.display()))?;
        let temporary = path.with_file_name(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
        ready.push((temporary.clone(), path));
        let write = || {
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder)?;
            }
            let mut file = File::create(&temporary)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(|error: std::io::Error| format!("cannot write `{}`: {error}", path.display()))
    });
    let renamed = written.and_then(|()| {
        ready.iter().try_for_each(|(temporary, path)| {
            std::fs::rename(temporary, path).map_err(|error| format!("cannot write `{}`: {error}", path.display()))
        })
    });
    renamed.map_err(|message| {
        // Some may never have been created, or have their name already; the first error is the one to tell.
        ready.iter().for_each(|(temporary, _)| drop(std::fs::remove_file(temporary)));
        Failure::CouldNotRun(message)
    })
}

fn summary(report: &Report, output: &Path, elapsed: Duration) {
    let head = ["source", "file", "rows", "kept", "merged", "lost", "entries", "names", "identifiers"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for source in &report.sources {
        for (at, file) in source.files.iter().enumerate() {
            let first = |text: String| if at == 0 { text } else { String::new() };
            rows.push(vec![
                first(source.id.clone()),
                file.name.clone(),
                thousands(file.read),
                thousands(file.kept),
                thousands(file.merged),
                thousands(file.lost.len() as u64),
                first(thousands(source.entries)),
                first(thousands(source.names)),
                first(thousands(source.identifiers)),
            ]);
        }
    }
    for geo in &report.geo {
        let networks = geo.networks_v4 + geo.networks_v6;
        let kept = networks - geo.without_country;
        rows.push(vec![
            "geo".to_owned(),
            geo.name.clone(),
            thousands(networks),
            thousands(kept),
            "0".to_owned(),
            thousands(geo.without_country),
        ]);
    }
    for (network, file) in report.networks.iter().flat_map(|network| network.files.iter().map(move |file| (network, file))) {
        let counts = [file.read, file.kept, file.merged, file.lost.len() as u64].map(thousands);
        rows.push([format!("network {}", network.class), file.name.clone()].into_iter().chain(counts).collect());
    }
    let mut text = table(&rows, 2);
    for source in &report.sources {
        losses(source, &mut text);
    }
    for (network, file) in report.networks.iter().flat_map(|network| network.files.iter().map(move |file| (network, file))) {
        for loss in &file.lost {
            text.push_str(&format!("lost: network {} {}, line {}: {}\n", network.class, file.name, loss.line, loss.reason));
        }
    }
    text.push_str(&format!("places: {}\n", weighbridge::answers::summary(&report.places)));
    for accepted in &report.accepted {
        text.push_str(&format!("accepted: source `{}`: {}; reason: {}\n", accepted.source, accepted.finding, accepted.reason));
    }
    if !report.mergers.is_empty() {
        let by = |cited: bool| thousands(report.mergers.iter().filter(|one| (one.by == "cites") == cited).count() as u64);
        let count = thousands(report.mergers.len() as u64);
        text.push_str(&format!(
            "mergers: {count} entries became part of another list's entry of the same party, {} by citation and {} by identifier\n",
            by(true),
            by(false)
        ));
    }
    let totals = &report.totals;
    text.push_str(&format!(
        "\n{}: {} bytes, {} entries, {} names, {} identifiers, {} address runs, {} items, {} authorisations, {} clearances\n",
        output.display(),
        thousands(report.bytes),
        thousands(totals.entries),
        thousands(totals.names),
        thousands(totals.identifiers),
        thousands(totals.places),
        thousands(totals.items),
        thousands(totals.authorisations),
        thousands(totals.clearances),
    ));
    text.push_str(&calibration(&report.calibration, false));
    text.push_str(&format!(
        "{}: {} bytes, names and remarks for people; `inspect` and `explain` read it beside the blob\n",
        details::path_beside(output).display(),
        thousands(report.details_bytes),
    ));
    text.push_str(&format!(
        "blake3 {}\ncreated {}, sequence {}, built in {:.1} s\n",
        report.digest,
        report.created,
        report.sequence,
        elapsed.as_secs_f64()
    ));
    print(&text);
    for source in &report.sources {
        for n in &source.notes {
            let times = if n.count == 1 { String::new() } else { format!(", {} times", thousands(n.count)) };
            note(&format!("source `{}`, {}{times}: {}", source.id, n.first, n.text));
        }
    }
}

fn losses(source: &SourceReport, text: &mut String) {
    for file in &source.files {
        for loss in &file.lost {
            text.push_str(&format!("lost: {} {}, line {}: {}\n", source.id, file.name, loss.line, loss.reason));
        }
    }
}

/// Progress on a terminal; silence elsewhere.
struct Bar(ProgressBar);

impl Bar {
    fn new(silent: bool) -> Self {
        if silent || !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {human_pos} rows {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn rows(&self, rows: u64) {
        self.0.inc(rows);
    }
}

impl Watch for Bar {
    fn begin(&self, what: &str) {
        self.0.set_message(what.to_owned());
        self.0.set_position(0);
    }
}
