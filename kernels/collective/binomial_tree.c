/* The binomial tree: each rank that has the vector sends it on to the rank half
 * of what is left away from it, so that the number of those that have it
 * doubles with each step; log2 p steps of the whole vector (MPICH's and Open
 * MPI's choice for short ones). Talks through the team; knows no MPI.
 */
#include "config.h"
#include "kernels/collective/collective.h"

#include "kernels/collective/setup.h"

static double broadcast_messages(const struct et_collective *p, int ranks)
{
    (void)p;
    return ranks - 1;
}

/* Ranks are counted from the root on. One gets the vector from the rank whose
 * number is its own without the lowest bit that is set. */
static enum et_status broadcast(void *setup, int64_t first)
{
    const struct et_collective_setup *q = setup;
    struct et_team *t = q->team;
    size_t bytes = (size_t)q->p.count * q->size;
    int p = t->size, me = (t->rank + p - q->p.root) % p, bit = 1;
    const char *vector = q->out;

    while (bit < p && !(me & bit))
        bit *= 2;
    if (me == 0) {
        vector = q->in + (size_t)first * q->size;
    } else {
        enum et_status status = et_team_exchange(t, NULL, 0, 0, q->out, bytes,
                                                 (t->rank + p - bit) % p);
        if (status)
            return status;
    }
    for (bit /= 2; bit > 0; bit /= 2) {
        if (me + bit >= p)
            continue;
        enum et_status status =
            et_team_exchange(t, vector, bytes, (t->rank + bit) % p, NULL, 0, 0);
        if (status)
            return status;
    }
    return ET_OK;
}

static const struct et_collective_algorithm serves[] = {
    {.op = &et_operation_broadcast,
     .run = broadcast,
     .messages = broadcast_messages},
    {0}};

const struct et_collective_backend et_collective_binomial_tree = {
    .base = {.name = "binomial-tree",
             .summary = "who has the vector passes it on, log2(p) steps"},
    .serves = serves};
