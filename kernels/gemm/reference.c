/* The reference gemm: plain loops, every sum in double, whatever the type of
 * the sums: more exact than asked for. Slow and right; the
 * other backends are checked against it. Never a library call.
 */
#include "config.h"
#include "kernels/gemm/gemm.h"

#include <stdlib.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

/* Columns of C summed together, so that a row of B is read in order. */
#define BLOCK 64

struct plan {
    struct et_gemm p;
    int threads;
    const void *a, *b;
    void *c;
    int64_t rs_a, cs_a, rs_b, cs_b; /* op(X)[i][j] at i*rs + j*cs */
};

static const char *unsupported(const struct et_gemm *p)
{
    return et_types_are_floats(&p->types)
               ? NULL
               : "the reference multiplies unscaled floating-point types alone";
}

static enum et_status create(const struct et_gemm *p, int threads,
                             const void *a, const void *b, void *c, void **out)
{
    struct plan *plan = et_alloc(1, sizeof *plan);
    if (!plan)
        return et_error(ET_INFRA, "gemm: reference: no memory");
    *plan = (struct plan){.p = *p, .threads = threads, .a = a, .b = b, .c = c};
    /* As a library's scalars would be. */
    plan->p.alpha = et_dtype_round(p->types.sum, p->alpha);
    plan->p.beta = et_dtype_round(p->types.sum, p->beta);
    plan->rs_a = p->trans_a ? 1 : p->lda;
    plan->cs_a = p->trans_a ? p->lda : 1;
    plan->rs_b = p->trans_b ? 1 : p->ldb;
    plan->cs_b = p->trans_b ? p->ldb : 1;
    *out = plan;
    return ET_OK;
}

/* Row i of matrix g of the batch. */
static void row(const struct plan *q, int64_t g, int64_t i)
{
    const struct et_gemm *p = &q->p;
    int64_t at_a = g * (p->trans_a ? p->k : p->m) * p->lda + i * q->rs_a;
    int64_t at_b = g * (p->trans_b ? p->n : p->k) * p->ldb;
    int64_t at_c = (g * p->m + i) * p->ldc;
    for (int64_t first = 0; first < p->n; first += BLOCK) {
        int64_t width = p->n - first < BLOCK ? p->n - first : BLOCK;
        double sum[BLOCK] = {0};
        for (int64_t l = 0; l < p->k; l++) {
            double a = et_dtype_get(p->types.a.dtype, q->a,
                                    (size_t)(at_a + l * q->cs_a));
            int64_t from = at_b + l * q->rs_b + first * q->cs_b;
            for (int64_t j = 0; j < width; j++)
                sum[j] += a * et_dtype_get(p->types.b.dtype, q->b,
                                           (size_t)(from + j * q->cs_b));
        }
        for (int64_t j = 0; j < width; j++) {
            size_t to = (size_t)(at_c + first + j);
            double v = p->alpha * sum[j];
            if (p->beta != 0) /* else C is not read: it may hold NaN */
                v += p->beta * et_dtype_get(p->types.out.dtype, q->c, to);
            et_dtype_set(p->types.out.dtype, q->c, to, v);
        }
    }
}

static enum et_status run(void *plan, uint64_t n)
{
    const struct plan *q = plan;
    int64_t rows = q->p.batch * q->p.m;
    for (uint64_t i = 0; i < n; i++) {
#pragma omp parallel for schedule(static) num_threads(q->threads)
        for (int64_t r = 0; r < rows; r++)
            row(q, r / q->p.m, r % q->p.m);
    }
    return ET_OK;
}

const struct et_gemm_backend et_gemm_reference = {
    .base = {.name = "reference",
             .summary = "plain loops, sums in double",
             .run = run,
             .destroy = free},
    .unsupported = unsupported,
    .create = create,
};
