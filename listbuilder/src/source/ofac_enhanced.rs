//! OFAC's enhanced XML: `SDN_ENHANCED.XML` and `CONS_ENHANCED.XML`, published as archives.
//!
//! Rows are entities, names, addresses and identity documents; the translations of a name are names of their own but
//! part of its row. Each name has a flag for low quality (a weak alias) and, for each translation, its script. The
//! file says of every entity which lists it is on. Relationships say "owned or controlled by", which is no statement
//! about shares, so they are kept as details and make no ownership edges.

use super::ofac_csv::non_sdn_lists;
use super::ofac_xml::{NON_SDN, alias_role, fact};
use super::remarks::reading_order;
use super::xml::{self, Element, Layout, Xml, is_name, push_detail, push_name};
use super::{Context, Input, Parsed, SourceError};
use std::collections::HashSet;
use weighbridge_blob::model::{Address, Entry, NameRole};
use weighbridge_blob::words::{Kind, List, ListSet};

const LAYOUT: Layout = Layout {
    name: "OFAC's enhanced XML",
    root: "sanctionsData",
    namespace: "/ENHANCED_XML",
    containers: &["entities"],
    rows: &[("entities", "entity"), ("names", "name"), ("addresses", "address"), ("identityDocuments", "identityDocument")],
};

/// Reads the list.
///
/// # Errors
/// [`SourceError`] if the file is no such list, is not well-formed, is cut off, or does not say which list it is.
pub fn read(input: &Input, context: &mut Context<'_>) -> Result<Parsed, SourceError> {
    let mut file = xml::open(input.open_file()?, LAYOUT, context)?;
    let (mut lists, mut entries, mut seen) = (ListSet::EMPTY, Vec::new(), HashSet::new());
    while let Some(record) = file.next(context)? {
        match record.name.as_str() {
            "publicationInfo" => {
                context.set_published(xml::published(record.get("dataAsOf")));
                for list in record.all("filters").flat_map(|filters| filters.items("sanctionsLists", "sanctionsList")) {
                    lists = lists.union(
                        provided(list.text())
                            .ok_or_else(|| file.error(list.line, format!("`{}` is not a list that is known here", list.text())))?,
                    );
                }
            }
            // Code lists; what they stand for is written out wherever it is used.
            "referenceValues" | "featureTypes" => {}
            "entity" => {
                if let Some(entry) = entity(&record, &mut seen, &mut file, context) {
                    entries.push(entry);
                }
            }
            _ => file.unknown(&record),
        }
    }
    if lists.is_empty() {
        return Err(file.error(file.root().line, "`publicationInfo` names no list; what the file provides cannot be told, fetch it again"));
    }
    let account = file.finish()?;
    Ok(Parsed { entries, ownership: Vec::new(), lists, files: vec![account] })
}

/// The lists that a file provides, by the filter it was made with.
fn provided(filter: &str) -> Option<ListSet> {
    match filter {
        "SDN List" => Some(ListSet::of(List::Sdn)),
        "Consolidated List" => Some(NON_SDN.iter().copied().collect()),
        other => list(other).ok(),
    }
}

/// The list that a name stands for. `Consolidated List` is all that is not the SDN list, and no list of its own.
fn list(name: &str) -> Result<ListSet, String> {
    Ok(ListSet::of(match name {
        "SDN List" => List::Sdn,
        "Sectoral Sanctions Identifications List" => List::Ssi,
        "Non-SDN Palestinian Legislative Council List" => List::Plc,
        "Non-SDN CMIC List" => List::Cmic,
        "Non-SDN Menu-Based Sanctions List" => List::NsMbs,
        "CAPTA List" => List::Cap,
        "FSE List" | "Foreign Sanctions Evaders List" => List::Fse,
        "Consolidated List" => return Ok(ListSet::EMPTY),
        other => return Err(format!("`sanctionsList`: `{other}` is not a list that is known here")),
    }))
}

fn entity(record: &Element, seen: &mut HashSet<String>, file: &mut Xml, context: &mut Context<'_>) -> Option<Entry> {
    match draft(record, seen, file.name(), context) {
        Ok(mut entry) => {
            file.account.kept();
            for child in record.children() {
                field(&mut entry, child, file, context);
            }
            file.settle(record, 0);
            Some(entry)
        }
        Err(reason) => {
            file.lost_record(record, &reason);
            None
        }
    }
}

/// The entry with its id, kind, lists and main name.
fn draft(record: &Element, seen: &mut HashSet<String>, file: &str, context: &mut Context<'_>) -> Result<Entry, String> {
    let id = record.attribute("id");
    let info = record.children().iter().find(|child| child.name == "generalInfo");
    let kind = match info.map_or("", |info| info.get("entityType")) {
        "Individual" => Kind::Person,
        "Entity" => Kind::Organization,
        "Vessel" => Kind::Vessel,
        "Aircraft" => Kind::Aircraft,
        other => return Err(format!("`entityType`: type `{other}` is not known")),
    };
    if id.is_empty() {
        return Err("the entity has no `id`".to_owned());
    }
    let mut entry = Entry::new(context.entry_id(id), None, kind);
    entry.programmes =
        record.items("sanctionsPrograms", "sanctionsProgram").map(|p| p.text().to_owned()).filter(|p| !p.is_empty()).collect();
    for stated in record.items("sanctionsLists", "sanctionsList") {
        entry.lists = entry.lists.union(list(stated.text())?);
    }
    // The file leaves banks under Directive 2 out of its CAPTA list; the tags and directives of the entry decide as in
    // the other layouts, so that a party is on the same lists whichever file it is read from.
    let facts: Vec<String> = record.items("features", "feature").map(|f| format!("{} {}", f.get("type"), f.get("value"))).collect();
    match non_sdn_lists(&entry.programmes, &facts.join("; ")) {
        Ok(lists) if entry.lists != ListSet::of(List::Sdn) => entry.lists = entry.lists.union(lists),
        Ok(_) => {}
        Err(_) if !entry.lists.is_empty() => {}
        Err(reason) => return Err(reason.replace("column 4", "`sanctionsPrograms`")),
    }
    let names = || record.items("names", "name");
    let Some(main) = names().find(|name| name.get("isPrimary") == "true").or_else(|| names().next()) else {
        return Err(format!("entity {id} has no name"));
    };
    let translations = || main.items("translations", "translation");
    let text = translations().find(|t| t.get("isPrimary") == "true").or_else(|| translations().next()).map(|t| text_of(t, kind));
    let Some(text) = text.filter(|text| is_name(text)) else { return Err(format!("the main name of entity {id} is empty")) };
    if main.get("isPrimary") != "true" {
        context.note("an entity has no name that is marked as its main one; the first is taken", file, record.line);
    }
    if !seen.insert(id.to_owned()) {
        return Err(format!("entity {id} occurs twice"));
    }
    push_name(&mut entry, &text, NameRole::Primary);
    Ok(entry)
}

fn field(entry: &mut Entry, child: &Element, file: &mut Xml, context: &mut Context<'_>) {
    match child.name.as_str() {
        "sanctionsLists" => {
            for list in child.all("sanctionsList") {
                push_detail(entry, "list", &format!("{}, {}", list.text(), list.attribute("datePublished")));
            }
        }
        "sanctionsPrograms" => {}
        "generalInfo" => {
            for info in child.children() {
                match info.name.as_str() {
                    "identityId" | "entityType" => {}
                    "remarks" => push_detail(entry, "remarks", info.text()),
                    other => push_detail(entry, other, &info.flat()),
                }
            }
        }
        "sanctionsTypes" => child.all("sanctionsType").for_each(|kind| push_detail(entry, "sanctions type", kind.text())),
        "legalAuthorities" => child.all("legalAuthority").for_each(|law| push_detail(entry, "legal authority", law.text())),
        "names" => child.all("name").filter(|name| name.is_row()).for_each(|name| push_translations(entry, name, file, context)),
        "addresses" => child.all("address").filter(|address| address.is_row()).for_each(|a| address(entry, a, file, context)),
        "features" => child.all("feature").for_each(|feature| self::feature(entry, feature, file.name(), context)),
        "identityDocuments" => child.all("identityDocument").filter(|d| d.is_row()).for_each(|d| document(entry, d, file, context)),
        "relationships" => {
            for relation in child.all("relationship") {
                let related = relation.children().iter().find(|related| related.name == "relatedEntity");
                let id = related.map_or("", |related| related.attribute("entityId"));
                let text = format!("{} {} ({id})", relation.get("type"), related.map_or("", Element::text));
                push_detail(entry, "linked to", &text);
            }
        }
        other => {
            context.note(format!("the element `<{other}>` of an entity is not known; its text is kept"), file.name(), child.line);
            push_detail(entry, other, &child.flat());
        }
    }
}

fn push_translations(entry: &mut Entry, name: &Element, file: &mut Xml, context: &mut Context<'_>) {
    let weak = name.get("isLowQuality") == "true";
    let role = match name.get("aliasType") {
        // A main name beside the first, or one that OFAC itself holds to be poor.
        "" => Some(if weak { NameRole::Weak } else { NameRole::Strong }),
        kind => alias_role(kind, weak),
    };
    let Some(role) = role else {
        return file.account.lost(name.line, false, format!("`aliasType`: type `{}` is not known", name.get("aliasType")));
    };
    let mut any = false;
    for translation in name.items("translations", "translation") {
        let text = text_of(translation, entry.kind);
        any |= is_name(&text);
        push_name(entry, &text, role);
        let script = translation.get("script");
        if !matches!(script, "" | "Latin") {
            push_detail(entry, "name in another script", &format!("{text} ({script})"));
        }
        if translation.get("isPrimary") == "true" && text.is_empty() {
            context.note("a name has an empty main translation", file.name(), translation.line);
        }
    }
    if any { file.account.merged() } else { file.account.lost(name.line, false, "the name is empty in all its translations") }
}

/// The name in reading order. Names in Han and Hangul script have the family name first.
fn text_of(translation: &Element, kind: Kind) -> String {
    let full = translation.get("formattedFullName");
    if kind != Kind::Person {
        return full.to_owned();
    }
    let script = translation.get("script");
    if ["Chinese", "Japanese", "Korean"].iter().any(|family_first| script.starts_with(family_first)) {
        return xml::fold(&full.replace(',', " "));
    }
    reading_order(full)
}

fn address(entry: &mut Entry, element: &Element, file: &mut Xml, context: &mut Context<'_>) {
    let country_text = element.get("country");
    let country = context.country(country_text, file.name(), element.line);
    for translation in element.items("translations", "translation") {
        let mut address = Address { country, country_text: country_text.to_owned(), ..Address::default() };
        for part in translation.items("addressParts", "addressPart") {
            let place = match part.get("type") {
                kind if kind.starts_with("ADDRESS") => &mut address.street,
                "REGION" => {
                    // `Region: Gaza` stands in the place of a country.
                    if address.country_text.is_empty() {
                        address.country_text = format!("Region: {}", part.get("value"));
                        address.country = context.country(&address.country_text, file.name(), part.line);
                    }
                    &mut address.city
                }
                _ => &mut address.city,
            };
            if !place.is_empty() {
                place.push_str(", ");
            }
            place.push_str(part.get("value"));
        }
        if address != Address::default() && !entry.addresses.contains(&address) {
            entry.addresses.push(address);
        }
    }
    file.account.merged();
}

fn feature(entry: &mut Entry, element: &Element, file: &str, context: &mut Context<'_>) {
    let label = match element.get("type") {
        "Birthdate" => "DOB",
        "Place of Birth" => "POB",
        "Citizenship Country" => "citizen",
        "Nationality Country" => "nationality",
        other => other,
    };
    fact(entry, label, element.get("value"), "", context, file, element.line);
    let comments = element.get("comments");
    if !comments.is_empty() {
        push_detail(entry, label, &format!("{}: {comments}", element.get("value")));
    }
}

fn document(entry: &mut Entry, element: &Element, file: &mut Xml, context: &mut Context<'_>) {
    let (label, number) = (element.get("type"), element.get("documentNumber"));
    if number.is_empty() {
        return file.account.lost(element.line, false, "the document has no `documentNumber`");
    }
    fact(entry, label, number, element.get("issuingCountry"), context, file.name(), element.line);
    // A document that is not valid any more still names its holder.
    for (name, word) in [("isValid", "valid"), ("issuingAuthority", "issued by"), ("issueDate", "issued"), ("expirationDate", "expires")] {
        let value = element.get(name);
        let usual = value.is_empty() || (name == "isValid" && value == "true");
        if !usual {
            push_detail(entry, label, &format!("{number}, {word} {value}"));
        }
    }
    file.account.merged();
}
