/* The nominal peak of a case, by hand: that of a core times the cores that it
 * kept busy; and each reason not to know it. */
#include "config.h"
#include "tests/unit/test_main.h"
#include "tests/unit/results/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* On 6 cores. */
static struct et_run six_cores(const char *dtype)
{
    struct et_run run = sample_run();
    struct et_result r = sample_result("a", 0.5, 0.01, 21);
    r.team.cores = 6;
    assert_true(et_pairs_set(&r.params, "dtype", dtype, false));
    sample_add(&run, r);
    run.info.environment.peak_fp64 = 10e9;
    run.info.environment.peak_fp32 = 20e9;
    run.info.environment.peak_origin = strdup("the clock");
    return run;
}

/* The peak, NAN where none; then the origin must say why. */
static void is(const struct et_run *run, const char *override, double peak,
               const char *why)
{
    const char *origin = NULL;
    double v = et_run_peak(run, &run->records[0], override, &origin);
    if (!(isnan(peak) ? isnan(v) : fabs(v - peak) <= 1e-12 * peak))
        fail_msg("%g, not %g (%s)", v, peak, origin);
    assert_said(origin, why);
}

TEST(of_the_machine)
{
    struct et_run run = six_cores("fp32");
    is(&run, NULL, 120e9, "the clock");
    et_run_free(&run);
    run = six_cores("fp64");
    is(&run, NULL, 60e9, "the clock");
    et_run_free(&run);
    /* Known of fp32 and fp64 alone: no other type borrows theirs. */
    run = six_cores("bf16");
    is(&run, NULL, NAN, "not known for this element type");
    et_run_free(&run);
}

/* What the host's processor has says nothing of a device. */
TEST(of_a_device)
{
    struct et_run run = six_cores("fp32");
    assert_true(
        et_pairs_set(&run.records[0].result.facts, "space", "cuda", false));
    is(&run, NULL, NAN, "ran on a device");
    is(&run, "fp32=5 GFLOP/s", 30e9, "as given with --peak");
    et_run_free(&run);
}

/* Nodes with another processor: of a team on several it is not known which it
 * had, so there is no peak unless somebody says one. */
TEST(of_unlike_nodes)
{
    struct et_run run = six_cores("fp32");
    struct et_run_kind *kind = et_list_add(&run.info.kinds, sizeof *kind);
    assert_non_null(kind);
    assert_int_equal(et_fields_init(et_environment_rows, &kind->environment,
                                    sizeof kind->environment),
                     ET_OK);
    kind->nodes = 1;
    kind->environment.peak_fp32 = 20e9; /* less memory, say */
    run.records[0].result.team.nodes = 2;
    is(&run, NULL, 120e9, "the clock");
    kind->environment.peak_fp32 = 40e9;
    is(&run, NULL, NAN, "do not all have the same");
    is(&run, "fp32=5 GFLOP/s", 30e9, "as given with --peak");
    run.records[0].result.team.nodes = 1; /* the first */
    is(&run, NULL, 120e9, "the clock");
    run.records[0].result.team.nodes = 2;
    kind->environment.peak_fp32 = NAN;
    is(&run, NULL, NAN, "do not all have the same");
    et_run_free(&run);
}

TEST(as_given)
{
    struct et_run run = six_cores("fp32");
    is(&run, "fp32=5 GFLOP/s", 30e9, "as given with --peak");
    is(&run, "fp64=1GFLOP/s , fp32 = 7 GFLOP/s", 42e9, "as given");
    is(&run, "fp64=5 GFLOP/s", NAN, "without this element type");
    is(&run, "fp32=5", NAN, "cannot be read");
    is(&run, "fp32=5 GFLOP/s, fp64=2 GFLOP/s, fp32=6 GFLOP/s", NAN,
       "cannot be read");
    is(&run, "fp64: 1 GFLOP/s, fp32: 7 GFLOP/s", 42e9, "as given");
    /* The run's own option, and the word of the one who asks before it. */
    assert_true(
        et_pairs_set(&run.info.config, "peak", "fp32=3 GFLOP/s", false));
    is(&run, NULL, 18e9, "as given with --peak");
    is(&run, "fp32=5 GFLOP/s", 30e9, "as given with --peak");
    assert_true(et_pairs_set(&run.info.config, "peak", "", false));
    is(&run, NULL, 120e9, "the clock");
    et_run_free(&run);
}

TEST(what_is_not_known)
{
    struct et_run run = six_cores("fp32");
    struct et_result *r = &run.records[0].result;
    r->team.cores = ET_ABSENT_INT;
    is(&run, NULL, NAN, "how many cores");
    r->team.cores = 0;
    is(&run, NULL, NAN, "how many cores");
    r->team.cores = 6;
    is(&run, NULL, 120e9, "");
    run.info.environment.peak_fp32 = NAN;
    is(&run, NULL, NAN, "");
    size_t n = r->params.n;
    r->params.n = 0;
    is(&run, "fp32=5 GFLOP/s", NAN, "names no element type");
    r->params.n = n;
    et_run_free(&run);
}

TEST_MAIN(of_the_machine, of_a_device, of_unlike_nodes, as_given,
          what_is_not_known)
