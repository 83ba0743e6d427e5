//! A list that lost what it had does not go into a blob unseen.

use std::path::{Path, PathBuf};
use std::process::Command;
use weighbridge_blob::Blob;

/// A folder of the test's own, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("weighbridge-guards-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// A list of so many people, of whom so many have a birth date, and the build file that names it.
    fn list(&self, people: usize, with_dates: usize, more: &str) {
        let line = |n: usize| {
            let born = if n < with_dates { r#", "birth_dates": ["1970-01-01"]"# } else { "" };
            format!("{{\"id\": \"{n}\", \"lists\": [\"SDN\"], \"kind\": \"person\", \"name\": \"Example Person {n}\"{born}}}\n")
        };
        std::fs::write(self.0.join("list.jsonl"), (0..people).map(line).collect::<String>()).unwrap();
        let text = format!(
            "output = \"out.blob\"\n[[source]]\nid = \"us\"\nformat = \"house-jsonl\"\npath = \"list.jsonl\"\n\
             checked_at = 2026-11-22T10:00:00Z\n{more}"
        );
        std::fs::write(self.0.join("build.toml"), text).unwrap();
    }

    /// Builds; exit code, standard output, and standard error.
    fn build(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weighbridge"));
        let output = command.arg("build").arg("build.toml").args(arguments).current_dir(&self.0).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    #[track_caller]
    fn passes(&self, arguments: &[&str]) -> String {
        let (code, out, error) = self.build(arguments);
        assert_eq!(code, 0, "{error}");
        out
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str], parts: &[&str]) {
        let before = std::fs::read(self.blob()).ok();
        let (code, _, error) = self.build(arguments);
        assert_eq!(code, 1, "{error}");
        for part in parts.iter().chain(&["source `us`", "--accept-shrink --reason"]) {
            assert!(error.contains(part), "{part}: {error}");
        }
        assert!(std::fs::read(self.blob()).ok() == before, "a refused build leaves what was there");
    }

    fn blob(&self) -> PathBuf {
        self.0.join("out.blob")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn accepted(blob: &Path) -> Vec<(String, String, u64, u64)> {
    let bytes = std::fs::read(blob).unwrap();
    let accounts = Blob::open(&bytes).unwrap().sources().unwrap();
    accounts.accepted.into_iter().map(|one| (one.source, one.reason, one.before, one.after)).collect()
}

#[test]
fn shrinking_is_refused_and_can_be_accepted_with_a_reason() {
    let folder = Folder::new("shrink");
    folder.list(100, 0, "");
    folder.passes(&[]);
    folder.list(90, 0, "");
    folder.passes(&[]);
    assert_eq!(accepted(&folder.blob()), []);
    folder.list(80, 0, "");
    folder.refused(&[], &["80 entries, where the previous blob has 90", "11.1 % fewer"]);
    // A reason is needed, and one that says something.
    for arguments in [&["--accept-shrink"][..], &["--reason", "delisted"], &["--accept-shrink", "--reason", ""]] {
        assert_eq!(folder.build(arguments).0, 2, "{arguments:?}");
    }
    let summary = folder.passes(&["--accept-shrink", "--reason", "the programme ended"]);
    assert!(summary.contains("80 entries, where the previous blob has 90") && summary.contains("the programme ended"), "{summary}");
    assert_eq!(accepted(&folder.blob()), [("us".to_owned(), "the programme ended".to_owned(), 90, 80)]);
    for json in [&["inspect", "out.blob"][..], &["inspect", "out.blob", "--json"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_weighbridge")).args(json).current_dir(&folder.0).output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(shown.contains("80 entries, where the previous blob has 90") && shown.contains("the programme ended"), "{shown}");
    }
    // What was accepted is the measure of the next build, which has nothing to record.
    folder.passes(&[]);
    assert_eq!(accepted(&folder.blob()), []);
}

#[test]
fn a_lost_column_is_refused() {
    let folder = Folder::new("fill");
    folder.list(100, 50, "");
    folder.passes(&[]);
    folder.list(100, 40, "");
    folder.passes(&["--output", "other.blob", "--previous", "out.blob"]);
    folder.list(100, 39, "");
    folder.refused(&[], &["39.0 % of the entries have birth_dates, where in the previous blob 50.0 % had"]);
}

#[test]
fn a_source_that_is_gone_is_refused() {
    let folder = Folder::new("gone");
    folder.list(20, 0, "");
    folder.passes(&[]);
    let text = std::fs::read_to_string(folder.0.join("build.toml")).unwrap();
    std::fs::write(folder.0.join("build.toml"), text.replace("id = \"us\"", "id = \"another\"")).unwrap();
    folder.refused(&[], &["0 entries, where the previous blob has 20"]);
}

#[test]
fn what_the_build_file_asks_holds_for_the_first_build_too() {
    let folder = Folder::new("asked");
    let asked =
        "guard = { minimum_entries = 10, known = [\"Example Person 9\", \"us:0\"], fill = { birth_dates = 0.3, countries = 0.0 } }\n";
    folder.list(9, 2, asked);
    folder.refused(&[], &["9 entries, where at least 10", "`Example Person 9`", "22.2 % of the entries have birth_dates", "30.0 %"]);
    assert!(!folder.blob().exists());
    folder.list(10, 3, asked);
    folder.passes(&[]);
}

#[test]
fn the_previous_blob_is_the_one_named_or_the_one_replaced() {
    let folder = Folder::new("previous");
    folder.list(100, 0, "");
    folder.passes(&["--output", "first.blob"]);
    folder.list(50, 0, "");
    folder.refused(&["--previous", "first.blob"], &["50 entries, where the previous blob has 100"]);
    let json = folder.passes(&["--previous", "first.blob", "--accept-shrink", "--reason", "half of it", "--json"]);
    let account: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&account["accepted"][0]["before"], &account["accepted"][0]["after"]), (&100.into(), &50.into()));
    // One that is named must be there; something else at the place of the output is told.
    let (code, _, error) = folder.build(&["--previous", "nowhere.blob"]);
    assert!(code == 3 && error.contains("nowhere.blob"), "{error}");
    std::fs::write(folder.blob(), "no blob").unwrap();
    let (code, _, error) = folder.build(&[]);
    assert!(code == 0 && error.contains("no list was checked for shrinking"), "{error}");
    // The build file can name it too.
    let text = std::fs::read_to_string(folder.0.join("build.toml")).unwrap();
    std::fs::write(folder.0.join("build.toml"), format!("previous = \"first.blob\"\n{text}")).unwrap();
    folder.refused(&[], &["50 entries, where the previous blob has 100"]);
}
