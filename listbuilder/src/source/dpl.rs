//! The Denied Persons List of the Bureau of Industry and Security: tab-separated text, one row an address.
//!
//! A person with several addresses has several rows, which become one entry. The list has no ids; ours is made of name and
//! dates. It does not say whether a party is a person or a company. An order that has expired is still a row: the entry
//! keeps its last day, and the gate asks for it. Layout: `dpl.txt` as BIS publishes it.

use super::fill::{self, Order};
use super::party;
use super::table::{Layout, Row, Table};
use super::{Context, Input, Parsed, SourceError};
use weighbridge_blob::date::Day;
use weighbridge_blob::model::{Address, Entry};
use weighbridge_blob::words::{List, ListSet};

const LAYOUT: Layout = Layout {
    name: "the BIS Denied Persons List",
    delimiter: b'\t',
    windows_1252: false,
    required: &[
        "Effective_Date",
        "Name",
        "Street_Address",
        "City",
        "State",
        "Country",
        "Postal_Code",
        "Expiration_Date",
        "Standard_Order",
        "Last_Update",
        "Action",
        "FR_Citation",
    ],
    optional: &[],
};

/// Reads the file.
///
/// # Errors
/// [`SourceError`] if the file cannot be read, is of another layout, or has no rows.
pub fn read(input: &Input, context: &mut Context<'_>) -> Result<Parsed, SourceError> {
    let mut table = Table::open(input.open_file()?, &LAYOUT, context)?;
    let mut entries = fill::Joined::default();
    while let Some(row) = table.next(context)? {
        let Some(entry) = entry(&row, table.name(), context) else {
            table.account.lost(row.line, false, format!("`{}` in `Name` is no name", row.get("Name")));
            continue;
        };
        if entries.add(entry) { table.account.kept() } else { table.account.merged() }
    }
    Ok(Parsed { entries: entries.into_entries(), ownership: Vec::new(), lists: ListSet::of(List::Dpl), files: vec![table.finish()?] })
}

fn entry(row: &Row, file: &str, context: &mut Context<'_>) -> Option<Entry> {
    let listed = row.get("Name");
    let names = party::names(listed, true);
    let (primary, _) = names.first()?;
    let mut day = |column: &str| -> Option<Day> {
        let text = row.get(column);
        let day = fill::day(text, Order::MonthFirst);
        if day.is_none() && !text.is_empty() {
            context.note(format!("`{text}` in `{column}` is no date; the entry has effect without it"), file, row.line);
        }
        day
    };
    let (from, mut to) = (day("Effective_Date"), day("Expiration_Date"));
    let mut own = slug(listed);
    for text in ["Effective_Date", "Expiration_Date"].map(|column| row.get(column)).into_iter().filter(|text| !text.is_empty()) {
        own.push('-');
        own.push_str(&fill::day(text, Order::MonthFirst).map_or_else(|| slug(text), |day| day.to_string()));
    }
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        context.note("`Expiration_Date` is before `Effective_Date`; the entry has effect without an end", file, row.line);
        to = None;
    }
    let mut entry = Entry::new(context.entry_id(&own), Some(List::Dpl), fill::guess_kind(primary));
    entry.kind_uncertain = true;
    (entry.from, entry.to) = (from, to);
    for (text, role) in &names {
        fill::name(&mut entry, text, *role);
    }
    if primary != listed {
        fill::detail(&mut entry, "listed as", listed);
    }
    fill::address(&mut entry, address(row, file, context));
    for (column, label) in [
        ("Effective_Date", "start date"),
        ("Expiration_Date", "end date"),
        ("Standard_Order", "standard order"),
        ("Last_Update", "last update"),
        ("Action", "action"),
        ("FR_Citation", "federal register notice"),
    ] {
        fill::detail(&mut entry, label, row.get(column));
    }
    Some(entry)
}

/// A name as a part of an id: letters and digits in lower case, `-` for the rest.
fn slug(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

fn address(row: &Row, file: &str, context: &mut Context<'_>) -> Address {
    let (state, code, country_text) = (row.get("State"), row.get("Postal_Code"), row.get("Country"));
    let country = match context.country(country_text, file, row.line) {
        Some(place) => Some(place),
        // Most rows of the United States leave the country empty.
        None if country_text.is_empty() && party::united_states(state, code) => "US".parse().ok(),
        None => None,
    };
    let city: Vec<&str> = [row.get("City"), state, code].into_iter().filter(|part| !part.is_empty()).collect();
    Address { street: row.get("Street_Address").to_owned(), city: city.join(", "), country, country_text: country_text.to_owned() }
}
