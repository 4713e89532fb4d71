/* ranks: which rank of a team was slow, from what each kept of its own samples.
 * Steps in O(log p), O(p) small numbers on rank 0, never p times n.
 *
 * A rank's own time is its exit after the agreed start (sampler.h), so a delay
 * before its work and one inside it count alike; after a barrier, which hides
 * what came before it, from entry to exit. In work that the ranks do apart that
 * names the slow one. Inside a coupled operation (a collective) all wait for
 * the slowest and leave together: from outside nobody can tell who it was, and
 * an imbalance near 1 says so.
 */
#ifndef ET_RUN_RANKS_H
#define ET_RUN_RANKS_H

#include "harness/case/result.h"
#include "harness/team/team.h"

/* A rank's own median (s an iteration), the samples in which it was the last,
 * and its node. */
struct et_rank {
    double median, last;
    int64_t node;
};

/* Pure: what follows from p >= 2 ranks, those of a node side by side, in
 * rank_medians and below, as the next one says. Nothing where a median is
 * absent. */
enum et_status et_ranks_describe(const struct et_rank *all, size_t p,
                                 struct et_result *out);

/* own: this rank's times, s an iteration; last: 1 for each sample in which it
 * was the last, else 0. Fills time.slowest_rank and time.imbalance on rank 0
 * and, of several ranks, rank_medians, rank_last, time.ranks and, of several
 * nodes, time.nodes, without any `host`. Collective. */
enum et_status et_ranks_compare(struct et_team *team,
                                const struct et_reals *own,
                                const struct et_reals *last,
                                struct et_result *out);

#endif
