//! Calendar dates: whole days since 1970-01-01, and the partial dates that lists hold.

use std::fmt;
use std::str::FromStr;

/// A text that is not a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a date; write `YYYY-MM-DD`")]
pub struct DateError(pub String);

/// A calendar day, as days since 1970-01-01 (proleptic Gregorian).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// The day of a civil date; `None` if there is no such day, or the year is outside 0-9999.
    pub fn from_civil(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(0..=9999).contains(&year) || !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
        let y = if month <= 2 { year - 1 } else { year };
        let era = y.div_euclid(400);
        let yoe = y.rem_euclid(400);
        let m = i32::try_from(month).ok()?;
        let d = i32::try_from(day).ok()?;
        let doy = (153 * (if m > 2 { m - 3 } else { m + 9 }) + 2) / 5 + d - 1;
        let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
        Some(Self(era * 146_097 + doe - 719_468))
    }

    /// Year, month and day.
    pub fn civil(self) -> (i32, u32, u32) {
        let z = i64::from(self.0) + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = doy - (153 * mp + 2) / 5 + 1;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let year = yoe + era * 400 + i64::from(month <= 2);
        (i32::try_from(year).unwrap_or(0), u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
    }

    /// The day that a Unix time falls on, in UTC.
    pub fn of_unix(seconds: i64) -> Self {
        Self(i32::try_from(seconds.div_euclid(86_400)).unwrap_or(i32::MAX))
    }

    /// 00:00 UTC of the day, as Unix time.
    pub const fn unix(self) -> i64 {
        self.0 as i64 * 86_400
    }
}

const fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        _ => 31,
    }
}

impl FromStr for Day {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        match text.parse::<PartialDate>() {
            Ok(PartialDate { year, month: Some(month), day: Some(day) }) => {
                Self::from_civil(i32::from(year), u32::from(month), u32::from(day)).ok_or_else(|| DateError(text.to_owned()))
            }
            _ => Err(DateError(text.to_owned())),
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (y, m, d) = self.civil();
        write!(f, "{y:04}-{m:02}-{d:02}")
    }
}

/// Parses an RFC 3339 date-time in UTC (`2026-11-22T10:00:00Z`) or a date alone (00:00 UTC) to Unix seconds.
///
/// # Errors
/// [`DateError`] for any other text; fractions of a second are cut off.
pub fn parse_unix(text: &str) -> Result<i64, DateError> {
    let fail = || DateError(text.to_owned());
    let Some((date, time)) = text.split_once('T') else {
        return Ok(text.parse::<Day>()?.unix());
    };
    let day: Day = date.parse().map_err(|_| fail())?;
    let time = time.strip_suffix('Z').ok_or_else(fail)?;
    let time = time.split_once('.').map_or(time, |(whole, _)| whole);
    let mut parts = time.split(':').map(|p| if p.len() == 2 { p.parse::<i64>().ok() } else { None });
    let mut next = |limit: i64| parts.next().flatten().filter(|v| (0..limit).contains(v)).ok_or_else(fail);
    let (h, m, s) = (next(24)?, next(60)?, next(60)?);
    if parts.next().is_some() {
        return Err(fail());
    }
    Ok(day.unix() + h * 3600 + m * 60 + s)
}

/// Formats Unix seconds as RFC 3339 in UTC.
pub fn format_unix(seconds: i64) -> String {
    let day = Day::of_unix(seconds);
    let rest = seconds.rem_euclid(86_400) as u32;
    let (year, month, date) = day.civil();
    let Some(year) = u32::try_from(year).ok().filter(|year| *year <= 9_999) else {
        return format!("{day}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60);
    };
    // By hand, because each record has two of them.
    let mut out = String::with_capacity(20);
    let mut number = |number: u32, from: u32, behind: char| {
        let mut place = from;
        while place > 0 {
            out.push(char::from(b'0' + (number / place % 10) as u8));
            place /= 10;
        }
        out.push(behind);
    };
    number(year, 1_000, '-');
    number(month, 10, '-');
    number(date, 10, 'T');
    number(rest / 3600, 10, ':');
    number(rest / 60 % 60, 10, ':');
    number(rest % 60, 10, 'Z');
    out
}

/// A birth date as lists give it: year, year and month, or a full date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate {
    /// Year, 1-9999.
    pub year: u16,
    /// Month, 1-12.
    pub month: Option<u8>,
    /// Day of the month; only with a month.
    pub day: Option<u8>,
}

impl PartialDate {
    /// The date as a number: `year * 10000 + month * 100 + day`, unknown parts zero.
    pub fn code(self) -> u32 {
        u32::from(self.year) * 10_000 + u32::from(self.month.unwrap_or(0)) * 100 + u32::from(self.day.unwrap_or(0))
    }

    /// The inverse of [`PartialDate::code`]; `None` if the number is no date.
    pub fn from_code(code: u32) -> Option<Self> {
        let year = u16::try_from(code / 10_000).ok().filter(|y| (1..=9999).contains(y))?;
        let month = u8::try_from(code / 100 % 100).ok().filter(|m| *m <= 12)?;
        let day = u8::try_from(code % 100).ok()?;
        if month == 0 {
            return (day == 0).then_some(Self { year, month: None, day: None });
        }
        if u32::from(day) > days_in_month(i32::from(year), u32::from(month)) {
            return None;
        }
        Some(Self { year, month: Some(month), day: (day != 0).then_some(day) })
    }

    /// Whether the two dates can be the same day: every part that both know is equal.
    pub fn agrees(self, other: Self) -> bool {
        let part = |a: Option<u8>, b: Option<u8>| a.is_none() || b.is_none() || a == b;
        self.year == other.year && part(self.month, other.month) && part(self.day, other.day)
    }
}

impl FromStr for PartialDate {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let fail = || DateError(text.to_owned());
        let digits = |p: &str, len: usize| -> Option<u32> {
            (p.len() == len && p.bytes().all(|b| b.is_ascii_digit())).then(|| p.parse().ok()).flatten()
        };
        let mut parts = text.split('-');
        let year = parts.next().and_then(|p| digits(p, 4)).ok_or_else(fail)?;
        let month = parts.next().map(|p| digits(p, 2).filter(|m| *m > 0).ok_or_else(fail)).transpose()?;
        let day = parts.next().map(|p| digits(p, 2).filter(|d| *d > 0).ok_or_else(fail)).transpose()?;
        if parts.next().is_some() {
            return Err(fail());
        }
        Self::from_code(year * 10_000 + month.unwrap_or(0) * 100 + day.unwrap_or(0)).ok_or_else(fail)
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(month) = self.month {
            write!(f, "-{month:02}")?;
        }
        if let Some(day) = self.day {
            write!(f, "-{day:02}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_round_trip() {
        for text in ["1970-01-01", "2026-11-22", "2000-02-29", "1900-03-01", "0001-01-01", "9999-12-31"] {
            assert_eq!(text.parse::<Day>().unwrap().to_string(), text);
        }
        assert_eq!("1970-01-02".parse::<Day>().unwrap(), Day(1));
        for text in ["2025-02-29", "2026-13-01", "2026-1-1", "26-01-01", "2026-11-22x", "2026-00-10", ""] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(parse_unix("2026-11-22"), Ok(1_795_305_600));
        assert_eq!(parse_unix("2026-11-22T01:02:03Z").map(format_unix), Ok("2026-11-22T01:02:03Z".to_owned()));
        assert!(parse_unix("2026-11-22T25:00:00Z").is_err());
        assert!(parse_unix("2026-11-22T10:00:00+01:00").is_err());
    }

    #[test]
    fn partial_dates_agree_on_what_both_know() {
        let d = |t: &str| t.parse::<PartialDate>().unwrap();
        assert!(d("1962").agrees(d("1962-03-04")));
        assert!(!d("1962-03").agrees(d("1962-04-01")));
        assert!(!d("1962").agrees(d("1963")));
        assert!("1962-02-30".parse::<PartialDate>().is_err());
        assert_eq!(PartialDate::from_code(d("1962-03").code()), Some(d("1962-03")));
    }
}
