/* Every listed gemm backend against the definition: transposes, leading
 * dimensions, alpha and beta, batch, odd sizes, and nothing written that is
 * not C. A backend that cannot be used must say why. And what the bench makes
 * of its outputs: faults are found, clean ones pass.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/random.h"
#include "kernels/gemm/gemm.h"
#include "tests/contract/faults.h"
#include "tests/contract/listed.h"
#include "tests/contract/types.h"

extern const struct et_bench et_bench_gemm;

#define GUARD 32 /* elements before and after an operand */

/* An operand with guards around it and between its rows. */
struct operand {
    enum et_dtype dtype;
    int64_t n, row, ld; /* elements; of a row, from row to row */
    char *all, *before; /* before: a copy, to compare with */
};

static void *elements(const struct operand *o)
{
    return o->all + GUARD * et_dtype_size(o->dtype);
}

static bool is_inside(const struct operand *o, int64_t i)
{
    return i >= 0 && i < o->n && i % o->ld < o->row;
}

static struct operand make(enum et_dtype dtype, int64_t n, int64_t row,
                           int64_t ld, uint64_t stream)
{
    struct operand o = {.dtype = dtype, .n = n, .row = row, .ld = ld};
    size_t size = et_dtype_size(dtype), bytes = ((size_t)n + 2 * GUARD) * size;
    o.all = malloc(bytes);
    o.before = malloc(bytes);
    assert_true(o.all && o.before);
    memset(o.all, 0xa5, bytes);
    for (int64_t i = 0; i < n; i++) {
        if (is_inside(&o, i))
            et_dtype_set(dtype, elements(&o), (size_t)i,
                         et_random_unit(stream, (uint64_t)i));
    }
    memcpy(o.before, o.all, bytes);
    return o;
}

static void keep(struct operand *o)
{
    memcpy(o->before, o->all,
           ((size_t)o->n + 2 * GUARD) * et_dtype_size(o->dtype));
}

/* All of it as it was; `but_rows`: what belongs to C may differ. */
static void assert_kept(const struct operand *o, bool but_rows)
{
    size_t size = et_dtype_size(o->dtype);
    for (int64_t i = -GUARD; i < o->n + GUARD; i++) {
        size_t at = (size_t)(i + GUARD) * size;
        if (!but_rows || !is_inside(o, i))
            assert_memory_equal(o->all + at, o->before + at, size);
    }
}

static void drop(struct operand *o)
{
    free(o->all);
    free(o->before);
}

static double at(const struct operand *o, const char *base, int64_t matrix,
                 int64_t rows, int64_t i, int64_t j)
{
    return et_dtype_get(o->dtype, base + GUARD * et_dtype_size(o->dtype),
                        (size_t)((matrix * rows + i) * o->ld + j));
}

static void assert_product(const struct et_gemm *p, const struct operand *a,
                           const struct operand *b, const struct operand *c)
{
    double u = et_dtype_epsilon(p->types.sum);
    int64_t ra = p->trans_a ? p->k : p->m, rb = p->trans_b ? p->n : p->k;
    for (int64_t r = 0; r < p->batch * p->m * p->n; r++) {
        int64_t j = r % p->n, i = r / p->n % p->m, g = r / p->n / p->m;
        double sum = 0, size = 0;
        for (int64_t l = 0; l < p->k; l++) {
            double v = (p->trans_a ? at(a, a->all, g, ra, l, i)
                                   : at(a, a->all, g, ra, i, l)) *
                       (p->trans_b ? at(b, b->all, g, rb, j, l)
                                   : at(b, b->all, g, rb, l, j));
            sum += v;
            size += fabs(v);
        }
        double c0 = p->beta != 0 ? at(c, c->before, g, p->m, i, j) : 0;
        double want = p->alpha * sum + p->beta * c0;
        double bound = 2 * ((double)p->k + 4) * u *
                       (fabs(p->alpha) * size + fabs(p->beta * c0));
        double got = at(c, c->all, g, p->m, i, j);
        if (!(fabs(got - want) <= bound))
            fail_msg("%s %lldx%lldx%lld %d%d alpha %g beta %g: "
                     "C[%lld][%lld][%lld] = %g, not %g",
                     et_dtype_name(p->types.sum), (long long)p->m,
                     (long long)p->n, (long long)p->k, p->trans_a, p->trans_b,
                     p->alpha, p->beta, (long long)g, (long long)i,
                     (long long)j, got, want);
    }
}

static void spoil(struct operand *c)
{
    for (int64_t i = 0; i < c->n; i++) {
        if (is_inside(c, i))
            et_dtype_set(c->dtype, elements(c), (size_t)i, NAN);
    }
    keep(c);
}

/* The operand with its guards in the backend's memory. */
static struct et_buffer lend(const struct et_gemm_backend *b,
                             const struct operand *o)
{
    struct et_buffer at;
    size_t n = (size_t)o->n + 2 * GUARD, size = et_dtype_size(o->dtype);
    assert_int_equal(et_buffer_open(&at, b->base.space, n, size), ET_OK);
    memcpy(at.host, o->all, n * size);
    assert_int_equal(et_buffer_send(&at, 0, n), ET_OK);
    return at;
}

static void *lent(const struct et_buffer *b)
{
    return (char *)b->at + GUARD * b->size;
}

/* What stands there now. */
static void take_back(const struct et_buffer *b, const struct operand *o)
{
    assert_int_equal(et_buffer_bring(b, 0, b->n), ET_OK);
    memcpy(o->all, b->host, b->n * b->size);
}

/* A product, waited for and brought to C; and once more by et_backend_fetch. */
static void run_once(const struct et_gemm_backend *b, void *setup,
                     const struct et_buffer *at, const struct operand *c)
{
    struct et_buffer result = *at;
    result.at = lent(at);
    result.host = (char *)at->host + GUARD * at->size;
    result.n = (size_t)c->n;
    assert_int_equal(b->base.run(setup, 0, 1), ET_OK);
    assert_int_equal(et_backend_wait(&b->base, setup), ET_OK);
    take_back(at, c);
    assert_int_equal(et_backend_fetch(&b->base, setup, &result, 0, result.n),
                     ET_OK);
    assert_memory_equal(result.host, elements(c), result.n * at->size);
}

static void try_one(const struct et_gemm_backend *backend, struct et_gemm p,
                    int threads, int64_t slack)
{
    int64_t row_a = p.trans_a ? p.m : p.k, row_b = p.trans_b ? p.k : p.n;
    p.lda = row_a + slack;
    p.ldb = row_b + (slack ? slack + 2 : 0);
    p.ldc = p.n + (slack ? slack + 4 : 0);
    int64_t na, nb, nc;
    assert_true(et_gemm_elements(&p, &na, &nb, &nc));
    struct operand a = make(p.types.a.dtype, na, row_a, p.lda, 1);
    struct operand b = make(p.types.b.dtype, nb, row_b, p.ldb, 2);
    struct operand c = make(p.types.out.dtype, nc, p.n, p.ldc, 3);
    if (p.beta == 0)
        spoil(&c);
    struct et_buffer at_a = lend(backend, &a), at_b = lend(backend, &b),
                     at_c = lend(backend, &c);
    void *setup = NULL;
    assert_null(et_gemm_unsupported(backend, &p));
    assert_int_equal(backend->create(&p, threads, lent(&at_a), lent(&at_b),
                                     lent(&at_c), &setup),
                     ET_OK);
    run_once(backend, setup, &at_c, &c);
    assert_product(&p, &a, &b, &c);
    keep(&c); /* a setup runs again, on what C is now */
    run_once(backend, setup, &at_c, &c);
    assert_product(&p, &a, &b, &c);
    backend->base.destroy(setup);
    take_back(&at_a, &a);
    take_back(&at_b, &b);
    et_buffer_close(&at_a);
    et_buffer_close(&at_b);
    et_buffer_close(&at_c);
    assert_kept(&a, false);
    assert_kept(&b, false);
    assert_kept(&c, true);
    drop(&a);
    drop(&b);
    drop(&c);
}

/* Numbers in the backend's memory. */
static struct et_buffer numbers(const struct et_gemm_backend *b,
                                const double *v, size_t n)
{
    struct et_buffer at;
    assert_int_equal(et_buffer_open(&at, b->base.space, n, sizeof *v), ET_OK);
    memcpy(at.host, v, n * sizeof *v);
    assert_int_equal(et_buffer_send(&at, 0, n), ET_OK);
    return at;
}

/* Iteration i has A and B where it should: integers, so that it is exact. */
TEST(inputs_move)
{
    enum { M = 5, N = 6, K = 7, STEP = 8, SLACK = (ET_TURNS - 1) * STEP };
    static const uint64_t firsts[] = {0, 1, 63, 64, 70, 4095, 4096, 1000000};
    double a[2 * M * K + SLACK], b[2 * K * N + SLACK], c[2 * M * N];
    double want[2 * M * N];
    memset(c, 0, sizeof c);
    const struct et_gemm_backend *backend, *right = et_gemm_backend_at(0);
    struct et_gemm p = {et_types_of(ET_FP64),
                        false,
                        false,
                        M,
                        N,
                        K,
                        2,
                        K,
                        N,
                        N,
                        1,
                        0,
                        STEP,
                        STEP};
    struct et_gemm stays = p;
    stays.turn_a = stays.turn_b = 0;
    for (size_t i = 0; i < sizeof a / sizeof *a; i++)
        a[i] = (double)(et_random_u64(1, i) % 100);
    for (size_t i = 0; i < sizeof b / sizeof *b; i++)
        b[i] = (double)(et_random_u64(2, i) % 100);
    for (size_t k = 0; (backend = et_gemm_backend_at(k)); k++) {
        void *setup = NULL;
        if (et_gemm_unsupported(backend, &p))
            continue;
        struct et_buffer at_a = numbers(backend, a, sizeof a / sizeof *a),
                         at_b = numbers(backend, b, sizeof b / sizeof *b),
                         at_c = numbers(backend, c, sizeof c / sizeof *c);
        assert_int_equal(
            backend->create(&p, 1, at_a.at, at_b.at, at_c.at, &setup), ET_OK);
        for (size_t i = 0; i < 2 * sizeof firsts / sizeof *firsts; i++) {
            uint64_t first = firsts[i / 2], n = 1 + i % 2 * 2;
            uint64_t last = first + n - 1;
            void *other = NULL;
            assert_int_equal(right->create(&stays, 1, a + et_turn_a(STEP, last),
                                           b + et_turn_b(STEP, last), want,
                                           &other),
                             ET_OK);
            assert_int_equal(right->base.run(other, 0, 1), ET_OK);
            right->base.destroy(other);
            assert_int_equal(et_buffer_fill(&at_c, 0, at_c.n, 0xff), ET_OK);
            assert_int_equal(backend->base.run(setup, first, n), ET_OK);
            assert_int_equal(et_backend_wait(&backend->base, setup), ET_OK);
            assert_int_equal(et_buffer_bring(&at_c, 0, at_c.n), ET_OK);
            assert_memory_equal(at_c.host, want, sizeof want);
        }
        backend->base.destroy(setup);
        et_buffer_close(&at_a);
        et_buffer_close(&at_b);
        et_buffer_close(&at_c);
    }
}

/* Both inputs are other ones in each iteration, and no pair comes again soon.
 */
TEST(turns_differ)
{
    static bool seen[ET_TURNS][ET_TURNS];
    for (uint64_t i = 0; i < ET_TURNS * ET_TURNS; i++) {
        int64_t a = et_turn_a(1, i), b = et_turn_b(1, i);
        assert_true(a >= 0 && a <= et_turn_slack(1));
        assert_true(b >= 0 && b <= et_turn_slack(1));
        assert_true(a != et_turn_a(1, i + 1) && b != et_turn_b(1, i + 1));
        assert_false(seen[a][b]);
        seen[a][b] = true;
    }
    for (size_t size = 1; size < 17; size++)
        assert_int_equal((size_t)et_turn_step(size) * size % ET_TURN_LINE, 0);
}

/* One multiplication. */
static struct et_gemm one(enum et_dtype t)
{
    return (struct et_gemm){.types = et_types_of(t),
                            .m = 1,
                            .n = 1,
                            .k = 1,
                            .batch = 1,
                            .lda = 1,
                            .ldb = 1,
                            .ldc = 1,
                            .alpha = 1};
}

static bool does_type(const struct et_gemm_backend *b, enum et_dtype t)
{
    const struct et_gemm p = one(t);
    return !et_gemm_unsupported(b, &p);
}

/* A type that it does at all it does in every shape. */
static void try_backend(const struct et_gemm_backend *backend)
{
    static const enum et_dtype types[] = {ET_FP64, ET_FP32};
    bool does[] = {does_type(backend, ET_FP64), does_type(backend, ET_FP32)};
    assert_true(does[0] || does[1]);
    static const int64_t sizes[][4] = {
        {1, 1, 1, 1},   {1, 7, 5, 2},    {7, 1, 5, 1},   {7, 5, 1, 3},
        {1, 1, 100, 1}, {17, 13, 29, 2}, {33, 65, 9, 1}, {64, 48, 130, 1}};
    static const double factors[][2] = {{1, 0},       {-0.5, 0}, {1, 1},
                                        {2.5, -0.25}, {0, 0.5},  {0, 0}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t f = 0; f < sizeof factors / sizeof factors[0]; f++) {
            for (int way = 0; way < 16; way++) {
                if (!does[way & 1])
                    continue;
                struct et_gemm p = {.types = et_types_of(types[way & 1]),
                                    .trans_a = way & 2,
                                    .trans_b = way & 4,
                                    .m = sizes[i][0],
                                    .n = sizes[i][1],
                                    .k = sizes[i][2],
                                    .batch = sizes[i][3],
                                    .alpha = factors[f][0],
                                    .beta = factors[f][1]};
                try_one(backend, p, 1 + (int)(f & 1), way & 8 ? 3 : 0);
            }
        }
    }
}

TEST(every_backend_computes)
{
    const struct et_gemm_backend *b;
    for (size_t i = 0; (b = et_gemm_backend_at(i)); i++) {
        if (!is_here(&b->base))
            continue;
        try_backend(b);
    }
}

/* Of each type a backend does the product, or says that it does not: nobody
 * takes what it does not know for fp32. The reference does all that have
 * fractions. */
TEST(every_type_is_done_or_refused)
{
    const struct et_gemm_backend *b;
    for (size_t i = 0; (b = et_gemm_backend_at(i)); i++) {
        struct et_gemm p = {.m = 17, .n = 13, .k = 29, .batch = 2, .alpha = 1};
        for (int way = 0; way < TYPE_WAYS; way++) {
            p.types = odd_types(way & 1 ? ET_FP32 : ET_FP64, way);
            const char *why = et_gemm_unsupported(b, &p);
            assert_true(why && *why);
        }
        for (int t = 0; t < ET_DTYPES; t++) {
            p.types = et_types_of((enum et_dtype)t);
            const char *why = et_gemm_unsupported(b, &p);
            assert_true(!why || *why);
            assert_true(i != 0 || !why == !et_dtype_is_integer(p.types.sum));
            if (!why)
                try_one(b, p, 1, 3);
        }
    }
    /* Operands short, sums and output wide, as the units for AI have it. */
    struct et_gemm p = {.types = et_types_of(ET_FP32),
                        .m = 17,
                        .n = 13,
                        .k = 29,
                        .batch = 2,
                        .alpha = 2,
                        .beta = -0.5};
    p.types.a.dtype = ET_BF16;
    p.types.b.dtype = ET_FP16;
    for (size_t i = 0; (b = et_gemm_backend_at(i)); i++) {
        assert_true(i == 0 || et_gemm_unsupported(b, &p));
        if (i == 0)
            try_one(b, p, 1, 3);
    }
}

TEST(the_list_is_sound)
{
    const struct et_gemm_backend *b = et_gemm_backend_at(0);
    assert_non_null(b);
    assert_string_equal(b->base.name, "reference");
    assert_null(et_backend_why_not(&b->base));
    for (size_t i = 0; (b = et_gemm_backend_at(i)); i++) {
        assert_ptr_equal(et_gemm_backend_find(b->base.name), b);
        assert_true(b->base.summary && *b->base.summary);
    }
    assert_null(et_gemm_backend_find("nonesuch"));
}

/* A library with 32-bit integers refuses; it never truncates. */
TEST(great_dimensions_are_refused)
{
    const struct et_gemm_backend *b = et_gemm_backend_find("cblas");
    if (et_backend_why_not(&b->base))
        skip();
    struct et_gemm small = one(ET_FP32);
    assert_null(b->unsupported(&small));
    int64_t *const members[] = {&small.m,   &small.n,   &small.k,
                                &small.lda, &small.ldb, &small.ldc};
    bool refused = false;
    for (size_t i = 0; i < 6; i++) {
        *members[i] = (int64_t)INT32_MAX + 1;
        bool now = b->unsupported(&small) != NULL;
        assert_true(i == 0 || now == refused);
        refused = now;
        *members[i] = 1;
    }
}

TEST(sizes_that_overflow_are_seen)
{
    int64_t a = -1, b = -1, c = -1;
    struct et_gemm p = {.m = INT64_MAX / 4,
                        .n = 8,
                        .k = 1,
                        .batch = 1,
                        .lda = 1,
                        .ldb = 8,
                        .ldc = 8};
    assert_false(et_gemm_elements(&p, &a, &b, &c));
    assert_int_equal(a, -1);
    p = (struct et_gemm){.trans_a = true,
                         .m = 2,
                         .n = 3,
                         .k = 4,
                         .batch = 5,
                         .lda = 7,
                         .ldb = 11,
                         .ldc = 13};
    assert_true(et_gemm_elements(&p, &a, &b, &c));
    assert_int_equal(a, 5 * 4 * 7);
    assert_int_equal(b, 5 * 4 * 11);
    assert_int_equal(c, 5 * 2 * 13);
}

/* Some small enough for every element, some checked by rows; beta too. */
static const char *const faulty[] = {
    "m=17 n=13 k=29 dtype=fp64 batch=2 ldc=15",
    "m=33 n=40 k=50 dtype=fp32 trans_a=yes alpha=-2.5 beta=0.5",
    "m=150 n=140 k=104 dtype=fp32",
    "m=150 n=140 k=104 dtype=fp64 trans_b=yes",
    "m=120 n=160 k=112 dtype=fp32 alpha=0.3 beta=1 ldc=170",
    "m=70 n=60 k=80 batch=7 dtype=fp64 beta=-1",
    "m=40 n=1 k=54000 dtype=fp32",
    "m=1 n=900 k=2400 dtype=fp64",
    NULL};

TEST(every_fault_is_found)
{
    faults_are_found(&et_bench_gemm, faulty);
}

TEST(no_clean_run_fails)
{
    /* By rows, though not large: rows that are short, sums that are. */
    static const char *const large[] = {"m=1500 n=1500 k=1 dtype=fp32",
                                        "m=1200 n=900 k=2 dtype=fp64 beta=1",
                                        "m=1200 n=1 k=1800 dtype=fp32",
                                        "m=600 n=4 k=1000 dtype=fp64",
                                        "m=1100 n=2 k=1000 beta=0.9 alpha=1000",
                                        "m=130 n=130 k=130 dtype=fp32",
                                        NULL};
    static const char *const small[] = {
        "m=20 n=20 k=20 dtype=fp32", "m=9 n=11 k=40 dtype=fp64 beta=-0.5",
        "m=12 n=8 k=1 dtype=fp32 beta=1 alpha=0.1", NULL};
    clean_runs_pass(&et_bench_gemm, small, 150);
    clean_runs_pass(&et_bench_gemm, large, 12);
}

TEST(the_same_seed_leaves_the_same)
{
    outputs_are_alike(&et_bench_gemm, "m=17 n=13 k=29 ldc=20");
}

TEST_MAIN(the_list_is_sound, turns_differ, inputs_move, every_backend_computes,
          every_type_is_done_or_refused, great_dimensions_are_refused,
          sizes_that_overflow_are_seen, every_fault_is_found,
          no_clean_run_fails, the_same_seed_leaves_the_same)
