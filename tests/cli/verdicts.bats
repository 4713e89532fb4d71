#!/usr/bin/env bats
# Each exit code and word of judge and compare, and of a run that is carried on,
# by runs whose records were changed on purpose.

load common

setup() {
    needs_python
    begin
}

# Runs steady enough to be judged by, of which the tests change copies: of two
# cases, of these and a third, of another one.
setup_file() {
    command -v python3 >/dev/null || return 0
    cd "$BATS_FILE_TMPDIR" || return
    BATS_TEST_TMPDIR=$PWD begin
    steady=(--passes 6 --max-passes 6 --budget 1 --precision 1
        --min-samples 120 --max-samples 100000)
    make_run good "${steady[@]}"
    make_run more "${steady[@]}" --set gemm.shapes=8x8x8,9x9x9,10x10x10
    make_run other "${steady[@]}" --set gemm.shapes=10x10x10
    for run in good more other; do calm "$run"; done
}

# changed DIR CODE [RUN]: a copy of the run as DIR. CODE is Python that changes
# r, the passes of the last case, as all of `cases` are, or h, which is run.json.
# takes(r, s) gives each of them 31 samples within 0.1 % of its median, and the
# figures that follow from them; their medians stand about s seconds, `apart` of
# it from one to the next. drifts(r, s): their samples rise by 120 %.
changed() {
    rm -rf "$1"
    cp -r "$BATS_FILE_TMPDIR/${3:-good}" "$1"
    python3 - "$1" "$2" <<'PYTHON'
import json
import os
import sys

os.chdir(sys.argv[1])
code = sys.argv[2]
h = json.load(open("run.json"))
name = os.path.basename(os.getcwd())
if name != "b":  # copies of a run are runs of their own here
    h["id"] = (name.encode().hex() + "0" * 32)[:32]
records = [json.loads(line) for line in open("records.jsonl")]
by_case = {}
for record in records:
    by_case.setdefault(record["case"], []).append(record)
cases = list(by_case.values())


# The interval of the median of these samples, and their trend, as etalon works
# them out.
LOW, HIGH = 0.99964501649048099, 1.0003549835095189
TREND = {"drift": 0.00022222222222, "drift_p": 0.24778083040054255}
RISE = {"drift": 1.2092815707273543, "drift_p": 3.1118437733961541e-15}


def takes(r, s, apart=1e-4):
    for i, x in enumerate(r):
        take(x, s * (1 + apart * (i - (len(r) - 1) / 2)))


def take(r, s):
    t = r["time_s"]
    f = s / t["median"]
    t["samples"] = [s * (1 + 1e-3 * (i * 7 % 31 - 15) / 15) for i in range(31)]
    t.update(n=31, n_effective=31, median=s, mean=s, ci_low=s * LOW,
             ci_high=s * HIGH, min=s * 0.999, max=s * 1.001, p95=s * 1.0009,
             p99=s * 1.00098, drifts=False, converged=True, **TREND)
    for m in r["metrics"]:
        lower = m["better"] == "lower"
        v = m["value"] = m["value"] * f if lower else m["value"] / f
        m["ci_low"], m["ci_high"] = ((v * LOW, v * HIGH) if lower else
                                     (v / HIGH, v / LOW))
    share(r)


def share(r):  # of what the ceilings allow
    roof, f = r["roofline"], [m for m in r["metrics"] if m["name"] == "flops"]
    for end, of, over in (("", "value", ""), ("_low", "ci_low", "_high"),
                          ("_high", "ci_high", "_low")):
        most = roof["attainable" + over]
        roof["share" + end] = (f[0][of] and most and f[0][of] * 1e9 / most
                               if f else None)


def drifts(r, s):
    for x in r:
        take(x, s * 0.996)
        x["time_s"].update(
            samples=[s * (1 + (0.6 * (i - 15) + 0.02 * (i * 7 % 31 - 15)) / 15)
                     for i in range(31)],
            n_effective=1.8132075471698117, mean=s, ci_low=None, ci_high=None,
            min=s * 0.38, max=s * 1.612, p95=s * 1.538, p99=s * 1.5972,
            drifts=True, converged=False, **RISE)
        for m in x["metrics"]:
            m["ci_low"] = m["ci_high"] = None
        share(x)


def wrong(r):
    r["status"] = "wrong"
    r["verification"].update(status="failed", error=9, bound=1)
    r["metrics"] = []
    r["roofline"] = {k: None for k in r["roofline"]}


scope = {"r": cases[-1], "cases": cases, "takes": takes, "wrong": wrong,
         "drifts": drifts,
         "h": h}
exec(code, scope)
json.dump(h, open("run.json", "w"), indent=2)
with open("records.jsonl", "w") as f:
    for record in (x for r in cases for x in r):
        f.write(json.dumps(record, separators=(",", ":")) + "\n")
PYTHON
    sign "$1"
}

second='[takes(x, 1e-6) for x in cases];'

compared() { # compared CODE WORD [RUN]: the baseline `a` with `b`
    changed a "$second" "${3:-good}"
    try compare a b
    [ "$status" -eq "$1" ] || fail "exit code $1 is wanted"
    tr -s ' \n' ' ' <out | grep -q "Verdict .*[1-9] $2" ||
        fail "a case that is $2 is wanted: $(grep -A 1 Verdict out)"
}

@test "compare: same, and exit code 0" {
    changed b "$second"
    compared 0 same
}

@test "compare: a fifth slower is worse by the preset tolerance: 1" {
    changed b "$second takes(r, 1.2e-6)"
    compared 1 worse
    # 1 / 1.2, whichever way the metric points.
    grep -q '0\.8333' out
    # It is tolerated by those who say so.
    try compare a b --tolerance 0.2
    passed
}

@test "compare: a fifth faster is better, and exit code 0" {
    changed b "$second takes(r, 1e-6 / 1.2)"
    compared 0 better
    grep -q '1\.200' out
}

@test "compare: a case that is gone is missing: 1" {
    changed b "$second"
    compared 1 missing more
}

@test "compare: a case more is new, and exit code 0" {
    changed b "$second" more
    compared 0 new
}

@test "compare: wrong data: 3, whatever else there is" {
    changed b "$second wrong(r[5])"
    compared 3 wrong
    changed b "$second wrong(r[5]); takes(cases[0], 2e-6)"
    compared 3 worse
}

@test "compare: a case that did not converge is unsure: 5" {
    changed b "$second takes(r, 1e-6, apart=0.3)"
    compared 5 unsure
}

@test "compare: several baselines, and one run behind them" {
    for name in a b c d; do changed "$name" "$second"; done
    changed d "$second takes(r, 1.2e-6)"
    try compare a b c -- d
    [ "$status" -eq 1 ]
    [ "$(grep -c '^Baseline ' out)" -eq 3 ] || fail 'three baselines are wanted'
    grep -qE '^worse +16.7 % slower \[[0-9.]+, [0-9.]+\], gemm ' out ||
        fail 'the case and its change are wanted in the first lines'
    # A baseline that differs from the others shows that runs differ.
    try compare a b d c
    [ "$status" -eq 5 ]
    try compare a b c
    passed
    for words in 'a -- b c' 'a -- b c d'; do
        # shellcheck disable=SC2086
        try compare $words && refused 2 'one run stands behind `--`'
    done
    # Nothing is said where nothing is the matter.
    try compare a b --quiet
    passed
    [ ! -s out ] || fail 'no word is wanted'
    try compare a d --quiet
    [ "$status" -eq 1 ]
    grep -q '^Verdict  *WORSE' out
}

@test "compare: what all cases share is said once, and what differs" {
    changed a "$second" more
    changed b "[takes(x, 1.2e-6) for x in cases];"'
h["environment"]["kernel"] = "another"' more
    try compare a b
    [ "$status" -eq 1 ]
    tr -s ' \n' ' ' <out | grep -qE 'worse 16.7 % slower \[[0-9.]+, [0-9.]+\], all 3 compute cases, their ceilings as fast as before: a library that they share' ||
        fail 'the kind is wanted'
    [ "$(grep -c '^worse ' out)" -eq 2 ] || fail 'two lines are wanted'
    grep -q '0 worse, 0 missing, 0 unsure, 0 better, 0 new, 3 same' out ||
        fail 'no case for itself is wanted'
    grep -q '^Differs  *kernel$' out
    grep -q '^kernel .* another$' out
}

@test "compare: 4 for a run that is not what it left, on either side" {
    changed a "$second"
    for change in 'echo >>b/report.txt' 'rm b/plots/*' 'ln -s / b/new'; do
        changed b "$second"
        try compare b a
        passed
        eval "$change"
        try compare a b
        [ "$status" -eq 4 ] || fail "$change: exit code 4 is wanted"
        try compare b a
        [ "$status" -eq 4 ] || fail "$change: exit code 4 is wanted"
        [ ! -s out ] || fail 'no table is wanted'
    done
    changed b "$second r[3]['time_s']['median'] *= 0.5"
    try compare a b
    [ "$status" -eq 4 ] || fail 'exit code 4 is wanted'
    grep -q 'b/records.jsonl:[0-9]*: case .*time_s.median is recorded' err
    # As a run that was killed leaves it: nothing was changed.
    changed b "$second"
    rm b/manifest.sha256
    try compare a b && refused 5 'b: inconclusive: it has no manifest.sha256'
}

@test "compare: nothing in common is unsure: 5" {
    changed b "$second" other
    changed a 'cases[:] = []; h["outcome"] = "interrupted"'
    try compare a b
    [ "$status" -eq 5 ] || fail 'exit code 5 is wanted'
}

judged() { # judged CODE WORD LINE...: the run `b` by a clause of these lines
    local code=$1 word=$2
    shift 2
    plan c.ini '[clause]' "$@"
    try judge c.ini b
    [ "$status" -eq "$code" ] || fail "exit code $code is wanted"
    tr -s ' \n' ' ' <out | grep -q "Verdict $word" || fail "$word is wanted"
}

@test "judge: 0, 1, 5 and 2" {
    changed b "$second"
    easy=('where = bench=gemm' 'metric = time' 'at_most = 1000 s')
    judged 0 PASS "${easy[@]}"
    judged 1 FAIL 'where = bench=gemm' 'metric = time' 'at_most = 0.001 ns'
    judged 5 INCONCLUSIVE 'where = bench=conv' 'metric = time' 'at_most = 1 s'
    plan c.ini '[clause]' 'where = bench=gemm'
    try judge c.ini b && refused 2 'c.ini:1'
    # Wrong data is a miss, even of what anything would meet; not of the best.
    changed b "$second wrong(r[5])"
    judged 1 FAIL "${easy[@]}"
    grep -q wrong out
    judged 0 PASS "${easy[@]}" 'take = best'
    changed b "$second wrong(r[5]); wrong(cases[0][5])"
    judged 5 INCONCLUSIVE "${easy[@]}" 'take = best'
    # Not converged, and drifting, are not known.
    changed b "$second takes(r, 1e-6, apart=0.3)"
    judged 5 INCONCLUSIVE "${easy[@]}"
    changed b "$second drifts(r[2:], 1e-6 / 0.996)"
    judged 5 INCONCLUSIVE "${easy[@]}"
    grep -q drift out
    # Nor is what something else on the machine has disturbed.
    changed b "$second"'
for x in r:
    x["disturbed"].update(n=9, most=9, many=True, at=list(range(9)))'
    judged 5 INCONCLUSIVE "${easy[@]}"
    changed b "$second"'
r[3]["facts"]["doubt"] = "it may be warm"'
    judged 5 INCONCLUSIVE "${easy[@]}"
    # Cases that are missing could decide otherwise.
    changed b "$second"'
del cases[1]; h["outcome"] = "interrupted"'
    judged 5 INCONCLUSIVE "${easy[@]}"
}

@test "judge: fewer threads than were asked for are no pass: 5" {
    plan threads.ini '[run]' 'budget = 0.1' 'min-samples = 12' \
        'precision = 1' 'team = self' '[gemm]' \
        'shapes = 48x48x48' 'backend = reference' 'threads = 2'
    plan contract.ini '[fast]' 'where = bench=gemm' 'metric = time' \
        'at_most = 1000 s'
    few() { # few VARIABLE...: with them one thread of two works
        rm -rf few
        status=0
        env OMP_WAIT_POLICY=passive "$@" "$ETALON" run --plan threads.ini \
            --out few --quiet >out 2>err || status=$?
        passed
        grep -q '"threads":2,"threads_delivered":1' few/records.jsonl ||
            fail "$*: one thread is wanted"
        grep -q '1 case had fewer threads at work' few/report.txt
        tr -s ' \n' ' ' <few/report.txt |
            grep -q 'headline: fewer threads worked'
        try judge contract.ini few
        [ "$status" -eq 5 ] || fail 'exit code 5 is wanted'
        tr -s ' \n' ' ' <out | grep -q '1 of the 2 threads of a rank worked'
    }
    few OMP_THREAD_LIMIT=1
    # On a busy machine OMP_DYNAMIC takes threads away: libgomp asks libc how
    # busy it is.
    if command -v ${CC:-cc} >/dev/null &&
        nm -D "$ETALON" | grep -q GOMP_parallel &&
        ! nm -D "$ETALON" | grep -q __asan; then
        echo 'int getloadavg(double *v, int n)
            { for (int i = 0; i < n; i++) v[i] = 99; return n; }' >busy.c
        ${CC:-cc} -shared -fPIC -o busy.so busy.c
        few OMP_DYNAMIC=true LD_PRELOAD="$PWD/busy.so"
    fi
}

@test "judge: the peak of the contract, and how many records a clause picked" {
    # A run that claims a low peak passes by its own word alone.
    make_run b --passes 12 --max-passes 60 --budget 1 --precision 1 \
        --min-samples 240 --max-samples 1000 --peak fp64=100GFLOP/s
    calm b
    share=('where = bench=gemm' 'metric = flops' 'at_least = 0.001 % of peak')
    judged 0 PASS "${share[@]}"
    refute grep -q 'Nominal peak' out
    pinned() { # pinned CODE FORMAT PEAK
        plan c.ini '[contract]' "peak = $3" '[clause]' "${share[@]}"
        try judge c.ini b --format "$2"
        [ "$status" -eq "$1" ] || fail "$2: exit code $1 is wanted"
        grep -q 'Nominal peak' out || fail "$2: the peak is wanted"
        grep -q 'Records' out || fail "$2: the records are wanted"
    }
    for format in text markdown html json; do
        pinned 1 "$format" 'fp64: 10 PFLOP/s'
        pinned 0 "$format" 'fp64: 100 GFLOP/s'
        pinned 5 "$format" 'fp32: 1 FLOP/s'
    done
    # No processor does more than its peak.
    pinned 5 text 'fp64: 1 FLOP/s'
    tr -s ' \n' ' ' <out | grep -q 'above .* nominal peak'
    pinned 0 markdown 'fp64: 100 GFLOP/s'
    grep -q '^| clause | pass | 2 |' out || fail 'two records are wanted'
    plan c.ini '[a]' 'where = m=8' "${share[@]:1}" '[b]' 'where = m=7' \
        "${share[@]:1}"
    try judge c.ini b --format markdown
    grep -q '^| a | pass | 1 |' out
    grep -q '^| b | inconclusive | 0 |' out
}

@test "judge: 4 for a run that is not what it left" {
    changed b 'pass'
    easy=('where = bench=gemm' 'metric = time' 'at_most = 1000 s')
    echo >>b/report.txt
    plan c.ini '[clause]' "${easy[@]}"
    try judge c.ini b && refused 4 'b/report.txt: changed'
    # A better figure under a new manifest: its samples do not give it.
    changed b 'r[3]["metrics"][0]["value"] *= 2'
    try judge c.ini b
    [ "$status" -eq 4 ] || fail 'exit code 4 is wanted'
    grep -q 'metric .* is recorded as' err
    [ ! -s out ] || fail 'no verdict is wanted'
}

@test "verify: 0 and what it says, 4 and what it does not say" {
    changed b 'pass'
    try verify b
    passed
    grep -q 'b: consistent; not signed. 12 records recomputed, all agree' out
    grep -qx "$(sha256sum <b/manifest.sha256 | cut -c 1-64)  manifest.sha256" out
    changed b 'r[3]["time_s"]["median"] *= 1.001'
    try verify b
    [ "$status" -eq 4 ] || fail 'exit code 4 is wanted'
    refute grep -q agree out
}

@test "a run that is carried on stays wrong: 3; what failed is tried again" {
    changed b 'wrong(r[5])'
    try run --resume b --no-quiet
    [ "$status" -eq 3 ] || fail 'exit code 3 is wanted'
    grep -q '0 measured.* 2 kept' err
    for word in failed unmeasured skipped; do
        changed b "x = r[5]
x['status'] = '$word'; x['metrics'] = []
x['roofline'] = {k: None for k in x['roofline']}"
        try run --resume b --no-quiet
        passed
        grep -q '1 measured.* 1 kept' err || fail "$word: it was not run again"
        try verify b
        passed
    done
    changed b "x = r[0]; del r[1:]
x['status'] = 'unsupported'; x['metrics'] = []
x['roofline'] = {k: None for k in x['roofline']}"
    try run --resume b --no-quiet
    passed
    grep -q '0 measured.* 2 kept' err || fail 'it was run again'
}

@test "a run is not carried on with cases that are not its plan's" {
    changed b 'for x in (x for r in cases for x in r):
    x["case"] = x["case"].replace("threads=1", "threads=7")
    x["team"].update(threads=7, oversubscribed=True, cores=1)'
    try run --resume b
    [ "$status" -eq 4 ] || fail 'exit code 4 is wanted'
    grep -q 'cases do not follow from its plan' err
    # Nor with other threads than it was begun with.
    plan free.ini '[run]' 'budget = 0.01' 'min-time = 1e-5' 'max-samples = 6' \
        'team = self' '[gemm]' 'shapes = 8x8x8' 'backend = reference'
    OMP_NUM_THREADS=1 "$ETALON" run --plan free.ini --out f --quiet >out
    OMP_NUM_THREADS=2 try run --resume f
    refused 2 'not of cases of its plan here'
}
