#!/bin/sh
# Speed: McCalpin's STREAM against etalon's stream, sample by sample in turn,
# with the same vectors and threads. Prints the ratios of the rates; asserts
# nothing. The peer is not part of this tree: build it with
#   cc -O3 -march=native -fopenmp -DSTREAM_ARRAY_SIZE=80000000 -DNTIMES=5 stream.c
# Usage: stream.sh ETALON STREAM [THREADS [PAIRS]]
#
# STREAM has three vectors whatever it does, so it is set beside working sets
# of as many elements a vector. A compiler may turn its Copy into memcpy, whose
# stores are non-temporal: so both kinds of etalon's are shown.
set -eu
if [ $# -lt 2 ]; then
    echo 'stream: no STREAM to compare with (stream.sh ETALON STREAM)'
    exit 0
fi
etalon=$1 peer=$2 threads=${3:-1} pairs=${4:-7}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export OMP_NUM_THREADS="$threads"
n=$("$peer" | tee "$dir/first" |
    sed -n 's/^Array size = \([0-9]*\) .*/\1/p')
cat >"$dir/two.ini" <<PLAN
[stream]
op = copy, scale
stores = ordinary, nontemporal
level = bytes
bytes = $((16 * n))
PLAN
cat >"$dir/three.ini" <<PLAN
[stream]
op = add, triad
stores = ordinary, nontemporal
level = bytes
bytes = $((24 * n))
PLAN
ours() { # ours PLAN PAIR: "op stores rate", MB/s, of the best sample as STREAM's
    "$etalon" run --quiet --team self --counters none --plan "$dir/$1.ini" \
        --set "stream.threads=$threads" --budget 0.01 --min-samples 6 \
        --max-samples 6 --out "$dir/run" >/dev/null
    "$etalon" report "$dir/run" --format csv >"$dir/csv"
    rm -r "$dir/run"
    awk -F, -v pair="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        {
            print pair, $at["params.op"], $at["params.stores"],
                $at["work.bytes"] / $at["time_s.min"] / 1e6
        }' "$dir/csv" >>"$dir/ours"
}
i=0
while [ "$i" -lt "$pairs" ]; do
    # Who goes first changes, so that drift favours neither.
    [ $((i % 2)) = 0 ] && ours two "$i" && ours three "$i"
    "$peer" | awk -v pair="$i" '/^(Copy|Scale|Add|Triad):/ {
        sub(":", "", $1); print pair, tolower($1), $2 }' >>"$dir/theirs"
    [ $((i % 2)) = 1 ] && ours two "$i" && ours three "$i"
    i=$((i + 1))
done
echo "stream: $n elements a vector, $threads threads, $pairs pairs; etalon's" \
    "rate over STREAM's, median of pairs, lowest and highest:"
awk 'FNR == NR { theirs[$1 " " $2] = $3; next }
    { print $2, $3, $4 / theirs[$1 " " $2], $4, theirs[$1 " " $2] }' \
    "$dir/theirs" "$dir/ours" | sort -k1,2 -k3,3g | awk '
    function show() {
        if (n)
            printf "  %-5s %-11s %.3f  (%.3f to %.3f)  %.0f MB/s\n", op, kind,
                ratio[int((n + 1) / 2)], ratio[1], ratio[n],
                rate[int((n + 1) / 2)]
    }
    $1 != op || $2 != kind { show(); n = 0; op = $1; kind = $2 }
    { ratio[++n] = $3; rate[n] = $4 }
    END { show() }'
