//! The scale of scores: what share of ordinary names reaches a raw score on this list.

use crate::bytes::{u16_at, u32_at};

/// Points of the scale, raw score and calibrated score (tenths of a point), ascending: a polygon between them.
///
/// 800 means that 1 % of ordinary names reach it on this list, 900 0.1 %, 950 0.01 %. Never a probability of being somebody.
#[derive(Debug, Clone, Copy)]
pub struct Scale<'a> {
    knots: &'a [u8],
}

/// A point of the scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Knot {
    /// Raw score, 1-999.
    pub raw: u16,
    /// Score, tenths of a point.
    pub score: u16,
    /// Ordinary names of the sample that reach it; 0 = not measured, set by the least raw scores or the reference list.
    pub above: u32,
}

/// What ordinary names of one region make of the scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region<'a> {
    /// Its word: `arabic`.
    pub name: &'a str,
    /// Its ordinary names in the sample.
    pub sample: u32,
    /// Those that score 80 or more.
    pub at_80: u32,
    /// Those that score 90 or more.
    pub at_90: u32,
}

/// Bytes of the counts before each kind's knots and regions: sample, knots, regions.
const COUNTS: usize = 12;

/// Bytes of a knot.
pub(crate) const KNOT: usize = 8;

/// Longest name of a region.
pub(crate) const REGION_NAME: usize = 20;

/// Bytes of a region.
pub(crate) const REGION: usize = REGION_NAME + 12;

/// Least raw scores for 80, 90 and 95 whatever the sample says: on a short list ordinary names hardly reach anything, and
/// what is unlike must not score for it.
pub const LEAST: [(u16, u16); 3] = [(675, 800), (716, 900), (760, 950)];

impl<'a> Scale<'a> {
    /// The scale of `knots`.
    pub(crate) const fn new(knots: &'a [u8]) -> Self {
        Self { knots }
    }

    /// The points.
    pub fn knots(&self) -> impl Iterator<Item = Knot> + use<'a> {
        self.knots.chunks_exact(KNOT).filter_map(|k| Some(Knot { raw: u16_at(k, 0)?, score: u16_at(k, 2)?, above: u32_at(k, 4)? }))
    }

    /// The calibrated score of a raw one, tenths of a point, 0-1,000.
    pub fn of(&self, raw: u16) -> u16 {
        let (mut low, mut high) = ((0_u16, 0_u16), (1_000, 1_000));
        for knot in self.knots() {
            if knot.raw <= raw {
                low = (knot.raw, knot.score);
            } else {
                high = (knot.raw, knot.score);
                break;
            }
        }
        let (span, gain) = (u32::from(high.0.saturating_sub(low.0)).max(1), u32::from(high.1.saturating_sub(low.1)));
        low.1 + (u32::from(raw.saturating_sub(low.0)) * gain / span).min(gain) as u16
    }
}

/// The part of one kind of party: how its scale came about.
#[derive(Debug, Clone, Copy)]
pub struct Calibration<'a> {
    /// Ordinary names in the sample; 0 = the scale of the reference list.
    pub sample: u32,
    knots: &'a [u8],
    regions: &'a [u8],
}

impl<'a> Calibration<'a> {
    /// The scale.
    pub const fn scale(&self) -> Scale<'a> {
        Scale::new(self.knots)
    }

    /// The regions of the sample.
    pub fn regions(&self) -> impl Iterator<Item = Region<'a>> + use<'a> {
        self.regions.chunks_exact(REGION).filter_map(|r| {
            let number = |n: usize| u32_at(r, REGION_NAME + n * 4);
            let name = std::str::from_utf8(r.get(..REGION_NAME)?).ok()?.trim_end_matches('\0');
            Some(Region { name, sample: number(0)?, at_80: number(1)?, at_90: number(2)? })
        })
    }

    /// Reads the part of the kind at place `at` of the section; `None` if it is cut.
    pub(crate) fn read(section: &'a [u8], at: usize) -> Option<Self> {
        let mut rest = section;
        for n in 0..=at {
            let count = |field: usize| u32_at(rest, field * 4).map(|c| c as usize);
            let knots_end = count(1)?.checked_mul(KNOT)?.checked_add(COUNTS)?;
            let end = count(2)?.checked_mul(REGION)?.checked_add(knots_end)?;
            let (knots, regions) = (rest.get(COUNTS..knots_end)?, rest.get(knots_end..end)?);
            if n == at {
                return Some(Self { sample: u32_at(rest, 0)?, knots, regions });
            }
            rest = rest.get(end..)?;
        }
        None
    }

    /// What is wrong with it, if anything.
    pub(crate) fn verify(&self) -> Result<(), &'static str> {
        let rises = self.scale().knots().is_sorted_by(|a, b| a.raw < b.raw && a.score <= b.score && a.above >= b.above);
        let in_range = self.scale().knots().all(|k| k.raw <= 1_000 && k.score <= 1_000 && k.above <= self.sample);
        let regions = self.regions().all(|r| !r.name.is_empty() && r.at_90 <= r.at_80 && r.at_80 <= r.sample && r.sample <= self.sample);
        match (rises, in_range, regions && self.regions().count() == self.regions.len() / REGION) {
            (false, ..) => Err("does not rise"),
            (_, false, _) => Err("has a knot out of range"),
            (.., false) => Err("has a damaged region"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_lie_on_the_polygon() {
        let mut knots = Vec::new();
        for (raw, score) in [(500_u16, 800_u16), (600, 900), (700, 950)] {
            knots.extend(raw.to_le_bytes());
            knots.extend(score.to_le_bytes());
            knots.extend(0_u32.to_le_bytes());
        }
        let scale = Scale::new(&knots);
        for (raw, score) in [(0, 0), (250, 400), (500, 800), (550, 850), (600, 900), (700, 950), (850, 975), (1_000, 1_000)] {
            assert_eq!(scale.of(raw), score, "{raw}");
        }
        assert_eq!(Scale::new(&[]).of(300), 300);
    }
}
