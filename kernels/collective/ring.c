/* The ring: a reduce-scatter, then an all-gather, each p-1 steps to the right
 * neighbour, a p-th of the vector a step. Bandwidth-optimal: every rank sends
 * 2(p-1)/p of the vector (Patarasuk and Yuan, J. Parallel Distrib. Comput. 69
 * (2009) 117-124). Talks through the team; knows no MPI.
 */
#include "config.h"
#include "kernels/collective/allreduce.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "kernels/collective/sum.h"

struct plan {
    struct et_allreduce p;
    struct et_team *team;
    const char *in;
    char *out, *arrived; /* arrived: the longest share */
};

extern const struct et_allreduce_backend et_allreduce_ring;

static const char *why_not(void)
{
    return NULL;
}

static const char *unsupported(const struct et_allreduce *p, int ranks)
{
    (void)p, (void)ranks;
    return NULL;
}

/* Each share that is not empty makes 2(p-1) hops. */
static double messages(const struct et_allreduce *p, int ranks)
{
    double shares = p->count < ranks ? (double)p->count : ranks;
    return shares * 2 * (ranks - 1);
}

static void destroy(void *plan)
{
    struct plan *q = plan;
    if (q)
        et_free_aligned(q->arrived);
    free(q);
}

static enum et_status create(const struct et_allreduce *p, struct et_team *team,
                             const void *in, void *out, void **plan)
{
    struct plan *q = et_alloc(1, sizeof *q);
    int64_t first, longest;

    et_team_share(p->count, 0, team->size, &first, &longest);
    if (q)
        q->arrived = et_alloc_aligned((size_t)longest, et_dtype_size(p->dtype));
    if (!q || !q->arrived) {
        destroy(q);
        return et_error(ET_INFRA, "allreduce ring: no memory for %lld elements",
                        (long long)longest);
    }
    q->p = *p;
    q->team = team;
    q->in = in;
    q->out = out;
    *plan = q;
    return ET_OK;
}

/* Byte offset of share i (taken mod p), its elements in *count. */
static size_t share(const struct plan *q, int i, int64_t *count)
{
    int p = q->team->size;
    int64_t first;
    et_team_share(q->p.count, ((i % p) + p) % p, p, &first, count);
    return (size_t)first * et_dtype_size(q->p.dtype);
}

static enum et_status run(void *plan)
{
    struct plan *q = plan;
    size_t size = et_dtype_size(q->p.dtype);
    int p = q->team->size, rank = q->team->rank;
    int right = (rank + 1) % p, left = (rank + p - 1) % p;
    int64_t ns, nr;

    if (p == 1) {
        memcpy(q->out, q->in, (size_t)q->p.count * size);
        return ET_OK;
    }
    for (int step = 0; step < p - 1; step++) {
        /* What arrived in the last step goes on; the first is our own. */
        size_t s = share(q, rank - step, &ns);
        size_t r = share(q, rank - step - 1, &nr);
        enum et_status status = et_team_exchange(
            q->team, (step ? q->out : q->in) + s, (size_t)ns * size, right,
            q->arrived, (size_t)nr * size, left);
        if (status)
            return status;
        et_collective_sum(q->p.dtype, q->out + r, q->in + r, q->arrived, nr);
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

static enum et_status fetch(void *plan)
{
    (void)plan;
    return ET_OK;
}

static const char *origin(void)
{
    return NULL;
}

const struct et_allreduce_backend et_allreduce_ring = {
    .name = "ring",
    .summary = "reduce-scatter and all-gather around a ring",
    .why_not = why_not,
    .origin = origin,
    .unsupported = unsupported,
    .messages = messages,
    .create = create,
    .run = run,
    .fetch = fetch,
    .destroy = destroy};
