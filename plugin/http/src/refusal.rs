//! Refusals, in the words of the caller's protocol.
//!
//! A refusal tells the requester the rule, its legal source, a decision id and where to appeal. It never
//! tells which listed party was matched, that the requester *is* anything, or what to change to get past.

use weighbridge_engine::json::Writer;

use crate::access::Protocol;
use crate::config::GateConfig;
use crate::form::Form;
use crate::{Answer, CROCKFORD, page};

/// Seconds after which asking again can help, where the gate cannot decide.
const RETRY_SECONDS: &str = "300";

/// Why a request is not served, as a stable word for programs and a sentence for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The law forbids it: 451 (RFC 7725).
    Law,
    /// The operator does not serve it: 403.
    Operator,
    /// A person must look first: 403.
    Review,
    /// Nobody knows who asks: 401.
    Identify,
    /// The lists are too old to decide on closed items: 503.
    ListsTooOld,
    /// The gate cannot decide at all: 503.
    CannotDecide,
    /// The path could be read in two ways: 400.
    AmbiguousPath,
}

impl Reason {
    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Law => "unavailable_for_legal_reasons",
            Self::Operator => "refused_by_operator_policy",
            Self::Review => "needs_review",
            Self::Identify => "identity_required",
            Self::ListsTooOld => "lists_out_of_date",
            Self::CannotDecide => "cannot_decide",
            Self::AmbiguousPath => "ambiguous_path",
        }
    }

    /// The sentence for people: ASCII, one line, without a final full stop.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Law => "this request cannot be served for legal reasons",
            Self::Operator => "this request is refused by the operator's policy",
            Self::Review => "this request needs a review by a person before it can be served",
            Self::Identify => "this item is served to identified requesters only; sign in at the hub and try again",
            Self::ListsTooOld => "this item cannot be served until the sanctions lists of this gate are brought up to date",
            Self::CannotDecide => "this gate cannot decide on any request at present",
            Self::AmbiguousPath => "the path of this request could be read in more than one way",
        }
    }
}

/// One rule that a refusal names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited<'a> {
    /// Its id.
    pub rule: &'a str,
    /// Since when the law is so, in the policy's words; may be empty.
    pub since: &'a str,
    /// Its legal sources.
    pub citations: Vec<&'a str>,
}

/// Everything that a refusal says.
#[derive(Debug, Clone)]
pub struct Refusal<'a> {
    /// The caller's protocol.
    pub protocol: Protocol,
    /// The form that the caller can show.
    pub form: Form,
    /// HTTP status.
    pub status: u16,
    /// The request was HEAD: headers only.
    pub head: bool,
    /// Why.
    pub reason: Reason,
    /// The rules that led to this outcome; not the ones that would have led to a milder one.
    pub rules: &'a [Cited<'a>],
    /// Decision id.
    pub id: &'a str,
}

impl Refusal<'_> {
    /// The refusal as an HTTP answer, without a record.
    pub fn answer(&self, config: &GateConfig) -> Answer {
        let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut headers =
            vec![text("Cache-Control", "private, no-store"), text("X-Weighbridge-Decision", self.id), text("X-Request-Id", self.id)];
        match self.status {
            // RFC 7725, section 4. Without a configured URI it is the origin that answers.
            451 => headers.push(("Link".to_owned(), format!("<{}>; rel=\"blocked-by\"", config.blocked_by.as_deref().unwrap_or("/")))),
            401 => {
                let realm = if config.audience.is_empty() { "weighbridge" } else { &config.audience };
                // Git and Git LFS send what a person signs in with only where a scheme that they know is asked for. Whoever
                // vouches for identities stands before the gate and reads it there.
                let basic = if matches!(self.protocol, Protocol::Git | Protocol::Lfs) {
                    format!("Basic realm=\"{realm}\", ")
                } else {
                    String::new()
                };
                headers.push(("WWW-Authenticate".to_owned(), format!("{basic}Weighbridge realm=\"{realm}\"")));
            }
            503 => headers.push(text("Retry-After", RETRY_SECONDS)),
            _ => {}
        }
        // Nobody may keep it anyway; this says what the form went by.
        headers.push(text("Vary", "Accept"));
        let message = self.message(config);
        match self.protocol {
            Protocol::HuggingFace => {
                // The only error code with which clients show the message instead of "check your connection".
                headers.push(text("X-Error-Code", "GatedRepo"));
                let message = header_text(&message);
                // The `hf` command has words of its own for that code, and a client with the file in its cache takes that and
                // says nothing; both print this one, once for each topic.
                headers.push(("X-HF-Warning".to_owned(), format!("{}; {message}", self.reason.as_str())));
                headers.push(("X-Error-Message".to_owned(), message));
            }
            Protocol::Oci => {
                headers.push(text("Docker-Distribution-Api-Version", "registry/2.0"));
                // What a client can show that asked by HEAD (OCI distribution specification, "Warnings").
                let message = header_text(&message).replace(['"', '\\'], "'");
                headers.push(("Warning".to_owned(), format!("299 - \"{message}\"")));
            }
            Protocol::OpenAi | Protocol::Lfs | Protocol::Git | Protocol::Plain => {}
        }
        let (content_type, body) = match self.form {
            Form::Page => {
                headers.push(text("Content-Security-Policy", page::POLICY));
                headers.push(text("X-Content-Type-Options", "nosniff"));
                headers.push(text("Referrer-Policy", "no-referrer"));
                ("text/html; charset=utf-8", page::page(self, config.appeal.as_deref()))
            }
            Form::Text => {
                headers.push(text("X-Content-Type-Options", "nosniff"));
                ("text/plain; charset=utf-8", self.text(config))
            }
            Form::Own => {
                let (content_type, body) = self.own(config, &message);
                (content_type, body)
            }
        };
        headers.push(text("Content-Type", content_type));
        let body = if self.head { Vec::new() } else { body.into_bytes() };
        Answer { status: self.status, headers, body, record: None }
    }

    /// The protocol's own form, and its media type. Names stand in the order of the alphabet.
    #[inline(never)]
    fn own(&self, config: &GateConfig, message: &str) -> (&'static str, String) {
        let reason = self.reason.as_str();
        let mut out = Writer::with_room(1_024);
        out.object();
        let content_type = match self.protocol {
            Protocol::HuggingFace => {
                out.text_at("decision", self.id);
                out.text_at("error", message);
                "application/json"
            }
            Protocol::OpenAi => {
                out.key("error");
                out.object();
                out.text_at("code", reason);
                out.text_at("message", message);
                out.key("param");
                out.null();
                out.text_at("type", self.openai_type());
                out.end_object();
                "application/json"
            }
            Protocol::Oci => {
                out.key("errors");
                out.list();
                out.object();
                out.text_at("code", self.oci_code());
                out.key("detail");
                out.object();
                out.key("appeal");
                out.optional(config.appeal.as_deref());
                out.texts_at("citation", self.citations());
                out.text_at("decision", self.id);
                out.text_at("reason", reason);
                out.texts_at("rules", self.rules.iter().map(|rule| rule.rule));
                out.end_object();
                out.text_at("message", message);
                out.end_object();
                out.end_list();
                "application/json"
            }
            Protocol::Lfs => {
                out.some_text_at("documentation_url", config.appeal.as_deref());
                out.text_at("message", message);
                out.text_at("request_id", self.id);
                "application/vnd.git-lfs+json"
            }
            Protocol::Git | Protocol::Plain => {
                self.problem(config, &mut out);
                "application/problem+json"
            }
        };
        out.end_object();
        (content_type, out.finish())
    }

    /// Lines for a terminal.
    #[inline(never)]
    fn text(&self, config: &GateConfig) -> String {
        let mut lines = format!("{}\n", self.reason.sentence());
        for rule in self.rules {
            lines.push_str(&format!("rule {}: {}\n", rule.rule, rule.citations.join("; ")));
        }
        lines.push_str(&format!("decision {}\n", self.id));
        if let Some(appeal) = &config.appeal {
            lines.push_str(&format!("appeal {appeal}\n"));
        }
        lines
    }

    /// The members of RFC 9457's object.
    #[inline(never)]
    fn problem(&self, config: &GateConfig, out: &mut Writer) {
        out.some_text_at("appeal", config.appeal.as_deref());
        let first = self.rules.first();
        if first.is_some() {
            out.texts_at("citation", self.citations());
        }
        out.text_at("detail", self.reason.sentence());
        out.text_at("instance", &["urn:weighbridge:decision:", self.id].concat());
        if let Some(first) = first {
            out.text_at("rule", first.rule);
            out.texts_at("rules", self.rules.iter().map(|rule| rule.rule));
            out.some_text_at("since", Some(first.since).filter(|since| !since.is_empty()));
        }
        out.count_at("status", u64::from(self.status));
        out.text_at("title", title(self.status));
        out.text_at("type", &["urn:weighbridge:problem:", self.reason.as_str()].concat());
    }

    fn citations(&self) -> Vec<&str> {
        let mut seen = Vec::new();
        for citation in self.rules.iter().flat_map(|r| &r.citations) {
            if !seen.contains(citation) {
                seen.push(*citation);
            }
        }
        seen
    }

    /// One line for a terminal.
    fn message(&self, config: &GateConfig) -> String {
        let mut line = self.reason.sentence().to_owned();
        let ids: Vec<&str> = self.rules.iter().map(|r| r.rule).collect();
        if !ids.is_empty() {
            line.push_str(&format!(" (rule {}; {})", ids.join(", "), self.citations().join("; ")));
        }
        line.push_str(&format!(". Decision {}.", self.id));
        if let Some(appeal) = &config.appeal {
            line.push_str(&format!(" Appeal: {appeal}"));
        }
        line
    }

    /// The specification's codes; a client shows one that it does not know as `unknown`.
    const fn oci_code(&self) -> &'static str {
        match self.status {
            400 => "NAME_INVALID",
            401 => "UNAUTHORIZED",
            503 => "UNAVAILABLE",
            _ => "DENIED",
        }
    }

    const fn openai_type(&self) -> &'static str {
        match self.status {
            400 => "invalid_request_error",
            401 => "authentication_error",
            503 => "server_error",
            _ => "permission_error",
        }
    }
}

/// The answer of a gate that has no list blob, a broken or expired one, or no valid configuration. `reason`
/// goes to the caller: it must hold nothing secret.
pub fn cannot_decide(reason: &str, nonce: [u8; 16]) -> Answer {
    let id = crockford(&nonce);
    let refusal =
        Refusal { protocol: Protocol::Plain, form: Form::Own, status: 503, head: false, reason: Reason::CannotDecide, rules: &[], id: &id };
    let mut answer = refusal.answer(&GateConfig::default());
    let mut out = Writer::default();
    out.object();
    out.text_at("error", reason);
    out.text_at("id", &id);
    out.text_at("outcome", "cannot_decide");
    out.count_at("status", 503);
    out.count_at("v", u64::from(crate::record::VERSION));
    out.end_object();
    answer.record = Some(out.finish());
    answer
}

/// The answer when the origin did not: 502, or 504 if it took too long. The decision stands in its record already.
pub fn no_upstream(slow: bool) -> Answer {
    let (status, title, detail) = match slow {
        false => (502, "Bad Gateway", "the origin did not answer"),
        true => (504, "Gateway Timeout", "the origin did not answer in time"),
    };
    let mut body = Writer::default();
    body.object();
    body.text_at("detail", detail);
    body.count_at("status", u64::from(status));
    body.text_at("title", title);
    body.text_at("type", "about:blank");
    body.end_object();
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let headers = vec![header("Content-Type", "application/problem+json"), header("Cache-Control", "private, no-store")];
    Answer { status, headers, body: body.finish().into_bytes(), record: None }
}

/// Crockford's base 32, most significant bits first, 26 characters of it.
pub(crate) fn crockford(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(26);
    let (mut bits, mut have) = (0_u32, 0_u32);
    for byte in bytes.iter().copied().chain(std::iter::repeat(0)) {
        bits = bits << 8 | u32::from(byte);
        have += 8;
        while have >= 5 {
            have -= 5;
            let digit = usize::try_from(bits >> have & 31).unwrap_or(0);
            out.push(CROCKFORD.get(digit).copied().map_or('0', char::from));
            if out.len() == 26 {
                return out;
            }
        }
        bits &= (1 << have) - 1;
    }
    out
}

/// Text that may stand in a header: visible ASCII and spaces.
fn header_text(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
}

const fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        451 => "Unavailable For Legal Reasons",
        503 => "Service Unavailable",
        _ => "Refused",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::tests::config;

    const ID: &str = "0123456789ABCDEFGHJKMNPQRS";

    fn refusal(protocol: Protocol, status: u16, reason: Reason) -> Answer {
        in_form(protocol, Form::Own, status, reason)
    }

    fn in_form(protocol: Protocol, form: Form, status: u16, reason: Reason) -> Answer {
        let rules = [
            Cited { rule: "OFAC-EMBARGO", since: "1963", citations: vec!["31 CFR 515.201", "31 CFR 560.204"] },
            Cited { rule: "USE-WMD", since: "", citations: vec!["15 CFR 744.2", "31 CFR 560.204"] },
        ];
        let config =
            config(&[("WEIGHBRIDGE_APPEAL", "https://hub.example/appeal"), ("WEIGHBRIDGE_BLOCKED_BY", "https://hub.example/")]).unwrap();
        Refusal { protocol, form, status, head: false, reason, rules: &rules, id: ID }.answer(&config)
    }

    fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
        let mut found = answer.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        let first = found.next().map(|(_, v)| v.as_str());
        assert!(found.next().is_none(), "{name} twice");
        first
    }

    fn body(answer: &Answer) -> serde_json::Value {
        serde_json::from_slice(&answer.body).unwrap()
    }

    #[test]
    fn problem_json() {
        let answer = refusal(Protocol::Plain, 451, Reason::Law);
        assert_eq!(header(&answer, "Content-Type"), Some("application/problem+json"));
        assert_eq!(header(&answer, "Cache-Control"), Some("private, no-store"));
        assert_eq!(header(&answer, "Link"), Some("<https://hub.example/>; rel=\"blocked-by\""));
        assert_eq!(
            body(&answer),
            json!({
                "type": "urn:weighbridge:problem:unavailable_for_legal_reasons",
                "title": "Unavailable For Legal Reasons",
                "status": 451,
                "detail": "this request cannot be served for legal reasons",
                "instance": "urn:weighbridge:decision:0123456789ABCDEFGHJKMNPQRS",
                "rule": "OFAC-EMBARGO",
                "rules": ["OFAC-EMBARGO", "USE-WMD"],
                "citation": ["31 CFR 515.201", "31 CFR 560.204", "15 CFR 744.2"],
                "since": "1963",
                "appeal": "https://hub.example/appeal",
            })
        );
    }

    #[test]
    fn hugging_face() {
        let answer = refusal(Protocol::HuggingFace, 451, Reason::Law);
        assert_eq!(header(&answer, "X-Error-Code"), Some("GatedRepo"));
        let message = header(&answer, "X-Error-Message").unwrap();
        assert_eq!(
            message,
            "this request cannot be served for legal reasons (rule OFAC-EMBARGO, USE-WMD; 31 CFR 515.201; 31 CFR 560.204; 15 CFR 744.2). \
             Decision 0123456789ABCDEFGHJKMNPQRS. Appeal: https://hub.example/appeal"
        );
        assert_eq!(header(&answer, "X-HF-Warning"), Some(format!("unavailable_for_legal_reasons; {message}").as_str()));
        assert_eq!(header(&answer, "X-Request-Id"), Some("0123456789ABCDEFGHJKMNPQRS"));
        assert_eq!(body(&answer)["error"], message);
    }

    #[test]
    fn open_ai() {
        let answer = refusal(Protocol::OpenAi, 401, Reason::Identify);
        assert_eq!(header(&answer, "WWW-Authenticate"), Some("Weighbridge realm=\"weighbridge\""));
        assert_eq!(header(&answer, "Link"), None);
        let error = &body(&answer)["error"];
        assert_eq!(
            (&error["type"], &error["code"], &error["param"]),
            (&json!("authentication_error"), &json!("identity_required"), &json!(null))
        );
        assert!(error["message"].as_str().unwrap().contains("0123456789ABCDEFGHJKMNPQRS"));
    }

    #[test]
    fn registries() {
        let answer = refusal(Protocol::Oci, 451, Reason::Law);
        assert_eq!(header(&answer, "Content-Type"), Some("application/json"));
        assert_eq!(header(&answer, "Docker-Distribution-Api-Version"), Some("registry/2.0"));
        let error = &body(&answer)["errors"][0];
        assert_eq!((&error["code"], &error["detail"]["decision"]), (&json!("DENIED"), &json!(ID)));
        assert_eq!(error["detail"]["rules"], json!(["OFAC-EMBARGO", "USE-WMD"]));
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(ID) && message.contains("31 CFR 515.201"), "{message}");
        assert_eq!(header(&answer, "Warning"), Some(format!("299 - \"{message}\"").as_str()));
        for (status, reason, code) in
            [(401, Reason::Identify, "UNAUTHORIZED"), (503, Reason::ListsTooOld, "UNAVAILABLE"), (403, Reason::Review, "DENIED")]
        {
            assert_eq!(body(&refusal(Protocol::Oci, status, reason))["errors"][0]["code"], code);
        }
    }

    #[test]
    fn git_lfs() {
        let answer = refusal(Protocol::Lfs, 403, Reason::Review);
        assert_eq!(header(&answer, "Content-Type"), Some("application/vnd.git-lfs+json"));
        let error = body(&answer);
        assert_eq!((&error["documentation_url"], &error["request_id"]), (&json!("https://hub.example/appeal"), &json!(ID)));
        assert!(error["message"].as_str().unwrap().contains(ID));
        for (protocol, challenge) in [
            (Protocol::Lfs, "Basic realm=\"weighbridge\", Weighbridge realm=\"weighbridge\""),
            (Protocol::Git, "Basic realm=\"weighbridge\", Weighbridge realm=\"weighbridge\""),
            (Protocol::Oci, "Weighbridge realm=\"weighbridge\""),
        ] {
            assert_eq!(header(&refusal(protocol, 401, Reason::Identify), "WWW-Authenticate"), Some(challenge));
        }
    }

    #[test]
    fn text_and_page() {
        let answer = in_form(Protocol::Git, Form::Text, 451, Reason::Law);
        assert_eq!(header(&answer, "Content-Type"), Some("text/plain; charset=utf-8"));
        assert_eq!(
            String::from_utf8(answer.body).unwrap(),
            format!(
                "this request cannot be served for legal reasons\nrule OFAC-EMBARGO: 31 CFR 515.201; 31 CFR 560.204\n\
                 rule USE-WMD: 15 CFR 744.2; 31 CFR 560.204\ndecision {ID}\nappeal https://hub.example/appeal\n"
            )
        );
        let page = in_form(Protocol::HuggingFace, Form::Page, 451, Reason::Law);
        assert_eq!(header(&page, "Content-Type"), Some("text/html; charset=utf-8"));
        assert_eq!(header(&page, "X-Error-Code"), Some("GatedRepo"), "the protocol's headers stay");
        assert!(header(&page, "Content-Security-Policy").is_some() && String::from_utf8(page.body).unwrap().contains(ID));
    }

    #[test]
    fn head_answers_have_the_headers_of_get_and_no_body() {
        let protocols = [Protocol::HuggingFace, Protocol::OpenAi, Protocol::Oci, Protocol::Lfs, Protocol::Git, Protocol::Plain];
        for (protocol, form) in protocols.into_iter().flat_map(|p| [Form::Own, Form::Page, Form::Text].map(|form| (p, form))) {
            let refusal = |head| {
                Refusal { protocol, form, status: 403, head, reason: Reason::Review, rules: &[], id: "X" }.answer(&GateConfig::default())
            };
            assert_eq!(refusal(true).headers, refusal(false).headers);
            assert!(refusal(true).body.is_empty() && !refusal(false).body.is_empty());
        }
    }

    #[test]
    fn a_gate_that_cannot_decide_says_when_to_come_back() {
        let answer = cannot_decide("the list blob has no header", [255; 16]);
        assert_eq!(answer.status, 503);
        assert!(header(&answer, "Retry-After").is_some());
        assert_eq!(header(&answer, "Cache-Control"), Some("private, no-store"));
        assert!(answer.record.unwrap().contains("the list blob has no header"));
    }

    #[test]
    fn base32() {
        assert_eq!(crockford(&[0; 32]), "0".repeat(26));
        assert_eq!(crockford(&[0xff; 32]), "Z".repeat(26));
        assert_eq!(crockford(&[0xff; 16]), format!("{}W", "Z".repeat(25)));
        assert_eq!(&crockford(&[0b0000_1000, 0b0100_0011, 0, 0, 0])[..4], "111G");
    }

    #[test]
    fn headers_hold_no_line_breaks() {
        assert_eq!(header_text("a\r\nb\u{fc}"), "a??b?");
    }
}
