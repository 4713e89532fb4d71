/* Comparison: noise is not a change, a change is not noise, and what is not
 * there is not the same. */
#include "config.h"
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
    runs[1].info.clock_fake = true;
    assert_int_equal(et_compare(runs, 2, 0.05, &c), ET_OK);
    assert_int_equal(c.v[0].change, ET_CHANGE_UNSURE);
    et_comparisons_free(&c);
    et_run_free(&runs[0]);
    et_run_free(&runs[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes),
        cmocka_unit_test(many_cases_are_many_chances),
        cmocka_unit_test(the_median_is_not_all),
        cmocka_unit_test(neighbours_are_counted_in),
        cmocka_unit_test(what_is_not_in_both),
        cmocka_unit_test(nothing_in_common_is_unsure),
        cmocka_unit_test(a_fake_clock_decides_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
