//! `weighbridge geo …`: address databases.

mod delta;

use super::Failure;
use clap::Subcommand;

/// Address databases: what changed between two, and the new one from the old
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Delta(delta::DeltaArgs),
    Apply(delta::ApplyArgs),
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::Delta(args) => delta::make(args),
        Verb::Apply(args) => delta::apply(args),
    }
}
