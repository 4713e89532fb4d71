/* nodes: what run.json says of the nodes of a run: where each team runs, and
 * which kinds of node there are.
 */
#ifndef ET_APP_NODES_H
#define ET_APP_NODES_H

#include "harness/case/case.h"
#include "harness/run/placement.h"

/* Rank 0: of each size of team that the cases have, in order of size; `out`: of
 * et_run_placement. */
enum et_status et_nodes_place(const struct et_placement *placement,
                              const struct et_cases *cases,
                              struct et_list *out);

/* Collective. Sets alike and kinds of `info` on rank 0. */
enum et_status et_nodes_find_kinds(struct et_team *world,
                                   const struct et_environment *env,
                                   struct et_run_info *info);

#endif
