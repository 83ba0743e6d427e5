//! `weighbridge geo check`: how good an address database is, and where two of them disagree.

use super::map::{self, Tile};
use crate::command::{Failure, print, read_file, table, thousands};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};
use weighbridge::geo::{self, Geo, GeoFormat};
use weighbridge::source::Input;
use weighbridge_blob::date::{Day, parse_unix};
use weighbridge_blob::model::PlaceRange;
use weighbridge_blob::network;
use weighbridge_blob::place::Place;
use weighbridge_blob::policy::PolicyTable;
use weighbridge_blob::words::{Action, ItemClass, Outcome};
use weighbridge_engine::{Facts, evaluate};

/// Look an address database over, and compare it with a second one
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The database: an MMDB file, or CSV ranges
    database: PathBuf,
    /// A second database to compare with
    other: Option<PathBuf>,
    /// The policy whose places must be found; left out: the default policy
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Write a report with a map: an HTML file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// How old a database may be, in days
    #[arg(long, value_name = "DAYS", default_value_t = 45)]
    max_age: u32,
    /// The day that ages count to: `2026-11-22`; left out: today
    #[arg(long, value_name = "DAY")]
    at: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// IPv6 is counted in networks of this length: what one site gets.
const SITE_BITS: u32 = 80;
const V4_FIRST: u128 = 0xffff_0000_0000;
const V4_LAST: u128 = 0xffff_ffff_ffff;

/// Addresses of both families. IPv4 by the address, IPv6 by the /48 (parts of one count as one).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
struct Count {
    v4: u64,
    v6_sites: u64,
}

impl Count {
    fn add(&mut self, first: u128, last: u128) {
        if (V4_FIRST..=V4_LAST).contains(&first) {
            self.v4 += u64::try_from(last - first + 1).unwrap_or(u64::MAX);
        } else {
            let sites = (last >> SITE_BITS) - (first >> SITE_BITS) + 1;
            self.v6_sites = self.v6_sites.saturating_add(u64::try_from(sites).unwrap_or(u64::MAX));
        }
    }
}

/// What a check finds.
#[derive(Debug, Serialize)]
struct Report {
    databases: Vec<Database>,
    /// Where both know an address: by how many they agree about the country, in parts of one. `None` = one database.
    agreement: Option<Agreement>,
    /// The countries, by how many IPv4 addresses the two disagree about.
    countries: Vec<Country>,
    /// Which answers stand against each other, most addresses first.
    disagreements: Vec<Disagreement>,
    /// The places that the policy refuses, or tells apart within a country.
    policy_places: Vec<PolicyPlace>,
    findings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Database {
    name: String,
    kind: String,
    built: Option<String>,
    age_days: Option<i64>,
    networks_v4: u64,
    networks_v6: u64,
    known: Count,
    /// Share of the public IPv4 addresses of which it knows no country.
    unknown_v4_share: f64,
    countries: usize,
    missing: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Agreement {
    both_know: Count,
    same_country: Count,
    v4_share: f64,
    /// Addresses that the first alone knows, and the second alone.
    only_first: Count,
    only_second: Count,
}

#[derive(Debug, Serialize)]
struct Country {
    code: String,
    first: Count,
    second: Count,
    /// IPv4 addresses that both put here.
    both_v4: u64,
    /// Of the IPv4 addresses that one of them puts here and both know: how many both put here, in parts of one.
    agreement: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Disagreement {
    first: String,
    second: String,
    addresses: Count,
}

#[derive(Debug, Serialize)]
struct PolicyPlace {
    place: String,
    /// What a download of open weights from there gets.
    outcome: String,
    rules: Vec<String>,
    first: Count,
    second: Option<Count>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let today = match &args.at {
        Some(day) => parse_unix(day).map_err(|error| Failure::CouldNotRun(format!("--at: {error}")))?,
        None => SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|d| i64::try_from(d.as_secs()).ok()).unwrap_or(0),
    };
    let source = match &args.policy {
        None => weighbridge_policy::DEFAULT.to_owned(),
        Some(path) => {
            String::from_utf8(read_file(path)?).map_err(|_| Failure::CouldNotRun(format!("`{}` is not UTF-8", path.display())))?
        }
    };
    let compiled = weighbridge_policy::compile(&source, &weighbridge_policy::CompileOptions::default())
        .map_err(|errors| Failure::CouldNotRun(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
    let policy = PolicyTable::open(&compiled.bytes).map_err(|error| Failure::CouldNotRun(error.to_string()))?;
    // Regions are read where the policy tells them apart.
    let divided: Vec<Place> = weighbridge_policy::countries().filter(|country| policy.subdivides(*country)).collect();
    let open = |path: &PathBuf| -> Result<Geo, Failure> {
        let format = GeoFormat::of_path(path)
            .ok_or_else(|| Failure::CouldNotRun(format!("`{}` ends neither in .mmdb nor in .csv", path.display())))?;
        geo::read(&Input::new(path), format, &divided).map_err(|error| Failure::CouldNotRun(error.to_string()))
    };
    let databases = std::iter::once(&args.database).chain(&args.other).map(open).collect::<Result<Vec<_>, _>>()?;
    let report = check(&databases, &policy, today, i64::from(args.max_age));
    if let Some(path) = &args.report {
        std::fs::write(path, html(&report)).map_err(|error| Failure::CouldNotRun(format!("cannot write `{}`: {error}", path.display())))?;
    }
    if args.json {
        let text = serde_json::to_string_pretty(&report).map_err(|error| Failure::CouldNotRun(error.to_string()))?;
        print(&format!("{text}\n"));
    } else {
        print(&text(&report));
    }
    match report.findings.len() {
        0 => Ok(()),
        count => Err(Failure::Refused(format!("{count} finding{} above", if count == 1 { "" } else { "s" }))),
    }
}

fn check(databases: &[Geo], policy: &PolicyTable<'_>, today: i64, max_age: i64) -> Report {
    let public = public_v4();
    let mut findings = Vec::new();
    let mut described = Vec::new();
    for geo in databases {
        let one = describe(geo, public, today);
        match one.age_days {
            None => findings.push(format!("`{}` does not say when it was built", one.name)),
            Some(age) if age > max_age => findings.push(format!("`{}` is {age} days old; {max_age} are allowed", one.name)),
            Some(_) => {}
        }
        described.push(one);
    }
    let empty = Vec::new();
    let pairs = pairs(&databases[0].ranges, databases.get(1).map_or(&empty, |geo| &geo.ranges));
    let policy_places = policy_places(policy, today, databases);
    for place in &policy_places {
        for (count, name) in [Some(place.first), place.second].into_iter().flatten().zip(&described) {
            if count == Count::default() {
                findings.push(format!("`{}` has no address in {}, on which the policy depends", name.name, place.place));
            }
        }
    }
    let agreement = (databases.len() > 1).then(|| agreement(&pairs));
    let mut disagreements: BTreeMap<(Place, Place), Count> = BTreeMap::new();
    for (a, b, count) in known(&pairs).filter(|(a, b, _)| a != b) {
        add(disagreements.entry((a, b)).or_default(), count);
    }
    let mut disagreements: Vec<_> = disagreements
        .into_iter()
        .map(|((a, b), addresses)| Disagreement { first: a.to_string(), second: b.to_string(), addresses })
        .collect();
    disagreements
        .sort_by(|a, b| (b.addresses.v4, b.addresses.v6_sites).cmp(&(a.addresses.v4, a.addresses.v6_sites)).then(a.first.cmp(&b.first)));
    Report { databases: described, agreement, countries: countries(&pairs, databases.len() > 1), disagreements, policy_places, findings }
}

/// Runs of addresses with the place that each database gives them; IPv4 and IPv6 never in one run.
type Pairs = Vec<(Option<Place>, Option<Place>, Count)>;

fn pairs(first: &[PlaceRange], second: &[PlaceRange]) -> Pairs {
    let mut edges: BTreeSet<u128> = BTreeSet::from([V4_FIRST, V4_LAST + 1]);
    for range in first.iter().chain(second) {
        edges.insert(range.first);
        edges.extend(range.last.checked_add(1));
    }
    let edges: Vec<u128> = edges.into_iter().collect();
    let mut totals: BTreeMap<(Option<Place>, Option<Place>), Count> = BTreeMap::new();
    let (mut a, mut b) = (0, 0);
    let at = |ranges: &[PlaceRange], index: &mut usize, address: u128| {
        while ranges.get(*index).is_some_and(|range| range.last < address) {
            *index += 1;
        }
        ranges.get(*index).filter(|range| range.first <= address).map(|range| range.place)
    };
    for (n, start) in edges.iter().enumerate() {
        let (x, y) = (at(first, &mut a, *start), at(second, &mut b, *start));
        if x.is_some() || y.is_some() {
            let last = edges.get(n + 1).map_or(u128::MAX, |next| next - 1);
            totals.entry((x, y)).or_default().add(*start, last);
        }
    }
    totals.into_iter().map(|((a, b), count)| (a, b, count)).collect()
}

/// What both know, by country.
fn known(pairs: &Pairs) -> impl Iterator<Item = (Place, Place, Count)> {
    pairs.iter().filter_map(|(a, b, count)| Some((a.as_ref()?.without_region(), b.as_ref()?.without_region(), *count)))
}

fn add(to: &mut Count, more: Count) {
    to.v4 = to.v4.saturating_add(more.v4);
    to.v6_sites = to.v6_sites.saturating_add(more.v6_sites);
}

fn agreement(pairs: &Pairs) -> Agreement {
    let mut found = Agreement {
        both_know: Count::default(),
        same_country: Count::default(),
        v4_share: 1.0,
        only_first: Count::default(),
        only_second: Count::default(),
    };
    for (a, b, count) in pairs {
        match (a, b) {
            (Some(a), Some(b)) => {
                add(&mut found.both_know, *count);
                if a.without_region() == b.without_region() {
                    add(&mut found.same_country, *count);
                }
            }
            (Some(_), None) => add(&mut found.only_first, *count),
            (None, _) => add(&mut found.only_second, *count),
        }
    }
    if found.both_know.v4 > 0 {
        found.v4_share = found.same_country.v4 as f64 / found.both_know.v4 as f64;
    }
    found
}

fn countries(pairs: &Pairs, compared: bool) -> Vec<Country> {
    let (mut first, mut second, mut both, mut either) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new(), BTreeMap::<Place, u64>::new());
    for (a, b, count) in pairs {
        let (a, b) = (a.map(Place::without_region), b.map(Place::without_region));
        if let Some(a) = a {
            add(first.entry(a).or_insert_with(Count::default), *count);
        }
        if let Some(b) = b {
            add(second.entry(b).or_insert_with(Count::default), *count);
        }
        if let (Some(a), Some(b)) = (a, b) {
            for place in BTreeSet::from([a, b]) {
                *either.entry(place).or_default() += count.v4;
            }
            if a == b {
                *both.entry(a).or_insert(0_u64) += count.v4;
            }
        }
    }
    let codes: BTreeSet<Place> = first.keys().chain(second.keys()).copied().collect();
    let mut out: Vec<Country> = codes
        .into_iter()
        .map(|place| {
            let (both_v4, either) = (both.get(&place).copied().unwrap_or(0), either.get(&place).copied().unwrap_or(0));
            Country {
                code: place.to_string(),
                first: first.get(&place).copied().unwrap_or_default(),
                second: second.get(&place).copied().unwrap_or_default(),
                both_v4,
                agreement: (compared && either > 0).then(|| both_v4 as f64 / either as f64),
            }
        })
        .collect();
    let wrong = |country: &Country| (country.first.v4.max(country.second.v4)).saturating_sub(country.both_v4);
    out.sort_by(|a, b| wrong(b).cmp(&wrong(a)).then(a.code.cmp(&b.code)));
    out
}

fn describe(geo: &Geo, public: u64, today: i64) -> Database {
    let mut known = Count::default();
    let mut public_known = 0;
    let mut seen = BTreeSet::new();
    for range in &geo.ranges {
        known.add(range.first, range.last);
        seen.insert(range.place.without_region());
        if (V4_FIRST..=V4_LAST).contains(&range.first) {
            public_known += public_between((range.first - V4_FIRST) as u32, (range.last - V4_FIRST) as u32);
        }
    }
    let account = &geo.account;
    Database {
        name: account.name.clone(),
        kind: if account.database.is_empty() { account.format.clone() } else { account.database.clone() },
        built: account.built.map(|at| Day::of_unix(at).to_string()),
        age_days: account.built.map(|at| today.saturating_sub(at).max(0) / 86_400),
        networks_v4: account.networks_v4,
        networks_v6: account.networks_v6,
        known,
        unknown_v4_share: 1.0 - public_known as f64 / public as f64,
        countries: seen.len(),
        missing: weighbridge_policy::countries().filter(|place| !seen.contains(place)).map(|place| place.to_string()).collect(),
    }
}

/// The /16 blocks that hold no public address, and those that hold some and some not, by their first address.
fn public_v4() -> u64 {
    public_between(0, u32::MAX)
}

/// How many of these IPv4 addresses are public. All special blocks but one (192.0.0.0/24) are whole /16s or larger.
fn public_between(first: u32, last: u32) -> u64 {
    let is_public = |bits: u32| network::class_of(std::net::Ipv4Addr::from_bits(bits).into()).is_none();
    let mut count = 0;
    let mut at = first;
    loop {
        // Up to the end of a /16, or of a /24 inside 192.0.0.0/16.
        let size: u32 = if at >> 16 == 0xc000 { 0xff } else { 0xffff };
        let end = (at | size).min(last);
        if is_public(at) {
            count += u64::from(end - at) + 1;
        }
        match end.checked_add(1).filter(|next| *next <= last) {
            Some(next) if end < last => at = next,
            _ => return count,
        }
    }
}

/// The places that the policy refuses open weights, and the regions that it tells apart.
fn policy_places(policy: &PolicyTable<'_>, today: i64, databases: &[Geo]) -> Vec<PolicyPlace> {
    let mut out = Vec::new();
    for (place, _) in policy.places() {
        let mut facts = Facts::new(today, Action::Download, ItemClass::Published);
        facts.place.ip = Some(place);
        let decision = evaluate(policy, &facts);
        if decision.outcome == Outcome::Allow && !place.has_region() {
            continue;
        }
        let count = |geo: &Geo| {
            let inside = |range: &&PlaceRange| range.place == place || (!place.has_region() && range.place.without_region() == place);
            geo.ranges.iter().filter(inside).fold(Count::default(), |mut count, range| {
                count.add(range.first, range.last);
                count
            })
        };
        out.push(PolicyPlace {
            place: place.to_string(),
            outcome: decision.outcome.to_string(),
            rules: decision.rule_ids(policy).into_iter().map(str::to_owned).collect(),
            first: count(&databases[0]),
            second: databases.get(1).map(count),
        });
    }
    out
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// How many rows of a list the text shows; JSON has all.
const SHOWN: usize = 15;

fn text(report: &Report) -> String {
    let mut out = String::new();
    let mut rows = vec![
        ["database", "kind", "built", "age in days", "networks v4", "networks v6", "addresses v4", "sites v6", "unknown v4", "countries"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for one in &report.databases {
        rows.push(vec![
            one.name.clone(),
            one.kind.clone(),
            one.built.clone().unwrap_or_else(|| "not told".to_owned()),
            one.age_days.map_or_else(|| "?".to_owned(), |age| age.to_string()),
            thousands(one.networks_v4),
            thousands(one.networks_v6),
            thousands(one.known.v4),
            thousands(one.known.v6_sites),
            percent(one.unknown_v4_share),
            one.countries.to_string(),
        ]);
    }
    out.push_str(&table(&rows, 3));
    for one in report.databases.iter().filter(|one| !one.missing.is_empty()) {
        let _ = writeln!(out, "{} knows no address in {}", one.name, one.missing.join(" "));
    }
    if let Some(agreement) = &report.agreement {
        let _ = writeln!(
            out,
            "\nboth know {} IPv4 addresses and {} IPv6 sites, and agree about the country of {} and {} of them ({} of IPv4)",
            thousands(agreement.both_know.v4),
            thousands(agreement.both_know.v6_sites),
            thousands(agreement.same_country.v4),
            thousands(agreement.same_country.v6_sites),
            percent(agreement.v4_share)
        );
        let _ = writeln!(
            out,
            "the first alone knows {} and {}, the second alone {} and {}\n",
            thousands(agreement.only_first.v4),
            thousands(agreement.only_first.v6_sites),
            thousands(agreement.only_second.v4),
            thousands(agreement.only_second.v6_sites)
        );
        let mut rows = vec![["first says", "second says", "addresses v4", "sites v6"].map(str::to_owned).to_vec()];
        for one in report.disagreements.iter().take(SHOWN) {
            rows.push(vec![one.first.clone(), one.second.clone(), thousands(one.addresses.v4), thousands(one.addresses.v6_sites)]);
        }
        out.push_str(&table(&rows, 2));
        if report.disagreements.len() > SHOWN {
            let _ = writeln!(out, "and {} more pairs; --json has all", report.disagreements.len() - SHOWN);
        }
    }
    out.push('\n');
    let mut rows = vec![["place", "open weights", "rules", "addresses v4", "sites v6"].map(str::to_owned).to_vec()];
    if report.agreement.is_some() {
        rows[0].extend(["second v4", "second v6"].map(str::to_owned));
    }
    for place in &report.policy_places {
        let mut row = vec![
            place.place.clone(),
            place.outcome.clone(),
            place.rules.join(" "),
            thousands(place.first.v4),
            thousands(place.first.v6_sites),
        ];
        row.extend(place.second.iter().flat_map(|count| [thousands(count.v4), thousands(count.v6_sites)]));
        rows.push(row);
    }
    out.push_str(&table(&rows, 3));
    for finding in &report.findings {
        let _ = writeln!(out, "finding: {finding}");
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn html(report: &Report) -> String {
    let refused: BTreeSet<&str> =
        report.policy_places.iter().filter(|place| place.outcome != "allow").filter_map(|place| place.place.get(..2)).collect();
    let tiles = report.countries.iter().map(|country| {
        let good = country.agreement.or(Some(1.0)).filter(|_| country.first.v4 + country.second.v4 > 0);
        let note = match country.agreement {
            Some(share) => {
                format!("{} of {} and {} IPv4 addresses agree", percent(share), thousands(country.first.v4), thousands(country.second.v4))
            }
            None => format!("{} IPv4 addresses", thousands(country.first.v4)),
        };
        (country.code.clone(), Tile { good, refused: refused.contains(country.code.as_str()), note })
    });
    let mut tiles: BTreeMap<String, Tile> = tiles.collect();
    for code in &refused {
        tiles.entry((*code).to_owned()).or_insert(Tile { good: None, refused: true, note: "no addresses".to_owned() });
    }
    let names: Vec<String> = report.databases.iter().map(|one| escaped(&one.name)).collect();
    let title = format!("Address databases: {}", names.join(" against "));
    let measure = if report.agreement.is_some() { "agreement of both about IPv4 addresses" } else { "addresses are known" };
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\n<style>body{{font:15px/1.5 sans-serif;\
         max-width:1060px;margin:2em auto;padding:0 1em;color:#111}}pre{{font-size:12px;overflow-x:auto;background:#f5f5f5;padding:1em}}\
         h1{{font-size:1.4em}}</style></head>\n<body><h1>{title}</h1>\n<p>Each country has one tile. Whether an address really lies \
         where a database says cannot be seen from a database; where two disagree, one of them is wrong.</p>\n{}<pre>{}</pre></body></html>\n",
        map::svg(&tiles, measure),
        escaped(&text(report))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: &str, last: &str, place: &str) -> PlaceRange {
        let bits = |text: &str| match text.parse::<std::net::IpAddr>().unwrap() {
            std::net::IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
            std::net::IpAddr::V6(v6) => v6.to_bits(),
        };
        PlaceRange { first: bits(first), last: bits(last), place: place.parse().unwrap() }
    }

    #[test]
    fn public_addresses_are_counted_without_the_special_blocks() {
        let special: u64 = [24_u32, 24, 22, 24, 16, 20, 8, 16, 17, 28, 28].iter().map(|bits| 1_u64 << bits).sum();
        assert_eq!(public_v4(), (1 << 32) - special);
        assert_eq!(public_between(0x0aff_ffff, 0x0b00_0000), 1);
        assert_eq!(public_between(0xc000_00ff, 0xc000_0100), 1);
        assert_eq!(public_between(0xffff_ffff, 0xffff_ffff), 0);
    }

    #[test]
    fn disagreement_is_counted_by_country_and_by_address() {
        let first = [
            range("192.0.2.0", "192.0.2.127", "DE"),
            range("192.0.2.128", "192.0.2.255", "UA-43"),
            range("2001:db8::", "2001:db8:1:ffff:ffff:ffff:ffff:ffff", "FR"),
        ];
        let second = [
            range("192.0.2.0", "192.0.2.63", "DE"),
            range("192.0.2.64", "192.0.2.127", "FR"),
            range("192.0.2.128", "192.0.2.191", "UA"),
            range("198.51.100.0", "198.51.100.255", "US"),
        ];
        let pairs = pairs(&first, &second);
        let agreement = agreement(&pairs);
        assert_eq!((agreement.both_know.v4, agreement.same_country.v4), (192, 128));
        assert_eq!((agreement.only_first, agreement.only_second), (Count { v4: 64, v6_sites: 2 }, Count { v4: 256, v6_sites: 0 }));
        let countries = countries(&pairs, true);
        let of =
            |code: &str| countries.iter().find(|country| country.code == code).map(|country| (country.both_v4, country.agreement)).unwrap();
        assert_eq!(of("DE"), (64, Some(0.5)));
        assert_eq!(of("UA"), (64, Some(1.0)), "a region does not make it another country");
        assert_eq!(of("FR"), (0, Some(0.0)));
        assert_eq!(of("US"), (0, None));
    }

    #[test]
    fn a_database_without_crimea_is_a_finding() {
        let compiled = weighbridge_policy::compile(weighbridge_policy::DEFAULT, &weighbridge_policy::CompileOptions::default()).unwrap();
        let policy = PolicyTable::open(&compiled.bytes).unwrap();
        let account = weighbridge_blob::model::GeoSource { name: "a.csv".into(), built: Some(1_795_305_600), ..Default::default() };
        let codes = ["CU", "IR", "KP", "UA-40", "UA-14", "UA-09", "UA-23", "UA-65"];
        let ranges = codes.iter().enumerate().map(|(n, code)| range(&format!("192.0.2.{n}"), &format!("192.0.2.{n}"), code)).collect();
        let report = check(&[Geo { ranges, account }], &policy, 1_795_305_600 + 50 * 86_400, 45);
        assert_eq!(
            report.findings,
            ["`a.csv` is 50 days old; 45 are allowed", "`a.csv` has no address in UA-43, on which the policy depends"]
        );
        let iran = report.policy_places.iter().find(|place| place.place == "IR").unwrap();
        assert_eq!((iran.outcome.as_str(), iran.first.v4, iran.rules.join(" ").as_str()), ("deny", 1, "OFAC-EMBARGO"));
    }
}
