/* All-reduce as its definition reads: rank 0 gathers, adds in rank order and
 * broadcasts, a block at a time so that its memory does not grow with the
 * vector. Slow; what the others are checked against.
 */
#include "config.h"
#include "kernels/collective/allreduce.h"

#include <string.h>

#include "kernels/collective/plan.h"
#include "kernels/collective/sum.h"

#define ROOM (64 << 20) /* bytes on rank 0 for all ranks' blocks */

static enum et_status create(const struct et_allreduce *p, struct et_team *team,
                             const void *in, void *out, void **plan)
{
    int64_t size = (int64_t)et_dtype_size(p->dtype);
    int64_t block = ROOM / size / team->size;

    if (block < 4096 / size)
        block = 4096 / size;
    if (block > p->count)
        block = p->count;
    /* Rank 0 has room for one block of each rank. */
    return et_collective_create("reference", p, team, in, out,
                                team->rank == 0 ? team->size : 0, block, plan);
}

static enum et_status run(void *plan, int64_t first)
{
    const struct et_collective_plan *q = plan;
    size_t size = et_dtype_size(q->p.dtype);
    const char *in = q->in + (size_t)first * size;

    for (int64_t at = 0; at < q->p.count; at += q->block) {
        int64_t n = q->p.count - at < q->block ? q->p.count - at : q->block;
        size_t bytes = (size_t)n * size;
        char *out = q->out + (size_t)at * size;
        enum et_status s =
            et_team_gather(q->team, in + (size_t)at * size, bytes, q->room);
        if (s)
            return s;
        if (q->team->rank == 0) {
            memcpy(out, q->room, bytes);
            for (int r = 1; r < q->team->size; r++)
                et_collective_sum(q->p.dtype, out, out,
                                  q->room + bytes * (size_t)r, n);
        }
        s = et_team_broadcast(q->team, out, bytes);
        if (s)
            return s;
    }
    return ET_OK;
}

const struct et_allreduce_backend et_allreduce_reference = {
    .base = {.name = "reference",
             .summary = "gather to rank 0, add in rank order, broadcast"},
    .messages = et_collective_untold, /* the transport's own */
    .create = create,
    .run = run,
    .fetch = et_collective_fetched,
    .destroy = et_collective_destroy};
