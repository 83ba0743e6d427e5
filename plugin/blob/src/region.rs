//! Regions of Ukraine by code and by name. Rules for them must hold whoever drew the map and however it is spelt, for the
//! builder that reads address databases and for the gate that hears a platform.

use crate::normal::lower_case;
use crate::place::Place;

/// ISO 3166-2:UA, and the words that its names are known by once endings and words for "region" are off.
const UKRAINE: &[(&str, &[&str])] = &[
    ("43", &["crimea", "krym", "krim", "крым", "крим", "qirim"]),
    ("40", &["sevastopol", "sebastopol", "севастополь"]),
    ("14", &["donetsk", "donetska", "donetskaya", "donetskaja", "doneck", "донецк", "донецьк", "донецкая", "донецька", "dnr", "dpr"]),
    ("09", &["luhansk", "luhanska", "lugansk", "luganskaya", "luganskaja", "луганск", "луганськ", "луганская", "луганська", "lnr", "lpr"]),
    (
        "23",
        &[
            "zaporizhzhia",
            "zaporizhia",
            "zaporizhzhya",
            "zaporizhya",
            "zaporizhzhe",
            "zaporizka",
            "zaporizhska",
            "zaporozhye",
            "zaporozhe",
            "zaporozhskaya",
            "zaporozhzhya",
            "zaporozhia",
            "запорожье",
            "запоріжжя",
            "запорожская",
            "запорізька",
        ],
    ),
    ("65", &["kherson", "khersonska", "khersonskaya", "herson", "cherson", "херсон", "херсонская", "херсонська"]),
    ("05", &["vinnytsia", "vinnytska", "vinnitsa", "vinnytsya", "vinnitskaya"]),
    ("07", &["volyn", "volynska", "volhynia", "volynskaya"]),
    ("12", &["dnipropetrovsk", "dnipropetrovska", "dnepropetrovsk", "dnepropetrovskaya", "dnipro"]),
    ("18", &["zhytomyr", "zhytomyrska", "zhitomir", "zhitomirskaya"]),
    ("21", &["zakarpattia", "zakarpatska", "transcarpathia", "zakarpatskaya", "zakarpattya"]),
    ("26", &["ivanofrankivsk", "ivanofrankivska", "ivanofrankovsk", "ivanofrankovskaya"]),
    ("32", &["kyivoblast", "kievoblast", "kyivska", "kievskaya"]),
    ("30", &["kyiv", "kiev"]),
    ("35", &["kirovohrad", "kirovohradska", "kirovograd", "kirovogradskaya"]),
    ("46", &["lviv", "lvivska", "lvov", "lvovskaya"]),
    ("48", &["mykolaiv", "mykolayiv", "mykolaivska", "nikolaev", "nikolayev", "nikolaevskaya"]),
    ("51", &["odesa", "odessa", "odeska", "odesskaya"]),
    ("53", &["poltava", "poltavska", "poltavskaya"]),
    ("56", &["rivne", "rivnenska", "rovno", "rovenskaya"]),
    ("59", &["sumy", "sumska", "sumskaya"]),
    ("61", &["ternopil", "ternopilska", "ternopol", "ternopolskaya"]),
    ("63", &["kharkiv", "kharkivska", "kharkov", "kharkovskaya"]),
    ("68", &["khmelnytskyi", "khmelnytskyy", "khmelnytska", "khmelnitsky", "khmelnitskiy", "khmelnitskaya"]),
    ("71", &["cherkasy", "cherkaska", "cherkassy", "cherkasskaya"]),
    ("77", &["chernivtsi", "chernivetska", "chernovtsy", "chernovitskaya"]),
    ("74", &["chernihiv", "chernihivska", "chernigov", "chernigovskaya"]),
];

/// Words of names that say what kind of region it is.
const KINDS: &[&str] = &[
    "oblast",
    "oblasts",
    "region",
    "province",
    "city",
    "misto",
    "gorod",
    "republic",
    "respublika",
    "autonomous",
    "avtonomna",
    "peoples",
    "narodnaya",
    "of",
    "the",
    "federal",
    "special",
    "status",
    "with",
    "область",
    "республика",
    "республіка",
    "автономна",
    "автономная",
    "народная",
    "город",
    "місто",
];

/// The region of Ukraine with an ISO 3166-2 code: `43`. Codes of other systems (FIPS, KOATUU) are numbers too, and none of these.
pub fn ukrainian_code(code: &str) -> Option<Place> {
    UKRAINE.iter().find(|(iso, _)| *iso == code).and_then(|(iso, _)| format!("UA-{iso}").parse().ok())
}

/// The region of Ukraine with a name: `Crimea`, `Sebastopol City`, `Luhans'ka Oblast'`.
pub fn ukrainian(name: &str) -> Option<Place> {
    let mut words: Vec<String> = Vec::new();
    let mut oblast = false;
    for word in lower_case(name).replace(['\'', '\u{2019}', '\u{2bc}', '`'], "").split(|c: char| !c.is_alphanumeric()) {
        oblast |= word == "oblast";
        if !word.is_empty() && !KINDS.contains(&word) {
            words.push(word.to_owned());
        }
    }
    let mut key = words.concat();
    // The city and the region around it have one name.
    if oblast && matches!(key.as_str(), "kyiv" | "kiev") {
        key.push_str("oblast");
    }
    let (code, _) = UKRAINE.iter().find(|(_, names)| names.contains(&key.as_str()))?;
    format!("UA-{code}").parse().ok()
}

/// The region of Ukraine with a name that Russia claims, for databases and platforms that file it under `RU`. No other: `Kiev` may
/// be the name of something in Russia as well.
pub fn occupied(name: &str) -> Option<Place> {
    ukrainian(name).filter(|place| ["UA-43", "UA-40", "UA-14", "UA-09", "UA-23", "UA-65"].contains(&place.to_string().as_str()))
}

/// The region of Ukraine with a code that Russia has given it: `CR`, `SEV`. ISO 3166-2:RU has neither.
pub fn occupied_code(code: &str) -> Option<Place> {
    match code {
        "CR" => ukrainian_code("43"),
        "SEV" => ukrainian_code("40"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_by_code_and_by_name() {
        let shown = |place: Option<Place>| place.map(|place| place.to_string()).unwrap_or_default();
        assert_eq!(
            (shown(ukrainian_code("43")), shown(ukrainian_code("11")), shown(ukrainian_code(""))),
            ("UA-43".into(), "".into(), "".into())
        );
        for (code, claimed) in [("CR", "UA-43"), ("SEV", "UA-40"), ("SVE", ""), ("43", ""), ("", "")] {
            assert_eq!(shown(occupied_code(code)), claimed, "{code}");
        }
        for (name, any, claimed) in [
            ("Crimea", "UA-43", "UA-43"),
            ("Sebastopol City", "UA-40", "UA-40"),
            ("Kyiv Oblast", "UA-32", ""),
            ("Kyiv City", "UA-30", ""),
            ("Moscow", "", ""),
            ("", "", ""),
            ("Oblast", "", ""),
        ] {
            assert_eq!((shown(ukrainian(name)).as_str(), shown(occupied(name)).as_str()), (any, claimed), "{name}");
        }
    }

    #[test]
    fn every_code_of_ukraine_is_there_once_and_no_spelling_twice() {
        let codes: std::collections::BTreeSet<_> = UKRAINE.iter().map(|(code, _)| code).collect();
        let names: Vec<_> = UKRAINE.iter().flat_map(|(_, names)| names.iter()).collect();
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!((codes.len(), UKRAINE.len(), distinct.len()), (27, 27, names.len()));
    }
}
