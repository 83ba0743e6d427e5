//! What clients are answered, natively: every shared case with a request on the sample blob, and all routes of one artefact
//! side by side. The runtimes show in `tests/matrix.rs` that they answer alike.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use weighbridge::build::build_file;
use weighbridge_blob::Blob;
use weighbridge_http::{Ambient, GateConfig, check};

/// The sample lists, confirmed current when the shared cases say.
static BLOB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let checked_at = weighbridge_blob::date::parse_unix("2026-11-22").unwrap();
    build_file(&root().join("tests/lists/weighbridge.toml"), Some(checked_at)).unwrap().bytes
});

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Decides cases with a request, as an operator's gate that is tested.
fn decide(cases: &[Value]) -> Vec<Value> {
    let variables: BTreeMap<_, _> = [
        ("WEIGHBRIDGE_UPSTREAM", "http://hub.test"),
        ("WEIGHBRIDGE_APPEAL", "https://gate.example.com/appeal"),
        ("WEIGHBRIDGE_BLOCKED_BY", "https://gate.example.com/"),
        ("WEIGHBRIDGE_TEST_HEADERS", "on"),
    ]
    .into();
    let config = GateConfig::from_vars(|name| variables.get(name).map(|value| (*value).to_owned())).unwrap();
    let answer = check(&Blob::open(&BLOB).unwrap(), &config, &serde_json::to_vec(cases).unwrap(), &Ambient::default());
    let decided: Vec<Value> = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(decided.len(), cases.len());
    decided
}

/// The record of a case's verdict, whether it passes or not.
fn record(decided: &Value) -> Value {
    let verdict = &decided["verdict"];
    let line = verdict["pass"]["record"].as_str().or_else(|| verdict["answer"]["record"].as_str());
    serde_json::from_str(line.unwrap_or_else(|| panic!("no record in {decided}"))).unwrap()
}

#[test]
fn every_shared_request_is_answered_as_its_case_says() {
    let mut refused: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut paths: Vec<_> = std::fs::read_dir(root().join("tests/decisions")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|x| x == "json")) {
        let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let cases: Vec<Value> = cases.into_iter().filter(|case| case.get("request").is_some()).collect();
        for (case, decided) in cases.iter().zip(decide(&cases)) {
            if decided["differences"] != json!([]) {
                wrong.push(format!("{}: {} {}", case["case"], decided["differences"], decided["error"]));
            }
            if let Some(answer) = decided["verdict"]["answer"].as_object() {
                let header = |pair: &Value| pair[0] == "Content-Type";
                let media = answer["headers"].as_array().unwrap().iter().find(|pair| header(pair)).unwrap()[1].as_str().unwrap();
                let protocol = record(&decided)["protocol"].as_str().unwrap().to_owned();
                refused.entry(protocol).or_default().insert(media.split(';').next().unwrap().to_owned());
            }
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
    let forms = |protocol: &str| refused.get(protocol).map(|forms| forms.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(forms("huggingface"), Some(vec!["application/json", "text/html"]));
    assert_eq!(forms("oci"), Some(vec!["application/json", "text/html"]));
    assert_eq!(forms("git-lfs"), Some(vec!["application/vnd.git-lfs+json"]));
    assert_eq!(forms("git"), Some(vec!["text/plain"]));
    assert_eq!(forms("openai"), Some(vec!["application/json"]));
    assert_eq!(forms("plain"), Some(vec!["application/problem+json", "text/plain"]));
}

/// Every route by which `acme/{name}` is told about or handed out. Models of the sample without a registry's route have none.
fn routes(name: &str) -> Vec<(&'static str, String)> {
    let digest = format!("sha256:{}", "5".repeat(64));
    let mut routes: Vec<(&'static str, String)> = vec![
        ("GET", format!("/acme/{name}/resolve/main/model.safetensors")),
        ("HEAD", format!("/acme/{name}/resolve/main/model.safetensors")),
        ("GET", format!("/acme/{name}/resolve/main/model.safetensors?download=true")),
        ("GET", format!("/ACME/{name}/resolve/refs%2Fpr%2F1/config.json")),
        ("GET", format!("/acme/{name}/raw/main/config.json")),
        ("GET", format!("/acme/{name}/tree/main")),
        ("GET", format!("/api/models/acme/{name}")),
        ("HEAD", format!("/api/models/acme/{name}/revision/main")),
        ("GET", format!("/api/models/acme/{name}/tree/main?recursive=true")),
        ("POST", format!("/api/models/acme/{name}/paths-info/main")),
        ("GET", format!("/api/models/acme/{name}/xet-read-token/main")),
        ("GET", format!("/api/resolve-cache/models/acme/{name}/{}/config.json", "0".repeat(40))),
        ("GET", format!("/acme/{name}.git/info/refs?service=git-upload-pack")),
        ("POST", format!("/acme/{name}/git-upload-pack")),
        ("POST", format!("/acme/{name}.git/info/lfs/objects/batch")),
        ("POST", format!("/acme/{name}/info/lfs/locks/verify")),
    ];
    if ["open-7b", "closed-13b"].contains(&name) {
        routes.extend([
            ("GET", format!("/v2/acme/{name}/manifests/latest")),
            ("HEAD", format!("/v2/acme/{name}/manifests/{digest}")),
            ("GET", format!("/v2/acme/{name}/blobs/{digest}")),
            ("HEAD", format!("/v2/acme/{name}/blobs/{digest}")),
            ("GET", format!("/v2/acme/{name}/tags/list")),
            ("GET", format!("/v2/acme/{name}/referrers/{digest}")),
            ("GET", format!("/token?service=hub&scope=repository:acme/{name}:pull")),
            ("GET", format!("/v2/token?scope=repository%3Aacme%2F{name}%3Apull")),
        ]);
    }
    if name == "closed-13b" {
        routes.push(("GET", "/files/closed-13b/shards/1.bin".to_owned()));
    }
    routes
}

/// Somebody who asks, from somewhere, at some time.
fn asker() -> impl Strategy<Value = (Option<&'static str>, Value, &'static str, Option<&'static str>)> {
    let address = select(vec![
        None,
        Some("192.0.2.1"),
        Some("192.0.2.13"),
        Some("192.0.2.14"),
        Some("192.0.2.20"),
        Some("192.0.2.40"),
        Some("192.0.2.50"),
        Some("192.0.2.70"),
        Some("192.0.2.90"),
        Some("192.0.2.180"),
        Some("192.0.2.225"),
        Some("198.51.100.1"),
        Some("10.1.2.3"),
        Some("2001:db8:3::1"),
        Some("203.0.114.1"),
    ]);
    let place = select(vec!["DE", "IR", "CN", "SY", "CU", "US", "UA-43", "RU"]);
    let kind = select(vec!["person", "organization", "government"]);
    let claims = (place, kind, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(place, kind, foreign, declared, headquarters)| {
        let mut claims = json!({ "kind": kind, "foreign_person": foreign, "name": "Example Party Works" });
        if declared {
            claims["declared"] = json!(place);
        }
        if headquarters {
            claims["headquarters"] = json!(place);
        }
        claims
    });
    let identity = prop_oneof![1 => Just(Value::Null), 3 => claims];
    let at = select(vec!["2026-11-22", "2026-11-30", "2026-12-07"]);
    (address, identity, at, select(vec![None, Some("DE"), Some("UA-40"), Some("IR")]))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// HEAD, GET, Range, metadata, file lists, tokens, Git, Git LFS and the registry's routes of one artefact get one answer,
    /// whoever asks, and in whatever form the refusal is worn.
    #[test]
    fn all_routes_of_one_artefact_agree(
        name in select(vec!["open-7b", "closed-13b", "frontier-1t", "noticed-70b", "licensed-30b"]),
        (address, identity, at, platform) in asker(),
        range in any::<bool>(),
        accept in select(vec!["*/*", "text/html,*/*;q=0.8", "application/json", "text/plain"]),
    ) {
        let cases: Vec<Value> = routes(name)
            .into_iter()
            .map(|(method, path)| {
                let mut headers = json!({ "accept": accept });
                if range {
                    headers["range"] = json!("bytes=100-");
                }
                if let Some(platform) = platform {
                    headers["x-test-place-platform"] = json!(platform);
                }
                json!({ "case": path, "at": at, "request": { "method": method, "path": path, "address": address, "identity": identity, "headers": headers } })
            })
            .collect();
        let told = |decided: &Value| {
            let record = record(decided);
            prop_assert_eq!(decided["error"].as_str(), None);
            let passes = decided["verdict"].get("pass").is_some();
            Ok((["outcome", "status", "rules", "reason_code", "decided_by", "lifted"].map(|field| decided[field].clone()), passes, record["facts"].clone()))
        };
        let decided = decide(&cases);
        let first = told(&decided[0])?;
        for (case, decided) in cases.iter().zip(&decided) {
            prop_assert_eq!(&told(decided)?, &first, "{} against {}", case["case"], cases[0]["case"]);
        }
    }
}
