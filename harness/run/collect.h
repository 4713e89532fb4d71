/* collect: bytes of every rank to rank 0, as many as each has, by a binomial
 * tree: O(log p) steps for every rank.
 */
#ifndef ET_RUN_COLLECT_H
#define ET_RUN_COLLECT_H

#include <stddef.h>

#include "harness/team/team.h"

/* Collective. On rank 0 *all gets the n bytes of each rank one after the other,
 * in order of rank, and *total their number; owned by the caller. Elsewhere
 * both are left alone. */
enum et_status et_collect(struct et_team *team, const void *mine, size_t n,
                          void **all, size_t *total);

#endif
