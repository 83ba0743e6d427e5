//! `weighbridge eval`: how well names are screened, measured on labelled ones.

use super::details::DetailsFile;
use super::{Failure, note, print};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Instant;
use weighbridge::eval::peers::{self, Peer};
use weighbridge::eval::{Answer, Measured, Question, Run, matches, measure, questions, report, run as read_run};
use weighbridge_blob::Blob;
use weighbridge_engine::names::Workspace;

/// Measure name screening on labelled names: recall at a fixed rate of false alerts, precision, times
///
/// `tests/eval/README.md` says how to make labelled names from your own lists. The screener that is named first is shown in
/// detail, the others beside it and as ratios.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("system").required(true).multiple(true).args(["blob", "run"]))]
pub(crate) struct Args {
    /// Labelled names, JSON lines: `id`, `query`, `schema`, `truth`, `category`, and `origin` and `region` where known
    #[arg(long, value_name = "FILE")]
    queries: PathBuf,
    /// Screen them against this blob, as a gate does
    #[arg(long, value_name = "FILE")]
    blob: Option<PathBuf>,
    /// Another program's answers, JSON lines: `id`, `matches` of `entry_id` and `score`, and `ns` where measured
    #[arg(long, value_name = "NAME=FILE", value_parser = named)]
    run: Vec<(String, PathBuf)>,
    /// Compare with every name in the blob, one by one, too
    #[arg(long, value_enum, value_name = "METHOD", requires = "blob")]
    peer: Vec<Method>,
    /// Only every N-th of the labelled names
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    every: u32,
    /// Write the blob's answers, as another program's are read
    #[arg(long, value_name = "FILE", requires = "blob")]
    save: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Method {
    /// Jaro-Winkler of whole names
    JaroWinkler,
    /// OFAC's published method
    Ofac,
}

fn named(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.to_owned(), file.into())),
        _ => Err("write a name, `=` and a file: `logic-v2=run.jsonl`".to_owned()),
    }
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let labelled: Vec<Question> = read(&args.queries, questions)?.into_iter().step_by(args.every as usize).collect();
    let mut systems: Vec<(String, Measured)> = Vec::new();
    if let Some(path) = &args.blob {
        let bytes = super::read_file(path)?;
        // Only peers need names as written; a gate screens without.
        let companion = (!args.peer.is_empty()).then(|| DetailsFile::read(path, None)).transpose()?;
        let mut blob = super::open_blob(path, &bytes)?;
        if let Some(companion) = &companion {
            companion.attach(&mut blob)?;
        }
        let own = ask(&blob, &labelled);
        if let Some(file) = &args.save {
            save(file, &labelled, &own)?;
        }
        systems.push(("weighbridge".to_owned(), measure(&labelled, &own)));
        for method in &args.peer {
            let peer = match method {
                Method::JaroWinkler => Peer::JaroWinkler,
                Method::Ofac => Peer::Ofac,
            };
            note(&format!("comparing with every listed name by `{}`", peer.as_str()));
            let answers = peers::run(peer, &blob, &labelled)
                .ok_or_else(|| Failure::CouldNotRun("a peer compares names as written, which only the details file has".to_owned()))?;
            systems.push((peer.as_str().to_owned(), measure(&labelled, &answers)));
        }
    }
    for (name, file) in &args.run {
        systems.push((name.clone(), measure(&labelled, &read(file, read_run)?)));
    }
    if args.json {
        let value: Vec<_> = systems.iter().map(|(name, measured)| json!({ "system": name, "measured": measured })).collect();
        let text = serde_json::to_string_pretty(&value).map_err(|error| Failure::CouldNotRun(error.to_string()))?;
        print(&format!("{text}\n"));
    } else {
        print(&report(&systems));
    }
    Ok(())
}

/// The engine's own answers, each timed alone, on one thread.
fn ask(blob: &Blob<'_>, labelled: &[Question]) -> Run {
    let mut out = Run::new();
    let mut workspace = Workspace::default();
    for question in labelled {
        let start = Instant::now();
        let found = matches(blob, &question.query, question.kind, &mut workspace);
        let nanoseconds = u64::try_from(start.elapsed().as_nanos()).ok();
        let matches = found.into_iter().map(|f| (f.entry_id, f64::from(f.score) / 10.0)).collect();
        out.insert(question.id.clone(), Answer { matches, nanoseconds });
    }
    out
}

fn read<T>(path: &Path, parse: impl Fn(&str) -> Result<T, weighbridge::eval::EvalError>) -> Result<T, Failure> {
    let text = String::from_utf8(super::read_file(path)?).map_err(|error| {
        Failure::CouldNotRun(format!("`{}` is not UTF-8 from byte {} on", path.display(), error.utf8_error().valid_up_to()))
    })?;
    parse(&text).map_err(|error| Failure::CouldNotRun(format!("`{}`, {error}", path.display())))
}

fn save(file: &Path, labelled: &[Question], run: &Run) -> Result<(), Failure> {
    let mut text = String::new();
    for (question, answer) in labelled.iter().filter_map(|question| Some((question, run.get(&question.id)?))) {
        let matches: Vec<_> = answer.matches.iter().map(|(id, score)| json!({ "entry_id": id, "score": score })).collect();
        text.push_str(&json!({ "id": question.id, "matches": matches, "ns": answer.nanoseconds }).to_string());
        text.push('\n');
    }
    std::fs::write(file, text).map_err(|error| Failure::CouldNotRun(format!("cannot write `{}`: {error}", file.display())))
}
