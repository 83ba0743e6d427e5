//! One engine, the same decision on every runtime: all shared cases through every runtime, field by field against the
//! engine as it runs natively; then the same requests over the wire. Prints a table of cases by runtimes.
//!
//! Every runtime must run here. `WEIGHBRIDGE_SKIP=fastly,envoy` leaves some out by name, and the last line says so.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use serde_json::{Value, json};
use weighbridge_blob::Blob;
use weighbridge_host_test::client::{Answer, fetch, send};
use weighbridge_host_test::components::workspace;
use weighbridge_host_test::host::{Server, serve};
use weighbridge_host_test::runtime::{Running, Runtime, Setup, chosen};
use weighbridge_host_test::sample;
use weighbridge_http::{Ambient, CHECK_PATH, GateConfig, Verdict, gate};

/// In place of random bytes, so that a decision has the same id everywhere.
const NONCE: &str = "000102030405060708090a0b0c0d0e0f";
/// Header in which the origin tells what reached it: a JSON array of method, target and headers.
const ECHO: &str = "x-echo";

/// A file of shared cases.
struct File {
    name: String,
    cases: Vec<Value>,
}

fn files() -> Vec<File> {
    let mut paths: Vec<_> = std::fs::read_dir(workspace().join("tests/decisions")).unwrap().map(|file| file.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let files: Vec<_> = paths
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let cases = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
            File { name, cases }
        })
        .collect();
    assert!(files.iter().map(|file| file.cases.len()).sum::<usize>() > 100, "shared cases are missing");
    files
}

/// `tests/matrix-ledger.json`: what is known to differ, by runtime and field, with the reason. Empty is the goal. An entry
/// that no longer differs fails, too.
fn ledger() -> BTreeMap<(String, String), String> {
    let path = workspace().join("tests/matrix-ledger.json");
    let entries: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let text = |entry: &Value, field: &str| {
        let text = entry[field].as_str().filter(|text| !text.is_empty());
        text.unwrap_or_else(|| panic!("tests/matrix-ledger.json: `{field}` is missing in {entry}")).to_owned()
    };
    entries.iter().map(|entry| ((text(entry, "runtime"), text(entry, "field")), text(entry, "reason"))).collect()
}

fn setup(blob: &[u8], origin: SocketAddr) -> Setup<'_> {
    let settings = sample::settings(origin).environment;
    let setup = Setup { blob, settings }.with("WEIGHBRIDGE_TEST_ROUTES", "on").with("WEIGHBRIDGE_TEST_HEADERS", "on");
    // What some packages set, said for all: cases bring their own address and place.
    setup.with("WEIGHBRIDGE_CLIENT_ADDRESS", "none").with("WEIGHBRIDGE_PLATFORM_GEO", "none").with("WEIGHBRIDGE_AUDIENCE", "weights")
}

fn config(setup: &Setup<'_>) -> GateConfig {
    let variables: BTreeMap<_, _> = setup.settings.iter().cloned().collect();
    GateConfig::from_vars(|name| variables.get(name).cloned()).unwrap()
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

fn ambient() -> Ambient<'static> {
    Ambient { now: now(), ..Ambient::default() }
}

/// An origin that answers 200 and tells what reached it.
async fn origin() -> Server {
    serve(0, |request: Request<Incoming>| async move {
        let headers: Vec<_> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let echo = json!([request.method().as_str(), request.uri().to_string(), headers]).to_string();
        // Escapes keep a header value ASCII.
        let echo: String = echo.chars().map(|c| if c.is_ascii() { c.to_string() } else { "?".to_owned() }).collect();
        Response::builder()
            .header(ECHO, echo)
            .header("cache-control", "max-age=60")
            .header("surrogate-control", "max-age=60")
            .header("x-weighbridge-decision", "forged")
            .body(Full::new(Bytes::from_static(b"origin")))
            .unwrap()
    })
    .await
    .unwrap()
}

/// One field of one case that is not as it is natively.
struct Difference {
    case: String,
    field: String,
    native: String,
    here: String,
}

/// What differed, and how many cases were executed per file.
#[derive(Default)]
struct Row {
    executed: BTreeMap<String, usize>,
    wire: usize,
    wrong: Vec<Difference>,
    failed: Option<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_decision_on_every_runtime() {
    let (runtimes, skipped) = chosen().unwrap();
    let (files, mut ledger) = (files(), ledger());
    runtimes.iter().for_each(|runtime| runtime.prepare());
    let mut rows: Vec<(&'static str, Row)> = Vec::new();
    for runtime in &runtimes {
        let mut row = Row::default();
        if let Err(error) = run(runtime.as_ref(), &files, &mut row).await {
            row.failed = Some(format!("{error:#}"));
        }
        rows.push((runtime.name(), row));
    }
    print(&files, &rows);

    let (mut wrong, mut seen) = (Vec::new(), BTreeSet::new());
    let cases: usize = files.iter().map(|file| file.cases.len()).sum();
    let requests = files.iter().flat_map(|file| &file.cases).filter(|case| case.get("request").is_some()).count();
    for (name, row) in rows {
        let executed: usize = row.executed.values().sum();
        if let Some(error) = row.failed {
            wrong.push(format!("{name}: {error}"));
        }
        if executed < cases || row.wire < requests {
            wrong.push(format!("{name}: {executed} of {cases} cases executed, {} of {requests} requests sent", row.wire));
        }
        for Difference { case, field, native, here } in row.wrong {
            let known = (name.to_owned(), field);
            if ledger.contains_key(&known) {
                seen.insert(known);
            } else {
                wrong.push(format!("{name}: {case}: {}\n  native {native}\n  here   {here}", known.1));
            }
        }
    }
    // What was skipped cannot have shown its differences.
    ledger.retain(|known, _| !skipped.contains(&known.0) && !seen.contains(known));
    wrong.extend(ledger.keys().map(|(runtime, field)| format!("tests/matrix-ledger.json: {runtime}: `{field}` differs no longer")));
    say(&format!("skipped: {}", if skipped.is_empty() { "nothing".to_owned() } else { skipped.join(", ") }));
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

async fn run(runtime: &dyn Runtime, files: &[File], row: &mut Row) -> anyhow::Result<()> {
    let origin = origin().await;
    let then = setup(sample::shared_blob()?, origin.address);
    let running = runtime.start(&then).await?;
    let natively = runtime.upstream().map_or_else(|| then.clone(), |upstream| then.clone().with("WEIGHBRIDGE_UPSTREAM", upstream));
    for file in files {
        let (executed, wrong) = check(&running, &natively, file).await?;
        row.executed.insert(file.name.clone(), executed);
        row.wrong.extend(wrong);
    }
    drop(running);
    // Over the wire the clock is today's, so the lists are as well.
    let today = setup(sample::blob()?, origin.address);
    let running = runtime.start(&today).await?;
    for file in files {
        for case in file.cases.iter().filter(|case| case.get("request").is_some()) {
            row.wrong.extend(over_the_wire(&running, &today, case, &file.name).await?);
            row.wire += 1;
        }
    }
    Ok(())
}

/// The cases of one file by the check route, against the engine as it runs here. How many were executed, and what differed.
async fn check(running: &Running, setup: &Setup<'_>, file: &File) -> anyhow::Result<(usize, Vec<Difference>)> {
    let body = serde_json::to_vec(&json!({ "cases": file.cases, "nonce": NONCE }))?;
    let blob = Blob::open(setup.blob)?;
    let native = weighbridge_http::check(&blob, &config(setup), &body, &ambient());
    let native: Vec<Value> = serde_json::from_slice(&native.body)?;
    assert_eq!(native.len(), file.cases.len());
    let answer = fetch(running.address, "POST", CHECK_PATH, &[("content-type", "application/json")], body).await?;
    anyhow::ensure!(answer.status == 200, "{}: {} {}", file.name, answer.status, answer.text());
    let decided: Vec<Value> = serde_json::from_slice(&answer.body)?;
    let (mut executed, mut wrong) = (0, Vec::new());
    for ((case, mut native), mut decided) in file.cases.iter().zip(native).zip(decided) {
        for decision in [&mut native, &mut decided] {
            decision.as_object_mut().map(|fields| fields.remove("ns"));
            whole(decision);
        }
        // A case that was only read back has no decision.
        executed += usize::from(decided["outcome"].is_string());
        let name = format!("{}: {}", file.name, case["case"].as_str().unwrap_or_default());
        let fields: BTreeSet<_> = [&native, &decided].into_iter().filter_map(Value::as_object).flat_map(|fields| fields.keys()).collect();
        for field in fields.into_iter().filter(|field| native[field.as_str()] != decided[field.as_str()]) {
            let (native, here) = (native[field.as_str()].to_string(), decided[field.as_str()].to_string());
            wrong.push(Difference { case: name.clone(), field: field.clone(), native, here });
        }
        if decided["differences"] != json!([]) {
            let (native, here) = (case["expect"].to_string(), decided["differences"].to_string());
            wrong.push(Difference { case: name, field: "expect".to_owned(), native, here });
        }
    }
    Ok((executed, wrong))
}

/// A case's request as a client sends it: the verdict of the gate as it runs here is what must be seen, with another
/// decision id.
async fn over_the_wire(running: &Running, setup: &Setup<'_>, case: &Value, file: &str) -> anyhow::Result<Vec<Difference>> {
    let asked = &case["request"];
    let method = asked["method"].as_str().unwrap_or("GET");
    let host = asked["host"].as_str().unwrap_or("weights.test");
    let path = asked["path"].as_str().unwrap_or_default();
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in asked["headers"].as_object().into_iter().flatten() {
        let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        headers.extend(values.iter().map(|value| (name.clone(), value.as_str().unwrap_or_default().to_owned())));
    }
    headers.extend(asked["address"].as_str().map(|address| ("x-test-address".to_owned(), address.to_owned())));
    headers.extend(asked.get("identity").filter(|claims| !claims.is_null()).map(|claims| ("x-test-identity".to_owned(), ascii(claims))));

    let blob = Blob::open(setup.blob)?;
    let native = weighbridge_http::Request {
        method,
        authority: host,
        path_and_query: path,
        headers: [("host", host)]
            .into_iter()
            .chain(headers.iter().map(|(n, v)| (n.as_str(), v.as_str())))
            .map(|(n, v)| (n, v.as_bytes()))
            .collect(),
    };
    let native = gate(&blob, &config(setup), &native, &ambient());

    let ask = async || -> anyhow::Result<Answer> {
        let mut request = Request::builder().method(method).uri(path).header("host", host);
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        let response = send(running.address, request.body(Full::new(Bytes::new()))?).await?;
        let (head, body) = response.into_parts();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: body.collect().await?.to_bytes() })
    };
    let mut answer = ask().await?;
    // `wasmtime serve` now and then loses a request without a body on its way to the origin (`HttpProtocolError`). Whether the
    // gate decided alike shows once one arrives; one that never does is a difference.
    for _ in 0..3 {
        if answer.status != 502 {
            break;
        }
        answer = ask().await?;
    }
    let id = answer.header("x-weighbridge-decision").to_owned();
    let name = format!("{file}: {} (over the wire)", case["case"].as_str().unwrap_or_default());
    let mut wrong = Vec::new();
    let mut differs = |field: &str, native: String, here: String| {
        if native != here {
            wrong.push(Difference { case: name.clone(), field: field.to_owned(), native, here });
        }
    };
    if id.len() != 26 {
        let lines = running.lines();
        let log = lines.iter().rev().take(3).rev().map(String::as_str).collect::<Vec<_>>().join("\n");
        differs("decision id", "26 digits".to_owned(), format!("{} {:?} {}\n{log}", answer.status, answer.headers, answer.text()));
        return Ok(wrong);
    }
    match native {
        Verdict::Answer(native) => {
            let known = native.headers.iter().find(|(name, _)| name == "X-Weighbridge-Decision").map_or("", |(_, value)| value);
            let plain = |text: &str, id: &str| text.replace(id, "ID");
            differs("status", native.status.to_string(), answer.status.to_string());
            differs("body", plain(&String::from_utf8_lossy(&native.body), known), plain(&answer.text(), &id));
            for (name, value) in &native.headers {
                differs(name, plain(value, known), plain(&all(&answer, name), &id));
            }
        }
        Verdict::Pass(pass) => {
            differs("status", "200".to_owned(), answer.status.to_string());
            for (name, value) in pass.response_add.iter().filter(|(name, _)| name != "X-Weighbridge-Decision") {
                differs(name, value.clone(), all(&answer, name));
            }
            for name in pass.response_remove.iter().filter(|name| !pass.response_add.iter().any(|(n, _)| n.eq_ignore_ascii_case(name))) {
                differs(name, String::new(), all(&answer, name));
            }
            let Ok(echo) = serde_json::from_str::<(String, String, Vec<(String, String)>)>(answer.header(ECHO)) else {
                let lines = running.lines();
                let log = lines.iter().rev().take(3).rev().map(String::as_str).collect::<Vec<_>>().join("\n");
                differs("the origin", "was asked".to_owned(), format!("{} {:?} {}\n{log}", answer.status, answer.headers, answer.text()));
                return Ok(wrong);
            };
            differs("method at the origin", method.to_owned(), echo.0);
            differs("path at the origin", path.to_owned(), echo.1);
            for (name, value) in pass.request_headers {
                let value = if name == "x-weighbridge-decision" { id.clone() } else { String::from_utf8_lossy(&value).into_owned() };
                let got: Vec<_> = echo.2.iter().filter(|(n, _)| *n == name).map(|(_, value)| value.as_str()).collect();
                differs(&format!("{name} at the origin"), value, got.join(", "));
            }
        }
    }
    Ok(wrong)
}

/// Writes `15.0` as `15`: JavaScript has one kind of number, and the bridge to a page writes JSON anew.
fn whole(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let float = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0);
            if let Some(integer) = float.and_then(|float| format!("{float:.0}").parse::<i64>().ok()) {
                *value = integer.into();
            }
        }
        Value::Array(values) => values.iter_mut().for_each(whole),
        Value::Object(fields) => fields.values_mut().for_each(whole),
        _ => {}
    }
}

/// All values of a header, with commas between.
fn all(answer: &Answer, name: &str) -> String {
    let values: Vec<_> = answer.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    values.join(", ")
}

/// JSON with escapes for all that is not ASCII: a header value is bytes of no known encoding.
fn ascii(value: &Value) -> String {
    let mut units = [0; 2];
    let escape = |c: char| match c {
        c if c.is_ascii() => c.to_string(),
        c => c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    value.to_string().chars().map(escape).collect()
}

/// A line that is seen of a test that passes, too: only what `print!` writes is held back.
fn say(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}

fn print(files: &[File], rows: &[(&'static str, Row)]) {
    let width = files.iter().map(|file| file.name.len()).max().unwrap_or(0).max("over the wire".len());
    let line = |label: &str, cells: Vec<String>| {
        let cells = rows.iter().zip(cells).map(|((name, _), cell)| format!("  {cell:>width$}", width = name.len().max(5)));
        say(&format!("{label:<width$}{}", cells.collect::<String>()));
    };
    say("");
    line("cases executed", rows.iter().map(|(name, _)| (*name).to_owned()).collect());
    for file in files {
        line(&file.name, rows.iter().map(|(_, row)| row.executed.get(&file.name).copied().unwrap_or(0).to_string()).collect());
    }
    line("all", rows.iter().map(|(_, row)| row.executed.values().sum::<usize>().to_string()).collect());
    line("over the wire", rows.iter().map(|(_, row)| row.wire.to_string()).collect());
    line("different", rows.iter().map(|(_, row)| row.wrong.len().to_string()).collect());
}
