/* digest: do the ranks that were given the same inputs have the same outputs,
 * bit for bit? One that differs from most is a node that computes wrongly in
 * silence. (Dixit et al., "Silent Data Corruptions at Scale", 2021, on why.)
 *
 * Only a kernel that gives the same bits when it runs again can be judged so,
 * and only among processors of one kind: libraries choose their kernels by it.
 * Each rank therefore has two digests of the same inputs, of its first output
 * and of one after the timed samples, and one of the last timed output. Where
 * the two differ on half of the ranks or more the kernel is not
 * reproducible, and nothing is said. Where they differ on a few, it may be the
 * kernel or the node: such a rank is named, which keeps the case from being
 * quoted, and not called wrong.
 */
#ifndef ET_RUN_DIGEST_H
#define ET_RUN_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/case/result.h"
#include "harness/run/placement.h"

/* Of n bytes, by content and place; the same for any number of threads. */
uint64_t et_digest(const void *data, size_t n);

/* What a rank brings. */
struct et_digests {
    uint64_t kind;        /* of processor; equal: the same */
    uint64_t first, last; /* of the same inputs */
    uint64_t timed;       /* of what the last sample left */
};

/* Collective: what most ranks of each kind have, and who has something else.
 * Fills digest (of the largest kind), digest_absent and odd on rank 0; *n_odd,
 * on all, the number of ranks that always had the same outputs, and other ones.
 * placement: for host names; NULL: ranks by number. In O(log p) messages; only
 * where somebody is odd does rank 0 get a byte of each rank. */
enum et_status et_digests_compare(struct et_team *team,
                                  const struct et_digests *mine,
                                  const struct et_placement *placement,
                                  struct et_result_verification *out,
                                  int *n_odd);

#endif
