"""Whether the figures of a run are those that its work and its times give.

values.py DIR NAME...   DIR is a run of values.ini; each metric NAME, and no
                        other, must occur in it.
ETALON (./etalon) prints the reports.

WORK says, for each case, what one iteration is, worked out by hand from the
plan alone. From it and the raw samples everything else is worked out here, a
second time and without the program's code: each metric's value and interval in
the records, a pass each, and of all six passes of a case in the CSV, and the
printed figures with their units: rates, shares of the peak, operations for each
byte, quantiles.
"""
import csv
import io
import json
import os
import re
import subprocess
import sys

KIB, MIB = 1 << 10, 1 << 20
FP = {"fp64": 8, "fp32": 4}
PEAK = {"fp32": 10e6, "fp64": 20e6}  # FLOP/s of one core, given to the report

# Metric: the amount that it is of, units in one printed, unit, which is better.
METRICS = {
    "flops": ("flop", 1e9, "GFLOP/s", "higher"),
    "busbw": ("bus", 1e9, "GB/s", "higher"),
    "algbw": ("vector", 1e9, "GB/s", "higher"),
    "bandwidth": ("payload", 1e9, "GB/s", "higher"),
    "traffic_rate": ("moved", 1e9, "GB/s", "higher"),
    "access_time": ("loads", 1e-9, "ns", "lower"),
    "time": (None, 1, "s", "lower"),
}


def work(r):
    """One iteration of a case: amounts by name."""
    p, ranks = r["params"], r["team"]["ranks"]
    bench, dtype = r["bench"], p.get("dtype")
    if bench == "gemm":
        # 3 products of 12x8 by 8x10, a multiply and an add for each of
        # 12 x 10 x 8: 2 x 960 x 3 = 5760. A has 96 elements, B 80, C 120,
        # which beta = 0.5 reads, too: (96 + 80 + 240) x 3 = 1248.
        return {"flop": 5760, "least": 1248 * FP[dtype]}
    if bench == "conv":
        # Padded height 9 + 2, so 9 rows of 3 fit; width 7 in steps of 2, so 3
        # of 2 fit. Each of 2 x 6 x 9 x 3 = 324 outputs is a sum over the 4/2
        # channels of its group times 3 x 2: 12 multiply-adds. 2 x 324 x 12 =
        # 7776. x has 2x4x9x7 = 504 elements, w 6x2x3x2 = 72, y 324: 900.
        return {"flop": 7776, "least": 900 * 4}
    if bench == "allreduce":
        # Of 3000 B each rank sends and gets 2(p-1)/p: on 2 ranks 3000 B, on 4
        # 4500 B. A rank alone uses no link.
        w = {"vector": 3000}
        if ranks > 1:
            w["bus"] = {2: 3000, 4: 4500}[ranks]
        return w
    if bench == "broadcast":
        # The root's 3000 B, over each link once.
        return {"vector": 3000, "bus": 3000}
    if bench == "allgather":
        # 3000 B of each rank; it gets those of the p-1 others: on 2 ranks
        # 3000 B, on 4 9000 B.
        w = {"vector": {1: 3000, 2: 6000, 4: 12000}[ranks]}
        if ranks > 1:
            w["bus"] = {2: 3000, 4: 9000}[ranks]
        return w
    if bench == "io":
        return {"payload": 96 * KIB * ranks}
    if bench == "peak":
        # 8 sums of 2 doubles, or of 4 of the others, 4096 times: 2 x 8 x 2 x
        # 4096 = 131072.
        return {"flop": {"fp64": 131072, "fp32": 262144,
                         "int8": 262144}[dtype] * ranks}
    if bench == "stream":
        # copy: 2 vectors, a third of the payload is read before it is
        # written: 12 x 3/2; triad: 3 vectors, 12 x 4/3; read: none.
        return {"payload": 12 * MIB * ranks,
                "moved": {"copy": 18, "triad": 16, "read": 12}[p["op"]] *
                MIB * ranks}
    if bench == "memory_latency":
        return {"loads": 1}  # an iteration is one load
    return {}


bad = []


def must(condition, what):
    if not condition:
        bad.append(what)


def near(a, b, what):
    must(a is not None and abs(a - b) <= 1e-11 * abs(b),
         "%s is %s, worked out to %.12g" % (what, a, b))


def value(name, amount, t):
    """The metric at time t, in its printed unit."""
    _, scale, _, _ = METRICS[name]
    if name == "time":
        return t
    return (t / amount if name == "access_time" else amount / t) / scale


def quantile(v, q):
    """Of sorted v, between its neighbours (type 7 of Hyndman and Fan)."""
    h = (len(v) - 1) * q
    low = int(h)
    high = min(low + 1, len(v) - 1)
    return v[low] + (h - low) * (v[high] - v[low])


def check_record(r):
    """Its metrics against its work; returns them by name."""
    who, t, w = r["case"], r["time_s"], work(r)
    v = sorted(t["samples"])
    near(t["median"], quantile(v, 0.5), who + ": median")
    near(t["p95"], quantile(v, 0.95), who + ": p95")
    near(t["p99"], quantile(v, 0.99), who + ": p99")
    near(t["min"], v[0], who + ": min")
    near(t["max"], v[-1], who + ": max")
    near(t["mean"], sum(v) / len(v), who + ": mean")
    # A pass has an interval from six independent samples on.
    if t["ci_low"] is None:
        must(len(v) < 6 or t["n_effective"] is None or t["n_effective"] < 6,
             who + ": no interval")
    else:
        must(t["ci_low"] < t["median"] < t["ci_high"], who + ": its interval")
    want = {n: value(n, w.get(m[0]), t["median"]) for n, m in METRICS.items()
            if n == "time" or m[0] in w}
    have = {m["name"]: m for m in r["metrics"]}
    must(set(have) == set(want), "%s: metrics %s, by its work %s" % (
        who, sorted(have), sorted(want)))
    for name in set(have) & set(want):
        kind, _, unit, better = METRICS[name]
        near(have[name]["value"], want[name], who + ": " + name)
        if t["ci_low"] is not None:
            ends = sorted(value(name, w.get(kind), t[e])
                          for e in ("ci_low", "ci_high"))
            near(have[name]["ci_low"], ends[0], who + ": ci_low of " + name)
            near(have[name]["ci_high"], ends[1], who + ": ci_high of " + name)
        must((have[name]["unit"], have[name]["better"]) == (unit, better),
             "%s: %s: unit or direction" % (who, name))
    if "least" in w:
        near(r["roofline"]["intensity"], w["flop"] / w["least"],
             who + ": intensity")
    return have


def merge(passes):
    """The case of its six passes: the median of their medians, and between the
    smallest and the largest of these."""
    r = dict(passes[0])
    must([p["pass"] for p in passes] == list(range(6)),
         r["case"] + ": not six passes")
    m = sorted(p["time_s"]["median"] for p in passes)
    t = {"samples": [s for p in passes for s in p["time_s"]["samples"]],
         "median": quantile(m, 0.5), "ci_low": m[0], "ci_high": m[-1]}
    r["time_s"] = t
    return r


def widen(cases):
    """No interval is narrower than is usual for the cases of its bench."""
    for bench in {r["bench"] for r in cases}:
        mine = [r["time_s"] for r in cases if r["bench"] == bench]
        widths = [(t["ci_high"] - t["ci_low"]) / t["median"] for t in mine]
        usual = quantile(sorted(widths), 0.5)
        for t, width in zip(mine, widths):
            if len(mine) >= 3 and width < usual:
                t["ci_low"] = min(t["ci_low"], t["median"] * (1 - usual / 2))
                t["ci_high"] = max(t["ci_high"], t["median"] * (1 + usual / 2))


def metrics_of(r):
    """By name, of a merged case."""
    metrics, w, t = {}, work(r), r["time_s"]
    for name, (kind, _, _, _) in METRICS.items():
        if name == "time" or kind in w:
            ends = sorted(value(name, w.get(kind), t[e])
                          for e in ("ci_low", "ci_high"))
            metrics[name] = {"value": value(name, w.get(kind), t["median"]),
                             "ci_low": ends[0], "ci_high": ends[1]}
    return metrics


def printed(text, wanted):
    """Is it the number, to the last digit that is shown?"""
    m = re.fullmatch(r"([-+]?[\d.]+)(?:e([-+]?\d+))?", text)
    if not m:
        return False
    decimals = len(m[1].partition(".")[2])
    step = 10.0 ** (int(m[2] or 0) - decimals)
    return abs(float(text) - wanted) <= 0.5000001 * step


def seconds(text, wanted):
    m = re.fullmatch(r"([\d.]+) (s|ms|us|ns)", text)
    return m and printed(m[1], wanted / {"s": 1, "ms": 1e-3, "us": 1e-6,
                                         "ns": 1e-9}[m[2]])


def tables(markdown):
    """Each row of each table: the headings above it, and column: cell."""
    path, heads = ["", "", ""], None
    for line in markdown.split("\n"):
        line = line.replace("\\", "")
        level = len(line) - len(line.lstrip("#"))
        if level > 1:
            path[level - 2:] = [line[level:].strip()] + [""] * (4 - level)
        cells = [c.strip() for c in line.strip("|").split(" | ")]
        if not line.startswith("|"):
            heads = None
        elif heads is None:
            heads = cells
        elif not line.startswith("| ---"):
            yield "/".join(path), heads, cells


def stands(rows, where, test, what):
    """Some row that speaks of the case must pass the test."""
    mine = [(h, c) for p, h, c in rows
            if all(w in p + "|" + "|".join(c) for w in where)]
    must(mine, "%s: no row of it: %s" % (what, where))
    must(not mine or any(test(h, c) for h, c in mine),
         "%s: not printed right: %s" % (what, mine))


def under(unit, amount):
    """A test: below a heading with the unit stands the amount."""
    return lambda heads, cells: any(
        unit in h and printed(c, amount) for h, c in zip(heads, cells))


def interval(m):
    """A test: the interval's ends stand beside each other in a cell."""
    def test(_, cells):
        for c in cells:
            ends = re.fullmatch(r"\[(\S+), (\S+)\]", c)
            if ends and printed(ends[1], m["ci_low"]) and \
                    printed(ends[2], m["ci_high"]):
                return True
        return False
    return test


def percent(heads, cells, column, share):
    text = cells[heads.index(column)] if column in heads else ""
    m = re.fullmatch(r"([\d.]+) %", text)
    return bool(m) and printed(m[1], 100 * share)


def check_report(rows, r, metrics, largest):
    p, who, t = r["params"], r["case"], r["time_s"]
    bench = spoken = r["bench"].replace("_", " ")
    where = [w for w in (spoken, p.get("dtype"), p.get("op"),
                         p.get("layout"), r["backend"]) if w]
    v = sorted(t["samples"])
    if "flops" in metrics:
        m = metrics["flops"]
        unit = "GOP/s" if p["dtype"] == "int8" else "GFLOP/s"
        where = ["FLOPS report", "%s %s" % (bench, p["dtype"])]
        stands(rows, where, under(unit, m["value"]), who)
        stands(rows, where, interval(m), who)
        if p["dtype"] in PEAK:
            busy = min(r["team"]["ranks"], len(os.sched_getaffinity(0)))
            share = m["value"] * 1e9 / (busy * PEAK[p["dtype"]])
            stands(rows, where, lambda h, c: percent(h, c, "Of peak", share),
                   who + ": %g of the peak" % share)
        w = work(r)
        if "least" in w:
            stands(rows, ["Roofline", "%s %s" % (bench, p["dtype"])],
                   under("FLOP/B", w["flop"] / w["least"]), who)
    for name in ("algbw", "busbw", "bandwidth"):
        if name in metrics and (name != "bandwidth" or r["bench"] == "io" or
                                r["bench"] == "stream"):
            stands(rows, where, under("GB/s", metrics[name]["value"]),
                   who + ": " + name)
    if "access_time" in metrics:
        m = metrics["access_time"]

        def has_access(heads, cells):
            at = heads.index("access time") if "access time" in heads else -1
            ends = re.fullmatch(r"\[(.+), (.+)\]", cells[at + 1])
            return at >= 0 and ends and all(
                seconds(x, m[k] * 1e-9) for x, k in
                ((cells[at], "value"), (ends[1], "ci_low"),
                 (ends[2], "ci_high")))
        stands(rows, where, has_access, who + ": access_time")
    if r["team"]["ranks"] < largest:
        return  # single times are shown of the largest team alone
    if "access_time" in metrics:
        # An iteration is one load, so its time is the figure.
        stands(rows, ["Other figures", spoken], lambda h, c: any(
            seconds(x, metrics["access_time"]["value"] * 1e-9) for x in c),
            who + ": access_time")
    if r["bench"] in ("io", "memory_latency"):
        tail = [quantile(v, 0.95), quantile(v, 0.99), v[-1]]
        names = ["p95", "p99", "Longest"]

        def has_tail(heads, cells):
            return all(n in heads for n in names) and all(
                seconds(cells[heads.index(n)], x)
                for n, x in zip(names, tail))
        stands(rows, where, has_tail, who + ": its tail")


def report(directory, form):
    etalon = os.environ.get("ETALON", "./etalon")
    return subprocess.run(
        [etalon, "report", directory, "--format", form, "--peak",
         "fp32=10 MFLOP/s, fp64=20 MFLOP/s"][:5 if form == "csv" else 7],
        stdout=subprocess.PIPE, check=True).stdout.decode()


def main():
    directory, names = sys.argv[1], set(sys.argv[2:])
    records = [json.loads(x) for x in open(directory + "/records.jsonl")]
    rows = list(tables(report(directory, "markdown")))
    lines = {x["case"]: x for x in
             csv.DictReader(io.StringIO(report(directory, "csv")))}
    seen = set()
    measured = [r for r in records if r["status"] == "measured"]
    benches = {"gemm", "conv", "allreduce", "broadcast", "allgather", "io",
               "peak", "stream", "memory_latency"}
    if "busbw" not in names:
        benches.remove("broadcast")  # one rank alone has nobody to send to
    must({r["bench"] for r in measured} == benches,
         "benches measured: %s" % sorted({r["bench"] for r in measured}))
    largest = {b: max((r["team"]["ranks"] for r in measured
                       if r["bench"] == b), default=0) for b in benches}
    cases = {}
    for r in measured:
        check_record(r)
        cases.setdefault(r["case"], []).append(r)
    merged = [merge(passes) for passes in cases.values()]
    widen(merged)
    for r in merged:
        metrics = metrics_of(r)
        seen |= set(metrics)
        check_report(rows, r, metrics, largest[r["bench"]])
        for name in METRICS:
            for part, key in (("", "value"), ("_ci_low", "ci_low"),
                              ("_ci_high", "ci_high")):
                cell = lines[r["case"]][name + part]
                if name in metrics:
                    near(float(cell or "nan"), metrics[name][key],
                         "%s: %s%s of the CSV" % (r["case"], name, part))
                else:
                    must(cell == "", "%s: the CSV has a %s" % (r["case"],
                                                              name))
            must(lines[r["case"]][name + "_unit"] ==
                 (METRICS[name][2] if name in metrics else ""),
                 "%s: unit of %s in the CSV" % (r["case"], name))
    must(seen == names, "metrics %s, not %s" % (sorted(seen), sorted(names)))
    for what in bad:
        print("values.py: wrong:", what)
    print("values.py: %d cases, %d wrong" % (len(cases), len(bad)))
    return bool(bad)


sys.exit(main())
