//! `weighbridge geo …`: what is known of an address, how good an address database is, and what changed between two.

mod check;
mod delta;
mod lookup;
mod map;

use super::Failure;
use clap::Subcommand;

/// Address databases: look an address up, check one or compare two, and what changed between them
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Delta(delta::DeltaArgs),
    Apply(delta::ApplyArgs),
    Check(check::Args),
    Lookup(lookup::Args),
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::Delta(args) => delta::make(args),
        Verb::Apply(args) => delta::apply(args),
        Verb::Check(args) => check::run(args),
        Verb::Lookup(args) => lookup::run(args),
    }
}
