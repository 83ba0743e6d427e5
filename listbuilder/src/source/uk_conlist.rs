//! The Consolidated List of the UK's Office of Financial Sanctions Implementation, as it was until January 2026.
//!
//! Windows-1252 (later UTF-8), the date on the first line, the header on the second. One row a name (and address), joined by
//! `Group ID`; several rows of a group may be the primary name. The layout of 2022 adds names in other scripts, the
//! quality of an alias, and the id in the UK Sanctions List.

use super::fill::{self, Order};
use super::table::{Layout, Row, Table};
use super::uk::{self, Groups};
use super::{Context, Input, Parsed, SourceError};
use weighbridge_blob::model::{Address, Entry, NameRole};
use weighbridge_blob::words::{IdKind, List, ListSet};

const LAYOUT: Layout = Layout {
    name: "OFSI's Consolidated List",
    delimiter: b',',
    windows_1252: true,
    required: &[
        "Group ID",
        "Name 6",
        "Name 1",
        "Name 2",
        "Name 3",
        "Name 4",
        "Name 5",
        "Title",
        "DOB",
        "Town of Birth",
        "Country of Birth",
        "Nationality",
        "Passport Details",
        "Position",
        "Address 1",
        "Address 2",
        "Address 3",
        "Address 4",
        "Address 5",
        "Address 6",
        "Post/Zip Code",
        "Country",
        "Other Information",
        "Group Type",
        "Alias Type",
        "Regime",
        "Listed On",
        "Last Updated",
    ],
    optional: &[
        "NI Number",
        "Passport Number",
        "National Identification Number",
        "National Identification Details",
        "Alias Quality",
        "Name Non-Latin Script",
        "Non-Latin Script Type",
        "Non-Latin Script Language",
        "UK Sanctions List Date Designated",
    ],
};

/// Reads the file.
///
/// # Errors
/// [`SourceError`] if the file cannot be read, is of another layout, or has no rows.
pub fn read(input: &Input, context: &mut Context<'_>) -> Result<Parsed, SourceError> {
    let mut table = Table::open(input.open_file()?, &LAYOUT, context)?;
    let date = table.preamble().get(1).and_then(|text| fill::day(text, Order::DayFirst));
    if let Some(date) = date {
        context.note(format!("the file is of {date}"), table.name(), 1);
    }
    let mut groups = Groups::default();
    while let Some(row) = table.next(context)? {
        match entry(&row, table.name(), context) {
            Ok(entry) => groups.add(entry, row.line),
            Err(reason) => table.account.lost(row.line, false, reason),
        }
    }
    let entries = groups.finish(&mut table);
    Ok(Parsed { entries, ownership: Vec::new(), lists: ListSet::of(List::UkUksl), files: vec![table.finish()?] })
}

fn entry(row: &Row, file: &str, context: &mut Context<'_>) -> Result<Entry, String> {
    let group = row.get("Group ID");
    if group.is_empty() {
        return Err("`Group ID` is empty".to_owned());
    }
    let group_type = row.get("Group Type");
    let kind = uk::kind(group_type).ok_or_else(|| format!("`{group_type}` in `Group Type` is not known"))?;
    let low = row.get("Alias Quality").eq_ignore_ascii_case("low");
    let role = match row.get("Alias Type").to_ascii_lowercase().as_str() {
        "prime alias" | "primary name" => NameRole::Primary,
        "aka" if low => NameRole::Weak,
        "aka" | "primary name variation" => NameRole::Strong,
        "fka" => NameRole::Former,
        other => return Err(format!("`{other}` in `Alias Type` is not known")),
    };
    let mut entry = Entry::new(context.entry_id(group), Some(List::UkUksl), kind);
    fill::name(&mut entry, &uk::full_name(row, kind), role);
    fill::name(&mut entry, row.get("Name Non-Latin Script"), NameRole::Strong);

    let birth = row.get("DOB");
    match fill::partial(birth, Order::DayFirst) {
        Some(date) => fill::once(&mut entry.birth_dates, date),
        None if birth.is_empty() => {}
        None => context.note(format!("`{birth}` in `DOB` is no date; kept as text"), file, row.line),
    }
    for item in uk::items(row.get("Nationality")) {
        if let Some(place) = fill::loose_country(item, context, file, row.line) {
            fill::once(&mut entry.countries, place);
        }
    }
    for (column, fixed) in [
        ("Passport Details", Some(IdKind::Passport)),
        ("Passport Number", Some(IdKind::Passport)),
        ("NI Number", None),
        ("National Identification Number", None),
    ] {
        let rest = uk::numbers(&mut entry, row.get(column), |item| fixed.unwrap_or_else(|| uk::national_number(item)));
        for item in rest.iter().filter(|item| item.bytes().any(|b| b.is_ascii_digit())) {
            let item: String = item.chars().take(60).collect();
            context.note(format!("no number could be taken from `{item}` in `{column}`; kept as text"), file, row.line);
        }
    }
    let street: Vec<&str> = ["Address 1", "Address 2", "Address 3", "Address 4", "Address 5"].map(|c| row.get(c)).to_vec();
    let city: Vec<&str> = ["Address 6", "Post/Zip Code"].map(|c| row.get(c)).to_vec();
    let country_text = row.get("Country");
    let address = Address {
        street: joined(&street),
        city: joined(&city),
        country: fill::loose_country(country_text, context, file, row.line),
        country_text: country_text.to_owned(),
    };
    fill::address(&mut entry, address);

    let listed = row.get("Listed On");
    entry.from = fill::day(listed, Order::DayFirst);
    if entry.from.is_none() && !listed.is_empty() {
        context.note(format!("`{listed}` in `Listed On` is no date; the entry has effect without it"), file, row.line);
    }
    if !row.get("Regime").is_empty() {
        fill::once(&mut entry.programmes, row.get("Regime").to_owned());
    }
    other_information(&mut entry, row.get("Other Information"));
    for column in [
        "Title",
        "DOB",
        "Town of Birth",
        "Country of Birth",
        "Nationality",
        "Passport Details",
        "NI Number",
        "National Identification Details",
        "Position",
        "Listed On",
        "Last Updated",
        "UK Sanctions List Date Designated",
        "Other Information",
    ] {
        fill::detail(&mut entry, &column.to_lowercase(), row.get(column));
    }
    Ok(entry)
}

fn joined(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(", ")
}

/// References to other lists, and the names that stand in prose: `UN Ref QI.B.55.01. Also referred to as X, Y and Z.`
fn other_information(entry: &mut Entry, text: &str) {
    for reference in after(text, "un ref") {
        // `UN Ref. CFe.002.`, `UN REF:QE.A.146.14`, `UN Reference QI...`
        let reference = reference.strip_prefix("erence").unwrap_or(reference).trim_start_matches(['.', ':', ' ', '-']);
        if let Some(reference) = un_reference(reference) {
            fill::identifier(entry, IdKind::ListEntry, &format!("un_sc_sanctions:{reference}"), None);
            fill::detail(entry, "un reference", reference);
        }
    }
    for reference in after(text, "(uk sanctions list ref):") {
        let reference = reference.trim_start();
        let end = reference.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(reference.len());
        if let Some(reference) = reference.get(..end).filter(|reference| !reference.is_empty()) {
            fill::identifier(entry, IdKind::ListEntry, &format!("gb_fcdo_sanctions:{reference}"), None);
            fill::detail(entry, "uk sanctions list reference", reference);
        }
    }
    for names in after(text, "also referred to as ") {
        let end = names.find(". ").unwrap_or(names.len());
        let names = names.get(..end).unwrap_or_default().trim_end_matches('.').replace(" and ", ", ");
        // Longer items are sentences.
        for name in names.split(", ").filter(|name| name.split(' ').count() <= 6) {
            fill::name(entry, name, NameRole::Weak);
        }
    }
}

/// What follows each occurrence of a text, whatever its case. `wanted` is in lower case.
fn after<'a>(text: &'a str, wanted: &str) -> Vec<&'a str> {
    let lower = text.to_ascii_lowercase();
    lower.match_indices(wanted).filter_map(|(at, _)| text.get(at + wanted.len()..)).collect()
}

/// A reference of the United Nations, old (`QE.A.146.14`) or new (`QDe.146`): letters, digits and full stops, with both.
fn un_reference(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(text.len());
    let reference = text.get(..end)?.trim_end_matches('.');
    let fits = reference.contains('.') && reference.bytes().any(|b| b.is_ascii_digit()) && reference.len() <= 20;
    (fits && reference.starts_with(|c: char| c.is_ascii_uppercase())).then_some(reference)
}

#[cfg(test)]
mod tests {
    use super::*;
    use weighbridge_blob::words::Kind;

    #[test]
    fn references_and_names_in_prose() {
        for (text, reference) in [
            ("UN REF:QE.A.146.14. Also referred to as Ansar al Charia in Libya (ASL). Operates in Benghazi.", "QE.A.146.14"),
            ("UN Ref E.29.I.11. Owned or controlled by", "E.29.I.11"),
            ("UN Ref. CFe.002. Emerged in northern Uganda", "CFe.002"),
            ("Leader. UN Reference QI.B.217.06", "QI.B.217.06"),
        ] {
            let mut entry = Entry::new("x:1", None, Kind::Person);
            other_information(&mut entry, text);
            assert_eq!(entry.details, [("un reference".to_owned(), reference.to_owned())], "{text}");
        }
        let mut entry = Entry::new("x:1", None, Kind::Person);
        other_information(&mut entry, "UN Ref QI.D.95.03. Also referred to as Bilal, Dimon and Tinet. In custody in France.");
        let names: Vec<_> = entry.names.iter().map(|name| (name.text.as_str(), name.role)).collect();
        assert_eq!(names, [("Bilal", NameRole::Weak), ("Dimon", NameRole::Weak), ("Tinet", NameRole::Weak)]);
        let mut entry = Entry::new("x:1", None, Kind::Person);
        other_information(&mut entry, "UN refugee agency; (UK Sanctions List Ref):SYR0306 (UK Statement of Reasons):Front company");
        assert_eq!(entry.details, [("uk sanctions list reference".to_owned(), "SYR0306".to_owned())]);
        other_information(&mut entry, "UN Ref");
        other_information(&mut entry, "UN Ref \u{e9}.1");
        assert_eq!(entry.details.len(), 1);
    }
}
