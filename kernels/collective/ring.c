/* The ring: p-1 steps to the right neighbour, a p-th of the data a step. An
 * all-gather is one round of it, an all-reduce a reduce-scatter and then an
 * all-gather. Bandwidth-optimal: of an all-reduce every rank sends 2(p-1)/p of
 * the vector (Patarasuk and Yuan, J. Parallel Distrib. Comput. 69 (2009)
 * 117-124). Talks through the team; knows no MPI.
 */
#include "config.h"
#include "kernels/collective/collective.h"

#include <string.h>

#include "kernels/collective/setup.h"

/* Each share that is not empty makes 2(p-1) hops. */
static double allreduce_messages(const struct et_collective *p, int ranks)
{
    double shares = p->count < ranks ? (double)p->count : ranks;
    return shares * 2 * (ranks - 1);
}

/* Each part makes p-1 hops. */
static double allgather_messages(const struct et_collective *p, int ranks)
{
    (void)p;
    return (double)ranks * (ranks - 1);
}

/* What arrives to be added is a share. */
static int64_t allreduce_room(const struct et_collective *p, int ranks,
                              int rank)
{
    int64_t first, longest;

    (void)rank;
    et_team_share(p->count, 0, ranks, &first, &longest);
    return longest;
}

/* Byte offset of share i (taken mod p), its elements in *count. */
static size_t share(const struct et_collective_setup *q, int i, int64_t *count)
{
    int p = q->team->size;
    int64_t first;
    et_team_share(q->p.count, ((i % p) + p) % p, p, &first, count);
    return (size_t)first * q->size;
}

static enum et_status allreduce(void *setup, int64_t first)
{
    const struct et_collective_setup *q = setup;
    size_t size = q->size;
    const char *in = q->in + (size_t)first * size;
    int p = q->team->size, rank = q->team->rank;
    int right = (rank + 1) % p, left = (rank + p - 1) % p;
    int64_t ns, nr;

    if (p == 1) {
        memmove(q->out, in, (size_t)q->p.count * size);
        return ET_OK;
    }
    for (int step = 0; step < p - 1; step++) {
        /* What arrived in the last step goes on; the first is our own. */
        size_t s = share(q, rank - step, &ns);
        size_t r = share(q, rank - step - 1, &nr);
        enum et_status status = et_team_exchange(
            q->team, (step ? q->out : in) + s, (size_t)ns * size, right,
            q->room, (size_t)nr * size, left);
        if (status)
            return status;
        q->sum(q->out + r, in + r, q->room, nr);
    }
    for (int step = 0; step < p - 1; step++) {
        size_t s = share(q, rank + 1 - step, &ns);
        size_t r = share(q, rank - step, &nr);
        enum et_status status =
            et_team_exchange(q->team, q->out + s, (size_t)ns * size, right,
                             q->out + r, (size_t)nr * size, left);
        if (status)
            return status;
    }
    return ET_OK;
}

static enum et_status allgather(void *setup, int64_t first)
{
    const struct et_collective_setup *q = setup;
    size_t bytes = (size_t)q->p.count * q->size;
    int p = q->team->size, rank = q->team->rank;
    int right = (rank + 1) % p, left = (rank + p - 1) % p;
    char *own = q->out + (size_t)rank * bytes;

    memmove(own, q->in + (size_t)first * q->size, bytes);
    for (int step = 0; step < p - 1; step++) {
        size_t s = (size_t)((rank + p - step) % p) * bytes;
        size_t r = (size_t)((rank + p - step - 1) % p) * bytes;
        enum et_status status = et_team_exchange(
            q->team, q->out + s, bytes, right, q->out + r, bytes, left);
        if (status)
            return status;
    }
    return ET_OK;
}

static const struct et_collective_algorithm serves[] = {
    {.op = &et_operation_allreduce,
     .run = allreduce,
     .room = allreduce_room,
     .messages = allreduce_messages,
     .unsupported = et_sum_unsupported},
    {.op = &et_operation_allgather,
     .run = allgather,
     .messages = allgather_messages},
    {0}};

const struct et_collective_backend et_collective_ring = {
    .base = {.name = "ring",
             .summary =
                 "a p-th of the data to the right neighbour, step by step"},
    .serves = serves};
