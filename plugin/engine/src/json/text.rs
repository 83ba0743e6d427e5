//! Facts and decisions to JSON, straight from what they were made of: the form is that of the types beside this file, which a
//! test compares.

use weighbridge_blob::policy::PolicyTable;
use weighbridge_blob::words::{Band, Flag, Jurisdiction, List, NetworkClass, Regime};

use super::{DecisionJson, SECONDS_PER_DAY, Writer, every_list};
use crate::decision::bits;
use crate::facts::{AuthorisationFact, Facts, PlaceFacts, RuleScope, flag_bit};

/// Writes facts as [`FactsJson`](super::FactsJson) has them: hits without their entries, clearances already applied.
pub fn write_facts(out: &mut Writer, facts: &Facts<'_>, policy: &PolicyTable<'_>) {
    out.object();
    out.text_at("action", facts.action.as_str());
    out.key("item");
    out.object();
    out.text_at("class", facts.item.class.as_str());
    out.flag_at("notice", facts.item.notice);
    out.end_object();
    places(out, &facts.place);
    out.key("identity");
    match facts.identity {
        None => out.null(),
        Some(identity) => {
            out.object();
            out.text_at("kind", identity.kind.as_str());
            if let Some(foreign) = identity.foreign_person {
                out.flag_at("foreign_person", foreign);
            }
            out.end_object();
        }
    }
    if !facts.hits.is_empty() {
        out.key("party");
        out.list();
        for band in Band::ALL {
            for list in facts.hits.lists(*band).iter() {
                out.object();
                out.text_at("list", list.as_str());
                out.text_at("band", band.as_str());
                out.end_object();
            }
        }
        out.end_list();
    }
    owners(out, facts);
    if !facts.authorisations.is_empty() {
        out.key("authorisations");
        out.list();
        facts.authorisations.iter().for_each(|authorisation| self::authorisation(out, authorisation, policy));
        out.end_list();
    }
    let given = |flag: Flag| facts.flags & flag_bit(flag) != 0 && !flag.is_derived();
    let is_network = |flag: &Flag| NetworkClass::ALL.iter().any(|class| class.flag() == *flag);
    out.some_texts_at("network", NetworkClass::ALL.iter().filter(|class| given(class.flag())).map(|class| class.as_str()));
    out.some_texts_at("flags", Flag::ALL.iter().filter(|flag| given(**flag) && !is_network(flag)).map(|flag| flag.as_str()));
    if facts.list_age_seconds.iter().any(Option::is_some) {
        out.key("list_age_days");
        out.object();
        for (list, age) in List::ALL.iter().zip(facts.list_age_seconds) {
            if let Some(age) = age {
                out.key(list.as_str());
                out.float(f64::from(age) / SECONDS_PER_DAY);
            }
        }
        out.end_object();
    }
    settings(out, facts, policy);
    if facts.provided != every_list() {
        out.texts_at("provided", facts.provided.iter().map(List::as_str));
    }
    out.end_object();
}

fn places(out: &mut Writer, places: &PlaceFacts) {
    out.key("place");
    out.object();
    for (name, place) in [
        ("ip", places.ip),
        ("platform", places.platform),
        ("declared", places.declared),
        ("billing", places.billing),
        ("registered", places.registered),
        ("headquarters", places.headquarters),
        ("ultimate_parent", places.ultimate_parent),
    ] {
        if let Some(place) = place {
            out.text_at(name, place.text(&mut [0; 6]));
        }
    }
    out.end_object();
}

fn owners(out: &mut Writer, facts: &Facts<'_>) {
    let mut known = facts.owners.iter().filter(|owner| !owner.lists.is_empty()).peekable();
    if known.peek().is_none() {
        return;
    }
    out.key("owners");
    out.list();
    for owner in known {
        out.object();
        out.texts_at("lists", owner.lists.iter().map(List::as_str));
        out.key("share");
        match owner.share_ppm {
            Some(ppm) => out.float(f64::from(ppm) / 1e6),
            None => out.null(),
        }
        out.text_at("owner", &owner.owner.to_string());
        out.end_object();
    }
    out.end_list();
}

#[inline(never)]
fn authorisation(out: &mut Writer, fact: &AuthorisationFact<'_>, policy: &PolicyTable<'_>) {
    if fact.rules == RuleScope::Every && fact.id.is_empty() {
        return out.text(fact.kind);
    }
    out.object();
    out.text_at("kind", fact.kind);
    if let RuleScope::Named(mask) = fact.rules {
        out.texts_at("rules", bits(mask).filter_map(|index| policy.rule(index)).map(|rule| policy.rule_id(&rule)));
    }
    out.some_text_at("id", Some(fact.id).filter(|id| !id.is_empty()));
    out.end_object();
}

fn settings(out: &mut Writer, facts: &Facts<'_>, policy: &PolicyTable<'_>) {
    let settings = &facts.settings;
    let set = settings.switches.iter().enumerate().filter_map(|(index, value)| Some((policy.switch(index)?.0, (*value)?.as_str())));
    let mut switches: Vec<(&str, &str)> = set.collect();
    if switches.is_empty() && settings.bound_as.is_none() && settings.regimes.is_none() {
        return;
    }
    out.key("policy");
    out.object();
    if !switches.is_empty() {
        weighbridge_blob::order::sort(&mut switches, |a, b| a.0 < b.0);
        out.key("switch");
        out.object();
        switches.into_iter().for_each(|(name, value)| out.text_at(name, value));
        out.end_object();
    }
    if let Some(mask) = settings.bound_as {
        out.texts_at("bound_as", Jurisdiction::ALL.iter().filter(|one| u32::from(mask) & one.bit() != 0).map(|one| one.as_str()));
    }
    if let Some(mask) = settings.regimes {
        out.texts_at("regimes", Regime::ALL.iter().filter(|one| u32::from(mask) & one.bit() != 0).map(|one| one.as_str()));
    }
    out.end_object();
}

impl DecisionJson {
    /// Writes its members into an object that is open.
    pub fn write_members(&self, out: &mut Writer) {
        out.text_at("outcome", self.outcome.0.as_str());
        out.count_at("status", u64::from(self.status));
        out.texts_at("rules", self.rules.iter().map(String::as_str));
        out.text_at("reason_code", &self.reason_code);
        out.text_at("decided_by", &self.decided_by);
        out.key("reasons");
        out.list();
        for reason in &self.reasons {
            out.object();
            out.text_at("rule", &reason.rule);
            out.text_at("outcome", reason.outcome.0.as_str());
            out.text_at("title", &reason.title);
            out.text_at("since", &reason.since);
            out.texts_at("cite", reason.cite.iter().map(String::as_str));
            out.end_object();
        }
        out.end_list();
        out.key("lifted");
        out.list();
        for lifted in &self.lifted {
            out.object();
            out.text_at("rule", &lifted.rule);
            out.text_at("authorisation", &lifted.authorisation);
            out.end_object();
        }
        out.end_list();
        out.texts_at("exceptions", self.exceptions.iter().map(String::as_str));
        out.text_at("freshness", &self.freshness);
        out.key("oldest_list_days");
        match self.oldest_list_days {
            Some(days) => out.float(days),
            None => out.null(),
        }
        out.texts_at("not_screened", self.not_screened.iter().map(|list| list.0.as_str()));
        out.texts_at("flags", self.flags.iter().map(|flag| flag.0.as_str()));
    }
}
