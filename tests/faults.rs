//! Faults on every runtime that has them: a blob that must not be used, an origin that fails, requests without measure, a panic,
//! a forged header. The gate stays closed, says why in its log, and the next request is none the worse.
//!
//! The Worker's own faults are in `worker.rs`, those of `weighbridge serve` in `listbuilder/tests`; README.md has the table.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use weighbridge_blob::format::rehash;
use weighbridge_blob::signature::{Release, strip};
use weighbridge_host_test::client::{Answer, fetch};
use weighbridge_host_test::components::{Plugin, workspace};
use weighbridge_host_test::host::{Gate, KeyValues, serve_gate};
use weighbridge_host_test::hub::Hub;
use weighbridge_host_test::runtime::{CF_HEADER, Running, Setup, chosen, miniflare, workerd};
use weighbridge_host_test::{sample, tools, web};

const OPEN: &str = "/acme/open-7b/resolve/main/config.json";
const CLOSED: &str = "/acme/closed-13b/resolve/main/config.json";
const IRAN: &str = "192.0.2.50";

/// Keys by their seeds: two that gates trust, and one that they do not.
const OLD: u8 = 1;
const NEW: u8 = 2;
const STRANGER: u8 = 3;
/// The lowest sequence number that gates take here.
const LOWEST: u64 = 5;

/// The settings that ask for signatures.
fn trusting() -> [(&'static str, String); 2] {
    let keys = format!("{}, {}", sample::public(OLD), sample::public(NEW));
    [("WEIGHBRIDGE_TRUSTED_KEYS", keys), ("WEIGHBRIDGE_MIN_SEQUENCE", LOWEST.to_string())]
}

fn good(seed: u8, sequence: u64) -> Vec<u8> {
    sample::signed(seed, Release { sequence: Some(sequence), not_after: None }).unwrap()
}

fn expiring(at: i64, sequence: u64) -> Vec<u8> {
    sample::signed(OLD, Release { sequence: Some(sequence), not_after: Some(at) }).unwrap()
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

/// Blobs that no gate with [`trusting`] may use, and what each of them must say. `walked`: only who reads all of it can tell.
fn bad() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let change = |what: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good(OLD, LOWEST);
        what(&mut bytes);
        bytes
    };
    vec![
        ("cut short", change(&|bytes| bytes.truncate(bytes.len() - 1)), "cut or extended in transfer"),
        ("a bit in the header", change(&|bytes| bytes[32] ^= 1), "do not have the digest"),
        ("unsigned", sample::blob().unwrap().to_vec(), "is not signed"),
        ("stripped", change(&|bytes| strip(bytes)), "is not signed"),
        ("signed by a stranger", good(STRANGER, LOWEST), "not among the trusted keys"),
        ("a bit in the signature", change(&|bytes| bytes[130] ^= 1), "changed after it was signed"),
        (
            "changed, with every hash made right",
            change(&|bytes| {
                bytes[32] = 99;
                rehash(bytes);
            }),
            "changed after it was signed",
        ),
        ("below the lowest number", good(OLD, LOWEST - 1), "5 is the lowest allowed"),
        ("past its last day", expiring(now() - 60, LOWEST), "blob"),
    ]
}

/// Only a gate that reads all of a blob can tell: one that came with the code was read by the packager.
fn bad_within() -> (&'static str, Vec<u8>, &'static str) {
    let mut bytes = good(OLD, LOWEST);
    *bytes.last_mut().unwrap() ^= 1;
    ("a bit in a section", bytes, "does not have the hash")
}

#[track_caller]
fn closed(answer: &Answer, what: &str) {
    let said = (answer.status, answer.header("content-type"), answer.header("cache-control"));
    assert_eq!(said, (503, "application/problem+json", "private, no-store"), "{what}: {}", answer.text());
}

/// The components read a file that Spin mounts, or a value of Spin's store; here a fresh instance per request reads it anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_component_uses_only_a_blob_from_outside_that_is_signed() {
    const NAME: &str = "weighbridge.blob";
    let hub = Hub::start(0).await.unwrap();
    for (plugin, mounted) in Plugin::ALL.into_iter().flat_map(|plugin| [(plugin, true), (plugin, false)]) {
        let folder = tools::scratch("mounted").unwrap();
        let file = folder.join(NAME);
        let mut settings = sample::settings(hub.address).env("WEIGHBRIDGE_CLIENT_ADDRESS", "spin");
        settings = match mounted {
            true => settings.env("WEIGHBRIDGE_BLOB_FILE", "/blob/weighbridge.blob"),
            false => settings.env("WEIGHBRIDGE_BLOB_KEY", NAME),
        };
        for (name, value) in trusting() {
            settings = settings.env(name, value);
        }
        settings.folders.push((folder, "/blob".into()));
        let stored = KeyValues::clone(&settings.key_values);
        let put = |bytes: Vec<u8>| match mounted {
            true => std::fs::write(&file, bytes).unwrap(),
            false => drop(stored.lock().unwrap().insert(NAME.to_owned(), bytes)),
        };
        let packaged = plugin.packaged(sample::blob().unwrap()).unwrap();
        let gate = Gate::new(&packaged, settings.clone()).unwrap();
        let server = serve_gate(0, &gate).await.unwrap();
        let get = async |path: &str, from: &str| fetch(server.address, "GET", path, &[("spin-client-addr", from)], "").await.unwrap();
        let source =
            if mounted { "the blob `/blob/weighbridge.blob`" } else { "the blob `weighbridge.blob` of the key-value store: there is none" };
        closed(&get(OPEN, "192.0.2.1:1").await, &format!("{plugin:?}, {source}: nothing there"));
        assert!(gate.lines().last().unwrap().contains(source), "{:?}", gate.lines().last());
        for (number, (what, bytes, said)) in bad().into_iter().chain([bad_within()]).enumerate() {
            put(bytes);
            closed(&get(OPEN, "192.0.2.1:1").await, &format!("{plugin:?}, {source}: {what}"));
            assert!(gate.lines().last().unwrap().contains(said), "{plugin:?}, {source}, {what}: {:?}", gate.lines().last());
            // The next good one works, whichever of the two keys it is from.
            put(good(if number % 2 == 0 { OLD } else { NEW }, LOWEST));
            assert_eq!(get(OPEN, "192.0.2.1:1").await.status, 200, "{plugin:?}, {source}, after {what}: {:?}", gate.lines().last());
            assert_eq!(get(OPEN, "192.0.2.50:1").await.status, 451, "{plugin:?}, {source}, after {what}");
        }

        stored.lock().unwrap().insert(NAME.to_owned(), good(NEW, LOWEST));
        let mut keyless = settings.clone();
        keyless.environment.retain(|(name, _)| name != "WEIGHBRIDGE_TRUSTED_KEYS");
        for (settings, said) in [
            (keyless, "name the keys that may sign it"),
            (settings.env("WEIGHBRIDGE_BLOB_FILE", "/blob/weighbridge.blob").env("WEIGHBRIDGE_BLOB_KEY", NAME), "name one of them"),
        ] {
            let gate = Gate::new(&packaged, settings).unwrap();
            let server = serve_gate(0, &gate).await.unwrap();
            closed(&fetch(server.address, "GET", OPEN, &[], "").await.unwrap(), &format!("{plugin:?}, {source}: {said}"));
            assert!(gate.lines().last().unwrap().contains(said), "{:?}", gate.lines().last());
        }
    }
}

/// Where keys are trusted, a blob that came with the code must be signed as well. Under `wasmtime serve`, which reads the same
/// file through a folder of its own.
#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_blob_must_be_signed_where_keys_are_trusted() {
    let hub = Hub::start(0).await.unwrap();
    let setup = |blob| {
        let settings = sample::settings(hub.address).environment;
        trusting().into_iter().fold(Setup { blob, settings }, |setup, (name, value)| setup.with(name, value))
    };
    let (signed, stranger) = (good(NEW, LOWEST), good(STRANGER, LOWEST));
    for runtime in chosen().unwrap().0.iter().filter(|runtime| runtime.name().starts_with("wasmtime-serve")) {
        let unsigned = sample::blob().unwrap();
        for (what, blob, said) in [("unsigned", unsigned, "is not signed"), ("by a stranger", &stranger, "not among the trusted keys")] {
            let running = runtime.start(&setup(blob)).await.unwrap();
            for _ in 0..2 {
                closed(&fetch(running.address, "GET", OPEN, &[], "").await.unwrap(), &format!("{}, {what}", runtime.name()));
            }
            wait(&running, said).await;
        }
        let running = runtime.start(&setup(&signed)).await.unwrap();
        assert_eq!(fetch(running.address, "GET", OPEN, &[], "").await.unwrap().status, 200, "{}", runtime.name());
    }
}

fn worker_settings(hub: std::net::SocketAddr) -> Vec<(String, String)> {
    let mut settings = sample::settings(hub).environment;
    settings.push(("WEIGHBRIDGE_PLATFORM_GEO".into(), "call".into()));
    settings.extend(trusting().map(|(name, value)| (name.to_owned(), value)));
    settings
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_uses_only_a_packaged_blob_that_is_signed() {
    let hub = Hub::start(0).await.unwrap();
    let settings = worker_settings(hub.address);
    for (what, bytes, said) in bad() {
        let running = workerd(&web::worker(&bytes, false).unwrap(), &settings).await.unwrap();
        for _ in 0..2 {
            closed(&fetch(running.address, "GET", OPEN, &[], "").await.unwrap(), what);
        }
        wait(&running, said).await;
    }
    for seed in [OLD, NEW] {
        let running = workerd(&web::worker(&good(seed, LOWEST), false).unwrap(), &settings).await.unwrap();
        assert_eq!(fetch(running.address, "GET", OPEN, &[(CF_HEADER, r#"{"country":"DE"}"#)], "").await.unwrap().status, 200);
        assert_eq!(fetch(running.address, "GET", OPEN, &[(CF_HEADER, r#"{"country":"IR"}"#)], "").await.unwrap().status, 451);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_swaps_only_to_a_blob_that_is_signed_newer_and_in_time() {
    let hub = Hub::start(0).await.unwrap();
    for store in ["kv", "r2"] {
        // The blob of the deployment is one that must not be used; the store's next good one heals that.
        let folder = web::worker(sample::blob().unwrap(), false).unwrap();
        let file = folder.join("store.blob");
        std::fs::write(&file, good(STRANGER, LOWEST)).unwrap();
        let mut settings = worker_settings(hub.address);
        settings.push(("BLOB_SECONDS".into(), "0".into()));
        let running = miniflare(&folder, &settings, store, &file).await.unwrap();
        let get = async || fetch(running.address, "GET", OPEN, &[], "").await.unwrap();
        closed(&get().await, store);
        wait(&running, "is not signed").await;
        wait(&running, "the last good one stays").await;
        let sequence = async || {
            let answer = get().await;
            assert_eq!(answer.status, 200, "{store}: {}\n{}", answer.text(), running.lines().join("\n"));
            record(&running, &answer).await["blob"]["sequence"].as_u64().unwrap()
        };
        let mut stored = 0;
        let mut put = async |bytes: &[u8]| {
            stored += 1;
            put(&running, &file, bytes, stored).await;
        };
        let healed = async |until: u64| {
            for _ in 0..400 {
                let answer = get().await;
                if answer.status == 200 && record(&running, &answer).await["blob"]["sequence"] == until {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            panic!("{store}: number {until} does not come into force:\n{}", running.lines().join("\n"));
        };
        put(&good(OLD, 7)).await;
        healed(7).await;
        // Below the highest that was in force, though not below the lowest allowed, is one more reason here.
        let older = ("below the highest so far", good(OLD, 6), "has sequence number 6, and 7 is the lowest allowed");
        let expired = ("past its last day", expiring(now() - 60, 9), "no gate may use this blob after");
        let faults =
            bad().into_iter().filter(|(_, _, said)| *said != "blob" && !said.starts_with('5')).chain([bad_within(), older, expired]);
        for (what, bytes, said) in faults {
            let before = running.lines().len();
            put(&bytes).await;
            for _ in 0..3 {
                assert_eq!(sequence().await, 7, "{store}, {what}");
            }
            let told = || running.lines()[before..].iter().any(|line| line.contains(said) && line.contains("the last good one stays"));
            for _ in 0..400 {
                if told() {
                    break;
                }
                sequence().await;
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            assert!(told(), "{store}, {what}: no `{said}` in:\n{}", running.lines()[before..].join("\n"));
        }
        put(&good(NEW, 8)).await;
        healed(8).await;
        if store == "kv" {
            // The last good one does not outlive its last day, and the next good one ends that.
            put(&expiring(now() + 30, 9)).await;
            healed(9).await;
            while get().await.status == 200 {
                assert!(now() < i64::MAX);
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
            closed(&get().await, "past its last day, in force");
            wait(&running, "past its last day of use").await;
            put(&good(OLD, 10)).await;
            healed(10).await;
        }
    }
}

/// Makes miniflare put these bytes into its store.
async fn put(running: &Running, file: &Path, bytes: &[u8], number: usize) {
    std::fs::write(file, bytes).unwrap();
    assert!(Command::new("kill").args(["-HUP", &running.id().unwrap().to_string()]).status().unwrap().success());
    for _ in 0..400 {
        if running.lines().iter().filter(|line| *line == "stored").count() >= number {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("not stored:\n{}", running.lines().join("\n"));
}

/// The npm package: what `open` rejects, in Node; and that a page does as well.
#[tokio::test(flavor = "multi_thread")]
async fn the_package_opens_only_what_is_signed() {
    let page = web::page(sample::blob().unwrap()).unwrap();
    let blobs: Vec<_> = bad()
        .into_iter()
        .chain([bad_within()])
        .enumerate()
        .map(|(number, (what, bytes, said))| {
            let file = page.join(format!("bad-{number}.blob"));
            std::fs::write(&file, bytes).unwrap();
            (what, file, said)
        })
        .collect();
    let fine: Vec<PathBuf> = [OLD, NEW]
        .iter()
        .map(|seed| {
            let file = page.join(format!("good-{seed}.blob"));
            std::fs::write(&file, good(*seed, LOWEST)).unwrap();
            file
        })
        .collect();
    let settings: Value =
        trusting().into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect::<serde_json::Map<_, _>>().into();
    let files: Vec<_> = blobs.iter().map(|(_, file, _)| file).chain(&fine).collect();
    let script = format!(
        r#"
import {{ readFile }} from "node:fs/promises";
import {{ open }} from "./index.js";
const wasm = await readFile("weighbridge.wasm");
const told = [];
for (const file of {files}) {{
  try {{
    const engine = await open({{ wasm, blob: await readFile(file), settings: {settings} }});
    told.push("status " + engine.decide({{ facts: {{ action: "download", item: {{ class: "published" }}, place: {{ ip: "IR" }} }} }}).status);
  }} catch (error) {{ told.push(error.message) }}
}}
console.log(JSON.stringify(told));
"#,
        files = json!(files)
    );
    std::fs::write(page.join("run.mjs"), script).unwrap();
    let done = Command::new("node").arg("run.mjs").current_dir(&page).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let told: Vec<String> = serde_json::from_slice(&done.stdout).unwrap();
    for ((what, _, said), told) in blobs.iter().zip(&told) {
        assert!(told.contains(said), "{what}: {told}");
    }
    assert_eq!(told[blobs.len()..], ["status 451", "status 451"]);

    let hub = Hub::start(0).await.unwrap();
    for runtime in chosen().unwrap().0.iter().filter(|runtime| runtime.name() == "browser") {
        let setup = |blob| {
            trusting()
                .into_iter()
                .fold(Setup { blob, settings: sample::settings(hub.address).environment }, |setup, (name, value)| setup.with(name, value))
        };
        let Err(error) = runtime.start(&setup(sample::blob().unwrap())).await else { panic!("a page opened what nobody signed") };
        assert!(format!("{error:#}").contains("is not signed"), "{error:#}");
        let signed = good(NEW, LOWEST);
        let running = runtime.start(&setup(&signed)).await.unwrap();
        assert_eq!(fetch(running.address, "GET", CLOSED, &[], "").await.unwrap().status, 401);
    }
}

/// The runtimes of this file's plugins. (Envoy, Fastly and the native gate have tests of their own.)
const RUNTIMES: [&str; 5] = ["spin", "spin-p2", "wasmtime-serve", "wasmtime-serve-p2", "cloudflare"];

/// Requests without measure, an origin that is slow, and a panic, in the components. (One that is down: `passthrough.rs`.)
#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_in_a_component_harms_no_other_request() {
    let slow = slow_origin().await;
    for plugin in Plugin::ALL {
        let settings = sample::settings(slow.address).env("WEIGHBRIDGE_CLIENT_ADDRESS", "spin");
        let gate = Gate::new(&plugin.faulty(sample::blob().unwrap()).unwrap(), settings).unwrap();
        let server = serve_gate(0, &gate).await.unwrap();
        let fine = async |after: &str| {
            for (path, from, status) in [(OPEN, "192.0.2.1:1", 200), (OPEN, "192.0.2.50:1", 451), (CLOSED, "192.0.2.1:1", 401)] {
                let answer = fetch(server.address, "GET", path, &[("spin-client-addr", from)], "").await.unwrap();
                assert_eq!(answer.status, status, "{plugin:?}, {path}, after {after}");
            }
        };
        fine("nothing").await;
        for _ in 0..2 {
            // A component that panics ends; its host answers for it.
            let answer = fetch(server.address, "GET", OPEN, &[("x-test-panic", "on")], "").await.unwrap();
            assert_eq!(answer.status, 500, "{plugin:?} {}", answer.text());
            assert!(gate.lines().iter().any(|line| line.contains("a panic that a test asked for")), "{plugin:?} {:?}", gate.lines());
            fine("a panic").await;
        }
        let flood: Vec<(String, String)> = (0..500).map(|number| (format!("x-flood-{number}"), "y".repeat(100))).collect();
        let flood: Vec<_> =
            flood.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain([("spin-client-addr", "192.0.2.50:1")]).collect();
        if let Ok(answer) = fetch(server.address, "GET", OPEN, &flood, "").await {
            assert!(answer.status >= 400, "{plugin:?} {}", answer.status);
        }
        fine("a header flood").await;
        let long = format!("/acme/open-7b/resolve/main/{}", "a".repeat(64 << 10));
        if let Ok(answer) = fetch(server.address, "GET", &long, &[("spin-client-addr", "192.0.2.50:1")], "").await {
            assert!(answer.status >= 400, "{plugin:?} {}", answer.status);
        }
        fine("a path of 64 KB").await;
        // While one waits for a slow origin, others are decided.
        let waits = fetch(server.address, "GET", "/acme/open-7b/resolve/main/slow.json", &[("spin-client-addr", "192.0.2.1:1")], "");
        let (waited, ()) = tokio::join!(waits, fine("and during a slow origin"));
        assert_eq!(waited.unwrap().status, 200, "{plugin:?}");
    }
}

/// A gate that waits a second gives a slow origin up, says so, and goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_origin_is_given_up() {
    let slow = slow_origin().await;
    for runtime in chosen().unwrap().0.iter().filter(|runtime| RUNTIMES.contains(&runtime.name())) {
        let settings = sample::settings(slow.address).env("WEIGHBRIDGE_UPSTREAM_TIMEOUT", "1").environment;
        let running = runtime.start(&Setup { blob: sample::blob().unwrap(), settings }).await.unwrap();
        let get = async |path: &str| fetch(running.address, "GET", path, &[], "").await.unwrap();
        let given_up = get("/acme/open-7b/resolve/main/slow.json").await;
        let told = (given_up.status, given_up.header("content-type"), given_up.header("cache-control"));
        assert_eq!(told, (504, "application/problem+json", "private, no-store"), "{}: {}", runtime.name(), given_up.text());
        wait(&running, "weighbridge: the upstream did not answer").await;
        assert_eq!(get(OPEN).await.status, 200, "{}", runtime.name());
    }
}

/// An origin that answers at once, or for `slow.json` after two seconds.
async fn slow_origin() -> weighbridge_host_test::host::Server {
    use http_body_util::Full;
    use hyper::body::{Bytes, Incoming};
    weighbridge_host_test::host::serve(0, |request: hyper::Request<Incoming>| async move {
        if request.uri().path().ends_with("slow.json") {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        hyper::Response::new(Full::new(Bytes::from_static(b"origin")))
    })
    .await
    .unwrap()
}

/// The same under `workerd`: an origin that is slow holds up nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_origin_holds_up_nobody_else() {
    let slow = slow_origin().await;
    let settings = sample::settings(slow.address).environment;
    let running = workerd(&web::worker(sample::blob().unwrap(), false).unwrap(), &settings).await.unwrap();
    let get = async |path: &str| fetch(running.address, "GET", path, &[], "").await.unwrap().status;
    let start = std::time::Instant::now();
    let quick = async {
        let answers = [get(OPEN).await, get(CLOSED).await];
        (answers, start.elapsed())
    };
    let (waited, (answers, _)) = tokio::join!(get("/acme/open-7b/resolve/main/slow.json"), quick);
    assert_eq!((waited, answers), (200, [200, 401]));
}

/// Headers by which some host tells who the client is or what was decided. None of them is anybody's word here: sent as it is,
/// in odd case, twice, and on a folded line (RFC 9112, section 5.2), each either changes nothing or is no HTTP to the server.
#[tokio::test(flavor = "multi_thread")]
async fn no_form_of_a_forged_header_changes_a_decision() {
    const FORGED: [(&str, &str); 16] = [
        ("cf-ipcountry", "IR"),
        ("cf-connecting-ip", IRAN),
        ("x-forwarded-for", IRAN),
        ("forwarded", "for=192.0.2.50"),
        ("x-real-ip", IRAN),
        ("true-client-ip", IRAN),
        ("spin-client-addr", "192.0.2.50:1"),
        ("fastly-client-ip", IRAN),
        ("x-envoy-external-address", IRAN),
        ("x-envoy-peer-metadata", "IR"),
        ("x-weighbridge-outcome", "allow"),
        ("x-weighbridge-decision", "forged"),
        ("x-weighbridge-identity", r#"{"kid":"hub-1","aud":"weights","ts":0,"claims":{"kind":"person","declared":"IR"}}"#),
        ("x-test-address", IRAN),
        ("x-test-place-ip", "IR"),
        ("x-test-identity", r#"{"kind":"person","declared":"IR"}"#),
    ];
    let hub = Hub::start(0).await.unwrap();
    for runtime in chosen().unwrap().0.iter().filter(|runtime| RUNTIMES.contains(&runtime.name())) {
        let setup = Setup { blob: sample::blob().unwrap(), settings: sample::settings(hub.address).environment };
        let running = runtime.start(&setup).await.unwrap();
        let (status, plain) = raw(&running, "x-nothing: 1\r\n").await;
        assert_eq!(status, 200, "{}", runtime.name());
        let mut folded_as_one = 0;
        for (name, value) in FORGED {
            let odd: String = name.chars().enumerate().map(|(at, c)| if at % 2 == 0 { c.to_ascii_uppercase() } else { c }).collect();
            let lines = [
                format!("{name}: {value}\r\n"),
                format!("{odd}: {value}\r\n"),
                format!("{name}: 192.0.2.1\r\n{name}: {value}\r\n"),
                format!("{name}: 192.0.2.1,\r\n {value}\r\n"),
                format!("x-folded: a\r\n {name}: {value}\r\n"),
            ];
            for (form, lines) in lines.iter().enumerate() {
                let (status, facts) = raw(&running, lines).await;
                if form >= 3 && (400..500).contains(&status) {
                    continue;
                }
                folded_as_one += usize::from(form >= 3);
                assert_eq!((status, &facts), (200, &plain), "{}: {lines:?}", runtime.name());
            }
        }
        println!("{}: {folded_as_one} of {} folded lines were taken, as part of the line before", runtime.name(), FORGED.len() * 2);
    }
}

/// A request for a published file with these header lines, byte for byte; its status, and the facts of its decision.
async fn raw(running: &Running, lines: &str) -> (u16, Value) {
    let mut stream = tokio::net::TcpStream::connect(running.address).await.unwrap();
    let head = format!("GET {OPEN} HTTP/1.1\r\nhost: weights.test\r\nconnection: close\r\n{lines}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    drop(tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut answer)).await.expect("no answer in a minute"));
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(400);
    let id = answer
        .lines()
        .find_map(|line| line.to_ascii_lowercase().starts_with("x-weighbridge-decision: ").then(|| line[24..].trim().to_owned()));
    let facts = match id {
        Some(id) => facts(&wait(running, &id).await),
        None => Value::Null,
    };
    (status, facts)
}

/// The facts of a record, without the ages of the lists, which grow while the test runs.
fn facts(line: &str) -> Value {
    let start = line.find('{').unwrap_or_else(|| panic!("no JSON in {line}"));
    let mut record: Value = serde_json::from_str(&line[start..]).unwrap();
    record["facts"].as_object_mut().unwrap().remove("list_age_days");
    record["facts"].take()
}

/// The record of a decision.
async fn record(running: &Running, answer: &Answer) -> Value {
    let line = wait(running, answer.header("x-weighbridge-decision")).await;
    serde_json::from_str(&line[line.find('{').unwrap()..]).unwrap()
}

/// The first line that holds `text`; the output may be a moment behind.
async fn wait(running: &Running, text: &str) -> String {
    for _ in 0..400 {
        if let Some(line) = running.lines().into_iter().find(|line| line.contains(text)) {
            return line;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("`{text}` was not written, but:\n{}", running.lines().join("\n"));
}

/// `wasm-opt` makes the plugins smaller, and what they decide stays the same: the packager's own way, through the command's
/// library, on the artefacts as they ship.
#[test]
fn an_optimised_plugin_decides_the_same() {
    let command = command();
    let plugins = tools::scratch("plugins").unwrap();
    std::fs::write(plugins.join("weighbridge_core.wasm"), web::core().unwrap()).unwrap();
    let blob = plugins.join("sample.blob");
    std::fs::write(&blob, sample::shared_blob().unwrap()).unwrap();
    let output = plugins.join("out");
    let done = Command::new(&command)
        .args(["package", "--target", "browser", "--json"])
        .arg("--plugins")
        .arg(&plugins)
        .arg("--blob")
        .arg(&blob)
        .arg("--output")
        .arg(&output)
        .arg("--wasm-opt")
        .arg(tools::wasm_opt().unwrap())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let account: Value = serde_json::from_slice(&done.stdout).unwrap();
    let of = |part: &str, form: &str| account["parts"][part][form].as_u64().unwrap_or_else(|| panic!("{part} {form} in {account}"));
    for form in ["raw", "gzip"] {
        let (before, after) = (of("plugin as built", form), of("weighbridge.wasm", form));
        println!("wasm-opt, core, {form}: {before} to {after} bytes, {:.1} % less", 100.0 - after as f64 * 100.0 / before as f64);
        assert!(after < before, "{form}: {before} to {after}");
    }
    let mut cases = Vec::new();
    for file in std::fs::read_dir(workspace().join("tests/decisions")).unwrap() {
        let read: Vec<Value> = serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap();
        cases.extend(read);
    }
    std::fs::write(output.join("cases.json"), json!({ "cases": cases, "nonce": "1" }).to_string()).unwrap();
    let script = r#"
import { readFile } from "node:fs/promises";
import { open } from "./index.js";
const settings = {
    WEIGHBRIDGE_TEST_ROUTES: "on", WEIGHBRIDGE_TEST_HEADERS: "on",
    WEIGHBRIDGE_BLOCKED_BY: "https://gate.example.com/", WEIGHBRIDGE_APPEAL: "https://gate.example.com/appeal",
};
const engine = await open({ wasm: await readFile("weighbridge.wasm"), blob: await readFile("weighbridge.blob"), settings });
const decided = engine.check(JSON.parse(await readFile("cases.json", "utf8")));
console.log(JSON.stringify({ decided: decided.length, wrong: decided.filter((one) => !one.outcome || one.differences.length > 0) }));
"#;
    std::fs::write(output.join("run.mjs"), script).unwrap();
    let done = Command::new("node").arg("run.mjs").current_dir(&output).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let told: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(told, json!({ "decided": cases.len(), "wrong": [] }));
}

/// The command, which is built with this package's tests only where something asks for it.
fn command() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo).current_dir(workspace()).args(["build", "--quiet", "-p", "weighbridge"]).status().unwrap();
    assert!(built.success());
    weighbridge_host_test::components::target().join("debug/weighbridge")
}
