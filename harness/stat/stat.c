/* Order statistics and least squares. Allocates nothing but a scratch copy in
 * et_stat_median, freed before it returns. */
#include "config.h"
#include "harness/stat/stat.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Radix sort by the numbers' bits, which is six times as fast as qsort for the
 * times of 100,000 ranks. DIGITS digits of BITS bits cover a double. */
#define BITS 11
#define DIGITS 6
#define VALUES (1u << BITS)
#define FEW 32 /* sorted by insertion */

/* Bits whose order as integers is that of the numbers, and back. */
static uint64_t key_of(double x)
{
    uint64_t b;
    memcpy(&b, &x, sizeof b);
    return b >> 63 ? ~b : b | (uint64_t)1 << 63;
}

static double number_of(uint64_t key)
{
    uint64_t b = key >> 63 ? key & ~((uint64_t)1 << 63) : ~key;
    double x;
    memcpy(&x, &b, sizeof x);
    return x;
}

static size_t digit(uint64_t key, int i)
{
    return (size_t)(key >> (BITS * i)) & (VALUES - 1);
}

/* False: no memory, and v as it was. */
static bool radix_sort(double *v, size_t n)
{
    uint64_t *from = et_alloc(n, 2 * sizeof *from), *all = from;
    size_t(*starts)[VALUES] = et_alloc(DIGITS, sizeof *starts);
    bool ok = from && starts;
    for (size_t i = 0; ok && i < n; i++) {
        from[i] = key_of(v[i]);
        for (int d = 0; d < DIGITS; d++)
            starts[d][digit(from[i], d)]++;
    }
    uint64_t *to = ok ? from + n : NULL;
    for (int d = 0; ok && d < DIGITS; d++) {
        size_t sum = 0;
        for (size_t k = 0; k < VALUES; k++) {
            size_t count = starts[d][k];
            starts[d][k] = sum;
            sum += count;
        }
        for (size_t i = 0; i < n; i++)
            to[starts[d][digit(from[i], d)]++] = from[i];
        uint64_t *other = from;
        from = to;
        to = other;
    }
    for (size_t i = 0; ok && i < n; i++)
        v[i] = number_of(from[i]);
    free(all);
    free(starts);
    return ok;
}

static void insertion_sort(double *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        double x = v[i];
        size_t at = i;
        for (; at > 0 && v[at - 1] > x; at--)
            v[at] = v[at - 1];
        v[at] = x;
    }
}

void et_stat_sort(double *v, size_t n)
{
    if (n <= FEW)
        insertion_sort(v, n);
    else if (n < 4 * VALUES || !radix_sort(v, n))
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
    double few[FEW]; /* the ranks of a node: no allocation for each */
    double *copy = n <= FEW ? few : et_alloc(n, sizeof *copy);
    if (!copy)
        return NAN;
    memcpy(copy, v, n * sizeof *copy);
    et_stat_sort(copy, n);
    double m = et_stat_quantile(copy, n, 0.5);
    if (copy != few)
        free(copy);
    return m;
}

double et_stat_mean(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i];
    return n ? sum / (double)n : NAN;
}

double et_stat_harmonic_mean(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(v[i] > 0))
            return NAN;
        sum += 1 / v[i];
    }
    return n ? (double)n / sum : NAN;
}

struct placed {
    double v;
    size_t at;
};

static int placed_ascending(const void *a, const void *b)
{
    double x = ((const struct placed *)a)->v, y = ((const struct placed *)b)->v;
    return (x > y) - (x < y);
}

double et_stat_ranks(const double *v, size_t n, double *ranks)
{
    double ties = 0;
    if (n == 0)
        return 0;
    struct placed *p = et_alloc(n, sizeof *p);
    if (!p)
        return NAN;
    for (size_t i = 0; i < n; i++)
        p[i] = (struct placed){v[i], i};
    qsort(p, n, sizeof *p, placed_ascending);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && p[end].v == p[i].v; end++)
            ;
        double t = (double)(end - i);
        ties += t * t * t - t;
        for (size_t k = i; k < end; k++)
            ranks[p[k].at] = ((double)i + 1 + (double)end) / 2;
    }
    free(p);
    return ties;
}

/* P(B = k) for B ~ binomial(n, q), through logarithms so that a large n does
 * not underflow before the middle. */
static double binomial(size_t k, size_t n, double q)
{
    return exp(lgamma((double)n + 1) - lgamma((double)k + 1) -
               lgamma((double)(n - k) + 1) + (double)k * log(q) +
               (double)(n - k) * log1p(-q));
}

/* The largest j (from 0) with P(B <= j) <= tail, -1 where there is none, and
 * that probability. */
static long tail_rank(size_t n, double q, double tail, double *reached)
{
    long j = -1;
    double cdf = 0;
    *reached = 0;
    for (size_t k = 0; k < n; k++) {
        cdf += binomial(k, n, q);
        if (cdf > tail)
            break;
        *reached = cdf;
        j = (long)k;
    }
    return j;
}

struct et_interval et_stat_quantile_interval(const double *sorted, size_t n,
                                             double q, double confidence)
{
    double tail = (1 - confidence) / 2, reached;
    struct et_interval ci = {NAN, NAN};
    if (!(q > 0 && q < 1))
        return ci;
    long low = tail_rank(n, q, tail, &reached);
    long high = tail_rank(n, 1 - q, tail, &reached);
    if (low >= 0)
        ci.low = sorted[low];
    if (high >= 0)
        ci.high = sorted[n - 1 - (size_t)high];
    return ci;
}

struct et_interval et_stat_median_interval(const double *sorted, size_t n,
                                           double confidence)
{
    return et_stat_quantile_interval(sorted, n, 0.5, confidence);
}

/* The rank, from 1 and with a fraction, of the lower end for n independent
 * samples; NAN where n is too small. */
static double near_rank(size_t n, double confidence)
{
    double tail = (1 - confidence) / 2, outer;
    long j = tail_rank(n, 0.5, tail, &outer);
    if (j < 0)
        return NAN;
    /* Rank d covers too much, d + 1 too little; `part` is how far confidence
     * lies between the two. */
    double d = (double)j + 1, all = (double)n;
    double part = (tail - outer) / binomial((size_t)j + 1, n, 0.5);
    return d + (all - d) * part / (d + (all - 2 * d) * part);
}

static double at_rank(const double *sorted, size_t n, double rank)
{
    double below = floor(rank);
    size_t i = (size_t)below;
    if (i < 1)
        return sorted[0];
    if (i >= n)
        return sorted[n - 1];
    return sorted[i - 1] + (rank - below) * (sorted[i] - sorted[i - 1]);
}

struct et_interval et_stat_median_interval_near(const double *sorted, size_t n,
                                                double effective,
                                                double confidence)
{
    struct et_interval none = {NAN, NAN};
    if (!(effective >= (double)et_stat_median_floor(confidence)))
        return none;
    if (effective > (double)n)
        effective = (double)n;
    double m = floor(effective), part = effective - m;
    double level = near_rank((size_t)m, confidence) / (m + 1);
    if (part > 0)
        level +=
            part * (near_rank((size_t)m + 1, confidence) / (m + 2) - level);
    double rank = level * ((double)n + 1);
    return (struct et_interval){at_rank(sorted, n, rank),
                                at_rank(sorted, n, (double)n + 1 - rank)};
}

size_t et_stat_median_floor(double confidence)
{
    size_t n = 1;
    while (binomial(0, n, 0.5) > (1 - confidence) / 2)
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

double et_stat_normal_tails(double z)
{
    return erfc(fabs(z) / M_SQRT2);
}

static double polynomial(const double *c, size_t n, double x)
{
    double sum = c[n - 1];
    for (size_t i = n - 1; i > 0; i--)
        sum = sum * x + c[i - 1];
    return sum;
}

double et_stat_normal_quantile(double p)
{
    static const double
        a[] = {3.3871328727963666080e0, 1.3314166789178437745e2,
               1.9715909503065514427e3, 1.3731693765509461125e4,
               4.5921953931549871457e4, 6.7265770927008700853e4,
               3.3430575583588128105e4, 2.5090809287301226727e3},
        b[] = {1.0,
               4.2313330701600911252e1,
               6.8718700749205790830e2,
               5.3941960214247511077e3,
               2.1213794301586595867e4,
               3.9307895800092710610e4,
               2.8729085735721942674e4,
               5.2264952788528545610e3},
        c[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
               5.76949722146069140550e0,  3.64784832476320460504e0,
               1.27045825245236838258e0,  2.41780725177450611770e-1,
               2.27238449892691845833e-2, 7.74545014278341407640e-4},
        d[] = {1.0,
               2.05319162663775882187e0,
               1.67638483018380384940e0,
               6.89767334985100004550e-1,
               1.48103976427480074590e-1,
               1.51986665636164571966e-2,
               5.47593808499534494600e-4,
               1.05075007164441684324e-9},
        e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
               1.78482653991729133580e0,  2.96560571828504891230e-1,
               2.65321895265761230930e-2, 1.24266094738807843860e-3,
               2.71155556874348757815e-5, 2.01033439929228813265e-7},
        f[] = {1.0,
               5.99832206555887937690e-1,
               1.36929880922735805310e-1,
               1.48753612908506148525e-2,
               7.86869131145613259100e-4,
               1.84631831751005468180e-5,
               1.42151175831644588870e-7,
               2.04426310338993978564e-15};
    if (!(p > 0 && p < 1))
        return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * polynomial(a, 8, r) / polynomial(b, 8, r);
    }
    double r = sqrt(-log(q < 0 ? p : 1 - p));
    double z = r <= 5 ? polynomial(c, 8, r - 1.6) / polynomial(d, 8, r - 1.6)
                      : polynomial(e, 8, r - 5) / polynomial(f, 8, r - 5);
    return q < 0 ? -z : z;
}

double et_stat_t_tail(double t, size_t df)
{
    double angle = atan(t / sqrt((double)df)), c = cos(angle);
    double term = df % 2 ? c : 1, sum = 0;
    for (size_t k = df % 2 ? 1 : 0; k + 1 < df; k += 2) {
        sum += term;
        term *= c * c * (double)(k + 1) / (double)(k + 2);
    }
    double inside =
        df % 2 ? (angle + sin(angle) * sum) / (M_PI / 2) : sin(angle) * sum;
    return (1 - inside) / 2;
}

bool et_stat_holm(double *p, size_t n)
{
    double *adjusted = et_alloc(n + 1, sizeof *adjusted);
    double *sorted = et_alloc(n + 1, sizeof *sorted);
    size_t tests = 0;
    bool ok = adjusted && sorted;
    for (size_t i = 0; ok && i < n; i++) {
        if (!isnan(p[i]))
            sorted[tests++] = p[i];
    }
    if (ok && tests > 0) {
        et_stat_sort(sorted, tests);
        double least = 0;
        for (size_t i = 0; i < tests; i++) {
            double q = sorted[i] * (double)(tests - i);
            least = q > least ? q : least;
            adjusted[i] = least < 1 ? least : 1;
        }
        /* A group of equal p values has the adjustment of its first. */
        for (size_t i = 0; i < n; i++) {
            if (isnan(p[i]))
                continue;
            size_t a = 0, b = tests;
            while (a < b) {
                size_t mid = a + (b - a) / 2;
                if (sorted[mid] < p[i])
                    a = mid + 1;
                else
                    b = mid;
            }
            p[i] = adjusted[a];
        }
    }
    free(adjusted);
    free(sorted);
    return ok;
}
