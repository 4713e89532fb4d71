/* The reference convolution: the definition, written out, sums in double.
 * Slow and right; the other backends are checked against it.
 */
#include "config.h"
#include "kernels/conv/conv.h"

#include <stdlib.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

struct setup {
    struct et_conv p;
    int threads;
    const float *x, *w;
    float *y;
};

static const char *unsupported(const struct et_conv *p)
{
    return et_types_single(&p->types) == ET_FP32
               ? NULL
               : "the reference convolves fp32 alone";
}

static enum et_status create(const struct et_conv *p, int threads,
                             const float *x, const float *w, float *y,
                             void **out)
{
    struct setup *q = et_alloc(1, sizeof *q);
    if (!q)
        return et_error(ET_INFRA, "conv: reference: no memory");
    *q = (struct setup){.p = *p, .threads = threads, .x = x, .w = w, .y = y};
    *out = q;
    return ET_OK;
}

/* One output: image n, filter k, row and column of the output. */
static double point(const struct setup *q, const float *all_x,
                    const float *all_w, int64_t n, int64_t k, int64_t row,
                    int64_t column)
{
    const struct et_conv *p = &q->p;
    int64_t cg = p->c / p->groups, group = k / (p->k / p->groups);
    double sum = 0;
    for (int64_t c = 0; c < cg; c++) {
        const float *x = all_x + (n * p->c + group * cg + c) * p->h * p->w;
        const float *w = all_w + (k * cg + c) * p->r * p->s;
        for (int64_t r = 0; r < p->r; r++) {
            int64_t h = row * p->stride_h - p->pad_h + r * p->dil_h;
            if (h < 0 || h >= p->h)
                continue;
            for (int64_t s = 0; s < p->s; s++) {
                int64_t v = column * p->stride_w - p->pad_w + s * p->dil_w;
                if (v >= 0 && v < p->w)
                    sum += (double)x[h * p->w + v] * (double)w[r * p->s + s];
            }
        }
    }
    return sum;
}

static enum et_status run(void *setup, uint64_t first, uint64_t n)
{
    const struct setup *q = setup;
    int64_t k = q->p.k, rows = et_conv_p(&q->p), columns = et_conv_q(&q->p);
    int64_t total = q->p.n * k * rows;
    for (uint64_t turn = first; turn < first + n; turn++) {
        const float *x = q->x + et_turn_b(&q->p.turn_x, turn);
        const float *w = q->w + et_turn_a(&q->p.turn_w, turn);
#pragma omp parallel for schedule(static) num_threads(q->threads)
        for (int64_t i = 0; i < total; i++) {
            for (int64_t j = 0; j < columns; j++)
                q->y[i * columns + j] = (float)point(q, x, w, i / rows / k,
                                                     i / rows % k, i % rows, j);
        }
    }
    return ET_OK;
}

const struct et_conv_backend et_conv_reference = {
    .base = {.name = "reference",
             .summary = "the definition in plain loops, sums in double",
             .run = run,
             .destroy = free},
    .unsupported = unsupported,
    .create = create,
};
