//! Evidence of place through the whole gate: what table and platform say stays apart, what a client forges is ignored and
//! recorded, and a gate that would let Crimea pass does not work at all.
#![allow(missing_docs)]

use std::net::IpAddr;
use std::sync::LazyLock;

use serde_json::{Value, json};
use weighbridge_blob::date::parse_unix;
use weighbridge_blob::model::*;
use weighbridge_blob::places::Distinctions;
use weighbridge_blob::policy::Evidence;
use weighbridge_blob::words::*;
use weighbridge_blob::write::{BlobInput, write};
use weighbridge_blob::{Blob, SectionKind};
use weighbridge_engine::evaluate;
use weighbridge_engine::json::FactsJson;
use weighbridge_http::{Ambient, GateConfig, PlatformGeo, Request, Verdict, fastly_networks, gate, self_test};
use weighbridge_policy::{CompileOptions, DEFAULT};

const NOW: &str = "2026-11-22T12:00:00Z";
const OPEN: &str = "/acme/open-7b/resolve/main/model.safetensors";
const GERMANY: &str = "192.0.2.1";
const IRAN: &str = "198.51.100.1";

static BLOB: LazyLock<Vec<u8>> = LazyLock::new(|| blob(DEFAULT));

fn now() -> i64 {
    parse_unix(NOW).unwrap()
}

fn range(first: &str, last: &str, code: &str) -> PlaceRange {
    let bits = |text: &str| match text.parse::<IpAddr>().unwrap() {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    };
    PlaceRange { first: bits(first), last: bits(last), place: code.parse().unwrap() }
}

fn blob(policy: &str) -> Vec<u8> {
    let item = |id: &str, class| Item {
        id: id.into(),
        class,
        eccn: String::new(),
        notice: false,
        evidence: "https://example.test, 2025-01-01".into(),
        routes: vec![Route::HuggingFace(id.into())],
    };
    let compiled = weighbridge_policy::compile(policy, &CompileOptions::default()).unwrap_or_else(|errors| panic!("{errors:#?}"));
    write(&BlobInput {
        created: now() - 3_600,
        sequence: 1,
        places: vec![
            // Whatever a table says of it, a private address is nobody's.
            range("10.0.0.0", "10.255.255.255", "DE"),
            range("192.0.2.0", "192.0.2.127", "DE"),
            range("192.0.2.128", "192.0.2.255", "UA"),
            range("198.51.100.0", "198.51.100.255", "IR"),
        ],
        distinctions: Distinctions::All,
        regions: ["UA".parse().unwrap()].into(),
        items: vec![item("acme/open-7b", ItemClass::Published), item("acme/closed-13b", ItemClass::Closed)],
        policy: compiled.bytes,
        policy_source: policy.to_owned(),
        ..BlobInput::default()
    })
    .unwrap()
}

fn config(more: &[(&str, &str)]) -> GateConfig {
    let mut pairs = vec![("WEIGHBRIDGE_UPSTREAM", "http://hub.test")];
    pairs.extend(more);
    GateConfig::from_vars(|name| pairs.iter().rev().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())).unwrap()
}

/// Status and record.
fn ask(bytes: &[u8], config: &GateConfig, ambient: &Ambient<'_>, headers: &[(&str, &str)]) -> (u16, Value) {
    let blob = Blob::open(bytes).unwrap();
    let headers = headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
    let request = Request { method: "GET", authority: "weights.example", path_and_query: OPEN, headers };
    let (status, record) = match gate(&blob, config, &request, ambient) {
        Verdict::Pass(pass) => (200, pass.record),
        Verdict::Answer(answer) => (answer.status, answer.record.unwrap()),
    };
    (status, serde_json::from_str(&record).unwrap())
}

fn at(peer: &str) -> Ambient<'_> {
    Ambient { now: now(), platform_address: Some(peer), ..Ambient::default() }
}

const CDN: [(&str, &str); 4] = [
    ("WEIGHBRIDGE_CLIENT_ADDRESS", "forwarded"),
    ("WEIGHBRIDGE_TRUSTED_PROXIES", "203.0.113.0/24"),
    ("WEIGHBRIDGE_PLATFORM_GEO", "cloudflare"),
    ("WEIGHBRIDGE_PLATFORM_GEO_HOPS", "203.0.113.0/24"),
];

#[test]
fn any_evidence_in_a_refused_place_refuses_and_the_record_keeps_both() {
    for (client, said, status, conflict) in [
        (GERMANY, "DE", 200, Value::Null),
        (GERMANY, "IR", 451, json!(true)),
        (IRAN, "DE", 451, json!(true)),
        (IRAN, "IR", 451, Value::Null),
        (GERMANY, "XX", 200, Value::Null),
        ("8.8.8.8", "IR", 451, Value::Null),
    ] {
        let (got, record) = ask(&BLOB, &config(&CDN), &at("203.0.113.9"), &[("x-forwarded-for", client), ("cf-ipcountry", said)]);
        // `XX` is no place, so it does not disagree with one; the record tells what was said.
        assert_eq!((got, &record["evidence"]["platform"]["place"]), (status, &json!(said)), "{client} {said}: {record}");
        assert_eq!(record["evidence"]["conflict"], conflict, "{client} {said}: {record}");
        assert_eq!(record["facts"]["place"]["platform"], json!(said));
        let table = if client == "8.8.8.8" { Value::Null } else { json!(if client == IRAN { "IR" } else { "DE" }) };
        assert_eq!((&record["evidence"]["table"], &record["facts"]["place"]["ip"]), (&table, &table));
        assert_eq!(record["evidence"]["client"], json!({ "from": "forwarded", "via": "hop" }));
        // The record decides again as it did.
        let blob = Blob::open(&BLOB).unwrap();
        let facts: FactsJson = serde_json::from_value(record["facts"].clone()).unwrap();
        assert_eq!(evaluate(blob.policy(), &facts.to_facts(blob.policy(), now()).unwrap().facts()).status, status);
    }
}

#[test]
fn a_place_header_past_the_platform_is_ignored_and_the_record_says_so() {
    let forged = [("x-forwarded-for", GERMANY), ("cf-ipcountry", "DE")];
    let (status, record) = ask(&BLOB, &config(&CDN), &at(IRAN), &forged);
    assert_eq!(status, 451, "the client itself is in Iran: {record}");
    assert_eq!(record["evidence"]["platform"]["ignored"], "direct");
    assert_eq!(record["ignored_headers"], json!(["cf-ipcountry", "x-forwarded-for"]));
    assert_eq!(record["facts"]["place"], json!({ "ip": "IR" }));
    // Whoever claims to be in Iran from Germany is not believed either: the header means nothing.
    let (status, record) = ask(&BLOB, &config(&CDN), &at(GERMANY), &[("cf-ipcountry", "IR")]);
    assert_eq!((status, &record["facts"]["place"]), (200, &json!({ "ip": "DE" })));
    // Used headers are not called ignored.
    let (_, record) = ask(&BLOB, &config(&CDN), &at("203.0.113.9"), &forged);
    assert_eq!(record["ignored_headers"], Value::Null);
}

#[test]
fn every_place_header_is_forged_in_vain_in_the_default_configuration() {
    for name in [
        "cf-ipcountry",
        "cf-region-code",
        "cloudfront-viewer-country",
        "cloudfront-viewer-country-region",
        "cloudfront-viewer-asn",
        "cloudfront-viewer-address",
        "x-vercel-ip-country",
        "x-vercel-ip-country-region",
        "x-geo-country",
        "x-geo-anon-tor",
        "x-akamai-edgescape",
        "akamai-epd",
        "forwarded",
        "x-forwarded-for",
    ] {
        for value in ["IR", "true", "country_code=IR", "for=198.51.100.1", IRAN] {
            let (status, record) = ask(&BLOB, &config(&[]), &at(IRAN), &[(name, value)]);
            assert_eq!((status, &record["facts"]["place"]), (200, &json!({})), "{name}");
            assert_eq!((&record["ignored_headers"], &record["facts"]["network"]), (&json!([name]), &Value::Null));
        }
    }
}

#[test]
fn the_order_of_origins_is_configuration() {
    let platform = |country| Ambient { platform_geo: Some(PlatformGeo { country: Some(country), ..PlatformGeo::default() }), ..at(IRAN) };
    let with = |order| {
        config(&[("WEIGHBRIDGE_CLIENT_ADDRESS", "platform"), ("WEIGHBRIDGE_PLATFORM_GEO", "call"), ("WEIGHBRIDGE_GEO_ORDER", order)])
    };
    let (status, record) = ask(&BLOB, &with("platform-first"), &platform("DE"), &[]);
    assert_eq!((status, &record["facts"]["place"]), (200, &json!({ "platform": "DE" })));
    // What was passed over stands in the record, and so does the disagreement.
    assert_eq!(
        record["evidence"],
        json!({
            "client": { "from": "platform", "via": "direct" }, "table": "IR", "platform": { "by": "call", "place": "DE" },
            "order": "platform-first", "conflict": true
        })
    );
    assert_eq!(ask(&BLOB, &with("platform-first"), &platform("XX"), &[]).0, 451, "the table answers where the platform does not");
    assert_eq!(ask(&BLOB, &with("table-first"), &platform("DE"), &[]).0, 451);
    assert_eq!(ask(&BLOB, &with("all"), &platform("DE"), &[]).0, 451);
}

#[test]
fn kinds_of_network_are_facts_and_no_places() {
    let networks = fastly_networks("anonymous", "tor-exit", "wired");
    let geo = PlatformGeo { country: Some("DE"), region: Some("BE"), asn: Some(64_496), networks };
    let ambient = Ambient { platform_geo: Some(geo), ..at("10.0.0.1") };
    let configured = config(&[("WEIGHBRIDGE_CLIENT_ADDRESS", "platform"), ("WEIGHBRIDGE_PLATFORM_GEO", "call")]);
    let (_, record) = ask(&BLOB, &configured, &ambient, &[]);
    assert_eq!(record["facts"]["network"], json!(["proxy", "tor", "private"]));
    assert_eq!(record["facts"]["place"], json!({ "platform": "DE-BE" }), "the table's word on a private address is no word");
    assert_eq!(record["evidence"]["networks"], json!(["private"]));
    assert_eq!(record["evidence"]["platform"], json!({ "by": "call", "place": "DE-BE", "asn": 64_496, "networks": ["proxy", "tor"] }));
}

#[test]
fn a_region_that_nobody_knows_is_on_record() {
    let configured = config(&[("WEIGHBRIDGE_CLIENT_ADDRESS", "platform")]);
    let (status, record) = ask(&BLOB, &configured, &at("192.0.2.200"), &[]);
    assert_eq!((status, &record["evidence"]["region_unknown"]), (200, &json!(true)), "published items pass, and the record says it");
    let (_, record) = ask(&BLOB, &configured, &at(GERMANY), &[]);
    assert_eq!(record["evidence"]["region_unknown"], Value::Null);
}

#[test]
fn sub_national_rules_are_on_by_default_with_their_law_its_date_and_a_way_to_appeal() {
    let configured = config(&[
        ("WEIGHBRIDGE_CLIENT_ADDRESS", "platform"),
        ("WEIGHBRIDGE_PLATFORM_GEO", "call"),
        ("WEIGHBRIDGE_APPEAL", "https://hub.test/appeal"),
    ]);
    let blob = Blob::open(&BLOB).unwrap();
    for (region, status, id, since, law, lifted) in [
        ("43", 451, "OFAC-CRIMEA", "2014-12-19", "E.O. 13685", "specific-licence"),
        ("40", 451, "OFAC-CRIMEA", "2014-12-19", "15 CFR 746.6", "specific-licence"),
        ("14", 451, "OFAC-DNR-LNR", "2022-02-21", "E.O. 14065", "location-appeal"),
        ("09", 451, "OFAC-DNR-LNR", "2022-02-21", "Reg. (EU) 2022/263", "location-appeal"),
        ("23", 403, "EU-OCCUPIED", "2022-10-06", "Reg. (EU) 2022/263", "location-appeal"),
        ("65", 403, "EU-OCCUPIED", "2022-10-06", "Reg. (EU) 2022/263", "location-appeal"),
    ] {
        let geo = PlatformGeo { country: Some("UA"), region: Some(region), ..PlatformGeo::default() };
        let ambient = Ambient { platform_geo: Some(geo), ..at("8.8.8.8") };
        let request =
            Request { method: "GET", authority: "weights.example", path_and_query: OPEN, headers: vec![("accept", &b"text/plain"[..])] };
        let Verdict::Answer(answer) = gate(&blob, &configured, &request, &ambient) else { panic!("UA-{region} passes") };
        let record: Value = serde_json::from_str(answer.record.as_deref().unwrap()).unwrap();
        assert_eq!((answer.status, &record["rules"]), (status, &json!([id])), "UA-{region}: {record}");
        let told = String::from_utf8(answer.body.clone()).unwrap();
        assert!(told.contains("https://hub.test/appeal") && told.contains(law), "UA-{region}: {told}");
        let policy = blob.policy();
        let rule = policy.rules().find(|rule| policy.rule_id(rule) == id).unwrap();
        assert_eq!(policy.rule_since(&rule), since, "UA-{region}");
        assert!(policy.rule_cites(&rule).any(|cite| cite == law) && policy.rule_lifts(&rule).any(|kind| kind == lifted), "UA-{region}");
    }
}

/// The default policy without a rule for Crimea and Sevastopol.
fn without_crimea(exempt: bool) -> String {
    let start = DEFAULT.find("[[rule]]\nid = \"OFAC-CRIMEA\"").unwrap();
    let end = start + DEFAULT[start + 8..].find("[[rule]]").unwrap() + 8;
    let cut = format!("{}{}", &DEFAULT[..start], &DEFAULT[end..]);
    let part = "[self_test.exempt]\nplaces = [\"UA-43\", \"UA-40\"]\nreason = \"established in Switzerland\"\n";
    if exempt { cut.replace("# ---------------------------------------------------------------- items\n", part) } else { cut }
}

/// An embedded blob is not read through at the start: what of a policy cannot be read later refuses whom it is about.
#[test]
fn rules_that_cannot_be_read_refuse() {
    const RULE: usize = 120;
    let section = Blob::open(&BLOB).unwrap().sections().find(|section| section.kind == SectionKind::Policy).unwrap().offset;
    let number = |at: usize| u32::from_le_bytes(BLOB[section + at..section + at + 4].try_into().unwrap()) as usize;
    let configured = config(&[("WEIGHBRIDGE_CLIENT_ADDRESS", "platform")]);
    let asked = |bytes: &[u8], address: &str| {
        let blob = Blob::open_embedded(bytes).unwrap().with_self_test(true);
        let request = Request { method: "GET", authority: "weights.example", path_and_query: OPEN, headers: Vec::new() };
        match gate(&blob, &configured, &request, &at(address)) {
            Verdict::Pass(_) => 200,
            Verdict::Answer(answer) => answer.status,
        }
    };
    assert_eq!([GERMANY, IRAN].map(|address| asked(&BLOB, address)), [200, 451]);
    // Rules, then defaults (BLOB.md, policy): outcomes that there are not.
    for (pair, expected) in [(48, [200, 451]), (56, [451, 451])] {
        let (start, count) = (section + number(pair), number(pair + 4));
        let mut bytes = BLOB.clone();
        bytes[start..start + count * RULE].chunks_exact_mut(RULE).for_each(|record| record[110] = 0xff);
        assert!(Blob::open_vouched(&bytes).is_err());
        assert_eq!([GERMANY, IRAN].map(|address| asked(&bytes, address)), expected, "{pair}");
    }
    // The rows of sets: a country that has none is no country without rules.
    let count = 2_u32;
    let mut bytes = BLOB.clone();
    bytes[section + 68..section + 72].copy_from_slice(&count.to_le_bytes());
    assert!(Blob::open_vouched(&bytes).is_err());
    let policy = *Blob::open_embedded(&bytes).unwrap().policy();
    assert_eq!(policy.evidence("DE".parse().unwrap()), Evidence::Unrecognised);
}

#[test]
fn a_gate_that_would_let_crimea_pass_does_not_work() {
    let bytes = blob(&without_crimea(false));
    let ambient = at(GERMANY);
    // Whoever asks, from wherever: 503, and the record says why.
    let configured = config(&[("WEIGHBRIDGE_CLIENT_ADDRESS", "platform")]);
    let (status, record) = ask(&bytes, &configured, &ambient, &[]);
    assert_eq!((status, &record["outcome"]), (503, &json!("cannot_decide")));
    let why = record["error"].as_str().unwrap();
    assert!(why.starts_with("self-test: `download` of a `published` item from UA-43 would pass"), "{why}");
    // Not being bound by US law is not enough: the policy must say so, too.
    let elsewhere = config(&[("WEIGHBRIDGE_CLIENT_ADDRESS", "platform"), ("WEIGHBRIDGE_BOUND_AS", "EU")]);
    assert_eq!(ask(&bytes, &elsewhere, &ambient, &[]).0, 503);
    let exempt = blob(&without_crimea(true));
    assert_eq!(ask(&exempt, &elsewhere, &ambient, &[]).0, 200);
    assert_eq!(ask(&exempt, &configured, &ambient, &[]).0, 503, "the policy's own bound_as is US");
    // One instance, another blob: its own answer, both ways.
    assert_eq!(ask(&BLOB, &configured, &ambient, &[]).0, 200);
    assert_eq!(ask(&bytes, &configured, &ambient, &[]).0, 503);
    // A packager's word takes the test's place: for its own settings, and from the blob's creation on.
    let vouched = Blob::open_embedded(&bytes).unwrap().with_self_test(true);
    let created = vouched.header().created;
    assert_eq!(self_test(&vouched, &configured, created), Ok(()));
    assert!(self_test(&vouched, &configured, created - 1).is_err(), "a clock before that is asked for itself");
    for own in [("WEIGHBRIDGE_BOUND_AS", "US"), ("WEIGHBRIDGE_SWITCH_ECCN_4E091", "off"), ("WEIGHBRIDGE_REGIMES", "us-ofac")] {
        assert!(self_test(&vouched, &config(&[own]), created).is_err(), "{own:?}");
    }
    // Hosts that can refuse to start ask by themselves.
    assert!(self_test(&Blob::open(&bytes).unwrap(), &configured, now()).is_err());
    assert_eq!(self_test(&Blob::open(&BLOB).unwrap(), &configured, now()), Ok(()));
    // Shadow mode never refuses, and says it in each record.
    let shadow = config(&[("WEIGHBRIDGE_MODE", "shadow")]);
    let (status, record) = ask(&bytes, &shadow, &ambient, &[]);
    assert!(status == 200 && record["error"].as_str().unwrap().starts_with("self-test"), "{record}");
}
