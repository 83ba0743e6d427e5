//! What a deployment for a JavaScript host is made of: the core module, the blob, and the adapter's own files, which travel
//! in this command. Nothing is compiled: `wrangler` bundles the Worker itself, and the npm package is plain JavaScript.

/// The core module's file, as it is built and as it ships.
pub const CORE: &str = "weighbridge_core.wasm";

macro_rules! file {
    ($path:literal) => {
        include_bytes!(concat!("../../plugin/", $path)).to_vec()
    };
}

/// The files of a Cloudflare Worker, by their names in its folder. An empty `blob` is a Worker that has to get one from its
/// store. The caller has verified the blob.
pub fn worker(core: &[u8], blob: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("src/weighbridge.wasm", core.to_vec()),
        ("src/weighbridge.blob", blob.to_vec()),
        ("src/worker.ts", file!("cloudflare/src/worker.ts")),
        ("src/gate.ts", file!("cloudflare/src/gate.ts")),
        ("src/modules.d.ts", file!("cloudflare/src/modules.d.ts")),
        ("src/core.js", file!("core/js/core.js")),
        ("wrangler.toml", file!("cloudflare/wrangler.toml")),
        ("README.md", file!("cloudflare/README.md")),
    ]
}

/// The files of the npm package for pages and Node. The caller has verified the blob.
pub fn page(core: &[u8], blob: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("weighbridge.wasm", core.to_vec()),
        ("weighbridge.blob", blob.to_vec()),
        ("index.js", file!("browser/index.js")),
        ("index.d.ts", file!("browser/index.d.ts")),
        ("core.js", file!("core/js/core.js")),
        ("core.d.ts", file!("core/js/core.d.ts")),
        ("package.json", file!("browser/package.json")),
        ("README.md", file!("browser/README.md")),
    ]
}
