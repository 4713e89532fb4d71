/* The promises of harness/stat on made-up series whose truth is known: how
 * often intervals hold it, how often tests cry out. The limits are those that
 * are promised, widened by what chance allows so few series (4 sigma).
 * ET_SERIES in the environment: that many instead of 1000.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <stdlib.h>

#include "harness/stat/simulate.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static size_t series(void)
{
    const char *asked = getenv("ET_SERIES");
    return asked ? strtoul(asked, NULL, 10) : 1000;
}

static struct et_simulated run(enum et_trial trial, enum et_noise noise,
                               double effect, size_t n)
{
    struct et_simulation s = {trial, noise, effect, n, series(), 20260101};
    struct et_simulated r;
    assert_true(et_simulate(&s, &r));
    assert_int_equal(r.series, s.series);
    return r;
}

static void within(enum et_trial trial, enum et_noise noise, double effect,
                   size_t n, double low, double high)
{
    struct et_simulated r = run(trial, noise, effect, n);
    double all = (double)r.series;
    double below = 4 * sqrt(low * (1 - low) / all),
           above = 4 * sqrt(high * (1 - high) / all);
    print_message("%s, %s, n = %zu, effect %g: %.4f\n", et_trial_name(trial),
                  et_noise_name(noise), n, effect, r.share);
    if (!(r.share >= low - below && r.share <= high + above))
        fail_msg("%g is not within %g to %g", r.share, low, high);
}

TEST(intervals)
{
    for (int k = 0; k < ET_NOISES; k++)
        within(ET_TRIAL_MEDIAN, (enum et_noise)k, 0, 100, 0.93, 0.97);
    for (int k = 0; k <= ET_NOISE_BIMODAL; k++)
        within(ET_TRIAL_MEDIAN, (enum et_noise)k, 0, 8, 0.93, 0.97);
    /* What it is for: the interval that knows of no dependence. */
    within(ET_TRIAL_PLAIN, ET_NOISE_AR06, 0, 100, 0, 0.8);
    within(ET_TRIAL_STOPPED, ET_NOISE_NORMAL, 0.02, 20, 0.93, 0.97);
    within(ET_TRIAL_STOPPED, ET_NOISE_BIMODAL, 0.02, 20, 0.93, 0.97);
    within(ET_TRIAL_STOPPED, ET_NOISE_AR03, 0.02, 20, 0.93, 0.97);
    within(ET_TRIAL_STOPPED, ET_NOISE_NORMAL, 0.1, 12, 0.93, 0.97);
    within(ET_TRIAL_STOPPED, ET_NOISE_AR06, 0.1, 150, 0.93, 0.97);
}

TEST(false_alarms)
{
    for (int k = 0; k < ET_NOISES; k++) {
        within(ET_TRIAL_LEVELS, (enum et_noise)k, 0, 6, 0, 0.05);
        within(ET_TRIAL_WARMUP, (enum et_noise)k, 0, 100, 0, 0.03);
        within(ET_TRIAL_TREND, (enum et_noise)k, 0, 100, 0, 0.03);
    }
}

TEST(what_is_there_is_found)
{
    within(ET_TRIAL_LEVELS, ET_NOISE_NORMAL, 0.2, 6, 0.9, 1);
    within(ET_TRIAL_LEVELS_ONE, ET_NOISE_NORMAL, 0.1, 6, 0.9, 1);
    within(ET_TRIAL_WARMUP, ET_NOISE_NORMAL, 0.5, 100, 0.97, 1);
    within(ET_TRIAL_WARMUP, ET_NOISE_AR03, 1, 100, 0.9, 1);
    within(ET_TRIAL_TREND, ET_NOISE_NORMAL, 0.1, 100, 0.97, 1);
    within(ET_TRIAL_TREND, ET_NOISE_AR03, 0.05, 300, 0.75, 1);
}

TEST(noises)
{
    double v[20000];
    for (int k = 0; k < ET_NOISES; k++) {
        enum et_noise kind = (enum et_noise)k;
        size_t below = 0;
        et_noise_fill(kind, 5, 0, v, COUNT(v));
        for (size_t i = 0; i < COUNT(v); i++) {
            assert_true(v[i] > 0);
            below += v[i] < et_noise_median(kind);
        }
        /* 4 sigma of 20000 halves; rho = 0.6 makes it 1.73 times as wide. */
        assert_true(fabs((double)below - 10000) < 4 * 70.7 * 1.73);
    }
    /* Autocorrelated noise is as wide as independent: 5 % around 1; its
     * neighbours correlate as its name says, to 5 standard errors. */
    for (int k = 0; k < 2; k++) {
        double rho = k ? 0.6 : 0.3, squares = 0, products = 0;
        et_noise_fill(k ? ET_NOISE_AR06 : ET_NOISE_AR03, 5, 0, v, COUNT(v));
        for (size_t i = 0; i < COUNT(v); i++) {
            squares += (v[i] - 1) * (v[i] - 1);
            products += i ? (v[i] - 1) * (v[i - 1] - 1) : 0;
        }
        assert_true(fabs(sqrt(squares / COUNT(v)) - 0.05) < 0.002);
        assert_true(fabs(products / squares - rho) < 5 / sqrt(COUNT(v)));
    }
    /* One series is a function of its number alone. */
    double a[8], b[20];
    et_noise_fill(ET_NOISE_AR06, 5, 3, a, COUNT(a));
    et_noise_fill(ET_NOISE_AR06, 5, 3, b, COUNT(b));
    assert_memory_equal(a, b, sizeof a);
    et_noise_fill(ET_NOISE_AR06, 5, 4, b, COUNT(b));
    assert_true(a[0] != b[0]);
}

TEST(refused)
{
    struct et_simulation s = {ET_TRIAL_MEDIAN, ET_NOISE_NORMAL, 0, 0, 10, 1};
    struct et_simulated r;
    assert_false(et_simulate(&s, &r));
    s.n = 5;
    s.series = 0;
    assert_false(et_simulate(&s, &r));
    s.series = 10;
    assert_true(et_simulate(&s, &r));
    assert_true(r.none == 10 && r.hits == 0);
    /* Wilson's interval of 0 in 10: from 0 to z^2 / (10 + z^2). */
    assert_true(r.share == 0 && fabs(r.interval.low) < 1e-12);
    assert_true(fabs(r.interval.high - 0.27753279) < 1e-6);
}

TEST_MAIN(intervals, false_alarms, what_is_there_is_found, noises, refused)
