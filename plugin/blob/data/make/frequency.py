#!/usr/bin/env python3
"""Makes ../frequency.txt: how ordinary a given name, family name or company word is, in 15 logarithmic classes.

Needs the PyPI package Faker 40.63.0 (MIT) and the npm package @cspell/dict-companies 3.2.14 (MIT, its text file as argument),
and the example `normal_form` built, whose path is the second argument: names in other scripts are read by the same code.
Run: python3 frequency.py companies.txt target/release/examples/normal_form > ../frequency.txt

Every locale counts the same, whatever the number of its names: a name's weight is its share of the locale's list (its
weight where the list has weights, else by rank), so that Arabic, Persian, Turkish, South Asian, Chinese, Korean, Slavic,
African and Latin American names are as ordinary as Western ones. Class 15 is the heaviest, each class below half as heavy.
"""
import collections
import importlib
import math
import pathlib
import re
import subprocess
import sys

import faker

PEOPLE = pathlib.Path(faker.__file__).parent / "providers" / "person"
LIMIT = 9000


def names(provider):
    for field in dir(provider):
        if re.match(r"(first|last|middle)_?names?|(first|last)_names?_(male|female|nonbinary)|first_romanized_names|last_romanized_names", field):
            values = getattr(provider, field)
            if callable(values) or isinstance(values, (property, str)):
                continue
            if isinstance(values, dict):
                yield from values.items()
            else:
                for rank, value in enumerate(values, 1):
                    yield value, 1 / (rank + 20)


weights = collections.Counter()
for folder in sorted(p.name for p in PEOPLE.iterdir() if (p / "__init__.py").exists()):
    provider = importlib.import_module(f"faker.providers.person.{folder}").Provider
    local = collections.Counter()
    pairs = [(name, weight) for name, weight in names(provider) if isinstance(name, str) and "{" not in name]
    text = "".join(f"person\t{name}\n" for name, _ in pairs)
    forms = subprocess.run([sys.argv[2]], input=text, capture_output=True, text=True, check=True).stdout.splitlines()
    for (_, weight), form in zip(pairs, forms, strict=True):
        for token in form.split("\t")[2].split("|")[0].split():
            if re.fullmatch("[a-z]{2,20}", token):
                local[token] += weight
    total = sum(local.values()) or 1
    for token, weight in local.items():
        # A list of few names says little about how often each is borne.
        weights[token] += weight / total * min(1, len(local) / 400)
text = "".join(f"organization\t{line.strip()}\n" for line in open(sys.argv[1]) if line.strip() and not line.startswith("#"))
forms = subprocess.run([sys.argv[2]], input=text, capture_output=True, text=True, check=True).stdout.splitlines()
words = collections.Counter(t for form in forms for t in form.split("\t")[2].split("|")[0].split() if re.fullmatch("[a-z]{2,20}", t))
for token, count in words.items():
    weights[token] += 2 * count / sum(words.values())
best = weights.most_common(LIMIT)
top = best[0][1]
classes = collections.defaultdict(list)
for token, weight in best:
    classes[max(1, 15 - int(math.log2(top / weight) * 15 / 11))].append(token)
print("# Ordinary words by class of frequency. A line: class (15 = most frequent), then its words in normal form.")
print(f"# Made by make/frequency.py from the PyPI package Faker {faker.VERSION} (MIT, copyright (c) 2012 Daniele Faraglia) and the")
print("# npm package @cspell/dict-companies 3.2.14 (MIT, copyright (c) 2017-2026 Street Side Software).")
for number in sorted(classes, reverse=True):
    print(number, " ".join(sorted(classes[number])))
