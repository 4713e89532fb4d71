/* The rules of the sample loop. */
#include "config.h"
#include "harness/run/sampling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/stat/series.h"

double et_sampling_floor(double min_time, double resolution)
{
    double least = 1000 * resolution;
    return min_time > least ? min_time : least;
}

/* n: 2 or more. */
static bool is_prime(uint64_t n)
{
    for (uint64_t d = 2; d * d <= n; d++) {
        if (n % d == 0)
            return false;
    }
    return true;
}

/* Outputs are looked at after samples only. A library that is wrong in every
 * second call, or in every twentieth, must not be in step with that: if the
 * calls of a sample are a prime number that is no factor of 20, samples end at
 * all places of such a pattern in turn. */
static uint64_t out_of_step(uint64_t n)
{
    while (n == 2 || n == 5 || !is_prime(n))
        n++;
    return n;
}

uint64_t et_sampling_grow(uint64_t iterations, double seconds, double floor)
{
    if (seconds >= floor || iterations >= (1u << 30))
        return iterations;
    /* A fifth more than needed, so that noise does not fall short again; at
     * most about tenfold, since a very short reading says little. */
    double factor = seconds > 0 ? 1.2 * floor / seconds : 10;
    if (factor > 10)
        factor = 10;
    uint64_t more = (uint64_t)ceil((double)iterations * factor);
    return out_of_step(more > iterations ? more : iterations + 1);
}

bool et_sampling_flat(const double *v, size_t n, double precision)
{
    if (n < 4)
        return false;
    double before = v[0], last = v[n - 1];
    for (size_t i = 1; i < n - 3; i++)
        before = fmin(before, v[i]);
    for (size_t i = n - 3; i < n; i++)
        last = fmin(last, v[i]);
    return last >= before * (1 - precision);
}

size_t et_sampling_block(size_t n, double elapsed, double budget, size_t max)
{
    size_t block = n / 2;
    double left = elapsed > 0 ? (double)n * (budget - elapsed) / elapsed : 1;
    if (left < (double)block)
        block = left > 1 ? (size_t)left : 1;
    if (block > max - n)
        block = max - n;
    return block > 0 ? block : 1;
}

bool et_sampling_summarise(struct et_result_time *time, double precision,
                           int64_t min_samples, size_t *warm)
{
    struct et_warmup found = et_series_warmup(time->samples.v, time->samples.n);
    *warm = found.settled ? found.length : 0;
    const double *v = time->samples.v + *warm;
    size_t n = time->samples.n - *warm;
    const struct et_enough_rule rule = {.confidence = ET_STAT_CONFIDENCE,
                                        .precision = precision,
                                        .floor = (size_t)min_samples,
                                        .budget = HUGE_VAL};
    time->n = (int64_t)n;
    time->confidence = rule.confidence;
    time->median = time->ci_low = time->ci_high = NAN;
    time->min = time->max = time->mean = time->p95 = time->p99 = NAN;
    time->converged = false;
    double *sorted = n ? et_alloc(n, sizeof *sorted) : NULL;
    if (!sorted)
        return n == 0;
    memcpy(sorted, v, n * sizeof *sorted);
    et_stat_sort(sorted, n);
    struct et_interval ci =
        et_series_median_interval(v, n, rule.confidence, &time->n_effective);
    time->median = et_stat_quantile(sorted, n, 0.5);
    time->ci_low = ci.low;
    time->ci_high = ci.high;
    time->min = sorted[0];
    time->max = sorted[n - 1];
    time->mean = et_stat_mean(v, n);
    time->p95 = et_stat_quantile(sorted, n, 0.95);
    time->p99 = et_stat_quantile(sorted, n, 0.99);
    time->converged = et_series_enough(v, n, 0, &rule) == ET_ENOUGH;
    free(sorted);
    return !isnan(time->n_effective);
}

bool et_sampling_split(struct et_result_time *time, size_t warm)
{
    struct et_reals *all = &time->samples;
    for (size_t i = 0; i < warm; i++) {
        if (!et_reals_add(&time->transient, all->v[i]))
            return false;
    }
    all->n -= warm;
    if (warm)
        memmove(all->v, all->v + warm, all->n * sizeof *all->v);
    time->warmup = (int64_t)time->transient.n;
    return true;
}

bool et_sampling_trend(struct et_result_time *time, double precision)
{
    struct et_trend t =
        et_series_trend(time->samples.v, time->samples.n, precision);
    time->drift = t.change;
    time->drift_p = t.p;
    time->drifts = t.found;
    return time->samples.n < ET_TREND_LEAST || !isnan(t.p);
}
