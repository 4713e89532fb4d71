#!/bin/sh
# Run the multi-rank tests under a real mpirun on 1, 2, 3 and 4 ranks; 77 (a
# skip) where there is no MPI to run them on. Called from the build directory.
set -u
skip() { echo "skipped: $1"; exit 77; }

grep -q '^#define HAVE_MPI 1' config.h || skip "built without MPI"
mpirun=${MPIRUN:-mpirun}
command -v "$mpirun" >/dev/null || skip "no $mpirun"

more=
if "$mpirun" --version 2>&1 | grep -q 'Open MPI\|OpenRTE\|PRRTE'; then
    more=--oversubscribe
    OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    export OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM
fi
limit=
command -v timeout >/dev/null && limit="timeout 120"
# More ranks than cores must not spin against each other.
OMPI_MCA_mpi_yield_when_idle=1 OMP_NUM_THREADS=1
# Open MPI's own one-time allocations are not this program's leaks.
LSAN_OPTIONS=detect_leaks=0${LSAN_OPTIONS:+:$LSAN_OPTIONS}
export OMPI_MCA_mpi_yield_when_idle OMP_NUM_THREADS LSAN_OPTIONS

failed=0
for program in tests/mpi/team_test tests/mpi/clock_test tests/mpi/slow_test \
    tests/contract/collective_test tests/contract/io_test; do
    for ranks in 1 2 3 4; do
        # shellcheck disable=SC2086 # empty words must vanish
        if ET_TEST_RANKS=$ranks $limit "$mpirun" $more -n "$ranks" \
            "./$program"; then
            echo "ok: $program on $ranks"
        else
            echo "FAILED: $program on $ranks"
            failed=1
        fi
    done
done
exit $failed
