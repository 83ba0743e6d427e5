//! What a decision costs, natively: opens a blob as an adapter does and asks the gate the same request again and again.
//!
//! ```sh
//! cargo run --release -p weighbridge-http --example gate -- weighbridge.blob            # times of every kind
//! valgrind --tool=callgrind target/release/examples/gate weighbridge.blob deny 100      # where they go
//! ```
//!
//! `fresh` is what an instance does that lives for one request: settings, blob, self-test, decision.

use std::hint::black_box;
use std::time::Instant;

use weighbridge_http::{Ambient, GateConfig, Request, Terms, Verdict, gate};

const OPEN: &str = "/acme/open-7b/resolve/main/config.json";
const CLOSED: &str = "/acme/closed-13b/resolve/main/config.json";
const PERSON: &str = r#"{"account":"ada","kind":"person","names":["Ada Example"],"foreign_person":false,"declared":"US"}"#;

/// A name, a path, an address and an identity; see `tests/lists/geo.csv`.
const KINDS: [(&str, &str, &str, Option<&str>); 4] = [
    ("allow", OPEN, "192.0.2.1", None),
    ("deny", OPEN, "192.0.2.50", None),
    ("screened", CLOSED, "192.0.2.20", Some(PERSON)),
    ("fresh", OPEN, "192.0.2.50", None),
];

fn config() -> GateConfig {
    let variable = |name: &str| match name {
        "WEIGHBRIDGE_UPSTREAM" => Some("http://127.0.0.1:9".to_owned()),
        "WEIGHBRIDGE_TEST_HEADERS" => Some("on".to_owned()),
        _ => None,
    };
    GateConfig::from_vars(variable).expect("the settings above are good")
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().expect("give the path of a blob");
    let (only, rounds) = (arguments.next(), arguments.next().and_then(|n| n.parse().ok()).unwrap_or(5_000_u32));
    let bytes = std::fs::read(&path).expect("the blob can be read");
    let warm = config();
    let now = weighbridge_blob::Blob::open_vouched(&bytes).expect("it is a blob").header().created;
    let blob = Terms::of(&warm, now, None).vouched(&bytes).expect("it is a blob");
    for (kind, path, address, identity) in KINDS.into_iter().filter(|(kind, ..)| only.as_deref().is_none_or(|only| only == *kind)) {
        let mut headers = vec![
            ("host", &b"weights.test"[..]),
            ("user-agent", b"huggingface_hub/1.2.3; python/3.12"),
            ("accept", b"*/*"),
            ("accept-encoding", b"gzip, deflate"),
            ("x-test-address", address.as_bytes()),
        ];
        headers.extend(identity.map(|identity| ("x-test-identity", identity.as_bytes())));
        let request = Request { method: "GET", authority: "weights.test", path_and_query: path, headers };
        let ask = || {
            let ambient = Ambient { now, nonce: [7; 16], ..Ambient::default() };
            if kind != "fresh" {
                return gate(&blob, &warm, &request, &ambient);
            }
            let config = config();
            let blob = Terms::of(&config, now, None).vouched(&bytes).expect("it is a blob");
            gate(&blob, &config, &request, &ambient)
        };
        let passed = matches!(ask(), Verdict::Pass(_));
        assert_eq!(passed, kind == "allow" || kind == "screened", "{kind}");
        let mut ns: Vec<u128> = (0..rounds)
            .map(|_| {
                let start = Instant::now();
                black_box(ask());
                start.elapsed().as_nanos()
            })
            .collect();
        ns.sort_unstable();
        println!("{kind:<9} p50 {:7.1} µs, p99 {:7.1} µs", ns[ns.len() / 2] as f64 / 1e3, ns[ns.len() * 99 / 100] as f64 / 1e3);
    }
}
