//! The container: header, section table, hashes. `BLOB.md` is its specification.

use crate::bytes::{u32_at, u64_at};
use crate::signature::Signed;
use crate::words::Kind;

/// First bytes of every blob. As in PNG, a byte above 127, CR LF and LF show a transfer that mangled text.
pub const MAGIC: [u8; 8] = *b"\x89WBLOB\r\n";

/// The format that this crate reads and writes.
pub const VERSION: u32 = 1;

/// Length of the header in bytes.
pub const HEADER_LEN: usize = 192;

/// Length of one row of the section table.
pub const ROW_LEN: usize = 64;

/// Every section starts at a multiple of this.
pub const ALIGN: usize = 16;

/// Where the digest of header and table stands. It is computed with everything from here to the end of the header zero.
pub const DIGEST_AT: usize = 64;

/// Where the key stands that signed the blob, and behind it the signature; all zero without one.
pub const SIGNED_AT: usize = 96;

macro_rules! sections {
    ($($(#[$meta:meta])* $variant:ident = $code:literal $name:literal),+ $(,)?) => {
        /// What a section holds.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u32)]
        pub enum SectionKind { $($(#[$meta])* $variant = $code),+ }

        impl SectionKind {
            /// All kinds, by code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in reports.
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => $name),+ } }

            pub(crate) const fn from_code(code: u32) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

sections! {
    /// Listed parties: fixed records, then birth dates, countries and ids.
    Entries = 1 "entries",
    /// Typed identifiers to entries.
    Identifiers = 3 "identifiers",
    /// Host names with reversed labels: listed domains and free mail hosts.
    Domains = 4 "domains",
    /// Listed addresses to entries.
    Addresses = 5 "addresses",
    /// What the 50 % rules need: owners of a party, by list.
    Ownership = 6 "ownership",
    /// Codes that the place tables refer to.
    PlaceCodes = 7 "place codes",
    /// IPv4 ranges.
    PlacesV4 = 8 "places v4",
    /// IPv6 ranges.
    PlacesV6 = 9 "places v6",
    /// Items and the routes that lead to them.
    Items = 10 "items",
    /// Compiled policy.
    Policy = 11 "policy",
    /// Licences, exceptions and appeals.
    Authorisations = 12 "authorisations",
    /// Standing false-positive decisions.
    Clearances = 13 "clearances",
    /// The word table of the normal form.
    Normalisation = 14 "normalisation",
    /// When each list was last confirmed current.
    Lists = 15 "lists",
    /// Accounts of sources and files: rows read, kept, merged, lost and why.
    Sources = 16 "sources",
    /// Length and hash of the companion file with names, programmes and remarks for people. No decision needs it.
    Details = 17 "details",
    /// The policy as it was written. No decision needs it.
    PolicySource = 18 "policy source",
    /// Network classes of IPv4 addresses, and how old they are.
    NetworksV4 = 19 "networks v4",
    /// Network classes of IPv6 addresses.
    NetworksV6 = 20 "networks v6",
    /// Names of people.
    LexiconPerson = 21 "names of persons",
    /// Names of organizations and governments.
    LexiconOrganization = 22 "names of organizations",
    /// Names of vessels.
    LexiconVessel = 23 "names of vessels",
    /// Names of aircraft.
    LexiconAircraft = 24 "names of aircraft",
    /// The scale of scores for each kind.
    Scales = 25 "scales",
}

/// One more than the highest code.
const SLOTS: usize = match SectionKind::ALL {
    [.., last] => *last as usize + 1,
    [] => 0,
};

impl SectionKind {
    /// Where the names of a kind of party stand. Organizations and governments share one, because lists do not part them.
    pub const fn lexicon(kind: Kind) -> Self {
        match kind {
            Kind::Person => Self::LexiconPerson,
            Kind::Organization | Kind::Government => Self::LexiconOrganization,
            Kind::Vessel => Self::LexiconVessel,
            Kind::Aircraft => Self::LexiconAircraft,
        }
    }

    /// A gate decides without this section; a packager may leave it out.
    pub const fn is_optional(self) -> bool {
        matches!(self, Self::Details | Self::PolicySource)
    }
}

/// Why a blob cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlobError {
    /// Not a blob at all.
    #[error("this is not a Weighbridge blob: the first bytes are not its magic number; build one with `weighbridge build`")]
    Magic,
    /// A blob of another format version.
    #[error("blob has format version {got}, this program reads version {VERSION}; rebuild it with the `weighbridge` of this version")]
    Version {
        /// Version found.
        got: u32,
    },
    /// Fewer or more bytes than the header tells.
    #[error("blob is {got} bytes long and its header tells {told}; it was cut or extended in transfer, fetch it again")]
    Length {
        /// As the header says.
        told: u64,
        /// Bytes found.
        got: u64,
    },
    /// Header or section table were changed.
    #[error("header and section table do not have the digest that the header tells; the blob is damaged, fetch it again")]
    Digest,
    /// A row of the section table is not usable.
    #[error("row {row} of the section table is not usable: {why}")]
    Table {
        /// 0-based row.
        row: u32,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A section that a gate cannot do without is not there.
    #[error("section `{}` is missing; rebuild the blob", .0.name())]
    Missing(SectionKind),
    /// A section does not have its hash.
    #[error("section `{}` does not have the hash that the table tells; the blob is damaged, fetch it again", .0.name())]
    Hash(SectionKind),
    /// A section has its hash, and its content makes no sense: it was written by something else than the builder.
    #[error("section `{}` is malformed: {why}", .section.name())]
    Malformed {
        /// Which.
        section: SectionKind,
        /// What is wrong.
        why: String,
    },
}

/// The fixed part of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// When it was built, Unix seconds.
    pub created: i64,
    /// Rises with every release of one deployment; a gate may refuse to go back.
    pub sequence: u64,
    /// Unix seconds after which no gate may use it; `None` = no limit.
    pub not_after: Option<i64>,
    /// BLAKE3 of header and section table, and so of everything but the signature.
    pub digest: [u8; 32],
    /// Who says to have signed it. Nobody has checked that yet: [`crate::signature::verify`] does.
    pub signed: Option<Signed>,
}

/// One row of the section table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section<'a> {
    /// What it holds.
    pub kind: SectionKind,
    /// Its bytes.
    pub data: &'a [u8],
    /// Where it starts.
    pub offset: usize,
    /// BLAKE3 of its bytes, as the table tells.
    pub hash: [u8; 32],
}

/// Header and sections.
pub(crate) type Frame<'a> = (Header, Sections<'a>);

/// The sections, each at its kind's code.
pub(crate) type Sections<'a> = [Option<Section<'a>>; SLOTS];

/// Header and sections of the bytes, with everything checked that costs no pass over the sections.
pub(crate) fn parse(bytes: &[u8]) -> Result<Frame<'_>, BlobError> {
    frame(bytes, true)
}

/// The same; without `hashed` the digest is taken as it stands there.
pub(crate) fn frame(bytes: &[u8], hashed: bool) -> Result<Frame<'_>, BlobError> {
    if bytes.get(..MAGIC.len()) != Some(MAGIC.as_slice()) {
        return Err(BlobError::Magic);
    }
    let got = bytes.len() as u64;
    let cut = BlobError::Length { told: HEADER_LEN as u64, got };
    let version = u32_at(bytes, 8).ok_or_else(|| cut.clone())?;
    if version != VERSION {
        return Err(BlobError::Version { got: version });
    }
    let count = u32_at(bytes, 12).ok_or_else(|| cut.clone())?;
    let told = u64_at(bytes, 16).ok_or_else(|| cut.clone())?;
    if told != got || bytes.len() < HEADER_LEN {
        return Err(BlobError::Length { told, got });
    }
    if count as usize > SectionKind::ALL.len() {
        return Err(BlobError::Table { row: count, why: "there are more rows than kinds of section" });
    }
    let head_len = HEADER_LEN + count as usize * ROW_LEN;
    let head = bytes.get(..head_len).ok_or_else(|| cut.clone())?;
    let digest = head.get(DIGEST_AT..DIGEST_AT + 32).and_then(|d| d.try_into().ok()).ok_or_else(|| cut.clone())?;
    if hashed && digest_of(head) != Some(digest) {
        return Err(BlobError::Digest);
    }
    let number = |at: usize| u64_at(bytes, at).ok_or_else(|| cut.clone());
    let not_after = number(40)? as i64;
    let signed = head.get(SIGNED_AT..HEADER_LEN).and_then(Signed::read);
    let header =
        Header { created: number(24)? as i64, sequence: number(32)?, not_after: (not_after != 0).then_some(not_after), digest, signed };
    let mut sections = [None; SLOTS];
    let mut end = head_len;
    for row in 0..count {
        let at = HEADER_LEN + row as usize * ROW_LEN;
        let fail = |why| BlobError::Table { row, why };
        let kind = u32_at(head, at).and_then(SectionKind::from_code).ok_or_else(|| fail("this kind of section is not known"))?;
        let offset = u64_at(head, at + 8).and_then(|o| usize::try_from(o).ok()).ok_or_else(|| fail("the offset is too large"))?;
        let len = u64_at(head, at + 16).and_then(|l| usize::try_from(l).ok()).ok_or_else(|| fail("the length is too large"))?;
        if offset % ALIGN != 0 {
            return Err(fail("the offset is not a multiple of 16"));
        }
        if offset < end || offset - end >= ALIGN {
            return Err(fail("the section does not follow the one before it"));
        }
        if bytes.get(end..offset).is_none_or(|gap| gap.iter().any(|b| *b != 0)) {
            return Err(fail("the bytes before the section are not zero"));
        }
        let data = offset.checked_add(len).and_then(|e| bytes.get(offset..e)).ok_or_else(|| fail("the section ends behind the blob"))?;
        end = offset + len;
        let hash = head.get(at + 32..at + 64).and_then(|h| h.try_into().ok()).ok_or_else(|| fail("the row is cut"))?;
        match sections.get_mut(kind as usize) {
            Some(slot @ None) => *slot = Some(Section { kind, data, offset, hash }),
            _ => return Err(fail("the section stands twice")),
        }
    }
    if end != bytes.len() {
        return Err(BlobError::Length { told: end as u64, got });
    }
    Ok((header, sections))
}

/// BLAKE3 of header and table with the digest's own bytes, and those of the signature over it, zero.
pub(crate) fn digest_of(head: &[u8]) -> Option<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(head.get(..DIGEST_AT)?);
    hasher.update(&[0; HEADER_LEN - DIGEST_AT]);
    hasher.update(head.get(HEADER_LEN..)?);
    Some(*hasher.finalize().as_bytes())
}

/// BLAKE3 of a section.
pub(crate) fn hash_of(data: &[u8]) -> [u8; 32] {
    *blake3::hash(data).as_bytes()
}

#[cfg(feature = "write")]
pub(crate) fn assemble(header: &Header, sections: &[(SectionKind, Vec<u8>)]) -> Vec<u8> {
    let head_len = HEADER_LEN + sections.len() * ROW_LEN;
    let mut body = Vec::new();
    let mut table = Vec::new();
    for (kind, data) in sections {
        while !(head_len + body.len()).is_multiple_of(ALIGN) {
            body.push(0);
        }
        table.extend((*kind as u32).to_le_bytes());
        table.extend([0; 4]);
        table.extend(((head_len + body.len()) as u64).to_le_bytes());
        table.extend((data.len() as u64).to_le_bytes());
        table.extend([0; 8]);
        table.extend(hash_of(data));
        body.extend_from_slice(data);
    }
    let mut out = MAGIC.to_vec();
    out.extend(VERSION.to_le_bytes());
    out.extend((sections.len() as u32).to_le_bytes());
    out.extend(((head_len + body.len()) as u64).to_le_bytes());
    out.extend(header.created.to_le_bytes());
    out.extend(header.sequence.to_le_bytes());
    out.extend(header.not_after.unwrap_or(0).to_le_bytes());
    out.resize(HEADER_LEN, 0);
    out.extend(table);
    let digest = digest_of(&out).unwrap_or_default();
    if let Some(slot) = out.get_mut(DIGEST_AT..DIGEST_AT + 32) {
        slot.copy_from_slice(&digest);
    }
    out.extend(body);
    out
}

/// Sets the digest and every section hash anew. For tests and fuzzers that mutate a blob and want the reader to get
/// past the hashes: a list must not be able to hurt a gate even if whoever made it computed them.
#[cfg(feature = "write")]
pub fn rehash(bytes: &mut [u8]) {
    let count = u32_at(bytes, 12).unwrap_or(0) as usize;
    for row in 0..count.min(1_000) {
        let at = HEADER_LEN + row * ROW_LEN;
        let range = |b: &[u8]| -> Option<(usize, usize)> {
            let offset = usize::try_from(u64_at(b, at + 8)?).ok()?;
            let len = usize::try_from(u64_at(b, at + 16)?).ok()?;
            Some((offset, offset.checked_add(len)?))
        };
        let Some(hash) = range(bytes).and_then(|(from, to)| bytes.get(from..to).map(hash_of)) else { continue };
        if let Some(slot) = bytes.get_mut(at + 32..at + 64) {
            slot.copy_from_slice(&hash);
        }
    }
    let end = HEADER_LEN + count.min(1_000) * ROW_LEN;
    let Some(digest) = bytes.get(..end).and_then(digest_of) else { return };
    if let Some(slot) = bytes.get_mut(DIGEST_AT..DIGEST_AT + 32) {
        slot.copy_from_slice(&digest);
    }
}
