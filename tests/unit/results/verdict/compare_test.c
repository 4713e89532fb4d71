/* Comparison: noise is not a change, a change is not noise, and what is not
 * there is not the same. */
#include "config.h"
#include "tests/unit/test_main.h"
#include "tests/unit/results/sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/verdict/compare.h"

/* A baseline of 0.5 s against `median`; one case each. */
static struct et_comparison pair(double median, double spread, size_t n,
                                 enum et_status *status)
{
    struct et_run runs[2] = {sample_run(), sample_run()};
    struct et_comparisons c;
    sample_add(&runs[0], sample_result("a", 0.5, 0.01, 31));
    sample_add(&runs[1], sample_result("a", median, spread, n));
    assert_int_equal(et_compare(runs, 2, 0.05, &c), ET_OK);
    assert_int_equal(c.n, 1);
    struct et_comparison first = c.v[0];
    assert_string_equal(first.id, "a");
    assert_string_equal(first.metric, "flops");
    *status = et_comparisons_status(&c);
    et_comparisons_free(&c);
    et_run_free(&runs[0]);
    et_run_free(&runs[1]);
    return first;
}

static void changes(void **state)
{
    (void)state;
    enum et_status s;
    struct et_comparison c = pair(0.5, 0.01, 31, &s);
    assert_int_equal(c.change, ET_CHANGE_SAME);
    assert_true(c.low < 1 && c.high > 1 && fabs(c.ratio - 1) < 1e-12);
    assert_int_equal(s, ET_OK);
    c = pair(0.52, 0.01, 31, &s); /* real, but within the tolerance */
    assert_true(c.high < 1);
    assert_int_equal(c.change, ET_CHANGE_SAME);
    assert_true(c.p < 0.05);
    c = pair(0.6, 0.9, 31, &s); /* large, but chance may do it */
    assert_int_equal(c.change, ET_CHANGE_UNSURE);
    assert_true(c.p > 0.05 && c.low < 1 && c.high > 1);
    assert_int_equal(s, ET_UNSURE);
    c = pair(0.6, 0.01, 31, &s);
    assert_int_equal(c.change, ET_CHANGE_WORSE);
    assert_true(c.ratio < 1 && c.p < 0.05 && c.ahead == 0);
    assert_true(fabs(c.shift - c.ratio) < 0.01);
    assert_true(c.low < c.shift && c.shift < c.high && c.high < 1);
    assert_int_equal(s, ET_MISSED);
    c = pair(0.4, 0.01, 31, &s);
    assert_int_equal(c.change, ET_CHANGE_BETTER);
    assert_true(c.low > 1 && c.ahead == 1);
    assert_int_equal(s, ET_OK);
    c = pair(0.6, 0.01, 5, &s); /* too few samples for an interval */
    assert_int_equal(c.change, ET_CHANGE_UNSURE);
    assert_true(isnan(c.p) && isnan(c.low));
    assert_int_equal(s, ET_UNSURE);
}

/* What was promised of a lone case is not promised of the worst of many. */
static void many_cases_are_many_chances(void **state)
{
    (void)state;
    struct et_run runs[2] = {sample_run(), sample_run()};
    struct et_comparisons c;
    enum et_status s;
    struct et_comparison alone = pair(0.53, 0.1, 15, &s);
    assert_true(alone.p < 0.05 && alone.p > 0.0005);
    assert_int_equal(alone.change, ET_CHANGE_WORSE);
    for (int i = 0; i < 200; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        sample_add(&runs[0], sample_result(id, 0.5, 0.01, 31));
        sample_add(&runs[1], sample_result(id, i ? 0.5 : 0.53, i ? 0.01 : 0.1,
                                           i ? 31 : 15));
    }
    assert_int_equal(et_compare(runs, 2, 0.05, &c), ET_OK);
    assert_int_equal(c.n, 200);
    assert_true(c.v[0].p > 0.05 && c.v[0].p <= 200 * alone.p * 1.001);
    assert_int_equal(c.v[0].change, ET_CHANGE_UNSURE);
    for (size_t i = 1; i < c.n; i++)
        assert_int_equal(c.v[i].change, ET_CHANGE_SAME);
    assert_int_equal(et_comparisons_status(&c), ET_UNSURE);
    et_comparisons_free(&c);
    et_run_free(&runs[0]);
    et_run_free(&runs[1]);
}

/* Samples 0..n-1 of `r` are set, and summarised. */
static void set_samples(struct et_result *r, double (*at)(size_t i))
{
    for (size_t i = 0; i < r->time.samples.n; i++)
        r->time.samples.v[i] = at(i);
    sample_summarise(r);
}

static double steady(size_t i)
{
    return 0.5 + 0.001 * (double)(i * 7 % 31);
}
/* Two modes, of which the slow one has 46 or 47 of 93 samples. */
static double mostly_fast(size_t i)
{
    return steady(i) * (i % 2 == 1 ? 1.5 : 1);
}
static double mostly_slow(size_t i)
{
    return steady(i) * (i % 2 == 0 ? 1.5 : 1);
}
/* Long waves, of which each run caught another part. */
static double wave(size_t i)
{
    return 0.5 + 0.1 * sin(0.04 * (double)i) + 0.001 * (double)(i * 7 % 31);
}
static double later_wave(size_t i)
{
    return wave(i + 60);
}

static struct et_comparison shaped(double (*before)(size_t),
                                   double (*after)(size_t), size_t n)
{
    struct et_run runs[2] = {sample_run(), sample_run()};
    struct et_comparisons c;
    struct et_result a = sample_result("a", 0.5, 0.01, n),
                     b = sample_result("a", 0.5, 0.01, n);
    set_samples(&a, before);
    set_samples(&b, after);
    sample_add(&runs[0], a);
    sample_add(&runs[1], b);
    assert_int_equal(et_compare(runs, 2, 0.05, &c), ET_OK);
    struct et_comparison first = c.v[0];
    et_comparisons_free(&c);
    et_run_free(&runs[0]);
    et_run_free(&runs[1]);
    return first;
}

static void the_median_is_not_all(void **state)
{
    (void)state;
    assert_int_equal(shaped(steady, steady, 93).change, ET_CHANGE_SAME);
    /* The median jumps by half with one sample; the samples do not. */
    struct et_comparison c = shaped(mostly_fast, mostly_slow, 93);
    assert_true(c.ratio < 0.75 && c.p > 0.5);
    assert_int_equal(c.change, ET_CHANGE_UNSURE);
}

static void neighbours_are_counted_in(void **state)
{
    (void)state;
    struct et_comparison c = shaped(wave, later_wave, 80);
    assert_true(fabs(c.ratio - 1) > 0.05);
    assert_int_equal(c.change, ET_CHANGE_UNSURE);
    assert_false(c.p <= 0.05); /* or none: no interval, no test */
}

static enum et_change change_of(const struct et_comparisons *c, const char *id)
{
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->v[i].id, id) == 0)
            return c->v[i].change;
    }
    fail_msg("%s was not compared", id);
    return ET_CHANGE_SAME;
}

static void what_is_not_in_both(void **state)
{
    (void)state;
    struct et_run runs[2] = {sample_run(), sample_run()};
    struct et_comparisons c;
    struct et_result broken = sample_result("broke", 0.5, 0.01, 31);
    broken.outcome = ET_WRONG_DATA;
    struct et_result neither[2] = {sample_result("neither", 0.5, 0.01, 31),
                                   sample_result("neither", 0.5, 0.01, 31)};
    neither[0].outcome = neither[1].outcome = ET_UNSUPPORTED;
    struct et_result unsure = sample_result("unsure", 0.5, 0.01, 31);
    unsure.time.converged = false;
    sample_add(&runs[0], sample_result("same", 0.5, 0.01, 31));
    sample_add(&runs[0], sample_result("gone", 0.5, 0.01, 31));
    sample_add(&runs[0], sample_result("broke", 0.5, 0.01, 31));
    sample_add(&runs[0], neither[0]);
    sample_add(&runs[0], sample_result("unsure", 0.5, 0.01, 31));
    sample_add(&runs[1], unsure);
    sample_add(&runs[1], neither[1]);
    sample_add(&runs[1], sample_result("new", 0.5, 0.01, 31));
    sample_add(&runs[1], broken);
    sample_add(&runs[1], sample_result("same", 0.5, 0.01, 31));
    assert_int_equal(et_compare(runs, 2, 0.05, &c), ET_OK);
    assert_int_equal(c.n, 5);
    assert_int_equal(change_of(&c, "same"), ET_CHANGE_SAME);
    assert_int_equal(change_of(&c, "gone"), ET_CHANGE_MISSING);
    assert_int_equal(change_of(&c, "broke"), ET_CHANGE_WRONG);
    assert_int_equal(change_of(&c, "unsure"), ET_CHANGE_UNSURE);
    assert_int_equal(change_of(&c, "new"), ET_CHANGE_NEW);
    assert_int_equal(et_comparisons_status(&c), ET_WRONG);
    et_comparisons_free(&c);
    et_run_free(&runs[0]);
    et_run_free(&runs[1]);
}

static void nothing_in_common_is_unsure(void **state)
{
    (void)state;
    struct et_run runs[3] = {sample_run(), sample_run(), sample_run()};
    struct et_comparisons c;
    sample_add(&runs[1], sample_result("b", 0.5, 0.01, 31));
    sample_add(&runs[2], sample_result("c", 0.5, 0.01, 31));
    assert_int_equal(et_compare(runs, 3, 0.05, &c), ET_OK);
    assert_int_equal(c.n, 2);
    assert_int_equal(c.v[1].run, 2);
    assert_int_equal(et_comparisons_status(&c), ET_UNSURE);
    et_comparisons_free(&c);
    assert_int_equal(et_compare(runs, 1, 0.05, &c), ET_USAGE);
    assert_int_equal(et_compare(runs, 3, -1, &c), ET_USAGE);
    for (int i = 0; i < 3; i++)
        et_run_free(&runs[i]);
}

static void a_fake_clock_decides_nothing(void **state)
{
    (void)state;
    struct et_run runs[2] = {sample_run(), sample_run()};
    struct et_comparisons c;
    sample_add(&runs[0], sample_result("a", 0.5, 0.01, 31));
    sample_add(&runs[1], sample_result("a", 0.5, 0.01, 31));
    for (int fake = 0; fake < 2; fake++) {
        runs[fake].info.clock_fake = true;
        runs[!fake].info.clock_fake = false;
        assert_int_equal(et_compare(runs, 2, 0.05, &c), ET_OK);
        assert_int_equal(c.v[0].change, ET_CHANGE_UNSURE);
        et_comparisons_free(&c);
    }
    et_run_free(&runs[0]);
    et_run_free(&runs[1]);
}

/* A load that takes `median` at rest: a metric of which lower is better. */
static struct et_result access_of(double median)
{
    struct et_result r = sample_result("a", median, 0.01, 31);
    r.work.flop = r.work.bytes = 0;
    r.work.accesses = 1;
    return r;
}

/* The one case of two runs; the status in *s. */
static struct et_comparison only(struct et_result base, struct et_result now,
                                 double tolerance, enum et_status *s)
{
    struct et_run runs[2] = {sample_run(), sample_run()};
    struct et_comparisons c;
    sample_add(&runs[0], base);
    sample_add(&runs[1], now);
    assert_int_equal(et_compare(runs, 2, tolerance, &c), ET_OK);
    assert_int_equal(c.n, 1);
    struct et_comparison first = c.v[0];
    *s = et_comparisons_status(&c);
    et_comparisons_free(&c);
    et_run_free(&runs[0]);
    et_run_free(&runs[1]);
    return first;
}

static void near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-3 * fabs(b)))
        fail_msg("%.9g is not %.9g", a, b);
}

/* 0.5 s to 0.6 s: of an access 1.2 times as long, and worse; of 2 GFLOP 4 to
 * 3.333 GFLOP/s, 0.8333 times as much, and worse, too. The samples lie within
 * 1 %, so no pair of them is further than 2 % from that. */
static void either_way_may_be_better(void **state)
{
    (void)state;
    enum et_status s;
    struct et_comparison c = only(access_of(0.5), access_of(0.6), 0.05, &s);
    assert_int_equal(c.change, ET_CHANGE_WORSE);
    assert_int_equal(s, ET_MISSED);
    assert_false(c.higher);
    near(c.base, 5e8); /* ns */
    near(c.value, 6e8);
    near(c.ratio, 1.2);
    near(c.shift, 1.2);
    assert_true(1.176 < c.low && c.low < 1.2 && 1.2 < c.high && c.high < 1.224);
    near(c.ahead, 0);
    c = only(access_of(0.5), access_of(0.4), 0.05, &s);
    assert_int_equal(c.change, ET_CHANGE_BETTER);
    assert_int_equal(s, ET_OK);
    near(c.ratio, 0.8);
    near(c.shift, 0.8);
    assert_true(c.low < 0.8 && 0.8 < c.high);
    near(c.ahead, 1);
    c = pair(0.6, 0.01, 31, &s);
    assert_true(c.higher);
    near(c.base, 4);
    near(c.value, 10 / 3.0);
    near(c.ratio, 5 / 6.0);
    near(c.shift, 5 / 6.0);
    assert_true(0.816 < c.low && c.low < 5 / 6.0);
    assert_true(5 / 6.0 < c.high && c.high < 0.85);
}

/* Twice the work in twice the time is the same rate: each sample counts with
 * its own amount. */
static void amounts_that_differ(void **state)
{
    (void)state;
    enum et_status s;
    struct et_result twice = sample_result("a", 1.0, 0.01, 31);
    twice.work.flop = 4e9;
    struct et_comparison c =
        only(sample_result("a", 0.5, 0.01, 31), twice, 0.05, &s);
    near(c.ratio, 1);
    near(c.shift, 1);
    assert_int_equal(c.change, ET_CHANGE_SAME);
    assert_int_equal(s, ET_OK);
    twice = sample_result("a", 0.5, 0.01, 31);
    twice.work.flop = 4e9;
    c = only(sample_result("a", 0.5, 0.01, 31), twice, 0.05, &s);
    near(c.ratio, 2);
    near(c.shift, 2);
    twice = access_of(1.0); /* two loads in twice the time */
    twice.work.accesses = 2;
    c = only(access_of(0.5), twice, 0.05, &s);
    near(c.ratio, 1);
    near(c.shift, 1);
}

/* 4 to 5 GFLOP/s is a quarter more, and a quarter is tolerated. */
static void the_tolerance_itself_is_tolerated(void **state)
{
    (void)state;
    enum et_status s;
    struct et_comparison c = only(sample_result("a", 0.5, 0.001, 31),
                                  sample_result("a", 0.4, 0.001, 31), 0.25, &s);
    assert_true(c.ratio == 1.25);
    assert_int_not_equal(c.change, ET_CHANGE_BETTER);
    c = only(sample_result("a", 0.5, 0.001, 31),
             sample_result("a", 0.4, 0.001, 31), 0.249, &s);
    assert_int_equal(c.change, ET_CHANGE_BETTER);
}

/* The median of 31 of 61 fast samples and of 31 of 61 slower ones: it rises by
 * 6 %, but three of four pairs fall. Both cannot be: unsure. */
static double two_modes(size_t i)
{
    size_t k = i * 37 % 61;
    return (k < 31 ? 0.5 : 1.0) + 1e-5 * (double)k;
}
static double two_others(size_t i)
{
    size_t k = i * 37 % 61;
    return (k < 30 ? 0.3 : 0.532) + 1e-5 * (double)k;
}

/* The same median as two_modes, of which half a thousandth is rounding; but all
 * other pairs fall by far. */
static double faster_half(size_t i)
{
    size_t k = i * 37 % 61;
    return (k < 30 ? 0.3 : 0.5) + 1e-5 * (double)k;
}

static void median_and_samples_disagree(void **state)
{
    (void)state;
    struct et_comparison same = shaped(two_modes, faster_half, 61);
    assert_true(fabs(same.ratio - 1) < 0.01 && same.shift > 1.05);
    assert_int_equal(same.change, ET_CHANGE_UNSURE);
    struct et_comparison c = shaped(two_modes, two_others, 61);
    assert_true(c.ratio < 0.95 && c.shift > 1.05);
    assert_true(c.p < ET_COMPARE_ALPHA);
    assert_int_equal(c.change, ET_CHANGE_UNSURE);
}

/* A case that was there and is not sound here. */
static void unsound_cases(void **state)
{
    (void)state;
    enum et_status s;
    struct et_result base, now = sample_result("a", 0.5, 0.01, 31);
    now.verification.status = ET_CHECK_NONE; /* nobody looked */
    struct et_comparison c =
        only(sample_result("a", 0.5, 0.01, 31), now, 0.05, &s);
    assert_int_equal(c.change, ET_CHANGE_MISSING);
    assert_int_equal(s, ET_MISSED);
    now = sample_result("a", 0.5, 0.01, 31);
    now.verification.status = ET_CHECK_FAILED;
    c = only(sample_result("a", 0.5, 0.01, 31), now, 0.05, &s);
    assert_int_equal(c.change, ET_CHANGE_WRONG);
    assert_int_equal(s, ET_WRONG);
    now = sample_result("a", 0.5, 0.01, 31);
    now.outcome = ET_FAILED;
    c = only(sample_result("a", 0.5, 0.01, 31), now, 0.05, &s);
    assert_int_equal(c.change, ET_CHANGE_MISSING);
    /* Failed on both sides: nothing is known, and nothing is well. */
    base = sample_result("a", 0.5, 0.01, 31);
    base.outcome = ET_FAILED;
    now = sample_result("a", 0.5, 0.01, 31);
    now.outcome = ET_FAILED;
    c = only(base, now, 0.05, &s);
    assert_int_equal(c.change, ET_CHANGE_UNSURE);
    assert_string_equal(et_change_name(c.change), "unsure");
    assert_int_equal(s, ET_UNSURE);
    /* Wrong on both sides: wrong here. */
    base = sample_result("a", 0.5, 0.01, 31);
    base.outcome = ET_WRONG_DATA;
    now = sample_result("a", 0.5, 0.01, 31);
    now.outcome = ET_WRONG_DATA;
    now.verification.status = ET_CHECK_NONE;
    c = only(base, now, 0.05, &s);
    assert_int_equal(c.change, ET_CHANGE_WRONG);
    assert_int_equal(s, ET_WRONG);
}

static void one_side_that_did_not_converge(void **state)
{
    (void)state;
    for (int side = 0; side < 2; side++) {
        enum et_status s;
        struct et_result v[2] = {sample_result("a", 0.5, 0.01, 31),
                                 sample_result("a", 0.5, 0.01, 31)};
        v[side].time.converged = false;
        struct et_comparison c = only(v[0], v[1], 0.05, &s);
        assert_int_equal(c.change, ET_CHANGE_UNSURE);
        assert_int_equal(s, ET_UNSURE);
    }
}

/* Figures in different units are not compared. */
static void units_that_differ(void **state)
{
    (void)state;
    struct et_run runs[2] = {sample_run(), sample_run()};
    struct et_comparisons c;
    sample_add(&runs[0], sample_result("a", 0.5, 0.01, 31));
    sample_add(&runs[1], sample_result("a", 0.5, 0.01, 31));
    struct et_metric_value *v = runs[1].records[0].metrics.v;
    free(v->unit);
    v->unit = strdup("FLOP/s");
    assert_int_equal(et_compare(runs, 2, 0.05, &c), ET_OK);
    assert_int_equal(c.v[0].change, ET_CHANGE_UNSURE);
    assert_true(isnan(c.v[0].p));
    et_comparisons_free(&c);
    et_run_free(&runs[0]);
    et_run_free(&runs[1]);
}

/* The gravest of all cases is the whole. */
static void the_whole_is_the_gravest(void **state)
{
    (void)state;
    static const struct {
        enum et_change v[3];
        enum et_status status;
    } wholes[] = {
        {{ET_CHANGE_SAME, ET_CHANGE_BETTER, ET_CHANGE_NEW}, ET_OK},
        {{ET_CHANGE_SAME, ET_CHANGE_UNSURE, ET_CHANGE_BETTER}, ET_UNSURE},
        {{ET_CHANGE_WORSE, ET_CHANGE_UNSURE, ET_CHANGE_SAME}, ET_MISSED},
        {{ET_CHANGE_SAME, ET_CHANGE_MISSING, ET_CHANGE_BETTER}, ET_MISSED},
        {{ET_CHANGE_WORSE, ET_CHANGE_WRONG, ET_CHANGE_UNSURE}, ET_WRONG},
        {{ET_CHANGE_NEW, ET_CHANGE_NEW, ET_CHANGE_NEW}, ET_UNSURE},
    };
    for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++) {
        struct et_comparison v[3] = {{.change = wholes[i].v[0]},
                                     {.change = wholes[i].v[1]},
                                     {.change = wholes[i].v[2]}};
        struct et_comparisons c = {v, 3};
        assert_int_equal(et_comparisons_status(&c), wholes[i].status);
    }
}

TEST_MAIN(changes, many_cases_are_many_chances, the_median_is_not_all,
          neighbours_are_counted_in, what_is_not_in_both,
          nothing_in_common_is_unsure, a_fake_clock_decides_nothing,
          either_way_may_be_better, amounts_that_differ,
          the_tolerance_itself_is_tolerated, median_and_samples_disagree,
          unsound_cases, one_side_that_did_not_converge, units_that_differ,
          the_whole_is_the_gravest)
