//! What the bench says: printed line by line as it comes, and kept for the README.

use anyhow::Context as _;

/// Where the tables stand in the README.
const BEGIN: &str = "<!-- cargo measure runtimes --readme -->\n";
const END: &str = "<!-- end -->";

/// All lines so far.
#[derive(Default)]
pub(super) struct Report(String);

impl Report {
    /// Prints a line.
    pub(super) fn line(&mut self, line: &str) {
        println!("{line}");
        self.0.push_str(line);
        self.0.push('\n');
    }

    /// Puts everything in the place of what stands between the marks in the README.
    pub(super) fn write(&self) -> anyhow::Result<()> {
        let path = crate::components::workspace().join("README.md");
        let text = std::fs::read_to_string(&path)?;
        let (before, rest) = text.split_once(BEGIN).context("README.md has no place for the tables")?;
        let (_, after) = rest.split_once(END).context("README.md does not end the place for the tables")?;
        std::fs::write(path, format!("{before}{BEGIN}{}{END}{after}", self.0))?;
        Ok(())
    }
}
