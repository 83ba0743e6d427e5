//! OFAC's XML: `sdn.xml` and `consolidated.xml`, which share one layout.
//!
//! Rows are entries (`sdnEntry`), aliases (`aka`) and addresses (`address`). Nothing in the file says which of the two
//! lists it is; a programme that only the non-SDN list has (`CMIC-EO13959`, `561-Related`, `FSE-IR`, `NS-PLC` alone)
//! tells them apart. A file without one is taken for the SDN list, the more severe of the two. Layout: OFAC, "SDN data
//! formats"; the element for the publication is spelt `publshInformation`. It was read on a complete `consolidated.xml`; no
//! `sdn.xml` was at hand.

use super::ofac_csv::non_sdn_lists;
use super::remarks::{self, reading_order};
use super::xml::{self, Element, Layout, Xml, is_name, push_country, push_detail, push_identifier, push_name};
use super::{Context, Input, Parsed, SourceError};
use std::collections::HashSet;
use weighbridge_blob::model::{Address, Entry, NameRole};
use weighbridge_blob::words::{Kind, List, ListSet};

const LAYOUT: Layout = Layout {
    name: "OFAC's XML list",
    root: "sdnList",
    namespace: "/exports/XML",
    containers: &[],
    rows: &[("sdnList", "sdnEntry"), ("akaList", "aka"), ("addressList", "address")],
};

/// The lists that the non-SDN file provides.
pub(super) const NON_SDN: &[List] = &[List::Ssi, List::Fse, List::Plc, List::Cap, List::Cmic, List::NsMbs];

/// Reads the list.
///
/// # Errors
/// [`SourceError`] if the file is no such list, is not well-formed, is cut off, or holds fewer entries than it says.
pub fn read(input: &Input, context: &mut Context<'_>) -> Result<Parsed, SourceError> {
    let mut file = xml::open(input.open_file()?, LAYOUT, context)?;
    let mut records = Records::default();
    while let Some(record) = file.next(context)? {
        match record.name.as_str() {
            "publshInformation" | "publishInformation" => {
                context.set_published(xml::published(record.get("Publish_Date")));
                records.said = record.get("Record_Count").parse().ok();
            }
            "sdnEntry" => records.entry(&record, &mut file, context),
            _ => file.unknown(&record),
        }
    }
    if let Some(said) = records.said.filter(|said| *said != records.found) {
        return Err(file.error(1, format!("the file says that it has {said} entries and holds {}; fetch it again", records.found)));
    }
    let lists = records.finish(&mut file);
    let account = file.finish()?;
    Ok(Parsed { entries: records.entries, ownership: Vec::new(), lists, files: vec![account] })
}

#[derive(Default)]
struct Records {
    entries: Vec<Entry>,
    /// For each entry: its line, its rows, and the lists that it has if this is the non-SDN file.
    pending: Vec<Pending>,
    seen: HashSet<String>,
    said: Option<u64>,
    found: u64,
}

struct Pending {
    line: u64,
    merged: Vec<u64>,
    lists: Result<ListSet, String>,
}

impl Records {
    fn entry(&mut self, record: &Element, file: &mut Xml, context: &mut Context<'_>) {
        self.found += 1;
        let uid = record.get("uid");
        let kind = match record.get("sdnType") {
            "Individual" => Kind::Person,
            "Entity" => Kind::Organization,
            "Vessel" => Kind::Vessel,
            "Aircraft" => Kind::Aircraft,
            other => return file.lost_record(record, &format!("`sdnType`: type `{other}` is not known")),
        };
        if uid.is_empty() {
            return file.lost_record(record, "the entry has no `uid`");
        }
        if !self.seen.insert(uid.to_owned()) {
            return file.lost_record(record, &format!("entry {uid} occurs twice"));
        }
        let name = name(record, kind);
        if !is_name(&name) {
            return file.lost_record(record, &format!("entry {uid} has no name"));
        }
        let mut entry = Entry::new(context.entry_id(uid), None, kind);
        push_name(&mut entry, &name, NameRole::Primary);
        let mut builder = Builder { entry, facts: Vec::new(), merged: Vec::new() };
        for child in record.children() {
            builder.field(child, file, context);
        }
        let Builder { entry, facts, merged } = builder;
        let lists = non_sdn_lists(&entry.programmes, &facts.join("; "));
        file.settle(record, 1 + merged.len() as u64);
        self.pending.push(Pending { line: record.line, merged, lists });
        self.entries.push(entry);
    }

    /// Now that the whole file is read, says which list it is, and gives each entry its own.
    fn finish(&mut self, file: &mut Xml) -> ListSet {
        let non_sdn = self.entries.iter().any(|entry| is_non_sdn(&entry.programmes));
        let entries = std::mem::take(&mut self.entries);
        for (mut entry, pending) in entries.into_iter().zip(std::mem::take(&mut self.pending)) {
            entry.lists = match pending.lists {
                _ if !non_sdn => ListSet::of(List::Sdn),
                Ok(lists) => lists,
                Err(reason) => {
                    file.account.lost(pending.line, false, reason.replace("column 4", "`programList`"));
                    for line in pending.merged {
                        file.account.lost(line, false, format!("its entry on line {} could not be used", pending.line));
                    }
                    continue;
                }
            };
            file.account.kept();
            pending.merged.iter().for_each(|_| file.account.merged());
            self.entries.push(entry);
        }
        if non_sdn { NON_SDN.iter().copied().collect() } else { ListSet::of(List::Sdn) }
    }
}

/// Whether only the non-SDN list has these programmes. Members of the Palestinian Legislative Council who are on the
/// SDN list too have `SDGT` beside `NS-PLC`, in both files.
fn is_non_sdn(programmes: &[String]) -> bool {
    let only = |programme: &String| {
        programme.starts_with("CMIC") || programme.starts_with("561") || programme.starts_with("FSE-") || programme == "CAPTA"
    };
    programmes.iter().any(only) || programmes == ["NS-PLC"]
}

struct Builder {
    entry: Entry,
    /// Numbers and remarks as text, from which the directives are read.
    facts: Vec<String>,
    /// Lines of the aliases and addresses that are in the entry.
    merged: Vec<u64>,
}

impl Builder {
    fn field(&mut self, child: &Element, file: &mut Xml, context: &mut Context<'_>) {
        let entry = &mut self.entry;
        match child.name.as_str() {
            "uid" | "firstName" | "lastName" | "sdnType" => {}
            "programList" => entry.programmes.extend(child.all("program").map(|p| p.text().to_owned()).filter(|p| !p.is_empty())),
            "remarks" => {
                self.facts.push(child.text().to_owned());
                take(entry, remarks::parse(child.text(), entry.kind, false), context, file.name(), child.line);
                push_detail(entry, "remarks", child.text());
            }
            "akaList" => child.all("aka").for_each(|aka| self.alias(aka, file, context)),
            "addressList" => child.all("address").filter(|address| address.is_row()).for_each(|a| self.address(a, file, context)),
            "idList" => {
                for id in child.all("id") {
                    let (label, number, country) = (id.get("idType"), id.get("idNumber"), id.get("idCountry"));
                    self.facts.push(format!("{label} {number}"));
                    fact(entry, label, number, country, context, file.name(), id.line);
                    let dates = [("issued", "issueDate"), ("expires", "expirationDate")].map(|(word, date)| (word, id.get(date)));
                    for (word, date) in dates.into_iter().filter(|(_, date)| !date.is_empty()) {
                        push_detail(entry, label, &format!("{number} {word} {date}"));
                    }
                }
            }
            "dateOfBirthList" => {
                for item in child.all("dateOfBirthItem") {
                    fact(entry, "DOB", item.get("dateOfBirth"), "", context, file.name(), item.line);
                }
            }
            "placeOfBirthList" => {
                child.all("placeOfBirthItem").for_each(|item| push_detail(entry, "place of birth", item.get("placeOfBirth")));
            }
            "nationalityList" | "citizenshipList" => {
                for item in child.children() {
                    push_country(entry, context.country(item.get("country"), file.name(), item.line));
                    push_detail(entry, item.name.as_str(), item.get("country"));
                }
            }
            "vesselInfo" => {
                for (name, label) in [
                    ("callSign", "call sign"),
                    ("vesselType", "vessel type"),
                    ("vesselFlag", "flag"),
                    ("vesselOwner", "owner"),
                    ("tonnage", "tonnage"),
                    ("grossRegisteredTonnage", "gross registered tonnage"),
                ] {
                    push_detail(entry, label, child.get(name));
                }
                push_country(entry, context.country(child.get("vesselFlag"), file.name(), child.line));
            }
            other => {
                if other != "title" {
                    context.note(format!("the element `<{other}>` of an entry is not known; its text is kept"), file.name(), child.line);
                }
                push_detail(entry, other, &child.flat());
            }
        }
    }

    fn alias(&mut self, aka: &Element, file: &mut Xml, context: &mut Context<'_>) {
        if !aka.is_row() {
            return;
        }
        let text = name(aka, self.entry.kind);
        if !is_name(&text) {
            return file.account.lost(aka.line, false, "the alias has no name");
        }
        let Some(role) = alias_role(aka.get("type"), aka.get("category").eq_ignore_ascii_case("weak")) else {
            return file.account.lost(aka.line, false, format!("alias type `{}` is not known", aka.get("type")));
        };
        if !matches!(aka.get("category"), "strong" | "weak") {
            context.note(format!("alias category `{}` is not known; taken as strong", aka.get("category")), file.name(), aka.line);
        }
        push_name(&mut self.entry, &text, role);
        self.merged.push(aka.line);
    }

    fn address(&mut self, element: &Element, file: &Xml, context: &mut Context<'_>) {
        let join =
            |parts: &[&str]| parts.iter().map(|part| element.get(part)).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        let country_text = element.get("country");
        let address = Address {
            street: join(&["address1", "address2", "address3"]),
            city: join(&["city", "stateOrProvince", "postalCode"]),
            country: context.country(country_text, file.name(), element.line),
            country_text: country_text.to_owned(),
        };
        if address != Address::default() && !self.entry.addresses.contains(&address) {
            self.entry.addresses.push(address);
        }
        self.merged.push(element.line);
    }
}

/// The role of an alias; `None` for a type that is not known. A weak former name is weak: alone it says nothing.
pub(super) fn alias_role(kind: &str, weak: bool) -> Option<NameRole> {
    let role = match kind.to_ascii_lowercase().as_str() {
        // "Now known as" is a name in use today.
        "a.k.a." | "n.k.a." => NameRole::Strong,
        "f.k.a." => NameRole::Former,
        _ => return None,
    };
    Some(if weak { NameRole::Weak } else { role })
}

/// A name in reading order, from its parts.
fn name(element: &Element, kind: Kind) -> String {
    let (last, first) = (element.get("lastName"), element.get("firstName"));
    match (kind, first.is_empty()) {
        (Kind::Person, _) => reading_order(&format!("{last}, {first}")),
        (_, true) => last.to_owned(),
        (_, false) => format!("{first} {last}").trim().to_owned(),
    }
}

/// Takes one labelled fact (`Tax ID No.`, `7702070139`, `Russia`) as the remarks of the CSV files would have it; what is
/// no identifier, date or country there is a detail.
pub(super) fn fact(entry: &mut Entry, label: &str, value: &str, country: &str, context: &mut Context<'_>, file: &str, line: u64) {
    let label = label.trim_end_matches([':', '-', ' ']);
    if value.is_empty() {
        return;
    }
    let mut found = remarks::Remarks::default();
    // A text of several clauses is prose: a label at the head of a clause would be chance.
    if !value.contains("; ") {
        let issuer = if country.is_empty() { String::new() } else { format!(" ({country})") };
        found = remarks::parse(&format!("{label} {value}{issuer}"), entry.kind, false);
        if !country.is_empty() {
            // Noted if it is not known.
            let _ = context.country(country, file, line);
        }
    }
    if found == remarks::Remarks::default() {
        push_detail(entry, label, value);
    }
    take(entry, found, context, file, line);
}

/// Adds what remarks hold.
fn take(entry: &mut Entry, found: remarks::Remarks, context: &mut Context<'_>, file: &str, line: u64) {
    found.names.iter().for_each(|name| push_name(entry, &name.text, name.role));
    for identifier in found.identifiers {
        push_identifier(entry, identifier);
    }
    for site in found.websites {
        if !entry.websites.contains(&site) {
            entry.websites.push(site);
        }
    }
    for place in found.countries {
        push_country(entry, Some(place));
    }
    for date in found.birth_dates {
        if !entry.birth_dates.contains(&date) {
            entry.birth_dates.push(date);
        }
    }
    for (label, text) in &found.details {
        push_detail(entry, label, text);
    }
    for country in found.unknown_countries {
        context.note(format!("`{country}` is not a country or region that is known here; kept as text"), file, line);
        push_detail(entry, "country", &country);
    }
    for item in found.unusable {
        let label: String = item.chars().take(60).collect();
        context.note(format!("no value could be taken from `{label}`; kept in the details"), file, line);
        push_detail(entry, "not understood", &item);
    }
}
