//! Who: finds the entries that a requester may be, and says how well each fits.
//!
//! This version matches exactly: hard identifiers, own domains, listed addresses, and full names in normal form (which
//! folds marks, case, punctuation, word order and spellings of legal forms). Fuzzy matching goes behind [`screen`] too:
//! callers see only [`Query`] in and [`Screening`] out.

use weighbridge_blob::Blob;
use weighbridge_blob::date::{Day, PartialDate};
use weighbridge_blob::model::NameRole;
use weighbridge_blob::normal::{address_key, host_key, identifier_key, name_key};
use weighbridge_blob::place::Place;
use weighbridge_blob::read::{EntryView, fingerprint};
use weighbridge_blob::words::{Band, IdKind, Kind, List};

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
    /// The full name agrees in normal form.
    Name {
        /// Standing of the listed name.
        role: NameRole,
        /// Its place among the entry's names.
        index: u32,
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
    /// Tenths of a point, 0-1,000; 1,000 = equal.
    pub score: u16,
    /// Why.
    pub reason: Reason,
}

/// What screening found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Screening {
    /// One match per entry, its best; best band first, then by entry number.
    pub matches: Vec<Match>,
    /// A bound was hit (a name too long to be asked in full). Such an answer counts as review, never as clear.
    pub truncated: bool,
}

/// Types of which one party has one number from one issuer: another number means another party. Passports and phone
/// numbers are renewed.
const EXCLUSIVE: [IdKind; 5] = [IdKind::Imo, IdKind::Lei, IdKind::Registration, IdKind::TaxId, IdKind::NationalId];

/// Looks for a requester among the entries in force on `day`.
pub fn screen(blob: &Blob<'_>, query: &Query<'_>, day: Day) -> Screening {
    let mut found = Found { blob, day, out: Screening::default() };
    let email = query.email.map(|e| (IdKind::Email, e, None));
    for (kind, number, country) in query.identifiers.iter().copied().chain(email) {
        let Some(key) = identifier_key(kind, number) else { continue };
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
        by_name(&mut found, query, name);
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
    out.matches.sort_by_key(|m| (m.band, m.entry));
    out
}

fn by_name(found: &mut Found<'_, '_>, query: &Query<'_>, name: &str) {
    let blob = found.blob;
    let every = [Kind::Person, Kind::Organization, Kind::Vessel, Kind::Aircraft];
    let kinds = query.kind.as_ref().map_or(every.as_slice(), std::slice::from_ref);
    for kind in kinds {
        let key = name_key(*kind, name, blob.words());
        if key.truncated {
            found.out.truncated = true;
            continue;
        }
        if key.key.is_empty() {
            continue;
        }
        for hit in blob.by_name(&key.key) {
            let Some(entry) = blob.entry(hit.entry) else { continue };
            let evidence = weigh(query, &entry);
            let words = key.ordered.split(' ').count();
            let strong = match kind {
                // OFAC FAQ 5: a name hit asks for due diligence; it takes a qualifier to make it this person.
                Kind::Person => evidence.agrees && words > 1,
                _ => true,
            };
            // OFAC FAQ 122: a weak alias is too broad to go by.
            let strong = strong && hit.distinctive && hit.role != NameRole::Weak && !evidence.conflicts;
            let reason = Reason::Name { role: hit.role, index: hit.name, qualified: evidence.agrees, conflict: evidence.conflicts };
            found.add(hit.entry, if strong { Band::Strong } else { Band::Possible }, reason);
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Evidence {
    agrees: bool,
    conflicts: bool,
}

/// What birth date, countries and documents say about query and entry being one party.
fn weigh(query: &Query<'_>, entry: &EntryView<'_>) -> Evidence {
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
        let Some(print) = identifier_key(*kind, number).map(|k| fingerprint(&k)) else { continue };
        let same_issuer = |c: Option<Place>| match (c, country) {
            (Some(a), Some(b)) => a.without_region() == b.without_region(),
            _ => true,
        };
        let mut of_kind = entry.held_identifiers().filter(|h| h.kind == *kind && same_issuer(h.country)).peekable();
        if of_kind.peek().is_some() {
            if of_kind.any(|h| h.fingerprint == print) {
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
        let Some(entry) = self.blob.entry(number) else { return };
        if !entry.in_force(self.day) {
            return;
        }
        // A listed address is a matter of the Entity List alone (15 CFR 744.16).
        if band == Band::Address && !entry.lists.contains(List::El) {
            return;
        }
        let new = Match { entry: number, band, score: 1_000, reason };
        match self.out.matches.iter_mut().find(|m| m.entry == number) {
            Some(old) if band < old.band => *old = new,
            Some(_) => {}
            None => self.out.matches.push(new),
        }
    }
}
