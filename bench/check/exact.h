/* exact: inputs of a collective that are integers, so that a right output is
 * right to the last bit in whatever order its sums were made, and the check
 * that every rank's output is. Knows the operation's slices and the team; no
 * backend.
 *
 * Each iteration reads the inputs a cache line further on, ET_EXACT_TURNS
 * lines in all, and no two of so many in a row have the same right answer at
 * any element. So an output that is an earlier iteration's is seen, at no cost
 * in the timed part.
 *
 * A rank that gets slices of others computes all of them anew. Where all ranks
 * get the same sums, each of p inputs, a share of the vector has a rank that
 * owns it and computes its sums; that every rank holds the owner's very
 * elements is told by a digest of each share. Either way every element of every
 * rank is checked, in time O(output) on each.
 */
#ifndef ET_BENCH_CHECK_EXACT_H
#define ET_BENCH_CHECK_EXACT_H

#include "bench/check/blame.h"
#include "harness/case/bench.h"
#include "kernels/collective/collective.h"

#define ET_EXACT_GLANCES 16
#define ET_EXACT_TURNS 8 /* a power of two */

/* Of one rank. */
struct et_exact {
    struct et_collective p;
    struct et_team *team;
    const struct et_buffer *out; /* its output; its host copy is looked at */
    uint64_t seed;
    uint64_t turn;         /* iterations begun */
    int64_t line;          /* elements of a cache line */
    int64_t limit;         /* of an input */
    int64_t count;         /* elements of its output */
    struct et_slice *from; /* what it gets from each rank */
    bool alike;            /* every rank gets the same sums */
    char fault[ET_BLAME];  /* what a glance found; "" */
};

/* Elements that an input must be longer than its slices. */
int64_t et_exact_slack(enum et_dtype dtype);
/* NULL, or why no result of this problem could be checked. */
const char *et_exact_unsupported(const struct et_collective *p, int ranks);

/* Local; p has its slack, its et_exact_unsupported is NULL; out is the output
 * and stays the caller's. ET_INFRA: no memory. */
enum et_status et_exact_open(struct et_exact *x, const struct et_collective *p,
                             struct et_team *team, uint64_t seed,
                             const struct et_buffer *out);
void et_exact_close(struct et_exact *x);
/* This rank's input, slack included. Local. */
void et_exact_fill(const struct et_exact *x, void *in);

/* A call of run begins: one that did nothing must not find the last one's
 * answer right. */
static inline void et_exact_begin(struct et_exact *x, uint64_t iterations)
{
    if (iterations % ET_EXACT_TURNS == 0)
        x->turn++;
}
/* Where in the inputs the next iteration begins. */
int64_t et_exact_next(struct et_exact *x);

/* Some random places of the output, others each time; how many. */
size_t et_exact_places(const struct et_exact *x, uint64_t call,
                       int64_t at[ET_EXACT_GLANCES]);
/* A look at one, which the host has; a fault is remembered for et_exact_verify.
 * call: a number for people. */
void et_exact_glance(struct et_exact *x, uint64_t call, int64_t at);

/* As a bench's verify and damage, of what the host
 * has of the output. */
enum et_status et_exact_verify(struct et_exact *x, struct et_verification *v);
void et_exact_damage(struct et_exact *x, const struct et_fault *fault,
                     double *size);

#endif
