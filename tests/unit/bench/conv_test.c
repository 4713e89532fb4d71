/* The conv bench: its parameters' check, what a rank needs and does, and
 * above all that verify fails when the output is wrong. The bench's file is
 * taken in whole, to reach the operands of its state.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/conv.c"
#include "harness/base/random.h"
#include "tests/unit/bench/kit.h"
#include "tests/unit/bench/product.h"

static struct params preset(void)
{
    struct params p;
    assert_int_equal(et_fields_init(rows, &p, sizeof p), ET_OK);
    return p;
}

/* n c h w k r s, pad_h pad_w, stride_h stride_w, dil_h dil_w, groups; the
 * first four are small enough for every output, the rest are not. */
static const struct params problems[] = {
    {1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0},
    {2, 6, 9, 11, 4, 3, 2, 2, 1, 1, 2, 2, 3, 2, 0, 0},
    {3, 8, 12, 12, 8, 3, 3, 1, 1, 1, 1, 1, 1, 8, 0, 0},
    {2, 16, 10, 10, 16, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0},
    {2, 32, 20, 20, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1, 0, 0},
    {1, 32, 40, 41, 48, 5, 3, 2, 1, 2, 1, 1, 2, 2, 0, 0},
    {2, 64, 48, 48, 64, 3, 3, 1, 1, 1, 1, 1, 1, 64, 0, 0},
    {1, 96, 16, 16, 160, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0},
    {1, 512, 5, 5, 64, 3, 3, 0, 0, 1, 1, 1, 1, 1, 0, 0},
};
#define PROBLEMS (sizeof problems / sizeof problems[0])
#define SMALL 4

static void open_case(struct kit *kit, const char *backend,
                      const struct params *p)
{
    open_kit(kit, &et_bench_conv, backend, 2, p);
}

TEST(right_outputs_pass)
{
    double worst[2] = {0};
    const struct et_conv_backend *b;
    for (size_t i = 0; (b = et_conv_backend_at(i)); i++) {
        const char *name = b->base.name;
        if (et_backend_why_not(&b->base))
            continue;
        for (size_t j = 0; j < PROBLEMS; j++) {
            struct kit kit;
            open_case(&kit, name, &problems[j]);
            for (uint64_t n = 1; n < 3; n++) {
                assert_int_equal(et_product_run(&kit.s, n), ET_OK);
                struct et_verification v = verified(&kit);
                assert_true((strstr(v.method, "every") != NULL) == (j < SMALL));
                if (v.status != ET_CHECK_PASSED)
                    fail_msg("%s: problem %zu: %g: %s", name, j, v.error,
                             v.note);
                worst[j < SMALL] = fmax(worst[j < SMALL], v.error);
            }
            assert_int_equal(verified(&kit).status, ET_CHECK_FAILED);
            close_case(&kit);
        }
    }
    print_message("[          ] worst clean error, as a share of its bound: "
                  "%.3g by outputs, %.3g by rows\n",
                  worst[1], worst[0]);
    assert_true(worst[0] > 0 && worst[1] > 0);
}

TEST(one_wrong_output_fails)
{
    for (size_t j = 0; j < PROBLEMS; j++) {
        struct kit kit;
        open_case(&kit, "im2col-reference", &problems[j]);
        const struct et_conv *v = &kit.s.local;
        int64_t area = et_conv_p(v) * et_conv_q(v), all = v->n * v->k * area;
        for (uint64_t i = 0; i < 12; i++) {
            assert_int_equal(et_product_run(&kit.s, 1), ET_OK);
            int64_t at = i == 0 ? 0
                         : i == 1
                             ? all - 1
                             : (int64_t)(et_random_u64(j, i) % (uint64_t)all);
            float *y = (float *)kit.s.operands.out.host + at;
            *y = i % 4 == 0   ? *y + 1
                 : i % 4 == 1 ? (*y > 0 ? -*y - 0.5f : 0.5f - *y)
                 : i % 4 == 2 ? NAN
                              : *y * 1e30f + 1e30f;
            struct et_verification got = verified(&kit);
            if (got.status != ET_CHECK_FAILED)
                fail_msg("problem %zu: y[%lld] fault %d passed: %g", j,
                         (long long)at, (int)(i % 4), got.error);
            char where[64];
            snprintf(where, sizeof where, "image %lld, filter %lld",
                     (long long)(at / area / v->k),
                     (long long)(at / area % v->k));
            assert_non_null(strstr(got.note, where));
        }
        close_case(&kit);
    }
}

/* Samples in which nothing is done are seen though all is right again at the
 * check, and a glance raises no alarm. */
TEST(idle_samples_fail)
{
    for (int way = 0; way < 4; way++) {
        struct params p = preset();
        p.c = p.k = 8, p.h = p.w = way & 1 ? 40 : 9, p.n = 3;
        p.groups = way & 2 ? 4 : 1, p.pad_h = 1, p.stride_w = 2;
        struct kit kit;
        open_case(&kit, "im2col-reference", &p);
        assert_idle_is_found(&kit);
        close_case(&kit);
    }
}

TEST(remembered_outputs_fail)
{
    for (int way = 0; way < 4; way++) {
        struct params p = preset();
        p.c = p.k = 8, p.h = p.w = way & 1 ? 40 : 9, p.n = 3;
        p.r = p.s = way & 2 ? 1 : 3;
        struct kit kit;
        open_case(&kit, "im2col-reference", &p);
        assert_remembering_is_found(&kit);
        assert_inspection_finds(&kit);
        close_case(&kit);
    }
}

TEST(bad_parameters_are_named)
{
    struct params p = preset();
    assert_int_equal(check(&p, "test"), ET_OK);
    p.groups = 3;
    assert_int_equal(check(&p, "test"), ET_USAGE);
    p = preset(), p.r = 57;
    assert_int_equal(check(&p, "test"), ET_USAGE);
    p.pad_h = 1;
    assert_int_equal(check(&p, "test"), ET_OK);
    p = preset(), p.dil_w = 28;
    assert_int_equal(check(&p, "test"), ET_USAGE);
    p = preset(), p.n = p.k = p.h = 1000000000;
    assert_int_equal(check(&p, "test"), ET_USAGE);
    p = preset(), p.c = 1 << 21;
    assert_int_equal(check(&p, "test"), ET_USAGE);
}

TEST(work_is_shared_out)
{
    struct params p = preset();
    struct et_need one, three;
    p.n = 7;
    need(&p, 1, 1, &one);
    need(&p, 3, 1, &three);
    assert_true(one.flop == 2.0 * 7 * 64 * 54 * 54 * 64 * 9);
    assert_true(three.flop == 3 * one.flop && three.memory == one.memory);
    p.scaling = STRONG;
    need(&p, 3, 1, &three);
    assert_true(three.flop == one.flop && three.memory < one.memory);
    double sum = 0;
    for (int r = 0; r < 3; r++) {
        struct et_conv v = local(&p, r, 3);
        sum += flop_of(&v);
    }
    assert_true(sum == one.flop);
    assert_null(unsupported(&p, "reference", 7));
    assert_non_null(unsupported(&p, "reference", 8));
}

/* Ranks that do the same problem have the same images; those that share one
 * have their own, and the same filters. */
TEST(ranks_have_what_they_should)
{
    for (int way = 0; way < 2; way++) {
        struct state s[2];
        struct et_output out[2];
        struct params p = problems[1];
        p.scaling = way;
        open_two(&p, s, out);
        bool weak = p.scaling == WEAK;
        assert_true(same_input(s, 0) == weak && same_input(s, 1));
        assert_true(out[0].alike == weak);
        assert_true(!memcmp(out[0].data, out[1].data, out[0].bytes) == weak);
        close_two(s);
        int64_t x = 2 * 6 * 9 * 11, w = 4 * 3 * 3 * 2, y = 2 * 4 * 9 * 5;
        assert_int_equal(out[0].bytes, (weak ? y : y / 2) * 4);
        assert_true(traffic(&p, 2) ==
                    4.0 * (double)((weak ? 2 : 1) * (x + y) + 2 * w));
    }
}

TEST_MAIN(right_outputs_pass, one_wrong_output_fails, idle_samples_fail,
          remembered_outputs_fail, bad_parameters_are_named, work_is_shared_out,
          ranks_have_what_they_should)
