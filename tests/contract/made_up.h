/* What a collective may ask of the build and no row of it asks yet: operations
 * of other kinds, and vectors in a memory that is not the host's.
 */
#ifndef ET_TESTS_MADE_UP_H
#define ET_TESTS_MADE_UP_H

#include "kernels/collective/collective.h"
#include "kernels/collective/setup.h"
#include "tests/contract/far.h"

/* Operations that the build does not have, to see that the rows carry them:
 * sums of which each rank gets another part, and parts of other sizes for
 * every two ranks. */
static double two(double p)
{
    (void)p;
    return 2;
}

static struct et_slice scatter_slice(const struct et_collective *p, int ranks,
                                     int from, int to)
{
    (void)ranks, (void)from;
    return (struct et_slice){to * p->count, 0, p->count};
}

static int64_t uneven_n(int64_t count, int from, int to)
{
    return (from == 0 || to == 0 ? 2 * count + 1 : 0) +
           count * ((from + to) % 3);
}

static struct et_slice uneven_slice(const struct et_collective *p, int ranks,
                                    int from, int to)
{
    struct et_slice s = {0, 0, uneven_n(p->count, from, to)};
    (void)ranks;
    for (int r = 0; r < to; r++)
        s.give += uneven_n(p->count, from, r);
    for (int r = 0; r < from; r++)
        s.get += uneven_n(p->count, r, to);
    return s;
}

static const struct et_operation scatter = {
    .name = "sums of parts",
    .params = {ET_COLLECTIVE_PARAMS("one part")},
    .sums = true,
    .in_place = true,
    .bus = two,
    .slice = scatter_slice};
static const struct et_operation uneven = {
    .name = "uneven parts",
    .params = {ET_COLLECTIVE_PARAMS("one part")},
    .bus = two,
    .slice = uneven_slice};

/* What it does with vectors so far away; what is enqueued is done when somebody
 * waits. */
static enum et_status far_create(const struct et_collective *p,
                                 const struct et_collective_algorithm *a,
                                 struct et_team *team, const void *input,
                                 void *output, void **setup)
{
    return et_collective_setup(p, a, team,
                               input ? (const char *)input + FAR : NULL,
                               (char *)output + FAR, setup);
}

/* The newest of what was enqueued: those before it leave nothing. */
static struct {
    enum et_status (*run)(void *setup, int64_t first); /* NULL: nothing */
    int64_t first;
} enqueued;

static enum et_status (*far_does)(void *setup, int64_t first);

static enum et_status far_run(void *setup, int64_t first)
{
    (void)setup;
    enqueued.run = far_does;
    enqueued.first = first;
    return ET_OK;
}

static enum et_status far_wait(void *setup)
{
    enum et_status s =
        enqueued.run ? enqueued.run(setup, enqueued.first) : ET_OK;
    enqueued.run = NULL;
    return s;
}

#endif
