/* The check of products: integers that no rounding touches, products with
 * vectors against the definition, bounds where elements are stored in less
 * than they are summed in, and a kernel that errs in the exact pass alone.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/check/product.h"
#include "harness/base/random.h"
#include "harness/team/threads.h"

/* gamma_n = n u / (1 - n u) (Higham, Accuracy and Stability, lemma 3.1). */
TEST(gammas)
{
    assert_true(et_check_gamma(0, 0.25) == 0);
    assert_true(et_check_gamma(1, 0.25) == 1.0 / 3);
    assert_true(et_check_gamma(2, 0.25) == 1);
    assert_true(et_check_gamma(4, 0.25) == INFINITY);
}

/* The worst stays; what is no number is worse than all. */
TEST(worst_is_kept)
{
    struct et_check_worst w = {0};
    et_check_take(&w, 5, 4, 2, 1, 2, 3);
    assert_true(w.error == 0.5 && w.got == 5 && w.at[2] == 3);
    et_check_take(&w, 4.5, 4, 2, 7, 8, 9);
    assert_true(w.error == 0.5 && w.at[2] == 3);
    et_check_take(&w, 3, 3, 0, 7, 8, 9);
    assert_true(w.error == 0.5);
    static const double odd[][3] = {{3, 4, 0},   {NAN, 4, 2}, {INFINITY, 4, 2},
                                    {4, NAN, 2}, {4, 4, NAN}, {4, 5, INFINITY}};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        w = (struct et_check_worst){.error = 7};
        et_check_take(&w, odd[i][0], odd[i][1], odd[i][2], 0, 0, 0);
        assert_true(w.error == INFINITY);
    }
}

struct agreement {
    int odd;
    double error;
    struct et_verification got[3];
};

static enum et_status agree_one(struct et_team *team, void *arg)
{
    static const char *const axes[3] = {"product", "row", "column"};
    struct agreement *a = arg;
    bool odd = team->rank == a->odd;
    const struct et_check_worst w = {.error = odd ? a->error : 0.25,
                                     .certain = odd ? 8 : 4,
                                     .at = {0, team->rank, -1}};
    return et_check_agree(team, ET_OK, &w, axes, "by hand",
                          &a->got[team->rank]);
}

/* An error up to the bound passes, and of all ranks the worst counts. */
TEST(the_worst_rank_counts)
{
    static const double errors[] = {0.5, 1, 1.0000001, 1.5, INFINITY};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        for (int odd = 0; odd < 3; odd++) {
            struct agreement a = {.odd = odd, .error = errors[i]};
            char words[32];
            snprintf(words, sizeof words, "rank %d, ", odd);
            assert_int_equal(et_team_threads_run(3, 0, agree_one, &a), ET_OK);
            for (int r = 0; r < 3; r++) {
                assert_int_equal(a.got[r].status, errors[i] <= 1
                                                      ? ET_CHECK_PASSED
                                                      : ET_CHECK_FAILED);
                assert_true(a.got[r].error == errors[i]);
                assert_true(a.got[r].bound == 1 && a.got[r].certain == 8);
                assert_int_equal(strstr(a.got[r].note, words) != NULL,
                                 errors[i] > 1);
            }
        }
    }
}

TEST(integers_are_the_greatest)
{
    static const double units[][2] = {
        {0x1p-53, 0}, {0x1p-24, 0}, {0x1p-24, 0x1p-11}, {0x1p-24, 0x1p-8}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        double held = 1 / fmax(units[i][0], units[i][1]);
        struct et_check_rounding u = {units[i][0], units[i][1], held, held, 0};
        for (int64_t k = 1; k < 1 << 21; k = 3 * k + 1) {
            int64_t q = et_check_integers(k, 4096, &u), next = q + 1;
            assert_true((double)(k * q * q + q) <= held);
            assert_true(q == 1024 || (double)(k * next * next + next) > held);
            if (q == 0)
                continue;
            int64_t w = et_check_weights(k, 4096, q);
            assert_true(w >= 1 &&
                        (double)w * 4096 * (double)(k * q * q + q) <= 0x1p53);
        }
    }
    struct et_types types = et_types_of(ET_FP32);
    struct et_check_rounding fp32 = et_check_rounding_of(&types);
    assert_int_equal(et_check_integers(1 << 22, 1 << 20, &fp32), 1);
    assert_int_equal(et_check_integers(INT64_C(1) << 40, 1 << 20, &fp32), 0);
}

/* What a type holds, by its definition; the operands' and the sums' own. */
TEST(integers_are_those_of_the_types)
{
    struct et_types bf16 = et_types_of(ET_BF16), mixed = et_types_of(ET_FP32);
    struct et_check_rounding u = et_check_rounding_of(&bf16);
    assert_true(u.sum == 0x1p-8 && u.out == 0 && u.exact == 256);
    assert_int_equal(et_check_integers(10, 1, &u), 5); /* 10 q^2 + q <= 2^8 */
    assert_int_equal(et_check_integers(255, 1, &u), 1);
    assert_int_equal(et_check_integers(256, 1, &u), 0);
    mixed.a.dtype = mixed.b.dtype = ET_BF16;
    u = et_check_rounding_of(&mixed);
    assert_true(u.sum == 0x1p-24 && u.out == 0 && u.exact == 0x1p24);
    assert_int_equal(et_check_integers(1, 1, &u), 256); /* bf16 holds them */
    mixed.out.dtype = ET_FP16;
    u = et_check_rounding_of(&mixed);
    assert_true(u.sum == 0x1p-24 && u.out == 0x1p-11 && u.exact == 2048);
    assert_int_equal(et_check_integers(2, 1, &u), 31); /* 2 q^2 + q <= 2^11 */
    assert_true(u.half == 0x1p-25); /* fp16's least is 2^-24 */
    struct et_types int8 = et_types_usual(ET_INT8);
    int8.a.dtype = ET_UINT8;
    u = et_check_rounding_of(&int8);
    assert_true(u.sum == 0 && u.out == 0 && u.half == 0 && u.operand == 127 &&
                u.exact == 2147483647);
}

/* An element near 0 may be half a step off, and of sums in steps that errors
 * have in common one more each; what is stored as it was summed is not. */
TEST(steps_near_zero)
{
    struct et_types t = et_types_usual(ET_FP16);
    struct et_check_rounding u = et_check_rounding_of(&t);
    struct et_check_growth g = et_check_grow_worst(1, 0, 5, 1, &u);
    assert_true(g.half == 0x1p-25);
    assert_true(et_check_element_bound(&g, 0, 0, 0, 1) == 0x1p-25);
    g = et_check_grow_worst(1, 0.5, 3, 1, &u);
    assert_true(g.half == 1.75 * 0x1p-25);
    g = et_check_grow_typical(1, 1, 4, 1, &u);
    assert_true(g.half == 4 * 0x1p-25);
    assert_true(et_check_row_bound(&g, 0, 0, 0, 1, 9) ==
                ET_CHECK_LAMBDA * 3 * g.half);
    t = et_types_usual(ET_FP32);
    u = et_check_rounding_of(&t);
    assert_true(u.half == 0);
}

/* Of few digits few sums are kept, so that one of them is not lost. */
TEST(sums_that_are_kept)
{
    assert_int_equal(et_product_kept(ET_FP64), ET_PRODUCT_KEPT);
    assert_int_equal(et_product_kept(ET_FP32), ET_PRODUCT_KEPT);
    assert_int_equal(et_product_kept(ET_FP16), 256);
    assert_int_equal(et_product_kept(ET_BF16), 32);
    assert_int_equal(et_product_kept(ET_FP8_E5M2), 1);
}

TEST(integers_fill_their_range)
{
    float v[4000], same[10];
    int seen[7] = {0};
    et_check_fill(ET_FP32, v, 4000, 3, 0, 3);
    et_check_fill(ET_FP32, same, 10, 3, 100, 3);
    assert_memory_equal(same, v + 100, sizeof same);
    for (int i = 0; i < 4000; i++) {
        assert_true(v[i] == rintf(v[i]) && fabsf(v[i]) <= 3);
        seen[(int)v[i] + 3]++;
    }
    for (int i = 0; i < 7; i++)
        assert_true(seen[i] > 400);
    double x[1000];
    int negative = 0;
    et_check_signs(x, 1000, 5, 9);
    for (int i = 0; i < 1000; i++) {
        assert_true(x[i] != 0 && x[i] == rint(x[i]) && fabs(x[i]) <= 5);
        negative += x[i] < 0;
    }
    assert_in_range(negative, 400, 600);
}

/* Integers, so that the order of the sums does not show. */
TEST(vectors_are_multiplied)
{
    static double data[40 * 700];
    static double x[2][700], y[2][40], square[40];
    double *px[] = {x[0], x[1]}, *py[] = {y[0], y[1]};
    for (int way = 0; way < 4 * 9 * 4 * ET_DTYPES; way++) {
        struct et_check_matrix m = {
            .dtype = (enum et_dtype)(way % ET_DTYPES),
            .data = data,
            .first = 3,
            .rows = 1 + way / 4 % 9,
            .cols = (int64_t[]){1, 7, 300, 600}[way / 36 % 4]};
        m.rs = way & 2 ? 1 : m.cols + 2;
        m.cs = way & 2 ? m.rows + 1 : 1;
        et_check_fill(m.dtype, data, 39 * 700, 5, 0, 100);
        et_check_signs(x[0], m.cols, 9, 1);
        et_check_signs(x[1], m.cols, 9, 2);
        et_check_times(&m, px, py, way % 3 ? square : NULL, 1 + way % 2);
        for (int64_t i = 0; i < m.rows; i++) {
            double want[3] = {0};
            for (int64_t j = 0; j < m.cols; j++) {
                double v = et_dtype_get(
                    m.dtype, data, (size_t)(m.first + i * m.rs + j * m.cs));
                want[0] += v * x[0][j];
                want[1] += v * x[1][j];
                want[2] += v * v;
            }
            assert_true(y[0][i] == want[0] && y[1][i] == want[1]);
            assert_true(way % 3 == 0 || square[i] == want[2]);
        }
    }
}

/* Sums in fp32, stored in eight bits: as a bf16 product is. */
TEST(stored_elements_may_be_short)
{
    struct et_check_rounding wide = {.sum = 0x1p-24, .out = 0x1p-8};
    struct et_check_rounding narrow = {.sum = 0x1p-24};
    double worst[2] = {0};
    for (uint64_t t = 0; t < 500; t++) {
        int64_t k = 1 + (int64_t)(t % 90);
        double sum = 0, size = 0;
        float got = 0;
        for (int64_t l = 0; l < k; l++) {
            float a = (float)et_random_unit(t, (uint64_t)(2 * l));
            float b = (float)et_random_unit(t, (uint64_t)(2 * l + 1));
            got += a * b;
            sum += (double)a * (double)b;
            size += fabs((double)a * (double)b);
        }
        int e;
        double f = frexp((double)got, &e), stored = ldexp(rint(f * 256), e - 8);
        const struct et_check_rounding *units[] = {&wide, &narrow};
        for (int i = 0; i < 2; i++) {
            struct et_check_growth g =
                et_check_grow_worst(1, 0, 1, k, units[i]);
            worst[i] =
                fmax(worst[i], fabs(stored - sum) /
                                   et_check_element_bound(&g, size, 0, sum, k));
        }
        struct et_check_growth g = et_check_grow_typical(1, 0, 1, k, &wide);
        double rk = sqrt((double)k); /* v |c| of a row of one, and no more */
        double bound = et_check_row_bound(&g, rk, rk, 0, k, 1);
        assert_true(bound >= ET_CHECK_LAMBDA * 0x1p-8 * rk &&
                    bound <= ET_CHECK_LAMBDA * 0x1.01p-8 * rk);
    }
    assert_true(worst[0] <= 1 && worst[0] > 0.4);
    assert_true(worst[1] > 100);
}

/* A kernel of m x n over k, dense, that can err. */
enum err { RIGHT, ONE_TERM, ONE_ULP, SHORT_SUM, UNWRITTEN, SHORT_A, SHORT_B };
struct kernel {
    struct et_product product;
    enum err err;
    int64_t integers; /* what the operands are */
    uint64_t epoch;
    bool fill_fails;
    double alpha, beta;
    struct et_buffer buffer;
    double a[20 * 60], b[60 * 30], c[20 * 30];
};

static struct et_check_matrix matrix_a(const void *of, int64_t g)
{
    const struct kernel *z = of;
    const struct et_product *p = &z->product;
    (void)g;
    return (struct et_check_matrix){
        p->types.out.dtype, z->a, 0, p->m, p->k, p->k, 1, NULL};
}

static void times_b(const void *of, int64_t g,
                    double *const x[ET_CHECK_VECTORS],
                    double *const y[ET_CHECK_VECTORS], double *square)
{
    const struct kernel *z = of;
    const struct et_product *p = &z->product;
    struct et_check_matrix b = {
        p->types.out.dtype, z->b, 0, p->k, p->n, p->n, 1, NULL};
    (void)g;
    et_check_times(&b, x, y, square, 1);
}

static double element(const void *of, int64_t g, int64_t i, int64_t j,
                      double *size)
{
    const struct kernel *z = of;
    const struct et_product *p = &z->product;
    double sum = 0;
    (void)g;
    *size = 0;
    for (int64_t l = 0; l < p->k; l++) {
        double v =
            et_dtype_get(p->types.out.dtype, z->a, (size_t)(i * p->k + l)) *
            et_dtype_get(p->types.out.dtype, z->b, (size_t)(l * p->n + j));
        sum += v;
        *size += fabs(v);
    }
    return sum;
}

static enum et_status fill(void *of, const struct et_product_fill *f)
{
    struct kernel *z = of;
    const struct et_product *p = &z->product;
    enum et_dtype t = p->types.out.dtype;
    z->integers = f->a;
    z->epoch = f->epoch;
    et_check_fill(t, z->a, (size_t)(p->m * p->k), 1 + 2 * f->epoch, 0, f->a);
    et_check_fill(t, z->b, (size_t)(p->k * p->n), 2 + 2 * f->epoch, 0, f->b);
    for (int64_t i = 0; f->terms && i < p->m * p->k; i++) {
        if ((i % p->k - i / p->k + p->k * p->m) % p->k >= f->terms)
            et_dtype_set(t, z->a, (size_t)i, 0);
    }
    return z->fill_fails ? ET_INFRA : ET_OK;
}

static enum et_status create(void *of, double alpha, double beta, void **setup)
{
    struct kernel *z = of;
    z->alpha = alpha, z->beta = beta;
    *setup = z;
    return ET_OK;
}

/* With 16 bits of mantissa. */
static double cut(double v)
{
    int e;
    double f = frexp(v, &e);
    return ldexp(trunc(f * 65536), e - 16);
}

/* How far short operands are off. */
static double shortened(const struct kernel *z, int64_t i, int64_t j)
{
    const struct et_product *p = &z->product;
    enum et_dtype t = p->types.out.dtype;
    double off = 0;
    for (int64_t l = 0; l < p->k; l++) {
        double a = et_dtype_get(t, z->a, (size_t)(i * p->k + l));
        double b = et_dtype_get(t, z->b, (size_t)(l * p->n + j));
        off += z->err == SHORT_A ? (a - cut(a)) * b : a * (b - cut(b));
    }
    return off;
}

static void once(struct kernel *z)
{
    const struct et_product *p = &z->product;
    enum err err = z->integers ? z->err : RIGHT;
    for (int64_t i = 0; i < p->m; i++) {
        for (int64_t j = 0; j < p->n; j++) {
            size_t at = (size_t)(i * p->n + j);
            double unused, v = z->alpha * element(z, 0, i, j, &unused);
            bool here = i == 7 && j == 11;
            if (z->beta != 0)
                v += z->beta * et_dtype_get(p->types.out.dtype, z->c, at);
            if (err == SHORT_A || err == SHORT_B)
                v -= z->alpha * shortened(z, i, j);
            if (here && err == ONE_TERM)
                v -= et_dtype_get(p->types.out.dtype, z->a, 0) + 0.5;
            if (here && err == ONE_ULP)
                v = nextafterf((float)v, INFINITY);
            if (err == SHORT_SUM) { /* as half of fp32's digits would */
                int e;
                double f = frexp(v, &e);
                v = ldexp(rint(f * 4096), e - 12);
            }
            if (!here || err != UNWRITTEN)
                et_dtype_set(p->types.out.dtype, z->c, at, v);
        }
    }
}

static enum et_status run(void *setup, uint64_t first, uint64_t n)
{
    (void)first; /* its inputs stay */
    for (uint64_t i = 0; i < n; i++)
        once(setup);
    return ET_OK;
}

static void destroy(void *setup)
{
    (void)setup;
}

static const struct et_product_ops ops = {matrix_a, times_b, element, fill,
                                          create};
static const struct et_backend backend = {
    .name = "errs", .summary = "errs", .run = run, .destroy = destroy};

static struct kernel *make(enum et_dtype dtype, double beta, bool small)
{
    struct kernel *z = calloc(1, sizeof *z);
    assert_non_null(z);
    z->product = (struct et_product){.ops = &ops,
                                     .of = z,
                                     .count = 1,
                                     .m = 20,
                                     .n = 30,
                                     .k = 60,
                                     .ldc = 30,
                                     .types = et_types_of(dtype),
                                     .alpha = 0.3,
                                     .beta = beta,
                                     .threads = 1,
                                     .small = small,
                                     .stream = 77,
                                     .backend = &backend,
                                     .c = &z->buffer};
    z->buffer = (struct et_buffer){&et_space_host, z->c, z->c, 20 * 30,
                                   et_dtype_size(dtype)};
    return z;
}

TEST(exact_faults_are_found)
{
    for (int way = 0; way < 5 * 2 * 2 * 3; way++) {
        struct kernel *z =
            make(way / 5 % 2, (way / 20) * 0.5 - 0.5, way / 10 % 2);
        z->err = (enum err)(way % 5);
        struct et_check_worst w = {0};
        struct et_product *p = &z->product;
        assert_int_equal(et_product_open(p), ET_OK);
        for (int again = 0; again < 2; again++) {
            assert_int_equal(et_product_run(p, 1), ET_OK);
            assert_int_equal(et_product_check(p, &w), ET_OK);
            assert_true(w.exact == (z->err != RIGHT));
            assert_true(z->err == RIGHT ? w.error < 0.7 : isinf(w.error));
            if (z->err != RIGHT && z->err != SHORT_SUM)
                assert_true(w.at[0] == 0 && w.at[1] == 7 && w.at[2] == 11);
        }
        /* Nothing has run since. */
        assert_int_equal(et_product_check(p, &w), ET_OK);
        assert_true(isinf(w.error));
        et_product_close(p);
        free(z);
    }
}

/* What this process has done already is not done again: a kernel that errs on
 * integers alone is not seen to. The timed data are checked all the same. */
TEST(settled_is_settled)
{
    for (int way = 0; way < 2 * 2; way++) {
        struct kernel *z = make(ET_FP64, (way / 2) * 0.5, way % 2);
        struct et_check_worst w = {0};
        struct et_product *p = &z->product;
        z->err = ONE_TERM;
        p->settled = true;
        assert_int_equal(et_product_open(p), ET_OK);
        assert_int_equal(et_product_run(p, 1), ET_OK);
        assert_int_equal(et_product_check(p, &w), ET_OK);
        assert_true(w.error < 0.7 && !w.exact);
        assert_int_equal(et_product_run(p, 1), ET_OK);
        et_dtype_set(ET_FP64, z->c, 11, 1e6);
        assert_int_equal(et_product_check(p, &w), ET_OK);
        assert_true(w.error > 1);
        et_product_close(p);
        free(z);
    }
}

/* A fault that a row's bound lets pass, and an element's does not. */
TEST(samples_see_more)
{
    for (int way = 0; way < 2; way++) {
        struct kernel *z = make(ET_FP32, 0, false);
        struct et_product *p = &z->product;
        struct et_check_worst w = {0};
        p->samples = way ? 6000 : 0; /* ten times all of them */
        assert_int_equal(et_product_open(p), ET_OK);
        assert_int_equal(et_product_run(p, 1), ET_OK);
        double v = et_dtype_get(ET_FP32, z->c, 77);
        et_dtype_set(ET_FP32, z->c, 77, v + 0.3 * 1300 * 0x1p-24);
        assert_int_equal(et_product_check(p, &w), ET_OK);
        assert_true(way ? w.error > 1 && w.at[2] == 77 % 30 : w.error < 1);
        et_product_close(p);
        free(z);
    }
}

static double norm(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i] * v[i];
    return sqrt(sum);
}

/* A right output may be a bound off one way and a fault bring it as far off
 * the other way, so what is found for certain is beyond two bounds: the widest
 * of all rows, or of all elements where each is looked at. */
TEST(what_is_certain_is_two_bounds_wide)
{
    for (int small = 0; small < 2; small++) {
        struct kernel *z = make(ET_FP64, 0, small);
        struct et_product *p = &z->product;
        struct et_check_worst w = {0};
        assert_int_equal(et_product_open(p), ET_OK);
        assert_int_equal(et_product_run(p, 1), ET_OK);
        assert_int_equal(et_product_check(p, &w), ET_OK);
        struct et_check_rounding u = et_check_rounding_of(&p->types);
        struct et_check_growth rows = et_check_grow_typical(p->alpha, 0, 1,
                                                            p->k, &u),
                               elements = et_check_grow_worst(p->alpha, 0, 1,
                                                              p->k, &u);
        double widest = 0, b = norm(z->b, (size_t)(p->k * p->n));
        for (int64_t i = 0; i < p->m; i++) {
            double a = norm(z->a + i * p->k, (size_t)p->k);
            if (!small)
                widest = fmax(widest,
                              et_check_row_bound(&rows, a, b, 0, p->k, p->n));
            for (int64_t j = 0; small && j < p->n; j++) {
                double size, c = p->alpha * element(z, 0, i, j, &size);
                widest = fmax(widest, et_check_element_bound(&elements, size, 0,
                                                             c, p->k));
            }
        }
        assert_true(widest > 0);
        assert_true(fabs(w.certain / (2 * widest) - 1) < 1e-9);
        et_product_close(p);
        free(z);
    }
}

/* Sums of small integers do not see it. */
TEST(short_operands_are_found)
{
    struct et_check_worst w = {0};
    for (int way = 0; way < 2 * 2 * 2 * 2; way++) {
        struct kernel *z = make(way % 2, way / 2 % 2 ? 0.5 : 0, way / 4 % 2);
        struct et_product *p = &z->product;
        z->err = way / 8 ? SHORT_A : SHORT_B;
        assert_int_equal(et_product_open(p), ET_OK);
        assert_int_equal(et_product_run(p, 1), ET_OK);
        assert_int_equal(et_product_check(p, &w), ET_OK);
        assert_true(w.exact && isinf(w.error));
        et_product_close(p);
        free(z);
    }
}

/* After half of the places of the inputs other numbers stand there, at the same
 * iteration on each rank; the first again after a rewind; never with beta. */
TEST(inputs_are_filled_anew)
{
    const uint64_t half = ET_TURNS * ET_TURNS / 2;
    struct et_check_worst w = {0};
    for (int sums = 0; sums < 2; sums++) {
        struct kernel *z = make(ET_FP64, sums ? 0.5 : 0, true);
        struct et_product *p = &z->product;
        assert_int_equal(et_product_open(p), ET_OK);
        double first = z->a[0];
        for (uint64_t i = 1; i <= 3 * half; i++) {
            uint64_t due = sums ? 0 : (i - 1) / half;
            assert_int_equal(et_product_before(p), ET_OK);
            assert_int_equal(z->epoch, due);
            assert_true((z->a[0] == first) == (due == 0));
            assert_int_equal(et_product_run(p, 1), ET_OK);
        }
        assert_int_equal(et_product_check(p, &w), ET_OK);
        assert_true(w.error < 1);
        et_product_rewind(p);
        assert_true(z->epoch == 0 && z->a[0] == first);
        assert_int_equal(et_product_run(p, 1), ET_OK);
        z->fill_fails = true;
        assert_int_equal(et_product_run(p, (uint64_t)half), ET_OK);
        assert_int_equal(et_product_before(p), sums ? ET_OK : ET_INFRA);
        assert_int_equal(et_product_run(p, 1), sums ? ET_OK : ET_INFRA);
        et_product_close(p);
        free(z);
    }
}

TEST_MAIN(gammas, worst_is_kept, the_worst_rank_counts,
          integers_are_the_greatest, integers_are_those_of_the_types,
          steps_near_zero, sums_that_are_kept, integers_fill_their_range,
          vectors_are_multiplied, stored_elements_may_be_short,
          exact_faults_are_found, settled_is_settled, samples_see_more,
          what_is_certain_is_two_bounds_wide, short_operands_are_found,
          inputs_are_filled_anew)
