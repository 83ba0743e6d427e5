//! The builder's side: the `normalisation` section from the data files.
//!
//! Every file is UTF-8, one entry a line, `#` starts a comment. `data/README.md` documents the formats.

use std::collections::{BTreeMap, BTreeSet};

use super::alphabet::Alphabet;
use super::canon::letter_mask;
use super::fold::Raw;
use super::table::{ENDS, GRAM, INSIDE, PIECE, Row, STEM, Scope, TABLES, VERSION, slot};
use super::{Class, Folds, WordTable, patronymic};
use crate::bytes::{put_text, put_varint};

/// The data files of the tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Files<'f> {
    /// Dictionaries: file name, sections of words and phrases, and whether the words are translated. Slips are not looked for in those: every
    /// odd word would be compared with all of them.
    pub(crate) dictionaries: &'f [(&'f str, &'f str, bool)],
    /// Letters of scripts, and look-alikes.
    pub(crate) scripts: &'f str,
    /// Pinyin syllables and the characters that are read so.
    pub(crate) pinyin: &'f str,
    /// Equivalent spellings.
    pub(crate) groups: &'f str,
    /// Stems of patronymics.
    pub(crate) patronymics: &'f str,
    /// Ordinary words by class of frequency.
    pub(crate) frequency: &'f str,
}

/// The tables that ship.
pub(crate) const FILES: Files<'static> = Files {
    dictionaries: &[
        ("forms.txt", include_str!("../../data/forms.txt"), false),
        ("companies.txt", include_str!("../../data/companies.txt"), false),
        ("persons.txt", include_str!("../../data/persons.txt"), false),
        ("europe.txt", include_str!("../../data/europe.txt"), true),
        ("romance.txt", include_str!("../../data/romance.txt"), true),
        ("germanic.txt", include_str!("../../data/germanic.txt"), true),
        ("east.txt", include_str!("../../data/east.txt"), true),
        ("russian.txt", include_str!("../../data/russian.txt"), true),
        ("cyrillic.txt", include_str!("../../data/cyrillic.txt"), true),
        ("levant.txt", include_str!("../../data/levant.txt"), true),
        ("native.txt", include_str!("../../data/native.txt"), false),
        ("stems.txt", include_str!("../../data/stems.txt"), false),
    ],
    scripts: include_str!("../../data/scripts.txt"),
    pinyin: include_str!("../../data/pinyin.txt"),
    groups: include_str!("../../data/groups.txt"),
    patronymics: include_str!("../../data/patronymics.txt"),
    frequency: include_str!("../../data/frequency.txt"),
};

/// Encodes the `normalisation` section.
///
/// # Errors
/// What is wrong, with file and line.
pub(crate) fn encode(files: &Files<'_>) -> Result<Vec<u8>, String> {
    let mut texts = Vec::new();
    let (scripts, confusables) = letters(files.scripts)?;
    // Spellings in other scripts are kept as the first stage leaves them, so it needs its letters first.
    let (empty, decompositions) = (map(BTreeMap::new())?, crate::decompose::SHIPPED.to_vec());
    let first: [Vec<u8>; TABLES] = [
        Vec::new(),
        empty.clone(),
        scripts.clone(),
        Vec::new(),
        Vec::new(),
        Vec::new(),
        empty.clone(),
        empty,
        Vec::new(),
        decompositions.clone(),
        grams([].iter(), [].iter(), [].iter()),
    ];
    let first = assemble(&first)?;
    let first = WordTable::open(&first).map_err(|e| e.to_string())?;
    let Dictionary { dict, long_words, phrases, forms, singles } = dictionary(files.dictionaries, &first, &mut texts)?;
    let groups = groups(files, &mut texts)?;
    let first_letter = |word: &str| word.bytes().next().filter(u8::is_ascii_lowercase).map_or(31, |b| u32::from(b - b'a'));
    let grams = grams(phrases.iter(), forms.iter(), singles.iter());
    let long_words = letter_rows(long_words.iter().map(|word| (first_letter(word), word.as_str())), &mut texts)?;
    let phrases = letter_rows(phrases.iter().map(|phrase| (0, phrase.as_str())), &mut texts)?;
    assemble(&[
        texts,
        dict,
        scripts,
        confusables,
        han(files.pinyin)?,
        long_words,
        groups,
        frequency(files.frequency)?,
        phrases,
        decompositions,
        grams,
    ])
}

fn assemble(tables: &[Vec<u8>; TABLES]) -> Result<Vec<u8>, String> {
    let mut out = VERSION.to_le_bytes().to_vec();
    let mut at = 4 + TABLES * 8;
    for table in tables {
        for number in [at, table.len()] {
            out.extend(u32::try_from(number).map_err(|e| e.to_string())?.to_le_bytes());
        }
        at += table.len();
    }
    tables.iter().for_each(|table| out.extend(table));
    Ok(out)
}

/// A spelling in its own script as the first stage leaves it, in lower case, with one blank between words.
fn native_key(spelling: &str, words: &WordTable<'_>) -> String {
    let mut raw = Raw::default();
    raw.read(spelling, words, &mut Folds::default());
    raw.text.to_lowercase().split([' ', '.']).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The lines of a file that hold something, with their numbers and without comments.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let cut = |line: &'_ str| line.split('#').next().unwrap_or_default().trim().len();
    text.lines().enumerate().filter_map(move |(number, line)| {
        let line = line.trim_start();
        let line = line.get(..cut(line)).unwrap_or_default();
        (!line.is_empty()).then_some((number + 1, line))
    })
}

fn map(entries: BTreeMap<Vec<u8>, u64>) -> Result<Vec<u8>, String> {
    let mut builder = fst::MapBuilder::memory();
    for (key, value) in entries {
        builder.insert(key, value).map_err(|e| e.to_string())?;
    }
    builder.into_inner().map_err(|e| e.to_string())
}

/// What follows `sk` in adjectives of places, Russian, Ukrainian and Belarusian in any transliteration. They are spelled out, since a stem
/// would take a brand for an ending: `Nizhnekamskshina`, `Omskavia`.
const ADJECTIVE: [&str; 24] = [
    "i", "iy", "ii", "ij", "iye", "ie", "ikh", "y", "yy", "yi", "aya", "aia", "aja", "a", "aga", "aha", "e", "oe", "oye", "ogo", "oho",
    "oy", "oi", "om",
];

/// The spellings that one of the data stands for: `omsk~` all forms of the adjective, any other itself.
fn inflected(spelling: &str) -> Vec<String> {
    match spelling.strip_suffix('~') {
        Some(stem) => ADJECTIVE.iter().map(|ending| format!("{stem}{ending}")).collect(),
        None => vec![spelling.to_owned()],
    }
}

/// What is made of the dictionaries.
struct Dictionary {
    /// Words and phrases.
    dict: Vec<u8>,
    /// The long words of it.
    long_words: Vec<String>,
    /// Legal forms of several words.
    phrases: BTreeSet<String>,
    /// Legal forms of one word that may be written on to another.
    forms: BTreeSet<String>,
    /// Company words that stand for one word.
    singles: BTreeSet<String>,
}

/// Reads the dictionaries.
///
/// A head `[scope class]` opens a section. Scope: `person`, `company`, `both`, or these with `native ` before them.
/// Class: `form`, `generic`, `particle`, `title`, `name`. A line is `canonical words = spelling, spelling of several words`. Among
/// companies' words `stem*` has any ending, `word+` may be a part of a compound as well, and `+part` only that; `omsk~` is the
/// adjective of a place in all its forms.
fn dictionary(files: &[(&str, &str, bool)], tables: &WordTable<'_>, texts: &mut Vec<u8>) -> Result<Dictionary, String> {
    let mut keys: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    let mut records: BTreeMap<(Class, String), u64> = BTreeMap::new();
    let mut long_words = Vec::new();
    let (mut phrases, mut forms, mut singles) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut problems: Vec<String> = Vec::new();
    for (file, text, translated) in files {
        let mut section: Option<(Vec<Scope>, Class)> = None;
        for (number, line) in lines(text) {
            let fail = |why: String| format!("{file}, line {number}: {why}");
            if let Some(head) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                section = Some(head_of(head).ok_or_else(|| fail(format!("unknown section `{head}`")))?);
                continue;
            }
            let (scopes, class) = section.clone().ok_or_else(|| fail("no section before it".into()))?;
            let (canonical, spellings) = line.split_once('=').unwrap_or((line, ""));
            let canonical = canonical.split_whitespace().collect::<Vec<_>>().join(" ");
            let plain = |b: u8| b == b' ' || b.is_ascii_lowercase() || b.is_ascii_digit();
            if canonical.is_empty() || !canonical.bytes().all(plain) {
                return Err(fail(format!("`{canonical}` is not canonical")));
            }
            let value = *records.entry((class, canonical.clone())).or_insert_with(|| {
                let at = texts.len() as u64;
                let words: Vec<&str> = canonical.split(' ').collect();
                texts.push(words.len() as u8);
                for word in words {
                    texts.push(class as u8);
                    put_text(texts, word);
                }
                at
            });
            let native = scopes.iter().any(|s| matches!(s, Scope::NativePerson | Scope::NativeCompany | Scope::Surname));
            let itself = std::iter::once(canonical.as_str()).filter(|c| !native && !c.contains(' '));
            let spelled = spellings.split(',').map(str::trim).filter(|s| !s.is_empty());
            for spelling in itself.map(str::to_owned).chain(spelled.flat_map(inflected)) {
                let spelling = spelling.split_whitespace().collect::<Vec<_>>().join(" ");
                let stem = spelling.ends_with('*') && scopes.iter().all(|s| matches!(s, Scope::Company | Scope::NativeCompany));
                let companies = scopes.iter().all(|s| *s == Scope::Company);
                let alone = !(companies && spelling.starts_with('+'));
                let piece = companies && !spelling.contains(' ') && (!alone || spelling.ends_with('+'));
                let bare = if stem { spelling.trim_end_matches('*') } else { &spelling };
                let bare = if piece { bare.trim_matches('+') } else { bare };
                let mut spelling = if native { native_key(bare, tables) } else { bare.to_owned() };
                if spelling.is_empty() || !native && !spelling.bytes().all(plain) {
                    return Err(fail(format!("`{spelling}` is not in normal form")));
                }
                let mut spelt = if native { Alphabet::key(&spelling) } else { spelling.clone().into_bytes() };
                if stem {
                    spelling.push(char::from(STEM));
                    spelt.push(STEM);
                }
                let ends = [alone.then_some(&[][..]), piece.then_some(&[PIECE][..])];
                for (scope, end) in scopes.iter().flat_map(|scope| ends.into_iter().flatten().map(move |end| (scope, end))) {
                    let key = [&[scope.byte()], spelt.as_slice(), end].concat();
                    if keys.insert(key, value).is_some_and(|old| old != value) {
                        problems.push(fail(format!("`{}{spelling}` stands twice", if end.is_empty() { "" } else { "+" })));
                    }
                }
                if !alone {
                    continue;
                }
                let letters = spelling.bytes().filter(|b| *b != b' ').count();
                if !native
                    && !translated
                    && scopes.contains(&Scope::Company)
                    && class == Class::Form
                    && spelling.contains(' ')
                    && (10..=60).contains(&letters)
                {
                    phrases.insert(spelling.clone());
                }
                if scopes.contains(&Scope::Company) && class == Class::Form && !spelling.contains(' ') && spelling.len() > GRAM {
                    forms.insert(spelling.clone());
                }
                let words = canonical.split(' ').count().max(spelling.split(' ').count());
                if !native && !stem && words == 1 && scopes.contains(&Scope::Company) && matches!(class, Class::Generic | Class::Name) {
                    singles.insert(spelling.clone());
                }
                if !stem && !translated && !native && scopes.contains(&Scope::Company) && matches!(class, Class::Form | Class::Generic) {
                    // Short company words have too many neighbours that are somebody's name.
                    let least = if class == Class::Form { 6 } else { 9 };
                    long_words.extend(spelling.split(' ').filter(|w| w.len() >= least).map(str::to_owned));
                }
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems.join("; "));
    }
    long_words.sort_unstable();
    long_words.dedup();
    Ok(Dictionary { dict: map(keys)?, long_words, phrases, forms, singles })
}

fn head_of(head: &str) -> Option<(Vec<Scope>, Class)> {
    let (head, class) = head.rsplit_once(' ')?;
    let class = match class {
        "form" => Class::Form,
        "generic" => Class::Generic,
        "particle" => Class::Particle,
        "title" => Class::Title,
        "name" => Class::Name,
        _ => return None,
    };
    let scopes = match head {
        "person" => vec![Scope::Person],
        "company" => vec![Scope::Company],
        "both" => vec![Scope::Person, Scope::Company],
        "native person" => vec![Scope::NativePerson],
        "native company" => vec![Scope::NativeCompany],
        "native surname" => vec![Scope::Surname],
        "native both" => vec![Scope::NativePerson, Scope::NativeCompany],
        _ => return None,
    };
    Some((scopes, class))
}

/// Rows of words and phrases, each with its head, in their order; those of one length in that of the alphabet.
fn letter_rows<'t>(rows: impl Iterator<Item = (u32, &'t str)>, texts: &mut Vec<u8>) -> Result<Vec<u8>, String> {
    let letters = |text: &str| text.bytes().filter(|b| *b != b' ').count();
    let mut rows: Vec<_> = rows.map(|(head, text)| (head, letters(text), text)).collect();
    rows.sort_unstable();
    let mut out = Vec::new();
    for (head, letters, text) in rows {
        let at = texts.len() as u64;
        if letters > 63 || text.len() > 127 || at >= 1 << 24 {
            return Err(format!("no row has room for `{text}`"));
        }
        let row = Row(u64::from(letter_mask(text)) | (letters as u64) << 26 | u64::from(head) << 32 | at << 40);
        out.extend(row.0.to_le_bytes());
        put_text(texts, text);
    }
    Ok(out)
}

/// The sets of groups of four letters of legal forms of several words, and of those of one word.
fn grams<'t>(
    phrases: impl Iterator<Item = &'t String>,
    forms: impl Iterator<Item = &'t String>,
    singles: impl Iterator<Item = &'t String>,
) -> Vec<u8> {
    let (mut inside, mut heads, mut tails, mut firsts) = (vec![0; INSIDE], vec![0; ENDS], vec![0; ENDS], vec![0; ENDS]);
    let mut lasts = vec![0; INSIDE];
    let put = |set: &mut Vec<u8>, gram: Option<&[u8; GRAM]>| {
        let Some(bit) = gram.map(|gram| slot(gram, set.len())) else { return };
        if let Some(byte) = set.get_mut(bit / 8) {
            *byte |= 1 << (bit % 8);
        }
    };
    for phrase in phrases {
        let letters: Vec<u8> = phrase.bytes().filter(|b| *b != b' ').collect();
        letters.windows(GRAM).for_each(|gram| put(&mut inside, gram.first_chunk()));
        put(&mut heads, letters.first_chunk());
        put(&mut tails, letters.last_chunk());
    }
    forms.for_each(|form| put(&mut firsts, form.as_bytes().first_chunk()));
    singles.for_each(|word| put(&mut lasts, word.as_bytes().last_chunk()));
    [inside, heads, tails, firsts, lasts].concat()
}

/// Rows of code (u32) and four letters: the scripts, and the look-alikes.
///
/// A head `[letters]`, `[letters X]` (only in language X) or `[look-alikes]` opens a section; lines are pairs
/// `character=letters` with blanks between. Letters may be empty.
fn letters(text: &str) -> Result<(Vec<u8>, Vec<u8>), String> {
    let (mut letters, mut twins) = (BTreeMap::new(), BTreeMap::new());
    let mut language = Some(0_u32);
    for (number, line) in lines(text) {
        let fail = |why: String| format!("scripts.txt, line {number}: {why}");
        if let Some(head) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            language = match head.split_once(' ') {
                None if head == "letters" => Some(0),
                None if head == "look-alikes" => None,
                Some(("letters", code)) if code.len() == 1 => code.chars().next().map(u32::from),
                _ => return Err(fail(format!("unknown section `{head}`"))),
            };
            continue;
        }
        for pair in line.split_whitespace() {
            let (from, to) = pair.split_once('=').ok_or_else(|| fail(format!("`{pair}` is no pair")))?;
            let mut chars = from.chars();
            let (Some(c), None) = (chars.next(), chars.next()) else { return Err(fail(format!("`{from}` is not one character"))) };
            if to.len() > 4 {
                return Err(fail(format!("`{to}` does not fit into four letters")));
            }
            let mut letters_of = [0_u8; 4];
            letters_of.iter_mut().zip(to.bytes()).for_each(|(slot, b)| *slot = b);
            let table = if language.is_some() { &mut letters } else { &mut twins };
            if table.insert(language.unwrap_or(0) << 24 | u32::from(c), letters_of).is_some() {
                return Err(fail(format!("`{c}` stands twice")));
            }
        }
    }
    let rows = |table: BTreeMap<u32, [u8; 4]>| table.into_iter().flat_map(|(code, l)| code.to_le_bytes().into_iter().chain(l)).collect();
    Ok((rows(letters), rows(twins)))
}

/// First code point, count, a syllable number each (0 = none), syllables of six bytes. Lines: `syllable characters`.
fn han(text: &str) -> Result<Vec<u8>, String> {
    let mut syllables = Vec::new();
    let mut readings: BTreeMap<u32, u16> = BTreeMap::new();
    for (number, line) in lines(text) {
        let fail = |why: &str| format!("pinyin.txt, line {number}: {why}");
        let (syllable, characters) = line.split_once(' ').ok_or_else(|| fail("no characters"))?;
        if syllable.len() > 6 || !syllable.bytes().all(|b| b.is_ascii_lowercase()) {
            return Err(fail("no syllable"));
        }
        syllables.extend(syllable.bytes().chain(std::iter::repeat(0)).take(6));
        let index = u16::try_from(syllables.len() / 6).map_err(|e| e.to_string())?;
        for c in characters.chars() {
            if readings.insert(u32::from(c), index).is_some() {
                return Err(fail(&format!("`{c}` stands twice")));
            }
        }
    }
    let first = readings.keys().next().copied().unwrap_or(0);
    let count = readings.keys().next_back().map_or(0, |last| last - first + 1);
    let mut out = first.to_le_bytes().to_vec();
    out.extend(count.to_le_bytes());
    (first..first + count).for_each(|c| out.extend(readings.get(&c).copied().unwrap_or(0).to_le_bytes()));
    out.extend(syllables);
    Ok(out)
}

/// Equivalents, one group a line: spellings with blanks between; those behind `|` are nicknames. Of a line of stems of patronymics the sons'
/// are one group, the daughters' the next.
fn groups(files: &Files<'_>, texts: &mut Vec<u8>) -> Result<Vec<u8>, String> {
    let mut of_token: BTreeMap<Vec<u8>, BTreeMap<u64, bool>> = BTreeMap::new();
    let mut id = 0_u64;
    let marks: [(_, _, &[u8]); 2] =
        [("groups.txt", files.groups, &[0]), ("patronymics.txt", files.patronymics, &[patronymic::SON, patronymic::DAUGHTER])];
    for (file, text, marks) in marks {
        for (number, line) in lines(text) {
            let (spellings, nicks) = line.split_once('|').unwrap_or((line, ""));
            let spellings = spellings.split_whitespace().map(|s| (s, false));
            for (token, nick) in spellings.chain(nicks.split_whitespace().map(|n| (n, true))) {
                if !token.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
                    return Err(format!("{file}, line {number}: `{token}` is not in normal form"));
                }
                for (id, mark) in (id..).zip(marks) {
                    let key = Some(*mark).filter(|mark| *mark != 0).into_iter().chain(token.bytes()).collect();
                    let slot = of_token.entry(key).or_default().entry(id).or_insert(nick);
                    *slot &= nick;
                }
            }
            id += marks.len() as u64;
        }
    }
    let mut entries = BTreeMap::new();
    let mut records: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    for (token, ids) in of_token {
        let mut record = Vec::new();
        put_varint(&mut record, ids.len() as u64);
        ids.iter().for_each(|(id, nick)| put_varint(&mut record, id << 1 | u64::from(*nick)));
        let at = *records.entry(record).or_insert_with_key(|record| {
            let at = texts.len() as u64;
            texts.extend_from_slice(record);
            at
        });
        entries.insert(token, at);
    }
    map(entries)
}

/// Ordinary words: `class word word …`, class 1 to 15.
fn frequency(text: &str) -> Result<Vec<u8>, String> {
    let mut entries = BTreeMap::new();
    for (number, line) in lines(text) {
        let fail = |why: &str| format!("frequency.txt, line {number}: {why}");
        let mut parts = line.split_whitespace();
        let class = parts.next().and_then(|c| c.parse::<u64>().ok()).filter(|c| (1..=15).contains(c)).ok_or_else(|| fail("no class"))?;
        for word in parts {
            if entries.insert(word.as_bytes().to_vec(), class).is_some() {
                return Err(fail(&format!("`{word}` stands twice")));
            }
        }
    }
    map(entries)
}
