/* Quantiles from one sort, the outstanding few from one pass each. */
#include "config.h"
#include "harness/stat/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/stat/stat.h"

const double et_spread_edges[ET_SPREAD_EDGES] = {
    0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 1.01, 1.02, 1.05, 1.1, 1.2, 1.5, 2};

/* The largest of v above `least`, falling; returns how many. */
static size_t find_largest(const double *v, size_t n, double least,
                           struct et_spread_part *out)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(v[i] > least) ||
            (found == ET_SPREAD_FEW && !(v[i] > v[out[found - 1].at])))
            continue;
        size_t at = found < ET_SPREAD_FEW ? found++ : found - 1;
        for (; at > 0 && v[i] > v[out[at - 1].at]; at--)
            out[at] = out[at - 1];
        out[at].at = i;
    }
    return found;
}

/* The k-th of a sorted array that lacks its element `gap`. */
static double without(const double *sorted, size_t gap, size_t k)
{
    return sorted[k < gap ? k : k + 1];
}

/* Median of all but one part, whose value is x; NAN where it is alone. */
static double others_median(const double *sorted, size_t n, double x)
{
    size_t low = 0, high = n, rest = n - 1;
    if (rest == 0)
        return NAN;
    while (low < high) { /* the first that is not below x */
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    double upper = without(sorted, low, rest / 2);
    if (rest % 2)
        return upper;
    double lower = without(sorted, low, rest / 2 - 1);
    return lower + 0.5 * (upper - lower);
}

static void fill_bins(const double *sorted, size_t n, double median,
                      size_t bins[ET_SPREAD_BINS])
{
    size_t bin = 0;
    for (size_t i = 0; i < n; i++) {
        while (bin < ET_SPREAD_EDGES &&
               sorted[i] >= et_spread_edges[bin] * median)
            bin++;
        bins[bin]++;
    }
}

bool et_spread_make(const double *v, const double *counts, size_t n,
                    struct et_spread *out)
{
    double *sorted = et_alloc(n, sizeof *sorted);
    if (!sorted)
        return false;
    memcpy(sorted, v, n * sizeof *sorted);
    et_stat_sort(sorted, n);
    *out = (struct et_spread){.min = sorted[0],
                              .p5 = et_stat_quantile(sorted, n, 0.05),
                              .p25 = et_stat_quantile(sorted, n, 0.25),
                              .median = et_stat_quantile(sorted, n, 0.5),
                              .p75 = et_stat_quantile(sorted, n, 0.75),
                              .p95 = et_stat_quantile(sorted, n, 0.95),
                              .max = sorted[n - 1]};
    fill_bins(sorted, n, out->median, out->bins);
    out->n_worst = find_largest(v, n, -INFINITY, out->worst);
    out->n_last = find_largest(counts, n, 0, out->last);
    for (size_t i = 0; i < out->n_worst; i++)
        out->worst[i].others = others_median(sorted, n, v[out->worst[i].at]);
    for (size_t i = 0; i < out->n_last; i++)
        out->last[i].others = others_median(sorted, n, v[out->last[i].at]);
    free(sorted);
    return true;
}
