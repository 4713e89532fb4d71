/* Contracts and verdicts: every way to be wrong in a contract is told at its
 * line, and every way not to know is not a pass. */
#include "config.h"
#include "tests/unit/results/sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/verdict/contract.h"
#include "results/verdict/judge.h"
#include "paths.h"

static char *folder;

static int set_up(void **state)
{
    (void)state;
    folder = sample_folder();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sample_remove(folder);
    return 0;
}

static const char *contract(const char *text)
{
    char *path = sample_path(folder, "c.ini");
    sample_write(path, text);
    return path;
}

static void assert_refused(const struct et_run *run, const char *text,
                           const char *part)
{
    struct et_judgement j = {0};
    const char *path = contract(text);
    sample_listen();
    enum et_status s = et_judge(path, run, &j);
    const char *said = sample_said();
    if (s != ET_USAGE)
        fail_msg("status %d of: %s", (int)s, text);
    assert_said(said, part);
    assert_null(j.clauses);
}

#define WHERE "[x]\nwhere = bench=gemm\n"
#define FLOPS WHERE "metric = flops\n"

TEST(bad_contracts)
{
    struct et_run run = sample_run();
    const struct {
        const char *text, *said;
    } bad[] = {
        {"", "has no clause"},
        {"[contract]\nname = a\n", "has no clause"},
        {"where = a=b\n", "c.ini:1: `where` is before"},
        {"[contract]\nnme = a\n", "c.ini:2: [contract] nme: unknown key; did "
                                  "you mean 'name'?"},
        {"[contract]\npeak = fp32\n" FLOPS "at_least = 1 GFLOP/s\n",
         "c.ini:2: [contract] peak: 'fp32' has no '='"},
        {"[contract]\npeak = fp32: 64\n" FLOPS "at_least = 1 GFLOP/s\n",
         "c.ini:2: [contract] peak: 'fp32: 64' has no unit"},
        {"[contract]\npeak = fp32: 1 GFLOP/s, fp32: 2 GFLOP/s\n" FLOPS
         "at_least = 1 GFLOP/s\n",
         "has an element type twice"},
        {"[contract]\npeak = fp32: 1 GFLOP/s\npeak = fp32: 1 GFLOP/s\n",
         "c.ini:3: [contract] peak: given twice"},
        {WHERE "metrik = flops\n", "c.ini:3: [x] metrik: unknown key; did you "
                                   "mean 'metric'?"},
        {WHERE "metric = flips\n"
               "at_least = 1 GFLOP/s\n",
         "c.ini:3: [x] metric: 'flips' is not a metric; did you mean 'flops'?"},
        {WHERE "at_least = 1 GFLOP/s\n", "c.ini:1: [x] has no `metric`"},
        {"\n[x]\nmetric = flops\nat_least = 1 GFLOP/s\n[y]\n",
         "c.ini:2: [x] has no `where`"},
        {FLOPS, "c.ini:1: [x] has no threshold"},
        {FLOPS "at_least = 1 GFLOP/s\nat_most = 2 GFLOP/s\n",
         "c.ini:5: [x] at_most: '2 GFLOP/s' is a second threshold"},
        {FLOPS "at_least = 150\n", "'150' has no unit; flops is in GFLOP/s"},
        {FLOPS "at_least = 150 GB/s\n",
         "'150 GB/s' is not a quantity in GFLOP/s "
         "and not a share like 85 % of peak"},
        {FLOPS "at_least = fast\n", "c.ini:4: [x] at_least: 'fast'"},
        {FLOPS "at_least = 0 GFLOP/s\n", "decide nothing"},
        {FLOPS "at_least = -85 % of peak\n", "decide nothing"},
        {FLOPS "at_least = 85 % of top\n", "not a quantity"},
        {WHERE "metric = busbw\nat_least = 85 % of peak\n",
         "busbw has no peak"},
        {"[contract]\npeak = fp32: 0 GFLOP/s\n" FLOPS "at_least = 1 GFLOP/s\n",
         "has a rate that is not above zero"},
        {WHERE "metric = time\nat_most = 3 GB/s\n", "not a quantity in s"},
        {FLOPS "at_least = 0x10 GFLOP/s\n", "not a quantity in GFLOP/s"},
        {FLOPS "at_least = 0x10 % of peak\n", "not a quantity in GFLOP/s"},
        {FLOPS "at_most = 1 GFLOP/s\ntake = best\n", "take = every"},
        {FLOPS "at_least = 1 GFLOP/s\ntake = all\n", "every|best"},
        {FLOPS "at_least = 1 GFLOP/s\nat_least = 2 GFLOP/s\n",
         "c.ini:5: [x] at_least: given twice"},
        {"[x]\nwhere = gemm\nmetric = flops\nat_least = 1 GFLOP/s\n",
         "c.ini:2: [x] where: 'gemm' is not made of words"},
        {"[x]\nwhere = =gemm\nmetric = flops\nat_least = 1 GFLOP/s\n",
         "not made of words"},
        {"[x]\nwhere =\nmetric = flops\nat_least = 1 GFLOP/s\n",
         "picks nothing"},
        {FLOPS "at_least = 1 GFLOP/s\n[x]\n",
         "c.ini:5: there is already a clause [x]"},
        {FLOPS "at_least = 1 GFLOP/s\nnonsense\n", "c.ini:5"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(&run, bad[i].text, bad[i].said);
    sample_listen();
    struct et_judgement j;
    assert_int_equal(et_judge(folder, &run, &j), ET_USAGE);
    assert_int_equal(et_judge("/nowhere/c.ini", &run, &j), ET_USAGE);
    sample_said();
    et_run_free(&run);
}

/* Each refusal, and what stands after a unit, after a share and between its
 * words. The place is looked for, and what is at fault. */
TEST(refusals)
{
    static const struct {
        const char *text, *said;
    } bad[] = {
        {"[contract]\nname = a\nname = b\n", "c.ini:3: [contract] name: given "
                                             "twice"},
        {"[]\nwhere = a=b\n", "name"},
        {"[x]\nwhere = bench=\nmetric = flops\nat_least = 1 GFLOP/s\n",
         "c.ini:2: [x] where: 'bench=' is not made of words"},
        {WHERE "metric = qqqqqqqqqq\nat_least = 1 GFLOP/s\n",
         "[x] metric: 'qqqqqqqqqq' is"},
        /* Junk after a unit, after a share, and between its words. */
        {FLOPS "at_least = 1 GFLOP/s or so\n",
         "c.ini:4: [x] at_least: '1 GFLOP/s or so'"},
        {FLOPS "at_least = 1 GFLOP/sec\n", "'1 GFLOP/sec'"},
        {FLOPS "at_least = 85 % of peak or so\n", "quantity"},
        {FLOPS "at_least = 85 % of peaks\n", "quantity"},
        {FLOPS "at_least = 85 %of peak\n", "quantity"},
        {FLOPS "at_least = 85 % ofpeak\n", "quantity"},
        {FLOPS "at_least = 85 % peak\n", "quantity"},
        {FLOPS "at_least = 85 of peak\n", "quantity"},
        {FLOPS "at_least = % of peak\n", "quantity"},
        {FLOPS "at_least = inf % of peak\n", "not a quantity"},
        {FLOPS "at_least = nan % of peak\n", "at_least: 'nan % of peak'"},
        {FLOPS "at_least = 0 % of peak\n", "decide nothing"},
        {FLOPS "at_least = -1 GFLOP/s\n", "decide nothing"},
        {WHERE "metric = time\nat_least = 1 s\ntake = best\n",
         "bounds the best of a metric of which lower is better"},
    };
    struct et_run run = sample_run();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(&run, bad[i].text, bad[i].said);
    et_run_free(&run);
}

/* One clause on the run; the judgement must agree with it. */
static void judged(struct et_run *run, const char *clause,
                   enum et_verdict verdict, const char *id, const char *reason)
{
    struct et_judgement j;
    assert_int_equal(et_judge(contract(clause), run, &j), ET_OK);
    assert_int_equal(j.n, 1);
    const struct et_clause_verdict *v = j.clauses;
    if (v->verdict != verdict)
        fail_msg("%s: %s", et_verdict_name(v->verdict), v->reason);
    assert_int_equal(j.verdict, verdict);
    assert_int_equal(et_judgement_status(&j), verdict == ET_VERDICT_PASS ? ET_OK
                                              : verdict == ET_VERDICT_FAIL
                                                  ? ET_MISSED
                                                  : ET_UNSURE);
    if (id)
        assert_string_equal(v->id, id);
    else
        assert_null(v->id);
    assert_said(v->reason, reason);
    et_judgement_free(&j);
}

/* With a compute ceiling of 5 GFLOP/s, as FLOP rates need one. */
static struct et_result bounded(const char *id, double median, size_t n)
{
    struct et_result r = sample_result(id, median, 0.1, n);
    sample_ceiling(&r, "compute", "p", 5e9);
    return r;
}

/* 4 GFLOP/s, the interval about 3.9 to 4.1. */
static struct et_run one(void)
{
    struct et_run run = sample_run();
    sample_add(&run, bounded("a", 0.5, 31));
    return run;
}

TEST(thresholds)
{
    struct et_run run = one();
    judged(&run, FLOPS "at_least = 3 GFLOP/s\n", ET_VERDICT_PASS, "a",
           "at least 3");
    judged(&run, FLOPS "at_least = 5 GFLOP/s\n", ET_VERDICT_FAIL, "a",
           "below 5");
    judged(&run, FLOPS "at_least = 4 GFLOP/s\n", ET_VERDICT_INCONCLUSIVE, "a",
           "do not decide");
    judged(&run, FLOPS "at_most = 5000 MFLOP/s\n", ET_VERDICT_PASS, "a",
           "at most 5");
    judged(&run, FLOPS "at_most = 3 GFLOP/s\n", ET_VERDICT_FAIL, "a",
           "above 3");
    judged(&run, WHERE "metric = time\nat_most = 600 ms\n", ET_VERDICT_PASS,
           "a", " ms is at most 600 ms");
    judged(&run, WHERE "metric = time\nat_most = 2 s\n", ET_VERDICT_PASS, "a",
           " s is at most 2 s");
    judged(&run, WHERE "metric = time\nat_most = 20 us\n", ET_VERDICT_FAIL, "a",
           " us is wholly above 20 us");
    judged(&run, WHERE "metric = time\nat_least = 0.5 s\n",
           ET_VERDICT_INCONCLUSIVE, "a", "do not decide");
    et_run_free(&run);
}

TEST(a_limit_at_the_very_end_passes)
{
    char clause[256];
    struct et_run run = one();
    struct et_metric_value *v = run.records[0].metrics.v;
    v->ci_low = 3.5;
    v->ci_high = 4.5;
    snprintf(clause, sizeof clause, FLOPS "at_least = 3.5 GFLOP/s\n");
    judged(&run, clause, ET_VERDICT_PASS, "a", "");
    snprintf(clause, sizeof clause, FLOPS "at_least = 4.5 GFLOP/s\n");
    judged(&run, clause, ET_VERDICT_INCONCLUSIVE, "a", "");
    judged(&run, FLOPS "at_most = 4.5 GFLOP/s\n", ET_VERDICT_PASS, "a", "");
    judged(&run, FLOPS "at_most = 3.5 GFLOP/s\n", ET_VERDICT_INCONCLUSIVE, "a",
           "");
    judged(&run, FLOPS "at_least = 3.6 GFLOP/s\n", ET_VERDICT_INCONCLUSIVE, "a",
           "");
    judged(&run, FLOPS "at_most = 4.4 GFLOP/s\n", ET_VERDICT_INCONCLUSIVE, "a",
           "");
    judged(&run, FLOPS "at_least = 4.6 GFLOP/s\n", ET_VERDICT_FAIL, "a", "");
    judged(&run, FLOPS "at_most = 3.4 GFLOP/s\n", ET_VERDICT_FAIL, "a", "");
    et_run_free(&run);
}

TEST(shares_of_the_peak)
{
    struct et_run run = one();
    judged(&run, FLOPS "at_least = 85 % of peak\n", ET_VERDICT_INCONCLUSIVE,
           "a", "no nominal peak");
    run.info.environment.peak_fp32 = 2.2e9; /* two cores busy: 4.4 */
    run.info.environment.peak_origin = strdup("a guess");
    judged(&run, FLOPS "at_least = 85% of peak\n", ET_VERDICT_PASS, "a",
           "a guess");
    judged(&run, FLOPS "at_least = 99 %  of  peak\n", ET_VERDICT_FAIL, "a",
           "below 4.356");
    et_run_free(&run);
}

/* What the contract says of the peak counts, whatever the run says: two cores
 * of 2.2 GFLOP/s, of which 85 % are 3.74. */
TEST(a_peak_of_the_contract)
{
    struct et_run run = one();
    struct et_doc doc = {0};
    struct et_judgement j;
#define PEAK(p) "[contract]\npeak = " p "\n" FLOPS "at_least = 85 % of peak\n"
    judged(&run, PEAK("fp32: 2.2 GFLOP/s"), ET_VERDICT_PASS, "a",
           "as the contract gives it");
    judged(&run, PEAK("fp32: 5 GFLOP/s"), ET_VERDICT_FAIL, "a", "below 8.5");
    assert_true(
        et_pairs_set(&run.info.config, "peak", "fp32=5 GFLOP/s", false));
    judged(&run, FLOPS "at_least = 85 % of peak\n", ET_VERDICT_FAIL, "a",
           "below 8.5");
    judged(&run, PEAK("fp32: 2.2 GFLOP/s"), ET_VERDICT_PASS, "a", "3.74");
    /* The run's own peak does not step in for another type. */
    judged(&run, PEAK("fp64: 1 GFLOP/s"), ET_VERDICT_INCONCLUSIVE, "a",
           "none of this element type");
    assert_int_equal(
        et_judge(contract(PEAK("fp32: 2.2 GFLOP/s, fp64=1 GFLOP/s")), &run, &j),
        ET_OK);
    assert_string_equal(j.peak, "fp32: 2.2 GFLOP/s, fp64=1 GFLOP/s");
    assert_int_equal(et_report_judgement(&j, &run, &doc), ET_OK);
    et_doc_free(&doc);
    et_judgement_free(&j);
    et_run_free(&run);
}

TEST(not_sure_is_not_a_pass)
{
    const char *clause = FLOPS "at_least = 3 GFLOP/s\n";
    struct et_run run = one();
    struct et_result *r = &run.records[0].result;
    r->time.converged = false;
    judged(&run, clause, ET_VERDICT_INCONCLUSIVE, "a", "converge");
    r->time.converged = true;
    r->team.oversubscribed = true;
    judged(&run, clause, ET_VERDICT_INCONCLUSIVE, "a", "more busy threads");
    judged(&run, FLOPS "at_least = 3 GFLOP/s\nallow_oversubscribed = yes\n",
           ET_VERDICT_PASS, "a", "");
    r->team.oversubscribed = false;
    int64_t cores = r->team.cores;
    r->team.cores = ET_ABSENT_INT;
    judged(&run, clause, ET_VERDICT_INCONCLUSIVE, "a", "how many cores");
    judged(&run, FLOPS "at_least = 3 GFLOP/s\nallow_oversubscribed = yes\n",
           ET_VERDICT_PASS, "a", "");
    r->team.cores = cores;
    r->team.threads = 2;
    judged(&run, clause, ET_VERDICT_INCONCLUSIVE, "a", "1 of the 2 threads");
    r->team.threads = 1;
    r->team.delivered = ET_ABSENT_INT;
    judged(&run, clause, ET_VERDICT_INCONCLUSIVE, "a", "how many threads");
    r->team.delivered = 2; /* the cores are those of both */
    judged(&run, clause, ET_VERDICT_PASS, "a", "");
    r->team.delivered = 1;
    r->disturbed.many = true;
    r->disturbed.most = 7;
    r->disturbed.waited = 0.3;
    judged(&run, clause, ET_VERDICT_INCONCLUSIVE, "a",
           "7 of 31 samples were disturbed on one rank, its threads waited 300 "
           "ms for a core");
    const char *allowing =
        FLOPS "at_least = 3 GFLOP/s\nallow_oversubscribed = yes\n";
    judged(&run, allowing, ET_VERDICT_INCONCLUSIVE, "a", "disturbed");
    r->team.oversubscribed = true; /* by its own threads, then */
    judged(&run, allowing, ET_VERDICT_PASS, "a", "");
    r->team.oversubscribed = r->disturbed.many = false;
    r->disturbed.n = ET_ABSENT_INT;
    judged(&run, clause, ET_VERDICT_INCONCLUSIVE, "a", "not known whether");
    r->disturbed.n = 31; /* some on this rank, some on that */
    judged(&run, clause, ET_VERDICT_PASS, "a", "");
    assert_true(et_pairs_set(&r->facts, "doubt", "it may be warm", false));
    judged(&run, clause, ET_VERDICT_INCONCLUSIVE, "a", "it may be warm");
    /* That it has no interval either is the lesser reason. */
    struct et_metric_value *v = run.records[0].metrics.v;
    struct et_metric_value had = *v;
    v->ci_low = NAN;
    judged(&run, clause, ET_VERDICT_INCONCLUSIVE, "a", "it may be warm");
    *v = had;
    size_t facts = r->facts.n;
    r->facts.n = 0;
    r->time.drifts = true;
    judged(&run, clause, ET_VERDICT_INCONCLUSIVE, "a", "drift");
    r->time.drifts = false;
    judged(&run, clause, ET_VERDICT_PASS, "a", "");
    run.records[0].roofline.suspect = strdup("the peak");
    judged(&run, clause, ET_VERDICT_INCONCLUSIVE, "a", "contradict");
    free(run.records[0].roofline.suspect);
    run.records[0].roofline.suspect = NULL;
    assert_true(et_strings_add(&r->verification.odd, "rank 3 on n7"));
    judged(&run, clause, ET_VERDICT_FAIL, "a", "outputs of rank 3 on n7");
    /* It fails, whatever else makes it doubtful. */
    run.records[0].roofline.suspect = strdup("the peak");
    judged(&run, clause, ET_VERDICT_FAIL, "a", "outputs of rank 3 on n7");
    free(run.records[0].roofline.suspect);
    run.records[0].roofline.suspect = NULL;
    et_strings_free(&r->verification.odd);
    r->verification.status = ET_CHECK_NONE;
    judged(&run, clause, ET_VERDICT_INCONCLUSIVE, "a", "not verified");
    r->verification.status = ET_CHECK_FAILED;
    judged(&run, clause, ET_VERDICT_FAIL, "a", "wrong");
    r->verification.status = ET_CHECK_PASSED;
    judged(&run, WHERE "metric = busbw\nat_least = 1 B/s\n",
           ET_VERDICT_INCONCLUSIVE, "a", "no busbw");
    run.info.clock_fake = true;
    judged(&run, clause, ET_VERDICT_INCONCLUSIVE, "a", "fake");
    r->facts.n = facts;
    et_run_free(&run);

    run = sample_run();
    sample_add(&run, bounded("a", 0.5, 5));
    judged(&run, clause, ET_VERDICT_INCONCLUSIVE, "a", "no valid interval");
    et_run_free(&run);

    /* The ceiling of a case that lies above it. */
    run = one();
    struct et_result above = sample_result("b", 0.5, 0.1, 31);
    free(above.backend);
    above.backend = strdup("other");
    sample_ceiling(&above, "compute", "a", 1e9);
    sample_add(&run, above);
    judged(&run,
           "[x]\nwhere = backend=blis\nmetric = flops\n"
           "at_least = 3 GFLOP/s\n",
           ET_VERDICT_INCONCLUSIVE, "a", "the ceiling of another");
    et_run_free(&run);
}

static void give_peak(struct et_run *run, double flops)
{
    run->info.environment.peak_fp32 = flops; /* of each of two cores */
    free(run->info.environment.peak_origin);
    run->info.environment.peak_origin = strdup("a guess");
}

/* A FLOP rate is believed only if something says that it is possible. */
TEST(work_that_was_not_done)
{
    const char *rate = FLOPS "at_least = 3 GFLOP/s\n";
    const char *time = WHERE "metric = time\nat_most = 600 ms\n";
    struct et_run run = sample_run();
    sample_add(&run, sample_result("a", 0.5, 0.1, 31));
    judged(&run, rate, ET_VERDICT_INCONCLUSIVE, "a",
           "no compute ceiling was measured");
    give_peak(&run, 2.2e9);
    judged(&run, FLOPS "at_least = 10 % of peak\n", ET_VERDICT_INCONCLUSIVE,
           "a", "no compute ceiling");
    judged(&run, time, ET_VERDICT_INCONCLUSIVE, "a", "no compute ceiling");
    /* Told before what another hour may change, but a miss needs none. */
    run.records[0].result.disturbed.many = true;
    judged(&run, rate, ET_VERDICT_INCONCLUSIVE, "a", "no compute ceiling");
    judged(&run, FLOPS "at_least = 9 GFLOP/s\n", ET_VERDICT_INCONCLUSIVE, "a",
           "disturbed");
    run.records[0].result.disturbed.many = false;
    judged(&run, FLOPS "at_least = 9 GFLOP/s\n", ET_VERDICT_FAIL, "a",
           "wholly below");
    /* One that is there, but was not measured. */
    sample_ceiling(&run.records[0].result, "compute", "p", NAN);
    judged(&run, rate, ET_VERDICT_INCONCLUSIVE, "a", "no compute ceiling");
    /* A ceiling needs none above it. */
    struct et_run_bench *b =
        et_list_add(&run.info.benches, sizeof(struct et_run_bench));
    assert_non_null(b);
    *b = (struct et_run_bench){.name = strdup("gemm"),
                               .role = strdup("compute ceiling")};
    judged(&run, rate, ET_VERDICT_PASS, "a", "");
    et_run_free(&run);

    /* 4 GFLOP/s on two cores: no metric counts if no clock explains that. */
    static const struct {
        double peak, most; /* of a core; the highest clock, of 1 GHz nominal */
        bool passes;
    } v[] = {{0.9e9, NAN, false},
             {0.9e9, 1.5e9, false}, /* less than twice */
             {0.9e9, 2.4e9, true},
             {1.01e9, NAN, true}}; /* part of the interval may be right */
    run = one();
    run.info.environment.clock_hz = 1e9;
    for (size_t i = 0; i < 2 * sizeof v / sizeof *v; i++) {
        give_peak(&run, v[i / 2].peak);
        run.info.environment.clock_max_hz = v[i / 2].most;
        bool pass = v[i / 2].passes;
        judged(&run, i % 2 ? rate : time,
               pass ? ET_VERDICT_PASS : ET_VERDICT_INCONCLUSIVE, "a",
               pass ? "" : "nominal peak at the highest clock");
    }
    et_run_free(&run);
}

TEST(missing_never_passes)
{
    struct et_run run = one();
    judged(&run,
           "[x]\nwhere = bench=conv\nmetric = flops\n"
           "at_least = 1 FLOP/s\n",
           ET_VERDICT_INCONCLUSIVE, NULL, "no record matches");
    judged(&run,
           "[x]\nwhere = bench=gemm dtpye=fp32\nmetric = flops\n"
           "at_least = 1 FLOP/s\n",
           ET_VERDICT_INCONCLUSIVE, NULL, "did you mean `dtype`?");
    et_run_free(&run);
    run = sample_run();
    judged(&run, FLOPS "at_least = 1 FLOP/s\n", ET_VERDICT_INCONCLUSIVE, NULL,
           "no record");
    et_run_free(&run);
}

static void add_with(struct et_run *run, const char *id, double median,
                     int outcome)
{
    struct et_result r = bounded(id, median, 31);
    r.outcome = outcome;
    if (outcome != ET_MEASURED)
        r.reason = strdup("because");
    sample_add(run, r);
}

TEST(every_is_the_worst)
{
    const char *clause = FLOPS "at_least = 3 GFLOP/s\n";
    const struct {
        int outcome;
        enum et_verdict verdict;
        const char *reason;
    } cases[] = {
        {ET_WRONG_DATA, ET_VERDICT_FAIL, "wrong: because"},
        {ET_FAILED, ET_VERDICT_FAIL, "failed: because"},
        {ET_UNSUPPORTED, ET_VERDICT_INCONCLUSIVE, "unsupported: because"},
        {ET_SKIPPED, ET_VERDICT_INCONCLUSIVE, "skipped: because"},
        {ET_UNMEASURED, ET_VERDICT_INCONCLUSIVE, "unmeasured: because"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct et_run run = one();
        add_with(&run, "b", 0.5, cases[i].outcome);
        judged(&run, clause, cases[i].verdict, "b", cases[i].reason);
        /* The best is a valid one. */
        judged(&run, FLOPS "at_least = 3 GFLOP/s\ntake = best\n",
               ET_VERDICT_PASS, "a", "at least");
        et_run_free(&run);
        run = sample_run();
        add_with(&run, "b", 0.5, cases[i].outcome);
        judged(&run, FLOPS "at_least = 3 GFLOP/s\ntake = best\n",
               ET_VERDICT_INCONCLUSIVE, NULL, "none of the 1 matching records");
        et_run_free(&run);
    }
    struct et_run run = one();
    add_with(&run, "slow", 1, ET_MEASURED);
    add_with(&run, "slowest", 2, ET_MEASURED);
    add_with(&run, "edge", 2 / 3.0, ET_MEASURED);
    judged(&run, clause, ET_VERDICT_FAIL, "slowest", "below");
    judged(&run, FLOPS "at_least = 3.5 GFLOP/s\ntake = best\n", ET_VERDICT_PASS,
           "a", "");
    judged(&run, WHERE "metric = time\nat_most = 0.6 s\ntake = best\n",
           ET_VERDICT_PASS, "a", "");
    judged(&run, FLOPS "at_least = 9 GFLOP/s\ntake = best\n", ET_VERDICT_FAIL,
           "a", "");
    judged(&run, FLOPS "at_least = 0.5 GFLOP/s\n", ET_VERDICT_PASS, "slowest",
           "");
    /* Of times the longest is the worst, of those that pass and that fail. */
    judged(&run, WHERE "metric = time\nat_most = 3 s\n", ET_VERDICT_PASS,
           "slowest", "");
    judged(&run, WHERE "metric = time\nat_most = 0.1 s\n", ET_VERDICT_FAIL,
           "slowest", "");
    judged(&run, WHERE "metric = time\nat_most = 0.1 s\ntake = best\n",
           ET_VERDICT_FAIL, "a", "");
    judged(&run, WHERE "metric = time\nat_least = 3 s\n", ET_VERDICT_FAIL, "a",
           "");
    et_run_free(&run);
}

TEST(an_incomplete_run)
{
    struct et_run run = one();
    const char *every = FLOPS "at_least = 3 GFLOP/s\n";
    const char *best = FLOPS "at_least = 9 GFLOP/s\ntake = best\n";
    for (int i = 0; i < 2; i++) {
        if (i == 0)
            run.info.cases = 2; /* said to be complete, but one is missing */
        else
            strcpy(run.outcome, "running");
        judged(&run, every, ET_VERDICT_INCONCLUSIVE, "a", "not complete");
        judged(&run, best, ET_VERDICT_INCONCLUSIVE, "a", "not complete");
        judged(&run, FLOPS "at_least = 9 GFLOP/s\n", ET_VERDICT_FAIL, "a", "");
        judged(&run, FLOPS "at_least = 3 GFLOP/s\ntake = best\n",
               ET_VERDICT_PASS, "a", "");
        run.info.cases = 1;
    }
    et_run_free(&run);
}

TEST(the_whole_is_the_worst_clause)
{
    struct et_judgement j;
    struct et_run run = one();
    const char *text = "[contract]\nname = n\n"
                       "[p]\nwhere = bench=gemm\nmetric = flops\n"
                       "at_least = 3 GFLOP/s\n"
                       "[i]\nwhere = bench=io\nmetric = flops\n"
                       "at_least = 3 GFLOP/s\n";
    char both[1024];
    assert_int_equal(et_judge(contract(text), &run, &j), ET_OK);
    assert_int_equal(j.verdict, ET_VERDICT_INCONCLUSIVE);
    assert_string_equal(j.contract, "n");
    assert_string_equal(j.clauses[0].threshold, "3 GFLOP/s");
    assert_int_equal(j.clauses[0].picked, 1);
    et_judgement_free(&j);
    snprintf(both, sizeof both, "%s%s", text,
             "[f]\nwhere = bench=gemm\nmetric = flops\nat_least = 1 TFLOP/s\n");
    assert_int_equal(et_judge(contract(both), &run, &j), ET_OK);
    assert_int_equal(j.verdict, ET_VERDICT_FAIL);
    assert_int_equal(et_judgement_status(&j), ET_MISSED);
    et_judgement_free(&j);
    et_run_free(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_contracts),
        cmocka_unit_test(refusals),
        cmocka_unit_test(thresholds),
        cmocka_unit_test(a_limit_at_the_very_end_passes),
        cmocka_unit_test(shares_of_the_peak),
        cmocka_unit_test(a_peak_of_the_contract),
        cmocka_unit_test(not_sure_is_not_a_pass),
        cmocka_unit_test(work_that_was_not_done),
        cmocka_unit_test(missing_never_passes),
        cmocka_unit_test(every_is_the_worst),
        cmocka_unit_test(an_incomplete_run),
        cmocka_unit_test(the_whole_is_the_worst_clause),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
