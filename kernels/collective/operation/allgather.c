/* All-gather: every rank gets the parts of all ranks, in rank order. */
#include "config.h"
#include "kernels/collective/collective.h"

static double bus(double p)
{
    return (p - 1) / p;
}

static struct et_slice slice(const struct et_collective *p, int ranks, int from,
                             int to)
{
    (void)ranks, (void)to;
    return (struct et_slice){0, from * p->count, p->count};
}

const struct et_operation et_operation_allgather = {
    .name = "allgather",
    .summary = "the parts of all ranks, side by side on every rank",
    .title = "all-gathers",
    .sizes = "8..8MiB*32",
    .bytes = "bytes of one rank's part",
    .convention = "bytes: the parts of all ranks S; bus_bytes: S*(p-1)/p "
                  "(nccl-tests)",
    .params = {ET_COLLECTIVE_PARAMS("size of one rank's part")},
    .in_place = true,
    .bus = bus,
    .slice = slice};
