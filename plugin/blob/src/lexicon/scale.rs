//! The scale of scores: what share of ordinary names reaches a raw score on this list.

use crate::bytes::{u16_at, u32_at};

/// Points of the scale, raw score and calibrated score (tenths of a point), ascending: a polygon between them.
///
/// 800 means that 1 % of ordinary names reach it on this list, 900 0.1 %, 950 0.01 %. Never a probability of being somebody.
#[derive(Debug, Clone, Copy)]
pub struct Scale<'a> {
    knots: &'a [u8],
}

/// Bytes of a knot.
pub(crate) const KNOT: usize = 4;

/// Least raw scores for 80, 90 and 95 whatever the sample says: on a short list ordinary names hardly reach anything, and
/// what is unlike must not score for it.
pub const LEAST: [(u16, u16); 3] = [(675, 800), (716, 900), (760, 950)];

impl<'a> Scale<'a> {
    /// The scale of `knots`: pairs of u16.
    pub(crate) const fn new(knots: &'a [u8]) -> Self {
        Self { knots }
    }

    /// The points.
    pub fn knots(&self) -> impl Iterator<Item = (u16, u16)> + use<'a> {
        self.knots.chunks_exact(KNOT).filter_map(|k| Some((u16_at(k, 0)?, u16_at(k, 2)?)))
    }

    /// The calibrated score of a raw one, tenths of a point, 0-1,000.
    pub fn of(&self, raw: u16) -> u16 {
        let (mut low, mut high) = ((0_u16, 0_u16), (1_000, 1_000));
        for knot in self.knots() {
            if knot.0 <= raw {
                low = knot;
            } else {
                high = knot;
                break;
            }
        }
        let (span, gain) = (u32::from(high.0.saturating_sub(low.0)).max(1), u32::from(high.1.saturating_sub(low.1)));
        low.1 + (u32::from(raw.saturating_sub(low.0)) * gain / span).min(gain) as u16
    }
}

/// Splits the section: for each of `count` kinds the number of negatives in its sample and its knots.
pub(crate) fn split(section: &[u8], at: usize) -> Option<(u32, &[u8])> {
    let mut rest = section;
    for n in 0..=at {
        let (sample, count) = (u32_at(rest, 0)?, u32_at(rest, 4)? as usize);
        let end = count.checked_mul(KNOT)?.checked_add(8)?;
        let knots = rest.get(8..end)?;
        if n == at {
            return Some((sample, knots));
        }
        rest = rest.get(end..)?;
    }
    None
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
        }
        let scale = Scale::new(&knots);
        for (raw, score) in [(0, 0), (250, 400), (500, 800), (550, 850), (600, 900), (700, 950), (850, 975), (1_000, 1_000)] {
            assert_eq!(scale.of(raw), score, "{raw}");
        }
        assert_eq!(Scale::new(&[]).of(300), 300);
    }
}
