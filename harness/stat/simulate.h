/* Made-up series whose truth is known, and the statistics of this room put to
 * them: how often an interval holds the truth, how often a test cries out where
 * there is nothing, and where there is something. The same seed gives the same
 * counts on every machine, but for the last bit of libm. Pure; no clock.
 */
#ifndef ET_STAT_SIMULATE_H
#define ET_STAT_SIMULATE_H

#include <stdint.h>

#include "harness/stat/stat.h"

/* Samples as times have them: near 1, above 0. */
enum et_noise {
    ET_NOISE_NORMAL,    /* 1 + 0.05 z */
    ET_NOISE_LOGNORMAL, /* exp(0.3 z) */
    ET_NOISE_BIMODAL,   /* 7 in 10 of 1 + 0.02 z, else 1.2 + 0.02 z */
    ET_NOISE_AR03,      /* 1 + 0.05 a, a autoregressive, rho = 0.3 */
    ET_NOISE_AR06,      /* rho = 0.6 */
    ET_NOISE_SKEWED_AR, /* exp(0.3 a), rho = 0.6 */
    ET_NOISE_GAP, /* bimodal, 5 in 10: the median lies between the modes */
    ET_NOISES
};
const char *et_noise_name(enum et_noise kind);
/* Series number `index` of a seed: v in time order. */
void et_noise_fill(enum et_noise kind, uint64_t seed, uint64_t index, double *v,
                   size_t n);
/* The true median; of ET_NOISE_GAP the middle of the gap. */
double et_noise_median(enum et_noise kind);

/* What is done to each series, and what counts as a hit. `effect` is added as
 * said; with effect 0 the hits of a test are its false alarms. */
enum et_trial {
    ET_TRIAL_MEDIAN, /* et_series_median_interval holds the truth */
    ET_TRIAL_PLAIN,  /* et_stat_median_interval, which knows of no dependence */
    ET_TRIAL_STOPPED, /* the same as MEDIAN, sampling having been stopped by
                       * et_series_enough: floor n, looks after half as many
                       * again, precision `effect`, at most 100 n */
    ET_TRIAL_SHIFT,   /* et_pair_ratio's interval holds 1 + effect: two series
                       * of n, the second longer by that share */
    ET_TRIAL_RANK,    /* its p is below 0.05 */
    ET_TRIAL_WARMUP,  /* et_series_warmup cuts something: the series begins
                       * longer by `effect`, which decays with a time constant
                       * of n / 20 samples */
    ET_TRIAL_SETTLED, /* what it leaves has an interval that holds the truth */
    ET_TRIAL_TREND    /* et_series_trend's p is below ET_TREND_ALPHA: the series
                       * is longer by `effect` at its end, in a straight line */
};
const char *et_trial_name(enum et_trial t);

struct et_simulation {
    enum et_trial trial;
    enum et_noise noise;
    double effect;
    size_t n;      /* samples of a series */
    size_t series; /* how many are tried */
    uint64_t seed;
};
struct et_simulated {
    size_t series, hits;
    size_t none;                 /* series that had no interval; never hits */
    double share;                /* hits over series */
    struct et_interval interval; /* of the share, 95 %: Wilson's score */
    /* Mean over the series: MEDIAN, STOPPED: effective samples; SHIFT: width
     * of the interval; WARMUP, SETTLED: samples cut. Else 0. */
    double mean;
    double mean_n; /* samples taken; n but for STOPPED */
};
/* false: no memory, or n < 1 or series < 1. */
bool et_simulate(const struct et_simulation *s, struct et_simulated *out);

#endif
