/* kinds: which nodes are alike. The nodes agree on a key first, so that of a
 * thousand like ones a single text comes to rank 0.
 */
#ifndef ET_RUN_KINDS_H
#define ET_RUN_KINDS_H

#include <stdint.h>

#include "harness/base/field.h"
#include "harness/team/team.h"

#define ET_KINDS_MOST 64 /* that are told apart */

struct et_kind {
    int64_t nodes;
    char *text; /* of the first of them */
};

/* Collective. key, text: of this rank's node; those of a node's first rank
 * count. Nodes are of one kind where their keys are equal. On rank 0 *out (of
 * struct et_kind) gets the kinds in order of their first node, its own first;
 * of nodes beyond ET_KINDS_MOST kinds it has none. Steps in O(log p) for each
 * kind. */
enum et_status et_kinds_find(struct et_team *team, uint64_t key,
                             const char *text, struct et_list *out);
void et_kinds_free(struct et_list *kinds);

#endif
