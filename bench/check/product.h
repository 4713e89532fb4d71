/* check_product: the whole check of a batch of products, for the benches whose
 * work is one: gemm, and conv as filters times patches. What C must be, how
 * far off it may be, the faults that are planted to see it found. Knows
 * matrices and streams; never a backend, a bench's parameters or a clock.
 *
 * C_g = alpha A_g B_g + beta C_g, g from 0: `count` of them, each m x n over
 * sums of k; row i of C_g stands at (g m + i) ldc. C0 is C as filled. Or
 * grouped: C_g has rows first[g] to first[g + 1] - 1 of C, perhaps none.
 *
 * Two checks, and a bench's verify passes when both do:
 * - exact, once in a process, in preparation: runs on integers that no rounding
 *   touches, in the case's own shape, with alpha and beta replaced by their
 *   signs, and a difference of zero demanded (freivalds.h): on small integers
 *   everywhere, or where the output holds too few digits for sums that long,
 *   in as many elements of each row of A as it does hold; and on integers that
 *   need most digits of their type, in A and then in B, where one element alone
 *   of each row of A is not 0. So operands that are cut short are seen, however
 *   long the sums. It costs an iteration each.
 * - of the timed data, whenever asked: every element where the problem is
 *   small; else each row by Freivalds' test, and `samples` elements at random.
 * The inputs move from one iteration to the next (harness/base/turn.h), and are
 * filled anew before they come to a place again, unless with beta; so what
 * rests on them (B x, A (B x), the norms) is computed anew in each check, for
 * those that the last iteration had; C0 x once, in preparation.
 *
 * With beta = 0 every iteration leaves the same, so between two checks one
 * that does nothing would go unseen. Therefore the last iteration of each run
 * finds one element of C, another each time, as NaN (of an integer type, as
 * et_dtype_spoilt has it), and a glance after the run computes that element
 * anew: a number, and right, or the next check fails.
 * That is one store in what is timed, ordered between two iterations by the
 * memory space, and outside k multiply-adds and one element brought to the
 * host. The signs x are drawn then too; no backend ever sees them or their
 * stream.
 */
#ifndef ET_BENCH_CHECK_PRODUCT_H
#define ET_BENCH_CHECK_PRODUCT_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/check/freivalds.h"
#include "harness/base/turn.h"
#include "harness/case/bench.h"

/* With beta, C is taken anew after so many iterations at most: the check must
 * know how often C was added to, and must still see a single one that is
 * missing. Filling C costs about a thousandth of that many products. Fewer
 * where C has so few digits that one of many would be lost in its rounding. */
#define ET_PRODUCT_KEPT 1024
uint64_t et_product_kept(enum et_dtype out);

/* What stands in A and B: integers of at most so much, or with 0 reals in
 * [-1, 1); other ones for each epoch. */
struct et_product_fill {
    int64_t a, b;
    int64_t terms; /* of each row of A at most so many are not 0; 0: all */
    uint64_t epoch;
};

/* What the bench lends: its operands, and how they are planned. All but create
 * works on the host's copies. */
struct et_product_ops {
    struct et_check_matrix (*a)(const void *of, int64_t g);
    /* y[v] = B_g x[v]; square: its rows' squared norms. In fp64, exact where
     * integers are. */
    void (*times_b)(const void *of, int64_t g,
                    double *const x[ET_CHECK_VECTORS],
                    double *const y[ET_CHECK_VECTORS], double *square);
    /* (A_g B_g)[i][j] in fp64; *size: the sum of its terms' magnitudes. */
    double (*element)(const void *of, int64_t g, int64_t i, int64_t j,
                      double *size);
    /* Fill A and B by et_check_fill, and send them to the backend's memory
     * space. */
    enum et_status (*fill)(void *of, const struct et_product_fill *fill);
    /* Setup the problem on the operands as they are. */
    enum et_status (*create)(void *of, double alpha, double beta, void **setup);
};

struct et_product {
    /* Set by the bench, once. */
    const struct et_product_ops *ops;
    void *of;
    struct et_team *team;
    bool settled;                     /* this process has done the exact pass */
    bool alike;                       /* every rank computes the same C */
    const struct et_backend *backend; /* runs what `create` planned */
    int64_t count, m, n, k, ldc;
    const int64_t *first;  /* count + 1, from 0; m is the most rows that a
                            * product has. NULL: each has m */
    struct et_types types; /* out: of C */
    double alpha, beta;
    int threads;
    bool small;      /* check every element */
    int64_t samples; /* else so many elements beside the rows */
    uint64_t stream; /* of C0, signs and samples */
    struct et_buffer
        *c; /* count * m * ldc elements, in the backend's memory space */
    /* Its own. */
    void *setup;
    double elapsed; /* of an iteration of the last run, by the device's own
                     * clock; 0: it tells none */
    struct et_product_fill stands; /* in A and B, */
    uint64_t fresh;                /* since the iteration of this turn */
    enum et_status filled;
    uint64_t turn;       /* of the next iteration */
    uint64_t done;       /* that of the last one: the bench's operands, as `ops`
                          * gives them, are those that it had */
    uint64_t iterations; /* since C was filled */
    bool fetched;        /* all of C on the host is what the last run left */
    int64_t integers;    /* C0 has integers of at most this, and nothing is
                          * rounded; 0: reals */
    uint64_t checks;
    double *room;
    double *x[ET_CHECK_VECTORS], *bx[ET_CHECK_VECTORS], *cx[ET_CHECK_VECTORS];
    double *abx[ET_CHECK_VECTORS], *c0x[ET_CHECK_VECTORS]; /* of all rows */
    double *norm_a, *norm_c0;                              /* of all rows */
    double *norm_b;                                        /* of each B */
    double *square;                                        /* of B's rows */
    uint64_t marks;                                        /* ever made */
    int64_t mark; /* the element made NaN, of count * m * n */
    bool marked;  /* and not yet looked at */
    struct et_check_worst exact, glanced; /* glanced: since the last check */
};

/* Bytes that a check of such products takes; INFINITY on overflow. */
double et_product_memory(const struct et_product *p);
/* Fills the operands and sets up the problem on them, after the exact pass
 * where it is not settled. Its finding is kept for every check to come. Local.
 */
enum et_status et_product_open(struct et_product *p);
void et_product_close(struct et_product *p); /* {0} is fine */

/* Hooks of et_bench, for a bench whose state begins with its et_product. */
/* All that is timed: enqueues so many iterations and waits for them. Before the
 * last an element becomes NaN; not with beta, where C tells how often it was
 * added to, and begins anew in good time. */
enum et_status et_product_run(void *product, uint64_t iterations);
/* Other numbers into A and B before their places come again, so that nothing
 * that a library remembers by its inputs' addresses is right. Not with beta. */
enum et_status et_product_before(void *product);
/* Looks at that one element. */
void et_product_glance(void *product);
/* Looks at the whole of C: each row by Freivalds' test. What is wrong is
 * remembered, as by a glance. */
void et_product_inspect(void *product);
/* The next iteration is as the first. */
void et_product_rewind(void *product);
void et_product_output(const void *product, struct et_output *out);
enum et_status et_product_damage(void *product, const struct et_fault *fault,
                                 double *size);
double et_product_elapsed(const void *product);
/* "types": where they are not all one, what is stored and what is summed in. */
enum et_status et_product_facts(void *product, struct et_pairs *out);
#define ET_PRODUCT_HOOKS                                                       \
    .before = et_product_before, .run = et_product_run,                        \
    .rewind = et_product_rewind, .glance = et_product_glance,                  \
    .inspect = et_product_inspect, .output = et_product_output,                \
    .damage = et_product_damage, .elapsed = et_product_elapsed

/* The share of its bound that an error uses at most where every rounding is
 * that of the types: et_verification's `usual`.
 *
 * Rounding errors are as good as random (Higham and Mary, SIAM J. Sci. Comput.
 * 41, 2019), and bounds are not: a sum of k terms, whose elements are bounded
 * by k + 3 roundings of all terms' magnitudes, errs by about 1/k of that, and
 * one in thousands by 4/k; ET_PRODUCT_USUAL is three times that. A row's bound
 * (freivalds.h) is 16 times the error's size, whatever k is: the worst of many
 * rows uses a sixth, and a quarter is allowed. With 16 bits of mantissa for 24
 * rows of k = 8192 use half of their bound. An output that is rounded to fewer
 * digits than its sums uses up to all of an element's: nothing is usual there.
 */
#define ET_PRODUCT_USUAL 12.0
#define ET_PRODUCT_USUAL_ROW 0.25
double et_product_usual(const struct et_product *p);

/* The first row of C that product g has; that of `count`: all rows. */
static inline int64_t et_product_first(const struct et_product *p, int64_t g)
{
    return p->first ? p->first[g] : g * p->m;
}
/* Where element i, j of product g stands in C. */
static inline size_t et_product_place(const struct et_product *p, int64_t g,
                                      int64_t i, int64_t j)
{
    return (size_t)((et_product_first(p, g) + i) * p->ldc + j);
}
/* The product that has a row of C. */
int64_t et_product_of_row(const struct et_product *p, int64_t row);
/* All of what the last run left to the host's copy of C. Local. */
enum et_status et_product_fetch(struct et_product *p);

/* The worst of what the last run left, of the exact pass and of the glances
 * since the last check. The next check
 * cannot pass on what this one saw: C is C0 again, or NaN where C0 is not
 * used. Local. */
enum et_status et_product_check(struct et_product *p, struct et_check_worst *w);

#endif
