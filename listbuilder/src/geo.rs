//! Address databases to runs of addresses with one place: MMDB files, CSV ranges and geofeeds; corrections over them, and
//! deltas between them.
//!
//! IPv4 stands in its IPv4-mapped form (`::ffff:0:0/96`, RFC 4291 §2.5.5.2), wherever the database keeps it.

pub mod delta;
pub mod overlay;
mod record;

use crate::source::{Input, SourceError};
use record::Record;
use std::collections::HashMap;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use weighbridge_blob::model::{GeoSource, PlaceRange};
use weighbridge_blob::place::Place;

/// The form of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeoFormat {
    /// MaxMind DB: the nested record of GeoIP2 and DB-IP (`country.iso_code`, `subdivisions[0]`) or a flat one
    /// (`country_code`, `state1`; `country`, `region`, `region_code`).
    Mmdb,
    /// `first,last,place` a row, with or without that header; or any columns with a header that names them, see
    /// [`read`]. A place is ISO 3166: `UA`, `UA-43`.
    Csv,
    /// A geofeed, RFC 8805.
    Geofeed,
}

impl GeoFormat {
    /// The format of a name in build files.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "mmdb" => Some(Self::Mmdb),
            "csv" => Some(Self::Csv),
            "geofeed" => Some(Self::Geofeed),
            _ => None,
        }
    }

    /// The format that a file's name tells.
    pub fn of_path(path: &std::path::Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let name = [".gz", ".zip"].iter().find_map(|packed| name.strip_suffix(packed)).unwrap_or(&name).to_owned();
        Self::from_name(name.rsplit('.').next()?)
    }
}

/// What a database holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Geo {
    /// Sorted, without overlap, neighbours of one place joined.
    pub ranges: Vec<PlaceRange>,
    /// The database's account of itself.
    pub account: GeoSource,
}

/// Why a database could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GeoError {
    /// The file could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// No usable MMDB.
    #[error("`{}` is not a usable MMDB file: {message}; download it again", path.display())]
    Mmdb {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A delta that cannot be applied.
    #[error("`{}`: {source}", path.display())]
    Delta {
        /// The file.
        path: PathBuf,
        /// Why.
        source: delta::DeltaError,
    },
    /// A database without a country in it.
    #[error("`{}` ({database}) holds no country; a country or city database is needed", path.display())]
    NoCountries {
        /// The file.
        path: PathBuf,
        /// The database's own type.
        database: String,
    },
}

/// Reads a database. Regions are kept for the countries in `regions` only: each more makes the table larger, and most
/// rules ask for countries.
///
/// A CSV file without a header has `first,last,place`. A header names the columns: `first` (`start`, `start_ip`,
/// `ip_range_start`) and `last` (`end`, `end_ip`, `ip_range_end`), or `network` (`cidr`, `prefix`); `place` (`country`,
/// `country_code`, `country_iso_code`); and if there are any `region_code` and `region` (`state1`, `region_name`).
///
/// # Errors
/// [`GeoError`] with the file, and for CSV the line.
pub fn read(input: &Input, format: GeoFormat, regions: &[Place]) -> Result<Geo, GeoError> {
    match format {
        GeoFormat::Mmdb => read_mmdb(input, regions),
        GeoFormat::Csv => read_csv(input, regions),
        GeoFormat::Geofeed => {
            let (rows, account) = overlay::geofeed(input)?;
            Ok(Geo { ranges: overlay::lay(&[], &rows), account })
        }
    }
}

fn read_mmdb(input: &Input, regions: &[Place]) -> Result<Geo, GeoError> {
    let mut ranges = Vec::new();
    let mut without_country = 0;
    // Many networks share one record; each is decoded once.
    let mut places: HashMap<usize, Option<Place>> = HashMap::new();
    let mut account = each_network(input, &mut |first, last, network| {
        let place = match network.offset().and_then(|offset| places.get(&offset)) {
            Some(place) => *place,
            None => {
                let place = network.decode::<Record<'_>>()?.and_then(|record| record.place(regions));
                if let Some(offset) = network.offset() {
                    places.insert(offset, place);
                }
                place
            }
        };
        match place {
            Some(place) => ranges.push(PlaceRange { first, last, place }),
            None => without_country += 1,
        }
        Ok(())
    })?;
    account.without_country = without_country;
    let path = || input.path().to_owned();
    if ranges.is_empty() {
        return Err(GeoError::NoCountries { path: path(), database: account.database });
    }
    ranges.sort_unstable_by_key(|range| range.first);
    if let Some(pair) = ranges.windows(2).find(|pair| pair[1].first <= pair[0].last) {
        let message = format!("its networks overlap at `{}`", shown(pair[1].first));
        return Err(GeoError::Mmdb { path: path(), message });
    }
    Ok(Geo { ranges: joined(ranges), account })
}

/// A record of an MMDB file.
pub type Found<'a> = maxminddb::LookupResult<'a, Vec<u8>>;

/// Every network of an MMDB file that has a record, with its first and last address, whatever the record holds: ASN and
/// Anonymous IP databases too. Each network comes once, and IPv4 in its mapped form.
///
/// # Errors
/// [`GeoError::Mmdb`] for a file that is damaged anywhere that a look-up can reach, or what `visit` says of a record.
pub fn each_network(
    input: &Input,
    visit: &mut dyn FnMut(u128, u128, &Found<'_>) -> Result<(), maxminddb::MaxMindDbError>,
) -> Result<GeoSource, GeoError> {
    let mut document = input.open_file()?;
    let (path, name) = (document.path().to_owned(), document.name().to_owned());
    let mut bytes = Vec::new();
    document.read_to_end(&mut bytes).map_err(|source| SourceError::open(&path, source))?;
    let digest = document.digest()?;
    let broken = |error: maxminddb::MaxMindDbError| GeoError::Mmdb { path: path.clone(), message: error.to_string() };
    let reader = maxminddb::Reader::from_source(bytes).map_err(broken)?;
    if let Err(error) = reader.verify() {
        // A file without a description does not keep to the format's letter, and ip-location-db's have none. What that
        // complaint leaves unchecked, the walk below meets: every node and every record.
        let complaint = matches!(&error, maxminddb::MaxMindDbError::InvalidDatabase { message, .. } if message.starts_with("description"));
        if !(complaint && reader.metadata().description.is_empty()) {
            return Err(broken(error));
        }
    }
    let database = reader.metadata().database_type.clone();
    let built = i64::try_from(reader.metadata().build_epoch).ok();
    let mut account = GeoSource { name, format: "mmdb".to_owned(), database, digest, built, ..GeoSource::default() };
    // A tree of n nodes has at most n + 1 ends; more means that it leads back to itself.
    let most = u64::from(reader.metadata().node_count).saturating_add(1);
    for network in reader.networks(maxminddb::WithinOptions::default()).map_err(broken)? {
        let network = network.map_err(broken)?;
        let bounds = network.network().map_err(broken)?;
        if bounds.is_ipv4() {
            account.networks_v4 += 1
        } else {
            account.networks_v6 += 1
        }
        if account.networks_v4 + account.networks_v6 > most {
            return Err(GeoError::Mmdb { path, message: "its tree leads back to itself".to_owned() });
        }
        let (first, last) = bounds_of(bounds.network(), bounds.prefix());
        visit(first, last, &network).map_err(broken)?;
    }
    Ok(account)
}

/// First and last address of a network.
fn bounds_of(address: IpAddr, prefix: u8) -> (u128, u128) {
    let (first, bits) = match address {
        IpAddr::V4(v4) => (mapped(v4), 32 - u32::from(prefix)),
        IpAddr::V6(v6) => (u128::from(v6), 128 - u32::from(prefix)),
    };
    (first, first | 1_u128.checked_shl(bits).map_or(u128::MAX, |size| size - 1))
}

fn mapped(address: Ipv4Addr) -> u128 {
    u128::from(address.to_ipv6_mapped())
}

fn number(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(v4) => mapped(v4),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

fn shown(address: u128) -> IpAddr {
    IpAddr::from(address.to_be_bytes()).to_canonical()
}

/// Which column of a CSV file holds what.
struct Columns {
    first: usize,
    last: Option<usize>,
    place: usize,
    region_code: Option<usize>,
    region: Option<usize>,
    /// How many there are.
    count: usize,
}

impl Columns {
    const PLAIN: Self = Self { first: 0, last: Some(1), place: 2, region_code: None, region: None, count: 3 };

    /// The columns that a header names; `None` if the row is none.
    fn of_header(row: &[&str]) -> Option<Self> {
        let find = |names: &[&str]| row.iter().position(|cell| names.iter().any(|name| cell.eq_ignore_ascii_case(name)));
        let network = find(&["network", "cidr", "prefix"]);
        let first = find(&["first", "start", "start_ip", "ip_range_start", "range_start"]);
        Some(Self {
            first: first.or(network)?,
            last: match first {
                Some(_) => Some(find(&["last", "end", "end_ip", "ip_range_end", "range_end"])?),
                None => None,
            },
            place: find(&["place", "country_code", "country_iso_code", "country"])?,
            region_code: find(&["region_code", "subdivision_1_iso_code"]),
            region: find(&["region", "region_name", "state1", "subdivision_1_name"]),
            count: row.len(),
        })
    }
}

fn read_csv(input: &Input, regions: &[Place]) -> Result<Geo, GeoError> {
    let document = input.open_file()?;
    let path = document.path().to_owned();
    let mut account = GeoSource { name: document.name().to_owned(), format: "csv".to_owned(), ..GeoSource::default() };
    let error = |line: u64, message: String| SourceError::Row { path: path.clone(), line, message };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(document);
    let mut record = csv::ByteRecord::new();
    let mut ranges: Vec<(PlaceRange, u64)> = Vec::new();
    let mut columns = Columns::PLAIN;
    while reader.read_byte_record(&mut record).map_err(|e| error(0, e.to_string()))? {
        let line = record.position().map_or(0, csv::Position::line);
        let mut fields = Vec::new();
        for (column, field) in record.iter().enumerate() {
            let text = std::str::from_utf8(field);
            fields.push(text.map_err(|_| SourceError::Utf8 { path: path.clone(), line, column: (column + 1).to_string() })?);
        }
        if line == 1
            && let Some(named) = Columns::of_header(&fields)
        {
            columns = named;
            continue;
        }
        if fields.len() != columns.count {
            let layout = if columns.count == 3 { "`first,last,place`" } else { "the columns of the header" };
            return Err(SourceError::Columns { path: path.clone(), line, layout, expected: columns.count, got: fields.len() }.into());
        }
        let field = |column: Option<usize>| column.and_then(|column| fields.get(column).copied()).unwrap_or("");
        let (from, to) = match columns.last {
            None => {
                let network = field(Some(columns.first));
                let found = overlay::Correction::of(network, None)
                    .ok_or_else(|| error(line, format!("network: `{network}` is no network, or has bits behind its prefix")))?;
                (found.first, found.last)
            }
            Some(last) => {
                let address = |name: &str, text: &str| {
                    text.parse::<IpAddr>().map_err(|_| error(line, format!("{name}: `{text}` is not an IPv4 or IPv6 address")))
                };
                let (first, last) = (field(Some(columns.first)), field(Some(last)));
                let (from, to) = (address("first", first)?, address("last", last)?);
                if from.to_canonical().is_ipv4() != to.to_canonical().is_ipv4() || number(from) > number(to) {
                    let message = format!("`{first}` to `{last}` is no range; write first and last address of one family");
                    return Err(error(line, message).into());
                }
                (number(from), number(to))
            }
        };
        if shown(from).is_ipv4() {
            account.networks_v4 += 1
        } else {
            account.networks_v6 += 1
        }
        let text = field(Some(columns.place));
        if text.is_empty() {
            account.without_country += 1;
            continue;
        }
        let Some(place) = record::text(text) else {
            return Err(error(line, format!("place: `{text}` is not a place; write ISO 3166: `UA`, `UA-43`")).into());
        };
        let (code, name) = (field(columns.region_code), field(columns.region));
        let place = if place.has_region() || (code.is_empty() && name.is_empty()) {
            place
        } else {
            record::place(place, Some(code).filter(|c| !c.is_empty()), Some(name).filter(|n| !n.is_empty()), regions)
        };
        ranges.push((PlaceRange { first: from, last: to, place }, line));
    }
    if ranges.is_empty() {
        return Err(SourceError::Empty { path }.into());
    }
    ranges.sort_unstable_by_key(|(range, _)| range.first);
    for pair in ranges.windows(2) {
        if pair[1].0.first <= pair[0].0.last {
            let (line, other) = (pair[0].1.max(pair[1].1), pair[0].1.min(pair[1].1));
            return Err(error(line, format!("the range overlaps the one of line {other} at `{}`", shown(pair[1].0.first))).into());
        }
    }
    account.digest = reader.into_inner().digest()?;
    Ok(Geo { ranges: joined(ranges.into_iter().map(|(range, _)| range).collect()), account })
}

/// The facts that a delta file makes of others.
///
/// # Errors
/// [`GeoError::Delta`], or that the file cannot be read.
pub fn apply_file(ranges: &[PlaceRange], path: &std::path::Path) -> Result<Vec<PlaceRange>, GeoError> {
    let bytes = std::fs::read(path).map_err(|source| SourceError::open(path, source))?;
    delta::apply(ranges, &bytes).map_err(|source| GeoError::Delta { path: path.to_owned(), source })
}

/// Neighbours of one place become one range. Takes sorted ranges.
fn joined(ranges: Vec<PlaceRange>) -> Vec<PlaceRange> {
    let mut out: Vec<PlaceRange> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match out.last_mut() {
            Some(last) if last.place == range.place && last.last.checked_add(1) == Some(range.first) => last.last = range.last,
            _ => out.push(range),
        }
    }
    out
}

/// What `more` knows of addresses that `base` does not know, added to it: the first database that has an answer gives it.
/// Both are sorted and without overlap, and so is the result.
pub fn fill(base: Vec<PlaceRange>, more: &[PlaceRange]) -> Vec<PlaceRange> {
    let mut gaps = Vec::new();
    let mut at = 0;
    for range in more {
        while base.get(at).is_some_and(|b| b.last < range.first) {
            at += 1;
        }
        let mut first = Some(range.first);
        for taken in base.iter().skip(at).take_while(|b| b.first <= range.last) {
            if let Some(from) = first
                && from < taken.first
            {
                gaps.push(PlaceRange { first: from, last: taken.first - 1, place: range.place });
            }
            first = taken.last.checked_add(1);
        }
        if let Some(from) = first.filter(|from| *from <= range.last) {
            gaps.push(PlaceRange { first: from, last: range.last, place: range.place });
        }
    }
    let mut all = base;
    all.extend(gaps);
    all.sort_unstable_by_key(|range| range.first);
    joined(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(text: &str) -> Result<Geo, GeoError> {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("weighbridge-geo-{}-{}.csv", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        let result = read(&Input::new(&path), GeoFormat::Csv, &[]);
        std::fs::remove_file(path).unwrap();
        result
    }

    fn range(first: u128, last: u128, place: &str) -> PlaceRange {
        PlaceRange { first, last, place: place.parse().unwrap() }
    }

    #[test]
    fn ranges_of_both_families() {
        let geo =
            csv("first,last,place\n192.0.2.0,192.0.2.15,DE\n::ffff:192.0.2.16,192.0.2.31,DE\n2001:db8::,2001:db8::ff,UA-43\n").unwrap();
        let shown: Vec<_> =
            geo.ranges.iter().map(|r| (shown(r.first).to_string(), shown(r.last).to_string(), r.place.to_string())).collect();
        let expect = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        // The IPv4 run stands in ::ffff:0:0/96, below 2001::.
        assert_eq!(shown, [expect("192.0.2.0", "192.0.2.31", "DE"), expect("2001:db8::", "2001:db8::ff", "UA-43")]);
        assert_eq!((geo.account.networks_v4, geo.account.networks_v6), (2, 1));
    }

    #[test]
    fn bad_ranges_are_told_with_their_line() {
        for (text, parts) in [
            ("192.0.2.0,192.0.2.9\n", ["line 1", "2 columns"]),
            ("192.0.2.0,192.0.2.9,DE\n192.0.2.9,192.0.2.10,FR\n", ["line 2", "overlaps the one of line 1"]),
            ("192.0.2.9,192.0.2.0,DE\n", ["line 1", "no range"]),
            ("192.0.2.9,2001:db8::,DE\n", ["line 1", "no range"]),
            ("192.0.2.0/24,192.0.2.1,DE\n", ["line 1", "not an IPv4"]),
            ("192.0.2.0,192.0.2.1,Atlantis\n", ["line 1", "Atlantis"]),
            ("first,last,place\n", ["no data rows", "empty"]),
        ] {
            let message = csv(text).unwrap_err().to_string();
            assert!(parts.iter().all(|part| message.contains(part)), "{text}: {message}");
        }
    }

    #[test]
    fn the_first_database_that_knows_answers() {
        let base = vec![range(10, 19, "DE"), range(30, 39, "FR")];
        let more = [range(0, 12, "US"), range(15, 34, "CN"), range(38, 50, "FR"), range(60, 61, "IR")];
        assert_eq!(
            fill(base, &more),
            [range(0, 9, "US"), range(10, 19, "DE"), range(20, 29, "CN"), range(30, 50, "FR"), range(60, 61, "IR")]
        );
        let top = vec![range(5, u128::MAX, "DE")];
        assert_eq!(fill(top.clone(), &[range(0, u128::MAX, "US")]), [range(0, 4, "US"), top[0]]);
        assert_eq!(fill(Vec::new(), &[range(1, 2, "US")]), [range(1, 2, "US")]);
    }

    #[test]
    fn networks_as_ranges() {
        assert_eq!(bounds_of("::".parse().unwrap(), 0), (0, u128::MAX));
        let (first, last) = bounds_of("192.0.2.128".parse().unwrap(), 25);
        assert_eq!((shown(first).to_string(), shown(last).to_string()), ("192.0.2.128".into(), "192.0.2.255".into()));
        let (first, last) = bounds_of("2001:db8::1".parse().unwrap(), 128);
        assert_eq!(first, last);
    }

    #[test]
    fn a_header_names_the_columns() {
        let shown = |text: &str| -> Vec<String> {
            let geo = csv(text).unwrap();
            geo.ranges.iter().map(|r| format!("{}-{} {}", shown(r.first), shown(r.last), r.place)).collect()
        };
        assert_eq!(
            shown("network,country_iso_code\n192.0.2.0/25,DE\n2001:db8::/32,FR\n"),
            ["192.0.2.0-192.0.2.127 DE", "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff FR"]
        );
        assert_eq!(
            shown("start_ip,end_ip,country,extra\n192.0.2.0,192.0.2.1,Germany,x\n192.0.2.2,192.0.2.3,,x\n"),
            ["192.0.2.0-192.0.2.1 DE"]
        );
        let error = csv("network,country\n192.0.2.1/24,DE\n").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("bits behind"), "{error}");
    }
}
