//! Sets of places and aliases: which sets each code lies in.

use std::collections::{BTreeMap, BTreeSet};

use weighbridge_blob::place::Place;
use weighbridge_blob::policy::MAX_SETS;
use weighbridge_blob::words::Regime;

use crate::iso;
use crate::read::{At, Problems, Section};

/// The sets of the EAR, for files that have no `[alias_sets]`.
const EAR_SETS: [&str; 13] = ["a1", "a5", "a6", "d1", "d4", "d5", "d5_macau", "e1", "e2", "aia", "meu_supp2", "milint", "home"];

/// Named sets, and single places that rules name.
pub(crate) struct Places {
    sets: Vec<Set>,
}

struct Set {
    name: String,
    members: BTreeSet<Place>,
    /// Country → the country that is asked for in its place.
    alias: BTreeMap<String, String>,
}

impl Places {
    /// Reads `[set]`, `[alias.*]` and `[alias_sets]`.
    pub(crate) fn read(top: &mut Section<'_, '_>) -> Self {
        let mut places = Self { sets: Vec::new() };
        let mut members_at = Vec::new();
        if let Some(section) = top.table("set") {
            for (key, value) in section.entries() {
                if !is_set_name(key.value) {
                    section.error(key.at, format!("`{}` is no name for a set", key.value), "write lower-case letters, digits and `_`");
                    continue;
                }
                let mut members = BTreeSet::new();
                for code in section.entry_texts(key.value, value).unwrap_or_default() {
                    let Some(place) = place(section.problems, &format!("set `{}`", key.value), code) else { continue };
                    members_at.push((key.value, place, code.at));
                    if !members.insert(place) {
                        section.problems.warn(code.at, format!("set `{}` names `{place}` twice", key.value), "");
                    }
                }
                places.sets.push(Set { name: key.value.to_owned(), members, alias: BTreeMap::new() });
            }
        }
        if places.sets.len() > MAX_SETS {
            top.error(top.at, format!("there are {} sets", places.sets.len()), format!("at most {MAX_SETS} fit"));
        }
        places.read_aliases(top);
        for (name, place, at) in members_at {
            let Some(set) = places.sets.iter().find(|s| s.name == name) else { continue };
            if let Some(parent) = set.alias.get(place.country_code()) {
                top.problems.error(
                    at,
                    format!("set `{name}` names `{place}`, which is asked as `{parent}` there"),
                    "take it out, or take the code out of the alias",
                );
            }
        }
        places
    }

    fn read_aliases(&mut self, top: &mut Section<'_, '_>) {
        let mut targets: BTreeMap<Regime, (Vec<At<String>>, bool)> = BTreeMap::new();
        let explicit = top.has("alias_sets");
        if let Some(section) = top.table("alias_sets") {
            for (key, value) in section.entries() {
                let Some(regime) = regime(&section, key) else { continue };
                let names = section.entry_texts(key.value, value).unwrap_or_default();
                for name in &names {
                    if !self.sets.iter().any(|s| s.name == name.value) {
                        section.error(name.at, format!("unknown set `{}`", name.value), format!("known are {}", self.names()));
                    }
                }
                let names = names.into_iter().map(|n| At { value: n.value.to_owned(), at: n.at }).collect();
                targets.insert(regime, (names, false));
            }
        }
        let Some(section) = top.table("alias") else { return };
        for (key, value) in section.entries() {
            let Some(regime) = regime(&section, key) else { continue };
            let Some(table) = section.entry_table(key.value, value) else { continue };
            let mut alias = BTreeMap::new();
            for (from, to) in table.entries() {
                let Some(to) = table.entry_text(from.value, to) else { continue };
                for code in [from, to] {
                    if !iso::is_country(code.value) {
                        table.error(code.at, format!("`{}` is no country", code.value), "write an ISO 3166-1 code of two capital letters");
                    }
                }
                alias.insert(from.value.to_owned(), to.value.to_owned());
            }
            for (from, to) in table.entries() {
                let chained = table.entry_text(from.value, to).filter(|to| alias.contains_key(to.value));
                if let Some(to) = chained {
                    table.error(
                        to.at,
                        format!("`{}` stands for `{}`, which has an alias of its own", from.value, to.value),
                        "name the last one",
                    );
                }
            }
            if !explicit && regime == Regime::UsEar {
                // A file without `[alias_sets]` leaves the dependent territories of 15 CFR 738.3(b) to us.
                for (from, to) in iso::TERRITORIES {
                    alias.entry((*from).to_owned()).or_insert_with(|| (*to).to_owned());
                }
                let known = EAR_SETS.iter().filter(|name| self.sets.iter().any(|s| s.name == **name));
                targets.insert(regime, (known.map(|n| At { value: (*n).to_owned(), at: key.at }).collect(), false));
            }
            match targets.get_mut(&regime) {
                Some((names, used)) => {
                    *used = true;
                    for set in self.sets.iter_mut().filter(|s| names.iter().any(|n| n.value == s.name)) {
                        set.alias.extend(alias.clone());
                    }
                }
                None => table.error(
                    key.at,
                    format!("no set is asked through alias `{}`", key.value),
                    format!("say which in [alias_sets]: {} = [\"…\"]", key.value),
                ),
            }
        }
    }

    /// The bit of a set or of a single place: lower-case words are sets, capitals are ISO codes.
    pub(crate) fn bit(&mut self, problems: &Problems<'_>, who: &str, word: At<&str>) -> u64 {
        let known = self.sets.iter().position(|s| s.name == word.value);
        let index = match known {
            Some(index) => index,
            None if word.value.starts_with(|c: char| c.is_ascii_uppercase()) => {
                let Some(place) = place(problems, who, word) else { return 0 };
                self.sets.push(Set { name: place.to_string(), members: BTreeSet::from([place]), alias: BTreeMap::new() });
                self.sets.len() - 1
            }
            None => {
                let help = format!("known are {}; a single place is an ISO code in capitals", self.names());
                problems.error(word.at, format!("{who}: unknown set `{}`", word.value), help);
                return 0;
            }
        };
        // More sets than bits is an error of its own, from the writer.
        1_u64.checked_shl(u32::try_from(index).unwrap_or(u32::MAX)).unwrap_or(0)
    }

    /// The places of `key`, as a set that no rule can name.
    pub(crate) fn reserve(&mut self, section: &mut Section<'_, '_>, key: &'static str, name: &str) {
        let who = format!("`{key}`");
        let words = section.texts(key).unwrap_or_default();
        let members = words.into_iter().filter_map(|code| place(section.problems, &who, code)).collect();
        self.sets.push(Set { name: name.to_owned(), members, alias: BTreeMap::new() });
    }

    /// Names, in the order of their bits.
    pub(crate) fn set_names(&self) -> Vec<String> {
        self.sets.iter().map(|s| s.name.clone()).collect()
    }

    /// The sets that each country lies in, its aliases applied.
    pub(crate) fn countries(&self) -> BTreeMap<[u8; 2], u64> {
        iso::countries().filter_map(|code| Some((code, self.mask(Place::country(code)?)))).collect()
    }

    /// The sets that each named subdivision lies in: its own and its country's.
    pub(crate) fn regions(&self) -> BTreeMap<Place, u64> {
        let named = self.sets.iter().flat_map(|s| &s.members).filter(|p| p.has_region());
        named.map(|place| (*place, self.mask(*place))).collect()
    }

    fn mask(&self, place: Place) -> u64 {
        let mut mask = 0;
        for (index, set) in self.sets.iter().enumerate().take(MAX_SETS) {
            let asked = set.alias.get(place.country_code()).and_then(|code| code.parse().ok()).unwrap_or(place);
            if set.members.contains(&asked) || set.members.contains(&asked.without_region()) {
                mask |= 1 << index;
            }
        }
        mask
    }

    fn names(&self) -> String {
        self.sets.iter().map(|s| s.name.as_str()).filter(|n| is_set_name(n)).collect::<Vec<_>>().join(", ")
    }
}

fn regime(section: &Section<'_, '_>, key: At<&str>) -> Option<Regime> {
    key.value.parse().map_err(|e: weighbridge_blob::words::UnknownWord| section.error(key.at, e.to_string(), "")).ok()
}

fn is_set_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn place(problems: &Problems<'_>, who: &str, code: At<&str>) -> Option<Place> {
    let capital = !code.value.bytes().any(|b| b.is_ascii_lowercase());
    let place = code.value.parse::<Place>().ok().filter(|p| capital && p.is_code() && iso::is_country(p.country_code()));
    if place.is_none() {
        let help = "write ISO 3166-1 in capitals, with a subdivision if needed: `UA`, `UA-43`";
        problems.error(code.at, format!("{who}: `{}` is no place", code.value), help);
    }
    place
}
