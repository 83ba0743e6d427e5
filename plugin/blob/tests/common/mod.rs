//! A small made-up blob, and a way to ask it everything. Shared by the tests and the fuzz target.
#![allow(missing_docs, unreachable_pub)]

use std::collections::BTreeMap;
use std::net::IpAddr;

use weighbridge_blob::Blob;
use weighbridge_blob::date::Day;
use weighbridge_blob::model::*;
use weighbridge_blob::place::Place;
use weighbridge_blob::places::Distinctions;
use weighbridge_blob::policy::CompiledPolicy;
use weighbridge_blob::words::*;
use weighbridge_blob::write::BlobInput;

pub fn place(text: &str) -> Place {
    text.parse().unwrap()
}

pub fn policy() -> Vec<u8> {
    plain_policy().encode().unwrap()
}

/// A policy without a rule.
pub fn plain_policy() -> CompiledPolicy {
    CompiledPolicy {
        id: "test".into(),
        version: "1".into(),
        as_of: None,
        review_by: None,
        rules: Vec::new(),
        defaults: Vec::new(),
        sets: Vec::new(),
        countries: BTreeMap::new(),
        nothing: Vec::new(),
        regions: BTreeMap::new(),
        switches: Vec::new(),
        hosted_access: None,
        freshness: weighbridge_blob::policy::FreshnessLimits { warn: 1, review: 2, refuse: 3 },
        lists_named: ListSet::EMPTY,
        possible_from: 800,
        on_unknown: Outcome::Review,
        bound_as: 1,
        regimes: 1,
    }
}

pub fn named(id: &str, list: List, kind: Kind, names: &[(&str, NameRole)]) -> Entry {
    let mut entry = Entry::new(id, Some(list), kind);
    entry.names = names.iter().map(|(text, role)| Name { text: (*text).into(), role: *role }).collect();
    entry
}

pub fn v4(first: &str, last: &str, code: &str) -> PlaceRange {
    let bits = |t: &str| match t.parse::<IpAddr>().unwrap() {
        IpAddr::V4(a) => u128::from(a.to_ipv6_mapped()),
        IpAddr::V6(a) => u128::from(a),
    };
    PlaceRange { first: bits(first), last: bits(last), place: place(code) }
}

pub fn sample() -> BlobInput {
    let mut bank = named("us:36", List::Sdn, Kind::Organization, &[("Example Bank, S.A.", NameRole::Primary), ("EB", NameRole::Weak)]);
    bank.identifiers = vec![
        Identifier { kind: IdKind::Swift, number: "EXMPGB2LXXX".into(), country: None },
        Identifier { kind: IdKind::Registration, number: "0107-4897".into(), country: Some(place("GB")) },
        Identifier { kind: IdKind::Email, number: "Desk@Example-Bank.test".into(), country: None },
    ];
    bank.websites = vec!["https://www.example-bank.test/en".into(), "https://t.me/examplebank".into()];
    bank.countries = vec![place("GB"), place("CU")];
    bank.programmes = vec!["CUBA".into()];
    bank.details = vec![("remarks".into(), "made up".into())];
    let mut person = named("us:37", List::Sdn, Kind::Person, &[("José Pérez Núñez", NameRole::Primary), ("Pepe Pérez", NameRole::Strong)]);
    person.birth_dates = vec!["1962-03".parse().unwrap()];
    person.to = Some("2026-01-31".parse().unwrap());
    let mut address = Entry::new("el:a1", Some(List::El), Kind::Organization);
    address.address_only = true;
    address.addresses =
        vec![Address { street: "Room 1701, 17/F".into(), city: "Kowloon".into(), country: Some(place("HK")), ..Default::default() }];
    let mut owned = Entry::new("own:1", None, Kind::Organization);
    owned.names = vec![Name { text: "Example Owned GmbH".into(), role: NameRole::Primary }];
    BlobInput {
        distinctions: Distinctions::All,
        regions: [place("UA")].into(),
        created: 1_795_305_600,
        sequence: 7,
        not_after: Some(1_800_000_000),
        sources: vec![
            Source {
                id: "us".into(),
                format: "ofac-csv".into(),
                lists: ListSet::of(List::Sdn),
                checked_at: 100,
                published: Some(90),
                measured: Measured { entries: 2, shown: 2, with: [1, 1, 0, 1] },
                files: vec![FileAccount {
                    name: "sdn.csv".into(),
                    digest: "ab".into(),
                    read: 3,
                    kept: 2,
                    merged: 0,
                    lost: vec![LostRow { line: 3, reason: "orphan comment".into(), explained: true }],
                }],
            },
            Source {
                id: "el".into(),
                format: "house-csv".into(),
                lists: ListSet::of(List::El),
                checked_at: 50,
                published: None,
                measured: Measured { entries: 1, shown: 1, with: [0, 0, 1, 0] },
                files: Vec::new(),
            },
        ],
        entries: vec![bank, person, address, owned],
        ownership: vec![Ownership { owner: "us:36".into(), owned: "own:1".into(), share_ppm: Some(250_000) }],
        places: vec![
            v4("192.0.2.0", "192.0.2.127", "DE"),
            v4("192.0.2.128", "192.0.2.255", "UA-43"),
            v4("198.51.100.0", "198.51.100.255", "IR"),
            v4("2001:db8::", "2001:db8::ffff", "CU"),
        ],
        accepted: vec![AcceptedFinding {
            source: "us".into(),
            finding: "2 entries where 3 were".into(),
            reason: "one was delisted".into(),
            before: 3,
            after: 2,
        }],
        networks: vec![NetworkRange { first: 0xffff_c000_0209, last: 0xffff_c000_020a, classes: NetworkSet::of(NetworkClass::Tor) }],
        network_sources: vec![NetworkSource {
            class: NetworkClass::Tor,
            format: "tor-exits".into(),
            checked_at: 7,
            published: None,
            files: Vec::new(),
        }],
        geo: vec![GeoSource { name: "geo.csv".into(), format: "csv".into(), networks_v4: 3, networks_v6: 1, ..Default::default() }],
        items: vec![
            Item {
                id: "acme/open-7b".into(),
                class: ItemClass::Published,
                eccn: String::new(),
                notice: false,
                evidence: "https://example.test since 2025-01-01".into(),
                routes: vec![Route::HuggingFace("Acme/Open-7B".into())],
            },
            Item {
                id: "acme/chat".into(),
                class: ItemClass::Closed,
                eccn: "EAR99".into(),
                notice: true,
                evidence: String::new(),
                routes: vec![Route::OpenAi("/serve/chat/v1/".into()), Route::Glob("/files/chat/**".into(), Action::Download)],
            },
        ],
        authorisations: vec![Authorisation {
            id: "L-1".into(),
            kind: "bis-licence".into(),
            party: "organization:Example Labs, Limited".into(),
            item: "*".into(),
            place: Some(place("DE")),
            rules: vec!["PARTY-ENTITY".into()],
            from: Day(1),
            to: Day(90_000),
        }],
        clearances: vec![Clearance {
            party: "account:42".into(),
            entry: "us:37".into(),
            reason: "other birth date".into(),
            by: "cco".into(),
            expires: Day(90_000),
        }],
        policy: policy(),
        policy_source: "# policy".into(),
        scales: Default::default(),
        free_mail: vec!["freemail.test".into()],
    }
}

/// Asks everything that the public face can be asked; must return.
pub fn exercise(bytes: &[u8]) {
    let _ = Blob::open(bytes);
    let Ok(blob) = Blob::open_vouched(bytes) else { return };
    for name in ["Example Bank SA", "eb", "Jose Perez Nunez", "Limited"] {
        for kind in Kind::ALL {
            for hit in blob.by_name(*kind, name) {
                if let Some(entry) = blob.entry(hit.entry) {
                    let _ = (entry.id(), entry.birth_dates().count(), entry.countries().count(), entry.held_identifiers().count());
                    let _ = (blob.owners(&entry).count(), blob.details(&entry).is_some());
                }
            }
        }
    }
    for number in 0..blob.entry_count().min(50) {
        if let Some(entry) = blob.entry(number) {
            let _ =
                (entry.id().len(), entry.birth_dates().count(), entry.countries().count(), entry.held_identifiers().take(1_000).count());
            let _ = (blob.owners(&entry).take(1_000).count(), blob.details(&entry).is_some());
        }
    }
    let _ = blob.by_identifier("swift:exmpgb2l").take(1_000).count();
    let _ = blob.domain("mail.example-bank.test");
    let _ = blob.by_address("1701 17 f kowloon room|hk").take(1_000).count();
    for address in
        ["192.0.2.1", "0.0.0.0", "255.255.255.255", "2001:db8::1", "64:ff9b::c000:201", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]
    {
        let _ = blob.place_of(address.parse().unwrap());
    }
    let _ = (blob.places().members().count(), blob.places().regions().count(), blob.places().serve(blob.policy()).is_ok());
    let _ = (
        blob.items().by_hugging_face("acme/open-7b"),
        blob.items().by_openai_base("/serve/chat/v1"),
        blob.items().globs().take(1_000).count(),
    );
    let _ = (blob.authorisations("*").take(1_000).count(), blob.clearances("account:42").take(1_000).count());
    let _ = (blob.sources().is_some(), blob.provided(), blob.policy_source().is_some());
}
