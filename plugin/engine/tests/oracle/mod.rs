//! A second reading of the policy file: straight from the TOML, with texts and loops in place of masks.
//! Slow and plain, so that it can be checked against the file's head by eye. It shares no code with the
//! compiler or the evaluation.

use std::collections::BTreeMap;

use toml::{Table, Value};
use weighbridge_engine::json::FactsJson;

/// What the oracle says: outcome, status, sorted rule ids.
pub(crate) type Verdict = (String, u16, Vec<String>);

/// Codes that are no evidence.
const NOTHING: [&str; 8] = ["XX", "AP", "EU", "ZZ", "T1", "A1", "A2", "O1"];
/// The only code of no country that the generated facts use.
const UNRECOGNISED: &str = "QQ";

struct Oracle<'a> {
    policy: &'a Table,
    /// The facts as JSON, so that absent is absent.
    facts: &'a serde_json::Value,
    /// `YYYY-MM-DD`; dates of that form sort like days.
    day: String,
}

pub(crate) fn decide(policy: &Table, facts: &FactsJson, day: &str) -> Verdict {
    let facts = serde_json::to_value(facts).unwrap();
    Oracle { policy, facts: &facts, day: day.to_owned() }.decide()
}

impl Oracle<'_> {
    fn decide(&self) -> Verdict {
        let mut answers: Vec<(String, String, u16)> = Vec::new();
        for rule in self.policy["rule"].as_array().unwrap() {
            let rule = rule.as_table().unwrap();
            let id = rule["id"].as_str().unwrap();
            if let Some((outcome, status)) = self.rule(rule)
                && !self.is_lifted(rule, id)
            {
                answers.push((id.to_owned(), outcome, status));
            }
        }
        let published = self.text("/item/class") == Some("published");
        let worst = answers.iter().map(|(_, outcome, status)| (rank(outcome), *status, outcome.clone())).max();
        let unrecognised = self.places(&["ip", "platform", "declared", "billing", "registered", "headquarters", "ultimate_parent"]);
        let doubtful = !published && unrecognised.iter().any(|code| country(code) == UNRECOGNISED);
        let mut by_rule = true;
        let (mut outcome, mut status) = match worst {
            Some((_, status, outcome)) if outcome != "allow" => (outcome, status),
            worst => {
                let on_unknown = self.policy["policy"]["on_unknown"].as_str().unwrap();
                let defaults = self.policy["default"].as_array().unwrap();
                let first =
                    defaults.iter().map(|d| d.as_table().unwrap()).find(|d| self.conditions(d, d["outcome"] == "allow".into(), false));
                let mut answer = match first {
                    Some(default) if default["outcome"] == "allow".into() && doubtful => Some(on_unknown),
                    Some(default) => default["outcome"].as_str(),
                    None if worst.is_none() || doubtful => Some(on_unknown),
                    None => None,
                };
                if worst.is_some() && answer.is_none_or(|a| a == "allow") {
                    answer = None;
                }
                by_rule = answer.is_none();
                let outcome = answer.unwrap_or("allow").to_owned();
                let status = status_of(&outcome, 451);
                (outcome, status)
            }
        };
        let oldest = self.facts["list_age_days"].as_object().and_then(|ages| ages.values().map(|v| v.as_f64().unwrap()).reduce(f64::max));
        if let Some(days) = oldest.filter(|_| !published) {
            if days > 14.0 && !(by_rule && outcome == "deny") {
                (outcome, status) = ("deny".to_owned(), 503);
            } else if days > 7.0 && outcome == "allow" {
                (outcome, status) = ("review".to_owned(), 403);
            }
        }
        let mut ids: Vec<_> = answers.into_iter().map(|(id, _, _)| id).collect();
        ids.sort();
        (outcome, status, ids)
    }

    fn rule(&self, rule: &Table) -> Option<(String, u16)> {
        let written = rule["outcome"].as_str().unwrap();
        if rule.get("from").is_some_and(|from| self.day < from.to_string()) || rule.get("to").is_some_and(|to| self.day > to.to_string()) {
            return None;
        }
        let cites_ear = rule["cite"].as_array().unwrap().iter().any(|c| c.as_str().unwrap().starts_with("15 CFR 7"));
        let operator = rule["sure"] == "O".into();
        if !self.conditions(rule["when"].as_table().unwrap(), written == "allow", cites_ear && !operator) {
            return None;
        }
        let mut outcome = written.to_owned();
        let mut deny = rule
            .get("http")
            .and_then(Value::as_integer)
            .filter(|_| written == "deny")
            .map_or(if operator { 403 } else { 451 }, |h| h as u16);
        let switched = if operator { 403 } else { 451 };
        if let Some(name) = written.strip_prefix("switch:") {
            outcome = match self.switch(name).as_str() {
                "off" => return None,
                "review" => "review".to_owned(),
                _ => "deny".to_owned(),
            };
            deny = switched;
        }
        if let Some(name) = rule["when"].get("switch") {
            match self.switch(name.as_str().unwrap()).as_str() {
                "off" => return None,
                "enforce" if outcome == "review" => (outcome, deny) = ("deny".to_owned(), switched),
                _ => {}
            }
        }
        if rule["id"] == "OFAC-EMBARGO".into() {
            let bound = self.words("bound_as", "bound_as");
            let embargoed = self.locations().into_iter().filter(|code| self.is_in(code, "embargo"));
            if bound.contains(&"EU".to_owned())
                && !bound.contains(&"US".to_owned())
                && embargoed.clone().all(|code| ["CU", "IR"].contains(&country(&code)))
            {
                outcome = "review".to_owned();
            }
        }
        let status = status_of(&outcome, deny);
        Some((outcome, status))
    }

    fn is_lifted(&self, rule: &Table, id: &str) -> bool {
        let Some(kinds) = rule.get("lifts") else { return false };
        let kinds: Vec<_> = kinds.as_array().unwrap().iter().map(|k| k.as_str().unwrap()).collect();
        self.list("/authorisations").iter().any(|a| {
            let kind = a.as_str().or(a["kind"].as_str()).unwrap();
            let names = a["rules"].as_array().is_none_or(|rules| rules.iter().any(|r| r == id));
            kinds.contains(&kind) && names
        })
    }

    /// All keys of a condition. A key that is not known here stops the test.
    fn conditions(&self, when: &Table, allow: bool, ear: bool) -> bool {
        when.iter().all(|(key, value)| match key.as_str() {
            "outcome" | "http" | "switch" => true,
            "loc_in" => places_in(&self.locations(), &texts(value), allow, |code, set| self.is_in(code, set)),
            "hq_in" => places_in(&self.headquarters(), &texts(value), allow, |code, set| self.is_in(code, set)),
            "loc_not_in" => self.outside(&self.locations(), &texts(value), allow),
            "hq_not_in" => self.outside(&self.headquarters(), &texts(value), allow),
            "any_of" => texts(value).iter().any(|entry| {
                let (origin, set) = entry.split_once(':').unwrap();
                let places = if origin == "loc_in" { self.locations() } else { self.headquarters() };
                places_in(&places, &[set.to_owned()], allow, |code, set| self.is_in(code, set))
            }),
            "loc" => self.locations().is_empty(),
            "hq" => self.headquarters().is_empty(),
            "item_in" => texts(value).iter().any(|class| {
                let group = self.policy["item"]["class"].get(class).map(texts);
                group.unwrap_or_else(|| vec![class.clone()]).iter().any(|c| self.text("/item/class") == Some(c))
            }),
            "item_notice" => self.facts["item"]["notice"].as_bool() == value.as_bool(),
            "action_in" => {
                let action = self.text("/action").unwrap();
                let exported = ear && action == "infer" && self.switch("hosted_access") == "export";
                texts(value).iter().any(|a| a == action || (exported && a == "download"))
            }
            "identity" => (value.as_str() == Some("absent")) == self.facts["identity"].is_null(),
            "foreign_person" => {
                let identity = &self.facts["identity"];
                !identity.is_null() && Some(identity["foreign_person"].as_bool() != Some(false)) == value.as_bool()
            }
            "requester_kind" => self.text("/identity/kind").is_some_and(|kind| texts(value).iter().any(|k| k == kind)),
            "list_in" => self.list("/party").iter().any(|hit| {
                texts(value).iter().any(|l| lists(hit).contains(l)) && texts(&when["band_in"]).iter().any(|b| hit["band"] == b.as_str())
            }),
            "band_in" => true,
            "owned_by" => self.owned(&texts(value), when),
            "share_ge" | "share_gt" => true,
            "flag_any" => texts(value).iter().any(|flag| self.has_flag(flag)),
            "authorisation" => self.in_force(value.as_str().unwrap()),
            "unless_authorisation" => !self.in_force(value.as_str().unwrap()),
            "regime" => texts(value).iter().any(|r| self.words("regimes", "regimes").contains(r)),
            other => panic!("the oracle does not know `{other}`"),
        })
    }

    fn owned(&self, wanted: &[String], when: &Table) -> bool {
        let mut shares: BTreeMap<String, u64> = BTreeMap::new();
        let mut any = false;
        for (index, owner) in self.list("/owners").iter().enumerate() {
            if lists(owner).iter().any(|l| wanted.contains(l)) {
                any = true;
                let who = owner["owner"].as_str().map_or_else(|| format!("#{index}"), str::to_owned);
                let share = (owner["share"].as_f64().unwrap_or(0.0) * 1e6).round() as u64;
                let known = shares.entry(who).or_insert(0);
                *known = share.max(*known);
            }
        }
        let sum: u64 = shares.values().sum();
        let limit = |key: &str| when.get(key).map(|s| (s.as_float().unwrap() * 1e6).round() as u64);
        any && limit("share_ge").is_none_or(|l| sum >= l) && limit("share_gt").is_none_or(|l| sum > l)
    }

    fn has_flag(&self, flag: &str) -> bool {
        let given = |pointer| self.list(pointer).iter().any(|f| f == flag);
        let (ip, platform, declared) = (self.places(&["ip"]), self.places(&["platform"]), self.places(&["declared"]));
        let is_class = |class: &str| self.facts["place"].as_object().unwrap().values().any(|code| code == class);
        given("/flags")
            || given("/network")
            || match flag {
                "ip_declared_mismatch" => declared.iter().any(|d| ip.iter().chain(&platform).any(|seen| country(seen) != country(d))),
                "geo_conflict" => {
                    ip.iter().any(|a| platform.iter().any(|b| country(a) != country(b) || (a != b && a.len() > 2 && b.len() > 2)))
                }
                "region_unknown" => self.locations().iter().any(|code| {
                    let named = self.policy["set"].as_table().unwrap().values().flat_map(texts).any(|m| m.len() > 2 && country(&m) == code);
                    named && !ip.iter().chain(&platform).any(|seen| seen.len() > 2 && country(seen) == code)
                }),
                "tor" => is_class("T1"),
                "proxy" => is_class("A1"),
                "satellite" => is_class("A2"),
                "listed_owner_share_unknown" => {
                    let listed = |owner: &serde_json::Value| lists(owner).iter().any(|l| l == "EL" || l == "MEU");
                    self.list("/owners").iter().any(|owner| owner["share"].is_null() && listed(owner))
                }
                _ => false,
            }
    }

    fn in_force(&self, kind: &str) -> bool {
        self.list("/authorisations").iter().any(|a| a == kind || a["kind"] == kind)
    }

    fn outside(&self, places: &[String], sets: &[String], allow: bool) -> bool {
        let out = |code: &String| !sets.iter().any(|set| self.is_in(code, set));
        if allow { !places.is_empty() && places.iter().all(out) } else { places.is_empty() || places.iter().any(out) }
    }

    fn is_in(&self, code: &str, set: &str) -> bool {
        let Some(members) = self.policy["set"].get(set) else { return code == set || country(code) == set };
        let aliased = texts(&self.policy["alias_sets"]["us-ear"]).iter().any(|s| s == set);
        let parent = self.policy["alias"]["us-ear"].get(country(code)).and_then(Value::as_str).filter(|_| aliased);
        let code = parent.unwrap_or(code);
        texts(members).iter().any(|m| m == code || m == country(code))
    }

    fn locations(&self) -> Vec<String> {
        self.places(&["ip", "platform", "declared", "billing", "registered"])
    }

    fn headquarters(&self) -> Vec<String> {
        self.places(&["headquarters", "ultimate_parent"])
    }

    fn places(&self, origins: &[&str]) -> Vec<String> {
        let known = origins.iter().filter_map(|origin| self.facts["place"][origin].as_str());
        known.filter(|code| !NOTHING.contains(&country(code))).map(str::to_owned).collect()
    }

    fn switch(&self, name: &str) -> String {
        let set = self.facts["policy"]["switch"][name].as_str();
        set.or(self.policy["switch"][name].as_str()).unwrap().to_owned()
    }

    fn words(&self, setting: &str, key: &str) -> Vec<String> {
        match self.facts["policy"][setting].as_array() {
            Some(words) => words.iter().map(|w| w.as_str().unwrap().to_owned()).collect(),
            None => texts(&self.policy["policy"][key]),
        }
    }

    fn text(&self, pointer: &str) -> Option<&str> {
        self.facts.pointer(pointer)?.as_str()
    }

    fn list(&self, pointer: &str) -> &[serde_json::Value] {
        self.facts.pointer(pointer).and_then(|v| v.as_array()).map_or(&[], Vec::as_slice)
    }
}

fn places_in(places: &[String], sets: &[String], allow: bool, is_in: impl Fn(&str, &str) -> bool) -> bool {
    let inside = |code: &String| sets.iter().any(|set| is_in(code, set));
    if allow { !places.is_empty() && places.iter().all(inside) } else { places.iter().any(inside) }
}

fn lists(of: &serde_json::Value) -> Vec<String> {
    let more = of["lists"].as_array().into_iter().flatten();
    of["list"].as_str().into_iter().chain(more.map(|l| l.as_str().unwrap())).map(str::to_owned).collect()
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().map(|v| v.as_str().unwrap().to_owned()).collect(),
        other => panic!("not texts: {other}"),
    }
}

fn country(code: &str) -> &str {
    code.get(..2).unwrap()
}

fn rank(outcome: &str) -> usize {
    ["allow", "review", "identify", "deny"].iter().position(|o| *o == outcome).unwrap()
}

fn status_of(outcome: &str, deny: u16) -> u16 {
    match outcome {
        "allow" => 200,
        "review" => 403,
        "identify" => 401,
        _ => deny,
    }
}
