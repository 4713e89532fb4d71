/* spread: how a figure is spread over many parts (the ranks of a team, or its
 * nodes), in a size that does not grow with them: quantiles, a histogram, and
 * the few that stand out. Arrays in, numbers out.
 */
#ifndef ET_STAT_SPREAD_H
#define ET_STAT_SPREAD_H

#include <stdbool.h>
#include <stddef.h>

#define ET_SPREAD_FEW 8 /* parts that are named for a reason */
#define ET_SPREAD_EDGES 13
#define ET_SPREAD_BINS (ET_SPREAD_EDGES + 1)

/* Bounds of the bins, as shares of the median: the first bin lies below the
 * first edge, each other one from its edge up. Fixed, so that the histograms
 * of two nights compare; narrow where most parts are. */
extern const double et_spread_edges[ET_SPREAD_EDGES];

struct et_spread_part {
    size_t at;     /* which part */
    double others; /* median of all the others' values */
};

struct et_spread {
    double min, p5, p25, median, p75, p95, max;
    size_t bins[ET_SPREAD_BINS]; /* parts in each */
    size_t n_worst, n_last;
    /* Those with the largest values, falling; of equal ones the first. */
    struct et_spread_part worst[ET_SPREAD_FEW];
    /* Those with the largest counts above 0, falling. */
    struct et_spread_part last[ET_SPREAD_FEW];
};

/* v: the value of each of n >= 1 parts, above 0; counts: how often each was the
 * last, or whatever else makes one stand out. O(n). False: no memory. */
bool et_spread_make(const double *v, const double *counts, size_t n,
                    struct et_spread *out);

#endif
