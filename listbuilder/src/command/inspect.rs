//! `weighbridge inspect BLOB`: what a blob holds, by its own account.

use super::{Failure, print, table, thousands};
use serde_json::json;
use std::path::PathBuf;
use weighbridge_blob::Blob;
use weighbridge_blob::date::format_unix;

/// Show what a blob holds
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The blob
    blob: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let shown = args.blob.display();
    let bytes = std::fs::read(&args.blob).map_err(|error| Failure::CouldNotRun(format!("cannot read `{shown}`: {error}")))?;
    let blob = Blob::open(&bytes).map_err(|error| Failure::CouldNotRun(format!("`{shown}` is not a usable blob: {error}")))?;
    let accounts = blob.sources().ok_or_else(|| Failure::CouldNotRun(format!("`{shown}` holds no account of its sources")))?;
    let header = blob.header();
    if args.json {
        let sources = accounts.sources.iter().map(|source| {
            let files = source.files.iter().map(|file| {
                let lost = file.lost.iter().map(|row| json!({ "line": row.line, "reason": row.reason })).collect::<Vec<_>>();
                json!({ "name": file.name, "digest": file.digest, "read": file.read, "kept": file.kept, "merged": file.merged, "lost": lost })
            });
            json!({
                "id": source.id,
                "format": source.format,
                "lists": source.lists.iter().map(|list| list.as_str()).collect::<Vec<_>>(),
                "checked_at": format_unix(source.checked_at),
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
        let value = json!({
            "bytes": bytes.len(),
            "digest": blake3::hash(&bytes).to_hex().to_string(),
            "created": format_unix(header.created),
            "sequence": header.sequence,
            "not_after": header.not_after.map(format_unix),
            "entries": blob.entry_count(),
            "items": blob.items().len(),
            "sections": blob.sections().map(|s| json!({ "name": s.kind.name(), "bytes": s.data.len() })).collect::<Vec<_>>(),
            "sources": sources.collect::<Vec<_>>(),
            "geo": geo.collect::<Vec<_>>(),
        });
        let text = serde_json::to_string_pretty(&value).map_err(|error| Failure::CouldNotRun(error.to_string()))?;
        print(&format!("{text}\n"));
        return Ok(());
    }
    let mut text = format!(
        "{shown}: {} bytes, created {}, sequence {}, not after {}\n{} entries, {} items\n\n",
        thousands(bytes.len() as u64),
        format_unix(header.created),
        header.sequence,
        header.not_after.map_or_else(|| "(no limit)".to_owned(), format_unix),
        thousands(u64::from(blob.entry_count())),
        blob.items().len(),
    );
    let mut rows = vec![vec!["section".to_owned(), "bytes".to_owned()]];
    rows.extend(blob.sections().map(|section| vec![section.kind.name().to_owned(), thousands(section.data.len() as u64)]));
    text.push_str(&table(&rows, 1));
    text.push('\n');
    let mut rows = vec![["source", "lists", "checked at", "rows", "kept", "merged", "lost"].map(str::to_owned).to_vec()];
    for source in &accounts.sources {
        let sum = |count: fn(&weighbridge_blob::model::FileAccount) -> u64| thousands(source.files.iter().map(count).sum());
        rows.push(vec![
            source.id.clone(),
            source.lists.iter().map(|list| list.as_str()).collect::<Vec<_>>().join(" "),
            format_unix(source.checked_at),
            sum(|file| file.read),
            sum(|file| file.kept),
            sum(|file| file.merged),
            sum(|file| file.lost.len() as u64),
        ]);
    }
    text.push_str(&table(&rows, 3));
    print(&text);
    Ok(())
}
