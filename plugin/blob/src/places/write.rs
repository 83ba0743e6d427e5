//! The writer of the place table.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;

use super::{Distinctions, HEADER_LEN};
use crate::model::PlaceRange;
use crate::place::Place;
use crate::policy::{Evidence, PolicyTable};
use crate::trie::Family;
use crate::trie::build::{BuildError, Range, build, build_small};
use crate::write::WriteError;

const V4_FIRST: u128 = 0xffff_0000_0000;
const V4_LAST: u128 = 0xffff_ffff_ffff;

/// The sections of place codes, IPv4 and IPv6. `exact` are places that keep an answer of their own whatever the policy says.
pub(crate) fn sections(
    ranges: &[PlaceRange],
    distinctions: Distinctions,
    regions: &BTreeSet<Place>,
    exact: &BTreeSet<Place>,
    policy: &PolicyTable<'_>,
) -> Result<[Vec<u8>; 3], WriteError> {
    let places: BTreeSet<u64> = ranges.iter().map(|range| range.place.to_u64()).collect();
    let places: Vec<Place> = places.into_iter().filter_map(Place::from_u64).collect();
    let (answers, label_of) = match distinctions {
        Distinctions::All => {
            let label_of = labels(places.iter().map(|place| (*place, *place)), &places)?;
            (places.clone(), label_of)
        }
        Distinctions::Policy => {
            if policy.compares_countries() {
                return Err(WriteError::Coarse(super::TooCoarse::Countries));
            }
            let answer_of = told_apart(&places, regions, exact, policy);
            let mut answers: Vec<Place> = answer_of.values().copied().collect();
            answers.sort_unstable_by_key(|place| place.to_u64());
            answers.dedup();
            let label_of = labels(answer_of.into_iter(), &answers)?;
            (answers, label_of)
        }
    };
    let members: Vec<(Place, u16)> = match distinctions {
        Distinctions::All => Vec::new(),
        // A place that answers for itself needs no mention.
        Distinctions::Policy => places
            .iter()
            .filter_map(|place| Some((*place, *label_of.get(place)?)))
            .filter(|(place, label)| answers.get(usize::from(*label).wrapping_sub(1)) != Some(place))
            .collect(),
    };
    let mut codes = vec![distinctions.code(), 0, 0, 0];
    for count in [answers.len(), regions.len(), members.len()] {
        codes.extend(u32::try_from(count).map_err(|_| WriteError::Limit("places"))?.to_le_bytes());
    }
    debug_assert_eq!(codes.len(), HEADER_LEN);
    for place in answers.iter().chain(regions).chain(members.iter().map(|(place, _)| place)) {
        codes.extend(place.to_u64().to_le_bytes());
    }
    members.iter().for_each(|(_, label)| codes.extend(label.to_le_bytes()));

    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for range in ranges {
        let label = label_of.get(&range.place).copied().unwrap_or(0);
        if range.first >= V4_FIRST && range.last <= V4_LAST {
            v4.push(Range { first: range.first - V4_FIRST, last: range.last - V4_FIRST, label });
        } else if range.last < V4_FIRST || range.first > V4_LAST {
            v6.push(Range { first: range.first, last: range.last, label });
        } else {
            return Err(WriteError::Places(shown(range.first)));
        }
    }
    // Where nothing is known, the answer that says so may be one with places.
    let none = answers.iter().position(|answer| answer.may_be_none()).and_then(|at| u16::try_from(at + 1).ok());
    let trie = |family: Family, ranges: Vec<Range>| {
        let ranges = match none {
            Some(label) => filled(&ranges, family, label),
            None => ranges,
        };
        let built = match distinctions {
            Distinctions::All => build(family, ranges),
            Distinctions::Policy => build_small(family, ranges),
        };
        built.map_err(|error| match error {
            BuildError::Order(at) => WriteError::Places(shown(if family == Family::V4 { at + V4_FIRST } else { at })),
            BuildError::TooLarge => WriteError::Limit("address ranges"),
        })
    };
    Ok([codes, trie(Family::V4, v4)?, trie(Family::V6, v6)?])
}

fn labels(answer_of: impl Iterator<Item = (Place, Place)>, answers: &[Place]) -> Result<BTreeMap<Place, u16>, WriteError> {
    // Label 0 is "unknown".
    if answers.len() > usize::from(u16::MAX) {
        return Err(WriteError::Limit("places"));
    }
    let number: BTreeMap<Place, u16> = answers.iter().copied().zip(1..=u16::MAX).collect();
    Ok(answer_of.filter_map(|(place, answer)| Some((place, *number.get(&answer)?))).collect())
}

/// What each place answers: itself, or the first of those that no rule can tell it from.
fn told_apart(places: &[Place], regions: &BTreeSet<Place>, exact: &BTreeSet<Place>, policy: &PolicyTable<'_>) -> BTreeMap<Place, Place> {
    let asked = policy.location_sets();
    // An authorisation that holds in a place needs evidence, all of which lies there: an unknown address is none against it.
    let folds = exact.is_empty() && !policy.tells_unknown();
    let exact: BTreeSet<Place> = exact.iter().chain(regions).copied().chain(policy.regions()).collect();
    let mut groups: BTreeMap<(u8, u64, Option<Place>), Vec<Place>> = BTreeMap::new();
    for place in places {
        let (kind, sets) = match policy.evidence(*place) {
            Evidence::Known(sets) => (0, sets & asked),
            Evidence::Unrecognised => (1, 0),
            Evidence::Nothing => (2, 0),
            // A kind of network, which the code names: each for itself.
            Evidence::Network(class) => (3, u64::from(class as u8)),
        };
        // Places that something names stay what they are; so does a country that has named regions, which is what it answers
        // where the region is not known. Its other regions are one answer.
        let own = if exact.contains(place) {
            Some(*place)
        } else {
            Some(place.without_region())
                .filter(|country| place.has_region() && (regions.contains(country) || exact.contains(country)))
                .map(Place::other_region)
        };
        groups.entry((kind, sets, own)).or_default().push(*place);
    }
    let mut answers = BTreeMap::new();
    for ((kind, sets, own), members) in groups {
        let answer = match (own, members.as_slice()) {
            (Some(own), _) => own,
            (None, [first, ..]) if folds && (kind, sets) == (0, 0) => first.or_none(),
            (None, [one]) => *one,
            (None, all) => match all.first() {
                Some(first) => first.or_others(),
                None => continue,
            },
        };
        members.into_iter().for_each(|place| {
            answers.insert(place, answer);
        });
    }
    answers
}

/// The ranges with one of this label wherever there is none. What is out of order stays so, for [`build`] to tell.
fn filled(ranges: &[Range], family: Family, label: u16) -> Vec<Range> {
    let mut out = Vec::with_capacity(ranges.len() * 2 + 1);
    let mut next = Some(0_u128);
    for range in ranges {
        if let Some(first) = next.filter(|first| *first < range.first) {
            out.push(Range { first, last: range.first - 1, label });
        }
        out.push(*range);
        next = range.last.checked_add(1);
    }
    if let Some(first) = next.filter(|first| *first <= family.last()) {
        out.push(Range { first, last: family.last(), label });
    }
    out
}

fn shown(address: u128) -> String {
    Ipv6Addr::from(address).to_canonical().to_string()
}
