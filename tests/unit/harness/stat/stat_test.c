/* stat: ranks of the median's interval against published tables, quantiles
 * and fits against R, and what is refused.
 */
#include "config.h"
#include "tests/unit/test_main.h"

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

TEST(interval_ranks)
{
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
TEST(coverage)
{
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

TEST(large_counts)
{
    static double v[100000];
    for (size_t i = 0; i < COUNT(v); i++)
        v[i] = (double)i + 1;
    struct et_interval ci = et_stat_median_interval(v, COUNT(v), 0.95);
    /* R: qbinom(0.025, 1e5, 0.5) is 49690. */
    assert_true(ci.low == 49690 && ci.high == 100001 - 49690);
}

TEST(quantiles)
{
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

TEST(lines)
{
    /* R 4: summary(lm(dist ~ speed, cars)). */
    struct et_line l = et_stat_line(speed, dist, CARS);
    assert_true(l.ok && l.n == CARS);
    assert_near(l.a, -17.5791, 1e-5);
    assert_near(l.b, 3.9324, 1e-4);
    assert_near(l.a_error, 6.7584, 1e-4);
    assert_near(l.b_error, 0.4155, 1e-3);
    assert_near(l.r2, 0.6511, 1e-4);
    /* 3 x / 2 - 2 / 3 by hand: 5/6, 7/3, 23/6; the first point is 1/6 off. */
    const double three[] = {1, 2, 3}, bent[] = {1, 2, 4};
    l = et_stat_line(three, bent, 3);
    assert_near(l.a, -2.0 / 3, 1e-12);
    assert_near(l.b, 1.5, 1e-12);
    assert_near(l.residual_worst, 0.2, 1e-12);
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

TEST(no_lines)
{
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

TEST(student)
{
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

TEST(near_ranks)
{
    /* Hettmansperger and Sheather's rule in whole fractions (Python 3):
     *   g = lambda d: 1 - 2 * sum(Fraction(comb(n, k), 2**n)
     *                             for k in range(d))
     *   i = (g(d) - 0.95) / (g(d) - g(d + 1)), g(d) the last above 0.95
     *   d + (n - d) * i / (d + (n - 2 * d) * i) */
    static const struct {
        size_t n;
        double rank;
    } table[] = {{6, 1.357142857143},    {7, 1.733333333333},
                 {8, 1.935643564356},    {9, 2.227906976744},
                 {10, 2.657657657658},   {12, 3.263118440780},
                 {20, 6.235234215886},   {31, 10.675247357214},
                 {100, 40.763200616340}, {200, 86.688834681938}};
    double v[200];
    for (size_t i = 0; i < COUNT(v); i++)
        v[i] = (double)i + 1;
    for (size_t i = 0; i < COUNT(table); i++) {
        size_t n = table[i].n;
        struct et_interval ci =
            et_stat_median_interval_near(v, n, (double)n, 0.95);
        assert_near(ci.low, table[i].rank, 1e-10);
        assert_near(ci.high, (double)n + 1 - table[i].rank, 1e-10);
        /* More samples than there are make nothing surer. */
        struct et_interval more = et_stat_median_interval_near(v, n, 1e9, 0.95);
        assert_true(more.low == ci.low && more.high == ci.high);
    }
    /* 200 that stand for 20: the same quantiles. */
    struct et_interval few = et_stat_median_interval_near(v, 200, 20, 0.95);
    assert_near(few.low, 6.235234215886 / 21 * 201, 1e-10);
    double last = few.low;
    for (double e = 20.1; e < 200; e += 0.1) {
        double low = et_stat_median_interval_near(v, 200, e, 0.95).low;
        assert_true(fabs(low - last) < 1);
        last = low;
    }
    assert_true(isnan(et_stat_median_interval_near(v, 5, 5, 0.95).low));
    assert_true(isnan(et_stat_median_interval_near(v, 200, 5.9, 0.95).high));
    assert_true(isnan(et_stat_median_interval_near(v, 200, NAN, 0.95).low));
    assert_true(isnan(et_stat_median_interval_near(v, 0, 0, 0.95).low));
}

TEST(quantile_intervals)
{
    double v[368];
    for (size_t i = 0; i < COUNT(v); i++)
        v[i] = (double)i + 1;
    /* SciPy 1.17: binom.cdf(89, 100, 0.95) = 0.01147, of 90 0.02819; no more
     * than the largest above: 0.95^100 = 0.0059, of one more 0.0371. */
    struct et_interval ci = et_stat_quantile_interval(v, 100, 0.95, 0.95);
    assert_true(ci.low == 90 && ci.high == 100);
    /* p99's upper end needs 0.99^n <= 0.025. */
    assert_true(isnan(et_stat_quantile_interval(v, 367, 0.99, 0.95).high));
    ci = et_stat_quantile_interval(v, 368, 0.99, 0.95);
    assert_true(ci.low == 360 && ci.high == 368);
    /* The first quantile that mirrors it. */
    ci = et_stat_quantile_interval(v, 100, 0.05, 0.95);
    assert_true(ci.low == 1 && ci.high == 11);
    assert_true(isnan(et_stat_quantile_interval(v, 100, 0, 0.95).low));
    assert_true(isnan(et_stat_quantile_interval(v, 0, 0.5, 0.95).high));
}

TEST(means)
{
    /* R 4: mean(cars$dist), 1/mean(1/cars$speed). */
    assert_near(et_stat_mean(dist, CARS), 42.98, 1e-14);
    assert_near(et_stat_harmonic_mean(speed, CARS), 12.9615258275194, 1e-14);
    const double still[] = {1, 0, 2};
    assert_true(isnan(et_stat_harmonic_mean(still, 3)));
    assert_true(isnan(et_stat_harmonic_mean(speed, 0)));
    assert_true(isnan(et_stat_mean(speed, 0)));
}

TEST(ranks)
{
    /* R 4: rank(c(3,1,4,1,5,9,2,6,5,3,5)). */
    const double v[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5},
                 expected[] = {4.5, 1.5, 6, 1.5, 8, 11, 3, 10, 8, 4.5, 8};
    double r[COUNT(v)];
    assert_true(et_stat_ranks(v, COUNT(v), r) == 6 + 6 + 24);
    assert_memory_equal(r, expected, sizeof r);
    assert_true(et_stat_ranks(v, 0, r) == 0);
}

TEST(normal)
{
    /* R 4: qnorm(p), 2 * pnorm(-z). */
    static const struct {
        double p, z;
    } q[] = {{1e-300, -37.04709629936120052}, {1e-10, -6.36134090240405570},
             {0.001, -3.09023230616781319},   {0.025, -1.95996398454005383},
             {0.3, -0.52440051270804067},     {0.9, 1.28155156554460081},
             {0.999999, 4.75342430881708911}},
      tails[] = {{1, 0},
                 {3.1731050786291409e-01, 1},
                 {4.9995790296440856e-02, -1.96},
                 {5.7330314375838782e-07, 5},
                 {1.5239706048321054e-23, 10}};
    for (size_t i = 0; i < COUNT(q); i++)
        assert_near(et_stat_normal_quantile(q[i].p), q[i].z, 1e-13);
    for (size_t i = 0; i < COUNT(tails); i++)
        assert_near(et_stat_normal_tails(tails[i].z), tails[i].p, 1e-13);
    assert_true(et_stat_normal_quantile(0.5) == 0);
    assert_true(et_stat_normal_quantile(0) == -INFINITY);
    assert_true(et_stat_normal_quantile(1) == INFINITY);
    assert_true(isnan(et_stat_normal_quantile(1.5)));
}

/* From tables, and for 1 and 2 from their closed forms. */
TEST(student_tails)
{
    assert_near(et_stat_t_tail(1.0, 1), 0.25, 1e-5);
    assert_near(et_stat_t_tail(2.0, 2), 0.0917517, 1e-5);
    assert_near(et_stat_t_tail(2.0, 3), 0.0696630, 1e-5);
    assert_near(et_stat_t_tail(2.5, 6), 0.0232640, 1e-5);
    assert_near(et_stat_t_tail(2.0, 8), 0.0402580, 1e-5);
    assert_near(et_stat_t_tail(3.0, 14), 0.00477576, 1e-5);
    assert_near(et_stat_t_tail(0, 5), 0.5, 1e-5);
}

TEST(holm)
{
    /* R 4: p.adjust(p, "holm"). */
    double p[] = {0.01, 0.02, 0.03, NAN, 0.04, 0.05, 0.001, 0.01};
    const double adjusted[] = {0.06, 0.08, 0.09, NAN, 0.09, 0.09, 0.007, 0.06};
    assert_true(et_stat_holm(p, COUNT(p)));
    for (size_t i = 0; i < COUNT(p); i++) {
        if (i == 3)
            assert_true(isnan(p[i]));
        else
            assert_near(p[i], adjusted[i], 1e-12);
    }
    double q[] = {0.2, 0.9, 0.001, 0.4};
    const double bounded[] = {0.6, 0.9, 0.004, 0.8};
    assert_true(et_stat_holm(q, COUNT(q)));
    for (size_t i = 0; i < COUNT(q); i++)
        assert_near(q[i], bounded[i], 1e-12);
    double sure[] = {0.9, 0.8};
    assert_true(et_stat_holm(sure, 2));
    assert_true(sure[0] == 1 && sure[1] == 1);
    assert_true(et_stat_holm(q, 0));
}

TEST_MAIN(interval_ranks, coverage, large_counts, quantiles, lines, no_lines,
          student, near_ranks, quantile_intervals, means, ranks, normal,
          student_tails, holm)
