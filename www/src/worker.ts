// The engine, away from the thread that paints. It holds the blob of the page and, for a comparison, another one.

import { Core, nonce, now } from "../../plugin/core/js/core.js";
import type { About, Answer, Asking, BatchRow, Change, Checked, Decided, Decision, Explained, Questions, Simulated, Told, Variant } from "./engine";

/** What a gate would be told; addresses that are kept for documentation. */
const SETTINGS: [string, string][] = [
  ["WEIGHBRIDGE_UPSTREAM", "https://hub.example.com"],
  ["WEIGHBRIDGE_BLOCKED_BY", "https://gate.example.com/"],
  ["WEIGHBRIDGE_APPEAL", "https://gate.example.com/appeal"],
  ["WEIGHBRIDGE_TEST_HEADERS", "on"],
];
/** Names that are screened between two looks at the clock. */
const CHUNK = 64;
/** How long one turn of a long task may hold up a question that comes in between, milliseconds. */
const TURN = 40;
/** Decisions that are timed together: a clock in a page has steps of up to 100 µs. */
const ROUNDS = 400;

interface Held {
  core: Core;
  bytes: Uint8Array;
  details: Uint8Array | null;
}

let module: WebAssembly.Module | undefined;
let page: Held | undefined;
let other: Held | undefined;
/** The second side of the last comparison. */
let after: Core | undefined;
let stopped = 0;

function start(bytes: Uint8Array, details: Uint8Array | null, vouched: boolean): { core: Core; held: string } {
  if (module === undefined) throw new Error("the engine is not loaded");
  const core = new Core(module, bytes, SETTINGS, vouched);
  if (core.reason !== "") throw new Error(core.reason);
  if (details === null) return { core, held: "there is no details file beside the blob" };
  const told = core.askAbout(details, "details");
  return { core, held: told.error ?? "held" };
}

function base(): Core {
  if (page === undefined) throw new Error("no blob is loaded");
  return page.core;
}

/** An answer of the engine, or its refusal as an error. */
function told<T>(answer: T & { error?: string }): T {
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}

function checked(core: Core, cases: object[], repeat = 1): Checked[] {
  const answer: Answer = core.check(now(), nonce(), JSON.stringify({ cases, repeat }));
  const decided = JSON.parse(answer.body);
  if (answer.status !== 200) throw new Error(decided.error ?? decided.detail);
  return decided.map((one: Checked) => told(one));
}

const handlers: { [K in keyof Questions]: (args: Questions[K][0], id: number) => Questions[K][1] | Promise<Questions[K][1]> } = {
  async open({ wasm, blob, details, as }) {
    if (wasm !== undefined) module = await WebAssembly.compile(wasm);
    const [bytes, extra] = [new Uint8Array(blob), details === null ? null : new Uint8Array(details)];
    const { core, held } = start(bytes, extra, false);
    const opened = { core, bytes, details: held === "held" ? extra : null };
    if (as === "page") page = opened;
    else other = opened;
    return { about: core.ask("about") as About, bytes: bytes.length, details: held };
  },

  close() {
    other = undefined;
    return null;
  },

  decide({ request, at, access }) {
    const core = base();
    const { protocols } = core.ask("about") as About;
    const of = (protocol: string, more = {}): object => ({ case: "page", at, request: { ...request, ...more, access: { ...access, protocol } } });
    const answer = (name: string, protocol: string, accept: string | null): [string, Checked] => {
      const own = "headers" in request ? (request.headers as object) : {};
      const [one] = checked(core, [of(protocol, { path: path(protocol, access), headers: { ...own, ...(accept === null ? {} : { accept }) } })]);
      if (one === undefined) throw new Error("no decision");
      return [name, one];
    };
    // A person who follows a link is shown a page, whatever the protocol.
    const answers = [...protocols.map((protocol) => answer(protocol, protocol, null)), answer("browser", "plain", "text/html")];
    const explained = told(core.ask("explain", JSON.stringify(of("plain")))) as Explained;
    const address = "address" in request && typeof request.address === "string" ? core.ask("address", request.address) : null;
    // The same decision often and once: the difference is the decision, without the reading and writing of JSON.
    const timed = (rounds: number): number => {
      const from = performance.now();
      checked(core, [of("plain")], rounds);
      return performance.now() - from;
    };
    timed(20);
    const micros = Math.max(0, ((timed(ROUNDS) - timed(1)) * 1000) / (ROUNDS - 1));
    return { protocols: answers, explained, address: address?.error === undefined ? address : null, micros } satisfies Decided;
  },

  world: ({ case: one }) => told(base().ask("world", JSON.stringify(one))),
  find: ({ name, kind }) => told(base().ask("find", `${now()}`, clean(name), kind)),
  policy: () => told(base().ask("policy")),

  async batch({ names, kind }, id) {
    const core = base();
    const rows: BatchRow[] = [];
    const mine = stopped;
    while (rows.length < names.length) {
      const from = performance.now();
      do {
        const some = names.slice(rows.length, rows.length + CHUNK).map((name) => clean(name));
        rows.push(...(told(core.ask("batch", `${now()}`, kind, some.join("\n"))) as BatchRow[]));
      } while (rows.length < names.length && performance.now() - from < TURN);
      postMessage({ id, done: rows.length } satisfies Told);
      // Lets a question in that came meanwhile.
      await new Promise((next) => setTimeout(next));
      if (mine !== stopped) throw new Error("stopped");
    }
    return rows;
  },

  stop() {
    stopped += 1;
    return null;
  },

  simulate: (variant) => simulate(variant),

  why({ request, facts, at, side }) {
    const core = side === "before" ? base() : after;
    if (core === undefined) throw new Error("nothing was compared");
    const [one] = checked(core, [{ case: "page", at, ...(request === null ? { facts } : { request }) }]);
    if (one === undefined) throw new Error("no decision");
    return one;
  },
};

/** One field of the engine's input cannot hold a zero byte, and a line feed parts two names. */
function clean(name: string): string {
  return name.replace(/[\0\n\r]/g, " ");
}

/** A path as clients of a protocol ask. The access point is given, so that it is for the eye and the decision's id. */
function path(protocol: string, access: object): string {
  const item = "item" in access ? String(access.item) : "acme/model";
  switch (protocol) {
    case "huggingface":
      return `/${item}/resolve/main/model.safetensors`;
    case "git":
      return `/${item}/info/refs?service=git-upload-pack`;
    case "git-lfs":
      return `/${item}.git/info/lfs/objects/batch`;
    case "oci":
      return `/v2/${item}/manifests/latest`;
    case "openai":
      return "/v1/chat/completions";
    default:
      return `/files/${item}/model.safetensors`;
  }
}

function simulate({ toml, before, after: later, other: dropped, cases }: Variant): Simulated {
  const from = performance.now();
  const out: Simulated = { problems: [], warnings: [], error: "", self_test: null, compared: 0, changed: 0, changes: [], cases: [], millis: 0 };
  const ours = base();
  const held = dropped ? other : page;
  if (held === undefined) throw new Error("no other blob is loaded");
  after = held.core;
  if (toml !== null) {
    const time = `${Math.floor(Date.parse(later) / 1000) || now()}`;
    // A zero byte would be another field; TOML knows none anyway.
    const compiled = told(held.core.ask("compile", time, toml.replaceAll("\0", "\uFFFD")));
    out.problems = compiled.problems;
    out.warnings = compiled.warnings;
    if (out.problems.length > 0) return out;
    out.self_test = compiled.self_test;
    // Its sections were checked when the blob was opened, and the policy was compiled here.
    after = start(held.core.askBytes("made"), held.details, true).core;
  }
  type Grid = { places: string[]; rows: [string, string, string, string][] };
  const [old, fresh] = [told(ours.ask("grid", before)) as Grid, told(after.ask("grid", later)) as Grid];
  const at = new Map(fresh.places.map((place, n) => [place, n]));
  const changes = new Map<string, Change>();
  for (const [n, [requester, item, action, cells]] of old.rows.entries()) {
    const others = fresh.rows[n]?.[3] ?? "";
    for (const [m, place] of old.places.entries()) {
      const [a, b] = [cells[m], others[at.get(place) ?? -1]];
      if (a === undefined || b === undefined) continue;
      out.compared += 1;
      if (a === b) continue;
      out.changed += 1;
      const key = [requester, item, action, a, b].join("\0");
      const change = changes.get(key) ?? { requester, class: item, action, from: a, to: b, places: [] };
      change.places.push(place);
      changes.set(key, change);
    }
  }
  out.changes = [...changes.values()].sort((a, b) => b.places.length - a.places.length);
  for (const [title, request] of cases) {
    const own = "at" in request && typeof request.at === "string" ? request.at : null;
    const { at: _at, ...rest } = request as { at?: string };
    try {
      const [a] = checked(ours, [{ case: title, at: own ?? before, request: rest }]);
      // A case with a date of its own keeps it, unless the dates are what is compared.
      const [b] = checked(after, [{ case: title, at: own !== null && before === later ? own : later, request: rest }]);
      if (a !== undefined && b !== undefined && JSON.stringify([a.outcome, a.status, a.rules]) !== JSON.stringify([b.outcome, b.status, b.rules])) out.cases.push([title, a, b]);
    } catch (error) {
      // A gate whose self-test fails decides nothing at all; that is told above the list.
      if (out.self_test === null) out.error = String(error instanceof Error ? error.message : error);
    }
  }
  out.millis = performance.now() - from;
  return out;
}

onmessage = async ({ data }: MessageEvent<Asking>) => {
  const { id, what } = data;
  try {
    const handler = handlers[what] as (args: unknown, id: number) => unknown;
    const answer = await handler(data.with, id);
    postMessage({ id, answer } satisfies Told);
  } catch (error) {
    postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies Told);
  }
};

export type { Decision };
