//! One party on several lists becomes one entry of the blob, and what the build file says of either entry follows.

use std::path::PathBuf;
use weighbridge::build::{Built, Quiet, build};
use weighbridge::merge::LISTED_BY;
use weighbridge_blob::Blob;
use weighbridge_blob::words::List;

const LEI: &str = "EXAMPLE00LEI00000001";

fn built(test: &str, more: &str) -> Built {
    let folder: PathBuf = std::env::temp_dir().join(format!("weighbridge-mergers-{test}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let identifiers = format!(r#""identifiers": [{{"kind": "lei", "number": "{LEI}"}}]"#);
    let own = format!(r#"{{"id": "1", "lists": ["SDN"], "kind": "organization", "name": "Example Bank", {identifiers}}}"#);
    let other = format!(
        "{{\"id\": \"9\", \"lists\": [\"EU-FSF\"], \"kind\": \"organization\", \"name\": \"Example Commercial Bank\", {identifiers}}}\n\
         {{\"id\": \"10\", \"lists\": [\"EU-FSF\"], \"kind\": \"organization\", \"name\": \"Example Bank\"}}\n"
    );
    std::fs::write(folder.join("us.jsonl"), own + "\n").unwrap();
    std::fs::write(folder.join("eu.jsonl"), other).unwrap();
    let source = |id: &str| {
        format!("[[source]]\nid = \"{id}\"\nformat = \"house-jsonl\"\npath = \"{id}.jsonl\"\nchecked_at = 2026-11-22T10:00:00Z\n")
    };
    let text = format!("output = \"out.blob\"\n{}{}{more}", source("us"), source("eu"));
    let file = weighbridge::buildfile::parse(&folder.join("build.toml"), &text, None).unwrap();
    let built = build(&file, &Quiet).unwrap_or_else(|error| panic!("{error}"));
    std::fs::remove_dir_all(&folder).unwrap();
    built
}

#[test]
fn one_entry_and_each_lists_word() {
    let built = built("entry", "");
    let mut blob = Blob::open(&built.bytes).unwrap();
    blob.attach(&built.details).unwrap();
    assert_eq!(blob.entry_count(), 2, "a name alone does not merge");
    let entry = blob.entry_by_id("us:1").unwrap();
    assert!(entry.lists.contains(List::Sdn) && entry.lists.contains(List::EuFsf));
    let details = blob.details(&entry).unwrap();
    let told: Vec<&str> = details.fields.iter().filter(|(field, _)| *field == LISTED_BY).map(|(_, text)| *text).collect();
    assert_eq!(told, ["us:1 on SDN", "eu:9 on EU-FSF"]);
    let key = weighbridge_blob::normal::identifier_key(weighbridge_blob::words::IdKind::ListEntry, "eu:9", blob.words().decompositions())
        .unwrap();
    assert_eq!(blob.by_identifier(&key).count(), 1, "the id that was merged still leads to the party");
    let mergers: Vec<_> = built.report.mergers.iter().map(|one| (one.kept.as_str(), one.merged.as_str())).collect();
    assert_eq!(mergers, [("us:1", "eu:9")]);
    // The row is accounted for in the file that it stands in, and what each list has stays told.
    for (id, entries, kept, merged) in [("us", 1, 1, 0), ("eu", 2, 1, 1)] {
        let report = built.report.sources.iter().find(|source| source.id == id).unwrap();
        assert_eq!((report.entries, report.files[0].kept, report.files[0].merged), (entries, kept, merged), "{id}");
        let account = blob.sources().unwrap().sources.into_iter().find(|source| source.id == id).unwrap();
        assert_eq!((account.files[0].read, account.files[0].kept, account.files[0].merged), (entries, kept, merged), "{id}");
    }
    assert_eq!((built.report.totals.entries, built.report.totals.names), (2, 3));
}

#[test]
fn clearances_and_authorisations_follow() {
    let built = built(
        "follow",
        "[[clearance]]\nparty = \"account:42\"\nentry = \"eu:9\"\nreason = \"another firm\"\nby = \"compliance\"\nexpires = 2027-01-01\n\
         [[clearance]]\nparty = \"account:43\"\nentry = \"eu:10\"\nreason = \"another firm\"\nby = \"compliance\"\nexpires = 2027-01-01\n\
         [[authorisation]]\nid = \"L-1\"\nkind = \"specific-licence\"\nparty = \"eu:9\"\nitem = \"*\"\nrules = [\"OFAC-EMBARGO\"]\n\
         from = 2026-01-01\nto = 2027-01-01\n",
    );
    let blob = Blob::open(&built.bytes).unwrap();
    let entry = |party: &str| blob.clearances(party).next().unwrap().entry.to_owned();
    assert_eq!(entry("account:42"), "us:1");
    assert_eq!(entry("account:43"), "eu:10");
    assert_eq!(blob.authorisations("us:1").count(), 1);
    assert_eq!(blob.authorisations("eu:9").count(), 0);
    assert!(built.report.warnings.iter().all(|warning| !warning.contains("clearance")), "{:?}", built.report.warnings);
}
