// Puts the browser plugin behind HTTP, so that the same tests ask it as ask every gate:
// bridge.mjs node|chromium PACKAGE SETTINGS [CHROMIUM]
// PACKAGE is the npm package as it ships, SETTINGS a JSON object. It prints `listening PORT`.

import { readFile } from "node:fs/promises";
import { createServer, request as ask } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [where, folder, settings, chromium] = process.argv.slice(2);
const CHECK_PATH = "/.weighbridge/check";
// What a page of the demo allows itself: its own scripts, WebAssembly, and nothing else.
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";
const TYPES = { html: "text/html", js: "text/javascript", wasm: "application/wasm", blob: "application/octet-stream" };
const PAGE = "/.page/";

const engine = await (where === "node" ? inNode() : inChromium());

const server = createServer(async (request, response) => {
  try {
    const body = [];
    for await (const chunk of request) body.push(chunk);
    if (request.url === CHECK_PATH && request.method === "POST") {
      response.end(JSON.stringify(await engine("check", JSON.parse(Buffer.concat(body).toString()))));
      return;
    }
    const headers = [];
    for (let at = 0; at < request.rawHeaders.length; at += 2) headers.push([request.rawHeaders[at], request.rawHeaders[at + 1]]);
    const head = { method: request.method, authority: request.headers.host, path: request.url, headers };
    const verdict = await engine("gate", head);
    console.log(verdict.record);
    if (verdict.kind === "answer") {
      response.writeHead(verdict.status, verdict.headers.flat()).end(verdict.body);
      return;
    }
    const url = new URL(verdict.upstream);
    const path = verdict.upstream.slice(verdict.upstream.indexOf("/", verdict.upstream.indexOf("://") + 3));
    const onward = ask({ host: url.hostname, port: url.port, path, method: request.method, headers: ["host", url.host, ...verdict.requestHeaders.flat()] });
    onward.on("response", async (upstream) => {
      const gone = [...verdict.responseRemove, "transfer-encoding", "connection"];
      const kept = Object.entries(upstream.headers).filter(([name]) => !gone.includes(name));
      response.writeHead(upstream.statusCode, [...kept, ...verdict.responseAdd].flat());
      upstream.pipe(response);
    });
    onward.end(Buffer.concat(body));
  } catch (error) {
    console.error(error);
    response.writeHead(500).end(String(error));
  }
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));

async function inNode() {
  const { open } = await import(pathToFileURL(join(folder, "index.js")));
  const [wasm, blob] = await Promise.all(["weighbridge.wasm", "weighbridge.blob"].map((name) => readFile(join(folder, name))));
  const engine = await open({ wasm, blob: new Uint8Array(blob), settings: JSON.parse(settings) });
  return (method, ...args) => engine[method](...args);
}

async function inChromium() {
  const { chromium: driver } = await import("playwright-core");
  const files = createServer(async (request, response) => {
    const name = request.url.slice(PAGE.length);
    try {
      const body = name === "" ? "<!doctype html><meta charset=utf-8><title>gate</title>" : await readFile(join(folder, name));
      response.writeHead(200, { "content-type": TYPES[name.split(".").at(-1) || "html"], "content-security-policy": POLICY }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => files.listen(0, "127.0.0.1", done));
  const base = `http://127.0.0.1:${files.address().port}${PAGE}`;
  const args = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
  const browser = await driver.launch({ executablePath: chromium, args: args.split(" ") });
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => browser.close().finally(() => process.exit(0)));
  // Whoever started this holds the other end of standard input; when that is gone, so is the reason for a browser.
  process.stdin.resume().on("end", () => browser.close().finally(() => process.exit(0)));
  const page = await browser.newPage();
  page.on("console", (message) => console.error(`page: ${message.text()}`));
  await page.goto(base);
  await page.evaluate(
    async ({ base, settings }) => {
      const { open } = await import(`${base}index.js`);
      const [wasm, blob] = await Promise.all(["weighbridge.wasm", "weighbridge.blob"].map((name) => fetch(base + name).then((got) => got.arrayBuffer())));
      globalThis.engine = await open({ wasm, blob, settings });
    },
    { base, settings: JSON.parse(settings) },
  );
  console.log(`engine ready in ${await page.evaluate(() => navigator.userAgent)}`);
  return (method, ...args) => page.evaluate(([method, args]) => globalThis.engine[method](...args), [method, args]);
}
