#!/usr/bin/env bats
# A run that is stopped or killed keeps every finished case, says how to go on,
# and goes on with no case twice and none missing.

load common
load live

@test "SIGINT, SIGTERM and SIGHUP" {
    for signal in INT TERM HUP; do
        rm -rf d
        setup_plan 0.3 1
        # Under nohup SIGHUP is ignored, as it should be; not here.
        start env --default-signal=HUP "$ETALON"
        # A background job of a script may have SIGINT ignored; etalon takes it.
        kill "-$signal" "$job"
        ended
        [ "$status" -eq 5 ] || fail 'exit code 5 is wanted'
        grep -q "SIG$signal: the run ends after this sample" err
        grep -q "\"reason\": \"SIG$signal\"" d/run.json
        grep -q "interrupted; .etalon run --resume $PWD/d. continues it" err ||
            fail "it is to say how to go on"
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
        await '[ "$(wc -l <d/records.jsonl)" -ne "$n" ]'
        kill -KILL "$job"
        ended
    done
    cp d/records.jsonl before
    carry_on
}

@test "SIGTERM to mpirun" {
    needs_mpi
    # What a rank says once mpirun has the signal may get lost in mpirun.
    printf '#!/bin/sh\nexec "$@" 2>>said\n' >keep
    chmod +x keep
    mpi=("$MPIRUN" -np 2 ./keep)
    # Open MPI 4 hands the signal on so many seconds later, and kills as many
    # after that; its one second is too few for a busy machine. There it may end
    # without having handed it on, and the ranks end with it. The launcher of
    # Open MPI 5 hands it on and kills a quarter of a second later.
    export OMPI_MCA_odls_base_sigkill_timeout=5
    setup_plan 3 2 mpi
    start "${mpi[@]}" "$ETALON"
    kill -TERM "$job"
    ended
    [ "$status" -ne 0 ]
    for _ in {1..100}; do # the ranks may outlive mpirun
        { rank 0 || rank 1; } >/dev/null || break
        sleep 0.1
    done
    grep -q "if the run is stopped, .etalon run --resume $PWD/d. continues it" \
        said
    partial 'interrupted\|running'
    if grep -q '"interrupted"' d/run.json && [ -e d/manifest.sha256 ]; then
        grep -qE "(interrupted|cut short); .etalon run --resume $PWD/d. con" said ||
            fail "it is to say how to go on: $(cat said)"
        try verify d
        passed
    fi
    carry_on "${mpi[@]}"
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
