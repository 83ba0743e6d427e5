//! Addresses that no country has: what an address says of itself, before any table is asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::address::{canonical, tunnel};
use crate::words::{NetworkClass, NetworkSet};

/// The class that an address has by its own bits, if it has one.
///
/// `Private`: the special-purpose blocks of the IANA registries (RFC 6890) that are not globally reachable: this network,
/// private use (RFC 1918), shared (RFC 6598, CGNAT), loopback, link-local, unique local (RFC 4193), benchmarking, multicast,
/// reserved. The blocks for documentation are left out: examples and tests give them places.
///
/// `Tunnel`: 6to4 (RFC 3056) and Teredo (RFC 4380). What IPv4 address they lead with is a relay's or a server's.
///
/// IPv4 inside IPv6 is judged as IPv4: mapped (RFC 4291) and NAT64 with the well-known prefix (RFC 6052).
pub fn class_of(address: IpAddr) -> Option<NetworkClass> {
    match canonical(address) {
        IpAddr::V4(v4) => v4_class(v4),
        IpAddr::V6(v6) => v6_class(v6),
    }
}

/// The same as a set.
pub fn classes_of(address: IpAddr) -> NetworkSet {
    class_of(address).map_or(NetworkSet::EMPTY, NetworkSet::of)
}

fn v4_class(address: Ipv4Addr) -> Option<NetworkClass> {
    const PRIVATE: [(u32, u32); 11] = [
        (0x0000_0000, 8),  // 0.0.0.0/8
        (0x0a00_0000, 8),  // 10.0.0.0/8
        (0x6440_0000, 10), // 100.64.0.0/10
        (0x7f00_0000, 8),  // 127.0.0.0/8
        (0xa9fe_0000, 16), // 169.254.0.0/16
        (0xac10_0000, 12), // 172.16.0.0/12
        (0xc000_0000, 24), // 192.0.0.0/24
        (0xc0a8_0000, 16), // 192.168.0.0/16
        (0xc612_0000, 15), // 198.18.0.0/15
        (0xe000_0000, 4),  // 224.0.0.0/4
        (0xf000_0000, 4),  // 240.0.0.0/4
    ];
    let bits = address.to_bits();
    PRIVATE.iter().any(|(base, length)| (bits ^ base) >> (32 - length) == 0).then_some(NetworkClass::Private)
}

fn v6_class(address: Ipv6Addr) -> Option<NetworkClass> {
    const PRIVATE: [(u128, u32); 8] = [
        (0, 96),                      // ::/96: unspecified, loopback, what was IPv4-compatible
        (0x0064_ff9b_0001 << 80, 48), // 64:ff9b:1::/48
        (0x0100 << 112, 64),          // 100::/64
        (0x5f00 << 112, 16),          // 5f00::/16
        (0xfc00 << 112, 7),           // fc00::/7
        (0xfe80 << 112, 10),          // fe80::/10
        (0xfec0 << 112, 10),          // fec0::/10
        (0xff00 << 112, 8),           // ff00::/8
    ];
    let bits = address.to_bits();
    if PRIVATE.iter().any(|(base, length)| (bits ^ base) >> (128 - length) == 0) {
        Some(NetworkClass::Private)
    } else {
        tunnel(address.into()).map(|_| NetworkClass::Tunnel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_no_country() {
        use NetworkClass::{Private, Tunnel};
        for (first, last, class) in [
            ("0.0.0.0", "0.255.255.255", Private),
            ("10.0.0.0", "10.255.255.255", Private),
            ("100.64.0.0", "100.127.255.255", Private),
            ("127.0.0.0", "127.255.255.255", Private),
            ("169.254.0.0", "169.254.255.255", Private),
            ("172.16.0.0", "172.31.255.255", Private),
            ("192.168.0.0", "192.168.255.255", Private),
            ("198.18.0.0", "198.19.255.255", Private),
            ("224.0.0.0", "255.255.255.255", Private),
            ("::", "::1", Private),
            ("::ffff:10.0.0.1", "64:ff9b::10.0.0.1", Private),
            ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Private),
            ("fe80::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Private),
            ("ff02::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Private),
            ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", Private),
            ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", Tunnel),
            ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Tunnel),
        ] {
            for address in [first, last] {
                assert_eq!(class_of(address.parse().unwrap()), Some(class), "{address}");
            }
        }
        for address in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.2.1",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:1::",
            "2001:db8::1",
            "2003::1",
            "64:ff9b::192.0.2.1",
            "::ffff:192.0.2.1",
        ] {
            assert_eq!(class_of(address.parse().unwrap()), None, "{address}");
        }
    }
}
