//! The compiled policy: one little-endian section, read in place.
//!
//! Every condition of a rule is a mask, so that a gate turns its facts into masks once and then asks all
//! rules in one pass without allocating. [`PolicyTable::open`] checks everything that a later read can
//! reach; after that no read can fail, whatever the bytes were. A blob that a packager has checked is not read through again
//! ([`Blob::open_embedded`](crate::Blob::open_embedded)): every read is total all the same, and what fails refuses.
//!
//! All numbers are little-endian. "Text" is an index into `refs`, 0xffff = none. A day counts from 1970-01-01,
//! `i32::MIN` = none. Codes and bits are those of [`crate::words`]. A mask of zero asks nothing.
//!
//! ```text
//! header   152 bytes
//!   0 "WBPOLICY"   8 u16 version, 1   12 u32 length of the section   16 BLAKE3 of bytes 48 to the end
//!   48 eight pairs of u32 offset and u32 count: rules, defaults, rows, regions, switches, sets, refs, pool
//!   112 u32 offset of the index   116 u32 warn, review, refuse after seconds   128 u32 lists that rules name
//!   132 day as_of   136 day review_by   140 u16 possible_from in tenths   142 text id   144 text version
//!   146 u8 outcome on_unknown   147 u8 jurisdictions   148 u8 regimes   149 u8 switch hosted_access, 0xff = none
//! rules    120 bytes each, at most 128; a rule's position is its bit in a match mask
//!   0 u64 sets loc_in   8 loc_not_in   16 hq_in   24 hq_not_in   32 any_of location   40 any_of headquarters
//!   48 u64 flags, any   56 u64 places of the blocking statute   64 u32 facets, see `facet`
//!   68 u32 lists hit   72 u32 lists of owners   76 u32 share in parts per million   80 day from   84 day to
//!   88 text id   90 text title   92 u16 first text of cites   94 of lifts   96 of record
//!   98 text authorisation   100 text unless_authorisation   102 u8 number of cites   103 of lifts   104 of record
//!   105 u8 bands   106 u8 share: 0 none, 1 at least, 2 more than   107 u8 switch asked   108 u8 switch of the outcome
//!   109 u8 regimes   110 u8 outcome   111 u8 status of a denial: 0 = 451, 1 = 403   112 the same if a switch made it
//!   113 u8 1 = rule of the EAR   115 u8 letter of sureness   116 u8 statute binds   117 u8 statute yields to
//!   118 text since
//! defaults 120 bytes each, at most 32: the same record, its id an empty text
//! rows     8 bytes each: the sets that a country lies in, aliases already applied
//! regions  16 bytes each, sorted: place code of a subdivision, the sets that it (or its country) lies in
//! switches 4 bytes each: text name, u8 value, 0
//! sets     2 bytes each: text name; single places that rules name are sets too, and so are `self-test.must-refuse` and
//!          `self-test.exempt`, which no rule can name
//! refs     8 bytes each: u32 offset in the pool, u32 length
//! pool     UTF-8
//! index    26 x 26 bytes: the row of each two-letter code; row 0 = unrecognised, row 1 = no evidence
//! ```

use crate::bytes::{u8_at, u16_at, u32_at, u64_at};
use crate::date::Day;
use crate::place::Place;
use crate::words::{ListSet, NetworkClass, Outcome, SwitchValue};

/// Most rules that a policy can have: the bits of a match mask.
pub const MAX_RULES: usize = 128;
/// Most sets that a policy can have, literal places counted: the bits of a row.
pub const MAX_SETS: usize = 64;
/// Most switches that a policy can have.
pub const MAX_SWITCHES: usize = 16;
/// Most `[[default]]` entries that a policy can have.
pub const MAX_DEFAULTS: usize = 32;

/// The set of places from which a gate must refuse, or it refuses to work.
pub const MUST_REFUSE: &str = "self-test.must-refuse";
/// The set of places that an operator not bound by US law has exempted from the self-test.
pub const EXEMPT: &str = "self-test.exempt";

const MAGIC: &[u8; 8] = b"WBPOLICY";
const VERSION: u16 = 1;
const HEADER_LEN: usize = 152;
const RULE_LEN: usize = 120;
const INDEX_LEN: usize = 26 * 26;
/// Where the digest stands; it covers every byte behind it.
const DIGEST_AT: usize = 16;
const SECTIONS_AT: usize = 48;
/// A `u16` that points at no text.
const NO_REF: u16 = u16::MAX;
/// A `u8` that names no switch.
const NO_SWITCH: u8 = u8::MAX;
/// A date that a rule does not have.
const NO_DAY: i32 = i32::MIN;
const ROW_UNRECOGNISED: u8 = 0;
const ROW_NO_EVIDENCE: u8 = 1;

/// What is asked of item, action, identity, kind, notice and known places, as one mask.
///
/// Facts set exactly one bit in each group; a rule sets all bits of a group that it does not ask about. A
/// rule's facets hold if no fact bit is missing from its mask.
pub mod facet {
    use crate::words::{Action, ItemClass, Kind};

    /// All bits of all groups.
    pub const ALL: u32 = (1 << 26) - 1;
    /// The group of item classes.
    pub const ITEMS: u32 = 0x3f;
    /// The group of actions.
    pub const ACTIONS: u32 = 0x1f << 6;
    /// Nobody has identified themselves.
    pub const IDENTITY_ABSENT: u32 = 1 << 11;
    /// Identified, and stated not to be a foreign person (15 CFR 772.1).
    pub const IDENTITY_DOMESTIC: u32 = 1 << 12;
    /// Identified, and a foreign person or nothing stated.
    pub const IDENTITY_FOREIGN: u32 = 1 << 13;
    /// The group of identities.
    pub const IDENTITIES: u32 = IDENTITY_ABSENT | IDENTITY_DOMESTIC | IDENTITY_FOREIGN;
    /// The group of requester kinds, "none" included.
    pub const KINDS: u32 = 0x3f << 14;
    /// The group of item notices.
    pub const NOTICES: u32 = 3 << 20;
    /// Some location evidence is known.
    pub const LOC_KNOWN: u32 = 1 << 22;
    /// No location evidence is known.
    pub const LOC_UNKNOWN: u32 = 1 << 23;
    /// Headquarters or ultimate parent are known.
    pub const HQ_KNOWN: u32 = 1 << 24;
    /// Neither headquarters nor ultimate parent are known.
    pub const HQ_UNKNOWN: u32 = 1 << 25;
    /// Every group, for the check that a rule can hold at all.
    pub const GROUPS: [u32; 7] = [ITEMS, ACTIONS, IDENTITIES, KINDS, NOTICES, LOC_KNOWN | LOC_UNKNOWN, HQ_KNOWN | HQ_UNKNOWN];

    /// The bit of an item class.
    pub const fn item(class: ItemClass) -> u32 {
        1 << (class as u8)
    }

    /// The bit of an action.
    pub const fn action(action: Action) -> u32 {
        1 << (action as u8 + 6)
    }

    /// The bit of a requester's kind; `None` is "no identity".
    pub const fn kind(kind: Option<Kind>) -> u32 {
        match kind {
            None => 1 << 14,
            Some(kind) => 1 << (kind as u8 + 15),
        }
    }

    /// The bit of an item's notice.
    pub const fn notice(notice: bool) -> u32 {
        if notice { 1 << 21 } else { 1 << 20 }
    }
}

/// Bytes that are not a compiled policy of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyTableError {
    /// The section is shorter than its header says, or than a header.
    #[error("policy section is cut short: {got} bytes, expected {expected}; build the blob again")]
    Short {
        /// Bytes that a whole section has.
        expected: usize,
        /// Bytes that there are.
        got: usize,
    },
    /// It does not begin as a compiled policy.
    #[error("not a policy section: the magic is wrong; build the blob again")]
    Magic,
    /// Written by another version of the compiler.
    #[error("policy section has version {got}, this gate reads {VERSION}; build the blob with the gate's own release")]
    Version {
        /// The version found.
        got: u16,
    },
    /// A part lies outside the section, or holds a value that nothing may have.
    #[error("policy section is damaged: {part} at byte {offset}; build the blob again")]
    Damaged {
        /// Which part.
        part: &'static str,
        /// Where, from the start of the section.
        offset: usize,
    },
}

const fn damaged(part: &'static str, offset: usize) -> PolicyTableError {
    PolicyTableError::Damaged { part, offset }
}

/// What a place code means to the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// A recognised code, with the mask of the sets it lies in.
    Known(u64),
    /// A code of no country: known evidence that lies in no set.
    Unrecognised,
    /// A code that says nothing about a country: `XX`, `AP`, `EU`, `O1` …
    Nothing,
    /// A code that names a kind of network and no country: `T1` a Tor exit (Cloudflare), `A1` a proxy and `A2` a
    /// satellite provider (MaxMind).
    Network(NetworkClass),
}

/// How an owner's share is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareTest {
    /// No ownership condition.
    None,
    /// Sum of shares at least this many parts per million.
    AtLeast(u32),
    /// Sum of shares more than this many parts per million.
    MoreThan(u32),
}

/// The blocking statute of a rule: where it must not simply be applied (Reg. (EC) 2271/96).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocking {
    /// Mask of [`Jurisdiction`](crate::words::Jurisdiction)s that forbid applying the rule.
    pub bound: u8,
    /// Mask of jurisdictions whose law the rule is: bound by one of them, it stands.
    pub unless_bound: u8,
    /// The sets (single places) for which it turns into a review.
    pub places: u64,
}

/// The conditions of a rule or a default; all of them must hold. A mask of zero asks nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// Location evidence in one of these sets.
    pub loc_in: u64,
    /// Location evidence outside all of these sets.
    pub loc_not_in: u64,
    /// Headquarters evidence in one of these sets.
    pub hq_in: u64,
    /// Headquarters evidence outside all of these sets.
    pub hq_not_in: u64,
    /// `any_of`: location in one of these sets …
    pub any_loc: u64,
    /// … or headquarters in one of these.
    pub any_hq: u64,
    /// One of these [`Flag`](crate::words::Flag)s.
    pub flags_any: u64,
    /// Mask of [`facet`]s; always asked.
    pub facets: u32,
    /// A hit on one of these lists …
    pub list_in: ListSet,
    /// … in one of these [`Band`](crate::words::Band)s.
    pub bands: u8,
    /// Owners on one of these lists …
    pub owned_by: ListSet,
    /// … that together hold this share.
    pub share: ShareTest,
    /// Index of the text that names an authorisation's kind which must be in force.
    pub authorisation: Option<u16>,
    /// Index of the text that names an authorisation's kind which must not be in force.
    pub unless_authorisation: Option<u16>,
    /// The switch that must not be off.
    pub switch: Option<u8>,
    /// Mask of [`Regime`](crate::words::Regime)s, one of which the operator must ask for; zero = always.
    pub regimes: u8,
}

impl When {
    /// Conditions that always hold.
    pub const ANY: Self = Self {
        loc_in: 0,
        loc_not_in: 0,
        hq_in: 0,
        hq_not_in: 0,
        any_loc: 0,
        any_hq: 0,
        flags_any: 0,
        facets: facet::ALL,
        list_in: ListSet::EMPTY,
        bands: 0,
        owned_by: ListSet::EMPTY,
        share: ShareTest::None,
        authorisation: None,
        unless_authorisation: None,
        switch: None,
        regimes: 0,
    };
}

/// A rule or a default as the gate asks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its conditions.
    pub when: When,
    /// First day on which it is asked (00:00 UTC).
    pub from: Option<Day>,
    /// Last day on which it is asked, inclusive.
    pub to: Option<Day>,
    /// The outcome as written; of a `switch:` outcome, `Review`.
    pub outcome: Outcome,
    /// The switch that gives the outcome: `off` silent, `review` review, `enforce` deny.
    pub outcome_switch: Option<u8>,
    /// Status of a denial that is written: 451, or 403 for the operator's own.
    pub deny_status: u16,
    /// Status of a denial that a switch made.
    pub switch_deny_status: u16,
    /// Whether it is a rule of the EAR, for which `hosted_access = "export"` makes `infer` a `download`.
    pub ear: bool,
    /// Where applying it is forbidden.
    pub blocking: Option<Blocking>,
    id: u16,
    title: u16,
    since: u16,
    sure: u8,
    cites: Texts,
    lifts: Texts,
    record: Texts,
}

/// A run of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Texts {
    first: u16,
    count: u8,
}

/// Ages, in seconds since a source was last confirmed current, after which lists count as old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreshnessLimits {
    /// Older: warn.
    pub warn: u32,
    /// Older: items that are not published go to review.
    pub review: u32,
    /// Older: items that are not published are refused.
    pub refuse: u32,
}

/// What facts have, for the first, cheap look at all rules: see [`PolicyTable::candidates`].
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    /// One [`facet`] of each group.
    pub facets: u32,
    /// The same, as the rules of the EAR see it.
    pub export_facets: u32,
    /// All flags.
    pub flags: u64,
    /// The sets that any location evidence lies in.
    pub location: u64,
    /// The sets that any headquarters evidence lies in.
    pub headquarters: u64,
    /// The lists of all hits.
    pub lists: ListSet,
    /// The lists of all owners.
    pub owners: ListSet,
}

/// A compiled policy, read in place.
#[derive(Debug, Clone, Copy)]
pub struct PolicyTable<'a> {
    data: &'a [u8],
    rules: &'a [u8],
    defaults: &'a [u8],
    index: &'a [u8],
    rows: &'a [u8],
    regions: &'a [u8],
    switches: &'a [u8],
    sets: &'a [u8],
    refs: &'a [u8],
    pool: &'a [u8],
}

impl<'a> PolicyTable<'a> {
    /// Opens a policy section and checks everything that a later read can reach. Allocates nothing.
    ///
    /// The digest is not recomputed: the blob's own section hash vouches for the bytes. See
    /// [`PolicyTable::digest_holds`].
    ///
    /// # Errors
    /// [`PolicyTableError`] for bytes that [`CompiledPolicy::encode`] could not have written.
    pub fn open(data: &'a [u8]) -> Result<Self, PolicyTableError> {
        let table = Self::framed(data)?;
        table.check()?;
        Ok(table)
    }

    /// The same without a look at the records, for bytes that a packager has checked. A record that cannot be read refuses
    /// whom it is about, a place without a row is [`Evidence::Unrecognised`], and a text that is none is empty.
    pub(crate) fn framed(data: &'a [u8]) -> Result<Self, PolicyTableError> {
        let short = PolicyTableError::Short { expected: HEADER_LEN, got: data.len() };
        if data.len() < HEADER_LEN {
            return Err(short);
        }
        if !data.starts_with(MAGIC) {
            return Err(PolicyTableError::Magic);
        }
        let version = u16_at(data, 8).ok_or(short)?;
        if version != VERSION {
            return Err(PolicyTableError::Version { got: version });
        }
        let expected = u32_at(data, 12).ok_or(short)? as usize;
        if expected < HEADER_LEN {
            return Err(damaged("length", 12));
        }
        let data = data.get(..expected).ok_or(PolicyTableError::Short { expected, got: data.len() })?;

        let section = |number: usize, part: &'static str, width: usize, most: usize| -> Result<&'a [u8], PolicyTableError> {
            let at = SECTIONS_AT + number * 8;
            let fail = damaged(part, at);
            let start = u32_at(data, at).ok_or(fail)? as usize;
            let count = u32_at(data, at + 4).ok_or(fail)? as usize;
            if count > most || start < HEADER_LEN {
                return Err(fail);
            }
            let end = count.checked_mul(width).and_then(|len| start.checked_add(len)).ok_or(fail)?;
            data.get(start..end).ok_or(fail)
        };
        Ok(Self {
            data,
            rules: section(0, "rules", RULE_LEN, MAX_RULES)?,
            defaults: section(1, "defaults", RULE_LEN, MAX_DEFAULTS)?,
            rows: section(2, "rows", 8, 256)?,
            regions: section(3, "regions", 16, 4096)?,
            switches: section(4, "switches", 4, MAX_SWITCHES)?,
            sets: section(5, "sets", 2, MAX_SETS)?,
            refs: section(6, "texts", 8, usize::from(NO_REF))?,
            pool: section(7, "pool", 1, data.len())?,
            index: {
                let fail = damaged("index", 112);
                let start = u32_at(data, 112).ok_or(fail)? as usize;
                if start < HEADER_LEN {
                    return Err(fail);
                }
                start.checked_add(INDEX_LEN).and_then(|end| data.get(start..end)).ok_or(fail)?
            },
        })
    }

    /// Checks everything that a later read can reach.
    pub(crate) fn check(&self) -> Result<(), PolicyTableError> {
        let texts = self.refs.len() / 8;
        for (n, r) in self.refs.chunks_exact(8).enumerate() {
            let start = u32_at(r, 0).unwrap_or(u32::MAX) as usize;
            let end = start.saturating_add(u32_at(r, 4).unwrap_or(u32::MAX) as usize);
            self.pool.get(start..end).and_then(|text| std::str::from_utf8(text).ok()).ok_or(damaged("text", n))?;
        }
        let text = |index: Option<u16>, at: usize| match index {
            Some(index) if usize::from(index) < texts => Ok(()),
            _ => Err(damaged("reference to a text", at)),
        };
        for at in [142, 144] {
            text(u16_at(self.data, at), at)?;
        }
        u8_at(self.data, 146).and_then(Outcome::from_code).ok_or(damaged("on_unknown", 146))?;
        let switches = self.switches.len() / 4;
        match self.header_u8(149) {
            NO_SWITCH => {}
            index if usize::from(index) < switches => {}
            _ => return Err(damaged("hosted_access", 149)),
        }
        for (n, s) in self.switches.chunks_exact(4).enumerate() {
            text(u16_at(s, 0), n)?;
            u8_at(s, 2).and_then(SwitchValue::from_code).ok_or(damaged("switch value", n))?;
        }
        for (n, s) in self.sets.chunks_exact(2).enumerate() {
            text(u16_at(s, 0), n)?;
        }
        let rows = self.rows.len() / 8;
        if rows < 2 || self.index.iter().any(|row| usize::from(*row) >= rows) {
            return Err(damaged("index of places", 112));
        }
        let mut last = None;
        for (n, region) in self.regions.chunks_exact(16).enumerate() {
            let code = u64_at(region, 0);
            let place = code.and_then(Place::from_u64).filter(|p| p.has_region());
            if place.is_none() || last >= code {
                return Err(damaged("region", n));
            }
            last = code;
        }
        for (part, records) in [("rule", self.rules), ("default", self.defaults)] {
            for (n, record) in records.chunks_exact(RULE_LEN).enumerate() {
                let fail = damaged(part, n);
                let record: &[u8; RULE_LEN] = record.try_into().map_err(|_| fail)?;
                let rule = read_rule(record).ok_or(fail)?;
                let within = |t: Texts| usize::from(t.first) + usize::from(t.count) <= texts;
                let named = [Some(rule.id), Some(rule.title), Some(rule.since), rule.when.authorisation, rule.when.unless_authorisation];
                let switched = [rule.when.switch, rule.outcome_switch];
                let sound = named.iter().flatten().all(|t| usize::from(*t) < texts)
                    && switched.iter().flatten().all(|s| usize::from(*s) < switches)
                    && [rule.cites, rule.lifts, rule.record].into_iter().all(within)
                    && rule.when.facets & !facet::ALL == 0;
                if !sound {
                    return Err(fail);
                }
            }
        }
        Ok(())
    }

    /// BLAKE3 of the compiled policy, as the compiler wrote it.
    pub fn digest(&self) -> [u8; 32] {
        self.data.get(DIGEST_AT..DIGEST_AT + 32).and_then(|d| d.try_into().ok()).unwrap_or([0; 32])
    }

    /// Whether [`PolicyTable::digest`] is the digest of these bytes. Costs a pass over the section.
    pub fn digest_holds(&self) -> bool {
        self.data.get(DIGEST_AT + 32..).is_some_and(|rest| blake3::hash(rest).as_bytes() == &self.digest())
    }

    /// The policy's id.
    pub fn id(&self) -> &'a str {
        self.header_text(142)
    }

    /// The policy's version, in its author's words.
    pub fn version(&self) -> &'a str {
        self.header_text(144)
    }

    /// The day on which its facts were last checked.
    pub fn as_of(&self) -> Option<Day> {
        self.header_day(132)
    }

    /// The day after which it should be reviewed.
    pub fn review_by(&self) -> Option<Day> {
        self.header_day(136)
    }

    /// When lists count as old.
    pub fn freshness(&self) -> FreshnessLimits {
        let seconds = |at| u32_at(self.data, at).unwrap_or(0);
        FreshnessLimits { warn: seconds(116), review: seconds(120), refuse: seconds(124) }
    }

    /// The lists that rules name.
    pub fn lists_named(&self) -> ListSet {
        ListSet(u32_at(self.data, 128).unwrap_or(0))
    }

    /// The score, in tenths (800 = 80.0), from which a name counts as `possible`.
    pub fn possible_from(&self) -> u16 {
        u16_at(self.data, 140).unwrap_or(0)
    }

    /// What answers where neither a rule nor a default does.
    pub fn on_unknown(&self) -> Outcome {
        Outcome::from_code(self.header_u8(146)).unwrap_or(Outcome::Deny)
    }

    /// Mask of the [`Jurisdiction`](crate::words::Jurisdiction)s that bind the operator, unless a setting says otherwise.
    pub fn bound_as(&self) -> u8 {
        self.header_u8(147)
    }

    /// Mask of the [`Regime`](crate::words::Regime)s that the operator asks for, unless a setting says otherwise.
    pub fn regimes(&self) -> u8 {
        self.header_u8(148)
    }

    /// The switch that says whether hosted access is an export.
    pub fn hosted_access(&self) -> Option<usize> {
        Some(self.header_u8(149)).filter(|s| *s != NO_SWITCH).map(usize::from)
    }

    /// How many rules there are.
    pub fn rule_count(&self) -> usize {
        self.rules.len() / RULE_LEN
    }

    /// All rules, in the order of the file; the position is the rule's bit in a match mask.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = Rule> + use<'a> {
        records(self.rules)
    }

    /// The rules that these facts may meet, with their positions: all that match, and some that do not. Looks
    /// at a few words of each record and decodes only what is left.
    pub fn candidates(&self, probe: Probe) -> impl Iterator<Item = (usize, Rule)> + use<'a> {
        let asks = |mask: u64, fact: u64| mask == 0 || mask & fact != 0;
        self.rules
            .chunks_exact(RULE_LEN)
            .map(|record| record.first_chunk::<RULE_LEN>())
            .enumerate()
            .filter(move |(_, record)| {
                let Some(r) = record else { return true };
                let (wide, narrow) = (|at| u64_at(r.as_slice(), at).unwrap_or(0), |at| u32_at(r.as_slice(), at).unwrap_or(0));
                let facets = narrow(64);
                let fits = probe.facets & !facets == 0 || (probe.export_facets & !facets == 0 && u8_at(r.as_slice(), 113) == Some(1));
                fits && asks(wide(48), probe.flags)
                    && asks(wide(0), probe.location)
                    && asks(wide(16), probe.headquarters)
                    && asks(u64::from(narrow(68)), u64::from(probe.lists.0))
                    && asks(u64::from(narrow(72)), u64::from(probe.owners.0))
            })
            .map(|(index, record)| (index, record.and_then(read_rule).unwrap_or(DENY_ALL)))
    }

    /// The rule at a position.
    pub fn rule(&self, index: usize) -> Option<Rule> {
        let start = index.checked_mul(RULE_LEN)?;
        self.rules.get(start..)?.first_chunk().and_then(read_rule)
    }

    /// The position of the rule with this id. Compares texts; not for the hot path.
    pub fn rule_index(&self, id: &str) -> Option<usize> {
        self.rules().position(|rule| self.rule_id(&rule) == id)
    }

    /// The mask of the rules with these ids; unknown ids are left out.
    pub fn rule_mask<'i>(&self, ids: impl IntoIterator<Item = &'i str>) -> u128 {
        ids.into_iter().filter_map(|id| self.rule_index(id)).fold(0, |mask, index| mask | 1 << index)
    }

    /// The defaults, in the order in which they are tried.
    pub fn defaults(&self) -> impl ExactSizeIterator<Item = Rule> + use<'a> {
        records(self.defaults)
    }

    /// The id of a rule; empty for a default.
    pub fn rule_id(&self, rule: &Rule) -> &'a str {
        self.text(rule.id)
    }

    /// The title of a rule; empty if it has none.
    pub fn rule_title(&self, rule: &Rule) -> &'a str {
        self.text(rule.title)
    }

    /// Since when the law is as the rule says, in the policy's words (`2014-12-19`); empty if the policy does not tell.
    pub fn rule_since(&self, rule: &Rule) -> &'a str {
        self.text(rule.since)
    }

    /// How sure the rule's source is: `A` text read, `B` summary read, `C` from knowledge, `U` contested, `O` operator policy.
    pub fn rule_sure(&self, rule: &Rule) -> char {
        char::from(rule.sure)
    }

    /// The sources of a rule.
    pub fn rule_cites(&self, rule: &Rule) -> impl Iterator<Item = &'a str> + use<'a> {
        self.texts(rule.cites)
    }

    /// The kinds of authorisation that can lift a rule.
    pub fn rule_lifts(&self, rule: &Rule) -> impl Iterator<Item = &'a str> + use<'a> {
        self.texts(rule.lifts)
    }

    /// What a matched `allow` rule adds to the record: licence exceptions used.
    pub fn rule_record(&self, rule: &Rule) -> impl Iterator<Item = &'a str> + use<'a> {
        self.texts(rule.record)
    }

    /// A text by its index, as in [`When::authorisation`]; empty for an index that no text has.
    pub fn text(&self, index: u16) -> &'a str {
        let at = usize::from(index) * 8;
        let start = u32_at(self.refs, at).unwrap_or(0) as usize;
        let len = u32_at(self.refs, at + 4).unwrap_or(0) as usize;
        self.pool.get(start..start.saturating_add(len)).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or("")
    }

    /// How many switches there are.
    pub fn switch_count(&self) -> usize {
        self.switches.len() / 4
    }

    /// The name and the value of a switch.
    pub fn switch(&self, index: usize) -> Option<(&'a str, SwitchValue)> {
        let record = self.switches.get(index.checked_mul(4)?..)?.first_chunk::<4>()?;
        Some((self.text(u16_at(record, 0)?), SwitchValue::from_code(u8_at(record, 2)?)?))
    }

    /// The position of the switch with this name.
    pub fn switch_index(&self, name: &str) -> Option<usize> {
        (0..self.switch_count()).find(|index| self.switch(*index).is_some_and(|(n, _)| n == name))
    }

    /// The names of the sets that places are sorted into, literal places included; the position is the set's bit.
    pub fn sets(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let table = *self;
        self.sets.chunks_exact(2).map(move |s| table.text(u16_at(s, 0).unwrap_or(NO_REF)))
    }

    /// The sets that any rule or default asks location evidence about: differences in other sets decide nothing about an
    /// address.
    pub fn location_sets(&self) -> u64 {
        let asked = |rule: Rule| {
            let when = rule.when;
            when.loc_in | when.loc_not_in | when.any_loc | rule.blocking.map_or(0, |statute| statute.places)
        };
        self.rules().chain(self.defaults()).fold(0, |sets, rule| sets | asked(rule))
    }

    /// Whether a rule or default asks if the countries of two origins differ (`ip_declared_mismatch`, `geo_conflict`): then
    /// every country is a distinction.
    pub fn compares_countries(&self) -> bool {
        use crate::words::Flag;
        let flags = 1 << (Flag::IpDeclaredMismatch as u8) | 1 << (Flag::GeoConflict as u8);
        self.rules().chain(self.defaults()).any(|rule| rule.when.flags_any & flags != 0)
    }

    /// Whether a rule or default can tell an unknown place from a known one that lies in none of [`PolicyTable::location_sets`].
    /// A rule that refuses by `loc_in` cannot: neither lies in its sets. One that asks `loc = "unknown"`, or where a place is
    /// *not*, can, and so can an `allow` with places, which needs evidence that all agrees.
    pub fn tells_unknown(&self) -> bool {
        let either = facet::LOC_KNOWN | facet::LOC_UNKNOWN;
        self.rules().chain(self.defaults()).any(|rule| {
            let when = rule.when;
            let allows = rule.outcome == Outcome::Allow && rule.outcome_switch.is_none();
            when.facets & either != either || when.loc_not_in != 0 || (allows && when.loc_in | when.any_loc != 0)
        })
    }

    /// The subdivisions that sets name, ascending.
    pub fn regions(&self) -> impl Iterator<Item = Place> + use<'a> {
        self.regions.chunks_exact(16).filter_map(|region| u64_at(region, 0).and_then(Place::from_u64))
    }

    /// What a place code means here.
    pub fn evidence(&self, place: Place) -> Evidence {
        let country = place.country_code().as_bytes();
        let &[a, b] = country else { return Evidence::Unrecognised };
        if !(a.is_ascii_uppercase() && b.is_ascii_uppercase()) {
            // Codes with a digit are no country's: MaxMind's and Cloudflare's classes.
            return match country {
                b"T1" => Evidence::Network(NetworkClass::Tor),
                b"A1" => Evidence::Network(NetworkClass::Proxy),
                b"A2" => Evidence::Network(NetworkClass::Satellite),
                b"O1" => Evidence::Nothing,
                _ => Evidence::Unrecognised,
            };
        }
        let slot = usize::from(a - b'A') * 26 + usize::from(b - b'A');
        let row = self.index.get(slot).copied().unwrap_or(ROW_UNRECOGNISED);
        match row {
            ROW_UNRECOGNISED => Evidence::Unrecognised,
            ROW_NO_EVIDENCE => Evidence::Nothing,
            row => match self.region(place).or_else(|| u64_at(self.rows, usize::from(row) * 8)) {
                Some(sets) => Evidence::Known(sets),
                // Nobody knows what is not there, least of all that no rule is about it.
                None => Evidence::Unrecognised,
            },
        }
    }

    /// Whether the policy names regions of the country, so that not knowing the region is not knowing the place.
    pub fn subdivides(&self, country: Place) -> bool {
        let codes = || self.regions.chunks_exact(16).filter_map(|region| Place::from_u64(u64_at(region, 0)?));
        codes().any(|region| region.without_region() == country.without_region())
    }

    /// Every place that lies in a set by its own code: countries, then regions that some set names. For reports and
    /// tests of a policy; looks at all codes.
    pub fn places(&self) -> impl Iterator<Item = (Place, u64)> + use<'a> {
        let table = *self;
        let letters = || b'A'..=b'Z';
        let countries = letters().flat_map(move |a| letters().filter_map(move |b| Place::country([a, b])));
        let regions = self.regions.chunks_exact(16).filter_map(|region| Place::from_u64(u64_at(region, 0)?));
        countries.chain(regions).filter_map(move |place| match table.evidence(place) {
            Evidence::Known(sets) => Some((place, sets)),
            _ => None,
        })
    }

    /// As [`PolicyTable::places`], of those whose sets are `wanted`. Looks at each row of sets once, so that a gate that starts anew
    /// for each request may ask.
    pub fn places_where(&self, wanted: &dyn Fn(u64) -> bool) -> impl Iterator<Item = Place> + use<'a> {
        let mut rows = [false; 256];
        for (row, sets) in rows.iter_mut().zip(self.rows.chunks_exact(8)).skip(usize::from(ROW_NO_EVIDENCE) + 1) {
            *row = u64_at(sets, 0).is_some_and(wanted);
        }
        let letter = |n: usize| b'A' + n as u8;
        let slots = self.index.iter().enumerate().filter(move |(_, row)| rows.get(usize::from(**row)).is_some_and(|wanted| *wanted));
        let countries = slots.filter_map(move |(slot, _)| Place::country([letter(slot / 26), letter(slot % 26)]));
        // Few: only regions that some set names are here.
        let regions = self.regions.chunks_exact(16).filter_map(|region| Place::from_u64(u64_at(region, 0)?));
        let regions: Vec<Place> = regions.filter(|place| matches!(self.evidence(*place), Evidence::Known(sets) if wanted(sets))).collect();
        countries.chain(regions)
    }

    fn region(&self, place: Place) -> Option<u64> {
        if !place.has_region() {
            return None;
        }
        let (mut low, mut high) = (0, self.regions.len() / 16);
        while low < high {
            let middle = usize::midpoint(low, high);
            let code = u64_at(self.regions, middle * 16)?;
            match code.cmp(&place.to_u64()) {
                std::cmp::Ordering::Equal => return u64_at(self.regions, middle * 16 + 8),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    fn texts(&self, run: Texts) -> impl Iterator<Item = &'a str> + use<'a> {
        let table = *self;
        (run.first..run.first.saturating_add(u16::from(run.count))).map(move |index| table.text(index))
    }

    fn header_u8(&self, at: usize) -> u8 {
        u8_at(self.data, at).unwrap_or(0)
    }

    fn header_text(&self, at: usize) -> &'a str {
        self.text(u16_at(self.data, at).unwrap_or(NO_REF))
    }

    fn header_day(&self, at: usize) -> Option<Day> {
        day(u32_at(self.data, at)?.cast_signed())
    }
}

fn records(data: &[u8]) -> impl ExactSizeIterator<Item = Rule> + '_ {
    // None is skipped, so positions are bits.
    data.chunks_exact(RULE_LEN).map(|record| record.first_chunk().and_then(read_rule).unwrap_or(DENY_ALL))
}

/// Stands for a record that cannot be read: refuses everything.
const DENY_ALL: Rule = Rule {
    when: When::ANY,
    from: None,
    to: None,
    outcome: Outcome::Deny,
    outcome_switch: None,
    deny_status: 451,
    switch_deny_status: 451,
    ear: false,
    blocking: None,
    id: NO_REF,
    title: NO_REF,
    since: NO_REF,
    sure: b'U',
    cites: Texts { first: 0, count: 0 },
    lifts: Texts { first: 0, count: 0 },
    record: Texts { first: 0, count: 0 },
};

const fn day(value: i32) -> Option<Day> {
    if value == NO_DAY { None } else { Some(Day(value)) }
}

#[inline]
fn read_rule(r: &[u8; RULE_LEN]) -> Option<Rule> {
    let some16 = |v: u16| (v != NO_REF).then_some(v);
    let some8 = |v: u8| (v != NO_SWITCH).then_some(v);
    let status = |code: u8| match code {
        0 => Some(451),
        1 => Some(403),
        _ => None,
    };
    let share_ppm = u32_at(r, 76)?;
    let bound = u8_at(r, 116)?;
    Some(Rule {
        when: When {
            loc_in: u64_at(r, 0)?,
            loc_not_in: u64_at(r, 8)?,
            hq_in: u64_at(r, 16)?,
            hq_not_in: u64_at(r, 24)?,
            any_loc: u64_at(r, 32)?,
            any_hq: u64_at(r, 40)?,
            flags_any: u64_at(r, 48)?,
            facets: u32_at(r, 64)?,
            list_in: ListSet(u32_at(r, 68)?),
            bands: u8_at(r, 105)?,
            owned_by: ListSet(u32_at(r, 72)?),
            share: match u8_at(r, 106)? {
                0 => ShareTest::None,
                1 => ShareTest::AtLeast(share_ppm),
                2 => ShareTest::MoreThan(share_ppm),
                _ => return None,
            },
            authorisation: some16(u16_at(r, 98)?),
            unless_authorisation: some16(u16_at(r, 100)?),
            switch: some8(u8_at(r, 107)?),
            regimes: u8_at(r, 109)?,
        },
        from: day(u32_at(r, 80)?.cast_signed()),
        to: day(u32_at(r, 84)?.cast_signed()),
        outcome: Outcome::from_code(u8_at(r, 110)?)?,
        outcome_switch: some8(u8_at(r, 108)?),
        deny_status: status(u8_at(r, 111)?)?,
        switch_deny_status: status(u8_at(r, 112)?)?,
        ear: match u8_at(r, 113)? {
            0 => false,
            1 => true,
            _ => return None,
        },
        blocking: (bound != 0).then_some(Blocking { bound, unless_bound: u8_at(r, 117)?, places: u64_at(r, 56)? }),
        id: u16_at(r, 88)?,
        title: u16_at(r, 90)?,
        since: u16_at(r, 118)?,
        sure: u8_at(r, 115)?,
        cites: Texts { first: u16_at(r, 92)?, count: u8_at(r, 102)? },
        lifts: Texts { first: u16_at(r, 94)?, count: u8_at(r, 103)? },
        record: Texts { first: u16_at(r, 96)?, count: u8_at(r, 104)? },
    })
}

#[cfg(any(test, feature = "write"))]
pub use write::{CompiledPolicy, CompiledRule, PolicyEncodeError};

#[cfg(any(test, feature = "write"))]
mod write {
    use super::*;
    use std::collections::BTreeMap;

    /// A rule (or a default, with an empty id) that the compiler hands to the writer.
    #[derive(Debug, Clone, PartialEq)]
    pub struct CompiledRule {
        /// Conditions. The two authorisation fields are ignored; see the texts below.
        pub when: When,
        /// Kind of authorisation that must be in force.
        pub authorisation: Option<String>,
        /// Kind of authorisation that must not be in force.
        pub unless_authorisation: Option<String>,
        /// First day.
        pub from: Option<Day>,
        /// Last day, inclusive.
        pub to: Option<Day>,
        /// The outcome as written.
        pub outcome: Outcome,
        /// The switch that gives the outcome.
        pub outcome_switch: Option<u8>,
        /// 451 or 403.
        pub deny_status: u16,
        /// 451 or 403.
        pub switch_deny_status: u16,
        /// Whether `hosted_access = "export"` concerns it.
        pub ear: bool,
        /// Blocking statute.
        pub blocking: Option<Blocking>,
        /// Id.
        pub id: String,
        /// Title.
        pub title: String,
        /// Since when the law is so, in words.
        pub since: String,
        /// Letter of sureness.
        pub sure: u8,
        /// Sources.
        pub cites: Vec<String>,
        /// Kinds of authorisation that lift it.
        pub lifts: Vec<String>,
        /// Exceptions that a match puts on record.
        pub record: Vec<String>,
    }

    impl Default for CompiledRule {
        fn default() -> Self {
            Self {
                when: When::ANY,
                authorisation: None,
                unless_authorisation: None,
                from: None,
                to: None,
                outcome: Outcome::Review,
                outcome_switch: None,
                deny_status: 451,
                switch_deny_status: 451,
                ear: false,
                blocking: None,
                id: String::new(),
                title: String::new(),
                since: String::new(),
                sure: b'U',
                cites: Vec::new(),
                lifts: Vec::new(),
                record: Vec::new(),
            }
        }
    }

    /// What the compiler makes of a policy file.
    #[derive(Debug, Clone, PartialEq)]
    pub struct CompiledPolicy {
        /// The policy's id.
        pub id: String,
        /// Its version.
        pub version: String,
        /// Day of its facts.
        pub as_of: Option<Day>,
        /// Day of its next review.
        pub review_by: Option<Day>,
        /// Rules.
        pub rules: Vec<CompiledRule>,
        /// Defaults.
        pub defaults: Vec<CompiledRule>,
        /// Names of the sets; the position is the bit.
        pub sets: Vec<String>,
        /// Recognised countries and the sets they lie in.
        pub countries: BTreeMap<[u8; 2], u64>,
        /// Codes that say nothing about a country.
        pub nothing: Vec<[u8; 2]>,
        /// Subdivisions that a set names, and all the sets they lie in.
        pub regions: BTreeMap<Place, u64>,
        /// Switches and their values.
        pub switches: Vec<(String, SwitchValue)>,
        /// Position of the switch that says whether hosted access is an export.
        pub hosted_access: Option<u8>,
        /// Ages.
        pub freshness: FreshnessLimits,
        /// Lists that rules name.
        pub lists_named: ListSet,
        /// Score in tenths.
        pub possible_from: u16,
        /// Answer of last resort.
        pub on_unknown: Outcome,
        /// Mask of jurisdictions.
        pub bound_as: u8,
        /// Mask of regimes.
        pub regimes: u8,
    }

    /// A policy that the section cannot hold.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
    #[error("the policy has {got} {what}, at most {most} fit")]
    pub struct PolicyEncodeError {
        /// What there is too much of.
        pub what: &'static str,
        /// How many there are.
        pub got: usize,
        /// How many fit.
        pub most: usize,
    }

    #[derive(Default)]
    struct Pool {
        text: String,
        refs: Vec<(usize, usize)>,
        known: BTreeMap<String, u16>,
    }

    impl Pool {
        fn push(&mut self, text: &str) -> Result<u16, PolicyEncodeError> {
            let most = usize::from(NO_REF) - 1;
            let index = u16::try_from(self.refs.len()).ok().filter(|i| *i < NO_REF).ok_or(PolicyEncodeError {
                what: "texts",
                got: self.refs.len() + 1,
                most,
            })?;
            self.refs.push((self.text.len(), text.len()));
            self.text.push_str(text);
            Ok(index)
        }

        fn one(&mut self, text: &str) -> Result<u16, PolicyEncodeError> {
            if let Some(index) = self.known.get(text) {
                return Ok(*index);
            }
            let index = self.push(text)?;
            self.known.insert(text.to_owned(), index);
            Ok(index)
        }

        fn run(&mut self, texts: &[String]) -> Result<Texts, PolicyEncodeError> {
            let count =
                u8::try_from(texts.len()).map_err(|_| PolicyEncodeError { what: "texts in one list", got: texts.len(), most: 255 })?;
            let first = if texts.is_empty() { 0 } else { u16::try_from(self.refs.len()).unwrap_or(NO_REF) };
            for text in texts {
                self.push(text)?;
            }
            Ok(Texts { first, count })
        }
    }

    impl CompiledPolicy {
        /// The section's bytes. One policy always gives the same bytes.
        ///
        /// # Errors
        /// [`PolicyEncodeError`] if there are more rules, sets, switches or texts than the section can hold.
        pub fn encode(&self) -> Result<Vec<u8>, PolicyEncodeError> {
            for (what, got, most) in [
                ("rules", self.rules.len(), MAX_RULES),
                ("defaults", self.defaults.len(), MAX_DEFAULTS),
                ("sets", self.sets.len(), MAX_SETS),
                ("switches", self.switches.len(), MAX_SWITCHES),
                ("regions", self.regions.len(), 4096),
            ] {
                if got > most {
                    return Err(PolicyEncodeError { what, got, most });
                }
            }
            let mut pool = Pool::default();
            let id = pool.one(&self.id)?;
            let version = pool.one(&self.version)?;
            let (rules, defaults) = (encode_rules(&self.rules, &mut pool)?, encode_rules(&self.defaults, &mut pool)?);
            let mut switches = Vec::new();
            for (name, value) in &self.switches {
                switches.extend(pool.one(name)?.to_le_bytes());
                switches.extend([value.code(), 0]);
            }
            let mut sets = Vec::new();
            for name in &self.sets {
                sets.extend(pool.one(name)?.to_le_bytes());
            }
            let (index, rows) = self.encode_countries()?;
            let regions: Vec<u8> =
                self.regions.iter().flat_map(|(place, mask)| [place.to_u64().to_le_bytes(), mask.to_le_bytes()]).flatten().collect();
            let refs: Vec<u8> =
                pool.refs.iter().flat_map(|(at, len)| [(*at as u32).to_le_bytes(), (*len as u32).to_le_bytes()]).flatten().collect();

            let mut out = vec![0_u8; HEADER_LEN];
            let parts: [(&[u8], usize); 8] = [
                (&rules, RULE_LEN),
                (&defaults, RULE_LEN),
                (&rows, 8),
                (&regions, 16),
                (&switches, 4),
                (&sets, 2),
                (&refs, 8),
                (pool.text.as_bytes(), 1),
            ];
            let mut table = Vec::new();
            for (part, width) in parts {
                // Eight-byte alignment costs little and keeps masks readable in one load.
                out.resize(out.len().next_multiple_of(8), 0);
                table.extend((out.len() as u32).to_le_bytes());
                table.extend(((part.len() / width) as u32).to_le_bytes());
                out.extend_from_slice(part);
            }
            table.extend((out.len() as u32).to_le_bytes());
            out.extend_from_slice(&index);

            let mut head = Vec::with_capacity(HEADER_LEN);
            head.extend(MAGIC);
            head.extend(VERSION.to_le_bytes());
            head.extend([0; 2]);
            head.extend((out.len() as u32).to_le_bytes());
            head.extend([0; 32]);
            head.extend(table);
            for seconds in [self.freshness.warn, self.freshness.review, self.freshness.refuse, self.lists_named.0] {
                head.extend(seconds.to_le_bytes());
            }
            for day in [self.as_of, self.review_by] {
                head.extend(day.map_or(NO_DAY, |d| d.0).to_le_bytes());
            }
            for value in [self.possible_from, id, version] {
                head.extend(value.to_le_bytes());
            }
            head.extend([self.on_unknown.code(), self.bound_as, self.regimes, self.hosted_access.unwrap_or(NO_SWITCH)]);
            head.resize(HEADER_LEN, 0);
            for (to, from) in out.iter_mut().zip(head) {
                *to = from;
            }
            let digest = out.get(DIGEST_AT + 32..).map(blake3::hash);
            for (to, from) in out.iter_mut().skip(DIGEST_AT).zip(digest.iter().flat_map(|d| d.as_bytes())) {
                *to = *from;
            }
            Ok(out)
        }

        fn encode_countries(&self) -> Result<(Vec<u8>, Vec<u8>), PolicyEncodeError> {
            let mut index = vec![ROW_UNRECOGNISED; INDEX_LEN];
            let mut rows: Vec<u64> = vec![0, 0];
            let slot = |code: &[u8; 2]| match code {
                [a @ b'A'..=b'Z', b @ b'A'..=b'Z'] => Some(usize::from(a - b'A') * 26 + usize::from(b - b'A')),
                _ => None,
            };
            for code in &self.nothing {
                if let Some(row) = slot(code).and_then(|s| index.get_mut(s)) {
                    *row = ROW_NO_EVIDENCE;
                }
            }
            for (code, mask) in &self.countries {
                let found = rows.iter().skip(2).position(|m| m == mask).map(|p| p + 2);
                let row = found.unwrap_or_else(|| {
                    rows.push(*mask);
                    rows.len() - 1
                });
                let row = u8::try_from(row).map_err(|_| PolicyEncodeError { what: "kinds of country", got: row, most: 255 })?;
                if let Some(entry) = slot(code).and_then(|s| index.get_mut(s)) {
                    *entry = row;
                }
            }
            Ok((index, rows.into_iter().flat_map(u64::to_le_bytes).collect()))
        }
    }

    fn encode_rules(rules: &[CompiledRule], pool: &mut Pool) -> Result<Vec<u8>, PolicyEncodeError> {
        let mut out = Vec::with_capacity(rules.len() * RULE_LEN);
        for rule in rules {
            let start = out.len();
            let w = &rule.when;
            for mask in [w.loc_in, w.loc_not_in, w.hq_in, w.hq_not_in, w.any_loc, w.any_hq, w.flags_any] {
                out.extend(mask.to_le_bytes());
            }
            out.extend(rule.blocking.map_or(0, |b| b.places).to_le_bytes());
            let (op, ppm) = match w.share {
                ShareTest::None => (0, 0),
                ShareTest::AtLeast(ppm) => (1, ppm),
                ShareTest::MoreThan(ppm) => (2, ppm),
            };
            for value in [w.facets, w.list_in.0, w.owned_by.0, ppm] {
                out.extend(value.to_le_bytes());
            }
            for day in [rule.from, rule.to] {
                out.extend(day.map_or(NO_DAY, |d| d.0).to_le_bytes());
            }
            let (cites, lifts, record) = (pool.run(&rule.cites)?, pool.run(&rule.lifts)?, pool.run(&rule.record)?);
            let mut kind = |text: &Option<String>| text.as_deref().map_or(Ok(NO_REF), |t| pool.one(t));
            let (needs, unless) = (kind(&rule.authorisation)?, kind(&rule.unless_authorisation)?);
            for value in [pool.one(&rule.id)?, pool.one(&rule.title)?, cites.first, lifts.first, record.first, needs, unless] {
                out.extend(value.to_le_bytes());
            }
            let status = |status: u16| u8::from(status == 403);
            out.extend([
                cites.count,
                lifts.count,
                record.count,
                w.bands,
                op,
                w.switch.unwrap_or(NO_SWITCH),
                rule.outcome_switch.unwrap_or(NO_SWITCH),
                w.regimes,
                rule.outcome.code(),
                status(rule.deny_status),
                status(rule.switch_deny_status),
                u8::from(rule.ear),
                0,
                rule.sure,
                rule.blocking.map_or(0, |b| b.bound),
                rule.blocking.map_or(0, |b| b.unless_bound),
            ]);
            out.extend(pool.one(&rule.since)?.to_le_bytes());
            out.resize(start + RULE_LEN, 0);
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Action, ItemClass, List};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn sample() -> CompiledPolicy {
        let closed = CompiledRule {
            id: "R-1".into(),
            title: "a title".into(),
            when: When {
                loc_in: 0b101,
                facets: facet::ALL & !facet::ITEMS | facet::item(ItemClass::Closed),
                list_in: ListSet::of(List::Sdn),
                bands: 3,
                share: ShareTest::MoreThan(500_000),
                owned_by: ListSet::of(List::El),
                switch: Some(0),
                regimes: 4,
                ..When::ANY
            },
            authorisation: Some("AIA".into()),
            from: Some(Day(20_000)),
            to: Some(Day(-4)),
            outcome: Outcome::Deny,
            deny_status: 403,
            ear: true,
            blocking: Some(Blocking { bound: 2, unless_bound: 1, places: 8 }),
            sure: b'O',
            cites: vec!["15 CFR 744".into(), "é".into()],
            lifts: vec!["bis-licence".into()],
            record: vec!["SPP".into()],
            ..CompiledRule::default()
        };
        CompiledPolicy {
            id: "sample".into(),
            version: "1".into(),
            as_of: Some(Day(20_779)),
            review_by: None,
            rules: vec![closed, CompiledRule { id: "R-2".into(), outcome_switch: Some(0), ..CompiledRule::default() }],
            defaults: vec![CompiledRule { outcome: Outcome::Allow, ..CompiledRule::default() }],
            sets: vec!["embargo".into(), "crimea".into(), "home".into(), "CU".into()],
            countries: BTreeMap::from([(*b"CU", 0b1001), (*b"US", 0b100), (*b"UA", 0), (*b"DE", 0)]),
            nothing: vec![*b"XX"],
            regions: BTreeMap::from([("UA-40".parse().unwrap(), 2), ("UA-43".parse().unwrap(), 2)]),
            switches: vec![("affiliates_rule".into(), SwitchValue::Review), ("hosted_access".into(), SwitchValue::Service)],
            hosted_access: Some(1),
            freshness: FreshnessLimits { warn: 1, review: 2, refuse: 3 },
            lists_named: ListSet::of(List::Sdn),
            possible_from: 800,
            on_unknown: Outcome::Review,
            bound_as: 1,
            regimes: 31,
        }
    }

    #[test]
    fn what_went_in_comes_out() {
        let policy = sample();
        let bytes = policy.encode().unwrap();
        assert_eq!(bytes, policy.encode().unwrap(), "one policy, one section");
        let table = PolicyTable::open(&bytes).unwrap();
        assert!(table.digest_holds());
        assert_eq!((table.id(), table.version(), table.as_of(), table.review_by()), ("sample", "1", Some(Day(20_779)), None));
        assert_eq!(table.freshness(), policy.freshness);
        assert_eq!((table.on_unknown(), table.bound_as(), table.regimes()), (Outcome::Review, 1, 31));
        assert_eq!((table.possible_from(), table.lists_named()), (800, policy.lists_named));
        assert_eq!(table.hosted_access(), Some(1));
        assert_eq!(table.switch(0), Some(("affiliates_rule", SwitchValue::Review)));
        assert_eq!((table.switch_index("hosted_access"), table.switch_index("x"), table.switch(2)), (Some(1), None, None));
        assert_eq!(table.sets().collect::<Vec<_>>(), ["embargo", "crimea", "home", "CU"]);
        assert_eq!((table.rule_count(), table.defaults().len()), (2, 1));
        let (wrote, read) = (&policy.rules[0], table.rule(0).unwrap());
        let kind = read.when.authorisation.unwrap();
        assert_eq!(read.when, When { authorisation: Some(kind), ..wrote.when });
        assert_eq!(table.text(kind), "AIA");
        assert_eq!((read.from, read.to, read.outcome, read.deny_status), (wrote.from, wrote.to, Outcome::Deny, 403));
        assert_eq!((read.switch_deny_status, read.ear, read.blocking), (451, true, wrote.blocking));
        assert_eq!((table.rule_id(&read), table.rule_title(&read), table.rule_sure(&read)), ("R-1", "a title", 'O'));
        assert_eq!(table.rule_cites(&read).collect::<Vec<_>>(), ["15 CFR 744", "é"]);
        assert_eq!(table.rule_lifts(&read).collect::<Vec<_>>(), ["bis-licence"]);
        assert_eq!(table.rule_record(&read).collect::<Vec<_>>(), ["SPP"]);
        assert_eq!(table.rule_mask(["R-2", "R-9"]), 2);
        assert_eq!(table.rule(1).unwrap().outcome_switch, Some(0));
        assert_eq!(table.rule(2), None);
    }

    #[test]
    fn places() {
        let bytes = sample().encode().unwrap();
        let table = PolicyTable::open(&bytes).unwrap();
        for (code, expected) in [
            ("CU", Evidence::Known(0b1001)),
            ("US-CA", Evidence::Known(0b100)),
            ("UA", Evidence::Known(0)),
            ("UA-43", Evidence::Known(2)),
            ("UA-40", Evidence::Known(2)),
            ("UA-30", Evidence::Known(0)),
            ("QQ", Evidence::Unrecognised),
            ("9Z", Evidence::Unrecognised),
            ("XX", Evidence::Nothing),
            ("A2", Evidence::Network(NetworkClass::Satellite)),
            ("T1", Evidence::Network(NetworkClass::Tor)),
        ] {
            assert_eq!(table.evidence(code.parse().unwrap()), expected, "{code}");
        }
        for mask in [0, 1, 2, 4, 0b1001, u64::MAX] {
            let all: Vec<Place> = table.places().filter(|(_, sets)| sets & mask != 0).map(|(place, _)| place).collect();
            assert_eq!(table.places_where(&|sets| sets & mask != 0).collect::<Vec<_>>(), all, "{mask}");
        }
    }

    #[test]
    fn facets_have_one_bit_each() {
        let mut seen = 0;
        for bit in ItemClass::ALL.iter().map(|i| facet::item(*i)).chain(Action::ALL.iter().map(|a| facet::action(*a))) {
            assert_eq!(seen & bit, 0);
            seen |= bit;
        }
        assert_eq!(seen, facet::ITEMS | facet::ACTIONS);
        assert_eq!(facet::GROUPS.iter().fold(0, |a, g| a | g), facet::ALL);
        assert_eq!(facet::GROUPS.iter().map(|g| g.count_ones()).sum::<u32>(), 26);
    }

    #[test]
    fn too_many_rules_are_refused() {
        let mut policy = sample();
        policy.rules = vec![CompiledRule::default(); MAX_RULES + 1];
        assert_eq!(policy.encode(), Err(PolicyEncodeError { what: "rules", got: 129, most: 128 }));
    }

    #[test]
    fn broken_headers_have_their_own_errors() {
        let bytes = sample().encode().unwrap();
        assert_eq!(PolicyTable::open(&[]).err(), Some(PolicyTableError::Short { expected: HEADER_LEN, got: 0 }));
        let cut = &bytes[..bytes.len() - 1];
        assert_eq!(PolicyTable::open(cut).err(), Some(PolicyTableError::Short { expected: bytes.len(), got: cut.len() }));
        let mut other = bytes.clone();
        other[0] = b'X';
        assert_eq!(PolicyTable::open(&other).err(), Some(PolicyTableError::Magic));
        let mut newer = bytes;
        newer[8] = 9;
        assert_eq!(PolicyTable::open(&newer).err(), Some(PolicyTableError::Version { got: 9 }));
    }

    /// Reads everything that a gate or a record can read.
    fn read_all(table: &PolicyTable<'_>) {
        for rule in table.rules().chain(table.defaults()) {
            let texts = table.rule_cites(&rule).chain(table.rule_lifts(&rule)).chain(table.rule_record(&rule)).map(str::len).sum::<usize>();
            assert!(texts <= 1 << 24);
            let _ = (table.rule_id(&rule), table.rule_title(&rule), table.rule_sure(&rule));
            let _ = rule.when.authorisation.map(|kind| table.text(kind));
        }
        let _ = (table.id(), table.version(), table.freshness(), table.on_unknown(), table.digest(), table.digest_holds());
        let _ = (table.sets().count(), (0..20).filter_map(|s| table.switch(s)).count());
        for code in ["US", "UA-43", "UA-40", "QQ", "XX", "T1", "ZZ"] {
            let _ = table.evidence(code.parse().unwrap());
        }
        assert_eq!(table.rules().len(), table.rule_count());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = PolicyTable::open(&bytes).map(|t| read_all(&t));
        }

        #[test]
        fn no_mutation_panics(edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in any::<prop::sample::Index>()) {
            let mut bytes = sample().encode().unwrap();
            for (at, value) in edits {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            let _ = PolicyTable::open(&bytes).map(|t| read_all(&t));
            let _ = PolicyTable::open(&bytes[..cut.index(bytes.len())]).map(|t| read_all(&t));
        }
    }
}
