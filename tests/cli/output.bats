#!/usr/bin/env bats
# What is written and where: lost output is no success, escape bytes go to a
# terminal alone, and no name is ever a command.

load common

@test "standard output that is full or closed" {
    make_run d
    make_run e
    plan c.ini '[a]' 'where = bench=gemm' 'metric = flops' 'at_least = 1 FLOP/s'
    for words in 'list options' 'list backends' info 'plan --ranks 2' schema man --help \
        'run --help' --version 'report d' 'report d --format html' \
        'report d --format json' 'report d --format csv' 'verify d' \
        'compare d e' 'judge c.ini d'; do
        status=0
        # shellcheck disable=SC2086 # words
        "$ETALON" $words >/dev/full 2>err || status=$?
        refused 4 written
        status=0
        # shellcheck disable=SC2086 # words
        "$ETALON" $words >&- 2>err || status=$?
        refused 4 written
    done
}

@test "a run prints its report up to the second section" {
    try run --plan tiny.ini --out d
    passed
    n=$(wc -l <out)
    diff <(head -n "$n" d/report.txt) out
    grep -q '^Headline$' out
    [ "$(tail -n "+$((n + 1))" d/report.txt | grep -m 1 .)" = Roofline ] ||
        fail 'the second section is wanted next'
}

@test "a reader that leaves early" {
    "$ETALON" list options 2>err | head -n 1 >/dev/null
    "$ETALON" man 2>>err | head -n 1 >/dev/null
    [ ! -s err ]
}

@test "a run whose words nobody reads keeps its records" {
    go() { "$ETALON" run --plan tiny.ini --out d || status=$?; }
    # The last of them: no file of the run may take the number of one closed.
    for way in '>/dev/full' '>/dev/full 2>&1' '>&-' '2>&-' '>&- 2>&-' \
        '<&- 2>&-' '<&- >&- 2>&-'; do
        rm -rf d
        status=0
        eval "go $way" 2>/dev/null
        case $way in
        *'>/dev/full'* | '>&-'* | *' >&-'*) [ "$status" -eq 4 ] ;;
        *) [ "$status" -eq 0 ] ;;
        esac
        whole d 2
    done
    rm -rf d
    "$ETALON" run --plan tiny.ini --out d 2>&1 | head -n 1 >/dev/null
    whole d 2
}

@test "no escape byte but on a terminal that knows them" {
    make_run d
    for words in 'run --plan tiny.ini --out e' 'report d' info 'list backends'
    do
        # shellcheck disable=SC2086 # words
        "$ETALON" $words >out 2>err
        refute grep -q $'[\033\r]' out err
    done
    script --version >/dev/null 2>&1 || skip 'no script(1) to make a terminal'
    terminal() { # a progress line, where there is one, has an escape byte
        rm -rf f
        env "$@" script -qec "'$ETALON' run --plan tiny.ini --out f" /dev/null \
            >out </dev/null
        [ -s f/report.txt ]
    }
    terminal TERM=dumb
    refute grep -q $'\033' out
    terminal TERM=xterm NO_COLOR=1
    refute grep -q $'\033' out
    terminal -u NO_COLOR TERM=xterm
    grep -q $'\033' out
}

# No reader of the run in folder $1 runs or draws what its names say.
harmless() {
    whole "$1" 2
    [ ! -e pwned ]
    refute grep -qE '<script|<b>|onload=' "$1/report.html"
    for format in html markdown; do
        try report "$1" --format $format
        passed
        refute grep -qE '<script|<b>' out
    done
    [ ! -e pwned ]
}

@test "labels and paths with words of shells, gnuplot and HTML" {
    bad="<script>alert(1)<script>\`touch pwned\`\$(touch pwned)\"'&%\\;|{}@_^"
    plan "$bad.ini" '[run]' 'passes = 1' 'budget = 0.01' 'min-time = 1e-5' \
        'max-samples = 6' 'team = self' "[gemm $bad</script>]" \
        'shapes = 8x8x8, 9x9x9' 'backend = reference' 'threads = 1'
    try run --plan "$bad.ini" --out "$bad" --quiet
    passed
    [ ! -e pwned ]
    harmless "$bad"
    command -v gnuplot || skip 'no gnuplot: nothing is drawn'
    grep -q '<svg' "$bad/plots/flops-gemm-fp64.svg"
    grep -q '<svg' "$bad/report.html"
}

@test "a host name with HTML" {
    [ "$(id -u)" -eq 0 ] || skip 'only root may name a host'
    unshare -u true 2>/dev/null || skip 'unshare -u is not allowed'
    # shellcheck disable=SC2016 # the name, not what it would run
    unshare -u sh -c 'echo "<b>x\`touch pwned\`|" >/proc/sys/kernel/hostname &&
        exec "$0" "$@"' "$ETALON" run --plan tiny.ini --out d --quiet ||
        skip 'the host cannot be named'
    grep -q '<b>x' d/run.json
    harmless d
}

@test "bytes that are no UTF-8 in names" {
    name=$'caf\xe9'
    make_run "$name"
    whole "$name" 2
    for format in $(every_format); do
        try report "$name" --format $format
        passed
        iconv -f UTF-8 -t UTF-8 out >/dev/null
    done
}

@test "marks that are not seen come out of nothing" {
    # U+202E turns the text after it, C1's U+009B begins a terminal's command.
    mark=$(printf '\342\200\256') csi=$(printf '\302\233')
    sed "s/\\[gemm\\]/[gemm x${mark}y${csi}31mz]/" tiny.ini >odd.ini
    grep -q "$mark" odd.ini
    unseen() { # unseen FILE...: none of them has one
        refute grep -qaE "$mark|$csi" "$@"
    }
    OMP_PLACES="{0}$mark" "$ETALON" run --plan odd.ini --out d >out 2>err
    unseen out err
    grep -q 'label=x?y??31mz' err
    unseen $(find d -type f ! -name plan.ini)
    for format in $(every_format); do
        try report d --format "$format"
        passed
        unseen out err
    done
    try plan --plan odd.ini
    passed
    unseen out
    grep -q 'label=x?y??31mz' out
    try plan --plan "no$mark"
    refused 2 'no?'
    unseen err
    try verify d
    passed
    unseen out err
    plan c.ini '[all]' 'where = bench=gemm' 'metric = time' 'at_most = 1 h'
    try judge c.ini d
    unseen out err
    try compare d d
    unseen out err
    try runs d
    unseen out err
}

@test "no secret of the environment or the command line is kept" {
    BLIS_LICENSE=hush1 OMPI_MCA_btl_tcp_token=hush2 \
        LD_BIND_NOW='http://me:hush3@host/' UCX_TLS='x?token=1 y://h?key=hush4' \
        DATABASE_URL=hush5 "$ETALON" run --plan tiny.ini --out d \
        --set 'gemm.backend=reference' --plan 'tiny.ini' >out 2>err
    refute grep -ra hush out err d
    grep -q '"LD_BIND_NOW": "http://\*@host/"' d/run.json
    grep -q '"UCX_TLS"' d/run.json
}
