//! What a builder hands to the writer: listed parties, places, items, exceptions and their sources.
//!
//! These types own their text and hold everything a source said. The gate never sees them: it reads
//! the sections that [`crate::write`] makes of them.

use crate::date::{Day, PartialDate};
use crate::place::Place;
use crate::words::{Action, IdKind, ItemClass, Kind, List, ListSet, NetworkClass, NetworkSet};

/// One party (or, with [`Entry::address_only`], one address) as its source lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Source id and the list's own id, as in `us_ofac_sdn:36`. Unique in a blob.
    pub id: String,
    /// The legal categories. Empty for a party that is in the blob only because listed parties own it.
    pub lists: ListSet,
    /// What the party is.
    pub kind: Kind,
    /// The list does not say what the party is, so `kind` is a guess: its names are found under `person` and
    /// `organization` alike.
    pub kind_uncertain: bool,
    /// The entry lists an address and no party: 15 CFR 744.16 ("Address 01" rows of the Entity List).
    pub address_only: bool,
    /// Primary name first. Not empty unless `address_only`.
    pub names: Vec<Name>,
    /// Hard identifiers.
    pub identifiers: Vec<Identifier>,
    /// Web sites as the source gives them: host names or URLs.
    pub websites: Vec<String>,
    /// Addresses.
    pub addresses: Vec<Address>,
    /// Nationality, citizenship, residence, flag state: places that speak for identity.
    pub countries: Vec<Place>,
    /// Birth dates, or dates of formation.
    pub birth_dates: Vec<PartialDate>,
    /// Programmes, as the list spells them: `SDGT`, `IRAN`.
    pub programmes: Vec<String>,
    /// First day on which the listing has effect, if the source says so.
    pub from: Option<Day>,
    /// Last day on which the listing has effect (a denial order's expiration).
    pub to: Option<Day>,
    /// Everything else worth showing, in the source's words: title, remarks, call sign, legal basis.
    pub details: Vec<(String, String)>,
}

impl Entry {
    /// An entry with an id, a list and a kind, and nothing else yet.
    pub fn new(id: impl Into<String>, list: Option<List>, kind: Kind) -> Self {
        Self {
            id: id.into(),
            lists: list.map(ListSet::of).unwrap_or_default(),
            kind,
            kind_uncertain: false,
            address_only: false,
            names: Vec::new(),
            identifiers: Vec::new(),
            websites: Vec::new(),
            addresses: Vec::new(),
            countries: Vec::new(),
            birth_dates: Vec::new(),
            programmes: Vec::new(),
            from: None,
            to: None,
            details: Vec::new(),
        }
    }
}

/// How a name stands in its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum NameRole {
    /// The entry's main name.
    Primary = 0,
    /// A strong alias: a.k.a. (OFAC FAQ 122).
    Strong = 1,
    /// A weak alias: broad or generic; alone it never identifies (OFAC FAQ 122).
    Weak = 2,
    /// Formerly known as.
    Former = 3,
}

impl NameRole {
    /// The role of a code in the blob.
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Primary,
            1 => Self::Strong,
            2 => Self::Weak,
            3 => Self::Former,
            _ => return None,
        })
    }

    /// The word shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Strong => "strong alias",
            Self::Weak => "weak alias",
            Self::Former => "former name",
        }
    }
}

/// A name, in reading order: given name before family name for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name as people write it, `SURNAME, Given` already turned round.
    pub text: String,
    /// Its standing.
    pub role: NameRole,
}

/// A hard identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    /// Its type.
    pub kind: IdKind,
    /// The number as the source writes it. Keys fold case and punctuation.
    pub number: String,
    /// Who issued it, if the source says so.
    pub country: Option<Place>,
}

/// An address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// Street, building, P.O. box: everything before the city.
    pub street: String,
    /// City, province, postal code.
    pub city: String,
    /// Country, if it could be told.
    pub country: Option<Place>,
    /// The country as the source writes it.
    pub country_text: String,
}

/// One source's account of itself. `read == kept + merged + lost` holds for every file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Source {
    /// OpenSanctions' dataset id where there is one: `us_ofac_sdn`.
    pub id: String,
    /// The format's name in build files.
    pub format: String,
    /// The lists that this source provides, even if no row of one of them is in it today.
    pub lists: ListSet,
    /// When it was last confirmed current, Unix seconds. Freshness counts from here.
    pub checked_at: i64,
    /// The publication date, if known, Unix seconds.
    pub published: Option<i64>,
    /// What a later build compares with.
    pub measured: Measured,
    /// One account per file.
    pub files: Vec<FileAccount>,
}

/// What a blob has of one source, so that the build after it can tell what the list has lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measured {
    /// Entries: the source's own, and those that became part of another source's entry of the same party. For the
    /// Consolidated Screening List, rows that were used: a list's own file may have replaced them.
    pub entries: u64,
    /// Entries in the blob that speak for the source; shares are of these.
    pub shown: u64,
    /// How many of those have a birth date, a country, an address, a hard identifier (in this order).
    pub with: [u64; 4],
}

/// What became of the rows of one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileAccount {
    /// File name without folders.
    pub name: String,
    /// BLAKE3 of the content after decompression, hex.
    pub digest: String,
    /// Data rows found.
    pub read: u64,
    /// Rows that became an entry of their own.
    pub kept: u64,
    /// Rows that became part of another row's entry: aliases, addresses, comments, duplicates.
    pub merged: u64,
    /// Rows that could not be used.
    pub lost: Vec<LostRow>,
}

/// A row that could not be used, with its place and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostRow {
    /// 1-based line in the file.
    pub line: u64,
    /// Why, in words.
    pub reason: String,
    /// Whether the reason is understood and harmless (a comment on an entry that is gone). An
    /// unexplained loss fails the build.
    pub explained: bool,
}

/// What a guard of the build found wrong with a source, and why somebody accepted it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AcceptedFinding {
    /// Source id.
    pub source: String,
    /// What was found, in words and numbers.
    pub finding: String,
    /// Why it was accepted, in the words of who did.
    pub reason: String,
    /// How many entries the source should have had: those in the blob before this one, or the least that was asked for;
    /// 0 if neither is known.
    pub before: u64,
    /// How many entries it has.
    pub after: u64,
}

/// `owner` owns a part of `owned`.
#[derive(Debug, Clone, PartialEq)]
pub struct Ownership {
    /// Entry id of the owner.
    pub owner: String,
    /// Entry id of the owned party.
    pub owned: String,
    /// Share in parts per million, 0-1,000,000; `None` if there is one but nobody knows how much.
    pub share_ppm: Option<u32>,
}

/// A run of addresses with one answer. IPv4 addresses are IPv4-mapped: `::ffff:0:0/96`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceRange {
    /// First address.
    pub first: u128,
    /// Last address, inclusive.
    pub last: u128,
    /// The place.
    pub place: Place,
}

/// What is offered: a model, a file set, a hosted model.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The item's own id: `acme/open-7b`.
    pub id: String,
    /// Export class.
    pub class: ItemClass,
    /// ECCN, if one was determined.
    pub eccn: String,
    /// BIS has informed the operator that this item needs a licence.
    pub notice: bool,
    /// Where and since when the weights are public; required of `published`.
    pub evidence: String,
    /// The paths at which it is offered.
    pub routes: Vec<Route>,
}

/// A path pattern that leads to an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// A Hugging Face repository, `org/name`: every route of that protocol under it.
    HuggingFace(String),
    /// An OpenAI-style base path, `/serve/open-7b/v1`: every path below it is `infer`.
    OpenAi(String),
    /// A repository of an OCI registry, `acme/open-7b`: every route of that protocol under `/v2/`.
    Oci(String),
    /// A path pattern (`*` within one segment, `**` any number of segments) and what it does.
    Glob(String, Action),
}

/// A licence, exception or appeal that lifts named rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Authorisation {
    /// Its own number, for the record.
    pub id: String,
    /// Its kind in the policy's words: `AIA`, `specific-licence`, `bis-licence`.
    pub kind: String,
    /// Whom it is for: an account, an organisation or an entry (`account:42`, `organization:Acme Ltd`); `*` = anyone.
    pub party: String,
    /// Item id, or `*`.
    pub item: String,
    /// Place, or `None` for any.
    pub place: Option<Place>,
    /// The rules it lifts.
    pub rules: Vec<String>,
    /// First day.
    pub from: Day,
    /// Last day, inclusive.
    pub to: Day,
}

/// A standing false-positive decision: this requester is not that entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Clearance {
    /// The requester: `account:42`.
    pub party: String,
    /// The entry it is not.
    pub entry: String,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub by: String,
    /// Last day, inclusive.
    pub expires: Day,
}

/// One geo database's account of itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GeoSource {
    /// File name without folders.
    pub name: String,
    /// `mmdb` or `csv`.
    pub format: String,
    /// The database's own type, as in `GeoLite2-Country`; empty if it has none.
    pub database: String,
    /// BLAKE3 of the file, hex.
    pub digest: String,
    /// When it was built, Unix seconds.
    pub built: Option<i64>,
    /// IPv4 networks read.
    pub networks_v4: u64,
    /// IPv6 networks read.
    pub networks_v6: u64,
    /// Networks whose record names no country: their place is unknown.
    pub without_country: u64,
}

/// A run of addresses with the classes of network that it belongs to. IPv4 addresses are IPv4-mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkRange {
    /// First address.
    pub first: u128,
    /// Last address, inclusive.
    pub last: u128,
    /// The classes.
    pub classes: NetworkSet,
}

/// The account of one file of a network class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkSource {
    /// What its networks are.
    pub class: NetworkClass,
    /// `cidr`, `tor-exits` or `asn`.
    pub format: String,
    /// When it was last confirmed current, Unix seconds.
    pub checked_at: i64,
    /// When it was published, Unix seconds.
    pub published: Option<i64>,
    /// The file, and for AS numbers the tables that gave them addresses.
    pub files: Vec<FileAccount>,
}
