//! Records of address databases to places: MaxMind's nested shape, flat ones, and regions by code and by name.

use crate::source::country::{self, Country};
use serde::Deserialize;
use weighbridge_blob::place::Place;
use weighbridge_blob::region::{occupied, occupied_code, ukrainian, ukrainian_code};

/// A record, nested or flat. Everything is optional; what is not asked for is skipped.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Record<'a> {
    /// MaxMind and DB-IP: a map with `iso_code`. IPinfo: the code itself, or the country's name.
    #[serde(borrow, default)]
    country: Option<CountryField<'a>>,
    #[serde(borrow, default)]
    subdivisions: Option<Vec<Subdivision<'a>>>,
    country_code: Option<&'a str>,
    /// ip-location-db.
    state1: Option<&'a str>,
    /// IPinfo.
    region: Option<&'a str>,
    region_code: Option<&'a str>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum CountryField<'a> {
    Text(&'a str),
    #[serde(borrow)]
    Map(Coded<'a>),
}

#[derive(Debug, Deserialize)]
struct Coded<'a> {
    iso_code: Option<&'a str>,
}

#[derive(Debug, Deserialize)]
struct Subdivision<'a> {
    iso_code: Option<&'a str>,
    #[serde(borrow, default)]
    names: Option<Names<'a>>,
}

#[derive(Debug, Deserialize)]
struct Names<'a> {
    en: Option<&'a str>,
}

impl<'a> Record<'a> {
    /// The place, with the region where the country is in `regions`. `None`: the record has no country.
    pub(crate) fn place(&self, regions: &[Place]) -> Option<Place> {
        let country = self.country()?;
        let subdivision = self.subdivisions.as_ref().and_then(|all| all.first());
        let code = subdivision.and_then(|s| s.iso_code).or(self.region_code);
        let name = subdivision.and_then(|s| s.names.as_ref()?.en).or(self.state1).or(self.region);
        Some(place(country, code, name, regions))
    }

    fn country(&self) -> Option<Place> {
        let text = match &self.country {
            Some(CountryField::Map(map)) => map.iso_code,
            // IPinfo's Lite file has the name here and the code beside it.
            Some(CountryField::Text(text)) => self.country_code.or(Some(*text)),
            None => self.country_code,
        };
        text?.parse::<Place>().ok().filter(|place| place.is_code() && !place.has_region())
    }
}

/// The place of a country with a region by ISO 3166-2 code, by name, or both. What `regions` does not hold is left off,
/// but for the regions of Ukraine that some databases file under Russia: a rule for them must hold whoever drew the map.
pub(crate) fn place(country: Place, code: Option<&str>, name: Option<&str>, regions: &[Place]) -> Place {
    let ukraine = Place::country(*b"UA");
    let is = |code: &[u8; 2]| Some(country) == Place::country(*code);
    if is(b"RU") {
        let bare = |code: &str| occupied_code(code.strip_prefix("RU-").unwrap_or(code));
        return match name.and_then(occupied).or_else(|| code.and_then(bare)) {
            Some(region) if ukraine.is_some_and(|ua| regions.contains(&ua)) => region,
            _ => plain(country, code, regions),
        };
    }
    if !regions.contains(&country) {
        return country;
    }
    if is(b"UA") {
        // Codes of other systems (FIPS, KOATUU) are numbers too, so only ISO's own count; the name speaks where they do not.
        return code.and_then(ukrainian_code).or_else(|| name.and_then(ukrainian)).unwrap_or(country);
    }
    plain(country, code, regions)
}

fn plain(country: Place, code: Option<&str>, regions: &[Place]) -> Place {
    let code = code
        .filter(|_| regions.contains(&country))
        .map(|code| code.strip_prefix(country.country_code()).map_or(code, |c| c.trim_start_matches('-')));
    code.and_then(|code| format!("{}-{code}", country.country_code()).parse::<Place>().ok()).filter(|p| p.is_code()).unwrap_or(country)
}

/// A text of a table of places: an ISO code, or a name that lists use.
pub(crate) fn text(text: &str) -> Option<Place> {
    match country::place(text) {
        Country::Place(place) => Some(place),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_ukraine_by_code_and_by_every_spelling() {
        let regions = [Place::country(*b"UA").unwrap()];
        let check = |country: &str, code: Option<&str>, name: Option<&str>, expected: &str| {
            assert_eq!(place(country.parse().unwrap(), code, name, &regions).to_string(), expected, "{country} {code:?} {name:?}");
        };
        for (name, code) in [
            ("Crimea", "43"),
            ("Autonomous Republic of Crimea", "43"),
            ("Republic of Crimea", "43"),
            ("Avtonomna Respublika Krym", "43"),
            ("Республика Крым", "43"),
            ("Sebastopol City", "40"),
            ("Sevastopol City", "40"),
            ("Misto Sevastopol'", "40"),
            ("Sevastopol", "40"),
            ("Donetsk", "14"),
            ("Donets'k", "14"),
            ("Donetsk Oblast", "14"),
            ("Donetsk People's Republic", "14"),
            ("Luhansk", "09"),
            ("Luhans'ka Oblast'", "09"),
            ("Lugansk People\u{2019}s Republic", "09"),
            ("Zaporizhzhia", "23"),
            ("Zaporizhia", "23"),
            ("Zaporizhzhya Oblast", "23"),
            ("Zaporiz'ka Oblast'", "23"),
            ("Kherson", "65"),
            ("Kherson Oblast", "65"),
            ("Khersons'ka Oblast'", "65"),
        ] {
            let expected = format!("UA-{code}");
            check("UA", None, Some(name), &expected);
            // DB-IP files Crimea and Sevastopol under Russia.
            check("RU", None, Some(name), &expected);
        }
        check("UA", Some("43"), None, "UA-43");
        check("UA", Some("43"), Some("Crimea"), "UA-43");
        // Not ISO's numbers: the name counts.
        check("UA", Some("11"), Some("Crimea"), "UA-43");
        check("UA", Some("KRY"), None, "UA");
        check("UA", None, Some("Kyiv City"), "UA-30");
        check("UA", None, Some("Kyiv Oblast"), "UA-32");
        check("UA", None, Some("Odessa"), "UA-51");
        check("UA", None, Some("Atlantis"), "UA");
        check("RU", None, Some("Kiev"), "RU");
        check("RU", Some("MOW"), Some("Moscow"), "RU");
        check("RU", Some("CR"), None, "UA-43");
        check("RU", Some("RU-SEV"), None, "UA-40");
        check("PL", Some("14"), Some("Donetsk"), "PL");
        // Without Ukraine's regions in the table Crimea is what the database's country says.
        assert_eq!(place("RU".parse().unwrap(), None, Some("Crimea"), &[]).to_string(), "RU");
        assert_eq!(place("US".parse().unwrap(), Some("CA"), None, &["US".parse().unwrap()]).to_string(), "US-CA");
        assert_eq!(place("US".parse().unwrap(), Some("US-CA"), None, &["US".parse().unwrap()]).to_string(), "US-CA");
    }
}
