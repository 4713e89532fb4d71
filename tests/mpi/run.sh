#!/bin/sh
# Run the multi-rank tests, or those named, under a real mpirun on 2, 3 and 4
# ranks, or as many as ET_MPI_RANKS says (make check runs each alone, too); 77 (a
# skip) where there is no MPI to run them on. Called from the build directory.
set -u
. "$(dirname "$0")/env.sh"
pardon_mpi_leaks
skip() { echo "skipped: $1"; exit 77; }

grep -q '^#define HAVE_MPI 1' config.h || skip "built without MPI"
command -v "$MPIRUN" >/dev/null || skip "no $MPIRUN"

# A rank says by itself that its time is up, and where it was (check.h); the
# outer limit is for one that cannot even do that.
ET_TEST_LIMIT=${ET_TEST_LIMIT:-110}
outer=$((ET_TEST_LIMIT + 10))
limit=
command -v timeout >/dev/null && limit="timeout $outer"
export OMP_NUM_THREADS=1 ET_TEST_LIMIT

failed=0
[ $# -gt 0 ] || set -- tests/mpi/team_test tests/mpi/clock_test \
    tests/mpi/roll_test tests/mpi/slow_test tests/contract/collective_test \
    tests/contract/io_test
for program; do
    for ranks in ${ET_MPI_RANKS:-2 3 4}; do
        # shellcheck disable=SC2086 # empty words must vanish
        ET_TEST_RANKS=$ranks $limit "$MPIRUN" -n "$ranks" "./$program"
        code=$?
        case $code in
        0) echo "ok: $program on $ranks" && continue ;;
        124) why="not done within $ET_TEST_LIMIT s (ET_TEST_LIMIT), see above \
where; load average $(cut -d ' ' -f 1 /proc/loadavg)" ;;
        *) why="exit $code, see above" ;;
        esac
        echo "FAILED: $program on $ranks ranks: $why"
        failed=1
    done
done
exit $failed
