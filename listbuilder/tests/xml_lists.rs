//! The lists in XML: the published files in full, samples of each layout with their quirks, and what must be refused.
//!
//! The folder of published files is named by `WEIGHBRIDGE_DATA`; without it those tests say that they were skipped. The
//! samples in `tests/lists-formats` were written for these tests in the official layouts.

use std::collections::HashSet;
use std::io::Write as _;
use std::path::PathBuf;
use weighbridge::source::{Context, Input, Parsed, Reader, Silent, SourceError, eu_fsf, ofac_enhanced, ofac_xml, un_xml};
use weighbridge_blob::model::{Entry, NameRole};
use weighbridge_blob::words::{IdKind, Kind, List, ListSet};

/// What a reader made of a file: entries and accounts, notes, and the date of publication.
struct Read {
    parsed: Parsed,
    notes: String,
    published: Option<i64>,
}

fn read_input(read: Reader, input: &Input) -> Result<Read, SourceError> {
    let mut context = Context::new("test", &Silent);
    let parsed = read(input, &mut context)?;
    let notes = context.notes().iter().map(|(text, note)| format!("{} x {text} ({})\n", note.count, note.first)).collect();
    Ok(Read { parsed, notes, published: context.published() })
}

fn full_size(test: &str, read: Reader, file: &str) -> Option<Read> {
    let Some(data) = std::env::var_os("WEIGHBRIDGE_DATA").map(PathBuf::from) else {
        // Not `println!`, which the harness would swallow.
        let _ = writeln!(std::io::stdout(), "SKIPPED {test}: WEIGHBRIDGE_DATA is not set");
        return None;
    };
    let started = std::time::Instant::now();
    let found = read_input(read, &Input::new(data.join(file))).unwrap_or_else(|error| panic!("{error}"));
    println!("{file}: {} entries in {} ms\n{}", found.parsed.entries.len(), started.elapsed().as_millis(), found.notes);
    for account in &found.parsed.files {
        assert_eq!(account.read, account.kept + account.merged + account.lost.len() as u64, "{}", account.name);
        assert_eq!(account.lost, [], "{}", account.name);
        assert_eq!(account.kept, found.parsed.entries.len() as u64);
        assert_eq!(account.digest.len(), 64);
    }
    assert!(found.parsed.entries.iter().all(|entry| entry.names[0].role == NameRole::Primary));
    Some(found)
}

fn of_kind(found: &Read, kind: Kind) -> usize {
    found.parsed.entries.iter().filter(|entry| entry.kind == kind).count()
}

fn on(found: &Read, list: List) -> usize {
    found.parsed.entries.iter().filter(|entry| entry.lists.contains(list)).count()
}

fn ids(found: &Read, kind: IdKind) -> usize {
    found.parsed.entries.iter().flat_map(|entry| &entry.identifiers).filter(|id| id.kind == kind).count()
}

#[test]
fn un_of_august_2026() {
    let Some(found) = full_size("un_of_august_2026", un_xml::read, "un-2026-08-01/consolidated.xml.gz") else { return };
    assert_eq!([of_kind(&found, Kind::Person), of_kind(&found, Kind::Organization)], [736, 275]);
    // 736 and 275 entries, 2,152 (1,529 Good, 623 Low) and 603 aliases, 496 and 331 addresses that say something.
    let file = &found.parsed.files[0];
    assert_eq!((file.read, file.kept), (736 + 275 + 2_152 + 603 + 496 + 331, 736 + 275));
    assert_eq!(found.published, Some(1_785_625_203));
    let kinds = [IdKind::Passport, IdKind::NationalId, IdKind::Other, IdKind::TaxId, IdKind::Email, IdKind::Imo, IdKind::Swift];
    // 514 documents: 2 without a number, 6 that repeat one in another language.
    assert_eq!(kinds.map(|kind| ids(&found, kind)), [354, 131, 19, 2, 13, 17, 3]);

    let mut text = String::new();
    let data = PathBuf::from(std::env::var_os("WEIGHBRIDGE_DATA").unwrap());
    let file = std::fs::File::open(data.join("un-2026-08-01/consolidated.xml.gz")).unwrap();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(file), &mut text).unwrap();
    assert_eq!(check_names_of_un(&found, &text), [1_529, 623, 584, 19, 378]);
}

/// Looks up every name of the file, found without the reader, in what the reader made of its entry. Counts of `Good`,
/// `Low`, `a.k.a.`, `f.k.a.` and original script.
fn check_names_of_un(found: &Read, text: &str) -> [usize; 5] {
    let mut counts = [0; 5];
    for block in text.split("<VERSIONNUM>").skip(1) {
        let values = |tag: &str| -> Vec<String> {
            let open = format!("<{tag}>");
            let parts = block.split(&open).skip(1).map(|rest| rest.split("</").next().unwrap());
            parts.map(|part| part.replace("&amp;", "&").replace("&apos;", "'").replace("&quot;", "\"").trim().to_owned()).collect()
        };
        let id = &values("REFERENCE_NUMBER")[0];
        let entry = entry(found, id);
        let remarks = entry.details.iter().filter(|(label, _)| label == "remark on a name").map(|(_, text)| text.as_str());
        let known: HashSet<String> = entry.names.iter().map(|name| name.text.as_str()).chain(remarks).flat_map(words).collect();
        // A name stands for the alias if all its words are of the alias, and no word of the alias may be gone.
        let check = |alias: &str, role: NameRole| {
            let of_alias: HashSet<String> = words(alias).into_iter().collect();
            let gone: Vec<_> =
                of_alias.iter().filter(|word| !known.contains(*word) && !["b", "original", "script"].contains(&word.as_str())).collect();
            assert!(gone.is_empty(), "{id}: {gone:?} of `{alias}` is not in {:?}", entry.names);
            let stands = entry.names.iter().any(|name| name.role <= role && words(&name.text).iter().all(|word| of_alias.contains(word)));
            assert!(stands, "{id}: `{alias}` as {role:?} is not in {:?}", entry.names);
        };
        let parts: Vec<String> = ["FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME"].iter().flat_map(|tag| values(tag)).collect();
        check(&parts.into_iter().filter(|part| part != "na").collect::<Vec<_>>().join(" "), NameRole::Primary);
        for alias in values("NAME_ORIGINAL_SCRIPT") {
            check(&alias, NameRole::Strong);
            counts[4] += 1;
        }
        for (quality, alias) in values("QUALITY").iter().zip(values("ALIAS_NAME")) {
            let (count, role) = match quality.as_str() {
                "Good" => (0, NameRole::Strong),
                "Low" => (1, NameRole::Weak),
                "a.k.a." => (2, NameRole::Strong),
                "f.k.a." => (3, NameRole::Former),
                other => panic!("{other}"),
            };
            check(&alias, role);
            counts[count] += 1;
        }
    }
    counts
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[test]
fn ofac_consolidated_xml_of_march_2025() {
    let file = "ofac-consolidated-xml-2025-03-28/consolidated.xml.gz";
    let Some(found) = full_size("ofac_consolidated_xml_of_march_2025", ofac_xml::read, file) else { return };
    let file = &found.parsed.files[0];
    assert_eq!((file.read, file.kept), (443 + 1_136 + 520, 443), "entries, aliases, addresses");
    check_non_sdn(&found, (70, 141));
}

#[test]
fn ofac_consolidated_enhanced_of_january_2025() {
    let file = "ofac-consolidated-enhanced-2025-01-10/CONS_ENHANCED.ZIP";
    let Some(found) = full_size("ofac_consolidated_enhanced_of_january_2025", ofac_enhanced::read, file) else { return };
    // The 2,271 `name` elements of the file are 1,579 names and the holder's name on each of 692 documents.
    let file = &found.parsed.files[0];
    assert_eq!((file.read, file.kept), (443 + 2_271 + 572, 443), "entities, names and documents, addresses");
    // One weak and one former name have a translation, which is a name of its own.
    check_non_sdn(&found, (71, 142));
    assert_eq!(on(&found, List::Sdn), 77, "listed there too, which the file says and does not make it the SDN list");
    let foreign =
        found.parsed.entries.iter().flat_map(|entry| &entry.details).filter(|(label, _)| label == "name in another script").count();
    assert_eq!(foreign, 45);
}

/// What both of OFAC's layouts say of the non-SDN lists, two months apart.
fn check_non_sdn(found: &Read, aliases: (usize, usize)) {
    assert_eq!([of_kind(found, Kind::Person), of_kind(found, Kind::Organization)], [80, 363]);
    let lists = [List::Ssi, List::Fse, List::Plc, List::Cap, List::Cmic, List::NsMbs];
    assert_eq!(lists.map(|list| on(found, list)), [286, 1, 78, 15, 68, 15]);
    assert_eq!(found.parsed.lists, lists.into_iter().collect());
    let weak = found.parsed.entries.iter().flat_map(|entry| &entry.names).filter(|name| name.role == NameRole::Weak).count();
    let former = found.parsed.entries.iter().flat_map(|entry| &entry.names).filter(|name| name.role == NameRole::Former).count();
    // 67 weak a.k.a. and 3 weak f.k.a., 141 strong f.k.a.
    assert_eq!((weak, former), aliases);
    let kinds = [IdKind::Swift, IdKind::Email, IdKind::TaxId, IdKind::Registration, IdKind::Lei, IdKind::Passport];
    // One of 125 mail addresses is cut off in the list itself: `PRIYEMNAYA@YGDU`.
    assert_eq!(kinds.map(|kind| ids(found, kind)), [33, 124, 214, 460, 14, 1]);
    assert_eq!(found.parsed.entries.iter().map(|entry| entry.websites.len()).sum::<usize>(), 176);
}

#[test]
fn every_entry_of_a_blob_is_found_by_name() {
    use weighbridge_engine::screen::{Query, screen};
    let Some(data) = std::env::var_os("WEIGHBRIDGE_DATA").map(PathBuf::from) else {
        // Not `println!`, which the harness would swallow.
        let _ = writeln!(std::io::stdout(), "SKIPPED every_entry_of_a_blob_is_found_by_name: WEIGHBRIDGE_DATA is not set");
        return;
    };
    for (format, path, read) in [
        ("un-xml", "un-2026-08-01/consolidated.xml.gz", un_xml::read as Reader),
        ("ofac-xml", "ofac-consolidated-xml-2025-03-28/consolidated.xml.gz", ofac_xml::read),
        ("ofac-enhanced-xml", "ofac-consolidated-enhanced-2025-01-10/CONS_ENHANCED.ZIP", ofac_enhanced::read),
    ] {
        let text =
            format!("output = \"x.blob\"\n[[source]]\nid = \"test\"\nformat = \"{format}\"\npath = \"{path}\"\nchecked_at = 2026-11-22\n");
        let file = weighbridge::buildfile::parse(&data.join("build.toml"), &text, None).unwrap();
        let built = weighbridge::build::build(&file, &weighbridge::build::Quiet).unwrap_or_else(|error| panic!("{error}"));
        let blob = weighbridge_blob::Blob::open(&built.bytes).unwrap();
        let entries = read_input(read, &Input::new(data.join(path))).unwrap().parsed.entries;
        assert_eq!(blob.entry_count() as usize, entries.len());
        let mut asked = 0;
        for entry in &entries {
            for name in entry.names.iter().filter(|name| name.role <= NameRole::Strong) {
                let query = Query { kind: Some(entry.kind), names: vec![&name.text], ..Query::default() };
                let found = screen(&blob, &query, "2026-11-22".parse().unwrap());
                let hit = found.matches.iter().find(|hit| blob.entry(hit.entry).is_some_and(|found| found.id() == entry.id));
                assert!(
                    hit.is_some_and(|hit| hit.band <= weighbridge_blob::words::Band::Possible),
                    "{}: {}: {found:?}",
                    entry.id,
                    name.text
                );
                asked += 1;
            }
        }
        println!("{format}: {} entries found by {asked} names in a blob of {} bytes", entries.len(), built.bytes.len());
    }
}

// The samples.

fn samples(format: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/lists-formats").join(format)
}

const FORMATS: [(&str, &str, Reader); 4] = [
    ("un-xml", "consolidated.xml", un_xml::read),
    ("ofac-xml", "consolidated.xml", ofac_xml::read),
    ("ofac-enhanced-xml", "cons_enhanced.xml", ofac_enhanced::read),
    ("eu-fsf-xml", "fsf.xml", eu_fsf::read),
];

fn text_of(format: &str) -> (String, Reader) {
    let (folder, file, read) = FORMATS.into_iter().find(|(name, ..)| *name == format).unwrap();
    (std::fs::read_to_string(samples(folder).join(file)).unwrap(), read)
}

fn sample(format: &str) -> Read {
    let (folder, file, read) = FORMATS.into_iter().find(|(name, ..)| *name == format).unwrap();
    read_input(read, &Input::new(samples(folder).join(file))).unwrap_or_else(|error| panic!("{error}"))
}

/// Reads a text as a file of this name.
fn read_text(read: Reader, name: &str, text: &[u8]) -> Result<Read, SourceError> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let folder = std::env::temp_dir().join(format!("weighbridge-xml-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    let found = read_input(read, &Input::new(&path));
    std::fs::remove_dir_all(folder).unwrap();
    found
}

fn entry<'a>(found: &'a Read, id: &str) -> &'a Entry {
    found.parsed.entries.iter().find(|entry| entry.id == format!("test:{id}")).unwrap_or_else(|| panic!("no {id}"))
}

fn names(entry: &Entry) -> Vec<(&str, NameRole)> {
    entry.names.iter().map(|name| (name.text.as_str(), name.role)).collect()
}

fn numbers(entry: &Entry) -> Vec<(IdKind, &str, Option<String>)> {
    entry.identifiers.iter().map(|id| (id.kind, id.number.as_str(), id.country.map(|place| place.to_string()))).collect()
}

fn dates(entry: &Entry) -> Vec<String> {
    entry.birth_dates.iter().map(ToString::to_string).collect()
}

fn countries(entry: &Entry) -> Vec<String> {
    entry.countries.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn check_detail(entry: &Entry, label: &str, text: &str) {
    assert!(entry.details.iter().any(|(l, t)| l == label && t == text), "{label}: {text} is not in {:?}", entry.details);
}

fn account(found: &Read) -> (u64, u64, u64, usize) {
    let file = &found.parsed.files[0];
    assert_eq!(file.read, file.kept + file.merged + file.lost.len() as u64);
    (file.read, file.kept, file.merged, file.lost.len())
}

#[test]
fn un_entries_with_their_quirks() {
    let found = sample("un-xml");
    // Three entries, six aliases, four addresses; the empty ones of the second person are no rows.
    assert_eq!(account(&found), (12, 3, 9, 0));
    assert_eq!(found.published, Some(1_785_625_203));
    assert_eq!(found.parsed.lists, ListSet::of(List::UnSc));

    let adam = entry(&found, "QDi.901");
    assert_eq!(
        names(adam),
        [
            // `na` is the schema's word for a name that is not there.
            ("ADAM EXAMPLE AL-MITHAL", NameRole::Primary),
            ("آدم المثال", NameRole::Strong),
            ("Adam Mithal", NameRole::Strong),
            ("Abu Nobody", NameRole::Weak),
            ("Abu Somebody", NameRole::Weak),
            ("Jin Li", NameRole::Strong),
            ("金利", NameRole::Strong),
            ("EL EJEMPLO", NameRole::Strong),
        ]
    );
    assert_eq!(adam.kind, Kind::Person);
    assert_eq!(adam.from, Some("2012-12-31".parse().unwrap()), "an offset is no part of the day");
    // The alias's own date comes first: it stands before the others in the file.
    assert_eq!(dates(adam), ["1979-12-31", "1971-02-03", "1968", "1965", "1966", "1967", "1973-11"]);
    assert_eq!(countries(adam), ["EG"]);
    let eg = || Some("EG".to_owned());
    assert_eq!(
        numbers(adam),
        [
            (IdKind::Email, "adam@example.org", None),
            (IdKind::Email, "second@example.org", None),
            (IdKind::Passport, "AB187304", eg()),
            (IdKind::NationalId, "156-92-0000", Some("US".to_owned())),
            (IdKind::Passport, "R00005943", Some("SS".to_owned())),
        ]
    );
    assert_eq!(adam.addresses.len(), 1, "an address that is a note alone is no address");
    assert_eq!(adam.addresses[0].city, "Cairo, 11511");
    for (label, text) in [
        ("data id", "1000001"),
        ("address note", "in prison"),
        ("remark on a name", "COMBAT NAME"),
        ("designation", "Second of two"),
        ("last updated", "2019-05-01"),
        ("alias note", "false passport"),
        ("date of birth", "EXACT, 24/06/1402 (Hijri Calendar)"),
        ("document", "Passport, Egypt, issued in 1993, under another name"),
    ] {
        check_detail(adam, label, text);
    }
    assert!(adam.details.iter().any(|(label, text)| label == "comments" && text.starts_with("Mother\u{2019}s name")));
    for note in ["former Soviet Union", "Hijri", "no number could be taken"] {
        assert!(found.notes.contains(note), "{note}: {}", found.notes);
    }

    let airlines = entry(&found, "KPe.901");
    assert_eq!(airlines.kind, Kind::Organization);
    let texts: Vec<_> = names(airlines);
    assert_eq!(texts[0], ("EXAMPLE AIRLINES (EA)", NameRole::Primary));
    for name in [
        ("EXAMPLE AIRLINES", NameRole::Strong),
        ("EA", NameRole::Weak),
        ("GREAT EXAMPLE COMPANY", NameRole::Strong),
        ("SECOND EXAMPLE", NameRole::Strong),
        ("Old Example & Sons", NameRole::Former),
    ] {
        assert!(texts.contains(&name), "{name:?}: {texts:?}");
    }
    assert_eq!(numbers(airlines), [(IdKind::Imo, "5787684", None), (IdKind::Swift, "KUDBKPPY", None)]);
    assert_eq!(airlines.websites, ["http://www.example.org"], "Interpol's pages are not the party's");
    assert_eq!(airlines.addresses[0].country, Some("HK".parse().unwrap()));
    assert_eq!(airlines.programmes, ["DPRK"]);
}

#[test]
fn ofac_entries_with_their_quirks() {
    let found = sample("ofac-xml");
    // Four entries, four aliases, two addresses; the entry with an unknown programme is lost with its alias.
    assert_eq!(account(&found), (10, 3, 5, 2));
    let lost: Vec<_> = found.parsed.files[0].lost.iter().map(|row| (row.line, row.explained, row.reason.as_str())).collect();
    assert_eq!(
        lost,
        [
            (177, false, "`programList`: programme `NEW-EO15000` belongs to no list that is known here"),
            (185, false, "its entry on line 177 could not be used"),
        ]
    );
    assert_eq!(found.published, Some(1_743_120_000));
    assert!(found.parsed.lists.contains(List::Cap) && !found.parsed.lists.contains(List::Sdn));

    let adam = entry(&found, "90001");
    assert_eq!(
        names(adam),
        [("Adam Example MITHAL JR.", NameRole::Primary), ("Adam AL-MITHAL", NameRole::Strong), ("ABU NOBODY", NameRole::Weak)]
    );
    assert_eq!(adam.lists, ListSet::of(List::Plc));
    assert_eq!(countries(adam), ["PS", "TR"]);
    assert_eq!(dates(adam), ["1961-02-12"]);
    assert_eq!(numbers(adam), [(IdKind::Passport, "U00242309", Some("TR".to_owned()))]);
    for (label, text) in [("title", "Member"), ("gender", "Male"), ("place of birth", "Nablus, West Bank"), ("remarks", "HAMAS - Hebron")] {
        check_detail(adam, label, text);
    }

    let bank = entry(&found, "90002");
    // Directive 2 stands among the numbers, not in the remarks; SYRIA is a companion of the others.
    assert_eq!(bank.lists, [List::Ssi, List::Cap].into_iter().collect());
    assert_eq!(names(bank), [("EXAMPLE BANK JSC", NameRole::Primary), ("OLD EXAMPLE BANK", NameRole::Former)]);
    let ru = || Some("RU".to_owned());
    assert_eq!(
        numbers(bank),
        [(IdKind::Registration, "1027700159497", ru()), (IdKind::Swift, "MOSWRUMM", None), (IdKind::Email, "info@example.ru", None)]
    );
    assert_eq!(bank.websites, ["http://www.example.ru"]);
    assert_eq!(dates(bank), ["1990-10-17"]);
    assert_eq!(countries(bank), ["RU"]);
    assert_eq!((bank.addresses[0].street.as_str(), bank.addresses[0].city.as_str()), ("8 Example Street, Building 3", "Moscow, 109147"));
    check_detail(bank, "ISIN", "US1694261033");

    let ship = entry(&found, "90003");
    assert_eq!((ship.kind, ship.lists), (Kind::Vessel, ListSet::of(List::Cmic)));
    assert_eq!(numbers(ship), [(IdKind::Imo, "7406784", None)]);
    assert_eq!(countries(ship), ["IR"]);
    check_detail(ship, "call sign", "XAMP1");
}

#[test]
fn an_ofac_file_without_a_non_sdn_programme_is_the_sdn_list() {
    let (text, read) = text_of("ofac-xml");
    let text =
        text.replace("<program>NS-PLC</program>", "<program>NS-PLC</program><program>SDGT</program>").replace("CMIC-EO13959", "IRAN");
    let found = read_text(read, "sdn.xml", text.as_bytes()).unwrap();
    assert_eq!(account(&found), (10, 4, 6, 0));
    assert_eq!(found.parsed.lists, ListSet::of(List::Sdn));
    assert!(found.parsed.entries.iter().all(|entry| entry.lists == ListSet::of(List::Sdn)));
}

#[test]
fn an_ofac_file_that_is_shorter_than_it_says_is_refused() {
    let (text, read) = text_of("ofac-xml");
    let text = text.replace("<Record_Count>4<", "<Record_Count>5<");
    let error = read_text(read, "a.xml", text.as_bytes()).err().unwrap().to_string();
    assert!(error.contains("says that it has 5 entries and holds 4"), "{error}");
}

#[test]
fn enhanced_entities_with_their_quirks() {
    let found = sample("ofac-enhanced-xml");
    // Two entities, four names, three addresses, one document.
    assert_eq!(account(&found), (10, 2, 8, 0));
    assert_eq!(found.published, Some(1_736_467_200));
    assert!(!found.parsed.lists.contains(List::Sdn), "an entity may be on the SDN list too, but the file does not hold that list");

    let adam = entry(&found, "90001");
    assert_eq!(
        names(adam),
        [("Adam MITHAL", NameRole::Primary), ("Адам МИТАЛ", NameRole::Strong), ("金 利", NameRole::Strong), ("ABU NOBODY", NameRole::Weak),]
    );
    assert_eq!(adam.lists, ListSet::of(List::Plc));
    assert_eq!(dates(adam), ["1962"]);
    assert_eq!(countries(adam), ["PS"]);
    assert_eq!(adam.addresses.len(), 1, "an address without parts and country says nothing");
    assert_eq!(adam.addresses[0].country, Some("PS".parse().unwrap()));
    check_detail(adam, "name in another script", "Адам МИТАЛ (Cyrillic)");

    let bank = entry(&found, "90002");
    assert_eq!(names(bank), [("EXAMPLE BANK, JSC", NameRole::Primary), ("OLD EXAMPLE BANK", NameRole::Former)]);
    assert_eq!(bank.lists, [List::Ssi, List::Sdn, List::Cap].into_iter().collect());
    assert_eq!(numbers(bank), [(IdKind::TaxId, "7702070139", Some("RU".to_owned()))]);
    assert_eq!(bank.websites, ["www.example.ru"]);
    assert_eq!(bank.addresses.len(), 2, "an address in two scripts can be asked for in both");
    check_detail(bank, "linked to", "Owned or Controlled By EXAMPLE STATE BANK (90099)");
    check_detail(bank, "Tax ID No.", "7702070139, valid false");
    assert!(found.parsed.ownership.is_empty());
}

#[test]
fn eu_entities_with_their_quirks() {
    let found = sample("eu-fsf-xml");
    // Two entities, five names, one address.
    assert_eq!(account(&found), (8, 2, 6, 0));
    assert_eq!(found.published, Some(1_747_749_600));
    assert_eq!(found.parsed.lists, ListSet::of(List::EuFsf));

    let adam = entry(&found, "901");
    assert_eq!(
        names(adam),
        [
            // The first name is a weak one; the main name is the first that is not.
            ("Adam Example Mithal", NameRole::Primary),
            ("Adam Old Mithal", NameRole::Weak),
            ("Адам Митал", NameRole::Strong),
            ("A. Mithal", NameRole::Strong),
        ]
    );
    assert_eq!((adam.kind, adam.from, adam.to), (Kind::Person, Some("2014-07-31".parse().unwrap()), None));
    assert_eq!(dates(adam), ["1962-03-04", "1970", "1980", "1981"]);
    assert_eq!(countries(adam), ["RU"]);
    let ru = || Some("RU".to_owned());
    assert_eq!(
        numbers(adam),
        [
            (IdKind::Email, "adam@example.org", None),
            (IdKind::Phone, "+7 495 000 0000", None),
            (IdKind::Passport, "АБ 123", ru()),
            (IdKind::Passport, "AB 123", ru()),
        ]
    );
    assert_eq!(adam.websites, ["www.example.org"]);
    assert_eq!(adam.programmes, ["TAQA"]);
    assert_eq!(adam.addresses[0].street, "1 Example Street, P.O. Box 12");
    assert_eq!(adam.addresses[0].country, Some("RU".parse().unwrap()));
    for (label, text) in [
        ("EU reference", "EU.901.1"),
        ("UN reference", "QDi.901"),
        ("function", "Chair"),
        ("contact: FAX", "+7 495 000 0001"),
        ("remark on address", "A remark on the address"),
        ("document note", "АБ 123 known to be false"),
        ("regulation", "regulation 100/2014 (OJ L1)"),
    ] {
        check_detail(adam, label, text);
    }
    assert!(found.notes.contains("ISLAMIC"), "{}", found.notes);

    let holding = entry(&found, "902");
    assert_eq!(names(holding), [("Example Holding \"Mithal\" OOO", NameRole::Primary)]);
    assert_eq!(numbers(holding), [(IdKind::Registration, "1027700159497", None)]);
    assert_eq!(holding.to, Some("2025-05-31".parse().unwrap()), "the date of delisting is the first day without effect");
}

// What must be refused, or told.

#[track_caller]
fn check_refused(format: &str, change: impl Fn(String) -> String, expected: &[&str]) {
    let (text, read) = text_of(format);
    let changed = change(text.clone());
    assert_ne!(text, changed, "{format}: the change does nothing");
    let Err(error) = read_text(read, "changed.xml", changed.as_bytes()) else { panic!("{format}: {expected:?} was accepted") };
    let error = error.to_string();
    for part in expected {
        assert!(error.contains(part), "{format}: `{part}` is not in: {error}");
    }
}

#[test]
fn entities_are_not_expanded() {
    for (format, ..) in FORMATS {
        let bomb = "<!DOCTYPE lolz [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;\">]>\n";
        check_refused(format, |text| text.replacen("<!--", &format!("{bomb}<!--"), 1), &["line 2", "DOCTYPE"]);
        let outside = "<!DOCTYPE x SYSTEM \"file:///etc/passwd\">\n";
        check_refused(format, |text| text.replacen("<!--", &format!("{outside}<!--"), 1), &["line 2", "DOCTYPE"]);
        // An entity that nobody declares, in a text and in an attribute.
        let last = text_of(format).0.rfind("</").unwrap();
        let lines = text_of(format).0[..last].lines().count() + 1;
        check_refused(
            format,
            |text| format!("{}<x>&xxe;</x>{}", &text[..last], &text[last..]),
            &[&format!("line {}", lines), "`&xxe;`", "not one of XML's five"],
        );
        check_refused(format, |text| format!("{}<x y=\"&xxe;\"/>{}", &text[..last], &text[last..]), &[&format!("line {}", lines), "xxe"]);
        check_refused(format, |text| format!("{}<x>&#0;</x>{}", &text[..last], &text[last..]), &["character reference"]);
    }
}

#[test]
fn damaged_files_are_refused() {
    for (format, ..) in FORMATS {
        check_refused(format, |text| text[..text.trim_end().rfind("</").unwrap()].to_owned(), &["cut off"]);
        check_refused(format, |text| format!("{text}{}", &text[text.find("?>").unwrap() + 2..]), &["goes on after its root"]);
        let last = text_of(format).0.rfind("</").unwrap();
        check_refused(format, |text| format!("{}stray{}", &text[..last], &text[last..]), &["`stray` stands between the records"]);
        check_refused(format, |text| format!("{}{}{}", &text[..last], "<x>".repeat(100), &text[last..]), &["64 deep"]);
        check_refused(
            format,
            |text| text.replacen("<?xml version=\"1.0\"", "<?xml version=\"1.0\" encoding=\"windows-1252\" standalone=\"yes\"?><?x ", 1),
            &["windows-1252", "UTF-8"],
        );
        check_refused(format, |text| format!("entity,name\n{text}"), &["is not", "begins with `entity,name`"]);
        check_refused(format, |_| "<!DOCTYPE html><html><body>Sign in</body></html>".to_owned(), &["a web page"]);
        check_refused(format, |_| String::new(), &["no data rows"]);
        check_refused(format, |_| "<other/>".to_owned(), &["XML with the root `<other>`"]);

        let (text, read) = text_of(format);
        let mut bytes = text.clone().into_bytes();
        let at = text.rfind("</").unwrap();
        bytes.splice(at..at, *b"<x>\xff\xfe</x>");
        let error = read_text(read, "latin.xml", &bytes).err().unwrap();
        assert!(matches!(error, SourceError::Utf8 { .. }), "{format}: {error}");
        let utf16: Vec<u8> = "\u{feff}<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(read_text(read, "utf16.xml", &utf16).err().unwrap().to_string().contains("UTF-16"));
    }
}

#[test]
fn a_list_of_another_format_is_named() {
    for (format, file, _) in FORMATS {
        for (other, _, read) in FORMATS.into_iter().filter(|(other, ..)| *other != format) {
            let error = read_input(read, &Input::new(samples(format).join(file))).err().unwrap().to_string();
            assert!(error.contains(&format!("`{format}`")), "{format} read as {other}: {error}");
        }
    }
}

#[test]
fn a_record_larger_than_any_is_refused() {
    let (text, read) = text_of("un-xml");
    let long = text.replacen("<COMMENTS1/>", &format!("<COMMENTS1>{}</COMMENTS1>", "x ".repeat(9 << 20)), 1);
    assert!(read_text(read, "long.xml", long.as_bytes()).is_err());
    // Many small texts in one record are as large.
    let many = text.replacen("<COMMENTS1/>", &"<COMMENTS1>xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx</COMMENTS1>".repeat(1 << 19), 1);
    assert!(read_text(read, "many.xml", many.as_bytes()).err().unwrap().to_string().contains("record"));
}

#[test]
fn an_element_that_nobody_knows_is_a_lost_row() {
    for (format, ..) in FORMATS {
        let (text, read) = text_of(format);
        let last = text.rfind("</").unwrap();
        let found =
            read_text(read, "new.xml", format!("{}<NEWCOMER><x>1</x></NEWCOMER>{}", &text[..last], &text[last..]).as_bytes()).unwrap();
        account(&found);
        let lost = found.parsed.files[0].lost.iter().find(|row| row.reason.contains("`<NEWCOMER>`")).unwrap();
        assert!(!lost.explained);
    }
}

#[test]
fn packed_files_and_files_on_one_line_read_alike() {
    use std::io::Write;
    for (format, file, read) in FORMATS {
        let (text, _) = text_of(format);
        let plain = sample(format);
        let folder = std::env::temp_dir().join(format!("weighbridge-xml-{format}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let gz = folder.join(format!("{file}.gz"));
        let mut writer = flate2::write::GzEncoder::new(std::fs::File::create(&gz).unwrap(), flate2::Compression::fast());
        writer.write_all(text.as_bytes()).unwrap();
        writer.finish().unwrap();
        let zip = folder.join("packed.ZIP");
        let mut writer = zip::ZipWriter::new(std::fs::File::create(&zip).unwrap());
        writer.start_file(file.to_uppercase(), zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
        writer.finish().unwrap();
        for path in [gz, zip] {
            let packed = read_input(read, &Input::new(&path)).unwrap();
            assert_eq!(packed.parsed.entries, plain.parsed.entries, "{}", path.display());
            assert_eq!(packed.parsed.files[0].digest, plain.parsed.files[0].digest);
        }
        std::fs::remove_dir_all(folder).unwrap();
        // Line breaks between elements mean nothing, with or without carriage returns.
        for end in ["", "\r\n"] {
            let joined = text.lines().map(|line| if end.is_empty() { format!("{} ", line.trim_start()) } else { line.to_owned() });
            let joined = joined.collect::<Vec<_>>().join(end);
            let found = read_text(read, file, joined.as_bytes()).unwrap();
            assert_eq!(found.parsed.entries, plain.parsed.entries, "{format} {end:?}");
            assert_eq!(account(&found), account(&plain));
        }
    }
}

// Properties.

mod properties {
    use super::*;
    use proptest::prelude::*;

    /// A reader says what it makes of any bytes: an error, or an account that adds up.
    fn check(read: Reader, bytes: &[u8]) -> Result<(), TestCaseError> {
        let Ok(found) = read_text(read, "any.xml", bytes) else { return Ok(()) };
        let file = &found.parsed.files[0];
        prop_assert_eq!(file.read, file.kept + file.merged + file.lost.len() as u64);
        prop_assert_eq!(file.kept, found.parsed.entries.len() as u64);
        prop_assert!(file.read > 0, "an empty list clears everybody");
        for entry in &found.parsed.entries {
            prop_assert_eq!(entry.names.first().map(|name| name.role), Some(NameRole::Primary));
            prop_assert_eq!(entry.names.iter().filter(|name| name.role == NameRole::Primary).count(), 1);
            prop_assert!(!entry.lists.is_empty());
            prop_assert!(entry.names.iter().all(|name| !name.text.trim().is_empty()));
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400), start in any::<bool>()) {
            for (_, _, read) in FORMATS {
                let prefix: &[u8] = if start { b"<?xml version=\"1.0\"?><" } else { b"" };
                check(read, &[prefix, &bytes].concat())?;
            }
        }

        /// Bytes changed, cut out and doubled in a sample.
        #[test]
        fn a_damaged_sample(
            format in 0..4_usize,
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4),
            cut in proptest::option::of((any::<proptest::sample::Index>(), 0..200_usize)),
            double in proptest::option::of((any::<proptest::sample::Index>(), 0..200_usize)),
        ) {
            let (text, read) = text_of(FORMATS[format].0);
            let mut bytes = text.into_bytes();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if let Some((at, len)) = cut {
                let at = at.index(bytes.len());
                bytes.drain(at..(at + len).min(bytes.len()));
            }
            if let Some((at, len)) = double {
                let at = at.index(bytes.len());
                let part = bytes[at..(at + len).min(bytes.len())].to_vec();
                bytes.splice(at..at, part);
            }
            check(read, &bytes)?;
        }

        /// Whole lines left out or doubled: most of these are well-formed, so the readers see what no list has.
        #[test]
        fn lines_left_out_or_doubled(format in 0..4_usize, lines in proptest::collection::vec((any::<proptest::sample::Index>(), any::<bool>()), 1..6)) {
            let (text, read) = text_of(FORMATS[format].0);
            let mut kept: Vec<&str> = text.lines().collect();
            for (at, double) in lines {
                let at = at.index(kept.len());
                if double {
                    kept.insert(at, kept[at]);
                } else {
                    kept.remove(at);
                }
            }
            check(read, kept.join("\n").as_bytes())?;
        }

        /// Texts and attributes replaced by anything that XML allows.
        #[test]
        fn any_values(format in 0..4_usize, at in any::<proptest::sample::Index>(), value in "[ -~à-ÿа-я()（;,.]{0,40}") {
            let (text, read) = text_of(FORMATS[format].0);
            let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            // Where a value begins: behind a tag or an opening quotation mark.
            let begins: Vec<usize> = text.match_indices(['>', '"']).map(|(at, _)| at + 1).filter(|at| text[*at..].find(['<', '"']).is_some_and(|len| len > 0)).collect();
            let begin = begins[at.index(begins.len())];
            let end = begin + text[begin..].find(['<', '"']).unwrap();
            check(read, format!("{}{value}{}", &text[..begin], &text[end..]).as_bytes())?;
        }
    }
}
