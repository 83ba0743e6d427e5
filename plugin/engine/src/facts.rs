//! What a decision is made from: place, party, item, use, authorisations and the age of the lists.
//!
//! Plain and borrowed: a gate fills it in once per request, and evaluation allocates nothing.

use weighbridge_blob::place::Place;
use weighbridge_blob::policy::PolicyTable;
use weighbridge_blob::words::{Action, Band, Flag, ItemClass, Jurisdiction, Kind, List, ListSet, Regime, SwitchValue};

pub use weighbridge_blob::policy::MAX_SWITCHES;

/// All facts of one request.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// When, Unix seconds. Rules start and end with their dates at 00:00 UTC.
    pub at: i64,
    /// What is asked of the item.
    pub action: Action,
    /// The item.
    pub item: Item,
    /// Place evidence, apart by origin.
    pub place: PlaceFacts,
    /// Who asks; `None` = nobody has said (absent is not clear).
    pub identity: Option<IdentityFacts>,
    /// What screening found, clearances already taken away.
    pub hits: Hits,
    /// Listed owners of the requester.
    pub owners: &'a [OwnerFact],
    /// Authorisations in force for this party, item, place and time.
    pub authorisations: &'a [AuthorisationFact<'a>],
    /// Mask of [`Flag`]s that were observed; derived flags are added by the evaluation. See [`flag_bit`].
    pub flags: u64,
    /// Seconds since each list was last confirmed current, by [`List::code`]; `None` = not told.
    pub list_age_seconds: [Option<u32>; List::ALL.len()],
    /// The lists that some source provides.
    pub provided: ListSet,
    /// What the operator sets in place of the policy's own values.
    pub settings: Settings,
}

impl Facts<'_> {
    /// Facts about which nothing is known but time, action and item; all lists provided.
    pub fn new(at: i64, action: Action, class: ItemClass) -> Self {
        Self {
            at,
            action,
            item: Item { class, notice: false },
            place: PlaceFacts::default(),
            identity: None,
            hits: Hits::default(),
            owners: &[],
            authorisations: &[],
            flags: 0,
            list_age_seconds: [None; List::ALL.len()],
            provided: List::ALL.iter().copied().collect(),
            settings: Settings::default(),
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Export class.
    pub class: ItemClass,
    /// BIS has informed the operator that this item needs a licence.
    pub notice: bool,
}

/// Place evidence. `None`, and codes such as `XX`, mean that this origin is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlaceFacts {
    /// Of the client address, by the blob's own table. Location evidence.
    pub ip: Option<Place>,
    /// Of the client address, as the platform says. Location evidence, kept apart from the table's.
    pub platform: Option<Place>,
    /// Declared by the requester. Location evidence.
    pub declared: Option<Place>,
    /// Billing address. Location evidence.
    pub billing: Option<Place>,
    /// Where the account or organisation is registered. Location evidence.
    pub registered: Option<Place>,
    /// Of the organisation. Headquarters evidence.
    pub headquarters: Option<Place>,
    /// Of the organisation's ultimate parent. Headquarters evidence.
    pub ultimate_parent: Option<Place>,
}

/// A requester who is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityFacts {
    /// What it is.
    pub kind: Kind,
    /// Whether it is a foreign person (15 CFR 772.1). `None` = not stated, which counts as foreign.
    pub foreign_person: Option<bool>,
}

/// The lists on which the requester was found, by [`Band`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hits(pub [ListSet; Band::ALL.len()]);

impl Hits {
    /// Adds a hit. List and band of one hit stay together: a rule asks for both at once.
    pub fn add(&mut self, lists: ListSet, band: Band) {
        if let Some(slot) = self.0.get_mut(usize::from(band.code())) {
            *slot = slot.union(lists);
        }
    }

    /// The lists on which there is a hit in this band.
    pub fn lists(&self, band: Band) -> ListSet {
        self.0.get(usize::from(band.code())).copied().unwrap_or_default()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|lists| lists.is_empty())
    }
}

/// A listed owner of the requester.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnerFact {
    /// The lists that the owner is on.
    pub lists: ListSet,
    /// Share held, in parts per million; `None` = some, nobody knows how much.
    pub share_ppm: Option<u32>,
    /// Which owner: records with the same number are one owner, who counts once with the larger share.
    pub owner: u32,
}

/// A licence, exception or appeal in force for this request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorisationFact<'a> {
    /// Its kind in the policy's words: `AIA`, `specific-licence`.
    pub kind: &'a str,
    /// Its own number, for the record; may be empty.
    pub id: &'a str,
    /// The rules that it names.
    pub rules: RuleScope,
}

/// The rules that an authorisation names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleScope {
    /// Every rule that accepts its kind.
    Every,
    /// Those in the mask alone, and of these only those that accept its kind. See [`PolicyTable::rule_mask`].
    Named(u128),
}

/// The bit of a flag in [`Facts::flags`].
pub const fn flag_bit(flag: Flag) -> u64 {
    1 << (flag as u8)
}

/// Values that an operator sets in place of the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings {
    /// Value of each switch, by its position in the policy; `None` = the policy's own.
    pub switches: [Option<SwitchValue>; MAX_SWITCHES],
    /// Mask of [`Jurisdiction`]s that bind the operator.
    pub bound_as: Option<u8>,
    /// Mask of [`Regime`]s whose rules are asked.
    pub regimes: Option<u8>,
}

/// A setting that the policy cannot take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingError {
    /// No switch has this name.
    #[error("unknown switch `{name}`; the policy has {known}")]
    UnknownSwitch {
        /// The name given.
        name: String,
        /// The switches there are, comma separated.
        known: String,
    },
    /// The switch takes other words.
    #[error("switch `{name}` cannot be `{value}`; write {known}")]
    Value {
        /// The switch.
        name: String,
        /// The word given.
        value: String,
        /// The words it takes.
        known: &'static str,
    },
    /// No jurisdiction or regime has this name.
    #[error(transparent)]
    Word(#[from] weighbridge_blob::words::UnknownWord),
}

impl Settings {
    /// Sets a switch by name.
    ///
    /// # Errors
    /// [`SettingError`] if the policy has no such switch, or the switch does not take the word.
    pub fn set_switch(&mut self, policy: &PolicyTable<'_>, name: &str, value: &str) -> Result<(), SettingError> {
        let index = policy.switch_index(name).ok_or_else(|| SettingError::UnknownSwitch {
            name: name.to_owned(),
            known: (0..policy.switch_count()).filter_map(|s| policy.switch(s)).map(|(n, _)| n).collect::<Vec<_>>().join(", "),
        })?;
        let hosted = policy.hosted_access() == Some(index);
        let known = if hosted { "service or export" } else { "off, review or enforce" };
        let fail = || SettingError::Value { name: name.to_owned(), value: value.to_owned(), known };
        let value: SwitchValue = value.parse().map_err(|_| fail())?;
        if hosted != matches!(value, SwitchValue::Service | SwitchValue::Export) {
            return Err(fail());
        }
        *self.switches.get_mut(index).ok_or_else(fail)? = Some(value);
        Ok(())
    }

    /// Says which jurisdictions bind the operator: `US`, `EU`, `UK`.
    ///
    /// # Errors
    /// [`SettingError::Word`] for any other word.
    pub fn set_bound_as<'w>(&mut self, words: impl IntoIterator<Item = &'w str>) -> Result<(), SettingError> {
        let mask = words.into_iter().try_fold(0, |mask, w| w.parse::<Jurisdiction>().map(|j| mask | 1 << j.code()))?;
        self.bound_as = Some(mask);
        Ok(())
    }

    /// Says which regimes' rules are asked: `us-ofac`, `us-ear`, `eu`, `uk`, `un`.
    ///
    /// # Errors
    /// [`SettingError::Word`] for any other word.
    pub fn set_regimes<'w>(&mut self, words: impl IntoIterator<Item = &'w str>) -> Result<(), SettingError> {
        let mask = words.into_iter().try_fold(0, |mask, w| w.parse::<Regime>().map(|r| mask | 1 << r.code()))?;
        self.regimes = Some(mask);
        Ok(())
    }
}
