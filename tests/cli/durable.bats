#!/usr/bin/env bats
# What is on the disk when: the order of writes, syncs and renames, and what is
# left where one of them fails. shim.c stands before libc and notes the calls.

load common

why_not() {
    if ! command -v ${CC:-cc} >/dev/null; then echo 'no C compiler'; fi
    if nm -D "$ETALON" | grep -q __asan; then
        echo 'sanitizers stand before libc too'
    fi
}

setup() {
    [ -z "$(why_not)" ] || skip "$(why_not)"
    begin
}

setup_file() {
    [ -z "$(why_not)" ] || return 0
    # shellcheck disable=SC2086 # CC may be a compiler and its flags
    ${CC:-cc} -D_GNU_SOURCE -I"$(dirname "$ETALON")" -shared -fPIC -O1 \
        -o "$BATS_FILE_TMPDIR/shim.so" "$BATS_TEST_DIRNAME/shim.c" -ldl
}

under() { # under WORD...: etalon with the shim; its calls in `log`
    rm -f log
    status=0
    SHIM_LOG=$PWD/log LD_PRELOAD=$BATS_FILE_TMPDIR/shim.so \
        "$ETALON" "$@" >out 2>err || status=$?
}

plan_of_three() {
    plan three.ini '[run]' 'passes = 1' 'budget = 0.01' 'min-time = 1e-5' \
        'max-samples = 6' 'team = self' 'ceilings = no' '[gemm]' \
        'shapes = 8x8x8, 9x9x9, 10x10x10' 'backend = reference' 'threads = 1'
}

# calls PATTERN...: those of the log that match, without the paths' folders.
calls() {
    grep -E "$1" log | sed -E 's#[^ ]*/##g'
}

# wanted TEXT LINE...: what calls has printed must be the lines.
wanted() {
    local got=$1
    shift
    [ "$got" = "$(printf '%s\n' "$@")" ] || {
        diff <(printf '%s\n' "$@") <(echo "$got") || true
        fail 'other calls, or in another order'
    }
}

@test "a new run directory, its plan and run.json are on the disk first" {
    plan_of_three
    under run --plan three.ini --out a/b --quiet
    passed
    # Each folder's name in its parent; a file under another name until it is
    # whole and on the disk, then its name in the folder.
    wanted "$(sed '/^write .*records/,$d' log >head && mv head log &&
        grep -E ' a(/|$)' log | grep -v plots)" \
        'mkdir a' 'open a/..' 'fsync a/..' 'close a/..' \
        'mkdir a/b' 'open a/b/..' 'fsync a/b/..' 'close a/b/..' \
        'open a/b' 'create a/b/records.jsonl' \
        'create a/b/ranks.bin' 'write a/b/ranks.bin' 'fsync a/b/ranks.bin' \
        'create a/b/.plan.ini.new' 'write a/b/.plan.ini.new' \
        'fsync a/b/.plan.ini.new' 'close a/b/.plan.ini.new' \
        'rename a/b/.plan.ini.new a/b/plan.ini' 'fsync a/b' \
        'create a/b/.run.json.new' 'write a/b/.run.json.new' \
        'fsync a/b/.run.json.new' 'close a/b/.run.json.new' \
        'rename a/b/.run.json.new a/b/run.json' 'fsync a/b'
}

@test "each record is on the disk before anything else is done" {
    plan_of_three
    under run --plan three.ini --out d --quiet
    passed
    [ "$(grep -c '^write d/records.jsonl' log)" -eq 3 ]
    # No reading of the clock and no other file between the two.
    wanted "$(grep -A 1 '^write d/records.jsonl' log | grep -v '^--')" \
        'write d/records.jsonl' 'fdatasync d/records.jsonl' \
        'write d/records.jsonl' 'fdatasync d/records.jsonl' \
        'write d/records.jsonl' 'fdatasync d/records.jsonl'
    # The second case is measured only then: the clock is read after it.
    grep -A 2 '^write d/records.jsonl' log | grep -q '^clock'
}

@test "the medians of a record's ranks are on the disk before the record" {
    needs_mpi
    plan_of_three
    sed -i 's/^team = self/team = mpi/; s/^threads = 1/&\nranks = 2/' three.ini
    status=0
    "$MPIRUN" -n 2 env SHIM_LOG="$PWD/log" \
        LD_PRELOAD="$BATS_FILE_TMPDIR/shim.so" \
        "$ETALON" run --plan three.ini --out d --quiet >out 2>err || status=$?
    passed
    one=('write d/ranks.bin' 'fdatasync d/ranks.bin'
        'write d/records.jsonl' 'fdatasync d/records.jsonl')
    wanted "$(sed '1,/^fsync d\/ranks/d' log |
        grep -E '^(write|fdatasync|fsync) d/(ranks|records)' | head -n 12)" \
        "${one[@]}" "${one[@]}" "${one[@]}"
    [ "$(wc -c <d/ranks.bin)" -gt 300 ]
}

@test "the end of a run is on the disk before its report and manifest are" {
    plan_of_three
    under run --plan three.ini --out d --quiet
    passed
    # After the last record: run.json once more, then all that the manifest
    # lists, then the manifest under another name, then its name.
    tac log | sed '/^fdatasync d\/records/,$d' | tac >tail && mv tail log
    wanted "$(calls '(run.json|\.run.json.new) ?|^fsync d$' | head -n 6)" \
        'create .run.json.new' 'write .run.json.new' 'fsync .run.json.new' \
        'close .run.json.new' 'rename .run.json.new run.json' 'fsync d'
    for file in $(cut -c 67- d/manifest.sha256); do
        n=$(grep -n "^fsync d/$file\$" log | tail -n 1 | cut -d : -f 1)
        [ -n "$n" ] || fail "$file is listed and not on the disk"
        [ "$n" -lt "$(grep -n '^create d/.manifest' log | cut -d : -f 1)" ] ||
            fail "$file is listed before it is on the disk"
    done
    # The folders, too, and again: those that wrote the files closed them.
    sed '/^create d\/.manifest/,$d' log | tac | sed '/^close d$/,$d' >listed
    grep -qx 'fsync d' listed
    [ ! -d d/plots ] || grep -qx 'fsync d/plots' listed
    wanted "$(sed -n '/^create d\/.manifest/,$p' log | grep -v '^clock')" \
        'create d/.manifest.sha256.new' 'write d/.manifest.sha256.new' \
        'fsync d/.manifest.sha256.new' 'close d/.manifest.sha256.new' \
        'rename d/.manifest.sha256.new d/manifest.sha256' \
        'fsync d' 'close d'
}

@test "a resumed run has no manifest until it has ended again" {
    make_run d
    rm d/manifest.sha256
    truncate -s -20 d/records.jsonl
    under run --resume d --quiet
    passed
    # The torn line is gone from the disk, then run.json says that it runs.
    wanted "$(calls '(records.jsonl|run.json|run.json.new|sha256)$' |
        sed '1,/^ftruncate/d' | grep -v 'open\|close' | head -n 8)" \
        'fsync records.jsonl' 'unlink manifest.sha256' \
        'create .run.json.new' 'write .run.json.new' 'fsync .run.json.new' \
        'rename .run.json.new run.json' 'write records.jsonl' \
        'fdatasync records.jsonl'
}

# A sample of io's posix backend: what stands between two readings of the
# clock, of the file that it writes.
@test "a write that is timed with sync = yes ends when it is on the disk" {
    for sync in yes no; do
        rm -rf d
        plan io.ini '[run]' 'passes = 1' 'budget = 1' 'min-time = 1e-5' 'team = self' \
            'max-samples = 6' '[io]' 'backend = posix' 'sizes = 64 KiB' \
            'block = 16 KiB' "sync = $sync"
        under run --plan io.ini --out d --quiet
        passed
        awk -v sync="$sync" '
            /^clock/ { if (pwrites) timed++; pwrites = syncs = late = 0; next }
            !/etalon-/ { next }
            /^pwrite/ { pwrites++; if (syncs) late = 1 }
            /^fsync/ { syncs++ }
            /^close/ && pwrites {
                if (pwrites != 4 || late || syncs != (sync == "yes")) bad++
            }
            END { print timed + 0, bad + 0 }' log >counts
        read -r timed bad <counts
        [ "$timed" -ge 6 ] || fail "$timed timed writes, not 6 or more"
        [ "$bad" -eq 0 ] || fail "$bad of $timed with other calls, sync = $sync"
    done
}

# Each sample begins with an empty file, and that is on the disk, too.
@test "a file is empty on the disk before a write is timed" {
    plan io.ini '[run]' 'passes = 1' 'budget = 1' 'min-time = 1e-5' 'team = self' \
        'max-samples = 6' '[io]' 'backend = posix' 'sizes = 64 KiB' \
        'block = 64 KiB'
    under run --plan io.ini --out d --quiet
    passed
    writes=$(grep -c '^pwrite .*/etalon-' log)
    [ "$writes" -ge 6 ]
    [ "$(grep -A 1 '^ftruncate .*/etalon-' log | grep -c '^fsync .*/etalon-')" \
        -eq "$writes" ] || fail 'a write without an emptied file before it'
}

@test "a read that is timed cold comes after a sync and a drop" {
    plan io.ini '[run]' 'passes = 1' 'budget = 1' 'min-time = 1e-5' 'team = self' \
        'max-samples = 6' '[io]' 'backend = posix' 'op = read' \
        'sizes = 64 KiB' 'block = 64 KiB'
    under run --plan io.ini --out d --quiet
    passed
    # open, fsync (dirty pages cannot be dropped), close; then the clock, then
    # the read.
    reads=$(grep -c '^pread .*/etalon-' log)
    [ "$reads" -ge 6 ]
    [ "$(grep -B 1 '^close .*/etalon-' log | grep -c '^fsync')" -ge "$reads" ]
}

@test "MPI-IO syncs what is timed with sync = yes" {
    needs_mpi
    for sync in yes no; do
        rm -rf d log
        plan io.ini '[run]' 'passes = 1' 'budget = 0.01' 'min-time = 1e-5' \
            'max-samples = 6' '[io]' 'backend = mpiio' 'sizes = 64 KiB' \
            "sync = $sync"
        status=0
        "$MPIRUN" -np 1 env SHIM_LOG="$PWD/log" \
            LD_PRELOAD="$BATS_FILE_TMPDIR/shim.so" "$ETALON" run --plan io.ini \
            --out d --quiet >out 2>err || status=$?
        passed
        # Emptying the file syncs it in both; here only what follows a write.
        writes=$(grep -c '^pwrite .*/etalon-' log)
        syncs=$(grep '/etalon-' log | grep -A 1 '^pwrite' | grep -c '^fsync') ||
            true
        [ "$writes" -gt 1 ] || fail "only $writes writes"
        [ "$syncs" = "$([ $sync = yes ] && echo "$writes" || echo 0)" ] ||
            fail "sync = $sync: $syncs syncs after $writes writes"
    done
}

# Break one call of a run; what was measured before stays, as does the code.
breaks() { # breaks FAILURE RECORDS TEXT
    plan_of_three
    rm -rf d
    export SHIM_FAIL=$1
    under run --plan three.ini --out d --quiet
    unset SHIM_FAIL
    [ "$status" -eq 4 ] || fail "$1: exit code 4 is wanted"
    grep -qF -- "$3" err || fail "$1: '$3' is wanted"
    [ "$(grep -c 'error: ' err)" -eq 1 ] || fail "$1: one error is wanted"
    if [ "$2" = none ]; then
        [ ! -e d/run.json ] || fail "$1: no run is wanted"
        return
    fi
    [ "$(wc -l <d/records.jsonl)" -eq "$2" ] || fail "$1: $2 records are wanted"
    [ -z "$(tail -c 1 d/records.jsonl)" ] || fail "$1: a torn line"
    refute grep -q '"outcome": "complete"' d/run.json
    try run --resume d --quiet
    passed
    whole d 3
}

@test "no room for a record, or its sync fails" {
    breaks write:records.jsonl:2:eio 1 'not kept'
    breaks write:records.jsonl:1:enospc 0 'No space left'
    breaks write:records.jsonl:3+:enospc 2 'No space left'
    breaks fdatasync:records.jsonl:1:eio 0 'Input/output error'
    breaks fdatasync:records.jsonl:2:eio 1 'Input/output error'
    breaks fdatasync:records.jsonl:3:enospc 2 'those before it are'
}

@test "plan.ini or run.json cannot be written, synced, closed or renamed" {
    for call in open write fsync close; do
        for name in .plan.ini.new .run.json.new; do
            breaks "$call:$name:1:eio" none 'Input/output error'
            [ ! -e "d/$name" ] || fail "$call: $name is left"
        done
    done
    breaks rename:run.json:1:enospc none 'd/run.json: No space'
    breaks fsync:d:1:eio none 'Input/output error'
    breaks fsync:..:1:eio none 'd: Input/output error'
}

@test "run.json cannot be written at the end" {
    for call in write fsync close; do
        plan_of_three
        rm -rf d
        export SHIM_FAIL=$call:.run.json.new:2:enospc
        under run --plan three.ini --out d --quiet
        unset SHIM_FAIL
        [ "$status" -eq 4 ] || fail "$call: exit code 4 is wanted"
        grep -q '"outcome": "running"' d/run.json
        [ ! -e d/manifest.sha256 ]
        try run --resume d --quiet
        passed
        whole d 3
    done
}

@test "report, plots or manifest cannot be written" {
    for failure in open:.report.txt.new:1:enospc \
        fflush:.report.txt.new:1:enospc fsync:.report.txt.new:1:eio \
        fclose:.report.html.new:1:eio open:.manifest.sha256.new:1:enospc \
        write:.manifest.sha256.new:1:enospc fsync:.manifest.sha256.new:1:eio \
        close:.manifest.sha256.new:1:eio rename:manifest.sha256:1:eio \
        rename:report.txt:1:eio fsync:report.html:1:eio \
        fsync:records.jsonl:1:eio write:.roofline.dat.new:1:enospc \
        close:.roofline.dat.new:1:enospc; do
        plan_of_three
        rm -rf d
        export SHIM_FAIL=$failure
        under run --plan three.ini --out d --quiet
        unset SHIM_FAIL
        [ "$status" -eq 4 ] || fail "$failure: exit code 4 is wanted"
        [ "$(grep -c 'error: ' err)" -eq 1 ] || fail "$failure: one error"
        [ ! -e d/manifest.sha256 ] || fail "$failure: signed all the same"
        ! ls -A d d/plots | grep -q '[.]new$' || fail "$failure: a rest is left"
        try report d --update
        passed
        whole d 3
    done
}

@test "a write that is cut short or interrupted is carried on" {
    for failure in write:records.jsonl:1:short write:records.jsonl:2:eintr \
        write:.run.json.new:1:short write:.plan.ini.new:1:eintr; do
        plan_of_three
        rm -rf d
        export SHIM_FAIL=$failure
        under run --plan three.ini --out d --quiet
        unset SHIM_FAIL
        passed
        whole d 3
    done
}

# io's scratch file, etalon-scratch-..., is named after its process.
@test "io: an error of the disk fails the case, a short write does not" {
    plan io.ini '[run]' 'passes = 1' 'budget = 1' 'min-time = 1e-5' 'team = self' \
        'max-samples = 6' '[io]' 'backend = posix' \
        'op = write, read' 'sizes = 64 KiB' 'block = 16 KiB'
    for failure in pwrite:3:enospc pwrite:9:eio fsync:2:eio fsync:4:enospc \
        close:4:eio pread:70:eio; do
        rm -rf d
        export SHIM_FAIL=${failure%%:*}:etalon-:${failure#*:}
        under run --plan io.ini --out d --quiet
        unset SHIM_FAIL
        [ "$status" -eq 4 ] || fail "$failure: exit code 4 is wanted"
        grep -q '"status":"failed"' d/records.jsonl ||
            fail "$failure: no case failed"
        [ -z "$(find d -name 'etalon-*')" ] || fail "$failure: a file is left"
    done
    for failure in pwrite:3:short pwrite:9:eintr pread:2:eintr pread:3:short \
        fsync:2:eintr; do
        rm -rf d
        export SHIM_FAIL=${failure%%:*}:etalon-:${failure#*:}
        under run --plan io.ini --out d --quiet
        unset SHIM_FAIL
        [ "$status" -eq 0 ] || fail "$failure: success is wanted"
        [ "$(grep -c '"status":"measured"' d/records.jsonl)" -eq 2 ]
    done
}
