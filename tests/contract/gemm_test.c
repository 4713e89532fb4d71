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
#include "tests/contract/gemm.h"
#include "tests/contract/listed.h"
#include "tests/contract/types.h"

extern const struct et_bench et_bench_gemm;

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
    enum { APART_A = 2 * M * K + SLACK, APART_B = 2 * K * N + SLACK };
    double a[3 * APART_A], b[3 * APART_B], c[2 * M * N];
    double want[2 * M * N];
    memset(c, 0, sizeof c);
    const struct et_gemm_backend *backend, *right = et_gemm_backend_at(0);
    struct et_gemm p = et_gemm_dense(et_types_of(ET_FP64), M, N, K);
    p.batch = 2;
    p.turn_a = (struct et_turn){STEP, 2, APART_A};
    p.turn_b = (struct et_turn){STEP, 2, APART_B};
    struct et_gemm stays = p;
    stays.turn_a = stays.turn_b = (struct et_turn){0};
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
            assert_int_equal(
                right->create(&stays, 1, a + et_turn_a(&p.turn_a, last),
                              b + et_turn_b(&p.turn_b, last), want, &other),
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
    const struct et_turn one = {.step = 1}, three = {1, 2, 100};
    for (uint64_t i = 0; i < ET_TURNS * ET_TURNS; i++) {
        int64_t a = et_turn_a(&one, i), b = et_turn_b(&one, i);
        assert_true(a >= 0 && a <= et_turn_slack(1));
        assert_true(b >= 0 && b <= et_turn_slack(1));
        assert_true(a != et_turn_a(&one, i + 1) && b != et_turn_b(&one, i + 1));
        assert_int_equal(et_turn_a(&three, i), a + (int64_t)(i % 3 * 100));
        assert_int_equal(et_turn_b(&three, i), b + (int64_t)(i % 3 * 100));
        assert_false(seen[a][b]);
        seen[a][b] = true;
    }
    for (size_t size = 1; size < 17; size++)
        assert_int_equal((size_t)et_turn_step(size) * size % ET_TURN_LINE, 0);
}

/* One multiplication. */
static struct et_gemm one(struct et_types t)
{
    return et_gemm_dense(t, 1, 1, 1);
}

/* The types that products for AI have, and those of HPC: what A, B and C are
 * stored as and what is summed in. */
static const struct {
    enum et_dtype a, b, sum, out;
} triples[] = {{ET_FP64, ET_FP64, ET_FP64, ET_FP64},
               {ET_FP32, ET_FP32, ET_FP32, ET_FP32},
               {ET_BF16, ET_BF16, ET_FP32, ET_BF16},
               {ET_BF16, ET_BF16, ET_FP32, ET_FP32},
               {ET_FP16, ET_FP16, ET_FP32, ET_FP16},
               {ET_FP16, ET_FP16, ET_FP32, ET_FP32},
               {ET_FP8_E4M3, ET_FP8_E4M3, ET_FP32, ET_FP32},
               {ET_FP8_E5M2, ET_FP8_E4M3, ET_FP32, ET_BF16},
               {ET_INT8, ET_INT8, ET_INT32, ET_INT32},
               {ET_UINT8, ET_INT8, ET_INT32, ET_INT32},
               {ET_UINT8, ET_UINT8, ET_INT32, ET_INT32}};
enum { TRIPLES = sizeof triples / sizeof *triples };

static struct et_types triple(int i)
{
    struct et_types t = et_types_of(triples[i].a);
    t.b.dtype = triples[i].b;
    t.sum = triples[i].sum;
    t.out.dtype = triples[i].out;
    return t;
}

static bool does_types(const struct et_gemm_backend *b, int i)
{
    const struct et_gemm p = one(triple(i));
    return !et_gemm_unsupported(b, &p);
}

/* Types that it does at all it does in every shape. What it does not do is
 * said: a library may have no alpha, integers none and no beta. */
static void try_types(const struct et_gemm_backend *backend, int types)
{
    static const int64_t sizes[][4] = {
        {1, 1, 1, 1},    {1, 7, 5, 2},    {7, 1, 5, 1},   {7, 5, 1, 3},
        {1, 1, 100, 1},  {17, 13, 29, 2}, {33, 65, 9, 1}, {64, 48, 130, 1},
        {5, 30, 70, 2},  {2, 30, 70, 1},  {31, 6, 75, 1}, {20, 70, 532, 1},
        {70, 20, 532, 1}};
    static const double factors[][2] = {{1, 0},       {-0.5, 0}, {1, 1},
                                        {2.5, -0.25}, {0, 0.5},  {0, 0}};
    const struct et_types t = triple(types);
    size_t n_factors =
        et_types_are_integers(&t) ? 1 : sizeof factors / sizeof factors[0];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t f = 0; f < n_factors; f++) {
            for (int way = 0; way < 8; way++) {
                struct et_gemm p = {.types = t,
                                    .trans_a = way & 1,
                                    .trans_b = way & 2,
                                    .m = sizes[i][0],
                                    .n = sizes[i][1],
                                    .k = sizes[i][2],
                                    .batch = sizes[i][3],
                                    .alpha = factors[f][0],
                                    .beta = factors[f][1]};
                if ((p.alpha != 1 || backend->partly) &&
                    et_gemm_unsupported(backend, &p))
                    continue;
                try_one(backend, p, 1 + (int)(f & 1), way & 4 ? 3 : 0);
            }
        }
    }
}

static void try_backend(const struct et_gemm_backend *backend)
{
    assert_true(does_types(backend, 0) || does_types(backend, 1));
    for (int i = 0; i < TRIPLES; i++) {
        if (does_types(backend, i))
            try_types(backend, i);
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

/* Sums of more than a block of a blocked product, and not so many that rounding
 * hides a part that is missing. */
TEST(sums_in_parts)
{
    const struct et_gemm_backend *b;
    for (size_t i = 0; (b = et_gemm_backend_at(i)); i++) {
        for (int t = 0; t < TRIPLES; t++) {
            struct et_gemm p = et_gemm_dense(triple(t), 9, 18, 8200);
            if (!does_types(b, t) || (b->partly && et_gemm_unsupported(b, &p)))
                continue;
            try_one(b, p, 2, 0);
            p.l2 = 1; /* the smallest blocks */
            try_one(b, p, 2, 0);
            p.alpha = 2;
            p.beta = -0.5;
            if (!et_types_are_integers(&p.types) && !et_gemm_unsupported(b, &p))
                try_one(b, p, 1, 0);
        }
    }
}

/* Sums of half a million; all the threads that a row or a column has. */
TEST(long_sums)
{
    const struct et_gemm_backend *b;
    for (size_t i = 0; (b = et_gemm_backend_at(i)); i++) {
        for (int t = 0; t < TRIPLES; t++) {
            struct et_gemm p = et_gemm_dense(triple(t), 2, 3, 500000);
            /* Products of bytes without a sign exceed int32. */
            if (!does_types(b, t) || triples[t].b == ET_UINT8 ||
                (b->partly && et_gemm_unsupported(b, &p)))
                continue;
            try_one(b, p, 2, 0);
        }
    }
}

/* What is no number in a row of A is none in that row of C, and in no other;
 * where there is infinity, too, and where 0 stands in C's way: beta C is not
 * read. */
TEST(what_is_no_number_stays_so)
{
    enum { M = 15, N = 33, K = 21, ROW = 9 };
    const struct et_gemm_backend *b;
    for (size_t i = 0; (b = et_gemm_backend_at(i)); i++) {
        for (int t = 0; t < 2 * TRIPLES; t++) {
            struct et_gemm p = et_gemm_dense(triple(t / 2), M, N, K);
            double odd = t % 2 ? (double)INFINITY : (double)NAN;
            if (!does_types(b, t / 2) || et_types_are_integers(&p.types) ||
                isfinite(et_dtype_round(p.types.a.dtype, odd)))
                continue;
            struct operand x = make(p.types.a.dtype, M * K, K, K, 1);
            struct operand y = make(p.types.b.dtype, K * N, N, N, 2);
            struct operand c = make(p.types.out.dtype, M * N, N, N, 3);
            et_dtype_set(x.dtype, elements(&x), ROW * K + 7, odd);
            struct et_buffer at_x = lend(b, &x), at_y = lend(b, &y),
                             at_c = lend(b, &c);
            void *setup = NULL;
            assert_int_equal(
                b->create(&p, 2, lent(&at_x), lent(&at_y), lent(&at_c), &setup),
                ET_OK);
            run_once(b, setup, &at_c, &c);
            b->base.destroy(setup);
            for (size_t e = 0; e < M * N; e++) {
                double v = et_dtype_get(c.dtype, elements(&c), e);
                assert_true(isfinite(v) == (e / N != ROW));
            }
            et_buffer_close(&at_x);
            et_buffer_close(&at_y);
            et_buffer_close(&at_c);
            drop(&x);
            drop(&y);
            drop(&c);
        }
    }
}

/* Of each type a backend does the product, or says that it does not: nobody
 * takes what it does not know for fp32. The reference does all. */
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
            p.types = et_types_usual((enum et_dtype)t);
            const char *why = et_gemm_unsupported(b, &p);
            assert_true(!why || *why);
            assert_true(i != 0 || !why);
            if (!why)
                try_one(b, p, 1, 3);
        }
    }
    /* Operands short, sums and output wide, as the units for AI have it. */
    struct et_gemm p = et_gemm_dense(et_types_of(ET_FP32), 17, 13, 29);
    p.batch = 2;
    p.alpha = 2;
    p.beta = -0.5;
    p.types.a.dtype = ET_BF16;
    p.types.b.dtype = ET_FP16;
    for (size_t i = 0; (b = et_gemm_backend_at(i)); i++) {
        const char *why = et_gemm_unsupported(b, &p);
        assert_true(i != 0 || !why);
        if (!why)
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
    struct et_gemm small = one(et_types_of(ET_FP32));
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
    "m=21 n=17 k=40 dtype=bf16",
    "m=140 n=150 k=130 dtype=bf16 beta=0.5",
    "m=150 n=140 k=300 dtype=bf16 out=fp32",
    "m=150 n=140 k=130 dtype=fp16 ldc=145",
    "m=150 n=140 k=130 dtype=int8",
    "m=21 n=17 k=40 dtype=int8 dtype_a=uint8",
    "m=140 n=150 k=130 dtype=fp8_e4m3 out=fp32",
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
                                        "m=140 n=130 k=130 dtype=bf16",
                                        "m=140 n=130 k=130 dtype=int8",
                                        "m=140 n=130 k=130 dtype=fp16 beta=-1",
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
          sums_in_parts, long_sums, what_is_no_number_stays_so,
          every_type_is_done_or_refused, great_dimensions_are_refused,
          sizes_that_overflow_are_seen, every_fault_is_found,
          no_clean_run_fails, the_same_seed_leaves_the_same)
