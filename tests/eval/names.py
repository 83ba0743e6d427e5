"""What two spellings of a name have in common. Standard library only.

This is the benchmark's own view of names, kept apart from the screener's on purpose: a set that is labelled by the code
it measures measures nothing.
"""
import hashlib
import random
import re
import unicodedata
from difflib import SequenceMatcher

WORD = re.compile(r"[^\W_]+")
APOSTROPHES = dict.fromkeys(map(ord, "'`´‘’ʼʻʾʿ′"))

# Words that a company's name may have or lack, in Latin letters.
LEGAL = set(
    "llc ltd limited inc incorporated corp corporation co company plc gmbh ag sa sas sarl srl spa bv nv oy ab as aps kft "
    "zao oao ooo pao ao ojsc cjsc jsc pjsc fze fzc fzco fzllc llp lp pte pvt bhd sdn kk doo dd ad ood eood sro jv tov pt "
    "tbk cv de rl mbh kg se gbr sp zoo dmcc wll bsc saog psc pjs private public the and of joint stock liability".split()
)


# Words of persons' names that name nobody by themselves.
PARTICLES = set("al el bin ibn ben bint abu abou abo umm um dr haji hajji mullah maulavi mawlawi sheikh shaykh sheik gen general col colonel capt mr mrs von van de del la da di dit alias the".split())


def tokens(text):
    """Lower-case words without marks, apostrophes and punctuation."""
    text = unicodedata.normalize("NFKD", text.translate(APOSTROPHES).casefold())
    return WORD.findall("".join(c for c in text if not unicodedata.combining(c)))


def key(text):
    """Equal for names that differ in case, marks, punctuation or word order only."""
    return " ".join(sorted(tokens(text)))


def squeeze(text):
    """The letters alone."""
    return "".join(tokens(text))


def ratio(a, b):
    return SequenceMatcher(None, a, b, autojunk=False).ratio()


def relation(query, listed):
    """How a spelling relates to the nearest of the listed names: `close`, `partial` or `unrelated`.

    close: every word of the shorter name has a partner (ratio of matching letters >= 0.7) in the other, or the whole strings
    are alike. partial: at least one word that is no legal form has a partner (>= 0.8). unrelated: neither; such pairs
    cannot be found by spelling, and no total counts them.
    """
    asked = [t for t in tokens(query) if t not in LEGAL] or tokens(query)
    best = "unrelated"
    for name in listed:
        have = [t for t in tokens(name) if t not in LEGAL] or tokens(name)
        if not have or not asked:
            continue
        a, b = "".join(sorted(asked)), "".join(sorted(have))
        if ratio("".join(asked), "".join(have)) >= 0.82 or (len(asked) == len(have) and ratio(" ".join(sorted(asked)), " ".join(sorted(have))) >= 0.82):
            return "close"
        few, many = (asked, have) if len(asked) <= len(have) else (have, asked)
        scores = [max(ratio(x, y) for y in many) for x in few]
        if len(few) >= 2 and min(scores) >= 0.7:
            return "close"
        long = [s for s, x in zip(scores, few) if len(x) >= 3 and x not in PARTICLES]
        if max(long, default=0) >= 0.8 or ratio(a, b) >= 0.8:
            best = "partial"
    return best


FOLDS = [("kh", "h"), ("zh", "j"), ("sh", "s"), ("ch", "c"), ("ck", "k"), ("ph", "f"), ("x", "ks"), ("q", "k"), ("w", "v"), ("dh", "d"), ("gh", "g"), ("th", "t"), ("c", "k"), ("z", "s")]


def shapes(word):
    """What words have in common that may be two spellings of one: the consonants, and what is left without one letter."""
    if not word.isascii():
        return {word}
    bare = word
    for a, b in FOLDS:
        bare = bare.replace(a, b)
    bare = bare[0].replace("o", "u").replace("e", "i").replace("y", "i") + re.sub("[aeiouyh]", "", bare[1:])
    out = {"~" + re.sub(r"(.)\1+", r"\1", bare)} if len(bare) >= 2 else {word}
    if len(word) >= 4:
        out |= {word[:n] + word[n + 1 :] for n in range(len(word))}
    return out | {word}


def script(text):
    """The script of most letters, as in Unicode's character names: `LATIN`, `CYRILLIC`, `ARABIC`, `CJK` ..."""
    count = {}
    for c in text:
        if c.isalpha():
            name = unicodedata.name(c, "?").split(" ")[0].split("-")[0]
            name = {"HIRAGANA": "CJK", "KATAKANA": "CJK", "HANGUL": "HANGUL", "FULLWIDTH": "LATIN"}.get(name, name)
            count[name] = count.get(name, 0) + 1
    return max(count, key=lambda k: (count[k], k)) if count else "NONE"


def natural(name):
    """`SURNAME, Given Middle` as `Given Middle Surname`, in capitals as people write them."""
    if name.count(",") == 1:
        family, given = (part.strip() for part in name.split(","))
        name = f"{given} {family}"
    return title(name)


def title(name):
    return " ".join(w if any(c.islower() for c in w) or len(w) <= 1 else "-".join(p.capitalize() for p in w.split("-")) for w in name.split())


def number(*parts):
    """A number that only these strings decide, the same on every machine."""
    return int.from_bytes(hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()[:8], "big")


def generator(*parts):
    """A random generator that only these strings decide."""
    return random.Random(number(*parts))
