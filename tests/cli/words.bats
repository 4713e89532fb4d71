#!/usr/bin/env bats
# The words of the command line: what cannot be used is named, the nearest
# right word with it, before anything is measured.

load common

@test "commands" {
    try
    passed
    try rnu && refused 2 "'rnu'" "'run'"
    try 'a
b' && refused 2 "'a?b'"
    try help jugde && refused 2 "'judge'"
    try run extra && refused 2 "'extra' is one word too many" 'usage: etalon run'
    try compare one && refused 2 'DIR DIR'
    try list && refused 2 'benches|backends'
}

# Before there is a team a rank knows its number from its launcher alone.
@test "of the ranks of a launcher the first alone speaks" {
    for name in OMPI_COMM_WORLD_RANK PMIX_RANK PMI_RANK SLURM_PROCID; do
        for rank in 0 9 10; do
            (
                status=0
                env "$name=$rank" "$ETALON" rnu 2>"$name.$rank" || status=$?
                echo $status >>"$name.$rank"
            ) &
        done
    done
    wait # the silent ones leave later
    for name in OMPI_COMM_WORLD_RANK PMIX_RANK PMI_RANK SLURM_PROCID; do
        grep -q "'rnu'" "$name.0"
        for rank in 9 10; do
            [ "$(cat "$name.$rank")" = 2 ] || fail "$name=$rank is not silent"
        done
    done
}

@test "options" {
    try run --bugdet 3 && refused 2 "'--bugdet'" "'--budget'"
    try run -q && refused 2 "'-q'"
    try run --seed && refused 2 '--seed: needs a value'
    try run --out '' && refused 2 '--out: needs a value'
    try run --plan= && refused 2 '--plan: needs a value'
    try run --no-seed && refused 2 "'--no-seed'"
    try run "--$(printf 'x%.0s' {1..5000})" && refused 2 'unknown option'
}

@test "values of options" {
    try run --seed x && refused 2 'seed:' 'whole number'
    try run --seed -1 && refused 2 'seed: -1' '0 to'
    try run --seed 99999999999999999999 && refused 2 'seed:' '64 bits'
    try run --budget 0 && refused 2 'budget: 0' '0.001 to'
    try run --budget nan && refused 2 "budget: 'nan'"
    try run --budget 3kg && refused 2 "'3kg'" '150 ms'
    try run --precision inf && refused 2 "'inf'"
    try run --quiet=maybe && refused 2 "'maybe'" 'yes or no'
    try run --clock raol && refused 2 "clock: 'raol'" "'real'"
    try run --team mip && refused 2 "team: 'mip'" "'mpi'"
    try run --counters papy && refused 2 "counters: 'papy'" "'papi'"
    try plan --ranks 0 && refused 2 'ranks: 0'
    try plan --ranks 2 --nodes 3 && refused 2 '3 nodes' '2 ranks'
}

@test "a nominal peak" {
    make_run r
    for peak in rubbish fp64 fp64=12 fp64=-1GFLOP/s fp46=1GFLOP/s 'fp64=1 GB/s'
    do
        try run --plan tiny.ini --peak "$peak" --out p
        refused 2 "--peak: '$peak'" 'fp64=64 GFLOP/s'
        [ ! -e p ]
        try report r --peak "$peak" && refused 2 "--peak: '$peak'"
    done
    sed -i '1a peak = fp64=12' tiny.ini
    try plan --plan tiny.ini && refused 2 '[run]: peak' 'no unit'
}

@test "words of list, --format and --bench" {
    try list shpaes && refused 2 "'shpaes'" "'shapes'"
    try list shapes --bench gmem && refused 2 "'gmem'" "'gemm'"
    try info --format htlm && refused 2 "'htlm'" "'html'"
    make_run r
    make_run s
    try report r --format makrdown && refused 2 "'markdown'"
    try compare s r --format txet && refused 2 "'text'"
    try compare s r --tolerance 2 && refused 2 'tolerance: 2'
    try report r --target 0 && refused 2 'target: 0'
}

@test "--set" {
    set_() { try plan --plan tiny.ini --set "$1"; }
    for bad in x = gemm gemm.m gemm.=3 .m=3 "gemm.$(printf 'm%.0s' {1..99})=1"
    do
        set_ "$bad"
        refused 2 "--set: '$bad'" 'section.key=value'
    done
    set_ gemm.shapes= && refused 2 '[gemm]: shapes has no value'
    set_ gmem.m=8 && refused 2 '--set: [gmem]' "mean 'gemm'"
    set_ conv.k=8 && refused 2 'no section [conv]'
    set_ gemm.dtpye=fp32 && refused 2 '[gemm]' "'dtpye'" "'dtype'"
    set_ gemm.dtype=fp33 && refused 2 "dtype: 'fp33'" "'fp32'"
    set_ run.bugdet=3 && refused 2 '[run]' "'bugdet'" "'budget'"
    set_ run.plan=x && refused 2 '[run]' "'plan'"
    set_ gemm.backend=bils && refused 2 "'bils'" "'blis'"
    set_ gemm.shapes=lama3-8b/fwd && refused 2 "'lama3-8b/fwd'" 'llama3-8b'
    set_ gemm.m=8 && refused 2 'tiny.ini:8: shapes' 'another key'
}

@test "a backend that is not built in" {
    why=$("$ETALON" list backends | sed -n 's/^gemm *\([a-z]*\) *not here: //p')
    [ -n "$why" ] || skip 'every gemm backend is built in'
    name=$("$ETALON" list backends --bench gemm | grep 'not here' |
        awk 'NR == 1 { print $2 }')
    try plan --plan tiny.ini --set "gemm.backend=$name"
    refused 2 "backend: $name" configure
}

@test "without a launcher, the MPI library's cases are unsupported" {
    plan a.ini '[run]' 'passes = 1' 'budget = 0.01' 'min-time = 1e-5' 'max-samples = 6' \
        '[allreduce]' 'sizes = 64' 'backend = mpi, ring' 'ranks = 1'
    "$ETALON" list backends | grep -q '^allreduce *mpi  *not here' &&
        skip 'built without MPI'
    try run --plan a.ini --team self --out r
    passed
    [ "$(grep -c '"status":"unsupported"' r/records.jsonl)" -eq 1 ]
    [ "$(grep -c '"status":"measured"' r/records.jsonl)" -eq 1 ]
    grep -q 'mpirun or srun' err
    whole r 2
}
