//! `weighbridge explain`: why a case is decided as it is.

use super::details::DetailsFile;
use super::screen::pairs;
use super::{Failure, paint, print, wrap};
use serde_json::Value;
use std::io::Read;
use std::path::PathBuf;
use weighbridge_blob::words::Outcome;
use weighbridge_engine::explain::Asked;
use weighbridge_engine::why::NameWhy;
use weighbridge_http::{Explained, GateConfig, MatchExplained, PartyExplained, explain};

/// Explain decisions: facts, matches, and every rule with the conditions that held or failed
///
/// Cases are JSON as in `tests/decisions`, with `facts` or `request`. `WEIGHBRIDGE_*` variables are read as a gate reads
/// them: switches, client address, identity keys.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The blob to decide by
    #[arg(long, value_name = "FILE")]
    blob: PathBuf,
    /// One case, or an array of cases; `-` reads standard input
    case: PathBuf,
    /// Only cases whose name contains this text
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// The blob's details file (names as written); left out: `BLOB.details` beside the blob
    #[arg(long, value_name = "FILE")]
    details: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let bytes = super::read_file(&args.blob)?;
    let companion = DetailsFile::read(&args.blob, args.details.as_deref())?;
    let mut blob = super::open_blob(&args.blob, &bytes)?;
    companion.attach(&mut blob)?;
    let config = config()?;
    let cases = read(args)?;
    if cases.is_empty() {
        let why =
            args.only.as_ref().map_or_else(|| "holds no case".to_owned(), |only| format!("holds no case whose name contains `{only}`"));
        return Err(Failure::CouldNotRun(format!("`{}` {why}", args.case.display())));
    }
    let (mut explained, mut failed) = (Vec::new(), Vec::new());
    for (number, case) in cases {
        let name = case.get("case").and_then(Value::as_str).unwrap_or_default().to_owned();
        match explain(&blob, &config, case) {
            Ok(case) => explained.push(case),
            Err(why) => failed.push(format!("`{}`, case {number} (`{name}`): {why}", args.case.display())),
        }
    }
    if args.json {
        let text = serde_json::to_string_pretty(&explained).map_err(|error| Failure::CouldNotRun(error.to_string()))?;
        print(&format!("{text}\n"));
    } else {
        for (number, case) in explained.iter().enumerate() {
            print(&format!("{}{}", if number > 0 { "\n" } else { "" }, text(case)));
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::CouldNotRun(failed.join("\n"))) }
}

/// A gate's variables; nothing is passed on from here, so none needs to say where to.
fn config() -> Result<GateConfig, Failure> {
    let upstream = |name: &str| (name == "WEIGHBRIDGE_UPSTREAM").then(|| "http://origin.invalid".to_owned());
    let read = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty()).or_else(|| upstream(name));
    GateConfig::from_vars(read).map_err(|error| Failure::CouldNotRun(error.to_string()))
}

/// The cases that were asked for, with their places in the file, from 1.
fn read(args: &Args) -> Result<Vec<(usize, Value)>, Failure> {
    let shown = args.case.display();
    let mut bytes = Vec::new();
    let done = if args.case.as_os_str() == "-" {
        std::io::stdin().lock().read_to_end(&mut bytes).map(drop)
    } else {
        std::fs::read(&args.case).map(|read| bytes = read)
    };
    done.map_err(|error| Failure::CouldNotRun(format!("cannot read `{shown}`: {error}")))?;
    let value: Value = serde_json::from_slice(&bytes)
        .map_err(|error| Failure::CouldNotRun(format!("`{shown}`, line {}, column {}: {error}", error.line(), error.column())))?;
    let cases = match value {
        Value::Array(cases) => cases,
        case => vec![case],
    };
    let wanted = |case: &Value| {
        let name = case.get("case").and_then(Value::as_str).unwrap_or_default();
        args.only.as_ref().is_none_or(|only| name.contains(only.as_str()))
    };
    Ok((1..).zip(cases).filter(|(_, case)| wanted(case)).collect())
}

fn colour(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allow => "32",
        Outcome::Review | Outcome::Identify => "33",
        Outcome::Deny => "31",
    }
}

/// The outcome in capitals, with its colour on a terminal.
fn shout(outcome: Outcome) -> String {
    paint(colour(outcome), &outcome.as_str().to_uppercase())
}

fn text(case: &Explained) -> String {
    let decision = &case.decision;
    let mut out = String::new();
    if !case.case.is_empty() {
        out.push_str(&wrap("case", 12, &case.case));
    }
    out.push_str(&wrap("at", 12, &case.at));
    if let Some(access) = &case.access {
        out.push_str(&wrap("request", 12, &access.request));
        let eccn = if access.eccn.is_empty() { String::new() } else { format!(", ECCN {}", access.eccn) };
        let item = access.item.as_ref().map_or_else(|| "none in the catalogue, so closed_unknown".to_owned(), |id| format!("{id}{eccn}"));
        out.push_str(&wrap("item", 12, &item));
        out.push_str(&wrap("protocol", 12, access.protocol));
        let bad = access.path_error.as_ref().map(|why| ("path", format!("cannot be read, so the answer is 400: {why}")));
        let rejected = access.identity_rejected.map(|why| ("identity", format!("not believed: {why}")));
        bad.into_iter().chain(rejected).for_each(|(label, text)| out.push_str(&wrap(label, 12, &text)));
    }
    let by = format!(" {}, decided by {} ({})", decision.status, decision.decided_by, decision.reason_code);
    out.push_str(&format!("{:<12}{}{by}\n", "outcome", shout(decision.outcome.0)));
    match &case.differences {
        None => {}
        Some(differences) if differences.is_empty() => out.push_str(&wrap("expected", 12, "as decided")),
        Some(differences) => differences.iter().for_each(|difference| out.push_str(&wrap("differs", 12, difference))),
    }
    let days = decision.oldest_list_days.map_or_else(|| "no age told".to_owned(), |days| format!("oldest checked {days:.1} days ago"));
    out.push_str(&wrap("lists", 12, &format!("{}, {days}", decision.freshness)));
    if !decision.not_screened.is_empty() {
        let lists = decision.not_screened.iter().map(|list| list.0.as_str()).collect::<Vec<_>>().join(", ");
        out.push_str(&wrap("not screened", 12, &format!("{lists}: rules name these, and no source provides them")));
    }
    for party in &case.parties {
        out.push_str(&of_party(party, case.parties.len() > 1));
    }
    out
}

fn of_party(party: &PartyExplained, several: bool) -> String {
    let mut out = String::from("\n");
    let who = if party.role == "requester" { "the requester" } else { "the party acted for" };
    out.push_str(&head(&format!("facts of {who}")));
    if let Ok(Value::Object(facts)) = serde_json::to_value(&party.facts) {
        for (field, value) in facts.iter().filter(|(_, value)| !is_empty(value)) {
            out.push_str(&wrap(&format!("  {field}"), 20, &plain(value)));
        }
    }
    if several {
        let decision = &party.decision;
        out.push_str(&format!("  {:<18}{} {}, {}\n", "alone", shout(decision.outcome.0), decision.status, decision.reason_code));
    }
    out.push_str(&head("matches"));
    if party.screening_truncated {
        out.push_str(&wrap("", 2, "a name is too long to be screened in full, which counts as a possible match on every list"));
    }
    if party.matches.is_empty() {
        // Never "clear": that nothing was found may also mean that there was nothing to look for.
        out.push_str("  none\n");
    }
    party.matches.iter().for_each(|found| out.push_str(&of_match(found)));
    let (matched, rest): (Vec<&Asked>, Vec<&Asked>) = party.asked.rules.iter().partition(|rule| rule.matched());
    let (lifted, failed): (Vec<&Asked>, Vec<&Asked>) = rest.into_iter().partition(|rule| rule.outcome.is_some());
    out.push_str(&head(&format!("rules that matched ({} of {} asked)", matched.len(), party.asked.rules.len())));
    if matched.is_empty() {
        out.push_str("  none\n");
    }
    matched.iter().for_each(|rule| out.push_str(&in_full(rule)));
    if !lifted.is_empty() {
        out.push_str(&head("rules that an authorisation lifted"));
        lifted.iter().for_each(|rule| out.push_str(&in_full(rule)));
    }
    if party.decision.decided_by == "default" {
        out.push_str(&head("the default that decided"));
        party.asked.defaults.iter().filter(|d| d.rule == party.decision.reason_code).for_each(|d| out.push_str(&in_full(d)));
    }
    if !party.decision.exceptions.is_empty() {
        out.push_str(&wrap("exceptions", 12, &party.decision.exceptions.join(", ")));
    }
    out.push_str(&head("rules that did not match, with the conditions that failed"));
    for rule in failed {
        let why = rule.conditions.iter().filter(|c| !c.holds).map(|c| format!("{} {} (is: {})", c.key, c.wants, c.has));
        out.push_str(&wrap(&format!("  {}", rule.rule), 26, &why.collect::<Vec<_>>().join("; ")));
    }
    out
}

fn of_match(found: &MatchExplained) -> String {
    let lists = found.lists.iter().map(|list| list.0.as_str()).collect::<Vec<_>>().join(" ");
    let id = found.entry.as_deref().unwrap_or("(no entry told)");
    let name = found.name.as_ref().map(|name| format!(", `{name}`")).unwrap_or_default();
    let score = found.score.map(|score| format!(", score {score:.1}")).unwrap_or_default();
    let mut out = wrap("", 2, &format!("{id}{name}: {}, band {}{score}", if lists.is_empty() { "no list" } else { &lists }, found.band.0));
    out.push_str(&wrap("    why", 12, &found.reason));
    if let Some(why) = &found.compared {
        out.push_str(&of_comparison(why));
    }
    if !found.checked_at.is_empty() {
        let dates: Vec<_> = found.checked_at.iter().map(|(list, at)| format!("{list} {at}")).collect();
        out.push_str(&wrap("    checked", 12, &dates.join(", ")));
    }
    if let Some(clearance) = &found.cleared {
        out.push_str(&wrap("    cleared", 12, &format!("{clearance}; does not count")));
    }
    out
}

/// Two names side by side.
fn of_comparison(why: &NameWhy) -> String {
    let mut out = wrap("    asked", 12, &format!("`{}`, in normal form `{}`", why.asked, why.asked_form));
    out.push_str(&wrap("    listed", 12, &format!("in normal form `{}`", why.listed_form)));
    out.push_str(&wrap("    tokens", 12, &pairs(why)));
    if !why.in_order {
        out.push_str(&wrap("", 12, "in another order"));
    }
    if !why.folds.is_empty() {
        out.push_str(&wrap("    folds", 12, &why.folds.join(", ")));
    }
    let knots = why.scale.iter().map(|(raw, score)| format!("{score} from {raw}")).collect::<Vec<_>>().join(", ");
    let scale = format!("raw {}, so {:.1} on this list's scale ({knots}); possible from {}", why.raw, why.score, why.possible_from);
    out.push_str(&wrap("    scale", 12, &scale));
    out
}

fn in_full(rule: &Asked) -> String {
    let outcome = rule.outcome.map_or_else(String::new, |outcome| shout(outcome.0));
    let title = if rule.title.is_empty() { String::new() } else { format!(": {}", rule.title) };
    let mut out = wrap(&format!("  {outcome}"), 4, &format!("{}{title}", rule.rule));
    if rule.blocked {
        out.push_str(&wrap("    statute", 12, "a blocking statute forbids to simply apply this rule, so its denial is a review"));
    }
    if let Some(by) = &rule.lifted_by {
        out.push_str(&wrap("    lifted", 12, &format!("by {by}")));
    }
    for condition in &rule.conditions {
        out.push_str(&wrap("    because", 12, &format!("{} {} (is: {})", condition.key, condition.wants, condition.has)));
    }
    if rule.conditions.is_empty() {
        out.push_str(&wrap("    because", 12, "it has no conditions"));
    }
    if !rule.cite.is_empty() {
        out.push_str(&wrap("    cite", 12, &rule.cite.join("; ")));
    }
    out
}

fn head(text: &str) -> String {
    format!("{}\n", paint("1", text))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// JSON without its punctuation.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join("; "),
        Value::Object(map) => {
            let fields = map.iter().filter(|(_, value)| !is_empty(value)).map(|(key, value)| format!("{key} {}", plain(value)));
            fields.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
