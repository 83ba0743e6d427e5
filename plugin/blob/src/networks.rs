//! What kind of network an address belongs to: one run trie for each family, whose label is a set of classes.
//!
//! ```text
//! networks v4  u32 number of classes n, u32 zero, n times (i64, Unix seconds, minimum = no file): when the oldest file of
//!              each class was last confirmed current; then the trie
//! networks v6  the trie
//! ```

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::address::canonical;
use crate::bytes::{u32_at, u64_at};
use crate::format::{BlobError, SectionKind};
use crate::trie::{Family, Trie, TrieError};
use crate::words::{NetworkClass, NetworkSet};

/// Stands for the time of a class without a file.
const NO_TIME: i64 = i64::MIN;

/// The network tables of a blob.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Networks<'a> {
    times: &'a [u8],
    v4: Trie<'a>,
    v6: Trie<'a>,
}

impl<'a> Networks<'a> {
    /// Opens the two sections in a time that does not depend on their size.
    pub(crate) fn open(v4: &'a [u8], v6: &'a [u8]) -> Result<Self, BlobError> {
        let malformed = |section, why: &str| BlobError::Malformed { section, why: why.to_owned() };
        let trie = |section, family, data| Trie::open(family, data).map_err(|e: TrieError| malformed(section, &e.to_string()));
        let fail = || malformed(SectionKind::NetworksV4, "its head is not one time for each class");
        let count = u32_at(v4, 0).and_then(|count| usize::try_from(count).ok()).filter(|count| *count <= NetworkClass::ALL.len());
        let times = count.and_then(|count| v4.get(8..count.checked_mul(8)?.checked_add(8)?)).ok_or_else(fail)?;
        let rest = v4.get(8 + times.len()..).ok_or_else(fail)?;
        if u32_at(v4, 4) != Some(0) {
            return Err(fail());
        }
        Ok(Self { times, v4: trie(SectionKind::NetworksV4, Family::V4, rest)?, v6: trie(SectionKind::NetworksV6, Family::V6, v6)? })
    }

    /// Checks everything that a look-up can reach. Costs a pass over the sections.
    pub(crate) fn verify(&self) -> Result<(), BlobError> {
        for (section, trie) in [(SectionKind::NetworksV4, &self.v4), (SectionKind::NetworksV6, &self.v6)] {
            let fail = |why: String| BlobError::Malformed { section, why };
            trie.verify().map_err(|e| fail(e.to_string()))?;
            if trie.labels().any(|label| label & !NetworkSet::ALL.0 != 0) {
                return Err(fail("a label has a class that is not known".to_owned()));
            }
        }
        Ok(())
    }

    /// The classes of an address.
    pub(crate) fn find(&self, address: IpAddr) -> NetworkSet {
        let label = match canonical(address) {
            IpAddr::V4(v4) => self.v4.v4(v4),
            IpAddr::V6(v6) => self.v6.v6(v6),
        };
        // A class that this program does not know is none that its rules ask for.
        NetworkSet(label & NetworkSet::ALL.0)
    }

    /// The run of addresses with one set of classes that holds the address.
    pub(crate) fn run(&self, address: IpAddr) -> Option<(IpAddr, IpAddr)> {
        run(&self.v4, &self.v6, address)
    }

    /// When the oldest file of a class was last confirmed current.
    pub(crate) fn checked_at(&self, class: NetworkClass) -> Option<i64> {
        let time = u64_at(self.times, usize::from(class.code()) * 8)?.cast_signed();
        (time != NO_TIME).then_some(time)
    }
}

/// The run that holds an address, in the trie of its family.
pub(crate) fn run(v4: &Trie<'_>, v6: &Trie<'_>, address: IpAddr) -> Option<(IpAddr, IpAddr)> {
    match canonical(address) {
        IpAddr::V4(address) => {
            let (first, last) = v4.run(u128::from(address.to_bits()))?;
            let of = |bits: u128| u32::try_from(bits).ok().map(|bits| IpAddr::from(Ipv4Addr::from_bits(bits)));
            Some((of(first)?, of(last)?))
        }
        IpAddr::V6(address) => {
            let (first, last) = v6.run(address.to_bits())?;
            Some((Ipv6Addr::from_bits(first).into(), Ipv6Addr::from_bits(last).into()))
        }
    }
}

#[cfg(feature = "write")]
pub(crate) mod write {
    use super::{Family, NO_TIME, NetworkClass};
    use crate::model::{NetworkRange, NetworkSource};
    use crate::trie::build::{BuildError, Range, build};

    const V4_FIRST: u128 = 0xffff_0000_0000;
    const V4_LAST: u128 = 0xffff_ffff_ffff;

    /// The two sections. Ranges ascend without overlap; IPv4 is in its mapped form.
    pub(crate) fn sections(ranges: &[NetworkRange], sources: &[NetworkSource]) -> Result<[Vec<u8>; 2], BuildError> {
        let is_v4 = |range: &&NetworkRange| (V4_FIRST..=V4_LAST).contains(&range.first);
        let mut v4 = u32::try_from(NetworkClass::ALL.len()).unwrap_or(0).to_le_bytes().to_vec();
        v4.extend([0; 4]);
        for class in NetworkClass::ALL {
            let oldest = sources.iter().filter(|source| source.class == *class).map(|source| source.checked_at).min();
            v4.extend(oldest.unwrap_or(NO_TIME).to_le_bytes());
        }
        let range = |range: &NetworkRange, base: u128| Range {
            first: range.first - base,
            last: range.last.wrapping_sub(base),
            label: range.classes.0,
        };
        v4.extend(build(Family::V4, ranges.iter().filter(is_v4).map(|r| range(r, V4_FIRST)))?);
        let v6 = build(Family::V6, ranges.iter().filter(|range| !is_v4(range)).map(|r| range(r, 0)))?;
        Ok([v4, v6])
    }
}
