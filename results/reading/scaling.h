/* scaling: series of cases that differ in nothing but the team, what the
 * fits of their times say, and when they say nothing. Arrays of records in,
 * numbers out; never a document.
 *
 * Rate: the figure of merit of a case, work of the whole team W(p) over t(p).
 * Over the smallest team p0:
 *   speed-up    S(p) = rate(p) / rate(p0)
 *   efficiency  E(p) = S(p) p0 / p
 * which for strong scaling is t(p0)/t(p) and for weak scaling Gustafson's
 * scaled speed-up. Their intervals take the worst ends of both times'.
 *
 * strong: t(p) = a + b/p by least squares (Amdahl, AFIPS 1967); the serial
 *   fraction is a/(a+b).
 * weak: E(p) = a + b log2(p/p0) by least squares: b is the efficiency that a
 *   doubling costs (trees and networks deepen with log p); Gustafson's serial
 *   fraction (CACM 31(5), 1988) is 1 - the slope of S over p/p0 through (1,1).
 * Ranges of a fit take its 95 % parameter errors (Student's t) at once.
 *
 * A projection is refused unless the data stands behind it (Hoefler and
 * Belli, SC15, rules 9 to 11: bounds and models are stated, not guessed):
 * real clock; no team oversubscribed; every point without a flaw (sound.h);
 * at least ET_SCALING_POINTS team sizes; worst residual at most 10 %; no
 * negative serial part; the fit reaches the target at both ends of its range
 * before its efficiency falls to nothing; at most 100 times the largest team;
 * and more than one node in the data if the target needs more ranks than
 * were measured, because one node says nothing of a network.
 */
#ifndef ET_RESULTS_READING_SCALING_H
#define ET_RESULTS_READING_SCALING_H

#include "harness/stat/stat.h"
#include "results/reading/name.h"

#define ET_SCALING_POINTS 4
#define ET_SCALING_RESIDUAL 0.10
#define ET_SCALING_REACH 100

struct et_scaling_point {
    const struct et_record *r;
    double ranks;
    double rate, rate_low, rate_high; /* in `unit`; NAN ends: no interval */
    double speedup, speedup_low, speedup_high;
    double efficiency, efficiency_low, efficiency_high;
};

struct et_series {
    struct et_scaling_point *v; /* by ranks, ascending; one a team size */
    size_t n;
    bool strong;
    const char *unit;    /* of the rates: "FLOP/s" */
    struct et_line line; /* as above */
    /* Serial fraction: Amdahl's or Gustafson's; NAN where not fitted. */
    double serial, serial_low, serial_high;
};

/* Projection to `target` work/s. */
struct et_projection {
    double low, high;  /* ranks needed; NAN when refused */
    char refusal[160]; /* "" when it stands */
};

struct et_scaling {
    struct et_series *v;
    size_t n;
};

/* All series of at least two team sizes among the sound or merely measured
 * records that say `scaling`. False on no memory. */
bool et_scaling_find(const struct et_run *run, struct et_scaling *out);
void et_scaling_free(struct et_scaling *s);

/* The fitted speed-up at p ranks; NAN where there is no fit. */
double et_series_fit(const struct et_series *s, double ranks);
struct et_projection et_series_project(const struct et_run *run,
                                       const struct et_series *s,
                                       double target);

/* t(S) = alpha + S/B over a collective's sizes, relative least squares
 * (Hockney, Parallel Computing 20, 1994). */
struct et_latency_fit {
    struct et_line line;
    double alpha, alpha_low, alpha_high; /* s */
    double rate, rate_low, rate_high;    /* B/s */
};
struct et_latency_fit et_latency_fit(const struct et_run *run,
                                     const struct et_picks *group);

#endif
