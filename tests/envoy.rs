//! The filter in a real Envoy: what a client sees, closed by default, new lists without a restart, and faults that end one
//! request alone. Decisions themselves are compared in `matrix.rs`, forged headers are sent in `trust.rs`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::Value;
use weighbridge_blob::signature::Release;
use weighbridge_host_test::client::{Answer, ask_from, fetch};
use weighbridge_host_test::origin::Origin;
use weighbridge_host_test::runtime::{
    BOOTSTRAP_YAML, ENVOY_YAML, Envoy, LISTENER_YAML, Ports, Process, Setup, envoy_command, envoy_package, filter, free_port, skipped,
};
use weighbridge_host_test::sample;

const OPEN: &str = "/acme/open-7b/resolve/main/config.json";
const CLOSED: &str = "/acme/closed-13b/resolve/main/config.json";
/// The seeds of a key that a gate may be told to trust, and of one that it is not.
const KEY: u8 = 1;
const STRANGER: u8 = 2;
const IRAN: &str = "192.0.2.50";
const US_PERSON: &str = r#"{"account":"ada","kind":"person","names":["Ada Example"],"foreign_person":false,"declared":"US"}"#;

/// Before `origin`, and otherwise as it is packaged.
fn setup(blob: &[u8], origin: SocketAddr) -> Setup<'_> {
    Setup { blob, settings: sample::settings(origin).environment }
}

/// The sample with a sequence number and a last second of use, signed.
fn numbered(sequence: u64, not_after: Option<i64>) -> Vec<u8> {
    sample::signed(KEY, Release { sequence: Some(sequence), not_after }).unwrap()
}

async fn start(edits: &[(&str, &str)], fault: bool) -> (Envoy, Origin) {
    let origin = Origin::start().await.unwrap();
    let setup = setup(sample::blob().unwrap(), origin.server.address);
    (Envoy::start(&filter(fault).unwrap(), &setup, edits, ENVOY_YAML).await.unwrap(), origin)
}

async fn get(envoy: &Envoy, path: &str, headers: &[(&str, &str)]) -> Answer {
    fetch(envoy.address, "GET", path, headers, "").await.unwrap()
}

/// What Envoy has written since it had written `before` lines, once `text` is among it.
async fn says(process: &Process, before: usize, text: &str) -> Vec<String> {
    for _ in 0..1200 {
        let lines = process.log().lines();
        if lines.iter().skip(before).any(|line| line.contains(text)) {
            return lines;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("`{text}` was not written, but:\n{}", process.log().lines().join("\n"));
}

async fn record(envoy: &Envoy, answer: &Answer) -> Value {
    let id = answer.header("x-weighbridge-decision");
    let lines = says(&envoy.process, 0, id).await;
    let line = lines.iter().find(|line| line.contains(id)).unwrap();
    serde_json::from_str(&line[line.find('{').unwrap()..]).unwrap()
}

async fn statistic(envoy: &Envoy, name: &str) -> u64 {
    let text = fetch(envoy.admin, "GET", &format!("/stats?filter={name}$"), &[], "").await.unwrap().text();
    text.lines().filter_map(|line| line.split_once(": ")?.1.trim().parse::<u64>().ok()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_pass_passes_and_what_may_not_is_told_why() {
    if skipped("envoy") {
        return;
    }
    let (envoy, origin) = start(&[], false).await;
    let forged = ["x-weighbridge-identity", "x-weighbridge-decision", "X-Weighbridge-Decision", "x-forwarded-host", "x-forwarded-host"];
    let headers: Vec<_> = forged.map(|name| (name, "forged")).into_iter().chain([("x-kept", "yes"), ("x-kept", "2")]).collect();
    let allowed = get(&envoy, &format!("{OPEN}?a=%2e&b"), &headers).await;
    assert_eq!((allowed.status, allowed.header("x-upstream")), (200, "yes"), "{}", allowed.text());
    let seen = allowed.text();
    assert!(seen.starts_with(&format!("GET {OPEN}?a=%2e&b HTTP/1.1\n")), "{seen}");
    assert!(seen.contains("x-kept: yes\n") && seen.contains("x-kept: 2\n") && !seen.contains("x-weighbridge-identity"), "{seen}");
    assert!(seen.matches("x-weighbridge-decision: ").count() == 1 && !seen.contains("forged"), "{seen}");
    assert!(seen.contains(&format!("host: {}\n", origin.server.address)) && seen.contains("x-forwarded-for: 127.0.0.1\n"), "{seen}");
    assert_eq!(allowed.header("cache-control"), "public, max-age=60", "a published item may be kept");
    let told = record(&envoy, &allowed).await;
    assert_eq!((&told["passed"], &told["outcome"]), (&Value::Bool(true), &Value::from("allow")), "{told}");

    let closed = get(&envoy, CLOSED, &[]).await;
    assert_eq!((closed.status, closed.header("cache-control"), closed.header("x-error-code")), (401, "private, no-store", "GatedRepo"));
    assert_eq!(closed.header("www-authenticate"), "Weighbridge realm=\"weights\"");
    let head = fetch(envoy.address, "HEAD", CLOSED, &[], "").await.unwrap();
    assert_eq!((head.status, head.body.len()), (401, 0));
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let dots = ask_from(here, envoy.address, "GET", "/acme/open-7b/resolve/main/../x", &[], b"").await.unwrap().unwrap();
    assert_eq!(dots.status, 400, "the path is read as it came");
    assert_eq!(origin.asked(), 1, "a refused request reached the origin");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_place_is_answered_451_here() {
    if skipped("envoy") {
        return;
    }
    // A proxy in front that the operator names: the address is the one which that proxy saw.
    let (envoy, origin) =
        start(&[("use_remote_address: true", "use_remote_address: true\n          xff_num_trusted_hops: 1")], false).await;
    let refused = get(&envoy, OPEN, &[("x-forwarded-for", IRAN)]).await;
    assert_eq!((refused.status, refused.header("cache-control")), (451, "private, no-store"), "{}", refused.text());
    assert!(refused.header("link").contains("rel=\"blocked-by\""), "{:?}", refused.headers);
    assert_eq!(record(&envoy, &refused).await["rules"], serde_json::json!(["OFAC-EMBARGO"]));
    assert_eq!(get(&envoy, OPEN, &[("x-forwarded-for", "192.0.2.50, 192.0.2.1")]).await.status, 200, "further left is a client's own word");
    assert_eq!(origin.asked(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_items_leave_for_no_shared_cache() {
    if skipped("envoy") {
        return;
    }
    let origin = Origin::start().await.unwrap();
    let setup = setup(sample::blob().unwrap(), origin.server.address).with("WEIGHBRIDGE_TEST_HEADERS", "on");
    let envoy = Envoy::start(&filter(false).unwrap(), &setup, &[], ENVOY_YAML).await.unwrap();
    let answer = get(&envoy, CLOSED, &[("x-test-identity", US_PERSON), ("x-test-address", "192.0.2.20")]).await;
    answer.assert_passed_privately();
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_pass_beside_the_filter() {
    if skipped("envoy") {
        return;
    }
    let (envoy, _origin) = start(&[], false).await;
    // More than Envoy may buffer for a filter, and more than the filter's memory.
    let large = get(&envoy, &format!("{OPEN}?large=64"), &[]).await;
    assert_eq!((large.status, large.body.len()), (200, 64 << 20));
    let chat = "/serve/open-chat/v1/chat/completions";
    let uploaded = fetch(envoy.address, "POST", chat, &[], vec![b'u'; 64 << 20]).await.unwrap();
    assert!(uploaded.text().ends_with("67108864 bytes of body\n"), "{} {}", uploaded.status, uploaded.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_not_good_stops_envoy() {
    if skipped("envoy") {
        return;
    }
    let good = numbered(1, None);
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    let expired = numbered(1, Some(1_700_000_000));
    let (unsigned, trusted) = (sample::blob().unwrap(), sample::public(KEY).to_string());
    let strange = sample::signed(STRANGER, Release::default()).unwrap();
    let nobody = free_port().unwrap();
    let plugin = filter(false).unwrap();
    for (bytes, setting, said) in [
        (&b""[..], None, "no blob"),
        (b"not a blob", None, "this configuration is refused"),
        (&good[..good.len() / 2], None, "this configuration is refused"),
        (&flipped, None, "this configuration is refused"),
        (&expired, None, "no gate may use this blob after 2023-11-14"),
        (unsigned, Some(("WEIGHBRIDGE_TRUSTED_KEYS", trusted.as_str())), "is not signed"),
        (&strange, Some(("WEIGHBRIDGE_TRUSTED_KEYS", trusted.as_str())), "not among the trusted keys"),
        (&good, Some(("WEIGHBRIDGE_MIN_SEQUENCE", "2")), "2 is the lowest allowed"),
        (&good, Some(("WEIGHBRIDGE_MOOD", "enforce")), "unknown variable `WEIGHBRIDGE_MOOD`"),
        (&good, Some(("WEIGHBRIDGE_MODE", "loud")), "`WEIGHBRIDGE_MODE` is `loud`"),
    ] {
        let mut setup = setup(bytes, nobody);
        if let Some((name, value)) = setting {
            setup = setup.with(name, value);
        }
        let error = Envoy::start(&plugin, &setup, &[], ENVOY_YAML).await.err().unwrap_or_else(|| panic!("it starts: {said}"));
        let text = format!("{error:#}");
        assert!(text.contains("it ended with") && text.contains(said), "no `{said}` in {text}");
    }
    // Whoever writes the configuration by hand may leave more out.
    let setup = setup(&good, nobody);
    for (edit, said) in [
        (("configuration: {", "ignored: {"), "ignored"),
        (("filename: weighbridge.wasm", "filename: none.wasm"), "none.wasm"),
        (("WEIGHBRIDGE_AUDIENCE: weights", "WEIGHBRIDGE_UPSTREAM: \"http://h\""), "leave it out"),
    ] {
        let error = Envoy::start(&plugin, &setup, &[edit], ENVOY_YAML).await.err().unwrap_or_else(|| panic!("it starts: {said}"));
        let text = format!("{error:#}");
        assert!(text.contains("it ended with") && text.contains(said), "no `{said}` in {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_lists_come_into_force_and_bad_ones_change_nothing() {
    if skipped("envoy") {
        return;
    }
    let origin = Origin::start().await.unwrap();
    let plugin = filter(false).unwrap();
    let first = numbered(1, None);
    let trusted = sample::public(KEY).to_string();
    fn trusting<'b>(blob: &'b [u8], origin: &Origin, trusted: &str) -> Setup<'b> {
        setup(blob, origin.server.address).with("WEIGHBRIDGE_TRUSTED_KEYS", trusted)
    }
    let envoy = Envoy::start(&plugin, &trusting(&first, &origin, &trusted), &[], BOOTSTRAP_YAML).await.unwrap();
    says(&envoy.process, 0, "sequence 1, in force").await;
    let replace = |blob: &[u8]| {
        let next = envoy.repackaged(&plugin, &trusting(blob, &origin, &trusted)).unwrap();
        // As a tool should: beside the place, then renamed.
        std::fs::copy(next.join(LISTENER_YAML), envoy.folder.join("next.yaml")).unwrap();
        std::fs::rename(envoy.folder.join("next.yaml"), envoy.folder.join(LISTENER_YAML)).unwrap();
    };
    let serves = async || {
        assert_eq!(get(&envoy, OPEN, &[]).await.status, 200);
        assert_eq!(get(&envoy, CLOSED, &[]).await.status, 401);
    };
    serves().await;
    let second = numbered(2, None);
    let before = envoy.process.log().lines().len();
    replace(&second);
    says(&envoy.process, before, "sequence 2, in force").await;
    serves().await;

    let mut flipped = second.clone();
    flipped[second.len() / 2] ^= 1;
    let expired = numbered(3, Some(1_700_000_000));
    for (rejected, (bad, said)) in (1..).zip([
        (&b"not a blob"[..], "is refused"),
        (&flipped, "is refused"),
        (sample::blob().unwrap(), "is not signed"),
        (&expired, "no gate may use this blob after"),
    ]) {
        let before = envoy.process.log().lines().len();
        replace(bad);
        says(&envoy.process, before, said).await;
        let mut counted = 0;
        for _ in 0..200 {
            counted = statistic(&envoy, "listener_manager.lds.update_rejected").await;
            if counted == rejected {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(counted, rejected, "{said}");
        serves().await;
    }
    let third = numbered(3, None);
    let before = envoy.process.log().lines().len();
    replace(&third);
    says(&envoy.process, before, "sequence 3, in force").await;
    serves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_close_one_request_and_harm_no_other() {
    if skipped("envoy") {
        return;
    }
    let (envoy, origin) = start(&[("idle_timeout: 60s", "idle_timeout: 1s")], true).await;
    let well = async || assert_eq!(get(&envoy, OPEN, &[]).await.status, 200, "{}", envoy.process.log().lines().join("\n"));
    let slow = get(&envoy, &format!("{OPEN}?wait=5000"), &[]).await;
    assert_eq!((slow.status, slow.header("content-type")), (504, "application/problem+json"), "{}", slow.text());
    assert_eq!(slow.header("cache-control"), "private, no-store");
    well().await;
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let asked = origin.asked();
    let many: Vec<(String, String)> = (0..2000).map(|n| (format!("x-flood-{n}"), "y".repeat(100))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let flooded = ask_from(here, envoy.address, "GET", OPEN, &many, b"").await.unwrap();
    assert!(flooded.as_ref().is_none_or(|answer| answer.status == 431), "{flooded:?}");
    let long = format!("/acme/open-7b/resolve/main/{}", "a/".repeat(32 << 10));
    let long = ask_from(here, envoy.address, "GET", &long, &[], b"").await.unwrap();
    assert!(long.as_ref().is_none_or(|answer| [400, 414, 431].contains(&answer.status)), "{long:?}");
    assert_eq!(origin.asked(), asked, "what was refused reached the origin");
    well().await;
    for _ in 0..3 {
        let (before, asked) = (envoy.process.log().lines().len(), origin.asked());
        let panicked = get(&envoy, OPEN, &[("x-test-panic", "1")]).await;
        assert_eq!(panicked.status, 503, "{panicked:?}");
        says(&envoy.process, before, "a panic that a test asked for").await;
        assert_eq!(origin.asked(), asked);
        well().await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_is_down_is_a_bad_gateway() {
    if skipped("envoy") {
        return;
    }
    let setup = setup(sample::blob().unwrap(), free_port().unwrap());
    let envoy = Envoy::start(&filter(false).unwrap(), &setup, &[], ENVOY_YAML).await.unwrap();
    let absent = get(&envoy, OPEN, &[]).await;
    assert_eq!((absent.status, absent.header("content-type")), (502, "application/problem+json"), "{}", absent.text());
    assert_eq!(absent.header("cache-control"), "private, no-store");
    assert_eq!(get(&envoy, CLOSED, &[]).await.status, 401, "refusals need no origin");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_packaged_validates_and_is_the_same_every_time() {
    if skipped("envoy") {
        return;
    }
    let (plugin, blob) = (filter(false).unwrap(), sample::blob().unwrap());
    let files = weighbridge::package::envoy::files(&plugin, blob).unwrap();
    assert!(files == weighbridge::package::envoy::files(&plugin, blob).unwrap());
    let ports = Ports { clients: free_port().unwrap(), admin: free_port().unwrap() };
    let folder = envoy_package(&plugin, &setup(blob, free_port().unwrap()), &[], &ports).unwrap();
    for file in [ENVOY_YAML, BOOTSTRAP_YAML] {
        let checked = envoy_command(&folder, file).unwrap().args(["--mode", "validate"]).output().unwrap();
        assert!(checked.status.success(), "{file}: {}", String::from_utf8_lossy(&checked.stderr));
    }
}
