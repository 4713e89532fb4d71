/* blame: who found a fault, and in what words, told to the whole team: for a
 * bench's `verify`. Knows the team only.
 */
#ifndef ET_BENCH_CHECK_BLAME_H
#define ET_BENCH_CHECK_BLAME_H

#include "harness/team/team.h"

#define ET_BLAME 160 /* room for the words, as a verification's note has */

/* mine: what this rank found, "" for nothing. out: on all ranks, the words of
 * the lowest rank that has any, after "rank N: "; "" where none has. */
enum et_status et_blame(struct et_team *team, const char *mine,
                        char out[ET_BLAME]);

#endif
