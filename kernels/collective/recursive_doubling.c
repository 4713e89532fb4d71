/* Recursive doubling: log2 p exchanges of the whole vector with partners at
 * distance 1, 2, 4, ...; latency-optimal. Ranks beyond the last power of two
 * are folded into a neighbour before and get the sum back after (Thakur,
 * Rabenseifner, Gropp, Int. J. High Perform. Comput. Appl. 19 (2005) 49-66).
 * Talks through the team; knows no MPI.
 */
#include "config.h"
#include "kernels/collective/collective.h"

#include <string.h>

#include "kernels/collective/setup.h"

static int power_below(int p)
{
    int power = 1;
    while (power <= p / 2)
        power *= 2;
    return power;
}

static double messages(const struct et_collective *p, int ranks)
{
    int power = power_below(ranks);
    double n = 2.0 * (ranks - power);
    (void)p;
    for (int distance = 1; distance < power; distance *= 2)
        n += power;
    return n;
}

/* What arrives is a whole vector. */
static int64_t room(const struct et_collective *p, int ranks, int rank)
{
    (void)ranks, (void)rank;
    return p->count;
}

static enum et_status run(void *setup, int64_t first)
{
    const struct et_collective_setup *q = setup;
    struct et_team *t = q->team;
    size_t bytes = (size_t)q->p.count * q->size;
    const char *in = q->in + (size_t)first * q->size;
    int power = power_below(t->size), extra = t->size - power;
    /* Of the first 2*extra ranks the even ones sit the doubling out. */
    bool folds = t->rank < 2 * extra, sits = folds && t->rank % 2 == 0;
    const char *sum = in; /* so far; the input until the first addition */
    enum et_status s = ET_OK;

    if (sits)
        s = et_team_exchange(t, in, bytes, t->rank + 1, NULL, 0, 0);
    else if (folds)
        s = et_team_exchange(t, NULL, 0, 0, q->room, bytes, t->rank - 1);
    if (!s && folds && !sits) {
        q->sum(q->out, sum, q->room, q->p.count);
        sum = q->out;
    }
    int place = folds ? t->rank / 2 : t->rank - extra;
    for (int distance = 1; !s && !sits && distance < power; distance *= 2) {
        int other = place ^ distance;
        int partner = other < extra ? 2 * other + 1 : other + extra;
        s = et_team_exchange(t, sum, bytes, partner, q->room, bytes, partner);
        if (s)
            return s;
        q->sum(q->out, sum, q->room, q->p.count);
        sum = q->out;
    }
    if (s)
        return s;
    if (sits)
        return et_team_exchange(t, NULL, 0, 0, q->out, bytes, t->rank + 1);
    if (folds)
        return et_team_exchange(t, q->out, bytes, t->rank - 1, NULL, 0, 0);
    if (sum == in && sum != q->out) /* a lone rank */
        memcpy(q->out, in, bytes);
    return ET_OK;
}

static const struct et_collective_algorithm serves[] = {
    {.op = &et_operation_allreduce,
     .run = run,
     .room = room,
     .messages = messages,
     .unsupported = et_sum_unsupported},
    {0}};

const struct et_collective_backend et_collective_recursive_doubling = {
    .base = {.name = "recursive-doubling",
             .summary = "exchanges of the whole vector at distance 1, 2, 4, "
                        "..."},
    .serves = serves};
