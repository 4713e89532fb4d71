#!/usr/bin/env bats
# What a control group allows counts: a case that is larger is refused before it
# is killed, and one that a quota holds up supports no verdict. Real groups, which
# need root; tests/unit/harness/system/cgroup_test has all else.

load common

# An own group, nested, with a limit on the upper one: $group is the lower.
make_group() { # make_group CONTROLLER VERSION-1-FILE VALUE VERSION-2-FILE VALUE
    local top
    if [ -d "/sys/fs/cgroup/$1" ]; then
        top=/sys/fs/cgroup/$1/etalon-test-$$
        set -- "$1" "$2" "$3"
    elif grep -qw "$1" /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null; then
        top=/sys/fs/cgroup/etalon-test-$$
        set -- "$1" "$4" "$5"
    else
        skip "no control group of $1 that could be used"
    fi
    mkdir "$top" "$top/job" 2>/dev/null || skip 'no right to make a group'
    upper=$top group=$top/job
    echo "$3" >"$top/$2" || skip "no $2"
}

teardown() {
    [ -z "${upper:-}" ] || rmdir "$group" "$upper" || sleep 1
}

inside() { # inside WORD...: etalon in the group
    status=0
    (echo "$BASHPID" >"$group/cgroup.procs" && exec "$ETALON" "$@") \
        >out 2>err || status=$?
}

@test "a job of 200 MB" {
    ! grep -q fsanitize "${ETALON%/*}/build.h" ||
        skip 'sanitizers take a memory of their own'
    make_group memory memory.limit_in_bytes 209715200 memory.max 209715200
    inside info
    grep -qE '^memory_limit +200 MiB' out || fail 'the limit is not seen'
    for m in 4850 5000 9000; do # C alone is 8 m^2 bytes
        plan large.ini '[run]' 'budget = 0.01' 'team = self' 'ceilings = no' \
            '[gemm]' "shapes = ${m}x${m}x8" 'threads = 1'
        inside run --plan large.ini --out "large.$m"
        refused 2 'large.ini:6' 'of memory on a node' 'are free'
        [ ! -e "large.$m" ] || fail 'a run directory'
        inside plan --plan large.ini
        refused 2 'of memory on a node'
    done
    # The largest that is not refused is not killed.
    largest=
    for m in 4000 4200 4300 4400 4500 4550; do
        plan large.ini '[run]' 'budget = 0.01' 'team = self' 'ceilings = no' \
            'max-samples = 6' '[gemm]' "shapes = ${m}x${m}x8" 'threads = 1'
        inside plan --plan large.ini
        if [ "$status" = 0 ]; then largest=$m; fi
    done
    [ -n "$largest" ] || skip 'the group is filled by something else'
    sed -i "s/shapes = .*/shapes = ${largest}x${largest}x8/" large.ini
    inside run --plan large.ini --out fits --quiet
    passed
}

@test "a quota of half a core" {
    make_group cpu cpu.cfs_quota_us 50000 cpu.max '50000 100000'
    inside info
    grep -qE '^cpu_quota +0.5' out || fail 'the quota is not seen'
    inside run --plan tiny.ini --out held
    passed
    grep -q "warning: A control group allows .* 0.5 cores' worth of time" err
    [ "$(grep -c '"oversubscribed":true' held/records.jsonl)" -eq 2 ]
    grep -q '"cpu_quota": 0.5' held/run.json
    tr '\n' ' ' <held/report.txt | tr -s ' ' |
        grep -q "WARNING: A control group allows .* 0.5 cores' worth of time"
    plan c.ini '[met by anything]' 'where = bench=gemm' 'metric = time' \
        'at_most = 1 h'
    try judge c.ini held
    [ "$status" = 5 ] || fail 'a verdict'
}
