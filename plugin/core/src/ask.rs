//! Look-ups for people and pages: what the blob holds, and whom it knows by a name. JSON in the output.

use weighbridge_blob::Blob;
use weighbridge_blob::date::{Day, format_unix};
use weighbridge_blob::words::List;
use weighbridge_engine::json::Writer;
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
        let text = answer.unwrap_or_else(|error| {
            let mut out = Writer::default();
            out.object();
            out.text_at("error", &error);
            out.end_object();
            out.finish()
        });
        self.output.fields([text.as_bytes()]);
    }
}

/// The entries that a party of this name may be.
fn by_name(blob: &Blob<'_>, mut fields: Fields<'_>) -> Result<String, String> {
    let day = Day::of_unix(fields.number());
    let name = fields.next().unwrap_or_default();
    let kind = match fields.next().filter(|kind| !kind.is_empty()) {
        Some(kind) => Some(kind.parse().map_err(|_| format!("unknown kind `{kind}`"))?),
        None => None,
    };
    let found = screen(blob, &Query { names: vec![name], kind, ..Query::default() }, day);
    let mut out = Writer::default();
    let mut told = 0;
    out.object();
    out.key("matches");
    out.list();
    for one in &found.matches {
        let Some(entry) = blob.entry(one.entry) else { continue };
        told += 1;
        out.object();
        out.text_at("band", one.band.as_str());
        out.text_at("entry", entry.id());
        out.texts_at("lists", entry.lists.iter().map(List::as_str));
        out.text_at("reason", one.reason.as_str());
        out.key("score");
        out.float(f64::from(one.score) / 10.0);
        out.end_object();
    }
    out.end_list();
    out.text_at("result", result(blob, told == 0));
    out.flag_at("truncated", found.truncated);
    out.end_object();
    Ok(out.finish())
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
pub(crate) fn inspect(blob: &Blob<'_>) -> String {
    let header = blob.header();
    let mut out = Writer::default();
    out.object();
    out.text_at("created", &format_unix(header.created));
    out.text_at("digest", &header.digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    out.count_at("entries", u64::from(blob.entry_count()));
    out.count_at("items", u64::from(blob.items().len()));
    out.key("lists");
    out.list();
    for list in blob.provided().iter() {
        out.object();
        out.key("checked_at");
        out.optional(blob.checked_at(list).map(format_unix).as_deref());
        out.text_at("list", list.as_str());
        out.end_object();
    }
    out.end_list();
    out.key("not_after");
    out.optional(header.not_after.map(format_unix).as_deref());
    out.key("policy");
    out.object();
    out.text_at("id", blob.policy().id());
    out.text_at("version", blob.policy().version());
    out.end_object();
    out.key("sections");
    out.list();
    for section in blob.sections() {
        out.object();
        out.count_at("bytes", section.data.len() as u64);
        out.text_at("name", section.kind.name());
        out.end_object();
    }
    out.end_list();
    out.count_at("sequence", header.sequence);
    out.end_object();
    out.finish()
}
