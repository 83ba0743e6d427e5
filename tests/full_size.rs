//! Real lists, whole: every party is asked for inside the Wasm engine by its primary name and by every strong alias, as the
//! kind that its list gives, and must be among the matches. Needs `WEIGHBRIDGE_DATA`.

use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use weighbridge::build::Built;
use weighbridge_blob::Blob;
use weighbridge_blob::date::Day;
use weighbridge_blob::model::NameRole;
use weighbridge_blob::words::Kind;
use weighbridge_host_test::client::fetch;
use weighbridge_host_test::components::Plugin;
use weighbridge_host_test::host::{Gate, serve_gate};
use weighbridge_host_test::sample;
use weighbridge_http::CHECK_PATH;

/// Cases in one request to the component.
const BATCH: usize = 400;

/// The blob of these sources, with its details: id, format, path under the data folder.
fn build(data: &Path, sources: &[(&str, &str, &str)]) -> Built {
    let mut file = String::from("output = \"unused.blob\"\n");
    for (id, format, path) in sources {
        let path = data.join(path);
        file.push_str(&format!("[[source]]\nid = \"{id}\"\nformat = \"{format}\"\npath = {path:?}\nchecked_at = \"2026-11-22\"\n"));
    }
    let folder = std::env::temp_dir().join(format!("weighbridge-full-size-{}-{}", std::process::id(), sources[0].0));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("build.toml");
    std::fs::write(&path, file).unwrap();
    let built = weighbridge::build::build_file(&path, None).unwrap_or_else(|error| panic!("{error}"));
    std::fs::remove_dir_all(&folder).unwrap();
    built
}

/// A name that must lead to its entry, on a day on which the listing has effect.
struct Asked {
    kind: Kind,
    name: String,
    entry: String,
    day: Day,
}

/// Every primary name and strong alias. A party whose kind the list does not state is asked for as a person and as an
/// organisation. An order that has ended is still in the blob, and rightly no match today: its last day is asked.
fn names(blob: &Blob<'_>, today: Day) -> Vec<Asked> {
    let mut out = Vec::new();
    for entry in (0..blob.entry_count()).filter_map(|number| blob.entry(number)) {
        if entry.address_only {
            continue;
        }
        let (from, to) = entry.validity();
        let day = if entry.in_force(today) { today } else { to.or(from).expect("a listing that is not in force has a day") };
        let details = blob.details(&entry).expect("details");
        for (role, name) in details.names {
            if matches!(role, NameRole::Primary | NameRole::Strong) {
                let both = [Kind::Person, Kind::Organization];
                let guessed = both.iter().all(|kind| blob.by_name(*kind, name).iter().any(|hit| hit.entry == entry.number));
                let kinds = if guessed { both.as_slice() } else { std::slice::from_ref(&entry.kind) };
                out.extend(kinds.iter().map(|kind| Asked { kind: *kind, name: name.to_owned(), entry: entry.id().to_owned(), day }));
            }
        }
    }
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn every_listed_name_is_found_inside_wasm() {
    let Some(data) = std::env::var_os("WEIGHBRIDGE_DATA") else {
        // Not `println!`, which the harness would swallow.
        let _ = writeln!(std::io::stdout(), "SKIPPED full-size: WEIGHBRIDGE_DATA is not set");
        return;
    };
    let data = Path::new(&data);
    let sets: [(&str, &[(&str, &str, &str)], usize); 5] = [
        (
            "SDN and non-SDN",
            &[("us_ofac_sdn", "ofac-csv", "ofac-sdn-2023-12-28"), ("us_ofac_cons", "ofac-csv", "ofac-consolidated-2025-12")],
            30_000,
        ),
        ("CSL", &[("us_trade_csl", "csl-csv", "us-csl-2022-05/consolidated.csv.gz")], 30_000),
        ("DPL", &[("us_bis_dpl", "bis-dpl", "bis-dpl-2022-09/dpl.txt.gz")], 400),
        ("UN", &[("un_sc_sanctions", "un-xml", "un-2026-08-01/consolidated.xml.gz")], 3_000),
        ("UK", &[("gb_fcdo_sanctions", "uk-sanctions-csv", "uk-sanctions-list-2025-08-11/FCDO_SL_2025-08-11.csv.gz")], 5_000),
    ];
    let today = "2026-11-22".parse().unwrap();
    for (what, sources, at_least) in sets {
        let Built { bytes, details, .. } = build(data, sources);
        let mut blob = Blob::open(&bytes).unwrap();
        blob.attach(&details).unwrap();
        let asked = names(&blob, today);
        assert!(asked.len() >= at_least, "{what}: only {} names", asked.len());
        let settings = sample::settings("127.0.0.1:9".parse().unwrap()).env("WEIGHBRIDGE_TEST_ROUTES", "on");
        let gate = Gate::new(&Plugin::Spin.packaged(&bytes).unwrap(), settings).unwrap();
        let server = serve_gate(0, &gate).await.unwrap();
        let mut missed = Vec::new();
        let mut found = 0;
        for batch in asked.chunks(BATCH) {
            let cases: Vec<Value> = batch
                .iter()
                .map(|asked| {
                    let identity = json!({ "kind": asked.kind.as_str(), "name": asked.name });
                    json!({ "case": "", "at": asked.day.to_string(), "request": { "path": "/acme/open-7b", "identity": identity } })
                })
                .collect();
            let answer = fetch(server.address, "POST", CHECK_PATH, &[], serde_json::to_vec(&cases).unwrap()).await.unwrap();
            assert_eq!(answer.status, 200, "{}", answer.text());
            let answers: Vec<Value> = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!(answers.len(), batch.len());
            for (Asked { kind, name, entry, .. }, answer) in batch.iter().zip(&answers) {
                let matches = answer["matches"].as_array().unwrap_or_else(|| panic!("{what}: {name}: {answer}"));
                let mut bands = matches.iter().filter(|m| m["entry"] == **entry).filter_map(|m| m["band"].as_str());
                if bands.any(|band| matches!(band, "possible" | "strong" | "identifier")) {
                    found += 1;
                } else {
                    missed.push(format!("{entry} ({kind}): {name}: {answer}"));
                }
            }
        }
        println!("{what}: {found} of {} names found inside Wasm, {} entries", asked.len(), blob.entry_count());
        assert!(
            missed.is_empty(),
            "{what}: {} names missed:\n{}",
            missed.len(),
            missed.iter().take(10).cloned().collect::<Vec<_>>().join("\n")
        );
    }
}
