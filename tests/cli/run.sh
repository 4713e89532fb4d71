#!/bin/sh
# Run one .bats file, from the build directory; 77 (a skip) without bats.
set -u
command -v "${BATS:-bats}" >/dev/null || { echo 'skipped: no bats'; exit 77; }
# Open MPI asks root for this, and starts more ranks than cores only if told.
OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
export OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM
export OMPI_MCA_rmaps_base_oversubscribe OMPI_MCA_mpi_yield_when_idle
exec "${BATS:-bats}" --tap "$@"
