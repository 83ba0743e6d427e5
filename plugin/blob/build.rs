//! Makes the table of Unicode decompositions that `src/decompose.rs` reads: what ICU4X says of every character, in a
//! fifth of the bytes, because a gate needs neither composition nor speed beyond a handful of names.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::{env, error, fs, path};

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;

/// Code points of one block.
const BLOCK: u32 = 64;
/// A length from here on is no length but stands for a combining class.
const CLASS: usize = 64;

fn main() -> Result<(), Box<dyn error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
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
    let mut numbers = (1_u16..).zip(blocks.keys()).map(|(number, page)| (*page, number)).collect::<BTreeMap<_, _>>();
    let (mut lengths, mut text) = (Vec::<u8>::new(), String::new());
    let (mut masks, mut firsts, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    for block in blocks.values() {
        masks.push(block.mask);
        firsts.push(u16::try_from(lengths.len())?);
        texts.push(u16::try_from(text.len())?);
        lengths.extend(&block.lengths);
        text.push_str(&block.text);
    }
    let pages: Vec<u16> = (0..pages).map(|page| numbers.remove(&page).unwrap_or(0)).collect();
    let mut out = String::new();
    writeln!(out, "static PAGES: [u16; {}] = {pages:?};", pages.len())?;
    writeln!(out, "static MASKS: [u64; {}] = {masks:?};", masks.len())?;
    writeln!(out, "static FIRSTS: [u16; {}] = {firsts:?};", firsts.len())?;
    writeln!(out, "static TEXTS: [u16; {}] = {texts:?};", texts.len())?;
    writeln!(out, "static LENGTHS: [u8; {}] = {lengths:?};", lengths.len())?;
    writeln!(out, "static CLASSES: [u8; {}] = {known:?};", known.len())?;
    writeln!(out, "static TEXT: &str = {text:?};")?;
    fs::write(path::Path::new(&env::var_os("OUT_DIR").ok_or("no OUT_DIR")?).join("decompositions.rs"), out)?;
    Ok(())
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
