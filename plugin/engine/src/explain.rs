//! Why: every rule of a policy with each of its conditions.
//!
//! There is no second evaluation here. A rule is taken apart into rules of one condition each, and those are
//! asked by the tests that [`evaluate`](crate::evaluate) uses; all of them hold if, and only if, the rule matches.

use serde::Serialize;
use weighbridge_blob::policy::{PolicyTable, Rule, ShareTest, When, facet};
use weighbridge_blob::words::{Action, Band, Flag, ItemClass, Kind, ListSet, Outcome, Regime};

use crate::evaluate::{Masks, lifting, switch_value};
use crate::facts::{Facts, flag_bit};
use crate::json::Word;

/// Every rule and every default of a policy, asked of one set of facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The rules, in the order of the policy.
    pub rules: Vec<Asked>,
    /// The defaults, in the order of the policy. Where no rule refuses, the first that holds is tried.
    pub defaults: Vec<Asked>,
}

/// A rule or a default that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Rule id; `default-1` and so on for defaults.
    pub rule: String,
    /// Title; may be empty.
    pub title: String,
    /// What it says here, switches and blocking statutes applied; `None` = it does not match.
    pub outcome: Option<Word<Outcome>>,
    /// The authorisation that lifts it, by number, or by kind if it has none. A lifted rule does not count.
    pub lifted_by: Option<String>,
    /// A blocking statute turns its denial into a review.
    pub blocked: bool,
    /// Its conditions; none = it always holds.
    pub conditions: Vec<Condition>,
    /// Sources.
    pub cite: Vec<String>,
}

impl Asked {
    /// Whether it matches and counts.
    pub const fn matched(&self) -> bool {
        self.outcome.is_some() && self.lifted_by.is_none()
    }
}

/// One condition of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// The key in the policy: `loc_in`, `item_in`.
    pub key: &'static str,
    /// What the rule asks for.
    pub wants: String,
    /// What the facts say.
    pub has: String,
    /// Whether it holds.
    pub holds: bool,
}

/// Asks every rule and every default, and tells which conditions held.
pub fn explain(policy: &PolicyTable<'_>, facts: &Facts<'_>) -> Explanation {
    let explainer = Explainer { policy, facts, masks: Masks::of(policy, facts) };
    let rules = policy.rules().enumerate().map(|(index, rule)| {
        let lifted_by = lifting(policy, facts.authorisations, index, &rule).map(|by| if by.id.is_empty() { by.kind } else { by.id });
        explainer.ask(policy.rule_id(&rule).to_owned(), &rule, lifted_by)
    });
    let rules = rules.collect();
    let defaults = policy.defaults().enumerate().map(|(index, rule)| explainer.ask(format!("default-{}", index + 1), &rule, None));
    Explanation { rules, defaults: defaults.collect() }
}

struct Explainer<'e, 'p, 'f> {
    policy: &'e PolicyTable<'p>,
    facts: &'e Facts<'f>,
    masks: Masks,
}

impl Explainer<'_, '_, '_> {
    fn ask(&self, id: String, rule: &Rule, lifted_by: Option<&str>) -> Asked {
        let answer = self.masks.answer(self.policy, self.facts, rule);
        let mut without = *rule;
        without.blocking = None;
        let unblocked = self.masks.answer(self.policy, self.facts, &without);
        Asked {
            rule: id,
            title: self.policy.rule_title(rule).to_owned(),
            outcome: answer.map(|a| Word(a.outcome)),
            lifted_by: lifted_by.filter(|_| answer.is_some()).map(str::to_owned),
            blocked: answer != unblocked,
            conditions: self.conditions(rule),
            cite: self.policy.rule_cites(rule).map(str::to_owned).collect(),
        }
    }

    /// One condition alone, by the tests of the evaluation. All but `when` and the dates stays the rule's own: places
    /// are asked more strictly by rules that allow, and rules of the EAR may take `infer` for `download`.
    fn condition(&self, rule: &Rule, key: &'static str, when: When, wants: String, has: String) -> Condition {
        let holds = self.masks.hold(self.policy, self.facts, &part(rule, when));
        Condition { key, wants, has, holds }
    }

    fn conditions(&self, rule: &Rule) -> Vec<Condition> {
        let when = &rule.when;
        let mut out = Vec::new();
        for group in facet::GROUPS {
            if when.facets & group != group {
                let key = match group {
                    facet::ITEMS => "item_in",
                    facet::ACTIONS => "action_in",
                    facet::IDENTITIES => "identity",
                    facet::KINDS => "requester_kind",
                    facet::NOTICES => "item_notice",
                    _ if group & facet::LOC_KNOWN != 0 => "loc",
                    _ => "hq",
                };
                let alone = When { facets: facet::ALL & !group | when.facets & group, ..When::ANY };
                out.push(self.condition(rule, key, alone, facets(when.facets & group), facets(self.masks.facets & group)));
            }
        }
        let (location, headquarters) = (self.location(), self.headquarters());
        for (key, sets, has, alone) in [
            ("loc_in", when.loc_in, &location, When { loc_in: when.loc_in, ..When::ANY }),
            ("loc_not_in", when.loc_not_in, &location, When { loc_not_in: when.loc_not_in, ..When::ANY }),
            ("hq_in", when.hq_in, &headquarters, When { hq_in: when.hq_in, ..When::ANY }),
            ("hq_not_in", when.hq_not_in, &headquarters, When { hq_not_in: when.hq_not_in, ..When::ANY }),
        ] {
            if sets != 0 {
                out.push(self.condition(rule, key, alone, self.sets(sets), has.clone()));
            }
        }
        if when.any_loc | when.any_hq != 0 {
            let alone = When { any_loc: when.any_loc, any_hq: when.any_hq, ..When::ANY };
            let parts = [("location in ", when.any_loc), ("headquarters in ", when.any_hq)];
            let wants = parts.iter().filter(|(_, sets)| *sets != 0).map(|(what, sets)| format!("{what}{}", self.sets(*sets)));
            let wants = wants.collect::<Vec<_>>().join(", or ");
            out.push(self.condition(rule, "any_of", alone, wants, format!("location {location}; headquarters {headquarters}")));
        }
        if when.flags_any != 0 {
            let alone = When { flags_any: when.flags_any, ..When::ANY };
            out.push(self.condition(rule, "flag_any", alone, flags(when.flags_any), flags(self.masks.flags)));
        }
        if !when.list_in.is_empty() {
            let alone = When { list_in: when.list_in, bands: when.bands, ..When::ANY };
            let bands = words(Band::ALL.iter().filter(|band| u32::from(when.bands) & band.bit() != 0));
            out.push(self.condition(rule, "list_in", alone, format!("{} ({bands})", lists(when.list_in)), self.hits()));
        }
        let share = match when.share {
            ShareTest::None => None,
            ShareTest::AtLeast(ppm) => Some(("share_ge", ppm)),
            ShareTest::MoreThan(ppm) => Some(("share_gt", ppm)),
        };
        if let Some((compare, ppm)) = share {
            let alone = When { owned_by: when.owned_by, share: when.share, ..When::ANY };
            let wants = format!("{}, {compare} {}", lists(when.owned_by), percent(Some(ppm)));
            out.push(self.condition(rule, "owned_by", alone, wants, self.owners()));
        }
        for (key, kind, alone) in [
            ("authorisation", when.authorisation, When { authorisation: when.authorisation, ..When::ANY }),
            ("unless_authorisation", when.unless_authorisation, When { unless_authorisation: when.unless_authorisation, ..When::ANY }),
        ] {
            if let Some(kind) = kind {
                out.push(self.condition(rule, key, alone, self.policy.text(kind).to_owned(), self.authorisations()));
            }
        }
        if when.regimes != 0 {
            let alone = When { regimes: when.regimes, ..When::ANY };
            out.push(self.condition(rule, "regime", alone, regimes(when.regimes), regimes(self.masks.regimes)));
        }
        let day = self.masks.day.to_string();
        let dated = |from, to| {
            let mut part = part(rule, When::ANY);
            (part.from, part.to) = (from, to);
            self.masks.hold(self.policy, self.facts, &part)
        };
        out.extend(rule.from.map(|from| Condition {
            key: "from",
            wants: from.to_string(),
            has: day.clone(),
            holds: dated(Some(from), None),
        }));
        out.extend(rule.to.map(|to| Condition { key: "to", wants: to.to_string(), has: day.clone(), holds: dated(None, Some(to)) }));
        out.extend(when.switch.map(|switch| {
            let alone = When { switch: Some(switch), ..When::ANY };
            let mut part = part(rule, alone);
            part.outcome_switch = None;
            self.switch("switch", switch, part)
        }));
        out.extend(rule.outcome_switch.map(|switch| self.switch("outcome", switch, part(rule, When::ANY))));
        out
    }

    fn switch(&self, key: &'static str, switch: u8, alone: Rule) -> Condition {
        let index = usize::from(switch);
        let name = self.policy.switch(index).map(|(name, _)| name).unwrap_or_default();
        Condition {
            key,
            wants: format!("switch {name} not off"),
            has: switch_value(self.policy, self.facts, index).to_string(),
            holds: self.masks.answer(self.policy, self.facts, &alone).is_some(),
        }
    }

    fn sets(&self, mask: u64) -> String {
        let names = self.policy.sets().enumerate().filter(|(n, _)| mask.checked_shr(*n as u32).unwrap_or(0) & 1 == 1);
        words(names.map(|(_, name)| name))
    }

    fn location(&self) -> String {
        let place = &self.facts.place;
        let known = [
            ("ip", place.ip),
            ("platform", place.platform),
            ("declared", place.declared),
            ("billing", place.billing),
            ("registered", place.registered),
        ];
        places(&known)
    }

    fn headquarters(&self) -> String {
        places(&[("headquarters", self.facts.place.headquarters), ("ultimate_parent", self.facts.place.ultimate_parent)])
    }

    fn hits(&self) -> String {
        let hits = Band::ALL.iter().map(|band| (band, self.facts.hits.lists(*band))).filter(|(_, on)| !on.is_empty());
        words(hits.map(|(band, on)| format!("{} ({band})", lists(on))))
    }

    fn owners(&self) -> String {
        words(self.facts.owners.iter().map(|owner| format!("{} {}", lists(owner.lists), percent(owner.share_ppm))))
    }

    fn authorisations(&self) -> String {
        words(self.facts.authorisations.iter().map(|a| a.kind))
    }
}

/// The rule with these conditions alone, on any day.
fn part(rule: &Rule, when: When) -> Rule {
    let mut part = *rule;
    (part.when, part.from, part.to) = (when, None, None);
    part
}

/// Words with commas between; `none` if there are none.
fn words<T: ToString>(words: impl Iterator<Item = T>) -> String {
    let words = words.map(|word| word.to_string()).collect::<Vec<_>>();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

fn places(known: &[(&str, Option<weighbridge_blob::place::Place>)]) -> String {
    words(known.iter().filter_map(|(origin, place)| Some(format!("{origin} {}", (*place)?))))
}

fn lists(lists: ListSet) -> String {
    words(lists.iter())
}

fn flags(mask: u64) -> String {
    words(Flag::ALL.iter().filter(|flag| mask & flag_bit(**flag) != 0))
}

fn regimes(mask: u8) -> String {
    words(Regime::ALL.iter().filter(|regime| u32::from(mask) & regime.bit() != 0))
}

fn percent(ppm: Option<u32>) -> String {
    ppm.map_or_else(|| "an unknown share".to_owned(), |ppm| format!("{} %", f64::from(ppm) / 10_000.0))
}

/// The words of facet bits.
fn facets(mask: u32) -> String {
    let items = ItemClass::ALL.iter().map(|class| (facet::item(*class), class.as_str()));
    let actions = Action::ALL.iter().map(|action| (facet::action(*action), action.as_str()));
    let kinds = Kind::ALL.iter().map(|kind| (facet::kind(Some(*kind)), kind.as_str()));
    let present = facet::IDENTITY_DOMESTIC | facet::IDENTITY_FOREIGN;
    if mask == present {
        return "present".to_owned();
    }
    let others = [
        (facet::IDENTITY_ABSENT, "absent"),
        (facet::IDENTITY_DOMESTIC, "present and not a foreign person"),
        (facet::IDENTITY_FOREIGN, "present and perhaps a foreign person"),
        (facet::kind(None), "nobody"),
        (facet::notice(true), "true"),
        (facet::notice(false), "false"),
        (facet::LOC_KNOWN, "known"),
        (facet::LOC_UNKNOWN, "unknown"),
        (facet::HQ_KNOWN, "known"),
        (facet::HQ_UNKNOWN, "unknown"),
    ];
    words(items.chain(actions).chain(kinds).chain(others).filter(|(bit, _)| mask & bit != 0).map(|(_, word)| word))
}
