// Loads the engine and the blob, and shows the view that the address names.

import { ask } from "./client";
import { h, put } from "./dom";
import type { Opened } from "./engine";
import { read, write, VIEWS, type Question, type View } from "./question";
import { age, bytes } from "./words";
import * as about from "./views/about";
import * as decide from "./views/decide";
import * as screen from "./views/screen";
import * as simulate from "./views/simulate";
import * as world from "./views/world";

/** What all views share. */
export interface App {
  question: Question;
  opened: Opened;
  /** The blob that came with the page. */
  sample: boolean;
  /** Takes up a change of the question, and shows it where it is seen. */
  change: (set: Partial<Question>) => void;
  /** Shows another view. */
  go: (view: View, set?: Partial<Question>) => void;
  /** Takes another blob in place of the page's. */
  load: (files: File[]) => Promise<void>;
}

/** A part of the page: made once, shown when the address names it. */
export interface Shown {
  element: HTMLElement;
  /** The question, or the blob, is another one. */
  update: () => void;
}

const TITLES: Record<View, string> = { decide: "Decide", world: "World map", screen: "Screen a name", simulate: "Simulate", about: "About this blob" };
/** In the navigation, where a phone has little room. */
const SHORT: Record<View, string> = { decide: "Decide", world: "World", screen: "Screen", simulate: "Simulate", about: "About" };
const MAKE: Record<View, (app: App) => Shown> = { decide: decide.make, world: world.make, screen: screen.make, simulate: simulate.make, about: about.make };

const main = element("main");
const notice = element("notice");
const made = new Map<View, Shown>();
let view: View = "decide";

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

theme();
const links = new Map(VIEWS.map((name) => [name, h("a", { href: `#${name}` }, SHORT[name])]));
put(element("views"), ...links.values());
element("skip").addEventListener("click", (event) => {
  // The fragment belongs to the views.
  event.preventDefault();
  main.focus();
});

try {
  await begin();
} catch (error) {
  put(main, h("div", { class: "notice bad", role: "alert" }, `The page could not start: ${error instanceof Error ? error.message : String(error)}`));
}

async function begin(): Promise<void> {
  const get = async (name: string, needed: boolean): Promise<ArrayBuffer | null> => {
    const answer = await fetch(new URL(name, document.baseURI));
    if (answer.ok) return answer.arrayBuffer();
    if (needed) throw new Error(`${name}: ${answer.status}`);
    return null;
  };
  const [wasm, blob, details] = await Promise.all([get("weighbridge.wasm", true), get("weighbridge.blob", true), get("weighbridge.blob.details", false)]);
  if (wasm === null || blob === null) return;
  const opened = await ask("open", { wasm, blob, details, as: "page" }, details === null ? [wasm, blob] : [wasm, blob, details]);
  const app: App = {
    question: read(location.hash).question,
    opened,
    sample: true,
    change(set) {
      Object.assign(app.question, set);
      history.replaceState(null, "", write(view, app.question));
      link();
      made.get(view)?.update();
    },
    go(next, set = {}) {
      Object.assign(app.question, set);
      location.hash = write(next, app.question);
    },
    async load(files) {
      const { blob, details } = await readBlob(files);
      app.opened = await ask("open", { blob, details, as: "page" });
      app.sample = false;
      told(app);
      for (const shown of made.values()) shown.element.remove();
      made.clear();
      show(app);
    },
  };
  const link = (): void => {
    for (const [name, anchor] of links) anchor.setAttribute("href", write(name, app.question));
  };
  addEventListener("hashchange", () => {
    Object.assign(app.question, read(location.hash).question);
    link();
    show(app);
    main.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  });
  told(app);
  link();
  show(app);
  dropped(app);
  document.documentElement.dataset["ready"] = "page";
  performance.mark("ready");
}

function show(app: App): void {
  view = read(location.hash).view;
  let shown = made.get(view);
  if (shown === undefined) {
    shown = MAKE[view](app);
    made.set(view, shown);
  }
  for (const [name, anchor] of links) {
    if (name === view) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  document.title = `${TITLES[view]} – Weighbridge`;
  document.documentElement.dataset["view"] = view;
  if (main.firstElementChild !== shown.element) put(main, shown.element);
  shown.update();
}

/** Which lists these are, where everybody sees it. */
function told(app: App): void {
  const { about, bytes: size } = app.opened;
  const oldest = about.lists.map((list) => list.checked_at ?? "").filter((time) => time !== "").sort()[0];
  const what = app.sample
    ? h("span", null, h("strong", null, "Sample lists. "), "A few real entries with made-up places: enough to see how it works, nothing to enforce. ")
    : h("span", null, h("strong", null, "Your blob. "), `${about.entries.toLocaleString("en")} entries, ${bytes(size)}. `);
  put(notice, what, oldest === undefined ? null : `Checked ${age(oldest)}. `, h("a", { href: "#about", onclick: (event) => (event.preventDefault(), app.go("about")) }, "About this blob"));
}

/** One or two files: a blob, and its details. */
export async function readBlob(files: File[]): Promise<{ blob: ArrayBuffer; details: ArrayBuffer | null }> {
  const details = files.find((file) => file.name.endsWith(".details"));
  const blob = files.find((file) => file !== details);
  if (blob === undefined) throw new Error("drop a blob, with its .details file if there is one");
  return { blob: await blob.arrayBuffer(), details: details === undefined ? null : await details.arrayBuffer() };
}

/** A blob that is dropped anywhere, unless a view takes it. */
function dropped(app: App): void {
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) app.load(files).catch((error: unknown) => put(notice, h("strong", null, "This blob was not taken: "), error instanceof Error ? error.message : String(error)));
  });
}

function theme(): void {
  const button = element("theme");
  const root = document.documentElement;
  const dark = (): boolean => (root.dataset["theme"] ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const label = (): void => put(button, dark() ? "Light" : "Dark");
  let kept: string | null = null;
  try {
    kept = localStorage.getItem("theme");
  } catch {
    // Storage may be closed to this page; the system's choice holds then.
  }
  if (kept === "dark" || kept === "light") root.dataset["theme"] = kept;
  button.addEventListener("click", () => {
    root.dataset["theme"] = dark() ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset["theme"]);
    } catch {
      // It then holds until the page is left.
    }
    label();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
  label();
}
