//! `weighbridge inspect BLOB`: what a blob holds, by its own account, and what it knows of one party.

use super::details::{DetailsFile, Held};
use super::{Failure, calibration, print, table, thousands, wrap};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};
use weighbridge::calibrate;
use weighbridge_blob::Blob;
use weighbridge_blob::date::{Day, format_unix};
use weighbridge_blob::details::Details;
use weighbridge_blob::normal::identifier_key;
use weighbridge_blob::read::EntryView;
use weighbridge_blob::words::{IdKind, Kind, List, ListSet};

/// Show what a blob holds
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The blob
    blob: PathBuf,
    /// Show everything known of one party: `us_ofac_sdn:36`
    #[arg(long, value_name = "ID")]
    entry: Option<String>,
    /// The blob's details file (names as written, remarks); left out: `BLOB.details` beside the blob
    #[arg(long, value_name = "FILE")]
    details: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let shown = args.blob.display();
    let bytes = super::read_file(&args.blob)?;
    let companion = DetailsFile::read(&args.blob, args.details.as_deref())?;
    let mut blob = super::open_blob(&args.blob, &bytes)?;
    let held = companion.attach(&mut blob)?;
    if let Some(id) = &args.entry {
        return one(&blob, &held, id, &shown.to_string(), args.json);
    }
    let accounts = blob.sources().ok_or_else(|| Failure::CouldNotRun(format!("`{shown}` holds no account of its sources")))?;
    let header = blob.header();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|d| i64::try_from(d.as_secs()).ok()).unwrap_or(0);
    let names = count_names(&blob);
    if args.json {
        let sources = accounts.sources.iter().map(|source| {
            let files = source.files.iter().map(|file| {
                let lost = file.lost.iter().map(|row| json!({ "line": row.line, "reason": row.reason, "explained": row.explained })).collect::<Vec<_>>();
                json!({ "name": file.name, "digest": file.digest, "read": file.read, "kept": file.kept, "merged": file.merged, "lost": lost })
            });
            json!({
                "id": source.id,
                "format": source.format,
                "lists": source.lists.iter().map(|list| list.as_str()).collect::<Vec<_>>(),
                "checked_at": format_unix(source.checked_at),
                "age_days": days(now, source.checked_at),
                "published": source.published.map(format_unix),
                "files": files.collect::<Vec<_>>(),
            })
        });
        let geo = accounts.geo.iter().map(|geo| {
            json!({
                "name": geo.name, "format": geo.format, "database": geo.database, "digest": geo.digest, "built": geo.built.map(format_unix),
                "networks_v4": geo.networks_v4, "networks_v6": geo.networks_v6, "without_country": geo.without_country,
            })
        });
        let networks = accounts.networks.iter().map(|network| {
            let files = network.files.iter().map(|file| {
                let lost = file.lost.iter().map(|row| json!({ "line": row.line, "reason": row.reason, "explained": row.explained })).collect::<Vec<_>>();
                json!({ "name": file.name, "digest": file.digest, "read": file.read, "kept": file.kept, "merged": file.merged, "lost": lost })
            });
            json!({
                "class": network.class.as_str(), "format": network.format, "checked_at": format_unix(network.checked_at),
                "age_days": days(now, network.checked_at), "published": network.published.map(format_unix), "files": files.collect::<Vec<_>>(),
            })
        });
        let accepted = accounts.accepted.iter().map(|one| {
            json!({
                "source": one.source, "finding": one.finding, "reason": one.reason, "before": one.before, "after": one.after,
            })
        });
        let value = json!({
            "bytes": bytes.len(),
            "digest": blake3::hash(&bytes).to_hex().to_string(),
            "created": format_unix(header.created),
            "sequence": header.sequence,
            "not_after": header.not_after.map(format_unix),
            "header_digest": hex(&header.digest),
            "signed_by": header.signed.map(|signed| signed.by.to_string()),
            "entries": blob.entry_count(),
            "names": names,
            "details": held.json(),
            "items": blob.items().len(),
            "sections": blob.sections().map(|s| json!({ "name": s.kind.name(), "bytes": s.data.len() })).collect::<Vec<_>>(),
            "sources": sources.collect::<Vec<_>>(),
            "geo": geo.collect::<Vec<_>>(),
            "networks": networks.collect::<Vec<_>>(),
            "accepted": accepted.collect::<Vec<_>>(),
            "calibration": calibrate::report(&blob),
        });
        let text = serde_json::to_string_pretty(&value).map_err(|error| Failure::CouldNotRun(error.to_string()))?;
        print(&format!("{text}\n"));
        return Ok(());
    }
    let mut text = format!(
        "{shown}: {} bytes, created {}, sequence {}, not after {}\ndigest {}\n{}{} entries, {}, {} items\n\n",
        thousands(bytes.len() as u64),
        format_unix(header.created),
        header.sequence,
        header.not_after.map_or_else(|| "(no limit)".to_owned(), format_unix),
        hex(&header.digest),
        // Only `verify` says whether it did.
        header.signed.map_or_else(String::new, |signed| format!("says to be signed by {}\n", signed.by)),
        thousands(u64::from(blob.entry_count())),
        names.map_or_else(
            || format!("names not counted (details file {})", held.without().unwrap_or("damaged")),
            |names| format!("{} names", thousands(names))
        ),
        blob.items().len(),
    );
    let mut rows = vec![vec!["section".to_owned(), "bytes".to_owned()]];
    rows.extend(blob.sections().map(|section| vec![section.kind.name().to_owned(), thousands(section.data.len() as u64)]));
    text.push_str(&table(&rows, 1));
    text.push('\n');
    let mut rows = vec![["source", "lists", "published", "checked at", "age in days"].map(str::to_owned).to_vec()];
    for source in &accounts.sources {
        rows.push(vec![
            source.id.clone(),
            words(source.lists),
            source.published.map_or_else(|| "not told".to_owned(), |at| Day::of_unix(at).to_string()),
            format_unix(source.checked_at),
            format!("{:.1}", days(now, source.checked_at)),
        ]);
    }
    for network in &accounts.networks {
        rows.push(vec![
            format!("network {}", network.class),
            String::new(),
            network.published.map_or_else(|| "not told".to_owned(), |at| Day::of_unix(at).to_string()),
            format_unix(network.checked_at),
            format!("{:.1}", days(now, network.checked_at)),
        ]);
    }
    text.push_str(&table(&rows, 4));
    text.push('\n');
    let mut rows = vec![["source", "file", "rows", "kept", "merged", "lost"].map(str::to_owned).to_vec()];
    for (source, file) in accounts.sources.iter().flat_map(|source| source.files.iter().map(move |file| (source, file))) {
        let counts = [file.read, file.kept, file.merged, file.lost.len() as u64].map(thousands);
        rows.push([source.id.clone(), file.name.clone()].into_iter().chain(counts).collect());
    }
    for geo in &accounts.geo {
        let networks = geo.networks_v4 + geo.networks_v6;
        let counts = [networks, networks.saturating_sub(geo.without_country), 0, geo.without_country].map(thousands);
        rows.push(["geo".to_owned(), geo.name.clone()].into_iter().chain(counts).collect());
    }
    for (network, file) in accounts.networks.iter().flat_map(|network| network.files.iter().map(move |file| (network, file))) {
        let counts = [file.read, file.kept, file.merged, file.lost.len() as u64].map(thousands);
        rows.push([format!("network {}", network.class), file.name.clone()].into_iter().chain(counts).collect());
    }
    text.push_str(&table(&rows, 2));
    for (source, file) in accounts.sources.iter().flat_map(|source| source.files.iter().map(move |file| (source, file))) {
        for row in &file.lost {
            text.push_str(&format!("lost: {} {}, line {}: {}\n", source.id, file.name, row.line, row.reason));
        }
    }
    for (network, file) in accounts.networks.iter().flat_map(|network| network.files.iter().map(move |file| (network, file))) {
        for row in &file.lost {
            text.push_str(&format!("lost: network {} {}, line {}: {}\n", network.class, file.name, row.line, row.reason));
        }
    }
    for one in &accounts.accepted {
        text.push_str(&format!("accepted: source `{}`: {}; reason: {}\n", one.source, one.finding, one.reason));
    }
    text.push_str(&calibration(&calibrate::report(&blob), true));
    let missing: ListSet =
        List::ALL.iter().copied().filter(|list| blob.policy().lists_named().contains(*list) && blob.checked_at(*list).is_none()).collect();
    if !missing.is_empty() {
        text.push_str(&format!("\nnot screened, for no source provides them: {}\n", words(missing)));
    }
    print(&text);
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Days from a time until now; 0 if it lies ahead.
fn days(now: i64, then: i64) -> f64 {
    (now.saturating_sub(then).max(0) as f64 / 8_640.0).round() / 10.0
}

fn words(lists: ListSet) -> String {
    lists.iter().map(|list| list.as_str()).collect::<Vec<_>>().join(" ")
}

/// How many names the entries have; `None` without the details file.
fn count_names(blob: &Blob<'_>) -> Option<u64> {
    (0..blob.entry_count()).map(|number| Some(blob.details(&blob.entry(number)?)?.names.len() as u64)).sum()
}

/// Everything that a blob knows of one party.
#[derive(Serialize)]
struct Party<'a> {
    id: &'a str,
    lists: Vec<&'static str>,
    kind: &'static str,
    /// The list does not say what the party is: it is found as a person and as an organisation. `null` without details.
    kind_is_a_guess: Option<bool>,
    /// The entry lists an address and no party.
    address_only: bool,
    /// First day of effect, if it has one.
    from: Option<String>,
    /// Last day of effect, if it has one.
    to: Option<String>,
    names: Vec<Named<'a>>,
    identifiers: Vec<Labelled<'a>>,
    birth_dates: Vec<String>,
    countries: Vec<String>,
    addresses: Vec<&'a str>,
    websites: Vec<&'a str>,
    programmes: Vec<&'a str>,
    details: Vec<Labelled<'a>>,
    owners: Vec<Owner<'a>>,
    /// When each of its lists was last confirmed current.
    checked_at: BTreeMap<&'static str, String>,
    /// Where names, identifiers, addresses, web sites, programmes and details come from, and whether they are there.
    details_file: serde_json::Value,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    role: &'static str,
}

#[derive(Serialize)]
struct Labelled<'a> {
    label: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct Owner<'a> {
    id: &'a str,
    name: Option<&'a str>,
    /// The lists for which its share counts.
    lists: Vec<&'static str>,
    /// 0-1; `null` if nobody knows.
    share: Option<f64>,
}

fn one(blob: &Blob<'_>, held: &Held, id: &str, shown: &str, json: bool) -> Result<(), Failure> {
    let by_identifier = || {
        let hit = identifier_key(IdKind::ListEntry, id, blob.words().decompositions()).and_then(|key| blob.by_identifier(&key).next());
        hit.and_then(|hit| blob.entry(hit.entry))
    };
    let Some(entry) = blob.entry_by_id(id).or_else(by_identifier) else {
        return Err(Failure::Refused(format!("`{shown}` holds no entry `{id}`; write source and number as in `us_ofac_sdn:36`")));
    };
    let mut party = party(blob, &entry, blob.details(&entry).unwrap_or_default());
    party.details_file = held.json();
    if json {
        let text = serde_json::to_string_pretty(&party).map_err(|error| Failure::CouldNotRun(error.to_string()))?;
        print(&format!("{text}\n"));
    } else {
        print(&text_of(&party, held.without()));
    }
    Ok(())
}

fn party<'a>(blob: &Blob<'a>, entry: &EntryView<'a>, details: Details<'a>) -> Party<'a> {
    // The writer puts identifiers under their kinds' words, then web sites and addresses, then what the source calls details.
    let labelled = |wanted: &dyn Fn(&str) -> bool| -> Vec<Labelled<'a>> {
        details.fields.iter().filter(|(label, _)| wanted(label)).map(|(label, text)| Labelled { label, text }).collect()
    };
    let is_identifier = |label: &str| label.parse::<IdKind>().is_ok();
    let texts = |wanted: &str| details.fields.iter().filter(|(label, _)| *label == wanted).map(|(_, text)| *text).collect();
    let owners = blob.owners(entry).filter_map(|owner| {
        let of = blob.entry(owner.owner)?;
        Some(Owner {
            id: of.id(),
            name: blob.details(&of).and_then(|d| d.names.first().map(|(_, name)| *name)),
            lists: owner.lists.iter().map(|list| list.as_str()).collect(),
            share: owner.share_ppm.map(|ppm| f64::from(ppm) / 1e6),
        })
    });
    let (from, to) = entry.validity();
    Party {
        id: entry.id(),
        lists: entry.lists.iter().map(|list| list.as_str()).collect(),
        kind: entry.kind.as_str(),
        kind_is_a_guess: (!details.names.is_empty()).then(|| is_guess(blob, entry, &details)),
        address_only: entry.address_only,
        from: from.map(|day| day.to_string()),
        to: to.map(|day| day.to_string()),
        names: details.names.iter().map(|(role, name)| Named { name, role: role.as_str() }).collect(),
        identifiers: labelled(&is_identifier),
        birth_dates: entry.birth_dates().map(|date| date.to_string()).collect(),
        countries: entry.countries().map(|place| place.to_string()).collect(),
        addresses: texts("address"),
        websites: texts("website"),
        programmes: details.programmes.clone(),
        details: labelled(&|label| !is_identifier(label) && label != "address" && label != "website"),
        owners: owners.collect(),
        checked_at: entry.lists.iter().filter_map(|list| Some((list.as_str(), format_unix(blob.checked_at(list)?)))).collect(),
        details_file: serde_json::Value::Null,
    }
}

/// A party whose kind is a guess stands in the dictionary of names under more than one kind.
fn is_guess(blob: &Blob<'_>, entry: &EntryView<'_>, details: &Details<'_>) -> bool {
    let others = [Kind::Person, Kind::Organization].into_iter().filter(|kind| kind.key_byte() != entry.kind.key_byte());
    let found = |kind: Kind, name: &str| blob.by_name(kind, name).iter().any(|hit| hit.entry == entry.number);
    others.into_iter().any(|kind| details.names.iter().any(|(_, name)| found(kind, name)))
}

fn text_of(party: &Party<'_>, without_details: Option<&str>) -> String {
    const COLUMN: usize = 16;
    let mut out = wrap("entry", COLUMN, party.id);
    let mut line = |label: &str, text: &str| {
        if !text.is_empty() {
            out.push_str(&wrap(label, COLUMN, text));
        }
    };
    line("lists", &if party.lists.is_empty() { "none: here only for its owners".to_owned() } else { party.lists.join(" ") });
    let guess =
        if party.kind_is_a_guess == Some(true) { " (a guess: the list does not say; found as person and organization)" } else { "" };
    line("kind", &format!("{}{guess}", party.kind));
    if party.address_only {
        line("", "lists an address and no party");
    }
    for (list, at) in &party.checked_at {
        line("checked at", &format!("{at} ({list})"));
    }
    line(
        "valid",
        &match (&party.from, &party.to) {
            (None, None) => "without limit".to_owned(),
            (Some(from), None) => format!("from {from}"),
            (None, Some(to)) => format!("until {to}"),
            (Some(from), Some(to)) => format!("from {from} until {to}"),
        },
    );
    if let Some(why) = without_details {
        line("not shown", &format!("names, identifiers, addresses, programmes and remarks: details file {why}"));
    }
    party.names.iter().for_each(|name| line(name.role, name.name));
    party.identifiers.iter().for_each(|i| line(i.label, i.text));
    line("born, formed", &party.birth_dates.join(", "));
    line("countries", &party.countries.join(", "));
    party.addresses.iter().for_each(|address| line("address", address));
    party.websites.iter().for_each(|site| line("website", site));
    line("programmes", &party.programmes.join(", "));
    party.details.iter().for_each(|d| line(d.label, d.text));
    for owner in &party.owners {
        let share = owner.share.map_or_else(|| "an unknown share".to_owned(), |share| format!("{} %", share * 100.0));
        let name = owner.name.map(|name| format!(" `{name}`")).unwrap_or_default();
        line("owned by", &format!("{}{name}: {share}, counts for {}", owner.id, owner.lists.join(" ")));
    }
    out
}
