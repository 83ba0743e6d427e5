//! Rows of a CSV file with their lines, checked for columns and UTF-8.

use super::account::Account;
use super::{Context, Document, SourceError, sniff};
use std::path::{Path, PathBuf};
use weighbridge_blob::model::FileAccount;

/// How a CSV file is laid out.
pub(crate) struct Layout {
    /// In words, for messages: "OFAC's sdn.csv".
    pub(crate) name: &'static str,
    /// Columns of every row; 0 = as many as the first row has.
    pub(crate) columns: usize,
}

/// One row.
pub(crate) struct Row {
    /// 1-based line on which it begins.
    pub(crate) line: u64,
    fields: Vec<String>,
}

impl Row {
    /// The text of a column, from 0; empty if there is none.
    pub(crate) fn get(&self, column: usize) -> &str {
        self.fields.get(column).map_or("", String::as_str)
    }
}

/// Reads rows one by one and keeps the file's account.
pub(crate) struct Rows {
    path: PathBuf,
    reader: csv::Reader<Document>,
    record: csv::ByteRecord,
    layout: Layout,
    /// What becomes of the rows.
    pub(crate) account: Account,
}

/// The byte that ends OFAC's files: a DOS end-of-file mark.
const END_OF_FILE: &[u8] = &[0x1A];

impl Rows {
    pub(crate) fn new(document: Document, layout: Layout) -> Self {
        let account = Account::new(document.name());
        let path = document.path().to_owned();
        // With CRLF as one terminator the reader counts each line feed to the row behind it, and lines are off by one. So
        // rows end at the line feed, and the carriage return is taken from the last field.
        let reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).terminator(csv::Terminator::Any(b'\n')).from_reader(document);
        Self { path, reader, record: csv::ByteRecord::new(), layout, account }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn name(&self) -> &str {
        self.account.name()
    }

    /// The next row, or `None` at the end.
    pub(crate) fn next(&mut self, context: &Context<'_>) -> Result<Option<Row>, SourceError> {
        loop {
            let more = self.reader.read_byte_record(&mut self.record).map_err(|error| self.csv_error(error))?;
            if !more {
                self.account.tell(context, 1);
                return Ok(None);
            }
            let line = self.record.position().map_or(0, csv::Position::line);
            let single = if self.record.len() == 1 { self.record.get(0) } else { None };
            if single.is_some_and(|field| field == END_OF_FILE || field.is_empty() || field == b"\r") {
                continue;
            }
            if self.account.read() == 0 {
                self.check_first()?;
            }
            if self.record.len() != self.layout.columns {
                return Err(SourceError::Columns {
                    path: self.path.clone(),
                    line,
                    layout: self.layout.name,
                    expected: self.layout.columns,
                    got: self.record.len(),
                });
            }
            let mut fields = Vec::with_capacity(self.record.len());
            for (column, field) in self.record.iter().enumerate() {
                let text = std::str::from_utf8(field).map_err(|_| self.utf8_error(line, column))?;
                // A byte order mark is no part of the first field.
                let text = if self.account.read() == 0 && column == 0 { text.trim_start_matches('\u{feff}') } else { text };
                fields.push(text.to_owned());
            }
            if let Some(last) = fields.last_mut()
                && last.ends_with('\r')
            {
                last.pop();
            }
            self.account.row();
            self.account.tell(context, 512);
            return Ok(Some(Row { line, fields }));
        }
    }

    /// The first row tells whether this is the right kind of file at all.
    fn check_first(&mut self) -> Result<(), SourceError> {
        if self.layout.columns == 0 {
            self.layout.columns = self.record.len();
            return Ok(());
        }
        if self.record.len() != self.layout.columns {
            let text = self.record.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join(",");
            // A row of the right publisher with a column too few is damaged, not of another format.
            if let Some(found) = sniff(&text).filter(|found| !(found.starts_with("OFAC") && self.layout.name.starts_with("OFAC"))) {
                return Err(SourceError::OtherFormat { path: self.path.clone(), expected: self.layout.name, found: found.to_owned() });
            }
        }
        Ok(())
    }

    /// The first row was a header, not data.
    pub(crate) fn header(&mut self) {
        self.account.no_row();
    }

    /// An error about a row.
    pub(crate) fn error(&self, line: u64, message: impl Into<String>) -> SourceError {
        SourceError::Row { path: self.path.clone(), line, message: message.into() }
    }

    /// The file's account, once all rows are read.
    pub(crate) fn finish(self) -> Result<FileAccount, SourceError> {
        Ok(self.account.finish(self.reader.into_inner().digest()?))
    }

    fn utf8_error(&self, line: u64, column: usize) -> SourceError {
        SourceError::Utf8 { path: self.path.clone(), line, column: (column + 1).to_string() }
    }

    fn csv_error(&self, error: csv::Error) -> SourceError {
        let line = error.position().map_or(0, csv::Position::line);
        match error.into_kind() {
            csv::ErrorKind::Io(source) => SourceError::open(&self.path, source),
            other => self.error(line, format!("{other:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Input, Silent};

    #[test]
    fn lines_are_counted_alike_with_and_without_carriage_returns() {
        for (name, end) in [("lf", "\n"), ("crlf", "\r\n")] {
            let path = std::env::temp_dir().join(format!("weighbridge-rows-{name}-{}", std::process::id()));
            std::fs::write(&path, ["a,\"1\nx\"", "b,\"2\"", "", "c,3", "\u{1a}"].join(end)).unwrap();
            let context = Context::new("rows", &Silent);
            let mut rows = Rows::new(Input::new(&path).open_file().unwrap(), Layout { name: "a test", columns: 2 });
            let mut found = Vec::new();
            while let Some(row) = rows.next(&context).unwrap() {
                found.push((row.line, row.get(0).to_owned(), row.get(1).to_owned()));
            }
            std::fs::remove_file(path).unwrap();
            let row = |line: u64, a: &str, b: &str| (line, a.to_owned(), b.to_owned());
            // The line feed inside the quotes is part of the field and counts as a line.
            assert_eq!(found[..2], [row(1, "a", "1\nx"), row(3, "b", "2")], "{name}");
            assert_eq!((found[2].1.as_str(), found[2].2.as_str()), ("c", "3"), "{name}");
            assert_eq!(found.len(), 3);
        }
    }
}
