//! Patronymics: what a son or a daughter is called by the father's given name, in the spellings of all languages.

use crate::lexicon::Short;

/// What stands before the stem of sons' patronymics among the keys of the groups.
pub(super) const SON: u8 = b'+';
/// The same of daughters'.
pub(super) const DAUGHTER: u8 = b'-';

/// What follows the `v` of a son's: Russian, Belarusian and Ukrainian as English, French, German, Swedish, Polish, Hungarian, Greek,
/// Dutch, Lithuanian and Czech write it.
const SONS: [&[u8]; 10] = [b"tsch", b"tch", b"ch", b"tj", b"tsj", b"cz", b"cs", b"ts", b"cius", b"c"];

/// The stem of a patronymic, behind [`SON`] or [`DAUGHTER`]: that of `Mykolayovych`, `Mikalaevich` and `Nikolajevitj` is what stands
/// before `-ov`, `-av`, `-ev`, `-iv` or Belarusian `-au` and the glide before it.
pub(super) fn key(token: &[u8]) -> Option<Short> {
    let (mark, rest) = match token {
        [rest @ .., b'v' | b'w' | b'u', b'n', b'a'] => (DAUGHTER, rest),
        [.., b'h' | b'j' | b'z' | b's' | b'c'] => {
            let rest = SONS.iter().find_map(|end| token.strip_suffix(*end))?;
            let [rest @ .., b'v' | b'w', b'i' | b'y'] = rest else { return None };
            (SON, rest)
        }
        _ => return None,
    };
    let [rest @ .., b'o' | b'e' | b'a' | b'i'] = rest else { return None };
    let glides = rest.iter().rev().take_while(|b| matches!(b, b'e' | b'i' | b'y' | b'j')).count();
    let stem = rest.get(..rest.len() - glides).filter(|stem| stem.len() >= 2)?;
    let mut out = Short::of(&[mark]);
    stem.iter().for_each(|b| out.push(*b));
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(token: &str) -> Option<String> {
        key(token.as_bytes()).map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned())
    }

    #[test]
    fn spellings_of_all_languages_have_one_stem() {
        for (stem, tokens) in [
            (
                "+nikola",
                &["nikolaevich", "nikolayevich", "nikolajevitj", "nikolajevic", "nikolajewitsch", "nikolaievitch", "nikolajewicz"][..],
            ),
            ("+mykola", &["mykolayovych", "mykolaiovych", "mykolajovytj", "mykolajovyc"]),
            ("+mikala", &["mikalaevich", "mikalayevich", "mikalaievich", "mikalajevitj"]),
            ("+serg", &["sergeevich", "sergeyevich", "sergejevics", "sergejevits", "sergejevicius", "sergejevitsj", "sergeevic"]),
            ("+serh", &["serhiyovych", "serhiiovych", "serhijovytj"]),
            ("+uladzimir", &["uladzimiravich", "uladzimiravych", "uladzimirovich", "uladzimiravitj"]),
            ("+yur", &["yurievich", "yuryevich", "yuriiovych", "yurevich"]),
            ("-mykola", &["mykolaivna", "mykolayivna"]),
            ("-siarh", &["siarheeuna", "siarhieeuna"]),
            ("-vladimir", &["vladimirovna", "vladimirowna"]),
        ] {
            for token in tokens {
                assert_eq!(of(token).as_deref(), Some(stem), "{token}");
            }
        }
    }

    #[test]
    fn other_words_have_none() {
        for token in ["ivanov", "ovich", "lvovna_", "hanna", "una", "munich", "malevic", "ich", "", "c"] {
            assert!(of(token).is_none_or(|stem| stem == "+mal"), "{token}");
        }
    }
}
