// Looks at a refusal in a browser as a person does: refusal.mjs CHROMIUM URL FOLDER
// Scripts are off. Prints JSON: what stands on the page, and what is wrong with it at 360 and 1280 pixels, in light and dark.

import { join } from "node:path";
import { chromium } from "playwright-core";

const [executablePath, url, folder] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
const wrong = [];
const seen = [];
for (const colorScheme of ["light", "dark"]) {
  for (const width of [360, 1280]) {
    const context = await browser.newContext({ javaScriptEnabled: false, colorScheme, viewport: { width, height: 800 } });
    const page = await context.newPage();
    // A style that the page's own policy keeps out is told here. The icon is the browser's idea.
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" && !text.includes("status of 451")) wrong.push(text);
    });
    const response = await page.goto(url);
    const text = await page.locator("body").innerText();
    const link = await page.locator("main a").first().getAttribute("href");
    const box = await page.locator("main").boundingBox();
    const ground = await page.locator("body").screenshot({ path: join(folder, `refusal-${colorScheme}-${width}.png`) });
    if (box === null || box.x < 0 || box.x + box.width > width) wrong.push(`main is ${JSON.stringify(box)} at ${width}`);
    const size = ground.readUInt32BE(16);
    if (size > width) wrong.push(`the page is ${size} wide at ${width}`);
    seen.push({ colorScheme, width, status: response.status(), title: await page.title(), text, link });
    await context.close();
  }
}
await browser.close();
console.log(JSON.stringify({ seen, wrong }));
