/* The reference gemm: plain loops, every sum in double, whatever the type of
 * the sums: more exact than asked for, and of integers exact as long as int32
 * holds them. Slow and right; the other backends are checked against it. Types
 * that no processor multiplies are emulated so. Never a library call.
 */
#include "config.h"
#include "kernels/gemm/setup.h"

#include <stdlib.h>

/* Columns of C summed together, so that a row of B is read in order. */
#define BLOCK 64

static const char *unsupported(const struct et_gemm *p)
{
    return et_types_are_floats(&p->types) || et_types_are_integers(&p->types)
               ? NULL
               : "the reference multiplies unscaled types alone, integers and "
                 "types with fractions apart";
}

/* Row i of matrix g of the batch. */
static void row(const struct et_gemm_setup *q, int64_t g, int64_t i)
{
    const struct et_gemm *p = &q->p;
    int64_t at_a = g * q->step_a + i * q->rs_a;
    int64_t at_b = g * q->step_b;
    int64_t at_c = g * q->step_c + i * p->ldc;
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

static enum et_status run(void *setup, uint64_t first, uint64_t n)
{
    const struct et_gemm_setup *q = setup;
    int64_t rows = q->p.batch * q->p.m;
    for (uint64_t i = 0; i < n; i++) {
        const struct et_gemm_setup at = et_gemm_setup_at(q, first + i);
#pragma omp parallel for schedule(static) num_threads(q->threads)
        for (int64_t r = 0; r < rows; r++)
            row(&at, r / at.p.m, r % at.p.m);
    }
    return ET_OK;
}

const struct et_gemm_backend et_gemm_reference = {
    .base = {.name = "reference",
             .summary = "plain loops, sums in double",
             .run = run,
             .destroy = free},
    .unsupported = unsupported,
    .create = et_gemm_setup,
};
