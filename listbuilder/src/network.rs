//! Files that say what kind of network an address belongs to: lists of networks, Tor exits, sets of AS numbers.
//!
//! Each file has one class and a date of its own, and every line of it is accounted for: kept, merged into a line that
//! covers it, or lost with file, line and reason. A class is a fact beside the place, never a place.

use crate::source::{Document, Input, SourceError};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::net::IpAddr;
use std::path::PathBuf;
use weighbridge_blob::model::{FileAccount, LostRow, NetworkRange, NetworkSource};
use weighbridge_blob::words::{NetworkClass, NetworkSet};

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkFormat {
    /// An address or a network in CIDR notation a line; `#` and `;` begin a comment.
    Cidr,
    /// The Tor project's exit list (`ExitAddress 192.0.2.1 2026-11-22 06:00:00`), or plain addresses.
    TorExits,
    /// An AS number a line (`AS64496 # who`). `ranges` say which addresses are whose.
    Asn,
}

impl NetworkFormat {
    /// The names in build files.
    pub const NAMES: &'static str = "cidr, tor-exits, asn";

    /// The format of a name in build files.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "cidr" => Some(Self::Cidr),
            "tor-exits" => Some(Self::TorExits),
            "asn" => Some(Self::Asn),
            _ => None,
        }
    }

    /// The name in build files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cidr => "cidr",
            Self::TorExits => "tor-exits",
            Self::Asn => "asn",
        }
    }
}

/// One file, as a build file names it.
#[derive(Debug, Clone)]
pub struct NetworkSpec {
    /// What its networks are.
    pub class: NetworkClass,
    /// Its form.
    pub format: NetworkFormat,
    /// The file.
    pub path: PathBuf,
    /// For AS numbers: tables `first,last,asn,organisation`, without or with that header.
    pub ranges: Vec<PathBuf>,
    /// When it was last confirmed current, Unix seconds.
    pub checked_at: i64,
    /// When it was published, Unix seconds.
    pub published: Option<i64>,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Sorted, disjoint, neighbours joined; IPv4 in its mapped form.
    pub ranges: Vec<(u128, u128)>,
    /// Its account.
    pub account: NetworkSource,
}

/// Reads one file. Lines that cannot be used stand in the account.
///
/// # Errors
/// [`SourceError`] if a file cannot be read, holds nothing, or is no text.
pub fn read(spec: &NetworkSpec) -> Result<Network, SourceError> {
    let (mut ranges, mut files) = (Vec::new(), Vec::new());
    match spec.format {
        NetworkFormat::Cidr | NetworkFormat::TorExits => {
            let (found, account) = addresses(&spec.path, spec.format)?;
            ranges = found;
            files.push(account);
        }
        NetworkFormat::Asn => {
            let (numbers, mut account) = numbers(&spec.path)?;
            let mut used = BTreeSet::new();
            let mut tables = Vec::new();
            for path in &spec.ranges {
                tables.push(table(path, &numbers, &mut used, &mut ranges)?);
            }
            for (number, line) in numbers.iter().filter(|(number, _)| !used.contains(*number)) {
                // The registries hand numbers out that nobody announces.
                account.kept -= 1;
                account.lost.push(LostRow { line: *line, reason: format!("AS{number} has no addresses in the tables"), explained: true });
            }
            account.lost.sort_by_key(|row| row.line);
            files.push(account);
            files.extend(tables);
        }
    }
    let account = NetworkSource {
        class: spec.class,
        format: spec.format.as_str().to_owned(),
        checked_at: spec.checked_at,
        published: spec.published,
        files,
    };
    Ok(Network { ranges: joined(ranges), account })
}

/// All files together: each run of addresses with the classes that some file gives it.
pub fn combine(networks: &[Network]) -> Vec<NetworkRange> {
    // Where a class begins or ends to hold, by how much the number of files that say so changes.
    let mut edges: BTreeMap<u128, [i32; NetworkClass::ALL.len()]> = BTreeMap::new();
    for network in networks {
        let class = usize::from(network.account.class.code());
        for (first, last) in &network.ranges {
            edges.entry(*first).or_default()[class] += 1;
            if let Some(next) = last.checked_add(1) {
                edges.entry(next).or_default()[class] -= 1;
            }
        }
    }
    let mut out: Vec<NetworkRange> = Vec::new();
    let mut holding = [0_i32; NetworkClass::ALL.len()];
    let mut edges = edges.into_iter().peekable();
    while let Some((first, change)) = edges.next() {
        holding.iter_mut().zip(change).for_each(|(count, change)| *count += change);
        let held = NetworkClass::ALL.iter().copied().zip(holding).filter(|(_, count)| *count > 0);
        let classes: NetworkSet = held.map(|(class, _)| class).collect();
        let last = edges.peek().map_or(u128::MAX, |(next, _)| next - 1);
        match out.last_mut() {
            _ if classes.is_empty() => {}
            Some(before) if before.classes == classes && before.last + 1 == first => before.last = last,
            _ => out.push(NetworkRange { first, last, classes }),
        }
    }
    out
}

/// The lines of a file with their numbers, without comments and blanks.
fn lines(document: Document, mut each: impl FnMut(u64, &str) -> Result<(), SourceError>) -> Result<Document, SourceError> {
    let path = document.path().to_owned();
    let mut reader = BufReader::new(document);
    let (mut bytes, mut line) = (Vec::new(), 0);
    loop {
        bytes.clear();
        if reader.read_until(b'\n', &mut bytes).map_err(|source| SourceError::open(&path, source))? == 0 {
            return Ok(reader.into_inner());
        }
        line += 1;
        let text = std::str::from_utf8(&bytes).map_err(|_| SourceError::Utf8 { path: path.clone(), line, column: "1".to_owned() })?;
        let text = text.split(['#', ';']).next().unwrap_or_default().trim().trim_start_matches('\u{feff}');
        if !text.is_empty() {
            each(line, text)?;
        }
    }
}

type Found = Vec<(u128, u128)>;

fn addresses(path: &std::path::Path, format: NetworkFormat) -> Result<(Found, FileAccount), SourceError> {
    let document = Input::new(path).open_file()?;
    let mut account = FileAccount { name: document.name().to_owned(), ..FileAccount::default() };
    let mut found: Vec<(u128, u128, u64)> = Vec::new();
    let document = lines(document, |line, text| {
        let words: Vec<&str> = text.split_whitespace().collect();
        let word = match (format, words.as_slice()) {
            // What the exit list says beside the address.
            (NetworkFormat::TorExits, ["ExitNode" | "Published" | "LastStatus", ..]) => return Ok(()),
            (NetworkFormat::TorExits, ["ExitAddress", address, ..]) => *address,
            (_, [word]) => *word,
            _ => text,
        };
        account.read += 1;
        match network(word) {
            Ok((first, last)) => found.push((first, last, line)),
            Err(reason) => account.lost.push(LostRow { line, reason, explained: false }),
        }
        Ok(())
    })?;
    account.digest = document.digest()?;
    if account.read == 0 {
        return Err(SourceError::Empty { path: path.to_owned() });
    }
    // A line whose addresses another line has as well says nothing new.
    found.sort_unstable_by_key(|a| (a.0, std::cmp::Reverse(a.1), a.2));
    let mut end: Option<u128> = None;
    for (_, last, _) in &found {
        if end.is_some_and(|end| *last <= end) {
            account.merged += 1
        } else {
            account.kept += 1
        }
        end = end.max(Some(*last));
    }
    Ok((found.into_iter().map(|(first, last, _)| (first, last)).collect(), account))
}

/// An address or a network as a range, IPv4 in its mapped form.
fn network(text: &str) -> Result<(u128, u128), String> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let parsed: IpAddr = address.parse().map_err(|_| format!("`{text}` is no address and no network; write `192.0.2.0/24`"))?;
    let width: u32 = if parsed.is_ipv4() { 32 } else { 128 };
    let length = match length {
        None => width,
        Some(length) => match length.parse::<u32>() {
            Ok(number) if number <= width && number.to_string() == length => number,
            _ => return Err(format!("`{text}` has no prefix length of 0 to {width}")),
        },
    };
    let first = mapped(parsed);
    let hosts = 1_u128.checked_shl(width - length).map_or(u128::MAX, |size| size - 1);
    if first & hosts != 0 {
        return Err(format!("`{text}` has bits behind its prefix: either the address or the length is wrong"));
    }
    Ok((first, first | hosts))
}

fn mapped(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// AS numbers with the line each stands on.
fn numbers(path: &std::path::Path) -> Result<(BTreeMap<u32, u64>, FileAccount), SourceError> {
    let document = Input::new(path).open_file()?;
    let mut account = FileAccount { name: document.name().to_owned(), ..FileAccount::default() };
    let mut numbers = BTreeMap::new();
    let document = lines(document, |line, text| {
        account.read += 1;
        let digits = text.strip_prefix("AS").or_else(|| text.strip_prefix("as")).unwrap_or(text);
        match digits.parse::<u32>() {
            Ok(number) if digits.bytes().all(|b| b.is_ascii_digit()) && number > 0 => match numbers.entry(number) {
                std::collections::btree_map::Entry::Vacant(slot) => {
                    slot.insert(line);
                    account.kept += 1;
                }
                std::collections::btree_map::Entry::Occupied(_) => account.merged += 1,
            },
            _ => account.lost.push(LostRow { line, reason: format!("`{text}` is no AS number; write `AS64496`"), explained: false }),
        }
        Ok(())
    })?;
    account.digest = document.digest()?;
    if account.read == 0 {
        return Err(SourceError::Empty { path: path.to_owned() });
    }
    Ok((numbers, account))
}

/// The rows of a table of addresses that belong to one of the numbers. Its account has those rows, and every row that
/// cannot be read.
fn table(
    path: &std::path::Path,
    numbers: &BTreeMap<u32, u64>,
    used: &mut BTreeSet<u32>,
    ranges: &mut Found,
) -> Result<FileAccount, SourceError> {
    let document = Input::new(path).open_file()?;
    let mut account = FileAccount { name: document.name().to_owned(), ..FileAccount::default() };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(document);
    let mut record = csv::ByteRecord::new();
    let error = |line: u64, message: String| SourceError::Row { path: path.to_owned(), line, message };
    let mut rows = 0_u64;
    while reader.read_byte_record(&mut record).map_err(|e| error(0, e.to_string()))? {
        let line = record.position().map_or(0, csv::Position::line);
        let field = |n: usize| record.get(n).and_then(|field| std::str::from_utf8(field).ok()).unwrap_or_default();
        let (first, last, number) = (field(0), field(1), field(2));
        if line == 1 && first.parse::<IpAddr>().is_err() && !first.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        rows += 1;
        let read = || -> Result<(u128, u128, u32), String> {
            let address = |text: &str| text.parse::<IpAddr>().map_err(|_| format!("`{text}` is no address"));
            let (from, to) = (address(first)?, address(last)?);
            if from.is_ipv4() != to.is_ipv4() || mapped(from) > mapped(to) {
                return Err(format!("`{first}` to `{last}` is no range"));
            }
            let digits = number.strip_prefix("AS").unwrap_or(number);
            Ok((mapped(from), mapped(to), digits.parse().map_err(|_| format!("`{number}` is no AS number"))?))
        };
        match read() {
            Ok((from, to, number)) if numbers.contains_key(&number) => {
                account.read += 1;
                account.kept += 1;
                used.insert(number);
                ranges.push((from, to));
            }
            Ok(_) => {}
            Err(reason) => {
                account.read += 1;
                account.lost.push(LostRow { line, reason, explained: false });
            }
        }
    }
    account.digest = reader.into_inner().digest()?;
    if rows == 0 {
        return Err(SourceError::Empty { path: path.to_owned() });
    }
    Ok(account)
}

/// Sorted, disjoint, neighbours joined.
fn joined(mut ranges: Found) -> Found {
    ranges.sort_unstable();
    let mut out: Found = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match out.last_mut() {
            Some((_, end)) if end.checked_add(1).is_none_or(|next| first <= next) => *end = last.max(*end),
            _ => out.push((first, last)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(text: &str) -> PathBuf {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("weighbridge-network-{}-{}.txt", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn spec(class: NetworkClass, format: NetworkFormat, text: &str, tables: &[&str]) -> NetworkSpec {
        let ranges = tables.iter().map(|text| file(text)).collect();
        NetworkSpec { class, format, path: file(text), ranges, checked_at: 1_795_305_600, published: None }
    }

    fn read_text(format: NetworkFormat, text: &str, tables: &[&str]) -> Result<Network, SourceError> {
        let spec = spec(NetworkClass::Vpn, format, text, tables);
        let result = read(&spec);
        spec.ranges.iter().chain([&spec.path]).for_each(|path| std::fs::remove_file(path).unwrap());
        result
    }

    fn shown(network: &Network) -> Vec<String> {
        let address = |bits: u128| IpAddr::from(bits.to_be_bytes()).to_canonical();
        network.ranges.iter().map(|(first, last)| format!("{}-{}", address(*first), address(*last))).collect()
    }

    fn counts(account: &FileAccount) -> (u64, u64, u64, usize) {
        assert_eq!(account.read, account.kept + account.merged + account.lost.len() as u64, "{account:?}");
        (account.read, account.kept, account.merged, account.lost.len())
    }

    #[test]
    fn networks_and_addresses() {
        let text = "# a comment\n192.0.2.0/25\r\n\n192.0.2.128/25 ; the rest\n192.0.2.7\n198.51.100.1/32\n2001:db8::/32\n2001:db8:1::/48\n";
        let network = read_text(NetworkFormat::Cidr, text, &[]).unwrap();
        assert_eq!(
            shown(&network),
            ["192.0.2.0-192.0.2.255", "198.51.100.1-198.51.100.1", "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"]
        );
        assert_eq!(counts(&network.account.files[0]), (6, 4, 2, 0));
    }

    #[test]
    fn a_line_that_is_no_network_is_lost_by_its_number() {
        for (line, reason) in [
            ("192.0.2.0/33", "no prefix length"),
            ("192.0.2.0/", "no prefix length"),
            ("192.0.2.0/+8", "no prefix length"),
            ("192.0.2.1/24", "bits behind its prefix"),
            ("192.0.2.0/24 extra", "no prefix length"),
            ("192.0.2", "no address"),
            ("DE", "no address"),
        ] {
            let network = read_text(NetworkFormat::Cidr, &format!("198.51.100.0/24\n{line}\n"), &[]).unwrap();
            let lost = &network.account.files[0].lost;
            assert!(lost.len() == 1 && lost[0].line == 2 && !lost[0].explained && lost[0].reason.contains(reason), "{line}: {lost:?}");
        }
        assert!(matches!(read_text(NetworkFormat::Cidr, "# nothing\n", &[]), Err(SourceError::Empty { .. })));
    }

    #[test]
    fn both_forms_of_tor_exit_lists() {
        let long = "ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E\nPublished 2026-11-22 05:01:33\nLastStatus 2026-11-22 06:00:00\n\
            ExitAddress 192.0.2.1 2026-11-22 06:01:02\nExitAddress 192.0.2.2 2026-11-22 06:01:02\n";
        let network = read_text(NetworkFormat::TorExits, long, &[]).unwrap();
        assert_eq!(shown(&network), ["192.0.2.1-192.0.2.2"]);
        assert_eq!(counts(&network.account.files[0]), (2, 2, 0, 0));
        assert_eq!(
            shown(&read_text(NetworkFormat::TorExits, "192.0.2.9\n2001:db8::1\n", &[]).unwrap()),
            ["192.0.2.9-192.0.2.9", "2001:db8::1-2001:db8::1"]
        );
        let bad = read_text(NetworkFormat::TorExits, "ExitAddress nowhere 2026-11-22\n192.0.2.1\n", &[]).unwrap();
        assert_eq!(bad.account.files[0].lost[0].line, 1);
    }

    #[test]
    fn as_numbers_become_addresses() {
        let v4 = "192.0.2.0,192.0.2.127,64496,Example One\n192.0.2.128,192.0.2.255,64497,\"Example, Two\"\n198.51.100.0,198.51.100.255,64496,Example One\n";
        let v6 = "first,last,asn,organisation\n2001:db8::,2001:db8::ffff,64496,Example One\n";
        let network = read_text(NetworkFormat::Asn, "AS64496 # one\n64498\nAS64496\nASX\n", &[v4, v6]).unwrap();
        assert_eq!(shown(&network), ["192.0.2.0-192.0.2.127", "198.51.100.0-198.51.100.255", "2001:db8::-2001:db8::ffff"]);
        let files = &network.account.files;
        assert_eq!((counts(&files[0]), counts(&files[1]), counts(&files[2])), ((4, 1, 1, 2), (2, 2, 0, 0), (1, 1, 0, 0)));
        // A number that nobody announces is explained, a line that is none is not.
        let lost: Vec<_> = files[0].lost.iter().map(|row| (row.line, row.explained)).collect();
        assert_eq!(lost, [(2, true), (4, false)]);
        let bad = read_text(
            NetworkFormat::Asn,
            "AS64496\n",
            &["192.0.2.9,192.0.2.0,64496,x\n192.0.2.0,192.0.2.9,64496,x\n192.0.2.0,192.0.2.9,many,x\n"],
        )
        .unwrap();
        assert_eq!(bad.account.files[1].lost.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 3]);
    }

    proptest! {
        /// Each address has the classes of the files that hold it, and no other.
        #[test]
        fn classes_add_up(files in prop::collection::vec((0_usize..4, prop::collection::vec((0_u128..60, 0_u128..20), 0..6)), 0..6)) {
            let networks: Vec<Network> = files
                .iter()
                .map(|(class, ranges)| Network {
                    ranges: joined(ranges.iter().map(|(first, len)| (*first, first + len)).collect()),
                    account: NetworkSource { class: NetworkClass::ALL[*class], format: String::new(), checked_at: 0, published: None, files: Vec::new() },
                })
                .collect();
            let combined = combine(&networks);
            for pair in combined.windows(2) {
                prop_assert!(pair[0].last < pair[1].first && (pair[0].last + 1 < pair[1].first || pair[0].classes != pair[1].classes));
            }
            for address in 0..90_u128 {
                let expected: NetworkSet = files.iter().filter(|(_, ranges)| ranges.iter().any(|(first, len)| (*first..=first + len).contains(&address))).map(|(class, _)| NetworkClass::ALL[*class]).collect();
                let got = combined.iter().find(|range| (range.first..=range.last).contains(&address)).map_or(NetworkSet::EMPTY, |range| range.classes);
                prop_assert_eq!(got, expected, "{}", address);
            }
        }
    }
}
