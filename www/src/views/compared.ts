// Two names side by side: which token was taken for which, and why.

import { h } from "../dom";
import type { Compared } from "../engine";

const HOW: Record<string, string> = {
  exact: "the same",
  equivalent: "another spelling",
  nickname: "short form",
  skeleton: "same sound",
  consonants: "same consonants",
  edit: "letters differ",
  joined: "joined or split",
  initial: "initial",
  prefix: "shortened",
  loose: "loosely alike",
  acronym: "first letters",
};

export function compared(why: Compared): HTMLElement {
  const pairs = why.pairs.map((pair) =>
    h(
      "li",
      { class: pair.similarity >= 1000 ? "same" : "like" },
      h("span", { class: "a", dir: "auto" }, pair.asked),
      h("span", { class: "b", dir: "auto" }, pair.listed),
      h("span", { class: "how" }, HOW[pair.how] ?? pair.how, pair.similarity >= 1000 ? null : ` ${(pair.similarity / 10).toFixed(0)} %`),
    ),
  );
  const left = [
    ...why.asked_left.map(({ token }) => h("li", { class: "left" }, h("span", { class: "a", dir: "auto" }, token), h("span", { class: "b" }, "–"), h("span", { class: "how" }, "not on the list"))),
    ...why.listed_left.map(({ token }) => h("li", { class: "left" }, h("span", { class: "a" }, "–"), h("span", { class: "b", dir: "auto" }, token), h("span", { class: "how" }, "not asked for"))),
  ];
  const notes = [why.equal ? "equal normal forms" : "", why.in_order ? "" : "another word order", ...why.folds].filter((note) => note !== "");
  return h(
    "div",
    { class: "compared" },
    h("ul", { class: "tokens", "aria-label": "Tokens asked, listed, and how they are alike" }, ...pairs, ...left),
    notes.length === 0 ? null : h("p", { class: "hint" }, notes.join("; ").replaceAll("_", " ")),
  );
}
