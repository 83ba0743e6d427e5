//! A program under GNU time, which tells its processor time and the most memory that it held.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;

use anyhow::Context as _;

/// What a run took.
pub(crate) struct Run {
    /// What the program wrote.
    pub(crate) output: Output,
    /// Seconds by the clock.
    pub(crate) wall: f64,
    /// Seconds of processor time, of all cores.
    pub(crate) cpu: f64,
    /// The most memory that it held.
    pub(crate) mebibytes: f64,
}

impl Run {
    /// Runs a program with the arguments that `arguments` gives it.
    ///
    /// # Errors
    /// When GNU time is not there, and when the program fails, with what it wrote on standard error.
    pub(crate) fn of(program: &Path, arguments: impl FnOnce(&mut Command) -> &mut Command) -> anyhow::Result<Self> {
        let mut command = Command::new("/usr/bin/time");
        command.args(["--format", "%U %S %M"]).arg(program);
        let start = Instant::now();
        let mut output = arguments(&mut command).output().context("GNU time is needed (`apt-get install time`)")?;
        let wall = start.elapsed().as_secs_f64();
        let text = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
        anyhow::ensure!(output.status.success(), "`{}` failed:\n{text}", program.display());
        // Its line is the last one, behind what the program wrote there.
        let (before, told) = text.rsplit_once('\n').unwrap_or(("", &text));
        let numbers: Vec<f64> = told.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let &[user, system, kilobytes] = numbers.as_slice() else { anyhow::bail!("GNU time told `{told}`") };
        output.stderr = before.as_bytes().to_vec();
        Ok(Self { output, wall, cpu: user + system, mebibytes: kilobytes / 1024.0 })
    }
}
