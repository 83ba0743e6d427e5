//! Clients of OCI registries: skopeo for Docker, podman and their like, and Ollama's requests.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use weighbridge_host_test::client::fetch;
use weighbridge_host_test::hub::Hub;
use weighbridge_host_test::tools;

use crate::{IDENTIFY, LAW, Place, fails, succeeds};

fn skopeo(arguments: &[&str]) -> Command {
    let mut command = Command::new(tools::debian("skopeo", "skopeo").unwrap());
    command.args(["--insecure-policy", "--command-timeout", "60s"]).args(arguments);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn skopeo_copies_what_is_allowed_and_shows_why_not() {
    if tools::skipped("skopeo") {
        return;
    }
    let place = Place::new(Hub::default()).await;
    let folder = tools::scratch("skopeo").unwrap();
    let copy = |edge: std::net::SocketAddr, model: &str, to: &str| {
        let (from, to) = (format!("docker://{edge}/acme/{model}:latest"), format!("dir:{}", folder.join(to).display()));
        skopeo(&["copy", "--src-tls-verify=false", &from, &to])
    };
    succeeds(&mut copy(place.germany.address, "open-7b", "open"));
    // Every file of the model is there, under its digest.
    let names: BTreeSet<String> =
        std::fs::read_dir(folder.join("open")).unwrap().map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
    for file in ["README.md", "config.json", "model.safetensors"] {
        let content = Hub::default().file("acme/open-7b", file).unwrap();
        let digest: String = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(names.contains(&digest), "{file} is not in {names:?}");
        assert_eq!(std::fs::read(folder.join("open").join(&digest)).unwrap(), content);
    }

    place.shows(&fails(&mut copy(place.iran.address, "open-7b", "refused")), LAW);
    place.shows(&fails(&mut copy(place.germany.address, "closed-13b", "closed")), IDENTIFY);
    let inspect = format!("docker://{}/acme/open-7b", place.iran.address);
    place.shows(&fails(&mut skopeo(&["inspect", "--tls-verify=false", &inspect])), LAW);
    // This version shows no body of a refused list of tags, whatever stands in it.
    assert!(fails(&mut skopeo(&["list-tags", "--tls-verify=false", &inspect])).contains("451"));
    assert!(!folder.join("refused/manifest.json").exists() && !folder.join("closed/manifest.json").exists());
}

/// Ollama's program is in no registry that this can install from. These are its requests, as `server/download.go` and
/// `server/images.go` of Ollama make them: it shows a person the status and the body of a manifest that it does not get.
#[tokio::test(flavor = "multi_thread")]
async fn ollama_pulls_what_is_allowed_and_is_told_why_not() {
    const AGENT: (&str, &str) = ("user-agent", "ollama/0.9.0 (amd64 linux) Go/go1.24.0");
    const MANIFEST: [(&str, &str); 3] =
        [("accept", "application/vnd.docker.distribution.manifest.v2+json"), AGENT, ("accept-encoding", "gzip")];
    let place = Place::new(Hub::default()).await;
    let edge = place.germany.address;
    let manifest = fetch(edge, "GET", "/v2/acme/open-7b/manifests/latest", &MANIFEST, "").await.unwrap();
    assert_eq!(manifest.status, 200);
    let manifest: Value = serde_json::from_slice(&manifest.body).unwrap();
    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 3);
    let largest = layers.iter().max_by_key(|layer| layer["size"].as_u64()).unwrap();
    let (digest, size) = (largest["digest"].as_str().unwrap(), largest["size"].as_u64().unwrap());
    let path = format!("/v2/acme/open-7b/blobs/{digest}");
    let head = fetch(edge, "HEAD", &path, &[AGENT], "").await.unwrap();
    assert_eq!((head.status, head.header("content-length")), (200, size.to_string().as_str()));
    // In parts, as it downloads.
    let (mut got, mut at) = (Vec::new(), 0);
    while at < size {
        let end = (at + 70_000).min(size);
        let range = format!("bytes={at}-{}", end - 1);
        let part = fetch(edge, "GET", &path, &[AGENT, ("range", &range)], "").await.unwrap();
        assert_eq!(part.status, 206);
        got.extend_from_slice(&part.body);
        at = end;
    }
    assert_eq!(got, Hub::default().file("acme/open-7b", "model.safetensors").unwrap());

    // `pull model manifest: 451: BODY`
    let refused = fetch(place.iran.address, "GET", "/v2/acme/open-7b/manifests/latest", &MANIFEST, "").await.unwrap();
    assert_eq!((refused.status, refused.header("content-type")), (451, "application/json"));
    place.shows(&refused.text(), LAW);
    let error: Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!(error["errors"][0]["code"], "DENIED");
    // Somebody who has the manifest already gets no blob either, by whatever method.
    for (method, headers) in [("HEAD", &[AGENT][..]), ("GET", &[AGENT]), ("GET", &[AGENT, ("range", "bytes=70000-139999")])] {
        let refused = fetch(place.iran.address, method, &path, headers, "").await.unwrap();
        assert_eq!(refused.status, 451, "{method}");
        place.shows(refused.header("warning"), LAW);
    }
}
