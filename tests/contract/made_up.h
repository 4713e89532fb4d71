/* What a collective may ask of the build and no row of it asks yet: operations
 * of other kinds, and vectors in a memory that is not the host's.
 */
#ifndef ET_TESTS_MADE_UP_H
#define ET_TESTS_MADE_UP_H

#include <string.h>

#include "harness/base/memory.h"
#include "kernels/collective/collective.h"

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

/* A device: what is at its memory is not what the host has. */
static enum et_status far_fill(void *at, size_t first, int byte, size_t bytes)
{
    memset((char *)at + first, byte, bytes);
    return ET_OK;
}
static enum et_status far_send(void *at, size_t first, const void *host,
                               size_t bytes)
{
    memcpy((char *)at + first, host, bytes);
    return ET_OK;
}
static enum et_status far_bring(void *host, const void *at, size_t first,
                                size_t bytes)
{
    memcpy(host, (const char *)at + first, bytes);
    return ET_OK;
}
static const struct et_space far = {.name = "far",
                                    .alloc = et_alloc_aligned,
                                    .free = et_free_aligned,
                                    .fill = far_fill,
                                    .send = far_send,
                                    .bring = far_bring};

#endif
