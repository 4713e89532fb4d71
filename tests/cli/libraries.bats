#!/usr/bin/env bats
# The libraries behind the backends: a value of their variables that makes them
# crash ends in words, one library behind two backends is run once, and kernels
# below the processor are warned of.

load common

# The line of `etalon list backends` for one of gemm's.
of_gemm() {
    "$ETALON" list backends --bench gemm | grep "^gemm *$1 "
}

needs() { # needs BACKEND
    of_gemm "$1" >here
    if grep -q 'not here' here; then skip "no $1"; fi
}

# A plan in which backend $1 has one small case.
of_backend() {
    sed "s/backend = .*/backend = $1/" tiny.ini >"$1.ini"
}

# hostile BACKEND NAME=VALUE: told in one line, by every command that asks
# libraries; other backends are not concerned.
hostile() {
    local backend=$1 value=$2
    of_backend "$backend"
    of_backend fast
    for plan in "$backend" fast; do
        status=0
        env "$value" "$ETALON" run --plan "$plan.ini" --out no >out 2>err ||
            status=$?
        refused 2 "$plan.ini:" "backend: $backend: with " "$value" \
            'its library '
        [ ! -e no ] || fail 'a run directory'
    done
    env "$value" "$ETALON" list backends >out 2>err
    grep -q "^gemm *$backend *not here: .*$value" out || fail 'list backends'
    grep -q "^conv *im2col-$backend *not here: .*$value" out || fail 'of conv'
    env "$value" "$ETALON" info >out 2>err
    env "$value" "$ETALON" run --plan tiny.ini --out "of-$value" --quiet \
        >out 2>err || fail 'the reference is not run'
}

@test "hostile values of BLIS's variables" {
    needs blis
    hostile blis BLIS_ARCH_TYPE=99
}

@test "hostile values of OpenBLAS's variables" {
    needs cblas
    grep -q OpenBLAS here || skip 'cblas is not OpenBLAS'
    grep -q DYNAMIC_ARCH here || skip 'OpenBLAS is for one processor'
    # FMA4, which no processor has had since.
    ! grep -qw fma4 /proc/cpuinfo || skip 'this processor has FMA4'
    grep -qw avx2 /proc/cpuinfo || skip 'no x86-64 with AVX2'
    hostile cblas OPENBLAS_CORETYPE=Bulldozer
}

@test "hostile values of OpenMP's variables" {
    grep -q 'OPENMP_CFLAGS = -' "${ETALON%/*}/Makefile" || skip 'no OpenMP'
    make_run r
    for command in 'run --plan tiny.ini --out no' 'report r' info \
        'plan --plan tiny.ini' 'list benches' 'list backends'; do
        status=0
        # shellcheck disable=SC2086 # the words of a command
        env OMP_NUM_THREADS=2 OMP_STACKSIZE=100000G "$ETALON" $command \
            >out 2>err || status=$?
        [ "$command" != 'list benches' ] || [ "$status" -ne 0 ] || continue
        # libgomp may say a word of its own before main begins.
        grep '^etalon: ' err >own || :
        mv own err
        refused 2 'OMP_STACKSIZE=100000G' OpenMP
    done
    [ ! -e no ] || fail 'a run directory'
}

@test "BLIS_ARCH_TYPE chooses kernels, and nothing crashes" {
    needs blis
    of_backend blis
    # Up to 0.9 BLIS reads a number, and takes a name for 0.
    for type in skx generic 0; do
        for way in 'list backends' 'run --quiet --plan blis.ini'; do
            status=0
            # shellcheck disable=SC2086
            BLIS_ARCH_TYPE=$type "$ETALON" $way >out 2>err || status=$?
            [ "$status" = 0 ] || refused 2 "BLIS_ARCH_TYPE=$type"
        done
    done
}

# says_old LIBRARY KERNELS VARIABLE VALUE: the run `old` says whose kernels it had,
# and the words of it are in err.
says_old() {
    grep -q "warning: $1 uses its $2 kernels (avx2)" err
    grep -q "Remedy: unset $3, which is '$4'" err
    grep -q "\"origin\":\"$1 [^\"]*, $2 kernels" old/records.jsonl
    tr '\n' ' ' <old/report.txt | tr -s ' ' |
        grep -q "WARNING: $1 uses its $2 kernels (avx2), and this processor has avx512"
    [ "$(grep -c "$2 kernels (avx2)" old/run.json)" = 1 ]
}

@test "the kernels that a library chose are recorded, and warned of if old" {
    needs blis
    grep -qw avx512vl /proc/cpuinfo || skip 'no processor with AVX-512'
    of_backend blis
    type=
    for number in 0 1 2 3 4 5 6; do
        BLIS_ARCH_TYPE=$number "$ETALON" list backends >out 2>err
        if grep -q '^gemm *blis .* haswell kernels' out; then type=$number; fi
    done
    [ -n "$type" ] || skip 'BLIS has no kernels for haswell'
    BLIS_ARCH_TYPE=$type "$ETALON" run --plan blis.ini --out old >out 2>err
    says_old BLIS haswell BLIS_ARCH_TYPE "$type"
    # A plan without products has no such warning.
    plan peak.ini '[run]' 'budget = 0.01' '[peak]' 'threads = 1' 'dtype = fp64'
    BLIS_ARCH_TYPE=$type "$ETALON" run --plan peak.ini --out peak >out 2>err
    refute grep -q 'haswell kernels (avx2)' err peak/report.txt
}

@test "the kernels that OpenBLAS chose are recorded, and warned of if old" {
    needs cblas
    grep -q 'OpenBLAS .*DYNAMIC_ARCH' here || skip 'no OpenBLAS that chooses'
    grep -qw avx512vl /proc/cpuinfo || skip 'no processor with AVX-512'
    of_backend cblas
    OPENBLAS_CORETYPE=Haswell "$ETALON" run --plan cblas.ini --out old >out 2>err
    says_old OpenBLAS Haswell OPENBLAS_CORETYPE Haswell
}

@test "one library behind two backends is run once" {
    needs blis
    needs cblas
    ! grep -q 'fsanitize' "${ETALON%/*}/build.h" || skip 'sanitizers go first'
    blis=$(ldd "$ETALON" | sed -n 's/.*libblis.* => \([^ ]*\).*/\1/p')
    [ -n "$blis" ] || skip 'BLIS is no shared library'
    of_backend fast
    sed -i 's/team = self/&\nceilings = no/; $a [conv]\nshapes = 1x2x4x4x2x1x1\nthreads = 1' fast.ini
    LD_PRELOAD=$blis "$ETALON" run --plan fast.ini --out two >out 2>err
    grep -q 'warning: Backend cblas is BLIS too (.*install OpenBLAS' err
    grep -q 'backend=blis ' two/records.jsonl
    grep -q 'backend=im2col-blis ' two/records.jsonl
    refute grep -q 'cblas ' two/records.jsonl
    # Who names it has it.
    of_backend cblas
    LD_PRELOAD=$blis "$ETALON" run --plan cblas.ini --out named >out 2>err
    grep -q '"origin":"[^"]*the same library as backend blis' \
        named/records.jsonl
}

@test "BLIS behind cblas has the threads that it is asked for, or it is said" {
    needs blis
    needs cblas
    ! grep -q 'fsanitize' "${ETALON%/*}/build.h" || skip 'sanitizers go first'
    [ "$(nproc)" -ge 2 ] || skip 'one core'
    ldd "$ETALON" | grep -q libgomp || skip 'not built with libgomp'
    blis=$(ldd "$ETALON" | sed -n 's/.*libblis.* => \([^ ]*\).*/\1/p')
    [ -n "$blis" ] || skip 'BLIS is no shared library'
    plan two.ini '[run]' 'budget = 0.1' 'passes = 1' 'team = self' \
        'ceilings = no' '[gemm]' 'shapes = 512^3' 'backend = cblas' \
        'dtype = fp32' 'threads = 2'
    worked() { # worked THREADS VARIABLE
        rm -rf two
        env LD_PRELOAD="$blis" "$2" "$ETALON" run --plan two.ini --out two \
            --quiet >out 2>err
        grep -q "\"threads\":2,\"threads_delivered\":$1," two/records.jsonl ||
            fail "$2: $1 threads are wanted"
    }
    # The library's own wish for one thread does not count.
    worked 2 BLIS_NUM_THREADS=1
    refute grep -q 'fewer threads' two/report.txt
    worked 1 OMP_THREAD_LIMIT=1
    grep -q '1 case had fewer threads at work' two/report.txt
}
