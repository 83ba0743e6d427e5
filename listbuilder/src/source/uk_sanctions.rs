//! The UK Sanctions List of the Foreign, Commonwealth and Development Office.
//!
//! Two layouts. The short publication has one row a party and its primary name alone. The full CSV has one row a name, joined
//! by `Unique ID`, with the date of the report on the first line and the header on the second; `Name 6` is the family
//! name, or the whole name of a body or ship. No complete official file of the full layout was at hand when this was written: it
//! follows the documented columns, and the sample in the tests is made from them.

use super::country::{self, Country};
use super::fill::{self, Order};
use super::remarks::reading_order;
use super::table::{Layout, Row, Table};
use super::uk::{self, Groups};
use super::{Context, Input, Parsed, SourceError};
use weighbridge_blob::model::{Address, Entry, NameRole};
use weighbridge_blob::words::{IdKind, Kind, List, ListSet};

const LAYOUT: Layout = Layout {
    name: "the UK Sanctions List",
    delimiter: b',',
    windows_1252: false,
    required: &["Unique ID", "OFSI Group ID", "Regime Name", "Designation source", "Date Designated", "Sanctions Imposed"],
    optional: &[
        // Short.
        "Name",
        "Type",
        // Full.
        "Last Updated",
        "UN Reference Number",
        "Name 6",
        "Name 1",
        "Name 2",
        "Name 3",
        "Name 4",
        "Name 5",
        "Name type",
        "Alias strength",
        "Title",
        "Name non-latin script",
        "Non-latin script type",
        "Non-latin script language",
        "Designation Type",
        "Other Information",
        "UK Statement of Reasons",
        "Address Line 1",
        "Address Line 2",
        "Address Line 3",
        "Address Line 4",
        "Address Line 5",
        "Address Line 6",
        "Address Postal Code",
        "Address Country",
        "Phone number",
        "Website",
        "Email address",
        "D.O.B",
        "Nationality(/ies)",
        "National Identifier number",
        "National Identifier additional information",
        "Passport number",
        "Passport additional information",
        "Position",
        "Gender",
        "Town of birth",
        "Country of birth",
        "Type of entity",
        "Subsidiaries",
        "Parent company",
        "Business registration number (s)",
        "IMO number",
        "Current owner/operator (s)",
        "Previous owner/operator (s)",
        "Current believed flag of ship",
        "Previous flags",
        "Type of ship",
        "Tonnage of ship",
        "Length of ship",
        "Year Built",
        "Hull identification number (HIN)",
    ],
};

/// Reads the file, in either layout.
///
/// # Errors
/// [`SourceError`] if the file cannot be read, is of another layout, or has no rows.
pub fn read(input: &Input, context: &mut Context<'_>) -> Result<Parsed, SourceError> {
    let mut table = Table::open(input.open_file()?, &LAYOUT, context)?;
    let full = table.has("Name 6");
    let wanted: &[&str] = if full { &["Name 1", "Name type", "Designation Type"] } else { &["Name", "Type"] };
    if let Some(missing) = wanted.iter().find(|column| !table.has(column)) {
        let layout = if full { "full" } else { "short" };
        return Err(table
            .error(1, format!("the {layout} UK Sanctions List has a column `{missing}`, and this header has none; fetch the file again")));
    }
    if let Some(date) = table.preamble().first().and_then(|text| text.strip_prefix("Report Date:")) {
        context.note(format!("the file is of {}", date.trim()), table.name(), 1);
    }
    let mut groups = Groups::default();
    while let Some(row) = table.next(context)? {
        let entry = if full { full_entry(&row, table.name(), context) } else { short_entry(&row, table.name(), context) };
        match entry {
            Ok(entry) => groups.add(entry, row.line),
            Err(reason) => table.account.lost(row.line, false, reason),
        }
    }
    let entries = groups.finish(&mut table);
    Ok(Parsed { entries, ownership: Vec::new(), lists: ListSet::of(List::UkUksl), files: vec![table.finish()?] })
}

/// What both layouts say.
fn base(row: &Row, kind: &str, file: &str, context: &mut Context<'_>) -> Result<Entry, String> {
    let id = row.get("Unique ID");
    if id.is_empty() {
        return Err("`Unique ID` is empty".to_owned());
    }
    let kind = uk::kind(kind).ok_or_else(|| format!("`{kind}` is no type that is known here: individual, entity or ship"))?;
    let mut entry = Entry::new(context.entry_id(id), Some(List::UkUksl), kind);
    let listed = row.get("Date Designated");
    entry.from = fill::day(listed, Order::DayFirst);
    if entry.from.is_none() && !listed.is_empty() {
        context.note(format!("`{listed}` in `Date Designated` is no date; the entry has effect without it"), file, row.line);
    }
    if !row.get("Regime Name").is_empty() {
        fill::once(&mut entry.programmes, row.get("Regime Name").to_owned());
    }
    for column in ["OFSI Group ID", "Designation source", "Date Designated", "Sanctions Imposed"] {
        fill::detail(&mut entry, &column.to_lowercase(), row.get(column));
    }
    Ok(entry)
}

fn short_entry(row: &Row, file: &str, context: &mut Context<'_>) -> Result<Entry, String> {
    let mut entry = base(row, row.get("Type"), file, context)?;
    let listed = row.get("Name");
    let name = if entry.kind == Kind::Person { family_name_last(listed) } else { listed.to_owned() };
    if name != listed {
        fill::detail(&mut entry, "listed as", listed);
    }
    fill::name(&mut entry, &name, NameRole::Primary);
    Ok(entry)
}

/// `RYZHKOV Sergey Borisovich` in reading order. Where capitals do not tell the family name, the name stays as it is.
fn family_name_last(name: &str) -> String {
    let words: Vec<&str> = name.split(' ').collect();
    let small = |word: &&str| word.chars().any(char::is_lowercase);
    let family = words.iter().take_while(|word| !small(word)).count();
    match words.split_at_checked(family) {
        Some((family, given)) if !family.is_empty() && !given.is_empty() => {
            reading_order(&format!("{}, {}", family.join(" "), given.join(" ")))
        }
        _ => name.to_owned(),
    }
}

fn full_entry(row: &Row, file: &str, context: &mut Context<'_>) -> Result<Entry, String> {
    let mut entry = base(row, row.get("Designation Type"), file, context)?;
    let strength = row.get("Alias strength").to_ascii_lowercase();
    let role = match row.get("Name type").to_ascii_lowercase().as_str() {
        "primary name" => NameRole::Primary,
        "primary name variation" => NameRole::Strong,
        "alias" | "aka" if strength.starts_with("low") => NameRole::Weak,
        "alias" | "aka" => NameRole::Strong,
        "fka" | "formerly known as" => NameRole::Former,
        // A row that adds an address to a party that is named elsewhere.
        "" if uk::full_name(row, entry.kind).is_empty() => NameRole::Strong,
        other => return Err(format!("`{other}` in `Name type` is not known")),
    };
    let name = uk::full_name(row, entry.kind);
    fill::name(&mut entry, &name, role);
    for name in row.get("Name non-latin script").split('|') {
        fill::name(&mut entry, name, NameRole::Strong);
    }
    for item in uk::items(row.get("D.O.B")) {
        match fill::partial(item, Order::DayFirst) {
            Some(date) => fill::once(&mut entry.birth_dates, date),
            None => context.note(format!("`{item}` in `D.O.B` is no date; kept as text"), file, row.line),
        }
    }
    for column in ["Nationality(/ies)", "Current believed flag of ship"] {
        for item in uk::items(row.get(column)) {
            if let Some(place) = fill::loose_country(item, context, file, row.line) {
                fill::once(&mut entry.countries, place);
            }
        }
    }
    identifiers(&mut entry, row, file, context);
    let join = |columns: &[&str]| columns.iter().map(|c| row.get(c)).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ");
    let country_text = row.get("Address Country");
    let address = Address {
        street: join(&["Address Line 1", "Address Line 2", "Address Line 3", "Address Line 4", "Address Line 5"]),
        city: join(&["Address Line 6", "Address Postal Code"]),
        country: fill::loose_country(country_text, context, file, row.line),
        country_text: country_text.to_owned(),
    };
    fill::address(&mut entry, address);
    for column in DETAILS {
        fill::detail(&mut entry, &column.to_lowercase(), row.get(column));
    }
    Ok(entry)
}

/// What is shown as the file has it.
const DETAILS: &[&str] = &[
    "Last Updated",
    "Title",
    "D.O.B",
    "Nationality(/ies)",
    "National Identifier additional information",
    "Passport additional information",
    "Position",
    "Gender",
    "Town of birth",
    "Country of birth",
    "Type of entity",
    "Subsidiaries",
    "Parent company",
    "Current owner/operator (s)",
    "Previous owner/operator (s)",
    "Previous flags",
    "Type of ship",
    "Tonnage of ship",
    "Length of ship",
    "Year Built",
    "Other Information",
    "UK Statement of Reasons",
];

fn identifiers(entry: &mut Entry, row: &Row, file: &str, context: &mut Context<'_>) {
    for reference in uk::items(row.get("UN Reference Number")) {
        fill::identifier(entry, IdKind::ListEntry, &format!("un_sc_sanctions:{reference}"), None);
        fill::detail(entry, "un reference", reference);
    }
    let issuer = match country::place(row.get("Passport additional information")) {
        Country::Place(place) => Some(place),
        _ => fill::demonym(row.get("Passport additional information").split(' ').next().unwrap_or_default()),
    };
    for (column, fixed) in [
        ("Passport number", Some(IdKind::Passport)),
        ("National Identifier number", None),
        ("Business registration number (s)", Some(IdKind::Registration)),
        ("Hull identification number (HIN)", Some(IdKind::Other)),
    ] {
        for item in uk::items(row.get(column)) {
            let kind =
                fixed.unwrap_or_else(|| uk::national_number(&format!("{item} {}", row.get("National Identifier additional information"))));
            // The column holds numbers, so what is no number by its look still is one.
            let (number, country) = uk::number(item).unwrap_or_else(|| (item.to_owned(), None));
            if number.bytes().any(|b| b.is_ascii_digit()) {
                fill::identifier(entry, kind, &number, country.or(issuer.filter(|_| kind == IdKind::Passport)));
            } else {
                context.note(format!("no number could be taken from `{item}` in `{column}`; kept as text"), file, row.line);
                fill::detail(entry, &column.to_lowercase(), item);
            }
        }
    }
    for number in row.get("IMO number").split(|c: char| !c.is_ascii_digit()).filter(|number| number.len() == 7) {
        fill::identifier(entry, IdKind::Imo, number, None);
    }
    for item in uk::items(row.get("Phone number")) {
        if item.bytes().filter(u8::is_ascii_digit).count() >= 5 {
            fill::identifier(entry, IdKind::Phone, item, None);
        } else {
            fill::detail(entry, "phone number", item);
        }
    }
    for item in row.get("Email address").split([' ', ',', ';', '|']).filter(|item| item.contains('@')) {
        fill::identifier(entry, IdKind::Email, item.trim_matches(['<', '>', '.', '(', ')']), None);
    }
    for item in row.get("Website").split([' ', ',', ';', '|']).filter(|item| item.contains('.')) {
        fill::once(&mut entry.websites, item.trim_matches(['<', '>', '(', ')', '.']).to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn family_names_in_capitals_go_last() {
        for (listed, name) in [
            ("RYZHKOV Sergey Borisovich", "Sergey Borisovich RYZHKOV"),
            ("LAVILLA, JR Ruben Pestano", "Ruben Pestano LAVILLA JR"),
            ("ALARIFI Naif Hassan S.", "Naif Hassan S. ALARIFI"),
            ("VAN DER BERG Jan", "Jan VAN DER BERG"),
            ("AGHA ABDUL MANAN", "AGHA ABDUL MANAN"),
            ("Hlaing Khin", "Hlaing Khin"),
            ("", ""),
        ] {
            assert_eq!(family_name_last(listed), name);
        }
    }
}
