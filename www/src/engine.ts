// What the engine answers, and what the worker is asked.

export type Outcome = "allow" | "review" | "identify" | "deny";

export interface Reason {
  rule: string;
  outcome: Outcome;
  title: string;
  since: string;
  cite: string[];
}

export interface Decision {
  outcome: Outcome;
  status: number;
  rules: string[];
  reason_code: string;
  decided_by: string;
  reasons: Reason[];
  lifted: { rule: string; authorisation: string }[];
  exceptions: string[];
  freshness: string;
  oldest_list_days: number | null;
  not_screened: string[];
  flags: string[];
}

export interface Pass {
  upstream: string;
  request_headers: [string, string][];
  response_add: [string, string][];
  response_remove: string[];
  record: string;
}

export interface Answer {
  status: number;
  headers: [string, string][];
  body: string;
  record: string | null;
}

export type Verdict = { pass: Pass } | { answer: Answer };

export interface Checked extends Decision {
  case: string;
  error?: string;
  verdict?: Verdict;
  matches?: { entry: string; band: string }[];
}

export interface Compared {
  asked: string;
  asked_form: string;
  listed_form: string;
  pairs: { asked: string; listed: string; how: string; edits: number; similarity: number; weight: number }[];
  asked_left: { token: string; weight: number }[];
  listed_left: { token: string; weight: number }[];
  in_order: boolean;
  equal: boolean;
  folds: string[];
  raw: number;
  score: number;
  possible_from: number;
}

export interface MatchExplained {
  entry: string | null;
  lists: string[];
  band: string;
  score: number | null;
  reason: string;
  name: string | null;
  compared: Compared | null;
  checked_at: Record<string, string>;
  cleared: string | null;
}

export interface Condition {
  key: string;
  wants: string;
  has: string;
  holds: boolean;
}

export interface Asked {
  rule: string;
  title: string;
  outcome: Outcome | null;
  lifted_by: string | null;
  blocked: boolean;
  conditions: Condition[];
  cite: string[];
}

export interface Facts {
  action: string;
  item: { class: string; notice: boolean };
  place: Partial<Record<"ip" | "platform" | "declared" | "billing" | "registered" | "headquarters" | "ultimate_parent", string>>;
  identity: { kind: string; foreign_person?: boolean } | null;
  party?: { list?: string; lists?: string[]; band: string }[];
  owners?: { list?: string; lists?: string[]; share: number | null }[];
  authorisations?: (string | { kind: string; id?: string })[];
  network?: string[];
  flags?: string[];
  list_age_days?: Record<string, number>;
}

export interface Explained {
  at: string;
  access?: { item: string | null; eccn: string; protocol: string };
  decision: Decision;
  parties: { role: string; facts: Facts; matches: MatchExplained[]; rules: Asked[]; defaults: Asked[]; screening_truncated: boolean }[];
}

export interface Address {
  place: string | null;
  networks: string[];
  range: [string, string] | null;
}

export interface Decided {
  protocols: [protocol: string, checked: Checked][];
  explained: Explained;
  address: Address | null;
  micros: number;
}

export interface Swept {
  place: string;
  outcome: Outcome;
  status: number;
  reason: string;
  rules: string[];
}

export interface Match {
  entry: string;
  kind: string;
  lists: string[];
  band: string;
  score: number;
  reason: string;
  role: string;
  name: string | null;
  main: string | null;
  programmes: string[];
  compared?: Compared | null;
}

export interface Found {
  result: "potential_match" | "no_list_match" | "not_screened";
  matches: Match[];
  truncated: boolean;
}

export interface BatchRow {
  found: number;
  truncated: boolean;
  best: Match | null;
}

export interface Account {
  name: string;
  digest: string;
  read: number;
  kept: number;
  merged: number;
  lost: { line: number; explained: boolean; reason: string }[];
}

export interface About {
  digest: string;
  created: string;
  sequence: number;
  not_after: string | null;
  entries: number;
  items: number;
  policy: { id: string; version: string };
  sections: { name: string; bytes: number }[];
  lists: { list: string; checked_at: string | null }[];
  sources: { id: string; format: string; lists: string[]; checked_at: string; published: string | null; entries: number; files: Account[] }[];
  geo: { name: string; format: string; database: string; digest: string; built: string | null; networks_v4: number; networks_v6: number }[];
  networks: { class: string; format: string; checked_at: string; published: string | null; files: Account[] }[];
  accepted: { source: string; finding: string; reason: string; before: number; after: number }[];
  catalogue: { id: string; class: string; notice: boolean; eccn: string; evidence: string }[];
  absent: string[];
  places: string[];
  protocols: string[];
  details_bytes: number | null;
  details_hash: string | null;
  signed: { by: string; holds: boolean } | null;
}

/** What the worker tells of a blob that it opened. */
export interface Opened {
  about: About;
  bytes: number;
  /** `held`, or why there are no names as they are written. */
  details: string;
}

export interface Policy {
  id: string;
  version: string;
  digest: string;
  source: string | null;
  rules: number;
  switches: [name: string, value: string][];
}

export interface Problem {
  line: number | null;
  column: number | null;
  message: string;
  help: string | null;
}

/** One set of decisions that changed alike. */
export interface Change {
  requester: string;
  class: string;
  action: string;
  from: string;
  to: string;
  places: string[];
}

export interface Simulated {
  problems: Problem[];
  warnings: Problem[];
  error: string;
  self_test: string | null;
  compared: number;
  changed: number;
  changes: Change[];
  /** Decisions on the named cases that changed: title, before, after. */
  cases: [title: string, before: Decision, after: Decision][];
  millis: number;
}

export interface Variant {
  /** The policy; `null` = the blob's own. */
  toml: string | null;
  before: string;
  after: string;
  /** Another blob in place of the page's own. */
  other: boolean;
  cases: [title: string, request: object][];
}

/** What can be asked of the worker: arguments and answers. */
export interface Questions {
  open: [{ wasm?: ArrayBuffer; blob: ArrayBuffer; details: ArrayBuffer | null; as: "page" | "other" }, Opened];
  close: [Record<never, never>, null];
  decide: [{ request: object; at: string; access: object }, Decided];
  world: [{ case: object }, Swept[]];
  find: [{ name: string; kind: string }, Found];
  batch: [{ names: string[]; kind: string }, BatchRow[]];
  stop: [Record<never, never>, null];
  policy: [Record<never, never>, Policy];
  simulate: [Variant, Simulated];
  why: [{ request: object | null; facts: object | null; at: string; side: "before" | "after" }, Decision];
}

export type Asking = { [K in keyof Questions]: { id: number; what: K; with: Questions[K][0] } }[keyof Questions];
export type Told = { id: number; answer: unknown } | { id: number; error: string } | { id: number; done: number };
