/* ranks: which rank of a team was slow, from what each kept of its own samples.
 * O(p) small numbers on rank 0, never p times n.
 */
#ifndef ET_RUN_RANKS_H
#define ET_RUN_RANKS_H

#include "harness/run/result.h"
#include "harness/team/team.h"

/* own: this rank's times, s an iteration. Fills slowest_rank and imbalance on
 * rank 0. Collective. */
enum et_status et_ranks_compare(struct et_team *team,
                                const struct et_reals *own,
                                struct et_result_time *out);

#endif
