//! Peers that need no other program: plain string likeness over every listed name.
//!
//! They have no index. Each query is compared with all names of its kind, which is what their users do; the time
//! is therefore that of the whole list.

use super::ours::own_id;
use super::{Answer, Question, Run};
use rapidfuzz::distance::jaro_winkler;
use std::collections::HashMap;
use std::time::Instant;
use weighbridge_blob::Blob;
use weighbridge_blob::words::Kind;
use weighbridge_engine::ofac::Asked;

/// How a peer compares two names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// Jaro-Winkler of the lower-case names (crate `rapidfuzz`).
    JaroWinkler,
    /// OFAC's method.
    Ofac,
}

impl Peer {
    /// Its name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JaroWinkler => "jaro-winkler",
            Self::Ofac => "ofac",
        }
    }
}

/// Scores below this are not reported, as for every other run.
const FLOOR: f64 = 40.0;
/// Parties reported per question.
const MOST: usize = 50;

struct Listed {
    entry: u32,
    letters: Vec<char>,
    asked: Box<Asked>,
}

/// Answers questions by comparing each with every name in the blob's details. `None` if they are not attached.
pub fn run(peer: Peer, blob: &Blob<'_>, questions: &[Question]) -> Option<Run> {
    let mut names: HashMap<Kind, Vec<Listed>> = HashMap::new();
    for number in 0..blob.entry_count() {
        let entry = blob.entry(number)?;
        let details = blob.details(&entry)?;
        let of_kind = names.entry(entry.kind).or_default();
        of_kind.extend(details.names.iter().map(|(_, name)| Listed {
            entry: number,
            letters: letters(name),
            asked: Box::new(Asked::new(name)),
        }));
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = questions.len().div_ceil(threads).max(1);
    let answers = std::thread::scope(|scope| {
        let parts: Vec<_> = questions.chunks(share).map(|part| scope.spawn(|| answer(peer, blob, &names, part))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    });
    Some(answers)
}

fn letters(name: &str) -> Vec<char> {
    name.to_lowercase().chars().collect()
}

fn answer(peer: Peer, blob: &Blob<'_>, names: &HashMap<Kind, Vec<Listed>>, questions: &[Question]) -> Vec<(String, Answer)> {
    let mut out = Vec::with_capacity(questions.len());
    let mut best: HashMap<u32, f64> = HashMap::new();
    for question in questions {
        let start = Instant::now();
        best.clear();
        let mut keep = |entry: u32, score: f64| {
            if score >= FLOOR {
                let old = best.entry(entry).or_default();
                *old = old.max(score);
            }
        };
        let listed = names.get(&question.kind).map_or(&[][..], Vec::as_slice);
        match peer {
            Peer::JaroWinkler => {
                let query = jaro_winkler::BatchComparator::new(letters(&question.query));
                let args = jaro_winkler::Args::default().score_cutoff(FLOOR / 100.0);
                for name in listed {
                    if let Some(score) = query.similarity_with_args(name.letters.iter().copied(), &args) {
                        keep(name.entry, (score * 1e6).round() / 1e4);
                    }
                }
            }
            Peer::Ofac => {
                let query = Asked::new(&question.query);
                for name in listed {
                    keep(name.entry, f64::from(query.against(&name.asked)));
                }
            }
        }
        let mut found: Vec<(u32, f64)> = best.drain().collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(MOST);
        let nanoseconds = u64::try_from(start.elapsed().as_nanos()).ok();
        let matches = found.into_iter().filter_map(|(entry, score)| Some((own_id(blob.entry(entry)?.id()).to_owned(), score))).collect();
        out.push((question.id.clone(), Answer { matches, nanoseconds }));
    }
    out
}
