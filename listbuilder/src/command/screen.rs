//! `weighbridge screen`: whom a name may mean, one by one or by the file.

use super::build::is_file_to_be;
use super::details::DetailsFile;
use super::{Failure, note, paint, print, table, thousands, warn, wrap};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use weighbridge::screen::{BadRow, Columns, Format, Row, Rows, Screener, Tally, Watch, kind_of_schema, run as run_all};
use weighbridge_blob::date::{Day, PartialDate};
use weighbridge_blob::place::Place;
use weighbridge_blob::words::{Kind, List};
use weighbridge_engine::names::Workspace;
use weighbridge_engine::why::{NameWhy, why};

/// Screen names: one, or a file of them
///
/// Answers are JSON lines, in the order of the input; for one name a table, unless `--json` is given. That nothing was found
/// never means that somebody is clear. Exit code 1: the name has matches.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["name", "input"])))]
pub(crate) struct Args {
    /// The blob
    #[arg(long, value_name = "FILE")]
    blob: PathBuf,
    /// The blob's details file (names as written); left out: `BLOB.details` beside the blob
    #[arg(long, value_name = "FILE")]
    details: Option<PathBuf>,
    /// One name
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// A file of names: CSV or TSV with a head, or JSON lines with `id`, `query`, `schema`; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Where answers go; left out: standard output
    #[arg(long, value_name = "FILE", requires = "input")]
    output: Option<PathBuf>,
    /// The form of the input; left out: by its name, JSON lines for standard input
    #[arg(long, requires = "input")]
    format: Option<FormatWord>,
    /// What a column is called: `name=Customer`, `id=No.`; also `schema`, `birth_date`, `country`
    #[arg(long, value_name = "FIELD=HEADER", requires = "input", value_parser = column)]
    column: Vec<(String, String)>,
    /// What the party is, where a row does not say: `person`, `organization`, `vessel`, `aircraft`; left out: anything
    #[arg(long, visible_alias = "kind", value_name = "WORD", value_parser = schema)]
    schema: Option<Schema>,
    /// Birth date of the one name: `1970`, `1970-03` or `1970-03-21`
    #[arg(long, value_name = "DATE", requires = "name")]
    birth_date: Option<PartialDate>,
    /// ISO code of a country that speaks for the one name's identity
    #[arg(long, value_name = "CODE", requires = "name")]
    country: Vec<Place>,
    /// Least score, 0-100; left out: from which the policy counts a name as possible
    #[arg(long, value_name = "SCORE", value_parser = score)]
    min_score: Option<u16>,
    /// Only entries of this list: `SDN`
    #[arg(long, value_name = "LIST")]
    list: Option<List>,
    /// Most matches of a name
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Only entries in force on this day; left out: today
    #[arg(long, value_name = "DATE")]
    day: Option<Day>,
    /// Print the answer to one name as JSON
    #[arg(long, requires = "name")]
    json: bool,
    /// Leave rows out that cannot be read, and do not fail for them
    #[arg(long, requires = "input")]
    skip_bad: bool,
    /// Exit code 1 if a row of the input has matches
    #[arg(long, requires = "input")]
    fail_on_match: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum FormatWord {
    Csv,
    Tsv,
    Jsonl,
}

/// What a party is; `None` = anything.
#[derive(Clone, Copy)]
struct Schema(Option<Kind>);

fn schema(text: &str) -> Result<Schema, String> {
    kind_of_schema(text).map(Schema)
}

fn column(text: &str) -> Result<(String, String), String> {
    let known = ["id", "name", "schema", "birth_date", "country"];
    match text.split_once('=') {
        Some((field, header)) if known.contains(&field) && !header.is_empty() => Ok((field.to_owned(), header.to_owned())),
        _ => Err(format!("write FIELD=HEADER, with one of {} as FIELD", known.join(", "))),
    }
}

fn score(text: &str) -> Result<u16, String> {
    let score: f64 = text.parse().map_err(|_| "write a score, 0 to 100".to_owned())?;
    if (0.0..=100.0).contains(&score) { Ok((score * 10.0).round() as u16) } else { Err("write a score, 0 to 100".to_owned()) }
}

fn today() -> Result<Day, Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|d| i64::try_from(d.as_secs()).ok());
    now.map(Day::of_unix).ok_or_else(|| Failure::CouldNotRun("the system's clock is before 1970; name a day with `--day`".to_owned()))
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let bytes = super::read_file(&args.blob)?;
    let companion = DetailsFile::read(&args.blob, args.details.as_deref())?;
    let mut blob = super::open_blob(&args.blob, &bytes)?;
    companion.attach(&mut blob)?;
    let screener = Screener {
        blob: &blob,
        day: args.day.map_or_else(today, Ok)?,
        min_score: args.min_score.unwrap_or_else(|| blob.policy().possible_from()),
        list: args.list,
        limit: args.limit,
    };
    let kind = args.schema.and_then(|schema| schema.0);
    match (&args.name, &args.input) {
        (Some(name), _) => one(args, &screener, name, kind),
        (None, Some(input)) => many(args, &screener, input, kind),
        // The command line's group asks for one of them.
        (None, None) => Err(Failure::CouldNotRun("neither `--name` nor `--input` was given".to_owned())),
    }
}

fn one(args: &Args, screener: &Screener<'_, '_>, name: &str, kind: Option<Kind>) -> Result<(), Failure> {
    if name.trim().is_empty() {
        return Err(Failure::CouldNotRun("`--name` is empty".to_owned()));
    }
    let row = Row { id: Value::from(1), name: name.to_owned(), kind, birth_date: args.birth_date, countries: args.country.clone() };
    let mut workspace = Workspace::default();
    let answer = screener.answer(&row, &mut workspace);
    if args.json {
        let json = serde_json::to_string(&answer).map_err(|error| Failure::CouldNotRun(error.to_string()))?;
        print(&format!("{json}\n"));
    } else {
        let mut out = String::new();
        if answer.truncated {
            out.push_str(&wrap(
                "",
                0,
                "the name is too long to be searched in full, or a bound was hit: that is a review, whatever is found",
            ));
        }
        if answer.matches.is_empty() {
            // Never "clear".
            out.push_str("no match\n");
        } else {
            let mut rows = vec![["score", "ofac", "band", "list", "entry", "name"].map(str::to_owned).to_vec()];
            rows.extend(answer.matches.iter().map(|m| {
                let scores = [format!("{:.1}", m.score), m.ofac_score.to_string()];
                let words = [m.band, &m.list, m.entry, &m.name].map(str::to_owned);
                scores.into_iter().chain(words).collect()
            }));
            let lines = table(&rows, 6);
            let mut lines = lines.lines();
            out.push_str(&paint("1", lines.next().unwrap_or_default()));
            out.push('\n');
            for (line, found) in lines.zip(&answer.matches) {
                let colour = if found.band == "possible" { "33" } else { "31" };
                out.push_str(&format!("{}\n", paint(colour, line)));
                let why = found.number.and_then(|(kind, number)| why(screener.blob, kind, number, name, &mut workspace));
                out.push_str(&why.map(|why| aligned(&why)).unwrap_or_default());
            }
        }
        print(&out);
    }
    if answer.matches.is_empty() && !answer.truncated { Ok(()) } else { Err(Failure::Findings) }
}

/// The tokens side by side.
fn aligned(why: &NameWhy) -> String {
    let mut out = wrap("       tokens", 15, &pairs(why));
    if !why.folds.is_empty() {
        out.push_str(&wrap("       folds", 15, &why.folds.join(", ")));
    }
    out
}

/// Which tokens stand for each other and how, and which are left.
pub(crate) fn pairs(why: &NameWhy) -> String {
    let bits = |weight: u16| format!("{:.1} bits", f64::from(weight) / 16.0);
    let pairs = why.pairs.iter().map(|pair| {
        let edits = if pair.edits > 0.0 { format!(", {:.1} edits", pair.edits) } else { String::new() };
        format!("{} = {} ({}{edits}, {} of {})", pair.asked, pair.listed, pair.how, percent(pair.similarity), bits(pair.weight))
    });
    let left = |who: &str, tokens: &[weighbridge_engine::why::LeftWhy]| {
        let tokens: Vec<_> = tokens.iter().map(|t| format!("{} ({})", t.token, bits(t.weight))).collect();
        (!tokens.is_empty()).then(|| format!("{who} alone: {}", tokens.join(", ")))
    };
    pairs.chain(left("asked", &why.asked_left)).chain(left("listed", &why.listed_left)).collect::<Vec<_>>().join("; ")
}

fn percent(thousandths: u16) -> String {
    format!("{} %", f64::from(thousandths) / 10.0)
}

fn many(args: &Args, screener: &Screener<'_, '_>, input: &Path, kind: Option<Kind>) -> Result<(), Failure> {
    let started = Instant::now();
    let shown = input.display().to_string();
    let mut columns = Columns::default();
    for (field, header) in &args.column {
        let slot = match field.as_str() {
            "id" => &mut columns.id,
            "name" => &mut columns.name,
            "schema" => &mut columns.schema,
            "birth_date" => &mut columns.birth_date,
            _ => &mut columns.country,
        };
        *slot = vec![header.clone()];
    }
    let standard = input.as_os_str() == "-";
    let (file, size): (Box<dyn Read>, u64) = if standard {
        (Box::new(std::io::stdin().lock()), 0)
    } else {
        let file = File::open(input).map_err(|error| Failure::CouldNotRun(format!("cannot read `{shown}`: {error}")))?;
        let size = file.metadata().map_or(0, |m| m.len());
        (Box::new(file), size)
    };
    let read_failed = |error: String| Failure::CouldNotRun(format!("`{shown}`: {error}"));
    let mut rows = Rows::open(file, form(args.format, input, standard)?, columns, kind).map_err(|error| read_failed(error.to_string()))?;
    let mut watch = Bar::new(&shown, size);
    let tally = match &args.output {
        None => run_all(screener, &mut rows, &mut BufWriter::new(std::io::stdout().lock()), &mut watch),
        // A pipe or a device is written to; a rename would replace it.
        Some(path) if !is_file_to_be(path) => {
            let file = File::options().write(true).open(path);
            let file = file.map_err(|error| Failure::CouldNotRun(format!("cannot write `{}`: {error}", path.display())))?;
            run_all(screener, &mut rows, &mut BufWriter::new(file), &mut watch)
        }
        Some(path) => {
            let temporary =
                path.with_file_name(format!(".{}.{}.tmp", path.file_name().unwrap_or_default().to_string_lossy(), std::process::id()));
            let failed = |error: std::io::Error| Failure::CouldNotRun(format!("cannot write `{}`: {error}", path.display()));
            let file = File::create(&temporary).map_err(failed)?;
            let result = run_all(screener, &mut rows, &mut BufWriter::new(file), &mut watch);
            if result.is_err() {
                // The first error is the one to tell.
                let _ = std::fs::remove_file(&temporary);
            } else {
                std::fs::rename(&temporary, path).map_err(failed)?;
            }
            result
        }
    };
    watch.bar.finish_and_clear();
    let tally = tally.map_err(|error| read_failed(error.to_string()))?;
    summary(&tally, started);
    if tally.bad > 0 {
        let rows = if tally.bad == 1 { "1 row".to_owned() } else { format!("{} rows", thousands(tally.bad)) };
        if !args.skip_bad {
            return Err(Failure::CouldNotRun(format!(
                "`{shown}`: {rows} could not be read and were not screened; `--skip-bad` accepts that"
            )));
        }
        warn(&format!("`{shown}`: {rows} could not be read and were not screened"));
    }
    if args.fail_on_match && (tally.matched > 0 || tally.truncated > 0) { Err(Failure::Findings) } else { Ok(()) }
}

fn form(format: Option<FormatWord>, input: &Path, standard: bool) -> Result<Format, Failure> {
    let extension = input.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    match (format, extension.as_deref()) {
        (Some(FormatWord::Csv), _) | (None, Some("csv")) => Ok(Format::Csv),
        (Some(FormatWord::Tsv), _) | (None, Some("tsv" | "tab")) => Ok(Format::Tsv),
        (Some(FormatWord::Jsonl), _) | (None, Some("jsonl" | "ndjson")) => Ok(Format::Jsonl),
        _ if standard => Ok(Format::Jsonl),
        _ => Err(Failure::CouldNotRun(format!(
            "the form of `{}` is not to be seen by its name; say `--format csv` or `jsonl`",
            input.display()
        ))),
    }
}

fn summary(tally: &Tally, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    let rate = (tally.rows as f64 / seconds.max(1e-9)) as u64;
    let bounded = if tally.truncated > 0 { format!(", {} not searched in full", thousands(tally.truncated)) } else { String::new() };
    note(&format!(
        "{} names, {} with matches{bounded}; {seconds:.1} s, {} names a second",
        thousands(tally.rows),
        thousands(tally.matched),
        thousands(rate)
    ));
}

/// Bad rows that are told one by one.
const TOLD: u64 = 20;

/// A bar on a terminal, and the bad rows.
struct Bar<'s> {
    bar: ProgressBar,
    shown: &'s str,
    bad: u64,
}

impl<'s> Bar<'s> {
    fn new(shown: &'s str, size: u64) -> Self {
        let bar = if !std::io::stderr().is_terminal() {
            ProgressBar::hidden()
        } else if size > 0 {
            let template = "{msg} [{bar:30}] {bytes} of {total_bytes}, {eta} left";
            ProgressBar::new(size).with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
        } else {
            ProgressBar::new_spinner()
        };
        Self { bar, shown, bad: 0 }
    }
}

impl Watch for Bar<'_> {
    fn at(&mut self, rows: u64, bytes: u64) {
        self.bar.set_message(format!("{} names", thousands(rows)));
        self.bar.set_position(bytes);
    }

    fn bad(&mut self, row: &BadRow) {
        self.bad += 1;
        if self.bad <= TOLD {
            self.bar.suspend(|| warn(&format!("`{}`, line {}: {}", self.shown, row.line, row.why)));
        } else if self.bad == TOLD + 1 {
            self.bar.suspend(|| warn("further rows that cannot be read are only counted"));
        }
    }
}
