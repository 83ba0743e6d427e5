//! The companion of a blob: names as they are written, programmes, identifiers, addresses and remarks, for people.
//!
//! No decision needs them and they are the larger part of what a list says, so they are a file of their own beside the blob
//! and never reach a gate. Blob and companion name each other: the blob holds the companion's length and BLAKE3, so that the
//! blob's digest covers it, and the companion holds the BLAKE3 of the blob's entries, so that a wrong one can be told from a
//! damaged one. `BLOB.md` is the specification.

use crate::bytes::{Cursor, u32_at, u64_at};
use crate::format::hash_of;
use crate::model::NameRole;

/// First bytes of every companion.
pub const MAGIC: [u8; 8] = *b"\x89WBDET\r\n";

/// The format that this crate reads and writes.
pub const VERSION: u32 = 1;

/// Length of the header in bytes; the offsets of the records follow.
pub const HEADER_LEN: usize = 64;

/// Where the header holds the BLAKE3 of the blob's entries.
const ENTRIES_AT: usize = 32;

/// Length of the blob's section that names its companion.
pub(crate) const REFERENCE_LEN: usize = 40;

/// Why a companion is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DetailsError {
    /// Not a companion at all.
    #[error("this is not the details file of a blob: the first bytes are not its magic number; `weighbridge build` writes it")]
    Magic,
    /// A companion of another format version.
    #[error("the details file has format version {got}, this program reads version {VERSION}; rebuild it with the blob")]
    Version {
        /// Version found.
        got: u32,
    },
    /// Fewer or more bytes than the header tells.
    #[error("the details file is {got} bytes long and its header tells {told}; it was cut or extended in transfer, fetch it again")]
    Length {
        /// As the header says.
        told: u64,
        /// Bytes found.
        got: u64,
    },
    /// The blob was written without a companion.
    #[error("this blob has no details file; rebuild it with this version of `weighbridge`")]
    NoReference,
    /// The companion of a blob with other entries.
    #[error("the details file belongs to another blob; use the one that was written with this blob")]
    OtherBlob,
    /// The entries are the same and the content is not what the blob names.
    #[error("the details file does not have the hash that the blob tells: it is damaged, or of another build; fetch it again")]
    Hash,
    /// It has its hash, and a record makes no sense: it was written by something else than the builder.
    #[error("the details of entry {entry} are malformed; rebuild the blob")]
    Malformed {
        /// 0-based number of the entry; that of the last plus one if something follows it.
        entry: u32,
    },
}

/// What a person wants to see of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Details<'a> {
    /// Names, primary first.
    pub names: Vec<(NameRole, &'a str)>,
    /// Programmes.
    pub programmes: Vec<&'a str>,
    /// Field and text.
    pub fields: Vec<(&'a str, &'a str)>,
}

/// How a blob names its companion: the content of its section `details`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// Length of the companion in bytes.
    pub len: u64,
    /// BLAKE3 of the companion.
    pub hash: [u8; 32],
}

impl Reference {
    pub(crate) fn read(section: &[u8]) -> Option<Self> {
        let hash = section.get(8..).and_then(|hash| hash.try_into().ok()).filter(|_| section.len() == REFERENCE_LEN)?;
        Some(Self { len: u64_at(section, 0)?, hash })
    }

    #[cfg(feature = "write")]
    pub(crate) fn of(file: &[u8]) -> Vec<u8> {
        [(file.len() as u64).to_le_bytes().as_slice(), hash_of(file).as_slice()].concat()
    }
}

/// A companion that was found to belong to its blob.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DetailsFile<'a> {
    bytes: &'a [u8],
    count: u32,
}

impl<'a> DetailsFile<'a> {
    /// Checks all of it: that it is what the blob names, that it names the blob, and every record.
    pub(crate) fn open(bytes: &'a [u8], reference: Reference, entries: [u8; 32], count: u32) -> Result<Self, DetailsError> {
        if bytes.get(..MAGIC.len()) != Some(MAGIC.as_slice()) {
            return Err(DetailsError::Magic);
        }
        let got = bytes.len() as u64;
        let cut = DetailsError::Length { told: HEADER_LEN as u64, got };
        let version = u32_at(bytes, 8).ok_or_else(|| cut.clone())?;
        if version != VERSION {
            return Err(DetailsError::Version { got: version });
        }
        let told = u64_at(bytes, 16).ok_or_else(|| cut.clone())?;
        if told != got || bytes.len() < HEADER_LEN {
            return Err(DetailsError::Length { told, got });
        }
        if bytes.get(ENTRIES_AT..HEADER_LEN) != Some(entries.as_slice()) || u32_at(bytes, 12) != Some(count) {
            return Err(DetailsError::OtherBlob);
        }
        if reference.len != got || hash_of(bytes) != reference.hash {
            return Err(DetailsError::Hash);
        }
        let file = Self { bytes, count };
        file.verify()?;
        Ok(file)
    }

    /// The details of an entry, by its number in the blob.
    pub(crate) fn get(&self, entry: u32) -> Option<Details<'a>> {
        let mut cursor = self.at(entry)?;
        let mut details = Details::default();
        walk(&mut cursor, &mut |part| match part {
            Part::Name(role, text) => details.names.push((role, text)),
            Part::Programme(text) => details.programmes.push(text),
            Part::Field(field, text) => details.fields.push((field, text)),
        })?;
        Some(details)
    }

    fn at(&self, entry: u32) -> Option<Cursor<'a>> {
        if entry >= self.count {
            return None;
        }
        let at = HEADER_LEN.checked_add(usize::try_from(entry).ok()?.checked_mul(4)?)?;
        Cursor::at(self.bytes, usize::try_from(u32_at(self.bytes, at)?).ok()?)
    }

    /// Each record begins where the one before ends, the first behind the offsets, and the last ends with the file.
    fn verify(&self) -> Result<(), DetailsError> {
        let table = usize::try_from(self.count).ok().and_then(|count| count.checked_mul(4)).and_then(|table| table.checked_add(HEADER_LEN));
        let mut left = table.and_then(|table| self.bytes.len().checked_sub(table)).ok_or(DetailsError::Malformed { entry: 0 })?;
        for entry in 0..self.count {
            let cursor = self.at(entry).filter(|cursor| cursor.left() == left);
            let after = cursor.and_then(|mut cursor| walk(&mut cursor, &mut |_| {}).map(|()| cursor.left()));
            left = after.ok_or(DetailsError::Malformed { entry })?;
        }
        if left == 0 { Ok(()) } else { Err(DetailsError::Malformed { entry: self.count }) }
    }
}

enum Part<'a> {
    Name(NameRole, &'a str),
    Programme(&'a str),
    Field(&'a str, &'a str),
}

/// One record, part by part. Stops at the first part that is damaged: no count is believed.
fn walk<'a>(c: &mut Cursor<'a>, part: &mut dyn FnMut(Part<'a>)) -> Option<()> {
    for _ in 0..c.varint()? {
        let role = NameRole::from_code(c.u8()?)?;
        part(Part::Name(role, c.text()?));
    }
    for _ in 0..c.varint()? {
        part(Part::Programme(c.text()?));
    }
    for _ in 0..c.varint()? {
        part(Part::Field(c.text()?, c.text()?));
    }
    Some(())
}

/// The companion of a blob with this section of entries; the records stand in the order of the entries.
#[cfg(feature = "write")]
pub(crate) fn assemble(records: &[Vec<u8>], entries: &[u8]) -> Option<Vec<u8>> {
    let count = u32::try_from(records.len()).ok()?;
    let mut at = HEADER_LEN.checked_add(records.len().checked_mul(4)?)?;
    let mut out = MAGIC.to_vec();
    out.extend(VERSION.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend((at.checked_add(records.iter().map(Vec::len).sum())? as u64).to_le_bytes());
    out.resize(ENTRIES_AT, 0);
    out.extend(hash_of(entries));
    for record in records {
        out.extend(u32::try_from(at).ok()?.to_le_bytes());
        at = at.checked_add(record.len())?;
    }
    records.iter().for_each(|record| out.extend(record));
    Some(out)
}
