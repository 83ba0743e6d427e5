//! The `weighbridge` command.

mod command;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Builds and inspects the list blobs that Weighbridge's gates decide by. Not legal advice.
#[derive(Parser)]
#[command(name = "weighbridge", version, after_help = "Exit codes: 0 done, 1 findings or refused, 2 wrong usage, 3 could not run.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Build(command::build::Args),
    Eval(command::eval::Args),
    Explain(command::explain::Args),
    Geo(command::geo::Args),
    Inspect(command::inspect::Args),
    Keygen(command::keygen::Args),
    Package(command::package::Args),
    Screen(command::screen::Args),
    Serve(command::serve::Args),
    Sign(command::sign::Args),
    Test(command::test::Args),
    Verify(command::verify::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Build(args) => command::build::run(&args),
        Command::Eval(args) => command::eval::run(&args),
        Command::Explain(args) => command::explain::run(&args),
        Command::Geo(args) => command::geo::run(&args),
        Command::Inspect(args) => command::inspect::run(&args),
        Command::Keygen(args) => command::keygen::run(&args),
        Command::Package(args) => command::package::run(&args),
        Command::Screen(args) => command::screen::run(&args),
        Command::Serve(args) => command::serve::run(args),
        Command::Sign(args) => command::sign::run(&args),
        Command::Test(args) => command::test::run(&args),
        Command::Verify(args) => command::verify::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}
