/* All-reduce: every rank gets the sum of all ranks' vectors. */
#include "config.h"
#include "kernels/collective/collective.h"

static double bus(double p)
{
    return 2 * (p - 1) / p;
}

static struct et_slice slice(const struct et_collective *p, int ranks, int from,
                             int to)
{
    (void)ranks, (void)from, (void)to;
    return (struct et_slice){0, 0, p->count};
}

const struct et_operation et_operation_allreduce = {
    .name = "allreduce",
    .summary = "sum of all ranks' vectors on every rank",
    .title = "all-reduces",
    .sizes = "8..256MiB*32",
    .bytes = "bytes of one rank's vector",
    .convention = "bytes: one rank's vector S; bus_bytes: S*2(p-1)/p "
                  "(nccl-tests); flop: (p-1) additions an element",
    .params = {ET_COLLECTIVE_PARAMS("size of one rank's vector")},
    .sums = true,
    .in_place = true,
    .bus = bus,
    .slice = slice};
