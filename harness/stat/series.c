/* Series of samples in time: dependence, interval, warm-up, trend, enough. */
#include "config.h"
#include "harness/stat/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/random.h"

/* Autocorrelation time of n scores, which are moved to mean 0. */
static double inflation_of(double *s, size_t n)
{
    double mean = et_stat_mean(s, n), power = 0, sum = 0;
    double neighbours = 0, last = INFINITY;
    for (size_t i = 0; i < n; i++) {
        s[i] -= mean;
        power += s[i] * s[i];
    }
    for (size_t i = 1; i < n; i++)
        neighbours += s[i] * s[i - 1];
    /* Independent samples have an autocorrelation of -1/n +- 1/sqrt(n). */
    double z = (neighbours / power + 1 / (double)n) * sqrt((double)n);
    if (!(power > 0) || !(z > (n < ET_SERIES_FEW ? 2.326348 : 1.281552)))
        return 1;
    size_t lags = (size_t)(10 * sqrt((double)n)), k = 0;
    if (lags > n / 3)
        lags = n / 3;
    for (; k + 1 <= lags; k += 2) {
        double pair = 0;
        for (size_t lag = k; lag < k + 2; lag++) {
            for (size_t i = lag; i < n; i++)
                pair += s[i] * s[i - lag];
        }
        pair /= power;
        if (pair <= 0)
            break;
        last = pair < last ? pair : last;
        sum += last;
    }
    double tau = 2 * sum - 1;
    tau *= 1 + (2 * (double)(k ? k - 1 : 0) + 1) / (double)n;
    return tau > 1 ? tau : 1;
}

double et_series_inflation(const double *v, size_t n)
{
    double *ranks = et_alloc(n + 1, sizeof *ranks);
    double tau = NAN;
    if (ranks && !isnan(et_stat_ranks(v, n, ranks)))
        tau = inflation_of(ranks, n);
    free(ranks);
    return tau;
}

struct et_interval et_series_median_interval(const double *v, size_t n,
                                             double confidence,
                                             double *effective)
{
    struct et_interval ci = {NAN, NAN};
    double *sorted = et_alloc(n + 1, sizeof *sorted), left = NAN;
    double *signs = et_alloc(n + 1, sizeof *signs);
    if (sorted && signs) {
        memcpy(sorted, v, n * sizeof *sorted);
        et_stat_sort(sorted, n);
        double median = et_stat_quantile(sorted, n, 0.5);
        for (size_t i = 0; i < n; i++)
            signs[i] = (v[i] > median) - (v[i] < median);
        left = (double)n / inflation_of(signs, n);
        ci = et_stat_median_interval_near(sorted, n, left, confidence);
    }
    free(sorted);
    free(signs);
    if (effective)
        *effective = left;
    return ci;
}

/* p value of the largest standardised sum over all splits of n (Miller and
 * Siegmund, 1982). */
static double split_tail(double z, size_t n)
{
    double density = exp(-z * z / 2) / sqrt(2 * M_PI);
    if (z < 1.5) /* the formula is one for tails */
        return 1;
    return density * ((z - 1 / z) * 2 * log((double)n - 1) + 4 / z);
}

/* Normal scores of v, equal values ranked by lot: else a value that is repeated
 * often, as a coarse clock's are, would make a rare one an outlier. scores
 * holds 2 n. false: no memory, or all are equal. */
static bool score(const double *v, size_t n, double *scores)
{
    double *lots = scores + n, all = (double)n;
    double ties = et_stat_ranks(v, n, scores);
    if (isnan(ties) || ties == all * all * all - all)
        return false;
    for (size_t i = 0; i < n; i++) /* ranks are half a step apart at least */
        lots[i] = scores[i] + 0.2 * et_random_unit(0, i);
    if (isnan(et_stat_ranks(lots, n, scores)))
        return false;
    for (size_t i = 0; i < n; i++)
        scores[i] = et_stat_normal_quantile((scores[i] - 0.375) / (all + 0.25));
    return true;
}

/* After how many samples v changes its level; 0: it does not. scores holds
 * 2 n. */
static size_t split(const double *v, size_t n, double *scores)
{
    double power = 0, sum = 0, most = 0, before = 0, all = (double)n;
    size_t at = 0, half = n / 2;
    if (n < 8 || !score(v, n, scores))
        return 0;
    for (size_t i = 1; i < n; i++) {
        double k = (double)i;
        sum += scores[i - 1];
        double z = fabs(sum) / sqrt(k * (1 - k / all));
        if (z > most) {
            most = z;
            before = sum;
            at = i;
        }
    }
    /* The noise of the later half, about the level of its part: the scores
     * add up to 0. */
    double *later = scores + n, noise = 0;
    for (size_t i = 0; i < n; i++) {
        power += scores[i] * scores[i];
        if (i >= half)
            later[i - half] =
                scores[i] -
                (i < at ? before / (double)at : -before / (all - (double)at));
    }
    double inflation = inflation_of(later, n - half);
    for (size_t i = 0; i < n - half; i++)
        noise += later[i] * later[i];
    double variance = noise / (double)(n - half);
    /* A short half may be quiet by chance; all scores together are not, but
     * hold the change itself. */
    if (n < 100)
        variance = fmax(variance, power / all);
    most /= sqrt(variance * inflation);
    return split_tail(most, n) < ET_WARMUP_ALPHA ? at : 0;
}

struct et_warmup et_series_warmup(const double *v, size_t n)
{
    /* A slow approach is cut piece by piece; one that takes more than these
     * never arrives. */
    enum { PIECES = 10 };
    struct et_warmup w = {0, false};
    double *scores = et_alloc(2 * n + 1, sizeof *scores);
    for (int i = 0; scores && i < PIECES; i++) {
        size_t more = split(v + w.length, n - w.length, scores);
        w.settled = more == 0;
        if (more == 0 || w.length + more > n / 2)
            break;
        w.length += more;
    }
    free(scores);
    return w;
}

/* Pairs i < j with v[i] > v[j]; sorts v by merging through `spare`. */
static double inversions(double *v, double *spare, size_t n)
{
    double count = 0;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t at = 0; at + width < n; at += 2 * width) {
            size_t mid = at + width, end = mid + width < n ? mid + width : n;
            size_t a = at, b = mid, out = at;
            while (a < mid && b < end) {
                if (v[b] < v[a]) {
                    count += (double)(mid - a);
                    spare[out++] = v[b++];
                } else {
                    spare[out++] = v[a++];
                }
            }
            memcpy(spare + out, v + a, (mid - a) * sizeof *v);
            memcpy(v + at, spare + at, (out + mid - a - at) * sizeof *v);
        }
    }
    return count;
}

/* Kendall's S and its variance for independent samples. */
static void kendall(const double *v, size_t n, double *work, double *s,
                    double *variance)
{
    double all = (double)n, tied = 0;
    memcpy(work, v, n * sizeof *work);
    double against = inversions(work, work + n, n);
    *variance = all * (all - 1) * (2 * all + 5);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && work[end] == work[i]; end++)
            ;
        double g = (double)(end - i);
        tied += g * (g - 1) / 2;
        *variance -= g * (g - 1) * (2 * g + 5);
    }
    *variance /= 18;
    *s = all * (all - 1) / 2 - tied - 2 * against;
}

enum { BLOCKS = 100, PAIRS = BLOCKS * (BLOCKS - 1) / 2 };

/* Theil and Sen's slope over the medians of blocks. work holds n + PAIRS. */
static double sen(const double *v, size_t n, double *work)
{
    double x[BLOCKS], y[BLOCKS], *slopes = work + n;
    size_t blocks = n < BLOCKS ? n : BLOCKS, pairs = 0;
    for (size_t b = 0; b < blocks; b++) {
        size_t at = b * n / blocks, len = (b + 1) * n / blocks - at;
        memcpy(work, v + at, len * sizeof *work);
        et_stat_sort(work, len);
        y[b] = et_stat_quantile(work, len, 0.5);
        x[b] = (double)at + (double)(len - 1) / 2;
    }
    for (size_t i = 0; i < blocks; i++) {
        for (size_t k = i + 1; k < blocks; k++)
            slopes[pairs++] = (y[k] - y[i]) / (x[k] - x[i]);
    }
    et_stat_sort(slopes, pairs);
    return et_stat_quantile(slopes, pairs, 0.5);
}

/* What is left once the slope is taken out is told apart to this share of the
 * largest value. On the grid of a clock many of these are equal, and which of
 * two is the larger must not hang on their last digit: then another build, or
 * the values as a record prints them, would give another p. */
#define GRAIN 1e-9

struct et_trend et_series_trend(const double *v, size_t n, double least)
{
    struct et_trend r = {false, NAN, NAN, NAN, NAN};
    double *work =
        n < ET_TREND_LEAST ? NULL : et_alloc(2 * n + PAIRS, sizeof *work);
    double s, variance;
    if (!work)
        return r;
    kendall(v, n, work, &s, &variance);
    double median = et_stat_quantile(work, n, 0.5); /* kendall sorted it */
    double grain = GRAIN * fmax(fabs(work[0]), fabs(work[n - 1]));
    double slope = sen(v, n, work);
    for (size_t i = 0; i < n; i++)
        work[i] = rint((v[i] - slope * (double)i) / (grain > 0 ? grain : 1));
    double inflation = et_series_inflation(work, n);
    free(work);
    if (isnan(inflation) || isnan(slope))
        return r;
    r.inflation = inflation;
    r.slope = slope;
    r.change = slope * (double)(n - 1) / median;
    /* 1 nearer to zero: S goes in steps of 2. */
    double z = fabs(s) > 1 ? (fabs(s) - 1) / sqrt(variance * inflation) : 0;
    r.p = et_stat_normal_tails(z);
    r.found = r.p < ET_TREND_ALPHA && fabs(r.change) >= least;
    return r;
}

/* Is the median's interval at most `share` of the median wide. A NAN interval
 * compares false: too few samples are never enough. */
static bool narrow(const double *v, size_t n, double confidence, double share)
{
    struct et_interval ci = et_series_median_interval(v, n, confidence, NULL);
    return ci.high - ci.low <= share * et_stat_median(v, n);
}

enum et_enough et_series_enough(const double *v, size_t n, double elapsed,
                                const struct et_enough_rule *rule)
{
    double c = rule->confidence, half = rule->precision * M_SQRT2;
    if (n >= rule->floor && narrow(v, n, c, rule->precision) &&
        narrow(v, n / 2, c, half) && narrow(v + n / 2, n - n / 2, c, half))
        return ET_ENOUGH;
    return elapsed >= rule->budget ? ET_ENOUGH_TIME : ET_ENOUGH_NOT;
}
