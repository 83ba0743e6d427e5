use proptest::prelude::*;

use super::*;
use crate::config::tests::config;
use crate::{Ambient, address};

const BEHIND: [(&str, &str); 2] =
    [("WEIGHBRIDGE_CLIENT_ADDRESS", "forwarded"), ("WEIGHBRIDGE_TRUSTED_PROXIES", "10.0.0.0/8,203.0.113.0/24")];

fn asked<T>(
    pairs: &[(&str, &str)],
    headers: &[(&str, &str)],
    peer: Option<&str>,
    geo: Option<PlatformGeo<'_>>,
    see: impl FnOnce(Option<Platform<'_>>) -> T,
) -> T {
    let config = config(pairs).unwrap_or_else(|error| panic!("{error}"));
    let headers = headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
    let request = Request { method: "GET", authority: "h", path_and_query: "/", headers };
    let ambient = Ambient { platform_address: peer, platform_geo: geo, ..Ambient::default() };
    let client = address::client(&config, &request, &ambient);
    see(platform(&config, &request, &ambient, &client))
}

/// Place, number, classes, or why not.
fn shown(said: Option<Platform<'_>>) -> String {
    let Some(said) = said else { return "nothing".to_owned() };
    if let Some(ignored) = said.ignored {
        return format!("ignored: {}", ignored.as_str());
    }
    let place = said.place.map_or_else(|| "-".to_owned(), |place| place.to_string());
    let asn = said.asn.map_or_else(String::new, |asn| format!(" AS{asn}"));
    let classes: String = said.networks.iter().map(|class| format!(" {class}")).collect();
    format!("{place}{asn}{classes}")
}

fn all(platform: &str, headers: &[(&str, &str)]) -> String {
    asked(&[("WEIGHBRIDGE_PLATFORM_GEO", platform), ("WEIGHBRIDGE_PLATFORM_GEO_HOPS", "all")], headers, None, None, shown)
}

#[test]
fn each_platforms_words() {
    for (platform, headers, want) in [
        ("cloudflare", &[("CF-IPCountry", "UA"), ("cf-region-code", "43")][..], "UA-43"),
        // Regions of Ukraine by name where the code is not there or not ISO's, and whatever country the platform files them under.
        ("cloudflare", &[("cf-ipcountry", "UA"), ("cf-region", "Crimea")], "UA-43"),
        ("cloudflare", &[("cf-ipcountry", "UA"), ("cf-region-code", "11"), ("cf-region", "Autonomous Republic of Crimea")], "UA-43"),
        ("cloudflare", &[("cf-ipcountry", "UA"), ("cf-region-code", "11")], "UA"),
        ("cloudflare", &[("cf-ipcountry", "RU"), ("cf-region", "Sevastopol")], "UA-40"),
        ("cloudflare", &[("cf-ipcountry", "RU"), ("cf-region-code", "MOW"), ("cf-region", "Moscow")], "RU-MOW"),
        ("cloudflare", &[("cf-ipcountry", "FR"), ("cf-region-code", "IDF"), ("cf-region", "\u{ce}le-de-France")], "FR-IDF"),
        (
            "cloudflare",
            &[("cf-ipcountry", "UA"), ("cf-region-code", "43"), ("cf-region", "Kyiv"), ("cf-region", "Crimea")],
            "ignored: duplicate",
        ),
        ("cloudfront", &[("cloudfront-viewer-country", "UA"), ("cloudfront-viewer-country-region-name", "Donetsk Oblast")], "UA-14"),
        ("envoy", &[("x-geo-country", "UA"), ("x-geo-region", "Luhansk")], "UA-09"),
        ("country=x-c,region-name=x-n", &[("x-c", "UA"), ("x-n", "Kherson")], "UA-65"),
        ("cloudflare", &[("cf-ipcountry", "T1")], "T1"),
        ("cloudflare", &[("cf-ipcountry", "XX")], "XX"),
        (
            "cloudfront",
            &[("cloudfront-viewer-country", "UA"), ("cloudfront-viewer-country-region", "40"), ("cloudfront-viewer-asn", "64496")],
            "UA-40 AS64496",
        ),
        ("cloudfront", &[("cloudfront-viewer-country", "DE"), ("cloudfront-viewer-country-region", "")], "DE"),
        (
            "vercel",
            &[("x-vercel-ip-country", "us"), ("x-vercel-ip-country-region", "CA"), ("x-vercel-ip-as-number", "64497")],
            "US-CA AS64497",
        ),
        (
            "envoy",
            &[
                ("x-geo-country", "FR"),
                ("x-geo-region", "FR-IDF"),
                ("x-geo-asn", "AS64498"),
                ("x-geo-anon-vpn", "true"),
                ("x-geo-anon-tor", "false"),
            ],
            "FR-IDF AS64498 vpn",
        ),
        (
            "akamai",
            &[("x-akamai-edgescape", "georegion=263,country_code=UA,region_code=14,city=DONETSK,asnum=64499,network_type=mobile")],
            "UA-14 AS64499 mobile",
        ),
        ("akamai", &[("x-akamai-edgescape", "country_code=DE"), ("akamai-epd", "av,tn")], "DE vpn tor"),
        ("akamai", &[("x-akamai-edgescape", "georegion=0,country_code=reserved,network=reserved")], "-"),
        ("country=X-Place, region=X-Area,relay=x-relay", &[("x-place", "SG"), ("x-relay", "1")], "SG relay"),
        ("country=x-place", &[], "nothing"),
        // A region that is no code leaves the country; a country that is no code says nothing.
        ("cloudfront", &[("cloudfront-viewer-country", "DE"), ("cloudfront-viewer-country-region", "Bavaria!")], "DE"),
        ("cloudfront", &[("cloudfront-viewer-country", "Germany")], "ignored: unreadable"),
        ("cloudfront", &[("cloudfront-viewer-country", "UA-43")], "ignored: unreadable"),
        ("cloudfront", &[("cloudfront-viewer-country", "DE"), ("cloudfront-viewer-asn", "many")], "ignored: unreadable"),
        ("cloudfront", &[("cloudfront-viewer-country", "DE"), ("CloudFront-Viewer-Country", "IR")], "ignored: duplicate"),
        ("cloudfront", &[("cloudfront-viewer-country", "\u{fc}")], "ignored: unreadable"),
        ("envoy", &[("x-geo-country", "FR"), ("x-geo-anon-vpn", "perhaps")], "ignored: unreadable"),
        ("akamai", &[("x-akamai-edgescape", "country_code=DE,country_code=IR")], "ignored: duplicate"),
        // Another platform's header is not read.
        ("cloudfront", &[("cf-ipcountry", "IR")], "nothing"),
    ] {
        assert_eq!(all(platform, headers), want, "{platform} {headers:?}");
    }
}

#[test]
fn the_adapters_call() {
    let call = [("WEIGHBRIDGE_PLATFORM_GEO", "call"), ("WEIGHBRIDGE_CLIENT_ADDRESS", "platform")];
    let geo =
        PlatformGeo { country: Some("UA"), region: Some("UA-43"), asn: Some(64_496), networks: fastly_networks("hosting", "vpn", "wired") };
    assert_eq!(asked(&call, &[], Some("192.0.2.1"), Some(geo), shown), "UA-43 AS64496 vpn hosting");
    let named = PlatformGeo { country: Some("RU"), region: Some("Republic of Crimea"), ..PlatformGeo::default() };
    assert_eq!(asked(&call, &[], Some("192.0.2.1"), Some(named), shown), "UA-43");
    for (region, place) in [("CR", "UA-43"), ("RU-SEV", "UA-40"), ("MOW", "RU-MOW")] {
        let coded = PlatformGeo { country: Some("RU"), region: Some(region), ..PlatformGeo::default() };
        assert_eq!(asked(&call, &[], Some("192.0.2.1"), Some(coded), shown), place);
    }
    assert_eq!(asked(&call, &[("cf-ipcountry", "DE")], Some("192.0.2.1"), None, shown), "nothing");
    assert_eq!(asked(&[], &[], Some("192.0.2.1"), Some(geo), shown), "nothing", "not configured, not asked");
    // The call tells where the proxy is, not where the client behind it is.
    let behind = [("WEIGHBRIDGE_PLATFORM_GEO", "call"), BEHIND[0], BEHIND[1]];
    assert_eq!(asked(&behind, &[("x-forwarded-for", "192.0.2.1")], Some("10.0.0.1"), Some(geo), shown), "ignored: other_address");
    assert_eq!(asked(&behind, &[("x-forwarded-for", "192.0.2.1")], Some("198.51.100.1"), Some(geo), shown), "UA-43 AS64496 vpn hosting");
    assert_eq!(fastly_networks("anonymous", "tor-exit", "?"), [NetworkClass::Proxy, NetworkClass::Tor].into_iter().collect());
    assert_eq!(fastly_networks("?", "?", "satellite"), NetworkSet::of(NetworkClass::Satellite));
    assert_eq!(fastly_networks("?", "?", "mobile"), NetworkSet::of(NetworkClass::Mobile));
    assert_eq!(fastly_networks("?", "?", "?"), NetworkSet::EMPTY);
}

#[test]
fn a_header_counts_from_the_hop_that_vouches_for_it() {
    // A CDN at 203.0.113.0/24, a load balancer at 10.0.0.1; clients may also come to the load balancer directly.
    let pairs = [BEHIND[0], BEHIND[1], ("WEIGHBRIDGE_PLATFORM_GEO", "cloudflare"), ("WEIGHBRIDGE_PLATFORM_GEO_HOPS", "203.0.113.0/24")];
    let from = |chain: &'static str, peer| asked(&pairs, &[("x-forwarded-for", chain), ("cf-ipcountry", "DE")], peer, None, shown);
    assert_eq!(from("192.0.2.1, 203.0.113.9", Some("10.0.0.1")), "DE", "client, CDN, load balancer");
    assert_eq!(from("192.0.2.1", Some("203.0.113.9")), "DE", "client, CDN");
    assert_eq!(from("192.0.2.1", Some("10.0.0.1")), "ignored: untrusted_hop", "client, load balancer: the header is the client's");
    assert_eq!(from("203.0.113.9, 192.0.2.1", Some("10.0.0.1")), "ignored: untrusted_hop", "a client that pretends to be a CDN");
    assert_eq!(from("192.0.2.1", Some("198.51.100.1")), "ignored: direct", "a client that comes directly");
    assert_eq!(from("192.0.2.1", None), "ignored: unknown_hop");
    assert_eq!(from("192.0.2.1, 203.0.113.9", None), "DE");
    // `all`: the operator's word that nobody comes past the platform, except where somebody is seen to.
    let pairs = [BEHIND[0], BEHIND[1], ("WEIGHBRIDGE_PLATFORM_GEO", "cloudflare"), ("WEIGHBRIDGE_PLATFORM_GEO_HOPS", "all")];
    let from = |chain: &'static str, peer| asked(&pairs, &[("x-forwarded-for", chain), ("cf-ipcountry", "DE")], peer, None, shown);
    assert_eq!(from("192.0.2.1", None), "DE");
    assert_eq!(from("192.0.2.1", Some("10.0.0.1")), "DE");
    assert_eq!(from("192.0.2.1", Some("198.51.100.1")), "ignored: direct");
}

#[test]
fn settings_that_do_not_fit_are_named() {
    for (pairs, variable) in [
        (vec![("WEIGHBRIDGE_PLATFORM_GEO", "cloudfare")], "WEIGHBRIDGE_PLATFORM_GEO"),
        (vec![("WEIGHBRIDGE_PLATFORM_GEO", "cloudflare")], "WEIGHBRIDGE_PLATFORM_GEO"),
        (vec![("WEIGHBRIDGE_PLATFORM_GEO", "country=a b"), ("WEIGHBRIDGE_PLATFORM_GEO_HOPS", "all")], "WEIGHBRIDGE_PLATFORM_GEO"),
        (vec![("WEIGHBRIDGE_PLATFORM_GEO", "region=x-r"), ("WEIGHBRIDGE_PLATFORM_GEO_HOPS", "all")], "WEIGHBRIDGE_PLATFORM_GEO"),
        (vec![("WEIGHBRIDGE_PLATFORM_GEO", "country=a,country=b"), ("WEIGHBRIDGE_PLATFORM_GEO_HOPS", "all")], "WEIGHBRIDGE_PLATFORM_GEO"),
        (
            vec![("WEIGHBRIDGE_PLATFORM_GEO", "cloudflare"), ("WEIGHBRIDGE_PLATFORM_GEO_HOPS", "10.0.0.0/8")],
            "WEIGHBRIDGE_PLATFORM_GEO_HOPS",
        ),
        (vec![("WEIGHBRIDGE_PLATFORM_GEO_HOPS", "all")], "WEIGHBRIDGE_PLATFORM_GEO_HOPS"),
        (vec![("WEIGHBRIDGE_PLATFORM_GEO", "call"), ("WEIGHBRIDGE_PLATFORM_GEO_HOPS", "all")], "WEIGHBRIDGE_PLATFORM_GEO_HOPS"),
        (vec![("WEIGHBRIDGE_GEO_ORDER", "table-first")], "WEIGHBRIDGE_GEO_ORDER"),
        (vec![("WEIGHBRIDGE_PLATFORM_GEO", "call"), ("WEIGHBRIDGE_GEO_ORDER", "mine")], "WEIGHBRIDGE_GEO_ORDER"),
        (vec![("WEIGHBRIDGE_CLIENT_HEADER", "forwarded")], "WEIGHBRIDGE_CLIENT_HEADER"),
        (vec![BEHIND[0], BEHIND[1], ("WEIGHBRIDGE_CLIENT_HEADER", "cloudfront-viewer-address")], "WEIGHBRIDGE_CLIENT_HEADER"),
        (vec![("WEIGHBRIDGE_PEER_ADDRESS", "spin")], "WEIGHBRIDGE_PEER_ADDRESS"),
        (vec![BEHIND[0], BEHIND[1], ("WEIGHBRIDGE_PEER_ADDRESS", "me")], "WEIGHBRIDGE_PEER_ADDRESS"),
        (vec![("WEIGHBRIDGE_PROXY_PROTOCOL", "on")], "WEIGHBRIDGE_PROXY_PROTOCOL"),
        (vec![("WEIGHBRIDGE_PROXY_PROTOCOL", "v1")], "WEIGHBRIDGE_PROXY_PROTOCOL"),
    ] {
        let error = config(&pairs).unwrap_err().to_string();
        assert!(error.starts_with(&format!("`{variable}`")), "{pairs:?}: {error}");
    }
}

proptest! {
    #[test]
    fn no_place_header_panics(value in "[ -~]{0,60}", other in "[ -~]{0,8}") {
        for platform in ["cloudflare", "cloudfront", "vercel", "envoy", "akamai"] {
            for name in crate::address::ADDRESS_HEADERS {
                all(platform, &[(name, &value), ("x-geo-region", &other)]);
            }
        }
    }
}
