/* Speed: a driver that calls BLIS directly against etalon's blis backend, and
 * that against itself with other inputs in each iteration
 * (harness/base/turn.h); the same operands' sizes and threads, sample by sample
 * in turn. Prints the ratios of the medians; asserts nothing. Usage: blis [N
 * [THREADS [PAIRS]]]
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

static double backend(struct et_clock *clock, void *setup, uint64_t i)
{
    const struct et_gemm_backend *b = et_gemm_backend_find("blis");
    double start = et_clock_now(clock);
    if (b->base.run(setup, i, 1) != ET_OK)
        abort();
    return et_clock_now(clock) - start;
}

struct problem {
    int64_t n;
    double *m[3];
    void *still, *turning;
};

enum way { DIRECT, STILL, TURNING };

static double once(struct et_clock *clock, const struct problem *p, enum way w,
                   int i)
{
    if (w == DIRECT)
        return direct(clock, p->n, p->m[0], p->m[1], p->m[2]);
    return backend(clock, w == STILL ? p->still : p->turning, (uint64_t)i);
}

/* The medians of both, and of what the second takes in a pair to the first. */
static void compare(struct et_clock *clock, const struct problem *p,
                    enum way one, enum way other, int pairs, double *medians)
{
    double *t[3];
    for (int k = 0; k < 3; k++) {
        t[k] = calloc((size_t)pairs, sizeof *t[k]);
        if (!t[k])
            exit(4);
    }
    for (int i = 0; i < pairs; i++) {
        /* Who goes first changes, so that drift favours neither. */
        bool first = i % 2 == 0;
        double x = once(clock, p, first ? one : other, i);
        double y = once(clock, p, first ? other : one, i);
        t[0][i] = first ? x : y;
        t[1][i] = first ? y : x;
        t[2][i] = t[1][i] / t[0][i];
    }
    for (int k = 0; k < 3; k++) {
        medians[k] = et_stat_median(t[k], (size_t)pairs);
        free(t[k]);
    }
}

int main(int argc, char **argv)
{
    struct problem p = {.n = argc > 1 ? atoll(argv[1]) : 2048};
    int64_t n = p.n, step = et_turn_step(sizeof(double));
    int threads = argc > 2 ? atoi(argv[2]) : 1;
    int pairs = argc > 3 ? atoi(argv[3]) : 15;
    struct et_clock clock;
    double took[3], flop = 2.0 * (double)n * (double)n * (double)n * 1e-9;
    for (int i = 0; i < 3; i++) {
        size_t elements = (size_t)(n * n + et_turn_slack(step));
        p.m[i] = et_alloc_aligned(elements, sizeof **p.m);
        if (!p.m[i])
            return 4;
        et_random_fill(ET_FP64, p.m[i], elements, (uint64_t)i, 0);
    }
    struct et_gemm g = {.types = et_types_of(ET_FP64), .batch = 1, .alpha = 1};
    g.m = g.n = g.k = g.lda = g.ldb = g.ldc = n;
    const struct et_gemm_backend *b = et_gemm_backend_find("blis");
    if (et_clock_open("real", &clock) != ET_OK ||
        b->create(&g, threads, p.m[0], p.m[1], p.m[2], &p.still) != ET_OK)
        return 4;
    g.turn_a.step = g.turn_b.step = step;
    if (b->create(&g, threads, p.m[0], p.m[1], p.m[2], &p.turning) != ET_OK)
        return 4;
    bli_thread_set_num_threads(threads);
    once(&clock, &p, DIRECT, 0);
    compare(&clock, &p, DIRECT, STILL, pairs, took);
    printf("dgemm %lld^3, %d thread%s, %d pairs: direct %.2f GFLOP/s, etalon's "
           "blis %.2f GFLOP/s, time ratio %.4f (median of pairs)\n",
           (long long)n, threads, threads == 1 ? "" : "s", pairs,
           flop / took[0], flop / took[1], took[2]);
    compare(&clock, &p, STILL, TURNING, pairs, took);
    printf("dgemm %lld^3, %d thread%s, %d pairs: the same inputs %.2f GFLOP/s, "
           "others in each iteration %.2f GFLOP/s, time ratio %.4f\n",
           (long long)n, threads, threads == 1 ? "" : "s", pairs,
           flop / took[0], flop / took[1], took[2]);
    b->base.destroy(p.still);
    b->base.destroy(p.turning);
    for (int i = 0; i < 3; i++)
        et_free_aligned(p.m[i]);
    return 0;
}

#else

int main(void)
{
    puts("blis: not built in");
    return 77;
}

#endif
