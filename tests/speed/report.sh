#!/bin/sh
# Speed: `etalon report` on a run of 100,000 records, made from a real record
# with its ceilings by numbering its case. Prints seconds of wall clock and of
# processors; asserts nothing. Usage: report.sh ETALON [RECORDS]
set -eu
etalon=$1
n=${2:-100000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
records=$dir/run/records.jsonl
printf '[gemm]\nshapes = 64^3\nbackend = reference\n' >"$dir/plan.ini"
"$etalon" run --quiet --team self --out "$dir/run" --budget 50ms \
    --plan "$dir/plan.ini" >/dev/null
# The record as what sed puts for each number: \ & | are its own there.
record=$(grep '"bench":"gemm"' "$records" | head -n 1 |
    sed 's/[\\&|]/\\&/g; s/m=64 /m=\& /; s/"m":64,/"m":\&,/')
seq "$n" | sed "s|.*|$record|" >"$records"
wc -c <"$records" | awk -v n="$n" '{
    printf "records.jsonl: %d records, %.1f MB\n", n, $1 / 1e6 }'
for format in text html csv; do
    start=$(date +%s.%N)
    ("$etalon" report "$dir/run" --format "$format" >"$dir/out"
        times >"$dir/times")
    end=$(date +%s.%N)
    tail -n 1 "$dir/times" | tr 'ms' '  ' |
        awk -v format="$format" -v start="$start" -v end="$end" '{
            printf "report --format %s: %.2f s, %.2f s of processors\n",
                format, end - start, 60 * ($1 + $3) + $2 + $4 }'
done
