//! Look-ups for people and pages: what the blob holds, and whom it knows by a name. JSON in the output.

use serde_json::{Value, json};
use weighbridge_blob::Blob;
use weighbridge_blob::date::{Day, format_unix};
use weighbridge_engine::screen::{Query, screen};

use crate::frame::Fields;
use crate::{Gate, Instance};

impl Instance {
    /// `screen`, time, name, kind (or nothing); `inspect`. The output holds one field of JSON, with `error` where there is no
    /// answer.
    pub(crate) fn ask(&mut self, length: usize, count: usize) {
        #[cfg(feature = "page")]
        if self.ask_of_page(length, count) {
            return;
        }
        let answer = match (&self.gate, Fields::read(&self.input, length, count)) {
            (Err(reason), _) => Err(reason.clone()),
            (Ok(_), None) => Err("a text with a zero byte in it".to_owned()),
            (Ok(Gate { blob, .. }), Some(mut fields)) => match fields.next() {
                Some("screen") => by_name(blob, fields),
                Some("inspect") => Ok(inspect(blob)),
                other => Err(format!("unknown question `{}`", other.unwrap_or_default())),
            },
        };
        let text = answer.unwrap_or_else(|error| json!({ "error": error })).to_string();
        self.output.fields([text.as_bytes()]);
    }
}

/// The entries that a party of this name may be.
fn by_name(blob: &Blob<'_>, mut fields: Fields<'_>) -> Result<Value, String> {
    let day = Day::of_unix(fields.number());
    let name = fields.next().unwrap_or_default();
    let kind = match fields.next().filter(|kind| !kind.is_empty()) {
        Some(kind) => Some(kind.parse().map_err(|_| format!("unknown kind `{kind}`"))?),
        None => None,
    };
    let found = screen(blob, &Query { names: vec![name], kind, ..Query::default() }, day);
    let matches = found.matches.iter().filter_map(|one| {
        let entry = blob.entry(one.entry)?;
        Some(json!({
            "entry": entry.id(),
            "lists": entry.lists.iter().map(|list| list.as_str()).collect::<Vec<_>>(),
            "band": one.band.as_str(),
            "score": f64::from(one.score) / 10.0,
            "reason": one.reason.as_str(),
        }))
    });
    let matches: Vec<Value> = matches.collect();
    let result = result(blob, matches.is_empty());
    Ok(json!({ "result": result, "matches": matches, "truncated": found.truncated }))
}

/// The word for what screening found. There is none for "clear".
pub(crate) fn result(blob: &Blob<'_>, nothing: bool) -> &'static str {
    match (nothing, blob.provided().is_empty()) {
        (false, _) => "potential_match",
        (true, true) => "not_screened",
        (true, false) => "no_list_match",
    }
}

/// What the blob holds, by its own account.
pub(crate) fn inspect(blob: &Blob<'_>) -> Value {
    let header = blob.header();
    let digest: String = header.digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let sections = blob.sections().map(|section| json!({ "name": section.kind.name(), "bytes": section.data.len() }));
    let lists = blob.provided();
    let lists = lists.iter().map(|list| json!({ "list": list.as_str(), "checked_at": blob.checked_at(list).map(format_unix) }));
    json!({
        "digest": digest,
        "created": format_unix(header.created),
        "sequence": header.sequence,
        "not_after": header.not_after.map(format_unix),
        "entries": blob.entry_count(),
        "items": blob.items().len(),
        "policy": { "id": blob.policy().id(), "version": blob.policy().version() },
        "sections": sections.collect::<Vec<_>>(),
        "lists": lists.collect::<Vec<_>>(),
    })
}
