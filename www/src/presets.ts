// Cases that show where the default policy draws its lines. With the sample lists and the default policy each has the status beside it.

import type { Question } from "./question";

export interface Preset {
  title: string;
  status: number;
  set: Partial<Question>;
}

const FRONTIER = "class:eccn_4e091";
const CLOSED = "class:closed";
const PERSON = { kind: "person", foreign: "yes" };
const FIRM = { kind: "organization", foreign: "yes" };
/** A date in which the affiliates rule is in force again, and every list of the shared cases is fresh. */
const DAY = "2026-11-22";

const places: Preset[] = [
  { title: "Iran, open weights", status: 451, set: { place: "IR" } },
  { title: "Sevastopol, open weights", status: 451, set: { place: "UA-40" } },
  { title: "Kyiv, open weights", status: 200, set: { place: "UA-30" } },
  { title: "Syria, open weights", status: 200, set: { place: "SY" } },
  { title: "Syria, 4E091", status: 451, set: { place: "SY", item: FRONTIER, ...PERSON } },
];
for (const [name, code] of [["China", "CN"], ["Hong Kong", "HK"], ["Macau", "MO"]] as const) {
  places.push(
    { title: `${name}, open weights`, status: 200, set: { place: code } },
    { title: `${name}, EAR99, known requester`, status: 200, set: { place: code, item: CLOSED, ...PERSON } },
    { title: `${name}, 4E091`, status: 451, set: { place: code, item: FRONTIER, ...PERSON } },
  );
}

export const PRESETS: [group: string, presets: Preset[]][] = [
  ["Places", places],
  ["Frontier weights", [
    { title: "Singapore firm, Chinese parent, 4E091", status: 451, set: { place: "SG", item: FRONTIER, ...FIRM, headquarters: "SG", parent: "CN" } },
    { title: "German firm, 4E091", status: 403, set: { place: "DE", item: FRONTIER, ...FIRM, headquarters: "DE" } },
    { title: "German firm, 4E091, with License Exception AIA", status: 200, set: { place: "DE", item: "acme/frontier-1t", ...FIRM, headquarters: "DE", account: "aia-lab" } },
    { title: "Germany, 4E091, nobody known", status: 401, set: { place: "DE", item: FRONTIER } },
  ]],
  ["Parties", [
    { title: "SDN by passport number", status: 451, set: { ...PERSON, document: "passport:1084010" } },
    { title: "SDN by name only", status: 403, set: { ...PERSON, name: "Oleg Vladimirovich Deripaska" } },
    { title: "SDN owners of 25 and 25 %", status: 451, set: { ...FIRM, owners: "SDN:25, SDN:25" } },
    { title: "SDN owners of 25 and 24 %", status: 200, set: { ...FIRM, owners: "SDN:25, SDN:24" } },
    { title: "One owner of 25 % on the SDN and the EU list", status: 200, set: { ...FIRM, owners: "SDN+EU-FSF:25" } },
    { title: "An SDN owner of 25 % and an EU-listed one of 25 %", status: 200, set: { ...FIRM, owners: "SDN:25, EU-FSF:25" } },
    { title: "UK-listed owner of 50 %", status: 200, set: { ...FIRM, owners: "UK-UKSL:50" } },
    { title: "Entity List party, closed weights", status: 451, set: { item: CLOSED, ...FIRM, name: "Huawei Technologies Co., Ltd." } },
    { title: "Entity List party, open weights", status: 403, set: { ...FIRM, name: "Huawei Technologies Co., Ltd." } },
    { title: "Affiliate of an Entity List party, 50 %, 2026-11-09", status: 200, set: { item: CLOSED, ...FIRM, owners: "EL:50", at: "2026-11-09" } },
    { title: "Affiliate of an Entity List party, 50 %, 2026-11-10", status: 403, set: { item: CLOSED, ...FIRM, owners: "EL:50", at: "2026-11-10" } },
  ]],
  ["Services to Russia", [
    { title: "Russian company, hosted inference, closed", status: 451, set: { place: "RU", item: CLOSED, action: "infer", ...FIRM } },
    { title: "Russian person, hosted inference, closed", status: 403, set: { place: "RU", item: CLOSED, action: "infer", ...PERSON } },
    { title: "Russian company, open weights", status: 200, set: { place: "RU", ...FIRM } },
  ]],
  ["Evidence", [
    { title: "Address in Germany, declared Iran", status: 451, set: { place: "DE", declared: "IR" } },
    { title: "Address in Turkey, declared Germany, closed", status: 403, set: { place: "TR", item: CLOSED, ...PERSON, declared: "DE" } },
    { title: "Tor, closed weights", status: 401, set: { place: "T1", item: CLOSED } },
    { title: "Tor, open weights", status: 200, set: { place: "T1" } },
    { title: "Iranian passport, in Toronto, open weights", status: 200, set: { place: "CA", ...PERSON } },
    { title: "Item under notice, foreign person in the US", status: 451, set: { place: "US", item: CLOSED, notice: "on", ...PERSON } },
    { title: "Item under notice, US person", status: 200, set: { place: "US", item: CLOSED, notice: "on", kind: "person", foreign: "no" } },
    { title: "Military-intelligence use, Belarus", status: 451, set: { place: "BY", item: CLOSED, ...PERSON, uses: "use_military_intelligence" } },
  ]],
];

for (const preset of PRESETS.flatMap(([, presets]) => presets)) preset.set.at ??= DAY;
