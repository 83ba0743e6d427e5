"""Reads the published lists as parties: `(id, kind, names, birth years)`. Standard library only.

Only what the benchmark needs; `weighbridge build` has readers that account for every row.
"""
import csv
import gzip
import io
import os
import re
import xml.etree.ElementTree as ET
import zipfile

NULL = "-0-"
YEAR = re.compile(r"\b(19\d\d|20[01]\d)\b")


class Party:
    """One listed party as one list gives it. `names` in the list's spelling, the main name first."""

    def __init__(self, id, kind):
        self.id, self.kind, self.names, self.years = id, kind, [], set()
        self.places, self.programme = "", ""


def opened(path):
    """A text file, or its `.gz`."""
    if os.path.exists(path):
        raw = open(path, "rb").read()
    else:
        raw = gzip.open(path + ".gz").read()
    return raw


def rows(path, encoding="utf-8-sig"):
    text = opened(path).decode(encoding).replace("\x1a", "")
    return csv.reader(io.StringIO(text, newline=""))


def ofac_rows(folders, name):
    """The rows of a file of OFAC's CSV sets, SDN and non-SDN alike; a party that is on both counts once."""
    out, seen = [], set()
    for folder in folders:
        path = os.path.join(folder, name)
        if not (os.path.exists(path) or os.path.exists(path + ".gz")):
            path = os.path.join(folder, {"sdn.csv": "cons_prim.csv"}.get(name, "cons_" + name))
        mark = {"sdn.csv": 1}.get(name, 2)
        new = [row for row in rows(path) if len(row) > 3 and tuple(row[:mark]) not in seen]
        seen |= {tuple(row[:mark]) for row in new}
        out += new
    return out


def ofac(folders):
    """OFAC's CSV sets. Vessels and aircraft keep their own kind."""
    parties = {}
    for row in ofac_rows(folders, "sdn.csv"):
        kind = {"individual": "person", NULL: "organization"}.get(row[2].strip(), row[2].strip())
        party = parties[row[0]] = Party(row[0], kind)
        party.names.append(row[1])
        remarks = row[11]
        for dob in re.findall(r"\bDOB ([^;.]*)", remarks):
            party.years.update(map(int, YEAR.findall(dob)))
        party.places, party.programme = remarks.casefold(), row[3].split("]")[0]
    for row in ofac_rows(folders, "alt.csv"):
        if row[0] in parties:
            parties[row[0]].names.append(row[3])
    return parties


def ofac_scripts(path):
    """Names in other scripts than Latin out of OFAC's enhanced XML, zipped as published: `{entity id: [name]}`."""
    out = {}
    with zipfile.ZipFile(path) as archive:
        root = ET.fromstring(archive.read(archive.namelist()[0]))
    space = root.tag.split("}")[0] + "}"
    for entity in root.iter(space + "entity"):
        for translation in entity.iter(space + "translation"):
            name = translation.findtext(space + "formattedFullName")
            if name and translation.findtext(space + "script") != "Latin":
                out.setdefault(entity.get("id"), []).append(" ".join(name.split()))
    return out


def un(path):
    """The UN's consolidated XML: Latin names, aliases of any quality, original scripts."""
    root = ET.fromstring(opened(path))
    out = []
    for kind, tag, aka in (("person", "INDIVIDUAL", "INDIVIDUAL_ALIAS"), ("organization", "ENTITY", "ENTITY_ALIAS")):
        for node in root.iter(tag):
            party = Party(node.findtext("DATAID"), kind)
            parts = (node.findtext(t) or "" for t in ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME"))
            names = [" ".join(p.strip() for p in parts if p.strip())]
            names += [a.findtext("ALIAS_NAME") or "" for a in node.findall(aka)]
            script = node.findtext("NAME_ORIGINAL_SCRIPT") or ""
            names += re.split(r"[;/]|\s{2,}", " ".join(script.split()))
            for dob in node.findall("INDIVIDUAL_DATE_OF_BIRTH"):
                party.years.update(map(int, YEAR.findall("".join(dob.itertext()))))
            party.names = [" ".join(n.split()) for n in names if n and n.strip()]
            if party.names:
                out.append(party)
    return out


def uk_conlist(path):
    """OFSI's Consolidated List as it was until 2026: one row a name, `Group ID` joins them."""
    table = rows(path, "cp1252")
    next(table)
    head = next(table)
    by_group = {}
    for row in table:
        r = dict(zip(head, row))
        kind = {"Individual": "person", "Entity": "organization"}.get(r.get("Group Type", ""))
        if not kind:
            continue
        party = by_group.setdefault(r["Group ID"], Party(r["Group ID"], kind))
        name = " ".join(r[f"Name {n}"].strip() for n in (1, 2, 3, 4, 5, 6) if r[f"Name {n}"].strip())
        name = " ".join(name.split())
        if name and name not in party.names:
            party.names.append(name)
        party.years.update(map(int, YEAR.findall(r["DOB"])))
    return list(by_group.values())


def uk_short(path):
    """The UK Sanctions List's short publication: one main name a party."""
    out = []
    for r in csv.DictReader(io.StringIO(opened(path).decode("utf-8-sig"), newline="")):
        kind = {"Individual": "person", "Entity": "organization"}.get(r["Type"])
        if kind:
            party = Party(r["Unique ID"], kind)
            party.names.append(" ".join(r["Name"].split()))
            out.append(party)
    return out


def eu_derived(path):
    """Names taken out of the EU's list by a third party: `Name, Alias` with aliases joined by commas."""
    out = []
    for n, r in enumerate(csv.DictReader(io.StringIO(opened(path).decode("utf-8-sig"), newline=""))):
        kind = {"person": "person", "enterprise": "organization"}.get(r["Designation"])
        if not kind:
            continue
        party = Party(f"eu-{n}", kind)
        party.places = r["Nationality"].casefold().split(",")[0].strip()
        for name in [r["Name"]] + r["Alias"].split(", "):
            name = " ".join(name.split())
            # A piece that starts in lower case or is a lone legal form comes from a name with a comma in it.
            if name and name not in party.names and not re.fullmatch(r"(?i)(ltd|llc|inc|s\.?a\.?|co|pjsc|jsc|oao|ooo|zao|l\.?l\.?c|limited)\.?", name):
                party.names.append(name)
        out.append(party)
    return out
