//! From claims, address and blob to the facts that a decision is made from.

use std::borrow::Cow;

use weighbridge_blob::Blob;
use weighbridge_blob::date::Day;
use weighbridge_blob::normal::{host_key, identifier_key, party_key};
use weighbridge_blob::place::Place;
use weighbridge_blob::policy::{Evidence, PolicyTable};
use weighbridge_blob::read::{ClearanceView, ItemView};
use weighbridge_blob::words::{Band, Flag, IdKind, ItemClass, Kind, List, ListSet};
use weighbridge_engine::facts::{
    AuthorisationFact, Facts, Hits, IdentityFacts, Item, OwnerFact, PlaceFacts, RuleScope, Settings, flag_bit,
};

use crate::evidence::Located;
use crate::identity::Claims;
use crate::screening::{Found, look_for};

/// The policy's set whose top-level domains are a trace (`RF-EMBARGO-TRACE`).
const EMBARGO_SET: &str = "embargo";

/// How far a gate's clock may be behind the builder's.
pub(crate) const CLOCK_SLACK_SECONDS: i64 = 86_400;

/// Everything known about one party: the requester, or whoever it acts for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Party<'a> {
    pub(crate) place: PlaceFacts,
    pub(crate) identity: Option<IdentityFacts>,
    /// What screening found and no clearance took away.
    pub(crate) matches: Vec<Found<'a>>,
    /// What a clearance took away, with the clearance.
    pub(crate) cleared: Vec<(Found<'a>, ClearanceView<'a>)>,
    pub(crate) hits: Hits,
    /// A bound cut the search short.
    pub(crate) truncated: bool,
    pub(crate) owners: Vec<OwnerFact>,
    pub(crate) authorisations: Vec<AuthorisationFact<'a>>,
    pub(crate) flags: u64,
}

/// What is the same for every party of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub(crate) at: i64,
    pub(crate) action: weighbridge_blob::words::Action,
    pub(crate) item: Option<ItemView<'a>>,
    pub(crate) settings: Settings,
    /// How far `at` may lie before a list was checked: [`CLOCK_SLACK_SECONDS`], or any time to replay the past.
    pub(crate) clock_slack: i64,
}

impl<'a> Party<'a> {
    /// Screens the claims and looks up what is known of the party. `located` is what is known of the client address.
    pub(crate) fn gather(blob: &Blob<'a>, setting: &Setting<'a>, claims: Option<&Claims>, located: Located) -> Self {
        let day = Day::of_unix(setting.at);
        let Located { ip, platform, networks } = located;
        let mut party = Self { place: PlaceFacts { ip, platform, ..PlaceFacts::default() }, ..Self::default() };
        let mut keys = vec![Cow::Borrowed("*")];
        if let Some(claims) = claims {
            let kind = claims.kind.unwrap_or(Kind::Person);
            // Places and flags alone identify nobody; they count as evidence all the same.
            party.identity = claims.says_who().then_some(IdentityFacts { kind, foreign_person: claims.foreign_person });
            party.place = PlaceFacts {
                ip,
                platform,
                declared: claims.declared,
                billing: claims.billing,
                registered: claims.registered,
                headquarters: claims.headquarters,
                ultimate_parent: claims.ultimate_parent,
            };
            party.flags = flags(blob, claims, kind);
            keys.extend(party_keys(blob, claims, kind));
            party.screen(blob, claims, &keys, day);
            party.owners.extend(owner_claims(blob, claims));
        }
        party.flags |= networks.iter().fold(0, |mask, class| mask | flag_bit(class.flag()));
        party.authorise(blob, setting, &keys, day);
        party
    }

    /// The facts in the engine's form.
    pub(crate) fn facts<'s>(&'s self, blob: &Blob<'a>, setting: &Setting<'a>) -> Facts<'s>
    where
        'a: 's,
    {
        let (class, notice) = setting.item.map_or((ItemClass::ClosedUnknown, false), |item| (item.class, item.notice));
        let mut ages = [None; List::ALL.len()];
        for (age, list) in ages.iter_mut().zip(List::ALL) {
            *age = blob.checked_at(*list).map(|checked| age_seconds(setting.at, checked, setting.clock_slack));
        }
        Facts {
            at: setting.at,
            action: setting.action,
            item: Item { class, notice },
            place: self.place,
            identity: self.identity,
            hits: self.hits,
            owners: &self.owners,
            authorisations: &self.authorisations,
            flags: self.flags,
            list_age_seconds: ages,
            provided: blob.provided(),
            settings: setting.settings,
        }
    }

    #[inline(never)]
    fn screen(&mut self, blob: &Blob<'a>, claims: &Claims, keys: &[Cow<'_, str>], day: Day) {
        // `*` is nobody in particular: a clearance says that *this* requester is not that entry.
        let clearances: Vec<ClearanceView<'a>> =
            keys.iter().filter(|key| *key != "*").flat_map(|key| blob.clearances(key)).filter(|c| day <= c.expires).collect();
        let (all, truncated) = look_for(blob, claims, day);
        if truncated {
            // Not searched in full is not empty: as if there were a possible match on every list.
            self.truncated = true;
            self.hits.add(blob.provided(), Band::Possible);
        }
        for found in all {
            // A hard identifier cannot be a mere namesake's.
            let clearance = clearances.iter().find(|c| found.band != Band::Identifier && c.entry == found.entry.id());
            if let Some(clearance) = clearance {
                self.cleared.push((found, *clearance));
                continue;
            }
            self.hits.add(found.entry.lists, found.band);
            let owners = blob.owners(&found.entry).filter(|o| !o.lists.is_empty()).map(|o| OwnerFact {
                lists: o.lists,
                share_ppm: o.share_ppm,
                owner: o.owner,
            });
            match found.band {
                Band::Identifier | Band::Strong => self.owners.extend(owners),
                // Perhaps this party, which listed parties perhaps own: as possible as a listed name.
                Band::Possible => {
                    let owners: Vec<OwnerFact> = owners.collect();
                    self.hits.add(half_owned(&owners), Band::Possible);
                }
                Band::Address => {}
            }
            self.matches.push(found);
        }
    }

    #[inline(never)]
    fn authorise(&mut self, blob: &Blob<'a>, setting: &Setting<'a>, keys: &[Cow<'_, str>], day: Day) {
        let policy = blob.policy();
        // A licence for dealings with a listed party is found by that party, once it is certain.
        let certain = self.matches.iter().filter(|m| matches!(m.band, Band::Identifier | Band::Strong));
        let entries: Vec<String> = certain.map(|m| party_key(m.entry.id(), blob.words())).collect();
        for key in keys.iter().map(AsRef::as_ref).chain(entries.iter().map(String::as_str)) {
            for a in blob.authorisations(key) {
                let item = a.item == "*" || setting.item.is_some_and(|item| item.id.eq_ignore_ascii_case(a.item));
                let place = a.place.is_none_or(|place| located_in(policy, &self.place, place));
                if item && place && a.from <= day && day <= a.to {
                    let rules = RuleScope::Named(policy.rule_mask(a.rules.iter().copied()));
                    self.authorisations.push(AuthorisationFact { kind: a.kind, id: a.id, rules });
                }
            }
        }
    }
}

/// Age of a list. One that was checked "in the future" is new if clocks differ by a little; if they differ by
/// more, the gate's own clock is wrong, and how old anything is cannot be told: too old.
fn age_seconds(now: i64, checked: i64, slack: i64) -> u32 {
    match now.saturating_sub(checked) {
        age if age < slack.saturating_neg() => u32::MAX,
        age => u32::try_from(age.max(0)).unwrap_or(u32::MAX),
    }
}

/// Under which keys authorisations and clearances may stand: the account, and the names of organisations.
/// A person's name is shared by too many to carry either.
#[inline(never)]
fn party_keys(blob: &Blob<'_>, claims: &Claims, kind: Kind) -> Vec<Cow<'static, str>> {
    let mut keys = Vec::new();
    if let Some(account) = &claims.account {
        keys.push(Cow::Owned(party_key(&format!("account:{account}"), blob.words())));
    }
    if matches!(kind, Kind::Organization | Kind::Government) {
        keys.extend(claims.names.iter().map(|name| Cow::Owned(party_key(&format!("{kind}:{name}"), blob.words()))));
    }
    keys
}

/// What the backend says, and what can be derived from the claims.
#[inline(never)]
fn flags(blob: &Blob<'_>, claims: &Claims, kind: Kind) -> u64 {
    let mut flags = claims.flags.iter().fold(0, |mask, flag| mask | flag_bit(*flag));
    let mail = claims.email.as_deref().and_then(|mail| mail.rsplit_once('@')).and_then(|(_, host)| host_key(host));
    let hosts = [mail.clone(), claims.website.as_deref().and_then(host_key)];
    if hosts.iter().flatten().any(|host| embargoed_domain(blob.policy(), host)) {
        flags |= flag_bit(Flag::EmbargoTrace);
    }
    if kind != Kind::Person && mail.is_some_and(|host| blob.domain(&host).free_mail) {
        flags |= flag_bit(Flag::OrgWithFreeMail);
    }
    flags
}

/// Whether the top-level domain is that of a country in the policy's embargo set.
fn embargoed_domain(policy: &PolicyTable<'_>, host: &str) -> bool {
    let Some(place) = host.rsplit('.').next().filter(|tld| tld.len() == 2).and_then(|tld| tld.parse::<Place>().ok()) else { return false };
    let Evidence::Known(sets) = policy.evidence(place) else { return false };
    policy.sets().position(|name| name == EMBARGO_SET).is_some_and(|n| sets.checked_shr(n as u32).unwrap_or(0) & 1 == 1)
}

/// Owners that the backend knows of. An owner named by entry id is the one that the blob knows.
fn owner_claims<'c>(blob: &Blob<'_>, claims: &'c Claims) -> impl Iterator<Item = OwnerFact> + use<'c> {
    let mut names: Vec<&str> = Vec::new();
    let mut facts = Vec::with_capacity(claims.owners.len());
    for (n, claim) in claims.owners.iter().enumerate() {
        // Numbers from above never meet entry numbers from below.
        let own = |n: usize| u32::MAX - u32::try_from(n).unwrap_or(0);
        let owner = match &claim.owner {
            None => own(claims.owners.len() + n),
            Some(id) => {
                let listed =
                    identifier_key(IdKind::ListEntry, id, blob.words().decompositions()).and_then(|key| blob.by_identifier(&key).next());
                match (listed, names.iter().position(|known| known == id)) {
                    (Some(hit), _) => hit.entry,
                    (None, Some(known)) => own(known),
                    (None, None) => {
                        names.push(id);
                        own(names.len() - 1)
                    }
                }
            }
        };
        facts.push(OwnerFact { lists: claim.lists, share_ppm: claim.share_ppm, owner });
    }
    facts.into_iter()
}

/// The lists whose parties together own half or more, or nobody knows how much.
#[inline(never)]
fn half_owned(owners: &[OwnerFact]) -> ListSet {
    let owned = |list: &List| {
        let on_list = owners.iter().filter(|o| o.lists.contains(*list));
        let (sum, unknown) =
            on_list.fold((0_u64, false), |(sum, unknown), o| (sum + u64::from(o.share_ppm.unwrap_or(0)), unknown || o.share_ppm.is_none()));
        unknown || sum >= 500_000
    };
    List::ALL.iter().copied().filter(owned).collect()
}

/// Whether there is known location evidence and all of it lies in the place.
fn located_in(policy: &PolicyTable<'_>, places: &PlaceFacts, place: Place) -> bool {
    let mut known = 0;
    let inside = [places.ip, places.platform, places.declared, places.billing, places.registered].into_iter().flatten().all(|evidence| {
        if matches!(policy.evidence(evidence), Evidence::Nothing | Evidence::Network(_)) {
            return true;
        }
        known += 1;
        evidence == place || (!place.has_region() && evidence.without_region() == place)
    });
    inside && known > 0
}
