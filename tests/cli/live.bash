# What the .bats files share that stop or kill a run: a plan whose cases take a
# while, a run in the background, its ranks, and what it left. Sourced with
# `load live`, after common.

CASES=5

# A plan whose cases take $1 seconds each, whatever the machine, on $2 ranks.
setup_plan() {
    plan slow.ini '[run]' 'passes = 1' "budget = $1" "team = ${3:-self}" 'precision = 1e-6' \
        'max-samples = 100000' 'min-time = 1e-4' '[gemm]' \
        'shapes = 8x8x8, 9x9x9, 10x10x10, 11x11x11, 12x12x12' \
        'backend = reference' 'threads = 1' "ranks = $2"
}

teardown() {
    [ -z "${job-}" ] || kill -KILL "$job" 2>/dev/null || true
}

# await CONDITION: until the words are true, for half a minute at most.
await() {
    for _ in {1..300}; do
        if eval "$1"; then return 0; fi
        sleep 0.1
    done
    fail "not true in half a minute: $1"
}

# start WORD...: the words, in the background, until a first case is on disk.
start() {
    "$@" run --plan "$PWD/slow.ini" --out "$PWD/d" >out 2>err 3>&- &
    job=$!
    await '[ -s d/records.jsonl ]'
}

ended() {
    status=0
    wait "$job" 2>waited || status=$?
}

# What a stopped run left: whole records, fewer than were planned.
partial() { # partial OUTCOME
    local n
    n=$(wc -l <d/records.jsonl)
    [ "$n" -ge 1 ]
    [ "$n" -lt $CASES ]
    grep -q "\"outcome\": \"\($1\)\"" d/run.json
    try report d
    passed
    tr -s ' \n' ' ' <out | grep -q "$n of $CASES planned cases"
    cp d/records.jsonl before
}

# The records that were there are kept to the byte; the rest is added.
carry_on() { # carry_on [LAUNCHER...]
    status=0
    "$@" "$ETALON" run --resume d >out 2>err || status=$?
    passed
    cmp before <(head -c "$(wc -c <before)" d/records.jsonl)
    whole d $CASES
    grep -q '"outcome": "complete"' d/run.json
    grep -q '"reason": null' d/run.json
}

rank() { # rank N: the process id of that rank
    local p
    for p in /proc/[0-9]*; do
        if [ "$(cat "$p/comm")" = etalon ] &&
            tr '\0' '\n' <"$p/cmdline" | grep -qxF "$PWD/d" &&
            tr '\0' '\n' <"$p/environ" |
            grep -qE "^(OMPI_COMM_WORLD_RANK|PMI_RANK)=$1\$"; then
            echo "${p#/proc/}"
            return
        fi
    done 2>/dev/null # some have ended meanwhile
    fail "no rank $1"
}
