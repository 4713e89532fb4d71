/* Mann and Whitney's test, Hodges and Lehmann's shift, Holm's adjustment. */
#include "config.h"
#include "harness/stat/pair.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

/* Both samples sorted. */
struct sorted {
    const double *x, *y;
    size_t m, n;
};

/* Differences y - x that are at most d. */
static double at_most(const struct sorted *s, double d)
{
    double count = 0;
    size_t j = 0;
    for (size_t i = 0; i < s->m; i++) {
        while (j < s->n && s->y[j] - s->x[i] <= d)
            j++;
        count += (double)j;
    }
    return count;
}

/* Doubles as whole numbers in the same order, and back. */
static uint64_t order_of(double d)
{
    uint64_t u;
    memcpy(&u, &d, sizeof u);
    return u >> 63 ? ~u : u | UINT64_C(1) << 63;
}

static double of_order(uint64_t u)
{
    double d;
    u = u >> 63 ? u & ~(UINT64_C(1) << 63) : ~u;
    memcpy(&d, &u, sizeof d);
    return d;
}

/* The k-th smallest difference, k from 1: the least double that k differences
 * do not exceed. */
static double difference(const struct sorted *s, double k)
{
    uint64_t low = order_of(s->y[0] - s->x[s->m - 1]),
             high = order_of(s->y[s->n - 1] - s->x[0]);
    while (low < high) {
        uint64_t mid = low + (high - low) / 2;
        if (at_most(s, of_order(mid)) >= k)
            high = mid;
        else
            low = mid + 1;
    }
    return of_order(low);
}

/* The largest c for which P(U < c) <= tail without a difference between the
 * samples, and P(U <= u): the exact distribution, whose counts are the
 * coefficients of the Gaussian binomial: prod (1 - q^(m+i)) / (1 - q^i). */
static bool exact(size_t m, size_t n, double u, double tail, double *c,
                  double *below)
{
    size_t top = m * n;
    double *f = et_alloc(top + 1, sizeof *f), all = 0, sum = 0;
    if (!f)
        return false;
    f[0] = 1;
    for (size_t i = 1; i <= n; i++) {
        for (size_t k = top; k >= m + i; k--)
            f[k] -= f[k - m - i];
        for (size_t k = i; k <= top; k++)
            f[k] += f[k - i];
    }
    for (size_t k = 0; k <= top; k++)
        all += f[k];
    *c = 0;
    *below = 0;
    for (size_t k = 0; k <= top; k++) {
        sum += f[k];
        if (sum <= tail * all)
            *c = (double)k + 1;
        if ((double)k <= u)
            *below = sum / all;
    }
    free(f);
    return true;
}

/* What a pair's figures stand on, from the sorted samples. */
static bool weigh(const struct sorted *s, double dx, double dy, double ties,
                  double u, double confidence, struct et_contrast *out)
{
    double m = (double)s->m, n = (double)s->n, all = m + n;
    double tail = (1 - confidence) / 2, c, below;
    if (s->m < 50 && s->n < 50 && ties == 0 && dx == 1 && dy == 1) {
        double less = u < m * n - u ? u : m * n - u;
        if (!exact(s->m, s->n, less, tail, &c, &below))
            return false;
        out->p = 2 * below < 1 ? 2 * below : 1;
    } else {
        double variance = m * n / 12 * (n * dx + m * dy + 1);
        double z = fabs(u - m * n / 2) - 0.5;
        c = m * n / 2 - et_stat_normal_quantile(1 - tail) * sqrt(variance);
        c = c > 0 ? floor(c + 0.5) : 0;
        variance *= all > 1 ? 1 - ties / (all * (all * all - 1)) : 1;
        out->p = z > 0 && variance > 0
                     ? et_stat_normal_tails(z / sqrt(variance))
                     : 1;
    }
    out->interval = (struct et_interval){NAN, NAN};
    if (c >= 1) {
        out->interval.low = difference(s, c);
        out->interval.high = difference(s, m * n + 1 - c);
    }
    double half = floor((m * n + 1) / 2);
    out->shift = difference(s, half);
    if (half * 2 == m * n)
        out->shift = (out->shift + difference(s, half + 1)) / 2;
    out->above = u / (m * n);
    return true;
}

bool et_pair_compare(struct et_sample x, struct et_sample y, double confidence,
                     struct et_contrast *out)
{
    size_t all = x.n + y.n;
    double *v = all ? et_alloc(2 * all, sizeof *v) : NULL, u = 0;
    struct et_contrast found;
    if (!v || x.n == 0 || y.n == 0 || !(x.inflation >= 1 && y.inflation >= 1)) {
        free(v);
        return false;
    }
    memcpy(v, x.v, x.n * sizeof *v);
    memcpy(v + x.n, y.v, y.n * sizeof *v);
    double ties = et_stat_ranks(v, all, v + all);
    for (size_t j = x.n; j < all; j++)
        u += v[all + j];
    u -= (double)y.n * ((double)y.n + 1) / 2;
    et_stat_sort(v, x.n);
    et_stat_sort(v + x.n, y.n);
    struct sorted s = {v, v + x.n, x.n, y.n};
    bool ok = !isnan(ties) &&
              weigh(&s, x.inflation, y.inflation, ties, u, confidence, &found);
    free(v);
    if (ok)
        *out = found;
    return ok;
}

bool et_pair_ratio(struct et_sample x, struct et_sample y, double confidence,
                   struct et_contrast *out)
{
    double *v = et_alloc(x.n + y.n + 1, sizeof *v);
    bool ok = v != NULL;
    for (size_t i = 0; ok && i < x.n + y.n; i++) {
        double from = i < x.n ? x.v[i] : y.v[i - x.n];
        ok = from > 0;
        v[i] = ok ? log(from) : 0;
    }
    ok = ok && et_pair_compare((struct et_sample){v, x.n, x.inflation},
                               (struct et_sample){v + x.n, y.n, y.inflation},
                               confidence, out);
    free(v);
    if (!ok)
        return false;
    out->shift = exp(out->shift);
    out->interval.low = exp(out->interval.low);
    out->interval.high = exp(out->interval.high);
    return true;
}

bool et_pair_holm(double *p, size_t n)
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
