/* gemm as a bench: one rank's product, on every rank. Ties kernels/gemm to
 * the harness: parameters, how a problem is shared out, and the check of the
 * timed data. Knows no backend by name and no clock.
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
#include "kernels/gemm/gemm.h"

/* With beta, C is taken anew after so many iterations: the check must know
 * how often C was added to, and must still see a single one that is missing.
 * Filling C costs about a thousandth of that many products. */
#define ITERATIONS_KEPT 1024

struct params {
    int64_t m, n, k, batch, lda, ldb, ldc;
    double alpha, beta;
    bool trans_a, trans_b;
    int dtype, scaling;
};
enum scaling { WEAK, STRONG };

struct state {
    struct params p;
    struct et_gemm local; /* this rank's share */
    const struct et_gemm_backend *backend;
    struct et_team *team;
    int threads;
    void *plan, *a, *b, *c;
    uint64_t stream_c, stream_check;
    uint64_t count;  /* iterations since C was filled */
    uint64_t checks; /* so that every check draws new signs */
};

#define ROW(name, kind)                                                        \
    .key = #name, .type = kind, .at = offsetof(struct params, name)
static const struct et_field rows[] = {
    {ROW(dtype, ET_CHOICE), .preset = "fp64", .choices = ET_DTYPE_CHOICES,
     .help = "element type of A, B and C"},
    {ROW(m, ET_INT), .preset = "1024", .min = 1, .max = 1e12,
     .help = "rows of C and of op(A)"},
    {ROW(n, ET_INT), .preset = "1024", .min = 1, .max = 1e12,
     .help = "columns of C and of op(B)"},
    {ROW(k, ET_INT), .preset = "1024", .min = 1, .max = 1e12,
     .help = "columns of op(A), rows of op(B): length of each sum"},
    {ROW(batch, ET_INT), .preset = "1", .min = 1, .max = 1e12,
     .help = "products of the same shape, one after the other"},
    {ROW(trans_a, ET_BOOL), .preset = "no", .help = "A is stored transposed"},
    {ROW(trans_b, ET_BOOL), .preset = "no", .help = "B is stored transposed"},
    {ROW(lda, ET_INT), .preset = "0", .min = 0, .max = 1e12,
     .help = "elements from one stored row of A to the next; 0: dense"},
    {ROW(ldb, ET_INT), .preset = "0", .min = 0, .max = 1e12,
     .help = "elements from one stored row of B to the next; 0: dense"},
    {ROW(ldc, ET_INT), .preset = "0", .min = 0, .max = 1e12,
     .help = "elements from one row of C to the next; 0: dense"},
    {ROW(alpha, ET_REAL), .preset = "1", .min = -1e6, .max = 1e6,
     .help = "factor of the product"},
    {ROW(beta, ET_REAL), .preset = "0", .min = -1, .max = 1,
     .help = "factor of C as it was; beyond 1 repeating would overflow"},
    {ROW(scaling, ET_CHOICE), .preset = "weak", .choices = "weak|strong",
     .help = "weak: each rank does the whole problem; strong: the ranks "
             "share one, by its batch or its rows"},
    {0}};

static const char *const shape[] = {"m", "n", "k", "batch", NULL};

static const char *backend_at(size_t i)
{
    const struct et_gemm_backend *b = et_gemm_backend_at(i);
    return b ? b->name : NULL;
}

static const char *backend_why_not(const char *name)
{
    const struct et_gemm_backend *b = et_gemm_backend_find(name);
    return b ? b->why_not() : "there is no such backend";
}

static const char *backend_origin(const char *name)
{
    const struct et_gemm_backend *b = et_gemm_backend_find(name);
    return b ? b->origin() : NULL;
}

static bool by_batch(const struct params *p, int ranks)
{
    return p->batch >= ranks;
}

/* The problem of one rank. */
static struct et_gemm local(const struct params *p, int rank, int ranks)
{
    struct et_gemm g = {.dtype = (enum et_dtype)p->dtype,
                        .trans_a = p->trans_a,
                        .trans_b = p->trans_b,
                        .m = p->m,
                        .n = p->n,
                        .k = p->k,
                        .batch = p->batch,
                        .alpha = p->alpha,
                        .beta = p->beta};
    int64_t first;
    if (p->scaling == STRONG && by_batch(p, ranks))
        et_team_share(p->batch, rank, ranks, &first, &g.batch);
    else if (p->scaling == STRONG)
        et_team_share(p->m, rank, ranks, &first, &g.m);
    g.lda = p->lda ? p->lda : g.trans_a ? g.m : g.k;
    g.ldb = p->ldb ? p->ldb : g.trans_b ? g.k : g.n;
    g.ldc = p->ldc ? p->ldc : g.n;
    if (g.dtype == ET_FP32) { /* what a backend is handed */
        g.alpha = (float)g.alpha;
        g.beta = (float)g.beta;
    }
    return g;
}

static enum et_status check_ld(const char *where, const char *key, int64_t ld,
                               int64_t row, const char *row_is)
{
    if (ld == 0 || ld >= row)
        return ET_OK;
    return et_error(ET_USAGE,
                    "%s: %s: %lld is less than a stored row, %s = %lld; take "
                    "0 (dense) or at least that",
                    where, key, (long long)ld, row_is, (long long)row);
}

static enum et_status check(const void *params, const char *where)
{
    const struct params *p = params;
    enum et_status status = check_ld(
        where, "lda", p->lda, p->trans_a ? p->m : p->k, p->trans_a ? "m" : "k");
    if (status == ET_OK)
        status = check_ld(where, "ldb", p->ldb, p->trans_b ? p->k : p->n,
                          p->trans_b ? "k" : "n");
    if (status == ET_OK)
        status = check_ld(where, "ldc", p->ldc, p->n, "n");
    if (status != ET_OK)
        return status;
    struct et_gemm g = local(p, 0, 1);
    int64_t a, b, c, all;
    if (!et_gemm_elements(&g, &a, &b, &c) || !et_add(a, b, &all) ||
        !et_add(all, c, &all) ||
        !et_mul(all, (int64_t)et_dtype_size(g.dtype), &all))
        return et_error(ET_USAGE,
                        "%s: m, n, k, batch: %lldx%lldx%lldx%lld takes more "
                        "than 2^63 bytes",
                        where, (long long)p->m, (long long)p->n,
                        (long long)p->k, (long long)p->batch);
    if ((double)p->k * et_dtype_epsilon(g.dtype) > 0.25)
        return et_error(ET_USAGE,
                        "%s: k: sums of %lld %s products have no correct "
                        "digit to check; take less, or dtype = fp64",
                        where, (long long)p->k, et_dtype_name(g.dtype));
    return ET_OK;
}

static double flop(const struct params *p, int ranks)
{
    double one =
        2.0 * (double)p->m * (double)p->n * (double)p->k * (double)p->batch;
    return p->scaling == WEAK ? one * ranks : one;
}

/* Doubles that Freivalds' test needs. */
static double check_room(const struct et_gemm *g)
{
    return ET_CHECK_VECTORS * ((double)g->n + (double)g->k) +
           (2 * ET_CHECK_VECTORS + 2) * (double)g->m + (double)g->k +
           (double)g->n;
}

static void need(const void *params, int ranks, int threads,
                 struct et_need *out)
{
    const struct params *p = params;
    (void)threads;
    struct et_gemm g = local(p, 0, ranks); /* no rank has more than the first */
    int64_t a, b, c;
    *out = (struct et_need){.flop = flop(p, ranks)};
    if (!et_gemm_elements(&g, &a, &b, &c)) {
        out->memory = out->bytes = INFINITY;
        return;
    }
    double operands =
        ((double)a + (double)b + (double)c) * (double)et_dtype_size(g.dtype);
    out->memory = operands + check_room(&g) * sizeof(double);
    out->bytes = operands * ranks;
}

static const char *unsupported(const void *params, const char *backend,
                               int ranks)
{
    const struct params *p = params;
    if (p->scaling == STRONG && !by_batch(p, ranks) && p->m < ranks)
        return "strong scaling: neither the batch nor m has one for each rank";
    struct et_gemm g = local(p, 0, ranks);
    return et_gemm_backend_find(backend)->unsupported(&g);
}

static void fill_c(struct state *s)
{
    const struct et_gemm *g = &s->local;
    et_random_fill(g->dtype, s->c, (size_t)(g->batch * g->m * g->ldc),
                   s->stream_c, 0);
    s->count = 0;
}

static enum et_status prepare(void *state, const struct et_setting *setting,
                              const void *params)
{
    struct state *s = state;
    s->p = *(const struct params *)params;
    s->team = setting->team;
    s->threads = setting->threads;
    int rank = s->team->rank, ranks = s->team->size;
    s->local = local(&s->p, rank, ranks);
    s->backend = et_gemm_backend_find(setting->backend);
    if (!s->backend || s->backend->why_not())
        return et_error(ET_USAGE, "gemm: backend %s: %s", setting->backend,
                        backend_why_not(setting->backend));
    int64_t a, b, c;
    if (!et_gemm_elements(&s->local, &a, &b, &c))
        return et_error(ET_USAGE, "gemm: the operands exceed 2^63 elements");
    size_t size = et_dtype_size(s->local.dtype);
    s->a = et_alloc_aligned((size_t)a, size);
    s->b = et_alloc_aligned((size_t)b, size);
    s->c = et_alloc_aligned((size_t)c, size);
    if (!s->a || !s->b || !s->c)
        return et_error(
            ET_INFRA, "gemm: rank %d: no memory for operands of %.3g GB", rank,
            ((double)a + (double)b + (double)c) * (double)size / 1e9);
    /* Ranks that share one problem by its rows have the same B. */
    bool same_b = s->p.scaling == STRONG && !by_batch(&s->p, ranks);
    uint64_t mine = et_random_stream(setting->seed, (uint64_t)rank);
    uint64_t first = et_random_stream(setting->seed, 0);
    et_random_fill(s->local.dtype, s->a, (size_t)a, et_random_stream(mine, 1),
                   0);
    et_random_fill(s->local.dtype, s->b, (size_t)b,
                   et_random_stream(same_b ? first : mine, 2), 0);
    s->stream_c = et_random_stream(mine, 3);
    s->stream_check = et_random_stream(mine, 4);
    fill_c(s);
    return s->backend->create(&s->local, s->threads, s->a, s->b, s->c,
                              &s->plan);
}

static enum et_status run(void *state, uint64_t iterations)
{
    struct state *s = state;
    enum et_status status = ET_OK;
    for (uint64_t i = 0; i < iterations && status == ET_OK; i++) {
        if (s->count == ITERATIONS_KEPT && s->local.beta != 0)
            fill_c(s);
        status = s->backend->run(s->plan);
        s->count++;
    }
    return status;
}

/* Every element of matrix g anew, in fp64. */
static void verify_elements(const struct state *s, int64_t g,
                            struct et_check_worst *worst)
{
    const struct et_gemm *p = &s->local;
    double u = et_dtype_epsilon(p->dtype), own = et_dtype_epsilon(ET_FP64);
    struct et_check_growth grow = et_check_grow(
        p->alpha, p->beta, s->count, et_check_gamma((double)p->k + 3, u),
        et_check_gamma(2, u), 1);
    double sum_own = et_check_gamma((double)p->k + 3, own);
    int64_t rs_a = p->trans_a ? 1 : p->lda, cs_a = p->trans_a ? p->lda : 1;
    int64_t rs_b = p->trans_b ? 1 : p->ldb, cs_b = p->trans_b ? p->ldb : 1;
    int64_t at_a = g * (p->trans_a ? p->k : p->m) * p->lda;
    int64_t at_b = g * (p->trans_b ? p->n : p->k) * p->ldb;
    for (int64_t i = 0; i < p->m; i++) {
        for (int64_t j = 0; j < p->n; j++) {
            double sum = 0, size = 0, c0 = 0;
            for (int64_t l = 0; l < p->k; l++) {
                double v = et_dtype_get(p->dtype, s->a,
                                        (size_t)(at_a + i * rs_a + l * cs_a)) *
                           et_dtype_get(p->dtype, s->b,
                                        (size_t)(at_b + l * rs_b + j * cs_b));
                sum += v;
                size += fabs(v);
            }
            int64_t at = (g * p->m + i) * p->ldc + j;
            if (p->beta != 0) {
                char cell[sizeof(double)];
                et_random_fill(p->dtype, cell, 1, s->stream_c, (uint64_t)at);
                c0 = et_dtype_get(p->dtype, cell, 0);
            }
            double bound =
                grow.product * size + grow.carried * fabs(c0) +
                sum_own * (fabs(grow.value) * size + fabs(grow.keep * c0));
            et_check_take(worst, et_dtype_get(p->dtype, s->c, (size_t)at),
                          grow.value * sum + grow.keep * c0, bound, g, i, j);
        }
    }
}

/* Vectors of Freivalds' test, in one allocation. */
struct vectors {
    double *x[ET_CHECK_VECTORS], *bx[ET_CHECK_VECTORS];
    double *abx[ET_CHECK_VECTORS], *cx[ET_CHECK_VECTORS];
    double *a, *b, *c; /* squared norms of rows */
    double *c0;        /* a row of C as it was */
};

static double *carve(double **room, int64_t n)
{
    double *v = *room;
    *room += n;
    return v;
}

static void verify_rows(const struct state *s, int64_t g, struct vectors *v,
                        struct et_check_worst *worst)
{
    const struct et_gemm *p = &s->local;
    double u = et_dtype_epsilon(p->dtype);
    /* C so far is no larger than about |a||b| / sqrt(k) an iteration. */
    struct et_check_growth grow = et_check_grow(p->alpha, p->beta, s->count, u,
                                                2 * u, 1 / sqrt((double)p->k));
    struct et_check_matrix a = {p->dtype,
                                s->a,
                                g * (p->trans_a ? p->k : p->m) * p->lda,
                                p->m,
                                p->k,
                                p->trans_a ? 1 : p->lda,
                                p->trans_a ? p->lda : 1};
    struct et_check_matrix b = {p->dtype,
                                s->b,
                                g * (p->trans_b ? p->n : p->k) * p->ldb,
                                p->k,
                                p->n,
                                p->trans_b ? 1 : p->ldb,
                                p->trans_b ? p->ldb : 1};
    struct et_check_matrix c = {p->dtype, s->c, g * p->m * p->ldc, p->m, p->n,
                                p->ldc,   1};
    et_check_times(&b, v->x, v->bx, v->b, s->threads);
    et_check_times(&a, v->bx, v->abx, v->a, s->threads);
    et_check_times(&c, v->x, v->cx, v->c, s->threads);
    double norm_b = 0;
    for (int64_t l = 0; l < p->k; l++)
        norm_b += v->b[l];
    norm_b = sqrt(norm_b);
    for (int64_t i = 0; i < p->m; i++) {
        double c0x[ET_CHECK_VECTORS] = {0}, norm_c0 = 0;
        if (p->beta != 0) {
            et_random_fill(p->dtype, v->c0, (size_t)p->n, s->stream_c,
                           (uint64_t)((g * p->m + i) * p->ldc));
            for (int64_t j = 0; j < p->n; j++) {
                double c0 = et_dtype_get(p->dtype, v->c0, (size_t)j);
                norm_c0 += c0 * c0;
                for (int t = 0; t < ET_CHECK_VECTORS; t++)
                    c0x[t] += c0 * v->x[t][j];
            }
        }
        double bound =
            et_check_row_bound(&grow, sqrt(v->a[i]), norm_b, sqrt(v->c[i]),
                               sqrt(norm_c0), p->k, p->n);
        for (int t = 0; t < ET_CHECK_VECTORS; t++)
            et_check_take(worst, v->cx[t][i],
                          grow.value * v->abx[t][i] + grow.keep * c0x[t], bound,
                          g, i, -1);
    }
}

static enum et_status verify_freivalds(struct state *s,
                                       struct et_check_worst *worst)
{
    const struct et_gemm *p = &s->local;
    double *all = et_alloc((size_t)check_room(p), sizeof *all), *room = all;
    if (!all)
        return et_error(ET_INFRA, "gemm: no memory for the check");
    struct vectors v;
    for (int t = 0; t < ET_CHECK_VECTORS; t++) {
        v.x[t] = carve(&room, p->n);
        v.bx[t] = carve(&room, p->k);
        v.abx[t] = carve(&room, p->m);
        v.cx[t] = carve(&room, p->m);
    }
    v.a = carve(&room, p->m);
    v.b = carve(&room, p->k);
    v.c = carve(&room, p->m);
    v.c0 = carve(&room, p->n);
    for (int64_t g = 0; g < p->batch; g++) {
        for (int t = 0; t < ET_CHECK_VECTORS; t++)
            et_check_signs(v.x[t], p->n,
                           et_random_stream(s->stream_check, s->checks++));
        verify_rows(s, g, &v, worst);
    }
    free(all);
    return ET_OK;
}

/* So that the next check cannot pass on what this one saw. */
static void spoil(struct state *s)
{
    const struct et_gemm *p = &s->local;
    if (p->beta != 0) {
        fill_c(s);
        return;
    }
    s->count = 0;
    size_t size = et_dtype_size(p->dtype);
    for (int64_t i = 0; i < p->batch * p->m; i++) /* all ones: a NaN */
        memset((char *)s->c + (size_t)(i * p->ldc) * size, 0xff,
               (size_t)p->n * size);
}

static enum et_status verify(void *state, struct et_verification *out)
{
    static const char *const axes[] = {"matrix", "row", "column"};
    struct state *s = state;
    struct et_check_worst worst = {0};
    enum et_status status = s->backend->fetch(s->plan);
    if (s->count == 0) /* nothing ran since the last check */
        worst.error = INFINITY;
    /* By the whole problem, so that all ranks take the same way. */
    bool small = flop(&s->p, 1) <= 2 * ET_CHECK_SMALL;
    if (status == ET_OK && small)
        for (int64_t g = 0; g < s->local.batch; g++)
            verify_elements(s, g, &worst);
    else if (status == ET_OK)
        status = verify_freivalds(s, &worst);
    status = et_check_agree(
        s->team, status, &worst, axes,
        small ? "every element in fp64, |difference| as a share of "
                "gamma(k+3) |A||B|"
              : "Freivalds, 2 sign vectors in fp64, |C x - A (B x)| per row "
                "as a share of 16 u |a| |B|",
        out);
    if (status == ET_OK)
        spoil(s);
    return status;
}

static void work(const void *state, struct et_work *out)
{
    const struct state *s = state;
    *out = (struct et_work){
        .flop = flop(&s->p, s->team->size),
        .convention = "flop: 2 m n k batch, a multiply and an add each "
                      "(LAPACK Working Note 41)"};
}

static void release(void *state)
{
    struct state *s = state;
    if (s->plan)
        s->backend->destroy(s->plan);
    et_free_aligned(s->a);
    et_free_aligned(s->b);
    et_free_aligned(s->c);
}

const struct et_bench et_bench_gemm = {
    .name = "gemm",
    .summary = "matrix product, C = alpha op(A) op(B) + beta C",
    .params = rows,
    .params_size = sizeof(struct params),
    .shape_key = "shapes",
    .shape = shape,
    .shape_least = 3,
    .shape_preset = "512x512x512, 1024x1024x1024",
    .shape_help = "MxNxK or MxNxKxBATCH, or names of catalog/gemm",
    .backend = backend_at,
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
