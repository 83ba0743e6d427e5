//! The policy compiler: a TOML file in, the blob's policy section out.
//!
//! The head of [`DEFAULT`] says how a policy is read. [`compile`] checks every key, word, date and place,
//! and collects all problems with line and column; nothing that it does not understand passes silently.
//!
//! ```
//! use weighbridge_blob::policy::PolicyTable;
//!
//! let compiled = weighbridge_policy::compile(weighbridge_policy::DEFAULT, &Default::default()).unwrap();
//! let table = PolicyTable::open(&compiled.bytes).unwrap();
//! assert_eq!(table.rule_count(), 51);
//! ```
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::todo))]

mod file;
mod iso;
mod places;
mod read;
mod rules;

use std::fmt;

use weighbridge_blob::date::Day;
use weighbridge_blob::place::Place;
use weighbridge_blob::words::ListSet;

/// The policy that is used where none is named. Not legal advice: every value is the operator's to edit.
pub const DEFAULT: &str = include_str!("../default-policy.toml");

/// Every code that a policy must have an answer for: the officially assigned ones of ISO 3166-1 and `XK`.
pub fn countries() -> impl Iterator<Item = Place> {
    iso::countries().filter_map(Place::country)
}

/// Codes that platforms and databases give where they know no country: `XX` and `ZZ` unknown, `T1` Tor (Cloudflare),
/// `A1` proxy, `A2` satellite, `O1` other, `AP` and `EU` a continent (MaxMind).
pub const NO_COUNTRY: [&str; 8] = ["XX", "ZZ", "T1", "A1", "A2", "O1", "AP", "EU"];

/// What the compiler is told beside the text.
#[derive(Debug, Clone, Default)]
pub struct CompileOptions {
    /// The day on which the policy is compiled; `None` = do not compare it with `review_by`.
    pub today: Option<Day>,
}

/// A compiled policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The section: see [`weighbridge_blob::policy::PolicyTable`]. One text always gives the same bytes.
    pub bytes: Vec<u8>,
    /// What is allowed, but should be looked at.
    pub warnings: Vec<Diagnostic>,
    /// The lists that rules name. One that no source provides is a build warning.
    pub lists_named: ListSet,
    /// The ids of the rules, in the order of the file: their bits in a match mask.
    pub rule_ids: Vec<String>,
}

/// A problem in a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// 1-based line.
    pub line: Option<usize>,
    /// 1-based column, in characters.
    pub column: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}")?;
            if let Some(column) = self.column {
                write!(f, ", column {column}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Diagnostic {}

/// Compiles a policy.
///
/// # Errors
/// All problems, in the order of the text: bad TOML, unknown keys and words, unknown sets and switches,
/// codes of no country, rules that can never hold, and more rules or sets than a section can hold.
pub fn compile(toml: &str, options: &CompileOptions) -> Result<Compiled, Vec<Diagnostic>> {
    file::compile(toml, options, None)
}

/// Compiles a policy as if the rule with this id were not in it. For tests that ask whether a rule matters.
///
/// # Errors
/// As [`compile`]. An id that no rule has is an error too.
pub fn compile_without(toml: &str, rule_id: &str, options: &CompileOptions) -> Result<Compiled, Vec<Diagnostic>> {
    file::compile(toml, options, Some(rule_id))
}
