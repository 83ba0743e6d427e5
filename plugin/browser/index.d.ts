/** Opens a blob. Rejects if it is damaged, past its last day or not signed by a key of `WEIGHBRIDGE_TRUSTED_KEYS`, or if a setting is not understood. @param {Options} options @returns {Promise<Engine>} */
export function open({ wasm, blob, settings, vouched }: Options): Promise<Engine>;
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
    /** @param {Core} core */
    constructor(core: Core);
    /** Decides on facts or on a request's parts. Throws if they make no sense. @param {Case} what @returns {Decision} */
    decide(what: Case): Decision;
    /** Decides shared cases, in the form of the gate's check route. @param {unknown} cases @returns {Decision[]} */
    check(cases: unknown): Decision[];
    /**
     * What the gate does with a request: pass it on, or answer it.
     * @param {{ method: string, authority: string, path: string, headers: Header[] }} request
     * @returns {Verdict}
     */
    gate(request: {
        method: string;
        authority: string;
        path: string;
        headers: Header[];
    }): Verdict;
    /**
     * Whom the lists know by a name.
     * @param {string} name In any spelling and word order.
     * @param {"person" | "organization" | "government" | "vessel" | "aircraft"} [kind] Left out: among everybody.
     * @returns {Screening}
     */
    screen(name: string, kind?: "person" | "organization" | "government" | "vessel" | "aircraft"): Screening;
    /** What the blob holds, section by section. @returns {Contents} */
    inspect(): Contents;
    #private;
}
export type Header = import("./core.js").Header;
export type Verdict = import("./core.js").Verdict;
/**
 * What to decide: facts, or a request's parts, in the form of the shared cases.
 */
export type Case = {
    /**
     * When, RFC 3339 or a date; left out: now.
     */
    at?: string;
    facts?: object;
    request?: object;
};
/**
 * A decision, with every reason. It never says "clear".
 */
export type Decision = {
    outcome: "allow" | "identify" | "review" | "deny";
    status: number;
    /**
     * All matched rules, sorted.
     */
    rules: string[];
    reason_code: string;
    decided_by: string;
    reasons: {
        rule: string;
        outcome: string;
        [more: string]: unknown;
    }[];
    /**
     * What screening found, for a request.
     */
    matches?: {
        entry: string;
        band: string;
    }[];
};
/**
 * Whom the lists know by a name.
 */
export type Screening = {
    result: "potential_match" | "no_list_match" | "not_screened";
    matches: {
        entry: string;
        lists: string[];
        band: string;
        score: number;
        reason: string;
    }[];
    /**
     * A bound cut the search short.
     */
    truncated: boolean;
};
/**
 * What a blob holds.
 */
export type Contents = {
    digest: string;
    created: string;
    sequence: number;
    not_after: string | null;
    entries: number;
    items: number;
    policy: {
        id: string;
        version: string;
    };
    sections: {
        name: string;
        bytes: number;
    }[];
    lists: {
        list: string;
        checked_at: string | null;
    }[];
};
export type Options = {
    /**
     * `weighbridge.wasm` of this package.
     */
    wasm: BufferSource | WebAssembly.Module;
    blob: ArrayBuffer | Uint8Array;
    /**
     * `WEIGHBRIDGE_*`, as for every gate.
     */
    settings?: Record<string, string>;
    /**
     * Somebody has checked every byte of the blob already; it then opens in microseconds.
     */
    vouched?: boolean;
};
import { Trap } from "./core.js";
import { Core } from "./core.js";
