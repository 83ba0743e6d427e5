//! What the operator knows better than a database: corrections by network, and geofeeds (RFC 8805). They win over all
//! databases.

use super::{GeoError, joined, mapped, shown};
use crate::source::{Input, SourceError};
use std::io::Read;
use std::net::IpAddr;
use weighbridge_blob::model::{GeoSource, PlaceRange};
use weighbridge_blob::place::Place;

/// A network and what is true of it; `None`: its place is not known, whatever a database says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correction {
    /// First address, IPv4 in its mapped form.
    pub first: u128,
    /// Last address.
    pub last: u128,
    /// Its place.
    pub place: Option<Place>,
}

impl Correction {
    /// A network as text, such as `192.0.2.0/24` or one address. `None` if it is not one, or has bits behind its prefix.
    pub fn of(network: &str, place: Option<Place>) -> Option<Self> {
        let (address, prefix) = match network.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u32>().ok()?)),
            None => (network, None),
        };
        let (first, width) = match address.trim().parse::<IpAddr>().ok()? {
            IpAddr::V4(v4) => (mapped(v4), 32),
            IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => return None,
            IpAddr::V6(v6) => (u128::from(v6), 128),
        };
        let free = width - prefix.filter(|prefix| *prefix <= width).or(prefix.is_none().then_some(width))?;
        let below = 1_u128.checked_shl(free).map_or(u128::MAX, |size| size - 1);
        (first & below == 0).then_some(Self { first, last: first | below, place })
    }
}

/// Reads a geofeed: `prefix,country,region,city,postal` a row, `#` comments. A row without a country says that the network is
/// in no known place (RFC 8805 §2.1.1). The city and the postal code are not read. Of two networks the smaller one counts.
///
/// # Errors
/// [`GeoError`] with the line.
pub fn geofeed(input: &Input) -> Result<(Vec<Correction>, GeoSource), GeoError> {
    let mut document = input.open_file()?;
    let path = document.path().to_owned();
    let mut account = GeoSource { name: document.name().to_owned(), format: "geofeed".to_owned(), ..GeoSource::default() };
    let mut bytes = Vec::new();
    document.read_to_end(&mut bytes).map_err(|source| SourceError::open(&path, source))?;
    account.digest = document.digest()?;
    let mut rows = Vec::new();
    for (line, row) in (1_u64..).zip(bytes.split(|byte| *byte == b'\n')) {
        let error = |message: String| GeoError::from(SourceError::Row { path: path.clone(), line, message });
        let row = std::str::from_utf8(row).map_err(|_| SourceError::Utf8 { path: path.clone(), line, column: "1".to_owned() })?;
        let row = row.strip_prefix('\u{feff}').unwrap_or(row).trim();
        if row.is_empty() || row.starts_with('#') {
            continue;
        }
        let mut fields = row.split(',').map(|field| field.trim().trim_matches('"'));
        let (network, country, region) = (fields.next().unwrap_or(""), fields.next().unwrap_or(""), fields.next().unwrap_or(""));
        let place = if country.is_empty() {
            account.without_country += 1;
            None
        } else {
            let upper = country.to_ascii_uppercase();
            let known = super::record::text(&upper).filter(|place| upper.len() == 2 && !place.has_region());
            let country = known.ok_or_else(|| error(format!("country: `{country}` is no ISO 3166-1 code")))?;
            let code = region.split_once('-').map_or(region, |(_, code)| code);
            // The region counts only in its own country (RFC 8805 §2.1.1.3).
            if !region.is_empty() && !region.to_ascii_uppercase().starts_with(&format!("{}-", country.country_code())) {
                return Err(error(format!("region: `{region}` is no ISO 3166-2 code of `{country}`; write `{country}-…`")));
            }
            Some(super::record::place(country, Some(code).filter(|code| !code.is_empty()), None, &[country]))
        };
        let correction = Correction::of(network, place)
            .ok_or_else(|| error(format!("prefix: `{network}` is no network, or has bits behind its prefix; write `192.0.2.0/24`")))?;
        if shown(correction.first).is_ipv4() {
            account.networks_v4 += 1
        } else {
            account.networks_v6 += 1
        }
        rows.push((correction, line));
    }
    if rows.is_empty() {
        return Err(SourceError::Empty { path }.into());
    }
    rows.sort_by_key(|(row, _)| (row.first, row.last));
    if let Some(pair) = rows.windows(2).find(|pair| (pair[0].0.first, pair[0].0.last) == (pair[1].0.first, pair[1].0.last)) {
        let (line, other) = (pair[0].1.max(pair[1].1), pair[0].1.min(pair[1].1));
        return Err(SourceError::Row { path, line, message: format!("the network stands in line {other} already") }.into());
    }
    Ok((rows.into_iter().map(|(row, _)| row).collect(), account))
}

/// The ranges with corrections laid over them; of two corrections the smaller network counts, of two equal ones the later.
pub fn lay(base: &[PlaceRange], corrections: &[Correction]) -> Vec<PlaceRange> {
    let mut out = base.to_vec();
    let mut order: Vec<&Correction> = corrections.iter().collect();
    // Networks nest or are apart, so the largest first leaves the smallest on top.
    order.sort_by_key(|c| std::cmp::Reverse(c.last - c.first));
    // Each layer of networks that are apart is laid in one pass.
    while !order.is_empty() {
        let mut layer: Vec<&Correction> = Vec::new();
        let mut rest = Vec::new();
        let widest = order.first().map_or(0, |c| c.last - c.first);
        let mut seen = std::collections::BTreeSet::new();
        for correction in order {
            let fits = correction.last - correction.first == widest && seen.insert(correction.first);
            if fits { layer.push(correction) } else { rest.push(correction) }
        }
        layer.sort_by_key(|c| c.first);
        out = lay_apart(&out, &layer);
        order = rest;
    }
    out
}

/// The ranges with corrections laid over them that are sorted and apart from each other.
pub(super) fn lay_sorted(base: &[PlaceRange], corrections: &[Correction]) -> Vec<PlaceRange> {
    lay_apart(base, &corrections.iter().collect::<Vec<_>>())
}

/// Corrections that are sorted and apart from each other.
fn lay_apart(base: &[PlaceRange], layer: &[&Correction]) -> Vec<PlaceRange> {
    let mut out: Vec<PlaceRange> =
        layer.iter().filter_map(|c| Some(PlaceRange { first: c.first, last: c.last, place: c.place? })).collect();
    let mut at = 0;
    for range in base {
        while layer.get(at).is_some_and(|c| c.last < range.first) {
            at += 1;
        }
        let mut first = Some(range.first);
        for over in layer.iter().skip(at).take_while(|c| c.first <= range.last) {
            if let Some(from) = first
                && from < over.first
            {
                out.push(PlaceRange { first: from, last: over.first - 1, place: range.place });
            }
            first = over.last.checked_add(1);
        }
        if let Some(from) = first.filter(|from| *from <= range.last) {
            out.push(PlaceRange { first: from, last: range.last, place: range.place });
        }
    }
    out.sort_unstable_by_key(|range| range.first);
    joined(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        text.parse().unwrap()
    }

    fn correct(network: &str, code: &str) -> Correction {
        Correction::of(network, code.parse().ok()).unwrap()
    }

    #[test]
    fn networks_and_what_is_none() {
        let v4 = |text: &str| Correction::of(text, None).map(|c| (shown(c.first).to_string(), shown(c.last).to_string()));
        assert_eq!(v4("192.0.2.0/24"), Some(("192.0.2.0".into(), "192.0.2.255".into())));
        assert_eq!(v4("192.0.2.7"), Some(("192.0.2.7".into(), "192.0.2.7".into())));
        assert_eq!(v4("2001:db8::/32"), Some(("2001:db8::".into(), "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff".into())));
        assert_eq!(v4("::/0").map(|c| c.0), Some("::".into()));
        for bad in ["192.0.2.1/24", "192.0.2.0/33", "192.0.2.0/", "x/8", "", "2001:db8::1/64", "::ffff:192.0.2.0/120"] {
            assert_eq!(v4(bad), None, "{bad}");
        }
    }

    #[test]
    fn corrections_win_and_the_smaller_one_wins_more() {
        let base = [correct("10.0.0.0/8", "DE")].map(|c| PlaceRange { first: c.first, last: c.last, place: place("DE") });
        let over =
            [correct("10.1.0.0/16", "FR"), correct("10.1.2.0/24", "??"), correct("10.1.2.128/25", "IR"), correct("11.0.0.0/24", "US")];
        let out = lay(&base, &over);
        let at = |address: &str| {
            let number = Correction::of(address, None).unwrap().first;
            out.iter().find(|r| (r.first..=r.last).contains(&number)).map(|r| r.place.to_string())
        };
        for (address, expected) in [
            ("10.0.255.255", Some("DE")),
            ("10.1.0.0", Some("FR")),
            ("10.1.2.0", None),
            ("10.1.2.127", None),
            ("10.1.2.128", Some("IR")),
            ("10.1.3.0", Some("FR")),
            ("10.2.0.0", Some("DE")),
            ("11.0.0.5", Some("US")),
            ("11.0.1.0", None),
        ] {
            assert_eq!(at(address).as_deref(), expected, "{address}");
        }
        assert!(out.windows(2).all(|pair| pair[0].last < pair[1].first));
    }

    #[test]
    fn geofeeds_are_read_with_their_lines() {
        let read = |text: &str| {
            let path = std::env::temp_dir().join(format!("weighbridge-feed-{}-{}.csv", std::process::id(), text.len()));
            std::fs::write(&path, text).unwrap();
            let result = geofeed(&Input::new(&path));
            std::fs::remove_file(path).unwrap();
            result
        };
        let (rows, account) = read(
            "# RFC 8805\r\n192.0.2.0/25,UA,UA-43,Simferopol,\r\n192.0.2.128/25,us,,,\n2001:db8::/32,,,,\n\n198.51.100.7,PL,PL-14,,02784\n",
        )
        .unwrap();
        let shown: Vec<_> = rows.iter().map(|r| r.place.map(|p| p.to_string())).collect();
        // Sorted by address, IPv4 in its mapped form first.
        assert_eq!(shown, [Some("UA-43".into()), Some("US".into()), Some("PL-14".into()), None]);
        assert_eq!((account.networks_v4, account.networks_v6, account.without_country), (3, 1, 1));
        for (text, parts) in [
            ("# only\n", ["no data rows", ""]),
            ("192.0.2.1/24,DE\n", ["line 1", "bits behind"]),
            ("\n192.0.2.0/24,QQ\n", ["line 2", "`QQ`"]),
            ("192.0.2.0/24,DE,FR-75\n", ["line 1", "`FR-75`"]),
            ("192.0.2.0/24,DE\n192.0.2.0/24,FR\n", ["line 2", "line 1 already"]),
        ] {
            let message = read(text).unwrap_err().to_string();
            assert!(parts.iter().all(|part| message.contains(part)), "{text}: {message}");
        }
    }
}
