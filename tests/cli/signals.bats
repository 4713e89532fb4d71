#!/usr/bin/env bats
# A run that is stopped or killed keeps every finished case, says how to go on,
# and goes on with no case twice and none missing.

load common

CASES=5

# A plan whose cases take $1 seconds each, whatever the machine, on $2 ranks.
setup_plan() {
    plan slow.ini '[run]' 'passes = 1' "budget = $1" "team = ${3:-self}" 'precision = 1e-6' \
        'max-samples = 100000' 'min-time = 1e-4' '[gemm]' \
        'shapes = 8x8x8, 9x9x9, 10x10x10, 11x11x11, 12x12x12' \
        'backend = reference' 'threads = 1' "ranks = $2"
}

teardown() {
    [ -z "${job-}" ] || kill -KILL "$job" 2>/dev/null || true
}


# start WORD...: the words, in the background, until a first case is on disk.
start() {
    "$@" run --plan "$PWD/slow.ini" --out "$PWD/d" >out 2>err 3>&- &
    job=$!
    for _ in {1..300}; do
        [ ! -s d/records.jsonl ] || return 0
        sleep 0.1
    done
    kill "$job"
    fail 'no case was finished'
}

ended() {
    status=0
    wait "$job" 2>waited || status=$?
}

# What a stopped run left: whole records, fewer than were planned.
partial() { # partial OUTCOME
    local n
    n=$(wc -l <d/records.jsonl)
    [ "$n" -ge 1 ]
    [ "$n" -lt $CASES ]
    grep -q "\"outcome\": \"\($1\)\"" d/run.json
    try report d
    passed
    tr -s ' \n' ' ' <out | grep -q "$n of $CASES planned cases"
    cp d/records.jsonl before
}

# The records that were there are kept to the byte; the rest is added.
carry_on() { # carry_on [LAUNCHER...]
    status=0
    "$@" "$ETALON" run --resume d >out 2>err || status=$?
    passed
    cmp before <(head -c "$(wc -c <before)" d/records.jsonl)
    whole d $CASES
    grep -q '"outcome": "complete"' d/run.json
}

@test "SIGINT and SIGTERM" {
    for signal in INT TERM; do
        rm -rf d
        setup_plan 0.3 1
        start "$ETALON"
        # A background job of a script may have SIGINT ignored; etalon takes it.
        kill "-$signal" "$job"
        ended
        [ "$status" -eq 5 ] || fail 'exit code 5 is wanted'
        grep -q "interrupted; .etalon run --resume $PWD/d. continues it" err
        [ -s d/report.txt ]
        [ -s d/report.html ]
        try verify d
        passed
        partial interrupted
        carry_on
    done
}

@test "SIGKILL" {
    setup_plan 0.3 1
    start "$ETALON"
    kill -KILL "$job"
    ended
    [ "$status" -eq 137 ]
    partial running
    carry_on
}

@test "killed again and again" {
    setup_plan 0.3 1
    start "$ETALON"
    kill -KILL "$job"
    ended
    for _ in 1 2; do
        n=$(wc -l <d/records.jsonl)
        "$ETALON" run --resume d >out 2>err 3>&- &
        job=$!
        for _ in {1..300}; do
            [ "$(wc -l <d/records.jsonl)" -eq "$n" ] || break
            sleep 0.1
        done
        kill -KILL "$job"
        ended
    done
    cp d/records.jsonl before
    carry_on
}

rank() { # rank N: the process id of that rank
    local p
    for p in /proc/[0-9]*; do
        if [ "$(cat "$p/comm")" = etalon ] &&
            tr '\0' '\n' <"$p/cmdline" | grep -qxF "$PWD/d" &&
            tr '\0' '\n' <"$p/environ" |
            grep -qE "^(OMPI_COMM_WORLD_RANK|PMI_RANK)=$1\$"; then
            echo "${p#/proc/}"
            return
        fi
    done 2>/dev/null # some have ended meanwhile
    fail "no rank $1"
}

@test "SIGTERM to mpirun" {
    needs_mpi
    mpi=("$MPIRUN" -np 2)
    # Open MPI 4 hands the signal on so many seconds later, and kills as many
    # after that; its one second is too few for a busy machine. The launcher of
    # Open MPI 5 hands it on and kills a quarter of a second later, whatever it
    # is told, and passes on nothing that a rank says in between.
    export OMPI_MCA_odls_base_sigkill_timeout=2
    setup_plan 0.6 2 mpi
    start "${mpi[@]}" "$ETALON"
    kill -TERM "$job"
    ended
    [ "$status" -ne 0 ]
    grep -q "if the run is stopped, .etalon run --resume $PWD/d. continues it" err
    if [ "$(launcher)" = prrte ]; then
        partial 'interrupted\|running'
    else
        grep -q "interrupted; .etalon run --resume $PWD/d. continues it" err
        try verify d
        passed
        partial interrupted
    fi
    carry_on "${mpi[@]}"
}

@test "a rank that is killed" {
    needs_mpi
    mpi=("$MPIRUN" -np 2)
    setup_plan 0.3 2 mpi
    for n in 0 1; do
        rm -rf d
        start "${mpi[@]}" "$ETALON"
        kill -KILL "$(rank $n)"
        ended
        [ "$status" -ne 0 ]
        partial running
        carry_on "${mpi[@]}"
    done
}

@test "what is wrong is told of once, whatever the number of ranks" {
    needs_mpi
    mpi=("$MPIRUN" -np 2)
    for words in '--sede 3' '--plan none.ini' '--clock sun' \
        '--plan tiny.ini --set gemm.dtype=fp1' \
        '--plan tiny.ini --set gemm.shapes=3000000^3' \
        '--plan tiny.ini --team mpi --out .'; do
        status=0
        # shellcheck disable=SC2086 # words
        "${mpi[@]}" "$ETALON" run $words >out 2>err || status=$?
        [ "$status" -eq 2 ] || fail 'exit code 2 is wanted'
        [ "$(grep -c '^etalon: ' err)" -eq 1 ] || fail 'one line is wanted'
    done
}
