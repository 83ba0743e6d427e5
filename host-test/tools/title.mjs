// Opens a page in a browser and prints what its script writes: title.mjs FOLDER|URL CHROMIUM [SELECTOR]
// The text of the element, or without one the title.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { chromium as driver } from "playwright-core";

const [folder, chromium, selector = "title"] = process.argv.slice(2);
const TYPES = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };
const server = createServer(async (request, response) => {
  const name = new URL(request.url, "http://localhost").pathname.slice(1) || "index.html";
  try {
    if (name.includes("..")) throw new Error("outside");
    const body = await readFile(join(folder, name));
    response.writeHead(200, { "content-type": TYPES[name.split(".").at(-1)] ?? "application/octet-stream" }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const args = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
const browser = await driver.launch({ executablePath: chromium, args: args.split(" ") });
try {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(error.message));
  await page.goto(folder.startsWith("http:") ? folder : `http://127.0.0.1:${server.address().port}/`);
  const text = (selector) => document.querySelector(selector)?.textContent ?? "";
  await page.waitForFunction(`(${text})(${JSON.stringify(selector)}).length > 1`, null, { timeout: 30_000 });
  console.log(await page.evaluate(text, selector));
} finally {
  await browser.close();
  server.close();
}
