//! What goes on to the origin, and what comes back from it.

use weighbridge_blob::words::ItemClass;

use crate::address::ADDRESS_HEADERS;
use crate::config::GateConfig;
use crate::{Pass, Request};

/// Headers of one connection (RFC 9110, section 7.6.1, and what older software adds), and `Host`, which the
/// adapter sets from the upstream URL.
const HOP_BY_HOP: [&str; 11] = [
    "connection",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers by which a client could make some origins serve another path or method than the one decided on.
const OVERRIDES: [&str; 7] = [
    "x-original-url",
    "x-original-uri",
    "x-rewrite-url",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-host",
];

/// Prefixes of headers that only a gate or its platform may set.
const RESERVED_PREFIXES: [&str; 5] = ["x-weighbridge-", "x-test-", "spin-", "x-envoy-", "x-forwarded-"];

/// Response headers that let a shared cache keep an answer. `Cache-Control` is replaced.
const SHARED_CACHE: [&str; 8] = [
    "cache-control",
    "cdn-cache-control",
    "cloudflare-cdn-cache-control",
    "edge-control",
    "expires",
    "netlify-cdn-cache-control",
    "surrogate-control",
    "vercel-cdn-cache-control",
];

/// The request as the origin gets it. `id` is the decision id, `client` the address that somebody vouches for.
///
/// Conditional headers (`If-None-Match`, `Range`) go on: the decision stands before the answer, so a 304 or
/// a 206 is gated like a 200.
pub(crate) fn pass(config: &GateConfig, request: &Request<'_>, id: &str, client: Option<std::net::IpAddr>, class: ItemClass) -> Pass {
    let named: Vec<String> = request
        .header_values("connection")
        .filter_map(|v| std::str::from_utf8(v).ok())
        .flat_map(|v| v.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let own: Vec<&str> = config.platform_geo.iter().flat_map(|source| source.header_names()).collect();
    let keep = |name: &str| {
        !own.contains(&name)
            && !HOP_BY_HOP.contains(&name)
            && !OVERRIDES.contains(&name)
            && ADDRESS_HEADERS.binary_search(&name).is_err()
            && !RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            && !named.iter().any(|n| n == name)
    };
    // Some servers read `_` as `-`: a name with one is looked at as the other, too.
    let mut request_headers: Vec<(String, Vec<u8>)> = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .filter(|(name, _)| keep(name) && (!name.contains('_') || keep(&name.replace('_', "-"))))
        .map(|(name, value)| (name, value.to_vec()))
        .collect();
    request_headers.push(("x-weighbridge-decision".to_owned(), id.as_bytes().to_vec()));
    request_headers.push(("x-weighbridge-outcome".to_owned(), b"allow".to_vec()));
    if let Some(client) = client {
        request_headers.push(("x-forwarded-for".to_owned(), client.to_string().into_bytes()));
    }
    if !request.authority.is_empty() && request.authority.bytes().all(|b| b.is_ascii_graphic()) {
        request_headers.push(("x-forwarded-host".to_owned(), request.authority.as_bytes().to_vec()));
    }

    let mut response_add = vec![("X-Weighbridge-Decision".to_owned(), id.to_owned())];
    let mut response_remove = vec!["x-weighbridge-decision".to_owned(), "x-weighbridge-outcome".to_owned()];
    if class != ItemClass::Published {
        // Otherwise a shared cache in front of the gate serves the answer to the next, refused caller.
        response_add.push(("Cache-Control".to_owned(), "private".to_owned()));
        response_remove.extend(SHARED_CACHE.iter().map(|name| (*name).to_owned()));
    }
    // Only shadow mode passes such a target on; behind the base URL it could name another host.
    let target = if request.path_and_query.starts_with('/') { request.path_and_query } else { "/" };
    Pass { upstream: format!("{}{target}", config.upstream), request_headers, response_add, response_remove, record: String::new() }
}

impl Pass {
    /// The response's headers as they leave: the origin's, less those of one connection and what this verdict removes
    /// or replaces, then what it adds.
    pub fn response_headers(&self, origin: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
        let gone = |name: &str| {
            let is = |other: &str| other.eq_ignore_ascii_case(name);
            HOP_BY_HOP.iter().any(|other| is(other))
                || self.response_remove.iter().any(|other| is(other))
                || self.response_add.iter().any(|(other, _)| is(other))
        };
        let mut headers: Vec<_> = origin.into_iter().filter(|(name, _)| !gone(name)).collect();
        headers.extend(self.response_add.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())));
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::config;

    fn passed(headers: &[(&str, &str)], class: ItemClass) -> Pass {
        let headers = headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
        let request = Request { method: "GET", authority: "weights.example", path_and_query: "/a%2Fb?c=%2e", headers };
        pass(&config(&[]).unwrap(), &request, "ID", Some("192.0.2.1".parse().unwrap()), class)
    }

    #[test]
    fn the_headers_that_are_searched_stand_in_order() {
        assert!(ADDRESS_HEADERS.is_sorted());
    }

    #[test]
    fn the_path_goes_on_byte_for_byte() {
        assert_eq!(passed(&[], ItemClass::Closed).upstream, "http://hub.test:8080/a%2Fb?c=%2e");
    }

    #[test]
    fn only_what_is_the_callers_to_say_goes_on() {
        let kept = [
            ("accept", "*/*"),
            ("authorization", "Bearer t"),
            ("range", "bytes=0-1"),
            ("if-none-match", "\"x\""),
            ("user-agent", "u"),
            ("content-length", "3"),
        ];
        let dropped = [
            ("X-Weighbridge-Identity", "{}"),
            ("x-weighbridge-decision", "forged"),
            ("X_Weighbridge_Outcome", "forged"),
            ("X-Test-Address", "192.0.2.9"),
            ("Spin-Client-Addr", "192.0.2.9"),
            ("spin-path-info", "/x"),
            ("X-Envoy-Original-Path", "/acme/frontier-1t"),
            ("X-Forwarded-For", "192.0.2.9"),
            ("X-Forwarded-Host", "evil"),
            ("Forwarded", "for=192.0.2.9"),
            ("CF-Connecting-IP", "192.0.2.9"),
            ("X-Real-IP", "192.0.2.9"),
            ("X-Original-URL", "/acme/frontier-1t"),
            ("X-Rewrite-URL", "/acme/frontier-1t"),
            ("X-HTTP-Method-Override", "DELETE"),
            ("Connection", "close, X-Private , keep-alive"),
            ("X-Private", "1"),
            ("Keep-Alive", "1"),
            ("TE", "trailers"),
            ("Transfer-Encoding", "chunked"),
            ("Upgrade", "websocket"),
            ("Proxy-Authorization", "x"),
            ("Host", "weights.example"),
        ];
        let all: Vec<(&str, &str)> = dropped.iter().chain(&kept).copied().collect();
        let got = passed(&all, ItemClass::Closed).request_headers;
        let got: Vec<(&str, &str)> = got.iter().map(|(n, v)| (n.as_str(), std::str::from_utf8(v).unwrap())).collect();
        let own = [
            ("x-weighbridge-decision", "ID"),
            ("x-weighbridge-outcome", "allow"),
            ("x-forwarded-for", "192.0.2.1"),
            ("x-forwarded-host", "weights.example"),
        ];
        assert_eq!(got, kept.iter().chain(&own).copied().collect::<Vec<_>>());
    }

    #[test]
    fn shared_caches_keep_published_items_only() {
        let open = passed(&[], ItemClass::Published);
        assert!(!open.response_remove.iter().any(|n| n == "cache-control") && open.response_add.len() == 1);
        for class in ItemClass::ALL.iter().filter(|c| **c != ItemClass::Published) {
            let pass = passed(&[], *class);
            assert!(pass.response_add.contains(&("Cache-Control".to_owned(), "private".to_owned())));
            for name in ["cache-control", "cdn-cache-control", "surrogate-control"] {
                assert!(pass.response_remove.iter().any(|n| n == name), "{class} {name}");
            }
        }
    }
}
