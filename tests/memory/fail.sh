#!/bin/sh
# Each allocation of small runs fails in turn: no crash, no hang; the program
# ends with 4 and a word, or as if nothing had been, with the same output.
#   tests/memory/fail.sh [--all | --every K] [NAME...]
# Of each command (a NAME: run, rank0 and rank1 of two, again, report, html, csv,
# markdown, json, judge, compare, verify, plan, info, list, runs), the first allocation
# at each place that allocates, told by its stack of calls. --all tries all of these (two hours);
# --every K every K-th; by preset some. Called from the build directory.
set -u
LC_ALL=C OMP_NUM_THREADS=1
export LC_ALL OMP_NUM_THREADS
here=$(dirname "$0")
. "$here/../mpi/env.sh"
skip() { echo "skipped: $1"; exit 77; }

every=0
case ${1:-} in
--all) every=1 && shift ;;
--every) every=$2 && shift 2 ;;
esac
names=${*:-run rank0 rank1 again report html csv markdown json judge compare verify plan \
    info list runs}
build=$PWD
shim=$PWD/tests/memory/fail_nth.so
etalon=$PWD/etalon
[ -f "$shim" ] || skip "no $shim: this system cannot load it before a program"
if grep -q fsanitize build.h; then
    skip "built with sanitizers, whose allocator stands in the way"
fi
command -v timeout >/dev/null || skip "no timeout"
work=$(mktemp -d "${TMPDIR:-/tmp}/etalon-memory-XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit 1

cat > plan.ini <<'END'
[gemm]
shapes = 8^3
backend = reference
dtype = fp64

[allreduce]
sizes = 64
dtype = fp32
backend = reference, ring

[stream]
level = l1
op = triad
END
# Every bench, on one rank.
{ cat plan.ini && cat <<'END'; } > wide.ini

[conv]
n = 1
c = 2
h = 4
w = 4
k = 2
r = 3
s = 3
backend = im2col-reference

[io]
backend = posix
sizes = 4KiB
cache = warm

[peak]
backend = portable
dtype = fp64

[memory_latency]
level = l1
END
cat > contract.ini <<'END'
[gemm]
where = bench=gemm
metric = flops
at_least = 1 FLOP/s
take = best
END
measure="$etalon run --clock fake --quiet --out"
for dir in first second; do
    $measure $dir --plan plan.ini > words 2>&1 || { cat words; exit 1; }
done
# Of two launches, which are set against each other.
"$etalon" run --again first --quiet > words 2>&1 || { cat words; exit 1; }

# What a name stands for, with the failing allocation in the environment; what
# hangs ends with 124.
start() { # start NAME VARIABLE...
    name=$1
    shift
    with="env LD_PRELOAD=$shim $*"
    rm -rf third
    [ "$name" != again ] || cp -r second third
    # shellcheck disable=SC2086 # words are meant
    case $name in
    run) timeout 60 $with $measure third --plan wide.ini ;;
    rank[01]) timeout 60 "$MPIRUN" -n 2 $with "ET_FAIL_RANK=${name#rank}" \
        $measure third --plan plan.ini ;;
    again) timeout 60 $with "$etalon" run --again third --quiet ;;
    report) timeout 60 $with "$etalon" report first ;;
    html | csv | markdown | json) timeout 60 $with "$etalon" report first \
        --format "$name" ;;
    judge) timeout 60 $with "$etalon" judge contract.ini first ;;
    compare) timeout 60 $with "$etalon" compare first second ;;
    verify) timeout 60 $with "$etalon" verify first ;;
    plan) timeout 60 $with "$etalon" plan --plan plan.ini --ranks 4 ;;
    info) timeout 60 $with "$etalon" info ;;
    list) timeout 60 $with "$etalon" list backends ;;
    runs) timeout 60 $with "$etalon" runs first second ;;
    *) echo "no such part: $name" >&2 && return 2 ;;
    esac
}

# Does the same input always give the same output? What measures does not.
is_steady() { case $1 in run | rank? | again | info) false ;; esac; }

# Some of the places, in a few seconds: a tenth of a second each, but for
# those that start ranks.
every_of() { # every_of NAME PLACES
    case $every:$1 in
    0:rank?) echo $(($2 / 2 + 1)) ;;
    0:run | 0:again) echo $(($2 / 8 + 1)) ;;
    0:*) echo $(($2 / 6 + 1)) ;;
    *) echo "$every" ;;
    esac
}

bad=0
for name in $names; do
    case $name in
    rank?)
        if ! grep -q '^#define HAVE_MPI 1' "$build/config.h" ||
            ! command -v "$MPIRUN" >/dev/null; then
            echo "skipped: $name: no MPI"
            continue
        fi
        ;;
    esac
    start "$name" "ET_FAIL_LIST=$work/list" > right 2> words
    code=$?
    if ! grep -q '^all [1-9]' list; then
        cat words
        echo "FAILED: $name: exit $code, and nothing was seen to allocate"
        bad=1
        continue
    fi
    total=$(sed -n 's/^all //p' list)
    sed '/^all/d' list | sort -n > places
    step=$(every_of "$name" "$(wc -l < places)")
    awk -v step="$step" 'NR % step == 1 || step == 1' places > tried
    failed=0 ended=0
    while read -r nth; do
        start "$name" "ET_FAIL_NTH=$nth" > out 2> words < /dev/null
        got=$?
        why=
        if [ $got = 124 ]; then
            why="it hangs"
        elif [ $got = 4 ]; then
            ended=$((ended + 1))
            grep -q 'error: ' words || why="exit 4 without a word"
            # All ranks come to the same end by themselves.
            ! grep -q 'does not answer\|exited on signal\|no progress' words ||
                why="a rank was left behind"
        elif [ $got != $code ]; then
            why="exit $got, where 4 or $code is right"
        elif is_steady "$name" && ! cmp -s right out; then
            why="another output, and no error"
        fi
        [ "$why" ] || continue
        echo "FAILED: $name, allocation $nth: $why"
        tail -n 2 words
        failed=1
    done < tried
    # Nothing would be tested if no allocation failed.
    if [ $ended = 0 ]; then
        echo "FAILED: $name: no allocation that failed was noticed"
        failed=1
    fi
    [ $failed = 0 ] && echo "ok: $name: $(wc -l < tried) of $(wc -l < places) \
places, $total allocations; $ended ended with 4"
    [ $failed = 0 ] || bad=1
done
exit $bad
