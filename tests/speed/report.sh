#!/bin/sh
# Speed: `etalon report` on a run of 100,000 records, made from a real record
# by numbering its case. Prints the seconds; asserts nothing.
# Usage: report.sh ETALON [RECORDS]
set -eu
etalon=$1
n=${2:-100000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$etalon" run --quiet --team self --out "$dir/run" --budget 20ms \
    --plan /dev/stdin >/dev/null 2>&1 <<'PLAN'
[gemm]
shapes = 64^3
backend = reference
PLAN
line=$(head -n 1 "$dir/run/records.jsonl")
printf '%s\n' "$line" | awk -v n="$n" '{
    for (i = 1; i <= n; i++) {
        s = $0
        gsub(/m=64 /, "m=" i " ", s)
        sub(/"m":64,/, "\"m\":" i ",", s)
        print s
    }
}' >"$dir/run/records.jsonl"
wc -c <"$dir/run/records.jsonl" | awk '{printf "records.jsonl: %.1f MB\n", $1 / 1e6}'
for format in text csv html; do
    start=$(date +%s.%N)
    "$etalon" report "$dir/run" --format "$format" >"$dir/out"
    end=$(date +%s.%N)
    echo "$format $start $end" |
        awk -v n="$n" '{printf "report --format %s, %d records: %.2f s\n", $1, n, $3 - $2}'
done
