//! What a decision says, and how it is explained.

use weighbridge_blob::order::sort;
use weighbridge_blob::policy::{PolicyTable, Rule};
use weighbridge_blob::words::{Flag, ListSet, Outcome};

use crate::evaluate::lifting;
use crate::facts::{AuthorisationFact, Facts, flag_bit};

/// The answer to one request, with every reason. Small and without allocation; texts are looked up in the
/// policy when a record or a refusal is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The most severe answer.
    pub outcome: Outcome,
    /// HTTP status: 200, 401, 403, 451 (RFC 7725) or 503.
    pub status: u16,
    /// The rules that matched and count, as bits by position in the policy.
    pub matched: u128,
    /// The same rules by what each of them says, indexed by [`Outcome::code`]. Their union is `matched`.
    pub by_outcome: [u128; Outcome::ALL.len()],
    /// The rules that would have matched, had an authorisation not lifted them.
    pub lifted: u128,
    /// What gave the outcome.
    pub decided_by: DecidedBy,
    /// How old the lists are.
    pub freshness: Freshness,
    /// Age of the oldest list, seconds; `None` if no age was told.
    pub oldest_list_seconds: Option<u32>,
    /// Lists that rules name and no source provides.
    pub not_screened: ListSet,
    /// Mask of the [`Flag`]s that were given or derived.
    pub flags: u64,
}

/// What gave the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecidedBy {
    /// The most severe rules that matched.
    Rules,
    /// The default at this position of the policy.
    Default(u8),
    /// The policy's `on_unknown`: neither a rule nor a default decides.
    OnUnknown,
    /// The lists are too old for an item that is not published.
    Freshness,
}

impl DecidedBy {
    /// The word in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Default(_) => "default",
            Self::OnUnknown => "on_unknown",
            Self::Freshness => "freshness",
        }
    }
}

/// How old the lists are, by the policy's `[freshness]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freshness {
    /// Young enough.
    Fresh,
    /// Older than `warn_after`.
    Warn,
    /// Older than `review_after`: items that are not published go to review.
    StaleReview,
    /// Older than `refuse_after`: items that are not published are refused with 503.
    StaleRefuse,
}

impl Freshness {
    /// The word in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Warn => "warn",
            Self::StaleReview => "stale_review",
            Self::StaleRefuse => "stale_refuse",
        }
    }
}

/// A rule that matched, with what a record or a refusal says about it.
#[derive(Debug, Clone, Copy)]
pub struct Reason<'a> {
    /// Position in the policy.
    pub index: usize,
    /// What the rule says here, switches applied.
    pub outcome: Outcome,
    /// Rule id.
    pub id: &'a str,
    /// Title; may be empty.
    pub title: &'a str,
    /// The rule, for its citations: [`PolicyTable::rule_cites`].
    pub rule: Rule,
}

impl Decision {
    /// The rules that matched, most severe first, in the order of the policy within one severity.
    pub fn reasons<'p>(&self, policy: &PolicyTable<'p>) -> impl Iterator<Item = Reason<'p>> + use<'p> {
        let (policy, by_outcome) = (*policy, self.by_outcome);
        Outcome::ALL.iter().rev().flat_map(move |outcome| {
            let mask = by_outcome.get(usize::from(outcome.code())).copied().unwrap_or(0);
            bits(mask).filter_map(move |index| {
                let rule = policy.rule(index)?;
                Some(Reason { index, outcome: *outcome, id: policy.rule_id(&rule), title: policy.rule_title(&rule), rule })
            })
        })
    }

    /// The ids of the rules that matched, sorted.
    pub fn rule_ids<'p>(&self, policy: &PolicyTable<'p>) -> Vec<&'p str> {
        let mut ids: Vec<_> = self.reasons(policy).map(|r| r.id).collect();
        sort(&mut ids, |a, b| a < b);
        ids
    }

    /// The rules that an authorisation lifted, with the authorisation. `facts` are those of the decision.
    pub fn lifted_by<'p, 'f>(&self, policy: &PolicyTable<'p>, facts: &Facts<'f>) -> Vec<(&'p str, AuthorisationFact<'f>)> {
        let authorisations = facts.authorisations;
        bits(self.lifted)
            .filter_map(|index| {
                let rule = policy.rule(index)?;
                Some((policy.rule_id(&rule), *lifting(policy, authorisations, index, &rule)?))
            })
            .collect()
    }

    /// The licence exceptions that matched `allow` rules put on record, sorted, each once.
    pub fn exceptions<'p>(&self, policy: &PolicyTable<'p>) -> Vec<&'p str> {
        let mut out: Vec<_> =
            self.reasons(policy).filter(|r| r.outcome == Outcome::Allow).flat_map(|r| policy.rule_record(&r.rule)).collect();
        sort(&mut out, |a, b| a < b);
        out.dedup();
        out
    }

    /// One word for the reason that decided: a rule id, `default-1` (counted from 1), `on-unknown` or `lists-too-old`.
    pub fn reason_code(&self, policy: &PolicyTable<'_>) -> String {
        match self.decided_by {
            DecidedBy::Rules => self.reasons(policy).next().map(|r| r.id.to_owned()).unwrap_or_default(),
            DecidedBy::Default(index) => format!("default-{}", u32::from(index) + 1),
            DecidedBy::OnUnknown => "on-unknown".to_owned(),
            DecidedBy::Freshness => "lists-too-old".to_owned(),
        }
    }

    /// Whether a flag was given or derived.
    pub const fn has_flag(&self, flag: Flag) -> bool {
        self.flags & flag_bit(flag) != 0
    }
}

/// The positions of the bits of a mask, lowest first.
pub fn bits(mask: u128) -> impl Iterator<Item = usize> {
    let mut left = mask;
    std::iter::from_fn(move || {
        let index = left.trailing_zeros();
        left &= left.wrapping_sub(1);
        (index < u128::BITS).then_some(index as usize)
    })
}
