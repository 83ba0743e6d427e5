//! What is odd about the lists, each oddity under its own name in a file made here: no data folder is needed.

use weighbridge::source::{Context, Input, Parsed, Silent, format, ofac_csv};
use weighbridge_blob::Blob;
use weighbridge_blob::model::{Entry, NameRole};
use weighbridge_blob::normal::address_key;
use weighbridge_blob::words::{IdKind, Kind, List};
use weighbridge_blob::write::{BlobInput, write};
use weighbridge_policy::{CompileOptions, DEFAULT, compile};

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

/// A single file in a format, of these bytes.
fn read_one(name: &str, bytes: &[u8]) -> Parsed {
    let reader = format(name).unwrap_or_else(|| panic!("no format {name}")).read;
    let input = Input::of_bytes("made", [("made.csv".to_owned(), bytes.to_vec())]);
    reader(&input, &mut Context::new("x", &Silent)).unwrap_or_else(|error| panic!("{error}"))
}

/// The Consolidated Screening List with rows of the Entity List, all with footnote 5: name, addresses, other names.
fn csl(rows: &[(&str, &str, &str)]) -> Parsed {
    let mut text =
        "_id,source,entity_number,type,programs,name,title,addresses,start_date,end_date,license_requirement,vessel_flag,remarks,\
        alt_names,citizenships,dates_of_birth,nationalities,ids\n"
            .to_owned();
    for (number, (name, addresses, others)) in rows.iter().enumerate() {
        let id = format!("{number:02x}").repeat(20);
        text.push_str(&format!(
            "{id},Entity List (EL) - Bureau of Industry and Security,,,,\"{name}\",,\"{addresses}\",2024-06-12,,See §744.11 of the EAR)5,,,\"{others}\",,,,\n"
        ));
    }
    read_one("csl-csv", text.as_bytes())
}

fn dpl(name: &str, from: &str, to: &str) -> Parsed {
    let head = ["Name", "Street_Address", "City", "State", "Country", "Postal_Code", "Effective_Date", "Expiration_Date", "Standard_Order"];
    let head = head.iter().chain(&["Last_Update", "Action", "FR_Citation"]).map(|field| format!("\"{field}\"")).collect::<Vec<_>>();
    let row = [name, "1 EXAMPLE DRIVE", "RICHARDSON", "TX", "US", "75081", from, to, "Y", "2007-01-31", "", "68 F.R. 1"];
    let row = row.map(|field| format!("\"{field}\""));
    read_one("bis-dpl", format!("{}\r\n{}\r\n", head.join("\t"), row.join("\t")).as_bytes())
}

/// The list of the old layout, whose first line is its date and whose second is its head.
fn conlist(name: &[u8]) -> Parsed {
    let head = "Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Title,DOB,Town of Birth,Country of Birth,Nationality,Passport Details,NI Number,\
        Position,Address 1,Address 2,Address 3,Address 4,Address 5,Address 6,Post/Zip Code,Country,Other Information,Group Type,\
        Alias Type,Regime,Listed On,Last Updated,Group ID";
    let tail = ",".repeat(23) + "Entity,Prime Alias,Example,29/11/2014,02/12/2014,99188";
    read_one("uk-conlist", &[b"Last Updated,23/03/2016\r\n", head.as_bytes(), b"\r\n", name, tail.as_bytes(), b"\r\n"].concat())
}

/// A blob of what was read.
fn blob(parsed: Parsed) -> Vec<u8> {
    let policy = compile(DEFAULT, &CompileOptions::default()).unwrap().bytes;
    write(&BlobInput { entries: parsed.entries, policy, ..BlobInput::default() }).unwrap()
}

/// The Entity List lists places too, "Address 01" where a name would stand (15 CFR 744.16): to be found by address, never by name.
#[test]
fn address_01_rows_are_addresses_and_never_names() {
    let parsed = csl(&[
        ("Address 01", "Room 2, Example Tower, Tsim Sha Tsui, Hong Kong, CN", ""),
        ("Address 17", "9/F Sample Centre, Kwun Tong, Hong Kong, CN", ""),
        ("Address Systems Ltd.", "1 Example Road, Beijing, CN", ""),
    ]);
    let told: Vec<_> = parsed.entries.iter().map(|entry| (entry.address_only, entry.names.len(), entry.addresses.len())).collect();
    assert_eq!(told, [(true, 0, 1), (true, 0, 1), (false, 1, 1)]);
    let bytes = blob(parsed);
    let blob = Blob::open(&bytes).unwrap();
    for kind in [Kind::Person, Kind::Organization] {
        for name in ["Address 01", "Address 17", "Address"] {
            assert!(blob.by_name(kind, name).is_empty(), "{name}");
        }
    }
    assert_eq!(blob.by_name(Kind::Organization, "address systems limited").len(), 1);
    let key = address_key("Room 2, Example Tower, Tsim Sha Tsui, Hong Kong", "", "CN", blob.words()).unwrap();
    assert_eq!(blob.by_address(&key).count(), 1);
}

#[test]
fn a_footnote_digit_is_no_part_of_a_name() {
    let parsed = csl(&[("Example Institute (Xi'an)5", "", ""), ("Block 428", "", "")]);
    assert_eq!(names(&parsed.entries[0])[0], ("Example Institute (Xi'an)", NameRole::Primary));
    assert!(parsed.entries[0].details.contains(&("footnote".to_owned(), "5".to_owned())));
    assert_eq!(names(&parsed.entries[1]), [("Block 428", NameRole::Primary)]);
}

#[test]
fn any_successor_is_no_part_of_a_name() {
    let parsed = csl(&[("Example Group; and any successor, sub-unit, or subsidiary thereof", "", "")]);
    assert_eq!(names(&parsed.entries[0]), [("Example Group", NameRole::Primary)]);
    assert!(parsed.entries[0].details.iter().any(|(label, text)| label == "listed as" && text.contains("any successor")));
}

#[test]
fn several_parties_in_one_name_are_each_found() {
    let parsed = csl(&[("Alpha Trading Ltd.; and Beta Trading Ltd.", "", "")]);
    assert_eq!(names(&parsed.entries[0]), [("Alpha Trading Ltd.", NameRole::Primary), ("Beta Trading Ltd.", NameRole::Strong)]);
    let bytes = blob(parsed);
    let blob = Blob::open(&bytes).unwrap();
    for name in ["Alpha Trading Limited", "Beta Trading Limited"] {
        assert_eq!(blob.by_name(Kind::Organization, name).iter().map(|hit| hit.entry).collect::<Vec<_>>(), [0], "{name}");
    }
}

#[test]
fn a_denial_order_that_has_expired_is_a_row_and_has_no_effect() {
    let parsed = dpl("EXAMPLE EXPORTS LLC", "01/02/2015", "01/02/2020");
    assert_eq!(accounts(&parsed), [(1, 1, 0, 0)]);
    let bytes = blob(parsed);
    let blob = Blob::open(&bytes).unwrap();
    let entry = blob.entry(blob.by_name(Kind::Organization, "Example Exports LLC")[0].entry).unwrap();
    let on = |day: &str| entry.in_force(day.parse().unwrap());
    assert_eq!((on("2015-01-01"), on("2015-01-02"), on("2020-01-02"), on("2020-01-03")), (false, true, true, false));
    assert!(entry.lists.contains(List::Dpl));
}

#[test]
fn blanks_before_a_name_are_no_part_of_it() {
    assert_eq!(names(&dpl("  I. EXAMPLE", "06/19/2003", "06/29/2056").entries[0]), [("I. EXAMPLE", NameRole::Primary)]);
    assert_eq!(names(&conlist(b" EXAMPLE AL SHARIA").entries[0]), [("EXAMPLE AL SHARIA", NameRole::Primary)]);
}

#[test]
fn windows_1252_is_read_as_such() {
    // 0xC9 is a capital e with an acute accent, 0x92 an apostrophe, and neither alone is UTF-8.
    assert_eq!(names(&conlist(b"SOCI\xc9T\xc9 D\x92EXEMPLE").entries[0]), [("SOCIÉTÉ D\u{2019}EXEMPLE", NameRole::Primary)]);
}

#[test]
fn two_header_lines_are_no_rows() {
    let parsed = conlist(b"EXAMPLE GROUP");
    assert_eq!(accounts(&parsed), [(1, 1, 0, 0)]);
    assert_eq!(names(&parsed.entries[0]), [("EXAMPLE GROUP", NameRole::Primary)]);
    let name: Vec<&str> = parsed.entries.iter().flat_map(|entry| &entry.names).map(|name| name.text.as_str()).collect();
    assert!(name.iter().all(|name| !name.contains("Name") && !name.contains("Updated")), "{name:?}");
}

#[test]
fn a_line_break_inside_a_field_begins_no_row() {
    let parsed = csl(&[("Example\nAcademy", "1 Example Road,\r\nBeijing, CN", "First\nOther"), ("Example Institute", "", "")]);
    assert_eq!(accounts(&parsed), [(2, 2, 0, 0)]);
    assert_eq!(names(&parsed.entries[0]), [("Example Academy", NameRole::Primary), ("First Other", NameRole::Strong)]);
    assert_eq!(parsed.entries[0].addresses[0].street, "1 Example Road, Beijing");
}

#[test]
fn the_last_item_of_a_field_may_follow_and() {
    let parsed =
        csl(&[("Example Academy", "1 Example Road, Beijing, CN; and 2 Example Road, Beijing, CN", "EAS Beijing; and Example Institute 1")]);
    assert_eq!(
        names(&parsed.entries[0]),
        [("Example Academy", NameRole::Primary), ("EAS Beijing", NameRole::Strong), ("Example Institute 1", NameRole::Strong)]
    );
    assert_eq!(parsed.entries[0].addresses.len(), 2);
    assert_eq!(parsed.entries[0].addresses[1].street, "2 Example Road, Beijing");
}
