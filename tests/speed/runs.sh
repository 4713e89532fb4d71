#!/bin/sh
# Speed: `etalon runs` on 2,000 run directories of 1,000 records each (links to
# one file, as no record is read). Prints seconds; asserts nothing. Usage:
# runs.sh ETALON [RUNS]
set -eu
etalon=$1
n=${2:-2000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
printf '[gemm]\nshapes = 64^3\nbackend = reference\n' >"$dir/plan.ini"
"$etalon" run --quiet --team self --out "$dir/run" --budget 50ms \
    --plan "$dir/plan.ini" >/dev/null
record=$(head -n 1 "$dir/run/records.jsonl")
for _ in $(seq 1000); do
    printf '%s\n' "$record"
done >"$dir/records.jsonl"
for i in $(seq "$n"); do
    mkdir "$dir/night-$i"
    cp "$dir/run/run.json" "$dir/night-$i"
    ln "$dir/records.jsonl" "$dir/night-$i/records.jsonl"
done
start=$(date +%s.%N)
"$etalon" runs "$dir"/night-* >"$dir/out"
end=$(date +%s.%N)
lines=$(grep -c night- "$dir/out")
wc -c <"$dir/run/run.json" | awk -v n="$lines" -v start="$start" -v end="$end" '{
    printf "runs: %d runs listed in %.2f s, run.json of %d bytes each\n",
        n, end - start, $1 }'
