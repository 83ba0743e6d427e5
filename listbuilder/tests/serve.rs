//! `weighbridge serve`: before an origin and beside a proxy, with real clients, faults and signals.

mod serving;

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use weighbridge::serve::{Options, Records, Role, Serving};
use weighbridge_http::GateConfig;

use serving::{CLOSED, Folder, GERMANY, Gate, IRAN, OPEN, Origin, ask, blob, command, get, wait};

const PLATFORM: (&str, &str) = ("WEIGHBRIDGE_CLIENT_ADDRESS", "platform");
/// A trusted proxy connects from 127.0.0.1.
const FORWARDED: [(&str, &str); 2] = [("WEIGHBRIDGE_CLIENT_ADDRESS", "forwarded"), ("WEIGHBRIDGE_TRUSTED_PROXIES", "127.0.0.1")];
const FROM_IRAN: [(&str, &str); 1] = [("x-forwarded-for", IRAN)];

async fn proxy(settings: &[(&str, &str)], arguments: &[&str]) -> (Gate, Origin) {
    let origin = Origin::start().await;
    let arguments: Vec<_> = ["--upstream", &origin.url()].into_iter().chain(arguments.iter().copied()).map(str::to_owned).collect();
    let gate = Gate::start(&blob(1, None), &arguments.iter().map(String::as_str).collect::<Vec<_>>(), settings);
    (gate, origin)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_pass_passes_and_what_may_not_is_told_why() {
    let (gate, origin) = proxy(&FORWARDED, &[]).await;
    let sent = [("x-forwarded-for", GERMANY), ("x-weighbridge-identity", "{}"), ("x-kept", "yes")];
    let allowed = get(gate.address, &format!("{OPEN}?a=%2e&b"), &sent).await;
    assert_eq!((allowed.status, allowed.header("x-upstream").as_str()), (200, "yes"));
    assert!(allowed.body.starts_with(&format!("GET {OPEN}?a=%2e&b HTTP/1.1\r\n")), "{}", allowed.body);
    assert!(allowed.body.contains("x-kept: yes") && !allowed.body.contains("x-weighbridge-identity"), "{}", allowed.body);
    assert!(allowed.body.contains(&format!("host: {}", origin.address)) && allowed.body.contains("x-forwarded-host: weights.test"));
    assert!(allowed.body.contains(&format!("x-forwarded-for: {GERMANY}")), "{}", allowed.body);
    assert_eq!(allowed.header("cache-control"), "public, max-age=60", "a published item may be kept");
    assert_eq!(gate.record_of(&allowed)["passed"].as_bool(), Some(true));

    let refused = get(gate.address, OPEN, &FROM_IRAN).await;
    assert_eq!((refused.status, refused.header("cache-control").as_str()), (451, "private, no-store"));
    assert_eq!(refused.header("x-error-code"), "GatedRepo");
    assert_eq!(gate.record_of(&refused)["rules"], serde_json::json!(["OFAC-EMBARGO"]));
    let unknown = get(gate.address, CLOSED, &[]).await;
    assert_eq!((unknown.status, unknown.header("www-authenticate").as_str()), (401, "Weighbridge realm=\"weighbridge\""));
    assert_eq!(get(gate.address, "/acme/open-7b/resolve/main/../x", &[]).await.status, 400);
    assert_eq!(ask(gate.address, "127.0.0.1", "HEAD", CLOSED, &[], b"").await.unwrap().body, "");
    assert_eq!(ask(gate.address, "127.0.0.1", "CONNECT", "weights.test:443", &[], b"").await.unwrap().status, 405);
    assert_eq!(origin.asked.load(Ordering::SeqCst), 1, "a refused request reached the origin");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_client_sends_moves_its_address() {
    let (gate, _origin) = proxy(&[PLATFORM], &[]).await;
    let names = [
        "X-Forwarded-For",
        "x-forwarded-for",
        "Forwarded",
        "X-Real-IP",
        "CF-Connecting-IP",
        "True-Client-IP",
        "Fastly-Client-IP",
        "spin-client-addr",
        "X-Envoy-External-Address",
        "X-Client-Address",
        "X-Test-Address",
        "X-Weighbridge-Client",
        "cf-ipcountry",
    ];
    for name in names {
        for value in [IRAN, "IR", "for=192.0.2.50", "192.0.2.1, 192.0.2.50"] {
            let twice = [(name, value), (name, IRAN)];
            for headers in [&twice[..1], &twice[..]] {
                let answer = ask(gate.address, "127.0.0.9", "GET", OPEN, headers, b"").await.unwrap();
                // Neither refused for the place, nor told the origin as the client's address.
                assert_eq!(answer.status, 200, "{name}: {value}");
                let seen: Vec<_> = answer.body.lines().filter(|line| line.contains("192.0.2.") || line.ends_with(" IR")).collect();
                assert!(seen.iter().all(|line| line.starts_with("x-client-address: ")), "{name}: {value}: {seen:?}");
                assert!(answer.body.contains("x-forwarded-for: 127.0.0.9\r\n"), "{name}: {value}: {}", answer.body);
            }
        }
    }
    // A folded line is one of the few things that HTTP/1.1 may hide a second value in (RFC 9112, section 5.2).
    let folded = ask(gate.address, "127.0.0.9", "GET", OPEN, &[("x-forwarded-for", "192.0.2.50,\r\n 192.0.2.1")], b"").await;
    assert!(folded.is_none_or(|answer| answer.status == 400 || answer.body.contains("x-forwarded-for: 127.0.0.9\r\n")));

    let (gate, _origin) = proxy(&FORWARDED, &[]).await;
    let by = async |from: &str, value: &str| ask(gate.address, from, "GET", OPEN, &[("x-forwarded-for", value)], b"").await.unwrap().status;
    assert_eq!(by("127.0.0.1", IRAN).await, 451, "the trusted proxy is believed");
    assert_eq!(by("127.0.0.1", &format!("{GERMANY}, {IRAN}, 127.0.0.1")).await, 451, "what stands to the left is not");
    assert_eq!(by("127.0.0.2", IRAN).await, 200, "another peer speaks for itself alone");
}

/// Headers that each platform sets: of an address in Germany, and of one in Crimea.
const PLATFORMS: [(&str, &[(&str, &str)], &[(&str, &str)]); 6] = [
    ("cloudflare", &[("cf-ipcountry", "DE"), ("cf-region-code", "BE")], &[("cf-ipcountry", "UA"), ("cf-region-code", "43")]),
    (
        "cloudfront",
        &[("cloudfront-viewer-country", "DE"), ("cloudfront-viewer-country-region", "BE"), ("cloudfront-viewer-asn", "64496")],
        &[("cloudfront-viewer-country", "RU"), ("cloudfront-viewer-country-region-name", "Republic of Crimea")],
    ),
    (
        "vercel",
        &[("x-vercel-ip-country", "DE"), ("x-vercel-ip-country-region", "BE"), ("x-vercel-ip-as-number", "64496")],
        &[("x-vercel-ip-country", "UA"), ("x-vercel-ip-country-region", "43")],
    ),
    (
        "akamai",
        &[("x-akamai-edgescape", "georegion=1,country_code=DE,region_code=BE,asnum=64496")],
        &[("x-akamai-edgescape", "georegion=1,country_code=UA,region_code=43")],
    ),
    (
        "envoy",
        &[("x-geo-country", "DE"), ("x-geo-region", "BE"), ("x-geo-asn", "64496"), ("x-geo-anon-tor", "false")],
        &[("x-geo-country", "UA"), ("x-geo-region", "43")],
    ),
    (
        "country=x-land,region=x-land-part,asn=x-as,tor=x-tor",
        &[("x-land", "DE"), ("x-land-part", "BE"), ("x-as", "64496"), ("x-tor", "0")],
        &[("x-land", "UA"), ("x-land-part", "UA-43")],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_a_platform_says_of_the_place_counts_where_the_operator_says_so_and_nowhere_else() {
    let (silent, _silent_origin) = proxy(&FORWARDED, &[]).await;
    for (name, germany, crimea) in PLATFORMS {
        let platform = [("WEIGHBRIDGE_PLATFORM_GEO", name), ("WEIGHBRIDGE_PLATFORM_GEO_HOPS", "127.0.0.1")];
        let (gate, origin) = proxy(&[&FORWARDED[..], &platform[..]].concat(), &[]).await;
        let by = async |gate: &Gate, from: &str, said: &[(&str, &str)]| {
            let headers = [&[("x-forwarded-for", GERMANY)], said].concat();
            let answer = ask(gate.address, from, "GET", OPEN, &headers, b"").await.unwrap();
            (answer.status, gate.record_of(&answer))
        };
        let (status, record) = by(&gate, "127.0.0.1", germany).await;
        let evidence = &record["evidence"];
        assert_eq!((status, &evidence["platform"]["place"], &evidence["table"]), (200, &"DE-BE".into(), &"DE".into()), "{name}: {record}");
        assert_eq!(record["facts"]["place"], serde_json::json!({ "ip": "DE", "platform": "DE-BE" }), "{name}");
        // Cloudflare has no header with the number.
        let asn = if name == "cloudflare" { serde_json::Value::Null } else { 64_496.into() };
        assert_eq!((&evidence["platform"]["asn"], &evidence["conflict"]), (&asn, &serde_json::Value::Null), "{name}");

        let (status, record) = by(&gate, "127.0.0.1", crimea).await;
        assert_eq!((status, &record["rules"]), (451, &serde_json::json!(["OFAC-CRIMEA"])), "{name}: {record}");
        assert_eq!((&record["evidence"]["platform"]["place"], &record["evidence"]["conflict"]), (&"UA-43".into(), &true.into()), "{name}");

        // The same words of somebody who comes past the platform.
        let (status, record) = by(&gate, "127.0.0.2", crimea).await;
        assert_eq!((status, &record["evidence"]["platform"]["ignored"]), (200, &"direct".into()), "{name}: {record}");
        assert_eq!(record["facts"]["place"].get("platform"), None, "{name}: {record}");
        // Where nobody said that they count, they do not: neither against the client nor for it.
        let (status, record) = by(&silent, "127.0.0.1", crimea).await;
        assert_eq!((status, record["evidence"].get("platform")), (200, None), "{name}: {record}");
        let iran = [&FROM_IRAN[..], germany].concat();
        assert_eq!(ask(silent.address, "127.0.0.1", "GET", OPEN, &iran, b"").await.unwrap().status, 451, "{name}");
        assert_eq!(origin.asked.load(Ordering::SeqCst), 2, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kinds_of_network_come_from_a_platform_too() {
    let anonymous: [(&str, &[(&str, &str)], serde_json::Value); 3] = [
        ("envoy", &[("x-geo-anon-tor", "true"), ("x-geo-anon-hosting", "true")], serde_json::json!(["tor", "hosting"])),
        ("akamai", &[("akamai-epd", "av tn")], serde_json::json!(["vpn", "tor"])),
        (
            "akamai",
            &[("x-akamai-edgescape", "country_code=DE,network_type=mobile,proxy=anonymous")],
            serde_json::json!(["proxy", "mobile"]),
        ),
    ];
    for (name, said, classes) in anonymous {
        let platform = [("WEIGHBRIDGE_PLATFORM_GEO", name), ("WEIGHBRIDGE_PLATFORM_GEO_HOPS", "127.0.0.1")];
        let (gate, _origin) = proxy(&[&FORWARDED[..], &platform[..]].concat(), &[]).await;
        let headers = [&[("x-forwarded-for", GERMANY)], said].concat();
        let record = gate.record_of(&ask(gate.address, "127.0.0.1", "GET", OPEN, &headers, b"").await.unwrap());
        assert_eq!((&record["facts"]["network"], &record["evidence"]["platform"]["networks"]), (&classes, &classes), "{name}: {record}");
        let own = ask(gate.address, "127.0.0.2", "GET", OPEN, &headers, b"").await.unwrap();
        assert_eq!(gate.record_of(&own)["facts"]["network"], serde_json::json!(["private"]), "{name}: its own address says that");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_blob_comes_into_force_and_a_bad_one_changes_nothing() {
    let (gate, _origin) = proxy(&FORWARDED, &[]).await;
    let sequence = async || gate.metrics().await.lines().find(|line| line.starts_with("weighbridge_blob_info")).unwrap().to_owned();
    assert!(sequence().await.contains("sequence=\"1\""));
    gate.folder.put("weighbridge.blob", &blob(3, None));
    gate.says("sequence 3 from");
    assert!(sequence().await.contains("sequence=\"3\""));
    let good = blob(4, None);
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    let expired = blob(9, Some(1_700_000_000));
    for (bytes, why) in [
        (&b"not a blob"[..], "is not used"),
        (&good[..good.len() / 2], "is not used"),
        (&flipped, "is not used"),
        (&blob(2, None), "has sequence number 2, and 3 is the lowest allowed"),
        (&expired, "no gate may use this blob after"),
    ] {
        let before = gate.said().len();
        gate.folder.put("weighbridge.blob", bytes);
        assert!(
            wait(|| gate.said()[before..].iter().any(|line| line.contains(why) && line.contains("stays in force")).then_some(())).is_some()
        );
        assert!(sequence().await.contains("sequence=\"3\""), "{why}");
        assert_eq!(get(gate.address, OPEN, &FROM_IRAN).await.status, 451);
    }
    std::fs::remove_file(gate.folder.path("weighbridge.blob")).unwrap();
    gate.says("No such file");
    assert_eq!(get(gate.address, OPEN, &[]).await.status, 200);
    gate.folder.put("weighbridge.blob", &good);
    gate.says("sequence 4 from");
    let metrics = gate.metrics().await;
    assert!(metrics.contains("weighbridge_blob_swaps_total 2\n") && metrics.contains("weighbridge_blob_rejected_total 6\n"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_blob_does_not_come_back_with_a_restart() {
    let kept = serving::Folder::new();
    let file = kept.path("highest").to_str().unwrap().to_owned();
    let arguments = ["--upstream", "http://127.0.0.1:9", "--sequence-file", &file];
    let stands = || std::fs::read_to_string(&file).unwrap();
    let gate = Gate::start(&blob(1, None), &arguments, &FORWARDED);
    assert_eq!(stands(), "1\n");
    gate.folder.put("weighbridge.blob", &blob(3, None));
    gate.says("sequence 3 from");
    assert_eq!(stands(), "3\n");
    drop(gate);

    let start = |number| {
        let output = command(&kept.put("some.blob", &blob(number, None)), &arguments, &FORWARDED).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = start(2);
    assert!(code == Some(1) && said.contains("has sequence number 2, and 3 is the lowest allowed"), "{code:?} {said}");
    let gate = Gate::start(&blob(3, None), &arguments, &FORWARDED);
    assert_eq!(get(gate.address, OPEN, &FROM_IRAN).await.status, 451);

    // A number that cannot be kept keeps the blob out.
    std::fs::create_dir(kept.path("highest.new")).unwrap();
    gate.folder.put("weighbridge.blob", &blob(4, None));
    gate.says("cannot keep the highest sequence number");
    assert!(gate.metrics().await.contains("sequence=\"3\""));
    drop(gate);
    // What cannot be read is not "none yet".
    std::fs::write(&file, "three").unwrap();
    let (code, said) = start(9);
    assert!(code == Some(3) && said.contains("does not hold one whole number"), "{code:?} {said}");
}

#[test]
fn what_cannot_serve_says_why_and_does_not_start() {
    let folder = serving::Folder::new();
    let good = folder.put("good.blob", &blob(1, None));
    let (half, expired) = (folder.put("half.blob", &blob(1, None)[..5000]), folder.put("old.blob", &blob(1, Some(1_700_000_000))));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (taken, up) = (taken.local_addr().unwrap().to_string(), ["--upstream", "http://127.0.0.1:9"]);
    let none = [("WEIGHBRIDGE_UPSTREAM", "")];
    for (blob, arguments, settings, code, said) in [
        (&folder.path("none.blob"), &up[..], &none[..], 3, "cannot read the blob"),
        (&half, &up, &none, 1, "half.blob` is not used"),
        (&expired, &up, &none, 1, "no gate may use this blob after 2023-11-14"),
        (&good, &up, &[("WEIGHBRIDGE_MIN_SEQUENCE", "2")], 1, "2 is the lowest allowed"),
        (&good, &up, &[("WEIGHBRIDGE_MOOD", "enforce")], 3, "unknown variable `WEIGHBRIDGE_MOOD`"),
        (&good, &up, &[("WEIGHBRIDGE_MODE", "loud")], 3, "`WEIGHBRIDGE_MODE` is `loud`"),
        (&good, &[], &[], 3, "`--upstream URL`"),
        (&good, &["--upstream", "https://hub.example.com"], &[], 3, "TLS proxy"),
        (&good, &["--check", "nginx", "--upstream", "http://h"], &[], 2, "cannot be used with"),
        (&good, &["--upstream", "http://127.0.0.1:9", "--records", "/nowhere/records"], &[], 3, "cannot write records"),
        (&good, &["--check", "nginx", "--callers", "10.0.0.1/8"], &[], 2, "host bits"),
    ] {
        let output = command(blob, arguments, settings).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {error}");
        assert!(error.contains(said), "{arguments:?}: no `{said}` in {error}");
    }
    let mut twice = std::process::Command::new(env!("CARGO_BIN_EXE_weighbridge"));
    let output = twice.env_remove("WEIGHBRIDGE_DATA").args(["serve", "--listen", &taken, "--blob"]).arg(&good).args(up).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("choose another with `--listen`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_close_one_request_and_harm_no_other() {
    let (gate, origin) = proxy(&[PLATFORM], &["--upstream-timeout", "0.3"]).await;
    let well = async || assert_eq!(get(gate.address, OPEN, &[]).await.status, 200, "{:?}", gate.said());
    // Slow, and slow no longer.
    let slow = get(gate.address, &format!("{OPEN}?wait=5000"), &[]).await;
    assert_eq!((slow.status, slow.header("content-type").as_str()), (504, "application/problem+json"));
    gate.says("the upstream did not answer: nothing for");
    well().await;
    // An upload that takes longer than the timeout is no slow origin.
    let mut stream = TcpStream::connect(gate.address).await.unwrap();
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let chat = "/serve/open-chat/v1/chat/completions";
    stream
        .write_all(format!("POST {chat} HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: 8\r\n\r\n").as_bytes())
        .await
        .unwrap();
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stream.write_all(b"x").await.unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("8 bytes of body"), "{answer}");
    // Headers without end, and a path without end.
    let many: Vec<(String, String)> = (0..2000).map(|n| (format!("x-flood-{n}"), "y".repeat(100))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let flooded = ask(gate.address, "127.0.0.1", "GET", OPEN, &many, b"").await;
    assert!(flooded.is_none_or(|answer| answer.status == 431));
    well().await;
    let long = ask(gate.address, "127.0.0.1", "GET", &format!("/acme/open-7b/resolve/main/{}", "a/".repeat(32 << 10)), &[], b"").await;
    assert!(long.as_ref().is_none_or(|answer| [400, 414, 431].contains(&answer.status)), "{long:?}");
    well().await;
    // A panic inside the engine.
    let panicked = get(gate.address, OPEN, &[("x-test-panic", "1")]).await;
    assert_eq!((panicked.status, panicked.header("content-type").as_str()), (503, "application/problem+json"));
    gate.says("deciding on it panicked");
    well().await;
    assert!(gate.metrics().await.contains("weighbridge_panics_total 1\n"));
    assert_eq!(get(gate.admin, "/healthz", &[]).await.status, 200);
    // Nobody there.
    let asked = origin.asked.load(Ordering::SeqCst);
    assert_eq!(asked, 6, "only what was decided and passed reaches the origin");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gate = Gate::start(&blob(1, None), &["--upstream", &format!("http://{nobody}")], &[PLATFORM]);
    for _ in 0..2 {
        let absent = get(gate.address, OPEN, &[]).await;
        assert_eq!((absent.status, absent.header("cache-control").as_str()), (502, "private, no-store"));
    }
    gate.says("the upstream did not answer: ");
    assert_eq!(get(gate.address, CLOSED, &[]).await.status, 401, "refusals need no origin");
    assert!(gate.metrics().await.contains("upstream_failures_total{kind=\"unreachable\"} 2\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_is_refused() {
    let (gate, origin) = proxy(&[PLATFORM], &["--records", "/dev/full"]).await;
    let refused = get(gate.address, OPEN, &[]).await;
    assert_eq!(refused.status, 503);
    gate.says("could not be recorded");
    assert_eq!(origin.asked.load(Ordering::SeqCst), 0);
    let file = serving::Folder::new();
    let records = file.path("records.jsonl");
    let (gate, _origin) = proxy(&[PLATFORM], &["--records", records.to_str().unwrap()]).await;
    for _ in 0..3 {
        assert_eq!(get(gate.address, OPEN, &[]).await.status, 200);
    }
    assert_eq!(std::fs::read_to_string(records).unwrap().lines().filter(|line| line.starts_with("{\"v\":")).count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_pass_as_they_flow() {
    let (gate, _origin) = proxy(&[PLATFORM], &[]).await;
    let before = gate.memory();
    let large = get(gate.address, &format!("{OPEN}?large=128"), &[]).await;
    assert_eq!((large.status, large.body.len()), (200, 128 << 20));
    let chat = "/serve/open-chat/v1/chat/completions";
    let uploaded = ask(gate.address, "127.0.0.1", "POST", chat, &[], &vec![b'u'; 128 << 20]).await.unwrap();
    assert!(uploaded.body.ends_with("134217728 bytes of body"), "{}", uploaded.body);
    let grown = gate.memory() - before;
    assert!(grown < 32 << 10, "{grown} kB more after 256 MB have passed");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_when_told_and_finishes_what_it_has_begun() {
    let (mut gate, _origin) = proxy(&[PLATFORM], &["--grace", "20"]).await;
    let address = gate.address;
    let slow = tokio::spawn(async move { get(address, &format!("{OPEN}?wait=1500"), &[]).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    gate.terminate();
    gate.says("stopping");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(TcpStream::connect(address).await.is_err(), "it takes new connections");
    let slow = slow.await.unwrap();
    assert_eq!((slow.status, slow.header("x-upstream").as_str()), (200, "yes"));
    assert_eq!(gate.ended().expect("it does not end").code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_is_dropped_answers_nobody() {
    let folder = Folder::new();
    let free = ([127, 0, 0, 1], 0).into();
    let set = [PLATFORM, ("WEIGHBRIDGE_UPSTREAM", "http://127.0.0.1:9")];
    let gate = Serving::start(Options {
        blob: folder.put("weighbridge.blob", &blob(1, None)),
        config: GateConfig::from_vars(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())).unwrap(),
        role: Role::Proxy { listen: free, admin: free, timeout: Duration::from_secs(5) },
        records: Records::file(&folder.path("records.jsonl")).unwrap(),
        highest: None,
        poll: Duration::from_secs(60),
        grace: Duration::from_secs(5),
    });
    let gate = gate.await.unwrap();
    let mut kept = TcpStream::connect(gate.admin).await.unwrap();
    assert!(healthy(&mut kept).await.unwrap() > 0);
    drop(gate);
    // What runs is told to end, and may have an answer in hand.
    for _ in 0..100 {
        if !matches!(healthy(&mut kept).await, Ok(1..)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the connection outlives the gate");
}

/// Asks on a connection that is kept; how many bytes come back. None, or an error: the connection has ended.
async fn healthy(kept: &mut TcpStream) -> std::io::Result<usize> {
    kept.write_all(b"GET /healthz HTTP/1.1\r\nhost: gate.test\r\n\r\n").await?;
    tokio::time::timeout(Duration::from_secs(5), kept.read(&mut [0; 1024])).await.expect("neither an answer nor an end")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_asks_and_is_believed_where_the_operator_says() {
    let good = blob(1, None);
    let original = |uri: &'static str, address: &'static str| {
        [("x-original-method", "GET"), ("x-original-uri", uri), ("x-original-host", "weights.test"), ("x-real-ip", address)]
    };
    let gate = Gate::start(&good, &["--check", "nginx", "--address-header", "X-Real-IP"], &[PLATFORM]);
    assert_eq!(gate.address, gate.admin);
    let allowed = get(gate.address, "/check", &original(OPEN, "127.0.0.1")).await;
    assert_eq!((allowed.status, allowed.header("x-weighbridge-outcome").as_str()), (200, "allow"));
    let refused = get(gate.address, "/check", &original(OPEN, IRAN)).await;
    assert_eq!((refused.status, refused.header("x-weighbridge-status").as_str()), (403, "451"), "nginx knows 401 and 403 alone");
    assert_eq!(refused.header("x-weighbridge-type"), "application/json");
    let body: serde_json::Value = serde_json::from_str(&refused.header("x-weighbridge-body")).unwrap();
    assert_eq!(body["decision"], refused.header("x-weighbridge-decision").as_str());
    assert_eq!(get(gate.address, "/check", &original(CLOSED, "127.0.0.1")).await.status, 401);
    // A word that is missing, or that stands there twice because the proxy let the client's through, is none.
    for left_out in 0..4 {
        let mut headers = original(OPEN, "127.0.0.1").to_vec();
        let name = headers.remove(left_out).0;
        let answer = get(gate.address, "/check", &headers).await;
        assert_eq!((answer.status, answer.header("x-weighbridge-status").as_str()), (403, "503"), "{name}");
        let mut headers = original(OPEN, "127.0.0.1").to_vec();
        headers.push(headers[left_out]);
        assert_eq!(get(gate.address, "/check", &headers).await.status, 403, "{name} twice");
    }
    gate.says("the proxy must set it");
    assert_eq!(get(gate.address, "/healthz", &[]).await.status, 200);
    assert!(get(gate.address, "/metrics", &[]).await.body.contains("weighbridge_decisions_total{passed=\"true\",status=\"\"} 1\n"));

    // Without a header for it, the address is the asking proxy's own, and with the default setting none at all.
    let gate = Gate::start(&good, &["--check", "forward-auth"], &[]);
    let forwarded = [("x-forwarded-method", "GET"), ("x-forwarded-uri", OPEN), ("x-forwarded-host", "weights.test"), ("x-real-ip", IRAN)];
    assert_eq!(get(gate.address, "/check", &forwarded).await.status, 200);
    let gate = Gate::start(&good, &["--check", "forward-auth", "--address-header", "x-real-ip"], &[PLATFORM]);
    let refused = get(gate.address, "/check", &forwarded).await;
    assert_eq!((refused.status, refused.header("link").as_str()), (451, "</>; rel=\"blocked-by\""), "handed on as it is");

    let gate = Gate::start(&good, &["--check", "ext-authz", "--address-header", "x-client"], &[PLATFORM]);
    assert_eq!(get(gate.address, &format!("/check{OPEN}"), &[("x-client", "127.0.0.1")]).await.status, 200);
    assert_eq!(get(gate.address, &format!("/check{OPEN}"), &[("x-client", IRAN)]).await.status, 451);
    assert_eq!(get(gate.address, &format!("/check{OPEN}"), &[]).await.status, 503);
    assert_eq!(get(gate.address, "/check", &[("x-client", "127.0.0.1")]).await.status, 503);

    let gate = Gate::start(&good, &["--check", "ext-authz", "--callers", "127.0.0.7/32"], &[PLATFORM]);
    assert_eq!(get(gate.address, &format!("/check{OPEN}"), &[]).await.status, 503);
    assert_eq!(ask(gate.address, "127.0.0.7", "GET", &format!("/check{OPEN}"), &[], b"").await.unwrap().status, 200);
    gate.says("asked and may not");
}
