//! Rules and defaults: conditions become masks, outcomes become answers.

use std::collections::BTreeMap;
use std::str::FromStr;

use weighbridge_blob::policy::{Blocking, CompiledRule, ShareTest, facet};
use weighbridge_blob::words::{
    Action, Band, Flag, ItemClass, Jurisdiction, Kind, List, ListSet, Outcome, Regime, SwitchValue, UnknownWord,
};

use crate::places::Places;
use crate::read::{At, Section};

/// What rules refer to.
pub(crate) struct Context {
    pub(crate) places: Places,
    /// Groups of item classes by name.
    pub(crate) groups: BTreeMap<String, u32>,
    pub(crate) switches: Vec<(String, SwitchValue)>,
    pub(crate) regimes: u8,
    /// `[note.eu-blocking]` is in the file.
    pub(crate) eu_blocking: bool,
    pub(crate) as_of: Option<weighbridge_blob::date::Day>,
}

/// The switch that says whether hosted access is an export; no rule names it.
pub(crate) const HOSTED_ACCESS: &str = "hosted_access";

/// Reads one `[[rule]]`.
pub(crate) fn rule(mut section: Section<'_, '_>, context: &mut Context) -> CompiledRule {
    let mut rule = CompiledRule::default();
    match section.text("id") {
        Some(id) => {
            section.name = format!("rule `{}`", id.value);
            if id.value.is_empty() || !id.value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
                section.error(id.at, "an id goes into HTTP headers", "write letters, digits, `-`, `_` and `.`");
            }
            rule.id = id.value.to_owned();
        }
        None => section.missing("id", "a short name in capitals: id = \"RF-FREE-MAIL\""),
    }
    rule.title = section.owned("title");
    rule.cites = section.owned_texts("cite");
    rule.lifts = section.owned_texts("lifts");
    rule.since = section.day_or_text("since");
    section.text("note");
    if let Some(sure) = section.text("sure") {
        match sure.value.as_bytes() {
            [letter @ (b'A' | b'B' | b'C' | b'U' | b'O')] => rule.sure = *letter,
            _ => section.error(sure.at, format!("`sure` is `{}`", sure.value), "write A, B, C, U or O"),
        }
    }
    (rule.from, rule.to) = (section.day("from").map(|d| d.value), section.day("to").map(|d| d.value));
    if let (Some(from), Some(to)) = (rule.from, rule.to)
        && from > to
    {
        section.error(section.at, "ends before it begins", "put `from` before `to`");
    }

    match section.table("when") {
        Some(mut when) => {
            when.name = format!("rule `{}`, `when`", rule.id);
            let before = rule.clone();
            conditions(&mut when, context, &mut rule);
            if rule == before && when.entries().next().is_none() {
                section.error(
                    when.at,
                    "`when` is empty, so every request would match",
                    "say when it applies; `[[default]]` may be without condition",
                );
            }
            when.done();
        }
        None => section.missing("when", "the conditions: when = { loc_in = [\"embargo\"] }"),
    }
    outcome(&mut section, context, &mut rule, true);
    if let Some(record) = section.texts("record") {
        if rule.outcome != Outcome::Allow {
            section.error(section.at, "`record` is for rules that allow", "take it out");
        }
        rule.record = record.iter().map(|r| r.value.to_owned()).collect();
    }
    let law = section.text("law").and_then(|law| word::<Regime>(&section, law));
    let cites_ear = rule.cites.iter().any(|cite| cite.starts_with("15 CFR 7"));
    rule.ear = law.map_or(cites_ear && rule.sure != b'O', |law| law == Regime::UsEar);
    rule.blocking = blocking(&mut section, context, &rule);
    unreachable_rule(&section, context, &rule);
    section.done();
    rule
}

/// Reads one `[[default]]`: the conditions stand beside the outcome.
pub(crate) fn default(mut section: Section<'_, '_>, context: &mut Context) -> CompiledRule {
    let mut rule = CompiledRule::default();
    conditions(&mut section, context, &mut rule);
    outcome(&mut section, context, &mut rule, false);
    section.done();
    rule
}

fn conditions(section: &mut Section<'_, '_>, context: &mut Context, rule: &mut CompiledRule) {
    let errors = section.problems.count();
    let when = &mut rule.when;
    when.loc_in = places(section, context, "loc_in");
    when.loc_not_in = places(section, context, "loc_not_in");
    when.hq_in = places(section, context, "hq_in");
    when.hq_not_in = places(section, context, "hq_not_in");
    for entry in section.texts("any_of").unwrap_or_default() {
        let Some((origin @ ("loc_in" | "hq_in"), set)) = entry.value.split_once(':') else {
            section.error(entry.at, format!("`any_of` has `{}`", entry.value), "write `loc_in:<set>` or `hq_in:<set>`");
            continue;
        };
        let bit = context.places.bit(section.problems, &section.name, At { value: set, at: entry.at });
        if origin == "loc_in" { when.any_loc |= bit } else { when.any_hq |= bit }
    }

    let mut facets = facet::ALL;
    let mut keep = |group: u32, bits: u32| facets &= !group | bits;
    if let Some(classes) = section.text_or_texts("item_in") {
        let bits = classes.iter().fold(0, |bits, class| bits | items(section, context, *class));
        keep(facet::ITEMS, bits);
    }
    if let Some(actions) = section.text_or_texts("action_in") {
        let bits = actions.iter().filter_map(|a| word::<Action>(section, *a)).fold(0, |bits, a| bits | facet::action(a));
        keep(facet::ACTIONS, bits);
    }
    if let Some(notice) = section.flag("item_notice") {
        keep(facet::NOTICES, facet::notice(notice));
    }
    if let Some(identity) = section.text("identity") {
        match identity.value {
            "absent" => keep(facet::IDENTITIES, facet::IDENTITY_ABSENT),
            "present" => keep(facet::IDENTITIES, facet::IDENTITY_DOMESTIC | facet::IDENTITY_FOREIGN),
            other => section.error(identity.at, format!("`identity` is `{other}`"), "write absent or present"),
        }
    }
    if let Some(foreign) = section.flag("foreign_person") {
        keep(facet::IDENTITIES, if foreign { facet::IDENTITY_FOREIGN } else { facet::IDENTITY_DOMESTIC });
    }
    if let Some(kinds) = section.text_or_texts("requester_kind") {
        let bits = kinds.iter().filter_map(|k| word::<Kind>(section, *k)).fold(0, |bits, k| bits | facet::kind(Some(k)));
        keep(facet::KINDS, bits);
        // A kind is only known of somebody who has said who they are.
        keep(facet::IDENTITIES, facet::IDENTITY_DOMESTIC | facet::IDENTITY_FOREIGN);
    }
    for (key, unknown, group) in
        [("loc", facet::LOC_UNKNOWN, facet::LOC_KNOWN | facet::LOC_UNKNOWN), ("hq", facet::HQ_UNKNOWN, facet::HQ_KNOWN | facet::HQ_UNKNOWN)]
    {
        match section.text(key) {
            Some(text) if text.value == "unknown" => keep(group, unknown),
            Some(text) => section.error(text.at, format!("`{key}` is `{}`", text.value), format!("write unknown, or use `{key}_in`")),
            None => {}
        }
    }
    when.facets = facets;

    when.list_in = lists(section, "list_in");
    let bands = section.text_or_texts("band_in");
    when.bands = bands.iter().flatten().filter_map(|b| word::<Band>(section, *b)).fold(0, |mask, b| mask | b.bit() as u8);
    if section.has("list_in") != bands.is_some() {
        section.error(section.at, "`list_in` and `band_in` go together", "a hit is a list and a band; give both");
    }
    when.owned_by = lists(section, "owned_by");
    when.share = share(section);
    for flag in section.text_or_texts("flag_any").unwrap_or_default() {
        when.flags_any |= word::<Flag>(section, flag).map_or(0, |f| 1 << f.code());
    }
    if let Some(switch) = section.text("switch") {
        when.switch = switch_index(section, context, switch);
    }
    for regime in section.text_or_texts("regime").unwrap_or_default() {
        when.regimes |= word::<Regime>(section, regime).map_or(0, |r| r.bit() as u8);
    }
    rule.authorisation = section.text("authorisation").map(|t| t.value.to_owned());
    rule.unless_authorisation = section.text("unless_authorisation").map(|t| t.value.to_owned());
    if section.problems.count() == errors {
        // A word that is not understood names nothing; saying so once is enough.
        never(section, rule);
    }
}

/// Reports conditions that exclude each other.
fn never(section: &Section<'_, '_>, rule: &CompiledRule) {
    let when = &rule.when;
    let only = |bits: u32, group: u32| when.facets & group == bits;
    let impossible = if facet::GROUPS.iter().any(|group| when.facets & group == 0) {
        Some("two of its conditions exclude each other, or one names nothing")
    } else if only(facet::LOC_UNKNOWN, facet::LOC_KNOWN | facet::LOC_UNKNOWN) && when.loc_in != 0 {
        Some("it asks for an unknown location that lies in a set")
    } else if only(facet::HQ_UNKNOWN, facet::HQ_KNOWN | facet::HQ_UNKNOWN) && when.hq_in != 0 {
        Some("it asks for unknown headquarters that lie in a set")
    } else if rule.authorisation.is_some() && rule.authorisation == rule.unless_authorisation {
        Some("it asks for an authorisation that is in force and is not")
    } else {
        None
    };
    if let Some(why) = impossible {
        section.error(section.at, format!("can never hold: {why}"), "correct the conditions, or take the rule out");
    }
}

fn outcome(section: &mut Section<'_, '_>, context: &Context, rule: &mut CompiledRule, is_rule: bool) {
    let operator = rule.sure == b'O';
    (rule.deny_status, rule.switch_deny_status) = if operator { (403, 403) } else { (451, 451) };
    match section.text("outcome") {
        None => section.missing("outcome", "deny, identify, review or allow"),
        Some(text) => match text.value.strip_prefix("switch:") {
            Some(name) if is_rule => rule.outcome_switch = switch_index(section, context, At { value: name, at: text.at }),
            Some(_) => section.error(text.at, "a default has no switch", "write deny, identify, review or allow"),
            None => {
                if let Some(outcome) = word::<Outcome>(section, text) {
                    rule.outcome = outcome;
                }
            }
        },
    }
    let Some(http) = section.number("http") else { return };
    let fits: &[u16] = match (rule.outcome_switch, rule.outcome) {
        (Some(_), _) | (None, Outcome::Deny) => &[403, 451],
        (None, Outcome::Identify) => &[401],
        (None, Outcome::Review) => &[403],
        (None, Outcome::Allow) => &[200],
    };
    match fits.iter().find(|status| f64::from(**status) == http.value) {
        None => {
            let fits = fits.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
            section.error(http.at, format!("`http` is {}, which is not the status of this outcome", http.value), format!("write {fits}"));
        }
        // What is written is the status of a written denial. A switch's `http = 403` is that of its review:
        // where a switch makes law a denial, the answer is law's, 451.
        Some(status) if rule.outcome_switch.is_none() && rule.outcome == Outcome::Deny => rule.deny_status = *status,
        Some(_) => {}
    }
}

fn blocking(section: &mut Section<'_, '_>, context: &mut Context, rule: &CompiledRule) -> Option<Blocking> {
    let mask = |section: &Section<'_, '_>, words: Option<Vec<At<&str>>>| {
        words.iter().flatten().filter_map(|w| word::<Jurisdiction>(section, *w)).fold(0, |mask, j| mask | j.bit() as u8)
    };
    if let Some(mut statute) = section.table("blocking_statute") {
        statute.name = format!("rule `{}`, `blocking_statute`", rule.id);
        let words = statute.text_or_texts("bound");
        let bound = mask(&statute, words);
        let words = statute.text_or_texts("unless_bound");
        let unless_bound = mask(&statute, words);
        let places = places(&mut statute, context, "places");
        if bound == 0 || places == 0 {
            statute.error(statute.at, "`bound` and `places` say whom it binds and where", "give both");
        }
        statute.done();
        return Some(Blocking { bound, unless_bound, places });
    }
    if !context.eu_blocking || rule.id != "OFAC-EMBARGO" {
        return None;
    }
    // A file with `[note.eu-blocking]` and no key of its own means Reg. (EC) 2271/96: Cuba and Iran.
    let places = ["CU", "IR"].map(|code| context.places.bit(section.problems, &section.name, At { value: code, at: section.at }));
    let bit = |j: Jurisdiction| j.bit() as u8;
    Some(Blocking { bound: bit(Jurisdiction::Eu), unless_bound: bit(Jurisdiction::Us), places: places[0] | places[1] })
}

/// Warns of a rule that no request can meet as things stand.
fn unreachable_rule(section: &Section<'_, '_>, context: &Context, rule: &CompiledRule) {
    let off = |switch: Option<u8>| {
        switch.and_then(|s| context.switches.get(usize::from(s))).filter(|(_, value)| *value == SwitchValue::Off).map(|(name, _)| name)
    };
    let why = if rule.when.regimes != 0 && rule.when.regimes & context.regimes == 0 {
        "[policy] `regimes` does not name its regime".to_owned()
    } else if let Some(name) = off(rule.when.switch).or(off(rule.outcome_switch)) {
        format!("switch `{name}` is off")
    } else if let (Some(to), Some(as_of)) = (rule.to, context.as_of)
        && to < as_of
    {
        format!("it ended on {to}")
    } else {
        return;
    };
    section.problems.warn(section.at, format!("{} is never asked: {why}", section.name), "");
}

fn places(section: &mut Section<'_, '_>, context: &mut Context, key: &'static str) -> u64 {
    let words = section.texts(key).unwrap_or_default();
    words.iter().fold(0, |mask, word| mask | context.places.bit(section.problems, &section.name, *word))
}

fn lists(section: &mut Section<'_, '_>, key: &'static str) -> ListSet {
    let words = section.text_or_texts(key).unwrap_or_default();
    words.iter().filter_map(|w| word::<List>(section, *w)).collect()
}

fn share(section: &mut Section<'_, '_>) -> ShareTest {
    let (least, more) = (section.number("share_ge"), section.number("share_gt"));
    let ppm = |share: At<f64>| -> u32 {
        let ppm = (share.value * 1e6).round();
        if !(0.0..=1.0).contains(&share.value) || (share.value * 1e6 - ppm).abs() > 1e-3 {
            section.error(share.at, format!("a share cannot be {}", share.value), "write a part of one with at most six decimals: 0.5");
        }
        ppm.clamp(0.0, 1e6) as u32
    };
    let test = match (least, more) {
        (None, None) => ShareTest::None,
        (Some(share), None) => ShareTest::AtLeast(ppm(share)),
        (None, Some(share)) => ShareTest::MoreThan(ppm(share)),
        (Some(_), Some(share)) => {
            section.error(share.at, "`share_ge` and `share_gt` are both there", "keep one");
            ShareTest::None
        }
    };
    if section.has("owned_by") != (section.has("share_ge") || section.has("share_gt")) {
        section.error(section.at, "`owned_by` and a share go together", "give `owned_by`, and `share_ge` or `share_gt`");
    }
    test
}

fn items(section: &Section<'_, '_>, context: &Context, class: At<&str>) -> u32 {
    if let Some(bits) = context.groups.get(class.value) {
        return *bits;
    }
    match class.value.parse::<ItemClass>() {
        Ok(class) => facet::item(class),
        Err(e) => {
            let groups: String = context.groups.keys().flat_map(|group| [", ", group]).collect();
            section.error(class.at, format!("unknown item class or group `{}`", class.value), format!("known are {}{groups}", e.known));
            0
        }
    }
}

fn switch_index(section: &Section<'_, '_>, context: &Context, name: At<&str>) -> Option<u8> {
    let index = context.switches.iter().position(|(n, _)| n == name.value && n != HOSTED_ACCESS);
    if index.is_none() {
        let known = context.switches.iter().map(|(n, _)| n.as_str()).filter(|n| *n != HOSTED_ACCESS).collect::<Vec<_>>().join(", ");
        section.error(name.at, format!("unknown switch `{}`", name.value), format!("known are {known}; [switch] defines them"));
    }
    index.and_then(|i| u8::try_from(i).ok())
}

pub(crate) fn word<W: FromStr<Err = UnknownWord>>(section: &Section<'_, '_>, text: At<&str>) -> Option<W> {
    match text.value.parse() {
        Ok(word) => Some(word),
        Err(e) => {
            section.error(text.at, format!("unknown {} `{}`", e.what, e.got), format!("known are {}", e.known));
            None
        }
    }
}
