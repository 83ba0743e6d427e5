//! Which address the request comes from, and who vouches for it.
//!
//! A header counts only if the configuration says who sets it, and only if it came through a hop that is trusted. What a
//! client can send itself changes nothing, and the record names it (`ignored_headers`).
//!
//! A chain is read from the right: the last element was written by the hop nearest to the gate, and each trusted hop vouches
//! for the one element to its left. The first hop that is not trusted is the client; what stands to its left is its own word.

use std::net::{IpAddr, Ipv4Addr};

use weighbridge_blob::order::sort;

use crate::config::{ClientAddress, GateConfig, Network, Peer};
use crate::{Ambient, Request};

/// Headers that some proxy or platform uses for the client's address or place. None is read unless the
/// configuration names its origin; none goes on to the origin as it came. Sorted, to be searched.
pub(crate) const ADDRESS_HEADERS: [&str; 48] = [
    "akamai-epd",
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "cf-ipcity",
    "cf-ipcontinent",
    "cf-ipcountry",
    "cf-iplatitude",
    "cf-iplongitude",
    "cf-pseudo-ipv4",
    "cf-region",
    "cf-region-code",
    "client-ip",
    "cloudfront-viewer-address",
    "cloudfront-viewer-asn",
    "cloudfront-viewer-city",
    "cloudfront-viewer-country",
    "cloudfront-viewer-country-name",
    "cloudfront-viewer-country-region",
    "cloudfront-viewer-country-region-name",
    "fastly-client-ip",
    "fly-client-ip",
    "fly-region",
    "forwarded",
    "proxy-client-ip",
    "spin-client-addr",
    "true-client-ip",
    "x-akamai-edgescape",
    "x-appengine-country",
    "x-appengine-region",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-country-code",
    "x-envoy-external-address",
    "x-forwarded-for",
    "x-geo-anon-hosting",
    "x-geo-anon-proxy",
    "x-geo-anon-tor",
    "x-geo-anon-vpn",
    "x-geo-asn",
    "x-geo-country",
    "x-geo-region",
    "x-original-forwarded-for",
    "x-real-ip",
    "x-vercel-forwarded-for",
    "x-vercel-ip-as-number",
    "x-vercel-ip-city",
    "x-vercel-ip-country",
    "x-vercel-ip-country-region",
];

/// Headers with one address that a proxy sets, which `WEIGHBRIDGE_CLIENT_HEADER` may name beside the two chains. Not
/// `CloudFront-Viewer-Address`: it joins an IPv6 address and a port by a colon, without brackets, and so can be read in two
/// ways.
pub(crate) const SINGLE_HEADERS: [&str; 7] = [
    "cf-connecting-ip",
    "fastly-client-ip",
    "fly-client-ip",
    "true-client-ip",
    "x-envoy-external-address",
    "x-real-ip",
    "x-vercel-forwarded-for",
];

/// The client's address, and over which hop it became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The address; `None` if nobody vouches for any.
    pub address: Option<IpAddr>,
    /// Who saw it.
    pub via: Via,
    /// Why there is no address, although the configuration names an origin.
    pub missing: Option<Missing>,
}

/// Who saw the client's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// The configuration names no origin.
    Nobody,
    /// The gate or its platform: the client connected to it.
    Direct,
    /// A trusted hop, which wrote it into a header. `None`: the hop that connected to the gate, whose address nobody tells.
    Hop(Option<IpAddr>),
}

/// Why no address is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The origin said nothing.
    Absent,
    /// An element cannot be read as an address: `unknown`, an obfuscated identifier, rubbish. It may hide anything.
    Unreadable,
    /// Every hop is a trusted one: nobody is left to be the client.
    AllTrusted,
    /// A header that holds one address is there more than once.
    Duplicate,
}

impl Missing {
    /// The word in decision records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Unreadable => "unreadable",
            Self::AllTrusted => "all_trusted",
            Self::Duplicate => "duplicate",
        }
    }
}

impl Client {
    const fn known(address: IpAddr, via: Via) -> Self {
        Self { address: Some(address), via, missing: None }
    }

    const fn unknown(via: Via, why: Missing) -> Self {
        Self { address: None, via, missing: Some(why) }
    }
}

/// The address that the configured origin vouches for.
pub fn client(config: &GateConfig, request: &Request<'_>, ambient: &Ambient<'_>) -> Client {
    let direct = |peer: Option<Option<IpAddr>>| match peer {
        Some(Some(peer)) => Client::known(peer, Via::Direct),
        Some(None) => Client::unknown(Via::Direct, Missing::Unreadable),
        None => Client::unknown(Via::Direct, Missing::Absent),
    };
    match &config.client_address {
        ClientAddress::None => Client { address: None, via: Via::Nobody, missing: None },
        ClientAddress::Platform => direct(peer(config, request, ambient)),
        ClientAddress::Spin => direct(spin(request)),
        ClientAddress::Forwarded => {
            let trusts = |address: IpAddr| trusts(&config.trusted_proxies, address);
            let hop = match peer(config, request, ambient) {
                // The peer speaks for itself only, unless it is trusted.
                Some(Some(peer)) if !trusts(peer) => return Client::known(peer, Via::Direct),
                Some(Some(peer)) => Some(peer),
                Some(None) => return Client::unknown(Via::Direct, Missing::Unreadable),
                None => None,
            };
            match config.client_header.as_str() {
                "x-forwarded-for" => chain(hop, trusts, lines(request, "x-forwarded-for").map(|line| line.map(split_plain))),
                "forwarded" => chain(hop, trusts, lines(request, "forwarded").map(|line| line.map(split_quoted))),
                single => {
                    let mut values = lines(request, single);
                    let address = match (values.next(), values.next()) {
                        (None, _) => return Client::unknown(Via::Hop(hop), Missing::Absent),
                        (Some(_), Some(_)) => return Client::unknown(Via::Hop(hop), Missing::Duplicate),
                        (Some(value), None) => value.and_then(|value| parse(value.trim_matches([' ', '\t']))),
                    };
                    match address {
                        Some(address) => Client::known(address, Via::Hop(hop)),
                        None => Client::unknown(Via::Hop(hop), Missing::Unreadable),
                    }
                }
            }
        }
    }
}

fn trusts(networks: &[Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

/// Who connected: `None` if nobody tells, `Some(None)` if what is told cannot be read.
fn peer(config: &GateConfig, request: &Request<'_>, ambient: &Ambient<'_>) -> Option<Option<IpAddr>> {
    let connected = match config.peer {
        Peer::Platform => ambient.platform_address.map(parse),
        Peer::Spin => spin(request),
    };
    if !config.proxy_protocol {
        return connected;
    }
    match (connected, ambient.proxy_line) {
        // A line that came from anybody but a trusted load balancer is the client's own.
        (Some(Some(peer)), _) if !trusts(&config.trusted_proxies, peer) => connected,
        (Some(None), _) => connected,
        (_, Some(line)) => Some(proxy_source(line)),
        (_, None) => connected,
    }
}

fn spin(request: &Request<'_>) -> Option<Option<IpAddr>> {
    request.header_values("spin-client-addr").last().map(|value| text(value).and_then(parse))
}

/// The values of a header, last line first; `None` for one that is not UTF-8.
fn lines<'a>(request: &Request<'a>, name: &str) -> impl Iterator<Item = Option<&'a str>> + use<'a> {
    let lines: Vec<&'a [u8]> = request.header_values(name).collect();
    lines.into_iter().rev().map(text)
}

/// Reads the elements of a chain from the right, until one is not trusted.
fn chain<I: Iterator<Item = Option<IpAddr>>>(
    mut hop: Option<IpAddr>,
    trusts: impl Fn(IpAddr) -> bool,
    lines: impl Iterator<Item = Option<I>>,
) -> Client {
    let mut any = false;
    for line in lines {
        let Some(elements) = line else { return Client::unknown(Via::Hop(hop), Missing::Unreadable) };
        for element in elements {
            any = true;
            // A hop that cannot be read may hide anything to its left.
            let Some(address) = element else { return Client::unknown(Via::Hop(hop), Missing::Unreadable) };
            if !trusts(address) {
                return Client::known(address, Via::Hop(hop));
            }
            hop = Some(address);
        }
    }
    Client::unknown(Via::Hop(hop), if any { Missing::AllTrusted } else { Missing::Absent })
}

/// The elements of `X-Forwarded-For`, last first. An empty one is a hop that said nothing, and cannot be read.
fn split_plain(line: &str) -> impl Iterator<Item = Option<IpAddr>> + use<'_> {
    line.rsplit(',').map(|element| parse(element.trim_matches([' ', '\t'])))
}

/// The elements of `Forwarded` (RFC 7239), last first. Read from the right, so that an open quotation mark far to the left,
/// which a client may have sent, cannot swallow what the proxies wrote behind it.
fn split_quoted(line: &str) -> impl Iterator<Item = Option<IpAddr>> + use<'_> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        let start = last_comma(line);
        let element = line.get(start.map_or(0, |comma| comma + 1)..).unwrap_or_default();
        rest = start.and_then(|comma| line.get(..comma));
        Some(forwarded_for(element.trim_matches([' ', '\t'])))
    })
}

/// The last comma that stands in no quoted string, seen from the end of the line.
fn last_comma(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let mut quoted = false;
    for (at, byte) in bytes.iter().enumerate().rev() {
        match byte {
            b'"' => {
                // Inside a quoted string `\"` is a character of it (RFC 9110, section 5.6.4).
                let escapes = bytes.get(..at).unwrap_or_default().iter().rev().take_while(|b| **b == b'\\').count();
                if !quoted || escapes % 2 == 0 {
                    quoted = !quoted;
                }
            }
            b',' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// The address of the one `for` parameter of an element: `for=192.0.2.43;proto=https`, `for="[2001:db8::1]:47011"`.
/// `unknown` and obfuscated identifiers (`_hidden`) are no address.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut found = None;
    for pair in pairs(element)? {
        let (name, value) = pair.split_once('=')?;
        if !name.eq_ignore_ascii_case("for") {
            continue;
        }
        let value = match value.strip_prefix('"') {
            // RFC 7239 has nodes without escapes; one that is escaped is somebody's trick.
            Some(quoted) => quoted.strip_suffix('"').filter(|inside| !inside.contains(['"', '\\']))?,
            // Colons and brackets may not stand in a token, but proxies write them so, and it can be read in one way only.
            None => Some(value).filter(|value| !value.contains(['"', ' ', '\t']))?,
        };
        let value = value.rsplit_once(":_").map_or(value, |(node, port)| if obfuscated(port) { node } else { value });
        if found.replace(parse(value)?).is_some() {
            return None;
        }
    }
    found
}

/// The rest of an obfuscated port (`_8080x`, RFC 7239 section 6.3).
fn obfuscated(port: &str) -> bool {
    !port.is_empty() && port.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// The pairs of an element, split at semicolons outside quoted strings; `None` if a quoted string does not end.
fn pairs(element: &str) -> Option<Vec<&str>> {
    let (mut out, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in element.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b';' if !quoted => {
                out.push(element.get(start..at)?.trim_matches([' ', '\t']));
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(element.get(start..)?.trim_matches([' ', '\t']));
    (!quoted).then_some(out)
}

/// The source of a PROXY protocol line, version 1: `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443`. The adapter hands over
/// the line, with or without its line end. `None` for `UNKNOWN` and for anything that is no such line.
#[inline(never)]
fn proxy_source(line: &str) -> Option<IpAddr> {
    let line = line.strip_suffix("\r\n").unwrap_or(line);
    // The longest line that the protocol has is 107 bytes with its end.
    if line.len() > 105 {
        return None;
    }
    let parts: Vec<&str> = line.split(' ').collect();
    let ["PROXY", family, source, destination, source_port, destination_port] = parts.as_slice() else { return None };
    let (source, destination): (IpAddr, IpAddr) = (source.parse().ok()?, destination.parse().ok()?);
    let fits = match *family {
        "TCP4" => source.is_ipv4() && destination.is_ipv4(),
        "TCP6" => source.is_ipv6() && destination.is_ipv6(),
        _ => false,
    };
    let port = |text: &str| text.parse::<u16>().is_ok_and(|port| port.to_string() == text);
    (fits && port(source_port) && port(destination_port)).then(|| source.to_canonical())
}

/// Names of address and place headers that were sent and not used, sorted, each once. `used` are those that were.
pub(crate) fn ignored_headers<'c>(config: &'c GateConfig, request: &Request<'_>, used: &[&str]) -> Vec<&'c str> {
    let own = || config.platform_geo.iter().flat_map(|geo| geo.header_names());
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in &request.headers {
        let name = name.to_ascii_lowercase();
        let listed = ADDRESS_HEADERS.binary_search(&name.as_str()).ok().and_then(|at| ADDRESS_HEADERS.get(at).copied());
        if let Some(known) = listed.or_else(|| own().find(|own| *own == name)).filter(|known| !used.contains(known)) {
            names.push(known);
        }
    }
    sort(&mut names, |a, b| a < b);
    names.dedup();
    names
}

/// The header that the client's address was read from, if one was.
pub(crate) fn used_header<'c>(config: &'c GateConfig, client: &Client) -> [&'c str; 2] {
    let peer = if config.peer == Peer::Spin { "spin-client-addr" } else { "" };
    match (&config.client_address, client.via) {
        (ClientAddress::Spin, _) => ["spin-client-addr", ""],
        // An untrusted peer speaks for itself: its header was passed over.
        (ClientAddress::Forwarded, Via::Hop(_)) => [&config.client_header, peer],
        (ClientAddress::Forwarded, _) => ["", peer],
        (ClientAddress::None | ClientAddress::Platform, _) => ["", ""],
    }
}

fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok()
}

/// Reads an address with or without port, brackets and zone: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`,
/// `[2001:db8::1]:80`, `fe80::1%eth0`. IPv4-mapped addresses become IPv4.
pub(crate) fn parse(value: &str) -> Option<IpAddr> {
    let port = |rest: &str| rest.is_empty() || rest.strip_prefix(':').is_some_and(|p| p.parse::<u16>().is_ok());
    let bare = if let Some(rest) = value.strip_prefix('[') {
        let (inside, behind) = rest.split_once(']')?;
        if !port(behind) || !inside.contains(':') {
            return None;
        }
        inside
    } else if let Some((address, behind)) = value.split_once(':').filter(|(_, rest)| !rest.contains(':')) {
        // One colon only: IPv4 with a port.
        return (behind.parse::<u16>().is_ok()).then(|| address.parse::<Ipv4Addr>().ok()).flatten().map(IpAddr::V4);
    } else {
        value
    };
    let bare = match bare.split_once('%') {
        Some((address, zone)) if !zone.is_empty() && address.contains(':') => address,
        Some(_) => return None,
        None => bare,
    };
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests;
