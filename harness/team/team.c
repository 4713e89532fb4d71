/* Opening a team, and what every transport shares. Reads a launcher's
 * environment variables; knows no transport's inside.
 */
#include "config.h"
#include "harness/team/team.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/team/transport.h"

static long number_of(const char *variable)
{
    const char *s = getenv(variable);
    return s && *s ? strtol(s, NULL, 10) : -1;
}

int et_team_launched(bool *mpi)
{
    /* Number of ranks: Open MPI, PMI-1/2 (MPICH, Slurm), Hydra. */
    static const char *const sizes[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE",
                                        "MPI_LOCALNRANKS"};
    static const char *const marks[] = {"PMIX_RANK", "PMI_RANK"};
    long ranks = 0;

    *mpi = false;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        long n = number_of(sizes[i]);
        *mpi = *mpi || n > 0;
        ranks = n > ranks ? n : ranks;
    }
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        long n = number_of(marks[i]);
        *mpi = *mpi || n >= 0;
        ranks = n + 1 > ranks ? n + 1 : ranks;
    }
    /* Only srun sets it; SLURM_NTASKS stands in a batch script too, where one
     * process runs. */
    long tasks = number_of("SLURM_STEP_NUM_TASKS");
    return (int)(tasks > 1 && tasks > ranks ? tasks : ranks);
}

static enum et_status open_auto(struct et_team **out)
{
    bool mpi;
    int ranks = et_team_launched(&mpi);

    if (mpi && !et_team_mpi_why_not())
        return et_team_mpi_open(out);
    /* Each rank alone would take itself for the whole run. */
    if (ranks > 1 && et_team_mpi_why_not())
        return et_error(ET_INFRA,
                        "a launcher started at least %d ranks, which cannot "
                        "find each other: MPI is %s",
                        ranks, et_team_mpi_why_not());
    if (ranks > 1)
        return et_error(ET_INFRA,
                        "srun started %d tasks without PMI, so they cannot "
                        "find each other; use srun --mpi=pmix, or mpirun",
                        ranks);
    return et_team_self_open(out);
}

enum et_status et_team_open(const char *name, struct et_team **out)
{
    if (strcmp(name, "auto") == 0)
        return open_auto(out);
    if (strcmp(name, "self") == 0)
        return et_team_self_open(out);
    if (strcmp(name, "mpi") == 0)
        return et_team_mpi_open(out);
    return et_error(ET_USAGE, "team '%s': there is auto, mpi and self", name);
}

void et_team_close(struct et_team *t)
{
    if (t)
        t->ops->close(t);
}

const char *et_team_why_not(const char *name)
{
    if (strcmp(name, "self") == 0)
        return NULL;
    return strcmp(name, "mpi") == 0 ? et_team_mpi_why_not() : "no such team";
}

const char *et_team_version(void)
{
    return et_team_mpi_version();
}

enum et_status et_team_barrier(struct et_team *t)
{
    return t->ops->barrier(t);
}

enum et_status et_team_broadcast(struct et_team *t, void *data, size_t n)
{
    return t->ops->broadcast(t, data, n);
}

enum et_status et_team_reduce(struct et_team *t, enum et_reduce op, double *v,
                              size_t n)
{
    return t->ops->reduce(t, op, v, n);
}

enum et_status et_team_gather(struct et_team *t, const void *mine, size_t n,
                              void *all)
{
    return t->ops->gather(t, mine, n, all);
}

enum et_status et_team_exchange(struct et_team *t, const void *send, size_t ns,
                                int to, void *receive, size_t nr, int from)
{
    return t->ops->exchange(t, send, ns, to, receive, nr, from);
}

enum et_status et_team_first(struct et_team *t, int ranks, struct et_team **out)
{
    if (ranks < 1 || ranks > t->size)
        return et_error(ET_INFRA, "a team of %d ranks does not fit in %d",
                        ranks, t->size);
    return t->ops->first(t, ranks, out);
}

enum et_status et_team_rest(struct et_team *t)
{
    return t->ops->rest(t);
}

enum et_status et_team_agree(struct et_team *t, enum et_status mine)
{
    /* The enum's numbers are not in order of gravity: say which occurred. */
    double seen[ET_UNSURE + 1] = {0};
    enum et_status worst = ET_OK;

    seen[mine] = 1;
    enum et_status s = et_team_reduce(t, ET_MAX, seen, ET_UNSURE + 1);
    if (s)
        return et_status_worse(mine, s);
    for (int i = 0; i <= ET_UNSURE; i++) {
        if (seen[i] > 0)
            worst = et_status_worse(worst, (enum et_status)i);
    }
    return worst;
}

enum et_status et_team_broadcast_text(struct et_team *t, char **s)
{
    int64_t n = t->rank == 0 && *s ? (int64_t)strlen(*s) : -1;
    char *copy = NULL;

    enum et_status status = et_team_broadcast(t, &n, sizeof n);
    if (status)
        return status;
    if (n < 0) {
        *s = NULL;
        return ET_OK;
    }
    if (t->rank == 0) {
        copy = *s;
    } else {
        copy = et_alloc((size_t)n + 1, 1);
        if (!copy)
            status = et_error(ET_INFRA, "no memory for a text of %lld bytes",
                              (long long)n);
    }
    status = et_team_agree(t, status);
    if (!status)
        status = et_team_broadcast(t, copy, (size_t)n);
    if (status && t->rank != 0)
        free(copy);
    if (!status)
        *s = copy;
    return status;
}

void et_team_share(int64_t total, int rank, int size, int64_t *first,
                   int64_t *count)
{
    int64_t each = total / size, longer = total % size;
    *first = each * rank + (rank < longer ? rank : longer);
    *count = each + (rank < longer);
}
