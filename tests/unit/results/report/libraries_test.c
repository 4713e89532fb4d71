/* The section of etalon's own kernels beside libraries, and what the headline
 * says of both: figures worked out by hand.
 */
#include "config.h"
#include "tests/unit/results/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void set(struct et_result *r, const char *key, const char *value)
{
    assert_true(et_pairs_set(&r->params, key, value, false));
}

/* 2 GFLOP in `time`, of a case of this shape; 10 % to either side. */
static struct et_result product(const char *backend, const char *shape,
                                double time)
{
    struct et_result r = sample_result(backend, time, 0.001, 21);
    free(r.backend);
    r.backend = strdup(backend);
    r.time.ci_low = time * 0.9;
    r.time.ci_high = time * 1.1;
    set(&r, "shape", shape);
    return r;
}

static void name_bench(struct et_run *run, const char *name, const char *role)
{
    struct et_run_bench *b = et_list_add(&run->info.benches, sizeof *b);
    assert_non_null(b);
    *b = (struct et_run_bench){.name = strdup(name),
                               .title = strdup(name),
                               .merit = strdup("flops"),
                               .role = strdup(role)};
}

/* The peak whose operands come from the first cache: 2 GFLOP in `time`. */
static void add_peak(struct et_run *run, const char *backend, const char *dtype,
                     int64_t threads, double time)
{
    struct et_result r = sample_result(backend, time, 0.001, 21);
    free(r.bench);
    free(r.backend);
    r.bench = strdup("peak");
    r.backend = strdup(backend);
    r.team.threads = threads;
    et_pairs_free(&r.params);
    r.params = (struct et_pairs){0};
    set(&r, "dtype", dtype);
    sample_add(run, r);
}

/* Of square/1: own 4 GFLOP/s, the best library 5; of square/2: 10 and 5. */
static struct et_run both(void)
{
    struct et_run run = sample_run();
    name_bench(&run, "gemm", "none");
    name_bench(&run, "peak", "compute ceiling");
    struct et_result own = product("native", "square/1", 0.5);
    sample_ceiling(&own, "compute", "the peak", 10e9);
    sample_ceiling(&own, "memory", "the memory", 64e6); /* 8 MB in 0.5 s */
    sample_add(&run, own);
    sample_add(&run, product("slow", "square/1", 0.8));
    sample_add(&run, product("quick", "square/1", 0.4));
    /* Neither is a rival: no figure to beat, and one that nobody checked. */
    sample_add(&run, product("reference", "square/1", 0.3));
    struct et_result wild = product("wild", "square/1", 0.01);
    wild.verification.status = ET_CHECK_NONE;
    sample_add(&run, wild);
    struct et_result rough = product("quick", "square/2", 0.4);
    rough.time.ci_low = NAN; /* too few passes */
    sample_add(&run, rough);
    sample_add(&run, product("native", "square/2", 0.2));
    /* Of no library. */
    sample_add(&run, product("native", "round/1", 0.2));
    int64_t threads = run.records[0].result.team.threads;
    add_peak(&run, "fed", "fp64", threads, 0.1);
    add_peak(&run, "fed", "fp32", threads + 1, 0.1);
    add_peak(&run, "wide", "fp32", threads, 0.1);
    add_peak(&run, "fed", "fp32", threads, 0.125); /* 16 GFLOP/s */
    return run;
}

TEST(pairs_stand_in_a_table)
{
    struct et_run run = both();
    char *text = sample_report(&run, NULL, "json", NULL);
    assert_said(text, "\"Own kernels and libraries\"");
    /* Own 4 [3.64, 4.44], the library's 5 [4.55, 5.56]. */
    assert_said(text, "\"4.000\",\"quick\",\"5.000\",\"0.80\",\"[0.65, 0.98]\","
                      "\"40 %\",\"25 %\",\"25 %\"");
    assert_said(text, "\"10.00\",\"quick\",\"5.000\",\"2.00\",\"-\"");
    /* sqrt(0.8 x 2) */
    assert_said(text, "[\"square\",\"2\",\"1.265\",\"0.80\",\"2.00\"]");
    assert_null(strstr(text, "[\"round\""));
    sample_done(text, &run);
}

TEST(sections_are_sets)
{
    struct et_run run = sample_run();
    for (int i = 0; i < 4; i++) {
        struct et_result r =
            product(i % 2 ? "native" : "quick", i / 2 ? "a/1" : "b/1", 0.4);
        r.label = strdup("mine");
        sample_add(&run, r);
    }
    char *text = sample_report(&run, NULL, "json", NULL);
    assert_said(text, "[\"mine\",\"2\",\"1.000\",\"1.00\",\"1.00\"]");
    sample_done(text, &run);
}

/* Nothing to set beside each other, no section. */
TEST(alone_there_is_none)
{
    struct et_run run = sample_run();
    sample_add(&run, product("native", "square/1", 0.5));
    char *text = sample_report(&run, NULL, "json", NULL);
    assert_null(strstr(text, "Own kernels"));
    assert_null(strstr(text, "the best library"));
    sample_done(text, &run);
}

TEST(the_headline_names_both)
{
    struct et_run run = both();
    char *text = sample_report(&run, NULL, "json", NULL);
    /* The best is round/1 or square/2, both 10 GFLOP/s: 62.5 % of 16. */
    assert_said(text, "62 % of the peak with operands from the first cache");
    assert_said(text, "the best library, quick, reaches 50 % of it");
    sample_done(text, &run);
    run = sample_run();
    sample_add(&run, product("native", "square/1", 0.5));
    sample_add(&run, product("im2col-quick", "square/1", 0.4));
    text = sample_report(&run, NULL, "json", NULL);
    assert_said(text, "etalon's own kernels reach 80 % of it");
    assert_null(strstr(text, "% of the peak with"));
    sample_done(text, &run);
}

TEST_MAIN(pairs_stand_in_a_table, sections_are_sets, alone_there_is_none,
          the_headline_names_both)
