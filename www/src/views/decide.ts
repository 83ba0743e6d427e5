// Decide: one request, its outcome at once, and everything that led to it.

import { ask, newest } from "../client";
import { h, put, table, field, unique, type Child } from "../dom";
import type { Answer, Asked, Checked, Decided, Facts, MatchExplained, Verdict } from "../engine";
import type { App, Shown } from "../main";
import { PRESETS } from "../presets";
import { access, at, EMPTY, request, write } from "../question";
import { FLAGS, KINDS, NO_COUNTRY, OUTCOMES, place, placeChoices, PROTOCOLS, age, day } from "../words";
import { actionChoice, bound, itemSelect, typed } from "./controls";
import { compared } from "./compared";

export function make(app: App): Shown {
  const result = h("section", { class: "result", "aria-label": "Decision", "aria-live": "off" });
  const verdict = h("div", { class: "verdict", role: "status" });
  const rest = h("div", { class: "rest" });
  put(result, verdict, rest);
  let protocol = "huggingface";

  const item = itemSelect(app);
  const action = actionChoice(app);
  const notice = h("input", { type: "checkbox", onchange: () => app.change({ notice: notice.checked ? "on" : "" }) });
  const places = placeChoices(app.opened.about.places, "Not known").concat(NO_COUNTRY);
  const from = bound(app, "place", "Place of the client", places, "As the address tables would say. The world map sets it, too.");
  const address = typed(app, "address", "or its address", "Looked up in this blob’s tables; it goes before the place. In the sample 192.0.2.50 is in Iran.", { inputmode: "text", placeholder: "192.0.2.50" });
  const parts = [
    bound(app, "kind", "Who asks", KINDS),
    typed(app, "name", "Name", "Screened against the lists, in any spelling or script."),
    bound(app, "foreign", "Foreign person (15 CFR 772.1)", [["", "Not stated, which counts as foreign"], ["yes", "Yes"], ["no", "No: a US person"]]),
    bound(app, "declared", "Declared country", placeChoices(app.opened.about.places, "Not declared")),
    bound(app, "headquarters", "Headquarters", placeChoices(app.opened.about.places, "Not known")),
    bound(app, "parent", "Headquarters of the ultimate parent", placeChoices(app.opened.about.places, "Not known")),
    bound(app, "registered", "Country of registration", placeChoices(app.opened.about.places, "Not known")),
    typed(app, "document", "Document or registration", "Type, colon, number: passport:1084010"),
    typed(app, "birth", "Birth date", "1968-01-02, or a year"),
    typed(app, "email", "E-mail"),
    typed(app, "account", "Account at the hub", "Licences and clearances of this blob name accounts."),
    typed(app, "owners", "Listed owners", "List and per cent: SDN:25, EL:50; ? where nobody knows"),
  ];
  const [kind, name, foreign, ...more] = parts;
  const flags = FLAGS.map(([value, label]) => {
    const input = h("input", {
      type: "checkbox",
      onchange: () => {
        const on = new Set(app.question.uses.split(",").filter(Boolean));
        if (input.checked) on.add(value);
        else on.delete(value);
        app.change({ uses: [...on].join(",") });
      },
    });
    return { value, input, element: h("label", { class: "check" }, input, label) };
  });
  const date = h("input", { type: "date", oninput: () => app.change({ at: date.value }) });
  const now = h("button", { type: "button", class: "quiet", onclick: () => app.change({ at: "" }) }, "Now");
  const presets = h(
    "select",
    {
      onchange: () => {
        const preset = PRESETS.flatMap(([, presets]) => presets).find(({ title }) => title === presets.value);
        if (preset !== undefined) app.change({ ...EMPTY, ...preset.set });
      },
    },
    h("option", { value: "" }, "Choose a case…"),
    ...PRESETS.map(([label, some]) => h("optgroup", { label }, ...some.map(({ title, status }) => h("option", { value: title }, `${title}: ${status}`)))),
  );
  const copied = h("span", { class: "hint", role: "status" });
  const copy = h(
    "button",
    {
      type: "button",
      class: "quiet",
      onclick: () => {
        const link = new URL(write("decide", app.question), location.href).href;
        navigator.clipboard.writeText(link).then(
          () => put(copied, "Copied."),
          () => put(copied, "The address of this page is the link."),
        );
      },
    },
    "Copy link",
  );
  const reset = h("button", { type: "button", class: "quiet", onclick: () => app.change({ ...EMPTY }) }, "Reset");

  const form = h(
    "form",
    { class: "panel form", "aria-label": "What is asked", onsubmit: (event) => event.preventDefault() },
    field("Presets", presets, "With the default policy each has the status beside it."),
    h("hr"),
    field("Item", item.element),
    h("label", { class: "check" }, notice, "Under notice: BIS has told the operator that this item needs a licence"),
    action.element,
    h("div", { class: "pair" }, from.element, address.element),
    h("hr"),
    kind?.element,
    name?.element,
    foreign?.element,
    more[0]?.element,
    h("details", null, h("summary", null, "More about the requester"), h("div", { class: "stack" }, ...more.slice(1).map(({ element }) => element))),
    h("details", null, h("summary", null, "End use and red flags"), h("fieldset", { class: "checks" }, h("legend", { class: "unseen" }, "End use and red flags"), ...flags.map(({ element }) => element))),
    h("hr"),
    h("div", { class: "pair bottom" }, field("Date", date, "Left empty: now."), now),
    h("div", { class: "row" }, copy, reset, copied),
  );

  let last: Decided | null = null;
  const ran = newest(
    () => ask("decide", { request: request(app.question), at: at(app.question), access: access(app.question) }),
    (decided) => {
      last = decided;
      show(decided);
    },
    fail,
  );
  function fail(error: Error): void {
    verdict.className = "verdict none";
    put(verdict, h("p", { class: "word" }, "No decision"), h("p", { role: "alert" }, error.message));
    put(rest);
    result.dataset["outcome"] = "none";
  }
  function show(decided: Decided): void {
    const { decision } = decided.explained;
    const { word, means } = OUTCOMES[decision.outcome];
    verdict.className = `verdict ${decision.outcome}`;
    put(
      verdict,
      h("p", { class: "word" }, word, h("span", { class: "status" }, ` ${decision.status}`)),
      h("p", { class: "means" }, means, " ", decidedBy(decision.decided_by, decision.reason_code)),
      h("p", { class: "took" }, h("strong", null, micros(decided.micros)), " for the whole decision in this page, screening included"),
    );
    result.dataset["outcome"] = decision.outcome;
    result.dataset["status"] = `${decision.status}`;
    result.dataset["rules"] = decision.rules.join(" ");
    put(rest, reasons(decided), answers(decided), evidence(app, decided), matches(decided), asked(decided), record(decided));
  }
  function answers(decided: Decided): HTMLElement {
    const chosen = decided.protocols.find(([name]) => name === protocol) ?? decided.protocols[0];
    const id = unique("answer");
    const text = h("pre", { id, class: "http", tabindex: 0, role: "tabpanel", "aria-label": "HTTP answer" });
    const tabs = decided.protocols.map(([name]) =>
      h("button", { type: "button", role: "tab", "aria-controls": id, "data-protocol": name, onclick: () => pick(name), onkeydown: (event) => move(event as KeyboardEvent, name) }, PROTOCOLS[name] ?? name),
    );
    const pick = (name: string): void => {
      protocol = name;
      for (const tab of tabs) {
        const on = tab.dataset["protocol"] === name;
        tab.setAttribute("aria-selected", `${on}`);
        tab.tabIndex = on ? 0 : -1;
      }
      const found = decided.protocols.find(([other]) => other === name);
      if (found !== undefined) put(text, http(found[1]));
    };
    const move = (event: KeyboardEvent, name: string): void => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step === undefined) return;
      const at = decided.protocols.findIndex(([other]) => other === name);
      const next = decided.protocols[(at + step + decided.protocols.length) % decided.protocols.length];
      if (next === undefined) return;
      pick(next[0]);
      tabs.find((tab) => tab.dataset["protocol"] === next[0])?.focus();
    };
    pick(chosen?.[0] ?? "plain");
    return h("section", null, h("h2", null, "What the client is told"), h("div", { class: "tabs", role: "tablist", "aria-label": "Protocol" }, ...tabs), text);
  }

  return {
    element: h("div", { class: "view decide" }, h("h1", null, "Decide"), h("div", { class: "columns" }, form, result)),
    update() {
      for (const part of [item, action, from, address, ...parts]) part.update();
      notice.checked = app.question.notice !== "";
      notice.disabled = !app.question.item.startsWith("class:");
      date.value = app.question.at;
      for (const { value, input } of flags) input.checked = app.question.uses.split(",").includes(value);
      const same = PRESETS.flatMap(([, some]) => some).find(({ set }) => write("decide", { ...EMPTY, ...set }) === write("decide", app.question));
      presets.value = same?.title ?? "";
      put(copied);
      try {
        request(app.question);
      } catch (error) {
        fail(error as Error);
        return;
      }
      ran();
      if (last === null) put(verdict, h("p", { class: "word" }, "…"));
    },
  };
}

function decidedBy(by: string, code: string): string {
  switch (by) {
    case "rules":
      return `Rule ${code} decides.`;
    case "default":
      return `No rule refuses; default ${code.replace("default-", "")} of the policy answers.`;
    case "freshness":
      return "The lists are too old for an item that is not published.";
    default:
      return "The policy has no answer of its own; its last word holds.";
  }
}

function micros(value: number): string {
  return value >= 100 ? `${value.toFixed(0)} µs` : `${value.toFixed(1)} µs`;
}

function reasons({ explained: { decision } }: Decided): HTMLElement {
  const list = decision.reasons.map((reason) =>
    h(
      "li",
      { class: reason.outcome },
      h("div", { class: "line" }, h("code", null, reason.rule), h("span", { class: `chip ${reason.outcome}` }, OUTCOMES[reason.outcome].word)),
      reason.title === "" ? null : h("p", null, reason.title),
      h("p", { class: "cite" }, reason.cite.join("; ") || "Operator policy, without a statute", reason.since === "" ? null : ` (since ${reason.since})`),
    ),
  );
  const extra: Child[] = [
    ...decision.lifted.map(({ rule, authorisation }) => h("p", null, h("code", null, rule), ` is lifted by the authorisation ${authorisation}.`)),
    decision.exceptions.length === 0 ? null : h("p", null, `On record: licence exception ${decision.exceptions.join(", ")}.`),
    decision.not_screened.length === 0 ? null : h("p", { class: "hint" }, `Not screened, because no source of this blob provides it: ${decision.not_screened.join(", ")}.`),
    decision.freshness === "fresh" ? null : h("p", { class: "hint" }, `Age of the lists: ${decision.freshness.replace("_", " ")}.`),
  ];
  return h("section", null, h("h2", null, "Rules that matched"), list.length === 0 ? h("p", { class: "hint" }, "None.") : h("ul", { class: "rules" }, ...list), ...extra);
}

/** An answer as it goes over the wire, but for what the host adds. */
export function http(checked: Checked): string {
  const verdict: Verdict | undefined = checked.verdict;
  if (verdict === undefined) return "";
  if ("answer" in verdict) return answerText(verdict.answer);
  const { upstream, request_headers, response_add, response_remove } = verdict.pass;
  const sent = request_headers.map(([name, value]) => `  ${name}: ${value}`);
  const added = response_add.map(([name, value]) => `  ${name}: ${value}`);
  return [`The request goes on to ${upstream}`, ...sent, "", "The response of the origin comes back, with", ...added, ...(response_remove.length === 0 ? [] : ["and without", `  ${response_remove.join(", ")}`])].join("\n");
}

const PHRASES: Record<number, string> = { 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 451: "Unavailable For Legal Reasons", 503: "Service Unavailable" };

function answerText({ status, headers, body }: Answer): string {
  const json = headers.some(([name, value]) => name.toLowerCase() === "content-type" && value.includes("json"));
  let shown = body;
  if (json && body !== "") {
    try {
      shown = JSON.stringify(JSON.parse(body), null, 2);
    } catch {
      // Shown as it is.
    }
  }
  return [`HTTP/1.1 ${status} ${PHRASES[status] ?? ""}`, ...headers.map(([name, value]) => `${name}: ${value}`), "", shown].join("\n");
}

/** Each fact that the rules were asked with, and where it comes from. */
function evidence(app: App, decided: Decided): HTMLElement {
  const { question, opened } = app;
  const rows: Child[][] = [];
  const item = opened.about.catalogue.find(({ id }) => id === question.item);
  const party = decided.explained.parties[0];
  const facts: Facts | undefined = party?.facts;
  if (facts === undefined) return h("section");
  rows.push(["Item", `${facts.item.class}${facts.item.notice ? ", under notice" : ""}`, item === undefined ? "chosen here" : `catalogue of this blob: ${item.evidence || (item.eccn === "" ? item.id : `${item.id}, ECCN ${item.eccn}`)}`]);
  rows.push(["Action", facts.action, "chosen here; a gate reads it from the path"]);
  const looked = decided.address;
  const origin: Record<string, string> = {
    ip: looked === null ? "chosen here, in place of the address tables" : `this blob’s address tables${looked.range === null ? "" : `: ${looked.range.join(" – ")}`}`,
    platform: "the platform’s own word",
    declared: "the requester says so",
    billing: "the means of payment",
    registered: "the requester’s registration",
    headquarters: "the hub knows it of the requester",
    ultimate_parent: "the hub knows it of the requester’s parent",
  };
  const labels: Record<string, string> = { ip: "Address is in", platform: "Platform says", declared: "Declared", billing: "Billing", registered: "Registered in", headquarters: "Headquarters", ultimate_parent: "Ultimate parent" };
  for (const [key, code] of Object.entries(facts.place)) rows.push([labels[key] ?? key, `${place(code)} (${code})`, origin[key] ?? ""]);
  if (facts.place.ip === undefined) rows.push(["Address is in", "not known", question.address === "" ? "nothing chosen" : "no table of this blob has the address"]);
  for (const one of facts.network ?? []) rows.push(["Network", one, looked === null ? "the code says so" : "this blob’s network files, or the address itself"]);
  rows.push(["Requester", facts.identity === null ? "nobody has said" : facts.identity.kind, facts.identity === null ? "absent is not clear" : "claims, as the hub’s backend would sign them"]);
  if (facts.identity !== null) {
    const { foreign_person: foreign } = facts.identity;
    rows.push(["Foreign person", foreign === undefined ? "not stated: counts as foreign" : foreign ? "yes" : "no", "15 CFR 772.1"]);
  }
  for (const one of facts.party ?? []) rows.push(["Screening", `${one.list ?? one.lists?.join(", ")}: ${one.band}`, "see the matches below"]);
  for (const one of facts.owners ?? []) rows.push(["Owner", `${one.list ?? one.lists?.join(", ")}, ${one.share === null ? "share unknown" : `${one.share * 100} %`}`, question.owners === "" ? "ownership data of this blob" : "told here"]);
  for (const one of facts.authorisations ?? []) rows.push(["Authorisation", typeof one === "string" ? one : `${one.kind} ${one.id ?? ""}`, "this blob: in force for this party, item, place and day"]);
  const given = new Set(facts.flags ?? []);
  for (const flag of decided.explained.decision.flags) rows.push(["Flag", flag.replaceAll("_", " "), given.has(flag) ? "told here, or found in the claims" : "follows from the places or the network"]);
  const ages = Object.entries(facts.list_age_days ?? {});
  const oldest = ages.sort((a, b) => b[1] - a[1])[0];
  if (oldest !== undefined) rows.push(["Age of the lists", `${oldest[1].toFixed(1)} days at most`, `${ages.length} lists; ${oldest[0]} is the oldest`]);
  rows.push(["Time", day(decided.explained.at), question.at === "" ? "now" : "chosen here"]);
  return h("section", null, h("h2", null, "Facts and their evidence"), table("Facts and their evidence", ["Fact", "Value", "Evidence"], rows, "facts"));
}

function matches({ explained }: Decided): HTMLElement | null {
  const found: MatchExplained[] = explained.parties.flatMap(({ matches }) => matches);
  if (found.length === 0) return null;
  const list = found.map((match) =>
    h(
      "li",
      null,
      h("div", { class: "line" }, h("strong", null, match.name ?? match.entry ?? "a listed party"), h("span", { class: "chip" }, match.band), match.score === null ? null : h("span", { class: "score" }, match.score.toFixed(1))),
      h("p", null, `${match.lists.join(", ")}; ${match.reason}. `, match.entry === null ? null : h("code", null, match.entry)),
      match.cleared === null ? null : h("p", null, `Cleared: ${match.cleared}.`),
      match.compared === null ? null : compared(match.compared),
      h("p", { class: "hint" }, Object.entries(match.checked_at).map(([list, time]) => `${list} checked ${age(time)}`).join("; ")),
    ),
  );
  return h("section", null, h("h2", null, "Whom this may be"), h("p", { class: "hint" }, "A match does not identify anybody, and no match clears nobody. The client is never told of it."), h("ul", { class: "rules" }, ...list));
}

function asked({ explained }: Decided): HTMLElement {
  const all: Asked[] = explained.parties.flatMap(({ rules, defaults }) => [...rules, ...defaults]);
  const rows = all.map((one) =>
    h(
      "li",
      { class: one.outcome === null ? "" : "held" },
      h("div", { class: "line" }, h("code", null, one.rule), one.outcome === null ? h("span", { class: "hint" }, "does not match") : h("span", { class: `chip ${one.outcome}` }, OUTCOMES[one.outcome].word)),
      one.title === "" ? null : h("p", null, one.title),
      h("ul", { class: "conditions" }, ...one.conditions.map((condition) => h("li", { class: condition.holds ? "yes" : "no" }, h("span", { class: "mark", "aria-hidden": "true" }, condition.holds ? "✓" : "✗"), h("span", null, h("span", { class: "unseen" }, condition.holds ? "holds: " : "does not hold: "), h("code", null, condition.key), ` wants ${condition.wants}; is ${condition.has}`)))),
      one.cite.length === 0 ? null : h("p", { class: "cite" }, one.cite.join("; ")),
    ),
  );
  return h("details", { class: "asked" }, h("summary", null, `All ${all.length} rules and defaults that were asked, condition by condition`), h("ul", { class: "rules" }, ...rows));
}

function record({ protocols }: Decided): HTMLElement | null {
  const verdict = protocols[0]?.[1].verdict;
  if (verdict === undefined) return null;
  const line = "answer" in verdict ? verdict.answer.record : verdict.pass.record;
  if (line === null) return null;
  return h("details", null, h("summary", null, "The decision record, for the operator’s log"), h("pre", { class: "http", tabindex: 0 }, JSON.stringify(JSON.parse(line), null, 2)));
}

