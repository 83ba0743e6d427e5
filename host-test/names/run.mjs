// node run.mjs MODULE FOLDER ROUNDS PEERS: times every query ROUNDS times in V8, and the first PEERS by the peer; one line of JSON.
import { readFileSync } from "node:fs";
const [, , module, folder, roundsText, peersText] = process.argv;
const [rounds, peers] = [Number(roundsText), Number(peersText)];
let view, memory;
// A memory that has grown has another buffer.
const renew = () => (view = new DataView(memory.buffer));
const clock_time_get = (id, precision, at) => {
  if (view.buffer.byteLength === 0) renew();
  view.setBigUint64(at >>> 0, process.hrtime.bigint(), true);
  return 0;
};
const { instance } = await WebAssembly.instantiate(readFileSync(module), { wasi_snapshot_preview1: { clock_time_get } });
memory = instance.exports.memory;
const { buffer, open, ask, time, allocated, allocations } = instance.exports;
for (const number of [0, 1]) {
  const bytes = readFileSync(`${folder}/${number}.bin`);
  const at = buffer(number, bytes.length) >>> 0;
  new Uint8Array(memory.buffer).set(bytes, at);
}
renew();
const count = open();
const opened = [memory.buffer.byteLength, allocated()];
const take = (what, from, n) => {
  const at = time(what, from, n) >>> 0;
  return Array.from(new BigUint64Array(memory.buffer.slice(at, at + n * 8)), Number);
};
const sums = [];
for (let n = 0; n < count; n++) sums.push(ask(n) >>> 0);
// The buffer of the times grows once.
take(2, 0, count);
const searched = [memory.buffer.byteLength, allocated()];
const before = allocations();
const all = [];
for (let round = 0; round < rounds; round++) all.push(take(0, 0, count));
const each = (allocations() - before) / count / rounds;
const empty = take(2, 0, count);
const peer = [];
for (let round = 0; round < 3; round++) peer.push(take(1, 0, peers));
console.log(JSON.stringify({ sums, all, empty, peer, opened, searched, each }));
