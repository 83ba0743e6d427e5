//! Whom a gate believes on each runtime: what the platform vouches for, what a client can forge there, and what the package is
//! set to. The table of `plugin/http/README.md` is made from this, and `tests/forged.rs` sends every header of [`FORGED`] to
//! each of these gates.

/// A header as a name and a value.
pub type Header = (&'static str, &'static str);

/// One runtime.
pub struct Platform {
    /// Its names in the matrix.
    pub runtimes: &'static [&'static str],
    /// What the platform vouches for.
    pub vouches: &'static str,
    /// What a client can forge, were it believed.
    pub forgeable: &'static str,
    /// The settings that the package has for it.
    pub settings: &'static [Header],
    /// Headers that the platform adds or overwrites: what stands in for it where the tests have a runtime without its edge.
    pub adds: &'static [Header],
}

/// All runtimes of the matrix.
pub const PLATFORMS: [Platform; 6] = [
    Platform {
        runtimes: &["spin", "spin-p2"],
        vouches: "the address: Spin adds `spin-client-addr`, and the last one is its own",
        forgeable: "every `spin-client-addr` before the last one; all address and place headers",
        settings: &[("WEIGHBRIDGE_CLIENT_ADDRESS", "spin")],
        adds: &[("spin-client-addr", "127.0.0.1:4711")],
    },
    Platform {
        runtimes: &["wasmtime-serve", "wasmtime-serve-p2"],
        vouches: "nothing",
        forgeable: "all address and place headers, `spin-client-addr` among them",
        settings: &[("WEIGHBRIDGE_CLIENT_ADDRESS", "none")],
        adds: &[],
    },
    Platform {
        runtimes: &["cloudflare", "miniflare"],
        vouches: "`request.cf` (country, region, AS number); the address, `CF-Connecting-IP`, which its edge overwrites; \
                  neither counts where `request.cf` is missing",
        forgeable: "all other address and place headers, `CF-IPCountry` among them",
        settings: &[("WEIGHBRIDGE_CLIENT_ADDRESS", "platform"), ("WEIGHBRIDGE_PLATFORM_GEO", "call")],
        adds: &[("x-test-cf", r#"{"country":"DE"}"#)],
    },
    Platform {
        runtimes: &["fastly"],
        vouches: "the address that connected, and its geolocation (country, region, AS number, `proxy_type`, `proxy_description`), \
                  by calls",
        forgeable: "all address and place headers, `Fastly-Client-IP` among them",
        settings: &[("WEIGHBRIDGE_CLIENT_ADDRESS", "platform"), ("WEIGHBRIDGE_PLATFORM_GEO", "call")],
        adds: &[],
    },
    Platform {
        runtimes: &["envoy"],
        vouches: "`source.address`: whoever is connected, with `use_remote_address: true`; behind `xff_num_trusted_hops` proxies \
                  that element of `X-Forwarded-For`, from the right",
        forgeable: "all address and place headers, `X-Envoy-External-Address` among them; without `use_remote_address` also \
                    `source.address`",
        settings: &[("WEIGHBRIDGE_CLIENT_ADDRESS", "platform")],
        adds: &[],
    },
    Platform {
        runtimes: &["native", "node", "browser"],
        vouches: "`weighbridge serve`: the address that connected; the npm package: what its caller hands over",
        forgeable: "all address and place headers",
        settings: &[("WEIGHBRIDGE_CLIENT_ADDRESS", "platform")],
        adds: &[],
    },
];

/// What a client may send in the hope to be believed: a header, and what it claims. Iran is refused, Germany is not.
pub const FORGED: [Header; 36] = [
    ("X-Forwarded-For", "192.0.2.50"),
    ("X-Forwarded-For", "192.0.2.1, 192.0.2.50"),
    ("X-Original-Forwarded-For", "192.0.2.50"),
    ("Forwarded", "for=192.0.2.50;proto=https"),
    ("X-Real-IP", "192.0.2.50"),
    ("True-Client-IP", "192.0.2.50"),
    ("X-Client-IP", "192.0.2.50"),
    ("CF-IPCountry", "IR"),
    ("CF-Region-Code", "43"),
    ("Spin-Client-Addr", "192.0.2.50:4711"),
    ("Fastly-Client-IP", "192.0.2.50"),
    ("Fly-Client-IP", "192.0.2.50"),
    ("X-Vercel-Forwarded-For", "192.0.2.50"),
    ("X-Vercel-IP-Country", "IR"),
    ("CloudFront-Viewer-Address", "192.0.2.50:1"),
    ("CloudFront-Viewer-Country", "IR"),
    ("X-Akamai-EdgeScape", "country_code=IR"),
    ("X-Geo-Country", "IR"),
    ("X-Country-Code", "IR"),
    ("X-Envoy-External-Address", "192.0.2.50"),
    ("X-Envoy-Original-Path", "/acme/frontier-1t/resolve/main/config.json"),
    ("X-Envoy-Internal", "true"),
    ("X-Envoy-Original-Dst-Host", "192.0.2.50:1"),
    ("X-Envoy-Peer-Metadata", "192.0.2.50"),
    ("X-Original-URL", "/acme/frontier-1t/resolve/main/config.json"),
    ("X-Rewrite-URL", "/acme/frontier-1t/resolve/main/config.json"),
    ("X-Test-Address", "192.0.2.50"),
    ("X-Test-Place-IP", "IR"),
    ("X-Test-Place-Declared", "IR"),
    ("X-Test-Identity", r#"{"kind":"person","declared":"IR"}"#),
    ("X-Weighbridge-Outcome", "allow"),
    ("X-Weighbridge-Decision", "FORGED-192.0.2.50"),
    ("X-Weighbridge-Client", "192.0.2.50"),
    ("X-Weighbridge-Identity", r#"{"kid":"hub-1","aud":"weights","ts":0,"claims":{"kind":"person","declared":"IR"}}"#),
    ("X-Weighbridge-Signature", "192.0.2.50"),
    // A folded line hides a second value from who does not unfold it (RFC 9112, section 5.2).
    ("X-Forwarded-For", "127.0.0.1,\r\n 192.0.2.50"),
];

/// The platform of a runtime of the matrix.
pub fn platform(runtime: &str) -> Option<&'static Platform> {
    PLATFORMS.iter().find(|platform| platform.runtimes.contains(&runtime))
}

/// [`PLATFORMS`] as a Markdown table.
pub fn table() -> String {
    let mut out = "| runtime | the platform vouches for | a client can forge | the package sets |\n| --- | --- | --- | --- |\n".to_owned();
    for Platform { runtimes, vouches, forgeable, settings, .. } in &PLATFORMS {
        let quoted = |words: Vec<String>| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let runtimes = quoted(runtimes.iter().map(|name| (*name).to_owned()).collect());
        let settings =
            quoted(settings.iter().map(|(name, value)| format!("{}={value}", name.trim_start_matches("WEIGHBRIDGE_"))).collect());
        out.push_str(&format!("| {runtimes} | {vouches} | {forgeable} | {settings} |\n"));
    }
    out
}
