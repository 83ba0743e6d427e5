//! Which form of a refusal a client can show: its protocol's own, a page, or plain text.
//!
//! A page is for whoever names `text/html` in `Accept` (RFC 9110, section 12.5.1): every browser does, and no client of a
//! model hub. Git shows `text/plain` alone, and `curl` prints whatever comes, so both get text.

use crate::Request;
use crate::access::Protocol;

/// The form of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The protocol's own.
    Own,
    /// A page that is readable without scripts.
    Page,
    /// Lines of text.
    Text,
}

impl Form {
    /// The form for a request.
    pub(crate) fn of(protocol: Protocol, request: &Request<'_>) -> Self {
        let accept = Accept::read(request);
        // Of equal weights the page: a browser that asks for anything else than a page says so.
        if accept.html > 0 && accept.html >= accept.json.max(accept.text) {
            return Self::Page;
        }
        if accept.text > accept.json {
            return Self::Text;
        }
        let asks = |name: &str| {
            let is = |agent: &[u8]| agent.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()));
            request.header_values("user-agent").any(is)
        };
        match protocol {
            Protocol::Git => Self::Text,
            Protocol::Plain if accept.json == 0 && (asks("curl/") || asks("wget/")) => Self::Text,
            _ => Self::Own,
        }
    }
}

/// The weights, in thousandths, of the types that a request names itself; 0 where it does not. `*/*` names none.
#[derive(Default)]
struct Accept {
    html: u16,
    json: u16,
    text: u16,
}

impl Accept {
    fn read(request: &Request<'_>) -> Self {
        let mut accept = Self::default();
        for value in request.header_values("accept").filter_map(|value| std::str::from_utf8(value).ok()) {
            for range in value.split(',') {
                let mut parts = range.split(';').map(str::trim);
                let name = parts.next().unwrap_or_default().to_ascii_lowercase();
                let slot = match name.as_str() {
                    "text/html" | "application/xhtml+xml" => &mut accept.html,
                    "text/plain" => &mut accept.text,
                    "application/json" | "application/problem+json" => &mut accept.json,
                    _ => continue,
                };
                let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
                *slot = (*slot).max(weight.map_or(1000, thousandths));
            }
        }
        accept
    }
}

/// A weight as RFC 9110 writes it: `0`, `1`, or up to three digits behind the point. Anything else is none.
fn thousandths(weight: &str) -> u16 {
    let (whole, part) = weight.split_once('.').unwrap_or((weight, ""));
    match (whole, part.len()) {
        ("1", _) => 1000,
        ("0", 0..=3) if part.bytes().all(|byte| byte.is_ascii_digit()) => format!("{part:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(protocol: Protocol, headers: &[(&str, &str)]) -> Form {
        let headers = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        Form::of(protocol, &Request { method: "GET", authority: "h", path_and_query: "/", headers })
    }

    #[test]
    fn browsers_get_a_page_and_clients_their_protocol() {
        // As these clients send them.
        let chromium = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8";
        let all = [Protocol::HuggingFace, Protocol::OpenAi, Protocol::Oci, Protocol::Lfs, Protocol::Git, Protocol::Plain];
        for protocol in all {
            assert_eq!(form(protocol, &[("accept", chromium)]), Form::Page);
            assert_eq!(form(protocol, &[("accept", "text/plain")]), Form::Text);
            let own = if protocol == Protocol::Git { Form::Text } else { Form::Own };
            for accept in ["*/*", "application/json", "application/vnd.git-lfs+json", "", "text/*", "text/html;q=0", "text/html;q=2"] {
                assert_eq!(form(protocol, &[("Accept", accept)]), own, "{protocol:?} {accept}");
            }
            assert_eq!(form(protocol, &[("accept", "application/json, text/html;q=0.9")]), own);
            assert_eq!(form(protocol, &[("accept", "application/json;q=0.5"), ("accept", "TEXT/HTML; q=0.51")]), Form::Page);
            assert_eq!(form(protocol, &[("accept", "application/json, text/plain, */*")]), own, "as axios sends it");
        }
    }

    #[test]
    fn curl_gets_text_where_no_protocol_has_a_form_of_its_own() {
        let curl = [("user-agent", "curl/7.88.1"), ("accept", "*/*")];
        assert_eq!(form(Protocol::Plain, &curl), Form::Text);
        assert_eq!(form(Protocol::Plain, &[("user-agent", "Wget/1.21")]), Form::Text);
        assert_eq!(form(Protocol::Plain, &[curl[0], ("accept", "application/json")]), Form::Own);
        assert_eq!(form(Protocol::Plain, &[("user-agent", "libcurl")]), Form::Own);
        assert_eq!(form(Protocol::HuggingFace, &curl), Form::Own);
    }

    #[test]
    fn weights() {
        for (text, want) in [
            ("1", 1000),
            ("1.000", 1000),
            ("0", 0),
            ("0.5", 500),
            ("0.05", 50),
            ("0.999", 999),
            ("0.9999", 0),
            ("x", 0),
            ("-1", 0),
            ("0.-1", 0),
        ] {
            assert_eq!(thousandths(text), want, "{text}");
        }
    }
}
