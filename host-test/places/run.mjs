// node run.mjs MODULE FOLDER WARM_UP CHUNK ROUNDS: every table on every chunk, in turn; prints `kind table round ns sum`.
import { readFileSync } from "node:fs";
const [module, folder, ...numbers] = process.argv.slice(2);
const [warmUp, chunk, rounds] = numbers.map(Number);
const { instance } = await WebAssembly.instantiate(readFileSync(module), {});
const { memory, buffer, open, run } = instance.exports;
for (let number = 0; number < 13; number++) {
  const bytes = readFileSync(`${folder}/${number}.bin`);
  const at = buffer(number, bytes.length);
  new Uint8Array(memory.buffer).set(bytes, at);
}
open();
const place = (kind, round) =>
  kind === 2 ? [1, round * (warmUp + chunk)] : [0, (kind * rounds + round) * (warmUp + chunk)];
// CPU time of the process: the machine may be busy with other work.
const microseconds = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
// Tier up first.
for (let table = 0; table < 6; table++)
  for (const kind of [0, 2]) for (let n = 0; n < 3; n++) run(table, ...place(kind, n), warmUp + chunk);
for (let kind = 0; kind < 3; kind++)
  for (let round = 0; round < rounds; round++)
    for (let table = 0; table < 6; table++) {
      const [family, from] = place(kind, round);
      run(table, family, from, warmUp);
      const start = microseconds();
      const sum = run(table, family, from + warmUp, chunk) >>> 0;
      console.log(kind, table, round, ((microseconds() - start) * 1000) / chunk, sum);
    }
