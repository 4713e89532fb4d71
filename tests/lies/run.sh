#!/bin/sh
# Runs etalon under libraries and systems that lie, as tests/lies/table says,
# and looks whether each lie is caught as it should be. Called from the build
# directory; names of lies as arguments choose some rows.
#   tests/lies/run.sh [LIE...]
set -u
LC_ALL=C
export LC_ALL
here=$(cd "${srcdir:-$(dirname "$0")/../..}/tests" && pwd) || exit 1
# shellcheck source=../mpi/env.sh
. "$here/mpi/env.sh"
pardon_mpi_leaks
skip() { echo "skipped: $1"; exit 77; }

etalon=$PWD/etalon
shim=$PWD/tests/lies/lie.so
config=$PWD/config.h
[ -f "$shim" ] || skip "no $shim: this system cannot load it before a program"
if grep -q fsanitize build.h; then
    skip "built with sanitizers, which must be loaded first"
fi
limit=
command -v timeout >/dev/null && limit="timeout 100"
unset OMP_NUM_THREADS

work_in lies
cd "$work" || exit 1
failed=0
rows=0

plan() { # plan NAME LINE...
    file=$1.ini
    shift
    printf '%s\n' '[run]' 'max-samples = 100000' "$@" > "$file"
}
# As long as is told, so that there is much to be caught in; or until a few
# samples agree roughly, so that a verdict rests on nothing but the lie.
long='budget = 1
precision = 1e-6'
short='budget = 0.4
precision = 1
min-samples = 20'
product='backend = cblas
dtype = fp32
ranks = 1
threads = 1'
plan gemm "$long" '[gemm]' 'shapes = 48^3' "$product"
plan large 'budget = 0.3' 'precision = 1e-6' '[gemm]' 'shapes = 256^3' "$product"
plan deep "$short" '[gemm]' 'shapes = 64x64x65536' "$product"
plan rate "$short" '[gemm]' 'shapes = 48^3' "$product"
plan unbounded "$short" 'ceilings = no' '[gemm]' 'shapes = 48^3' "$product"
plan alpha0 "$short" '[gemm]' 'shapes = 48^3' 'alpha = 0' "$product"
collective='sizes = 8
backend = recursive-doubling
ranks = 2'
plan allreduce "$long" '[allreduce]' "$collective"
# In one pass: of a clock that steps between two, or jumps while one sets the
# ranks' clocks against each other, nothing is believed anyway.
plan whole 'budget = 2
precision = 1e-6
passes = 1' '[allreduce]' "$collective"
plan io "$short" '[io]' 'sizes = 8MiB' 'op = write, read' 'backend = posix' \
    'ranks = 1'
cat > time.ini <<'END'
[any]
where = bench=*
metric = time
at_most = 1000 s
allow_oversubscribed = yes
END
cat > clause.ini <<'END'
[any]
where = bench=gemm
metric = flops
at_least = 1 FLOP/s
allow_oversubscribed = yes
END

# Why a plan cannot be run here; "" if it can.
lacks() {
    case $1 in
    allreduce | whole)
        grep -q '^#define HAVE_MPI 1' "$config" || echo "built without MPI"
        command -v "$MPIRUN" >/dev/null || echo "no $MPIRUN"
        ;;
    io)
        case $(stat -f -c %T .) in
        tmpfs | ramfs | overlayfs | nfs | lustre)
            echo "the folder is on no file system with a device of its own" ;;
        esac
        # What the kernel must tell, from Linux 6.5 on.
        [ "$(printf '%s\n6.5\n' "$(uname -r)" | sort -V | head -n 1)" = 6.5 ] ||
            echo "a kernel without cachestat"
        ;;
    *)
        grep -q '^#define HAVE_CBLAS 1' "$config" || echo "built without CBLAS"
        ;;
    esac
}

run() { # run LIE PLAN: exit code in $code, the run in out, words in err
    rm -rf out
    launch=
    case $2 in allreduce | whole) launch="$MPIRUN -np 2" ;; esac
    # shellcheck disable=SC2086 # words of a command
    $limit $launch env LIE="$1" LD_PRELOAD="$shim" "$etalon" run \
        --plan "$2.ini" --out out --quiet > words 2> err
    code=$?
}

complain() {
    echo "FAILED: $lie, $plan: must be $must $text: $*"
    cat err
    grep -oE '"(sync|verification|disturbed|facts)":\{[^}]*\}' \
        out/records.jsonl 2>/dev/null
    failed=1
}

# The record has it; the reader of the report, too.
records() { grep -q -- "$1" out/records.jsonl 2>/dev/null; }
reports() { tr -s ' \n' ' ' < out/report.txt | grep -q -- "$1"; }

# No clause is passed or failed. The reason may be another: of those that a
# record has, the judge tells one.
undecided() { # undecided CONTRACT [TEXT]
    "$etalon" judge "$1" out > verdict 2>> err
    [ $? -eq 5 ] || complain "judge: not exit code 5: $(cat verdict)"
    [ $# -eq 1 ] || tr -s ' \n' ' ' < verdict | grep -q -- "$2" ||
        complain "the verdict: $(cat verdict)"
}

look() {
    case $must in
    passes)
        [ $code -eq 0 ] || complain "exit code $code"
        records '"status":"measured"' || complain "not measured"
        records '"doubt"' && complain "in doubt"
        records '(claimed)' && complain "only claimed"
        ;;
    wrong)
        [ $code -eq 3 ] || complain "exit code $code"
        records '"status":"wrong"' || complain "not wrong"
        ;;
    doubtful)
        records "\"doubt\":\"[^\"]*$text" || complain "no such doubt"
        reports 'no headline: doubtful' || complain "quoted"
        undecided time.ini
        ;;
    unsure)
        records '"status":"measured"' || complain "not measured"
        undecided clause.ini "$text"
        ;;
    sampled)
        [ $code -eq 0 ] || [ $code -eq 3 ] || complain "exit code $code"
        records '"status":"wrong"' || records '"sampled":[1-9]' ||
            complain "none was sampled"
        # On a busy machine there may be no headline.
        [ $code -eq 3 ] || reports 'no headline' ||
            reports '(first, last and [1-9][0-9]* sampled)' ||
            complain "the headline does not say how many"
        ;;
    refused)
        [ $code -eq 2 ] || complain "exit code $code"
        grep -q -- "$text" err || complain "other words"
        ;;
    *)
        complain "the table does not say what"
        ;;
    esac
}

while IFS='|' read -r lie plan must _; do
    case $lie in '' | '#'*) continue ;; esac
    lie=$(echo $lie) plan=$(echo $plan) must=$(echo $must)
    text=${must#"${must%% *}"} must=${must%% *}
    text=${text# }
    [ $# -eq 0 ] || case " $* " in *" $lie "*) ;; *) continue ;; esac
    why=$(lacks "$plan" | head -n 1)
    if [ -n "$why" ]; then
        echo "left out: $lie, $plan: $why"
        continue
    fi
    rows=$((rows + 1))
    run "$lie" "$plan" < /dev/null
    # What others do on the machine takes longer than a clock steps: tried again.
    for again in 1 2 3 4; do
        case $lie in clock-steps) ;; *) break ;; esac
        records '"doubt"' && break
        records '"many":true' || break
        echo "$lie, $plan: disturbed, so once more ($again)"
        run "$lie" "$plan" < /dev/null
    done
    look
    echo "$lie, $plan: $must $text"
done < "$here/lies/table"
[ $rows -gt 0 ] || skip "no row of the table can be run here"
exit $failed
