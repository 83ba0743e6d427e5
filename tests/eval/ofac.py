#!/usr/bin/env python3
"""Compares `weighbridge_engine::ofac` with nomenklatura's `ofac` matcher, pair by pair.

  ofac.py --index DIR/index --queries DIR/dev/queries.jsonl [--pairs 12000] [--golden FILE]

Needs `pip install nomenklatura` and `cargo build -p weighbridge-engine --example ofac_scores`. A third of the pairs are a query and a name of its party, a
third a query and the listed name that shares most words with it, a third chance. Prints the share within 3 points and every
pair outside. `--golden FILE` instead reads `query TAB listed name` a line and writes the peer's score behind it: that is how the file of
the test that needs no Python came about.
"""
import argparse
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import lists
from names import generator, tokens

from nomenklatura.matching.name_based.ofac import _per_token_score, _whole_string_score


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--index")
    ap.add_argument("--queries")
    ap.add_argument("--pairs", type=int, default=12000)
    ap.add_argument("--program", default=os.path.join(HERE, "..", "..", "target", "debug", "examples", "ofac_scores"))
    ap.add_argument("--golden")
    a = ap.parse_args()
    score = lambda q, n: round(100 * max(_whole_string_score(q, n), _per_token_score(q, n)))
    if a.golden:
        with open(a.golden, encoding="utf-8") as f:
            lines = [line.rstrip("\n").split("\t") for line in f]
        with open(a.golden, "w", encoding="utf-8") as f:
            for line in lines:
                f.write("\t".join(line) + "\n" if line[0].startswith("#") else f"{line[0]}\t{line[1]}\t{score(line[0], line[1])}\n")
        return 0
    parties = lists.ofac([a.index])
    names = [n for p in parties.values() for n in p.names]
    by_word = {}
    for n in names:
        for w in set(tokens(n)):
            by_word.setdefault(w, []).append(n)
    with open(a.queries, encoding="utf-8") as f:
        queries = [json.loads(line) for line in f]
    rng = generator("ofac")
    pairs = []
    while len(pairs) < a.pairs:
        q = rng.choice(queries)
        kind = len(pairs) % 3
        if kind == 0 and q["truth"]:
            listed = rng.choice(parties[q["truth"][0]].names)
        elif kind == 1 and any(w in by_word for w in tokens(q["query"])):
            listed = rng.choice(by_word[min((w for w in tokens(q["query"]) if w in by_word), key=lambda w: len(by_word[w]))])
        else:
            listed = rng.choice(names)
        pairs.append((q["query"], listed))
    asked = "".join(f"{q}\t{n}\n" for q, n in pairs)
    ours = list(map(int, subprocess.run([a.program], input=asked, capture_output=True, text=True, check=True).stdout.split()))
    assert len(ours) == len(pairs), f"{len(ours)} scores for {len(pairs)} pairs"
    peer = [score(q, n) for q, n in pairs]
    far = [(q, n, o, p) for (q, n), o, p in zip(pairs, ours, peer) if abs(o - p) > 3]
    same = sum(o == p for o, p in zip(ours, peer))
    print(f"{len(pairs)} pairs: {100 * (1 - len(far) / len(pairs)):.2f} % within 3 points, {100 * same / len(pairs):.2f} % equal; outside:")
    for q, n, o, p in far:
        print(f"  {q!r} {n!r}: ours {o}, nomenklatura {p}")
    return 0 if len(far) <= len(pairs) // 100 else 1


if __name__ == "__main__":
    sys.exit(main())
