//! The CSV-like lists of the United States and the United Kingdom: each quirk on a small file of our own making in
//! `tests/lists-formats`, each published file in full, and arbitrary bytes.
//!
//! The folder of published lists is named by `WEIGHBRIDGE_DATA`; without it those tests say that they were skipped.

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;
use weighbridge::source::{Context, Input, Note, Parsed, Reader, Silent, SourceError, format};
use weighbridge_blob::model::{Entry, NameRole};
use weighbridge_blob::words::{IdKind, Kind, List, ListSet};

type Notes = BTreeMap<String, Note>;

fn reader(name: &str) -> Reader {
    format(name).unwrap_or_else(|| panic!("no format {name}")).read
}

fn parse(format: &str, path: &Path) -> Result<(Parsed, Notes), SourceError> {
    let mut context = Context::new("s", &Silent);
    let parsed = reader(format)(&Input::new(path), &mut context)?;
    for file in &parsed.files {
        assert_eq!(file.read, file.kept + file.merged + file.lost.len() as u64, "{}", file.name);
        assert_eq!(file.digest.len(), 64);
    }
    assert_eq!(parsed.files.iter().map(|f| f.kept).sum::<u64>(), parsed.entries.len() as u64);
    let mut ids: Vec<&str> = parsed.entries.iter().map(|e| e.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), parsed.entries.len(), "ids occur once");
    for entry in &parsed.entries {
        assert!(entry.address_only || entry.names.first().is_some_and(|name| name.role == NameRole::Primary), "{}", entry.id);
        assert!(entry.names.iter().skip(1).all(|name| name.role != NameRole::Primary), "{}", entry.id);
        assert!(entry.names.iter().all(|name| name.text.chars().any(char::is_alphanumeric) && !name.text.contains('\n')), "{}", entry.id);
        assert!(!entry.lists.is_empty());
    }
    Ok((parsed, context.notes().clone()))
}

fn fixture(format: &str, file: &str) -> (Parsed, Notes) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/lists-formats").join(format).join(file);
    parse(format, &path).unwrap_or_else(|error| panic!("{error}"))
}

/// The account of the only file: read, kept, merged, lost.
fn account(parsed: &Parsed) -> (u64, u64, u64, usize) {
    let file = &parsed.files[0];
    (file.read, file.kept, file.merged, file.lost.len())
}

#[track_caller]
fn entry<'a>(parsed: &'a Parsed, id: &str) -> &'a Entry {
    let id = format!("s:{id}");
    parsed.entries.iter().find(|entry| entry.id == id).unwrap_or_else(|| panic!("no entry {id}"))
}

fn names(entry: &Entry) -> Vec<(&str, NameRole)> {
    entry.names.iter().map(|name| (name.text.as_str(), name.role)).collect()
}

fn ids(entry: &Entry, kind: IdKind) -> Vec<(&str, Option<String>)> {
    let of_kind = entry.identifiers.iter().filter(|id| id.kind == kind);
    of_kind.map(|id| (id.number.as_str(), id.country.map(|country| country.to_string()))).collect()
}

fn addresses(entry: &Entry) -> Vec<(String, Option<String>)> {
    let text = |street: &str, city: &str| [street, city].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" | ");
    entry.addresses.iter().map(|a| (text(&a.street, &a.city), a.country.map(|country| country.to_string()))).collect()
}

fn countries(entry: &Entry) -> Vec<String> {
    entry.countries.iter().map(ToString::to_string).collect()
}

fn births(entry: &Entry) -> Vec<String> {
    entry.birth_dates.iter().map(ToString::to_string).collect()
}

fn details<'a>(entry: &'a Entry, label: &str) -> Vec<&'a str> {
    entry.details.iter().filter(|(l, _)| l == label).map(|(_, text)| text.as_str()).collect()
}

fn lists(entry: &Entry) -> Vec<List> {
    entry.lists.iter().collect()
}

fn window(entry: &Entry) -> (Option<String>, Option<String>) {
    (entry.from.map(|day| day.to_string()), entry.to.map(|day| day.to_string()))
}

use NameRole::{Former, Primary, Strong, Weak};

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// The `_id` of the other lists in the sample.
fn hash(number: u8) -> String {
    format!("{number:02x}").repeat(20)
}

mod csl {
    use super::*;

    #[test]
    fn treasury_people_with_everything_known() {
        let (parsed, _) = fixture("csl-csv", "2022.csv");
        let rim = entry(&parsed, "901");
        assert_eq!((rim.kind, rim.kind_uncertain, lists(rim)), (Kind::Person, false, vec![List::Sdn]));
        assert_eq!(names(rim), [("Rim EXAMPLE", Primary), ("Yasmin EXAMPLE", Strong), ("Rim EXEMPEL", Strong)]);
        assert_eq!(rim.programmes, ["SYRIA", "CYBER2"]);
        assert_eq!(countries(rim), ["SY", "LB"]);
        assert_eq!(births(rim), ["1978-08-22", "1979", "1981", "1982", "1983"]);
        assert_eq!(addresses(rim), [(String::new(), some("SY")), ("12 Example Street, Aleppo".to_owned(), some("SY"))]);
        assert_eq!(ids(rim, IdKind::Passport), [("N0001234", some("SY"))]);
        // The day of expiry stands between country and number.
        assert_eq!(ids(rim, IdKind::NationalId), [("55512345", some("LB"))]);
        assert_eq!(ids(rim, IdKind::Wallet), [("1ExampLeWaLLetAddressForTests00001", None)]);
        assert_eq!(ids(rim, IdKind::Email), [("rim@mail.example.com", None)]);
        assert_eq!(ids(rim, IdKind::ListEntry), [("us_ofac_sdn:901", None)]);
        assert_eq!(details(rim, "gender"), ["Female"]);
        assert_eq!(details(rim, "title"), ["Director"]);
        assert_eq!(details(rim, "remarks"), ["(Linked To: EXAMPLE SHIPPING COMPANY)"]);
        assert_eq!(
            details(rim, "ids"),
            ["LB, 2029-08-13, 55512345, National ID No.", "Subject to Secondary Sanctions, Additional Sanctions Information -"]
        );
    }

    #[test]
    fn one_party_on_three_treasury_lists_is_one_entry() {
        let (parsed, _) = fixture("csl-csv", "2022.csv");
        let bank = entry(&parsed, "902");
        assert_eq!(lists(bank), [List::Sdn, List::Ssi, List::Cap]);
        assert_eq!(names(bank), [("EXAMPLE BANK PAO", Primary), ("PJSC EXAMPLE BANK", Strong)]);
        assert_eq!(bank.programmes, ["UKRAINE-EO13662", "RUSSIA-EO14024"]);
        assert_eq!(bank.addresses.len(), 2);
        assert_eq!(ids(bank, IdKind::Registration), [("1000000000001", some("RU"))]);
        assert_eq!(ids(bank, IdKind::Swift), [("EXMPRUMM", None)]);
        assert_eq!(ids(bank, IdKind::ListEntry), [("us_ofac_sdn:902", None), ("us_ofac_cons:902", None)]);
        assert_eq!(bank.websites, ["www.bank.example"]);
        assert_eq!(account(&parsed), (21, 19, 2, 0));
    }

    #[test]
    fn ships_and_aircraft() {
        let (parsed, _) = fixture("csl-csv", "2022.csv");
        let ship = entry(&parsed, "903");
        assert_eq!((ship.kind, countries(ship)), (Kind::Vessel, vec!["IR".to_owned()]));
        assert_eq!((ids(ship, IdKind::Imo), ids(ship, IdKind::Mmsi)), (vec![("9000001", None)], vec![("422000001", None)]));
        assert_eq!((details(ship, "call sign"), details(ship, "vessel owner")), (vec!["EXA1"], vec!["EXAMPLE TANKERS"]));
        let aircraft = entry(&parsed, "904");
        assert_eq!((aircraft.kind, ids(aircraft, IdKind::Aircraft)), (Kind::Aircraft, vec![("488", None)]));
    }

    #[test]
    fn every_list_code_in_both_layouts() {
        let (old, _) = fixture("csl-csv", "2022.csv");
        let on = |id: &str| lists(entry(&old, id));
        assert_eq!((on("905"), on("906"), on("907"), on("908")), (vec![List::Plc], vec![List::Cmic], vec![List::NsMbs], vec![List::Fse]));
        for (number, list) in [(1, List::El), (6, List::Dpl), (7, List::Dtc), (9, List::Isn), (10, List::Meu), (11, List::Uvl)] {
            assert_eq!(on(&hash(number)), [list]);
        }
        let (new, _) = fixture("csl-csv", "2025.csv");
        let on = |id: &str| lists(entry(&new, id));
        assert_eq!((on(&"0b".repeat(16)), on("954")), (vec![List::Cmic], vec![List::Cap]));
        assert_eq!(on(&"0a".repeat(28)), [List::Isn], "ids of 56 digits");
        assert_eq!(new.lists.iter().count(), 13, "the file provides 13 lists, also those with no row");
        assert_eq!(account(&new), (6, 6, 0, 0));
    }

    #[test]
    fn ids_of_2025_begin_with_the_label() {
        let (parsed, _) = fixture("csl-csv", "2025.csv");
        let person = entry(&parsed, "951");
        assert_eq!(names(person), [("Ryong EXAMPLE", Primary)]);
        assert_eq!(ids(person, IdKind::Passport), [("836000000", some("KP"))]);
        assert_eq!(details(person, "gender"), ["Male"]);
        assert_eq!(names(entry(&parsed, "952")), [("Mohammed EXAMPLE", Primary)]);
        let company = entry(&parsed, "953");
        assert_eq!(ids(company, IdKind::Registration), [("C000001", None)]);
        assert_eq!(ids(company, IdKind::TaxId), [("CHE-000.000.001", some("CH"))]);
        assert_eq!(ids(company, IdKind::Swift), [("EXMPCYNI", None)]);
        assert_eq!(ids(company, IdKind::Email), [("info@trade.example", None)]);
        assert_eq!(company.websites, ["trade.example"]);
    }

    #[test]
    fn lists_with_and_and_line_breaks_inside_fields() {
        let (parsed, _) = fixture("csl-csv", "2022.csv");
        let academy = entry(&parsed, &hash(1));
        assert_eq!(
            names(academy),
            [
                ("Example Academy of Sciences (EAS)", Primary),
                ("Example Academy of Sciences", Strong),
                ("EAS", Weak),
                ("EAS Beijing", Strong),
                ("Example Institute 1", Strong),
                ("Peak Multi-Scale Institute", Strong),
            ]
        );
        let china = |text: &str| (text.to_owned(), some("CN"));
        assert_eq!(
            addresses(academy),
            [china("1 Example Road, Beijing"), china("2 Example Road, Beijing"), china("3 Example Road, Beijing, China, Beijing")]
        );
        let instrument = entry(&parsed, &hash(9));
        assert_eq!(names(instrument), [("Example Precise Instrument Co. Ltd", Primary)]);
        assert_eq!(
            details(instrument, "listed as"),
            ["Example Precise Instrument Co. Ltd and any successor, sub-unit, or subsidiary thereof"]
        );
        let (new, _) = fixture("csl-csv", "2025.csv");
        assert_eq!(names(entry(&new, &"0a".repeat(28))), [("Examplebright Import and Export Company", Primary)]);
    }

    #[test]
    fn an_address_is_never_a_name() {
        let (parsed, _) = fixture("csl-csv", "2022.csv");
        for (number, street) in [
            (3, "Unit 1, 1/F, Example Centre, 1 Example Road, Kwun Tong, Hong Kong"),
            (4, "Room 2, Example Tower, Tsim Sha Tsui, Hong Kong"),
        ] {
            let address = entry(&parsed, &hash(number));
            assert!(address.address_only && address.names.is_empty() && lists(address) == [List::El]);
            assert_eq!(addresses(address), [(street.to_owned(), some("CN"))]);
        }
        assert_eq!(parsed.entries.iter().filter(|e| e.address_only).count(), 2);
    }

    #[test]
    fn footnotes_and_lost_characters() {
        let (parsed, notes) = fixture("csl-csv", "2022.csv");
        let ministry = entry(&parsed, &hash(2));
        assert_eq!(names(ministry), [("Example Republic's Ministry", Primary)]);
        assert_eq!(details(ministry, "footnote"), ["5"]);
        assert_eq!(details(entry(&parsed, &hash(1)), "footnote"), ["3"]);
        assert!(notes.iter().any(|(text, note)| text.contains("`?`") && note.count == 2), "{notes:?}");
        // 0x92 is an apostrophe in Windows-1252.
        assert_eq!(names(entry(&parsed, &hash(10))), [("Example (Xi\u{2019}an) Industrial Co., Ltd.", Primary)]);
    }

    #[test]
    fn aliases_in_names_of_unstated_kind() {
        let (parsed, _) = fixture("csl-csv", "2022.csv");
        let company = entry(&parsed, &hash(7));
        assert_eq!((company.kind, company.kind_uncertain), (Kind::Organization, true));
        assert_eq!(
            names(company),
            [("Example International, Inc.", Primary), ("Example Aerospace", Strong), ("Aviation Example and Supply", Strong)]
        );
        let person = entry(&parsed, &hash(8));
        assert_eq!((person.kind, person.kind_uncertain), (Kind::Person, true));
        assert_eq!(names(person), [("Cesar Example-Garcia", Primary), ("Julian Example-Garcia", Strong)]);
        assert_eq!(names(entry(&parsed, &hash(5))), [("Example Electronics Company Ltd.", Primary), ("Ex-Elec Company Ltd.", Strong)]);
    }

    #[test]
    fn an_expired_order_is_still_a_row() {
        let (parsed, _) = fixture("csl-csv", "2022.csv");
        let denied = entry(&parsed, &hash(6));
        assert_eq!(names(denied), [("I. EXAMPLE", Primary)]);
        assert_eq!(window(denied), (some("2003-06-19"), some("2010-06-29")));
        assert_eq!(
            addresses(denied),
            [
                ("1 EXAMPLE DRIVE, RICHARDSON, TX, 75081".to_owned(), some("US")),
                ("2 EXAMPLE DRIVE, DALLAS, TX, 75001".to_owned(), some("US")),
            ]
        );
    }

    #[test]
    fn countries_as_texts_or_not_at_all() {
        let (parsed, _) = fixture("csl-csv", "2022.csv");
        let chips = entry(&parsed, &hash(11));
        assert_eq!(
            addresses(chips),
            [
                ("Example City, Example Province".to_owned(), some("CN")),
                ("Example City".to_owned(), some("TR")),
                ("Nowhere in particular".to_owned(), None),
            ]
        );
    }
}

#[test]
fn denied_persons() {
    let (parsed, notes) = fixture("bis-dpl", "dpl.txt");
    assert_eq!(account(&parsed), (6, 5, 1, 0));
    let example = entry(&parsed, "i-example-2003-06-19-2056-06-29");
    assert_eq!(names(example), [("I. EXAMPLE", Primary)], "the blank before the name is gone");
    assert_eq!((example.kind_uncertain, lists(example)), (true, vec![List::Dpl]));
    assert_eq!(
        addresses(example),
        [
            ("1 EXAMPLE DRIVE | RICHARDSON, TX, 75081".to_owned(), some("US")),
            ("INMATE NUMBER: 00000-000 | SEAGOVILLE, TX, 75159".to_owned(), some("US")),
        ]
    );
    assert_eq!(window(example), (some("2003-06-19"), some("2056-06-29")));
    assert_eq!(details(example, "last update"), ["2007-01-31", "2007-02-01"]);
    // Another order about the same person.
    assert_eq!(window(entry(&parsed, "i-example-2002-03-04-2056-06-29")).0, some("2002-03-04"));

    let exports = entry(&parsed, "example-exports-llc-2015-01-02-2020-01-02");
    assert_eq!((exports.kind, window(exports).1), (Kind::Organization, some("2020-01-02")), "expired, and still a row");
    assert_eq!(addresses(exports)[0].1, some("US"), "a postal code that lost its zero");

    let li = entry(&parsed, "example-a-k-a-ex-am-pel-li-1999-05-06");
    assert_eq!(names(li), [("EXAMPLE LI", Primary), ("EX-AM PEL", Strong), ("EX-AM PEL LI", Strong)]);
    assert_eq!((li.kind, window(li).1, addresses(li)[0].1.clone()), (Kind::Person, None, some("CN")));
    assert!(notes.keys().any(|text| text.contains("`NM`")), "a state in the column of the country is told: {notes:?}");
}

#[test]
fn uk_short_publication() {
    let (parsed, _) = fixture("uk-sanctions-csv", "short.csv");
    assert_eq!(account(&parsed), (5, 4, 0, 1));
    let lost = &parsed.files[0].lost[0];
    assert!(lost.explained && lost.reason.contains("BEL9001"), "{lost:?}");
    assert_eq!(names(entry(&parsed, "RUS9001")), [("Sergey Borisovich EXAMPLOV", Primary)]);
    assert_eq!(names(entry(&parsed, "AQD9001")), [("Ruben LAEXAMPLE JR", Primary)]);
    let ship = entry(&parsed, "RUS9002");
    assert_eq!((ship.kind, window(ship).0), (Kind::Vessel, some("2025-05-09")));
    assert!(details(ship, "ofsi group id").is_empty(), "a line break alone is no group");
    let exchange = entry(&parsed, "AFG9001");
    assert_eq!((details(exchange, "ofsi group id"), details(exchange, "designation source")), (vec!["99001"], vec!["UN"]));
    assert_eq!((exchange.kind, lists(exchange)), (Kind::Organization, vec![List::UkUksl]));
}

#[test]
fn uk_full_list() {
    let (parsed, notes) = fixture("uk-sanctions-csv", "full.csv");
    assert_eq!(account(&parsed), (7, 3, 4, 0));
    assert!(notes.keys().any(|text| text == "the file is of 13-Feb-2026"), "{notes:?}");
    assert_eq!(notes.len(), 1, "{notes:?}");
    let mullah = entry(&parsed, "AFG9006");
    assert_eq!(
        names(mullah),
        [
            // The primary name is not in the first row.
            ("MOHAMMAD HASSAN EXAMPLE", Primary),
            ("HASAN EXAMPLE", Strong),
            ("محمد حسن مثال", Strong),
            ("MOHAMAD EXAMPLE", Strong),
            ("THE TEACHER", Weak),
        ]
    );
    assert_eq!(births(mullah), ["1958", "1955"]);
    assert_eq!(countries(mullah), ["AF"]);
    assert_eq!(ids(mullah, IdKind::Passport), [("A1234567", some("AF"))]);
    assert_eq!(ids(mullah, IdKind::NationalId), [("12345", None)]);
    assert_eq!(ids(mullah, IdKind::ListEntry), [("un_sc_sanctions:TAi.9002", None)]);
    assert_eq!(addresses(mullah), [("House 7 | Kabul, 1001".to_owned(), some("AF"))]);
    assert_eq!(window(mullah).0, some("2001-01-25"));
    let exchange = entry(&parsed, "AFG9001");
    assert_eq!(ids(exchange, IdKind::Registration), [("LTD-0001", None), ("0002", None)]);
    assert_eq!(ids(exchange, IdKind::Phone), [("+93 700000001", None), ("+93 700000002", None)]);
    assert_eq!(ids(exchange, IdKind::Email), [("info@exchange.example", None)]);
    assert_eq!(exchange.websites, ["www.exchange.example"]);
    let ship = entry(&parsed, "RUS9176");
    assert_eq!((ship.kind, ids(ship, IdKind::Imo), countries(ship)), (Kind::Vessel, vec![("9000002", None)], vec!["GA".to_owned()]));
    assert_eq!(details(ship, "other information"), ["A specified ship, \"so called\". Second line."]);
}

#[test]
fn ofsi_list_in_windows_1252() {
    let (parsed, notes) = fixture("uk-conlist", "ConList.csv");
    assert_eq!(account(&parsed), (7, 2, 5, 0));
    assert!(notes.contains_key("the file is of 2016-03-23"), "{notes:?}");
    let group = entry(&parsed, "99188");
    assert_eq!(
        names(group),
        [
            ("EXAMPLE SHARIA GROUP", Primary),
            ("EXAMPLE AL SHARIA", Strong),
            ("Exemple", Weak),
            ("The Sample (TS)", Weak),
            ("SOCIÉTÉ D\u{2019}EXEMPLE", Former),
        ]
    );
    assert_eq!(details(group, "un reference"), ["QE.X.946.14"]);
    assert_eq!(window(group).0, some("2014-11-29"));
    let general = entry(&parsed, "99161");
    assert_eq!(
        names(general),
        [("Ghassan Ahmed EXAMPLE", Primary), ("Ghassan EXEMPEL", Strong), ("Ghassan EXAMPLE", Strong)],
        "of several primary names the first stays"
    );
    assert_eq!(births(general), ["1962", "1963-09-01"]);
    assert_eq!(countries(general), ["SY", "AF"]);
    assert_eq!(ids(general, IdKind::Passport), [("G827238", some("TN")), ("542858", None)]);
    assert_eq!(ids(general, IdKind::TaxId), [("HDDFTH63H28Z352V", None)]);
    assert_eq!(general.addresses.len(), 2);
    assert!(general.addresses.iter().all(|a| a.country.is_some()));
}

// Bad input: one clear error with place and remedy, never a list with holes.

fn scratch(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("weighbridge-csv-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[track_caller]
fn check_error(format: &str, name: &str, bytes: &[u8], expected: &str) {
    let path = scratch(name, bytes);
    let error = parse(format, &path).expect_err("the file is bad").to_string();
    assert!(error.contains(expected), "{error}");
    assert!(error.contains(name), "{error}");
}

const CSL_HEADER: &str = "_id,source,entity_number,type,programs,name,title,addresses,start_date,end_date,license_requirement,vessel_flag,remarks,alt_names,citizenships,dates_of_birth,nationalities,ids";

#[test]
fn bad_files_are_told() {
    check_error(
        "csl-csv",
        "other.csv",
        b"36,\"AEROCARIBBEAN\",-0- ,\"CUBA\"\n",
        "is not the Consolidated Screening List: it looks like OFAC CSV",
    );
    check_error("csl-csv", "page.csv", b"<!DOCTYPE html><html>\n", "it looks like a web page");
    check_error("csl-csv", "empty.csv", b"", "has no data rows");
    check_error("csl-csv", "header.csv", format!("{CSL_HEADER}\n").as_bytes(), "has no data rows");
    check_error("csl-csv", "column.csv", b"_id,source,entity_number\n1,2,3\n", "has a column `type`, and this header has none");
    check_error(
        "csl-csv",
        "cut.csv",
        format!("{CSL_HEADER}\n1,2\n").as_bytes(),
        "line 2: 2 columns where the Consolidated Screening List has 18",
    );
    let mut bytes = format!("{CSL_HEADER}\n1,(EL),,,,").into_bytes();
    bytes.extend(b"\xff,,,,,,,,,,,,\n");
    check_error("csl-csv", "utf8.csv", &bytes, "line 2, column name: not UTF-8");
    check_error("bis-dpl", "commas.txt", b"Name,Street_Address\nA,B\n", "is not the BIS Denied Persons List");
    check_error(
        "uk-conlist",
        "one.csv",
        b"Last Updated,23/03/2016\r\n",
        "is not OFSI's Consolidated List: it looks like a UK sanctions CSV",
    );
    let short = "Unique ID,OFSI Group ID,Regime Name,Designation source,Date Designated,Sanctions Imposed\n";
    check_error("uk-sanctions-csv", "neither.csv", short.as_bytes(), "has a column `Name`, and this header has none");
}

#[test]
fn rows_that_make_no_sense_are_lost_without_explanation() {
    let row = |source: &str, kind: &str, id: &str, name: &str| format!("{id},{source},,{kind},,{name},,,,,,,,,,,,\n");
    for (bad, reason) in [
        (row("Moon List (ML)", "", "1", "Example"), "source `Moon List (ML)` is no list"),
        (row("(EL)", "Planet", "1", "Example"), "type `Planet` is not known"),
        (row("(EL)", "", "", "Example"), "neither `entity_number` nor `_id`"),
        (row("(EL)", "", "1", "?"), "`?` is no name"),
        (row("(EL)", "", "1", "Address 07"), "the row has no address"),
    ] {
        let path = scratch("row.csv", format!("{CSL_HEADER}\n{bad}{}", row("(EL)", "", "2", "Good")).as_bytes());
        let (parsed, _) = parse("csl-csv", &path).unwrap();
        assert_eq!(account(&parsed), (2, 1, 0, 1));
        let lost = &parsed.files[0].lost[0];
        assert!(!lost.explained && lost.line == 2 && lost.reason.contains(reason), "{lost:?}");
    }
}

// Arbitrary bytes, and real layouts with bytes changed: an error or a full account, never a panic.

const FILES: [(&str, &str); 6] = [
    ("csl-csv", "2022.csv"),
    ("csl-csv", "2025.csv"),
    ("bis-dpl", "dpl.txt"),
    ("uk-sanctions-csv", "short.csv"),
    ("uk-sanctions-csv", "full.csv"),
    ("uk-conlist", "ConList.csv"),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for (format, _) in FILES {
            let path = scratch(&format!("arbitrary-{format}"), &bytes);
            // What `parse` asserts is the property.
            let _ = parse(format, &path);
        }
    }

    #[test]
    fn changed_files_are_accounted_for(
        which in 0..FILES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(b"\"\n\r,;\t()?|/-. 0aZ\xe9\x00\x1a".to_vec())), 1..12),
    ) {
        let (format, file) = FILES[which];
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/lists-formats").join(format).join(file);
        let mut bytes = std::fs::read(path).unwrap();
        // The header stays, so that rows are reached.
        let start = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').nth(1).map_or(0, |(at, _)| at);
        let len = bytes.len() - start;
        for (index, byte) in changes {
            bytes[start + index.index(len)] = byte;
        }
        let path = scratch(&format!("changed-{format}"), &bytes);
        let _ = parse(format, &path);
    }
}

// The published files in full.

fn published(test: &str, format: &str, file: &str) -> Option<(Parsed, Notes)> {
    let Some(data) = std::env::var_os("WEIGHBRIDGE_DATA").map(PathBuf::from) else {
        // Not `println!`, which the harness would swallow.
        let _ = writeln!(std::io::stdout(), "SKIPPED {test}: WEIGHBRIDGE_DATA is not set");
        return None;
    };
    let started = Instant::now();
    let (parsed, notes) = parse(format, &data.join(file)).unwrap_or_else(|error| panic!("{error}"));
    println!("{file}: {} entries in {} ms", parsed.entries.len(), started.elapsed().as_millis());
    for (text, note) in &notes {
        println!("{} x {text} (first: {})", note.count, note.first);
    }
    let lost: Vec<_> = parsed.files.iter().flat_map(|f| &f.lost).collect();
    assert!(lost.iter().all(|row| row.explained), "{lost:?}");
    Some((parsed, notes))
}

fn count(parsed: &Parsed, test: impl Fn(&Entry) -> bool) -> usize {
    parsed.entries.iter().filter(|entry| test(entry)).count()
}

#[test]
fn csl_of_may_2022() {
    let Some((parsed, _)) = published("csl_of_may_2022", "csl-csv", "us-csl-2022-05/consolidated.csv.gz") else { return };
    // 112 rows repeat a party of another Treasury list.
    assert_eq!(account(&parsed), (14_160, 14_048, 112, 0));
    let on = |list: List| count(&parsed, |entry| entry.lists.contains(list));
    let counts = [
        (List::Sdn, 10_026),
        (List::El, 2_001),
        (List::Dtc, 727),
        (List::Dpl, 462),
        (List::Ssi, 290),
        (List::Uvl, 201),
        (List::Isn, 163),
        (List::Plc, 78),
        (List::Meu, 71),
        (List::Cmic, 68),
        // 53 rows, and two of them are one party.
        (List::Cap, 52),
        (List::NsMbs, 17),
        (List::Fse, 3),
    ];
    for (list, expected) in counts {
        assert_eq!(on(list), expected, "{list}");
    }
    assert_eq!(parsed.lists, counts.iter().map(|(list, _)| *list).collect::<ListSet>());
    // Types of the rows: 5,286 individuals, 4,533 entities, 433 vessels, 283 aircraft, 3,625 without.
    let certain = |kind| count(&parsed, |entry| entry.kind == kind && !entry.kind_uncertain);
    assert_eq!((certain(Kind::Vessel), certain(Kind::Aircraft)), (433, 283));
    assert_eq!(count(&parsed, |entry| entry.kind_uncertain), 3_625);
    println!(
        "individuals {}, entities {}, guessed people {}, with wallet {}, passport {}, IMO {}, names {}, footnotes {}, addresses without country {} of {}",
        certain(Kind::Person),
        certain(Kind::Organization),
        count(&parsed, |e| e.kind_uncertain && e.kind == Kind::Person),
        count(&parsed, |e| !ids(e, IdKind::Wallet).is_empty()),
        count(&parsed, |e| !ids(e, IdKind::Passport).is_empty()),
        count(&parsed, |e| !ids(e, IdKind::Imo).is_empty()),
        parsed.entries.iter().map(|e| e.names.len()).sum::<usize>(),
        count(&parsed, |e| !details(e, "footnote").is_empty()),
        parsed.entries.iter().flat_map(|e| &e.addresses).filter(|a| a.country.is_none()).count(),
        parsed.entries.iter().map(|e| e.addresses.len()).sum::<usize>(),
    );
    for entry in &parsed.entries {
        assert!(!entry.names[0].text.to_lowercase().contains("any successor"), "{}", entry.names[0].text);
        assert!(!entry.names.iter().any(|name| name.text.contains(['?', '\u{92}'])), "{:?}", entry.names);
        assert!(!entry.names.iter().any(|name| name.text.starts_with("and ")), "{:?}", entry.names);
    }
}

#[test]
fn csl_sample_of_2025() {
    let Some((parsed, _)) = published("csl_sample_of_2025", "csl-csv", "us-csl-sample-2025/consolidated.csv") else { return };
    assert_eq!(account(&parsed), (13, 13, 0, 0));
    let rosneft = entry(&parsed, "18300");
    assert_eq!(ids(rosneft, IdKind::Registration), [("C122790", None)]);
}

#[test]
fn dpl_of_september_2022() {
    let Some((parsed, _)) = published("dpl_of_september_2022", "bis-dpl", "bis-dpl-2022-09/dpl.txt.gz") else { return };
    let (read, kept, merged, lost) = account(&parsed);
    assert_eq!((read, kept + merged, lost), (581, 581, 0));
    // 459 names; two people stand under two orders, and `AL-NASER AIRLINES` is `AL NASER AIRLINES`.
    assert_eq!(kept, 460);
    println!(
        "people {}, in the United States {}, without an end {}",
        count(&parsed, |e| e.kind == Kind::Person),
        count(&parsed, |e| e.addresses.iter().any(|a| a.country.is_some_and(|c| c.to_string() == "US"))),
        count(&parsed, |e| e.to.is_none())
    );
    assert!(parsed.entries.iter().all(|e| e.from.is_some() && e.kind_uncertain && e.lists.contains(List::Dpl)));
}

#[test]
fn uk_list_of_august_2025() {
    let file = "uk-sanctions-list-2025-08-11/FCDO_SL_2025-08-11.csv.gz";
    let Some((parsed, _)) = published("uk_list_of_august_2025", "uk-sanctions-csv", file) else { return };
    // BEL0174 and RUS1467 have no name in the publication, nor in the sheet it was made from.
    assert_eq!(account(&parsed), (5_302, 5_300, 0, 2));
    let lost: Vec<&str> = parsed.files[0].lost.iter().map(|row| row.reason.as_str()).collect();
    assert!(lost.iter().any(|reason| reason.contains("BEL0174")) && lost.iter().any(|reason| reason.contains("RUS1467")), "{lost:?}");
    let of_kind = |kind| count(&parsed, |entry| entry.kind == kind);
    // Both of them are individuals: 3,754 in all.
    assert_eq!((of_kind(Kind::Person), of_kind(Kind::Organization), of_kind(Kind::Vessel)), (3_752, 1_087, 461));
    assert!(parsed.entries.iter().all(|entry| entry.from.is_some() && entry.lists.contains(List::UkUksl)));
}

#[test]
fn conlist_of_march_2016() {
    let Some((parsed, notes)) = published("conlist_of_march_2016", "uk-conlist", "uk-ofsi-conlist-2016-03-25/ConList.csv.gz") else {
        return;
    };
    assert_eq!(account(&parsed), (8_746, 1_924, 6_822, 0));
    assert!(notes.contains_key("the file is of 2016-03-23"));
    println!(
        "un references {}, weak aliases {}, birth dates {}, passports {}",
        count(&parsed, |e| !details(e, "un reference").is_empty()),
        parsed.entries.iter().flat_map(|e| &e.names).filter(|n| n.role == Weak).count(),
        count(&parsed, |e| !e.birth_dates.is_empty()),
        count(&parsed, |e| !ids(e, IdKind::Passport).is_empty()),
    );
    assert!(parsed.entries.iter().any(|e| e.names.iter().any(|n| n.role == Former)));
    assert!(!parsed.entries.iter().flat_map(|e| &e.names).any(|n| n.text.contains('\u{fffd}')));
}

/// Each list in a blob of its own: every name of every entry leads to it, under the kind of the entry, or under both kinds
/// if the list does not say which it is.
#[test]
fn every_name_is_found_in_a_blob() {
    let Some(data) = std::env::var_os("WEIGHBRIDGE_DATA").map(PathBuf::from) else {
        // Not `println!`, which the harness would swallow.
        let _ = writeln!(std::io::stdout(), "SKIPPED every_name_is_found_in_a_blob: WEIGHBRIDGE_DATA is not set");
        return;
    };
    for (format, file) in [
        ("csl-csv", "us-csl-2022-05/consolidated.csv.gz"),
        ("bis-dpl", "bis-dpl-2022-09/dpl.txt.gz"),
        ("uk-sanctions-csv", "uk-sanctions-list-2025-08-11/FCDO_SL_2025-08-11.csv.gz"),
        ("uk-conlist", "uk-ofsi-conlist-2016-03-25/ConList.csv.gz"),
    ] {
        let text = format!("output = \"x\"\n[[source]]\nid = \"s\"\nformat = \"{format}\"\npath = \"{file}\"\nchecked_at = 2026-11-22\n");
        let buildfile = weighbridge::buildfile::parse(&data.join("build.toml"), &text, None).unwrap();
        let built = weighbridge::build::build(&buildfile, &weighbridge::build::Quiet).unwrap_or_else(|error| panic!("{error}"));
        let blob = weighbridge_blob::Blob::open(&built.bytes).unwrap();
        let (parsed, _) = parse(format, &data.join(file)).unwrap();
        assert_eq!(blob.entry_count() as usize, parsed.entries.len());
        let mut asked = 0_u32;
        for entry in &parsed.entries {
            let kinds = if entry.kind_uncertain { vec![Kind::Person, Kind::Organization] } else { vec![entry.kind] };
            for (name, kind) in entry.names.iter().flat_map(|name| kinds.iter().map(move |kind| (name, *kind))) {
                let hits = blob.by_name(kind, &name.text);
                let mut found = hits.iter().filter_map(|hit| blob.entry(hit.entry));
                assert!(found.any(|hit| hit.id() == entry.id), "{kind} {} of {}", name.text, entry.id);
                asked += 1;
            }
        }
        println!("{file}: {asked} names in {} bytes", built.bytes.len());
        assert!(asked as usize >= parsed.entries.len());
    }
}
