/* conv as a bench: forward convolution of a batch of images on every rank.
 * Ties kernels/conv to the harness: parameters, how the images are shared
 * out, and the check of the timed data. Knows no backend by name, no clock.
 */
#include "config.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bench/check.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/random.h"
#include "harness/run/bench.h"
#include "kernels/conv/conv.h"

struct params {
    int64_t n, c, h, w, k, r, s;
    int64_t pad_h, pad_w, stride_h, stride_w, dil_h, dil_w, groups;
    int dtype, scaling; /* dtype: fp32 is the only one there is */
};
enum scaling { WEAK, STRONG };

struct state {
    struct params p;
    struct et_conv local; /* this rank's share */
    const struct et_conv_backend *backend;
    struct et_team *team;
    int threads;
    void *plan;
    float *x, *w, *y;
    uint64_t stream_check;
    uint64_t checks; /* so that every check draws new signs */
};

#define ROW(name, kind)                                                        \
    .key = #name, .type = kind, .at = offsetof(struct params, name)
static const struct et_field rows[] = {
    {ROW(dtype, ET_CHOICE), .preset = "fp32", .choices = "fp32",
     .help = "element type of x, w and y"},
    {ROW(n, ET_INT), .preset = "1", .min = 1, .max = 1e9, .help = "images"},
    {ROW(c, ET_INT), .preset = "64", .min = 1, .max = 1e9,
     .help = "channels of the input"},
    {ROW(h, ET_INT), .preset = "56", .min = 1, .max = 1e9,
     .help = "height of the input"},
    {ROW(w, ET_INT), .preset = "56", .min = 1, .max = 1e9,
     .help = "width of the input"},
    {ROW(k, ET_INT), .preset = "64", .min = 1, .max = 1e9,
     .help = "filters: channels of the output"},
    {ROW(r, ET_INT), .preset = "3", .min = 1, .max = 1e9,
     .help = "height of a filter"},
    {ROW(s, ET_INT), .preset = "3", .min = 1, .max = 1e9,
     .help = "width of a filter"},
    {ROW(pad_h, ET_INT), .preset = "0", .min = 0, .max = 1e9,
     .help = "rows of zeros above and below"},
    {ROW(pad_w, ET_INT), .preset = "0", .min = 0, .max = 1e9,
     .help = "columns of zeros left and right"},
    {ROW(stride_h, ET_INT), .preset = "1", .min = 1, .max = 1e9,
     .help = "rows from one output to the next"},
    {ROW(stride_w, ET_INT), .preset = "1", .min = 1, .max = 1e9,
     .help = "columns from one output to the next"},
    {ROW(dil_h, ET_INT), .preset = "1", .min = 1, .max = 1e9,
     .help = "rows from one filter point to the next"},
    {ROW(dil_w, ET_INT), .preset = "1", .min = 1, .max = 1e9,
     .help = "columns from one filter point to the next"},
    {ROW(groups, ET_INT), .preset = "1", .min = 1, .max = 1e9,
     .help = "groups of channels; c of them: depthwise"},
    {ROW(scaling, ET_CHOICE), .preset = "weak", .choices = "weak|strong",
     .help = "weak: each rank does n images; strong: the ranks share them"},
    {0}};

static const char *const shape[] = {"n", "c", "h", "w", "k", "r", "s", NULL};

static const char *backend_why_not(const char *name)
{
    const struct et_conv_backend *b = et_conv_backend_find(name);
    return b ? b->why_not(name) : "there is no such backend";
}

static const char *backend_origin(const char *name)
{
    const struct et_conv_backend *b = et_conv_backend_find(name);
    return b ? b->origin(name) : NULL;
}

/* The problem of one rank. */
static struct et_conv local(const struct params *p, int rank, int ranks)
{
    struct et_conv v = {.n = p->n,
                        .c = p->c,
                        .h = p->h,
                        .w = p->w,
                        .k = p->k,
                        .r = p->r,
                        .s = p->s,
                        .pad_h = p->pad_h,
                        .pad_w = p->pad_w,
                        .stride_h = p->stride_h,
                        .stride_w = p->stride_w,
                        .dil_h = p->dil_h,
                        .dil_w = p->dil_w,
                        .groups = p->groups};
    int64_t first;
    if (p->scaling == STRONG)
        et_team_share(p->n, rank, ranks, &first, &v.n);
    return v;
}

static enum et_status check(const void *params, const char *where)
{
    const struct params *p = params;
    struct et_conv v = local(p, 0, 1);
    int64_t x, w, y, all;
    if (p->c % p->groups || p->k % p->groups)
        return et_error(ET_USAGE,
                        "%s: groups: %lld does not divide both c = %lld and "
                        "k = %lld",
                        where, (long long)p->groups, (long long)p->c,
                        (long long)p->k);
    if (et_conv_p(&v) < 1)
        return et_error(ET_USAGE,
                        "%s: r: a filter of %lld rows, %lld apart, is higher "
                        "than the padded input, h + 2 pad_h = %lld",
                        where, (long long)p->r, (long long)p->dil_h,
                        (long long)(p->h + 2 * p->pad_h));
    if (et_conv_q(&v) < 1)
        return et_error(ET_USAGE,
                        "%s: s: a filter of %lld columns, %lld apart, is "
                        "wider than the padded input, w + 2 pad_w = %lld",
                        where, (long long)p->s, (long long)p->dil_w,
                        (long long)(p->w + 2 * p->pad_w));
    if (!et_conv_elements(&v, &x, &w, &y) || !et_add(x, w, &all) ||
        !et_add(all, y, &all) || !et_mul(all, sizeof(float), &all))
        return et_error(ET_USAGE,
                        "%s: n, c, h, w, k, r, s: input, filters and output "
                        "take more than 2^63 bytes",
                        where);
    double depth = (double)(p->c / p->groups) * (double)p->r * (double)p->s;
    if (depth * et_dtype_epsilon(ET_FP32) > 0.25)
        return et_error(ET_USAGE,
                        "%s: c, r, s: sums of %.0f fp32 products have no "
                        "correct digit to check; take less",
                        where, depth);
    return ET_OK;
}

static double flop_of(const struct et_conv *v)
{
    return 2.0 * (double)v->n * (double)v->k * (double)et_conv_p(v) *
           (double)et_conv_q(v) * (double)(v->c / v->groups) * (double)v->r *
           (double)v->s;
}

static double flop(const struct params *p, int ranks)
{
    struct et_conv v = local(p, 0, 1);
    return p->scaling == WEAK ? flop_of(&v) * ranks : flop_of(&v);
}

/* Sizes of the check of one image and group, in the words of check.h: A the
 * filters, B the patches, C the output. */
struct sizes {
    int64_t m, n, k;
};

static struct sizes sizes_of(const struct et_conv *v)
{
    return (struct sizes){v->k / v->groups, et_conv_p(v) * et_conv_q(v),
                          v->c / v->groups * v->r * v->s};
}

/* Doubles that the check needs. */
static double check_room(const struct et_conv *v)
{
    struct sizes z = sizes_of(v);
    return ET_CHECK_VECTORS * ((double)z.n + (double)z.k) + (double)z.k +
           (2 * ET_CHECK_VECTORS + 2) * (double)z.m;
}

static void need(const void *params, int ranks, int threads,
                 struct et_need *out)
{
    const struct params *p = params;
    struct et_conv v = local(p, 0, ranks); /* no rank has more images */
    int64_t x, w, y;
    *out = (struct et_need){.flop = flop(p, ranks)};
    if (!et_conv_elements(&v, &x, &w, &y)) {
        out->memory = out->bytes = INFINITY;
        return;
    }
    double operands =
        ((double)x + (double)w + (double)y) * (double)sizeof(float);
    /* The most that a backend takes: the case must fit with any of them. */
    double most = 0;
    const char *name;
    for (size_t i = 0; (name = et_conv_backend_name(i)); i++)
        most = fmax(most, et_conv_backend_find(name)->workspace(&v, threads));
    out->memory = operands + check_room(&v) * sizeof(double) + most;
    out->bytes = operands * ranks;
}

static const char *unsupported(const void *params, const char *backend,
                               int ranks)
{
    const struct params *p = params;
    if (p->scaling == STRONG && p->n < ranks)
        return "strong scaling: fewer images (n) than ranks";
    struct et_conv v = local(p, 0, ranks);
    return et_conv_backend_find(backend)->unsupported(backend, &v);
}

static enum et_status prepare(void *state, const struct et_setting *setting,
                              const void *params)
{
    struct state *s = state;
    s->p = *(const struct params *)params;
    s->team = setting->team;
    s->threads = setting->threads;
    int rank = s->team->rank;
    s->local = local(&s->p, rank, s->team->size);
    s->backend = et_conv_backend_find(setting->backend);
    if (backend_why_not(setting->backend))
        return et_error(ET_USAGE, "conv: backend %s: %s", setting->backend,
                        backend_why_not(setting->backend));
    int64_t x, w, y;
    if (!et_conv_elements(&s->local, &x, &w, &y))
        return et_error(ET_USAGE, "conv: the operands exceed 2^63 elements");
    s->x = et_alloc_aligned((size_t)x, sizeof *s->x);
    s->w = et_alloc_aligned((size_t)w, sizeof *s->w);
    s->y = et_alloc_aligned((size_t)y, sizeof *s->y);
    if (!s->x || !s->w || !s->y)
        return et_error(
            ET_INFRA, "conv: rank %d: no memory for operands of %.3g GB", rank,
            ((double)x + (double)w + (double)y) * sizeof(float) / 1e9);
    /* Ranks that share a problem have the same filters. */
    uint64_t mine = et_random_stream(setting->seed, (uint64_t)rank);
    uint64_t first = et_random_stream(setting->seed, 0);
    et_random_fill(ET_FP32, s->x, (size_t)x, et_random_stream(mine, 1), 0);
    et_random_fill(ET_FP32, s->w, (size_t)w,
                   et_random_stream(s->p.scaling == STRONG ? first : mine, 2),
                   0);
    s->stream_check = et_random_stream(mine, 4);
    memset(s->y, 0xff, (size_t)y * sizeof *s->y); /* NaN: must be written */
    return s->backend->create(setting->backend, &s->local, s->threads, s->x,
                              s->w, s->y, &s->plan);
}

static enum et_status run(void *state, uint64_t iterations)
{
    struct state *s = state;
    enum et_status status = ET_OK;
    for (uint64_t i = 0; i < iterations && status == ET_OK; i++)
        status = s->backend->run(s->plan);
    return status;
}

/* The input under filter point (r, t) of output (row, column); 0 outside. */
static double patch(const struct et_conv *v, const float *x, int64_t row,
                    int64_t column, int64_t r, int64_t t)
{
    int64_t h = row * v->stride_h - v->pad_h + r * v->dil_h;
    int64_t w = column * v->stride_w - v->pad_w + t * v->dil_w;
    return h >= 0 && h < v->h && w >= 0 && w < v->w ? (double)x[h * v->w + w]
                                                    : 0;
}

/* Every output of an image and group anew, in fp64. */
static void verify_elements(const struct state *s, int64_t image, int64_t group,
                            struct et_check_worst *worst)
{
    const struct et_conv *v = &s->local;
    struct sizes z = sizes_of(v);
    int64_t width = et_conv_q(v), cg = v->c / v->groups;
    double u = et_check_gamma((double)z.k + 1, et_dtype_epsilon(ET_FP32)) +
               et_check_gamma((double)z.k + 1, et_dtype_epsilon(ET_FP64));
    const float *x = s->x + (image * v->c + group * cg) * v->h * v->w;
    for (int64_t f = group * z.m; f < (group + 1) * z.m; f++) {
        const float *w = s->w + f * z.k, *y = s->y + (image * v->k + f) * z.n;
        for (int64_t o = 0; o < z.n; o++) {
            double sum = 0, size = 0;
            for (int64_t l = 0; l < z.k; l++) {
                int64_t t = l % v->s, r = l / v->s % v->r, c = l / v->s / v->r;
                double one = (double)w[l] * patch(v, x + c * v->h * v->w,
                                                  o / width, o % width, r, t);
                sum += one;
                size += fabs(one);
            }
            et_check_take(worst, (double)y[o], sum, u * size, image, f, o);
        }
    }
}

/* Vectors of Freivalds' test, in one allocation. */
struct vectors {
    double *x[ET_CHECK_VECTORS], *bx[ET_CHECK_VECTORS];
    double *abx[ET_CHECK_VECTORS], *cx[ET_CHECK_VECTORS];
    double *a, *b, *c; /* squared norms of rows */
};

/* Row l of the matrix of patches, which is never stored, times the signs. */
static void times_patches(const struct et_conv *v, const float *image,
                          int64_t l, struct vectors *z)
{
    int64_t t = l % v->s, r = l / v->s % v->r, c = l / v->s / v->r;
    const float *x = image + c * v->h * v->w;
    int64_t height = et_conv_p(v), width = et_conv_q(v);
    double y0 = 0, y1 = 0, q = 0;
    for (int64_t i = 0; i < height; i++) {
        int64_t h = i * v->stride_h - v->pad_h + r * v->dil_h;
        if (h < 0 || h >= v->h)
            continue;
        const float *from = x + h * v->w;
        const double *x0 = z->x[0] + i * width, *x1 = z->x[1] + i * width;
        int64_t at = t * v->dil_w - v->pad_w;
        for (int64_t j = 0; j < width; j++, at += v->stride_w) {
            if (at < 0 || at >= v->w)
                continue;
            double e = (double)from[at];
            y0 += e * x0[j];
            y1 += e * x1[j];
            q += e * e;
        }
    }
    z->bx[0][l] = y0;
    z->bx[1][l] = y1;
    z->b[l] = q;
}

static void verify_rows(const struct state *s, int64_t image, int64_t group,
                        struct vectors *x, struct et_check_worst *worst)
{
    const struct et_conv *v = &s->local;
    struct sizes z = sizes_of(v);
    int64_t first = group * z.m;
    const float *in =
        s->x + (image * v->c + group * (v->c / v->groups)) * v->h * v->w;
    struct et_check_matrix a = {ET_FP32, s->w, first * z.k, z.m, z.k, z.k, 1};
    struct et_check_matrix c = {
        ET_FP32, s->y, (image * v->k + first) * z.n, z.m, z.n, z.n, 1};
#pragma omp parallel for schedule(static) num_threads(s->threads)
    for (int64_t l = 0; l < z.k; l++)
        times_patches(v, in, l, x);
    et_check_times(&a, x->bx, x->abx, x->a, s->threads);
    et_check_times(&c, x->x, x->cx, x->c, s->threads);
    double norm_b = 0;
    for (int64_t l = 0; l < z.k; l++)
        norm_b += x->b[l];
    norm_b = sqrt(norm_b);
    struct et_check_growth once =
        et_check_grow(1, 0, 1, et_dtype_epsilon(ET_FP32), 0, 1);
    for (int64_t f = 0; f < z.m; f++) {
        double bound = et_check_row_bound(&once, sqrt(x->a[f]), norm_b,
                                          sqrt(x->c[f]), 0, z.k, z.n);
        for (int t = 0; t < ET_CHECK_VECTORS; t++)
            et_check_take(worst, x->cx[t][f], x->abx[t][f], bound, image,
                          first + f, -1);
    }
}

static double *carve(double **room, int64_t n)
{
    double *v = *room;
    *room += n;
    return v;
}

static enum et_status verify_freivalds(struct state *s,
                                       struct et_check_worst *worst)
{
    const struct et_conv *v = &s->local;
    struct sizes z = sizes_of(v);
    double *all = et_alloc((size_t)check_room(v), sizeof *all), *room = all;
    if (!all)
        return et_error(ET_INFRA, "conv: no memory for the check");
    struct vectors x;
    for (int t = 0; t < ET_CHECK_VECTORS; t++) {
        x.x[t] = carve(&room, z.n);
        x.bx[t] = carve(&room, z.k);
        x.abx[t] = carve(&room, z.m);
        x.cx[t] = carve(&room, z.m);
    }
    x.a = carve(&room, z.m);
    x.b = carve(&room, z.k);
    x.c = carve(&room, z.m);
    for (int64_t image = 0; image < v->n; image++) {
        for (int t = 0; t < ET_CHECK_VECTORS; t++)
            et_check_signs(x.x[t], z.n,
                           et_random_stream(s->stream_check, s->checks++));
        for (int64_t group = 0; group < v->groups; group++)
            verify_rows(s, image, group, &x, worst);
    }
    free(all);
    return ET_OK;
}

static enum et_status verify(void *state, struct et_verification *out)
{
    static const char *const axes[] = {"image", "filter", "output"};
    struct state *s = state;
    const struct et_conv *v = &s->local;
    struct et_check_worst worst = {0};
    enum et_status status = s->backend->fetch(s->plan);
    /* By the whole problem, so that all ranks take the same way. */
    bool small = flop(&s->p, 1) <= 2 * ET_CHECK_SMALL;
    if (status == ET_OK && small)
        for (int64_t i = 0; i < v->n * v->groups; i++)
            verify_elements(s, i / v->groups, i % v->groups, &worst);
    else if (status == ET_OK)
        status = verify_freivalds(s, &worst);
    status = et_check_agree(
        s->team, status, &worst, axes,
        small ? "every output in fp64, |difference| as a share of "
                "gamma(c r s + 1) |x||w|"
              : "Freivalds on filters x patches, 2 sign vectors in fp64, "
                "per filter and image as a share of 16 u |w| |x patches|",
        out);
    if (status == ET_OK) { /* the next check cannot pass on what this saw */
        size_t n = (size_t)(v->n * v->k * sizes_of(v).n);
        memset(s->y, 0xff, n * sizeof *s->y);
    }
    return status;
}

static void work(const void *state, struct et_work *out)
{
    const struct state *s = state;
    *out = (struct et_work){
        .flop = flop(&s->p, s->team->size),
        .convention = "flop: 2 n k p q (c/groups) r s, a multiply and an add "
                      "each, padding counted (DeepBench)"};
}

static void release(void *state)
{
    struct state *s = state;
    if (s->plan)
        s->backend->destroy(s->plan);
    et_free_aligned(s->x);
    et_free_aligned(s->w);
    et_free_aligned(s->y);
}

const struct et_bench et_bench_conv = {
    .name = "conv",
    .summary = "two-dimensional forward convolution, NCHW, fp32",
    .params = rows,
    .params_size = sizeof(struct params),
    .shape_key = "shapes",
    .shape = shape,
    .shape_least = 7,
    .shape_preset = "1x64x56x56x64x3x3, 1x256x14x14x256x3x3",
    .shape_help = "NxCxHxWxKxRxS, or names of catalog/conv",
    .backend = et_conv_backend_name,
    .backend_why_not = backend_why_not,
    .backend_origin = backend_origin,
    .check = check,
    .need = need,
    .unsupported = unsupported,
    .state_size = sizeof(struct state),
    .prepare = prepare,
    .run = run,
    .verify = verify,
    .work = work,
    .release = release,
};
