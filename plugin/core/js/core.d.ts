/** A random nonce. */
export function nonce(): string;
/** The time as the module wants it. */
export function now(): number;
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
export class Trap extends Error {
}
/** One instance with one blob. Another blob is another instance. */
export class Core {
    /**
     * @param {WebAssembly.Module} module
     * @param {ArrayBuffer | Uint8Array | undefined} blob
     * @param {Iterable<Header>} settings `WEIGHBRIDGE_*` and their values.
     * @param {boolean} vouched Somebody has checked every byte of the blob already. Where `WEIGHBRIDGE_TRUSTED_KEYS` names keys, one of
     *   them must have signed it all the same.
     * @param {number} [accepted] The highest sequence number that was in force; a blob that is not vouched for must not be below it.
     */
    constructor(module: WebAssembly.Module, blob: ArrayBuffer | Uint8Array | undefined, settings: Iterable<Header>, vouched: boolean, accepted?: number);
    /** Why it answers 503 to everything; empty if it decides. @type {string} */
    reason: string;
    /** Whether it serves the test-only check route. */
    testRoutes: boolean;
    /** @param {GateRequest} request @returns {Verdict} */
    gate(request: GateRequest): Verdict;
    /** Decides shared cases. @param {number} now @param {string} nonce @param {string} cases JSON @returns {Answer} */
    check(now: number, nonce: string, cases: string): Answer;
    /** Cannot decide: 503. @param {string} nonce @param {string} reason For the log. @returns {Answer} */
    refuse(nonce: string, reason: string): Answer;
    /** Looks something up. @param {string[]} fields What, and its arguments. @returns {any} */
    ask(...fields: string[]): any;
    /** As `ask`, about bytes of the caller's. @param {Uint8Array} bytes @param {string[]} fields @returns {any} */
    askAbout(bytes: Uint8Array, ...fields: string[]): any;
    /** As `ask`, where the answer is bytes. @param {string[]} fields @returns {Uint8Array<ArrayBuffer>} */
    askBytes(...fields: string[]): Uint8Array<ArrayBuffer>;
    #private;
}
/**
 * What the module exports; `plugin/core/src/exports.rs` says what each does.
 */
export type Exports = {
    memory: WebAssembly.Memory;
    reserve_blob: (length: number) => number;
    reserve: (length: number) => number;
    open: (length: number, count: number, vouched: number) => number;
    gate: (length: number, count: number) => number;
    check: (length: number, count: number) => number;
    refuse: (length: number, count: number) => number;
    ask: (length: number, count: number) => number;
    output: () => number;
    failure: () => number;
};
export type Header = [name: string, value: string];
/**
 * A request's head, and what the platform vouches for.
 */
export type GateRequest = {
    /**
     * Unix time, seconds.
     */
    now: number;
    /**
     * 32 hexadecimal digits, random: two equal requests get two decision ids.
     */
    nonce: string;
    method: string;
    /**
     * Host and port that the client asked for.
     */
    authority: string;
    /**
     * Path and query, as they came.
     */
    path: string;
    headers: Header[];
    /**
     * The client's address, by the platform's own word.
     */
    address?: string;
    /**
     * The client's country, by the platform's own word.
     */
    country?: string;
    /**
     * Its region.
     */
    region?: string;
    /**
     * The number of its autonomous system.
     */
    asn?: string | number;
};
/**
 * Send the request on.
 */
export type Pass = {
    kind: "pass";
    /**
     * One line of JSON for the log.
     */
    record: string;
    /**
     * Absolute URL.
     */
    upstream: string;
    /**
     * All headers of the request to the origin.
     */
    requestHeaders: Header[];
    /**
     * Headers to put into the response, after `responseRemove`.
     */
    responseAdd: Header[];
    /**
     * Names, in lower case.
     */
    responseRemove: string[];
};
/**
 * Answer without asking the origin.
 */
export type Answer = {
    kind: "answer";
    /**
     * One line of JSON for the log; empty if nothing was decided.
     */
    record: string;
    status: number;
    body: string;
    headers: Header[];
};
export type Verdict = Pass | Answer;
