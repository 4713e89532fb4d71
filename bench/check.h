/* check: is a product right? What the compute benches share: Freivalds'
 * test, its rounding bounds, and the team's agreement on the worst error.
 * Knows arrays and numbers; never a backend or a bench's parameters.
 *
 * Errors are shares of their bound, so the bound of a record is 1, and one
 * figure serves elements and rows of every size.
 *
 * Element by element (small problems), with certainty: a sum of k products,
 * however ordered, is off by at most gamma(k) sum |a||b|, where
 * gamma(n) = n u / (1 - n u): Higham, Accuracy and Stability of Numerical
 * Algorithms, 2nd ed., (3.5) for sums of products, (3.13) for matrices; u is
 * the unit roundoff. Three more roundings come with alpha, beta and the sum.
 *
 * Row by row (Freivalds, "Probabilistic machines can use less running time",
 * IFIP 1977): for x of random signs C x = A (B x), in O(n^2). A wrong element
 * always shows in its row's difference; several in a row hide from one x with
 * probability 1/2 at most. In that difference the rounding errors e of a row
 * add to about |e|_2, as the signs are independent of them (Hoeffding). The
 * worst case of e would pass an element that is wholly wrong, so for the zero
 * mean data of these benches the probable one is taken: the partial sums of a
 * dot product are near |a|_2 |b|_2 / sqrt(k), its error near u |a|_2 |b|_2
 * (Higham and Mary, "Sharper probabilistic backward error analysis for basic
 * linear algebra kernels with random data", SISC 42(5), 2020), a row's near
 * u |a|_2 |B|_F. The bound is ET_CHECK_LAMBDA times that, plus the same for
 * the test's own sums in fp64.
 */
#ifndef ET_BENCH_CHECK_H
#define ET_BENCH_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "harness/base/dtype.h"
#include "harness/run/bench.h"
#include "harness/team/team.h"

#define ET_CHECK_VECTORS 2
#define ET_CHECK_LAMBDA 16.0
/* Multiply-adds up to which every element is computed anew. */
#define ET_CHECK_SMALL ((double)(1 << 21))

double et_check_gamma(double n, double u);

/* The worst element or row that a rank has seen. Start from {0}. */
struct et_check_worst {
    double error; /* |got - want| / bound; INFINITY: not a number, or 0 */
    double got, want, bound;
    double at[3]; /* indices; negative: does not apply */
};
/* Keeps the first of the greatest. What is not finite fails. */
void et_check_take(struct et_check_worst *w, double got, double want,
                   double bound, int64_t at0, int64_t at1, int64_t at2);

/* Collective: the gravest status and the worst error of all ranks, the same
 * on all. `axes` names the three indices; `method` is kept. */
enum et_status et_check_agree(struct et_team *team, enum et_status mine,
                              const struct et_check_worst *w,
                              const char *const axes[3], const char *method,
                              struct et_verification *out);

/* n numbers of +1 or -1. */
void et_check_signs(double *x, int64_t n, uint64_t stream);

/* rows x cols matrix, element i, j at data[first + i*rs + j*cs]; rs or cs is
 * 1. y[v] = M x[v]; square[i] = sum over j of M[i][j]^2. In fp64. */
struct et_check_matrix {
    enum et_dtype dtype;
    const void *data;
    int64_t first, rows, cols, rs, cs;
};
void et_check_times(const struct et_check_matrix *m,
                    double *const x[ET_CHECK_VECTORS],
                    double *const y[ET_CHECK_VECTORS], double *square,
                    int threads);

/* How C = value A B + keep C0 came to be, and what its rounding may be. */
struct et_check_growth {
    double value, keep;      /* factors of A B and C0 after all iterations */
    double product, carried; /* error's factors of |A||B| and |C0| */
};
/* n iterations of C = alpha A B + beta C. `each` is the error of A B as a
 * share of |A||B|, `carry` that of beta C and of the sum as a share of |C|,
 * `typical` the size of A B itself as a share of |A||B|. */
struct et_check_growth et_check_grow(double alpha, double beta, uint64_t n,
                                     double each, double carry, double typical);

/* A row's bound. a, b, c, c0: the norms |a|_2, |B|_F, |c|_2, |c0|_2; k and n
 * the lengths of the two sums. */
double et_check_row_bound(const struct et_check_growth *g, double a, double b,
                          double c, double c0, int64_t k, int64_t n);

#endif
