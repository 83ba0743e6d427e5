//! Makes the table of Unicode decompositions that the writer puts into a blob and `src/decompose.rs` reads there: what ICU4X
//! says of every character, in a fifth of the bytes, because a gate needs neither composition nor speed beyond a handful of names.
//! A gate is built without it. And makes the runs of `src/lower.rs` from the library's lower case.

use std::fmt::Write as _;
use std::{env, error, fs, path};

fn main() -> Result<(), Box<dyn error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    put("lower.rs", lower()?.as_bytes())?;
    #[cfg(feature = "write")]
    table::make()?;
    Ok(())
}

fn put(file: &str, bytes: &[u8]) -> Result<(), Box<dyn error::Error>> {
    Ok(fs::write(path::Path::new(&env::var_os("OUT_DIR").ok_or("no OUT_DIR")?).join(file), bytes)?)
}

/// Runs of characters that change alike in lower case: first, change, count, step. Of those that become two this is the first.
fn lower() -> Result<String, Box<dyn error::Error>> {
    let mut runs: Vec<(u32, i32, u32, u32)> = Vec::new();
    for c in '\u{80}'..=char::MAX {
        let mut lower = c.to_lowercase();
        let Some(to) = lower.next().filter(|to| *to != c) else { continue };
        let (code, change) = (u32::from(c), i32::try_from(u32::from(to))? - i32::try_from(u32::from(c))?);
        match runs.last_mut().filter(|(_, same, count, _)| *same == change && *count < 255) {
            Some((first, _, count @ 1, step)) if code - *first <= 2 => (*count, *step) = (2, code - *first),
            Some((first, _, count, step)) if *count > 1 && code == *first + *count * *step => *count += 1,
            _ => runs.push((code, change, 1, 1)),
        }
    }
    let mut out = format!("static RUNS: [Run; {}] = [\n", runs.len());
    for (first, change, count, step) in runs {
        writeln!(out, "    Run {{ first: {first}, change: {change}, count: {count}, step: {step} }},")?;
    }
    out.push_str("];\n");
    Ok(out)
}

#[cfg(feature = "write")]
mod table {
    use std::collections::BTreeMap;
    use std::error;

    use icu_normalizer::DecomposingNormalizerBorrowed;
    use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;

    /// Code points of one block.
    const BLOCK: u32 = 64;
    /// A length from here on is no length but stands for a combining class.
    const CLASS: usize = 64;

    pub(super) fn make() -> Result<(), Box<dyn error::Error>> {
        let nfkd = DecomposingNormalizerBorrowed::new_nfkd();
        let classes = CanonicalCombiningClassMapBorrowed::new();
        let mut blocks: BTreeMap<u32, Block> = BTreeMap::new();
        let mut known: Vec<u8> = Vec::new();
        for c in '\u{80}'..=char::MAX {
            // Hangul syllables come apart by arithmetic (The Unicode Standard, section 3.12).
            if matches!(c, '\u{ac00}'..='\u{d7a3}') {
                continue;
            }
            let text: String = nfkd.normalize_iter(std::iter::once(c)).collect();
            let class = classes.get_u8(c);
            let length = if text.chars().ne([c]) {
                text.len()
            } else if class != 0 {
                let number = known.iter().position(|known| *known == class).unwrap_or(known.len());
                if number == known.len() {
                    known.push(class);
                }
                CLASS + number
            } else {
                continue;
            };
            let block = blocks.entry(u32::from(c) / BLOCK).or_default();
            block.mask |= 1 << (u32::from(c) % BLOCK);
            block.lengths.push(u8::try_from(length)?);
            if length < CLASS {
                block.text.push_str(&text);
            } else if text.len() >= CLASS {
                return Err(format!("{c:?} decomposes into {} bytes", text.len()).into());
            }
        }
        let pages = blocks.keys().next_back().map_or(0, |last| last + 1);
        let numbers = (1_u16..).zip(blocks.keys()).map(|(number, page)| (*page, number)).collect::<BTreeMap<_, _>>();
        let (mut lengths, mut text) = (Vec::<u8>::new(), String::new());
        let (mut masks, mut firsts, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for block in blocks.values() {
            masks.extend(block.mask.to_le_bytes());
            firsts.extend(u16::try_from(lengths.len())?.to_le_bytes());
            texts.extend(u16::try_from(text.len())?.to_le_bytes());
            lengths.extend(&block.lengths);
            text.push_str(&block.text);
        }
        let numbers = (0..pages).flat_map(|page| numbers.get(&page).copied().unwrap_or(0).to_le_bytes()).collect();
        let mut out = Vec::new();
        for count in [pages as usize, blocks.len(), lengths.len(), known.len()] {
            out.extend(u16::try_from(count)?.to_le_bytes());
        }
        [numbers, masks, firsts, texts, lengths, known, text.into_bytes()].iter().for_each(|part: &Vec<u8>| out.extend(part));
        super::put("decompositions.bin", &out)
    }

    /// What is to be said of 64 characters.
    #[derive(Default)]
    struct Block {
        /// The characters that decompose or combine.
        mask: u64,
        /// Bytes of each decomposition, or [`CLASS`] plus the number of its class.
        lengths: Vec<u8>,
        /// The decompositions.
        text: String,
    }
}
