/* Recomputation of a run from its own samples: whatever a record claims and
 * its samples do not give is a difference. Knows the formulas of harness/stat
 * and of the metrics; trusts nothing that it can work out.
 */
#include "config.h"
#include "results/store/verify.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/stat/series.h"
#include "results/reading/name.h"
#include "results/record/metric.h"
#include "results/store/sha256.h"

struct et_check_case et_check_case_of(const struct et_run *run,
                                      const struct et_record *r)
{
    return (struct et_check_case){run->dir, r->result.id, r->line + 1, ET_OK};
}

/* "DIR/records.jsonl:3", or "DIR" of a whole case. */
static const char *where(const struct et_check_case *c, char *buf, size_t n)
{
    if (c->line == 0)
        return c->dir;
    snprintf(buf, n, "%.900s/records.jsonl:%zu", c->dir, c->line);
    return buf;
}

static void differs(struct et_check_case *c, const char *what, double recorded,
                    double recomputed)
{
    char a[ET_TEXT_NUMBER], b[ET_TEXT_NUMBER], place[1000];
    c->status = et_error(
        ET_INFRA,
        "%s: case `%s`: %s is recorded as %s; worked out anew it is %s",
        where(c, place, sizeof place), c->id, what,
        isfinite(recorded) ? et_print_real(a, recorded) : "absent",
        isfinite(recomputed) ? et_print_real(b, recomputed) : "none");
}

void et_check_says(struct et_check_case *c, const char *what)
{
    char place[1000];
    c->status = et_error(ET_INFRA, "%s: case `%s`: %s",
                         where(c, place, sizeof place), c->id, what);
}

void et_check_same(struct et_check_case *c, const char *what, double recorded,
                   double recomputed)
{
    if (!isfinite(recorded) && !isfinite(recomputed))
        return;
    if (!(fabs(recorded - recomputed) <= 1e-12 * fabs(recomputed)))
        differs(c, what, recorded, recomputed);
}

/* Whether the samples settled and were enough, by the rules they were taken by.
 */
static void check_course(struct et_check_case *c,
                         const struct et_result_time *t,
                         const struct et_run_asked *a)
{
    const struct et_enough_rule rule = {ET_STAT_CONFIDENCE, a->precision,
                                        (size_t)a->samples, HUGE_VAL};
    if (isnan(a->precision) || a->samples == 0) {
        et_check_says(c,
                      "run.json has no precision, min-samples or passes that "
                      "its samples could be held against");
        return;
    }
    struct et_trend trend =
        et_series_trend(t->samples.v, t->samples.n, a->precision);
    /* A share of the median: what two nearly equal samples differ by has fewer
     * digits than they have. */
    if (!(fabs(t->drift - trend.change) <= 1e-12))
        et_check_same(c, "time_s.drift", t->drift, trend.change);
    et_check_same(c, "time_s.drift_p", t->drift_p, trend.p);
    if (t->drifts != trend.found)
        et_check_says(c, trend.found
                             ? "its samples drift, which it does not say"
                             : "it says that its samples drift, which "
                               "they do not");
    bool enough =
        et_series_enough(t->samples.v, t->samples.n, 0, &rule) == ET_ENOUGH;
    if (t->converged != enough)
        et_check_says(c, enough ? "its samples converged, which it does not say"
                                : "it says that its samples converged, which "
                                  "they did not");
}

static void check_time(struct et_check_case *c, const struct et_result_time *t)
{
    size_t n = t->samples.n;
    double *v = et_alloc(n, sizeof *v);
    if (!v) {
        et_check_says(c, "out of memory");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        v[i] = t->samples.v[i];
        if (!(v[i] > 0))
            et_check_says(c, "a sample is absent, zero or negative");
    }
    et_stat_sort(v, n);
    double effective = NAN;
    struct et_interval ci = et_series_median_interval(
        t->samples.v, n, ET_STAT_CONFIDENCE, &effective);
    et_check_same(c, "time_s.confidence", t->confidence, ET_STAT_CONFIDENCE);
    et_check_same(c, "time_s.n", t->n == ET_ABSENT_INT ? NAN : (double)t->n,
                  (double)n);
    et_check_same(c, "time_s.median", t->median, et_stat_quantile(v, n, 0.5));
    et_check_same(c, "time_s.ci_low", t->ci_low, ci.low);
    et_check_same(c, "time_s.ci_high", t->ci_high, ci.high);
    et_check_same(c, "time_s.min", t->min, n ? v[0] : NAN);
    et_check_same(c, "time_s.max", t->max, n ? v[n - 1] : NAN);
    et_check_same(c, "time_s.mean", t->mean, et_stat_mean(v, n));
    et_check_same(c, "time_s.p95", t->p95, et_stat_quantile(v, n, 0.95));
    et_check_same(c, "time_s.p99", t->p99, et_stat_quantile(v, n, 0.99));
    if (n > 0)
        et_check_same(c, "time_s.n_effective", t->n_effective, effective);
    free(v);
}

static void check_verification(struct et_check_case *c,
                               const struct et_result *r)
{
    const struct et_result_verification *v = &r->verification;
    bool right = v->error <= v->bound; /* false when either is absent */
    if (v->error < 0 || v->bound < 0)
        et_check_says(c, "its verification has an error or a bound below zero");
    if (v->status == ET_CHECK_PASSED && !right)
        et_check_says(
            c, "its verification says passed, its error and bound do not");
    if (v->status == ET_CHECK_FAILED && right)
        et_check_says(
            c, "its verification says failed, its error and bound do not");
    if (r->outcome == ET_MEASURED && v->status != ET_CHECK_PASSED)
        et_check_says(
            c, "it counts as measured, but its data was not found right");
    if (r->outcome == ET_WRONG_DATA && v->status == ET_CHECK_PASSED)
        et_check_says(c, "it counts as wrong, but its data was found right");
    if (v->status == ET_CHECK_PASSED && !v->method)
        et_check_says(c, "its verification says passed, and not by what");
    if (r->outcome == ET_MEASURED && v->error > v->usual * v->bound &&
        !et_pairs_get(&r->facts, "doubt"))
        et_check_says(c, "its errors use more of their bound than this "
                         "precision does, and it has no fact doubt");
}

/* The most that a rank's threads can have waited for a core: in samples that
 * are not marked, the share that is allowed there; in the others and in the
 * warm-up, all of the time. */
static double longest_wait(const struct et_result *r, enum et_role role)
{
    const struct et_result_time *t = &r->time;
    const struct et_reals *at = &r->disturbed.at;
    double sum = 0;
    for (size_t i = 0, next = 0; i < t->samples.n; i++) {
        bool marked = next < at->n && at->v[next] == (double)i;
        next += marked;
        sum += t->samples.v[i] * (marked ? 1 : et_disturbed_share(role));
    }
    for (size_t i = 0; i < t->transient.n; i++)
        sum += t->transient.v[i];
    return sum * (double)t->iterations;
}

/* How many samples something else disturbed, and whether these were many. */
static void check_disturbed(struct et_check_case *c, const struct et_run *run,
                            const struct et_record *of)
{
    const struct et_result *r = &of->result;
    const struct et_result_disturbed *d = &r->disturbed;
    bool looked = d->n != ET_ABSENT_INT;
    bool right = !d->many && d->most == ET_ABSENT_INT && d->at.n == 0;
    if (looked)
        right =
            d->n == (int64_t)d->at.n && d->most != ET_ABSENT_INT &&
            d->most >= 0 && d->most <= d->n &&
            d->most * r->team.ranks >= d->n &&
            d->many == et_disturbed_many(d->most, (double)r->time.samples.n);
    for (size_t i = 0; i < d->at.n; i++)
        right = right && d->at.v[i] >= 0 &&
                d->at.v[i] < (double)r->time.samples.n &&
                (i == 0 || d->at.v[i - 1] < d->at.v[i]);
    if (!right)
        et_check_says(c,
                      "what it says of disturbed samples contradicts itself");
    /* Times are rounded to 15 digits. */
    else if (looked &&
             d->waited > longest_wait(r, et_run_role(run, of)) * (1 + 1e-9))
        et_check_says(c, "its threads waited for a core longer than its "
                         "undisturbed samples allow");
}

static void check_metric(struct et_check_case *c, const struct et_metric *m,
                         const struct et_record *have,
                         const struct et_record *want)
{
    const struct et_metric_value *a = et_record_metric(have, m->name);
    const struct et_metric_value *b = et_record_metric(want, m->name);
    char what[96];
    if (!a && !b)
        return;
    snprintf(what, sizeof what, "metric %s", m->name);
    et_check_same(c, what, a ? a->value : NAN, b ? b->value : NAN);
    snprintf(what, sizeof what, "metric %s: ci_low", m->name);
    et_check_same(c, what, a ? a->ci_low : NAN, b ? b->ci_low : NAN);
    snprintf(what, sizeof what, "metric %s: ci_high", m->name);
    et_check_same(c, what, a ? a->ci_high : NAN, b ? b->ci_high : NAN);
    if (a && b &&
        (!a->unit || strcmp(a->unit, b->unit) != 0 || !a->better ||
         strcmp(a->better, b->better) != 0))
        et_check_says(
            c, "a metric has another unit or direction than its name gives");
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : !a && !b;
}

static void check_roofline(struct et_check_case *c, const struct et_roofline *a,
                           const struct et_roofline *b)
{
    for (const struct et_field *row = et_roofline_rows; row->key; row++) {
        char what[96];
        const char *x = (const char *)a + row->at;
        const char *y = (const char *)b + row->at;
        snprintf(what, sizeof what, "roofline.%s", row->key);
        if (row->type == ET_REAL)
            et_check_same(c, what, *(const double *)x, *(const double *)y);
    }
    if (!same_text(a->binds, b->binds))
        et_check_says(
            c, "its roofline names another ceiling than its figures give");
    if (!same_text(a->suspect, b->suspect))
        et_check_says(c,
                      "its roofline is not as suspect as its figures make it");
}

static void check_metrics(struct et_check_case *c, const struct et_record *r)
{
    /* Only read, and not freed: the result stays the record's. */
    struct et_result borrowed = r->result;
    struct et_record fresh;
    enum et_status s = et_record_make(&borrowed, &fresh);
    if (s) {
        c->status = s;
        return;
    }
    for (const struct et_metric *m = et_metrics; m->name; m++)
        check_metric(c, m, r, &fresh);
    check_roofline(c, &r->roofline, &fresh.roofline);
    if (r->metrics.n != fresh.metrics.n)
        et_check_says(c, "its metrics are not those that follow from its work");
    memset(&fresh.result, 0, sizeof fresh.result);
    et_record_free(&fresh);
}

/* A ceiling's rate is the one that its own samples give. */
static void check_ceilings(struct et_check_case *c, const struct et_result *r)
{
    const struct et_result_ceiling *v = r->ceilings.v;
    for (size_t i = 0; i < r->ceilings.n; i++) {
        char what[96];
        double median = et_stat_median(v[i].samples.v, v[i].samples.n);
        snprintf(what, sizeof what, "ceiling %s: rate",
                 v[i].what ? v[i].what : "without a name");
        et_check_same(c, what, v[i].rate, v[i].work / median);
        if (v[i].samples.n > 0 && !(v[i].iterations >= 1))
            et_check_says(c, "a ceiling's samples have no iterations");
        if (v[i].rate_low > v[i].rate || v[i].rate > v[i].rate_high)
            et_check_says(c, "a ceiling's rate lies outside its own interval");
    }
}

/* Where run.json places its ranks, and what their nodes have for the threads
 * that worked. */
static void check_team(struct et_check_case *c, const struct et_run *run,
                       const struct et_record *r)
{
    const struct et_result_team *t = &r->result.team;
    const struct et_run_placement *where = et_run_placed(run, r);
    double cores = 0, nodes = 0, ranks = 0;
    bool over = false;
    int64_t threads = et_result_busy_threads(t);
    if (!where && t->ranks <= run->info.ranks) {
        et_check_says(c, "run.json does not place its ranks");
        return;
    }
    if (!where) /* skipped: more ranks than there were */
        cores = NAN;
    for (size_t i = 0; where && i < where->groups.n; i++) {
        const struct et_run_group *g = where->groups.v;
        double busy = (double)g[i].ranks * (double)threads;
        bool known = g[i].cores != ET_ABSENT_INT;
        nodes += (double)g[i].nodes;
        ranks += (double)g[i].nodes * (double)g[i].ranks;
        cores +=
            (double)g[i].nodes * (known ? fmin(busy, (double)g[i].cores) : NAN);
        over = over || (known && busy > (double)g[i].cores) ||
               (g[i].quota > 0 && busy > g[i].quota);
    }
    et_check_same(c, "team.cores",
                  t->cores == ET_ABSENT_INT ? NAN : (double)t->cores, cores);
    if (t->oversubscribed != over)
        et_check_says(c, over ? "it had more busy threads than cores, which it "
                                "does not say"
                              : "it says that it was oversubscribed, which its "
                                "threads and cores do not give");
    if (where) {
        et_check_same(c, "team.nodes", (double)t->nodes, nodes);
        et_check_same(c, "team.ranks", (double)t->ranks, ranks);
    }
}

/* The nominal peak is the clock times what its origin begins with, "16
 * flop/cycle", and twice that in fp32 (harness/system/nominal_peak.h). */
static enum et_status check_peak(const struct et_run *run,
                                 const struct et_environment *e)
{
    double flop = e->peak_origin ? strtod(e->peak_origin, NULL) : 0;
    double peak = flop > 0 ? flop * e->clock_hz : NAN;
    bool none = isnan(e->peak_fp64) && isnan(e->peak_fp32);
    if ((none && isnan(peak)) ||
        (fabs(e->peak_fp64 - peak) <= 1e-12 * peak &&
         fabs(e->peak_fp32 - 2 * peak) <= 2e-12 * peak))
        return ET_OK;
    return et_error(ET_INFRA,
                    "%s/run.json: its nominal peak does not follow from its "
                    "clock and from `%s`",
                    run->dir, e->peak_origin ? e->peak_origin : "no origin");
}

/* What run.json says more than once. */
static enum et_status check_head(const struct et_run *run)
{
    const struct et_run_info *i = &run->info;
    const struct et_run_kind *kinds = i->kinds.v;
    bool fake = same_text(et_pairs_get(&i->config, "clock"), "fake");
    enum et_status s = check_peak(run, &i->environment);
    if (i->clock_fake != fake || same_text(i->clock, "fake") != fake)
        s = et_error(ET_INFRA,
                     "%s/run.json: by its option clock, its clock is %s fake, "
                     "and it says something else",
                     run->dir, fake ? "a" : "no");
    for (size_t k = 0; k < i->kinds.n; k++)
        s = et_status_worse(s, check_peak(run, &kinds[k].environment));
    return s;
}

static enum et_status check_plan(const struct et_run *run)
{
    const struct et_run_info *i = &run->info;
    char digest[ET_SHA256_HEX + 1];
    if (!i->plan_digest || !i->plan_text)
        return et_error(ET_INFRA, "%s: %s", run->dir,
                        i->plan_text ? "run.json has no digest of its plan"
                                     : "has no plan.ini");
    if (!et_sha256_bytes(i->plan_text, strlen(i->plan_text), digest))
        return et_error(ET_INFRA, "%s/plan.ini: cannot be digested", run->dir);
    if (strcmp(digest, i->plan_digest) != 0)
        return et_error(ET_INFRA,
                        "%s/plan.ini: is not the plan whose digest run.json "
                        "has",
                        run->dir);
    return ET_OK;
}

static int by_pass(const void *a, const void *b)
{
    const struct et_result *x = &(*(const struct et_record *const *)a)->result;
    const struct et_result *y = &(*(const struct et_record *const *)b)->result;
    int c = strcmp(x->id, y->id);
    return c ? c : (x->pass > y->pass) - (x->pass < y->pass);
}

/* How many passes a complete run has of a case, whose n these are, at least; 0:
 * it does not say. Its newest launch made its own, however many there were
 * before (harness/run/drive.c). */
static int64_t passes_of(const struct et_run *run,
                         const struct et_record *const *v, size_t n)
{
    int64_t each = et_run_asked(run).passes, before = 0, newest;
    int64_t launches = et_run_launches(run, &newest);
    if (each == 0 || strcmp(run->outcome, "complete") != 0)
        return 0;
    for (size_t i = 0; i < n; i++)
        before += v[i]->launch < newest;
    return before + each > each * launches ? before + each : each * launches;
}

/* The work of a ceiling's iteration is that of its case, in each pass. */
static void check_same_ceilings(struct et_check_case *c,
                                const struct et_record *a,
                                const struct et_record *b)
{
    const struct et_result_ceiling *x = a->result.ceilings.v;
    const struct et_result_ceiling *y = b->result.ceilings.v;
    if (a->result.ceilings.n != b->result.ceilings.n) {
        et_check_says(c, "its passes have not as many ceilings each");
        return;
    }
    for (size_t i = 0; i < a->result.ceilings.n; i++) {
        if (!same_text(x[i].id, y[i].id) ||
            (isfinite(x[i].work) && isfinite(y[i].work) &&
             x[i].work != y[i].work))
            et_check_says(c, "a ceiling is not the same in each of its passes");
    }
}

/* The n passes of a case, by number: a slow one that was left out would make
 * the case fast. */
static enum et_status check_case_passes(const struct et_run *run,
                                        const struct et_record *const *v,
                                        size_t n)
{
    int64_t want = passes_of(run, v, n);
    struct et_check_case c = {run->dir, v[0]->result.id, 0, ET_OK};
    char what[96];
    bool measured = true;
    for (size_t i = 0; i < n; i++) {
        measured = measured && v[i]->result.outcome == ET_MEASURED;
        if (v[i]->result.pass != (int64_t)i) {
            snprintf(what, sizeof what, "its pass %zu is missing", i);
            et_check_says(&c, what);
            return c.status;
        }
        if (i == 0 || v[i - 1]->launch < v[i]->launch)
            continue;
        /* What was not measured is the last pass that its launch made. */
        if (v[i - 1]->launch > v[i]->launch ||
            v[i - 1]->result.outcome != ET_MEASURED) {
            snprintf(what, sizeof what,
                     "no launch makes its pass %zu after its pass %zu", i,
                     i - 1);
            et_check_says(&c, what);
        } else if (v[i]->result.outcome == ET_MEASURED) {
            check_same_ceilings(&c, v[i - 1], v[i]);
        }
    }
    if (measured && (int64_t)n < want) {
        snprintf(what, sizeof what, "has %zu passes; the run made %lld", n,
                 (long long)want);
        et_check_says(&c, what);
    }
    return c.status;
}

static enum et_status check_passes(const struct et_run *run)
{
    const struct et_record **v = et_alloc(run->n, sizeof *v);
    enum et_status s = ET_OK;
    if (!v)
        return et_error(ET_INFRA, "%s: out of memory", run->dir);
    for (size_t i = 0; i < run->n; i++)
        v[i] = &run->records[i];
    if (run->n > 1)
        qsort(v, run->n, sizeof *v, by_pass);
    for (size_t i = 0, end; i < run->n; i = end) {
        for (end = i + 1;
             end < run->n && strcmp(v[end]->result.id, v[i]->result.id) == 0;)
            end++;
        s = et_status_worse(s, check_case_passes(run, &v[i], end - i));
    }
    free(v);
    return s;
}

enum et_status et_verify_figures(const struct et_run *run)
{
    enum et_status s = et_status_worse(check_plan(run), check_passes(run));
    s = et_status_worse(s, check_head(run));
    const struct et_run_asked asked = et_run_asked(run);
    for (size_t i = 0; i < run->n; i++) {
        const struct et_record *r = &run->records[i];
        struct et_check_case c = et_check_case_of(run, r);
        if (r->result.outcome == ET_MEASURED || r->result.time.samples.n > 0)
            check_time(&c, &r->result.time);
        if (r->result.outcome == ET_MEASURED &&
            !(r->result.time.iterations >= 1))
            et_check_says(&c, "its samples have no iterations");
        if (r->result.outcome == ET_MEASURED)
            check_course(&c, &r->result.time, &asked);
        check_team(&c, run, r);
        check_verification(&c, &r->result);
        check_disturbed(&c, run, r);
        check_metrics(&c, r);
        check_ceilings(&c, &r->result);
        s = et_status_worse(s, c.status);
    }
    return s;
}
