//! Screening names in bulk: what a gate finds for each row of a file, by the gate's own search.
//!
//! Rows are read in chunks, searched on all cores and written in their order, so a file of any length takes the same memory.

mod rows;

pub use rows::{BadRow, Columns, Format, Row, Rows, RowsError, kind_of_schema};

use serde::Serialize;
use serde_json::Value;
use std::io::Write;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;
use weighbridge_blob::Blob;
use weighbridge_blob::date::Day;
use weighbridge_blob::read::EntryView;
use weighbridge_blob::words::{Kind, List};
use weighbridge_engine::names::Workspace;
use weighbridge_engine::ofac;
use weighbridge_engine::screen::{Match, Options, Query, Reason, search};

/// How names are asked.
#[derive(Debug, Clone, Copy)]
pub struct Screener<'b, 'a> {
    /// Whom to look among.
    pub blob: &'b Blob<'a>,
    /// Entries in force on this day.
    pub day: Day,
    /// Least score, tenths of a point.
    pub min_score: u16,
    /// Entries of one list alone.
    pub list: Option<List>,
    /// Most matches of a row.
    pub limit: usize,
}

/// The answer to a row, as it is written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer<'a> {
    /// The row's id; its number if it has none.
    pub id: Value,
    /// Matches, in the gate's order: best band first, then by score.
    pub matches: Vec<MatchAnswer<'a>>,
    /// The name was too long to be searched in full, or a bound of the search was hit: a review, never clear.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// What the search alone took, nanoseconds.
    pub ns: u64,
}

/// An entry that a name may mean.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MatchAnswer<'a> {
    /// The list's own number of the entry (OFAC: `ent_num`); of an entry that several lists have, the first list's.
    pub entry_id: &'a str,
    /// Source and number: `us_ofac_sdn:36`.
    pub entry: &'a str,
    /// Legal categories, with a blank between.
    pub list: String,
    /// The listed name that matched, as the list writes it; without the details file in normal form.
    pub name: String,
    /// 0-100, calibrated: 1 % of ordinary names reach 80.
    pub score: f64,
    /// What OFAC's method says of the same two names, 0-100.
    pub ofac_score: u8,
    /// What the policy makes of it.
    pub band: &'static str,
    /// Which name of the blob it is: kind and number in its lexicon.
    #[serde(skip)]
    pub number: Option<(Kind, u32)>,
}

impl<'a> Screener<'_, 'a> {
    /// Asks for a row.
    pub fn answer(&self, row: &Row, workspace: &mut Workspace) -> Answer<'a> {
        let query = row.query();
        let options = Options { min_score: self.min_score };
        let started = Instant::now();
        let screening = search(self.blob, &query, self.day, &options, workspace);
        let ns = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let asked = (!screening.matches.is_empty()).then(|| ofac::Asked::new(&row.name));
        let found = screening.matches.iter().filter_map(|found| {
            let entry = self.blob.entry(found.entry)?;
            let wanted = self.list.is_none_or(|list| entry.lists.contains(list));
            wanted.then(|| self.describe(&entry, found, asked.as_ref()))
        });
        Answer { id: row.id.clone(), matches: found.take(self.limit).collect(), truncated: screening.truncated, ns }
    }

    fn describe(&self, entry: &EntryView<'a>, found: &Match, asked: Option<&ofac::Asked>) -> MatchAnswer<'a> {
        let number = match found.reason {
            Reason::Name { kind, number, .. } => Some((kind, number)),
            _ => None,
        };
        let name = number.map(|(kind, number)| self.name(entry, kind, number)).unwrap_or_default();
        let id = entry.id();
        MatchAnswer {
            entry_id: id.split_once(':').map_or(id, |(_, number)| number),
            entry: id,
            list: entry.lists.iter().map(|list| list.as_str()).collect::<Vec<_>>().join(" "),
            score: f64::from(found.score) / 10.0,
            ofac_score: asked.map_or(0, |asked| asked.score(&name)),
            band: found.band.as_str(),
            name,
            number,
        }
    }

    fn name(&self, entry: &EntryView<'a>, kind: Kind, number: u32) -> String {
        let lexicon = self.blob.lexicon(kind);
        let index = usize::try_from(lexicon.index_in_entry(number)).unwrap_or(usize::MAX);
        let written = self.blob.details(entry).and_then(|details| details.names.get(index).map(|(_, name)| (*name).to_owned()));
        written.unwrap_or_else(|| {
            let tokens =
                lexicon.name(number).map(|name| name.tokens().map(|t| String::from_utf8_lossy(lexicon.text(t))).collect::<Vec<_>>());
            tokens.unwrap_or_default().join(" ")
        })
    }
}

impl Row {
    /// The row as the engine asks it.
    pub fn query(&self) -> Query<'_> {
        Query {
            kind: self.kind,
            names: vec![&self.name],
            birth_date: self.birth_date,
            countries: self.countries.clone(),
            ..Query::default()
        }
    }
}

/// What became of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Rows that were searched.
    pub rows: u64,
    /// Rows with matches.
    pub matched: u64,
    /// Rows whose search hit a bound.
    pub truncated: u64,
    /// Rows that could not be read.
    pub bad: u64,
}

/// Why a file could not be screened to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScreenError {
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] RowsError),
    /// Answers could not be written.
    #[error("cannot write the answers: {0}")]
    Write(std::io::Error),
}

/// Rows of a chunk for each core.
const CHUNK_ROWS: usize = 2_048;

/// Bytes of names after which a chunk is full.
const CHUNK_BYTES: usize = 16 << 20;

/// Hears how a file is getting on.
pub trait Watch {
    /// Rows and bytes read so far.
    fn at(&mut self, rows: u64, bytes: u64);
    /// A row cannot be read.
    fn bad(&mut self, row: &BadRow);
}

/// Screens all rows, on all cores, and writes an answer for each in their order, as JSON lines.
///
/// # Errors
/// [`ScreenError`] if reading or writing fails. A row that cannot be read is no error: `watch` hears of it, and it is counted.
pub fn run(screener: &Screener<'_, '_>, rows: &mut Rows<'_>, out: &mut dyn Write, watch: &mut dyn Watch) -> Result<Tally, ScreenError> {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut workspaces: Vec<Workspace> = (0..cores).map(|_| Workspace::default()).collect();
    let mut tally = Tally::default();
    let mut chunk = Vec::new();
    loop {
        chunk.clear();
        let (mut bytes, mut more) = (0, true);
        while more && chunk.len() < CHUNK_ROWS * cores && bytes < CHUNK_BYTES {
            match rows.next()? {
                Some(Ok(row)) => {
                    bytes += row.name.len();
                    chunk.push(row);
                }
                Some(Err(bad)) => {
                    tally.bad += 1;
                    watch.bad(&bad);
                }
                None => more = false,
            }
        }
        for part in answers(screener, &chunk, &mut workspaces) {
            tally.rows += part.rows;
            tally.matched += part.matched;
            tally.truncated += part.truncated;
            out.write_all(&part.text).map_err(ScreenError::Write)?;
        }
        watch.at(tally.rows + tally.bad, rows.bytes());
        if !more {
            out.flush().map_err(ScreenError::Write)?;
            return Ok(tally);
        }
    }
}

/// The answers to a part of a chunk.
#[derive(Default)]
struct Part {
    text: Vec<u8>,
    rows: u64,
    matched: u64,
    truncated: u64,
}

fn answers(screener: &Screener<'_, '_>, rows: &[Row], workspaces: &mut [Workspace]) -> Vec<Part> {
    // Small parts, so that a core with hard names does not keep the others waiting.
    let size = rows.len().div_ceil(workspaces.len() * 8).max(1);
    let mut parts: Vec<Part> = rows.chunks(size).map(|_| Part::default()).collect();
    let queue = Mutex::new(rows.chunks(size).zip(parts.iter_mut()));
    let next = || queue.lock().map_or(None, |mut queue| queue.next());
    thread::scope(|scope| {
        for workspace in workspaces {
            scope.spawn(|| {
                while let Some((rows, part)) = next() {
                    for row in rows {
                        let answer = screener.answer(row, workspace);
                        part.rows += 1;
                        part.matched += u64::from(!answer.matches.is_empty());
                        part.truncated += u64::from(answer.truncated);
                        // Writing to memory does not fail, and an answer has no map with keys that are no text.
                        let _ = serde_json::to_writer(&mut part.text, &answer);
                        part.text.push(b'\n');
                    }
                }
            });
        }
    });
    parts
}
