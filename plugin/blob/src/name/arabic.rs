//! Parts of Arabic names that lists write in one word, two or three: `Abd al-Rahman`, `Nur al-Din`, `Habib Ullah`.

use super::canon::kept;
use super::{Class, Line};

/// What follows `abd`: the names of God that servants are named after, with their spellings. The first is canonical.
const SERVANT_OF: &[&[&str]] = &[
    &["rahman", "rahmane", "rahmaan", "raman", "rehman", "rakhman", "rehmaan", "rahmon", "rakhmon", "rachman"],
    &["rahim", "raheem", "rakhim", "rehim"],
    &["aziz", "azeez", "azis"],
    &["karim", "kareem", "kerim"],
    &["qadir", "qader", "kader", "kadir", "gadir", "gader", "qadeer", "ghader", "quadir", "kadyr"],
    &["malik", "malek", "maalik"],
    &["hamid", "hameed", "hamied", "hamyd", "khamid"],
    &["majid", "majeed", "madjid", "mageed", "magid", "mejid"],
    &["salam", "salaam", "selam", "saleem", "salem"],
    &["latif", "lateef", "latyf"],
    &["wahid", "waheed", "vahid", "ouahid"],
    &["ghani", "ghany", "gani", "ghanee", "rani"],
    &["hakim", "hakeem", "hekim", "khakim"],
    &["jabbar", "jabar", "djabbar", "gabbar", "djabar"],
    &["razzaq", "razaq", "razzak", "razak", "razzaque", "razzag", "rezak", "razeq", "raziq", "razig"],
    &["wahhab", "wahab", "vahab", "ouahab", "wehab"],
    &["halim", "haleem", "khalim"],
    &["baqi", "baki", "bagi", "baqy"],
    &["fattah", "fatah", "fettah", "fatih"],
    &["hadi", "hady", "hedi"],
    &["basit", "baset", "basset", "bassit", "baseer", "basir"],
    &["samad", "samed", "samat"],
    &["munim", "moneim", "monem", "monim", "menem", "mounim", "munem"],
    &["haq", "haqq", "hak", "haque", "hagh", "hakk"],
    &["hay", "hai", "hayy", "hei"],
    &["raouf", "rauf", "raoof", "rawf", "raof", "rouf"],
    &["rashid", "rasheed", "rachid", "reshid"],
    &["manan", "mannan"],
    &["sattar", "satar", "settar"],
    &["ilah", "elah"],
    &["nasir", "nasser", "nacer", "naser", "nasr"],
    &["ghafur", "ghafoor", "gafur", "gafoor", "ghafar", "ghaffar", "gaffar"],
    &["quddus", "qudus", "qodus", "quddos", "kuddus", "qoddus"],
    &["wali", "waly", "vali"],
    &["husayn", "hussein", "hussain", "hossein", "husain"],
    &["amir", "ameer"],
    &["muhsin", "mohsin", "mohsen"],
    &["muttalib", "mutalib", "motaleb", "muttaleb"],
    &["wadud", "wadood", "vadud"],
    &["khaliq", "khalik", "khaleq"],
    &["matin", "mateen"],
    &["zahir", "zaher"],
    &["jalil", "jaleel", "djalil", "gelil"],
    &["qahhar", "qahar", "kahar", "qahhor", "kahhor"],
    &["qayyum", "qayum", "qayoum", "qayoom", "kayum", "qayyoum"],
    &["shakur", "shakoor", "shukur"],
    &["salih", "saleh"],
    &["bari", "bary"],
    &["mumin", "momin"],
    &["hafiz", "hafeez", "hafez"],
    &["alim", "aleem"],
    &["ahad", "akhad"],
    &["sami", "samee", "samie"],
    &["mutii", "muti"],
];

/// Merges what belongs together. Nothing moves before the first difference. Whether something was merged or respelt. `barren`: as
/// [`super::canon`] has it.
pub(super) fn units(line: &mut Line, out: &mut Line, barren: &mut u64) -> bool {
    let (mut changed, mut moved) = (false, false);
    let mut left = 0;
    let mut at = 0;
    out.clear();
    while let Some((token, text)) = line.get(at) {
        let start = out.text.len();
        let mut stay = |out: &mut Line, class: Class| {
            if moved {
                left |= kept(*barren, at, out.tokens.len());
                out.push(text, class, token.flags);
            }
        };
        if token.class == Class::Title {
            stay(out, token.class);
            at += 1;
            continue;
        }
        let Some(taken) = unit(line, at, out) else {
            // `ash Sham`, `ar Rahman`: the article takes the consonant after it.
            let next = line.get(at + 1).map(|(_, t)| t).unwrap_or_default();
            if !is_article(text, next) || text == "al" && token.class == Class::Particle {
                stay(out, token.class);
            } else {
                if !moved {
                    (moved, left) = (true, out.begin(line, at, *barren));
                }
                changed |= text != "al";
                out.push("al", Class::Particle, token.flags);
            }
            at += 1;
            continue;
        };
        let flags = (at..at + taken).filter_map(|i| line.get(i)).fold(0, |flags, (t, _)| flags | t.flags);
        let same = taken == 1 && out.text.get(start..) == Some(text);
        changed |= !same;
        if moved {
            out.close(start, Class::Name, flags);
        } else if same && token.class == Class::Name {
            out.text.clear();
        } else {
            (moved, left) = (true, out.begin(line, at, *barren));
            let start = out.text.len();
            unit(line, at, out);
            out.close(start, Class::Name, flags);
        }
        at += taken;
    }
    if moved {
        out.truncated |= line.truncated;
        std::mem::swap(line, out);
        *barren = left;
    }
    changed
}

/// Writes what begins at a token as one word and answers the tokens it takes, if something does.
fn unit(line: &Line, at: usize, out: &mut Line) -> Option<usize> {
    servant(line, at, out).or_else(|| of_faith(line, at, out))
}

/// `al`, or the article before a consonant that it becomes: `as Sabah`, `ud Din`.
fn is_article(text: &str, next: &str) -> bool {
    match text.as_bytes() {
        b"al" | b"el" | b"ul" => true,
        [b'a' | b'e' | b'u' | b'i', consonant @ (b'd' | b'n' | b'r' | b's' | b't' | b'z')] => {
            next.len() > 2 && next.as_bytes().first() == Some(consonant) && !matches!(text, "is" | "it" | "ed" | "ez" | "in")
        }
        b"ash" | b"esh" | b"ush" => next.len() > 3 && next.starts_with("sh"),
        _ => false,
    }
}

/// `abd al X`, `abdul X`, `abdulX`: writes the unit and answers the tokens it takes.
fn servant(line: &Line, at: usize, out: &mut Line) -> Option<usize> {
    let word = |i: usize| line.get(i).map(|(_, text)| text);
    let text = word(at)?;
    let rest = text.strip_prefix("abd")?;
    let next = word(at + 1).unwrap_or_default();
    let short =
        |taken: usize| line.get(at + taken).filter(|(t, x)| matches!(t.class, Class::Name | Class::Title | Class::Number) && x.len() > 1);
    let mut write = |name: &str| {
        out.text.push_str("abdul");
        out.text.push_str(divine(name).unwrap_or(name));
    };
    match text {
        "abd" if next == "allah" || next == "ullah" => {
            out.text.push_str("abdullah");
            return Some(2);
        }
        "abd" if is_article(next, word(at + 2).unwrap_or_default()) && short(2).is_some() => {
            if word(at + 2)? == "lah" {
                out.text.push_str("abdullah");
            } else {
                write(word(at + 2)?);
            }
            return Some(3);
        }
        // The article twice: `Abdul al Rahman`.
        "abdul" | "abdel"
            if is_article(next, word(at + 2).unwrap_or_default()) && word(at + 2).is_some_and(|name| divine(name).is_some()) =>
        {
            write(word(at + 2)?);
            return Some(3);
        }
        "abdul" | "abdel" | "abdal" | "abdol" | "abdoul" | "abdil" | "abdu" | "abdou" if short(1).is_some() => {
            if matches!(next, "lah" | "allah" | "ullah") {
                out.text.push_str("abdullah")
            } else {
                write(next)
            }
            return Some(2);
        }
        "abdur" | "abder" | "abdir" | "abdar" | "abdour" if next.starts_with('r') && short(1).is_some() => {
            write(next);
            return Some(2);
        }
        "abdus" | "abdes" | "abdas" | "abdous" if next.starts_with('s') && short(1).is_some() => {
            write(next);
            return Some(2);
        }
        "abd" | "abdi" if divine(next).is_some() => {
            write(next);
            return Some(2);
        }
        "abdallah" | "abdollah" | "abdulla" | "abdalla" | "abdoullah" | "abdellah" | "abdolah" | "abdulah" | "abdulloh" | "abdoullahi"
        | "abdullahi" | "abdilla" | "abdella" | "abdllah" => {
            out.text.push_str("abdullah");
            return Some(1);
        }
        _ => {}
    }
    let rest = rest.trim_start_matches(['a', 'e', 'i', 'o', 'u']);
    // The article, whole or turned into the consonant after it.
    let bare = rest.strip_prefix('l').filter(|r| divine(r).is_some()).or_else(|| {
        let first = rest.chars().next()?;
        rest.get(1..).filter(|r| r.starts_with(first) && divine(r).is_some())
    });
    let name = bare.or_else(|| Some(rest).filter(|r| divine(r).is_some()))?;
    write(name);
    Some(1)
}

/// The canonical spelling of a name of God that servants are named after (`Rehman`: `rahman`), if it is one.
pub fn servant_of(name: &str) -> Option<&'static str> {
    divine(name)
}

fn divine(name: &str) -> Option<&'static str> {
    if name.len() < 3 {
        return None;
    }
    SERVANT_OF.iter().find(|spellings| spellings.contains(&name)).and_then(|spellings| spellings.first().copied())
}

/// Whether a word has the last letters of one of those below: most have not.
fn ends_in_faith(text: &str) -> bool {
    matches!(
        text.as_bytes(),
        [.., b'd', b'i' | b'y', b'n']
            | [.., b'i' | b'y', b'n', b'e']
            | [.., b'i', b'e', b'n']
            | [.., b'e', b'e', b'n']
            | [.., b'l', b'a' | b'o', b'h']
            | [.., b'l', b'l', b'a']
    )
}

/// `Nur al Din`, `Nuruddin`, `Habib ullah`, `Habibollah`: writes the unit and answers the tokens it takes.
fn of_faith(line: &Line, at: usize, out: &mut Line) -> Option<usize> {
    let word = |i: usize| line.get(i).map(|(_, text)| text);
    let (token, text) = line.get(at)?;
    if !matches!(token.class, Class::Name) || text.len() < 2 {
        return None;
    }
    let is_din = |w: &str| {
        matches!(w, "din" | "deen" | "dine" | "dyn" | "dyne" | "dien" | "eddin" | "uddin" | "eddine" | "aldin" | "uldin" | "addin")
    };
    let is_allah = |w: &str| matches!(w, "allah" | "ullah" | "ollah" | "ulla" | "olla" | "lah" | "alla");
    let stem = |text: &str| -> usize { text.trim_end_matches(['u', 'a', 'e', 'i', 'o']).len().max(2) };
    if let Some(next) = word(at + 1) {
        let third = word(at + 2).unwrap_or_default();
        let ends = if ends_in_faith(third) && (is_din(third) || is_allah(third)) && is_article(next, third) {
            Some((third, 3))
        } else if ends_in_faith(next)
            && (is_din(next) && next.len() > 4 || is_allah(next) && next != "lah")
            && line.get(at + 1).is_some_and(|(t, _)| t.class == Class::Name)
        {
            Some((next, 2))
        } else {
            None
        };
        if let Some((end, taken)) = ends {
            out.text.push_str(text);
            out.text.push_str(if is_din(end) { "uddin" } else { "ullah" });
            return Some(taken);
        }
    }
    if !ends_in_faith(text) {
        return None;
    }
    for (ending, canonical) in [
        ("aldin", "uddin"),
        ("eldin", "uddin"),
        ("uldin", "uddin"),
        ("eddine", "uddin"),
        ("eddin", "uddin"),
        ("addin", "uddin"),
        ("ouddine", "uddin"),
        ("uddine", "uddin"),
        ("uddeen", "uddin"),
        ("iddin", "uddin"),
        ("oddin", "uddin"),
        ("udeen", "uddin"),
        ("adeen", "uddin"),
        ("ollah", "ullah"),
        ("oullah", "ullah"),
        ("ullah", "ullah"),
        ("allah", "ullah"),
        ("ulla", "ullah"),
        ("olla", "ullah"),
        ("ulloh", "ullah"),
    ] {
        if let Some(head) = text.strip_suffix(ending)
            && head.len() >= 3
        {
            out.text.push_str(head.get(..stem(head)).unwrap_or(head));
            out.text.push_str(canonical);
            return Some(1);
        }
    }
    None
}
