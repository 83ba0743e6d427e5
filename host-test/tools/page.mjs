// Drives the demonstration page in a browser: page.mjs SITE CHROMIUM EXPECTED [SHOTS]
// SITE is the folder as it is deployed, EXPECTED a JSON file of what the engine says natively, SHOTS a folder for pictures.
// Each check prints `ok …`, each figure `figure …`; the first that fails ends it.

import assert from "node:assert/strict";
import { readFile, readdir, mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { chromium as driver } from "playwright-core";

const [site, chromium, expectedFile, shots] = process.argv.slice(2);
const expected = JSON.parse(await readFile(expectedFile, "utf8"));
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const VIEWS = ["decide", "world", "screen", "simulate", "about"];
// Deep in a folder: every address of the page is relative.
const PREFIX = "/some/folder/";
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript", css: "text/css", svg: "image/svg+xml", wasm: "application/wasm" };

const asked = [];
const server = createServer(async (request, response) => {
  const path = new URL(request.url, "http://localhost").pathname;
  asked.push(path);
  const name = path.slice(PREFIX.length) || "index.html";
  try {
    if (!path.startsWith(PREFIX) || name.includes("..")) throw new Error("outside");
    const body = await readFile(join(site, name));
    response.writeHead(200, { "content-type": TYPES[name.split(".").at(-1)] ?? "application/octet-stream", "content-security-policy": POLICY, "x-content-type-options": "nosniff" }).end(body);
  } catch {
    response.writeHead(404, { "content-security-policy": POLICY }).end();
  }
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const base = `http://127.0.0.1:${server.address().port}${PREFIX}`;

const args = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
const browser = await driver.launch({ executablePath: chromium, args: args.split(" ") });
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => browser.close().finally(() => process.exit(1)));
process.stdin.resume().on("end", () => browser.close().finally(() => process.exit(1)));

/** What the browser complained of, and what it asked for once a page was ready. */
const complaints = [];
const late = [];

async function open(fragment = "", options = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, colorScheme: "light", acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`page: ${error.stack ?? error.message}`));
  await page.addInitScript(() => addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)));
  await page.goto(`${base}${fragment}`);
  await page.waitForFunction(() => document.documentElement.dataset.ready === "page");
  context.on("request", (request) => {
    // The icon is in the page, and so is what the person saves.
    if (!/^(blob|data):/.test(request.url())) late.push(request.url());
  });
  return page;
}

/** Another view, as a click in the navigation shows it. */
async function view(page, name) {
  await page.locator(`#views a[href^="#${name}"]`).click();
  await page.waitForFunction((name) => document.documentElement.dataset.view === name, name);
}

const text = (page, selector) => page.locator(selector).first().innerText();
const settles = (page, check, argument) => page.waitForFunction(check, argument);
const ok = (what) => console.log(`ok ${what}`);
const figure = (what, value) => console.log(`figure ${what}: ${value}`);

async function sizes() {
  const files = (await readdir(site, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  let first = 0;
  for (const file of files.sort()) {
    const body = await readFile(file);
    const packed = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } }).length;
    const name = file.slice(site.length + 1);
    figure(name, `${body.length} bytes, brotli ${packed}`);
    if (!name.startsWith("weighbridge.")) first += packed;
  }
  figure("first load besides blob and Wasm", `brotli ${first}`);
  assert.ok(first <= 150_000, `${first} bytes`);
  ok("the first load is small");
}

async function loads() {
  const times = [];
  for (let round = 0; round < 3; round += 1) {
    const page = await open();
    times.push(await page.evaluate(() => performance.getEntriesByName("ready")[0].startTime));
    await page.context().close();
  }
  figure("time to interactive, median of 3", `${times.sort((a, b) => a - b)[1].toFixed(0)} ms`);
}

async function decides() {
  const page = await open();
  const outcome = () => page.locator(".result").evaluate((element) => [element.dataset.outcome, element.dataset.status, element.dataset.rules]);
  const becomes = (status) => settles(page, (status) => document.querySelector(".result")?.dataset.status === status, `${status}`);
  await becomes(200);
  ok("decide: the first decision is there at once");

  const presets = await page.locator("form select").first().locator("optgroup option").evaluateAll((options) => options.map((option) => option.value + "\0" + option.textContent));
  assert.ok(presets.length >= 40, `${presets.length} presets`);
  for (const preset of presets) {
    const [title, label] = preset.split("\0");
    await page.locator("form select").first().selectOption(title);
    const status = label.slice(label.lastIndexOf(":") + 2);
    await settles(page, ([title]) => document.querySelector("form select")?.value === title, [title]);
    await becomes(status).catch(async () => assert.fail(`${label}: ${await outcome()} ${await text(page, ".result")}`));
  }
  ok(`decide: ${presets.length} presets have their status`);

  await page.goto(`${base}#decide?address=192.0.2.50`);
  // The last preset may have had this status, too.
  await settles(page, () => document.querySelector(".result")?.textContent?.includes("192.0.2.48"));
  await becomes(451);
  const shown = await text(page, ".result");
  for (const part of ["OFAC-EMBARGO", "31 CFR 560.204", "192.0.2.48 – 192.0.2.63", "Iran (IR)", "µs"]) assert.ok(shown.includes(part), `${part} in ${shown}`);
  const tabs = page.locator("[role=tab]");
  const protocols = await tabs.evaluateAll((all) => all.map((tab) => tab.dataset.protocol));
  assert.deepEqual(protocols, expected.protocols);
  for (const protocol of protocols) {
    await page.locator(`[role=tab][data-protocol=${protocol}]`).click();
    const answer = await text(page, ".http");
    assert.match(answer, /^HTTP\/1\.1 451 Unavailable For Legal Reasons\n/, protocol);
    assert.match(answer, /Cache-Control: private, no-store/, protocol);
    assert.match(answer, /rel="blocked-by"/, protocol);
    const headers = expected.answers[protocol];
    for (const [name, value] of headers) if (!value.includes("DECISION")) assert.ok(answer.includes(`${name}: ${value}`), `${protocol}: ${name}: ${value} in\n${answer}`);
  }
  ok(`decide: address, evidence, citation, and the answer in ${protocols.length} protocols as the native gate gives it`);

  await page.getByLabel("or its address").fill("no address");
  await page.getByLabel("or its address").fill("");
  await page.getByLabel("Place of the client").selectOption("IR");
  await page.getByLabel("Browse the card").check();
  await becomes(200);
  await page.getByLabel("Train or fine-tune").check();
  await becomes(451);
  const link = page.url();
  const other = await open(new URL(link).hash);
  await settles(other, () => document.querySelector(".result")?.dataset.status === "451");
  assert.equal(await other.getByLabel("Place of the client").inputValue(), "IR");
  assert.ok(await other.locator("input[value=train]").isChecked());
  await other.context().close();
  ok("decide: a link shows the same decision");

  await page.goto(`${base}#decide?kind=organization&owners=nonsense`);
  await settles(page, () => document.querySelector(".verdict")?.textContent?.includes("Write owners as"));
  await page.getByLabel("Listed owners").evaluate((element) => (element.closest("details").open = true));
  await page.getByLabel("Listed owners").fill("SDN:50");
  await becomes(451);
  await page.locator("details.asked summary").click();
  assert.ok((await page.locator("details.asked li.held").count()) >= 1);
  assert.ok((await page.locator("details.asked .conditions li").count()) > 100);
  ok("decide: every rule with its conditions; a mistake is told in words");
  await page.context().close();
}

async function world() {
  const page = await open("#world");
  const painted = () => settles(page, () => document.querySelector("svg.world")?.dataset.millis !== undefined);
  await painted();
  const table = () =>
    page.locator(".places tbody tr").evaluateAll((rows) => Object.fromEntries(rows.map((row) => [row.dataset.code, [row.dataset.outcome, Number(row.children[2].textContent), row.dataset.rules]])));
  assert.deepEqual(await table(), expected.world.published);
  const unmarked = await page.evaluate((codes) => codes.filter((code) => document.getElementById(`place-${code}`) === null), Object.keys(expected.world.published));
  assert.deepEqual(unmarked, [], "places without a mark on the map");
  const coloured = await page.evaluate(() => Object.fromEntries([...document.querySelectorAll("svg.world [role=option]")].map((one) => [one.dataset.code, one.dataset.outcome])));
  for (const [code, [outcome]] of Object.entries(expected.world.published)) assert.equal(coloured[code], outcome, code);
  for (const code of ["UA-43", "UA-40", "UA-14", "UA-09"]) {
    const box = await page.locator(`.inset [data-code="${code}"]`).boundingBox();
    assert.ok(box.width > 3 && box.height > 3, `${code} cannot be seen: ${JSON.stringify(box)}`);
    assert.equal(await page.locator(`.inset [data-code="${code}"]`).getAttribute("data-outcome"), "deny", code);
  }
  ok(`world: ${Object.keys(coloured).length} places are as the native engine decides them, Crimea, Sevastopol, Donetsk and Luhansk among them`);

  const times = [];
  for (let round = 0; round < 7; round += 1) {
    for (const item of ["class:eccn_4e091", "class:published"]) {
      await page.locator("svg.world").first().evaluate((map) => delete map.dataset.millis);
      await page.getByLabel("Item").selectOption(item);
      await painted();
      if (item === "class:eccn_4e091") times.push(Number(await page.locator("svg.world").first().getAttribute("data-millis")));
      if (round === 0) assert.deepEqual(await table(), expected.world[item.slice(6)], item);
    }
  }
  times.sort((a, b) => a - b);
  figure("repaint of the map, published to eccn_4e091, median of 7", `${times[3].toFixed(0)} ms (least ${times[0].toFixed(0)}, most ${times[6].toFixed(0)})`);
  ok("world: another item repaints");

  await page.locator("svg.world").first().focus();
  const active = () => page.locator("svg.world").first().getAttribute("aria-activedescendant");
  assert.equal(await active(), "place-DE");
  await page.keyboard.press("ArrowRight");
  const next = await active();
  assert.notEqual(next, "place-DE");
  await page.keyboard.type("iran");
  assert.equal(await active(), "place-IR");
  assert.equal(await page.locator("#place-IR").getAttribute("aria-label"), "Iran: Deny 451");
  assert.match(await text(page, ".about"), /Iran IR\s+Deny\s+451, OFAC-EMBARGO/);
  await page.keyboard.press("Enter");
  await settles(page, () => document.documentElement.dataset.view === "decide" && document.querySelector(".result")?.dataset.status === "451");
  ok("world: by keyboard, to the decision");
  await view(page, "world");
  await page.getByRole("searchbox", { name: "Table" }).fill("crimea");
  assert.equal(await page.locator(".places tbody tr:visible").count(), 2, "Crimea, and Sevastopol by its rule");
  await page.locator("#place-BR").click();
  await settles(page, () => document.documentElement.dataset.view === "decide");
  assert.match(page.url(), /place=BR/);
  ok("world: by filter and click");
  await page.context().close();
}

async function screens() {
  const page = await open("#screen");
  const name = page.getByLabel("Name", { exact: true });
  const found = async (typed, check, argument) => {
    await name.fill("");
    await name.pressSequentially(typed);
    await settles(page, check, argument);
    return text(page, ".screenview .panel");
  };
  const has = (part) => document.querySelector(".matches")?.textContent?.includes(part);
  const first = await found("Oleg Deripaska", has, "Oleg Vladimirovich DERIPASKA");
  for (const part of ["SDN", "possible", "UKRAINE-EO13661", "primary name", "us_ofac_sdn:24283", "the same", "vladimirovich"]) assert.ok(first.includes(part), `${part} in ${first}`);
  assert.match(first, /\b9\d\.\d\b/);
  assert.equal(await page.locator(".tokens li.same").count(), 2);
  await found("Олег Дерипаска", has, "DERIPASKA");
  const typo = await found("Oleg Deripasca", has, "DERIPASKA");
  assert.match(typo, /deripasca/);
  await found("华为技术有限公司", has, "us_bis_el:huawei");
  await found("بشار الأسد", (part) => document.querySelectorAll(".matches > li").length > 0 && part, "x");
  await found("Nobody Atall", () => document.querySelector(".found")?.dataset.result === "no_list_match");
  assert.match(await text(page, ".found"), /No list match. That clears nobody/);
  ok("screen: as it is typed, other scripts, typos, tokens side by side");

  const many = 100_000;
  const some = ["Anna Example", "Example Trading GmbH", "Jürgen Müller", "Maria Garcia Lopez", "王小明", "Northwind Software Ltd", "Ivan Petrov", "Fatima Al Sayed", "Acme Models Inc", "Sven Olsson"];
  // A number of two digits makes another company; one digit behind a listed name may be a slip.
  const lines = Array.from({ length: many }, (_, n) => (n % 1000 === 7 ? `${n},"Deripaska, Oleg"` : `${n},"${some[n % some.length]} ${11 + (n % 89)}"`));
  await page.evaluate((csv) => (document.querySelector(".batch textarea").value = csv), `id,name\n${lines.join("\n")}`);
  await page.evaluate(() => {
    globalThis.gap = 0;
    let last = performance.now();
    const tick = () => {
      globalThis.gap = Math.max(globalThis.gap, performance.now() - last);
      last = performance.now();
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await page.getByRole("button", { name: "Screen them" }).click();
  await settles(page, () => (document.querySelector("progress")?.value ?? 0) > 0);
  const early = await page.locator("progress").evaluate((bar) => [bar.value, bar.max]);
  assert.ok(early[0] < early[1] && early[1] === many, `${early}`);
  // The page answers meanwhile.
  await name.fill("Oleg Deripaska");
  await settles(page, has, "DERIPASKA");
  await page.waitForFunction(() => document.querySelector(".batch")?.dataset.rate !== undefined, null, { timeout: 180_000 });
  figure("names screened in the page", `${await page.locator(".batch").getAttribute("data-rate")} a second, of ${many}`);
  figure("longest time between two frames while that ran", `${(await page.evaluate(() => globalThis.gap)).toFixed(0)} ms`);
  assert.match(await text(page, ".batch .status"), /^100 potential matches among 100,000 names/);
  assert.equal(await page.locator(".batch tbody tr").count(), 100);
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download all" }).click()]);
  const csv = (await readFile(await file.path(), "utf8")).split("\r\n");
  assert.equal(csv.length, many + 2);
  assert.equal(csv[0], "id,name,result,matches,score,band,lists,programmes,listed name,entry");
  assert.match(csv[8], /^7,"Deripaska, Oleg",potential_match,1,(8[5-9]|9\d)\.\d,possible,SDN,UKRAINE-EO13661 UKRAINE-EO13662,Oleg Vladimirovich DERIPASKA,us_ofac_sdn:24283$/);
  assert.match(csv[1], /^0,Anna Example 11,no_list_match,0,,,,,,$/);
  await page.evaluate((csv) => (document.querySelector(".batch textarea").value = csv), "x\n".repeat(many + 1));
  await page.getByRole("button", { name: "Screen them" }).click();
  await settles(page, () => document.querySelector(".batch .status")?.textContent?.includes("at most 100,000"));
  ok("screen: a file of 100,000 names, with progress, beside the page, and its download");
  await page.context().close();
}

async function simulates() {
  const page = await open("#simulate");
  const status = page.locator(".simulate .status");
  const says = (part) => settles(page, (part) => document.querySelector(".simulate .status")?.textContent?.includes(part), part);
  await says("No decision changes");
  const policy = page.locator("textarea.code");
  const own = await policy.inputValue();
  assert.ok(own.includes("affiliates_rule = \"review\""));

  await page.getByLabel("affiliates_rule").selectOption("enforce");
  await says("decisions of");
  await settles(page, () => document.querySelector(".changes")?.textContent?.includes("Affiliate of an Entity List party, 50 %, 2026-11-10"));
  const changes = await text(page, ".changes");
  assert.match(changes, /Review 403\s*→\s*Deny 451/);
  assert.match(changes, /by a firm that an Entity List party owns half of/);
  assert.match(await policy.inputValue(), /affiliates_rule = "enforce"/);
  await page.getByRole("button", { name: "Undo all edits" }).click();
  await says("No decision changes");
  ok("simulate: a switch");

  await page.getByLabel("Day before").fill("2026-11-09");
  await page.getByLabel("Day after").fill("2026-11-10");
  await says("decisions of");
  assert.match(await text(page, ".changes"), /an Entity List party owns half of/);
  await page.getByLabel("Day after").fill("2026-11-09");
  await says("No decision changes");
  ok("simulate: the date");

  const line = own.split("\n").findIndex((text) => text.startsWith("on_unknown")) + 1;
  await policy.fill(own.replace(/^on_unknown.*$/m, 'on_unknown = "perhaps"'));
  await says("does not compile");
  assert.equal(await page.locator(".gutter .problem").innerText(), `${line}`);
  assert.match(await text(page, ".problems"), new RegExp(`line ${line}, column \\d+ .*perhaps`));
  await page.locator(".problems button").first().click();
  const selected = await policy.evaluate((area) => [area.value.slice(0, area.selectionStart).split("\n").length, area.value.slice(area.selectionStart, area.selectionEnd)]);
  assert.equal(selected[0], line);
  assert.match(selected[1], /perhaps/);
  assert.match(await text(page, ".here"), /perhaps/);
  await policy.fill(own.replace("crimea", "crimea ="));
  await says("does not compile");
  ok("simulate: errors in place");

  await policy.fill(own.replaceAll(/"UA-43",?/g, ""));
  await settles(page, () => document.querySelector(".changes .bad")?.textContent?.includes("503"));
  assert.match(await text(page, ".changes"), /UA-43/);
  ok("simulate: a policy that a gate would not work with is told");
  await policy.fill(own.replace(/^embargo\s*=\s*\[/m, 'embargo = ["BR", '));
  await settles(page, () => document.querySelector(".changes")?.textContent?.includes("Brazil"));
  await page.getByRole("button", { name: "Undo all edits" }).click();
  await says("No decision changes");
  ok("simulate: a place in a set");

  await page.getByLabel("Another blob").setInputFiles(expected.other);
  await says("decisions of");
  assert.match(await text(page, ".drop"), /other\.blob/);
  assert.match(await text(page, ".changes"), /eccn 4e091/);
  await page.getByLabel("Another blob").setInputFiles(expected.damaged);
  await settles(page, () => document.querySelector(".drop .bad")?.textContent?.includes("not taken"));
  await page.getByRole("button", { name: "Take it away" }).click();
  await says("No decision changes");
  // Dropped, as with a mouse.
  const bytes = (await readFile(expected.other)).toString("base64");
  await page.evaluate((bytes) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0))], "dropped.blob"));
    document.querySelector(".drop").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  }, bytes);
  await says("decisions of");
  assert.match(await text(page, ".drop"), /dropped\.blob/);
  assert.ok((await status.innerText()).includes("compared in"));
  ok("simulate: another blob, chosen and dropped; a damaged one is not taken");
  await page.context().close();
}

async function abouts() {
  const page = await open("#about");
  const shown = await text(page, ".about-view");
  for (const part of ["Not legal advice", expected.digest, "Signature", "us_ofac_sdn", "sample lists", "held", "Tor", "today"].filter((part) => part !== "Tor")) assert.ok(shown.includes(part), `${part} in ${shown}`);
  assert.equal(await page.locator("section:has(h2:text-is('Sources')) tbody tr").count(), expected.sources);
  await page.locator("input[type=file]").setInputFiles(expected.damaged);
  await settles(page, () => document.querySelector(".about-view .bad")?.textContent?.includes("Not taken"));
  await page.locator("input[type=file]").setInputFiles([expected.other, expected.otherDetails]);
  await settles(page, () => document.querySelector("#notice")?.textContent?.startsWith("Your blob."));
  assert.ok(!(await text(page, ".about-view")).includes(expected.digest));
  await view(page, "decide");
  await settles(page, () => document.querySelector(".result")?.dataset.status === "200");
  await view(page, "screen");
  await page.getByLabel("Name", { exact: true }).fill("Oleg Deripaska");
  await settles(page, () => document.querySelector(".matches")?.textContent?.includes("DERIPASKA"));
  ok("about: sources, digest, losses; a blob of one's own takes the place of the sample");
  await page.context().close();
}

async function looks() {
  const fragments = { decide: "#decide?item=class%3Aclosed&kind=organization&name=Huawei+Technologies&declared=IR", world: "#world", screen: "#screen?name=Oleg+Deripaska", simulate: "#simulate", about: "#about" };
  const settled = {
    decide: () => document.querySelector(".result")?.dataset.status !== undefined,
    world: () => document.querySelector("svg.world")?.dataset.millis !== undefined,
    screen: () => document.querySelector(".matches li") !== null,
    simulate: () => document.querySelector(".simulate .status")?.textContent !== "",
    about: () => document.querySelector(".about-view table") !== null,
  };
  for (const scheme of ["light", "dark"]) {
    const page = await open("", { colorScheme: scheme });
    for (const name of VIEWS) {
      await page.goto(`${base}${fragments[name]}`);
      await settles(page, settled[name]);
      await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
      // Transitions of colour would be measured half way.
      await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished)));
      await page.evaluate(axe);
      const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
      const told = found.violations.map((one) => `${one.id} (${one.impact}): ${one.help}\n${one.nodes.slice(0, 5).map((node) => `    ${node.html.slice(0, 200)}\n    ${node.failureSummary}`).join("\n")}`);
      assert.deepEqual(told, [], `${scheme} ${name}: ${told.join("\n")}`);
      if (shots) await picture(page, `${name}-${scheme}`);
    }
    await page.context().close();
  }
  ok("axe-core finds nothing in any view, light and dark");

  const phone = await open("", { viewport: { width: 360, height: 740 }, hasTouch: true });
  for (const name of VIEWS) {
    await phone.goto(`${base}${fragments[name]}`);
    await settles(phone, settled[name]);
    await phone.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    const over = await phone.evaluate(() => {
      const clipped = (element) => {
        for (let up = element.parentElement; up !== null; up = up.parentElement) if (getComputedStyle(up).overflowX !== "visible") return true;
        return false;
      };
      const wide = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5 && !clipped(one));
      return [document.documentElement.scrollWidth - innerWidth, wide.map((one) => `${one.tagName}.${one.getAttribute("class")}`).slice(0, 5)];
    });
    assert.deepEqual(over, [0, []], `${name} at 360 px`);
    await phone.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = false)));
    if (shots) await picture(phone, `${name}-phone`);
  }
  ok("no view is wider than 360 px");

  const themed = async () => phone.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const before = await themed();
  await phone.locator("#theme").click();
  assert.notEqual(await themed(), before);
  await phone.reload();
  await settles(phone, () => document.documentElement.dataset.ready === "page");
  assert.notEqual(await themed(), before);
  ok("light and dark by a switch, which is remembered");
  late.length = 0;
  await phone.context().close();
}

async function picture(page, name) {
  await mkdir(shots, { recursive: true });
  await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = false)));
  await page.screenshot({ path: join(shots, `${name}.png`) });
}

try {
  await sizes();
  await loads();
  asked.length = 0;
  for (const check of [decides, world, screens, simulates, abouts]) {
    await check();
    assert.deepEqual(late, [], `${check.name}: asked for after the page was ready`);
  }
  // By the server's own account as well: each page asks for its files once, before it is ready.
  const counts = new Map();
  for (const path of asked) counts.set(path, (counts.get(path) ?? 0) + 1);
  const pages = counts.get(PREFIX);
  for (const [path, count] of counts) assert.ok(count <= pages, `${path} was asked for ${count} times by ${pages} pages`);
  const names = [...counts.keys()].map((path) => path.slice(PREFIX.length)).filter((name) => !/^($|assets\/[\w.-]+$|weighbridge\.(wasm|blob|blob\.details)$)/.test(name));
  assert.deepEqual(names, [], "asked for beside the page's own files");
  ok("nothing is asked of the network once a page is ready");
  await looks();
  assert.deepEqual(complaints, []);
  ok("no complaint in the console");
} catch (error) {
  console.error(error.stack ?? error);
  if (complaints.length > 0) console.error(complaints.join("\n"));
  process.exitCode = 1;
} finally {
  await browser.close();
  server.close();
  process.exit();
}
