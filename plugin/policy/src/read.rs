//! TOML tables, read key by key: every problem is kept with its place, and what was not asked for is unknown.

use std::cell::RefCell;
use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use weighbridge_blob::date::Day;

use crate::Diagnostic;

/// The problems found so far, with the text they stand in.
pub(crate) struct Problems<'t> {
    text: &'t str,
    errors: RefCell<Vec<(usize, Diagnostic)>>,
    warnings: RefCell<Vec<(usize, Diagnostic)>>,
}

impl<'t> Problems<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, errors: RefCell::default(), warnings: RefCell::default() }
    }

    /// Notes an error at a byte of the text.
    pub(crate) fn error(&self, at: usize, message: impl Into<String>, help: impl Into<String>) {
        self.errors.borrow_mut().push((at, self.diagnostic(at, message.into(), help.into())));
    }

    /// How many errors there are so far.
    pub(crate) fn count(&self) -> usize {
        self.errors.borrow().len()
    }

    /// Notes a warning at a byte of the text.
    pub(crate) fn warn(&self, at: usize, message: impl Into<String>, help: impl Into<String>) {
        self.warnings.borrow_mut().push((at, self.diagnostic(at, message.into(), help.into())));
    }

    /// Errors and warnings, in the order of the text.
    pub(crate) fn into_parts(self) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        let sorted = |list: RefCell<Vec<(usize, Diagnostic)>>| {
            let mut list = list.into_inner();
            list.sort_by_key(|(at, _)| *at);
            list.into_iter().map(|(_, diagnostic)| diagnostic).collect()
        };
        (sorted(self.errors), sorted(self.warnings))
    }

    fn diagnostic(&self, at: usize, message: String, help: String) -> Diagnostic {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Diagnostic { line: Some(line), column: Some(column), message, help: (!help.is_empty()).then_some(help) }
    }
}

/// A value with the place where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) at: usize,
}

/// One table of the file.
pub(crate) struct Section<'a, 't> {
    pub(crate) problems: &'a Problems<'t>,
    table: &'a DeTable<'t>,
    /// Where it begins.
    pub(crate) at: usize,
    /// How messages call it: "[policy]", "rule `X`".
    pub(crate) name: String,
    known: BTreeSet<&'static str>,
}

impl<'a, 't> Section<'a, 't> {
    pub(crate) fn new(problems: &'a Problems<'t>, table: &'a DeTable<'t>, at: usize, name: impl Into<String>) -> Self {
        Self { problems, table, at, name: name.into(), known: BTreeSet::new() }
    }

    /// Reports the keys that nothing asked for.
    pub(crate) fn done(self) {
        for key in self.table.keys() {
            let text: &str = key.get_ref();
            if !self.known.contains(text) {
                let known = self.known.iter().copied().collect::<Vec<_>>().join(", ");
                self.problems.error(key.span().start, format!("unknown key `{text}` in {}", self.name), format!("known are {known}"));
            }
        }
    }

    pub(crate) fn error(&self, at: usize, message: impl Into<String>, help: impl Into<String>) {
        self.problems.error(at, format!("{}: {}", self.name, message.into()), help);
    }

    fn get(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'t>>> {
        self.known.insert(key);
        self.table.get(key)
    }

    fn wrong(&self, key: &str, value: &Spanned<DeValue<'t>>, wanted: &str) {
        let got = kind(value.get_ref());
        self.error(value.span().start, format!("`{key}` is {got}"), format!("write {wanted}"));
    }

    /// Reports a key that must be there.
    pub(crate) fn missing(&self, key: &str, wanted: &str) {
        self.error(self.at, format!("`{key}` is missing"), format!("write {wanted}"));
    }

    pub(crate) fn has(&mut self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn text(&mut self, key: &'static str) -> Option<At<&'a str>> {
        let value = self.get(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong(key, value, "a text in quotes");
        }
        Some(At { value: text?, at: value.span().start })
    }

    pub(crate) fn owned(&mut self, key: &'static str) -> String {
        self.text(key).map(|t| t.value.to_owned()).unwrap_or_default()
    }

    pub(crate) fn flag(&mut self, key: &'static str) -> Option<bool> {
        let value = self.get(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong(key, value, "true or false");
        }
        flag
    }

    pub(crate) fn number(&mut self, key: &'static str) -> Option<At<f64>> {
        let value = self.get(key)?;
        let number = number(value.get_ref());
        if number.is_none() {
            self.wrong(key, value, "a number");
        }
        Some(At { value: number?, at: value.span().start })
    }

    pub(crate) fn day(&mut self, key: &'static str) -> Option<At<Day>> {
        let value = self.get(key)?;
        let day = day(value.get_ref());
        if day.is_none() {
            self.wrong(key, value, "a date: 2026-11-10");
        }
        Some(At { value: day?, at: value.span().start })
    }

    /// A date or any text; only whether it is one of them is checked.
    /// The text as written, or the date as text; empty if the key is not there.
    pub(crate) fn day_or_text(&mut self, key: &'static str) -> String {
        let Some(value) = self.get(key) else { return String::new() };
        match (day(value.get_ref()), value.get_ref().as_str()) {
            (_, Some(text)) => text.to_owned(),
            (Some(day), None) => day.to_string(),
            (None, None) => {
                self.wrong(key, value, "a date, or a text in quotes");
                String::new()
            }
        }
    }

    /// A list of texts. An empty list is an error: nothing can be in it.
    pub(crate) fn texts(&mut self, key: &'static str) -> Option<Vec<At<&'a str>>> {
        self.list(key, false)
    }

    /// A text alone or a list of texts.
    pub(crate) fn text_or_texts(&mut self, key: &'static str) -> Option<Vec<At<&'a str>>> {
        self.list(key, true)
    }

    pub(crate) fn owned_texts(&mut self, key: &'static str) -> Vec<String> {
        self.texts(key).unwrap_or_default().into_iter().map(|t| t.value.to_owned()).collect()
    }

    fn list(&mut self, key: &'static str, alone: bool) -> Option<Vec<At<&'a str>>> {
        let value = self.get(key)?;
        let read = texts(value, alone);
        match &read {
            None => self.wrong(key, value, if alone { "a text, or a list of texts" } else { "a list of texts: [\"…\", \"…\"]" }),
            Some(list) if list.is_empty() => {
                self.error(value.span().start, format!("`{key}` is empty"), "name something, or leave the key out");
            }
            Some(_) => {}
        }
        read
    }

    pub(crate) fn table(&mut self, key: &'static str) -> Option<Section<'a, 't>> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Table(table) => {
                let inside = self.name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
                let name = inside.map_or_else(|| format!("[{key}]"), |outer| format!("[{outer}.{key}]"));
                Some(Section::new(self.problems, table, value.span().start, name))
            }
            _ => {
                self.wrong(key, value, "a table");
                None
            }
        }
    }

    /// The tables of `[[key]]`.
    pub(crate) fn tables(&mut self, key: &'static str) -> Vec<Section<'a, 't>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Array(array) = value.get_ref() else {
            self.wrong(key, value, &format!("tables: [[{key}]]"));
            return Vec::new();
        };
        let mut out = Vec::new();
        for (index, value) in array.iter().enumerate() {
            match value.get_ref() {
                DeValue::Table(table) => {
                    out.push(Section::new(self.problems, table, value.span().start, format!("[[{key}]] {}", index + 1)));
                }
                _ => self.wrong(key, value, "a table"),
            }
        }
        out
    }

    /// All entries of a table whose keys the author chooses.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (At<&'a str>, &'a Spanned<DeValue<'t>>)> + use<'a, 't> {
        self.table.iter().map(|(key, value)| (At { value: key.get_ref().as_ref(), at: key.span().start }, value))
    }

    /// An entry of [`Section::entries`] as a table.
    pub(crate) fn entry_table(&self, key: &str, value: &'a Spanned<DeValue<'t>>) -> Option<Section<'a, 't>> {
        match value.get_ref() {
            DeValue::Table(table) => {
                let name = format!("{}.{key}]", self.name.trim_end_matches(']'));
                Some(Section::new(self.problems, table, value.span().start, name))
            }
            _ => {
                self.wrong(key, value, "a table");
                None
            }
        }
    }

    /// An entry of [`Section::entries`] as a text.
    pub(crate) fn entry_text(&self, key: &str, value: &'a Spanned<DeValue<'t>>) -> Option<At<&'a str>> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong(key, value, "a text in quotes");
        }
        Some(At { value: text?, at: value.span().start })
    }

    /// An entry of [`Section::entries`] as a list of texts.
    pub(crate) fn entry_texts(&self, key: &str, value: &'a Spanned<DeValue<'t>>) -> Option<Vec<At<&'a str>>> {
        let list = texts(value, false);
        if list.is_none() {
            self.wrong(key, value, "a list of texts: [\"…\", \"…\"]");
        }
        list
    }
}

fn texts<'a>(value: &'a Spanned<DeValue<'_>>, alone: bool) -> Option<Vec<At<&'a str>>> {
    match value.get_ref() {
        DeValue::Array(array) => array.iter().map(|v| Some(At { value: v.get_ref().as_str()?, at: v.span().start })).collect(),
        DeValue::String(text) if alone => Some(vec![At { value: text.as_ref(), at: value.span().start }]),
        _ => None,
    }
}

pub(crate) fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix()).ok().map(|i| i as f64),
        DeValue::Float(f) => f.as_str().parse::<f64>().ok().filter(|f| f.is_finite()),
        _ => None,
    }
}

fn day(value: &DeValue<'_>) -> Option<Day> {
    let DeValue::Datetime(datetime) = value else { return None };
    match (datetime.date, datetime.time) {
        (Some(date), None) => Day::from_civil(i32::from(date.year), u32::from(date.month), u32::from(date.day)),
        _ => None,
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
