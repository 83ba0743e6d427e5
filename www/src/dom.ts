// Elements without markup in strings: what is typed or listed can only ever become text.

export type Child = Node | string | number | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

const SVG = "http://www.w3.org/2000/svg";

/** An element. Attributes that begin with `on` are listeners; `true` is an empty attribute, `false` and `null` are none. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes | null = null, ...children: Child[]): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

/** An element of SVG. */
export function s<K extends keyof SVGElementTagNameMap>(tag: K, attributes: Attributes | null = null, ...children: Child[]): SVGElementTagNameMap[K] {
  return fill(document.createElementNS(SVG, tag) as SVGElementTagNameMap[K], attributes, children);
}

function fill<E extends Element>(element: E, attributes: Attributes | null, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, `${value}`);
  }
  put(element, ...children);
  return element;
}

/** Replaces what an element holds. */
export function put(element: Element, ...children: Child[]): void {
  const kept = children.filter((child) => child !== null && child !== undefined && child !== false);
  element.replaceChildren(...kept.map((child) => (child instanceof Node ? child : `${child}`)));
}

let numbers = 0;

/** An id that nothing else on the page has. */
export function unique(name: string): string {
  numbers += 1;
  return `${name}-${numbers}`;
}

/** A labelled control, with a hint below it. */
export function field(label: string, control: HTMLElement, hint = ""): HTMLElement {
  control.id ||= unique("field");
  const note = hint === "" ? null : h("small", { id: `${control.id}-hint` }, hint);
  if (note !== null) control.setAttribute("aria-describedby", note.id);
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control, note);
}

export type Choice = [value: string, label: string];

/** A choice of one. */
export function select(choices: Choice[], value: string, change: (value: string) => void): HTMLSelectElement {
  const element = h("select", { onchange: () => change(element.value) }, ...choices.map(([value, label]) => h("option", { value }, label)));
  element.value = value;
  return element;
}

/** A table that scrolls sideways in its own box where it must. */
export function table(caption: string, heads: string[], rows: Child[][], name = ""): HTMLElement {
  const head = h("thead", null, h("tr", null, ...heads.map((head) => h("th", { scope: "col" }, head))));
  const body = h("tbody", null, ...rows.map((row) => h("tr", null, ...row.map((cell, n) => (n === 0 ? h("th", { scope: "row" }, cell) : h("td", null, cell))))));
  return h("div", { class: `scroll ${name}`, tabindex: 0, role: "region", "aria-label": caption }, h("table", null, h("caption", { class: "unseen" }, caption), head, body));
}

/** Runs `work` once things have been quiet for a while. */
export function settled(wait: number, work: () => void): () => void {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = window.setTimeout(work, wait);
  };
}

/** Hands a text to the person as a file. */
export function download(name: string, type: string, parts: string[]): void {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  const link = h("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
