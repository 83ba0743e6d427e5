//! The Worker on `workerd` and miniflare: what it trusts, what it does when something is broken, and that a newer blob takes
//! over; and the npm package's own face.

use std::process::Command;

use serde_json::{Value, json};
use weighbridge_host_test::client::{Answer, fetch};
use weighbridge_host_test::components::workspace;
use weighbridge_host_test::host::Server;
use weighbridge_host_test::hub::Hub;
use weighbridge_host_test::runtime::{CF_HEADER, Running, free_port, miniflare, workerd};
use weighbridge_host_test::{sample, tools, web};

const OPEN: &str = "/acme/open-7b/resolve/main/config.json";
const CLOSED: &str = "/acme/closed-13b/resolve/main/config.json";
const IRAN: &str = "192.0.2.50";
const GERMANY: &str = "192.0.2.1";

/// The settings of the packaged `wrangler.toml`.
fn settings(hub: &Server) -> Vec<(String, String)> {
    let mut settings = sample::settings(hub.address).environment;
    settings.push(("WEIGHBRIDGE_CLIENT_ADDRESS".into(), "platform".into()));
    settings.push(("WEIGHBRIDGE_PLATFORM_GEO".into(), "call".into()));
    settings
}

async fn start(blob: &[u8], faulty: bool) -> (Running, Server) {
    let hub = Hub::start(0).await.unwrap();
    let running = workerd(&web::worker(blob, faulty).unwrap(), &settings(&hub)).await.unwrap();
    (running, hub)
}

async fn get(running: &Running, path: &str, headers: &[(&str, &str)]) -> Answer {
    fetch(running.address, "GET", path, headers, "").await.unwrap()
}

/// The record of a decision.
async fn record(running: &Running, answer: &Answer) -> Value {
    let id = answer.header("x-weighbridge-decision").to_owned();
    let line = wait(running, &id).await;
    let start = line.find('{').unwrap_or_else(|| panic!("no JSON in {line}"));
    let mut record: Value = serde_json::from_str(&line[start..]).unwrap();
    // The lists grow older while the test runs.
    record["facts"].as_object_mut().unwrap().remove("list_age_days");
    record
}

/// The first line that holds `text`; the output may be a moment behind.
async fn wait(running: &Running, text: &str) -> String {
    for _ in 0..200 {
        if let Some(line) = running.lines().into_iter().find(|line| line.contains(text)) {
            return line;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("`{text}` was not written, but:\n{}", running.lines().join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn cloudflares_own_word_counts_and_no_header_does() {
    let (running, _hub) = start(sample::blob().unwrap(), false).await;
    for (cf, status) in [
        (r#"{"country":"DE"}"#, 200),
        (r#"{"country":"IR"}"#, 451),
        (r#"{"country":"UA","regionCode":"43"}"#, 451),
        (r#"{"country":"UA","regionCode":"30"}"#, 200),
    ] {
        let plain = get(&running, OPEN, &[(CF_HEADER, cf)]).await;
        assert_eq!(plain.status, status, "{cf}: {}", plain.text());
        let facts = record(&running, &plain).await["facts"].clone();
        for (header, value) in [
            ("CF-IPCountry", "US"),
            ("cf-ipcountry", "IR"),
            ("cF-iPcOuNtRy", "IR"),
            ("CF-Region-Code", "43"),
            ("X-Forwarded-For", IRAN),
            ("x-forwarded-for", GERMANY),
            ("X-Real-IP", IRAN),
            ("True-Client-IP", IRAN),
            ("Forwarded", "for=192.0.2.50"),
            ("spin-client-addr", IRAN),
            ("Fastly-Client-IP", IRAN),
            ("x-envoy-external-address", IRAN),
            ("X-Weighbridge-Outcome", "allow"),
            ("x-weighbridge-decision", "forged"),
            ("X-Weighbridge-Identity", r#"{"kid":"hub-1","aud":"weights","ts":0,"claims":{"kind":"person","declared":"IR"}}"#),
            ("x-test-address", IRAN),
            ("x-test-place-ip", "IR"),
            ("x-test-identity", r#"{"kind":"person","declared":"IR"}"#),
        ] {
            for headers in [vec![(header, value)], vec![(header, value), (header, "DE")]] {
                let forged: Vec<_> = [(CF_HEADER, cf)].into_iter().chain(headers).collect();
                let answer = get(&running, OPEN, &forged).await;
                assert_eq!(answer.status, status, "{cf} {forged:?}: {}", answer.text());
                assert_eq!(record(&running, &answer).await["facts"], facts, "{cf} {forged:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_cloudflare_in_front_nobody_vouches() {
    let (running, _hub) = start(sample::blob().unwrap(), false).await;
    let plain = get(&running, OPEN, &[]).await;
    assert_eq!(plain.status, 200);
    let facts = record(&running, &plain).await["facts"].clone();
    for headers in [[("CF-Connecting-IP", IRAN)], [("cf-ipcountry", "IR")], [("CF-Connecting-IPv6", "2001:db8:3::1")]] {
        let answer = get(&running, OPEN, &headers).await;
        assert_eq!(answer.status, 200, "{headers:?}");
        assert_eq!(record(&running, &answer).await["facts"], facts, "{headers:?}");
    }
    // With the edge in front it is the edge that sets the header, and the blob's own table is asked as well.
    let edge = r#"{"country":"DE"}"#;
    assert_eq!(get(&running, OPEN, &[(CF_HEADER, edge), ("cf-connecting-ip", GERMANY)]).await.status, 200);
    assert_eq!(get(&running, OPEN, &[(CF_HEADER, edge), ("cf-connecting-ip", IRAN)]).await.status, 451);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_opened_refuses_everything() {
    let good = sample::blob().unwrap();
    let mut damaged = good.to_vec();
    damaged.truncate(good.len() - 1);
    for (what, blob, said) in [("no blob", Vec::new(), "there is no blob"), ("a blob cut short", damaged, "the blob: ")] {
        let (running, _hub) = start(&blob, false).await;
        for _ in 0..2 {
            let answer = get(&running, OPEN, &[]).await;
            assert_eq!(answer.status, 503, "{what}");
            assert_eq!(answer.header("cache-control"), "private, no-store", "{what}");
        }
        wait(&running, said).await;
    }
    let hub = Hub::start(0).await.unwrap();
    let mut misspelt = settings(&hub);
    misspelt.push(("WEIGHBRIDGE_MOED".into(), "shadow".into()));
    let running = workerd(&web::worker(good, false).unwrap(), &misspelt).await.unwrap();
    assert_eq!(get(&running, OPEN, &[]).await.status, 503);
    wait(&running, "unknown variable `WEIGHBRIDGE_MOED`").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_harms_no_other_request() {
    let (running, _hub) = start(sample::blob().unwrap(), true).await;
    let fine = async |after: &str| {
        assert_eq!(get(&running, OPEN, &[(CF_HEADER, r#"{"country":"DE"}"#)]).await.status, 200, "after {after}");
        assert_eq!(get(&running, OPEN, &[(CF_HEADER, r#"{"country":"IR"}"#)]).await.status, 451, "after {after}");
        assert_eq!(get(&running, CLOSED, &[(CF_HEADER, r#"{"country":"DE"}"#)]).await.status, 401, "after {after}");
    };
    for round in 0..3 {
        let answer = get(&running, OPEN, &[("x-test-panic", "on")]).await;
        assert_eq!((answer.status, answer.header("cache-control")), (503, "private, no-store"), "round {round}: {}", answer.text());
        fine("a panic").await;
    }
    wait(&running, "injected by x-test-panic").await;

    // A server may refuse a head of this size itself; what it may not do is pass it or fall over.
    let flood: Vec<(String, String)> = (0..500).map(|number| (format!("x-flood-{number}"), "y".repeat(100))).collect();
    let flood: Vec<_> =
        flood.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain([(CF_HEADER, r#"{"country":"IR"}"#)]).collect();
    if let Ok(answer) = fetch(running.address, "GET", OPEN, &flood, "").await {
        assert!(answer.status >= 400, "{}", answer.status);
    }
    fine("a header flood").await;
    let long = format!("/acme/open-7b/resolve/main/{}", "a".repeat(64 << 10));
    if let Ok(answer) = fetch(running.address, "GET", &long, &[(CF_HEADER, r#"{"country":"IR"}"#)], "").await {
        assert!(answer.status >= 400, "{}", answer.status);
    }
    fine("a path of 64 KB").await;
    for path in ["/acme/open-7b/resolve/main/../x", "/acme/open-7b/resolve/main/%2e%2e/x", "//acme/open-7b"] {
        assert_eq!(get(&running, path, &[]).await.status, 400, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_is_down_is_told_and_refusals_need_none() {
    // A port that was free a moment ago: nobody answers there.
    let nobody = free_port().unwrap();
    let mut settings = sample::settings(nobody).environment;
    settings.push(("WEIGHBRIDGE_PLATFORM_GEO".into(), "call".into()));
    let running = workerd(&web::worker(sample::blob().unwrap(), false).unwrap(), &settings).await.unwrap();
    let answer = get(&running, OPEN, &[(CF_HEADER, r#"{"country":"DE"}"#)]).await;
    assert_eq!((answer.status, answer.header("content-type")), (502, "application/problem+json"));
    wait(&running, "the upstream did not answer").await;
    assert_eq!(get(&running, CLOSED, &[]).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_blob_takes_over_and_a_bad_one_does_not() {
    let hub = Hub::start(0).await.unwrap();
    for store in ["kv", "r2"] {
        let folder = web::worker(&[], false).unwrap();
        let file = folder.join("store.blob");
        std::fs::write(&file, sample::shared_blob().unwrap()).unwrap();
        let mut settings = settings(&hub);
        settings.push(("BLOB_SECONDS".into(), "0".into()));
        let running = miniflare(&folder, &settings, store, &file).await.unwrap();
        let digest = async || {
            let answer = get(&running, OPEN, &[]).await;
            assert_eq!(answer.status, 200, "{store}: {}\n{}", answer.text(), running.lines().join("\n"));
            record(&running, &answer).await["blob"]["digest"].as_str().unwrap().to_owned()
        };
        let first = digest().await;
        let put = async |bytes: &[u8], number: usize| {
            std::fs::write(&file, bytes).unwrap();
            let pid = running.id().unwrap().to_string();
            assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
            for _ in 0..200 {
                if running.lines().iter().filter(|line| *line == "stored").count() >= number {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(25)).await;
            }
            panic!("{store}: not stored:\n{}", running.lines().join("\n"));
        };
        let mut damaged = sample::blob().unwrap().to_vec();
        if let Some(byte) = damaged.last_mut() {
            *byte ^= 1;
        }
        put(&damaged, 1).await;
        for _ in 0..3 {
            assert_eq!(digest().await, first, "{store}: a damaged blob is not taken");
        }
        wait(&running, "the last good one stays").await;
        put(sample::blob().unwrap(), 2).await;
        let mut seen = first.clone();
        for _ in 0..100 {
            seen = digest().await;
            if seen != first {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        assert_ne!(seen, first, "{store}: the newer blob is in force\n{}", running.lines().join("\n"));
    }
}

/// The types that ship are those of the code, and the compiler finds no fault with either side.
#[test]
fn the_code_has_the_types_that_it_says() {
    let node = tools::node().unwrap();
    let tsc = |folder: &std::path::Path, config: &str| {
        std::fs::copy(workspace().join("host-test/tools").join(config), folder.join(config)).unwrap();
        tools::run(Command::new(node.join("node_modules/.bin/tsc")).args(["-p", config]).current_dir(folder), config).unwrap();
    };
    // Inside the folder with the packages, whose types the Worker is checked against.
    let inside = |name: &str, from: std::path::PathBuf| {
        let folder = node.join(name);
        drop(std::fs::remove_dir_all(&folder));
        std::fs::rename(from, &folder).unwrap();
        folder
    };
    tsc(&inside("check-worker", web::worker(&[], false).unwrap()), "tsconfig.worker.json");
    let page = inside("check-page", web::page(&[]).unwrap());
    let shipped: Vec<_> =
        ["index.d.ts", "core.d.ts"].iter().map(|name| (name, std::fs::read_to_string(page.join(name)).unwrap())).collect();
    for (name, _) in &shipped {
        std::fs::remove_file(page.join(name)).unwrap();
    }
    tsc(&page, "tsconfig.page.json");
    for (name, shipped) in shipped {
        let made = std::fs::read_to_string(page.join("types").join(name)).unwrap();
        assert!(made == shipped, "{name} is not what the code says; it should be:\n{made}");
    }
}

/// The README's example.
#[test]
fn the_package_answers_in_node() {
    let page = web::page(sample::blob().unwrap()).unwrap();
    let script = r#"
import { readFile } from "node:fs/promises";
import { open } from "weighbridge";
const file = (name) => readFile(new URL(import.meta.resolve(`weighbridge/${name}`)));
const [wasm, blob] = [await file("weighbridge.wasm"), await file("weighbridge.blob")];
const engine = await open({ wasm, blob });
const decided = engine.decide({ facts: { action: "download", item: { class: "published" }, place: { ip: "IR" } } });
let fault = "";
try { engine.decide({ facts: { action: "fly" } }) } catch (error) { fault = error.message }
let damaged = "";
blob[blob.length - 1] ^= 1;
try { await open({ wasm, blob }) } catch (error) { damaged = error.message }
console.log(JSON.stringify({ decided, fault, damaged, screened: engine.screen("oleg vladimirovich deripaska"), nobody: engine.screen("Nobody Atall"), contents: engine.inspect() }));
"#;
    let modules = page.join("app/node_modules");
    std::fs::create_dir_all(&modules).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&page, modules.join("weighbridge")).unwrap();
    std::fs::write(page.join("app/run.mjs"), script).unwrap();
    let done = Command::new("node").arg("run.mjs").current_dir(page.join("app")).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let told: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&told["decided"]["status"], &told["decided"]["rules"]), (&json!(451), &json!(["OFAC-EMBARGO"])), "{told}");
    assert!(told["fault"].as_str().unwrap().contains("fly"), "{told}");
    assert!(told["damaged"].as_str().unwrap().contains("the blob"), "{told}");
    assert_eq!(told["screened"]["result"], "potential_match", "{told}");
    assert_eq!(told["screened"]["matches"][0]["lists"], json!(["SDN"]), "{told}");
    assert_eq!(told["nobody"]["result"], "no_list_match", "{told}");
    assert!(told["contents"]["sections"].as_array().unwrap().len() > 5, "{told}");
}
