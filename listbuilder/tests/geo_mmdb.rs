//! MMDB files: small ones that are made here. `geo_peers.rs` reads MaxMind's own.

#[path = "common/mmdb.rs"]
mod writer;

use serde_json::json;
use std::net::IpAddr;
use weighbridge::geo::{Geo, GeoError, GeoFormat, read};
use weighbridge::source::Input;
use weighbridge_blob::place::Place;
use writer::mmdb;

fn read_bytes(name: &str, bytes: &[u8]) -> Result<Geo, GeoError> {
    let path = std::env::temp_dir().join(format!("weighbridge-mmdb-{}-{name}.mmdb", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    let result = read(&Input::new(&path), GeoFormat::Mmdb, &["UA".parse().unwrap()]);
    std::fs::remove_file(path).unwrap();
    result
}

fn place_of(geo: &Geo, address: &str) -> Option<String> {
    lookup(geo, address.parse().unwrap()).map(|place| place.to_string())
}

fn lookup(geo: &Geo, address: IpAddr) -> Option<Place> {
    let number = match address.to_canonical() {
        IpAddr::V4(v4) => u128::from(v4.to_ipv6_mapped()),
        IpAddr::V6(v6) => u128::from(v6),
    };
    geo.ranges.iter().find(|range| (range.first..=range.last).contains(&number)).map(|range| range.place)
}

#[test]
fn nested_and_flat_records_of_both_families() {
    let nested = |country: &str, region: &str| json!({ "country": { "iso_code": country }, "subdivisions": [{ "iso_code": region }] });
    let geo = read_bytes(
        "both",
        &mmdb(&[
            ("::192.0.2.0", 120 + 1, nested("UA", "43")),
            ("::192.0.2.128", 120 + 1, json!({ "country_code": "RU", "state1": "Crimea" })),
            ("::198.51.100.0", 120, nested("US", "CA")),
            ("::203.0.113.0", 120, json!({ "continent": { "code": "EU" } })),
            ("2001:db8::", 32, json!({ "country_code": "DE" })),
        ]),
    )
    .unwrap_or_else(|error| panic!("{error}"));
    // The two halves of 192.0.2.0/24 are one run, and IPv4 stands in its mapped form.
    assert_eq!(geo.ranges.len(), 3, "{:?}", geo.ranges);
    assert_eq!(place_of(&geo, "192.0.2.1").as_deref(), Some("UA-43"));
    assert_eq!(place_of(&geo, "192.0.2.255").as_deref(), Some("UA-43"));
    assert_eq!(place_of(&geo, "::ffff:192.0.2.255").as_deref(), Some("UA-43"));
    assert_eq!(place_of(&geo, "198.51.100.7").as_deref(), Some("US"));
    assert_eq!(place_of(&geo, "203.0.113.7"), None);
    assert_eq!(place_of(&geo, "2001:db8:ffff::").as_deref(), Some("DE"));
    assert_eq!(place_of(&geo, "2001:db9::"), None);
    assert_eq!(place_of(&geo, "192.0.3.0"), None);
    assert_eq!((geo.account.networks_v4, geo.account.networks_v6, geo.account.without_country), (4, 1, 1));
    assert_eq!((geo.account.database.as_str(), geo.account.built), ("Example-Country", Some(1_700_000_000)));
}

#[test]
fn broken_files_are_errors() {
    let good = mmdb(&[("2001:db8::", 32, json!({ "country_code": "DE" }))]);
    assert!(read_bytes("good", &good).is_ok());
    for (name, bytes) in [("empty", &[][..]), ("cut", &good[..good.len() / 2]), ("no-tree", &good[200..]), ("text", b"this is a text file")]
    {
        let error = read_bytes(name, bytes).unwrap_err();
        assert!(matches!(error, GeoError::Mmdb { .. }), "{name}: {error}");
    }
    let without = mmdb(&[("2001:db8::", 32, json!({ "autonomous_system_number": 64496 }))]);
    assert!(matches!(read_bytes("asn", &without), Err(GeoError::NoCountries { .. })));
    // Any byte may be wrong: an answer or an error, never a panic.
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 0xff;
        let _ = read_bytes("flipped", &bytes);
    }
}
