//! Shows the normal form of names: `cargo run --example normal_form --features write < names.tsv`, one `kind<TAB>name` a
//! line. With `bench` as argument it reads the lines first and prints nanoseconds per name and the size of the tables.
#![allow(missing_docs)]

use std::io::Read;
use std::time::Instant;

use weighbridge_blob::name::{NameForm, WordTable};
use weighbridge_blob::words::Kind;

fn main() {
    let section = weighbridge_blob::write::normalisation().expect("the tables that ship are sound");
    let words = WordTable::open(&section).expect("the tables that ship open");
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).expect("UTF-8 on standard input");
    let names: Vec<(Kind, &str)> =
        text.lines().filter_map(|l| l.split_once('\t')).filter_map(|(kind, name)| Some((kind.parse().ok()?, name))).collect();
    let mut form = NameForm::default();
    if std::env::args().any(|a| a == "bench") {
        let mut best = u128::MAX;
        for _ in 0..7 {
            let start = Instant::now();
            for (kind, name) in &names {
                form.read(*kind, name, &words);
                std::hint::black_box(form.tokens());
            }
            best = best.min(start.elapsed().as_nanos() / names.len().max(1) as u128);
        }
        println!("{} names, {best} ns a name, tables {} bytes", names.len(), section.len());
        return;
    }
    for (kind, name) in names {
        form.read(kind, name, &words);
        println!("{kind}\t{name}\t{form}");
    }
}
