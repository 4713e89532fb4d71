#!/bin/sh
# A run across three nodes that are really apart to MPI: network and host-name
# namespaces of this machine on a bridge, no shared memory between them, one of
# them behind a slow link for the last run. Root only; leaves nothing behind.
# Called from the build directory.
set -u
here=$(cd "${srcdir:-$(dirname "$0")/../..}/tests/mpi" && pwd)
. "$here/env.sh"
pardon_mpi_leaks
skip() { echo "skipped: $1"; exit 77; }

grep -q '^#define HAVE_MPI 1' config.h || skip "built without MPI"
# Each asked for the agent in its own words; MPI itself must use the network.
net=10.99.7.0/24
case $(launcher) in
orte)
    far="--mca plm rsh --mca plm_rsh_agent $here/enter.sh
        --mca plm_rsh_no_tree_spawn 1 --mca routed direct
        --mca oob_tcp_if_include $net --mca btl tcp,self,vader"
    ;;
prrte)
    far="--prtemca plm ssh --prtemca plm_ssh_agent $here/enter.sh
        --prtemca plm_ssh_no_tree_spawn 1
        --prtemca prte_if_include $net --mca btl tcp,self,sm"
    ;;
*) skip "no Open MPI, whose launch agent this needs" ;;
esac
[ "$(id -u)" = 0 ] || skip "not root: namespaces cannot be made"
for tool in ip unshare nsenter python3 timeout; do
    command -v $tool >/dev/null || skip "no $tool"
done
unshare --net --uts true 2>/dev/null || skip "no namespaces may be made here"

work=$(mktemp -d ./nodes.XXXXXX) || exit 1
work=$(cd "$work" && pwd)
holders=
# shellcheck disable=SC2317 # called by the trap
end() {
    for holder in $holders; do
        kill "$holder" 2>/dev/null
    done
    rm -rf "$work"
}
trap end EXIT
trap 'exit 1' HUP INT PIPE TERM
failed=0
fail() { echo "FAILED: $*"; failed=1; }

# A namespace lives as long as the process that holds it. n0 holds the bridge,
# so that nothing of it is seen outside; all links go when the holders do.
begin() { # NODE
    unshare --net --uts sh -c "hostname $1 && ip link set lo up &&
        : > '$work/$1.up' && exec sleep 600" &
    holders="$holders $!"
    echo $! > "$work/$1.pid"
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ -e "$work/$1.up" ] && return 0
        sleep 0.1
    done
    return 1
}
in_node() { # NODE COMMAND...
    pid=$(cat "$work/$1.pid")
    shift
    nsenter --target "$pid" --net --uts "$@"
}

for n in n0 n1 n2; do
    begin $n || skip "namespace $n does not come up"
done
in_node n0 ip link add bridge type bridge 2>/dev/null || skip "no bridges here"
in_node n0 ip address add 10.99.7.1/24 dev bridge
in_node n0 ip link set bridge up
for i in 1 2; do
    in_node n0 ip link add to$i type veth peer name et0 \
        netns "$(cat "$work/n$i.pid")" 2>/dev/null || skip "no veth links here"
    in_node n0 ip link set to$i master bridge up
    in_node n$i ip address add 10.99.7.$((i + 1))/24 dev et0
    in_node n$i ip link set et0 up
done

cat > "$work/plan.ini" <<'PLAN'
[run]
passes = 2
budget = 0.1
max-samples = 20
[gemm]
backend = reference
dtype = fp32
shapes = 48^3
nodes = powers
threads = 1
[allreduce]
backend = mpi, ring
sizes = 1 MiB
nodes = powers
[io]
backend = posix
sizes = 4 KiB
nodes = all
cache = warm
PLAN

export ETALON_NODES="$work"
unset OMP_NUM_THREADS
etalon=$PWD/etalon
run() { # NAME [MPIRUN OPTION...]
    dir=$work/$1
    shift
    # shellcheck disable=SC2086 # words
    timeout 60 nsenter --target "$(cat "$work/n0.pid")" --net --uts \
        "$MPIRUN" --host n0:2,n1:1,n2:1 -np 4 --bind-to none $far \
        --mca btl_tcp_if_include $net --mca pml ob1 "$@" \
        "$etalon" run --plan "$work/plan.ini" --out "$dir" \
        > "$dir.out" 2> "$dir.err"
    status=$?
    [ $status = 0 ] && return
    fail "run $dir: exit $status"
    cat "$dir.err" "$dir.out"
}

run near
python3 "$here/nodes.py" "$work/near" || fail "records of three nodes"
grep -qE 'n2|n\[1-2\]' "$work/near/report.txt" || fail "the report names no n2"
"$etalon" verify "$work/near" || fail "verify: exit $?"

# Ranks dealt out one a node: a team of a node must still be ranks of it.
run dealt --map-by node
python3 "$here/nodes.py" "$work/dealt" || fail "records of dealt ranks"

if in_node n2 tc qdisc add dev et0 root tbf rate 50mbit burst 32kbit \
    latency 50ms 2>/dev/null; then
    run slow
    python3 "$here/nodes.py" "$work/slow" "$work/near" ||
        fail "records with a slow node"
else
    echo "no tc with tbf here: the slow link is not tried"
fi

# A rank that is killed, or stopped, on another node: rank 0 names it and its
# host, though MPI waits.
sed 's/^budget.*/budget = 2\ntimeout = 4/; s/^max-samples.*//' \
    "$work/plan.ini" > "$work/long.ini"
mv "$work/long.ini" "$work/plan.ini"
strike() { # NAME SIGNAL: rank 3 of that run, once a case is on the disk
    n=0
    while [ ! -s "$work/$1/records.jsonl" ] && [ $((n += 1)) -lt 300 ]; do
        sleep 0.1
    done
    for p in /proc/[0-9]*; do
        if tr '\0' '\n' <"$p/environ" | grep -qx 'OMPI_COMM_WORLD_RANK=3' &&
            tr '\0' '\n' <"$p/cmdline" | grep -qxF "$work/$1" &&
            [ "$(cat "$p/comm")" = etalon ]; then
            echo "${p#/proc/}" > "$work/$1.struck"
            kill "-$2" "${p#/proc/}"
        fi
    done 2>/dev/null # some have ended meanwhile
}
for signal in KILL STOP; do
    strike $signal $signal &
    (run $signal) > "$work/$signal.words" # it fails, as it must
    wait $!
    kill -KILL "$(cat "$work/$signal.struck")" 2>/dev/null
    grep -q '"reason": "rank 3 on n2 ' "$work/$signal/run.json" || {
        fail "rank 3 on n2 is not named: $signal"
        cat "$work/$signal.words"
        grep -E '"(outcome|reason)"' "$work/$signal/run.json"
    }
    [ "$(grep -c 'error: rank 3 on n2' "$work/$signal.err")" = 1 ] ||
        fail "rank 3 is not named once: $signal"
done
exit $failed
