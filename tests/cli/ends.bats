#!/usr/bin/env bats
# Whatever ends a run, its directory says what it was, who did not answer, and
# how to go on; nothing of it stays that should not.

load common
load live

# Of the record of the case that was measured, and of run.json.
blamed() { # blamed TEXT
    grep -q '"outcome": "failed"' d/run.json || fail 'no failed run'
    grep '"reason"' d/run.json | grep -qF "$1" ||
        fail "run.json does not say '$1': $(grep reason d/run.json)"
    tail -n 1 d/records.jsonl | grep -q '"status":"failed"' ||
        fail 'the case at hand has no record'
    tail -n 1 d/records.jsonl | grep -qF "$1" ||
        fail "its record does not say '$1'"
    try verify d
    passed
    try judge any.ini d
    [ "$status" -eq 5 ] || [ "$status" -eq 1 ] || fail 'a verdict is wanted'
}

# Told once, whatever the number of ranks.
told_once() { # told_once TEXT
    [ "$(grep -c "^etalon: error: .*$1" err)" -eq 1 ] ||
        fail "'$1' is wanted once"
}

# The failed case is done again, and no other.
resumed() { # resumed LAUNCHER...
    local n
    n=$(wc -l <d/records.jsonl)
    status=0
    "$@" "$ETALON" run --resume d --timeout 600 >out 2>err || status=$?
    passed
    grep -q '"outcome": "complete"' d/run.json
    grep -q '"reason": null' d/run.json
    [ "$(wc -l <d/records.jsonl)" -eq $((CASES + 1)) ] ||
        fail "$n records before, $(wc -l <d/records.jsonl) now"
    try verify d
    passed
}

contract() {
    plan any.ini '[any]' 'where = bench=gemm' 'metric = flops' \
        'at_least = 1 FLOP/s'
}

needs_orte() { # what other launchers leave time for is not known
    needs_mpi
    [ "$(launcher)" = orte ] || skip "the launcher kills at once"
}

@test "a rank that is killed is named" {
    needs_orte
    contract
    setup_plan 0.5 3 mpi
    for n in 1 2; do
        rm -rf d
        start "$MPIRUN" -np 3 "$ETALON"
        kill -KILL "$(rank $n)"
        ended
        [ "$status" -ne 0 ]
        told_once "rank $n on $(hostname) is no more"
        blamed "rank $n on $(hostname) is no more"
    done
    resumed "$MPIRUN" -np 3
}

@test "a killed rank 0 is named by one of the others, which ends the run for it" {
    needs_mpi
    contract
    setup_plan 0.5 3 mpi
    start "$MPIRUN" -np 3 "$ETALON"
    kill -KILL "$(rank 0)"
    ended
    [ "$status" -ne 0 ]
    # Another launcher may kill the others before they can say so.
    if [ "$(launcher)" != orte ] && grep -q '"outcome": "running"' d/run.json; then
        partial running
        carry_on "$MPIRUN" -np 3
        return
    fi
    told_once "rank 0 on $(hostname) is no more"
    blamed "rank 0 on $(hostname) is no more"
    resumed "$MPIRUN" -np 3
}

@test "all ranks are killed: the run is cut short" {
    contract
    setup_plan 0.5 1
    start "$ETALON"
    kill -KILL "$job"
    ended
    [ "$status" -ne 0 ]
    partial running
    try runs d --format json
    passed
    grep -q 'cut short' out
    try judge any.ini d
    [ "$status" -eq 5 ] || fail 'exit code 5 is wanted'
    tr -s ' \n' ' ' <out | grep -q 'the run or its report was cut short' ||
        fail "judge does not say so: $(cat out)"
    grep -q 'inconclusive: cut short' err
    refute grep -q 'No such file' err
    try verify d
    refused 5 'inconclusive: cut short' "etalon run --resume d"
    carry_on
}

@test "a run that goes on is not cut short" {
    setup_plan 0.5 1
    start "$ETALON"
    cp err begun
    try runs d --format json
    passed
    grep -q '"running"' out
    refute grep -q 'cut short' out
    cp begun err
    ended
    [ "$status" -eq 0 ] || fail 'the run was disturbed'
}

@test "a rank that is stopped is named, rank 0 by the others" {
    needs_mpi
    contract
    setup_plan 0.5 3 mpi
    sed -i 's/^\[run\]/&\ntimeout = 3/' slow.ini
    for n in 0 1 2; do
        rm -rf d
        start "$MPIRUN" -np 3 "$ETALON"
        job_of_rank=$(rank $n)
        kill -STOP "$job_of_rank"
        ended
        kill -KILL "$job_of_rank" 2>/dev/null || true
        [ "$status" -eq 4 ] || fail 'exit code 4 is wanted'
        told_once "rank $n on $(hostname) does not answer"
        # Woken to be ended, rank 0 may still say what the others found.
        [ "$n" -eq 0 ] || blamed "rank $n on $(hostname) does not answer"
    done
    resumed "$MPIRUN" -np 3
}

# A product that takes half a minute is prepared, checked and multiplied without
# a place to look for signals.
long_case() {
    plan slow.ini '[run]' "team = $1" 'ceilings = no' '[gemm]' \
        'shapes = 8x8x8, 2500x2500x2500' 'backend = reference' 'threads = 1' \
        "ranks = $2"
}

# The end may take so many milliseconds: of 2000 that are promised, more than
# twice as many on a busy machine, and far less than the phase.
in_time() {
    local took
    took=$(($(date +%s%3N) - begun))
    [ "$took" -le "$1" ] || fail "it took $took ms"
}

interrupt() { # SIGINT to the run, which ends in time with exit code 5
    begun=$(date +%s%3N)
    kill -INT "$job"
    ended
    in_time 5000
    [ "$status" -eq 5 ] || fail 'exit code 5 is wanted'
}

cut_short() { # the last record is that of the case at hand
    tail -n 1 d/records.jsonl | grep -q '"status":"unmeasured"' ||
        fail 'an unmeasured case is wanted'
    tail -n 1 d/records.jsonl | grep -q '"reason":"interrupted: SIGINT"'
}

@test "SIGINT ends the longest phase within two seconds" {
    long_case self 1
    start "$ETALON"
    sleep 1
    interrupt
    grep -q 'SIGINT: the run ends after this sample' err
    grep -q "etalon run --resume $PWD/d. continues it" err
    grep -q '"outcome": "interrupted"' d/run.json
    grep -q '"reason": "SIGINT"' d/run.json
    try verify d
    passed
    cut_short
}

@test "SIGINT to one rank ends all" {
    needs_mpi
    long_case mpi 2
    start "$MPIRUN" -np 2 "$ETALON"
    sleep 1
    begun=$(date +%s%3N)
    kill -INT "$(rank 1)"
    ended
    in_time 15000 # the launcher takes a second of its own
    grep -q '"outcome": "interrupted"' d/run.json
    grep -q '"reason": "SIGINT"' d/run.json
    [ "$(grep -c 'SIGINT: the run ends' err)" -eq 1 ] || fail 'once is wanted'
    cut_short
}

@test "--time-limit ends the run, and --resume goes on" {
    setup_plan 0.6 1
    try run --plan slow.ini --out d --time-limit 2s
    [ "$status" -eq 5 ] || fail 'exit code 5 is wanted'
    grep -q '"reason": "time limit"' d/run.json
    partial interrupted
    try run --resume d --time-limit 1h
    passed
    whole d $CASES
}

@test "a library that ends the program is no missed threshold" {
    command -v ${CC:-cc} >/dev/null || skip 'no C compiler'
    if nm -D "$ETALON" | grep -q __asan; then
        skip 'sanitizers stand before libc too'
    fi
    ldd "$ETALON" | grep -q libgomp || skip 'not built with libgomp'
    contract
    # As a limit on processes does that is reached once the run has begun, and
    # after the child processes in which OpenMP is tried.
    cat >no_thread.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

static pid_t whole;
__attribute__((constructor)) static void begin(void) { whole = getpid(); }

int pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*f)(void *),
                   void *x)
{
    Dl_info by;
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
                void *) = dlsym(RTLD_NEXT, "pthread_create");
    if (getpid() == whole && access("d/run.json", F_OK) == 0 &&
        dladdr(__builtin_return_address(0), &by) &&
        strstr(by.dli_fname, "libgomp"))
        return EAGAIN;
    return real(t, a, f, x);
}
END
    # shellcheck disable=SC2086 # CC may be a compiler and its flags
    ${CC:-cc} -shared -fPIC -o no_thread.so no_thread.c -ldl
    plan two.ini '[run]' 'budget = 0.1' '[stream]' 'threads = 2'
    status=0
    LD_PRELOAD=$PWD/no_thread.so "$ETALON" run --plan two.ini --out d \
        --team self >out 2>err || status=$?
    [ "$status" -eq 4 ] || fail 'exit code 4 is wanted'
    blamed 'a library ended the program'
    # Of the other commands, too.
    status=0
    LD_PRELOAD=$PWD/no_thread.so OMP_NUM_THREADS=2 "$ETALON" report d \
        >out 2>err || status=$?
    [ "$status" -eq 4 ] || fail 'exit code 4 is wanted'
    grep -q 'a library ended the program' err
}

# The name that a file of a killed rank has, by a process that is no more.
left_behind() {
    (exec true) &
    local dead=$! host boot space
    wait "$dead"
    host=$(hostname | tr -d -)
    boot=$(cut -c 1-13 /proc/sys/kernel/random/boot_id | tr -d -)
    space=$(readlink /proc/self/ns/pid | tr -dc 0-9)
    echo "etalon-scratch-${host//./_}-$boot-$space-$dead-0"
}

@test "scratch files of a killed run are removed" {
    plan io.ini '[run]' 'budget = 20' 'max-samples = 100000' 'team = self' \
        'precision = 1e-6' '[io]' 'backend = posix' 'bytes = 1 MiB'
    mkdir s
    "$ETALON" run --plan io.ini --out d --scratch s >out 2>err 3>&- &
    job=$!
    await '[ -n "$(ls s)" ]'
    kill -KILL "$job"
    ended
    [ -n "$(ls s)" ] || fail 'no scratch file was left'
    touch "s/$(left_behind)" s/mine s/etalon-scratch-mine
    # The next run there, whatever it is.
    try run --plan tiny.ini --out e --scratch s
    passed
    grep -q 's: 2 scratch files of a run that was killed are removed' err
    [ "$(ls s)" = "$(printf '%s\n' etalon-scratch-mine mine)" ] ||
        fail "left: $(ls s)"
    # In its own directory, by --resume; never signed for.
    make_run f
    sed -i 's/"complete"/"running"/' f/run.json
    rm f/manifest.sha256
    touch "f/$(left_behind)" f/etalon-scratch-elsewhere-1-2-3-0
    try run --resume f
    passed
    [ -z "$(ls f | grep scratch)" ] || fail "left: $(ls f)"
    try verify f
    passed
}

@test "SIGINT while a file is written leaves none" {
    plan slow.ini '[run]' 'budget = 20' 'max-samples = 100000' 'team = self' \
        'precision = 1e-6' '[io]' 'backend = posix' \
        'bytes = 4 KiB' '[gemm]' 'shapes = 8x8x8' 'backend = reference'
    "$ETALON" run --plan slow.ini --out d >out 2>err 3>&- &
    job=$!
    await '[ -n "$(ls d 2>/dev/null | grep scratch)" ]'
    interrupt
    refute grep -q scratch d/manifest.sha256
    [ -z "$(ls d | grep scratch)" ] || fail "left: $(ls d)"
    try verify d
    passed
}

@test "a directory half begun is begun anew, a bad --scratch leaves none" {
    mkdir d
    : >d/records.jsonl
    echo '[gemm]' >d/plan.ini
    echo '{' >d/.run.json.new
    try run --resume d
    refused 2 'it has no run.json'
    make_run d
    whole d 2
    try run --plan tiny.ini --out x/y --scratch nowhere
    refused 2 '--scratch: nowhere is no directory'
    [ ! -e x ] || fail 'x was left behind'
}

@test "SIGINT while the report is made: the run is whole" {
    mkdir bin
    # A gnuplot that takes its time.
    printf '#!/bin/sh\nsleep 20\n' >bin/gnuplot
    chmod +x bin/gnuplot
    contract
    PATH=$PWD/bin:$PATH "$ETALON" run --plan tiny.ini --out d >out 2>err 3>&- &
    job=$!
    await '[ -d d/plots ]'
    interrupt
    grep -q 'SIGINT: the report has 2 s more' err
    grep -q 'the report is cut short; .etalon report --update d. writes it' err
    grep -q '"outcome": "complete"' d/run.json
    try judge any.ini d
    [ "$status" -eq 5 ] || fail 'exit code 5 is wanted'
    grep -q 'its report was cut short' err
    try report --update d
    passed
    whole d 2
    try judge any.ini d
    [ "$status" -ne 2 ] || fail 'a verdict is wanted'
}
