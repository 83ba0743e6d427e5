//! The Consolidated Screening List of trade.gov, as CSV: 13 lists of Treasury, Commerce and State in one file.
//!
//! The layouts of 2022 and 2025 have the same columns. They differ in the form of `_id`, in addresses of web pages and in
//! the order within `ids` (`RU, 1117847260794, Registration Number` was turned round to `Registration ID, C122790, CY`).
//! Treasury's rows have an `entity_number`, and a party on several of its lists has one row a list; those become one
//! entry on all of them. The other lists state no kind of party.

use super::country::{self, Country};
use super::fill;
use super::party;
use super::remarks::reading_order;
use super::table::{Layout, Row, Table};
use super::{Context, Input, Parsed, SourceError};
use weighbridge_blob::date::{Day, PartialDate};
use weighbridge_blob::model::{Address, Entry, NameRole};
use weighbridge_blob::words::{IdKind, Kind, List, ListSet};

const LAYOUT: Layout = Layout {
    name: "the Consolidated Screening List",
    delimiter: b',',
    windows_1252: false,
    required: &[
        "entity_number",
        "_id",
        "source",
        "type",
        "programs",
        "name",
        "title",
        "addresses",
        "start_date",
        "end_date",
        "license_requirement",
        "vessel_flag",
        "remarks",
        "alt_names",
        "citizenships",
        "dates_of_birth",
        "nationalities",
        "ids",
    ],
    optional: &[
        "federal_register_notice",
        "standard_order",
        "license_policy",
        "call_sign",
        "vessel_type",
        "gross_tonnage",
        "gross_registered_tonnage",
        "vessel_owner",
        "places_of_birth",
        // The same for every row of a list.
        "source_list_url",
        "source_information_url",
    ],
};

/// The codes in the `source` column, old and new: `Capta List (CAP) - Treasury Department`.
const CODES: &[(&str, List)] = &[
    ("SDN", List::Sdn),
    ("SSI", List::Ssi),
    ("FSE", List::Fse),
    ("PLC", List::Plc),
    ("NS-PLC", List::Plc),
    ("CAP", List::Cap),
    ("CAPTA", List::Cap),
    ("CMIC", List::Cmic),
    ("NS-CMIC", List::Cmic),
    ("MBS", List::NsMbs),
    ("NS-MBS", List::NsMbs),
    ("EL", List::El),
    ("DPL", List::Dpl),
    ("UVL", List::Uvl),
    ("MEU", List::Meu),
    ("ISN", List::Isn),
    ("DTC", List::Dtc),
];

/// The lists that the Treasury keeps; their rows have an entity number.
const TREASURY: &[List] = &[List::Sdn, List::Ssi, List::Fse, List::Plc, List::Cap, List::Cmic, List::NsMbs];

/// Reads the file.
///
/// # Errors
/// [`SourceError`] if the file cannot be read, is of another layout, or has no rows.
pub fn read(input: &Input, context: &mut Context<'_>) -> Result<Parsed, SourceError> {
    let mut table = Table::open(input.open_file()?, &LAYOUT, context)?;
    let mut entries = fill::Joined::default();
    while let Some(row) = table.next(context)? {
        let entry = match entry(&row, table.name(), context) {
            Ok(entry) => entry,
            Err(reason) => {
                table.account.lost(row.line, false, reason);
                continue;
            }
        };
        if entries.add(entry) { table.account.kept() } else { table.account.merged() }
    }
    let lists = CODES.iter().map(|(_, list)| *list).collect();
    Ok(Parsed { entries: entries.into_entries(), ownership: Vec::new(), lists, files: vec![table.finish()?] })
}

fn list_of(source: &str) -> Option<List> {
    let brackets = source.split('(').skip(1).filter_map(|group| group.split(')').next());
    let mut codes = brackets.chain([source]).map(|code| code.trim().strip_suffix(" List").unwrap_or(code.trim()));
    codes.find_map(|code| CODES.iter().find(|(known, _)| *known == code).map(|(_, list)| *list))
}

fn entry(row: &Row, file: &str, context: &mut Context<'_>) -> Result<Entry, String> {
    let source = row.get("source");
    let list = list_of(source).ok_or_else(|| format!("source `{source}` is no list that is known here"))?;
    let number = row.get("entity_number");
    let treasury = TREASURY.contains(&list);
    let own = if treasury && !number.is_empty() { number } else { row.get("_id") };
    if own.is_empty() {
        return Err("the row has neither `entity_number` nor `_id`".to_owned());
    }
    let listed = row.get("name");
    let (kind, kind_uncertain) = match row.get("type") {
        "Individual" => (Kind::Person, false),
        "Entity" => (Kind::Organization, false),
        "Vessel" => (Kind::Vessel, false),
        "Aircraft" => (Kind::Aircraft, false),
        // These lists hold bodies and hardly a person, so a name without a telling word is a body's.
        "" if matches!(list, List::Uvl | List::Meu) => (Kind::Organization, true),
        "" => (fill::guess_kind(party::names(listed, true).first().map_or("", |(text, _)| text.as_str())), true),
        other => return Err(format!("type `{other}` is not known")),
    };
    let mut entry = Entry::new(context.entry_id(own), None, kind);
    entry.lists = ListSet::of(list);
    entry.kind_uncertain = kind_uncertain;
    names(&mut entry, row, file, context, treasury);

    let mut street = None;
    if list == List::El
        && let Some(rest) = address_number(listed)
    {
        (entry.address_only, entry.kind_uncertain, entry.kind) = (true, false, Kind::Organization);
        entry.names.clear();
        fill::detail(&mut entry, "listed as", listed);
        street = Some(rest).filter(|rest| !rest.is_empty());
    }
    for text in street.into_iter().chain(row.get("addresses").split("; ")) {
        fill::address(&mut entry, address(text, list));
    }
    if entry.address_only && entry.addresses.is_empty() {
        return Err(format!("`{listed}` is an address by its name, and the row has no address"));
    }
    if !entry.address_only && entry.names.is_empty() {
        return Err(format!("`{listed}` is no name"));
    }
    if treasury && !number.is_empty() {
        // The id under which OFAC's own files hold the party.
        let source = if list == List::Sdn { "us_ofac_sdn" } else { "us_ofac_cons" };
        fill::identifier(&mut entry, IdKind::ListEntry, &format!("{source}:{number}"), None);
    }
    dates(&mut entry, row, file, context);
    for text in row.get("nationalities").split("; ").chain(row.get("citizenships").split("; ")).chain([row.get("vessel_flag")]) {
        if let Some(place) = context.country(text, file, row.line) {
            fill::once(&mut entry.countries, place);
        }
    }
    for item in row.get("ids").split("; ").filter(|item| !item.is_empty()) {
        id(&mut entry, item, context, file, row.line);
    }
    for item in row.get("remarks").split("; ").filter(|_| treasury) {
        fill::remark(&mut entry, item, context, file, row.line);
    }
    for programme in row.get("programs").split("; ").filter(|programme| !programme.is_empty()) {
        fill::once(&mut entry.programmes, programme.to_owned());
    }
    footnotes(&mut entry, row.get("license_requirement"));
    for column in DETAILS {
        fill::detail(&mut entry, &column.replace('_', " "), row.get(column));
    }
    Ok(entry)
}

/// What is shown as the file has it.
const DETAILS: &[&str] = &[
    "title",
    "places_of_birth",
    "license_requirement",
    "license_policy",
    "standard_order",
    "federal_register_notice",
    "call_sign",
    "vessel_type",
    "gross_tonnage",
    "gross_registered_tonnage",
    "vessel_flag",
    "vessel_owner",
    "remarks",
];

fn names(entry: &mut Entry, row: &Row, file: &str, context: &mut Context<'_>, treasury: bool) {
    let listed = row.get("name");
    let turned = |text: &str| if entry.kind == Kind::Person && !entry.kind_uncertain { reading_order(text) } else { text.to_owned() };
    let mut found: Vec<(String, NameRole)> = Vec::new();
    let mut repaired = 0_u64;
    let mut all = |text: &str, bare: bool, found: &mut Vec<(String, NameRole)>| {
        let (text, lost) = party::repair(text);
        repaired += u64::from(lost);
        found.extend(party::names(&text, bare));
    };
    all(listed, !treasury, &mut found);
    let own = found.len();
    for alias in row.get("alt_names").split("; ") {
        let alias = alias.strip_prefix("and ").unwrap_or(alias);
        all(alias, false, &mut found);
    }
    let found: Vec<(String, NameRole)> = found
        .into_iter()
        .enumerate()
        // The list does not say which aliases are weak.
        .map(|(i, (text, role))| (turned(&text), if i >= own && role == NameRole::Primary { NameRole::Strong } else { role }))
        .collect();
    for (text, role) in found {
        fill::name(entry, &text, role);
    }
    fill::primary_first(entry);
    if repaired > 0 {
        context.note(
            "names with `?` for a character that the publisher lost; an apostrophe, dash or quotation mark was read",
            file,
            row.line,
        );
    }
    let plain = entry.names.first().is_some_and(|name| name.text == turned_plain(entry, listed));
    if !plain {
        fill::detail(entry, "listed as", listed);
    }
}

fn turned_plain(entry: &Entry, listed: &str) -> String {
    if entry.kind == Kind::Person && !entry.kind_uncertain { reading_order(listed) } else { listed.to_owned() }
}

/// What follows the number of an entry that lists an address instead of a party: `Address 01` (15 CFR 744.16).
fn address_number(name: &str) -> Option<&str> {
    let rest = name.get(..7).filter(|word| word.eq_ignore_ascii_case("address")).and(name.get(7..))?;
    let number = rest.trim_start();
    let after = number.trim_start_matches(|c: char| c.is_ascii_digit());
    let bare = after.trim_start_matches([' ', ',', ':', ';', '-', '.', '\u{2013}']);
    (number.len() > after.len() && rest.len() > number.len() && (after.is_empty() || bare.len() < after.len())).then_some(bare)
}

/// `street, city, province, postal code, CC`. Which part is the city cannot be told.
fn address(text: &str, list: List) -> Address {
    let text = text.trim();
    let text = text.strip_prefix("and ").unwrap_or(text);
    let (rest, last) = text.rsplit_once(", ").unwrap_or(("", text));
    let (street, country, country_text) = match country::place(last) {
        Country::Place(place) => (rest, Some(place), last),
        // Denied persons in the United States often have no country.
        _ if list == List::Dpl && party::in_united_states(text) => (text, "US".parse().ok(), ""),
        _ => (text, None, ""),
    };
    Address { street: street.to_owned(), city: String::new(), country, country_text: country_text.to_owned() }
}

fn dates(entry: &mut Entry, row: &Row, file: &str, context: &mut Context<'_>) {
    let mut day = |column: &str| -> Option<Day> {
        let text = row.get(column);
        let day = text.parse().ok();
        if day.is_none() && !text.is_empty() {
            context.note(format!("`{text}` in `{column}` is no date; the entry has effect without it"), file, row.line);
        }
        day
    };
    entry.from = day("start_date");
    entry.to = day("end_date");
    if entry.from.zip(entry.to).is_some_and(|(from, to)| to < from) {
        context.note("`end_date` is before `start_date`; the entry has effect without an end", file, row.line);
        entry.to = None;
    }
    fill::detail(entry, "start date", row.get("start_date"));
    fill::detail(entry, "end date", row.get("end_date"));
    for text in row.get("dates_of_birth").split("; ").filter(|text| !text.is_empty()) {
        match text.parse::<PartialDate>() {
            Ok(date) => fill::once(&mut entry.birth_dates, date),
            Err(_) => {
                fill::remark(entry, &format!("DOB {text}"), context, file, row.line);
                fill::detail(entry, "date of birth", text);
            }
        }
    }
}

/// One of `ids`: country, number and label in 2022; label, number and country in 2025; days of issue and expiry between.
fn id(entry: &mut Entry, item: &str, context: &mut Context<'_>, file: &str, line: u64) {
    let parts: Vec<&str> = item.split(", ").collect();
    let orders = [parts.split_last(), parts.split_first()];
    for (label, rest) in orders.into_iter().flatten() {
        let is_country = |part: &str| {
            part.len() == 2 && part.bytes().all(|b| b.is_ascii_uppercase()) && matches!(country::place(part), Country::Place(_))
        };
        let country = rest.iter().filter(|_| rest.len() > 1).find(|part| is_country(part));
        let is_day = |part: &&str| rest.len() > 1 && part.parse::<Day>().is_ok();
        let value: Vec<&str> = rest.iter().copied().filter(|part| Some(&part) != country.as_ref() && !is_day(part)).collect();
        let mut remark = format!("{} {}", label.trim_end_matches([':', ' ', '-']), value.join(", "));
        if label.starts_with("Digital Currency Address") {
            // The currency stands in the label: `Digital Currency Address - XBT`.
            remark = format!("{label} {}", value.join(", "));
        }
        if let Some(country) = country {
            remark.push_str(&format!(" ({country})"));
        }
        if fill::remark(entry, &remark, context, file, line) {
            let days: Vec<&str> = rest.iter().copied().filter(|part| is_day(part)).collect();
            if !days.is_empty() {
                fill::detail(entry, "ids", item);
            }
            return;
        }
    }
    fill::detail(entry, "ids", item);
}

/// Footnotes of the Entity List are digits glued to the end of a word: `§744.11 of the EAR)5`, `§§734.9(g),3 746.8(a)(3)`.
/// Footnotes 1, 3, 4 and 5 decide which foreign-made items are subject to the EAR (15 CFR 734.9).
fn footnotes(entry: &mut Entry, requirement: &str) {
    for word in requirement.split(' ') {
        let word = word.trim_end_matches('.');
        let rest = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let Some(digits) = word.get(rest.len()..).filter(|digits| !digits.is_empty()) else { continue };
        if rest.trim_end_matches([',', '.']).ends_with(')') {
            fill::detail(entry, "footnote", digits);
        }
    }
}
