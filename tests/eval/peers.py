#!/usr/bin/env python3
"""Runs nomenklatura's matchers over a labelled set, in the form that `weighbridge eval --run` reads.

  peers.py --index DIR/index --queries DIR/dev/queries.jsonl --output FOLDER [--matcher logic-v1 logic-v2 ofac] [--sample N]

Needs `pip install nomenklatura`. A matcher compares two parties; comparing each query with each party would take weeks, so each
query meets the parties of a generous filter: the 60 whose names share most with it in letters, with and without vowels, after
ICU's transliteration, and the 40 that share most of nomenklatura's own name symbols. The matcher's time is that of its comparisons
alone, the filter's is left out. `--sample` takes every k-th query, so that about N are asked; the share is printed.
Scores are times 100, from 40 up, as the runs of all other programs.
"""
import argparse
import collections
import json
import math
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lists
from names import natural

import icu
from followthemoney import model
from nomenklatura.matching import get_algorithm
from rigour.names import NameTypeTag, analyze_names

LATIN = icu.Transliterator.createInstance("NFKC; Any-Latin; NFKD; [:Nonspacing Mark:] Remove; Latin-ASCII; Lower")
SCHEMA = {"person": "Person", "organization": "Organization"}
TAG = {"person": NameTypeTag.PER, "organization": NameTypeTag.ORG}
BY_LETTERS, BY_SYMBOLS, FLOOR, MOST = 60, 40, 0.40, 50


def grams(name):
    text = "".join(c if c.isalnum() else " " for c in LATIN.transliterate(name))
    out = set()
    for word in text.split():
        padded = f"^{word}$"
        out.update(padded[n : n + 3] for n in range(max(1, len(padded) - 2)))
        bare = "".join(c for c in word if c not in "aeiouy")
        padded = f"<{bare}>"
        out.update("~" + padded[n : n + 3] for n in range(max(1, len(padded) - 2)))
    return out


def symbols(kind, name):
    return {f"{s.category}:{s.id}" for n in analyze_names(TAG[kind], [name]) for s in n.symbols}


class Filter:
    """Names by what they contain; gives the parties that share most, rare parts first."""

    def __init__(self):
        self.post, self.of = collections.defaultdict(list), []

    def add(self, party, parts):
        for p in parts:
            self.post[p].append(len(self.of))
        self.of.append((party, len(parts)))

    def close(self):
        n = len(self.of)
        self.weight = {p: math.log(n / len(names)) for p, names in self.post.items()}

    def best(self, parts, most):
        score = collections.Counter()
        for p in parts:
            for name in self.post.get(p, ()):
                score[name] += self.weight[p]
        party = {}
        for name, s in score.items():
            id, size = self.of[name]
            party[id] = max(party.get(id, 0), s / math.sqrt(size + 4))
        return sorted(party, key=lambda id: (-party[id], id))[:most]


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--index", required=True)
    ap.add_argument("--queries", required=True)
    ap.add_argument("--output", required=True)
    ap.add_argument("--matcher", nargs="+", default=["logic-v1", "logic-v2"])
    ap.add_argument("--sample", type=int, default=0)
    ap.add_argument("--offset", type=int, default=0, help="first query of the sample")
    a = ap.parse_args()
    with open(a.queries, encoding="utf-8") as f:
        queries = [json.loads(line) for line in f]
    step = max(1, len(queries) // a.sample) if a.sample else 1
    asked = queries[a.offset :: step]
    print(f"{len(asked)} of {len(queries)} queries", file=sys.stderr)

    def entity(kind, id, names):
        e = model.make_entity(SCHEMA[kind])
        e.id = id
        for n in names:
            e.add("name", n)
        return e

    entities, by_letters, by_symbols = {}, {k: Filter() for k in SCHEMA}, {k: Filter() for k in SCHEMA}
    for p in lists.ofac([a.index]).values():
        if p.kind not in SCHEMA:
            continue
        names = [natural(n) if p.kind == "person" else n for n in p.names]
        entities[p.id] = entity(p.kind, p.id, names)
        for n in names:
            by_letters[p.kind].add(p.id, grams(n))
            by_symbols[p.kind].add(p.id, symbols(p.kind, n))
    for k in SCHEMA:
        by_letters[k].close()
        by_symbols[k].close()
    os.makedirs(a.output, exist_ok=True)
    matchers = {m: (get_algorithm(m), get_algorithm(m).default_config()) for m in a.matcher}
    files = {m: open(os.path.join(a.output, f"{m}.jsonl"), "w", encoding="utf-8") for m in matchers}
    pairs = 0
    for n, q in enumerate(asked):
        kind, name = q["schema"], q["query"]
        near = by_letters[kind].best(grams(name), BY_LETTERS)
        near = sorted(set(near) | set(by_symbols[kind].best(symbols(kind, name), BY_SYMBOLS)))
        asking = entity(kind, q["id"], [name])
        pairs += len(near)
        for m, (algorithm, config) in matchers.items():
            start = time.perf_counter_ns()
            scored = [(algorithm.compare(asking, entities[id], config).score, id) for id in near]
            spent = time.perf_counter_ns() - start
            scored = sorted((s for s in scored if s[0] >= FLOOR), key=lambda s: (-s[0], s[1]))[:MOST]
            files[m].write(json.dumps({"id": q["id"], "matches": [{"entry_id": id, "score": round(100 * s, 4)} for s, id in scored], "ns": spent, "compared": len(near)}) + "\n")
            files[m].flush()
        if n % 1000 == 0:
            print(f"{n} done", file=sys.stderr, flush=True)
    for f in files.values():
        f.close()
    print(f"{pairs / max(1, len(asked)):.0f} parties compared per query", file=sys.stderr)


if __name__ == "__main__":
    main()
