/* The team over MPI: a communicator of its own, so that its messages never
 * meet those of a kernel's library. MPI 3.0 calls only, so that Open MPI 4
 * and 5 and MPICH build it. Errors come back as codes, never abort. Without
 * MPI this file says so and nothing else.
 */
#include "config.h"
#include "harness/team/transport.h"

#if HAVE_MPI
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

/* MPI 3 counts in int: larger transfers go in pieces of this size. */
#define PIECE ((size_t)1 << 30)
#define TAG 1

struct mpi_team {
    struct et_team team;
    MPI_Comm comm;
    bool whole; /* opened MPI, so closes it */
};

static MPI_Comm comm_of(struct et_team *t)
{
    return *(MPI_Comm *)t->native;
}

static size_t piece_of(size_t n, size_t done)
{
    return done >= n ? 0 : n - done < PIECE ? n - done : PIECE;
}

enum et_status et_team_mpi_check(int code, const char *what)
{
    char words[MPI_MAX_ERROR_STRING];
    int n = 0;

    if (code == MPI_SUCCESS)
        return ET_OK;
    if (MPI_Error_string(code, words, &n) != MPI_SUCCESS)
        snprintf(words, sizeof words, "error %d", code);
    return et_error(ET_INFRA, "%s failed: %s", what, words);
}

static enum et_status barrier(struct et_team *t)
{
    return et_team_mpi_check(MPI_Barrier(comm_of(t)), "MPI_Barrier");
}

static enum et_status broadcast(struct et_team *t, int root, void *data,
                                size_t n)
{
    enum et_status s = ET_OK;
    for (size_t at = 0; at < n && !s; at += PIECE)
        s = et_team_mpi_check(MPI_Bcast((char *)data + at, (int)piece_of(n, at),
                                        MPI_BYTE, root, comm_of(t)),
                              "MPI_Bcast");
    return s;
}

static enum et_status reduce(struct et_team *t, enum et_reduce op, double *v,
                             size_t n)
{
    enum et_status s = ET_OK;
    for (size_t at = 0; at < n && !s; at += PIECE)
        s = et_team_mpi_check(MPI_Allreduce(MPI_IN_PLACE, v + at,
                                            (int)piece_of(n, at), MPI_DOUBLE,
                                            op == ET_MAX   ? MPI_MAX
                                            : op == ET_MIN ? MPI_MIN
                                                           : MPI_SUM,
                                            comm_of(t)),
                              "MPI_Allreduce");
    return s;
}

static enum et_status exchange(struct et_team *t, const void *send, size_t ns,
                               int to, void *receive, size_t nr, int from)
{
    /* Both ends of a transfer cut it alike, so piece i meets piece i; where
     * one direction has no more, its half goes to nobody. */
    for (size_t at = 0; at < ns || at < nr; at += PIECE) {
        size_t s = piece_of(ns, at), r = piece_of(nr, at);
        MPI_Status got;
        int n = 0;
        enum et_status status = et_team_mpi_check(
            MPI_Sendrecv(s ? (const char *)send + at : NULL, (int)s, MPI_BYTE,
                         s ? to : MPI_PROC_NULL, TAG,
                         r ? (char *)receive + at : NULL, (int)r, MPI_BYTE,
                         r ? from : MPI_PROC_NULL, TAG, comm_of(t), &got),
            "MPI_Sendrecv");
        if (status)
            return status;
        if (r && (MPI_Get_count(&got, MPI_BYTE, &n) != MPI_SUCCESS ||
                  (size_t)n != r))
            return et_error(ET_INFRA,
                            "rank %d sent %d bytes where %zu were "
                            "due",
                            from, n, r);
    }
    return ET_OK;
}

static enum et_status rest(struct et_team *t)
{
    MPI_Request request;
    struct timespec nap = {0, 20000};
    int done = 0;

    enum et_status s =
        et_team_mpi_check(MPI_Ibarrier(comm_of(t), &request), "MPI_Ibarrier");
    while (!s && !done) {
        s = et_team_mpi_check(MPI_Test(&request, &done, MPI_STATUS_IGNORE),
                              "MPI_Test");
        if (s || done)
            break;
        nanosleep(&nap, NULL);
        /* Up to 2 ms: a sleeper costs nothing, and wakes soon enough. */
        nap.tv_nsec = nap.tv_nsec < 1000000 ? 2 * nap.tv_nsec : 2000000;
    }
    return s;
}

static void close_mpi(struct et_team *t)
{
    struct mpi_team *m = (struct mpi_team *)t;
    bool whole = m->whole;

    et_team_mpi_check(MPI_Comm_free(&m->comm), "MPI_Comm_free");
    free(m);
    if (whole)
        et_team_mpi_check(MPI_Finalize(), "MPI_Finalize");
}

static enum et_status first(struct et_team *t, int ranks, struct et_team **out);

static const struct et_team_ops ops =
    ET_TEAM_OPS("mpi", barrier, rest, close_mpi);

/* Nodes in order of their lowest rank: its owner counts the owners before
 * it. O(log p) steps and no table of all ranks. */
static enum et_status find_nodes(struct mpi_team *m)
{
    struct et_team *t = &m->team;
    MPI_Comm local = MPI_COMM_NULL;

    enum et_status s =
        et_team_mpi_check(MPI_Comm_split_type(m->comm, MPI_COMM_TYPE_SHARED,
                                              t->rank, MPI_INFO_NULL, &local),
                          "MPI_Comm_split_type");
    if (s)
        return s;
    MPI_Comm_set_errhandler(local, MPI_ERRORS_RETURN);
    s = et_team_mpi_check(MPI_Comm_rank(local, &t->local_rank),
                          "MPI_Comm_rank");
    if (!s)
        s = et_team_mpi_check(MPI_Comm_size(local, &t->local_size),
                              "MPI_Comm_size");
    int leads = t->local_rank == 0, before = 0;
    if (!s)
        s = et_team_mpi_check(
            MPI_Exscan(&leads, &before, 1, MPI_INT, MPI_SUM, m->comm),
            "MPI_Exscan");
    t->node = t->rank == 0 ? 0 : before; /* Exscan leaves rank 0's undefined */
    if (!s)
        s = et_team_mpi_check(MPI_Bcast(&t->node, 1, MPI_INT, 0, local),
                              "MPI_Bcast");
    if (!s)
        s = et_team_mpi_check(
            MPI_Allreduce(&leads, &t->nodes, 1, MPI_INT, MPI_SUM, m->comm),
            "MPI_Allreduce");
    MPI_Comm_free(&local);
    return s;
}

/* Takes the communicator over, also on failure. */
static enum et_status make(MPI_Comm comm, bool whole, struct et_team **out)
{
    struct mpi_team *m = et_alloc(1, sizeof *m);
    int all = m != NULL;

    MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
    /* What follows is collective: one that has no memory must not be missed. */
    enum et_status s = et_team_mpi_check(
        MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MIN, comm),
        "MPI_Allreduce");
    if (s == ET_OK && !all)
        s = et_error(ET_INFRA, "no memory for a team");
    if (s != ET_OK) {
        MPI_Comm_free(&comm);
        free(m);
        return s;
    }
    m->comm = comm;
    m->whole = whole;
    m->team.ops = &ops;
    m->team.native = &m->comm;
    s = et_team_mpi_check(MPI_Comm_rank(comm, &m->team.rank), "MPI_Comm_rank");
    if (!s)
        s = et_team_mpi_check(MPI_Comm_size(comm, &m->team.size),
                              "MPI_Comm_size");
    if (!s)
        s = find_nodes(m);
    if (s) {
        MPI_Comm_free(&m->comm);
        free(m);
        return s;
    }
    *out = &m->team;
    return ET_OK;
}

static enum et_status first(struct et_team *t, int ranks, struct et_team **out)
{
    MPI_Comm comm = MPI_COMM_NULL;
    enum et_status s = et_team_mpi_check(
        MPI_Comm_split(comm_of(t), t->rank < ranks ? 0 : MPI_UNDEFINED, t->rank,
                       &comm),
        "MPI_Comm_split");
    if (s)
        return s;
    if (comm != MPI_COMM_NULL)
        return make(comm, false, out);
    *out = NULL;
    return ET_OK;
}

/* All ranks, those of a node side by side whatever order the launcher dealt
 * them in (mpirun --map-by node): the first ranks are then whole nodes, which
 * a scaling series over nodes stands on. Rank 0 stays rank 0. */
static enum et_status open_whole(struct et_team **out)
{
    MPI_Comm comm = MPI_COMM_NULL;
    struct et_team *dealt = NULL;

    enum et_status s =
        et_team_mpi_check(MPI_Comm_dup(MPI_COMM_WORLD, &comm), "MPI_Comm_dup");
    if (!s)
        s = make(comm, false, &dealt);
    if (s)
        return s;
    s = et_team_mpi_check(MPI_Comm_split(comm_of(dealt), 0, dealt->node, &comm),
                          "MPI_Comm_split");
    close_mpi(dealt);
    return s ? s : make(comm, true, out);
}

/* Where a rank's connection to another breaks, Open MPI 5 ends that rank by
 * _exit, and with it the run, before anyone has said which rank it lost. So it
 * is told to wait 5 s first, unless the user has set another delay: meanwhile
 * its launcher wakes the guard (harness/run/guard.h). Open MPI 4 waits as well;
 * other MPIs do not read the variable. */
static enum et_status begin(int *level)
{
    static const char delay[] = "OMPI_MCA_mpi_abort_delay";
    bool ours = !getenv(delay);
    if (ours && setenv(delay, "5", 1) != 0)
        return et_no_memory();
    int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, level);
    if (ours)
        unsetenv(delay); /* it is in no record, and in no child */
    return et_team_mpi_check(code, "MPI_Init_thread");
}

enum et_status et_team_mpi_open(struct et_team **out)
{
    int begun = 0, level = MPI_THREAD_SINGLE;

    MPI_Initialized(&begun);
    if (begun)
        return et_error(ET_INFRA, "MPI was begun in this process before: it "
                                  "allows that once");
    enum et_status s = begin(&level);
    if (s)
        return s;
    if (level < MPI_THREAD_FUNNELED)
        et_warn("MPI does not promise to work beside threads "
                "(MPI_THREAD_SINGLE)");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    s = open_whole(out);
    if (s)
        MPI_Finalize();
    return s;
}

const char *et_team_mpi_why_not(void)
{
    return NULL;
}

const char *et_team_mpi_idle(void)
{
    int begun = 0, ended = 0;
    MPI_Initialized(&begun);
    MPI_Finalized(&ended);
    return begun && !ended ? NULL
                           : "MPI does not run in this process (start it with "
                             "mpirun or srun)";
}

const char *et_team_mpi_version(void)
{
    /* The text never changes; the buffer only gives it a place to stay. */
    static char line[MPI_MAX_LIBRARY_VERSION_STRING];
    int n = 0;

    if (!line[0] && MPI_Get_library_version(line, &n) == MPI_SUCCESS) {
        line[strcspn(line, "\r\n")] = '\0';
        for (char *p = line; *p; p++)
            *p = *p == '\t' ? ' ' : *p;
    }
    return line[0] ? line : NULL;
}

#else

#include "harness/base/log.h"

const char *et_team_mpi_why_not(void)
{
    return "not built in (configure --with-mpi)";
}

const char *et_team_mpi_idle(void)
{
    return et_team_mpi_why_not();
}

const char *et_team_mpi_version(void)
{
    return NULL;
}

enum et_status et_team_mpi_open(struct et_team **out)
{
    (void)out;
    return et_error(ET_INFRA, "team mpi: %s", et_team_mpi_why_not());
}
#endif
