//! What the 50 % rules need to know of a party: which owners count, for which lists, with what share.
//!
//! A party that listed parties own far enough is itself treated as listed, so its own holdings count in full further
//! down (OFAC, "Revised guidance on entities owned by persons whose property is blocked", 2014-08-13; 15 CFR 744.11(a)(1);
//! Russia (Sanctions) (EU Exit) Regulations 2019 reg. 7). The chains are worked out here, at build time; the gate adds up.

use std::collections::BTreeMap;

use crate::model::{Entry, Ownership};
use crate::words::{List, ListSet};

/// Lists whose owners count together, the share from which the owned party is treated alike, and whether that share
/// itself is enough.
const GROUPS: [(&[List], u32, bool); 4] = [
    (&[List::Sdn], 500_000, true),
    (&[List::EuFsf], 500_000, true),
    // "More than 50 %": reg. 7(2).
    (&[List::UkUksl], 500_000, false),
    // The affiliates rule counts Entity List and Military End User List owners together (90 FR 47201).
    (&[List::El, List::Meu], 500_000, true),
];

/// One owner that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) owner: u32,
    pub(crate) lists: ListSet,
    pub(crate) share_ppm: Option<u32>,
}

/// Owners that count, by owned entry. The edge list names entries by id.
///
/// # Errors
/// The id that no entry has.
pub(crate) fn owners(entries: &[Entry], numbers: &BTreeMap<&str, u32>, edges: &[Ownership]) -> Result<BTreeMap<u32, Vec<Owner>>, String> {
    let number = |id: &str| numbers.get(id).copied().ok_or_else(|| id.to_owned());
    // Each owner counts once per owned party: of two statements the larger share stands.
    let mut shares: BTreeMap<(u32, u32), Option<u32>> = BTreeMap::new();
    for edge in edges {
        let (owner, owned) = (number(&edge.owner)?, number(&edge.owned)?);
        if owner != owned {
            let share = shares.entry((owned, owner)).or_insert(None);
            *share = (*share).max(edge.share_ppm);
        }
    }
    let mut lists: Vec<ListSet> = entries.iter().map(|e| e.lists).collect();
    let on = |lists: &[ListSet], n: u32| lists.get(n as usize).copied().unwrap_or_default();
    loop {
        let mut changed = false;
        for (group, threshold, inclusive) in GROUPS {
            let group_set: ListSet = group.iter().copied().collect();
            let mut sums: BTreeMap<u32, u64> = BTreeMap::new();
            for ((owned, owner), share) in &shares {
                if on(&lists, *owner).0 & group_set.0 != 0 {
                    *sums.entry(*owned).or_default() += u64::from(share.unwrap_or(0));
                }
            }
            for (owned, sum) in sums {
                let reached = if inclusive { sum >= u64::from(threshold) } else { sum > u64::from(threshold) };
                if let (true, Some(first), Some(slot)) = (reached, group.first(), lists.get_mut(owned as usize))
                    && slot.0 & group_set.0 == 0
                {
                    *slot = slot.union(ListSet::of(*first));
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    let mut out: BTreeMap<u32, Vec<Owner>> = BTreeMap::new();
    for ((owned, owner), share_ppm) in shares {
        let lists = on(&lists, owner);
        if !lists.is_empty() {
            out.entry(owned).or_default().push(Owner { owner, lists, share_ppm });
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Kind;

    fn check(
        listed: &[(&str, List)],
        others: &[&str],
        edges: &[(&str, &str, Option<u32>)],
        of: &str,
        expected: &[(&str, ListSet, Option<u32>)],
    ) {
        let entries: Vec<Entry> = listed
            .iter()
            .map(|(id, list)| Entry::new(*id, Some(*list), Kind::Organization))
            .chain(others.iter().map(|id| Entry::new(*id, None, Kind::Organization)))
            .collect();
        let numbers: BTreeMap<&str, u32> = entries.iter().enumerate().map(|(i, e)| (e.id.as_str(), i as u32)).collect();
        let edges: Vec<Ownership> = edges
            .iter()
            .map(|(owner, owned, share)| Ownership { owner: (*owner).into(), owned: (*owned).into(), share_ppm: *share })
            .collect();
        let result = owners(&entries, &numbers, &edges).unwrap();
        let got: Vec<_> =
            result.get(&numbers[of]).into_iter().flatten().map(|o| (entries[o.owner as usize].id.as_str(), o.lists, o.share_ppm)).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn a_blocked_subsidiary_passes_its_whole_share_on() {
        // A (SDN) owns 50 % of B, B owns 50 % of C: C counts B in full.
        let sdn = ListSet::of(List::Sdn);
        check(&[("a", List::Sdn)], &["b", "c"], &[("a", "b", Some(500_000)), ("b", "c", Some(500_000))], "c", &[("b", sdn, Some(500_000))]);
        // With 49 % of B, B is not blocked, and C has no owner that counts.
        check(&[("a", List::Sdn)], &["b", "c"], &[("a", "b", Some(490_000)), ("b", "c", Some(500_000))], "c", &[]);
    }

    #[test]
    fn uk_needs_more_than_half() {
        let uk = ListSet::of(List::UkUksl);
        check(&[("a", List::UkUksl)], &["b", "c"], &[("a", "b", Some(500_000)), ("b", "c", Some(900_000))], "c", &[]);
        check(
            &[("a", List::UkUksl)],
            &["b", "c"],
            &[("a", "b", Some(500_001)), ("b", "c", Some(900_000))],
            "c",
            &[("b", uk, Some(900_000))],
        );
    }

    #[test]
    fn circles_end_and_owners_count_once() {
        let sdn = ListSet::of(List::Sdn);
        check(
            &[("a", List::Sdn)],
            &["b", "c"],
            &[("b", "c", Some(600_000)), ("c", "b", Some(600_000)), ("a", "b", Some(300_000)), ("a", "b", Some(500_000)), ("a", "b", None)],
            "b",
            &[("a", sdn, Some(500_000)), ("c", sdn, Some(600_000))],
        );
    }

    #[test]
    fn an_unknown_id_is_named() {
        let edges = [Ownership { owner: "x".into(), owned: "y".into(), share_ppm: None }];
        assert_eq!(owners(&[], &BTreeMap::new(), &edges), Err("x".to_owned()));
    }
}
