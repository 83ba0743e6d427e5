"""The documented mutations: each takes a listed name in reading order and gives a spelling that must still be found.

Every function takes `(rng, name, kind)` and gives the mutated name, or None where it does not apply.
"""
import re

KEYS = {a: b for a, b in zip("qwertyuiopasdfghjklzxcvbnm", ["wa", "qes", "wrd", "etf", "ryg", "tuh", "yij", "uok", "ipl", "ol", "qsz", "adwx", "sfec", "dgrv", "fhtb", "gjyn", "hkum", "jlin", "kop", "xas", "zcsd", "xvdf", "cbfg", "vnhg", "bmhj", "njk"])}
MARKS = {"a": "áàâäãåā", "e": "éèêëėę", "i": "íìîïī", "o": "óòôöõō", "u": "úùûüū", "c": "çčć", "s": "šșş", "z": "žżź", "n": "ñńň", "y": "ý", "g": "ğ", "r": "ř", "l": "ľ", "t": "țť", "d": "ď"}
LOOKALIKES = {"a": "а", "c": "с", "e": "е", "o": "оο", "p": "рρ", "x": "х", "y": "у", "i": "і", "j": "ј", "s": "ѕ", "h": "һ", "n": "ո", "u": "ս", "A": "АΑ", "B": "ВΒ", "C": "С", "E": "ЕΕ", "H": "НΗ", "I": "ІΙ", "K": "КΚ", "M": "МΜ", "N": "Ν", "O": "ОΟ", "P": "РΡ", "S": "Ѕ", "T": "ТΤ", "X": "ХΧ", "Y": "УΥ", "Z": "Ζ"}
LEET = {"a": "4", "b": "8", "e": "3", "g": "9", "i": "1", "l": "1", "o": "0", "s": "5", "t": "7", "z": "2"}
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u061c\u180e\u2063"
PARTICLES = set("al el bin ibn ben bint abu abd abdul ould de del la da van von ur".split())
# Both ways: whatever stands on one side may be written as any other of its line.
FORMS = [
    ["limited liability company", "llc", "ltd", "ltd.", "limited", "co ltd", "co., ltd.", "ooo", "l.l.c."],
    ["joint stock company", "jsc", "ao"],
    ["open joint stock company", "ojsc", "oao"],
    ["closed joint stock company", "cjsc", "zao"],
    ["public joint stock company", "pjsc", "pao"],
    ["incorporated", "inc", "inc.", "corp", "corporation"],
]
SUFFIX = re.compile(
    r"(?i)(?:,?\s*\b(?:limited liability company|limited liability partnership|(?:open |closed |public )?joint[ -]stock company|co\.?,? ?ltd\.?|company limited|limited|ltd|llc|l\.l\.c|inc|incorporated|corp|corporation|"
    r"jsc|ojsc|cjsc|pjsc|ooo|oao|zao|pao|ao|gmbh|fze|fzco|fzc|s\.?a\.? de c\.?v|s\.a\.s|s\.a\.r\.l|sarl|s\.a|s\.r\.l|llp|plc|pte|pvt|sdn bhd|e\.u|s\.p\.a)\b\.?)+\s*$"
)
PREFIX = re.compile(r"(?i)^(?:limited liability company|(?:open |closed |public )?joint[ -]stock company|llc|jsc|ojsc|cjsc|pjsc|ooo|oao|zao|pao|ao|tov|too|obshchestvo s ogranichennoy otvetstvennostyu|aktsionernoe obshchestvo)\s+(?=\S)")
SHORT = [
    ("company", "co"), ("company", "comp"), ("limited", "ltd"), ("international", "intl"), ("international", "int'l"), ("technology", "tech"), ("technologies", "tech"), ("manufacturing", "mfg"),
    ("trading", "trdg"), ("industries", "inds"), ("industrial", "indl"), ("industry", "ind"), ("general", "gen"), ("services", "svcs"), ("service", "svc"), ("group", "grp"), ("engineering", "eng"),
    ("development", "dev"), ("corporation", "corp"), ("and", "&"), ("investment", "invest"), ("investments", "inv"), ("management", "mgmt"), ("commercial", "comm"), ("national", "natl"),
    ("department", "dept"), ("association", "assn"), ("equipment", "equip"), ("transport", "transp"), ("import", "imp"), ("export", "exp"), ("enterprise", "ent"), ("enterprises", "ent"),
    ("scientific", "sci"), ("research", "res"), ("center", "ctr"), ("institute", "inst"), ("university", "univ"), ("government", "govt"), ("chemical", "chem"), ("electronics", "elec"), ("laboratory", "lab"),
    ("shipping", "shpg"), ("marine", "mar"), ("petroleum", "petro"), ("construction", "constr"), ("brothers", "bros"), ("exchange", "exch"), ("establishment", "est"), ("company", "cmpny"), ("production", "prod"), ("bank", "bk"),
]
TRANSLIT = [
    ("sch", "sh"), ("shch", "sch"), ("kh", "h"), ("kh", "ch"), ("zh", "j"), ("ts", "tz"), ("ch", "tch"), ("yev", "iev"), ("ev", "eff"), ("ov", "off"), ("ov", "ow"), ("ev", "ew"), ("iy", "y"), ("iy", "ij"), ("yy", "y"), ("ay", "ai"), ("ey", "ei"), ("ei", "ey"),
    ("ya", "ia"), ("ia", "iya"), ("yu", "iu"), ("yu", "ju"), ("ye", "e"), ("y", "i"), ("i", "y"), ("ks", "x"), ("x", "ks"), ("q", "k"), ("k", "q"), ("k", "c"), ("c", "k"), ("oo", "u"), ("u", "ou"), ("ou", "u"), ("u", "oo"), ("ee", "i"), ("i", "ee"),
    ("ah", "a"), ("eh", "e"), ("dj", "j"), ("j", "dj"), ("w", "v"), ("v", "w"), ("ph", "f"), ("f", "ph"), ("th", "t"), ("dh", "d"), ("gh", "g"), ("ss", "s"), ("mm", "m"), ("dd", "d"), ("nn", "n"), ("ll", "l"), ("z", "s"), ("aa", "a"), ("o", "u"), ("e", "i"), ("a", "e"),
    ("muhammad", "mohamed"), ("mohammad", "muhammed"), ("ahmad", "ahmed"), ("hussein", "husayn"), ("husayn", "hossein"), ("alexander", "aleksandr"), ("aleksandr", "alexandr"), ("sergei", "sergey"), ("yuri", "iurii"), ("xi", "hsi"), ("zh", "ch"), ("qing", "ching"), ("jong", "chong"), ("kim", "gim"), ("ri", "ree"), ("pak", "park"),
]
STYLES = [
    lambda c: chr(0xFF01 + ord(c) - 0x21) if "!" <= c <= "~" else c,
    *[(lambda up, low: lambda c: chr(up + ord(c) - 65) if "A" <= c <= "Z" else chr(low + ord(c) - 97) if "a" <= c <= "z" else c)(up, low) for up, low in ((0x1D400, 0x1D41A), (0x1D5A0, 0x1D5BA), (0x1D5D4, 0x1D5EE), (0x1D670, 0x1D68A), (0x1D468, 0x1D482))],
    lambda c: chr(0x24B6 + ord(c) - 65) if "A" <= c <= "Z" else chr(0x24D0 + ord(c) - 97) if "a" <= c <= "z" else c,
]


def one_edit(rng, word):
    at = rng.randrange(len(word))
    what = rng.choice(["swap", "delete", "insert", "replace"])
    near = KEYS.get(word[at].lower(), "e")
    if what == "swap" and len(word) > 1:
        at = min(at, len(word) - 2)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if what == "delete":
        return word[:at] + word[at + 1 :]
    if what == "insert":
        return word[:at] + rng.choice(near + word[at].lower()) + word[at:]
    return word[:at] + rng.choice(near) + word[at + 1 :]


def edits(rng, name, count, shortest):
    words = name.split()
    places = [n for n, w in enumerate(words) if len(w) >= shortest and w.isalpha() and w.isascii()]
    if not places:
        return None
    for _ in range(count):
        n = rng.choice(places)
        for _ in range(20):
            new = one_edit(rng, words[n])
            if new != words[n]:
                break
        words[n] = new
    return " ".join(words)


def typo1(rng, name, kind):
    return edits(rng, name, 1, 4)


def typo2(rng, name, kind):
    return edits(rng, name, 2, 5) if len(name) >= 10 else None


def translit(rng, name, kind):
    found = [(a, b) for a, b in TRANSLIT if a in name.lower()]
    if not found or not name.isascii():
        return None
    out, wanted = name, rng.choice([1, 2, 2, 3])
    for a, b in rng.sample(found, min(wanted, len(found))):
        at = [m.start() for m in re.finditer(re.escape(a), out.lower())]
        if at:
            n = rng.choice(at)
            old = out[n : n + len(a)]
            new = b.upper() if old.isupper() and len(out) > 1 and out.isupper() else b.capitalize() if old[0].isupper() else b
            out = out[:n] + new + out[n + len(a) :]
    return out


def reorder(rng, name, kind):
    words = name.replace(",", "").split()
    if len(words) < 2:
        return None
    if kind == "person" or rng.random() < 0.5:
        n = rng.randrange(1, len(words))
        return " ".join(words[n:] + words[:n])
    rng.shuffle(words)
    return " ".join(words)


def drop_middle(rng, name, kind):
    words = name.split()
    if kind != "person" or len(words) < 3 or any(w.lower().strip("'") in PARTICLES for w in words):
        return None
    return f"{words[0]} {words[-1]}" if len(words) == 3 or rng.random() < 0.7 else " ".join(words[:1] + words[2:])


def initial(rng, name, kind):
    words = name.split()
    if kind != "person" or len(words) < 2 or not words[0][0].isalpha() or len(words[-1]) < 3:
        return None
    dot = rng.choice([".", "", "."])
    if len(words) > 2 and rng.random() < 0.5:
        return " ".join([words[0]] + [w[0] + dot for w in words[1:-1] if w[0].isalpha()] + words[-1:])
    return " ".join([words[0][0] + dot] + (words[1:] if rng.random() < 0.3 else words[-1:]))


def join(rng, name, kind):
    words = name.split()
    if len(words) < 2:
        return None
    n = rng.randrange(len(words) - 1)
    return " ".join(words[:n] + [words[n] + (words[n + 1] if words[n].isupper() else words[n + 1].lower())] + words[n + 2 :])


def split(rng, name, kind):
    words = name.split()
    places = [n for n, w in enumerate(words) if len(w) >= 6 and w.isalpha()]
    if not places:
        return None
    n = rng.choice(places)
    at = rng.randrange(2, len(words[n]) - 2)
    return " ".join(words[:n] + [words[n][:at] + rng.choice([" ", "-"]) + words[n][at:].capitalize()] + words[n + 1 :])


def swap_letters(rng, name, table, low, high):
    at = [n for n, c in enumerate(name) if c in table or c.lower() in table]
    if not at:
        return None
    out = list(name)
    for n in rng.sample(at, min(len(at), rng.randint(low, high))):
        c = out[n]
        new = rng.choice(table.get(c) or table[c.lower()])
        out[n] = new.upper() if c.isupper() and c not in table and len(new.upper()) == 1 else new
    return "".join(out)


def diacritic(rng, name, kind):
    return swap_letters(rng, name, MARKS, 1, 3)


def homoglyph(rng, name, kind):
    return swap_letters(rng, name, LOOKALIKES, 1, max(1, len(name) // 3))


def leet(rng, name, kind):
    words = name.split()
    places = [n for n, w in enumerate(words) if len(w) >= 4 and w.isalpha()]
    if not places:
        return None
    n = rng.choice(places)
    words[n] = swap_letters(rng, words[n], LEET, 1, 2) or words[n]
    return " ".join(words)


def zero_width(rng, name, kind):
    out = list(name)
    for _ in range(rng.randint(1, 4)):
        out.insert(rng.randrange(1, len(out)), rng.choice(INVISIBLE))
    return "".join(out)


def unicode_style(rng, name, kind):
    style = rng.choice(STYLES)
    return "".join(map(style, name)) if name.isascii() else None


def case_punct(rng, name, kind):
    return rng.choice([
        lambda: name.upper(), lambda: name.lower(), lambda: name.replace(" ", "_"), lambda: name.replace(" ", "  "), lambda: name.replace(" ", "."), lambda: name.replace(" ", "-"),
        lambda: re.sub(r"[^\w\s]", "", name), lambda: "".join(c.upper() if n % 2 else c.lower() for n, c in enumerate(name)), lambda: f'"{name}"', lambda: name.replace(" ", ", "), lambda: name + ".", lambda: name.swapcase(),
    ])()


def title_noise(rng, name, kind):
    if kind == "person":
        return rng.choice(["Mr. {}", "Mr {}", "Dr. {}", "Prof. {}", "Gen. {}", "Haji {}", "Eng. {}", "Sheikh {}", "Capt. {}", "{}, PhD", "{} - Director", "{} (CEO)", "{} Jr.", "His Excellency {}", "Col {}", "{}, MD"]).format(name)
    return rng.choice(["The {}", "M/s {}", "Messrs. {}", "{} (Dubai Branch)", "{} - Head Office", "{} (Private)", "{}, Moscow", "{} Branch", "{} (Beijing)", "Attn: {}", "{} and Subsidiaries", "{} Group"]).format(name)


def org_abbrev(rng, name, kind):
    if kind != "organization":
        return None
    pairs = [(a, b) for x, y in SHORT for a, b in ((x, y), (y, x))] + [(a, b) for line in FORMS for a in line for b in line if a != b]
    found = [(a, b) for a, b in pairs if re.search(rf"(?i)(?<!\w){re.escape(a)}(?!\w)", name)]
    if not found:
        return None
    out = name
    for a, b in rng.sample(found, min(len(found), rng.choice([1, 1, 2]))):
        new = b.upper() if name.isupper() else b.title()
        out = re.sub(rf"(?i)(?<!\w){re.escape(a)}(?!\w)", lambda m: new, out, count=1)
    return out


def bare(name):
    """The name without its legal form, or None if nothing distinctive is left."""
    out = PREFIX.sub("", SUFFIX.sub("", name)).strip(" ,.-'\"")
    return out if len(out) >= 4 else None


def org_suffix(rng, name, kind):
    if kind != "organization":
        return None
    stem = bare(name)
    return stem and f"{stem} {rng.choice(['LLC', 'Ltd', 'Limited', 'Co Ltd', 'Co., Ltd.', 'Inc', 'JSC', 'Limited Liability Company', 'Corporation', 'Company', 'OOO', 'GmbH'])}"


def org_suffix_drop(rng, name, kind):
    if kind != "organization":
        return None
    stem = bare(name)
    return stem if stem and stem != name else None


def exact(rng, name, kind):
    return name


ALL = {f.__name__: f for f in (exact, typo1, typo2, translit, reorder, drop_middle, initial, join, split, diacritic, homoglyph, leet, zero_width, unicode_style, case_punct, title_noise, org_abbrev, org_suffix, org_suffix_drop)}
