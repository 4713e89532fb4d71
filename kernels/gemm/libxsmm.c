/* gemm on libxsmm, which makes code for one small size when it is asked for:
 * fp64 and fp32 as they lie, nothing transposed. One product by one thread; a
 * batch is shared. The only file that knows libxsmm.h.
 */
#include "config.h"
#include "kernels/gemm/setup.h"

extern const struct et_gemm_backend et_gemm_libxsmm;

#define SUMMARY "libxsmm, code made for a small size"

#if HAVE_LIBXSMM

#include <libxsmm.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/log.h"

/* What it is for; larger products are not its makers' aim. */
#define MOST 256

struct setup {
    struct et_gemm_setup setup;
    libxsmm_dmmfunction fp64; /* one of the two */
    libxsmm_smmfunction fp32;
};

/* Without libxsmm_init, which makes a lock file: only who multiplies does. */
static void origin(char *text, size_t n)
{
    snprintf(text, n, "libxsmm %s, for %s%s", LIBXSMM_VERSION,
             libxsmm_cpuid_name(libxsmm_cpuid()),
             getenv("LIBXSMM_TARGET") ? ", or what LIBXSMM_TARGET says" : "");
}

static const char *unsupported(const struct et_gemm *p)
{
    enum et_dtype t = et_types_single(&p->types);
    if ((t != ET_FP64 && t != ET_FP32) || p->types.sum != t)
        return "libxsmm has fp64 and fp32 here";
    if (p->trans_a || p->trans_b)
        return "libxsmm transposes no operand";
    if (p->alpha != 1 || (p->beta != 0 && p->beta != 1))
        return "libxsmm has alpha 1, and beta 0 or 1";
    if (p->m > MOST || p->n > MOST || p->k > MOST)
        return "libxsmm is for products of at most 256 x 256 x 256";
    return NULL;
}

/* Rows are its columns: C' = B' A'. */
static enum et_status create(const struct et_gemm *p, int threads,
                             const void *a, const void *b, void *c, void **out)
{
    int m = (int)p->n, n = (int)p->m, k = (int)p->k;
    int lda = (int)p->ldb, ldb = (int)p->lda, ldc = (int)p->ldc;
    int flags = LIBXSMM_GEMM_FLAG_NONE, prefetch = LIBXSMM_GEMM_PREFETCH_NONE;
    double alpha = 1, beta = p->beta;
    float alpha_f = 1, beta_f = (float)p->beta;
    struct setup *q = et_gemm_setup_new(sizeof *q, p, threads, a, b, c);
    if (!q)
        return ET_INFRA;
    libxsmm_init();
    if (p->types.sum == ET_FP64)
        q->fp64 = libxsmm_dmmdispatch(m, n, k, &lda, &ldb, &ldc, &alpha, &beta,
                                      &flags, &prefetch);
    else
        q->fp32 = libxsmm_smmdispatch(m, n, k, &lda, &ldb, &ldc, &alpha_f,
                                      &beta_f, &flags, &prefetch);
    if (q->fp64 || q->fp32) {
        *out = q;
        return ET_OK;
    }
    free(q);
    return et_error(ET_INFRA, "gemm: libxsmm: no code for this size");
}

static void multiply(const struct setup *q, const struct et_gemm_setup *at,
                     int64_t g)
{
    if (q->fp64)
        q->fp64((const double *)at->b + g * at->step_b,
                (const double *)at->a + g * at->step_a,
                (double *)at->c + g * at->step_c);
    else
        q->fp32((const float *)at->b + g * at->step_b,
                (const float *)at->a + g * at->step_a,
                (float *)at->c + g * at->step_c);
}

static enum et_status run(void *setup, uint64_t first, uint64_t n)
{
    const struct setup *q = setup;
    int64_t batch = q->setup.p.batch;
    for (uint64_t i = 0; i < n; i++) {
        const struct et_gemm_setup at = et_gemm_setup_at(&q->setup, first + i);
        if (batch == 1) {
            multiply(q, &at, 0);
            continue;
        }
#pragma omp parallel for schedule(static) num_threads(q->setup.threads)
        for (int64_t g = 0; g < batch; g++)
            multiply(q, &at, g);
    }
    return ET_OK;
}

static bool attempt(int threads)
{
    return et_gemm_setup_attempt(&et_gemm_libxsmm, threads);
}

const struct et_gemm_backend et_gemm_libxsmm = {.base = {.name = "libxsmm",
                                                         .summary = SUMMARY,
                                                         .attempt = attempt,
                                                         .origin = origin,
                                                         .run = run,
                                                         .destroy = free},
                                                .partly = true,
                                                .unsupported = unsupported,
                                                .create = create};

#else

const struct et_gemm_backend et_gemm_libxsmm = ET_BACKEND_ABSENT(
    "libxsmm", SUMMARY, "not built in (configure --with-libxsmm)");

#endif
