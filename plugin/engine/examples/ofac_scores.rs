//! Reads `query TAB listed name` a line from standard input and prints OFAC's score for each.
//!
//! `python3 tests/eval/ofac.py` runs it against nomenklatura's matcher.

use std::io::{BufRead, Write};
use weighbridge_engine::ofac::ofac_score;

fn main() -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (query, listed) = line.split_once('\t').unwrap_or((&line, ""));
        writeln!(out, "{}", ofac_score(query, listed))?;
    }
    out.flush()
}
