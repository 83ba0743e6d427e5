//! Golden tests of the command. Each file in `tests/cli` begins with a command line; below it stand the exit code and
//! what was printed. `BLESS=1` rewrites them. Commands run in the root of the repository; `$OUT` is a folder of the test's own,
//! and for a command that reads `$OUT/sample.blob` the blob of `tests/lists` is built there first.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Runs a command line; exit code and output as the golden file holds them.
fn run(line: &str, out: &Path) -> String {
    let line = line.replace("$OUT", out.to_str().unwrap());
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some("weighbridge"), "{line}");
    let output = Command::new(env!("CARGO_BIN_EXE_weighbridge")).args(words).current_dir(root()).env_remove("NO_COLOR").output().unwrap();
    let text = |bytes: Vec<u8>| steady(&String::from_utf8(bytes).unwrap().replace(out.to_str().unwrap(), "$OUT"));
    format!("exit {}\n--- stdout\n{}--- stderr\n{}", output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The output without what differs from run to run: the time taken, the age of the lists, and the blob's digest and sizes,
/// which change with every change of the format.
fn steady(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut table = "";
    for line in text.lines() {
        // Tables end with an empty line; the last column of these two differs.
        table = match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["section", "bytes"] => "sections",
            [.., "age", "in", "days"] => "ages",
            [] => "",
            _ if table.is_empty() => "",
            _ => {
                let (before, _) = line.rsplit_once(' ').unwrap();
                lines.push(format!("{} ...", before.trim_end()));
                continue;
            }
        };
        let line = match line.split_once(", built in ") {
            Some((before, _)) => format!("{before}, built in ... s"),
            None => line.to_owned(),
        };
        let line =
            ["blake3 ", "digest "].into_iter().find(|label| line.starts_with(label)).map_or(line.clone(), |label| format!("{label}..."));
        let line = match line.split_once(" bytes, ").and_then(|(before, after)| Some((before.split_once(".blob: ")?.0, after))) {
            Some((name, after)) => format!("{name}.blob: ... bytes, {after}"),
            None => line,
        };
        let line = match line.split_once(".blob.details: ").and_then(|(name, rest)| Some((name, rest.split_once(" bytes, ")?.1))) {
            Some((name, after)) => format!("{name}.blob.details: ... bytes, {after}"),
            None => line,
        };
        lines.push(line);
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

#[test]
fn commands_print_what_the_golden_files_say() {
    let bless = std::env::var_os("BLESS").is_some();
    let out = std::env::temp_dir().join(format!("weighbridge-cli-{}", std::process::id()));
    let mut files: Vec<PathBuf> = std::fs::read_dir(root().join("tests/cli")).unwrap().map(|f| f.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "txt"));
    files.sort();
    assert!(files.len() >= 30, "only {} golden files were found", files.len());
    let mut wrong = Vec::new();
    for file in files {
        std::fs::create_dir_all(&out).unwrap();
        let golden = std::fs::read_to_string(&file).unwrap();
        let line = golden.lines().next().and_then(|line| line.strip_prefix("$ ")).unwrap();
        if line.contains("$OUT/sample.blob") && !line.starts_with("weighbridge build") {
            let built =
                run("weighbridge build tests/lists/weighbridge.toml --checked-at 2026-11-22 --output $OUT/sample.blob --quiet", &out);
            assert!(built.starts_with("exit 0\n"), "{built}");
        }
        let found = format!("$ {line}\n{}", run(line, &out));
        // A command that could not do its work leaves nothing behind, not even a temporary file.
        let left: Vec<_> = std::fs::read_dir(&out).unwrap().map(|f| f.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".tmp")), "{}: {left:?}", file.display());
        std::fs::remove_dir_all(&out).unwrap();
        if bless {
            std::fs::write(&file, &found).unwrap();
        } else if golden != found {
            wrong.push(format!("{}\n--- expected\n{golden}\n--- found\n{found}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{} golden files differ; look, then run with BLESS=1:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_failed_build_writes_nothing() {
    let bad = root().join("tests/bad-lists");
    let mut checked = 0;
    for case in std::fs::read_dir(&bad).unwrap() {
        let build_file = case.unwrap().path().join("build.toml");
        if !build_file.exists() {
            continue;
        }
        let out = std::env::temp_dir().join(format!("weighbridge-failed-{}-{checked}", std::process::id()));
        std::fs::create_dir_all(&out).unwrap();
        std::fs::write(out.join("kept.blob"), "the blob of yesterday").unwrap();
        // The output that the build file of the case `output` names is what is wrong with it.
        let elsewhere = !build_file.parent().unwrap().ends_with("output");
        let mut command = Command::new(env!("CARGO_BIN_EXE_weighbridge"));
        command.arg("build").arg(&build_file);
        if elsewhere {
            command.arg("--output").arg(out.join("kept.blob"));
        }
        let status = command.output().unwrap().status;
        assert!(matches!(status.code(), Some(1 | 3)), "{}: {status}", build_file.display());
        assert_eq!(std::fs::read_to_string(out.join("kept.blob")).unwrap(), "the blob of yesterday", "{}", build_file.display());
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1, "{}", build_file.display());
        std::fs::remove_dir_all(&out).unwrap();
        checked += 1;
    }
    assert!(!bad.join("output.details").exists(), "the blob could not be written, so its details file must not be");
    assert!(checked >= 20, "only {checked} bad lists were found");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let out = std::env::temp_dir().join(format!("weighbridge-same-{}", std::process::id()));
    std::fs::create_dir_all(&out).unwrap();
    let build = |name: &str| {
        let line = format!("weighbridge build tests/lists/weighbridge.toml --checked-at 2026-11-22 --output $OUT/{name} --json");
        assert!(run(&line, &out).starts_with("exit 0\n"));
        (std::fs::read(out.join(name)).unwrap(), std::fs::read(out.join(format!("{name}.details"))).unwrap())
    };
    assert_eq!(build("a.blob"), build("b.blob"));
    std::fs::remove_dir_all(&out).unwrap();
}

#[test]
fn inspect_tells_a_guessed_kind_from_a_stated_one() {
    let out = std::env::temp_dir().join(format!("weighbridge-guess-{}", std::process::id()));
    std::fs::create_dir_all(&out).unwrap();
    let entry = |id: &str, more: &str| {
        format!("{{\"id\": \"{id}\", \"lists\": [\"DPL\"], \"kind\": \"person\", \"name\": \"Erika {id}\"{more}}}\n")
    };
    std::fs::write(out.join("list.jsonl"), entry("guessed", ", \"kind_uncertain\": true") + &entry("stated", "")).unwrap();
    let build =
        "output = \"out.blob\"\n[[source]]\nid = \"x\"\nformat = \"house-jsonl\"\npath = \"list.jsonl\"\nchecked_at = \"2026-11-22\"\n";
    std::fs::write(out.join("build.toml"), build).unwrap();
    let built = run("weighbridge build $OUT/build.toml --quiet", &out);
    assert!(built.starts_with("exit 0\n"), "{built}");
    for (id, guess) in [("guessed", true), ("stated", false)] {
        let text = run(&format!("weighbridge inspect $OUT/out.blob --entry x:{id}"), &out);
        assert!(text.starts_with("exit 0\n") && text.contains("kind            person"), "{text}");
        assert_eq!(text.contains("a guess"), guess, "{text}");
        let json = run(&format!("weighbridge inspect $OUT/out.blob --entry x:{id} --json"), &out);
        assert!(json.contains(&format!("\"kind_is_a_guess\": {guess}")), "{json}");
    }
    std::fs::remove_dir_all(&out).unwrap();
}

/// The details file of a blob is found beside it or where `--details` says; one that is absent, damaged or another blob's is
/// told, never used, and stops nobody who did not name it.
#[test]
fn the_details_file_belongs_to_its_blob() {
    let out = std::env::temp_dir().join(format!("weighbridge-details-{}", std::process::id()));
    std::fs::create_dir_all(&out).unwrap();
    let list = |name: &str| format!("{{\"id\": \"1\", \"lists\": [\"DPL\"], \"kind\": \"person\", \"name\": \"{name}\"}}\n");
    for (list_name, name) in [("a", "Erika Example"), ("b", "Erika Beispiel")] {
        std::fs::write(out.join(format!("{list_name}.jsonl")), list(name)).unwrap();
        let build = format!(
            "output = \"{list_name}.blob\"\n[[source]]\nid = \"x\"\nformat = \"house-jsonl\"\npath = \"{list_name}.jsonl\"\nchecked_at = \"2026-11-22\"\n"
        );
        std::fs::write(out.join(format!("{list_name}.toml")), build).unwrap();
        let built = run(&format!("weighbridge build $OUT/{list_name}.toml --quiet"), &out);
        assert!(built.starts_with("exit 0\n"), "{built}");
    }
    let entry = |more: &str| run(&format!("weighbridge inspect $OUT/a.blob --entry x:1 {more}"), &out);
    let held = |text: &str| text.contains("Erika Example");
    let case = "[{\"case\": \"by name\", \"at\": \"2026-11-22\", \"request\": {\"path\": \"/a/b\", \
        \"identity\": {\"kind\": \"person\", \"name\": \"example erika\"}}}]";
    std::fs::write(out.join("case.json"), case).unwrap();
    let explain = |more: &str| run(&format!("weighbridge explain --blob $OUT/a.blob {more} $OUT/case.json"), &out);
    assert!(held(&entry("")) && held(&explain("")), "{}\n{}", entry(""), explain(""));
    assert!(entry("--json").contains("\"state\": \"held\""));

    let beside = out.join("a.blob.details");
    std::fs::rename(&beside, out.join("elsewhere")).unwrap();
    let absent = |text: String| text.starts_with("exit 0\n") && !held(&text) && text.contains("`$OUT/a.blob.details` is not there");
    assert!(absent(entry("")) && absent(explain("")), "{}\n{}", entry(""), explain(""));
    assert!(entry("").contains("details file absent"), "{}", entry(""));
    assert!(entry("--json").contains("\"state\": \"absent\"") && entry("--json").contains("\"kind_is_a_guess\": null"));
    assert!(run("weighbridge inspect $OUT/a.blob", &out).contains("names not counted (details file absent)"));
    assert!(held(&entry("--details $OUT/elsewhere")) && held(&explain("--details $OUT/elsewhere")));
    assert!(entry("--details $OUT/nowhere").starts_with("exit 3\n"));

    // Both lists have one entry with one id, so only the words differ; the file of the sample has other entries.
    std::fs::copy(out.join("b.blob.details"), &beside).unwrap();
    let refused = |text: String| text.starts_with("exit 0\n") && !text.contains("Beispiel") && text.contains("does not have the hash");
    assert!(refused(entry("")) && refused(explain("")), "{}\n{}", entry(""), explain(""));
    assert!(entry("--json").contains("\"state\": \"refused\""));
    let named = entry("--details $OUT/a.blob.details");
    assert!(named.starts_with("exit 3\n") && named.contains("of another build"), "{named}");
    let built = run("weighbridge build tests/lists/weighbridge.toml --checked-at 2026-11-22 --output $OUT/s.blob --quiet", &out);
    assert!(built.starts_with("exit 0\n"), "{built}");
    assert!(entry("--details $OUT/s.blob.details").contains("belongs to another blob"));

    // The guard against lists that shrank needs the blob alone.
    std::fs::remove_file(&beside).unwrap();
    std::fs::write(out.join("a.jsonl"), list("Somebody Else").replace("\"1\"", "\"2\"")).unwrap();
    let again = run("weighbridge build $OUT/a.toml --quiet", &out);
    assert!(again.starts_with("exit 0\n") && !again.contains("could not be compared"), "{again}");
    std::fs::remove_dir_all(&out).unwrap();
}
