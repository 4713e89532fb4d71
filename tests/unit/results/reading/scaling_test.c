/* Series, fits and projections against figures worked out by hand, and each
 * reason to refuse a projection. */
#include "config.h"
#include "tests/unit/test_main.h"
#include "results/reading/scaling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/results/sample.h"

static struct et_result team_result(const char *kind, int64_t ranks,
                                    double time, double flop)
{
    char id[64];
    snprintf(id, sizeof id, "%s %lld", kind, (long long)ranks);
    struct et_result r = sample_result(id, time, 0.001, 21);
    r.team.ranks = ranks;
    r.team.nodes = ranks < 4 ? 1 : ranks / 4;
    r.work.flop = flop;
    assert_true(et_pairs_set(&r.params, "scaling", kind, false));
    return r;
}

/* t(p) = a + b/p on 1, 2, 4, ..., the work the same. */
static struct et_run strong_run(double a, double b, int sizes)
{
    struct et_run run = sample_run();
    for (int i = 0; i < sizes; i++) {
        double p = exp2(i);
        sample_add(&run, team_result("strong", 1 << i, a + b / p, 1e12));
    }
    return run;
}

/* Efficiency 1 - loss log2(p), a GFLOP a rank and second at one rank. */
static struct et_run weak_run(double loss, int sizes)
{
    struct et_run run = sample_run();
    for (int i = 0; i < sizes; i++)
        sample_add(&run, team_result("weak", 1 << i, 1 / (1 - loss * i),
                                     1e9 * exp2(i)));
    return run;
}

static struct et_scaling find(const struct et_run *run)
{
    struct et_scaling s;
    assert_true(et_scaling_find(run, &s));
    return s;
}

static void near(double a, double b, double share)
{
    if (!(fabs(a - b) <= share * fabs(b)))
        fail_msg("%g is not %g", a, b);
}

TEST(test_points)
{
    struct et_run run = sample_run();
    struct et_result four = team_result("strong", 4, 1.0, 8e9);
    struct et_result two = team_result("strong", 2, 1.6, 8e9);
    four.time.ci_low = 0.9, four.time.ci_high = 1.25;
    two.time.ci_low = 1.5, two.time.ci_high = 1.8;
    sample_add(&run, four);
    sample_add(&run, two);
    struct et_scaling s = find(&run);
    assert_int_equal(s.n, 1);
    assert_int_equal(s.v[0].n, 2);
    const struct et_scaling_point *p = &s.v[0].v[1];
    near(s.v[0].v[0].ranks, 2, 0); /* sorted */
    near(s.v[0].v[0].efficiency, 1, 0);
    near(p->rate, 8e9, 1e-12);
    near(p->speedup, 1.6, 1e-12);
    near(p->speedup_low, 1.5 / 1.25, 1e-12);
    near(p->speedup_high, 1.8 / 0.9, 1e-12);
    near(p->efficiency, 0.8, 1e-12);
    near(p->efficiency_low, 0.6, 1e-12);
    near(p->efficiency_high, 1.0, 1e-12);
    et_scaling_free(&s);
    et_run_free(&run);
}

/* A series is of one metric: what lacks the bench's own is no point of it. */
TEST(test_one_metric)
{
    struct et_run run = sample_run();
    struct et_run_bench *b = et_list_add(&run.info.benches, sizeof *b);
    assert_non_null(b);
    *b =
        (struct et_run_bench){.name = strdup("gemm"), .merit = strdup("busbw")};
    for (int ranks = 1; ranks <= 4; ranks *= 2) {
        struct et_result r = team_result("strong", ranks, 1.0 / ranks, 8e9);
        r.work.bus_bytes = ranks > 1 ? 3e9 : NAN;
        r.work.bytes = 6e9;
        sample_add(&run, r);
    }
    struct et_scaling s = find(&run);
    assert_int_equal(s.n, 1);
    assert_int_equal(s.v[0].n, 2);
    assert_string_equal(s.v[0].unit, "B/s");
    near(s.v[0].v[0].rate, 6e9, 1e-12);
    near(s.v[0].v[1].rate, 12e9, 1e-12);
    near(s.v[0].v[1].speedup, 2, 1e-12);
    et_scaling_free(&s);
    et_run_free(&run);
}

TEST(test_series_apart)
{
    struct et_run run = strong_run(0.1, 0.9, 3);
    for (int i = 0; i < 3; i++) {
        struct et_result r = team_result("strong", 1 << i, 1, 1e12);
        free(r.backend);
        r.backend = strdup("cblas");
        sample_add(&run, r);
    }
    struct et_result r = team_result("strong", 8, 1, 1e12);
    assert_true(et_pairs_set(&r.params, "m", "77", true));
    sample_add(&run, r);
    r = team_result("strong", 8, 0.2, 1e12);
    r.outcome = ET_WRONG_DATA; /* no figure of it counts */
    sample_add(&run, r);
    struct et_scaling s = find(&run);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.v[0].n, 3);
    assert_int_equal(s.v[1].n, 3);
    et_scaling_free(&s);
    et_run_free(&run);
}

TEST(test_amdahl)
{
    struct et_run run = strong_run(0.1, 0.9, 6);
    struct et_scaling s = find(&run);
    near(s.v[0].serial, 0.1, 1e-6);
    assert_true(s.v[0].serial_low <= 0.1 + 1e-9);
    assert_true(s.v[0].serial_high >= 0.1 - 1e-9);
    near(et_series_fit(&s.v[0], 8), 1 / (0.1 + 0.9 / 8), 1e-6);
    /* W/(0.1 + 0.9/p) = target at p = 100. */
    struct et_projection p =
        et_series_project(&run, &s.v[0], 1e12 / (0.1 + 0.9 / 100));
    assert_string_equal(p.refusal, "");
    near(p.low, 100, 1e-3);
    near(p.high, 100, 1e-3);
    et_scaling_free(&s);
    et_run_free(&run);
}

TEST(test_gustafson)
{
    struct et_run run = sample_run();
    for (int i = 0; i < 5; i++) { /* S = s + (1-s) p, s = 0.2 */
        double p = exp2(i), speedup = 0.2 + 0.8 * p;
        sample_add(&run, team_result("weak", 1 << i, p / speedup, 1e9 * p));
    }
    struct et_scaling s = find(&run);
    near(s.v[0].serial, 0.2, 1e-6);
    et_scaling_free(&s);
    et_run_free(&run);

    run = weak_run(0.02, 5);
    s = find(&run);
    near(s.v[0].line.b, -0.02, 1e-6);
    /* 256 ranks at an efficiency of 1 - 0.02 x 8; at the reference the
     * interval of the time, 0.05 % or so each way, makes the range. */
    struct et_projection p = et_series_project(&run, &s.v[0], 1e9 * 256 * 0.84);
    assert_string_equal(p.refusal, "");
    assert_true(p.low < 256 && p.high > 256);
    near(p.low, 256, 0.01);
    near(p.high, 256, 0.01);
    et_scaling_free(&s);
    et_run_free(&run);
}

/* The projection of the run's one series must be refused, saying `why`. */
static void refused(struct et_run *run, double target, const char *why)
{
    struct et_scaling s = find(run);
    assert_int_equal(s.n, 1);
    struct et_projection p = et_series_project(run, &s.v[0], target);
    assert_said(p.refusal, why);
    assert_true(isnan(p.low) && isnan(p.high));
    et_scaling_free(&s);
    et_run_free(run);
}

TEST(test_refusals)
{
    double target = 1e12 / (0.1 + 0.9 / 100); /* 100 ranks: accepted above */
    struct et_run run = strong_run(0.1, 0.9, 6);
    run.info.clock_fake = true;
    refused(&run, target, "fake");
    run = strong_run(0.1, 0.9, 6);
    run.records[3].result.team.oversubscribed = true;
    refused(&run, target, "oversubscribed");
    run = strong_run(0.1, 0.9, 6);
    run.records[2].result.time.converged = false;
    refused(&run, target, "converged");
    run = strong_run(0.1, 0.9, 6);
    run.records[2].result.verification.status = ET_CHECK_NONE;
    refused(&run, target, "checked");
    run = strong_run(0.1, 0.9, 6);
    run.records[2].result.time.drifts = true;
    refused(&run, target, "flaw");
    run = strong_run(0.1, 0.9, 3);
    refused(&run, target, "3 team sizes");
    run = strong_run(0.1, 0.9, 6);
    run.records[4].result.time.median *= 1.4;
    refused(&run, target, "misses a point");
    run = strong_run(-0.001, 1, 6);
    refused(&run, 1e14, "negative");
    run = strong_run(0.1, 0.9, 6);
    refused(&run, 1e13, "never reaches");
    run = strong_run(0, 1, 6);
    refused(&run, 1e12 * 32 * 101, "beyond the largest team");
    run = strong_run(0.1, 0.9, 6);
    for (size_t i = 0; i < run.n; i++)
        run.records[i].result.team.nodes = 1;
    refused(&run, target, "one node");
    run = weak_run(0.15, 5);
    refused(&run, 1e9 * 1000, "never reaches");
    run = weak_run(0.001, 5);
    refused(&run, 1e18, "beyond the largest team");
}

TEST(test_reached)
{
    struct et_run run = weak_run(0.02, 2);
    struct et_scaling s = find(&run);
    struct et_projection p = et_series_project(&run, &s.v[0], 1e9);
    assert_string_equal(p.refusal, "");
    near(p.low, 2, 0);
    near(p.high, 2, 0);
    et_scaling_free(&s);
    et_run_free(&run);
}

TEST(test_latency)
{
    struct et_run run = sample_run();
    size_t v[8];
    struct et_picks all = {v, 0};
    for (int i = 0; i < 8; i++) {
        double bytes = 8 * pow(16, i);
        struct et_result r = sample_result("x", 3e-6 + bytes / 5e9, 0.001, 9);
        r.work.bytes = bytes;
        sample_add(&run, r);
        v[all.n++] = (size_t)i;
    }
    struct et_latency_fit f = et_latency_fit(&run, &all);
    assert_true(f.line.ok);
    near(f.alpha, 3e-6, 1e-6);
    near(f.rate, 5e9, 1e-6);
    assert_true(f.line.residual_worst < 1e-6);
    all.n = 1;
    f = et_latency_fit(&run, &all);
    assert_false(f.line.ok);
    assert_true(isnan(f.alpha) && isnan(f.rate));
    et_run_free(&run);
}

/* Points off the line, so that each end of an interval is another number. The
 * figures below are worked out by hand from the normal equations,
 *   b = (S Sxy - Sx Sy) / D, a = (Sy - b Sx) / S, D = S Sxx - Sx^2,
 * the errors from s^2 = sum w r^2 / (n-2): s sqrt(Sxx/D) of a and s sqrt(S/D)
 * of b, and Student's t of n - 2 = 2 degrees, 4.303.
 */
static struct et_run scattered_run(const double *times)
{
    struct et_run run = sample_run();
    for (int i = 0; i < 4; i++)
        sample_add(&run, team_result("strong", 1 << i, times[i], 1e12));
    return run;
}

/* Weights 1/t^2. a = 2.5045 us with an error of 0.0211722 us, 1/b = 2.00457
 * GB/s; at either end b +- 4.303 x 6.6e-12 s/B. */
TEST(test_latency_interval)
{
    static const double times[] = {3.01e-6, 3.48e-6, 4.53e-6, 6.48e-6};
    static const double rough[] = {3.0e-6, 3.3e-6, 2.9e-6, 3.4e-6};
    static const double falling[] = {3.9e-6, 3.81e-6, 3.6e-6, 3.2e-6};
    size_t v[] = {0, 1, 2, 3};
    const struct et_picks all = {v, 4};
    struct et_run run = sample_run();
    for (int i = 0; i < 4; i++) {
        struct et_result r = sample_result("x", times[i], 0.001, 9);
        r.work.bytes = 1000 << i;
        sample_add(&run, r);
    }
    struct et_latency_fit f = et_latency_fit(&run, &all);
    near(f.alpha, 2.50448566e-6, 1e-8);
    near(f.alpha_low, 2.41338660e-6, 1e-8);
    near(f.alpha_high, 2.59558471e-6, 1e-8);
    near(f.rate, 2.00456751e9, 1e-8);
    near(f.rate_low, 1.89683239e9, 1e-8);
    near(f.rate_high, 2.12527772e9, 1e-8);
    /* So rough that the slope may be none: no upper end of the bandwidth. */
    for (int i = 0; i < 4; i++)
        run.records[i].result.time.median = rough[i];
    f = et_latency_fit(&run, &all);
    near(f.rate, 25.6798811e9, 1e-8);
    near(f.rate_low, 3.98046195e9, 1e-8);
    assert_true(isinf(f.rate_high) && f.rate_high > 0);
    /* Larger sizes are faster: there is no bandwidth, and none below zero. */
    for (int i = 0; i < 4; i++)
        run.records[i].result.time.median = falling[i];
    f = et_latency_fit(&run, &all);
    assert_true(f.line.ok && isnan(f.rate) && isnan(f.rate_low));
    et_run_free(&run);
}

/* a = 0.0996 +- 0.00391508, b = 0.9024 +- 0.00679440. */
TEST(test_strong_interval)
{
    static const double times[] = {1.002, 0.5512, 0.3240, 0.2132};
    struct et_run run = scattered_run(times);
    struct et_scaling s = find(&run);
    near(s.v[0].serial, 0.0994011976, 1e-8);
    near(s.v[0].serial_low, 0.0952203071, 1e-8);
    near(s.v[0].serial_high, 0.1036061856, 1e-8);
    near(s.v[0].line.residual_worst, 0.0037664783, 1e-7);
    /* 1e12/0.15 a second: b / (0.15 - a) ranks. */
    struct et_projection p = et_series_project(&run, &s.v[0], 1e12 / 0.15);
    assert_string_equal(p.refusal, "");
    near(p.low, 16.4890774, 1e-8);
    near(p.high, 19.5589118, 1e-8);
    et_scaling_free(&s);
    et_run_free(&run);
}

/* Speed-ups 1, 1.962, 3.846, 7.52. Gustafson's slope through (1,1) is
 * 0.934576; E = 1.00055 - 0.01995 log2 p, +- 0.00329468 and 0.00176108. */
TEST(test_weak_interval)
{
    double times[4];
    static const double speedups[] = {1, 1.962, 3.846, 7.52};
    for (int i = 0; i < 4; i++)
        times[i] = exp2(i) / speedups[i];
    /* The reference ran at 0.98 to 1.02 s. */
    struct et_run run = sample_run();
    for (int i = 0; i < 4; i++) {
        struct et_result r =
            team_result("weak", 1 << i, times[i], 1e9 * exp2(i));
        if (i == 0)
            r.time.ci_low = 0.98, r.time.ci_high = 1.02;
        sample_add(&run, r);
    }
    struct et_scaling s = find(&run);
    near(s.v[0].serial, 0.0654237288, 1e-8);
    near(s.v[0].serial_low, 0.0436390860, 1e-8);
    near(s.v[0].serial_high, 0.0872083716, 1e-8);
    /* The least: from the faster reference along the better line. */
    struct et_projection p = et_series_project(&run, &s.v[0], 20e9);
    assert_string_equal(p.refusal, "");
    near(p.low, 21.2194619, 1e-8);
    near(p.high, 22.6796900, 1e-8);
    et_scaling_free(&s);
    et_run_free(&run);
}

/* A target is reached where the whole interval reaches it, not its median. */
TEST(test_barely_reached)
{
    struct et_run run = weak_run(0.02, 5);
    struct et_scaling s = find(&run);
    const struct et_scaling_point *last = &s.v[0].v[4];
    double target = (last->rate_low + last->rate) / 2;
    assert_true(last->rate_low < target && target < last->rate);
    struct et_projection p = et_series_project(&run, &s.v[0], target);
    assert_string_equal(p.refusal, "");
    assert_true(p.low != 16 && p.low < p.high);
    near(p.high, 16, 0.01);
    p = et_series_project(&run, &s.v[0], last->rate_low);
    near(p.low, 16, 0);
    near(p.high, 16, 0);
    et_scaling_free(&s);
    et_run_free(&run);
}

TEST_MAIN(test_points, test_one_metric, test_series_apart, test_amdahl,
          test_gustafson, test_refusals, test_reached, test_latency,
          test_latency_interval, test_strong_interval, test_weak_interval,
          test_barely_reached)
