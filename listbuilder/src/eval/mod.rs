//! Measures name screening: labelled names in, recall at a fixed rate of false alerts out.
//!
//! Whatever answers, this engine, a simple peer of [`peers`] or another program's run file, is counted by the same code
//! ([`measure`]). `tests/eval/README.md` says how labelled names are made.

mod measure;
mod ours;
pub mod peers;
mod report;

pub use measure::{Block, CurvePoint, Interpolated, Measured, Share, Times, measure, wilson};
pub use ours::{Found, matches};
pub use report::report;

use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use weighbridge_blob::words::Kind;

/// A labelled name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its id, which answers repeat.
    pub id: String,
    /// The name to screen.
    pub query: String,
    /// What bears it.
    pub kind: Kind,
    /// The list's own ids of the parties that must be found; none: nobody may be found.
    pub truth: BTreeSet<String>,
    /// What is difficult about it: `typo1`, `script_arabic`, `neg_person_us`.
    pub category: String,
    /// Where the spelling comes from; `synthetic` if it was derived.
    pub origin: String,
    /// Whose name it is, for the rate of false alerts per group. Empty if the set does not say.
    pub region: String,
}

/// What a screener says of one question.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// The list's own id of each party found, and its score, 0-100.
    pub matches: Vec<(String, f64)>,
    /// How long it took, in nanoseconds.
    pub nanoseconds: Option<u64>,
}

/// Answers by the question's id.
pub type Run = HashMap<String, Answer>;

/// Why a file of questions or answers cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// A line is not what it should be.
    #[error("line {line}: {what}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// There is nothing to measure on.
    #[error("holds {positives} names that must be found and {negatives} that must not; a measurement needs both")]
    OneSided {
        /// Questions with a truth.
        positives: usize,
        /// Questions without.
        negatives: usize,
    },
}

#[derive(Deserialize)]
struct QuestionLine {
    id: String,
    query: String,
    schema: String,
    truth: Vec<String>,
    category: String,
    #[serde(default)]
    origin: String,
    #[serde(default)]
    region: String,
}

/// Reads questions, a JSON object a line: `id`, `query`, `schema` (`person`, `organization`, ...), `truth` (ids of the parties to be
/// found), `category`, and where known `origin` and `region`.
///
/// # Errors
///
/// A line that is not such an object, an unknown schema, an id used twice, or a set with nothing to find or nothing to
/// leave alone.
pub fn questions(text: &str) -> Result<Vec<Question>, EvalError> {
    let mut ids = BTreeSet::new();
    let mut out = Vec::new();
    for (line, row) in lines::<QuestionLine>(text) {
        let row = row?;
        let wrong = |what: String| EvalError::Line { line, what };
        let kind = row
            .schema
            .parse()
            .map_err(|_| wrong(format!("`schema` is `{}`: write `person`, `organization`, `vessel` or `aircraft`", row.schema)))?;
        if !ids.insert(row.id.clone()) {
            return Err(wrong(format!("the id `{}` is used twice", row.id)));
        }
        let truth = row.truth.into_iter().collect();
        out.push(Question { id: row.id, query: row.query, kind, truth, category: row.category, origin: row.origin, region: row.region });
    }
    let positives = out.iter().filter(|q| q.counts() && !q.truth.is_empty()).count();
    let negatives = out.iter().filter(|q| q.counts() && q.truth.is_empty()).count();
    if positives == 0 || negatives == 0 {
        return Err(EvalError::OneSided { positives, negatives });
    }
    Ok(out)
}

/// Categories that are shown and left out of every total: aliases without any likeness to a listed name, which no
/// spelling can find, and one bare given or family name, which should find nobody and does not say whom it means.
pub const NOT_COUNTED: [&str; 3] = ["alias_unrelated", "xlist_unrelated", "neg_single_token"];

/// Negatives whose words are those of listed parties.
pub const HARD: [&str; 5] = ["neg_person_common", "neg_person_region", "neg_org_common", "neg_org_generic", "neg_org_region"];

impl Question {
    /// Whether it is part of totals.
    pub fn counts(&self) -> bool {
        !NOT_COUNTED.contains(&self.category.as_str())
    }
}

#[derive(Deserialize)]
struct AnswerLine {
    id: String,
    #[serde(default)]
    matches: Vec<MatchLine>,
    #[serde(default)]
    ns: Option<u64>,
}

#[derive(Deserialize)]
struct MatchLine {
    entry_id: Id,
    score: f64,
}

/// Some programs write ids as numbers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(u64),
}

/// Reads a run, a JSON object a line: `{"id", "matches": [{"entry_id", "score"}], "ns"}`; `ns` may be missing. `weighbridge screen`
/// writes this form.
///
/// # Errors
///
/// A line that is not such an object, a score outside 0-100, or an id answered twice.
pub fn run(text: &str) -> Result<Run, EvalError> {
    let mut out = Run::new();
    for (line, row) in lines::<AnswerLine>(text) {
        let row = row?;
        let wrong = |what: String| EvalError::Line { line, what };
        let mut answer = Answer { nanoseconds: row.ns, ..Answer::default() };
        for found in row.matches {
            if !(0.0..=100.0).contains(&found.score) {
                return Err(wrong(format!("`score` is {}: it must be from 0 to 100", found.score)));
            }
            let id = match found.entry_id {
                Id::Text(text) => text,
                Id::Number(number) => number.to_string(),
            };
            answer.matches.push((id, found.score));
        }
        if out.insert(row.id.clone(), answer).is_some() {
            return Err(wrong(format!("the id `{}` is answered twice", row.id)));
        }
    }
    Ok(out)
}

/// Every line that is not blank, with its number.
fn lines<'a, T: Deserialize<'a>>(text: &'a str) -> impl Iterator<Item = (usize, Result<T, EvalError>)> {
    let rows = text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty());
    rows.map(|(at, row)| {
        let line = at + 1;
        (line, serde_json::from_str(row).map_err(|error| EvalError::Line { line, what: error.to_string() }))
    })
}
