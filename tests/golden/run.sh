#!/bin/sh
# Whole runs on a fake clock, fake counters and a team of one, against what
# stands here: records.golden and report.golden; and the figures of every bench
# against their working by hand (values.py). Called from the build directory. `tests/golden/refresh.sh` writes them anew after a change that was
# meant; look at the difference before it is committed.
set -u
here=${srcdir:-$(dirname "$0")/../..}/tests/golden
etalon=$PWD/etalon
skip() { echo "skipped: $1"; exit 77; }
for python in "${PYTHON3:-python3}" /usr/bin/python3; do
    "$python" -c 'import json' 2>/dev/null && break
    python=
done
[ -n "$python" ] || skip "no python3 to compare records with"

work=$(mktemp -d ./golden.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT PIPE TERM
failed=0
fail() { echo "FAILED: $*"; failed=1; }
# Figures that the surroundings must not change.
unset OMP_NUM_THREADS
run() { # NAME [OPTION...]
    dir=$work/$1
    shift
    "$etalon" run --plan "$here/plan.ini" --out "$dir" --clock fake \
        --counters fake --team self "$@" > "$dir.out" 2> "$dir.err"
    # 5: the cases on two ranks are skipped by a team of one.
    [ $? -eq 5 ] || { fail "run: not exit 5"; cat "$dir.err"; }
}

run all
run again
cmp "$work/all/records.jsonl" "$work/again/records.jsonl" ||
    fail "two runs on a fake clock differ"
# Where data goes and comes from depends on the file system: no io in this one.
sed '/^; A read/,$d' "$here/plan.ini" > "$work/no-io.ini"
"$etalon" run --plan "$work/no-io.ini" --out "$work/report" --clock fake \
    --counters fake --team self --quiet 2> "$work/report.err"
[ $? -eq 5 ] || fail "run: not exit 5"

"$python" "$here/normal.py" records "$work/all/records.jsonl" \
    > "$work/records.golden" || fail "records are not as they should be"
"$python" "$here/normal.py" report "$work/report/report.txt" \
    > "$work/report.golden" || fail "report is not as it should be"
for what in records report; do
    if [ -n "${ETALON_GOLDEN_REFRESH:-}" ]; then
        cp "$work/$what.golden" "$here/$what.golden" || failed=1
    elif ! diff -u "$here/$what.golden" "$work/$what.golden"; then
        fail "$what differ from $what.golden; if that was meant, run" \
             "tests/golden/refresh.sh in the build directory"
    fi
done

# Each bench's figures, worked out a second time from its work and its times.
"$etalon" run --plan "$here/values.ini" --out "$work/values" --clock fake \
    --counters fake --team self --quiet 2> "$work/values.err"
[ $? -eq 5 ] || { fail "run of values.ini: not exit 5"; cat "$work/values.err"; }
ETALON=$etalon "$python" "$here/values.py" "$work/values" flops algbw \
    bandwidth traffic_rate access_time time || fail "figures by hand"

# Nothing of a fake clock may be taken for a measurement.
grep -q '"clock_fake": true' "$work/all/run.json" || fail "run.json: no mark"
marked=$(grep -c '"method":"FAKE CLOCK' "$work/all/records.jsonl")
measured=$(grep -c '"status":"measured"' "$work/all/records.jsonl")
if [ "$measured" = 0 ] || [ "$marked" != "$measured" ]; then
    fail "$marked of $measured records say that the clock was a fake one"
fi
for f in all.out all/report.txt all/report.html; do
    grep -q 'FAKE CLOCK' "$work/$f" || fail "$f: no warning"
    grep -q 'no headline: fake clock' "$work/$f" || fail "$f: a headline"
done
# A page has no more headlines than refusals.
heads=$(sed -n '/^Headline/,/^WARNING/p' "$work/all/report.txt" |
    grep -c '^\(gemm\|conv\|allreduce\|io\)')
refused=$(grep -c 'no headline: fake clock' "$work/all/report.txt")
if [ "$heads" = 0 ] || [ "$heads" != "$refused" ]; then
    fail "$heads headlines, $refused of them refused"
fi
formats=$("$etalon" list formats | cut -d ' ' -f 1)
for format in ${formats:-none-is-listed}; do
    "$etalon" report "$work/all" --format $format | grep -qi 'fake clock' ||
        fail "report --format $format: no warning"
done
cat > "$work/easy.ini" <<'CONTRACT'
[met by anything]
where = bench=gemm
metric = flops
at_least = 1 FLOP/s
[missed by everything]
where = bench=gemm
metric = flops
at_least = 1 ZFLOP/s
CONTRACT
"$etalon" judge "$work/easy.ini" "$work/all" > "$work/verdict"
status=$?
[ $status = 5 ] || fail "judge: exit $status, not 5 (inconclusive)"
grep -q 'fake' "$work/verdict" || fail "judge does not say why"
"$etalon" verify "$work/all" > /dev/null || fail "verify: exit $?"
exit $failed
