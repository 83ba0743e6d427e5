//! What becomes of the rows of one file, while it is read: every row that is read ends as kept, merged or lost.

use super::Context;
use weighbridge_blob::model::{FileAccount, LostRow};

/// The account of one file.
pub(crate) struct Account {
    file: FileAccount,
    /// Rows that nobody was told of yet.
    pending: u64,
}

impl Account {
    pub(crate) fn new(name: &str) -> Self {
        Self { file: FileAccount { name: name.to_owned(), ..FileAccount::default() }, pending: 0 }
    }

    /// The file's name, for notes.
    pub(crate) fn name(&self) -> &str {
        &self.file.name
    }

    /// A row was read.
    pub(crate) fn row(&mut self) {
        self.file.read += 1;
        self.pending += 1;
    }

    /// The last row was a header, not data.
    pub(crate) fn no_row(&mut self) {
        self.file.read -= 1;
    }

    /// Tells how far the reader is, if there are so many new rows.
    pub(crate) fn tell(&mut self, context: &Context<'_>, at_least: u64) {
        if self.pending >= at_least {
            context.rows_read(self.pending);
            self.pending = 0;
        }
    }

    /// How many rows were read.
    pub(crate) fn read(&self) -> u64 {
        self.file.read
    }

    /// How many rows are accounted for.
    pub(crate) fn settled(&self) -> u64 {
        self.file.kept + self.file.merged + self.file.lost.len() as u64
    }

    /// The row is an entry of its own.
    pub(crate) fn kept(&mut self) {
        self.file.kept += 1;
    }

    /// The row became part of another row's entry.
    pub(crate) fn merged(&mut self) {
        self.file.merged += 1;
    }

    /// The row could not be used. An unexplained loss fails the build.
    pub(crate) fn lost(&mut self, line: u64, explained: bool, reason: impl Into<String>) {
        self.file.lost.push(LostRow { line, reason: reason.into(), explained });
    }

    /// The account of a file that was read to its end, whose content has this digest.
    pub(crate) fn finish(self, digest: String) -> FileAccount {
        FileAccount { digest, ..self.file }
    }
}
