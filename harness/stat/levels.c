/* Common and own changes of the cases of a kind. */
#include "config.h"
#include "harness/stat/levels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/stat/stat.h"

/* Runs differ by so many times the variance that the passes of one let expect;
 * this counts as much as so many degrees of freedom beside the baselines. */
#define COMMON_FACTOR 8.0
#define OWN_FACTOR 3.0
#define PRIOR 4.0
/* So much of a case's noise is taken from what is usual for its kind. */
#define SHARED 0.3
/* The rest has longer tails than its many degrees of freedom promise. */
#define MOST_FREEDOM 14.0
/* Cases follow the common part only roughly: so much of it is noise to each. */
#define FOLLOWS 0.4
/* Nothing repeats better than this, as a logarithm. */
#define LEAST_NOISE 1e-3

/* The cases of a kind, and what is worked out of them. */
struct kind {
    struct et_level_case *cases;
    size_t n, runs; /* runs: the baselines and the run, which is the last */
    double *value;  /* n x runs: median of the passes; NAN: not there */
    double *mean;   /* n: of the baselines' values */
    double *part;   /* runs: of the run, in common */
    double *noise;  /* n: variance of a run's value as its passes tell it */
    double *room;   /* for n + most passes */
    double *passes; /* in common, of one run */
    double common_noise;
    bool one_by_one; /* too few for a common part */
};

#define VALUE(k, c, r) ((k)->value[(c) * (k)->runs + (r)])

/* The variance of the median of these, which are overwritten. By the middle
 * three fifths of them: one odd pass of six hardly moves a median, so it may
 * not count more here. Of normal values these reach over 1.683 standard
 * deviations; n - 1.4 corrects that for few values, to 1 % from six on. */
static double noise_of_median(double *v, size_t n)
{
    double size = (double)n;
    if (n < 2)
        return NAN;
    et_stat_sort(v, n);
    double reach = et_stat_quantile(v, n, 0.8) - et_stat_quantile(v, n, 0.2);
    double deviation = reach / 1.683 * size / (size - 1.4);
    return (M_PI / 2) * deviation * deviation / size;
}

static void take_values(struct kind *k)
{
    for (size_t c = 0; c < k->n; c++) {
        double sum = 0;
        size_t there = 0;
        for (size_t r = 0; r < k->runs; r++) {
            const struct et_level_passes *p = &k->cases[c].runs[r];
            double v = et_stat_median(p->v, p->n);
            VALUE(k, c, r) = v;
            if (p->n && r + 1 < k->runs) {
                sum += v;
                there++;
            }
        }
        k->mean[c] = sum / (double)there;
    }
}

/* The part of each run; those of the baselines have a mean of 0. */
static void find_parts(struct kind *k)
{
    double mean = 0;
    size_t counted = 0;
    for (size_t r = 0; r < k->runs; r++) {
        size_t there = 0;
        for (size_t c = 0; c < k->n; c++) {
            if (!isnan(VALUE(k, c, r)))
                k->room[there++] = VALUE(k, c, r) - k->mean[c];
        }
        k->part[r] = k->one_by_one ? 0
                     : there       ? et_stat_median(k->room, there)
                                   : NAN;
        if (r + 1 < k->runs && !isnan(k->part[r])) {
            mean += k->part[r];
            counted++;
        }
    }
    for (size_t r = 0; r < k->runs && counted; r++)
        k->part[r] -= mean / (double)counted;
}

/* What the passes of run r have in common, each against its case's value; how
 * many there are. */
static size_t find_passes(struct kind *k, size_t r)
{
    size_t least = SIZE_MAX;
    for (size_t c = 0; c < k->n; c++) {
        size_t n = k->cases[c].runs[r].n;
        least = n && n < least ? n : least;
    }
    least = least == SIZE_MAX ? 0 : least;
    for (size_t j = 0; j < least; j++) {
        size_t there = 0;
        for (size_t c = 0; c < k->n; c++) {
            if (k->cases[c].runs[r].n)
                k->room[there++] = k->cases[c].runs[r].v[j] - VALUE(k, c, r);
        }
        k->passes[j] = k->one_by_one ? 0 : et_stat_median(k->room, there);
    }
    return least;
}

/* The few passes of a case tell little of it alone. */
static void share_noise(struct kind *k)
{
    size_t n = 0;
    for (size_t c = 0; c < k->n; c++) {
        if (!isnan(k->noise[c]))
            k->room[n++] = k->noise[c];
    }
    double typical = et_stat_median(k->room, n);
    for (size_t c = 0; c < k->n; c++)
        k->noise[c] += SHARED * (typical - k->noise[c]);
}

/* Means over the runs that tell: k->noise of the rest, k->common_noise. */
static void find_noise(struct kind *k, double *told)
{
    double common = 0;
    size_t counted = 0;
    memset(told, 0, k->n * sizeof *told);
    memset(k->noise, 0, k->n * sizeof *k->noise);
    for (size_t r = 0; r < k->runs; r++) {
        size_t n = find_passes(k, r);
        memcpy(k->room, k->passes, n * sizeof *k->room);
        double v = noise_of_median(k->room, n);
        if (!isnan(v)) {
            common += v;
            counted++;
        }
        for (size_t c = 0; c < k->n; c++) {
            const struct et_level_passes *p = &k->cases[c].runs[r];
            size_t own = p->n < n || k->one_by_one ? p->n : n;
            for (size_t j = 0; j < own; j++)
                k->room[j] = p->v[j] - (k->one_by_one ? 0 : k->passes[j]);
            v = noise_of_median(k->room, own);
            if (!isnan(v)) {
                k->noise[c] += v;
                told[c]++;
            }
        }
    }
    const double least = LEAST_NOISE * LEAST_NOISE;
    k->common_noise = counted ? fmax(common / (double)counted, least) : NAN;
    for (size_t c = 0; c < k->n; c++)
        k->noise[c] = told[c] > 0 ? fmax(k->noise[c] / told[c], least) : NAN;
    if (!k->one_by_one)
        share_noise(k);
}

/* A shift of that variance. */
static struct et_level_change judge(double shift, double variance,
                                    double freedom)
{
    size_t whole = freedom < 1 ? 1 : (size_t)freedom;
    double error = sqrt(variance);
    struct et_level_change c = {shift, NAN, NAN, NAN};
    if (isnan(error) || isnan(shift))
        return c;
    double reach = error * et_stat_t95(whole);
    c.low = shift - reach;
    c.high = shift + reach;
    c.p = et_stat_t_tail(fabs(shift) / error, whole);
    return c;
}

/* The baselines' own differences: the sum of their squares, each over `noise`,
 * and how many are free. */
struct squares {
    double sum, freedom;
};

/* The variance of a run's common part, and its degrees of freedom. Runs do not
 * agree better than the passes of each: where three do, it is luck. */
static double common_variance(const struct kind *k, double *freedom)
{
    struct squares s = {0, -1};
    for (size_t r = 0; r + 1 < k->runs; r++) {
        if (isnan(k->part[r]))
            continue;
        s.sum += k->part[r] * k->part[r];
        s.freedom++;
    }
    *freedom = PRIOR + s.freedom;
    return fmax((PRIOR * COMMON_FACTOR * k->common_noise + s.sum) / *freedom,
                k->common_noise);
}

/* By how much the rest of a run varies more than its passes tell. */
static double own_factor(const struct kind *k, double *freedom)
{
    struct squares s = {0, k->one_by_one ? 0 : 1 - (double)(k->runs - 1)};
    for (size_t c = 0; c < k->n; c++) {
        size_t there = 0;
        if (isnan(k->noise[c]))
            continue;
        for (size_t r = 0; r + 1 < k->runs; r++) {
            double d = VALUE(k, c, r) - k->mean[c] - k->part[r];
            if (isnan(d))
                continue;
            s.sum += d * d / k->noise[c];
            there++;
        }
        s.freedom += there ? (double)there - 1 : 0;
    }
    s.freedom = fmax(s.freedom, 0);
    *freedom = PRIOR + s.freedom;
    double expected = k->one_by_one ? COMMON_FACTOR : OWN_FACTOR;
    return fmax((PRIOR * expected + s.sum) / *freedom, 1);
}

static void judge_all(struct kind *k, struct et_level_change *common)
{
    double freedom, own_freedom, together = common_variance(k, &freedom);
    double factor = own_factor(k, &own_freedom);
    double part = k->part[k->runs - 1];
    double baselines = (double)(k->runs - 1);
    *common = (struct et_level_change){NAN, NAN, NAN, NAN};
    if (!k->one_by_one)
        *common = judge(part, together * (1 + 1 / baselines), freedom);
    own_freedom = fmin(own_freedom, MOST_FREEDOM);
    for (size_t c = 0; c < k->n; c++) {
        size_t there = 0;
        for (size_t r = 0; r + 1 < k->runs; r++)
            there += !isnan(VALUE(k, c, r));
        double all = VALUE(k, c, k->runs - 1) - k->mean[c];
        double twice = 1 + 1 / (double)there;
        double own =
            factor * k->noise[c] * twice + FOLLOWS * FOLLOWS * part * part;
        k->cases[c].own = judge(all - part, own, own_freedom);
        k->cases[c].all =
            k->one_by_one
                ? k->cases[c].own
                : judge(all, factor * k->noise[c] * twice + together * twice,
                        fmin(freedom, own_freedom));
    }
}

bool et_levels_compare(struct et_level_case *cases, size_t n, size_t baselines,
                       struct et_level_change *common)
{
    size_t most = 0;
    for (size_t c = 0; c < n; c++) {
        for (size_t r = 0; r <= baselines; r++)
            most = cases[c].runs[r].n > most ? cases[c].runs[r].n : most;
    }
    struct kind k = {.cases = cases,
                     .n = n,
                     .runs = baselines + 1,
                     .value = et_alloc(n * (baselines + 1), sizeof *k.value),
                     .mean = et_alloc(n, sizeof *k.mean),
                     .part = et_alloc(baselines + 1, sizeof *k.part),
                     .noise = et_alloc(n, sizeof *k.noise),
                     .room = et_alloc(n + most, sizeof *k.room),
                     .passes = et_alloc(most + 1, sizeof *k.passes),
                     .one_by_one = n < ET_LEVELS_LEAST};
    double *told = et_alloc(n, sizeof *told);
    bool ok =
        k.value && k.mean && k.part && k.noise && k.room && k.passes && told;
    if (ok) {
        take_values(&k);
        find_parts(&k);
        find_noise(&k, told);
        judge_all(&k, common);
    }
    free(k.value);
    free(k.mean);
    free(k.part);
    free(k.noise);
    free(k.room);
    free(k.passes);
    free(told);
    return ok;
}
