/* Order statistics and least squares. Allocates nothing but a scratch copy in
 * et_stat_median, freed before it returns. */
#include "config.h"
#include "harness/stat/stat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void et_stat_sort(double *v, size_t n)
{
    qsort(v, n, sizeof *v, ascending);
}

double et_stat_quantile(const double *sorted, size_t n, double q)
{
    if (n == 0)
        return NAN;
    double h = (double)(n - 1) * q;
    size_t i = (size_t)h;
    if (i + 1 >= n)
        return sorted[n - 1];
    return sorted[i] + (h - (double)i) * (sorted[i + 1] - sorted[i]);
}

double et_stat_median(const double *v, size_t n)
{
    if (n == 0)
        return NAN;
    double *copy = malloc(n * sizeof *copy);
    if (!copy)
        return NAN;
    memcpy(copy, v, n * sizeof *copy);
    et_stat_sort(copy, n);
    double m = et_stat_quantile(copy, n, 0.5);
    free(copy);
    return m;
}

/* P(B = k) for B ~ binomial(n, 1/2), through logarithms so that a large n does
 * not underflow before the middle. */
static double binomial_half(size_t k, size_t n)
{
    return exp(lgamma((double)n + 1) - lgamma((double)k + 1) -
               lgamma((double)(n - k) + 1) - (double)n * M_LN2);
}

/* The largest j (from 0) with P(x[j] <= median <= x[n-1-j]) >= confidence;
 * -1 where even the whole range is not enough. */
static long interval_rank(size_t n, double confidence)
{
    double tail = (1 - confidence) / 2;
    long j = -1;
    double cdf = 0;
    for (long k = 0; k < (long)(n / 2); k++) {
        cdf += binomial_half((size_t)k, n);
        if (cdf > tail)
            break;
        j = k;
    }
    return j;
}

struct et_interval et_stat_median_interval(const double *sorted, size_t n,
                                           double confidence)
{
    struct et_interval none = {NAN, NAN};
    long j = n ? interval_rank(n, confidence) : -1;
    if (j < 0)
        return none;
    return (struct et_interval){sorted[j], sorted[n - 1 - (size_t)j]};
}

size_t et_stat_median_floor(double confidence)
{
    size_t n = 1;
    while (binomial_half(0, n) > (1 - confidence) / 2)
        n++;
    return n;
}

static struct et_line weighted_line(const double *x, const double *y, size_t n,
                                    int relative)
{
    struct et_line line = {.n = n, .a_error = NAN, .b_error = NAN};
    double sw = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, syy = 0;
    for (size_t i = 0; i < n; i++) {
        double w = relative ? 1 / (y[i] * y[i]) : 1;
        if (!isfinite(w) || !isfinite(x[i]) || !isfinite(y[i]))
            return line;
        sw += w;
        sx += w * x[i];
        sy += w * y[i];
    }
    if (n < 2)
        return line;
    double mx = sx / sw, my = sy / sw;
    for (size_t i = 0; i < n; i++) {
        double w = relative ? 1 / (y[i] * y[i]) : 1;
        sxx += w * (x[i] - mx) * (x[i] - mx);
        sxy += w * (x[i] - mx) * (y[i] - my);
        syy += w * (y[i] - my) * (y[i] - my);
    }
    if (!(sxx > 0))
        return line;
    line.ok = true;
    line.b = sxy / sxx;
    line.a = my - line.b * mx;
    double rss = 0;
    for (size_t i = 0; i < n; i++) {
        double w = relative ? 1 / (y[i] * y[i]) : 1;
        double fit = line.a + line.b * x[i];
        double share = fabs((y[i] - fit) / fit);
        rss += w * (y[i] - fit) * (y[i] - fit);
        if (!(share <= line.residual_worst))
            line.residual_worst = share;
    }
    line.r2 = syy > 0 ? 1 - rss / syy : NAN;
    if (n > 2) {
        double variance = rss / (double)(n - 2);
        line.b_error = sqrt(variance / sxx);
        line.a_error = sqrt(variance * (1 / sw + mx * mx / sxx));
    }
    return line;
}

struct et_line et_stat_line(const double *x, const double *y, size_t n)
{
    return weighted_line(x, y, n, 0);
}

struct et_line et_stat_line_relative(const double *x, const double *y, size_t n)
{
    return weighted_line(x, y, n, 1);
}

double et_stat_t95(size_t df)
{
    /* Two-sided 95 % points (Fisher and Yates, Statistical Tables, III). */
    static const double table[] = {
        NAN,   12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365,
        2.306, 2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
        2.120, 2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069,
        2.064, 2.060,  2.056, 2.052, 2.048, 2.045, 2.042};
    if (df < sizeof table / sizeof *table)
        return table[df];
    /* Cornish-Fisher expansion to the second order: within 0.001 here. */
    double z = 1.959964, d = (double)df;
    return z + (z * z * z + z) / (4 * d) +
           (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / (96 * d * d);
}
