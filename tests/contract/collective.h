/* What the operations of a collective leave by their definitions, worked out
 * apart from their slices; for tests that run on several ranks.
 */
#ifndef ET_TESTS_COLLECTIVE_H
#define ET_TESTS_COLLECTIVE_H

#include "kernels/collective/collective.h"
#include "tests/mpi/check.h"

/* A whole number that the type holds, and the sum of four such ones too. */
static double value(enum et_dtype t, int rank, int64_t i)
{
    double half = et_dtype_exact(t) / 2;
    int64_t n = half < 4000 ? (int64_t)half | 1 : 4001;
    return (double)((i * 31 + rank * 1009) % n - n / 2);
}

/* Element i of a rank's output when all inputs begin at `first`: worked out
 * here for the operations that are known here, so that a wrong slice is seen
 * as well; of others by their slices. */
static double by_definition(const struct et_collective *p, int ranks, int rank,
                            int64_t i, int64_t first)
{
    double sum = 0;
    if (p->op == &et_operation_broadcast)
        return value(p->dtype, p->root, first + i);
    if (p->op == &et_operation_allgather)
        return value(p->dtype, (int)(i / p->count), first + i % p->count);
    for (int r = 0; r < ranks; r++) {
        if (p->op == &et_operation_allreduce) {
            sum += value(p->dtype, r, first + i);
            continue;
        }
        struct et_slice s = p->op->slice(p, ranks, r, rank);
        if (i >= s.get && i < s.get + s.n)
            sum += value(p->dtype, r, first + s.give + i - s.get);
    }
    return sum;
}

/* Slices make up the output; sizes by definition, of the operations that are
 * known here. */
static void check_size(const struct et_collective *p, int ranks, int rank)
{
    int64_t in = et_collective_input(p, ranks, rank);
    int64_t out = et_collective_output(p, ranks, rank);
    bool root = rank == p->root;
    int64_t got = 0;

    for (int r = 0; r < ranks; r++) {
        struct et_slice s = p->op->slice(p, ranks, r, rank);
        CHECK(!p->op->sums || s.n == 0 || (s.get == 0 && s.n == out));
        got += s.n;
    }
    CHECK(got == (p->op->sums ? ranks * out : out));
    CHECK(in <= et_collective_largest(p, ranks) &&
          out <= et_collective_largest(p, ranks));
    if (p->op == &et_operation_allreduce)
        CHECK(in == p->count && out == p->count);
    if (p->op == &et_operation_allgather)
        CHECK(in == p->count && out == ranks * p->count);
    if (p->op == &et_operation_broadcast)
        CHECK(in == (root && ranks > 1 ? p->count : 0) &&
              out == (root ? 0 : p->count));
}

#endif
