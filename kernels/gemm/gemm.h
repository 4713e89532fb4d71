/* gemm: C = alpha op(A) op(B) + beta C, row-major, on one rank. Knows dtypes;
 * never the harness's loop, a file or a clock.
 *
 * Shapes: op(A) is m x k, op(B) is k x n, C is m x n; op(X) is X or its
 * transpose. Row-major: A[i][j] stands at a[i*lda + j]; stored A is m x k
 * with lda >= k, or with trans_a k x m with lda >= m; so for B and C.
 * Batch: `batch` such problems, each operand's matrices one after the other,
 * rows*ld elements apart. Grouped, as a mixture of experts is: rows of op(A)
 * and C belong to groups, first[g] to first[g + 1] - 1 to group g, perhaps
 * none, and each group has a B of its own, one after the other. Each operand
 * has a type of its own, sums another (struct et_types); a backend refuses
 * types that it does not know. flops = 2 m n k batch (a multiply and an add;
 * the scaling by alpha and beta is not counted: LAPACK Working Note 41).
 */
#ifndef ET_GEMM_GEMM_H
#define ET_GEMM_GEMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/backend.h"
#include "harness/base/dtype.h"
#include "harness/base/status.h"
#include "harness/base/turn.h"

struct et_gemm {
    struct et_types types;
    bool trans_a, trans_b;
    int64_t m, n, k, batch;
    int64_t lda, ldb, ldc;
    double alpha, beta;
    int64_t l2;           /* bytes that a thread has of L2; 0: not known */
    int64_t groups;       /* 0: not grouped; else batch is 1 */
    const int64_t *first; /* groups + 1, from 0 to m; the caller's */
    /* How A and B move from one iteration to the next (harness/base/turn.h). */
    struct et_turn turn_a, turn_b;
};

/* One product of operands as they usually lie: nothing transposed, no room
 * between rows, alpha 1, beta 0, inputs that stay. */
struct et_gemm et_gemm_dense(struct et_types types, int64_t m, int64_t n,
                             int64_t k);

/* Elements that an operand takes, batch and ld included, without what a buffer
 * needs for its turns; false: overflow. */
bool et_gemm_elements(const struct et_gemm *p, int64_t *a, int64_t *b,
                      int64_t *c);

struct et_gemm_backend {
    struct et_backend base;
    bool groups; /* its create does grouped problems by itself */
    bool partly; /* of a type it does not all shapes */
    /* NULL, or why it does not do this problem. Member NULL: it does all. */
    const char *(*unsupported)(const struct et_gemm *p);
    /* Bytes of its own beyond the operands, of one setup. Member NULL: few. */
    double (*workspace)(const struct et_gemm *p, int threads);
    /* a, b, c: in the backend's memory space, filled. They stay the
     * caller's and outlive the setup. What stands in a and b may change between
     * two runs, and iteration i has A and B at a + et_turn_a(&turn_a, i) and
     * b + et_turn_b(&turn_b, i), in elements. alpha and beta are rounded to the
     * type of the sums. With beta = 0 C must not be read: it may hold NaN. With
     * alpha = 0 A and B may be read. No size is 0. `threads` is what the user
     * asked for; if fewer really work, that is found and reported. An iteration
     * of the setup is one product; its result is c. */
    enum et_status (*create)(const struct et_gemm *p, int threads,
                             const void *a, const void *b, void *c,
                             void **setup);
};

/* The build's list; the reference first. */
ET_BACKENDS_OF(gemm)
/* NULL, or why the backend does not do this problem in this process. */
const char *et_gemm_unsupported(const struct et_gemm_backend *b,
                                const struct et_gemm *p);
/* Group g as a problem of its own; its operands begin *a, *b and *c elements
 * after those of the whole. */
struct et_gemm et_gemm_group(const struct et_gemm *p, int64_t g, int64_t *a,
                             int64_t *b, int64_t *c);

#endif
