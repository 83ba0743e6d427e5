//! What a gate asks itself before its first decision: would Crimea or Sevastopol pass?
//!
//! Interactive Brokers served Sevastopol for two years because its code was missing from a list (OFAC, 2025). A policy
//! that has lost such a rule, a set that has lost a code, a switch or a jurisdiction set wrongly: all of them show here,
//! because the real policy is asked with the real settings.

use weighbridge_blob::date::Day;
use weighbridge_blob::place::Place;
use weighbridge_blob::policy::{EXEMPT, Evidence, MUST_REFUSE, PolicyTable};
use weighbridge_blob::words::{Action, ItemClass, Jurisdiction, Kind};

use crate::evaluate::refuses;
use crate::facts::{Facts, IdentityFacts, Settings};

/// Asked whatever the policy says of itself: Crimea and Sevastopol (E.O. 13685, 15 CFR 746.6).
const ALWAYS: [&str; 2] = ["UA-43", "UA-40"];

/// A request that would pass and must not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "self-test: `{action}` of a `{class}` item from {place} would pass; put the rule back into the policy, or, if US law does not \
     bind the operator, set `bound_as` accordingly and name the place in the policy's `[self_test.exempt]` with the reason"
)]
pub struct SelfTestError {
    /// From where.
    pub place: Place,
    /// What is asked.
    pub action: Action,
    /// Of which kind of item.
    pub class: ItemClass,
}

/// How much is asked of places that the policy names itself. Crimea and Sevastopol are always asked in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// A download of published weights: for a gate, which may start anew for each request.
    Quick,
    /// Every action but `browse`, every class of item: for the builder.
    Full,
}

/// Asks the policy, with these settings and at this time (Unix seconds), for every place from which it must refuse.
///
/// The requester is the one that the policy is mildest to: a known person of the home country who is no foreign person.
/// A place that the policy exempts is left out unless the operator is bound by US law.
///
/// # Errors
/// The first request that would pass.
pub fn self_test(policy: &PolicyTable<'_>, settings: &Settings, at: i64, depth: Depth) -> Result<(), SelfTestError> {
    let bit = |name: &str| policy.sets().position(|set| set == name).and_then(|n| 1_u64.checked_shl(n as u32)).unwrap_or(0);
    let us = u32::from(settings.bound_as.unwrap_or_else(|| policy.bound_as())) & Jurisdiction::Us.bit() != 0;
    let (named, exempt) = (bit(MUST_REFUSE), if us { 0 } else { bit(EXEMPT) });
    // Regions in the same sets are one place to a policy, and a gate may start anew for each request.
    let mut asked = Vec::new();
    let mut again = |place: Place| {
        let Evidence::Known(sets) = policy.evidence(place) else { return false };
        let known = place.has_region() && asked.contains(&sets);
        if place.has_region() {
            asked.push(sets);
        }
        known
    };
    for place in ALWAYS.iter().filter_map(|code| code.parse::<Place>().ok()) {
        if !matches!(policy.evidence(place), Evidence::Known(sets) if sets & exempt != 0) && !again(place) {
            ask(policy, settings, at, place, true)?;
        }
    }
    if named == 0 {
        return Ok(());
    }
    for place in policy.places_where(&|sets| sets & named != 0 && sets & exempt == 0) {
        if !again(place) {
            ask(policy, settings, at, place, depth == Depth::Full)?;
        }
    }
    Ok(())
}

/// As [`self_test`] in full and with the policy's own settings, at every time from `from` on: what passes need not be asked again
/// later, because a policy changes on the days that its rules begin and end, and on no other.
///
/// # Errors
/// The first request that would pass.
pub fn self_test_from(policy: &PolicyTable<'_>, from: i64) -> Result<(), SelfTestError> {
    let days = policy.rules().chain(policy.defaults()).flat_map(|rule| [rule.from, rule.to.map(|to| Day(to.0.saturating_add(1)))]);
    let changes = days.flatten().map(Day::unix).filter(|at| *at > from);
    std::iter::once(from).chain(changes).try_for_each(|at| self_test(policy, &Settings::default(), at, Depth::Full))
}

fn ask(policy: &PolicyTable<'_>, settings: &Settings, at: i64, place: Place, full: bool) -> Result<(), SelfTestError> {
    let actions = Action::ALL.iter().filter(|action| **action != Action::Browse);
    let published = actions.map(|action| (*action, ItemClass::Published));
    let downloads = ItemClass::ALL.iter().map(|class| (Action::Download, *class));
    let all = published.chain(downloads.filter(|(_, class)| *class != ItemClass::Published));
    let quick = std::iter::once((Action::Download, ItemClass::Published));
    let cases: &mut dyn Iterator<Item = (Action, ItemClass)> = if full { &mut all.into_iter() } else { &mut quick.into_iter() };
    for (action, class) in cases {
        let mut facts = Facts::new(at, action, class);
        facts.settings = *settings;
        facts.place.ip = Some(place);
        facts.identity = Some(IdentityFacts { kind: Kind::Person, foreign_person: Some(false) });
        if !refuses(policy, &facts) {
            return Err(SelfTestError { place, action, class });
        }
    }
    Ok(())
}
