//! Whole requests through the gate on a small blob with the default policy.
#![allow(missing_docs)]

use std::net::IpAddr;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use weighbridge_blob::Blob;
use weighbridge_blob::date::{Day, parse_unix};
use weighbridge_blob::model::*;
use weighbridge_blob::place::Place;
use weighbridge_blob::places::Distinctions;
use weighbridge_blob::words::*;
use weighbridge_blob::write::{BlobInput, write};
use weighbridge_engine::evaluate;
use weighbridge_engine::json::FactsJson;
use weighbridge_http::{Ambient, Answer, GateConfig, Pass, Request, Verdict, check, gate, identity};

const NOW: &str = "2026-11-22T12:00:00Z";
const HOST: &str = "weights.example";
const KEY: [u8; 32] = [7; 32];
const OPEN: &str = "/acme/open-7b/resolve/main/model.safetensors";
const CLOSED: &str = "/acme/closed-13b/resolve/main/model.safetensors";
const FRONTIER: &str = "/acme/frontier-1t/resolve/main/model.safetensors";
const CHAT: &str = "/serve/chat/v1/chat/completions";

static BLOB: LazyLock<Vec<u8>> = LazyLock::new(|| write(&input()).unwrap());

fn now() -> i64 {
    parse_unix(NOW).unwrap()
}

fn place(code: &str) -> Place {
    code.parse().unwrap()
}

fn range(first: &str, last: &str, code: &str) -> PlaceRange {
    let bits = |text: &str| match text.parse::<IpAddr>().unwrap() {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    };
    PlaceRange { first: bits(first), last: bits(last), place: place(code) }
}

fn entry(id: &str, list: Option<List>, kind: Kind, name: &str) -> Entry {
    let mut entry = Entry::new(id, list, kind);
    entry.names = vec![Name { text: name.into(), role: NameRole::Primary }];
    entry
}

fn item(id: &str, class: ItemClass, notice: bool, route: Route) -> Item {
    Item { id: id.into(), class, eccn: String::new(), notice, evidence: "https://example.test, 2025-01-01".into(), routes: vec![route] }
}

fn input() -> BlobInput {
    let mut person = entry("us_ofac_sdn:1", Some(List::Sdn), Kind::Person, "Jane Example Listed");
    person.identifiers = vec![Identifier { kind: IdKind::Passport, number: "X1234567".into(), country: Some(place("RU")) }];
    person.birth_dates = vec!["1962-03-04".parse().unwrap()];
    let bank = entry("us_ofac_sdn:2", Some(List::Sdn), Kind::Organization, "Sample Listed Bank");
    let entity = entry("us_bis_el:1", Some(List::El), Kind::Organization, "Sample Listed Laboratories");
    let licensed = entry("us_ofac_sdn:3", Some(List::Sdn), Kind::Organization, "Sample Licensed Bank");
    let owned = entry("own:1", None, Kind::Organization, "Half Owned Example Works");
    let mut address = Entry::new("us_bis_el:a1", Some(List::El), Kind::Organization);
    address.address_only = true;
    address.addresses = vec![Address {
        street: "Room 1701, 17 Example Street".into(),
        city: "Sampleton".into(),
        country: Some(place("HK")),
        ..Address::default()
    }];
    let hf = |repo: &str| Route::HuggingFace(repo.into());
    let source = |id: &str, list: List| Source {
        id: id.into(),
        format: "house-jsonl".into(),
        lists: ListSet::of(list),
        checked_at: now() - 3_600,
        published: None,
        measured: Measured::default(),
        files: Vec::new(),
    };
    let authorisation = |id: &str, kind: &str, party: &str, place: Option<Place>, rules: &[&str], from: &str, to: &str| Authorisation {
        id: id.into(),
        kind: kind.into(),
        party: party.into(),
        item: "acme/frontier-1t".into(),
        place,
        rules: rules.iter().map(|r| (*r).to_owned()).collect(),
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
    };
    BlobInput {
        distinctions: Distinctions::All,
        regions: ["UA".parse().unwrap()].into(),
        created: now() - 3_600,
        sequence: 7,
        not_after: Some(now() + 30 * 86_400),
        sources: vec![source("us_ofac_sdn", List::Sdn), source("us_bis_el", List::El)],
        entries: vec![person, bank, licensed, entity, owned, address],
        ownership: vec![Ownership { owner: "us_ofac_sdn:2".into(), owned: "own:1".into(), share_ppm: Some(500_000) }],
        places: vec![
            range("192.0.2.0", "192.0.2.255", "DE"),
            range("198.51.100.0", "198.51.100.255", "IR"),
            range("203.0.113.0", "203.0.113.127", "CN"),
            range("203.0.113.128", "203.0.113.255", "US"),
            range("2001:db8::", "2001:db8::ffff", "UA-40"),
        ],
        geo: Vec::new(),
        networks: Vec::new(),
        network_sources: Vec::new(),
        items: vec![
            item("acme/open-7b", ItemClass::Published, false, hf("acme/open-7b")),
            item("acme/closed-13b", ItemClass::Closed, false, hf("acme/closed-13b")),
            item("acme/frontier-1t", ItemClass::Eccn4e091, false, hf("acme/frontier-1t")),
            item("acme/noticed-70b", ItemClass::Closed, true, hf("acme/noticed-70b")),
            item("acme/chat", ItemClass::Closed, false, Route::OpenAi("/serve/chat/v1".into())),
            item("acme/short", ItemClass::Closed, false, Route::Glob("/pub/**".into(), Action::Download)),
            item("acme/long", ItemClass::Published, false, Route::Glob("/pub/open/**".into(), Action::Download)),
        ],
        authorisations: vec![
            authorisation("L-1", "bis-licence", "account:cn-1", Some(place("CN")), &["EAR-4E091-D5"], "2026-01-01", "2026-12-31"),
            authorisation("L-2", "bis-licence", "account:cn-2", Some(place("CN")), &["EAR-4E091-D5"], "2026-01-01", "2026-11-21"),
            authorisation("L-3", "bis-licence", "account:cn-3", Some(place("CN")), &["PARTY-ENTITY"], "2026-01-01", "2026-12-31"),
            authorisation("L-4", "bis-licence", "account:cn-4", Some(place("DE")), &["EAR-4E091-D5"], "2026-01-01", "2026-12-31"),
            Authorisation {
                item: "ACME/open-7b".into(),
                ..authorisation("L-5", "specific-licence", "us_ofac_sdn:3", None, &["PARTY-BLOCKED"], "2026-01-01", "2026-12-31")
            },
            authorisation("A-1", "AIA", "organization:Example Instituut B.V.", None, &[], "2026-01-01", "2026-12-31"),
        ],
        clearances: vec![
            Clearance {
                party: "account:42".into(),
                entry: "us_ofac_sdn:1".into(),
                reason: "other birth date".into(),
                by: "cco".into(),
                expires: Day::of_unix(now()),
            },
            Clearance {
                party: "account:43".into(),
                entry: "us_ofac_sdn:1".into(),
                reason: "other birth date".into(),
                by: "cco".into(),
                expires: Day(Day::of_unix(now()).0 - 1),
            },
        ],
        policy: weighbridge_policy::compile(weighbridge_policy::DEFAULT, &weighbridge_policy::CompileOptions::default()).unwrap().bytes,
        policy_source: weighbridge_policy::DEFAULT.to_owned(),
        scales: Default::default(),
        free_mail: vec!["freemail.example".into()],
        accepted: Vec::new(),
    }
}

/// The production-like configuration with additions.
fn config(more: &[(&str, &str)]) -> GateConfig {
    let keys = format!("hub-1:{}", STANDARD.encode(KEY));
    let mut pairs = vec![
        ("WEIGHBRIDGE_UPSTREAM", "http://hub.test"),
        ("WEIGHBRIDGE_AUDIENCE", "weights"),
        ("WEIGHBRIDGE_IDENTITY_KEYS", keys.as_str()),
        ("WEIGHBRIDGE_APPEAL", "https://hub.example/appeal"),
        ("WEIGHBRIDGE_BLOCKED_BY", "https://hub.example/"),
    ];
    pairs.extend(more);
    GateConfig::from_vars(|name| pairs.iter().rev().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())).unwrap()
}

fn test_config() -> GateConfig {
    config(&[("WEIGHBRIDGE_TEST_HEADERS", "on")])
}

struct Got {
    status: u16,
    record: Value,
    verdict: Verdict,
}

impl Got {
    fn rules(&self) -> Vec<&str> {
        self.record["rules"].as_array().unwrap().iter().map(|r| r.as_str().unwrap()).collect()
    }

    fn answer(&self) -> &Answer {
        match &self.verdict {
            Verdict::Answer(answer) => answer,
            Verdict::Pass(pass) => panic!("passed to {}", pass.upstream),
        }
    }

    fn pass(&self) -> &Pass {
        match &self.verdict {
            Verdict::Pass(pass) => pass,
            Verdict::Answer(answer) => panic!("refused: {}", String::from_utf8_lossy(&answer.body)),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.answer().headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

fn ask_at(config: &GateConfig, bytes: &[u8], at: i64, method: &str, path: &str, headers: &[(&str, &str)]) -> Got {
    let blob = Blob::open(bytes).unwrap();
    let headers = headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
    let request = Request { method, authority: HOST, path_and_query: path, headers };
    let ambient = Ambient { now: at, nonce: [3; 16], ..Ambient::default() };
    let verdict = gate(&blob, config, &request, &ambient);
    let (status, record) = match &verdict {
        Verdict::Pass(pass) => (200, pass.record.clone()),
        Verdict::Answer(answer) => (answer.status, answer.record.clone().unwrap()),
    };
    assert!(!record.contains('\n'));
    let record: Value = serde_json::from_str(&record).unwrap();
    Got { status, record, verdict }
}

fn ask(config: &GateConfig, path: &str, headers: &[(&str, &str)]) -> Got {
    ask_at(config, &BLOB, now(), "GET", path, headers)
}

/// With address and plain claims, in the configuration for tests.
fn who(path: &str, address: &str, claims: Value) -> Got {
    let text = claims.to_string();
    let mut headers = vec![("x-test-address", address)];
    if !claims.is_null() {
        headers.push(("x-test-identity", text.as_str()));
    }
    ask(&test_config(), path, &headers)
}

/// Decides again from a record's facts.
fn replay(record: &Value, facts: &Value) -> (String, u16, Vec<String>) {
    let blob = Blob::open(&BLOB).unwrap();
    let facts: FactsJson = serde_json::from_value(facts.clone()).unwrap();
    let buffer = facts.to_facts(blob.policy(), parse_unix(record["at"].as_str().unwrap()).unwrap()).unwrap();
    let decision = evaluate(blob.policy(), &buffer.facts());
    (decision.outcome.as_str().to_owned(), decision.status, decision.rule_ids(blob.policy()).into_iter().map(str::to_owned).collect())
}

#[test]
fn open_weights_pass_from_germany_and_not_from_iran_or_sevastopol() {
    let de = who(OPEN, "192.0.2.1", Value::Null);
    assert_eq!((de.status, de.rules()), (200, vec![]));
    assert_eq!(de.pass().upstream, format!("http://hub.test{OPEN}"));
    assert!(!de.pass().response_remove.iter().any(|n| n == "cache-control"), "published items may be cached");
    let ir = who(OPEN, "198.51.100.1", Value::Null);
    assert_eq!((ir.status, ir.rules()), (451, vec!["OFAC-EMBARGO"]));
    assert_eq!(ir.header("link"), Some("<https://hub.example/>; rel=\"blocked-by\""));
    assert_eq!(ir.header("x-error-code"), Some("GatedRepo"));
    assert_eq!(ir.header("cache-control"), Some("private, no-store"));
    let sevastopol = who(OPEN, "2001:db8::1", Value::Null);
    assert_eq!((sevastopol.status, sevastopol.rules()), (451, vec!["OFAC-CRIMEA"]));
    let nowhere = who(OPEN, "8.8.8.8", Value::Null);
    assert_eq!((nowhere.status, &nowhere.record["facts"]["place"]), (200, &json!({})));
}

#[test]
fn every_way_to_one_artefact_gets_one_answer() {
    for (address, status) in [("192.0.2.1", 401), ("198.51.100.1", 451)] {
        for path in [
            CLOSED,
            "/api/models/acme/closed-13b/revision/main",
            "/api/models/acme/closed-13b/tree/main",
            "/Acme/Closed-13B/raw/main/config.json",
        ] {
            for method in ["GET", "HEAD", "POST"] {
                for more in [("accept", "*/*"), ("range", "bytes=0-1"), ("if-none-match", "\"etag\""), ("x-http-method-override", "GET")] {
                    let got = ask_at(&test_config(), &BLOB, now(), method, path, &[("x-test-address", address), more]);
                    assert_eq!(got.status, status, "{method} {path} {more:?}");
                    assert_eq!(got.record["action"], "download");
                    assert_eq!(got.answer().body.is_empty(), method == "HEAD");
                }
            }
        }
    }
    let card = who("/acme/closed-13b", "198.51.100.1", Value::Null);
    assert_eq!((card.status, &card.record["action"]), (200, &json!("browse")));
}

#[test]
fn a_decision_id_leads_to_a_record_that_decides_the_same() {
    let cases = [
        who(OPEN, "198.51.100.1", Value::Null),
        who(OPEN, "192.0.2.1", Value::Null),
        who(CLOSED, "192.0.2.1", Value::Null),
        who(CLOSED, "192.0.2.1", json!({ "account": "1", "declared": "IR", "flags": ["tor", "new_org"] })),
        who(FRONTIER, "203.0.113.1", json!({ "account": "cn-1", "declared": "CN", "kind": "organization", "headquarters": "CN" })),
        who(
            OPEN,
            "192.0.2.1",
            json!({ "name": "Sample Listed Bank", "kind": "organization", "owners": [{ "list": "SDN", "share": 0.1 }] }),
        ),
        who(CLOSED, "192.0.2.1", json!({ "name": "Half Owned Example Works", "kind": "organization" })),
        who(CLOSED, "192.0.2.1", json!({ "name": "Listed Jane Example", "foreign_person": false })),
        who("/acme/unlisted/resolve/main/x", "192.0.2.1", Value::Null),
        who("/acme/noticed-70b/resolve/main/x", "203.0.113.200", json!({ "foreign_person": true })),
        ask_at(
            &test_config(),
            &BLOB,
            now() + 20 * 86_400,
            "GET",
            CLOSED,
            &[("x-test-address", "192.0.2.1"), ("x-test-identity", r#"{"account":"1"}"#)],
        ),
    ];
    for got in &cases {
        if let Verdict::Answer(answer) = &got.verdict {
            let id = answer.headers.iter().find(|(n, _)| n == "X-Weighbridge-Decision").map(|(_, v)| v.as_str()).unwrap();
            assert_eq!(got.record["id"], id);
            assert_eq!(got.header("x-request-id"), Some(id));
            assert!(String::from_utf8_lossy(&answer.body).contains(id));
        }
        let (outcome, status, rules) = replay(&got.record, &got.record["facts"]);
        assert_eq!(got.record["outcome"], outcome, "{}", got.record);
        assert_eq!(got.record["status"], status, "{}", got.record);
        assert_eq!(got.record["rules"], json!(rules), "{}", got.record);
        for field in ["v", "id", "at", "mode", "action", "protocol", "method", "facts", "freshness", "not_screened", "engine"] {
            assert!(!got.record[field].is_null(), "{field}");
        }
        for digest in [&got.record["blob"]["digest"], &got.record["policy"]["digest"]] {
            assert_eq!(digest.as_str().unwrap().len(), 64);
        }
        assert_eq!(got.record["lists"], json!({ "SDN": now() - 3_600, "EL": now() - 3_600 }));
        assert_eq!(got.record["policy"]["switches"]["affiliates_rule"], "review");
    }
    assert!(cases.iter().map(|c| c.record["status"].as_u64().unwrap()).collect::<std::collections::BTreeSet<_>>().len() >= 5);
}

#[test]
fn decision_ids_differ_and_are_26_characters_of_base_32() {
    let ids: std::collections::BTreeSet<String> =
        [OPEN, CLOSED, FRONTIER].iter().map(|path| who(path, "192.0.2.1", Value::Null).record["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| id.len() == 26 && id.bytes().all(|b| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&b))));
}

#[test]
fn listed_parties_are_found_and_refusals_do_not_say_whom() {
    let passport = json!({ "name": "Somebody Else", "identifiers": [{ "type": "passport", "number": "x 123-4567", "country": "RU" }] });
    for (path, claims, status, rule) in [
        (OPEN, passport.clone(), 451, "PARTY-BLOCKED"),
        (CHAT, passport, 451, "PARTY-BLOCKED"),
        (OPEN, json!({ "kind": "person", "name": "Jane Example Listed" }), 403, "PARTY-POSSIBLE"),
        (OPEN, json!({ "kind": "person", "names": ["LISTED, Jane Example"], "birth_date": "1962-03-04" }), 451, "PARTY-BLOCKED"),
        (OPEN, json!({ "kind": "organization", "name": "SAMPLE Listed Bank" }), 451, "PARTY-BLOCKED"),
        (OPEN, json!({ "kind": "organization", "name": "Half Owned Example Works" }), 451, "PARTY-BLOCKED-50"),
        (CLOSED, json!({ "kind": "organization", "name": "Sample Listed Laboratories" }), 451, "PARTY-ENTITY"),
        (OPEN, json!({ "kind": "organization", "name": "Sample Listed Laboratories" }), 403, "PARTY-EAR-OTHER"),
        (CHAT, json!({ "kind": "organization", "name": "Sample Listed Laboratories" }), 403, "PARTY-EAR-OTHER"),
    ] {
        let got = who(path, "192.0.2.1", claims.clone());
        assert_eq!(got.status, status, "{claims} {}", got.record);
        assert!(got.rules().contains(&rule), "{claims} {:?}", got.rules());
        let matched = got.record["matches"][0]["entry"].as_str().unwrap();
        let mut told = String::from_utf8_lossy(&got.answer().body).into_owned();
        for (name, value) in &got.answer().headers {
            told.push_str(&format!("\n{name}: {value}"));
        }
        assert!(told.contains(rule));
        let told = told.to_lowercase();
        for secret in
            [matched, "jane", "bank", "laborator", "example works", "x123", "sanctioned", "entry", "strong", "possible match", "sdn"]
        {
            assert!(!told.contains(secret), "`{secret}` in {told}");
        }
    }
    let nobody = who(OPEN, "192.0.2.1", json!({ "kind": "person", "name": "Ada Unlisted" }));
    assert_eq!((nobody.status, &nobody.record["matches"]), (200, &json!([])));
}

#[test]
fn clearances_take_namesakes_away_but_no_identifiers() {
    let claims = |account: &str| json!({ "account": account, "kind": "person", "name": "Jane Example Listed" });
    let cleared = who(OPEN, "192.0.2.1", claims("42"));
    assert_eq!(cleared.status, 200);
    assert_eq!(cleared.record["cleared"][0]["entry"], "us_ofac_sdn:1");
    assert_eq!(who(OPEN, "192.0.2.1", claims("43")).status, 403, "expired yesterday");
    assert_eq!(who(OPEN, "192.0.2.1", claims("44")).status, 403);
    let mut with_passport = claims("42");
    with_passport["identifiers"] = json!([{ "type": "passport", "number": "X1234567" }]);
    assert_eq!(who(OPEN, "192.0.2.1", with_passport).status, 451);
}

#[test]
fn authorisations_lift_named_rules_for_their_party_place_item_and_dates() {
    let claims = |account: &str| json!({ "account": account, "kind": "organization", "declared": "CN", "headquarters": "CN", "foreign_person": true });
    let lifted = who(FRONTIER, "203.0.113.1", claims("cn-1"));
    assert_eq!(lifted.record["lifted"], json!([["EAR-4E091-D5", "L-1"]]));
    assert!(!lifted.rules().contains(&"EAR-4E091-D5"));
    assert_ne!(lifted.status, 451);
    for (account, why) in
        [("cn-2", "over yesterday"), ("cn-3", "names another rule"), ("cn-4", "for another place"), ("cn-9", "for nobody")]
    {
        let got = who(FRONTIER, "203.0.113.1", claims(account));
        assert_eq!((got.status, &got.record["lifted"]), (451, &json!([])), "{why}");
    }
    // Evidence of another place beside the licensed one.
    let elsewhere = who(FRONTIER, "192.0.2.1", claims("cn-1"));
    assert_eq!((elsewhere.status, &elsewhere.record["lifted"]), (451, &json!([])));

    let aia = json!({ "kind": "organization", "name": "EXAMPLE Instituut BV", "declared": "DE", "headquarters": "NL" });
    let got = who(FRONTIER, "192.0.2.1", aia);
    assert_eq!((got.status, got.rules()), (200, vec!["EAR-4E091-AIA"]), "{}", got.record);
    let other = json!({ "kind": "organization", "name": "Another Instituut BV", "declared": "DE", "headquarters": "NL" });
    assert_eq!(who(FRONTIER, "192.0.2.1", other).status, 403);
    let person = json!({ "kind": "person", "name": "Example Instituut BV", "declared": "DE", "headquarters": "NL" });
    assert_eq!(who(FRONTIER, "192.0.2.1", person).status, 403, "a person's name carries no licence");
}

#[test]
fn whoever_acts_for_a_listed_party_is_refused_like_it() {
    let agent = json!({ "account": "7", "name": "Ada Agent", "kind": "person", "on_behalf_of": { "kind": "organization", "name": "Sample Listed Bank" } });
    let got = who(OPEN, "192.0.2.1", agent);
    assert_eq!((got.status, got.rules()), (451, vec!["PARTY-BLOCKED"]));
    assert_eq!(got.record["matches"], json!([]));
    let principal = &got.record["on_behalf_of"];
    assert_eq!(principal["matches"][0]["entry"], "us_ofac_sdn:2");
    assert_eq!(replay(&got.record, &principal["facts"]), ("deny".to_owned(), 451, vec!["PARTY-BLOCKED".to_owned()]));
    assert_eq!(replay(&got.record, &got.record["facts"]).1, 200);
    let clean = json!({ "account": "7", "name": "Ada Agent", "on_behalf_of": { "kind": "organization", "name": "Unlisted Works" } });
    assert_eq!(who(OPEN, "192.0.2.1", clean).status, 200);
    let abroad = json!({ "account": "7", "name": "Ada Agent", "on_behalf_of": { "kind": "person", "declared": "IR" } });
    assert_eq!(who(OPEN, "192.0.2.1", abroad).rules(), ["OFAC-EMBARGO"]);
    let agent_abroad = json!({ "account": "7", "declared": "IR", "on_behalf_of": { "kind": "person", "declared": "DE" } });
    assert_eq!(who(OPEN, "192.0.2.1", agent_abroad).rules(), ["OFAC-EMBARGO"]);
}

#[test]
fn the_default_configuration_believes_no_plain_header() {
    let claims = r#"{"account":"1","kind":"person","foreign_person":false}"#;
    let forged = [
        ("x-test-address", "198.51.100.1"),
        ("x-test-identity", claims),
        ("x-test-place-ip", "IR"),
        ("x-test-place-declared", "IR"),
        ("x-forwarded-for", "198.51.100.1"),
        ("forwarded", "for=198.51.100.1"),
        ("spin-client-addr", "198.51.100.1:80"),
        ("cf-connecting-ip", "198.51.100.1"),
        ("cf-ipcountry", "IR"),
        ("x-weighbridge-identity", claims),
        ("x-weighbridge-decision", "allow"),
        ("x-weighbridge-outcome", "allow"),
    ];
    let open = ask(&config(&[]), OPEN, &forged);
    assert_eq!((open.status, &open.record["facts"]["place"]), (200, &json!({})));
    assert_eq!(
        open.record["ignored_headers"],
        json!(["cf-connecting-ip", "cf-ipcountry", "forwarded", "spin-client-addr", "x-forwarded-for"])
    );
    assert!(open.pass().request_headers.iter().all(|(_, v)| !v.windows(12).any(|w| w == b"198.51.100.1")));
    let closed = ask(&config(&[]), CLOSED, &forged);
    assert_eq!((closed.status, &closed.record["facts"]["identity"]), (401, &Value::Null));
    assert_eq!(closed.record["identity_rejected"], "incomplete");
    assert_eq!(closed.header("www-authenticate"), Some("Weighbridge realm=\"weights\""));
}

#[test]
fn each_configured_origin_of_the_address_works() {
    let spin = config(&[("WEIGHBRIDGE_CLIENT_ADDRESS", "spin")]);
    assert_eq!(ask(&spin, OPEN, &[("spin-client-addr", "198.51.100.1:50000")]).status, 451);
    assert_eq!(ask(&spin, OPEN, &[("x-forwarded-for", "198.51.100.1")]).status, 200);
    let forwarded = config(&[("WEIGHBRIDGE_CLIENT_ADDRESS", "forwarded"), ("WEIGHBRIDGE_TRUSTED_PROXIES", "10.0.0.0/8")]);
    assert_eq!(ask(&forwarded, OPEN, &[("x-forwarded-for", "192.0.2.1, 198.51.100.1, 10.0.0.1")]).status, 451);
    assert_eq!(ask(&forwarded, OPEN, &[("x-forwarded-for", "198.51.100.1, 192.0.2.1, 10.0.0.1")]).status, 200);
    let passed = ask(&forwarded, OPEN, &[("x-forwarded-for", "198.51.100.1, 192.0.2.1, 10.0.0.1")]);
    assert!(passed.pass().request_headers.contains(&("x-forwarded-for".to_owned(), b"192.0.2.1".to_vec())));
}

#[test]
fn signed_identity_opens_closed_items_and_a_tampered_one_does_not() {
    let claims = r#"{"account":"1","kind":"person","declared":"DE","foreign_person":true}"#;
    let (header, signature) = identity::sign("hub-1", &KEY, "weights", now(), "GET", HOST, CLOSED, None, claims).unwrap();
    let pair = [("X-Weighbridge-Identity", header.as_str()), ("X-Weighbridge-Signature", signature.as_str())];
    let good = ask(&config(&[]), CLOSED, &pair);
    assert_eq!((good.status, &good.record["identity_rejected"]), (200, &Value::Null));
    assert!(good.pass().request_headers.iter().all(|(n, _)| n != "x-weighbridge-identity" && n != "x-weighbridge-signature"));
    assert!(good.pass().response_add.contains(&("Cache-Control".to_owned(), "private".to_owned())));

    let declared_us = header.replace("\"DE\"", "\"US\"");
    for (path, headers, at, reason) in [
        (CLOSED, vec![("x-weighbridge-identity", declared_us.as_str()), pair[1]], now(), "bad_signature"),
        (FRONTIER, pair.to_vec(), now(), "bad_signature"),
        (CLOSED, pair.to_vec(), now() + 61, "stale"),
        (CLOSED, vec![pair[0], pair[0], pair[1]], now(), "duplicate"),
        (CLOSED, vec![pair[0]], now(), "incomplete"),
    ] {
        let got = ask_at(&config(&[]), &BLOB, at, "GET", path, &headers);
        assert_eq!((got.status, &got.record["identity_rejected"]), (401, &json!(reason)));
        assert_eq!(got.record["facts"]["identity"], Value::Null);
    }
}

#[test]
fn personal_data_stands_in_records_as_keyed_hashes_only() {
    let key = STANDARD.encode([9; 32]);
    let audited = config(&[("WEIGHBRIDGE_TEST_HEADERS", "on"), ("WEIGHBRIDGE_AUDIT_KEY", &key)]);
    let claims = json!({ "account": "account-4711", "name": "Zaphod Q Personal", "email": "Zaphod@mail.example", "birth_date": "1971-05-06",
        "identifiers": [{ "type": "passport", "number": "Z9876543" }], "addresses": [{ "street": "1 Private Road", "city": "Town", "country": "DE" }] });
    let text = claims.to_string();
    let headers = [("x-test-address", "192.0.2.77"), ("x-test-identity", text.as_str())];
    let got = ask(&audited, OPEN, &headers);
    let line = got.record.to_string();
    for personal in ["4711", "Zaphod", "mail.example", "1971", "Z9876543", "Private Road", "192.0.2.77"] {
        assert!(!line.contains(personal), "`{personal}` in {line}");
    }
    for field in ["account", "email", "address"] {
        assert_eq!(got.record["personal"][field].as_str().unwrap().len(), 32, "{field}");
    }
    let again = ask(&audited, CLOSED, &headers);
    assert_eq!(again.record["personal"], got.record["personal"], "one requester can be followed through the records");
    let other_key = config(&[("WEIGHBRIDGE_TEST_HEADERS", "on"), ("WEIGHBRIDGE_AUDIT_KEY", &STANDARD.encode([8; 32]))]);
    assert_ne!(ask(&other_key, OPEN, &headers).record["personal"], got.record["personal"]);
    assert_eq!(ask(&test_config(), OPEN, &headers).record["personal"], Value::Null, "no key, no hashes");
}

#[test]
fn traces_are_derived_from_mail_and_web_addresses() {
    let person = |email: &str| who(OPEN, "192.0.2.1", json!({ "email": email }));
    assert_eq!(person("a@university.ac.ir").rules(), ["RF-EMBARGO-TRACE"]);
    assert_eq!(person("a@ir.example.de").status, 200);
    assert_eq!(who(OPEN, "192.0.2.1", json!({ "website": "https://www.firm.kp/x" })).rules(), ["RF-EMBARGO-TRACE"]);
    let firm = |kind: &str, email: &str| who(CLOSED, "192.0.2.1", json!({ "kind": kind, "email": email, "declared": "DE" }));
    assert_eq!(firm("organization", "x@freemail.example").rules(), ["RF-FREE-MAIL"]);
    assert_eq!(firm("person", "x@freemail.example").status, 200);
    assert_eq!(firm("organization", "x@firm.example").status, 200);
}

#[test]
fn a_name_too_long_to_screen_is_reviewed() {
    let got = who(OPEN, "192.0.2.1", json!({ "kind": "person", "name": "ab ".repeat(3_000) }));
    assert_eq!((got.status, got.rules(), &got.record["screening_truncated"]), (403, vec!["PARTY-POSSIBLE"], &json!(true)));
}

#[test]
fn paths_that_can_be_read_in_two_ways_are_refused() {
    for path in [
        "//acme/open-7b/resolve/main/x",
        "/acme/open-7b/../closed-13b/resolve/main/x",
        "/acme/open-7b/%2e%2e/closed-13b/x",
        "/acme%2Fopen-7b",
        "/a\\b",
        "*",
    ] {
        let got = who(path, "203.0.113.200", json!({ "account": "1", "declared": "US" }));
        assert_eq!((got.status, &got.record["status"], &got.record["passed"]), (400, &json!(400), &json!(false)), "{path}");
        assert!(got.record["path_error"].is_string());
        assert_eq!(got.header("content-type"), Some("application/problem+json"));
    }
    for path in [
        "/acme/closed-13b/resolve/main/x/",
        "/ACME/closed-13b/resolve/main/x",
        "/acme/closed-13b/resolve/refs%2Fpr%2F1/x",
        "/%61cme/closed-13b/x",
    ] {
        let got = who(path, "192.0.2.1", Value::Null);
        assert_eq!((got.status, &got.record["item"]["id"]), (401, &json!("acme/closed-13b")), "{path}");
    }
}

#[test]
fn unlisted_paths_are_closed_and_unclassified() {
    for path in ["/", "/acme/unlisted/resolve/main/x", "/api/whoami-v2", "/pub", "/serve/chat/v2"] {
        let got = who(path, "192.0.2.1", Value::Null);
        let class = got.record["facts"]["item"]["class"].clone();
        assert!(got.status >= 400 || path == "/pub", "{path}");
        assert_eq!(class, if path == "/pub" { "closed" } else { "closed_unknown" }, "{path}");
    }
    assert_eq!(who("/pub/x", "192.0.2.1", Value::Null).record["item"]["id"], "acme/short");
    assert_eq!(who("/pub/open/x", "192.0.2.1", Value::Null).record["item"]["id"], "acme/long", "the longer pattern");
}

#[test]
fn inference_answers_in_its_own_protocol() {
    assert_eq!(who(CHAT, "192.0.2.1", Value::Null).status, 200);
    let ir = ask_at(&test_config(), &BLOB, now(), "POST", CHAT, &[("x-test-address", "198.51.100.1")]);
    assert_eq!((ir.status, &ir.record["action"]), (451, &json!("infer")));
    let body: Value = serde_json::from_slice(&ir.answer().body).unwrap();
    assert_eq!(body["error"]["code"], "unavailable_for_legal_reasons");
    assert_eq!(body["error"]["type"], "permission_error");
}

#[test]
fn old_lists_refuse_closed_items_and_keep_published_ones() {
    let at = |age: i64, path| {
        ask_at(
            &test_config(),
            &BLOB,
            now() - 3_600 + age,
            "GET",
            path,
            &[("x-test-address", "192.0.2.1"), ("x-test-identity", r#"{"account":"1"}"#)],
        )
    };
    let fortnight = 14 * 86_400;
    assert_eq!(at(fortnight, CLOSED).status, 403);
    let late = at(fortnight + 1, CLOSED);
    assert_eq!((late.status, &late.record["freshness"], &late.record["decided_by"]), (503, &json!("stale_refuse"), &json!("freshness")));
    assert!(late.header("retry-after").is_some());
    assert_eq!((at(fortnight + 1, OPEN).status, at(fortnight + 1, OPEN).record["freshness"].clone()), (200, json!("stale_refuse")));
}

#[test]
fn a_gate_whose_clock_is_wrong_does_not_call_its_lists_fresh() {
    let headers = [("x-test-address", "192.0.2.1"), ("x-test-identity", r#"{"account":"1"}"#)];
    let at = |at: i64, path| ask_at(&test_config(), &BLOB, at, "GET", path, &headers);
    assert_eq!(at(now() - 3_600 - 86_400, CLOSED).status, 200);
    assert_eq!(at(now() - 3_600 - 86_401, CLOSED).status, 503);
    assert_eq!(at(0, CLOSED).status, 503);
    assert_eq!(at(0, OPEN).status, 200);
}

#[test]
fn an_expired_or_old_blob_decides_nothing() {
    let end = now() + 30 * 86_400;
    let headers = [("x-test-address", "192.0.2.1")];
    assert_eq!(ask_at(&test_config(), &BLOB, end, "GET", OPEN, &headers).status, 200);
    let expired = ask_at(&test_config(), &BLOB, end + 1, "GET", OPEN, &headers);
    assert_eq!((expired.status, &expired.record["outcome"]), (503, &json!("cannot_decide")));
    assert!(expired.header("retry-after").is_some());
    assert_eq!(ask(&config(&[("WEIGHBRIDGE_MIN_SEQUENCE", "7")]), OPEN, &[]).status, 200);
    assert_eq!(ask(&config(&[("WEIGHBRIDGE_MIN_SEQUENCE", "8")]), OPEN, &[]).status, 503);
    assert_eq!(ask(&config(&[("WEIGHBRIDGE_SWITCHES", "no_such_switch=off")]), OPEN, &[]).status, 503);
    assert_eq!(ask(&config(&[("WEIGHBRIDGE_SWITCHES", "hosted_access=off")]), OPEN, &[]).status, 503);
}

#[test]
fn shadow_mode_records_and_never_refuses() {
    let shadow = config(&[("WEIGHBRIDGE_TEST_HEADERS", "on"), ("WEIGHBRIDGE_MODE", "shadow")]);
    let got = ask(&shadow, OPEN, &[("x-test-address", "198.51.100.1")]);
    assert_eq!((got.status, &got.record["outcome"], &got.record["status"]), (200, &json!("deny"), &json!(451)));
    assert_eq!((&got.record["mode"], &got.record["passed"]), (&json!("shadow"), &json!(true)));
    for target in ["//x", "@evil.example/", ":80@evil.example/", "*", ".evil.example/"] {
        let got = ask(&shadow, target, &[]);
        assert!(got.pass().upstream.starts_with("http://hub.test/"), "{}", got.pass().upstream);
    }
    assert_eq!(ask_at(&shadow, &BLOB, now() + 31 * 86_400, "GET", OPEN, &[]).record["passed"], true);
}

#[test]
fn settings_change_decisions_and_stand_in_the_record() {
    let headers = [("x-test-address", "198.51.100.1")];
    let eu = config(&[("WEIGHBRIDGE_TEST_HEADERS", "on"), ("WEIGHBRIDGE_BOUND_AS", "EU")]);
    let got = ask(&eu, OPEN, &headers);
    assert_eq!((got.status, replay(&got.record, &got.record["facts"]).1), (403, 403));
    let off = config(&[("WEIGHBRIDGE_TEST_HEADERS", "on"), ("WEIGHBRIDGE_SWITCH_ECCN_4E091", "off")]);
    let claims = r#"{"account":"x","kind":"person","declared":"CN"}"#;
    let from_cn = [("x-test-address", "203.0.113.1"), ("x-test-identity", claims)];
    assert_eq!(ask(&test_config(), FRONTIER, &from_cn).status, 451);
    let got = ask(&off, FRONTIER, &from_cn);
    assert!(!got.rules().contains(&"EAR-4E091-D5"));
    assert_eq!(got.record["policy"]["switches"]["eccn_4e091"], "off");
    assert_eq!(json!(replay(&got.record, &got.record["facts"]).2), got.record["rules"]);
}

#[test]
fn timing_is_told_if_asked_for() {
    let timing = config(&[("WEIGHBRIDGE_TIMING", "on")]);
    let blob = Blob::open(&BLOB).unwrap();
    let ticks = std::cell::Cell::new(1_000_u64);
    let clock = || {
        ticks.set(ticks.get() + 2_500);
        ticks.get()
    };
    let request = Request { method: "GET", authority: HOST, path_and_query: OPEN, headers: Vec::new() };
    let ambient = Ambient { now: now(), nonce: [0; 16], clock_ns: Some(&clock), ..Ambient::default() };
    let Verdict::Pass(pass) = gate(&blob, &timing, &request, &ambient) else { panic!() };
    assert!(pass.response_add.contains(&("Server-Timing".to_owned(), "decision;dur=0.002500".to_owned())), "{:?}", pass.response_add);
}

#[test]
fn the_check_endpoint_decides_shared_cases() {
    let blob = Blob::open(&BLOB).unwrap();
    let ticks = std::cell::Cell::new(0_u64);
    let clock = || {
        ticks.set(ticks.get() + 700);
        ticks.get()
    };
    let ambient = Ambient { now: 0, nonce: [0; 16], clock_ns: Some(&clock), ..Ambient::default() };
    let run = |body: Value| -> (u16, Value) {
        let answer = check(&blob, &config(&[]), body.to_string().as_bytes(), &ambient);
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    };
    let by_facts = json!({ "case": "IP Germany, declared Iran", "at": "2026-11-22",
        "facts": { "action": "download", "item": { "class": "published" }, "place": { "ip": "DE", "declared": "IR" } },
        "expect": { "outcome": "deny", "status": 451, "rules": ["OFAC-EMBARGO"] } });
    let by_request = json!({ "case": "a listed bank", "at": NOW, "blob": "sample",
        "request": { "path": OPEN, "address": "192.0.2.1", "identity": { "kind": "organization", "name": "Sample Listed Bank" }, "headers": { "accept": ["a", "b"], "range": "bytes=0-1" } },
        "expect": { "outcome": "allow", "status": 200, "rules": [] } });
    let (status, got) =
        run(json!([by_facts, by_request, { "case": "neither", "at": NOW }, { "case": "bad", "at": NOW, "facts": { "action": "sing" } }]));
    assert_eq!(status, 200);
    assert_eq!(
        (&got[0]["outcome"], &got[0]["status"], &got[0]["rules"], &got[0]["ns"]),
        (&json!("deny"), &json!(451), &json!(["OFAC-EMBARGO"]), &json!(700))
    );
    assert_eq!(got[0]["differences"], json!([]));
    assert_eq!((&got[1]["status"], &got[1]["rules"]), (&json!(451), &json!(["PARTY-BLOCKED"])));
    assert_eq!(got[1]["differences"].as_array().unwrap().len(), 3);
    assert_eq!(got[2]["case"], "neither");
    assert!(got[2]["error"].as_str().unwrap().contains("either"));
    assert!(got[3]["error"].as_str().unwrap().contains("sing"));
    let past = json!({ "case": "before the lists were checked", "at": "2026-11-09", "request": { "path": CLOSED, "address": "192.0.2.1", "identity": { "account": "1" } } });
    assert_eq!(run(past).1[0]["status"], 200);
    let (_, one) = run(by_facts.clone());
    assert_eq!(one.as_array().unwrap().len(), 1);
    let (_, many) = run(json!({ "cases": [by_facts], "repeat": 7 }));
    assert_eq!(many[0]["ns"], 100);
    assert_eq!(check(&blob, &config(&[]), b"{", &ambient).status, 400);
}

#[test]
fn places_alone_identify_nobody_and_still_count() {
    let declared = |code: &str, path| who(path, "192.0.2.1", json!({ "declared": code }));
    assert_eq!((declared("DE", CLOSED).status, &declared("DE", CLOSED).record["facts"]["identity"]), (401, &Value::Null));
    assert_eq!(declared("IR", OPEN).rules(), ["OFAC-EMBARGO"]);
    let header = ask(&test_config(), OPEN, &[("x-test-address", "192.0.2.1"), ("x-test-place-declared", "IR")]);
    assert_eq!(header.rules(), ["OFAC-EMBARGO"]);
    assert_eq!(who(CLOSED, "192.0.2.1", json!({ "flags": ["tor"] })).rules(), ["RF-ANONYMISER"]);
    assert_eq!(who(CLOSED, "192.0.2.1", json!({ "account": "1" })).status, 200);
}

#[test]
fn the_record_never_says_clear() {
    for (claims, word) in [
        (Value::Null, "not_screened"),
        (json!({ "account": "1" }), "not_screened"),
        (json!({ "name": "Ada Unlisted" }), "no_list_match"),
        (json!({ "name": "Jane Example Listed" }), "potential_match"),
    ] {
        let got = who(OPEN, "192.0.2.1", claims);
        assert_eq!(got.record["screening"], word);
        assert!(!got.record.to_string().contains("clear"));
    }
}

#[test]
fn the_record_says_how_far_owners_were_looked_at() {
    for (claims, word) in [
        (Value::Null, "not_checked"),
        (json!({ "account": "1" }), "not_checked"),
        (json!({ "kind": "organization", "name": "Unlisted Works" }), "no_listed_owner_known"),
        (json!({ "kind": "organization", "name": "Half Owned Example Works" }), "listed_owners"),
        (json!({ "account": "1", "owners": [{ "list": "SDN", "share": 0.1 }] }), "listed_owners"),
    ] {
        assert_eq!(who(OPEN, "192.0.2.1", claims.clone()).record["ownership"], word, "{claims}");
    }
}

#[test]
fn a_licence_for_a_listed_party_lifts_its_rule() {
    let licensed = json!({ "kind": "organization", "name": "Sample Licensed Bank" });
    let got = who(OPEN, "192.0.2.1", licensed.clone());
    assert_eq!((got.status, &got.record["lifted"]), (200, &json!([["PARTY-BLOCKED", "L-5"]])));
    assert_eq!(who("/acme/unlisted/resolve/main/x", "192.0.2.1", licensed).status, 451, "the licence is for one item");
    assert_eq!(who(OPEN, "192.0.2.1", json!({ "kind": "organization", "name": "Sample Listed Bank" })).status, 451);
}

#[test]
fn a_listed_address_is_found() {
    let at = |street: &str| json!({ "kind": "organization", "name": "Unlisted Works", "addresses": [{ "street": street, "city": "Sampleton", "country": "HK" }] });
    let got = who(CLOSED, "192.0.2.1", at("17 Example Street, Room 1701"));
    assert_eq!((got.status, &got.record["matches"][0]["band"]), (451, &json!("address")), "{}", got.record);
    assert!(got.rules().contains(&"PARTY-ENTITY"));
    assert_eq!(who(CLOSED, "192.0.2.1", at("18 Example Street, Room 1701")).status, 200);
}

#[test]
fn owners_that_the_backend_names_count_with_those_of_the_lists() {
    let owned = |owners: Value| who(OPEN, "192.0.2.1", json!({ "kind": "organization", "name": "Unlisted Works", "owners": owners }));
    assert_eq!(
        owned(json!([{ "list": "SDN", "share": 0.25, "owner": "a" }, { "list": "SDN", "share": 0.25, "owner": "b" }])).rules(),
        ["PARTY-BLOCKED-50"]
    );
    assert_eq!(owned(json!([{ "list": "SDN", "share": 0.25, "owner": "a" }, { "list": "SDN", "share": 0.25, "owner": "a" }])).status, 200);
    assert_eq!(owned(json!([{ "list": "SDN", "share": 0.25 }, { "list": "SDN", "share": 0.24 }])).status, 200);
    assert_eq!(owned(json!([{ "list": "SDN", "share": 0.25 }, { "list": "SDN", "share": 0.25 }])).status, 451, "without ids they are two");
}

/// Checks a record against the published schema: no field that it does not know, and every word of an `enum`.
fn conforms(record: &Value) {
    let schema: Value = serde_json::from_str(include_str!("../record.schema.json")).unwrap();
    for (field, value) in record.as_object().unwrap() {
        let property = &schema["properties"][field];
        assert!(property.is_object(), "the schema does not know `{field}`");
        if let Some(words) = property["enum"].as_array() {
            assert!(words.contains(value), "{field}: {value}");
        }
        let fits = match property["type"].as_str() {
            Some("string") => value.is_string(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            Some("boolean") => value.is_boolean(),
            _ => true,
        };
        assert!(fits, "{field}: {value}");
        for needed in property["required"].as_array().into_iter().flatten() {
            assert!(!value[needed.as_str().unwrap()].is_null(), "{field} has no {needed}");
        }
    }
    for needed in schema["required"].as_array().unwrap() {
        assert!(!record[needed.as_str().unwrap()].is_null(), "{needed}");
    }
    for found in record["matches"].as_array().into_iter().flatten() {
        let words = |field: &str| schema["$defs"]["match"]["properties"][field]["enum"].as_array().unwrap();
        assert!(words("band").contains(&found["band"]) && words("reason").contains(&found["reason"]), "{found}");
    }
}

#[test]
fn records_have_the_published_form() {
    let key = STANDARD.encode([9; 32]);
    let full = config(&[("WEIGHBRIDGE_TEST_HEADERS", "on"), ("WEIGHBRIDGE_AUDIT_KEY", &key)]);
    let claims = json!({ "account": "42", "kind": "person", "names": ["Jane Example Listed", "x ".repeat(2_000)], "identifiers": [{ "type": "passport", "number": "X1234567" }],
        "on_behalf_of": { "kind": "organization", "name": "Sample Listed Bank" } });
    let text = claims.to_string();
    let headers = [
        ("x-test-address", "192.0.2.1"),
        ("x-test-identity", text.as_str()),
        ("x-forwarded-for", "192.0.2.9"),
        ("x-weighbridge-signature", "00"),
    ];
    let got = ask(&full, CLOSED, &headers);
    for field in ["on_behalf_of", "personal", "ignored_headers", "screening_truncated", "matches", "item"] {
        assert!(!got.record[field].is_null(), "{field}");
    }
    conforms(&got.record);
    conforms(&ask(&config(&[]), CLOSED, &headers).record);
    conforms(&who(OPEN, "192.0.2.1", json!({ "account": "42", "kind": "person", "name": "Jane Example Listed" })).record);
    conforms(&who("//", "192.0.2.1", Value::Null).record);
    conforms(&ask(&config(&[("WEIGHBRIDGE_MIN_SEQUENCE", "8")]), OPEN, &[]).record);
    let answer = weighbridge_http::cannot_decide("the component carries no blob", [0; 16]);
    conforms(&serde_json::from_str(&answer.record.unwrap()).unwrap());
}

proptest::proptest! {
    /// Whatever comes in, the gate answers, and what it lets pass is one of the items that anybody may have.
    #[test]
    fn no_request_panics_and_nothing_unlisted_passes(
        method in "[A-Z]{0,5}",
        authority in "\\PC{0,12}",
        path in "(/(acme|open-7b|closed-13b|resolve|main|api|models|serve|chat|v1|pub|open|[.%/\\\\a-fA-F0-9;?#@ ]{0,6})){0,7}\\PC{0,4}",
        headers in proptest::collection::vec(
            ("(x-forwarded-for|connection|x-weighbridge-identity|x-weighbridge-signature|content-digest|range|\\PC{0,8})", proptest::collection::vec(proptest::num::u8::ANY, 0..40)),
            0..6,
        ),
    ) {
        let blob = Blob::open_vouched(&BLOB).unwrap();
        let forwarded = config(&[("WEIGHBRIDGE_CLIENT_ADDRESS", "forwarded"), ("WEIGHBRIDGE_TRUSTED_PROXIES", "10.0.0.0/8")]);
        let headers = headers.iter().map(|(n, v)| (n.as_str(), v.as_slice())).collect();
        let request = Request { method: &method, authority: &authority, path_and_query: &path, headers };
        let ambient = Ambient { now: now(), nonce: [0; 16], ..Ambient::default() };
        match gate(&blob, &forwarded, &request, &ambient) {
            Verdict::Pass(pass) => {
                let record: Value = serde_json::from_str(&pass.record).unwrap();
                let open = record["facts"]["item"]["class"] == "published";
                let action = record["action"].as_str().unwrap().to_owned();
                proptest::prop_assert!(open || action == "infer" || action == "browse", "{path}: {record}");
                proptest::prop_assert!(!record["item"].is_null());
                proptest::prop_assert!(pass.upstream.starts_with("http://hub.test/"));
                proptest::prop_assert!(!path.split('?').next().unwrap().split('/').any(|s| s == ".."));
            }
            Verdict::Answer(answer) => {
                proptest::prop_assert!([400, 401, 403, 451, 503].contains(&answer.status));
                for (name, value) in &answer.headers {
                    proptest::prop_assert!(value.bytes().all(|b| b == b' ' || b.is_ascii_graphic()), "{name}: {value}");
                }
                proptest::prop_assert!(!answer.record.unwrap().contains('\n'));
            }
        }
    }

    /// Claims of any form are read or refused.
    #[test]
    fn no_claims_panic(text in "\\PC{0,60}", field in "(account|names|kind|owners|flags|identifiers|on_behalf_of|declared|birth_date)", value in "(null|1|-1.5e300|\"\"|\"US\"|\\[\\]|\\[1\\]|\\{\\}|\\[\"a\"\\]|\\[\\{\\}\\])") {
        let _ = identity::Claims::parse(&text);
        if let Some(claims) = identity::Claims::parse(&format!("{{\"{field}\":{value}}}")) {
            let blob = Blob::open_vouched(&BLOB).unwrap();
            proptest::prop_assert!(blob.entry_count() > 0 && claims.owners.len() <= 1);
        }
    }
}
