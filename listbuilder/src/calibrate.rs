//! Calibration: what share of ordinary names reaches a raw score on the lists of this blob.
//!
//! A score of 80 is to mean "1 % of ordinary names score that much", 90 "0.1 %", 95 "0.01 %". What names are ordinary is told by
//! `data/ordinary.txt`: names and company words of a dozen regions with the ways they are composed there, each region the same
//! share of the sample. Names are composed by number, so the sample, and with it the blob, is the same on every machine and
//! with any number of cores. They are no sample of anybody's users: the figures compare scores, they foretell no alerts.

mod ordinary;

pub use ordinary::{Ordinary, OrdinaryError};

use serde::Serialize;
use std::thread;
use weighbridge_blob::Blob;
use weighbridge_blob::lexicon::{Knot, LEAST, Region};
use weighbridge_blob::words::Kind;
use weighbridge_blob::write::ScaleIn;
use weighbridge_engine::names::{self, Params, Remembering, Sought};

/// Ordinary names per kind on a long list: as many as leave twenty above the knot of 95.
pub const SAMPLE: u32 = 200_000;

/// Ordinary names for each listed name; a short list needs fewer, for fewer can be reached.
const PER_NAME: u32 = 20;

/// Listed names of a kind below which nothing is measured: the scale of the reference list holds.
const SHORT: u32 = 500;

/// Names that a knot must have above it. With fewer, its share is known no better than to a third.
const LEAST_ABOVE: u32 = 20;

/// Scores, and of how many ordinary names one reaches them.
const TARGETS: [(u16, u32); 3] = [(800, 100), (900, 1_000), (950, 10_000)];

/// The kinds for which names can be composed. Ships and aircraft keep the scale of the reference list.
const KINDS: [Kind; 2] = [Kind::Person, Kind::Organization];

/// The scales of a blob's four kinds, with at most `sample` ordinary names for each; 0 measures nothing.
///
/// # Errors
/// [`OrdinaryError`] if the compiled-in table is damaged: a defect of this program.
pub fn calibrate(blob: &Blob<'_>, sample: u32) -> Result<[ScaleIn; 4], OrdinaryError> {
    let mut scales: [ScaleIn; 4] = Default::default();
    for (kind, scale) in KINDS.iter().zip(&mut scales) {
        let listed = blob.lexicon(*kind).name_count();
        let sample = sample.min(listed.saturating_mul(PER_NAME));
        if sample > 0 && listed >= SHORT {
            *scale = measure(blob, *kind, &Ordinary::of(*kind)?, sample);
        }
    }
    Ok(scales)
}

/// How many ordinary names of a region have each raw score. Those below the first of [`LEAST`] may be counted as lower than they are.
type Counts = Vec<[u32; 1_001]>;

fn measure(blob: &Blob<'_>, kind: Kind, ordinary: &Ordinary, sample: u32) -> ScaleIn {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get) as u32;
    let regions = ordinary.regions().count();
    let counts = thread::scope(|scope| {
        let parts: Vec<_> = (0..cores)
            .map(|core| {
                // Every so-manieth name, so that the cores finish together.
                let numbers = (core..sample).step_by(cores as usize);
                scope.spawn(move || count(blob, kind, ordinary, numbers, regions))
            })
            .collect();
        let mut all: Counts = vec![[0; 1_001]; regions];
        for part in parts {
            let part = part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            for (sum, more) in all.iter_mut().flatten().zip(part.into_iter().flatten()) {
                *sum += more;
            }
        }
        all
    });
    scale_of(&counts, ordinary.regions())
}

fn count(blob: &Blob<'_>, kind: Kind, ordinary: &Ordinary, numbers: impl Iterator<Item = u32>, regions: usize) -> Counts {
    let params = Params::of(kind);
    // No knot lies below the least raw scores, so what cannot reach the first of them need not be compared to the end.
    let [(least, _), ..] = LEAST;
    let mut search = Remembering::new(Sought { lexicon: blob.lexicon(kind), words: blob.words(), kind, least });
    let mut name = String::new();
    let mut counts: Counts = vec![[0; 1_001]; regions];
    for number in numbers {
        let region = ordinary.compose(number, &mut name);
        let mut best = 0;
        search.search(&name, |_, aligned| best = best.max(names::raw_score(aligned, params)));
        // Whoever bears a listed name is found with good reason, and left out.
        if let Some(count) = counts.get_mut(region).and_then(|c| c.get_mut(usize::from(best))).filter(|_| best < 1_000) {
            *count += 1;
        }
    }
    counts
}

/// The scale of a sample: for each target the highest raw score that its share of the names reaches, and no less than
/// [`LEAST`]. Where too few lie above a knot, it stands as far beyond the one before as on the reference list.
fn scale_of(counts: &Counts, names: impl Iterator<Item = &'static str>) -> ScaleIn {
    let above = |region: &[u32; 1_001], raw: u16| region.iter().skip(usize::from(raw)).sum::<u32>();
    let all_above = |raw: u16| counts.iter().map(|region| above(region, raw)).sum::<u32>();
    let sample = all_above(0);
    let mut knots: Vec<Knot> = Vec::new();
    let mut before = (0, 0);
    for ((score, one_in), (least, _)) in TARGETS.into_iter().zip(LEAST) {
        let wanted = sample.div_ceil(one_in);
        let measured = if wanted >= LEAST_ABOVE { (1..1_000).rev().find(|raw| all_above(*raw) >= wanted) } else { None };
        let beyond = || {
            let (raw, reference) = before;
            raw + u16::try_from(u32::from(1_000 - raw) * u32::from(least - reference) / u32::from(1_000 - reference)).unwrap_or(0)
        };
        let raw = measured.unwrap_or_else(beyond).max(least).max(before.0 + 1);
        if raw >= 1_000 {
            break;
        }
        // A knot that the least raw score moved up is measured there.
        let reached = all_above(raw);
        knots.push(Knot { raw, score, above: if reached >= LEAST_ABOVE { reached } else { 0 } });
        before = (raw, least);
    }
    let from = |score: u16| knots.iter().find(|k| k.score == score).map_or(1_000, |k| k.raw);
    let regions = names.zip(counts).map(|(name, region)| Region {
        name,
        sample: above(region, 0),
        at_80: above(region, from(800)),
        at_90: above(region, from(900)),
    });
    ScaleIn { sample, regions: regions.collect(), knots }
}

/// How a scale came about, as reports print it.
#[derive(Debug, Clone, Serialize)]
pub struct CalibrationReport {
    /// The kind of party.
    pub kind: &'static str,
    /// Ordinary names in the sample; 0 = the scale of the reference list.
    pub sample: u32,
    /// The points.
    pub knots: Vec<KnotReport>,
    /// What the names of each region make of it.
    pub regions: Vec<RegionReport>,
}

/// A point of a scale.
#[derive(Debug, Clone, Serialize)]
pub struct KnotReport {
    /// Score, 0-100.
    pub score: f64,
    /// Raw score, 0-1000.
    pub raw: u16,
    /// Ordinary names that reach it; `null` if fewer than twenty do, so that it is not measured.
    pub reached_by: Option<u32>,
    /// Their share in percent, and its 95 % interval (Wilson 1927).
    pub percent: Option<[f64; 3]>,
}

/// A region of a sample.
#[derive(Debug, Clone, Serialize)]
pub struct RegionReport {
    /// Its word.
    pub name: String,
    /// Its ordinary names.
    pub sample: u32,
    /// Share that scores 80 or more, percent.
    pub percent_at_80: f64,
    /// Share that scores 90 or more, percent.
    pub percent_at_90: f64,
}

/// The scales of a blob, in words and numbers.
pub fn report(blob: &Blob<'_>) -> Vec<CalibrationReport> {
    let kinds = [Kind::Person, Kind::Organization, Kind::Vessel, Kind::Aircraft];
    let of = |kind: &Kind| {
        let calibration = blob.calibration(*kind)?;
        let sample = calibration.sample;
        let percent = |count: u32| if sample == 0 { 0.0 } else { round(f64::from(count) / f64::from(sample) * 100.0) };
        let knots = calibration.scale().knots().map(|knot| {
            let reached_by = Some(knot.above).filter(|above| *above > 0);
            let interval = |above: u32| {
                let (low, high) = wilson(above, sample);
                [percent(above), round(low * 100.0), round(high * 100.0)]
            };
            KnotReport { score: f64::from(knot.score) / 10.0, raw: knot.raw, reached_by, percent: reached_by.map(interval) }
        });
        let regions = calibration.regions().map(|region| {
            let share = |count: u32| round(f64::from(count) / f64::from(region.sample.max(1)) * 100.0);
            RegionReport {
                name: region.name.to_owned(),
                sample: region.sample,
                percent_at_80: share(region.at_80),
                percent_at_90: share(region.at_90),
            }
        });
        Some(CalibrationReport { kind: kind.as_str(), sample, knots: knots.collect(), regions: regions.collect() })
    };
    kinds.iter().filter_map(of).collect()
}

/// Four places: a ten-thousandth of a percent is one name in a million.
fn round(percent: f64) -> f64 {
    (percent * 10_000.0).round() / 10_000.0
}

/// The 95 % interval of a share: E. B. Wilson, "Probable inference", 1927.
fn wilson(count: u32, of: u32) -> (f64, f64) {
    const Z: f64 = 1.959_964;
    let (p, n) = (f64::from(count) / f64::from(of), f64::from(of));
    let middle = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let below = 1.0 + Z * Z / n;
    ((middle - half) / below, (middle + half) / below)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `above` names reach each raw score, one less with each step of `step`.
    fn falling(sample: u32, at: &[(u16, u32)]) -> Counts {
        let mut region = [0; 1_001];
        let mut left = sample;
        for (raw, above) in at.iter().rev() {
            let higher: u32 = region.iter().skip(usize::from(*raw)).sum();
            region[usize::from(*raw)] += above - higher;
        }
        left -= region.iter().sum::<u32>();
        region[0] += left;
        vec![region]
    }

    #[test]
    fn knots_stand_where_their_share_of_names_is_reached() {
        let counts = falling(200_000, &[(690, 2_100), (700, 2_000), (800, 200), (900, 20), (950, 3)]);
        let scale = scale_of(&counts, ["x"].into_iter());
        let knots: Vec<_> = scale.knots.iter().map(|k| (k.raw, k.score, k.above)).collect();
        assert_eq!(knots, [(700, 800, 2_000), (800, 900, 200), (900, 950, 20)]);
        assert_eq!((scale.sample, scale.regions[0].at_80, scale.regions[0].at_90), (200_000, 2_000, 200));
    }

    #[test]
    fn nothing_scores_below_the_least_and_too_few_names_measure_nothing() {
        // Ordinary names hardly reach anything here, and 10,000 of them say nothing of 0.1 %.
        let counts = falling(10_000, &[(100, 100), (300, 19)]);
        let scale = scale_of(&counts, ["x"].into_iter());
        let knots: Vec<_> = scale.knots.iter().map(|k| (k.raw, k.score, k.above)).collect();
        assert_eq!(knots, LEAST.map(|(raw, score)| (raw, score, 0)));
        // Where 80 lies high, the others lie beyond it as on the reference list.
        let counts = falling(10_000, &[(740, 100)]);
        let raws: Vec<_> = scale_of(&counts, ["x"].into_iter()).knots.iter().map(|k| k.raw).collect();
        assert_eq!(raws, [740, 772, 807]);
        // And never at the top, which equal names alone have.
        let counts = falling(10_000, &[(999, 100)]);
        assert_eq!(scale_of(&counts, ["x"].into_iter()).knots.len(), 1);
    }

    #[test]
    fn intervals_are_those_of_the_paper() {
        let (low, high) = wilson(20, 200_000);
        assert!((low - 0.000_064_7).abs() < 1e-6 && (high - 0.000_154_5).abs() < 1e-6, "{low} {high}");
    }
}
