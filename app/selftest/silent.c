/* silent: a rank whose output differs from the others' in one bit, too little
 * for any check of rounding to see, and whether the comparison of the ranks'
 * digests names it. Goes through harness/run/measure.h as a run does; wraps a
 * bench by its hooks.
 */
#include "config.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/selftest/lab.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/random.h"

#define RANKS 4
#define FULL 100
#define QUICK 10
#define SAMPLES 6

/* A bench whose output one rank damages, the same in every run, as a unit
 * that computes wrongly would. The checks must pass it, so that the digests
 * alone can tell. */
struct wrapped_params {
    const struct et_bench *inner;
    const void *params;
    int rank; /* that computes wrongly; -1: none */
    uint64_t at;
};
struct wrapped {
    struct wrapped_params p;
    bool wrong;
    max_align_t inner[]; /* its state */
};

static enum et_status prepare(void *state, const struct et_setting *setting,
                              const void *params)
{
    struct wrapped *w = state;
    w->p = *(const struct wrapped_params *)params;
    w->wrong = setting->team->rank == w->p.rank;
    return w->p.inner->prepare(w->inner, setting, w->p.params);
}

static enum et_status run_inner(void *state, uint64_t iterations)
{
    struct wrapped *w = state;
    const struct et_fault f = {ET_FAULT_FLIP, w->p.at, 0};
    double size;
    enum et_status s = w->p.inner->run(w->inner, iterations);
    if (s == ET_OK && w->wrong)
        s = w->p.inner->damage(w->inner, &f, &size);
    return s;
}

static void rewind_inner(void *state)
{
    struct wrapped *w = state;
    if (w->p.inner->rewind)
        w->p.inner->rewind(w->inner);
}

static enum et_status verify(void *state, struct et_verification *out)
{
    struct wrapped *w = state;
    return w->p.inner->verify(w->inner, out);
}

static void output(const void *state, struct et_output *out)
{
    const struct wrapped *w = state;
    w->p.inner->output(w->inner, out);
}

static void work(const void *state, struct et_work *out)
{
    const struct wrapped *w = state;
    w->p.inner->work(w->inner, out);
}

static void release(void *state)
{
    struct wrapped *w = state;
    if (w->p.inner)
        w->p.inner->release(w->inner);
}

static const char *unsupported(const void *params, const char *backend,
                               int ranks)
{
    const struct wrapped_params *p = params;
    return et_bench_unsupported(p->inner, p->params, backend, ranks);
}

struct trial {
    const struct et_selftest *t;
    const struct et_case *c; /* of the inner bench */
    int rank;
    uint64_t at;
    int outcome;
    bool named;    /* it, and it alone */
    bool digested; /* there was a digest to compare */
    char reason[200];
};

static bool names(const struct et_result *r, int rank)
{
    char want[32];
    snprintf(want, sizeof want, "rank %d", rank);
    const struct et_strings *odd = &r->verification.odd;
    return odd->n == 1 && strcmp(odd->v[0], want) == 0;
}

static enum et_status body(struct et_team *team, void *arg)
{
    struct trial *trial = arg;
    const struct et_bench *inner = trial->c->bench;
    struct wrapped_params p = {inner, trial->c->params, trial->rank, trial->at};
    struct et_bench bench = {.name = inner->name,
                             .params_size = sizeof p,
                             .unsupported = unsupported,
                             .state_size =
                                 sizeof(struct wrapped) + inner->state_size,
                             .prepare = prepare,
                             .run = run_inner,
                             .rewind = rewind_inner,
                             .verify = verify,
                             .output = output,
                             .work = work,
                             .release = release};
    const struct et_lab lab = {trial->t, &bench,  trial->c->backend,
                               &p,       SAMPLES, 0};
    struct et_result r;
    et_result_begin(&r);
    enum et_status s = et_lab_measure(&lab, team, &r);
    if (team->rank == 0 && s == ET_OK) {
        trial->outcome = r.outcome;
        trial->digested = r.verification.digest != NULL;
        trial->named = names(&r, trial->rank);
        snprintf(trial->reason, sizeof trial->reason, "%s",
                 r.reason                       ? r.reason
                 : r.verification.digest_absent ? r.verification.digest_absent
                                                : "");
    }
    et_result_free(&r);
    return s;
}

struct count {
    int runs, right;
};

/* Runs with a wrong rank must be wrong and name it; runs without must be
 * measured, and have compared something. */
static void judge(const struct trial *trial, struct count *count,
                  struct et_selftest_outcome *out)
{
    bool planted = trial->rank >= 0;
    bool right = planted ? trial->outcome == ET_WRONG_DATA && trial->named
                         : trial->outcome == ET_MEASURED && trial->digested;
    count->runs++;
    count->right += right;
    if (!right)
        et_selftest_find(out, ET_WRONG, "%s %d: the run said: %s",
                         planted ? "one bit wrong on rank" : "no rank wrong",
                         trial->rank, *trial->reason ? trial->reason : "right");
}

static enum et_status run_all(const struct et_selftest *t,
                              const struct et_case *c, struct count counts[2],
                              struct et_selftest_outcome *out)
{
    int n = t->quick ? QUICK : FULL;
    double began = et_clock_now(t->clock);
    uint64_t stream = et_random_stream(t->seed, 0x5dc);
    enum et_status s = ET_OK;
    /* Every fifth has nothing wrong. */
    for (int i = 0; s == ET_OK && i < n + n / 4; i++) {
        uint64_t r = et_random_u64(stream, (uint64_t)i);
        bool planted = i % 5 != 4;
        struct trial trial = {.t = t,
                              .c = c,
                              .rank = planted ? (int)(r % RANKS) : -1,
                              .at = r / RANKS};
        et_selftest_progress(t, began, i, n + n / 4);
        s = et_selftest_on(t, RANKS, body, &trial);
        if (s == ET_OK)
            judge(&trial, &counts[planted], out);
    }
    return s;
}

static enum et_status run(const struct et_selftest *t, struct et_doc *doc,
                          struct et_selftest_outcome *out)
{
    static const char *const heads[] = {"runs with", "runs", "as they should",
                                        NULL};
    struct count counts[2] = {{0}};
    char where[80];
    struct et_case c = {0};
    const struct et_bench *b = et_bench_find(t->benches, "gemm");
    const char *why = et_selftest_why_not(t, RANKS);
    if (!why && (!b || !b->output || !b->damage))
        why = "gemm does not show its output";
    if (why) {
        et_selftest_find(out, ET_UNSURE, "%s", why);
        return ET_OK;
    }
    et_selftest_describe(t, RANKS, where, sizeof where);
    enum et_status s = et_case_parse("gemm backend=reference m=48 n=40 k=56 "
                                     "dtype=fp64 ranks=4 threads=1",
                                     t->benches, &c);
    s = et_team_agree(t->world, s);
    if (s == ET_OK)
        s = run_all(t, &c, counts, out);
    if (c.bench)
        et_case_free(&c);
    if (s != ET_OK && s != ET_UNSURE) {
        et_selftest_find(out, ET_UNSURE, "%s", et_log_last_error());
        s = ET_OK;
    }
    struct et_block *table = et_doc_table(doc, "lrr", heads);
    for (int i = 1; i >= 0; i--) {
        et_block_cell(table, "%s",
                      i ? "one bit wrong on one rank" : "nothing wrong");
        et_block_cell(table, "%d", counts[i].runs);
        et_block_cell(table, "%d", counts[i].right);
    }
    et_block_note(table,
                  "gemm, reference, 48x40x56 in fp64 on %s. The bit is the "
                  "lowest of an element: the check of rounding cannot see it.",
                  where);
    snprintf(out->tried, sizeof out->tried,
             "%d runs with one bit wrong on one of %d ranks, %d without",
             counts[1].runs, RANKS, counts[0].runs);
    snprintf(out->found, sizeof out->found,
             "wrong and the rank named in %d; measured in %d", counts[1].right,
             counts[0].right);
    return s;
}

const struct et_selftest_part et_selftest_silent = {
    ET_SELFTEST_PART("silent", "A rank that computes wrong results unnoticed"),
    .done = "Four ranks do the same product. On one of them, another in each "
            "run, the lowest bit of one element is flipped after every run "
            "of the kernel.",
    .failure = "a run that does not call the result wrong and name that rank, "
               "or one that names a rank although nothing was changed.",
};
