//! Any text as a policy: it compiles or it is told what is wrong, and what compiles can be read back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weighbridge_blob::policy::PolicyTable;

fuzz_target!(|data: &[u8]| {
    // A part of the shipped policy, with the input put in: pure noise would seldom get past TOML.
    let text = String::from_utf8_lossy(data);
    let at = data.first().map_or(0, |b| usize::from(*b) * 64);
    let shipped = weighbridge_policy::DEFAULT;
    let cut = shipped.char_indices().map(|(i, _)| i).take_while(|i| *i <= at).last().unwrap_or(0);
    for policy in [text.to_string(), format!("{}{text}{}", &shipped[..cut], &shipped[cut..])] {
        match weighbridge_policy::compile(&policy, &Default::default()) {
            Ok(compiled) => assert!(PolicyTable::open(&compiled.bytes).is_ok()),
            Err(diagnostics) => assert!(!diagnostics.is_empty()),
        }
    }
});
