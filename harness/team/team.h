/* team: the processes that share a case, and how they talk. `self` is one
 * process and needs no MPI; `mpi` is a communicator. All calls but the ones
 * marked local are collective over the team. Errors are ET_INFRA, logged.
 * A new transport is a new table of et_team_ops.
 */
#ifndef ET_TEAM_TEAM_H
#define ET_TEAM_TEAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"

enum et_reduce { ET_MAX, ET_MIN, ET_SUM };

struct et_team;

struct et_team_ops {
    const char *name; /* "self", "mpi" */
    enum et_status (*barrier)(struct et_team *t);
    enum et_status (*broadcast)(struct et_team *t, void *data, size_t n);
    /* Elementwise over ranks, in place, result on all. */
    enum et_status (*reduce)(struct et_team *t, enum et_reduce op, double *v,
                             size_t n);
    /* n bytes of each rank to `all` (size*n bytes, rank order) on rank 0;
     * `all` is NULL elsewhere. */
    enum et_status (*gather)(struct et_team *t, const void *mine, size_t n,
                             void *all);
    /* Point to point: send to `to` and receive from `from` at once. A half of
     * 0 bytes does not happen: its rank is not looked at. */
    enum et_status (*exchange)(struct et_team *t, const void *send, size_t ns,
                               int to, void *receive, size_t nr, int from);
    /* The first `ranks` ranks form *out; others get *out = NULL. */
    enum et_status (*first)(struct et_team *t, int ranks, struct et_team **out);
    /* Barrier that sleeps instead of spinning: for ranks that sit out. */
    enum et_status (*rest)(struct et_team *t);
    void (*close)(struct et_team *t);
};

struct et_team {
    const struct et_team_ops *ops;
    int rank, size;
    int node, nodes;            /* this rank's node, in order of first rank */
    int local_rank, local_size; /* within the node */
    void *native;               /* mpi: MPI_Comm *; self: NULL */
};

/* The whole allocation, the ranks of a node side by side whatever order the
 * launcher dealt them in. name: "self", "mpi", or "auto": mpi where a launcher
 * (mpirun, srun) started this process, else self. On "mpi" in a build without
 * it: ET_INFRA. */
enum et_status et_team_open(const char *name, struct et_team **out);
void et_team_close(struct et_team *t); /* NULL is fine; the whole one last */

/* Is `name` built in? The reason where not; NULL where it is. Local. */
const char *et_team_why_not(const char *name);
/* "Open MPI v4.1.4, ..." of the MPI library, or NULL. Local. */
const char *et_team_version(void);

/* Thin calls through the table. */
enum et_status et_team_barrier(struct et_team *t);
enum et_status et_team_broadcast(struct et_team *t, void *data, size_t n);
enum et_status et_team_reduce(struct et_team *t, enum et_reduce op, double *v,
                              size_t n);
enum et_status et_team_gather(struct et_team *t, const void *mine, size_t n,
                              void *all);
enum et_status et_team_exchange(struct et_team *t, const void *send, size_t ns,
                                int to, void *receive, size_t nr, int from);
enum et_status et_team_first(struct et_team *t, int ranks,
                             struct et_team **out);
enum et_status et_team_rest(struct et_team *t);

/* The gravest status of any rank, on all: collective agreement on failure. */
enum et_status et_team_agree(struct et_team *t, enum et_status mine);
/* Broadcast a string from rank 0; on others *s is allocated. */
enum et_status et_team_broadcast_text(struct et_team *t, char **s);

/* The share of `total` units that falls to `rank` of `size`: contiguous, the
 * first total % size ranks one longer. Local, pure. */
void et_team_share(int64_t total, int rank, int size, int64_t *first,
                   int64_t *count);

#endif
