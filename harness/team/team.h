/* team: the processes that share a case, and how they talk. `self` is one
 * process and needs no MPI; `mpi` is a communicator. All calls but the ones
 * marked local are collective over the team. Errors are ET_INFRA, logged.
 * A new transport is a new table of et_team_ops.
 */
#ifndef ET_TEAM_TEAM_H
#define ET_TEAM_TEAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"

enum et_reduce { ET_MAX, ET_MIN, ET_SUM };

struct et_team;

struct et_team_ops {
    const char *name; /* "self", "mpi" */
    enum et_status (*barrier)(struct et_team *t);
    /* n bytes of rank `root` to all. */
    enum et_status (*broadcast)(struct et_team *t, int root, void *data,
                                size_t n);
    /* Elementwise over ranks, in place, result on all. */
    enum et_status (*reduce)(struct et_team *t, enum et_reduce op, double *v,
                             size_t n);
    /* Point to point: send to `to` and receive from `from` at once; both may
     * be this rank itself. A half of 0 bytes does not happen: its rank is not
     * looked at. */
    enum et_status (*exchange)(struct et_team *t, const void *send, size_t ns,
                               int to, void *receive, size_t nr, int from);
    /* The first `ranks` ranks form *out; others get *out = NULL. */
    enum et_status (*first)(struct et_team *t, int ranks, struct et_team **out);
    /* Barrier that sleeps instead of spinning: for ranks that sit out. */
    enum et_status (*rest)(struct et_team *t);
    void (*close)(struct et_team *t);
};
/* A transport's table: what each file calls the same. */
#define ET_TEAM_OPS(its_name, its_barrier, its_rest, its_close)                \
    {                                                                          \
        .name = its_name, .barrier = its_barrier, .broadcast = broadcast,      \
        .reduce = reduce, .exchange = exchange, .first = first,                \
        .rest = its_rest, .close = its_close                                   \
    }

struct et_team {
    const struct et_team_ops *ops;
    int rank, size;
    int node, nodes;            /* this rank's node, in order of first rank */
    int local_rank, local_size; /* within the node */
    void *native;               /* mpi: MPI_Comm *; self: NULL */
    /* How many of the calls below this rank is in, so that another thread sees
     * whether it waits for others; teams made of this one share it. NULL:
     * nobody looks. */
    atomic_int *waits;
};

/* The whole allocation, the ranks of a node side by side whatever order the
 * launcher dealt them in. name: "self", "mpi", or "auto": mpi where a launcher
 * (mpirun, srun) started this process, else self. On "mpi" in a build without
 * it: ET_INFRA. On "auto" and "mpi", where a launcher started several processes
 * and each is rank 0 of 1: ET_USAGE, with the likely cause. */
enum et_status et_team_open(const char *name, struct et_team **out);
void et_team_close(struct et_team *t); /* NULL is fine; the whole one last */

/* Is `name` built in? The reason where not; NULL where it is. Local. */
const char *et_team_why_not(const char *name);
/* "Open MPI v4.1.4, ..." of the MPI library, or NULL. Local. */
const char *et_team_version(void);

/* Thin calls through the table. */
enum et_status et_team_barrier(struct et_team *t);
enum et_status et_team_broadcast(struct et_team *t, int root, void *data,
                                 size_t n);
enum et_status et_team_reduce(struct et_team *t, enum et_reduce op, double *v,
                              size_t n);
enum et_status et_team_exchange(struct et_team *t, const void *send, size_t ns,
                                int to, void *receive, size_t nr, int from);
enum et_status et_team_first(struct et_team *t, int ranks,
                             struct et_team **out);
enum et_status et_team_rest(struct et_team *t);

/* What follows stands on broadcast, reduce and exchange: once for all
 * transports. Each has the same outcome on all ranks, unless it says otherwise,
 * and takes O(log p) messages. */

/* The gravest status of any rank. */
enum et_status et_team_agree(struct et_team *t, enum et_status mine);

#define ET_TEAM_WORDS 160
struct et_agreement {
    enum et_status status;     /* the gravest of any rank */
    int rank;                  /* that failed: see below; -1: none */
    char words[ET_TEAM_WORDS]; /* its own; "": it has none */
};
/* The same, with the reason. `words`: why this rank failed; "" where it failed
 * only because another did. `rank` is the lowest that failed and has words, or
 * the lowest that failed. Returns an error only where the team no longer works
 * (or no agreement could be reached): *out then says `mine`. */
enum et_status et_team_agree_why(struct et_team *t, enum et_status mine,
                                 const char *words, struct et_agreement *out);

/* Have all ranks the same n bytes (and the same n)? Meant for some hundred
 * bytes: they go to all in pieces, so no memory is needed. */
enum et_status et_team_same(struct et_team *t, const void *data, size_t n,
                            bool *same);

/* The lowest rank for which `mine` holds; -1: none. */
enum et_status et_team_lowest(struct et_team *t, bool mine, int *rank);
/* *v: the largest of all ranks' (no NAN among them); *rank: the lowest that has
 * it. */
enum et_status et_team_largest(struct et_team *t, double *v, int *rank);

/* All ranks' n bytes made one on rank 0, up a binomial tree: merge(into, from)
 * adds to one rank's what the next ranks have, in rank order. `mine` is spoilt
 * on the other ranks. n is ET_TEAM_MERGE at most. */
#define ET_TEAM_MERGE 1024
enum et_status et_team_merge(struct et_team *t, void *mine, size_t n,
                             void (*merge)(void *into, const void *from));

/* Bytes of each rank, as many as it has, to rank 0, up a binomial tree: O(log
 * p) messages, but all bytes on rank 0 and half of them on the rank that stands
 * in the middle. So only for a few numbers a rank, of which rank 0 needs each
 * one; what needs less takes a reduction or a broadcast. On rank 0 *all gets
 * the n bytes of each rank one after the other, in order of rank, and *total
 * their number; owned by the caller. Elsewhere both are left alone. */
enum et_status et_team_gather(struct et_team *t, const void *mine, size_t n,
                              void **all, size_t *total);

/* Broadcast a string from rank 0; on others *s is allocated. */
enum et_status et_team_broadcast_text(struct et_team *t, char **s);

/* The share of `total` units that falls to `rank` of `size`: contiguous, the
 * first total % size ranks one longer. Local, pure. */
void et_team_share(int64_t total, int rank, int size, int64_t *first,
                   int64_t *count);

#endif
