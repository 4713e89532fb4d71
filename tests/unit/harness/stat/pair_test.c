/* pair: rank test, shift and Holm's adjustment against R's figures and against
 * all differences laid out, and what is refused.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <string.h>

#include "harness/base/random.h"
#include "harness/stat/pair.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void assert_near(double v, double expected, double share)
{
    if (!(fabs(v - expected) <= share * fabs(expected)))
        fail_msg("%.17g, not %.17g", v, expected);
}

static struct et_contrast compare(const double *x, size_t m, const double *y,
                                  size_t n)
{
    struct et_contrast p;
    struct et_sample a = {x, m, 1}, b = {y, n, 1};
    assert_true(et_pair_compare(a, b, 0.95, &p));
    return p;
}

/* Permeability of a membrane at term and at 12 to 26 weeks (Hollander and
 * Wolfe, table 4.1; the example of R's ?wilcox.test). */
static const double term[] = {0.80, 0.83, 1.89, 1.04, 1.45,
                              1.38, 1.91, 1.64, 0.73, 1.46},
                    early[] = {1.15, 0.88, 0.90, 0.74, 1.21};

static void published(void **state)
{
    (void)state;
    /* R 4: wilcox.test(early, term, conf.int = TRUE): W = 15, exact. */
    struct et_contrast p = compare(term, 10, early, 5);
    assert_near(p.p, 0.254412254412254, 1e-12);
    assert_near(p.shift, -0.305, 1e-12);
    assert_near(p.interval.low, -0.76, 1e-12);
    assert_near(p.interval.high, 0.15, 1e-12);
    assert_near(p.above, 15.0 / 50, 1e-12);
    /* exp of wilcox.test(log(early), log(term), conf.int = TRUE). */
    struct et_sample x = {term, 10, 1}, y = {early, 5, 1};
    assert_true(et_pair_ratio(x, y, 0.95, &p));
    assert_near(p.shift, 0.762330425678482, 1e-12);
    assert_near(p.interval.low, 0.510344827586207, 1e-12);
    assert_near(p.interval.high, 1.163461538461538, 1e-12);
    assert_near(p.p, 0.254412254412254, 1e-12);
}

static void ties(void **state)
{
    (void)state;
    /* Hours of sleep gained by two drugs (Student, 1908; R's `sleep`).
     * wilcox.test(b, a, exact = FALSE). */
    const double a[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0},
                 b[] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
    struct et_contrast p = compare(a, 10, b, 10);
    assert_near(p.p, 0.0693275754336266, 1e-12);
    assert_near(p.above, 0.745, 1e-12);
    /* R 4: wilcox.test(cars$dist, cars$speed): ties, 50 each. */
    static const double speed[] = {4,  4,  7,  7,  8,  9,  10, 10, 10, 11,
                                   11, 12, 12, 12, 12, 13, 13, 13, 13, 14,
                                   14, 14, 14, 15, 15, 15, 16, 16, 17, 17,
                                   17, 18, 18, 18, 18, 19, 19, 19, 20, 20,
                                   20, 20, 20, 22, 23, 24, 24, 24, 24, 25},
                        dist[] = {2,  10, 4,  22, 16, 10, 18, 26, 34,  17,
                                  28, 14, 20, 24, 28, 26, 34, 34, 46,  26,
                                  36, 60, 80, 20, 26, 54, 32, 40, 32,  40,
                                  50, 42, 56, 76, 84, 36, 46, 68, 32,  48,
                                  52, 56, 64, 66, 54, 70, 92, 93, 120, 85};
    p = compare(speed, 50, dist, 50);
    assert_near(p.p, 6.31884081518775e-11, 1e-9);
    assert_near(p.above, 2198.0 / 2500, 1e-12);
    assert_true(p.shift == 22);
    assert_true(p.interval.low == 16 && p.interval.high == 31);
}

/* R 4: qwilcox(0.025, m, n) is the rank of the interval's lower end, and
 * pwilcox of one less is what it leaves out. */
static void exact_ranks(void **state)
{
    (void)state;
    static const struct {
        size_t m, n, rank;
    } table[] = {{4, 4, 1},  {6, 6, 6},     {10, 10, 24}, {8, 5, 7},
                 {5, 10, 9}, {20, 20, 128}, {49, 49, 925}};
    double x[49], y[49], all[49 * 49];
    for (size_t i = 0; i < COUNT(table); i++) {
        size_t m = table[i].m, n = table[i].n, at = 0;
        for (size_t k = 0; k < 49; k++) {
            x[k] = et_random_unit(11, k);
            y[k] = et_random_unit(12, k);
        }
        for (size_t j = 0; j < m; j++) {
            for (size_t k = 0; k < n; k++)
                all[at++] = y[k] - x[j];
        }
        et_stat_sort(all, at);
        struct et_contrast p = compare(x, m, y, n);
        assert_true(p.interval.low == all[table[i].rank - 1]);
        assert_true(p.interval.high == all[at - table[i].rank]);
        assert_near(p.shift, et_stat_quantile(all, at, 0.5), 1e-14);
    }
    struct et_contrast p = compare(x, 3, y, 3);
    assert_true(isnan(p.interval.low) && isnan(p.interval.high));
    /* R 4: pwilcox(3, 4, 6); pwilcox(900, 49, 49). */
    const double low[] = {1, 2, 3, 6.5}, high[] = {4, 5, 6, 7, 8, 9};
    assert_near(compare(low, 4, high, 6).p, 2 * 0.0333333333333333, 1e-12);
    /* u pairs of 2401 have y above x: the first y lie above all x, one above
     * some, the others below all. R 4: pwilcox(900, 49, 49). */
    for (size_t k = 0, u = 900; k < 49; k++) {
        size_t over = u < 49 ? u : 49;
        u -= over;
        x[k] = (double)k;
        y[k] = (double)over - 0.5 + 0.001 * (double)k;
    }
    p = compare(x, 49, y, 49);
    assert_near(p.above, 900.0 / 2401, 1e-12);
    assert_near(p.p, 2 * 0.0163088635258742, 1e-9);
}

/* Large, with ties: the same differences as when all are laid out. */
static void large(void **state)
{
    (void)state;
    enum { M = 300, N = 177 };
    static double x[M], y[N], all[M * N];
    for (size_t i = 0; i < M; i++)
        x[i] = floor(50 * et_random_unit(1, i)) / 7;
    for (size_t i = 0; i < N; i++)
        y[i] = floor(50 * et_random_unit(2, i)) / 7 + 1;
    for (size_t i = 0; i < M * N; i++)
        all[i] = y[i % N] - x[i / N];
    et_stat_sort(all, M * N);
    struct et_contrast p = compare(x, M, y, N);
    assert_near(p.shift, et_stat_quantile(all, M * N, 0.5), 1e-14);
    double c =
        floor(M * N / 2.0 - 1.959964 * sqrt(M * N / 12.0 * (M + N + 1)) + 0.5);
    assert_true(p.interval.low == all[(size_t)c - 1]);
    assert_true(p.interval.high == all[M * N - (size_t)c]);
    assert_true(p.interval.low < 1 && 1 < p.interval.high);
    /* Mirrored. */
    struct et_contrast q = compare(y, N, x, M);
    assert_near(q.shift, -p.shift, 1e-14);
    assert_true(q.interval.low == -p.interval.high);
    assert_near(q.above, 1 - p.above, 1e-12);
    assert_near(q.p, p.p, 1e-9);
    /* Dependence widens it and makes it less sure. */
    struct et_sample a = {x, M, 4}, b = {y, N, 4};
    assert_true(et_pair_compare(a, b, 0.95, &q));
    assert_true(q.p > p.p && q.interval.low < p.interval.low &&
                q.interval.high > p.interval.high);
    assert_true(q.shift == p.shift && q.above == p.above);
    /* Each sample's own counts for the other's size: var U is mn / 12 times
     * n dx + m dy + 1 (the two terms of Hoeffding's decomposition). */
    b.inflation = 1;
    assert_true(et_pair_compare(a, b, 0.95, &q));
    c = floor(M * N / 2.0 - 1.959964 * sqrt(M * N / 12.0 * (4.0 * N + M + 1)) +
              0.5);
    assert_true(q.interval.low == all[(size_t)c - 1]);
    assert_true(q.interval.high == all[M * N - (size_t)c]);
}

static void refused(void **state)
{
    (void)state;
    const double one[] = {1, 1, 1, 1}, odd[] = {1, 0, 2};
    struct et_contrast p = {.p = 42};
    struct et_sample none = {one, 0, 1}, four = {one, 4, 1}, zero = {odd, 3, 1};
    assert_false(et_pair_compare(none, four, 0.95, &p));
    assert_false(et_pair_compare(four, none, 0.95, &p));
    assert_false(et_pair_ratio(none, none, 0.95, &p));
    assert_false(et_pair_ratio(four, zero, 0.95, &p));
    struct et_sample unknown = {one, 4, NAN};
    assert_false(et_pair_compare(four, unknown, 0.95, &p));
    assert_true(p.p == 42);
    assert_true(et_pair_compare(four, four, 0.95, &p));
    assert_true(p.p == 1 && p.shift == 0 && p.above == 0.5);
}

static void holm(void **state)
{
    (void)state;
    /* R 4: p.adjust(p, "holm"). */
    double p[] = {0.01, 0.02, 0.03, NAN, 0.04, 0.05, 0.001, 0.01};
    const double adjusted[] = {0.06, 0.08, 0.09, NAN, 0.09, 0.09, 0.007, 0.06};
    assert_true(et_pair_holm(p, COUNT(p)));
    for (size_t i = 0; i < COUNT(p); i++) {
        if (i == 3)
            assert_true(isnan(p[i]));
        else
            assert_near(p[i], adjusted[i], 1e-12);
    }
    double q[] = {0.2, 0.9, 0.001, 0.4};
    const double bounded[] = {0.6, 0.9, 0.004, 0.8};
    assert_true(et_pair_holm(q, COUNT(q)));
    for (size_t i = 0; i < COUNT(q); i++)
        assert_near(q[i], bounded[i], 1e-12);
    double sure[] = {0.9, 0.8};
    assert_true(et_pair_holm(sure, 2));
    assert_true(sure[0] == 1 && sure[1] == 1);
    assert_true(et_pair_holm(q, 0));
}

TEST_MAIN(published, ties, exact_ranks, large, refused, holm)
