//! The UN Security Council Consolidated List, as XML.
//!
//! Rows are entries (`INDIVIDUAL`, `ENTITY`), aliases and addresses; the empty alias and address elements that most
//! entries have are placeholders, and no rows. Names stand in `FIRST_NAME` to `FOURTH_NAME`, in reading order. An
//! alias is `Good` or `Low` for people (strong, weak), `a.k.a.` or `f.k.a.` for entities. Documents are half prose: a
//! number is taken where one can be told, and the document is kept whole in the details either way.
//!
//! Layout: the Security Council's schema for the list, of which some elements differ from what is published
//! (`STREET` of a place of birth, `DATE_OF_EXPIRY`). An entry's id is its reference number: `QDe.004`.

use super::country::{self, Country};
use super::remarks::{self, reading_order};
use super::xml::{self, Element, Layout, Xml, is_name, push_country, push_detail, push_identifier, push_name};
use super::{Context, Input, Parsed, SourceError};
use std::collections::HashSet;
use weighbridge_blob::date::{Day, PartialDate};
use weighbridge_blob::model::{Address, Entry, Identifier, NameRole};
use weighbridge_blob::place::Place;
use weighbridge_blob::words::{IdKind, Kind, List, ListSet};

const LAYOUT: Layout = Layout {
    name: "the UN consolidated list",
    root: "CONSOLIDATED_LIST",
    namespace: "",
    containers: &["INDIVIDUALS", "ENTITIES"],
    rows: &[
        ("INDIVIDUALS", "INDIVIDUAL"),
        ("ENTITIES", "ENTITY"),
        ("INDIVIDUAL", "INDIVIDUAL_ALIAS"),
        ("ENTITY", "ENTITY_ALIAS"),
        ("INDIVIDUAL", "INDIVIDUAL_ADDRESS"),
        ("ENTITY", "ENTITY_ADDRESS"),
    ],
};

/// Reads the list.
///
/// # Errors
/// [`SourceError`] if the file is no such list, is not well-formed, or is cut off.
pub fn read(input: &Input, context: &mut Context<'_>) -> Result<Parsed, SourceError> {
    let mut file = xml::open(input.open_file()?, LAYOUT, context)?;
    context.set_published(xml::published(file.root().attribute("dateGenerated")));
    let mut reader = UnReader { entries: Vec::new(), seen: HashSet::new() };
    while let Some(record) = file.next(context)? {
        match record.name.as_str() {
            "INDIVIDUAL" => reader.entry(&record, Kind::Person, &mut file, context),
            "ENTITY" => reader.entry(&record, Kind::Organization, &mut file, context),
            _ => file.unknown(&record),
        }
    }
    let account = file.finish()?;
    Ok(Parsed { entries: reader.entries, ownership: Vec::new(), lists: ListSet::of(List::UnSc), files: vec![account] })
}

struct UnReader {
    entries: Vec<Entry>,
    seen: HashSet<String>,
}

impl UnReader {
    fn entry(&mut self, record: &Element, kind: Kind, file: &mut Xml, context: &mut Context<'_>) {
        let number = record.get("REFERENCE_NUMBER");
        if number.is_empty() {
            return file.lost_record(record, "the entry has no `REFERENCE_NUMBER`");
        }
        let parts = ["FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME"].map(|part| record.get(part));
        // The schema's default for a name that is not there is `na`.
        let name = parts.iter().filter(|part| !part.is_empty() && **part != "na").copied().collect::<Vec<_>>().join(" ");
        let mut entry = Entry::new(context.entry_id(number), Some(List::UnSc), kind);
        push_names(&mut entry, &name, NameRole::Primary);
        if entry.names.is_empty() {
            return file.lost_record(record, &format!("entry {number} has no name"));
        }
        if !self.seen.insert(number.to_owned()) {
            return file.lost_record(record, &format!("entry {number} occurs twice"));
        }
        file.account.kept();
        for child in record.children() {
            self.field(&mut entry, child, file, context);
        }
        file.settle(record, 0);
        self.entries.push(entry);
    }

    fn field(&self, entry: &mut Entry, child: &Element, file: &mut Xml, context: &mut Context<'_>) {
        let text = child.text();
        match child.name.as_str() {
            "FIRST_NAME" | "SECOND_NAME" | "THIRD_NAME" | "FOURTH_NAME" | "REFERENCE_NUMBER" | "VERSIONNUM" => {}
            // Always `UN List`, and keys for sorting.
            "LIST_TYPE" | "SORT_KEY" | "SORT_KEY_LAST_MOD" | "HAS_INTERPOL_LINK" => {}
            "UN_LIST_TYPE" => entry.programmes.extend(Some(text.to_owned()).filter(|text| !text.is_empty())),
            "NAME_ORIGINAL_SCRIPT" => push_name(entry, text, NameRole::Strong),
            "DATAID" => push_detail(entry, "data id", text),
            "LISTED_ON" => {
                entry.from = day(text);
                push_detail(entry, "listed on", text);
            }
            "DELISTED_ON" if !text.is_empty() => {
                // Still in the file, so still listed: nothing is lifted on the strength of a date that no list has had.
                context.note("an entry has a date of delisting; it is kept in force", file.name(), child.line);
                push_detail(entry, "delisted on", text);
            }
            "COMMENTS1" => {
                comments(entry, text);
                push_detail(entry, "comments", text);
            }
            "NATIONALITY" | "NATIONALITY2" => {
                for value in Some(text).into_iter().chain(child.all("VALUE").map(Element::text)).filter(|text| !text.is_empty()) {
                    push_country(entry, context.country(value, file.name(), child.line));
                    push_detail(entry, "nationality", value);
                }
            }
            "LAST_DAY_UPDATED" => {
                let last = child.all("VALUE").map(Element::text).max().unwrap_or("");
                push_detail(entry, "last updated", last);
            }
            "INDIVIDUAL_ALIAS" | "ENTITY_ALIAS" => alias(entry, child, file, context),
            "INDIVIDUAL_ADDRESS" | "ENTITY_ADDRESS" => address(entry, child, file, context),
            "INDIVIDUAL_DATE_OF_BIRTH" => birth(entry, child, file, context),
            "INDIVIDUAL_PLACE_OF_BIRTH" => push_detail(entry, "place of birth", &child.flat()),
            "INDIVIDUAL_DOCUMENT" => document(entry, child, file, context),
            // TITLE, DESIGNATION, GENDER, SUBMITTED_BY and what the list may come to have.
            other => {
                let label = other.to_ascii_lowercase().replace('_', " ");
                push_detail(entry, &label, text);
                for value in child.children() {
                    push_detail(entry, &label, &value.flat());
                }
            }
        }
    }
}

fn alias(entry: &mut Entry, element: &Element, file: &mut Xml, context: &mut Context<'_>) {
    if !element.is_row() {
        return;
    }
    let role = match element.get("QUALITY").to_ascii_lowercase().as_str() {
        "good" | "a.k.a." => NameRole::Strong,
        "low" => NameRole::Weak,
        "f.k.a." => NameRole::Former,
        // A name that stands there counts in full; only the list may weaken it.
        "" => NameRole::Strong,
        other => {
            context.note(format!("alias quality `{other}` is not known; taken as strong"), file.name(), element.line);
            NameRole::Strong
        }
    };
    let name = element.get("ALIAS_NAME");
    if !push_names(entry, name, role) {
        return file.account.lost(element.line, false, format!("`ALIAS_NAME`: `{name}` has no name in it"));
    }
    push_detail(entry, "alias note", element.get("NOTE"));
    let birth = element.get("DATE_OF_BIRTH");
    if !birth.is_empty() {
        // Papers under the alias carry this date.
        push_dates(entry, birth.parse().ok().map_or_else(|| prose_dates(birth), |date| vec![date]));
        push_detail(entry, "alias date of birth", birth);
    }
    let place = [element.get("CITY_OF_BIRTH"), element.get("COUNTRY_OF_BIRTH")].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>();
    push_detail(entry, "alias place of birth", &place.join(", "));
    file.account.merged();
}

fn address(entry: &mut Entry, element: &Element, file: &mut Xml, context: &mut Context<'_>) {
    if !element.is_row() {
        return;
    }
    let (street, country_text, note) = (element.get("STREET"), element.get("COUNTRY"), element.get("NOTE"));
    let city = ["CITY", "STATE_PROVINCE", "ZIP_CODE"].map(|part| element.get(part));
    let city = city.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    if !(street.is_empty() && city.is_empty() && country_text.is_empty()) {
        let country = match country::place(note) {
            // Hong Kong stands in the note, its country is left out.
            Country::Place(place) if country_text.is_empty() => Some(place),
            _ => context.country(country_text, file.name(), element.line),
        };
        let address = Address { street: street.to_owned(), city, country, country_text: country_text.to_owned() };
        if !entry.addresses.contains(&address) {
            entry.addresses.push(address);
        }
    }
    push_detail(entry, "address note", note);
    file.account.merged();
}

fn birth(entry: &mut Entry, element: &Element, file: &Xml, context: &mut Context<'_>) {
    let [date, year, from, to, note] = ["DATE", "YEAR", "FROM_YEAR", "TO_YEAR", "NOTE"].map(|part| element.get(part));
    let about = if element.get("TYPE_OF_DATE").eq_ignore_ascii_case("APPROXIMATELY") { "circa " } else { "" };
    let dates = if !date.is_empty() {
        match date.parse::<PartialDate>() {
            Ok(date) if about.is_empty() => vec![date],
            Ok(date) => vec![PartialDate { year: date.year, month: None, day: None }],
            Err(_) => Vec::new(),
        }
    } else if !year.is_empty() {
        prose_dates(&format!("{about}{year}"))
    } else if !from.is_empty() {
        prose_dates(&format!("{from} to {to}"))
    } else if !note.is_empty() {
        prose_dates(&format!("{about}{note}"))
    } else {
        return;
    };
    if dates.is_empty() {
        context.note(format!("no date could be taken from `{}`; kept in the details", element.flat()), file.name(), element.line);
        push_detail(entry, "date of birth", &element.flat());
    } else {
        push_detail(entry, "date of birth note", note);
    }
    push_dates(entry, dates);
}

/// The dates of `Nov. 1973` or `1966 to 1967`; none if the text has no date, or spans too long a time.
fn prose_dates(text: &str) -> Vec<PartialDate> {
    remarks::parse(&format!("DOB {text}"), Kind::Person, false).birth_dates
}

fn push_dates(entry: &mut Entry, dates: Vec<PartialDate>) {
    for date in dates {
        if !entry.birth_dates.contains(&date) {
            entry.birth_dates.push(date);
        }
    }
}

/// `2012-12-31`, or with an offset, `2018-03-30-04:00`.
fn day(text: &str) -> Option<Day> {
    text.get(..10)?.parse().ok()
}

fn document(entry: &mut Entry, element: &Element, file: &Xml, context: &mut Context<'_>) {
    let whole = element.flat();
    if whole.is_empty() {
        return;
    }
    push_detail(entry, "document", &whole);
    let [kind, subtype, number, note] = ["TYPE_OF_DOCUMENT", "TYPE_OF_DOCUMENT2", "NUMBER", "NOTE"].map(|part| element.get(part));
    // Where the number is left out it stands in the type (`tazkira number 57388`) or begins the note.
    let in_type = if has_digit(subtype) { subtype } else { first_clause(note) };
    let text = if number.is_empty() { in_type } else { number };
    let Some(found) = number_of(text) else {
        context.note(format!("no number could be taken from the document `{whole}`; kept in the details"), file.name(), element.line);
        return;
    };
    let country_text = ["ISSUING_COUNTRY", "COUNTRY_OF_ISSUE"].map(|part| element.get(part)).into_iter().find(|text| !text.is_empty());
    let country = match country_text {
        Some(text) => context.country(text, file.name(), element.line),
        None => country_beside(text),
    };
    push_identifier(entry, Identifier { kind: document_kind(kind, &format!("{subtype} {text}")), number: found, country });
}

/// The country that stands beside a number: `Libya B/002210`, `R00005943, South Sudan`, `403062567 (US)`.
fn country_beside(text: &str) -> Option<Place> {
    let first = text.split_whitespace().next().unwrap_or("");
    // `PS 472330208`: capitals before a number are its series, not a code.
    let first = if first.chars().any(char::is_lowercase) { first } else { "" };
    let last = text.rsplit_once(", ").map_or("", |(_, last)| last);
    let inside = text.strip_suffix(')').and_then(|text| text.rsplit_once('(')).map_or("", |(_, inside)| inside);
    [first, last, inside].into_iter().find_map(|text| match country::place(text) {
        Country::Place(place) => Some(place),
        _ => None,
    })
}

/// What kind of document is meant. The first type is coarse, the second and the number may say that it is another.
fn document_kind(kind: &str, more: &str) -> IdKind {
    let more = more.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| more.contains(word));
    if says(&["passport", "pasaporte", "passeport", "travel document", "laissez"]) {
        return IdKind::Passport;
    }
    if says(&["fiscal code"]) {
        return IdKind::TaxId;
    }
    if says(&[
        "birth cert",
        "ration",
        "driv",
        "licence",
        "student",
        "voter",
        "serviceman",
        "military",
        "certificate of",
        "residential",
        "alien",
    ]) {
        return IdKind::Other;
    }
    let kind = kind.to_lowercase();
    if kind.contains("passport") || kind.contains("pasaporte") || kind.contains("passeport") {
        return IdKind::Passport;
    }
    if kind.contains("national identification") { IdKind::NationalId } else { IdKind::Other }
}

/// What stands before the first `,`, `issued` or `expired` of a note.
fn first_clause(note: &str) -> &str {
    let end = [",", "issued ", "expire", "valid ", "Expire", "Issued ", "under "].iter().filter_map(|stop| note.find(stop)).min();
    note[..end.unwrap_or(note.len())].trim()
}

/// The number that a text ends in: `A 0139243` of `German travel document (Reiseausweis) A 0139243`. What follows in
/// brackets is no part of it.
fn number_of(text: &str) -> Option<String> {
    let text = match text.strip_suffix(')').and_then(|text| text.rsplit_once('(')) {
        Some((before, _)) if has_digit(before) => before.trim(),
        _ => text,
    };
    // `R00005943, South Sudan`: a country behind the number.
    let text = match text.split_once(", ") {
        Some((before, after)) if has_digit(before) && !has_digit(after) => before,
        _ => text,
    };
    let mut number: Vec<&str> = Vec::new();
    let mut words = text.split_whitespace().rev().peekable();
    while let Some(word) = words.next() {
        let word = word.trim_matches([',', ';', ':', '"']);
        let letters = word.len() <= 4 && word.chars().all(|c| c.is_ascii_uppercase() || matches!(c, '-' | '/'));
        // `8208 No. 555627`: series and number of one passport.
        let series = word.eq_ignore_ascii_case("no.") && words.peek().is_some_and(|word| has_digit(word));
        if has_digit(word) || (letters && !word.is_empty() && word != "SSN") {
            number.push(word.strip_prefix("no.").unwrap_or(word));
        } else if !series {
            break;
        }
    }
    number.reverse();
    let number = number.join(" ");
    has_digit(&number).then_some(number)
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Takes mail addresses, web sites, SWIFT codes and IMO numbers out of the prose of the comments.
fn comments(entry: &mut Entry, text: &str) {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || matches!(c, ';' | ',')).filter(|word| !word.is_empty()).collect();
    for (at, word) in words.iter().enumerate() {
        let plain = word.trim_matches(['.', ':', '(', ')', '[', ']', '<', '>']);
        // The label may stand in the same word: `Email:fdlr@fmx.de`.
        let value = plain.rsplit_once(':').map_or(plain, |(label, value)| if label.ends_with("//") { plain } else { value });
        let next = |steps: usize| words.get(at + steps).map_or("", |word| word.trim_matches(['.', ':', '(', ')', '[', ']']));
        if plain.contains('@') {
            fact(entry, "Email Address", value);
        } else if plain.eq_ignore_ascii_case("SWIFT/BIC") {
            fact(entry, "SWIFT/BIC", next(1));
        } else if plain.eq_ignore_ascii_case("IMO") && entry.kind != Kind::Person {
            let number = if next(1).eq_ignore_ascii_case("number") { next(2) } else { next(1) };
            fact(entry, "IMO", number);
        } else if (plain.starts_with("http://") || plain.starts_with("https://") || plain.starts_with("www."))
            && !plain.contains("interpol.int")
            && !plain.contains("un.org")
            && !entry.websites.iter().any(|site| site == plain)
        {
            entry.websites.push(plain.to_owned());
        }
    }
}

fn fact(entry: &mut Entry, label: &str, value: &str) {
    for identifier in remarks::parse(&format!("{label} {value}"), entry.kind, false).identifiers {
        push_identifier(entry, identifier);
    }
}

/// Adds the names of one field: the list writes several into one, with the original script or a remark in brackets.
/// `false` if there is none.
fn push_names(entry: &mut Entry, text: &str, role: NameRole) -> bool {
    let mut found = Names::default();
    found.take(text);
    for (position, name) in found.names.iter().enumerate() {
        // Only one name is the main one.
        let role = if position > 0 && role == NameRole::Primary { NameRole::Strong } else { role };
        let turn = entry.kind == Kind::Person && role != NameRole::Primary && name.matches(',').count() == 1 && !has_digit(name);
        push_name(entry, &if turn { reading_order(name) } else { name.clone() }, role);
        if entry.kind != Kind::Person
            && let Some((full, acronym)) = acronym(name)
        {
            push_name(entry, &full, if role == NameRole::Former { role } else { NameRole::Strong });
            // Alone, an acronym is too common to name anybody.
            push_name(entry, acronym, NameRole::Weak);
        }
    }
    for remark in found.remarks {
        push_detail(entry, "remark on a name", &remark);
    }
    if found.names.len() != 1 || found.names.first().is_some_and(|name| name != text) {
        push_detail(entry, "name as listed", text);
    }
    !found.names.is_empty()
}

/// The parts of `ATOMIC ENERGY ORGANISATION OF IRAN (AEOI)`. People ask for one or the other, seldom for both. What stands
/// in brackets is an acronym only if it is made of letters of the name: `AL-HARAMAIN FOUNDATION (PAKISTAN)` is another party
/// than `AL-HARAMAIN FOUNDATION`.
fn acronym(name: &str) -> Option<(String, &str)> {
    let (before, rest) = name.split_once(" (")?;
    let (inside, after) = rest.split_once(')')?;
    let mut letters = before.chars().flat_map(char::to_uppercase);
    let made_of_it =
        inside.starts_with(|c| before.to_uppercase().starts_with(c)) && inside.chars().all(|c| letters.any(|letter| letter == c));
    let short = (2..=10).contains(&inside.len()) && inside.bytes().all(|byte| byte.is_ascii_uppercase());
    (short && made_of_it).then(|| (xml::fold(&format!("{before} {after}")), inside))
}

/// The names that one field holds.
#[derive(Default)]
struct Names {
    names: Vec<String>,
    remarks: Vec<String>,
}

impl Names {
    /// - `A; B` and `A b) B` are two names.
    /// - `Jin Tiesan (金铁三)`: what stands in brackets in another script is a name too.
    /// - `EL PARA (COMBAT NAME)`: a remark is no name.
    fn take(&mut self, text: &str) {
        let text = match text.split_once(", born ") {
            Some((name, born)) => {
                self.remarks.push(format!("born {born}"));
                name
            }
            None => text,
        };
        if let Some((outside, inside)) = brackets(text) {
            let inside = inside.trim_start_matches("original script:").trim();
            if is_remark(inside) {
                self.remarks.push(inside.to_owned());
                return self.take(&outside);
            }
            if other_script(&outside, inside) {
                self.take(&outside);
                return self.take(inside);
            }
        }
        for part in text.split(';') {
            for name in lettered(part) {
                let name = name.trim().trim_start_matches([')', ',', ' ']).trim_end_matches([',', ' ']);
                if is_name(name) && !self.names.iter().any(|known| known == name) {
                    self.names.push(name.to_owned());
                }
            }
        }
    }
}

/// The text without its first pair of brackets, and what stands in them.
fn brackets(text: &str) -> Option<(String, &str)> {
    let start = text.find('(')?;
    let mut depth = 0_usize;
    for (at, c) in text[start..].char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let outside = format!("{} {}", &text[..start], &text[start + at + 1..]);
            return Some((xml::fold(&outside), &text[start + 1..start + at]));
        }
    }
    None
}

/// Whether one text is in Latin script and the other is not.
fn other_script(one: &str, other: &str) -> bool {
    let latin = |c: char| matches!(u32::from(c), 0..=0x24F | 0x1E00..=0x1EFF);
    let letters = |text: &str| text.chars().any(char::is_alphabetic);
    let foreign = |text: &str| text.chars().any(|c| c.is_alphabetic() && !latin(c));
    letters(one) && letters(other) && foreign(one) != foreign(other)
}

/// Remarks that stand in brackets behind a name, and cross-references (`KPE.018`).
fn is_remark(text: &str) -> bool {
    let lower = text.to_lowercase();
    let reference = text.split_once('.').is_some_and(|(list, number)| {
        list.len() == 3 && list.bytes().all(|b| b.is_ascii_alphabetic()) && number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit())
    });
    reference || ["birth name", "combat name", "third", "previously listed", "false identity"].iter().any(|word| lower.starts_with(word))
}

/// The parts of `A b) B c) C`.
fn lettered(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(") ") {
        let before = &text[start..at];
        let Some(letter) = before.chars().next_back().filter(char::is_ascii_lowercase) else { continue };
        let cut = at - letter.len_utf8();
        if cut > start && text[..cut].ends_with(' ') {
            parts.push(&text[start..cut]);
            start = at + 2;
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_the_prose_of_documents() {
        for (text, number) in [
            ("AB187304 ", "AB187304"),
            ("OB 0243318", "OB 0243318"),
            ("1 1978 8 0137555 3 27", "1 1978 8 0137555 3 27"),
            ("CAR diplomatic passport no. D00000898", "D00000898"),
            ("Oman passport no.03825239", "03825239"),
            ("Russian passport number 8208 No. 555627", "8208 555627"),
            ("German travel document (Reiseausweis) A 0139243", "A 0139243"),
            ("381110042 (Expired 25 Jan. 2016)", "381110042"),
            ("R00005943, South Sudan", "R00005943"),
            ("TR-P 614 166", "TR-P 614 166"),
            ("Libya B/002210", "B/002210"),
            ("SSN 156-92-0000 (United States of America)", "156-92-0000"),
            ("35202- 4135948-7", "35202- 4135948-7"),
        ] {
            assert_eq!(number_of(text).as_deref(), Some(number), "{text}");
        }
        for text in ["", "Birth certificate", "unknown"] {
            assert_eq!(number_of(text), None, "{text}");
        }
    }

    #[test]
    fn countries_beside_numbers() {
        for (text, country) in [
            ("Libya B/002210", Some("LY")),
            ("R00005943, South Sudan", Some("SS")),
            ("403062567 (US)", Some("US")),
            ("PS 472330208", None),
            ("A 0139243", None),
        ] {
            assert_eq!(country_beside(text), country.map(|code| code.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn kinds_of_documents() {
        for (kind, more, expected) in [
            ("Passport", "", IdKind::Passport),
            ("N\u{fa}mero de pasaporte", "", IdKind::Passport),
            ("National Identification Number", "national passport", IdKind::Passport),
            ("National Identification Number", "Italian Fiscal Code", IdKind::TaxId),
            ("National Identification Number", "Birth certificate", IdKind::Other),
            ("National Identification Number", "tazkira number 1", IdKind::NationalId),
            ("Seal", "", IdKind::Other),
        ] {
            assert_eq!(document_kind(kind, more), expected, "{kind} {more}");
        }
    }

    #[test]
    fn several_names_in_one_field() {
        for (text, expected) in [
            ("A B", vec!["A B"]),
            ("Azim A; Azim B", vec!["Azim A", "Azim B"]),
            ("Mohammed S; Mohammad S b) M. Javad; M. Jawad", vec!["Mohammed S", "Mohammad S", "M. Javad", "M. Jawad"]),
            ("Amir (original script: Амир)", vec!["Amir", "Амир"]),
            ("حاجى مالك (Hajji Malik; Haji Malek)", vec!["حاجى مالك", "Hajji Malik", "Haji Malek"]),
            ("أنصار الشريعة (Ansar al Charia (AAS))", vec!["أنصار الشريعة", "Ansar al Charia (AAS)"]),
            ("Ezatullah (previously listed as)", vec!["Ezatullah"]),
            ("SECOND ACADEMY (KPE.018)", vec!["SECOND ACADEMY"]),
            ("Safia Al-Hadad, born 1 Jan. 1953 (Oman passport)", vec!["Safia Al-Hadad"]),
            (") Abdelrahman Zafir", vec!["Abdelrahman Zafir"]),
            ("(Sheikh) Musa Hilal", vec!["(Sheikh) Musa Hilal"]),
            ("(open", vec!["(open"]),
            ("()", vec![]),
            ("(birth name)", vec![]),
            ("", vec![]),
        ] {
            let mut found = Names::default();
            found.take(text);
            assert_eq!(found.names, expected, "{text}");
        }
    }

    #[test]
    fn acronyms_but_not_places() {
        for (name, expected) in [
            ("ATOMIC ENERGY ORGANISATION OF IRAN (AEOI)", Some(("ATOMIC ENERGY ORGANISATION OF IRAN", "AEOI"))),
            ("Ocean Maritime Management Company, Limited (OMM)", Some(("Ocean Maritime Management Company, Limited", "OMM"))),
            ("UGANDA COMMERCIAL IMPEX (UCI) LTD", Some(("UGANDA COMMERCIAL IMPEX LTD", "UCI"))),
            ("AL-HARAMAIN FOUNDATION (PAKISTAN)", None),
            ("TOUS POUR LA PAIX ET LE DEVELOPPEMENT (NGO)", None),
            ("Leader (Hong Kong) International", None),
            ("A (", None),
        ] {
            let found = acronym(name);
            assert_eq!(found.as_ref().map(|(full, short)| (full.as_str(), *short)), expected, "{name}");
        }
    }
}
