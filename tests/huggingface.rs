//! The real client of the Hugging Face protocol, `huggingface_hub` from PyPI, through the gate: what is allowed arrives
//! whole, and what is refused shows the reason and the decision id to whoever runs it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;
use weighbridge_host_test::client::fetch;
use weighbridge_host_test::components::{Plugin, target};
use weighbridge_host_test::host::{Gate, Server, serve_gate};
use weighbridge_host_test::hub::Hub;
use weighbridge_host_test::sample;

const CLIENT: &str = "huggingface_hub==2.4.0";

/// A Python with the client in it, kept between runs.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let folder = target().join("py").join(CLIENT.replace("==", "-"));
        let (python, ready) = (folder.join("bin/python"), folder.join(".ready"));
        if !ready.exists() {
            let run = |command: &mut Command, what: &str| {
                let done = command.output().unwrap_or_else(|error| panic!("{what}: {error}"));
                assert!(done.status.success(), "{what}: {}", String::from_utf8_lossy(&done.stderr));
            };
            run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder), "python3 with its venv module is needed");
            run(
                Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", CLIENT]),
                "pip could not install the client",
            );
            std::fs::write(&ready, "").unwrap();
        }
        python
    })
}

/// Runs a script against the gate, with nothing cached and nothing sent anywhere else.
fn run(gate: &Server, script: &str, name: &str) -> Output {
    let cache = target().join("py").join(format!("cache-{name}-{}", gate.address.port()));
    let output = Command::new(python())
        .args(["-c", script])
        .env("HF_ENDPOINT", format!("http://{}", gate.address))
        .env("HF_HOME", &cache)
        .env("HF_HUB_DISABLE_XET", "1")
        .env("HF_HUB_DISABLE_TELEMETRY", "1")
        .env("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        .env_remove("HF_TOKEN")
        .env_remove("HTTP_PROXY")
        .env_remove("http_proxy")
        .output()
        .unwrap();
    drop(std::fs::remove_dir_all(cache));
    output
}

async fn start(plugin: Plugin) -> (Gate, Server, Server) {
    let hub = Hub::start(0).await.unwrap();
    let gate = sample::gate(plugin, sample::settings(hub.address)).unwrap();
    let server = serve_gate(0, &gate).await.unwrap();
    (gate, server, hub)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allowed_repository_arrives_whole() {
    const SCRIPT: &str = r#"
import hashlib, os
from huggingface_hub import hf_hub_download, snapshot_download
folder = snapshot_download("acme/open-7b")
for name in sorted(os.listdir(folder)):
    print(name, hashlib.sha256(open(os.path.join(folder, name), "rb").read()).hexdigest())
print(open(hf_hub_download("acme/open-7b", "config.json")).read())
"#;
    let expected: Vec<_> = {
        use sha2::{Digest as _, Sha256};
        let hash = |name: &str| {
            Sha256::digest(Hub::default().file("acme/open-7b", name).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        ["README.md", "config.json", "model.safetensors"].map(|name| format!("{name} {}", hash(name))).to_vec()
    };
    for plugin in Plugin::ALL {
        let (gate, server, _hub) = start(plugin).await;
        let output = tokio::task::block_in_place(|| run(&server, SCRIPT, "allowed"));
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{plugin:?}\n{out}\n{err}");
        assert_eq!(out.lines().take(3).collect::<Vec<_>>(), expected, "{plugin:?}");
        assert!(out.contains("\"model_type\": \"llama\""), "{plugin:?}\n{out}");
        let passed = gate.lines().iter().filter(|line| line.contains("\"passed\":true")).count();
        assert!(passed >= 5, "{plugin:?}: the gate saw {passed} requests");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_shows_its_reason_and_decision_id() {
    for plugin in Plugin::ALL {
        let (gate, server, _hub) = start(plugin).await;
        for (name, call) in
            [("file", r#"hf_hub_download("acme/closed-13b", "config.json")"#), ("snapshot", r#"snapshot_download("acme/closed-13b")"#)]
        {
            let script = format!("from huggingface_hub import hf_hub_download, snapshot_download\n{call}\n");
            let output = tokio::task::block_in_place(|| run(&server, &script, name));
            let shown = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success(), "{plugin:?} {name}: it was not refused");
            let record: Value = serde_json::from_str(&gate.lines().pop().unwrap()).unwrap();
            let id = record["id"].as_str().unwrap();
            assert_eq!(record["outcome"], "identify");
            assert!(shown.contains(id), "{plugin:?} {name}: no decision id {id} in\n{shown}");
            assert!(shown.contains("identified requesters only"), "{plugin:?} {name}: no reason in\n{shown}");
            assert!(!shown.contains("check your connection"), "{plugin:?} {name}\n{shown}");
        }
    }
}

#[tokio::test]
async fn the_hub_serves_ranges_as_http_has_them() {
    let hub = Hub::start(0).await.unwrap();
    let file = Hub::default().file("acme/open-7b", "model.safetensors").unwrap();
    let total = file.len();
    let whole = format!("bytes=0-{}", total + 1000);
    for (range, expected) in [
        ("bytes=0-9", Some(0..10)),
        ("bytes=200000-", Some(200_000..total)),
        ("bytes=-5", Some(total - 5..total)),
        (whole.as_str(), Some(0..total)),
        ("bytes=9999999-", None),
        ("bytes=5-4", None),
    ] {
        let answer = fetch(hub.address, "GET", "/acme/open-7b/resolve/main/model.safetensors", &[("range", range)], "").await.unwrap();
        match expected {
            Some(part) => {
                assert_eq!(answer.status, 206, "{range}");
                assert_eq!(answer.header("content-range"), format!("bytes {}-{}/{total}", part.start, part.end - 1));
                assert_eq!(answer.body, file.slice(part), "{range}");
            }
            None => assert_eq!((answer.status, answer.header("content-range")), (416, format!("bytes */{total}").as_str()), "{range}"),
        }
    }
}

#[test]
fn the_hubs_models_are_valid_safetensors() {
    let hub = Hub::default();
    assert_eq!(hub.models().count(), 5);
    for model in hub.models() {
        let file = hub.file(model, "model.safetensors").unwrap();
        let header = usize::try_from(u64::from_le_bytes(file[..8].try_into().unwrap())).unwrap();
        let json: Value = serde_json::from_slice(&file[8..8 + header]).unwrap();
        let end = usize::try_from(json["weight"]["data_offsets"][1].as_u64().unwrap()).unwrap();
        assert_eq!(file.len(), 8 + header + end, "{model}");
        assert_eq!(json["weight"]["shape"], serde_json::json!([end / 4]), "{model}");
        assert_eq!(Hub::default().file(model, "model.safetensors").unwrap(), file, "{model}: not reproducible");
    }
}
