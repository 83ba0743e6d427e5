//! Sources: one published list each, read into the blob's model.
//!
//! A format is one module with a `read` function and one row in [`FORMATS`]. It opens its files through
//! [`Input`], names entries with [`Context::entry_id`], and accounts for every data row: kept, merged or lost.

mod account;
mod fill;
mod input;
mod party;
mod rows;
mod table;
mod uk;
mod xml;

pub mod country;
pub mod csl;
pub mod dpl;
pub mod eu_fsf;
pub mod house;
pub mod ofac_csv;
pub mod ofac_enhanced;
pub mod ofac_xml;
pub mod remarks;
pub mod uk_conlist;
pub mod uk_sanctions;
pub mod un_xml;

pub use input::{Document, Input, MAX_BYTES};

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use weighbridge_blob::model::{Entry, FileAccount, Ownership};
use weighbridge_blob::place::Place;
use weighbridge_blob::words::ListSet;

/// A format that a source can have.
pub struct Format {
    /// Its name in build files.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// Reads a source of this format.
    pub read: Reader,
}

/// Reads a source: what it holds, with an account of every row.
pub type Reader = fn(&Input, &mut Context<'_>) -> Result<Parsed, SourceError>;

/// All formats, in the order of their names.
pub const FORMATS: &[Format] = &[
    Format { name: "bis-dpl", about: "the BIS Denied Persons List, tab-separated text", read: dpl::read },
    Format { name: "csl-csv", about: "the Consolidated Screening List of trade.gov, all 13 lists", read: csl::read },
    Format { name: "eu-fsf-xml", about: "the EU consolidated list (FSF), XML schema 1.1", read: eu_fsf::read },
    Format { name: "house-csv", about: "Weighbridge's own layout, one fact a row", read: house::read_csv },
    Format { name: "house-jsonl", about: "Weighbridge's own layout, one entry a line", read: house::read_jsonl },
    Format { name: "ofac-csv", about: "OFAC's legacy CSV set: sdn, alt, add and comments, or cons_*", read: ofac_csv::read },
    Format { name: "ofac-enhanced-xml", about: "OFAC's enhanced XML, as published in a .zip", read: ofac_enhanced::read },
    Format { name: "ofac-xml", about: "OFAC's XML: sdn.xml or consolidated.xml", read: ofac_xml::read },
    Format { name: "uk-conlist", about: "OFSI's Consolidated List, until January 2026", read: uk_conlist::read },
    Format { name: "uk-sanctions-csv", about: "the UK Sanctions List, full or short CSV", read: uk_sanctions::read },
    Format { name: "un-xml", about: "the UN Security Council consolidated list", read: un_xml::read },
];

/// The format of a name.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|f| f.name == name)
}

/// What a source holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parsed {
    /// Listed parties, in the order of the file.
    pub entries: Vec<Entry>,
    /// Who owns whom.
    pub ownership: Vec<Ownership>,
    /// The lists that the source provides, even if no row of one of them is in it.
    pub lists: ListSet,
    /// One account per file. `read == kept + merged + lost` holds for each.
    pub files: Vec<FileAccount>,
}

/// What a reader is given beside its input, and where it reports to.
pub struct Context<'a> {
    source: &'a str,
    progress: &'a dyn Progress,
    notes: BTreeMap<String, Note>,
    published: Option<i64>,
}

/// Something that a reader could not make use of although its row was kept: a country name it does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// How often it occurred.
    pub count: u64,
    /// File and line of the first occurrence.
    pub first: String,
}

impl<'a> Context<'a> {
    /// A context for the source of this id.
    pub fn new(source: &'a str, progress: &'a dyn Progress) -> Self {
        Self { source, progress, notes: BTreeMap::new(), published: None }
    }

    /// The id under which an entry stands in the blob: `us_ofac_sdn:36`.
    pub fn entry_id(&self, own: &str) -> String {
        format!("{}:{own}", self.source)
    }

    /// Notes something worth telling; equal texts are counted.
    pub fn note(&mut self, text: impl Into<String>, file: &str, line: u64) {
        let note = self.notes.entry(text.into()).or_insert_with(|| Note { count: 0, first: format!("{file}, line {line}") });
        note.count += 1;
    }

    /// The notes so far, in the order of their texts.
    pub fn notes(&self) -> &BTreeMap<String, Note> {
        &self.notes
    }

    /// The place of a country as a list writes it; an unknown text is noted, and the caller keeps it as text.
    pub fn country(&mut self, text: &str, file: &str, line: u64) -> Option<Place> {
        match country::place(text) {
            country::Country::Place(place) => Some(place),
            country::Country::None => None,
            country::Country::Unknown => {
                self.note(format!("`{}` is not a country or region that is known here; kept as text", text.trim()), file, line);
                None
            }
        }
    }

    /// When the list says that it was published, Unix seconds; `None` if it does not say so.
    pub fn published(&self) -> Option<i64> {
        self.published
    }

    fn set_published(&mut self, published: Option<i64>) {
        self.published = published;
    }

    fn rows_read(&self, rows: u64) {
        self.progress.rows(rows);
    }
}

/// Hears how far a reader is.
pub trait Progress {
    /// `rows` more rows were read.
    fn rows(&self, rows: u64);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn rows(&self, _: u64) {}
}

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A file or folder could not be opened or read.
    #[error("cannot read `{}`: {source}; {}", path.display(), remedy(source))]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A folder where a file was expected.
    #[error("`{}` is a folder; this format is one file", path.display())]
    IsFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A file where a folder was expected.
    #[error("`{}` is one file; this format is a set: write the folder or archive that holds `{wanted}`", path.display())]
    NotAFolder {
        /// The file.
        path: PathBuf,
        /// A file of the set.
        wanted: String,
    },
    /// A file of the set is not there.
    #[error("`{}` has no {wanted}; the set is {set}, each plain, .gz or .zip", path.display())]
    MissingFile {
        /// The folder or archive.
        path: PathBuf,
        /// What was looked for.
        wanted: String,
        /// All files of the set.
        set: String,
    },
    /// An archive that cannot be read.
    #[error("cannot read the archive `{}`: {message}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// An archive without files.
    #[error("the archive `{}` holds no file", path.display())]
    EmptyArchive {
        /// The archive.
        path: PathBuf,
    },
    /// An archive with several files that could be meant.
    #[error("the archive `{}` holds several files ({files}); unpack it and name one", path.display())]
    SeveralMembers {
        /// The archive.
        path: PathBuf,
        /// Their names.
        files: String,
    },
    /// A row with too few or too many columns.
    #[error("`{}`, line {line}: {got} columns where {layout} has {expected}; the file may be cut off or of another format", path.display())]
    Columns {
        /// The file.
        path: PathBuf,
        /// 1-based line.
        line: u64,
        /// The layout, in words.
        layout: &'static str,
        /// Columns of the layout.
        expected: usize,
        /// Columns of the row.
        got: usize,
    },
    /// Text that is not UTF-8.
    #[error("`{}`, line {line}, column {column}: not UTF-8; fetch the file again, or convert it to UTF-8", path.display())]
    Utf8 {
        /// The file.
        path: PathBuf,
        /// 1-based line.
        line: u64,
        /// Number (from 1) or name of the column.
        column: String,
    },
    /// A file without data rows.
    #[error("`{}` has no data rows; an empty list would clear everybody, so it is refused: fetch the file again", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A file of another format.
    #[error("`{}` is not {expected}: it looks like {found}; correct `format` or `path` in the build file", path.display())]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// What was expected.
        expected: &'static str,
        /// What it looks like.
        found: String,
    },
    /// A row or field that says something it must not.
    #[error("`{}`, line {line}: {message}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// 1-based line.
        line: u64,
        /// What is wrong, with the field and the remedy.
        message: String,
    },
}

impl SourceError {
    pub(crate) fn open(path: &Path, source: io::Error) -> Self {
        Self::Open { path: path.to_owned(), source }
    }
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "correct `path` in the build file",
        io::ErrorKind::PermissionDenied => "make the file readable",
        _ => "fetch the file again",
    }
}

/// What a file looks like from its first bytes, in words; `None` if nothing is recognised.
pub(crate) fn sniff(first_line: &str) -> Option<&'static str> {
    let line = first_line.trim_start_matches('\u{feff}').trim_start();
    let lower = line.to_ascii_lowercase();
    Some(match () {
        () if lower.starts_with("<!doctype html") || lower.starts_with("<html") => "a web page",
        () if lower.starts_with('<') => "XML",
        () if lower.starts_with('{') => "JSON lines",
        () if lower.starts_with("pk\u{3}") => "a zip archive (name it `.zip`)",
        () if lower.contains("entity_number") && lower.contains("source") => "the Consolidated Screening List CSV",
        () if lower.contains("effective_date") && lower.contains("expiration_date") => "the BIS Denied Persons List",
        () if lower.starts_with("last updated,") => "a UK sanctions CSV",
        () if lower.starts_with("report date:") || lower.contains("ofsi group id") => "the UK Sanctions List",
        () if lower.contains("entity_logicalid") => "the EU consolidated list CSV",
        () if lower.starts_with("type,") && lower.contains(",id") => "house CSV",
        () if lower.split(',').nth(2).is_some_and(|c| matches!(c.trim_matches('"'), "aka" | "fka" | "nka")) => {
            "OFAC's alias file (alt.csv)"
        }
        () if lower.contains("-0- ") => "OFAC CSV",
        () => return None,
    })
}
