//! What an operator sets: `WEIGHBRIDGE_*` variables, read once per instance.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use weighbridge_blob::PublicKey;
use weighbridge_blob::words::{Jurisdiction, NetworkClass, Regime, SwitchValue};

use crate::address::SINGLE_HEADERS;

/// Identity and audit keys are at least as long as half a SHA-256 block's security asks for.
const KEY_BYTES_MIN: usize = 32;

/// The switches of the default policy. Others are named in `WEIGHBRIDGE_SWITCHES`.
const SWITCHES: [(&str, &str); 4] = [
    ("affiliates_rule", "WEIGHBRIDGE_SWITCH_AFFILIATES_RULE"),
    ("eccn_4e091", "WEIGHBRIDGE_SWITCH_ECCN_4E091"),
    ("hosted_access", "WEIGHBRIDGE_SWITCH_HOSTED_ACCESS"),
    ("eu_ai_services", "WEIGHBRIDGE_SWITCH_EU_AI_SERVICES"),
];

const CLIENT_HEADERS: &str = "`x-forwarded-for`, `forwarded`, `cf-connecting-ip`, `fastly-client-ip`, `fly-client-ip`, `true-client-ip`, \
    `x-envoy-external-address`, `x-real-ip` or `x-vercel-forwarded-for`";

/// Who may sign a blob.
const TRUSTED_KEYS: &str = "WEIGHBRIDGE_TRUSTED_KEYS";

/// How long the origin may take for the head of its response.
const UPSTREAM_TIMEOUT: &str = "WEIGHBRIDGE_UPSTREAM_TIMEOUT";

/// All variables but `WEIGHBRIDGE_SWITCH_<NAME>`, with what they take.
const VARIABLES: [(&str, &str); 24] = [
    ("WEIGHBRIDGE_UPSTREAM", "an `http://` or `https://` URL without query"),
    (UPSTREAM_TIMEOUT, "whole seconds from 1 to 3600"),
    ("WEIGHBRIDGE_AUDIENCE", "the audience that identity headers must name"),
    ("WEIGHBRIDGE_IDENTITY_KEYS", "`kid:base64key`, several with commas between; 32 bytes or more each"),
    ("WEIGHBRIDGE_CLIENT_ADDRESS", "`none`, `spin`, `forwarded` or `platform`"),
    ("WEIGHBRIDGE_TRUSTED_PROXIES", "networks such as `10.0.0.0/8`, with commas between"),
    ("WEIGHBRIDGE_CLIENT_HEADER", CLIENT_HEADERS),
    ("WEIGHBRIDGE_PEER_ADDRESS", "`platform` or `spin`"),
    ("WEIGHBRIDGE_PROXY_PROTOCOL", "`on` or `off`"),
    (
        "WEIGHBRIDGE_PLATFORM_GEO",
        "`none`, `call`, `cloudflare`, `cloudfront`, `vercel`, `envoy`, `akamai`, or headers by name: `country=x-country,region=x-region,region-name=x-name,asn=x-asn,vpn=x-vpn`",
    ),
    ("WEIGHBRIDGE_PLATFORM_GEO_HOPS", "`all`, or the networks of the hops that set these headers, with commas between"),
    ("WEIGHBRIDGE_GEO_ORDER", "`all`, `platform-first` or `table-first`"),
    ("WEIGHBRIDGE_MODE", "`enforce` or `shadow`"),
    ("WEIGHBRIDGE_BLOCKED_BY", "the URI of whoever runs this gate (RFC 7725)"),
    ("WEIGHBRIDGE_APPEAL", "the URI where a refused requester can ask for a second look"),
    ("WEIGHBRIDGE_AUDIT_KEY", "32 bytes or more in base64"),
    ("WEIGHBRIDGE_MIN_SEQUENCE", "a whole number"),
    (TRUSTED_KEYS, "public keys as `weighbridge keygen` writes them (`ed25519:` and 64 hexadecimal digits), with commas between"),
    ("WEIGHBRIDGE_SWITCHES", "`name=value`, several with commas between"),
    ("WEIGHBRIDGE_BOUND_AS", "`US`, `EU`, `UK`, with commas between"),
    ("WEIGHBRIDGE_REGIMES", "`us-ofac`, `us-ear`, `eu`, `uk`, `un`, with commas between"),
    ("WEIGHBRIDGE_TEST_HEADERS", "`on` or `off`"),
    ("WEIGHBRIDGE_TEST_ROUTES", "`on` or `off`"),
    ("WEIGHBRIDGE_TIMING", "`on` or `off`"),
];

/// A variable that cannot be used. The gate must not start without it being put right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A variable that is needed is not set.
    #[error("`{variable}` is not set; set it to {allowed}")]
    Missing {
        /// Its name.
        variable: String,
        /// What it takes.
        allowed: String,
    },
    /// A value that means nothing. Keys are not repeated here.
    #[error("`{variable}` is `{value}`, which is not understood; set it to {allowed}")]
    Value {
        /// Its name.
        variable: String,
        /// The value, or what is wrong with it where the value is secret.
        value: String,
        /// What it takes.
        allowed: String,
    },
    /// Two variables that only make sense together.
    #[error("`{variable}` needs `{needs}`; set it to {allowed}")]
    Needs {
        /// The variable that is set.
        variable: String,
        /// The one that is missing.
        needs: String,
        /// What that one takes.
        allowed: String,
    },
    /// A name that nobody reads: a misspelt one would silently leave its default in force.
    #[error("unknown variable `{variable}`; known are {known}")]
    Unknown {
        /// Its name.
        variable: String,
        /// The known ones, with commas between.
        known: String,
    },
}

/// Where the client's address comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ClientAddress {
    /// Nowhere: the place stays unknown.
    #[default]
    None,
    /// The last `spin-client-addr` header. Only Spin itself sets it; other hosts let the client send it.
    Spin,
    /// The header of `WEIGHBRIDGE_CLIENT_HEADER`, a chain of which is read from the right past the trusted proxies.
    Forwarded,
    /// What the platform's own call says.
    Platform,
}

impl ClientAddress {
    /// The word in the configuration.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Spin => "spin",
            Self::Forwarded => "forwarded",
            Self::Platform => "platform",
        }
    }
}

/// Who tells which address connected to the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Peer {
    /// The adapter's own call, if it has one.
    #[default]
    Platform,
    /// The last `spin-client-addr` header, under Spin.
    Spin,
}

/// In which order the two answers for an address are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GeoOrder {
    /// Both count: either in a refused place refuses.
    #[default]
    All,
    /// The table counts only where the platform knows no country.
    PlatformFirst,
    /// The platform counts only where the table knows no country.
    TableFirst,
}

impl GeoOrder {
    /// The word in the configuration and in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::PlatformFirst => "platform-first",
            Self::TableFirst => "table-first",
        }
    }
}

/// Where the platform's word on the client's address comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "a gate has one")]
pub(crate) enum PlatformGeoSource {
    /// The adapter's own call ([`crate::Ambient::platform_geo`]).
    Call,
    /// Headers, if the hop that saw the client vouches for them.
    Headers {
        /// Which.
        headers: GeoHeaders,
        /// Who vouches.
        hops: GeoHops,
    },
}

impl PlatformGeoSource {
    /// The headers that are read.
    pub(crate) fn header_names(&self) -> impl Iterator<Item = &str> {
        let headers = match self {
            Self::Call => None,
            Self::Headers { headers, .. } => Some(headers),
        };
        headers.into_iter().flat_map(GeoHeaders::names)
    }
}

/// Whose word on a place header counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GeoHops {
    /// Whatever reaches the gate has come through the platform. `chained`: under `forwarded`, except for clients that are
    /// seen to connect themselves.
    All {
        /// Whether the client's address is read from a chain.
        chained: bool,
    },
    /// A hop in one of these networks, by the chain.
    Networks(Vec<Network>),
}

/// Names of place headers, lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct GeoHeaders {
    /// The platform, or `headers`: for the record.
    pub(crate) by: String,
    pub(crate) country: Option<String>,
    pub(crate) region: Option<String>,
    /// The region in words, for where the code says nothing.
    pub(crate) region_name: Option<String>,
    pub(crate) asn: Option<String>,
    /// Headers that are `true` for a kind of network.
    pub(crate) classes: Vec<(NetworkClass, String)>,
    /// Akamai's list of keys and values.
    pub(crate) edgescape: Option<String>,
    /// Akamai's list of proxy codes.
    pub(crate) detection: Option<String>,
}

impl GeoHeaders {
    /// All of them.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let single = [&self.country, &self.region, &self.region_name, &self.asn, &self.edgescape, &self.detection];
        single.into_iter().flatten().chain(self.classes.iter().map(|(_, name)| name)).map(String::as_str)
    }

    /// What a word of the configuration means.
    fn read(text: &str) -> Option<Self> {
        let some = |name: &str| Some(name.to_owned());
        let of = |country, region, asn| Self { by: text.to_owned(), country: some(country), region, asn, ..Self::default() };
        Some(match text {
            // Managed transform "add visitor location headers"; the AS number is in no header of it.
            "cloudflare" => Self { region_name: some("cf-region"), ..of("cf-ipcountry", some("cf-region-code"), None) },
            "cloudfront" => Self {
                region_name: some("cloudfront-viewer-country-region-name"),
                ..of("cloudfront-viewer-country", some("cloudfront-viewer-country-region"), some("cloudfront-viewer-asn"))
            },
            "vercel" => of("x-vercel-ip-country", some("x-vercel-ip-country-region"), some("x-vercel-ip-as-number")),
            // The filter has no names of its own; these are its documentation's, and in the same manner.
            "envoy" => Self {
                classes: [NetworkClass::Vpn, NetworkClass::Hosting, NetworkClass::Tor, NetworkClass::Proxy]
                    .map(|class| (class, format!("x-geo-anon-{class}")))
                    .to_vec(),
                ..of("x-geo-country", some("x-geo-region"), some("x-geo-asn"))
            },
            "akamai" => {
                Self { by: text.to_owned(), edgescape: some("x-akamai-edgescape"), detection: some("akamai-epd"), ..Self::default() }
            }
            own => {
                let mut headers = Self { by: "headers".to_owned(), ..Self::default() };
                for part in own.split(',') {
                    let (key, name) = part.split_once('=').map(|(key, name)| (key.trim(), name.trim().to_ascii_lowercase()))?;
                    // RFC 9110, section 5.1: a name is a token.
                    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
                    if name.is_empty() || !name.bytes().all(token) {
                        return None;
                    }
                    let taken = match key {
                        "country" => headers.country.replace(name).is_some(),
                        "region" => headers.region.replace(name).is_some(),
                        "region-name" => headers.region_name.replace(name).is_some(),
                        "asn" => headers.asn.replace(name).is_some(),
                        class => {
                            let class: NetworkClass = class.parse().ok()?;
                            let taken = headers.classes.iter().any(|(known, _)| *known == class);
                            headers.classes.push((class, name));
                            taken
                        }
                    };
                    if taken {
                        return None;
                    }
                }
                // A region without a country names nothing.
                if (headers.region.is_some() || headers.region_name.is_some()) && headers.country.is_none() {
                    return None;
                }
                headers
            }
        })
    }
}

/// A network in CIDR notation. IPv4 networks are held as IPv4-mapped IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: u128,
    mask: u128,
}

impl Network {
    /// Whether the address lies in the network.
    pub fn contains(&self, address: IpAddr) -> bool {
        mapped(address) & self.mask == self.base
    }
}

/// An address as 128 bits, IPv4 as `::ffff:0:0/96`.
pub(crate) fn mapped(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => Ipv6Addr::to_bits(v4.to_ipv6_mapped()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) if !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit()) => {
                (address, Some(length.parse::<u32>().map_err(|_| ())?))
            }
            Some(_) => return Err(()),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let length = length.unwrap_or(width);
        if length > width {
            return Err(());
        }
        let mask = u128::MAX.checked_shl(width - length).unwrap_or(0);
        let base = mapped(address);
        // Host bits in a trusted network are a typing error; guessing would trust too much or too little.
        if base & mask == base { Ok(Self { base, mask }) } else { Err(()) }
    }
}

/// Whether refusals take effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Refuse what the policy refuses.
    #[default]
    Enforce,
    /// Decide and record, never refuse.
    Shadow,
}

impl Mode {
    /// The word in the configuration and in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Shadow => "shadow",
        }
    }
}

/// A key of the hub's backend, by its id.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct IdentityKey {
    pub(crate) id: String,
    pub(crate) key: Vec<u8>,
}

impl fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityKey({})", self.id)
    }
}

/// The configuration of a gate. The default trusts no header and knows no upstream.
#[derive(Clone, Default)]
pub struct GateConfig {
    /// Base URL, without a slash at its end.
    pub(crate) upstream: String,
    /// Seconds that the origin may take for the head of its response; none: as long as the host lets it.
    pub(crate) upstream_timeout: Option<u64>,
    pub(crate) audience: String,
    pub(crate) identity_keys: Vec<IdentityKey>,
    pub(crate) client_address: ClientAddress,
    pub(crate) trusted_proxies: Vec<Network>,
    /// Which header `forwarded` reads, lower case.
    pub(crate) client_header: String,
    pub(crate) peer: Peer,
    /// Whether a PROXY line that the adapter hands over counts.
    pub(crate) proxy_protocol: bool,
    pub(crate) platform_geo: Option<PlatformGeoSource>,
    pub(crate) geo_order: GeoOrder,
    pub(crate) mode: Mode,
    pub(crate) blocked_by: Option<String>,
    pub(crate) appeal: Option<String>,
    pub(crate) audit_key: Option<[u8; 32]>,
    pub(crate) min_sequence: u64,
    /// Who may sign a blob; empty: a blob need not be signed.
    pub(crate) trusted_keys: Vec<PublicKey>,
    pub(crate) switches: Vec<(String, SwitchValue)>,
    pub(crate) bound_as: Option<Vec<Jurisdiction>>,
    pub(crate) regimes: Option<Vec<Regime>>,
    pub(crate) test_headers: bool,
    pub(crate) test_routes: bool,
    pub(crate) timing: bool,
    /// Digest of the blob that was asked by the self-test, and what it found.
    pub(crate) self_test: OnceLock<([u8; 32], Option<String>)>,
}

impl fmt::Debug for GateConfig {
    /// Without key material.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GateConfig")
            .field("upstream", &self.upstream)
            .field("audience", &self.audience)
            .field("identity_keys", &self.identity_keys)
            .field("client_address", &self.client_address)
            .field("trusted_proxies", &self.trusted_proxies)
            .field("platform_geo", &self.platform_geo)
            .field("mode", &self.mode)
            .field("test_headers", &self.test_headers)
            .field("test_routes", &self.test_routes)
            .finish_non_exhaustive()
    }
}

impl GateConfig {
    /// Reads the configuration through `get`, which returns the value of a variable, or `None` if it is
    /// not set. An empty value counts as not set.
    ///
    /// # Errors
    /// [`ConfigError`] for the first variable that is missing or not understood. A gate without a valid
    /// configuration answers everything with [`crate::cannot_decide`].
    pub fn from_vars(get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        // Here alone an empty value is a mistake: whoever sets the variable wants signatures, and would get none.
        if let Some(empty) = get(TRUSTED_KEYS).filter(|keys| keys.trim().is_empty()) {
            return Err(value(TRUSTED_KEYS, &empty));
        }
        let get = |name: &str| get(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let uri = |name: &'static str| get(name).map(|v| if is_uri(&v) { Ok(v) } else { Err(value(name, &v)) }).transpose();
        let on = |name: &'static str| match get(name).as_deref() {
            None | Some("off") => Ok(false),
            Some("on") => Ok(true),
            Some(other) => Err(value(name, other)),
        };

        let upstream = get("WEIGHBRIDGE_UPSTREAM").ok_or_else(|| ConfigError::Missing {
            variable: "WEIGHBRIDGE_UPSTREAM".to_owned(),
            allowed: allowed("WEIGHBRIDGE_UPSTREAM").to_owned(),
        })?;
        let upstream = upstream_base(&upstream).ok_or_else(|| value("WEIGHBRIDGE_UPSTREAM", &upstream))?.to_owned();
        let upstream_timeout = get(UPSTREAM_TIMEOUT)
            .map(|v| v.parse().ok().filter(|s| (1..=3600).contains(s)).ok_or_else(|| value(UPSTREAM_TIMEOUT, &v)))
            .transpose()?;

        let identity_keys = get("WEIGHBRIDGE_IDENTITY_KEYS").map(|v| identity_keys(&v)).transpose()?.unwrap_or_default();
        let audience = get("WEIGHBRIDGE_AUDIENCE").unwrap_or_default();
        if audience.bytes().any(|b| !(0x21..0x7f).contains(&b) || b == b'"' || b == b'\\') {
            return Err(value("WEIGHBRIDGE_AUDIENCE", &audience));
        }
        if audience.is_empty() && !identity_keys.is_empty() {
            return Err(needs("WEIGHBRIDGE_IDENTITY_KEYS", "WEIGHBRIDGE_AUDIENCE"));
        }

        let proxy_protocol = on("WEIGHBRIDGE_PROXY_PROTOCOL")?;
        let proxies = list(&get, "WEIGHBRIDGE_TRUSTED_PROXIES", |text| Network::from_str(text).ok())?;
        let client_address = match (get("WEIGHBRIDGE_CLIENT_ADDRESS").as_deref(), &proxies) {
            (Some("forwarded"), Some(_)) => ClientAddress::Forwarded,
            (Some("forwarded"), None) => return Err(needs("WEIGHBRIDGE_CLIENT_ADDRESS", "WEIGHBRIDGE_TRUSTED_PROXIES")),
            // Whoever may send a PROXY line.
            (Some("platform"), Some(_)) if proxy_protocol => ClientAddress::Platform,
            // Whoever lists proxies believes that they are asked.
            (None | Some("none" | "spin" | "platform"), Some(_)) => {
                return Err(needs_value("WEIGHBRIDGE_TRUSTED_PROXIES", "WEIGHBRIDGE_CLIENT_ADDRESS", "`forwarded`"));
            }
            (None | Some("none"), None) => ClientAddress::None,
            (Some("spin"), None) => ClientAddress::Spin,
            (Some("platform"), None) => ClientAddress::Platform,
            (Some(other), _) => return Err(value("WEIGHBRIDGE_CLIENT_ADDRESS", other)),
        };
        let forwarded = client_address == ClientAddress::Forwarded;
        if proxy_protocol && proxies.is_none() {
            return Err(needs("WEIGHBRIDGE_PROXY_PROTOCOL", "WEIGHBRIDGE_TRUSTED_PROXIES"));
        }
        // A setting that only `forwarded` asks for would otherwise be believed to protect.
        let forwarded_only = |name: &str| match get(name) {
            Some(_) if !forwarded => Err(needs_value(name, "WEIGHBRIDGE_CLIENT_ADDRESS", "`forwarded`")),
            found => Ok(found),
        };
        let client_header = match forwarded_only("WEIGHBRIDGE_CLIENT_HEADER")?.map(|name| name.to_ascii_lowercase()) {
            None => "x-forwarded-for".to_owned(),
            Some(name) if name == "x-forwarded-for" || name == "forwarded" || SINGLE_HEADERS.contains(&name.as_str()) => name,
            Some(other) => return Err(value("WEIGHBRIDGE_CLIENT_HEADER", &other)),
        };
        let peer = match forwarded_only("WEIGHBRIDGE_PEER_ADDRESS")?.as_deref() {
            None | Some("platform") => Peer::Platform,
            Some("spin") => Peer::Spin,
            Some(other) => return Err(value("WEIGHBRIDGE_PEER_ADDRESS", other)),
        };
        let platform_geo = platform_geo(&get, forwarded)?;
        let geo_order = match get("WEIGHBRIDGE_GEO_ORDER").as_deref() {
            None | Some("all") => GeoOrder::All,
            Some(_) if platform_geo.is_none() => return Err(needs("WEIGHBRIDGE_GEO_ORDER", "WEIGHBRIDGE_PLATFORM_GEO")),
            Some("platform-first") => GeoOrder::PlatformFirst,
            Some("table-first") => GeoOrder::TableFirst,
            Some(other) => return Err(value("WEIGHBRIDGE_GEO_ORDER", other)),
        };

        let mode = match get("WEIGHBRIDGE_MODE").as_deref() {
            None | Some("enforce") => Mode::Enforce,
            Some("shadow") => Mode::Shadow,
            Some(other) => return Err(value("WEIGHBRIDGE_MODE", other)),
        };

        let mut switches = list(&get, "WEIGHBRIDGE_SWITCHES", |text| {
            let (name, word) = text.split_once('=')?;
            Some((name.trim().to_owned(), word.trim().parse::<SwitchValue>().ok()?))
        })?
        .unwrap_or_default();
        for (name, variable) in SWITCHES {
            if let Some(text) = get(variable) {
                let read = text.parse::<SwitchValue>();
                let word = read.map_err(|e| ConfigError::Value { variable: variable.to_owned(), value: text, allowed: e.known })?;
                switches.retain(|(known, _)| known != name);
                switches.push((name.to_owned(), word));
            }
        }

        let audit_key = get("WEIGHBRIDGE_AUDIT_KEY")
            .map(|v| key(&v).map(|k| blake3::derive_key("weighbridge 2026-11-22 personal data in decision records", &k)))
            .transpose()
            .map_err(|why| value("WEIGHBRIDGE_AUDIT_KEY", why))?;
        let min_sequence = get("WEIGHBRIDGE_MIN_SEQUENCE")
            .map(|v| v.parse::<u64>().map_err(|_| value("WEIGHBRIDGE_MIN_SEQUENCE", &v)))
            .transpose()?
            .unwrap_or(0);

        Ok(Self {
            upstream,
            upstream_timeout,
            audience,
            identity_keys,
            client_address,
            trusted_proxies: proxies.unwrap_or_default(),
            client_header,
            peer,
            proxy_protocol,
            platform_geo,
            geo_order,
            mode,
            blocked_by: uri("WEIGHBRIDGE_BLOCKED_BY")?,
            appeal: uri("WEIGHBRIDGE_APPEAL")?,
            audit_key,
            min_sequence,
            trusted_keys: list(&get, TRUSTED_KEYS, |text| text.parse().ok())?.unwrap_or_default(),
            switches,
            bound_as: list(&get, "WEIGHBRIDGE_BOUND_AS", |text| text.parse().ok())?,
            regimes: list(&get, "WEIGHBRIDGE_REGIMES", |text| text.parse().ok())?,
            test_headers: on("WEIGHBRIDGE_TEST_HEADERS")?,
            test_routes: on("WEIGHBRIDGE_TEST_ROUTES")?,
            timing: on("WEIGHBRIDGE_TIMING")?,
            self_test: OnceLock::new(),
        })
    }

    /// Looks for misspelt variables among all names that a host hands over. Names that do not start with
    /// `WEIGHBRIDGE_` are not looked at.
    ///
    /// # Errors
    /// [`ConfigError::Unknown`] for the first name that [`GateConfig::from_vars`] would not read.
    pub fn check_names<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<(), ConfigError> {
        for name in names.into_iter().filter(|n| n.starts_with("WEIGHBRIDGE_")) {
            if !VARIABLES.iter().any(|(known, _)| *known == name) && !SWITCHES.iter().any(|(_, known)| *known == name) {
                let mut known: Vec<String> = VARIABLES.iter().map(|(n, _)| (*n).to_owned()).collect();
                known.extend(SWITCHES.iter().map(|(_, variable)| (*variable).to_owned()));
                return Err(ConfigError::Unknown { variable: name.to_owned(), known: known.join(", ") });
            }
        }
        Ok(())
    }

    /// Whether `POST /.weighbridge/check` is served ([`crate::check`]). For tests only.
    pub const fn test_routes(&self) -> bool {
        self.test_routes
    }

    /// The base URL of the origin, without a slash at its end.
    pub fn upstream(&self) -> &str {
        &self.upstream
    }

    /// How long the origin may take for the head of its response once it has the request; `None`: as long as the host lets it.
    pub const fn upstream_timeout(&self) -> Option<Duration> {
        match self.upstream_timeout {
            Some(seconds) => Some(Duration::from_secs(seconds)),
            None => None,
        }
    }

    /// Whether what the platform's own call says of the client's address is asked for ([`crate::Ambient::platform_geo`]).
    pub const fn asks_platform_geo(&self) -> bool {
        matches!(self.platform_geo, Some(PlatformGeoSource::Call))
    }

    /// Whether the address that connected is asked for ([`crate::Ambient::platform_address`]).
    pub const fn asks_platform_address(&self) -> bool {
        matches!(self.client_address, ClientAddress::Platform)
            || (matches!(self.client_address, ClientAddress::Forwarded) && matches!(self.peer, Peer::Platform))
    }

    /// Whether refusals take effect.
    pub const fn mode(&self) -> Mode {
        self.mode
    }
}

/// The platform's word, and who vouches for it where it is a header.
fn platform_geo(get: &impl Fn(&str) -> Option<String>, forwarded: bool) -> Result<Option<PlatformGeoSource>, ConfigError> {
    const SOURCE: &str = "WEIGHBRIDGE_PLATFORM_GEO";
    const HOPS: &str = "WEIGHBRIDGE_PLATFORM_GEO_HOPS";
    let (source, hops) = (get(SOURCE), get(HOPS));
    let headers = match source.as_deref() {
        None | Some("none" | "call") if hops.is_some() => return Err(needs_value(HOPS, SOURCE, "a platform or headers by name")),
        None | Some("none") => return Ok(None),
        Some("call") => return Ok(Some(PlatformGeoSource::Call)),
        Some(text) => GeoHeaders::read(text).ok_or_else(|| value(SOURCE, text))?,
    };
    let hops = match hops.as_deref() {
        // Nobody guesses whom an operator trusts.
        None => return Err(needs(SOURCE, HOPS)),
        Some("all") => GeoHops::All { chained: forwarded },
        Some(_) if !forwarded => return Err(needs_value(HOPS, "WEIGHBRIDGE_CLIENT_ADDRESS", "`forwarded`, or the hops to `all`")),
        Some(_) => GeoHops::Networks(list(get, HOPS, |text| Network::from_str(text).ok())?.unwrap_or_default()),
    };
    Ok(Some(PlatformGeoSource::Headers { headers, hops }))
}

fn needs_value(variable: &str, other: &str, allowed: &str) -> ConfigError {
    ConfigError::Needs { variable: variable.to_owned(), needs: other.to_owned(), allowed: allowed.to_owned() }
}

fn allowed(variable: &str) -> &'static str {
    VARIABLES.iter().find(|(name, _)| *name == variable).map_or("", |(_, allowed)| allowed)
}

fn value(variable: &str, value: &str) -> ConfigError {
    ConfigError::Value { variable: variable.to_owned(), value: value.to_owned(), allowed: allowed(variable).to_owned() }
}

fn needs(variable: &str, other: &str) -> ConfigError {
    ConfigError::Needs { variable: variable.to_owned(), needs: other.to_owned(), allowed: allowed(other).to_owned() }
}

/// A comma-separated list; `None` if the variable is not set.
fn list<T>(get: &impl Fn(&str) -> Option<String>, name: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<Vec<T>>, ConfigError> {
    let Some(text) = get(name) else { return Ok(None) };
    text.split(',').map(|part| read(part.trim()).ok_or_else(|| value(name, part.trim()))).collect::<Result<_, _>>().map(Some)
}

/// The URL without a slash at its end, if it is one that requests can be sent to.
fn upstream_base(url: &str) -> Option<&str> {
    let base = url.strip_suffix('/').unwrap_or(url);
    let rest = base.strip_prefix("http://").or_else(|| base.strip_prefix("https://"))?;
    let authority = rest.split_once('/').map_or(rest, |(authority, _)| authority);
    // Not by a search in a list: it is a call for each byte.
    let plain =
        |b: u8| b.is_ascii_graphic() && !matches!(b, b'?' | b'#' | b'\\' | b'@' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}');
    (!authority.is_empty() && rest.bytes().all(plain)).then_some(base)
}

/// Whether a URI may stand in a `Link` header and in a JSON body as it is.
fn is_uri(text: &str) -> bool {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|s| matches!(s, "https" | "http" | "mailto"))
        && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'"' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'))
}

fn identity_keys(text: &str) -> Result<Vec<IdentityKey>, ConfigError> {
    let fail = |why: String| value("WEIGHBRIDGE_IDENTITY_KEYS", &why);
    let mut keys: Vec<IdentityKey> = Vec::new();
    for (n, part) in text.split(',').map(str::trim).enumerate() {
        let (id, encoded) = part.split_once(':').ok_or_else(|| fail(format!("(entry {}: no key id before a colon)", n + 1)))?;
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
            return Err(fail(format!("(entry {}: a key id has letters, digits, `-`, `_` and `.` only)", n + 1)));
        }
        if keys.iter().any(|known| known.id == id) {
            return Err(fail(format!("(key id `{id}` twice)")));
        }
        let key = key(encoded).map_err(|why| fail(format!("(key `{id}`: {why})")))?;
        keys.push(IdentityKey { id: id.to_owned(), key });
    }
    Ok(keys)
}

fn key(encoded: &str) -> Result<Vec<u8>, &'static str> {
    let key = STANDARD.decode(encoded).map_err(|_| "(not base64)")?;
    if key.len() < KEY_BYTES_MIN { Err("(shorter than 32 bytes)") } else { Ok(key) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A configuration from pairs, on top of an upstream.
    pub(crate) fn config(pairs: &[(&str, &str)]) -> Result<GateConfig, ConfigError> {
        GateConfig::from_vars(|name| {
            let found = pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            found.or_else(|| (name == "WEIGHBRIDGE_UPSTREAM").then(|| "http://hub.test:8080/".to_owned()))
        })
    }

    #[test]
    fn the_default_trusts_nothing() {
        let c = config(&[]).unwrap();
        assert_eq!(c.client_address, ClientAddress::None);
        assert_eq!(c.upstream, "http://hub.test:8080");
        assert!(!c.test_headers && !c.test_routes && !c.timing);
        assert_eq!(c.mode, Mode::Enforce);
        assert!(c.identity_keys.is_empty());
        assert!(
            matches!(GateConfig::from_vars(|_| None), Err(ConfigError::Missing { variable, .. }) if variable == "WEIGHBRIDGE_UPSTREAM")
        );
    }

    #[test]
    fn what_is_not_understood_is_named_with_what_is_allowed() {
        let short = format!("hub:{}", STANDARD.encode([1; 16]));
        let good = format!("hub:{}", STANDARD.encode([1; 32]));
        for (pairs, variable) in [
            (vec![("WEIGHBRIDGE_MODE", "shadows")], "WEIGHBRIDGE_MODE"),
            (vec![("WEIGHBRIDGE_UPSTREAM", "hub:80")], "WEIGHBRIDGE_UPSTREAM"),
            (vec![("WEIGHBRIDGE_UPSTREAM", "http://a@b/")], "WEIGHBRIDGE_UPSTREAM"),
            (vec![("WEIGHBRIDGE_UPSTREAM", "http://b/?x")], "WEIGHBRIDGE_UPSTREAM"),
            (vec![("WEIGHBRIDGE_CLIENT_ADDRESS", "x-forwarded-for")], "WEIGHBRIDGE_CLIENT_ADDRESS"),
            (vec![("WEIGHBRIDGE_CLIENT_ADDRESS", "forwarded")], "WEIGHBRIDGE_CLIENT_ADDRESS"),
            (vec![("WEIGHBRIDGE_TRUSTED_PROXIES", "10.0.0.0/8")], "WEIGHBRIDGE_TRUSTED_PROXIES"),
            (
                vec![("WEIGHBRIDGE_CLIENT_ADDRESS", "forwarded"), ("WEIGHBRIDGE_TRUSTED_PROXIES", "10.0.0.1/8")],
                "WEIGHBRIDGE_TRUSTED_PROXIES",
            ),
            (
                vec![("WEIGHBRIDGE_CLIENT_ADDRESS", "forwarded"), ("WEIGHBRIDGE_TRUSTED_PROXIES", "10.0.0.0/33")],
                "WEIGHBRIDGE_TRUSTED_PROXIES",
            ),
            (vec![("WEIGHBRIDGE_IDENTITY_KEYS", good.as_str())], "WEIGHBRIDGE_IDENTITY_KEYS"),
            (vec![("WEIGHBRIDGE_IDENTITY_KEYS", short.as_str()), ("WEIGHBRIDGE_AUDIENCE", "w")], "WEIGHBRIDGE_IDENTITY_KEYS"),
            (vec![("WEIGHBRIDGE_BLOCKED_BY", "example.org")], "WEIGHBRIDGE_BLOCKED_BY"),
            (vec![("WEIGHBRIDGE_APPEAL", "https://a/>; rel=x")], "WEIGHBRIDGE_APPEAL"),
            (vec![("WEIGHBRIDGE_MIN_SEQUENCE", "-1")], "WEIGHBRIDGE_MIN_SEQUENCE"),
            (vec![("WEIGHBRIDGE_UPSTREAM_TIMEOUT", "0")], "WEIGHBRIDGE_UPSTREAM_TIMEOUT"),
            (vec![("WEIGHBRIDGE_UPSTREAM_TIMEOUT", "1.5")], "WEIGHBRIDGE_UPSTREAM_TIMEOUT"),
            (vec![("WEIGHBRIDGE_TRUSTED_KEYS", " ")], "WEIGHBRIDGE_TRUSTED_KEYS"),
            (vec![("WEIGHBRIDGE_TRUSTED_KEYS", "ed25519:00")], "WEIGHBRIDGE_TRUSTED_KEYS"),
            (vec![("WEIGHBRIDGE_SWITCH_ECCN_4E091", "on")], "WEIGHBRIDGE_SWITCH_ECCN_4E091"),
            (vec![("WEIGHBRIDGE_SWITCHES", "eccn_4e091")], "WEIGHBRIDGE_SWITCHES"),
            (vec![("WEIGHBRIDGE_BOUND_AS", "US,CA")], "WEIGHBRIDGE_BOUND_AS"),
            (vec![("WEIGHBRIDGE_REGIMES", "us")], "WEIGHBRIDGE_REGIMES"),
            (vec![("WEIGHBRIDGE_TEST_HEADERS", "true")], "WEIGHBRIDGE_TEST_HEADERS"),
            (vec![("WEIGHBRIDGE_AUDIT_KEY", "c2hvcnQ=")], "WEIGHBRIDGE_AUDIT_KEY"),
        ] {
            let error = config(&pairs).unwrap_err();
            let (ConfigError::Value { variable: got, .. } | ConfigError::Needs { variable: got, .. }) = &error else { panic!("{error}") };
            assert_eq!(got, variable);
            assert!(!error.to_string().contains(&STANDARD.encode([1; 16])), "a key must not be repeated: {error}");
        }
    }

    #[test]
    fn values_are_read() {
        let keys = format!("a:{}, b:{}", STANDARD.encode([1; 32]), STANDARD.encode([2; 40]));
        let c = config(&[
            ("WEIGHBRIDGE_IDENTITY_KEYS", &keys),
            ("WEIGHBRIDGE_AUDIENCE", "weights"),
            ("WEIGHBRIDGE_CLIENT_ADDRESS", "forwarded"),
            ("WEIGHBRIDGE_TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::/32,192.0.2.7"),
            ("WEIGHBRIDGE_SWITCH_ECCN_4E091", "off"),
            ("WEIGHBRIDGE_SWITCHES", "eccn_4e091=review, mine=enforce"),
            ("WEIGHBRIDGE_BOUND_AS", "EU"),
            ("WEIGHBRIDGE_MODE", "shadow"),
            ("WEIGHBRIDGE_UPSTREAM_TIMEOUT", "90"),
        ])
        .unwrap();
        assert_eq!(c.upstream_timeout(), Some(Duration::from_secs(90)));
        assert_eq!(c.identity_keys.len(), 2);
        assert_eq!(c.switches, [("mine".to_owned(), SwitchValue::Enforce), ("eccn_4e091".to_owned(), SwitchValue::Off)]);
        assert_eq!(c.bound_as, Some(vec![Jurisdiction::Eu]));
        assert_eq!(c.regimes, None);
        assert_eq!(c.client_address, ClientAddress::Forwarded);
        let inside = |a: &str| c.trusted_proxies.iter().any(|n| n.contains(a.parse().unwrap()));
        assert!(inside("10.255.0.1") && inside("::ffff:10.1.1.1") && inside("2001:db8:1::") && inside("192.0.2.7"));
        assert!(!inside("11.0.0.1") && !inside("2001:db9::") && !inside("192.0.2.8") && !inside("::a01:101"));
        assert!(!format!("{c:?}").contains("[1, 1"));
    }

    #[test]
    fn misspelt_names_are_found() {
        assert_eq!(GateConfig::check_names(["PATH", "WEIGHBRIDGE_MODE", "WEIGHBRIDGE_SWITCH_HOSTED_ACCESS"]), Ok(()));
        assert!(
            matches!(GateConfig::check_names(["WEIGHBRIDGE_MOD"]), Err(ConfigError::Unknown { variable, .. }) if variable == "WEIGHBRIDGE_MOD")
        );
        assert!(GateConfig::check_names(["WEIGHBRIDGE_SWITCH_hosted_access"]).is_err());
    }
}
