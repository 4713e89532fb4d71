/* placement: which rank runs where and on what cores; gathered once, so that
 * every record can say it and an oversubscribed node is seen.
 */
#ifndef ET_RUN_PLACEMENT_H
#define ET_RUN_PLACEMENT_H

#include "harness/case/result.h"
#include "harness/system/environment.h"
#include "harness/team/team.h"

struct et_place {
    char host[128];
    char binding[256]; /* allowed hardware threads, "0-3,8" */
    int32_t node;
    int32_t allowed, allowed_cores;
};

struct et_placement {
    struct et_place *ranks; /* rank 0 only */
    int n;
    int64_t *ranks_upto; /* on all: ranks on the first i+1 nodes */
    int64_t threads;     /* on all: preset threads of a rank */
};

/* Collective over the whole team. */
enum et_status et_placement_gather(struct et_team *team,
                                   const struct et_environment *env,
                                   struct et_placement *out);
void et_placement_free(struct et_placement *p);

/* Rank 0: the record's placement for the first `ranks` ranks with `threads`
 * busy threads each. */
enum et_status et_placement_describe(const struct et_placement *p, int ranks,
                                     int64_t threads,
                                     struct et_result_placement *out);

/* Hardware threads in the union of n lists such as "0-3,8"; a list that does
 * not parse adds nothing. */
int et_placement_union(const char *const *lists, size_t n);

#endif
