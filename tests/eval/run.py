#!/usr/bin/env python3
"""All screeners on one set of labelled names, in one table: ours, Jaro-Winkler, OFAC's method, nomenklatura's logic-v1 and logic-v2.

  run.py --list OFAC_FOLDER ... [make.py's other lists] [--output target/eval] [--sample 1000] [--set dev]

Makes the sets (make.py), builds a blob of the index, runs nomenklatura over a sample (peers.py), then `weighbridge eval` over the same
sample, which prints recall and times of all, and ratios to ours. Everything lies in the output folder and is made once: what is
there already is used again. nomenklatura comes from PyPI into a virtual environment there, and needs ICU (`apt-get install
libicu-dev pkg-config g++ python3-dev`); `--python` names an interpreter that has it.
"""
import argparse
import os
import subprocess
import sys
import venv

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
NOMENKLATURA = "nomenklatura==4.17.4"
MATCHERS = ["logic-v1", "logic-v2"]


def run(*command, **more):
    print("+", " ".join(str(c) for c in command), file=sys.stderr, flush=True)
    done = subprocess.run([str(c) for c in command], **more)
    if done.returncode != 0:
        sys.exit(f"error: `{os.path.basename(str(command[0]))}` ended with {done.returncode}")


def interpreter(output):
    """A Python with nomenklatura."""
    folder = os.path.join(output, "venv")
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(os.path.join(folder, "ready")):
        venv.create(folder, with_pip=True, clear=True)
        run(python, "-m", "pip", "install", "--quiet", NOMENKLATURA)
        open(os.path.join(folder, "ready"), "w").close()
    return python


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--list", nargs="+", help="as make.py's; not needed where the output folder holds the sets")
    for more in ("enhanced", "un", "uk-conlist", "uk", "eu"):
        ap.add_argument(f"--{more}", help="as make.py's")
    ap.add_argument("--output", default=os.path.join(ROOT, "target", "eval"))
    ap.add_argument("--set", choices=["dev", "final"], default="dev")
    ap.add_argument("--sample", type=int, default=1000, help="questions that all are asked: every k-th of the set")
    ap.add_argument("--weighbridge", help="the command; without it cargo builds and runs it")
    ap.add_argument("--python", help="an interpreter with nomenklatura")
    ap.add_argument("--json", action="store_true", help="print JSON")
    a = ap.parse_args()
    os.makedirs(a.output, exist_ok=True)
    queries = os.path.join(a.output, a.set, "queries.jsonl")
    index = os.path.join(a.output, "index")
    if not os.path.exists(queries):
        if not a.list:
            ap.error(f"there is no `{queries}`; say which lists to make it from with --list")
        lists = ["--list", *a.list]
        for name in ("enhanced", "un", "uk_conlist", "uk", "eu"):
            if getattr(a, name):
                lists += ["--" + name.replace("_", "-"), getattr(a, name)]
        run(sys.executable, os.path.join(HERE, "make.py"), *lists, "--packages", os.path.join(a.output, "packages"), "--output", a.output)

    command = [a.weighbridge] if a.weighbridge else ["cargo", "run", "--release", "--quiet", "-p", "weighbridge", "--"]
    blob = os.path.join(a.output, "eval.blob")
    # A blob of an earlier version of the tables is of no use.
    if not os.path.exists(blob) or subprocess.run([*command, "inspect", blob], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
        comments = os.path.join(index, "sdn_comments.csv")
        if not os.path.exists(comments):
            open(comments, "w").close()
        with open(os.path.join(a.output, "eval.toml"), "w", encoding="utf-8") as f:
            f.write('output = "eval.blob"\n[[source]]\nid = "us_ofac_sdn"\nformat = "ofac-csv"\npath = "index"\n')
        run(*command, "build", os.path.join(a.output, "eval.toml"), "--checked-at", "now", cwd=ROOT, stdout=subprocess.DEVNULL)

    with open(queries, "rb") as f:
        count = sum(1 for _ in f)
    step = max(1, count // max(1, a.sample))
    runs = os.path.join(a.output, "runs", f"{a.set}-{step}")
    files = {m: os.path.join(runs, f"{m}.jsonl") for m in MATCHERS}
    if not os.path.exists(os.path.join(runs, "ready")):
        python = a.python or interpreter(a.output)
        run(python, os.path.join(HERE, "peers.py"), "--index", index, "--queries", queries, "--output", runs, "--matcher", *MATCHERS, "--sample", a.sample)
        open(os.path.join(runs, "ready"), "w").close()
    peers = [part for m in MATCHERS for part in ("--run", f"{m}={files[m]}")]
    peers += ["--peer", "jaro-winkler", "--peer", "ofac"] + (["--json"] if a.json else [])
    run(*command, "eval", "--queries", queries, "--blob", blob, "--every", step, *peers, cwd=ROOT)


if __name__ == "__main__":
    main()
