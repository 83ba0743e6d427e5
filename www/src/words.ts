// Words for people.

import type { Outcome } from "./engine";
import type { Choice } from "./dom";

export const OUTCOMES: Record<Outcome, { word: string; means: string }> = {
  allow: { word: "Allow", means: "The request goes on to the origin." },
  review: { word: "Review", means: "A person must look first." },
  identify: { word: "Identify", means: "Whoever asks must say who they are." },
  deny: { word: "Deny", means: "The request is refused." },
};

export const CLASSES: Choice[] = [
  ["published", "Published weights"],
  ["closed", "Closed weights, EAR99"],
  ["closed_unknown", "Closed weights, not classified"],
  ["eccn_4e091", "ECCN 4E091 (frontier weights)"],
  ["ccl", "Another ECCN on the Commerce Control List"],
  ["itar", "US Munitions List"],
];

export const ACTIONS: Choice[] = [
  ["browse", "Browse the card"],
  ["download", "Download weights"],
  ["key", "Get the decryption key"],
  ["infer", "Hosted inference"],
  ["train", "Train or fine-tune"],
];

export const KINDS: Choice[] = [
  ["", "Nobody has said"],
  ["person", "A person"],
  ["organization", "An organisation"],
  ["government", "A government body"],
];

export const SCREENED: Choice[] = [["", "Anybody"], ["person", "A person"], ["organization", "An organisation"], ["vessel", "A vessel"], ["aircraft", "An aircraft"]];

/** End uses, and other facts that the hub's backend may have found. */
export const FLAGS: Choice[] = [
  ["use_nuclear", "Nuclear"],
  ["use_missile", "Missiles"],
  ["use_chem_bio", "Chemical or biological weapons"],
  ["use_military", "Military"],
  ["use_military_intelligence", "Military intelligence"],
  ["training_run_ge_1e26", "Training run of 10²⁶ operations or more"],
  ["aggregate_over_limit", "Running total over the limit"],
  ["new_org", "Organisation founded only lately"],
  ["forwarder", "Freight forwarder or reseller"],
  ["embargo_trace", "Phone, e-mail or address points to an embargoed place"],
];

export const PROTOCOLS: Record<string, string> = {
  huggingface: "Hugging Face",
  oci: "OCI registry, Ollama",
  openai: "OpenAI",
  "git-lfs": "Git LFS",
  git: "Git",
  plain: "Plain HTTP",
  browser: "A browser",
};

/** What the letters of the comparison mean. */
export const LETTERS: Record<string, { outcome: Outcome; word: string }> = {
  a: { outcome: "allow", word: "allow" },
  i: { outcome: "identify", word: "identify" },
  r: { outcome: "review", word: "review" },
  o: { outcome: "deny", word: "deny (operator)" },
  s: { outcome: "deny", word: "lists too old" },
  d: { outcome: "deny", word: "deny (law)" },
};

const REGIONS: Record<string, string> = {
  "UA-43": "Crimea",
  "UA-40": "Sevastopol",
  "UA-14": "Donetsk oblast",
  "UA-09": "Luhansk oblast",
  "UA-23": "Zaporizhzhia oblast",
  "UA-65": "Kherson oblast",
  "UA-30": "Kyiv",
};

/** Codes that platforms give where they know no country. */
export const NO_COUNTRY: Choice[] = [["XX", "Unknown (XX)"], ["T1", "Tor (T1)"], ["A2", "Satellite (A2)"]];

const names = new Intl.DisplayNames(["en"], { type: "region", fallback: "code" });

/** The name of a country or region. */
export function place(code: string): string {
  const known = REGIONS[code] ?? NO_COUNTRY.find(([other]) => other === code)?.[1];
  if (known !== undefined) return known;
  if (!/^[A-Z]{2}$/.test(code)) return code;
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}

/** All places as choices, by name. */
export function placeChoices(codes: string[], none: string): Choice[] {
  const known = codes.map((code): Choice => [code, `${place(code)} (${code})`]);
  return [["", none], ...known.sort((a, b) => a[1].localeCompare(b[1], "en"))];
}

export function plural(count: number, word: string): string {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  return count < 1_000_000 ? `${(count / 1000).toFixed(0)} kB` : `${(count / 1_000_000).toFixed(2)} MB`;
}

/** How long ago a time is, in days. */
export function age(time: string): string {
  const days = (Date.now() - Date.parse(time)) / 86_400_000;
  if (days < 0) return "in the future";
  if (days < 1) return "today";
  return `${plural(Math.floor(days), "day")} ago`;
}

export const day = (time: string): string => time.slice(0, 10);
