/* sampling: how long a sample must be, when a series is flat, and what counts
 * as converged.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdlib.h>
#include <math.h>

#include "harness/run/sampling.h"
#include "harness/stat/simulate.h"

TEST(floors)
{
    assert_true(et_sampling_floor(1e-3, 1e-9) == 1e-3);
    assert_true(et_sampling_floor(1e-3, 1e-5) == 1000 * 1e-5);
    assert_true(et_sampling_floor(0, 1e-9) == 1000 * 1e-9);
}

TEST(growth)
{
    /* Long enough: the same; else a fifth more than needed, up to tenfold, and
     * on to a prime number that is no factor of 20. */
    assert_int_equal(et_sampling_grow(5, 1e-3, 1e-3), 5);
    assert_int_equal(et_sampling_grow(5, 2, 1e-3), 5);
    assert_int_equal(et_sampling_grow(100, 0.5e-3, 1e-3), 241);
    assert_int_equal(et_sampling_grow(100, 1e-9, 1e-3), 1009);
    assert_int_equal(et_sampling_grow(1, 0, 1e-3), 11);
    assert_int_equal(et_sampling_grow(1, -1, 1e-3), 11);
    assert_int_equal(et_sampling_grow(1, 0.999e-3, 1e-3), 3);
    assert_int_equal(et_sampling_grow(1, 0.3e-3, 1e-3), 7);
    assert_int_equal(et_sampling_grow(100, 1.2e-3 / 1.21, 1e-3), 127);
    /* However little a unit of work takes, it ends. */
    uint64_t n = 1;
    int steps = 0;
    for (uint64_t next; (next = et_sampling_grow(n, 0, 1)) != n; steps++)
        n = next;
    assert_true(steps < 20 && n >= 1u << 30);
    /* And where the time is in proportion, it arrives at once. */
    n = 1;
    steps = 0;
    for (uint64_t next;
         (next = et_sampling_grow(n, 3e-7 * (double)n, 1e-3)) != n; steps++)
        n = next;
    assert_true(steps <= 5 && 3e-7 * (double)n >= 1e-3);
    assert_true(3e-7 * (double)n < 1.3e-3);
}

TEST(flatness)
{
    const double falling[] = {10, 8, 6, 4, 2}, flat[] = {10, 5, 5, 5, 5},
                 near[] = {9, 5, 4.95, 5, 5}, noisy[] = {1, 1, 5, 1, 9},
                 rising[] = {1, 2, 3, 4}, late[] = {5, 5, 5, 5, 5, 4};
    assert_false(et_sampling_flat(falling, 5, 0.02));
    assert_false(et_sampling_flat(flat, 3, 0.02)); /* too few to say */
    assert_true(et_sampling_flat(flat, 5, 0.02));
    assert_true(et_sampling_flat(near, 5, 0.02));
    assert_false(et_sampling_flat(near, 5, 0.005));
    assert_true(et_sampling_flat(noisy, 5, 0.02));
    assert_true(et_sampling_flat(rising, 4, 0.02));
    assert_false(et_sampling_flat(late, 6, 0.02));
}

TEST(blocks)
{
    /* One at first; then the looks grow apart, so that there are few. */
    size_t looks = 0, n = 0;
    while (n < 100000) {
        size_t b = et_sampling_block(n, 1e-9 * (double)n, 1, 100000);
        assert_true(b >= 1 && n + b <= 100000 && (n >= 4 || b == 1));
        n += b;
        looks++;
    }
    assert_true(looks < 40);
    /* 100 samples in 1 s: half a second more holds 50, a quarter 25. */
    assert_int_equal(et_sampling_block(100, 1, 1.5, 1000), 50);
    assert_int_equal(et_sampling_block(100, 1, 1.25, 1000), 25);
    assert_int_equal(et_sampling_block(100, 1, 1, 1000), 1);
    assert_int_equal(et_sampling_block(100, 2, 1, 1000), 1);
    assert_int_equal(et_sampling_block(100, 1, 9, 110), 10);
}

static struct et_result_time summary(double *v, size_t n, double precision,
                                     int64_t least)
{
    struct et_result_time t = {.samples = {v, n}, .converged = true};
    size_t warm;
    et_sampling_summarise(&t, precision, least, &warm);
    assert_int_equal(warm + (size_t)t.n, n);
    return t;
}

TEST(summaries)
{
    double v[] = {7, 1, 3, 5, 9, 2, 8, 4, 6, 10, 11, 12, 0, 13};
    struct et_result_time t = summary(v, 14, 1.2, 12);
    assert_int_equal(t.n, 14);
    assert_true(t.median == 6.5 && t.min == 0 && t.max == 13);
    assert_true(t.mean == 6.5);
    /* Of 0 to 13 in steps of 1, 95 and 99 % of the way. */
    assert_true(fabs(t.p95 - 0.95 * 13) < 1e-12);
    assert_true(fabs(t.p99 - 0.99 * 13) < 1e-12);
    assert_true(t.ci_low > 1 && t.ci_low < t.median && t.ci_high < 12 &&
                t.ci_high > t.median && t.confidence == 0.95);
    assert_true(t.n_effective > 0 && t.n_effective <= 14);
    assert_false(summary(v, 14, 0.1, 12).converged);
    assert_true(v[0] == 7 && v[13] == 13); /* raw samples stay in order */
    double same[] = {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
    assert_true(summary(same, 12, 1e-6, 12).converged);
    assert_false(summary(same, 12, 1, 13).converged); /* not yet enough */
    assert_true(summary(same, 13, 1, 13).converged);
    /* Without an interval nothing has converged, however alike. */
    t = summary(same, 5, 1, 1);
    assert_true(t.median == 2 && isnan(t.ci_low) && isnan(t.ci_high));
    assert_false(t.converged);
    t = summary(same, 0, 1, 0);
    assert_true(isnan(t.median) && isnan(t.min) && !t.converged && t.n == 0);
}

/* The made-up series whose coverage is told are stopped as a run's are. */
TEST(simulated_as_run)
{
    enum { MOST = 2000, SERIES = 100 };
    double v[MOST], n = 0, effective = 0,
                    truth = et_noise_median(ET_NOISE_AR06);
    size_t hits = 0, warm;
    const struct et_simulation s = {
        ET_TRIAL_STOPPED, ET_NOISE_AR06, 0.05, 12, SERIES, 7};
    struct et_simulated r;
    assert_true(et_simulate(&s, &r));
    for (uint64_t i = 0; i < SERIES; i++) {
        struct et_result_time t = {.samples = {v, 0}};
        et_noise_fill(s.noise, s.seed, i, v, MOST);
        do {
            t.samples.n += et_sampling_block(
                t.samples.n, 1e-9 * (double)t.samples.n, 1, MOST);
            et_sampling_summarise(&t, s.effect, 12, &warm);
        } while (!t.converged && t.samples.n < MOST);
        hits += t.ci_low <= truth && truth <= t.ci_high;
        n += (double)t.n / SERIES;
        effective += t.n_effective / SERIES;
    }
    assert_int_equal(hits, r.hits);
    assert_true(fabs(n - r.mean_n) < 1e-9);
    assert_true(fabs(effective - r.mean) < 1e-9);
}

TEST(warm_up_is_found)
{
    struct et_result_time t = {0};
    size_t warm;
    for (int i = 0; i < 60; i++)
        assert_true(
            et_reals_add(&t.samples, (i < 15 ? 3 : 2) + 0.01 * (i % 7)));
    et_sampling_summarise(&t, 0.1, 12, &warm);
    assert_int_equal(warm, 15);
    assert_true(t.n == 45 && t.max < 2.1 && t.converged);
    assert_true(et_sampling_split(&t, warm));
    assert_true(t.samples.n == 45 && t.transient.n == 15 && t.warmup == 15);
    assert_true(t.samples.v[0] < 2.1 && t.transient.v[14] > 2.9);
    free(t.samples.v);
    free(t.transient.v);
}

/* A level that changes again in the later half: nothing is settled, so nothing
 * is taken away. */
TEST(no_warm_up_where_nothing_settles)
{
    struct et_result_time t = {0};
    size_t warm = 42;
    for (int i = 0; i < 100; i++)
        assert_true(et_reals_add(&t.samples, (i < 15   ? 3
                                              : i < 70 ? 2
                                                       : 4) +
                                                 0.01 * (i % 7)));
    et_sampling_summarise(&t, 0.1, 12, &warm);
    assert_true(warm == 0 && t.n == 100);
    /* Nor where the first of two changes alone would have been one. */
    for (int i = 0; i < 100; i++)
        t.samples.v[i] = (i < 5 ? 10 : i < 50 ? 2 : 2.02) + 0.01 * (i * 7 % 5);
    et_sampling_summarise(&t, 0.1, 12, &warm);
    assert_true(warm == 0 && t.n == 100);
    free(t.samples.v);
}

TEST(a_trend_is_told)
{
    struct et_result_time t = {0};
    for (int i = 0; i < 60; i++)
        assert_true(et_reals_add(&t.samples, 1 + 0.002 * i + 0.01 * (i % 3)));
    et_sampling_trend(&t, 0.02);
    assert_true(t.drifts && t.drift > 0.08 && t.drift < 0.15);
    assert_true(t.drift_p < 0.001);
    et_sampling_trend(&t, 0.5); /* real, and less than matters */
    assert_false(t.drifts);
    /* A fall is a drift, too. */
    for (int i = 0; i < 60; i++)
        t.samples.v[i] = 1.12 - 0.002 * i + 0.01 * (i % 3);
    et_sampling_trend(&t, 0.02);
    assert_true(t.drifts && t.drift < -0.08 && t.drift > -0.15);
    assert_true(t.drift_p < 0.001);
    for (int i = 0; i < 60; i++)
        t.samples.v[i] = 1 + 0.01 * (i * 7 % 5);
    et_sampling_trend(&t, 0.02);
    assert_false(t.drifts);
    free(t.samples.v);
}

TEST_MAIN(floors, growth, flatness, blocks, summaries, simulated_as_run,
          warm_up_is_found, a_trend_is_told, no_warm_up_where_nothing_settles)
