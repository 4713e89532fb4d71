/* The passes of a case into one record. Knows what each member of a result
 * means for several; draws nothing and reads no file.
 */
#include "config.h"
#include "results/reading/merge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/stat/passes.h"
#include "results/reading/group.h"
#include "results/reading/merge_parts.h"
#include "results/reading/usual.h"

/* Records of one case, in order of pass. */
struct passes {
    struct et_record **v;
    size_t n;
    double precision; /* that the run asked for; NAN: not known */
    double *room;     /* for n numbers */
    int64_t *launch;  /* of each */
};

static bool append(struct et_reals *to, const struct et_reals *from)
{
    for (size_t i = 0; i < from->n; i++) {
        if (!et_reals_add(to, from->v[i]))
            return false;
    }
    return true;
}

/* Outcomes by how grave they are for the case. */
static int gravity(int outcome)
{
    switch (outcome) {
    case ET_WRONG_DATA:
        return 3;
    case ET_FAILED:
        return 2;
    case ET_MEASURED:
        return 1;
    default: /* unsupported, skipped, unmeasured: nothing came of it */
        return 0;
    }
}

/* Those that the case stands by: the gravest. */
static void keep_gravest(struct passes *p)
{
    int most = 0;
    for (size_t i = 0; i < p->n; i++) {
        int g = gravity(p->v[i]->result.outcome);
        most = g > most ? g : most;
    }
    size_t kept = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (gravity(p->v[i]->result.outcome) == most)
            p->v[kept++] = p->v[i];
    }
    p->n = kept;
}

static double spread_within(const struct et_result_time *t, double *sorted)
{
    memcpy(sorted, t->samples.v, t->samples.n * sizeof *sorted);
    et_stat_sort(sorted, t->samples.n);
    return (et_stat_quantile(sorted, t->samples.n, 0.75) -
            et_stat_quantile(sorted, t->samples.n, 0.25)) /
           t->median;
}

/* Each pass by itself, before the first takes the others' samples. */
static bool list_passes(const struct passes *p, struct et_list *out)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct et_record *r = p->v[i];
        const struct et_result_time *t = &r->result.time;
        struct et_result_pass *pass = et_list_add(out, sizeof *pass);
        double *sorted = et_alloc(t->samples.n + 1, sizeof *sorted);
        if (pass && sorted)
            *pass = (struct et_result_pass){
                r->result.pass,           r->launch,         t->n, t->median,
                spread_within(t, sorted), r->result.sync.hop};
        free(sorted);
        if (!pass || !sorted)
            return false;
    }
    return true;
}

/* A trend within a pass is a trend of the case where most passes have it. */
static void merge_drift(const struct passes *p, struct et_result_time *into)
{
    size_t drifting = 0;
    const struct et_result_time *worst = into;
    for (size_t i = 0; i < p->n; i++) {
        const struct et_result_time *t = &p->v[i]->result.time;
        drifting += t->drifts;
        if (fabs(t->drift) > fabs(worst->drift) || isnan(worst->drift))
            worst = t;
    }
    into->drift = worst->drift;
    into->drift_p = worst->drift_p;
    into->drifts = 2 * drifting > p->n;
}

static bool summarise(const struct passes *p, struct et_result_time *into)
{
    const struct et_result_pass *pass = into->passes.v;
    struct et_passes all;
    for (size_t i = 0; i < p->n; i++)
        p->room[i] = pass[i].median;
    if (!et_passes_summarise(p->room, p->launch, p->n, into->confidence, &all))
        return false;
    into->median = all.median;
    into->ci_low = all.interval.low;
    into->ci_high = all.interval.high;
    into->between = all.between;
    for (size_t i = 0; i < p->n; i++)
        p->room[i] = pass[i].within;
    into->within = et_stat_median(p->room, p->n);
    return true;
}

/* Independent samples in all: of a pass with too few to tell, all of them. */
static double count_effective(const struct passes *p)
{
    double sum = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct et_result_time *t = &p->v[i]->result.time;
        sum += isnan(t->n_effective) ? (double)t->n : t->n_effective;
    }
    return sum;
}

/* Of all samples together. */
static bool describe_samples(struct et_result_time *t)
{
    size_t n = t->samples.n;
    double *sorted = et_alloc(n + 1, sizeof *sorted);
    if (!sorted)
        return false;
    memcpy(sorted, t->samples.v, n * sizeof *sorted);
    et_stat_sort(sorted, n);
    t->n = (int64_t)n;
    t->warmup = (int64_t)t->transient.n;
    t->min = n ? sorted[0] : NAN;
    t->max = n ? sorted[n - 1] : NAN;
    t->mean = et_stat_mean(t->samples.v, n);
    t->p95 = et_stat_quantile(sorted, n, 0.95);
    t->p99 = et_stat_quantile(sorted, n, 0.99);
    free(sorted);
    return true;
}

static bool merge_time(const struct passes *p, struct et_result_time *into)
{
    bool ok = list_passes(p, &into->passes) && summarise(p, into);
    merge_drift(p, into);
    into->n_effective = count_effective(p);
    for (size_t i = 1; ok && i < p->n; i++) {
        const struct et_result_time *t = &p->v[i]->result.time;
        ok = append(&into->samples, &t->samples) &&
             append(&into->transient, &t->transient);
    }
    return ok && describe_samples(into);
}

/* The median of those that know it. */
static double merge_hop(const struct passes *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (isfinite(p->v[i]->result.sync.hop))
            p->room[n++] = p->v[i]->result.sync.hop;
    }
    return n ? et_stat_median(p->room, n) : NAN;
}

/* The samples of a pass stand behind those of the passes before it. */
static bool merge_sync(const struct passes *p, struct et_result_sync *into)
{
    double before = (double)p->v[0]->result.time.n;
    into->hop = merge_hop(p);
    for (size_t i = 1; i < p->n; i++) {
        struct et_result_sync *s = &p->v[i]->result.sync;
        if (s->start && strcmp(s->start, "barrier") == 0 && into->start &&
            strcmp(into->start, "barrier") != 0) {
            char *start = into->start, *reason = into->reason;
            into->start = s->start;
            into->reason = s->reason;
            s->start = start;
            s->reason = reason;
        }
        into->error = fmax(into->error, s->error);
        into->error_after = fmax(into->error_after, s->error_after);
        into->window = fmax(into->window, s->window);
        if (s->missed != ET_ABSENT_INT)
            into->missed = into->missed == ET_ABSENT_INT
                               ? s->missed
                               : into->missed + s->missed;
        for (size_t k = 0; k < s->late.n; k++) {
            if (!et_reals_add(&into->late, before + s->late.v[k]))
                return false;
        }
        before += (double)p->v[i]->result.time.n;
    }
    return true;
}

/* The figures of what else the machine did, of all passes: what grows adds up.
 */
static bool merge_disturbed(const struct passes *p,
                            struct et_result_disturbed *into)
{
    double before = (double)p->v[0]->result.time.n;
    for (size_t i = 1; i < p->n; i++) {
        struct et_result_disturbed *d = &p->v[i]->result.disturbed;
        bool unknown = into->n == ET_ABSENT_INT || d->n == ET_ABSENT_INT;
        into->n = unknown ? ET_ABSENT_INT : into->n + d->n;
        into->most = unknown ? ET_ABSENT_INT : into->most + d->most;
        into->waited += d->waited; /* NAN: of a pass it is not known */
        into->switches += d->switches;
        into->stolen += d->stolen;
        into->throttled += d->throttled;
        into->hot += d->hot;
        into->load = fmax(into->load, d->load);
        for (size_t k = 0; k < d->at.n; k++) {
            if (!et_reals_add(&into->at, before + d->at.v[k]))
                return false;
        }
        before += (double)p->v[i]->result.time.n;
        if (!into->absents.n) {
            struct et_list none = into->absents;
            into->absents = d->absents;
            d->absents = none;
        }
    }
    into->many = et_disturbed_many(into->most, before);
    return true;
}

/* Of the threads the fewest, of the cores that they had likewise. */
static void merge_team(const struct passes *p, struct et_result_team *into)
{
    for (size_t i = 1; i < p->n; i++) {
        struct et_result_team *t = &p->v[i]->result.team;
        into->oversubscribed |= t->oversubscribed;
        /* Counted in the first pass of a process; it says why it could not. */
        if (t->delivered == ET_ABSENT_INT && !t->delivered_absent)
            continue;
        bool lacks = t->delivered == ET_ABSENT_INT ||
                     (into->delivered != ET_ABSENT_INT &&
                      t->delivered < into->delivered);
        if (!lacks)
            continue;
        char *absent = into->delivered_absent;
        into->delivered = t->delivered;
        into->cores = t->cores;
        into->delivered_absent = t->delivered_absent;
        t->delivered_absent = absent;
    }
}

/* Of the checks the one with the largest error for its bound. */
static bool merge_verification(const struct passes *p,
                               struct et_result_verification *into)
{
    for (size_t i = 1; i < p->n; i++) {
        const struct et_result_verification *v = &p->v[i]->result.verification;
        if (v->status != ET_CHECK_PASSED)
            into->status = v->status;
        if (v->error * into->bound > into->error * v->bound ||
            isnan(into->error)) {
            into->error = v->error;
            into->bound = v->bound;
        }
        into->certain = fmax(into->certain, v->certain);
        into->spent += v->spent;
        if (into->sampled != ET_ABSENT_INT && v->sampled != ET_ABSENT_INT)
            into->sampled += v->sampled;
        for (size_t k = 0; k < v->odd.n; k++) {
            if (!et_strings_has(&into->odd, v->odd.v[k]) &&
                !et_strings_add(&into->odd, v->odd.v[k]))
                return false;
        }
    }
    return true;
}

static void merge_energy(const struct passes *p, struct et_result_energy *into)
{
    for (size_t i = 1; i < p->n; i++) {
        struct et_result_energy *e = &p->v[i]->result.energy;
        into->joules += e->joules; /* NAN: of a pass it is not known */
        into->iterations += e->iterations;
        if (!into->absent) {
            into->absent = e->absent;
            e->absent = NULL;
        }
    }
}

/* Events are counted in the first pass of a process. */
static void merge_counters(const struct passes *p,
                           struct et_result_counters *into)
{
    for (size_t i = 1; i < p->n && !into->source; i++) {
        struct et_result_counters *c = &p->v[i]->result.counters;
        if (c->source) {
            struct et_result_counters none = *into;
            *into = *c;
            *c = none;
        }
    }
}

static int by_number(const void *a, const void *b)
{
    double x = strtod(*(const char *const *)a, NULL);
    double y = strtod(*(const char *const *)b, NULL);
    return (x > y) - (x < y);
}

/* A fact of the passes as one: of numbers the middle one, of an even number of
 * them the lower; of words that differ "mixed"; NULL: no memory. */
static const char *merge_fact(const struct passes *p, const char *key,
                              const char *first)
{
    const char **texts = et_alloc(p->n, sizeof *texts), *one = first;
    size_t n = 0;
    char *end;
    if (!texts)
        return NULL;
    (void)strtod(first, &end);
    for (size_t i = 0; i < p->n; i++) {
        const char *text = et_pairs_get(&p->v[i]->result.facts, key);
        if (text)
            texts[n++] = text;
        if (!text || strcmp(text, first) != 0)
            one = "mixed";
    }
    if (!*end) {
        qsort(texts, n, sizeof *texts, by_number);
        one = texts[(n - 1) / 2];
    }
    free(texts);
    return one;
}

/* A doubt of any pass is one of the case: the first stands. */
static bool merge_facts(const struct passes *p, struct et_pairs *into)
{
    for (size_t i = 1; i < p->n && !et_pairs_get(into, "doubt"); i++) {
        const char *doubt = et_pairs_get(&p->v[i]->result.facts, "doubt");
        if (doubt && !et_pairs_set(into, "doubt", doubt, false))
            return false;
    }
    for (size_t k = 0; k < into->n; k++) {
        if (strcmp(into->v[k].key, "doubt") == 0)
            continue;
        const char *one = merge_fact(p, into->v[k].key, into->v[k].text);
        if (!one || !et_pairs_set(into, into->v[k].key, one, into->v[k].number))
            return false;
    }
    return true;
}

/* What the binding ceiling moved by, the case may have moved by as well, where
 * its few passes did not see it. Where nothing says which one binds, the
 * compute ceiling counts, or the one that there is. */
static enum et_status widen(struct et_result *r)
{
    struct et_roofline line = {0};
    enum et_status s = et_roofline_make(r, &line);
    const struct et_result_ceiling *c =
        et_result_ceiling_of(r, line.binds ? line.binds : "compute");
    if (!c)
        c = et_result_ceiling_of(r, "memory");
    if (s == ET_OK && c && c->rate_low > 0 && c->rate_high > 0) {
        struct et_result_time *t = &r->time;
        struct et_interval own = {t->ci_low, t->ci_high},
                           its = {1 / c->rate_high, 1 / c->rate_low};
        et_passes_widen(&own, t->median, &its, 1 / c->rate);
        t->ci_low = own.low;
        t->ci_high = own.high;
    }
    et_fields_free(et_roofline_rows, &line, sizeof line);
    return s;
}

static bool gather(const struct passes *p)
{
    struct et_result *into = &p->v[0]->result;
    bool ok = et_merge_ceilings(p->v, p->n, p->launch) &&
              et_merge_spreads(p->v, p->n) && merge_sync(p, &into->sync) &&
              merge_disturbed(p, &into->disturbed) &&
              merge_time(p, &into->time) &&
              merge_verification(p, &into->verification) &&
              merge_facts(p, &into->facts);
    merge_energy(p, &into->energy);
    merge_counters(p, &into->counters);
    merge_team(p, &into->team);
    for (size_t i = 1; i < p->n; i++)
        into->spent += p->v[i]->result.spent;
    return ok;
}

/* The first of them becomes the record of the case. */
static enum et_status merge_case(struct passes *p)
{
    keep_gravest(p);
    struct et_record *r = p->v[0];
    if (r->result.outcome != ET_MEASURED)
        return ET_OK;
    for (size_t i = 0; i < p->n; i++)
        p->launch[i] = p->v[i]->launch;
    if (!gather(p))
        return et_no_memory();
    struct et_result_time *t = &r->result.time;
    enum et_status s = widen(&r->result);
    t->converged = t->ci_high - t->ci_low <= p->precision * t->median;
    return s == ET_OK ? et_record_remake(r) : s;
}

/* Merges the records of each case; `gone`: those that are no case's any more.
 */
static enum et_status merge_all(struct et_run *run,
                                const struct et_groups *cases, struct passes *p,
                                bool *gone)
{
    struct et_record **room = p->v;
    enum et_status s = ET_OK;
    for (size_t i = 0; s == ET_OK && i < cases->n; i++) {
        const struct et_picks *lines = &cases->v[i];
        for (size_t k = 0; k < lines->n; k++) {
            room[k] = &run->records[lines->v[k]];
            gone[lines->v[k]] = k > 0;
        }
        p->n = lines->n;
        s = merge_case(p);
        /* The case stands where its first line stood. */
        struct et_record *first = &run->records[lines->v[0]];
        if (p->v[0] != first) {
            struct et_record other = *first;
            *first = *p->v[0];
            *p->v[0] = other;
        }
    }
    return s;
}

static double sum_of(const struct et_reals *samples, int64_t iterations)
{
    double sum = 0;
    for (size_t i = 0; i < samples->n; i++)
        sum += samples->v[i];
    return iterations == ET_ABSENT_INT ? 0 : sum * (double)iterations;
}

struct et_run_times et_run_count_times(const struct et_run *passes)
{
    struct et_run_times t = {0};
    for (size_t i = 0; i < passes->n; i++) {
        const struct et_result *r = &passes->records[i].result;
        const struct et_result_ceiling *c = r->ceilings.v;
        t.passes += isnan(r->spent) ? 0 : r->spent;
        t.samples += sum_of(&r->time.samples, r->time.iterations);
        for (size_t k = 0; k < r->ceilings.n; k++)
            t.ceilings += sum_of(&c[k].samples, c[k].iterations);
    }
    return t;
}

static enum et_status merge_cases(struct et_run *run)
{
    size_t n = run->n;
    struct et_picks all = {0};
    struct et_groups cases = {0};
    bool *gone = et_alloc(n, sizeof *gone);
    struct passes p = {.v = et_alloc(n, sizeof *p.v),
                       .room = et_alloc(n, sizeof *p.room),
                       .launch = et_alloc(n, sizeof *p.launch),
                       .precision = et_run_asked(run).precision};
    enum et_status s = ET_OK;
    if (n > 0 && (!gone || !p.v || !p.room || !p.launch ||
                  !et_picks_take(&all, run, NULL) ||
                  !et_groups_make(&cases, run, &all, ET_KEY_CASE)))
        s = et_no_memory();
    if (s == ET_OK && n > 0) {
        s = merge_all(run, &cases, &p, gone);
        size_t kept = 0;
        for (size_t i = 0; i < n; i++) {
            if (gone[i])
                et_record_free(&run->records[i]);
            else
                run->records[kept++] = run->records[i];
        }
        run->n = kept;
        if (s == ET_OK)
            s = et_usual_widen(run, p.precision);
    }
    et_groups_free(&cases);
    et_picks_free(&all);
    free(gone);
    free(p.v);
    free(p.room);
    free(p.launch);
    return s;
}

enum et_status et_run_merge(struct et_run *run)
{
    enum et_status s = et_repeat_find(run, &run->repeat);
    run->times = et_run_count_times(run);
    return s == ET_OK ? merge_cases(run) : s;
}
