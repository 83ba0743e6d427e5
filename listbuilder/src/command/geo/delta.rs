//! `weighbridge geo delta` and `weighbridge geo apply`: the places that changed between two databases.

use crate::command::{Failure, print, thousands};
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use weighbridge::geo::{self, GeoFormat, delta};
use weighbridge::source::Input;
use weighbridge_blob::model::PlaceRange;
use weighbridge_blob::place::Place;

/// Write what changed between two address databases
#[derive(clap::Args)]
pub(crate) struct DeltaArgs {
    /// The database of before: .mmdb, .csv, or a geofeed with `--format`
    old: PathBuf,
    /// The database of now
    new: PathBuf,
    /// The delta to write
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    reading: Reading,
}

/// Make the facts of a newer address database out of an older one and deltas
#[derive(clap::Args)]
pub(crate) struct ApplyArgs {
    /// The database of before
    old: PathBuf,
    /// The deltas, in their order
    #[arg(required = true)]
    deltas: Vec<PathBuf>,
    /// The CSV file to write: `first,last,place`
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    reading: Reading,
}

#[derive(clap::Args)]
struct Reading {
    /// The form of databases whose name does not tell it: mmdb, csv, geofeed
    #[arg(long)]
    format: Option<String>,
    /// Countries whose regions count, with a comma between; the same for a delta and for what it is applied to
    #[arg(long, value_name = "CODES", default_value = "UA")]
    regions: String,
}

impl Reading {
    fn read(&self, path: &Path) -> Result<Vec<PlaceRange>, Failure> {
        let fail = |message: String| Failure::CouldNotRun(message);
        let format = match &self.format {
            Some(name) => GeoFormat::from_name(name)
                .ok_or_else(|| fail(format!("--format: unknown format `{name}`; known are mmdb, csv, geofeed")))?,
            None => GeoFormat::of_path(path)
                .ok_or_else(|| fail(format!("`{}` ends neither in .mmdb nor in .csv; add `--format`", path.display())))?,
        };
        let codes = self.regions.split(',').map(str::trim).filter(|code| !code.is_empty());
        let regions: Vec<Place> = codes
            .map(|code| code.parse::<Place>().map(Place::without_region).map_err(|error| fail(format!("--regions: {error}"))))
            .collect::<Result<_, _>>()?;
        Ok(geo::read(&Input::new(path), format, &regions).map_err(|error| fail(error.to_string()))?.ranges)
    }
}

pub(crate) fn make(args: &DeltaArgs) -> Result<(), Failure> {
    let (old, new) = (args.reading.read(&args.old)?, args.reading.read(&args.new)?);
    let (bytes, spans) = delta::make(&old, &new);
    write(&args.output, &bytes)?;
    print(&format!(
        "{} spans of addresses changed, {} bytes; {} ranges before, {} now\n",
        thousands(spans as u64),
        thousands(bytes.len() as u64),
        thousands(old.len() as u64),
        thousands(new.len() as u64)
    ));
    Ok(())
}

pub(crate) fn apply(args: &ApplyArgs) -> Result<(), Failure> {
    let mut ranges = args.reading.read(&args.old)?;
    for path in &args.deltas {
        ranges = geo::apply_file(&ranges, path).map_err(|error| Failure::Refused(error.to_string()))?;
    }
    let mut text = "first,last,place\n".to_owned();
    for range in &ranges {
        let [first, last] = [range.first, range.last].map(|at| Ipv6Addr::from_bits(at).to_canonical());
        text.push_str(&format!("{first},{last},{}\n", range.place));
    }
    write(&args.output, text.as_bytes())?;
    print(&format!("{} ranges written\n", thousands(ranges.len() as u64)));
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|error| Failure::CouldNotRun(format!("cannot write `{}`: {error}", path.display())))
}
