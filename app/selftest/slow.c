/* slow: a rank that is a millisecond late in each sample, and whether the
 * record names it. Goes through harness/run/measure.h as a run does.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "app/selftest/lab.h"
#include "harness/base/log.h"
#include "harness/base/random.h"

#define RANKS 4
#define FULL 100
#define QUICK 10
#define BASE 1e-3 /* s that a rank sleeps */
#define MORE 1e-3 /* s that one sleeps longer */
#define SAMPLES 11

struct trial {
    const struct et_selftest *t;
    int rank; /* that is late */
    bool measured, named;
    int64_t said;
    double imbalance;
};

static enum et_status body(struct et_team *team, void *arg)
{
    struct trial *trial = arg;
    struct et_nap nap = {trial->rank, BASE, MORE};
    const struct et_lab lab = {trial->t, &et_lab_nap, "sleep",
                               &nap,     SAMPLES,     1e-3};
    struct et_result r;
    et_result_begin(&r);
    enum et_status s = et_lab_measure(&lab, team, &r);
    if (team->rank == 0) {
        trial->measured = s == ET_OK && r.outcome == ET_MEASURED;
        trial->said = r.time.slowest_rank;
        trial->imbalance = r.time.imbalance;
        trial->named = trial->measured && trial->said == trial->rank;
    }
    et_result_free(&r);
    return s;
}

static enum et_status run(const struct et_selftest *t, struct et_doc *doc,
                          struct et_selftest_outcome *out)
{
    static const char *const heads[] = {"slow rank", "runs", "named",
                                        "slowest against others", NULL};
    char where[80];
    const char *why = et_selftest_why_not(t, RANKS);
    int n = t->quick ? QUICK : FULL, named = 0, done = 0;
    int runs[RANKS] = {0}, right[RANKS] = {0};
    double ratio[RANKS] = {0}, began = et_clock_now(t->clock);
    uint64_t stream = et_random_stream(t->seed, 0x510);
    enum et_status s = ET_OK;
    if (why) {
        et_selftest_find(out, ET_UNSURE, "%s", why);
        return ET_OK;
    }
    et_selftest_describe(t, RANKS, where, sizeof where);
    for (; s == ET_OK && done < n; done++) {
        uint64_t r = et_random_u64(stream, (uint64_t)done);
        struct trial trial = {.t = t, .rank = (int)(r % RANKS)};
        et_selftest_progress(t, began, done, n);
        s = et_selftest_on(t, RANKS, body, &trial);
        if (s != ET_OK)
            break;
        runs[trial.rank]++;
        right[trial.rank] += trial.named;
        ratio[trial.rank] += trial.imbalance;
        named += trial.named;
    }
    if (s != ET_OK && s != ET_UNSURE) {
        et_selftest_find(out, ET_UNSURE, "%s", et_log_last_error());
        s = ET_OK;
    }
    struct et_block *table = et_doc_table(doc, "rrrr", heads);
    for (int i = 0; i < RANKS; i++) {
        et_block_cell(table, "%d", i);
        et_block_cell(table, "%d", runs[i]);
        et_block_cell(table, "%d", right[i]);
        et_block_cell(table, "%.2f times", runs[i] ? ratio[i] / runs[i] : 0);
    }
    et_block_note(table, "On %s; %d samples a run.", where, SAMPLES);
    /* 99 of 100; ten say less, and one of them may hit a busy machine. */
    if (t->quick ? 10 * (done - named) > 2 * done : 100 * (done - named) > done)
        et_selftest_find(out, ET_WRONG,
                         "the slow rank was named in only %d of %d runs (on a "
                         "busy machine other ranks are slow, too)",
                         named, done);
    snprintf(out->tried, sizeof out->tried, "%d runs, 1 ms on one of %d ranks",
             done, RANKS);
    snprintf(out->found, sizeof out->found, "named in %d", named);
    return s;
}

const struct et_selftest_part et_selftest_slow = {
    ET_SELFTEST_PART("slow", "A slow rank"),
    .done = "One of four ranks, another in each run, takes a millisecond "
            "longer than the others' millisecond, and the run's own timing "
            "loop measures them.",
    .failure = "more than one run in a hundred that does not name that rank; "
               "with --quick, more than two of ten.",
};
