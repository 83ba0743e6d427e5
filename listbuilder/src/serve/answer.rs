//! Responses of the gate's own.

use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, StatusCode};
use weighbridge_http::Answer;

use super::gate::Gate;

/// The origin's body, or one of our own.
pub(super) type Response = hyper::Response<Either<Incoming, Full<Bytes>>>;

/// An answer as it leaves.
pub(super) fn respond(answer: Answer) -> Response {
    let headers = answer.headers.into_iter().map(|(name, value)| (name, value.into_bytes()));
    let mut response = hyper::Response::new(Either::Right(Full::new(answer.body.into())));
    // A status that is none must not become the default, 200.
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = header_map(headers.collect());
    response
}

/// Headers by their names. One that HTTP does not allow is left out: none such comes from HTTP.
pub(super) fn header_map(headers: Vec<(String, Vec<u8>)>) -> HeaderMap {
    let read = |(name, value): (String, Vec<u8>)| Some((HeaderName::try_from(name).ok()?, HeaderValue::from_bytes(&value).ok()?));
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers.into_iter().filter_map(read) {
        map.append(name, value);
    }
    map
}

/// A request as the gate wants it.
pub(super) fn asked<B>(request: &Request<B>) -> weighbridge_http::Request<'_> {
    let uri = request.uri();
    // A target with an authority goes before `Host` (RFC 9112, section 3.2.2). Two hosts are none.
    let mut hosts = request.headers().get_all(HOST).iter();
    let host = hosts.next().filter(|_| hosts.next().is_none()).and_then(|host| std::str::from_utf8(host.as_bytes()).ok());
    weighbridge_http::Request {
        method: request.method().as_str(),
        authority: uri.authority().map_or(host.unwrap_or_default(), |authority| authority.as_str()),
        path_and_query: uri.path_and_query().map_or("", |path| path.as_str()),
        headers: request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect(),
    }
}

/// Method, host, path and headers of a request, where a proxy that asks says some of them in others.
pub(super) struct Head {
    pub(super) method: String,
    pub(super) authority: String,
    pub(super) path_and_query: String,
    pub(super) headers: Vec<(String, Vec<u8>)>,
}

impl Head {
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        let weighbridge_http::Request { method, authority, path_and_query, headers } = asked(request);
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
        Self { method: method.to_owned(), authority: authority.to_owned(), path_and_query: path_and_query.to_owned(), headers }
    }

    pub(super) fn request(&self) -> weighbridge_http::Request<'_> {
        weighbridge_http::Request {
            method: &self.method,
            authority: &self.authority,
            path_and_query: &self.path_and_query,
            headers: self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect(),
        }
    }
}

/// The value of a header that stands there exactly once, as text.
pub(super) fn single(headers: &[(String, Vec<u8>)], name: &str) -> Option<String> {
    let mut values = headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
    let (_, value) = values.next()?;
    values.next().is_none().then(|| String::from_utf8(value.clone()).ok()).flatten()
}

/// What the operator asks: `/healthz`, `/metrics`, and the page if there is one.
pub(super) fn admin(gate: &Gate, path: &str) -> Response {
    let text = |status, body: String| Answer {
        status,
        headers: vec![
            ("Content-Type".to_owned(), "text/plain; version=0.0.4; charset=utf-8".to_owned()),
            ("Cache-Control".to_owned(), "no-store".to_owned()),
        ],
        body: body.into_bytes(),
        record: None,
    };
    respond(match path {
        "/healthz" => match gate.unhealthy() {
            None => text(200, format!("ok\nblob {}\n", gate.current().describe())),
            Some(why) => text(503, format!("{why}\n")),
        },
        "/metrics" => text(200, gate.metrics.text(&gate.current())),
        path => {
            let page = gate.site.as_ref().and_then(|site| site.file(path));
            page.unwrap_or_else(|| text(404, "here are /healthz and /metrics\n".to_owned()))
        }
    })
}
