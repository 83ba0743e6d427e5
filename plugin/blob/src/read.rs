//! The reader: a blob as a set of typed views over one byte slice.
//!
//! Opening costs microseconds whatever the size; nothing is copied and no map is built. Every look-up checks its
//! bounds, so a damaged blob gives "not found" or an error and never a panic, a loop, or a large allocation.

use std::net::IpAddr;

use crate::bytes::{Cursor, u32_at, u64_at};
use crate::date::Day;
use crate::details::{Details, DetailsError, DetailsFile, Reference};
use crate::dict::Dict;
use crate::format::{BlobError, Frame, Header, Section, SectionKind, Sections, frame, hash_of, parse};
use crate::lexicon::{Calibration, Lexicon, Scale};
use crate::model::{AcceptedFinding, FileAccount, GeoSource, LostRow, Measured, NameRole, NetworkSource, Source};
use crate::name::{NameForm, WordTable};
use crate::networks::Networks;
use crate::place::Place;
use crate::places::Places;
use crate::policy::{PolicyTable, PolicyTableError};
use crate::signature::{self, PublicKey, SignedError};
use crate::words::{Action, IdKind, ItemClass, Kind, List, ListSet, NetworkClass, NetworkSet};

use crate::entries::{Entries, NO_OFFSET};
pub use crate::entries::{EntryView, HeldIdentifier};

/// An open blob.
#[derive(Debug, Clone)]
pub struct Blob<'a> {
    header: Header,
    sections: Sections<'a>,
    words: WordTable<'a>,
    entries: Entries<'a>,
    lexicons: [Lexicon<'a>; 4],
    identifiers: Keyed<'a>,
    domains: Keyed<'a>,
    addresses: Keyed<'a>,
    authorisations: Keyed<'a>,
    clearances: Keyed<'a>,
    items: Items<'a>,
    policy: PolicyTable<'a>,
    places: Places<'a>,
    details: Option<DetailsFile<'a>>,
    networks: Networks<'a>,
    self_tested: bool,
}

impl<'a> Blob<'a> {
    /// Opens a blob from anywhere: checks header, table, every section's hash, every dictionary node and every record.
    ///
    /// Costs a pass over the bytes (about 1 ms per MB). Use [`Blob::open_vouched`] for bytes that a packager checked.
    ///
    /// # Errors
    /// [`BlobError`], telling what is wrong and what to do.
    pub fn open(bytes: &'a [u8]) -> Result<Self, BlobError> {
        let (_, sections) = parse(bytes)?;
        hashed(&sections)?;
        let blob = Self::open_vouched(bytes)?;
        blob.verify_content()?;
        Ok(blob)
    }

    /// Opens a blob from anywhere that one of the `trusted` keys has signed: checks header, table, signature and every
    /// section's hash. The signer vouches for what the sections hold, so they are not walked; hashing costs about 0.2 ms per
    /// MB natively and 0.6 ms in WebAssembly.
    ///
    /// # Errors
    /// [`SignatureError`] where nobody trusted has signed it; otherwise [`BlobError`].
    pub fn open_signed(bytes: &'a [u8], trusted: &[PublicKey]) -> Result<Self, SignedError> {
        let (header, sections) = parse(bytes)?;
        signature::verify(&header, trusted)?;
        hashed(&sections)?;
        Ok(Self::open_vouched(bytes)?)
    }

    /// Opens a blob whose content somebody vouches for: a packager that ran [`Blob::open`], or a checked signature.
    /// Header, table and the frame of each section are checked; a few microseconds whatever the size.
    ///
    /// Even without that vouching no look-up can panic: the worst that a damaged section does is not to answer.
    ///
    /// # Errors
    /// [`BlobError`].
    pub fn open_vouched(bytes: &'a [u8]) -> Result<Self, BlobError> {
        let blob = Self::of(parse(bytes)?)?;
        blob.policy.check().map_err(unsound_policy)?;
        Ok(blob)
    }

    /// Opens the blob of a plugin whose packager ran [`Blob::open`] on these very bytes: what it has hashed and read is not
    /// hashed and read again in each instance. Checks header, table and frames, in half the time of [`Blob::open_vouched`].
    ///
    /// Even without that vouching no look-up can panic, and a rule or a place that cannot be read refuses.
    ///
    /// # Errors
    /// [`BlobError`].
    pub fn open_embedded(bytes: &'a [u8]) -> Result<Self, BlobError> {
        Self::of(frame(bytes, false)?)
    }

    fn of((header, sections): Frame<'a>) -> Result<Self, BlobError> {
        let data = |kind| section_of(&sections, kind).ok_or(BlobError::Missing(kind));
        for kind in SectionKind::ALL {
            if !kind.is_optional() {
                data(*kind)?;
            }
        }
        let keyed = |kind| Keyed::open(kind, data(kind)?);
        let malformed = |section: SectionKind, why: String| BlobError::Malformed { section, why };
        let lexicon = |kind| Lexicon::open(data(kind)?).map_err(|e| malformed(kind, e.to_string()));
        let normalisation = data(SectionKind::Normalisation)?;
        let policy = data(SectionKind::Policy)?;
        Ok(Self {
            header,
            sections,
            words: WordTable::open(normalisation).map_err(|e| malformed(SectionKind::Normalisation, e.to_string()))?,
            entries: Entries::open(data(SectionKind::Entries)?).map_err(|why| malformed(SectionKind::Entries, why.to_owned()))?,
            lexicons: [
                lexicon(SectionKind::LexiconPerson)?,
                lexicon(SectionKind::LexiconOrganization)?,
                lexicon(SectionKind::LexiconVessel)?,
                lexicon(SectionKind::LexiconAircraft)?,
            ],
            identifiers: keyed(SectionKind::Identifiers)?,
            domains: keyed(SectionKind::Domains)?,
            addresses: keyed(SectionKind::Addresses)?,
            authorisations: keyed(SectionKind::Authorisations)?,
            clearances: keyed(SectionKind::Clearances)?,
            items: Items::open(data(SectionKind::Items)?)?,
            policy: PolicyTable::framed(policy).map_err(unsound_policy)?,
            places: Places::open(data(SectionKind::PlaceCodes)?, data(SectionKind::PlacesV4)?, data(SectionKind::PlacesV6)?)?,
            details: None,
            networks: Networks::open(data(SectionKind::NetworksV4)?, data(SectionKind::NetworksV6)?)?,
            self_tested: false,
        })
    }

    /// The same blob with a packager's word: its policy, as its author has set it, passes the self-test at every time from the
    /// blob's creation on.
    #[must_use]
    pub fn with_self_test(self, passed: bool) -> Self {
        Self { self_tested: passed, ..self }
    }

    /// Whether a packager has said so ([`Blob::with_self_test`]).
    pub const fn self_tested(&self) -> bool {
        self.self_tested
    }

    /// Creation, sequence, expiry and digest.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The sections in the order of their kinds.
    pub fn sections(&self) -> impl Iterator<Item = &Section<'a>> {
        self.sections.iter().flatten()
    }

    /// The word table of the normal form.
    pub fn words(&self) -> &WordTable<'a> {
        &self.words
    }

    /// The compiled policy.
    pub fn policy(&self) -> &PolicyTable<'a> {
        &self.policy
    }

    /// The policy as it was written, if the blob still carries it.
    pub fn policy_source(&self) -> Option<&'a str> {
        std::str::from_utf8(self.section(SectionKind::PolicySource)?).ok()
    }

    fn section(&self, kind: SectionKind) -> Option<&'a [u8]> {
        section_of(&self.sections, kind)
    }

    /// How many entries there are.
    pub fn entry_count(&self) -> u32 {
        self.entries.len()
    }

    /// An entry by its number, `None` past the last or if its record is damaged.
    pub fn entry(&self, number: u32) -> Option<EntryView<'a>> {
        self.entries.get(number)
    }

    /// The entry with an id, such as `us_ofac_sdn:36`.
    pub fn entry_by_id(&self, id: &str) -> Option<EntryView<'a>> {
        let key: String = crate::entries::folded(id).collect();
        self.entries.with_key(&key).filter_map(|n| self.entry(n)).find(|e| e.id() == id)
    }

    /// The names of a kind of party.
    pub fn lexicon(&self, kind: Kind) -> &Lexicon<'a> {
        let [person, organization, vessel, aircraft] = &self.lexicons;
        match kind {
            Kind::Person => person,
            Kind::Organization | Kind::Government => organization,
            Kind::Vessel => vessel,
            Kind::Aircraft => aircraft,
        }
    }

    /// The scale of scores for a kind of party.
    pub fn scale(&self, kind: Kind) -> Scale<'a> {
        self.calibration(kind).map_or(Scale::new(&[]), |c| c.scale())
    }

    /// How the scale of a kind of party came about. `None` only in a damaged blob.
    pub fn calibration(&self, kind: Kind) -> Option<Calibration<'a>> {
        let at = match kind {
            Kind::Person => 0,
            Kind::Organization | Kind::Government => 1,
            Kind::Vessel => 2,
            Kind::Aircraft => 3,
        };
        Calibration::read(self.section(SectionKind::Scales)?, at)
    }

    /// The listed names that have the same normal form as a name, in any order of words. For reports and tests: it allocates.
    pub fn by_name(&self, kind: Kind, name: &str) -> Vec<NameHit> {
        let mut form = NameForm::default();
        form.read(kind, name, &self.words);
        let lexicon = self.lexicon(kind);
        let tokens: Option<Vec<u32>> = form.tokens().iter().map(|t| lexicon.find(form.text_of(t).as_bytes())).collect();
        let Some(tokens) = tokens.filter(|_| !form.truncated()) else { return Vec::new() };
        let hit = |number: u32| {
            let listed = lexicon.name(number)?;
            Some(NameHit { entry: listed.entry, role: listed.role, distinctive: lexicon.is_distinctive(&listed), name: number })
        };
        lexicon.equal(&tokens).filter_map(hit).collect()
    }

    /// Entries that carry this identifier (key from [`crate::normal::identifier_key`]), with the issuing country.
    /// An entry's own id leads to it too.
    pub fn by_identifier(&self, key: &str) -> impl Iterator<Item = IdentifierHit> + use<'a> {
        let own = key.split_once(':').filter(|(kind, _)| *kind == IdKind::ListEntry.as_str());
        let own = own.map(|(_, id)| self.entries.with_key(id).map(|entry| IdentifierHit { entry, country: None }));
        own.into_iter().flatten().chain(self.stated_identifiers(key))
    }

    /// Entries of which a list states this identifier.
    fn stated_identifiers(&self, key: &str) -> impl Iterator<Item = IdentifierHit> + use<'a> {
        let entries = self.entries;
        self.identifiers.get(key).map_while(move |c| Some(IdentifierHit { entry: c.u32()?, country: entries.place(c.varint()?)? }))
    }

    /// What is known of a host (lower case, from [`crate::normal::host_key`]): the most specific listed domain of it,
    /// and whether it is a free mail host.
    pub fn domain(&self, host: &str) -> DomainFacts {
        let mut facts = DomainFacts::default();
        let reversed = crate::normal::reversed_host(host);
        let ends = reversed.char_indices().filter(|(_, c)| *c == '.').map(|(i, _)| i).chain([reversed.len()]);
        for end in ends {
            let Some(prefix) = reversed.get(..end) else { continue };
            if let Some(mut hits) = self.domains.find(prefix) {
                let Some(flags) = hits.cursor.u8() else { continue };
                facts.free_mail |= flags & 1 != 0;
                let entries: Vec<u32> = hits.map_while(|c| c.u32()).collect();
                if !entries.is_empty() {
                    facts.entries = entries;
                }
            }
        }
        facts
    }

    /// Entries that list this address (key from [`crate::normal::address_key`]).
    pub fn by_address(&self, key: &str) -> impl Iterator<Item = u32> + use<'a> {
        self.addresses.get(key).map_while(|c| c.u32())
    }

    /// Owners of an entry that listed or blocked parties own a part of, as the 50 % rules count them.
    pub fn owners(&self, entry: &EntryView<'_>) -> impl Iterator<Item = OwnerHit> + use<'a> {
        let cursor = (entry.ownership != NO_OFFSET)
            .then(|| Cursor::at(self.section(SectionKind::Ownership)?, usize::try_from(entry.ownership).ok()?))
            .flatten();
        Postings::new(cursor).map_while(|c| {
            let (owner, lists, share) = (c.u32()?, ListSet(c.u32()?), c.u32()?);
            Some(OwnerHit { owner, lists, share_ppm: share.checked_sub(1) })
        })
    }

    /// Where the place table puts an address: see [`Places::find`]. `None` = unknown, or a tunnel.
    pub fn place_of(&self, address: IpAddr) -> Option<Place> {
        self.places.find(address)
    }

    /// The place table, and what it can tell apart.
    pub fn places(&self) -> &Places<'a> {
        &self.places
    }

    /// The network classes that the blob's tables give an address.
    pub fn networks_of(&self, address: IpAddr) -> NetworkSet {
        self.networks.find(address)
    }

    /// First and last address of a run around an address that has its place and its network classes, for reports. `None` if
    /// the blob is damaged.
    pub fn network_of(&self, address: IpAddr) -> Option<(IpAddr, IpAddr)> {
        let (a, b) = (self.places.run(address)?, self.networks.run(address)?);
        Some((a.0.max(b.0), a.1.min(b.1)))
    }

    /// When the oldest file of a network class was last confirmed current, Unix seconds; `None` = the blob knows none.
    pub fn network_checked_at(&self, class: NetworkClass) -> Option<i64> {
        self.networks.checked_at(class)
    }

    /// Whether the blob holds any address table at all.
    pub fn has_places(&self) -> bool {
        !self.places.is_empty()
    }

    /// The catalogue of items.
    pub fn items(&self) -> &Items<'a> {
        &self.items
    }

    /// Authorisations for a party key (`account:42`, `organization:acme ltd`, `*`), in force or not.
    pub fn authorisations(&self, party: &str) -> impl Iterator<Item = AuthorisationView<'a>> + use<'a> {
        self.authorisations.get(party).map_while(|c| {
            let mut view = AuthorisationView {
                id: c.text()?,
                kind: c.text()?,
                item: c.text()?,
                place: Place::from_u64(c.varint()?),
                from: Day(i32::try_from(c.i64()?).ok()?),
                to: Day(i32::try_from(c.i64()?).ok()?),
                rules: Vec::new(),
            };
            for _ in 0..c.varint()? {
                view.rules.push(c.text()?);
            }
            Some(view)
        })
    }

    /// Clearances for a party key.
    pub fn clearances(&self, party: &str) -> impl Iterator<Item = ClearanceView<'a>> + use<'a> {
        self.clearances.get(party).map_while(|c| {
            Some(ClearanceView { entry: c.text()?, reason: c.text()?, by: c.text()?, expires: Day(i32::try_from(c.i64()?).ok()?) })
        })
    }

    /// When a list was last confirmed current, Unix seconds: the oldest of the sources that provide it. `None` if no
    /// source does: such a list is not screened.
    pub fn checked_at(&self, list: List) -> Option<i64> {
        let section = self.section(SectionKind::Lists)?;
        let at = u64_at(section, usize::from(list.code()) * 8)? as i64;
        (at != i64::MIN).then_some(at)
    }

    /// The lists that some source provides.
    pub fn provided(&self) -> ListSet {
        List::ALL.iter().copied().filter(|l| self.checked_at(*l).is_some()).collect()
    }

    /// The accounts of sources and geo databases, for reports. `None` if the section is damaged.
    pub fn sources(&self) -> Option<Accounts> {
        accounts(self.section(SectionKind::Sources)?)
    }

    /// Names, programmes and remarks of an entry, for people. `None` until the companion is there ([`Blob::attach`]).
    pub fn details(&self, entry: &EntryView<'_>) -> Option<Details<'a>> {
        self.details.and_then(|file| file.get(entry.number))
    }

    /// Adds the companion file, after which [`Blob::details`] answers. All of it is checked, so it costs a pass over it.
    ///
    /// # Errors
    /// [`DetailsError`] if it does not belong to this blob, or is damaged.
    pub fn attach(&mut self, companion: &'a [u8]) -> Result<(), DetailsError> {
        let reference = self.details_reference().ok_or(DetailsError::NoReference)?;
        let entries = self.sections().find(|s| s.kind == SectionKind::Entries).map(|s| s.hash).unwrap_or_default();
        self.details = Some(DetailsFile::open(companion, reference, entries, self.entry_count())?);
        Ok(())
    }

    /// Length and hash of the companion file; `None` if the blob was written without one.
    pub fn details_reference(&self) -> Option<Reference> {
        Reference::read(self.section(SectionKind::Details)?)
    }

    /// Walks everything that look-ups can reach.
    fn verify_content(&self) -> Result<(), BlobError> {
        let fail = |section, why: String| BlobError::Malformed { section, why };
        self.words.verify().map_err(|e| fail(SectionKind::Normalisation, e.to_string()))?;
        self.items.dict.verify().map_err(|e| fail(SectionKind::Items, e.to_string()))?;
        self.entries.verify().map_err(|why| fail(SectionKind::Entries, why))?;
        let count = self.entry_count();
        for entry in (0..count).filter_map(|number| self.entry(number)) {
            if entry.ownership != NO_OFFSET {
                let told = Cursor::at(self.section(SectionKind::Ownership).unwrap_or_default(), entry.ownership as usize)
                    .and_then(|mut c| c.varint());
                let good = self.owners(&entry).filter(|o| o.owner < count).count() as u64;
                if told != Some(good) {
                    return Err(fail(SectionKind::Ownership, format!("owners of entry {} are damaged", entry.number)));
                }
            }
        }
        let in_range = |e: u32| e < count;
        for kind in [Kind::Person, Kind::Organization, Kind::Vessel, Kind::Aircraft] {
            self.lexicon(kind).verify(count).map_err(|e| fail(SectionKind::lexicon(kind), e.to_string()))?;
            let scale = self.calibration(kind).ok_or("is cut").and_then(|c| c.verify());
            scale.map_err(|why| fail(SectionKind::Scales, format!("the scale of {kind} {why}")))?;
        }
        self.identifiers.verify(&|k| self.stated_identifiers(k).filter(|h| in_range(h.entry)).count())?;
        self.addresses.verify(&|k| self.by_address(k).filter(|e| in_range(*e)).count())?;
        self.authorisations.verify(&|k| self.authorisations(k).count())?;
        self.clearances.verify(&|k| self.clearances(k).count())?;
        self.domains.verify(&|k| {
            self.domains.find(k).map_or(0, |mut p| {
                p.cursor.u8();
                p.map_while(|c| c.u32()).filter(|e| in_range(*e)).count()
            })
        })?;
        self.items.verify()?;
        self.places.verify()?;
        self.places.serve(&self.policy).map_err(|e| fail(SectionKind::PlaceCodes, e.to_string()))?;
        self.networks.verify()?;
        if self.section(SectionKind::Lists).is_none_or(|s| s.len() != List::ALL.len() * 8) {
            return Err(fail(SectionKind::Lists, "it does not have one time for each list".to_owned()));
        }
        if self.section(SectionKind::Details).is_some() && self.details_reference().is_none() {
            return Err(fail(SectionKind::Details, "it is no length and hash".to_owned()));
        }
        self.section(SectionKind::Sources)
            .and_then(accounted)
            .ok_or_else(|| fail(SectionKind::Sources, "the accounts are damaged".to_owned()))?;
        Ok(())
    }
}

/// The accounts in their section. `None` if it is damaged.
fn accounts(section: &[u8]) -> Option<Accounts> {
    let mut c = Cursor::new(section);
    let optional = |c: &mut Cursor<'_>| -> Option<Option<i64>> {
        Some(match c.u8()? {
            0 => None,
            _ => Some(c.i64()?),
        })
    };
    let mut accounts = Accounts::default();
    for _ in 0..c.varint()? {
        let mut source = Source {
            id: c.text()?.to_owned(),
            format: c.text()?.to_owned(),
            lists: ListSet(c.u32()?),
            checked_at: c.i64()?,
            published: optional(&mut c)?,
            measured: Measured { entries: c.varint()?, shown: c.varint()?, with: [c.varint()?, c.varint()?, c.varint()?, c.varint()?] },
            files: Vec::new(),
        };
        for _ in 0..c.varint()? {
            source.files.push(file_account(&mut c)?);
        }
        accounts.sources.push(source);
    }
    for _ in 0..c.varint()? {
        accounts.geo.push(GeoSource {
            name: c.text()?.to_owned(),
            format: c.text()?.to_owned(),
            database: c.text()?.to_owned(),
            digest: c.text()?.to_owned(),
            built: optional(&mut c)?,
            networks_v4: c.varint()?,
            networks_v6: c.varint()?,
            without_country: c.varint()?,
        });
    }
    // A later addition, left out where nothing had to be accepted.
    let accepted = if c.is_empty() { 0 } else { c.varint()? };
    for _ in 0..accepted {
        accounts.accepted.push(AcceptedFinding {
            source: c.text()?.to_owned(),
            finding: c.text()?.to_owned(),
            reason: c.text()?.to_owned(),
            before: c.varint()?,
            after: c.varint()?,
        });
    }
    let networks = if c.is_empty() { 0 } else { c.varint()? };
    for _ in 0..networks {
        accounts.networks.push(NetworkSource {
            class: NetworkClass::from_code(c.u8()?)?,
            format: c.text()?.to_owned(),
            checked_at: c.i64()?,
            published: optional(&mut c)?,
            files: (0..c.varint()?).map(|_| file_account(&mut c)).collect::<Option<_>>()?,
        });
    }
    c.is_empty().then_some(accounts)
}

/// Whether [`accounts`] can read them, without doing it: a gate checks them and never tells them.
fn accounted(section: &[u8]) -> Option<()> {
    let c = &mut Cursor::new(section);
    let optional = |c: &mut Cursor<'_>| if c.u8()? == 0 { Some(()) } else { c.i64().map(|_| ()) };
    for _ in 0..c.varint()? {
        skip(c, 2, 0)?;
        c.u32()?;
        c.i64()?;
        optional(c)?;
        skip(c, 0, 6)?;
        skip_files(c)?;
    }
    for _ in 0..c.varint()? {
        skip(c, 4, 0)?;
        optional(c)?;
        skip(c, 0, 3)?;
    }
    for _ in 0..if c.is_empty() { 0 } else { c.varint()? } {
        skip(c, 3, 2)?;
    }
    for _ in 0..if c.is_empty() { 0 } else { c.varint()? } {
        NetworkClass::from_code(c.u8()?)?;
        skip(c, 1, 0)?;
        c.i64()?;
        optional(c)?;
        skip_files(c)?;
    }
    c.is_empty().then_some(())
}

fn file_account(c: &mut Cursor<'_>) -> Option<FileAccount> {
    let mut file = FileAccount {
        name: c.text()?.to_owned(),
        digest: c.text()?.to_owned(),
        read: c.varint()?,
        kept: c.varint()?,
        merged: c.varint()?,
        lost: Vec::new(),
    };
    for _ in 0..c.varint()? {
        file.lost.push(LostRow { line: c.varint()?, explained: c.u8()? != 0, reason: c.text()?.to_owned() });
    }
    Some(file)
}

/// Passes over so many texts, then so many numbers.
fn skip(c: &mut Cursor<'_>, texts: usize, numbers: usize) -> Option<()> {
    for _ in 0..texts {
        c.text()?;
    }
    for _ in 0..numbers {
        c.varint()?;
    }
    Some(())
}

/// Passes over what [`file_account`] reads, as often as it stands there.
fn skip_files(c: &mut Cursor<'_>) -> Option<()> {
    for _ in 0..c.varint()? {
        skip(c, 2, 3)?;
        for _ in 0..c.varint()? {
            c.varint()?;
            c.u8()?;
            c.text()?;
        }
    }
    Some(())
}

/// Whether each section has its hash.
fn hashed(sections: &[Option<Section<'_>>]) -> Result<(), BlobError> {
    match sections.iter().flatten().find(|section| hash_of(section.data) != section.hash) {
        Some(section) => Err(BlobError::Hash(section.kind)),
        None => Ok(()),
    }
}

fn unsound_policy(error: PolicyTableError) -> BlobError {
    BlobError::Malformed { section: SectionKind::Policy, why: error.to_string() }
}

fn section_of<'a>(sections: &Sections<'a>, kind: SectionKind) -> Option<&'a [u8]> {
    sections.get(kind as usize)?.map(|section| section.data)
}

/// A dictionary whose values are offsets into postings behind it.
#[derive(Debug, Clone, Copy)]
struct Keyed<'a> {
    kind: SectionKind,
    dict: Dict<'a>,
    postings: &'a [u8],
}

impl<'a> Keyed<'a> {
    fn open(kind: SectionKind, section: &'a [u8]) -> Result<Self, BlobError> {
        let fail = |why: &str| BlobError::Malformed { section: kind, why: why.to_owned() };
        let len = u32_at(section, 0).and_then(|l| usize::try_from(l).ok()).ok_or_else(|| fail("it has no length of its dictionary"))?;
        let end = len.checked_add(4).filter(|e| *e <= section.len()).ok_or_else(|| fail("its dictionary ends behind it"))?;
        let dict = Dict::open(section.get(4..end).unwrap_or_default()).map_err(|e| fail(&e.to_string()))?;
        Ok(Self { kind, dict, postings: section.get(end..).unwrap_or_default() })
    }

    fn find(&self, key: &str) -> Option<Postings<'a>> {
        let offset = usize::try_from(self.dict.get(key.as_bytes())?).ok()?;
        Some(Postings::new(Cursor::at(self.postings, offset)))
    }

    fn get(&self, key: &str) -> Postings<'a> {
        self.find(key).unwrap_or_else(|| Postings::new(None))
    }

    /// Checks the dictionary, and that `read` gets as many postings for each key as the key's count tells.
    fn verify(&self, read: &dyn Fn(&str) -> usize) -> Result<(), BlobError> {
        let fail = |why: String| BlobError::Malformed { section: self.kind, why };
        self.dict.verify().map_err(|e| fail(e.to_string()))?;
        let mut visited = 0_u64;
        let mut damaged = None;
        self.dict.for_each(|key, _| {
            visited += 1;
            let good = std::str::from_utf8(key).ok().filter(|text| self.find(text).is_some_and(|p| p.left == read(text) as u64));
            if good.is_none() {
                damaged = Some(String::from_utf8_lossy(key).into_owned());
            }
            damaged.is_none()
        });
        match damaged {
            Some(key) => Err(fail(format!("what key `{key}` leads to is damaged"))),
            None if visited == self.dict.len() => Ok(()),
            None => Err(fail("it holds a key longer than 4,096 bytes".to_owned())),
        }
    }
}

/// The postings of one key: a count, then that many records.
#[derive(Debug, Clone)]
struct Postings<'a> {
    cursor: Cursor<'a>,
    left: u64,
}

impl<'a> Postings<'a> {
    fn new(cursor: Option<Cursor<'a>>) -> Self {
        let mut cursor = cursor.unwrap_or_else(|| Cursor::new(&[]));
        let left = cursor.varint().unwrap_or(0);
        Self { cursor, left }
    }

    /// Reads records until the count is reached or one is damaged.
    fn map_while<T>(self, read: impl Fn(&mut Cursor<'a>) -> Option<T>) -> impl Iterator<Item = T> {
        let Self { mut cursor, mut left } = self;
        std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            read(&mut cursor)
        })
        .fuse()
    }
}

/// The catalogue: items, and the routes that lead to them.
#[derive(Debug, Clone, Copy)]
pub struct Items<'a> {
    section: &'a [u8],
    dict: Dict<'a>,
    count: u32,
    /// Offset of the globs.
    globs: usize,
}

/// One item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemView<'a> {
    /// Its id.
    pub id: &'a str,
    /// Export class.
    pub class: ItemClass,
    /// Under notice (15 CFR 744.6(c), 744.21(b)).
    pub notice: bool,
    /// ECCN, or empty.
    pub eccn: &'a str,
    /// Where and since when it is published, or empty.
    pub evidence: &'a str,
}

impl<'a> Items<'a> {
    fn open(section: &'a [u8]) -> Result<Self, BlobError> {
        let fail = |why: String| BlobError::Malformed { section: SectionKind::Items, why };
        let head = |at| u32_at(section, at).ok_or_else(|| fail("its head is cut".to_owned()));
        let (count, dict_len, globs) = (head(0)?, head(4)? as usize, head(8)? as usize);
        let dict = dict_len.checked_add(12).and_then(|end| section.get(12..end));
        let dict = dict.ok_or_else(|| fail("its dictionary ends behind it".to_owned()))?;
        Ok(Self { section, dict: Dict::open(dict).map_err(|e| fail(e.to_string()))?, count, globs })
    }

    /// How many items there are.
    pub fn len(&self) -> u32 {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// An item by its number.
    pub fn get(&self, number: u32) -> Option<ItemView<'a>> {
        if number >= self.count {
            return None;
        }
        // The offsets stand before the globs.
        let table = self.globs.checked_sub(usize::try_from(self.count).ok()?.checked_mul(4)?)?;
        let offset = u32_at(self.section, table.checked_add(number as usize * 4)?)?;
        let mut c = Cursor::at(self.section, usize::try_from(offset).ok()?)?;
        let class = ItemClass::from_code(c.u8()?)?;
        let notice = c.u8()? != 0;
        Some(ItemView { class, notice, id: c.text()?, eccn: c.text()?, evidence: c.text()? })
    }

    /// The item of a Hugging Face repository, `org/name` in any case.
    pub fn by_hugging_face(&self, repository: &str) -> Option<ItemView<'a>> {
        self.by_key("hf:", &repository.to_ascii_lowercase())
    }

    /// The item of an OpenAI-style base path: `/serve/chat/v1`, without a final slash.
    pub fn by_openai_base(&self, path: &str) -> Option<ItemView<'a>> {
        self.by_key("openai:", path)
    }

    /// The item of an OCI repository, `acme/open-7b`; such names are in lower case.
    pub fn by_oci(&self, name: &str) -> Option<ItemView<'a>> {
        self.by_key("oci:", name)
    }

    /// The item with an id, in any case.
    pub fn by_id(&self, id: &str) -> Option<ItemView<'a>> {
        self.by_key("id:", &id.to_ascii_lowercase())
    }

    fn by_key(&self, prefix: &str, key: &str) -> Option<ItemView<'a>> {
        let mut full = String::with_capacity(prefix.len() + key.len());
        full.push_str(prefix);
        full.push_str(key);
        self.get(u32::try_from(self.dict.get(full.as_bytes())?).ok()?)
    }

    /// The path patterns, in the order of the build file: pattern, action, item number.
    pub fn globs(&self) -> impl Iterator<Item = (&'a str, Action, u32)> + use<'a> {
        Postings::new(Cursor::at(self.section, self.globs)).map_while(|c| Some((c.text()?, Action::from_code(c.u8()?)?, c.u32()?)))
    }

    fn verify(&self) -> Result<(), BlobError> {
        let fail = |why: String| BlobError::Malformed { section: SectionKind::Items, why };
        if let Some(number) = (0..self.count).find(|n| self.get(*n).is_none()) {
            return Err(fail(format!("item {number} is damaged")));
        }
        let mut good = true;
        self.dict.for_each(|_, value| {
            good &= value < u64::from(self.count);
            good
        });
        let told = Postings::new(Cursor::at(self.section, self.globs)).left;
        good &= Cursor::at(self.section, self.globs).is_some_and(|mut c| c.varint().is_some());
        good &= self.globs().filter(|(_, _, item)| *item < self.count).count() as u64 == told;
        if good { Ok(()) } else { Err(fail("a route leads to an item that is not there".to_owned())) }
    }
}

/// An entry found by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameHit {
    /// Entry number.
    pub entry: u32,
    /// Standing of the name.
    pub role: NameRole,
    /// At least one word of it says who it is.
    pub distinctive: bool,
    /// The name's number in the lexicon of its kind.
    pub name: u32,
}

/// An entry found by identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentifierHit {
    /// Entry number.
    pub entry: u32,
    /// Who issued it, if the list says so.
    pub country: Option<Place>,
}

/// An owner of an entry, as the 50 % rules count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnerHit {
    /// Entry number of the owner.
    pub owner: u32,
    /// Lists for which the share counts: the owner is listed there, or itself owned 50 % or more by parties that are.
    pub lists: ListSet,
    /// Parts per million; `None` if nobody knows.
    pub share_ppm: Option<u32>,
}

/// What is known of a host name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DomainFacts {
    /// Entries whose own domain it is.
    pub entries: Vec<u32>,
    /// Anyone can get an address there.
    pub free_mail: bool,
}

/// A licence, exception or appeal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorisationView<'a> {
    /// Its number.
    pub id: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// Item id or `*`.
    pub item: &'a str,
    /// Place, or any.
    pub place: Option<Place>,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// The rules it lifts.
    pub rules: Vec<&'a str>,
}

/// A false-positive decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClearanceView<'a> {
    /// Entry id that the requester is not.
    pub entry: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Who decided.
    pub by: &'a str,
    /// Last day.
    pub expires: Day,
}

/// Accounts of everything that went into a blob.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Accounts {
    /// Lists.
    pub sources: Vec<Source>,
    /// Geo databases.
    pub geo: Vec<GeoSource>,
    /// What guards found wrong with the lists, and why it was accepted.
    pub accepted: Vec<AcceptedFinding>,
    /// Files of network classes.
    pub networks: Vec<NetworkSource>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn accounts_are_whole_if_they_can_be_read(section in prop::collection::vec(0_u8..4, 0..60), cut in any::<u8>()) {
            prop_assert_eq!(accounted(&section), accounts(&section).map(|_| ()));
            // One source, one geo database, one accepted finding and one network file, cut somewhere.
            let file = [1, 1, b'f', 0, 1, 1, 0, 1, 2, 1, 1, b'x'];
            let source = [&[1, 0, 0, 1, 2, 1, 2, 1, 1, 0, 0, 0, 0][..], &file[..]].concat();
            let whole = [&source[..], &[1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 2, 1, 1, 0, 2, 0, 0]].concat();
            let part = whole.get(..usize::from(cut) % (whole.len() + 1)).unwrap();
            prop_assert_eq!(accounted(part), accounts(part).map(|_| ()), "{:?}", part);
            prop_assert!(accounts(&whole).is_some());
        }
    }
}
