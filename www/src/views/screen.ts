// Screen a name, as it is typed; and a file of names.

import { ask, newest } from "../client";
import { line, nameColumn, parse } from "../csv";
import { download, field, h, put, select, table } from "../dom";
import type { BatchRow, Found, Match } from "../engine";
import type { App, Shown } from "../main";
import { SCREENED, plural } from "../words";
import { compared } from "./compared";

const MOST = 100_000;
/** Rows that the table shows; the file has all. */
const SHOWN = 200;
const TRY = ["Oleg Deripaska", "Олег Дерипаска", "Deripasca Oleg V.", "华为技术有限公司", "بشار الأسد", "Huawei Tecnologies Ltd", "Jianwei Ding", "Bank Meli Iran", "Nobody Atall"];

export function make(app: App): Shown {
  let kind = "";
  const name = h("input", { type: "search", class: "large", autocomplete: "off", spellcheck: "false", placeholder: "A name, in any script", oninput: () => app.change({ name: name.value }) });
  const kinds = select(SCREENED, "", (value) => {
    kind = value;
    run();
  });
  const verdict = h("p", { class: "found", role: "status" });
  const list = h("ul", { class: "matches" });
  const run = newest(
    async (): Promise<[Found, number]> => {
      const from = performance.now();
      const asked = app.question.name.trim();
      const found: Found = asked === "" ? { result: "no_list_match", matches: [], truncated: false } : await ask("find", { name: asked, kind });
      return [found, performance.now() - from];
    },
    ([found, millis]) => show(found, millis),
    (error) => put(verdict, h("span", { role: "alert" }, error.message)),
  );
  function show(found: Found, millis: number): void {
    if (app.question.name.trim() === "") {
      put(verdict, "Type a name, or try one of these.");
      put(list);
      return;
    }
    const words = {
      potential_match: plural(found.matches.length, "potential match").replace("matchs", "matches"),
      no_list_match: "No list match. That clears nobody: lists and spellings are never complete",
      not_screened: "Not screened: this blob has no lists",
    };
    verdict.dataset["result"] = found.result;
    put(verdict, h("strong", null, words[found.result]), h("span", { class: "hint" }, ` · ${millis.toFixed(1)} ms${found.truncated ? " · the name was too long to be asked in full, which counts as review" : ""}`));
    put(list, ...found.matches.slice(0, 40).map(entry));
  }
  const examples = TRY.map((text) => h("button", { type: "button", class: "tag", dir: "auto", onclick: () => app.change({ name: text }) }, text));

  return {
    element: h(
      "div",
      { class: "view screenview" },
      h("h1", null, "Screen a name"),
      h("div", { class: "panel" }, h("div", { class: "pair wide" }, field("Name", name), field("Among", kinds)), h("div", { class: "tags", role: "group", "aria-label": "Names to try" }, ...examples), verdict, list),
      h("p", { class: "hint" }, "The score is calibrated on ordinary names: 80 is reached by 1 % of them, 90 by 0.1 %. It is no probability, and a match does not identify anybody."),
      many(),
    ),
    update() {
      if (name.value !== app.question.name) name.value = app.question.name;
      run();
    },
  };
  function many(): HTMLElement {
    return batch(() => kind);
  }
}

function entry(match: Match): HTMLElement {
  const also = match.main !== null && match.main !== match.name ? `listed as ${match.main}` : "";
  return h(
    "li",
    { class: match.band },
    h("div", { class: "line" }, h("span", { class: "score", "aria-label": `score ${match.score.toFixed(1)}` }, match.score.toFixed(1)), h("strong", { dir: "auto" }, match.name ?? match.entry), h("span", { class: "chip band" }, match.band)),
    h("p", { class: "meta" }, h("strong", null, match.lists.join(", ") || "owned by listed parties"), match.programmes.length === 0 ? "" : ` · ${match.programmes.join(", ")}`, ` · ${match.kind}`, match.role === "" ? "" : ` · ${match.role}${match.role === "primary" ? " name" : ""}`, also === "" ? "" : ` · ${also}`, " · ", h("code", null, match.entry)),
    match.compared === null || match.compared === undefined ? null : compared(match.compared),
  );
}

/** A file of names. */
function batch(kind: () => string): HTMLElement {
  const text = h("textarea", { rows: 6, spellcheck: "false", placeholder: "name\nOleg Deripaska\nExample GmbH" });
  const file = h("input", { type: "file", accept: ".csv,.tsv,.txt,text/csv,text/plain", onchange: () => void take(file.files?.[0]) });
  const go = h("button", { type: "button", class: "primary", onclick: () => void start() }, "Screen them");
  const stop = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => void ask("stop", {}) }, "Stop");
  const bar = h("progress", { max: 1, value: 0, hidden: true, "aria-label": "Names screened" });
  const status = h("p", { class: "status", role: "status" });
  const out = h("div");
  const panel = h(
    "section",
    { class: "panel batch" },
    h("h2", null, "A file of names"),
    h("p", { class: "hint" }, `Paste up to ${MOST.toLocaleString("en")} names or lines of CSV with a column “name”, or choose a file. They are screened here and go nowhere.`),
    field("Names", text),
    h("div", { class: "row" }, field("or a file", file), go, stop),
    bar,
    status,
    out,
  );
  panel.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    void take(event.dataTransfer?.files[0]);
  });
  async function take(chosen: File | undefined): Promise<void> {
    if (chosen === undefined) return;
    text.value = await chosen.text();
    await start();
  }
  async function start(): Promise<void> {
    put(out);
    const rows = parse(text.value.replace(/^\uFEFF/, ""));
    const { column, head } = nameColumn(rows);
    const asked = rows.slice(head ? 1 : 0);
    if (asked.length === 0 || asked.length > MOST) {
      put(status, asked.length === 0 ? "There is no name in it." : `${plural(asked.length, "name")}: at most ${MOST.toLocaleString("en")} at a time.`);
      return;
    }
    const names = asked.map((row) => row[column] ?? "");
    [go.disabled, stop.hidden, bar.hidden, bar.max, bar.value] = [true, false, false, names.length, 0];
    const from = performance.now();
    try {
      const found = await ask("batch", { names, kind: kind() }, [], (done) => {
        bar.value = done;
        // Told only now and then: a screen reader would do nothing else.
        put(status, `${Math.floor((done * 100) / names.length)} %`);
      });
      const seconds = (performance.now() - from) / 1000;
      finished(rows, column, head, found, seconds);
    } catch (error) {
      put(status, (error as Error).message === "stopped" ? "Stopped." : `Not screened: ${(error as Error).message}`);
    }
    [go.disabled, stop.hidden, bar.hidden] = [false, true, true];
  }
  function finished(rows: string[][], column: number, head: boolean, found: BatchRow[], seconds: number): void {
    const asked = rows.slice(head ? 1 : 0);
    const hits = found.map((row, n) => ({ row, n })).filter(({ row }) => row.best !== null || row.truncated);
    hits.sort((a, b) => (b.row.best?.score ?? 0) - (a.row.best?.score ?? 0) || a.n - b.n);
    panel.dataset["rate"] = (found.length / seconds).toFixed(0);
    put(status, h("strong", null, plural(hits.length, "potential match").replace("matchs", "matches")), ` among ${plural(found.length, "name")}, in ${seconds.toFixed(1)} s: ${Math.round(found.length / seconds).toLocaleString("en")} names a second`);
    const save = h(
      "button",
      {
        type: "button",
        onclick: () => {
          const wide = Math.max(...rows.map((row) => row.length));
          const own = head ? (rows[0] ?? []) : Array.from({ length: wide }, (_, n) => (n === column ? "name" : `column ${n + 1}`));
          const lines = [line([...own, "result", "matches", "score", "band", "lists", "programmes", "listed name", "entry"])];
          for (const [n, row] of asked.entries()) {
            const one = found[n];
            const padded = Array.from({ length: wide }, (_, at) => row[at] ?? "");
            const best = one?.best ?? null;
            const result = one?.truncated === true ? "review" : best === null ? "no_list_match" : "potential_match";
            lines.push(line([...padded, result, one?.found ?? 0, best === null ? null : best.score.toFixed(1), best?.band ?? null, best?.lists.join(" ") ?? null, best?.programmes.join(" ") ?? null, best?.name ?? null, best?.entry ?? null]));
          }
          download("screened.csv", "text/csv;charset=utf-8", lines);
        },
      },
      "Download all as CSV",
    );
    const shown = hits.slice(0, SHOWN).map(({ row: { best }, n }) => [h("span", { dir: "auto" }, asked[n]?.[column] ?? ""), best?.score.toFixed(1) ?? "", best?.band ?? "too long: review", best?.lists.join(", ") ?? "", h("span", { dir: "auto" }, best?.name ?? best?.entry ?? "")]);
    put(out, h("div", { class: "row" }, save), shown.length === 0 ? null : table("Names with a potential match", ["Name", "Score", "Band", "Lists", "Listed as"], shown), hits.length > SHOWN ? h("p", { class: "hint" }, `The first ${SHOWN} of ${hits.length}; the file has all.`) : null);
  }
  return panel;
}
