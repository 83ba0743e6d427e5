//! The gate beside a proxy that asks before it passes a request on: nginx's `auth_request`, the forward-auth of Traefik
//! and Caddy, Envoy's HTTP `ext_authz`.
//!
//! The proxy tells the original method, target, host and client address in headers. It is believed because it calls
//! from a network that the operator named; the proxy's configuration must set each of these headers itself, over
//! whatever the client sent. A header that is missing or stands there twice is no word at all: the answer is 503.

use std::net::SocketAddr;
use std::sync::Arc;

use hyper::Request;
use hyper::body::Incoming;
use weighbridge_http::{Answer, Network, Pass, Verdict, cannot_decide};

use super::answer::{Head, Response, admin, respond, single};
use super::gate::Gate;

/// Where the proxy asks. Behind it `ext_authz` puts the original path.
const PATH: &str = "/check";

/// Which proxy asks.
pub enum Asker {
    /// nginx, which understands 2xx, 401 and 403 alone: other refusals come as 403, and what the client is to see stands
    /// in headers.
    Nginx(CheckHeaders),
    /// Traefik, Caddy and others, which hand the answer on as it is.
    ForwardAuth(CheckHeaders),
    /// Envoy, which sends the original request itself, with its path behind `/check`. The header that holds the client's
    /// address.
    ExtAuthz(Option<String>),
}

/// Headers in which the proxy says what was asked.
pub struct CheckHeaders {
    /// The method.
    pub method: String,
    /// Path and query.
    pub uri: String,
    /// The host.
    pub host: String,
    /// The client's address; `None`: the proxy does not say it.
    pub address: Option<String>,
}

pub(super) struct Check {
    pub(super) gate: Arc<Gate>,
    pub(super) asker: Asker,
    pub(super) callers: Vec<Network>,
}

impl Check {
    pub(super) async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response {
        let path = request.uri().path();
        if !path.starts_with(PATH) {
            return admin(&self.gate, path);
        }
        if !self.callers.iter().any(|network| network.contains(peer.ip())) {
            eprintln!("weighbridge: {peer} asked and may not; `--callers` says who may");
            return respond(cannot_decide("this caller may not ask", [0; 16]));
        }
        let (head, address) = match self.original(Head::of(&request)) {
            Ok(original) => original,
            Err(why) => {
                eprintln!("weighbridge: {peer} asked, and {why}");
                return respond(self.shape(cannot_decide(&why, [0; 16])));
            }
        };
        respond(match self.gate.decide(&head.request(), Some(address.as_deref().unwrap_or(&peer.to_string()))) {
            Verdict::Pass(pass) => allowed(&pass),
            Verdict::Answer(refusal) => self.shape(refusal),
        })
    }

    /// The request that the client sent, and its address as the proxy says it.
    fn original(&self, mut head: Head) -> Result<(Head, Option<String>), String> {
        let word = |headers: &[(String, Vec<u8>)], name: &str| {
            single(headers, name).ok_or_else(|| format!("its header `{name}` is missing, twice there, or no text; the proxy must set it"))
        };
        let address = match &self.asker {
            Asker::ExtAuthz(address) => {
                let rest = head.path_and_query.strip_prefix(PATH).unwrap_or_default();
                if !rest.starts_with('/') {
                    return Err(format!("there is no path behind `{PATH}`; set `path_prefix: {PATH}`"));
                }
                head.path_and_query = rest.to_owned();
                address
            }
            Asker::Nginx(names) | Asker::ForwardAuth(names) => {
                head.method = word(&head.headers, &names.method)?;
                head.path_and_query = word(&head.headers, &names.uri)?;
                head.authority = word(&head.headers, &names.host)?;
                &names.address
            }
        };
        let address = address.as_ref().map(|name| word(&head.headers, name)).transpose()?;
        Ok((head, address))
    }

    /// A refusal as the asking proxy understands it.
    fn shape(&self, mut refusal: Answer) -> Answer {
        if matches!(self.asker, Asker::Nginx(_)) {
            let type_of = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("content-type");
            let content_type = refusal.headers.iter().find(type_of).map_or_else(String::new, |(_, value)| value.clone());
            // A header is one line; pages and JSON are, and text loses nothing by it.
            let body = String::from_utf8_lossy(&refusal.body).trim_end().replace(['\r', '\n'], " ");
            refusal.headers.push(("X-Weighbridge-Status".to_owned(), refusal.status.to_string()));
            refusal.headers.push(("X-Weighbridge-Type".to_owned(), content_type));
            refusal.headers.push(("X-Weighbridge-Body".to_owned(), body));
            refusal.status = if refusal.status == 401 { 401 } else { 403 };
        }
        refusal
    }
}

/// Go on. What is to change in the origin's response stands in headers that proxies can take up.
fn allowed(pass: &Pass) -> Answer {
    let mut headers = pass.response_add.clone();
    headers.push(("X-Weighbridge-Outcome".to_owned(), "allow".to_owned()));
    Answer { status: 200, headers, body: Vec::new(), record: None }
}
