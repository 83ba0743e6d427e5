// The Worker under miniflare: miniflare.mjs BUNDLE SETTINGS kv|r2 BLOB
// The blob's file goes into the store at the start, and again on each SIGHUP. It prints `listening PORT`.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Miniflare } from "miniflare";

const [bundle, settings, store, blob] = process.argv.slice(2);
const read = (name) => readFile(join(bundle, name));

const miniflare = new Miniflare({
  host: "127.0.0.1",
  port: 0,
  compatibilityDate: "2026-04-01",
  bindings: JSON.parse(settings),
  [store === "kv" ? "kvNamespaces" : "r2Buckets"]: ["BLOBS"],
  modules: [
    { type: "ESModule", path: "worker.js", contents: (await read("worker.js")).toString() },
    { type: "CompiledWasm", path: "weighbridge.wasm", contents: await read("weighbridge.wasm") },
    { type: "Data", path: "weighbridge.blob", contents: await read("weighbridge.blob") },
  ],
  // No look-up of a real client: a test says what `request.cf` is.
  cf: false,
  handleRuntimeStdio(out, error) {
    for (const stream of [out, error]) stream.on("data", (chunk) => process.stdout.write(chunk));
  },
});

async function put() {
  const bytes = new Uint8Array(await readFile(blob));
  if (store === "kv") await (await miniflare.getKVNamespace("BLOBS")).put("weighbridge.blob", bytes.buffer);
  else await (await miniflare.getR2Bucket("BLOBS")).put("weighbridge.blob", bytes);
}

const { port } = await miniflare.ready;
await put();
process.on("SIGHUP", () => put().then(() => console.log("stored")));
// Whoever started this holds the other end of standard input.
process.stdin.resume().on("end", () => miniflare.dispose().finally(() => process.exit(0)));
console.log(`listening ${new URL(port ? `http://127.0.0.1:${port}` : await miniflare.ready).port}`);
