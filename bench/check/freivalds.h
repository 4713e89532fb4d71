/* check: is a product right? What the compute benches share: Freivalds'
 * test, its rounding bounds, integers that no rounding touches, and the team's
 * agreement on the worst error. Knows arrays and numbers; never a backend or a
 * bench's parameters. product.h puts the pieces together.
 *
 * Errors are shares of their bound, so the bound of a record is 1, and one
 * figure serves elements and rows of every size.
 *
 * u is the unit roundoff of the accumulator; v that of a stored element where
 * the type is summed in a wider one and rounded again when stored, else 0.
 *
 * Element by element (small problems, samples), with certainty: a sum of k
 * products, however ordered, is off by at most gamma(k) sum |a||b|, where
 * gamma(n) = n u / (1 - n u): Higham, Accuracy and Stability of Numerical
 * Algorithms, 2nd ed., (3.5) for sums of products, (3.13) for matrices. Three
 * more roundings come with alpha, beta and the sum, and v |c| with the store,
 * or near 0 half a step of the type.
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
 * u |a|_2 |B|_F; the row itself is near |a|_2 |B|_F / sqrt(k), and storing it
 * adds v of that. The bound is ET_CHECK_LAMBDA times the sum, plus the same
 * for the test's own sums in fp64. It rests on the inputs alone, so that a
 * damaged output cannot widen it. By Hoeffding's inequality a sum passes
 * lambda times its norm with probability 2 exp(-lambda^2 / 2): at 16 that is
 * 1e-55, so the rows of any machine raise no false alarm; the factor is there
 * for short sums and rows, which are not near their mean.
 *
 * Without rounding: integers of at most q, which the operands hold, where
 * every partial sum in any order is an integer that each type on its way holds
 * (et_dtype_exact):
 *     k q^2 + q <= exact
 * (the q beside the sum is C's, with |alpha|, |beta| <= 1). There any
 * difference is a fault; this holds for each algorithm that adds products of
 * the operands, and not for one that first transforms them by fractions. For
 * the test's own sums to be exact in fp64 too, n w (k q^2 + q) <= 2^53 with
 * weights of at most w for signs.
 */
#ifndef ET_BENCH_CHECK_FREIVALDS_H
#define ET_BENCH_CHECK_FREIVALDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/dtype.h"
#include "harness/case/bench.h"
#include "harness/team/team.h"

#define ET_CHECK_VECTORS 2
#define ET_CHECK_LAMBDA 16.0
/* Multiply-adds up to which every element is computed anew. */
#define ET_CHECK_SMALL ((double)(1 << 21))

double et_check_gamma(double n, double u);

/* Unit roundoff of the accumulator, and of a stored element where that is
 * another type; out is 0 where a sum is stored as it is. operand, exact: the
 * integers up to which the operands, and the sums on all their way, are held
 * without rounding. half: the most that storing an element near 0 moves it; 0
 * as out is. */
struct et_check_rounding {
    double sum, out, operand, exact, half;
};
struct et_check_rounding et_check_rounding_of(const struct et_types *t);

/* The worst element or row that a rank has seen. Start from {0}. */
struct et_check_worst {
    double error; /* |got - want| / bound; INFINITY: not a number, or 0 */
    double got, want, bound;
    double at[3];   /* indices; negative: does not apply */
    bool exact;     /* seen where no rounding was allowed */
    double certain; /* an output off by more is always found */
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

/* n numbers of +1 or -1, times a random integer from 1 to `most`. */
void et_check_signs(double *x, int64_t n, int64_t most, uint64_t stream);

/* The greatest q and w of the formula above; q is 0 where there is none. */
int64_t et_check_integers(int64_t k, int64_t n,
                          const struct et_check_rounding *unit);
int64_t et_check_weights(int64_t k, int64_t n, int64_t q);
/* The greatest that an element may be where each sum has one term, times 1: as
 * many digits as all types on the way hold, less four for algorithms that add
 * operands before they multiply; and n of them are exact in fp64. */
int64_t et_check_wide(int64_t n, const struct et_check_rounding *unit);
/* Elements [first, first+n) of a stream: integers of at most q, or with q = 0
 * reals in [-1, 1), of an integer type all that it has. */
void et_check_fill(enum et_dtype dtype, void *out, size_t n, uint64_t stream,
                   uint64_t first, int64_t q);

/* rows x cols matrix, element i, j at data[first + i*rs + j*cs]; rs or cs is
 * 1. */
struct et_check_matrix {
    enum et_dtype dtype;
    const void *data;
    int64_t first, rows, cols, rs, cs;
    void *spoil; /* data, where its rows (cs = 1) become NaN once they are read,
                  * as they are in the cache then; NULL: they are kept */
};
/* y[v] = M x[v]; square[i] = sum over j of M[i][j]^2, unless it is NULL. In
 * fp64. */
void et_check_times(const struct et_check_matrix *m,
                    double *const x[ET_CHECK_VECTORS],
                    double *const y[ET_CHECK_VECTORS], double *square,
                    int threads);
/* n elements of `data` from the first become NaN, or in a type without one what
 * no result is (et_dtype_spoilt). */
void et_check_spoil(enum et_dtype dtype, void *data, int64_t first, int64_t n);

/* How C = value A B + keep C0 came to be, and what its rounding may be. */
struct et_check_growth {
    double value, keep;      /* factors of A B and C0 after all iterations */
    double product, carried; /* error's factors of |A||B| and |C0| */
    double stored;           /* and of |C|: when it was last stored */
    double half;             /* and beside all: near 0, however small C is */
};
/* n iterations of C = alpha A B + beta C over sums of k: at most, and
 * probably. */
struct et_check_growth et_check_grow_worst(double alpha, double beta,
                                           uint64_t n, int64_t k,
                                           const struct et_check_rounding *u);
struct et_check_growth et_check_grow_typical(double alpha, double beta,
                                             uint64_t n, int64_t k,
                                             const struct et_check_rounding *u);

/* An element's bound; size: sum |a||b|; c: what it should be. */
double et_check_element_bound(const struct et_check_growth *worst, double size,
                              double c0, double c, int64_t k);
/* A row's bound. a, b, c0: the norms |a|_2, |B|_F, |c0|_2; k and n the lengths
 * of the two sums. */
double et_check_row_bound(const struct et_check_growth *typical, double a,
                          double b, double c0, int64_t k, int64_t n);

#endif
