/* Recursive doubling: log2 p exchanges of the whole vector with partners at
 * distance 1, 2, 4, ...; latency-optimal. Ranks beyond the last power of two
 * are folded into a neighbour before and get the sum back after (Thakur,
 * Rabenseifner, Gropp, Int. J. High Perform. Comput. Appl. 19 (2005) 49-66).
 * Talks through the team; knows no MPI.
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
    char *out, *arrived;
};

extern const struct et_allreduce_backend et_allreduce_recursive_doubling;

static int power_below(int p)
{
    int power = 1;
    while (power <= p / 2)
        power *= 2;
    return power;
}

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
    int power = power_below(ranks);
    double n = 2.0 * (ranks - power);
    (void)p;
    for (int distance = 1; distance < power; distance *= 2)
        n += power;
    return n;
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

    if (q)
        q->arrived =
            et_alloc_aligned((size_t)p->count, et_dtype_size(p->dtype));
    if (!q || !q->arrived) {
        destroy(q);
        return et_error(ET_INFRA,
                        "allreduce recursive-doubling: no memory "
                        "for %lld elements",
                        (long long)p->count);
    }
    q->p = *p;
    q->team = team;
    q->in = in;
    q->out = out;
    *plan = q;
    return ET_OK;
}

static enum et_status run(void *plan)
{
    struct plan *q = plan;
    struct et_team *t = q->team;
    size_t bytes = (size_t)q->p.count * et_dtype_size(q->p.dtype);
    int power = power_below(t->size), extra = t->size - power;
    /* Of the first 2*extra ranks the even ones sit the doubling out. */
    bool folds = t->rank < 2 * extra, sits = folds && t->rank % 2 == 0;
    const char *sum = q->in; /* so far; the input until the first addition */
    enum et_status s = ET_OK;

    if (sits)
        s = et_team_exchange(t, q->in, bytes, t->rank + 1, NULL, 0, 0);
    else if (folds)
        s = et_team_exchange(t, NULL, 0, 0, q->arrived, bytes, t->rank - 1);
    if (!s && folds && !sits) {
        et_collective_sum(q->p.dtype, q->out, sum, q->arrived, q->p.count);
        sum = q->out;
    }
    int place = folds ? t->rank / 2 : t->rank - extra;
    for (int distance = 1; !s && !sits && distance < power; distance *= 2) {
        int other = place ^ distance;
        int partner = other < extra ? 2 * other + 1 : other + extra;
        s = et_team_exchange(t, sum, bytes, partner, q->arrived, bytes,
                             partner);
        if (s)
            return s;
        et_collective_sum(q->p.dtype, q->out, sum, q->arrived, q->p.count);
        sum = q->out;
    }
    if (s)
        return s;
    if (sits)
        return et_team_exchange(t, NULL, 0, 0, q->out, bytes, t->rank + 1);
    if (folds)
        return et_team_exchange(t, q->out, bytes, t->rank - 1, NULL, 0, 0);
    if (sum == q->in)
        memcpy(q->out, q->in, bytes);
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

const struct et_allreduce_backend et_allreduce_recursive_doubling = {
    .name = "recursive-doubling",
    .summary = "exchanges of the whole vector at distance 1, 2, 4, ...",
    .why_not = why_not,
    .origin = origin,
    .unsupported = unsupported,
    .messages = messages,
    .create = create,
    .run = run,
    .fetch = fetch,
    .destroy = destroy};
