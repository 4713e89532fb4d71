/* metric: a named figure of merit, one row each. Knows results; never
 * measures. Rates come from the median time; their interval from the time's,
 * ends swapped.
 */
#ifndef ET_RESULTS_RECORD_METRIC_H
#define ET_RESULTS_RECORD_METRIC_H

#include <stddef.h>

#include "harness/case/result.h"

struct et_metric {
    const char *name;    /* "flops", "algbw", "busbw", "bandwidth", "time" */
    const char *unit;    /* "GFLOP/s", "GB/s", "s" */
    const char *base;    /* bare unit of contracts: "FLOP/s", "B/s", "s" */
    double scale;        /* base units in one `unit` */
    const char *better;  /* "higher" or "lower" */
    const char *formula; /* in words, for list and docs */
    /* Value at time t (s per iteration); NAN where it does not apply. */
    double (*value)(const struct et_result *r, double t);
};

extern const struct et_metric et_metrics[]; /* ends with a NULL name */
const struct et_metric *et_metric_find(const char *name);

#endif
