//! The writer: what the builder read becomes sections. One input gives the same bytes on every machine.

use std::collections::{BTreeMap, BTreeSet};

use crate::bytes::{put_i64, put_text, put_varint};
use crate::date::Day;
use crate::details::Reference;
use crate::entries::write::PlaceNumbers;
use crate::entries::{NO_OFFSET, folded};
use crate::format::{Header, Section, SectionKind, assemble};
use crate::lexicon::build::{Known, NameIn};
use crate::lexicon::scale::REGION_NAME;
use crate::lexicon::{self, Knot, LEAST, Region};
use crate::model::{
    AcceptedFinding, Authorisation, Clearance, Entry, FileAccount, GeoSource, Item, NetworkRange, NetworkSource, Ownership, PlaceRange,
    Route, Source,
};
use crate::name::{Acronym, NameForm, packed};
use crate::normal::{self, Decompositions, WordTable, address_key, host_key, identifier_key, party_key, reversed_host};
use crate::ownership::owners;
use crate::place::Place;
use crate::places::{Distinctions, TooCoarse};
use crate::policy::PolicyTable;
use crate::read::Blob;
use crate::words::{IdKind, Kind, List};

/// Hosts where anyone gets an address or a page: never listed as somebody's own domain.
const SHARED_HOSTS: &str = include_str!("../data/shared-hosts.txt");

/// One lexicon for each kind that lists part.
const LEXICONS: [SectionKind; 4] =
    [SectionKind::LexiconPerson, SectionKind::LexiconOrganization, SectionKind::LexiconVessel, SectionKind::LexiconAircraft];

/// Everything that goes into a blob.
#[derive(Debug, Clone, Default)]
pub struct BlobInput {
    /// When it was built, Unix seconds.
    pub created: i64,
    /// Rises with every release of one deployment.
    pub sequence: u64,
    /// Unix seconds after which no gate may use it.
    pub not_after: Option<i64>,
    /// Accounts of the lists.
    pub sources: Vec<Source>,
    /// What guards found wrong with the lists, and why it was accepted.
    pub accepted: Vec<AcceptedFinding>,
    /// Listed parties, and unlisted ones that listed parties own.
    pub entries: Vec<Entry>,
    /// Who owns whom.
    pub ownership: Vec<Ownership>,
    /// Address ranges, sorted and without overlap.
    pub places: Vec<PlaceRange>,
    /// What the place table tells apart.
    pub distinctions: Distinctions,
    /// The countries whose regions `places` has, as far as the databases know them.
    pub regions: BTreeSet<Place>,
    /// Accounts of the geo databases.
    pub geo: Vec<GeoSource>,
    /// Network classes of addresses, sorted and without overlap.
    pub networks: Vec<NetworkRange>,
    /// Accounts of the files that they come from.
    pub network_sources: Vec<NetworkSource>,
    /// The catalogue.
    pub items: Vec<Item>,
    /// Licences, exceptions and appeals.
    pub authorisations: Vec<Authorisation>,
    /// False-positive decisions.
    pub clearances: Vec<Clearance>,
    /// Compiled policy.
    pub policy: Vec<u8>,
    /// The policy as it was written.
    pub policy_source: String,
    /// The scale of scores for persons, organizations, vessels and aircraft; left empty, the least raw scores alone.
    pub scales: [ScaleIn; 4],
    /// Free mail hosts beside the ones that are compiled in.
    pub free_mail: Vec<String>,
}

/// The scale of scores of one kind of party, measured on ordinary names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScaleIn {
    /// Ordinary names in the sample.
    pub sample: u32,
    /// The points, ascending; none = the scale of the reference list.
    pub knots: Vec<Knot>,
    /// What the names of each region make of it. Names are cut at 20 bytes.
    pub regions: Vec<Region<'static>>,
}

fn scales(scales: &[ScaleIn; 4]) -> Vec<u8> {
    let reference = LEAST.map(|(raw, score)| Knot { raw, score, above: 0 });
    let mut out = Vec::new();
    for scale in scales {
        let knots = if scale.knots.is_empty() { reference.as_slice() } else { scale.knots.as_slice() };
        for count in [scale.sample, knots.len() as u32, scale.regions.len() as u32] {
            out.extend(count.to_le_bytes());
        }
        for knot in knots {
            out.extend(knot.raw.to_le_bytes());
            out.extend(knot.score.to_le_bytes());
            out.extend(knot.above.to_le_bytes());
        }
        for region in &scale.regions {
            let mut name = [0; REGION_NAME];
            name.iter_mut().zip(region.name.bytes()).for_each(|(to, from)| *to = from);
            out.extend(name);
            for count in [region.sample, region.at_80, region.at_90] {
                out.extend(count.to_le_bytes());
            }
        }
    }
    out
}

/// Why no blob can be made of the input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Two entries have one id.
    #[error("two entries have the id `{0}`; ids must be unique across sources")]
    DuplicateEntry(String),
    /// A party without a name can never be found.
    #[error("entry `{entry}` has the name `{name}`, of which nothing is left to match by; give it a name with letters or digits")]
    EmptyName {
        /// Entry id.
        entry: String,
        /// The name.
        name: String,
    },
    /// A name that is longer than a key may be.
    #[error(
        "entry `{entry}` has a name of {len} bytes; at most {} bytes and {} words can be matched",
        normal::MAX_NAME_BYTES,
        normal::MAX_TOKENS
    )]
    LongName {
        /// Entry id.
        entry: String,
        /// Length in bytes.
        len: usize,
    },
    /// More birth dates or countries than a record holds.
    #[error("entry `{entry}` has {got} {what}; at most 255 fit")]
    TooMany {
        /// Entry id.
        entry: String,
        /// Of what.
        what: &'static str,
        /// How many.
        got: usize,
    },
    /// An ownership edge names an entry that is not there.
    #[error("ownership names the entry `{0}`, which no source has")]
    UnknownOwner(String),
    /// Two items, or two routes, collide.
    #[error("{0} stands twice in the catalogue of items")]
    DuplicateItem(String),
    /// A published item without evidence.
    #[error("item `{0}` is `published` without evidence; say where and since when the weights are public (15 CFR 734.7)")]
    NoEvidence(String),
    /// Ranges overlap or are not sorted.
    #[error("address ranges overlap or are out of order at `{0}`")]
    Places(String),
    /// The policy needs more of the place table than it was asked to tell apart.
    #[error(transparent)]
    Coarse(#[from] TooCoarse),
    /// Network ranges that no table can be made of.
    #[error("networks: {0}")]
    Networks(String),
    /// The compiled policy cannot be read back.
    #[error("the compiled policy is not usable: {0}")]
    Policy(String),
    /// More of something than the format can count.
    #[error("too many or too long {0} for this format")]
    Limit(&'static str),
    /// A table that is compiled in is wrong: a defect of this program.
    #[error("compiled-in table: {0}")]
    Table(String),
}

/// A blob and its companion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The blob, which is all that a gate needs.
    pub blob: Vec<u8>,
    /// Names, programmes and remarks for people ([`crate::details`]), for [`Blob::attach`](crate::Blob::attach).
    pub details: Vec<u8>,
}

/// The `normalisation` section of the tables that are compiled in.
///
/// # Errors
/// [`WriteError::Table`] if a data file is wrong: a defect of this program.
pub fn normalisation() -> Result<Vec<u8>, WriteError> {
    crate::name::build::encode(&crate::name::build::FILES).map_err(WriteError::Table)
}

/// Writes a blob alone, for those who have no use for its companion.
///
/// # Errors
/// [`WriteError`], as of [`write_with_details`].
pub fn write(input: &BlobInput) -> Result<Vec<u8>, WriteError> {
    write_with_details(input).map(|written| written.blob)
}

/// Writes a blob and its companion.
///
/// # Errors
/// [`WriteError`] with the entry, item or range at fault. Nothing that was handed in is left out in silence.
pub fn write_with_details(input: &BlobInput) -> Result<Written, WriteError> {
    let policy = PolicyTable::open(&input.policy).map_err(|e| WriteError::Policy(e.to_string()))?;
    let normalisation = normalisation()?;
    let words = WordTable::open(&normalisation).map_err(|e| WriteError::Table(e.to_string()))?;
    let mut numbers = BTreeMap::new();
    for (number, entry) in input.entries.iter().enumerate() {
        let number = u32::try_from(number).map_err(|_| WriteError::Limit("entries"))?;
        if numbers.insert(entry.id.as_str(), number).is_some() {
            return Err(WriteError::DuplicateEntry(entry.id.clone()));
        }
    }
    let owners = owners(&input.entries, &numbers, &input.ownership).map_err(WriteError::UnknownOwner)?;
    let mut ownership = Vec::new();
    let mut ownership_at = BTreeMap::new();
    for (owned, list) in &owners {
        ownership_at.insert(*owned, offset(&ownership)?);
        put_varint(&mut ownership, list.len() as u64);
        for owner in list {
            put_varint(&mut ownership, u64::from(owner.owner));
            put_varint(&mut ownership, u64::from(owner.lists.0));
            put_varint(&mut ownership, owner.share_ppm.map_or(0, |s| u64::from(s) + 1));
        }
    }
    let (entries, places) = crate::entries::write::section(&input.entries, &ownership_at)?;
    let records: Vec<Vec<u8>> = input.entries.iter().map(details).collect();
    let details = crate::details::assemble(&records, &entries).ok_or(WriteError::Limit("details"))?;
    let exact = input.authorisations.iter().filter_map(|a| a.place).collect();
    let [codes, v4, v6] = crate::places::write::sections(&input.places, input.distinctions, &input.regions, &exact, &policy)?;
    let table = crate::places::Places::open(&codes, &v4, &v6).map_err(|e| WriteError::Table(e.to_string()))?;
    table.serve(&policy)?;
    let [person, organization, vessel, aircraft] = lexicons(input, &words)?;
    let [networks_v4, networks_v6] =
        crate::networks::write::sections(&input.networks, &input.network_sources).map_err(|e| WriteError::Networks(e.to_string()))?;
    let sections = vec![
        (SectionKind::Entries, entries),
        (SectionKind::Identifiers, identifiers(input, &places)?),
        (SectionKind::Domains, domains(input)?),
        (SectionKind::Addresses, addresses(input, &words)?),
        (SectionKind::Ownership, ownership),
        (SectionKind::PlaceCodes, codes),
        (SectionKind::PlacesV4, v4),
        (SectionKind::PlacesV6, v6),
        (SectionKind::Items, items(&input.items)?),
        (SectionKind::Policy, input.policy.clone()),
        (SectionKind::Authorisations, authorisations(&input.authorisations, &words)?),
        (SectionKind::Clearances, clearances(&input.clearances, &words)?),
        (SectionKind::Normalisation, normalisation.clone()),
        (SectionKind::Lists, lists(&input.sources)),
        (SectionKind::Sources, sources(input)),
        (SectionKind::Details, Reference::of(&details)),
        (SectionKind::PolicySource, input.policy_source.clone().into_bytes()),
        (SectionKind::LexiconPerson, person),
        (SectionKind::LexiconOrganization, organization),
        (SectionKind::LexiconVessel, vessel),
        (SectionKind::LexiconAircraft, aircraft),
        (SectionKind::Scales, scales(&input.scales)),
        (SectionKind::NetworksV4, networks_v4),
        (SectionKind::NetworksV6, networks_v6),
    ];
    let header = Header { created: input.created, sequence: input.sequence, not_after: input.not_after, digest: [0; 32], signed: None };
    Ok(Written { blob: assemble(&header, &sections), details })
}

/// The same blob with other scales: they can only be measured on a blob, which takes them up then.
pub fn with_scales(blob: &Blob<'_>, measured: &[ScaleIn; 4]) -> Vec<u8> {
    let data = |s: &Section<'_>| if s.kind == SectionKind::Scales { scales(measured) } else { s.data.to_vec() };
    let sections: Vec<_> = blob.sections().map(|s| (s.kind, data(s))).collect();
    assemble(blob.header(), &sections)
}

/// The same blob with another policy: compiled, and as it was written.
///
/// # Errors
/// [`WriteError::Policy`] or [`WriteError::Coarse`]: the policy is unusable, or asks for more than the address table of this
/// blob tells apart.
pub fn with_policy(blob: &Blob<'_>, compiled: &[u8], source: &str) -> Result<Vec<u8>, WriteError> {
    let policy = PolicyTable::open(compiled).map_err(|e| WriteError::Policy(e.to_string()))?;
    blob.places().serve(&policy)?;
    let data = |s: &Section<'_>| match s.kind {
        SectionKind::Policy => compiled.to_vec(),
        SectionKind::PolicySource => source.as_bytes().to_vec(),
        _ => s.data.to_vec(),
    };
    let sections: Vec<_> = blob.sections().map(|s| (s.kind, data(s))).collect();
    Ok(assemble(blob.header(), &sections))
}

fn offset(data: &[u8]) -> Result<u32, WriteError> {
    u32::try_from(data.len()).ok().filter(|o| *o != NO_OFFSET).ok_or(WriteError::Limit("sections"))
}

/// Dictionary and postings of a keyed section. `records` are sorted and without duplicates.
fn keyed(map: &BTreeMap<String, BTreeSet<Vec<u8>>>, head: impl Fn(&str) -> Vec<u8>) -> Result<Vec<u8>, WriteError> {
    let mut postings = Vec::new();
    let mut builder = fst::MapBuilder::memory();
    for (key, records) in map {
        builder.insert(key, postings.len() as u64).map_err(|e| WriteError::Table(e.to_string()))?;
        put_varint(&mut postings, records.len() as u64);
        postings.extend(head(key));
        for record in records {
            postings.extend_from_slice(record);
        }
    }
    let dict = builder.into_inner().map_err(|e| WriteError::Table(e.to_string()))?;
    let mut out = u32::try_from(dict.len()).map_err(|_| WriteError::Limit("dictionaries"))?.to_le_bytes().to_vec();
    out.extend(dict);
    out.extend(postings);
    Ok(out)
}

fn varint(value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(&mut out, value);
    out
}

/// What the companion tells of an entry.
fn details(entry: &Entry) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(&mut out, entry.names.len() as u64);
    for name in &entry.names {
        out.push(name.role as u8);
        put_text(&mut out, &name.text);
    }
    put_varint(&mut out, entry.programmes.len() as u64);
    entry.programmes.iter().for_each(|p| put_text(&mut out, p));
    let mut fields: Vec<(String, String)> = Vec::new();
    fields.extend(entry.identifiers.iter().map(|i| {
        let country = i.country.map(|c| format!(" ({c})")).unwrap_or_default();
        (i.kind.to_string(), format!("{}{country}", i.number))
    }));
    fields.extend(entry.websites.iter().map(|w| ("website".to_owned(), w.clone())));
    fields.extend(entry.addresses.iter().map(|a| {
        let country = a.country.map_or_else(|| a.country_text.clone(), |c| c.to_string());
        let parts = [a.street.as_str(), a.city.as_str(), country.as_str()];
        ("address".to_owned(), parts.iter().filter(|p| !p.is_empty()).copied().collect::<Vec<_>>().join(", "))
    }));
    fields.extend(entry.details.iter().cloned());
    put_varint(&mut out, fields.len() as u64);
    for (field, text) in &fields {
        put_text(&mut out, field);
        put_text(&mut out, text);
    }
    out
}

/// The lexicons, in the order of [`LEXICONS`].
fn lexicons(input: &BlobInput, words: &WordTable<'_>) -> Result<[Vec<u8>; 4], WriteError> {
    let mut names: [Vec<NameIn>; 4] = Default::default();
    let mut form = NameForm::default();
    for (number, entry) in (0_u32..).zip(&input.entries) {
        if entry.address_only {
            continue;
        }
        if entry.names.is_empty() {
            return Err(WriteError::EmptyName { entry: entry.id.clone(), name: String::new() });
        }
        let guesses = [Kind::Person, Kind::Organization];
        let kinds = if entry.kind_uncertain { guesses.as_slice() } else { std::slice::from_ref(&entry.kind) };
        for (name, kind) in entry.names.iter().flat_map(|name| kinds.iter().map(move |kind| (name, *kind))) {
            form.read(kind, &name.text, words);
            if form.truncated() {
                return Err(WriteError::LongName { entry: entry.id.clone(), len: name.text.len() });
            }
            if form.tokens().is_empty() {
                return Err(WriteError::EmptyName { entry: entry.id.clone(), name: name.text.clone() });
            }
            let tokens = form.tokens().iter().map(|t| (form.text_of(t).to_owned(), t.class)).collect();
            let mut acronyms = Vec::new();
            form.acronyms(false, |text, of| acronyms.extend(packed(text).map(|packed| Acronym { packed, tokens: form.tokens_of(of) })));
            let section = SectionKind::lexicon(kind);
            let at = LEXICONS.iter().position(|k| *k == section).and_then(|at| names.get_mut(at));
            at.ok_or(WriteError::Limit("kinds"))?.push(NameIn { entry: number, role: name.role, tokens, acronyms });
        }
    }
    let known = |token: &str| Known {
        frequency: words.frequency(token),
        groups: words.groups(token).map(|g| (g.id, g.nick)).collect(),
        word: words.canonical(Kind::Organization, token).is_some(),
    };
    let encode = |(names, persons): (&Vec<NameIn>, bool)| lexicon::build::encode(names, persons, known).map_err(|e| WriteError::Limit(e.0));
    let [a, b, c, d] = &names;
    Ok([encode((a, true))?, encode((b, false))?, encode((c, false))?, encode((d, false))?])
}

fn identifiers(input: &BlobInput, places: &PlaceNumbers) -> Result<Vec<u8>, WriteError> {
    let mut map: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for (number, entry) in (0_u64..).zip(&input.entries) {
        let record = |country: Option<Place>| {
            let mut record = varint(number);
            put_varint(&mut record, u64::from(places.of_place(country)));
            record
        };
        // Its own id is found among the entries.
        let own: String = folded(&entry.id).collect();
        let own = format!("{}:{own}", IdKind::ListEntry);
        for identifier in &entry.identifiers {
            if let Some(key) = identifier_key(identifier.kind, &identifier.number, &Decompositions::shipped()).filter(|key| *key != own) {
                map.entry(key).or_default().insert(record(identifier.country));
            }
        }
    }
    keyed(&map, |_| Vec::new())
}

fn domains(input: &BlobInput) -> Result<Vec<u8>, WriteError> {
    let lines = SHARED_HOSTS.lines().map(|l| l.split('#').next().unwrap_or_default().trim()).filter(|l| !l.is_empty());
    let mut shared = BTreeSet::new();
    let mut free_mail = BTreeSet::new();
    for line in lines {
        let (host, is_mail) = match line.strip_prefix("mail ") {
            Some(host) => (host.trim(), true),
            None => (line, false),
        };
        shared.insert(host.to_owned());
        if is_mail {
            free_mail.insert(host.to_owned());
        }
    }
    for host in input.free_mail.iter().filter_map(|h| host_key(h)) {
        shared.insert(host.clone());
        free_mail.insert(host);
    }
    // A host is a party's own if the list gives it as the party's web site. The host of a listed mail address is not:
    // `qq.com` occurs in hundreds of them. The full mail address is an identifier.
    let mut map: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    let is_shared = |host: &str| {
        let mut rest = host;
        loop {
            if shared.contains(rest) {
                return true;
            }
            match rest.split_once('.') {
                Some((_, parent)) => rest = parent,
                None => return false,
            }
        }
    };
    for (number, entry) in (0_u64..).zip(&input.entries) {
        for host in entry.websites.iter().filter_map(|w| host_key(w)).filter(|h| !is_shared(h)) {
            map.entry(reversed_host(&host)).or_default().insert(varint(number));
        }
    }
    for host in &free_mail {
        map.entry(reversed_host(host)).or_default();
    }
    let free: BTreeSet<String> = free_mail.iter().map(|h| reversed_host(h)).collect();
    keyed(&map, |key| vec![u8::from(free.contains(key))])
}

fn addresses(input: &BlobInput, words: &WordTable<'_>) -> Result<Vec<u8>, WriteError> {
    let mut map: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for (number, entry) in (0_u64..).zip(&input.entries) {
        // Only the Entity List makes an address matter by itself (15 CFR 744.16); others' would only cost space.
        if !entry.lists.contains(List::El) {
            continue;
        }
        for address in &entry.addresses {
            let country = address.country.map(|c| c.country_code().to_owned()).unwrap_or_default();
            if let Some(key) = address_key(&address.street, &address.city, &country, words) {
                map.entry(key).or_default().insert(varint(number));
            }
        }
    }
    keyed(&map, |_| Vec::new())
}

fn items(items: &[Item]) -> Result<Vec<u8>, WriteError> {
    let mut keys: BTreeMap<String, u64> = BTreeMap::new();
    let mut globs = Vec::new();
    let mut glob_count = 0_u64;
    let mut records = Vec::new();
    let mut offsets = Vec::new();
    for (number, item) in (0_u64..).zip(items) {
        if item.class == crate::words::ItemClass::Published && item.evidence.trim().is_empty() {
            return Err(WriteError::NoEvidence(item.id.clone()));
        }
        let mut put = |key: String, shown: String| match keys.insert(key, number) {
            Some(_) => Err(WriteError::DuplicateItem(shown)),
            None => Ok(()),
        };
        put(format!("id:{}", item.id.to_ascii_lowercase()), format!("item `{}`", item.id))?;
        for route in &item.routes {
            match route {
                Route::HuggingFace(repo) => {
                    put(format!("hf:{}", repo.to_ascii_lowercase()), format!("repository `{repo}`"))?;
                }
                Route::OpenAi(base) => put(format!("openai:{}", base.trim_end_matches('/')), format!("base path `{base}`"))?,
                Route::Oci(name) => put(format!("oci:{name}"), format!("registry repository `{name}`"))?,
                Route::Glob(pattern, action) => {
                    put_text(&mut globs, pattern);
                    globs.push(action.code());
                    put_varint(&mut globs, number);
                    glob_count += 1;
                }
            }
        }
        offsets.push(records.len());
        records.extend([item.class.code(), u8::from(item.notice)]);
        put_text(&mut records, &item.id);
        put_text(&mut records, &item.eccn);
        put_text(&mut records, &item.evidence);
    }
    let mut builder = fst::MapBuilder::memory();
    for (key, value) in &keys {
        builder.insert(key, *value).map_err(|e| WriteError::Table(e.to_string()))?;
    }
    let dict = builder.into_inner().map_err(|e| WriteError::Table(e.to_string()))?;
    let limit = |n: usize| u32::try_from(n).map_err(|_| WriteError::Limit("items"));
    let records_at = 12 + dict.len();
    let globs_at = records_at + records.len() + offsets.len() * 4;
    let mut out = Vec::new();
    out.extend(limit(items.len())?.to_le_bytes());
    out.extend(limit(dict.len())?.to_le_bytes());
    out.extend(limit(globs_at)?.to_le_bytes());
    out.extend(dict);
    out.extend(records);
    for offset in offsets {
        out.extend(limit(records_at + offset)?.to_le_bytes());
    }
    put_varint(&mut out, glob_count);
    out.extend(globs);
    Ok(out)
}

fn authorisations(list: &[Authorisation], words: &WordTable<'_>) -> Result<Vec<u8>, WriteError> {
    let mut map: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for a in list {
        let mut record = Vec::new();
        put_text(&mut record, &a.id);
        put_text(&mut record, &a.kind);
        put_text(&mut record, &a.item);
        put_varint(&mut record, a.place.map_or(0, Place::to_u64));
        put_days(&mut record, &[a.from, a.to]);
        put_varint(&mut record, a.rules.len() as u64);
        a.rules.iter().for_each(|r| put_text(&mut record, r));
        map.entry(party_key(&a.party, words)).or_default().insert(record);
    }
    keyed(&map, |_| Vec::new())
}

fn clearances(list: &[Clearance], words: &WordTable<'_>) -> Result<Vec<u8>, WriteError> {
    let mut map: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for c in list {
        let mut record = Vec::new();
        put_text(&mut record, &c.entry);
        put_text(&mut record, &c.reason);
        put_text(&mut record, &c.by);
        put_days(&mut record, &[c.expires]);
        map.entry(party_key(&c.party, words)).or_default().insert(record);
    }
    keyed(&map, |_| Vec::new())
}

fn put_days(out: &mut Vec<u8>, days: &[Day]) {
    days.iter().for_each(|d| put_i64(out, i64::from(d.0)));
}

fn lists(sources: &[Source]) -> Vec<u8> {
    let oldest = |list: List| sources.iter().filter(|s| s.lists.contains(list)).map(|s| s.checked_at).min();
    List::ALL.iter().flat_map(|l| oldest(*l).unwrap_or(i64::MIN).to_le_bytes()).collect()
}

fn sources(input: &BlobInput) -> Vec<u8> {
    let mut out = Vec::new();
    let optional = |out: &mut Vec<u8>, value: Option<i64>| match value {
        None => out.push(0),
        Some(v) => {
            out.push(1);
            put_i64(out, v);
        }
    };
    put_varint(&mut out, input.sources.len() as u64);
    for source in &input.sources {
        put_text(&mut out, &source.id);
        put_text(&mut out, &source.format);
        put_varint(&mut out, u64::from(source.lists.0));
        put_i64(&mut out, source.checked_at);
        optional(&mut out, source.published);
        let measured = &source.measured;
        [measured.entries, measured.shown].iter().chain(&measured.with).for_each(|number| put_varint(&mut out, *number));
        put_varint(&mut out, source.files.len() as u64);
        source.files.iter().for_each(|file| put_account(&mut out, file));
    }
    put_varint(&mut out, input.geo.len() as u64);
    for geo in &input.geo {
        for text in [&geo.name, &geo.format, &geo.database, &geo.digest] {
            put_text(&mut out, text);
        }
        optional(&mut out, geo.built);
        for number in [geo.networks_v4, geo.networks_v6, geo.without_country] {
            put_varint(&mut out, number);
        }
    }
    // Later additions: a blob without any ends where blobs ended before them.
    if !input.accepted.is_empty() || !input.network_sources.is_empty() {
        put_varint(&mut out, input.accepted.len() as u64);
        for accepted in &input.accepted {
            for text in [&accepted.source, &accepted.finding, &accepted.reason] {
                put_text(&mut out, text);
            }
            put_varint(&mut out, accepted.before);
            put_varint(&mut out, accepted.after);
        }
    }
    if !input.network_sources.is_empty() {
        put_varint(&mut out, input.network_sources.len() as u64);
        for source in &input.network_sources {
            out.push(source.class.code());
            put_text(&mut out, &source.format);
            put_i64(&mut out, source.checked_at);
            optional(&mut out, source.published);
            put_varint(&mut out, source.files.len() as u64);
            source.files.iter().for_each(|file| put_account(&mut out, file));
        }
    }
    out
}

fn put_account(out: &mut Vec<u8>, file: &FileAccount) {
    put_text(out, &file.name);
    put_text(out, &file.digest);
    for number in [file.read, file.kept, file.merged, file.lost.len() as u64] {
        put_varint(out, number);
    }
    for lost in &file.lost {
        put_varint(out, lost.line);
        out.push(u8::from(lost.explained));
        put_text(out, &lost.reason);
    }
}
