// node run.mjs MODULE FOLDER CHUNK ROUNDS: every table on every chunk, in turn; prints `kind table round ns sum`.
import { readFileSync } from "node:fs";
const [, , module, folder, chunkText, roundsText] = process.argv;
const [chunk, rounds] = [Number(chunkText), Number(roundsText)];
const { instance } = await WebAssembly.instantiate(readFileSync(module), {});
const { memory, buffer, open, run } = instance.exports;
for (let number = 0; number < 13; number++) {
  const bytes = readFileSync(`${folder}/${number}.bin`);
  const at = buffer(number, bytes.length);
  new Uint8Array(memory.buffer).set(bytes, at);
}
open();
const place = (kind, round) => (kind === 2 ? [1, round * chunk] : [0, (kind * rounds + round) * chunk]);
// Tier up first.
for (let table = 0; table < 6; table++) for (const kind of [0, 2]) for (let n = 0; n < 3; n++) run(table, ...place(kind, n), chunk);
for (let kind = 0; kind < 3; kind++)
  for (let round = 0; round < rounds; round++)
    for (let table = 0; table < 6; table++) {
      const start = process.hrtime.bigint();
      const sum = run(table, ...place(kind, round), chunk) >>> 0;
      console.log(kind, table, round, Number(process.hrtime.bigint() - start) / chunk, sum);
    }
