//! The EU's consolidated list of financial sanctions (FSF), as XML by its schema 1.1.
//!
//! Rows are entities (`sanctionEntity`), names (`nameAlias`) and addresses (`address`). Everything stands in
//! attributes. The schema gives the types of codes, not their values, so codes (`identificationTypeCode`, the keys of
//! `contactInfo`) are told by the words in them and in their descriptions. No complete official file was at hand when
//! this was written: it follows the schema, and the sample in the tests is made from it. An entry's id is its
//! `logicalId`, the only number that the schema requires.

use super::remarks;
use super::xml::{self, Element, Layout, Xml, is_name, push_country, push_detail, push_identifier, push_name};
use super::{Context, Input, Parsed, SourceError};
use std::collections::HashSet;
use weighbridge_blob::date::{Day, PartialDate};
use weighbridge_blob::model::{Address, Entry, Identifier, NameRole};
use weighbridge_blob::place::Place;
use weighbridge_blob::words::{IdKind, Kind, List, ListSet};

const LAYOUT: Layout = Layout {
    name: "the EU consolidated list",
    root: "export",
    namespace: "/fsd/export",
    containers: &[],
    rows: &[("export", "sanctionEntity"), ("sanctionEntity", "nameAlias"), ("sanctionEntity", "address")],
};

/// Reads the list.
///
/// # Errors
/// [`SourceError`] if the file is no such list, is not well-formed, or is cut off.
pub fn read(input: &Input, context: &mut Context<'_>) -> Result<Parsed, SourceError> {
    let mut file = xml::open(input.open_file()?, LAYOUT, context)?;
    context.set_published(xml::published(file.root().attribute("generationDate")));
    let (mut entries, mut seen) = (Vec::new(), HashSet::new());
    while let Some(record) = file.next(context)? {
        if record.name != "sanctionEntity" {
            file.unknown(&record);
            continue;
        }
        match draft(&record, &mut seen, context) {
            Ok(mut entry) => {
                file.account.kept();
                for child in record.children() {
                    field(&mut entry, child, &mut file, context);
                }
                file.settle(&record, 0);
                entries.push(entry);
            }
            Err(reason) => file.lost_record(&record, &reason),
        }
    }
    let account = file.finish()?;
    Ok(Parsed { entries, ownership: Vec::new(), lists: ListSet::of(List::EuFsf), files: vec![account] })
}

/// The entry with its id, kind, dates and main name.
fn draft(record: &Element, seen: &mut HashSet<String>, context: &Context<'_>) -> Result<Entry, String> {
    let id = record.attribute("logicalId");
    if id.is_empty() {
        return Err("the entity has no `logicalId`".to_owned());
    }
    let subject = record.all("subjectType").next();
    let kind = match subject.map_or("", |subject| subject.attribute("classificationCode")) {
        "P" => Kind::Person,
        "E" => Kind::Organization,
        other => return Err(format!("`subjectType`: classification `{other}` is neither `P` nor `E`")),
    };
    let names = || record.all("nameAlias").filter(|name| is_name(&name_of(name)));
    // The schema calls the strong name the main one; several are usual, in several languages.
    let Some(main) = names().find(|name| flag(name, "strong") != Some(false)).or_else(|| names().next()) else {
        return Err(format!("entity {id} has no name"));
    };
    if !seen.insert(id.to_owned()) {
        return Err(format!("entity {id} occurs twice"));
    }
    let mut entry = Entry::new(context.entry_id(id), Some(List::EuFsf), kind);
    push_name(&mut entry, &name_of(main), NameRole::Primary);
    entry.from = record.attribute("designationDate").get(..10).and_then(|day| day.parse().ok());
    // "The date from which the entity should not be sanctioned anymore": the day before is the last.
    let delisted: Option<Day> = record.attribute("delistingDate").get(..10).and_then(|day| day.parse().ok());
    entry.to = delisted.map(|day| Day(day.0 - 1));
    for (attribute, label) in [
        ("euReferenceNumber", "EU reference"),
        ("unitedNationId", "UN reference"),
        ("designationDate", "designated on"),
        ("delistingDate", "delisted on"),
        ("designationDetails", "designation"),
    ] {
        push_detail(&mut entry, label, record.attribute(attribute));
    }
    Ok(entry)
}

fn field(entry: &mut Entry, child: &Element, file: &mut Xml, context: &mut Context<'_>) {
    match child.name.as_str() {
        "subjectType" => push_detail(entry, "subject type", child.attribute("code")),
        "remark" => push_detail(entry, "remark", child.text()),
        "regulation" => regulation(entry, child),
        "nameAlias" => name(entry, child, file),
        "address" => address(entry, child, file, context),
        "citizenship" => {
            push_country(entry, country(child, file, context));
            push_detail(entry, "citizenship", &place_text(child));
        }
        "birthdate" => birth(entry, child, file, context),
        "identification" => identification(entry, child, file, context),
        "additionalInformation" => push_detail(entry, child.attribute("key"), child.attribute("value")),
        other => {
            context.note(format!("the element `<{other}>` of an entity is not known; its text is kept"), file.name(), child.line);
            push_detail(entry, other, &child.flat());
        }
    }
    if child.name != "regulation" {
        child.all("remark").for_each(|remark| push_detail(entry, &format!("remark on {}", child.name), remark.text()));
    }
}

fn regulation(entry: &mut Entry, element: &Element) {
    let programme = element.attribute("programme");
    if !programme.is_empty() && !entry.programmes.iter().any(|known| known == programme) {
        entry.programmes.push(programme.to_owned());
    }
    let title = format!("{} {}", element.attribute("regulationType"), element.attribute("numberTitle"));
    push_detail(entry, "regulation", title.trim());
    push_detail(entry, "published on", element.attribute("publicationDate"));
    push_detail(entry, "in force from", element.attribute("entryIntoForceDate"));
    push_detail(entry, "publication", element.get("publicationUrl"));
    element.all("remark").for_each(|remark| push_detail(entry, "remark on regulation", remark.text()));
}

fn name(entry: &mut Entry, element: &Element, file: &mut Xml) {
    if !element.is_row() {
        return;
    }
    let text = name_of(element);
    if !is_name(&text) {
        return file.account.lost(element.line, false, "`nameAlias` has none of `wholeName`, `firstName`, `middleName`, `lastName`");
    }
    // Only a list that says so weakens a name.
    let role = if flag(element, "strong") == Some(false) { NameRole::Weak } else { NameRole::Strong };
    push_name(entry, &text, role);
    for (attribute, label) in [("function", "function"), ("title", "title"), ("gender", "gender")] {
        push_detail(entry, label, element.attribute(attribute));
    }
    file.account.merged();
}

fn name_of(element: &Element) -> String {
    let whole = xml::fold(element.attribute("wholeName"));
    if !whole.is_empty() {
        return whole;
    }
    xml::fold(&["firstName", "middleName", "lastName"].map(|part| element.attribute(part)).join(" "))
}

fn address(entry: &mut Entry, element: &Element, file: &mut Xml, context: &mut Context<'_>) {
    if !element.is_row() {
        return;
    }
    let join = |parts: &[&str]| parts.iter().map(|part| element.attribute(part)).filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ");
    let po_box = match element.attribute("poBox") {
        "" => String::new(),
        number => format!("P.O. Box {number}"),
    };
    let mut street = join(&["street"]);
    if !po_box.is_empty() {
        street = [street, po_box].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    }
    let country = country(element, file, context);
    let country_text = xml::fold(element.attribute("countryDescription"));
    let address = Address { street, city: join(&["place", "city", "region", "zipCode"]), country, country_text };
    let says = !(address.street.is_empty() && address.city.is_empty()) || address.country.is_some();
    if says && !entry.addresses.contains(&address) {
        entry.addresses.push(address);
    }
    for contact in element.all("contactInfo") {
        let (key, value) = (contact.attribute("key"), contact.attribute("value"));
        let words = key.to_ascii_lowercase();
        let label = match () {
            () if words.contains("mail") => "Email Address",
            () if words.contains("web") || words.contains("url") => "Website",
            () if words.contains("phone") || words.contains("mobile") => "Phone Number",
            () if words.contains("swift") || words.contains("bic") => "SWIFT/BIC",
            () => "",
        };
        let found = remarks::parse(&format!("{label} {value}"), entry.kind, false);
        for identifier in found.identifiers {
            push_identifier(entry, identifier);
        }
        entry.websites.extend(found.websites);
        push_detail(entry, &format!("contact: {key}"), value);
    }
    file.account.merged();
}

fn birth(entry: &mut Entry, element: &Element, file: &Xml, context: &mut Context<'_>) {
    push_detail(entry, "place of birth", &place_text(element));
    let number = |attribute: &str| element.attribute(attribute).parse::<u32>().ok();
    let [date, from, to] = ["birthdate", "yearRangeFrom", "yearRangeTo"].map(|attribute| element.attribute(attribute));
    let calendar = element.attribute("calendarType");
    let dates: Vec<PartialDate> = if !matches!(calendar, "" | "GREGORIAN") {
        Vec::new()
    } else if !date.is_empty() {
        date.get(..10).and_then(|date| date.parse().ok()).into_iter().collect()
    } else if let Some(year) = number("year").filter(|year| (1..=9_999).contains(year)) {
        let (month, day) = (number("monthOfYear").unwrap_or(0), number("dayOfMonth").unwrap_or(0));
        // A day without a month says nothing.
        let (month, day) = if month > 12 || day > 31 { (0, 0) } else { (month, if month == 0 { 0 } else { day }) };
        PartialDate::from_code(year * 10_000 + month * 100 + day).into_iter().collect()
    } else if !from.is_empty() || !to.is_empty() {
        let (first, last) = (if from.is_empty() { to } else { from }, if to.is_empty() { from } else { to });
        remarks::parse(&format!("DOB {first} to {last}"), Kind::Person, false).birth_dates
    } else {
        return;
    };
    if dates.is_empty() {
        let text = element.flat();
        context.note(format!("no date could be taken from `{text}`; kept in the details"), file.name(), element.line);
        push_detail(entry, "date of birth", &text);
    }
    for date in dates {
        // "About" a date is a year at best.
        let date = if flag(element, "circa") == Some(true) { PartialDate { year: date.year, month: None, day: None } } else { date };
        if !entry.birth_dates.contains(&date) {
            entry.birth_dates.push(date);
        }
    }
}

fn identification(entry: &mut Entry, element: &Element, file: &Xml, context: &mut Context<'_>) {
    let country = country(element, file, context);
    let (code, description) = (element.attribute("identificationTypeCode"), element.attribute("identificationTypeDescription"));
    let kind = document_kind(code, description);
    let mut any = false;
    for number in [element.attribute("number"), element.attribute("latinNumber")] {
        if number.bytes().any(|byte| byte.is_ascii_alphanumeric()) {
            any = true;
            push_identifier(entry, Identifier { kind, number: number.to_owned(), country });
        }
    }
    let whole = element.attributes_in(&["identificationTypeDescription", "number", "issuedBy", "nameOnDocument", "issueDate", "validTo"]);
    push_detail(entry, "document", &whole);
    for (attribute, text) in [
        ("knownFalse", "known to be false"),
        ("knownExpired", "expired"),
        ("reportedLost", "reported lost"),
        ("revokedByIssuer", "revoked"),
    ] {
        // Whoever shows a false or lost document of a listed party is still worth a look: the number counts.
        if flag(element, attribute) == Some(true) {
            push_detail(entry, "document note", &format!("{} {text}", element.attribute("number")));
        }
    }
    if !any {
        context.note(format!("no number could be taken from the document `{whole}`; kept in the details"), file.name(), element.line);
    }
}

fn document_kind(code: &str, description: &str) -> IdKind {
    let text = format!("{code} {description}").to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match () {
        () if says(&["passport", "travel document"]) => IdKind::Passport,
        () if says(&["swift", "bic"]) => IdKind::Swift,
        () if says(&["imo"]) => IdKind::Imo,
        () if says(&["fiscal", "tax"]) => IdKind::TaxId,
        () if says(&["regnumber", "registration", "trade licen", "tradelic"]) => IdKind::Registration,
        () if code == "id" || says(&["national identification", "identity card", "social security", "ssn"]) => IdKind::NationalId,
        () => IdKind::Other,
    }
}

/// The country of an element. `00` is the list's code for none.
fn country(element: &Element, file: &Xml, context: &mut Context<'_>) -> Option<Place> {
    let (code, text) = (element.attribute("countryIso2Code"), element.attribute("countryDescription"));
    match code.parse::<Place>() {
        Ok(place) if code != "00" && code.bytes().all(|byte| byte.is_ascii_uppercase()) => Some(place),
        _ => context.country(text, file.name(), element.line),
    }
}

/// City, region and country in words.
fn place_text(element: &Element) -> String {
    element.attributes_in(&["place", "city", "region", "zipCode", "countryDescription"])
}

/// A flag; `None` if it is not there.
fn flag(element: &Element, attribute: &str) -> Option<bool> {
    match element.attribute(attribute) {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}
