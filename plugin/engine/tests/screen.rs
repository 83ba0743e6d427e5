//! Screening: what is found, and how strong it is.
#![allow(missing_docs)]

use weighbridge_blob::Blob;
use weighbridge_blob::date::Day;
use weighbridge_blob::model::{Address, Entry, Identifier, Name, NameRole};
use weighbridge_blob::words::{Band, IdKind, Kind, List};
use weighbridge_blob::write::{BlobInput, write};
use weighbridge_engine::names::{self, Params, Remembering, Sought, Workspace, raw_score};
use weighbridge_engine::screen::{Query, screen};
use weighbridge_engine::why::why;

const TODAY: Day = Day(20_779); // 2026-11-22

fn entry(id: &str, kind: Kind, names: &[(&str, NameRole)]) -> Entry {
    let mut entry = Entry::new(id, Some(List::Sdn), kind);
    entry.names = names.iter().map(|(text, role)| Name { text: (*text).into(), role: *role }).collect();
    entry
}

fn blob() -> Vec<u8> {
    let mut person = entry(
        "p",
        Kind::Person,
        &[("Ali Hassan Example", NameRole::Primary), ("Abu Sample", NameRole::Weak), ("Alisolo", NameRole::Strong)],
    );
    person.birth_dates = vec!["1962-03-04".parse().unwrap(), "1963".parse().unwrap()];
    person.countries = vec!["IQ".parse().unwrap()];
    person.identifiers = vec![
        Identifier { kind: IdKind::Passport, number: "A1234567".into(), country: Some("IQ".parse().unwrap()) },
        Identifier { kind: IdKind::NationalId, number: "555-000-1".into(), country: Some("IQ".parse().unwrap()) },
        Identifier { kind: IdKind::Phone, number: "+964 770 000 0000".into(), country: None },
    ];
    let mut firm = entry(
        "o",
        Kind::Organization,
        &[("Example Trading Co., Ltd.", NameRole::Primary), ("EXMPL", NameRole::Weak), ("General Trading Company", NameRole::Strong)],
    );
    firm.countries = vec!["CN".parse().unwrap()];
    firm.websites = vec!["example-trading.test".into()];
    firm.identifiers = vec![Identifier { kind: IdKind::Registration, number: "REG-777001".into(), country: Some("CN".parse().unwrap()) }];
    let mut ship = entry("v", Kind::Vessel, &[("Example Star", NameRole::Primary)]);
    ship.identifiers = vec![Identifier { kind: IdKind::Imo, number: "IMO 9187629".into(), country: None }];
    let mut expired = entry("d", Kind::Person, &[("Expired Order Person", NameRole::Primary)]);
    expired.to = Some("2026-11-21".parse().unwrap());
    let mut address = Entry::new("a", Some(List::El), Kind::Organization);
    address.address_only = true;
    address.addresses = vec![Address {
        street: "Room 1701, Example Tower".into(),
        city: "Kowloon".into(),
        country: Some("HK".parse().unwrap()),
        ..Default::default()
    }];
    let compiled = weighbridge_policy::compile(weighbridge_policy::DEFAULT, &Default::default()).unwrap();
    write(&BlobInput { entries: vec![person, firm, ship, expired, address], policy: compiled.bytes, ..Default::default() }).unwrap()
}

fn check(query: Query<'_>, expected: &[(&str, Band)]) {
    let bytes = blob();
    let blob = Blob::open(&bytes).unwrap();
    let found = screen(&blob, &query, TODAY);
    let got: Vec<(&str, Band)> = found.matches.iter().map(|m| (blob.entry(m.entry).unwrap().id(), m.band)).collect();
    assert_eq!(got, expected, "{query:?}");
}

fn person<'a>(name: &'a str) -> Query<'a> {
    Query { kind: Some(Kind::Person), names: vec![name], ..Default::default() }
}

fn firm<'a>(name: &'a str) -> Query<'a> {
    Query { kind: Some(Kind::Organization), names: vec![name], ..Default::default() }
}

#[test]
fn a_persons_name_alone_is_possible() {
    check(person("ALI HASSAN EXAMPLE"), &[("p", Band::Possible)]);
    check(person("Example, Ali Hassan"), &[("p", Band::Possible)]);
    check(person("Ali Hassan Exemple"), &[("p", Band::Possible)]);
    check(person("Aly Hasan Eksample"), &[("p", Band::Possible)]);
    check(person("Ali"), &[]);
    check(person("Ali Ahmad"), &[]);
    check(person("Hassan Müller"), &[]);
    check(person("Ali Hassan"), &[]);
    check(firm("Ali Hassan Example"), &[]);
}

#[test]
fn a_qualifier_makes_a_person_strong_and_a_conflict_never_does() {
    let born = |date: &str| Query { birth_date: Some(date.parse().unwrap()), ..person("Ali Hassan Example") };
    check(born("1962-03-04"), &[("p", Band::Strong)]);
    check(born("1962"), &[("p", Band::Strong)]);
    check(born("1963-12-31"), &[("p", Band::Strong)]);
    check(born("1962-03-05"), &[("p", Band::Possible)]);
    let from = |code: &str| Query { countries: vec![code.parse().unwrap()], ..person("Ali Hassan Example") };
    check(from("IQ"), &[("p", Band::Strong)]);
    check(from("SE"), &[("p", Band::Possible)]);
    check(Query { countries: vec!["IQ".parse().unwrap()], ..born("1990-01-01") }, &[("p", Band::Possible)]);
    let id = Query { identifiers: vec![(IdKind::NationalId, "9990002", Some("IQ".parse().unwrap()))], ..from("IQ") };
    check(id, &[("p", Band::Possible)]);
}

#[test]
fn weak_aliases_single_names_and_generic_names_are_never_strong() {
    check(Query { countries: vec!["IQ".parse().unwrap()], ..person("Abu Sample") }, &[("p", Band::Possible)]);
    check(Query { countries: vec!["IQ".parse().unwrap()], ..person("alisolo") }, &[("p", Band::Possible)]);
    check(firm("exmpl"), &[("o", Band::Possible)]);
    check(firm("General Trading Co"), &[("o", Band::Possible)]);
    check(firm("LLC"), &[]);
}

#[test]
fn an_organisations_equal_name_is_strong_unless_something_speaks_against_it() {
    check(firm("example trading company limited"), &[("o", Band::Strong)]);
    check(Query { kind: Some(Kind::Government), ..firm("Example Trading Co Ltd") }, &[("o", Band::Strong)]);
    check(Query { countries: vec!["BR".parse().unwrap()], ..firm("Example Trading Co Ltd") }, &[("o", Band::Possible)]);
    check(Query { identifiers: vec![(IdKind::Registration, "REG-1", None)], ..firm("Example Trading Co Ltd") }, &[("o", Band::Possible)]);
    check(person("Example Trading Co Ltd"), &[]);
    check(Query { kind: None, ..firm("Example Trading Co Ltd") }, &[("o", Band::Strong)]);
}

#[test]
fn identifiers_need_no_name() {
    let id = |kind, number, country: Option<&str>| Query {
        identifiers: vec![(kind, number, country.map(|c| c.parse().unwrap()))],
        ..person("Somebody Else")
    };
    check(id(IdKind::Passport, "a-123 4567", None), &[("p", Band::Identifier)]);
    check(id(IdKind::Passport, "A1234567", Some("IQ")), &[("p", Band::Identifier)]);
    check(id(IdKind::Passport, "A1234567", Some("FR")), &[]);
    check(id(IdKind::NationalId, "A1234567", None), &[]);
    check(id(IdKind::Phone, "00964-770-0000000", None), &[]);
    check(id(IdKind::Phone, "+9647700000000", None), &[("p", Band::Possible)]);
    check(id(IdKind::Imo, "9187629", None), &[("v", Band::Identifier)]);
}

#[test]
fn a_ship_of_the_same_name_with_another_number_is_another_ship() {
    let ship = |imo: &'static str| Query {
        kind: Some(Kind::Vessel),
        names: vec!["EXAMPLE STAR"],
        identifiers: vec![(IdKind::Imo, imo, None)],
        ..Default::default()
    };
    check(ship("9187629"), &[("v", Band::Identifier)]);
    check(ship("9000001"), &[("v", Band::Possible)]);
    check(Query { kind: Some(Kind::Vessel), names: vec!["Example Star"], ..Default::default() }, &[("v", Band::Strong)]);
}

#[test]
fn domains_and_addresses() {
    check(Query { email: Some("buyer@mail.example-trading.test"), ..firm("Other Name") }, &[("o", Band::Strong)]);
    check(Query { website: Some("https://www.example-trading.test/x"), ..firm("Other Name") }, &[("o", Band::Strong)]);
    check(Query { email: Some("buyer@example-trading.test"), ..person("Jane Doe") }, &[("o", Band::Possible)]);
    check(Query { email: Some("buyer@notexample-trading.test"), ..firm("Other Name") }, &[]);
    let at = |street, city, country: &str| Query { addresses: vec![(street, city, country.parse().ok())], ..firm("Other Name") };
    check(at("Example Tower, Room 1701", "KOWLOON", "HK"), &[("a", Band::Address)]);
    check(at("Example Tower, Room 1702", "Kowloon", "HK"), &[]);
    check(at("Example Tower, Room 1701", "Kowloon", "CN"), &[]);
}

#[test]
fn listings_that_have_ended_do_not_match() {
    check(person("Expired Order Person"), &[]);
    let bytes = blob();
    let blob = Blob::open(&bytes).unwrap();
    assert_eq!(screen(&blob, &person("Expired Order Person"), Day(TODAY.0 - 1)).matches.len(), 1);
}

/// The raw score of a listed name for a name that is asked.
fn likeness(kind: Kind, listed: &str, asked: &str) -> u16 {
    let compiled = weighbridge_policy::compile(weighbridge_policy::DEFAULT, &Default::default()).unwrap();
    let entries = vec![entry("x", kind, &[(listed, NameRole::Primary)])];
    let bytes = write(&BlobInput { entries, policy: compiled.bytes, ..Default::default() }).unwrap();
    let blob = Blob::open(&bytes).unwrap();
    let sought = Sought { lexicon: blob.lexicon(kind), words: blob.words(), kind, least: 0 };
    let mut best = 0;
    names::search(&sought, asked, &mut Workspace::default(), |_, aligned| best = best.max(raw_score(aligned, Params::of(kind))));
    best
}

#[test]
fn what_agrees_and_what_contradicts_is_told_apart() {
    let firm = |listed, asked| likeness(Kind::Organization, listed, asked);
    let person = |listed, asked| likeness(Kind::Person, listed, asked);
    // The list's `Melli` is kept as `national`.
    assert!(firm("Bank Melli Iran", "Bank Mellu Iran") > firm("Bank Melli Iran", "Bank Tosar Iran"));
    // A translated form is no other form.
    assert!(firm("Belshina OAO", "Belshina SA") > firm("Belshina OAO", "Belshina GmbH"));
    assert!(firm("Belshina OAO", "Belshina") > firm("Belshina OAO", "Belshina GmbH"));
    // One translator's office is another one's bureau.
    assert!(firm("Office 39", "Bureau 39") > firm("Office 39", "Museum 39"));
    assert!(firm("Makin Institute", "مؤسسه مکین") > firm("Makin Hospital", "مؤسسه مکین"));
    // Three words of the query are one of the list, and a sound is written as English or French does.
    assert!(
        firm("Chongchongang Shipping", "Chong Chon Gang Shipping Co. Ltd.")
            > firm("Chonmyong Shipping", "Chong Chon Gang Shipping Co. Ltd.")
    );
    assert!(person("Aziz Allouch", "'Aziz 'Allush") > person("Aziz Alloukh", "'Aziz 'Allush"));
    assert!(person("Ali Nawai", "Ali Nawa'ee") > person("Ali Nawaz", "Ali Nawa'ee"));
    // Where somebody is from, in Arabic and in translation.
    assert!(
        person("Abu Abdulrahman al-Maghribi", "Abderrahmane le Marocain") > person("Abu Abdulrahman al-Masri", "Abderrahmane le Marocain")
    );
    // A number is a sign where the words agree, and none where they do not.
    let (group, stranger) = (firm("Group 77", "Group No. 77 Ltd"), firm("Group 77", "Anna Example 77"));
    assert!(u32::from(stranger) * 2 < u32::from(group), "{stranger} {group}");
    // An initial stands for a word unless another word is left over beside it.
    let (stands, contradicts) = (person("Georgy S.", "Georgy Sereda"), person("Georgy S. Poltavchenko", "Georgy Sereda"));
    assert!(u32::from(contradicts) * 10 < u32::from(stands) * 9, "{contradicts} {stands}");
    // The middle name may be missing, and the family name may come first.
    let straight = person("Oleg Vladimirovich Deripaska", "Oleg Deripaska");
    for turned in ["Deripaska, Oleg", "DERIPASKA Oleg"] {
        let turned = person("Oleg Vladimirovich Deripaska", turned);
        assert!(turned < straight && u32::from(turned) * 100 > u32::from(straight) * 93, "{turned} {straight}");
    }
    let middle = person("Oleg Vladimirovich Deripaska", "Oleg Vladimirovich");
    assert!(u32::from(middle) * 100 < u32::from(straight) * 95, "{middle} {straight}");
    // A first letter beside the same family name says more than beside one that is only like it.
    let like = person("Georgy Sergeyevich Poltavchenko", "G. Poltavchanko");
    for letter in ["G. Poltavchenko", "Poltavchenko, G."] {
        let letter = person("Georgy Sergeyevich Poltavchenko", letter);
        assert!(u32::from(like) * 100 < u32::from(letter) * 97, "{like} {letter}");
    }
    // A long vowel that is written and not there tells two names of the same consonants apart.
    assert!(person("Reza Shafahi", "رضا شفاهی") > person("Reza Shfuhu", "رضا شفاهی"));
}

#[test]
fn who_fits_as_well_has_the_same_score() {
    let person = |listed, asked| likeness(Kind::Person, listed, asked);
    // Which name a letter stands for, a rare or a common one, is not known; nor are the names between the first and the last.
    let song = person("Song Kim", "S. Kim");
    for other in ["Sok Chol Kim", "Suhayl Salim Kim", "Sayyid Kim"] {
        assert_eq!(person(other, "S. Kim"), song, "{other}");
    }
    let short = person("Rafael Caro Quintero", "Rafael Quintero");
    assert_eq!(person("Rafael Antonio Franco Quintero", "Rafael Quintero"), short);
    assert!(person("Rafael Quintera", "Rafael Quintero") < short && short < person("Rafael Quintero", "Rafael Quintero"));
    // A letter and a word are no misspelt word.
    assert!(person("Mahmud", "M. Ahmad") < person("Muhammad Yunis Ahmad", "M. Ahmad"));
}

#[test]
fn what_words_end_alike_or_are_known_apart_is_no_spelling() {
    let person = |listed| likeness(Kind::Person, listed, "Vladimir Egorovich Zaitsev");
    assert!(person("Vladimir Yurievich Zaitsev") < person("Vladimir Yegorovich Zaytsev"));
    let firm = |listed, asked| likeness(Kind::Organization, listed, asked);
    assert!(firm("Vesta Innovation Bank", "Vesta Education Bank") < firm("Vesta Educotian Bank", "Vesta Education Bank"));
    // Words that sound the same are nearer than others of the same consonants.
    assert!(firm("Ravenstvo Plant", "Rawenstwo Plant") > firm("Ravinestovo Plant", "Rawenstwo Plant"));
}

#[test]
fn a_number_of_one_digit_is_a_number() {
    let firm = |listed, asked| likeness(Kind::Organization, listed, asked);
    assert_eq!(firm("Vesta Trading", "Vesta Trading 7"), firm("Vesta Trading", "Vesta Trading 77"));
    assert!(firm("Vesta Object 6", "Vesta Object 3") < firm("Vesta Object", "Vesta Object 3"));
    assert!(firm("Vesta Object 3", "Object 3") > firm("Vesta Object 6", "Object 3"));
}

#[test]
fn of_many_with_a_surname_those_that_a_letter_fits_are_looked_at() {
    let names: Vec<String> = (0..26_u8)
        .flat_map(|a| [b'e', b'o', b'u'].map(|b| format!("Ali {}{}nz{}", char::from(b'a' + a), char::from(b), char::from(b))))
        .chain(["Ahmad Iman Ali".to_owned()])
        .collect();
    let entries: Vec<Entry> = names.iter().map(|name| entry(name, Kind::Person, &[(name.as_str(), NameRole::Primary)])).collect();
    let compiled = weighbridge_policy::compile(weighbridge_policy::DEFAULT, &Default::default()).unwrap();
    let bytes = write(&BlobInput { entries, policy: compiled.bytes, ..Default::default() }).unwrap();
    let blob = Blob::open(&bytes).unwrap();
    let (lexicon, params) = (blob.lexicon(Kind::Person), Params::of(Kind::Person));
    let sought = Sought { lexicon, words: blob.words(), kind: Kind::Person, least: 0 };
    let mut told = Vec::new();
    names::search(&sought, "A. Ali", &mut Workspace::default(), |number, aligned| told.push((raw_score(aligned, params), number)));
    let entry = |number| blob.entry(lexicon.name(number).unwrap().entry).unwrap().id().to_owned();
    assert_eq!(told.iter().max().map(|(_, number)| entry(*number)).as_deref(), Some("Ahmad Iman Ali"));
}

#[test]
fn each_language_spells_arabic_script_in_its_own_way() {
    let person = |listed, asked| likeness(Kind::Person, listed, asked);
    // The letter qaf, in both scripts.
    for asked in ["Mohsen Ghalibandi", "محسن قلبندی"] {
        assert!(person("Mohsen Qalibandi", asked) > person("Mohsen Talibandi", asked), "{asked}");
    }
    // Two letters that are no digraph, and two that stand side by side.
    assert!(person("Javad Tehamani", "جواد تهامانی") > person("Javad Tamani", "جواد تهامانی"));
    // A letter that stands for `Abdul`, with and without the article.
    for asked in ["Omar A. Rehman", "Omar A. Al-Rahman"] {
        let (servant, other) = (person("Omar Abdul Rahman", asked), person("Omar Abdul Karim", asked));
        assert!(u32::from(servant) * 2 > u32::from(other) * 3, "{asked} {servant} {other}");
    }
    // Names written as one word are two, and an ending is known behind any name.
    assert_eq!(person("Ahmad Hossein Kiumars", "احمدحسین کیومرث"), person("Ahmad Hossein Kiumars", "احمد حسین کیومرث"));
    assert!(person("Hassan Bolurvand", "حسن بلوروند") > person("Hassan Bolurond", "حسن بلوروند"));
}

#[test]
fn an_acronym_stands_for_its_words_on_either_side_and_says_little_by_itself() {
    let firm = |listed, asked| likeness(Kind::Organization, listed, asked);
    let told = |listed, asked| firm(listed, asked) > 0;
    assert!(told("Joint Stock Company Ulyanovskiy Mekhanicheskiy Zavod", "JSC UMZ") && told("JSC UMZ", "Ulyanovskiy Mekhanicheskiy Zavod"));
    assert!(told("Voronezhskoe Aktsionernoe Samoletostroitelnoe Obshchestvo", "VASO PAO"));
    assert!(!told("Ulyanovskiy Mekhanicheskiy Zavod", "UMK") && !told("Ulyanovskiy Mekhanicheskiy Zavod", "ULM"));
    // Alone it says little, and the more the longer it is; 699 is 80 on OFAC's list.
    let (three, four, five) =
        (firm("Tanvor Ondra Quill", "TOQ"), firm("Tanvor Ondra Quill Vesk", "TOQV"), firm("Tanvor Ondra Quill Vesk Zarp", "TOQVZ"));
    assert!(0 < three && three < four && four < five && five < 699, "{three} {four} {five}");
    // Beside a word that agrees it tells one body from another, and two letters do too.
    for (listed, other, asked) in [
        ("Tanvor Ondra Quill Belarus", "Vesk Zarp Quill Belarus", "TOQ Belarus"),
        ("Management Company Tanvor", "Trading House Tanvor", "MC Tanvor"),
        ("TO Quill", "VZ Quill", "Tanvor Ondra Quill"),
    ] {
        assert!(
            u32::from(firm(listed, asked)) * 20 > u32::from(firm(other, asked)) * 21,
            "{asked}: {} {}",
            firm(listed, asked),
            firm(other, asked)
        );
    }
    // Words that are there in full need no acronym, and people have none.
    assert!(firm("OSAM (Otdelnaya sluzhba aktivnykh meropriyatiy)", "Otdelnaja sluzhba aktivnych meropriyatiy") > 800);
    assert_eq!(likeness(Kind::Person, "Ulyan Mikhail Zakharovich", "UMZ"), 0);
}

#[test]
fn the_explanation_of_an_acronym_names_it() {
    let policy = weighbridge_policy::compile(weighbridge_policy::DEFAULT, &Default::default()).unwrap().bytes;
    let entries = vec![entry("x", Kind::Organization, &[("Tanvor Ondra Quill Belarus", NameRole::Primary)])];
    let bytes = write(&BlobInput { entries, policy, ..Default::default() }).unwrap();
    let why = why(&Blob::open(&bytes).unwrap(), Kind::Organization, 0, "TOQ Belarus", &mut Workspace::default()).unwrap();
    let pair = why.pairs.iter().find(|pair| pair.how == "acronym").unwrap();
    assert_eq!((pair.asked.as_str(), pair.listed.as_str(), pair.edits), ("toq", "tanvor ondra quill", 0.0));
    assert!(why.asked_left.is_empty() && why.listed_left.is_empty());
}

#[test]
fn of_one_score_the_better_name_comes_first_and_a_partys_own_before_an_alias() {
    let firm = |id: &str, names: &[(&str, NameRole)]| entry(id, Kind::Organization, names);
    let entries = vec![
        firm("alias", &[("Something Else", NameRole::Primary), ("Sample Trading", NameRole::Strong)]),
        firm("own", &[("Sample Trading", NameRole::Primary)]),
        firm("far", &[("Kwzdrin Holbartigo Zimpelquon", NameRole::Primary)]),
        firm("near", &[("Kwzdrin Holbartiga Zimpelquen", NameRole::Primary)]),
    ];
    let compiled = weighbridge_policy::compile(weighbridge_policy::DEFAULT, &Default::default()).unwrap();
    let bytes = write(&BlobInput { entries, policy: compiled.bytes, ..Default::default() }).unwrap();
    let blob = Blob::open(&bytes).unwrap();
    let order = |name: &'static str| -> Vec<(String, u16)> {
        let query = Query { kind: Some(Kind::Organization), names: vec![name], ..Default::default() };
        screen(&blob, &query, TODAY).matches.iter().map(|m| (blob.entry(m.entry).unwrap().id().to_owned(), m.score)).collect()
    };
    let [own, alias] = order("Sample Trading").try_into().unwrap();
    assert_eq!([own, alias], [("own".to_owned(), 1_000), ("alias".to_owned(), 1_000)]);
    let [near, far] = order("Kwzdrin Holbartiga Zimpelquan").try_into().unwrap();
    assert_eq!((near.0.as_str(), far.0.as_str()), ("near", "far"));
}

#[test]
fn a_name_too_long_to_ask_is_told_and_odd_names_are_harmless() {
    let bytes = blob();
    let blob = Blob::open(&bytes).unwrap();
    let long = "example ".repeat(100_000);
    assert!(screen(&blob, &person(&long), TODAY).truncated);
    for name in ["", " ", "\0", "😀", "\u{202e}elpmaxE", "LLC", "ООО", "1", &"\u{301}".repeat(256)] {
        assert_eq!(screen(&blob, &person(name), TODAY).matches, [], "{name:?}");
    }
    check(person("\u{202e}Ali\u{200b} Hass\u{ad}an Ｅｘａｍｐｌｅ"), &[("p", Band::Possible)]);
}

/// Listed names of few words, so that they share many, and what is asked: the same words misspelt, dropped, glued and in other order.
mod alike {
    use proptest::prelude::*;

    const WORDS: [&str; 26] = [
        "vela",
        "orrin",
        "example",
        "marine",
        "shipping",
        "trading",
        "bank",
        "national",
        "llc",
        "gmbh",
        "mohammed",
        "ali",
        "hassan",
        "kim",
        "jose",
        "maria",
        "lopez",
        "ivanov",
        "sergei",
        "abdul",
        "rahman",
        "tanvor",
        "ondrecka",
        "quillmeyer",
        "vom",
        "esn",
    ];

    pub(crate) fn listed() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(prop::collection::vec(prop::sample::select(&WORDS[..]), 1..5).prop_map(|w| w.join(" ")), 20..80)
    }

    pub(crate) fn asked() -> impl Strategy<Value = Vec<String>> {
        let change = |(word, what): (&str, u8)| match what {
            0 => word.replacen('a', "e", 1),
            1 => word.chars().skip(1).collect(),
            2 => word.chars().rev().collect(),
            3 => word.chars().take(1).collect(),
            4 => format!("{word}x"),
            _ => word.to_owned(),
        };
        let name = prop::collection::vec((prop::sample::select(&WORDS[..]), 0_u8..12).prop_map(change), 1..6);
        let write = |(words, how): (Vec<String>, u8)| match how {
            0 => words.join(""),
            1 => words.iter().filter_map(|word| word.chars().next()).collect(),
            2 => {
                let (last, rest) = words.split_last().map_or(("", &words[..]), |(last, rest)| (last.as_str(), rest));
                format!("{} {last}", rest.iter().filter_map(|word| word.chars().next()).collect::<String>())
            }
            _ => words.join(" "),
        };
        prop::collection::vec((name, 0_u8..5).prop_map(write), 30)
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    /// A least score leaves out what is below it and nothing else, and a search that remembers words says what one does that does not.
    #[test]
    fn a_least_score_and_a_memory_change_no_answer(listed in alike::listed(), asked in alike::asked(), person in proptest::prelude::any::<bool>()) {
        let kind = if person { Kind::Person } else { Kind::Organization };
        let party = |(n, name): (usize, &String)| entry(&format!("t:{n}"), kind, &[(name, NameRole::Primary)]);
        let policy = weighbridge_policy::compile(weighbridge_policy::DEFAULT, &Default::default()).unwrap().bytes;
        let entries = listed.iter().enumerate().map(party).collect();
        let bytes = write(&BlobInput { entries, policy, ..Default::default() }).unwrap();
        let blob = Blob::open(&bytes).unwrap();
        let (params, mut workspace) = (Params::of(kind), Workspace::default());
        let sought = |least| Sought { lexicon: blob.lexicon(kind), words: blob.words(), kind, least };
        for least in [1, 400, 675, 800, 1_000] {
            let mut remembering = Remembering::new(sought(least));
            for name in asked.iter().chain(&asked) {
                let mut all = Vec::new();
                names::search(&sought(0), name, &mut workspace, |number, aligned| all.push((number, raw_score(aligned, params))));
                all.retain(|(_, raw)| *raw >= least);
                let (mut some, mut remembered) = (Vec::new(), Vec::new());
                names::search(&sought(least), name, &mut workspace, |number, aligned| some.push((number, raw_score(aligned, params))));
                remembering.search(name, |number, aligned| remembered.push((number, raw_score(aligned, params))));
                some.retain(|(_, raw)| *raw >= least);
                remembered.retain(|(_, raw)| *raw >= least);
                proptest::prop_assert_eq!(&some, &all, "{} from {}", name, least);
                proptest::prop_assert_eq!(&remembered, &all, "{} from {}, remembered", name, least);
            }
        }
    }
}
