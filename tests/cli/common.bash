# What the .bats files share: the program as built, a folder for each test, and
# the shape that a refusal has. Sourced with `load common`.
#
# A test ends at the first command that fails, unless that stands before && or
# || or after !: so `try ... && refused ...` checks, as try never fails, while
# `[ x ] && [ y ]` and `! x` do not; write two lines, and refute.

export ETALON=${ETALON:-$PWD/etalon}
. "$BATS_TEST_DIRNAME/../mpi/env.sh"

setup() {
    begin
}

begin() {
    cd "$BATS_TEST_TMPDIR" || return
    # A plan of two cases that take no time.
    plan tiny.ini '[run]' 'passes = 1' 'budget = 0.01' 'min-time = 1e-5' 'max-samples = 6' \
        'team = self' '[gemm]' 'shapes = 8x8x8, 9x9x9' 'backend = reference' \
        'threads = 1'
}

plan() { # plan FILE LINE...
    local file=$1
    shift
    printf '%s\n' "$@" >"$file"
}

try() { # try WORD...: etalon's exit code in $status, its words in out and err
    status=0
    "$ETALON" "$@" >out 2>err || status=$?
}

# Before a test's first mpirun; under the sanitizers MPI's own leaks do not count.
needs_mpi() {
    grep -q '^#define HAVE_MPI 1' "${ETALON%/*}/config.h" ||
        skip 'built without MPI'
    command -v "$MPIRUN" >/dev/null || skip "no $MPIRUN"
    pardon_mpi_leaks
}

needs_python() {
    command -v python3 >/dev/null || skip 'no python3 to change records with'
}

refute() {
    if "$@"; then fail "not wanted: $*"; fi
}

fail() {
    echo "$*"
    echo "status: $status"
    echo 'standard error:'
    cat err
    echo 'the end of standard output:'
    tail -n 15 out
    return 1
}

# refused CODE TEXT... : one line on standard error, with each TEXT in it.
refused() {
    local code=$1 text
    shift
    [ "$status" -eq "$code" ] || fail "exit code $code is wanted"
    [ "$(wc -l <err)" -eq 1 ] || fail 'one line is wanted'
    grep -q '^etalon: error: ' err || fail 'an error line is wanted'
    for text; do
        grep -qF -- "$text" err || fail "'$text' is wanted"
    done
    refute grep -q $'[\033\r]' err
}

passed() {
    [ "$status" -eq 0 ] || fail 'success is wanted'
}

# A run of the tiny plan in folder $1; more words go to etalon.
make_run() {
    local out=$1
    shift
    try run --plan tiny.ini --out "$out" --quiet "$@"
    passed
}

# A run directory's manifest anew, as somebody would who wanted to deceive.
sign() { # sign DIR
    (cd "$1" && find . -type f ! -name manifest.sha256 -printf '%P\n' | sort |
        xargs sha256sum) >new
    mv new "$1/manifest.sha256"
}

# A run that nothing disturbed and whose passes are all as the first, for tests of
# what is judged: other tests may keep this machine busy.
calm() { # calm DIR
    sed 's/"n":[0-9]*,"most":[0-9]*,"many":[a-z]*,"at":\[[^]]*]/"n":0,"most":0,"many":false,"at":[]/
        s/"waited":[0-9][^,]*,/"waited":0,/' \
        "$1/records.jsonl" | awk '{
            match($0, /"case":"([^"\\]|\\.)*"/)
            id = substr($0, RSTART, RLENGTH)
            match($0, /"pass":[0-9]+/)
            pass = substr($0, RSTART, RLENGTH)
            if (!(id in first))
                first[id] = $0
            line = first[id]
            sub(/"pass":[0-9]+/, pass, line)
            print line
        }' >new
    mv new "$1/records.jsonl"
    sign "$1"
    try report "$1" --update
    passed
}

# Each planned case stands once in the records of folder $1.
whole() { # whole DIR CASES
    # Those of cases that a stop cut short stand besides.
    [ "$(grep -vc '"reason":"interrupted: ' "$1/records.jsonl")" -eq "$2" ] ||
        fail "$2 records are wanted"
    [ "$(grep -oE '"case":"([^"\]|\\.)*"' "$1/records.jsonl" | sort -u |
        wc -l)" -eq "$2" ] || fail "$2 cases are wanted"
    try verify "$1"
    passed
    grep -qF "$2 records recomputed" out
}

every_format() {
    "$ETALON" list formats | cut -d ' ' -f 1 >"$BATS_TEST_TMPDIR/formats"
    grep -qx json "$BATS_TEST_TMPDIR/formats" || echo none-is-listed
    cat "$BATS_TEST_TMPDIR/formats"
}
