//! Sorting in little code. The library's sorts are faster on many items and some 6 kB for each type that is sorted, of which a
//! gate has a dozen with a handful of items each; and a gate is loaded more often than it sorts.

/// Up to so many items are inserted one after another.
const FEW: usize = 24;

/// Sorts by an order: `less` tells whether an item goes before another. Of equals any may be first. Takes n log n steps.
pub fn sort<T>(items: &mut [T], less: impl Fn(&T, &T) -> bool) {
    if items.len() <= FEW {
        for n in 1..items.len() {
            let mut at = n;
            while at > 0 && goes_before(items, at, at - 1, &less) {
                items.swap(at, at - 1);
                at -= 1;
            }
        }
        return;
    }
    make_heap(items, &less);
    for end in (1..items.len()).rev() {
        items.swap(0, end);
        sink(items.get_mut(..end).unwrap_or_default(), 0, &less);
    }
}

/// Leaves the `count` least, sorted.
pub fn least(keys: &mut Vec<u64>, count: usize) {
    let less = |a: &u64, b: &u64| a < b;
    if let Some((kept, others)) = keys.split_at_mut_checked(count) {
        make_heap(kept, &less);
        for other in others {
            if let Some(most) = kept.first_mut().filter(|most| *other < **most) {
                *most = *other;
                sink(kept, 0, &less);
            }
        }
        keys.truncate(count);
    }
    sort(keys, less);
}

fn goes_before<T>(items: &[T], a: usize, b: usize, less: &impl Fn(&T, &T) -> bool) -> bool {
    matches!((items.get(a), items.get(b)), (Some(a), Some(b)) if less(a, b))
}

/// Puts the last item of all first, and the last of each part first in it.
fn make_heap<T>(items: &mut [T], less: &impl Fn(&T, &T) -> bool) {
    (0..items.len() / 2).rev().for_each(|at| sink(items, at, less));
}

fn sink<T>(items: &mut [T], mut at: usize, less: &impl Fn(&T, &T) -> bool) {
    loop {
        let mut child = at * 2 + 1;
        // What lies behind the end goes before nothing.
        if goes_before(items, child, child + 1, less) {
            child += 1;
        }
        if !goes_before(items, at, child, less) {
            return;
        }
        items.swap(at, child);
        at = child;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_order_of_the_library(items in prop::collection::vec(any::<u16>(), 0..200), count in 0_usize..60) {
            let mut sorted = items.clone();
            sorted.sort_unstable();
            let mut own = items.clone();
            sort(&mut own, |a, b| a < b);
            prop_assert_eq!(&own, &sorted);
            sort(&mut own, |a, b| a > b);
            prop_assert!(own.iter().rev().eq(&sorted));
            let mut first: Vec<u64> = items.iter().map(|n| u64::from(*n)).collect();
            least(&mut first, count);
            prop_assert!(first.iter().copied().eq(sorted.iter().take(count).map(|n| u64::from(*n))));
        }
    }
}
