/* stat: ranks of the median's interval against published tables, quantiles
 * and fits against R, and what is refused.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "harness/base/random.h"
#include "harness/stat/stat.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* R's data set `cars`: miles an hour and feet to stop (Ezekiel, 1930). */
#define CARS 50
static const double speed[CARS] = {
    4,  4,  7,  7,  8,  9,  10, 10, 10, 11, 11, 12, 12, 12, 12, 13, 13,
    13, 13, 14, 14, 14, 14, 15, 15, 15, 16, 16, 17, 17, 17, 18, 18, 18,
    18, 19, 19, 19, 20, 20, 20, 20, 20, 22, 23, 24, 24, 24, 24, 25};
static const double dist[CARS] = {
    2,  10, 4,  22, 16, 10, 18, 26, 34, 17, 28, 14, 20, 24, 28,  26, 34,
    34, 46, 26, 36, 60, 80, 20, 26, 54, 32, 40, 32, 40, 50, 42,  56, 76,
    84, 36, 46, 68, 32, 48, 52, 56, 64, 66, 54, 70, 92, 93, 120, 85};

static void assert_near(double v, double expected, double share)
{
    if (!(fabs(v - expected) <= share * fabs(expected)))
        fail_msg("%.17g, not %.17g", v, expected);
}

/* 1, 2, ... n: a value is its own rank. */
static struct et_interval ranks_of(size_t n, double confidence)
{
    double v[400];
    for (size_t i = 0; i < n; i++)
        v[i] = (double)i + 1;
    return et_stat_median_interval(v, n, confidence);
}

static void interval_ranks(void **state)
{
    (void)state;
    /* The symmetric ones of Le Boudec, Performance Evaluation, table A.1;
     * each the same by binomial coefficients in whole numbers. */
    static const struct {
        size_t n, low, high;
    } table[] = {{6, 1, 6},    {7, 1, 7},    {8, 1, 8},     {9, 2, 8},
                 {10, 2, 9},   {12, 3, 10},  {15, 4, 12},   {20, 6, 15},
                 {25, 8, 18},  {30, 10, 21}, {40, 14, 27},  {50, 18, 33},
                 {60, 22, 39}, {70, 27, 44}, {100, 40, 61}, {200, 86, 115}};
    for (size_t i = 0; i < COUNT(table); i++) {
        struct et_interval ci = ranks_of(table[i].n, 0.95);
        if (ci.low != (double)table[i].low || ci.high != (double)table[i].high)
            fail_msg("n = %zu: %g, %g", table[i].n, ci.low, ci.high);
    }
    for (size_t n = 0; n < 6; n++) {
        struct et_interval ci = ranks_of(n, 0.95);
        assert_true(isnan(ci.low) && isnan(ci.high));
    }
    assert_int_equal(et_stat_median_floor(0.95), 6);
    assert_int_equal(et_stat_median_floor(0.99), 8);
    /* At 99 %: n = 8 needs the whole range, n = 20 ranks 4 and 17. */
    assert_true(ranks_of(8, 0.99).low == 1 && ranks_of(7, 0.99).low != 1);
    assert_true(ranks_of(20, 0.99).low == 4 && ranks_of(20, 0.99).high == 17);
}

/* The promise itself: of many samples' intervals at least 95 % hold the
 * median of what they were drawn from. */
static void coverage(void **state)
{
    (void)state;
    int held = 0, trials = 4000;
    uint64_t at = 0;
    for (int t = 0; t < trials; t++) {
        double v[13];
        for (size_t i = 0; i < COUNT(v); i++)
            v[i] = et_random_unit(9, at++);
        et_stat_sort(v, COUNT(v));
        struct et_interval ci = et_stat_median_interval(v, COUNT(v), 0.95);
        held += ci.low <= 0 && 0 <= ci.high;
    }
    /* Exactly 97.75 % for n = 13 (ranks 3 and 11); 4 sigma is 0.94 %. */
    assert_true(held > 0.968 * trials && held < 0.987 * trials);
}

static void large_counts(void **state)
{
    (void)state;
    static double v[100000];
    for (size_t i = 0; i < COUNT(v); i++)
        v[i] = (double)i + 1;
    struct et_interval ci = et_stat_median_interval(v, COUNT(v), 0.95);
    /* R: qbinom(0.025, 1e5, 0.5) is 49690. */
    assert_true(ci.low == 49690 && ci.high == 100001 - 49690);
}

static void quantiles(void **state)
{
    (void)state;
    /* R: quantile(c(1,2,4,7,11,16), p, type = 7). */
    const double v[] = {1, 2, 4, 7, 11, 16};
    static const struct {
        double q, v;
    } table[] = {{0, 1},     {0.1, 1.5},  {0.25, 2.5},   {0.5, 5.5},
                 {0.75, 10}, {0.9, 13.5}, {0.99, 15.75}, {1, 16}};
    for (size_t i = 0; i < COUNT(table); i++)
        assert_near(et_stat_quantile(v, 6, table[i].q), table[i].v, 1e-14);
    /* R 4: summary(cars$dist). */
    double d[CARS];
    memcpy(d, dist, sizeof d);
    et_stat_sort(d, CARS);
    assert_true(et_stat_quantile(d, CARS, 0.25) == 26);
    assert_true(et_stat_quantile(d, CARS, 0.5) == 36);
    assert_true(et_stat_quantile(d, CARS, 0.75) == 56);
    assert_true(isnan(et_stat_quantile(v, 0, 0.5)));
    assert_true(et_stat_quantile(v, 1, 0.9) == 1);
    const double unsorted[] = {7, 1, 16, 4, 2, 11};
    assert_true(et_stat_median(unsorted, 6) == 5.5 && unsorted[0] == 7);
    assert_true(et_stat_median(unsorted, 5) == 4);
    assert_true(isnan(et_stat_median(unsorted, 0)));
}

static void lines(void **state)
{
    (void)state;
    /* R 4: summary(lm(dist ~ speed, cars)). */
    struct et_line l = et_stat_line(speed, dist, CARS);
    assert_true(l.ok && l.n == CARS);
    assert_near(l.a, -17.5791, 1e-5);
    assert_near(l.b, 3.9324, 1e-4);
    assert_near(l.a_error, 6.7584, 1e-4);
    assert_near(l.b_error, 0.4155, 1e-3);
    assert_near(l.r2, 0.6511, 1e-4);
    /* An exact line has no residual, whatever its weights. */
    const double x[] = {1, 2, 3, 4, 5}, e[] = {5, 7, 9, 11, 13};
    l = et_stat_line_relative(x, e, 5);
    assert_near(l.a, 3, 1e-12);
    assert_near(l.b, 2, 1e-12);
    assert_true(l.residual_worst < 1e-12);
    /* Relative: the small values count as much as the large ones. */
    const double wide[] = {1, 1e3, 1e6, 1e9},
                 t[] = {1e-6 + 1e-9, 2e-6, 1.001e-3, 1.0 + 1e-6};
    l = et_stat_line_relative(wide, t, 4);
    assert_near(l.a, 1e-6, 1e-3);
    assert_near(l.b, 1e-9, 1e-3);
}

static void no_lines(void **state)
{
    (void)state;
    const double x[] = {1, 1, 1}, y[] = {1, 2, 3}, odd[] = {1, NAN, 3},
                 zero[] = {0, 1, 2};
    assert_false(et_stat_line(x, y, 3).ok);
    assert_false(et_stat_line(y, y, 1).ok);
    assert_false(et_stat_line(y, y, 0).ok);
    assert_false(et_stat_line(y, odd, 3).ok);
    assert_false(et_stat_line_relative(y, zero, 3).ok);
    struct et_line two = et_stat_line(y, y, 2);
    assert_true(two.ok && isnan(two.a_error) && isnan(two.b_error));
}

static void student(void **state)
{
    (void)state;
    /* Abramowitz and Stegun, table 26.10. */
    static const struct {
        size_t df;
        double t;
    } table[] = {{1, 12.706}, {2, 4.303},  {5, 2.571},  {10, 2.228},
                 {30, 2.042}, {40, 2.021}, {60, 2.000}, {120, 1.980}};
    for (size_t i = 0; i < COUNT(table); i++)
        assert_near(et_stat_t95(table[i].df), table[i].t, 4e-4);
    assert_near(et_stat_t95(1000000), 1.959964, 1e-5);
    assert_true(isnan(et_stat_t95(0)));
    for (size_t df = 1; df < 200; df++)
        assert_true(et_stat_t95(df + 1) < et_stat_t95(df));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interval_ranks), cmocka_unit_test(coverage),
        cmocka_unit_test(large_counts),   cmocka_unit_test(quantiles),
        cmocka_unit_test(lines),          cmocka_unit_test(no_lines),
        cmocka_unit_test(student),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
