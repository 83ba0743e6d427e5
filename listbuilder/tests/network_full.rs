//! Published network lists in full: every line accounted for, every address found in the blob again.
//!
//! The folder of data is named by `WEIGHBRIDGE_DATA`; without it this test says that it was skipped.

use std::io::Write as _;
use std::net::IpAddr;
use std::path::PathBuf;
use weighbridge::network::{NetworkFormat, NetworkSpec, combine, read};
use weighbridge_blob::Blob;
use weighbridge_blob::words::NetworkClass;
use weighbridge_blob::write::{BlobInput, write};
use weighbridge_policy::{CompileOptions, DEFAULT, compile};

#[test]
fn vpn_hosting_and_tor_lists_in_full() {
    let Some(data) = std::env::var_os("WEIGHBRIDGE_DATA").map(PathBuf::from) else {
        // Not `println!`, which the harness would swallow.
        let _ = writeln!(std::io::stdout(), "SKIPPED vpn_hosting_and_tor_lists_in_full: WEIGHBRIDGE_DATA is not set");
        return;
    };
    let folder = data.join("network-x4bnet-2026-08");
    let spec = |class, format, name: &str, checked_at| NetworkSpec {
        class,
        format,
        path: folder.join(name),
        ranges: Vec::new(),
        checked_at,
        published: None,
    };
    let specs = [
        (spec(NetworkClass::Vpn, NetworkFormat::Cidr, "vpn-ipv4.txt.gz", 30), 10_862),
        (spec(NetworkClass::Vpn, NetworkFormat::Cidr, "vpn-ipv6.txt.gz", 20), 498),
        (spec(NetworkClass::Hosting, NetworkFormat::Cidr, "hosting-ipv4.txt.gz", 40), 42_566),
        (spec(NetworkClass::Hosting, NetworkFormat::Cidr, "hosting-ipv6.txt.gz", 50), 8_752),
        (spec(NetworkClass::Tor, NetworkFormat::TorExits, "tor-exits-2024-02.txt.gz", 60), 1_746),
    ];
    let mut networks = Vec::new();
    for (spec, lines) in &specs {
        let network = read(spec).unwrap_or_else(|error| panic!("{error}"));
        let file = &network.account.files[0];
        assert_eq!(file.read, *lines, "{}", file.name);
        assert_eq!(file.read, file.kept + file.merged + file.lost.len() as u64, "{}", file.name);
        assert!(file.lost.is_empty(), "{}: {:?}", file.name, file.lost);
        networks.push(network);
    }
    let ranges = combine(&networks);
    let policy = compile(DEFAULT, &CompileOptions::default()).unwrap().bytes;
    let sources = networks.iter().map(|network| network.account.clone()).collect();
    let bytes = write(&BlobInput { networks: ranges.clone(), network_sources: sources, policy, ..BlobInput::default() }).unwrap();
    let blob = Blob::open(&bytes).unwrap();
    let address = |bits: u128| IpAddr::from(bits.to_be_bytes());
    // Both ends of every network of every file, and what lies just outside of what they say together.
    for network in &networks {
        for (first, last) in &network.ranges {
            for bits in [first, last] {
                assert!(blob.networks_of(address(*bits)).contains(network.account.class), "{}", address(*bits));
            }
        }
    }
    let says = |bits: u128| {
        ranges.iter().rev().find(|range| range.first <= bits).filter(|range| bits <= range.last).map_or(0, |range| range.classes.0)
    };
    for range in ranges.iter().step_by(17) {
        for bits in [range.first - 1, range.first, range.last, range.last + 1] {
            assert_eq!(blob.networks_of(address(bits)).0, says(bits), "{}", address(bits));
        }
        let (first, last) = blob.network_of(address(range.first)).unwrap();
        assert!(first <= address(range.first).to_canonical() && last >= address(range.first).to_canonical());
    }
    let dates =
        [NetworkClass::Vpn, NetworkClass::Hosting, NetworkClass::Tor, NetworkClass::Relay].map(|class| blob.network_checked_at(class));
    assert_eq!(dates, [Some(20), Some(40), Some(60), None], "the oldest file of each class");
    let sizes: Vec<_> = blob.sections().filter(|s| s.kind.name().starts_with("networks")).map(|s| (s.kind.name(), s.data.len())).collect();
    println!("{} runs of addresses; {sizes:?} bytes", ranges.len());
    assert_eq!(blob.sources().unwrap().networks.len(), 5);
}

#[test]
fn as_numbers_without_a_table_of_addresses_are_all_reported() {
    let Some(data) = std::env::var_os("WEIGHBRIDGE_DATA").map(PathBuf::from) else {
        // Not `println!`, which the harness would swallow.
        let _ =
            writeln!(std::io::stdout(), "SKIPPED as_numbers_without_a_table_of_addresses_are_all_reported: WEIGHBRIDGE_DATA is not set");
        return;
    };
    for (name, lines) in [("hosting-asn.txt", 906), ("vpn-asn.txt", 15)] {
        let spec = NetworkSpec {
            class: NetworkClass::Hosting,
            format: NetworkFormat::Asn,
            path: data.join("network-x4bnet-2026-08").join(name),
            ranges: Vec::new(),
            checked_at: 0,
            published: None,
        };
        let file = &read(&spec).unwrap_or_else(|error| panic!("{error}")).account.files[0];
        assert_eq!((file.read, file.kept, file.merged + file.lost.len() as u64), (lines, 0, lines), "{name}");
        assert!(file.lost.iter().all(|row| row.explained), "{name}: {:?}", file.lost.iter().find(|row| !row.explained));
    }
}
