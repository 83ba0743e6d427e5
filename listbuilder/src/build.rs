//! Building: every source, database and policy of a build file into one blob, with an account of what became of it.

use crate::answers::{self, PlaceAnswer};
use crate::buildfile::{BuildFile, BuildFileError, Overlay, SourceSpec};
use crate::calibrate::{self, CalibrationReport, OrdinaryError, calibrate};
use crate::geo::{self, GeoError};
use crate::guard::{self, Finding};
use crate::merge::{self, Merged};
use crate::network;
use crate::source::{Context, Input, Parsed, Progress, SourceError};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use weighbridge_blob::Blob;
use weighbridge_blob::date::{Day, format_unix};
use weighbridge_blob::model::{AcceptedFinding, Authorisation, Clearance, Entry, FileAccount, GeoSource, Measured, NetworkSource, Source};
use weighbridge_blob::place::Place;
use weighbridge_blob::places::Distinctions;
use weighbridge_blob::policy::PolicyTable;
use weighbridge_blob::words::{ListSet, NetworkClass};
use weighbridge_blob::write::{BlobInput, WriteError, Written, with_scales, write_with_details};

/// A blob, and how it came about.
#[derive(Debug)]
pub struct Built {
    /// The blob's bytes.
    pub bytes: Vec<u8>,
    /// The bytes of its companion: names as written, programmes and remarks, which no gate needs.
    pub details: Vec<u8>,
    /// The account of it.
    pub report: Report,
}

/// The account of a build, as `--json` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Size of the blob in bytes.
    pub bytes: u64,
    /// BLAKE3 of the blob, hex.
    pub digest: String,
    /// Size of its details file in bytes.
    pub details_bytes: u64,
    /// BLAKE3 of its details file, hex, which the blob holds too.
    pub details_digest: String,
    /// When the blob counts as built, RFC 3339.
    pub created: String,
    /// Its sequence number.
    pub sequence: u64,
    /// After which no gate may use it, RFC 3339.
    pub not_after: Option<String>,
    /// The lists.
    pub sources: Vec<SourceReport>,
    /// Entries of different lists that are one party, and became one entry.
    pub mergers: Vec<Merged>,
    /// What guards found wrong with the lists, and why it was accepted.
    pub accepted: Vec<AcceptedReport>,
    /// The address databases.
    pub geo: Vec<GeoReport>,
    /// The files of network classes.
    pub networks: Vec<NetworkReport>,
    /// What the policy answers to each place, and to each code of no place, when nothing else is known.
    pub places: Vec<PlaceAnswer>,
    /// What the blob holds.
    pub totals: Totals,
    /// What scores mean on these lists.
    pub calibration: Vec<CalibrationReport>,
    /// Its sections.
    pub sections: Vec<SectionReport>,
    /// What deserves a look before the blob is used.
    pub warnings: Vec<String>,
}

/// The account of one list, as its own files have it: what a merger with another list took from the number of entries of
/// the blob is told by [`Report::mergers`] and in the account of the file.
#[derive(Debug, Clone, Serialize)]
pub struct SourceReport {
    /// Its id.
    pub id: String,
    /// Its format.
    pub format: String,
    /// The lists that it provides.
    pub lists: Vec<&'static str>,
    /// When it was last confirmed current, RFC 3339.
    pub checked_at: String,
    /// Listed parties.
    pub entries: u64,
    /// Names and aliases.
    pub names: u64,
    /// Identifiers and web sites.
    pub identifiers: u64,
    /// Addresses.
    pub addresses: u64,
    /// Its files.
    pub files: Vec<FileReport>,
    /// What could not be made use of although its row was kept.
    pub notes: Vec<NoteReport>,
}

/// The account of one file of a list. `read == kept + merged + lost`.
#[derive(Debug, Clone, Serialize)]
pub struct FileReport {
    /// File name.
    pub name: String,
    /// BLAKE3 of the content after decompression, hex.
    pub digest: String,
    /// Data rows found.
    pub read: u64,
    /// Rows that became an entry of their own.
    pub kept: u64,
    /// Rows that became part of another row's entry, in this list or in another.
    pub merged: u64,
    /// Rows that could not be used.
    pub lost: Vec<LossReport>,
}

/// A row that could not be used, with a reason that is understood.
#[derive(Debug, Clone, Serialize)]
pub struct LossReport {
    /// 1-based line.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// Something that was noticed while reading, and how often.
#[derive(Debug, Clone, Serialize)]
pub struct NoteReport {
    /// What.
    pub text: String,
    /// How often.
    pub count: u64,
    /// File and line of the first occurrence.
    pub first: String,
}

/// What a guard found, and why it was accepted.
#[derive(Debug, Clone, Serialize)]
pub struct AcceptedReport {
    /// Source id.
    pub source: String,
    /// What, in words and numbers.
    pub finding: String,
    /// Why it was accepted.
    pub reason: String,
    /// How many entries the source should have had; 0 if that is not known.
    pub before: u64,
    /// How many it has.
    pub after: u64,
}

/// The account of one address database.
#[derive(Debug, Clone, Serialize)]
pub struct GeoReport {
    /// File name.
    pub name: String,
    /// The database's own type.
    pub database: String,
    /// When it was built, RFC 3339.
    pub built: Option<String>,
    /// IPv4 networks read.
    pub networks_v4: u64,
    /// IPv6 networks read.
    pub networks_v6: u64,
    /// Networks without a country.
    pub without_country: u64,
}

/// The account of one file of a network class.
#[derive(Debug, Clone, Serialize)]
pub struct NetworkReport {
    /// What its networks are.
    pub class: &'static str,
    /// Its format.
    pub format: String,
    /// When it was last confirmed current, RFC 3339.
    pub checked_at: String,
    /// The file, and for AS numbers the tables.
    pub files: Vec<FileReport>,
}

/// What a blob holds.
#[derive(Debug, Clone, Serialize)]
pub struct Totals {
    /// Listed parties.
    pub entries: u64,
    /// Names and aliases.
    pub names: u64,
    /// Identifiers and web sites.
    pub identifiers: u64,
    /// Ownership edges.
    pub ownership: u64,
    /// Runs of addresses with one place.
    pub places: u64,
    /// Runs of addresses with one set of network classes.
    pub networks: u64,
    /// Items.
    pub items: u64,
    /// Authorisations.
    pub authorisations: u64,
    /// Clearances.
    pub clearances: u64,
}

/// A section of a blob.
#[derive(Debug, Clone, Serialize)]
pub struct SectionReport {
    /// Its kind.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Why no blob was built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The build file.
    #[error(transparent)]
    BuildFile(#[from] BuildFileError),
    /// A list.
    #[error("source `{id}`: {source}")]
    Source {
        /// Its id.
        id: String,
        /// What is wrong.
        source: SourceError,
    },
    /// An address database.
    #[error("geo: {0}")]
    Geo(#[from] GeoError),
    /// A file of a network class.
    #[error("network class `{class}`: {source}")]
    Network {
        /// What its networks are.
        class: NetworkClass,
        /// What is wrong.
        source: SourceError,
    },
    /// Rows were lost and nobody knows why that would be harmless.
    #[error("{}", losses(.0))]
    Losses(Vec<Loss>),
    /// Guards found something wrong with the lists, and nobody has accepted it.
    #[error("{}", findings(.0))]
    Guard(Vec<Finding>),
    /// The blob before this one was named and cannot be compared with.
    #[error("cannot compare with the previous blob `{}`: {message}", path.display())]
    Previous {
        /// The blob.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The policy could not be read.
    #[error("cannot read the policy `{}`: {source}", path.display())]
    PolicyFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The policy does not compile.
    #[error("{}", .0.join("\n"))]
    Policy(Vec<String>),
    /// The build file's items, authorisations and clearances do not fit the rest.
    #[error("`{}`, line {line}: {message}", path.display())]
    Reference {
        /// The build file.
        path: PathBuf,
        /// 1-based line.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The table of ordinary names: a defect of this program.
    #[error(transparent)]
    Ordinary(#[from] OrdinaryError),
    /// The blob cannot be written.
    #[error("cannot make a blob of this: {0}")]
    Write(#[from] WriteError),
    /// The blob that was written cannot be read: a defect of this program.
    #[error("the blob that was written cannot be read back: {0}; please report this")]
    ReadBack(String),
}

/// A row lost without an explanation.
#[derive(Debug, Clone)]
pub struct Loss {
    /// Source id.
    pub source: String,
    /// File name.
    pub file: String,
    /// 1-based line.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

fn losses(losses: &[Loss]) -> String {
    const SHOWN: usize = 10;
    let rows = if losses.len() == 1 { "1 row".to_owned() } else { format!("{} rows", losses.len()) };
    let mut text = format!("{rows} would be lost, so no blob was written; correct the files, or fetch them again:");
    for loss in losses.iter().take(SHOWN) {
        text.push_str(&format!("\n  source `{}`, `{}`, line {}: {}", loss.source, loss.file, loss.line, loss.reason));
    }
    if losses.len() > SHOWN {
        text.push_str(&format!("\n  and {} more", losses.len() - SHOWN));
    }
    text
}

fn findings(findings: &[Finding]) -> String {
    let mut text = "a list lacks what it should have, so no blob was written; fetch it again or, if it is right, \
        build with `--accept-shrink --reason TEXT`, which the blob records:"
        .to_owned();
    for finding in findings {
        text.push_str(&format!("\n  {finding}"));
    }
    text
}

/// Hears what a build is doing.
pub trait Watch: Progress {
    /// A list, database or step begins.
    fn begin(&self, what: &str);
}

/// Says nothing.
pub struct Quiet;

impl Progress for Quiet {
    fn rows(&self, _: u64) {}
}

impl Watch for Quiet {
    fn begin(&self, _: &str) {}
}

/// Reads a build file and builds its blob, in memory. `checked_at` (Unix seconds) is for sources that do not say when they
/// were last confirmed current.
///
/// # Errors
/// [`BuildError`], as of [`build`].
pub fn build_file(path: &std::path::Path, checked_at: Option<i64>) -> Result<Built, BuildError> {
    build(&crate::buildfile::read(path, checked_at)?, &Quiet)
}

/// Builds the blob of a build file, in memory. Nothing is written to disk.
///
/// # Errors
/// [`BuildError`] for the first list, database or rule that cannot be used; lost rows are gathered from all lists first.
pub fn build(file: &BuildFile, watch: &dyn Watch) -> Result<Built, BuildError> {
    let mut input = BlobInput { sequence: file.sequence, not_after: file.not_after, ..BlobInput::default() };
    let newest = file.sources.iter().map(|source| source.checked_at).max().unwrap_or(0);
    input.created = file.created.unwrap_or(newest);
    let mut warnings = Vec::new();

    // The policy first: it is quick, and its mistakes are the likeliest.
    watch.begin("policy");
    let mut provided = ListSet::EMPTY;
    let policy = compile_policy(file, input.created, &mut warnings)?;

    let (mut reports, mut lost, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for spec in &file.sources {
        watch.begin(&spec.id);
        let mut context = Context::new(&spec.id, watch);
        let parsed = (spec.format.read)(&Input::new(&spec.path), &mut context)
            .map_err(|source| BuildError::Source { id: spec.id.clone(), source })?;
        for account in &parsed.files {
            for row in account.lost.iter().filter(|row| !row.explained) {
                lost.push(Loss { source: spec.id.clone(), file: account.name.clone(), line: row.line, reason: row.reason.clone() });
            }
        }
        let lists = parsed.lists.union(spec.provides);
        provided = provided.union(lists);
        found.extend(guard::check(&spec.id, spec.format.name, spec.official, &spec.guard, lists, &parsed.entries));
        reports.push(source_report(spec, &parsed, lists, &context));
        input.sources.push(Source {
            id: spec.id.clone(),
            format: spec.format.name.to_owned(),
            lists,
            checked_at: spec.checked_at,
            published: spec.published.or(context.published()),
            measured: Measured::default(),
            files: parsed.files,
        });
        input.entries.extend(parsed.entries);
        input.ownership.extend(parsed.ownership);
    }
    let mut networks = Vec::new();
    for spec in &file.networks {
        watch.begin(&spec.path.file_name().unwrap_or_default().to_string_lossy());
        let network = network::read(spec).map_err(|source| BuildError::Network { class: spec.class, source })?;
        for account in &network.account.files {
            for row in account.lost.iter().filter(|row| !row.explained) {
                lost.push(Loss {
                    source: format!("network {}", spec.class),
                    file: account.name.clone(),
                    line: row.line,
                    reason: row.reason.clone(),
                });
            }
        }
        networks.push(network);
    }
    if !lost.is_empty() {
        return Err(BuildError::Losses(lost));
    }
    input.networks = network::combine(&networks);
    input.network_sources = networks.into_iter().map(|network| network.account).collect();
    replace_copies(&mut input, &mut reports);
    let mergers = merge::same_party(&mut input.entries, &mut input.ownership, Day::of_unix(input.created));
    account_mergers(&mergers, &mut input.sources, &mut reports);
    for list in policy.lists_named.iter().filter(|list| !provided.contains(*list)) {
        warnings
            .push(format!("list `{list}` is named by the policy and provided by no source; each decision will say `not_screened` for it"));
    }

    let table = PolicyTable::open(&policy.bytes).map_err(|error| BuildError::ReadBack(error.to_string()))?;
    // Every country is a distinction where a rule compares two; else what the policy tells apart is enough.
    let needed = if table.compares_countries() { Distinctions::All } else { Distinctions::Policy };
    input.distinctions = file.distinctions.unwrap_or(needed);
    let named: Vec<Place> = table.regions().map(Place::without_region).collect();
    for spec in &file.geo {
        watch.begin(&spec.path.file_name().unwrap_or_default().to_string_lossy());
        let regions = spec.regions.as_ref().unwrap_or(&named);
        let mut geo = geo::read(&Input::new(&spec.path), spec.format, regions)?;
        for delta in &spec.deltas {
            geo.ranges = geo::apply_file(&geo.ranges, delta)?;
        }
        input.places = geo::fill(std::mem::take(&mut input.places), &geo.ranges);
        input.regions.extend(regions);
        input.geo.push(geo.account);
    }
    lay_overlays(file, &mut input, &mut warnings)?;
    if file.geo.is_empty() {
        warnings.push("no [[geo]]: addresses have no place, so place rules hold by what the platform or the requester says".to_owned());
    }
    let (authorisations, clearances) = follow(file, &mergers);
    check_references(file, &input.entries, &policy.rules, &clearances, &mut warnings)?;

    input.items = file.items.clone();
    input.authorisations = authorisations;
    input.clearances = clearances.into_iter().map(|(clearance, _)| clearance).collect();
    input.free_mail = file.free_mail.clone();
    input.policy = policy.bytes;
    input.policy_source = policy.source;

    guard::measure(&input.entries, &mut input.sources);
    watch.begin("comparing with the previous blob");
    found.extend(compare_with_previous(file, &input.sources, &mut warnings)?);
    match &file.accept_shrink {
        Some(reason) if !found.is_empty() => input.accepted = found.iter().map(|finding| finding.accepted(reason)).collect(),
        Some(_) => warnings.push("--accept-shrink was not needed: no guard found anything, and the blob records no reason".to_owned()),
        None if !found.is_empty() => return Err(BuildError::Guard(found)),
        None => {}
    }
    watch.begin("writing the blob");
    // In the order of their ids they need no table to be found by, and neighbours are alike.
    input.entries.sort_by_cached_key(|entry| entry.id.trim().to_lowercase());
    let Written { mut blob, details } = write_with_details(&input)?;
    watch.begin("calibrating scores");
    let written = Blob::open(&blob).map_err(|error| BuildError::ReadBack(error.to_string()))?;
    warnings.extend(answers::warnings(&written, input.created));
    let scales = calibrate(&written, file.sample)?;
    if scales.iter().any(|scale| scale.sample > 0) {
        blob = with_scales(&written, &scales);
    }
    let report = report(&blob, &details, &input, reports, mergers, warnings)?;
    Ok(Built { bytes: blob, details, report })
}

/// The corrections of the build file and of geofeeds, over all databases; each has an account in the blob.
fn lay_overlays(file: &BuildFile, input: &mut BlobInput, warnings: &mut Vec<String>) -> Result<(), BuildError> {
    for overlay in &file.overlays {
        let (corrections, account) = match overlay {
            Overlay::Geofeed(path) => geo::overlay::geofeed(&Input::new(path))?,
            Overlay::Networks(corrections, reason) => {
                let v4 = corrections.iter().filter(|c| c.first >> 32 == 0xffff).count() as u64;
                let account = GeoSource {
                    name: file.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                    format: "overlay".to_owned(),
                    database: reason.clone(),
                    networks_v4: v4,
                    networks_v6: corrections.len() as u64 - v4,
                    without_country: corrections.iter().filter(|c| c.place.is_none()).count() as u64,
                    ..GeoSource::default()
                };
                (corrections.clone(), account)
            }
        };
        // A region that the table is not asked to keep would make it say that it tells the regions of that country apart.
        let corrections: Vec<_> = corrections
            .into_iter()
            .map(|mut c| {
                if let Some(place) = c.place.filter(|place| place.has_region() && !input.regions.contains(&place.without_region())) {
                    warnings.push(format!(
                        "overlay: the table holds no regions of `{}`, so `{place}` counts as the country",
                        place.country_code()
                    ));
                    c.place = Some(place.without_region());
                }
                c
            })
            .collect();
        input.places = geo::overlay::lay(&input.places, &corrections);
        input.geo.push(account);
    }
    Ok(())
}

/// What the lists have lost since the blob before: the one that the build file names, or the one at the place where the new
/// one goes. What lies there and is no blob is told, and the build goes on: it may be the blob of another version.
fn compare_with_previous(file: &BuildFile, now: &[Source], warnings: &mut Vec<String>) -> Result<Vec<Finding>, BuildError> {
    let path = file.previous.as_ref().unwrap_or(&file.output);
    if file.previous.is_none() && !path.is_file() {
        return Ok(Vec::new());
    }
    let previous = std::fs::read(path).map_err(|error| error.to_string()).and_then(|bytes| {
        let blob = Blob::open(&bytes).map_err(|error| error.to_string())?;
        blob.sources().ok_or_else(|| "it holds no account of its sources".to_owned())
    });
    match previous {
        Ok(previous) => Ok(guard::compare(&previous.sources, now)),
        Err(message) if file.previous.is_some() => Err(BuildError::Previous { path: path.clone(), message }),
        Err(message) => {
            warnings.push(format!("`{}` could not be compared with, so no list was checked for shrinking: {message}", path.display()));
            Ok(Vec::new())
        }
    }
}

/// The Consolidated Screening List repeats lists that have files of their own. Where a build has a list's own file, that
/// one counts, and the copy's rows go into the account as merged.
fn replace_copies(input: &mut BlobInput, reports: &mut [SourceReport]) {
    const COPIES: &str = "csl-csv";
    let own = input.sources.iter().filter(|source| source.format != COPIES).fold(ListSet::EMPTY, |set, source| set.union(source.lists));
    for (source, report) in input.sources.iter_mut().zip(reports).filter(|(source, _)| source.format == COPIES) {
        let prefix = format!("{}:", source.id);
        let mut replaced = 0;
        input.entries.retain(|entry| {
            let copy = entry.id.starts_with(&prefix) && !entry.lists.is_empty() && entry.lists.0 & !own.0 == 0;
            replaced += u64::from(copy);
            !copy
        });
        let covered = ListSet(source.lists.0 & own.0);
        if covered.is_empty() {
            continue;
        }
        source.lists = ListSet(source.lists.0 & !own.0);
        report.lists = source.lists.iter().map(|list| list.as_str()).collect();
        let left = || input.entries.iter().filter(|entry| entry.id.starts_with(&prefix));
        let sum = |count: fn(&Entry) -> usize| left().map(|entry| count(entry) as u64).sum();
        report.entries = left().count() as u64;
        report.names = sum(|entry| entry.names.len());
        report.identifiers = sum(|entry| entry.identifiers.len() + entry.websites.len());
        report.addresses = sum(|entry| entry.addresses.len());
        // This format is one file.
        if let (Some(account), Some(file)) = (source.files.first_mut(), report.files.first_mut()) {
            account.kept = account.kept.saturating_sub(replaced);
            account.merged += replaced;
            (file.kept, file.merged) = (account.kept, account.merged);
        }
        let names: Vec<&str> = covered.iter().map(|list| list.as_str()).collect();
        let text = format!("{} have files of their own in this build, which replace the rows here", names.join(", "));
        report.notes.push(NoteReport { text, count: replaced, first: report.files.first().map(|f| f.name.clone()).unwrap_or_default() });
    }
}

/// Moves the row of each merged entry from kept to merged in its file's account. That can be told where one file of the
/// source has all of its entries; in a source of several, the mergers stand apart, in the report alone.
fn account_mergers(mergers: &[Merged], sources: &mut [Source], reports: &mut [SourceReport]) {
    for (source, report) in sources.iter_mut().zip(reports) {
        let count = mergers.iter().filter(|one| merge::source_of(&one.merged) == source.id).count() as u64;
        let mut holders = source.files.iter_mut().zip(&mut report.files).filter(|(account, _)| account.kept > 0);
        if let (Some((account, file)), None) = (holders.next(), holders.next())
            && account.kept >= count
        {
            account.kept -= count;
            account.merged += count;
            (file.kept, file.merged) = (account.kept, account.merged);
        }
    }
}

/// The build file's authorisations, and its clearances with the line each stands on. What names an entry that was merged
/// names the one that it was merged into: a gate knows entries by the id that stays.
fn follow(file: &BuildFile, mergers: &[Merged]) -> (Vec<Authorisation>, Vec<(Clearance, usize)>) {
    let kept: HashMap<&str, &str> = mergers.iter().map(|one| (one.merged.as_str(), one.kept.as_str())).collect();
    let id = |text: &String| kept.get(text.as_str()).map_or_else(|| text.clone(), |kept| (*kept).to_owned());
    let authorisation = |(a, _): &(Authorisation, usize)| Authorisation { party: id(&a.party), ..a.clone() };
    let clearance = |(c, line): &(Clearance, usize)| (Clearance { party: id(&c.party), entry: id(&c.entry), ..c.clone() }, *line);
    (file.authorisations.iter().map(authorisation).collect(), file.clearances.iter().map(clearance).collect())
}

struct Policy {
    bytes: Vec<u8>,
    source: String,
    lists_named: ListSet,
    rules: HashSet<String>,
}

fn compile_policy(file: &BuildFile, created: i64, warnings: &mut Vec<String>) -> Result<Policy, BuildError> {
    let (name, source) = match &file.policy {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|source| BuildError::PolicyFile { path: path.clone(), source })?;
            (path.display().to_string(), text)
        }
        None => ("the default policy".to_owned(), weighbridge_policy::DEFAULT.to_owned()),
    };
    let said = |diagnostic: &weighbridge_policy::Diagnostic| format!("policy `{name}`: {diagnostic}");
    // A rule past its `review_by` is told by the date of the build, not by the clock: one input gives one output.
    let options = weighbridge_policy::CompileOptions { today: Some(Day::of_unix(created)) };
    let compiled =
        weighbridge_policy::compile(&source, &options).map_err(|diagnostics| BuildError::Policy(diagnostics.iter().map(said).collect()))?;
    warnings.extend(compiled.warnings.iter().map(said));
    let rules = compiled.rule_ids.into_iter().collect();
    Ok(Policy { bytes: compiled.bytes, source, lists_named: compiled.lists_named, rules })
}

/// Authorisations must lift rules that exist; a clearance for an entry that is gone is stale.
fn check_references(
    file: &BuildFile,
    entries: &[Entry],
    rules: &HashSet<String>,
    clearances: &[(Clearance, usize)],
    warnings: &mut Vec<String>,
) -> Result<(), BuildError> {
    for (authorisation, line) in &file.authorisations {
        if let Some(rule) = authorisation.rules.iter().find(|rule| !rules.contains(*rule)) {
            let message = format!("rules: authorisation `{}` lifts `{rule}`, which is no rule of the policy", authorisation.id);
            return Err(BuildError::Reference { path: file.path.clone(), line: *line, message });
        }
    }
    let ids: HashSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    for (clearance, line) in clearances {
        if !ids.contains(clearance.entry.as_str()) {
            let (party, entry) = (&clearance.party, &clearance.entry);
            warnings.push(format!(
                "`{}`, line {line}: the clearance of `{party}` names the entry `{entry}`, which no source has",
                file.path.display()
            ));
        }
    }
    Ok(())
}

fn source_report(spec: &SourceSpec, parsed: &Parsed, lists: ListSet, context: &Context<'_>) -> SourceReport {
    let sum = |count: fn(&Entry) -> usize| parsed.entries.iter().map(|entry| count(entry) as u64).sum();
    SourceReport {
        id: spec.id.clone(),
        format: spec.format.name.to_owned(),
        lists: lists.iter().map(|list| list.as_str()).collect(),
        checked_at: format_unix(spec.checked_at),
        entries: parsed.entries.len() as u64,
        names: sum(|entry| entry.names.len()),
        identifiers: sum(|entry| entry.identifiers.len() + entry.websites.len()),
        addresses: sum(|entry| entry.addresses.len()),
        files: parsed.files.iter().map(file_report).collect(),
        notes: context
            .notes()
            .iter()
            .map(|(text, note)| NoteReport { text: text.clone(), count: note.count, first: note.first.clone() })
            .collect(),
    }
}

fn file_report(account: &FileAccount) -> FileReport {
    FileReport {
        name: account.name.clone(),
        digest: account.digest.clone(),
        read: account.read,
        kept: account.kept,
        merged: account.merged,
        lost: account.lost.iter().map(|row| LossReport { line: row.line, reason: row.reason.clone() }).collect(),
    }
}

fn network_report(source: &NetworkSource) -> NetworkReport {
    NetworkReport {
        class: source.class.as_str(),
        format: source.format.clone(),
        checked_at: format_unix(source.checked_at),
        files: source.files.iter().map(file_report).collect(),
    }
}

fn accepted_report(accepted: &AcceptedFinding) -> AcceptedReport {
    let AcceptedFinding { source, finding, reason, before, after } = accepted.clone();
    AcceptedReport { source, finding, reason, before, after }
}

fn geo_report(account: &GeoSource) -> GeoReport {
    GeoReport {
        name: account.name.clone(),
        database: account.database.clone(),
        built: account.built.map(format_unix),
        networks_v4: account.networks_v4,
        networks_v6: account.networks_v6,
        without_country: account.without_country,
    }
}

fn report(
    bytes: &[u8],
    details: &[u8],
    input: &BlobInput,
    sources: Vec<SourceReport>,
    mergers: Vec<Merged>,
    warnings: Vec<String>,
) -> Result<Report, BuildError> {
    let mut blob = Blob::open(bytes).map_err(|error| BuildError::ReadBack(error.to_string()))?;
    blob.attach(details).map_err(|error| BuildError::ReadBack(error.to_string()))?;
    let sections =
        blob.sections().map(|section| SectionReport { name: section.kind.name().to_owned(), bytes: section.data.len() as u64 }).collect();
    Ok(Report {
        bytes: bytes.len() as u64,
        digest: blake3::hash(bytes).to_hex().to_string(),
        details_bytes: details.len() as u64,
        details_digest: blake3::hash(details).to_hex().to_string(),
        created: format_unix(input.created),
        sequence: input.sequence,
        not_after: input.not_after.map(format_unix),
        totals: Totals {
            entries: input.entries.len() as u64,
            names: input.entries.iter().map(|entry| entry.names.len() as u64).sum(),
            identifiers: input.entries.iter().map(|entry| (entry.identifiers.len() + entry.websites.len()) as u64).sum(),
            ownership: input.ownership.len() as u64,
            places: input.places.len() as u64,
            networks: input.networks.len() as u64,
            items: input.items.len() as u64,
            authorisations: input.authorisations.len() as u64,
            clearances: input.clearances.len() as u64,
        },
        sources,
        mergers,
        accepted: input.accepted.iter().map(accepted_report).collect(),
        geo: input.geo.iter().map(geo_report).collect(),
        calibration: calibrate::report(&blob),
        networks: input.network_sources.iter().map(network_report).collect(),
        places: answers::of(blob.policy(), input.created),
        sections,
        warnings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use weighbridge_blob::model::FileAccount;
    use weighbridge_blob::words::{Kind, List};

    #[test]
    fn a_lists_own_file_replaces_the_copy() {
        let source = |id: &str, format: &str, lists: &[List]| Source {
            id: id.into(),
            format: format.into(),
            lists: lists.iter().copied().collect(),
            files: vec![FileAccount { name: "x.csv".into(), read: 3, kept: 3, ..FileAccount::default() }],
            ..Source::default()
        };
        let entry = |id: &str, list| Entry::new(id, Some(list), Kind::Person);
        let mut input = BlobInput {
            sources: vec![source("csl", "csl-csv", &[List::Sdn, List::Dpl, List::El]), source("sdn", "ofac-csv", &[List::Sdn])],
            entries: vec![entry("csl:1", List::Sdn), entry("csl:2", List::Dpl), entry("csl:3", List::El), entry("sdn:1", List::Sdn)],
            ..BlobInput::default()
        };
        let mut reports: Vec<SourceReport> = input
            .sources
            .iter()
            .map(|s| SourceReport {
                id: s.id.clone(),
                format: s.format.clone(),
                lists: Vec::new(),
                checked_at: String::new(),
                entries: 3,
                names: 0,
                identifiers: 0,
                addresses: 0,
                files: vec![FileReport { name: "x.csv".into(), digest: String::new(), read: 3, kept: 3, merged: 0, lost: Vec::new() }],
                notes: Vec::new(),
            })
            .collect();
        replace_copies(&mut input, &mut reports);
        let mergers = merge::same_party(&mut input.entries, &mut input.ownership, Day::of_unix(input.created));
        account_mergers(&mergers, &mut input.sources, &mut reports);
        assert_eq!(input.entries.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["csl:2", "csl:3", "sdn:1"]);
        assert_eq!(input.sources[0].lists, [List::Dpl, List::El].into_iter().collect());
        assert_eq!((input.sources[0].files[0].kept, input.sources[0].files[0].merged), (2, 1));
        assert_eq!((reports[0].entries, reports[0].files[0].kept, reports[0].notes[0].count), (2, 2, 1));
        assert_eq!(input.sources[1].files[0].kept, 3);
    }
}
