//! `weighbridge geo lookup ADDRESS`: what a blob knows of an address, from where, and what that alone decides.

use crate::command::{Failure, open_blob, print, read_file};
use serde_json::{Value, json};
use std::fmt::Write;
use std::net::IpAddr;
use std::path::PathBuf;
use weighbridge_blob::date::{Day, format_unix};
use weighbridge_blob::network;
use weighbridge_blob::policy::Evidence;
use weighbridge_blob::words::{Action, ItemClass, NetworkClass};
use weighbridge_engine::facts::flag_bit;
use weighbridge_engine::{Facts, evaluate};

/// Show what a blob knows of an address
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The address, IPv4 or IPv6
    address: IpAddr,
    /// The blob
    #[arg(long, value_name = "FILE")]
    blob: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let bytes = read_file(&args.blob)?;
    let blob = open_blob(&args.blob, &bytes)?;
    let accounts =
        blob.sources().ok_or_else(|| Failure::CouldNotRun(format!("`{}` holds no account of its sources", args.blob.display())))?;
    let address = args.address.to_canonical();
    let own = network::classes_of(address);
    // As the gate has it: a private address has no place.
    let place = if own.contains(NetworkClass::Private) { None } else { blob.place_of(address) };
    let classes = own.union(blob.networks_of(address));
    let policy = blob.policy();
    let meaning = match place.map(|place| policy.evidence(place)) {
        None => "no place is known",
        Some(Evidence::Known(_)) => "a place that the policy knows",
        Some(Evidence::Unrecognised) => "a code of no country: only published items pass",
        Some(Evidence::Nothing) => "a code that says nothing about a country",
        Some(Evidence::Network(_)) => "a code of a network class",
    };
    let sets: Vec<&str> = match place.map(|place| policy.evidence(place)) {
        Some(Evidence::Known(mask)) => policy.sets().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, name)| name).collect(),
        _ => Vec::new(),
    };
    let mut facts = Facts::new(blob.header().created, Action::Download, ItemClass::Published);
    facts.place.ip = place;
    facts.flags = classes.iter().fold(0, |mask, class| mask | flag_bit(class.flag()));
    let decision = evaluate(policy, &facts);
    let rules = decision.rule_ids(policy);
    let run = blob.network_of(address);
    let checked = |class: NetworkClass| blob.network_checked_at(class).filter(|_| !own.contains(class));

    if args.json {
        let value = json!({
            "address": address,
            "place": place.map(|place| place.to_string()),
            "meaning": meaning,
            "sets": sets,
            "network": run.map(|(first, last)| json!({ "first": first, "last": last })),
            "classes": classes.iter().map(|class| json!({ "class": class.as_str(), "checked_at": checked(class).map(format_unix) })).collect::<Vec<Value>>(),
            "databases": accounts.geo.iter().map(|geo| json!({ "name": geo.name, "database": geo.database, "built": geo.built.map(format_unix), "digest": geo.digest })).collect::<Vec<Value>>(),
            "open_weights": { "outcome": decision.outcome.as_str(), "status": decision.status, "rules": rules },
        });
        let text = serde_json::to_string_pretty(&value).map_err(|error| Failure::CouldNotRun(error.to_string()))?;
        print(&format!("{text}\n"));
        return Ok(());
    }
    let mut text = format!("address   {address}\nplace     {}\n", place.map_or_else(|| "unknown".to_owned(), |place| place.to_string()));
    let _ = writeln!(text, "          {meaning}");
    if !sets.is_empty() {
        let _ = writeln!(text, "sets      {}", sets.join(", "));
    }
    if let Some((first, last)) = run {
        let _ = writeln!(text, "network   {first} to {last}");
    }
    for class in classes.iter() {
        let from = match checked(class) {
            Some(at) => format!("files checked at {}", format_unix(at)),
            None => "by the address itself".to_owned(),
        };
        let _ = writeln!(text, "class     {class}, {from}");
    }
    if classes.is_empty() {
        text.push_str("class     none known\n");
    }
    for geo in &accounts.geo {
        let kind = if geo.database.is_empty() { &geo.format } else { &geo.database };
        let built = geo.built.map_or_else(|| "does not say when it was built".to_owned(), |at| format!("built {}", Day::of_unix(at)));
        let _ = writeln!(text, "database  {} ({kind}), {built}", geo.name);
    }
    if accounts.geo.len() > 1 {
        text.push_str("          the first of these that knows the address has answered\n");
    }
    let rules = if rules.is_empty() { String::new() } else { format!(", {}", rules.join(" ")) };
    let _ = writeln!(text, "open weights, by this alone: {} {}{rules}", decision.outcome.as_str().to_uppercase(), decision.status);
    print(&text);
    Ok(())
}
