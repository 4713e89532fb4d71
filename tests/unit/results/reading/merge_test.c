/* merge: what each member of a case's record is, of passes made up by hand.
 */
#include "config.h"
#include "tests/unit/results/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/reading/group.h"
#include "results/reading/merge.h"
#include "results/reading/sound.h"

#define ID "gemm backend=blis"

/* A pass around that median; its ranks are as slow as `ranks` says. */
static void add_pass(struct et_run *run, const char *id, int64_t pass,
                     double median)
{
    struct et_result r = sample_result(id, median, 0.01, 5);
    r.pass = pass;
    sample_add(run, r);
    run->info.cases = 1;
}

static const double medians[] = {0.50, 0.52, 0.51, 0.53, 0.50, 0.54};
static const double slow[] = {0.50, 0.40}, even[] = {0.50, 0.50};

static struct et_run six_passes(void)
{
    struct et_run run = sample_run();
    for (int i = 0; i < 6; i++)
        add_pass(&run, ID, i, medians[i]);
    return run;
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * fabs(b);
}

TEST(the_figure)
{
    struct et_run run = six_passes();
    assert_true(et_pairs_set(&run.info.config, "precision", "0.1", false));
    assert_int_equal(et_run_merge(&run), ET_OK);
    assert_int_equal(run.n, 1);
    const struct et_record *r = &run.records[0];
    const struct et_result_time *t = &r->result.time;
    assert_int_equal(t->samples.n, 30);
    assert_int_equal(t->n, 30);
    assert_int_equal(t->passes.n, 6);
    assert_true(near(t->median, 0.515));
    assert_true(t->ci_low == 0.50 && t->ci_high == 0.54);
    assert_true(near(t->between, 0.04 / 0.515));
    assert_true(near(t->within, 0.01)); /* from -0.5 to 0.5 % */
    assert_true(t->converged);          /* 7.8 % of 10 % */
    assert_true(t->min == run.records[0].result.time.samples.v[0] ||
                t->min < 0.50);
    assert_true(near(t->max, 0.54 * 1.01));
    assert_true(near(t->mean, 3.10 / 6));
    const struct et_result_pass *p = t->passes.v;
    assert_true(p[3].pass == 3 && p[3].median == 0.53 && p[3].n == 5);
    /* 2 GFLOP in it. */
    const struct et_metric_value *flops = et_record_metric(r, "flops");
    assert_true(near(flops->value, 2 / 0.515));
    assert_true(near(flops->ci_low, 2 / 0.54));
    assert_true(near(flops->ci_high, 2 / 0.50));
    assert_int_equal(et_record_flaw(r, NULL), ET_FLAW_NONE);
    et_run_free(&run);
    /* As narrow as asked, or not converged. */
    run = six_passes();
    assert_true(et_pairs_set(&run.info.config, "precision", "0.07", false));
    assert_int_equal(et_run_merge(&run), ET_OK);
    assert_false(run.records[0].result.time.converged);
    assert_int_equal(et_record_flaw(&run.records[0], NULL),
                     ET_FLAW_UNCONVERGED);
    et_run_free(&run);
}

/* By hand: what each pass took, and its samples times their iterations. */
TEST(where_the_time_went)
{
    struct et_run run = sample_run();
    double samples = 0;
    for (int i = 0; i < 6; i++) {
        add_pass(&run, i % 2 ? "a" : "b", i / 2, medians[i]);
        struct et_result *r = &run.records[i].result;
        r->spent = i == 5 ? NAN : 40;
        r->time.iterations = i + 1;
        for (size_t k = 0; k < r->time.samples.n; k++)
            samples += r->time.samples.v[k] * (i + 1);
        struct et_result_ceiling *c = et_list_add(&r->ceilings, sizeof *c);
        assert_non_null(c);
        *c = (struct et_result_ceiling){.what = et_strdup("memory"),
                                        .id = et_strdup("stream"),
                                        .work = 1,
                                        .iterations = i ? 8 : ET_ABSENT_INT};
        assert_true(et_reals_add(&c->samples, 0.25));
        assert_true(et_reals_add(&c->samples, 0.5));
    }
    assert_int_equal(et_run_merge(&run), ET_OK);
    assert_true(run.times.passes == 5 * 40);
    assert_true(near(run.times.samples, samples));
    assert_true(run.times.ceilings == 5 * 8 * 0.75);
    et_run_free(&run);
}

TEST(too_few)
{
    struct et_run run = sample_run();
    for (int i = 0; i < 5; i++)
        add_pass(&run, ID, i, medians[i]);
    assert_int_equal(et_run_merge(&run), ET_OK);
    const struct et_result_time *t = &run.records[0].result.time;
    assert_true(near(t->median, 0.51) && isnan(t->ci_low) && isnan(t->ci_high));
    assert_false(t->converged);
    assert_int_equal(et_record_flaw(&run.records[0], NULL),
                     ET_FLAW_NO_INTERVAL);
    et_run_free(&run);
}

/* Cases stand where their first passes stood, each with its own. */
TEST(several_cases)
{
    struct et_run run = sample_run();
    for (int i = 0; i < 6; i++) {
        add_pass(&run, "b", i, medians[i]);
        add_pass(&run, "a", i, 2 * medians[i]);
    }
    assert_int_equal(et_run_merge(&run), ET_OK);
    assert_int_equal(run.n, 2);
    assert_string_equal(run.records[0].result.id, "b");
    assert_string_equal(run.records[1].result.id, "a");
    assert_true(near(run.records[0].result.time.median, 0.515));
    assert_true(near(run.records[1].result.time.median, 1.03));
    et_run_free(&run);
}

/* One pass that is wrong, or failed, is the case's end, whichever it is. */
TEST(the_gravest_outcome)
{
    static const int outcomes[] = {ET_WRONG_DATA, ET_FAILED};
    for (int k = 0; k < 2; k++) {
        for (int bad = 0; bad < 6; bad++) {
            struct et_run run = six_passes();
            run.records[bad].result.outcome = outcomes[k];
            assert_int_equal(et_run_merge(&run), ET_OK);
            assert_int_equal(run.n, 1);
            assert_int_equal(run.records[0].result.outcome, outcomes[k]);
            assert_false(et_record_measured(&run.records[0]));
            et_run_free(&run);
        }
    }
    /* What was skipped in one launch and measured in another was measured. */
    struct et_run run = six_passes();
    run.records[0].result.outcome = ET_SKIPPED;
    assert_int_equal(et_run_merge(&run), ET_OK);
    assert_int_equal(run.records[0].result.outcome, ET_MEASURED);
    assert_int_equal(run.records[0].result.time.passes.n, 5);
    et_run_free(&run);
}

/* The interval holds each launch's own median. */
TEST(launches)
{
    struct et_run run = sample_run();
    for (int i = 0; i < 12; i++) {
        add_pass(&run, ID, i, 0.5 + 0.01 * (i % 3) + (i < 6 ? 0 : 0.2));
        run.records[i].launch = i / 6;
    }
    assert_int_equal(et_run_merge(&run), ET_OK);
    const struct et_result_time *t = &run.records[0].result.time;
    /* Sorted: 0.50 0.50 0.51 0.51 0.52 0.52 0.70 ...: the 3rd and the 10th; the
     * launches' own are 0.51 and 0.71. */
    assert_true(near(t->ci_low, 0.51) && near(t->ci_high, 0.71));
    et_run_free(&run);
}

/* Six passes whose compute ceiling moves by 10 %, with a memory ceiling or with
 * none. */
static struct et_run moving(bool memory)
{
    struct et_run run = sample_run();
    for (int i = 0; i < 6; i++) {
        struct et_result r = sample_result(ID, 0.5, 0.01, 5);
        r.pass = i;
        sample_ceiling(&r, "compute", "peak", 5e9 * (1 + 0.02 * i));
        if (memory)
            sample_ceiling(&r, "memory", "stream", 1e9);
        sample_add(&run, r);
    }
    assert_int_equal(et_run_merge(&run), ET_OK);
    return run;
}

/* Its rate is of the passes' medians; the case's interval is at least as wide,
 * for its size, as that of the ceiling that binds, or that is alone. */
TEST(ceilings)
{
    for (int memory = 0; memory < 2; memory++) {
        struct et_run run = moving(memory);
        const struct et_record *r = &run.records[0];
        const struct et_result_ceiling *c =
            et_result_ceiling_of(&r->result, "compute");
        assert_int_equal(c->samples.n, 6 * 7);
        assert_true(near(c->rate_low, 5e9) && near(c->rate_high, 5.5e9));
        assert_true(c->rate > 5.2e9 && c->rate < 5.3e9);
        if (memory)
            assert_string_equal(r->roofline.binds, "compute");
        else
            assert_null(r->roofline.binds);
        const struct et_result_time *t = &r->result.time;
        assert_true(near(t->ci_low, 0.5 * c->rate / 5.5e9));
        assert_true(near(t->ci_high, 0.5 * c->rate / 5e9));
        et_run_free(&run);
    }
}

/* A ceiling that the first pass could not measure has its rate from the others,
 * and no interval, as these are five. One that no pass has says why; and those
 * of two cases are not mixed, though both are of compute. */
TEST(ceilings_of_some_passes)
{
    struct et_run run = sample_run();
    for (int i = 0; i < 6; i++) {
        struct et_result r = sample_result(ID, 0.5, 0.01, 5);
        r.pass = i;
        sample_ceiling(&r, "compute", "slow", 1e9);
        sample_ceiling(&r, "compute", "peak", 5e9);
        sample_ceiling(&r, "memory", "stream", 1e9);
        struct et_result_ceiling *c = r.ceilings.v;
        for (int k = i ? 2 : 1; k < 3; k++) {
            c[k].absent = strdup(i ? "later" : "at first");
            c[k].samples.n = 0;
            c[k].work = c[k].rate = c[k].rate_low = c[k].rate_high = NAN;
        }
        sample_add(&run, r);
    }
    assert_int_equal(et_run_merge(&run), ET_OK);
    const struct et_result_ceiling *c = run.records[0].result.ceilings.v;
    assert_int_equal(c[0].samples.n, 6 * 7);
    assert_true(near(c[0].rate, 1e9) && near(c[0].rate_low, 1e9));
    assert_int_equal(c[1].samples.n, 5 * 7);
    assert_true(near(c[1].rate, 5e9) && !c[1].absent);
    assert_true(isnan(c[1].rate_low) && isnan(c[1].rate_high));
    assert_true(isnan(c[2].rate));
    assert_string_equal(c[2].absent, "at first");
    et_run_free(&run);
}

/* Six passes: the medians of n ranks in the first two, and in the rest. */
static struct et_run of_ranks(const double *first, const double *then, size_t n)
{
    struct et_run run = sample_run();
    for (int i = 0; i < 6; i++) {
        struct et_result r = sample_result(ID, 0.5, 0.01, 5);
        r.pass = i;
        sample_ranks(&r, i < 2 ? first : then, n, 2);
        sample_add(&run, r);
    }
    assert_int_equal(et_run_merge(&run), ET_OK);
    return run;
}

/* Rank 0 was the last once in each pass; its medians are those of the passes.
 */
TEST(ranks)
{
    struct et_run run = of_ranks(even, slow, 2);
    const struct et_result_time *t = &run.records[0].result.time;
    const struct et_result_part *worst = t->ranks.worst.v;
    const struct et_result_part *last = t->ranks.last.v;
    assert_int_equal(t->ranks.worst.n, 2);
    assert_int_equal(worst->rank, 0);
    assert_true(worst->median == 0.50 && worst->others == 0.40);
    assert_int_equal(last->rank, 0);
    assert_int_equal(last->last, 6);
    assert_int_equal(t->ranks.last.n, 1); /* rank 1 never was */
    assert_string_equal(last->host, "n1");
    assert_true(t->slowest_rank == 0 && near(t->imbalance, 1.25));
    double counted = 0;
    for (size_t i = 0; i < t->ranks.histogram.n; i++)
        counted += t->ranks.histogram.v[i];
    assert_true(counted == 12);
    /* Of the passes' quantiles the medians. */
    assert_true(t->ranks.min == 0.40 && near(t->ranks.median, 0.45));
    et_run_free(&run);
}

/* Nodes are merged as ranks are, each by its first rank. */
TEST(nodes)
{
    static const double first[] = {0.5, 0.5, 0.5, 0.5},
                        then[] = {0.4, 0.4, 0.6, 0.6};
    struct et_run run = of_ranks(first, then, 4);
    const struct et_result_spread *nodes = &run.records[0].result.time.nodes;
    const struct et_result_part *worst = nodes->worst.v;
    assert_int_equal(nodes->worst.n, 2);
    assert_true(worst[0].rank == 2 && worst[1].rank == 0);
    assert_string_equal(worst[0].host, "n2");
    assert_true(worst[0].ranks == 2 && worst[0].median == 0.6 &&
                worst[0].others == 0.4);
    assert_true(nodes->max == 0.6);
    et_run_free(&run);
}

/* Late samples keep their places behind the passes before; a barrier in one is
 * told; errors are the largest, and what was odd once stays odd. */
TEST(the_rest)
{
    static const char *const times[] = {"10", "9", "11", "2e-3", "30", "7"};
    struct et_run run = six_passes();
    struct et_result *third = &run.records[2].result;
    assert_true(et_reals_add(&third->sync.late, 4));
    for (int i = 0; i < 6; i++) {
        run.records[i].result.sync.missed = i == 2;
        run.records[i].result.sync.hop = i == 3 ? NAN : (i + 1) * 1e-7;
        run.records[i].result.spent = 1;
        free(run.records[i].result.sync.start);
        run.records[i].result.sync.start =
            strdup(i == 4 ? "barrier" : "window");
        assert_true(et_pairs_set(&run.records[i].result.facts, "source",
                                 i == 5 ? "page cache" : "device", false));
        assert_true(
            et_pairs_set(&run.records[i].result.facts, "time", times[i], true));
    }
    third->verification.error = 0.5 * third->verification.bound;
    /* A doubt of any pass is the case's. */
    assert_true(et_pairs_set(&third->facts, "doubt", "it jumped", false));
    for (int i = 0; i < 6; i++)
        run.records[i].result.verification.sampled = i;
    assert_true(et_strings_add(&third->verification.odd, "rank 1 on n1"));
    run.records[1].result.team.oversubscribed = true;
    assert_int_equal(et_run_merge(&run), ET_OK);
    const struct et_result *r = &run.records[0].result;
    assert_int_equal(r->sync.late.n, 1);
    assert_true(r->sync.late.v[0] == 14);
    assert_int_equal(r->sync.missed, 1);
    assert_true(near(r->sync.hop, 3e-7)); /* of 1, 2, 3, 5, 6 */
    const struct et_result_pass *p = r->time.passes.v;
    assert_true(near(p[1].hop, 2e-7) && isnan(p[3].hop));
    assert_string_equal(r->sync.start, "barrier");
    assert_true(r->spent == 6 && r->team.oversubscribed);
    assert_true(near(r->verification.error, 0.5 * r->verification.bound));
    assert_int_equal(r->verification.odd.n, 1);
    assert_string_equal(et_pairs_get(&r->facts, "source"), "mixed");
    /* Of numbers the middle one, the lower of two. */
    assert_string_equal(et_pairs_get(&r->facts, "time"), "9");
    assert_string_equal(et_pairs_get(&r->facts, "doubt"), "it jumped");
    assert_int_equal(r->verification.sampled, 15);
    assert_int_equal(et_record_flaw(&run.records[0], NULL), ET_FLAW_ODD);
    et_run_free(&run);
}

/* A trend in most passes is the case's. */
TEST(drift)
{
    for (int many = 3; many < 5; many++) {
        struct et_run run = six_passes();
        for (int i = 0; i < many; i++) {
            run.records[i].result.time.drifts = true;
            run.records[i].result.time.drift = 0.1 * (i + 1);
        }
        assert_int_equal(et_run_merge(&run), ET_OK);
        const struct et_result_time *t = &run.records[0].result.time;
        assert_true(t->drifts == (many == 4));
        assert_true(near(t->drift, 0.1 * many));
        et_run_free(&run);
    }
}

/* What else the machine did adds up; a pass that nobody watched leaves it
 * unknown. */
TEST(disturbed)
{
    for (int often = 6; often < 8; often++) {
        struct et_run run = six_passes();
        for (int i = 0; i < 6; i++) {
            struct et_result_disturbed *d = &run.records[i].result.disturbed;
            d->waited = 0.1;
            d->load = i;
        }
        struct et_result_disturbed *d = &run.records[2].result.disturbed;
        d->n = d->most = often - 3;
        d->many = true; /* of its own 5 samples */
        assert_true(et_reals_add(&d->at, 4));
        run.records[4].result.disturbed.n = 4;
        run.records[4].result.disturbed.most = 3;
        assert_int_equal(et_run_merge(&run), ET_OK);
        d = &run.records[0].result.disturbed;
        assert_int_equal(d->n, often + 1);
        assert_int_equal(d->most, often);
        assert_true(d->many == (often == 7)); /* of 30 */
        assert_true(d->at.n == 1 && d->at.v[0] == 14);
        assert_true(near(d->waited, 0.6) && d->load == 5);
        et_run_free(&run);
    }
    struct et_run run = six_passes();
    run.records[3].result.disturbed.n = ET_ABSENT_INT;
    run.records[5].result.disturbed.n = 30;
    assert_int_equal(et_run_merge(&run), ET_OK);
    assert_int_equal(run.records[0].result.disturbed.n, ET_ABSENT_INT);
    assert_true(et_flaw_is(ET_FLAW_UNWATCHED, &run.records[0], NULL));
    et_run_free(&run);
}

/* Of the threads the fewest of any pass, and its cores; or nobody knows. */
TEST(threads)
{
    struct et_run run = six_passes();
    for (int i = 0; i < 6; i++) {
        struct et_result_team *t = &run.records[i].result.team;
        t->threads = 4;
        t->delivered = i == 3 ? 2 : 4;
        t->cores = i == 3 ? 20 : 40;
    }
    assert_int_equal(et_run_merge(&run), ET_OK);
    assert_int_equal(run.records[0].result.team.delivered, 2);
    assert_int_equal(run.records[0].result.team.cores, 20);
    assert_int_equal(et_record_flaw(&run.records[0], NULL), ET_FLAW_THREADS);
    et_run_free(&run);
    run = six_passes();
    run.records[1].result.team.delivered = ET_ABSENT_INT;
    run.records[1].result.team.delivered_absent = strdup("they spin");
    assert_int_equal(et_run_merge(&run), ET_OK);
    const struct et_result_team *t = &run.records[0].result.team;
    assert_int_equal(t->delivered, ET_ABSENT_INT);
    assert_string_equal(t->delivered_absent, "they spin");
    et_run_free(&run);
}

TEST_MAIN(the_figure, where_the_time_went, too_few, several_cases,
          the_gravest_outcome, launches, ceilings, ceilings_of_some_passes,
          ranks, nodes, the_rest, drift, disturbed, threads)
