//! What a shared case says of the answer that a client gets: the form of a refusal, beside the decision.

use weighbridge_engine::json::{Members, Tree, text};

use crate::Verdict;

/// `"answer": {"type": "application/json", "says": ["DENIED"], "headers": {"warning": "299"}}`.
pub(crate) struct ExpectedAnswer {
    /// The media type.
    media_type: String,
    /// The status, where it is not the decision's.
    status: Option<i64>,
    /// Texts that stand in the body.
    says: Vec<String>,
    /// Texts that stand in a header's value.
    headers: Vec<(String, String)>,
}

impl ExpectedAnswer {
    /// Reads it.
    ///
    /// # Errors
    /// The member that is missing, unknown, there twice or not understood.
    pub(crate) fn read(tree: Tree) -> Result<Self, String> {
        let mut m = Members::of(tree)?;
        let mut headers = Vec::new();
        for (name, value) in Members::of(m.take("headers").unwrap_or(Tree::Object(Vec::new())))?.rest() {
            let value = text(&name, value)?;
            headers.push((name, value));
        }
        let answer = Self { media_type: m.required_text("type")?, status: m.whole("status")?, says: m.texts("says")?, headers };
        m.done()?;
        Ok(answer)
    }

    /// What differs, one line each. Whatever the case says, the decision id must be there, in the body if there is one.
    pub(crate) fn differences(&self, verdict: &Verdict) -> Vec<String> {
        let Verdict::Answer(answer) = verdict else { return vec!["answer: expected a refusal, and the request passes".to_owned()] };
        let header = |name: &str| answer.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
        let body = String::from_utf8_lossy(&answer.body);
        let mut out = Vec::new();
        if let Some(status) = self.status.filter(|status| *status != i64::from(answer.status)) {
            out.push(format!("answer: expected status {status}, got {}", answer.status));
        }
        let media_type = header("content-type").unwrap_or_default();
        if media_type.split(';').next() != Some(self.media_type.as_str()) {
            out.push(format!("answer: expected {}, got `{media_type}`", self.media_type));
        }
        let id = header("x-weighbridge-decision").unwrap_or_default();
        if id.len() != 26 || !(body.is_empty() || body.contains(id)) {
            out.push("answer: the decision id is missing".to_owned());
        }
        out.extend(
            self.says.iter().filter(|text| !body.contains(text.as_str())).map(|text| format!("answer: `{text}` is missing in {body}")),
        );
        for (name, text) in &self.headers {
            if !header(name).is_some_and(|value| value.contains(text)) {
                out.push(format!("answer: `{name}` is {:?}, without `{text}`", header(name)));
            }
        }
        out
    }
}
