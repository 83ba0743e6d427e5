//! Places: ISO 3166-1 alpha-2 countries, with or without an ISO 3166-2 subdivision.

use std::fmt;
use std::str::FromStr;

/// A country, or a subdivision of one: `UA`, `UA-43`.
///
/// Whether the code is *assigned* is not checked here: a platform may report `XX` or `T1`, and the
/// policy's table of codes says what those mean.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    country: [u8; 2],
    /// Up to three letters or digits, zero filled; all zero when the region is not known. Or one of the marks below.
    region: [u8; 3],
}

/// `AD+`: that country, or another which the policy cannot tell from it.
const OR_OTHERS: [u8; 3] = [b'+', 0, 0];
/// `AD?`: the same, or no known place at all.
const OR_NONE: [u8; 3] = [b'?', 0, 0];
/// `UA-*`: a known region of the country, none of those that the policy names.
const OTHER_REGION: [u8; 3] = [b'*', 0, 0];

/// A text that is not a place code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a place; write ISO 3166-1 alpha-2, with a subdivision if needed: `UA`, `UA-43`")]
pub struct PlaceError(pub String);

impl Place {
    /// A country without a region. `None` unless both bytes are ASCII letters or digits.
    pub fn country(code: [u8; 2]) -> Option<Self> {
        let country = [code[0].to_ascii_uppercase(), code[1].to_ascii_uppercase()];
        country.iter().all(u8::is_ascii_alphanumeric).then_some(Self { country, region: [0; 3] })
    }

    /// The place without its region.
    pub const fn without_region(self) -> Self {
        Self { country: self.country, region: [0; 3] }
    }

    /// Whether the region is known, if only as "none of those that the policy names".
    pub const fn has_region(self) -> bool {
        self.region[0] != 0 && self.region[0] != OR_OTHERS[0] && self.region[0] != OR_NONE[0]
    }

    /// The answer of a table that is compiled through a policy, for places that the policy cannot tell apart: this
    /// country stands for all of them. Shown as `AD+`, so that no record says more than was known.
    pub const fn or_others(self) -> Self {
        Self { country: self.country, region: OR_OTHERS }
    }

    /// The answer of such a table for places in none of the sets that the policy asks for, where it cannot tell them from
    /// an unknown place either. Shown as `AD?`.
    pub const fn or_none(self) -> Self {
        Self { country: self.country, region: OR_NONE }
    }

    /// Whether it is [`Place::or_none`]: nothing may be known.
    pub const fn may_be_none(self) -> bool {
        self.region[0] == OR_NONE[0]
    }

    /// The answer of such a table for all regions of a country that the policy does not name. Shown as `UA-*`.
    pub const fn other_region(self) -> Self {
        Self { country: self.country, region: OTHER_REGION }
    }

    /// Whether it is a code, and not one of the answers [`Place::or_others`], [`Place::or_none`] and [`Place::other_region`].
    pub const fn is_code(self) -> bool {
        !matches!(self.region[0], b'+' | b'?' | b'*')
    }

    /// Whether the two cannot be one place: other countries, or other regions where both know one. An answer for several
    /// places contradicts nothing that it may stand for.
    pub fn contradicts(self, other: Self) -> bool {
        let several = |place: Self| place.region == OR_OTHERS || place.region == OR_NONE;
        if several(self) || several(other) {
            return false;
        }
        let regions = self.has_region() && other.has_region() && self.is_code() && other.is_code();
        self.country != other.country || (regions && self.region != other.region)
    }

    /// The two letters of the country.
    pub fn country_code(&self) -> &str {
        // INVARIANT: constructed from ASCII letters and digits only.
        std::str::from_utf8(&self.country).unwrap_or("XX")
    }

    /// The text, written into `room`: up to six bytes.
    pub fn text<'r>(&self, room: &'r mut [u8; 6]) -> &'r str {
        let mut len = 2;
        let [a, b, rest @ ..] = room;
        [*a, *b] = self.country;
        let mut put = |byte: u8| {
            if let Some(slot) = rest.get_mut(len - 2) {
                *slot = byte;
                len += 1;
            }
        };
        if self.has_region() {
            put(b'-');
        }
        self.region.iter().take_while(|byte| **byte != 0).for_each(|byte| put(*byte));
        // INVARIANT: constructed from ASCII letters and digits only, and the three marks.
        room.get(..len).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or("XX")
    }

    /// The code as an integer that sorts like the text. Used by the blob's tables.
    pub const fn to_u64(self) -> u64 {
        ((self.country[0] as u64) << 32)
            | ((self.country[1] as u64) << 24)
            | ((self.region[0] as u64) << 16)
            | ((self.region[1] as u64) << 8)
            | (self.region[2] as u64)
    }

    /// The inverse of [`Place::to_u64`]; `None` for a number that no place has.
    pub fn from_u64(code: u64) -> Option<Self> {
        let b = code.to_be_bytes();
        if b[0] != 0 || b[1] != 0 || b[2] != 0 {
            return None;
        }
        let place = Self { country: [b[3], b[4]], region: [b[5], b[6], b[7]] };
        let upper = |c: &u8| c.is_ascii_uppercase() || c.is_ascii_digit();
        if place.country.iter().all(upper) && !place.is_code() && [OR_OTHERS, OR_NONE, OTHER_REGION].contains(&place.region) {
            return Some(place);
        }
        let region_len = place.region.iter().take_while(|c| **c != 0).count();
        let filled = place.region.iter().skip(region_len).all(|c| *c == 0);
        (place.country.iter().all(upper) && place.region.iter().take(region_len).all(upper) && filled).then_some(place)
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let fail = || PlaceError(text.to_owned());
        let bytes = text.as_bytes();
        let (country, region_text) = match bytes {
            [a, b] => ([*a, *b], &[][..]),
            [a, b, b'+'] => return Self::country([*a, *b]).map(Self::or_others).ok_or_else(fail),
            [a, b, b'?'] => return Self::country([*a, *b]).map(Self::or_none).ok_or_else(fail),
            [a, b, b'-', b'*'] => return Self::country([*a, *b]).map(Self::other_region).ok_or_else(fail),
            [a, b, b'-', rest @ ..] if !rest.is_empty() && rest.len() <= 3 => ([*a, *b], rest),
            _ => return Err(fail()),
        };
        let mut place = Self::country(country).ok_or_else(fail)?;
        for (slot, byte) in place.region.iter_mut().zip(region_text) {
            if !byte.is_ascii_alphanumeric() {
                return Err(fail());
            }
            *slot = byte.to_ascii_uppercase();
        }
        Ok(place)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text(&mut [0; 6]))
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_round_trip() {
        for text in ["US", "UA-43", "GB-ENG", "T1", "FR-2A"] {
            let place: Place = text.parse().unwrap();
            assert_eq!(place.to_string(), text);
            assert_eq!(Place::from_u64(place.to_u64()), Some(place));
        }
        assert_eq!("ua-43".parse::<Place>().unwrap().to_string(), "UA-43");
        for (text, has_region) in [("AD+", false), ("AD?", false), ("UA-*", true)] {
            let place: Place = text.parse().unwrap();
            assert_eq!((place.to_string().as_str(), place.has_region(), place.is_code()), (text, has_region, false));
            assert_eq!(Place::from_u64(place.to_u64()), Some(place));
        }
        let contradicts = |a: &str, b: &str| a.parse::<Place>().unwrap().contradicts(b.parse().unwrap());
        for (a, b, expected) in [
            ("DE", "DE", false),
            ("DE", "FR", true),
            ("UA", "UA-43", false),
            ("UA-40", "UA-43", true),
            ("UA-*", "UA-43", false),
            ("UA-*", "RU", true),
            ("AD+", "CL", false),
            ("AD?", "CL", false),
        ] {
            assert_eq!((contradicts(a, b), contradicts(b, a)), (expected, expected), "{a} {b}");
        }
        for text in ["", "U", "USA", "UA-", "UA-4343", "UA43", "U\u{e9}", "UA-4\u{0}", "UA-+", "UA*", "UA-**", "UA-4*", "UA?4", "U?"] {
            assert!(text.parse::<Place>().is_err(), "{text:?}");
        }
    }
}
