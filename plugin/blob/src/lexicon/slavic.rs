//! Slavic names: one key for what each language writes in its own way.
//!
//! A name from Cyrillic stands on lists as English (`Chuchin`, `Mikheychik`), Czech (`Čučin`, `Michejčik`), Swedish (`Tjutjin`), German,
//! Polish, Hungarian or French write it, in Belarusian and Ukrainian form (`Piatrou`, `Tsiatseryn`, `Havrylchuk` for `Petrov`, `Teterin`,
//! `Gavrilchuk`), and with the ending of a woman's name in Czech and Slovak (`Švenková` for `Shvenk`). Their letters cross: `ch` is a
//! sound in English and another one in Czech and German, `c` without its mark is two. So the key is coarser than a
//! [`skeleton`](super::skeleton()), and whoever finds a word by it must compare how both sound.

use super::Short;

/// What the keys begin with: no other key of a token does.
pub const MARK: u8 = b'S';

const fn vowel(byte: u8) -> bool {
    matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y' | b'j')
}

/// Whether a word ends as Slavic and Caucasian surnames and patronymics do, in any spelling.
fn may_be(token: &[u8]) -> bool {
    let [.., c, b, a] = token else { return false };
    match (b, a) {
        (_, b'v' | b'k') | (b'o' | b'e' | b'a', b'w' | b'u') | (b'f', b'f') | (b'k', b'o' | b'i' | b'y' | b'h') => true,
        (b'v' | b'w' | b'k', b'a') | (b'v', b's') | (b'i' | b'y', b'n') | (b'n', b'y') | (b'i' | b'y' | b'o', b'i' | b'j' | b'y') => true,
        (b'c', b'h' | b'z' | b's') | (b't', b'j') => true,
        (b, b'c') => vowel(*b),
        (b'n', b'a') => matches!(c, b'i' | b'y' | b'v' | b'w' | b'u'),
        (b'y' | b'i' | b'j', b'a') => *c == b'a',
        (b'a', b'n') => matches!(c, b'y' | b'i' | b'j'),
        (b'n', b'e') => matches!(c, b'i' | b'y'),
        (b'z', b'e') => *c == b'd',
        (b'l', b'i') => token.ends_with(b"vili"),
        // Latvian and Lithuanian: -ins, -icius.
        (b'n', b's') => matches!(c, b'i' | b'y'),
        (b'u', b's') => *c == b'i',
        (b'a', b's') => matches!(c, b'v' | b'n' | b'k'),
        (b'i', b's') => *c == b'k',
        _ => false,
    }
}

/// A word without `-ov`, in the forms of all languages (`-ova`, `-ou`, `-ovas`), and whether it had it.
///
/// A Czech woman's name may have it twice (`Kljuevová`), and one whose father's has none has it (`Duboviková`).
fn trimmed(token: &[u8]) -> (&[u8], bool) {
    // Lithuanian and Latvian put an ending behind all.
    let mut rest = match token {
        [head @ .., b'v' | b'n' | b'k', b'a', b's'] => token.get(..head.len() + 1).unwrap_or_default(),
        [head @ .., b'k', b'i', b's'] => token.get(..head.len() + 1).unwrap_or_default(),
        [head @ .., b'i', b'u', b's'] => head,
        [head @ .., b's'] if head.ends_with(b"v") || head.ends_with(b"in") || head.ends_with(b"yn") => head,
        _ => token,
    };
    let mut cut = false;
    for _ in 0..2 {
        rest = match rest {
            [head @ .., b'o' | b'e' | b'a' | b'i', b'v' | b'w', b'a'] | [head @ .., b'o' | b'e' | b'a' | b'i', b'v' | b'w' | b'u'] => head,
            [head @ .., b'o' | b'e', b'f', b'f'] => head,
            _ => break,
        };
        cut = true;
    }
    (rest, cut)
}

/// The key of a word that may be a Slavic name: what does not end like one, or has too few sounds, has none.
///
/// Sounds that some two languages write with the same letters are one: `s` and `z` with all that hisses, `ch` with `ts`, `kh`, `h` and `g`,
/// `dz` with `d`. Vowels, `j`, and `v` before a consonant (Belarusian `u`) are left out.
pub fn slavic(token: &[u8]) -> Option<Short> {
    if !may_be(token) || token.iter().any(u8::is_ascii_digit) {
        return None;
    }
    let french = token.ends_with(b"ine");
    let (mut rest, cut) = trimmed(token);
    let mut out = Short::EMPTY;
    out.push(MARK);
    let (mut before, mut last, mut soft) = (0, 0, false);
    while let [c, tail @ ..] = rest {
        let next = tail.first().copied().unwrap_or(0);
        let second = tail.get(1).copied().unwrap_or(0);
        let (len, sound) = match (*c, next) {
            // French, Romanian and Portuguese j: Prigojine, Joukov, Jirinovski, Prigojin.
            (b'j', _) if french && vowel(before) && vowel(next) || tail.starts_with(b"ou") || tail == b"in" && vowel(before) => (1, b's'),
            (b'j', b'i') if before == 0 => (1, b's'),
            (b'a' | b'e' | b'i' | b'o' | b'u' | b'y' | b'j', _) => (1, 0),
            (b'v' | b'w', _) if !vowel(next) && !tail.is_empty() => (1, 0),
            (b's', b'c') if second == b'h' => (3, b's'),
            // French: Chtcherbakov.
            (b'c', b'h') if rest.starts_with(b"chtch") => (2, b's'),
            (b's', b'h' | b'j' | b'z') | (b'z', b'h' | b'j' | b's') => (2, b's'),
            (b's' | b'z', _) => (1, b's'),
            (b't', b's') if rest.starts_with(b"tsch") => (4, b'c'),
            (b't', b'c') if second == b'h' => (3, b'c'),
            // Dutch: Tsjernov.
            (b't', b's') if second == b'j' => (3, b'c'),
            // Belarusian: a soft t.
            (b't', b's') if softens(tail.get(1..).unwrap_or_default(), soft) => {
                soft = true;
                (2, b't')
            }
            // Armenian -tyan; beside a German sch it is a soft t as well.
            (b't', b'j') if rest == b"tjan" || token.windows(3).any(|three| three == b"sch") => (2, b't'),
            (b't', b's' | b'j' | b'z') => (2, b'c'),
            (b't', b'h') => (2, b't'),
            (b'd', b'z') => (if second == b'h' { 3 } else { 2 }, b'd'),
            (b'd', b's') if rest.starts_with(b"dsch") => (4, b'd'),
            // -cki and -cky are -tsky.
            (b'c', b'k') if !vowel(second) || rest.len() > 5 => (2, b'k'),
            // Hungarian: Vlagyimir.
            (b'g', b'y') if matches!(second, b'i' | b'e') => (2, b'd'),
            (b'c', b'h' | b'z' | b's') | (b'k', b'h') | (b'g', b'h') => (2, b'c'),
            (b'c' | b'h' | b'g', _) => (1, b'c'),
            (b'p', b'h') => (2, b'f'),
            (b'q', _) => (1, b'k'),
            (b'w', _) => (1, b'v'),
            (b'x', _) => {
                out.push(b'k');
                (1, b's')
            }
            _ => (1, *c),
        };
        if sound == 0 {
            if before == 0 {
                out.push(b'a');
            }
            last = 0;
        } else if last != sound {
            out.push(sound);
            last = sound;
        }
        before = rest.get(len - 1).copied().unwrap_or(0);
        rest = rest.get(len..).unwrap_or_default();
    }
    // The mark is one of them.
    if cut && out.as_bytes().len() < 4 {
        out.push(b'v');
    }
    let sounds = out.as_bytes().len() - 1;
    // Two are enough for a longer word, and where letters that cross stand at the end (`Sych`, `Sič`).
    let few = sounds == 2 && (token.len() >= 5 || matches!(token, [.., b'c' | b'h' | b'j' | b'z']));
    (sounds >= 3 || few).then_some(out)
}

/// Whether a `ts` with these letters behind it is a soft t; `e` tells so only where another one was.
fn softens(behind: &[u8], soft: bool) -> bool {
    match behind {
        [b'e', ..] => soft,
        [b'i' | b'y', next, ..] => vowel(*next),
        _ => false,
    }
}

/// A word without the ending of a woman's name where another one that may be the same has neither it nor `-ov`.
pub fn without_ending<'t>(token: &'t [u8], other: &[u8]) -> &'t [u8] {
    match token {
        [head @ .., b'o' | b'e', b'v', b'a'] if !other.ends_with(b"v") && !other.ends_with(b"va") => head,
        _ => token,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(token: &str) -> Option<String> {
        slavic(token.as_bytes()).map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned())
    }

    #[test]
    fn spellings_of_all_languages_have_one_key() {
        for group in [
            &["chayka", "cajka", "tjajka", "czajka", "tschaika", "csajka", "tsjajka", "tchaika"][..],
            &["sych", "sic", "sitj", "sich", "sycz", "syc"],
            &["slutsky", "slucki", "slutskij", "sluckij", "sloutski"],
            &["putin", "putyin", "putins", "putinas", "poutine"],
            &["chuchin", "tjutjin", "cucin", "tsjoetsjin", "tschutschin", "tchoutchine", "czuczin", "csucsin", "tsutsin", "cucinas"],
            &["mikheychik", "michejcik", "micheitschik", "mikheitchik", "miheicik"],
            &["khripach", "chripatj", "hripac", "chrypac", "chrypacz"],
            &["katyushchenko", "katiusjtjenko", "katuscenko", "katjuschtschenko", "katiouchtchenko", "katiuszczenko"],
            &["teterin", "tsiatseryn", "teterine"],
            &["petrov", "piatrou", "petrova", "petrovova", "petroff", "pyatrow", "petrovas", "petrovs", "piatrova"],
            &["pavlov", "paulau", "pawlow", "pavlova", "paulava"],
            &["denisenko", "dzianisenka", "dzjanisenka", "dzyanisenka", "denyssenko"],
            &["gavrilchuk", "havryltjuk", "havrylcuk", "gawriltschuk", "hawrylczuk"],
            &["shvenk", "svenkova", "schwenk", "szwenk"],
            &["dubovik", "dubovikova", "dubowik", "dubovyk"],
            &["prigozhin", "prigojine", "prigozin", "prigoschin", "prigozjin", "prigozyn", "prigojin", "prigozsin", "prigozins"],
            &["magomedov", "mahomedov", "magamedau"],
            &["tsarev", "carev", "tsariou", "tzarev"],
            &["mozhilovsky", "mozjilovskij", "mazjylouski", "mozilovskij", "mazhylouski"],
            &["karapetyan", "karapetian", "karapetjan"],
        ] {
            let first = key(group[0]);
            assert!(first.is_some(), "{}", group[0]);
            for other in group {
                assert_eq!(key(other), first, "{other}");
            }
        }
    }

    #[test]
    fn other_names_have_other_keys_or_none() {
        assert_ne!(key("ivanov"), key("petrov"));
        assert_ne!(key("chernov"), key("smirnov"));
        for none in ["muhammad", "ali", "chin", "zuev", "garcia", "hassan", "x1ov", "", "kim", "abdulrahman"] {
            assert_eq!(key(none), None, "{none}");
        }
    }

    #[test]
    fn the_ending_of_a_woman_is_left_out_beside_a_name_without_it() {
        let cut = |a: &'static str, b: &str| std::str::from_utf8(without_ending(a.as_bytes(), b.as_bytes())).unwrap_or_default();
        assert_eq!(cut("svenkova", "shvenk"), "svenk");
        assert_eq!(cut("ivanova", "ivanov"), "ivanova");
        assert_eq!(cut("ivanova", "iwanova"), "ivanova");
    }
}
