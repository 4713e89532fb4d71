/* Comparison: noise is not a change, a change is not noise, and what is not
 * there is not the same. */
#include "config.h"
#include "tests/unit/results/verdict/compared.h"

#include <stdio.h>
#include <stdlib.h>

/* A load that takes `median` at rest: a metric of which lower is better. */
static struct et_result access_of(double median)
{
    struct et_result r = of("a", median, 0.002, 0);
    r.work.flop = r.work.bytes = 0;
    r.work.accesses = 1;
    return r;
}

/* One case of 0.5 s in three baselines, and `median` now. */
static struct bench alone(double median, double spread)
{
    struct bench b = bench(3);
    for (unsigned i = 0; i < 3; i++)
        sample_add(&b.runs[i], of("a", 0.5, spread, i));
    sample_add(&b.runs[3], of("a", median, spread, 3));
    assert_int_equal(compare(&b, 0.03), ET_OK);
    assert_int_equal(b.found.n, 1);
    return b;
}

TEST(changes)
{
    struct bench b = alone(0.5, 0.005);
    is(&b, "a", ET_CHANGE_SAME, NULL);
    near(b.found.v[0].own.ratio, 1);
    near(b.found.v[0].own.p, 0.5);
    assert_string_equal(b.found.v[0].metric, "flops");
    assert_string_equal(b.found.v[0].work, "compute");
    assert_int_equal(b.found.v[0].baselines, 3);
    assert_int_equal(done(&b), ET_OK);
    b = alone(0.51, 0.0005); /* real, but within the tolerance */
    is(&b, "a", ET_CHANGE_SAME, NULL);
    assert_true(b.found.v[0].own.p < 0.01 && b.found.v[0].own.high < 1);
    assert_int_equal(done(&b), ET_OK);
    b = alone(0.6, 0.24); /* large, but chance may do it */
    is(&b, "a", ET_CHANGE_UNSURE, "chance may do that");
    assert_true(b.found.v[0].own.low < 1 && b.found.v[0].own.high > 1);
    assert_int_equal(done(&b), ET_UNSURE);
    b = alone(0.6, 0.005);
    is(&b, "a", ET_CHANGE_WORSE, NULL);
    near(b.found.v[0].base, 4);
    near(b.found.v[0].value, 10 / 3.0);
    near(b.found.v[0].own.ratio, 5 / 6.0);
    near(b.found.v[0].all.ratio, 5 / 6.0);
    assert_true(b.found.v[0].own.low < 5 / 6.0 &&
                b.found.v[0].own.high > 5 / 6.0 &&
                b.found.v[0].own.high < 0.9 && b.found.v[0].own.p < 0.01);
    assert_int_equal(done(&b), ET_MISSED);
    b = alone(0.4, 0.005);
    is(&b, "a", ET_CHANGE_BETTER, NULL);
    assert_int_equal(done(&b), ET_OK);
}

/* A case that differs between the baselines needs a larger change. */
TEST(baselines_show_how_much_runs_differ)
{
    static const double steady[] = {0.5, 0.501, 0.499},
                        restless[] = {0.5, 0.56, 0.44};
    for (int k = 0; k < 2; k++) {
        struct bench b = bench(3);
        for (unsigned i = 0; i < 3; i++)
            sample_add(&b.runs[i],
                       of("a", k == 0 ? steady[i] : restless[i], 0.005, i));
        sample_add(&b.runs[3], of("a", 0.56, 0.005, 3));
        assert_int_equal(compare(&b, 0.03), ET_OK);
        is(&b, "a", k == 0 ? ET_CHANGE_WORSE : ET_CHANGE_UNSURE,
           k == 0 ? NULL : "chance");
        done(&b);
    }
}

/* What three baselines decide, one leaves open. */
TEST(one_baseline_is_unsure)
{
    for (size_t n = 1; n <= 3; n += 2) {
        struct bench b = bench(n);
        for (size_t i = 0; i < n; i++)
            sample_add(&b.runs[i], of("a", 0.5, 0.015, (unsigned)i));
        sample_add(&b.runs[n], of("a", 0.52, 0.015, 3));
        assert_int_equal(compare(&b, 0.03), ET_OK);
        is(&b, "a", n == 1 ? ET_CHANGE_UNSURE : ET_CHANGE_WORSE,
           n == 1 ? "chance" : NULL);
        done(&b);
    }
}

/* Three baselines, twice of `first` and of 0.5 s, and the run of `median`, each
 * with cores that lie so far apart. */
static struct bench placed(const double hops[4], double first, double median)
{
    struct bench b = bench(3);
    for (unsigned i = 0; i <= 3; i++) {
        struct et_result r = of("a",
                                i < 2   ? first
                                : i < 3 ? 0.5
                                        : median,
                                0.005, i);
        struct et_result_pass *p = r.time.passes.v;
        for (size_t k = 0; k < r.time.passes.n; k++)
            p[k].hop = hops[i];
        r.sync.hop = hops[i];
        sample_add(&b.runs[i], r);
    }
    assert_int_equal(compare(&b, 0.03), ET_OK);
    return b;
}

/* Ranks on other cores than in the baselines are not compared with them. */
TEST(cores_lie_alike)
{
    struct bench b = placed((const double[]){1e-7, 1e-7, 1e-7, 2e-7}, 0.5, 0.6);
    is(&b, "a", ET_CHANGE_UNSURE, "cores 2 times as far apart");
    assert_int_equal(done(&b), ET_UNSURE);
    b = placed((const double[]){1e-7, 1e-7, 1e-7, 5e-8}, 0.5, 0.4);
    is(&b, "a", ET_CHANGE_UNSURE, "cores 0.5 times as far apart");
    done(&b);
    b = placed((const double[]){1e-7, 1e-7, 1e-7, 1.2e-7}, 0.5, 0.6);
    is(&b, "a", ET_CHANGE_WORSE, NULL);
    assert_int_equal(row(&b, "a")->baselines, 3);
    done(&b);
    b = placed((const double[]){NAN, 1e-7, NAN, NAN}, 0.5, 0.6);
    is(&b, "a", ET_CHANGE_WORSE, NULL);
    done(&b);
    b = placed((const double[]){NAN, NAN, NAN, 1e-7}, 0.5, 0.6);
    is(&b, "a", ET_CHANGE_WORSE, NULL);
    done(&b);
    /* Those that lie as the run does are left. */
    b = placed((const double[]){1e-7, 2e-7, 2e-7, 2e-7}, 0.5, 0.6);
    is(&b, "a", ET_CHANGE_WORSE, NULL);
    assert_int_equal(row(&b, "a")->baselines, 2);
    done(&b);
    b = placed((const double[]){1e-7, 1e-7, 2e-7, 2e-7}, 0.3, 0.6);
    near(row(&b, "a")->base, 4); /* GFLOP/s of 0.5 s */
    assert_int_equal(row(&b, "a")->baselines, 1);
    done(&b);
}

/* Adds as many passes of that median and distance, one after another. */
static void more_passes(struct et_result *r, unsigned n, double median,
                        double hop)
{
    struct et_result_time *t = &r->time;
    for (unsigned i = 0; i < n; i++) {
        struct et_result_pass *p = et_list_add(&t->passes, sizeof *p);
        assert_non_null(p);
        *p = (struct et_result_pass){.pass = (int64_t)t->passes.n - 1,
                                     .n = 5,
                                     .median = median * (1 + 1e-3 * i),
                                     .hop = hop};
    }
}

/* A case whose cores lay near in `near` passes, which take 0.5 s, and far in
 * the others, which take twice as long; `by`: all of them times that. */
static void moved(struct et_run *run, unsigned near, unsigned far, double by)
{
    struct et_result r = sample_result("a", by * (near > far ? 0.5 : 1), 0, 31);
    more_passes(&r, near, by * 0.5, 4e-8);
    more_passes(&r, far, by, 2e-7);
    r.sync.hop = near > far ? 4e-8 : 2e-7;
    r.time.converged = near == 0 || far == 0;
    assert_true(et_pairs_set(&run->info.config, "precision", "0.1", false));
    sample_add(run, r);
}

/* Two baselines whose cores lay near, and such a run. */
static struct bench beside_near(unsigned near, unsigned far, double by)
{
    struct bench b = bench(2);
    moved(&b.runs[0], 12, 0, 1);
    moved(&b.runs[1], 12, 0, 1);
    moved(&b.runs[2], near, far, by);
    return b;
}

/* Where the cores are moved within runs, the passes in which they lay as in the
 * others' are compared, and only these have to agree. */
TEST(passes_with_cores_alike)
{
    struct bench b = bench(3);
    moved(&b.runs[0], 7, 5, 1);
    moved(&b.runs[1], 12, 0, 1);
    moved(&b.runs[2], 0, 12, 1);
    moved(&b.runs[3], 8, 4, 1.2);
    assert_int_equal(compare(&b, 0.03), ET_OK);
    is(&b, "a", ET_CHANGE_WORSE, NULL);
    assert_int_equal(row(&b, "a")->baselines, 2);
    assert_true(fabs(row(&b, "a")->all.ratio - 1 / 1.2) < 1e-3);
    assert_true(fabs(row(&b, "a")->base - 4) < 0.03);
    assert_true(fabs(row(&b, "a")->value - 4 / 1.2) < 0.03);
    done(&b);
    /* By the passes that most of both sides share, though the run has more of
     * the others. */
    b = beside_near(6, 8, 1);
    assert_int_equal(compare(&b, 0.03), ET_OK);
    is(&b, "a", ET_CHANGE_SAME, NULL);
    assert_true(fabs(row(&b, "a")->value - 4) < 0.03);
    done(&b);
    b = beside_near(5, 8, 1);
    assert_int_equal(compare(&b, 0.03), ET_OK);
    is(&b, "a", ET_CHANGE_UNSURE, "too few passes with cores alike");
    done(&b);
    /* They do not agree among themselves, or jump, or have another flaw. */
    static const char *const why[] = {"not converged", "jumps", "drifts",
                                      "disturbed", "not converged"};
    for (int flaw = 0; flaw < 5; flaw++) {
        b = beside_near(12, 4, 1.2);
        struct et_result_time *t = &b.runs[2].records[0].result.time;
        struct et_result_pass *p = t->passes.v;
        for (int i = 0; flaw == 0 && i < 4; i++)
            p[i].median = 0.6 * 1.3;
        if (flaw == 1)
            p[0].median = 0.6 * 1.4;
        for (int i = 0; flaw == 4 && i < 2; i++) { /* another launch */
            p[i].median = 0.6 * 1.2;
            p[i].launch = 1;
        }
        t->drifts = flaw == 2;
        b.runs[2].records[0].result.disturbed.many = flaw == 3;
        assert_int_equal(compare(&b, 0.03), ET_OK);
        is(&b, "a", ET_CHANGE_UNSURE, why[flaw]);
        done(&b);
    }
}

/* What was promised of a lone case is not promised of the worst of many. */
TEST(many_cases_are_many_chances)
{
    double alone_p = NAN;
    for (unsigned n = 6; n <= 106; n += 100) {
        struct bench b = bench(3);
        for (unsigned k = 0; k < n; k++) {
            char id[16];
            snprintf(id, sizeof id, "%u", k);
            for (unsigned i = 0; i <= 3; i++)
                sample_add(&b.runs[i],
                           of(id, i == 3 && k == 0 ? 0.52 : 0.5, 0.025, i + k));
        }
        assert_int_equal(compare(&b, 0.03), ET_OK);
        const struct et_comparison *c = row(&b, "0");
        if (n == 6) {
            alone_p = c->own.p;
            assert_int_equal(c->change, ET_CHANGE_WORSE);
        } else {
            assert_true(c->own.p > alone_p);
            assert_int_equal(c->change, ET_CHANGE_UNSURE);
        }
        is(&b, "1", ET_CHANGE_SAME, NULL);
        done(&b);
    }
}

/* Each reason not to rely on a case, in the run and in the baselines. */
static void set_flaw(struct et_result *r, int flaw)
{
    r->time.converged = flaw != 0;
    r->time.drifts = flaw == 1;
    r->disturbed.many = flaw == 2;
    r->team.oversubscribed = flaw == 3;
    if (flaw == 4)
        r->team.delivered = 0;
    if (flaw == 5) /* 4 GFLOP/s, twice its ceiling */
        sample_ceiling(r, "compute", "p", 2e9);
    if (flaw == 6) /* far above what two cores of 10 GFLOP/s can do */
        r->work.flop *= 1e4;
    if (flaw >= 7) { /* one pass of six */
        static const double to[] = {1.34, 0.74, 1.33, 0.76};
        struct et_result_pass *p = r->time.passes.v;
        p[4].median = r->time.median * to[flaw - 7];
    }
}
/* NULL: none. */
static const char *const flaws[] = {
    "not converged", "drifts",  "disturbed", "oversubscribed",
    "fewer threads", "suspect", "suspect",   "jumps",
    "jumps",         NULL,      NULL};

TEST(unsound_cases_are_unsure)
{
    for (int flaw = 0; flaw < 11; flaw++) {
        /* where: in the run, in all baselines, in one of them */
        for (int where = 0; where < 3; where++) {
            struct bench b = bench(3);
            for (unsigned i = 0; i <= 3; i++) {
                struct et_result r = of("a", i == 3 ? 0.8 : 0.5, 0.002, i);
                if (where == 0 ? i == 3 : where == 1 ? i < 3 : i == 0)
                    set_flaw(&r, flaw);
                sample_add(&b.runs[i], r);
            }
            assert_int_equal(compare(&b, 0.03), ET_OK);
            bool worse = where == 2 || !flaws[flaw];
            if (worse) {
                is(&b, "a", ET_CHANGE_WORSE, NULL);
                assert_int_equal(row(&b, "a")->baselines, flaws[flaw] ? 2 : 3);
            } else {
                is(&b, "a", ET_CHANGE_UNSURE, flaws[flaw]);
                assert_true((strstr(row(&b, "a")->reason, "baselines") !=
                             NULL) == (where == 1));
                assert_true(isnan(row(&b, "a")->own.p));
            }
            assert_int_equal(done(&b), worse ? ET_MISSED : ET_UNSURE);
        }
    }
}

TEST(what_is_not_in_both)
{
    struct bench b = bench(2);
    struct et_result broken = of("broke", 0.5, 0.002, 0), neither[2];
    broken.outcome = ET_WRONG_DATA;
    for (int i = 0; i < 2; i++) {
        neither[i] = of("neither", 0.5, 0.002, 0);
        neither[i].outcome = ET_UNSUPPORTED;
        sample_add(&b.runs[i], of("same", 0.5, 0.002, 0));
    }
    sample_add(&b.runs[0], of("gone", 0.5, 0.002, 0));
    sample_add(&b.runs[1], of("gone too", 0.5, 0.002, 0));
    sample_add(&b.runs[0], of("broke", 0.5, 0.002, 0));
    sample_add(&b.runs[0], neither[0]);
    sample_add(&b.runs[2], neither[1]);
    sample_add(&b.runs[2], of("new", 0.5, 0.002, 0));
    sample_add(&b.runs[2], broken);
    sample_add(&b.runs[2], of("same", 0.5, 0.002, 0));
    assert_int_equal(compare(&b, 0.05), ET_OK);
    assert_int_equal(b.found.n, 5);
    is(&b, "same", ET_CHANGE_SAME, NULL);
    is(&b, "gone", ET_CHANGE_MISSING, "no such case");
    is(&b, "gone too", ET_CHANGE_MISSING, "no such case");
    is(&b, "broke", ET_CHANGE_WRONG, "wrong");
    is(&b, "new", ET_CHANGE_NEW, NULL);
    assert_int_equal(done(&b), ET_WRONG);
}

/* A case that was there and has no figure here. */
TEST(cases_without_a_figure)
{
    static const struct {
        int before, now, check;
        enum et_change change;
        const char *reason;
        enum et_status status;
    } v[] = {
        /* Of a run that was ended before its end; -1: there is no record. */
        {ET_MEASURED, -1, 0, ET_CHANGE_UNSURE, "interrupted", ET_UNSURE},
        {ET_MEASURED, ET_SKIPPED, 0, ET_CHANGE_UNSURE, "the run is", ET_UNSURE},
        {ET_MEASURED, ET_UNMEASURED, 0, ET_CHANGE_UNSURE, "not", ET_UNSURE},
        {ET_MEASURED, ET_MEASURED, ET_CHECK_NONE, ET_CHANGE_MISSING,
         "not checked", ET_MISSED},
        {ET_MEASURED, ET_MEASURED, ET_CHECK_FAILED, ET_CHANGE_WRONG, "wrong",
         ET_WRONG},
        {ET_MEASURED, ET_FAILED, ET_CHECK_PASSED, ET_CHANGE_MISSING, "failed",
         ET_MISSED},
        /* Failed on both sides: nothing is known, and nothing is well. */
        {ET_FAILED, ET_FAILED, ET_CHECK_PASSED, ET_CHANGE_UNSURE, "failed",
         ET_UNSURE},
        {ET_WRONG_DATA, ET_WRONG_DATA, ET_CHECK_NONE, ET_CHANGE_WRONG, "wrong",
         ET_WRONG},
        {ET_FAILED, ET_MEASURED, ET_CHECK_PASSED, ET_CHANGE_NEW, NULL,
         ET_UNSURE},
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct bench b = bench(1);
        struct et_result before = of("a", 0.5, 0.002, 0),
                         now = of("a", 0.5, 0.002, 0);
        before.outcome = v[i].before;
        now.outcome = v[i].now;
        now.verification.status = v[i].check;
        sample_add(&b.runs[0], before);
        if (v[i].now < 0)
            et_result_free(&now);
        else
            sample_add(&b.runs[1], now);
        if (v[i].before == ET_MEASURED && v[i].status == ET_UNSURE) {
            free(b.runs[1].outcome);
            b.runs[1].outcome = strdup("interrupted");
        }
        assert_int_equal(compare(&b, 0.05), ET_OK);
        is(&b, "a", v[i].change, v[i].reason);
        assert_int_equal(done(&b), v[i].status);
    }
}

TEST(one_pass_tells_nothing)
{
    struct bench b = bench(1);
    sample_add(&b.runs[0], sample_result("a", 0.5, 0.01, 31));
    sample_add(&b.runs[1], sample_result("a", 0.9, 0.01, 31));
    assert_int_equal(compare(&b, 0.05), ET_OK);
    is(&b, "a", ET_CHANGE_UNSURE, "fewer than two passes");
    near(b.found.v[0].all.ratio, 5 / 9.0); /* shown all the same */
    assert_int_equal(done(&b), ET_UNSURE);
}

TEST(what_cannot_be_compared)
{
    struct bench b = bench(1);
    sample_add(&b.runs[0], of("b", 0.5, 0.002, 0));
    sample_add(&b.runs[1], of("c", 0.5, 0.002, 0));
    assert_int_equal(compare(&b, -1), ET_USAGE);
    assert_int_equal(compare(&b, NAN), ET_USAGE);
    b.n = 0;
    assert_int_equal(compare(&b, 0.05), ET_USAGE);
    b.n = 1;
    b.found = (struct et_comparisons){0};
    for (int fake = 0; fake < 2; fake++) {
        struct bench other = bench(1);
        other.runs[fake].info.clock_fake = true;
        sample_add(&other.runs[0], of("a", 0.5, 0.002, 0));
        sample_add(&other.runs[1], of("a", 0.5, 0.002, 0));
        assert_int_equal(compare(&other, 0.05), ET_OK);
        is(&other, "a", ET_CHANGE_UNSURE, "fake clock");
        done(&other);
        other = bench(1);
        sample_add(&other.runs[0], of("a", 0.5, 0.002, 0));
        sample_add(&other.runs[1], of("a", 0.5, 0.002, 0));
        struct et_metric_value *m = other.runs[fake].records[0].metrics.v;
        free(m->unit);
        m->unit = strdup("FLOP/s");
        assert_int_equal(compare(&other, 0.05), ET_OK);
        is(&other, "a", ET_CHANGE_UNSURE, "different units");
        done(&other);
    }
    done(&b);
}

/* Nothing in common: not compared at all. */
TEST(nothing_in_common_is_unsure)
{
    struct bench b = bench(2);
    sample_add(&b.runs[2], of("c", 0.5, 0.002, 0));
    assert_int_equal(compare(&b, 0.05), ET_OK);
    assert_int_equal(b.found.n, 1);
    is(&b, "c", ET_CHANGE_NEW, NULL);
    assert_int_equal(done(&b), ET_UNSURE);
}

/* 0.5 s to 0.6 s of an access: 1.2 times as long, 5/6 of the speed. */
TEST(less_may_be_better)
{
    struct bench b = bench(1);
    sample_add(&b.runs[0], access_of(0.5));
    sample_add(&b.runs[1], access_of(0.6));
    assert_int_equal(compare(&b, 0.05), ET_OK);
    is(&b, "a", ET_CHANGE_WORSE, NULL);
    near(b.found.v[0].base, 5e8); /* ns */
    near(b.found.v[0].value, 6e8);
    near(b.found.v[0].all.ratio, 5 / 6.0);
    near(b.found.v[0].own.ratio, 5 / 6.0);
    assert_int_equal(done(&b), ET_MISSED);
    b = bench(1);
    sample_add(&b.runs[0], access_of(0.5));
    sample_add(&b.runs[1], access_of(0.4));
    assert_int_equal(compare(&b, 0.05), ET_OK);
    is(&b, "a", ET_CHANGE_BETTER, NULL);
    near(b.found.v[0].own.ratio, 1.25);
    assert_int_equal(done(&b), ET_OK);
    /* In passes with cores alike, too: six of 0.5 s and 20 of twice that. */
    b = bench(1);
    for (int i = 0; i < 2; i++) {
        struct et_result r = access_of(i ? 1 : 0.5);
        r.time.passes.n = 0;
        more_passes(&r, 6, 0.5, 4e-8);
        if (i)
            more_passes(&r, 20, 1, 2e-7);
        sample_add(&b.runs[i], r);
    }
    assert_int_equal(compare(&b, 0.05), ET_OK);
    is(&b, "a", ET_CHANGE_SAME, NULL);
    assert_true(fabs(b.found.v[0].value - 5e8) < 5e6);
    done(&b);
}

/* Twice the work in twice the time is the same rate. */
TEST(amounts_that_differ)
{
    struct bench b = bench(1);
    struct et_result twice = of("a", 1.0, 0.002, 0);
    twice.work.flop = 4e9;
    sample_add(&b.runs[0], of("a", 0.5, 0.002, 0));
    sample_add(&b.runs[1], twice);
    assert_int_equal(compare(&b, 0.05), ET_OK);
    near(b.found.v[0].own.ratio, 1);
    is(&b, "a", ET_CHANGE_SAME, NULL);
    assert_int_equal(done(&b), ET_OK);
}

/* 4 to 5 GFLOP/s is a quarter more, and a quarter is tolerated. */
TEST(the_tolerance_itself_is_tolerated)
{
    for (int k = 0; k < 2; k++) {
        struct bench b = bench(1);
        sample_add(&b.runs[0], of("a", 0.5, 0.0001, 0));
        sample_add(&b.runs[1], of("a", 0.4, 0.0001, 0));
        assert_int_equal(compare(&b, k ? 0.249 : 0.2501), ET_OK);
        is(&b, "a", k ? ET_CHANGE_BETTER : ET_CHANGE_SAME, NULL);
        done(&b);
    }
}

TEST(the_whole_is_the_gravest)
{
    static const struct {
        enum et_change v[3];
        enum et_status is;
    } wholes[] = {
        {{ET_CHANGE_SAME, ET_CHANGE_BETTER, ET_CHANGE_NEW}, ET_OK},
        {{ET_CHANGE_SAME, ET_CHANGE_UNSURE, ET_CHANGE_BETTER}, ET_UNSURE},
        {{ET_CHANGE_WORSE, ET_CHANGE_UNSURE, ET_CHANGE_SAME}, ET_MISSED},
        {{ET_CHANGE_SAME, ET_CHANGE_MISSING, ET_CHANGE_BETTER}, ET_MISSED},
        {{ET_CHANGE_WORSE, ET_CHANGE_WRONG, ET_CHANGE_UNSURE}, ET_WRONG},
        {{ET_CHANGE_NEW, ET_CHANGE_NEW, ET_CHANGE_NEW}, ET_UNSURE},
    };
    char id[] = "a";
    for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++) {
        struct et_comparison v[3] = {{.id = id, .change = wholes[i].v[0]},
                                     {.id = id, .change = wholes[i].v[1]},
                                     {.id = id, .change = wholes[i].v[2]}};
        struct et_comparisons c = {v, 3, 0};
        assert_int_equal(et_comparisons_status(&c), wholes[i].is);
    }
    /* A kind alone is no case, but its loss is one. */
    struct et_comparison kind = {.change = ET_CHANGE_SAME};
    struct et_comparisons c = {&kind, 1, 1};
    assert_int_equal(et_comparisons_status(&c), ET_UNSURE);
    kind.change = ET_CHANGE_WORSE;
    assert_int_equal(et_comparisons_status(&c), ET_MISSED);
}

TEST_MAIN(changes, cores_lie_alike, passes_with_cores_alike,
          baselines_show_how_much_runs_differ, one_baseline_is_unsure,
          many_cases_are_many_chances, unsound_cases_are_unsure,
          what_is_not_in_both, cases_without_a_figure, one_pass_tells_nothing,
          what_cannot_be_compared, nothing_in_common_is_unsure,
          less_may_be_better, amounts_that_differ,
          the_tolerance_itself_is_tolerated, the_whole_is_the_gravest)
