//! Address databases to runs of addresses with one place: MMDB files, and CSV ranges.
//!
//! IPv4 stands in its IPv4-mapped form (`::ffff:0:0/96`, RFC 4291 §2.5.5.2), wherever the database keeps it.

use crate::source::country::{self, Country};
use crate::source::{Input, SourceError};
use serde::Deserialize;
use std::collections::HashMap;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use weighbridge_blob::model::{GeoSource, PlaceRange};
use weighbridge_blob::place::Place;

/// The form of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeoFormat {
    /// MaxMind DB: the nested record of GeoIP2 (`country.iso_code`, `subdivisions[0].iso_code`) or a flat one
    /// (`country_code`, `state1`).
    Mmdb,
    /// `first,last,place` a row, with or without that header; a place is ISO 3166: `UA`, `UA-43`.
    Csv,
}

impl GeoFormat {
    /// The format of a name in build files.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "mmdb" => Some(Self::Mmdb),
            "csv" => Some(Self::Csv),
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
/// # Errors
/// [`GeoError`] with the file, and for CSV the line.
pub fn read(input: &Input, format: GeoFormat, regions: &[Place]) -> Result<Geo, GeoError> {
    match format {
        GeoFormat::Mmdb => read_mmdb(input, regions),
        GeoFormat::Csv => read_csv(input),
    }
}

/// A record, nested or flat. Everything is optional; what is not asked for is skipped.
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    country: Option<Coded<'a>>,
    #[serde(borrow, default)]
    subdivisions: Option<Vec<Coded<'a>>>,
    country_code: Option<&'a str>,
    state1: Option<&'a str>,
}

#[derive(Deserialize)]
struct Coded<'a> {
    iso_code: Option<&'a str>,
}

impl Record<'_> {
    fn place(&self, regions: &[Place]) -> Option<Place> {
        let code = self.country.as_ref().and_then(|c| c.iso_code).or(self.country_code)?;
        let country: Place = code.parse().ok()?;
        let region = self.subdivisions.as_ref().and_then(|s| s.first()).and_then(|s| s.iso_code);
        let place = region.and_then(|region| format!("{code}-{region}").parse().ok()).or_else(|| self.named_region(country));
        match place {
            Some(place) if regions.contains(&place.without_region()) => Some(place),
            _ => Some(country),
        }
    }

    /// Some databases give regions by name, and file Crimea under `RU`: rules for occupied regions must hold all the same.
    fn named_region(&self, country: Place) -> Option<Place> {
        if !matches!(country.country_code(), "UA" | "RU") {
            return None;
        }
        match country::place(self.state1?) {
            Country::Place(place) if place.has_region() => Some(place),
            _ => None,
        }
    }
}

fn read_mmdb(input: &Input, regions: &[Place]) -> Result<Geo, GeoError> {
    let mut document = input.open_file()?;
    let (path, name) = (document.path().to_owned(), document.name().to_owned());
    let mut bytes = Vec::new();
    document.read_to_end(&mut bytes).map_err(|source| SourceError::open(&path, source))?;
    let digest = document.digest()?;
    let broken = |error: maxminddb::MaxMindDbError| GeoError::Mmdb { path: path.clone(), message: error.to_string() };
    let reader = maxminddb::Reader::from_source(bytes).map_err(broken)?;
    reader.verify().map_err(broken)?;

    let database = reader.metadata().database_type.clone();
    let built = i64::try_from(reader.metadata().build_epoch).ok();
    let mut account = GeoSource { name, format: "mmdb".to_owned(), database: database.clone(), digest, built, ..GeoSource::default() };
    let mut ranges = Vec::new();
    // Many networks share one record; each is decoded once.
    let mut places: HashMap<usize, Option<Place>> = HashMap::new();
    for network in reader.networks(maxminddb::WithinOptions::default()).map_err(broken)? {
        let network = network.map_err(broken)?;
        let bounds = network.network().map_err(broken)?;
        if bounds.is_ipv4() {
            account.networks_v4 += 1
        } else {
            account.networks_v6 += 1
        }
        let place = match network.offset().and_then(|offset| places.get(&offset)) {
            Some(place) => *place,
            None => {
                let place = network.decode::<Record<'_>>().map_err(broken)?.and_then(|record| record.place(regions));
                if let Some(offset) = network.offset() {
                    places.insert(offset, place);
                }
                place
            }
        };
        match place {
            Some(place) => ranges.push(of_network(bounds.network(), bounds.prefix(), place)),
            None => account.without_country += 1,
        }
    }
    if ranges.is_empty() {
        return Err(GeoError::NoCountries { path, database });
    }
    ranges.sort_unstable_by_key(|range| range.first);
    if let Some(pair) = ranges.windows(2).find(|pair| pair[1].first <= pair[0].last) {
        let message = format!("its networks overlap at `{}`", shown(pair[1].first));
        return Err(GeoError::Mmdb { path, message });
    }
    Ok(Geo { ranges: joined(ranges), account })
}

fn of_network(address: IpAddr, prefix: u8, place: Place) -> PlaceRange {
    let (first, bits) = match address {
        IpAddr::V4(v4) => (mapped(v4), 32 - u32::from(prefix)),
        IpAddr::V6(v6) => (u128::from(v6), 128 - u32::from(prefix)),
    };
    let size = 1u128.checked_shl(bits).map_or(u128::MAX, |size| size - 1);
    PlaceRange { first, last: first | size, place }
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

fn read_csv(input: &Input) -> Result<Geo, GeoError> {
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
    while reader.read_byte_record(&mut record).map_err(|e| error(0, e.to_string()))? {
        let line = record.position().map_or(0, csv::Position::line);
        let mut fields = Vec::new();
        for (column, field) in record.iter().enumerate() {
            let text = std::str::from_utf8(field);
            fields.push(text.map_err(|_| SourceError::Utf8 { path: path.clone(), line, column: (column + 1).to_string() })?);
        }
        let [first, last, place] = fields.as_slice() else {
            let layout = "`first,last,place`";
            return Err(SourceError::Columns { path: path.clone(), line, layout, expected: 3, got: fields.len() }.into());
        };
        if line == 1 && *first == "first" {
            continue;
        }
        let address = |field: &str, text: &str| {
            text.parse::<IpAddr>().map_err(|_| error(line, format!("{field}: `{text}` is not an IPv4 or IPv6 address")))
        };
        let (from, to) = (address("first", first)?, address("last", last)?);
        if from.to_canonical().is_ipv4() {
            account.networks_v4 += 1
        } else {
            account.networks_v6 += 1
        }
        if from.to_canonical().is_ipv4() != to.to_canonical().is_ipv4() || number(from) > number(to) {
            return Err(error(line, format!("`{first}` to `{last}` is no range; write first and last address of one family")).into());
        }
        let Country::Place(place) = country::place(place) else {
            return Err(error(line, format!("place: `{place}` is not a place; write ISO 3166: `UA`, `UA-43`")).into());
        };
        ranges.push((PlaceRange { first: number(from), last: number(to), place }, line));
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
        let place: Place = "DE".parse().unwrap();
        let all = of_network("::".parse().unwrap(), 0, place);
        assert_eq!((all.first, all.last), (0, u128::MAX));
        let four = of_network("0.0.0.0".parse().unwrap(), 0, place);
        assert_eq!((four.first, four.last), (0xffff_0000_0000, 0xffff_ffff_ffff));
    }

    #[test]
    fn places_of_records() {
        let regions: Vec<Place> = vec!["UA".parse().unwrap()];
        let nested = |country, region| Record {
            country: Some(Coded { iso_code: Some(country) }),
            subdivisions: Some(vec![Coded { iso_code: Some(region) }]),
            country_code: None,
            state1: None,
        };
        let flat = |country, state| Record { country: None, subdivisions: None, country_code: Some(country), state1: Some(state) };
        let check = |record: Record<'_>, expected: &str| assert_eq!(record.place(&regions).unwrap().to_string(), expected);
        check(nested("UA", "43"), "UA-43");
        check(nested("US", "CA"), "US");
        check(flat("RU", "Crimea"), "UA-43");
        check(flat("UA", "Kherson Oblast"), "UA-65");
        check(flat("RU", "Moscow"), "RU");
        check(flat("DE", "Crimea"), "DE");
        assert_eq!(Record { country: None, subdivisions: None, country_code: None, state1: None }.place(&regions), None);
    }
}
