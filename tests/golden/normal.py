"""What must be the same in every build on every machine, one fact a line.

normal.py records FILE   records.jsonl, pretty-printed, the first pass of each
                         case; without
    origin, energy, the team's cores, the slowest host: they name the machine
        and its libraries;
    the spread over ranks and nodes of a team of one, which must be empty;
    io's facts and the io check's method: they name the file system;
    verification.error: rounding follows the compiler and the vector width
        (kept as whether it is within the bound, which is exact);
    verification.digest of what was rounded, kept as whether there is one;
    digits of a number beyond the twelfth: a fused multiply-add changes them.
normal.py report FILE    report.txt, without
    its title (the host), the parts on machine, build and placement, warnings
    on the build's commit, its libraries and limits, and the lines on figures,
    which stand only where gnuplot is.
"""
import json
import os
import re
import sys


def rounded(v):
    if isinstance(v, float):
        return float(f"{v:.12g}")
    if isinstance(v, list):
        return [rounded(x) for x in v]
    if isinstance(v, dict):
        return {k: rounded(x) for k, x in v.items()}
    return v


def records(path):
    for line in open(path):
        r = json.loads(line)
        if r["pass"] > 0:
            continue
        for key in ("origin", "energy"):
            del r[key]
        del r["team"]["cores"], r["team"]["oversubscribed"]
        del r["time_s"]["slowest_host"]
        for key in ("ranks", "nodes"):
            if any(r["time_s"][key].values()):
                sys.exit(f"a team of one compares its {key}")
            r["time_s"][key] = "none"
        check = r["verification"]
        if check["error"] is not None:
            check["error"] = "within" if check["error"] <= check["bound"] \
                else "beyond"
        if r["bench"] in ("gemm", "conv") and check["digest"]:
            check["digest"] = "there"
        if r["bench"] == "io":
            del r["facts"], check["method"]
        text = json.dumps(rounded(r), indent=1, ensure_ascii=False)
        # A list of numbers stands on one line.
        yield re.sub(r"\[\s*([-0-9.e,\s]+?)\s*\]",
                     lambda m: "[" + " ".join(m[1].split()) + "]", text)


def report(path):
    drop = ("Machine and build", "Placement")
    commit = ("WARNING: etalon was built from sources with uncommitted",
              "WARNING: The build does not know its git commit")
    info = json.load(open(os.path.join(os.path.dirname(path), "run.json")))
    cautions = ["WARNING: " + c for c in info["cautions"]]
    dropped, out = False, []
    for paragraph in open(path).read().strip().split("\n\n"):
        head, _, below = paragraph.partition("\n")
        # A heading is underlined to its length and alone in its paragraph.
        if re.fullmatch("=+|-+", below) and len(below) == len(head):
            dropped = head in drop or below[0] == "="
        if " ".join(paragraph.split()) in cautions:
            continue
        if not dropped and not paragraph.startswith(("Figure: ", *commit)):
            # The processor's name, at the head of its roofline.
            if "Attainable, in GFLOP/s, is" in paragraph:
                paragraph = "PROCESSOR. Attainable" + " ".join(
                    paragraph.split()).partition("Attainable")[2]
            out += [paragraph, ""]
    return out[:-1]


for text in {"records": records, "report": report}[sys.argv[1]](sys.argv[2]):
    print(text)
