/* sampling: when to stop adding iterations, warming up, and sampling. Pure
 * rules over the team's samples, so that every rank decides the same.
 */
#ifndef ET_RUN_SAMPLING_H
#define ET_RUN_SAMPLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/case/result.h"

/* The shortest sample that is believed: `min_time`, and 1000 resolutions. */
double et_sampling_floor(double min_time, double resolution);

/* More iterations for a sample that took `seconds` with `iterations` and
 * should take `floor`; the same number when it is long enough. If it is
 * more, it is a prime number, 3 or at least 7, so that what errs in every
 * second or twentieth call is not in step with the samples. */
uint64_t et_sampling_grow(uint64_t iterations, double seconds, double floor);

/* Is the series flat: none of the last three samples beat the best of those
 * before by more than `precision`. */
bool et_sampling_flat(const double *v, size_t n, double precision);

/* The figures of the samples so far, in the order they were taken: those of
 * the warm-up at their start, which is found in them (harness/stat/series.h),
 * do not count; *warm: how many. `converged` by et_series_enough. false: no
 * memory. */
bool et_sampling_summarise(struct et_result_time *time, double precision,
                           int64_t min_samples, size_t *warm);
/* The first `warm` samples go to `transient`; false: no memory. */
bool et_sampling_split(struct et_result_time *time, size_t warm);
/* drift, drift_p and drifts, over the samples in their order: what a record has
 * gives them again. false: no memory. */
bool et_sampling_trend(struct et_result_time *time, double precision);

/* Samples to take before the next look at `n` of them, which took `elapsed`
 * seconds of `budget`: half as many again, so that all looks together cost
 * about one sort, but no more than what is left of the budget holds, nor of
 * `max`; at least 1. */
size_t et_sampling_block(size_t n, double elapsed, double budget, size_t max);

#endif
