#!/usr/bin/env bats
# Run directories and contracts that are missing, torn or tampered with: the
# file is named, what is whole is used, and verify never passes.

load common

# The run that the tests of this file damage copies of.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    BATS_TEST_TMPDIR=$PWD begin
    make_run good
}

copy() { # a fresh copy as d
    rm -rf d
    cp -r "$BATS_FILE_TMPDIR/good" d
}

each() { # each CODE TEXT...: what report, verify, judge and --resume answer
    plan c.ini '[a]' 'where = bench=gemm' 'metric = flops' 'at_least = 1 FLOP/s'
    try report d && refused "$@"
    try compare d d && refused "$@"
    try judge c.ini d && refused "$@"
    try run --resume d && refused "$@"
    try verify d
    [ "$status" -eq "$1" ] || fail "verify should end with $1"
}

@test "no run directory" {
    rm -rf d
    each 2 'd: No such file'
    [ "$(wc -l <err)" -eq 1 ]
    touch d
    each 2 'd: is a file'
    [ "$(wc -l <err)" -eq 1 ]
    rm d && mkdir d
    try verify d && refused 2 'd: not a run directory' run.json
    try report d && refused 2 'd: not a run directory' run.json
    try run --resume d && refused 2 'd: not a run directory' run.json
}

@test "run.json is torn" {
    for size in 0 1 2 100 1000; do
        copy
        truncate -s "$size" d/run.json
        each 4 d/run.json
        cmp d/records.jsonl "$BATS_FILE_TMPDIR/good/records.jsonl"
    done
    copy && rm d/run.json && mkdir d/run.json
    each 4 d/run.json
    copy && sed -i 's/"schema_version": 3/"schema_version": 99/' d/run.json
    each 2 d/run.json newer
    copy && sed -i 's/"ranks": 1/"ranks": "one"/' d/run.json
    each 4 d/run.json 'ranks'
}

@test "garbage among the records" {
    for garbage in x '{}' '[1]' '' null '{"a":1' '{"case":3}'; do
        copy
        sed -i "1s/.*/$garbage/" d/records.jsonl
        each 4 d/records.jsonl:1
    done
    copy && printf '\0\0\n' >>d/records.jsonl
    each 4 d/records.jsonl:3
    copy && rm d/records.jsonl && mkdir d/records.jsonl
    each 4 d/records.jsonl
}

@test "a last record that is torn is left out, and run again" {
    copy
    truncate -s -20 d/records.jsonl
    try report d
    passed
    [ "$(wc -l <err)" -eq 2 ]
    grep -q 'warning: d/records.jsonl:2: torn' err
    grep -q 'warning: d: is not as it was measured' err
    try verify d
    [ "$status" -eq 4 ]
    grep -q 'd/records.jsonl: changed' err
    try run --resume d --quiet
    refused 4 'd/records.jsonl: changed'
    rm d/manifest.sha256 # as a run that was killed leaves it
    try run --resume d --quiet
    passed
    # What a machine lacks, or is busy with, is said too.
    [ "$(grep -Evc 'gnuplot|BUSY MACHINE|uses its .* kernels' err)" -eq 1 ] || fail 'one warning is wanted'
    grep -q 'warning: d/records.jsonl: .* torn' err
    whole d 2
}

@test "a last record that is torn anywhere" {
    last=$(tail -n 1 "$BATS_FILE_TMPDIR/good/records.jsonl" | wc -c)
    for i in {0..19}; do
        copy
        rm d/manifest.sha256
        truncate -s "-$((1 + i * (last - 1) / 19))" d/records.jsonl
        try run --resume d --quiet
        passed
        whole d 2
    done
}

@test "no records" {
    copy && rm d/records.jsonl
    try report d
    passed
    try run --resume d --quiet
    refused 4 'd/records.jsonl: listed'
    rm d/manifest.sha256
    try report d
    passed
    grep -q 'd/records.jsonl: missing' err
    try run --resume d --quiet
    passed
    whole d 2
}

@test "tampering is found and the file is named" {
    files=$(cd "$BATS_FILE_TMPDIR/good" &&
        find . -type f ! -name manifest.sha256 -printf '%P\n')
    [ "$(wc -l <<<"$files")" -gt 5 ]
    for file in $files; do
        copy
        echo >>"d/$file"
        try verify d
        [ "$status" -eq 4 ]
        grep -qF "d/$file: changed" err
        copy
        rm "d/$file"
        try verify d
        [ "$status" -ne 0 ]
        grep -qF "d/$file: listed" err
    done
    copy && touch d/new
    try verify d && refused 4 'd/new: not listed'
    copy && ln -s / d/new
    try verify d && refused 4 'd/new: is a symbolic link'
    copy && rm d/manifest.sha256
    try verify d && refused 5 'd: inconclusive: it has no manifest.sha256'
    copy && : >d/manifest.sha256
    try verify d && refused 4 'd/manifest.sha256: lists nothing'
    copy && sed -i '1s/^./x/' d/manifest.sha256
    try verify d && refused 4 d/manifest.sha256:1
}

@test "a figure that its samples do not give, under a new manifest" {
    copy
    sed -i 's/"median":[^,]*/"median":1/' d/records.jsonl
    (cd d && find . -type f ! -name manifest.sha256 -printf '%P\n' |
        xargs sha256sum) >new
    mv new d/manifest.sha256
    try verify d
    [ "$status" -eq 4 ]
    grep -q 'time_s.median is recorded as 1' err
    refute grep -q changed err
}

@test "a directory that is taken" {
    copy
    try run --plan tiny.ini --out d && refused 2 'd: already holds a run' resume
    try run --plan tiny.ini --out tiny.ini && refused 2 'tiny.ini: is a file'
    try run --plan tiny.ini --out tiny.ini/x && refused 2 'tiny.ini: is a file'
    try run --plan tiny.ini --out . && refused 2 'is not empty'
    cmp d/records.jsonl "$BATS_FILE_TMPDIR/good/records.jsonl"
}

@test "two runs into one directory at a time" {
    copy
    command -v flock || skip 'no flock'
    flock d/records.jsonl sleep 5 3>&- &
    sleep 0.3
    try run --resume d && refused 2 'd: another etalon'
    kill $!
}

@test "words that do not go with --resume" {
    copy
    try run --resume d --out x && refused 2 --resume --out
    try run --resume d --plan tiny.ini && refused 2 --resume --plan
    try run --resume d --clock fake && refused 2 '--clock: a resumed run keeps'
    try run --resume d --set gemm.m=8 && refused 2 '--set: a resumed run keeps'
}

@test "contracts" {
    copy
    bad() {
        plan c.ini "$@"
        try judge c.ini d
    }
    mkdir e
    try judge e d && refused 2 'e: is a directory'
    try judge none.ini d && refused 2 'none.ini: No such file'
    bad && refused 2 'c.ini: has no clause'
    bad '[a]' && refused 2 'c.ini:1: [a]' where
    bad 'where = x' && refused 2 'c.ini:1:' where section
    bad '[a]' 'where = bench=gemm' && refused 2 'c.ini:1: [a]' metric
    bad '[a]' 'wehre = bench=gemm' && refused 2 'c.ini:2: [a]' "'where'"
    bad '[a]' 'where = bench' 'metric = flops' 'at_least = 1 FLOP/s'
    refused 2 'c.ini:2: [a] where' bench=gemm
    w='where = bench=gemm'
    m='metric = flops'
    bad '[a]' "$w" 'metric = flosp' && refused 2 'c.ini:3: [a] metric' "'flops'"
    bad '[a]' "$w" "$m" && refused 2 'c.ini:1: [a]' at_least at_most
    for limit in 1 '1 GB/s' '85 % of peek' '0 FLOP/s' '-1 GFLOP/s' nan x; do
        bad '[a]' "$w" "$m" "at_least = $limit"
        refused 2 'c.ini:4: [a] at_least' "'$limit'"
    done
    bad '[a]' "$w" "$m" 'at_least = 1 FLOP/s' 'at_most = 2 FLOP/s'
    refused 2 'c.ini:5: [a] at_most' two
    bad '[a]' "$w" "$w" && refused 2 'c.ini:3: [a] where' twice
    bad '[a]' "$w" "$m" 'at_least = 1 FLOP/s' '[a]' && refused 2 'c.ini:5:' '[a]'
}
