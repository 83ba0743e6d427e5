//! The check endpoint: shared cases in, decisions out. It exists so that one file of cases runs through
//! every built plugin and natively, and is compared field by field. Served only if `WEIGHBRIDGE_TEST_ROUTES`
//! is `on`.

use weighbridge_blob::Blob;
use weighbridge_blob::date::parse_unix;
use weighbridge_blob::order::sort;
use weighbridge_blob::read::ItemView;
use weighbridge_blob::words::{Action, ItemClass};
use weighbridge_engine::evaluate;
use weighbridge_engine::json::{DecisionJson, Expect, FactsJson, Members, Tree, Writer, text};

use crate::access::{Access, Protocol};
use crate::config::GateConfig;
use crate::decide::decide_at;
use crate::expect::ExpectedAnswer;
use crate::{Ambient, Answer, Pass, Request, Verdict};

/// Where adapters serve [`check`], by POST.
pub const CHECK_PATH: &str = "/.weighbridge/check";

/// More rounds than this would only keep the instance busy.
const REPEAT_MAX: u32 = 100_000;

/// A shared case; `expect` may be left out.
pub(crate) struct CheckCase {
    pub(crate) case: String,
    pub(crate) at: String,
    pub(crate) facts: Option<FactsJson>,
    pub(crate) request: Option<RequestJson>,
    pub(crate) expect: Option<Expect>,
    /// What a refused client must be answered; for a case with `request`.
    answer: Option<ExpectedAnswer>,
}

impl CheckCase {
    /// Reads a case.
    ///
    /// # Errors
    /// The member that is missing, unknown, there twice or not understood.
    pub(crate) fn read(tree: Tree) -> Result<Self, String> {
        let mut m = Members::of(tree)?;
        // The sample blob that it is for: whoever asks has it.
        m.text("blob")?;
        let case = Self {
            case: m.text_or_empty("case")?,
            at: m.required_text("at")?,
            facts: m.optional("facts").map(FactsJson::read).transpose()?,
            request: m.optional("request").map(RequestJson::read).transpose()?,
            expect: m.optional("expect").map(Expect::read).transpose()?,
            answer: m.optional("answer").map(ExpectedAnswer::read).transpose()?,
        };
        m.done()?;
        Ok(case)
    }
}

/// A request as a case writes it.
pub(crate) struct RequestJson {
    method: String,
    host: String,
    path: String,
    /// By name.
    headers: Vec<(String, Vec<String>)>,
    /// The client's address, as if the configured origin had vouched for it.
    address: Option<String>,
    /// Claims, as if the backend had signed them.
    identity: Option<String>,
    /// What is asked for, in place of what the path leads to.
    access: Option<AccessJson>,
}

/// What is asked for, whatever the path says: any action on any class of item, answered in any protocol.
struct AccessJson {
    /// An item of the catalogue.
    item: Option<String>,
    /// The class of an item that stands in no catalogue; left out without `item`: nobody has classified it.
    class: Option<ItemClass>,
    /// Such an item is under notice.
    notice: bool,
    action: Action,
    /// As in decision records; left out: the plain one.
    protocol: Option<String>,
}

impl AccessJson {
    fn from_json(tree: Tree) -> Result<Self, String> {
        let mut m = Members::of(tree)?;
        let access = Self {
            item: m.text("item")?,
            class: m.word("class")?,
            notice: m.flag_or_off("notice")?,
            action: m.word("action")?.ok_or("missing field `action`")?,
            protocol: m.text("protocol")?,
        };
        m.done()?;
        Ok(access)
    }

    fn read<'a>(&self, blob: &Blob<'a>) -> Result<Access<ItemView<'a>>, String> {
        let protocol = match &self.protocol {
            None => Protocol::Plain,
            Some(word) => {
                let known = || Protocol::ALL.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(", ");
                let found = Protocol::ALL.iter().copied().find(|p| p.as_str() == word);
                found.ok_or_else(|| format!("`access.protocol`: `{word}` is none; known are {}", known()))?
            }
        };
        let item = match (&self.item, self.class) {
            (Some(_), Some(_)) => return Err("`access` has either `item` or `class`".to_owned()),
            (Some(id), None) => Some(blob.items().by_id(id).ok_or_else(|| format!("`access.item`: the catalogue has no `{id}`"))?),
            (None, Some(class)) => Some(ItemView { id: "", class, notice: self.notice, eccn: "", evidence: "" }),
            (None, None) => None,
        };
        Ok(Access { protocol, action: self.action, item })
    }
}

impl RequestJson {
    fn read(tree: Tree) -> Result<Self, String> {
        let mut m = Members::of(tree)?;
        let or = |given: Option<Tree>, name: &str, usual: &str| given.map_or_else(|| Ok(usual.to_owned()), |value| text(name, value));
        let mut headers = Vec::new();
        for (name, value) in Members::of(m.take("headers").unwrap_or(Tree::Object(Vec::new())))?.rest() {
            let values = if let Tree::List(values) = value { values } else { vec![value] };
            let values = values.into_iter().map(|value| text(&name, value)).collect::<Result<_, _>>()?;
            headers.push((name, values));
        }
        sort(&mut headers, |a: &(String, Vec<String>), b| a.0 < b.0);
        let request = Self {
            method: or(m.take("method"), "method", "GET")?,
            host: or(m.take("host"), "host", "weights.test")?,
            path: m.required_text("path")?,
            headers,
            address: m.text("address")?,
            identity: m.optional("identity").map(|claims| {
                let mut out = Writer::default();
                claims.write(&mut out);
                out.finish()
            }),
            access: m.optional("access").map(AccessJson::from_json).transpose()?,
        };
        m.done()?;
        Ok(request)
    }

    /// What is asked for, where the case says so itself.
    ///
    /// # Errors
    /// An item or protocol that is not there.
    pub(crate) fn access<'a>(&self, blob: &Blob<'a>) -> Result<Option<Access<ItemView<'a>>>, String> {
        self.access.as_ref().map(|access| access.read(blob)).transpose()
    }

    /// Hands the request to `ask`, with the configuration that believes the case's own address and claims.
    pub(crate) fn ask<'s, T>(&'s self, config: &GateConfig, ask: impl FnOnce(&GateConfig, &Request<'_>) -> T) -> T {
        let values = |(name, values): &'s (String, Vec<String>)| values.iter().map(move |value| (name.as_str(), value.as_bytes()));
        let mut headers: Vec<(&str, &[u8])> = self.headers.iter().flat_map(values).collect();
        // `address` and `identity` are for this endpoint what test headers are for requests.
        let mut config = config.clone();
        config.test_headers |= self.address.is_some() || self.identity.is_some();
        headers.extend(self.address.as_ref().map(|address| ("x-test-address", address.as_bytes())));
        headers.extend(self.identity.as_ref().map(|claims| ("x-test-identity", claims.as_bytes())));
        ask(&config, &Request { method: &self.method, authority: &self.host, path_and_query: &self.path, headers })
    }
}

/// What is asked of the endpoint.
struct Run {
    cases: Vec<Tree>,
    repeat: u32,
    /// In place of random bytes, so that two gates give one decision the same id.
    nonce: Option<[u8; 16]>,
}

impl Run {
    fn read(body: &[u8]) -> Result<Self, String> {
        let once = |cases| Self { cases, repeat: 1, nonce: None };
        match Tree::parse(body)? {
            Tree::List(cases) => Ok(once(cases)),
            tree if tree.get("cases").is_none() => Ok(once(vec![tree])),
            tree => {
                let mut m = Members::of(tree)?;
                let nonce = m.text("nonce")?.and_then(|digits| u128::from_str_radix(&digits, 16).ok());
                let repeat = m.whole("repeat")?.unwrap_or(1).clamp(1, i64::from(REPEAT_MAX));
                let run = Self { cases: m.list("cases")?, repeat: repeat as u32, nonce: nonce.map(u128::to_be_bytes) };
                m.done()?;
                Ok(run)
            }
        }
    }
}

struct CheckedMatch {
    entry: String,
    band: &'static str,
}

/// A decision with what it was made from, before it is compared.
struct Outcome {
    decision: DecisionJson,
    matches: Option<Vec<CheckedMatch>>,
    verdict: Option<Verdict>,
    ns: Option<u64>,
}

/// Decides shared cases. `body` is one case, an array of cases, or `{"cases": […], "repeat": n, "nonce": "…"}`; the answer
/// is an array in the same order, each with the decision's fields, `differences` from `expect`, `ns`, and for a request
/// the `matches` that screening found and the gate's whole `verdict`: `pass` or `answer`, with headers, body and record.
///
/// A case with `facts` runs through the engine with the blob's policy; one with `request` through path,
/// identity and screening on the blob. A case that makes no sense has `error` in place of a decision.
/// `repeat` decides each case so often, to time it. Nothing is recorded. Cases may lie before the lists were checked; a
/// gate whose clock says so calls them too old.
pub fn check(blob: &Blob<'_>, config: &GateConfig, body: &[u8], ambient: &Ambient<'_>) -> Answer {
    let mut out = Writer::default();
    let status = match Run::read(body) {
        Ok(Run { cases, repeat, nonce }) => {
            let ambient = &Ambient { nonce: nonce.unwrap_or(ambient.nonce), ..*ambient };
            out.list();
            cases.into_iter().for_each(|case| run(&mut out, blob, config, case, repeat, ambient));
            out.end_list();
            200
        }
        Err(error) => {
            out.object();
            out.text_at("error", &error);
            out.end_object();
            400
        }
    };
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let headers = vec![header("Content-Type", "application/json"), header("Cache-Control", "private, no-store")];
    Answer { status, headers, body: out.finish().into_bytes(), record: None }
}

/// Decides one case: its name, the decision or an error, what differs from `expect` (absent if there is none), what screening
/// found and what the gate would do (for a case with `request`), nanoseconds of one decision (the mean; `null` without a clock).
fn run(out: &mut Writer, blob: &Blob<'_>, config: &GateConfig, case: Tree, repeat: u32, ambient: &Ambient<'_>) {
    let name = case.get("case").and_then(Tree::as_text).unwrap_or_default().to_owned();
    out.object();
    out.text_at("case", &name);
    let mut ns = None;
    match checked(blob, config, case, repeat, ambient) {
        Err(error) => out.text_at("error", &error),
        Ok((decided, differences)) => {
            decided.decision.write_members(out);
            if let Some(differences) = differences {
                out.texts_at("differences", differences.iter().map(String::as_str));
            }
            if let Some(matches) = &decided.matches {
                out.key("matches");
                out.list();
                for found in matches {
                    out.object();
                    out.text_at("entry", &found.entry);
                    out.text_at("band", found.band);
                    out.end_object();
                }
                out.end_list();
            }
            if let Some(verdict) = &decided.verdict {
                out.key("verdict");
                write_verdict(out, verdict);
            }
            ns = decided.ns;
        }
    }
    out.key("ns");
    match ns {
        Some(ns) => out.count(ns),
        None => out.null(),
    }
    out.end_object();
}

/// The outcome of a case, and what differs from what it expects.
fn checked(
    blob: &Blob<'_>,
    config: &GateConfig,
    case: Tree,
    repeat: u32,
    ambient: &Ambient<'_>,
) -> Result<(Outcome, Option<Vec<String>>), String> {
    let case = CheckCase::read(case)?;
    let decided = match &case {
        CheckCase { facts: Some(facts), request: None, .. } => by_facts(blob, facts, &case.at, repeat, ambient),
        CheckCase { facts: None, request: Some(request), .. } => by_request(blob, config, request, &case.at, repeat, ambient),
        _ => Err("a case has either `facts` or `request`".to_owned()),
    }?;
    let mut differences = case.expect.map(|expect| expect.differences(&decided.decision));
    if let Some(expected) = case.answer {
        let found = decided.verdict.as_ref().map(|verdict| expected.differences(verdict));
        let found = found.unwrap_or_else(|| vec!["answer: only a case with `request` has one".to_owned()]);
        differences.get_or_insert_default().extend(found);
    }
    Ok((decided, differences))
}

/// A verdict as JSON. Header values and bodies are text there: bytes that are not are replaced.
fn write_verdict(out: &mut Writer, verdict: &Verdict) {
    let pairs = |out: &mut Writer, name: &str, pairs: &mut dyn Iterator<Item = (&str, &[u8])>| {
        out.key(name);
        out.list();
        for (name, value) in pairs {
            out.list();
            out.text(name);
            out.text(&String::from_utf8_lossy(value));
            out.end_list();
        }
        out.end_list();
    };
    out.object();
    match verdict {
        Verdict::Pass(Pass { upstream, request_headers, response_add, response_remove, record }) => {
            out.key("pass");
            out.object();
            out.text_at("upstream", upstream);
            pairs(out, "request_headers", &mut request_headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())));
            pairs(out, "response_add", &mut response_add.iter().map(|(name, value)| (name.as_str(), value.as_bytes())));
            out.texts_at("response_remove", response_remove.iter().map(String::as_str));
            out.text_at("record", record);
        }
        Verdict::Answer(Answer { status, headers, body, record }) => {
            out.key("answer");
            out.object();
            out.count_at("status", u64::from(*status));
            pairs(out, "headers", &mut headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())));
            out.text_at("body", &String::from_utf8_lossy(body));
            out.key("record");
            out.optional(record.as_deref());
        }
    }
    out.end_object();
    out.end_object();
}

fn by_facts(blob: &Blob<'_>, facts: &FactsJson, at: &str, repeat: u32, ambient: &Ambient<'_>) -> Result<Outcome, String> {
    let at = parse_unix(at).map_err(|e| e.to_string())?;
    let policy = blob.policy();
    let buffer = facts.to_facts(policy, at).map_err(|e| e.to_string())?;
    let facts = buffer.facts();
    let (decision, ns) = timed(repeat, ambient, || evaluate(policy, std::hint::black_box(&facts)));
    Ok(Outcome { decision: decision.describe(policy, &facts), matches: None, verdict: None, ns })
}

fn by_request(
    blob: &Blob<'_>,
    config: &GateConfig,
    request: &RequestJson,
    at: &str,
    repeat: u32,
    ambient: &Ambient<'_>,
) -> Result<Outcome, String> {
    let now = parse_unix(at).map_err(|e| e.to_string())?;
    let access = request.access(blob)?;
    request.ask(config, |config, request| {
        let ambient_then = Ambient { now, nonce: ambient.nonce, platform_address: ambient.platform_address, ..Ambient::default() };
        let round = || decide_at(blob, config, std::hint::black_box(request), &ambient_then, i64::MAX, access.clone());
        let (decided, ns) = timed(repeat, ambient, round);
        let Some(grounds) = decided.grounds else {
            return Err("nothing could be decided; see the record of a request for the reason".to_owned());
        };
        let found = grounds.requester.party.matches.iter();
        let matches = found.map(|m| CheckedMatch { entry: m.entry.id().to_owned(), band: m.band.as_str() }).collect();
        Ok(Outcome { decision: grounds.describe(blob), matches: Some(matches), verdict: Some(decided.verdict), ns })
    })
}

/// The last result, and the mean time of one round.
fn timed<T>(repeat: u32, ambient: &Ambient<'_>, decide: impl Fn() -> T) -> (T, Option<u64>) {
    let started = ambient.clock_ns.map(|clock| clock());
    // One place that decides: what stands in the loop is all of the gate.
    let mut round = 1;
    let result = loop {
        let result = std::hint::black_box(decide());
        if round >= repeat {
            break result;
        }
        round += 1;
    };
    let ns = ambient.clock_ns.zip(started).map(|(clock, started)| clock().saturating_sub(started) / u64::from(repeat.max(1)));
    (result, ns)
}
