#!/bin/sh
# Run one .bats file, from the build directory; 77 (a skip) without bats.
set -u
command -v "${BATS:-bats}" >/dev/null || { echo 'skipped: no bats'; exit 77; }
exec "${BATS:-bats}" --tap "$@"
