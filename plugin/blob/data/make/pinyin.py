#!/usr/bin/env python3
"""Makes ../pinyin.txt: Han characters by their most frequent reading, without tones.

Needs the PyPI package `pypinyin` (MIT). Run: python3 pinyin.py > ../pinyin.txt
The package's own order of readings is kept (most frequent first), so this is its first reading of each character of the
block CJK Unified Ideographs. Surnames with another reading, and phrases, are in `native.txt`.
"""
import collections
import unicodedata

import pypinyin
from pypinyin.pinyin_dict import pinyin_dict


def plain(reading):
    decomposed = unicodedata.normalize("NFD", reading.split(",")[0].replace("ü", "v").replace("ǖ", "v").replace("ǘ", "v").replace("ǚ", "v").replace("ǜ", "v"))
    text = "".join(c for c in decomposed if not unicodedata.combining(c)).lower()
    # Passports and lists write the vowel of 吕 and 绿 as u, after n and l too.
    return text.replace("v", "u")


syllables = collections.defaultdict(list)
for code in range(0x4E00, 0xA000):
    reading = plain(pinyin_dict.get(code, ""))
    if reading.isascii() and reading.isalpha() and len(reading) <= 6:
        syllables[reading].append(chr(code))
print("# Han characters by their most frequent reading in pinyin. A line: syllable, then its characters.")
print(f"# Made by make/pinyin.py from the PyPI package pypinyin {pypinyin.__version__}; licence: MIT,")
print("# copyright (c) 2016 mozillazg, 闲耘 <hotoo.cn@gmail.com>.")
for syllable in sorted(syllables):
    print(syllable, "".join(syllables[syllable]))
