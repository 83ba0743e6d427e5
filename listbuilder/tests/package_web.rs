//! `weighbridge package` for JavaScript hosts: what it writes, that it writes the same twice, and what it refuses.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn weighbridge(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_weighbridge")).args(args).output().unwrap()
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("package-web-{name}"));
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The sample blob, built here.
fn blob(folder: &Path) -> String {
    let file = folder.join("sample.blob").display().to_string();
    let lists = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/lists/weighbridge.toml");
    let done = weighbridge(&["build", lists.to_str().unwrap(), "--checked-at", "now", "--output", &file]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    file
}

/// A module with so many bytes that do not compress in a section of its own.
fn module(bytes: usize) -> Vec<u8> {
    let mut state = 1u64;
    let noise = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    });
    b"\0asm\x01\0\0\0".iter().copied().chain(noise.take(bytes)).collect()
}

fn package(plugins: &Path, blob: &str, target: &str, output: &Path, more: &[&str]) -> Output {
    let mut args =
        vec!["package", "--plugins", plugins.to_str().unwrap(), "--blob", blob, "--target", target, "--output", output.to_str().unwrap()];
    args.extend(more);
    weighbridge(&args)
}

#[test]
fn a_folder_that_the_hosts_own_tool_takes() {
    let folder = folder("good");
    let blob = blob(&folder);
    std::fs::write(folder.join("weighbridge_core.wasm"), module(1_000)).unwrap();
    for (target, names) in [
        (
            "cloudflare",
            vec![
                "wrangler.toml",
                "README.md",
                "src/worker.ts",
                "src/gate.ts",
                "src/core.js",
                "src/weighbridge.wasm",
                "src/weighbridge.blob",
            ],
        ),
        (
            "browser",
            vec!["package.json", "README.md", "index.js", "index.d.ts", "core.js", "core.d.ts", "weighbridge.wasm", "weighbridge.blob"],
        ),
    ] {
        let mut accounts = Vec::new();
        for round in ["one", "two"] {
            let output = folder.join(format!("{target}-{round}"));
            let done = package(&folder, &blob, target, &output, &["--json"]);
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            for name in &names {
                assert!(output.join(name).is_file(), "{target}: {name}");
            }
            let mut account: Value = serde_json::from_slice(&done.stdout).unwrap();
            account.as_object_mut().unwrap().remove("output");
            accounts.push(account);
        }
        assert_eq!(accounts[0], accounts[1], "{target}: reproducible");
        assert!(accounts[0]["deployed"]["gzip"].as_u64().unwrap() > 1_000, "{}", accounts[0]);
        // Every file that the npm package lists is there.
        if target == "browser" {
            let manifest: Value = serde_json::from_slice(&std::fs::read(folder.join("browser-one/package.json")).unwrap()).unwrap();
            for file in manifest["files"].as_array().unwrap() {
                assert!(folder.join("browser-one").join(file.as_str().unwrap()).is_file(), "{file}");
            }
        }
    }
}

#[test]
fn what_the_host_would_not_take_is_refused() {
    let folder = folder("bad");
    let blob = blob(&folder);
    let plugin = folder.join("weighbridge_core.wasm");
    let ask = |target: &str| {
        let done = package(&folder, &blob, target, &folder.join("out"), &[]);
        (done.status.code().unwrap(), String::from_utf8(done.stderr).unwrap())
    };
    std::fs::write(&plugin, module(11 << 20)).unwrap();
    let (code, said) = ask("cloudflare");
    assert!(code == 1 && said.contains("at most"), "{code} {said}");
    assert!(!folder.join("out").exists(), "nothing is written");
    std::fs::write(&plugin, module(4 << 20)).unwrap();
    let (code, said) = ask("cloudflare");
    assert!(code == 0 && said.contains("free plan"), "{code} {said}");
    std::fs::write(&plugin, b"not wasm").unwrap();
    let (code, said) = ask("browser");
    assert!(code == 3 && said.contains("not a WebAssembly module"), "{code} {said}");
    // The blob is looked at before anything is written.
    let damaged = folder.join("damaged.blob");
    let mut bytes = std::fs::read(&blob).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&damaged, bytes).unwrap();
    std::fs::write(&plugin, module(10)).unwrap();
    let done = package(&folder, damaged.to_str().unwrap(), "browser", &folder.join("out2"), &[]);
    assert_eq!(done.status.code(), Some(1), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(!folder.join("out2").exists());
}

/// `tests/faults.rs` runs the real optimiser over the real plugin.
#[test]
fn an_optimiser_that_fails_packages_nothing() {
    let folder = folder("optimiser");
    let blob = blob(&folder);
    std::fs::write(folder.join("weighbridge_core.wasm"), module(1_000)).unwrap();
    let refused = |tool: &str, said: &str| {
        let done = package(&folder, &blob, "browser", &folder.join("out"), &["--wasm-opt", tool]);
        let error = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.code() == Some(3) && error.contains(said), "{tool}: {error}");
        assert!(!folder.join("out").exists());
    };
    refused("no-such-tool", "`npm install binaryen` brings a `wasm-opt`");
    refused("false", "`false` failed");
    // It ends well and writes nothing.
    refused("true", "cannot run `true`");
    std::fs::write(folder.join("weighbridge_core.wasm"), b"nothing").unwrap();
    refused("false", "not a WebAssembly module");
}
