use proptest::prelude::*;

use super::*;
use crate::config::tests::config;

fn ambient(platform: Option<&str>) -> Ambient<'_> {
    Ambient { platform_address: platform, ..Ambient::default() }
}

fn request<'a>(headers: &[(&'a str, &'a str)]) -> Request<'a> {
    Request { method: "GET", authority: "h", path_and_query: "/", headers: headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect() }
}

fn address(pairs: &[(&str, &str)], headers: &[(&str, &str)], platform: Option<&str>) -> Option<String> {
    client(&config(pairs).unwrap(), &request(headers), &ambient(platform)).address.map(|a| a.to_string())
}

const FORWARDED: [(&str, &str); 2] =
    [("WEIGHBRIDGE_CLIENT_ADDRESS", "forwarded"), ("WEIGHBRIDGE_TRUSTED_PROXIES", "10.0.0.0/8,2001:db8::/32")];
const RFC7239: [(&str, &str); 3] = [FORWARDED[0], FORWARDED[1], ("WEIGHBRIDGE_CLIENT_HEADER", "Forwarded")];

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
    assert_eq!(ignored_headers(&config(&[]).unwrap(), &request(&headers), &[]), ADDRESS_HEADERS);
    assert_eq!(ignored_headers(&config(&[]).unwrap(), &request(&[]), &[]), [""; 0]);
    assert!(ADDRESS_HEADERS.is_sorted() && SINGLE_HEADERS.iter().all(|name| ADDRESS_HEADERS.contains(name)));
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
    let configured = config(&spin).unwrap();
    let client = client(&configured, &request(&headers), &ambient(None));
    let used = used_header(&configured, &client);
    assert_eq!(ignored_headers(&configured, &request(&headers), &used), ["cf-ipcountry", "x-forwarded-for"]);
    assert_eq!(address(&[("WEIGHBRIDGE_CLIENT_ADDRESS", "platform")], &headers, Some("192.0.2.9")).as_deref(), Some("192.0.2.9"));
    assert_eq!(address(&[("WEIGHBRIDGE_CLIENT_ADDRESS", "platform")], &headers, None), None);
}

#[test]
fn forwarded_is_read_from_the_right() {
    let from = |lines: &[&'static str], peer| {
        let headers: Vec<(&str, &str)> = lines.iter().map(|l| ("x-forwarded-for", *l)).collect();
        address(&FORWARDED, &headers, peer)
    };
    let some = |t: &str| Some(t.to_owned());
    assert_eq!(from(&["198.51.100.7"], None), some("198.51.100.7"));
    assert_eq!(from(&["203.0.113.5, 198.51.100.7, 10.0.0.1"], None), some("198.51.100.7"), "the left is the client's own word");
    assert_eq!(from(&["203.0.113.5", "198.51.100.7:99,[2001:db8::1]:7", "10.0.0.1"], None), some("198.51.100.7"), "lines are one list");
    assert_eq!(from(&["198.51.100.7, fe80::1%eth0"], None), some("fe80::1"), "a zone is of no matter");
    assert_eq!(from(&["::ffff:10.0.0.2, 10.0.0.1"], None), None, "all hops trusted: nobody is left");
    assert_eq!(from(&["198.51.100.7, unknown, 10.0.0.1"], None), None, "an unreadable hop ends it");
    assert_eq!(from(&["198.51.100.7,,10.0.0.1"], None), None, "a hop that said nothing may be anybody");
    assert_eq!(from(&["198.51.100.7,"], None), None);
    assert_eq!(from(&["198.51.100.7", "\u{fc}"], None), None);
    assert_eq!(from(&[], None), None);
    assert_eq!(from(&["203.0.113.5"], Some("10.0.0.1:80")), some("203.0.113.5"));
    assert_eq!(from(&["203.0.113.5"], Some("198.51.100.9")), some("198.51.100.9"), "an untrusted peer speaks for itself only");
    assert_eq!(from(&["203.0.113.5"], Some("?")), None);
}

#[test]
fn why_there_is_no_address_is_told() {
    let why = |line: &[&'static str], peer| {
        let headers: Vec<(&str, &str)> = line.iter().map(|l| ("x-forwarded-for", *l)).collect();
        client(&config(&FORWARDED).unwrap(), &request(&headers), &ambient(peer))
    };
    assert_eq!(why(&[], None).missing, Some(Missing::Absent));
    assert_eq!(why(&["10.0.0.2,10.0.0.1"], None).missing, Some(Missing::AllTrusted));
    assert_eq!(why(&["198.51.100.7,_hidden"], None).missing, Some(Missing::Unreadable));
    let seen = why(&["198.51.100.7, 10.0.0.9"], Some("10.0.0.1"));
    assert_eq!((seen.via, seen.missing), (Via::Hop(Some("10.0.0.9".parse().unwrap())), None), "the hop that saw the client");
    assert_eq!(why(&["198.51.100.7"], None).via, Via::Hop(None));
    assert_eq!(why(&["198.51.100.7"], Some("198.51.100.9")).via, Via::Direct);
}

/// RFC 7239, sections 4 and 6, and what proxies make of it.
#[test]
fn forwarded_of_rfc_7239() {
    let from = |lines: &[&'static str]| {
        let headers: Vec<(&str, &str)> = lines.iter().map(|l| ("Forwarded", *l)).collect();
        address(&RFC7239, &headers, None)
    };
    for (lines, want) in [
        (&["for=192.0.2.43"][..], Some("192.0.2.43")),
        (&["For=\"[2001:db9:cafe::17]:4711\""], Some("2001:db9:cafe::17")),
        (&["for=192.0.2.60;proto=http;by=203.0.113.43"], Some("192.0.2.60")),
        (&["by=203.0.113.43; for=192.0.2.60 ;proto=http"], Some("192.0.2.60")),
        (&["for=192.0.2.43, for=198.51.100.17"], Some("198.51.100.17")),
        (&["for=192.0.2.43, for=\"[2001:db8:cafe::17]:47011\", for=10.0.0.1;host=\"a,b;c\""], Some("192.0.2.43")),
        (&["for=192.0.2.43", "for=10.0.0.2", "for=\"10.0.0.1:80\""], Some("192.0.2.43")),
        (&["for=\"192.0.2.43:_obf.us-cated\""], Some("192.0.2.43")),
        (&["for=192.0.2.43:47011"], Some("192.0.2.43")),
        (&["for=\"[fe80::1%25eth0]:1\""], Some("fe80::1")),
        // An open quotation mark that the client sent does not swallow what the proxy wrote behind it.
        (&["for=\"evil, for=192.0.2.43"], Some("192.0.2.43")),
        (&["for=\"evil\\\", for=192.0.2.43, for=10.0.0.1"], Some("192.0.2.43")),
        (&["host=\"x\", for=192.0.2.43;host=\"a\\\"b,c\", for=10.0.0.1"], Some("192.0.2.43")),
        (&["for=unknown"], None),
        (&["for=_hidden, for=_SEVKISEK"], None),
        (&["for=192.0.2.43, for=_hidden"], None),
        (&["for=192.0.2.43;for=192.0.2.44"], None),
        (&["for=192.0.2.43, proto=https"], None),
        (&["for=192.0.2.43,, for=10.0.0.1"], None),
        (&["for=\"192.0.2.43"], None),
        (&["for=\"192.0.2.4\\3\""], None),
        (&["for"], None),
        (&[""], None),
    ] {
        assert_eq!(from(lines).as_deref(), want, "{lines:?}");
    }
    // Only the header that is configured is read.
    assert_eq!(address(&RFC7239, &[("x-forwarded-for", "192.0.2.1")], None), None);
    assert_eq!(address(&FORWARDED, &[("forwarded", "for=192.0.2.1")], None), None);
}

#[test]
fn a_header_with_one_address_counts_once_and_from_a_trusted_peer() {
    let single = [FORWARDED[0], FORWARDED[1], ("WEIGHBRIDGE_CLIENT_HEADER", "CF-Connecting-IP")];
    let from = |values: &[&'static str], peer| {
        let headers: Vec<(&str, &str)> = values.iter().map(|v| ("cf-connecting-ip", *v)).collect();
        client(&config(&single).unwrap(), &request(&headers), &ambient(peer))
    };
    assert_eq!(from(&["192.0.2.1"], Some("10.0.0.1")).address.map(|a| a.to_string()).as_deref(), Some("192.0.2.1"));
    assert_eq!(from(&["192.0.2.1", "192.0.2.1"], Some("10.0.0.1")).missing, Some(Missing::Duplicate));
    assert_eq!(from(&["192.0.2.1, 192.0.2.2"], Some("10.0.0.1")).missing, Some(Missing::Unreadable));
    assert_eq!(from(&["192.0.2.1"], Some("198.51.100.9")).address.map(|a| a.to_string()).as_deref(), Some("198.51.100.9"));
    assert_eq!(from(&[], None).missing, Some(Missing::Absent));
}

#[test]
fn direct_and_cdn_traffic_in_one_deployment() {
    // Under Spin the peer is in Spin's own header.
    let mixed = [FORWARDED[0], FORWARDED[1], ("WEIGHBRIDGE_PEER_ADDRESS", "spin")];
    let from =
        |peer: &'static str, forwarded: &'static str| address(&mixed, &[("x-forwarded-for", forwarded), ("spin-client-addr", peer)], None);
    assert_eq!(from("10.0.0.1:80", "192.0.2.1").as_deref(), Some("192.0.2.1"), "through the CDN");
    assert_eq!(from("198.51.100.9:80", "192.0.2.1").as_deref(), Some("198.51.100.9"), "past it, with a forged header");
    let configured = config(&mixed).unwrap();
    let headers = request(&[("x-forwarded-for", "192.0.2.1"), ("spin-client-addr", "198.51.100.9:80")]);
    let seen = client(&configured, &headers, &ambient(None));
    assert_eq!(ignored_headers(&configured, &headers, &used_header(&configured, &seen)), ["x-forwarded-for"]);
}

#[test]
fn proxy_lines() {
    for (line, want) in [
        ("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", Some("192.0.2.1")),
        ("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443", Some("192.0.2.1")),
        ("PROXY TCP6 2001:db9::1 2001:db9::2 0 65535\r\n", Some("2001:db9::1")),
        ("PROXY TCP6 ::ffff:192.0.2.1 2001:db9::2 1 2\r\n", Some("192.0.2.1")),
        ("PROXY UNKNOWN\r\n", None),
        ("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", None),
        ("PROXY TCP4 2001:db9::1 198.51.100.1 1 2\r\n", None),
        ("PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n", None),
        ("PROXY TCP4 192.0.2.1 198.51.100.1 1\r\n", None),
        ("PROXY TCP4 192.0.2.1 198.51.100.1 1 65536\r\n", None),
        ("PROXY TCP4 192.0.2.1 198.51.100.1 01 2\r\n", None),
        ("PROXY TCP4  192.0.2.1 198.51.100.1 1 2\r\n", None),
        ("PROXY TCP4 192.0.2.1 198.51.100.1 1 2\r\nGET /", None),
        ("proxy TCP4 192.0.2.1 198.51.100.1 1 2", None),
        ("", None),
    ] {
        assert_eq!(proxy_source(line).map(|a| a.to_string()).as_deref(), want, "{line:?}");
    }
}

#[test]
fn a_proxy_line_counts_from_a_trusted_load_balancer() {
    let line = Some("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n");
    let with = |pairs: &[(&str, &str)], peer, headers: &[(&str, &str)]| {
        let ambient = Ambient { platform_address: peer, proxy_line: line, ..Ambient::default() };
        client(&config(pairs).unwrap(), &request(headers), &ambient).address.map(|a| a.to_string())
    };
    let platform = [("WEIGHBRIDGE_CLIENT_ADDRESS", "platform"), FORWARDED[1], ("WEIGHBRIDGE_PROXY_PROTOCOL", "on")];
    assert_eq!(with(&platform, Some("10.0.0.1"), &[]).as_deref(), Some("192.0.2.1"));
    assert_eq!(with(&platform, Some("198.51.100.9"), &[]).as_deref(), Some("198.51.100.9"), "anybody can write such a line");
    assert_eq!(with(&platform[..1], Some("10.0.0.1"), &[]).as_deref(), Some("10.0.0.1"), "not configured, not read");
    // Behind the load balancer stands a CDN, or a client.
    let chained = [FORWARDED[0], ("WEIGHBRIDGE_TRUSTED_PROXIES", "10.0.0.0/8,192.0.2.0/24"), ("WEIGHBRIDGE_PROXY_PROTOCOL", "on")];
    assert_eq!(with(&chained, Some("10.0.0.1"), &[("x-forwarded-for", "203.0.113.5")]).as_deref(), Some("203.0.113.5"));
    let direct = [FORWARDED[0], FORWARDED[1], ("WEIGHBRIDGE_PROXY_PROTOCOL", "on")];
    assert_eq!(with(&direct, Some("10.0.0.1"), &[("x-forwarded-for", "203.0.113.5")]).as_deref(), Some("192.0.2.1"));
}

/// What an honest chain is made of: a client, then trusted proxies.
fn hops() -> impl Strategy<Value = Vec<String>> {
    let client =
        prop_oneof![Just("198.51.100.7".to_owned()), Just("2001:db9::7".to_owned()), Just("unknown".to_owned()), Just("_x".to_owned())];
    let proxy = prop_oneof![Just("10.0.0.1".to_owned()), Just("2001:db8::1".to_owned()), Just("10.9.9.9:80".to_owned())];
    (client, prop::collection::vec(proxy, 0..4)).prop_map(|(client, proxies)| std::iter::once(client).chain(proxies).collect())
}

fn element(hop: &str) -> String {
    if hop.contains(':') {
        if hop.contains("::") { format!("for=\"[{hop}]\"") } else { format!("for=\"{hop}\"") }
    } else {
        format!("for={hop};proto=https")
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_on_the_left_of_a_chain_changes_the_answer(
        hops in hops(),
        junk in prop_oneof!["[ -~]{0,40}", "(for=|\"|\\\\|,|;|10\\.0\\.0\\.1|192\\.0\\.2\\.1|\\[|\\]|:|_| ){0,12}"],
        own_line in any::<bool>(),
        quoted in any::<bool>(),
        peer in prop::option::of(Just("10.0.0.1")),
    ) {
        let (pairs, name): (&[(&str, &str)], _) = if quoted { (&RFC7239, "forwarded") } else { (&FORWARDED, "x-forwarded-for") };
        let chain: Vec<String> = hops.iter().map(|hop| if quoted { element(hop) } else { hop.clone() }).collect();
        let chain = chain.join(", ");
        let joined = format!("{junk},{chain}");
        let lines = if own_line { vec![(name, junk.as_str()), (name, chain.as_str())] } else { vec![(name, joined.as_str())] };
        let config = config(pairs).unwrap();
        let honest = client(&config, &request(&[(name, &chain)]), &ambient(peer));
        let forged = client(&config, &request(&lines), &ambient(peer));
        prop_assert_eq!(honest, forged, "{:?}", lines);
    }

    #[test]
    fn no_header_panics(bytes in prop::collection::vec(any::<u8>(), 0..60), header in prop::sample::select(vec!["x-forwarded-for", "forwarded", "cf-connecting-ip"])) {
        let pairs = [FORWARDED[0], FORWARDED[1], ("WEIGHBRIDGE_CLIENT_HEADER", header)];
        let request = Request { method: "GET", authority: "h", path_and_query: "/", headers: vec![(header, &bytes)] };
        let _ = client(&config(&pairs).unwrap(), &request, &ambient(None));
        let _ = proxy_source(&String::from_utf8_lossy(&bytes));
    }
}
