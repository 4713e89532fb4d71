#!/bin/sh
# Whole real runs under mpirun on 1, 2 and 4 ranks: every bench leaves verified
# records of each team, the records keep the published schema by a validator
# that is not ours, `etalon verify` finds the directory as it was left, and more
# busy threads than cores are said loudly. Called from the build directory.
set -u
here=${srcdir:-$(dirname "$0")/../..}/tests
# shellcheck source=env.sh
. "$here/mpi/env.sh"
pardon_mpi_leaks
skip() { echo "skipped: $1"; exit 77; }

grep -q '^#define HAVE_MPI 1' config.h || skip "built without MPI"
command -v "$MPIRUN" >/dev/null || skip "no $MPIRUN"
for python in "${PYTHON3:-python3}" /usr/bin/python3; do
    "$python" -c 'import jsonschema' 2>/dev/null && break
    python=
done
[ -n "$python" ] || skip "no python3 with jsonschema"

limit=
command -v timeout >/dev/null && limit="timeout 60"
unset OMP_NUM_THREADS

work_in whole
failed=0
fail() { echo "FAILED: $*"; failed=1; }
./etalon schema > "$work/schema.json" || fail "schema: exit $?"

cat > "$work/plan.ini" <<'PLAN'
[run]
passes = 2
budget = 10 ms
min-time = 100 us
max-samples = 20
[gemm]
dtype = fp32
shapes = 40x30x20
scaling = strong
threads = 1
[conv]
shapes = 2x3x10x10x4x3x3
threads = 1
[allreduce]
backend = all
sizes = 8, 64 KiB
[broadcast]
backend = all
sizes = 8, 64 KiB
[allgather]
backend = all
sizes = 8, 64 KiB
[io]
op = write, read
layout = file-per-rank, shared
cache = warm
sizes = 4 MiB
PLAN

for ranks in 1 2 4; do
    dir=$work/np$ranks
    # shellcheck disable=SC2086 # empty words must vanish
    $limit "$MPIRUN" --bind-to none -n $ranks ./etalon run \
        --plan "$work/plan.ini" --out "$dir" > "$dir.out" 2> "$dir.err"
    status=$?
    if [ $status != 0 ]; then
        fail "run on $ranks: exit $status"
        cat "$dir.err"
        continue
    fi
    ./etalon verify "$dir" || fail "verify on $ranks: exit $?"
    "$here/meta/schema_test" "$work/schema.json" "$dir/records.jsonl" ||
        fail "records on $ranks"
    "$python" "$here/mpi/whole.py" "$dir" $ranks || fail "contents on $ranks"
done

# A second launch of the ranks, into the directory of the first.
# shellcheck disable=SC2086
$limit "$MPIRUN" --bind-to none -n 2 ./etalon run --again "$work/np2" --quiet \
    > "$work/again.out" 2> "$work/again.err" ||
    { fail "run --again: exit $?"; cat "$work/again.err"; }
./etalon verify "$work/np2" || fail "verify of two launches: exit $?"
"$python" - "$work/np2" <<'PYTHON' || fail "the records of two launches"
import collections, json, sys
seen = collections.defaultdict(collections.Counter)
for line in open(sys.argv[1] + "/records.jsonl"):
    r = json.loads(line)
    if r["status"] == "measured":
        seen[r["launch"]][r["case"]] += 1
assert sorted(seen) == [0, 1] and seen[0] == seen[1] and len(seen[0]) > 20
assert set(seen[1].values()) == {2}, seen[1]
PYTHON

# Ranks that run two builds: the other one is named, and nothing is left. A byte
# behind the program's end makes another file and no other program. The rank
# chooses, as mpirun of Open MPI 5.0.7 does not survive a colon.
cp ./etalon "$work/other" && printf x >> "$work/other"
cat > "$work/mixed" <<'END'
#!/bin/sh
case $first,${OMPI_COMM_WORLD_RANK:-${PMI_RANK:?}} in
./etalon,0 | "$other",2) exec ./etalon "$@" ;;
*) exec "$other" "$@" ;;
esac
END
chmod +x "$work/mixed"
export first other="$work/other"
for first in ./etalon "$other"; do
    dir=$work/mixed.${first##*/}
    # shellcheck disable=SC2086
    $limit "$MPIRUN" --bind-to none -n 3 "$work/mixed" run \
        --plan "$work/plan.ini" --out "$dir" > "$dir.out" 2> "$dir.err"
    status=$?
    [ $status = 4 ] || fail "two builds: exit $status, not 4"
    [ "$(grep -c '^etalon: error: ' "$dir.err")" = 1 ] ||
        { fail "two builds: one error is wanted"; cat "$dir.err"; }
    grep -q "run another build of etalon than rank 0.*rank 2 on $(uname -n)" \
        "$dir.err" || { fail "two builds: rank 2 is not named"; cat "$dir.err"; }
    [ ! -e "$dir" ] || fail "two builds: a run directory"
done
./etalon report "$work/np4" --ranks > "$work/ranks.csv" || fail "report --ranks"
"$python" - "$work/ranks.csv" "$work/np4" <<'PYTHON' || fail "every rank's median"
import csv, json, os, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
host = os.uname().nodename
for line in open(sys.argv[2] + "/records.jsonl"):
    r = json.loads(line)
    spread = r["time_s"]["ranks"]
    of = [row for row in rows if row["case"] == r["case"] and
          row["pass"] == str(r["pass"])]
    assert len(of) == (spread["n"] or 0), r["case"]
    if not of:
        continue
    assert [row["rank"] for row in of] == [str(i) for i in range(len(of))]
    assert all(row["host"] == host for row in of)
    worst = spread["worst"][0]
    row = of[worst["rank"]]
    assert abs(float(row["median_s"]) / worst["median"] - 1) < 1e-12
    assert int(row["last"]) == worst["last"], r["case"]
PYTHON
# Figures that one rank alone has not, on a clock that tells the same times
# everywhere: values.py works them out by hand.
dir=$work/values
# shellcheck disable=SC2086
$limit "$MPIRUN" --bind-to none -n 4 ./etalon run --plan "$here/golden/values.ini" \
    --out "$dir" --clock fake --counters fake --quiet > "$dir.out" \
    2> "$dir.err" || { fail "run of values.ini: exit $?"; cat "$dir.err"; }
"$python" "$here/golden/values.py" "$dir" flops busbw algbw bandwidth \
    traffic_rate access_time time || fail "figures by hand"

# Four busy threads on one core are too many on any machine.
one=$(taskset -cp $$ 2>/dev/null | sed 's/.*: *\([0-9]*\).*/\1/')
if [ -n "$one" ]; then
    dir=$work/crowd
    # shellcheck disable=SC2086
    $limit taskset -c "$one" "$MPIRUN" --bind-to none -n 4 ./etalon run \
        --plan "$work/plan.ini" --out "$dir" --set gemm.ranks=4 \
        --set conv.ranks=1 --set io.ranks=1 --set allreduce.ranks=1 \
        --set broadcast.ranks=1 --set allgather.ranks=1 \
        --set conv.threads=3 > "$dir.out" 2> "$dir.err" ||
        { fail "run of a crowd: exit $?"; cat "$dir.err"; }
    grep -q OVERSUBSCRIBED "$dir.err" || fail "no warning while it ran"
    grep -qi 'oversubscribed' "$dir/report.txt" || fail "no word in the report"
    "$python" "$here/mpi/whole.py" "$dir" crowd || fail "contents of a crowd"
fi
exit $failed
