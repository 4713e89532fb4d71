/* The twelve rules of docs/method.md, as far as a report must keep them: each
 * is looked for in what is said of a run made by hand. */
#include "config.h"
#include "results/report/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/verdict/compare.h"
#include "results/report/parts.h"
#include "tests/unit/results/sample.h"
#include "paths.h"

#define PEAK "peak avx512 dtype=fp32"
#define READ "stream native op=read"

#define assert_not_said(text, part)                                            \
    do {                                                                       \
        if (strstr(text, part))                                                \
            fail_msg("'%s' is in: %s", part, text);                            \
    } while (0)

/* A gemm that did its 2 GFLOP in `time`, below both its ceilings. */
static struct et_result gemm(const char *id, const char *m, double time)
{
    struct et_result r = sample_result(id, time, 0.001, 21);
    sample_ceiling(&r, "compute", PEAK, 500e9);
    sample_ceiling(&r, "memory", READ, 10e9);
    r.time.drift = r.time.drift_p = 0.5;
    r.sync.start = strdup("window");
    assert_true(et_pairs_set(&r.params, "m", m, true));
    return r;
}

static struct et_run whole_run(void)
{
    struct et_run run = sample_run();
    sample_add(&run, gemm("one", "1024", 0.01));  /* 200 GFLOP/s */
    sample_add(&run, gemm("two", "2048", 0.005)); /* 400 GFLOP/s */
    static const char *const ids[] = {"s1", "s2", "s4", "s8"};
    for (int i = 0; i < 4; i++) {
        struct et_result r = sample_result(ids[i], 0.08 / (1 << i), 0.001, 21);
        r.team.ranks = 1 << i;
        assert_true(et_pairs_set(&r.params, "dtype", "fp64", false) &&
                    et_pairs_set(&r.params, "scaling", "strong", false));
        sample_add(&run, r);
        r = sample_result("", 1e-6 * (1 << i), 0.01, 120);
        free(r.id);
        free(r.bench);
        r.id = strdup(ids[i] + 1);
        r.bench = strdup("allreduce");
        r.team.ranks = 4;
        r.work.bytes = 8 << 3 * i;
        r.work.bus_bytes = 1.5 * r.work.bytes;
        r.work.messages = 6;
        sample_add(&run, r);
    }
    struct et_result gone = sample_result("gone", 0.01, 0.001, 21);
    gone.outcome = ET_SKIPPED;
    gone.reason = strdup("needs 96 GiB");
    sample_add(&run, gone);
    return run;
}

static char *say(const struct et_run *run)
{
    return sample_report(run, NULL, "json", NULL);
}

static int begin(void **state)
{
    static struct et_run run;
    run = whole_run();
    *state = &run;
    return 0;
}

static int end(void **state)
{
    et_run_free(*state);
    return 0;
}

/* 1: what a speed-up is over, and how fast that was. */
static void rule_1_base_case(void **state)
{
    char *text = say(*state);
    assert_said(text, "The base case of a speed-up is the same backend on the "
                      "smallest team");
    assert_said(text, "\"1\",\"1\",\"1\",\"80 ms\",\"25 GFLOP/s\",\"1.00\","
                      "\"reference\"");
    free(text);
}

/* 2: what was left out, and why. */
static void rule_2_left_out(void **state)
{
    struct et_run *run = *state;
    run->info.cases += 3;
    char *text = say(run);
    assert_said(text, "[\"skipped\",\"gemm\",\"blis\",\"1\",\"needs 96 GiB\"");
    assert_said(text, "[\"not reached\",\"-\",\"-\",\"3\"");
    free(text);
}

/* 3: rates by the harmonic mean: of 200 and 400 that is 266.7, not 300. */
static void rule_3_means(void **state)
{
    char *text = say(*state);
    assert_said(text, "Harmonic mean of the rates of all 2 cases on 2 x 1, in "
                      "GFLOP/s: blis 266.7.");
    assert_not_said(text, "300.0");
    free(text);
}

/* 4: shares are never averaged. */
static void rule_4_ratios(void **state)
{
    char *text = say(*state);
    assert_said(text, "80 %");
    assert_not_said(text, "Arithmetic mean");
    assert_not_said(text, "Geometric mean");
    assert_not_said(text, "Mean of");
    free(text);
}

/* 5: an interval at every figure, none where there is none. */
static void rule_5_intervals(void **state)
{
    struct et_run *run = *state;
    struct et_doc doc;
    assert_int_equal(et_report_build(run, NULL, &doc), ET_OK);
    size_t headlines = 0;
    for (size_t i = 0; i < doc.n; i++) {
        const struct et_block *b = &doc.blocks[i];
        if (b->kind != ET_BLOCK_FACTS || b->level != 1)
            continue;
        for (size_t k = 1; k < b->cells.n; k += 2, headlines++) {
            assert_said(b->cells.v[k], "[");
            assert_said(b->cells.v[k], "; n = ");
        }
    }
    assert_true(headlines >= 4);
    et_doc_free(&doc);
    for (size_t i = 0; i < run->n; i++)
        run->records[i].result.time.ci_low = NAN;
    char *text = say(run);
    assert_said(text, "no headline: too few passes for an interval");
    free(text);
}

/* 6: the interval is of order statistics, and the report says so. */
static void rule_6_no_normality(void **state)
{
    char *text = say(*state);
    assert_said(text, "distribution-free 95 % interval");
    assert_not_said(text, "standard deviation");
    free(text);
}

/* 7: overlapping runs are the same, whatever their medians. */
TEST(rule_7_comparison)
{
    struct et_run runs[2] = {sample_run(), sample_run()};
    struct et_comparisons c;
    sample_add(&runs[0], sample_result("a", 0.010, 0.5, 21));
    sample_add(&runs[1], sample_result("a", 0.011, 0.5, 21));
    const struct et_run *base = &runs[0];
    assert_int_equal(et_compare(&base, 1, &runs[1], 0.05, &c), ET_OK);
    assert_int_equal(c.n, 1);
    assert_int_not_equal(c.v[0].change, ET_CHANGE_WORSE);
    et_comparisons_free(&c);
    et_run_free(&runs[0]);
    et_run_free(&runs[1]);
}

/* 8: latencies with their tail, as far as the samples carry it. */
static void rule_8_tails(void **state)
{
    char *text = say(*state);
    assert_said(text, "[\"Case\",\"n\",\"Median\",\"95 % interval\",\"p95\","
                      "\"p99\",\"Longest\"]");
    assert_said(text, "\"name\":\"ecdf-allreduce-fp32\"");
    free(text);
}

/* 9: machine, build, command and placement. */
static void rule_9_setup(void **state)
{
    char *text = say(*state);
    assert_said(text, "Machine and build");
    assert_said(text, "etalon run");
    assert_said(text, "CLOCK_MONOTONIC_RAW");
    assert_said(text, "Placement");
    assert_said(text, "\"0-3\"");
    free(text);
}

/* 10: how it was measured, how the ranks began, how it was summed up. */
static void rule_10_method(void **state)
{
    struct et_run *run = *state;
    char *text = say(run);
    assert_said(text, "How it was measured");
    assert_said(text, "window start");
    assert_said(text, "Each case was measured in several passes");
    free(text);
    struct et_result_sync *s = &run->records[0].result.sync;
    free(s->start);
    s->start = strdup("barrier");
    s->reason = strdup("the clock's error is 4 us");
    run->records[1].result.sync.missed = 5;
    text = say(run);
    assert_said(text, "[\"barrier start\",\"1\",\"the clock's error is 4 us\"");
    assert_said(text, "5 of 21 samples began late");
    free(text);
}

/* 11: the bound beside the figure. */
static void rule_11_bounds(void **state)
{
    char *text = say(*state);
    assert_said(text, "80 % [79, 81] of its compute ceiling");
    assert_said(text, "\"name\":\"roofline\"");
    free(text);
}

/* The roofline has every case, of smaller teams too. */
TEST(rule_11_every_case)
{
    struct et_run run = sample_run();
    struct et_doc doc;
    struct et_result alone = gemm("alone", "1024", 0.02);
    alone.team.ranks = 1;
    sample_add(&run, gemm("both", "1024", 0.01));
    sample_add(&run, alone);
    assert_int_equal(et_report_build(&run, NULL, &doc), ET_OK);
    size_t points = 0;
    for (size_t i = 0; i < doc.n; i++) {
        const struct et_figure *f = &doc.blocks[i].figure;
        if (doc.blocks[i].kind != ET_BLOCK_FIGURE ||
            strcmp(f->name, "roofline") != 0)
            continue;
        const char *at = strstr(f->data.s, " rate low high flaw\n");
        assert_non_null(at);
        for (at = strchr(at, '\n') + 1; *at && *at != '\n';
             at = strchr(at, '\n') + 1)
            points++;
    }
    assert_int_equal(points, 2);
    et_doc_free(&doc);
    et_run_free(&run);
}

/* The lines of a template that draw: from `plot` to the end. */
static char *drawing(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/plots/%s.gp", SRCDIR, name);
    char *gp = sample_read(path);
    char *plot = strstr(gp, "\nplot ");
    assert_non_null(plot);
    memmove(gp, plot, strlen(plot) + 1);
    return gp;
}

/* 12: no template joins what was measured: the only lines are fits (the fifth
 * column), ideals and roofs, and the steps of a distribution. */
static void rule_12_lines(void **state)
{
    (void)state;
    static const char *const names[] = {"bars",   "ecdf",     "efficiency",
                                        "loglog", "roofline", "scaling"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *gp = drawing(names[i]);
        assert_not_said(gp, "linespoints");
        assert_not_said(gp, "errorlines");
        for (char *p = gp; (p = strstr(p, "with lines")); p++) {
            char *from = p;
            while (from > gp && from[-1] != ',')
                from--;
            char *part = strndup(from, (size_t)(p - from));
            if (strstr(part, "using"))
                assert_said(part, "using 1:5");
            free(part);
        }
        free(gp);
    }
    /* Categories are bars. */
    char *text = say(*state);
    assert_said(text, "\"name\":\"flops-gemm-fp32\"");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rule_1_base_case, begin, end),
        cmocka_unit_test_setup_teardown(rule_2_left_out, begin, end),
        cmocka_unit_test_setup_teardown(rule_3_means, begin, end),
        cmocka_unit_test_setup_teardown(rule_4_ratios, begin, end),
        cmocka_unit_test_setup_teardown(rule_5_intervals, begin, end),
        cmocka_unit_test_setup_teardown(rule_6_no_normality, begin, end),
        cmocka_unit_test(rule_7_comparison),
        cmocka_unit_test_setup_teardown(rule_8_tails, begin, end),
        cmocka_unit_test_setup_teardown(rule_9_setup, begin, end),
        cmocka_unit_test_setup_teardown(rule_10_method, begin, end),
        cmocka_unit_test_setup_teardown(rule_11_bounds, begin, end),
        cmocka_unit_test(rule_11_every_case),
        cmocka_unit_test_setup_teardown(rule_12_lines, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
