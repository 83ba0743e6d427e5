//! MaxMind's own test databases as a peer's suite, from the source distribution of their Python reader: our answers are those
//! that their JSON sources state, and every bad file is a clear error.

#[path = "common/packages.rs"]
mod packages;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::path::{Path, PathBuf};

use serde_json::Value;
use weighbridge::geo::{self, GeoError, GeoFormat};
use weighbridge::source::Input;
use weighbridge_blob::place::Place;

fn data() -> PathBuf {
    packages::sdist("maxminddb", "3.2.0").join("tests/data")
}

/// The networks of a JSON source with their records; IPv4 in its mapped form, wherever the source has it.
fn stated(path: &Path) -> BTreeMap<(u128, u128), Value> {
    let rows: Vec<BTreeMap<String, Value>> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut out = BTreeMap::new();
    for (network, record) in rows.into_iter().flatten() {
        let (address, prefix) = network.split_once('/').unwrap();
        let prefix: u32 = prefix.parse().unwrap();
        let (first, free) = match address.parse::<IpAddr>().unwrap() {
            IpAddr::V4(v4) => (u128::from(v4.to_ipv6_mapped()), 32 - prefix),
            IpAddr::V6(v6) if v6.to_bits() >> 32 == 0 && prefix >= 96 => (0xffff_0000_0000 | v6.to_bits(), 128 - prefix),
            IpAddr::V6(v6) => (v6.to_bits(), 128 - prefix),
        };
        let below = 1_u128.checked_shl(free).map_or(u128::MAX, |size| size - 1);
        out.insert((first & !below, first | below), record);
    }
    out
}

/// The record of the smallest stated network around an address.
fn record_at(stated: &BTreeMap<(u128, u128), Value>, at: u128) -> Option<&Value> {
    let around = stated.iter().filter(|((first, last), _)| (*first..=*last).contains(&at));
    around.min_by_key(|((first, last), _)| last - first).map(|(_, record)| record)
}

fn ends(stated: &BTreeMap<(u128, u128), Value>) -> Vec<u128> {
    let all = stated.keys().flat_map(|(first, last)| [first.wrapping_sub(1), *first, *last, last.wrapping_add(1)]);
    // What the file repeats of IPv4 elsewhere in IPv6 (::/96, 6to4, Teredo) is read from its IPv4 part.
    all.filter(|at| (at >> 32 == 0xffff || at >> 32 != 0) && at >> 112 != 0x2002 && at >> 96 != 0x2001_0000).collect()
}

fn shown(at: u128) -> String {
    Ipv6Addr::from_bits(at).to_canonical().to_string()
}

#[test]
fn places_are_those_that_maxmind_states() {
    let (data, mut compared) = (data(), 0);
    let regions: Vec<Place> = vec!["US".parse().unwrap(), "GB".parse().unwrap(), "UA".parse().unwrap()];
    for name in [
        "GeoIP2-Country-Test",
        "GeoIP2-City-Test",
        "GeoIP2-Enterprise-Test",
        "GeoIP2-Precision-Enterprise-Test",
        "GeoLite2-Country-Test",
        "GeoLite2-City-Test",
    ] {
        let stated = stated(&data.join("source-data").join(format!("{name}.json")));
        let file = data.join("test-data").join(format!("{name}.mmdb"));
        let geo = geo::read(&Input::new(&file), GeoFormat::Mmdb, &regions).unwrap_or_else(|error| panic!("{error}"));
        for at in ends(&stated) {
            let expected = record_at(&stated, at).and_then(|record| {
                let country = record["country"]["iso_code"].as_str()?;
                let region = record["subdivisions"][0]["iso_code"].as_str().filter(|_| regions.iter().any(|r| r.country_code() == country));
                Some(region.map_or(country.to_owned(), |region| format!("{country}-{region}")))
            });
            let found = geo.ranges.iter().find(|range| (range.first..=range.last).contains(&at)).map(|range| range.place.to_string());
            assert_eq!(found, expected, "{name}: {}", shown(at));
            compared += 1;
        }
    }
    println!("{compared} addresses compared");
    assert!(compared > 3_000, "{compared}");
}

#[test]
fn networks_and_their_records_are_those_that_maxmind_states() {
    let (data, mut compared) = (data(), 0);
    for (name, fields) in [
        ("GeoLite2-ASN-Test", &["autonomous_system_number", "autonomous_system_organization"][..]),
        ("GeoIP2-ISP-Test", &["autonomous_system_number", "isp"]),
        ("GeoIP2-Anonymous-IP-Test", &["is_anonymous", "is_anonymous_vpn", "is_hosting_provider", "is_public_proxy", "is_tor_exit_node"]),
        ("GeoIP2-Connection-Type-Test", &["connection_type"]),
        ("GeoIP-Anonymous-Plus-Test", &["is_anonymous_vpn", "provider_name"]),
    ] {
        let stated = stated(&data.join("source-data").join(format!("{name}.json")));
        let file = data.join("test-data").join(format!("{name}.mmdb"));
        let mut networks = Vec::new();
        let account = geo::each_network(&Input::new(&file), &mut |first, last, found| {
            networks.push((first, last, found.decode::<Value>()?.unwrap_or_default()));
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(account.networks_v4 + account.networks_v6, networks.len() as u64);
        for at in ends(&stated) {
            let found = networks.iter().find(|(first, last, _)| (*first..=*last).contains(&at)).map(|(_, _, record)| record);
            for field in fields {
                let of = |record: Option<&Value>| record.map(|record| record[*field].clone()).unwrap_or_default();
                assert_eq!(of(found), of(record_at(&stated, at)), "{name}: {}: {field}", shown(at));
            }
            compared += 1;
        }
        // They hold no country, and a build says so.
        let error = geo::read(&Input::new(&file), GeoFormat::Mmdb, &[]).unwrap_err();
        assert!(matches!(error, GeoError::NoCountries { .. }), "{name}: {error}");
    }
    println!("{compared} addresses compared");
    assert!(compared > 2_000, "{compared}");
}

#[test]
fn every_bad_file_is_a_clear_error() {
    let data = data();
    let mut files = Vec::new();
    gather(&data.join("bad-data"), &mut files);
    let bad = files.len();
    for name in [
        "GeoIP2-City-Test-Broken-Double-Format",
        "GeoIP2-City-Test-Invalid-Node-Count",
        "MaxMind-DB-test-broken-pointers-24",
        "MaxMind-DB-test-broken-search-tree-24",
    ] {
        files.push(data.join("test-data").join(format!("{name}.mmdb")));
    }
    for path in &files {
        let error = geo::read(&Input::new(path), GeoFormat::Mmdb, &[]).expect_err(&path.display().to_string());
        // A search tree may be so damaged that nothing of it is left to read: then the file holds no country.
        let help = match error {
            GeoError::Mmdb { .. } => "download it again",
            GeoError::NoCountries { .. } => "a country or city database is needed",
            _ => panic!("{}: {error}", path.display()),
        };
        let message = error.to_string();
        assert!(message.contains(path.file_name().unwrap().to_str().unwrap()) && message.contains(help), "{message}");
    }
    println!("{} bad files refused", files.len());
    assert!(bad >= 20, "{bad}");
    // Every other file of theirs is read or refused with a reason, and quickly, though some are made to exhaust a reader.
    let mut all = Vec::new();
    gather(&data.join("test-data"), &mut all);
    assert!(all.len() >= 45, "{}", all.len());
    for path in all {
        if let Err(error) = geo::read(&Input::new(&path), GeoFormat::Mmdb, &[]) {
            assert!(matches!(error, GeoError::Mmdb { .. } | GeoError::NoCountries { .. }), "{}: {error}", path.display());
        }
    }
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_some_and(|e| e == "mmdb") {
            files.push(path);
        }
    }
    files.sort();
}
