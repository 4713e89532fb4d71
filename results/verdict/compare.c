/* A run beside its baselines. Cases are matched by their identity, which holds
 * bench, backend, parameters and team. Knows records; draws nothing.
 */
#include "config.h"
#include "results/verdict/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/stat/levels.h"
#include "harness/stat/stat.h"
#include "results/reading/name.h"
#include "results/verdict/kept.h"

const char *et_change_name(enum et_change c)
{
    static const char *const names[] = {"same", "better", "worse", "missing",
                                        "new",  "unsure", "wrong"};
    return (size_t)c < sizeof names / sizeof *names ? names[c] : "?";
}

/* A run, its records by identity, and the ceilings that its cases accuse. */
struct side {
    const struct et_run *run;
    const struct et_record **v; /* sorted */
    struct et_strings accused;
};

static int by_id(const void *a, const void *b)
{
    const struct et_record *const *x = a, *const *y = b;
    return strcmp((*x)->result.id, (*y)->result.id);
}

static bool side_make(const struct et_run *run, struct side *out)
{
    out->run = run;
    out->v = et_alloc(run->n, sizeof *out->v);
    if (!out->v || !et_accused_find(run, &out->accused))
        return false;
    for (size_t i = 0; i < run->n; i++)
        out->v[i] = &run->records[i];
    if (run->n > 1)
        qsort(out->v, run->n, sizeof *out->v, by_id);
    return true;
}

static void side_free(struct side *s)
{
    free(s->v);
    et_strings_free(&s->accused);
}

static const struct et_record *look_up(const struct side *s,
                                       const struct et_record *r)
{
    const struct et_record **p =
        s->run->n ? bsearch(&r, s->v, s->run->n, sizeof *s->v, by_id) : NULL;
    return p ? *p : NULL;
}

/* The figure of merit of a record that was checked and right. */
static const struct et_metric_value *merit(const struct et_run *run,
                                           const struct et_record *r)
{
    if (!r || r->result.outcome != ET_MEASURED || !et_record_checked(r))
        return NULL;
    const struct et_metric_value *v = et_run_merit(run, r);
    return v && v->better && isfinite(v->value) && v->value > 0 ? v : NULL;
}

/* A case while it is compared: the logarithms of its speed in the passes of
 * each side, the run last; n 0 where a side does not count. */
struct row {
    struct et_comparison c;
    struct et_level_passes *passes;
    bool counts; /* in the run and in a baseline */
};

/* Everything that is compared. */
struct work {
    const struct side *sides; /* the baselines, then the run */
    size_t baselines;
    struct row *rows;
    size_t n;
};

static bool say(struct et_comparison *c, const char *reason)
{
    free(c->reason);
    c->reason = et_strdup(reason);
    return c->reason != NULL;
}

static bool say_flaw(struct et_comparison *c, const char *flaw, bool now)
{
    char text[64];
    snprintf(text, sizeof text, "%s%s", flaw, now ? "" : " in the baselines");
    return say(c, text);
}

/* The passes of one side with cores that far apart, and its figure from them,
 * or why they do not count. */
static bool take_side(struct row *row, const struct side *s, bool now,
                      const struct et_record *r,
                      const struct et_metric_value *m, double distance,
                      struct et_level_passes *out, double *figure)
{
    struct et_comparison *c = &row->c;
    struct et_kept kept;
    if (s->run->info.clock_fake)
        return say(c, "a fake clock measures nothing");
    if (strcmp(m->name, c->metric) != 0 || !m->unit ||
        strcmp(m->unit, c->unit) != 0)
        return say(c, "the figures have different units");
    bool ok = et_kept_take(r, distance, &kept);
    const char *flaw =
        ok && kept.n ? et_kept_flaw(s->run, r, &s->accused, &kept) : NULL;
    free(kept.launch);
    if (!ok || flaw || !kept.n) {
        free(kept.medians);
        return ok && (!flaw || say_flaw(c, flaw, now));
    }
    *figure = et_kept_figure(r, m, &kept);
    double speed = et_metric_is_higher(m) ? m->value : 1 / m->value;
    for (size_t i = 0; i < kept.n; i++)
        kept.medians[i] = log(speed * r->result.time.median / kept.medians[i]);
    *out = (struct et_level_passes){kept.medians, kept.n};
    return true;
}

/* The compute ceiling that limits the case; NULL: another does, or none. */
static const struct et_result_ceiling *ceiling_of(const struct et_record *r)
{
    const char *binds = r->roofline.binds;
    return binds && strcmp(binds, "compute") == 0
               ? et_result_ceiling_of(&r->result, binds)
               : NULL;
}

/* That of the run over the median of the same of the baselines that count. */
static double compare_ceilings(const struct work *w, const struct row *row,
                               const struct et_record *const *r, double *room)
{
    const struct et_result_ceiling *now = ceiling_of(r[w->baselines]);
    size_t n = 0;
    for (size_t k = 0; now && k < w->baselines; k++) {
        const struct et_result_ceiling *c =
            row->passes[k].n ? ceiling_of(r[k]) : NULL;
        if (c && c->id && now->id && strcmp(c->id, now->id) == 0)
            room[n++] = c->rate;
    }
    return now ? now->rate / et_stat_median(room, n) : NAN;
}

/* No baseline has passes with cores as far apart. */
static bool say_apart(struct et_comparison *c, const struct et_record **r,
                      size_t baselines, double *room)
{
    char text[64];
    size_t n = 0;
    for (size_t k = 0; k < baselines; k++) {
        if (r[k] && r[k]->result.sync.hop > 0)
            room[n++] = r[k]->result.sync.hop;
    }
    snprintf(text, sizeof text, "cores %.2g times as far apart",
             r[baselines]->result.sync.hop / et_stat_median(room, n));
    return say(c, text);
}

/* Both sides have a figure: which of them count, and for what. */
static bool take_sides(const struct work *w, struct row *row,
                       const struct et_record **r,
                       const struct et_metric_value *const *m, double *room)
{
    struct et_comparison *c = &row->c;
    const size_t last = w->baselines;
    size_t n = 0;
    double distance, figure;
    for (size_t k = 0; k < last; k++)
        r[k] = m[k] ? r[k] : NULL;
    if (!et_kept_distance(r, last, r[last], &distance))
        return say_apart(c, r, last, room);
    for (size_t k = 0; k < last; k++) {
        if (m[k] && !take_side(row, &w->sides[k], false, r[k], m[k], distance,
                               &row->passes[k], &figure))
            return false;
        if (row->passes[k].n)
            room[n++] = figure;
    }
    c->baselines = n;
    if (n) { /* what another baseline lacks does not matter */
        c->base = et_stat_median(room, n);
        free(c->reason);
        c->reason = NULL;
    }
    if (!take_side(row, &w->sides[last], true, r[last], m[last], distance,
                   &row->passes[last], &c->value))
        return false;
    row->counts = n > 0 && row->passes[last].n;
    if (row->counts)
        c->ceilings = compare_ceilings(w, row, r, room);
    return true;
}

/* The median of the baselines' figures. */
static double typical(const struct et_metric_value *const *m, size_t n,
                      double *room)
{
    size_t there = 0;
    for (size_t k = 0; k < n; k++) {
        if (m[k])
            room[there++] = m[k]->value;
    }
    return et_stat_median(room, there);
}

/* One case; what nobody measured leaves no row, unless the run got it wrong or
 * failed at it. `example`: its record in any side. */
static bool take_case(struct work *w, const struct et_record *example,
                      const struct et_record **r,
                      const struct et_metric_value **m, double *room)
{
    const struct et_metric_value *before = NULL;
    const size_t last = w->baselines;
    for (size_t k = 0; k <= last; k++) {
        r[k] = look_up(&w->sides[k], example);
        m[k] = merit(w->sides[k].run, r[k]);
        before = before || k == last ? before : m[k];
    }
    const struct et_record *now = r[last];
    bool wrong = now && (now->result.outcome == ET_WRONG_DATA ||
                         now->result.verification.status == ET_CHECK_FAILED);
    bool failed = now && now->result.outcome == ET_FAILED;
    /* What a run that was ended before its end never came to, is not gone. */
    const struct et_run *run = w->sides[last].run;
    bool cut = strcmp(run->outcome, "complete") != 0 &&
               (!now || now->result.outcome == ET_SKIPPED ||
                now->result.outcome == ET_UNMEASURED);
    const struct et_metric_value *named = before ? before : m[last];
    if (!named && !wrong && !failed)
        return true;
    struct row *row = &w->rows[w->n++];
    struct et_comparison *c = &row->c;
    *c = (struct et_comparison){
        .id = et_strdup(example->result.id),
        .metric = et_strdup(named ? named->name : "none"),
        .unit = et_strdup(named && named->unit ? named->unit : ""),
        .work = et_run_work(now ? w->sides[last].run : w->sides[0].run,
                            now ? now : example),
        .base = typical(m, last, room),
        .value = m[last] ? m[last]->value : NAN,
        .cases = 1,
        .all = {NAN, NAN, NAN, NAN},
        .own = {NAN, NAN, NAN, NAN},
        .ceilings = NAN,
        .change = wrong               ? ET_CHANGE_WRONG
                  : before && m[last] ? ET_CHANGE_UNSURE /* until weighed */
                  : before && !cut    ? ET_CHANGE_MISSING
                  : before            ? ET_CHANGE_UNSURE
                  : m[last]           ? ET_CHANGE_NEW
                                      : ET_CHANGE_UNSURE};
    row->passes = et_alloc(last + 1, sizeof *row->passes);
    if (!c->id || !c->metric || !c->unit || !row->passes)
        return false;
    if (wrong || failed) {
        struct et_text why = {0};
        et_flaw_say(ET_FLAW_WRONG, now, &why);
        bool ok = !why.failed && say(c, et_text_str(&why));
        et_text_free(&why);
        return ok;
    }
    if (before && m[last]) {
        bool ok = take_sides(w, row, r, m, room);
        c->all.ratio = et_metric_is_higher(m[last]) ? c->value / c->base
                                                    : c->base / c->value;
        return ok;
    }
    if (before && cut) {
        struct et_text why = {0};
        et_text_add(&why, "not measured: the run is %s%s%s%s", run->outcome,
                    run->reason ? " (" : "", run->reason ? run->reason : "",
                    run->reason ? ")" : "");
        bool ok = !why.failed && say(c, et_text_str(&why));
        et_text_free(&why);
        return ok;
    }
    return !before || say(c, now ? "it was not measured, or not checked"
                                 : "the run has no such case");
}

/* Every case once: those of the first side that has it. */
static bool take_cases(struct work *w)
{
    const size_t sides = w->baselines + 1;
    const struct et_record **r = et_alloc(sides, sizeof *r);
    const struct et_metric_value **m = et_alloc(sides, sizeof *m);
    double *room = et_alloc(sides, sizeof *room);
    bool ok = r && m && room;
    for (size_t k = 0; ok && k < sides; k++) {
        const struct et_run *run = w->sides[k].run;
        for (size_t i = 0; ok && i < run->n; i++) {
            bool known = false;
            for (size_t before = 0; before < k && !known; before++)
                known = look_up(&w->sides[before], &run->records[i]) != NULL;
            ok = known || take_case(w, &run->records[i], r, m, room);
        }
    }
    free(r);
    free(m);
    free(room);
    return ok;
}

static struct et_speed speed_of(const struct et_level_change *c)
{
    return (struct et_speed){exp(c->shift), exp(c->low), exp(c->high), c->p};
}

/* What all cases of a kind share, as one more of *out. */
static bool add_kind(const struct work *w, const char *work, size_t cases,
                     const struct et_level_change *common, double ceilings,
                     const char *reason, struct et_comparisons *out)
{
    struct et_comparison *kind = &out->v[out->n++];
    *kind = (struct et_comparison){.work = work,
                                   .base = NAN,
                                   .value = NAN,
                                   .baselines = w->baselines,
                                   .cases = cases,
                                   .all = speed_of(common),
                                   .own = {NAN, NAN, NAN, NAN},
                                   .ceilings = ceilings,
                                   .change = ET_CHANGE_UNSURE};
    if (!reason)
        return true;
    kind->all.p = NAN;
    return say(kind, reason);
}

/* All rows of a kind of work that count, together with what they share. Where
 * they are few of the kind they look steady by luck, and speak for no other. */
static bool compare_kind(struct work *w, const char *work,
                         struct et_comparisons *out)
{
    struct et_level_case *cases = et_alloc(w->n + 1, sizeof *cases);
    double *ceilings = et_alloc(w->n + 1, sizeof *ceilings);
    struct et_level_change common;
    size_t n = 0, bounded = 0, measured = 0;
    bool ok = cases && ceilings;
    for (size_t i = 0; ok && i < w->n; i++) {
        const struct row *row = &w->rows[i];
        if (strcmp(row->c.work, work) != 0)
            continue;
        measured += !isnan(row->c.base) && !isnan(row->c.value);
        if (!row->counts)
            continue;
        cases[n++].runs = row->passes;
        if (isfinite(row->c.ceilings))
            ceilings[bounded++] = row->c.ceilings;
    }
    ok = ok && (n == 0 || et_levels_compare(cases, n, w->baselines, &common));
    /* Fewer cases share nothing that is not theirs. */
    if (ok && n >= ET_LEVELS_LEAST)
        ok = add_kind(
            w, work, n, &common,
            2 * bounded >= n ? et_stat_median(ceilings, bounded) : NAN,
            2 * n < measured ? "fewer than half of its cases can be relied on"
                             : NULL,
            out);
    n = 0;
    for (size_t i = 0; ok && i < w->n; i++) {
        struct et_comparison *c = &w->rows[i].c;
        if (!w->rows[i].counts || strcmp(c->work, work) != 0)
            continue;
        c->all = speed_of(&cases[n].all);
        c->own = speed_of(&cases[n].own);
        n++;
    }
    free(cases);
    free(ceilings);
    return ok;
}

/* What a kind or a case that was tested has come to. */
static bool weigh(struct et_comparison *c, double tolerance)
{
    const struct et_speed *s = c->id ? &c->own : &c->all;
    bool beyond = !(fabs(s->ratio - 1) <= tolerance);
    /* What only lags behind a common gain is no slower than before. */
    bool whole = s->ratio < 1 ? c->all.ratio < 1 : c->all.ratio > 1;
    if (isnan(s->p))
        return say(c, "fewer than two passes: nothing tells how much it "
                      "differs by chance");
    if (!beyond || !whole) {
        c->change = ET_CHANGE_SAME;
        return true;
    }
    if (s->p < ET_COMPARE_ALPHA) {
        c->change = s->ratio < 1 ? ET_CHANGE_WORSE : ET_CHANGE_BETTER;
        return true;
    }
    return say(c, "beyond the tolerance, but chance may do that");
}

/* All p values at once, since each more is another chance to be wrong. */
static bool weigh_all(struct et_comparisons *all, double tolerance)
{
    double *p = et_alloc(all->n + 1, sizeof *p);
    for (size_t i = 0; p && i < all->n; i++)
        p[i] = all->v[i].id ? all->v[i].own.p : all->v[i].all.p;
    bool ok = p && et_stat_holm(p, all->n);
    for (size_t i = 0; ok && i < all->n; i++) {
        struct et_comparison *c = &all->v[i];
        (c->id ? &c->own : &c->all)->p = p[i];
        if (c->change == ET_CHANGE_UNSURE && !c->reason)
            ok = weigh(c, tolerance);
    }
    free(p);
    return ok;
}

/* The kinds, then the cases, which are taken over from the rows. */
static bool compare_all(struct work *w, struct et_comparisons *out)
{
    static const char *const kinds[] = {"compute", "memory", "network",
                                        "storage", "other"};
    const size_t most = sizeof kinds / sizeof *kinds;
    out->v = et_alloc(most + w->n, sizeof *out->v);
    bool ok = out->v != NULL;
    for (size_t i = 0; ok && i < most; i++)
        ok = compare_kind(w, kinds[i], out);
    out->kinds = out->n;
    for (size_t i = 0; ok && i < w->n; i++) {
        out->v[out->n++] = w->rows[i].c;
        w->rows[i].c = (struct et_comparison){.work = NULL};
    }
    return ok;
}

static void comparison_free(struct et_comparison *c)
{
    free(c->id);
    free(c->metric);
    free(c->unit);
    free(c->reason);
}

static void work_free(struct work *w)
{
    for (size_t i = 0; w->rows && i < w->n; i++) {
        for (size_t k = 0; w->rows[i].passes && k <= w->baselines; k++)
            free((double *)w->rows[i].passes[k].v);
        free(w->rows[i].passes);
        comparison_free(&w->rows[i].c);
    }
    free(w->rows);
}

enum et_status et_compare(const struct et_run *const *baselines, size_t n,
                          const struct et_run *now, double tolerance,
                          struct et_comparisons *out)
{
    struct et_comparisons result = {0};
    if (n < 1)
        return et_error(ET_USAGE, "a comparison needs a baseline");
    if (!(tolerance >= 0) || !isfinite(tolerance))
        return et_error(ET_USAGE, "the tolerance must be 0 or more");
    struct side *sides = et_alloc(n + 1, sizeof *sides);
    struct work w = {.sides = sides, .baselines = n};
    size_t most = 0;
    bool ok = sides != NULL;
    for (size_t k = 0; ok && k <= n; k++) {
        ok = side_make(k < n ? baselines[k] : now, &sides[k]);
        most += sides[k].run->n;
    }
    w.rows = ok ? et_alloc(most + 1, sizeof *w.rows) : NULL;
    ok = w.rows && take_cases(&w) && compare_all(&w, &result) &&
         weigh_all(&result, tolerance);
    work_free(&w);
    for (size_t k = 0; sides && k <= n; k++)
        side_free(&sides[k]);
    free(sides);
    if (!ok) {
        et_comparisons_free(&result);
        return et_no_memory();
    }
    *out = result;
    return ET_OK;
}

void et_comparisons_free(struct et_comparisons *c)
{
    for (size_t i = 0; c->v && i < c->n; i++)
        comparison_free(&c->v[i]);
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
        compared += change != ET_CHANGE_NEW && c->v[i].id;
        unsure += change == ET_CHANGE_UNSURE;
    }
    /* Runs that share no case were not compared at all. */
    return wrong                         ? ET_WRONG
           : lost                        ? ET_MISSED
           : unsure > 0 || compared == 0 ? ET_UNSURE
                                         : ET_OK;
}
