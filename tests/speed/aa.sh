#!/bin/sh
# Speed: the A/A table of docs/method.md. Runs one plan many times on a machine
# that does not change, quiet and then with a process that keeps one core busy,
# and prints how often `etalon compare` calls a run worse, and how often it
# finds a true slowdown. About 35 s a run; asserts nothing. Usage:
# aa.sh ETALON AA [RUNS [DIR]]; runs that are in DIR already are kept.
set -eu
etalon=$1 aa=$2 n=${3:-30}
plan=$(dirname "$0")/aa.ini
dir=${4:-$(mktemp -d)}
burner=
trap '[ -z "$burner" ] || kill "$burner"; [ "${4:-}" ] || rm -rf "$dir"' EXIT
# Two ranks where there is a launcher, so that there is a network to measure.
# shellcheck source=../mpi/env.sh
. "$(dirname "$0")/../mpi/env.sh"
start=
if command -v "$MPIRUN" >/dev/null &&
    "$MPIRUN" -n 2 "$etalon" --version >/dev/null 2>&1; then
    start="$MPIRUN -n 2"
fi

measure() { # measure NAME: the runs of one state of the machine
    mkdir -p "$dir/$1"
    for i in $(seq -w 1 "$n"); do
        [ -e "$dir/$1/$i" ] || # shellcheck disable=SC2086
            $start "$etalon" run --quiet --plan "$plan" --out "$dir/$1/$i" \
                >/dev/null 2>&1 || [ $? -eq 5 ]
    done
}

echo '--- quiet'
measure quiet
"$aa" "$dir"/quiet/*
echo
echo '--- a process keeps one core busy'
sh -c 'while :; do :; done' &
burner=$!
measure busy
kill "$burner"
burner=
"$aa" "$dir"/busy/*
