/* Speed: how often the interval of a run contains what the others measured, how
 * often `etalon compare` cries wolf, and how often it finds a true slowdown, on
 * runs of one plan on one machine that did not change. Runs are
 * drawn as baselines and as tonight's again and again; a slowdown is put into
 * tonight's by making its times longer. Prints tables; asserts nothing. Usage:
 * aa DIR DIR DIR DIR...
 */
#include "config.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/random.h"
#include "harness/stat/stat.h"
#include "results/reading/name.h"
#include "results/reading/sound.h"
#include "results/verdict/compare.h"

#define TOLERANCE 0.03 /* as `etalon compare` has it */
enum { MOST_BASELINES = 5, DRAWS = 1000, POWER_DRAWS = 400 };

static const char *const kinds[] = {"compute", "memory", "network", "storage"};
enum { KINDS = sizeof kinds / sizeof *kinds };

struct runs {
    struct et_run *v;
    size_t n;
};

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "aa: %s\n", what);
    exit(4);
}

/* --- drawing ------------------------------------------------------------ */

struct draw {
    const struct et_run *baselines[MOST_BASELINES];
    struct et_run *now;
};

/* Numbers from a stream, one after another. */
struct dice {
    uint64_t stream, thrown;
};

static size_t throw(struct dice * d, size_t n)
{
    return (size_t)(et_random_u64(d->stream, d->thrown++) % n);
}

/* `m` baselines and tonight's, all different, by a random order. */
static struct draw draw_runs(const struct runs *r, size_t m, struct dice *dice)
{
    struct draw d;
    size_t order[64];
    need(r->n <= 64 && r->n > m, "from 4 to 64 runs are needed");
    for (size_t i = 0; i < r->n; i++)
        order[i] = i;
    for (size_t i = 0; i <= m; i++) {
        size_t k = i + throw(dice, r->n - i);
        size_t other = order[i];
        order[i] = order[k];
        order[k] = other;
    }
    for (size_t i = 0; i < m; i++)
        d.baselines[i] = &r->v[order[i]];
    d.now = &r->v[order[m]];
    return d;
}

/* --- what is found ------------------------------------------------------- */

struct counts {
    size_t drawn, exit[6], kinds[KINDS], cases[KINDS];
};

static size_t kind_of(const char *work)
{
    size_t k = 0;
    while (k < KINDS && strcmp(kinds[k], work) != 0)
        k++;
    return k;
}

static void count(const struct draw *d, size_t m, struct counts *c)
{
    struct et_comparisons found;
    bool kind_worse[KINDS] = {0}, case_worse[KINDS] = {0};
    need(et_compare(d->baselines, m, d->now, TOLERANCE, &found) == ET_OK,
         "cannot compare");
    for (size_t i = 0; i < found.n; i++) {
        const struct et_comparison *v = &found.v[i];
        size_t k = kind_of(v->work);
        if (v->change == ET_CHANGE_WORSE && k < KINDS)
            *(v->id ? &case_worse[k] : &kind_worse[k]) = true;
    }
    c->drawn++;
    c->exit[et_comparisons_status(&found)]++;
    for (size_t k = 0; k < KINDS; k++) {
        c->kinds[k] += kind_worse[k];
        c->cases[k] += case_worse[k];
    }
    et_comparisons_free(&found);
}

static double percent(size_t k, size_t n)
{
    return n ? 100 * (double)k / (double)n : NAN;
}

static void print_false_alarms(const struct runs *r)
{
    static const size_t ms[] = {1, 2, 3, 5};
    printf("%-10s %6s %7s %7s %7s   %s\n", "baselines", "drawn", "exit 0",
           "exit 1", "exit 5", "worse: kinds, then single cases");
    for (size_t i = 0; i < sizeof ms / sizeof *ms && ms[i] < r->n; i++) {
        struct dice dice = {.stream = et_random_stream(1, ms[i])};
        struct counts c = {0};
        for (int k = 0; k < DRAWS; k++) {
            struct draw d = draw_runs(r, ms[i], &dice);
            count(&d, ms[i], &c);
        }
        printf("%-10zu %6zu %5.1f %% %5.1f %% %5.1f %%  ", ms[i], c.drawn,
               percent(c.exit[ET_OK], c.drawn),
               percent(c.exit[ET_MISSED], c.drawn),
               percent(c.exit[ET_UNSURE], c.drawn));
        for (size_t k = 0; k < KINDS; k++)
            printf(" %s %.1f %%, %.1f %%", kinds[k],
                   percent(c.kinds[k], c.drawn), percent(c.cases[k], c.drawn));
        printf("\n");
    }
}

/* --- true slowdowns ------------------------------------------------------ */

static void slow_down(struct et_record *r, double by)
{
    struct et_result_time *t = &r->result.time;
    struct et_result_pass *p = t->passes.v;
    t->median *= by;
    t->ci_low *= by;
    t->ci_high *= by;
    for (size_t i = 0; i < t->passes.n; i++)
        p[i].median *= by;
    need(et_record_remake(r) == ET_OK, "out of memory");
}

/* The k-th record of that kind of work that can be compared; NULL: there are
 * not so many. */
static struct et_record *nth(struct et_run *run, const char *work, size_t k)
{
    for (size_t i = 0; i < run->n; i++) {
        struct et_record *r = &run->records[i];
        if (et_record_checked(r) && et_run_merit(run, r) &&
            strcmp(et_run_work(run, r), work) == 0 && k-- == 0)
            return r;
    }
    return NULL;
}

static const struct et_record *find(const struct et_run *run, const char *id)
{
    for (size_t i = 0; i < run->n; i++) {
        const struct et_record *r = &run->records[i];
        if (strcmp(r->result.id, id) == 0 && et_record_measured(r))
            return r;
    }
    return NULL;
}

/* What a comparison says of a slowdown. */
struct told {
    bool counts, found; /* it could be judged; it is called worse */
};

/* The case itself, or its whole kind, which may be by a case where they are too
 * few to be judged together. */
static struct told ask(const struct draw *d, size_t m, const char *work,
                       const char *id)
{
    struct et_comparisons found;
    struct told told = {false, false};
    bool together = false;
    need(et_compare(d->baselines, m, d->now, TOLERANCE, &found) == ET_OK,
         "cannot compare");
    for (size_t i = 0; i < found.n; i++) {
        const struct et_comparison *v = &found.v[i];
        bool same = strcmp(v->work, work) == 0;
        together = together || (same && !v->id);
        bool meant = !v->id ? same && !id
                     : id   ? strcmp(v->id, id) == 0
                            : same && !together;
        told.counts =
            told.counts || (meant && !isnan(v->id ? v->own.p : v->all.p));
        told.found = told.found || (meant && v->change == ET_CHANGE_WORSE);
    }
    et_comparisons_free(&found);
    return told;
}

struct power {
    double all, counted; /* per cent of the draws; of those that counted */
};

/* One case of the kind, or all. */
static struct power power(const struct runs *r, size_t m, const char *work,
                          bool all, double by)
{
    struct dice dice = {.stream = et_random_stream(2, m)};
    size_t found = 0, counted = 0, drawn = 0, n = 0;
    while (nth(&r->v[0], work, n))
        n++;
    for (int k = 0; n > 0 && k < POWER_DRAWS; k++) {
        struct draw d = draw_runs(r, m, &dice);
        size_t one = throw(&dice, n);
        const struct et_record *example = nth(d.now, work, one);
        for (size_t i = 0; i < n; i++) {
            struct et_record *x = nth(d.now, work, i);
            if (x && (all || i == one))
                slow_down(x, by);
        }
        drawn++;
        if (example) {
            struct told t = ask(&d, m, work, all ? NULL : example->result.id);
            counted += t.counts;
            found += t.found;
        }
        for (size_t i = 0; i < n; i++) {
            struct et_record *x = nth(d.now, work, i);
            if (x && (all || i == one))
                slow_down(x, 1 / by);
        }
    }
    return (struct power){percent(found, drawn), percent(found, counted)};
}

static void print_power(const struct runs *r)
{
    static const double by[] = {1.05, 1.1, 1.2, 1.5, 2};
    enum { N = sizeof by / sizeof *by };
    printf("%-22s", "found, 3 baselines");
    for (size_t i = 0; i < N; i++)
        printf(" %9.0f %%", 100 * (by[i] - 1));
    printf("   longer; (of the draws that had no flaw)\n");
    for (size_t k = 0; k < KINDS; k++) {
        for (int all = 0; all < 2; all++) {
            printf("%-8s %-13s", kinds[k], all ? "all cases" : "one case");
            for (size_t i = 0; i < N; i++) {
                struct power p = power(r, 3, kinds[k], all, by[i]);
                if (isnan(p.counted))
                    printf(" %3.0f   (-) %%", p.all);
                else
                    printf(" %3.0f (%3.0f) %%", p.all, p.counted);
            }
            printf("\n");
        }
    }
}

/* --- what the machine shows ---------------------------------------------- */

static double spread(const double *v, size_t n)
{
    double mean = et_stat_mean(v, n), sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (v[i] - mean) * (v[i] - mean);
    return n > 1 ? sqrt(sum / (double)(n - 1)) : NAN;
}

/* Standard deviations in per cent: of a case from run to run, and of the passes
 * within a run; and how often a case has no flaw. */
static void print_machine(const struct runs *r)
{
    printf("%-8s %5s %14s %14s %9s\n", "", "cases", "run to run", "in a run",
           "no flaw");
    for (size_t k = 0; k < KINDS; k++) {
        double runs[64], between = 0, within = 0;
        size_t n = 0, sound = 0, seen = 0;
        for (; nth(&r->v[0], kinds[k], n); n++) {
            const char *id = nth(&r->v[0], kinds[k], n)->result.id;
            size_t there = 0;
            double inside = 0;
            for (size_t i = 0; i < r->n; i++) {
                const struct et_record *x = nth(&r->v[i], kinds[k], n);
                double passes[64];
                size_t m = 0;
                if (!x || strcmp(x->result.id, id) != 0)
                    continue;
                const struct et_result_pass *p = x->result.time.passes.v;
                for (; m < x->result.time.passes.n && m < 64; m++)
                    passes[m] = log(p[m].median);
                inside += spread(passes, m);
                runs[there++] = log(x->result.time.median);
                sound += et_sound(x, NULL, NULL);
                seen++;
            }
            between += spread(runs, there);
            within += inside / (double)there;
        }
        if (n)
            printf("%-8s %5zu %12.1f %% %12.1f %% %7.0f %%\n", kinds[k], n,
                   100 * between / (double)n, 100 * within / (double)n,
                   percent(sound, seen));
    }
}

/* --- intervals ------------------------------------------------------------ */

struct held {
    size_t all, of_all, converged, of_converged;
};

static void hold(struct held *h, const struct et_result_time *t, double truth)
{
    bool yes = t->ci_low <= truth && truth <= t->ci_high;
    if (isnan(t->ci_low) || isnan(truth))
        return;
    h->of_all++;
    h->all += yes;
    h->of_converged += t->converged;
    h->converged += yes && t->converged;
}

static void print_held(const char *what, const struct held *h)
{
    printf("%-34s %5zu of %5zu, %3.0f %%   %4zu of %4zu, %3.0f %%\n", what,
           h->all, h->of_all, percent(h->all, h->of_all), h->converged,
           h->of_converged, percent(h->converged, h->of_converged));
}

/* Where each interval of each run should have the result of the others. */
static void print_intervals(const struct runs *r)
{
    struct held others = {0}, near = {0}, any = {0}, kind[KINDS] = {{0}};
    for (size_t c = 0; c < r->v[0].n; c++) {
        const struct et_record *example = &r->v[0].records[c];
        const struct et_record *x[64];
        double rest[64];
        size_t k = kind_of(et_run_work(&r->v[0], example));
        for (size_t i = 0; i < r->n; i++)
            x[i] = find(&r->v[i], example->result.id);
        for (size_t i = 0; i < r->n; i++) {
            size_t n = 0;
            for (size_t j = 0; x[i] && j < r->n; j++) {
                if (j == i || !x[j])
                    continue;
                rest[n] = x[j]->result.time.median;
                hold(&any, &x[i]->result.time, rest[n]);
                if (j + 1 == i || i + 1 == j)
                    hold(&near, &x[i]->result.time, rest[n]);
                n++;
            }
            if (n == 0)
                continue;
            double truth = et_stat_median(rest, n);
            hold(&others, &x[i]->result.time, truth);
            if (k < KINDS)
                hold(&kind[k], &x[i]->result.time, truth);
        }
    }
    printf("\n%-34s %-22s %s\n", "The interval of one run contains",
           "all cases", "of the converged");
    print_held("the median of the others", &others);
    for (size_t k = 0; k < KINDS; k++) {
        char name[64];
        snprintf(name, sizeof name, "  %s", kinds[k]);
        print_held(name, &kind[k]);
    }
    print_held("the run before, or after", &near);
    print_held("any one other", &any);
}

/* As if each case could be relied on, whatever its passes show: the hardest
 * question to the statistics alone. */
static void trust_all(struct runs *r)
{
    for (size_t i = 0; i < r->n; i++) {
        for (size_t k = 0; k < r->v[i].n; k++) {
            struct et_result *x = &r->v[i].records[k].result;
            x->time.converged = true;
            x->time.drifts = false;
            x->disturbed.many = false;
        }
    }
}

int main(int argc, char **argv)
{
    struct runs r = {.v = calloc((size_t)argc, sizeof *r.v)};
    need(r.v != NULL, "out of memory");
    for (int i = 1; i < argc; i++) {
        need(et_run_load(argv[i], &r.v[r.n]) == ET_OK, argv[i]);
        r.n++;
    }
    need(r.n >= 4 && r.n <= 64, "from 4 to 64 runs are needed");
    printf("%zu runs, %zu cases each\n\n", r.n, r.v[0].n);
    print_machine(&r);
    print_intervals(&r);
    for (int trusted = 0; trusted < 2; trusted++) {
        printf("\n%s\n", trusted
                             ? "As if every case could be relied on"
                             : "As etalon compares: what has a flaw is unsure");
        if (trusted)
            trust_all(&r);
        print_false_alarms(&r);
        print_power(&r);
    }
    for (size_t i = 0; i < r.n; i++)
        et_run_free(&r.v[i]);
    free(r.v);
    return 0;
}
