/* All-reduce as its definition reads: rank 0 gathers, adds in rank order and
 * broadcasts, a block at a time so that its memory does not grow with the
 * vector. Slow; what the others are checked against.
 */
#include "config.h"
#include "kernels/collective/allreduce.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "kernels/collective/sum.h"

#define ROOM (64 << 20) /* bytes on rank 0 for all ranks' blocks */

struct plan {
    struct et_allreduce p;
    struct et_team *team;
    const char *in;
    char *out, *all; /* all: rank 0's, one block of each rank */
    int64_t block;   /* elements */
};

extern const struct et_allreduce_backend et_allreduce_reference;

static const char *why_not(void)
{
    return NULL;
}

static const char *unsupported(const struct et_allreduce *p, int ranks)
{
    (void)p, (void)ranks;
    return NULL;
}

static double messages(const struct et_allreduce *p, int ranks)
{
    (void)p, (void)ranks;
    return 0; /* gather and broadcast are the transport's */
}

static void destroy(void *plan)
{
    struct plan *q = plan;
    if (q)
        et_free_aligned(q->all);
    free(q);
}

static enum et_status create(const struct et_allreduce *p, struct et_team *team,
                             const void *in, void *out, void **plan)
{
    int64_t size = (int64_t)et_dtype_size(p->dtype);
    int64_t block = ROOM / size / team->size;
    struct plan *q = et_alloc(1, sizeof *q);

    if (block < 4096 / size)
        block = 4096 / size;
    if (block > p->count)
        block = p->count;
    if (q && team->rank == 0)
        q->all = et_alloc_aligned((size_t)team->size, (size_t)(block * size));
    if (!q || (team->rank == 0 && !q->all)) {
        destroy(q);
        return et_error(ET_INFRA,
                        "allreduce reference: no memory for %d "
                        "blocks of %lld bytes",
                        team->size, (long long)(block * size));
    }
    q->p = *p;
    q->team = team;
    q->in = in;
    q->out = out;
    q->block = block;
    *plan = q;
    return ET_OK;
}

static enum et_status run(void *plan)
{
    struct plan *q = plan;
    size_t size = et_dtype_size(q->p.dtype);

    for (int64_t at = 0; at < q->p.count; at += q->block) {
        int64_t n = q->p.count - at < q->block ? q->p.count - at : q->block;
        size_t bytes = (size_t)n * size;
        char *out = q->out + (size_t)at * size;
        enum et_status s =
            et_team_gather(q->team, q->in + (size_t)at * size, bytes, q->all);
        if (s)
            return s;
        if (q->team->rank == 0) {
            memcpy(out, q->all, bytes);
            for (int r = 1; r < q->team->size; r++)
                et_collective_sum(q->p.dtype, out, out,
                                  q->all + bytes * (size_t)r, n);
        }
        s = et_team_broadcast(q->team, out, bytes);
        if (s)
            return s;
    }
    return ET_OK;
}

static enum et_status fetch(void *plan)
{
    (void)plan;
    return ET_OK;
}

static const char *origin(void)
{
    return NULL;
}

const struct et_allreduce_backend et_allreduce_reference = {
    .name = "reference",
    .summary = "gather to rank 0, add in rank order, broadcast",
    .why_not = why_not,
    .origin = origin,
    .unsupported = unsupported,
    .messages = messages,
    .create = create,
    .run = run,
    .fetch = fetch,
    .destroy = destroy};
