//! Values under names, in the order of the names. The library's maps take three to four kB of code for each type that is held; a
//! case of the check endpoint holds a handful of values.

use serde::{Serialize, Serializer};

/// Values under names, as an object of JSON has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<K, V>(Vec<(K, V)>);

impl<K, V> Default for Named<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> Named<K, V> {
    /// Puts a value under a name, in place of the one that was there.
    pub fn insert(&mut self, name: K, value: V) {
        let at = self.0.partition_point(|(known, _)| *known < name);
        match self.0.get_mut(at).filter(|(known, _)| *known == name) {
            Some(slot) => slot.1 = value,
            None => self.0.insert(at, (name, value)),
        }
    }
}

impl<K, V> Named<K, V> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(name, value)| (name, value))
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Named<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(values: I) -> Self {
        let mut out = Self::default();
        values.into_iter().for_each(|(name, value)| out.insert(name, value));
        out
    }
}

impl<K: Serialize, V: Serialize> Serialize for Named<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_holds_what_a_map_holds(values in prop::collection::vec(("[a-d]{0,2}", any::<i8>()), 0..20)) {
            let named: Named<String, i8> = values.iter().cloned().collect();
            let map: BTreeMap<String, i8> = values.into_iter().collect();
            prop_assert!(named.iter().eq(map.iter()));
            prop_assert_eq!(named.is_empty(), map.is_empty());
            prop_assert_eq!(serde_json::to_string(&named).unwrap(), serde_json::to_string(&map).unwrap());
        }
    }
}
