//! Any request: the gate returns, an embargoed address never passes, and no refusal can be cached.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use weighbridge_blob::Blob;
use weighbridge_blob::write::write;
use weighbridge_http::{Ambient, GateConfig, Request, Verdict, gate};

#[path = "../../../plugin/blob/tests/common/mod.rs"]
#[allow(dead_code)]
mod common;

static BLOB: OnceLock<Vec<u8>> = OnceLock::new();

fn blob() -> Vec<u8> {
    let mut input = common::sample();
    input.policy = weighbridge_policy::compile(weighbridge_policy::DEFAULT, &Default::default()).expect("the shipped policy compiles").bytes;
    write(&input).expect("the sample is good")
}

fn config() -> GateConfig {
    let variables = |name: &str| {
        let value = match name {
            "WEIGHBRIDGE_UPSTREAM" => "http://127.0.0.1:9",
            "WEIGHBRIDGE_CLIENT_ADDRESS" => "platform",
            "WEIGHBRIDGE_AUDIENCE" => "weights",
            "WEIGHBRIDGE_IDENTITY_KEYS" => "k:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
            _ => return None,
        };
        Some(value.to_owned())
    };
    GateConfig::from_vars(variables).expect("the configuration is good")
}

fuzz_target!(|data: &[u8]| {
    let bytes = BLOB.get_or_init(blob);
    let blob = Blob::open_vouched(bytes).expect("the sample opens");
    let config = config();
    // Lines: path, then headers as `name:value`.
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let path = lines.next().unwrap_or("/");
    let headers: Vec<(&str, &[u8])> = lines.filter_map(|l| l.split_once(':')).map(|(n, v)| (n, v.as_bytes())).collect();
    let request = Request { method: "GET", authority: "weights.test", path_and_query: path, headers };
    // 198.51.100.0/24 is Iran in the sample.
    let ambient = Ambient { now: 1_795_305_600, nonce: [7; 16], platform_address: Some("198.51.100.7"), ..Ambient::default() };
    match gate(&blob, &config, &request, &ambient) {
        // A model card releases nothing; everything else is refused from there.
        Verdict::Pass(pass) => assert!(pass.record.contains("\"action\":\"browse\""), "{path:?} {}", pass.record),
        Verdict::Answer(answer) => {
            assert!(answer.status >= 400);
            let cache = answer.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case("cache-control"));
            assert_eq!(cache.map(|(_, v)| v.as_str()), Some("private, no-store"));
        }
    }
});
