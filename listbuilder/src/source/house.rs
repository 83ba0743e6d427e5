//! Weighbridge's own formats: every field of the model, every list, and who owns whom.
//!
//! `house-jsonl` has one entry or ownership edge a line, after `house.schema.json`; `house-csv` one fact a row. They are
//! written by people for this program, so whatever is not understood is an error with file, line and field.

use super::country::{self, Country};
use super::rows::{Layout, Row, Rows};
use super::{Context, Input, Parsed, SourceError, sniff};
use serde::{Deserialize, Deserializer};
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::str::FromStr;
use weighbridge_blob::date::{Day, PartialDate};
use weighbridge_blob::model::{Address, Entry, FileAccount, Identifier, Name, NameRole, Ownership};
use weighbridge_blob::place::Place;
use weighbridge_blob::words::{IdKind, Kind, List, ListSet};

/// The JSON Schema (draft 2020-12) of one line of `house-jsonl`.
pub const SCHEMA: &str = include_str!("../../house.schema.json");

/// One line of `house-jsonl`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Ownership(OwnershipLine),
    Entry(Box<EntryLine>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnershipLine {
    ownership: Edge,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edge {
    owner: String,
    owned: String,
    /// Required, so that "nobody knows" is written and not forgotten: `null`.
    #[serde(deserialize_with = "present")]
    share: Option<f64>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Option::deserialize(deserializer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryLine {
    id: String,
    #[serde(default)]
    lists: Vec<String>,
    kind: String,
    #[serde(default)]
    kind_uncertain: bool,
    #[serde(default)]
    address_only: bool,
    #[serde(default)]
    name: String,
    #[serde(default)]
    aliases: Vec<AliasLine>,
    #[serde(default)]
    identifiers: Vec<IdentifierLine>,
    #[serde(default)]
    websites: Vec<String>,
    #[serde(default)]
    addresses: Vec<AddressLine>,
    #[serde(default)]
    countries: Vec<String>,
    #[serde(default)]
    birth_dates: Vec<String>,
    #[serde(default)]
    programmes: Vec<String>,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    details: Vec<DetailLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AliasLine {
    name: String,
    role: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentifierLine {
    kind: String,
    number: String,
    #[serde(default)]
    country: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddressLine {
    #[serde(default)]
    street: String,
    #[serde(default)]
    city: String,
    #[serde(default)]
    country: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DetailLine {
    label: String,
    text: String,
}

/// Reads `house-jsonl`.
///
/// # Errors
/// [`SourceError`] for the first line that is not as the schema says, and for a file without an entry.
pub fn read_jsonl(input: &Input, context: &mut Context<'_>) -> Result<Parsed, SourceError> {
    let document = input.open_file()?;
    let path = document.path().to_owned();
    let mut account = FileAccount { name: document.name().to_owned(), ..FileAccount::default() };
    let mut book = Book::default();
    let mut reader = BufReader::new(document);
    let (mut bytes, mut number) = (Vec::new(), 0);
    loop {
        bytes.clear();
        if reader.read_until(b'\n', &mut bytes).map_err(|source| SourceError::open(&path, source))? == 0 {
            break;
        }
        number += 1;
        let error = |message: String| SourceError::Row { path: path.clone(), line: number, message };
        let line = std::str::from_utf8(&bytes).map_err(|error| SourceError::Utf8 {
            path: path.clone(),
            line: number,
            column: (error.valid_up_to() + 1).to_string(),
        })?;
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() {
            continue;
        }
        if account.read == 0 && !line.starts_with('{') {
            let found = sniff(line)
                .map_or_else(|| format!("a file that begins with `{}`", line.chars().take(40).collect::<String>()), str::to_owned);
            return Err(SourceError::OtherFormat { path, expected: "house JSONL", found });
        }
        account.read += 1;
        match parse_line(line).map_err(error)? {
            Line::Ownership(OwnershipLine { ownership }) => {
                book.edge(context, &ownership.owner, &ownership.owned, ownership.share).map_err(error)?;
                account.merged += 1;
            }
            Line::Entry(line) => {
                let entry = line.into_entry(context).map_err(error)?;
                book.entry(entry).map_err(error)?;
                account.kept += 1;
            }
        }
    }
    context.rows_read(account.read);
    account.digest = reader.into_inner().digest()?;
    if book.entries.is_empty() {
        return Err(SourceError::Empty { path });
    }
    Ok(book.finish(account))
}

/// Chooses by the key and parses once, so that the message is about the field and not about both shapes.
fn parse_line(line: &str) -> Result<Line, String> {
    #[derive(Deserialize)]
    struct Probe {
        #[serde(default)]
        ownership: Option<serde::de::IgnoredAny>,
    }
    let told = |error: serde_json::Error| {
        let text = error.to_string();
        let text = text.split(" at line ").next().unwrap_or(&text).to_owned();
        format!("column {}: {text}; see house.schema.json", error.column())
    };
    let probe: Probe = serde_json::from_str(line).map_err(told)?;
    if probe.ownership.is_some() {
        serde_json::from_str(line).map(Line::Ownership).map_err(told)
    } else {
        serde_json::from_str(line).map(|entry| Line::Entry(Box::new(entry))).map_err(told)
    }
}

impl EntryLine {
    fn into_entry(self, context: &Context<'_>) -> Result<Entry, String> {
        let mut entry = Entry::new(own_id(context, &self.id)?, None, word::<Kind>("kind", &self.kind)?);
        entry.lists = self.lists.iter().map(|list| word::<List>("lists", list)).collect::<Result<ListSet, _>>()?;
        entry.kind_uncertain = self.kind_uncertain;
        entry.address_only = self.address_only;
        if !self.name.trim().is_empty() {
            entry.names.push(Name { text: self.name.trim().to_owned(), role: NameRole::Primary });
        }
        for alias in &self.aliases {
            entry.names.push(name("aliases", &alias.name, &alias.role)?);
        }
        for identifier in &self.identifiers {
            entry.identifiers.push(self::identifier("identifiers", &identifier.kind, &identifier.number, &identifier.country)?);
        }
        entry.websites = self.websites;
        for address in &self.addresses {
            entry.addresses.push(self::address("addresses", &address.street, &address.city, &address.country)?);
        }
        entry.countries = self.countries.iter().map(|text| country("countries", text)).collect::<Result<_, _>>()?;
        entry.birth_dates = self.birth_dates.iter().map(|text| word::<PartialDate>("birth_dates", text)).collect::<Result<_, _>>()?;
        entry.programmes = self.programmes;
        (entry.from, entry.to) = (day("from", &self.from)?, day("to", &self.to)?);
        entry.details = self.details.into_iter().map(|d| (d.label, d.text)).collect();
        Ok(entry)
    }
}

/// The columns of `house-csv`, and for each row type those it may fill beside `type` and `id`.
const COLUMNS: [&str; 13] = ["type", "id", "list", "kind", "name", "role", "value", "country", "street", "city", "from", "to", "share"];
const ROW_TYPES: &[(&str, &[&str])] = &[
    ("entry", &["list", "kind", "name", "role", "from", "to"]),
    ("name", &["name", "role"]),
    ("identifier", &["kind", "value", "country"]),
    ("address", &["street", "city", "country"]),
    ("website", &["value"]),
    ("country", &["country"]),
    ("birth_date", &["value"]),
    ("programme", &["value"]),
    ("detail", &["name", "value"]),
    ("ownership", &["value", "share"]),
];

/// Reads `house-csv`.
///
/// # Errors
/// [`SourceError`] for the first row that is not as the README says, and for a file without an entry.
pub fn read_csv(input: &Input, context: &mut Context<'_>) -> Result<Parsed, SourceError> {
    let mut rows = Rows::new(input.open_file()?, Layout { name: "the header", columns: 0 });
    let Some(header) = rows.next(context)? else {
        return Err(SourceError::Empty { path: rows.path().to_owned() });
    };
    rows.header();
    let columns = Columns::new(&header, &rows)?;
    let mut book = Book::default();
    while let Some(row) = rows.next(context)? {
        match book.fact(&Cells { columns: &columns, row: &row }, context) {
            Ok(Fact::Entry) => rows.account.kept(),
            Ok(Fact::Part) => rows.account.merged(),
            Err(message) => return Err(rows.error(row.line, message)),
        }
    }
    if book.entries.is_empty() {
        return Err(SourceError::Empty { path: rows.path().to_owned() });
    }
    if let Some((line, message)) = book.incomplete() {
        return Err(rows.error(line, message));
    }
    let account = rows.finish()?;
    Ok(book.finish(account))
}

/// Where each column stands.
struct Columns(HashMap<&'static str, usize>);

impl Columns {
    fn new(header: &Row, rows: &Rows) -> Result<Self, SourceError> {
        let names: Vec<&str> = (0..).map(|i| header.get(i)).take_while(|name| !name.is_empty()).collect();
        let mut columns = HashMap::new();
        for (at, name) in names.iter().enumerate() {
            let Some(known) = COLUMNS.iter().find(|known| *known == name) else {
                if at == 0 {
                    let found = sniff(&names.join(",")).map_or_else(|| format!("a file that begins with `{name}`"), str::to_owned);
                    return Err(SourceError::OtherFormat { path: rows.path().to_owned(), expected: "house CSV", found });
                }
                return Err(rows.error(header.line, format!("column `{name}` is not known; known are {}", COLUMNS.join(", "))));
            };
            if columns.insert(*known, at).is_some() {
                return Err(rows.error(header.line, format!("column `{name}` occurs twice")));
            }
        }
        for required in ["type", "id"] {
            if !columns.contains_key(required) {
                return Err(rows.error(header.line, format!("the header has no column `{required}`; columns are {}", COLUMNS.join(", "))));
            }
        }
        Ok(Self(columns))
    }
}

struct Cells<'a> {
    columns: &'a Columns,
    row: &'a Row,
}

impl Cells<'_> {
    fn get(&self, column: &str) -> &str {
        self.columns.0.get(column).map_or("", |at| self.row.get(*at).trim())
    }
}

enum Fact {
    Entry,
    Part,
}

/// What was read so far.
#[derive(Default)]
struct Book {
    entries: Vec<Entry>,
    lines: Vec<u64>,
    index: HashMap<String, usize>,
    ownership: Vec<Ownership>,
}

impl Book {
    fn fact(&mut self, cells: &Cells<'_>, context: &Context<'_>) -> Result<Fact, String> {
        let row_type = cells.get("type");
        let Some((_, allowed)) = ROW_TYPES.iter().find(|(name, _)| *name == row_type) else {
            let known = ROW_TYPES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            return Err(format!("type: unknown row type `{row_type}`; known are {known}"));
        };
        if let Some(column) = COLUMNS.iter().skip(2).find(|c| !allowed.contains(c) && !cells.get(c).is_empty()) {
            return Err(format!(
                "{column}: a row of type `{row_type}` has no `{column}`, got `{}`; it has {}",
                cells.get(column),
                allowed.join(", ")
            ));
        }
        match row_type {
            "entry" => {
                let mut entry = Entry::new(own_id(context, cells.get("id"))?, None, word::<Kind>("kind", cells.get("kind"))?);
                let lists = cells.get("list").split([' ', ';']).filter(|list| !list.is_empty());
                entry.lists = lists.map(|list| word::<List>("list", list)).collect::<Result<ListSet, _>>()?;
                for role in cells.get("role").split_whitespace() {
                    match role {
                        "address_only" => entry.address_only = true,
                        "kind_uncertain" => entry.kind_uncertain = true,
                        other => return Err(format!("role: `{other}` is no role of an entry; known are address_only, kind_uncertain")),
                    }
                }
                if !cells.get("name").is_empty() {
                    entry.names.push(Name { text: cells.get("name").to_owned(), role: NameRole::Primary });
                }
                (entry.from, entry.to) = (day("from", cells.get("from"))?, day("to", cells.get("to"))?);
                // Addresses follow in rows of their own, so completeness is asked at the end.
                self.insert(entry, cells.row.line)?;
                return Ok(Fact::Entry);
            }
            "ownership" => {
                let share = match cells.get("share") {
                    "" => return Err("share: missing; write a number from 0 to 1, or `unknown`".to_owned()),
                    "unknown" => None,
                    text => Some(text.parse::<f64>().map_err(|_| format!("share: `{text}` is not a number from 0 to 1, nor `unknown`"))?),
                };
                self.edge(context, cells.get("id"), cells.get("value"), share)?;
                return Ok(Fact::Part);
            }
            _ => {}
        }
        let id = own_id(context, cells.get("id"))?;
        let Some(entry) = self.index.get(&id).and_then(|at| self.entries.get_mut(*at)) else {
            return Err(format!("id: `{}` has no row of type `entry` above this one", cells.get("id")));
        };
        match row_type {
            "name" => entry.names.push(name("name", cells.get("name"), cells.get("role"))?),
            "identifier" => {
                entry.identifiers.push(identifier("identifier", cells.get("kind"), cells.get("value"), cells.get("country"))?);
            }
            "address" => entry.addresses.push(address("address", cells.get("street"), cells.get("city"), cells.get("country"))?),
            "website" => entry.websites.push(required("value", cells.get("value"))?.to_owned()),
            "country" => entry.countries.push(country("country", cells.get("country"))?),
            "birth_date" => entry.birth_dates.push(word::<PartialDate>("value", cells.get("value"))?),
            "programme" => entry.programmes.push(required("value", cells.get("value"))?.to_owned()),
            _ => {
                let label = required("name", cells.get("name"))?.to_owned();
                entry.details.push((label, required("value", cells.get("value"))?.to_owned()));
            }
        }
        Ok(Fact::Part)
    }

    fn entry(&mut self, entry: Entry) -> Result<(), String> {
        if let Some(message) = incomplete(&entry) {
            return Err(message);
        }
        self.insert(entry, 0)
    }

    fn insert(&mut self, entry: Entry, line: u64) -> Result<(), String> {
        if self.index.insert(entry.id.clone(), self.entries.len()).is_some() {
            return Err(format!("id: entry `{}` occurs twice", entry.id));
        }
        self.entries.push(entry);
        self.lines.push(line);
        Ok(())
    }

    fn incomplete(&self) -> Option<(u64, String)> {
        self.entries.iter().zip(&self.lines).find_map(|(entry, line)| incomplete(entry).map(|message| (*line, message)))
    }

    fn edge(&mut self, context: &Context<'_>, owner: &str, owned: &str, share: Option<f64>) -> Result<(), String> {
        let share_ppm = match share {
            None => None,
            // The cast is exact: the value lies between 0 and 1,000,000.
            Some(share) if (0.0..=1.0).contains(&share) => Some((share * 1e6).round() as u32),
            Some(share) => return Err(format!("share: `{share}` is not between 0 and 1; write `0.25` for 25 %")),
        };
        let (owner, owned) = (any_id(context, "owner", owner)?, any_id(context, "owned", owned)?);
        if owner == owned {
            return Err(format!("ownership: `{owner}` cannot own itself"));
        }
        self.ownership.push(Ownership { owner, owned, share_ppm });
        Ok(())
    }

    fn finish(self, account: FileAccount) -> Parsed {
        let lists = self.entries.iter().fold(ListSet::EMPTY, |all, entry| all.union(entry.lists));
        Parsed { entries: self.entries, ownership: self.ownership, lists, files: vec![account] }
    }
}

/// What an entry lacks.
fn incomplete(entry: &Entry) -> Option<String> {
    let primary = entry.names.iter().any(|name| name.role == NameRole::Primary);
    if entry.address_only {
        if !entry.names.is_empty() {
            return Some(format!("name: entry `{}` is `address_only`, so it has no names", entry.id));
        }
        return entry.addresses.is_empty().then(|| format!("addresses: entry `{}` is `address_only` and has no address", entry.id));
    }
    (!primary).then(|| format!("name: entry `{}` has no name; only an `address_only` entry may lack one", entry.id))
}

/// The id of an entry of this source. A colon would make it ambiguous: it parts source and number.
fn own_id(context: &Context<'_>, id: &str) -> Result<String, String> {
    let id = required("id", id)?;
    if id.contains(':') || id.chars().any(char::is_control) {
        return Err(format!("id: `{id}` must not hold a colon; the source's id is put before it"));
    }
    Ok(context.entry_id(id))
}

/// The id of an entry of any source: `4711` is this source's, `us_ofac_sdn:36` another's.
fn any_id(context: &Context<'_>, field: &str, id: &str) -> Result<String, String> {
    let id = required(field, id)?;
    Ok(if id.contains(':') { id.to_owned() } else { context.entry_id(id) })
}

fn required<'a>(field: &str, text: &'a str) -> Result<&'a str, String> {
    let text = text.trim();
    if text.is_empty() { Err(format!("{field}: missing or empty")) } else { Ok(text) }
}

fn word<T: FromStr<Err: std::fmt::Display>>(field: &str, text: &str) -> Result<T, String> {
    required(field, text)?.parse().map_err(|error| format!("{field}: {error}"))
}

fn day(field: &str, text: &str) -> Result<Option<Day>, String> {
    if text.trim().is_empty() { Ok(None) } else { word(field, text).map(Some) }
}

fn name(field: &str, text: &str, role: &str) -> Result<Name, String> {
    let role = match role {
        "strong" => NameRole::Strong,
        "weak" => NameRole::Weak,
        "former" => NameRole::Former,
        other => return Err(format!("{field}: role `{other}` is not known; known are strong, weak, former")),
    };
    Ok(Name { text: required(field, text)?.to_owned(), role })
}

fn identifier(field: &str, kind: &str, number: &str, issuer: &str) -> Result<Identifier, String> {
    let country = if issuer.trim().is_empty() { None } else { Some(country(field, issuer)?) };
    Ok(Identifier { kind: word::<IdKind>(field, kind)?, number: required(field, number)?.to_owned(), country })
}

fn address(field: &str, street: &str, city: &str, country_text: &str) -> Result<Address, String> {
    let (street, city, country_text) = (street.trim(), city.trim(), country_text.trim());
    if street.is_empty() && city.is_empty() && country_text.is_empty() {
        return Err(format!("{field}: an address needs a street, a city or a country"));
    }
    let country = if country_text.is_empty() { None } else { Some(country(field, country_text)?) };
    Ok(Address { street: street.to_owned(), city: city.to_owned(), country, country_text: country_text.to_owned() })
}

fn country(field: &str, text: &str) -> Result<Place, String> {
    match country::place(text) {
        Country::Place(place) => Ok(place),
        _ => Err(format!("{field}: `{text}` is not a country; write ISO 3166 (`IR`, `UA-43`) or its English name")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Silent;

    fn read(text: &str, extension: &str, reader: crate::source::Reader) -> Result<Parsed, SourceError> {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("weighbridge-house-{}-{}.{extension}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        let result = reader(&Input::new(&path), &mut Context::new("house", &Silent));
        std::fs::remove_file(path).unwrap();
        result
    }

    #[track_caller]
    fn check_error(text: &str, extension: &str, reader: crate::source::Reader, expected: &[&str]) {
        let message = read(text, extension, reader).unwrap_err().to_string();
        for part in expected {
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    const HEADER: &str = "type,id,list,kind,name,role,value,country,street,city,from,to,share\n";

    #[test]
    fn both_forms_say_the_same() {
        let csv = format!(
            "{HEADER}entry,1,EL MEU,organization,\"Example, Ltd.\",,,,,,2020-01-02,,\n\
             name,1,,,Old Example,former,,,,,,,\n\
             identifier,1,,imo,,,9187629,PA,,,,,\n\
             address,1,,,,,,China,1 Road,Beijing,,,\n\
             website,1,,,,,example.com,,,,,,\n\
             country,1,,,,,,CN,,,,,\n\
             birth_date,1,,,,,1999-05,,,,,,\n\
             programme,1,,,,,SUPP4,,,,,,\n\
             detail,1,,,licence policy,,presumption of denial,,,,,,\n\
             entry,2,EL,organization,,address_only kind_uncertain,,,,,,,\n\
             address,2,,,,,,HK,2 Street,,,,\n\
             ownership,1,,,,,us_ofac_sdn:36,,,,,,0.25\n\
             ownership,1,,,,,2,,,,,,unknown\n"
        );
        let jsonl = r#"
{"id":"1","lists":["EL","MEU"],"kind":"organization","name":"Example, Ltd.","aliases":[{"name":"Old Example","role":"former"}],"identifiers":[{"kind":"imo","number":"9187629","country":"PA"}],"addresses":[{"street":"1 Road","city":"Beijing","country":"China"}],"websites":["example.com"],"countries":["CN"],"birth_dates":["1999-05"],"programmes":["SUPP4"],"from":"2020-01-02","details":[{"label":"licence policy","text":"presumption of denial"}]}
{"id":"2","lists":["EL"],"kind":"organization","kind_uncertain":true,"address_only":true,"addresses":[{"street":"2 Street","country":"HK"}]}

{"ownership":{"owner":"1","owned":"us_ofac_sdn:36","share":0.25}}
{"ownership":{"owner":"1","owned":"2","share":null}}
"#;
        let (a, b) = (read(&csv, "csv", read_csv).unwrap(), read(jsonl, "jsonl", read_jsonl).unwrap());
        assert_eq!(a.entries, b.entries);
        assert_eq!(a.ownership, b.ownership);
        assert_eq!(a.lists, b.lists);
        assert_eq!(a.entries[0].id, "house:1");
        assert_eq!(a.ownership[0].share_ppm, Some(250_000));
        assert_eq!((a.files[0].read, a.files[0].kept, a.files[0].merged), (13, 2, 11));
        assert_eq!((b.files[0].read, b.files[0].kept, b.files[0].merged), (4, 2, 2));
    }

    #[test]
    fn bad_lines_are_told_with_line_and_field() {
        let bad = |line: &str, parts: &[&str]| check_error(line, "jsonl", read_jsonl, parts);
        bad("{\"id\":\"1\",\"kind\":\"person\",\"name\":\"A\",\"alias\":[]}", &["line 1", "alias", "house.schema.json"]);
        bad("{\"id\":\"1\",\"kind\":\"robot\",\"name\":\"A\"}", &["line 1", "kind", "robot", "person"]);
        bad("{\"id\":\"1\",\"kind\":\"person\",\"name\":\"A\",\"lists\":[\"XX\"]}", &["lists", "XX", "SDN"]);
        bad("{\"id\":\"1\",\"kind\":\"person\"}", &["line 1", "has no name"]);
        bad("{\"id\":\"a:1\",\"kind\":\"person\",\"name\":\"A\"}", &["colon"]);
        bad("{\"id\":\"1\",\"kind\":\"person\",\"name\":\"A\"}\n{\"id\":\"1\",\"kind\":\"person\",\"name\":\"A\"}", &["line 2", "twice"]);
        bad("{\"ownership\":{\"owner\":\"1\",\"owned\":\"2\"}}", &["share"]);
        bad("{\"ownership\":{\"owner\":\"1\",\"owned\":\"2\",\"share\":25}}", &["share", "25", "between 0 and 1"]);
        bad("{\"id\":\"1\",\"kind\":\"person\",\"name\":\"A\",\"countries\":[\"Atlantis\"]}", &["countries", "Atlantis", "ISO 3166"]);
        bad("{\"id\":\"1\",\"kind\":\"person\",\"name\":\"A\",\"birth_dates\":[\"1.2.1960\"]}", &["birth_dates", "1.2.1960"]);
        bad("\n\n", &["no data rows"]);
        bad("<?xml version=\"1.0\"?>", &["XML", "format"]);

        let bad = |line: &str, parts: &[&str]| check_error(&format!("{HEADER}{line}"), "csv", read_csv, parts);
        bad("entri,1,EL,person,A,,,,,,,,\n", &["line 2", "entri", "ownership"]);
        bad("entry,1,EL,person,A,,what,,,,,,\n", &["line 2", "value", "what"]);
        bad("name,1,,,A,strong,,,,,,,\n", &["line 2", "no row of type `entry`"]);
        bad("entry,1,EL,person,A\n", &["line 2", "5 columns", "13"]);
        bad("entry,1,EL,person,,,,,,,,,\n", &["line 2", "has no name"]);
        bad("", &["no data rows"]);
        check_error("type,id,colour\n", "csv", read_csv, &["colour"]);
        check_error("36,\"AEROCARIBBEAN AIRLINES\",-0- \n", "csv", read_csv, &["OFAC CSV"]);
    }
}
