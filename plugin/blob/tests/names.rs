//! The normal form of names: a golden file, and what must hold for every name.

use proptest::prelude::*;
use weighbridge_blob::name::{Class, Folds, MAX_TOKENS, NameForm, WordTable};
use weighbridge_blob::words::Kind;

fn section() -> &'static [u8] {
    static SECTION: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    SECTION.get_or_init(|| weighbridge_blob::write::normalisation().unwrap())
}

fn form(kind: Kind, name: &str) -> NameForm {
    let mut form = NameForm::default();
    form.read(kind, name, &WordTable::open(section()).unwrap());
    form
}

fn key(kind: Kind, name: &str) -> String {
    let mut out = String::new();
    form(kind, name).key(&mut out);
    out
}

/// `kind<TAB>name<TAB>form` a line. `BLESS=1` rewrites the forms.
#[test]
fn golden() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/names.golden");
    let text = std::fs::read_to_string(path).unwrap();
    let (mut lines, mut wrong, mut out) = (0, Vec::new(), String::new());
    for line in text.lines() {
        if line.starts_with('#') || line.is_empty() {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        let mut parts = line.splitn(3, '\t');
        let (kind, name, told) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap_or(""));
        let found = form(kind.parse().unwrap(), name).to_string();
        if found != told {
            wrong.push(format!("{kind} `{name}`: found `{found}`, the file tells `{told}`"));
        }
        lines += 1;
        out.push_str(&format!("{kind}\t{name}\t{found}\n"));
    }
    assert!(lines >= 500, "{lines}");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, out).unwrap();
    } else {
        assert!(wrong.is_empty(), "{} of {lines}:\n{}", wrong.len(), wrong.join("\n"));
    }
}

/// What the words of a body's name, as they are written, may be shortened to.
#[test]
fn acronyms_are_the_first_letters_of_the_words_as_written() {
    let of = |kind: Kind, name: &str, every: bool| {
        let mut found = Vec::new();
        let form = form(kind, name);
        form.acronyms(every, |letters, words| found.push((String::from_utf8(letters.to_vec()).unwrap(), form.tokens_of(words))));
        found
    };
    let has = |name: &str, acronym: &str| of(Kind::Organization, name, false).iter().any(|(a, _)| a == acronym);
    assert!(has("Joint Stock Company Ulyanovskiy Mekhanicheskiy Zavod", "umz"));
    assert!(has("Voronezhskoe Aktsionernoe Samoletostroitelnoe Obshchestvo", "vaso") && has("Kholdingovaya Kompaniya Example", "khk"));
    assert!(has("Ministry of Defense for Armed Forces Logistics", "modafl") && has("Scientific and Technical Example Bureau", "steb"));
    assert!(has("Spetsialnoe konstruktorsko-tekhnologicheskoe byuro Plastik", "sktb"));
    assert!(!has("Ulyanovskiy Mekhanicheskiy Zavod JSC", "umzj") && !has("Ulyanovskiy Mekhanicheskiy Zavod", "ump"));
    assert_eq!(of(Kind::Person, "Ulyanov Mikhail Zakharovich", true), []);
    // Any neighbours: what they became, one bit each.
    let every = of(Kind::Organization, "Example Scientific and Technical Bureau Ltd", true);
    assert!(every.contains(&("stb".to_owned(), 0b11010)) || every.contains(&("stb".to_owned(), 0b1110)), "{every:?}");
}

/// Names that must have one key.
#[test]
fn slips_of_the_finger_lead_to_translated_words() {
    let words = WordTable::open(section()).unwrap();
    let near = |text: &str| {
        let mut found = Vec::new();
        words.near(text, |word| found.push(word));
        found
    };
    // Another letter, one less, one more, two swapped, and the first one.
    for text in ["mellu", "meli", "mellli", "melil", "nelli"] {
        assert!(near(text).contains(&"national"), "{text}: {:?}", near(text));
    }
    assert!(!near("mallu").contains(&"national"));
    assert!(near("").is_empty() && near("zzzzzz").is_empty());
}

#[test]
fn compounds_are_the_words_that_they_are_made_of() {
    let meet = |name: &str, english: &str| assert_eq!(key(Kind::Organization, name), key(Kind::Organization, english), "{name}");
    meet("Atomforschungszentrum", "Atomic Research Center");
    meet("Kernforschungsinstitut", "Nuclear Research Institute");
    meet("Staatssicherheitsministerium", "State Security Ministry");
    meet("Fahrzeugfabrik Example", "Vehicle Plant Example");
    // What brands are made of is no part of one, a part alone is no compound, and every letter must belong to a part.
    for name in ["Handelsbanken", "Technopromexport", "Rosselkhozbank", "Promstroybank", "Gazprombank", "Vneshtorgbank", "Testpribor"] {
        assert_eq!(form(Kind::Organization, name).tokens().len(), 1, "{name}");
    }
    assert_eq!(form(Kind::Organization, "Forschungszentrumx").tokens().len(), 1);
    // A person's name is one.
    assert_eq!(form(Kind::Person, "Atomforschungszentrum").tokens().len(), 1);
}

#[test]
fn equal_names_meet() {
    let one = |kind, names: &[&str]| {
        for name in names {
            assert_eq!(key(kind, name), key(kind, names[0]), "`{name}` and `{}`", names[0]);
        }
        assert!(!key(kind, names[0]).is_empty());
    };
    let company = Kind::Organization;
    one(
        company,
        &[
            "OOO Romashka",
            "ООО «Ромашка»",
            "Romashka LLC",
            "Obshchestvo s ogranichennoy otvetstvennostyu Romashka",
            "Romashka Limited Liability Company",
            "LIMITED LIABILITY COMANY ROMASHKA",
            "О.О.О. Ромашка",
        ],
    );
    one(
        company,
        &[
            "PJSC Severstal",
            "ПАО Северсталь",
            "Public Joint Stock Company Severstal",
            "Publichnoe aktsionernoe obshchestvo Severstal",
            "Severstal PAO",
        ],
    );
    one(company, &["Anglo Trading Co., Ltd.", "Anglo Trading Company Limited", "ANGLO TRADING LTD", "Anglo Trading L.T.D."]);
    one(company, &["Shenzhen Changguang Technology Co., Ltd.", "深圳长光科技有限公司", "深圳長光科技有限公司"]);
    one(company, &["Muller GmbH", "Müller G.m.b.H.", "Müller Gesellschaft mit beschränkter Haftung"]);
    one(company, &["Fajr Industries Group", "Fajr Ind. Grp", "Ｆａｊｒ Industries\u{200b} Group", "Fajr Industr1es Group"]);
    one(company, &["Golden Trading S.A. de C.V.", "GOLDEN TRADING SOCIEDAD ANONIMA DE CAPITAL VARIABLE"]);
    one(company, &["جي ام آي المحدودة", "GMI Ltd"]);
    one(company, &["پروژه‌های جی ام آی", "Project GMI"]);
    one(company, &["Γιαμάλ Γκρουπ", "Yamal Group"]);
    one(
        Kind::Person,
        &["Abd al-Rahman Hasan", "Abdurrahman Hasan", "ABDUL RAHMAN, Hasan", "عبد الرحمن حسن", "Abdirahman Hasan", "Abd-ur-Rehman Hasan"],
    );
    one(
        company,
        &["Ministry Defense Industry", "Υπουργείο Αμυντικής Βιομηχανίας", "Министерство отбраната промишлености", "وزارة الدفاع والصناعة"],
    );
    one(company, &["Industry Technology Example", "Industrijoms Tehnologiju Example"]);
    one(company, &["Hong Kong Shipping", "Hongkong Shipping"]);
    one(Kind::Person, &["General Mupenzi", "Kenraalimajuri Mupenzi", "Υποστράτηγος Mupenzi"]);
    one(Kind::Person, &["Salah al-Din Omar", "Salahuddin Omar", "Salaheddine Omar", "Salah ud-Din Omar"]);
    one(Kind::Person, &["Mullah Habibullah Khan", "Habib Ullah Khan", "Habibollah Khan"]);
    one(Kind::Person, &["Ivan Petrov", "Иван Петров", "PETROV, Ivan", "Іvan Petrov", "I\u{301}van Petrov", "𝐈𝐯𝐚𝐧 Petrov", "Iv4n Petrov"]);
    one(Kind::Person, &["Zhang Jianguo", "张建国", "張建國"]);
    one(Kind::Person, &["Kim Jong Un", "김정은"]);
}

#[test]
fn different_names_do_not() {
    for (kind, a, b) in [
        (Kind::Organization, "Muller AG", "Muller GmbH"),
        (Kind::Organization, "Unit 61398", "Unit 61399"),
        (Kind::Organization, "Romashka LLC", "Romashka JSC"),
        (Kind::Person, "Ivan Petrov", "Ivana Petrova"),
        (Kind::Person, "Ali Hasan", "Ali Husayn"),
    ] {
        assert_ne!(key(kind, a), key(kind, b));
    }
}

#[test]
fn adversaries() {
    let far = |name: &str| form(Kind::Organization, name);
    assert!(far(&"\u{301}".repeat(128)).tokens().is_empty());
    assert!(far(&format!("a{}", "\u{301}".repeat(127))).folds().contains(Folds::MARKS));
    assert!(far(&"a".repeat(1 << 20)).truncated());
    assert!(far(&"ﷺ ".repeat(600)).tokens().len() <= MAX_TOKENS);
    assert!(far(&"x ".repeat(5_000)).truncated());
    for empty in ["", "\0", "\0\0", "💥💥", "\u{202e}\u{202d}", "... !!! ---", "\u{fffd}"] {
        assert!(far(empty).tokens().is_empty(), "{empty:?} {}", far(empty));
        assert_eq!(key(Kind::Person, empty), "");
    }
    for weak in ["LLC", "ООО", "Co., Ltd.", "the of and", "Trading Company", "有限公司", "7", "A"] {
        assert!(!far(weak).distinctive(), "{weak} {}", far(weak));
        assert!(!far(weak).tokens().is_empty(), "{weak}");
    }
    assert_eq!(far("\u{202e}ad\u{202c}min\0istry x").to_string(), "administry x | invisible bidi");
    assert!(form(Kind::Person, "14\u{200d}𝟏𝟒").tokens().iter().all(|t| t.class == Class::Number));
}

/// The words that a text begins with are those that are found alone.
#[test]
fn beginnings_are_words() {
    let words = WordTable::open(section()).unwrap();
    for kind in [Kind::Person, Kind::Organization] {
        for text in ["tradingcompany", "bankofcommerce", "abdulrahman", "x", "", "zavodimeni", &"bank".repeat(20)] {
            let ends = words.beginnings(kind, text.as_bytes());
            for len in 0..=text.len().min(63) {
                assert!(words.canonical(kind, &text[..len]).is_none() || ends >> len & 1 == 1, "{kind} {text} {len}");
            }
        }
    }
    assert_eq!(words.beginnings(Kind::Organization, b"trading") >> 7, 1);
    assert_eq!(words.beginnings(Kind::Organization, b"qqq"), 0);
}

#[test]
fn equivalents_and_frequency() {
    let words = WordTable::open(section()).unwrap();
    let share = |a: &str, b: &str| words.groups(a).any(|g| words.groups(b).any(|h| g.id == h.id));
    assert!(share("muhammad", "mehmet") && share("lee", "ri") && share("aleksandr", "sasha") && share("zhang", "cheung"));
    assert!(!share("muhammad", "ali"));
    assert!(words.groups("sasha").all(|g| g.nick) && words.groups("aleksandr").any(|g| !g.nick));
    assert_eq!(words.groups("zzyzx").count(), 0);
    assert_eq!(words.frequency("zzyzx"), 0);
    for (name, least) in [("maria", 10), ("muhammad", 8), ("ivan", 6), ("chen", 6), ("kim", 6)] {
        assert!(words.frequency(name) >= least, "{name} {}", words.frequency(name));
    }
}

fn any_name() -> impl Strategy<Value = String> {
    let scripts = "[а-яА-ЯёіїєґўјљњћџA-Za-z0-9 .'&-]{0,40}|[α-ωΑ-Ωa-z ]{0,30}|[\u{5d0}-\u{5ea} ]{0,30}|[\u{621}-\u{64a}\u{64b}-\u{652}\u{67e}\u{686}\u{6af}\u{6cc} ]{0,40}|[\u{900}-\u{97f} ]{0,30}|[\u{4e00}-\u{9fff}\u{3041}-\u{30ff} ]{0,12}|[\u{ac00}-\u{d7a3} ]{0,8}|[\u{531}-\u{587}\u{10d0}-\u{10ff}\u{e01}-\u{e4d} ]{0,20}|\\PC{0,60}|(abd|al|el|din|allah|bin|ullah|abdul|rahman|as|ltd|co|joint|stock|company|public|[a-z]{1,9})( (abd|al|el|ud|din|allah|lah|rahman|salam|ltd|co|joint|stock|limited|liability|company|public|and|[a-z]{1,9})){0,8}";
    scripts.prop_map(|s| s)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Reading the normal form again changes nothing, and its text is plain.
    #[test]
    fn stable(name in any_name(), kind in 0_usize..5) {
        let kind = Kind::ALL[kind];
        let mut first = form(kind, &name);
        let mut text = String::new();
        first.ordered(&mut text);
        prop_assert!(text.bytes().all(|b| b == b' ' || b.is_ascii_lowercase() || b.is_ascii_digit()), "{}", text);
        if !first.truncated() {
            let mut again = form(kind, &text);
            let mut second = String::new();
            again.ordered(&mut second);
            prop_assert_eq!(&text, &second);
            let (mut a, mut b) = (String::new(), String::new());
            first.key(&mut a);
            again.key(&mut b);
            prop_assert_eq!(a, b);
        }
    }

    /// A used buffer reads like a new one.
    #[test]
    fn no_memory(one in any_name(), two in any_name()) {
        let words = WordTable::open(section()).unwrap();
        let mut used = NameForm::default();
        used.read(Kind::Organization, &one, &words);
        used.read(Kind::Person, &two, &words);
        prop_assert_eq!(used.to_string(), form(Kind::Person, &two).to_string());
    }

    /// A damaged section never panics: it answers something, or does not open.
    #[test]
    fn damaged(name in any_name(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = section().to_vec();
        let index = at.index(bytes.len());
        bytes[index] = byte;
        if let Ok(words) = WordTable::open(&bytes) {
            let mut form = NameForm::default();
            form.read(Kind::Organization, &name, &words);
            form.read(Kind::Person, &name, &words);
            prop_assert!(form.tokens().len() <= MAX_TOKENS);
        }
    }
}
