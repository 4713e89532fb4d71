/* Speed: a driver that calls BLIS directly against etalon's blis backend, the
 * same operands' sizes and threads, sample by sample in turn. Prints the
 * ratio of the medians; asserts nothing. Usage: blis [N [THREADS [PAIRS]]]
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "harness/base/random.h"
#include "harness/stat/stat.h"
#include "harness/system/clock.h"
#include "kernels/gemm/gemm.h"

#if HAVE_BLIS

#if HAVE_BLIS_BLIS_H
#include <blis/blis.h>
#else
#include <blis.h>
#endif

static double direct(struct et_clock *clock, dim_t n, double *a, double *b,
                     double *c)
{
    double one = 1, zero = 0, start = et_clock_now(clock);
    bli_dgemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, n, n, n, &one, a, n, 1, b,
              n, 1, &zero, c, n, 1);
    return et_clock_now(clock) - start;
}

static double backend(struct et_clock *clock, void *setup)
{
    const struct et_gemm_backend *b = et_gemm_backend_find("blis");
    double start = et_clock_now(clock);
    if (b->base.run(setup, 0, 1) != ET_OK)
        abort();
    return et_clock_now(clock) - start;
}

int main(int argc, char **argv)
{
    int64_t n = argc > 1 ? atoll(argv[1]) : 2048;
    int threads = argc > 2 ? atoi(argv[2]) : 1;
    int pairs = argc > 3 ? atoi(argv[3]) : 15;
    size_t elements = (size_t)(n * n);
    struct et_clock clock;
    double *m[3], *t = calloc(3 * (size_t)pairs, sizeof *t);
    void *setup = NULL;
    for (int i = 0; i < 3; i++) {
        m[i] = et_alloc_aligned(elements, sizeof **m);
        if (!m[i] || !t)
            return 4;
        et_random_fill(ET_FP64, m[i], elements, (uint64_t)i, 0);
    }
    const struct et_gemm p = {.types = et_types_of(ET_FP64),
                              .m = n,
                              .n = n,
                              .k = n,
                              .batch = 1,
                              .lda = n,
                              .ldb = n,
                              .ldc = n,
                              .alpha = 1};
    const struct et_gemm_backend *b = et_gemm_backend_find("blis");
    if (et_clock_open("real", &clock) != ET_OK ||
        b->create(&p, threads, m[0], m[1], m[2], &setup) != ET_OK)
        return 4;
    bli_thread_set_num_threads(threads);
    direct(&clock, n, m[0], m[1], m[2]);
    for (int i = 0; i < pairs; i++) {
        /* Who goes first changes, so that drift favours neither. */
        bool first = i % 2 == 0;
        double x = first ? direct(&clock, n, m[0], m[1], m[2])
                         : backend(&clock, setup);
        double y = first ? backend(&clock, setup)
                         : direct(&clock, n, m[0], m[1], m[2]);
        t[i] = first ? x : y;
        t[pairs + i] = first ? y : x;
        t[2 * pairs + i] = t[pairs + i] / t[i];
    }
    double flop = 2.0 * (double)n * (double)n * (double)n * 1e-9;
    double md = et_stat_median(t, (size_t)pairs);
    double mb = et_stat_median(t + pairs, (size_t)pairs);
    printf("dgemm %lld^3, %d thread%s, %d pairs: direct %.2f GFLOP/s, etalon's "
           "blis %.2f GFLOP/s, time ratio %.4f (median of pairs)\n",
           (long long)n, threads, threads == 1 ? "" : "s", pairs, flop / md,
           flop / mb, et_stat_median(t + 2 * pairs, (size_t)pairs));
    b->base.destroy(setup);
    for (int i = 0; i < 3; i++)
        et_free_aligned(m[i]);
    free(t);
    return 0;
}

#else

int main(void)
{
    puts("blis: not built in");
    return 77;
}

#endif
