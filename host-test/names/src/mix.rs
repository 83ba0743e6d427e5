//! What is asked where no file says so: listed names as they are and as they get written, and ordinary names.
//!
//! All of it follows from the blob, its details and a fixed seed, so one blob gives the same questions everywhere.

use weighbridge_blob::Blob;
use weighbridge_blob::words::Kind;

#[path = "../../../listbuilder/src/calibrate/ordinary.rs"]
#[allow(dead_code, reason = "the builder uses all of it")]
mod ordinary;

use ordinary::Ordinary;

/// Questions, unless a file has others.
pub const QUESTIONS: usize = 20_000;

/// Ordinary names with numbers from here on: those before are the calibration's.
const FIRST_ORDINARY: u32 = 1_000_000;

/// Numbers by xorshift (Marsaglia 2003).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end.max(1)
    }
}

/// Of twenty questions: five listed names as they are (two of them in reading order), three with one slip of the finger and
/// one with two, one word left out, two words glued, one given name as a letter, one in Cyrillic, one in Arabic letters (of people); and
/// seven ordinary names, four of people and three of companies.
pub fn questions(blob: &Blob<'_>) -> Vec<(Option<Kind>, String)> {
    let listed: Vec<(Kind, String)> = (0..blob.entry_count())
        .filter_map(|number| blob.entry(number))
        .flat_map(|entry| {
            let names = blob.details(&entry).map(|details| details.names).unwrap_or_default();
            names.into_iter().map(move |(_, name)| (entry.kind, name.to_owned())).collect::<Vec<_>>()
        })
        .collect();
    let people = Ordinary::of(Kind::Person).expect("the table of ordinary names is whole");
    let companies = Ordinary::of(Kind::Organization).expect("the table of ordinary names is whole");
    let mut numbers = Numbers(0x5eed_0004);
    let mut out = Vec::with_capacity(QUESTIONS);
    for n in 0..QUESTIONS {
        let (kind, name) = &listed[numbers.below(listed.len())];
        let (mut kind, name) = (*kind, name.as_str());
        let asked = match n % 20 {
            0..3 => name.to_owned(),
            3 | 4 => reading_order(name),
            5..8 => slip(&reading_order(name), &mut numbers),
            8 => slip(&slip(&reading_order(name), &mut numbers), &mut numbers),
            9 => without(&reading_order(name), numbers.below(9)),
            10 => reading_order(name).replacen(' ', "", 1),
            11 => initial(&reading_order(name)),
            12 => spelt(&reading_order(name), CYRILLIC),
            // Bodies are translated into Arabic, not spelt.
            13 => spelt(&reading_order(name), if kind == Kind::Person { ARABIC } else { CYRILLIC }),
            n => {
                let (of, from) = if n < 17 { (Kind::Person, &people) } else { (Kind::Organization, &companies) };
                let mut name = String::new();
                from.compose(FIRST_ORDINARY + out.len() as u32, &mut name);
                kind = of;
                name
            }
        };
        out.push((Some(kind), asked));
    }
    out
}

/// What a caller may send to make the search work hard, or fall over (issue of the specification: adversaries). Each is asked
/// as a person, as an organisation and as anything.
pub fn adversaries() -> Vec<(String, String)> {
    let mut numbers = Numbers(0x5eed_0005);
    let mut random = |words: usize| -> Vec<String> {
        (0..words).map(|_| (0..12).map(|_| char::from(b'a' + numbers.below(26) as u8)).collect()).collect()
    };
    let of = |what: &str, text: &str| (what.to_owned(), text.to_owned());
    vec![
        of("fourteen times muhammad", &["muhammad"; 14].join(" ")),
        ("fourteen random words".to_owned(), random(14).join(" ")),
        ("a hundred random words".to_owned(), random(100).join(" ")),
        (
            "fourteen misspelt common words".to_owned(),
            "muhamad abdulah ahmmad aleksander vladimr mohamned ibrahm hasssan alaxander sergei husein intrenational tradng compny"
                .to_owned(),
        ),
        of("256 bytes of combining marks", &"\u{301}".repeat(128)),
        ("a letter under 256 bytes of combining marks".to_owned(), format!("a{}", "\u{301}".repeat(128))),
        of("one megabyte", &"Muhammad Al Random ".repeat(55_000)),
        of("one megabyte without a blank", &"muhammad".repeat(131_072)),
        of("a legal form", "LLC"),
        of("a legal form in Cyrillic", "ООО"),
        of("legal forms alone", "LLC ООО GmbH Ltd S.A."),
        of("stop words alone", "the and of for al bin de von"),
        of("one digit", "7"),
        of("emoji", "🙂🙃🧨🏴‍☠️"),
        of("right-to-left overrides", "\u{202e}damilocal nehaM\u{202c}\u{200f}"),
        of("NUL", "mu\0hammad\0"),
        of("a replaced surrogate", "muhammad \u{fffd}\u{fffd}"),
        of("one word of two thousand letters", &"x".repeat(2_000)),
        of("a thousand single letters", &"a ".repeat(1_000)),
    ]
}

/// `SURNAME, Given` turned round.
fn reading_order(name: &str) -> String {
    match name.split_once(", ") {
        Some((surname, given)) => format!("{given} {surname}"),
        None => name.to_owned(),
    }
}

/// Two neighbours swapped, a letter missing, doubled or another.
fn slip(name: &str, numbers: &mut Numbers) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    let places: Vec<usize> =
        (0..letters.len().saturating_sub(1)).filter(|n| letters[*n].is_alphabetic() && letters[n + 1].is_alphabetic()).collect();
    let Some(&at) = places.get(numbers.below(places.len())) else { return name.to_owned() };
    match numbers.below(4) {
        0 => letters.swap(at, at + 1),
        1 => drop(letters.remove(at)),
        2 => letters.insert(at, letters[at]),
        _ => letters[at] = char::from(b'a' + numbers.below(26) as u8),
    }
    letters.into_iter().collect()
}

/// Without one word, where two others stay.
fn without(name: &str, word: usize) -> String {
    let mut words: Vec<&str> = name.split(' ').collect();
    if words.len() > 2 {
        words.remove(word % words.len());
    }
    words.join(" ")
}

/// The first word as a letter.
fn initial(name: &str) -> String {
    match name.split_once(' ') {
        Some((first, rest)) => first.chars().take(1).chain(". ".chars()).chain(rest.chars()).collect(),
        None => name.to_owned(),
    }
}

/// Letters of another script, digraphs first.
fn spelt(name: &str, letters: &[(&str, &str)]) -> String {
    let name = name.to_lowercase();
    let (mut rest, mut out) = (name.as_str(), String::new());
    while let Some(c) = rest.chars().next() {
        let pair = letters.iter().find(|(from, _)| rest.starts_with(from));
        let (taken, put) = pair.map_or((c.len_utf8(), None), |(from, to)| (from.len(), Some(*to)));
        match put {
            Some(put) => out.push_str(put),
            None => out.push(c),
        }
        rest = &rest[taken..];
    }
    out
}

#[rustfmt::skip]
const CYRILLIC: &[(&str, &str)] = &[
    ("shch", "щ"), ("sh", "ш"), ("ch", "ч"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"), ("yu", "ю"), ("ya", "я"), ("ye", "е"), ("a", "а"),
    ("b", "б"), ("c", "к"), ("d", "д"), ("e", "е"), ("f", "ф"), ("g", "г"), ("h", "х"), ("i", "и"), ("j", "дж"), ("k", "к"), ("l", "л"),
    ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("q", "к"), ("r", "р"), ("s", "с"), ("t", "т"), ("u", "у"), ("v", "в"), ("w", "в"),
    ("x", "кс"), ("y", "й"), ("z", "з"), ("'", "ь"),
];

/// Consonants and long vowels; short vowels are not written.
#[rustfmt::skip]
const ARABIC: &[(&str, &str)] = &[
    ("sh", "ش"), ("kh", "خ"), ("gh", "غ"), ("th", "ث"), ("dh", "ذ"), ("ch", "تش"), ("aa", "ا"), ("ou", "و"), ("oo", "و"), ("ee", "ي"),
    ("a", ""), ("e", ""), ("i", "ي"), ("o", "و"), ("u", "و"), ("b", "ب"), ("c", "ك"), ("d", "د"), ("f", "ف"), ("g", "غ"), ("h", "ح"),
    ("j", "ج"), ("k", "ك"), ("l", "ل"), ("m", "م"), ("n", "ن"), ("p", "ب"), ("q", "ق"), ("r", "ر"), ("s", "س"), ("t", "ت"), ("v", "ف"),
    ("w", "و"), ("x", "كس"), ("y", "ي"), ("z", "ز"), ("'", "ع"),
];
