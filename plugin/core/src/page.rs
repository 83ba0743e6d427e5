//! Questions that the demonstration page asks: everything that people want to see of a decision, a name, a policy and a blob.
//! JSON in the output.

use serde_json::{Value, json};
use weighbridge_blob::Blob;
use weighbridge_blob::date::{Day, format_unix, parse_unix};
use weighbridge_blob::model::FileAccount;
use weighbridge_blob::place::Place;
use weighbridge_blob::policy::PolicyTable;
use weighbridge_blob::signature::verify;
use weighbridge_blob::words::{Action, Band, ItemClass, Kind, List, ListSet, Outcome};
use weighbridge_blob::write::with_policy;
use weighbridge_engine::facts::{Facts, IdentityFacts, OwnerFact, Settings};
use weighbridge_engine::screen::{Match, Query, Reason, screen};
use weighbridge_engine::selftest::{Depth, self_test};
use weighbridge_engine::why::best;
use weighbridge_engine::{Decision, evaluate};
use weighbridge_http::access::Protocol;
use weighbridge_http::{explain, sweep};
use weighbridge_policy::{CompileOptions, Diagnostic, compile};

use crate::ask::{inspect, result};
use crate::frame::Fields;
use crate::{Gate, Instance};

/// Matches of a name that are compared token by token.
const COMPARED: usize = 12;

impl Instance {
    /// Answers a question of the page; whether it was one.
    pub(crate) fn ask_of_page(&mut self, length: usize, count: usize) -> bool {
        let Some(mut fields) = Fields::read(&self.input, length, count) else { return false };
        let question = fields.next().unwrap_or_default();
        let gate = match (&mut self.gate, question) {
            (_, "made") => {
                self.output.fields([self.made.as_slice()]);
                return true;
            }
            (Ok(gate), _) => gate,
            (Err(_), _) => return false,
        };
        let answer = match question {
            "details" => details(gate, self.blob.take()),
            "explain" => explained(gate, fields),
            "world" => world(gate, fields),
            "grid" => grid(&gate.blob, fields),
            "find" => find(&gate.blob, fields),
            "batch" => batch(&gate.blob, fields),
            "address" => address(&gate.blob, fields),
            "about" => Ok(about(&gate.blob)),
            "policy" => Ok(policy(&gate.blob)),
            "compile" => compiled(&gate.blob, fields).map(|(answer, made)| {
                self.made = made;
                answer
            }),
            _ => return false,
        };
        let text = answer.unwrap_or_else(|error| json!({ "error": error })).to_string();
        self.output.fields([text.as_bytes()]);
        true
    }
}

fn case(fields: &mut Fields<'_>) -> Result<Value, String> {
    serde_json::from_str(fields.next().unwrap_or_default()).map_err(|error| error.to_string())
}

/// One case with every rule, condition and match.
fn explained(gate: &Gate, mut fields: Fields<'_>) -> Result<Value, String> {
    let explained = explain(&gate.blob, &gate.config, case(&mut fields)?)?;
    serde_json::to_value(explained).map_err(|error| error.to_string())
}

/// One case in every place.
fn world(gate: &Gate, mut fields: Fields<'_>) -> Result<Value, String> {
    let swept = sweep(&gate.blob, &gate.config, case(&mut fields)?, places(gate.blob.policy()))?;
    serde_json::to_value(swept).map_err(|error| error.to_string())
}

/// Every country and region that the policy knows.
fn places(policy: &PolicyTable<'_>) -> impl Iterator<Item = Place> {
    policy.places().map(|(place, _)| place)
}

/// Adds the companion with names as they are written, which the host wrote where a blob goes.
fn details(gate: &mut Gate, bytes: Option<&'static [u8]>) -> Result<Value, String> {
    let bytes = bytes.ok_or("no details file was handed over")?;
    gate.blob.attach(bytes).map(|()| json!({ "held": true })).map_err(|error| error.to_string())
}

/// Whom the lists know by a name: time, name, kind (or nothing).
fn find(blob: &Blob<'_>, mut fields: Fields<'_>) -> Result<Value, String> {
    let day = Day::of_unix(fields.number());
    let name = fields.next().unwrap_or_default();
    let kind = kind(fields.next())?;
    let found = screen(blob, &Query { names: vec![name], kind, ..Query::default() }, day);
    let matches = found.matches.iter().enumerate().filter_map(|(n, one)| {
        let mut shown = shown(blob, one)?;
        if let (true, Reason::Name { kind, number, .. }) = (n < COMPARED, one.reason) {
            let why = best(blob, kind, number, std::iter::once(name));
            shown.as_object_mut()?.insert("compared".to_owned(), serde_json::to_value(why).ok()?);
        }
        Some(shown)
    });
    let matches: Vec<Value> = matches.collect();
    Ok(json!({ "result": result(blob, matches.is_empty()), "matches": matches, "truncated": found.truncated }))
}

fn kind(word: Option<&str>) -> Result<Option<Kind>, String> {
    let word = word.filter(|word| !word.is_empty());
    word.map(|word| word.parse().map_err(|_| format!("unknown kind `{word}`"))).transpose()
}

fn shown(blob: &Blob<'_>, one: &Match) -> Option<Value> {
    let entry = blob.entry(one.entry)?;
    let details = blob.details(&entry);
    let index = match one.reason {
        Reason::Name { kind, number, .. } => usize::try_from(blob.lexicon(kind).index_in_entry(number)).unwrap_or(0),
        _ => 0,
    };
    let role = match one.reason {
        Reason::Name { role, .. } => role.as_str(),
        _ => "",
    };
    let name = details.as_ref().and_then(|details| details.names.get(index).or(details.names.first()));
    let main = details.as_ref().and_then(|details| details.names.first());
    Some(json!({
        "entry": entry.id(),
        "kind": entry.kind.as_str(),
        "lists": words(entry.lists),
        "band": one.band.as_str(),
        "score": f64::from(one.score) / 10.0,
        "reason": one.reason.as_str(),
        "role": role,
        "name": name.map(|(_, name)| *name),
        "main": main.map(|(_, name)| *name),
        "programmes": details.map(|details| details.programmes).unwrap_or_default(),
    }))
}

fn words(lists: ListSet) -> Vec<&'static str> {
    lists.iter().map(List::as_str).collect()
}

/// The best match of each of many names: time, kind (or nothing), names with line feeds between.
fn batch(blob: &Blob<'_>, mut fields: Fields<'_>) -> Result<Value, String> {
    let day = Day::of_unix(fields.number());
    let kind = kind(fields.next())?;
    let rows = fields.next().unwrap_or_default().split('\n').map(|name| {
        let found = screen(blob, &Query { names: vec![name], kind, ..Query::default() }, day);
        let best = found.matches.first().and_then(|one| shown(blob, one));
        json!({ "found": found.matches.len(), "truncated": found.truncated, "best": best })
    });
    Ok(Value::Array(rows.collect()))
}

/// What the tables know of an address.
fn address(blob: &Blob<'_>, mut fields: Fields<'_>) -> Result<Value, String> {
    let text = fields.next().unwrap_or_default();
    let address: std::net::IpAddr = text.parse().map_err(|_| format!("`{text}` is no IP address"))?;
    let own = weighbridge_blob::network::classes_of(address);
    let networks = own.union(blob.networks_of(address));
    Ok(json!({
        "place": blob.place_of(address).map(|place| place.to_string()),
        "networks": networks.iter().map(|class| class.as_str()).collect::<Vec<_>>(),
        "range": blob.network_of(address).map(|(first, last)| [first.to_string(), last.to_string()]),
    }))
}

/// The policy as it was written, and its switches.
fn policy(blob: &Blob<'_>) -> Value {
    let policy = blob.policy();
    let switches = (0..policy.switch_count()).filter_map(|n| policy.switch(n)).map(|(name, value)| json!([name, value.as_str()]));
    json!({
        "id": policy.id(),
        "version": policy.version(),
        "digest": hex(&policy.digest()),
        "source": blob.policy_source(),
        "rules": policy.rule_count(),
        "switches": switches.collect::<Vec<_>>(),
    })
}

/// Compiles a policy (time, TOML) and makes the blob that holds it in place of its own. Beside the answer: that blob, which is
/// empty where there is none.
fn compiled(blob: &Blob<'_>, mut fields: Fields<'_>) -> Result<(Value, Vec<u8>), String> {
    let at = fields.number();
    let text = fields.next().unwrap_or_default();
    let compiled = match compile(text, &CompileOptions { today: Some(Day::of_unix(at)) }) {
        Ok(compiled) => compiled,
        Err(problems) => return Ok((json!({ "problems": problems.iter().map(problem).collect::<Vec<_>>(), "warnings": [] }), Vec::new())),
    };
    let warnings = compiled.warnings.iter().map(problem).collect::<Vec<_>>();
    let made = with_policy(blob, &compiled.bytes, text).map_err(|error| error.to_string())?;
    let table = PolicyTable::open(&compiled.bytes).map_err(|error| error.to_string())?;
    let refused = self_test(&table, &Settings::default(), at, Depth::Quick).err().map(|error| error.to_string());
    Ok((json!({ "problems": [], "warnings": warnings, "rules": table.rule_count(), "self_test": refused }), made))
}

fn problem(problem: &Diagnostic) -> Value {
    json!({ "line": problem.line, "column": problem.column, "message": problem.message, "help": problem.help })
}

/// Everything that the blob tells of itself.
fn about(blob: &Blob<'_>) -> Value {
    let mut about: Value = serde_json::from_str(&inspect(blob)).unwrap_or_default();
    let accounts = blob.sources().unwrap_or_default();
    let sources = accounts.sources.iter().map(|source| {
        json!({
            "id": source.id, "format": source.format, "lists": words(source.lists), "checked_at": format_unix(source.checked_at),
            "published": source.published.map(format_unix), "entries": source.measured.entries,
            "files": source.files.iter().map(file).collect::<Vec<_>>(),
        })
    });
    let geo = accounts.geo.iter().map(|geo| {
        json!({
            "name": geo.name, "format": geo.format, "database": geo.database, "digest": geo.digest, "built": geo.built.map(format_unix),
            "networks_v4": geo.networks_v4, "networks_v6": geo.networks_v6, "without_country": geo.without_country,
        })
    });
    let networks = accounts.networks.iter().map(|source| {
        json!({
            "class": source.class.as_str(), "format": source.format, "checked_at": format_unix(source.checked_at),
            "published": source.published.map(format_unix), "files": source.files.iter().map(file).collect::<Vec<_>>(),
        })
    });
    let accepted = accounts
        .accepted
        .iter()
        .map(|one| json!({ "source": one.source, "finding": one.finding, "reason": one.reason, "before": one.before, "after": one.after }));
    let items = (0..blob.items().len()).filter_map(|n| blob.items().get(n)).map(
        |item| json!({ "id": item.id, "class": item.class.as_str(), "notice": item.notice, "eccn": item.eccn, "evidence": item.evidence }),
    );
    let absent: Vec<&str> = List::ALL.iter().filter(|list| blob.checked_at(**list).is_none()).map(|list| list.as_str()).collect();
    if let Some(about) = about.as_object_mut() {
        about.insert("sources".to_owned(), sources.collect());
        about.insert("geo".to_owned(), geo.collect());
        about.insert("networks".to_owned(), networks.collect());
        about.insert("accepted".to_owned(), accepted.collect());
        about.insert("catalogue".to_owned(), items.collect());
        about.insert("absent".to_owned(), json!(absent));
        about.insert("places".to_owned(), json!(places(blob.policy()).map(|place| place.to_string()).collect::<Vec<_>>()));
        about.insert("protocols".to_owned(), json!(Protocol::ALL.iter().map(|protocol| protocol.as_str()).collect::<Vec<_>>()));
        about.insert("signed".to_owned(), signed(blob));
        about.insert("details_bytes".to_owned(), json!(blob.details_reference().map(|reference| reference.len)));
        about.insert("details_hash".to_owned(), json!(blob.details_reference().map(|reference| hex(&reference.hash))));
    }
    about
}

/// Who says to have signed the blob, and whether that is so. Whether the key is one to trust, the page cannot know.
fn signed(blob: &Blob<'_>) -> Value {
    let header = blob.header();
    header.signed.map_or(Value::Null, |signed| json!({ "by": signed.by.to_string(), "holds": verify(header, &[signed.by]).is_ok() }))
}

fn file(file: &FileAccount) -> Value {
    let lost = file.lost.iter().map(|lost| json!({ "line": lost.line, "explained": lost.explained, "reason": lost.reason }));
    json!({
        "name": file.name, "digest": file.digest, "read": file.read, "kept": file.kept, "merged": file.merged,
        "lost": lost.collect::<Vec<_>>(),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Requesters whose decisions are compared when a policy changes.
const REQUESTERS: [(&str, Requester); 8] = [
    ("nobody known", Requester { kind: None, foreign: true, hit: None, owner: None }),
    ("a US person", Requester { kind: Some(Kind::Person), foreign: false, hit: None, owner: None }),
    ("a foreign person", Requester { kind: Some(Kind::Person), foreign: true, hit: None, owner: None }),
    ("a firm of that place", Requester { kind: Some(Kind::Organization), foreign: true, hit: None, owner: None }),
    (
        "a person whose name is like one on the SDN list",
        Requester { kind: Some(Kind::Person), foreign: true, hit: Some((List::Sdn, Band::Possible)), owner: None },
    ),
    (
        "a firm on the Entity List",
        Requester { kind: Some(Kind::Organization), foreign: true, hit: Some((List::El, Band::Strong)), owner: None },
    ),
    (
        "a firm that an Entity List party owns half of",
        Requester { kind: Some(Kind::Organization), foreign: true, hit: None, owner: Some((List::El, 500_000)) },
    ),
    (
        "a firm that an SDN owns half of",
        Requester { kind: Some(Kind::Organization), foreign: true, hit: None, owner: Some((List::Sdn, 500_000)) },
    ),
];

struct Requester {
    kind: Option<Kind>,
    foreign: bool,
    hit: Option<(List, Band)>,
    /// List and share, parts per million.
    owner: Option<(List, u32)>,
}

/// What the policy says to every requester of [`REQUESTERS`], class, action and place at a time: one letter for each place.
fn grid(blob: &Blob<'_>, mut fields: Fields<'_>) -> Result<Value, String> {
    let at = parse_unix(fields.next().unwrap_or_default()).map_err(|error| error.to_string())?;
    let policy = blob.policy();
    let places: Vec<Place> = places(policy).collect();
    let mut rows = Vec::new();
    for (name, requester) in &REQUESTERS {
        let owners: Vec<OwnerFact> = requester
            .owner
            .iter()
            .map(|(list, share)| OwnerFact { lists: ListSet::of(*list), share_ppm: Some(*share), owner: 0 })
            .collect();
        for class in ItemClass::ALL {
            for action in Action::ALL {
                let mut facts = Facts { owners: &owners, ..Facts::new(at, *action, *class) };
                facts.identity = requester.kind.map(|kind| IdentityFacts { kind, foreign_person: Some(requester.foreign) });
                if let Some((list, band)) = requester.hit {
                    facts.hits.add(ListSet::of(list), band);
                }
                let cells: String = places
                    .iter()
                    .map(|place| {
                        facts.place.ip = Some(*place);
                        facts.place.headquarters = (requester.kind == Some(Kind::Organization)).then_some(*place);
                        letter(&evaluate(policy, &facts))
                    })
                    .collect();
                rows.push(json!([name, class.as_str(), action.as_str(), cells]));
            }
        }
    }
    Ok(json!({ "places": places.iter().map(ToString::to_string).collect::<Vec<_>>(), "rows": rows }))
}

/// `a` allow, `i` identify, `r` review, `o` refused by the operator, `s` lists too old, `d` denied by law.
fn letter(decision: &Decision) -> char {
    match (decision.outcome, decision.status) {
        (Outcome::Allow, _) => 'a',
        (Outcome::Identify, _) => 'i',
        (Outcome::Review, _) => 'r',
        (Outcome::Deny, 403) => 'o',
        (Outcome::Deny, 503) => 's',
        (Outcome::Deny, _) => 'd',
    }
}
