/* series: dependence, interval, warm-up, trend and the rule to stop, against R
 * and SciPy on R's data sets, against brute force, and what is refused.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/random.h"
#include "harness/base/text.h"
#include "harness/stat/series.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* R's `Nile`, yearly flow from 1871 on: its level fell after 28 years (Cobb,
 * Biometrika 65, 1978). */
static const double nile[] = {
    1120, 1160, 963,  1210, 1160, 1160, 813,  1230, 1370, 1140, 995,  935,
    1110, 994,  1020, 960,  1180, 799,  958,  1140, 1100, 1210, 1150, 1250,
    1260, 1220, 1030, 1100, 774,  840,  874,  694,  940,  833,  701,  916,
    692,  1020, 1050, 969,  831,  726,  456,  824,  702,  1120, 1100, 832,
    764,  821,  768,  845,  864,  862,  698,  845,  744,  796,  1040, 759,
    781,  865,  845,  944,  984,  897,  822,  1010, 771,  676,  649,  846,
    812,  742,  801,  1040, 860,  874,  848,  890,  744,  749,  838,  1050,
    918,  986,  797,  923,  975,  815,  1020, 906,  901,  1170, 912,  746,
    919,  718,  714,  740};
/* R's `lh`, a hormone every 10 minutes (Diggle, Time Series, 1990). */
static const double lh[] = {2.4, 2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5, 2.0,
                            1.9, 1.7, 2.2, 1.8, 3.2, 3.2, 2.7, 2.2, 2.2, 1.9,
                            1.9, 1.8, 2.7, 3.0, 2.3, 2.0, 2.0, 2.9, 2.9, 2.7,
                            2.7, 2.3, 2.6, 2.4, 1.8, 1.7, 1.5, 1.4, 2.1, 3.3,
                            3.5, 3.5, 3.1, 2.6, 2.1, 3.4, 3.0, 2.9};

static void assert_near(double v, double expected, double share)
{
    if (!(fabs(v - expected) <= share * fabs(expected)))
        fail_msg("%.17g, not %.17g", v, expected);
}

TEST(dependence)
{
    /* NumPy 2.4, SciPy 1.17: r = the autocorrelations of rankdata(x) by
     * numpy.correlate; pairs r[2m] + r[2m+1] up to the first below 0, each at
     * most the one before; (2 sum - 1) (1 + (2 K + 1) / n). */
    assert_near(et_series_inflation(nile, COUNT(nile)), 13.46073145408607,
                1e-12);
    assert_near(et_series_inflation(lh, COUNT(lh)), 2.2346184224861094, 1e-12);
    /* Of sign(x - median(x)). */
    double effective;
    et_series_median_interval(lh, COUNT(lh), 0.95, &effective);
    assert_near(effective, 48 / 2.030157930107527, 1e-12);
    et_series_median_interval(nile, COUNT(nile), 0.95, &effective);
    assert_near(effective, 100 / 7.848600000000001, 1e-12);
    /* Neighbours that avoid each other, all equal, too few. */
    double v[64];
    for (size_t i = 0; i < COUNT(v); i++)
        v[i] = i % 2 ? 1 : 2;
    assert_true(et_series_inflation(v, COUNT(v)) == 1);
    for (size_t i = 0; i < COUNT(v); i++)
        v[i] = 7;
    assert_true(et_series_inflation(v, COUNT(v)) == 1);
    for (size_t n = 0; n < 3; n++)
        assert_true(et_series_inflation(lh, n) == 1);
}

/* Where dependence begins to be looked for, against its rule by hand: the
 * neighbours' correlation is above what 1 % of independent series of 19 have,
 * and that of 20 above what 10 % have. */
TEST(dependence_begins)
{
    for (size_t n = ET_SERIES_FEW - 1; n <= ET_SERIES_FEW; n++) {
        double limit = n < ET_SERIES_FEW ? 2.326348 : 1.281552, all = (double)n;
        int near = 0;
        for (uint64_t k = 0; k < 2000; k++) {
            double v[ET_SERIES_FEW], r[ET_SERIES_FEW], power = 0, next = 0;
            for (size_t i = 0; i < n; i++)
                v[i] = et_random_unit(k, i) + (i ? v[i - 1] / 2 : 0);
            assert_true(et_stat_ranks(v, n, r) == 0);
            for (size_t i = 0; i < n; i++) {
                r[i] -= (all + 1) / 2;
                power += r[i] * r[i];
                next += i ? r[i] * r[i - 1] : 0;
            }
            double z = (next / power + 1 / all) * sqrt(all);
            if (fabs(z - limit) < 1e-6)
                continue;
            near += fabs(z - limit) < 2 / sqrt(all);
            assert_int_equal(et_series_inflation(v, n) > 1, z > limit);
        }
        assert_true(near > 50);
    }
}

TEST(intervals)
{
    double v[40], sorted[40], effective;
    for (size_t i = 0; i < COUNT(v); i++)
        v[i] = et_random_unit(4, i);
    memcpy(sorted, v, sizeof v);
    et_stat_sort(sorted, COUNT(v));
    struct et_interval ci = et_series_median_interval(v, 40, 0.95, &effective);
    struct et_interval near =
        et_stat_median_interval_near(sorted, 40, 40, 0.95);
    assert_true(effective == 40);
    assert_true(ci.low == near.low && ci.high == near.high);
    /* The same samples in order depend on each other: too few are left. */
    ci = et_series_median_interval(sorted, 40, 0.95, &effective);
    assert_true(effective < 6);
    assert_true(isnan(ci.low) && isnan(ci.high));
    ci = et_series_median_interval(v, 5, 0.95, NULL);
    assert_true(isnan(ci.low));
    ci = et_series_median_interval(v, 0, 0.95, NULL);
    assert_true(isnan(ci.low));
}

TEST(warmups)
{
    struct et_warmup w = et_series_warmup(nile, COUNT(nile));
    assert_int_equal(w.length, 28);
    assert_true(w.settled);
    assert_int_equal(et_series_warmup(nile + 28, 72).length, 0);
    double v[400];
    /* A faster clock at first; then a slower one; few samples of it or many. */
    for (int faster = 0; faster < 2; faster++) {
        for (size_t cut = 5; cut <= 100; cut += 19) {
            for (size_t i = 0; i < 200; i++)
                v[i] = 1 + 0.01 * et_random_unit(7, i) +
                       (i >= cut ? 0
                        : faster ? -0.1
                                 : 0.1);
            w = et_series_warmup(v, 200);
            assert_true(w.length >= cut && w.length <= cut + 2);
            assert_true(w.settled);
        }
    }
    /* One outlier is no level, wherever it stands. */
    for (size_t at = 0; at < 200; at += 40) {
        for (size_t i = 0; i < 200; i++)
            v[i] = 1 + 0.01 * et_random_unit(8, i) + (i == at ? 10 : 0);
        w = et_series_warmup(v, 200);
        assert_int_equal(w.length, 0);
        assert_true(w.settled);
    }
    /* Nor where a coarse clock makes all others equal. */
    for (size_t at = 1; at < 200; at += 9) {
        for (size_t i = 0; i < 200; i++)
            v[i] = i == at ? 2 : 1;
        assert_int_equal(et_series_warmup(v, 200).length, 0);
    }
    /* Nor is a loud half before one that happens to be quiet. */
    for (size_t i = 0; i < 60; i++)
        v[i] = i < 30 ? 1 + (i % 2 ? -0.3 : 0.3) + 0.01 * (double)(i / 2)
                      : 1 + 0.001 * (double)(i * 7 % 30);
    w = et_series_warmup(v, 60);
    assert_true(w.length == 0 && w.settled);
    /* A level that changes late is no warm-up, and is not settled. */
    for (size_t i = 0; i < 400; i++)
        v[i] = 1 + 0.01 * et_random_unit(7, i) + (i < 330 ? 0 : 0.1);
    w = et_series_warmup(v, 400);
    assert_true(w.length == 0 && !w.settled);
    /* Never more than half, and never out of nothing. */
    for (size_t i = 0; i < 400; i++)
        v[i] = 1;
    assert_int_equal(et_series_warmup(v, 400).length, 0);
    for (size_t n = 0; n < 400; n++) {
        v[n] = (double)(n * n);
        w = et_series_warmup(v, n);
        assert_true(2 * w.length <= n);
    }
}

TEST(trends)
{
    struct et_trend t = et_series_trend(nile, COUNT(nile), 0);
    /* SciPy 1.17: theilslopes(nile). R 4: cor.test(1:100, Nile, method =
     * "kendall", exact = FALSE, continuity = TRUE): z = -4.12806652284410. */
    assert_near(t.slope, -2.6, 1e-12);
    assert_near(t.change, -2.6 * 99 / 893.5, 1e-12);
    assert_true(t.inflation > 1);
    assert_near(t.p, et_stat_normal_tails(4.12806652284410 / sqrt(t.inflation)),
                1e-9);
    double v[COUNT(nile)];
    /* A line is found, and the noise around it is independent. */
    for (size_t i = 0; i < COUNT(v); i++)
        v[i] = 1 + 0.001 * (double)i + 0.02 * et_random_unit(3, i);
    t = et_series_trend(v, COUNT(v), 0.05);
    assert_true(t.found && t.p < 1e-4 && t.inflation < 1.5);
    assert_near(t.slope, 0.001, 0.2);
    assert_false(et_series_trend(v, COUNT(v), 0.5).found);
    /* A fall as well as a rise. */
    for (size_t i = 0; i < COUNT(v); i++)
        v[i] = 1.1 - 0.001 * (double)i + 0.02 * et_random_unit(3, i);
    t = et_series_trend(v, COUNT(v), 0.05);
    assert_true(t.found && t.p < 1e-4);
    assert_near(t.change, -0.099 / 1.05, 0.2);
    assert_true(isnan(et_series_trend(v, 9, 0).p));
    for (size_t i = 0; i < COUNT(v); i++)
        v[i] = 1;
    t = et_series_trend(v, COUNT(v), 0);
    assert_true(t.p == 1 && t.slope == 0 && !t.found);
}

/* Times between two readings of a clock, to the digits that a record has: as it
 * is printed and read back, the same samples have the same trend. */
TEST(a_trend_as_printed)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        double v[60], as_printed[60], began = 2e9;
        for (size_t i = 0; i < COUNT(v); i++) {
            char text[40];
            double ticks = 1e8 + 1e3 * floor(20 * et_random_unit(seed, i)) +
                           1e3 * floor((double)i / 6);
            v[i] = et_round_digits((began + ticks) * 1e-9 - began * 1e-9);
            began += ticks;
            snprintf(text, sizeof text, "%.15g", v[i]);
            as_printed[i] = strtod(text, NULL);
        }
        struct et_trend a = et_series_trend(v, COUNT(v), 0);
        struct et_trend b = et_series_trend(as_printed, COUNT(v), 0);
        assert_true(a.p == b.p && a.change == b.change);
    }
}

/* Equal in exact arithmetic is equal, whatever the step of the clock. */
TEST(a_trend_on_a_grid)
{
    double v[60], w[60];
    for (uint64_t seed = 0; seed < 50; seed++) {
        for (size_t i = 0; i < COUNT(v); i++) {
            v[i] =
                90 + floor(20 * et_random_unit(seed, i)) + floor((double)i / 6);
            w[i] = v[i] * 1e-9 / 7;
        }
        struct et_trend a = et_series_trend(v, COUNT(v), 0);
        assert_near(a.p, et_series_trend(w, COUNT(v), 0).p, 1e-13);
    }
}

/* p against S and its ties counted pair by pair. */
TEST(kendall_by_hand)
{
    for (size_t n = 10; n < 80; n += 3) {
        double v[80], s = 0, all = (double)n;
        double variance = all * (all - 1) * (2 * all + 5);
        for (size_t i = 0; i < n; i++)
            v[i] = floor(8 * et_random_unit(n, i)) + floor((double)i / 16);
        for (size_t i = 0; i < n; i++) {
            double group = 0;
            for (size_t k = 0; k < n; k++) {
                if (k > i)
                    s += (v[k] > v[i]) - (v[k] < v[i]);
                group += v[k] == v[i];
            }
            /* A group of g members takes its part off in g shares. */
            variance -= (group - 1) * (2 * group + 5);
        }
        struct et_trend t = et_series_trend(v, n, 0);
        double z = s == 0 ? 0 : fabs(s) - 1;
        z /= sqrt(variance / 18 * t.inflation);
        assert_near(t.p, et_stat_normal_tails(z), 1e-10);
    }
}

TEST(a_long_series)
{
    static double v[10007];
    for (size_t i = 0; i < COUNT(v); i++)
        v[i] = 3 + 1e-6 * (double)i + 1e-3 * et_random_unit(2, i);
    struct et_trend t = et_series_trend(v, COUNT(v), 0);
    assert_near(t.slope, 1e-6, 0.02);
    assert_true(t.found);
}

TEST(enough)
{
    double v[100];
    struct et_enough_rule rule = {0.95, 0.05, 12, 1};
    for (size_t i = 0; i < COUNT(v); i++)
        v[i] = 1 + 0.01 * et_random_unit(6, i);
    assert_int_equal(et_series_enough(v, 100, 0.5, &rule), ET_ENOUGH);
    assert_int_equal(et_series_enough(v, 100, 2, &rule), ET_ENOUGH);
    assert_int_equal(et_series_enough(v, 12, 0, &rule), ET_ENOUGH);
    assert_int_equal(et_series_enough(v, 11, 0, &rule), ET_ENOUGH_NOT);
    assert_int_equal(et_series_enough(v, 11, 1, &rule), ET_ENOUGH_TIME);
    rule.floor = 0;
    assert_int_equal(et_series_enough(v, 11, 0, &rule), ET_ENOUGH_NOT);
    assert_int_equal(et_series_enough(v, 0, 0, &rule), ET_ENOUGH_NOT);
    rule.precision = 1e-4;
    assert_int_equal(et_series_enough(v, 100, 0, &rule), ET_ENOUGH_NOT);
    /* A half that wanders is not hidden by a quiet one. */
    rule.precision = 0.05;
    for (size_t i = 55; i < 100; i++)
        v[i] = 1 + 0.3 * et_random_unit(6, i);
    struct et_interval whole = et_series_median_interval(v, 100, 0.95, NULL);
    assert_true(whole.high - whole.low < 0.04);
    assert_int_equal(et_series_enough(v, 100, 0, &rule), ET_ENOUGH_NOT);
}

TEST_MAIN(dependence, intervals, warmups, trends, a_trend_as_printed,
          a_trend_on_a_grid, kendall_by_hand, a_long_series, enough,
          dependence_begins)
