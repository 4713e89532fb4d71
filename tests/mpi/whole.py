"""What the records of a whole run must say: whole.py DIR RANKS|crowd."""
import json
import os
import sys

directory, ranks = sys.argv[1:]
records = [json.loads(line) for line in open(directory + "/records.jsonl")]
run = json.load(open(directory + "/run.json"))
placement = {p["ranks"]: p["groups"] for p in run["placement"]}
bad = []


def must(condition, what):
    if not condition:
        bad.append(what)


must(run["outcome"] == "complete" and not run["clock_fake"], "how it ended")
must(len({r["case"] for r in records}) == run["cases"],
     "a record of every case")
COLLECTIVES = {"allreduce": lambda p: 2 * (p - 1) / p,
               "broadcast": lambda p: 1, "allgather": lambda p: (p - 1) / p}
BENCHES = {"gemm", "conv", "io", *COLLECTIVES}
# One rank alone has nobody to send to.
must({r["bench"] for r in records} ==
     BENCHES - (set(COLLECTIVES) if run["ranks"] == 1 else set()),
     "all benches")
for r in records:
    who = r["case"]
    # An algorithm may refuse a team; none may go wrong.
    must(r["status"] in ("measured", "unsupported"), who + ": " + r["status"])
    team = r["team"]
    groups = placement[team["ranks"]]
    must(sum(g["nodes"] * g["ranks"] for g in groups) == team["ranks"],
         who + ": ranks of its nodes")
    must(team["oversubscribed"] ==
         any(g["ranks"] * team["threads"] > (g["cores"] or 1e9)
             for g in groups), who + ": oversubscribed or not")
    must(team["cores"] == (None if any(g["cores"] is None for g in groups) else
         sum(g["nodes"] * min(g["cores"], g["ranks"] * team["threads"])
             for g in groups)), who + ": cores kept busy")
    if r["status"] != "measured":
        continue
    must(r["verification"]["status"] == "passed", who + ": not verified")
    t = r["time_s"]
    must(t["n"] >= 1 and t["median"] > 0, who + ": not timed")
    # A slow disk may have left too few samples for an interval in this short
    # a run; then it must say so.
    must(t["n"] >= 6 or (t["ci_low"] is None and not t["converged"]),
         who + ": an interval from %d samples" % t["n"])
    must(r["team"]["transport"] == "mpi", who + ": transport")
    must(any(m["value"] > 0 for m in r["metrics"]), who + ": no figure")
    # Only ranks of the case's own team took part in it.
    must(r["time_s"]["slowest_rank"] < r["team"]["ranks"], who + ": slowest")
    # How the ranks began, and which of them were slow.
    sync, n = r["sync"], r["team"]["ranks"]
    must(sync["start"] == "alone" if n == 1 else
         sync["start"] in ("window", "barrier"), who + ": its start")
    must((sync["reason"] is None) == (sync["start"] != "barrier"),
         who + ": why %s: %s" % (sync["start"], sync["reason"]))
    must((sync["missed"] is None) == (sync["start"] != "window"),
         who + ": missed windows")
    must(len(sync["late"]) == (sync["missed"] or 0) and
         all(0 <= i < t["n"] for i in sync["late"]), who + ": late samples")
    if sync["start"] == "window":
        must(sync["error"] > 0 and sync["error_after"] > 0, who + ": no error")
        # One kernel, so one clock, whatever MPI calls a node.
        must(sync["error"] == sync["error_after"], who + ": clock not shared")
    if n > 1:
        spread = t["ranks"]
        must(spread["n"] == n and sum(spread["histogram"]) == n and
             len(spread["worst"]) == min(n, 8), who + ": figures of its ranks")
        worst = spread["worst"][0]
        must(worst["median"] == spread["max"] and
             worst["rank"] == t["slowest_rank"] and
             worst["host"] == t["slowest_host"],
             who + ": another rank is slower")
        must(sum(p["last"] for p in spread["last"]) >= t["n"],
             who + ": samples without a last")
        nodes = sum(g["nodes"] for g in groups)
        must(t["nodes"]["n"] == (nodes if nodes > 1 else None),
             who + ": its nodes")
        must(os.path.getsize(directory + "/ranks.bin") > 16, "no ranks.bin")
    if ranks == "crowd" and n > 1:
        must("more ranks than cores" in sync["reason"], who + ": crowd unseen")

if ranks == "crowd":
    crowded = {r["bench"]: r["team"]["oversubscribed"] for r in records}
    must(crowded == {"gemm": True, "conv": True, "allreduce": False,
                     "broadcast": False, "allgather": False, "io": False},
         "who is crowded: %s" % crowded)
    text = open(directory + "/report.html").read().lower()
    must("oversubscribed" in text, "the page does not say it")
else:
    teams = [n for n in (1, 2, 4) if n <= int(ranks)]
    cores = len(os.sched_getaffinity(0))
    for bench in sorted(BENCHES):
        for n in teams:
            if bench in COLLECTIVES and n == 1:  # nobody to send to
                continue
            there = [r for r in records if r["bench"] == bench and
                     r["team"]["ranks"] == n and r["status"] == "measured"]
            must(there, "%s on %d" % (bench, n))
            # The kernel may be given fewer cores than this process has only
            # by a launcher that binds, which the test told it not to.
            for r in there:
                must(r["team"]["oversubscribed"] ==
                     (n * r["team"]["threads"] > cores),
                     r["case"] + ": %d cores" % cores)
    if int(ranks) > 1:
        for r in records:
            factor, p = COLLECTIVES.get(r["bench"]), r["team"]["ranks"]
            if factor and p > 1 and r["status"] == "measured":
                m = {m["name"]: m["value"] for m in r["metrics"]}
                size = int(r["params"]["bytes"]) * \
                    (p if r["bench"] == "allgather" else 1)
                seconds = r["time_s"]["median"]
                must(abs(m["algbw"] * 1e9 * seconds / size - 1) < 1e-6,
                     r["case"] + ": algbw")
                must(abs(m["busbw"] / m["algbw"] / factor(p) - 1) < 1e-6,
                     r["case"] + ": busbw")

for what in bad:
    print("whole.py: wrong:", what)
print("whole.py: %d records on %s, %d wrong" % (len(records), ranks, len(bad)))
sys.exit(bool(bad))
