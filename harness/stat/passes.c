/* The passes of a case. */
#include "config.h"
#include "harness/stat/passes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

int64_t et_passes_share(int64_t samples, int64_t passes)
{
    int64_t share = (samples + passes - 1) / passes;
    return share < 2 && passes > 1 ? 2 : share;
}

/* The interval, made to hold the median of each launch. `room`: for n. */
static void hold_launches(const double *medians, const int64_t *launch,
                          size_t n, double *room, struct et_interval *i)
{
    for (size_t first = 0; first < n; first++) {
        size_t many = 0;
        bool seen = false;
        for (size_t k = 0; k < first; k++)
            seen = seen || launch[k] == launch[first];
        for (size_t k = first; !seen && k < n; k++) {
            if (launch[k] == launch[first])
                room[many++] = medians[k];
        }
        if (seen || many == n)
            continue;
        double own = et_stat_median(room, many);
        i->low = fmin(i->low, own);
        i->high = fmax(i->high, own);
    }
}

bool et_passes_summarise(const double *medians, const int64_t *launch, size_t n,
                         double confidence, struct et_passes *out)
{
    *out = (struct et_passes){NAN, NAN, {NAN, NAN}};
    if (n == 0)
        return true;
    double *sorted = et_alloc(n, sizeof *sorted);
    if (!sorted)
        return false;
    memcpy(sorted, medians, n * sizeof *sorted);
    et_stat_sort(sorted, n);
    out->median = et_stat_quantile(sorted, n, 0.5);
    out->between = (sorted[n - 1] - sorted[0]) / out->median;
    out->interval = et_stat_median_interval(sorted, n, confidence);
    if (launch && !isnan(out->interval.low))
        hold_launches(medians, launch, n, sorted, &out->interval);
    free(sorted);
    return true;
}

void et_passes_widen(struct et_interval *of, double median,
                     const struct et_interval *other, double middle)
{
    double scale = median / middle;
    if (isnan(of->low) || isnan(other->low))
        return;
    of->low = fmin(of->low, scale * other->low);
    of->high = fmax(of->high, scale * other->high);
}

bool et_passes_are_narrow(const struct et_passes *p, double precision)
{
    double width = p->interval.high - p->interval.low;
    return width <= precision * p->median; /* not with NAN */
}
