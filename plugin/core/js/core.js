// The host's side of `weighbridge-core`: fields into the module's memory, one call, fields out of it.
// No network, no clock, no file: whoever calls brings the bytes and the time.

const SEPARATOR = "\0";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * @typedef {object} Exports What the module exports; `plugin/core/src/exports.rs` says what each does.
 * @property {WebAssembly.Memory} memory
 * @property {(length: number) => number} reserve_blob
 * @property {(length: number) => number} reserve
 * @property {(length: number, count: number, vouched: number) => number} open
 * @property {(length: number, count: number) => number} gate
 * @property {(length: number, count: number) => number} check
 * @property {(length: number, count: number) => number} refuse
 * @property {(length: number, count: number) => number} ask
 * @property {() => number} output
 * @property {() => number} failure
 */

/** @typedef {[name: string, value: string]} Header */

/**
 * @typedef {object} GateRequest A request's head, and what the platform vouches for.
 * @property {number} now Unix time, seconds.
 * @property {string} nonce 32 hexadecimal digits, random: two equal requests get two decision ids.
 * @property {string} method
 * @property {string} authority Host and port that the client asked for.
 * @property {string} path Path and query, as they came.
 * @property {Header[]} headers
 * @property {string} [address] The client's address, by the platform's own word.
 * @property {string} [country] The client's country, by the platform's own word.
 * @property {string} [region] Its region.
 * @property {string | number} [asn] The number of its autonomous system.
 */

/**
 * @typedef {object} Pass Send the request on.
 * @property {"pass"} kind
 * @property {string} record One line of JSON for the log.
 * @property {string} upstream Absolute URL.
 * @property {Header[]} requestHeaders All headers of the request to the origin.
 * @property {Header[]} responseAdd Headers to put into the response, after `responseRemove`.
 * @property {string[]} responseRemove Names, in lower case.
 */

/**
 * @typedef {object} Answer Answer without asking the origin.
 * @property {"answer"} kind
 * @property {string} record One line of JSON for the log; empty if nothing was decided.
 * @property {number} status
 * @property {string} body
 * @property {Header[]} headers
 */

/** @typedef {Pass | Answer} Verdict */

/** An instance that has trapped, and what it said. It must not be asked again. */
export class Trap extends Error {}

/** One instance with one blob. Another blob is another instance. */
export class Core {
  /** @type {Exports} */
  #exports;
  /** Why it answers 503 to everything; empty if it decides. @type {string} */
  reason = "";
  /** Whether it serves the test-only check route. */
  testRoutes = false;

  /**
   * @param {WebAssembly.Module} module
   * @param {ArrayBuffer | Uint8Array | undefined} blob
   * @param {Iterable<Header>} settings `WEIGHBRIDGE_*` and their values.
   * @param {boolean} vouched Somebody has checked every byte of the blob already. Where `WEIGHBRIDGE_TRUSTED_KEYS` names keys, one of
   *   them must have signed it all the same.
   * @param {number} [accepted] The highest sequence number that was in force; a blob that is not vouched for must not be below it.
   */
  constructor(module, blob, settings, vouched, accepted) {
    this.#exports = /** @type {Exports} */ (/** @type {unknown} */ (new WebAssembly.Instance(module, {}).exports));
    const { open, output } = this.#exports;
    if (blob !== undefined) this.#hand(blob instanceof Uint8Array ? blob : new Uint8Array(blob));
    const fields = [`${now()}`, `${accepted ?? ""}`, ...[...settings].flat()];
    const opened = this.#run(() => open(this.#write(fields), fields.length, vouched ? 1 : 0));
    if (opened === 0) this.reason = this.#read(output());
    this.testRoutes = (opened & 2) !== 0;
  }

  /** @param {GateRequest} request @returns {Verdict} */
  gate(request) {
    const { now, nonce, address = "", country = "", region = "", asn = "", method, authority, path, headers } = request;
    // One text at once: a list of its fields, and joining them, takes longer.
    let text = `${now}\0${nonce}\0${address}\0${country}\0${region}\0${asn}\0${method}\0${authority}\0${path}`;
    for (const [name, value] of headers) text += `\0${name}\0${value}`;
    return verdict(this.#run(() => this.#read(this.#exports.gate(this.#put(text), 9 + 2 * headers.length))));
  }

  /** Decides shared cases. @param {number} now @param {string} nonce @param {string} cases JSON @returns {Answer} */
  check(now, nonce, cases) {
    return /** @type {Answer} */ (verdict(this.#call(this.#exports.check, [`${now}`, nonce, cases])));
  }

  /** Cannot decide: 503. @param {string} nonce @param {string} reason For the log. @returns {Answer} */
  refuse(nonce, reason) {
    return /** @type {Answer} */ (verdict(this.#call(this.#exports.refuse, [nonce, reason])));
  }

  /** Looks something up. @param {string[]} fields What, and its arguments. @returns {any} */
  ask(...fields) {
    return JSON.parse(this.#call(this.#exports.ask, fields));
  }

  /** As `ask`, about bytes of the caller's. @param {Uint8Array} bytes @param {string[]} fields @returns {any} */
  askAbout(bytes, ...fields) {
    this.#hand(bytes);
    return this.ask(...fields);
  }

  /** As `ask`, where the answer is bytes. @param {string[]} fields @returns {Uint8Array<ArrayBuffer>} */
  askBytes(...fields) {
    return this.#run(() => this.#bytes(this.#exports.ask(this.#write(fields), fields.length)).slice());
  }

  /** @param {Uint8Array} bytes */
  #hand(bytes) {
    const at = this.#exports.reserve_blob(bytes.length);
    new Uint8Array(this.#exports.memory.buffer).set(bytes, at);
  }

  /** @param {(length: number, count: number) => number} call @param {string[]} fields */
  #call(call, fields) {
    return this.#run(() => this.#read(call(this.#write(fields), fields.length)));
  }

  /** Writes fields where the module reads them; their length. @param {string[]} fields */
  #write(fields) {
    return this.#put(fields.join(SEPARATOR));
  }

  /** The same of fields that are one text already. @param {string} text */
  #put(text) {
    // A character takes up to three bytes.
    const most = text.length * 3;
    const at = this.#exports.reserve(most);
    return encoder.encodeInto(text, new Uint8Array(this.#exports.memory.buffer, at, most)).written;
  }

  /** @param {number} at */
  #read(at) {
    return decoder.decode(this.#bytes(at));
  }

  /** An output, in place. @param {number} at */
  #bytes(at) {
    const buffer = /** @type {ArrayBuffer} */ (this.#exports.memory.buffer);
    return new Uint8Array(buffer, at + 4, new DataView(buffer).getUint32(at, true));
  }

  /** @template T @param {() => T} work @returns {T} */
  #run(work) {
    try {
      return work();
    } catch (error) {
      // A panic, or the end of stack or memory: what it was doing is half done.
      const at = this.#exports.failure();
      throw new Trap(at === 0 ? String(error) : this.#read(at), { cause: error });
    }
  }
}

/** @param {string} text @returns {Verdict} */
function verdict(text) {
  const fields = text.split(SEPARATOR);
  let next = 0;
  const take = () => fields[next++] ?? "";
  /** @param {number} count @returns {Header[]} */
  const pairs = (count) => {
    /** @type {Header[]} */
    const pairs = [];
    for (let n = 0; n < count; n += 1) pairs.push([take(), take()]);
    return pairs;
  };
  const [kind, record] = [take(), take()];
  if (kind === "pass") {
    const [upstream, sent, added, removed] = [take(), Number(take()), Number(take()), Number(take())];
    const [requestHeaders, responseAdd] = [pairs(sent), pairs(added)];
    return {
      kind,
      record,
      upstream,
      requestHeaders,
      responseAdd,
      responseRemove: fields.slice(next, next + removed),
    };
  }
  const [status, body, count] = [Number(take()), take(), Number(take())];
  return { kind: "answer", record, status, body, headers: pairs(count) };
}

/** A random nonce. */
export function nonce() {
  if (undealt === 0) undealt = crypto.getRandomValues(words).length;
  return hex(words[--undealt]) + hex(words[--undealt]);
}

/** Random numbers for many nonces: to ask for them takes longer than all else of a nonce. */
const words = new BigUint64Array(128);
let undealt = 0;

/** @param {bigint | undefined} word */
function hex(word = 0n) {
  return word.toString(16).padStart(16, "0");
}

/** The time as the module wants it. */
export function now() {
  return Math.floor(Date.now() / 1000);
}
