//! Who: finds the entries that a requester may be, and says how well each fits.
//!
//! Hard identifiers, own domains and listed addresses match exactly; names by [`names`], on a calibrated scale. Callers see
//! only [`Query`] in and [`Screening`] out.

use std::cell::RefCell;
use std::cmp::Reverse;

use weighbridge_blob::Blob;
use weighbridge_blob::date::{Day, PartialDate};
use weighbridge_blob::model::NameRole;
use weighbridge_blob::normal::{address_key, host_key, identifier_key};
use weighbridge_blob::order::sort;
use weighbridge_blob::place::Place;
use weighbridge_blob::read::EntryView;
use weighbridge_blob::words::{Band, IdKind, Kind, List};

use crate::names::{self, Params, Sought, Workspace};

/// Whom to look for. Everything that is left empty is unknown.
#[derive(Debug, Clone, Default)]
pub struct Query<'a> {
    /// What the requester is; `None` looks among every kind.
    pub kind: Option<Kind>,
    /// Names in any spelling and word order.
    pub names: Vec<&'a str>,
    /// Birth date, or date of formation.
    pub birth_date: Option<PartialDate>,
    /// Nationality, residence, place of registration.
    pub countries: Vec<Place>,
    /// Type, number, issuing country.
    pub identifiers: Vec<(IdKind, &'a str, Option<Place>)>,
    /// E-mail address.
    pub email: Option<&'a str>,
    /// Web site: host name or URL.
    pub website: Option<&'a str>,
    /// Street, city, country.
    pub addresses: Vec<(&'a str, &'a str, Option<Place>)>,
}

/// Why an entry was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// An identifier of this type agrees.
    Identifier(IdKind),
    /// A name is alike.
    Name {
        /// Standing of the listed name.
        role: NameRole,
        /// The kind among whose names it stands.
        kind: Kind,
        /// Its number in the lexicon of that kind.
        number: u32,
        /// The normal forms are equal.
        equal: bool,
        /// A birth date, country or document agrees too.
        qualified: bool,
        /// A birth date, country or document speaks against it.
        conflict: bool,
    },
    /// The e-mail's or web site's host is the entry's own.
    Domain,
    /// The address is a listed one.
    Address,
}

impl Reason {
    /// A word for records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identifier(_) => "identifier",
            Self::Name { .. } => "name",
            Self::Domain => "domain",
            Self::Address => "address",
        }
    }
}

/// An entry that the requester may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Entry number in the blob.
    pub entry: u32,
    /// How well it fits.
    pub band: Band,
    /// Tenths of a point, 0-1,000, on the calibrated scale: 800 = 1 % of ordinary names reach it, 900 = 0.1 %. 1,000 = an
    /// identifier, domain or address agrees, or the normal forms of the names are equal. Never a probability.
    pub score: u16,
    /// The score of the names before calibration, 0-1,000: it orders those that one score rounds together.
    pub raw: u16,
    /// Why.
    pub reason: Reason,
}

impl Match {
    /// Less for the better match: by band, score, score before calibration, and a party's own name before its aliases.
    fn rank(&self) -> (Band, Reverse<u16>, Reverse<u16>, u8) {
        let role = match self.reason {
            Reason::Name { role, .. } => role as u8,
            _ => 0,
        };
        (self.band, Reverse(self.score), Reverse(self.raw), role)
    }
}

/// What screening found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Screening {
    /// One match per entry, its best; best band first, then by score, of names before that is calibrated too, a party's
    /// own name before an alias, then by entry number.
    pub matches: Vec<Match>,
    /// A bound was hit (a name too long to be asked in full). Such an answer counts as review, never as clear.
    pub truncated: bool,
}

/// Types of which one party has one number from one issuer: another number means another party. Passports and phone
/// numbers are renewed.
const EXCLUSIVE: [IdKind; 5] = [IdKind::Imo, IdKind::Lei, IdKind::Registration, IdKind::TaxId, IdKind::NationalId];

/// Least score at which a person's name may be [`Band::Strong`] (policy, `[screening]`).
const STRONG_PERSON: u16 = 950;

/// What a search is asked to return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Least score of a name, tenths of a point.
    pub min_score: u16,
}

thread_local! {
    /// Buffers, so that a gate allocates them once. They hold nothing between calls that a later one reads.
    static WORKSPACE: RefCell<Workspace> = RefCell::default();
}

/// Looks for a requester among the entries in force on `day`, with the least score that the policy of the blob sets.
pub fn screen(blob: &Blob<'_>, query: &Query<'_>, day: Day) -> Screening {
    let options = Options { min_score: blob.policy().possible_from() };
    WORKSPACE.with(|workspace| match workspace.try_borrow_mut() {
        Ok(mut workspace) => search(blob, query, day, &options, &mut workspace),
        Err(_) => search(blob, query, day, &options, &mut Workspace::default()),
    })
}

/// As [`screen`], with a least score and buffers of the caller's own.
pub fn search(blob: &Blob<'_>, query: &Query<'_>, day: Day, options: &Options, workspace: &mut Workspace) -> Screening {
    let mut found = Found { blob, day, out: Screening::default() };
    let email = query.email.map(|e| (IdKind::Email, e, None));
    for (kind, number, country) in query.identifiers.iter().copied().chain(email) {
        let Some(key) = identifier_key(kind, number, blob.words().decompositions()) else { continue };
        for hit in blob.by_identifier(&key) {
            // Two issuers that both are known and differ make two documents.
            let same_issuer = match (hit.country, country) {
                (Some(listed), Some(asked)) => listed.without_region() == asked.without_region(),
                _ => true,
            };
            if same_issuer {
                // Telephone numbers change hands.
                let band = if kind == IdKind::Phone { Band::Possible } else { Band::Identifier };
                found.add(hit.entry, band, Reason::Identifier(kind));
            }
        }
    }
    for name in &query.names {
        by_name(&mut found, query, name, options, workspace);
    }
    let hosts = [query.email.and_then(|e| e.rsplit_once('@').map(|(_, host)| host)), query.website];
    for host in hosts.into_iter().flatten().filter_map(host_key) {
        // Whoever writes from a listed party's own domain is not yet that party, but an organisation there is.
        let person = query.kind == Some(Kind::Person);
        for entry in blob.domain(&host).entries {
            found.add(entry, if person { Band::Possible } else { Band::Strong }, Reason::Domain);
        }
    }
    for (street, city, country) in &query.addresses {
        let country = country.map(|c| c.country_code().to_owned()).unwrap_or_default();
        let Some(key) = address_key(street, city, &country, blob.words()) else { continue };
        for entry in blob.by_address(&key) {
            found.add(entry, Band::Address, Reason::Address);
        }
    }
    let mut out = found.out;
    sort(&mut out.matches, |a, b| (a.rank(), a.entry) < (b.rank(), b.entry));
    out
}

fn by_name(found: &mut Found<'_, '_>, query: &Query<'_>, name: &str, options: &Options, workspace: &mut Workspace) {
    let blob = found.blob;
    let every = [Kind::Person, Kind::Organization, Kind::Vessel, Kind::Aircraft];
    let kinds = query.kind.as_ref().map_or(every.as_slice(), std::slice::from_ref);
    for (n, kind) in kinds.iter().enumerate() {
        if n == 0 {
            workspace.read(*kind, name, blob.words());
        } else {
            workspace.read_again(*kind, name, blob.words());
        }
        let (lexicon, params) = (blob.lexicon(*kind), Params::of(*kind));
        let scale = blob.scale(*kind);
        let sought = Sought { lexicon, words: blob.words(), kind: *kind, least: names::least_raw(&scale, options.min_score) };
        let summary = names::search_read(&sought, workspace, |number, aligned| {
            let raw = names::raw_score(aligned, params);
            let score = names::scaled(raw, &scale);
            if score < options.min_score {
                return;
            }
            let Some(listed) = lexicon.name(number) else { return };
            let Some(entry) = blob.entry(listed.entry).filter(|entry| entry.in_force(found.day)) else { return };
            let evidence = weigh(blob, query, &entry);
            let strong = match kind {
                // OFAC FAQ 5: a name hit asks for due diligence; it takes a qualifier to make it this person.
                Kind::Person => score >= STRONG_PERSON && evidence.agrees && aligned.lengths.0 > 1,
                _ => aligned.equal && lexicon.is_distinctive(&listed),
            };
            // OFAC FAQ 122: a weak alias is too broad to go by.
            let strong = strong && listed.role != NameRole::Weak && !evidence.conflicts;
            let reason = Reason::Name {
                role: listed.role,
                kind: *kind,
                number,
                equal: aligned.equal,
                qualified: evidence.agrees,
                conflict: evidence.conflicts,
            };
            let band = if strong { Band::Strong } else { Band::Possible };
            found.put(Match { entry: listed.entry, band, score, raw, reason });
        });
        found.out.truncated |= summary.truncated;
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Evidence {
    agrees: bool,
    conflicts: bool,
}

/// What birth date, countries and documents say about query and entry being one party.
fn weigh(blob: &Blob<'_>, query: &Query<'_>, entry: &EntryView<'_>) -> Evidence {
    let mut evidence = Evidence::default();
    if let Some(date) = query.birth_date {
        let mut known = entry.birth_dates().peekable();
        if known.peek().is_some() {
            if known.any(|d| d.agrees(date)) { evidence.agrees = true } else { evidence.conflicts = true }
        }
    }
    if !query.countries.is_empty() {
        let mut known = entry.countries().peekable();
        if known.peek().is_some() {
            let same = |c: Place| query.countries.iter().any(|q| q.without_region() == c.without_region());
            if known.any(same) { evidence.agrees = true } else { evidence.conflicts = true }
        }
    }
    for (kind, number, country) in &query.identifiers {
        let Some(key) = identifier_key(*kind, number, blob.words().decompositions()) else { continue };
        let same_issuer = |c: Option<Place>| match (c, country) {
            (Some(a), Some(b)) => a.without_region() == b.without_region(),
            _ => true,
        };
        if entry.held_identifiers().any(|held| held.kind == *kind && same_issuer(held.country)) {
            if blob.by_identifier(&key).any(|hit| hit.entry == entry.number && same_issuer(hit.country)) {
                evidence.agrees = true;
            } else if EXCLUSIVE.contains(kind) {
                evidence.conflicts = true;
            }
        }
    }
    evidence
}

struct Found<'b, 'a> {
    blob: &'b Blob<'a>,
    day: Day,
    out: Screening,
}

impl Found<'_, '_> {
    fn add(&mut self, number: u32, band: Band, reason: Reason) {
        let Some(entry) = self.blob.entry(number).filter(|entry| entry.in_force(self.day)) else { return };
        // A listed address is a matter of the Entity List alone (15 CFR 744.16).
        if band == Band::Address && !entry.lists.contains(List::El) {
            return;
        }
        self.put(Match { entry: number, band, score: 1_000, raw: 1_000, reason });
    }

    /// Keeps the best match of each entry.
    fn put(&mut self, new: Match) {
        match self.out.matches.iter_mut().find(|m| m.entry == new.entry) {
            Some(old) if new.rank() < old.rank() => *old = new,
            Some(_) => {}
            None => self.out.matches.push(new),
        }
    }
}
