// The page with the engine and a blob beside it. Relative addresses alone: it works in any folder of any static host.
//
// WEIGHBRIDGE_WASM and WEIGHBRIDGE_BLOB name the two files; `BLOB.details`, where it is there, goes along.
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { defineConfig } from "vite";

const wasm = resolve(process.env.WEIGHBRIDGE_WASM ?? "../target/wasm32-unknown-unknown/edge/weighbridge_core.wasm");
const blob = resolve(process.env.WEIGHBRIDGE_BLOB ?? "../build/sample.blob");
const files = { "weighbridge.wasm": wasm, "weighbridge.blob": blob, "weighbridge.blob.details": `${blob}.details` };

/** Puts the engine and the blob beside the page, in a build and in development. */
const beside = {
  name: "weighbridge-files",
  /** @param {import("vite").ViteDevServer} server */
  configureServer(server) {
    server.middlewares.use((request, response, next) => {
      const file = files[new URL(request.url ?? "/", "http://localhost").pathname.slice(1)];
      if (file !== undefined && existsSync(file)) response.end(readFileSync(file));
      else next();
    });
  },
  /** @param {{ dir: string }} options */
  writeBundle({ dir }) {
    mkdirSync(dir, { recursive: true });
    for (const [name, file] of Object.entries(files)) {
      if (existsSync(file)) copyFileSync(file, join(dir, name));
      else if (!name.endsWith(".details")) throw new Error(`\`${file}\` is not there; README.md says how to make it`);
    }
  },
};

export default defineConfig({
  base: "./",
  plugins: [beside],
  worker: { format: "es" },
  build: { outDir: process.env.WEIGHBRIDGE_SITE ?? "dist", emptyOutDir: true, target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
