//! The plugin on Fastly Compute, under Viceroy: what a client sees, Fastly's own word on the place, blobs from a store, and
//! faults that end one request alone. Decisions themselves are compared in `matrix.rs`, forged headers are sent in `trust.rs`.

use std::io::Read as _;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde_json::Value;
use weighbridge_blob::signature::Release;
use weighbridge_host_test::client::{Answer, ask_from, fetch};
use weighbridge_host_test::origin::Origin;
use weighbridge_host_test::runtime::{Running, Setup, free_port, geo, module, skipped, viceroy};
use weighbridge_host_test::sample;

const OPEN: &str = "/acme/open-7b/resolve/main/config.json";
const CLOSED: &str = "/acme/closed-13b/resolve/main/config.json";
/// The seed of a key that a gate may be told to trust.
const KEY: u8 = 1;
const US_PERSON: &str = r#"{"account":"ada","kind":"person","names":["Ada Example"],"foreign_person":false,"declared":"US"}"#;

/// Before `origin`, and otherwise as it is packaged.
fn setup(blob: &[u8], origin: SocketAddr) -> Setup<'_> {
    Setup { blob, settings: sample::settings(origin).environment }
}

/// Where Fastly says that loopback addresses are.
fn places() -> String {
    [
        "\n[local_server.geolocation]\nformat = \"inline-toml\"\nuse_default_loopback = false\n".to_owned(),
        geo("127.0.0.1", "DE", "BE", "?", "?"),
        geo("127.0.0.50", "IR", "23", "?", "?"),
        geo("127.0.0.60", "UA", "43", "?", "?"),
        geo("127.0.0.61", "UA", "30", "?", "?"),
        geo("127.0.0.70", "DE", "BE", "anonymous", "tor-exit"),
        geo("127.0.0.71", "DE", "BE", "hosting", "cloud"),
        geo("127.0.0.72", "DE", "BE", "?", "?").replace("\"wired\"", "\"satellite\""),
        geo("127.0.0.62", "RU", "CR", "?", "?"),
    ]
    .concat()
}

fn placed(manifest: String) -> String {
    manifest + &places()
}

async fn start(fault: bool) -> (Running, Origin) {
    let origin = Origin::start().await.unwrap();
    let setup = setup(sample::blob().unwrap(), origin.server.address);
    (viceroy(&module(fault).unwrap(), &setup, placed, &[]).await.unwrap(), origin)
}

/// From a loopback address.
async fn from(running: &Running, last: u8, path: &str, headers: &[(&str, &str)]) -> Answer {
    let address = IpAddr::from([127, 0, 0, last]);
    ask_from(address, running.address, "GET", path, headers, b"").await.unwrap().expect("no answer")
}

async fn get(running: &Running, path: &str) -> Answer {
    from(running, 1, path, &[]).await
}

/// The first line that holds `text`; the output may be a moment behind.
async fn says(running: &Running, text: &str) -> String {
    for _ in 0..400 {
        if let Some(line) = running.lines().into_iter().find(|line| line.contains(text)) {
            return line;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("`{text}` was not written, but:\n{}", running.lines().join("\n"));
}

async fn record(running: &Running, answer: &Answer) -> Value {
    let line = says(running, answer.header("x-weighbridge-decision")).await;
    serde_json::from_str(line[line.find('{').unwrap()..].trim_end()).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_pass_passes_and_what_may_not_is_told_why() {
    if skipped("fastly") {
        return;
    }
    let (running, origin) = start(false).await;
    // Viceroy looks itself whether a backend is there.
    let before = origin.asked();
    let headers = [("X-Weighbridge-Identity", "{}"), ("x-kept", "yes"), ("x-kept", "2")];
    let allowed = from(&running, 1, &format!("{OPEN}?a=%2e&b"), &headers).await;
    assert_eq!((allowed.status, allowed.header("x-upstream")), (200, "yes"), "{} {:#?}", allowed.text(), running.lines());
    let seen = allowed.text();
    assert!(seen.starts_with(&format!("GET {OPEN}?a=%2e&b HTTP/1.1\n")), "{seen}");
    assert!(seen.contains("x-kept: yes\n") && seen.contains("x-kept: 2\n") && !seen.contains("x-weighbridge-identity"), "{seen}");
    assert!(seen.contains(&format!("host: {}\n", origin.server.address)) && seen.contains("x-forwarded-host: weights.test\n"), "{seen}");
    assert!(seen.contains("x-forwarded-for: 127.0.0.1\n"), "{seen}");
    assert_eq!(allowed.header("cache-control"), "public, max-age=60", "a published item may be kept");
    let told = record(&running, &allowed).await;
    assert_eq!((&told["passed"], &told["outcome"]), (&Value::Bool(true), &Value::from("allow")), "{told}");

    let closed = get(&running, CLOSED).await;
    assert_eq!((closed.status, closed.header("cache-control"), closed.header("x-error-code")), (401, "private, no-store", "GatedRepo"));
    let head = fetch(running.address, "HEAD", CLOSED, &[], "").await.unwrap();
    assert_eq!((head.status, head.body.len()), (401, 0));
    assert_eq!(get(&running, "/acme/open-7b/resolve/main/../x").await.status, 400, "the target is read as it came");
    assert_eq!(origin.asked(), before + 1, "a refused request reached the origin");
}

#[tokio::test(flavor = "multi_thread")]
async fn fastlys_own_word_on_the_place_counts() {
    if skipped("fastly") {
        return;
    }
    let (running, _origin) = start(false).await;
    for (last, status, place, networks) in [
        (1, 200, "DE-BE", &["private"][..]),
        (50, 451, "IR-23", &["private"][..]),
        (60, 451, "UA-43", &["private"][..]),
        (61, 200, "UA-30", &["private"][..]),
        (62, 451, "UA-43", &["private"][..]),
        (70, 200, "DE-BE", &["private", "proxy", "tor"][..]),
        (71, 200, "DE-BE", &["hosting", "private"][..]),
        (72, 200, "DE-BE", &["private", "satellite"][..]),
        // Fastly knows nothing of it, and says so.
        (99, 200, "", &["private"][..]),
    ] {
        // What a client says of itself beside that changes nothing.
        for forged in [&[][..], &[("Fastly-Client-IP", "192.0.2.1")], &[("Fastly-Client-IP", "192.0.2.50"), ("CF-IPCountry", "IR")]] {
            let answer = from(&running, last, OPEN, forged).await;
            let told = record(&running, &answer).await;
            assert_eq!(answer.status, status, "127.0.0.{last} {forged:?}: {told:#}");
            assert_eq!(told["facts"]["place"]["platform"].as_str().unwrap_or_default(), place, "127.0.0.{last} {forged:?}: {told:#}");
            let mut found: Vec<_> = told["facts"]["network"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            found.sort_unstable();
            assert_eq!(found, networks, "127.0.0.{last} {forged:?}: {told:#}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_items_leave_for_no_shared_cache() {
    if skipped("fastly") {
        return;
    }
    let origin = Origin::start().await.unwrap();
    let setup = setup(sample::blob().unwrap(), origin.server.address).with("WEIGHBRIDGE_TEST_HEADERS", "on");
    // Fastly's word on the address that really connects would contradict the one that the test says.
    let setup = setup.with("WEIGHBRIDGE_PLATFORM_GEO", "none");
    let running = viceroy(&module(false).unwrap(), &setup, placed, &[]).await.unwrap();
    let answer = from(&running, 1, CLOSED, &[("x-test-identity", US_PERSON), ("x-test-address", "192.0.2.20")]).await;
    answer.assert_passed_privately();
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_pass_and_do_not_enter_the_instance() {
    if skipped("fastly") {
        return;
    }
    let (running, _origin) = start(false).await;
    // An instance on Fastly has 128 MB; what is larger cannot have been in it.
    let large = get(&running, &format!("{OPEN}?large=160")).await;
    assert_eq!((large.status, large.body.len()), (200, 160 << 20));
    let chat = "/serve/open-chat/v1/chat/completions";
    let uploaded = fetch(running.address, "POST", chat, &[], vec![b'u'; 160 << 20]).await.unwrap();
    assert!(uploaded.text().ends_with("167772160 bytes of body\n"), "{} {}", uploaded.status, uploaded.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_from_the_store_is_checked_and_a_bad_one_closes() {
    if skipped("fastly") {
        return;
    }
    let origin = Origin::start().await.unwrap();
    let numbered = |sequence, not_after| sample::signed(KEY, Release { sequence: Some(sequence), not_after }).unwrap();
    let (good, embedded, plugin) = (numbered(5, None), sample::blob().unwrap(), module(false).unwrap());
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    let expired = numbered(9, Some(1_700_000_000));
    let store = "\n[[local_server.kv_stores.lists]]\nkey = \"current\"\nfile = \"stored.blob\"\n";
    for (place, stored, minimum, status, said) in [
        ("lists/current", &good[..], "5", 200, ""),
        ("lists/current", &good, "6", 503, "6 is the lowest allowed"),
        ("lists/current", &flipped, "0", 503, "the blob in the KV store"),
        ("lists/current", b"", "0", 503, "the blob in the KV store"),
        ("lists/current", &expired, "0", 503, "no gate may use this blob after 2023-11-14"),
        ("lists/current", embedded, "0", 503, "is not signed"),
        ("lists/missing", &good, "0", 503, "the blob in the KV store"),
        ("nowhere/current", &good, "0", 503, "the blob in the KV store"),
    ] {
        let setup = setup(embedded, origin.server.address);
        let setup = setup.with("WEIGHBRIDGE_BLOB_KV", place).with("WEIGHBRIDGE_MIN_SEQUENCE", minimum);
        let setup = setup.with("WEIGHBRIDGE_TRUSTED_KEYS", sample::public(KEY).to_string());
        let running = viceroy(&plugin, &setup, |manifest| manifest + &places() + store, &[("stored.blob", stored)]).await.unwrap();
        let asked = origin.asked();
        let answer = get(&running, OPEN).await;
        assert_eq!(answer.status, status, "{place}, {} bytes, {minimum}: {:#?}", stored.len(), running.lines());
        if status == 503 {
            says(&running, said).await;
            assert_eq!(origin.asked(), asked);
            assert!(!answer.text().contains("KV store"), "what is wrong is for the operator: {}", answer.text());
        }
    }
}

/// The settings for Viceroy, each in an entry of its own.
fn one_by_one(manifest: &str) -> String {
    let (before, rest) = manifest.rsplit_once("WEIGHBRIDGE_SETTINGS = \"\"\"\n").expect("no settings in one entry");
    let (lines, after) = rest.split_once("\"\"\"").expect("they do not end");
    let entries = lines.lines().filter_map(|line| line.split_once(" = ")).map(|(name, value)| format!("{name} = \"{value}\"\n"));
    format!("{before}{}{after}", entries.collect::<String>())
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_single_entries_are_read() {
    if skipped("fastly") {
        return;
    }
    let origin = Origin::start().await.unwrap();
    let setup = setup(sample::blob().unwrap(), origin.server.address).with("WEIGHBRIDGE_MODE", "shadow");
    let split = |manifest: String| {
        let manifest = one_by_one(&manifest);
        assert!(manifest.contains("\nWEIGHBRIDGE_MODE = \"shadow\"\n"), "{manifest}");
        placed(manifest)
    };
    let running = viceroy(&module(false).unwrap(), &setup, split, &[]).await.unwrap();
    let answer = get(&running, CLOSED).await;
    assert_eq!((answer.status, answer.header("x-upstream")), (200, "yes"), "{:#?}", running.lines());
    assert_eq!(record(&running, &answer).await["mode"], "shadow");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_blob_or_with_bad_settings_everything_is_refused() {
    if skipped("fastly") {
        return;
    }
    let origin = Origin::start().await.unwrap();
    let (good, plugin, trusted) = (sample::blob().unwrap(), module(false).unwrap(), sample::public(KEY).to_string());
    for (module, blob, setting, said) in [
        (&plugin, &b""[..], None, "no blob"),
        (&plugin, &good[..100], None, "blob"),
        (&plugin, good, Some(("WEIGHBRIDGE_TRUSTED_KEYS", trusted.as_str())), "is not signed"),
        (&plugin, good, Some(("WEIGHBRIDGE_MODE", "loud")), "WEIGHBRIDGE_MODE"),
        (&plugin, good, Some(("WEIGHBRIDGE_PLATFORM_GEO", "nobody")), "WEIGHBRIDGE_PLATFORM_GEO"),
        // In one entry with all others a misspelt name is noticed.
        (&plugin, good, Some(("WEIGHBRIDGE_PLATFORM_GOE", "call")), "unknown variable `WEIGHBRIDGE_PLATFORM_GOE`"),
    ] {
        let mut setup = setup(blob, origin.server.address);
        setup.settings.extend(setting.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let running = viceroy(module, &setup, placed, &[]).await.unwrap();
        let before = origin.asked();
        for path in [OPEN, "/", "/api/models/acme/open-7b"] {
            let answer = get(&running, path).await;
            assert_eq!((answer.status, answer.header("content-type")), (503, "application/problem+json"), "{said}: {:#?}", running.lines());
            assert!(!answer.text().contains("WEIGHBRIDGE_"), "what is wrong is for the operator: {}", answer.text());
        }
        says(&running, said).await;
        assert_eq!(origin.asked(), before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_close_one_request_and_harm_no_other() {
    if skipped("fastly") {
        return;
    }
    let (running, origin) = start(true).await;
    let well = async || assert_eq!(get(&running, OPEN).await.status, 200, "{:#?}", running.lines());
    well().await;
    let here = IpAddr::from([127, 0, 0, 1]);
    let asked = origin.asked();
    let many: Vec<(String, String)> = (0..2000).map(|n| (format!("x-flood-{n}"), "y".repeat(100))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let flooded = ask_from(here, running.address, "GET", OPEN, &many, b"").await.unwrap();
    assert!(flooded.as_ref().is_none_or(|answer| answer.status >= 400), "{flooded:?}");
    let long = format!("/acme/open-7b/resolve/main/{}", "a/".repeat(32 << 10));
    let long = ask_from(here, running.address, "GET", &long, &[], b"").await.unwrap();
    assert!(long.as_ref().is_none_or(|answer| answer.status >= 400), "{long:?}");
    let panicked = ask_from(here, running.address, "GET", OPEN, &[("x-test-panic", "1")], b"").await.unwrap();
    assert!(panicked.as_ref().is_none_or(|answer| answer.status >= 500), "{panicked:?}");
    says(&running, "a panic that a test asked for").await;
    assert_eq!(origin.asked(), asked, "what was refused reached the origin");
    well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_is_slow_is_given_up() {
    if skipped("fastly") {
        return;
    }
    let origin = Origin::start().await.unwrap();
    let setup = setup(sample::blob().unwrap(), origin.server.address);
    let backend = "[local_server.backends.origin]\n";
    let edit = |manifest: String| placed(manifest.replace(backend, &format!("{backend}first_byte_timeout_ms = 500\n")));
    let running = viceroy(&module(false).unwrap(), &setup, edit, &[]).await.unwrap();
    let slow = get(&running, &format!("{OPEN}?wait=5000")).await;
    // Fastly tells a timeout from other failures; Viceroy does not.
    assert!([502, 504].contains(&slow.status), "{slow:?} {:#?}", running.lines());
    assert_eq!(slow.header("content-type"), "application/problem+json");
    assert_eq!(slow.header("cache-control"), "private, no-store");
    says(&running, "the upstream did not answer").await;
    assert_eq!(get(&running, OPEN).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_is_down_is_a_bad_gateway() {
    if skipped("fastly") {
        return;
    }
    let setup = setup(sample::blob().unwrap(), free_port().unwrap());
    let running = viceroy(&module(false).unwrap(), &setup, placed, &[]).await.unwrap();
    let absent = get(&running, OPEN).await;
    assert_eq!((absent.status, absent.header("content-type")), (502, "application/problem+json"), "{absent:?} {:#?}", running.lines());
    assert_eq!(absent.header("cache-control"), "private, no-store");
    says(&running, "the upstream did not answer").await;
    assert_eq!(get(&running, CLOSED).await.status, 401, "refusals need no origin");
}

#[test]
fn a_package_is_the_same_every_time_and_holds_what_fastly_takes() {
    let (plugin, blob) = (module(false).unwrap(), sample::blob().unwrap());
    let files = weighbridge::package::fastly::files(&plugin, blob).unwrap();
    assert!(files == weighbridge::package::fastly::files(&plugin, blob).unwrap());
    let file = |name: &str| &files.iter().find(|(known, _)| known == name).unwrap().1;
    let mut archive = Vec::new();
    flate2::read::GzDecoder::new(file("pkg/weighbridge.tar.gz").as_slice()).read_to_end(&mut archive).unwrap();
    for part in [file("bin/main.wasm"), file("fastly.toml")] {
        assert!(archive.windows(part.len()).any(|window| window == part.as_slice()), "a part is missing in the archive");
    }
    for name in ["weighbridge/fastly.toml", "weighbridge/bin/main.wasm"] {
        assert!(archive.chunks(512).any(|block| block.starts_with(name.as_bytes())), "{name}");
    }
}
