//! OFAC's remarks: birth dates, documents, mail addresses, wallets and weak aliases, taken out of one line of prose.
//!
//! Remarks are items that end in `; `, the last in a full stop: `DOB 10 Dec 1948; alt. Passport 1084010 (Egypt); a.k.a.
//! 'THE CHESS PLAYER'.` What is not understood stays in the remarks, which the entry keeps whole.

use super::country::{self, Country};
use weighbridge_blob::date::PartialDate;
use weighbridge_blob::model::{Identifier, Name, NameRole};
use weighbridge_blob::place::Place;
use weighbridge_blob::words::{IdKind, Kind};

/// What remarks say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Remarks {
    /// Weak aliases (in single quotes, OFAC FAQ 122) and former names.
    pub names: Vec<Name>,
    /// Documents, numbers, mail addresses, wallets.
    pub identifiers: Vec<Identifier>,
    /// Web sites.
    pub websites: Vec<String>,
    /// Nationalities, citizenships, flags.
    pub countries: Vec<Place>,
    /// Birth dates and dates of formation. A range is one date a year; one of more than [`MAX_RANGE`] years says too
    /// little and gives none.
    pub birth_dates: Vec<PartialDate>,
    /// Gender, place of birth, links: label and text.
    pub details: Vec<(String, String)>,
    /// Nationalities that are no known country.
    pub unknown_countries: Vec<String>,
    /// Items with a known label whose value could not be used: `DOB unknown`.
    pub unusable: Vec<String>,
}

/// The longest range of birth years that is spelt out.
pub const MAX_RANGE: u16 = 10;

/// Takes remarks apart. `kind` decides what a bare "Identification Number" is, and whether names are turned round.
/// With `cut`, the text breaks off in the middle of its last item, which is then left out: half a wallet address is
/// another address.
pub fn parse(text: &str, kind: Kind, cut: bool) -> Remarks {
    let mut remarks = Remarks::default();
    let mut items = items(text);
    if cut {
        items.pop();
    }
    for item in items {
        remarks.item(item, kind);
    }
    remarks
}

/// The items of a text, without the separators and the last full stop.
fn items(text: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(';') {
        let rest = &text[at + 1..];
        if rest.is_empty() || rest.starts_with(char::is_whitespace) {
            items.push(&text[start..at]);
            start = at + 1;
        }
    }
    items.push(&text[start..]);
    items.into_iter().map(|item| item.trim().trim_end_matches('.').trim_end()).filter(|item| !item.is_empty()).collect()
}

impl Remarks {
    fn item(&mut self, item: &str, kind: Kind) {
        let item = item.strip_prefix("alt. ").unwrap_or(item);
        let Some((label, meaning)) = LABELS.iter().filter(|(label, _)| has_label(item, label)).max_by_key(|(label, _)| label.len()) else {
            return;
        };
        let value = item[label.len()..].trim_start_matches([':', ' ', '-']).trim();
        let used = match meaning {
            Meaning::Alias(role) => self.alias(value, *role, kind),
            Meaning::Birth => self.birth(value),
            Meaning::Country => self.country(value),
            Meaning::Website => self.website(value),
            Meaning::Detail(name) => {
                self.details.push(((*name).to_owned(), value.to_owned()));
                true
            }
            Meaning::Wallet => self.wallet(value),
            Meaning::Identification => self.number(if kind == Kind::Person { IdKind::NationalId } else { IdKind::Registration }, value),
            Meaning::LegalEntity => self.number(if is_lei(first_word(value)) { IdKind::Lei } else { IdKind::Registration }, value),
            Meaning::Id(id) => self.number(*id, value),
        };
        if !used {
            self.unusable.push(item.to_owned());
        }
    }

    fn alias(&mut self, value: &str, role: NameRole, kind: Kind) -> bool {
        let Some((_, quoted)) = value.split_once('\'') else { return false };
        let Some((name, _)) = quoted.rsplit_once('\'') else { return false };
        let text = if kind == Kind::Person { reading_order(name.trim()) } else { name.trim().to_owned() };
        if text.is_empty() {
            return false;
        }
        self.names.push(Name { text, role });
        true
    }

    fn birth(&mut self, value: &str) -> bool {
        let dates = dates(value);
        for date in &dates {
            if !self.birth_dates.contains(date) {
                self.birth_dates.push(*date);
            }
        }
        !dates.is_empty()
    }

    fn country(&mut self, value: &str) -> bool {
        let whole = country::place(value);
        let found = if whole == Country::Unknown { country::place(value.split(" (").next().unwrap_or(value)) } else { whole };
        match found {
            Country::Place(place) if self.countries.contains(&place) => true,
            Country::Place(place) => {
                self.countries.push(place);
                true
            }
            Country::None => true,
            Country::Unknown => {
                self.unknown_countries.push(value.to_owned());
                true
            }
        }
    }

    fn website(&mut self, value: &str) -> bool {
        let before = self.websites.len();
        let sites = value.split([' ', ',']).map(|site| site.trim_matches(['.', '(', ')', '<', '>'])).filter(|site| site.contains('.'));
        self.websites.extend(sites.map(str::to_owned));
        self.websites.len() > before
    }

    /// `XBT 1Kuf2Rd8mDyAViwBozGTNYnvWL8uYFrkVo`: the currency is no part of the address.
    fn wallet(&mut self, value: &str) -> bool {
        let mut words = value.split_whitespace();
        let (Some(_currency), Some(address)) = (words.next(), words.next()) else { return false };
        if address.len() < 16 || !address.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return false;
        }
        self.push(IdKind::Wallet, address, None)
    }

    fn number(&mut self, kind: IdKind, value: &str) -> bool {
        if kind == IdKind::Phone {
            // Area codes stand in brackets: `(98)(9121115315)`.
            return value.bytes().filter(u8::is_ascii_digit).count() >= 5 && self.push(kind, value, None);
        }
        if kind == IdKind::Email {
            let address = first_word(value).trim_matches([',', '.', '<', '>']);
            return address.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'))
                && self.push(kind, address, None);
        }
        let value = value.strip_prefix('(').and_then(|v| v.strip_suffix(')')).unwrap_or(value);
        let end = [" (", ", ", " - ", " issued ", " expires ", " expired "].iter().filter_map(|stop| value.find(stop)).min();
        let number = value[..end.unwrap_or(value.len())].trim().trim_end_matches([',', ')']);
        let fits = match kind {
            IdKind::Swift => matches!(number.len(), 8 | 11) && number.bytes().all(|b| b.is_ascii_alphanumeric()),
            IdKind::Imo => number.len() == 7 && number.bytes().all(|b| b.is_ascii_digit()),
            IdKind::Mmsi => number.len() == 9 && number.bytes().all(|b| b.is_ascii_digit()),
            // Tail numbers may be letters alone: `EP-MMH`.
            IdKind::Aircraft => !number.is_empty() && !number.contains(' '),
            _ => number.bytes().any(|b| b.is_ascii_digit()),
        };
        fits && self.push(kind, number, issuer(value))
    }

    fn push(&mut self, kind: IdKind, number: &str, country: Option<Place>) -> bool {
        let identifier = Identifier { kind, number: number.to_owned(), country };
        if !self.identifiers.contains(&identifier) {
            self.identifiers.push(identifier);
        }
        true
    }
}

/// `LAST, First Middle` in reading order. Suffixes stay at the end (`DELOS REYES, Feliciano, Jr.`), or move there
/// (`MNANGAGWA, JR., Emmerson`).
pub fn reading_order(name: &str) -> String {
    let mut parts: Vec<&str> = name.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    let suffix = (1..parts.len()).find(|i| is_suffix(parts[*i])).map(|i| parts.remove(i));
    let mut words: Vec<&str> = parts.iter().skip(1).copied().collect();
    words.extend(parts.first());
    words.extend(suffix);
    words.join(" ")
}

fn is_suffix(part: &str) -> bool {
    let part = part.trim_end_matches('.').to_ascii_uppercase();
    matches!(part.as_str(), "JR" | "SR" | "JNR" | "SNR" | "II" | "III" | "IV" | "PH.D" | "PHD" | "M.D" | "ESQ")
}

fn has_label(item: &str, label: &str) -> bool {
    item.strip_prefix(label).is_some_and(|rest| rest.is_empty() || label.ends_with(['#', '.']) || rest.starts_with([' ', ':', '(']))
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or("")
}

/// The country in the last brackets that hold one: `HRA 738077 (Stuttgart) (Germany)`.
fn issuer(value: &str) -> Option<Place> {
    let groups = value.split('(').skip(1).filter_map(|group| group.split(')').next());
    groups.filter_map(|group| if let Country::Place(place) = country::place(group) { Some(place) } else { None }).last()
}

/// Whether a text is a Legal Entity Identifier: 20 characters, check digits after ISO 7064 MOD 97-10 (ISO 17442).
fn is_lei(text: &str) -> bool {
    let mut rest: u32 = 0;
    for c in text.chars() {
        let Some(digit) = c.to_digit(36).filter(|_| !c.is_ascii_lowercase()) else { return false };
        rest = if digit < 10 { rest * 10 + digit } else { rest * 100 + digit } % 97;
    }
    text.len() == 20 && rest == 1
}

/// The dates of `10 Dec 1948`, `circa 1957`, `1951 to 1953`, `01 Jan 1961 to 31 Dec 1962`.
fn dates(value: &str) -> Vec<PartialDate> {
    let value = value.trim().trim_end_matches('.');
    if let Some(about) = value.strip_prefix("circa ").or_else(|| value.strip_prefix("c. ")) {
        // "About" a date is a year at best.
        return dates(about).into_iter().map(|d| PartialDate { year: d.year, month: None, day: None }).collect();
    }
    let value = value.strip_prefix("Between ").or_else(|| value.strip_prefix("between ")).unwrap_or(value);
    let range = value.split_once(" to ").or_else(|| value.split_once(" and ")).or_else(|| value.split_once('-'));
    let Some((first, last)) = range else { return date(value).into_iter().collect() };
    let (Some(first), Some(last)) = (date(first), date(last)) else { return Vec::new() };
    if first.year == last.year && first.month == last.month {
        return vec![PartialDate { day: None, ..first }];
    }
    if last.year < first.year || last.year - first.year > MAX_RANGE {
        return Vec::new();
    }
    (first.year..=last.year).map(|year| PartialDate { year, month: None, day: None }).collect()
}

/// `10 Dec 1948`, `Dec 1948` or `1948`.
fn date(text: &str) -> Option<PartialDate> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = |word: &str| MONTHS.iter().position(|m| word.get(..3).is_some_and(|w| w.eq_ignore_ascii_case(m))).map(|i| i as u32 + 1);
    let words: Vec<&str> = text.split_whitespace().collect();
    let (day, month, year) = match words.as_slice() {
        [year] => (0, 0, *year),
        [m, year] => (0, month(m)?, *year),
        [day, m, year] => (day.parse().ok().filter(|d| *d > 0)?, month(m)?, *year),
        _ => return None,
    };
    let year: u32 = year.parse().ok().filter(|y| (1..=9999).contains(y))?;
    PartialDate::from_code(year * 10_000 + month * 100 + day)
}

enum Meaning {
    Alias(NameRole),
    Birth,
    Country,
    Website,
    Wallet,
    Identification,
    LegalEntity,
    Id(IdKind),
    Detail(&'static str),
}

use Meaning::{Alias, Birth, Detail, Id, Identification, LegalEntity, Wallet, Website};

/// What OFAC writes before a value. The longest label that fits is meant.
const LABELS: &[(&str, Meaning)] = &[
    ("a.k.a.", Alias(NameRole::Weak)),
    ("n.k.a.", Alias(NameRole::Weak)),
    ("f.k.a.", Alias(NameRole::Former)),
    ("DOB", Birth),
    ("Organization Established Date", Birth),
    ("nationality", Meaning::Country),
    ("citizen", Meaning::Country),
    ("Nationality of Registration", Meaning::Country),
    ("Website", Website),
    ("Digital Currency Address", Wallet),
    ("POB", Detail("place of birth")),
    ("Gender", Detail("gender")),
    ("Linked To", Detail("linked to")),
    ("Organization Type", Detail("organisation type")),
    ("Aircraft Model", Detail("aircraft model")),
    ("Aircraft Operator", Detail("aircraft operator")),
    ("Former Vessel Flag", Detail("former flag")),
    ("Previous Aircraft Tail Number", Detail("former tail number")),
    ("Passport", Id(IdKind::Passport)),
    ("Passport No.", Id(IdKind::Passport)),
    ("Passport Booklet", Id(IdKind::Passport)),
    ("Diplomatic Passport", Id(IdKind::Passport)),
    ("British National Overseas Passport", Id(IdKind::Passport)),
    ("Stateless Person Passport", Id(IdKind::Passport)),
    ("Travel Document Number", Id(IdKind::Passport)),
    ("National ID No.", Id(IdKind::NationalId)),
    ("National Foreign ID Number", Id(IdKind::NationalId)),
    ("Tazkira National ID Card", Id(IdKind::NationalId)),
    ("Cedula No.", Id(IdKind::NationalId)),
    ("Personal ID Card", Id(IdKind::NationalId)),
    ("Bosnian Personal ID No.", Id(IdKind::NationalId)),
    ("Kenyan ID No.", Id(IdKind::NationalId)),
    ("Turkish Identification Number", Id(IdKind::NationalId)),
    ("UAE Identification", Id(IdKind::NationalId)),
    ("Citizen's Card Number", Id(IdKind::NationalId)),
    ("Refugee ID Card", Id(IdKind::NationalId)),
    ("Stateless Person ID Card", Id(IdKind::NationalId)),
    ("Residency Number", Id(IdKind::NationalId)),
    ("Electoral Registry No.", Id(IdKind::NationalId)),
    ("Credencial electoral", Id(IdKind::NationalId)),
    ("Numero de Identidad", Id(IdKind::NationalId)),
    ("D.N.I.", Id(IdKind::NationalId)),
    ("C.U.I.", Id(IdKind::NationalId)),
    ("C.U.R.P. #", Id(IdKind::NationalId)),
    ("C.U.R.P.", Id(IdKind::NationalId)),
    ("I.F.E.", Id(IdKind::NationalId)),
    ("LE Number", Id(IdKind::NationalId)),
    ("CNP (Personal Numerical Code)", Id(IdKind::NationalId)),
    ("SSN", Id(IdKind::NationalId)),
    ("Identification Number", Identification),
    ("Identification Number IMO", Id(IdKind::Imo)),
    ("Vessel Registration Identification IMO", Id(IdKind::Imo)),
    ("Company Number IMO", Id(IdKind::Imo)),
    ("IMO", Id(IdKind::Imo)),
    ("International Maritime Organization No.", Id(IdKind::Imo)),
    ("MMSI", Id(IdKind::Mmsi)),
    ("SWIFT/BIC", Id(IdKind::Swift)),
    ("Legal Entity Number", LegalEntity),
    ("Tax ID No.", Id(IdKind::TaxId)),
    ("NIT #", Id(IdKind::TaxId)),
    ("RUC #", Id(IdKind::TaxId)),
    ("RIF #", Id(IdKind::TaxId)),
    ("R.F.C. #", Id(IdKind::TaxId)),
    ("R.F.C.", Id(IdKind::TaxId)),
    ("RTN", Id(IdKind::TaxId)),
    ("C.U.I.T.", Id(IdKind::TaxId)),
    ("V.A.T. Number", Id(IdKind::TaxId)),
    ("Fiscal Code", Id(IdKind::TaxId)),
    ("Italian Fiscal Code", Id(IdKind::TaxId)),
    ("US FEIN", Id(IdKind::TaxId)),
    ("Numero Unico de Identificacao Tributaria (NUIT)", Id(IdKind::TaxId)),
    ("Registration Number", Id(IdKind::Registration)),
    ("Registration ID", Id(IdKind::Registration)),
    ("Business Registration Number", Id(IdKind::Registration)),
    ("Business Registration Document #", Id(IdKind::Registration)),
    ("Business Number", Id(IdKind::Registration)),
    ("Company Number", Id(IdKind::Registration)),
    ("UK Company Number", Id(IdKind::Registration)),
    ("Commercial Registry Number", Id(IdKind::Registration)),
    ("C.R. No.", Id(IdKind::Registration)),
    ("Trade License No.", Id(IdKind::Registration)),
    ("Tourism License No.", Id(IdKind::Registration)),
    ("Folio Mercantil No.", Id(IdKind::Registration)),
    ("Matricula Mercantil No", Id(IdKind::Registration)),
    ("Matricula Mercantil No.", Id(IdKind::Registration)),
    ("Chamber of Commerce Number", Id(IdKind::Registration)),
    ("Dubai Chamber of Commerce Membership No.", Id(IdKind::Registration)),
    ("Istanbul Chamber of Comm. No.", Id(IdKind::Registration)),
    ("Unified Social Credit Code (USCC)", Id(IdKind::Registration)),
    ("United Social Credit Code Certificate (USCCC)", Id(IdKind::Registration)),
    ("Government Gazette Number", Id(IdKind::Registration)),
    ("Economic Register Number (CBLS)", Id(IdKind::Registration)),
    ("Central Registration System Number", Id(IdKind::Registration)),
    ("Certificate of Incorporation Number", Id(IdKind::Registration)),
    ("Public Registration Number", Id(IdKind::Registration)),
    ("Enterprise Number", Id(IdKind::Registration)),
    ("Branch Unit Number", Id(IdKind::Registration)),
    ("Registered Charity No.", Id(IdKind::Registration)),
    ("MSB Registration Number", Id(IdKind::Registration)),
    ("Afghan Money Service Provider License Number", Id(IdKind::Registration)),
    ("File Number", Id(IdKind::Registration)),
    ("Aircraft Tail Number", Id(IdKind::Aircraft)),
    ("Aircraft Manufacturer's Serial Number (MSN)", Id(IdKind::Aircraft)),
    ("Aircraft Construction Number (also called L/N or S/N or F/N)", Id(IdKind::Aircraft)),
    ("Aircraft Serial Identification", Id(IdKind::Aircraft)),
    ("Email Address", Id(IdKind::Email)),
    ("Phone Number", Id(IdKind::Phone)),
    ("Phone No.", Id(IdKind::Phone)),
    ("Telephone", Id(IdKind::Phone)),
    ("Telephone No.", Id(IdKind::Phone)),
    ("Telephone Number", Id(IdKind::Phone)),
    ("Driver's License No.", Id(IdKind::Other)),
    ("Birth Certificate Number", Id(IdKind::Other)),
    ("D-U-N-S Number", Id(IdKind::Other)),
    ("BIK (RU)", Id(IdKind::Other)),
    ("License", Id(IdKind::Other)),
    ("Permit Number", Id(IdKind::Other)),
    ("SRE Permit No.", Id(IdKind::Other)),
    ("Pilot License Number", Id(IdKind::Other)),
    ("VisaNumberID", Id(IdKind::Other)),
    ("Immigration No.", Id(IdKind::Other)),
    ("Military Registration Number", Id(IdKind::Other)),
    ("Cartilla de Servicio Militar Nacional", Id(IdKind::Other)),
    ("Chinese Commercial Code", Id(IdKind::Other)),
    ("Serial No.", Id(IdKind::Other)),
    ("Aircraft Mode S Transponder Code", Id(IdKind::Other)),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn person(text: &str) -> Remarks {
        parse(text, Kind::Person, false)
    }

    #[track_caller]
    fn check_id(text: &str, kind: IdKind, number: &str, country: Option<&str>) {
        let country = country.map(|c| c.parse().unwrap());
        let found = person(text);
        assert_eq!(found.identifiers, [Identifier { kind, number: number.to_owned(), country }], "{text}: {found:?}");
    }

    #[track_caller]
    fn check_dates(text: &str, expected: &[&str]) {
        let found: Vec<String> = dates(text).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn identifiers() {
        check_id("Passport A10472263 (Malaysia).", IdKind::Passport, "A10472263", Some("MY"));
        check_id("alt. Passport D366 871 (Jordan) issued 12 May 2000 expires 11 May 2005", IdKind::Passport, "D366 871", Some("JO"));
        check_id("Passport C 1415363 - 16/2/1421H issued 21 May 2000", IdKind::Passport, "C 1415363", None);
        check_id("Cedula No. 6068015 (Colombia)", IdKind::NationalId, "6068015", Some("CO"));
        check_id("National ID No. 1234 (Korea, North)", IdKind::NationalId, "1234", Some("KP"));
        check_id("Registration Number HRA 738077 (Stuttgart) (Germany)", IdKind::Registration, "HRA 738077", Some("DE"));
        check_id("Commercial Registry Number X1 (Congo, Democratic Republic of the)", IdKind::Registration, "X1", Some("CD"));
        check_id("Vessel Registration Identification IMO 7406784", IdKind::Imo, "7406784", None);
        check_id("Identification Number IMO 5342883.", IdKind::Imo, "5342883", None);
        check_id("International Maritime Organization No. (5777731)", IdKind::Imo, "5777731", None);
        check_id("SWIFT/BIC CKLBCNBJ; United States financial institutions are prohibited", IdKind::Swift, "CKLBCNBJ", None);
        check_id("Legal Entity Number 253400V1H6ART1UQ0N98 (Russia)", IdKind::Lei, "253400V1H6ART1UQ0N98", Some("RU"));
        check_id("Legal Entity Number 253400V1H6ART1UQ0N99 (Russia)", IdKind::Registration, "253400V1H6ART1UQ0N99", Some("RU"));
        check_id(
            "alt. Digital Currency Address - XBT 1Kuf2Rd8mDyAViwBozGTNYnvWL8uYFrkVo.",
            IdKind::Wallet,
            "1Kuf2Rd8mDyAViwBozGTNYnvWL8uYFrkVo",
            None,
        );
        check_id("Email Address someone@example.com.", IdKind::Email, "someone@example.com", None);
        check_id("Telephone (98)(9121115315)", IdKind::Phone, "(98)(9121115315)", None);
        check_id("Aircraft Construction Number (also called L/N or S/N or F/N) 8401", IdKind::Aircraft, "8401", None);
        check_id("NIT # 800018928-0 (Colombia).", IdKind::TaxId, "800018928-0", Some("CO"));
        check_id("C.U.I.T. 30123456789 (Argentina)", IdKind::TaxId, "30123456789", Some("AR"));
        let company = parse("Identification Number 2.194.575 (Paraguay)", Kind::Organization, false);
        assert_eq!(company.identifiers[0].kind, IdKind::Registration);
    }

    #[test]
    fn birth_dates() {
        check_dates("10 Dec 1948", &["1948-12-10"]);
        check_dates("Dec 1948", &["1948-12"]);
        check_dates("circa 1957", &["1957"]);
        check_dates("circa Mar 1957", &["1957"]);
        check_dates("1951 to 1953", &["1951", "1952", "1953"]);
        check_dates("circa 1979-1982", &["1979", "1980", "1981", "1982"]);
        check_dates("01 Jan 1970 to 31 Dec 1970", &["1970"]);
        check_dates("01 Feb 1960 to 29 Feb 1960", &["1960-02"]);
        check_dates("Between 1972 and 1973", &["1972", "1973"]);
        for text in ["1950 to 1980", "1953 to 1951", "30 Feb 1960", "unknown", "", "0 Feb 1960"] {
            check_dates(text, &[]);
        }
    }

    #[test]
    fn names_countries_and_sites() {
        let found = person(
            "nationality Korea, North; alt. citizen Atlantis; a.k.a. 'ZAHAR, Mahmoud'; a.k.a. 'D'ANGELO'; f.k.a. 'OLD'; Website www.roe.ru.",
        );
        let names: Vec<_> = found.names.iter().map(|n| (n.text.as_str(), n.role)).collect();
        assert_eq!(names, [("Mahmoud ZAHAR", NameRole::Weak), ("D'ANGELO", NameRole::Weak), ("OLD", NameRole::Former)]);
        assert_eq!(found.countries, ["KP".parse().unwrap()]);
        assert_eq!(found.unknown_countries, ["Atlantis"]);
        assert_eq!(found.websites, ["www.roe.ru"]);
        let ship = parse("f.k.a. 'ANA, THE FIRST'", Kind::Vessel, false);
        assert_eq!(ship.names[0].text, "ANA, THE FIRST");
    }

    #[test]
    fn a_cut_item_is_left_out() {
        let text = "DOB 1970; Digital Currency Address - XBT 1Kuf2Rd8mDyAViwBozGT";
        assert_eq!(parse(text, Kind::Person, true).identifiers, []);
        assert_eq!(parse(text, Kind::Person, true).birth_dates.len(), 1);
    }

    #[test]
    fn what_is_not_understood_is_told() {
        assert_eq!(person("DOB unknown; Passport lost; Aircraft Mode X").unusable, ["DOB unknown", "Passport lost"]);
        assert_eq!(person("Passports were taken; all offices worldwide").unusable, Vec::<String>::new());
    }

    #[test]
    fn people_in_reading_order() {
        for (listed, read) in [
            ("ABU TEIR, Mohammed", "Mohammed ABU TEIR"),
            ("DELOS REYES, Feliciano Semborio, Jr.", "Feliciano Semborio DELOS REYES Jr."),
            ("MNANGAGWA, JR., Emmerson Dambudzo", "Emmerson Dambudzo MNANGAGWA JR."),
            ("SUHARTO", "SUHARTO"),
            ("", ""),
        ] {
            assert_eq!(reading_order(listed), read);
        }
    }
}
