#!/usr/bin/env bats
# What stands where a file should be: nothing is waited for, nothing without an
# end is read, and nothing is written through a link, whoever planted it.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    BATS_TEST_TMPDIR=$PWD begin
    make_run good
    ls good/plots >/dev/null
}

copy() { # a fresh copy as d, signed for
    rm -rf d
    cp -r "$BATS_FILE_TMPDIR/good" d
}

killed() { # the same as a run that was killed leaves it
    copy
    rm d/manifest.sha256
}

quick() { # quick WORD...: as try, and it answers within seconds
    status=0
    timeout 20 "$ETALON" "$@" >out 2>err </dev/null || status=$?
    [ "$status" -ne 124 ] || fail 'it hangs'
}

@test "a FIFO, a device or a hole of 1 GiB for each file that is read" {
    copy
    mkdir -p shapes/gemm shapes/plans
    cp d/plan.ini mine.ini
    printf 'name,m,n,k\na,8,8,8\n' >shapes/gemm/own.csv
    plan c.ini '[a]' 'where = bench=gemm' 'metric = flops' 'at_least = 1 FLOP/s'
    while read -r file words; do
        mv "$file" kept
        for kind in FIFO device hole; do
            case $kind in
            FIFO) mkfifo "$file" ;;
            device) ln -s /dev/zero "$file" ;;
            hole) truncate -s 1G "$file" ;;
            esac
            # shellcheck disable=SC2086 # words
            quick $words
            case $status in
            2 | 4) ;;
            *) fail "$kind for $file: exit code 2 or 4 is wanted" ;;
            esac
            grep -qF "$file" err || fail "$kind: $file is to be named"
            [ $kind = hole ] || grep -q "is a $kind, not a file" err ||
                grep -qE 'is (special|a symbolic link), not a file' err ||
                fail "$kind for $file: a word is wanted"
            rm "$file"
        done
        mv kept "$file"
    done <<'FILES'
d/run.json report d
d/run.json runs d
d/run.json verify d
d/run.json run --resume d
d/records.jsonl report d
d/records.jsonl compare d d
d/records.jsonl report d --update
d/records.jsonl run --resume d
d/plan.ini report d
d/plan.ini run --resume d
d/ranks.bin verify d
d/ranks.bin report d --ranks
d/ranks.bin run --resume d
d/manifest.sha256 verify d
d/manifest.sha256 judge c.ini d
d/manifest.sha256 report d --update
d/manifest.sha256 run --resume d
d/report.txt verify d
mine.ini plan --plan mine.ini
mine.ini run --plan mine.ini --out x
c.ini judge c.ini d
shapes/gemm/own.csv list shapes --catalog shapes
FILES
    whole d 2
}

# planted WORD...: no file of mine is written through what stands in d.
planted() {
    echo mine >mine
    cp mine before
    for kind in 'ln -s ../mine' 'ln mine' 'ln -s ../absent'; do
        for name in report.txt report.html manifest.sha256 run.json \
            records.jsonl ranks.bin plan.ini .report.txt.new .run.json.new \
            .manifest.sha256.new manifest.sha256.new plots \
            plots/roofline.dat plots/roofline.svg plots/roofline.gp; do
            killed
            [ -d d/plots ] || mkdir d/plots
            rm -rf "d/$name"
            # shellcheck disable=SC2086 # words
            $kind "d/$name" || return
            quick "$@" || return
            cmp mine before || fail "$kind d/$name: it was written to"
            [ ! -e absent ] || fail "$kind d/$name: a file was made elsewhere"
            case $kind in
            'ln -s'*) [ "$status" -ne 0 ] || [ ! -L "d/$name" ] ||
                fail "$kind d/$name: signed" ;;
            esac
        done
    done
}

@test "report --update writes through no link" {
    planted report d --update
}

@test "run --resume writes through no link" {
    planted run --resume d --quiet
}

@test "a killed run with a link is refused before anything is measured" {
    killed
    sed -i '$d' d/records.jsonl
    cp d/records.jsonl before
    ln -s ../mine d/more
    quick run --resume d --quiet
    refused 4 'd/more: is a symbolic link'
    cmp before d/records.jsonl
}

@test "a run writes through no link that is planted while it measures" {
    plan slow.ini '[run]' 'budget = 0.5' 'team = self' '[gemm]' \
        'shapes = 8x8x8, 9x9x9, 10x10x10' 'backend = reference' 'threads = 1'
    echo mine >mine
    cp mine before
    "$ETALON" run --plan slow.ini --out d --quiet >out 2>err 3>&- &
    pid=$!
    until [ -s d/records.jsonl ]; do sleep 0.05; done
    ln -s ../mine d/report.txt
    ln -s ../mine d/.run.json.new
    ln -s .. d/plots
    status=0
    wait "$pid" || status=$?
    [ "$status" -eq 4 ] || fail 'exit code 4 is wanted'
    cmp mine before
    [ ! -e roofline.dat ]
}

@test "what a killed writer left is not signed for" {
    killed
    echo half >d/.manifest.sha256.new
    echo half >d/.report.txt.new
    try report d --update
    passed
    whole d 2
    [ ! -e d/.manifest.sha256.new ]
    [ ! -e d/.report.txt.new ]
}

@test "a run that was edited is neither gone on with nor signed" {
    for edit in 's/"median":[^,]*/"median":1/' 's/"p95":[^,]*/"p95":1/'; do
        killed
        sed -i "$edit" d/records.jsonl
        for words in 'report d --update' 'run --resume d'; do
            # shellcheck disable=SC2086 # words
            try $words
            [ "$status" -eq 4 ] || fail 'exit code 4 is wanted'
            grep -q 'd/records.jsonl:[0-9]*: case .*is recorded as' err
            [ ! -e d/manifest.sha256 ]
        done
    done
    killed
    try report d --update
    passed
    whole d 2
}

@test "no report is put among what a run left, nor over its contract" {
    make_run d
    cp -r d before
    plan c.ini '[a]' 'where = bench=gemm' 'metric = flops' 'at_least = 1 FLOP/s'
    cp c.ini c.before
    for name in records.jsonl manifest.sha256 mine plots/mine; do
        for words in 'report d' 'judge c.ini d'; do
            # shellcheck disable=SC2086 # words
            try $words --out "d/$name" && refused 2 'lies in a run directory'
        done
    done
    diff -r d before || fail 'd was written to'
    try judge c.ini d --out c.ini && refused 2 'c.ini is the contract itself'
    cmp c.ini c.before
    try report d --out mine && passed
    [ -s mine ]
}

# Killed after that, it would look like one that somebody changed.
@test "the report of a run that is being written is not made anew" {
    plan slow.ini '[run]' 'budget = 5' 'team = self' '[gemm]' \
        'shapes = 8x8x8, 9x9x9, 10x10x10' 'backend = reference' 'threads = 1'
    "$ETALON" run --plan slow.ini --out d --quiet >out 2>err 3>&- &
    pid=$!
    until [ -s d/records.jsonl ]; do sleep 0.05; done
    status=0
    "$ETALON" report d --update >out 2>err || status=$?
    kill -9 "$pid"
    refused 2 'd: another etalon is writing to it'
    [ ! -e d/manifest.sha256 ]
    wait "$pid" || true
    try run --resume d --set run.budget=0.01 --quiet
    [ "$status" -ne 4 ] || fail 'it goes on'
}
