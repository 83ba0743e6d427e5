//! `weighbridge screen`: the gate's answers for files, in their order, with every row accounted for.

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use weighbridge::build::build_file;
use weighbridge_blob::Blob;
use weighbridge_blob::date::parse_unix;
use weighbridge_blob::words::Kind;
use weighbridge_engine::names::Workspace;
use weighbridge_engine::ofac::ofac_score;
use weighbridge_engine::screen::{Options, Query, Reason, search};
use weighbridge_engine::why;

const DAY: &str = "2026-11-22";

/// The blob of `tests/lists` and its details, in a folder of the test's own.
struct Sample {
    folder: PathBuf,
    blob: Vec<u8>,
    details: Vec<u8>,
}

impl Sample {
    fn new(test: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("weighbridge-screen-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let lists = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("tests/lists/weighbridge.toml");
        let built = build_file(&lists, Some(parse_unix("2026-11-22").unwrap())).unwrap();
        std::fs::write(folder.join("sample.blob"), &built.bytes).unwrap();
        std::fs::write(folder.join("sample.blob.details"), &built.details).unwrap();
        Self { folder, blob: built.bytes, details: built.details }
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weighbridge"));
        command.args(["screen", "--day", DAY, "--blob"]).arg(self.folder.join("sample.blob")).args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Listed names as they are, with a slip, turned round and cut, of every kind, and names that are nobody's.
fn queries(blob: &Blob<'_>) -> Vec<(String, &'static str)> {
    let mut out = Vec::new();
    for number in 0..blob.entry_count() {
        let entry = blob.entry(number).unwrap();
        for (_, name) in blob.details(&entry).unwrap().names {
            let schema = entry.kind.as_str();
            let mut slipped: Vec<char> = name.chars().collect();
            let middle = slipped.len() / 2;
            slipped.swap(middle.saturating_sub(1), middle);
            let turned: Vec<_> = name.split_whitespace().rev().collect();
            out.push((name.to_owned(), schema));
            out.push((slipped.into_iter().collect(), schema));
            out.push((turned.join(" "), ""));
        }
    }
    for nobody in ["Mary Ellen Carter", "LLC", "🙂", "x", "\u{202e}\u{200f}", "Acme, \"Quoted\" & Sons\tLtd"] {
        out.push((nobody.to_owned(), ""));
    }
    out
}

#[test]
fn answers_are_those_of_the_gates_search_in_the_order_of_the_rows() {
    let sample = Sample::new("equal");
    let mut blob = Blob::open(&sample.blob).unwrap();
    blob.attach(&sample.details).unwrap();
    let mut asked = queries(&blob);
    assert!(asked.len() > 900, "{}", asked.len());
    // More than one chunk on two cores.
    while asked.len() < 4_500 {
        asked.push((format!("Nobody {}", asked.len()), "person"));
    }
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["No.", "Customer", "schema"]).unwrap();
    let mut json = String::new();
    for (n, (name, schema)) in asked.iter().enumerate() {
        csv.write_record([&format!("r{n}"), name, *schema]).unwrap();
        json.push_str(&serde_json::json!({ "id": format!("r{n}"), "query": name, "schema": schema }).to_string());
        json.push('\n');
    }
    let csv = sample.write("in.csv", csv.into_inner().unwrap());
    let json = sample.write("in.jsonl", json);
    let out = sample.folder.join("out.jsonl");
    let from_csv = sample.run(&["--input", &csv, "--column", "id=No.", "--column", "name=Customer", "--min-score", "40"]);
    let from_json = sample.run(&["--input", &json, "--min-score", "40", "--output", out.to_str().unwrap()]);
    assert_eq!((code(&from_csv), code(&from_json)), (0, 0), "{} {}", told(&from_csv), told(&from_json));
    let by_csv = lines(&from_csv);
    let by_json: Vec<Value> = std::fs::read_to_string(&out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((by_csv.len(), by_json.len()), (asked.len(), asked.len()));

    let (mut workspace, mut matches) = (Workspace::default(), 0);
    for (n, ((name, schema), (a, b))) in asked.iter().zip(by_csv.iter().zip(&by_json)).enumerate() {
        assert_eq!((&a["id"], &a["matches"]), (&b["id"], &b["matches"]), "{name}");
        assert_eq!(a["id"], format!("r{n}"));
        assert!(a["ns"].as_u64().unwrap() > 0);
        let query = Query { kind: schema.parse::<Kind>().ok(), names: vec![name], ..Query::default() };
        let expected = search(&blob, &query, DAY.parse().unwrap(), &Options { min_score: 400 }, &mut workspace);
        assert_eq!(a.get("truncated").is_some(), expected.truncated, "{name}");
        let found = a["matches"].as_array().unwrap();
        assert_eq!(found.len(), expected.matches.len().min(50), "{name}");
        for (found, expected) in found.iter().zip(&expected.matches) {
            let entry = blob.entry(expected.entry).unwrap();
            assert_eq!(found["entry"], entry.id(), "{name}");
            assert_eq!(found["entry_id"], entry.id().split_once(':').unwrap().1);
            assert_eq!(found["score"].as_f64().unwrap(), f64::from(expected.score) / 10.0);
            assert_eq!(found["band"], expected.band.as_str());
            assert!(found["list"].as_str().unwrap().contains(entry.lists.iter().next().map_or("", |l| l.as_str())));
            let listed = found["name"].as_str().unwrap();
            assert!(blob.details(&entry).unwrap().names.iter().any(|(_, name)| *name == listed), "{listed}");
            assert_eq!(found["ofac_score"], ofac_score(name, listed));
            matches += 1;
        }
    }
    assert!(matches > 900, "{matches}");
}

#[test]
fn limits_lists_and_scores_are_kept() {
    let sample = Sample::new("limits");
    let names = sample.write("in.jsonl", "{\"query\":\"AEROCARIBBEAN AIRLINES\"}\n");
    let found = |args: &[&str]| {
        let output = sample.run(&[&["--input", &names][..], args].concat());
        assert_eq!(code(&output), 0, "{}", told(&output));
        lines(&output)[0]["matches"].as_array().unwrap().clone()
    };
    let all = found(&["--min-score", "0"]);
    assert!(!all.is_empty());
    assert_eq!(found(&["--min-score", "0", "--limit", "1"]), all[..1]);
    assert!(found(&["--min-score", "0", "--limit", "0"]).is_empty());
    assert_eq!((&all[0]["entry_id"], &all[0]["score"]), (&"36".into(), &100.0.into()));
    assert_eq!(found(&["--list", "UN-SC"]).len(), 0);
    assert_eq!(found(&["--list", "SDN"])[0], all[0]);
    // Without `--min-score` it is the policy's.
    assert!(found(&[]).iter().all(|m| m["score"].as_f64().unwrap() >= 80.0));
    assert!(found(&["--schema", "vessel"]).is_empty());
    assert_eq!(code(&sample.run(&["--input", &names, "--fail-on-match"])), 1);
    assert_eq!(code(&sample.run(&["--input", &names, "--fail-on-match", "--schema", "vessel"])), 0);
}

#[test]
fn bad_rows_are_told_counted_and_never_pass_unseen() {
    let sample = Sample::new("bad");
    let file =
        sample.write("in.csv", b"id,name,schema\n1,Ann Lee,person\n2,\xff\xfe,person\n3,,person\n4,Bo,lorry\n5,Bo\n6,Cy Do,person\n");
    let output = sample.run(&["--input", &file]);
    assert_eq!(code(&output), 3);
    let said = told(&output);
    for expected in
        ["line 3: name: not UTF-8", "line 4: name: there is none", "line 5: schema: `lorry`", "line 6: it has 2 fields", "4 rows"]
    {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    // What can be read is answered all the same.
    let ids: Vec<_> = lines(&output).iter().map(|line| line["id"].clone()).collect();
    assert_eq!(ids, ["1", "6"]);
    let skipped = sample.run(&["--input", &file, "--skip-bad"]);
    assert_eq!((code(&skipped), lines(&skipped).len()), (0, 2), "{}", told(&skipped));

    let no_names = sample.write("head.csv", "id,full\n1,Ann\n");
    let output = sample.run(&["--input", &no_names]);
    assert!(code(&output) == 3 && told(&output).contains("--column name=HEADER"), "{}", told(&output));
    let output = sample.run(&["--input", "no-such-file.csv"]);
    assert!(code(&output) == 3 && told(&output).contains("no-such-file.csv"));
    let unnamed = sample.write("names.dat", "x");
    assert!(told(&sample.run(&["--input", &unnamed])).contains("--format"));
    for wrong in
        [&[][..], &["--name", "A", "--input", "b.csv"], &["--name", "A", "--schema", "lorry"], &["--name", "A", "--min-score", "101"]]
    {
        assert_eq!(code(&sample.run(wrong)), 2, "{wrong:?}");
    }
    assert_eq!(code(&sample.run(&["--name", " "])), 3);
}

#[test]
fn standard_input_is_read_as_json_lines() {
    let sample = Sample::new("stdin");
    let mut child = sample.command(&["--input", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"{\"id\":7,\"query\":\"AEROCARIBBEAN AIRLINES\",\"schema\":\"organization\"}\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let found = lines(&output);
    assert_eq!((code(&output), &found[0]["id"], &found[0]["matches"][0]["entry_id"]), (0, &7.into(), &"36".into()), "{}", told(&output));
}

/// `cargo measure screen` runs a file of 5,000,000 rows; here what 20,000 rows took is compared with what 220,000 do.
#[cfg(target_os = "linux")]
#[test]
fn a_long_file_takes_no_more_memory_than_a_short_one() {
    use std::io::{BufRead as _, BufReader};
    let sample = Sample::new("memory");
    let args = ["--input", "-", "--format", "csv", "--schema", "vessel"];
    let mut child = sample.command(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (mut rows, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    // A column that nobody reads makes rows long: all of them are over 90 MB.
    let padding = "x".repeat(400);
    let write = std::thread::spawn(move || {
        rows.write_all(b"id,name,remarks\n").unwrap();
        for n in 0..220_000 {
            writeln!(rows, "{n},b,{padding}").unwrap();
        }
    });
    let status = format!("/proc/{}/status", child.id());
    let peak = || {
        let status = std::fs::read_to_string(&status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap()
    };
    let (mut count, mut early, mut late) = (0, 0, 0);
    for line in answers.lines() {
        let line = line.unwrap();
        assert!(line.starts_with(&format!("{{\"id\":\"{count}\",\"matches\":[")), "{line}");
        count += 1;
        match count {
            20_000 => early = peak(),
            200_000 => late = peak(),
            _ => {}
        }
    }
    write.join().unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(count, 220_000);
    assert!(late < early + 16 * 1024, "{early} kB after 20,000 rows, {late} kB after 200,000");
}

/// A rename would put a file in its place: of `/dev/null`, for one who may.
#[cfg(unix)]
#[test]
fn a_pipe_is_written_to_and_not_replaced() {
    use std::os::unix::fs::FileTypeExt as _;
    let sample = Sample::new("pipe");
    let pipe = sample.folder.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let input = sample.write("one.jsonl", "{\"id\":\"1\",\"query\":\"AeroCaribbean Airlines\",\"schema\":\"organization\"}\n");
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read_to_string(pipe).unwrap()
    });
    let output = sample.run(&["--input", &input, "--output", pipe.to_str().unwrap()]);
    assert!(output.status.success(), "{}", told(&output));
    assert!(reader.join().unwrap().contains("\"id\":\"1\""));
    let lists = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("tests/lists/weighbridge.toml");
    let built = Command::new(env!("CARGO_BIN_EXE_weighbridge"))
        .arg("build")
        .arg(lists)
        .args(["--checked-at", DAY, "--output"])
        .arg(&pipe)
        .output()
        .unwrap();
    assert!(!built.status.success() && String::from_utf8_lossy(&built.stderr).contains("or that of a folder or device"), "{built:?}");
    assert!(std::fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
}

#[test]
fn one_name_is_answered_with_its_tokens_and_an_exit_code() {
    let sample = Sample::new("one");
    let output = sample.run(&["--name", "AEROCARIBEAN AIRLINES", "--schema", "organization"]);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(code(&output), 1, "{text}{}", told(&output));
    assert!(text.contains("us_ofac_sdn:36") && text.contains("aerocaribean = ") && text.contains("(edit, 0.1 edits, "), "{text}");
    assert!(!text.contains('\u{1b}'), "colour where there is no terminal");
    let output = sample.run(&["--name", "Mary Ellen Carter", "--schema", "person"]);
    assert_eq!((code(&output), String::from_utf8(output.stdout).unwrap().as_str()), (0, "no match\n"));
    let output = sample.run(&["--name", "AEROCARIBBEAN AIRLINES", "--json"]);
    assert_eq!((code(&output), &lines(&output)[0]["matches"][0]["entry_id"]), (1, &"36".into()));
    // A name that is cut is a review, so it is no exit code 0.
    let output = sample.run(&["--name", &"muhammad ".repeat(400), "--schema", "person", "--json"]);
    assert_eq!((code(&output), &lines(&output)[0]["truncated"]), (1, &true.into()));
}

#[test]
fn without_details_the_name_is_in_normal_form() {
    let sample = Sample::new("plain");
    std::fs::remove_file(sample.folder.join("sample.blob.details")).unwrap();
    let output = sample.run(&["--name", "AEROCARIBBEAN AIRLINES", "--json"]);
    let found = &lines(&output)[0]["matches"][0];
    assert_eq!((&found["entry_id"], &found["score"]), (&"36".into(), &100.0.into()));
    assert!(found["name"].as_str().unwrap().contains("aerocaribbean"), "{found}");
}

#[test]
fn the_reasons_tell_every_token_of_both_names() {
    let sample = Sample::new("why");
    let mut blob = Blob::open(&sample.blob).unwrap();
    blob.attach(&sample.details).unwrap();
    let mut workspace = Workspace::default();
    let mut told = 0;
    for (name, _) in queries(&blob) {
        let query = Query { names: vec![&name], ..Query::default() };
        let found = search(&blob, &query, DAY.parse().unwrap(), &Options { min_score: 800 }, &mut workspace);
        for m in &found.matches {
            let Reason::Name { kind, number, equal, .. } = m.reason else { continue };
            let why = why::why(&blob, kind, number, &name, &mut workspace).unwrap_or_else(|| panic!("{name}"));
            // The same score as the search's, and no token is left out or told twice.
            assert_eq!((why.score, why.equal), (f64::from(m.score) / 10.0, equal), "{name}");
            let mut asked: Vec<&str> = why.pairs.iter().flat_map(|p| p.asked.split(' ')).collect();
            asked.extend(why.asked_left.iter().map(|l| l.token.as_str()));
            let mut listed: Vec<&str> = why.pairs.iter().flat_map(|p| p.listed.split(' ')).collect();
            listed.extend(why.listed_left.iter().map(|l| l.token.as_str()));
            let sorted = |mut tokens: Vec<&str>| {
                tokens.sort_unstable();
                tokens.join(" ")
            };
            assert_eq!(sorted(asked), sorted(why.asked_form.split(' ').collect()), "{name}");
            assert_eq!(sorted(listed), sorted(why.listed_form.split(' ').collect()), "{name}");
            assert!(why.pairs.iter().all(|p| !p.how.is_empty() && p.similarity <= 1_000));
            told += 1;
        }
    }
    assert!(told > 900, "{told}");
}
