/* Convolution over any gemm backend: the input patches of an image become
 * the columns of a matrix, and an image's output is one gemm per group
 * (Chellapilla, Puri, Simard, "High performance convolutional neural networks
 * for document processing", IWFHR 2006). Knows gemm by its table only.
 */
#include "config.h"
#include "kernels/conv/conv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "kernels/gemm/gemm.h"
#include "lists.h"

struct setup {
    struct et_conv p;
    int threads;
    const float *x;
    float *columns; /* c*r*s rows of p*q, one image; NULL: x is it already */
    const struct et_gemm_backend *gemm;
    void **products; /* a gemm setup per image: its output has its own place */
};

/* A filter of one point, each input point used once: nothing to gather. */
static bool is_plain(const struct et_conv *p)
{
    return p->r == 1 && p->s == 1 && p->stride_h == 1 && p->stride_w == 1 &&
           p->pad_h == 0 && p->pad_w == 0;
}

/* The product that makes one image; its batch runs over the groups. */
static struct et_gemm product(const struct et_conv *p)
{
    int64_t area = et_conv_p(p) * et_conv_q(p);
    int64_t depth = p->c / p->groups * p->r * p->s;
    return (struct et_gemm){.types = p->types,
                            .m = p->k / p->groups,
                            .n = area,
                            .k = depth,
                            .batch = p->groups,
                            .lda = depth,
                            .ldb = area,
                            .ldc = area,
                            .alpha = 1,
                            .beta = 0,
                            .l2 = p->l2,
                            .turn_a = p->turn_w,
                            .turn_b =
                                is_plain(p) ? p->turn_x : (struct et_turn){0}};
}

static bool columns_size(const struct et_conv *p, int64_t *out)
{
    int64_t n = p->c;
    if (!et_mul(n, p->r, &n) || !et_mul(n, p->s, &n) ||
        !et_mul(n, et_conv_p(p), &n) || !et_mul(n, et_conv_q(p), &n))
        return false;
    *out = n;
    return true;
}

static const char *unsupported(const struct et_gemm_backend *gemm,
                               const struct et_conv *p)
{
    int64_t n;
    if (gemm->base.space || gemm->base.fetch)
        return "im2col gathers patches on the host, and this gemm multiplies "
               "elsewhere";
    if (et_types_single(&p->types) != ET_FP32)
        return "im2col moves patches of fp32 alone";
    if (!columns_size(p, &n))
        return "the matrix of patches exceeds 2^63 elements";
    struct et_gemm g = product(p);
    return et_gemm_unsupported(gemm, &g);
}

static double workspace(const struct et_gemm_backend *gemm,
                        const struct et_conv *p, int threads)
{
    int64_t n = 0;
    const struct et_gemm g = product(p);
    if (!is_plain(p) && !columns_size(p, &n))
        return INFINITY;
    double each = gemm->workspace ? gemm->workspace(&g, threads) : 0;
    return (double)n * sizeof(float) + (double)p->n * (sizeof(void *) + each);
}

static void destroy(void *setup)
{
    struct setup *q = setup;
    for (int64_t i = 0; q->products && i < q->p.n; i++) {
        if (q->products[i])
            q->gemm->base.destroy(q->products[i]);
    }
    free(q->products);
    et_free_aligned(q->columns);
    free(q);
}

static enum et_status create(const struct et_gemm_backend *gemm,
                             const struct et_conv *p, int threads,
                             const float *x, const float *w, float *y,
                             void **out)
{
    enum et_status status = ET_OK;
    int64_t size = 0;
    struct setup *q = et_alloc(1, sizeof *q);
    if (!q)
        return et_error(ET_INFRA, "conv: im2col-%s: no memory",
                        gemm->base.name);
    *q = (struct setup){.p = *p, .threads = threads, .x = x, .gemm = gemm};
    q->products = et_alloc((size_t)p->n, sizeof *q->products);
    if (!is_plain(p) && columns_size(p, &size))
        q->columns = et_alloc_aligned((size_t)size, sizeof(float));
    if (!q->products || (!is_plain(p) && !q->columns)) {
        status =
            et_error(ET_INFRA, "conv: im2col-%s: no memory for the patches",
                     gemm->base.name);
        goto out;
    }
    struct et_gemm g = product(p);
    for (int64_t i = 0; i < p->n && status == ET_OK; i++) {
        const float *b = q->columns ? q->columns : x + i * p->c * p->h * p->w;
        status = q->gemm->create(&g, threads, w, b, y + i * p->k * g.n,
                                 &q->products[i]);
    }
out:
    if (status == ET_OK)
        *out = q;
    else
        destroy(q);
    return status;
}

/* Row `row` of the matrix: one channel and filter point, over all outputs. */
static void gather(const struct setup *q, const float *image, int64_t row)
{
    const struct et_conv *p = &q->p;
    int64_t height = et_conv_p(p), width = et_conv_q(p);
    int64_t s = row % p->s, r = row / p->s % p->r, c = row / p->s / p->r;
    const float *x = image + c * p->h * p->w;
    float *to = q->columns + row * height * width;
    for (int64_t i = 0; i < height; i++, to += width) {
        int64_t h = i * p->stride_h - p->pad_h + r * p->dil_h;
        if (h < 0 || h >= p->h) {
            memset(to, 0, (size_t)width * sizeof *to);
            continue;
        }
        int64_t v = s * p->dil_w - p->pad_w;
        for (int64_t j = 0; j < width; j++, v += p->stride_w)
            to[j] = v >= 0 && v < p->w ? x[h * p->w + v] : 0;
    }
}

static enum et_status convolve(const struct setup *q, uint64_t turn,
                               int64_t image)
{
    const struct et_conv *p = &q->p;
    int64_t rows = p->c * p->r * p->s;
    if (q->columns) {
        const float *x =
            q->x + et_turn_b(&p->turn_x, turn) + image * p->c * p->h * p->w;
#pragma omp parallel for schedule(static) num_threads(q->threads)
        for (int64_t row = 0; row < rows; row++)
            gather(q, x, row);
    }
    enum et_status status = q->gemm->base.run(q->products[image], turn, 1);
    /* The next image takes the room of these patches. */
    enum et_status done = et_backend_wait(&q->gemm->base, q->products[image]);
    return status != ET_OK ? status : done;
}

static enum et_status run(void *setup, uint64_t first, uint64_t n)
{
    const struct setup *q = setup;
    enum et_status status = ET_OK;
    for (uint64_t i = 0; i < n && status == ET_OK; i++) {
        for (int64_t image = 0; image < q->p.n && status == ET_OK; image++)
            status = convolve(q, first + i, image);
    }
    return status;
}

/* What of a backend rests on the one of gemm below it. */
#define OVER(op, stem)                                                         \
    extern const struct et_gemm_backend et_gemm_##stem;                        \
    static const char *unsupported_##stem(const struct et_conv *p)             \
    {                                                                          \
        return unsupported(&et_gemm_##stem, p);                                \
    }                                                                          \
    static double workspace_##stem(const struct et_conv *p, int threads)       \
    {                                                                          \
        return workspace(&et_gemm_##stem, p, threads);                         \
    }                                                                          \
    static enum et_status create_##stem(const struct et_conv *p, int threads,  \
                                        const float *x, const float *w,        \
                                        float *y, void **out)                  \
    {                                                                          \
        return create(&et_gemm_##stem, p, threads, x, w, y, out);              \
    }                                                                          \
    const struct et_conv_backend et_conv_im2col_##stem = {                     \
        .base = {.name = "im2col-" #stem,                                      \
                 .summary =                                                    \
                     "patches to a matrix, then a gemm per image and group",   \
                 .over = &et_gemm_##stem.base,                                 \
                 .run = run,                                                   \
                 .destroy = destroy},                                          \
        .unsupported = unsupported_##stem,                                     \
        .workspace = workspace_##stem,                                         \
        .create = create_##stem,                                               \
    };
ET_LIST_GEMM(OVER)
