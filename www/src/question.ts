// What is asked: one state for all views, in the fragment of the address, so that a link shows the same decision.

export interface Question {
  /** An item of the catalogue, or `class:published`. */
  item: string;
  notice: string;
  action: string;
  /** A code of a place. */
  place: string;
  /** An address; it goes before the place. */
  address: string;
  kind: string;
  name: string;
  /** `yes`, `no`, or nothing. */
  foreign: string;
  account: string;
  email: string;
  birth: string;
  /** `passport:123` */
  document: string;
  declared: string;
  registered: string;
  headquarters: string;
  parent: string;
  /** `SDN:25, SDN+EU-FSF:25, EL:?` */
  owners: string;
  /** Flags, with commas. */
  uses: string;
  /** A date, or nothing for now. */
  at: string;
}

export const EMPTY: Question = {
  item: "class:published", notice: "", action: "download", place: "DE", address: "", kind: "", name: "", foreign: "", account: "", email: "",
  birth: "", document: "", declared: "", registered: "", headquarters: "", parent: "", owners: "", uses: "", at: "",
};

/** The parts that say who asks. */
export const WHO = ["kind", "name", "foreign", "account", "email", "birth", "document", "declared", "registered", "headquarters", "parent", "owners", "uses"] as const;

export const VIEWS = ["decide", "world", "screen", "simulate", "about"] as const;
export type View = (typeof VIEWS)[number];

export function read(fragment: string): { view: View; question: Question } {
  const [name = "", search = ""] = fragment.replace(/^#/, "").split("?");
  const question = { ...EMPTY };
  const parameters = new URLSearchParams(search);
  for (const key of Object.keys(EMPTY) as (keyof Question)[]) question[key] = parameters.get(key) ?? EMPTY[key];
  return { view: VIEWS.find((view) => view === name) ?? "decide", question };
}

export function write(view: View, question: Question): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(question)) if (value !== EMPTY[key as keyof Question]) parameters.set(key, value);
  const search = parameters.toString();
  return `#${view}${search === "" ? "" : `?${search}`}`;
}

export class Mistake extends Error {}

/** What a request's access point is, for the engine. Throws [`Mistake`] where something cannot be read. */
export function access(question: Question): object {
  const { item, notice, action } = question;
  if (!item.startsWith("class:")) return { item, action };
  return { class: item.slice(6), notice: notice !== "", action };
}

/** The request without its access point: where it comes from, and who asks. */
export function request(question: Question, place = question.place): object {
  const address = question.address.trim();
  const from = address !== "" ? { address } : place === "" ? {} : { headers: { "x-test-place-ip": place } };
  const claims = identity(question);
  return { method: "GET", host: "weights.example.com", path: "/", ...from, ...(claims === null ? {} : { identity: claims }) };
}

/** When, for the engine: a date begins at midnight UTC. */
export function at(question: Question): string {
  return question.at === "" ? `${new Date().toISOString().slice(0, 19)}Z` : question.at;
}

export function identity(question: Question): object | null {
  const { kind, name, foreign, account, email, birth, document, declared, registered, headquarters, parent, owners, uses } = question;
  const claims: Record<string, unknown> = {};
  const add = (key: string, value: string): void => {
    if (value.trim() !== "") claims[key] = value.trim();
  };
  add("kind", kind);
  add("account", account);
  add("email", email);
  add("birth_date", birth);
  add("declared", declared);
  add("registered", registered);
  add("headquarters", headquarters);
  add("ultimate_parent", parent);
  if (name.trim() !== "") claims["names"] = [name.trim()];
  if (foreign !== "") claims["foreign_person"] = foreign === "yes";
  if (uses !== "") claims["flags"] = uses.split(",");
  if (document.trim() !== "") claims["identifiers"] = [identifier(document.trim())];
  if (owners.trim() !== "") claims["owners"] = owners.split(",").map((owner) => ownerOf(owner.trim()));
  return Object.keys(claims).length === 0 ? null : claims;
}

function identifier(text: string): object {
  const parts = /^([a-z_]+):(.+)$/.exec(text);
  if (parts === null) throw new Mistake("Write a document as its type, a colon and its number: passport:1084010");
  return { type: parts[1], number: parts[2] };
}

function ownerOf(text: string): object {
  const parts = /^([A-Za-z+-]+)\s*:\s*(\?|[\d.]+)\s*%?$/.exec(text);
  const share = Number(parts?.[2]);
  if (parts === null || (parts[2] !== "?" && !(share >= 0 && share <= 100))) throw new Mistake("Write owners as list, colon and per cent, with commas between: SDN:25, EL:50");
  return { lists: parts[1]?.toUpperCase().split("+"), ...(parts[2] === "?" ? {} : { share: share / 100 }) };
}
