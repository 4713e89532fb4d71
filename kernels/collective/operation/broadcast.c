/* Broadcast: every other rank gets the root's vector. The root's own stays
 * where it is, as MPI_Bcast has it, so the root gets nothing.
 */
#include "config.h"
#include "kernels/collective/collective.h"

static double bus(double p)
{
    (void)p;
    return 1;
}

static struct et_slice slice(const struct et_collective *p, int ranks, int from,
                             int to)
{
    (void)ranks;
    return (struct et_slice){0, 0,
                             from == p->root && to != p->root ? p->count : 0};
}

const struct et_operation et_operation_broadcast = {
    .name = "broadcast",
    .summary = "one rank's vector on every rank",
    .title = "broadcasts",
    .sizes = "8..256MiB*32",
    .bytes = "bytes of the root's vector",
    .convention = "bytes: the root's vector S; bus_bytes: S (nccl-tests)",
    .params = {ET_COLLECTIVE_PARAMS("size of the root's vector"),
               ET_COLLECTIVE_ROOT("the rank that gives")},
    .rooted = true,
    .bus = bus,
    .slice = slice};
