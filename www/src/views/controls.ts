// Controls that several views have.

import type { App } from "../main";
import { field, h, put, select, type Choice } from "../dom";
import { ACTIONS, CLASSES } from "../words";

/** The item: one of the catalogue, or any of a class. */
export function itemSelect(app: App): { element: HTMLSelectElement; update: () => void } {
  const element = h("select", { onchange: () => app.change({ item: element.value }) });
  const update = (): void => {
    const catalogue = app.opened.about.catalogue.map((item): Choice => [item.id, `${item.id} (${item.class}${item.notice ? ", under notice" : ""})`]);
    const group = (label: string, choices: Choice[]): HTMLElement | null =>
      choices.length === 0 ? null : h("optgroup", { label }, ...choices.map(([value, text]) => h("option", { value }, text)));
    put(element, group("Any item of a class", CLASSES.map(([value, text]): Choice => [`class:${value}`, text])), group("Items of this blob", catalogue));
    element.value = app.question.item;
    if (element.value === "") element.append(h("option", { value: app.question.item, selected: true }, `${app.question.item} (not in this blob)`));
  };
  return { element, update };
}

/** The action, as a row of buttons. */
export function actionChoice(app: App): { element: HTMLElement; update: () => void } {
  const name = `action-${Math.random().toString(36).slice(2)}`;
  const inputs = ACTIONS.map(([value, label]) => {
    const input = h("input", { type: "radio", name, value, onchange: () => app.change({ action: value }) });
    return { value, input, label: h("label", null, input, h("span", null, label)) };
  });
  const element = h("fieldset", { class: "segments" }, h("legend", null, "Action"), ...inputs.map(({ label }) => label));
  return { element, update: () => inputs.forEach(({ value, input }) => (input.checked = value === app.question.action)) };
}

/** A choice that is a part of the question. */
export function bound<K extends keyof App["question"]>(app: App, key: K, label: string, choices: Choice[], hint = ""): { element: HTMLElement; update: () => void } {
  const control = select(choices, app.question[key], (value) => app.change({ [key]: value } as Partial<App["question"]>));
  return { element: field(label, control, hint), update: () => (control.value = app.question[key]) };
}

/** A text that is a part of the question. */
export function typed<K extends keyof App["question"]>(
  app: App,
  key: K,
  label: string,
  hint = "",
  attributes: Record<string, string> = {},
): { element: HTMLElement; update: () => void } {
  const control = h("input", { type: "text", autocomplete: "off", spellcheck: "false", ...attributes, oninput: () => app.change({ [key]: control.value } as Partial<App["question"]>) });
  const update = (): void => {
    if (control.value !== app.question[key]) control.value = app.question[key];
  };
  return { element: field(label, control, hint), update };
}
