//! `weighbridge test FILE…`: runs decision cases against a blob or a policy.

use super::{Failure, open_blob, print, read_file};
use std::path::PathBuf;
use weighbridge_blob::policy::PolicyTable;
use weighbridge_engine::json::Case;

/// Run decision cases (JSON arrays, as in `tests/decisions`) and tell what differs
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Files of cases, or folders with `.json` files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The policy to test, TOML; without it the default policy
    #[arg(long, value_name = "FILE", conflicts_with = "blob")]
    policy: Option<PathBuf>,
    /// The blob whose policy to test
    #[arg(long, value_name = "FILE")]
    blob: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let bytes = match (&args.policy, &args.blob) {
        (_, Some(path)) => {
            let bytes = read_file(path)?;
            let blob = open_blob(path, &bytes)?;
            let section = blob.sections().find(|s| s.kind == weighbridge_blob::SectionKind::Policy).map(|s| s.data.to_vec());
            section.unwrap_or_default()
        }
        (Some(path), None) => {
            let text = String::from_utf8(read_file(path)?)
                .map_err(|error| Failure::CouldNotRun(format!("`{}` is not UTF-8: {error}", path.display())))?;
            compile(&text, &path.display().to_string())?
        }
        (None, None) => compile(weighbridge_policy::DEFAULT, "the default policy")?,
    };
    let policy = PolicyTable::open(&bytes).map_err(|error| Failure::CouldNotRun(format!("the compiled policy is not usable: {error}")))?;
    let (mut passed, mut skipped, mut failed) = (0_u64, 0_u64, Vec::new());
    for file in expand(&args.files)? {
        let shown = file.display().to_string();
        let cases: Vec<Case> = serde_json::from_slice(&read_file(&file)?)
            .map_err(|error| Failure::CouldNotRun(format!("`{shown}`, line {}, column {}: {error}", error.line(), error.column())))?;
        for case in cases {
            // A case with a request needs the blob it was written for; `weighbridge-host-test` runs those.
            if case.facts.is_none() {
                skipped += 1;
                continue;
            }
            let differences = match case.decide(&policy) {
                Ok(decision) => case.expect.differences(&decision),
                Err(error) => vec![error.to_string()],
            };
            if differences.is_empty() {
                passed += 1;
            } else {
                failed.push((shown.clone(), case.case, differences));
            }
        }
    }
    if args.json {
        let failures: Vec<_> = failed
            .iter()
            .map(|(file, case, differences)| serde_json::json!({ "file": file, "case": case, "differences": differences }))
            .collect();
        let account = serde_json::json!({ "passed": passed, "failed": failed.len(), "skipped": skipped, "failures": failures });
        print(&format!("{account:#}\n"));
    } else {
        for (file, case, differences) in &failed {
            print(&format!("FAILED {file}: {case}\n"));
            differences.iter().for_each(|d| print(&format!("    {d}\n")));
        }
        print(&format!("{passed} passed, {} failed, {skipped} skipped\n", failed.len()));
    }
    match (passed, failed.len()) {
        (0, 0) => Err(Failure::Refused("no case was run; the files hold none with `facts`".to_owned())),
        (_, 0) => Ok(()),
        (_, n) => Err(Failure::Refused(format!("{n} cases differ from what they expect"))),
    }
}

fn compile(text: &str, shown: &str) -> Result<Vec<u8>, Failure> {
    match weighbridge_policy::compile(text, &weighbridge_policy::CompileOptions::default()) {
        Ok(compiled) => Ok(compiled.bytes),
        Err(diagnostics) => {
            let lines: Vec<String> = diagnostics.iter().map(|d| format!("{shown}: {d}")).collect();
            Err(Failure::CouldNotRun(lines.join("\n")))
        }
    }
}

fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let listing =
                std::fs::read_dir(path).map_err(|error| Failure::CouldNotRun(format!("cannot read `{}`: {error}", path.display())))?;
            let mut inside: Vec<PathBuf> =
                listing.filter_map(|e| e.ok().map(|e| e.path())).filter(|p| p.extension().is_some_and(|x| x == "json")).collect();
            inside.sort();
            files.extend(inside);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}
