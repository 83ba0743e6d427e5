// What a call of the npm package takes, without HTTP: calls.mjs PACKAGE SETTINGS. Prints JSON, in microseconds. The empty call
// gets the same argument and gives back a verdict that was made before.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, settings] = process.argv.slice(2);
const ROUNDS = 20;
const CALLS = 2000;

const { open } = await import(pathToFileURL(join(folder, "index.js")));
const [wasm, blob] = await Promise.all(["weighbridge.wasm", "weighbridge.blob"].map((name) => readFile(join(folder, name))));
const engine = await open({ wasm, blob: new Uint8Array(blob), settings: JSON.parse(settings) });

const us = '{"account":"ada","kind":"person","names":["Ada Example"],"foreign_person":false,"declared":"US"}';
const [OPEN, CLOSED] = ["open-7b", "closed-13b"].map((name) => `/acme/${name}/resolve/main/config.json`);
const request = (path, ...headers) => ({ method: "GET", authority: "weights.test", path, headers: [["user-agent", "measure"], ["accept", "*/*"], ...headers] });
const paths = [
  ["deny (451)", request(OPEN, ["x-test-address", "192.0.2.50"])],
  ["allow", request(OPEN, ["x-test-address", "192.0.2.1"])],
  ["allow, party screened", request(CLOSED, ["x-test-address", "192.0.2.20"], ["x-test-identity", us])],
];

const results = [];
for (const [path, asked] of paths) {
  const verdict = engine.gate(asked);
  if ((verdict.kind === "answer") !== path.startsWith("deny")) throw new Error(`${path}: ${JSON.stringify(verdict)}`);
  const kinds = [() => verdict, (asked) => engine.gate(asked)].map((call) => ({ call, medians: [], all: [] }));
  for (let round = -2; round < ROUNDS; round += 1) {
    for (const kind of kinds) {
      const times = new Float64Array(CALLS);
      for (let at = 0; at < CALLS; at += 1) {
        const start = process.hrtime.bigint();
        kind.call(asked);
        times[at] = Number(process.hrtime.bigint() - start) / 1e3;
      }
      // The first rounds are compiled.
      if (round < 0) continue;
      times.sort();
      kind.medians.push(times[CALLS / 2]);
      kind.all.push(...times);
    }
  }
  const figures = kinds.map(({ medians, all }) => {
    medians.sort((a, b) => a - b);
    all.sort((a, b) => a - b);
    return { median: medians[ROUNDS / 2], p99: all[Math.floor(all.length * 0.99)] };
  });
  const [empty, gate] = figures;
  results.push({ path, emptyMedian: empty.median, emptyP99: empty.p99, ...gate });
}
console.log(JSON.stringify(results));
