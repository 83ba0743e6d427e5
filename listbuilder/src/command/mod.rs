//! The verbs, one file each, and what they share: failures with exit codes, tables, colour on a terminal.

pub(crate) mod build;
pub(crate) mod details;
pub(crate) mod eval;
pub(crate) mod explain;
pub(crate) mod geo;
pub(crate) mod inspect;
mod key;
pub(crate) mod keygen;
mod optimise;
pub(crate) mod package;
mod package_web;
pub(crate) mod screen;
pub(crate) mod serve;
pub(crate) mod sign;
pub(crate) mod test;
pub(crate) mod verify;

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use weighbridge::calibrate::CalibrationReport;
use weighbridge_blob::Blob;

/// Why a verb did not do what was asked.
pub(crate) enum Failure {
    /// It ran, and the answer is no: exit code 1.
    Refused(String),
    /// It could not run: exit code 3.
    CouldNotRun(String),
    /// It ran, and what it printed are findings: exit code 1.
    Findings,
}

impl Failure {
    /// Prints the reason; the exit code to leave with.
    pub(crate) fn tell(self) -> ExitCode {
        let (message, code) = match self {
            Self::Refused(message) => (message, 1),
            Self::CouldNotRun(message) => (message, 3),
            Self::Findings => return ExitCode::from(1),
        };
        say("error", "31", &message);
        ExitCode::from(code)
    }
}

/// The bytes of a file.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::CouldNotRun(format!("cannot read `{}`: {error}", path.display())))
}

/// The blob in the bytes of a file, checked whole.
pub(crate) fn open_blob<'a>(path: &Path, bytes: &'a [u8]) -> Result<Blob<'a>, Failure> {
    Blob::open(bytes).map_err(|error| Failure::CouldNotRun(format!("`{}` is not a usable blob: {error}", path.display())))
}

/// A warning, on standard error.
pub(crate) fn warn(message: &str) {
    say("warning", "33", message);
}

/// A note, on standard error.
pub(crate) fn note(message: &str) {
    say("note", "36", message);
}

fn say(label: &str, colour: &str, message: &str) {
    let mut out = std::io::stderr().lock();
    let plain = !out.is_terminal() || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    // Nobody is left to hear of a standard error that is closed.
    let _ = if plain { writeln!(out, "{label}: {message}") } else { writeln!(out, "\x1b[1;{colour}m{label}\x1b[0m: {message}") };
}

/// Prints to standard output. A reader that has gone away (`| head`) ends the output, not the command.
pub(crate) fn print(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// Text in a colour, where standard output is a terminal that wants any.
pub(crate) fn paint(colour: &str, text: &str) -> String {
    let plain = !std::io::stdout().is_terminal() || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if plain { text.to_owned() } else { format!("\x1b[{colour}m{text}\x1b[0m") }
}

/// How many characters a line of text has at most.
const WIDTH: usize = 100;

/// A label, and text beside it, broken between words; each line of it starts in column `indent`.
pub(crate) fn wrap(label: &str, indent: usize, text: &str) -> String {
    let mut out = format!("{label:<indent$}");
    let mut column = out.chars().count();
    // A label too long for its column stands on its own.
    let mut fresh = label.chars().count() < indent;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if !fresh && column + 1 + length > WIDTH {
            out.truncate(out.trim_end().len());
            out.push_str(&format!("\n{:indent$}", ""));
            (column, fresh) = (indent, true);
        }
        if !fresh {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        (column, fresh) = (column + length, false);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// Rows as a table: the first `text_columns` to the left, the rest to the right. The first row is the head.
pub(crate) fn table(rows: &[Vec<String>], text_columns: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, width))| if column < text_columns { format!("{cell:<width$}") } else { format!("{cell:>width$}") });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// What scores mean: for each kind with a sample the knots of its scale, and what ordinary names of each region score. With
/// `all`, kinds with the reference list's scale too.
pub(crate) fn calibration(kinds: &[CalibrationReport], all: bool) -> String {
    let mut text = String::new();
    for kind in kinds.iter().filter(|kind| all || kind.sample > 0) {
        if kind.sample == 0 {
            let knots = kind.knots.iter().map(|knot| format!("{} from raw {}", knot.score, knot.raw)).collect::<Vec<_>>();
            text.push_str(&format!("\nscores of {}: the scale of the reference list ({})\n", kind.kind, knots.join(", ")));
            continue;
        }
        text.push_str(&format!("\nscores of {}, on {} ordinary names\n", kind.kind, thousands(kind.sample.into())));
        let mut rows = vec![["score", "from raw", "reached by", "percent", "95 % interval"].map(str::to_owned).to_vec()];
        rows.extend(kind.knots.iter().map(|knot| {
            let (reached, percent, interval) = match (knot.reached_by, knot.percent) {
                (Some(reached), Some([percent, low, high])) => {
                    (thousands(reached.into()), format!("{percent:.4}"), format!("{low:.4} to {high:.4}"))
                }
                _ => ("too few".to_owned(), String::new(), String::new()),
            };
            vec![knot.score.to_string(), knot.raw.to_string(), reached, percent, interval]
        }));
        text.push_str(&table(&rows, 0));
        let mut rows = vec![["region", "names", "% at 80", "% at 90"].map(str::to_owned).to_vec()];
        rows.extend(kind.regions.iter().map(|region| {
            let shares = [region.percent_at_80, region.percent_at_90].map(|share| format!("{share:.3}"));
            [region.name.clone(), thousands(region.sample.into())].into_iter().chain(shares).collect()
        }));
        text.push_str(&table(&rows, 1));
    }
    text
}

/// A number with a comma between thousands.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
