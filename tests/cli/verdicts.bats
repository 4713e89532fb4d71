#!/usr/bin/env bats
# Each exit code and word of judge and compare, and of a run that is carried on,
# by runs whose records were changed on purpose.

load common

setup() {
    command -v python3 >/dev/null || skip 'no python3 to change records with'
    begin
}

# A run of two cases, steady enough to be judged by: the tests change copies.
setup_file() {
    command -v python3 >/dev/null || return 0
    cd "$BATS_FILE_TMPDIR" || return
    BATS_TEST_TMPDIR=$PWD begin
    make_run good --precision 1 --min-samples 20 --max-samples 100000 \
        --budget 1 --no-ceilings
    calm good
}

# changed DIR CODE: a copy of the run as DIR. CODE is Python that changes r, the
# record of the second case. takes(r, s) gives it 31 samples within 0.1 % of s
# seconds, for those that compare, who recompute nothing.
changed() {
    rm -rf "$1"
    cp -r "$BATS_FILE_TMPDIR/good" "$1"
    python3 - "$1/records.jsonl" "$2" <<'PYTHON'
import json
import sys

path, code = sys.argv[1:]
records = [json.loads(line) for line in open(path)]


def takes(r, s):
    t = r["time_s"]
    f = s / t["median"]
    t["samples"] = [s * (1 + 1e-3 * (i * 7 % 31 - 15) / 15) for i in range(31)]
    t.update(n=31, median=s, ci_low=s * 0.9997, ci_high=s * 1.0003,
             converged=True)
    for m in r["metrics"]:
        m["value"] *= f if m["better"] == "lower" else 1 / f
        m["ci_low"], m["ci_high"] = m["value"] * 0.9997, m["value"] * 1.0003


def wrong(r):
    r["status"] = "wrong"
    r["verification"].update(status="failed", error=9, bound=1)
    r["metrics"] = []
    r["roofline"] = {k: None for k in r["roofline"]}


scope = {"r": records[1], "records": records, "takes": takes,
         "wrong": wrong}
exec(code, scope)
with open(path, "w") as f:
    for record in records:
        f.write(json.dumps(record, separators=(",", ":")) + "\n")
PYTHON
    sign "$1"
}

second='takes(records[0], 1e-6); takes(r, 1e-6);'

compared() { # compared CODE WORD: the baseline `a` with `b`
    changed a "$second"
    try compare a b
    [ "$status" -eq "$1" ] || fail "exit code $1 is wanted"
    tr -s ' \n' ' ' <out | grep -q "Changes .*[1-9] $2" ||
        fail "a case that is $2 is wanted: $(grep -A 1 Changes out)"
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
    changed b "$second del records[1]"
    compared 1 missing
}

@test "compare: a case more is new, and exit code 0" {
    changed b "$second records.append(dict(r, case='gemm another'))"
    compared 0 new
}

@test "compare: wrong data: 3, whatever else there is" {
    changed b "$second wrong(r)"
    compared 3 wrong
    changed b "$second wrong(r); takes(records[0], 2e-6)"
    compared 3 worse
}

@test "compare: a case that did not converge is unsure: 5" {
    changed b "$second r['time_s']['converged'] = False"
    compared 5 unsure
}

@test "compare: nothing in common is unsure: 5" {
    changed b 'records[0]["case"] = "x"; r["case"] = "y"; records[:] = [r]'
    cp -r "$BATS_FILE_TMPDIR/good" a
    head -n 0 a/records.jsonl >empty && mv empty a/records.jsonl
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
    changed b 'pass'
    easy=('where = bench=gemm' 'metric = time' 'at_most = 1000 s')
    judged 0 PASS "${easy[@]}"
    judged 1 FAIL 'where = bench=gemm' 'metric = time' 'at_most = 0.001 ns'
    judged 5 INCONCLUSIVE 'where = bench=conv' 'metric = time' 'at_most = 1 s'
    plan c.ini '[clause]' 'where = bench=gemm'
    try judge c.ini b && refused 2 'c.ini:1'
    # Wrong data is a miss, even of what anything would meet; not of the best.
    changed b 'wrong(r)'
    judged 1 FAIL "${easy[@]}"
    grep -q wrong out
    judged 0 PASS "${easy[@]}" 'take = best'
    changed b 'wrong(r); wrong(records[0])'
    judged 5 INCONCLUSIVE "${easy[@]}" 'take = best'
    # Not converged, and drifting, are not known.
    changed b 'r["time_s"]["converged"] = False'
    judged 5 INCONCLUSIVE "${easy[@]}"
    changed b 'r["time_s"]["drifts"] = True'
    judged 5 INCONCLUSIVE "${easy[@]}"
    # Nor is what something else on the machine has disturbed.
    changed b 'r["disturbed"].update(n=9, most=9, many=True, at=list(range(9)))'
    judged 5 INCONCLUSIVE "${easy[@]}"
    changed b 'r["facts"]["doubt"] = "it may be warm"'
    judged 5 INCONCLUSIVE "${easy[@]}"
    # Cases that are missing could decide otherwise.
    changed b 'del records[1]'
    judged 5 INCONCLUSIVE "${easy[@]}"
}

@test "judge: fewer threads than were asked for are no pass: 5" {
    plan threads.ini '[run]' 'budget = 0.1' 'min-samples = 12' \
        'precision = 1' 'team = self' 'ceilings = no' '[gemm]' \
        'shapes = 48x48x48' 'backend = reference' 'threads = 2'
    OMP_THREAD_LIMIT=1 OMP_WAIT_POLICY=passive \
        try run --plan threads.ini --out few --quiet
    passed
    grep -q '"threads":2,"threads_delivered":1' few/records.jsonl
    grep -q '1 case had fewer threads at work' few/report.txt
    tr -s ' \n' ' ' <few/report.txt | grep -q 'headline: fewer threads worked'
    plan contract.ini '[fast]' 'where = bench=gemm' 'metric = flops' \
        'at_least = 1 FLOP/s'
    try judge contract.ini few
    [ "$status" -eq 5 ] || fail 'exit code 5 is wanted'
    tr -s ' \n' ' ' <out | grep -q '1 of the 2 threads of a rank worked'
}

@test "judge: 4 for a run that is not what it left" {
    changed b 'pass'
    easy=('where = bench=gemm' 'metric = time' 'at_most = 1000 s')
    echo >>b/report.txt
    plan c.ini '[clause]' "${easy[@]}"
    try judge c.ini b && refused 4 'b/report.txt: changed'
    # A better figure under a new manifest: its samples do not give it.
    changed b 'r["metrics"][0]["value"] *= 2'
    try judge c.ini b
    [ "$status" -eq 4 ] || fail 'exit code 4 is wanted'
    grep -q 'metric .* is recorded as' err
    [ ! -s out ] || fail 'no verdict is wanted'
}

@test "verify: 0 and what it says, 4 and what it does not say" {
    changed b 'pass'
    try verify b
    passed
    grep -q 'b: untouched; 2 records recomputed, all agree' out
    changed b 'r["time_s"]["median"] *= 1.001'
    try verify b
    [ "$status" -eq 4 ] || fail 'exit code 4 is wanted'
    refute grep -q agree out
}

@test "a run that is carried on stays wrong: 3; what failed is tried again" {
    changed b 'wrong(r)'
    try run --resume b --no-quiet
    [ "$status" -eq 3 ] || fail 'exit code 3 is wanted'
    grep -q '0 measured.* 2 kept' err
    for word in failed unmeasured skipped; do
        changed b "r['status'] = '$word'; r['metrics'] = []
r['roofline'] = {k: None for k in r['roofline']}"
        try run --resume b --no-quiet
        passed
        grep -q '1 measured.* 1 kept' err || fail "$word: it was not run again"
        try verify b
        passed
    done
    changed b "r['status'] = 'unsupported'; r['metrics'] = []
r['roofline'] = {k: None for k in r['roofline']}"
    try run --resume b --no-quiet
    passed
    grep -q '0 measured.* 2 kept' err || fail 'it was run again'
}

@test "a run is not carried on with cases that are not its plan's" {
    changed b 'r["case"] = r["case"].replace("threads=1", "threads=7")'
    try run --resume b && refused 2 '1 of its 2 cases are not those of its plan'
}
