//! The gate and the demo hub on loopback. `cargo demo` runs it; `--once` ends it after the table.

use std::process::ExitCode;

use weighbridge_host_test::demo::Demo;

const USAGE: &str = "usage: cargo demo [--once] [--port PORT]

Starts the gate, a WebAssembly component with the sample lists in it, and a demo hub behind it, both on loopback.

  --once       stop after the table of decisions
  --port PORT  where the gate listens (default 8787; 0 for any free port)";

#[tokio::main]
async fn main() -> ExitCode {
    let mut once = false;
    let mut port = 8787;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--once" => once = true,
            "--port" => match arguments.next().map(|port| port.parse()) {
                Some(Ok(number)) => port = number,
                _ => return usage("`--port` needs a number from 0 to 65535"),
            },
            "--help" | "-h" => {
                println!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            other => return usage(&format!("unknown argument `{other}`")),
        }
    }
    match run(once, port).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(3)
        }
    }
}

fn usage(what: &str) -> ExitCode {
    eprintln!("error: {what}\n\n{USAGE}");
    ExitCode::from(2)
}

async fn run(once: bool, port: u16) -> anyhow::Result<()> {
    println!("Building the component and the sample lists (the first time takes some minutes) …");
    let demo = Demo::start(port).await?;
    println!("The gate listens on http://{}, with the demo hub behind it.", demo.address());
    println!("TEST CONFIGURATION: address and identity are read from plain x-test-* headers. No default does that.\n");
    println!("{}", demo.table().await?);
    println!("µs: the decision inside the component, with screening and record.\n");
    if once {
        return Ok(());
    }
    println!("{}Ctrl-C stops it.", demo.curl());
    Ok(tokio::signal::ctrl_c().await?)
}
