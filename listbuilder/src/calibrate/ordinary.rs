//! Ordinary names, composed by number from the compiled-in table.

use std::collections::HashMap;
use weighbridge_blob::words::Kind;

const TABLE: &str = include_str!("../../data/ordinary.txt");

/// The table cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`data/ordinary.txt`, line {line}: {why}; please report this")]
pub struct OrdinaryError {
    line: usize,
    why: String,
}

type List = Vec<&'static str>;

/// Words that are chosen from, by the capital that stands for them.
type Slots = HashMap<char, List>;

/// People or companies that are named alike.
#[derive(Debug)]
struct Community {
    weight: u32,
    slots: Slots,
    templates: Vec<(u32, &'static str)>,
}

/// Names of one kind: regions, each with its communities.
#[derive(Debug)]
pub struct Ordinary {
    seed: u64,
    regions: Vec<(&'static str, Vec<Community>)>,
}

impl Ordinary {
    /// The names of people, or those of companies for any other kind.
    ///
    /// # Errors
    /// [`OrdinaryError`] if the table is damaged.
    pub fn of(kind: Kind) -> Result<Self, OrdinaryError> {
        let (verb, seed) = if kind == Kind::Person { ("person", 0x7065_7273_6f6e) } else { ("company", 0x63_6f6d_7061_6e79) };
        let lists: HashMap<&str, List> = TABLE
            .lines()
            .filter_map(|line| line.strip_prefix("list ")?.split_once(' '))
            .map(|(name, values)| (name, values.split('|').collect()))
            .collect();
        let mut regions: Vec<(&str, Vec<Community>)> = Vec::new();
        for (line, text) in (1..).zip(TABLE.lines()) {
            let Some(text) = text.strip_prefix(verb) else { continue };
            let (region, community) = community(text, &lists).map_err(|why| OrdinaryError { line, why })?;
            match regions.iter_mut().find(|(name, _)| *name == region) {
                Some((_, communities)) => communities.push(community),
                None => regions.push((region, vec![community])),
            }
        }
        regions.sort_by_key(|(name, _)| *name);
        Ok(Self { seed, regions })
    }

    /// The regions' words.
    pub fn regions(&self) -> impl Iterator<Item = &'static str> {
        self.regions.iter().map(|(name, _)| *name)
    }

    /// Writes the name of a number, and tells the place of its region among [`Ordinary::regions`]. Regions take turns.
    pub fn compose(&self, number: u32, name: &mut String) -> usize {
        let region = number as usize % self.regions.len().max(1);
        let mut random = Random(self.seed ^ u64::from(number).wrapping_mul(0xd6e8_feb8_6659_fd93));
        name.clear();
        let Some((_, communities)) = self.regions.get(region) else { return region };
        let Some(community) = random.weighted(communities, |c| c.weight) else { return region };
        let Some((_, template)) = random.weighted(&community.templates, |t| t.0) else { return region };
        for c in template.chars() {
            match community.slots.get(&c) {
                Some(list) => name.push_str(random.one(list).copied().unwrap_or_default()),
                None if c == 'I' => name.push(random.letter()),
                None if c == 'X' => (0..2 + random.below(3)).for_each(|_| name.push(random.letter())),
                None => name.push(c),
            }
        }
        region
    }
}

/// `REGION WEIGHT G=list F=list : N template|N template`.
fn community(text: &'static str, lists: &HashMap<&str, List>) -> Result<(&'static str, Community), String> {
    let (head, templates) = text.split_once(" : ").ok_or("no templates")?;
    let mut words = head.split_whitespace();
    let region = words.next().ok_or("no region")?;
    let weight = words.next().and_then(|w| w.parse().ok()).ok_or("no weight")?;
    let mut slots = Slots::new();
    for word in words {
        let (slot, list) = word.split_once('=').ok_or_else(|| format!("`{word}` is no slot"))?;
        let slot = slot.chars().next().ok_or("a slot without a letter")?;
        slots.insert(slot, lists.get(list).cloned().ok_or_else(|| format!("no list `{list}`"))?);
    }
    let read = |template: &'static str| {
        let (weight, text) = template.split_once(' ')?;
        let known = text.chars().all(|c| !c.is_ascii_uppercase() || slots.contains_key(&c) || matches!(c, 'I' | 'X'));
        Some((weight.parse().ok()?, text)).filter(|_| known)
    };
    let templates = templates.split('|').map(|t| read(t).ok_or_else(|| format!("`{t}` is no template"))).collect::<Result<_, _>>()?;
    Ok((region, Community { weight, slots, templates }))
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `end`; the bias of 2^-32 is of no account here.
    fn below(&mut self, end: u32) -> u32 {
        (((self.next() >> 32) * u64::from(end)) >> 32) as u32
    }

    fn letter(&mut self) -> char {
        char::from(b'A' + self.below(26) as u8)
    }

    fn one<'l, T>(&mut self, list: &'l [T]) -> Option<&'l T> {
        list.get(self.below(list.len() as u32) as usize)
    }

    fn weighted<'l, T>(&mut self, list: &'l [T], weight: impl Fn(&T) -> u32) -> Option<&'l T> {
        let mut left = self.below(list.iter().map(&weight).sum());
        list.iter().find(|item| {
            let here = weight(item);
            let found = left < here;
            left = left.saturating_sub(here);
            found
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_table_is_whole_and_names_are_the_same_each_time() {
        for kind in [Kind::Person, Kind::Organization] {
            let (one, other) = (Ordinary::of(kind).unwrap(), Ordinary::of(kind).unwrap());
            let mut seen = HashSet::new();
            let (mut name, mut again) = (String::new(), String::new());
            for number in 0..20_000 {
                assert_eq!(one.compose(number, &mut name), other.compose(number, &mut again));
                assert_eq!(name, again);
                assert!(name.chars().filter(|c| c.is_alphabetic()).count() > 1, "{number}: `{name}`");
                seen.insert(name.clone());
            }
            // They hardly repeat, or the sample would say less than its size does.
            assert!(seen.len() > 19_000, "{kind}: {}", seen.len());
            let regions: Vec<_> = one.regions().collect();
            for wanted in ["arabic", "chinese", "korean", "persian", "slavic", "south-asian", "turkic", "western"] {
                assert!(regions.contains(&wanted), "{kind}: {wanted} is not in {regions:?}");
            }
            assert!(regions.iter().all(|r| r.len() <= 20));
        }
    }
}
