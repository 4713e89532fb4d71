/* MPI_Allreduce of the library under the team: what applications call, and
 * what our own algorithms are set beside. Needs a team with a communicator.
 */
#include "config.h"
#include "kernels/collective/allreduce.h"

#include <stdlib.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/team/transport.h"

extern const struct et_allreduce_backend et_allreduce_mpi;

static const char *unsupported(const struct et_allreduce *p, int ranks)
{
    (void)p, (void)ranks;
    return et_team_mpi_idle();
}

static double messages(const struct et_allreduce *p, int ranks)
{
    (void)p, (void)ranks;
    return 0; /* the library chooses its algorithm */
}

static void destroy(void *plan)
{
    free(plan);
}

static enum et_status fetch(void *plan)
{
    (void)plan;
    return ET_OK;
}

#if HAVE_MPI
#include <mpi.h>

/* Elements of one call; MPI 3 counts in int. */
#define PIECE ((int64_t)1 << 30)

struct plan {
    struct et_allreduce p;
    MPI_Comm comm;
    const char *in;
    char *out;
};

static enum et_status create(const struct et_allreduce *p, struct et_team *team,
                             const void *in, void *out, void **plan)
{
    if (!team->native)
        return et_error(ET_INFRA, "allreduce mpi: team %s has no communicator",
                        team->ops->name);
    struct plan *q = et_alloc(1, sizeof *q);
    if (!q)
        return et_error(ET_INFRA, "allreduce mpi: no memory");
    *q = (struct plan){*p, *(MPI_Comm *)team->native, in, out};
    *plan = q;
    return ET_OK;
}

static enum et_status run(void *plan)
{
    struct plan *q = plan;
    size_t size = et_dtype_size(q->p.dtype);

    for (int64_t at = 0; at < q->p.count; at += PIECE) {
        int64_t n = q->p.count - at < PIECE ? q->p.count - at : PIECE;
        int code = MPI_Allreduce(
            q->in + (size_t)at * size, q->out + (size_t)at * size, (int)n,
            q->p.dtype == ET_FP64 ? MPI_DOUBLE : MPI_FLOAT, MPI_SUM, q->comm);
        if (code != MPI_SUCCESS)
            return et_team_mpi_check(code, "MPI_Allreduce");
    }
    return ET_OK;
}
#else
static enum et_status create(const struct et_allreduce *p, struct et_team *team,
                             const void *in, void *out, void **plan)
{
    (void)p, (void)team, (void)in, (void)out, (void)plan;
    return et_error(ET_INFRA, "allreduce mpi: %s", et_team_mpi_why_not());
}

static enum et_status run(void *plan)
{
    (void)plan;
    return ET_INFRA;
}
#endif

const struct et_allreduce_backend et_allreduce_mpi = {
    .name = "mpi",
    .summary = "MPI_Allreduce of the MPI library",
    .why_not = et_team_mpi_why_not,
    .origin = et_team_mpi_version,
    .unsupported = unsupported,
    .messages = messages,
    .create = create,
    .run = run,
    .fetch = fetch,
    .destroy = destroy};
