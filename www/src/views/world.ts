// The world: one item, one action, one requester, every country and the regions that rules name.

import shapes from "../../map/shapes.json";
import { ask, newest } from "../client";
import { field, h, put, s, type Choice } from "../dom";
import type { Outcome, Swept } from "../engine";
import type { App, Shown } from "../main";
import { access, at, EMPTY, request, WHO } from "../question";
import { KINDS, OUTCOMES, place } from "../words";
import { actionChoice, bound, itemSelect } from "./controls";

const [WIDTH = 0, HEIGHT = 0] = shapes.size;
const SPOT = 11;
const REGIONS = ["UA-43", "UA-40", "UA-14", "UA-09", "UA-23", "UA-65"];
/** From mildest to most severe. */
const ORDER: Outcome[] = ["deny", "identify", "review", "allow"];

interface Spot {
  code: string;
  mark: SVGElement;
  x: number;
  y: number;
}

export function make(app: App): Shown {
  const item = itemSelect(app);
  const action = actionChoice(app);
  const kind = bound(app, "kind", "Who asks", KINDS);
  const foreign = bound(app, "foreign", "Foreign person", [["", "Not stated, which counts as foreign"], ["yes", "Yes"], ["no", "No: a US person"]]);
  const who = h("p", { class: "hint" });
  const took = h("p", { class: "took", role: "status" });
  const about = h("p", { class: "about" });
  const counts = h("ul", { class: "legend", "aria-label": "Outcomes" });

  const marks = new Map<string, Spot>();
  const known = new Set(app.opened.about.places);
  const all = Object.entries(shapes.shapes).filter(([code]) => known.has(code));
  // Regions last: they lie on top of their country.
  all.sort(([a], [b]) => Number(a.includes("-")) - Number(b.includes("-")));
  const land = all.map(([code, d]) => mark(code, s("path", { d }), centre(d)));
  const spots = Object.entries(shapes.spots).filter(([code]) => known.has(code) && (!(code in shapes.shapes) || !code.includes("-")));
  const dots = spots.map(([code, [x = 0, y = 0]]) => {
    const shape = marks.get(code);
    const dot = s("circle", { cx: x, cy: y, r: SPOT, class: "spot" });
    if (shape === undefined) return mark(code, dot, [x, y]);
    // The dot is the easier one to point at; what is told is told once.
    dot.setAttribute("data-of", code);
    dot.setAttribute("aria-hidden", "true");
    return dot;
  });
  function mark(code: string, element: SVGElement, [x, y]: [number, number]): SVGElement {
    element.id = `place-${code}`;
    element.setAttribute("role", "option");
    element.setAttribute("data-code", code);
    element.setAttribute("aria-selected", "false");
    marks.set(code, { code, mark: element, x, y });
    return element;
  }
  const map = s(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT - 40}`, class: "world", role: "listbox", tabindex: 0, "aria-label": "World map. Arrow keys go from place to place; letters go to a name; Enter decides there." },
    s("path", { d: shapes.outline, class: "sea", "aria-hidden": "true" }),
    s("g", { role: "presentation" }, ...land),
    s("g", { role: "presentation" }, ...dots),
  );
  const [inset, insetMarks] = ukraine(known);

  const rows = new Map<string, { row: HTMLTableRowElement; outcome: HTMLElement; status: HTMLElement; reason: HTMLElement; name: string }>();
  const names = [...known].map((code): Choice => [code, place(code)]).sort((a, b) => a[1].localeCompare(b[1], "en"));
  for (const [code, name] of names) {
    const cells = [h("span"), h("td"), h("td", { class: "reason" })] as const;
    const go = h("button", { type: "button", class: "link", onclick: () => app.go("decide", { place: code, address: "" }) }, name);
    const row = h("tr", { "data-code": code }, h("th", { scope: "row" }, go, h("span", { class: "code" }, ` ${code}`)), h("td", null, cells[0]), cells[1], cells[2]);
    rows.set(code, { row, outcome: cells[0], status: cells[1], reason: cells[2], name });
  }
  const body = h("tbody", null, ...[...rows.values()].map(({ row }) => row));
  const filter = h("input", { type: "search", placeholder: "Filter by name, code or rule", autocomplete: "off", oninput: () => narrow() });
  const narrow = (): void => {
    const wanted = filter.value.trim().toLowerCase();
    for (const [code, { row, name }] of rows) row.hidden = wanted !== "" && !`${code} ${name} ${row.dataset["rules"]} ${row.dataset["outcome"]}`.toLowerCase().includes(wanted);
  };
  const list = h(
    "div",
    { class: "scroll places", tabindex: 0, role: "region", "aria-label": "Outcome by place" },
    h("table", null, h("caption", { class: "unseen" }, "Outcome by place"), h("thead", null, h("tr", null, ...["Place", "Outcome", "Status", "Reason"].map((head) => h("th", { scope: "col" }, head)))), body),
  );

  let swept = new Map<string, Swept>();
  let chosen = "";
  const tell = (code: string): void => {
    const one = swept.get(code);
    if (one === undefined) return;
    put(about, h("strong", null, place(code)), ` ${code} `, h("span", { class: `chip ${one.outcome}` }, OUTCOMES[one.outcome].word), ` ${one.status}, ${one.rules.join(", ") || one.reason}`);
  };
  const choose = (code: string): void => {
    for (const old of map.querySelectorAll("[aria-selected=true]")) old.setAttribute("aria-selected", "false");
    const spot = marks.get(code);
    if (spot === undefined) return;
    chosen = code;
    spot.mark.setAttribute("aria-selected", "true");
    map.setAttribute("aria-activedescendant", spot.mark.id);
    tell(code);
  };
  const codeOf = (event: Event): string | undefined => {
    const target = event.target instanceof SVGElement ? event.target : null;
    return target?.dataset["code"] ?? target?.dataset["of"];
  };
  for (const svg of [map, inset]) {
    svg.addEventListener("pointermove", (event) => {
      const code = codeOf(event);
      if (code !== undefined) tell(code);
    });
    svg.addEventListener("click", (event) => {
      const code = codeOf(event);
      if (code !== undefined) app.go("decide", { place: code, address: "" });
    });
  }
  let letters = "";
  let lettersAt = 0;
  map.addEventListener("focus", () => choose(chosen === "" ? (marks.has(app.question.place) ? app.question.place : "DE") : chosen));
  map.addEventListener("keydown", (event) => {
    const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (way !== undefined) {
      event.preventDefault();
      choose(nearest(marks, chosen, way as [number, number]));
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (chosen !== "") app.go("decide", { place: chosen, address: "" });
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      const there = names.filter(([code]) => marks.has(code));
      choose((event.key === "Home" ? there[0] : there.at(-1))?.[0] ?? chosen);
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      letters = event.timeStamp - lettersAt > 800 ? event.key : letters + event.key;
      lettersAt = event.timeStamp;
      const found = names.find(([code, name]) => marks.has(code) && name.toLowerCase().startsWith(letters.toLowerCase()));
      if (found !== undefined) choose(found[0]);
    }
  });

  const question = (): object => {
    // An address is one place only: the world is asked without it.
    const asked = { ...app.question, address: "" };
    return { case: "page", at: at(asked), request: { ...request(asked, ""), access: access(asked) } };
  };
  let changed = performance.now();
  const run = newest(
    () => ask("world", { case: question() }),
    (answer) => {
      swept = new Map(answer.map((one) => [one.place, one]));
      paint(answer);
      requestAnimationFrame(() => {
        // The second frame begins when the first has been painted.
        requestAnimationFrame(() => {
          const millis = performance.now() - changed;
          map.dataset["millis"] = millis.toFixed(1);
          put(took, h("strong", null, `${answer.length} places`), ` decided and painted in ${millis.toFixed(0)} ms`);
        });
      });
    },
    (error) => put(took, h("span", { role: "alert" }, `Nothing can be decided: ${error.message}`)),
  );
  function paint(answer: Swept[]): void {
    const sums: Record<Outcome, number> = { allow: 0, review: 0, identify: 0, deny: 0 };
    for (const one of answer) {
      sums[one.outcome] += 1;
      const label = `${place(one.place)}: ${OUTCOMES[one.outcome].word} ${one.status}`;
      const spot = marks.get(one.place);
      if (spot !== undefined && spot.mark.getAttribute("aria-label") !== label) {
        spot.mark.setAttribute("aria-label", label);
        spot.mark.setAttribute("data-outcome", one.outcome);
      }
      insetMarks.get(one.place)?.setAttribute("data-outcome", one.outcome);
      const row = rows.get(one.place);
      if (row !== undefined) {
        row.row.dataset["outcome"] = one.outcome;
        row.row.dataset["rules"] = one.rules.join(" ");
        row.outcome.className = `chip ${one.outcome}`;
        row.outcome.textContent = OUTCOMES[one.outcome].word;
        row.status.textContent = `${one.status}`;
        row.reason.textContent = one.rules.join(", ") || one.reason;
      }
    }
    for (const dot of dots) {
      const of = dot.dataset["of"];
      if (of !== undefined) dot.setAttribute("data-outcome", swept.get(of)?.outcome ?? "");
    }
    // The most severe first, then by name.
    const rank = (code: string): number => ORDER.indexOf(swept.get(code)?.outcome ?? "allow");
    body.append(...[...rows].sort(([a], [b]) => rank(a) - rank(b)).map(([, { row }]) => row));
    put(counts, ...ORDER.map((outcome) => h("li", null, h("span", { class: `key ${outcome}` }), `${OUTCOMES[outcome].word} `, h("strong", null, sums[outcome]))));
    narrow();
    if (chosen !== "") tell(chosen);
  }

  return {
    element: h(
      "div",
      { class: "view worldview" },
      h("h1", null, "World map"),
      h("div", { class: "panel bar" }, field("Item", item.element), kind.element, foreign.element, action.element),
      who,
      h(
        "div",
        { class: "columns map" },
        h("div", { class: "panel mapbox" }, map, h("div", { class: "under" }, h("figure", null, inset, h("figcaption", null, "Ukraine and the regions that rules name")), h("div", { class: "tell" }, counts, about, took, h("p", { class: "hint" }, "Drawn borders say nothing about whose a place is, and an address does not prove where somebody is. An oblast is wider than the area under embargo.")))),
        h("div", { class: "panel listbox" }, field("Table", filter), list),
      ),
    ),
    update() {
      changed = performance.now();
      for (const part of [item, action, kind, foreign]) part.update();
      const other = WHO.filter((key) => key !== "kind" && key !== "foreign" && app.question[key] !== EMPTY[key]);
      if (other.length === 0) put(who);
      else put(who, `The requester also has, from Decide: ${other.join(", ")}. `, h("button", { type: "button", class: "link", onclick: () => app.change(Object.fromEntries(other.map((key) => [key, ""]))) }, "Leave that out"));
      run();
    },
  };
}

/** Ukraine, larger: its outline and the six regions. */
function ukraine(known: Set<string>): [SVGSVGElement, Map<string, SVGElement>] {
  const marks = new Map<string, SVGElement>();
  const codes = ["UA", ...REGIONS].filter((code) => known.has(code) && code in shapes.shapes);
  const paths = codes.map((code) => {
    const path = s("path", { d: shapes.shapes[code as keyof typeof shapes.shapes], "data-code": code });
    marks.set(code, path);
    return path;
  });
  const boxes = codes.map((code) => box(shapes.shapes[code as keyof typeof shapes.shapes]));
  const [x0, y0] = [Math.min(...boxes.map(([x]) => x)), Math.min(...boxes.map(([, y]) => y))];
  const [x1, y1] = [Math.max(...boxes.map(([, , x]) => x)), Math.max(...boxes.map(([, , , y]) => y))];
  const svg = s("svg", { viewBox: `${x0 - 4} ${y0 - 4} ${x1 - x0 + 8} ${y1 - y0 + 8}`, class: "world inset", role: "img", "aria-label": "Ukraine with Crimea, Sevastopol and the oblasts that rules name, coloured as on the map; the table lists them" }, ...paths);
  return [svg, marks];
}

/** The points of a path as `make.mjs` writes it. */
function points(d: string): [number, number][] {
  const out: [number, number][] = [];
  for (const ring of d.split("M").filter(Boolean)) {
    const [head = "", rest = ""] = ring.replace("z", "").split("l");
    let [x = 0, y = 0] = head.split(",").map(Number);
    out.push([x, y]);
    const steps = (rest.match(/-?\d+/g) ?? []).map(Number);
    for (let n = 0; n + 1 < steps.length; n += 2) {
      x += steps[n] ?? 0;
      y += steps[n + 1] ?? 0;
      out.push([x, y]);
    }
  }
  return out;
}

function box(d: string): [number, number, number, number] {
  const all = points(d);
  const [xs, ys] = [all.map(([x]) => x), all.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** The middle of the largest ring. */
function centre(d: string): [number, number] {
  const rings = d.split("z").filter(Boolean).map((ring) => box(ring));
  const size = ([x0, y0, x1, y1]: [number, number, number, number]): number => (x1 - x0) * (y1 - y0);
  const [x0, y0, x1, y1] = rings.reduce((a, b) => (size(b) > size(a) ? b : a), [0, 0, 0, 0] as [number, number, number, number]);
  return [(x0 + x1) / 2, (y0 + y1) / 2];
}

/** The place that lies nearest in a direction: what lies aside counts as farther away. */
function nearest(marks: Map<string, Spot>, from: string, [dx, dy]: [number, number]): string {
  const here = marks.get(from);
  if (here === undefined) return "DE";
  let best = from;
  let least = Infinity;
  for (const { code, x, y } of marks.values()) {
    const along = (x - here.x) * dx + (y - here.y) * dy;
    const aside = Math.abs((x - here.x) * dy) + Math.abs((y - here.y) * dx);
    if (code === from || along <= 0) continue;
    const far = along + 2.5 * aside;
    if (far < least) [best, least] = [code, far];
  }
  return best;
}
