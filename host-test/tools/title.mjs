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
  // Asked again and again from here: what waits inside the page is evaluated there, which the page's own policy forbids.
  const text = () => page.evaluate((selector) => document.querySelector(selector)?.textContent ?? "", selector);
  const end = Date.now() + 30_000;
  let found = await text();
  while (found.length < 2 && Date.now() < end) {
    await new Promise((later) => setTimeout(later, 50));
    found = await text();
  }
  if (found.length < 2) throw new Error(`nothing stands in ${selector}`);
  console.log(found);
} finally {
  await browser.close();
  server.close();
}
