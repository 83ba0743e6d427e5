//! The blob as a whole: what went in comes out, what did not is absent, the same input gives the same bytes, and
//! broken blobs give typed errors. Needs the feature `write`.
#![allow(missing_docs)]

mod common;

use std::collections::BTreeSet;

use common::{exercise, named, place, sample};
use proptest::prelude::*;
use weighbridge_blob::date::PartialDate;
use weighbridge_blob::format::{HEADER_LEN, ROW_LEN, rehash};
use weighbridge_blob::model::*;
use weighbridge_blob::normal::{address_key, host_key, identifier_key, name_key, party_key};
use weighbridge_blob::places::{Distinctions, TooCoarse};
use weighbridge_blob::policy::{CompiledPolicy, CompiledRule, Evidence, PolicyTable, When, facet};
use weighbridge_blob::words::*;
use weighbridge_blob::write::{BlobInput, WriteError, Written, write, write_with_details};
use weighbridge_blob::{Blob, BlobError, SectionKind};

#[test]
fn what_went_in_comes_out() {
    let input = sample();
    let Written { blob: bytes, details } = write_with_details(&input).unwrap();
    let mut blob = Blob::open(&bytes).unwrap();
    blob.attach(&details).unwrap();
    let words = blob.words();
    assert_eq!((blob.header().created, blob.header().sequence, blob.header().not_after), (input.created, 7, input.not_after));
    let by_name = |kind, name: &str| blob.by_name(kind, name).iter().map(|h| (h.entry, h.role)).collect::<Vec<_>>();
    assert_eq!(by_name(Kind::Organization, "EXAMPLE BANK SA"), [(0, NameRole::Primary)]);
    assert_eq!(by_name(Kind::Government, "sa bank example"), [(0, NameRole::Primary)]);
    assert_eq!(by_name(Kind::Organization, "eb"), [(0, NameRole::Weak)]);
    assert_eq!(by_name(Kind::Person, "perez nunez jose"), [(1, NameRole::Primary)]);
    assert_eq!(by_name(Kind::Organization, "Jose Perez Nunez"), []);
    assert_eq!(by_name(Kind::Person, "Jose Perez"), []);
    let by_id = |kind, number| {
        blob.by_identifier(&identifier_key(kind, number, words.decompositions()).unwrap()).map(|h| (h.entry, h.country)).collect::<Vec<_>>()
    };
    assert_eq!(by_id(IdKind::Swift, "exmpgb2l"), [(0, None)]);
    assert_eq!(by_id(IdKind::Registration, "01074897"), [(0, Some(place("GB")))]);
    assert_eq!(by_id(IdKind::TaxId, "01074897"), []);
    assert_eq!(by_id(IdKind::Email, "desk@example-bank.test"), [(0, None)]);
    assert_eq!(by_id(IdKind::ListEntry, "US:37"), [(1, None)]);
    let domain = |host: &str| blob.domain(&host_key(host).unwrap());
    assert_eq!(domain("mail.example-bank.test").entries, [0]);
    assert_eq!(domain("bank.test").entries, [0_u32; 0]);
    assert_eq!(domain("t.me").entries, [0_u32; 0], "shared hosts are nobody's own");
    assert!(domain("freemail.test").free_mail && domain("GMail.com").free_mail && !domain("example-bank.test").free_mail);
    let address = address_key("17/F Room 1701", "Kowloon", "HK", words).unwrap();
    assert_eq!(blob.by_address(&address).collect::<Vec<_>>(), [2]);
    let owned = blob.entry_by_id("own:1").unwrap();
    let owners: Vec<_> = blob.owners(&owned).map(|o| (o.owner, o.lists, o.share_ppm)).collect();
    assert_eq!(owners, [(0, ListSet::of(List::Sdn), Some(250_000))]);
    let person = blob.entry(1).unwrap();
    assert_eq!(person.birth_dates().collect::<Vec<_>>(), ["1962-03".parse::<PartialDate>().unwrap()]);
    assert!(person.in_force("2026-01-31".parse().unwrap()) && !person.in_force("2026-02-01".parse().unwrap()));
    assert_eq!(blob.entry(0).unwrap().countries().collect::<BTreeSet<_>>(), [place("CU"), place("GB")].into());
    assert_eq!(blob.entry(0).unwrap().held_identifiers().count(), 3);
    assert!(blob.entry(4).is_none());
    let details = blob.details(&blob.entry(0).unwrap()).unwrap();
    assert_eq!(details.names[0], (NameRole::Primary, "Example Bank, S.A."));
    assert_eq!(details.programmes, ["CUBA"]);
    assert!(details.fields.contains(&("remarks", "made up")));
    let at = |t: &str| blob.place_of(t.parse().unwrap()).map(|p| p.to_string());
    assert_eq!(at("192.0.1.255"), None);
    assert_eq!(at("192.0.2.127").as_deref(), Some("DE"));
    assert_eq!(at("192.0.2.128").as_deref(), Some("UA-43"));
    assert_eq!(at("::ffff:192.0.2.255").as_deref(), Some("UA-43"));
    assert_eq!(at("192.0.3.0"), None);
    assert_eq!(at("2001:db8::ffff").as_deref(), Some("CU"));
    assert_eq!(at("2001:db8::1:0"), None);
    assert_eq!(blob.items().by_hugging_face("ACME/open-7b").unwrap().id, "acme/open-7b");
    assert!(blob.items().by_openai_base("/serve/chat/v1").unwrap().notice);
    assert!(blob.items().by_openai_base("/serve/chat").is_none());
    assert_eq!(blob.items().globs().collect::<Vec<_>>(), [("/files/chat/**", Action::Download, 1)]);
    let licence: Vec<_> = blob.authorisations(&party_key("organization:EXAMPLE LABS LTD", words)).collect();
    assert_eq!((licence.len(), licence[0].rules.as_slice(), licence[0].place), (1, ["PARTY-ENTITY"].as_slice(), Some(place("DE"))));
    assert_eq!(blob.clearances("account:42").map(|c| c.entry).collect::<Vec<_>>(), ["us:37"]);
    assert_eq!(blob.clearances("account:43").count(), 0);
    assert_eq!((blob.checked_at(List::Sdn), blob.checked_at(List::El), blob.checked_at(List::Dpl)), (Some(100), Some(50), None));
    let accounts = blob.sources().unwrap();
    assert_eq!((accounts.sources, accounts.geo, accounts.accepted), (input.sources, input.geo, input.accepted));
    assert_eq!(blob.policy_source(), Some("# policy"));
}

#[test]
fn a_party_of_unknown_kind_is_found_as_person_and_as_organisation() {
    let mut input = sample();
    input.entries[3].kind_uncertain = true;
    let bytes = write(&input).unwrap();
    let blob = Blob::open(&bytes).unwrap();
    let found = |kind| blob.by_name(kind, "Example Owned GmbH").iter().map(|h| h.entry).collect::<Vec<_>>();
    assert_eq!((found(Kind::Person), found(Kind::Organization), found(Kind::Vessel)), (vec![3], vec![3], vec![]));
}

#[test]
fn same_input_same_bytes() {
    assert_eq!(write(&sample()).unwrap(), write(&sample()).unwrap());
}

#[test]
fn bad_input_is_named() {
    let fails = |change: &dyn Fn(&mut BlobInput)| {
        let mut input = sample();
        change(&mut input);
        write(&input).unwrap_err()
    };
    assert_eq!(fails(&|i| i.entries[1].id = "us:36".into()), WriteError::DuplicateEntry("us:36".into()));
    assert_eq!(fails(&|i| i.entries[1].names.clear()), WriteError::EmptyName { entry: "us:37".into(), name: String::new() });
    assert_eq!(
        fails(&|i| i.entries[1].names[0].text = "-- !".into()),
        WriteError::EmptyName { entry: "us:37".into(), name: "-- !".into() }
    );
    assert!(matches!(fails(&|i| i.entries[1].names[0].text = "ab ".repeat(999)), WriteError::LongName { len: 2_997, .. }));
    assert_eq!(fails(&|i| i.ownership[0].owner = "nobody".into()), WriteError::UnknownOwner("nobody".into()));
    assert_eq!(fails(&|i| i.items[0].evidence.clear()), WriteError::NoEvidence("acme/open-7b".into()));
    assert!(matches!(fails(&|i| i.items[1].id = "ACME/open-7b".into()), WriteError::DuplicateItem(_)));
    assert!(matches!(fails(&|i| i.places.swap(0, 1)), WriteError::Places(_)));
    assert!(matches!(fails(&|i| i.places[0].last += 1), WriteError::Places(_)));
    assert!(matches!(fails(&|i| i.policy.truncate(9)), WriteError::Policy(_)));
    assert!(matches!(
        fails(&|i| i.entries[1].birth_dates = (1..=300).map(|n| PartialDate { year: n, month: None, day: None }).collect()),
        WriteError::TooMany { got: 300, .. }
    ));
}

/// The corpus: every cut at a section boundary and beside it, lying offsets, wrong hashes, wrong version.
#[test]
fn broken_blobs_give_typed_errors() {
    let good = write(&sample()).unwrap();
    let blob = Blob::open(&good).unwrap();
    let boundaries: BTreeSet<usize> = blob
        .sections()
        .flat_map(|s| [s.offset, s.offset + s.data.len()])
        .chain([0, 7, 8, 12, 16, 64, 96, 128, HEADER_LEN, HEADER_LEN + ROW_LEN])
        .flat_map(|at| [at.saturating_sub(1), at, at + 1])
        .filter(|at| *at < good.len())
        .collect();
    for at in boundaries {
        let error = Blob::open(&good[..at]).map(|_| ()).unwrap_err();
        assert!(matches!(error, BlobError::Magic | BlobError::Length { .. }), "cut at {at}: {error}");
    }
    let mut longer = good.clone();
    longer.push(0);
    assert!(matches!(Blob::open(&longer).unwrap_err(), BlobError::Length { .. }));

    let with = |change: &dyn Fn(&mut Vec<u8>), hashes: bool| {
        let mut bytes = good.clone();
        change(&mut bytes);
        if hashes {
            rehash(&mut bytes);
        }
        exercise(&bytes);
        Blob::open(&bytes).map(|_| ()).unwrap_err()
    };
    assert_eq!(with(&|b| b[0] = b'x', false), BlobError::Magic);
    assert_eq!(with(&|b| b[8] = 2, true), BlobError::Version { got: 2 });
    assert_eq!(with(&|b| b[24] ^= 1, false), BlobError::Digest);
    assert_eq!(with(&|b| b[HEADER_LEN + 8] ^= 16, false), BlobError::Digest);
    // Row 0 of the table: kind, offset, length.
    assert!(matches!(with(&|b| b[HEADER_LEN] = 99, true), BlobError::Table { row: 0, .. }));
    assert!(matches!(with(&|b| b[HEADER_LEN] = 3, true), BlobError::Table { row: 1, why: "the section stands twice" }));
    assert!(matches!(with(&|b| b[HEADER_LEN + 8] += 1, true), BlobError::Table { row: 0, .. }));
    assert!(matches!(
        with(&|b| b[HEADER_LEN + 8..HEADER_LEN + 16].copy_from_slice(&0_u64.to_le_bytes()), true),
        BlobError::Table { row: 0, .. }
    ));
    assert!(matches!(
        with(&|b| b[HEADER_LEN + 8..HEADER_LEN + 16].copy_from_slice(&u64::MAX.to_le_bytes()), true),
        BlobError::Table { row: 0, .. }
    ));
    assert!(matches!(
        with(&|b| b[HEADER_LEN + 16..HEADER_LEN + 24].copy_from_slice(&u64::MAX.to_le_bytes()), true),
        BlobError::Table { row: 0, .. }
    ));
    assert!(matches!(with(&|b| b[HEADER_LEN + 16] += 16, true), BlobError::Table { .. }));
    assert!(matches!(with(&|b| b[12] = 200, true), BlobError::Table { row: 200, .. } | BlobError::Length { .. }));
    assert!(matches!(with(&|b| b[12] -= 1, true), BlobError::Length { .. } | BlobError::Table { .. } | BlobError::Missing(_)));
    // One bit in each section, without new hashes: the hash tells.
    for section in blob.sections().filter(|s| !s.data.is_empty()) {
        let at = section.offset + section.data.len() / 2;
        assert_eq!(with(&|b| b[at] ^= 0x10, false), BlobError::Hash(section.kind));
    }
}

/// Crafted dictionaries with recomputed hashes: nodes that lie outside, lead back, or are out of order.
#[test]
fn crafted_dictionaries_are_refused() {
    let good = write(&sample()).unwrap();
    let blob = Blob::open(&good).unwrap();
    for kind in [SectionKind::Identifiers, SectionKind::Domains, SectionKind::Addresses] {
        let section = *blob.sections().find(|s| s.kind == kind).unwrap();
        let dict_len = u32::from_le_bytes(section.data[..4].try_into().unwrap()) as usize;
        let footer = section.offset + 4 + dict_len - 20;
        let refused = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = good.clone();
            change(&mut bytes);
            rehash(&mut bytes);
            exercise(&bytes);
            matches!(Blob::open(&bytes), Err(BlobError::Malformed { section, .. }) if section == kind)
        };
        // The root behind the end, in the header, in the footer; a false number of keys; another format version.
        for root in [u64::MAX, 3, dict_len as u64, dict_len as u64 - 19] {
            assert!(refused(&|b| b[footer + 8..footer + 16].copy_from_slice(&root.to_le_bytes())), "{kind:?}, root {root}");
        }
        assert!(refused(&|b| b[footer] ^= 1), "{kind:?}, number of keys");
        assert!(refused(&|b| b[section.offset + 4] = 2), "{kind:?}, version");
        assert!(refused(&|b| b[section.offset..section.offset + 4].copy_from_slice(&u32::MAX.to_le_bytes())), "{kind:?}, length");
        // Every byte of the nodes, set to values that mean "far away", "no input", "256 transitions".
        for at in section.offset + 20..footer {
            for value in [0x00, 0x01, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xff] {
                let mut bytes = good.clone();
                bytes[at] = value;
                rehash(&mut bytes);
                exercise(&bytes);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_mutation_with_good_hashes_panics(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), pairs in any::<bool>()) {
        let mut bytes = write(&sample()).unwrap();
        for (index, value) in changes {
            let at = index.index(bytes.len());
            bytes[at] = value;
            if pairs && at + 1 < bytes.len() {
                bytes[at + 1] = value;
            }
        }
        rehash(&mut bytes);
        exercise(&bytes);
    }

    #[test]
    fn no_random_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        exercise(&bytes);
        let mut framed = weighbridge_blob::format::MAGIC.to_vec();
        framed.extend(bytes);
        exercise(&framed);
    }

    /// What went in comes out; a name that did not go in is absent.
    #[test]
    fn names_and_identifiers_round_trip(
        names in prop::collection::btree_set("[a-zà-ÿ]{2,8}( [a-z]{2,8}){1,3}", 1..30),
        absent in "[a-z]{2,8}( [a-z]{2,8}){1,3}",
        numbers in prop::collection::btree_set("[A-Z][0-9]{5,9}", 1..20),
    ) {
        let mut input = sample();
        input.entries = names.iter().enumerate().map(|(i, n)| named(&format!("t:{i}"), List::Sdn, Kind::Person, &[(n.as_str(), NameRole::Primary)])).collect();
        for (i, number) in numbers.iter().enumerate() {
            let slot = i % input.entries.len();
            input.entries[slot].identifiers.push(Identifier { kind: IdKind::Passport, number: number.clone(), country: None });
        }
        input.ownership.clear();
        let bytes = write(&input).unwrap();
        let blob = Blob::open(&bytes).unwrap();
        let key = |n: &str| name_key(Kind::Person, n, blob.words()).key;
        for (i, name) in names.iter().enumerate() {
            prop_assert!(blob.by_name(Kind::Person, name).iter().any(|h| h.entry == i as u32));
        }
        let known: BTreeSet<String> = names.iter().map(|n| key(n)).collect();
        prop_assert_eq!(!blob.by_name(Kind::Person, &absent).is_empty(), known.contains(&key(&absent)));
        for (i, number) in numbers.iter().enumerate() {
            let hit = blob.by_identifier(&identifier_key(IdKind::Passport, number, blob.words().decompositions()).unwrap()).next();
            prop_assert_eq!(hit.map(|h| h.entry), Some((i % names.len()) as u32));
        }
        prop_assert_eq!(blob.by_identifier("passport:zzzz99").count(), 0);
    }

    /// Ranges answer as a plain list would, on both sides of every boundary.
    #[test]
    fn places_answer_like_a_list(cuts in prop::collection::btree_set(0_u32..=u32::MAX, 2..40), codes in prop::collection::vec(0_usize..5, 40)) {
        let cuts: Vec<u32> = cuts.into_iter().collect();
        let names = [None, Some("DE"), Some("IR"), Some("UA-43"), Some("US")];
        let mapped = |a: u32| u128::from(std::net::Ipv4Addr::from(a).to_ipv6_mapped());
        let mut input = sample();
        input.places = cuts.windows(2).zip(&codes).filter_map(|(w, code)| {
            names[*code].map(|c| PlaceRange { first: mapped(w[0]), last: mapped(w[1] - 1), place: place(c) })
        }).collect();
        let bytes = write(&input).unwrap();
        let blob = Blob::open(&bytes).unwrap();
        for at in cuts.iter().flat_map(|c| [c.saturating_sub(1), *c, c.saturating_add(1)]) {
            let expected = input.places.iter().find(|r| r.first <= mapped(at) && mapped(at) <= r.last).map(|r| r.place);
            prop_assert_eq!(blob.place_of(std::net::Ipv4Addr::from(at).into()), expected);
        }
    }
}

#[test]
fn accepted_findings_stand_in_the_accounts() {
    let with = sample();
    let without = BlobInput { accepted: Vec::new(), ..with.clone() };
    let (with, without) = (write(&with).unwrap(), write(&without).unwrap());
    let section = |bytes| {
        let blob = Blob::open(bytes).unwrap();
        let data = blob.sections().find(|s| s.kind == SectionKind::Sources).unwrap().data.to_vec();
        (data, blob.sources().unwrap().accepted)
    };
    let ((long, told), (short, none)) = (section(&with), section(&without));
    assert!(long.len() > short.len());
    assert_eq!((told.len(), none.len()), (1, 0));
}

/// A policy of its own: two sets that a rule asks about, one that none does, a region, and maybe a comparison of countries.
fn small_policy(first: u64, compares: bool) -> Vec<u8> {
    policy_asking(When {
        loc_in: first,
        loc_not_in: 1 << 1,
        flags_any: if compares { 1 << (Flag::IpDeclaredMismatch as u8) } else { 0 },
        ..When::ANY
    })
}

fn policy_asking(when: When) -> Vec<u8> {
    let countries = ["AR", "BR", "CL", "CU", "DE", "FR", "IR", "UA"].map(|c| {
        let bits = u64::from(c == "CU" || c == "IR")
            | u64::from(matches!(c, "DE" | "FR")) << 1
            | u64::from(c == "CL") << 2
            | u64::from(matches!(c, "AR" | "BR" | "CL" | "DE" | "FR")) << 4;
        (<[u8; 2]>::try_from(c.as_bytes()).unwrap(), bits)
    });
    CompiledPolicy {
        id: "small".into(),
        rules: vec![CompiledRule { when, id: "A".into(), outcome: Outcome::Deny, ..CompiledRule::default() }],
        sets: ["embargo", "friends", "idle", "crimea", "rest"].map(str::to_owned).to_vec(),
        countries: countries.into(),
        nothing: vec![*b"XX"],
        regions: [(place("UA-43"), 1 << 3)].into(),
        ..common::plain_policy()
    }
    .encode()
    .unwrap()
}

#[test]
fn a_table_compiled_through_the_policy_tells_apart_what_the_policy_does() {
    let codes = ["AR", "BR", "CL", "CU", "DE", "FR", "IR", "UA", "UA-43", "UA-30", "UA-46", "XX", "QQ"];
    let mut input = sample();
    input.distinctions = Distinctions::Policy;
    input.policy = small_policy(1 | 1 << 3, false);
    // An authorisation of the sample names Germany, which therefore stays by itself.
    input.places = codes.iter().enumerate().map(|(n, c)| common::v4(&format!("10.0.{n}.0"), &format!("10.0.{n}.255"), c)).collect();
    let bytes = write(&input).unwrap();
    let blob = Blob::open(&bytes).unwrap();
    let at = |code: &str| {
        let n = codes.iter().position(|c| *c == code).unwrap();
        blob.place_of(format!("10.0.{n}.9").parse().unwrap()).unwrap().to_string()
    };
    for (codes, answer) in [
        (&["AR", "BR", "CL"][..], "AR+"),
        (&["CU", "IR"], "CU+"),
        (&["DE"], "DE"),
        (&["FR"], "FR"),
        (&["UA"], "UA"),
        (&["UA-43"], "UA-43"),
        (&["UA-30", "UA-46"], "UA-*"),
        (&["XX"], "XX"),
        (&["QQ"], "QQ"),
    ] {
        for code in codes {
            assert_eq!(at(code), answer, "{code}");
            // The answer decides as the code itself would.
            let asked = blob.policy().location_sets();
            let sets = |code: &str| match blob.policy().evidence(place(code)) {
                Evidence::Known(sets) => Some(sets & asked),
                other => {
                    assert!(matches!(other, Evidence::Nothing | Evidence::Unrecognised));
                    None
                }
            };
            assert_eq!(sets(code), sets(answer), "{code}");
        }
    }
    assert_eq!(blob.place_of("10.1.0.0".parse().unwrap()), None);
    assert_eq!(blob.places().members().count(), 7);
    // A policy that asks for more is told what is missing; one that asks for less is served.
    let serve = |policy: &[u8]| blob.places().serve(&PolicyTable::open(policy).unwrap()).map_err(|e| e.to_string());
    assert_eq!(serve(&small_policy(1, false)), Ok(()));
    let missing = serve(&small_policy(1 | 1 << 2, false)).unwrap_err();
    assert!(missing.contains("`CL`") && missing.contains("`AR`"), "{missing}");
    assert!(serve(&small_policy(1, true)).unwrap_err().contains("ip_declared_mismatch"));
    // The builder says the same before it writes.
    input.policy = small_policy(1, true);
    assert!(matches!(write(&input), Err(WriteError::Coarse(TooCoarse::Countries))));
    input.policy = small_policy(1, false);
    input.regions.clear();
    assert!(matches!(write(&input), Err(WriteError::Coarse(TooCoarse::Region(region))) if region == place("UA-43")));
    input.distinctions = Distinctions::All;
    assert!(matches!(write(&input), Err(WriteError::Coarse(TooCoarse::Region(_)))));
}

#[test]
fn an_unknown_place_is_told_apart_only_where_the_policy_does() {
    let codes = ["AR", "BR", "CL", "CU", "DE", "FR", "IR", "UA", "UA-43", "UA-30", "XX", "QQ"];
    let refuses = |loc_in: u64| When { loc_in, ..When::ANY };
    let mut input = sample();
    input.authorisations.clear();
    input.distinctions = Distinctions::Policy;
    input.policy = policy_asking(refuses(1 | 1 << 3));
    input.places = codes.iter().enumerate().map(|(n, c)| common::v4(&format!("10.0.{n}.0"), &format!("10.0.{n}.255"), c)).collect();
    input.places.push(common::v4("2001:db8::", "2001:db8::ff", "IR"));
    let bytes = write(&input).unwrap();
    let blob = Blob::open(&bytes).unwrap();
    let at = |address: &str| blob.place_of(address.parse().unwrap()).map(|place| place.to_string()).unwrap_or_default();
    let answers: Vec<String> = (0..codes.len()).map(|n| at(&format!("10.0.{n}.9"))).collect();
    assert_eq!(answers, ["AR?", "AR?", "AR?", "CU+", "AR?", "AR?", "CU+", "UA", "UA-43", "UA-*", "XX", "QQ"]);
    for address in ["0.0.0.0", "10.1.0.0", "255.255.255.255", "::", "2001:db8::100", "ffff::"] {
        assert_eq!(at(address), "AR?", "{address}");
    }
    assert_eq!((at("2001:db8::7"), at("::ffff:10.0.3.1"), at("2002::1")), ("CU+".into(), "CU+".into(), String::new()));
    // Whoever asks whether a place is known, or where it is not, is told that this table does not say.
    let serve = |policy: &[u8]| blob.places().serve(&PolicyTable::open(policy).unwrap()).map_err(|e| e.to_string());
    assert_eq!(serve(&policy_asking(refuses(1))), Ok(()));
    for when in [
        When { facets: When::ANY.facets & !facet::LOC_KNOWN, ..When::ANY },
        When { facets: When::ANY.facets & !facet::LOC_UNKNOWN, loc_in: 1, ..When::ANY },
        When { loc_not_in: 1, ..When::ANY },
        // A set that holds all that share the answer, of which an unknown place is none.
        refuses(1 << 4),
    ] {
        let missing = serve(&policy_asking(when)).unwrap_err();
        assert!(missing.contains("unknown place") && missing.contains("`AR?`"), "{missing}");
    }
    // Without the fold: a policy that asks, and an authorisation for a place, which an unknown address does not contradict.
    let unfolded = |input: &BlobInput| {
        let bytes = write(input).unwrap();
        let blob = Blob::open(&bytes).unwrap();
        blob.place_of("10.1.0.0".parse().unwrap()).is_none() && blob.places().answers().all(|answer| !answer.may_be_none())
    };
    assert!(unfolded(&BlobInput { policy: small_policy(1 | 1 << 3, false), ..input.clone() }));
    assert!(unfolded(&BlobInput { authorisations: sample().authorisations, ..input.clone() }));
    assert!(unfolded(&BlobInput { distinctions: Distinctions::All, ..input.clone() }));
}

#[test]
fn ipv4_inside_ipv6_and_tunnels() {
    let mut input = sample();
    input.places = vec![
        common::v4("192.0.2.0", "192.0.2.255", "DE"),
        common::v4("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "US"),
        common::v4("2001:db8::", "2001:db8::ffff", "IR"),
        common::v4("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "US"),
    ];
    let bytes = write(&input).unwrap();
    let blob = Blob::open(&bytes).unwrap();
    for (address, expected) in [
        ("192.0.2.7", Some("DE")),
        ("::ffff:192.0.2.7", Some("DE")),
        ("64:ff9b::192.0.2.7", Some("DE")),
        ("64:ff9b::192.0.3.7", None),
        // A tunnel's address is in no place, not even where a database gives its prefix one.
        ("2002:c000:207::1", None),
        ("2001:0:c000:207::1", None),
        ("2001:db8::ffff", Some("IR")),
        ("2001:db8::1:0", None),
    ] {
        assert_eq!(blob.place_of(address.parse().unwrap()).map(|p| p.to_string()).as_deref(), expected, "{address}");
    }
}
