#!/usr/bin/env bats
# Plans that cannot be used: each is refused in one line that names file, line
# and key, and nothing is measured.

load common

bad() { # bad LINE... : a plan of these lines
    plan p.ini "$@"
    try plan --plan p.ini
}

@test "a plan that is no text file" {
    mkdir d
    printf '[gemm]\nm = 8\0' >nul.ini
    : >empty.ini
    try plan --plan d && refused 2 'd: is a directory'
    try plan --plan nul.ini && refused 2 'nul.ini: is binary'
    head -c 9999 "$ETALON" >program
    try plan --plan program && refused 2 'program: is binary'
    try plan --plan empty.ini && refused 2 'empty.ini: has no bench section'
    try plan --plan none.ini && refused 2 'none.ini: No such file'
    try plan --plan tiny.ini/x && refused 2 'tiny.ini/x:'
    head -c 5000000 /dev/zero | tr '\0' ';' >huge.ini
    try plan --plan huge.ini && refused 2 'huge.ini: has more than'
    for command in plan run; do
        try "$command" --plan none.ini && refused 2 'none.ini:'
    done
}

@test "lines" {
    bad '[gemm]' "m = $(printf '1%.0s' {1..400})"
    refused 2 'p.ini:2: line of 404 characters' 'Continue'
    bad '[gemm]' '' 'junk' 'm = 8' && refused 2 'p.ini:3: neither'
    bad '[gemm' 'm = 8' && refused 2 "p.ini:1: '[' without"
    bad 'gemm' 'm = 8' && refused 2 'p.ini:1: neither'
    bad 'm = 8' '[gemm]' && refused 2 'p.ini:1: m: stands before any [section]'
    bad '[gemm]' '= 8' && refused 2 'p.ini:2: [gemm]'
    bad '[gemm]' 'm =' && refused 2 'p.ini:2: [gemm]: m has no value'
    bad '[gemm]' 'm' && refused 2 'p.ini:2: neither'
}

@test "lines that are right" {
    printf '\357\273\277[gemm]\r\n; note\r\n\r\nshapes = 8x8x8,\r\n  9x9x9\r\n' \
        >p.ini
    try plan --plan p.ini
    passed
    grep -q 'm=9 n=9 k=9' out
    bad '[gemm]' 'shapes: 8x8x8 ; a note' '# a note'
    passed
}

@test "sections" {
    bad '[gmem]' 'm = 8' && refused 2 'p.ini:1: [gmem]' "mean 'gemm'"
    bad '[]' 'm = 8' && refused 2 'p.ini:1: []'
    bad '[run]' 'seed = 1' && refused 2 'p.ini: has no bench section'
    bad '[gemm]' 'm = 8' '[gemm]' 'm = 9'
    refused 2 'p.ini:3: [gemm] stands twice' 'p.ini:1' 'label'
    bad '[gemm a]' 'm = 8' '[gemm  a]' 'm = 9' && refused 2 'p.ini:3: '
    bad '[run]' 'seed = 1' '[run]' 'budget = 1' '[gemm]'
    refused 2 'p.ini:3: [run] stands twice' 'p.ini:1'
}

@test "keys" {
    bad '[gemm]' 'dtpye = fp32' && refused 2 'p.ini:2: [gemm]' "'dtype'"
    bad '[gemm]' 'M = 8' && refused 2 'p.ini:2: [gemm]' "'M'" "'m'"
    bad '[run]' 'bugdet = 1' '[gemm]' && refused 2 'p.ini:2: [run]' "'budget'"
    bad '[run]' 'out = x' '[gemm]' && refused 2 'p.ini:2: [run]' "'out'"
    bad '[gemm]' 'm = 8' 'm = 9' && refused 2 'p.ini:3: [gemm]' m 'p.ini:2'
    bad '[gemm]' 'trans_a = no' 'trans-a = no' && refused 2 'p.ini:3: [gemm]'
    bad '[run]' 'seed = 1' 'seed = 2' '[gemm]'
    refused 2 'p.ini:3: [run]: seed stands twice'
    bad '[gemm]' 'm = 8' 'shapes = 8x8x8' && refused 2 'p.ini:3: shapes'
    bad '[gemm]' 'ranks = 1' 'nodes = 1' && refused 2 'p.ini:3: nodes' 'p.ini:2'
}

@test "a collective of one rank" {
    bad '[allreduce]' 'sizes = 8' 'backend = ring' && passed
    grep -q '^0 cases' out && grep -q 'p.ini:1: \[allreduce\]: one rank' err
    bad '[allreduce]' 'sizes = 8' 'backend = ring' 'ranks = 1' && passed
    grep -q '^1 cases' out && [ ! -s err ]
    bad '[allreduce]' 'sizes = 8' 'dtype = fp31' && refused 2 "'fp32'"
    plan p.ini '[allreduce]' 'sizes = 8' 'backend = ring'
    try plan --plan p.ini --ranks 5 && passed
    grep -q '^3 cases' out
    try run --plan p.ini --team self --out r && passed
    grep -q 'one rank alone sends nothing' err
    try verify r && passed
}

@test "values" {
    bad '[run]' 'budget = 1 lightyear' '[gemm]'
    refused 2 'p.ini:2: budget' "'1 lightyear'" '150 ms'
    bad '[run]' 'clock = sun' '[gemm]' && refused 2 'p.ini:2: clock' 'real|fake'
    bad '[gemm]' 'dtype = fp63' && refused 2 'p.ini:2: [gemm]: dtype' "'fp64'"
    bad '[gemm]' 'alpha = x' && refused 2 'p.ini:2: [gemm]: alpha' 'number'
    bad '[gemm]' 'alpha = 0' && refused 2 'alpha: 0 is 0 in fp64'
    bad '[gemm]' 'dtype = fp32' 'alpha = 1e-99' &&
        refused 2 'alpha: 1e-99 is 0 in fp32'
    bad '[gemm]' 'threads = 0' && refused 2 'p.ini:2: [gemm]: threads: 0'
    bad '[gemm]' 'ranks = 0' && refused 2 'p.ini:2: ranks' "'powers'"
    bad '[gemm]' 'backend = bils' && refused 2 'p.ini:2: backend' "'blis'"
    bad '[gemm]' 'shapes = squaer/512' && refused 2 'p.ini:2: shapes' square
    bad '[io]' 'sizes = 8 parsec' && refused 2 'p.ini:2: [io]: bytes' '64 KiB'
    bad '[io]' 'op = wriet' && refused 2 'p.ini:2: [io]: op' "'write'"
    for key in shapes backend ranks threads dtype; do
        bad '[gemm]' "$key = 1,, 2" && refused 2 "p.ini:2: $key:" 'empty'
    done
}

@test "sizes that make no sense" {
    for size in 0x8x8 -1x8x8 8x0x8 8x8x0 8x8x8x0 0^3; do
        bad '[gemm]' "shapes = $size" && refused 2 'p.ini:2: [gemm]: ' 'range'
    done
    for size in 8 8x8 8x 8^2 8x8x8x8x8; do
        bad '[gemm]' "shapes = $size" && refused 2 'p.ini:2: shapes' MxNxK
    done
    for size in 8^9 8^0 8^-1 8^x; do
        bad '[gemm]' "shapes = $size" && refused 2 'p.ini:2: shapes' 'power'
    done
    for size in 8xyx8 8x8xx8 1.5x8x8 0x10x8x8; do
        bad '[gemm]' "shapes = $size" && refused 2 'p.ini:2: '
    done
    bad '[conv]' 'shapes = 1x3x8x8' && refused 2 'p.ini:2: shapes' NxCxHxWxKxRxS
    bad '[conv]' 'shapes = 0x3x8x8x4x3x3' && refused 2 'p.ini:2: [conv]: n: 0'
    bad '[conv]' 'shapes = 1x3x8x8x4x30x3' && refused 2 'p.ini:2: [conv]: r'
    bad '[conv]' 'shapes = 1x3x8x8x4x3x3' 'groups = 2'
    refused 2 'p.ini:2: [conv]: groups'
    bad '[conv]' 'stride_h = 0' && refused 2 'p.ini:2: [conv]: stride_h: 0'
    bad '[allreduce]' 'sizes = 7' && refused 2 'p.ini:2: [allreduce]' 'multiple'
    for range in 8.. ..8 64..8 '8..64*1' '8..64*x' '-8..8' '8..9EiB'; do
        bad '[allreduce]' "sizes = $range" && refused 2 'p.ini:2: '
    done
}

@test "sizes that overflow" {
    for size in 9223372036854775807^3 9223372036854775808^3 1e19x8x8 \
        99999999999999999999x2x2 1000000000000^3 18446744073709551617x8x8; do
        bad '[gemm]' "shapes = $size" && refused 2 'p.ini:2: [gemm]'
    done
    bad '[gemm]' 'shapes = 8x8x8' 'lda = 9223372036854775807'
    refused 2 'p.ini:' lda
    bad '[conv]' "shapes = $(printf '1000000000x%.0s' {1..6})1"
    refused 2 'p.ini:2: [conv]'
    for size in 8EiB 16EiB 99999999999999999999 9223372036854775807; do
        bad '[io]' "sizes = $size" && refused 2 'p.ini:2: [io]'
        bad '[allreduce]' "sizes = $size" && refused 2 'p.ini:2: [allreduce]'
    done
}

@test "sizes that do not fit in memory, told of before a run begins" {
    bad '[gemm]' 'shapes = 8x8x8, 3000000^3' && refused 2 'p.ini:2: [gemm]' GiB
    try run --plan p.ini --out r && refused 2 'p.ini:2: [gemm]' GiB
    [ ! -e r ]
    bad '[allreduce]' 'sizes = 1PiB' 'ranks = 1'
    refused 2 'p.ini:2: [allreduce]' GiB
    bad '[io]' 'sizes = 1PiB' && refused 2 'p.ini:2: [io]' GiB
    bad '[conv]' 'shapes = 100000x300x800x800x64x3x3'
    refused 2 'p.ini:2: [conv]' GiB
    bad '[gemm]' 'm = 1..1000000*2' 'n = 1..1000000*2' 'k = 1..1000000*2' \
        'batch = 1..1000000*2' 'threads = 1..1000000*2'
    refused 2 'p.ini:1: [gemm]' 'cases'
}

@test "a broken catalog" {
    broken() { # broken LINE... : the catalog's only file of gemm shapes
        mkdir -p cat/gemm
        plan cat/gemm/own.csv "$@"
        try plan --catalog cat --plan own.ini
    }
    plan own.ini '[gemm]' 'shapes = own/a'
    broken name,m,n,k own/a,8,8,8 && passed
    broken nmae,m,n,k own/a,8,8,8 && refused 2 'own.csv:1:' "'name'"
    broken name,m,n,kk own/a,8,8,8 && refused 2 'own.csv:1:' "'kk'" "'k'"
    broken name,m,n,k own/a,8,8 && refused 2 'own.csv:2:' '3 cells'
    broken name,m,n,k own/a,8,8,8,8 && refused 2 'own.csv:2:' '5 cells'
    broken '# none' && refused 2 'own.ini:2: shapes' "'own/a'"
    broken name,m,n,k own/a,8,0,8 && refused 2 'n: 0'
    broken name,m,n,k own/a,8,x,8 && refused 2 "n: 'x'"
    rm -r cat
    try plan --catalog cat --plan own.ini && refused 2 own/a
    try plan --catalog cat && refused 2 'cat/plans/default.ini: No such file'
}

# By hand: a rank of the first case holds its 64 MiB and 3 MiB to look at them
# with, 70.25 MB; two ranks are on a node, four write 268.4 MB. At 400 MB/s a node
# an iteration takes 0.3355 s at most. The bound is longest where it takes half of
# that, and 12 passes are needed to use the budget up: each 0.05 s, 70.25 MB at
# 200 MB/s, three iterations, a sample (three again), a quarter of its share of
# the budget, 1/6 s, five such shares, and two samples, 3.290 s; and in the first
# one three iterations more: 39.98 s. Of a quarter of the bytes it is 20.67 s.
@test "what a plan needs and how long it takes" {
    plan cost.ini '[run]' 'budget = 1' 'min-samples = 6' '[io]' \
        'backend = posix' 'sizes = 64 MiB, 16 MiB' 'ranks = 4'
    try plan --plan cost.ini --ranks 4 --nodes 2
    passed
    grep -qE '^ +70\.25 MB +268\.4 MB +39\.98 s  io .*bytes=67108864' out
    grep -qE '^ +19\.92 MB +67\.11 MB +20\.67 s  io .*bytes=16777216' out
    grep -q '^2 cases, at most 60\.64 s; 140\.5 MB of memory on a node' \
        out
    grep -q 'and 268\.4 MB of disk' out
    try plan --plan cost.ini --ranks 4 --nodes 2 --set run.time-limit=9s
    passed
    grep -q 'at most 60\.64 s, which its time-limit ends after 9 s; 140' out
    grep -q 'ranks=4 nodes=2' out
    try plan --plan cost.ini --ranks 4 --nodes 4
    passed
    grep -q '70\.25 MB of memory on a node' out
    try plan --plan cost.ini --ranks 4 --nodes 5 && refused 2 --nodes 5 4
}

at_most() { # s: of the plan that was shown last
    sed -n 's/^[0-9]* cases, at most \([0-9.e+]*\) \(m*\)s;.*/\1 \2/p' out |
        awk '{ print $1 * ($2 == "m" ? 1e-3 : 1) }'
}

@test "a large machine takes no longer than a small one with as much a node" {
    plan own.ini '[gemm]' 'shapes = 64^3' 'backend = reference' 'threads = 1' \
        'ranks = all' '[io]' 'backend = posix' 'sizes = 1 MiB' 'ranks = all'
    try plan --plan own.ini --ranks 100 --nodes 1 && passed
    few=$(at_most)
    try plan --plan own.ini --ranks 100000 --nodes 1000 && passed
    [ -n "$few" ] && [ "$few" = "$(at_most)" ]
}

# On a busy machine a run may take longer than it should, but hardly ten times.
@test "a run takes less than the plan said, and more than a fraction of it" {
    plan own.ini '[run]' 'passes = 6' 'budget = 0.3' 'precision = 1e-6' \
        '[gemm]' 'shapes = 64^3, 200^3' 'backend = reference' 'ranks = 1' \
        'threads = 1' '[io]' 'backend = posix' 'sizes = 1 MiB' 'ranks = 1'
    try plan --plan own.ini && passed
    most=$(at_most)
    try run --plan own.ini --team self --quiet --out r && passed
    took=$(tr ',' '\n' <r/records.jsonl | sed -n 's/"spent":\([0-9]\)/\1/p' |
        awk '{ s += $1 } END { print s }')
    echo "at most $most s, took $took s"
    awk "BEGIN { exit !($took > 0 && $took < $most && $took > $most / 50) }"
}

@test "a rank has its share of the node's cores, and one at least" {
    cores=$("$ETALON" info | awk '$1 == "allowed_cores" { print $2 }')
    [ "$cores" -gt 0 ] 2>/dev/null || skip 'the number of cores is not known'
    plan own.ini '[gemm]' 'shapes = 8x8x8' 'backend = reference' 'ranks = 1'
    for words in "1 1 $cores" "4 4 $cores" "$cores 1 1" "$((5 * cores)) 1 1" \
        "$((10 * cores)) 5 1"; do
        read -r ranks nodes threads <<<"$words"
        try plan --plan own.ini --ranks "$ranks" --nodes "$nodes"
        passed
        grep -q "ranks=1 threads=$threads\$" out ||
            fail "$ranks ranks on $nodes nodes: not $threads threads"
    done
    # The fullest of two nodes has two of three ranks, or three of five, and all
    # take the least share.
    for most in 2 3; do
        try plan --plan own.ini --ranks $((2 * most - 1)) --nodes 2 && passed
        least=$((cores / most > 1 ? cores / most : 1))
        grep -q "ranks=1 threads=$least\$" out
    done
    OMP_NUM_THREADS=7,2 try plan --plan own.ini --ranks 4 && passed
    grep -q 'ranks=1 threads=7$' out
}
