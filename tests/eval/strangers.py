#!/usr/bin/env python3
"""Makes a set of parties that OFAC's list does not have: those of the EU's list, put into the index beside OFAC's.

  strangers.py --list OFAC_FOLDER ... --eu FILE --ordinary DIR/dev/queries.jsonl --output DIR

A party of the EU's list none of whose names resembles a name of OFAC's list goes into the index with its first Latin name and half of
the others; the rest, in 24 languages and all scripts, is asked. Words and rules that were chosen on OFAC's parties are measured here
on parties that nobody looked at. The ordinary names are those of a set that make.py made. Two sets come out, `dev` and `final`, 65 % and
35 % of the parties. The same input gives the same bytes.
"""
import argparse
import collections
import json
import os

import lists
from make import write_index
from names import PARTICLES, key, number, relation, script, shapes, squeeze, tokens


def resembling(parties):
    """A test of names: is one of these parties' names, by most of its words, perhaps the same name?"""
    names, by_shape = [], collections.defaultdict(set)
    for p in parties:
        for n in p.names:
            for shape in {s for w in tokens(n) for s in shapes(w)}:
                by_shape[shape].add(len(names))
            names.append(n)

    def test(name):
        words = set(tokens(name))
        common = collections.Counter(n for w in words for n in set().union(*(by_shape.get(s, ()) for s in shapes(w))))
        least = min(2, len(words))
        return any(count >= least and relation(name, [names[n]]) == "close" for n, count in common.items())

    return test


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--list", required=True, nargs="+", help="as make.py's")
    ap.add_argument("--eu", required=True, help="as make.py's")
    ap.add_argument("--ordinary", required=True, help="queries whose ordinary names are asked too")
    ap.add_argument("--output", required=True)
    a = ap.parse_args()
    known = resembling(lists.ofac(a.list).values())
    bearers, chosen = collections.defaultdict(set), []
    for n, q in enumerate(lists.eu_derived(a.eu), 9000001):
        names = [m for m in q.names if 4 <= len(m) <= 200]
        latin = [m for m in names if script(m) == "LATIN"]
        if not latin or any(known(m) for m in latin):
            continue
        kept = latin[:1] + [m for m in latin[1:] if number("x", "keep", q.id, m) % 2]
        for m in kept:
            bearers[key(m)].add(n)
        chosen.append((n, q, names, kept))

    parts = {"dev": [], "final": []}
    for n, q, names, kept in chosen:
        seen = {key(m) for m in kept}
        for m in names:
            s, wide = script(m), len(tokens(m))
            # What make.py asks of other lists' spellings, too.
            if s == "LATIN" and (wide < 2 or len(squeeze(m)) < 6 or (q.kind == "person" and sum(w not in PARTICLES for w in tokens(m)) < 2)):
                continue
            if s != "LATIN" and not (wide >= 2 or (s in ("CJK", "HANGUL") and len(m) >= 3) or (q.kind == "organization" and len(m) >= 6)):
                continue
            if s == "NONE" or key(m) in seen or bearers.get(key(m), set()) - {n}:
                continue
            seen.add(key(m))
            near = relation(m, kept) if s == "LATIN" else ""
            category = f"script_{s.lower()}" if s != "LATIN" else "xlist_unrelated" if near == "unrelated" else f"alias_{near}"
            part = "final" if number("x", "part", q.id) % 100 < 35 else "dev"
            rows = parts[part]
            rows.append({"id": f"{part[0]}x{len(rows):05d}", "query": m, "schema": q.kind, "truth": [str(n)], "category": category, "origin": "eu"})

    index = os.path.join(a.output, "index")
    write_index(a.list, {}, set(), index)
    null = "-0- "
    for file, rows in (
        ("sdn.csv", [[n, kept[0], "individual" if q.kind == "person" else null, "EU", *[null] * 8] for n, q, _, kept in chosen]),
        ("alt.csv", [[n, n * 100 + i, "aka", m, null] for n, _, _, kept in chosen for i, m in enumerate(kept[1:])]),
    ):
        path = os.path.join(index, file)
        with open(path, "rb+") as f:
            f.seek(-1, os.SEEK_END)  # the mark of the end, 0x1A
            for r in rows:
                f.write((",".join(str(v) if v == null or isinstance(v, int) else '"' + v.replace('"', '""') + '"' for v in r) + "\r\n").encode())
            f.write(b"\x1a")
    with open(a.ordinary, encoding="utf-8") as f:
        ordinary = [row for row in f if not json.loads(row)["truth"]]
    for part, rows in parts.items():
        os.makedirs(os.path.join(a.output, part), exist_ok=True)
        with open(os.path.join(a.output, part, "queries.jsonl"), "w", encoding="utf-8") as f:
            f.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            f.writelines(ordinary)
        print(part, len(rows), dict(sorted(collections.Counter(r["category"] for r in rows).items())))


if __name__ == "__main__":
    main()
