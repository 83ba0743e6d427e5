//! Tables with a header: columns found by name, rows with their lines, and the file's account.

use super::account::Account;
use super::{Context, Document, SourceError, sniff};
use encoding_rs::WINDOWS_1252;
use std::path::PathBuf;
use weighbridge_blob::model::FileAccount;

/// How a table is written.
pub(crate) struct Layout {
    /// In words, for messages: "the BIS Denied Persons List".
    pub(crate) name: &'static str,
    /// Between two columns.
    pub(crate) delimiter: u8,
    /// The bytes are Windows-1252, unless the file begins with a UTF-8 byte order mark.
    pub(crate) windows_1252: bool,
    /// Columns that must be there. The first of them tells the header from a line before it.
    pub(crate) required: &'static [&'static str],
    /// Columns that are used if they are there, or known and left out with a reason.
    pub(crate) optional: &'static [&'static str],
}

/// One row.
pub(crate) struct Row {
    /// 1-based line on which it begins.
    pub(crate) line: u64,
    columns: std::rc::Rc<[String]>,
    fields: Vec<String>,
}

impl Row {
    /// The text of a column, on one line and without blanks around it; empty if the file has no such column.
    pub(crate) fn get(&self, column: &str) -> &str {
        let position = self.columns.iter().position(|name| name == column);
        position.and_then(|position| self.fields.get(position)).map_or("", String::as_str)
    }
}

/// Reads rows one by one and keeps the file's account.
pub(crate) struct Table {
    path: PathBuf,
    reader: csv::Reader<Document>,
    record: csv::ByteRecord,
    layout: &'static Layout,
    utf8: bool,
    columns: std::rc::Rc<[String]>,
    /// The fields of the line before the header, if there is one: `Report Date: 13-Feb-2026`.
    preamble: Vec<String>,
    /// What becomes of the rows.
    pub(crate) account: Account,
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl Table {
    /// Reads the header, which is the first line or the second.
    ///
    /// # Errors
    /// [`SourceError`] if it is not there, or a column is missing.
    pub(crate) fn open(document: Document, layout: &'static Layout, context: &mut Context<'_>) -> Result<Self, SourceError> {
        let account = Account::new(document.name());
        let path = document.path().to_owned();
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(layout.delimiter).from_reader(document);
        let mut table = Self {
            path,
            reader,
            record: csv::ByteRecord::new(),
            layout,
            utf8: !layout.windows_1252,
            columns: std::rc::Rc::from(Vec::new()),
            preamble: Vec::new(),
            account,
        };
        table.header(context)?;
        Ok(table)
    }

    fn header(&mut self, context: &mut Context<'_>) -> Result<(), SourceError> {
        let key = self.layout.required.first().copied().unwrap_or_default();
        let mut first = String::new();
        for number in 0..2 {
            if !self.read()? {
                break;
            }
            if number == 0 && self.record.get(0).is_some_and(|field| field.starts_with(BYTE_ORDER_MARK)) {
                self.utf8 = true;
            }
            let line = self.line();
            let columns = (0..self.record.len()).map(|column| self.text(line, column)).collect::<Result<Vec<_>, _>>();
            // A line that is no text is none of ours; which file it is matters more than where the byte stands.
            let columns = columns.unwrap_or_default();
            if number == 0 {
                first = self.record.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join(",");
            }
            if !columns.iter().any(|column| column == key) {
                self.preamble = columns;
                continue;
            }
            if let Some(missing) = self.layout.required.iter().find(|wanted| !columns.iter().any(|column| column == *wanted)) {
                let message = format!("{} has a column `{missing}`, and this header has none; fetch the file again", self.layout.name);
                return Err(self.error(line, message));
            }
            for column in columns.iter().filter(|column| !column.is_empty()) {
                if !self.layout.required.iter().chain(self.layout.optional).any(|known| known == column) {
                    context.note(format!("the column `{column}` is not known here; what stands in it was not read"), self.name(), line);
                }
            }
            self.columns = std::rc::Rc::from(columns);
            return Ok(());
        }
        if first.is_empty() {
            return Err(SourceError::Empty { path: self.path.clone() });
        }
        let found = sniff(&first)
            .map_or_else(|| format!("a file that begins with `{}`", first.chars().take(60).collect::<String>()), str::to_owned);
        Err(SourceError::OtherFormat { path: self.path.clone(), expected: self.layout.name, found })
    }

    /// The next row, or `None` at the end. A row of blanks alone is accounted for here.
    pub(crate) fn next(&mut self, context: &Context<'_>) -> Result<Option<Row>, SourceError> {
        loop {
            if !self.read()? {
                self.account.tell(context, 1);
                return Ok(None);
            }
            let line = self.line();
            if self.record.len() != self.columns.len() {
                return Err(SourceError::Columns {
                    path: self.path.clone(),
                    line,
                    layout: self.layout.name,
                    expected: self.columns.len(),
                    got: self.record.len(),
                });
            }
            let fields = (0..self.record.len()).map(|column| self.text(line, column)).collect::<Result<Vec<_>, _>>()?;
            self.account.row();
            self.account.tell(context, 512);
            if fields.iter().all(String::is_empty) {
                self.account.lost(line, true, "the row is empty");
                continue;
            }
            return Ok(Some(Row { line, columns: std::rc::Rc::clone(&self.columns), fields }));
        }
    }

    /// The line before the header, field by field; empty if the header comes first.
    pub(crate) fn preamble(&self) -> &[String] {
        &self.preamble
    }

    /// Whether the header has this column.
    pub(crate) fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name == column)
    }

    pub(crate) fn name(&self) -> &str {
        self.account.name()
    }

    /// An error about a row.
    pub(crate) fn error(&self, line: u64, message: impl Into<String>) -> SourceError {
        SourceError::Row { path: self.path.clone(), line, message: message.into() }
    }

    /// The file's account, once all rows are read.
    ///
    /// # Errors
    /// [`SourceError`] if there was no row: an empty list would clear everybody.
    pub(crate) fn finish(self) -> Result<FileAccount, SourceError> {
        if self.account.read() == 0 {
            return Err(SourceError::Empty { path: self.path });
        }
        Ok(self.account.finish(self.reader.into_inner().digest()?))
    }

    fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    fn read(&mut self) -> Result<bool, SourceError> {
        let more = self.reader.read_byte_record(&mut self.record);
        more.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            match error.into_kind() {
                csv::ErrorKind::Io(source) => SourceError::open(&self.path, source),
                other => self.error(line, format!("{other:?}")),
            }
        })
    }

    fn text(&self, line: u64, column: usize) -> Result<String, SourceError> {
        let bytes = self.record.get(column).unwrap_or_default();
        if !self.utf8 {
            return Ok(tidy(&WINDOWS_1252.decode_without_bom_handling(bytes).0));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| {
            let column = self.columns.get(column).cloned().unwrap_or_else(|| (column + 1).to_string());
            SourceError::Utf8 { path: self.path.clone(), line, column }
        })?;
        Ok(tidy(text.trim_start_matches('\u{feff}')))
    }
}

/// A text on one line, with single blanks. Publishers put Windows-1252 bytes into UTF-8 files as C1 control
/// characters (`Xi\u{92}an`); they are what Windows-1252 says.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !tidy.is_empty() {
            tidy.push(' ');
        }
        for c in word.chars() {
            match u8::try_from(u32::from(c)) {
                Ok(byte @ 0x80..=0x9F) => tidy.push_str(&WINDOWS_1252.decode_without_bom_handling(&[byte]).0),
                _ => tidy.push(c),
            }
        }
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_put_on_one_line() {
        assert_eq!(tidy("  Precise Instrument\nCo. \t Ltd "), "Precise Instrument Co. Ltd");
        assert_eq!(tidy("Xi\u{92}an"), "Xi\u{2019}an");
        assert_eq!(tidy("\u{a0}Zürich\u{a0}"), "Zürich");
        assert_eq!(tidy("\u{81}"), "\u{81}", "a byte that Windows-1252 leaves open stays");
    }
}
