//! The blob's place behind the linked memory is safe from the allocator, on each target that plugins are built for.

use std::process::Command;

use wasmtime::{Engine, Linker, Module, Store};
use weighbridge_host_test::components::{target, workspace};

const TARGETS: [&str; 2] = ["wasm32-wasip1", "wasm32-unknown-unknown"];

fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn built(triple: &str) -> Vec<u8> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["build", "--quiet", "--profile", "edge", "-p", "weighbridge-embed", "--example", "heap", "--target", triple];
    let status = Command::new(cargo).current_dir(workspace()).args(arguments).status().unwrap();
    assert!(status.success(), "the example does not build for {triple}; is the target installed?");
    std::fs::read(target().join(triple).join("edge/examples/heap.wasm")).unwrap()
}

/// Runs the module's check: its answer, and the size of its memory before and after.
fn run(wasm: &[u8], megabytes: u32) -> (u64, usize, usize) {
    let engine = Engine::default();
    let module = Module::new(&engine, wasm).unwrap();
    let mut linker = Linker::new(&engine);
    linker.define_unknown_imports_as_traps(&module).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    if let Ok(initialize) = instance.get_typed_func::<(), ()>(&mut store, "_initialize") {
        initialize.call(&mut store, ()).unwrap();
    }
    let memory = instance.get_memory(&mut store, "memory").unwrap();
    let before = memory.data_size(&store);
    let check = instance.get_typed_func::<u32, u64>(&mut store, "hash_around").unwrap();
    let answer = check.call(&mut store, megabytes).unwrap();
    (answer, before, memory.data_size(&store))
}

#[test]
fn the_heap_never_reaches_the_blob() {
    // Nothing that repeats, so that no shift goes unseen; a size that ends within a page.
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    let blob: Vec<u8> = (0..3_333_333).map(|_| next()).collect();
    for triple in TARGETS {
        let plain = built(triple);
        assert_eq!(run(&plain, 1).0, 0, "{triple}: a module as built carries no blob");
        let packaged = weighbridge_embed::inject(&plain, &blob).unwrap();
        assert_eq!(packaged, weighbridge_embed::inject(&plain, &blob).unwrap(), "{triple}: not reproducible");
        for megabytes in [0, 1, 40] {
            let (answer, before, after) = run(&packaged, megabytes);
            assert_eq!(answer, hash(&blob), "{triple}: the blob changed under {megabytes} MB of heap");
            assert!(after >= before + ((megabytes as usize) << 20) * 9 / 10, "{triple}: {before} to {after}: the heap did not grow");
        }
    }
}
