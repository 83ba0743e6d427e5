//! Lists in XML: read record by record, with the line of every element and an account of every row.
//!
//! One record (an entry with all that stands in it) is held at a time, so memory does not grow with the file. Nothing
//! is expanded: a document type declaration is refused whatever it holds, and the only entities are the five of XML
//! and character references.

pub(crate) use super::fill::detail as push_detail;

use super::account::Account;
use super::{Context, Document, SourceError, fill, sniff};
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Error as XmlError, Reader, XmlVersion};
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use weighbridge_blob::date::parse_unix;
use weighbridge_blob::model::{Entry, FileAccount, Identifier, NameRole};
use weighbridge_blob::place::Place;

/// The most that one record may hold, in bytes. The largest known (the code lists of OFAC's enhanced XML) has 116 kB.
const MAX_RECORD: usize = 16 << 20;

/// The deepest nesting in one record. The deepest known is 8, in a name of the same file.
const MAX_DEPTH: usize = 64;

/// How a list in XML is laid out.
pub(crate) struct Layout {
    /// In words, for messages: "OFAC's XML list".
    pub(crate) name: &'static str,
    /// Local name of the root element.
    pub(crate) root: &'static str,
    /// What the root's namespace is known to end in; empty = none.
    pub(crate) namespace: &'static str,
    /// Elements below the root that only hold records.
    pub(crate) containers: &'static [&'static str],
    /// What counts as a row, as parent and element. An element without any text or attribute is a placeholder, not
    /// a row.
    pub(crate) rows: &'static [(&'static str, &'static str)],
}

/// One element with all that stands in it. White space is folded.
#[derive(Debug, Default)]
pub(crate) struct Element {
    /// Local name.
    pub(crate) name: String,
    /// 1-based line on which it begins.
    pub(crate) line: u64,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
    row: bool,
}

impl Element {
    /// Its own text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The elements in it.
    pub(crate) fn children(&self) -> &[Element] {
        &self.children
    }

    /// The elements of this name in it.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The elements `name` in all elements `list`: `akaList`, `aka`.
    pub(crate) fn items<'a>(&'a self, list: &'a str, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.all(list).flat_map(move |list| list.all(name))
    }

    /// The text of the first element of this name; empty if there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.children.iter().find(|child| child.name == name).map_or("", |child| child.text.as_str())
    }

    /// An attribute; empty if there is none.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    /// These attributes, joined; those that are empty or `UNKNOWN` left out.
    pub(crate) fn attributes_in(&self, names: &[&str]) -> String {
        let values = names.iter().map(|name| self.attribute(name)).filter(|value| !value.is_empty() && *value != "UNKNOWN");
        fold(&values.collect::<Vec<_>>().join(", "))
    }

    /// All texts and attributes in it, joined: `Passport, A123, Egypt`.
    pub(crate) fn flat(&self) -> String {
        let mut texts = Vec::new();
        self.flatten(&mut texts);
        texts.join(", ")
    }

    fn flatten<'a>(&'a self, texts: &mut Vec<&'a str>) {
        texts.extend(self.attributes.iter().map(|(_, value)| value.trim()).filter(|value| !value.is_empty()));
        texts.extend(Some(self.text.as_str()).filter(|text| !text.is_empty()));
        self.children.iter().for_each(|child| child.flatten(texts));
    }

    fn is_blank(&self) -> bool {
        self.text.is_empty() && self.attributes.is_empty() && self.children.iter().all(Element::is_blank)
    }

    /// Whether it counts as a row.
    pub(crate) fn is_row(&self) -> bool {
        self.row
    }

    /// The lines of all rows in it, itself included.
    fn row_lines(&self) -> Vec<u64> {
        let mut lines: Vec<u64> = Some(self.line).filter(|_| self.row).into_iter().collect();
        lines.extend(self.children.iter().flat_map(Element::row_lines));
        lines
    }
}

/// Reads the records of a file one by one and keeps its account.
pub(crate) struct Xml {
    path: PathBuf,
    layout: Layout,
    reader: Reader<Lines>,
    buffer: Vec<u8>,
    root: Element,
    /// Names of the open elements above the next record.
    open: Vec<String>,
    /// What becomes of the rows.
    pub(crate) account: Account,
    /// Rows read and settled before the record at hand.
    before: (u64, u64),
}

/// Opens a file and reads up to its root.
pub(crate) fn open(document: Document, layout: Layout, context: &mut Context<'_>) -> Result<Xml, SourceError> {
    let path = document.path().to_owned();
    let account = Account::new(document.name());
    let mut lines = Lines { inner: BufReader::with_capacity(1 << 16, document), newlines: 0, left: MAX_RECORD };
    check_start(&mut lines, &path, layout.name)?;
    let mut reader = Reader::from_reader(lines);
    reader.config_mut().expand_empty_elements = true;
    let (root, open, before) = (Element::default(), Vec::new(), (0, 0));
    let mut xml = Xml { path, layout, reader, buffer: Vec::new(), root, open, account, before };
    xml.read_root()?;
    let namespace = xml.root.attribute("xmlns").trim_end_matches('/').to_owned();
    if !namespace.ends_with(xml.layout.namespace) {
        context.note(
            format!("the namespace `{namespace}` is not one that {} is known to have", xml.layout.name),
            xml.name(),
            xml.root.line,
        );
    }
    Ok(xml)
}

/// What is no XML at all is told apart before a parser makes sense of it.
fn check_start(lines: &mut Lines, path: &std::path::Path, expected: &'static str) -> Result<(), SourceError> {
    let start = lines.fill_buf().map_err(|source| SourceError::open(path, source))?;
    if start.is_empty() {
        return Err(SourceError::Empty { path: path.to_owned() });
    }
    let other = |found: String| SourceError::OtherFormat { path: path.to_owned(), expected, found };
    if start.starts_with(&[0xFE, 0xFF]) || start.starts_with(&[0xFF, 0xFE]) {
        return Err(other("UTF-16 text; convert it to UTF-8".to_owned()));
    }
    let text = String::from_utf8_lossy(&start[..start.len().min(4_096)]).into_owned();
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let line = text.lines().next().unwrap_or("");
    match sniff(line) {
        Some(found) if found != "XML" => Err(other(found.to_owned())),
        _ if !text.is_empty() && !text.starts_with('<') => {
            Err(other(format!("a file that begins with `{}`", line.chars().take(40).collect::<String>())))
        }
        _ => Ok(()),
    }
}

/// What a root element says about a file of another format.
fn format_of_root(name: &str) -> String {
    match name {
        "CONSOLIDATED_LIST" => "the UN consolidated list (`un-xml`)".to_owned(),
        "sdnList" => "OFAC's XML (`ofac-xml`)".to_owned(),
        "sanctionsData" => "OFAC's enhanced XML (`ofac-enhanced-xml`)".to_owned(),
        "Sanctions" => "OFAC's advanced XML, which is not read here; fetch the enhanced XML".to_owned(),
        "export" => "the EU consolidated list (`eu-fsf-xml`)".to_owned(),
        "html" | "HTML" => "a web page".to_owned(),
        other => format!("XML with the root `<{other}>`"),
    }
}

impl Xml {
    /// The root with its attributes.
    pub(crate) fn root(&self) -> &Element {
        &self.root
    }

    /// The file's name, for notes.
    pub(crate) fn name(&self) -> &str {
        self.account.name()
    }

    /// The next element that is no container, or `None` at the end of the root.
    pub(crate) fn next(&mut self, context: &Context<'_>) -> Result<Option<Element>, SourceError> {
        if self.open.is_empty() {
            return Ok(None);
        }
        loop {
            match self.step()? {
                Step::Start(element) => {
                    if self.open.len() == 1 && self.layout.containers.contains(&element.name.as_str()) {
                        self.open.push(element.name);
                        continue;
                    }
                    self.before = (self.account.read(), self.account.settled());
                    let record = self.record(element)?;
                    self.account.tell(context, 1);
                    return Ok(Some(record));
                }
                Step::End => {
                    self.open.pop();
                    if self.open.is_empty() {
                        self.read_rest()?;
                        return Ok(None);
                    }
                }
                Step::Text(text) if text.trim().is_empty() => {}
                Step::Text(text) => {
                    let text: String = text.trim().chars().take(40).collect();
                    return Err(
                        self.error(self.line(), format!("`{text}` stands between the records; the file is damaged, fetch it again"))
                    );
                }
                Step::Other => {}
                Step::Eof => return Err(self.cut_off()),
            }
        }
    }

    /// The record could not be used, and nothing that stands in it.
    pub(crate) fn lost_record(&mut self, record: &Element, reason: &str) {
        self.account.lost(record.line, false, reason);
        // An element that nobody knows is a row all the same: something is in the file that is not in the blob.
        if !record.row {
            self.account.row();
        }
        for line in record.row_lines().into_iter().skip(usize::from(record.row)) {
            self.account.lost(line, false, format!("its entry on line {} could not be used", record.line));
        }
        self.settle(record, 0);
    }

    /// An element that this layout does not have.
    pub(crate) fn unknown(&mut self, record: &Element) {
        let reason = format!("the element `<{}>` is not known in {}", record.name, self.layout.name);
        self.lost_record(record, &reason);
    }

    /// Called when a record is done: rows in it that nobody took are lost, not forgotten. `pending` of them will be
    /// settled later.
    pub(crate) fn settle(&mut self, record: &Element, pending: u64) {
        let (read, settled) = self.before;
        for _ in self.account.settled() - settled + pending..self.account.read() - read {
            self.account.lost(record.line, false, "a row in this entry stands where this layout has none");
        }
    }

    /// An error about a line.
    pub(crate) fn error(&self, line: u64, message: impl Into<String>) -> SourceError {
        SourceError::Row { path: self.path.clone(), line, message: message.into() }
    }

    /// The file's account, once all records are read.
    pub(crate) fn finish(self) -> Result<FileAccount, SourceError> {
        if self.account.read() == 0 {
            return Err(SourceError::Empty { path: self.path });
        }
        Ok(self.account.finish(self.reader.into_inner().inner.into_inner().digest()?))
    }

    fn read_root(&mut self) -> Result<(), SourceError> {
        loop {
            match self.step()? {
                Step::Start(root) if root.name == self.layout.root => {
                    self.open.push(root.name.clone());
                    self.root = root;
                    return Ok(());
                }
                Step::Start(root) => {
                    let found = format_of_root(&root.name);
                    return Err(SourceError::OtherFormat { path: self.path.clone(), expected: self.layout.name, found });
                }
                Step::Text(text) if !text.trim().is_empty() => return Err(self.error(self.line(), "text before the first element")),
                Step::Text(_) | Step::Other => {}
                Step::End | Step::Eof => return Err(SourceError::Empty { path: self.path.clone() }),
            }
        }
    }

    /// After the root, only white space and comments may follow.
    fn read_rest(&mut self) -> Result<(), SourceError> {
        loop {
            match self.step()? {
                Step::Eof => return Ok(()),
                Step::Other => {}
                Step::Text(text) if text.trim().is_empty() => {}
                _ => return Err(self.error(self.line(), "the file goes on after its root element; two files may have been joined")),
            }
        }
    }

    /// Reads an element to its end.
    fn record(&mut self, start: Element) -> Result<Element, SourceError> {
        let line = start.line;
        let mut path = vec![start];
        // The budget is the record's, not each event's.
        let mut budget = MAX_RECORD;
        loop {
            let before = self.reader.buffer_position();
            let step = self.step()?;
            let used = usize::try_from(self.reader.buffer_position() - before).unwrap_or(usize::MAX);
            budget = budget.checked_sub(used).ok_or_else(|| {
                self.error(line, format!("one record of more than {} MB; no list has that, check what the file is", MAX_RECORD >> 20))
            })?;
            match step {
                Step::Start(_) if path.len() >= MAX_DEPTH => {
                    return Err(self.error(self.line(), format!("elements are nested more than {MAX_DEPTH} deep; no list is")));
                }
                Step::Start(element) => path.push(element),
                Step::Text(text) => {
                    if let Some(element) = path.last_mut() {
                        element.text.push_str(&text);
                    }
                }
                Step::Other => {}
                Step::End => {
                    let Some(mut done) = path.pop() else { return Err(self.cut_off()) };
                    done.text = fold(&done.text);
                    let parent = path.last().map(|element| element.name.as_str()).or_else(|| self.open.last().map(String::as_str));
                    let is_row = parent.is_some_and(|parent| self.layout.rows.contains(&(parent, done.name.as_str())));
                    if is_row && !done.is_blank() {
                        done.row = true;
                        self.account.row();
                    }
                    match path.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => return Ok(done),
                    }
                }
                Step::Eof => return Err(self.cut_off()),
            }
        }
    }

    fn step(&mut self) -> Result<Step, SourceError> {
        self.buffer.clear();
        self.reader.get_mut().left = MAX_RECORD;
        let line = self.line();
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(error) => return Err(xml_error(&self.path, line, error)),
        };
        let step = match event {
            Event::Start(start) => element(&start, line).map(Step::Start),
            Event::Empty(_) => Err("an empty element was not expanded".to_owned()),
            Event::End(_) => Ok(Step::End),
            Event::Text(text) => Ok(Step::Text(text.xml10_content().into_owned())),
            Event::CData(text) => Ok(Step::Text(text.xml10_content().into_owned())),
            Event::GeneralRef(reference) => character(&reference).map(Step::Text),
            Event::Comment(_) | Event::PI(_) => Ok(Step::Other),
            Event::Decl(declaration) => match declaration.encoding() {
                Some(Ok(encoding)) if !encoding.eq_ignore_ascii_case("utf-8") && !encoding.eq_ignore_ascii_case("us-ascii") => {
                    Err(format!("the file says that its encoding is `{encoding}`; convert it to UTF-8"))
                }
                _ => Ok(Step::Other),
            },
            Event::DocType(_) => Err("a document type declaration (`<!DOCTYPE`); no list has one, and it could define entities, so it \
                                      is refused: fetch the file again"
                .to_owned()),
            Event::Eof => Ok(Step::Eof),
        };
        step.map_err(|message| SourceError::Row { path: self.path.clone(), line, message })
    }

    /// The line that is being read.
    fn line(&self) -> u64 {
        self.reader.get_ref().newlines + 1
    }

    fn cut_off(&self) -> SourceError {
        let open = self.open.last().map_or(self.layout.root, String::as_str);
        self.error(self.line(), format!("the file ends before `</{open}>`; it is cut off, fetch it again"))
    }
}

enum Step {
    Start(Element),
    End,
    Text(String),
    Other,
    Eof,
}

fn element(start: &BytesStart<'_>, line: u64) -> Result<Element, String> {
    let name = start.local_name().as_ref().to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| format!("`<{name}>`: {error}"))?;
        let key = attribute.key.as_ref();
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| format!("`<{name} {key}=…>`: {error}"))?;
        attributes.push((key.to_owned(), value.into_owned()));
    }
    Ok(Element { name, line, attributes, ..Element::default() })
}

/// What `&amp;` or `&#233;` stands for.
fn character(reference: &BytesRef<'_>) -> Result<String, String> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Ok(character.to_string()),
        Ok(None) => resolve_predefined_entity(reference).map(str::to_owned).ok_or_else(|| {
            let name: String = reference.chars().take(40).collect();
            format!("the entity `&{name};` is not one of XML's five, and no others are expanded")
        }),
        Err(error) => Err(format!("a character reference that means no character: {error}")),
    }
}

fn xml_error(path: &std::path::Path, line: u64, error: XmlError) -> SourceError {
    match error {
        XmlError::Io(source) => SourceError::open(path, io::Error::new(source.kind(), source.to_string())),
        XmlError::Encoding(_) => SourceError::Utf8 { path: path.to_owned(), line, column: "of an element that begins here".to_owned() },
        other => SourceError::Row { path: path.to_owned(), line, message: other.to_string() },
    }
}

/// Text with single blanks, and none at the ends.
pub(crate) fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Counts lines as they are consumed, and stops a run of bytes that no event of a list has.
struct Lines {
    inner: BufReader<Document>,
    newlines: u64,
    left: usize,
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let count = available.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Lines {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "one tag or text is larger than any in a list; check what the file is",
            ));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        let consumed = self.inner.buffer().iter().take(count);
        self.newlines += consumed.filter(|byte| **byte == b'\n').count() as u64;
        self.left = self.left.saturating_sub(count);
        self.inner.consume(count);
    }
}

/// A publication date as XML lists write it (`2026-08-01T23:00:03.110Z`, `2025-05-20T16:00:00.000+02:00`,
/// `2025-01-10T00:00:00`, `03/28/2025`), as Unix seconds. A time without an offset is taken as UTC.
pub(crate) fn published(text: &str) -> Option<i64> {
    if let [month, day, year] = text.split('/').collect::<Vec<_>>().as_slice() {
        return parse_unix(&format!("{year}-{month:0>2}-{day:0>2}")).ok();
    }
    let Some((date, time)) = text.split_once('T') else { return parse_unix(text).ok() };
    let (time, offset) = match time.find(['+', '-']) {
        Some(at) => (&time[..at], &time[at..]),
        None => (time.trim_end_matches('Z'), "+00:00"),
    };
    let (hours, minutes) = offset[1..].split_once(':')?;
    let seconds = i64::from(hours.parse::<u8>().ok()?) * 3_600 + i64::from(minutes.parse::<u8>().ok()?) * 60;
    let local = parse_unix(&format!("{date}T{time}Z")).ok()?;
    Some(if offset.starts_with('-') { local + seconds } else { local - seconds })
}

/// Whether a text can be a name: one without a letter or digit could never be asked for.
pub(crate) fn is_name(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Adds a name, unless the entry has it already; then the stronger role stands. What [`is_name`] denies is left out.
pub(crate) fn push_name(entry: &mut Entry, text: &str, role: NameRole) {
    fill::name(entry, text, role);
}

/// Adds an identifier, unless the entry has it already.
pub(crate) fn push_identifier(entry: &mut Entry, identifier: Identifier) {
    fill::once(&mut entry.identifiers, identifier);
}

/// Adds a country that speaks for identity.
pub(crate) fn push_country(entry: &mut Entry, place: Option<Place>) {
    if let Some(place) = place {
        fill::once(&mut entry.countries, place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weighbridge_blob::model::Name;

    #[test]
    fn dates_of_publication() {
        for (text, seconds) in [
            ("2026-08-01T23:00:03.110Z", Some(1_785_625_203)),
            ("2025-05-20T16:00:00.000+02:00", Some(1_747_749_600)),
            ("2025-05-20T16:00:00-02:00", Some(1_747_764_000)),
            ("2025-01-10T00:00:00", Some(1_736_467_200)),
            ("2025-01-10", Some(1_736_467_200)),
            ("03/28/2025", Some(1_743_120_000)),
            ("3/28/2025", Some(1_743_120_000)),
            ("28/03/2025", None),
            ("2025-05-20T16:00:00+99999999999999999:00", None),
            ("2025-05-20T16:00:00+", None),
            ("2025-05-20T16:00:00+\u{e9}", None),
            ("", None),
        ] {
            assert_eq!(published(text), seconds, "{text}");
        }
    }

    #[test]
    fn the_stronger_role_of_a_name_stands() {
        let mut entry = Entry::new("test:1", None, weighbridge_blob::words::Kind::Person);
        for (role, expected) in [
            (NameRole::Weak, NameRole::Weak),
            (NameRole::Former, NameRole::Former),
            (NameRole::Weak, NameRole::Former),
            (NameRole::Strong, NameRole::Strong),
            (NameRole::Former, NameRole::Strong),
        ] {
            push_name(&mut entry, "A", role);
            assert_eq!(entry.names, [Name { text: "A".to_owned(), role: expected }]);
        }
    }
}
