// Simulate: another policy, another day, another blob, and which decisions change.

import { ask, newest } from "../client";
import { field, h, put, select, settled } from "../dom";
import type { Change, Decision, Policy, Problem, Simulated } from "../engine";
import { readBlob, type App, type Shown } from "../main";
import { PRESETS } from "../presets";
import { access, EMPTY, request, type Question } from "../question";
import { LETTERS, OUTCOMES, place, plural } from "../words";

const MEANING: Record<string, string[]> = {
  affiliates_rule: ["off", "review", "enforce"],
  eccn_4e091: ["off", "review", "enforce"],
  hosted_access: ["service", "export"],
  eu_ai_services: ["off", "review", "enforce"],
};
const NOTES: Record<string, string> = {
  affiliates_rule: "90 FR 47201; stayed to 2026-11-09",
  eccn_4e091: "90 FR 4544; not enforced since 2025-05-13",
  hosted_access: "is an API call an export?",
  eu_ai_services: "Reg. 833/2014 as amended",
};

export function make(app: App): Shown {
  let own: Policy | null = null;
  let dropped = "";
  const today = new Date().toISOString().slice(0, 10);
  const editor = edit(settled(180, () => run()));
  const before = h("input", { type: "date", value: today, oninput: () => run() });
  const after = h("input", { type: "date", value: today, oninput: () => run() });
  const switches = h("div", { class: "switches" });
  const blobName = h("span", { class: "hint" }, "none");
  const file = h("input", { type: "file", multiple: true, class: "unseen-file", onchange: () => void take([...(file.files ?? [])]) });
  const drop = h("div", { class: "drop" }, field("Another blob", file, "Drop one here, with its .details file. It is compared with the one of this page."), blobName);
  const away = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => void take([]) }, "Take it away");
  const reset = h("button", { type: "button", class: "quiet", onclick: () => own !== null && set(own.source ?? "") }, "Undo all edits");
  const status = h("p", { class: "status", role: "status" });
  const problems = h("ul", { class: "problems", "aria-label": "Problems in the policy" });
  const result = h("div", { class: "changes" });

  drop.append(away);
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    void take([...(event.dataTransfer?.files ?? [])]);
  });
  async function take(files: File[]): Promise<void> {
    try {
      if (files.length === 0) {
        await ask("close", {});
        [dropped, file.value] = ["", ""];
      } else {
        const { blob, details } = await readBlob(files);
        const { about } = await ask("open", { blob, details, as: "other" });
        dropped = `${files[0]?.name ?? "a blob"}: ${plural(about.entries, "entry").replace("entrys", "entries")}, sequence ${about.sequence}`;
      }
      put(blobName, dropped || "none");
    } catch (error) {
      put(blobName, h("span", { class: "bad", role: "alert" }, `not taken: ${(error as Error).message}`));
    }
    away.hidden = dropped === "";
    run();
  }
  function set(text: string): void {
    editor.set(text);
    run();
  }
  function drawSwitches(): void {
    put(
      switches,
      ...(own?.switches ?? []).map(([name, value]) => {
        const now = written(editor.area.value, name) ?? value;
        const values = MEANING[name] ?? ["off", "review", "enforce"];
        const control = select(values.map((word) => [word, word]), now, (word) => set(editor.area.value.replace(line(name), `$1"${word}"`)));
        return field(name, control, NOTES[name] ?? "");
      }),
    );
  }

  const cases = (): [string, object][] => {
    const of = (set: Partial<Question>): object => {
      const question = { ...EMPTY, ...set };
      return { ...request(question), access: access(question), ...(question.at === "" ? {} : { at: question.at }) };
    };
    const items = new Set(app.opened.about.catalogue.map(({ id }) => id));
    const some = PRESETS.flatMap(([, presets]) => presets).filter(({ set }) => set.item === undefined || set.item.startsWith("class:") || items.has(set.item));
    const list = some.map(({ title, set }): [string, object] => [title, of(set)]);
    try {
      return [["The question under Decide", of(app.question)], ...list];
    } catch {
      return list;
    }
  };
  const run = newest(
    async (): Promise<Simulated> => {
      own ??= await ask("policy", {});
      if (editor.area.value === "" && own.source !== null) {
        editor.set(own.source);
      }
      drawSwitches();
      const text = editor.area.value;
      // With another blob its own policy counts until the text here is edited.
      const toml = text === own.source || text === "" ? null : text;
      return ask("simulate", { toml, before: before.value || today, after: after.value || today, other: dropped !== "", cases: cases() });
    },
    show,
    (error) => {
      put(status, h("span", { class: "bad", role: "alert" }, error.message));
      put(result);
    },
  );
  function show(simulated: Simulated): void {
    editor.mark(simulated.problems, simulated.warnings);
    put(
      problems,
      ...[...simulated.problems.map((one) => ({ one, kind: "problem" })), ...simulated.warnings.map((one) => ({ one, kind: "warning" }))].slice(0, 30).map(({ one, kind }) =>
        h("li", { class: kind }, h("button", { type: "button", class: "link", onclick: () => editor.go(one) }, one.line === null ? "policy" : `line ${one.line}${one.column === null ? "" : `, column ${one.column}`}`), ` ${one.message}${one.help === null || one.help === "" ? "" : `; ${one.help}`}`),
      ),
    );
    result.dataset["changed"] = `${simulated.changed}`;
    if (simulated.problems.length > 0) {
      put(status, h("strong", { class: "bad" }, `${plural(simulated.problems.length, "problem")}: this policy does not compile.`));
      put(result);
      return;
    }
    put(status, h("strong", null, simulated.changed === 0 && simulated.cases.length === 0 ? "No decision changes" : `${plural(simulated.changed, "decision")} of ${simulated.compared.toLocaleString("en")} change`), h("span", { class: "hint" }, ` · compiled, decided and compared in ${simulated.millis.toFixed(0)} ms`));
    put(
      result,
      simulated.self_test === null ? null : h("p", { class: "notice bad", role: "alert" }, "A gate with this policy answers everything with 503. ", simulated.self_test),
      simulated.error === "" ? null : h("p", { class: "notice bad" }, simulated.error),
      simulated.cases.length === 0 ? null : h("section", null, h("h3", null, "Named cases"), h("ul", { class: "rules" }, ...simulated.cases.map(([title, a, b]) => h("li", null, h("div", { class: "line" }, h("span", null, title)), h("p", null, chip(a), " → ", chip(b), h("span", { class: "cite" }, ` ${difference(a, b)}`)))))),
      simulated.changes.length === 0 ? null : h("section", null, h("h3", null, "By requester, item, action and place"), h("ul", { class: "rules" }, ...simulated.changes.slice(0, 60).map((change) => changeOf(change)))),
      simulated.changes.length > 60 ? h("p", { class: "hint" }, `The 60 largest of ${simulated.changes.length} groups.`) : null,
    );
  }
  function changeOf(change: Change): HTMLElement {
    const names = change.places.map((code) => `${place(code)}`);
    const few = names.slice(0, 6).join(", ");
    const letter = (code: string): HTMLElement => {
      const known = LETTERS[code];
      return h("span", { class: `chip ${known?.outcome ?? ""}` }, known?.word ?? code);
    };
    return h(
      "li",
      null,
      h("div", { class: "line" }, h("span", null, `${change.class.replaceAll("_", " ")}, ${change.action}, by ${change.requester}`), h("strong", null, plural(change.places.length, "place"))),
      h("p", null, letter(change.from), " → ", letter(change.to)),
      names.length <= 6 ? h("p", { class: "cite" }, few) : h("details", null, h("summary", null, `${few} and ${names.length - 6} more`), h("p", { class: "cite" }, names.slice(6).join(", "))),
    );
  }

  return {
    element: h(
      "div",
      { class: "view simulate" },
      h("h1", null, "Simulate"),
      h(
        "div",
        { class: "columns wide" },
        h("div", { class: "panel editorbox" }, h("div", { class: "line" }, h("h2", { id: "policy-title" }, "Policy"), reset), editor.element, problems),
        h("div", { class: "stack" }, h("div", { class: "panel" }, h("h2", null, "Switches: law that moves"), switches, h("div", { class: "pair" }, field("Day before", before), field("Day after", after)), drop), h("div", { class: "panel" }, h("h2", null, "What changes"), status, result)),
      ),
    ),
    update: run,
  };
}

const line = (name: string): RegExp => new RegExp(`^(\\s*${name}\\s*=\\s*)"[^"]*"`, "m");

function written(text: string, name: string): string | undefined {
  return /"([^"]*)"$/.exec(line(name).exec(text)?.[0] ?? "")?.[1];
}

function chip(decision: Decision): HTMLElement {
  return h("span", { class: `chip ${decision.outcome}` }, `${OUTCOMES[decision.outcome].word} ${decision.status}`);
}

/** The rules that come and go. */
function difference(before: Decision, after: Decision): string {
  const gone = before.rules.filter((rule) => !after.rules.includes(rule)).map((rule) => `without ${rule}`);
  const come = after.rules.filter((rule) => !before.rules.includes(rule)).map((rule) => `with ${rule}`);
  return [...come, ...gone].join(", ");
}

interface Editor {
  element: HTMLElement;
  area: HTMLTextAreaElement;
  set: (text: string) => void;
  mark: (problems: Problem[], warnings: Problem[]) => void;
  go: (problem: Problem) => void;
}

/** A text with numbered lines, and marks on those where something is wrong. */
function edit(changed: () => void): Editor {
  const gutter = h("div", { class: "gutter", "aria-hidden": "true" });
  const area = h("textarea", { class: "code", spellcheck: "false", wrap: "off", autocomplete: "off", autocapitalize: "off", "aria-labelledby": "policy-title" });
  const here = h("p", { class: "here", role: "status" });
  let marked = new Map<number, { kind: string; text: string }>();
  let count = 0;
  const draw = (force: boolean): void => {
    const lines = area.value.split("\n").length;
    if (!force && lines === count) return;
    count = lines;
    const rows = Array.from({ length: lines }, (_, n) => h("span", { class: marked.get(n + 1)?.kind ?? "" }, n + 1));
    put(gutter, ...rows);
  };
  const tell = (): void => {
    const at = area.value.slice(0, area.selectionStart).split("\n").length;
    const problem = marked.get(at);
    here.className = `here ${problem?.kind ?? ""}`;
    put(here, problem === undefined ? `Line ${at}` : `Line ${at}: ${problem.text}`);
  };
  area.addEventListener("scroll", () => (gutter.scrollTop = area.scrollTop));
  area.addEventListener("input", () => {
    draw(false);
    changed();
  });
  for (const event of ["keyup", "click", "focus"]) area.addEventListener(event, tell);
  return {
    element: h("div", { class: "editor" }, h("div", { class: "text" }, gutter, area), here),
    area,
    set(text) {
      area.value = text;
      draw(true);
      tell();
    },
    mark(problems, warnings) {
      const of = (kind: string) => (one: Problem): [number, { kind: string; text: string }] => [one.line ?? 0, { kind, text: one.message }];
      marked = new Map([...warnings.map(of("warning")), ...problems.map(of("problem"))]);
      area.setAttribute("aria-invalid", `${problems.length > 0}`);
      draw(true);
      tell();
    },
    go({ line: wanted, column }) {
      if (wanted === null) return;
      const lines = area.value.split("\n");
      const start = lines.slice(0, wanted - 1).reduce((sum, text) => sum + text.length + 1, 0);
      area.focus();
      area.setSelectionRange(start + Math.max(0, (column ?? 1) - 1), start + (lines[wanted - 1]?.length ?? 0));
      const height = area.scrollHeight / Math.max(1, lines.length);
      area.scrollTop = Math.max(0, height * (wanted - 6));
      tell();
    },
  };
}

