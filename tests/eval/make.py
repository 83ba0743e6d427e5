#!/usr/bin/env python3
"""Makes labelled query sets from any list that a user has.

  make.py --list OFAC_FOLDER ... [--enhanced ZIP] [--un FILE] [--uk-conlist FILE] [--uk FILE] [--eu FILE] --packages FOLDER --output DIR
          [--seed WORD] [--more]

Writes DIR/index/{sdn,alt,add}.csv (the list with some aliases left out), DIR/dev/queries.jsonl and DIR/final/queries.jsonl (60 % and
40 %, split by party, so that nothing learnt on one is asked in the other) and DIR/README.md with counts. The same input gives
the same bytes. `README.md` beside this file says what the categories are.

Another `--seed` leaves other aliases out and makes other mutations and ordinary names, of the same two halves of the parties: what was
learnt on one dev set is measured on another. `--more` asks every spelling of the other lists and more of the mutations that are hard.
"""
import argparse
import collections
import csv
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lists
import mutate
import ordinary
from names import LEGAL, PARTICLES, generator, key, natural, number, relation, script, shapes, squeeze, title, tokens

SPLIT = "weighbridge-eval-1"
SEED = SPLIT
# Of the aliases in alt.csv, this share is left out of the index and asked instead.
HELD_OUT = 0.16
PER_MUTATION = {"typo1": 750, "typo2": 600, "translit": 750}
PER_MUTATION_ELSE = 450
PER_XLIST = 1500
PER_UNRELATED = 300
# With `--more`.
MORE_MUTATIONS = {"typo1": 750, "typo2": 1500, "translit": 2000, "initial": 1500, "drop_middle": 800}
NEGATIVES = {
    "neg_person_common": 2000, "neg_person_region": 3000, "neg_person_us": 900, "neg_person_world": 2000, "neg_org_common": 1400,
    "neg_org_generic": 1200, "neg_org_region": 420, "neg_org_world": 1900, "neg_script": 1000, "neg_single_token": 400,
}


class Index:
    """The list as it is asked: names left in it, and who bears a name."""

    def __init__(self, parties, held):
        self.names = {p.id: [n for n in p.names if (p.id, n) not in held] for p in parties.values()}
        self.bearers = collections.defaultdict(set)
        self.letters = collections.defaultdict(set)
        for id, names in self.names.items():
            for n in names:
                self.bearers[key(n)].add(id)
                self.letters[squeeze(natural(n))].add(id)
                self.letters[squeeze(n)].add(id)

    def truth(self, id, *spellings):
        """A party, and whoever else bears one of the spellings: a set cannot say which of two namesakes is meant."""
        return sorted({id}.union(*(self.bearers.get(key(s), ()) for s in spellings)), key=int)


def held_out(parties):
    """(party, name) pairs that are left out of the index. The main name always stays, and every party keeps half its aliases."""
    held = set()
    for p in parties.values():
        if p.kind not in ("person", "organization"):
            continue
        aliases = sorted(set(p.names[1:]), key=lambda n: number(SEED, "held", p.id, n))
        take = [n for n in aliases if number(SEED, "hold", p.id, n) % 1000 < HELD_OUT * 1000][: max(1, len(aliases) // 2)]
        left = {key(n) for n in p.names if n not in take}
        held |= {(p.id, n) for n in take if key(n) not in left and len(squeeze(n)) >= 4}
    return held


def write_index(folders, parties, held, out):
    os.makedirs(out, exist_ok=True)
    quote = lambda v: v if v.strip() == "-0-" or v.isdigit() else '"' + v.replace('"', '""') + '"'
    for name, keep in (("sdn.csv", lambda r: True), ("alt.csv", lambda r: (r[0], r[3]) not in held), ("add.csv", lambda r: True)):
        with open(os.path.join(out, name), "w", encoding="utf-8", newline="") as f:
            for r in lists.ofac_rows(folders, name):
                if keep(r):
                    f.write(",".join(quote(v) for v in r) + "\r\n")
            f.write("\x1a")


def bonds(parties, others):
    """Which party of another list is which of ours: by equality of full names, if it names one party on both sides.

    A name counts from two words on. Birth years, where both lists have them, must have one in common. Where a list has none, one equal
    name of two words is not enough for a person: it takes the same nationality, two equal names, or one of three words.
    """
    ours = collections.defaultdict(set)
    for p in parties.values():
        if p.kind in ("person", "organization"):
            for n in p.names:
                if len(tokens(n)) >= 2:
                    ours[(p.kind, key(n))].add(p.id)
    found, back = {}, collections.defaultdict(set)
    for q in others:
        hits = collections.Counter()
        wide = collections.Counter()
        for k in {key(n) for n in q.names}:
            for id in ours.get((q.kind, k), ()):
                hits[id] += 1
                wide[id] = max(wide[id], len(k.split()))
        if len(hits) != 1:
            continue
        id = next(iter(hits))
        years = parties[id].years
        if q.years and years:
            if not q.years & years:
                continue
        elif q.kind == "person" and hits[id] < 2 and wide[id] < 3 and not (q.places and q.places in parties[id].places):
            continue
        found[q.id] = id
        back[id].add(q.id)
    return {q: id for q, id in found.items() if len(back[id]) == 1}


def spelling_queries(parties, index, origin, others, out, bonded=None):
    bonded = bonds(parties, others) if bonded is None else bonded
    for q in others:
        id = bonded.get(q.id)
        if id is None:
            continue
        indexed = {key(n) for n in index.names[id]}
        seen = set()
        for name in q.names:
            s = script(name)
            wide = len(tokens(name))
            if s == "LATIN" and not (wide >= 2 and len(squeeze(name)) >= 6):
                continue
            # One given name behind a title or a kunya is too little to ask for.
            if s == "LATIN" and q.kind == "person" and sum(w not in PARTICLES for w in tokens(name)) < 2:
                continue
            # A lone word in another script is as ambiguous; Han and Hangul have no spaces.
            if s != "LATIN" and not (wide >= 2 or (s in ("CJK", "HANGUL") and len(name) >= 3) or (q.kind == "organization" and len(name) >= 6)):
                continue
            if key(name) in indexed or key(name) in seen or s == "NONE" or len(name) > 200:
                continue
            if index.bearers.get(key(name), set()) - {id}:
                continue
            seen.add(key(name))
            if s == "LATIN":
                near = relation(name, index.names[id])
                # The EU's list translates organisations into each of its languages; a third of such names is enough.
                if near == "partial" and origin == "eu" and q.kind == "organization" and number(SEED, "partial", name) % 3:
                    continue
                category = "xlist_unrelated" if near == "unrelated" else f"xlist_{origin}"
            else:
                category = f"script_{s.lower()}"
            out.append((id, name, q.kind, category, origin, index.truth(id, name)))


def alias_queries(parties, index, held, out):
    for id, name in sorted(held, key=lambda h: (int(h[0]), h[1])):
        spelling = natural(name)
        if index.bearers.get(key(name)):
            continue
        category = "alias_" + relation(spelling, index.names[id])
        style = number(SEED, "style", id, name) % 10
        shown = name if style < 2 and parties[id].kind != "person" else spelling.lower() if style == 2 else spelling
        out.append((id, shown, parties[id].kind, category, "ofac-alias", index.truth(id, name)))


def mutation_queries(parties, index, per, out):
    pool = [(p.id, n, p.kind) for p in parties.values() if p.kind in ("person", "organization") for n in index.names[p.id] if len(squeeze(n)) >= 5 and len(n) <= 120]
    for category, change in mutate.ALL.items():
        wanted = per.get(category, PER_MUTATION_ELSE)
        taken, parties_seen = 0, set()
        for id, name, kind in sorted(pool, key=lambda x: number(SEED, category, *x)):
            if taken == wanted:
                break
            if id in parties_seen:
                continue
            rng = generator(SEED, category, id, name)
            base = natural(name) if kind == "person" else name if rng.random() < 0.6 else title(name)
            if len(tokens(base)) < 2 and (kind == "person" or rng.random() < 0.7):
                continue
            if category == "exact" and rng.random() < 0.3:
                base = name
            new = change(rng, base, kind)
            if not new or (category != "exact" and new == base):
                continue
            # A mutation that makes another party's name, or gives back a listed one, tests nothing.
            if category in ("typo1", "typo2", "translit", "leet", "homoglyph") and key(new) in index.bearers:
                continue
            parties_seen.add(id)
            taken += 1
            out.append((id, new, kind, category, "synthetic", index.truth(id, base, new)))


def negative_queries(parties, index, other_lists, site, node, out):
    people = ordinary.People(site, node)
    listed = collections.defaultdict(set)
    everyone = list(parties.values()) + other_lists
    sets = []
    for p in everyone:
        for n in p.names:
            words = frozenset(tokens(n))
            for w in words:
                listed[w].add(len(sets))
            sets.append(words)
    letters = {squeeze(n) for p in everyone for n in p.names} | {squeeze(natural(n)) for p in everyone for n in p.names}

    def free(name, single=False):
        """Nobody listed bears this name, and no listed name holds all of its words."""
        words = tokens(name)
        if not words or squeeze(name) in letters:
            return False
        if single:
            return True
        common = None
        for w in set(words):
            common = listed.get(w, set()) if common is None else common & listed.get(w, set())
            if not common:
                return True
        return False

    near = collections.defaultdict(set)
    for n, words in enumerate(sets):
        for shape in set().union(*map(shapes, words)):
            near[shape].add(n)

    def resembles(name):
        """Each of its words may be another spelling of a word of one listed name. Where names of the same origin are drawn, that
        is an alias nobody listed rather than an ordinary name."""
        common = None
        for w in set(tokens(name)):
            alike = set().union(*(near.get(shape, ()) for shape in shapes(w)))
            common = alike if common is None else common & alike
            if not common:
                return False
        return True

    bare = {frozenset(tokens(n)) - LEGAL for p in everyone if p.kind == "organization" for n in p.names}
    rng = generator(SEED, "negatives")
    given, family, generic = collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter), collections.Counter()
    for p in parties.values():
        if p.kind == "person" and "," in p.names[0]:
            f, g = p.names[0].split(",", 1)
            if len(tokens(f)) == 1:
                family[p.programme][title(f.strip())] += 1
            if g.split():
                given[p.programme][g.split()[0]] += 1
        elif p.kind == "organization":
            generic.update({w for w in tokens(p.names[0]) if len(w) >= 3})
    # Given and family names that the list has more than once, from one programme, so that they go together.
    usual = lambda count, least: sorted(n for n, c in count.items() if c >= least and len(n) > 2 and n.isascii())
    pairs = {p: (usual(given[p], 3), usual(family[p], 2)) for p in sorted(given)}
    pairs = {p: (g, f) for p, (g, f) in pairs.items() if len(g) * len(f) >= 400}
    programmes = [p for p, (g, f) in pairs.items() for _ in range(min(len(g), len(f)))]
    generic = sorted(w for w, c in generic.items() if c >= 12 and w not in LEGAL)
    firms = ordinary.companies(site, node)
    common_words = {w for w in generic}
    asia = [n for n, r in firms if r == "asia"]
    common = [n for n, r in firms if r == "world" and sum(w in common_words for w in tokens(n)) >= 1]
    world = [n for n, r in firms if r == "world" and not any(w in common_words for w in tokens(n))]
    athletes = people.athletes()
    single = people.any_names()
    taiwan = ordinary.taiwan(site)
    forms = ["LLC", "Ltd", "S.A.", "GmbH", "Inc.", "Co., Ltd.", "OOO", "Limited", "JSC", "FZE", ""]
    places = "Syrian Iranian Russian Moscow Tehran Dubai Beirut Damascus Eastern Western Caspian Volga Ural Siberian Pacific Asian Gulf Levant Golden Silver Royal First New United Global Universal Grand Modern Star Sun Blue Green Red".split()
    latin_regions = [r for r, weight in (("arabic", 5), ("persian", 4), ("turkic", 4), ("south asian", 4), ("chinese", 4), ("korean", 3), ("slavic", 6), ("african", 2), ("latin american", 4), ("southeast asian", 2), ("japanese", 1)) for _ in range(weight)]
    native_regions = sorted(ordinary.NATIVE)

    def draw(category):
        """(name, kind, region)"""
        if category == "neg_person_common":
            given_names, family_names = pairs[rng.choice(programmes)]
            return f"{rng.choice(given_names)} {rng.choice(family_names)}", "person", "composed"
        if category == "neg_person_region":
            region = rng.choice(latin_regions)
            return people.latin(rng, region), "person", region
        if category == "neg_person_us":
            return people.census(rng), "person", "us"
        if category == "neg_person_world":
            if rng.random() < 0.4:
                return rng.choice(athletes), "person", "athletes"
            region = rng.choice(["western", "western", "western", "other europe", "latin american", "japanese", "african", "slavic"])
            return people.latin(rng, region), "person", region
        if category == "neg_org_generic":
            words = [rng.choice(places)] * (rng.random() < 0.6) + [title(rng.choice(generic).upper()) for _ in range(rng.choice([1, 1, 2, 2, 3]))]
            if rng.random() < 0.5:
                rng.shuffle(words)
            if len(words) < 2:
                words.append(title(rng.choice(generic).upper()))
            return " ".join(words + [rng.choice(forms)]).strip(), "organization", "composed"
        if category in ("neg_org_common", "neg_org_region", "neg_org_world"):
            return rng.choice({"neg_org_common": common, "neg_org_region": asia, "neg_org_world": world}[category]), "organization", "companies"
        if category == "neg_script":
            if rng.random() < 0.12:
                return rng.choice(taiwan), "organization", "chinese"
            region = rng.choice(native_regions)
            return people.native(rng, region), "person", region
        return rng.choice(single), "person", "single"

    for category, wanted in NEGATIVES.items():
        seen, tries = set(), 0
        while len(seen) < wanted and tries < wanted * 40:
            tries += 1
            name, kind, region = draw(category)
            if key(name) in seen or (category != "neg_single_token" and len(squeeze(name)) < 4 and category != "neg_script"):
                continue
            if not free(name, single=category == "neg_single_token"):
                continue
            seen.add(key(name))
            made = "composed" if region not in ("companies", "athletes", "single") else "real"
            # Dropped at the end and not drawn again, so that the ids of all others stay.
            drop = category in ("neg_person_common", "neg_person_region") and resembles(name)
            # Another legal form makes another company, but a hit on the same name is no false one.
            drop |= kind == "organization" and frozenset(tokens(name)) - LEGAL in bare
            out.append((f"n{number(SEED, name)}", name, kind, category, made, None if drop else [], region))
        if len(seen) < wanted:
            print(f"{category}: {len(seen)} of {wanted} wanted", file=sys.stderr)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--list", required=True, nargs="+", help="folders with OFAC's sdn.csv, alt.csv, add.csv, or cons_prim.csv and so on (or .gz)")
    ap.add_argument("--enhanced", help="OFAC's enhanced XML, zipped: its names in other scripts")
    ap.add_argument("--un")
    ap.add_argument("--uk-conlist")
    ap.add_argument("--uk")
    ap.add_argument("--eu")
    ap.add_argument("--packages", required=True, help="folder for the packages of ordinary names; filled on first use")
    ap.add_argument("--output", required=True)
    ap.add_argument("--seed", default=SPLIT, help="another word, another set of the same two halves of the parties")
    ap.add_argument("--more", action="store_true", help="every spelling of the other lists, more of the mutations that are hard")
    a = ap.parse_args()
    global SEED
    SEED = a.seed
    per_mutation, per_xlist = (MORE_MUTATIONS, sys.maxsize) if a.more else (PER_MUTATION, PER_XLIST)
    site, node = ordinary.install(a.packages)
    parties = lists.ofac(a.list)
    held = held_out(parties)
    index = Index(parties, held)
    write_index(a.list, parties, held, os.path.join(a.output, "index"))

    queries, other = [], []
    alias_queries(parties, index, held, queries)
    bridge = []
    for origin, read, path in (("un", lists.un, a.un), ("uk", lists.uk_conlist, a.uk_conlist), ("eu", lists.eu_derived, a.eu)):
        if path:
            more = read(path)
            bonded = bonds(parties, more)
            spelling_queries(parties, index, origin, more, queries, bonded)
            bridge += [(q, bonded[q.id]) for q in more if q.id in bonded]
            other += more
    if a.enhanced:
        more = []
        for id, names in lists.ofac_scripts(a.enhanced).items():
            if id in parties:
                party = lists.Party(id, parties[id].kind)
                party.names = names
                more.append(party)
        spelling_queries(parties, index, "ofac", more, queries, {p.id: p.id for p in more})
    if a.uk:
        # One name a party: it is ours if another list's party, already known to be ours, bears exactly that name.
        more = lists.uk_short(a.uk)
        known = collections.defaultdict(set)
        for q, id in bridge:
            for n in q.names:
                known[(q.kind, key(n))].add(id)
        sure = {}
        for q in more:
            ids = known.get((q.kind, key(q.names[0])), set())
            if len(ids) == 1 and len(tokens(q.names[0])) >= 2:
                sure[q.id] = next(iter(ids))
        spelling_queries(parties, index, "uk", more, queries, sure)
        other += more
    mutation_queries(parties, index, per_mutation, queries)
    queries = [q + ("",) for q in queries]
    negative_queries(parties, index, other, site, node, queries)

    # One spelling of one party is asked once; the UN comes before the UK, the UK before the rest.
    rank = {"un": -2, "uk": -1}
    seen, kept = set(), []
    for q in sorted(queries, key=lambda q: rank.get(q[4], 0)):
        id, name, kind, category, origin, truth, region = q
        mark = (id, " ".join(tokens(name)) if origin != "synthetic" else name)
        if mark not in seen:
            seen.add(mark)
            kept.append(q)
    caps = collections.Counter()
    kept.sort(key=lambda q: number(SEED, "order", q[0], q[1], q[3]))
    parts, numbers = {"dev": [], "final": []}, {"dev": 0, "final": 0}
    for id, name, kind, category, origin, truth, region in kept:
        caps[category] += 1
        if caps[category] > (PER_UNRELATED if category.endswith("_unrelated") else per_xlist) and truth:
            continue
        part = "dev" if number(SPLIT, "part", id) % 100 < 60 else "final"
        numbers[part] += 1
        if truth is None:
            continue
        row = {"id": f"{part[0]}{numbers[part] - 1:05d}", "query": name, "schema": kind, "truth": truth, "category": category, "origin": origin}
        if region:
            row["region"] = region
        parts[part].append(row)
    total = {}
    for part, rows in parts.items():
        os.makedirs(os.path.join(a.output, part), exist_ok=True)
        with open(os.path.join(a.output, part, "queries.jsonl"), "w", encoding="utf-8") as f:
            for row in rows:
                f.write(json.dumps(row, ensure_ascii=False) + "\n")
        total[part] = collections.Counter(r["category"] for r in rows)
    cats = sorted(set(total["dev"]) | set(total["final"]))
    lines = ["# Labelled queries", "", f"{sum(map(len, parts.values()))} queries; aliases left out of the index: {len(held)}. Made by `tests/eval/make.py`; `final` is for the end: do not look into it, tune on `dev`.", "", "| category | dev | final |", "| --- | --- | --- |"]
    lines += [f"| {c} | {total['dev'][c]} | {total['final'][c]} |" for c in cats] + [f"| all | {len(parts['dev'])} | {len(parts['final'])} |", ""]
    with open(os.path.join(a.output, "README.md"), "w", encoding="utf-8") as f:
        f.write("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
