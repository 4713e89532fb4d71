/* What the ways have in common. */
#include "config.h"
#include "kernels/gemm/native/share.h"

#include <string.h>

static void store_rows(const struct et_gemm_share *s, const void *sums,
                       int64_t ld, int64_t rows, int64_t n, int64_t at)
{
    const struct et_gemm_setup *q = s->q;
    const struct et_gemm *p = &q->p;
    enum et_dtype sum = p->types.sum, out = p->types.out.dtype;
    bool plain = p->alpha == 1 && p->beta == 0;
    size_t size = et_dtype_size(sum);
    if (plain && sum == ET_FP32 && out == ET_BF16) {
        s->w->tile->to_bf16(rows, n, sums, ld, (uint16_t *)q->c + at, p->ldc);
        return;
    }
    for (int64_t i = 0; i < rows; i++, at += p->ldc) {
        const char *row = (const char *)sums + (size_t)(i * ld) * size;
        if (plain && out == sum) {
            memcpy((char *)q->c + (size_t)at * size, row, (size_t)n * size);
            continue;
        }
        for (int64_t j = 0; j < n; j++) {
            size_t to = (size_t)(at + j);
            double v = p->alpha * et_dtype_get(sum, row, (size_t)j);
            if (p->beta != 0)
                v += p->beta * et_dtype_get(out, q->c, to);
            et_dtype_set(out, q->c, to, v);
        }
    }
}

enum { SIDE = 16 };

/* A square of sums, its rows to columns. */
static void turn(const char *sums, int64_t ld, int64_t rows, int64_t n,
                 size_t size, char *out)
{
    for (int64_t i = 0; i < rows; i++) {
        const char *from = sums + (size_t)(i * ld) * size;
        for (int64_t j = 0; j < n; j++) {
            if (size == 4)
                memcpy(out + (j * SIDE + i) * 4, from + j * 4, 4);
            else
                memcpy(out + (j * SIDE + i) * 8, from + j * 8, 8);
        }
    }
}

void et_gemm_store(const struct et_gemm_share *s, const void *sums, int64_t ld,
                   int64_t rows, int64_t n, int64_t i, int64_t j)
{
    _Alignas(ET_GEMM_TILE_ALIGN) char square[SIDE * SIDE * 8];
    size_t size = et_dtype_size(s->w->p.types.sum);
    if (!s->w->turned) {
        store_rows(s, sums, ld, rows, n, et_gemm_c_at(s, i, j));
        return;
    }
    for (int64_t c = 0; c < n; c += SIDE) {
        for (int64_t r = 0; r < rows; r += SIDE) {
            int64_t high = et_gemm_least(SIDE, rows - r),
                    wide = et_gemm_least(SIDE, n - c);
            turn((const char *)sums + (size_t)(r * ld + c) * size, ld, high,
                 wide, size, square);
            store_rows(s, square, SIDE, wide, high,
                       et_gemm_c_at(s, j + c, i + r));
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

void et_gemm_begin(const struct et_gemm_share *s)
{
    if (*s->begun)
        et_gemm_meet(s);
    *s->begun = true;
}

static struct et_gemm_source source(enum et_dtype t, const void *of, int64_t at,
                                    int64_t line, int64_t step)
{
    return (struct et_gemm_source){
        (const char *)of + (size_t)at * et_dtype_size(t), t, line, step};
}

static struct et_gemm_source of_a(const struct et_gemm_share *s)
{
    const struct et_gemm_setup *q = s->q;
    return source(q->p.types.a.dtype, q->a, s->g * q->step_a, q->rs_a, q->cs_a);
}

static struct et_gemm_source of_b(const struct et_gemm_share *s)
{
    const struct et_gemm_setup *q = s->q;
    return source(q->p.types.b.dtype, q->b, s->g * q->step_b, q->cs_b, q->rs_b);
}

struct et_gemm_source et_gemm_source_a(const struct et_gemm_share *s)
{
    return s->w->turned ? of_b(s) : of_a(s);
}

struct et_gemm_source et_gemm_source_b(const struct et_gemm_share *s)
{
    return s->w->turned ? of_a(s) : of_b(s);
}
