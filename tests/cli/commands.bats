#!/usr/bin/env bats
# Every subcommand on its straight way, and the exit codes that scripts read.

load common

# What it takes for an interval that can be judged by.
steady=(--passes 12 --max-passes 60 --precision 1 --min-samples 20 --max-samples 100000 --budget 1)

@test "run leaves all that it promises" {
    try run --plan tiny.ini --out d
    passed
    grep -q 'gemm fp64' out
    grep -q 'report: d/report.html' err
    for file in run.json records.jsonl plan.ini report.txt report.html \
        manifest.sha256; do
        [ -s d/$file ]
    done
    [ "$(find d -name '.*' ! -name . -o -name '*.new' | wc -l)" -eq 0 ]
    cmp d/plan.ini tiny.ini
    whole d 2
    sha256sum --version >/dev/null 2>&1 || return 0
    (cd d && sha256sum --quiet -c manifest.sha256)
}

@test "run names its directory itself" {
    try run --plan tiny.ini --quiet
    passed
    [ ! -s out ]
    cd etalon-run-2*
    [ -s records.jsonl ]
}

@test "all benches in one small run" {
    plan all.ini '[run]' 'passes = 1' 'budget = 0.01' 'min-time = 1e-5' 'max-samples = 6' \
        '[gemm]' 'shapes = 8x8x8' 'dtype = fp32, fp64' 'backend = reference' \
        '[conv]' 'shapes = 1x3x8x8x4x3x3' 'backend = reference' \
        '[allreduce]' 'sizes = 64' 'backend = ring' 'ranks = 1' \
        '[io]' 'sizes = 4096' 'op = write, read' 'backend = posix'
    try plan --plan all.ini
    passed
    grep -q '^6 cases' out
    try run --plan all.ini --team self --out d
    passed
    whole d 6
    [ "$(grep -c '"status":"measured"' d/records.jsonl)" -eq 6 ]
    # Scratch files go with their case.
    [ "$(find d -type f ! -path '*/plots/*' | wc -l)" -eq 7 ]
}

@test "a run that is done is not run again" {
    make_run d
    cp d/records.jsonl before
    try run --resume d --no-quiet
    passed
    cmp before d/records.jsonl
    grep -q '0 measured.* 2 kept' err
    whole d 2
    mv d moved
    try run --resume moved
    passed
    [ ! -e d ]
    whole moved 2
}

@test "plan runs nothing" {
    try plan --plan tiny.ini
    passed
    [ "$(grep -c 'gemm backend=reference' out)" -eq 2 ]
    grep -q '^2 cases' out
    [ "$(find . -type d | wc -l)" -eq 1 ]
    try plan
    passed
    try plan --ranks 64 --nodes 8
    passed
    grep -q 'ranks=64 nodes=8' out
}

@test "list and info" {
    for what in benches backends shapes sets metrics options formats counters; do
        try list $what
        passed
        [ -s out ]
        [ ! -s err ]
    done
    try list shapes --bench conv
    passed
    refute grep -qv '^conv' out
    mkdir -p c/gemm
    printf 'name,m,n,k\nev\033[31mil,16,16,16\n' >c/gemm/a.csv
    try list shapes --bench gemm --catalog c
    passed
    grep -q 'ev?\[31mil' out
    # Two sets: 3 x 10 + 20 FLOP of two shapes; one that has no count.
    printf 'name,m,n,k,count,flops\na/x/1,1,1,1,3,10\nb,1,1,1,,7\na/x/2,1,1,1,1,20\n' >c/gemm/a.csv
    try list sets --bench gemm --catalog c
    passed
    [ "$(wc -l <out)" = 2 ]
    grep -Eq '^gemm +a/x +2 shapes +4 times +50 FLOP$' out
    grep -Eq '^gemm +b +1 shapes +1 times +7 FLOP$' out
    for format in text html markdown json; do
        try info --format $format
        passed
        [ -s out ]
    done
}

@test "report in every format" {
    make_run d
    for format in $("$ETALON" list formats | awk '{ print $1 }'); do
        try report d --format "$format"
        passed
        [ ! -s err ] || fail 'no word is wanted'
        grep -q reference out
        try report d --format "$format" --out "x.$format"
        passed
        [ ! -s out ]
        grep -q reference "x.$format"
    done
    command -v python3 || skip 'no python3 to read the JSON with'
    python3 -m json.tool x.json >/dev/null
    # A report changes nothing but what --update asks for.
    whole d 2
    echo >>d/report.txt
    try report d
    passed
    [ ! -s err ] || fail 'no word is wanted'
    try report d --update
    passed
    whole d 2
    # What was measured and changed since is not signed again.
    echo >>d/plan.ini
    try report d
    passed
    [ "$(grep -c 'd: is not as it was measured' err)" -eq 1 ] ||
        fail 'a warning is wanted'
    try report d --update
    refused 4 d/plan.ini
    try verify d
    [ "$status" -eq 4 ] || fail 'exit code 4 is wanted'
    grep -q 'd/plan.ini: changed' err
    # Not even by a run that says so itself: it has the plan's digest.
    rm d/manifest.sha256
    try report d --update
    refused 4 'd/plan.ini: is not the plan'
    try run --resume d
    refused 4 'd/plan.ini: is not the plan'
}

@test "a busy machine is told of, and refused where a quiet one is required" {
    yes >/dev/null 3>&- &
    burner=$!
    try run --plan tiny.ini --out d --require-quiet 0s
    kill "$burner"
    refused 4 'require-quiet' 'busy with other work' 'load'
    [ ! -e d ]
    # Asked to stop, it waits no longer, and refuses nothing.
    yes >/dev/null 3>&- &
    burner=$!
    status=0
    timeout 2 "$ETALON" run --plan tiny.ini --out d --require-quiet 60s \
        --time-limit 1s >out 2>err || status=$?
    kill "$burner"
    [ "$status" -eq 5 ] || fail 'exit code 5 is wanted'
    grep -q 'stopped while it waited for a quiet machine' err
    [ ! -e d ]
    yes >/dev/null 3>&- &
    burner=$!
    try run --plan tiny.ini --out d --quiet
    kill "$burner"
    passed
    # First and last.
    [ "$(grep -c 'BUSY MACHINE' err)" -eq 2 ] || fail 'two warnings are wanted'
    grep -q 'WARNING: BUSY MACHINE before the first case' d/report.txt
    grep -q '"busy":' d/run.json
    refute grep -q '"busy": *null' d/run.json
}

@test "a case that had half a core is counted, and said last" {
    command -v taskset >/dev/null || skip 'no taskset'
    [ -r /proc/self/schedstat ] || skip 'no schedstat'
    local core burner
    core=$(taskset -pc $$ | sed 's/.*: *//; s/[-,].*//')
    taskset -c "$core" yes >/dev/null 3>&- &
    burner=$!
    # A sample is longer than any time slice, so that each one waits.
    plan half.ini '[run]' 'budget = 1 s' 'min-time = 30 ms' 'passes = 1' \
        '[gemm]' 'shapes = 64x64x64' 'backend = reference' 'threads = 1'
    status=0
    taskset -c "$core" "$ETALON" run --plan half.ini --out d --quiet >out 2>err ||
        status=$?
    kill "$burner"
    passed
    grep -q '"many":true' d/records.jsonl
    tail -n 1 err | grep -q 'BUSY MACHINE: 1 of 1 measured cases* w' ||
        fail 'the last line is to say so'
}

@test "judge: pass, fail, inconclusive" {
    make_run d "${steady[@]}"
    calm d
    judged() { # judged CODE LINE...
        local code=$1
        shift
        plan c.ini '[a]' "$@"
        try judge c.ini d
        [ "$status" -eq "$code" ] || fail "$code is wanted"
        [ ! -s err ]
    }
    gemm='where = bench=gemm'
    judged 0 "$gemm" 'metric = time' 'at_most = 1000 s'
    grep -q pass out
    judged 1 "$gemm" 'metric = time' 'at_least = 1000 s'
    grep -q fail out
    judged 5 'where = bench=gemm dtype=fp32' 'metric = time' 'at_most = 1000 s'
    grep -q inconclusive out
    judged 5 'where = bench=io' 'metric = time' 'at_most = 1000 s'
    judged 5 'where = benhc=gemm' 'metric = time' 'at_most = 1000 s'
    tr -s ' \n' ' ' <out | grep -q 'did you mean .bench'
    # One missed clause is a miss, whatever the others say.
    judged 1 "$gemm" 'metric = time' 'at_least = 1000 s' '[b]' \
        'where = bench=io' 'metric = time' 'at_most = 1000 s'
}

@test "compare" {
    make_run a "${steady[@]}"
    calm a
    make_run b "${steady[@]}"
    calm b
    cp -r a again
    try compare a again && refused 2 'a and again are the same run'
    try compare a b a && refused 2 'a and a are the same run'
    # Of two runs on a shared machine either may look slower.
    try compare a b
    grep -q '^Verdict' out || fail 'a verdict is wanted'
    rm -r b
    make_run b "${steady[@]}" --set gemm.shapes=8x8x8
    try compare a b
    [ "$status" -eq 1 ] || fail 'a missing case is a miss'
    try compare a b --format json
    [ "$status" -eq 1 ]
    for other in none tiny.ini; do
        try compare a "$other" && refused 2 "$other: "
    done
}

@test "runs: listed from run.json alone, what is none is said" {
    make_run a
    cp -r a b
    echo 'no record is looked at' >b/records.jsonl
    try runs a b
    passed
    id=$(sed -n 's/.*"id": "\([0-9a-f]*\)".*/\1/p' a/run.json)
    [ "${#id}" -eq 32 ]
    try runs a b --format json
    passed
    [ "$(grep -o "$id" out | wc -l)" -eq 2 ]
    [ "$(grep -o complete out | wc -l)" -eq 2 ]
    try runs a none b --format json
    refused 2 'none: No such file'
    [ "$(grep -o "$id" out | wc -l)" -eq 2 ]
    try runs
    refused 2
    make_run c
    refute grep -q "$id" c/run.json
    try runs "$BATS_TEST_DIRNAME/../unit/data/schema-1"
    refused 2 'older etalon'
    try report "$BATS_TEST_DIRNAME/../unit/data/schema-1"
    refused 2 'schema is 1'
}

@test "report: no word is without effect" {
    make_run d
    together() { # together WORD...: the first two are those that do not go
        try report d "$@"
        refused 2 "$1: " "${2%%=*} cannot be given too"
        [ ! -s out ]
    }
    for word in --ranks --format=csv --out=x --peak=fp32=1GFLOP/s --target=1; do
        together --update "$word"
    done
    together --ranks --format=csv
    together --ranks --format=text # the preset
    together --ranks --peak=fp32=1GFLOP/s
    together --ranks --target=1
    for word in --peak=fp32=1GFLOP/s --target=1e18; do
        try report d --format csv "$word"
        refused 2 '--format: ' "${word%%=*} cannot be given too"
    done
    whole d 2
    [ ! -e x ]
}

@test "report --ranks" {
    make_run a
    try report a --ranks
    passed
    [ "$(cat out)" = "$(printf 'case,pass,rank,host,median_s,last\r')" ]
    rm a/ranks.bin
    try report a --ranks
    refused 2 'a/ranks.bin: No such file'
}

@test "schema, man, help and version" {
    try schema
    passed
    grep -q '"\$schema"' out
    try --version
    passed
    grep -qE '^etalon [0-9]+\.[0-9]+' out
    for help in --help -h help; do
        try $help
        passed
        grep -q '^Usage: etalon COMMAND' out
    done
    for command in run plan list info report runs judge compare verify schema man; do
        try $command --help
        passed
        grep -q "^Usage: etalon $command" out
        [ ! -s err ]
        # Only a usage line may be as long as what it names.
        [ "$(sed 1d out | wc -L)" -le 80 ] || fail "$command --help is wide"
        cp out by_option
        try help $command
        cmp out by_option
    done
    try man
    passed
    for command in run plan list info report runs judge compare verify schema; do
        grep -q "ETALON $command" out
    done
    command -v groff || skip 'no groff to read the man page with'
    groff -man -Tutf8 -wall out >/dev/null 2>err
    [ ! -s err ] || fail 'no warning is wanted'
}
