/* Every operation as its definition reads: each slice goes from its giver to
 * its getter by itself, to one partner after the other, and is copied or added
 * there. Slow; what the others are checked against. Talks through the team.
 */
#include "config.h"
#include "kernels/collective/collective.h"

#include <string.h>

#include "kernels/collective/setup.h"

#define BLOCK (1 << 18) /* elements of a sum that travel at once */

/* A block of what arrives to be added; and the input, where the output may
 * run over it before it is given. */
static int64_t room(const struct et_collective *p, int ranks, int rank)
{
    return (p->op->sums ? BLOCK : 0) +
           (p->in_place ? et_collective_input(p, ranks, rank) : 0);
}

static struct et_slice part(struct et_slice s, int64_t at, int64_t most)
{
    int64_t n = s.n > at ? s.n - at : 0;
    return (struct et_slice){s.give + at, s.get + at, n < most ? n : most};
}

/* What this rank gives to itself is the first of each sum. */
static void keep(const struct et_collective_setup *q, const char *in)
{
    int me = q->team->rank;
    struct et_slice own = q->p.op->slice(&q->p, q->team->size, me, me);
    if (own.n > 0)
        memmove(q->out + (size_t)own.get * q->size,
                in + (size_t)own.give * q->size, (size_t)own.n * q->size);
}

/* To and from the ranks at this distance, a block at a time. */
static enum et_status pass(const struct et_collective_setup *q, const char *in,
                           int distance)
{
    int p = q->team->size, me = q->team->rank;
    int right = (me + distance) % p, left = (me + p - distance) % p;
    struct et_slice gives = q->p.op->slice(&q->p, p, me, right);
    struct et_slice gets = q->p.op->slice(&q->p, p, left, me);
    bool sums = q->p.op->sums;

    for (int64_t at = 0; at < gives.n || at < gets.n; at += BLOCK) {
        struct et_slice s = part(gives, at, BLOCK), r = part(gets, at, BLOCK);
        char *out = q->out + (size_t)r.get * q->size;
        char *there = sums ? q->room : out;
        enum et_status status = et_team_exchange(
            q->team, in + (size_t)s.give * q->size, (size_t)s.n * q->size,
            right, there, (size_t)r.n * q->size, left);
        if (status)
            return status;
        if (sums && r.n > 0)
            q->sum(out, out, there, r.n);
    }
    return ET_OK;
}

static enum et_status run(void *setup, int64_t first)
{
    const struct et_collective_setup *q = setup;
    int p = q->team->size;
    const char *in = q->in + (size_t)first * q->size;
    enum et_status status = ET_OK;

    if (q->p.in_place) {
        char *copy = q->room + (q->p.op->sums ? BLOCK * q->size : 0);
        int64_t n = et_collective_input(&q->p, p, q->team->rank);
        memcpy(copy, in, (size_t)n * q->size);
        in = copy;
    }
    keep(q, in);
    for (int distance = 1; !status && distance < p; distance++)
        status = pass(q, in, distance);
    return status;
}

#define SERVE(stem)                                                            \
    {.op = &et_operation_##stem,                                               \
     .run = run,                                                               \
     .room = room,                                                             \
     .unsupported = et_sum_unsupported},
static const struct et_collective_algorithm serves[] = {
    ET_LIST_OPERATION(SERVE){0}};

const struct et_collective_backend et_collective_reference = {
    .base = {.name = "reference",
             .summary = "every part to every rank by itself"},
    .serves = serves};
