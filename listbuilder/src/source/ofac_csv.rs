//! OFAC's legacy CSV set: `sdn.csv`, `alt.csv`, `add.csv`, `sdn_comments.csv`, and the non-SDN set `cons_*.csv`.
//!
//! The files have no header. Null is `-0-`; the last line is one byte, 0x1A. Remarks stop after 1,000 characters, in
//! the middle of a word, and go on in the comments file, often in several rows. Layout: OFAC, "SDN data formats".

use super::remarks::{self, reading_order};
use super::rows::{Layout, Row, Rows};
use super::{Context, Input, Parsed, SourceError, sniff};
use std::collections::HashMap;
use weighbridge_blob::model::{Address, Entry, Name, NameRole};
use weighbridge_blob::words::{Kind, List, ListSet};

/// Where OFAC cuts remarks, in characters.
const REMARKS_CUT: usize = 1_000;

struct Set {
    primary: &'static str,
    aliases: &'static str,
    addresses: &'static str,
    comments: &'static str,
    lists: &'static [List],
}

const SDN: Set = Set { primary: "sdn.csv", aliases: "alt.csv", addresses: "add.csv", comments: "sdn_comments.csv", lists: &[List::Sdn] };

const NON_SDN: Set = Set {
    primary: "cons_prim.csv",
    aliases: "cons_alt.csv",
    addresses: "cons_add.csv",
    comments: "cons_comments.csv",
    lists: &[List::Ssi, List::Fse, List::Plc, List::Cap, List::Cmic, List::NsMbs],
};

/// Reads the set that the folder or archive holds.
///
/// # Errors
/// [`SourceError`] if a file of the set is missing, is of another layout, or has no rows.
pub fn read(input: &Input, context: &mut Context<'_>) -> Result<Parsed, SourceError> {
    let wanted = format!("`{}` or `{}`", SDN.primary, NON_SDN.primary);
    let missing = |wanted: String, set: &Set| SourceError::MissingFile {
        path: input.path().to_owned(),
        wanted,
        set: format!("`{}`, `{}`, `{}` and `{}`", set.primary, set.aliases, set.addresses, set.comments),
    };
    let (set, primary) = match (input.open_in_set(SDN.primary)?, input.open_in_set(NON_SDN.primary)?) {
        (Some(file), None) => (&SDN, file),
        (None, Some(file)) => (&NON_SDN, file),
        (None, None) => return Err(missing(wanted, &SDN)),
        (Some(_), Some(second)) => {
            let message = format!("the folder holds `{}` too; give each set a folder and a [[source]] of its own", SDN.primary);
            return Err(SourceError::Row { path: second.path().to_owned(), line: 1, message });
        }
    };
    let open = |name: &str| input.open_in_set(name)?.ok_or_else(|| missing(format!("`{name}`"), set));
    // All files are opened before any is read, so that a missing one is told at once.
    let (aliases, addresses, comments) = (open(set.aliases)?, open(set.addresses)?, open(set.comments)?);

    let mut comments = Comments::read(Rows::new(comments, Layout { name: "OFAC's comments file", columns: 2 }), context)?;
    let mut builder = Builder { sdn: std::ptr::eq(set, &SDN), entries: Vec::new(), index: HashMap::new() };

    let mut files = Vec::new();
    let mut rows = Rows::new(primary, Layout { name: "OFAC's primary file", columns: 12 });
    let mut any = false;
    while let Some(row) = rows.next(context)? {
        if !any {
            check_number(&rows, &row)?;
            any = true;
        }
        builder.primary(&row, &mut rows, &mut comments, context);
    }
    if !any {
        return Err(SourceError::Empty { path: rows.path().to_owned() });
    }
    files.push(rows.finish()?);

    let mut rows = Rows::new(aliases, Layout { name: "OFAC's alias file", columns: 5 });
    while let Some(row) = rows.next(context)? {
        builder.alias(&row, &mut rows);
    }
    files.push(rows.finish()?);

    let mut rows = Rows::new(addresses, Layout { name: "OFAC's address file", columns: 6 });
    while let Some(row) = rows.next(context)? {
        builder.address(&row, &mut rows, context);
    }
    files.push(rows.finish()?);
    files.push(comments.finish(&builder)?);

    Ok(Parsed { entries: builder.entries, ownership: Vec::new(), lists: set.lists.iter().copied().collect(), files })
}

/// The first column of every layout is an entry number. Other files have text there.
fn check_number(rows: &Rows, row: &Row) -> Result<(), SourceError> {
    if row.get(0).trim().parse::<u64>().is_ok() {
        return Ok(());
    }
    let line: Vec<&str> = (0..12).map(|column| row.get(column)).collect();
    let found = sniff(&line.join(",")).map_or_else(|| format!("a file that begins with `{}`", row.get(0)), str::to_owned);
    Err(SourceError::OtherFormat { path: rows.path().to_owned(), expected: "OFAC's primary file", found })
}

/// The comments file, read first: entries need the rest of their remarks.
struct Comments {
    rows: Rows,
    texts: HashMap<String, String>,
    lines: Vec<(u64, String)>,
    used: HashMap<String, bool>,
}

impl Comments {
    fn read(mut rows: Rows, context: &Context<'_>) -> Result<Self, SourceError> {
        let (mut texts, mut lines) = (HashMap::<String, String>::new(), Vec::new());
        while let Some(row) = rows.next(context)? {
            let number = row.get(0).trim().to_owned();
            texts.entry(number.clone()).or_default().push_str(row.get(1));
            lines.push((row.line, number));
        }
        Ok(Self { rows, texts, lines, used: HashMap::new() })
    }

    /// The entry's remarks with what the comments file adds, and whether they are cut off.
    fn complete(&mut self, number: &str, remarks: &str) -> (String, bool) {
        let cut = remarks.chars().count() >= REMARKS_CUT;
        match self.texts.get(number) {
            Some(rest) if cut => {
                self.used.insert(number.to_owned(), true);
                (format!("{remarks}{rest}"), false)
            }
            Some(_) => {
                self.used.insert(number.to_owned(), false);
                (remarks.to_owned(), false)
            }
            // A text of exactly 1,000 characters that ends in a full stop is not known to go on.
            None => (remarks.to_owned(), cut && !remarks.ends_with('.')),
        }
    }

    fn finish(mut self, builder: &Builder) -> Result<weighbridge_blob::model::FileAccount, SourceError> {
        for (line, number) in std::mem::take(&mut self.lines) {
            match self.used.get(&number) {
                Some(true) => self.rows.account.merged(),
                Some(false) => self.rows.account.lost(line, true, format!("the remarks of entry {number} are complete without it")),
                None if builder.index.contains_key(&number) => {
                    self.rows.account.lost(line, false, format!("entry {number} could not be used"));
                }
                None => self.rows.account.lost(line, true, format!("entry {number} is not in the list any more")),
            }
        }
        self.rows.finish()
    }
}

struct Builder {
    sdn: bool,
    entries: Vec<Entry>,
    /// Entry number to its position; `None` for an entry that could not be used.
    index: HashMap<String, Option<usize>>,
}

impl Builder {
    fn primary(&mut self, row: &Row, rows: &mut Rows, comments: &mut Comments, context: &mut Context<'_>) {
        let number = row.get(0).trim().to_owned();
        if number.parse::<u64>().is_err() {
            return rows.account.lost(row.line, false, format!("`{number}` is not an entry number"));
        }
        if self.index.contains_key(&number) {
            return rows.account.lost(row.line, false, format!("entry {number} occurs twice"));
        }
        match self.entry(row, rows.name(), &number, comments, context) {
            Ok(entry) => {
                self.index.insert(number, Some(self.entries.len()));
                self.entries.push(entry);
                rows.account.kept();
            }
            Err(reason) => {
                self.index.insert(number, None);
                rows.account.lost(row.line, false, reason);
            }
        }
    }

    fn entry(&self, row: &Row, file: &str, number: &str, comments: &mut Comments, context: &mut Context<'_>) -> Result<Entry, String> {
        let kind = match text(row, 2) {
            "individual" => Kind::Person,
            "vessel" => Kind::Vessel,
            "aircraft" => Kind::Aircraft,
            "" | "entity" => Kind::Organization,
            other => return Err(format!("column 3: type `{other}` is not known")),
        };
        let name = text(row, 1);
        if name.is_empty() {
            return Err(format!("column 2: entry {number} has no name"));
        }
        // Not trimmed: the cut may fall on a blank, and the length tells whether there is one.
        let remarks = if text(row, 11).is_empty() { "" } else { row.get(11) };
        let (text_of_remarks, cut) = comments.complete(number, remarks);
        if cut {
            context.note(
                "remarks are cut at 1,000 characters and the comments file has no rest; the last item was left out",
                file,
                row.line,
            );
        }
        let programmes: Vec<String> =
            text(row, 3).split("] [").map(|p| p.trim_matches(['[', ']', ' ']).to_owned()).filter(|p| !p.is_empty()).collect();

        let mut entry = Entry::new(context.entry_id(number), None, kind);
        entry.lists = if self.sdn { ListSet::of(List::Sdn) } else { non_sdn_lists(&programmes, &text_of_remarks)? };
        entry.programmes = programmes;
        push_name(&mut entry, name, NameRole::Primary);

        let found = remarks::parse(&text_of_remarks, kind, cut);
        entry.names.extend(found.names);
        entry.identifiers = found.identifiers;
        entry.websites = found.websites;
        entry.countries = found.countries;
        entry.birth_dates = found.birth_dates;
        for country in found.unknown_countries {
            context.note(format!("`{country}` is not a country or region that is known here; kept as text"), file, row.line);
        }
        for item in found.unusable {
            let label: String = item.chars().take(60).collect();
            context.note(format!("no value could be taken from `{label}`; kept in the remarks"), file, row.line);
        }
        for (column, label) in
            [(4, "title"), (5, "call sign"), (6, "vessel type"), (7, "tonnage"), (8, "gross registered tonnage"), (10, "owner")]
        {
            push_detail(&mut entry, label, text(row, column));
        }
        let flag = text(row, 9);
        push_detail(&mut entry, "flag", flag);
        if let Some(place) = context.country(flag, file, row.line)
            && !entry.countries.contains(&place)
        {
            entry.countries.push(place);
        }
        entry.details.extend(found.details);
        push_detail(&mut entry, "remarks", &text_of_remarks);
        Ok(entry)
    }

    fn alias(&mut self, row: &Row, rows: &mut Rows) {
        let role = match text(row, 2) {
            // "Now known as" is a name in use today.
            "aka" | "nka" => NameRole::Strong,
            "fka" => NameRole::Former,
            other => return rows.account.lost(row.line, false, format!("column 3: alias type `{other}` is not known")),
        };
        if text(row, 3).is_empty() {
            return rows.account.lost(row.line, false, "column 4: the alias has no name");
        }
        let Some(entry) = self.of_row(row, rows) else { return };
        push_name(entry, text(row, 3), role);
        push_detail(entry, "alias remarks", text(row, 4));
        rows.account.merged();
    }

    fn address(&mut self, row: &Row, rows: &mut Rows, context: &mut Context<'_>) {
        let (street, city, country_text) = (text(row, 2), text(row, 3), text(row, 4));
        let file = rows.name().to_owned();
        let Some(entry) = self.of_row(row, rows) else { return };
        if !(street.is_empty() && city.is_empty() && country_text.is_empty()) {
            let country = context.country(country_text, &file, row.line);
            let address = Address { street: street.to_owned(), city: city.to_owned(), country, country_text: country_text.to_owned() };
            if !entry.addresses.contains(&address) {
                entry.addresses.push(address);
            }
        }
        push_detail(entry, "address remarks", text(row, 5));
        rows.account.merged();
    }

    /// The entry that a row of a side file belongs to. Without one the row is lost: the files are of different days.
    fn of_row(&mut self, row: &Row, rows: &mut Rows) -> Option<&mut Entry> {
        let number = row.get(0).trim();
        match self.index.get(number) {
            Some(Some(position)) => self.entries.get_mut(*position),
            Some(None) => {
                rows.account.lost(row.line, false, format!("its entry {number} could not be used"));
                None
            }
            None => {
                rows.account.lost(
                    row.line,
                    false,
                    format!("entry {number} is not in the primary file; fetch all files of the set on one day"),
                );
                None
            }
        }
    }
}

fn push_name(entry: &mut Entry, listed: &str, role: NameRole) {
    let text = if entry.kind == Kind::Person { reading_order(listed) } else { listed.to_owned() };
    // An alias that repeats a name adds nothing, unless it is the stronger of the two.
    match entry.names.iter_mut().find(|name| name.text == text) {
        Some(name) if role < name.role => name.role = role,
        Some(_) => {}
        None => entry.names.push(Name { text, role }),
    }
}

fn push_detail(entry: &mut Entry, label: &str, text: &str) {
    if !text.is_empty() {
        entry.details.push((label.to_owned(), text.to_owned()));
    }
}

/// The text of a column; empty for OFAC's null.
fn text(row: &Row, column: usize) -> &str {
    let text = row.get(column).trim();
    if text == "-0-" { "" } else { text }
}

/// The lists of an entry in the non-SDN file, by its programme tags and, where a tag stands for several lists, by the
/// directives that its remarks name.
///
/// Sources: 31 CFR 561.201 and 561.203 (CAPTA), E.O. 13662 directives (SSI), E.O. 13608 (FSE), E.O. 13959 as amended by
/// E.O. 14032 (CMIC), E.O. 14024 Directive 2 (CAPTA) and Directives 1, 1A, 3 and 4 (menu-based).
pub(super) fn non_sdn_lists(programmes: &[String], remarks: &str) -> Result<ListSet, String> {
    let mut lists = ListSet::EMPTY;
    let mut add = |list| lists = lists.union(ListSet::of(list));
    let mut companions = Vec::new();
    for programme in programmes {
        match programme.as_str() {
            "UKRAINE-EO13662" => add(List::Ssi),
            "NS-PLC" => add(List::Plc),
            "561-Related" | "561List" | "CAPTA" | "IFSR" => add(List::Cap),
            // Menu-based sanctions under CAATSA section 235, and foreign exchange and lending bans.
            "CAATSA - RUSSIA" | "BURMA-EO14014" | "ILLICIT-DRUGS-EO14059" | "NS-MBS" => add(List::NsMbs),
            "RUSSIA-EO14024" => {
                let directives = directives(remarks);
                if directives.iter().any(|d| d == "2") {
                    add(List::Cap);
                }
                if directives.iter().any(|d| d != "2") {
                    add(List::NsMbs);
                }
                if directives.is_empty() {
                    companions.push(programme.as_str());
                }
            }
            other if other.starts_with("CMIC") || other == "NS-CMIC" => add(List::Cmic),
            other if other.starts_with("FSE") => add(List::Fse),
            // Blocking programmes, named beside the non-SDN one because the party is linked to them.
            other @ ("SDGT" | "VENEZUELA-EO13850" | "IRAN-CON-ARMS-EO" | "SYRIA") => companions.push(other),
            other => return Err(format!("column 4: programme `{other}` belongs to no list that is known here")),
        }
    }
    if lists.is_empty() {
        let tags = if programmes.is_empty() { "no programme".to_owned() } else { format!("programme `{}` alone", companions.join("`, `")) };
        return Err(format!("column 4: {tags} says nothing about the list of a non-SDN entry"));
    }
    Ok(lists)
}

/// The directives under E.O. 14024 that remarks name, in lower case: `2`, `1a`.
fn directives(remarks: &str) -> Vec<String> {
    const MARK: &str = "EO 14024 Directive ";
    remarks
        .match_indices(MARK)
        .map(|(at, _)| remarks[at + MARK.len()..].chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase())
        .filter(|directive| directive.starts_with(|c: char| c.is_ascii_digit()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_lists(programmes: &[&str], remarks: &str, expected: &[List]) {
        let programmes: Vec<String> = programmes.iter().map(|p| (*p).to_owned()).collect();
        let expected: ListSet = expected.iter().copied().collect();
        let found = non_sdn_lists(&programmes, remarks).map_err(|e| panic!("{e}")).unwrap();
        assert_eq!(found, expected, "{programmes:?}: {:?}", found.iter().collect::<Vec<_>>());
    }

    #[test]
    fn lists_of_the_non_sdn_file() {
        check_lists(&["NS-PLC", "SDGT"], "", &[List::Plc]);
        check_lists(&["UKRAINE-EO13662", "RUSSIA-EO14024"], "See Section 11 of Executive Order 14024.", &[List::Ssi]);
        let directives = "Listing Date (EO 14024 Directive 2): 24 Feb 2022; Effective Date (EO 14024 Directive 3): 26 Mar 2022";
        check_lists(&["UKRAINE-EO13662", "RUSSIA-EO14024"], directives, &[List::Ssi, List::Cap, List::NsMbs]);
        check_lists(&["RUSSIA-EO14024"], "Listing Date (EO 14024 Directive 1a): 22 Feb 2022", &[List::NsMbs]);
        check_lists(&["561-Related"], "", &[List::Cap]);
        check_lists(&["CMIC-EO13959"], "", &[List::Cmic]);
        check_lists(&["FSE-IR"], "", &[List::Fse]);
        check_lists(&["CAATSA - RUSSIA"], "", &[List::NsMbs]);
    }

    #[test]
    fn a_programme_that_is_not_known_is_told() {
        for (programmes, tag) in
            [(vec!["NEW-EO15000".to_owned()], "NEW-EO15000"), (vec!["SDGT".to_owned()], "SDGT"), (vec![], "no programme")]
        {
            assert!(non_sdn_lists(&programmes, "").unwrap_err().contains(tag));
        }
        let both = ["UKRAINE-EO13662".to_owned(), "NEW-EO15000".to_owned()];
        assert!(non_sdn_lists(&both, "").is_err(), "a list that nobody knows is no reason to keep quiet");
    }
}
