//! The published lists in full: every row accounted for, and the counts that are known of them.
//!
//! The folder of lists is named by `WEIGHBRIDGE_DATA`; without it these tests say that they were skipped.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;
use weighbridge::source::{Context, Input, Parsed, Silent, ofac_csv};
use weighbridge_blob::model::{Entry, NameRole};
use weighbridge_blob::words::{IdKind, Kind, List};

fn read(test: &str, folder: &str) -> Option<(Parsed, String)> {
    let Some(data) = std::env::var_os("WEIGHBRIDGE_DATA").map(PathBuf::from) else {
        // Not `println!`, which the harness would swallow.
        let _ = writeln!(std::io::stdout(), "SKIPPED {test}: WEIGHBRIDGE_DATA is not set");
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
    let found = [
        ("weak alias", weak),
        ("IMO", count(&parsed, has_id(IdKind::Imo))),
        ("e-mail", count(&parsed, has_id(IdKind::Email))),
        ("web site", count(&parsed, |entry| !entry.websites.is_empty())),
        ("wallet", count(&parsed, has_id(IdKind::Wallet))),
        ("SWIFT", count(&parsed, has_id(IdKind::Swift))),
    ];
    // Each count was taken from the files by a regular expression too. 893 remarks hold the letters "IMO", but 17 of them
    // are people called Kerimov and the like, or hold a number that is too short. 1,860 entries have a weak alias in
    // `sdn.csv` and 5 more in the comments alone; one is "now known as".
    let expected = [("weak alias", 1_866), ("IMO", 876), ("e-mail", 169), ("web site", 783), ("wallet", 49), ("SWIFT", 147)];
    assert_eq!(found, expected);
    println!(
        "also: LEI {}, passport {}, birth date {}",
        count(&parsed, has_id(IdKind::Lei)),
        count(&parsed, has_id(IdKind::Passport)),
        count(&parsed, |entry| !entry.birth_dates.is_empty())
    );
    // The comments of 27307 continue in the middle of an alias: `… HACKIN` + `G TEAM'`.
    let lazarus = parsed.entries.iter().find(|entry| entry.id == "ofac:27307").unwrap();
    for alias in ["THE NEW ROMANTIC CYBER ARMY TEAM", "WHOIS HACKING TEAM", "APT-C-26"] {
        assert!(lazarus.names.iter().any(|name| name.text == alias && name.role == NameRole::Weak), "{alias}: {:?}", lazarus.names);
    }
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
    assert_eq!(
        rows(&parsed),
        [
            ("cons_prim.csv", 442, 442, 0, 0),
            ("cons_alt.csv", 1_073, 0, 1_073, 0),
            ("cons_add.csv", 574, 0, 574, 0),
            ("cons_comments.csv", 10, 0, 10, 0),
        ]
    );
    let on = |list| count(&parsed, |entry| entry.lists.contains(list));
    // By tag: 286 UKRAINE-EO13662, 78 NS-PLC, 68 CMIC-EO13959; by directive: 14 under Directive 2 and Bank of Kunlun;
    // 12 under Directives 1a, 3 or 4, and three with bans of their own (CAATSA 235, E.O. 14014, E.O. 14059).
    let lists = [on(List::Ssi), on(List::Fse), on(List::Plc), on(List::Cap), on(List::Cmic), on(List::NsMbs)];
    assert_eq!(lists, [286, 0, 78, 15, 68, 15]);
    assert!(parsed.entries.iter().all(|entry| !entry.lists.is_empty() && !entry.lists.contains(List::Sdn)));
    println!("{notes}");
}

#[test]
fn a_blob_of_both_lists() {
    let Some(data) = std::env::var_os("WEIGHBRIDGE_DATA").map(PathBuf::from) else {
        // Not `println!`, which the harness would swallow.
        let _ = writeln!(std::io::stdout(), "SKIPPED a_blob_of_both_lists: WEIGHBRIDGE_DATA is not set");
        return;
    };
    let text = "output = \"x.blob\"\n\
        [[source]]\nid = \"us_ofac_sdn\"\nformat = \"ofac-csv\"\npath = \"ofac-sdn-2023-12-28\"\nchecked_at = 2026-11-22\n\
        [[source]]\nid = \"us_ofac_cons\"\nformat = \"ofac-csv\"\npath = \"ofac-consolidated-2025-12\"\nchecked_at = 2026-11-22\n";
    let file = weighbridge::buildfile::parse(&data.join("build.toml"), text, None).unwrap();
    let started = Instant::now();
    let built = weighbridge::build::build(&file, &weighbridge::build::Quiet).unwrap_or_else(|error| panic!("{error}"));
    println!(
        "SDN and non-SDN: {} entries, {} names, {} identifiers in {} bytes, {} ms, peak memory {}",
        built.report.totals.entries,
        built.report.totals.names,
        built.report.totals.identifiers,
        built.report.bytes,
        started.elapsed().as_millis(),
        peak_memory()
    );
    // Parties of the non-SDN list that became blocked by the end of 2023 stand in both; an identifier tells that they are one.
    let mergers = &built.report.mergers;
    assert_eq!(mergers.len(), 53);
    assert!(mergers.iter().all(|one| one.kept.starts_with("us_ofac_sdn:") && one.merged.starts_with("us_ofac_cons:")));
    assert_eq!(built.report.totals.entries, 13_821 + 442 - 53);
    let blob = weighbridge_blob::Blob::open(&built.bytes).unwrap();
    // What went in comes out: every entry, in the order of the ids, and the row totals.
    let held: Vec<&str> = (0..blob.entry_count()).map(|number| blob.entry(number).unwrap().id()).collect();
    let mut went_in = Vec::new();
    for spec in &file.sources {
        let parsed = ofac_csv::read(&Input::new(&spec.path), &mut Context::new(&spec.id, &Silent)).unwrap();
        went_in.extend(parsed.entries.into_iter().map(|entry| entry.id));
    }
    went_in.retain(|id| !mergers.iter().any(|one| one.merged == *id));
    went_in.sort();
    assert!(held == went_in, "{} entries of {}", held.len(), went_in.len());
    for id in went_in.iter().step_by(1_000) {
        assert_eq!(blob.entry_by_id(id).unwrap().id(), id);
    }
    let accounts = blob.sources().unwrap();
    let read: u64 = accounts.sources.iter().flat_map(|source| &source.files).map(|file| file.read).sum();
    assert_eq!(read, 13_821 + 17_091 + 18_990 + 13 + 442 + 1_073 + 574 + 10);
}
