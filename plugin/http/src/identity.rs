//! Who asks: claims that the hub's own backend signs for one request.
//!
//! Two headers carry them:
//!
//! ```text
//! X-Weighbridge-Identity: {"kid":"hub-1","aud":"weights","ts":1795348800,"claims":{…}}
//! X-Weighbridge-Signature: <lower-case hexadecimal HMAC-SHA256>
//! ```
//!
//! The signature is made over these lines, with one line feed between two of them and none at the end:
//!
//! ```text
//! weighbridge-identity-v1
//! {method}
//! {host, with its port if the client sends one, lower case}
//! {path and query, byte for byte}
//! {aud}
//! {ts}
//! {Content-Digest header, or nothing}
//! {identity header, byte for byte}
//! ```
//!
//! So a header that is changed, late, or moved to another path, host or method is worth nothing. The body
//! is bound through `Content-Digest` (RFC 9530): the gate never reads bodies, so whoever reads the body
//! compares it with the digest. Identity that does not hold in every point is *absent*, never half
//! believed; the record says why.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use weighbridge_blob::date::PartialDate;
use weighbridge_blob::place::Place;
use weighbridge_blob::words::{Flag, IdKind, Kind, List, ListSet};
use weighbridge_engine::json::{Members, Tree};

use crate::Request;
use crate::config::GateConfig;
use crate::path::hex_digit;

/// The header with the claims.
pub const IDENTITY_HEADER: &str = "x-weighbridge-identity";
/// The header with the signature.
pub const SIGNATURE_HEADER: &str = "x-weighbridge-signature";

/// How far the backend's clock may be from the gate's, seconds, either way.
const SKEW_SECONDS: u64 = 60;
/// Identity headers longer than this are malformed. Servers commonly refuse more than 8 or 16 KiB anyway.
const HEADER_BYTES_MAX: usize = 16_384;

/// Why identity that was sent does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejected {
    /// One of the two headers is there without the other.
    Incomplete,
    /// One of the headers, or `Content-Digest`, is there twice.
    Duplicate,
    /// No key of that id is configured.
    NoKey,
    /// The signature is not one of this request.
    BadSignature,
    /// More than 60 seconds from now, either way.
    Stale,
    /// Made for somebody else.
    Audience,
    /// Not in the form described above, or a claim that is not understood.
    Malformed,
}

impl Rejected {
    /// The word in decision records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::Duplicate => "duplicate",
            Self::NoKey => "no_key",
            Self::BadSignature => "bad_signature",
            Self::Stale => "stale",
            Self::Audience => "audience",
            Self::Malformed => "malformed",
        }
    }
}

/// What the hub's backend knows about a requester. Absent is not clear.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Claims {
    /// The hub's own account id: what clearances and authorisations name (`account:42`).
    pub account: Option<String>,
    /// What the requester is; a person unless said otherwise.
    pub kind: Option<Kind>,
    /// Names in reading order, all of them screened.
    pub names: Vec<String>,
    /// Birth date of a person, date of formation of others.
    pub birth_date: Option<PartialDate>,
    /// Nationalities, residences, countries of registration: for comparison with listed parties only.
    pub countries: Vec<Place>,
    /// Whether the requester is a foreign person (15 CFR 772.1); not stated counts as foreign.
    pub foreign_person: Option<bool>,
    /// E-mail address.
    pub email: Option<String>,
    /// Documents and registrations.
    pub identifiers: Vec<IdentifierClaim>,
    /// Postal addresses.
    pub addresses: Vec<AddressClaim>,
    /// Country the requester declares.
    pub declared: Option<Place>,
    /// Country of the means of payment.
    pub billing: Option<Place>,
    /// Country of registration.
    pub registered: Option<Place>,
    /// Country of the headquarters.
    pub headquarters: Option<Place>,
    /// Country of the ultimate parent's headquarters.
    pub ultimate_parent: Option<Place>,
    /// Web site.
    pub website: Option<String>,
    /// Facts that the backend has found, in the policy's words.
    pub flags: Vec<Flag>,
    /// Listed owners that the backend knows of.
    pub owners: Vec<OwnerClaim>,
    /// For whom the requester acts. Screened and decided on like the requester.
    pub on_behalf_of: Option<Box<Claims>>,
}

/// A document or registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentifierClaim {
    /// Its type.
    pub kind: IdKind,
    /// Its number, as the requester writes it.
    pub number: String,
    /// Who issued it.
    pub country: Option<Place>,
}

/// A postal address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressClaim {
    /// Street, building, P.O. box.
    pub street: String,
    /// City, province, postal code.
    pub city: String,
    /// Country.
    pub country: Option<Place>,
}

/// A listed party that owns a part of the requester.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerClaim {
    /// The lists that the owner is on.
    pub lists: ListSet,
    /// Parts per million; `None` = some, nobody knows how much.
    pub share_ppm: Option<u32>,
    /// The owner's id, so that one owner counts once.
    pub owner: Option<String>,
}

/// What the headers of a request say about identity.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Identity {
    /// The claims, if they hold.
    pub claims: Option<Claims>,
    /// Why there are none, if headers were sent.
    pub rejected: Option<Rejected>,
}

/// Reads and verifies the identity headers of a request.
///
/// `now` is Unix time in seconds.
pub fn verify(config: &GateConfig, request: &Request<'_>, now: i64) -> Identity {
    match try_verify(config, request, now) {
        Ok(claims) => Identity { claims, rejected: None },
        Err(rejected) => Identity { claims: None, rejected: Some(rejected) },
    }
}

fn try_verify(config: &GateConfig, request: &Request<'_>, now: i64) -> Result<Option<Claims>, Rejected> {
    let one = |name: &str| {
        let mut values = request.header_values(name);
        let first = values.next();
        if values.next().is_some() { Err(Rejected::Duplicate) } else { Ok(first) }
    };
    let (identity, signature) = match (one(IDENTITY_HEADER)?, one(SIGNATURE_HEADER)?) {
        (None, None) => return Ok(None),
        (Some(identity), Some(signature)) => (identity, signature),
        _ => return Err(Rejected::Incomplete),
    };
    let digest = one("content-digest")?.unwrap_or_default();
    if identity.len() > HEADER_BYTES_MAX || !identity.starts_with(b"{") {
        return Err(Rejected::Malformed);
    }

    // The envelope is read before it is believed: it says which key to verify with. Claims are read after.
    let envelope = Envelope::read(identity).ok_or(Rejected::Malformed)?;
    let key = config.identity_keys.iter().find(|key| key.id == envelope.kid).ok_or(Rejected::NoKey)?;
    let signature = unhex(signature).ok_or(Rejected::BadSignature)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.key).map_err(|_| Rejected::NoKey)?;
    feed(&mut mac, request.method, request.authority, request.path_and_query, &envelope.aud, envelope.ts, digest, identity);
    mac.verify_slice(&signature).map_err(|_| Rejected::BadSignature)?;

    if envelope.ts.abs_diff(now) > SKEW_SECONDS {
        return Err(Rejected::Stale);
    }
    if envelope.aud != config.audience {
        return Err(Rejected::Audience);
    }
    Claims::read(envelope.claims, true).ok_or(Rejected::Malformed).map(Some)
}

/// Makes the two header values for a request: what a hub's backend does. `key` is the shared key itself,
/// `claims` a JSON object, `timestamp` Unix seconds. Returns `None` if `claims` is not JSON, or if an id
/// or the audience holds a control character.
#[expect(clippy::too_many_arguments, reason = "one argument for each signed line")]
pub fn sign(
    key_id: &str,
    key: &[u8],
    audience: &str,
    timestamp: i64,
    method: &str,
    authority: &str,
    path_and_query: &str,
    content_digest: Option<&str>,
    claims: &str,
) -> Option<(String, String)> {
    let claims: serde_json::Value = serde_json::from_str(claims).ok()?;
    if [key_id, audience].iter().any(|text| text.chars().any(char::is_control)) {
        return None;
    }
    // ASCII only, because header values are passed on as bytes of many encodings.
    let identity = ascii_json(&serde_json::json!({ "kid": key_id, "aud": audience, "ts": timestamp, "claims": claims }).to_string());
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    let digest = content_digest.unwrap_or_default().as_bytes();
    feed(&mut mac, method, authority, path_and_query, audience, timestamp, digest, identity.as_bytes());
    Some((identity, hex(&mac.finalize().into_bytes())))
}

#[expect(clippy::too_many_arguments, reason = "one argument for each signed line")]
fn feed(mac: &mut Hmac<Sha256>, method: &str, authority: &str, path: &str, audience: &str, timestamp: i64, digest: &[u8], identity: &[u8]) {
    // INVARIANT: no line holds a line feed. Method, authority, path and header values cannot (HTTP); the
    // audience of a valid header equals the configured one, which cannot either.
    let authority = authority.to_ascii_lowercase();
    let timestamp = timestamp.to_string();
    let lines: [&[u8]; 7] = [
        b"weighbridge-identity-v1",
        method.as_bytes(),
        authority.as_bytes(),
        path.as_bytes(),
        audience.as_bytes(),
        timestamp.as_bytes(),
        digest,
    ];
    for line in lines {
        mac.update(line);
        mac.update(b"\n");
    }
    mac.update(identity);
}

/// JSON text with every character outside ASCII escaped.
fn ascii_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble });
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(digit(byte >> 4));
        out.push(digit(byte & 15));
    }
    out
}

/// Lower-case hexadecimal of exactly 32 bytes.
fn unhex(text: &[u8]) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    if text.len() != 64 || text.iter().any(u8::is_ascii_uppercase) {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = hex_digit(*high)? << 4 | hex_digit(*low)?;
    }
    Some(out)
}

struct Envelope {
    kid: String,
    aud: String,
    ts: i64,
    /// Not looked into before the signature holds.
    claims: Tree,
}

impl Envelope {
    fn read(json: &[u8]) -> Option<Self> {
        let mut m = Members::of(Tree::parse(json).ok()?).ok()?;
        let envelope = Self {
            kid: m.required_text("kid").ok()?,
            aud: m.required_text("aud").ok()?,
            ts: m.whole("ts").ok()??,
            claims: m.take("claims")?,
        };
        m.done().ok().map(|()| envelope)
    }
}

impl Claims {
    /// Reads the claims object; `None` if any part of it is not understood.
    pub fn parse(json: &str) -> Option<Self> {
        Self::read(Tree::parse(json.as_bytes()).ok()?, true)
    }

    /// Whether the claims say anything about who the requester is, beside where it is.
    pub fn says_who(&self) -> bool {
        self.account.is_some() || self.kind.is_some() || self.foreign_person.is_some() || self.can_be_screened()
    }

    /// Whether there is anything to look for in the lists.
    pub fn can_be_screened(&self) -> bool {
        let texts = [&self.email, &self.website].into_iter().any(Option::is_some);
        texts || !self.names.is_empty() || !self.identifiers.is_empty() || !self.addresses.is_empty()
    }

    /// Every word is checked; a claim that is not understood makes identity absent, because a statement about the requester that
    /// nobody read must not pass as read.
    fn read(claims: Tree, agent_allowed: bool) -> Option<Self> {
        let mut m = Members::of(claims).ok()?;
        let mut names: Vec<String> = m.text("name").ok()?.into_iter().collect();
        names.extend(m.texts("names").ok()?);
        names.retain(|name| !name.trim().is_empty());
        let flags: Vec<Flag> = words(m.texts("flags").ok()?)?;
        if flags.iter().any(|flag| flag.is_derived()) {
            // Derived from the places of the request, never given.
            return None;
        }
        let claims = Self {
            account: m.text("account").ok()?.filter(|account| !account.is_empty()),
            kind: m.word("kind").ok()?,
            names,
            birth_date: m.word("birth_date").ok()?,
            countries: words(m.texts("countries").ok()?)?,
            foreign_person: m.flag("foreign_person").ok()?,
            email: m.text("email").ok()?.filter(|email| !email.is_empty()),
            identifiers: m.list("identifiers").ok()?.into_iter().map(IdentifierClaim::read).collect::<Option<_>>()?,
            addresses: m.list("addresses").ok()?.into_iter().map(AddressClaim::read).collect::<Option<_>>()?,
            declared: m.word("declared").ok()?,
            billing: m.word("billing").ok()?,
            registered: m.word("registered").ok()?,
            headquarters: m.word("headquarters").ok()?,
            ultimate_parent: m.word("ultimate_parent").ok()?,
            website: m.text("website").ok()?.filter(|website| !website.is_empty()),
            flags,
            owners: m.list("owners").ok()?.into_iter().map(OwnerClaim::read).collect::<Option<_>>()?,
            on_behalf_of: match m.optional("on_behalf_of") {
                // One step only: a chain of agents is for people to look at.
                Some(_) if !agent_allowed => return None,
                Some(principal) => Some(Box::new(Self::read(principal, false)?)),
                None => None,
            },
        };
        m.done().ok().map(|()| claims)
    }
}

impl IdentifierClaim {
    fn read(claim: Tree) -> Option<Self> {
        let mut m = Members::of(claim).ok()?;
        let claim = Self {
            kind: m.required_text("type").ok()?.parse().ok()?,
            number: m.required_text("number").ok()?,
            country: m.word("country").ok()?,
        };
        m.done().ok().map(|()| claim)
    }
}

impl AddressClaim {
    fn read(claim: Tree) -> Option<Self> {
        let mut m = Members::of(claim).ok()?;
        let (street, city) = (m.text_or_empty("street").ok()?, m.text_or_empty("city").ok()?);
        let claim = Self { street, city, country: m.word("country").ok()? };
        m.done().ok().map(|()| claim)
    }
}

impl OwnerClaim {
    fn read(claim: Tree) -> Option<Self> {
        let mut m = Members::of(claim).ok()?;
        let one: Option<List> = m.word("list").ok()?;
        let more: Vec<List> = words(m.texts("lists").ok()?)?;
        let lists: ListSet = one.into_iter().chain(more).collect();
        let share_ppm = match m.number("share").ok()? {
            Some(share) if (0.0..=1.0).contains(&share) => Some((share * 1_000_000.0).round() as u32),
            Some(_) => return None,
            None => None,
        };
        let claim = Self { lists, share_ppm, owner: m.text("owner").ok()? };
        m.done().ok()?;
        (!claim.lists.is_empty()).then_some(claim)
    }
}

/// Words of a vocabulary; `None` if one is not in it.
fn words<T: std::str::FromStr>(texts: Vec<String>) -> Option<Vec<T>> {
    let mut out = Vec::with_capacity(texts.len());
    for text in texts {
        out.push(text.parse().ok()?);
    }
    Some(out)
}

#[cfg(test)]
pub(crate) mod tests {
    use base64::Engine as _;

    use super::*;
    use crate::config::tests::config;

    pub(crate) const KEY: [u8; 32] = [7; 32];
    const NOW: i64 = 1_795_348_800;
    const PATH: &str = "/acme/closed-13b/resolve/main/model.safetensors?download=true";
    const CLAIMS: &str = r#"{"account":"42","kind":"person","name":"Zoë Ölund","declared":"SE","foreign_person":true}"#;

    fn gate() -> GateConfig {
        let keys = format!(
            "old:{},hub-1:{}",
            base64::engine::general_purpose::STANDARD.encode([1; 32]),
            base64::engine::general_purpose::STANDARD.encode(KEY)
        );
        config(&[("WEIGHBRIDGE_IDENTITY_KEYS", &keys), ("WEIGHBRIDGE_AUDIENCE", "weights")]).unwrap()
    }

    fn signed(aud: &str, ts: i64, claims: &str) -> (String, String) {
        sign("hub-1", &KEY, aud, ts, "GET", "Weights.Example", PATH, None, claims).unwrap()
    }

    fn ask(method: &str, authority: &str, path: &str, headers: &[(&str, &str)], now: i64) -> Identity {
        let headers = headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
        verify(&gate(), &Request { method, authority, path_and_query: path, headers }, now)
    }

    fn rejected(reason: Rejected) -> Identity {
        Identity { claims: None, rejected: Some(reason) }
    }

    #[test]
    fn what_the_backend_signs_is_believed() {
        let (identity, signature) = signed("weights", NOW, CLAIMS);
        assert!(identity.is_ascii());
        for now in [NOW - 60, NOW, NOW + 60] {
            let got =
                ask("GET", "weights.example", PATH, &[("X-Weighbridge-Identity", &identity), ("X-Weighbridge-Signature", &signature)], now);
            let claims = got.claims.unwrap();
            assert_eq!(claims.names, ["Zoë Ölund"]);
            assert_eq!((claims.account.as_deref(), claims.kind, claims.foreign_person), (Some("42"), Some(Kind::Person), Some(true)));
            assert_eq!(claims.declared.unwrap().to_string(), "SE");
        }
        assert_eq!(ask("GET", "weights.example", PATH, &[], NOW), Identity::default());
    }

    #[test]
    fn the_signed_text_is_as_documented() {
        // Computed with Python's hmac module.
        let (identity, signature) =
            sign("hub-1", &KEY, "weights", NOW, "GET", "weights.example", "/a?b", Some("sha-256=:x=:"), r#"{"account":"1"}"#).unwrap();
        assert_eq!(identity, r#"{"aud":"weights","claims":{"account":"1"},"kid":"hub-1","ts":1795348800}"#);
        assert_eq!(signature, "3234551ac5248d1bce83fe136446ced03539ca2c9cdd850b74816dd1b63b4f75");
    }

    #[test]
    fn any_changed_byte_makes_it_absent() {
        let (identity, signature) = signed("weights", NOW, CLAIMS);
        for n in 0..signature.len() {
            for with in ["0", "f", "g", "A"] {
                let mut changed = signature.clone();
                changed.replace_range(n..=n, with);
                if changed != signature {
                    let got = ask("GET", "weights.example", PATH, &[(IDENTITY_HEADER, &identity), (SIGNATURE_HEADER, &changed)], NOW);
                    assert_eq!(got, rejected(Rejected::BadSignature), "byte {n}");
                }
            }
        }
        for n in 0..identity.len() {
            let mut changed = identity.clone().into_bytes();
            changed[n] ^= 1;
            let changed = String::from_utf8(changed).unwrap();
            let got = ask("GET", "weights.example", PATH, &[(IDENTITY_HEADER, &changed), (SIGNATURE_HEADER, &signature)], NOW);
            assert_eq!(got.claims, None, "byte {n}");
            assert!(matches!(got.rejected, Some(Rejected::BadSignature | Rejected::Malformed | Rejected::NoKey)), "byte {n}: {got:?}");
        }
        for changed in [&signature[1..], &format!("{signature}0"), &signature.to_ascii_uppercase(), "", &format!(" {signature}")] {
            let got = ask("GET", "weights.example", PATH, &[(IDENTITY_HEADER, &identity), (SIGNATURE_HEADER, changed)], NOW);
            assert_eq!(got, rejected(Rejected::BadSignature), "{changed}");
        }
    }

    #[test]
    fn it_holds_for_one_request_only() {
        let (identity, signature) = signed("weights", NOW, CLAIMS);
        let headers = [(IDENTITY_HEADER, identity.as_str()), (SIGNATURE_HEADER, signature.as_str())];
        for (method, authority, path) in [
            ("HEAD", "weights.example", PATH),
            ("get", "weights.example", PATH),
            ("GET", "other.example", PATH),
            ("GET", "weights.example:8080", PATH),
            ("GET", "weights.example", "/acme/frontier-1t/resolve/main/model.safetensors?download=true"),
            ("GET", "weights.example", "/acme/closed-13b/resolve/main/model.safetensors"),
            ("GET", "weights.example", "/acme/closed-13b/resolve/main/model%2Esafetensors?download=true"),
        ] {
            assert_eq!(ask(method, authority, path, &headers, NOW), rejected(Rejected::BadSignature), "{method} {authority} {path}");
        }
        assert!(ask("GET", "WEIGHTS.example", PATH, &headers, NOW).claims.is_some());
        let with_digest = [headers[0], headers[1], ("content-digest", "sha-256=:AAAA:")];
        assert_eq!(ask("GET", "weights.example", PATH, &with_digest, NOW), rejected(Rejected::BadSignature), "a body that was not signed");
    }

    #[test]
    fn the_digest_of_a_body_is_bound() {
        let (identity, signature) = sign("hub-1", &KEY, "weights", NOW, "POST", "h", "/serve", Some("sha-256=:AAAA:"), "{}").unwrap();
        let with = |digest: &[&'static str]| {
            let mut headers = vec![(IDENTITY_HEADER, identity.as_str()), (SIGNATURE_HEADER, signature.as_str())];
            headers.extend(digest.iter().map(|d| ("Content-Digest", *d)));
            ask("POST", "h", "/serve", &headers, NOW)
        };
        assert!(with(&["sha-256=:AAAA:"]).claims.is_some());
        assert_eq!(with(&["sha-256=:AAAB:"]), rejected(Rejected::BadSignature));
        assert_eq!(with(&[]), rejected(Rejected::BadSignature));
        assert_eq!(with(&["sha-256=:AAAA:", "sha-256=:AAAA:"]), rejected(Rejected::Duplicate));
    }

    #[test]
    fn time_key_audience_and_doubles() {
        let (identity, signature) = signed("weights", NOW, CLAIMS);
        let headers = [(IDENTITY_HEADER, identity.as_str()), (SIGNATURE_HEADER, signature.as_str())];
        for now in [NOW - 61, NOW + 61, i64::MIN, i64::MAX, 0] {
            assert_eq!(ask("GET", "weights.example", PATH, &headers, now), rejected(Rejected::Stale), "{now}");
        }
        let other = signed("elsewhere", NOW, CLAIMS);
        assert_eq!(
            ask("GET", "weights.example", PATH, &[(IDENTITY_HEADER, &other.0), (SIGNATURE_HEADER, &other.1)], NOW),
            rejected(Rejected::Audience)
        );
        let unknown = sign("hub-2", &KEY, "weights", NOW, "GET", "weights.example", PATH, None, CLAIMS).unwrap();
        assert_eq!(
            ask("GET", "weights.example", PATH, &[(IDENTITY_HEADER, &unknown.0), (SIGNATURE_HEADER, &unknown.1)], NOW),
            rejected(Rejected::NoKey)
        );
        let wrong_key = sign("old", &KEY, "weights", NOW, "GET", "weights.example", PATH, None, CLAIMS).unwrap();
        assert_eq!(
            ask("GET", "weights.example", PATH, &[(IDENTITY_HEADER, &wrong_key.0), (SIGNATURE_HEADER, &wrong_key.1)], NOW),
            rejected(Rejected::BadSignature)
        );
        for (twice, reason) in [
            (vec![headers[0], headers[0], headers[1]], Rejected::Duplicate),
            (vec![headers[0], headers[1], ("X-WEIGHBRIDGE-SIGNATURE", "00")], Rejected::Duplicate),
            (vec![headers[0]], Rejected::Incomplete),
            (vec![headers[1]], Rejected::Incomplete),
        ] {
            assert_eq!(ask("GET", "weights.example", PATH, &twice, NOW), rejected(reason));
        }
        let none = config(&[]).unwrap();
        let request = Request {
            method: "GET",
            authority: "weights.example",
            path_and_query: PATH,
            headers: headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect(),
        };
        assert_eq!(verify(&none, &request, NOW), rejected(Rejected::NoKey), "without keys nobody is believed");
    }

    #[test]
    fn claims_that_are_not_understood_are_no_claims() {
        for claims in [
            "[]",
            "null",
            r#"["42"]"#,
            r#"{"accounts":"42"}"#,
            r#"{"kind":"robot"}"#,
            r#"{"declared":"Sweden"}"#,
            r#"{"declared":5}"#,
            r#"{"birth_date":"1962-13"}"#,
            r#"{"flags":["nice"]}"#,
            r#"{"flags":["ip_declared_mismatch"]}"#,
            r#"{"owners":[{"list":"SDN","share":1.5}]}"#,
            r#"{"owners":[{"list":"SDN","share":-0.1}]}"#,
            r#"{"owners":[{"share":0.5}]}"#,
            r#"{"owners":[{"list":"sdn","share":0.5}]}"#,
            r#"{"identifiers":[{"type":"badge","number":"1"}]}"#,
            r#"{"on_behalf_of":{"on_behalf_of":{}}}"#,
        ] {
            let (identity, signature) = signed("weights", NOW, claims);
            let got = ask("GET", "weights.example", PATH, &[(IDENTITY_HEADER, &identity), (SIGNATURE_HEADER, &signature)], NOW);
            assert_eq!(got, rejected(Rejected::Malformed), "{claims}");
        }
        // Properly signed, but two values for one claim: two readers could take two of them.
        assert_eq!(Claims::parse(r#"{"account":"1","account":"2"}"#), None);
        let full = r#"{"name":"A","names":["B"," "],"kind":"organization","birth_date":"1962-03","countries":["DE","UA-43"],"email":"a@b.example",
            "identifiers":[{"type":"lei","number":"529900T8BM49AURSDO55","country":"DE"}],"addresses":[{"street":"1 Street","city":"City","country":"DE"}],"billing":"DE","registered":"DE",
            "headquarters":"CN","ultimate_parent":"HK","website":"https://b.example","flags":["new_org","use_military"],
            "owners":[{"list":"SDN","share":0.25,"owner":"x"},{"lists":["EL","MEU"],"share":null}],"on_behalf_of":{"name":"C"}}"#;
        let claims = Claims::parse(full).unwrap();
        assert_eq!(claims.names, ["A", "B"]);
        assert_eq!(claims.owners[0].share_ppm, Some(250_000));
        assert_eq!(claims.owners[1].share_ppm, None);
        assert_eq!(claims.flags, [Flag::NewOrg, Flag::UseMilitary]);
        assert_eq!(claims.on_behalf_of.unwrap().names, ["C"]);
    }
}
