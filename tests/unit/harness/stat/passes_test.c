/* passes: the figure and the interval of several passes, worked out by hand,
 * and how often it holds the truth where passes share what their launch has.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>

#include "harness/base/random.h"
#include "harness/stat/passes.h"

static const double six[] = {1.04, 1.00, 1.06, 1.02, 1.08, 1.03};

TEST(six_passes)
{
    struct et_passes p;
    assert_true(et_passes_summarise(six, NULL, 6, 0.95, &p));
    /* Between the third and the fourth; from the smallest to the largest. */
    assert_true(fabs(p.median - 1.035) < 1e-12);
    assert_true(p.interval.low == 1.00 && p.interval.high == 1.08);
    assert_true(fabs(p.between - 0.08 / 1.035) < 1e-12);
    assert_true(et_passes_are_narrow(&p, 0.08));
    assert_false(et_passes_are_narrow(&p, 0.077));
    /* Nine leave out one at each end: 1 - 2 (1 + 9) / 2^9 = 96 %. */
    const double nine[] = {1, 9, 2, 8, 3, 7, 4, 6, 5};
    assert_true(et_passes_summarise(nine, NULL, 9, 0.95, &p));
    assert_true(p.median == 5 && p.interval.low == 2 && p.interval.high == 8);
}

TEST(too_few)
{
    struct et_passes p;
    assert_true(et_passes_summarise(six, NULL, ET_PASSES_LEAST - 1, 0.95, &p));
    assert_true(p.median == 1.04 && isnan(p.interval.low) &&
                isnan(p.interval.high));
    assert_false(et_passes_are_narrow(&p, 1));
    assert_true(et_passes_summarise(six, NULL, 0, 0.95, &p));
    assert_true(isnan(p.median) && isnan(p.between));
    assert_false(et_passes_are_narrow(&p, 1));
}

/* Three launches of four passes: order statistics of twelve leave out two at
 * each end, but the interval goes as far as each launch's own median. */
TEST(launches)
{
    const double v[] = {1.0, 1.1, 1.2, 1.3, 2.0, 2.1,
                        2.2, 2.3, 3.0, 3.1, 3.2, 3.3};
    const int64_t launch[] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2};
    struct et_passes p;
    assert_true(et_passes_summarise(v, NULL, 12, 0.95, &p));
    assert_true(p.interval.low == 1.2 && p.interval.high == 3.1);
    assert_true(et_passes_summarise(v, launch, 12, 0.95, &p));
    assert_true(fabs(p.interval.low - 1.15) < 1e-12);
    assert_true(fabs(p.interval.high - 3.15) < 1e-12);
    /* In one launch, whatever its number, nothing is added. */
    const int64_t same[] = {4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4};
    assert_true(et_passes_summarise(v, same, 12, 0.95, &p));
    assert_true(p.interval.low == 1.2 && p.interval.high == 3.1);
}

/* As shares of the median, by hand: 10 % down and 20 % up of another. */
TEST(widened)
{
    const struct et_interval other = {9, 12}, none = {NAN, NAN};
    struct et_interval narrow = {99, 101}, wide = {80, 130}, absent = none;
    et_passes_widen(&narrow, 100, &none, NAN);
    assert_true(narrow.low == 99 && narrow.high == 101);
    et_passes_widen(&narrow, 100, &other, 10);
    assert_true(narrow.low == 90 && narrow.high == 120);
    et_passes_widen(&wide, 100, &other, 10);
    assert_true(wide.low == 80 && wide.high == 130);
    et_passes_widen(&absent, 100, &other, 10);
    assert_true(isnan(absent.low) && isnan(absent.high));
}

/* Of independent passes the interval of six holds the median in 97 % (1 -
 * 2/64), whatever their distribution; here a skewed one. */
TEST(coverage)
{
    uint64_t stream = et_random_stream(1, 1), at = 0;
    enum { TRIALS = 20000 };
    int held = 0;
    for (int i = 0; i < TRIALS; i++) {
        double v[6];
        struct et_passes p;
        for (int k = 0; k < 6; k++)
            v[k] = -log((1 - et_random_unit(stream, at++)) / 2);
        assert_true(et_passes_summarise(v, NULL, 6, 0.95, &p));
        held += p.interval.low <= log(2) && log(2) <= p.interval.high;
    }
    double share = (double)held / TRIALS;
    if (!(share > 0.964 && share < 0.974))
        fail_msg("%.4f of the intervals hold the median, not 0.969", share);
}

/* A pass has its share of a case's samples, rounded up, and two at least where
 * there are several passes. */
TEST(shares)
{
    assert_int_equal(et_passes_share(12, 1), 12);
    assert_int_equal(et_passes_share(1, 1), 1);
    assert_int_equal(et_passes_share(60, 6), 10);
    assert_int_equal(et_passes_share(61, 6), 11);
    assert_int_equal(et_passes_share(6, 6), 2);
}

TEST_MAIN(shares, six_passes, too_few, launches, widened, coverage)
