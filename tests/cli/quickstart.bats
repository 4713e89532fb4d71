#!/usr/bin/env bats
# quickstart and .ci/run in a small tree of their own, where package managers,
# configure, mpirun and the program are stand-ins: what they are asked to do is
# what counts. Nothing is installed and nothing real is built.

setup() {
    src=${SRCDIR:-$BATS_TEST_DIRNAME/../..}
    tree=$BATS_TEST_TMPDIR/tree
    bin=$BATS_TEST_TMPDIR/bin
    mkdir -p "$tree/build" "$tree/.ci" "$tree/tests/meta" "$bin"
    cp "$src/quickstart" "$tree/"
    cp "$src/.ci/run" "$tree/.ci/"
    cp "$src/tests/totals" "$src/tests/failures" "$tree/tests/"
    chmod u+w "$tree/quickstart" "$tree/.ci/run" # not so in a tarball
    export CALLS=$BATS_TEST_TMPDIR/calls HERE=$BATS_TEST_TMPDIR/here
    : >"$CALLS"
    touch "$tree/configure.ac" "$tree/Makefile.am"
    stub "$tree/bootstrap" 'touch Makefile.in
        printf "#!/bin/sh\nexit 0\n" > configure; chmod +x configure'
    # Libraries are there once $HERE is; installing makes them so.
    stub "$bin/pkg-config" '[ -e "$HERE" ]'
    stub "$bin/apt-get" 'case $1 in install) touch "$HERE";; esac'
    stub "$bin/id" 'echo 0'
    stub "$bin/python3" 'exit 0'
    stub "$bin/bats" ''
    stub "$bin/shellcheck" ''
    stub "$bin/gnuplot" ''
    stub "$bin/git" ''
    stub "$bin/ip" ''
    stub "$bin/mpicc" ''
    stub "$bin/autoconf" ''
    stub "$bin/automake" ''
    stub "$bin/cc" ''
    stub "$bin/make" ''
    stub "$bin/mpirun" 'echo "root allowed: $OMPI_ALLOW_RUN_AS_ROOT"
        mkdir "${@: -1}"; echo "<p>" > "${@: -1}/report.html"'
    PATH=$bin:$PATH
}

refute() { # a plain "!" never fails a test
    if "$@"; then return 1; fi
}

stub() { # stub FILE BODY: notes its name and arguments, then does BODY
    printf '#!/bin/bash\necho "%s $*" >> "$CALLS"\n%s\n' "${1##*/}" "$2" >"$1"
    chmod +x "$1"
}

@test "help, and words that it does not know" {
    run "$tree/quickstart" --help
    [ "$status" -eq 0 ]
    [[ $output == *check* ]]
    run "$tree/quickstart" chekc
    [ "$status" -eq 2 ]
}

@test "the scripts are shellcheck-clean" {
    PATH=${PATH#"$bin":}
    command -v shellcheck || skip 'no shellcheck here'
    shellcheck "$src/quickstart" "$src/.ci/run" "$src/tests/totals" \
        "$src/tests/failures" "$src/tests/bare/run"
    cd "$src/tests/mpi"
    shellcheck -x ./*.sh
}

@test "every package row has a name in every family and a purpose" {
    PATH=${PATH#"$bin":}
    run bash -c "sed -n '/^packages() {/,/^END/p' '$src/quickstart' |
        awk '/:/ && !/^#/ { n++; if (NF < 6 || \$5 !~ /^(must|may|test)\$/)
            print } END { print n }'"
    [ "$output" -ge 15 ] # one word: the count, and no row that is short
}

@test "all is there: nothing is installed, the plan runs, the report is named" {
    touch "$HERE"
    run "$tree/quickstart"
    [ "$status" -eq 0 ]
    refute grep -q apt-get "$CALLS"
    grep -q '^bootstrap' "$CALLS"
    grep -q '^mpirun -np [1-4] build/etalon run --out etalon-run-' "$CALLS"
    [[ $output == *'root allowed: 1'* ]]
    [[ ${lines[-1]} == "The report: "*/etalon-run-*/report.html ]]
}

@test "what is missing is installed, the lists first" {
    run "$tree/quickstart"
    [ "$status" -eq 0 ]
    grep -n '^apt-get' "$CALLS" | head -n 2 | tail -n 1 | grep -q libinih-dev
    grep '^apt-get' "$CALLS" | head -n 1 | grep -q update
    refute grep -q libcmocka-dev "$CALLS"
}

@test "a header is not a library" {
    # cblas.h is there, by BLIS; OpenBLAS is there once it is installed.
    touch "$HERE"
    stub "$bin/cc" 'case $* in *-lopenblas*) [ -e "$HERE.openblas" ];; esac'
    stub "$bin/pkg-config" 'case $2 in openblas | mkl* | armpl) exit 1;; esac'
    stub "$bin/apt-get" 'case $* in *openblas*) touch "$HERE.openblas";; esac'
    run "$tree/quickstart"
    [ "$status" -eq 0 ]
    grep '^apt-get install' "$CALLS" | grep -q ' libopenblas-pthread-dev$'
    refute grep -q 'libblis' "$CALLS"
    [[ $output != *'Going on without them.'* ]]
    # Another that configure would take serves as well.
    rm "$HERE.openblas"
    : >"$CALLS"
    stub "$bin/pkg-config" '[ "$2" = armpl ] || [ "$2" != openblas ]'
    run "$tree/quickstart"
    [ "$status" -eq 0 ]
    refute grep -q '^apt-get' "$CALLS"
}

@test "check wants the tests' tools too" {
    run "$tree/quickstart" check
    [ "$status" -eq 0 ]
    grep '^apt-get install' "$CALLS" | grep -q libcmocka-dev
    grep -q '^make -C build -j 2 check-all' "$CALLS"
    rm "$HERE"
    stub "$bin/apt-get" 'case $* in *cmocka*) exit 1;; *) touch "$HERE";; esac'
    stub "$bin/pkg-config" '[ -e "$HERE" ] && [ "$2" != cmocka ]'
    run "$tree/quickstart" check
    [ "$status" -eq 4 ]
    [[ $output == *'cannot run every test without: libcmocka-dev'* ]]
}

@test "without the right, the exact command is printed and nothing installed" {
    stub "$bin/id" 'echo 1000'
    stub "$bin/sudo" 'exit 1'
    stub "$bin/pkg-config" '[ "$2" != papi ]'
    run "$tree/quickstart" </dev/null
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *'sudo apt-get install -y --no-install-recommends libpapi-dev'* ]]
    [[ $output == *'Going on without them.'* ]]
    refute grep -q '^apt-get' "$CALLS"
}

@test "--no-install with a library that nothing works without" {
    run "$tree/quickstart" --no-install
    [ "$status" -eq 4 ]
    [[ $output == *'cannot go on without: libinih-dev'* ]]
    refute grep -q '^apt-get' "$CALLS"
}

@test "one name that does not exist does not keep the rest away" {
    stub "$bin/apt-get" 'case $* in *libpapi-dev*) echo no such; exit 100;;
        install*inih*) touch "$HERE";; esac'
    stub "$bin/pkg-config" '[ -e "$HERE" ] && [ "$2" != papi ]'
    run "$tree/quickstart"
    [ "$status" -eq 0 ]
    [[ $output == *'Going on without them.'* ]]
}

@test "a build that fails shows the log's end and the exit code" {
    touch "$HERE"
    stub "$bin/make" 'echo "foo.c:1: error: boom"; exit 2'
    run "$tree/quickstart"
    [ "$status" -eq 4 ]
    [[ $output == *'error: boom'* ]]
    refute grep -q '^mpirun' "$CALLS"
}

@test "the run's exit code is quickstart's" {
    touch "$HERE"
    stub "$bin/mpirun" 'exit 3'
    run "$tree/quickstart"
    echo "$output"
    [ "$status" -eq 3 ]
    stub "$bin/mpirun" 'exit 0'
    run "$tree/quickstart"
    [ "$status" -eq 4 ] # no report is no success
}

@test "tests that failed are told last, in their own words" {
    touch "$HERE"
    mkdir -p "$tree/build/tests/cli"
    for test in fails bats silent passes; do
        echo ':global-test-result: FAIL' >"$tree/build/tests/cli/$test.trs"
    done
    echo ':global-test-result: PASS' >"$tree/build/tests/cli/passes.trs"
    (seq 1 99 && echo 'FAILED: this is why' && seq 100 999) \
        >"$tree/build/tests/cli/fails.log"
    printf '%s\n' 'ok 1 a' 'not ok 2 b' '# in line 3' "$(printf '%999s' long)" \
        >"$tree/build/tests/cli/bats.log"
    seq 2001 3000 >"$tree/build/tests/cli/silent.log"
    echo 'FAILED: not asked for' >"$tree/build/tests/cli/passes.log"
    stub "$bin/make" 'case $* in *VERBOSE*) echo "a wall of text"; exit 2;; esac'
    run "$tree/quickstart" check
    echo "$output"
    [ "$status" -eq 2 ]
    told=${output#*wall of text}
    [[ $told == *'failed: tests/cli/bats'*'not ok 2 b'*'# in line 3'* ]]
    [[ $told == *'failed: tests/cli/fails'*'FAILED: this is why'* ]]
    [[ $told == *'failed: tests/cli/silent'*3000* ]]
    [[ $told != *'not asked for'* && $told != *' 999'* && $told != *' 2001'* ]]
    [ "$(wc -L <<<"$told")" -lt 250 ]
}

# .ci/run, with a quickstart that only leaves a log; the mutants and the build
# without libraries end with $mutants and $without.
ci() { # ci STATUS PASS FAIL ERROR SKIP
    stub "$bin/make" "exit ${mutants:-0}"
    stub "$tree/tests/meta/absences" "exit ${without:-0}"
    printf '#!/bin/bash\nprintf "# TOTAL: 9\\n# PASS:  %s\\n# SKIP:  %s\\n# XFAIL: 0\\n# FAIL:  %s\\n# XPASS: 0\\n# ERROR: %s\\n" > build/check.log\nexit %s\n' \
        "$2" "$5" "$3" "$4" "$1" >"$tree/quickstart"
    run "$tree/.ci/run"
}

@test "ci counts what passed and what failed" {
    ci 0 7 0 0 2
    [ "$status" -eq 0 ]
    [ "${lines[-1]}" = '7 passed, 0 failed, 2 skipped' ]
    ci 2 7 1 1 0
    [ "$status" -eq 2 ]
    [ "${lines[-1]}" = '7 passed, 2 failed, 0 skipped' ]
    mutants=1 ci 0 7 0 0 0
    [ "$status" -ne 0 ]
    [ "${lines[-1]}" = '7 passed, 1 failed, 0 skipped' ]
    mutants=1 without=1 ci 0 7 0 0 0
    [ "$status" -ne 0 ]
    [ "${lines[-1]}" = '7 passed, 2 failed, 0 skipped' ]
    grep -q '^make .*mutants' "$CALLS"
    grep -q '^absences --fast' "$CALLS"
}

@test "ci does not pass when a failure hides, or when nothing ran" {
    ci 0 7 1 0 0
    [ "$status" -ne 0 ]
    ci 0 0 0 0 3
    [ "$status" -ne 0 ]
    [ "${lines[-1]}" = '0 passed, 0 failed, 3 skipped' ]
    printf '#!/bin/bash\nexit 0\n' >"$tree/quickstart"
    run "$tree/.ci/run"
    [ "$status" -ne 0 ] # and no log of an earlier run is counted
    [ "${lines[-1]}" = '0 passed, 0 failed, 0 skipped' ]
}
