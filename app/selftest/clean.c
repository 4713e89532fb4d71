/* clean: right data, run after run, and whether a check ever calls it wrong.
 * Knows benches by their hooks alone.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "app/selftest/part.h"
#include "harness/base/log.h"
#include "harness/base/random.h"

#define FULL 10000 /* clean runs, all benches together */
#define QUICK 300

/* Runs of one case with one backend; counts on rank 0. */
struct series {
    const struct et_selftest *t;
    const struct et_selftest_case *k;
    const char *backend;
    uint64_t stream;
    size_t n;
    uint64_t alarms, runs;
    struct et_selftest_outcome *out;
};

static enum et_status one_run(struct series *a, struct et_team *team, size_t i)
{
    struct et_subject s = {0};
    struct et_verification v = {0};
    uint64_t seed = et_random_u64(a->stream, i);
    enum et_status status =
        et_subject_open(a->t, a->k, a->backend, seed, team, &s);
    if (status == ET_OK)
        status = et_subject_run(&s, 1 + i % 3);
    if (status == ET_OK)
        status = et_subject_verify(&s, &v);
    et_subject_close(&s);
    if (status != ET_OK || team->rank != 0)
        return status;
    a->runs++;
    if (v.status == ET_CHECK_PASSED)
        return ET_OK;
    a->alarms++;
    et_selftest_find(a->out, ET_WRONG,
                     "false alarm: %s %s, %s, seed %llu: error %.3g, bound "
                     "%.3g: %s",
                     a->k->bench, a->backend, a->k->params,
                     (unsigned long long)seed, v.error, v.bound, v.note);
    return ET_OK;
}

static enum et_status body(struct et_team *team, void *arg)
{
    struct series *all = arg, mine = *all;
    enum et_status status = et_team_barrier(team);
    for (size_t i = 0; status == ET_OK && i < mine.n; i++)
        status = one_run(&mine, team, i);
    if (team->rank == 0)
        *all = mine;
    return status;
}

/* A case and a backend that can be had here. */
static bool next(const struct et_selftest *t, size_t *i, size_t *j)
{
    for (; t->cases[*i].bench; ++*i, *j = 0) {
        const struct et_selftest_case *k = &t->cases[*i];
        const struct et_bench *b = et_bench_find(t->benches, k->bench);
        const struct et_backend *backend;
        for (; b && (backend = et_backend_at(b->backends, *j)); ++*j) {
            if (!et_selftest_case_why_not(t, k, backend->name))
                return true;
        }
    }
    return false;
}

static enum et_status run(const struct et_selftest *t, struct et_doc *doc,
                          struct et_selftest_outcome *out)
{
    static const char *const heads[] = {"bench",      "backend",      "case",
                                        "clean runs", "called wrong", NULL};
    struct et_block *table = et_doc_table(doc, "lllrr", heads);
    uint64_t weight = 0, sum = 0, alarms = 0, left = t->quick ? QUICK : FULL;
    double began = et_clock_now(t->clock), whole = (double)left;
    enum et_status s = ET_OK;
    for (size_t i = 0, j = 0; next(t, &i, &j); j++)
        weight += (uint64_t)t->cases[i].weight;
    for (size_t i = 0, j = 0; s == ET_OK && next(t, &i, &j); j++) {
        const struct et_selftest_case *k = &t->cases[i];
        const struct et_bench *b = et_bench_find(t->benches, k->bench);
        struct series a = {.t = t,
                           .k = k,
                           .backend = et_backend_at(b->backends, j)->name,
                           .stream = et_random_stream(
                               et_random_stream(t->seed, 0xc1ea), i * 1000 + j),
                           .n = (size_t)(left * (uint64_t)k->weight / weight),
                           .out = out};
        left -= a.n;
        weight -= (uint64_t)k->weight;
        et_selftest_progress(t, began, (double)sum, whole);
        s = et_selftest_on(t, k->ranks, body, &a);
        if (s != ET_OK && s != ET_UNSURE) {
            et_selftest_find(out, ET_UNSURE, "%s %s, %s: could not be run: %s",
                             k->bench, a.backend, k->params,
                             et_log_last_error());
            s = ET_OK;
        }
        sum += a.runs;
        alarms += a.alarms;
        et_block_cell(table, "%s", k->bench);
        et_block_cell(table, "%s", a.backend);
        et_block_cell(table, "%s", k->params);
        et_block_cell(table, "%llu", (unsigned long long)a.runs);
        et_block_cell(table, "%llu", (unsigned long long)a.alarms);
    }
    if (sum == 0)
        et_selftest_find(out, ET_UNSURE, "no case could be run");
    snprintf(out->tried, sizeof out->tried, "%llu clean runs",
             (unsigned long long)sum);
    snprintf(out->found, sizeof out->found, "%llu called wrong",
             (unsigned long long)alarms);
    return s;
}

const struct et_selftest_part et_selftest_clean = {
    ET_SELFTEST_PART("clean", "False alarms on clean runs"),
    .done = "The same problems are run without any fault, each time with "
            "other random data, and checked.",
    .failure = "a clean run that is called wrong.",
};
