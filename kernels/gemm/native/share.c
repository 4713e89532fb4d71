/* What the ways have in common. */
#include "config.h"
#include "kernels/gemm/native/share.h"

#include <string.h>

void et_gemm_store(const struct et_gemm_share *s, const void *sums, int64_t n,
                   int64_t at)
{
    const struct et_gemm_setup *q = s->q;
    const struct et_gemm *p = &q->p;
    enum et_dtype sum = p->types.sum, out = p->types.out.dtype;
    bool plain = p->alpha == 1 && p->beta == 0;
    if (plain && out == sum) {
        size_t size = et_dtype_size(sum);
        memcpy((char *)q->c + (size_t)at * size, sums, (size_t)n * size);
    } else if (plain && sum == ET_FP32 && out == ET_BF16) {
        s->w->tile->to_bf16(sums, n, (uint16_t *)q->c + at);
    } else {
        for (int64_t j = 0; j < n; j++) {
            size_t to = (size_t)(at + j);
            double v = p->alpha * et_dtype_get(sum, sums, (size_t)j);
            if (p->beta != 0)
                v += p->beta * et_dtype_get(out, q->c, to);
            et_dtype_set(out, q->c, to, v);
        }
    }
}

void et_gemm_meet(const struct et_gemm_share *s)
{
    if (s->of > 1) {
#ifdef _OPENMP
#pragma omp barrier
#endif
    }
}

static struct et_gemm_source source(enum et_dtype t, const void *of, int64_t at,
                                    int64_t line, int64_t step)
{
    return (struct et_gemm_source){
        (const char *)of + (size_t)at * et_dtype_size(t), t, line, step};
}

struct et_gemm_source et_gemm_source_a(const struct et_gemm_share *s)
{
    const struct et_gemm_setup *q = s->q;
    return source(q->p.types.a.dtype, q->a, s->g * q->step_a, q->rs_a, q->cs_a);
}

struct et_gemm_source et_gemm_source_b(const struct et_gemm_share *s)
{
    const struct et_gemm_setup *q = s->q;
    return source(q->p.types.b.dtype, q->b, s->g * q->step_b, q->cs_b, q->rs_b);
}
