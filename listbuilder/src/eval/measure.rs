//! Counts: recall at a fixed false-positive rate, precision, F1, top-1, times.
//!
//! All at the level of questions, `t` a threshold on 0-100. *hit* is the best score of a party that had to be found, *any*
//! the best of all. Recall is the share of positives with hit ≥ t, the false-positive rate (FPR) the share of negatives with any ≥ t.
//!
//! "At 1 % FPR" is given twice. *Strict*: at the lowest threshold at which no more negatives alert; a screener whose scores pile up
//! falls to the next step. *Interpolated*: between the two thresholds that enclose the rate, as if ties were broken by
//! chance. The first is for choosing a threshold, the second for comparing screeners.

use super::{HARD, Question, Run};
use serde::Serialize;
use std::collections::BTreeMap;

/// A share of cases, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// How many of them.
    pub count: usize,
    /// Of how many.
    pub of: usize,
    /// 0-1.
    pub share: f64,
    /// The 95 % interval, see [`wilson`].
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Share {
    fn new(count: usize, of: usize) -> Self {
        let share = if of == 0 { 0.0 } else { count as f64 / of as f64 };
        let (low, high) = wilson(share, of);
        Self { count, of, share, low, high }
    }
}

/// The 95 % interval of a share that was observed in `of` cases, by Wilson's method (1927), which holds near 0 and 1 too.
pub fn wilson(share: f64, of: usize) -> (f64, f64) {
    if of == 0 {
        return (0.0, 1.0);
    }
    const Z: f64 = 1.959_963_984_540_054;
    let n = of as f64;
    let middle = share + Z * Z / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let below = 1.0 + Z * Z / n;
    (((middle - half) / below).max(0.0), ((middle + half) / below).min(1.0))
}

/// Recall at exactly a false-positive rate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Interpolated {
    /// The threshold at which fewer negatives alert, and the next lower one, at which more do.
    pub between: (f64, Option<f64>),
    /// Recall of each group of positives: `all`, `person`, `real`, ...
    pub recall: BTreeMap<&'static str, f64>,
    /// Recall of each category.
    pub by_category: BTreeMap<String, f64>,
    /// Mean over the counted categories but `exact`: every kind of variation weighs the same.
    pub macro_mean: Option<f64>,
}

/// Everything at one threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Block {
    /// The threshold, 0-100; above 100 if no score is low enough in alerts.
    pub threshold: f64,
    /// Negatives that alert.
    pub fpr: Share,
    /// Those made of listed parties' words.
    pub fpr_hard: Share,
    /// By category, those left out of totals too.
    pub fpr_by_category: BTreeMap<String, Share>,
    /// By whose names they are.
    pub fpr_by_region: BTreeMap<String, Share>,
    /// Recall of each group of positives.
    pub recall: BTreeMap<&'static str, Share>,
    /// Recall of each category.
    pub by_category: BTreeMap<String, Share>,
    /// Mean over the counted categories but `exact`.
    pub macro_mean: Option<f64>,
    /// Positives found, of all questions that alert.
    pub precision: Option<f64>,
    /// The harmonic mean of precision and recall.
    pub f1: f64,
    /// Of all parties returned for positives, the share that had to be.
    pub entry_precision: Option<f64>,
}

/// A point of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Threshold.
    pub threshold: f64,
    /// Recall of all positives.
    pub recall: f64,
    /// False-positive rate.
    pub fpr: f64,
    /// F1.
    pub f1: f64,
}

/// Nanoseconds per question.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Times {
    /// How many questions were timed.
    pub count: usize,
    /// Mean.
    pub mean: f64,
    /// Median.
    pub p50: u64,
    /// 90th percentile.
    pub p90: u64,
    /// 99th percentile.
    pub p99: u64,
    /// 99.9th percentile.
    pub p999: u64,
    /// The longest.
    pub max: u64,
}

/// What a run is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// Questions asked.
    pub questions: usize,
    /// Of them, those counted that must be found.
    pub positives: usize,
    /// Those counted that must not.
    pub negatives: usize,
    /// Questions that the run does not answer; they count as "nothing found".
    pub missing: usize,
    /// Positives whose best party had to be found, ties included.
    pub top1: Share,
    /// The same, ties not.
    pub top1_strict: Share,
    /// At 1 % FPR, interpolated.
    pub roc_1: Interpolated,
    /// At 0.1 % FPR, interpolated.
    pub roc_01: Interpolated,
    /// At the strict threshold for 1 %.
    pub at_1: Block,
    /// At the strict threshold for 0.1 %.
    pub at_01: Block,
    /// Where F1 is best.
    pub best_f1: Block,
    /// At 80, 90 and 95: the scale promises 1 %, 0.1 % and 0.01 % of ordinary names.
    pub scale: Vec<Block>,
    /// From 50 to 100.
    pub curve: Vec<CurvePoint>,
    /// Times, if the run has them.
    pub times: Option<Times>,
}

struct Row<'a> {
    question: &'a Question,
    hit: f64,
    any: f64,
    wrong: f64,
    pairs: Vec<(f64, bool)>,
}

impl Row<'_> {
    fn found(&self, t: f64) -> bool {
        self.hit >= t && self.hit > 0.0
    }

    fn alerts(&self, t: f64) -> bool {
        self.any >= t && self.any > 0.0
    }

    fn positive(&self) -> bool {
        !self.question.truth.is_empty()
    }
}

/// Counts a run against its questions.
pub fn measure(questions: &[Question], run: &Run) -> Measured {
    let (mut missing, mut times) = (0, Vec::new());
    let rows: Vec<Row<'_>> = questions
        .iter()
        .map(|question| {
            let mut row = Row { question, hit: 0.0, any: 0.0, wrong: 0.0, pairs: Vec::new() };
            let Some(answer) = run.get(&question.id) else {
                missing += 1;
                return row;
            };
            times.extend(answer.nanoseconds);
            for (id, score) in &answer.matches {
                let right = question.truth.contains(id);
                row.any = row.any.max(*score);
                let side = if right { &mut row.hit } else { &mut row.wrong };
                *side = side.max(*score);
                row.pairs.push((*score, right));
            }
            row
        })
        .collect();
    let scored = Scored::new(&rows);
    let at_1 = scored.threshold(0.01);
    let at_01 = scored.threshold(0.001);
    let grid: Vec<f64> = match scored.cuts.len() {
        n if n <= 400 => scored.cuts.clone(),
        n => (0..400).map(|i| scored.cuts[i * n / 400]).collect(),
    };
    let mut best = (100.0, 0.0);
    for (n, t) in grid.iter().enumerate() {
        let f1 = scored.f1(*t);
        if n == 0 || f1 > best.1 {
            best = (*t, f1);
        }
    }
    let top = |ok: &dyn Fn(&Row<'_>) -> bool| {
        Share::new(scored.positives.iter().filter(|r| r.hit > 0.0 && ok(r)).count(), scored.positives.len())
    };
    Measured {
        questions: rows.len(),
        positives: scored.positives.len(),
        negatives: scored.negatives.len(),
        missing,
        top1: top(&|r| r.hit >= r.any),
        top1_strict: top(&|r| r.hit > r.wrong),
        roc_1: scored.interpolated(0.01),
        roc_01: scored.interpolated(0.001),
        at_1: scored.block(at_1),
        at_01: scored.block(at_01),
        best_f1: scored.block(best.0),
        scale: [80.0, 90.0, 95.0].map(|t| scored.block(t)).to_vec(),
        curve: (50..=100).step_by(2).map(|t| scored.point(f64::from(t))).collect(),
        times: times_of(times),
    }
}

struct Scored<'a> {
    rows: &'a [Row<'a>],
    positives: Vec<&'a Row<'a>>,
    negatives: Vec<&'a Row<'a>>,
    groups: BTreeMap<&'static str, Vec<&'a Row<'a>>>,
    categories: BTreeMap<&'a str, Vec<&'a Row<'a>>>,
    /// Every score that occurs, rounded to four decimals, ascending.
    cuts: Vec<f64>,
}

impl<'a> Scored<'a> {
    fn new(rows: &'a [Row<'a>]) -> Self {
        let (positives, negatives): (Vec<_>, Vec<_>) = rows.iter().filter(|r| r.question.counts()).partition(|r| r.positive());
        let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in &positives {
            let script = row.question.category.starts_with("script_");
            let real = row.question.origin != "synthetic";
            let kind = match row.question.kind.as_str() {
                "person" => "person",
                "organization" => "organization",
                _ => "other",
            };
            let of = [
                ("all", true),
                (kind, true),
                ("real", real),
                ("synthetic", !real),
                ("real_latin", real && !script),
                ("native_script", script),
            ];
            for (group, _) in of.into_iter().filter(|(_, yes)| *yes) {
                groups.entry(group).or_default().push(*row);
            }
        }
        let mut categories: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in rows.iter().filter(|r| r.positive()) {
            categories.entry(row.question.category.as_str()).or_default().push(row);
        }
        let mut cuts: Vec<f64> = rows.iter().flat_map(|r| [r.hit, r.any]).filter(|s| *s > 0.0).map(|s| (s * 1e4).round() / 1e4).collect();
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        Self { rows, positives, negatives, groups, categories, cuts }
    }

    /// The lowest threshold at which at most this share of negatives alerts.
    fn threshold(&self, target: f64) -> f64 {
        let mut scores: Vec<f64> = self.negatives.iter().map(|r| r.any).collect();
        scores.sort_by(|a, b| b.total_cmp(a));
        let may = (target * scores.len() as f64) as usize;
        // The best negative that may not alert any more.
        let bound = scores.get(may).copied().unwrap_or(0.0);
        let at = self.cuts.partition_point(|cut| *cut <= bound);
        self.cuts.get(at).copied().unwrap_or(100.0001)
    }

    fn interpolated(&self, target: f64) -> Interpolated {
        let upper = self.threshold(target);
        let at = self.cuts.partition_point(|cut| *cut < upper);
        let lower = at.checked_sub(1).map(|at| self.cuts[at]);
        let rate = |t: f64| alerts(&self.negatives, t).share;
        let few = rate(upper);
        let many = lower.map_or(few, rate);
        let weight = if many <= few { 0.0 } else { ((target - few) / (many - few)).clamp(0.0, 1.0) };
        let mix = |rows: &[&Row<'_>]| {
            let high = found(rows, upper).share;
            high + weight * (lower.map_or(0.0, |t| found(rows, t).share) - high)
        };
        let by_category: BTreeMap<String, f64> = self.categories.iter().map(|(name, rows)| ((*name).to_owned(), mix(rows))).collect();
        Interpolated {
            between: (upper, lower),
            recall: self.groups.iter().map(|(name, rows)| (*name, mix(rows))).collect(),
            macro_mean: self.mean(|category| by_category[category]),
            by_category,
        }
    }

    fn block(&self, t: f64) -> Block {
        let by = |key: &dyn Fn(&'a Question) -> Option<&'a str>| {
            let mut out: BTreeMap<String, Vec<&Row<'_>>> = BTreeMap::new();
            for row in self.rows.iter().filter(|r| !r.positive()) {
                if let Some(key) = key(row.question) {
                    out.entry(key.to_owned()).or_default().push(row);
                }
            }
            out.into_iter().map(|(name, rows)| (name, alerts(&rows, t))).collect()
        };
        let hard: Vec<&Row<'_>> = self.negatives.iter().copied().filter(|r| HARD.contains(&r.question.category.as_str())).collect();
        let by_category: BTreeMap<String, Share> =
            self.categories.iter().map(|(name, rows)| ((*name).to_owned(), found(rows, t))).collect();
        let (right, wrong) = (self.right(t), self.wrong(t));
        let pairs: Vec<bool> =
            self.positives.iter().flat_map(|r| &r.pairs).filter(|(score, _)| *score >= t).map(|(_, right)| *right).collect();
        let share = |yes: usize, of: usize| (of > 0).then(|| yes as f64 / of as f64);
        Block {
            threshold: t,
            fpr: alerts(&self.negatives, t),
            fpr_hard: alerts(&hard, t),
            fpr_by_category: by(&|q| Some(q.category.as_str())),
            fpr_by_region: by(&|q| (q.counts() && !q.region.is_empty()).then_some(q.region.as_str())),
            recall: self.groups.iter().map(|(name, rows)| (*name, found(rows, t))).collect(),
            macro_mean: self.mean(|category| by_category[category].share),
            by_category,
            precision: share(right, right + wrong),
            f1: self.f1(t),
            entry_precision: share(pairs.iter().filter(|right| **right).count(), pairs.len()),
        }
    }

    /// Positives that are found.
    fn right(&self, t: f64) -> usize {
        self.positives.iter().filter(|r| r.found(t)).count()
    }

    /// Alerts on negatives, and on positives for others than had to be found.
    fn wrong(&self, t: f64) -> usize {
        self.negatives.iter().filter(|r| r.alerts(t)).count() + self.positives.iter().filter(|r| r.alerts(t) && !r.found(t)).count()
    }

    fn f1(&self, t: f64) -> f64 {
        let right = self.right(t);
        let missed = self.positives.len() - right;
        if right == 0 { 0.0 } else { 2.0 * right as f64 / (2 * right + self.wrong(t) + missed) as f64 }
    }

    fn point(&self, t: f64) -> CurvePoint {
        CurvePoint { threshold: t, recall: found(&self.positives, t).share, fpr: alerts(&self.negatives, t).share, f1: self.f1(t) }
    }

    fn mean(&self, of: impl Fn(&str) -> f64) -> Option<f64> {
        let counted: Vec<f64> =
            self.categories.keys().filter(|c| **c != "exact" && !super::NOT_COUNTED.contains(c)).map(|category| of(category)).collect();
        (!counted.is_empty()).then(|| counted.iter().sum::<f64>() / counted.len() as f64)
    }
}

fn found(rows: &[&Row<'_>], t: f64) -> Share {
    Share::new(rows.iter().filter(|r| r.found(t)).count(), rows.len())
}

fn alerts(rows: &[&Row<'_>], t: f64) -> Share {
    Share::new(rows.iter().filter(|r| r.alerts(t)).count(), rows.len())
}

fn times_of(mut times: Vec<u64>) -> Option<Times> {
    times.sort_unstable();
    let (count, max) = (times.len(), *times.last()?);
    let quantile = |q: f64| times[((q * count as f64) as usize).min(count - 1)];
    let mean = times.iter().map(|t| *t as f64).sum::<f64>() / count as f64;
    Some(Times { count, mean, p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99), p999: quantile(0.999), max })
}
