/* Runs side by side. Cases are matched by their identity, which holds bench,
 * backend, parameters and team. Knows records; draws nothing.
 */
#include "config.h"
#include "results/verdict/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/stat/pair.h"
#include "harness/stat/series.h"
#include "results/reading/name.h"

const char *et_change_name(enum et_change c)
{
    static const char *const names[] = {"same", "better", "worse", "missing",
                                        "new",  "unsure", "wrong"};
    return (size_t)c < sizeof names / sizeof *names ? names[c] : "?";
}

/* The records of a run by identity. */
struct index {
    const struct et_record **v;
    size_t n;
};

static int by_id(const void *a, const void *b)
{
    const struct et_record *const *x = a, *const *y = b;
    return strcmp((*x)->result.id, (*y)->result.id);
}

static bool index_make(const struct et_run *run, struct index *out)
{
    out->n = run->n;
    out->v = et_alloc(run->n, sizeof *out->v);
    if (!out->v)
        return false;
    for (size_t i = 0; i < run->n; i++)
        out->v[i] = &run->records[i];
    if (run->n > 1)
        qsort(out->v, run->n, sizeof *out->v, by_id);
    return true;
}

static const struct et_record *look_up(const struct index *x,
                                       const struct et_record *r)
{
    const struct et_record **p =
        x->n ? bsearch(&r, x->v, x->n, sizeof *x->v, by_id) : NULL;
    return p ? *p : NULL;
}

/* The figure of merit of a record that was checked and right. */
static const struct et_metric_value *merit(const struct et_run *run,
                                           const struct et_record *r)
{
    if (!r || r->result.outcome != ET_MEASURED || !et_record_checked(r))
        return NULL;
    const struct et_metric_value *v = et_run_merit(run, r);
    return v && v->better && isfinite(v->value) ? v : NULL;
}

static struct et_sample samples(const struct et_record *r)
{
    const struct et_reals *v = &r->result.time.samples;
    return (struct et_sample){v->v, v->n, et_series_inflation(v->v, v->n)};
}

/* The samples are times; `c` speaks of the metric, which is either a time or an
 * amount over one. */
static void compare_samples(const struct et_record *base,
                            const struct et_record *now,
                            struct et_comparison *c)
{
    struct et_contrast pair;
    double before = base->result.time.median, after = now->result.time.median;
    if (!et_pair_ratio(samples(base), samples(now), 0.95, &pair))
        return;
    struct et_interval i = pair.interval;
    /* 1, unless the amount of work is not the same. */
    double amount = c->higher ? c->value * after / (c->base * before)
                              : c->value * before / (c->base * after);
    c->shift = amount * (c->higher ? 1 / pair.shift : pair.shift);
    c->low = amount * (c->higher ? 1 / i.high : i.low);
    c->high = amount * (c->higher ? 1 / i.low : i.high);
    c->ahead = 1 - pair.above;
    c->p = pair.p;
}

static void compare_values(const struct et_record *base,
                           const struct et_record *now,
                           const struct et_metric_value *a,
                           const struct et_metric_value *b, bool fake,
                           struct et_comparison *c)
{
    c->base = a->value;
    c->value = b->value;
    c->ratio = b->value / a->value;
    c->higher = et_metric_is_higher(a);
    c->settled = base->result.time.converged && now->result.time.converged;
    c->change = ET_CHANGE_UNSURE; /* until weighed */
    bool whole = !fake && isfinite(c->ratio) && isfinite(a->ci_low) &&
                 isfinite(a->ci_high) && isfinite(b->ci_low) &&
                 isfinite(b->ci_high) && a->unit && b->unit &&
                 strcmp(a->unit, b->unit) == 0;
    if (whole)
        compare_samples(base, now, c);
}

/* What a tested case has come to. */
static enum et_change weigh(const struct et_comparison *c, double tolerance)
{
    bool beyond = !(fabs(c->ratio - 1) <= tolerance);
    bool agree = c->ratio > 1 ? c->shift > 1 : c->shift < 1;
    if (beyond && agree && c->p < ET_COMPARE_ALPHA)
        return (c->ratio > 1) == c->higher ? ET_CHANGE_BETTER : ET_CHANGE_WORSE;
    /* Chance may have done it, or the samples have changed their shape: not a
     * change, and not the same. Within a wide interval a loss may hide. */
    if (beyond || !(fabs(c->shift - 1) <= tolerance) || !c->settled)
        return ET_CHANGE_UNSURE;
    return ET_CHANGE_SAME;
}

/* All p values at once, since each case more is another chance to be wrong. */
static bool weigh_all(struct et_comparisons *all, double tolerance)
{
    double *p = et_alloc(all->n + 1, sizeof *p);
    for (size_t i = 0; p && i < all->n; i++)
        p[i] = all->v[i].p;
    bool ok = p && et_pair_holm(p, all->n);
    for (size_t i = 0; ok && i < all->n; i++) {
        struct et_comparison *c = &all->v[i];
        c->p = p[i];
        if (c->change == ET_CHANGE_UNSURE && !isnan(c->p))
            c->change = weigh(c, tolerance);
    }
    free(p);
    return ok;
}

/* One case of the baseline or of run k, or both; a case that neither measured
 * leaves no row, unless run k got it wrong or failed at it. */
static bool compare_case(struct et_comparisons *out, const struct et_run *runs,
                         size_t k, const struct et_record *base,
                         const struct et_record *now)
{
    const struct et_metric_value *a = merit(&runs[0], base);
    const struct et_metric_value *b = merit(&runs[k], now);
    struct et_comparison c = {.base = NAN,
                              .value = NAN,
                              .ratio = NAN,
                              .shift = NAN,
                              .low = NAN,
                              .high = NAN,
                              .p = NAN,
                              .ahead = NAN,
                              .run = k};
    bool wrong = now && (now->result.outcome == ET_WRONG_DATA ||
                         now->result.verification.status == ET_CHECK_FAILED);
    bool failed = now && now->result.outcome == ET_FAILED;
    if (!a && !b && !wrong && !failed)
        return true;
    if (a && b && strcmp(a->name, b->name) != 0)
        b = et_record_metric(now, a->name);
    if (a && b)
        compare_values(base, now, a, b,
                       runs[0].info.clock_fake || runs[k].info.clock_fake, &c);
    else if (a) {
        c.base = a->value;
        c.change = ET_CHANGE_MISSING;
    } else if (b) {
        c.value = b->value;
        c.change = ET_CHANGE_NEW;
    } else {
        c.change = ET_CHANGE_UNSURE; /* failed, and no baseline either */
    }
    if (wrong)
        c.change = ET_CHANGE_WRONG;
    const struct et_metric_value *named = a ? a : b;
    c.id = et_strdup((base ? base : now)->result.id);
    c.metric = et_strdup(named ? named->name : "none");
    c.unit = et_strdup(named && named->unit ? named->unit : "");
    out->v[out->n++] = c;
    return c.id && c.metric && c.unit;
}

enum et_status et_compare(const struct et_run *runs, size_t n, double tolerance,
                          struct et_comparisons *out)
{
    struct et_comparisons result = {0};
    struct index base = {0};
    enum et_status s = ET_OK;
    if (n < 2)
        return et_error(ET_USAGE, "a comparison needs two runs or more");
    if (!(tolerance >= 0) || !isfinite(tolerance))
        return et_error(ET_USAGE, "the tolerance must be 0 or more");
    size_t most = 0;
    for (size_t k = 1; k < n; k++)
        most += runs[0].n + runs[k].n;
    result.v = et_alloc(most, sizeof *result.v);
    bool ok = result.v && index_make(&runs[0], &base);
    for (size_t k = 1; ok && k < n; k++) {
        struct index here;
        ok = index_make(&runs[k], &here);
        for (size_t i = 0; ok && i < runs[0].n; i++) {
            const struct et_record *r = &runs[0].records[i];
            ok = compare_case(&result, runs, k, r, look_up(&here, r));
        }
        for (size_t i = 0; ok && i < runs[k].n; i++) {
            const struct et_record *r = &runs[k].records[i];
            if (!look_up(&base, r))
                ok = compare_case(&result, runs, k, NULL, r);
        }
        free(here.v);
    }
    free(base.v);
    ok = ok && weigh_all(&result, tolerance);
    if (!ok) {
        s = et_error(ET_INFRA, "out of memory");
        et_comparisons_free(&result);
        return s;
    }
    *out = result;
    return ET_OK;
}

void et_comparisons_free(struct et_comparisons *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->v[i].id);
        free(c->v[i].metric);
        free(c->v[i].unit);
    }
    free(c->v);
    memset(c, 0, sizeof *c);
}

enum et_status et_comparisons_status(const struct et_comparisons *c)
{
    size_t compared = 0, unsure = 0, lost = 0, wrong = 0;
    for (size_t i = 0; i < c->n; i++) {
        enum et_change change = c->v[i].change;
        wrong += change == ET_CHANGE_WRONG;
        lost += change == ET_CHANGE_WORSE || change == ET_CHANGE_MISSING;
        compared += change != ET_CHANGE_NEW;
        unsure += change == ET_CHANGE_UNSURE;
    }
    /* Runs that share no case were not compared at all. */
    return wrong                         ? ET_WRONG
           : lost                        ? ET_MISSED
           : unsure > 0 || compared == 0 ? ET_UNSURE
                                         : ET_OK;
}
