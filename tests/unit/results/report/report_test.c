/* What a report says of runs made by hand: above all what it must not say. */
#include "config.h"
#include "tests/unit/test_main.h"
#include "results/report/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/report/parts.h"
#include "tests/unit/results/sample.h"

static char *say(const struct et_run *run, const char *peak)
{
    struct et_report_options options = {.peak = peak, .target = 1e18};
    return sample_report(run, &options, "json", NULL);
}

/* The headline's value for the first kind of work. */
static char *headline(const struct et_run *run)
{
    struct et_doc doc;
    char *value = NULL;
    assert_int_equal(et_report_build(run, NULL, &doc), ET_OK);
    for (size_t i = 0; i < doc.n && !value; i++) {
        const struct et_block *b = &doc.blocks[i];
        if (b->kind == ET_BLOCK_FACTS && b->level == 1)
            value = strdup(b->cells.v[1]);
    }
    et_doc_free(&doc);
    assert_non_null(value);
    return value;
}

static void assert_headline(struct et_run *run, const char *part)
{
    char *text = headline(run);
    assert_said(text, part);
    free(text);
    et_run_free(run);
}

#define assert_not_said(text, part)                                            \
    do {                                                                       \
        if (strstr(text, part))                                                \
            fail_msg("'%s' is in: %s", part, text);                            \
    } while (0)

/* 2 GFLOP in 10 ms: 200 GFLOP/s; the second in 5 ms: 400 GFLOP/s. */
static struct et_run two_run(void)
{
    struct et_run run = sample_run();
    sample_add(&run, sample_result("slow", 0.01, 0.001, 21));
    struct et_result r = sample_result("fast", 0.005, 0.001, 21);
    free(r.backend);
    r.backend = strdup("cblas");
    sample_add(&run, r);
    return run;
}

TEST(test_headline)
{
    struct et_run run = two_run();
    char *text = headline(&run);
    assert_said(text, "400.0 GFLOP/s [");
    assert_said(text, "cblas");
    assert_said(text, "2 ranks x 1 thread");
    assert_said(text, "n = 21");
    sample_done(text, &run);
}

TEST(test_headline_refuses)
{
    struct et_run run = two_run();
    run.records[1].result.outcome = ET_WRONG_DATA;
    assert_headline(&run, "200.0 GFLOP/s");
    run = two_run(); /* says measured, but its check failed */
    run.records[1].result.verification.status = ET_CHECK_FAILED;
    assert_headline(&run, "200.0 GFLOP/s");
    run = two_run();
    run.records[1].result.verification.status = ET_CHECK_NONE;
    assert_headline(&run, "200.0 GFLOP/s");
    run = two_run();
    run.records[1].result.time.converged = false;
    assert_headline(&run, "200.0 GFLOP/s");
    run = two_run();
    run.records[1].result.time.ci_low = NAN;
    assert_headline(&run, "200.0 GFLOP/s");
    run = two_run();
    run.records[1].result.team.oversubscribed = true;
    assert_headline(&run, "200.0 GFLOP/s");
    run = two_run();
    run.records[1].result.team.threads = 2;
    assert_headline(&run, "200.0 GFLOP/s");
    run = two_run();
    run.records[1].result.team.delivered = ET_ABSENT_INT;
    assert_headline(&run, "200.0 GFLOP/s");
    run = two_run();
    run.records[1].result.disturbed.many = true;
    assert_headline(&run, "200.0 GFLOP/s");
    run = two_run();
    run.records[1].result.disturbed.n = ET_ABSENT_INT;
    assert_headline(&run, "200.0 GFLOP/s");
    run = two_run();
    run.records[0].result.time.converged = false;
    run.records[1].result.time.converged = false;
    assert_headline(&run, "no headline: not converged (");
    run = two_run();
    run.records[0].result.outcome = ET_WRONG_DATA;
    run.records[1].result.outcome = ET_WRONG_DATA;
    assert_headline(&run, "no headline: wrong results");
    run = two_run();
    run.info.clock_fake = true;
    assert_headline(&run, "no headline: fake clock");
}

TEST(test_warnings)
{
    struct et_run run = two_run();
    struct et_result_team *team = &run.records[0].result.team;
    team->oversubscribed = true;
    team->threads = 5;
    run.records[1].result.outcome = ET_WRONG_DATA;
    run.info.clock_fake = true;
    run.info.cases = 5;
    free(run.outcome);
    run.outcome = strdup("interrupted");
    free(run.info.commit);
    run.info.commit = strdup("abc-dirty");
    assert_true(et_strings_add(&run.warnings, "line 7 is torn"));
    char *text = say(&run, NULL);
    assert_said(text, "OVERSUBSCRIBED: 1 of 2 cases");
    assert_said(text, "host n1, 10 busy threads on 4 cores");
    assert_said(text, "WRONG RESULTS, so none of their figures counts: fast");
    assert_said(text, "FAKE CLOCK");
    assert_said(text, "interrupted");
    assert_said(text, "2 of 5 planned cases");
    assert_said(text, "abc-dirty");
    assert_said(text, "line 7 is torn");
    sample_done(text, &run);
    run = two_run();
    text = say(&run, NULL);
    assert_not_said(text, "\"warning\"");
    sample_done(text, &run);
}

TEST(test_flops)
{
    struct et_run run = two_run();
    char *text = say(&run, "fp32=500 GFLOP/s");
    /* 2 ranks of 1 thread: a peak of 1000 GFLOP/s. */
    assert_said(text, "\"200.0\",\"[");
    assert_said(text, "\"50 %\",\"20 %\",\"21\"");
    assert_said(text, "\"100 %\",\"40 %\",\"21\"");
    assert_said(text, "Nominal peak of fp32");
    free(text);
    /* A figure that nobody checked is no yardstick. */
    run.records[1].result.verification.status = ET_CHECK_NONE;
    text = say(&run, "fp32=500 GFLOP/s");
    assert_said(text, "\"100 %\",\"20 %\",\"21\"");
    assert_said(text, "not checked");
    sample_done(text, &run);
}

/* Said to be measured, but the check failed: wrong, and in no table. */
TEST(test_wrong)
{
    struct et_run run = two_run();
    run.records[1].result.verification.status = ET_CHECK_FAILED;
    char *text = say(&run, NULL);
    assert_said(text, "[\"wrong\",\"gemm\",\"cblas\",\"1\"");
    assert_said(text, "WRONG RESULTS");
    assert_not_said(text, "400.0");
    sample_done(text, &run);
}

/* 200 GFLOP/s under a ceiling of 100: both sides are named, none is quoted. */
TEST(test_suspect)
{
    struct et_run run = sample_below(100e9, 10e9);
    struct et_result r = sample_result("the peak", 0.02, 0.001, 21);
    free(r.bench);
    r.bench = strdup("peak");
    sample_add(&run, r);
    char *text = say(&run, NULL);
    assert_said(text, "[\"gemm fp32\",\"no headline: faster than");
    assert_said(text, "[\"peak fp32\",\"no headline: faster than");
    assert_said(text, "[\"gemm fp32\",\"suspect\",\"1\",\"fast\"]");
    assert_said(text, "[\"peak fp32\",\"suspect\",\"1\",\"the peak\"]");
    assert_said(text, "[\"fast\",\"200.0 [199.9, 200.1]\",\"the peak\","
                      "\"100.0 [99.0, 101.0]\"]");
    sample_done(text, &run);
}

/* Fewer threads than were asked for, or nobody knows how many. */
TEST(test_threads)
{
    struct et_run run = two_run();
    run.records[0].result.team.threads = 3;
    run.records[1].result.team.delivered = ET_ABSENT_INT;
    run.records[1].result.team.delivered_absent = strdup("they never sleep");
    char *text = say(&run, NULL);
    assert_said(text, "1 case had fewer threads at work than were asked for: ");
    assert_said(text, "\"fewer threads (1 of 3)\"");
    assert_said(text, "[\"fewer threads\",\"1\",\"1 of the 3 threads of a rank "
                      "worked in the worst case");
    assert_said(text, "[\"threads not counted\",\"1\",\"they never sleep\"");
    sample_done(text, &run);
}

/* Something else had the cores: often in one case, once in the other. */
TEST(test_disturbed)
{
    struct et_run run = two_run();
    struct et_result *r = &run.records[0].result;
    r->disturbed.n = r->disturbed.most = 7;
    r->disturbed.many = true;
    r->disturbed.load = 35;
    run.records[1].result.disturbed.n = 1;
    run.info.environment.cores = 2;
    char *text = say(&run, NULL);
    assert_said(text, "1 case was DISTURBED by something else on the machine "
                      "(2 cores, load 35): their figures are not the "
                      "machine's");
    assert_said(text, "[\"disturbed\",\"2\",\"another process");
    assert_said(text, "in 8 of 42 samples (33 % in the worst case)");
    sample_done(text, &run);
}

/* 200 GFLOP/s on two cores of 10, below a ceiling that lies as well. */
TEST(test_above_boost)
{
    struct et_run run = sample_below(300e9, 0);
    run.info.environment.peak_fp32 = 60e9;
    char *text = say(&run, NULL);
    assert_not_said(text, "at the highest clock");
    free(text);
    run.info.environment.peak_fp32 = 10e9;
    text = say(&run, NULL);
    assert_said(text, "[\"gemm fp32\",\"no headline: faster than");
    assert_said(text, "1 case is faster than the nominal peak at the highest "
                      "clock (first: fast)");
    sample_done(text, &run);
}

/* Records may lack any word that the schema lets be null. */
TEST(test_no_words)
{
    struct et_run run = two_run();
    struct et_result *r = &run.records[0].result;
    struct et_result_count *c =
        et_list_add(&r->counters.values, sizeof(struct et_result_count));
    assert_non_null(c);
    c->total = 5;
    r->counters.iterations = 1;
    sample_ceiling(r, "compute", "the peak", 100e9);
    struct et_result_ceiling *ceiling = r->ceilings.v;
    free(ceiling->what);
    ceiling->what = NULL;
    run.records[0].roofline.suspect = strdup("the peak");
    run.records[1].roofline.share = 0.5;
    char *text = say(&run, NULL);
    assert_said(text, "Faster than possible");
    assert_not_said(text, "(null)");
    sample_done(text, &run);
}

TEST(test_drift)
{
    struct et_run run = two_run();
    run.records[1].result.time.drifts = true;
    run.records[1].result.time.drift = 0.071;
    char *text = say(&run, NULL);
    assert_said(text, "\"200.0 GFLOP/s [");
    assert_said(text, "[\"gemm fp32\",\"drifts\",\"1\",\"fast\"]");
    assert_said(text, "have a trend: +7.1 % from first to last");
    sample_done(text, &run);
}

TEST(test_odd_host)
{
    struct et_run run = two_run();
    struct et_result *r = &run.records[1].result;
    r->outcome = ET_WRONG_DATA;
    assert_true(et_strings_add(&r->verification.odd, "rank 3 on n7"));
    assert_true(et_strings_add(&r->verification.odd, "rank 5 on n9"));
    char *text = say(&run, NULL);
    assert_said(text,
                "[\"odd outputs\",\"1\",\"the outputs of rank 3 on n7 differ");
    assert_said(text,
                "[\"odd outputs\",\"1\",\"the outputs of rank 5 on n9 differ");
    assert_said(text, "\"200.0 GFLOP/s [");
    sample_done(text, &run);
}

/* Four nodes of one rank; n4 takes `late` longer and is last in `k` of 21. */
static void add_nodes(struct et_result *r, double late, int64_t k)
{
    sample_ranks(r, (const double[]){0.01, 0.01, 0.01, 0.01 + late}, 4, 1);
    struct et_result_part *last = r->time.nodes.last.v;
    assert_int_equal(r->time.nodes.last.n, 1);
    char *host = last->host;
    *last = *(struct et_result_part *)r->time.nodes.worst.v;
    free(host);
    last->host = strdup("n4");
    last->last = k;
    r->team.ranks = 4;
}

TEST(test_slow_node)
{
    struct {
        double late;
        int64_t k;
        bool named;
    } cases[] = {{0.002, 20, true},
                 {0.002, 7, false},    /* a third: chance gives a quarter */
                 {0.0001, 20, false}}; /* often, but by 1 % only */
    for (size_t i = 0; i < 3; i++) {
        struct et_run run = two_run();
        add_nodes(&run.records[0].result, cases[i].late, cases[i].k);
        char *text = say(&run, NULL);
        if (cases[i].named)
            assert_said(text, "[\"node n4\",\"1 of 2 cases\",\"12 ms\","
                              "\"10 ms\",\"95 %\",\"25 %\",\"slow\"]");
        else
            assert_not_said(text, "node n4");
        assert_not_said(text, "node n1");
        sample_done(text, &run);
    }
}

/* In a collective the wait shows at the receiver: n4 may be innocent. */
TEST(test_slow_somewhere)
{
    for (int storage = 0; storage < 2; storage++) {
        struct et_run run = two_run();
        struct et_result *r = &run.records[0].result;
        add_nodes(r, 0.002, 20);
        r->time.imbalance = 1.5;
        struct et_run_bench *b =
            et_list_add(&run.info.benches, sizeof(struct et_run_bench));
        assert_non_null(b);
        *b = (struct et_run_bench){
            .name = strdup("gemm"),
            .role = strdup(storage ? "storage" : "collective")};
        char *text = say(&run, NULL);
        assert_said(text, "Slow somewhere");
        assert_said(text, "In 1 of 2 collective and storage cases a part of "
                          "the ranks took longer");
        assert_said(text, "worst case: slow, 12 ms against 10 ms");
        assert_not_said(text, "n4");
        assert_not_said(text, "Slowest nodes");
        assert_not_said(text, "Ranks that lagged");
        sample_done(text, &run);
    }
}

/* What has no place in a table or a figure is not passed over in silence. */
TEST(test_too_many)
{
    static const struct et_report_options options = {.target = 1e15};
    struct et_run run = sample_run();
    for (int i = 0; i < 17; i++) {
        char id[8], m[8];
        snprintf(id, sizeof id, "c%d", i);
        snprintf(m, sizeof m, "%d", i + 1);
        struct et_result r = sample_result(id, 0.01, 0.001, 21);
        add_nodes(&r, 0.002, 20);
        struct et_result_part *last = r.time.nodes.last.v;
        free(last->host);
        last->host = strdup(id);
        assert_true(et_pairs_set(&r.params, "m", m, true));
        sample_add(&run, r);
    }
    char *text = say(&run, NULL);
    assert_said(text, "The first 16 that were found; there are more");
    free(text);
    text = sample_report(&run, &options, "html", NULL);
    assert_said(text, "The first 16 of 17 cases.");
    sample_done(text, &run);
}

/* Of a hundred thousand ranks on one node the slow one is named. */
TEST(test_slow_rank)
{
    enum { RANKS = 100000, SLOW = 54321 };
    double *medians = malloc(RANKS * sizeof *medians);
    struct et_run run = two_run();
    struct et_result *r = &run.records[0].result;
    assert_non_null(medians);
    for (int i = 0; i < RANKS; i++)
        medians[i] = 0.01;
    medians[SLOW] = 0.012;
    sample_ranks(r, medians, RANKS, RANKS);
    struct et_result_part *last = r->time.ranks.last.v;
    last->rank = SLOW;
    last->median = 0.012;
    last->last = 20;
    r->team.ranks = RANKS;
    char *text = say(&run, NULL);
    assert_said(text, "[\"rank 54321\",\"1 of 2 cases\",\"12 ms\",\"10 ms\","
                      "\"95 %\",\"below 0.1 %\",\"slow\"]");
    free(text);
    free(medians);
    et_run_free(&run);
}

TEST(test_missing)
{
    struct et_run run = two_run();
    for (int i = 0; i < 3; i++) {
        struct et_result r = sample_result("gone", 1, 0.1, 9);
        r.outcome = ET_SKIPPED;
        r.reason = strdup("needs 96 GiB");
        sample_add(&run, r);
    }
    run.info.cases = 7;
    char *text = say(&run, NULL);
    assert_said(text, "[\"skipped\",\"gemm\",\"blis\",\"3\",\"needs 96 GiB\"");
    assert_said(text, "[\"not reached\",\"-\",\"-\",\"2\"");
    sample_done(text, &run);
}

TEST(test_spread)
{
    struct et_run run = two_run();
    run.records[0].result.time.imbalance = 1.5;
    run.records[0].result.time.slowest_rank = 1;
    free(run.records[0].result.time.slowest_host);
    run.records[0].result.time.slowest_host = strdup("n1");
    run.records[1].result.time.imbalance = 1.05;
    char *text = say(&run, NULL);
    assert_said(text, "Ranks that lagged");
    assert_said(text, "\"1\",\"n1\",\"+50 %\"");
    assert_not_said(text, "+5.0 %");
    sample_done(text, &run);
}

TEST(test_collective)
{
    struct et_run run = sample_run();
    for (int i = 0; i < 6; i++) {
        double bytes = 64 * pow(16, i);
        struct et_result r = sample_result("a", 2e-6 + bytes / 4e9, 0.001, 21);
        free(r.bench);
        r.bench = strdup("allreduce");
        r.team.ranks = 4;
        r.work.bytes = bytes;
        r.work.bus_bytes = bytes * 1.5;
        r.work.messages = 6;
        sample_add(&run, r);
    }
    char *text = say(&run, NULL);
    assert_said(text, "allreduce fp32 bus bandwidth");
    assert_said(text, "allreduce fp32 small-message latency");
    assert_said(text, "\"2 us\"");
    assert_said(text, "\"4.000\",\"[4.000, 4.000]\"");
    assert_not_said(text, "poor model:");
    free(text);
    run.records[3].result.time.median *= 3;
    text = say(&run, NULL);
    assert_said(text, "poor model:");
    sample_done(text, &run);
}

TEST(test_empty)
{
    struct et_run run = sample_run();
    char *text = say(&run, NULL);
    assert_said(text, "No headline: the run holds no record.");
    sample_done(text, &run);
}

TEST(test_cut)
{
    struct et_run run = sample_run();
    for (int i = 0; i < ET_REPORT_ROWS + 7; i++) {
        char m[16];
        struct et_result r = sample_result("many", 0.01, 0.001, 9);
        snprintf(m, sizeof m, "%d", i + 1);
        assert_true(et_pairs_set(&r.params, "m", m, true));
        sample_add(&run, r);
    }
    char *text = say(&run, NULL);
    assert_said(text, "The first 200 of 207 rows");
    sample_done(text, &run);
}

TEST(test_judgement)
{
    char c[] = "speed", where[] = "bench=gemm", metric[] = "flops",
         threshold[] = "300 GFLOP/s", unit[] = "GFLOP/s", id[] = "slow",
         reason[] = "its better end misses it", contract[] = "c.ini";
    struct et_clause_verdict v = {.clause = c,
                                  .where = where,
                                  .metric = metric,
                                  .threshold = threshold,
                                  .limit = 300,
                                  .value = 200,
                                  .ci_low = 199,
                                  .ci_high = 201,
                                  .unit = unit,
                                  .id = id,
                                  .verdict = ET_VERDICT_FAIL,
                                  .reason = reason};
    struct et_judgement j = {contract, NULL, &v, 1, ET_VERDICT_FAIL};
    struct et_run run = two_run();
    struct et_doc doc;
    assert_int_equal(et_report_judgement(&j, &run, &doc), ET_OK);
    assert_said(doc.blocks[0].cells.v[1], "FAIL, 0 of 1 clauses passed");
    assert_int_equal(doc.blocks[1].kind, ET_BLOCK_WARNING);
    assert_said(doc.blocks[1].text, reason);
    et_doc_free(&doc);
    et_run_free(&run);
}

TEST_MAIN(test_headline, test_headline_refuses, test_warnings, test_flops,
          test_wrong, test_suspect, test_above_boost, test_threads,
          test_disturbed, test_no_words, test_drift, test_odd_host,
          test_slow_node, test_slow_somewhere, test_too_many, test_slow_rank,
          test_missing, test_spread, test_collective, test_empty, test_cut,
          test_judgement)
