// About this blob: what went into it, what was lost, how old it is.

import { h, put, table, field, type Child } from "../dom";
import type { Account, About } from "../engine";
import type { App, Shown } from "../main";
import { age, bytes, day, plural } from "../words";

export function make(app: App): Shown {
  const element = h("div", { class: "view about-view" });
  const file = h("input", {
    type: "file",
    multiple: true,
    onchange: () => {
      app.load([...(file.files ?? [])]).catch((error: unknown) => put(said, h("span", { class: "bad", role: "alert" }, `Not taken: ${error instanceof Error ? error.message : String(error)}`)));
    },
  });
  const said = h("p", { class: "status", role: "status" });
  return {
    element,
    update() {
      const { about, bytes: size, details } = app.opened;
      const facts: [string, Child][] = [
        ["Built", `${about.created.replace("T", " ").replace("Z", " UTC")} (${age(about.created)})`],
        ["Digest (BLAKE3)", h("code", null, about.digest)],
        ["Signature", signature(about)],
        ["Sequence", about.sequence],
        ["Last day of use", about.not_after === null ? "none set" : day(about.not_after)],
        ["Size", `${bytes(size)}; details file ${about.details_bytes === null ? "none" : bytes(about.details_bytes)}`],
        ["Names as written", details === "held" ? "held" : details],
        ["Policy", `${about.policy.id}, ${about.policy.version}`],
        ["Entries", plural(about.entries, "party").replace("partys", "parties")],
        ["Items", plural(about.items, "item")],
        ["Lists without a source", about.absent.length === 0 ? "none" : `${about.absent.join(", ")}: not screened`],
      ];
      put(
        element,
        h("h1", null, "About this blob"),
        h("div", { class: "panel legal" }, h("h2", null, "Not legal advice"), h("p", null, "Weighbridge encodes rules that its operator chooses and must check. It certifies nothing and clears nobody. Lists and ownership data are never complete, an address does not prove a place, and a match does not identify anybody."), app.sample ? h("p", null, "These are the project’s ", h("strong", null, "sample lists"), ": a few dozen real entries as they stood at the dates below, with made-up address ranges, owners and licences. They are no list to enforce.") : null),
        h("div", { class: "panel" }, h("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [h("dt", null, name), h("dd", null, value)]))),
        h("div", { class: "panel" }, h("h2", null, "Use your own"), field("A blob, and its .details file", file, "Or drop them anywhere on this page. They stay in it."), said),
        section("Lists", table("Lists", ["List", "Last confirmed current", "Age"], about.lists.map(({ list, checked_at }) => [list, checked_at === null ? "never" : day(checked_at), checked_at === null ? "" : age(checked_at)]))),
        section("Sources", table("Sources", ["Source", "Lists", "Format", "Published", "Checked", "Entries"], about.sources.map((one) => [one.id, one.lists.join(", "), one.format, one.published === null ? "not told" : day(one.published), day(one.checked_at), one.entries]))),
        section("Files: what was read, kept, merged and lost", table("Files", ["File", "Read", "Kept", "Merged", "Lost", "Why"], files(about).map(([source, file]) => [`${source}: ${file.name}`, file.read, file.kept, file.merged, file.lost.length, lost(file)]))),
        about.geo.length === 0 ? null : section("Places", table("Places", ["Database", "Built", "Networks v4", "Networks v6"], about.geo.map((one) => [`${one.name} (${one.database || one.format})`, one.built === null ? "not told" : day(one.built), one.networks_v4, one.networks_v6]))),
        about.networks.length === 0 ? null : section("Kinds of network", table("Kinds of network", ["Class", "Format", "Checked", "Read"], about.networks.map((one) => [one.class, one.format, day(one.checked_at), one.files.reduce((sum, file) => sum + file.read, 0)]))),
        about.accepted.length === 0 ? null : section("Findings that were accepted", table("Findings", ["Source", "Finding", "Reason"], about.accepted.map((one) => [one.source, `${one.finding} (${one.before} → ${one.after})`, one.reason]))),
        section("Sections", table("Sections", ["Section", "Bytes"], about.sections.map((one) => [one.name, one.bytes.toLocaleString("en")]))),
      );
    },
  };
}

/** The signature is checked here; whether the key is one to trust is for whoever looks. */
function signature({ signed }: About): Child {
  if (signed === null) return "none: whoever runs a gate may ask for one";
  return h("span", null, signed.holds ? "holds, made with " : h("strong", { class: "bad" }, "does not hold: it is not of "), h("code", null, signed.by));
}

function section(title: string, content: HTMLElement): HTMLElement {
  return h("section", { class: "panel" }, h("h2", null, title), content);
}

function files(about: About): [string, Account][] {
  return [...about.sources.flatMap((source) => source.files.map((file): [string, Account] => [source.id, file])), ...about.networks.flatMap((source) => source.files.map((file): [string, Account] => [source.class, file]))];
}

/** Every lost row; many of one reason together. */
function lost(file: Account): Child {
  if (file.lost.length === 0) return "";
  const reasons = new Map<string, number[]>();
  for (const { line, reason } of file.lost) reasons.set(reason, [...(reasons.get(reason) ?? []), line]);
  return [...reasons].map(([reason, lines]) => `${reason} (line ${lines.slice(0, 5).join(", ")}${lines.length > 5 ? ` and ${lines.length - 5} more` : ""})`).join("; ");
}
