/* conv as a bench: forward convolution of a batch of images on every rank.
 * Ties kernels/conv to the harness: parameters, how the images are shared
 * out, and the check of the timed data. Knows no backend by name, no clock.
 */
#include "config.h"

#include <math.h>
#include <stddef.h>

#include "bench/ceilings.h"
#include "bench/level.h"
#include "bench/operands.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/case/bench.h"
#include "kernels/conv/conv.h"

/* Outputs computed anew at each check of a problem that is not small. */
#define SAMPLES 64

struct params {
    int64_t n, c, h, w, k, r, s;
    int64_t pad_h, pad_w, stride_h, stride_w, dil_h, dil_w, groups;
    int dtype, scaling; /* dtype: fp32 is the only one there is */
};
enum scaling { WEAK, STRONG };

struct state {
    struct et_operands operands; /* first: x, w; y */
    struct params p;
    struct et_conv local; /* this rank's share */
    const struct et_conv_backend *backend;
};

static const struct et_field rows[] = {
    ET_ROW(params, dtype, ET_CHOICE, "element type of x, w and y",
           .preset = "fp32", .choices = "fp32"),
    ET_ROW(params, n, ET_INT, "images", .preset = "1", .min = 1, .max = 1e9),
    ET_ROW(params, c, ET_INT, "channels of the input", .preset = "64", .min = 1,
           .max = 1e9),
    ET_ROW(params, h, ET_INT, "height of the input", .preset = "56", .min = 1,
           .max = 1e9),
    ET_ROW(params, w, ET_INT, "width of the input", .preset = "56", .min = 1,
           .max = 1e9),
    ET_ROW(params, k, ET_INT, "filters: channels of the output", .preset = "64",
           .min = 1, .max = 1e9),
    ET_ROW(params, r, ET_INT, "height of a filter", .preset = "3", .min = 1,
           .max = 1e9),
    ET_ROW(params, s, ET_INT, "width of a filter", .preset = "3", .min = 1,
           .max = 1e9),
    ET_ROW(params, pad_h, ET_INT, "rows of zeros above and below",
           .preset = "0", .min = 0, .max = 1e9),
    ET_ROW(params, pad_w, ET_INT, "columns of zeros left and right",
           .preset = "0", .min = 0, .max = 1e9),
    ET_ROW(params, stride_h, ET_INT, "rows from one output to the next",
           .preset = "1", .min = 1, .max = 1e9),
    ET_ROW(params, stride_w, ET_INT, "columns from one output to the next",
           .preset = "1", .min = 1, .max = 1e9),
    ET_ROW(params, dil_h, ET_INT, "rows from one filter point to the next",
           .preset = "1", .min = 1, .max = 1e9),
    ET_ROW(params, dil_w, ET_INT, "columns from one filter point to the next",
           .preset = "1", .min = 1, .max = 1e9),
    ET_ROW(params, groups, ET_INT, "groups of channels; c of them: depthwise",
           .preset = "1", .min = 1, .max = 1e9),
    ET_ROW(params, scaling, ET_CHOICE,
           "weak: each rank does n images; strong: the ranks share them",
           .preset = "weak", .choices = "weak|strong"),
    {0}};

static const char *const shape[] = {"n", "c", "h", "w", "k", "r", "s", NULL};

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
                        .groups = p->groups,
                        .types = et_types_of(ET_FP32),
                        .l2 = et_level_l2()};
    v.turn_x.step = et_operands_turn(&v.types, 0, 0);
    v.turn_w.step = et_operands_turn(&v.types, 1, 0);
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
        return et_error(
            ET_USAGE,
            "%s: c, r, s: rounding may leave no correct digit in sums of %.0f "
            "fp32 products, so they cannot be checked; choose smaller ones",
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

/* Each operand once on every rank that reads it; all of x, also where a stride
 * greater than the filter leaves parts of it unread. */
static double traffic(const struct params *p, int ranks)
{
    struct et_conv v = local(p, 0, 1);
    int64_t x = 0, w = 0, y = 0;
    et_conv_elements(&v, &x, &w, &y); /* as checked */
    double copies = p->scaling == WEAK ? ranks : 1;
    return (copies * ((double)x + (double)y) + ranks * (double)w) *
           (double)sizeof(float);
}

/* An image's outputs of a group are filters times patches, the matrix of
 * patches never being stored; such a product for each image and group. */
static struct et_product product_of(const struct params *p,
                                    const struct et_conv *v)
{
    int64_t area = et_conv_p(v) * et_conv_q(v);
    return (struct et_product){.count = v->n * v->groups,
                               .m = v->k / v->groups,
                               .n = area,
                               .k = v->c / v->groups * v->r * v->s,
                               .ldc = area,
                               .types = v->types,
                               .alpha = 1,
                               .small = flop(p, 1) <= 2 * ET_CHECK_SMALL,
                               .samples = SAMPLES};
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
    double operands = et_operands_bytes(&v.types, x, w, y);
    /* The most that a backend takes: the case must fit with any of them. */
    double most = 0;
    const struct et_conv_backend *b;
    for (size_t i = 0; (b = et_conv_backend_at(i)); i++)
        most = fmax(most, b->workspace ? b->workspace(&v, threads) : 0);
    struct et_product product = product_of(p, &v);
    out->memory =
        operands + ET_OPERANDS_ROOM + et_product_memory(&product) + most;
    out->bytes = operands * ranks;
}

static const char *unsupported(const void *params, const char *backend,
                               int ranks)
{
    const struct params *p = params;
    if (p->scaling == STRONG && p->n < ranks)
        return "strong scaling: fewer images (n) than ranks";
    struct et_conv v = local(p, 0, ranks);
    return et_conv_unsupported(et_conv_backend_find(backend), &v);
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

/* The channels that a product's patches are cut from. */
static const float *channels(const struct state *s, int64_t g)
{
    const struct et_conv *v = &s->local;
    return (const float *)s->operands.in[0].host +
           et_turn_b(&v->turn_x, s->operands.product.done) +
           g * (v->c / v->groups) * v->h * v->w;
}

static struct et_check_matrix filters(const void *state, int64_t g)
{
    const struct state *s = state;
    const struct et_product *p = &s->operands.product;
    return (struct et_check_matrix){.dtype = ET_FP32,
                                    .data = s->operands.in[1].host,
                                    .first =
                                        et_turn_a(&s->local.turn_w, p->done) +
                                        g % s->local.groups * p->m * p->k,
                                    .rows = p->m,
                                    .cols = p->k,
                                    .rs = p->k,
                                    .cs = 1};
}

/* Row l of the matrix of patches, which is never stored, times the signs. */
static void times_patches(const struct et_conv *v, const float *image,
                          int64_t l, double *const x[ET_CHECK_VECTORS],
                          double *const y[ET_CHECK_VECTORS], double *square)
{
    int64_t t = l % v->s, r = l / v->s % v->r, c = l / v->s / v->r;
    const float *channel = image + c * v->h * v->w;
    int64_t height = et_conv_p(v), width = et_conv_q(v);
    double y0 = 0, y1 = 0, q = 0;
    for (int64_t i = 0; i < height; i++) {
        int64_t h = i * v->stride_h - v->pad_h + r * v->dil_h;
        if (h < 0 || h >= v->h)
            continue;
        const float *from = channel + h * v->w;
        const double *x0 = x[0] + i * width, *x1 = x[1] + i * width;
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
    y[0][l] = y0;
    y[1][l] = y1;
    square[l] = q;
}

static void times_b(const void *state, int64_t g,
                    double *const x[ET_CHECK_VECTORS],
                    double *const y[ET_CHECK_VECTORS], double *square)
{
    const struct state *s = state;
    const float *image = channels(s, g);
#pragma omp parallel for schedule(static)                                      \
    num_threads(s->operands.product.threads)
    for (int64_t l = 0; l < s->operands.product.k; l++)
        times_patches(&s->local, image, l, x, y, square);
}

static double element(const void *state, int64_t g, int64_t f, int64_t o,
                      double *size)
{
    const struct state *s = state;
    const struct et_conv *v = &s->local;
    const float *x = channels(s, g);
    struct et_check_matrix a = filters(s, g);
    const float *w = (const float *)s->operands.in[1].host + a.first + f * a.rs;
    int64_t width = et_conv_q(v);
    double sum = 0;
    *size = 0;
    for (int64_t l = 0; l < a.cols; l++) {
        int64_t t = l % v->s, r = l / v->s % v->r, c = l / v->s / v->r;
        double one = (double)w[l] *
                     patch(v, x + c * v->h * v->w, o / width, o % width, r, t);
        sum += one;
        *size += fabs(one);
    }
    return sum;
}

static enum et_status create(void *state, double alpha, double beta,
                             void **setup)
{
    struct state *s = state;
    (void)alpha, (void)beta; /* a convolution has none: 1 and 0 */
    struct et_operands *o = &s->operands;
    return s->backend->create(&s->local, s->operands.product.threads,
                              o->in[0].at, o->in[1].at, o->out.at, setup);
}

static const struct et_product_ops ops = {
    .a = filters,
    .times_b = times_b,
    .element = element,
    .fill = et_operands_fill,
    .create = create,
};

static bool work_of(const void *params, const char *backend, int ranks,
                    int threads, const struct et_pairs *facts,
                    struct et_work *out)
{
    const struct params *p = params;
    (void)backend, (void)threads, (void)facts;
    *out = (struct et_work){
        .flop = flop(p, ranks),
        .traffic = traffic(p, ranks),
        .convention = "flop: 2 n k p q (c/groups) r s, a multiply and an add "
                      "each, padding counted (DeepBench); traffic: all of "
                      "x, w and y once a rank, the least there can be where "
                      "no stride leaves parts of x unread"};
    return true;
}

static enum et_status prepare(void *state, const struct et_setting *setting,
                              const void *params)
{
    struct state *s = state;
    s->p = *(const struct params *)params;
    int ranks = setting->team->size;
    s->local = local(&s->p, setting->team->rank, ranks);
    s->backend = et_conv_backend_find(setting->backend);
    int64_t n[3];
    if (!et_conv_elements(&s->local, &n[0], &n[1], &n[2]))
        return et_error(ET_USAGE, "conv: the operands exceed 2^63 elements");
    struct et_product *product = &s->operands.product;
    *product = product_of(&s->p, &s->local);
    product->ops = &ops;
    product->of = s;
    product->alike = s->p.scaling == WEAK;
    product->backend = s->backend ? &s->backend->base : NULL;
    work_of(params, setting->backend, ranks, setting->threads, NULL,
            &s->operands.work);
    s->operands.turn[0] = s->local.turn_x;
    s->operands.turn[1] = s->local.turn_w;
    return et_operands_open(&s->operands, "conv", setting, n,
                            s->p.scaling == WEAK ? ET_OPERANDS_SAME
                                                 : ET_OPERANDS_SPLIT_FIRST);
}

static enum et_status verify(void *state, struct et_verification *out)
{
    static const char *const axes[] = {"image", "filter", "output"};
    struct state *s = state;
    const struct et_product *p = &s->operands.product;
    struct et_check_worst worst = {0};
    enum et_status status = et_product_check(&s->operands.product, &worst);
    int64_t g = (int64_t)worst.at[0], groups = s->local.groups;
    worst.at[0] = (double)(g / groups);
    worst.at[1] += (double)(g % groups * p->m);
    status = et_check_agree(
        s->operands.product.team, status, &worst, axes,
        p->small
            ? "integers once, exact; every output in fp64, |difference| as a "
              "share of gamma(c r s + 3) |x||w|"
            : "integers once, exact; 64 outputs in fp64; Freivalds on filters "
              "x patches, 2 sign vectors, per row as a share of "
              "16 u |w| |x patches|",
        out);
    if (status == ET_OK)
        out->usual = et_product_usual(p);
    return status;
}

static bool ceiling(const void *params, int ranks, int threads, size_t i,
                    struct et_ceiling_case *out)
{
    const struct params *p = params;
    (void)threads;
    return et_bench_ceilings(ET_FP32, traffic(p, ranks) / ranks, i, out);
}

const struct et_bench et_bench_conv = {
    ET_BENCH("conv", "two-dimensional forward convolution, NCHW, fp32",
             "convolutions", "flops"),
    ET_OPERANDS_BENCH(conv, "n{n} c{c} {h}x{w} k{k} {r}x{s}", 7,
                      "1x64x56x56x64x3x3, 1x256x14x14x256x3x3",
                      "NxCxHxWxKxRxS, or names of catalog/conv"),
};
