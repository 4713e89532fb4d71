/* A series of samples in the order they were taken: how far neighbours depend
 * on each other, the median's interval with that counted in, the warm-up at its
 * start, a trend over it, and when there are enough samples. Pure: what is
 * allocated is freed before return; samples are finite.
 */
#ifndef ET_STAT_SERIES_H
#define ET_STAT_SERIES_H

#include "harness/stat/stat.h"

/* Autocorrelation time of the ranks of v: n samples tell as much as
 * n / inflation independent ones. 1 for independent samples, never less:
 * neighbours that avoid each other are not believed to make a median surer.
 * The sum of autocorrelations over Geyer's initial monotone sequence (Practical
 * Markov chain Monte Carlo, Statistical Science 7, 1992), at most n/3 and
 * 10 sqrt(n) lags, with its bias of (2K + 1) / n for K lags taken out (Wolff,
 * Monte Carlo errors with less errors, Computer Physics Communications 156,
 * 2004, eq. 49). Dependence is looked for only where neighbours say that there
 * is some: their autocorrelation is above what 10 % of independent series have,
 * or 1 % where there are fewer than ET_SERIES_FEW samples, which cannot tell a
 * weak dependence from chance. NAN where there is no memory. */
#define ET_SERIES_FEW 20
double et_series_inflation(const double *v, size_t n);

/* The median of v, its interval, and the number of independent samples it
 * rests on: et_stat_median_interval_near, the dependence being that of the
 * signs v[i] - median, since the interval counts how many samples lie on either
 * side. {NAN, NAN} where fewer than et_stat_median_floor are left, or no
 * memory; *effective (may be NULL) is then NAN only for want of memory. */
struct et_interval et_series_median_interval(const double *v, size_t n,
                                             double confidence,
                                             double *effective);

/* Where the series settles. length: leading samples that are not of the same
 * level as those after them, at most half of all. settled: no change of level
 * is left in the rest; false also where there is no memory.
 * The samples' normal scores (van der Waerden) are split where the two parts
 * differ most for their lengths; the split counts where its p value, by Miller
 * and Siegmund's formula for a maximum over all splits (Maximally selected chi
 * square statistics, Biometrics 38, 1982), is below ET_WARMUP_ALPHA. The rest
 * is then split again, up to ten times; a split in the later half of the series
 * is no warm-up. Scores keep one outlier from looking like a level; their
 * variance is inflated by the dependence seen in the later half, where no
 * warm-up is. Either direction counts: a clock that falls as well as a cache
 * that fills. Nothing is found in fewer than about 25 samples. */
#define ET_WARMUP_ALPHA 0.01
struct et_warmup {
    size_t length;
    bool settled;
};
struct et_warmup et_series_warmup(const double *v, size_t n);

/* Drift over the series: Mann-Kendall's test with ties (Kendall, Rank
 * Correlation Methods, 1970), its variance multiplied by the dependence that is
 * left in the ranks once the slope is taken out (as Hamed and Rao, A modified
 * Mann-Kendall trend test for autocorrelated data, J. Hydrology 204, 1998; here
 * with et_series_inflation in place of their sum over significant lags), and
 * the slope of Theil and Sen (Sen, JASA 63, 1968) over the medians of at most
 * 100 blocks of neighbours, which bounds its cost at 4950 pairs. */
#define ET_TREND_ALPHA 0.01
#define ET_TREND_LEAST 10 /* samples; fewer have no trend */
struct et_trend {
    bool found;       /* p < ET_TREND_ALPHA and |change| >= least */
    double p;         /* two-sided; NAN: too few samples, or no memory */
    double slope;     /* v's unit, from one sample to the next */
    double change;    /* slope over the whole span, as a share of the median */
    double inflation; /* of the variance */
};
struct et_trend et_series_trend(const double *v, size_t n, double least);

/* Whether to stop sampling. Enough: n >= floor; the median's interval, with
 * dependence counted in, is at most `precision` of the median wide; and either
 * half of the series has an interval that is at most sqrt(2) times that, as
 * half of the samples should have. The halves are what keeps the coverage:
 * sampling that stops at the first narrow interval stops when it happens to be
 * narrower than it should be (harness/stat/simulate.h has both figures). Never
 * below 2 et_stat_median_floor samples: 12 at 95 %. */
enum et_enough { ET_ENOUGH_NOT, ET_ENOUGH, ET_ENOUGH_TIME };
struct et_enough_rule {
    double confidence, precision; /* 0.95, and the width over the median */
    size_t floor;                 /* samples */
    double budget;                /* s */
};
enum et_enough et_series_enough(const double *v, size_t n, double elapsed,
                                const struct et_enough_rule *rule);

#endif
