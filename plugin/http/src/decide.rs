//! One request from end to end: read, gather, decide, record, and pass on or refuse.

use weighbridge_blob::Blob;
use weighbridge_blob::order::sort;
use weighbridge_blob::place::Place;
use weighbridge_blob::read::{ItemView, Items};
use weighbridge_blob::words::{Action, ItemClass, Outcome};
use weighbridge_engine::facts::{SettingError, Settings};
use weighbridge_engine::json::{DecisionJson, LiftedJson};
use weighbridge_engine::selftest::{self, Depth};
use weighbridge_engine::{DecidedBy, Decision, evaluate};

use crate::access::{self, Access, Catalogue, Protocol};
use crate::address::{Client, Via};
use crate::config::{GateConfig, Mode};
use crate::evidence::{AddressEvidence, Located};
use crate::form::Form;
use crate::gather::{CLOCK_SLACK_SECONDS, Party, Setting};
use crate::identity::{Claims, Identity};
use crate::refusal::{Cited, Reason, Refusal, crockford};
use crate::{Ambient, Answer, Pass, Request, Verdict, address, forward, identity, path, record};

/// Decides on a request.
///
/// Whatever goes wrong ends in a refusal, except in shadow mode, which never refuses.
pub fn gate(blob: &Blob<'_>, config: &GateConfig, request: &Request<'_>, ambient: &Ambient<'_>) -> Verdict {
    #[cfg(feature = "fault")]
    injected_panic(request);
    let started = ambient.clock_ns.filter(|_| config.timing).map(|clock| clock());
    let mut verdict = decide(blob, config, request, ambient, CLOCK_SLACK_SECONDS).verdict;
    if let (Some(started), Some(clock)) = (started, ambient.clock_ns) {
        let ns = clock().saturating_sub(started);
        // Server-Timing counts in milliseconds.
        let timing = ("Server-Timing".to_owned(), format!("decision;dur={}.{:06}", ns / 1_000_000, ns % 1_000_000));
        match &mut verdict {
            Verdict::Pass(pass) => pass.response_add.push(timing),
            Verdict::Answer(answer) => answer.headers.push(timing),
        }
    }
    verdict
}

#[cfg(feature = "fault")]
#[allow(clippy::panic)]
fn injected_panic(request: &Request<'_>) {
    if request.header_values("x-test-panic").next().is_some() {
        panic!("a panic that a test asked for");
    }
}

/// What was decided, beside the verdict: for the check endpoint and for explanations.
pub(crate) struct Decided<'a> {
    pub(crate) verdict: Verdict,
    /// What it was decided from; `None` if nothing could be decided.
    pub(crate) grounds: Option<Grounds<'a>>,
}

/// What a decision was made from.
pub(crate) struct Grounds<'a> {
    pub(crate) decision: Decision,
    pub(crate) setting: Setting<'a>,
    pub(crate) requester: Judged<'a>,
    pub(crate) principal: Option<Judged<'a>>,
    pub(crate) protocol: Protocol,
    pub(crate) path_error: Option<path::PathError>,
    pub(crate) identity_rejected: Option<&'static str>,
    /// The requester's claims, as believed.
    pub(crate) claims: Option<Claims>,
}

impl Grounds<'_> {
    /// The decision in words. Each party's authorisations lift rules for that party.
    pub(crate) fn describe(&self, blob: &Blob<'_>) -> DecisionJson {
        let policy = blob.policy();
        let mut described = self.decision.describe(policy, &self.requester.party.facts(blob, &self.setting));
        let lifted = lifted(blob, &self.setting, &self.decision, &self.requester, self.principal.as_ref());
        described.lifted =
            lifted.into_iter().map(|(rule, by)| LiftedJson { rule: rule.to_owned(), authorisation: by.to_owned() }).collect();
        described
    }
}

/// Everything that a record tells about a request.
pub(crate) struct Case<'r, 'a> {
    pub(crate) blob: &'r Blob<'a>,
    pub(crate) config: &'r GateConfig,
    pub(crate) request: &'r Request<'r>,
    pub(crate) id: &'r str,
    pub(crate) access: &'r Access<ItemView<'a>>,
    pub(crate) setting: &'r Setting<'a>,
    pub(crate) decision: &'r Decision,
    pub(crate) requester: &'r Judged<'a>,
    pub(crate) principal: Option<&'r Judged<'a>>,
    pub(crate) identity: &'r Identity,
    pub(crate) evidence: &'r AddressEvidence<'r>,
    pub(crate) ignored_headers: &'r [&'r str],
    pub(crate) path_error: Option<path::PathError>,
}

/// A party with the decision on it alone.
pub(crate) struct Judged<'a> {
    pub(crate) party: Party<'a>,
    pub(crate) decision: Decision,
}

/// `clock_slack`: how far the time may lie before a list was checked, seconds.
pub(crate) fn decide<'a>(
    blob: &Blob<'a>,
    config: &GateConfig,
    request: &Request<'_>,
    ambient: &Ambient<'_>,
    clock_slack: i64,
) -> Decided<'a> {
    decide_at(blob, config, request, ambient, clock_slack, None)
}

/// As [`decide`]; `given` is what is asked for, whatever the path says: for questions that no path of the catalogue asks.
pub(crate) fn decide_at<'a>(
    blob: &Blob<'a>,
    config: &GateConfig,
    request: &Request<'_>,
    ambient: &Ambient<'_>,
    clock_slack: i64,
    given: Option<Access<ItemView<'a>>>,
) -> Decided<'a> {
    let header = blob.header();
    let usable = if header.not_after.is_some_and(|end| ambient.now > end) {
        Err("the list blob is past its last day of use".to_owned())
    } else if header.sequence < config.min_sequence {
        Err(format!("the list blob has sequence number {}, and {} is the lowest allowed", header.sequence, config.min_sequence))
    } else {
        settings(blob, config).map_err(|error| error.to_string()).and_then(|settings| {
            tested(blob, config, &settings, ambient.now)?;
            Ok(settings)
        })
    };
    let id = decision_id(blob, request, ambient);
    let settings = match usable {
        Ok(settings) => settings,
        Err(why) => return Decided { verdict: undecided(config, request, ambient, &id, &why), grounds: None },
    };

    let by_path = || {
        path::segments(request.path_and_query).and_then(|segments| {
            let query = request.path_and_query.split_once('?').map_or("", |(_, query)| query);
            access::read(&segments, query, &Routes(blob.items()))
        })
    };
    let read = given.map_or_else(by_path, Ok);
    let (access, path_error) = match read {
        Ok(access) => (access, None),
        Err(error) => (Access { protocol: Protocol::Plain, action: Action::Download, item: None }, Some(error)),
    };
    let setting = Setting { at: ambient.now, action: access.action, item: access.item, settings, clock_slack };
    let test = if config.test_headers { TestHeaders::read(request) } else { TestHeaders::default() };
    let identity = match test.claims {
        Some(claims) => Identity { claims: Some(claims), rejected: None },
        None => identity::verify(config, request, ambient.now),
    };
    let client = match test.address {
        Some(address) => Client { address: Some(address), via: Via::Direct, missing: None },
        None => address::client(config, request, ambient),
    };
    let evidence = AddressEvidence::of(blob, config, request, ambient, client);
    let located = evidence.located(blob.policy());
    let located = Located { ip: test.ip.or(located.ip), platform: test.platform.or(located.platform), ..located };

    let judge = |claims: Option<&Claims>, located: Located| {
        let party = Party::gather(blob, &setting, claims, located);
        let decision = evaluate(blob.policy(), &party.facts(blob, &setting));
        Judged { party, decision }
    };
    let requester = judge(identity.claims.as_ref(), located);
    // Whoever acts for somebody brings that party's facts along: both must pass. The client address speaks
    // for the agent alone.
    let principal = identity.claims.as_ref().and_then(|claims| claims.on_behalf_of.as_deref());
    let principal = principal.map(|claims| judge(Some(claims), Located::default()));
    let decision = principal.as_ref().map_or(requester.decision, |p| both(&requester.decision, &p.decision));

    let mut used = evidence.used_headers(config);
    used.extend(address::used_header(config, &client));
    let ignored_headers = address::ignored_headers(config, request, &used);
    let case = Case {
        blob,
        config,
        request,
        id: &id,
        access: &access,
        setting: &setting,
        decision: &decision,
        requester: &requester,
        principal: principal.as_ref(),
        identity: &identity,
        evidence: &evidence,
        ignored_headers: &ignored_headers,
        path_error,
    };
    let passed = config.mode == Mode::Shadow || (path_error.is_none() && decision.outcome == Outcome::Allow);
    let record = record::line(&case, passed);
    let verdict = if passed {
        let class = access.item.map_or(ItemClass::ClosedUnknown, |item| item.class);
        Verdict::Pass(Pass { record, ..forward::pass(config, request, &id, client.address, class) })
    } else {
        Verdict::Answer(Answer { record: Some(record), ..refuse(&case) })
    };
    let (protocol, identity_rejected) = (access.protocol, identity.rejected.map(|why| why.as_str()));
    let grounds = Grounds { decision, setting, requester, principal, protocol, path_error, identity_rejected, claims: identity.claims };
    Decided { verdict, grounds: Some(grounds) }
}

/// The rules that authorisations lifted, each with the authorisation's number, or its kind if it has none. Each party's
/// authorisations lift rules for that party.
pub(crate) fn lifted<'p>(
    blob: &'p Blob<'_>,
    setting: &Setting<'p>,
    decision: &Decision,
    requester: &'p Judged<'_>,
    principal: Option<&'p Judged<'_>>,
) -> Vec<(&'p str, &'p str)> {
    let policy = blob.policy();
    let by = |decision: &Decision, of: &'p Judged<'_>| {
        let lifted = decision.lifted_by(policy, &of.party.facts(blob, setting));
        lifted.into_iter().map(|(rule, by)| (rule, if by.id.is_empty() { by.kind } else { by.id })).collect::<Vec<_>>()
    };
    let Some(principal) = principal else { return by(decision, requester) };
    let mut lifted = by(&requester.decision, requester);
    lifted.extend(by(&principal.decision, principal));
    sort(&mut lifted, |a, b| a < b);
    lifted.dedup();
    lifted
}

fn refuse(case: &Case<'_, '_>) -> Answer {
    let policy = case.blob.policy();
    let (status, reason) = match (case.path_error, case.decision) {
        (Some(_), _) => (400, Reason::AmbiguousPath),
        (None, decision) => (decision.status, reason(decision)),
    };
    // Only the rules that led here: what would have been milder is for the record.
    let cited: Vec<Cited<'_>> = case
        .decision
        .reasons(policy)
        .filter(|r| case.path_error.is_none() && case.decision.decided_by == DecidedBy::Rules && r.outcome == case.decision.outcome)
        .map(|r| Cited { rule: r.id, since: policy.rule_since(&r.rule), citations: policy.rule_cites(&r.rule).collect() })
        .collect();
    let head = case.request.method == "HEAD";
    // Git and Git LFS answer every 401 with another question for a password, some helpers without end, and forget the one
    // that they had. Whoever has signed in already is told why that is not enough.
    let signed_in =
        matches!(case.access.protocol, Protocol::Git | Protocol::Lfs) && case.request.header_values("authorization").next().is_some();
    let status = if status == 401 && signed_in { 403 } else { status };
    let form = Form::of(case.access.protocol, case.request);
    Refusal { protocol: case.access.protocol, form, status, head, reason, rules: &cited, id: case.id }.answer(case.config)
}

fn reason(decision: &Decision) -> Reason {
    match (decision.decided_by, decision.outcome, decision.status) {
        (DecidedBy::Freshness, ..) => Reason::ListsTooOld,
        (_, Outcome::Identify, _) => Reason::Identify,
        (_, Outcome::Review, _) => Reason::Review,
        (_, _, 451) => Reason::Law,
        _ => Reason::Operator,
    }
}

/// The decision on two parties of one request: the more severe answers, and all rules count.
#[inline(never)]
fn both(a: &Decision, b: &Decision) -> Decision {
    // A rule's word goes before the age of the lists, as within one decision; 451 goes before 403.
    let severity = |d: &Decision| (d.outcome, d.decided_by != DecidedBy::Freshness, d.status);
    let (worse, other) = if severity(b) > severity(a) { (b, a) } else { (a, b) };
    let mut decision = *worse;
    decision.matched |= other.matched;
    decision.lifted |= other.lifted;
    decision.flags |= other.flags;
    for (mask, more) in decision.by_outcome.iter_mut().zip(other.by_outcome) {
        *mask |= more;
    }
    decision
}

/// Asks the blob's policy, with the configuration's settings, whether it still refuses the places that it must
/// ([`weighbridge_engine::selftest`]). [`gate`] does so before its first decision; an adapter whose host can refuse to start
/// asks itself. `now` is Unix time, seconds.
///
/// # Errors
/// Why the gate must not work: the request that would pass, or a setting that the policy does not take.
pub fn self_test(blob: &Blob<'_>, config: &GateConfig, now: i64) -> Result<(), String> {
    let settings = settings(blob, config).map_err(|error| error.to_string())?;
    tested(blob, config, &settings, now)
}

/// The self-test, once for each instance and blob. Not where the packager has asked: with the same settings, and of this time.
fn tested(blob: &Blob<'_>, config: &GateConfig, settings: &Settings, now: i64) -> Result<(), String> {
    if blob.self_tested() && now >= blob.header().created && *settings == Settings::default() {
        return Ok(());
    }
    let digest = blob.header().digest;
    let ask = || selftest::self_test(blob.policy(), settings, now, Depth::Quick).err().map(|error| error.to_string());
    let (of, found) = config.self_test.get_or_init(|| (digest, ask()));
    // Another blob than the first, in a host that exchanges it: asked each time, for there is no place to keep the answer.
    let found = if *of == digest { found.clone() } else { ask() };
    found.map_or(Ok(()), Err)
}

/// What the configuration sets in place of the policy's own values.
pub(crate) fn settings(blob: &Blob<'_>, config: &GateConfig) -> Result<Settings, SettingError> {
    let mut settings = Settings::default();
    for (name, value) in &config.switches {
        settings.set_switch(blob.policy(), name, value.as_str())?;
    }
    if let Some(words) = &config.bound_as {
        settings.set_bound_as(words.iter().map(|w| w.as_str()))?;
    }
    if let Some(words) = &config.regimes {
        settings.set_regimes(words.iter().map(|w| w.as_str()))?;
    }
    Ok(settings)
}

/// Nothing can be decided: refused, or passed on in shadow mode; recorded either way.
#[inline(never)]
fn undecided(config: &GateConfig, request: &Request<'_>, ambient: &Ambient<'_>, id: &str, why: &str) -> Verdict {
    let record = record::undecided(config, ambient.now, id, why);
    if config.mode == Mode::Shadow {
        return Verdict::Pass(Pass { record, ..forward::pass(config, request, id, None, ItemClass::ClosedUnknown) });
    }
    let head = request.method == "HEAD";
    let form = Form::of(Protocol::Plain, request);
    let refusal = Refusal { protocol: Protocol::Plain, form, status: 503, head, reason: Reason::CannotDecide, rules: &[], id };
    Verdict::Answer(Answer { record: Some(record), ..refusal.answer(config) })
}

/// 130 bits that name this decision; they tell nothing about it without the record.
fn decision_id(blob: &Blob<'_>, request: &Request<'_>, ambient: &Ambient<'_>) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&blob.header().digest).update(&ambient.nonce).update(&ambient.now.to_le_bytes());
    for text in [request.method, request.authority, request.path_and_query] {
        // Lengths keep the parts apart.
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    }
    crockford(hasher.finalize().as_bytes())
}

/// The blob's routes.
struct Routes<'r, 'a>(&'r Items<'a>);

impl<'a> Catalogue for Routes<'_, 'a> {
    type Item = ItemView<'a>;

    fn hugging_face(&self, repository: &str) -> Option<ItemView<'a>> {
        self.0.by_hugging_face(repository)
    }

    fn open_ai(&self, base: &str) -> Option<ItemView<'a>> {
        self.0.by_openai_base(base)
    }

    fn oci(&self, name: &str) -> Option<ItemView<'a>> {
        self.0.by_oci(name)
    }

    fn glob(&self, segments: &[&str]) -> Option<(ItemView<'a>, Action)> {
        let matching = self.0.globs().filter(|(pattern, ..)| access::glob_matches(pattern, segments));
        // The first of equally long ones, as the build file has them.
        let (_, action, number) = matching.reduce(|best, next| if next.0.len() > best.0.len() { next } else { best })?;
        Some((self.0.get(number)?, action))
    }
}

/// Address, place and identity from plain headers. Only a configuration for tests reads them.
#[derive(Default)]
struct TestHeaders {
    address: Option<std::net::IpAddr>,
    ip: Option<Place>,
    platform: Option<Place>,
    claims: Option<Claims>,
}

impl TestHeaders {
    fn read(request: &Request<'_>) -> Self {
        let text = |name: &str| request.header_values(name).last().and_then(|v| std::str::from_utf8(v).ok()).map(str::to_owned);
        let place = |name: &str| text(name).and_then(|v| v.parse::<Place>().ok());
        let mut claims = text("x-test-identity").and_then(|json| Claims::parse(&json));
        let places =
            ["declared", "billing", "registered", "headquarters", "ultimate-parent"].map(|origin| place(&format!("x-test-place-{origin}")));
        let [declared, billing, registered, headquarters, ultimate_parent] = places;
        if places.iter().any(Option::is_some) {
            let claims = claims.get_or_insert_default();
            for (slot, place) in [
                (&mut claims.declared, declared),
                (&mut claims.billing, billing),
                (&mut claims.registered, registered),
                (&mut claims.headquarters, headquarters),
                (&mut claims.ultimate_parent, ultimate_parent),
            ] {
                *slot = place.or(*slot);
            }
        }
        let (ip, platform) = (place("x-test-place-ip"), place("x-test-place-platform"));
        Self { address: text("x-test-address").and_then(|a| address::parse(&a)), ip, platform, claims }
    }
}
