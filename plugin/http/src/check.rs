//! The check endpoint: shared cases in, decisions out. It exists so that one file of cases runs through
//! every built plugin and natively, and is compared field by field. Served only if `WEIGHBRIDGE_TEST_ROUTES`
//! is `on`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weighbridge_blob::Blob;
use weighbridge_blob::date::parse_unix;
use weighbridge_blob::read::ItemView;
use weighbridge_blob::words::{Action, ItemClass};
use weighbridge_engine::evaluate;
use weighbridge_engine::json::{DecisionJson, Expect, FactsJson, Word};

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
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckCase {
    #[serde(default)]
    pub(crate) case: String,
    pub(crate) at: String,
    #[serde(default)]
    pub(crate) facts: Option<FactsJson>,
    #[serde(default)]
    pub(crate) request: Option<RequestJson>,
    #[serde(default, rename = "blob")]
    _blob: Option<String>,
    #[serde(default)]
    pub(crate) expect: Option<Expect>,
    /// What a refused client must be answered; for a case with `request`.
    #[serde(default)]
    answer: Option<ExpectedAnswer>,
}

/// A request as a case writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestJson {
    #[serde(default = "get")]
    method: String,
    #[serde(default = "host")]
    host: String,
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, OneOrMany>,
    /// The client's address, as if the configured origin had vouched for it.
    #[serde(default)]
    address: Option<String>,
    /// Claims, as if the backend had signed them.
    #[serde(default)]
    identity: Option<serde_json::Value>,
    /// What is asked for, in place of what the path leads to.
    #[serde(default)]
    access: Option<AccessJson>,
}

/// What is asked for, whatever the path says: any action on any class of item, answered in any protocol.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessJson {
    /// An item of the catalogue.
    #[serde(default)]
    item: Option<String>,
    /// The class of an item that stands in no catalogue; left out without `item`: nobody has classified it.
    #[serde(default)]
    class: Option<Word<ItemClass>>,
    /// Such an item is under notice.
    #[serde(default)]
    notice: bool,
    action: Word<Action>,
    /// As in decision records; left out: the plain one.
    #[serde(default)]
    protocol: Option<String>,
}

impl AccessJson {
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
            (None, Some(Word(class))) => Some(ItemView { id: "", class, notice: self.notice, eccn: "", evidence: "" }),
            (None, None) => None,
        };
        Ok(Access { protocol, action: self.action.0, item })
    }
}

impl RequestJson {
    /// What is asked for, where the case says so itself.
    ///
    /// # Errors
    /// An item or protocol that is not there.
    pub(crate) fn access<'a>(&self, blob: &Blob<'a>) -> Result<Option<Access<ItemView<'a>>>, String> {
        self.access.as_ref().map(|access| access.read(blob)).transpose()
    }

    /// Hands the request to `ask`, with the configuration that believes the case's own address and claims.
    pub(crate) fn ask<T>(&self, config: &GateConfig, ask: impl FnOnce(&GateConfig, &Request<'_>) -> T) -> T {
        let identity = self.identity.as_ref().map(ToString::to_string);
        let mut headers: Vec<(&str, &[u8])> = Vec::new();
        for (name, value) in &self.headers {
            match value {
                OneOrMany::One(value) => headers.push((name, value.as_bytes())),
                OneOrMany::Many(values) => headers.extend(values.iter().map(|v| (name.as_str(), v.as_bytes()))),
            }
        }
        // `address` and `identity` are for this endpoint what test headers are for requests.
        let mut config = config.clone();
        config.test_headers |= self.address.is_some() || identity.is_some();
        headers.extend(self.address.as_ref().map(|address| ("x-test-address", address.as_bytes())));
        headers.extend(identity.as_ref().map(|claims| ("x-test-identity", claims.as_bytes())));
        ask(&config, &Request { method: &self.method, authority: &self.host, path_and_query: &self.path, headers })
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

fn get() -> String {
    "GET".to_owned()
}

fn host() -> String {
    "weights.test".to_owned()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    Run(Run),
    Many(Vec<serde_json::Value>),
    One(serde_json::Value),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    cases: Vec<serde_json::Value>,
    #[serde(default = "once")]
    repeat: u32,
    /// 32 hexadecimal digits in place of random bytes, so that two gates give one decision the same id.
    #[serde(default)]
    nonce: Option<String>,
}

const fn once() -> u32 {
    1
}

#[derive(Serialize)]
struct Checked {
    case: String,
    #[serde(flatten)]
    decision: Option<DecisionJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// What differs from `expect`; empty if nothing does, absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    differences: Option<Vec<String>>,
    /// What screening found, for a case with `request`.
    #[serde(skip_serializing_if = "Option::is_none")]
    matches: Option<Vec<CheckedMatch>>,
    /// What the gate would do with a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<VerdictJson>,
    /// Nanoseconds of one decision (mean over the rounds); `null` without a clock.
    ns: Option<u64>,
}

#[derive(Serialize)]
struct CheckedMatch {
    entry: String,
    band: &'static str,
}

/// A verdict as JSON. Header values and bodies are text there: bytes that are not are replaced.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum VerdictJson {
    Pass {
        upstream: String,
        request_headers: Vec<(String, String)>,
        response_add: Vec<(String, String)>,
        response_remove: Vec<String>,
        record: String,
    },
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
        record: Option<String>,
    },
}

impl From<Verdict> for VerdictJson {
    fn from(verdict: Verdict) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match verdict {
            Verdict::Pass(Pass { upstream, request_headers, response_add, response_remove, record }) => {
                let request_headers = request_headers.into_iter().map(|(name, value)| (name, text(&value))).collect();
                Self::Pass { upstream, request_headers, response_add, response_remove, record }
            }
            Verdict::Answer(Answer { status, headers, body, record }) => Self::Answer { status, headers, body: text(&body), record },
        }
    }
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
    let (status, text) = match serde_json::from_slice::<Body>(body) {
        Ok(body) => {
            let (cases, repeat, nonce) = match body {
                Body::Run(run) => (run.cases, run.repeat.clamp(1, REPEAT_MAX), run.nonce),
                Body::Many(cases) => (cases, 1, None),
                Body::One(case) => (vec![case], 1, None),
            };
            let nonce = nonce.and_then(|digits| u128::from_str_radix(&digits, 16).ok()).map_or(ambient.nonce, u128::to_be_bytes);
            let ambient = &Ambient { nonce, ..*ambient };
            let checked: Vec<Checked> = cases.into_iter().map(|case| run(blob, config, case, repeat, ambient)).collect();
            match serde_json::to_string(&checked) {
                Ok(text) => (200, text),
                Err(error) => (500, serde_json::json!({ "error": error.to_string() }).to_string()),
            }
        }
        Err(error) => (400, serde_json::json!({ "error": error.to_string() }).to_string()),
    };
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let headers = vec![header("Content-Type", "application/json"), header("Cache-Control", "private, no-store")];
    Answer { status, headers, body: text.into_bytes(), record: None }
}

fn run(blob: &Blob<'_>, config: &GateConfig, case: serde_json::Value, repeat: u32, ambient: &Ambient<'_>) -> Checked {
    let name = case.get("case").and_then(|c| c.as_str()).unwrap_or_default().to_owned();
    let fail = |error: String| Checked {
        case: name.clone(),
        decision: None,
        error: Some(error),
        differences: None,
        matches: None,
        verdict: None,
        ns: None,
    };
    let case: CheckCase = match serde_json::from_value(case) {
        Ok(case) => case,
        Err(error) => return fail(error.to_string()),
    };
    let decided = match &case {
        CheckCase { facts: Some(facts), request: None, .. } => by_facts(blob, facts, &case.at, repeat, ambient),
        CheckCase { facts: None, request: Some(request), .. } => by_request(blob, config, request, &case.at, repeat, ambient),
        _ => Err("a case has either `facts` or `request`".to_owned()),
    };
    match decided {
        Ok(Outcome { decision, matches, verdict, ns }) => {
            let mut differences = case.expect.map(|expect| expect.differences(&decision));
            if let Some(expected) = case.answer {
                let found = verdict.as_ref().map(|verdict| expected.differences(verdict));
                let found = found.unwrap_or_else(|| vec!["answer: only a case with `request` has one".to_owned()]);
                differences.get_or_insert_default().extend(found);
            }
            let verdict = verdict.map(VerdictJson::from);
            Checked { case: case.case, decision: Some(decision), error: None, differences, matches, verdict, ns }
        }
        Err(error) => fail(error),
    }
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
    let (decided, ns) = request.ask(config, |config, request| {
        let ambient_then = Ambient { now, nonce: ambient.nonce, platform_address: ambient.platform_address, ..Ambient::default() };
        let round = || decide_at(blob, config, std::hint::black_box(request), &ambient_then, i64::MAX, access.clone());
        let (decided, ns) = timed(repeat, ambient, round);
        let matches = decided.grounds.map(|grounds| {
            let found = grounds.requester.party.matches.iter();
            found.map(|m| CheckedMatch { entry: m.entry.id().to_owned(), band: m.band.as_str() }).collect()
        });
        ((decided.described, matches, decided.verdict), ns)
    });
    match decided {
        (Some(decision), matches, verdict) => Ok(Outcome { decision, matches, verdict: Some(verdict), ns }),
        (None, ..) => Err("nothing could be decided; see the record of a request for the reason".to_owned()),
    }
}

/// The last result, and the mean time of one round.
fn timed<T>(repeat: u32, ambient: &Ambient<'_>, decide: impl Fn() -> T) -> (T, Option<u64>) {
    let started = ambient.clock_ns.map(|clock| clock());
    let mut result = decide();
    for _ in 1..repeat {
        result = std::hint::black_box(decide());
    }
    let ns = ambient.clock_ns.zip(started).map(|(clock, started)| clock().saturating_sub(started) / u64::from(repeat.max(1)));
    (result, ns)
}
