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

/* Sorts in place, ascending. */
void et_stat_sort(double *v, size_t n);
/* Quantile q in [0,1] of a sorted array, linear between closest ranks (type 7
 * of Hyndman and Fan, 1996). NAN for n = 0. */
double et_stat_quantile(const double *sorted, size_t n, double q);
double et_stat_median(const double *v, size_t n); /* v unsorted; NAN: n=0 */

/* Distribution-free interval of the median from order statistics: the
 * narrowest symmetric pair of ranks whose binomial(n, 1/2) coverage is at
 * least `confidence` (Conover, Practical Nonparametric Statistics, 3.2;
 * Le Boudec, Performance Evaluation, Thm 2.1). {NAN, NAN} where n is too small
 * for any pair (n < 6 at 95 %). */
struct et_interval et_stat_median_interval(const double *sorted, size_t n,
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

#endif
