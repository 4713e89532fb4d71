/* Statistics: arrays in, numbers out. Pure: no allocation kept, no I/O, no
 * clock. Sources stand by each formula.
 */
#ifndef ET_STAT_STAT_H
#define ET_STAT_STAT_H

#include <stdbool.h>
#include <stddef.h>

struct et_interval {
    double low, high;
};

/* Of every interval that is reported. */
#define ET_STAT_CONFIDENCE 0.95

/* Sorts in place, ascending. */
void et_stat_sort(double *v, size_t n);
/* Quantile q in [0,1] of a sorted array, linear between closest ranks (type 7
 * of Hyndman and Fan, 1996). NAN for n = 0. */
double et_stat_quantile(const double *sorted, size_t n, double q);
double et_stat_median(const double *v, size_t n); /* v unsorted; NAN: n=0 */

/* Costs (seconds, joules, bytes) are summed, so their mean is arithmetic;
 * rates (FLOP/s, B/s) of equal work are summed by the time that each stands
 * for, so theirs is harmonic. Rules 3 and 4 of Hoefler and Belli, Scientific
 * Benchmarking of Parallel Computing Systems, SC15. NAN for n = 0; the harmonic
 * one also where a rate is not above zero, which no work in some time is. */
double et_stat_mean(const double *v, size_t n);
double et_stat_harmonic_mean(const double *v, size_t n);

/* Ranks from 1 in the order of v, ties sharing their mean rank. Returns the sum
 * of t^3 - t over the groups of t equal values, 0 where all differ; NAN, with
 * ranks untouched, where there is no memory. */
double et_stat_ranks(const double *v, size_t n, double *ranks);

/* Distribution-free interval of quantile q from order statistics: the largest
 * rank whose binomial(n, q) tail is at most (1 - confidence) / 2, from either
 * side (Conover, Practical Nonparametric Statistics, 3.2; Le Boudec,
 * Performance Evaluation, Thm 2.1); coverage is at least `confidence`. An end
 * that no rank reaches is NAN: p99 has an upper end from n = 368 on. */
struct et_interval et_stat_quantile_interval(const double *sorted, size_t n,
                                             double q, double confidence);
/* The same for the median; {NAN, NAN} where n is too small for any pair of
 * ranks (n < 6 at 95 %). */
struct et_interval et_stat_median_interval(const double *sorted, size_t n,
                                           double confidence);
/* The same with coverage near `confidence` instead of above it: the ends stand
 * between neighbouring order statistics, interpolated by the rule of
 * Hettmansperger and Sheather, Confidence intervals based on interpolated order
 * statistics, Statistics & Probability Letters 4 (1986). `effective` is the
 * number of independent samples that the n stand for, at most n: the ends are
 * the same quantiles that they would be for so many, linear between whole ones.
 * {NAN, NAN} where it is below et_stat_median_floor. */
struct et_interval et_stat_median_interval_near(const double *sorted, size_t n,
                                                double effective,
                                                double confidence);

/* Smallest n at which such an interval exists. */
size_t et_stat_median_floor(double confidence);

/* y = a + b x by least squares; standard errors and the residuals' largest
 * share of the fitted value. ok is false for n < 2 or equal x. With n = 2 the
 * errors are NAN. */
struct et_line {
    bool ok;
    double a, b, a_error, b_error, residual_worst, r2;
    size_t n;
};
struct et_line et_stat_line(const double *x, const double *y, size_t n);
/* The same with weights 1/y^2: relative residuals count, for data over orders
 * of magnitude. */
struct et_line et_stat_line_relative(const double *x, const double *y,
                                     size_t n);

/* Two-sided 95 % point of Student's t with df degrees of freedom. */
double et_stat_t95(size_t df);

/* The standard normal: the z below which a share p of it lies (Wichura,
 * Algorithm AS 241, Applied Statistics 37, 1988; to about 1e-15), and the share
 * beyond |z| on both sides, the p value of z. */
double et_stat_normal_quantile(double p);
double et_stat_normal_tails(double z);
/* The chance that Student's t with df degrees of freedom is beyond t >= 0, on
 * one side (Abramowitz and Stegun, 26.7.3 and 26.7.4). */
double et_stat_t_tail(double t, size_t df);

/* Holm's step-down adjustment (Scand. J. Statistics 6, 1979) of n p values in
 * place: below alpha now means that the chance of one false alarm or more among
 * all n is below alpha. NAN is no test and stays. false: no memory. */
bool et_stat_holm(double *p, size_t n);

#endif
