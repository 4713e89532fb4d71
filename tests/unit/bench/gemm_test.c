/* The gemm bench: its parameters' check, what a rank needs and does, and
 * above all that verify fails when the output is wrong. The bench's file is
 * taken in whole, to reach the operands of its state.
 */
#include "config.h"

#include "tests/unit/test_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "bench/gemm.c"
#include "harness/base/random.h"
#include "tests/unit/bench/kit.h"
#include "tests/unit/bench/product.h"

static int64_t first_rows[MOST_GROUPS + 1]; /* of groups: there are none */

static struct params preset(void)
{
    struct params p;
    assert_int_equal(et_fields_init(rows, &p, sizeof p), ET_OK);
    return p;
}

static void open_case(struct kit *kit, const char *backend,
                      const struct params *p)
{
    /* Two threads for few only: on a busy machine every join costs a slice. */
    bool two = p->batch > 1 && p->trans_a && p->beta != 0 && p->alpha != 1;
    open_kit(kit, &et_bench_gemm, backend, two ? 2 : 1, p);
}

static struct et_verification ran(struct kit *kit, uint64_t iterations)
{
    assert_int_equal(et_product_run(&kit->s, iterations), ET_OK);
    return verified(kit);
}

/* The fastest that can be used: the reference takes its time. */
static const char *fast(void)
{
    const struct et_gemm_backend *b, *last = NULL;
    for (size_t i = 0; (b = et_gemm_backend_at(i)); i++) {
        struct params p = preset(), q = preset();
        q.dtype = ET_FP32;
        if (!et_backend_why_not(&b->base) &&
            !unsupported(&p, b->base.name, 1) &&
            !unsupported(&q, b->base.name, 1))
            last = b;
    }
    return last->base.name;
}

/* Small enough for every element, and large enough for Freivalds. */
static const int64_t sizes[][4] = {{31, 17, 29, 3},    {1, 1, 1, 1},
                                   {5, 1, 900, 1},     {150, 140, 130, 1},
                                   {20, 1, 120000, 1}, {1, 300, 9000, 1},
                                   {1500, 1500, 1, 1}, {70, 60, 80, 9}};

static bool is_small(const struct params *p)
{
    return flop(p, 1) <= 2 * ET_CHECK_SMALL;
}

TEST(right_products_pass)
{
    static const double factors[][2] = {{1, 0},     {0.3, 0}, {1, 1}, {-2, -1},
                                        {0.1, 0.7}, {2, 1},   {-1, 0}};
    double worst[2] = {0};
    const struct et_gemm_backend *b;
    for (size_t i = 0; (b = et_gemm_backend_at(i)); i++) {
        if (et_backend_why_not(&b->base))
            continue;
        for (int way = 0; way < 8 * 8 * 7; way++) {
            const int64_t *size = sizes[way / 8 % 8];
            struct params p = preset();
            p.dtype = way & 1;
            p.trans_a = way & 2;
            p.trans_b = way & 4;
            p.m = size[0], p.n = size[1], p.k = size[2], p.batch = size[3];
            p.lda = way % 3 ? 0 : (p.trans_a ? p.m : p.k) + 5;
            p.ldc = way % 3 ? 0 : p.n + 3;
            p.alpha = factors[way / 64][0], p.beta = factors[way / 64][1];
            if (!is_small(&p) && way % (i ? 11 : 13))
                continue; /* enough of the slow ones */
            if (unsupported(&p, b->base.name, 1))
                continue; /* not its type */
            struct kit kit;
            open_case(&kit, b->base.name, &p);
            for (uint64_t n = 1; n < 3; n++) {
                struct et_verification v = ran(&kit, n);
                if (v.status != ET_CHECK_PASSED)
                    fail_msg("%s: %lldx%lldx%lldx%lld way %d: %g: %s",
                             b->base.name, (long long)p.m, (long long)p.n,
                             (long long)p.k, (long long)p.batch, way, v.error,
                             v.note);
                worst[is_small(&p)] = fmax(worst[is_small(&p)], v.error);
            }
            close_case(&kit);
        }
    }
    print_message("[          ] worst clean error, as a share of its bound: "
                  "%.3g by elements, %.3g by rows\n",
                  worst[1], worst[0]);
    assert_true(worst[0] > 0 && worst[1] > 0);
}

/* What a fault may leave of an element. */
static double flip(double v, int kind)
{
    switch (kind) {
    case 0:
        return v > 0 ? -v - 0.5 : -v + 0.5;
    case 1:
        return v * 1.25 + 0.25;
    case 2:
        return v + 4;
    case 3:
        return NAN;
    case 4:
        return -INFINITY;
    default:
        return v * 1e30;
    }
}

TEST(one_wrong_element_fails)
{
    for (int way = 0; way < 2 * 8 * 6; way++) {
        const int64_t *size = sizes[way / 2 % 8];
        struct params p = preset();
        p.dtype = way & 1;
        p.m = size[0], p.n = size[1], p.k = size[2], p.batch = size[3];
        int kind = way / 16;
        if (p.k > 1000 && (kind == 0 || kind == 1))
            continue; /* an element near 0 would hardly change */
        struct kit kit;
        open_case(&kit, fast(), &p);
        for (uint64_t i = 0; i < 3; i++) {
            assert_int_equal(et_product_run(&kit.s, 1), ET_OK);
            int64_t all = p.batch * p.m * p.n; /* first, last, any */
            int64_t at = i == 0   ? 0
                         : i == 1 ? all - 1
                                  : (int64_t)(et_random_u64(7, (uint64_t)way) %
                                              (uint64_t)all);
            double v = et_dtype_get(kit.s.local.types.out.dtype,
                                    kit.s.operands.out.host, (size_t)at);
            et_dtype_set(kit.s.local.types.out.dtype, kit.s.operands.out.host,
                         (size_t)at, flip(v, kind));
            struct et_verification got = verified(&kit);
            if (got.status != ET_CHECK_FAILED)
                fail_msg("%lldx%lldx%lldx%lld %s kind %d: C[%lld] = %g "
                         "passed: %g",
                         (long long)p.m, (long long)p.n, (long long)p.k,
                         (long long)p.batch, is_small(&p) ? "small" : "large",
                         kind, (long long)at, v, got.error);
            char where[32];
            snprintf(where, sizeof where, "row %lld",
                     (long long)(at / p.n % p.m));
            assert_non_null(strstr(got.note, where));
        }
        assert_int_equal(ran(&kit, 1).status, ET_CHECK_PASSED);
        close_case(&kit);
    }
}

/* A right product is neither wrong nor, for its errors, doubtful. */
static void is_right(const struct et_verification *v)
{
    assert_int_equal(v->status, ET_CHECK_PASSED);
    assert_true(!isfinite(v->usual) || v->error <= v->usual * v->bound);
}

/* Sums of more terms than the output has digits for. */
TEST(long_sums_left_short)
{
    static const int types[] = {ET_BF16, ET_FP16, ET_FP8_E5M2};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct params p = preset();
        p.m = p.n = 8, p.k = 200000;
        p.dtype = types[i];
        struct kit kit;
        open_case(&kit, "reference", &p);
        struct et_verification v = ran(&kit, 1);
        is_right(&v);
        close_case(&kit);
    }
}

/* Whatever types the list of choices is given: the bench does a type that its
 * backend does, faults in it are found, and another is refused. */
TEST(every_type_is_measured_or_refused)
{
    for (int way = 0; way < 2 * ET_DTYPES; way++) {
        struct params p = preset();
        p.m = p.n = way & 1 ? 20 : 200;
        p.k = way & 1 ? 20 : 60;
        p.dtype = way / 2;
        assert_null(unsupported(&p, "reference", 1));
        /* Products of any two int32 are held by no type here. */
        assert_int_equal(check(&p, "test"),
                         p.dtype == ET_INT32 ? ET_USAGE : ET_OK);
        if (p.dtype == ET_INT32)
            continue;
        struct kit kit;
        open_case(&kit, "reference", &p);
        for (uint64_t bit = 0; bit < 2; bit++) {
            enum et_dtype out = kit.s.local.types.out.dtype;
            struct et_fault f = {ET_FAULT_FLIP, 7 + bit, /* sign, exponent */
                                 8 * (int)et_dtype_size(out) - 1 - (int)bit};
            double size = 0;
            struct et_verification right = ran(&kit, 1);
            is_right(&right);
            assert_int_equal(et_product_run(&kit.s, 1), ET_OK);
            assert_int_equal(et_bench_gemm.damage(&kit.s, &f, &size), ET_OK);
            struct et_verification v = verified(&kit);
            assert_true(v.status == ET_CHECK_FAILED || size <= v.certain);
        }
        close_case(&kit);
    }
    struct params p = preset();
    p.dtype = ET_DTYPES; /* made up */
    for (size_t i = 0; i < et_gemm_backends.n; i++)
        assert_non_null(unsupported(&p, et_gemm_backends.v[i]->name, 1));
}

/* A backend that stops working after its first product. */
TEST(old_products_fail)
{
    for (int way = 0; way < 16; way++) {
        struct params p = preset();
        p.m = p.n = p.k = way & 1 ? 40 : 140;
        p.beta = (double[]){0, 1, 0.5, -1}[way >> 2];
        p.dtype = way >> 1 & 1;
        struct kit kit;
        open_case(&kit, fast(), &p);
        assert_int_equal(ran(&kit, 2).status, ET_CHECK_PASSED);
        assert_int_equal(verified(&kit).status, ET_CHECK_FAILED); /* not run */
        struct et_backend broken = kit.s.backend->base;
        const struct et_backend *sound = kit.s.operands.product.backend;
        assert_int_equal(et_product_run(&kit.s, 1), ET_OK);
        broken.run = idle;
        kit.s.operands.product.backend = &broken;
        assert_int_equal(ran(&kit, 1).status, ET_CHECK_FAILED);
        kit.s.operands.product.backend = sound;
        assert_int_equal(ran(&kit, 1).status, ET_CHECK_PASSED);
        close_case(&kit);
    }
}

/* Samples in which nothing is done are seen though all is right again at the
 * check: by the glances, wherever they fall; and a glance raises no alarm. */
TEST(idle_samples_fail)
{
    for (int way = 0; way < 8 * 4; way++) {
        const int64_t *size = sizes[way / 4];
        struct params p = preset();
        p.m = size[0], p.n = size[1], p.k = size[2], p.batch = size[3];
        p.dtype = way & 1;
        p.trans_a = p.trans_b = way & 2;
        p.ldc = way & 2 ? p.n + 3 : 0;
        struct kit kit;
        open_case(&kit, fast(), &p);
        assert_idle_is_found(&kit);
        /* Found once, and not for ever. */
        assert_int_equal(ran(&kit, 1).status, ET_CHECK_PASSED);
        close_case(&kit);
    }
}

/* Small or large, one product or two, B as it is or transposed, each type. */
static void in_each_way(void (*assert_it)(struct kit *))
{
    for (int way = 0; way < 16; way++) {
        struct params p = preset();
        struct kit kit;
        p.m = p.n = p.k = way & 1 ? 40 : 140;
        p.batch = way & 2 ? 1 : 2;
        p.trans_b = way & 4;
        p.dtype = way >> 3;
        open_case(&kit, fast(), &p);
        assert_it(&kit);
        close_case(&kit);
    }
}

/* What gives its last answer again gives that of other inputs. */
TEST(remembered_products_fail)
{
    in_each_way(assert_remembering_is_found);
}

TEST(inspections_look_at_all)
{
    in_each_way(assert_inspection_finds);
}

/* C is taken anew in time, and one product too few of so many shows. */
TEST(many_iterations_are_followed)
{
    for (int way = 0; way < 8; way++) {
        struct params p = preset();
        p.m = 30, p.n = 20, p.k = way & 1 ? 12 : 6000;
        p.beta = way & 2 ? 1 : -1;
        p.dtype = way >> 2;
        struct kit kit;
        open_case(&kit, fast(), &p);
        uint64_t n = p.k > 100 ? 10 : ET_PRODUCT_KEPT - 2;
        assert_int_equal(ran(&kit, n).status, ET_CHECK_PASSED);
        assert_int_equal(et_product_run(&kit.s, n), ET_OK);
        kit.s.operands.product.iterations++;
        assert_int_equal(verified(&kit).status, ET_CHECK_FAILED);
        if (p.k < 100)
            assert_int_equal(ran(&kit, 2 * ET_PRODUCT_KEPT + 7).status,
                             ET_CHECK_PASSED);
        close_case(&kit);
    }
}

TEST(bad_parameters_are_named)
{
    struct params p = preset();
    assert_int_equal(check(&p, "test"), ET_OK);
    p.trans_a = true, p.lda = p.m, p.m = 8, p.k = 4096;
    assert_int_equal(check(&p, "test"), ET_OK);
    p.lda = 7;
    assert_int_equal(check(&p, "test"), ET_USAGE);
    p = preset(), p.ldb = p.n - 1;
    assert_int_equal(check(&p, "test"), ET_USAGE);
    p = preset(), p.ldc = p.n - 1;
    assert_int_equal(check(&p, "test"), ET_USAGE);
    p = preset(), p.m = p.n = p.batch = 1000000000;
    assert_int_equal(check(&p, "test"), ET_USAGE);
    p = preset(), p.dtype = ET_FP32, p.k = 1 << 23;
    assert_int_equal(check(&p, "test"), ET_USAGE);
    p.dtype = ET_FP64;
    assert_int_equal(check(&p, "test"), ET_OK);
}

/* What is asked for is what a backend is given; what does not go together, or
 * has no correct digit, or does not fit, is refused. */
TEST(types_are_chosen)
{
#define AS(t) (1 + (t)) /* behind the word for the usual one */
    static const struct {
        int dtype, dtype_a, sum, out;
        int64_t k;
        double alpha, beta;
        enum et_status want;
        enum et_dtype a, s, c;
    } rows_of[] = {
        {ET_BF16, 0, 0, 0, 100, 1, 0, ET_OK, ET_BF16, ET_FP32, ET_BF16},
        {ET_BF16, 0, 0, AS(ET_FP32), 100, 1, 0.5, ET_OK, ET_BF16, ET_FP32,
         ET_FP32},
        {ET_FP32, 0, AS(ET_FP64), 0, 1 << 23, 1, 0, ET_OK, ET_FP32, ET_FP64,
         ET_FP32},
        {ET_FP16, 0, AS(ET_FP16), 0, 512, 1, 0, ET_OK, ET_FP16, ET_FP16,
         ET_FP16},
        {ET_FP16, 0, AS(ET_FP16), 0, 513, 1, 0, ET_USAGE, 0, 0, 0},
        {ET_FP16, 0, 0, 0, 1024, 1000, 0, ET_USAGE, 0, 0, 0}, /* overflows */
        {ET_FP16, 0, 0, 0, 1024, 700, 0, ET_OK, ET_FP16, ET_FP32, ET_FP16},
        {ET_FP16, 0, 0, AS(ET_FP32), 1024, 1000, 0, ET_OK, ET_FP16, ET_FP32,
         ET_FP32},
        {ET_FP16, 0, 0, 0, 10000, 1, 1, ET_USAGE, 0, 0, 0}, /* 256 times */
        {ET_INT8, 0, 0, 0, 500000, 1, 0, ET_OK, ET_INT8, ET_INT32, ET_INT32},
        {ET_INT8, AS(ET_UINT8), 0, 0, 500000, -1, 0, ET_OK, ET_UINT8, ET_INT32,
         ET_INT32},
        {ET_UINT8, 0, 0, 0, 129000, 1, 0, ET_OK, ET_UINT8, ET_INT32, ET_INT32},
        {ET_UINT8, 0, 0, 0, 140000, 1, 0, ET_USAGE, 0, 0, 0},
        {ET_INT8, 0, 0, 0, 10, 2, 0, ET_USAGE, 0, 0, 0},
        {ET_INT8, 0, 0, 0, 10, 1, 1, ET_USAGE, 0, 0, 0},
        {ET_INT8, 0, AS(ET_FP32), 0, 10, 1, 0, ET_USAGE, 0, 0, 0},
        {ET_INT8, 0, 0, AS(ET_INT8), 10, 1, 0, ET_USAGE, 0, 0, 0},
        {ET_INT8, 0, AS(ET_INT8), AS(ET_INT8), 10, 1, 0, ET_USAGE, 0, 0, 0},
        {ET_BF16, AS(ET_INT8), 0, 0, 10, 1, 0, ET_USAGE, 0, 0, 0},
        {ET_FP32, 0, 0, AS(ET_INT32), 10, 1, 0, ET_USAGE, 0, 0, 0}};
    for (size_t i = 0; i < sizeof rows_of / sizeof *rows_of; i++) {
        struct params p = preset();
        p.dtype = rows_of[i].dtype, p.dtype_a = rows_of[i].dtype_a;
        p.sum = rows_of[i].sum, p.out = rows_of[i].out;
        p.k = rows_of[i].k;
        p.alpha = rows_of[i].alpha, p.beta = rows_of[i].beta;
        if (check(&p, "test") != rows_of[i].want)
            fail_msg("row %zu", i);
        if (rows_of[i].want != ET_OK)
            continue;
        struct et_types types = local(&p, 0, 1, first_rows).types;
        assert_int_equal(types.a.dtype, rows_of[i].a);
        assert_int_equal(types.b.dtype, rows_of[i].dtype);
        assert_int_equal(types.sum, rows_of[i].s);
        assert_int_equal(types.out.dtype, rows_of[i].c);
    }
#undef AS
}

TEST(work_is_shared_out)
{
    struct params p = preset();
    struct et_need one, four;
    need(&p, 1, 1, &one);
    need(&p, 4, 1, &four);
    assert_true(one.flop == 2.0 * 1024 * 1024 * 1024);
    assert_true(four.flop == 4 * one.flop && four.memory == one.memory);
    assert_true(one.memory >= 3.0 * 8 * 1024 * 1024);
    p.scaling = STRONG;
    need(&p, 4, 1, &four);
    assert_true(four.flop == one.flop && four.memory < one.memory);
    for (p.batch = 1; p.batch <= 9; p.batch += 4) {
        double sum = 0;
        for (int r = 0; r < 5; r++) {
            struct et_gemm g = local(&p, r, 5, first_rows);
            sum +=
                2.0 * (double)g.m * (double)g.n * (double)g.k * (double)g.batch;
            assert_true(g.lda >= g.k && g.ldb >= g.n && g.ldc >= g.n);
        }
        need(&p, 5, 1, &four);
        assert_true(sum == four.flop);
    }
    p.m = 3, p.batch = 1;
    assert_null(unsupported(&p, "reference", 3));
    assert_non_null(unsupported(&p, "reference", 4));
    p.batch = 4;
    assert_null(unsupported(&p, "reference", 4));
    p = preset(), p.m = p.n = p.batch = 1000000000000;
    need(&p, 1, 1, &one);
    assert_true(isinf(one.memory));
}

/* What a backend takes for itself is counted, on top of the operands. */
TEST(a_backend_has_memory_of_its_own)
{
    const struct et_gemm_backend *native = et_gemm_backend_find("native");
    struct params p = preset();
    struct et_need n;
    p.dtype = ET_FP32;
    p.m = p.n = p.k = 1000;
    const struct et_gemm g = local(&p, 0, 1, first_rows);
    need(&p, 1, 1, &n);
    double own = native->workspace(&g, 1);
    assert_true(own >= 1000 * 1000 * 4.0); /* all of B */
    assert_true(n.memory >= 3 * 1000 * 1000 * 4.0 + own);
    p.batch = 3;
    const struct et_gemm three = local(&p, 0, 1, first_rows);
    assert_true(native->workspace(&three, 3) == 3 * own);
    /* A team has B once, and each of its threads a part of A. */
    const double team = native->workspace(&three, 4);
    assert_true(team > own && team < 2 * own);
}

/* Ranks that do the same problem have the same inputs, gaps included; those
 * that share one have what is theirs. */
TEST(ranks_have_what_they_should)
{
    for (int way = 0; way < 8; way++) {
        struct state s[2];
        struct et_output out[2];
        struct params p = preset();
        p.m = 8, p.n = 9, p.k = 10, p.ldc = 12;
        p.scaling = way & 1;
        p.batch = way & 2 ? 4 : 1;
        p.beta = way & 4 ? 1 : 0;
        open_two(&p, s, out);
        assert_true(same_input(s, 0) == (p.scaling == WEAK));
        assert_true(same_input(s, 1) == (p.scaling == WEAK || p.batch == 1));
        assert_true(out[0].alike == (p.scaling == WEAK && p.beta == 0));
        assert_int_equal(out[0].bytes, out[1].bytes);
        assert_true(!memcmp(out[0].data, out[1].data, out[0].bytes) ==
                    (p.scaling == WEAK));
        close_two(s);
    }
}

/* Against a count by hand. */
TEST(traffic_is_counted)
{
    struct params p = preset();
    p.m = 6, p.n = 5, p.k = 4, p.batch = 2, p.dtype = ET_FP32;
    assert_true(traffic(&p, 1) == 4.0 * 2 * (24 + 20 + 30));
    assert_true(traffic(&p, 3) == 3 * traffic(&p, 1));
    p.scaling = STRONG;
    assert_true(traffic(&p, 2) == 4.0 * 2 * (24 + 20 + 30));     /* by batch */
    assert_true(traffic(&p, 3) == 4.0 * 2 * (24 + 3 * 20 + 30)); /* by rows */
    p.beta = -1;
    assert_true(traffic(&p, 1) == 4.0 * 2 * (24 + 20 + 2 * 30));
    p.dtype = ET_BF16, p.dtype_a = 1 + ET_FP16, p.out = 1 + ET_FP64;
    assert_true(traffic(&p, 1) == 2.0 * 2 * (24 + 20) + 8.0 * 2 * 2 * 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_products_pass),
        cmocka_unit_test(one_wrong_element_fails),
        cmocka_unit_test(long_sums_left_short),
        cmocka_unit_test(every_type_is_measured_or_refused),
        cmocka_unit_test(old_products_fail),
        cmocka_unit_test(idle_samples_fail),
        cmocka_unit_test(remembered_products_fail),
        cmocka_unit_test(inspections_look_at_all),
        cmocka_unit_test(many_iterations_are_followed),
        cmocka_unit_test(bad_parameters_are_named),
        cmocka_unit_test(types_are_chosen),
        cmocka_unit_test(work_is_shared_out),
        cmocka_unit_test(a_backend_has_memory_of_its_own),
        cmocka_unit_test(ranks_have_what_they_should),
        cmocka_unit_test(traffic_is_counted),
    };
#ifdef _OPENMP
    omp_set_num_threads(
        1); /* of what asks for no number: as open_case has it */
#endif
    return cmocka_run_group_tests(tests, NULL, NULL);
}
