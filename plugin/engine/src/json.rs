//! Facts, cases and decisions as JSON: the form of records, of `tests/decisions/` and of the check endpoint.
//!
//! Facts read from a record decide as they did when they were written. Unknown fields are errors, except in
//! `identity`, where callers keep more than rules ask about.

mod float;
mod named;
mod read;
mod text;
mod tree;
mod write;

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use weighbridge_blob::date::{self, DateError};
use weighbridge_blob::place::Place;
use weighbridge_blob::policy::PolicyTable;
use weighbridge_blob::words::{Action, Band, Flag, ItemClass, Jurisdiction, Kind, List, ListSet, NetworkClass, Outcome, Regime};

use crate::decision::Decision;
use crate::evaluate::evaluate;
use crate::facts::{
    AuthorisationFact, Facts, Hits, IdentityFacts, Item, OwnerFact, PlaceFacts, RuleScope, SettingError, Settings, flag_bit,
};
pub use named::Named;
pub use text::write_facts;
pub use tree::{Members, Tree, number, text};
pub use write::Writer;

const SECONDS_PER_DAY: f64 = 86_400.0;

/// A word of a vocabulary, or a place, as a JSON string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word<T>(pub T);

impl<T: fmt::Display> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Word).map_err(D::Error::custom)
    }
}

/// The facts of one request. Absent fields are empty.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FactsJson {
    /// What is asked of the item.
    pub action: Word<Action>,
    /// The item; absent = nobody has classified it.
    pub item: ItemJson,
    /// Place evidence.
    pub place: PlaceJson,
    /// Who asks; `null` = nobody has said.
    pub identity: Option<IdentityJson>,
    /// What screening found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub party: Vec<PartyJson>,
    /// Listed owners.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<OwnerJson>,
    /// Authorisations in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorisations: Vec<AuthorisationJson>,
    /// Entries that the requester is known not to be; for a hit without an entry, its list. An identifier
    /// that agrees is not cleared this way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clearances: Vec<String>,
    /// What the address is: `vpn`, `proxy`, `tor`, `hosting`, `relay`, `satellite`, `mobile`, `private`, `tunnel`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub network: Vec<Word<NetworkClass>>,
    /// Flags by the policy's names. `ip_declared_mismatch`, `geo_conflict` and `region_unknown` are derived and may not be
    /// given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Word<Flag>>,
    /// Days since each list was last confirmed current; fractions allowed.
    #[serde(skip_serializing_if = "Named::is_empty")]
    pub list_age_days: Named<Word<List>, f64>,
    /// Values that the operator sets in place of the policy's.
    #[serde(skip_serializing_if = "PolicyJson::is_empty")]
    pub policy: PolicyJson,
    /// The lists that some source provides; absent = all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provided: Option<Vec<Word<List>>>,
}

/// The item.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ItemJson {
    /// Export class.
    pub class: Word<ItemClass>,
    /// BIS has informed the operator that this item needs a licence.
    pub notice: bool,
}

impl Default for ItemJson {
    fn default() -> Self {
        Self { class: Word(ItemClass::ClosedUnknown), notice: false }
    }
}

/// Place evidence; each an ISO code with or without region.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct PlaceJson {
    /// Of the client address, by the blob's own table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<Word<Place>>,
    /// Of the client address, as the platform says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Word<Place>>,
    /// Declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<Word<Place>>,
    /// Billing address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing: Option<Word<Place>>,
    /// Where registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered: Option<Word<Place>>,
    /// Headquarters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headquarters: Option<Word<Place>>,
    /// Of the ultimate parent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ultimate_parent: Option<Word<Place>>,
}

/// A requester who is known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IdentityJson {
    /// Kind of party; absent = person.
    pub kind: Word<Kind>,
    /// Foreign person (15 CFR 772.1); absent = not stated, which counts as foreign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign_person: Option<bool>,
    /// What else the caller keeps; no rule asks for it.
    #[serde(flatten)]
    pub more: Named<String, Tree>,
}

/// A hit of screening.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartyJson {
    /// The list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<Word<List>>,
    /// More lists that the entry is on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<Word<List>>,
    /// How well the requester fits.
    pub band: Word<Band>,
    /// Which entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The score, 0-100; no rule asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}

/// A listed owner.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OwnerJson {
    /// The list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<Word<List>>,
    /// More lists that the owner is on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<Word<List>>,
    /// Share held, 0-1; absent or `null` = some, nobody knows how much.
    pub share: Option<f64>,
    /// Who: records with one id are one owner. Without an id each record is an owner of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// An authorisation in force: a kind alone (it names every rule that accepts it), or with the rules it names.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum AuthorisationJson {
    /// A kind alone.
    Kind(String),
    /// With more.
    Scoped(ScopedAuthorisation),
}

/// An authorisation with its number and the rules it names.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScopedAuthorisation {
    /// Its kind.
    pub kind: String,
    /// The rules it names; absent = every rule that accepts its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<String>>,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// Values that the operator sets in place of the policy's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PolicyJson {
    /// Switches.
    #[serde(skip_serializing_if = "Named::is_empty")]
    pub switch: Named<String, String>,
    /// Jurisdictions that bind the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound_as: Option<Vec<String>>,
    /// Regimes whose rules are asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regimes: Option<Vec<String>>,
}

impl PolicyJson {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Facts that no decision can be made from.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FactsError {
    /// The time is none.
    #[error("`at`: {0}, or an RFC 3339 time that ends in `Z`")]
    At(#[from] DateError),
    /// A hit or owner without a list.
    #[error("`{field}[{index}]` names no list; give `list`")]
    NoList {
        /// `party` or `owners`.
        field: &'static str,
        /// Position, from 0.
        index: usize,
    },
    /// A share outside 0-1.
    #[error("`owners[{index}].share` is {}; write a part of one, such as 0.25, or null if it is not known", plain(*share))]
    Share {
        /// Position, from 0.
        index: usize,
        /// What was given.
        share: f64,
    },
    /// A flag that is derived was given.
    #[error("flag `{0}` is derived from `place` and may not be given; give the places")]
    DerivedFlag(Flag),
    /// An age that is none.
    #[error("`list_age_days.{list}` is {}; write a number of days, 0 or more", plain(*days))]
    Age {
        /// The list.
        list: List,
        /// What was given.
        days: f64,
    },
    /// An authorisation names a rule that the policy does not have.
    #[error("`authorisations[{index}]` names `{rule}`, which is no rule of policy `{policy}`")]
    UnknownRule {
        /// Position, from 0.
        index: usize,
        /// The id given.
        rule: String,
        /// The policy's id.
        policy: String,
    },
    /// A setting that the policy cannot take.
    #[error("`policy`: {0}")]
    Setting(#[from] SettingError),
    /// A case of the other kind.
    #[error("the case has no `facts`; cases with `request` need a gate")]
    NoFacts,
}

/// A number as JSON has it, a whole one without its point: no other way to write one is in a gate.
fn plain(number: f64) -> String {
    let mut out = Writer::default();
    out.float(number);
    let text = out.finish();
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// Facts with the storage that [`Facts`] borrows.
#[derive(Debug, Clone)]
pub struct FactsBuf<'a> {
    plain: Facts<'static>,
    owners: Vec<OwnerFact>,
    authorisations: Vec<AuthorisationFact<'a>>,
}

impl FactsBuf<'_> {
    /// The facts.
    pub fn facts(&self) -> Facts<'_> {
        Facts { owners: &self.owners, authorisations: &self.authorisations, ..self.plain.clone() }
    }
}

impl FactsJson {
    /// The facts that the engine decides from; `at` in Unix seconds.
    ///
    /// # Errors
    /// [`FactsError`] names the field that makes no sense.
    pub fn to_facts(&self, policy: &PolicyTable<'_>, at: i64) -> Result<FactsBuf<'_>, FactsError> {
        let mut plain = Facts::new(at, self.action.0, self.item.class.0);
        plain.item = Item { class: self.item.class.0, notice: self.item.notice };
        plain.place = self.place.to_facts();
        plain.identity = self.identity.as_ref().map(|i| IdentityFacts { kind: i.kind.0, foreign_person: i.foreign_person });
        plain.hits = self.hits()?;
        plain.flags = self.flag_mask()?;
        for (list, days) in self.list_age_days.iter() {
            let seconds = (days * SECONDS_PER_DAY).round();
            if !(0.0..=f64::from(u32::MAX)).contains(&seconds) {
                return Err(FactsError::Age { list: list.0, days: *days });
            }
            if let Some(age) = plain.list_age_seconds.get_mut(usize::from(list.0.code())) {
                *age = Some(seconds as u32);
            }
        }
        if let Some(provided) = &self.provided {
            plain.provided = provided.iter().map(|w| w.0).collect();
        }
        plain.settings = self.policy.to_settings(policy)?;
        Ok(FactsBuf { plain, owners: self.owner_facts()?, authorisations: self.authorisation_facts(policy)? })
    }

    /// The facts as a record keeps them: hits without their entries, clearances already applied.
    pub fn from_facts(facts: &Facts<'_>, policy: &PolicyTable<'_>) -> Self {
        let parties = Band::ALL.iter().flat_map(|band| {
            facts.hits.lists(*band).iter().map(|list| PartyJson {
                list: Some(Word(list)),
                lists: Vec::new(),
                band: Word(*band),
                entry: None,
                score: None,
            })
        });
        let given = |flag: Flag| facts.flags & flag_bit(flag) != 0 && !flag.is_derived();
        let network = NetworkClass::ALL.iter().copied().filter(|class| given(class.flag()));
        let is_network = |flag: &Flag| NetworkClass::ALL.iter().any(|class| class.flag() == *flag);
        let flags = Flag::ALL.iter().copied().filter(|flag| given(*flag) && !is_network(flag));
        let provided = (facts.provided != every_list()).then(|| facts.provided.iter().map(Word).collect());
        Self {
            action: Word(facts.action),
            item: ItemJson { class: Word(facts.item.class), notice: facts.item.notice },
            place: PlaceJson::from_facts(&facts.place),
            identity: facts.identity.map(|i| IdentityJson { kind: Word(i.kind), foreign_person: i.foreign_person, more: Named::default() }),
            party: parties.collect(),
            owners: facts.owners.iter().filter(|o| !o.lists.is_empty()).map(OwnerJson::from_fact).collect(),
            authorisations: facts.authorisations.iter().map(|a| AuthorisationJson::from_fact(a, policy)).collect(),
            clearances: Vec::new(),
            network: network.map(Word).collect(),
            flags: flags.map(Word).collect(),
            list_age_days: List::ALL
                .iter()
                .zip(facts.list_age_seconds)
                .filter_map(|(list, age)| Some((Word(*list), f64::from(age?) / SECONDS_PER_DAY)))
                .collect(),
            policy: PolicyJson::from_settings(&facts.settings, policy),
            provided,
        }
    }

    fn hits(&self) -> Result<Hits, FactsError> {
        let mut hits = Hits::default();
        for (index, party) in self.party.iter().enumerate() {
            let mut lists = lists_of(party.list, &party.lists).ok_or(FactsError::NoList { field: "party", index })?;
            if party.band.0 != Band::Identifier {
                lists = match &party.entry {
                    Some(entry) if self.clearances.contains(entry) => continue,
                    Some(_) => lists,
                    None => lists.iter().filter(|list| !self.clearances.iter().any(|c| c == list.as_str())).collect(),
                };
            }
            hits.add(lists, party.band.0);
        }
        Ok(hits)
    }

    fn flag_mask(&self) -> Result<u64, FactsError> {
        let mut mask = 0;
        for Word(flag) in &self.flags {
            if flag.is_derived() {
                return Err(FactsError::DerivedFlag(*flag));
            }
            mask |= flag_bit(*flag);
        }
        Ok(self.network.iter().fold(mask, |mask, class| mask | flag_bit(class.0.flag())))
    }

    fn owner_facts(&self) -> Result<Vec<OwnerFact>, FactsError> {
        let mut numbers: Vec<(&str, u32)> = Vec::new();
        let mut owners = Vec::with_capacity(self.owners.len());
        for (index, owner) in self.owners.iter().enumerate() {
            let lists = lists_of(owner.list, &owner.lists).ok_or(FactsError::NoList { field: "owners", index })?;
            let share_ppm = owner.share.map(|share| share_ppm(share).ok_or(FactsError::Share { index, share })).transpose()?;
            let number = u32::try_from(index).unwrap_or(u32::MAX);
            let number = match &owner.owner {
                None => number,
                Some(id) => match numbers.iter().find(|(known, _)| known == id) {
                    Some((_, known)) => *known,
                    None => {
                        numbers.push((id, number));
                        number
                    }
                },
            };
            owners.push(OwnerFact { lists, share_ppm, owner: number });
        }
        Ok(owners)
    }

    fn authorisation_facts(&self, policy: &PolicyTable<'_>) -> Result<Vec<AuthorisationFact<'_>>, FactsError> {
        let mut out = Vec::with_capacity(self.authorisations.len());
        for (index, authorisation) in self.authorisations.iter().enumerate() {
            out.push(match authorisation {
                AuthorisationJson::Kind(kind) => AuthorisationFact { kind, id: "", rules: RuleScope::Every },
                AuthorisationJson::Scoped(scoped) => {
                    let rules = scoped.rules.iter().flatten();
                    if let Some(rule) = rules.clone().find(|id| policy.rule_index(id).is_none()) {
                        return Err(FactsError::UnknownRule { index, rule: rule.clone(), policy: policy.id().to_owned() });
                    }
                    let named = || RuleScope::Named(policy.rule_mask(rules.map(String::as_str)));
                    AuthorisationFact {
                        kind: &scoped.kind,
                        id: scoped.id.as_deref().unwrap_or(""),
                        rules: if scoped.rules.is_some() { named() } else { RuleScope::Every },
                    }
                }
            });
        }
        Ok(out)
    }
}

impl PlaceJson {
    fn to_facts(self) -> PlaceFacts {
        let place = |word: Option<Word<Place>>| word.map(|w| w.0);
        PlaceFacts {
            ip: place(self.ip),
            platform: place(self.platform),
            declared: place(self.declared),
            billing: place(self.billing),
            registered: place(self.registered),
            headquarters: place(self.headquarters),
            ultimate_parent: place(self.ultimate_parent),
        }
    }

    fn from_facts(facts: &PlaceFacts) -> Self {
        Self {
            ip: facts.ip.map(Word),
            platform: facts.platform.map(Word),
            declared: facts.declared.map(Word),
            billing: facts.billing.map(Word),
            registered: facts.registered.map(Word),
            headquarters: facts.headquarters.map(Word),
            ultimate_parent: facts.ultimate_parent.map(Word),
        }
    }
}

impl OwnerJson {
    fn from_fact(fact: &OwnerFact) -> Self {
        Self {
            list: None,
            lists: fact.lists.iter().map(Word).collect(),
            share: fact.share_ppm.map(|ppm| f64::from(ppm) / 1e6),
            owner: Some(fact.owner.to_string()),
        }
    }
}

impl AuthorisationJson {
    fn from_fact(fact: &AuthorisationFact<'_>, policy: &PolicyTable<'_>) -> Self {
        let rules = match fact.rules {
            RuleScope::Every if fact.id.is_empty() => return Self::Kind(fact.kind.to_owned()),
            RuleScope::Every => None,
            RuleScope::Named(mask) => {
                Some(crate::decision::bits(mask).filter_map(|i| policy.rule(i)).map(|r| policy.rule_id(&r).to_owned()).collect())
            }
        };
        Self::Scoped(ScopedAuthorisation { kind: fact.kind.to_owned(), rules, id: (!fact.id.is_empty()).then(|| fact.id.to_owned()) })
    }
}

impl PolicyJson {
    /// The settings, checked against the policy.
    ///
    /// # Errors
    /// [`SettingError`] for a switch, a value, a jurisdiction or a regime that does not exist.
    pub fn to_settings(&self, policy: &PolicyTable<'_>) -> Result<Settings, SettingError> {
        let mut settings = Settings::default();
        for (name, value) in self.switch.iter() {
            settings.set_switch(policy, name, value)?;
        }
        if let Some(words) = &self.bound_as {
            settings.set_bound_as(words.iter().map(String::as_str))?;
        }
        if let Some(words) = &self.regimes {
            settings.set_regimes(words.iter().map(String::as_str))?;
        }
        Ok(settings)
    }

    fn from_settings(settings: &Settings, policy: &PolicyTable<'_>) -> Self {
        let set = |(index, value): (usize, &Option<_>)| -> Option<(String, String)> {
            let value: weighbridge_blob::words::SwitchValue = (*value)?;
            Some((policy.switch(index)?.0.to_owned(), value.as_str().to_owned()))
        };
        Self {
            switch: settings.switches.iter().enumerate().filter_map(set).collect(),
            bound_as: settings
                .bound_as
                .map(|mask| Jurisdiction::ALL.iter().filter(|j| u32::from(mask) & j.bit() != 0).map(|j| j.as_str().to_owned()).collect()),
            regimes: settings
                .regimes
                .map(|mask| Regime::ALL.iter().filter(|r| u32::from(mask) & r.bit() != 0).map(|r| r.as_str().to_owned()).collect()),
        }
    }
}

fn every_list() -> ListSet {
    List::ALL.iter().copied().collect()
}

fn lists_of(one: Option<Word<List>>, more: &[Word<List>]) -> Option<ListSet> {
    let lists: ListSet = one.iter().chain(more).map(|w| w.0).collect();
    (!lists.is_empty()).then_some(lists)
}

/// A share as parts per million, rounded up: what is left over after rounding must not let a share pass below
/// a threshold. The millionth of a part allows for decimal fractions that binary ones only come near.
fn share_ppm(share: f64) -> Option<u32> {
    (0.0..=1.0).contains(&share).then(|| (share * 1e6 - 1e-6).ceil().max(0.0) as u32)
}

/// A shared case: facts, and what must be decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What the case is about, in words.
    pub case: String,
    /// When: `YYYY-MM-DD`, or an RFC 3339 time that ends in `Z`.
    pub at: String,
    /// The facts; absent in a case with `request`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<FactsJson>,
    /// A request that a gate reads the facts from. The engine does not look into it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<serde_json::Value>,
    /// The sample blob that a case with `request` runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
    /// What must be decided.
    pub expect: Expect,
    /// What a refused client must be answered, in a case with `request`. The engine does not look into it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<serde_json::Value>,
}

impl Case {
    /// Decides the case.
    ///
    /// # Errors
    /// [`FactsError`] if the facts make no sense, or the case has a `request` instead.
    pub fn decide(&self, policy: &PolicyTable<'_>) -> Result<DecisionJson, FactsError> {
        let at = date::parse_unix(&self.at)?;
        let buf = self.facts.as_ref().ok_or(FactsError::NoFacts)?.to_facts(policy, at)?;
        let facts = buf.facts();
        Ok(evaluate(policy, &facts).describe(policy, &facts))
    }
}

/// What a case expects. Fields that are absent are not compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expect {
    /// The outcome.
    pub outcome: Word<Outcome>,
    /// The HTTP status.
    pub status: u16,
    /// All matched rule ids, sorted.
    pub rules: Vec<String>,
    /// Licence exceptions on record, sorted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exceptions: Option<Vec<String>>,
    /// Rules that an authorisation lifted, in the order of the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifted: Option<Vec<LiftedJson>>,
    /// `fresh`, `warn`, `stale_review`, `stale_refuse`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freshness: Option<String>,
    /// Lists that rules name and no source provides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_screened: Option<Vec<Word<List>>>,
    /// The word for the reason that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
}

impl Expect {
    /// What differs, one line each; empty if the decision is as expected.
    pub fn differences(&self, got: &DecisionJson) -> Vec<String> {
        fn compare<T: PartialEq + fmt::Debug>(out: &mut Vec<String>, field: &str, expected: &T, got: &T) {
            if expected != got {
                out.push(format!("{field}: expected {expected:?}, got {got:?}"));
            }
        }
        let mut out = Vec::new();
        compare(&mut out, "outcome", &self.outcome, &got.outcome);
        compare(&mut out, "status", &self.status, &got.status);
        compare(&mut out, "rules", &self.rules, &got.rules);
        if let Some(expected) = &self.exceptions {
            compare(&mut out, "exceptions", expected, &got.exceptions);
        }
        if let Some(expected) = &self.lifted {
            compare(&mut out, "lifted", expected, &got.lifted);
        }
        if let Some(expected) = &self.freshness {
            compare(&mut out, "freshness", expected, &got.freshness);
        }
        if let Some(expected) = &self.not_screened {
            compare(&mut out, "not_screened", expected, &got.not_screened);
        }
        if let Some(expected) = &self.reason_code {
            compare(&mut out, "reason_code", expected, &got.reason_code);
        }
        out
    }
}

/// A decision with its reasons, for records and comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionJson {
    /// The outcome.
    pub outcome: Word<Outcome>,
    /// The HTTP status.
    pub status: u16,
    /// All matched rule ids, sorted.
    pub rules: Vec<String>,
    /// The word for the reason that decided.
    pub reason_code: String,
    /// `rules`, `default`, `on_unknown` or `freshness`.
    pub decided_by: String,
    /// The matched rules, most severe first.
    pub reasons: Vec<ReasonJson>,
    /// Rules that an authorisation lifted.
    pub lifted: Vec<LiftedJson>,
    /// Licence exceptions on record.
    pub exceptions: Vec<String>,
    /// `fresh`, `warn`, `stale_review`, `stale_refuse`.
    pub freshness: String,
    /// Age of the oldest list, days; `null` if no age was told.
    pub oldest_list_days: Option<f64>,
    /// Lists that rules name and no source provides.
    pub not_screened: Vec<Word<List>>,
    /// Flags given or derived.
    pub flags: Vec<Word<Flag>>,
}

/// Why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonJson {
    /// Rule id.
    pub rule: String,
    /// What the rule says, switches applied.
    pub outcome: Word<Outcome>,
    /// Title; may be empty.
    pub title: String,
    /// Since when the law is so, in the policy's words; may be empty.
    pub since: String,
    /// Sources.
    pub cite: Vec<String>,
}

/// A rule that an authorisation lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiftedJson {
    /// Rule id.
    pub rule: String,
    /// The authorisation's number, or its kind if it has none.
    pub authorisation: String,
}

impl Decision {
    /// The decision with its reasons in words. `facts` are those it was made from.
    pub fn describe(&self, policy: &PolicyTable<'_>, facts: &Facts<'_>) -> DecisionJson {
        DecisionJson {
            outcome: Word(self.outcome),
            status: self.status,
            rules: self.rule_ids(policy).into_iter().map(str::to_owned).collect(),
            reason_code: self.reason_code(policy),
            decided_by: self.decided_by.as_str().to_owned(),
            reasons: self
                .reasons(policy)
                .map(|reason| ReasonJson {
                    rule: reason.id.to_owned(),
                    outcome: Word(reason.outcome),
                    title: reason.title.to_owned(),
                    since: policy.rule_since(&reason.rule).to_owned(),
                    cite: policy.rule_cites(&reason.rule).map(str::to_owned).collect(),
                })
                .collect(),
            lifted: self
                .lifted_by(policy, facts)
                .into_iter()
                .map(|(rule, by)| LiftedJson {
                    rule: rule.to_owned(),
                    authorisation: if by.id.is_empty() { by.kind } else { by.id }.to_owned(),
                })
                .collect(),
            exceptions: self.exceptions(policy).into_iter().map(str::to_owned).collect(),
            freshness: self.freshness.as_str().to_owned(),
            oldest_list_days: self.oldest_list_seconds.map(|s| f64::from(s) / SECONDS_PER_DAY),
            not_screened: self.not_screened.iter().map(Word).collect(),
            flags: Flag::ALL.iter().copied().filter(|f| self.has_flag(*f)).map(Word).collect(),
        }
    }
}
