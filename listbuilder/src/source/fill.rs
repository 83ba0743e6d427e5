//! Filling an entry from rows that say things twice: names, places, dates and numbers without repeats.

use super::Context;
use super::country::{self, Country};
use super::remarks;
use std::collections::HashMap;
use weighbridge_blob::date::{Day, PartialDate};
use weighbridge_blob::model::{Address, Entry, Identifier, Name, NameRole};
use weighbridge_blob::place::Place;
use weighbridge_blob::words::{IdKind, Kind};

/// Adds a name, or makes one that is there stronger. `false` if the text has no letter or digit: it is no name.
pub(crate) fn name(entry: &mut Entry, text: &str, role: NameRole) -> bool {
    let text = text.trim();
    if !text.chars().any(char::is_alphanumeric) {
        return false;
    }
    match entry.names.iter_mut().find(|name| name.text == text) {
        // Below `Strong`, a former name says more than a weak alias: weak ones never identify alone.
        Some(name) if strength(role) < strength(name.role) => name.role = role,
        Some(_) => {}
        None => entry.names.push(Name { text: text.to_owned(), role }),
    }
    true
}

fn strength(role: NameRole) -> u8 {
    match role {
        NameRole::Primary => 0,
        NameRole::Strong => 1,
        NameRole::Former => 2,
        NameRole::Weak => 3,
    }
}

/// Puts the primary name first. Of several, the first of the file stays primary and the others are strong aliases;
/// an entry without one gets its strongest name.
pub(crate) fn primary_first(entry: &mut Entry) {
    let first = (0..entry.names.len()).min_by_key(|position| entry.names.get(*position).map_or(u8::MAX, |name| strength(name.role)));
    let Some(first) = first else { return };
    let mut primary = entry.names.remove(first);
    primary.role = NameRole::Primary;
    for other in &mut entry.names {
        if other.role == NameRole::Primary {
            other.role = NameRole::Strong;
        }
    }
    entry.names.insert(0, primary);
}

/// Adds a detail, once.
pub(crate) fn detail(entry: &mut Entry, label: &str, text: &str) {
    let text = text.trim();
    if !text.is_empty() && !entry.details.iter().any(|(l, t)| l == label && t == text) {
        entry.details.push((label.to_owned(), text.to_owned()));
    }
}

/// Adds an item, once.
pub(crate) fn once<T: PartialEq>(items: &mut Vec<T>, item: T) {
    if !items.contains(&item) {
        items.push(item);
    }
}

/// Adds an address, once; nothing if it is empty.
pub(crate) fn address(entry: &mut Entry, address: Address) {
    if address != Address::default() {
        once(&mut entry.addresses, address);
    }
}

/// Adds a hard identifier, once; `false` if the number has no digit or letter.
pub(crate) fn identifier(entry: &mut Entry, kind: IdKind, number: &str, country: Option<Place>) -> bool {
    let number = number.trim();
    if !number.chars().any(char::is_alphanumeric) {
        return false;
    }
    once(&mut entry.identifiers, Identifier { kind, number: number.to_owned(), country });
    true
}

/// Adds what one item in OFAC's manner says, `Passport 836238033 (KP)`; `false` if the label is not known.
pub(crate) fn remark(entry: &mut Entry, item: &str, context: &mut Context<'_>, file: &str, line: u64) -> bool {
    let found = remarks::parse(item, entry.kind, false);
    if found == remarks::Remarks::default() {
        return false;
    }
    for found in found.names {
        name(entry, &found.text, found.role);
    }
    found.identifiers.into_iter().for_each(|identifier| once(&mut entry.identifiers, identifier));
    found.websites.into_iter().for_each(|website| once(&mut entry.websites, website));
    found.countries.into_iter().for_each(|place| once(&mut entry.countries, place));
    found.birth_dates.into_iter().for_each(|date| once(&mut entry.birth_dates, date));
    found.details.into_iter().for_each(|(label, text)| detail(entry, &label, &text));
    for text in found.unknown_countries {
        context.note(format!("`{text}` is not a country or region that is known here; kept as text"), file, line);
    }
    for text in found.unusable {
        let label: String = text.chars().take(60).collect();
        context.note(format!("no value could be taken from `{label}`; kept as text"), file, line);
    }
    true
}

/// Adds everything of `other` to `entry`: two rows about one party. Which list says so is kept: lists are joined.
/// [`primary_first`] comes after the last row.
pub(crate) fn join(entry: &mut Entry, other: Entry) {
    entry.lists = entry.lists.union(other.lists);
    entry.address_only &= other.address_only;
    // A kind that one row states is no guess.
    if entry.kind_uncertain && !other.kind_uncertain {
        entry.kind = other.kind;
        entry.kind_uncertain = false;
    }
    for other in other.names {
        name(entry, &other.text, other.role);
    }
    other.identifiers.into_iter().for_each(|item| once(&mut entry.identifiers, item));
    other.websites.into_iter().for_each(|item| once(&mut entry.websites, item));
    other.addresses.into_iter().for_each(|item| once(&mut entry.addresses, item));
    other.countries.into_iter().for_each(|item| once(&mut entry.countries, item));
    other.birth_dates.into_iter().for_each(|item| once(&mut entry.birth_dates, item));
    other.programmes.into_iter().for_each(|item| once(&mut entry.programmes, item));
    other.details.into_iter().for_each(|item| once(&mut entry.details, item));
    // The listing has effect while one of the rows has.
    entry.from = entry.from.zip(other.from).map(|(a, b)| a.min(b));
    entry.to = entry.to.zip(other.to).map(|(a, b)| a.max(b));
}

/// Entries in the order of the file; rows with one id are one entry.
#[derive(Default)]
pub(crate) struct Joined {
    entries: Vec<Entry>,
    positions: HashMap<String, usize>,
}

impl Joined {
    /// Adds what a row says. `false` if it became part of an entry that is there.
    pub(crate) fn add(&mut self, entry: Entry) -> bool {
        let known = self.positions.get(&entry.id).and_then(|position| self.entries.get_mut(*position));
        let Some(known) = known else {
            self.positions.insert(entry.id.clone(), self.entries.len());
            self.entries.push(entry);
            return true;
        };
        join(known, entry);
        primary_first(known);
        false
    }

    pub(crate) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }
}

/// The order of the parts of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// `DD/MM/YYYY`: British.
    DayFirst,
    /// `MM/DD/YYYY`: American.
    MonthFirst,
}

/// `23/03/2016` or `23-03-2016`, by the order; a date of ISO 8601 in any.
pub(crate) fn day(text: &str, order: Order) -> Option<Day> {
    if let Ok(day) = text.parse() {
        return Some(day);
    }
    let (year, month, day) = parts(text, order)?;
    Day::from_civil(i32::try_from(year).ok()?, month, day)
}

/// The same with parts that nobody knows: `00/00/1962`, `dd/mm/1962`, `1962`.
pub(crate) fn partial(text: &str, order: Order) -> Option<PartialDate> {
    if let Ok(date) = text.parse() {
        return Some(date);
    }
    let (year, month, day) = parts(text, order)?;
    // A day without its month says nothing more than the year.
    PartialDate::from_code(year * 10_000 + month * 100 + if month == 0 { 0 } else { day })
}

fn parts(text: &str, order: Order) -> Option<(u32, u32, u32)> {
    let mut parts = text.trim().split(['/', '-', '.']).map(|part| match part {
        "dd" | "mm" | "DD" | "MM" => Some(0),
        part if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) => part.parse::<u32>().ok(),
        _ => None,
    });
    let (first, second, year) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || !(1..=9999).contains(&year) || first > 31 || second > 31 {
        return None;
    }
    Some(match order {
        Order::DayFirst => (year, second, first),
        Order::MonthFirst => (year, first, second),
    })
}

/// What a party seems to be when its list does not say: an organisation if the name holds a digit, a word that only
/// organisations have, or a single word; else a person. The entry stays `kind_uncertain`, so it is found as both.
pub(crate) fn guess_kind(name: &str) -> Kind {
    let words: Vec<String> = name
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '\'' | '-')))
        .map(|word| word.chars().filter(|c| *c != '.').flat_map(char::to_lowercase).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect();
    let company = words.iter().any(|word| word.chars().any(|c| c.is_ascii_digit()) || ORGANISATION_WORDS.contains(&word.as_str()));
    if company || words.len() < 2 || words.len() > 6 { Kind::Organization } else { Kind::Person }
}

/// Words that stand in names of organisations and not of people, in lower case without full stops.
const ORGANISATION_WORDS: &[&str] = &[
    "ab",
    "academy",
    "administration",
    "aero",
    "aeronautics",
    "aerospace",
    "ag",
    "agency",
    "air",
    "airlines",
    "airways",
    "and",
    "ao",
    "army",
    "aps",
    "aps",
    "as",
    "asa",
    "associates",
    "association",
    "authority",
    "aviation",
    "bank",
    "bhd",
    "board",
    "bureau",
    "bv",
    "bvba",
    "center",
    "centre",
    "chemical",
    "chemicals",
    "co",
    "college",
    "command",
    "commission",
    "committee",
    "communications",
    "company",
    "complex",
    "components",
    "computer",
    "computers",
    "computing",
    "concern",
    "construction",
    "consulting",
    "cooperative",
    "corp",
    "corporation",
    "council",
    "cv",
    "department",
    "design",
    "development",
    "directorate",
    "distribution",
    "division",
    "electric",
    "electrical",
    "electro",
    "electronic",
    "electronics",
    "energy",
    "engineering",
    "enterprise",
    "enterprises",
    "equipment",
    "est",
    "establishment",
    "export",
    "exports",
    "exchange",
    "exim",
    "factory",
    "fco",
    "federal",
    "fibers",
    "financial",
    "firm",
    "for",
    "force",
    "forces",
    "forwarding",
    "foundation",
    "freight",
    "fsue",
    "fz",
    "fzc",
    "fzco",
    "fze",
    "general",
    "global",
    "gmbh",
    "government",
    "group",
    "gup",
    "hk",
    "holding",
    "holdings",
    "hospital",
    "implementation",
    "import",
    "imports",
    "inc",
    "incorporated",
    "industrial",
    "industries",
    "industry",
    "institute",
    "instrument",
    "instruments",
    "international",
    "internacional",
    "intl",
    "investment",
    "investments",
    "jsc",
    "kft",
    "kg",
    "kk",
    "lab",
    "laboratories",
    "laboratory",
    "labs",
    "limited",
    "llc",
    "llp",
    "logistics",
    "ltd",
    "ltda",
    "machine",
    "machinery",
    "manufacturing",
    "marine",
    "market",
    "marketing",
    "materials",
    "mechanical",
    "medical",
    "metal",
    "metals",
    "micro",
    "military",
    "ministry",
    "movement",
    "national",
    "navy",
    "network",
    "networks",
    "nuclear",
    "nv",
    "oao",
    "of",
    "office",
    "ojsc",
    "oil",
    "ooo",
    "optical",
    "optics",
    "optronics",
    "organisation",
    "organization",
    "oy",
    "part",
    "partners",
    "parts",
    "pharma",
    "pjsc",
    "plant",
    "plc",
    "port",
    "power",
    "precision",
    "private",
    "production",
    "products",
    "project",
    "projects",
    "pte",
    "pty",
    "pvt",
    "republic",
    "research",
    "resources",
    "sa",
    "sae",
    "sal",
    "sarl",
    "sas",
    "sc",
    "school",
    "sciences",
    "scientific",
    "sdn",
    "securities",
    "security",
    "semiconductor",
    "sendirian",
    "service",
    "services",
    "shipping",
    "shipyard",
    "sia",
    "societe",
    "software",
    "solution",
    "solutions",
    "source",
    "space",
    "spa",
    "spol",
    "sro",
    "srl",
    "state",
    "store",
    "supplies",
    "supply",
    "system",
    "systems",
    "tech",
    "technical",
    "technik",
    "technologies",
    "technology",
    "tekhnologii",
    "telecom",
    "telecommunications",
    "the",
    "tic",
    "tools",
    "tourism",
    "trade",
    "traders",
    "trading",
    "transport",
    "transportation",
    "travel",
    "trust",
    "uab",
    "union",
    "university",
    "ventures",
    "works",
    "zao",
    "zavod",
    "zone",
];

/// The place of a country as the United Kingdom writes it: with a remark behind it (`Germany (in prison)`), a note
/// before it, or as an adjective (`Tunisian`). What stays unknown is noted.
pub(crate) fn loose_country(text: &str, context: &mut Context<'_>, file: &str, line: u64) -> Option<Place> {
    let end = [" (", ". ", " as at ", " as of ", " citizenship"].iter().filter_map(|stop| text.find(stop)).min();
    let bare = text.get(..end.unwrap_or(text.len())).unwrap_or(text).trim().trim_end_matches([',', '.']);
    let bare = bare.strip_prefix("In ").unwrap_or(bare);
    for text in [text, bare] {
        match country::place(text) {
            Country::Place(place) => return Some(place),
            Country::None => return None,
            Country::Unknown => {}
        }
    }
    match demonym(bare) {
        Some(place) => Some(place),
        None => context.country(text, file, line),
    }
}

/// The place of an adjective of nationality, or of a country's name.
pub(crate) fn demonym(text: &str) -> Option<Place> {
    if let Country::Place(place) = country::place(text) {
        return Some(place);
    }
    let code = DEMONYMS.iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|(_, code)| *code);
    code.and_then(|code| code.parse().ok())
}

/// Adjectives of nationality in the UK's lists.
const DEMONYMS: &[(&str, &str)] = &[
    ("Afgan", "AF"),
    ("Afghan", "AF"),
    ("Albanian", "AL"),
    ("Algerian", "DZ"),
    ("American", "US"),
    ("Armenian", "AM"),
    ("Australian", "AU"),
    ("Austrian", "AT"),
    ("Azerbaijani", "AZ"),
    ("Bahraini", "BH"),
    ("Bangladeshi", "BD"),
    ("Belarusian", "BY"),
    ("Belgian", "BE"),
    ("Bosnian", "BA"),
    ("British", "GB"),
    ("Bulgarian", "BG"),
    ("Burmese", "MM"),
    ("Burundian", "BI"),
    ("Canadian", "CA"),
    ("Chinese", "CN"),
    ("Cuban", "CU"),
    ("Cypriot", "CY"),
    ("Czech", "CZ"),
    ("Danish", "DK"),
    ("Dutch", "NL"),
    ("Egyptian", "EG"),
    ("Emirati", "AE"),
    ("Eritrean", "ER"),
    ("Estonian", "EE"),
    ("Ethiopian", "ET"),
    ("Filipino", "PH"),
    ("Finnish", "FI"),
    ("French", "FR"),
    ("Georgian", "GE"),
    ("German", "DE"),
    ("Greek", "GR"),
    ("Indian", "IN"),
    ("Indonesian", "ID"),
    ("Iranian", "IR"),
    ("Iraqi", "IQ"),
    ("Irish", "IE"),
    ("Israeli", "IL"),
    ("Italian", "IT"),
    ("Ivorian", "CI"),
    ("Japanese", "JP"),
    ("Jordanian", "JO"),
    ("Kazakh", "KZ"),
    ("Kenyan", "KE"),
    ("Kuwaiti", "KW"),
    ("Kyrgyz", "KG"),
    ("Latvian", "LV"),
    ("Lebanese", "LB"),
    ("Libyan", "LY"),
    ("Lithuanian", "LT"),
    ("Malaysian", "MY"),
    ("Malian", "ML"),
    ("Maltese", "MT"),
    ("Mauritanian", "MR"),
    ("Moldovan", "MD"),
    ("Moroccan", "MA"),
    ("Nicaraguan", "NI"),
    ("Nigerian", "NG"),
    ("North Korean", "KP"),
    ("Norwegian", "NO"),
    ("Omani", "OM"),
    ("Pakistani", "PK"),
    ("Palestinian", "PS"),
    ("Polish", "PL"),
    ("Portuguese", "PT"),
    ("Qatari", "QA"),
    ("Qatarian", "QA"),
    ("Romanian", "RO"),
    ("Russian", "RU"),
    ("Rwandan", "RW"),
    ("Saudi", "SA"),
    ("Saudi Arabian", "SA"),
    ("Senegalese", "SN"),
    ("Serbian", "RS"),
    ("Somali", "SO"),
    ("South African", "ZA"),
    ("South Korean", "KR"),
    ("South Sudanese", "SS"),
    ("Spanish", "ES"),
    ("Sudanese", "SD"),
    ("Swedish", "SE"),
    ("Swiss", "CH"),
    ("Syrian", "SY"),
    ("Tajik", "TJ"),
    ("Tanzanian", "TZ"),
    ("Tunisian", "TN"),
    ("Turkish", "TR"),
    ("Turkmen", "TM"),
    ("Ugandan", "UG"),
    ("Ukrainian", "UA"),
    ("Uzbek", "UZ"),
    ("Venezuelan", "VE"),
    ("Vietnamese", "VN"),
    ("Yemeni", "YE"),
    ("Zimbabwean", "ZW"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Silent;

    #[track_caller]
    fn check_partial(text: &str, order: Order, expected: Option<&str>) {
        assert_eq!(partial(text, order).map(|date| date.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn dates_in_both_orders() {
        check_partial("23/03/1970", Order::DayFirst, Some("1970-03-23"));
        check_partial("03/23/1970", Order::MonthFirst, Some("1970-03-23"));
        check_partial("00/00/1962", Order::DayFirst, Some("1962"));
        check_partial("00/05/1962", Order::DayFirst, Some("1962-05"));
        check_partial("07/00/1962", Order::DayFirst, Some("1962"));
        check_partial("dd/mm/1962", Order::DayFirst, Some("1962"));
        check_partial("1962", Order::DayFirst, Some("1962"));
        check_partial("1962-05-04", Order::DayFirst, Some("1962-05-04"));
        for text in ["", "23/23/1970", "31/02/1970", "1/2", "1/2/3/4", "00/00/0000", "a/b/1970", "//", "99999999999/1/1970"] {
            check_partial(text, Order::DayFirst, None);
        }
        assert_eq!(day("29-06-2012", Order::DayFirst), "2012-06-29".parse().ok());
        assert_eq!(day("06/29/2012", Order::MonthFirst), "2012-06-29".parse().ok());
        assert_eq!(day("00/06/2012", Order::DayFirst), None, "a day of a listing is whole or none");
    }

    #[test]
    fn kinds_are_guessed_by_words() {
        for name in ["Fu Chin Chung", "Cesareo Estanislao Benitez", "ROBERT ALMORI", "Nestor Omar Sauceda-Trevino", "Arnold See, Jr."] {
            assert_eq!(guess_kind(name), Kind::Person, "{name}");
        }
        for name in
            ["Swissco Management Group, Inc.", "JEN FIBERS, LLC", "Bitreit", "Agroplast, a.s.", "46 TsNII MO RF", "Ministry of Defence"]
        {
            assert_eq!(guess_kind(name), Kind::Organization, "{name}");
        }
    }

    #[test]
    fn one_name_is_primary_and_stands_first() {
        let mut entry = Entry::new("x:1", None, Kind::Person);
        assert!(!name(&mut entry, " - ", NameRole::Primary));
        name(&mut entry, "Old", NameRole::Former);
        name(&mut entry, "One", NameRole::Primary);
        name(&mut entry, "Two", NameRole::Primary);
        name(&mut entry, "Old", NameRole::Weak);
        primary_first(&mut entry);
        let names: Vec<_> = entry.names.iter().map(|n| (n.text.as_str(), n.role)).collect();
        assert_eq!(names, [("One", NameRole::Primary), ("Old", NameRole::Former), ("Two", NameRole::Strong)]);
    }

    #[test]
    fn countries_as_the_uk_writes_them() {
        let mut context = Context::new("uk", &Silent);
        let mut find = |text: &str| loose_country(text, &mut context, "f", 1).map(|place| place.to_string());
        for (text, code) in [
            ("Germany (in prison since Sept 2007)", "DE"),
            ("Tunisian (dual nationality)", "TN"),
            ("French,", "FR"),
            ("Kuwaiti citizenship", "KW"),
            ("In Syria as at June 2013", "SY"),
            ("Sultanate of Oman", "OM"),
            ("Union of the Comoros (at time of listing)", "KM"),
            ("United States of America. Also believed to hold Syrian nationality", "US"),
            ("Syria", "SY"),
        ] {
            assert_eq!(find(text).as_deref(), Some(code), "{text}");
        }
        assert_eq!(find("Africa"), None);
        assert_eq!(find(""), None);
        assert_eq!(context.notes().len(), 1);
    }

    #[test]
    fn adjectives_lead_to_codes() {
        for (word, code) in DEMONYMS {
            assert!(matches!(country::place(code), Country::Place(_)), "{word}");
        }
    }

    #[test]
    fn a_listing_lasts_as_long_as_one_of_its_rows() {
        let day = |text: &str| text.parse::<Day>().ok();
        let mut first = Entry::new("x:1", None, Kind::Person);
        (first.from, first.to) = (day("2020-01-01"), day("2021-01-01"));
        let mut second = first.clone();
        (second.from, second.to) = (day("2019-01-01"), day("2025-01-01"));
        let mut both = first.clone();
        join(&mut both, second);
        assert_eq!((both.from, both.to), (day("2019-01-01"), day("2025-01-01")));
        let mut endless = Entry::new("x:1", None, Kind::Person);
        endless.from = day("2020-06-01");
        join(&mut both, endless);
        assert_eq!((both.from, both.to), (day("2019-01-01"), None));
    }
}
