/* Two samples side by side: how far one lies from the other, with an interval,
 * whether that can be chance, and how often one beats the other. Nothing is
 * assumed of their distribution. Pure; what is allocated is freed before
 * return.
 */
#ifndef ET_STAT_PAIR_H
#define ET_STAT_PAIR_H

#include "harness/stat/stat.h"

struct et_sample {
    const double *v;
    size_t n;
    /* Of et_series_inflation; 1 for independent samples. It widens the interval
     * and raises p: the variance of Mann and Whitney's count is then
     * mn (n inflation_x + m inflation_y + 1) / 12. */
    double inflation;
};

struct et_contrast {
    /* Hodges and Lehmann's shift: the median of all y[j] - x[i], and Moses'
     * interval for it (Hollander, Wolfe and Chicken, Nonparametric Statistical
     * Methods, 4.2 and 4.3). {NAN, NAN} where too few samples reach the
     * confidence. It tells the same as the test: it excludes 0 where p is below
     * 1 - confidence, but for ties and rounding. */
    double shift;
    struct et_interval interval;
    /* Two-sided p of Mann and Whitney's rank test: exact for fewer than 50 of
     * each without ties and dependence, else normal with tie and continuity
     * correction (the rule of R's wilcox.test). */
    double p;
    /* How often a y is above an x, ties counting half: 0.5 where neither is
     * ahead (the probability of superiority; Cliff's delta is 2 above - 1). */
    double above;
};

/* false, *out untouched: an empty sample, an inflation below 1 or NAN, or no
 * memory. The medians of the mn
 * differences are found by bisection over the numbers a double can be, without
 * the mn: at most 64 steps of m + n each. */
bool et_pair_compare(struct et_sample x, struct et_sample y, double confidence,
                     struct et_contrast *out);
/* The same for the ratio y / x: the shift of logarithms, and its exponential.
 * All values are above 0, else false. p and above are the same. */
bool et_pair_ratio(struct et_sample x, struct et_sample y, double confidence,
                   struct et_contrast *out);

/* Holm's step-down adjustment (Scand. J. Statistics 6, 1979) of n p values in
 * place: below alpha now means that the chance of one false alarm or more among
 * all n is below alpha. NAN is no test and stays. false: no memory. */
bool et_pair_holm(double *p, size_t n);

#endif
