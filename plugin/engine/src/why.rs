//! Why a listed name fits: the tokens of both names side by side, with reasons and weights, for people.
//!
//! There is no second comparison here: the search is run again, and what it found of this one name is written down.

use serde::Serialize;
use weighbridge_blob::Blob;
use weighbridge_blob::words::Kind;

use crate::names::{self, Aligned, How, MAX_LISTED, Params, Sought, Workspace};

/// Two names, compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NameWhy {
    /// The name as it was asked.
    pub asked: String,
    /// Its normal form.
    pub asked_form: String,
    /// The normal form of the listed name.
    pub listed_form: String,
    /// Tokens that stand for each other, in the order of the query.
    pub pairs: Vec<PairWhy>,
    /// Tokens of the query without a partner.
    pub asked_left: Vec<LeftWhy>,
    /// Tokens of the listed name without a partner.
    pub listed_left: Vec<LeftWhy>,
    /// The pairs stand in the same order on both sides.
    pub in_order: bool,
    /// The normal forms are equal.
    pub equal: bool,
    /// Folds that fired on the way to the query's normal form: look-alike letters, invisible characters, other scripts.
    pub folds: Vec<&'static str>,
    /// How alike the names are, 0-1,000, before calibration.
    pub raw: u16,
    /// On the calibrated scale, 0-100.
    pub score: f64,
    /// From which score the policy counts a name as possible, 0-100.
    pub possible_from: f64,
    /// Points of the scale on this list: raw score, score. 80 = 1 % of ordinary names reach it.
    pub scale: Vec<(u16, f64)>,
}

/// Tokens that stand for each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairWhy {
    /// Of the query; several if they are one on the list.
    pub asked: String,
    /// Of the listed name.
    pub listed: String,
    /// In what way they are alike: `exact`, `skeleton`, `edit`.
    pub how: &'static str,
    /// How far apart they are, in edits between sounds: a vowel for a vowel is less than one.
    pub edits: f64,
    /// How alike they are, thousandths.
    pub similarity: u16,
    /// What the pair is worth, sixteenths of a bit: the rarer, the more.
    pub weight: u16,
}

/// A token without a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftWhy {
    /// Its text.
    pub token: String,
    /// What it is worth, sixteenths of a bit.
    pub weight: u16,
}

/// Compares a name with the listed one of this number in the lexicon of `kind`. `None` if the search does not find it.
pub fn why(blob: &Blob<'_>, kind: Kind, number: u32, name: &str, workspace: &mut Workspace) -> Option<NameWhy> {
    let (lexicon, params) = (blob.lexicon(kind), Params::of(kind));
    let mut found: Option<Aligned> = None;
    names::search(&Sought { lexicon, words: blob.words(), kind, least: 0 }, name, workspace, |other, aligned| {
        if other == number {
            found = Some(aligned.clone());
        }
    });
    let aligned = found?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let asked: Vec<String> = workspace.ask.tokens.iter().map(|t| text(t.text.as_bytes())).collect();
    let listed: Vec<String> = lexicon.name(number)?.tokens().map(|t| text(lexicon.text(t))).collect();
    let masked = |tokens: &[String], mask: u32| {
        let chosen = tokens.iter().take(MAX_LISTED).enumerate().filter(|(n, _)| mask >> n & 1 == 1).map(|(_, t)| t.as_str());
        chosen.collect::<Vec<_>>().join(" ")
    };
    let left = |tokens: &[String], at: u8, weight: u16| LeftWhy { token: tokens.get(usize::from(at)).cloned().unwrap_or_default(), weight };
    let scale = blob.scale(kind);
    let pairs = aligned.pairs().iter().map(|pair| PairWhy {
        asked: masked(&asked, pair.asked),
        listed: masked(&listed, pair.listed),
        how: pair.like.how.as_str(),
        // A lone letter has no edits: there the number only tells on which side it stands, and of an acronym how long it is.
        edits: if matches!(pair.like.how, How::Initial | How::Acronym) { 0.0 } else { f64::from(pair.like.edits) / 16.0 },
        similarity: pair.sim,
        weight: pair.weight,
    });
    let tenths = |score: u16| f64::from(score) / 10.0;
    Some(NameWhy {
        asked: name.to_owned(),
        asked_form: asked.join(" "),
        listed_form: listed.join(" "),
        pairs: pairs.collect(),
        asked_left: aligned.asked_left().iter().map(|l| left(&asked, l.at, l.weight)).collect(),
        listed_left: aligned.listed_left().iter().map(|l| left(&listed, l.at, l.weight)).collect(),
        in_order: aligned.in_order,
        equal: aligned.equal,
        folds: workspace.form.folds().words().collect(),
        raw: names::raw_score(&aligned, params),
        score: tenths(names::score(&aligned, params, &scale)),
        possible_from: tenths(blob.policy().possible_from()),
        scale: scale.knots().map(|k| (k.raw, tenths(k.score))).collect(),
    })
}

/// Of several names that were asked, the one that fits the listed name best.
pub fn best<'n>(blob: &Blob<'_>, kind: Kind, number: u32, asked: impl Iterator<Item = &'n str>) -> Option<NameWhy> {
    let mut workspace = Workspace::default();
    asked.filter_map(|name| why(blob, kind, number, name, &mut workspace)).max_by_key(|why| why.raw)
}
