//! From claims to a screening query, and from matches to the entries behind them.

use weighbridge_blob::Blob;
use weighbridge_blob::date::Day;
use weighbridge_blob::read::EntryView;
use weighbridge_blob::words::Band;
use weighbridge_engine::screen::{Query, Reason, screen};

use crate::identity::Claims;

/// An entry that a party may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) entry: EntryView<'a>,
    pub(crate) band: Band,
    /// Tenths of a point.
    pub(crate) score: u16,
    pub(crate) reason: Reason,
}

/// Everything found, and whether a bound cut the search short.
pub(crate) fn look_for<'a>(blob: &Blob<'a>, claims: &Claims, day: Day) -> (Vec<Found<'a>>, bool) {
    let query = Query {
        // Whoever does not say what it is is looked for among everybody.
        kind: claims.kind,
        names: claims.names.iter().map(String::as_str).collect(),
        birth_date: claims.birth_date,
        countries: claims.countries.iter().copied().chain(claims.registered).collect(),
        identifiers: claims.identifiers.iter().map(|i| (i.kind, i.number.as_str(), i.country)).collect(),
        email: claims.email.as_deref(),
        website: claims.website.as_deref(),
        addresses: claims.addresses.iter().map(|a| (a.street.as_str(), a.city.as_str(), a.country)).collect(),
    };
    let screening = screen(blob, &query, day);
    let found =
        |m: &weighbridge_engine::screen::Match| Some(Found { entry: blob.entry(m.entry)?, band: m.band, score: m.score, reason: m.reason });
    (screening.matches.iter().filter_map(found).collect(), screening.truncated)
}
