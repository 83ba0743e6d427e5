//! The one place where the measurement asks the engine.

use weighbridge_blob::Blob;
use weighbridge_blob::date::Day;
use weighbridge_blob::words::{Band, Kind};
use weighbridge_engine::names::Workspace;
use weighbridge_engine::screen::{Options, Query, search};

/// Least score that is measured, tenths of a point: far below what a policy calls possible, so that the whole curve is drawn.
const MIN_SCORE: u16 = 400;

/// A party that the engine found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The list's own id, without the source's before it.
    pub entry_id: String,
    /// Tenths of a point, 0-1,000.
    pub score: u16,
    /// How the gate would take it.
    pub band: Band,
}

/// Whom a name finds in a blob: the gate's own search, as of the day on which the blob was made.
pub fn matches(blob: &Blob<'_>, name: &str, kind: Kind, workspace: &mut Workspace) -> Vec<Found> {
    let query = Query { kind: Some(kind), names: vec![name], ..Query::default() };
    let day = Day::of_unix(blob.header().created);
    let found = search(blob, &query, day, &Options { min_score: MIN_SCORE }, workspace).matches;
    let named = found.into_iter().filter_map(|m| {
        let entry = blob.entry(m.entry)?;
        Some(Found { entry_id: own_id(entry.id()).to_owned(), score: m.score, band: m.band })
    });
    named.collect()
}

/// `36` of `us_ofac_sdn:36`.
pub(super) fn own_id(id: &str) -> &str {
    id.split_once(':').map_or(id, |(_, own)| own)
}
