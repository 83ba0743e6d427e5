//! The demonstration page in a real browser, built as it ships: every view, what it says against what the engine says natively,
//! accessibility, width, and that nothing leaves it; and the npm package in a project of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use weighbridge::serve::{Options, Records, Role, Serving};
use weighbridge_blob::Blob;
use weighbridge_blob::date::format_unix;
use weighbridge_blob::write::with_policy;
use weighbridge_host_test::client::fetch;
use weighbridge_host_test::components::workspace;
use weighbridge_host_test::{page, runtime, sample, tools, web};
use weighbridge_http::access::Protocol;
use weighbridge_http::{Ambient, GateConfig, check, sweep};

/// What the page's worker sets.
const SETTINGS: [(&str, &str); 4] = [
    ("WEIGHBRIDGE_UPSTREAM", "https://hub.example.com"),
    ("WEIGHBRIDGE_BLOCKED_BY", "https://gate.example.com/"),
    ("WEIGHBRIDGE_APPEAL", "https://gate.example.com/appeal"),
    ("WEIGHBRIDGE_TEST_HEADERS", "on"),
];

fn config() -> GateConfig {
    GateConfig::from_vars(|name| SETTINGS.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())).unwrap()
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

fn skipped(name: &str) -> bool {
    let skip = std::env::var("WEIGHBRIDGE_SKIP").unwrap_or_default().split(',').any(|runtime| runtime.trim() == "browser");
    if skip {
        println!("SKIPPED {name}");
    }
    skip
}

/// What every place gets: outcome, status, rules.
fn world(blob: &Blob<'_>, class: &str) -> Value {
    let request = json!({ "path": "/", "access": { "class": class, "action": "download" } });
    let case = json!({ "at": format_unix(now()), "request": request });
    let places = blob.policy().places().map(|(place, _)| place);
    let swept = sweep(blob, &config(), case, places).unwrap();
    let rows = swept.into_iter().map(|one| (one.place.0.to_string(), json!([one.outcome.0.as_str(), one.status, one.rules.join(" ")])));
    json!(rows.collect::<BTreeMap<_, _>>())
}

/// The tabs of the page: what each is called, the protocol, and what the client accepts.
fn tabs() -> Vec<(&'static str, Protocol, Option<&'static str>)> {
    let own = Protocol::ALL.iter().map(|protocol| (protocol.as_str(), *protocol, None));
    own.chain([("browser", Protocol::Plain, Some("text/html"))]).collect()
}

/// The headers of the refusal in each, for an address in Iran.
fn answers(blob: &Blob<'_>) -> Value {
    let of = |(name, protocol, accept): (&'static str, Protocol, Option<&str>)| {
        let access = json!({ "class": "published", "action": "download", "protocol": protocol.as_str() });
        let mut request = json!({ "path": "/", "address": "192.0.2.50", "access": access });
        if let Some(accept) = accept {
            request["headers"] = json!({ "accept": accept });
        }
        let case = json!({ "at": format_unix(now()), "request": request });
        let answer = check(blob, &config(), json!([case]).to_string().as_bytes(), &Ambient { now: now(), ..Ambient::default() });
        let checked: Value = serde_json::from_slice(&answer.body).unwrap();
        let headers = checked[0]["verdict"]["answer"]["headers"].as_array().unwrap_or_else(|| panic!("{checked}")).clone();
        let id = headers.iter().find(|pair| pair[0] == "X-Weighbridge-Decision").map(|pair| pair[1].as_str().unwrap()).unwrap();
        let text = Value::Array(headers.clone()).to_string().replace(id, "DECISION");
        (name, serde_json::from_str::<Value>(&text).unwrap())
    };
    json!(tabs().into_iter().map(of).collect::<BTreeMap<_, _>>())
}

/// The sample with its details, confirmed current as of now.
fn built() -> (Vec<u8>, Vec<u8>) {
    let built = weighbridge::build::build_file(&workspace().join("tests/lists/weighbridge.toml"), Some(now())).unwrap();
    (built.bytes, built.details)
}

/// Every view of the page. With `WEIGHBRIDGE_SHOTS` set to a folder, pictures of each go there.
#[test]
fn the_page_does_what_it_says() {
    if skipped("the_page_does_what_it_says") {
        return;
    }
    let (bytes, details) = built();
    let site = page::site(&bytes, &details).unwrap();
    let blob = Blob::open(&bytes).unwrap();
    let folder = tools::scratch("page-test").unwrap();
    let file = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    // The same lists under a policy without 4E091, and a damaged copy.
    let policy = weighbridge_policy::DEFAULT.replace("eccn_4e091      = \"review\"", "eccn_4e091      = \"off\"");
    assert_ne!(policy, weighbridge_policy::DEFAULT);
    let compiled = weighbridge_policy::compile(&policy, &weighbridge_policy::CompileOptions::default()).unwrap();
    let other = with_policy(&blob, &compiled.bytes, &policy).unwrap();
    assert_eq!(Blob::open(&other).unwrap().policy_source(), Some(policy.as_str()));
    let mut damaged = bytes.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let digest: String = blob.header().digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = json!({
        "protocols": tabs().iter().map(|(name, ..)| name).collect::<Vec<_>>(),
        "answers": answers(&blob),
        "world": { "published": world(&blob, "published"), "eccn_4e091": world(&blob, "eccn_4e091") },
        "other": file("other.blob", &other),
        "otherDetails": file("other.blob.details", &details),
        "damaged": file("damaged.blob", &damaged),
        "digest": digest,
        "sources": blob.sources().unwrap().sources.len(),
    });
    let expected = file("expected.json", expected.to_string().as_bytes());
    let mut command = Command::new("node");
    command.arg(web::script("page.mjs").unwrap()).arg(&site).arg(runtime::chromium().unwrap()).arg(expected);
    command.args(std::env::var_os("WEIGHBRIDGE_SHOTS"));
    // The driver ends when this test does: its standard input is then closed.
    let driver = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut driver = Held(driver);
    let output = driver.output();
    println!("{}", output.0);
    assert!(output.1, "{}\n{}", output.0, output.2);
    let gate = file("gate.blob", &bytes);
    tokio::runtime::Runtime::new().unwrap().block_on(from_the_gate(&site, &gate));
    for check in
        ["decide: ", "world: ", "screen: ", "simulate: ", "about: ", "nothing is asked of the network", "axe-core", "360 px", "console"]
    {
        assert!(output.0.lines().any(|line| line.starts_with("ok ") && line.contains(check)), "`{check}` was not checked:\n{}", output.0);
    }
}

/// The page from the native gate itself, with the gate's blob in it.
async fn from_the_gate(site: &Path, blob: &Path) {
    let nobody = runtime::free_port().unwrap();
    let upstream = format!("http://{nobody}");
    let options = Options {
        blob: blob.to_owned(),
        config: GateConfig::from_vars(|name| (name == "WEIGHBRIDGE_UPSTREAM").then(|| upstream.clone())).unwrap(),
        role: Role::Proxy { listen: ([127, 0, 0, 1], 0).into(), admin: ([127, 0, 0, 1], 0).into(), timeout: Duration::from_secs(5) },
        records: Records::stdout(),
        highest: None,
        poll: Duration::from_secs(60),
        grace: Duration::from_secs(1),
    };
    let gate = Serving::start_with_page(options, Some(site.to_owned())).await.unwrap();
    let get = async |path: &str| fetch(gate.admin, "GET", path, &[], "").await.unwrap();
    assert_eq!(get("/healthz").await.status, 200);
    let index = get("/").await;
    assert_eq!((index.status, index.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(index.header("content-security-policy").starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"));
    assert_eq!(get("/weighbridge.blob").await.body, std::fs::read(blob).unwrap());
    assert_eq!(get("/../expected.json").await.status, 404);
    let shown = Command::new("node")
        .arg(web::script("title.mjs").unwrap())
        .arg(format!("http://{}/#decide?place=IR", gate.admin))
        .args([runtime::chromium().unwrap().to_str().unwrap(), ".verdict .status"])
        .output()
        .unwrap();
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    assert_eq!(String::from_utf8_lossy(&shown.stdout).trim(), "451");
    gate.stop().await;
}

/// A process that does not outlive this test.
struct Held(std::process::Child);

impl Held {
    /// What it wrote, and whether it ended well.
    fn output(&mut self) -> (String, bool, String) {
        use std::io::Read as _;
        let mut errors = self.0.stderr.take().unwrap();
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            drop(errors.read_to_string(&mut text));
            text
        });
        let mut text = String::new();
        drop(self.0.stdout.take().unwrap().read_to_string(&mut text));
        // Not `wait`, which would close the standard input first.
        let done = loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                break status.success();
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        };
        (text, done, reader.join().unwrap())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// What a project writes that uses the package.
const USE: &str = r#"
import { open, Trap, type Decision, type Engine, type Screening } from "weighbridge";

export async function ask(wasm: Uint8Array<ArrayBuffer>, blob: Uint8Array): Promise<[Decision, Screening, number]> {
  const engine: Engine = await open({ wasm, blob });
  const decided = engine.decide({ facts: { action: "download", item: { class: "published" }, place: { ip: "IR" } } });
  try {
    engine.decide({ facts: { action: "fly" } });
  } catch (error) {
    if (error instanceof Trap) throw error;
  }
  return [decided, engine.screen("oleg vladimirovich deripaska", "person"), engine.inspect().entries];
}
"#;

/// The package as `npm pack` makes it, installed into a project: types, Node, a bundler, and plain module addresses.
#[test]
fn the_package_installs_into_a_project() {
    let project = tools::scratch("project").unwrap();
    let package = web::page(sample::blob().unwrap()).unwrap();
    tools::run(
        Command::new("npm").args(["pack", "--loglevel=error", "--pack-destination"]).arg(&project).current_dir(&package),
        "npm pack",
    )
    .unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let file = |name: &str, text: &str| std::fs::write(project.join(name), text).unwrap();
    file("package.json", r#"{ "name": "project", "private": true, "type": "module" }"#);
    let mut install = Command::new("npm");
    install.args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--offline", &format!("./weighbridge-{version}.tgz")]);
    tools::run(install.current_dir(&project), "npm install").unwrap();
    let installed = project.join("node_modules/weighbridge");
    for name in ["index.js", "index.d.ts", "core.js", "core.d.ts", "weighbridge.wasm", "weighbridge.blob", "README.md", "package.json"] {
        assert!(installed.join(name).exists(), "{name} is not in the package");
    }

    // Types, and what the compiler makes of it, in Node.
    file("use.ts", USE);
    let strict = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--target", "es2022", "--module", "nodenext"];
    let mut tsc = Command::new(tools::node().unwrap().join("node_modules/.bin/tsc"));
    tools::run(tsc.args(strict).args(["--lib", "es2022,dom", "use.ts"]).current_dir(&project), "tsc").unwrap();
    file(
        "run.mjs",
        r#"
import { readFile } from "node:fs/promises";
import { ask } from "./use.js";
const file = async (name) => new Uint8Array(await readFile(new URL(import.meta.resolve(`weighbridge/${name}`))));
console.log(JSON.stringify(await ask(await file("weighbridge.wasm"), await file("weighbridge.blob"))));
"#,
    );
    let node = |script: &Path| -> Value {
        let done = Command::new("node").arg(script).current_dir(&project).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    };
    let expected = node(&project.join("run.mjs"));
    assert_eq!((&expected[0]["status"], &expected[1]["matches"][0]["lists"]), (&json!(451), &json!(["SDN"])), "{expected}");

    // As Deno and pages import: by address, with extensions, and nothing of Node's in the package.
    for name in ["index.js", "core.js"] {
        let code = std::fs::read_to_string(installed.join(name)).unwrap();
        for word in ["node:", "require(", "process.", "Buffer.", "__dirname"] {
            assert!(!code.contains(word), "{name} has `{word}`");
        }
    }
    let by_address = format!(
        r#"
const base = new URL("node_modules/weighbridge/", import.meta.url);
const {{ open }} = await import(new URL("index.js", base).href);
// Deno reads files with its `fetch`; here that is done by hand, and the rest is the web's.
const {{ readFile }} = await import("node:fs/promises");
const file = async (name) => new Uint8Array(await readFile(new URL(name, base)));
for (const name of ["process", "Buffer", "require", "global"]) delete globalThis[name];
const engine = await open({{ wasm: await WebAssembly.compile(await file("weighbridge.wasm")), blob: (await file("weighbridge.blob")).buffer }});
const decided = engine.decide({{ facts: {{ action: "download", item: {{ class: "published" }}, place: {{ ip: "IR" }} }} }});
console.log(JSON.stringify([decided.status, engine.inspect().entries, "{version}"]));
"#
    );
    file("address.mjs", &by_address);
    assert_eq!(node(&project.join("address.mjs")), json!([451, expected[2], version]));

    // A bundler: the Wasm and the blob are files of the result, with their own addresses.
    file("index.html", r#"<!doctype html><script type="module" src="./main.ts"></script>"#);
    file(
        "main.ts",
        r#"
import wasm from "weighbridge/weighbridge.wasm?url";
import blob from "weighbridge/weighbridge.blob?url";
import { ask } from "./use";
const bytes = async (url: string) => new Uint8Array(await (await fetch(url)).arrayBuffer());
document.title = JSON.stringify(await ask(await bytes(wasm), await bytes(blob)));
"#,
    );
    file("vite.config.js", r#"export default { base: "./", assetsInclude: ["**/*.blob"], build: { target: "es2022" } };"#);
    let mut vite = Command::new(page::sources().unwrap().join("node_modules/.bin/vite"));
    tools::run(vite.args(["build", "--logLevel", "warn"]).current_dir(&project), "vite").unwrap();
    let assets: Vec<String> =
        std::fs::read_dir(project.join("dist/assets")).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    for end in [".wasm", ".blob", ".js"] {
        assert!(assets.iter().any(|name| name.ends_with(end)), "{end} is not among {assets:?}");
    }
    if skipped("the bundle in a browser") {
        return;
    }
    let mut driver = Command::new("node");
    driver.arg(web::script("title.mjs").unwrap()).arg(project.join("dist")).arg(runtime::chromium().unwrap());
    let done = driver.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let title: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(title, expected);
}
