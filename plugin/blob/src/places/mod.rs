//! The place table: addresses to places, with an account of what it can tell apart.
//!
//! Three sections. *Place codes* lists what a label of the two tries answers, and how much of the world the table tells apart:
//!
//! - **all**: every place of the databases answers for itself;
//! - **policy**: places that the blob's policy cannot tell apart have one answer (`AD+`), so that the table is a fraction of
//!   the size. If the policy cannot tell an unknown place from one that lies in none of its sets either, both have one answer
//!   (`AD?`): most runs of a database are there to say where it knows nothing. The codes behind each answer are listed, so that a policy which asks for a finer distinction than the
//!   table has can be refused when it is loaded, not answered wrongly later.

use std::net::IpAddr;

use crate::address::{canonical, tunnel};
use crate::bytes::{u8_at, u16_at, u32_at, u64_at};
use crate::format::{BlobError, SectionKind};
use crate::place::Place;
use crate::policy::{Evidence, PolicyTable};
use crate::trie::{Family, Trie};

#[cfg(feature = "write")]
pub(crate) mod write;

/// Bytes before the answers in the section of place codes.
pub(crate) const HEADER_LEN: usize = 16;

/// What a table tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Distinctions {
    /// Every place of the databases.
    #[default]
    All,
    /// What the blob's policy and authorisations can tell apart.
    Policy,
}

impl Distinctions {
    /// The word in build files and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Policy => "policy",
        }
    }

    #[cfg(feature = "write")]
    const fn code(self) -> u8 {
        match self {
            Self::All => 0,
            Self::Policy => 1,
        }
    }
}

/// A policy that asks for more than a table can tell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TooCoarse {
    /// Two places with one answer that the policy tells apart.
    #[error(
        "the address table does not tell `{a}` from `{b}`, which this policy does; build the blob again with this policy, or with \
         `countries = \"all\"` in `[places]`"
    )]
    Places {
        /// One place.
        a: Place,
        /// The other.
        b: Place,
    },
    /// A rule depends on whether the place is known.
    #[error(
        "the address table does not tell an unknown place from one that its own policy had no rule for (`{0}`), and this policy does \
         (by `loc = \"unknown\"`, `loc_not_in`, an `allow` with places, or a set that holds it); build the blob again with this policy, or \
         with `countries = \"all\"` in `[places]`"
    )]
    Unknown(Place),
    /// A rule compares countries.
    #[error(
        "the address table tells apart only what its own policy asked for, and this policy compares countries \
         (`ip_declared_mismatch`, `geo_conflict`); build the blob again with `countries = \"all\"` in `[places]`"
    )]
    Countries,
    /// A rule asks for a region of a country whose regions are not in the table.
    #[error("this policy names `{0}`, and the address table holds no regions of that country; build the blob again with this policy")]
    Region(Place),
}

/// A place table, read in place.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    v4: Trie<'a>,
    v6: Trie<'a>,
    distinctions: Distinctions,
    /// A place for each label from 1 on.
    answers: &'a [u8],
    /// Countries whose regions are told, as far as the databases know them.
    regions: &'a [u8],
    /// Codes that share an answer with others, ascending …
    members: &'a [u8],
    /// … and the label of each.
    member_labels: &'a [u8],
}

impl<'a> Places<'a> {
    pub(crate) fn open(codes: &'a [u8], v4: &'a [u8], v6: &'a [u8]) -> Result<Self, BlobError> {
        let trie =
            |section, family, data| Trie::open(family, data).map_err(|error| BlobError::Malformed { section, why: error.to_string() });
        let (v4, v6) = (trie(SectionKind::PlacesV4, Family::V4, v4)?, trie(SectionKind::PlacesV6, Family::V6, v6)?);
        let fail = || malformed("its parts do not fit into it");
        let distinctions = match u8_at(codes, 0) {
            Some(0) => Distinctions::All,
            Some(1) => Distinctions::Policy,
            _ => return Err(fail()),
        };
        let mut rest = codes.get(HEADER_LEN..).ok_or_else(fail)?;
        let mut part = |at: usize, width: usize| {
            let len = u32_at(codes, at).and_then(|count| usize::try_from(count).ok()?.checked_mul(width)).ok_or_else(fail)?;
            let (part, behind) = rest.split_at_checked(len).ok_or_else(fail)?;
            rest = behind;
            Ok::<_, BlobError>(part)
        };
        let (answers, regions, members, member_labels) = (part(4, 8)?, part(8, 8)?, part(12, 8)?, part(12, 2)?);
        if !rest.is_empty() {
            return Err(fail());
        }
        Ok(Self { v4, v6, distinctions, answers, regions, members, member_labels })
    }

    /// Where an address is. IPv4 within IPv6 is IPv4: see [`canonical`]. `None`: the databases do not say, or it is a
    /// [`tunnel`]'s.
    ///
    /// The answer of a table that is compiled through a policy may be [`Place::or_others`], [`Place::or_none`] or
    /// [`Place::other_region`].
    #[inline]
    pub fn find(&self, address: IpAddr) -> Option<Place> {
        self.answer(self.label(address))
    }

    /// The label of an address: 0 = nothing is known. See [`Places::answer`].
    #[inline]
    pub fn label(&self, address: IpAddr) -> u16 {
        match canonical(address) {
            IpAddr::V4(v4) => self.v4.v4(v4),
            IpAddr::V6(_) if tunnel(address).is_some() => 0,
            IpAddr::V6(v6) => self.v6.v6(v6),
        }
    }

    /// A run of addresses around this one that have its label, for reports.
    pub(crate) fn run(&self, address: IpAddr) -> Option<(IpAddr, IpAddr)> {
        crate::networks::run(&self.v4, &self.v6, address)
    }

    /// The place that a label stands for; `None` for 0.
    #[inline]
    pub fn answer(&self, label: u16) -> Option<Place> {
        Place::from_u64(u64_at(self.answers, usize::from(label).checked_sub(1)? * 8)?)
    }

    /// What the table tells apart.
    pub fn distinctions(&self) -> Distinctions {
        self.distinctions
    }

    /// All answers.
    pub fn answers(&self) -> impl Iterator<Item = Place> + use<'a> {
        codes(self.answers)
    }

    /// The countries whose regions it tells, as far as its databases know them.
    pub fn regions(&self) -> impl Iterator<Item = Place> + use<'a> {
        codes(self.regions)
    }

    /// The codes that share an answer, each with that answer. Empty for [`Distinctions::All`].
    pub fn members(&self) -> impl Iterator<Item = (Place, Option<Place>)> + use<'a> {
        let this = *self;
        codes(self.members)
            .zip(self.member_labels.chunks_exact(2))
            .map(move |(place, label)| (place, u16_at(label, 0).and_then(|l| this.answer(l))))
    }

    /// Whether no address has a place.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether a policy can be decided with this table: it tells apart all that the policy does.
    ///
    /// # Errors
    /// [`TooCoarse`] with the first distinction that is missing.
    pub fn serve(&self, policy: &PolicyTable<'_>) -> Result<(), TooCoarse> {
        if self.is_empty() {
            return Ok(());
        }
        for region in policy.regions() {
            if !self.regions().any(|country| country == region.without_region()) {
                return Err(TooCoarse::Region(region));
            }
        }
        if self.distinctions == Distinctions::All {
            return Ok(());
        }
        if policy.compares_countries() {
            return Err(TooCoarse::Countries);
        }
        let asked = policy.location_sets();
        // An unknown place lies in no set.
        let outside = |answer: Place| matches!(policy.evidence(answer), Evidence::Known(sets) if sets & asked == 0);
        if let Some(answer) = self.answers().find(|answer| answer.may_be_none() && (policy.tells_unknown() || !outside(*answer))) {
            return Err(TooCoarse::Unknown(answer));
        }
        for (place, answer) in self.members() {
            let answer = answer.unwrap_or(place);
            if !same(asked, policy.evidence(place), policy.evidence(answer)) {
                return Err(TooCoarse::Places { a: place, b: Place::country(country(answer)).unwrap_or(answer) });
            }
        }
        Ok(())
    }

    /// Checks everything that a look-up can reach.
    pub(crate) fn verify(&self) -> Result<(), BlobError> {
        let count = self.answers.len() / 8;
        for (section, trie) in [(SectionKind::PlacesV4, &self.v4), (SectionKind::PlacesV6, &self.v6)] {
            trie.verify().map_err(|error| BlobError::Malformed { section, why: error.to_string() })?;
            if trie.labels().any(|label| usize::from(label) > count) {
                return Err(BlobError::Malformed { section, why: "a range refers to a code that is not there".to_owned() });
            }
        }
        for part in [self.answers, self.regions, self.members] {
            if part.chunks_exact(8).any(|code| u64_at(code, 0).and_then(Place::from_u64).is_none()) {
                return Err(malformed("it holds something that is no place"));
            }
        }
        let sorted = |part: &[u8]| part.chunks_exact(8).map(|code| u64_at(code, 0)).is_sorted_by(|a, b| a < b);
        if !sorted(self.members) || !sorted(self.regions) || self.members().any(|(_, answer)| answer.is_none()) {
            return Err(malformed("its codes are out of order or have no answer"));
        }
        if self.distinctions == Distinctions::All && (!self.members.is_empty() || self.answers().any(|place| !place.is_code())) {
            return Err(malformed("a table of all places holds an answer for several"));
        }
        Ok(())
    }
}

/// Whether a rule can tell two places apart, asked about these sets alone.
fn same(asked: u64, a: Evidence, b: Evidence) -> bool {
    match (a, b) {
        (Evidence::Known(a), Evidence::Known(b)) => a & asked == b & asked,
        _ => a == b,
    }
}

fn country(place: Place) -> [u8; 2] {
    place.country_code().as_bytes().first_chunk().copied().unwrap_or(*b"XX")
}

fn codes(part: &[u8]) -> impl Iterator<Item = Place> + use<'_> {
    part.chunks_exact(8).filter_map(|code| u64_at(code, 0).and_then(Place::from_u64))
}

fn malformed(why: &str) -> BlobError {
    BlobError::Malformed { section: SectionKind::PlaceCodes, why: why.to_owned() }
}
