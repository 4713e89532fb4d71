/* MPI_Allreduce of the library under the team: what applications call, and
 * what our own algorithms are set beside. Needs a team with a communicator.
 */
#include "config.h"
#include "kernels/collective/allreduce.h"

#include "harness/base/log.h"
#include "harness/team/transport.h"
#include "kernels/collective/plan.h"

#define SUMMARY "MPI_Allreduce of the MPI library"

#if HAVE_MPI
#include <mpi.h>
#include <stdio.h>

static const char *unsupported(const struct et_allreduce *p, int ranks)
{
    (void)p, (void)ranks;
    return et_team_mpi_idle();
}

/* Elements of one call; MPI 3 counts in int. */
#define PIECE ((int64_t)1 << 30)

static enum et_status create(const struct et_allreduce *p, struct et_team *team,
                             const void *in, void *out, void **plan)
{
    if (!team->native)
        return et_error(ET_INFRA, "allreduce mpi: team %s has no communicator",
                        team->ops->name);
    return et_collective_create("mpi", p, team, in, out, 0, 0, plan);
}

static enum et_status run(void *plan, int64_t first)
{
    const struct et_collective_plan *q = plan;
    size_t size = et_dtype_size(q->p.dtype);
    const char *in = q->in + (size_t)first * size;
    MPI_Comm comm = *(MPI_Comm *)q->team->native;
    MPI_Datatype type = q->p.dtype == ET_FP64 ? MPI_DOUBLE : MPI_FLOAT;

    for (int64_t at = 0; at < q->p.count; at += PIECE) {
        int64_t n = q->p.count - at < PIECE ? q->p.count - at : PIECE;
        size_t offset = (size_t)at * size;
        int code = MPI_Allreduce(in + offset, q->out + offset, (int)n, type,
                                 MPI_SUM, comm);
        if (code != MPI_SUCCESS)
            return et_team_mpi_check(code, "MPI_Allreduce");
    }
    return ET_OK;
}

static void origin(char *text, size_t n)
{
    const char *version = et_team_mpi_version();
    snprintf(text, n, "%s", version ? version : "an MPI of unknown version");
}

const struct et_allreduce_backend et_allreduce_mpi = {
    .base = {.name = "mpi", .summary = SUMMARY, .origin = origin},
    .unsupported = unsupported,
    .messages = et_collective_untold, /* the library chooses how */
    .create = create,
    .run = run,
    .fetch = et_collective_fetched,
    .destroy = et_collective_destroy};

#else

const struct et_allreduce_backend et_allreduce_mpi = {
    .base = {.name = "mpi",
             .summary = SUMMARY,
             .absent = "not built in (configure --with-mpi)"}};

#endif
