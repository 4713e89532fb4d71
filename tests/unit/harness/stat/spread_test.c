/* spread: against quantiles, medians and counts worked out by hand, and the
 * sort of many numbers against qsort's. */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/random.h"
#include "harness/stat/spread.h"
#include "harness/stat/stat.h"

TEST(by_hand)
{
    const double v[] = {10, 30, 20, 50, 40}, last[] = {0, 2, 0, 7, 2};
    struct et_spread s;
    assert_true(et_spread_make(v, last, 5, &s));
    assert_true(s.min == 10 && s.p25 == 20 && s.median == 30);
    assert_true(s.p75 == 40 && s.max == 50);
    assert_true(fabs(s.p5 - 12) < 1e-12 && fabs(s.p95 - 48) < 1e-12);
    assert_int_equal(s.n_worst, 5);
    const size_t worst[] = {3, 4, 1, 2, 0};
    /* Of the four others. */
    const double others[] = {25, 25, 30, 35, 35};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(s.worst[i].at, worst[i]);
        assert_true(s.worst[i].others == others[i]);
    }
    /* Who was never the last is not there; of equal ones the first leads. */
    assert_int_equal(s.n_last, 3);
    assert_int_equal(s.last[0].at, 3);
    assert_int_equal(s.last[1].at, 1);
    assert_int_equal(s.last[2].at, 4);
    assert_true(s.last[0].others == 25);
    assert_true(s.last[1].others == 30);
}

TEST(bins)
{
    /* The median is 1; an edge belongs to the bin above it. */
    const double v[] = {0.4, 0.5, 0.95, 1, 1, 1, 1.005, 1.01, 1.3, 2, 9};
    const double none[11] = {0};
    const size_t want[ET_SPREAD_BINS] = {1, 1, 0, 0, 1, 0, 4,
                                         1, 0, 0, 0, 1, 0, 2};
    struct et_spread s;
    assert_true(et_spread_make(v, none, 11, &s));
    assert_true(s.median == 1);
    assert_memory_equal(s.bins, want, sizeof want);
    assert_int_equal(s.n_last, 0);
    assert_int_equal(s.n_worst, ET_SPREAD_FEW);
}

TEST(alone)
{
    const double one = 5, count = 1;
    struct et_spread s;
    assert_true(et_spread_make(&one, &count, 1, &s));
    assert_true(s.min == 5 && s.median == 5 && s.max == 5);
    assert_true(isnan(s.worst[0].others));
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Few, some and many numbers of both signs and all sizes, each kind of sort. */
TEST(sorted)
{
    const size_t sizes[] = {1, 2, 31, 32, 33, 1000, 8191, 8192, 100000};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        size_t n = sizes[k];
        double *a = malloc(n * sizeof *a), *b = malloc(n * sizeof *b);
        assert_non_null(a);
        assert_non_null(b);
        for (size_t i = 0; i < n; i++)
            a[i] = b[i] = ldexp(et_random_unit(k, i),
                                (int)(et_random_u64(9, i) % 600) - 300);
        et_stat_sort(a, n);
        qsort(b, n, sizeof *b, ascending);
        assert_memory_equal(a, b, n * sizeof *a);
        free(a);
        free(b);
    }
}

/* The one slow rank of a hundred thousand, held against the others. */
TEST(one_of_many)
{
    enum { N = 100000, SLOW = 54321 };
    double *v = malloc(N * sizeof *v), *last = calloc(N, sizeof *last);
    struct et_spread s;
    assert_non_null(v);
    assert_non_null(last);
    for (size_t i = 0; i < N; i++)
        v[i] = 1 + 0.01 * (double)(i % 100);
    v[SLOW] = 3;
    last[SLOW] = 60;
    assert_true(et_spread_make(v, last, N, &s));
    assert_int_equal(s.worst[0].at, SLOW);
    assert_int_equal(s.last[0].at, SLOW);
    assert_true(s.worst[0].others == s.last[0].others);
    assert_true(fabs(s.worst[0].others - 1.5) < 1e-12);
    assert_int_equal(s.n_last, 1);
    /* Of the thousand that are next the first few, whoever comes later. */
    assert_int_equal(s.n_worst, ET_SPREAD_FEW);
    for (size_t i = 1; i < s.n_worst; i++)
        assert_int_equal(s.worst[i].at, 100 * i - 1);
    size_t sum = 0;
    for (size_t i = 0; i < ET_SPREAD_BINS; i++)
        sum += s.bins[i];
    assert_int_equal(sum, N);
    free(v);
    free(last);
}

TEST_MAIN(by_hand, bins, alone, sorted, one_of_many)
