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
