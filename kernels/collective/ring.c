/* The ring: a reduce-scatter, then an all-gather, each p-1 steps to the right
 * neighbour, a p-th of the vector a step. Bandwidth-optimal: every rank sends
 * 2(p-1)/p of the vector (Patarasuk and Yuan, J. Parallel Distrib. Comput. 69
 * (2009) 117-124). Talks through the team; knows no MPI.
 */
#include "config.h"
#include "kernels/collective/allreduce.h"

#include <string.h>

#include "kernels/collective/plan.h"
#include "kernels/collective/sum.h"

/* Each share that is not empty makes 2(p-1) hops. */
static double messages(const struct et_allreduce *p, int ranks)
{
    double shares = p->count < ranks ? (double)p->count : ranks;
    return shares * 2 * (ranks - 1);
}

static enum et_status create(const struct et_allreduce *p, struct et_team *team,
                             const void *in, void *out, void **plan)
{
    int64_t first, longest; /* what arrives is a share */

    et_team_share(p->count, 0, team->size, &first, &longest);
    return et_collective_create("ring", p, team, in, out, 1, longest, plan);
}

/* Byte offset of share i (taken mod p), its elements in *count. */
static size_t share(const struct et_collective_plan *q, int i, int64_t *count)
{
    int p = q->team->size;
    int64_t first;
    et_team_share(q->p.count, ((i % p) + p) % p, p, &first, count);
    return (size_t)first * et_dtype_size(q->p.dtype);
}

static enum et_status run(void *plan, int64_t first)
{
    const struct et_collective_plan *q = plan;
    size_t size = et_dtype_size(q->p.dtype);
    const char *in = q->in + (size_t)first * size;
    int p = q->team->size, rank = q->team->rank;
    int right = (rank + 1) % p, left = (rank + p - 1) % p;
    int64_t ns, nr;

    if (p == 1) {
        memcpy(q->out, in, (size_t)q->p.count * size);
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
        et_collective_sum(q->p.dtype, q->out + r, in + r, q->room, nr);
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

const struct et_allreduce_backend et_allreduce_ring = {
    .base = {.name = "ring",
             .summary = "reduce-scatter and all-gather around a ring"},
    .messages = messages,
    .create = create,
    .run = run,
    .fetch = et_collective_fetched,
    .destroy = et_collective_destroy};
