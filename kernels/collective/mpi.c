/* The collectives of the MPI library under the team: what applications call,
 * and what our own algorithms are set beside. Needs a team with a
 * communicator. MPI 3 counts in int: where a call could not be cut into
 * several, more elements than that are refused.
 */
#include "config.h"
#include "kernels/collective/collective.h"

#define SUMMARY "the MPI library's own"

#if HAVE_MPI
#include <limits.h>
#include <mpi.h>
#include <stdio.h>

#include "harness/base/log.h"
#include "harness/team/transport.h"
#include "kernels/collective/setup.h"

/* Elements of one call, where it can be cut. */
#define PIECE ((int64_t)1 << 30)

#define TYPE(symbol, name, size, bits, least, most, format, mpi, sum)          \
    case symbol:                                                               \
        return MPI_##mpi;

static MPI_Datatype type_of(enum et_dtype t)
{
    switch (t) {
        ET_DTYPE_ROWS(TYPE)
    case ET_DTYPES:
        break;
    }
    return MPI_DATATYPE_NULL;
}

static const char *unsupported(const struct et_collective *p, int ranks)
{
    (void)ranks;
    if (type_of(p->dtype) == MPI_DATATYPE_NULL)
        return "MPI 3 has no such element type";
    return et_team_mpi_idle();
}

static const char *unsupported_uncut(const struct et_collective *p, int ranks)
{
    if (p->count > INT_MAX)
        return "MPI 3 cannot count more than 2^31-1 elements of a rank";
    return unsupported(p, ranks);
}

static MPI_Comm comm_of(const struct et_collective_setup *q)
{
    return *(MPI_Comm *)q->team->native;
}

static enum et_status allreduce(void *setup, int64_t first)
{
    const struct et_collective_setup *q = setup;
    const char *in = q->in + (size_t)first * q->size;
    MPI_Comm comm = comm_of(q);
    MPI_Datatype type = type_of(q->p.dtype);

    for (int64_t at = 0; at < q->p.count; at += PIECE) {
        int64_t n = q->p.count - at < PIECE ? q->p.count - at : PIECE;
        size_t offset = (size_t)at * q->size;
        int code = MPI_Allreduce(q->p.in_place ? MPI_IN_PLACE : in + offset,
                                 q->out + offset, (int)n, type, MPI_SUM, comm);
        if (code != MPI_SUCCESS)
            return et_team_mpi_check(code, "MPI_Allreduce");
    }
    return ET_OK;
}

static enum et_status broadcast(void *setup, int64_t first)
{
    const struct et_collective_setup *q = setup;
    /* The root's is only read. */
    union {
        const char *in;
        char *out;
    } vector = {q->in + (size_t)first * q->size};
    MPI_Comm comm = comm_of(q);
    MPI_Datatype type = type_of(q->p.dtype);

    if (q->team->rank != q->p.root)
        vector.out = q->out;
    for (int64_t at = 0; at < q->p.count; at += PIECE) {
        int64_t n = q->p.count - at < PIECE ? q->p.count - at : PIECE;
        int code = MPI_Bcast(vector.out + (size_t)at * q->size, (int)n, type,
                             q->p.root, comm);
        if (code != MPI_SUCCESS)
            return et_team_mpi_check(code, "MPI_Bcast");
    }
    return ET_OK;
}

static enum et_status allgather(void *setup, int64_t first)
{
    const struct et_collective_setup *q = setup;
    const char *in = q->in + (size_t)first * q->size;
    MPI_Datatype type = type_of(q->p.dtype);
    int n = (int)q->p.count;
    int code = MPI_Allgather(q->p.in_place ? MPI_IN_PLACE : in, n, type, q->out,
                             n, type, comm_of(q));
    return code == MPI_SUCCESS ? ET_OK
                               : et_team_mpi_check(code, "MPI_Allgather");
}

static enum et_status create(const struct et_collective *p,
                             const struct et_collective_algorithm *a,
                             struct et_team *team, const void *input,
                             void *output, void **setup)
{
    if (!team->native)
        return et_error(ET_INFRA, "%s mpi: team %s has no communicator",
                        p->op->name, team->ops->name);
    return et_collective_setup(p, a, team, input, output, setup);
}

static void origin(char *text, size_t n)
{
    const char *version = et_team_mpi_version();
    snprintf(text, n, "%s", version ? version : "an MPI of unknown version");
}

#define SERVE(stem, why)                                                       \
    {                                                                          \
        &et_operation_##stem, stem, .unsupported = why                         \
    }
#define BUILT                                                                  \
    .base = {.name = "mpi", .summary = SUMMARY, .origin = origin},             \
    .create = create
#else
#define SERVE(stem, why)                                                       \
    {                                                                          \
        .op = &et_operation_##stem                                             \
    }
#define BUILT                                                                  \
    .base = {.name = "mpi",                                                    \
             .summary = SUMMARY,                                               \
             .absent = "not built in (configure --with-mpi)"}
#endif

static const struct et_collective_algorithm serves[] = {
    SERVE(allreduce, unsupported),
    SERVE(broadcast, unsupported),
    SERVE(allgather, unsupported_uncut),
    {0}};

const struct et_collective_backend et_collective_mpi = {BUILT,
                                                        .serves = serves};
