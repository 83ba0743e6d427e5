//! One artefact at a hub, asked for by every door: the answers never disagree.

use weighbridge_host_test::client::fetch;
use weighbridge_host_test::hub::Hub;

use crate::{GERMANY, IRAN, Place};

#[tokio::test(flavor = "multi_thread")]
async fn all_doors_to_one_artefact_are_open_or_shut_together() {
    let place = Place::new(Hub::default()).await;
    for (model, edge, allowed) in [
        ("open-7b", &place.germany, true),
        ("open-7b", &place.iran, false),
        ("closed-13b", &place.germany, false),
        ("closed-13b", &place.iran, false),
    ] {
        let file = Hub::default().file(&format!("acme/{model}"), "model.safetensors").unwrap();
        let digest: String = {
            use sha2::{Digest as _, Sha256};
            Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect()
        };
        let batch = format!(r#"{{"operation":"download","objects":[{{"oid":"{digest}","size":{}}}]}}"#, file.len());
        let mut outcomes = Vec::new();
        for (method, path, headers, body) in [
            ("GET", format!("/acme/{model}/resolve/main/model.safetensors"), &[][..], ""),
            ("HEAD", format!("/acme/{model}/resolve/main/model.safetensors"), &[], ""),
            ("GET", format!("/acme/{model}/resolve/main/model.safetensors"), &[("range", "bytes=100-199")], ""),
            ("GET", format!("/acme/{model}/resolve/main/model.safetensors"), &[("range", "bytes=-5")], ""),
            ("GET", format!("/acme/{model}/resolve/main/model.safetensors"), &[("if-none-match", "\"x\"")], ""),
            ("GET", format!("/api/models/acme/{model}"), &[], ""),
            ("GET", format!("/api/models/acme/{model}/revision/main"), &[], ""),
            ("GET", format!("/api/models/acme/{model}/tree/main"), &[], ""),
            ("GET", format!("/api/models/acme/{model}/xet-read-token/main"), &[], ""),
            ("POST", format!("/acme/{model}.git/info/lfs/objects/batch"), &[("accept", "application/vnd.git-lfs+json")], batch.as_str()),
            ("GET", format!("/acme/{model}.git/info/lfs/objects/{digest}"), &[], ""),
            ("GET", format!("/v2/acme/{model}/manifests/latest"), &[], ""),
            ("HEAD", format!("/v2/acme/{model}/manifests/latest"), &[], ""),
            ("GET", format!("/v2/acme/{model}/blobs/sha256:{digest}"), &[], ""),
            ("GET", format!("/v2/acme/{model}/blobs/sha256:{digest}"), &[("range", "bytes=0-9")], ""),
            ("GET", format!("/v2/acme/{model}/tags/list"), &[], ""),
        ] {
            let answer = fetch(edge.address, method, &path, headers, body.to_owned()).await.unwrap();
            assert_eq!(answer.header("x-weighbridge-decision").len(), 26, "{method} {path}");
            if !allowed {
                // The same record, but for what was asked: rules, facts and reason.
                let record = place.gate.records().unwrap().pop().unwrap();
                outcomes.push((answer.status, [record["rules"].clone(), record["facts"].clone(), record["outcome"].clone()]));
            }
            assert_eq!((200..300).contains(&answer.status), allowed, "{method} {path}: {}", answer.status);
        }
        let first = outcomes.first().cloned();
        assert!(outcomes.iter().all(|outcome| Some(outcome) == first.as_ref()), "{model} {GERMANY} {IRAN}: {outcomes:?}");
    }
}
