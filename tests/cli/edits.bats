#!/usr/bin/env bats
# Run directories that were edited with care: the manifest is made anew, and what
# depends on the edit is often edited too. verify says what does not follow from
# the rest; where everything does, it says that only a signature could tell.

load common

setup() {
    needs_python
    begin
}

setup_file() {
    command -v python3 >/dev/null || return 0
    cd "$BATS_FILE_TMPDIR" || return
    BATS_TEST_TMPDIR=$PWD begin
    plan edits.ini '[run]' 'passes = 1' 'budget = 0.01' 'min-time = 1e-5' \
        'max-samples = 12' 'precision = 0.5' '[gemm]' \
        'shapes = 8x8x8, 9x9x9' 'backend = reference' 'threads = 1' \
        '[conv small]' 'shapes = 1x2x4x4x2x3x3' 'backend = reference' \
        'threads = 1' '[allreduce]' 'sizes = 64' 'backend = ring' 'ranks = 1' \
        '[io]' 'sizes = 64KiB' 'backend = posix' 'threads = 1' \
        '[stream]' 'level = l1' 'op = triad' '[memory_latency]' 'level = l1' \
        '[peak]' 'dtype = fp64' 'backend = portable' 'threads = 1'
    # Itself, not a script that looks for it anew each time.
    PYTHON=$(python3 -c 'import sys; print(sys.executable)')
    export PYTHON
    cat >edit.py <<'PYTHON'
import hashlib, json, os, re, sys

os.chdir(sys.argv[1])
h = json.load(open("run.json"))
records = [json.loads(line) for line in open("records.jsonl")]
gemm, second, conv, reduce_, io, stream, latency, peak = records


def case(r, old, new):  # in the id, and nowhere else
    assert old in r["case"], r["case"]
    r["case"] = r["case"].replace(old, new)


def metrics(r, f):  # rates by f, as from f times the work
    for m in r["metrics"]:
        if m["name"] != "time" and m["name"] != "access_time":
            for key in ("value", "ci_low", "ci_high"):
                m[key] = m[key] and m[key] * f


def faster(r, f):  # all times by 1 / f, which must be a power of 2
    def shorten(t):
        for key, v in t.items():
            if key in ("drift", "drift_p", "n_effective", "confidence",
                       "imbalance", "edges", "histogram"):
                continue
            if isinstance(v, float):
                t[key] = v / f
            elif isinstance(v, list) and v and isinstance(v[0], float):
                t[key] = [x / f for x in v]
    shorten(r["time_s"])
    if r["disturbed"]["waited"]:  # on a busy machine
        r["disturbed"]["waited"] /= f
    for m in r["metrics"]:
        g = 1 / f if m["better"] == "lower" else f
        for key in ("value", "ci_low", "ci_high"):
            m[key] = m[key] and m[key] * g


def text(name, old, new):
    s = open(name).read()
    t = re.sub(old, new, s, count=1)
    assert s != t, name
    open(name, "w").write(t)


def plan(old, new):  # with its digest
    text("plan.ini", old, new)
    h["plan_digest"] = hashlib.sha256(open("plan.ini", "rb").read()).hexdigest()


exec(sys.argv[2])
json.dump(h, open("run.json", "w"), indent=2)
with open("records.jsonl", "w") as f:
    for r in records:
        f.write(json.dumps(r, separators=(",", ":")) + "\n")
PYTHON
    try run --plan edits.ini --out good --quiet --team self --no-ceilings \
        --counters none
    [ "$status" -eq 0 ] || [ "$status" -eq 5 ] || fail 'the run failed'
}

edited() { # edited CODE: a copy as d, by Python code, signed for again
    rm -rf d
    cp -r "$BATS_FILE_TMPDIR/good" d
    "$PYTHON" "$BATS_FILE_TMPDIR/edit.py" d "$1" || fail "$1"
    rm d/manifest.sha256
    sign d
}

@test "what does not follow is said" {
    try verify "$BATS_FILE_TMPDIR/good"
    passed
    n=0
    while IFS='|' read -r code words; do
        edited "$code"
        try verify d
        [ "$status" -eq 4 ] || fail "$code: exit code 4 is wanted"
        grep -qF -- "$words" err || fail "$code: '$words' is wanted"
        [ ! -s out ] || fail "$code: no other word is wanted"
        n=$((n + 1))
    done <<'TABLE'
gemm["params"]["m"] = 16|parameter m is recorded as 16; by its case it is 8
gemm["params"]["alpha"] = 0|parameter alpha is recorded as 0
gemm["params"]["colour"] = 1|parameter colour is recorded as 1; by its case it is absent
del gemm["params"]["scaling"]|parameter scaling is recorded as absent
gemm["work"]["flop"] *= 2; metrics(gemm, 2)|work.flop is recorded as 2048; worked out anew it is 1024
conv["work"]["flop"] *= 2; metrics(conv, 2)|work.flop
conv["work"]["traffic"] *= 2; metrics(conv, 2)|work.traffic
io["work"]["bytes"] *= 2; metrics(io, 2)|work.bytes is recorded as 131072
stream["work"]["bytes"] *= 2; metrics(stream, 2)|work.bytes
reduce_["work"]["messages"] += 1|work.messages
latency["work"]["accesses"] = 2|work.accesses
peak["work"]["flop"] /= 2; metrics(peak, 0.5)|work.flop
gemm["work"]["convention"] = "flop: 4 m n k"|work.convention is recorded as flop: 4 m n k
gemm["bench"] = "conv"|bench is recorded as conv; by its case it is gemm
gemm["backend"] = "blis"|backend is recorded as blis; by its case it is reference
gemm["label"] = "best"|label is recorded as best; by its case it is absent
gemm["team"]["ranks"] = 2|team.ranks is recorded as 2
gemm["team"]["threads"] = 2|team.threads is recorded as 2
gemm["team"]["nodes"] = 2|team.nodes is recorded as 2
gemm["team"]["cores"] = 7|team.cores is recorded as 7
gemm["team"]["oversubscribed"] = True|it says that it was oversubscribed
gemm["time_s"]["drifts"] = not gemm["time_s"]["drifts"]|samples drift, which
gemm["time_s"]["converged"] = not gemm["time_s"]["converged"]|its samples converged, which
gemm["time_s"]["drift"] = 0.5|time_s.drift is recorded as 0.5
gemm["time_s"]["confidence"] = 0.5|time_s.confidence is recorded as 0.5
del h["config"]["precision"]|run.json has no precision
case(gemm, "m=8", "m=16"); gemm["params"]["m"] = 16; gemm["work"].update(flop=2048, traffic=2560); metrics(gemm, 2)|1 of its cases do not follow from its plan
case(gemm, "=reference", "=blis"); gemm["backend"] = "blis"|1 of its cases do not follow from its plan
case(gemm, "threads=1", "threads=2"); gemm["team"]["threads"] = 2|do not follow from its plan
case(gemm, "gemm ", "gemm label=x "); gemm["label"] = "x"|do not follow from its plan
case(gemm, "m=8 n=8", "n=8 m=8")|case is recorded as gemm
gemm["case"] = "gemm colour=3"|its id is none of a case
records.remove(second)|complete, but 1 cases of its plan have no record: `gemm
records.remove(second); h["cases"] -= 1|complete, but 1 cases of its plan
h["cases"] += 1|has 9 cases; its plan makes 8
h["ranks"] = 2|complete, but
h["clock_fake"] = True|by its option clock, its clock is no fake
h["clock"] = "fake"|by its option clock, its clock is no fake
h["environment"]["peak_fp64"] = 1e9; h["environment"]["peak_fp32"] = 2e9|its nominal peak does not follow
h["environment"]["peak_fp32"] = 1e9|its nominal peak does not follow
os.remove("plan.ini")|d: has no plan.ini
plan("9x9x9", "10x10x10")|do not follow from its plan
plan(", 9x9x9", "")|1 of its cases do not follow from its plan
plan("budget = 0.01", "budget = 2")|option budget is recorded as 0.01; by command line and plan it is 2
text("plan.ini", "budget = 0.01", "budget = 2")|is not the plan whose digest run.json has
h["config"]["precision"] = 0.001|option precision is recorded as 0.001; by command line and plan it is 0.5
h["config"]["peak"] = "fp64=1 GFLOP/s"|option peak is recorded as fp64=1 GFLOP/s
h["config"]["seed"] = 2|option seed is recorded as 2
del h["config"]["seed"]|option seed is recorded as absent
h["config"]["ceilings"] = "yes"|option ceilings is recorded as yes
gemm["verification"]["error"] = 2 * gemm["verification"]["bound"] + 1|its verification says passed
gemm["metrics"][0]["value"] *= 2|metric
text("report.txt", "reference", "blis")|d/report.txt: is not what the records give
text("report.html", "reference", "blis")|d/report.html: is not what the records give
text("plots/roofline.dat", "[1-9]", "0")|d/plots/roofline.dat: is not what the records give
text("plots/roofline.gp", "set ", "unset ")|d/plots/roofline.gp: is not what the records give
os.remove("plots/roofline.dat")|d/plots/roofline.dat: No such file
os.remove("report.txt")|d/report.txt: No such file
h["environment"]["cpu"] = "a better one"|d/report.txt: is not what the records give
h["started"] = "2020-01-01T00:00:00Z"|d/report.txt: is not what the records give
TABLE
    [ "$n" -ge 48 ]
}

@test "a drawing that was edited" {
    edited 'text("plots/roofline.svg", "<path ", "<path id=\"x\" ")' ||
        skip 'no gnuplot drew it'
    command -v gnuplot >/dev/null || skip 'no gnuplot to draw it again'
    try verify d
    [ "$status" -eq 4 ] || fail 'exit code 4 is wanted'
    grep -q 'd/plots/roofline.svg: is not what the records give' err
}

@test "what another build made is compared as far as that can be" {
    edited 'h["binary_digest"] = "0" * 64; text("report.txt", "reference", "x")'
    try verify d
    passed
    grep -q 'warning: d/report.txt: is not what this build makes' err
    edited 'h["binary_digest"] = "0" * 64; gemm["params"]["m"] = 16'
    try verify d
    [ "$status" -eq 4 ] || fail 'exit code 4 is wanted'
    # Another build may have another loop.
    edited 'h["binary_digest"] = "0" * 64; peak["work"]["flop"] *= 2; metrics(peak, 2)'
    try verify d
    passed
    # Nor is a plan that cannot be expanded here.
    edited 'plan("\[io]", "[paper]")
h["binary_digest"] = "0" * 64'
    try verify d
    [ "$status" -eq 5 ] || fail 'exit code 5 is wanted'
    grep -q 'd/plan.ini: cannot be used here (.*paper' err
    edited 'h["command"] += ["--catalog", "nowhere"]
h["binary_digest"] = "0" * 64'
    try verify d
    [ "$status" -eq 5 ] || fail 'exit code 5 is wanted'
    grep -q 'd/plan.ini: cannot be used here .*catalog nowhere' err
    # Nobody knows what is missing, so nothing passes.
    plan c.ini '[a]' 'where = bench=gemm' 'metric = time' 'at_most = 1000 s'
    try judge c.ini d
    [ "$status" -eq 5 ] || fail 'exit code 5 is wanted'
    tr -s ' \n' ' ' <out | grep -q 'cases of it may be missing'
    edited 'gemm["bench"] = "gemm2"'
    try judge c.ini d
    [ "$status" -eq 5 ] || fail 'exit code 5 is wanted'
    grep -q '1 of its cases are of benches that this build does not have' err
}

@test "neither judge, compare, --update nor --resume takes such a run" {
    plan c.ini '[a]' 'where = bench=gemm' 'metric = flops' 'at_least = 1 FLOP/s'
    edited 'gemm["params"]["m"] = 16'
    for words in 'judge c.ini d' 'compare d d' 'run --resume d' \
        'report d --update'; do
        # shellcheck disable=SC2086 # words
        try $words
        refused 4 'parameter m is recorded as 16'
        [ ! -s out ]
    done
}

@test "what only a signature could tell is consistent; not signed" {
    while read -r code; do
        edited "$code"
        rm d/manifest.sha256
        try report d --update
        passed
        try verify d
        [ "$status" -eq 0 ] || fail "$code"
        grep -q '^d: consistent; not signed' out || fail "$code"
    done <<'TABLE'
faster(gemm, 2)
h["environment"]["cpu"] = "a better one"
h["started"] = "2020-01-01T00:00:00Z"
h["outcome"] = "interrupted"; records.remove(second)
h["binary_digest"] = "0" * 64; del gemm["params"]["scaling"]; del h["config"]["target"]
gemm["status"] = "wrong"; gemm["verification"].update(status="failed", error=9, bound=1); gemm["metrics"] = []; gemm["roofline"] = {k: None for k in gemm["roofline"]}
TABLE
    # The digest that it prints is the one to note.
    grep -qx "$(sha256sum <d/manifest.sha256 | cut -c 1-64)  manifest.sha256" out
}

# A pass that was slow, taken out with its report and all.
@test "a pass that was left out" {
    make_run good --passes 3
    left_out() { # left_out PASS WORDS
        rm -rf d
        cp -r good d
        rm d/manifest.sha256
        sed -i "/m=9.*\"pass\":\($1\),/d" d/records.jsonl
        "$ETALON" report d --update >/dev/null 2>&1 || true
        sign d
        try verify d
        [ "$status" -eq 4 ] || fail 'exit code 4 is wanted'
        grep -qF -- "$2" err || fail "'$2' is wanted"
    }
    [ "$(grep -c 'm=9' good/records.jsonl)" -eq 3 ]
    left_out 0 'its pass 0 is missing'
    left_out 1 'its pass 1 is missing'
    left_out 2 'has 2 passes; the run made 3'
    # A whole launch, where the one before it had made more than it had to.
    rm -r good
    make_run good --passes 6 --max-passes 12 --precision 1e-6 --budget 5
    try run --again good --quiet
    passed
    [ "$(grep -c 'm=9.*"launch":1\|"launch":1.*m=9' good/records.jsonl)" -ge 6 ]
    left_out '1[2-9]\|2[0-9]' 'has 12 passes; the run made 18'
    left_out 0 'its pass 0 is missing'
}

# Of a run of three passes with ceilings: each edit alone is consistent in its
# record, and contradicts the case or another pass.
@test "ceilings and passes that no run makes" {
    plan roofs.ini '[run]' 'passes = 3' 'budget = 0.05' 'precision = 1' '[gemm]' \
        'shapes = 48x48x48' 'backend = reference' 'threads = 1'
    try run --plan roofs.ini --out good --quiet --team self --counters none
    [ "$status" -eq 0 ] || [ "$status" -eq 5 ] || fail 'the run failed'
    cat >roofs.py <<'PYTHON'
import json, sys

r = [json.loads(line) for line in open("d/records.jsonl")]
roofs = [x["ceilings"] for x in r]


def blank(x):
    for key, v in x["time_s"].items():
        x["time_s"][key] = [] if isinstance(v, list) else None
    x.update(status="unmeasured", reason="too short", metrics=[])
    x["roofline"] = {key: None for key in x["roofline"]}


exec(sys.argv[1])
with open("d/records.jsonl", "w") as f:
    for x in r:
        f.write(json.dumps(x, separators=(",", ":")) + "\n")
PYTHON
    cp -r good d
    try verify d
    passed
    n=0
    while IFS='|' read -r code words; do
        rm -rf d
        cp -r good d
        n=$((n + 1))
        # The loop of SVE is as wide as the processor's vectors: not known.
        if [[ $code == *'["work"] /= 2' ]] && grep -q 'peak backend=sve' good/records.jsonl; then
            continue
        fi
        python3 roofs.py "$code" || fail "$code"
        rm d/manifest.sha256
        sign d
        try verify d
        [ "$status" -eq 4 ] || fail "$code: exit code 4 is wanted"
        grep -qF -- "$words" err || fail "$code: '$words' is wanted"
    done <<'TABLE'
for x in roofs: x[0]["source"] = x[0]["source"].replace("fp64", "fp32")|d/records.jsonl:1: case `gemm
for x in roofs: x[0]["source"] = x[0]["source"].replace("fp64", "fp32")|a ceiling's case is recorded as peak
for x in roofs: x[0]["what"] = "memory"|a ceiling's kind is recorded as memory; by its case it is compute
for x in roofs: x[0]["source"] = "none"|it has a ceiling that does not follow from its case
for x in roofs: x.append(dict(x[0]))|it has a ceiling that does not follow from its case
for x in roofs: x.pop()|it lacks a ceiling that its case has
for x in roofs: x[0]["work"] /= 2|a ceiling's work is recorded as
roofs[1].pop()|its passes have not as many ceilings each
roofs[1][0]["work"] *= 2|a ceiling is not the same in each of its passes
blank(r[1])|no launch makes its pass 2 after its pass 1
r[0]["launch"] = 1|no launch makes its pass 1 after its pass 0
TABLE
    [ "$n" -eq 11 ]
}
