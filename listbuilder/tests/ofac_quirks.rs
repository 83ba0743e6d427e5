//! What is odd about OFAC's CSV files, each oddity in a set of files made here: no data folder is needed.

use weighbridge::source::{Context, Input, Parsed, Silent, ofac_csv};
use weighbridge_blob::model::{Entry, NameRole};
use weighbridge_blob::words::IdKind;

/// A set of four files, each ended as OFAC ends them: the byte 0x1A behind the last line.
fn read(primary: &[&str], aliases: &[&str], addresses: &[&str], comments: &[&str]) -> Parsed {
    let file = |name: &str, rows: &[&str]| (name.to_owned(), rows.iter().flat_map(|row| [row, "\r\n"]).collect::<String>() + "\u{1a}");
    let files = [file("sdn.csv", primary), file("alt.csv", aliases), file("add.csv", addresses), file("sdn_comments.csv", comments)];
    let input = Input::of_bytes("made", files.map(|(name, text)| (name, text.into_bytes())));
    ofac_csv::read(&input, &mut Context::new("x", &Silent)).unwrap_or_else(|error| panic!("{error}"))
}

fn row(number: u32, name: &str, kind: &str, programmes: &str, remarks: &str) -> String {
    let null = "-0- ";
    let remarks = if remarks.is_empty() { null.to_owned() } else { format!("\"{remarks}\"") };
    format!("{number},\"{name}\",{kind},\"{programmes}\",{null},{null},{null},{null},{null},{null},{null},{remarks}")
}

fn names(entry: &Entry) -> Vec<(&str, NameRole)> {
    entry.names.iter().map(|name| (name.text.as_str(), name.role)).collect()
}

fn accounts(parsed: &Parsed) -> Vec<(u64, u64, u64, usize)> {
    parsed.files.iter().map(|file| (file.read, file.kept, file.merged, file.lost.len())).collect()
}

#[test]
fn null_is_a_dash_nought_dash_and_a_blank_and_the_last_byte_is_no_row() {
    let parsed = read(&[&row(1, "EXAMPLE BANK", "-0- ", "CUBA", "")], &[], &["1,1,-0- ,\"Havana\",\"Cuba\",-0- "], &[]);
    assert_eq!(accounts(&parsed), [(1, 1, 0, 0), (0, 0, 0, 0), (1, 0, 1, 0), (0, 0, 0, 0)]);
    let entry = &parsed.entries[0];
    assert_eq!(names(entry), [("EXAMPLE BANK", NameRole::Primary)]);
    assert!(entry.details.iter().all(|(_, text)| !text.contains("-0-")), "{:?}", entry.details);
    assert_eq!((entry.addresses[0].street.as_str(), entry.addresses[0].city.as_str()), ("", "Havana"));
}

#[test]
fn programmes_stand_between_brackets_that_face_outwards() {
    let parsed = read(&[&row(1, "EXAMPLE BANK", "-0- ", "FTO] [SDGT] [SYRIA", "")], &[], &[], &[]);
    assert_eq!(parsed.entries[0].programmes, ["FTO", "SDGT", "SYRIA"]);
}

#[test]
fn a_weak_alias_stands_in_the_remarks_alone() {
    let parsed = read(
        &[&row(1, "EXAMPLE TRADING", "-0- ", "CUBA", "a.k.a. 'EXTRA'; Linked To: OTHER.")],
        &["1,1,\"aka\",\"EXAMPLE TRADERS\",-0- "],
        &[],
        &[],
    );
    let mut found = names(&parsed.entries[0]);
    found.sort();
    assert_eq!(found, [("EXAMPLE TRADERS", NameRole::Strong), ("EXAMPLE TRADING", NameRole::Primary), ("EXTRA", NameRole::Weak)]);
}

/// Remarks stop after 1,000 characters, here in the middle of an alias; the comments file goes on, in two rows.
#[test]
fn remarks_cut_at_1000_characters_go_on_in_the_comments() {
    let start = "Linked To: OTHER; ";
    let end = "a.k.a. 'WHOIS HACKIN";
    let filler = format!("{};", "x".repeat(1_000 - start.len() - end.len() - 2));
    let remarks = format!("{start}{filler} {end}");
    assert_eq!(remarks.len(), 1_000);
    let parsed = read(
        &[&row(1, "EXAMPLE GROUP", "-0- ", "CYBER2", &remarks)],
        &[],
        &[],
        &["1,\"G TE\"", "1,\"AM'; Email Address a@mail.example.com.\""],
    );
    let entry = &parsed.entries[0];
    assert_eq!(names(entry), [("EXAMPLE GROUP", NameRole::Primary), ("WHOIS HACKING TEAM", NameRole::Weak)]);
    assert!(entry.identifiers.iter().any(|id| id.kind == IdKind::Email && id.number == "a@mail.example.com"));
    assert_eq!(accounts(&parsed)[3], (2, 0, 2, 0), "both rows of the comments are part of the entry");

    // Without the rest the last item is no alias: half a name would be another name.
    let alone = read(&[&row(1, "EXAMPLE GROUP", "-0- ", "CYBER2", &remarks)], &[], &[], &[]);
    assert_eq!(names(&alone.entries[0]), [("EXAMPLE GROUP", NameRole::Primary)]);
}

#[test]
fn a_comment_on_an_entry_that_is_gone_is_a_loss_with_a_reason() {
    let parsed =
        read(&[&row(1, "EXAMPLE BANK", "-0- ", "CUBA", "a.k.a. 'EB'.")], &[], &[], &["1,\" more\"", "12300,\" of one that is gone\""]);
    assert_eq!(accounts(&parsed)[3], (2, 0, 0, 2));
    let lost: Vec<(u64, bool, &str)> = parsed.files[3].lost.iter().map(|row| (row.line, row.explained, row.reason.as_str())).collect();
    assert_eq!(lost, [(1, true, "the remarks of entry 1 are complete without it"), (2, true, "entry 12300 is not in the list any more")]);
}

/// Aliases and addresses of an entry that the primary file does not have are no harmless loss: the files are not of one day.
#[test]
fn an_alias_without_its_entry_refuses_the_build() {
    let parsed = read(&[&row(1, "EXAMPLE BANK", "-0- ", "CUBA", "")], &["2,1,\"aka\",\"SOMEBODY\",-0- "], &[], &[]);
    assert_eq!(accounts(&parsed)[1], (1, 0, 0, 1));
    assert!(!parsed.files[1].lost[0].explained, "{:?}", parsed.files[1].lost);
}
