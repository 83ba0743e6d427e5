// The engine for pages and Node: bytes in, decisions out. No network, no file, no worker: the caller brings the module's
// bytes and the blob's, from wherever it has them.

import { Core, Trap, nonce, now } from "./core.js";

export { Trap };

/** @typedef {import("./core.js").Header} Header */
/** @typedef {import("./core.js").Verdict} Verdict */

/**
 * @typedef {object} Case What to decide: facts, or a request's parts, in the form of the shared cases.
 * @property {string} [at] When, RFC 3339 or a date; left out: now.
 * @property {object} [facts]
 * @property {object} [request]
 */

/**
 * @typedef {object} Decision A decision, with every reason. It never says "clear".
 * @property {"allow" | "identify" | "review" | "deny"} outcome
 * @property {number} status
 * @property {string[]} rules All matched rules, sorted.
 * @property {string} reason_code
 * @property {string} decided_by
 * @property {{ rule: string, outcome: string, [more: string]: unknown }[]} reasons
 * @property {{ entry: string, band: string }[]} [matches] What screening found, for a request.
 */

/**
 * @typedef {object} Screening Whom the lists know by a name.
 * @property {"potential_match" | "no_list_match" | "not_screened"} result
 * @property {{ entry: string, lists: string[], band: string, score: number, reason: string }[]} matches
 * @property {boolean} truncated A bound cut the search short.
 */

/**
 * @typedef {object} Contents What a blob holds.
 * @property {string} digest
 * @property {string} created
 * @property {number} sequence
 * @property {string | null} not_after
 * @property {number} entries
 * @property {number} items
 * @property {{ id: string, version: string }} policy
 * @property {{ name: string, bytes: number }[]} sections
 * @property {{ list: string, checked_at: string | null }[]} lists
 */

/**
 * @typedef {object} Options
 * @property {BufferSource | WebAssembly.Module} wasm `weighbridge.wasm` of this package.
 * @property {ArrayBuffer | Uint8Array} blob
 * @property {Record<string, string>} [settings] `WEIGHBRIDGE_*`, as for every gate.
 * @property {boolean} [vouched] Somebody has checked every byte of the blob already; it then opens in microseconds.
 */

/** An engine with one blob. */
export class Engine {
  #core;

  /** @param {Core} core */
  constructor(core) {
    this.#core = core;
  }

  /** Decides on facts or on a request's parts. Throws if they make no sense. @param {Case} what @returns {Decision} */
  decide(what) {
    const [decided] = this.#cases([{ at: new Date().toISOString().slice(0, 19) + "Z", ...what }]);
    if (decided.error) throw new Error(decided.error);
    return decided;
  }

  /** Decides shared cases, in the form of the gate's check route. @param {unknown} cases @returns {Decision[]} */
  check(cases) {
    return this.#cases(cases);
  }

  /**
   * What the gate does with a request: pass it on, or answer it.
   * @param {{ method: string, authority: string, path: string, headers: Header[] }} request
   * @returns {Verdict}
   */
  gate(request) {
    return this.#core.gate({ now: now(), nonce: nonce(), ...request });
  }

  /**
   * Whom the lists know by a name.
   * @param {string} name In any spelling and word order.
   * @param {"person" | "organization" | "government" | "vessel" | "aircraft"} [kind] Left out: among everybody.
   * @returns {Screening}
   */
  screen(name, kind) {
    const found = this.#core.ask("screen", `${now()}`, name, kind ?? "");
    if (found.error) throw new Error(found.error);
    return found;
  }

  /** What the blob holds, section by section. @returns {Contents} */
  inspect() {
    return this.#core.ask("inspect");
  }

  /** @param {unknown} cases @returns {any[]} */
  #cases(cases) {
    const answer = this.#core.check(now(), nonce(), JSON.stringify(cases));
    const decided = JSON.parse(answer.body);
    if (answer.status !== 200) throw new Error(decided.error ?? decided.detail);
    return decided;
  }
}

/** Opens a blob. Rejects if it is damaged, past its last day or not signed by a key of `WEIGHBRIDGE_TRUSTED_KEYS`, or if a setting is not understood. @param {Options} options @returns {Promise<Engine>} */
export async function open({ wasm, blob, settings = {}, vouched = false }) {
  const module = wasm instanceof WebAssembly.Module ? wasm : await WebAssembly.compile(wasm);
  // A page passes nothing on, but every gate names an origin.
  const all = { WEIGHBRIDGE_UPSTREAM: "https://origin.invalid", ...settings };
  const core = new Core(module, blob, Object.entries(all), vouched);
  if (core.reason) throw new Error(core.reason);
  return new Engine(core);
}
