//! The measurement as text: systems side by side, the first one in detail.

use super::{Block, Measured, NOT_COUNTED, Share, wilson};
use std::fmt::Write;

/// Groups of positives, in the order in which they are shown.
const GROUPS: [&str; 7] = ["all", "person", "organization", "real", "real_latin", "native_script", "synthetic"];

/// Tables of one or more measured systems, the first in more detail; the others also as ratios to it.
pub fn report(systems: &[(String, Measured)]) -> String {
    let Some((name, first)) = systems.first() else { return String::new() };
    let mut out = format!(
        "{} questions: {} that must be found, {} ordinary names; the rest is shown (*) and not counted\n",
        first.questions, first.positives, first.negatives
    );
    for (name, measured) in systems.iter().filter(|(_, m)| m.missing > 0) {
        let _ = writeln!(out, "{name}: {} questions without an answer count as nothing found", measured.missing);
    }
    recall(&mut out, systems);
    thresholds(&mut out, systems);
    if systems.len() > 1 {
        ratios(&mut out, systems);
    }
    let _ = writeln!(out, "\nfalse alerts of {name} per group, % (of how many names; 95 % interval)");
    let at = [("at 1 %", &first.at_1), ("at 0.1 %", &first.at_01)];
    per_group(&mut out, &at, |block| &block.fpr_by_category);
    per_group(&mut out, &at, |block| &block.fpr_by_region);
    let _ = writeln!(out, "\nscale of {name}: negatives that reach it");
    for block in &first.scale {
        let _ = writeln!(out, "{:>6}  {}", block.threshold, rate(&block.fpr));
    }
    let _ = writeln!(out, "\ncurve of {name}\n{:>10}{:>10}{:>10}{:>10}", "threshold", "recall %", "FPR %", "F1 %");
    for point in &first.curve {
        let _ = writeln!(out, "{:>10}{:>10}{:>10}{:>10}", point.threshold, percent(point.recall), precise(point.fpr), percent(point.f1));
    }
    out
}

fn recall(out: &mut String, systems: &[(String, Measured)]) {
    let (name, first) = &systems[0];
    for (title, pick) in [
        ("recall % at 1 % FPR, interpolated", (|m: &Measured| &m.roc_1) as fn(&Measured) -> &super::Interpolated),
        ("recall % at 0.1 % FPR, interpolated", |m| &m.roc_01),
    ] {
        let _ = write!(out, "\n{title}\n{:26}{:>7}{:>10}", "", "names", short(name));
        let _ = write!(out, "{:>15}", "95 %");
        systems[1..].iter().for_each(|(name, _)| out.push_str(&format!("{:>13}", short(name))));
        out.push('\n');
        let mut line = |label: &str, of: Option<usize>, value: &dyn Fn(&Measured) -> Option<f64>| {
            let Some(own) = value(first) else { return };
            let _ = write!(out, "{label:26}{:>7}{:>10}", of.map_or_else(String::new, |n| n.to_string()), percent(own));
            let interval = of.map_or_else(String::new, |n| {
                let (low, high) = wilson(own, n);
                format!("{}-{}", percent(low), percent(high))
            });
            let _ = write!(out, "{interval:>15}");
            systems[1..].iter().for_each(|(_, m)| out.push_str(&format!("{:>13}", value(m).map_or_else(|| "-".to_owned(), percent))));
            out.push('\n');
        };
        for group in GROUPS {
            line(group, first.at_1.recall.get(group).map(|s| s.of), &|m| pick(m).recall.get(group).copied());
        }
        line("mean of categories", None, &|m| pick(m).macro_mean);
        for (category, share) in &first.at_1.by_category {
            let star = if NOT_COUNTED.contains(&category.as_str()) { " *" } else { "" };
            line(&format!("  {category}{star}"), Some(share.of), &|m| pick(m).by_category.get(category).copied());
        }
    }
}

fn thresholds(out: &mut String, systems: &[(String, Measured)]) {
    for (title, pick) in [
        ("at the lowest threshold with at most 1 % false alerts", (|m: &Measured| &m.at_1) as fn(&Measured) -> &Block),
        ("at the lowest threshold with at most 0.1 % false alerts", |m| &m.at_01),
        ("at the threshold with the best F1", |m| &m.best_f1),
    ] {
        let _ = write!(out, "\n{title}\n{:26}", "");
        systems.iter().for_each(|(name, _)| out.push_str(&format!("{:>13}", short(name))));
        out.push('\n');
        let mut line = |label: &str, value: &dyn Fn(&Block) -> Option<String>| {
            let _ = write!(out, "{label:26}");
            systems.iter().for_each(|(_, m)| out.push_str(&format!("{:>13}", value(pick(m)).unwrap_or_else(|| "-".to_owned()))));
            out.push('\n');
        };
        line("threshold", &|b| Some(format!("{:.2}", b.threshold)));
        line("false alerts %", &|b| Some(precise(b.fpr.share)));
        line("  on hard names %", &|b| Some(precise(b.fpr_hard.share)));
        line("recall %", &|b| b.recall.get("all").map(|s| percent(s.share)));
        line("precision %", &|b| b.precision.map(percent));
        line("F1 %", &|b| Some(percent(b.f1)));
        line("entry precision %", &|b| b.entry_precision.map(percent));
    }
    let _ = write!(out, "\n{:26}", "");
    systems.iter().for_each(|(name, _)| out.push_str(&format!("{:>13}", short(name))));
    out.push('\n');
    let mut line = |label: &str, value: &dyn Fn(&Measured) -> Option<String>| {
        let _ = write!(out, "{label:26}");
        systems.iter().for_each(|(_, m)| out.push_str(&format!("{:>13}", value(m).unwrap_or_else(|| "-".to_owned()))));
        out.push('\n');
    };
    line("top-1 %", &|m| Some(percent(m.top1.share)));
    line("top-1 %, no ties", &|m| Some(percent(m.top1_strict.share)));
    line("time, µs: p50", &|m| m.times.map(|t| micros(t.p50)));
    line("p99", &|m| m.times.map(|t| micros(t.p99)));
    line("max", &|m| m.times.map(|t| micros(t.max)));
    line("questions timed", &|m| m.times.map(|t| t.count.to_string()));
}

fn ratios(out: &mut String, systems: &[(String, Measured)]) {
    let (name, first) = &systems[0];
    let _ = writeln!(out, "\n{name} against each peer: how many times the recall, how many times faster at p50");
    let _ = writeln!(out, "{:26}{:>13}{:>13}{:>13}", "", "1 % FPR", "0.1 % FPR", "time");
    let all = |i: &super::Interpolated| i.recall.get("all").copied().unwrap_or(0.0);
    let times = |own: f64, other: f64| if other > 0.0 { format!("{:.2}", own / other) } else { "-".to_owned() };
    for (peer, m) in &systems[1..] {
        let time = match (first.times, m.times) {
            (Some(own), Some(other)) => times(other.p50 as f64, own.p50 as f64),
            _ => "-".to_owned(),
        };
        let _ = writeln!(
            out,
            "{peer:26}{:>13}{:>13}{time:>13}",
            times(all(&first.roc_1), all(&m.roc_1)),
            times(all(&first.roc_01), all(&m.roc_01))
        );
    }
}

fn per_group(out: &mut String, at: &[(&str, &Block); 2], of: impl Fn(&Block) -> &std::collections::BTreeMap<String, Share>) {
    if of(at[0].1).is_empty() {
        return;
    }
    let _ = writeln!(out, "{:26}{:>36}{:>36}", "", at[0].0, at[1].0);
    for (group, share) in of(at[0].1) {
        let star = if NOT_COUNTED.contains(&group.as_str()) { " *" } else { "" };
        let second = of(at[1].1).get(group).map_or_else(String::new, rate);
        let _ = writeln!(out, "{:26}{:>36}{second:>36}", format!("{group}{star}"), rate(share));
    }
}

/// `0.35 (12 of 3,400; 0.20-0.62)`.
fn rate(share: &Share) -> String {
    format!("{} ({} of {}; {}-{})", precise(share.share), share.count, share.of, precise(share.low), precise(share.high))
}

fn percent(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

fn precise(share: f64) -> String {
    format!("{:.2}", share * 100.0)
}

fn micros(nanoseconds: u64) -> String {
    format!("{:.1}", nanoseconds as f64 / 1e3)
}

fn short(name: &str) -> String {
    name.chars().take(12).collect()
}
