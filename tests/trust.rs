//! What a default gate trusts: nothing that a client can write. Address and identity come from where the operator said,
//! and from nowhere else.

mod forged;

use serde_json::Value;
use std::time::{SystemTime, UNIX_EPOCH};
use weighbridge_host_test::client::{Answer, fetch};
use weighbridge_host_test::components::Plugin;
use weighbridge_host_test::host::{Gate, Server, Settings, serve_gate};
use weighbridge_host_test::hub::Hub;
use weighbridge_host_test::sample;

const OPEN: &str = "/acme/open-7b/resolve/main/config.json";
const CLOSED: &str = "/acme/closed-13b/resolve/main/config.json";
const IRAN: &str = "192.0.2.50";
const GERMANY: &str = "192.0.2.1";
const US_PERSON: &str = r#"{"account":"ada","kind":"person","names":["Ada Example"],"foreign_person":false,"declared":"US"}"#;
const KEY: &[u8] = b"a key of thirty-two bytes or so, for tests only";

async fn start(plugin: Plugin, settings: Settings) -> (Gate, Server) {
    let gate = sample::gate(plugin, settings).unwrap();
    let server = serve_gate(0, &gate).await.unwrap();
    (gate, server)
}

async fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Answer {
    fetch(server.address, "GET", path, headers, "").await.unwrap()
}

fn last(gate: &Gate) -> Value {
    serde_json::from_str(&gate.lines().pop().unwrap()).unwrap()
}

/// The base64 of `bytes`, as key settings want it.
fn base64(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let value = chunk.iter().fold(0u32, |value, byte| value << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let known = digit <= chunk.len();
            write!(out, "{}", if known { char::from(DIGITS[(value >> (18 - 6 * digit) & 63) as usize]) } else { '=' }).unwrap();
        }
    }
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_gate_believes_no_address() {
    let hub = Hub::start(0).await.unwrap();
    for plugin in Plugin::ALL {
        let (gate, server) = start(plugin, sample::settings(hub.address)).await;
        let plain = get(&server, OPEN, &[]).await;
        for header in [
            "x-forwarded-for",
            "forwarded",
            "x-real-ip",
            "cf-connecting-ip",
            "true-client-ip",
            "spin-client-addr",
            "x-test-address",
            "fastly-client-ip",
            "x-envoy-external-address",
            "cloudfront-viewer-address",
            "x-vercel-forwarded-for",
        ] {
            for address in [IRAN, GERMANY] {
                let answer = get(&server, OPEN, &[(header, address)]).await;
                assert_eq!(answer.status, plain.status, "{plugin:?} {header}: {address}");
                assert_eq!(last(&gate)["facts"]["place"].get("ip"), None, "{plugin:?} {header}: {address}");
            }
        }
        for (header, value) in [
            ("x-test-place-ip", "IR"),
            ("x-test-place-platform", "IR"),
            ("x-test-place-declared", "IR"),
            ("x-country", "IR"),
            ("cf-ipcountry", "IR"),
            ("cloudfront-viewer-country", "IR"),
            ("x-vercel-ip-country", "IR"),
            ("x-geo-country", "IR"),
            ("x-geo-anon-tor", "true"),
            ("x-akamai-edgescape", "country_code=IR"),
        ] {
            let answer = get(&server, OPEN, &[(header, value)]).await;
            assert_eq!(answer.status, plain.status, "{plugin:?} {header}");
            let record = last(&gate);
            assert_eq!(
                (&record["facts"]["place"], &record["evidence"]["platform"]),
                (&serde_json::json!({}), &Value::Null),
                "{plugin:?} {header}"
            );
        }
        // A record says which headers it has passed over.
        get(&server, OPEN, &[("x-forwarded-for", GERMANY)]).await;
        assert!(last(&gate)["ignored_headers"].as_array().unwrap().iter().any(|name| name == "x-forwarded-for"), "{}", last(&gate));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_header_counts_from_the_cdn_and_not_from_a_client_that_comes_past_it() {
    let hub = Hub::start(0).await.unwrap();
    for plugin in Plugin::ALL {
        // Under Spin the address that connected is in Spin's own header; 10.0.0.0/8 is the CDN.
        let settings = sample::settings(hub.address)
            .env("WEIGHBRIDGE_CLIENT_ADDRESS", "forwarded")
            .env("WEIGHBRIDGE_PEER_ADDRESS", "spin")
            .env("WEIGHBRIDGE_TRUSTED_PROXIES", "10.0.0.0/8")
            .env("WEIGHBRIDGE_PLATFORM_GEO", "cloudfront")
            .env("WEIGHBRIDGE_PLATFORM_GEO_HOPS", "10.0.0.0/8");
        let (gate, server) = start(plugin, settings).await;
        for (peer, client, said, status, ignored) in [
            ("10.0.0.1:1", GERMANY, "DE", 200, Value::Null),
            ("10.0.0.1:1", GERMANY, "IR", 451, Value::Null),
            ("10.0.0.1:1", IRAN, "DE", 451, Value::Null),
            ("192.0.2.50:1", GERMANY, "DE", 451, Value::from("direct")),
            ("192.0.2.1:1", IRAN, "IR", 200, Value::from("direct")),
        ] {
            let headers = [("spin-client-addr", peer), ("x-forwarded-for", client), ("cloudfront-viewer-country", said)];
            let answer = get(&server, OPEN, &headers).await;
            let record = last(&gate);
            assert_eq!(answer.status, status, "{plugin:?} {peer} {client} {said}: {record}");
            assert_eq!(record["evidence"]["platform"]["ignored"], ignored, "{plugin:?} {peer} {client} {said}: {record}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_gate_believes_no_identity() {
    let hub = Hub::start(0).await.unwrap();
    for plugin in Plugin::ALL {
        let (gate, server) = start(plugin, sample::settings(hub.address)).await;
        for headers in [
            vec![],
            vec![("x-test-identity", US_PERSON)],
            vec![("x-weighbridge-identity", US_PERSON)],
            vec![("x-weighbridge-identity", US_PERSON), ("x-weighbridge-signature", "00")],
            vec![("x-weighbridge-decision", "ALLOW"), ("x-weighbridge-outcome", "allow")],
            vec![("authorization", "Bearer hf_anything")],
        ] {
            let answer = get(&server, CLOSED, &headers).await;
            assert_eq!(answer.status, 401, "{plugin:?} {headers:?} {}", answer.text());
            assert_eq!(last(&gate)["facts"]["identity"], Value::Null);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_spin_package_reads_spins_header() {
    let hub = Hub::start(0).await.unwrap();
    for plugin in Plugin::ALL {
        let (_gate, server) = start(plugin, sample::settings(hub.address).env("WEIGHBRIDGE_CLIENT_ADDRESS", "spin")).await;
        assert_eq!(get(&server, OPEN, &[("spin-client-addr", "192.0.2.50:4711")]).await.status, 451, "{plugin:?}");
        assert_eq!(get(&server, OPEN, &[("spin-client-addr", "192.0.2.1:4711")]).await.status, 200, "{plugin:?}");
        // The last one is Spin's own; what stands before it came from outside.
        assert_eq!(
            get(&server, OPEN, &[("spin-client-addr", "192.0.2.1:1"), ("spin-client-addr", "192.0.2.50:1")]).await.status,
            451,
            "{plugin:?}"
        );
        assert_eq!(get(&server, OPEN, &[("x-forwarded-for", IRAN)]).await.status, 200, "{plugin:?}");
        let packaged = std::fs::read_to_string(weighbridge_host_test::components::workspace().join("plugin").join(match plugin {
            Plugin::Spin => "spin/spin.toml",
            Plugin::SpinP2 => "spin-p2/spin.toml",
        }));
        assert!(packaged.unwrap().contains("WEIGHBRIDGE_CLIENT_ADDRESS = \"spin\""), "{plugin:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_identity_is_believed_for_its_request_alone() {
    let hub = Hub::start(0).await.unwrap();
    for plugin in Plugin::ALL {
        // The key comes as a Spin variable, as it does from a vault.
        let mut settings = sample::settings(hub.address).env("WEIGHBRIDGE_AUDIENCE", "weights");
        settings.variables.insert("identity_keys".into(), format!("hub-1:{}", base64(KEY)));
        let (gate, server) = start(plugin, settings).await;
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
        let host = server.address.to_string();
        let sign = |at: i64, path: &str, key: &[u8]| {
            weighbridge_http::identity::sign("hub-1", key, "weights", at, "GET", &host, path, None, US_PERSON).unwrap()
        };
        let ask = async |path: &str, (identity, signature): (String, String)| {
            get(&server, path, &[("x-weighbridge-identity", &identity), ("x-weighbridge-signature", &signature)]).await.status
        };
        assert_eq!(ask(CLOSED, sign(now, CLOSED, KEY)).await, 200, "{plugin:?} {}", last(&gate));
        for (what, headers) in [
            ("for another path", sign(now, OPEN, KEY)),
            ("too old", sign(now - 120, CLOSED, KEY)),
            ("from the future", sign(now + 120, CLOSED, KEY)),
            ("with another key", sign(now, CLOSED, b"another key of thirty-two bytes or so, for tests")),
        ] {
            assert_eq!(ask(CLOSED, headers).await, 401, "{plugin:?} {what}");
            assert!(last(&gate)["identity_rejected"].is_string(), "{plugin:?} {what}");
        }
        let (identity, signature) = sign(now, CLOSED, KEY);
        let twice =
            [("x-weighbridge-identity", identity.as_str()), ("x-weighbridge-signature", &signature), ("x-weighbridge-identity", &identity)];
        assert_eq!(get(&server, CLOSED, &twice).await.status, 401, "{plugin:?} two headers");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_route_is_closed_by_default() {
    let hub = Hub::start(0).await.unwrap();
    for plugin in Plugin::ALL {
        let (_gate, server) = start(plugin, sample::settings(hub.address)).await;
        let answer = fetch(server.address, "POST", weighbridge_http::CHECK_PATH, &[], "[]").await.unwrap();
        assert_ne!(answer.status, 200, "{plugin:?} {}", answer.text());
    }
}

#[test]
fn base64_is_base64() {
    assert_eq!([b"".as_slice(), b"f", b"fo", b"foo", b"foob"].map(base64), ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
}
