//! IPv4 addresses inside IPv6 ones.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A tunnel whose IPv6 addresses carry an IPv4 address. The two ends are in different hands and places, so such an address
/// has no place of its own and is a network class instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tunnel {
    /// `2002::/16`, RFC 3056.
    SixToFour,
    /// `2001::/32`, RFC 4380. The IPv4 address that it begins with is the *server's*.
    Teredo,
}

/// The address that a place is looked up for: IPv4 out of its IPv4-mapped form (`::ffff:0:0/96`, RFC 4291 §2.5.5.2) and
/// out of the well-known NAT64 prefix (`64:ff9b::/96`, RFC 6052); any other address as it is. 6to4 and Teredo addresses
/// stay IPv6: see [`tunnel`].
pub fn canonical(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => match v6.to_ipv4_mapped().or_else(|| nat64(v6)) {
            Some(v4) => IpAddr::V4(v4),
            None => address,
        },
        IpAddr::V4(_) => address,
    }
}

/// The tunnel that an address belongs to.
pub fn tunnel(address: IpAddr) -> Option<Tunnel> {
    match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(v6) => match v6.segments() {
            [0x2002, ..] => Some(Tunnel::SixToFour),
            [0x2001, 0, ..] => Some(Tunnel::Teredo),
            _ => None,
        },
    }
}

fn nat64(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_within_addresses() {
        for (address, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("64:ff9b::192.0.2.1", "192.0.2.1"),
            // The local-use prefix of RFC 8215 says nothing about where its IPv4 part stands.
            ("64:ff9b:1::c000:201", "64:ff9b:1::c000:201"),
            ("64:ff9b:0:0:1::", "64:ff9b:0:0:1::"),
            ("2002:c000:201::1", "2002:c000:201::1"),
            ("2001:0:c000:201::1", "2001:0:c000:201::1"),
            ("2001:db8::1", "2001:db8::1"),
        ] {
            assert_eq!(canonical(address.parse().unwrap()), expected.parse::<IpAddr>().unwrap(), "{address}");
        }
        for (address, expected) in [
            ("192.0.2.1", None),
            ("2002::", Some(Tunnel::SixToFour)),
            ("2002:ffff::1", Some(Tunnel::SixToFour)),
            ("2003::", None),
            ("2001::", Some(Tunnel::Teredo)),
            ("2001:0:ffff::", Some(Tunnel::Teredo)),
            ("2001:1::", None),
            ("64:ff9b::1.2.3.4", None),
        ] {
            assert_eq!(tunnel(address.parse().unwrap()), expected, "{address}");
        }
    }
}
