/* Scaling series, their fits and projections; the rules and their sources
 * stand in scaling.h. */
#include "config.h"
#include "results/reading/scaling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

/* A rate to be judged by, on a team whose size may grow. */
static bool says_scaling(const struct et_run *run, const struct et_record *r)
{
    const char *kind = et_param(r, "scaling");
    const struct et_metric_value *m = et_run_merit(run, r);
    const struct et_run_bench *b = et_run_bench(run, r);
    /* A rank alone may lack it, and another metric is no point of the series.
     */
    if (m && b && b->merit && strcmp(m->name, b->merit) != 0)
        return false;
    return kind && (!strcmp(kind, "weak") || !strcmp(kind, "strong")) && m &&
           et_metric_is_higher(m) && m->value > 0 && r->result.team.ranks > 0;
}

static int by_ranks(const void *a, const void *b)
{
    const struct et_scaling_point *x = a, *y = b;
    return (x->ranks > y->ranks) - (x->ranks < y->ranks);
}

static void compare_to_first(struct et_series *s)
{
    const struct et_scaling_point first = s->v[0];
    for (size_t i = 0; i < s->n; i++) {
        struct et_scaling_point *p = &s->v[i];
        double share = first.ranks / p->ranks;
        p->speedup = p->rate / first.rate;
        p->speedup_low = p->rate_low / first.rate_high;
        p->speedup_high = p->rate_high / first.rate_low;
        if (i == 0) /* against itself: exact */
            p->speedup_low = p->speedup_high = 1;
        p->efficiency = p->speedup * share;
        p->efficiency_low = p->speedup_low * share;
        p->efficiency_high = p->speedup_high * share;
    }
}

/* Half-width of a parameter's 95 % interval; NAN without one. */
static double half(double error, size_t n)
{
    return n > 2 ? et_stat_t95(n - 2) * error : NAN;
}

static double amdahl(double a, double b)
{
    return a / (a + b);
}

static bool fit_strong(struct et_series *s, double *x, double *y)
{
    for (size_t i = 0; i < s->n; i++) {
        x[i] = 1 / s->v[i].ranks;
        y[i] = s->v[i].r->result.time.median;
    }
    s->line = et_stat_line(x, y, s->n);
    const struct et_line *l = &s->line;
    double da = half(l->a_error, s->n), db = half(l->b_error, s->n);
    s->serial = amdahl(l->a, l->b);
    s->serial_low = amdahl(fmax(l->a - da, 0), l->b + db);
    s->serial_high = amdahl(l->a + da, fmax(l->b - db, 0));
    if (isnan(da) || isnan(db))
        s->serial_low = s->serial_high = NAN;
    return l->ok;
}

static bool fit_weak(struct et_series *s, double *x, double *y)
{
    double sxx = 0, sxy = 0, rss = 0;
    for (size_t i = 0; i < s->n; i++) {
        double ratio = s->v[i].ranks / s->v[0].ranks;
        x[i] = log2(ratio);
        y[i] = s->v[i].efficiency;
        sxx += (ratio - 1) * (ratio - 1);
        sxy += (ratio - 1) * (s->v[i].speedup - 1);
    }
    s->line = et_stat_line(x, y, s->n);
    double slope = sxy / sxx;
    for (size_t i = 0; i < s->n; i++) {
        double ratio = s->v[i].ranks / s->v[0].ranks;
        double left = s->v[i].speedup - 1 - slope * (ratio - 1);
        rss += left * left;
    }
    double error = sqrt(rss / (double)(s->n > 2 ? s->n - 2 : 1) / sxx);
    s->serial = 1 - slope;
    s->serial_low = s->serial - half(error, s->n);
    s->serial_high = s->serial + half(error, s->n);
    return s->line.ok;
}

static bool fill(const struct et_run *run, const struct et_picks *group,
                 struct et_series *out)
{
    struct et_series s = {0};
    double *x = et_alloc(group->n, sizeof *x);
    double *y = et_alloc(group->n, sizeof *y);
    s.v = et_alloc(group->n, sizeof *s.v);
    bool ok = x && y && s.v;
    for (size_t i = 0; ok && i < group->n; i++) {
        const struct et_record *r = &run->records[group->v[i]];
        const struct et_metric_value *m = et_run_merit(run, r);
        struct et_unit unit = et_metric_unit(r, m);
        s.unit = unit.base;
        s.v[s.n++] =
            (struct et_scaling_point){.r = r,
                                      .ranks = (double)r->result.team.ranks,
                                      .rate = m->value * unit.scale,
                                      .rate_low = m->ci_low * unit.scale,
                                      .rate_high = m->ci_high * unit.scale};
    }
    if (ok) {
        size_t n = 1;
        qsort(s.v, s.n, sizeof *s.v, by_ranks);
        for (size_t i = 1; i < s.n; i++) {
            if (s.v[i].ranks > s.v[n - 1].ranks)
                s.v[n++] = s.v[i];
        }
        s.n = n;
        s.strong = strcmp(et_param(s.v[0].r, "scaling"), "strong") == 0;
        compare_to_first(&s);
        if (n > 1 && !(s.strong ? fit_strong(&s, x, y) : fit_weak(&s, x, y)))
            s.serial = s.serial_low = s.serial_high = NAN;
    }
    free(x);
    free(y);
    if (ok)
        *out = s;
    else
        free(s.v);
    return ok;
}

bool et_scaling_find(const struct et_run *run, struct et_scaling *out)
{
    struct et_picks picks;
    struct et_groups groups = {0};
    struct et_scaling all = {0};
    if (!et_picks_take_by(&picks, run, says_scaling))
        return false;
    bool ok = et_groups_make(&groups, run, &picks, ET_KEY_SERIES);
    ok = ok && (all.v = et_alloc(groups.n, sizeof *all.v));
    for (size_t i = 0; ok && i < groups.n; i++) {
        ok = fill(run, &groups.v[i], &all.v[all.n]);
        if (ok && all.v[all.n].n > 1)
            all.n++;
        else if (ok)
            free(all.v[all.n].v);
    }
    et_groups_free(&groups);
    et_picks_free(&picks);
    if (ok)
        *out = all;
    else
        et_scaling_free(&all);
    return ok;
}

void et_scaling_free(struct et_scaling *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->v[i].v);
    free(s->v);
    *s = (struct et_scaling){0};
}

double et_series_fit(const struct et_series *s, double ranks)
{
    const struct et_line *l = &s->line;
    if (!l->ok)
        return NAN;
    if (s->strong) {
        double t = l->a + l->b / ranks;
        return t > 0 ? s->v[0].r->result.time.median / t : NAN;
    }
    double ratio = ranks / s->v[0].ranks;
    return ratio * (l->a + l->b * log2(ratio));
}

/* Ranks at which W/(a + b/p) is the target; INFINITY where it never is. */
static double need_strong(const struct et_series *s, double a, double b,
                          double target)
{
    double work = s->v[0].rate * s->v[0].r->result.time.median;
    double left = work / target - a;
    return left > 0 ? b / left : INFINITY;
}

/* Ranks at which rate0 x (a + b log2 x) is the target, x = p/p0; INFINITY
 * where its maximum lies below. */
static double need_weak(const struct et_series *s, double rate, double a,
                        double b, double target)
{
    double low = 0, high = 1000; /* log2 x; far beyond what is accepted */
    if (b < 0)
        high = fmin(high, -a / b - 1 / log(2));
    if (!(high > 0) || !(rate * exp2(high) * (a + b * high) >= target))
        return INFINITY;
    for (int i = 0; i < 200; i++) {
        double x = (low + high) / 2;
        if (rate * exp2(x) * (a + b * x) >= target)
            high = x;
        else
            low = x;
    }
    return s->v[0].ranks * exp2(high);
}

static void range(const struct et_series *s, double target, double *low,
                  double *high)
{
    const struct et_line *l = &s->line;
    double da = half(l->a_error, s->n), db = half(l->b_error, s->n);
    if (s->strong) {
        *low = need_strong(s, fmax(l->a - da, 0), fmax(l->b - db, 0), target);
        *high = need_strong(s, l->a + da, l->b + db, target);
    } else {
        *low = need_weak(s, s->v[0].rate_high, l->a + da, l->b + db, target);
        *high = need_weak(s, s->v[0].rate_low, l->a - da, l->b - db, target);
    }
}

/* What is wrong with the data itself; NULL where nothing is. */
static const char *unfit(const struct et_run *run, const struct et_series *s)
{
    if (run->info.clock_fake)
        return "the clock was a fake";
    for (size_t i = 0; i < s->n; i++) {
        enum et_flaw f = et_record_flaw(s->v[i].r, NULL);
        if (f == ET_FLAW_UNCHECKED)
            return "not every point's result was checked";
        if (f == ET_FLAW_OVERSUBSCRIBED)
            return "teams were oversubscribed: threads took turns on a core";
        if (f == ET_FLAW_UNCONVERGED || f == ET_FLAW_NO_INTERVAL)
            return "not every point converged";
        if (f != ET_FLAW_NONE)
            return "a point has a flaw, which its remarks name";
    }
    return NULL;
}

struct et_projection et_series_project(const struct et_run *run,
                                       const struct et_series *s, double target)
{
    struct et_projection p = {.low = NAN, .high = NAN};
    const struct et_scaling_point *last = &s->v[s->n - 1];
    const char *why = unfit(run, s);
    double low = NAN, high = NAN;
    if (!why && last->rate_low >= target) {
        p.low = p.high = last->ranks;
        return p;
    }
    if (why)
        snprintf(p.refusal, sizeof p.refusal, "%s", why);
    else if (s->n < ET_SCALING_POINTS)
        snprintf(p.refusal, sizeof p.refusal,
                 "%zu team sizes, and a fit needs at least %d", s->n,
                 ET_SCALING_POINTS);
    else if (!s->line.ok || !(s->line.residual_worst <= ET_SCALING_RESIDUAL))
        snprintf(p.refusal, sizeof p.refusal,
                 "the fit misses a point by %.0f %%, more than %.0f %%",
                 100 * s->line.residual_worst, 100 * ET_SCALING_RESIDUAL);
    else if (s->strong && s->line.a < 0)
        snprintf(p.refusal, sizeof p.refusal,
                 "the fit's serial part is negative: time falls faster than "
                 "Amdahl's law allows");
    else
        range(s, target, &low, &high);
    if (p.refusal[0])
        return p;
    if (!isfinite(low) || !isfinite(high))
        snprintf(p.refusal, sizeof p.refusal,
                 "within its range the fit never reaches the target: %s",
                 s->strong ? "the serial part alone takes longer"
                           : "its efficiency falls to nothing before");
    else if (high > ET_SCALING_REACH * last->ranks)
        snprintf(p.refusal, sizeof p.refusal,
                 "it lies %.3g times beyond the largest team; a fit is trusted "
                 "up to %d times",
                 high / last->ranks, ET_SCALING_REACH);
    else if (high > last->ranks && last->r->result.team.nodes < 2)
        snprintf(p.refusal, sizeof p.refusal,
                 "all teams ran on one node: nothing is known of a network");
    if (!p.refusal[0]) {
        p.low = low;
        p.high = high;
    }
    return p;
}

struct et_latency_fit et_latency_fit(const struct et_run *run,
                                     const struct et_picks *group)
{
    struct et_latency_fit f = {{0}, NAN, NAN, NAN, NAN, NAN, NAN};
    double *x = et_alloc(group->n, sizeof *x);
    double *y = et_alloc(group->n, sizeof *y);
    size_t n = 0;
    for (size_t i = 0; x && y && i < group->n; i++) {
        const struct et_result *r = &run->records[group->v[i]].result;
        if (!(r->work.bytes > 0) || !(r->time.median > 0))
            continue;
        x[n] = r->work.bytes;
        y[n++] = r->time.median;
    }
    if (x && y)
        f.line = et_stat_line_relative(x, y, n);
    free(x);
    free(y);
    if (!f.line.ok)
        return f;
    double da = half(f.line.a_error, n), db = half(f.line.b_error, n);
    f.alpha = f.line.a;
    f.alpha_low = f.line.a - da;
    f.alpha_high = f.line.a + da;
    f.rate = f.line.b > 0 ? 1 / f.line.b : NAN;
    f.rate_low = f.line.b + db > 0 ? 1 / (f.line.b + db) : NAN;
    f.rate_high = f.line.b > db ? 1 / (f.line.b - db) : INFINITY;
    return f;
}
