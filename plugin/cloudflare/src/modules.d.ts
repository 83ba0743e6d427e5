// What the bundler makes of the files beside the code (`[[rules]]` in wrangler.toml).

declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*.blob" {
  const bytes: ArrayBuffer;
  export default bytes;
}
