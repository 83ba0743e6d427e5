//! The vocabulary that builder, policy and gate share: list codes, kinds of party, bands, outcomes,
//! actions, item classes, flags. Every word has one spelling, here.

use std::fmt;
use std::str::FromStr;

/// A word that is not in a vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{got}`; known are {known}")]
pub struct UnknownWord {
    /// What was expected, in the user's words: "list", "action".
    pub what: &'static str,
    /// The text that was found.
    pub got: String,
    /// The vocabulary, comma separated.
    pub known: String,
}

impl UnknownWord {
    /// One function for every vocabulary.
    #[cold]
    fn of(what: &'static str, got: &str, words: &mut dyn Iterator<Item = &'static str>) -> Self {
        let mut known = String::new();
        for word in words {
            if !known.is_empty() {
                known.push_str(", ");
            }
            known.push_str(word);
        }
        Self { what, got: got.to_owned(), known }
    }
}

macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $what:literal { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// All words, in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word as files spell it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The stable code that the blob holds.
            pub const fn code(self) -> u8 { self as u8 }

            /// The word of a code, or `None` if there is none.
            pub fn from_code(code: u8) -> Option<Self> {
                Self::ALL.get(usize::from(code)).copied()
            }

            /// This word alone, as a bit of a mask.
            pub const fn bit(self) -> u32 { 1 << (self as u8) }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }

        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|w| w.as_str() == text).ok_or_else(|| {
                    UnknownWord::of($what, text, &mut Self::ALL.iter().map(|w| w.as_str()))
                })
            }
        }
    };
}

words! {
    /// A legal category of listing. A source is a file; a list is what the listing means.
    List, "list" {
        /// OFAC Specially Designated Nationals and Blocked Persons.
        Sdn = "SDN",
        /// OFAC Sectoral Sanctions Identifications.
        Ssi = "SSI",
        /// OFAC Foreign Sanctions Evaders (E.O. 13608).
        Fse = "FSE",
        /// OFAC Palestinian Legislative Council.
        Plc = "PLC",
        /// OFAC list of foreign financial institutions subject to correspondent account sanctions.
        Cap = "CAP",
        /// OFAC Non-SDN Chinese Military-Industrial Complex Companies.
        Cmic = "CMIC",
        /// OFAC Non-SDN Menu-Based Sanctions.
        NsMbs = "NS-MBS",
        /// BIS Entity List (15 CFR 744 Supp. No. 4).
        El = "EL",
        /// BIS Denied Persons List (15 CFR 764.3(a)(2)).
        Dpl = "DPL",
        /// BIS Unverified List (15 CFR 744 Supp. No. 6).
        Uvl = "UVL",
        /// BIS Military End User List (15 CFR 744 Supp. No. 7).
        Meu = "MEU",
        /// State Department nonproliferation sanctions.
        Isn = "ISN",
        /// State Department AECA debarred parties (22 CFR 127.7).
        Dtc = "DTC",
        /// EU consolidated financial sanctions list.
        EuFsf = "EU-FSF",
        /// UK Sanctions List.
        UkUksl = "UK-UKSL",
        /// UN Security Council Consolidated List.
        UnSc = "UN-SC",
    }
}

words! {
    /// What a party is. A query has one kind, and is matched against parties of that kind:
    /// `organization` and `government` are asked together.
    Kind, "kind of party" {
        /// A natural person.
        Person = "person",
        /// A company, body or group.
        Organization = "organization",
        /// A government or an agency of one.
        Government = "government",
        /// A ship.
        Vessel = "vessel",
        /// An aircraft.
        Aircraft = "aircraft",
    }
}

impl Kind {
    /// The byte that starts a name key of this kind. `organization` and `government` share one, because
    /// lists do not part them (OFAC's legacy files know no "government").
    pub const fn key_byte(self) -> u8 {
        match self {
            Self::Person => b'p',
            Self::Organization | Self::Government => b'o',
            Self::Vessel => b'v',
            Self::Aircraft => b'a',
        }
    }
}

words! {
    /// How well a requester fits an entry.
    Band, "band" {
        /// A hard identifier agrees: passport, registration number, e-mail address, wallet.
        Identifier = "identifier",
        /// A name with what the policy's `[screening]` asks for.
        Strong = "strong",
        /// A name alone: due diligence is needed (OFAC FAQ 5).
        Possible = "possible",
        /// A listed address, whoever lives there (15 CFR 744.16).
        Address = "address",
    }
}

words! {
    /// What a decision says. Ordered: the most severe answers.
    Outcome, "outcome" {
        /// Let it pass.
        Allow = "allow",
        /// A person must look first.
        Review = "review",
        /// Say who you are first.
        Identify = "identify",
        /// Refused.
        Deny = "deny",
    }
}

words! {
    /// What is asked of an item.
    Action, "action" {
        /// Look at public descriptions: model cards.
        Browse = "browse",
        /// Weights, shards and updates of them, and the metadata that leads to them.
        Download = "download",
        /// A decryption key: handing it over is the release (15 CFR 734.19).
        Key = "key",
        /// Hosted access.
        Infer = "infer",
        /// Training or fine-tuning run for the requester.
        Train = "train",
    }
}

words! {
    /// The export class of an item.
    ItemClass, "item class" {
        /// Weights published without restriction (15 CFR 734.7).
        Published = "published",
        /// Not published; EAR99 attested.
        Closed = "closed",
        /// Not published, and nobody has classified it.
        ClosedUnknown = "closed_unknown",
        /// ECCN 4E091 (15 CFR 774 Supp. No. 1).
        Eccn4e091 = "eccn_4e091",
        /// Any other ECCN on the Commerce Control List.
        Ccl = "ccl",
        /// United States Munitions List.
        Itar = "itar",
    }
}

words! {
    /// A fact beside place and party that a rule can ask for. At most 64.
    Flag, "flag" {
        /// Address country and declared country differ. Derived from the place, never given.
        IpDeclaredMismatch = "ip_declared_mismatch",
        /// The address is a VPN's.
        Vpn = "vpn",
        /// The address is a proxy's.
        Proxy = "proxy",
        /// The address is a Tor exit.
        Tor = "tor",
        /// An organisation that writes from a free mail host.
        OrgWithFreeMail = "org_with_free_mail",
        /// E-mail, phone, address or time zone points to an embargoed place.
        EmbargoTrace = "embargo_trace",
        /// An organisation founded or registered only lately.
        NewOrg = "new_org",
        /// A freight forwarder or reseller.
        Forwarder = "forwarder",
        /// The running total is over the policy's limit.
        AggregateOverLimit = "aggregate_over_limit",
        /// A listed party owns part of the requester; how much is not known (red flag 29).
        ListedOwnerShareUnknown = "listed_owner_share_unknown",
        /// Nuclear end use (15 CFR 744.2).
        UseNuclear = "use_nuclear",
        /// Missile end use (15 CFR 744.3).
        UseMissile = "use_missile",
        /// Chemical or biological weapons end use (15 CFR 744.4).
        UseChemBio = "use_chem_bio",
        /// Military end use (15 CFR 744.21).
        UseMilitary = "use_military",
        /// Military-intelligence end use (15 CFR 744.22).
        UseMilitaryIntelligence = "use_military_intelligence",
        /// The training run is 10^26 operations or more.
        TrainingRunGe1e26 = "training_run_ge_1e26",
        /// The address is a hosting provider's: whoever uses it may be anywhere.
        Hosting = "hosting",
        /// The address is the way out of a relay or a content network.
        Relay = "relay",
        /// The address is a satellite provider's: one address serves several countries.
        Satellite = "satellite",
        /// The address is a mobile network's.
        Mobile = "mobile",
        /// The address is no public one.
        Private = "private",
        /// The address carries IPv4 inside IPv6 and leads with a server's address.
        Tunnel = "tunnel",
        /// Address table and platform name different places for one address. Derived, never given.
        GeoConflict = "geo_conflict",
        /// Evidence names a country of which the policy tells regions apart, and no region. Derived, never given.
        RegionUnknown = "region_unknown",
    }
}

impl Flag {
    /// Whether the flag follows from the places of a request, so that nobody may give it.
    pub const fn is_derived(self) -> bool {
        matches!(self, Self::IpDeclaredMismatch | Self::GeoConflict | Self::RegionUnknown)
    }
}

words! {
    /// What kind of network an address belongs to. A class says nothing about a country.
    NetworkClass, "network class" {
        /// A VPN provider.
        Vpn = "vpn",
        /// An open or commercial proxy.
        Proxy = "proxy",
        /// A Tor exit.
        Tor = "tor",
        /// A hosting provider or data centre.
        Hosting = "hosting",
        /// A relay or the way out of a content network, such as a private relay.
        Relay = "relay",
        /// A satellite provider.
        Satellite = "satellite",
        /// A mobile network.
        Mobile = "mobile",
        /// Not a public address: private, loopback, shared (CGNAT), link-local, unique local, reserved.
        Private = "private",
        /// IPv4 inside IPv6 that leads with a server's address: 6to4, Teredo.
        Tunnel = "tunnel",
    }
}

impl NetworkClass {
    /// The flag of the same name, by which rules ask for the class.
    pub const fn flag(self) -> Flag {
        match self {
            Self::Vpn => Flag::Vpn,
            Self::Proxy => Flag::Proxy,
            Self::Tor => Flag::Tor,
            Self::Hosting => Flag::Hosting,
            Self::Relay => Flag::Relay,
            Self::Satellite => Flag::Satellite,
            Self::Mobile => Flag::Mobile,
            Self::Private => Flag::Private,
            Self::Tunnel => Flag::Tunnel,
        }
    }
}

/// A set of network classes: the label of an address in the blob's network tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct NetworkSet(pub u16);

impl NetworkSet {
    /// No class.
    pub const EMPTY: Self = Self(0);
    /// Every class.
    pub const ALL: Self = Self((1 << NetworkClass::ALL.len()) - 1);

    /// The set with one class.
    pub const fn of(class: NetworkClass) -> Self {
        Self(1 << (class as u8))
    }

    /// Both sets together.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the class is in the set.
    pub const fn contains(self, class: NetworkClass) -> bool {
        self.0 & (1 << (class as u8)) != 0
    }

    /// Whether nothing is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The classes, in the order of their codes.
    pub fn iter(self) -> impl Iterator<Item = NetworkClass> {
        NetworkClass::ALL.iter().copied().filter(move |class| self.contains(*class))
    }
}

impl FromIterator<NetworkClass> for NetworkSet {
    fn from_iter<I: IntoIterator<Item = NetworkClass>>(classes: I) -> Self {
        classes.into_iter().fold(Self::EMPTY, |set, class| set.union(Self::of(class)))
    }
}

words! {
    /// What law a rule belongs to, or the operator is bound by.
    Regime, "regime" {
        /// OFAC's regulations (31 CFR chapter V).
        UsOfac = "us-ofac",
        /// The Export Administration Regulations (15 CFR 730-774).
        UsEar = "us-ear",
        /// European Union law.
        Eu = "eu",
        /// United Kingdom law.
        Uk = "uk",
        /// United Nations Security Council.
        Un = "un",
    }
}

words! {
    /// A jurisdiction that binds the operator.
    Jurisdiction, "jurisdiction" {
        /// United States.
        Us = "US",
        /// European Union.
        Eu = "EU",
        /// United Kingdom.
        Uk = "UK",
    }
}

words! {
    /// The value of a switch: law that moves, one word each.
    SwitchValue, "switch value" {
        /// The rule is silent.
        Off = "off",
        /// As written; a `switch:` outcome is a review.
        Review = "review",
        /// A review becomes a denial.
        Enforce = "enforce",
        /// Hosted access is a service, not an export.
        Service = "service",
        /// Hosted access counts as an export.
        Export = "export",
    }
}

words! {
    /// The type of a hard identifier.
    IdKind, "identifier type" {
        /// Passport or other travel document number.
        Passport = "passport",
        /// National identity number or card.
        NationalId = "national_id",
        /// Tax number.
        TaxId = "tax_id",
        /// Company or other registration number.
        Registration = "registration",
        /// IMO number of a ship, or of a shipping company.
        Imo = "imo",
        /// Maritime Mobile Service Identity.
        Mmsi = "mmsi",
        /// SWIFT/BIC of a bank.
        Swift = "swift",
        /// Legal Entity Identifier (ISO 17442).
        Lei = "lei",
        /// Digital currency address.
        Wallet = "wallet",
        /// Aircraft tail number or construction number.
        Aircraft = "aircraft",
        /// E-mail address.
        Email = "email",
        /// Telephone number.
        Phone = "phone",
        /// The list's own id, asked for by source: `us_ofac_sdn:36`.
        ListEntry = "list_entry",
        /// Any other document.
        Other = "other",
    }
}

/// A set of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct ListSet(pub u32);

impl ListSet {
    /// No list.
    pub const EMPTY: Self = Self(0);

    /// The set with one list.
    pub const fn of(list: List) -> Self {
        Self(1 << (list as u8))
    }

    /// Both sets together.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the list is in the set.
    pub const fn contains(self, list: List) -> bool {
        self.0 & (1 << (list as u8)) != 0
    }

    /// Whether nothing is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The lists, in the order of their codes.
    pub fn iter(self) -> impl Iterator<Item = List> {
        List::ALL.iter().copied().filter(move |l| self.contains(*l))
    }
}

impl FromIterator<List> for ListSet {
    fn from_iter<I: IntoIterator<Item = List>>(lists: I) -> Self {
        lists.into_iter().fold(Self::EMPTY, |set, l| set.union(Self::of(l)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip() {
        for list in List::ALL {
            assert_eq!(list.as_str().parse::<List>().as_ref(), Ok(list));
            assert_eq!(List::from_code(list.code()), Some(*list));
        }
        assert!("sdn".parse::<List>().is_err());
        assert_eq!(List::from_code(200), None);
    }

    #[test]
    fn every_network_class_is_a_flag_of_its_name() {
        for class in NetworkClass::ALL {
            assert_eq!(class.flag().as_str(), class.as_str());
        }
        assert_eq!(NetworkSet::ALL.iter().count(), NetworkClass::ALL.len());
        assert_eq!(NetworkClass::ALL.iter().copied().collect::<NetworkSet>(), NetworkSet::ALL);
    }

    #[test]
    fn outcomes_are_ordered_by_severity() {
        assert!(Outcome::Deny > Outcome::Identify);
        assert!(Outcome::Identify > Outcome::Review);
        assert!(Outcome::Review > Outcome::Allow);
    }
}
