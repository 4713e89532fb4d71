/* Speed: a driver that calls a library directly against etalon's backend of it,
 * and that against itself with other inputs in each iteration
 * (harness/base/turn.h), of fp32; the same operands' sizes and threads, sample
 * by sample in turn, library after library. Prints the ratios of the medians;
 * asserts nothing. Usage: libraries [N [THREADS [PAIRS]]]
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
static void by_blis(int64_t n, const float *a, const float *b, float *c)
{
    float one = 1, zero = 0;
    bli_sgemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, n, n, n, &one, (float *)a,
              n, 1, (float *)b, n, 1, &zero, c, n, 1);
}
#endif

#if HAVE_CBLAS
/* blis.h declares it, too, with other types than other libraries' cblas.h. */
void sgemm_of_cblas(int order, int trans_a, int trans_b, int m, int n, int k,
                    float alpha, const float *a, int lda, const float *b,
                    int ldb, float beta, float *c,
                    int ldc) __asm__("cblas_sgemm");
static void by_cblas(int64_t n, const float *a, const float *b, float *c)
{
    int i = (int)n;
    sgemm_of_cblas(101, 111, 111, i, i, i, 1, a, i, b, i, 0, c, i);
}
#endif

#if HAVE_ONEDNN
#include <dnnl.h>
static void by_onednn(int64_t n, const float *a, const float *b, float *c)
{
    dnnl_sgemm('N', 'N', n, n, n, 1, a, n, b, n, 0, c, n);
}
#endif

static const struct library {
    const char *backend;
    void (*multiply)(int64_t n, const float *a, const float *b, float *c);
} libraries[] = {
#if HAVE_BLIS
    {"blis", by_blis},
#endif
#if HAVE_CBLAS
    {"cblas", by_cblas},
#endif
#if HAVE_ONEDNN
    {"onednn_sgemm", by_onednn},
#endif
    {0}};

struct problem {
    const struct library *library;
    const struct et_gemm_backend *backend;
    int64_t n;
    float *m[3];
    void *still, *turning;
};

enum way { DIRECT, STILL, TURNING };

static double once(struct et_clock *clock, const struct problem *p, enum way w,
                   int i)
{
    double start = et_clock_now(clock);
    if (w == DIRECT)
        p->library->multiply(p->n, p->m[0], p->m[1], p->m[2]);
    else if (p->backend->base.run(w == STILL ? p->still : p->turning,
                                  (uint64_t)i, 1) != ET_OK)
        abort();
    return et_clock_now(clock) - start;
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

static int one(const struct library *library, int64_t n, int threads, int pairs)
{
    int64_t step = et_turn_step(sizeof(float));
    struct problem p = {.library = library,
                        .backend = et_gemm_backend_find(library->backend),
                        .n = n};
    struct et_clock clock;
    double took[3], flop = 2.0 * (double)n * (double)n * (double)n * 1e-9;
    for (int i = 0; i < 3; i++) {
        size_t elements = (size_t)(n * n + et_turn_slack(step));
        p.m[i] = et_alloc_aligned(elements, sizeof **p.m);
        if (!p.m[i])
            return 4;
        et_random_fill(ET_FP32, p.m[i], elements, (uint64_t)i, 0);
    }
    struct et_gemm g = et_gemm_dense(et_types_of(ET_FP32), n, n, n);
    if (et_clock_open("real", &clock) != ET_OK ||
        p.backend->create(&g, threads, p.m[0], p.m[1], p.m[2], &p.still) !=
            ET_OK)
        return 4;
    g.turn_a.step = g.turn_b.step = step;
    if (p.backend->create(&g, threads, p.m[0], p.m[1], p.m[2], &p.turning) !=
        ET_OK)
        return 4;
    once(&clock, &p, STILL, 0); /* sets the library's threads */
    once(&clock, &p, DIRECT, 0);
    compare(&clock, &p, DIRECT, STILL, pairs, took);
    printf("%s, sgemm %lld^3, %d thread%s, %d pairs: direct %.2f GFLOP/s, "
           "etalon's %.2f GFLOP/s, %.4f of it (median of pairs)\n",
           library->backend, (long long)n, threads, threads == 1 ? "" : "s",
           pairs, flop / took[0], flop / took[1], 1 / took[2]);
    compare(&clock, &p, STILL, TURNING, pairs, took);
    printf("%s, sgemm %lld^3: the same inputs %.2f GFLOP/s, others in each "
           "iteration %.2f GFLOP/s, %.4f of it\n",
           library->backend, (long long)n, flop / took[0], flop / took[1],
           1 / took[2]);
    p.backend->base.destroy(p.still);
    p.backend->base.destroy(p.turning);
    for (int i = 0; i < 3; i++)
        et_free_aligned(p.m[i]);
    return 0;
}

int main(int argc, char **argv)
{
    int64_t n = argc > 1 ? atoll(argv[1]) : 2048;
    int threads = argc > 2 ? atoi(argv[2]) : 1;
    int pairs = argc > 3 ? atoi(argv[3]) : 15, status = 77;
    for (size_t i = 0; libraries[i].backend; i++)
        status = one(&libraries[i], n, threads, pairs);
    if (status == 77)
        puts("no library is built in");
    return status;
}
