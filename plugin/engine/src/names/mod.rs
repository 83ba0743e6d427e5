//! Names: finds the listed names that a name may be, and says how alike they are and why.
//!
//! 1. [`ask`] takes the name apart and finds, for each token, the listed tokens that it may stand for: equal, equivalent
//!    (`mohamed`, `muhammad`), of the same consonant skeleton, within one or two edits, glued or split.
//! 2. [`find`](candidates) adds up what each listed name shares with it and keeps the best [`CANDIDATES`].
//! 3. [`align`] pairs the tokens of both names one to one, with a second, looser look at what is left over.
//! 4. [`score`] weighs what agrees, what is missing and what contradicts.
//!
//! All of it is integer arithmetic on reused buffers, so every runtime gives the same score, and bounds make the worst case a
//! fraction of a millisecond. Where a bound is hit the answer says so: that counts as review, never as clear.

mod acronym;
mod align;
mod ask;
mod candidates;
mod forms;
mod score;
mod words;

pub use align::{Aligned, Pair};
pub use ask::Asked;
pub(crate) use score::scaled;
pub use score::{Params, least_raw, raw_score, score};

use weighbridge_blob::lexicon::Lexicon;
use weighbridge_blob::name::{NameForm, WordTable};
use weighbridge_blob::words::Kind;

/// Most tokens of a query that are compared.
pub const MAX_ASKED: usize = 24;

/// Most tokens of a listed name that are compared.
pub const MAX_LISTED: usize = 32;

/// Most tokens of a query that look for candidates: the rarest.
pub const MAX_SEEKING: usize = 14;

/// Most listed names that are aligned.
pub const CANDIDATES: usize = 48;

/// Most postings that are visited for a name, among all kinds that it is looked for.
pub const MAX_POSTINGS: usize = 60_000;

/// Most tokens for which the lexicon is scanned for near ones, and most pairs of tokens.
pub const MAX_SCANS: usize = 8;

/// Most words that are looked up to split others.
pub const MAX_PIECES: usize = 2_000;

/// Most words that are compared for a name, among all kinds that it is looked for; see [`Work::compared`].
pub const MAX_COMPARED: u32 = 6_000;

/// How two tokens are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum How {
    /// The same.
    Exact,
    /// Spellings of one name, by the table of equivalents.
    Equivalent,
    /// A nickname of it.
    Nick,
    /// The same consonants.
    Skeleton,
    /// The same consonants, one of them without vowels (Arabic, Hebrew script).
    Consonants,
    /// Within one or two edits.
    Edit,
    /// Two tokens of one side are one of the other.
    Joined,
    /// The first letter of it.
    Initial,
    /// The beginning of it.
    Prefix,
    /// Loosely alike, beside other tokens that agree.
    Loose,
    /// The first letters of others.
    Acronym,
}

impl How {
    /// The word in explanations.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Equivalent => "equivalent",
            Self::Nick => "nickname",
            Self::Skeleton => "skeleton",
            Self::Consonants => "consonants",
            Self::Edit => "edit",
            Self::Joined => "joined",
            Self::Initial => "initial",
            Self::Prefix => "prefix",
            Self::Loose => "loose",
            Self::Acronym => "acronym",
        }
    }
}

/// How two tokens are alike, and how far apart they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Like {
    /// In what way.
    pub how: How,
    /// How far apart they are, in sixteenths of an edit; of an acronym its letters.
    pub edits: u8,
}

/// Buffers that a search uses anew each time. Nothing is allocated once they have grown.
#[derive(Debug, Default)]
pub struct Workspace {
    /// The query in normal form.
    pub form: NameForm,
    pub(crate) ask: ask::Ask,
    pub(crate) found: candidates::Found,
    table: align::Table,
    /// What was done for the name so far, among other kinds.
    spent: Work,
}

impl Workspace {
    /// Reads a name as those of one kind are read. What was read before is gone.
    pub fn read(&mut self, kind: Kind, name: &str, words: &WordTable<'_>) {
        self.form.read(kind, name, words);
        self.spent = Work::default();
    }

    /// Reads the same name as those of another kind are read.
    pub fn read_again(&mut self, kind: Kind, name: &str, words: &WordTable<'_>) {
        // Organisations, ships and most aircraft are read alike.
        if !self.form.turn(kind) {
            self.form.read(kind, name, words);
        }
    }
}

/// What a search of one lexicon found, best first, in [`Workspace`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// A bound was hit.
    pub truncated: bool,
    /// What the search did.
    pub work: Work,
}

/// How much a search did. Bounds hold for every name and every list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Scans of the lexicon for near tokens: at most [`MAX_SCANS`], and as many for two tokens that may be glued.
    pub scans: u32,
    /// Postings that were visited: at most [`MAX_POSTINGS`], and those of one token.
    pub postings: u32,
    /// Listed names that were aligned: at most [`CANDIDATES`], and those of the same normal form.
    pub aligned: u32,
    /// Words that were compared letter by letter, those that are alike fivefold: at most [`MAX_COMPARED`], and those of one name.
    pub compared: u32,
}

/// Where a search looks, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'s, 'a> {
    /// The listed names.
    pub lexicon: &'s Lexicon<'a>,
    /// The word table of the normal form.
    pub words: &'s WordTable<'a>,
    /// The kind whose names they are.
    pub kind: Kind,
    /// The raw score below which a listed name need not be told; 0 = every candidate. What cannot reach it is not compared
    /// to the end.
    pub least: u16,
}

/// Looks for a name among those of one kind. `each` hears of the candidates: number of the listed name, alignment. Every one with
/// a raw score of at least `sought.least` is told; others may be.
///
/// The raw score is not calibrated; see [`score`].
pub fn search(sought: &Sought<'_, '_>, name: &str, workspace: &mut Workspace, each: impl FnMut(u32, &Aligned)) -> Summary {
    workspace.read(sought.kind, name, sought.words);
    search_read(sought, workspace, each)
}

/// As [`search`], for the name that was read into the workspace, as one of the kind that is sought. What was done for it among other
/// kinds counts towards the bounds.
pub fn search_read(sought: &Sought<'_, '_>, workspace: &mut Workspace, each: impl FnMut(u32, &Aligned)) -> Summary {
    let Sought { lexicon, words, kind, .. } = *sought;
    workspace.ask.prepare(kind, &workspace.form, lexicon, words, Params::of(kind), None);
    compare(sought, workspace, each)
}

/// A search for many names: what was found out about a word is kept for the next name with it. It says what [`search`] says.
#[derive(Debug)]
pub struct Remembering<'s, 'a> {
    sought: Sought<'s, 'a>,
    workspace: Workspace,
    memory: ask::Memory,
}

impl<'s, 'a> Remembering<'s, 'a> {
    /// A search that remembers nothing yet.
    pub fn new(sought: Sought<'s, 'a>) -> Self {
        Self { sought, workspace: Workspace::default(), memory: ask::Memory::default() }
    }

    /// As [`search`]. A name that cannot reach the least score whatever is listed is not looked for at all.
    pub fn search(&mut self, name: &str, each: impl FnMut(u32, &Aligned)) -> Summary {
        let Sought { lexicon, words, kind, least } = self.sought;
        let params = Params::of(kind);
        self.workspace.read(kind, name, words);
        let Workspace { form, ask, .. } = &mut self.workspace;
        ask.prepare(kind, form, lexicon, words, params, Some(&mut self.memory));
        if !ask.whole && params.most(1_000, ask.most) < u64::from(least) {
            return Summary { truncated: form.truncated() || ask.truncated, work: Work { scans: ask.scans, ..Work::default() } };
        }
        compare(&self.sought, &mut self.workspace, each)
    }
}

fn compare(sought: &Sought<'_, '_>, workspace: &mut Workspace, mut each: impl FnMut(u32, &Aligned)) -> Summary {
    let Sought { lexicon, kind, least, .. } = *sought;
    let params = Params::of(kind);
    let Workspace { form, ask, found, table, spent } = workspace;
    let most_postings = MAX_POSTINGS.saturating_sub(spent.postings as usize);
    let mut truncated = candidates::find(lexicon, ask, found, params, most_postings) || form.truncated() || ask.truncated;
    // A listed name is always found by itself, even one that is nothing but a legal form, and whatever the bounds left out.
    let mut same = [0; MAX_ASKED];
    let mut tokens = ask.tokens.iter().map(|t| t.listed).zip(&mut same).map(|(listed, slot)| listed.map(|token| *slot = token));
    if !form.truncated() && !ask.truncated && tokens.all(|token| token.is_some()) {
        for name in lexicon.equal(same.get(..ask.tokens.len()).unwrap_or_default()) {
            if !found.best.iter().any(|(number, _)| *number == name) {
                found.best.push((name, 0));
            }
        }
    }
    let mut work = Work { scans: ask.scans, postings: found.visited, ..Work::default() };
    table.words.clear(spent.compared);
    for (name, _) in &found.best {
        if table.words.compared >= MAX_COMPARED {
            truncated = true;
            break;
        }
        work.aligned += 1;
        if let Some(listed) = lexicon.words_of(*name)
            && let Some(aligned) = align::align(lexicon, ask, *name, &listed, least, params, table)
        {
            each(*name, aligned);
        }
    }
    work.compared = table.words.compared - spent.compared;
    spent.postings += work.postings;
    spent.compared += work.compared;
    Summary { truncated, work }
}
