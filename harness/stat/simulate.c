/* Made-up series and what the statistics say of them. */
#include "config.h"
#include "harness/stat/simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/random.h"
#include "harness/stat/levels.h"
#include "harness/stat/series.h"

static const struct {
    const char *name;
    double rho, split; /* split: share of the faster mode; 0: one mode */
    bool exponential;
} noises[ET_NOISES] = {
    [ET_NOISE_NORMAL] = {"normal", 0, 0, false},
    [ET_NOISE_LOGNORMAL] = {"log-normal", 0, 0, true},
    [ET_NOISE_BIMODAL] = {"bimodal", 0, 0.7, false},
    [ET_NOISE_AR03] = {"autocorrelated 0.3", 0.3, 0, false},
    [ET_NOISE_AR06] = {"autocorrelated 0.6", 0.6, 0, false},
    [ET_NOISE_SKEWED_AR] = {"log-normal autocorrelated 0.6", 0.6, 0, true},
    [ET_NOISE_GAP] = {"bimodal in halves", 0, 0.5, false},
};

const char *et_noise_name(enum et_noise kind)
{
    return (size_t)kind < ET_NOISES ? noises[kind].name : "?";
}

/* In [0, 1). */
static double uniform(uint64_t stream, uint64_t i)
{
    return (et_random_unit(stream, i) + 1) / 2;
}

/* Box and Muller, one of the pair. */
static double normal(uint64_t stream, uint64_t i)
{
    return sqrt(-2 * log(1 - uniform(stream, 2 * i))) *
           cos(2 * M_PI * uniform(stream, 2 * i + 1));
}

void et_noise_fill(enum et_noise kind, uint64_t seed, uint64_t index, double *v,
                   size_t n)
{
    uint64_t stream = et_random_stream(seed, 2 * index),
             mode = et_random_stream(seed, 2 * index + 1);
    double rho = noises[kind].rho, split = noises[kind].split, z = 0;
    for (size_t i = 0; i < n; i++) {
        double fresh = normal(stream, i);
        z = i ? rho * z + sqrt(1 - rho * rho) * fresh : fresh;
        if (split > 0)
            v[i] = (uniform(mode, i) < split ? 1 : 1.2) + 0.02 * z;
        else
            v[i] = noises[kind].exponential ? exp(0.3 * z) : 1 + 0.05 * z;
    }
}

double et_noise_median(enum et_noise kind)
{
    /* 0.7 P(z < x) = 0.5: the slow mode, ten sigma away, adds nothing. */
    return kind == ET_NOISE_BIMODAL
               ? 1 + 0.02 * et_stat_normal_quantile(0.5 / 0.7)
           : kind == ET_NOISE_GAP ? 1.1
                                  : 1;
}

const char *et_trial_name(enum et_trial t)
{
    static const char *const names[] = {
        "median interval",  "plain interval", "interval when stopped",
        "change of all",    "change of one",  "warm-up",
        "settled interval", "trend"};
    return (size_t)t < sizeof names / sizeof *names ? names[t] : "?";
}

/* One series' outcome. */
struct outcome {
    bool hit, none;
    double mean;
    size_t n;
};

static bool holds(struct et_interval ci, double truth, struct outcome *o)
{
    o->none = isnan(ci.low) || isnan(ci.high);
    return ci.low <= truth && truth <= ci.high;
}

/* Samples that a series may have. */
static size_t longest(const struct et_simulation *s)
{
    enum { STOPPED = 2000 };
    return s->trial == ET_TRIAL_STOPPED && s->n < STOPPED ? STOPPED : s->n;
}

/* As a run samples: et_sampling_block's looks, and et_sampling_summarise's rule
 * at each, which tests/unit/harness/run/sampling_test.c holds this to. */
static void stopped(const struct et_simulation *s, double *v, struct outcome *o)
{
    struct et_enough_rule rule = {0.95, s->effect, s->n, HUGE_VAL};
    size_t n = 0, warm = 0, most = longest(s);
    do {
        n = n + n / 2 < most ? n + (n / 2 ? n / 2 : 1) : most;
        struct et_warmup w = et_series_warmup(v, n);
        warm = w.settled ? w.length : 0;
    } while (n < most &&
             et_series_enough(v + warm, n - warm, 0, &rule) != ET_ENOUGH);
    o->n = n - warm;
    o->hit = holds(et_series_median_interval(v + warm, o->n, 0.95, &o->mean),
                   et_noise_median(s->noise), o);
}

/* Is any of them longer, its p, adjusted, below 0.05? */
static bool finds(const struct et_level_case *cases, size_t n,
                  const struct et_level_change *common, bool *found)
{
    double *p = et_alloc(n + 1, sizeof *p);
    bool ok = p != NULL;
    for (size_t c = 0; ok && c < n; c++)
        p[c] = cases[c].own.p;
    if (ok)
        p[n] = common->p;
    ok = ok && et_stat_holm(p, n + 1);
    *found = false;
    for (size_t c = 0; ok && c <= n; c++) {
        const struct et_level_change *x = c < n ? &cases[c].own : common;
        *found = *found || (x->shift > 0 && p[c] < 0.05);
    }
    free(p);
    return ok;
}

/* Runs of cases whose passes move as runs of a machine do. */
static bool levels(const struct et_simulation *s, uint64_t index,
                   struct outcome *o)
{
    enum { CASES = 9, RUNS = 4 };
    const size_t n = s->n, of_run = n + 1; /* of the run, then of each pass */
    double *v = et_alloc(RUNS * of_run * (CASES + 1), sizeof *v);
    struct et_level_passes passes[CASES][RUNS];
    struct et_level_case cases[CASES];
    struct et_level_change common;
    double truth = log(et_noise_median(s->noise));
    if (!v)
        return false;
    et_noise_fill(s->noise, s->seed, index, v, RUNS * of_run * (CASES + 1));
    for (size_t c = 0; c < CASES; c++) {
        cases[c].runs = passes[c];
        for (size_t r = 0; r < RUNS; r++) {
            const double *all = &v[r * of_run];
            double *own = &v[((c + 1) * RUNS + r) * of_run];
            bool longer =
                r + 1 == RUNS && (s->trial == ET_TRIAL_LEVELS || c == 0);
            double run = (log(all[0]) - truth) / 2 + (log(own[0]) - truth) / 4 +
                         (longer ? log(1 + s->effect) : 0);
            for (size_t j = 0; j < n; j++)
                own[j + 1] = run + (log(all[j + 1]) - truth) / 4 +
                             (log(own[j + 1]) - truth) / 4;
            passes[c][r] = (struct et_level_passes){own + 1, n};
        }
    }
    bool ok = et_levels_compare(cases, CASES, RUNS - 1, &common) &&
              finds(cases, CASES, &common, &o->hit);
    free(v);
    return ok;
}

static void warming(const struct et_simulation *s, double *v, struct outcome *o)
{
    for (size_t i = 0; i < s->n; i++)
        v[i] *= 1 + s->effect * exp(-20 * (double)i / (double)s->n);
    struct et_warmup w = et_series_warmup(v, s->n);
    if (s->trial == ET_TRIAL_WARMUP)
        o->hit = w.length > 0;
    else
        o->hit = holds(et_series_median_interval(v + w.length, s->n - w.length,
                                                 0.95, NULL),
                       et_noise_median(s->noise), o);
    o->mean = (double)w.length;
}

static bool try_one(const struct et_simulation *s, uint64_t index, double *v,
                    struct outcome *o)
{
    double truth = et_noise_median(s->noise);
    switch (s->trial) {
    case ET_TRIAL_MEDIAN:
        o->hit =
            holds(et_series_median_interval(v, s->n, 0.95, &o->mean), truth, o);
        return !isnan(o->mean);
    case ET_TRIAL_PLAIN:
        et_stat_sort(v, s->n);
        o->hit = holds(et_stat_median_interval(v, s->n, 0.95), truth, o);
        return true;
    case ET_TRIAL_STOPPED:
        stopped(s, v, o);
        return !isnan(o->mean);
    case ET_TRIAL_LEVELS:
    case ET_TRIAL_LEVELS_ONE:
        return levels(s, index, o);
    case ET_TRIAL_WARMUP:
    case ET_TRIAL_SETTLED:
        warming(s, v, o);
        return true;
    case ET_TRIAL_TREND:
        for (size_t i = 0; i < s->n; i++)
            v[i] *= 1 + s->effect * (double)i / (double)s->n;
        struct et_trend t = et_series_trend(v, s->n, 0);
        o->hit = t.found;
        o->none = isnan(t.p);
        return true;
    }
    return false;
}

/* Wilson, Probable inference, JASA 22 (1927). */
static struct et_interval wilson(double share, double n)
{
    double z = 1.959964, k = z * z / n;
    double mid = (share + k / 2) / (1 + k);
    double half = z / (1 + k) * sqrt(share * (1 - share) / n + k / (4 * n));
    return (struct et_interval){mid - half, mid + half};
}

bool et_simulate(const struct et_simulation *s, struct et_simulated *out)
{
    struct et_simulated r = {.series = s->series};
    size_t most = longest(s);
    double *v = et_alloc(most + 1, sizeof *v);
    bool ok = v && s->n > 0 && s->series > 0;
    for (size_t i = 0; ok && i < s->series; i++) {
        struct outcome o = {.n = s->n};
        et_noise_fill(s->noise, s->seed, i, v, most);
        ok = try_one(s, i, v, &o);
        r.hits += o.hit && !o.none;
        r.none += o.none;
        r.mean += o.mean / (double)s->series;
        r.mean_n += (double)o.n / (double)s->series;
    }
    free(v);
    if (!ok)
        return false;
    r.share = (double)r.hits / (double)r.series;
    r.interval = wilson(r.share, (double)r.series);
    *out = r;
    return true;
}
