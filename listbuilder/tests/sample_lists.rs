//! The sample lists: the schema holds for every line, and knows every word; the blob has what the demo needs.

use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use weighbridge::source::house::SCHEMA;
use weighbridge_blob::Blob;
use weighbridge_blob::words::{IdKind, Kind, List};

fn lists() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("tests/lists")
}

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

/// Checks a value against the keywords that the schema uses. A keyword that is not known here fails, so that no rule of
/// the schema goes unchecked.
fn check(schema: &Value, root: &Value, value: &Value, at: &str) -> Result<(), String> {
    for (keyword, rule) in schema.as_object().unwrap() {
        let fail = |why: String| Err(format!("{at}: {keyword}: {why}"));
        match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => {}
            "$ref" => check(&root["$defs"][rule.as_str().unwrap().strip_prefix("#/$defs/").unwrap()], root, value, at)?,
            "oneOf" => {
                let results: Vec<_> = rule.as_array().unwrap().iter().map(|s| check(s, root, value, at)).collect();
                if results.iter().filter(|r| r.is_ok()).count() != 1 {
                    return fail(format!("{results:?}"));
                }
            }
            "type" => {
                let names: Vec<&str> =
                    rule.as_array().map_or_else(|| vec![rule.as_str().unwrap()], |a| a.iter().map(|n| n.as_str().unwrap()).collect());
                let is = |name: &&str| match *name {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "number" => value.is_number(),
                    "null" => value.is_null(),
                    other => panic!("type {other}"),
                };
                if !names.iter().any(is) {
                    return fail(format!("{value} is no {names:?}"));
                }
            }
            "enum" if !rule.as_array().unwrap().contains(value) => return fail(format!("{value}")),
            "required" => {
                let object = value.as_object().cloned().unwrap_or_default();
                if let Some(key) = rule.as_array().unwrap().iter().find(|key| !object.contains_key(key.as_str().unwrap())) {
                    return fail(format!("{key}"));
                }
            }
            "additionalProperties" => {
                assert_eq!(rule, &Value::Bool(false));
                let known = schema["properties"].as_object().unwrap();
                if let Some(key) = value.as_object().unwrap_or(&Map::new()).keys().find(|key| !known.contains_key(*key)) {
                    return fail(key.clone());
                }
            }
            "properties" => {
                for (key, inner) in rule.as_object().unwrap() {
                    if let Some(found) = value.get(key) {
                        check(inner, root, found, &format!("{at}.{key}"))?;
                    }
                }
            }
            "items" => {
                for (index, found) in value.as_array().into_iter().flatten().enumerate() {
                    check(rule, root, found, &format!("{at}[{index}]"))?;
                }
            }
            "minLength" if value.as_str().is_some_and(str::is_empty) => return fail("empty".to_owned()),
            "minimum" if value.as_f64().is_some_and(|v| v < rule.as_f64().unwrap()) => return fail(format!("{value}")),
            "maximum" if value.as_f64().is_some_and(|v| v > rule.as_f64().unwrap()) => return fail(format!("{value}")),
            "pattern" => {
                let text = value.as_str().unwrap_or("");
                let digits = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "9");
                let fits = match rule.as_str().unwrap() {
                    "^[^:]+$" => !text.is_empty() && !text.contains(':'),
                    "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$" => ["9999", "9999-99", "9999-99-99"].contains(&digits(text).as_str()),
                    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" => digits(text) == "9999-99-99",
                    other => panic!("pattern {other}"),
                };
                if !fits {
                    return fail(text.to_owned());
                }
            }
            "enum" | "minLength" | "minimum" | "maximum" => {}
            other => panic!("keyword `{other}` is not checked here"),
        }
    }
    Ok(())
}

#[test]
fn every_line_of_the_samples_is_as_the_schema_says() {
    let schema = schema();
    let mut lines = 0;
    for name in ["us_bis_el.jsonl", "us_bis_dpl.jsonl", "un_sc_sanctions.jsonl", "example_owned.jsonl"] {
        for (number, line) in std::fs::read_to_string(lists().join(name)).unwrap().lines().enumerate() {
            let value = serde_json::from_str(line).unwrap();
            check(&schema, &schema, &value, "line").unwrap_or_else(|why| panic!("{name}, line {}: {why}", number + 1));
            lines += 1;
        }
    }
    assert!(lines >= 50, "{lines}");
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let schema = schema();
    for line in [
        r#"{"id":"1","kind":"person","name":"A","alias":[]}"#,
        r#"{"id":"1","kind":"robot","name":"A"}"#,
        r#"{"id":"a:1","kind":"person","name":"A"}"#,
        r#"{"id":"1","kind":"person","name":"A","lists":["XX"]}"#,
        r#"{"id":"1","kind":"person","name":"A","birth_dates":["1.2.1960"]}"#,
        r#"{"id":"1","kind":"person","name":"A","from":"2020"}"#,
        r#"{"id":"1","kind":"person","name":"A","identifiers":[{"kind":"imo"}]}"#,
        r#"{"ownership":{"owner":"1","owned":"2"}}"#,
        r#"{"ownership":{"owner":"1","owned":"2","share":25}}"#,
        r#"{}"#,
    ] {
        let value = serde_json::from_str(line).unwrap();
        assert!(check(&schema, &schema, &value, "line").is_err(), "{line}");
    }
}

#[test]
fn the_schema_knows_every_word() {
    let schema = schema();
    let words = |value: &Value| value["enum"].as_array().unwrap().iter().map(|w| w.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let entry = &schema["$defs"]["entry"]["properties"];
    assert_eq!(words(&schema["$defs"]["list"]), List::ALL.iter().map(|w| w.as_str()).collect::<Vec<_>>());
    assert_eq!(words(&entry["kind"]), Kind::ALL.iter().map(|w| w.as_str()).collect::<Vec<_>>());
    assert_eq!(words(&entry["identifiers"]["items"]["properties"]["kind"]), IdKind::ALL.iter().map(|w| w.as_str()).collect::<Vec<_>>());
}

#[test]
fn the_sample_blob_has_what_the_demo_needs() {
    let built =
        weighbridge::build::build_file(&lists().join("weighbridge.toml"), Some(1_795_341_600)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(built.report.warnings, Vec::<String>::new());
    let real: u64 = built.report.sources.iter().filter(|source| source.id != "example_owned").map(|source| source.entries).sum();
    assert!(real > 60, "{real} listed parties");
    let provided: Vec<&str> = built.report.sources.iter().flat_map(|source| source.lists.iter().copied()).collect();
    for list in List::ALL {
        assert!(provided.contains(&list.as_str()), "{list}");
    }
    let blob = Blob::open(&built.bytes).unwrap();
    for (address, place) in [
        ("192.0.2.1", "DE"),
        ("192.0.2.50", "IR"),
        ("192.0.2.82", "UA-43"),
        ("198.51.100.1", "HK"),
        ("198.51.100.9", "MO"),
        ("203.0.113.255", "GR"),
        ("2001:db8::1", "DE"),
        ("2001:db8:3::1", "IR"),
        ("::ffff:192.0.2.50", "IR"),
    ] {
        assert_eq!(blob.place_of(address.parse().unwrap()).map(|p| p.to_string()).as_deref(), Some(place), "{address}");
    }
    assert_eq!(blob.place_of("192.0.3.1".parse().unwrap()), None);
    for item in ["acme/open-7b", "acme/closed-13b", "acme/frontier-1t", "acme/noticed-70b", "acme/licensed-30b"] {
        assert!(blob.items().by_hugging_face(item).is_some(), "{item}");
    }
    assert!(blob.items().by_openai_base("/serve/chat/v1").is_some());
    for entry in [
        "us_ofac_sdn:35096",
        "us_bis_el:huawei",
        "us_bis_dpl:ding",
        "us_bis_meu_uvl:aecc-cae",
        "un_sc_sanctions:QDe.004",
        "example_owned:holdings",
    ] {
        assert!(blob.entry_by_id(entry).is_some(), "{entry}");
    }
    let owners = |id: &str| {
        let hits = blob.owners(&blob.entry_by_id(id).unwrap());
        hits.map(|hit| (blob.entry(hit.owner).unwrap().id().to_owned(), hit.lists.contains(List::Sdn), hit.share_ppm)).collect::<Vec<_>>()
    };
    let owner = |id: &str, sdn, share| (id.to_owned(), sdn, share);
    // 55 % by two blocked persons together, so what the company owns counts too.
    let both = [owner("us_ofac_sdn:16669", true, Some(250_000)), owner("us_ofac_sdn:24283", true, Some(300_000))];
    assert_eq!(owners("example_owned:holdings"), both);
    assert_eq!(owners("example_owned:trading"), [owner("example_owned:holdings", true, Some(1_000_000))]);
    assert_eq!(owners("example_owned:affiliate"), [owner("us_bis_el:huawei", false, Some(600_000))]);
    assert_eq!(owners("example_owned:venture"), [owner("us_bis_el:smic", false, None)]);
}
