//! Rows to screen, out of CSV with a head or JSON lines.

use serde_json::{Map, Value};
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;
use weighbridge_blob::date::PartialDate;
use weighbridge_blob::place::Place;
use weighbridge_blob::words::Kind;

/// Bytes that a row may have. A quotation mark that nobody closes makes the rest of a file one row.
const MAX_ROW: u64 = 1 << 20;

/// One name to ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Text or number; the row's number if it has none.
    pub id: Value,
    /// The name.
    pub name: String,
    /// Among which names to look; `None` = all.
    pub kind: Option<Kind>,
    /// Birth date.
    pub birth_date: Option<PartialDate>,
    /// Countries that speak for identity.
    pub countries: Vec<Place>,
}

/// A row that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// 1-based line of the file.
    pub line: u64,
    /// What is wrong, with the field.
    pub why: String,
}

/// The file cannot be read, or is not what it was said to be.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RowsError(String);

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated (RFC 4180), with a head.
    Csv,
    /// Tab-separated, with a head.
    Tsv,
    /// A JSON object in each line.
    Jsonl,
}

/// What the columns, or fields, are called. The first that a file has counts.
#[derive(Debug, Clone)]
pub struct Columns {
    /// Identifier of the row; may be missing.
    pub id: Vec<String>,
    /// The name; must be there.
    pub name: Vec<String>,
    /// The kind of party; may be missing.
    pub schema: Vec<String>,
    /// The birth date; may be missing.
    pub birth_date: Vec<String>,
    /// ISO code of a country, or several with blanks or `;` between; may be missing.
    pub country: Vec<String>,
}

impl Default for Columns {
    fn default() -> Self {
        let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
        Self {
            id: words(&["id"]),
            name: words(&["query", "name"]),
            schema: words(&["schema", "kind", "type"]),
            birth_date: words(&["birth_date"]),
            country: words(&["country"]),
        }
    }
}

/// What a party is, by the words that lists and the FollowTheMoney model use; `None` = anything.
///
/// # Errors
/// The words that are known.
pub fn kind_of_schema(schema: &str) -> Result<Option<Kind>, String> {
    match schema.trim().to_ascii_lowercase().as_str() {
        "" | "any" | "thing" | "legalentity" => Ok(None),
        "person" | "individual" => Ok(Some(Kind::Person)),
        "organization" | "organisation" | "company" | "entity" => Ok(Some(Kind::Organization)),
        "government" | "publicbody" => Ok(Some(Kind::Government)),
        "vessel" | "ship" => Ok(Some(Kind::Vessel)),
        "aircraft" | "airplane" => Ok(Some(Kind::Aircraft)),
        other => Err(format!("`{other}` is no schema; known are person, organization, government, vessel, aircraft and any")),
    }
}

/// The rows of a file, one after the other.
pub struct Rows<'r> {
    source: Source<'r>,
    default: Option<Kind>,
    count: Rc<Count>,
    number: u64,
}

enum Source<'r> {
    Csv { reader: Box<csv::Reader<Counted<'r>>>, record: csv::ByteRecord, at: CsvColumns, width: usize },
    Json { reader: BufReader<Counted<'r>>, line: u64, columns: Columns, buffer: Vec<u8> },
}

struct CsvColumns {
    id: Option<usize>,
    name: usize,
    schema: Option<usize>,
    birth_date: Option<usize>,
    country: Option<usize>,
}

/// What of a row there is, as text.
struct Fields<'f> {
    name: &'f str,
    schema: &'f str,
    birth_date: &'f str,
    country: &'f str,
}

impl<'r> Rows<'r> {
    /// Reads the head, if there is one. `default` is for rows that do not say what they are.
    ///
    /// # Errors
    /// [`RowsError`] if the file cannot be read or has no column with names.
    pub fn open(file: Box<dyn Read + 'r>, format: Format, columns: Columns, default: Option<Kind>) -> Result<Self, RowsError> {
        let count = Rc::new(Count::default());
        let counted = Counted { file, count: Rc::clone(&count) };
        if format == Format::Jsonl {
            let source = Source::Json { reader: BufReader::with_capacity(1 << 16, counted), line: 0, columns, buffer: Vec::new() };
            return Ok(Self { source, default, count, number: 0 });
        }
        let delimiter = if format == Format::Tsv { b'\t' } else { b',' };
        let mut reader = csv::ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(counted);
        let head = reader.byte_headers().map_err(|error| RowsError(error.to_string()))?;
        let width = head.len();
        let head: Vec<String> = head.iter().map(|h| String::from_utf8_lossy(h).trim_start_matches('\u{feff}').trim().to_owned()).collect();
        let find = |names: &[String]| names.iter().find_map(|name| head.iter().position(|h| h.eq_ignore_ascii_case(name)));
        let Some(name) = find(&columns.name) else {
            let why = format!("the head has no column `{}`, only `{}`", columns.name.join("` or `"), head.join("`, `"));
            return Err(RowsError(format!("{why}; say which holds the names with `--column name=HEADER`")));
        };
        let at = CsvColumns {
            id: find(&columns.id),
            name,
            schema: find(&columns.schema),
            birth_date: find(&columns.birth_date),
            country: find(&columns.country),
        };
        Ok(Self { source: Source::Csv { reader: Box::new(reader), record: csv::ByteRecord::new(), at, width }, default, count, number: 0 })
    }

    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.count.all.get()
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// [`RowsError`] if reading fails; a row that is wrong is not that.
    #[allow(clippy::should_implement_trait, reason = "an iterator would hide that reading can fail")]
    pub fn next(&mut self) -> Result<Option<Result<Row, BadRow>>, RowsError> {
        let Self { source, default, count, number } = self;
        count.row.set(0);
        match source {
            Source::Csv { reader, record, at, width } => {
                let more = reader.read_byte_record(record).map_err(|error| match error.into_kind() {
                    csv::ErrorKind::Io(error) => RowsError(error.to_string()),
                    other => RowsError(format!("{other:?}")),
                })?;
                if !more {
                    return Ok(None);
                }
                *number += 1;
                let line = record.position().map_or(0, csv::Position::line);
                Ok(Some(csv_row(record, at, *width, *number, *default).map_err(|why| BadRow { line, why })))
            }
            Source::Json { reader, line, columns, buffer } => loop {
                buffer.clear();
                let read = reader.by_ref().take(MAX_ROW + 1).read_until(b'\n', buffer).map_err(|error| RowsError(error.to_string()))?;
                if read == 0 {
                    return Ok(None);
                }
                *line += 1;
                let bad = |why: String| Ok(Some(Err(BadRow { line: *line, why })));
                if buffer.last() != Some(&b'\n') && buffer.len() as u64 > MAX_ROW {
                    skip_line(reader).map_err(|error| RowsError(error.to_string()))?;
                    *number += 1;
                    return bad(format!("it is longer than {MAX_ROW} bytes"));
                }
                let bom = if *line == 1 { buffer.strip_prefix(b"\xef\xbb\xbf") } else { None };
                let text = bom.unwrap_or(buffer).trim_ascii();
                if text.is_empty() {
                    continue;
                }
                *number += 1;
                return match json_row(text, columns, *number, *default) {
                    Ok(row) => Ok(Some(Ok(row))),
                    Err(why) => bad(why),
                };
            },
        }
    }
}

fn skip_line(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        let available = reader.fill_buf()?;
        let (used, done) = match available.iter().position(|b| *b == b'\n') {
            Some(at) => (at + 1, true),
            None => (available.len(), available.is_empty()),
        };
        reader.consume(used);
        if done {
            return Ok(());
        }
    }
}

fn csv_row(record: &csv::ByteRecord, at: &CsvColumns, width: usize, number: u64, default: Option<Kind>) -> Result<Row, String> {
    if record.len() != width {
        return Err(format!("it has {} fields, and the head has {width}", record.len()));
    }
    let text = |column: Option<usize>, what: &str| match column.and_then(|c| record.get(c)) {
        None => Ok(""),
        Some(bytes) => std::str::from_utf8(bytes).map_err(|_| format!("{what}: not UTF-8; save the file as UTF-8")),
    };
    let id = match text(at.id, "id")? {
        "" => Value::from(number),
        id => Value::from(id),
    };
    let fields = Fields {
        name: text(Some(at.name), "name")?,
        schema: text(at.schema, "schema")?,
        birth_date: text(at.birth_date, "birth_date")?,
        country: text(at.country, "country")?,
    };
    row(id, &fields, default)
}

fn json_row(text: &[u8], columns: &Columns, number: u64, default: Option<Kind>) -> Result<Row, String> {
    let text = std::str::from_utf8(text).map_err(|_| "not UTF-8; save the file as UTF-8".to_owned())?;
    let object: Map<String, Value> = serde_json::from_str(text).map_err(|error| format!("column {}: {error}", error.column()))?;
    let find = |names: &[String]| names.iter().find_map(|name| object.get(name)).filter(|value| !value.is_null());
    let string = |names: &[String], what: &str| match find(names) {
        None => Ok(""),
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(other) => Err(format!("{what}: `{other}` is not text")),
    };
    let id = match find(&columns.id) {
        None => Value::from(number),
        Some(id @ (Value::String(_) | Value::Number(_))) => id.clone(),
        Some(other) => return Err(format!("id: `{other}` is neither text nor a number")),
    };
    let fields = Fields {
        name: string(&columns.name, "query")?,
        schema: string(&columns.schema, "schema")?,
        birth_date: string(&columns.birth_date, "birth_date")?,
        country: string(&columns.country, "country")?,
    };
    row(id, &fields, default)
}

fn row(id: Value, fields: &Fields<'_>, default: Option<Kind>) -> Result<Row, String> {
    if fields.name.trim().is_empty() {
        return Err("name: there is none".to_owned());
    }
    let kind =
        if fields.schema.trim().is_empty() { default } else { kind_of_schema(fields.schema).map_err(|why| format!("schema: {why}"))? };
    let birth_date = match fields.birth_date.trim() {
        "" => None,
        text => Some(text.parse().map_err(|_| format!("birth_date: `{text}` is no date; write 1970, 1970-03 or 1970-03-21"))?),
    };
    let code = |code: &str| code.parse().map_err(|_| format!("country: `{code}` is no ISO 3166 code; write `IR`"));
    let codes = fields.country.split(|c: char| c.is_whitespace() || c == ';').filter(|code| !code.is_empty());
    Ok(Row { id, name: fields.name.to_owned(), kind, birth_date, countries: codes.map(code).collect::<Result<_, _>>()? })
}

#[derive(Default)]
struct Count {
    all: Cell<u64>,
    /// Since the last row.
    row: Cell<u64>,
}

/// A file that counts what is read, and ends where a row does not.
struct Counted<'r> {
    file: Box<dyn Read + 'r>,
    count: Rc<Count>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.count.row.get() > 2 * MAX_ROW {
            let why = format!("a row is longer than {MAX_ROW} bytes; is a quotation mark left open?");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        let read = self.file.read(buffer)?;
        self.count.all.set(self.count.all.get() + read as u64);
        self.count.row.set(self.count.row.get() + read as u64);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], format: Format) -> Vec<Result<Row, BadRow>> {
        let mut rows = Rows::open(Box::new(text), format, Columns::default(), Some(Kind::Person)).unwrap();
        std::iter::from_fn(|| rows.next().unwrap()).collect()
    }

    fn bad(line: u64, why: &str) -> Result<Row, BadRow> {
        Err(BadRow { line, why: why.to_owned() })
    }

    #[test]
    fn csv_rows_are_read_by_the_names_of_their_columns() {
        let rows = read(
            b"\xef\xbb\xbfSchema,country,Name,id\nvessel,IR;SY,\"MV \"\"X\"\"\",7\n,,Two\nlorry,,Three,8\n,,\xff,9\n,, ,10\n,,Last,\n",
            Format::Csv,
        );
        let first = rows[0].as_ref().unwrap();
        assert_eq!((first.id.clone(), first.name.as_str(), first.kind), (Value::from("7"), "MV \"X\"", Some(Kind::Vessel)));
        assert_eq!(first.countries, ["IR".parse().unwrap(), "SY".parse().unwrap()]);
        assert_eq!(rows[1], bad(3, "it has 3 fields, and the head has 4"));
        assert!(matches!(&rows[2], Err(BadRow { line: 4, why }) if why.starts_with("schema: `lorry` is no schema")));
        assert_eq!(rows[3], bad(5, "name: not UTF-8; save the file as UTF-8"));
        assert_eq!(rows[4], bad(6, "name: there is none"));
        let last = rows[5].as_ref().unwrap();
        assert_eq!((last.id.clone(), last.kind), (Value::from(6), Some(Kind::Person)));
        assert_eq!(rows.len(), 6);
    }

    #[test]
    fn json_lines_are_read_one_by_one() {
        let long = format!("{{\"query\":\"{}\"}}", "x".repeat(MAX_ROW as usize));
        let text = format!(
            "{{\"id\":1,\"query\":\"A B\",\"schema\":\"organization\",\"birth_date\":\"1970-03\"}}\n\n{{\"query\":\"\\ud800\"}}\n{long}\n[1]\n{{\"query\":5}}\n{{\"id\":\"z\",\"name\":\"C\"}}"
        );
        let rows = read(text.as_bytes(), Format::Jsonl);
        let first = rows[0].as_ref().unwrap();
        assert_eq!((first.id.clone(), first.kind, first.birth_date), (Value::from(1), Some(Kind::Organization), "1970-03".parse().ok()));
        assert!(matches!(&rows[1], Err(BadRow { line: 3, .. })), "a lone surrogate: {:?}", rows[1]);
        assert_eq!(rows[2], bad(4, "it is longer than 1048576 bytes"));
        assert!(matches!(&rows[3], Err(BadRow { line: 5, .. })));
        assert_eq!(rows[4], bad(6, "query: `5` is not text"));
        assert_eq!(rows[5].as_ref().unwrap().id, Value::from("z"));
        assert_eq!(rows.len(), 6);
    }

    #[test]
    fn an_open_quotation_mark_ends_the_reading_and_not_the_memory() {
        let text = format!("name\n\"{}", "x\n".repeat(4 << 20));
        let mut rows = Rows::open(Box::new(text.as_bytes()), Format::Csv, Columns::default(), None).unwrap();
        let error = rows.next().unwrap_err().to_string();
        assert!(error.contains("quotation mark"), "{error}");
    }

    #[test]
    fn a_head_without_names_is_told() {
        let error = Rows::open(Box::new(&b"id,full\n"[..]), Format::Csv, Columns::default(), None).err().unwrap().to_string();
        assert!(error.contains("`query` or `name`") && error.contains("`id`, `full`") && error.contains("--column name="), "{error}");
    }
}
