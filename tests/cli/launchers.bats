#!/usr/bin/env bats
# Processes that cannot find each other, though a launcher started several of
# them: each would be a run of its own, and is refused with the likely cause.

load common

clear() {
    unset OMPI_COMM_WORLD_SIZE PMI_SIZE PMI_RANK PMIX_RANK \
        SLURM_STEP_NUM_TASKS MPI_LOCALNRANKS
}

own_words() { # what launchers and MPI libraries add is not ours
    grep '^etalon: ' err >own || :
    mv own err
}

auto() { # auto NAME=VALUE...: a run that looks for ranks
    sed '/^team/d' tiny.ini >auto.ini
    status=0
    env "$@" "$ETALON" run --plan auto.ini --out alone --quiet >out 2>err ||
        status=$?
    own_words
}

@test "a launcher's variables, and no ranks" {
    clear
    auto SLURM_STEP_NUM_TASKS=3
    refused 2 '3 processes' 'srun' SLURM_STEP_NUM_TASKS
    grep -q '^#define HAVE_MPI 1' "${ETALON%/*}/config.h" ||
        grep -q 'not built in' err || fail 'the cause is wanted'
    [ ! -e alone ] || fail 'a run directory'
    auto SLURM_STEP_NUM_TASKS=1
    passed
    # Of a launcher through which an MPI would find the others: MVAPICH's, that
    # no other MPI knows.
    ! "$ETALON" info | grep -q MVAPICH || return 0
    rm -r alone
    auto MV2_COMM_WORLD_SIZE=3
    refused 2 '3 processes' MVAPICH MV2_COMM_WORLD_SIZE
    grep -qE 'does not know that launcher|not built in' err
    [ ! -e alone ] || fail 'a run directory'
}

@test "the launcher of another MPI" {
    clear
    pardon_mpi_leaks
    # MPICH's gives PMI, through which Open MPI finds nobody, and the other way.
    case $(grep -c '^#define HAVE_MPI 1' "${ETALON%/*}/config.h") in
    0) other='mpirun mpirun.openmpi mpirun.mpich' ;;
    *)
        case $("$ETALON" info) in
        *'Open MPI'*) other=mpirun.mpich ;;
        *MPICH*) other=mpirun.openmpi ;;
        *) skip 'an MPI that this test does not know' ;;
        esac
        ;;
    esac
    launcher=
    for name in $other; do
        if command -v "$name" >/dev/null; then launcher=$name; fi
    done
    [ -n "$launcher" ] || skip "none of $other"
    sed '/^team/d' tiny.ini >auto.ini
    status=0
    timeout 60 "$launcher" -n 3 "$ETALON" run --plan auto.ini --out three \
        >out 2>err || status=$?
    own_words
    refused 2 '3 processes or more' 'cannot find each other'
    grep -qE 'does not know that launcher|not built in' err
    [ ! -e three ] || fail 'a run directory'
}

@test "a launcher that sets no variable" {
    clear
    sed '/^team/d' tiny.ini >auto.ini
    for i in 1 2 3; do
        (exec "$ETALON" run --plan auto.ini --out three >"out.$i" 2>"err.$i") &
        pids="${pids:-} $!"
    done
    for pid in $pids; do
        status=0
        wait "$pid" || status=$?
        [ "$status" = 2 ] || fail "exit code $status, not 2"
    done
    for i in 1 2 3; do
        grep -q 'processes were started at once with this command line' \
            "err.$i"
    done
    [ ! -e three ] || fail 'a run directory'
    # Who wants them, has them.
    pids=
    for i in 1 2; do
        "$ETALON" run --plan auto.ini --team self --out "two.$i" \
            >"out.$i" 2>"err.$i" &
        pids="$pids $!"
    done
    for pid in $pids; do wait "$pid"; done
    [ -e two.1/report.txt ] && [ -e two.2/report.txt ]
}

# Where nothing started it, etalon starts itself again.
@test "several launches of one run" {
    clear
    try run --plan tiny.ini --out two --launches 2
    passed
    [ "$(grep -c 'launch [12] of 2$' err)" -eq 2 ] || fail 'two are wanted'
    whole_launches two 2
    try run --again two --launches 2 --quiet
    passed
    whole_launches two 4
}

# whole_launches DIR N: each of the two cases was measured in each of N.
whole_launches() {
    for k in $(seq 0 $(($2 - 1))); do
        [ "$(grep -c "\"launch\":$k," "$1/records.jsonl")" -eq 2 ] ||
            fail "launch $k: two records are wanted"
    done
    try verify "$1"
    passed
}

@test "launches that cannot be" {
    clear
    try run --plan tiny.ini --out d --launches 0 && refused 2 'launches: 0'
    make_run d
    try run --resume d --launches 2 && refused 2 '--again'
    plan p.ini '[run]' 'launches = 2' '[gemm]' 'shapes = 8x8x8'
    try run --plan p.ini && refused 2 'p.ini:2' launches
    status=0
    OMPI_COMM_WORLD_SIZE=2 "$ETALON" run --plan tiny.ini --out e --launches 2 \
        >out 2>err || status=$?
    refused 2 OMPI_COMM_WORLD_SIZE '--again DIR'
    [ ! -e e ] || fail 'a run directory'
    # The first of them fails, and no other is tried.
    try run --plan tiny.ini --out d --launches 3
    [ "$status" -eq 2 ]
    [ "$(grep -c 'launch [0-9] of 3$' err)" -eq 1 ] || fail 'one is wanted'
}

# stopped_at FILE OPTION...: a run, told to end once there is something in FILE.
stopped_at() {
    local file=$1
    shift
    "$ETALON" run "$@" >out 2>err &
    parent=$!
    for _ in $(seq 100); do
        [ -s "$file" ] && break
        sleep 0.1
    done
    kill -TERM "$parent"
    status=0
    wait "$parent" || status=$?
}

@test "launches that are stopped" {
    clear
    plan slow.ini '[run]' 'budget = 3' 'precision = 1e-6' 'team = self' '[gemm]' \
        'shapes = 64^3' 'backend = reference'
    stopped_at s/records.jsonl --plan slow.ini --out s --launches 3
    [ "$(grep -c 'launch [0-9] of 3$' err)" -eq 1 ] || fail 'one is wanted'
    grep -q '"outcome": "interrupted"' s/run.json || fail 'interrupted is wanted'
    grep -q -- '--resume s' err || fail 'the remedy is wanted'
    grep -q '1 of the 3 launches' s/report.txt || fail 'a warning is wanted'
    # It ends what was begun and makes the others.
    try run --resume s
    passed
    [ "$(grep -c 'launch [0-9] of 3$' err)" -eq 3 ] || fail 'three are wanted'
    for k in 0 2 3; do
        grep -q "\"launch\":$k," s/records.jsonl || fail "none of launch $k"
    done
    ! grep -q 'of the 3 launches' s/report.txt || fail 'a warning that is over'
    try verify s
    passed
    try run --resume s
    passed
    ! grep -q 'launch [0-9] of' err || fail 'nothing was owed'
}

# One limit for all of them.
@test "launches that a time limit ends" {
    clear
    plan slow.ini '[run]' 'budget = 30' 'precision = 1e-6' 'team = self' \
        '[gemm]' 'shapes = 64^3' 'backend = reference'
    try run --plan slow.ini --out l --launches 3 --time-limit 1s --quiet
    [ "$status" -eq 5 ] || fail 'exit code 5 is wanted'
    grep -q '2 of 3 launches were not begun: time limit; .*--resume l. makes them' err ||
        fail 'how many is wanted'
    ! grep -q '"again": true' l/run.json
}

# It would begin where the one before is not done.
@test "launches: none begins after one that was interrupted" {
    clear
    plan slow.ini '[run]' 'budget = 30' 'precision = 1e-6' 'team = self' \
        'time-limit = 0.5' '[gemm]' 'shapes = 64^3' 'backend = reference'
    try run --plan slow.ini --out p --launches 2 --quiet
    [ "$status" -eq 5 ] || fail 'exit code 5 is wanted'
    grep -q '1 of 2 launches were not begun: the one before was interrupted; .*--resume p' \
        err || fail 'the cause is wanted'
    ! grep -q '"again": true' p/run.json
}

@test "launches: what the command line gives holds for each" {
    clear
    try run --plan tiny.ini --out g --launches 2 --timeout 1h --quiet
    passed
    grep -q '"--timeout=' g/run.json || fail 'the second has it too'
}

@test "launches that a launcher cannot make are told" {
    needs_mpi
    clear
    plan slow.ini '[run]' 'budget = 2' 'precision = 1e-6' '[gemm]' \
        'shapes = 64^3' 'threads = 1' 'backend = reference'
    try run --plan slow.ini --out m --launches 2 --time-limit 0.5s --quiet
    [ "$status" -eq 5 ] || fail 'exit code 5 is wanted'
    status=0
    "$MPIRUN" -np 1 "$ETALON" run --resume m >out 2>err || status=$?
    own_words
    passed
    grep -q '1 of the 2 launches .*`etalon run --again m`' err ||
        fail 'the remedy is wanted'
    try run --resume m
    passed
    [ "$(grep -c 'launch [12] of 2$' err)" -eq 2 ] || fail 'one was owed'
}

@test "launches, each with ranks that a launcher starts" {
    needs_mpi
    clear
    try run --plan tiny.ini --launches=2 --out two --set gemm.ranks=2 \
        --launcher "$MPIRUN  -np 2"
    passed
    [ "$(grep -c 'launch [12] of 2$' err)" -eq 2 ] || fail 'two are wanted'
    whole_launches two 2
    grep -q '"ranks": 2' two/run.json || fail 'two ranks are wanted'
    try run --again two --launcher "$MPIRUN -np 2" --quiet
    passed
    whole_launches two 3
    try run --again two --launches 2 --launcher true --quiet
    refused 4 'two has no launch more'
}

@test "launches: one that a launcher starts is stopped" {
    clear
    printf '#!/bin/sh\necho begun >begun\nexec sleep 60\n' > slow && chmod +x slow
    stopped_at begun --plan tiny.ini --out d --launcher ./slow
    [ "$status" -eq 5 ] || fail 'exit code 5 is wanted'
}

# Its exit code 1 must not be read as one of etalon's, and nothing of the
# words reaches a shell.
@test "launches: a launcher that cannot" {
    clear
    printf '#!/bin/sh\nexit 1\n' > one && chmod +x one
    try run --plan tiny.ini --out d --launches 3 --launcher ./one --quiet
    refused 4 './one ended with exit code 1'
    try run --plan tiny.ini --out d --launcher './none; touch shell' --quiet
    refused 4 'cannot start ./none;: No such file'
    [ ! -e shell ] || fail 'a shell'
    try run --plan tiny.ini --out d --launcher true --quiet
    refused 4 'true ended well and measured nothing'
    try run --plan tiny.ini --out d --launcher ' ' && refused 2 '--launcher: it is empty'
    plan p.ini '[run]' 'launcher = ./one' '[gemm]' 'shapes = 8x8x8'
    try run --plan p.ini && refused 2 'p.ini:2' launcher
    status=0
    PMI_SIZE=2 "$ETALON" run --plan tiny.ini --launcher ./one >out 2>err || status=$?
    refused 2 PMI_SIZE '--launcher'
    [ ! -e d ] || fail 'a run directory'
}
