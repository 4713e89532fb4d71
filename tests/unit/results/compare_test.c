/* Comparison: noise is not a change, a change is not noise, and what is not
 * there is not the same. */
#include "config.h"
#include "tests/unit/results/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/compare.h"

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
    c = pair(0.6, 0.9, 31, &s); /* large, but within the noise */
    assert_int_equal(c.change, ET_CHANGE_SAME);
    c = pair(0.6, 0.01, 31, &s);
    assert_int_equal(c.change, ET_CHANGE_WORSE);
    assert_true(c.ratio < 1);
    assert_int_equal(s, ET_MISSED);
    c = pair(0.4, 0.01, 31, &s);
    assert_int_equal(c.change, ET_CHANGE_BETTER);
    assert_int_equal(s, ET_OK);
    c = pair(0.6, 0.01, 5, &s); /* too few samples for an interval */
    assert_int_equal(c.change, ET_CHANGE_UNSURE);
    assert_int_equal(s, ET_UNSURE);
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
        cmocka_unit_test(what_is_not_in_both),
        cmocka_unit_test(nothing_in_common_is_unsure),
        cmocka_unit_test(a_fake_clock_decides_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
