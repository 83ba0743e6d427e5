//! Which address the request comes from, and who vouches for it.
//!
//! A header counts only if the configuration says who sets it. What a client can send itself changes
//! nothing, and the record names it (`ignored_headers`).

use std::net::{IpAddr, Ipv4Addr};

use crate::config::{ClientAddress, GateConfig};
use crate::{Ambient, Request};

/// Headers that some proxy or platform uses for the client's address or place. None is read unless the
/// configuration names its origin; none goes on to the origin as it came.
pub(crate) const ADDRESS_HEADERS: [&str; 17] = [
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "cf-ipcountry",
    "cf-region-code",
    "client-ip",
    "cloudfront-viewer-country",
    "fastly-client-ip",
    "fly-client-ip",
    "forwarded",
    "spin-client-addr",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-country-code",
    "x-envoy-external-address",
    "x-forwarded-for",
    "x-real-ip",
];

/// The address that the configured origin vouches for; `None` if there is none or it cannot be read.
pub fn client_address(config: &GateConfig, request: &Request<'_>, ambient: &Ambient<'_>) -> Option<IpAddr> {
    match &config.client_address {
        ClientAddress::None => None,
        ClientAddress::Platform => ambient.platform_address.and_then(parse),
        ClientAddress::Spin => request.header_values("spin-client-addr").last().and_then(text).and_then(parse),
        ClientAddress::Forwarded(trusted) => {
            let trusts = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
            // If the platform tells who connected, that hop must be trusted, too.
            if let Some(peer) = ambient.platform_address {
                let peer = parse(peer)?;
                if !trusts(peer) {
                    return Some(peer);
                }
            }
            let lines: Vec<&[u8]> = request.header_values("x-forwarded-for").collect();
            for line in lines.iter().rev() {
                for part in text(line)?.split(',').rev() {
                    // A hop that cannot be read may hide anything to its left.
                    let address = parse(part.trim_matches([' ', '\t']))?;
                    if !trusts(address) {
                        return Some(address);
                    }
                }
            }
            None
        }
    }
}

/// Names of address headers that were sent and not used, sorted, each once.
pub fn ignored_headers(config: &GateConfig, request: &Request<'_>) -> Vec<&'static str> {
    let used = match config.client_address {
        ClientAddress::Spin => "spin-client-addr",
        ClientAddress::Forwarded(_) => "x-forwarded-for",
        ClientAddress::None | ClientAddress::Platform => "",
    };
    let sent = |name: &str| request.header_values(name).next().is_some();
    ADDRESS_HEADERS.into_iter().filter(|name| *name != used && sent(name)).collect()
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
mod tests {
    use super::*;
    use crate::config::tests::config;

    fn ambient(platform: Option<&'static str>) -> Ambient<'static> {
        Ambient { now: 0, nonce: [0; 16], platform_address: platform, clock_ns: None }
    }

    fn request<'a>(headers: &[(&'a str, &'a str)]) -> Request<'a> {
        Request { method: "GET", authority: "h", path_and_query: "/", headers: headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect() }
    }

    fn address(pairs: &[(&str, &str)], headers: &[(&str, &str)], platform: Option<&'static str>) -> Option<String> {
        client_address(&config(pairs).unwrap(), &request(headers), &ambient(platform)).map(|a| a.to_string())
    }

    #[test]
    fn address_forms() {
        for (value, want) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:443", Some("192.0.2.1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("[fe80::1%25eth0]:1", Some("fe80::1")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("[::ffff:c000:201]:8", Some("192.0.2.1")),
            ("", None),
            ("unknown", None),
            ("_hidden", None),
            ("192.0.2.1:", None),
            ("192.0.2.1:99999", None),
            ("192.0.2.1:80:90", None),
            ("192.0.2.01", None),
            ("192.0.2", None),
            ("192.0.2.1%1", None),
            ("[192.0.2.1]", None),
            ("[2001:db8::1", None),
            ("[2001:db8::1]443", None),
            ("2001:db8::1]", None),
        ] {
            assert_eq!(parse(value).map(|a| a.to_string()).as_deref(), want, "{value}");
        }
    }

    #[test]
    fn by_default_no_header_says_anything() {
        let headers: Vec<(&str, &str)> = ADDRESS_HEADERS.iter().map(|n| (*n, "192.0.2.1")).collect();
        assert_eq!(address(&[], &headers, Some("192.0.2.9")), None);
        assert_eq!(ignored_headers(&config(&[]).unwrap(), &request(&headers)), ADDRESS_HEADERS);
        assert_eq!(ignored_headers(&config(&[]).unwrap(), &request(&[])), [""; 0]);
    }

    #[test]
    fn each_origin_reads_its_own_word_only() {
        let headers = [
            ("X-Forwarded-For", "192.0.2.1"),
            ("Spin-Client-Addr", "192.0.2.2:5"),
            ("spin-client-addr", "192.0.2.3:6"),
            ("CF-IPCountry", "DE"),
        ];
        let spin = [("WEIGHBRIDGE_CLIENT_ADDRESS", "spin")];
        assert_eq!(address(&spin, &headers, Some("192.0.2.9")).as_deref(), Some("192.0.2.3"));
        assert_eq!(ignored_headers(&config(&spin).unwrap(), &request(&headers)), ["cf-ipcountry", "x-forwarded-for"]);
        assert_eq!(address(&[("WEIGHBRIDGE_CLIENT_ADDRESS", "platform")], &headers, Some("192.0.2.9")).as_deref(), Some("192.0.2.9"));
        assert_eq!(address(&[("WEIGHBRIDGE_CLIENT_ADDRESS", "platform")], &headers, None), None);
    }

    #[test]
    fn forwarded_is_read_from_the_right() {
        let pairs = [("WEIGHBRIDGE_CLIENT_ADDRESS", "forwarded"), ("WEIGHBRIDGE_TRUSTED_PROXIES", "10.0.0.0/8,2001:db8::/32")];
        let from = |lines: &[&'static str], peer| {
            let headers: Vec<(&str, &str)> = lines.iter().map(|l| ("x-forwarded-for", *l)).collect();
            address(&pairs, &headers, peer)
        };
        let some = |t: &str| Some(t.to_owned());
        assert_eq!(from(&["198.51.100.7"], None), some("198.51.100.7"));
        assert_eq!(from(&["203.0.113.5, 198.51.100.7, 10.0.0.1"], None), some("198.51.100.7"), "the left is the client's own word");
        assert_eq!(from(&["203.0.113.5", "198.51.100.7:99,[2001:db8::1]:7", "10.0.0.1"], None), some("198.51.100.7"), "lines are one list");
        assert_eq!(from(&["::ffff:10.0.0.2, 10.0.0.1"], None), None, "all hops trusted: nobody is left");
        assert_eq!(from(&["198.51.100.7, unknown, 10.0.0.1"], None), None, "an unreadable hop ends it");
        assert_eq!(from(&["198.51.100.7,,10.0.0.1"], None), None);
        assert_eq!(from(&["198.51.100.7", "\u{fc}"], None), None);
        assert_eq!(from(&[], None), None);
        assert_eq!(from(&["203.0.113.5"], Some("10.0.0.1:80")), some("203.0.113.5"));
        assert_eq!(from(&["203.0.113.5"], Some("198.51.100.9")), some("198.51.100.9"), "an untrusted peer speaks for itself only");
        assert_eq!(from(&["203.0.113.5"], Some("?")), None);
    }
}
