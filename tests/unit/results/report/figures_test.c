/* Figures as the report prints them, worked out by hand: which is picked as the
 * best, in which unit, as which share, with which ends. Looks for figures, not
 * for the words around them.
 */
#include "config.h"
#include "tests/unit/test_main.h"
#include "results/report/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/reading/merge.h"
#include "results/report/parts.h"
#include "tests/unit/results/sample.h"

static char *say(const struct et_run *run)
{
    return sample_report(run, NULL, "json", NULL);
}

/* The text of the k-th headline. */
static char *headline(const struct et_run *run, size_t k)
{
    struct et_doc doc;
    char *value = NULL;
    assert_int_equal(et_report_build(run, NULL, &doc), ET_OK);
    for (size_t i = 0; i < doc.n && !value; i++) {
        const struct et_block *b = &doc.blocks[i];
        if (b->kind == ET_BLOCK_FACTS && b->level == 1 &&
            b->cells.n > 2 * k + 1)
            value = strdup(b->cells.v[2 * k + 1]);
    }
    et_doc_free(&doc);
    if (!value)
        fail_msg("there is no headline %zu", k);
    return value;
}

/* Each part of the k-th headline, `not` in none; the run goes. */
static void heads(struct et_run *run, size_t k, const char *part,
                  const char *more, const char * not )
{
    char *text = headline(run, k);
    assert_said(text, part);
    assert_said(text, more);
    if (not &&strstr(text, not ))
        fail_msg("'%s' is in: %s", not, text);
    free(text);
    et_run_free(run);
}

static void name_backend(struct et_result *r, const char *name)
{
    free(r->backend);
    r->backend = strdup(name);
}

/* One load in `time`. */
static struct et_result access_of(const char *backend, double time)
{
    struct et_result r = sample_result(backend, time, 0.001, 21);
    r.work.flop = r.work.bytes = 0;
    r.work.accesses = 1;
    name_backend(&r, backend);
    return r;
}

/* How much of the outputs was checked, and what of the bound the errors use. */
TEST(what_was_checked)
{
    struct et_run run = sample_run();
    sample_add(&run, access_of("fast", 80e-9));
    struct et_result_verification *v = &run.records[0].result.verification;
    v->sampled = 7;
    v->error = 0.004;
    v->bound = 0.2;
    v->usual = 0.1;
    heads(&run, 0, "check passed (first, last and 7 sampled)",
          "errors 2.0 % of their bound", NULL);
    run = sample_run();
    sample_add(&run, access_of("fast", 80e-9));
    run.records[0].result.verification.sampled = ET_ABSENT_INT;
    heads(&run, 0, "check passed", "", "sampled)");
}

/* How far the passes are apart, and how far the samples of one. */
TEST(between_passes_and_within)
{
    struct et_run run = sample_run();
    for (int i = 0; i < 6; i++) {
        struct et_result r = access_of("fast", (i % 2 ? 102 : 100) * 1e-9);
        r.pass = i;
        sample_add(&run, r);
    }
    run.info.cases = 1;
    assert_int_equal(et_run_merge(&run), ET_OK);
    heads(&run, 0,
          "in 6 passes, whose medians are up to 2.0 % apart (within a pass "
          "0.1 %)",
          "", NULL);
}

TEST(the_best_is_the_least_of_times)
{
    struct et_run run = sample_run();
    sample_add(&run, access_of("slow", 100e-9));
    sample_add(&run, access_of("fast", 80e-9));
    sample_add(&run, access_of("middle", 90e-9));
    heads(&run, 0, "80 ns", "fast", "withheld");
    /* One of 40 ns that did not converge is twice as good, and not quoted. */
    run = sample_run();
    sample_add(&run, access_of("fast", 80e-9));
    struct et_result r = access_of("rash", 40e-9);
    r.time.converged = false;
    sample_add(&run, r);
    heads(&run, 0, "80 ns", "a figure 2 times as good is withheld", "rash");
}

/* 2 TFLOP in 0.5 s, with 0.4 s and 0.625 s at the ends. */
static struct et_result tera(void)
{
    struct et_result r = sample_result("t", 0.5, 0.01, 21);
    r.work.flop = 2e12;
    r.time.ci_low = 0.4;
    r.time.ci_high = 0.625;
    return r;
}

TEST(a_prefix_is_a_thousand)
{
    struct et_run run = sample_run();
    sample_add(&run, tera());
    heads(&run, 0, "4.000 TFLOP/s [3.200, 5.000]", "n = 21", "worth");
    run = sample_run();
    struct et_result r = tera();
    r.time.n_effective = 5;
    sample_add(&run, r);
    heads(&run, 0, "n = 21 (5 independent)", "", NULL);
    run = sample_run();
    r = tera();
    r.time.n_effective = 18; /* under nine tenths of 21 */
    sample_add(&run, r);
    heads(&run, 0, "(18 independent)", "", NULL);
    run = sample_run();
    r = tera();
    r.time.n_effective = 19;
    sample_add(&run, r);
    heads(&run, 0, "n = 21", "", "worth");
}

/* Two cores of 5 TFLOP/s: 4 of 10. */
TEST(the_share_of_the_nominal_peak)
{
    struct et_run run = sample_run();
    sample_add(&run, tera());
    run.info.environment.peak_fp32 = 5e12;
    heads(&run, 0, "40 % of nominal peak", "", NULL);
    /* Above it by 3 % is warned of, by 1 % it is not. */
    for (int above = 1; above <= 3; above += 2) {
        run = sample_run();
        sample_add(&run, tera());
        run.info.environment.peak_fp32 = 2e12 / (1 + above / 100.0);
        char *text = say(&run);
        if ((strstr(text, "above the nominal peak") != NULL) != (above == 3))
            fail_msg("%d %% above: %s", above, text);
        sample_done(text, &run);
    }
}

/* 9 on 4 cores is 2.25 a core, 3 on 1 is more. */
TEST(the_most_crowded_host)
{
    for (int turned = 0; turned < 2; turned++) {
        struct et_run run = sample_run();
        for (int i = 0; i < 2; i++) {
            struct et_result r = sample_result("a", 0.5, 0.01, 21);
            r.team.oversubscribed = true;
            r.team.ranks = i == turned ? 9 : 3;
            sample_place(&run.info, 1, r.team.ranks);
            struct et_run_placement *p = run.info.placement.v;
            struct et_run_group *g = p[run.info.placement.n - 1].groups.v;
            g->cores = i == turned ? 4 : 1;
            sample_add(&run, r);
        }
        char *text = say(&run);
        assert_said(text, "3 busy threads on 1 core");
        sample_done(text, &run);
    }
}

/* On `ranks` ranks; busbw counts 1.5 times the bytes. */
static struct et_result message(const char *backend, double bytes, double time)
{
    struct et_result r = sample_result(backend, time, 0.001, 21);
    free(r.bench);
    r.bench = strdup("allreduce");
    name_backend(&r, backend);
    r.team.ranks = 4;
    r.work.bytes = bytes;
    r.work.bus_bytes = 1.5 * bytes;
    r.work.messages = 6;
    return r;
}

/* The latency is the fastest of the smallest size, whatever a larger one took;
 * the bandwidth is the best of any size. */
TEST(collectives)
{
    struct et_run run = sample_run();
    sample_add(&run, message("first", 8, 3e-6));
    sample_add(&run, message("quick", 8, 2e-6));
    sample_add(&run, message("large", 64, 1e-6)); /* 96 MB/s */
    char *bandwidth = headline(&run, 0);
    assert_said(bandwidth, "96.00 MB/s");
    assert_said(bandwidth, "large");
    free(bandwidth);
    heads(&run, 1, "2 us", "quick", NULL);
}

/* 101 samples of 1 to 101 ms: the 95th percentile lies at place 95 from 0, 96
 * ms, the 99th at 99, 100 ms. */
static struct et_result ladder(size_t n)
{
    struct et_result r = access_of("native", 0.05);
    r.time.samples.n = 0;
    for (size_t i = 0; i < n; i++)
        assert_true(
            et_reals_add(&r.time.samples, 1e-3 * (double)(i * 37 % n + 1)));
    sample_summarise(&r);
    return r;
}

TEST(tails)
{
    static const struct {
        size_t n;
        const char *cells;
    } rows[] = {{101, "\"96 ms\",\"100 ms\",\"101 ms\""},
                {99, "\"94.1 ms\",\"-\",\"99 ms\""},
                {21, "\"20 ms\",\"-\",\"21 ms\""},
                {20, "\"19.05 ms\",\"-\",\"20 ms\""},
                {19, "\"-\",\"-\",\"19 ms\""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int old = 0; old < 2; old++) { /* whose record has no p95 */
            struct et_run run = sample_run();
            struct et_result r = ladder(rows[i].n);
            if (old)
                r.time.p95 = r.time.p99 = NAN;
            sample_add(&run, r);
            char *text = say(&run);
            assert_said(text, rows[i].cells);
            sample_done(text, &run);
        }
    }
}

/* The data of the figure whose name begins so; owned. */
static char *data_of(const struct et_run *run, const char *name)
{
    struct et_doc doc;
    char *data = NULL;
    assert_int_equal(et_report_build(run, NULL, &doc), ET_OK);
    for (size_t i = 0; i < doc.n && !data; i++) {
        const struct et_block *b = &doc.blocks[i];
        if (b->kind == ET_BLOCK_FIGURE &&
            strncmp(b->figure.name, name, strlen(name)) == 0)
            data = strdup(et_text_str(&b->figure.data));
    }
    et_doc_free(&doc);
    if (!data)
        fail_msg("no figure is named %s", name);
    return data;
}

/* Of four samples the first is a quarter of them, the last all. */
TEST(steps_of_a_distribution)
{
    struct et_run run = sample_run();
    sample_add(&run, ladder(4));
    char *data = data_of(&run, "ecdf-");
    assert_said(data, "0.001 0.25\n0.002 0.5\n0.003 0.75\n0.004 1\n");
    free(data);
    et_run_free(&run);
}

/* Of 64 B in 2 us + 64 B / 4 GB/s = 2.016 us: 31.746 MB/s, and as busbw 1.5
 * times that, 47.619 MB/s. The fit's line begins there. */
TEST(the_fit_in_the_figure)
{
    struct et_run run = sample_run();
    for (int i = 0; i < 6; i++) {
        double bytes = 64 * pow(16, i);
        sample_add(&run, message("ring", bytes, 2e-6 + bytes / 4e9));
    }
    char *data = data_of(&run, "busbw"),
         *at = strstr(data, "\n64 NaN NaN NaN ");
    assert_non_null(at);
    double v = strtod(at + strlen("\n64 NaN NaN NaN "), NULL);
    if (!(fabs(v - 47.6190476e6) <= 1e-6 * v))
        fail_msg("the fit begins at %.9g B/s", v);
    free(data);
    data = data_of(&run, "time");
    at = strstr(data, "\n64 NaN NaN NaN ");
    assert_non_null(at);
    v = strtod(at + strlen("\n64 NaN NaN NaN "), NULL);
    if (!(fabs(v - 2.016e-6) <= 1e-6 * v))
        fail_msg("the fit begins at %.9g s", v);
    free(data);
    et_run_free(&run);
}

/* Ends of the fit as they stand in the table: the numbers of scaling_test. */
TEST(the_interval_of_a_fit)
{
    static const double times[] = {3.01e-6, 3.48e-6, 4.53e-6, 6.48e-6};
    struct et_run run = sample_run();
    for (int i = 0; i < 4; i++)
        sample_add(&run, message("ring", 1000 << i, times[i]));
    char *text = say(&run);
    assert_said(text, "\"2.504 us\",\"[2.413 us, 2.596 us]\"");
    assert_said(text, "\"2.005\",\"[1.897, 2.125]\"");
    sample_done(text, &run);
}

/* Nodes of 10, 11, 12 and 20 ms: the others' median is 11 ms. The last was last
 * in `k` of 21 samples; by chance, a quarter, that happens to it with P(13) =
 * 3.7e-4 and P(14) = 6.8e-5 (binomial); of four nodes one is named below 1e-3 /
 * 4. */
TEST(a_node_against_the_others)
{
    for (int k = 13; k <= 14; k++) {
        struct et_run run = sample_run();
        struct et_result r = sample_result("slow", 0.01, 0.001, 21);
        sample_ranks(&r, (const double[]){0.020, 0.010, 0.011, 0.012}, 4, 1);
        struct et_result_part *last = r.time.nodes.last.v;
        assert_int_equal(r.time.nodes.last.n, 1);
        last->last = k;
        r.team.ranks = 4;
        sample_add(&run, r);
        char *text = say(&run);
        if (k == 14)
            assert_said(text, "\"20 ms\",\"11 ms\",\"67 %\",\"25 %\"");
        else if (strstr(text, "node n1"))
            fail_msg("named by chance: %s", text);
        sample_done(text, &run);
    }
}

/* 200 GFLOP/s above 0.5 GB/s x 250 FLOP/B = 125, 123.75 to 126.25. */
TEST(above_the_memory)
{
    struct et_run run = sample_below(2e12, 0.5e9);
    char *text = say(&run);
    assert_said(text, "\"125.0 [123.8, 126.2]\"");
    /* Its share: 200 of 125. In the roofline's table in GFLOP/s. */
    assert_said(text, "\"250.0\",\"200.0\",\"125.0\",\"160 %");
    sample_done(text, &run);
}

/* The larger drift is told of, whichever comes first, and its sign. */
TEST(the_worst_drift)
{
    struct et_run run = sample_run();
    static const double drifts[] = {0.02, -0.09, 0.05};
    for (int i = 0; i < 3; i++) {
        struct et_result r = sample_result("a", 0.01, 0.001, 21);
        r.time.drifts = true;
        r.time.drift = drifts[i];
        sample_add(&run, r);
    }
    char *text = say(&run);
    assert_said(text, "-9.0 %");
    sample_done(text, &run);
}

/* 2 GFLOP in 10 ms, 8 ms and 12.5 ms at the ends: 200 GFLOP/s, 160 to 250, at
 * 250 FLOP/B. Its ceilings of 300 and of 500 GFLOP/s: the higher one is the
 * roof. It meets a slope of 10 GB/s at 50 FLOP/B. */
TEST(the_roofline)
{
    struct et_run run = sample_run();
    static const double roofs[] = {300e9, 500e9, 400e9};
    for (int i = 0; i < 3; i++) {
        struct et_result r = sample_result("a", 0.01, 0.001, 21);
        r.time.ci_low = 0.008;
        r.time.ci_high = 0.0125;
        sample_ceiling(&r, "compute", "p", roofs[i]);
        sample_ceiling(&r, "memory", "s", 10e9);
        sample_add(&run, r);
    }
    char *data = data_of(&run, "roofline");
    assert_said(data, "500 GFLOP/s");
    if (strstr(data, "300 GFLOP/s") || strstr(data, "400 GFLOP/s"))
        fail_msg("two roofs of one type: %s", data);
    assert_said(data, "250 2e+11 1.6e+11 2.5e+11");
    assert_said(data, "\n 50 5e+11 ");
    free(data);
    et_run_free(&run);
}

/* A parameter that one case alone has is worth naming. */
TEST(what_tells_cases_apart)
{
    struct et_run run = sample_run();
    struct et_result r = sample_result("a", 0.01, 0.001, 21);
    assert_true(et_pairs_set(&r.params, "transposed", "yes", false));
    sample_add(&run, sample_result("b", 0.01, 0.001, 21));
    sample_add(&run, r);
    struct et_doc doc;
    bool named = false;
    assert_int_equal(et_report_build(&run, NULL, &doc), ET_OK);
    for (size_t i = 0; i < doc.n; i++) {
        const struct et_block *b = &doc.blocks[i];
        for (size_t k = 0; b->kind == ET_BLOCK_TABLE && k < b->cells.n; k++)
            named |= strstr(b->cells.v[k], "transposed") != NULL;
    }
    assert_true(named);
    et_doc_free(&doc);
    et_run_free(&run);
}

/* As many ranks on one node and on two are no equal cases: neither is half of
 * the other. */
TEST(nodes_tell_cases_apart)
{
    struct et_run run = sample_run();
    struct et_result one = sample_result("a", 0.01, 0.001, 21);
    struct et_result two = sample_result("b", 0.005, 0.001, 21);
    name_backend(&two, "cblas");
    two.team.nodes = 2;
    sample_add(&run, one);
    sample_add(&run, two);
    char *text = say(&run);
    if (strstr(text, "\"50 %\""))
        fail_msg("held against another team: %s", text);
    sample_done(text, &run);
}

static struct et_result team(const char *backend, int ranks, double time)
{
    struct et_result r = sample_result(backend, time, 0.001, 21);
    name_backend(&r, backend);
    r.team.ranks = ranks;
    assert_true(et_pairs_set(&r.params, "scaling", "strong", false));
    return r;
}

/* 1.6 s on 2 ranks, 1.5 to 1.8; 1 s on 4, 0.9 to 1.25: a speed-up of 1.6, from
 * 1.5/1.25 = 1.2 to 1.8/0.9 = 2. Of two backends the figure has the faster. */
TEST(the_scaling_figure)
{
    struct et_run run = sample_run();
    struct et_result two = team("fast", 2, 1.6), four = team("fast", 4, 1.0);
    two.time.ci_low = 1.5, two.time.ci_high = 1.8;
    four.time.ci_low = 0.9, four.time.ci_high = 1.25;
    sample_add(&run, team("slow", 2, 1.7));
    sample_add(&run, team("slow", 4, 1.2));
    sample_add(&run, two);
    sample_add(&run, four);
    char *data = data_of(&run, "scaling-strong");
    assert_said(data, "fast");
    if (strstr(data, "slow"))
        fail_msg("the slower one is drawn: %s", data);
    assert_said(data, "\n4 1.6 1.2 2 NaN\n");
    free(data);
    et_run_free(&run);
}

/* 200 and 400 GFLOP/s: 2 / (1/200 + 1/400) = 266.7. A backend that did one of
 * the two alone, and faster, has no mean. */
TEST(the_mean_of_all_cases)
{
    struct et_run run = sample_run();
    static const char *const m[] = {"1024", "2048", "2048"};
    static const double times[] = {0.01, 0.005, 0.002};
    for (int i = 0; i < 3; i++) {
        struct et_result r = sample_result("a", times[i], 0.001, 21);
        name_backend(&r, i < 2 ? "blis" : "cblas");
        assert_true(et_pairs_set(&r.params, "m", m[i], true));
        sample_add(&run, r);
    }
    char *text = say(&run);
    assert_said(text, "blis 266.7");
    if (strstr(text, "cblas 1000") || strstr(text, "cblas 2000"))
        fail_msg("a mean of one of two cases: %s", text);
    sample_done(text, &run);
}

/* The rank that lags most stands first. */
TEST(the_worst_lag_first)
{
    struct et_run run = sample_run();
    static const double imbalances[] = {1.2, 1.5, 1.3};
    for (int i = 0; i < 3; i++) {
        struct et_result r = sample_result("a", 0.01, 0.001, 21);
        r.time.imbalance = imbalances[i];
        sample_add(&run, r);
    }
    char *text = say(&run);
    const char *a = strstr(text, "+50 %"), *b = strstr(text, "+30 %"),
               *c = strstr(text, "+20 %");
    assert_true(a && b && c && a < b && b < c);
    sample_done(text, &run);
}

TEST_MAIN(what_was_checked, between_passes_and_within,
          the_best_is_the_least_of_times, a_prefix_is_a_thousand,
          the_share_of_the_nominal_peak, the_most_crowded_host, collectives,
          tails, steps_of_a_distribution, the_fit_in_the_figure,
          the_interval_of_a_fit, a_node_against_the_others, above_the_memory,
          the_worst_drift, the_roofline, what_tells_cases_apart,
          nodes_tell_cases_apart, the_scaling_figure, the_mean_of_all_cases,
          the_worst_lag_first)
