//! All rules asked, all matches recorded, the most severe answers.
//!
//! Facts become masks once; then one pass over the rules, and over the defaults if no rule refuses. No
//! allocation, no clock, no I/O: the same facts and the same policy give the same decision everywhere.

use weighbridge_blob::date::Day;
use weighbridge_blob::place::Place;
use weighbridge_blob::policy::{Blocking, Evidence, PolicyTable, Probe, Rule, ShareTest, When, facet};
use weighbridge_blob::words::{Action, Band, Flag, ItemClass, List, ListSet, Outcome, SwitchValue};

use crate::decision::{DecidedBy, Decision, Freshness};
use crate::facts::{AuthorisationFact, Facts, OwnerFact, PlaceFacts, RuleScope, flag_bit};

/// Decides.
///
/// `Deny` > `Identify` > `Review` > `Allow`. Where no rule matched, or only `allow` rules did, the policy's
/// defaults are tried in order; after an `allow` rule a default can only make the answer stricter. Lists
/// older than the policy allows turn an answer for an item that is not published into a review, or 503.
///
/// Cost: well below a microsecond for a policy of fifty rules.
pub fn evaluate(policy: &PolicyTable<'_>, facts: &Facts<'_>) -> Decision {
    let masks = Masks::of(policy, facts);
    let (freshness, oldest_list_seconds) = freshness(policy, facts);
    let mut decision = Decision {
        outcome: Outcome::Allow,
        status: 200,
        matched: 0,
        by_outcome: [0; Outcome::ALL.len()],
        lifted: 0,
        decided_by: DecidedBy::Rules,
        freshness,
        oldest_list_seconds,
        not_screened: ListSet(policy.lists_named().0 & !facts.provided.0),
        flags: masks.flags,
    };

    let mut worst = None;
    for (index, rule) in policy.candidates(masks.probe(facts)) {
        let Some(answer) = masks.answer(policy, facts, &rule) else { continue };
        let bit = 1_u128.checked_shl(u32::try_from(index).unwrap_or(u32::MAX)).unwrap_or(0);
        if lifting(policy, facts.authorisations, index, &rule).is_some() {
            decision.lifted |= bit;
            continue;
        }
        decision.matched |= bit;
        if let Some(mask) = decision.by_outcome.get_mut(usize::from(answer.outcome.code())) {
            *mask |= bit;
        }
        // Among several denials law (451) goes before the operator's own (403); the derived order of
        // `Answer` says so.
        worst = worst.max(Some(answer));
    }

    let (answer, by) = settle(policy, facts, &masks, worst);
    (decision.outcome, decision.status, decision.decided_by) = (answer.outcome, answer.status, by);
    if facts.item.class != ItemClass::Published {
        refuse_stale(&mut decision);
    }
    decision
}

/// Whether the answer is anything but `Allow`: that of [`evaluate`], found at the first rule that refuses, because the most
/// severe answer counts. For questions of which the gate knows the answer that must come ([`crate::selftest`]).
pub(crate) fn refuses(policy: &PolicyTable<'_>, facts: &Facts<'_>) -> bool {
    let masks = Masks::of(policy, facts);
    let refused = policy.candidates(masks.probe(facts)).any(|(index, rule)| {
        let answer = masks.answer(policy, facts, &rule);
        answer.is_some_and(|answer| answer.outcome != Outcome::Allow) && lifting(policy, facts.authorisations, index, &rule).is_none()
    });
    refused || evaluate(policy, facts).outcome != Outcome::Allow
}

/// The authorisation that lifts this rule, if one does: its kind is one that the rule accepts, and it names the rule.
pub(crate) fn lifting<'a, 'f>(
    policy: &PolicyTable<'_>,
    authorisations: &'a [AuthorisationFact<'f>],
    index: usize,
    rule: &Rule,
) -> Option<&'a AuthorisationFact<'f>> {
    authorisations.iter().find(|authorisation| {
        let named = match authorisation.rules {
            RuleScope::Every => true,
            RuleScope::Named(mask) => mask.checked_shr(u32::try_from(index).unwrap_or(u32::MAX)).unwrap_or(0) & 1 == 1,
        };
        named && policy.rule_lifts(rule).any(|kind| kind == authorisation.kind)
    })
}

/// An outcome with its status. Ordered by severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    pub(crate) status: u16,
}

impl Answer {
    const fn new(outcome: Outcome, deny_status: u16) -> Self {
        let status = match outcome {
            Outcome::Allow => 200,
            Outcome::Review => 403,
            Outcome::Identify => 401,
            Outcome::Deny => deny_status,
        };
        Self { outcome, status }
    }
}

/// What the defaults make of the most severe answer that a rule gave.
fn settle(policy: &PolicyTable<'_>, facts: &Facts<'_>, masks: &Masks, worst: Option<Answer>) -> (Answer, DecidedBy) {
    if let Some(answer) = worst
        && answer.outcome != Outcome::Allow
    {
        return (answer, DecidedBy::Rules);
    }
    // A code of no country is not a country without rules (REGULATION §1): nothing but a published item
    // may pass on such evidence, whatever a default allows.
    let doubtful = masks.unrecognised && facts.item.class != ItemClass::Published;
    // That nobody has thought of a case is the operator's reason, not the law's: a denial is 403 here.
    let unknown = (Answer::new(policy.on_unknown(), 403), DecidedBy::OnUnknown);
    let default = policy.defaults().enumerate().find(|(_, default)| masks.hold(policy, facts, default));
    let answer = match default {
        Some((_, default)) if doubtful && default.outcome == Outcome::Allow => Some(unknown),
        Some((index, default)) => {
            let by = DecidedBy::Default(u8::try_from(index).unwrap_or(u8::MAX));
            Some((Answer::new(default.outcome, default.deny_status), by))
        }
        None if worst.is_none() || doubtful => Some(unknown),
        None => None,
    };
    match (worst, answer) {
        (Some(allowed), Some((stricter, by))) if stricter.outcome > allowed.outcome => (stricter, by),
        (Some(allowed), _) => (allowed, DecidedBy::Rules),
        (None, Some(answer)) => answer,
        (None, None) => (Answer::new(Outcome::Deny, 403), DecidedBy::OnUnknown),
    }
}

fn freshness(policy: &PolicyTable<'_>, facts: &Facts<'_>) -> (Freshness, Option<u32>) {
    let Some(age) = facts.list_age_seconds.iter().flatten().max().copied() else { return (Freshness::Fresh, None) };
    let limits = policy.freshness();
    let freshness = if age > limits.refuse {
        Freshness::StaleRefuse
    } else if age > limits.review {
        Freshness::StaleReview
    } else if age > limits.warn {
        Freshness::Warn
    } else {
        Freshness::Fresh
    };
    (freshness, Some(age))
}

/// Old lists cannot clear anybody, so an item that is not published is not handed out on them. A rule's own
/// denial stands: it does not depend on what newer lists would say.
fn refuse_stale(decision: &mut Decision) {
    let denied_by_rule = decision.outcome == Outcome::Deny && decision.decided_by == DecidedBy::Rules;
    let answer = match decision.freshness {
        Freshness::StaleRefuse if !denied_by_rule => Answer { outcome: Outcome::Deny, status: 503 },
        Freshness::StaleReview if decision.outcome < Outcome::Review => Answer::new(Outcome::Review, 403),
        _ => return,
    };
    (decision.outcome, decision.status, decision.decided_by) = (answer.outcome, answer.status, DecidedBy::Freshness);
}

/// The facts, as the masks that rules are asked with.
pub(crate) struct Masks {
    pub(crate) facets: u32,
    /// The same, with `infer` taken as `download`: for rules of the EAR if hosted access is an export.
    export_facets: u32,
    location: Places<5>,
    headquarters: Places<2>,
    pub(crate) flags: u64,
    pub(crate) day: Day,
    pub(crate) regimes: u8,
    bound_as: u8,
    /// Some place evidence is a code of no country.
    unrecognised: bool,
    owner_lists: ListSet,
}

impl Masks {
    pub(crate) fn of(policy: &PolicyTable<'_>, facts: &Facts<'_>) -> Self {
        let place = &facts.place;
        let mut flags = facts.flags;
        let mut unrecognised = false;
        let mut known = |place: Option<_>| match policy.evidence(place?) {
            Evidence::Known(sets) => Some(sets),
            Evidence::Unrecognised => {
                unrecognised = true;
                Some(0)
            }
            Evidence::Nothing => None,
            Evidence::Network(class) => {
                flags |= flag_bit(class.flag());
                None
            }
        };
        let (ip, platform, declared) = (known(place.ip), known(place.platform), known(place.declared));
        let location = Places::of([ip, platform, declared, known(place.billing), known(place.registered)]);
        let headquarters = Places::of([known(place.headquarters), known(place.ultimate_parent)]);
        flags |= derived(policy, place, &location.sets);
        let owner_lists = facts.owners.iter().fold(ListSet::EMPTY, |lists, owner| lists.union(owner.lists));
        // Red flag 29 (15 CFR 732 Supp. No. 3) speaks of owners on the Entity List and the MEU list.
        let red_flag_29 = ListSet::of(List::El).union(ListSet::of(List::Meu));
        if facts.owners.iter().any(|owner| owner.share_ppm.is_none() && owner.lists.0 & red_flag_29.0 != 0) {
            flags |= flag_bit(Flag::ListedOwnerShareUnknown);
        }

        let identity = match facts.identity {
            None => facet::IDENTITY_ABSENT,
            Some(identity) if identity.foreign_person == Some(false) => facet::IDENTITY_DOMESTIC,
            Some(_) => facet::IDENTITY_FOREIGN,
        };
        let facets = facet::item(facts.item.class)
            | facet::action(facts.action)
            | identity
            | facet::kind(facts.identity.map(|i| i.kind))
            | facet::notice(facts.item.notice)
            | if location.is_empty() { facet::LOC_UNKNOWN } else { facet::LOC_KNOWN }
            | if headquarters.is_empty() { facet::HQ_UNKNOWN } else { facet::HQ_KNOWN };
        let exported = facts.action == Action::Infer
            && policy.hosted_access().is_some_and(|switch| switch_value(policy, facts, switch) != SwitchValue::Service);
        let export_facets = if exported { facets & !facet::ACTIONS | facet::action(Action::Download) } else { facets };
        Self {
            facets,
            export_facets,
            location,
            headquarters,
            flags,
            day: Day::of_unix(facts.at),
            regimes: facts.settings.regimes.unwrap_or_else(|| policy.regimes()),
            bound_as: facts.settings.bound_as.unwrap_or_else(|| policy.bound_as()),
            unrecognised,
            owner_lists,
        }
    }

    fn probe(&self, facts: &Facts<'_>) -> Probe {
        Probe {
            facets: self.facets,
            export_facets: self.export_facets,
            flags: self.flags,
            location: self.location.union,
            headquarters: self.headquarters.union,
            lists: facts.hits.0.iter().fold(ListSet::EMPTY, |all, lists| all.union(*lists)),
            owners: self.owner_lists,
        }
    }

    /// What a rule says, or `None` if it does not match.
    pub(crate) fn answer(&self, policy: &PolicyTable<'_>, facts: &Facts<'_>, rule: &Rule) -> Option<Answer> {
        if !self.hold(policy, facts, rule) {
            return None;
        }
        let (mut outcome, mut deny_status) = (rule.outcome, rule.deny_status);
        if let Some(switch) = rule.outcome_switch {
            outcome = match switch_value(policy, facts, usize::from(switch)) {
                SwitchValue::Off => return None,
                SwitchValue::Review => Outcome::Review,
                SwitchValue::Enforce | SwitchValue::Service | SwitchValue::Export => Outcome::Deny,
            };
            deny_status = rule.switch_deny_status;
        }
        if let Some(switch) = rule.when.switch {
            match switch_value(policy, facts, usize::from(switch)) {
                SwitchValue::Off => return None,
                SwitchValue::Review => {}
                SwitchValue::Enforce | SwitchValue::Service | SwitchValue::Export => {
                    if outcome == Outcome::Review {
                        (outcome, deny_status) = (Outcome::Deny, rule.switch_deny_status);
                    }
                }
            }
        }
        if outcome == Outcome::Deny && rule.blocking.is_some_and(|statute| self.is_blocked(rule, &statute)) {
            outcome = Outcome::Review;
        }
        Some(Answer::new(outcome, deny_status))
    }

    /// Whether a blocking statute forbids the operator to apply the rule: every place that makes it hold is
    /// one that the statute protects.
    fn is_blocked(&self, rule: &Rule, statute: &Blocking) -> bool {
        let when = &rule.when;
        self.bound_as & statute.bound != 0
            && self.bound_as & statute.unless_bound == 0
            && !self.location.any(|sets| sets & (when.loc_in | when.any_loc) != 0 && sets & statute.places == 0)
            && !self.headquarters.any(|sets| sets & (when.hq_in | when.any_hq) != 0 && sets & statute.places == 0)
    }

    /// Whether all conditions of a rule or default hold, switches apart. The cheap conditions come first.
    #[inline]
    pub(crate) fn hold(&self, policy: &PolicyTable<'_>, facts: &Facts<'_>, rule: &Rule) -> bool {
        let when = &rule.when;
        let facets_hold = self.facets & !when.facets == 0 || (rule.ear && self.export_facets & !when.facets == 0);
        facets_hold
            && (when.flags_any == 0 || when.flags_any & self.flags != 0)
            && (when.regimes == 0 || when.regimes & self.regimes != 0)
            && rule.from.is_none_or(|from| self.day >= from)
            && rule.to.is_none_or(|to| self.day <= to)
            && (when.list_in.is_empty() || is_hit(facts, when))
            && self.places_hold(when, rule.outcome == Outcome::Allow && rule.outcome_switch.is_none())
            && self.ownership_holds(facts.owners, when)
            && when.authorisation.is_none_or(|kind| in_force(facts, policy.text(kind)))
            && when.unless_authorisation.is_none_or(|kind| !in_force(facts, policy.text(kind)))
    }

    /// A refusal holds if any evidence speaks for it; an `allow` only if some does and none speaks against it.
    fn places_hold(&self, when: &When, allow: bool) -> bool {
        let (loc, hq) = (&self.location, &self.headquarters);
        if allow {
            let any_of = when.any_loc | when.any_hq == 0 || loc.all_share(when.any_loc) || hq.all_share(when.any_hq);
            return any_of
                && (when.loc_in == 0 || loc.all(|sets| sets & when.loc_in != 0))
                && (when.loc_not_in == 0 || loc.all(|sets| sets & when.loc_not_in == 0))
                && (when.hq_in == 0 || hq.all(|sets| sets & when.hq_in != 0))
                && (when.hq_not_in == 0 || hq.all(|sets| sets & when.hq_not_in == 0));
        }
        (when.loc_in == 0 || loc.union & when.loc_in != 0)
            && (when.hq_in == 0 || hq.union & when.hq_in != 0)
            && (when.any_loc | when.any_hq == 0 || loc.union & when.any_loc != 0 || hq.union & when.any_hq != 0)
            && (when.loc_not_in == 0 || loc.is_empty() || loc.any(|sets| sets & when.loc_not_in == 0))
            && (when.hq_not_in == 0 || hq.is_empty() || hq.any(|sets| sets & when.hq_not_in == 0))
    }

    fn ownership_holds(&self, owners: &[OwnerFact], when: &When) -> bool {
        match when.share {
            ShareTest::None => true,
            _ if self.owner_lists.0 & when.owned_by.0 == 0 => false,
            ShareTest::AtLeast(ppm) => held(owners, when.owned_by) >= u64::from(ppm),
            ShareTest::MoreThan(ppm) => held(owners, when.owned_by) > u64::from(ppm),
        }
    }
}

/// The flags that follow from where the places of a request agree. `known` tells which of the five are evidence at all.
fn derived(policy: &PolicyTable<'_>, place: &PlaceFacts, known: &[Option<u64>; 5]) -> u64 {
    let places = [place.ip, place.platform, place.declared, place.billing, place.registered];
    let mut evidence = [None; 5];
    for ((slot, place), known) in evidence.iter_mut().zip(places).zip(known) {
        *slot = place.filter(|_| known.is_some());
    }
    let [ip, platform, declared, ..] = evidence;
    // What answers for several countries keeps doing so.
    let country = |place: Place| if place.is_code() || place.has_region() { place.without_region() } else { place };
    let mut flags = 0;
    if declared.is_some_and(|said| [ip, platform].into_iter().flatten().any(|seen| country(seen).contradicts(country(said)))) {
        flags |= flag_bit(Flag::IpDeclaredMismatch);
    }
    if let (Some(ip), Some(platform)) = (ip, platform) {
        // One that knows no region does not contradict one that does.
        if ip.contradicts(platform) {
            flags |= flag_bit(Flag::GeoConflict);
        }
    }
    // Where the region decides, a country alone leaves it open, unless the address tells it.
    let told = |place: Place| [ip, platform].into_iter().flatten().any(|seen| seen.has_region() && country(seen) == place);
    let open = |place: Place| !place.has_region() && policy.subdivides(place) && !told(place);
    if evidence.into_iter().flatten().any(open) {
        flags |= flag_bit(Flag::RegionUnknown);
    }
    flags
}

/// What distinct owners on any of these lists hold together, in parts per million: each owner once, with the
/// largest share told of it (OFAC's guidance of 2014-08-13 adds up owners, not listings).
fn held(owners: &[OwnerFact], lists: ListSet) -> u64 {
    let listed = |owner: &OwnerFact| owner.lists.0 & lists.0 != 0;
    let mut sum = 0_u64;
    for (index, owner) in owners.iter().enumerate().filter(|(_, owner)| listed(owner)) {
        let same = |other: &&OwnerFact| other.owner == owner.owner && listed(other);
        if owners.iter().take(index).any(|other| same(&other)) {
            continue;
        }
        let share = owners.iter().skip(index).filter(same).filter_map(|other| other.share_ppm).max();
        sum = sum.saturating_add(u64::from(share.unwrap_or(0)));
    }
    sum
}

/// List and band must meet in one hit.
fn is_hit(facts: &Facts<'_>, when: &When) -> bool {
    Band::ALL.iter().any(|band| u32::from(when.bands) & band.bit() != 0 && facts.hits.lists(*band).0 & when.list_in.0 != 0)
}

fn in_force(facts: &Facts<'_>, kind: &str) -> bool {
    facts.authorisations.iter().any(|authorisation| authorisation.kind == kind)
}

/// A switch's value: the operator's, else the policy's. A switch that does not exist enforces.
pub(crate) fn switch_value(policy: &PolicyTable<'_>, facts: &Facts<'_>, switch: usize) -> SwitchValue {
    let set = facts.settings.switches.get(switch).copied().flatten();
    set.or_else(|| policy.switch(switch).map(|(_, value)| value)).unwrap_or(SwitchValue::Enforce)
}

/// Known evidence of one kind: the sets that each place lies in.
struct Places<const N: usize> {
    sets: [Option<u64>; N],
    /// The sets that any of them lies in.
    union: u64,
}

impl<const N: usize> Places<N> {
    fn of(sets: [Option<u64>; N]) -> Self {
        Self { sets, union: sets.iter().flatten().fold(0, |union, sets| union | sets) }
    }

    fn is_empty(&self) -> bool {
        self.sets.iter().all(Option::is_none)
    }

    fn any(&self, test: impl Fn(u64) -> bool) -> bool {
        self.sets.iter().flatten().any(|sets| test(*sets))
    }

    /// Some evidence is known, and the test holds for all of it.
    fn all(&self, test: impl Fn(u64) -> bool) -> bool {
        !self.is_empty() && self.sets.iter().flatten().all(|sets| test(*sets))
    }

    /// Some evidence is known, and all of it lies in one and the same of these sets.
    fn all_share(&self, wanted: u64) -> bool {
        !self.is_empty() && self.sets.iter().flatten().fold(wanted, |shared, sets| shared & sets) != 0
    }
}
