/* usual: three cases whose intervals are 2, 8 and 20 % wide, by hand. */
#include "config.h"
#include "tests/unit/test_main.h"
#include "tests/unit/results/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/reading/usual.h"

static void add(struct et_run *run, const char *bench, double wide)
{
    struct et_result r = sample_result(bench, 0.5, 0.01, 31);
    free(r.bench);
    r.bench = strdup(bench);
    r.time.median = 0.5;
    r.time.ci_low = 0.5 - 0.5 * wide / 4;
    r.time.ci_high = 0.5 + 0.5 * wide * 3 / 4;
    r.time.converged = wide <= 0.05;
    sample_add(run, r);
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * fabs(b);
}

TEST(the_narrow_become_as_wide_as_usual)
{
    struct et_run run = sample_run();
    add(&run, "gemm", 0.20);
    add(&run, "gemm", 0.02);
    add(&run, "gemm", 0.08);
    add(&run, "conv", 0.01);
    add(&run, "conv", 0.10);
    assert_int_equal(et_usual_widen(&run, 0.05), ET_OK);
    const struct et_record *r = run.records;
    const struct et_result_time *t = &r[1].result.time;
    assert_true(near(t->ci_low, 0.48) && near(t->ci_high, 0.52));
    assert_true(t->median == 0.5 && !t->converged);
    /* 2 GFLOP in 0.52 to 0.48 s. */
    const struct et_metric_value *m = et_record_metric(&r[1], "flops");
    assert_true(near(m->ci_low, 2 / 0.52) && near(m->ci_high, 2 / 0.48));
    t = &r[0].result.time;
    assert_true(near(t->ci_low, 0.475) && near(t->ci_high, 0.575));
    t = &r[2].result.time;
    assert_true(near(t->ci_low, 0.49) && near(t->ci_high, 0.53));
    /* Two do not tell what is usual. */
    t = &r[3].result.time;
    assert_true(near(t->ci_low, 0.49875) && t->converged);
    et_run_free(&run);
}

/* An end that is further out already stays. */
TEST(each_end_by_itself)
{
    struct et_run run = sample_run();
    add(&run, "gemm", 0.06); /* 1.5 % below, 4.5 % above */
    add(&run, "gemm", 0.08);
    add(&run, "gemm", 0.08);
    assert_int_equal(et_usual_widen(&run, 0.10), ET_OK);
    const struct et_result_time *t = &run.records[0].result.time;
    assert_true(near(t->ci_low, 0.48) && near(t->ci_high, 0.5225));
    assert_true(t->converged); /* 8.5 % of 10 % */
    et_run_free(&run);
    run = sample_run();
    for (int i = 0; i < 3; i++)
        add(&run, "gemm", i ? 0.08 : 0.06);
    run.records[0].result.time.ci_low = 0.4725; /* 5.5 % below */
    run.records[0].result.time.ci_high = 0.5025;
    assert_int_equal(et_usual_widen(&run, 0.10), ET_OK);
    t = &run.records[0].result.time;
    assert_true(near(t->ci_low, 0.4725) && near(t->ci_high, 0.52));
    et_run_free(&run);
}

/* What has no interval says nothing of what is usual, and gets none. */
TEST(without_an_interval)
{
    struct et_run run = sample_run();
    add(&run, "gemm", 0.02);
    add(&run, "gemm", 0.08);
    add(&run, "gemm", NAN);
    add(&run, "gemm", 0.40);
    run.records[3].result.outcome = ET_WRONG_DATA;
    assert_int_equal(et_usual_widen(&run, 0.05), ET_OK);
    assert_true(near(run.records[0].result.time.ci_low, 0.4975));
    assert_true(isnan(run.records[2].result.time.ci_low));
    et_run_free(&run);
}

TEST_MAIN(the_narrow_become_as_wide_as_usual, each_end_by_itself,
          without_an_interval)
