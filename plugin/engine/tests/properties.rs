//! What holds of every decision, whatever the facts.

mod oracle;

use proptest::prelude::*;
use weighbridge_blob::date::Day;
use weighbridge_blob::place::Place;
use weighbridge_blob::policy::PolicyTable;
use weighbridge_blob::words::{Action, Band, Flag, ItemClass, Kind, List, ListSet, Outcome, SwitchValue};
use weighbridge_engine::decision::bits;
use weighbridge_engine::facts::{AuthorisationFact, Hits, IdentityFacts, OwnerFact, PlaceFacts, RuleScope, flag_bit};
use weighbridge_engine::json::{FactsJson, Writer, write_facts};
use weighbridge_engine::{DecidedBy, Decision, Facts, Freshness, evaluate};
use weighbridge_policy::{CompileOptions, DEFAULT, compile};

const CODES: [&str; 24] = [
    "CU", "IR", "KP", "UA-43", "UA-14", "UA-23", "UA", "RU", "BY", "SY", "CN", "HK", "MO", "KH", "AE", "DE", "FR", "CH", "US", "PR", "QQ",
    "XX", "T1", "SX",
];
const KINDS: [&str; 6] = ["AIA", "specific-licence", "bis-licence", "gl-560.540", "location-appeal", "nonsense"];

thread_local! {
    static BYTES: &'static [u8] = compile(DEFAULT, &CompileOptions::default()).unwrap().bytes.leak();
}

thread_local! {
    static TABLE: toml::Table = DEFAULT.parse().unwrap();
}

fn policy() -> PolicyTable<'static> {
    BYTES.with(|bytes| PolicyTable::open(bytes).unwrap())
}

/// Facts that own what [`Facts`] borrows.
#[derive(Debug, Clone)]
struct Owned {
    facts: Facts<'static>,
    owners: Vec<OwnerFact>,
    authorisations: Vec<AuthorisationFact<'static>>,
}

impl Owned {
    fn facts(&self) -> Facts<'_> {
        Facts { owners: &self.owners, authorisations: &self.authorisations, ..self.facts.clone() }
    }

    fn decide(&self) -> Decision {
        evaluate(&policy(), &self.facts())
    }
}

fn place() -> impl Strategy<Value = Option<Place>> {
    prop_oneof![3 => Just(None), 5 => prop::sample::select(&CODES[..]).prop_map(|code| code.parse().ok())]
}

fn known_place() -> impl Strategy<Value = Option<Place>> {
    prop::sample::select(&CODES[..]).prop_map(|code| code.parse().ok())
}

/// Mostly empty, so that rules without hits are reached too.
fn lists() -> impl Strategy<Value = ListSet> {
    prop_oneof![4 => Just(ListSet::EMPTY), 1 => prop::sample::select(List::ALL).prop_map(ListSet::of), 1 => (0_u32..1 << 16).prop_map(ListSet)]
}

fn owner() -> impl Strategy<Value = OwnerFact> {
    let share = prop_oneof![
        Just(None),
        prop::sample::select(&[0, 100_000, 240_000, 250_000, 499_999, 500_000, 500_001, 1_000_000][..]).prop_map(Some)
    ];
    (prop::sample::select(List::ALL), share, 0_u32..4).prop_map(|(list, share_ppm, owner)| OwnerFact {
        lists: ListSet::of(list),
        share_ppm,
        owner,
    })
}

fn authorisation() -> impl Strategy<Value = AuthorisationFact<'static>> {
    let scope = prop_oneof![Just(RuleScope::Every), (0_u128..1 << 51).prop_map(RuleScope::Named)];
    (prop::sample::select(&KINDS[..]), scope).prop_map(|(kind, rules)| AuthorisationFact { kind, id: "A-1", rules })
}

fn flags() -> impl Strategy<Value = u64> {
    let given = Flag::ALL.iter().filter(|flag| !flag.is_derived()).fold(0, |mask, flag| mask | flag_bit(*flag));
    prop_oneof![3 => Just(0), 3 => prop::sample::select(Flag::ALL).prop_map(flag_bit), 1 => any::<u64>()].prop_map(move |mask| mask & given)
}

fn any_facts() -> impl Strategy<Value = Owned> {
    let who = prop::option::of((prop::sample::select(Kind::ALL), prop::option::of(any::<bool>())));
    let what = (prop::sample::select(Action::ALL), prop::sample::select(ItemClass::ALL), prop::bool::weighted(0.15));
    let age = prop_oneof![3 => Just(None), 1 => (0_u32..20 * 86_400).prop_map(Some)];
    let switch = prop_oneof![
        4 => Just(None),
        1 => prop::sample::select(&[SwitchValue::Off, SwitchValue::Review, SwitchValue::Enforce][..]).prop_map(Some)
    ];
    let settings = (switch, prop::bool::weighted(0.2), prop::option::weighted(0.2, 0_u8..8), prop::option::weighted(0.2, 0_u8..32));
    let places = [place(), place(), place(), place(), place(), place(), place()];
    (
        (1_790_000_000_i64..1_800_000_000, what, places, who),
        ([lists(), lists(), lists(), lists()], prop::collection::vec(owner(), 0..4), prop::collection::vec(authorisation(), 0..3)),
        (flags(), age, settings),
    )
        .prop_map(|((at, (action, class, notice), place, who), (hits, owners, authorisations), (flags, age, settings))| {
            let mut facts = Facts::new(at, action, class);
            facts.item.notice = notice;
            let [ip, platform, declared, billing, registered, headquarters, ultimate_parent] = place;
            facts.place = PlaceFacts { ip, platform, declared, billing, registered, headquarters, ultimate_parent };
            facts.identity = who.map(|(kind, foreign_person)| IdentityFacts { kind, foreign_person });
            facts.hits = Hits(hits);
            facts.flags = flags;
            facts.list_age_seconds[0] = age;
            let (value, exported, bound_as, regimes) = settings;
            let policy = policy();
            for index in 0..policy.switch_count() {
                facts.settings.switches[index] =
                    if policy.hosted_access() == Some(index) { exported.then_some(SwitchValue::Export) } else { value };
            }
            (facts.settings.bound_as, facts.settings.regimes) = (bound_as, regimes);
            Owned { facts, owners, authorisations }
        })
}

/// The default policy without the rules that depend on whether a place is known, or on where it is not.
fn denylist() -> PolicyTable<'static> {
    thread_local! {
        static BYTES: &'static [u8] = {
            let mut policy = TABLE.with(Clone::clone);
            for kind in ["rule", "default"] {
                let asks = |rule: &toml::Value| {
                    let when = rule.get("when").unwrap_or(rule);
                    let text = |key: &str| when.get(key).map(ToString::to_string).unwrap_or_default();
                    let allow = rule.get("outcome").and_then(toml::Value::as_str) == Some("allow");
                    let places = [text("loc_in"), text("any_of")].concat();
                    let compares = ["mismatch", "conflict"].iter().any(|flag| text("flag_any").contains(flag));
                    compares || !text("loc").is_empty() || !text("loc_not_in").is_empty() || (allow && !places.is_empty())
                };
                policy[kind].as_array_mut().unwrap().retain(|rule| !asks(rule));
            }
            let text = toml::to_string(&policy).unwrap();
            compile(&text, &CompileOptions::default()).unwrap_or_else(|problems| panic!("{problems:?}")).bytes.leak()
        };
    }
    BYTES.with(|bytes| PolicyTable::open(bytes).unwrap())
}

proptest! {
    /// What lets the address table give unknown places and those without a rule one answer.
    #[test]
    fn a_policy_that_cannot_tell_an_unknown_place_decides_it_like_one_without_a_rule(owned in any_facts(), code in prop::sample::select(&["DE", "FR", "CH", "AE", "BR", "JP", "ZA"][..])) {
        use weighbridge_blob::policy::Evidence;
        let policy = denylist();
        prop_assert!(!policy.tells_unknown() && !policy.compares_countries() && policy.rules().count() > 30);
        let country: Place = code.parse().unwrap();
        if matches!(policy.evidence(country), Evidence::Known(sets) if sets & policy.location_sets() == 0) {
            let with = |ip: Option<Place>| {
                let mut facts = owned.facts();
                facts.place.ip = ip;
                let mut decision = evaluate(&policy, &facts);
                // On record, but no rule of this policy asks: what answers for several countries contradicts none.
                decision.flags &= !(flag_bit(Flag::IpDeclaredMismatch) | flag_bit(Flag::GeoConflict));
                decision
            };
            prop_assert_eq!(with(None), with(Some(country)));
            prop_assert_eq!(with(None), with(Some(country.or_none())));
        }
    }
}

#[test]
fn the_default_policy_tells_an_unknown_place() {
    assert!(policy().tells_unknown());
}

fn place_mut(place: &mut PlaceFacts, slot: usize) -> &mut Option<Place> {
    match slot {
        0 => &mut place.ip,
        1 => &mut place.declared,
        2 => &mut place.billing,
        3 => &mut place.registered,
        4 => &mut place.headquarters,
        5 => &mut place.platform,
        _ => &mut place.ultimate_parent,
    }
}

fn is_known(place: Option<Place>) -> bool {
    use weighbridge_blob::policy::Evidence;
    place.is_some_and(|p| matches!(policy().evidence(p), Evidence::Known(_) | Evidence::Unrecognised))
}

/// Whether one more fact that speaks against a request left the answer as severe as it was. A default gives
/// way to any rule that refuses, so `identify` of a default may become a rule's `review`; a pass never comes of it.
fn is_not_milder(before: &Decision, after: &Decision) -> bool {
    let by_default = matches!(before.decided_by, DecidedBy::Default(_) | DecidedBy::OnUnknown);
    after.outcome >= before.outcome || (by_default && before.outcome != Outcome::Deny && after.outcome != Outcome::Allow)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_decision_agrees_with_itself(owned in any_facts()) {
        let decision = owned.decide();
        prop_assert_eq!(decision, owned.decide());
        prop_assert_eq!(decision.matched, decision.by_outcome.iter().fold(0, |all, mask| all | mask));
        prop_assert_eq!(decision.matched.count_ones(), decision.by_outcome.iter().map(|mask| mask.count_ones()).sum::<u32>());
        prop_assert_eq!(decision.matched & decision.lifted, 0);
        let fits = match decision.outcome {
            Outcome::Allow => decision.status == 200,
            Outcome::Review => decision.status == 403,
            Outcome::Identify => decision.status == 401,
            Outcome::Deny => matches!(decision.status, 403 | 451 | 503),
        };
        prop_assert!(fits, "{decision:?}");
        // No rule is milder than the answer says.
        let worst = Outcome::ALL.iter().rev().find(|o| decision.by_outcome[usize::from(o.code())] != 0);
        prop_assert!(worst.is_none_or(|worst| decision.outcome >= *worst), "{decision:?}");
        if decision.decided_by == DecidedBy::Rules {
            prop_assert_eq!(worst, Some(&decision.outcome));
        }
        prop_assert_eq!(decision.status == 503, decision.decided_by == DecidedBy::Freshness && decision.freshness == Freshness::StaleRefuse);
        let published = owned.facts.item.class == ItemClass::Published;
        prop_assert!(!published || decision.decided_by != DecidedBy::Freshness);
    }

    #[test]
    fn one_more_place_is_never_milder(mut owned in any_facts(), anchor in known_place(), extra in known_place(), slot in 0_usize..7) {
        // Rules ask for "unknown" too, so the first evidence of a kind may lift those; any further may not.
        prop_assume!(is_known(anchor));
        let neighbour = [1, 2, 3, 0, 6, 0, 4][slot];
        *place_mut(&mut owned.facts.place, slot) = None;
        *place_mut(&mut owned.facts.place, neighbour) = anchor;
        let before = owned.decide();
        *place_mut(&mut owned.facts.place, slot) = extra;
        let after = owned.decide();
        // The same holds of an address that tells the region which was not known before.
        prop_assume!(!before.has_flag(Flag::RegionUnknown) || after.has_flag(Flag::RegionUnknown));
        prop_assert!(is_not_milder(&before, &after), "{before:?} became {after:?}");
        let refusing = |d: &Decision| d.matched & !d.by_outcome[usize::from(Outcome::Allow.code())];
        prop_assert_eq!(refusing(&before) & !refusing(&after), 0);
    }

    #[test]
    fn one_more_hit_flag_or_owner_is_never_milder(owned in any_facts(), list in prop::sample::select(List::ALL), band in prop::sample::select(Band::ALL), flag in prop::sample::select(Flag::ALL), mut extra in owner()) {
        let before = owned.decide();
        let mut hit = owned.clone();
        hit.facts.hits.add(ListSet::of(list), band);
        let mut flagged = owned.clone();
        flagged.facts.flags |= flag_bit(flag);
        let mut owned_more = owned.clone();
        extra.owner = 99;
        owned_more.owners.push(extra);
        for more in [hit, flagged, owned_more] {
            let after = more.decide();
            prop_assert!(is_not_milder(&before, &after), "{before:?} became {after:?}");
            prop_assert_eq!(before.matched & !after.matched, 0);
        }
    }

    #[test]
    fn older_lists_are_never_milder(owned in any_facts(), ages in [0_u32..30 * 86_400, 0_u32..30 * 86_400]) {
        let mut at = ages.map(|age| {
            let mut owned = owned.clone();
            owned.facts.list_age_seconds = [None; List::ALL.len()];
            owned.facts.list_age_seconds[3] = Some(age);
            (age, owned.decide())
        });
        at.sort_by_key(|(age, _)| *age);
        prop_assert!(at[0].1.outcome <= at[1].1.outcome && at[0].1.freshness <= at[1].1.freshness);
        prop_assert_eq!(at[0].1.matched, at[1].1.matched);
    }

    #[test]
    fn an_authorisation_lifts_what_it_names_alone(owned in any_facts(), index in 0_usize..51) {
        let mut bare = owned.clone();
        bare.authorisations.clear();
        let mut licensed = bare.clone();
        licensed.authorisations.push(AuthorisationFact { kind: "specific-licence", id: "", rules: RuleScope::Named(1 << index) });
        let (before, after) = (bare.decide(), licensed.decide());
        prop_assert_eq!(after.matched | after.lifted, before.matched);
        prop_assert!(bits(after.lifted).all(|lifted| lifted == index));
    }

    #[test]
    fn billing_and_registration_weigh_alike(owned in any_facts()) {
        let mut turned = owned.clone();
        (turned.facts.place.billing, turned.facts.place.registered) = (owned.facts.place.registered, owned.facts.place.billing);
        (turned.facts.place.headquarters, turned.facts.place.ultimate_parent) = (owned.facts.place.ultimate_parent, owned.facts.place.headquarters);
        prop_assert_eq!(owned.decide(), turned.decide());
    }

    #[test]
    fn a_record_decides_again(owned in any_facts()) {
        let policy = policy();
        let facts = owned.facts();
        let record = serde_json::to_string(&FactsJson::from_facts(&facts, &policy)).unwrap();
        let mut written = Writer::default();
        write_facts(&mut written, &facts, &policy);
        prop_assert_eq!(&written.finish(), &record);
        let decision = evaluate(&policy, &facts).describe(&policy, &facts);
        let mut written = Writer::default();
        written.object();
        decision.write_members(&mut written);
        written.end_object();
        prop_assert_eq!(written.finish(), serde_json::to_string(&decision).unwrap());
        let read: FactsJson = serde_json::from_str(&record).unwrap();
        let buf = read.to_facts(&policy, facts.at).unwrap();
        let again = buf.facts();
        prop_assert_eq!(evaluate(&policy, &again).describe(&policy, &again), evaluate(&policy, &facts).describe(&policy, &facts), "{}", record);
    }

    #[test]
    fn a_second_reading_of_the_file_agrees(owned in any_facts()) {
        let policy = policy();
        let facts = owned.facts();
        let json = FactsJson::from_facts(&facts, &policy);
        let expected = TABLE.with(|table| oracle::decide(table, &json, &Day::of_unix(facts.at).to_string()));
        let got = owned.decide();
        let ids = got.rule_ids(&policy).into_iter().map(str::to_owned).collect();
        prop_assert_eq!((got.outcome.to_string(), got.status, ids), expected, "{}", serde_json::to_string(&json).unwrap());
    }

    #[test]
    fn a_damaged_policy_never_panics(owned in any_facts(), edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = BYTES.with(|bytes| bytes.to_vec());
        for (at, value) in edits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Ok(table) = PolicyTable::open(&bytes) {
            let facts = owned.facts();
            let _ = evaluate(&table, &facts).describe(&table, &facts);
        }
    }
}
