//! What is known of the client's address, apart by who says so: the blob's own table, and the platform.
//!
//! The two are never averaged. Each is a fact of its own, any of them in a refused place refuses, and where they disagree the
//! record says so. A platform's word counts only if the configuration names it and the hop that vouches for it.

use weighbridge_blob::Blob;
use weighbridge_blob::network;
use weighbridge_blob::place::Place;
use weighbridge_blob::policy::{Evidence, PolicyTable};
use weighbridge_blob::region;
use weighbridge_blob::words::{NetworkClass, NetworkSet};

use crate::address::{Client, Via};
use crate::config::{GateConfig, GeoHeaders, GeoHops, GeoOrder, PlatformGeoSource};
use crate::{Ambient, Request};

/// What the platform's own call says of the address that connected to it. An adapter fills in what its host vouches for,
/// in the host's words; what it does not tell stays empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlatformGeo<'a> {
    /// The country, as the platform writes it: `DE`, and where it knows none `XX`, `T1` or nothing.
    pub country: Option<&'a str>,
    /// The region, with or without its country: `43`, `UA-43`. Of Ukraine a name will do: `Crimea`.
    pub region: Option<&'a str>,
    /// Number of the autonomous system.
    pub asn: Option<u32>,
    /// What kind of network it is.
    pub networks: NetworkSet,
}

/// The classes that Fastly's `proxy_type`, `proxy_description` and `conn_type` mean.
pub fn fastly_networks(proxy_type: &str, proxy_description: &str, connection: &str) -> NetworkSet {
    let by_type = match proxy_type {
        "anonymous" | "public" | "transparent" | "aol" | "blackberry" => Some(NetworkClass::Proxy),
        "hosting" => Some(NetworkClass::Hosting),
        _ => None,
    };
    let by_description = match proxy_description {
        "vpn" => Some(NetworkClass::Vpn),
        "tor-exit" => Some(NetworkClass::Tor),
        "cloud" => Some(NetworkClass::Hosting),
        "cloud-security" | "web-browser" => Some(NetworkClass::Relay),
        "dns" => Some(NetworkClass::Proxy),
        _ => None,
    };
    let by_connection = match connection {
        "mobile" => Some(NetworkClass::Mobile),
        "satellite" => Some(NetworkClass::Satellite),
        _ => None,
    };
    by_type.into_iter().chain(by_description).chain(by_connection).collect()
}

/// What the platform says of the client's address, and whether that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Platform<'c> {
    /// Who says so: `call`, or the name of the headers.
    pub(crate) by: &'c str,
    pub(crate) place: Option<Place>,
    pub(crate) asn: Option<u32>,
    pub(crate) networks: NetworkSet,
    /// Why it does not count.
    pub(crate) ignored: Option<Ignored>,
}

/// Why what the platform or a header says does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ignored {
    /// The client connected itself: whatever stands in the header is its own word.
    Direct,
    /// The hop that saw the client is none of those that vouch for the header.
    UntrustedHop,
    /// Nobody tells which hop saw the client.
    UnknownHop,
    /// The platform's call speaks of the hop that connected to it, not of the client behind that hop.
    OtherAddress,
    /// A header is there more than once.
    Duplicate,
    /// A header holds something that is no code.
    Unreadable,
}

impl Ignored {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::UntrustedHop => "untrusted_hop",
            Self::UnknownHop => "unknown_hop",
            Self::OtherAddress => "other_address",
            Self::Duplicate => "duplicate",
            Self::Unreadable => "unreadable",
        }
    }
}

/// All of it for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddressEvidence<'c> {
    pub(crate) client: Client,
    /// The place by the blob's table.
    pub(crate) table: Option<Place>,
    /// The classes by the address itself and by the blob's tables.
    pub(crate) networks: NetworkSet,
    /// `None` if the configuration names no platform, or it says nothing.
    pub(crate) platform: Option<Platform<'c>>,
    pub(crate) order: GeoOrder,
}

/// What of it counts as a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Located {
    pub(crate) ip: Option<Place>,
    pub(crate) platform: Option<Place>,
    pub(crate) networks: NetworkSet,
}

impl<'c> AddressEvidence<'c> {
    /// Asks the table and the platform about `client`.
    pub(crate) fn of(blob: &Blob<'_>, config: &'c GateConfig, request: &Request<'_>, ambient: &Ambient<'_>, client: Client) -> Self {
        let own = client.address.map_or(NetworkSet::EMPTY, network::classes_of);
        // A private address is nobody's, whatever a table says of it.
        let address = client.address.filter(|_| !own.contains(NetworkClass::Private));
        let listed = address.map_or(NetworkSet::EMPTY, |address| blob.networks_of(address));
        Self {
            client,
            table: address.and_then(|address| blob.place_of(address)),
            networks: own.union(listed),
            platform: platform(config, request, ambient, &client),
            order: config.geo_order,
        }
    }

    /// What the rules are asked with.
    pub(crate) fn located(&self, policy: &PolicyTable<'_>) -> Located {
        let counts = self.platform.as_ref().filter(|platform| platform.ignored.is_none());
        let platform = counts.and_then(|platform| platform.place);
        // What may be no place at all puts nobody else's word aside.
        let known = |place: Option<Place>| place.is_some_and(|place| is_place(policy, place) && !place.may_be_none());
        let (ip, platform) = match self.order {
            GeoOrder::All => (self.table, platform),
            GeoOrder::PlatformFirst if known(platform) => (None, platform),
            GeoOrder::TableFirst if known(self.table) => (self.table, None),
            GeoOrder::PlatformFirst | GeoOrder::TableFirst => (self.table, platform),
        };
        // Kinds of network are no places: they add up in any order.
        Located { ip, platform, networks: self.networks.union(counts.map_or(NetworkSet::EMPTY, |platform| platform.networks)) }
    }

    /// Whether table and platform name different countries, or different regions of one, in whatever order they count.
    pub(crate) fn conflict(&self, policy: &PolicyTable<'_>) -> bool {
        let platform = self.platform.as_ref().filter(|platform| platform.ignored.is_none()).and_then(|platform| platform.place);
        let known = |place: &Place| is_place(policy, *place);
        let (Some(a), Some(b)) = (self.table.filter(known), platform.filter(known)) else { return false };
        a.contradicts(b)
    }

    /// The place headers that were read and count.
    pub(crate) fn used_headers(&self, config: &'c GateConfig) -> Vec<&'c str> {
        let counts = self.platform.as_ref().is_some_and(|platform| platform.ignored.is_none());
        config.platform_geo.iter().filter(|_| counts).flat_map(|source| source.header_names()).collect()
    }
}

/// Whether a code is evidence of a place: `XX` and `T1` are none.
fn is_place(policy: &PolicyTable<'_>, place: Place) -> bool {
    matches!(policy.evidence(place), Evidence::Known(_) | Evidence::Unrecognised)
}

fn platform<'c>(config: &'c GateConfig, request: &Request<'_>, ambient: &Ambient<'_>, client: &Client) -> Option<Platform<'c>> {
    let silent = |by: &'c str, ignored| Platform { by, place: None, asn: None, networks: NetworkSet::EMPTY, ignored };
    match config.platform_geo.as_ref()? {
        PlatformGeoSource::Call => {
            let said = ambient.platform_geo?;
            let read = reading("call", said.country, [said.region, None], said.asn, said.networks);
            let ignored = matches!(client.via, Via::Hop(_)).then_some(Ignored::OtherAddress);
            Some(Platform { ignored: ignored.or(read.ignored), ..read })
        }
        PlatformGeoSource::Headers { headers, hops } => {
            let by = headers.by.as_str();
            if headers.names().all(|name| request.header_values(name).next().is_none()) {
                return None;
            }
            let said = match read_headers(headers, request) {
                Ok(said) => said,
                Err(why) => silent(by, Some(why)),
            };
            // Whether it may be believed goes before whether it could be read.
            Some(Platform { ignored: vouched(hops, client).err().or(said.ignored), ..said })
        }
    }
}

/// Whether the hop that saw the client is one that sets these headers, or takes away what a client sent.
fn vouched(hops: &GeoHops, client: &Client) -> Result<(), Ignored> {
    match (hops, client.via) {
        // Everything that reaches the gate has come through the platform, the operator says, and no client connects itself.
        (GeoHops::All { chained: true }, Via::Direct) => Err(Ignored::Direct),
        (GeoHops::All { .. }, _) => Ok(()),
        (GeoHops::Networks(_), Via::Direct | Via::Nobody) => Err(Ignored::Direct),
        (GeoHops::Networks(_), Via::Hop(None)) => Err(Ignored::UnknownHop),
        (GeoHops::Networks(networks), Via::Hop(Some(hop))) => {
            if networks.iter().any(|network| network.contains(hop)) {
                Ok(())
            } else {
                Err(Ignored::UntrustedHop)
            }
        }
    }
}

#[inline(never)]
fn read_headers<'c>(headers: &'c GeoHeaders, request: &Request<'_>) -> Result<Platform<'c>, Ignored> {
    let one = |name: &Option<String>| -> Result<Option<&str>, Ignored> {
        let Some(name) = name else { return Ok(None) };
        let mut values = request.header_values(name);
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(_), Some(_)) => Err(Ignored::Duplicate),
            (Some(value), None) => std::str::from_utf8(value).map(|v| Some(v.trim())).map_err(|_| Ignored::Unreadable),
        }
    };
    let mut networks = NetworkSet::EMPTY;
    for (class, name) in &headers.classes {
        match one(&Some(name.clone()))? {
            Some("true" | "1") => networks = networks.union(NetworkSet::of(*class)),
            None | Some("" | "false" | "0") => {}
            Some(_) => return Err(Ignored::Unreadable),
        }
    }
    for code in one(&headers.detection)?.unwrap_or_default().split([',', ' ']).filter(|code| !code.is_empty()) {
        networks = networks.union(detected(code));
    }
    if let Some(list) = one(&headers.edgescape)? {
        let edge = EdgeScape::read(list)?;
        let asn = edge.asnum.map(number).transpose()?;
        return Ok(reading(&headers.by, edge.country, [edge.region, None], asn, networks.union(edge.networks)));
    }
    let asn = one(&headers.asn)?.filter(|asn| !asn.is_empty()).map(number).transpose()?;
    // A name in another encoding is no name; the rest stands.
    let name = match one(&headers.region_name) {
        Err(Ignored::Unreadable) => None,
        read => read?,
    };
    let regions = [one(&headers.region)?, name];
    Ok(reading(&headers.by, one(&headers.country)?, regions, asn, networks))
}

/// The classes of Akamai's Enhanced Proxy Detection header.
fn detected(code: &str) -> NetworkSet {
    match code {
        "av" | "vc" => NetworkSet::of(NetworkClass::Vpn),
        "hp" => NetworkSet::of(NetworkClass::Hosting),
        "pp" | "dp" | "rp" => NetworkSet::of(NetworkClass::Proxy),
        "tn" => NetworkSet::of(NetworkClass::Tor),
        "rlp" => NetworkSet::of(NetworkClass::Relay),
        "pv" => [NetworkClass::Proxy, NetworkClass::Vpn].into_iter().collect(),
        _ => NetworkSet::EMPTY,
    }
}

fn number(text: &str) -> Result<u32, Ignored> {
    let digits = text.strip_prefix("AS").unwrap_or(text);
    if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().map_err(|_| Ignored::Unreadable) } else { Err(Ignored::Unreadable) }
}

/// Country and region as one place. A region that is no code is left out: the country stands. A country that is no code says
/// nothing, and the record says that it could not be read.
fn reading<'c>(
    by: &'c str,
    country: Option<&str>,
    [region, name]: [Option<&str>; 2],
    asn: Option<u32>,
    networks: NetworkSet,
) -> Platform<'c> {
    let [country, region, name] = [country, region, name].map(|text| text.map(str::trim).unwrap_or_default());
    let two = country.len() == 2;
    let read: Option<Place> = country.parse().ok().filter(|_| two);
    let ignored = (read.is_none() && !country.is_empty()).then_some(Ignored::Unreadable);
    let place = read.map(|country| region_of(country, region, name).unwrap_or(country));
    Platform { by, place, asn, networks, ignored }
}

/// The region that a platform means. Of Ukraine's, ISO's codes and no others: a number of another system would be a region that no
/// rule knows. Where there is none, the name, and Crimea is Ukraine's also where the platform says `RU`.
fn region_of(country: Place, region: &str, name: &str) -> Option<Place> {
    let bare = region.split_once('-').filter(|(of, _)| of.eq_ignore_ascii_case(country.country_code())).map_or(region, |(_, bare)| bare);
    let code = || format!("{country}-{bare}").parse::<Place>().ok().filter(|place| place.is_code());
    match country.country_code() {
        "UA" => region::ukrainian_code(bare).or_else(|| region::ukrainian(region)).or_else(|| region::ukrainian(name)),
        "RU" => {
            let named = region::occupied(name).or_else(|| region::occupied(region));
            named.or_else(|| region::occupied_code(bare)).or_else(code)
        }
        _ => code(),
    }
}

/// Akamai's `X-Akamai-Edgescape`: `georegion=246,country_code=UA,region_code=43,asnum=64496,network_type=mobile`.
#[derive(Default)]
struct EdgeScape<'a> {
    country: Option<&'a str>,
    region: Option<&'a str>,
    asnum: Option<&'a str>,
    networks: NetworkSet,
}

impl<'a> EdgeScape<'a> {
    fn read(list: &'a str) -> Result<Self, Ignored> {
        let mut edge = Self::default();
        for pair in list.split(',') {
            let Some((key, value)) = pair.split_once('=') else { continue };
            let (key, value) = (key.trim(), value.trim());
            let slot = match key {
                "country_code" => &mut edge.country,
                "region_code" => &mut edge.region,
                "asnum" => &mut edge.asnum,
                "network_type" if value == "mobile" => {
                    edge.networks = edge.networks.union(NetworkSet::of(NetworkClass::Mobile));
                    continue;
                }
                "network_type" if value == "satellite" => {
                    edge.networks = edge.networks.union(NetworkSet::of(NetworkClass::Satellite));
                    continue;
                }
                "proxy" if !value.is_empty() => {
                    edge.networks = edge.networks.union(NetworkSet::of(NetworkClass::Proxy));
                    continue;
                }
                _ => continue,
            };
            // Two answers for one question: somebody has added his own.
            if slot.replace(value).is_some_and(|first| first != value) {
                return Err(Ignored::Duplicate);
            }
        }
        // EdgeScape's word for addresses that no country has.
        edge.country = edge.country.filter(|country| *country != "reserved");
        Ok(edge)
    }
}

#[cfg(test)]
mod tests;
