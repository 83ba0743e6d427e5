//! Countries and regions as the lists write them, to ISO 3166 codes.

use std::collections::HashMap;
use std::sync::LazyLock;
use weighbridge_blob::place::Place;

/// What a country text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Country {
    /// A country, or a region of one.
    Place(Place),
    /// The text says that there is none, or names several: empty, "undetermined".
    None,
    /// A text that is not known here. The caller keeps it and reports it.
    Unknown,
}

/// The place that a text names: an English name in any usual spelling, or an assigned ISO 3166-1 alpha-2 code, or
/// an ISO 3166-2 code of an assigned country. Case, accents, punctuation and "the" do not matter.
///
/// Regions that have rules of their own keep their code (`Region: Crimea` is `UA-43`); Gaza and the West Bank are
/// `PS`. A country that is gone and has no single successor (`Netherlands Antilles`) is unknown.
pub fn place(text: &str) -> Country {
    let text = text.trim();
    let key = key(text);
    // A name in another script folds to nothing, and is not the same as no name.
    if text.is_empty() || NONE.contains(&key.as_str()) {
        return Country::None;
    }
    let code = TABLE.get(key.as_str()).copied().or_else(|| {
        let upper = text.is_ascii() && text.bytes().all(|b| !b.is_ascii_lowercase());
        let country = text.get(..2)?;
        let region = text.len() == 2 || text.as_bytes().get(2) == Some(&b'-');
        (upper && region && CODES.iter().any(|(code, _)| *code == country)).then_some(text)
    });
    match code.and_then(|code| code.parse().ok()).filter(|place: &Place| place.is_code()) {
        Some(place) => Country::Place(place),
        None => Country::Unknown,
    }
}

/// Texts that say "no country".
const NONE: &[&str] = &["0", "na", "n a", "none", "none identified", "unknown", "undetermined", "stateless", "not applicable"];

static TABLE: LazyLock<HashMap<&str, &str>> =
    LazyLock::new(|| CODES.iter().flat_map(|(code, names)| names.iter().map(|name| (*name, *code))).collect());

/// Lower case, without accents, punctuation and the word "the"; single blanks between words.
fn key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            '\'' | '\u{2019}' => {}
            '&' => key.push_str(" and "),
            // A combining mark: Turkish capital dotted I in lower case leaves one.
            '\u{300}'..='\u{36f}' => {}
            c if c.is_ascii_alphanumeric() => key.push(c),
            c => match unaccented(c) {
                Some(plain) => key.push(plain),
                None => key.push(' '),
            },
        }
    }
    key.split_whitespace().filter(|word| *word != "the").collect::<Vec<_>>().join(" ")
}

/// The letters with accents that occur in names of countries.
fn unaccented(c: char) -> Option<char> {
    Some(match c {
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' | 'ı' => 'i',
        'ñ' => 'n',
        'ò'..='ö' => 'o',
        'ù'..='ü' => 'u',
        _ => return None,
    })
}

/// ISO 3166-1 codes with the names that OFAC, BIS, the UN, the UK and the EU use, as [`key`] folds them; then the
/// regions of Ukraine that sanctions rules name. `XK` is user-assigned and means Kosovo everywhere.
const CODES: &[(&str, &[&str])] = &[
    ("AF", &["afghanistan"]),
    ("AX", &["aland islands"]),
    ("AL", &["albania"]),
    ("DZ", &["algeria"]),
    ("AS", &["american samoa"]),
    ("AD", &["andorra"]),
    ("AO", &["angola"]),
    ("AI", &["anguilla"]),
    ("AQ", &["antarctica"]),
    ("AG", &["antigua and barbuda"]),
    ("AR", &["argentina"]),
    ("AM", &["armenia"]),
    ("AW", &["aruba"]),
    ("AU", &["australia"]),
    ("AT", &["austria"]),
    ("AZ", &["azerbaijan"]),
    ("BS", &["bahamas"]),
    ("BH", &["bahrain"]),
    ("BD", &["bangladesh"]),
    ("BB", &["barbados"]),
    ("BY", &["belarus"]),
    ("BE", &["belgium"]),
    ("BZ", &["belize"]),
    ("BJ", &["benin"]),
    ("BM", &["bermuda"]),
    ("BT", &["bhutan"]),
    ("BO", &["bolivia", "bolivia plurinational state of", "plurinational state of bolivia"]),
    ("BQ", &["bonaire sint eustatius and saba"]),
    ("BA", &["bosnia and herzegovina", "bosnia herzegovina", "bosnia"]),
    ("BW", &["botswana"]),
    ("BV", &["bouvet island"]),
    ("BR", &["brazil"]),
    ("IO", &["british indian ocean territory"]),
    ("BN", &["brunei", "brunei darussalam"]),
    ("BG", &["bulgaria"]),
    ("BF", &["burkina faso"]),
    ("BI", &["burundi"]),
    ("CV", &["cabo verde", "cape verde"]),
    ("KH", &["cambodia"]),
    ("CM", &["cameroon"]),
    ("CA", &["canada"]),
    ("KY", &["cayman islands"]),
    ("CF", &["central african republic"]),
    ("TD", &["chad"]),
    ("CL", &["chile"]),
    ("CN", &["china", "prc", "peoples republic of china", "china peoples republic of", "pr china", "p r c", "mainland china"]),
    ("CX", &["christmas island"]),
    ("CC", &["cocos keeling islands"]),
    ("CO", &["colombia"]),
    ("KM", &["comoros", "union of comoros"]),
    ("CG", &["congo republic of", "congo brazzaville", "republic of congo", "congo", "congo republic"]),
    (
        "CD",
        &["congo democratic republic of", "democratic republic of congo", "drc", "dr congo", "congo kinshasa", "zaire", "congo dem rep"],
    ),
    ("CK", &["cook islands"]),
    ("CR", &["costa rica"]),
    ("CI", &["cote d ivoire", "cote divoire", "ivory coast"]),
    ("HR", &["croatia"]),
    ("CU", &["cuba"]),
    ("CW", &["curacao"]),
    ("CY", &["cyprus"]),
    ("CZ", &["czechia", "czech republic"]),
    ("DK", &["denmark"]),
    ("DJ", &["djibouti"]),
    ("DM", &["dominica"]),
    ("DO", &["dominican republic"]),
    ("EC", &["ecuador"]),
    ("EG", &["egypt"]),
    ("SV", &["el salvador"]),
    ("GQ", &["equatorial guinea"]),
    ("ER", &["eritrea"]),
    ("EE", &["estonia"]),
    ("SZ", &["eswatini", "swaziland"]),
    ("ET", &["ethiopia"]),
    ("FK", &["falkland islands", "falkland islands malvinas"]),
    ("FO", &["faroe islands"]),
    ("FJ", &["fiji"]),
    ("FI", &["finland"]),
    ("FR", &["france"]),
    ("GF", &["french guiana"]),
    ("PF", &["french polynesia"]),
    ("TF", &["french southern territories"]),
    ("GA", &["gabon"]),
    ("GM", &["gambia"]),
    ("GE", &["georgia"]),
    ("DE", &["germany", "federal republic of germany"]),
    ("GH", &["ghana"]),
    ("GI", &["gibraltar"]),
    ("GR", &["greece"]),
    ("GL", &["greenland"]),
    ("GD", &["grenada"]),
    ("GP", &["guadeloupe"]),
    ("GU", &["guam"]),
    ("GT", &["guatemala"]),
    ("GG", &["guernsey"]),
    ("GN", &["guinea"]),
    ("GW", &["guinea bissau"]),
    ("GY", &["guyana"]),
    ("HT", &["haiti"]),
    ("HM", &["heard island and mcdonald islands"]),
    ("VA", &["holy see", "vatican city", "vatican"]),
    ("HN", &["honduras"]),
    ("HK", &["hong kong", "china hong kong special administrative region", "hong kong sar", "hong kong china", "hong kong s a r"]),
    ("HU", &["hungary"]),
    ("IS", &["iceland"]),
    ("IN", &["india"]),
    ("ID", &["indonesia"]),
    ("IR", &["iran", "iran islamic republic of", "islamic republic of iran"]),
    ("IQ", &["iraq"]),
    ("IE", &["ireland", "republic of ireland"]),
    ("IM", &["isle of man", "man isle of"]),
    ("IL", &["israel"]),
    ("IT", &["italy"]),
    ("JM", &["jamaica"]),
    ("JP", &["japan"]),
    ("JE", &["jersey"]),
    ("JO", &["jordan"]),
    ("KZ", &["kazakhstan"]),
    ("KE", &["kenya"]),
    ("KI", &["kiribati"]),
    ("KP", &["korea north", "north korea", "democratic peoples republic of korea", "dprk", "korea democratic peoples republic of"]),
    ("KR", &["korea south", "south korea", "republic of korea", "korea republic of"]),
    ("XK", &["kosovo", "republic of kosovo"]),
    ("KW", &["kuwait"]),
    ("KG", &["kyrgyzstan", "kyrgyz republic"]),
    ("LA", &["laos", "lao peoples democratic republic", "lao pdr"]),
    ("LV", &["latvia"]),
    ("LB", &["lebanon"]),
    ("LS", &["lesotho"]),
    ("LR", &["liberia"]),
    ("LY", &["libya", "libyan arab jamahiriya", "state of libya"]),
    ("LI", &["liechtenstein"]),
    ("LT", &["lithuania"]),
    ("LU", &["luxembourg"]),
    ("MO", &["macau", "macao", "china macao special administrative region", "macau sar"]),
    ("MG", &["madagascar"]),
    ("MW", &["malawi"]),
    ("MY", &["malaysia"]),
    ("MV", &["maldives"]),
    ("ML", &["mali", "region northern mali"]),
    ("MT", &["malta"]),
    ("MH", &["marshall islands"]),
    ("MQ", &["martinique"]),
    ("MR", &["mauritania"]),
    ("MU", &["mauritius"]),
    ("YT", &["mayotte"]),
    ("MX", &["mexico"]),
    ("FM", &["micronesia", "micronesia federated states of", "federated states of micronesia"]),
    ("MD", &["moldova", "republic of moldova", "moldova republic of"]),
    ("MC", &["monaco"]),
    ("MN", &["mongolia"]),
    ("ME", &["montenegro"]),
    ("MS", &["montserrat"]),
    ("MA", &["morocco"]),
    ("MZ", &["mozambique"]),
    ("MM", &["burma", "myanmar", "burma myanmar", "myanmar burma"]),
    ("NA", &["namibia"]),
    ("NR", &["nauru"]),
    ("NP", &["nepal"]),
    ("NL", &["netherlands", "holland", "netherlands kingdom of"]),
    ("NC", &["new caledonia"]),
    ("NZ", &["new zealand"]),
    ("NI", &["nicaragua"]),
    ("NE", &["niger"]),
    ("NG", &["nigeria"]),
    ("NU", &["niue"]),
    ("NF", &["norfolk island"]),
    (
        "MK",
        &[
            "north macedonia",
            "macedonia",
            "north macedonia republic of",
            "republic of north macedonia",
            "macedonia former yugoslav republic of",
        ],
    ),
    ("MP", &["northern mariana islands"]),
    ("NO", &["norway"]),
    ("OM", &["oman", "sultanate of oman"]),
    ("PK", &["pakistan"]),
    ("PW", &["palau"]),
    (
        "PS",
        &[
            "palestinian",
            "palestine",
            "state of palestine",
            "west bank",
            "gaza",
            "gaza strip",
            "region gaza",
            "region west bank",
            "west bank and gaza strip",
            "occupied palestinian territories",
            "palestinian territories",
            "palestine state of",
            "palestinian authority",
        ],
    ),
    ("PA", &["panama"]),
    ("PG", &["papua new guinea"]),
    ("PY", &["paraguay"]),
    ("PE", &["peru"]),
    ("PH", &["philippines"]),
    ("PN", &["pitcairn"]),
    ("PL", &["poland"]),
    ("PT", &["portugal"]),
    ("PR", &["puerto rico"]),
    ("QA", &["qatar"]),
    ("RE", &["reunion"]),
    ("RO", &["romania"]),
    ("RU", &["russia", "russian federation", "ussr"]),
    ("RW", &["rwanda"]),
    ("BL", &["saint barthelemy"]),
    ("SH", &["saint helena", "saint helena ascension and tristan da cunha"]),
    ("KN", &["saint kitts and nevis", "st kitts and nevis"]),
    ("LC", &["saint lucia", "st lucia"]),
    ("MF", &["saint martin"]),
    ("PM", &["saint pierre and miquelon"]),
    ("VC", &["saint vincent and grenadines", "st vincent and grenadines"]),
    ("WS", &["samoa"]),
    ("SM", &["san marino"]),
    ("ST", &["sao tome and principe"]),
    ("SA", &["saudi arabia"]),
    ("SN", &["senegal"]),
    ("RS", &["serbia"]),
    ("SC", &["seychelles"]),
    ("SL", &["sierra leone"]),
    ("SG", &["singapore"]),
    ("SX", &["sint maarten"]),
    ("SK", &["slovakia", "slovak republic"]),
    ("SI", &["slovenia"]),
    ("SB", &["solomon islands"]),
    ("SO", &["somalia"]),
    ("ZA", &["south africa"]),
    ("GS", &["south georgia and south sandwich islands"]),
    ("SS", &["south sudan"]),
    ("ES", &["spain"]),
    ("LK", &["sri lanka"]),
    ("SD", &["sudan"]),
    ("SR", &["suriname"]),
    ("SJ", &["svalbard and jan mayen"]),
    ("SE", &["sweden"]),
    ("CH", &["switzerland"]),
    ("SY", &["syria", "syrian arab republic"]),
    ("TW", &["taiwan", "taiwan province of china", "republic of china", "taiwan r o c"]),
    ("TJ", &["tajikistan"]),
    ("TZ", &["tanzania", "united republic of tanzania", "tanzania united republic of"]),
    ("TH", &["thailand"]),
    ("TL", &["timor leste", "east timor"]),
    ("TG", &["togo"]),
    ("TK", &["tokelau"]),
    ("TO", &["tonga"]),
    ("TT", &["trinidad and tobago"]),
    ("TN", &["tunisia"]),
    ("TR", &["turkey", "turkiye", "republic of turkiye"]),
    ("TM", &["turkmenistan"]),
    ("TC", &["turks and caicos islands"]),
    ("TV", &["tuvalu"]),
    ("UG", &["uganda"]),
    ("UA", &["ukraine"]),
    ("AE", &["united arab emirates", "uae", "u a e"]),
    (
        "GB",
        &[
            "united kingdom",
            "uk",
            "great britain",
            "united kingdom of great britain and northern ireland",
            "england",
            "scotland",
            "wales",
            "northern ireland",
            "u k",
        ],
    ),
    ("US", &["united states", "united states of america", "usa", "us", "u s a", "u s"]),
    ("UM", &["united states minor outlying islands"]),
    ("UY", &["uruguay"]),
    ("UZ", &["uzbekistan"]),
    ("VU", &["vanuatu"]),
    ("VE", &["venezuela", "venezuela bolivarian republic of", "bolivarian republic of venezuela"]),
    ("VN", &["vietnam", "viet nam"]),
    ("VG", &["virgin islands british", "british virgin islands"]),
    ("VI", &["virgin islands u s", "virgin islands us", "us virgin islands", "united states virgin islands"]),
    ("WF", &["wallis and futuna"]),
    ("EH", &["western sahara"]),
    ("YE", &["yemen"]),
    ("ZM", &["zambia"]),
    ("ZW", &["zimbabwe"]),
    (
        "UA-43",
        &[
            "crimea",
            "region crimea",
            "crimea region of ukraine",
            "autonomous republic of crimea",
            "crimea ukraine",
            "ukraine crimea",
            "crimea occupied",
        ],
    ),
    ("UA-40", &["sevastopol", "sebastopol", "region sevastopol", "sebastopol city", "city of sevastopol"]),
    (
        "UA-14",
        &[
            "donetsk",
            "region donetsk",
            "so called donetsk peoples republic",
            "donetsk peoples republic",
            "donetsk oblast",
            "donetsk region",
        ],
    ),
    (
        "UA-09",
        &[
            "luhansk",
            "region luhansk",
            "so called luhansk peoples republic",
            "luhansk peoples republic",
            "luhansk oblast",
            "luhansk region",
        ],
    ),
    (
        "UA-23",
        &[
            "zaporizhzhia",
            "region zaporizhzhia",
            "zaporizhia",
            "zaporizhzhya",
            "zaporizhzhia oblast",
            "zaporizhzhya oblast",
            "zaporizhia oblast",
        ],
    ),
    ("UA-65", &["kherson", "region kherson", "kherson oblast"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        match place(text) {
            Country::Place(found) => assert_eq!(found.to_string(), expected, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn names_of_every_publisher() {
        for (text, code) in [
            ("Korea, North", "KP"),
            ("Democratic People's Republic of Korea", "KP"),
            ("Democratic People\u{2019}s Republic of Korea", "KP"),
            ("Burma", "MM"),
            ("Congo, Democratic Republic of the", "CD"),
            ("Congo, Republic of the", "CG"),
            ("The Gambia", "GM"),
            ("Bahamas, The", "BS"),
            ("Cote d Ivoire", "CI"),
            ("Côte d'Ivoire", "CI"),
            ("TÜRKİYE", "TR"),
            ("Turkiye", "TR"),
            ("PRC", "CN"),
            ("P.R.C.", "CN"),
            ("U.A.E.", "AE"),
            ("North Macedonia, The Republic of", "MK"),
            ("Virgin Islands, British", "VG"),
            ("Region: Crimea", "UA-43"),
            ("Crimea Region of Ukraine", "UA-43"),
            ("Region: Gaza", "PS"),
            ("Iran (Islamic Republic of)", "IR"),
            ("China, Hong Kong Special Administrative Region", "HK"),
            ("RU", "RU"),
            ("UA-43", "UA-43"),
        ] {
            check(text, code);
        }
    }

    #[test]
    fn nothing_is_guessed() {
        for text in ["", "-0- ", " undetermined", "na"] {
            assert_eq!(place(text), Country::None, "{text:?}");
        }
        for text in ["Region: Kafia Kingi", "Netherlands Antilles", "QQ", "Atlantis", "ru", "USAX", "\u{1F30D}\u{1F30D}"] {
            assert_eq!(place(text), Country::Unknown, "{text:?}");
        }
    }

    #[test]
    fn the_table_is_folded_and_has_no_name_twice() {
        let mut seen = HashSet::new();
        for (code, names) in CODES {
            assert!(code.parse::<Place>().is_ok(), "{code}");
            for name in *names {
                assert_eq!(key(name), *name);
                assert!(seen.insert(*name), "{name}");
            }
        }
        assert_eq!(CODES.iter().filter(|(code, _)| code.len() == 2).count(), 250, "249 of ISO 3166-1, and Kosovo");
    }
}
