# shellcheck shell=sh
# How the tests start ranks, in the one place: sourced by every script that
# calls mpirun, which then needs no option of one MPI alone. Root may start
# ranks, more of them than cores, and those that wait do not spin against those
# that work. Open MPI 4 reads the OMPI_ variables; of Open MPI 5 the library
# reads OMPI_MCA_mpi_..., and its launcher, PRRTE, the PRTE_ ones; MPICH needs
# none of them.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
    OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1 \
    PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
    PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe \
    MPIRUN="${MPIRUN:-mpirun}"

# Open MPI's own one-time allocations are not the program's leaks.
pardon_mpi_leaks() {
    export LSAN_OPTIONS="detect_leaks=0${LSAN_OPTIONS:+:$LSAN_OPTIONS}"
}

# A folder of its own for the script, which goes with it: $work.
work_in() { # work_in NAME
    work=$(mktemp -d "$PWD/$1.XXXXXX") || exit 1
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT PIPE TERM
}

# Open MPI's launcher up to version 4 is orte, from 5 on prrte.
launcher() {
    case $("$MPIRUN" --version 2>/dev/null) in
    *'(Open MPI) '[1-4].*) echo orte ;;
    *'(Open MPI) '*) echo prrte ;;
    *) echo other ;;
    esac
}
