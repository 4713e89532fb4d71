/* The launches of a run set against each other. Knows records of passes and how
 * they are merged; draws nothing and reads no file.
 */
#include "config.h"
#include "results/reading/repeat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/stat/passes.h"
#include "results/reading/merge.h"

/* The measured passes of all launches, those of a case side by side. */
struct passes {
    const struct et_record **v;
    size_t n;
    double *room; /* for n numbers */
    /* At the first pass of each case: the medians of its launches. */
    double *lowest, *highest;
};

static int by_case(const void *a, const void *b)
{
    const struct et_record *const *x = a, *const *y = b;
    return strcmp((*x)->result.id, (*y)->result.id);
}

static bool of_case(const struct passes *p, size_t i, const char *id)
{
    return i < p->n && strcmp(p->v[i]->result.id, id) == 0;
}

/* Of a case that is among them. */
static size_t first_of(const struct passes *p, const char *id)
{
    size_t low = 0, high = p->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(p->v[middle]->result.id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct et_repeat_bench *bench_of(struct et_repeat *out, const char *name)
{
    struct et_repeat_bench *v = out->benches.v;
    for (size_t i = 0; i < out->benches.n; i++) {
        if (strcmp(v[i].name, name) == 0)
            return &v[i];
    }
    struct et_repeat_bench *b = et_list_add(&out->benches, sizeof *b);
    if (b)
        b->name = et_strdup(name);
    return b && b->name ? b : NULL;
}

static void count(struct et_repeat_count *c, bool held)
{
    c->intervals++;
    c->held += held;
}

/* One case as one launch measured it, against the other launches. */
static bool hold(struct passes *p, const struct et_record *own,
                 struct et_repeat *out)
{
    const struct et_result_time *t = &own->result.time;
    const char *id = own->result.id;
    size_t first = first_of(p, id), others = 0;
    for (size_t i = first; of_case(p, i, id); i++) {
        if (p->v[i]->launch != own->launch)
            p->room[others++] = p->v[i]->result.time.median;
    }
    if (isnan(t->ci_low) || others < ET_PASSES_LEAST)
        return true;
    struct et_repeat_bench *b = bench_of(out, own->result.bench);
    if (!b)
        return false;
    double median = et_stat_median(p->room, others);
    bool held = t->ci_low <= median && median <= t->ci_high;
    count(&b->all, held);
    if (t->converged)
        count(&b->converged, held);
    p->lowest[first] = fmin(p->lowest[first], t->median);
    p->highest[first] = fmax(p->highest[first], t->median);
    b->apart = fmax(b->apart, p->highest[first] / p->lowest[first] - 1);
    return true;
}

/* What the launch's passes say alone: copies of them, merged. */
static enum et_status merge_one(const struct et_run *run, int64_t launch,
                                struct et_run *one)
{
    *one = (struct et_run){.info = {.config = run->info.config},
                           .records = et_alloc(run->n, sizeof *one->records)};
    enum et_status s = one->records ? ET_OK : et_no_memory();
    for (size_t i = 0; s == ET_OK && i < run->n; i++) {
        const struct et_record *r = &run->records[i];
        if (r->launch != launch)
            continue;
        struct et_record *copy = &one->records[one->n];
        s = et_result_copy(&copy->result, &r->result);
        copy->launch = launch;
        one->n += s == ET_OK;
    }
    return s == ET_OK ? et_run_merge(one) : s;
}

static enum et_status try_launch(const struct et_run *run, int64_t launch,
                                 struct passes *p, struct et_repeat *out)
{
    struct et_run one;
    enum et_status s = merge_one(run, launch, &one);
    for (size_t i = 0; s == ET_OK && i < one.n; i++) {
        if (one.records[i].result.outcome == ET_MEASURED &&
            !hold(p, &one.records[i], out))
            s = et_no_memory();
    }
    one.info = (struct et_run_info){0}; /* it was the run's */
    et_run_free(&one);
    return s;
}

/* The launches that measured anything, rising; false: no memory. */
static bool list_launches(const struct passes *p, struct et_reals *out)
{
    for (size_t i = 0; i < p->n; i++) {
        double launch = (double)p->v[i]->launch;
        size_t k = 0;
        while (k < out->n && out->v[k] != launch)
            k++;
        if (k == out->n && !et_reals_add(out, launch))
            return false;
    }
    et_stat_sort(out->v, out->n);
    return true;
}

enum et_status et_repeat_find(const struct et_run *run, struct et_repeat *out)
{
    struct et_repeat found = {0};
    struct et_reals launches = {0};
    struct passes p = {.v = et_alloc(run->n, sizeof *p.v),
                       .room = et_alloc(run->n, sizeof *p.room),
                       .lowest = et_alloc(run->n, sizeof *p.lowest),
                       .highest = et_alloc(run->n, sizeof *p.highest)};
    enum et_status s = ET_OK;
    for (size_t i = 0; p.v && p.lowest && p.highest && i < run->n; i++) {
        if (run->records[i].result.outcome == ET_MEASURED)
            p.v[p.n++] = &run->records[i];
        p.lowest[i] = p.highest[i] = NAN;
    }
    if (run->n > 0 && (!p.v || !p.room || !p.lowest || !p.highest ||
                       !list_launches(&p, &launches)))
        s = et_no_memory();
    found.launches = launches.n;
    if (s == ET_OK && p.n > 0)
        qsort(p.v, p.n, sizeof *p.v, by_case);
    for (size_t i = 0; s == ET_OK && launches.n > 1 && i < launches.n; i++)
        s = try_launch(run, (int64_t)launches.v[i], &p, &found);
    if (s == ET_OK)
        *out = found;
    else
        et_repeat_free(&found);
    free(launches.v);
    free(p.v);
    free(p.room);
    free(p.lowest);
    free(p.highest);
    return s;
}

struct et_repeat_count et_repeat_sum(const struct et_repeat *r, bool converged)
{
    struct et_repeat_count sum = {0};
    const struct et_repeat_bench *b = r->benches.v;
    for (size_t i = 0; i < r->benches.n; i++) {
        const struct et_repeat_count *c =
            converged ? &b[i].converged : &b[i].all;
        sum.intervals += c->intervals;
        sum.held += c->held;
    }
    return sum;
}

void et_repeat_free(struct et_repeat *r)
{
    struct et_repeat_bench *b = r->benches.v;
    for (size_t i = 0; i < r->benches.n; i++)
        free(b[i].name);
    free(r->benches.v);
    *r = (struct et_repeat){0};
}
