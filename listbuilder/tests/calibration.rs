//! Calibration on a list that is small enough to be measured in a test.

use weighbridge::calibrate::{Ordinary, calibrate, report};
use weighbridge_blob::Blob;
use weighbridge_blob::lexicon::LEAST;
use weighbridge_blob::model::{Entry, Name, NameRole};
use weighbridge_blob::words::{Kind, List};
use weighbridge_blob::write::{BlobInput, with_scales, write};
use weighbridge_engine::names::Workspace;
use weighbridge_engine::screen::{Options, Query, search};

/// A blob of so many persons, called like ordinary people that no sample of these sizes reaches.
fn blob_of(persons: u32) -> Vec<u8> {
    let policy = weighbridge_policy::compile(weighbridge_policy::DEFAULT, &weighbridge_policy::CompileOptions::default()).unwrap();
    let ordinary = Ordinary::of(Kind::Person).unwrap();
    let mut name = String::new();
    let entries = (0..persons).map(|n| {
        ordinary.compose(50_000_000 + n, &mut name);
        let mut entry = Entry::new(format!("test:{n}"), Some(List::Sdn), Kind::Person);
        entry.names.push(Name { text: name.clone(), role: NameRole::Primary });
        entry
    });
    write(&BlobInput { entries: entries.collect(), policy: policy.bytes, ..BlobInput::default() }).unwrap()
}

#[test]
fn a_score_means_the_share_of_ordinary_names_that_reach_it() {
    let bytes = blob_of(600);
    let blob = Blob::open(&bytes).unwrap();
    let scales = calibrate(&blob, 4_000).unwrap();
    assert_eq!(scales, calibrate(&blob, 4_000).unwrap(), "the same on every run");
    let measured = with_scales(&blob, &scales);
    let measured = Blob::open(&measured).unwrap();
    let person = measured.calibration(Kind::Person).unwrap();
    assert!((3_900..=4_000).contains(&person.sample), "{}", person.sample);
    let knots: Vec<_> = person.scale().knots().collect();
    assert_eq!(knots.iter().map(|k| k.score).collect::<Vec<_>>(), [800, 900, 950]);
    assert!(knots.iter().zip(LEAST).all(|(k, (least, _))| k.raw >= least), "{knots:?}");
    // 1 % of them reach 80, unless the least raw score lies higher; for 90 and 95 there are too few.
    assert!(knots[0].above >= 20 || knots[0].raw == LEAST[0].0, "{knots:?}");
    assert!(f64::from(knots[0].above) <= f64::from(person.sample) * 0.013, "{knots:?}");
    assert_eq!((knots[1].above, knots[2].above), (0, 0));

    // The gate's own search agrees on names that the sample does not hold.
    let ordinary = Ordinary::of(Kind::Person).unwrap();
    let (mut workspace, mut name, mut reached) = (Workspace::default(), String::new(), 0);
    for number in 0..3_000 {
        ordinary.compose(1_000_000 + number, &mut name);
        let query = Query { kind: Some(Kind::Person), names: vec![&name], ..Query::default() };
        let found = search(&measured, &query, "2026-11-25".parse().unwrap(), &Options { min_score: 800 }, &mut workspace);
        reached += u32::from(found.matches.iter().any(|m| m.score < 1_000));
    }
    assert!(reached <= 60, "{reached} of 3,000 score 80 or more; 30 should");

    let regions: Vec<_> = person.regions().collect();
    assert_eq!(regions.iter().map(|r| r.sample).sum::<u32>(), person.sample);
    for wanted in ["arabic", "chinese", "korean", "persian", "slavic", "south-asian", "turkic"] {
        assert!(regions.iter().any(|r| r.name == wanted && r.sample > 200), "{wanted}: {regions:?}");
    }
    let reports = report(&measured);
    assert_eq!(
        reports.iter().map(|r| (r.kind, r.sample > 0)).collect::<Vec<_>>(),
        [("person", true), ("organization", false), ("vessel", false), ("aircraft", false)]
    );
    if let Some([percent, low, high]) = reports[0].knots[0].percent {
        assert!(low < percent && percent < high && high < 2.0, "{low} {percent} {high}");
    }
}

#[test]
fn short_lists_and_a_sample_of_none_keep_the_reference_scale() {
    let short = blob_of(499);
    let long = blob_of(500);
    for (bytes, sample) in [(&short, 4_000), (&long, 0)] {
        let blob = Blob::open(bytes).unwrap();
        assert!(calibrate(&blob, sample).unwrap().iter().all(|scale| scale.sample == 0 && scale.knots.is_empty()));
        let knots: Vec<_> = blob.scale(Kind::Person).knots().map(|k| (k.raw, k.score)).collect();
        assert_eq!(knots, LEAST);
    }
}
