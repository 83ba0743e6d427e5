//! The file as a whole: its sections, in the order in which they need each other.

use std::collections::BTreeMap;

use toml::de::DeTable;
use weighbridge_blob::policy::{CompiledPolicy, CompiledRule, EXEMPT, FreshnessLimits, MUST_REFUSE, When, facet};
use weighbridge_blob::words::{Flag, ItemClass, Jurisdiction, List, ListSet, Outcome, Regime, SwitchValue};

use crate::places::Places;
use crate::read::{At, Problems, Section, number};
use crate::rules::{self, Context, HOSTED_ACCESS, word};
use crate::{CompileOptions, Compiled, Diagnostic, iso};

/// The only texts of `[screening]` that mean something: they say what the matcher does, and changing the
/// words would not change the matcher.
const SCREENING_TEXTS: [(&str, &str); 3] = [
    ("strong_person", "score >= 95 and an agreeing birth date, country or document; a conflicting one never"),
    ("strong_other", "equal normal form with a distinctive token, same kind, no conflicting country or identifier"),
    ("weak_alias_max", "possible"),
];

pub(crate) fn compile(text: &str, options: &CompileOptions, without: Option<&str>) -> Result<Compiled, Vec<Diagnostic>> {
    let problems = Problems::new(text);
    let (document, syntax) = DeTable::parse_recoverable(text);
    for e in &syntax {
        problems.error(e.span().map_or(0, |s| s.start), format!("not TOML: {}", e.message()), "");
    }
    if !syntax.is_empty() {
        return Err(problems.into_parts().0);
    }
    let mut top = Section::new(&problems, document.get_ref(), 0, "the policy");
    let mut policy = read(&mut top, options);
    top.done();
    if let Some(id) = without {
        let before = policy.rules.len();
        policy.rules.retain(|rule| rule.id != id);
        if policy.rules.len() == before {
            problems.error(0, format!("no rule `{id}` to leave out"), "");
        }
    }
    let bytes = policy.encode().map_err(|e| problems.error(0, e.to_string(), "make it smaller")).unwrap_or_default();
    let (errors, warnings) = problems.into_parts();
    if !errors.is_empty() {
        return Err(errors);
    }
    let rule_ids = policy.rules.into_iter().map(|rule| rule.id).collect();
    Ok(Compiled { bytes, warnings, lists_named: policy.lists_named, rule_ids })
}

fn read(top: &mut Section<'_, '_>, options: &CompileOptions) -> CompiledPolicy {
    let mut policy = CompiledPolicy {
        id: String::new(),
        version: String::new(),
        as_of: None,
        review_by: None,
        rules: Vec::new(),
        defaults: Vec::new(),
        sets: Vec::new(),
        countries: BTreeMap::new(),
        nothing: iso::NOTHING.to_vec(),
        regions: BTreeMap::new(),
        switches: Vec::new(),
        hosted_access: None,
        freshness: FreshnessLimits { warn: 0, review: 0, refuse: 0 },
        lists_named: ListSet::EMPTY,
        possible_from: 800,
        on_unknown: Outcome::Review,
        bound_as: 0,
        regimes: 0,
    };
    head(top, options, &mut policy);
    screening(top, &mut policy);
    freshness(top, &mut policy);
    kept_for_later(top);
    policy.switches = switches(top);
    policy.hosted_access = policy.switches.iter().position(|(name, _)| name == HOSTED_ACCESS).and_then(|i| u8::try_from(i).ok());
    let mut context = Context {
        places: Places::read(top),
        groups: item_groups(top),
        switches: policy.switches.clone(),
        regimes: policy.regimes,
        eu_blocking: notes(top),
        as_of: policy.as_of,
    };
    for section in top.tables("rule") {
        let at = section.at;
        let rule = rules::rule(section, &mut context);
        if policy.rules.iter().any(|known| known.id == rule.id) {
            top.problems.error(at, format!("two rules are called `{}`", rule.id), "rename one");
        }
        policy.rules.push(rule);
    }
    let mut caught_all = false;
    for section in top.tables("default") {
        let (at, name) = (section.at, section.name.clone());
        let default = rules::default(section, &mut context);
        if caught_all {
            top.problems.warn(at, format!("{name} is never asked: a default without conditions stands before it"), "");
        }
        caught_all |= default.when == When::ANY && default.authorisation.is_none() && default.unless_authorisation.is_none();
        policy.defaults.push(default);
    }
    unused_switches(top, &policy);
    self_test(top, &mut context.places, policy.bound_as);
    policy.lists_named = lists_named(policy.rules.iter().chain(&policy.defaults));
    (policy.sets, policy.countries, policy.regions) = (context.places.set_names(), context.places.countries(), context.places.regions());
    policy
}

fn head(top: &mut Section<'_, '_>, options: &CompileOptions, policy: &mut CompiledPolicy) {
    let Some(mut section) = top.table("policy") else {
        top.missing("[policy]", "[policy] with schema, id, version, as_of, regimes, bound_as and on_unknown");
        return;
    };
    match section.number("schema") {
        Some(schema) if schema.value == 1.0 => {}
        Some(schema) => section.error(schema.at, format!("schema {} is not known here", schema.value), "write schema = 1"),
        None => section.missing("schema", "schema = 1"),
    }
    for (key, field) in [("id", &mut policy.id), ("version", &mut policy.version)] {
        match section.text(key) {
            Some(text) => *field = text.value.to_owned(),
            None => section.missing(key, "a text in quotes; decisions are recorded with it"),
        }
    }
    policy.as_of = section.day("as_of").map(|d| d.value);
    if let Some(review_by) = section.day("review_by") {
        policy.review_by = Some(review_by.value);
        if options.today.is_some_and(|today| today > review_by.value) {
            let message = format!("the policy was to be reviewed by {}", review_by.value);
            section.problems.warn(review_by.at, message, "check the law, then move `as_of` and `review_by`");
        }
    }
    match section.texts("regimes") {
        Some(words) => policy.regimes = words.iter().filter_map(|w| word::<Regime>(&section, *w)).fold(0, |m, r| m | r.bit() as u8),
        None => section.missing("regimes", "the laws whose rules are asked: regimes = [\"us-ofac\", \"us-ear\"]"),
    }
    match section.texts("bound_as") {
        Some(words) => policy.bound_as = words.iter().filter_map(|w| word::<Jurisdiction>(&section, *w)).fold(0, |m, j| m | j.bit() as u8),
        None => section.missing("bound_as", "the law that binds the operator: bound_as = [\"US\"]"),
    }
    match section.text("on_unknown") {
        Some(text) => {
            if text.value == "allow" {
                section.error(text.at, "`on_unknown` is allow: whatever nobody thought of would pass", "write review, identify or deny");
            }
            policy.on_unknown = word::<Outcome>(&section, text).unwrap_or(Outcome::Deny);
        }
        None => section.missing("on_unknown", "on_unknown = \"review\""),
    }
    section.done();
}

fn screening(top: &mut Section<'_, '_>, policy: &mut CompiledPolicy) {
    let Some(mut section) = top.table("screening") else {
        top.missing("[screening]", "[screening] with possible_from = 80");
        return;
    };
    match section.number("possible_from") {
        Some(score) if (0.0..=100.0).contains(&score.value) => policy.possible_from = (score.value * 10.0).round() as u16,
        Some(score) => section.error(score.at, format!("`possible_from` is {}", score.value), "write a score, 0 to 100"),
        None => section.missing("possible_from", "possible_from = 80"),
    }
    for (key, meant) in SCREENING_TEXTS {
        if let Some(text) = section.text(key)
            && text.value != meant
        {
            let help = format!("the matcher does \"{meant}\", whatever stands here; write that, or leave the key out");
            section.error(text.at, format!("`{key}` has another text than the matcher understands"), help);
        }
    }
    section.done();
}

fn freshness(top: &mut Section<'_, '_>, policy: &mut CompiledPolicy) {
    let Some(mut section) = top.table("freshness") else {
        top.missing("[freshness]", "[freshness] with warn_after, review_after and refuse_after");
        return;
    };
    let errors = section.problems.count();
    let limits = ["warn_after", "review_after", "refuse_after"].map(|key| match section.text(key) {
        Some(text) => duration(&section, key, text),
        None => {
            section.missing(key, "a time such as \"36h\" or \"7d\"");
            0
        }
    });
    let [warn, review, refuse] = limits;
    if section.problems.count() == errors && (warn > review || review > refuse) {
        section.error(section.at, "the times are out of order", "warn_after, then review_after, then refuse_after");
    }
    policy.freshness = FreshnessLimits { warn, review, refuse };
    section.done();
}

/// Seconds of `36h`, `7d`.
fn duration(section: &Section<'_, '_>, key: &str, text: At<&str>) -> u32 {
    let unit = text.value.chars().last().and_then(|unit| match unit {
        'h' => Some(3_600),
        'd' => Some(86_400),
        _ => None,
    });
    let count = text.value.strip_suffix(['h', 'd']).filter(|n| n.bytes().all(|b| b.is_ascii_digit())).and_then(|n| n.parse::<u32>().ok());
    let seconds = unit.zip(count).and_then(|(unit, count)| count.checked_mul(unit)).filter(|s| *s > 0);
    if seconds.is_none() {
        section.error(text.at, format!("`{key}` is `{}`", text.value), "write hours or days: \"36h\", \"7d\"");
    }
    seconds.unwrap_or(0)
}

/// What later parts use; here its keys and types are checked, so that a slip is found now.
fn kept_for_later(top: &mut Section<'_, '_>) {
    if let Some(mut section) = top.table("records") {
        for key in ["keep_ofac_years", "keep_ear_years", "report_days"] {
            whole(&mut section, key);
        }
        section.done();
    }
    if let Some(mut section) = top.table("aggregate") {
        if let Some(window) = section.text("window") {
            duration(&section, "window", window);
        }
        for key in ["distinct_closed_items", "bytes"] {
            whole(&mut section, key);
        }
        section.done();
    }
}

fn whole(section: &mut Section<'_, '_>, key: &'static str) {
    if let Some(n) = section.number(key).filter(|n| n.value < 1.0 || n.value.fract() != 0.0) {
        section.error(n.at, format!("`{key}` is {}", n.value), "write a whole number above 0");
    }
}

/// `[self_test]`: from where a gate must refuse, and what an operator not bound by US law takes out of that.
fn self_test(top: &mut Section<'_, '_>, places: &mut Places, bound_as: u8) {
    let Some(mut section) = top.table("self_test") else { return };
    if section.has("must_refuse") {
        places.reserve(&mut section, "must_refuse", MUST_REFUSE);
    }
    if let Some(mut exempt) = section.table("exempt") {
        places.reserve(&mut exempt, "places", EXEMPT);
        if !exempt.has("places") {
            exempt.missing("places", "the places: places = [\"UA-43\", \"UA-40\"]");
        }
        match exempt.text("reason") {
            Some(reason) if !reason.value.trim().is_empty() => {}
            Some(reason) => exempt.error(reason.at, "`reason` is empty", "say why US law does not bind this operator"),
            None => exempt.missing("reason", "why US law does not bind this operator: reason = \"…\""),
        }
        if u32::from(bound_as) & Jurisdiction::Us.bit() != 0 {
            let message = "the exemption from the self-test has no effect while `bound_as` names US";
            exempt.problems.warn(exempt.at, message, "take it out, or correct `bound_as`");
        }
        exempt.done();
    }
    section.done();
}

/// `[note.*]`: texts for people. Whether `eu-blocking` is among them.
fn notes(top: &mut Section<'_, '_>) -> bool {
    let Some(section) = top.table("note") else { return false };
    let mut eu_blocking = false;
    for (key, value) in section.entries() {
        eu_blocking |= key.value == "eu-blocking";
        if let Some(mut note) = section.entry_table(key.value, value) {
            note.text("text");
            note.done();
        }
    }
    eu_blocking
}

fn switches(top: &mut Section<'_, '_>) -> Vec<(String, SwitchValue)> {
    let Some(section) = top.table("switch") else { return Vec::new() };
    let mut out = Vec::new();
    for (key, value) in section.entries() {
        let Some(text) = section.entry_text(key.value, value) else { continue };
        let hosted = key.value == HOSTED_ACCESS;
        let value = text.value.parse::<SwitchValue>().ok();
        let fits = value.filter(|v| matches!(v, SwitchValue::Service | SwitchValue::Export) == hosted);
        let Some(fits) = fits else {
            let known = if hosted { "service or export" } else { "off, review or enforce" };
            section.error(text.at, format!("switch `{}` cannot be `{}`", key.value, text.value), format!("write {known}"));
            continue;
        };
        out.push((key.value.to_owned(), fits));
    }
    out
}

fn unused_switches(top: &mut Section<'_, '_>, policy: &CompiledPolicy) {
    let Some(section) = top.table("switch") else { return };
    for (key, _) in section.entries() {
        let index = policy.switches.iter().position(|(name, _)| name == key.value).and_then(|i| u8::try_from(i).ok());
        let used = policy.rules.iter().any(|rule| index.is_some() && (rule.when.switch == index || rule.outcome_switch == index));
        if !used && key.value != HOSTED_ACCESS {
            section.problems.warn(key.at, format!("no rule asks switch `{}`", key.value), "take it out, or name it in a rule");
        }
    }
}

/// `[item.class]`: groups of classes, and the thresholds of the classifier.
fn item_groups(top: &mut Section<'_, '_>) -> BTreeMap<String, u32> {
    const THRESHOLDS: [&str; 5] = ["threshold_ops", "derived_ops_floor", "derived_share", "synthetic_share", "eu_systemic_ops"];
    let mut groups = BTreeMap::new();
    let Some(mut item) = top.table("item") else { return groups };
    if let Some(section) = item.table("class") {
        for (key, value) in section.entries() {
            if THRESHOLDS.contains(&key.value) {
                let share = key.value.ends_with("_share");
                if !number(value.get_ref()).is_some_and(|n| n > 0.0 && (!share || n <= 1.0)) {
                    let help = if share { "write a part of one: 0.25" } else { "write a number above 0" };
                    section.error(value.span().start, format!("`{}` is no threshold", key.value), help);
                }
                continue;
            }
            if value.get_ref().as_array().is_none() {
                let known = THRESHOLDS.join(", ");
                section.error(
                    key.at,
                    format!("unknown key `{}`", key.value),
                    format!("known are {known}, or a list of classes under a name"),
                );
                continue;
            }
            if key.value.parse::<ItemClass>().is_ok() {
                section.error(key.at, format!("`{}` is a class and cannot be a group", key.value), "choose another name");
            }
            let classes = section.entry_texts(key.value, value).unwrap_or_default();
            let bits = classes.iter().filter_map(|c| word::<ItemClass>(&section, *c)).fold(0, |bits, c| bits | facet::item(c));
            groups.insert(key.value.to_owned(), bits);
        }
    }
    item.done();
    groups
}

fn lists_named<'r>(rules: impl Iterator<Item = &'r CompiledRule>) -> ListSet {
    let share_unknown = 1_u64 << Flag::ListedOwnerShareUnknown.code();
    rules.fold(ListSet::EMPTY, |lists, rule| {
        let lists = lists.union(rule.when.list_in).union(rule.when.owned_by);
        // The flag is derived from owners on these two lists.
        if rule.when.flags_any & share_unknown == 0 { lists } else { lists.union([List::El, List::Meu].into_iter().collect()) }
    })
}
