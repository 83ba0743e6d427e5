//! The build file: what goes into a blob. TOML; paths are relative to the file itself.
//!
//! Every error names the file, the line and the field, and what to write instead.

use crate::calibrate::SAMPLE;
use crate::geo::GeoFormat;
use crate::geo::overlay::Correction;
use crate::guard::{Field, Guard};
use crate::network::{NetworkFormat, NetworkSpec};
use crate::source::{FORMATS, Format, country, format};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use weighbridge_blob::date::{Day, parse_unix};
use weighbridge_blob::model::{Authorisation, Clearance, Item, Route};
use weighbridge_blob::place::Place;
use weighbridge_blob::places::Distinctions;
use weighbridge_blob::words::{Action, ItemClass, List, ListSet, NetworkClass};

/// Ordinary names that nobody has the patience for.
const MOST_SAMPLE: u32 = 10_000_000;

/// A build file that was read and checked.
pub struct BuildFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Where the blob goes.
    pub output: PathBuf,
    /// The blob before this one, which guards compare with; `None`: the one at `output`, if there is one.
    pub previous: Option<PathBuf>,
    /// Why findings of guards are accepted; `None`: they refuse the build. The command line says it, never the file: what was
    /// right once must not pass for ever.
    pub accept_shrink: Option<String>,
    /// The policy file; `None`: the default policy.
    pub policy: Option<PathBuf>,
    /// Rises with every release of one deployment.
    pub sequence: u64,
    /// After which no gate may use the blob, Unix seconds.
    pub not_after: Option<i64>,
    /// When the blob counts as built, Unix seconds; `None`: the newest `checked_at`.
    pub created: Option<i64>,
    /// Free mail hosts beside the compiled-in ones.
    pub free_mail: Vec<String>,
    /// Most ordinary names of each kind that scores are calibrated on; 0 = the scale of the reference list.
    pub sample: u32,
    /// The lists.
    pub sources: Vec<SourceSpec>,
    /// The address databases; the first that knows an address answers.
    pub geo: Vec<GeoSpec>,
    /// What is known better than the databases; wins over all of them.
    pub overlays: Vec<Overlay>,
    /// What the place table tells apart; `None`: what the policy asks for.
    pub distinctions: Option<Distinctions>,
    /// What is known of networks beside their place.
    pub networks: Vec<NetworkSpec>,
    /// What is offered.
    pub items: Vec<Item>,
    /// Licences, exceptions and appeals, with the line each stands on.
    pub authorisations: Vec<(Authorisation, usize)>,
    /// False-positive decisions, with the line each stands on.
    pub clearances: Vec<(Clearance, usize)>,
}

/// One list to read.
pub struct SourceSpec {
    /// Its id: `us_ofac_sdn`.
    pub id: String,
    /// Its format.
    pub format: &'static Format,
    /// A file, or the folder or archive that holds the set.
    pub path: PathBuf,
    /// When it was last confirmed current, Unix seconds.
    pub checked_at: i64,
    /// The publication date, Unix seconds.
    pub published: Option<i64>,
    /// Lists that it provides beside those that its rows name: a list may have no row today.
    pub provides: ListSet,
    /// Whether it is the official file, which has at least what is known of such files.
    pub official: bool,
    /// What it must have.
    pub guard: Guard,
}

/// One address database to read.
pub struct GeoSpec {
    /// The file.
    pub path: PathBuf,
    /// Its form.
    pub format: GeoFormat,
    /// The countries whose regions are kept; `None`: those of which the policy names a region.
    pub regions: Option<Vec<Place>>,
    /// What changed since, to be applied in this order.
    pub deltas: Vec<PathBuf>,
}

/// Corrections of address databases.
pub enum Overlay {
    /// Networks, and why they are corrected.
    Networks(Vec<Correction>, String),
    /// A geofeed (RFC 8805).
    Geofeed(PathBuf),
}

/// Why a build file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildFileError {
    /// It could not be read.
    #[error("cannot read the build file `{}`: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It says something that it must not.
    #[error("`{}`, line {line}: {message}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// 1-based line.
        line: usize,
        /// What is wrong, with the field and the remedy.
        message: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    output: Spanned<String>,
    policy: Option<String>,
    previous: Option<String>,
    #[serde(default)]
    sequence: u64,
    not_after: Option<Time>,
    created: Option<Time>,
    #[serde(default)]
    free_mail: Vec<Spanned<String>>,
    #[serde(default)]
    screening: RawScreening,
    #[serde(default)]
    source: Vec<Spanned<RawSource>>,
    #[serde(default)]
    geo: Vec<RawGeo>,
    #[serde(default)]
    overlay: Vec<Spanned<RawOverlay>>,
    #[serde(default)]
    places: RawPlaces,
    #[serde(default)]
    network: Vec<Spanned<RawNetwork>>,
    #[serde(default)]
    item: Vec<RawItem>,
    #[serde(default)]
    authorisation: Vec<RawAuthorisation>,
    #[serde(default)]
    clearance: Vec<RawClearance>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScreening {
    sample: Option<Spanned<u32>>,
}

/// A time: a TOML date or date-time, or the same as text.
type Time = Spanned<toml::Value>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSource {
    id: Spanned<String>,
    format: Spanned<String>,
    path: String,
    checked_at: Option<Time>,
    published: Option<Time>,
    #[serde(default)]
    provides: Vec<Spanned<String>>,
    #[serde(default)]
    official: bool,
    #[serde(default)]
    guard: RawGuard,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGuard {
    minimum_entries: Option<u64>,
    #[serde(default)]
    known: Vec<Spanned<String>>,
    #[serde(default)]
    fill: RawFill,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFill {
    birth_dates: Option<Spanned<f64>>,
    countries: Option<Spanned<f64>>,
    addresses: Option<Spanned<f64>>,
    identifiers: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGeo {
    path: Spanned<String>,
    format: Option<Spanned<String>>,
    regions: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    deltas: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOverlay {
    path: Option<String>,
    networks: Option<Vec<Spanned<String>>>,
    place: Option<Spanned<String>>,
    reason: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlaces {
    countries: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNetwork {
    class: Spanned<String>,
    format: Spanned<String>,
    path: Spanned<String>,
    #[serde(default)]
    ranges: Vec<Spanned<String>>,
    checked_at: Option<Time>,
    published: Option<Time>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawItem {
    id: Spanned<String>,
    class: Spanned<String>,
    #[serde(default)]
    eccn: String,
    #[serde(default)]
    notice: bool,
    #[serde(default)]
    evidence: String,
    #[serde(default)]
    routes: Vec<Spanned<RawRoute>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRoute {
    huggingface: Option<String>,
    openai: Option<String>,
    oci: Option<String>,
    glob: Option<String>,
    action: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAuthorisation {
    id: Spanned<String>,
    kind: Spanned<String>,
    party: Spanned<String>,
    item: Spanned<String>,
    place: Option<Spanned<String>>,
    rules: Spanned<Vec<String>>,
    from: Time,
    to: Time,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClearance {
    party: Spanned<String>,
    entry: Spanned<String>,
    reason: Spanned<String>,
    by: Spanned<String>,
    expires: Time,
}

/// Reads a build file. `checked_at` (Unix seconds) is for sources that do not say when they were last checked.
///
/// # Errors
/// [`BuildFileError`] for the first thing that is wrong.
pub fn read(path: &Path, checked_at: Option<i64>) -> Result<BuildFile, BuildFileError> {
    let text = std::fs::read(path).map_err(|source| BuildFileError::Open { path: path.to_owned(), source })?;
    let text = String::from_utf8(text).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..valid].iter().filter(|b| **b == b'\n').count();
        BuildFileError::Field { path: path.to_owned(), line, message: "not UTF-8; save the file as UTF-8".to_owned() }
    })?;
    parse(path, &text, checked_at)
}

/// Checks the text of a build file that lies at `path`.
///
/// # Errors
/// [`BuildFileError`] for the first thing that is wrong.
pub fn parse(path: &Path, text: &str, checked_at: Option<i64>) -> Result<BuildFile, BuildFileError> {
    let checker = Checker { path, text };
    let raw: Raw = toml::from_str(text).map_err(|error| {
        let message = error.message().trim_end_matches('.').replace('\n', "; ");
        checker.error(&error.span().unwrap_or(0..0), format!("{message}; the keys are in the listbuilder's README"))
    })?;
    checker.file(raw, checked_at)
}

struct Checker<'a> {
    path: &'a Path,
    text: &'a str,
}

type Checked<T> = Result<T, BuildFileError>;

impl Checker<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        1 + self.text.bytes().take(span.start).filter(|b| *b == b'\n').count()
    }

    fn error(&self, span: &Range<usize>, message: impl Into<String>) -> BuildFileError {
        BuildFileError::Field { path: self.path.to_owned(), line: self.line(span), message: message.into() }
    }

    fn beside(&self, path: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }

    fn file(&self, raw: Raw, checked_at: Option<i64>) -> Checked<BuildFile> {
        if raw.source.is_empty() {
            return Err(self.error(&(0..0), "no [[source]]; a blob without lists would clear everybody: name at least one"));
        }
        self.filled("output", &raw.output)?;
        let mut ids = HashSet::new();
        let mut sources = Vec::new();
        for source in raw.source {
            let source = self.source(source, checked_at, &mut ids)?;
            sources.push(source);
        }
        let geo = raw.geo.into_iter().map(|geo| self.geo(geo)).collect::<Checked<_>>()?;
        let overlays = raw.overlay.into_iter().map(|overlay| self.overlay(overlay)).collect::<Checked<_>>()?;
        let distinctions = match &raw.places.countries {
            None => None,
            Some(word) => match word.get_ref().as_str() {
                "auto" => None,
                "all" => Some(Distinctions::All),
                "policy" => Some(Distinctions::Policy),
                other => {
                    return Err(self.error(&word.span(), format!("places.countries: unknown word `{other}`; write auto, all or policy")));
                }
            },
        };
        let networks = raw.network.into_iter().map(|network| self.network(network, checked_at)).collect::<Checked<_>>()?;
        let items = self.items(raw.item)?;
        let authorisations = self.authorisations(raw.authorisation, &items)?;
        let clearances = raw.clearance.into_iter().map(|clearance| self.clearance(clearance)).collect::<Checked<_>>()?;
        let mut free_mail = Vec::new();
        for host in raw.free_mail {
            if !host.get_ref().contains('.') || host.get_ref().contains(['@', '/', ' ']) {
                return Err(self.error(&host.span(), format!("free_mail: `{}` is not a mail host; write `example.com`", host.get_ref())));
            }
            free_mail.push(host.into_inner().to_lowercase());
        }
        let created = raw.created.as_ref().map(|time| self.time("created", time)).transpose()?;
        let not_after = raw.not_after.as_ref().map(|time| self.time("not_after", time)).transpose()?;
        let newest = created.or_else(|| sources.iter().map(|s| s.checked_at).max());
        if let (Some(end), Some(start), Some(time)) = (not_after, newest, &raw.not_after)
            && end <= start
        {
            return Err(self.error(&time.span(), "not_after: lies before the time of the build, so no gate would ever take the blob"));
        }
        let sample = match raw.screening.sample {
            Some(sample) if *sample.get_ref() > MOST_SAMPLE => {
                let why = format!("screening.sample: {} is more than {MOST_SAMPLE}; left out it is {SAMPLE}", sample.get_ref());
                return Err(self.error(&sample.span(), why));
            }
            sample => sample.map_or(SAMPLE, Spanned::into_inner),
        };
        Ok(BuildFile {
            path: self.path.to_owned(),
            output: self.beside(raw.output.get_ref()),
            previous: raw.previous.map(|path| self.beside(&path)),
            accept_shrink: None,
            policy: raw.policy.map(|path| self.beside(&path)),
            sequence: raw.sequence,
            not_after,
            created,
            free_mail,
            sample,
            sources,
            geo,
            overlays,
            distinctions,
            networks,
            items,
            authorisations,
            clearances,
        })
    }

    fn source(&self, raw: Spanned<RawSource>, default: Option<i64>, ids: &mut HashSet<String>) -> Checked<SourceSpec> {
        let span = raw.span();
        let raw = raw.into_inner();
        let id = raw.id.get_ref();
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-') {
            return Err(self.error(&raw.id.span(), format!("id: `{id}` must be small letters, digits, `_` and `-`: `us_ofac_sdn`")));
        }
        if !ids.insert(id.clone()) {
            return Err(self.error(&raw.id.span(), format!("id: `{id}` occurs twice; each source needs its own")));
        }
        let Some(format) = format(raw.format.get_ref()) else {
            let known = FORMATS.iter().map(|f| f.name).collect::<Vec<_>>().join(", ");
            return Err(self.error(&raw.format.span(), format!("format: unknown format `{}`; known are {known}", raw.format.get_ref())));
        };
        let checked_at = match (&raw.checked_at, default) {
            (Some(time), _) => self.time("checked_at", time)?,
            (None, Some(default)) => default,
            (None, None) => {
                return Err(self.error(
                    &span,
                    format!(
                        "checked_at: source `{id}` does not say when it was last confirmed current, from which its freshness counts; \
                         write `checked_at = \"2026-11-22T10:00:00Z\"`, or build with `--checked-at now`"
                    ),
                ));
            }
        };
        let published = raw.published.as_ref().map(|time| self.time("published", time)).transpose()?;
        let mut provides = ListSet::EMPTY;
        for list in &raw.provides {
            let list: List = list.get_ref().parse().map_err(|error| self.error(&list.span(), format!("provides: {error}")))?;
            provides = provides.union(ListSet::of(list));
        }
        let guard = self.guard(raw.guard)?;
        let (id, path, official) = (raw.id.into_inner(), self.beside(&raw.path), raw.official);
        Ok(SourceSpec { id, format, path, checked_at, published, provides, official, guard })
    }

    fn guard(&self, raw: RawGuard) -> Checked<Guard> {
        let known = raw.known.iter().map(|known| self.filled("guard.known", known)).collect::<Checked<_>>()?;
        let shares = [
            (Field::BirthDates, raw.fill.birth_dates),
            (Field::Countries, raw.fill.countries),
            (Field::Addresses, raw.fill.addresses),
            (Field::Identifiers, raw.fill.identifiers),
        ];
        let mut fill = Vec::new();
        for (field, share) in shares.into_iter().filter_map(|(field, share)| Some((field, share?))) {
            if !(0.0..=1.0).contains(share.get_ref()) {
                let message = format!("guard.fill.{}: `{}` is no share; write 0 to 1: 0.3 is 30 %", field.as_str(), share.get_ref());
                return Err(self.error(&share.span(), message));
            }
            fill.push((field, share.into_inner()));
        }
        Ok(Guard { minimum_entries: raw.minimum_entries, known, fill })
    }

    fn geo(&self, raw: RawGeo) -> Checked<GeoSpec> {
        let path = self.beside(raw.path.get_ref());
        let format = match &raw.format {
            Some(name) => GeoFormat::from_name(name.get_ref()).ok_or_else(|| {
                self.error(&name.span(), format!("format: unknown format `{}`; known are mmdb, csv, geofeed", name.get_ref()))
            })?,
            None => GeoFormat::of_path(&path).ok_or_else(|| {
                let message = format!(
                    "path: `{}` ends neither in .mmdb nor in .csv; add `format = \"mmdb\"` or `format = \"csv\"`",
                    raw.path.get_ref()
                );
                self.error(&raw.path.span(), message)
            })?,
        };
        let country = |code: Spanned<String>| match code.get_ref().parse::<Place>() {
            Ok(place) if place.is_code() => Ok(place.without_region()),
            Ok(_) => Err(self.error(&code.span(), format!("regions: `{}` is no country; write `UA`", code.get_ref()))),
            Err(error) => Err(self.error(&code.span(), format!("regions: {error}"))),
        };
        let regions = raw.regions.map(|list| list.into_iter().map(country).collect::<Checked<_>>()).transpose()?;
        let deltas = raw.deltas.iter().map(|path| self.beside(path)).collect();
        Ok(GeoSpec { path, format, regions, deltas })
    }

    fn overlay(&self, raw: Spanned<RawOverlay>) -> Checked<Overlay> {
        let span = raw.span();
        let raw = raw.into_inner();
        match (raw.path, raw.networks) {
            (Some(path), None) if raw.place.is_none() && raw.reason.is_none() => Ok(Overlay::Geofeed(self.beside(&path))),
            (None, Some(networks)) => {
                let place = raw.place.as_ref().map(|place| self.place("place", place)).transpose()?;
                let Some(reason) = raw.reason else {
                    return Err(self.error(&span, "overlay: `reason` is missing; say why the networks are corrected, the blob records it"));
                };
                let reason = self.filled("reason", &reason)?;
                let mut corrections: Vec<Correction> = Vec::new();
                for network in &networks {
                    let text = network.get_ref();
                    let correction = Correction::of(text, place).ok_or_else(|| {
                        let message = format!("networks: `{text}` is no network, or has bits behind its prefix; write `192.0.2.0/24`");
                        self.error(&network.span(), message)
                    })?;
                    corrections.push(correction);
                }
                Ok(Overlay::Networks(corrections, reason))
            }
            _ => Err(self.error(&span, "overlay: write either `path`, a geofeed, or `networks` with `place` and `reason`")),
        }
    }

    fn network(&self, raw: Spanned<RawNetwork>, default: Option<i64>) -> Checked<NetworkSpec> {
        let span = raw.span();
        let raw = raw.into_inner();
        let class: NetworkClass = raw.class.get_ref().parse().map_err(|error| self.error(&raw.class.span(), format!("class: {error}")))?;
        let format = NetworkFormat::from_name(raw.format.get_ref()).ok_or_else(|| {
            let message = format!("format: unknown format `{}`; known are {}", raw.format.get_ref(), NetworkFormat::NAMES);
            self.error(&raw.format.span(), message)
        })?;
        let path = self.beside(&self.filled("path", &raw.path)?);
        let ranges = raw.ranges.iter().map(|path| Ok(self.beside(&self.filled("ranges", path)?))).collect::<Checked<Vec<_>>>()?;
        match (format, ranges.is_empty()) {
            (NetworkFormat::Asn, true) => {
                let message =
                    "ranges: AS numbers say no addresses; name tables `first,last,asn,organisation`: `ranges = [\"asn-ipv4.csv\"]`";
                return Err(self.error(&raw.format.span(), message));
            }
            (NetworkFormat::Cidr | NetworkFormat::TorExits, false) => {
                return Err(self.error(&raw.format.span(), "ranges: only `format = \"asn\"` asks tables; take it out"));
            }
            _ => {}
        }
        let checked_at = match (&raw.checked_at, default) {
            (Some(time), _) => self.time("checked_at", time)?,
            (None, Some(default)) => default,
            (None, None) => {
                let message = "checked_at: the network file does not say when it was last confirmed current; write \
                    `checked_at = \"2026-11-22T10:00:00Z\"`, or build with `--checked-at now`";
                return Err(self.error(&span, message));
            }
        };
        let published = raw.published.as_ref().map(|time| self.time("published", time)).transpose()?;
        Ok(NetworkSpec { class, format, path, ranges, checked_at, published })
    }

    fn items(&self, raw: Vec<RawItem>) -> Checked<Vec<Item>> {
        let mut items = Vec::new();
        let mut seen: HashMap<String, String> = HashMap::new();
        for raw in raw {
            let id = raw.id.get_ref().clone();
            self.filled("id", &raw.id)?;
            if items.iter().any(|item: &Item| item.id == id) {
                return Err(self.error(&raw.id.span(), format!("id: item `{id}` occurs twice")));
            }
            let class: ItemClass = raw.class.get_ref().parse().map_err(|error| self.error(&raw.class.span(), format!("class: {error}")))?;
            if class == ItemClass::Published && raw.evidence.trim().is_empty() {
                let message = format!(
                    "evidence: item `{id}` is `published` and names none; say where and since when its weights are public (15 CFR 734.7)"
                );
                return Err(self.error(&raw.class.span(), message));
            }
            let mut routes = Vec::new();
            for route in &raw.routes {
                let (shown, parsed) = self.route(route)?;
                if let Some(other) = seen.insert(shown.clone(), id.clone()) {
                    return Err(self.error(&route.span(), format!("routes: `{shown}` already leads to item `{other}`")));
                }
                routes.push(parsed);
            }
            items.push(Item { id, class, eccn: raw.eccn, notice: raw.notice, evidence: raw.evidence, routes });
        }
        Ok(items)
    }

    fn route(&self, raw: &Spanned<RawRoute>) -> Checked<(String, Route)> {
        let error = |message: String| self.error(&raw.span(), format!("routes: {message}"));
        match raw.get_ref() {
            RawRoute { huggingface: Some(repository), openai: None, oci: None, glob: None, action: None } => {
                let parts: Vec<&str> = repository.split('/').collect();
                if parts.len() != 2 || parts.iter().any(|part| part.is_empty() || part.contains([' ', '?', '#', '*'])) {
                    return Err(error(format!("`{repository}` is not a Hugging Face repository; write `org/name`")));
                }
                Ok((format!("huggingface {repository}"), Route::HuggingFace(repository.clone())))
            }
            RawRoute { huggingface: None, openai: Some(base), oci: None, glob: None, action: None } => {
                if !base.starts_with('/') || base.contains(['?', '#', '*', ' ']) {
                    return Err(error(format!("`{base}` is not a base path; write `/serve/name/v1`")));
                }
                let base = base.trim_end_matches('/');
                Ok((format!("openai {base}"), Route::OpenAi(base.to_owned())))
            }
            RawRoute { huggingface: None, openai: None, oci: Some(name), glob: None, action: None } => {
                if !oci_name(name) {
                    return Err(error(format!("`{name}` is not a repository of an OCI registry; write `org/name` in lower case")));
                }
                Ok((format!("oci {name}"), Route::Oci(name.clone())))
            }
            RawRoute { huggingface: None, openai: None, oci: None, glob: Some(pattern), action: Some(action) } => {
                if !pattern.starts_with('/') || pattern.contains(['?', '#', ' ']) {
                    return Err(error(format!("`{pattern}` is not a path pattern; write `/files/**`")));
                }
                let action: Action = action.parse().map_err(|e| error(format!("{e}")))?;
                Ok((format!("glob {pattern}"), Route::Glob(pattern.clone(), action)))
            }
            RawRoute { glob: Some(pattern), action: None, .. } => {
                Err(error(format!("glob `{pattern}` does not say what it does; add `action = \"download\"`")))
            }
            _ => Err(error(
                "write one of { huggingface = \"org/name\" }, { openai = \"/path/v1\" }, { oci = \"org/name\" }, { glob = \"/path/**\", action = \"download\" }"
                    .to_owned(),
            )),
        }
    }

    fn authorisations(&self, raw: Vec<RawAuthorisation>, items: &[Item]) -> Checked<Vec<(Authorisation, usize)>> {
        let mut out: Vec<(Authorisation, usize)> = Vec::new();
        for raw in raw {
            let id = self.filled("id", &raw.id)?;
            if out.iter().any(|(other, _)| other.id == id) {
                return Err(self.error(&raw.id.span(), format!("id: authorisation `{id}` occurs twice")));
            }
            let item = self.filled("item", &raw.item)?;
            if item != "*" && !items.iter().any(|known| known.id == item) {
                return Err(self.error(&raw.item.span(), format!("item: `{item}` is no [[item]] of this file; write an item's id, or `*`")));
            }
            let rules = raw.rules.get_ref();
            if rules.is_empty() || rules.iter().any(|rule| rule.trim().is_empty()) {
                return Err(self.error(
                    &raw.rules.span(),
                    format!("rules: authorisation `{id}` lifts no rule; name the rules, as in `[\"BIS-4E091\"]`"),
                ));
            }
            let (from, to) = (self.day("from", &raw.from)?, self.day("to", &raw.to)?);
            if to < from {
                return Err(self.error(&raw.to.span(), format!("to: `{to}` lies before `from` ({from})")));
            }
            let line = self.line(&raw.id.span());
            let place = raw.place.as_ref().map(|place| self.place("place", place)).transpose()?;
            let (kind, party) = (self.filled("kind", &raw.kind)?, self.party(&raw.party)?);
            out.push((Authorisation { id, kind, party, item, place, rules: raw.rules.into_inner(), from, to }, line));
        }
        Ok(out)
    }

    fn clearance(&self, raw: RawClearance) -> Checked<(Clearance, usize)> {
        let party = self.party(&raw.party)?;
        if party == "*" {
            return Err(self.error(&raw.party.span(), "party: a clearance is for one requester, `*` would clear everybody"));
        }
        let clearance = Clearance {
            party,
            entry: self.filled("entry", &raw.entry)?,
            reason: self.filled("reason", &raw.reason)?,
            by: self.filled("by", &raw.by)?,
            expires: self.day("expires", &raw.expires)?,
        };
        Ok((clearance, self.line(&raw.party.span())))
    }

    fn filled(&self, field: &str, text: &Spanned<String>) -> Checked<String> {
        let value = text.get_ref().trim();
        if value.is_empty() { Err(self.error(&text.span(), format!("{field}: empty"))) } else { Ok(value.to_owned()) }
    }

    fn party(&self, text: &Spanned<String>) -> Checked<String> {
        let party = self.filled("party", text)?;
        let named = party.split_once(':').is_some_and(|(kind, name)| !kind.trim().is_empty() && !name.trim().is_empty());
        if party == "*" || named {
            return Ok(party);
        }
        Err(self.error(
            &text.span(),
            format!("party: `{party}` names nobody; write `account:42` or `organization:Acme Ltd`, or `*` in an authorisation"),
        ))
    }

    fn place(&self, field: &str, text: &Spanned<String>) -> Checked<Place> {
        match country::place(text.get_ref()) {
            country::Country::Place(place) => Ok(place),
            _ => Err(self.error(&text.span(), format!("{field}: `{}` is not a place; write ISO 3166: `UA`, `UA-43`", text.get_ref()))),
        }
    }

    fn time(&self, field: &str, value: &Time) -> Checked<i64> {
        let text = match value.get_ref() {
            toml::Value::String(text) => text.clone(),
            toml::Value::Datetime(time) => time.to_string(),
            other => other.to_string(),
        };
        parse_unix(&text).map_err(|_| {
            self.error(&value.span(), format!("{field}: `{text}` is not a time in UTC; write `2026-11-22T10:00:00Z` or `2026-11-22`"))
        })
    }

    fn day(&self, field: &str, value: &Time) -> Checked<Day> {
        self.time(field, value).map(Day::of_unix)
    }
}

/// Whether a text is a repository's name in the OCI distribution specification: components in lower case, with `/` between.
fn oci_name(name: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let component = |part: &str| {
        let ends = part.bytes().next().is_some_and(alphanumeric) && part.bytes().last().is_some_and(alphanumeric);
        ends && part.bytes().all(|byte| alphanumeric(byte) || b"._-".contains(&byte))
    };
    name.len() <= 255 && name.split('/').all(component)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str =
        "output = \"out.blob\"\n[[source]]\nid = \"a\"\nformat = \"house-csv\"\npath = \"a.csv\"\nchecked_at = 2026-11-22T10:00:00Z\n";

    fn check(more: &str) -> Result<BuildFile, String> {
        parse(Path::new("lists/build.toml"), &format!("{SOURCE}{more}"), None).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn check_error(text: &str, parts: &[&str]) {
        let message = parse(Path::new("build.toml"), text, None).err().unwrap().to_string();
        for part in parts {
            assert!(message.contains(part), "{message}");
        }
    }

    #[track_caller]
    fn check_more(more: &str, parts: &[&str]) {
        check_error(&format!("{SOURCE}{more}"), parts);
    }

    #[test]
    fn a_whole_file() {
        let file = check(
            r#"published = "2026-11-20"
provides = ["EL"]
[[geo]]
path = "geo.csv"
[[item]]
id = "acme/open"
class = "published"
evidence = "public since 2026-01-01"
routes = [{ huggingface = "acme/open" }, { openai = "/serve/open/v1/" }, { glob = "/files/**", action = "download" }]
[[authorisation]]
id = "L-1"
kind = "bis-licence"
party = "organization:Example Ltd"
item = "acme/open"
place = "SG"
rules = ["R"]
from = 2026-01-01
to = "2026-12-31"
[[clearance]]
party = "account:42"
entry = "a:1"
reason = "another person"
by = "compliance"
expires = "2027-01-01"
"#,
        )
        .unwrap();
        assert_eq!(file.output, Path::new("lists/out.blob"));
        assert_eq!(file.sources[0].checked_at, 1_795_341_600);
        assert!(file.sources[0].provides.contains(List::El));
        assert_eq!(file.geo[0].format, GeoFormat::Csv);
        assert_eq!(file.items[0].routes[1], Route::OpenAi("/serve/open/v1".to_owned()));
        assert_eq!(file.authorisations[0].0.to.to_string(), "2026-12-31");
        assert_eq!(file.clearances[0].0.party, "account:42");
    }

    #[test]
    fn errors_name_line_field_and_remedy() {
        check_error("output = \"x\"\n", &["line 1", "[[source]]"]);
        check_error("output = \"x\"\ncolour = 1\n", &["line 2", "colour", "README"]);
        let source = |line: &str| format!("output = \"x\"\n[[source]]\nid = \"a\"\nformat = \"house-csv\"\npath = \"a.csv\"\n{line}");
        check_error(&source(""), &["line 2", "checked_at", "--checked-at now"]);
        check_error(&source("checked_at = \"yesterday\"\n"), &["line 6", "checked_at", "yesterday", "2026-11-22T10:00:00Z"]);
        check_error(&source("").replace("house-csv", "house-xml"), &["line 4", "house-xml", "ofac-csv"]);
        check_error(&source("").replace("\"a\"", "\"A B\""), &["line 3", "id", "us_ofac_sdn"]);
        check_more("provides = [\"XX\"]\n", &["line 7", "provides", "XX", "SDN"]);
        check_more("guard = { fill = { countries = 30 } }\n", &["line 7", "guard.fill.countries", "30", "0.3"]);
        check_more("guard = { known = [\" \"] }\n", &["line 7", "guard.known", "empty"]);
        check_more("guard = { minimum = 3 }\n", &["line 7", "minimum_entries"]);
        check_more("[[source]]\nid = \"a\"\nformat = \"house-csv\"\npath = \"b\"\n", &["line 8", "twice"]);
        check_more("[[geo]]\npath = \"x.dat\"\n", &["line 8", "x.dat", "mmdb"]);
        check_more("[[item]]\nid = \"i\"\nclass = \"published\"\n", &["line 9", "evidence", "734.7"]);
        check_more("[[item]]\nid = \"i\"\nclass = \"open\"\n", &["line 9", "open", "closed_unknown"]);
        let item = |routes: &str| format!("[[item]]\nid = \"i\"\nclass = \"closed\"\nroutes = {routes}\n");
        check_more(&item("[{ glob = \"/f/**\" }]"), &["line 10", "action"]);
        check_more(&item("[{ glob = \"/f\", action = \"eat\" }]"), &["line 10", "eat", "download"]);
        check_more(&item("[{ huggingface = \"acme\" }]"), &["line 10", "org/name"]);
        check_more(&item("[{ oci = \"Acme/x\" }]"), &["line 10", "Acme/x", "lower case"]);
        check_more(&item("[{ huggingface = \"a/b\", openai = \"/x\" }]"), &["line 10", "one of"]);
        check_more(&item("[{ openai = \"/x\" }, { openai = \"/x/\" }]"), &["line 10", "already leads to item `i`"]);
        let licence = |party: &str, item: &str, to: &str| {
            format!(
                "[[authorisation]]\nid = \"L\"\nkind = \"k\"\nparty = \"{party}\"\nitem = \"{item}\"\nrules = [\"R\"]\nfrom = 2026-01-02\nto = {to}\n"
            )
        };
        check_more(&licence("account:1", "none", "2027-01-01"), &["line 11", "none", "[[item]]"]);
        check_more(&licence("acme", "*", "2027-01-01"), &["line 10", "acme", "account:42"]);
        check_more(&licence("*", "*", "2026-01-01"), &["line 14", "before"]);
        check_more(
            "[[clearance]]\nparty = \"*\"\nentry = \"a:1\"\nreason = \"r\"\nby = \"b\"\nexpires = 2027-01-01\n",
            &["line 8", "everybody"],
        );
        check_error(&format!("not_after = 2020-01-01\n{SOURCE}"), &["line 1", "not_after"]);
    }
}
