//! ISO 3166-1 alpha-2 codes, and the codes that platforms report where they know no country.

/// Officially assigned codes (ISO 3166-1, 249), and `XK`, which platforms and lists use for Kosovo.
const COUNTRIES: &str = "\
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR \
GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP \
KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ \
NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW \
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ \
UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

/// Codes of two letters that say nothing about a country: Cloudflare's `XX`, MaxMind's `AP` and `EU`, and
/// `ZZ`, which ISO leaves to users and platforms use for "unknown". `T1`, `A1`, `A2`, `O1` have a digit and
/// are known to the table itself. [`crate::NO_COUNTRY`] names them all.
pub(crate) const NOTHING: [[u8; 2]; 4] = [*b"XX", *b"AP", *b"EU", *b"ZZ"];

/// Dependent territories and their parents for the EAR (15 CFR 738.3(b)), where they have no row of their
/// own in the Country Chart. Aruba, Curacao, Sint Maarten, Macau and Taiwan have one. Hong Kong and
/// Liechtenstein stand in the policy file.
pub(crate) const TERRITORIES: &[(&str, &str)] = &[
    ("PR", "US"),
    ("GU", "US"),
    ("VI", "US"),
    ("AS", "US"),
    ("MP", "US"),
    ("UM", "US"),
    ("GP", "FR"),
    ("MQ", "FR"),
    ("GF", "FR"),
    ("RE", "FR"),
    ("YT", "FR"),
    ("PM", "FR"),
    ("BL", "FR"),
    ("MF", "FR"),
    ("WF", "FR"),
    ("PF", "FR"),
    ("NC", "FR"),
    ("TF", "FR"),
    ("GL", "DK"),
    ("FO", "DK"),
    ("BQ", "NL"),
    ("AI", "GB"),
    ("BM", "GB"),
    ("IO", "GB"),
    ("VG", "GB"),
    ("KY", "GB"),
    ("FK", "GB"),
    ("GI", "GB"),
    ("MS", "GB"),
    ("PN", "GB"),
    ("SH", "GB"),
    ("TC", "GB"),
    ("GG", "GB"),
    ("JE", "GB"),
    ("IM", "GB"),
    ("GS", "GB"),
    ("CX", "AU"),
    ("CC", "AU"),
    ("NF", "AU"),
    ("HM", "AU"),
    ("CK", "NZ"),
    ("NU", "NZ"),
    ("TK", "NZ"),
    ("SJ", "NO"),
    ("BV", "NO"),
    ("AX", "FI"),
];

/// All recognised codes.
pub(crate) fn countries() -> impl Iterator<Item = [u8; 2]> {
    COUNTRIES.split(' ').filter_map(|code| code.as_bytes().try_into().ok())
}

/// Whether the code is a country's.
pub(crate) fn is_country(code: &str) -> bool {
    code.len() == 2 && COUNTRIES.split(' ').any(|c| c == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_250_different_codes() {
        let all: std::collections::BTreeSet<_> = countries().collect();
        assert_eq!((all.len(), countries().count()), (250, 250));
        assert!(is_country("XK") && !is_country("QQ") && !is_country("us") && !is_country("AD AE"));
        let unknown = crate::NO_COUNTRY.iter().filter(|code| code.bytes().all(|b| b.is_ascii_uppercase()));
        assert_eq!(unknown.count(), NOTHING.len());
        assert!(NOTHING.iter().all(|code| crate::NO_COUNTRY.iter().any(|c| c.as_bytes() == code)));
        assert!(NOTHING.iter().all(|code| !all.contains(code)));
        assert!(TERRITORIES.iter().all(|(t, p)| is_country(t) && is_country(p)));
    }
}
