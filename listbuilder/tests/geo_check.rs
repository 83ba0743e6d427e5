//! `weighbridge geo check` as a command: two databases compared by country and address count, their age, what they do not know, the
//! places that the policy depends on, the report with its map, and exit codes.

#[path = "common/mmdb.rs"]
mod writer;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use writer::mmdb;

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("weighbridge-geo-check-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// The places that the default policy refuses or tells apart.
const DEPENDS_ON: [&str; 9] = ["CU", "IR", "KP", "UA-09", "UA-14", "UA-23", "UA-40", "UA-43", "UA-65"];

/// Exit code, standard output, standard error. The files were built on 2023-11-14.
fn check(files: &[&Path], arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_weighbridge"))
        .args(["geo", "check"])
        .args(files)
        .args(["--at", "2023-11-24"])
        .args(arguments)
        .env_remove("NO_COLOR")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A /28 of 203.0.113.0/24 for each place that the policy depends on but those left out, and more.
fn database(left_out: &[&str], more: &[(&str, u8, Value)]) -> Vec<u8> {
    let record = |place: &str| match place.split_once('-') {
        Some((country, region)) => json!({ "country": { "iso_code": country }, "subdivisions": [{ "iso_code": region }] }),
        None => json!({ "country": { "iso_code": place } }),
    };
    let places = DEPENDS_ON.iter().enumerate().filter(|(_, place)| !left_out.contains(*place));
    let bases: Vec<(String, Value)> = places.map(|(n, place)| (format!("::203.0.113.{}", n * 16), record(place))).collect();
    let networks = bases.iter().map(|(base, value)| (base.as_str(), 124, value.clone()));
    mmdb(&networks.chain(more.iter().cloned()).collect::<Vec<_>>())
}

fn country(code: &str) -> Value {
    json!({ "country": { "iso_code": code } })
}

#[test]
fn a_good_database_is_described_and_the_command_says_so() {
    let folder = Folder::new("good");
    let good = folder.put("good.mmdb", &database(&[], &[("::8.8.8.0", 120, country("US")), ("2001:db8::", 40, country("DE"))]));
    let (code, out, error) = check(&[&good], &["--json"]);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let one = &report["databases"][0];
    assert_eq!((&one["built"], &one["age_days"], &one["countries"]), (&json!("2023-11-14"), &json!(9), &json!(6)), "{one}");
    assert_eq!((&one["networks_v4"], &one["networks_v6"]), (&json!(10), &json!(1)), "{one}");
    assert_eq!(one["known"], json!({ "v4": 9 * 16 + 256, "v6_sites": 256 }));
    // Of 3.7 thousand million public addresses it knows 256: those of the other block are for documents (RFC 5737).
    assert!(one["unknown_v4_share"].as_f64().is_some_and(|share| share > 0.999_999 && share < 1.0), "{one}");
    assert!(one["missing"].as_array().unwrap().contains(&json!("FR")) && !one["missing"].as_array().unwrap().contains(&json!("US")));
    assert_eq!((&report["agreement"], &report["findings"], &report["disagreements"]), (&Value::Null, &json!([]), &json!([])));
    let places: Vec<(&str, u64)> = report["policy_places"]
        .as_array()
        .unwrap()
        .iter()
        .map(|place| (place["place"].as_str().unwrap(), place["first"]["v4"].as_u64().unwrap()))
        .collect();
    assert_eq!(places, DEPENDS_ON.map(|place| (place, 16)));
    let crimea = &report["policy_places"][7];
    assert_eq!((&crimea["outcome"], &crimea["rules"]), (&json!("deny"), &json!(["OFAC-CRIMEA"])));

    let (code, out, _) = check(&[&good], &[]);
    let crimea: Vec<&str> = out.lines().find(|line| line.starts_with("UA-43")).unwrap().split_whitespace().collect();
    assert_eq!((code, crimea), (0, vec!["UA-43", "deny", "OFAC-CRIMEA", "16", "0"]), "{out}");
    assert!(!out.contains("finding"), "{out}");
}

#[test]
fn two_databases_are_compared_by_country_and_address_count() {
    let folder = Folder::new("two");
    let first = folder.put("first.mmdb", &database(&[], &[("::8.8.8.0", 120, country("US")), ("::9.9.9.0", 120, country("FR"))]));
    // A quarter of the first's Americans are Canadians here; France is not known, and Sevastopol is forgotten.
    let second = [("::8.8.8.0", 121, country("US")), ("::8.8.8.128", 122, country("US")), ("::8.8.8.192", 122, country("CA"))];
    let second = folder.put("second.mmdb", &database(&["UA-40"], &second));
    let page = folder.0.join("report.html");
    let (code, out, error) = check(&[&first, &second], &["--json", "--report", page.to_str().unwrap()]);
    assert_eq!((code, error.as_str()), (1, "error: 1 finding above\n"), "{out}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["findings"], json!(["`second.mmdb` has no address in UA-40, on which the policy depends"]));
    let agreement = &report["agreement"];
    assert_eq!((&agreement["both_know"]["v4"], &agreement["same_country"]["v4"]), (&json!(8 * 16 + 256), &json!(8 * 16 + 192)));
    assert_eq!((&agreement["only_first"]["v4"], &agreement["only_second"]["v4"]), (&json!(16 + 256), &json!(0)));
    let share = agreement["v4_share"].as_f64().unwrap();
    assert!((share - 320.0 / 384.0).abs() < 1e-12, "{share}");
    assert_eq!(report["disagreements"], json!([{ "first": "US", "second": "CA", "addresses": { "v4": 64, "v6_sites": 0 } }]));
    let of = |code: &str| report["countries"].as_array().unwrap().iter().find(|country| country["code"] == code).unwrap().clone();
    assert_eq!((&of("US")["both_v4"], &of("US")["agreement"]), (&json!(192), &json!(0.75)));
    assert_eq!((&of("CA")["second"]["v4"], &of("CA")["agreement"]), (&json!(64), &json!(0.0)));
    assert_eq!((&of("FR")["first"]["v4"], &of("FR")["agreement"]), (&json!(256), &Value::Null), "one of them says nothing");

    // The page has the map, a tile for each of these, and the same figures.
    let page = std::fs::read_to_string(page).unwrap();
    for part in [
        "<title>Address databases: first.mmdb against second.mmdb</title>",
        "<svg ",
        "<title>US: 75.00 % of 256 and 192 IPv4 addresses agree</title>",
        "<title>UA: 100.00 %",
        "<title>FR: 256 IPv4 addresses</title>",
        "finding: `second.mmdb` has no address in UA-40",
    ] {
        assert!(page.contains(part), "no `{part}` in the report");
    }
    let iran = page.lines().find(|line| line.contains("<title>IR: ")).unwrap();
    assert!(iran.contains("stroke=\"#111\""), "a country that is refused has a heavy border: {iran}");
    let (_, out, _) = check(&[&first, &second], &[]);
    assert!(out.contains("agree about the country of 320 and 0 of them (83.33 % of IPv4)"), "{out}");
}

#[test]
fn what_is_old_is_a_finding_and_what_cannot_be_read_is_another_code() {
    let folder = Folder::new("old");
    let good = folder.put("good.mmdb", &database(&[], &[]));
    let (code, out, _) = check(&[&good], &["--max-age", "8"]);
    assert!(code == 1 && out.contains("finding: `good.mmdb` is 9 days old; 8 are allowed"), "{out}");
    let text = folder.put("text.mmdb", b"no database");
    let (code, out, error) = check(&[&text], &[]);
    assert!(code == 3 && out.is_empty() && error.contains("text.mmdb"), "{error}");
    let (code, _, error) = check(&[&folder.0.join("data.bin")], &[]);
    assert!(code == 3 && error.contains("neither in .mmdb nor in .csv"), "{error}");
    let policy = folder.put("policy.toml", b"[policy]\nnothing = 1\n");
    let (code, _, error) = check(&[&good], &["--policy", policy.to_str().unwrap()]);
    assert!(code == 3 && !error.is_empty(), "{error}");
}
