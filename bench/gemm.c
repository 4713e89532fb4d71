/* gemm as a bench: one rank's product, on every rank. Ties kernels/gemm to
 * the harness: parameters, how a problem is shared out, and the check of the
 * timed data. Knows no backend by name and no clock.
 */
#include "config.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/ceilings.h"
#include "bench/level.h"
#include "bench/operands.h"
#include "bench/routing.h"
#include "harness/base/log.h"
#include "harness/case/bench.h"
#include "kernels/gemm/grouped.h"

struct params {
    int64_t m, n, k, batch, lda, ldb, ldc;
    double alpha, beta;
    bool trans_a, trans_b;
    int dtype, dtype_a, sum, out; /* after dtype: a choice's, 0 the first */
    int scaling, operands;
    int64_t groups, routing;
    double skew;
};
enum scaling { WEAK, STRONG };
enum where { HOT, COLD };
/* A product with at most so many rows or columns reads its large operand for
 * little work: a step of inference, where that operand is the weights. */
#define SKINNY 256
#define MOST_GROUPS ET_ROUTING_MOST
/* What cold operands go through before they are read again. */
static const struct et_level_params beyond_caches = {.level = ET_LEVEL_MEMORY};

struct state {
    struct et_operands operands; /* first: A, B; C */
    struct params p;
    struct et_gemm local;   /* this rank's share; its groups are `first` */
    struct et_backend base; /* runs it */
    int64_t first[MOST_GROUPS + 1];
    const struct et_gemm_backend *backend;
};

static const struct et_field rows[] = {
    ET_ROW(params, dtype, ET_CHOICE, "element type of A and B",
           .preset = "fp64", .choices = ET_DTYPE_CHOICES),
    ET_ROW(params, dtype_a, ET_CHOICE,
           "element type of A where it is another, as uint8 beside int8",
           .preset = "same", .choices = ET_DTYPE_CHOICES_AFTER("same")),
    ET_ROW(params, sum, ET_CHOICE,
           "type that products are summed in; usual: fp32 for types of fewer "
           "bits, int32 for integers, else dtype",
           .preset = "usual", .choices = ET_DTYPE_CHOICES_AFTER("usual")),
    ET_ROW(params, out, ET_CHOICE,
           "element type of C; usual: dtype, or int32 for integers",
           .preset = "usual", .choices = ET_DTYPE_CHOICES_AFTER("usual")),
    ET_ROW(params, m, ET_INT, "rows of C and of op(A)", .preset = "1024",
           .min = 1, .max = 1e12),
    ET_ROW(params, n, ET_INT, "columns of C and of op(B)", .preset = "1024",
           .min = 1, .max = 1e12),
    ET_ROW(params, k, ET_INT,
           "columns of op(A), rows of op(B): length of each sum",
           .preset = "1024", .min = 1, .max = 1e12),
    ET_ROW(params, batch, ET_INT,
           "products of the same shape, one after the other", .preset = "1",
           .min = 1, .max = 1e12),
    ET_ROW(params, trans_a, ET_BOOL, "A is stored transposed", .preset = "no"),
    ET_ROW(params, trans_b, ET_BOOL, "B is stored transposed", .preset = "no"),
    ET_ROW(params, lda, ET_INT,
           "elements from one stored row of A to the next; 0: dense",
           .preset = "0", .min = 0, .max = 1e12),
    ET_ROW(params, ldb, ET_INT,
           "elements from one stored row of B to the next; 0: dense",
           .preset = "0", .min = 0, .max = 1e12),
    ET_ROW(params, ldc, ET_INT,
           "elements from one row of C to the next; 0: dense", .preset = "0",
           .min = 0, .max = 1e12),
    ET_ROW(params, alpha, ET_REAL, "factor of the product; not 0",
           .preset = "1", .min = -1e6, .max = 1e6),
    ET_ROW(params, beta, ET_REAL,
           "factor of C as it was; beyond 1 repeating would overflow",
           .preset = "0", .min = -1, .max = 1),
    ET_ROW(params, scaling, ET_CHOICE,
           "weak: each rank does the whole problem; strong: the ranks share "
           "one, by its batch or its rows",
           .preset = "weak", .choices = "weak|strong"),
    ET_ROW(params, operands, ET_CHOICE,
           "hot: A and B stay where they are, in the caches if they fit; cold: "
           "each product has other copies of them, which have left the caches",
           .preset = "hot", .choices = "hot|cold"),
    ET_ROW(params, groups, ET_INT,
           "grouped, as a mixture of experts: the rows of A belong to so many "
           "groups, each with a B of its own; 0: not grouped",
           .preset = "0", .min = 0, .max = MOST_GROUPS),
    ET_ROW(
        params, skew, ET_REAL,
        "how unlike the groups are: a share of 1 / r^skew of the rows for the "
        "r-th of them (Zipf); 0: all the same",
        .preset = "1", .min = 0, .max = 10),
    ET_ROW(params, routing, ET_INT,
           "random seed of which group has how many rows", .preset = "1",
           .min = 0, .max = 1e12),
    {0}};

static const char *const shape[] = {"m", "n", "k", "batch", NULL};

static bool by_batch(const struct params *p, int ranks)
{
    return p->batch >= ranks;
}

static void choose(int choice, enum et_dtype *out)
{
    if (choice)
        *out = (enum et_dtype)(choice - 1);
}

static struct et_types types_of(const struct params *p)
{
    struct et_types t = et_types_usual((enum et_dtype)p->dtype);
    choose(p->dtype_a, &t.a.dtype);
    choose(p->sum, &t.sum);
    choose(p->out, &t.out.dtype);
    return t;
}

static void route(const struct params *p, int64_t first[MOST_GROUPS + 1])
{
    et_routing(p->m, p->groups, p->skew, (uint64_t)p->routing, first);
}

/* The problem of one rank. */
static struct et_gemm local(const struct params *p, int rank, int ranks,
                            int64_t first_of[MOST_GROUPS + 1])
{
    struct et_gemm g = {.types = types_of(p),
                        .trans_a = p->trans_a,
                        .trans_b = p->trans_b,
                        .m = p->m,
                        .n = p->n,
                        .k = p->k,
                        .batch = p->batch,
                        .alpha = p->alpha,
                        .beta = p->beta,
                        .l2 = et_level_l2()};
    int64_t first;
    if (p->scaling == STRONG && by_batch(p, ranks))
        et_team_share(p->batch, rank, ranks, &first, &g.batch);
    else if (p->scaling == STRONG)
        et_team_share(p->m, rank, ranks, &first, &g.m);
    g.lda = p->lda ? p->lda : g.trans_a ? g.m : g.k;
    g.ldb = p->ldb ? p->ldb : g.trans_b ? g.k : g.n;
    g.ldc = p->ldc ? p->ldc : g.n;
    /* What a backend is handed. */
    g.alpha = et_dtype_round(g.types.sum, g.alpha);
    g.beta = et_dtype_round(g.types.sum, g.beta);
    g.groups = p->groups;
    g.first = p->groups ? first_of : NULL;
    if (p->groups)
        route(p, first_of);
    g.turn_a.step = et_operands_turn(&g.types, 0, g.beta);
    g.turn_b.step = et_operands_turn(&g.types, 1, g.beta);
    return g;
}

/* Cold operands get their copies, for a rank that goes through `bytes`. */
static void rotate(const struct params *p, double bytes, struct et_gemm *g)
{
    int64_t n[3];
    if (p->operands != COLD || !et_gemm_elements(g, &n[0], &n[1], &n[2]))
        return;
    struct et_turn turn[2] = {g->turn_a, g->turn_b};
    et_operands_cold(&g->types, n, bytes, turn);
    g->turn_a = turn[0];
    g->turn_b = turn[1];
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

/* Types that go together, and sums that have correct digits in them. */
static enum et_status check_types(const struct et_gemm *g, const char *where)
{
    const struct et_types *t = &g->types;
    const char *sum = et_dtype_name(t->sum), *out = et_dtype_name(t->out.dtype);
    if (!et_types_are_floats(t) && !et_types_are_integers(t))
        return et_error(
            ET_USAGE,
            "%s: sum, out: %s and %s operands are not summed in %s and stored "
            "as %s: integers are summed in an integer type, which is also "
            "C's; others in types with fractions",
            where, et_dtype_name(t->a.dtype), et_dtype_name(t->b.dtype), sum,
            out);
    if (et_types_are_integers(t)) {
        if (et_dtype_most(t->sum) < et_dtype_most(ET_INT32))
            return et_error(ET_USAGE, "%s: sum: %s is too short; take int32",
                            where, sum);
        if (fabs(g->alpha) != 1 || g->beta != 0)
            return et_error(ET_USAGE,
                            "%s: alpha, beta: %g and %g; sums of integers are "
                            "checked with alpha 1 or -1 and beta 0",
                            where, g->alpha, g->beta);
        return ET_OK;
    }
    if ((double)g->k * et_dtype_epsilon(t->sum) > 0.25)
        return et_error(ET_USAGE,
                        "%s: k: sums of %lld products in %s have no correct "
                        "digit to check; take less, or sum = %s",
                        where, (long long)g->k, sum,
                        t->sum == ET_FP64 || t->sum == ET_FP32 ? "fp64"
                                                               : "fp32");
    return ET_OK;
}

/* Of random elements as et_check_fill makes them: the greatest magnitude, the
 * mean, and the mean of the squares. */
struct moments {
    double most, mean, square;
};

static struct moments moments_of(enum et_dtype t)
{
    double least = et_dtype_least(t), most = et_dtype_most(t);
    double n = most - least + 1, mean = (least + most) / 2;
    if (!et_dtype_is_integer(t))
        return (struct moments){1, 0, 1.0 / 3};
    return (struct moments){fmax(-least, most), mean,
                            (n * n - 1) / 12 + mean * mean};
}

/* How far C's elements go from 0: a sum of k products is within eight standard
 * deviations of its mean, but once in 1e15, and with beta every iteration adds
 * one. */
static double reach(const struct et_gemm *g)
{
    struct moments a = moments_of(g->types.a.dtype),
                   b = moments_of(g->types.b.dtype);
    double k = (double)g->k, mean = a.mean * b.mean;
    double one =
        k * fabs(mean) + 8 * sqrt(k * (a.square * b.square - mean * mean));
    double times =
        g->beta == 0 ? 1 : (double)et_product_kept(g->types.out.dtype);
    return fabs(g->alpha) * fmin(k * a.most * b.most, one) * times +
           fabs(g->beta);
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
    int64_t first[MOST_GROUPS + 1];
    struct et_gemm g = local(p, 0, 1, first);
    if (p->groups && (p->batch > 1 || p->scaling == STRONG))
        return et_error(ET_USAGE,
                        "%s: groups: %lld with batch or strong scaling; groups "
                        "are of one product on each rank",
                        where, (long long)p->groups);
    if (g.alpha == 0)
        return et_error(ET_USAGE,
                        "%s: alpha: %g is 0 in %s: no product is needed then, "
                        "and a library does none",
                        where, p->alpha, et_dtype_name(g.types.sum));
    int64_t a, b, c;
    if (!et_gemm_elements(&g, &a, &b, &c) ||
        et_operands_bytes(&g.types, a, b, c) >= 0x1p63)
        return et_error(ET_USAGE,
                        "%s: m, n, k, batch: %lldx%lldx%lldx%lld takes more "
                        "than 2^63 bytes",
                        where, (long long)p->m, (long long)p->n,
                        (long long)p->k, (long long)p->batch);
    status = check_types(&g, where);
    if (status != ET_OK)
        return status;
    enum et_dtype shortest =
        et_dtype_most(g.types.sum) < et_dtype_most(g.types.out.dtype)
            ? g.types.sum
            : g.types.out.dtype;
    if (reach(&g) > et_dtype_most(shortest))
        return et_error(ET_USAGE,
                        "%s: alpha, beta, k: elements of C reach %.3g, and %s "
                        "holds no more than %.6g; take less, or another type",
                        where, reach(&g), et_dtype_name(shortest),
                        et_dtype_most(shortest));
    return ET_OK;
}

static double flop(const struct params *p, int ranks)
{
    double one =
        2.0 * (double)p->m * (double)p->n * (double)p->k * (double)p->batch;
    return p->scaling == WEAK ? one * ranks : one;
}

static int64_t groups_with_rows(const struct params *p)
{
    int64_t first[MOST_GROUPS + 1];
    route(p, first);
    return et_routing_used(first, p->groups);
}

/* Bytes of one iteration, whole team. */
struct moved {
    double a, b, c;
};

/* Each operand once on every rank that reads it, C twice with beta. */
static struct moved moved(const struct params *p, int ranks)
{
    struct et_types types = types_of(p);
    double batch = (double)p->batch;
    double copies = p->scaling == WEAK ? ranks : 1;
    double copies_b = by_batch(p, ranks) ? copies : ranks;
    if (p->groups)
        copies_b *= (double)groups_with_rows(p);
    return (struct moved){copies * batch * (double)p->m * (double)p->k *
                              (double)et_dtype_size(types.a.dtype),
                          copies_b * batch * (double)p->k * (double)p->n *
                              (double)et_dtype_size(types.b.dtype),
                          copies * batch * (double)p->m * (double)p->n *
                              (double)et_dtype_size(types.out.dtype) *
                              (p->beta != 0 ? 2 : 1)};
}

static double traffic(const struct params *p, int ranks)
{
    struct moved v = moved(p, ranks);
    return v.a + v.b + v.c;
}

/* Of the large operand of a skinny product; 0: it is none. Of groups the mean
 * one's rows count. */
static double weights(const struct params *p, int ranks)
{
    struct moved v = moved(p, ranks);
    int64_t m = p->groups ? (p->m + p->groups - 1) / p->groups : p->m;
    int64_t least = m < p->n ? m : p->n, most = m + p->n - least;
    return least <= SKINNY && most > SKINNY ? fmax(v.a, v.b) : 0;
}

/* Small problems are checked element by element: by the whole problem, so
 * that all ranks take the same way. */
static struct et_product product_of(const struct params *p,
                                    const struct et_gemm *g)
{
    int64_t most = et_routing_largest(g->first, g->groups);
    return (struct et_product){.count = g->groups ? g->groups : g->batch,
                               .first = g->first,
                               .m = g->groups ? most : g->m,
                               .n = g->n,
                               .k = g->k,
                               .ldc = g->ldc,
                               .types = g->types,
                               .alpha = g->alpha,
                               .beta = g->beta,
                               .small = flop(p, 1) <= 2 * ET_CHECK_SMALL};
}

static void need(const void *params, int ranks, int threads,
                 struct et_need *out)
{
    const struct params *p = params;
    int64_t first[MOST_GROUPS + 1];
    /* No rank has more than the first. */
    struct et_gemm g = local(p, 0, ranks, first);
    rotate(p, et_level_estimate(&beyond_caches, ranks, threads), &g);
    int64_t a, b, c;
    *out = (struct et_need){.flop = flop(p, ranks)};
    if (!et_gemm_elements(&g, &a, &b, &c)) {
        out->memory = out->bytes = INFINITY;
        return;
    }
    double operands = et_operands_bytes(&g.types, a, b, c);
    /* The most that a backend takes: the case must fit with any of them. */
    double most = 0;
    const struct et_gemm_backend *backend;
    for (size_t i = 0; (backend = et_gemm_backend_at(i)); i++)
        most = fmax(most, et_gemm_workspace(backend, &g, threads));
    struct et_product product = product_of(p, &g);
    out->memory =
        operands + ET_OPERANDS_ROOM +
        et_operands_others(&g.types, (struct et_turn[]){g.turn_a, g.turn_b}) +
        et_product_memory(&product) + most;
    out->bytes = operands * ranks;
}

static const char *unsupported(const void *params, const char *backend,
                               int ranks)
{
    const struct params *p = params;
    if (p->scaling == STRONG && !by_batch(p, ranks) && p->m < ranks)
        return "strong scaling: neither the batch nor m has one for each rank";
    int64_t first[MOST_GROUPS + 1];
    struct et_gemm g = local(p, 0, ranks, first);
    return et_gemm_unsupported(et_gemm_backend_find(backend), &g);
}

/* Matrix i of A or B, as op() has it, of the operands of the last iteration. */
static struct et_check_matrix operand(const struct state *s, int64_t i,
                                      bool is_a)
{
    const struct et_gemm *p = &s->local;
    int64_t at[3] = {i * (p->trans_a ? p->k : p->m) * p->lda,
                     i * (p->trans_b ? p->n : p->k) * p->ldb};
    const struct et_gemm one =
        p->groups ? et_gemm_group(p, i, &at[0], &at[1], &at[2]) : *p;
    uint64_t done = s->operands.product.done;
    bool trans = is_a ? p->trans_a : p->trans_b;
    int64_t ld = is_a ? p->lda : p->ldb;
    return (struct et_check_matrix){
        .dtype = is_a ? p->types.a.dtype : p->types.b.dtype,
        .data = s->operands.in[is_a ? 0 : 1].host,
        .first = is_a ? et_turn_a(&p->turn_a, done) + at[0]
                      : et_turn_b(&p->turn_b, done) + at[1],
        .rows = is_a ? one.m : p->k,
        .cols = is_a ? p->k : p->n,
        .rs = trans ? 1 : ld,
        .cs = trans ? ld : 1};
}

static struct et_check_matrix matrix_a(const void *state, int64_t i)
{
    return operand(state, i, true);
}

static struct et_check_matrix matrix_b(const void *state, int64_t i)
{
    return operand(state, i, false);
}

static void times_b(const void *state, int64_t i,
                    double *const x[ET_CHECK_VECTORS],
                    double *const y[ET_CHECK_VECTORS], double *square)
{
    const struct state *s = state;
    struct et_check_matrix b = matrix_b(s, i);
    et_check_times(&b, x, y, square, s->operands.product.threads);
}

static double element(const void *state, int64_t g, int64_t i, int64_t j,
                      double *size)
{
    const struct state *s = state;
    struct et_check_matrix a = matrix_a(s, g), b = matrix_b(s, g);
    double sum = 0;
    *size = 0;
    for (int64_t l = 0; l < a.cols; l++) {
        double v = et_dtype_get(a.dtype, a.data,
                                (size_t)(a.first + i * a.rs + l * a.cs)) *
                   et_dtype_get(b.dtype, b.data,
                                (size_t)(b.first + l * b.rs + j * b.cs));
        sum += v;
        *size += fabs(v);
    }
    return sum;
}

static enum et_status create(void *state, double alpha, double beta,
                             void **setup)
{
    struct state *s = state;
    struct et_gemm problem = s->local;
    problem.alpha = alpha;
    problem.beta = beta;
    struct et_operands *o = &s->operands;
    return et_gemm_create(s->backend, &problem, s->operands.product.threads,
                          o->in[0].at, o->in[1].at, o->out.at, setup);
}

static const struct et_product_ops ops = {
    .a = matrix_a,
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
        .bytes = weights(p, ranks),
        .traffic = traffic(p, ranks),
        .convention = "flop: 2 m n k batch, a multiply and an add each "
                      "(LAPACK Working Note 41); traffic: A, B and C once a "
                      "rank, C twice with beta, the least there can be; bytes: "
                      "of the larger of A and B, the weights, where C has at "
                      "most 256 rows or columns, and more of the others"};
    return true;
}

static enum et_status prepare(void *state, const struct et_setting *setting,
                              const void *params)
{
    struct state *s = state;
    s->p = *(const struct params *)params;
    int rank = setting->team->rank, ranks = setting->team->size;
    s->local = local(&s->p, rank, ranks, s->first);
    if (s->p.groups)
        snprintf(s->operands.groups, sizeof s->operands.groups,
                 "%lld of %lld groups have rows, the largest %lld of %lld",
                 (long long)groups_with_rows(&s->p), (long long)s->p.groups,
                 (long long)product_of(&s->p, &s->local).m, (long long)s->p.m);
    if (s->p.operands == COLD) {
        struct et_level_set set;
        enum et_status status = et_level_resolve(&beyond_caches, setting->team,
                                                 setting->threads, &set);
        if (status != ET_OK)
            return status;
        rotate(&s->p, (double)set.bytes, &s->local);
        char rule[160];
        et_level_rule(&beyond_caches, &set, rule);
        snprintf(s->operands.cold, sizeof s->operands.cold,
                 "%lld copies of A and B, for %.3g GB before one is read "
                 "again: %s",
                 (long long)s->local.turn_a.others + 1, (double)set.bytes / 1e9,
                 rule);
    }
    s->operands.turn[0] = s->local.turn_a;
    s->operands.turn[1] = s->local.turn_b;
    s->backend = et_gemm_backend_find(setting->backend);
    int64_t n[3];
    if (!et_gemm_elements(&s->local, &n[0], &n[1], &n[2]))
        return et_error(ET_USAGE, "gemm: the operands exceed 2^63 elements");
    struct et_product *product = &s->operands.product;
    *product = product_of(&s->p, &s->local);
    product->ops = &ops;
    product->of = s;
    /* With beta the output depends on how often it was added to. */
    product->alike = s->p.scaling == WEAK && s->p.beta == 0;
    if (s->backend)
        s->base = et_gemm_base(s->backend, &s->local);
    product->backend = s->backend ? &s->base : NULL;
    work_of(params, setting->backend, ranks, setting->threads, NULL,
            &s->operands.work);
    return et_operands_open(&s->operands, "gemm", setting, n,
                            s->p.scaling == WEAK     ? ET_OPERANDS_SAME
                            : by_batch(&s->p, ranks) ? ET_OPERANDS_SPLIT
                                                     : ET_OPERANDS_SPLIT_FIRST);
}

static enum et_status verify(void *state, struct et_verification *out)
{
    static const char *const axes[] = {"matrix", "row", "column"};
    struct state *s = state;
    struct et_check_worst worst = {0};
    enum et_status status = et_product_check(&s->operands.product, &worst);
    status = et_check_agree(
        s->operands.product.team, status, &worst, axes,
        s->operands.product.small
            ? "integers once, exact; every element in fp64, |difference| as "
              "a share of gamma(k+3) |A||B|"
            : "integers once, exact; Freivalds, 2 sign vectors in fp64, "
              "|C x - A (B x)| per row as a share of 16 u |a| |B|",
        out);
    if (status == ET_OK)
        out->usual = et_product_usual(&s->operands.product);
    return status;
}

static bool ceiling(const void *params, int ranks, int threads, size_t i,
                    struct et_ceiling_case *out)
{
    const struct params *p = params;
    (void)threads;
    return et_bench_ceilings(
        (enum et_dtype)p->dtype,
        p->operands == COLD ? INFINITY : traffic(p, ranks) / ranks, i, out);
}

const struct et_bench et_bench_gemm = {
    ET_BENCH("gemm", "matrix product, C = alpha op(A) op(B) + beta C",
             "matrix products", "flops"),
    ET_OPERANDS_BENCH(gemm, "{m}x{n}x{k}", 3, "512x512x512, 1024x1024x1024",
                      "MxNxK or MxNxKxBATCH, or names of catalog/gemm"),
};
