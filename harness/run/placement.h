/* placement: which rank runs where and on what cores; gathered once, so that
 * the run says it and an oversubscribed node is seen. Rank 0 keeps a node's
 * facts once and 4 bytes a rank. A quota of the control groups counts as fewer
 * cores.
 */
#ifndef ET_RUN_PLACEMENT_H
#define ET_RUN_PLACEMENT_H

#include "harness/run/sink.h"
#include "harness/team/team.h"

struct et_place {
    char host[128];
    char binding[256]; /* of the node's first rank: "0-3,8" */
    /* Hardware threads and cores that its first rank may use; 0: unknown. */
    int32_t allowed, allowed_cores;
    double quota; /* cores' worth of time for all its ranks; INFINITY: no end */
};

struct et_placement {
    /* Rank 0 alone. */
    struct et_place *places; /* of each node */
    /* Of each rank: hardware threads that the ranks of its node may use
     * together, from the node's first one to it. */
    int32_t *hardware;
    int n;               /* ranks; 0 elsewhere */
    int nodes;           /* on all, as the next two */
    int64_t *ranks_upto; /* ranks on the first i+1 nodes */
    int64_t threads;     /* preset threads of a rank */
};

/* Threads that each rank may keep busy without taking another's core, where the
 * node of a rank has so many ranks, cores and cores' worth of time (INFINITY:
 * no end); or those that OMP_NUM_THREADS gives. What a team of several nodes
 * has is the least of them. */
int64_t et_placement_preset(int64_t ranks, int64_t cores, double quota);

/* Collective over the whole team. */
enum et_status et_placement_gather(struct et_team *team,
                                   const struct et_environment *env,
                                   struct et_placement *out);
void et_placement_free(struct et_placement *p);

/* The rest is for rank 0. */

/* Host name of a rank; NULL where it is none of these. */
const char *et_placement_host(const struct et_placement *p, int64_t rank);

/* Of the first `ranks` ranks with `threads` busy threads each: the cores that
 * they keep busy (ET_ABSENT_INT where a node does not say), and whether some
 * node has more busy threads than cores. One pass over the nodes. */
void et_placement_cores(const struct et_placement *p, int64_t ranks,
                        int64_t threads, int64_t *cores, bool *oversubscribed);

/* What run.json says of a team of the first `ranks` ranks: nodes in a row that
 * are alike stand in one group. */
enum et_status et_placement_describe(const struct et_placement *p,
                                     int64_t ranks,
                                     struct et_run_placement *out);

#endif
