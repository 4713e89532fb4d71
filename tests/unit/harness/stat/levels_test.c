/* levels: a case alone and three cases in common
 * worked out by hand, and what happens where something is missing. */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>

#include "harness/stat/levels.h"

static void near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-5 * fabs(b) + 1e-9))
        fail_msg("%.9g is not %.9g", a, b);
}

/* Two passes 0.01 to either side, in both runs: the variance of their median is
 * pi/2 x (0.012 / 1.683 x 2 / 0.6)^2 / 2, as the middle three fifths reach over
 * 0.012, and that of the difference 8 x 2 times that. */
TEST(one_case)
{
    const double before[] = {-0.01, 0.01}, now[] = {0.09, 0.11};
    const struct et_level_passes runs[] = {{before, 2}, {now, 2}};
    struct et_level_case c = {.runs = runs};
    struct et_level_change common;
    assert_true(et_levels_compare(&c, 1, 1, &common));
    assert_true(isnan(common.shift) && isnan(common.p));
    near(c.own.shift, 0.1);
    near(c.own.p, 0.150467244); /* t = 0.1 / 0.0842521, 4 degrees of freedom */
    near(c.own.low, 0.1 - 2.776 * 0.0842521141);
    near(c.own.high, 0.1 + 2.776 * 0.0842521141);
    near(c.all.shift, c.own.shift);
    near(c.all.p, c.own.p);
}

static const double
    a[3][3] = {{0.00, 0.02, 0.04}, {0.01, 0.03, 0.06}, {-0.10, -0.07, -0.05}},
    b[3][3] = {{1.00, 1.01, 1.03}, {1.02, 1.02, 1.05}, {0.92, 0.95, 0.96}},
    c[3][3] = {{2.00, 2.04, 2.03}, {2.01, 2.05, 2.06}, {1.70, 1.75, 1.72}};

TEST(three_cases)
{
    const struct et_level_passes runs[3][3] = {
        {{a[0], 3}, {a[1], 3}, {a[2], 3}},
        {{b[0], 3}, {b[1], 3}, {b[2], 3}},
        {{c[0], 3}, {c[1], 3}, {c[2], 3}}};
    struct et_level_case v[3] = {
        {.runs = runs[0]}, {.runs = runs[1]}, {.runs = runs[2]}};
    struct et_level_change common;
    assert_true(et_levels_compare(v, 3, 2, &common));
    near(common.shift, -0.095);
    near(common.p, 0.103147147);
    near((common.high - common.low) / 2, 2.571 * 0.0654398174);
    near(v[0].own.shift + 1, 1);
    near(v[0].own.p, 0.5);
    near(v[1].own.shift, 0.03);
    near(v[1].own.p, 0.238406235);
    near(v[2].own.shift, -0.225);
    near(v[2].own.p, 0.00113972186);
    near(v[2].all.shift, -0.32);
    near(v[1].all.shift, -0.065);
    /* The whole is less sure than the rest alone. */
    assert_true(v[1].all.high - v[1].all.low > common.high - common.low);
}

/* Three baselines, whose parts in common do not lie around the middle one. */
TEST(three_baselines)
{
    static const double e[4][3] = {{0.0, 0.01, 0.03},
                                   {0.05, 0.06, 0.09},
                                   {0.01, 0.03, 0.03},
                                   {-0.10, -0.07, -0.05}},
                        f[4][3] = {{1.0, 1.01, 1.02},
                                   {1.06, 1.07, 1.08},
                                   {1.02, 1.04, 1.03},
                                   {0.92, 0.95, 0.96}},
                        g[4][3] = {{1.97, 2.01, 1.98},
                                   {2.00, 2.01, 2.03},
                                   {2.03, 2.05, 2.06},
                                   {1.70, 1.75, 1.72}};
    const struct et_level_passes runs[3][4] = {
        {{e[0], 3}, {e[1], 3}, {e[2], 3}, {e[3], 3}},
        {{f[0], 3}, {f[1], 3}, {f[2], 3}, {f[3], 3}},
        {{g[0], 3}, {g[1], 3}, {g[2], 3}, {g[3], 3}}};
    struct et_level_case v[3] = {
        {.runs = runs[0]}, {.runs = runs[1]}, {.runs = runs[2]}};
    struct et_level_change common;
    assert_true(et_levels_compare(v, 3, 3, &common));
    near(common.shift, -0.102222222);
    near(common.p, 0.0236963505);
    near(v[1].own.shift, 0.0155555556);
    near(v[1].own.p, 0.359791870);
    near(v[2].own.shift, -0.191111111);
    near(v[2].own.p, 0.00247156660);
}

/* A baseline that lacks a case counts for the others. */
TEST(a_baseline_without)
{
    const struct et_level_passes runs[3][4] = {
        {{a[0], 3}, {a[0], 3}, {a[0], 3}, {a[0], 3}},
        {{b[0], 3}, {NULL, 0}, {b[0], 3}, {b[0], 3}},
        {{c[0], 3}, {c[0], 3}, {NULL, 0}, {c[2], 3}}};
    struct et_level_case v[3] = {
        {.runs = runs[0]}, {.runs = runs[1]}, {.runs = runs[2]}};
    struct et_level_change common;
    assert_true(et_levels_compare(v, 3, 3, &common));
    near(common.shift + 1, 1);
    near(v[1].own.shift + 1, 1);
    near(v[2].own.shift, -0.31);
    assert_true(v[2].own.p < 0.001 && v[0].own.p > 0.4);
}

/* One pass a run: shifts, and nothing to judge them by. */
TEST(one_pass)
{
    const struct et_level_passes runs[3][2] = {
        {{a[0], 1}, {a[2], 1}}, {{b[0], 1}, {b[2], 1}}, {{c[0], 1}, {c[2], 1}}};
    struct et_level_case v[3] = {
        {.runs = runs[0]}, {.runs = runs[1]}, {.runs = runs[2]}};
    struct et_level_change common;
    assert_true(et_levels_compare(v, 3, 1, &common));
    near(common.shift, -0.1);
    near(v[2].own.shift, -0.2);
    assert_true(isnan(common.p) && isnan(v[2].own.p) && isnan(v[2].all.low));
}

/* Passes that are all the same prove less than nothing in the world can. */
TEST(no_noise_at_all)
{
    const double before[] = {1, 1, 1}, now[] = {1.0005, 1.0005, 1.0005};
    const struct et_level_passes runs[] = {{before, 3}, {now, 3}};
    struct et_level_case v = {.runs = runs};
    struct et_level_change common;
    assert_true(et_levels_compare(&v, 1, 1, &common));
    assert_true(v.own.p > 0.4); /* 0.05 %, of which 0.1 % is supposed noise */
}

/* More baselines that agree make the same shift less likely to be chance; such
 * that do not, less sure. */
TEST(baselines_tell)
{
    double p[3], reach[3];
    const double far[3] = {0.2, 0.22, 0.24};
    for (int k = 0; k < 3; k++) {
        const struct et_level_passes runs[4] = {
            {a[0], 3}, {k == 2 ? far : a[0], 3}, {a[0], 3}, {a[2], 3}};
        struct et_level_case v = {.runs = k == 0 ? runs + 2 : runs};
        struct et_level_change common;
        assert_true(et_levels_compare(&v, 1, k == 0 ? 1 : 3, &common));
        p[k] = v.own.p;
        reach[k] = v.own.high - v.own.low;
    }
    assert_true(p[1] < p[0] / 2 && reach[2] > 1.3 * reach[1]);
}

/* One pass of six that lies far away changes nothing; two do. */
TEST(an_odd_pass)
{
    double reach[3];
    const double v[6] = {0, 0.01, 0.02, 0.03, 0.04, 0.05};
    for (size_t odd = 0; odd < 3; odd++) {
        double w[6];
        for (size_t i = 0; i < 6; i++)
            w[i] = v[i] + (i + odd >= 6 ? 5 : 0);
        const struct et_level_passes runs[2] = {{w, 6}, {v, 6}};
        struct et_level_case one = {.runs = runs};
        struct et_level_change common;
        assert_true(et_levels_compare(&one, 1, 1, &common));
        reach[odd] = one.own.high - one.own.low;
    }
    near(reach[1], reach[0]);
    assert_true(reach[2] > 20 * reach[0]);
}

TEST_MAIN(one_case, three_cases, three_baselines, a_baseline_without, one_pass,
          no_noise_at_all, baselines_tell, an_odd_pass)
