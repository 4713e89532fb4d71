#!/bin/sh
# Run the multi-rank tests, or those named, under a real mpirun on 1, 2, 3 and 4
# ranks; 77 (a skip) where there is no MPI to run them on. Called from the build
# directory.
set -u
. "$(dirname "$0")/env.sh"
pardon_mpi_leaks
skip() { echo "skipped: $1"; exit 77; }

grep -q '^#define HAVE_MPI 1' config.h || skip "built without MPI"
command -v "$MPIRUN" >/dev/null || skip "no $MPIRUN"

limit=
command -v timeout >/dev/null && limit="timeout 120"
export OMP_NUM_THREADS=1

failed=0
[ $# -gt 0 ] || set -- tests/mpi/team_test tests/mpi/clock_test \
    tests/mpi/slow_test tests/contract/collective_test tests/contract/io_test
for program; do
    for ranks in 1 2 3 4; do
        # shellcheck disable=SC2086 # empty words must vanish
        if ET_TEST_RANKS=$ranks $limit "$MPIRUN" -n "$ranks" "./$program"; then
            echo "ok: $program on $ranks"
        else
            echo "FAILED: $program on $ranks"
            failed=1
        fi
    done
done
exit $failed
