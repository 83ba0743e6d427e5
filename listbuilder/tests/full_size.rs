//! The published lists in full: every row accounted for, and the counts that are known of them.
//!
//! The folder of lists is named by `WEIGHBRIDGE_DATA`; without it these tests say that they were skipped.

use std::path::PathBuf;
use std::time::Instant;
use weighbridge::source::{Context, Input, Parsed, Silent, ofac_csv};
use weighbridge_blob::model::{Entry, NameRole};
use weighbridge_blob::words::{IdKind, Kind, List};

fn read(test: &str, folder: &str) -> Option<(Parsed, String)> {
    let Some(data) = std::env::var_os("WEIGHBRIDGE_DATA").map(PathBuf::from) else {
        println!("SKIPPED {test}: WEIGHBRIDGE_DATA is not set");
        return None;
    };
    let started = Instant::now();
    let mut context = Context::new("ofac", &Silent);
    let parsed = ofac_csv::read(&Input::new(data.join(folder)), &mut context).unwrap_or_else(|error| panic!("{error}"));
    println!("{folder}: {} entries in {} ms, peak memory {}", parsed.entries.len(), started.elapsed().as_millis(), peak_memory());
    let mut notes = String::new();
    for (text, note) in context.notes() {
        notes.push_str(&format!("{} x {text} (first: {})\n", note.count, note.first));
    }
    for file in &parsed.files {
        assert_eq!(file.read, file.kept + file.merged + file.lost.len() as u64, "{}", file.name);
        let unexplained: Vec<_> = file.lost.iter().filter(|row| !row.explained).collect();
        assert!(unexplained.is_empty(), "{}: {unexplained:?}", file.name);
        assert_eq!(file.digest.len(), 64);
    }
    Some((parsed, notes))
}

/// The most memory that this process has held, as the system tells it.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map_or_else(|| "unknown".to_owned(), |value| value.trim().to_owned())
}

fn rows(parsed: &Parsed) -> Vec<(&str, u64, u64, u64, usize)> {
    parsed.files.iter().map(|f| (f.name.as_str(), f.read, f.kept, f.merged, f.lost.len())).collect()
}

fn count(parsed: &Parsed, test: impl Fn(&Entry) -> bool) -> usize {
    parsed.entries.iter().filter(|entry| test(entry)).count()
}

fn has_id(kind: IdKind) -> impl Fn(&Entry) -> bool {
    move |entry| entry.identifiers.iter().any(|id| id.kind == kind)
}

#[test]
fn sdn_of_december_2023() {
    let Some((parsed, notes)) = read("sdn_of_december_2023", "ofac-sdn-2023-12-28") else { return };
    assert_eq!(
        rows(&parsed),
        [
            ("sdn.csv.gz", 13_821, 13_821, 0, 0),
            ("alt.csv.gz", 17_091, 0, 17_091, 0),
            ("add.csv.gz", 18_990, 0, 18_990, 0),
            // 12300, 15599 and 15600 are not in the list any more.
            ("sdn_comments.csv", 13, 0, 10, 3),
        ]
    );
    let of_kind = |kind| count(&parsed, |entry| entry.kind == kind);
    assert_eq!(
        [of_kind(Kind::Person), of_kind(Kind::Vessel), of_kind(Kind::Aircraft), of_kind(Kind::Organization)],
        [6_646, 764, 378, 6_033]
    );
    assert!(parsed.entries.iter().all(|entry| entry.lists.contains(List::Sdn) && entry.names[0].role == NameRole::Primary));

    let weak = count(&parsed, |entry| entry.names.iter().any(|name| name.role == NameRole::Weak));
    println!(
        "entities with: weak alias {weak}, IMO {}, e-mail {}, web site {}, wallet {}, SWIFT {}, LEI {}, passport {}, birth date {}",
        count(&parsed, has_id(IdKind::Imo)),
        count(&parsed, has_id(IdKind::Email)),
        count(&parsed, |e| !e.websites.is_empty()),
        count(&parsed, has_id(IdKind::Wallet)),
        count(&parsed, has_id(IdKind::Swift)),
        count(&parsed, has_id(IdKind::Lei)),
        count(&parsed, has_id(IdKind::Passport)),
        count(&parsed, |e| !e.birth_dates.is_empty())
    );
    println!("{notes}");
}

#[test]
fn sdn_of_july_2021() {
    let Some((parsed, _)) = read("sdn_of_july_2021", "ofac-sdn-2021-07") else { return };
    assert_eq!(rows(&parsed).iter().map(|f| f.1).take(3).collect::<Vec<_>>(), [8_976, 11_910, 13_837]);
}

#[test]
fn non_sdn_of_december_2025() {
    let Some((parsed, notes)) = read("non_sdn_of_december_2025", "ofac-consolidated-2025-12") else { return };
    println!("{:?}", rows(&parsed));
    let on = |list| count(&parsed, |entry| entry.lists.contains(list));
    println!(
        "SSI {}, FSE {}, PLC {}, CAP {}, CMIC {}, NS-MBS {}",
        on(List::Ssi),
        on(List::Fse),
        on(List::Plc),
        on(List::Cap),
        on(List::Cmic),
        on(List::NsMbs)
    );
    println!("{notes}");
}
